"""Measures that pictures show: evoked averages, signal levels, spectra; plain arrays, no matplotlib."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.epoching.plan import plan_epochs

__all__ = ["Evoked", "envelope", "evoked", "levels", "spectrum"]

_MOST_EVENTS = 240
_MOST_BYTES = 64 << 20


class Evoked(NamedTuple):
    """Averages around events.

    Attributes
    ----------
    times : ndarray, shape (n_times,)
        Seconds from the event.
    mean : ndarray, shape (n_conditions, n_channels, n_times)
        Less the mean of the time before the event.
    labels : list
        Value of the condition; [None] without one.
    counts : list of int
        Events averaged.
    """

    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    labels: list[Any]
    counts: list[int]


def evoked(dataset: Dataset, by: str | None, before_s: float = 0.05, after_s: float = 0.3) -> Evoked | None:
    """Average the signal around events, by a condition; None if no event has its whole window within one part."""
    rate = dataset.sampling_rate
    before, after = round(before_s * rate), round(after_s * rate)
    if before < 1 or after < 2 or len(dataset.events) == 0:
        return None
    samples = dataset.events.sample
    inside = plan_epochs(dataset, samples, before, after, seams="drop").kept
    if by is None:
        codes, labels = np.zeros(len(samples), np.int64), [None]
    else:
        codes, table = dataset.events.conditions(by)
        labels = table[by].tolist()
    usable = inside[codes[inside] >= 0]
    if len(usable) == 0:
        return None
    most = max(1, min(_MOST_EVENTS, _MOST_BYTES // max(1, dataset.n_channels * (before + after) * 4)))
    if len(usable) > most:  # evenly over the recording: a picture needs no more
        usable = usable[np.linspace(0, len(usable) - 1, most).astype(int)]
    total = np.zeros((len(labels), dataset.n_channels, before + after))
    counts = np.zeros(len(labels), np.int64)
    for event in usable:
        at = int(samples[event])
        window = dataset.signal.read(start=at - before, stop=at + after).astype(np.float64)
        total[codes[event]] += window - window[:, :before].mean(1, keepdims=True)
        counts[codes[event]] += 1
    have = np.flatnonzero(counts)
    times = np.arange(-before, after) / rate
    mean = total[have] / counts[have, None, None]
    return Evoked(times, mean, [labels[k] for k in have], counts[have].tolist())


def _excerpt(dataset: Dataset, most: int) -> NDArray[np.float64]:
    """Return up to `most` samples of the longest part, from its start."""
    part = max(dataset.recordings, key=lambda one: one.n_samples)
    most = max(2, min(most, _MOST_BYTES // max(1, 4 * dataset.n_channels)))
    return dataset.signal.read(start=part.start, stop=min(part.stop, part.start + most)).astype(np.float64)


def levels(dataset: Dataset) -> NDArray[np.float64]:
    """Return the standard deviation of each channel over a few seconds of the longest part; shape (n_channels,)."""
    return np.asarray(_excerpt(dataset, round(10 * dataset.sampling_rate)).std(1))


def spectrum(dataset: Dataset) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies (Hz) and amplitude densities (units per sqrt Hz), shape (n_channels, n_frequencies)."""
    rate = dataset.sampling_rate
    data = _excerpt(dataset, round(16 * rate))
    n = min(data.shape[1], max(8, round(rate)))
    window = np.hanning(n)
    segments = [data[:, k : k + n] for k in range(0, data.shape[1] - n + 1, max(1, n // 2))]
    transforms = [np.fft.rfft((segment - segment.mean(1, keepdims=True)) * window, axis=1) for segment in segments]
    power = np.mean([np.abs(one) ** 2 for one in transforms], axis=0)
    density = np.sqrt(2 * power / (rate * max((window**2).sum(), 1e-30)))
    return np.asarray(np.fft.rfftfreq(n, 1 / rate)[1:], np.float64), np.asarray(density[:, 1:], np.float64)


def envelope(values: NDArray[Any], most: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Thin a trace for drawing: the lowest and highest of every few samples, in order of time.

    Parameters
    ----------
    values : ndarray, shape (n_channels, n_samples)
    most : int
        About how many points to keep.

    Returns
    -------
    samples : ndarray of int64, shape (n_points,)
    thinned : ndarray, shape (n_channels, n_points)
    """
    n = values.shape[1]
    step = -(-n // max(1, most // 2))
    if step <= 2:
        return np.arange(n), values
    whole = n // step * step
    blocks = values[:, :whole].reshape(values.shape[0], -1, step)
    pairs = np.stack([np.fmin.reduce(blocks, axis=2), np.fmax.reduce(blocks, axis=2)], axis=2)
    samples = np.arange(0, whole, step)[:, None] + np.array([0, step // 2])
    return samples.ravel(), pairs.reshape(values.shape[0], -1)
