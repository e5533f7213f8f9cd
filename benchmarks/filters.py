"""The work items that filter and resample: W10 and W11, scipy beside ours on samples in memory."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal as scipy_signal

import ecogcat as ec
from benchmarks.data import RATE
from benchmarks.items import Item
from ecogcat.conditioning.polyphase import polyphase

N_CHANNELS, MOST, EDGES = 64, 200_000, (2, 200)
NOTE = "three sections on 64 channels of float32 in memory, whose digest was taken before; scipy runs on one thread"


@lru_cache(1)
def recording(n_samples: int) -> ec.Dataset:
    values = np.random.default_rng(10).standard_normal((N_CHANNELS, n_samples), np.float32)
    dataset = ec.from_array(values, RATE)
    assert dataset.token  # taken now
    return dataset


def filter_items(n_samples: int) -> list[Item]:
    """W10: a Butterworth bandpass of order 3, forward, and forward and backward."""
    n_samples = min(n_samples, MOST)
    sos = scipy_signal.butter(3, EDGES, "bandpass", fs=RATE, output="sos")
    items = []
    for layout, causal, threads in (
        ("forward, 1", True, 1),
        ("forward, 2", True, 2),
        ("both, 1", False, 1),
        ("both, 2", False, 2),
    ):

        def ours(causal: bool = causal, threads: int = threads) -> NDArray[np.float32]:
            with ec.options(threads=threads):
                done = ec.bandpass(recording(n_samples), *EDGES, causal)
            return done.signal.pieces[0].extent.extent.data  # type: ignore[attr-defined, no-any-return]

        def peer(causal: bool = causal) -> NDArray[np.float64]:
            values = recording(n_samples).signal.pieces[0].extent.data  # type: ignore[attr-defined]
            if not causal:
                return scipy_signal.sosfiltfilt(sos, values, padtype=None, padlen=0)  # type: ignore[no-any-return]
            state = scipy_signal.sosfilt_zi(sos)[:, None] * values[None, :, :1]
            return scipy_signal.sosfilt(sos, values, zi=state)[0]  # type: ignore[no-any-return]

        title = f"bandpass {EDGES[0]} to {EDGES[1]} Hz {layout} threads"
        items.append(Item("W10", layout, title, {"scipy": peer, "ours": ours}, expected=peer, notes=(NOTE,)))
    return items


def resampling_items(n_samples: int) -> list[Item]:
    """W11: a tenth of the rate, and 24/25 of it; scipy is given our weights, and runs on one thread."""
    n_samples = min(n_samples, MOST)
    items = []
    for up, down in ((1, 10), (24, 25)):
        step = Fraction(down, up)
        design = polyphase(Fraction(0), step)
        # Weights at the places of all phases together, as scipy takes them: ours of each are a sample in so many.
        half = max(-int(first) * up + phase * down for phase, first in enumerate(design.first.tolist()))
        window = np.zeros(2 * half + 1)
        for phase, (first, taps) in enumerate(zip(design.first.tolist(), design.taps, strict=True)):
            places = half + phase * down - (first + np.arange(len(taps))) * up
            kept = (places >= 0) & (places < len(window))
            window[places[kept]] = taps[kept] / up

        def peer(up: int = up, down: int = down, window: NDArray[np.float64] = window) -> NDArray[np.float64]:
            values = recording(n_samples).signal.pieces[0].extent.data  # type: ignore[attr-defined]
            return scipy_signal.resample_poly(values, up, down, 1, window, padtype="edge")  # type: ignore[no-any-return]

        for threads in (1, 2):

            def ours(threads: int = threads, rate: float = RATE * up / down) -> NDArray[np.float32]:
                with ec.options(threads=threads):
                    return ec.resample(recording(n_samples), rate).signal[:]  # type: ignore[no-any-return]

            layout = f"by {up}/{down}, {threads}"
            title = f"resampling {layout} threads"
            notes = ("scipy is given the weights of ours, and runs on one thread",)
            items.append(Item("W11", layout, title, {"scipy": peer, "ours": ours}, expected=peer, notes=notes))
    return items
