"""Breaks: where the numbers or times of samples do not run on, found without reading them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Index

__all__ = ["MEASURED_OVER", "MOST_BREAKS", "Probe", "find_breaks", "step_of"]

Probe = Callable[[Index], NDArray[Any]]
"""Ascending rows -> what a column has there; asked for a few at a time."""

MOST_BREAKS = 4096
MEASURED_OVER = 1 << 16
"""Rows over which `step_of` measures at the most: over more of them its rounding could make up a break, or hide one."""

_WINDOWS = 15


def step_of(probe: Probe, n: int, nominal: float) -> float:
    """Return how far the values of neighbouring rows are apart.

    Parameters
    ----------
    probe : callable
        Ascending rows -> their values.
    n : int
        Rows.
    nominal : float
        What it should be; a clock may differ from it by some percent, and values may be rounded.

    Examples
    --------
    >>> round(step_of(lambda rows: rows * 1000001 // 1000, 10_000, 1000), 2)
    1000.0
    """
    if n < 2:
        return nominal
    length = min(max(1, n // 32), MEASURED_OVER)
    starts = np.unique((n - 1 - length) * np.arange(_WINDOWS, dtype=np.int64) // (_WINDOWS - 1))
    rows, back = np.unique(np.concatenate([starts, starts + length]), return_inverse=True)
    first, last = _signed(probe(rows))[back].reshape(2, -1)
    with np.errstate(all="ignore"):
        measured = (last - first) / length
        usual = np.sort(measured[np.abs(measured - nominal) < 0.05 * nominal])
    # A gap makes a window longer. Where half of them hold one, those at the lower quarter are still free of any.
    return float(usual[len(usual) // 4]) if len(usual) else nominal


def find_breaks(
    probe: Probe,
    n: int,
    *,
    step: float | Sequence[float] = 1,
    tolerance: float = 0,
    most: int = MOST_BREAKS,
    stretches: int = 64,
) -> list[int] | None:
    """Return the rows at which a column does not run on from the row before; None where there are too many.

    Halving finds a break in O(log n) values: where the last less the first is what the rows between take, there is
    none. A break forwards and one as long backwards cancel; so a number of stretches is looked at from the start.

    Parameters
    ----------
    probe : callable
        Ascending rows -> their values; a row of some for each, where several have to run on together.
    n : int
        Rows.
    step : float, or one for each value of a row
        What one row takes.
    tolerance : float
        Difference that is no break; half a step for times, which jitter and drift.
    most : int
        Breaks after which the column counts as damaged.
    stretches : int
        How many are looked at from the start. With a `step` that was measured, such that none is longer than
        `MEASURED_OVER`.

    Examples
    --------
    >>> find_breaks(lambda rows: np.array([5, 6, 7, 10, 11, 3])[rows], 6)
    [3, 5]
    """
    if n < 2:
        return []
    edges = np.unique(np.linspace(0, n - 1, stretches + 1).astype(np.int64))
    values = _signed(probe(edges))
    low, high, first, last = edges[:-1], edges[1:], values[:-1], values[1:]
    found: list[int] = []
    while len(low):
        broken = ~_runs_on(low, high, first, last, step, tolerance)
        low, high, first, last = (one[broken] for one in (low, high, first, last))
        leaf = high - low == 1
        found += high[leaf].tolist()
        low, high, first, last = (one[~leaf] for one in (low, high, first, last))
        # What only drifts is halved a few times, too, before it runs on.
        if len(found) > most or len(low) > max(most, 2 * stretches):
            return None
        if len(low):
            middle = (low + high) // 2
            values = _signed(probe(middle))
            order = np.argsort(np.concatenate([low, middle]), kind="stable")
            first, last = np.concatenate([first, values])[order], np.concatenate([values, last])[order]
            low, high = np.concatenate([low, middle])[order], np.concatenate([middle, high])[order]
    return sorted(found)


def _runs_on(
    low: Index, high: Index, first: NDArray[Any], last: NDArray[Any], step: float | Sequence[float], tolerance: float
) -> NDArray[np.bool_]:
    """Whether the last rows of some stretches have what the first ones lead to expect; not a number never has."""
    with np.errstate(all="ignore"):
        off = (last - first).reshape(len(low), -1) - (high - low)[:, None] * np.asarray(step)
        within: NDArray[np.bool_] = ((off >= -tolerance) & (off <= tolerance)).all(1)
    return within


def _signed(values: NDArray[Any]) -> NDArray[Any]:
    """Return values whose differences may be negative."""
    return values.astype(np.int64) if values.dtype.kind == "u" else values
