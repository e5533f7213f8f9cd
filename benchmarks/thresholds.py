"""The numbers in the code that are measurements: from which size threads pay, and how long tiles are.

``python -m benchmarks thresholds`` measures them on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import ecogcat as ec
from benchmarks.timing import interleave, seconds
from ecogcat.arrays import signal_of
from ecogcat.storage import layout
from ecogcat.storage.memory import MemoryExtent

N_CHANNELS, N_SAMPLES, ROUNDS = 64, 400_000, 9
SIZES = (50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000)
TILES = {"_TURNED_TILE": (256, 512, 1024, 2048, 4096)}


def signals(n_samples: int) -> dict[str, ec.Signal]:
    """Samples in memory, laid out as files are: float32 and int16 a channel after the other, int16 interleaved."""
    data = np.random.default_rng(0).integers(-3000, 3000, (N_CHANNELS, n_samples), dtype=np.int16)
    interleaved = layout_extent(data)
    return {
        "float32": signal_of(MemoryExtent(data.astype("f4")), 2000.0, units="uV"),
        "int16": signal_of(MemoryExtent(data), 2000.0, units="uV", gain=0.195),
        "int16 interleaved": signal_of(interleaved, 2000.0, units="uV", gain=0.195),
    }


def layout_extent(data: Any) -> MemoryExtent:
    """Return an extent of the same samples, stored time-major."""
    extent = MemoryExtent(np.ascontiguousarray(data.T).reshape(data.shape))
    item = data.itemsize
    base = np.arange(len(data), dtype=np.int64) * item
    own = extent._layout
    turned = layout.Layout(own.dtype, base, own.group, own.origin, data.shape[1], 0, len(data) * item)
    object.__setattr__(extent, "_layout", turned)
    return extent


@contextmanager
def changed(name: str, value: int) -> Iterator[None]:
    """Give one of the constants of the layout module another value."""
    old = getattr(layout, name)
    setattr(layout, name, value)
    try:
        yield
    finally:
        setattr(layout, name, old)


def report(sizes: tuple[int, ...] = SIZES, rounds: int = ROUNDS, n_samples: int = N_SAMPLES) -> str:
    """Return how much faster threads and other tiles are, size by size."""
    lines = [f"One thread / two threads, by values read (SERIAL_BELOW is {layout.SERIAL_BELOW:,})", ""]
    for name, signal in signals(n_samples).items():
        ratios = []
        for size in sizes:
            length = size // N_CHANNELS
            with changed("SERIAL_BELOW", 0):
                one, two = _pair(lambda n=length, s=signal: _windows(s, n), rounds)
            ratios.append(f"{size:,}: {one / two:.2f}")
        lines.append(f"{name:18} " + "  ".join(ratios))
    for constant, tiles in TILES.items():
        lines += ["", f"Time by {constant} (it is {getattr(layout, constant):,}), over the best", ""]
        signal = signals(n_samples)["int16 interleaved"]
        for title, length in (("windows of 2,000", 2_000), ("whole", n_samples)):
            measures = {str(tile): _tiled(constant, tile, signal, length) for tile in tiles}
            medians = interleave(measures, rounds)
            best = min(medians.values())
            lines.append(f"{title:18} " + "  ".join(f"{tile}: {time / best:.2f}" for tile, time in medians.items()))
    return "\n".join(lines)


def _windows(signal: ec.Signal, length: int) -> None:
    """Read windows all over the signal, one after the other: as with random windows, none is in cache."""
    out = np.empty((N_CHANNELS, length), np.float32)
    n_samples = signal.n_samples
    for start in range(0, n_samples - length, max(length, n_samples // 8)):
        signal.read(None, start, start + length, out=out)


def _pair(work: Callable[[], None], rounds: int) -> tuple[float, float]:
    def with_threads(n: int) -> float:
        with ec.options(threads=n):
            return seconds(work)

    medians = interleave({"1": lambda: with_threads(1), "2": lambda: with_threads(2)}, rounds)
    return medians["1"], medians["2"]


def _tiled(constant: str, tile: int, signal: ec.Signal, length: int) -> Callable[[], float]:
    def run() -> float:
        with changed(constant, tile), ec.options(threads=1):
            return seconds(lambda: _windows(signal, length) if length < signal.n_samples else signal.read())

    return run
