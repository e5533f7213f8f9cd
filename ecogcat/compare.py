"""Comparison: whether two datasets hold the same values, however differently they are stored."""

from __future__ import annotations

import numpy as np

from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.signal import Signal
from ecogcat.tables import tables_equal

__all__ = ["equals", "signals_equal"]


def equals(a: Dataset, b: Dataset) -> bool:
    """Return whether two datasets hold the same: values, channels, events, intervals, aligned arrays, seams.

    Parameters
    ----------
    a, b : Dataset
        Streamed in blocks; NaN equals NaN. Where the values lie, and the datasets' names, are not compared.

    Returns
    -------
    bool

    Examples
    --------
    >>> import ecogcat as ec
    >>> ec.equals(ec.from_array([[1.0]], 1000), ec.load(ec.from_array([[1.0]], 1000)))
    True
    """
    check_dataset(a, "equals")
    check_dataset(b, "equals")
    if a.token == b.token and _same_places(a, b):
        return True
    arrays, others = a.arrays(), b.arrays()
    if set(arrays) != set(others) or a.channel_map != b.channel_map:
        return False
    if [seam.sample for seam in a.seams] != [seam.sample for seam in b.seams]:
        return False
    if not tables_equal(a.intervals, b.intervals):
        return False
    if not np.array_equal(a.events.sample, b.events.sample) or not tables_equal(a.events.table, b.events.table):
        return False
    pairs = [(a.signal, b.signal), *((arrays[name], others[name]) for name in arrays)]
    return all(signals_equal(one, other) for one, other in pairs)


def _same_places(a: Dataset, b: Dataset) -> bool:
    """Whether two datasets of one recipe read the same files: copies are compared, as tokens sample the content."""
    arrays, others = {"": a.signal, **a.arrays()}, {"": b.signal, **b.arrays()}
    return all(_places(array) == _places(others[name]) for name, array in arrays.items())


def _places(signal: Signal) -> list[str]:
    return [source.path for source in signal.sources]


def signals_equal(a: Signal, b: Signal) -> bool:
    """Return whether two signals have the same shape, rate, units, names, and values (NaN equals NaN) of one type."""
    names = ("shape", "sampling_rate", "units", "channel_names")
    if any(getattr(a, name) != getattr(b, name) for name in names):
        return False
    if a.n_samples == 0:  # no samples have no type: what an empty recording stores does not survive a join
        return True
    if a.dtype != b.dtype:
        return False
    if a.token == b.token and _places(a) == _places(b):
        return True
    same = {"equal_nan": True} if a.dtype.kind in "fc" else {}
    return all(np.array_equal(block, b.read(start=at, stop=at + block.shape[1]), **same) for at, block in a.blocks())
