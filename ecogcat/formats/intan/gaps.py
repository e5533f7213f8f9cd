"""Gaps in a recording's own timestamps: found by halving, and made the seams that they are.

The timestamps of a whole recording are never read. Between two of them that lie as far apart as the samples do nothing
is missing (the system only ever drops samples); where more time than samples went by, halves are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.formats.intan.common import signed_stamp
from ecogcat.join import join
from ecogcat.parts import samples_to_timedelta
from ecogcat.select import select_time

__all__ = ["Gap", "find_gaps", "no_gaps", "parted"]


def _most_gaps(n_samples: int) -> int:
    """Return how many gaps a recording may have: with more of them its timestamps are of no use."""
    return min(1000, 4 + n_samples // 8)


class Gap(NamedTuple):
    """Samples missing before a sample; a negative number if the timestamps go back there."""

    sample: int
    missing: int


def find_gaps(stamp: Callable[[int], int], n_samples: int) -> list[Gap] | None:
    """Find where timestamps do not ascend by one.

    Parameters
    ----------
    stamp : callable
        Sample -> its timestamp.
    n_samples : int

    Returns
    -------
    list of Gap or None
        None if there are too many to be gaps.

    Examples
    --------
    >>> find_gaps([0, 1, 2, 13, 14, 15, 36].__getitem__, 7)
    [Gap(sample=3, missing=10), Gap(sample=6, missing=20)]
    """
    if n_samples < 2:
        return []
    found: list[Gap] = []
    stretches = [(0, stamp(0), n_samples - 1, stamp(n_samples - 1))]
    while stretches:
        a, first, b, last = stretches.pop()
        missing = signed_stamp(last - first - (b - a))
        if missing == 0:
            continue
        if b - a == 1:
            found.append(Gap(b, missing))
            if len(found) > _most_gaps(n_samples):
                return None
            continue
        middle = (a + b) // 2
        at = stamp(middle)
        stretches += [(middle, at, b, last), (a, first, middle, at)]
    return found


def no_gaps(first: int, last: int, n_samples: int) -> str:
    """Return a warning where timestamps are of no use."""
    return (
        f"the timestamps run from {first:,} to {last:,}, which is not {n_samples:,} samples, and jump more than "
        f"{_most_gaps(n_samples):,} times: where samples were lost is unknown"
    )


def parted(dataset: Dataset, gaps: list[Gap]) -> Dataset:
    """Return the dataset of one file in parts that begin where its gaps are, each with its own time."""
    edges = [0, *(gap.sample for gap in gaps), dataset.n_samples]
    stretches, late = [], 0
    for k, start in enumerate(edges[:-1]):
        stretch = select_time(dataset, start, edges[k + 1])
        (part,) = stretch.parts
        if k > 0:
            missing = gaps[k - 1].missing
            late += max(0, missing)
            if missing > 0:
                text = f"{missing:,} samples ({missing / part.sampling_rate:.3f} s) were lost before this part"
            else:
                text = f"the timestamps go back by {-missing:,} samples before this part"
            clock = part.recorded_at
            if clock is not None:
                clock = clock + samples_to_timedelta(np.int64(late), part.sampling_rate)
            part = part.replace(warnings=(text,), recorded_at=clock)
        stretches.append(stretch.replace(parts=[part]))
    return join(*stretches, name=dataset.name)
