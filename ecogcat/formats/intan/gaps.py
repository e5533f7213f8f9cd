"""Gaps in a recording's own timestamps: found by halving, and made the seams that they are.

The timestamps of a whole recording are never read. Between two of them that lie as far apart as the samples do nothing
is missing (the system only ever drops samples); where more time than samples went by, halves are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.formats.breaks import find_breaks
from ecogcat.formats.intan.common import signed_stamp
from ecogcat.frozen import Index
from ecogcat.joining.join import join
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

    def late(samples: Index) -> NDArray[np.int32]:
        # Timestamps are 32 bits wide and begin anew, and so do their differences.
        return np.array([signed_stamp(stamp(sample) - sample) for sample in samples.tolist()], np.int32)

    found = find_breaks(late, n_samples, step=0, most=_most_gaps(n_samples), stretches=1)
    if found is None:
        return None
    return [Gap(sample, signed_stamp(stamp(sample) - stamp(sample - 1) - 1)) for sample in found]


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
