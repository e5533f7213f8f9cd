"""Timestamps: where those of regular records jump, found by bisection instead of by reading all of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

__all__ = ["find_jumps", "step_of"]

_WINDOWS = 15
_LONGEST_WINDOW = 1 << 16
_FEWEST_PARTS = 16


def step_of(stamp: Callable[[int], int], n: int, nominal: float) -> float:
    """Return how far the timestamps of neighbouring records are apart.

    Parameters
    ----------
    stamp : callable
        Record -> timestamp.
    n : int
        Records.
    nominal : float
        What the header says; a clock may differ from it by some percent, and timestamps are rounded.

    Examples
    --------
    >>> round(step_of(lambda k: k * 1000001 // 1000, 10_000, 1000), 2)
    1000.0
    """
    if n < 2:
        return nominal
    length = min(max(1, n // 32), _LONGEST_WINDOW)
    starts = sorted({(n - 1 - length) * k // (_WINDOWS - 1) for k in range(_WINDOWS)})
    measured = [(stamp(start + length) - stamp(start)) / length for start in starts]
    usual = sorted(one for one in measured if abs(one - nominal) < 0.05 * nominal)
    # A gap makes a window longer. Where half of them hold one, those at the lower quarter are still free of any.
    return usual[len(usual) // 4] if usual else nominal


def find_jumps(
    stamp: Callable[[int], int], n: int, step: float, tolerance: float, most: int = 10_000
) -> list[int] | None:
    """Return the records whose timestamp does not follow on that of the record before.

    Parameters
    ----------
    stamp : callable
        Record -> timestamp.
    n : int
        Records.
    step : float
        From record to record, as `step_of` finds it.
    tolerance : float
        By how much a timestamp may be off; not below the rounding of timestamps.
    most : int
        Jumps after which the timestamps count as damaged.

    Returns
    -------
    list of int, or None
        Ascending; None if there are more than `most`.

    Notes
    -----
    A stretch whose ends lie as far apart as its records should is not looked into: two jumps in it that undo each other
    would be missed. So the search starts with sixteen stretches, and more where these are longer than 65,536 records.

    Examples
    --------
    >>> find_jumps(lambda k: 100 * k + 7 * (k >= 400), 1000, 100.0, 1.0)
    [400]
    """
    if n < 2:
        return []
    # Over longer stretches the rounding of `step` would add up to a jump, or hide one.
    parts = max(_FEWEST_PARTS, n // _LONGEST_WINDOW)
    anchors = sorted({(n - 1) * k // parts for k in range(parts + 1)})
    known = {k: stamp(k) for k in anchors}
    jumps: list[int] = []
    todo = [(a, known[a], b, known[b]) for a, b in pairwise(anchors)][::-1]
    while todo:
        a, first, b, last = todo.pop()
        if abs((last - first) - (b - a) * step) <= tolerance:
            continue
        if b - a == 1:
            jumps.append(b)
            if len(jumps) > most:
                return None
            continue
        middle = (a + b) // 2
        between = stamp(middle)
        todo += [(middle, between, b, last), (a, first, middle, between)]
    return jumps
