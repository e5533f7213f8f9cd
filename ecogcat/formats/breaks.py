"""Breaks: where the numbers or times of samples do not run on, found without reading them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Index

__all__ = ["MOST_BREAKS", "find_breaks"]

MOST_BREAKS = 4096
_STRETCHES = 64


def find_breaks(
    probe: Callable[[Index], NDArray[Any]], n: int, *, step: float = 1, tolerance: float = 0
) -> list[int] | None:
    """Return the rows at which a column does not run on from the row before; None where there are too many.

    Halving finds a break in O(log n) single values: where the last less the first is what the rows between take, there
    is none. A break forwards and one as long backwards cancel; so at least 64 stretches are looked at.

    Parameters
    ----------
    probe : callable
        Ascending rows -> their values; asked for a few at a time.
    n : int
        Rows.
    step : float
        What one row takes.
    tolerance : float
        Difference that is no break; half a step for times, which jitter and drift.

    Examples
    --------
    >>> find_breaks(lambda rows: np.array([5, 6, 7, 10, 11, 3])[rows], 6)
    [3, 5]
    """
    if n < 2:
        return []
    edges = np.unique(np.linspace(0, n - 1, _STRETCHES + 1).astype(np.int64))
    values = probe(edges)
    low, high, first, last = edges[:-1], edges[1:], values[:-1], values[1:]
    found: list[int] = []
    while len(low):
        with np.errstate(all="ignore"):
            within = np.abs((last - first) - (high - low) * step) <= tolerance  # not a number is a break, too
        low, high, first, last = (one[~within] for one in (low, high, first, last))
        leaf = high - low == 1
        found += high[leaf].tolist()
        low, high, first, last = (one[~leaf] for one in (low, high, first, last))
        if len(found) + len(low) > MOST_BREAKS:
            return None
        if len(low):
            middle = (low + high) // 2
            values = probe(middle)
            order = np.argsort(np.concatenate([low, middle]), kind="stable")
            first, last = np.concatenate([first, values])[order], np.concatenate([values, last])[order]
            low, high = np.concatenate([low, middle])[order], np.concatenate([middle, high])[order]
    return sorted(found)
