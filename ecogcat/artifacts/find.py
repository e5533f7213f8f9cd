"""Finding intervals: stretches in which channels leave the range they are usually in, found in one pass over a file."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.checks import check_dataset, check_number
from ecogcat.dataset import Dataset
from ecogcat.intervals import merged_intervals
from ecogcat.select import select_channels, select_time
from ecogcat.signal import Signal

__all__ = ["find_intervals"]

_COMPILED = tuple(np.dtype(code) for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"))
_RUN = 1024
_FEWEST, _MOST = 16, 64  # runs that a channel is known by
_GROUP_BYTES = 1 << 24  # in memory at a time
_VALUES = 1 << 22  # of all channels, where that leaves so many runs


def find_intervals(
    dataset: Dataset,
    threshold: float = 10.0,
    *,
    scale: Literal["robust", "units"] = "robust",
    channels: Any = None,
    min_channels: int = 1,
    pad: float = 0,
    unit: Literal["samples", "s"] = "samples",
    label: str = "artifact",
    block_length: int | None = None,
) -> pd.DataFrame:
    """Find stretches in which channels are far from where they usually are.

    Parameters
    ----------
    dataset : Dataset
    threshold : float
        How far from the middle is too far: in robust standard deviations of each channel, or in the signal's units
        from zero.
    scale : {"robust", "units"}
        "robust": from the median, in standard deviations as the median absolute deviation has them (1.4826 of it),
        of each channel in each part by itself, so that artifacts do not hide behind themselves. "units": from zero.
    channels : index, list of names, or mask, optional
        Channels that count; all by default.
    min_channels : int
        How many channels must be too far at the same sample.
    pad : float
        What is added before and after each stretch; stretches that then touch become one. None reaches out of its part.
    unit : {"samples", "s"}
        Unit of `pad`.
    label : str
    block_length : int, optional
        Samples read at a time; it changes nothing in what is found.

    Returns
    -------
    DataFrame
        Columns start, stop (samples of the dataset, half open) and label: for `ecogcat.with_intervals`.

    Raises
    ------
    ValueError
        If the threshold is not positive, or another argument means nothing.

    Notes
    -----
    Medians are taken from 16,384 to 65,536 values of each channel of a part (fewer the more channels there are), in
    runs of 1024 samples evenly over it: so many whatever the memory limit, some channels at a time. A channel
    whose median absolute deviation is zero is judged by its mean absolute deviation instead; one that is constant
    there is not judged. Missing samples (NaN) are no artifacts; filled gaps are passed over.

    Examples
    --------
    >>> import numpy as np
    >>> import ecogcat as ec
    >>> data = np.sin(np.arange(1000.0))[None]
    >>> data[0, 400:410] = 50
    >>> ec.find_intervals(ec.from_array(data, 1000), pad=5)
       start  stop     label
    0    395   415  artifact
    """
    check_dataset(dataset, "find_intervals")
    check_number(threshold, "threshold")
    check_number(pad, "pad")
    if not (threshold > 0 and math.isfinite(threshold)):
        raise ValueError(f"a threshold is a positive number, not {threshold}")
    if scale not in ("robust", "units"):
        raise ValueError(f"scale is 'robust' (standard deviations) or 'units' (the signal's), not {scale!r}")
    if unit not in ("samples", "s"):
        raise ValueError(f"the unit of pad is 'samples' or 's', not {unit!r}")
    margin = round(pad * dataset.sampling_rate) if unit == "s" else pad
    if margin != int(margin) or margin < 0:
        raise ValueError(f"pad is a whole number of samples, 0 or more, not {pad}; unit='s' takes seconds")
    if channels is not None:
        named = isinstance(channels, (list, tuple)) and any(isinstance(one, str) for one in channels)
        dataset = select_channels(dataset, **{"names" if named else "channels": channels})
    if not 1 <= min_channels <= max(1, dataset.n_channels):
        raise ValueError(f"min_channels is 1 to {dataset.n_channels}, the channels that count, not {min_channels}")
    if dataset.signal.dtype.kind == "c":
        raise ValueError("complex values are neither above nor below a threshold; take their magnitude first")
    found = [np.zeros((2, 0), np.int64)]
    for part in dataset.recordings:
        if part.n_samples and dataset.n_channels:
            signal = select_time(dataset, part.start, part.stop).signal
            low, high = _ranges(signal, threshold) if scale == "robust" else _fixed(signal.n_channels, threshold)
            start, stop = _stretches(signal, low, high, min_channels, block_length)
            padded = merged_intervals(
                np.maximum(start - int(margin), 0), np.minimum(stop + int(margin), part.n_samples)
            )
            found.append(np.stack(padded) + part.start)
    start, stop = np.concatenate(found, axis=1)
    return pd.DataFrame({"start": start, "stop": stop, "label": pd.Series([label] * len(start), dtype="str")})


def _fixed(n_channels: int, threshold: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.full(n_channels, -float(threshold)), np.full(n_channels, float(threshold))


def _ranges(signal: Signal, threshold: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest usual value of each channel."""
    n_channels = signal.n_channels
    low, high = np.full(n_channels, -np.inf), np.full(n_channels, np.inf)
    runs = min(_MOST, max(_FEWEST, _VALUES // n_channels // _RUN))
    each = min(signal.n_samples, runs * _RUN) * signal.dtype.itemsize
    limit = settings.memory_limit()
    group = max(1, _GROUP_BYTES // each if limit is None else min(_GROUP_BYTES, limit) // each)
    rows = (row for first in range(0, n_channels, group) for row in _some(signal, slice(first, first + group), runs))
    for channel, row in enumerate(rows):
        values = row[np.isfinite(row)].astype(np.float64)
        if len(values) == 0:
            continue
        with np.errstate(over="ignore", invalid="ignore"):  # a range too wide for numbers is no range
            middle = np.median(values)
            away = np.abs(values - middle)
            spread = 1.4826 * np.median(away) or math.sqrt(math.pi / 2) * away.mean()
            if spread > 0:
                low[channel], high[channel] = middle - threshold * spread, middle + threshold * spread
    return low, high


def _some(signal: Signal, channels: slice, runs: int) -> NDArray[Any]:
    """Return enough samples to know some channels by, evenly from all of the signal.

    In runs, not one by one: samples at regular distances may all meet the hum of the mains at the same phase.
    """
    if signal.n_samples <= runs * _RUN:
        return signal.read(channels)
    starts = np.linspace(0, signal.n_samples - _RUN, runs).astype(np.int64).tolist()
    return np.concatenate([signal.read(channels, start, start + _RUN) for start in starts], axis=1)


def _stretches(
    signal: Signal, low: NDArray[np.float64], high: NDArray[np.float64], min_channels: int, block_length: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where enough channels begin and cease to be out of range."""
    from ecogcat.kernels.beyond import count_beyond

    turns: list[NDArray[np.int64]] = []
    before = False
    for at, block in signal.blocks(block_length):
        counts = np.zeros(block.shape[1], np.int64)
        count_beyond(block if block.dtype in _COMPILED else block.astype(np.float64), low, high, counts)
        far = counts >= min_channels
        turns.append(np.flatnonzero(np.diff(far, prepend=before)) + at)
        before = bool(far[-1])
    edges = np.concatenate([*turns, [signal.n_samples] if before else []]).astype(np.int64)
    return edges[::2], edges[1::2]
