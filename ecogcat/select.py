"""Selecting: some channels, or some time, of a dataset; lazily, and never by changing it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ecogcat.checks import check_dataset, check_number
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.frozen import Index, index_array
from ecogcat.intervals import cut_intervals
from ecogcat.parts import Part, aligned_length, aligned_start, rate_ratio
from ecogcat.tables import unite

__all__ = [
    "NOT_LISTED",
    "leave_out",
    "listed_channels",
    "mask_channels",
    "select_channels",
    "select_time",
    "take_channels",
]

NOT_LISTED = "not in channels="
"""Why a channel is left out that the load argument does not list."""


def select_channels(
    dataset: Dataset,
    channels: ArrayLike | slice | None = None,
    *,
    sites: ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> Dataset:
    """Keep some channels, in the order asked for.

    Parameters
    ----------
    dataset : Dataset
    channels : int, slice, array_like of int, or mask, optional
        Indices, or one boolean a channel (True = keep).
    sites : array_like of int, shape (n, 2), optional
        (row, col) pairs instead.
    names : sequence of str, optional
        Channel names instead.

    Returns
    -------
    Dataset
        What is left out is in its ``dropped`` as "not selected".

    Raises
    ------
    IndexError, KeyError, ValueError
        If a channel does not exist, is named twice, or a mask has the wrong length.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[1.0], [2.0], [3.0]], 1000)
    >>> ec.select_channels(dataset, [2, 0]).signal[:, 0]
    array([3., 1.])
    """
    check_dataset(dataset, "select_channels")
    index = listed_channels(dataset, channels, sites, names)
    return take_channels(dataset, index, "not selected")


def mask_channels(
    dataset: Dataset,
    mask: ArrayLike | None = None,
    *,
    sites: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    reason: str = "",
) -> Dataset:
    """Leave out bad channels, and say why.

    Parameters
    ----------
    dataset : Dataset
    mask : array_like of bool, shape (n_channels,), optional
        True = keep.
    sites : array_like of int, shape (n, 2), optional
        The (row, col) pairs to leave out, instead of a mask.
    names : sequence of str, optional
        The channel names to leave out, instead of a mask.
    reason : str
        Why; kept in ``dropped``.

    Returns
    -------
    Dataset

    Raises
    ------
    KeyError, ValueError
        If a channel does not exist, or the mask has the wrong length or is no mask.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[1.0], [2.0], [3.0]], 1000)
    >>> ec.mask_channels(dataset, names=["ch1"], reason="broken lead").dropped[["name", "reason"]]
      name       reason
    0  ch1  broken lead
    """
    check_dataset(dataset, "mask_channels")
    if mask is not None:
        keep = np.asarray(mask)
        if keep.dtype != np.bool_:
            raise ValueError("a mask has one boolean a channel, True = keep; select_channels takes indices")
        _check_mask(keep, dataset)
        if sites is not None or names is not None:
            raise ValueError("give one of mask, sites and names")
    else:
        if sites is None and names is None:
            raise ValueError("give one of mask, sites and names")
        keep = np.ones(dataset.n_channels, bool)
        keep[listed_channels(dataset, None, sites, names)] = False
    return take_channels(dataset, np.flatnonzero(keep), reason or "masked")


def take_channels(dataset: Dataset, index: Index, reason: str) -> Dataset:
    """Return the dataset with the listed channels; the others are left out for `reason`."""
    if len(index) == dataset.n_channels and bool((index == np.arange(len(index))).all()):
        return dataset
    left = np.setdiff1d(np.arange(dataset.n_channels), index)
    parts = []
    for part in dataset.parts:
        rows = part.rows[left] if len(part.rows) else left[:0]
        reasons = {int(row): reason for row in rows if row >= 0}
        step = f"left out {len(left)} channels: {reason}" if len(left) else "reordered the channels"
        parts.append(part.take(index, reasons).replace(history=(*part.history, step)))
    channel_map = None if dataset.channel_map is None else dataset.channel_map.subset(index)
    return dataset.replace(signal=dataset.signal.take(index), channel_map=channel_map, parts=parts)


def leave_out(dataset: Dataset, reasons: Mapping[int, str]) -> Dataset:
    """Return the dataset without some channels, by index, each for a reason of its own; one step for each reason."""
    left = np.arange(dataset.n_channels)
    for reason in dict.fromkeys(reasons.values()):
        keep = np.array([reasons.get(k) != reason for k in left.tolist()], bool)
        dataset, left = take_channels(dataset, np.flatnonzero(keep), reason), left[keep]
    return dataset


def listed_channels(dataset: Dataset, channels: Any, sites: Any, names: Any) -> Index:
    """Return the indices of channels given by index or mask, by site, or by name; see `select_channels`."""
    if sum(given is not None for given in (channels, sites, names)) != 1:
        raise ValueError("give one of channels (or a mask), sites and names")
    if isinstance(names, str):
        raise TypeError(f"names is a list of channel names, not the text {names!r}")
    if names is not None:
        place = {name: k for k, name in enumerate(dataset.signal.channel_names)}
        unknown = [name for name in names if name not in place]
        if unknown:
            more = ", ..." if len(place) > 8 else ""
            there = ", ".join([*place][:8]) + more
            raise KeyError(f"no channel {', '.join(map(str, unknown[:5]))}; there are: {there or 'none'}")
        index = index_array([place[name] for name in names])
    elif sites is not None:
        if dataset.channel_map is None:
            raise ValueError("the dataset has no channel map: name the channels, or open it with electrode=")
        index = dataset.channel_map.channels_at(sites)
    else:
        every = np.arange(dataset.n_channels)
        wanted = channels if isinstance(channels, slice) else np.atleast_1d(np.asarray(channels))
        if not isinstance(wanted, slice):
            if wanted.dtype == np.bool_:
                _check_mask(wanted, dataset)
            elif wanted.size == 0:
                wanted = wanted.astype(np.int64)
            elif wanted.dtype.kind in "US":
                raise TypeError(f"channels are indices or a mask; names={wanted.tolist()[:3]} selects by name")
        try:
            index = every[wanted]
        except IndexError as error:
            raise IndexError(f"the dataset has {dataset.n_channels} channels: {error}") from None
    if len(np.unique(index)) != len(index):
        raise ValueError("a channel is selected at most once")
    return index


def _check_mask(mask: Any, dataset: Dataset) -> None:
    if mask.shape != (dataset.n_channels,):
        raise ValueError(f"a mask of this dataset has {dataset.n_channels} entries, not {mask.shape}")


def select_time(dataset: Dataset, start: float, stop: float, unit: str = "samples") -> Dataset:
    """Keep samples start..stop (half open): signal, aligned arrays, events, intervals and parts.

    Parameters
    ----------
    dataset : Dataset
    start, stop : int or float
        Samples, or seconds from the start of the dataset (rounded to the nearest sample).
    unit : {"samples", "s"}

    Returns
    -------
    Dataset
        Aligned arrays are cut on each recording's own grid, so that cuts never lose or repeat a sample of them.

    Raises
    ------
    IndexError
        If 0 <= start <= stop <= n_samples does not hold.

    Examples
    --------
    >>> import ecogcat as ec
    >>> ec.select_time(ec.from_array([[1.0, 2.0, 3.0]], 1000), 0.001, 0.003, unit="s").signal[0]
    array([2., 3.])
    """
    check_dataset(dataset, "select_time")
    check_number(start, "start")
    check_number(stop, "stop")
    if not (math.isfinite(start) and math.isfinite(stop)):
        raise IndexError(f"from {start} to {stop} is no stretch of a dataset of {dataset.n_samples:,} samples")
    if unit == "s":
        start, stop = (round(float(time) * dataset.sampling_rate) for time in (start, stop))
    elif unit != "samples":
        raise ValueError(f'the unit of time is "samples" or "s", not {unit!r}')
    if start != int(start) or stop != int(stop):
        raise TypeError(f"samples are whole numbers, not {start} and {stop}; unit='s' takes seconds")
    start, stop = int(start), int(stop)
    if not 0 <= start <= stop <= dataset.n_samples:
        raise IndexError(f"samples {start} to {stop} do not lie in a dataset of {dataset.n_samples:,} samples")
    if (start, stop) == (0, dataset.n_samples):
        return dataset
    kept = [k for k, part in enumerate(dataset.parts) if max(start, part.start) < min(stop, part.stop)]
    if not kept:  # no samples: the part in which there are none is kept, and with it what is known of it
        kept = [next(k for k, part in enumerate(dataset.parts) if part.start <= start <= part.stop)]
    parts: list[Part] = []
    for k in kept:
        part = dataset.parts[k]
        a, b = max(start, part.start) - part.start, min(stop, part.stop) - part.start
        parts.append(part.cut(a, max(a, b), parts[-1].stop if parts else 0))
    arrays = {}
    for name, array in dataset.arrays().items():
        ratio = rate_ratio(array.sampling_rate, dataset.sampling_rate)
        firsts = np.concatenate([[0], np.cumsum(aligned_length(dataset.parts, ratio))])
        edges = []
        for k, sample in ((kept[0], start), (kept[-1], max(start, stop))):
            part = dataset.parts[k]
            within = aligned_start(part.file_start + sample - part.start, ratio)
            edges.append(int(firsts[k]) + within - aligned_start(part.file_start, ratio))
        arrays[name] = array.cut(*edges)
    ground, reference = arrays.pop("ground", None), arrays.pop("reference_channels", None)
    return dataset.replace(
        signal=dataset.signal.cut(start, stop),
        parts=parts,
        aligned=arrays,
        ground=ground,
        reference_channels=reference,
        events=_own_columns(dataset.events.between(start, stop).shift(-start), parts),
        intervals=cut_intervals(dataset.intervals, start, stop, parts),
    )


def _own_columns(events: Events, parts: Sequence[Part]) -> Events:
    """Keep the condition columns that the remaining parts had of their own, in their own types."""
    owns = [part.own for part in parts if part.kind == "recording"]
    if any(own is None for own in owns):
        return events
    schemas = [own.schema for own in owns if own is not None]
    columns = dict.fromkeys(column for schema in schemas for column, _ in schema)
    table = unite([events.table[list(columns)]], schemas)
    origins = [origin for own in owns if own is not None for origin in own.origins]
    kept = [origin for origin in events.origins if any(dict(origin) == dict(one) for one in origins)]
    return Events(events.sample, table, kept)
