"""Epoch plan: which events have an epoch, which have none and why, and which samples of which pieces go where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.frozen import Frozen, Index, freeze, index_array
from ecogcat.intervals import warn_of_unknown

__all__ = ["EpochPlan", "plan_epochs"]

SEAMS = ("drop", "nan", "keep")


@dataclass(frozen=True, slots=True, eq=False)
class EpochPlan(Frozen):
    """The epochs of some events, before a sample is read.

    Parameters
    ----------
    kept : ndarray of int64, shape (n_epochs,)
        Events that have an epoch, ascending.
    dropped : ndarray of int64, shape (n_dropped,)
        The others.
    reasons : tuple of str
        Why each of `dropped` has none: "edge", "seam", "interval:label".
    windows : tuple of (int, ndarray of int64, shape (n_windows, 4))
        Pieces of the signal, ascending, and what is read of each: epoch, first (sample of the piece), at (first
        column), count.
    partial : ndarray of int64, shape (n_partial, 3)
        Epochs that lack samples, and the columns low..high that they have.
    """

    kept: Index
    dropped: Index
    reasons: tuple[str, ...]
    windows: tuple[tuple[int, Index], ...]
    partial: Index

    def part(self, a: int, b: int) -> EpochPlan:
        """Return the plan of epochs a..b alone, counted from a."""
        windows = ((piece, table[(table[:, 0] >= a) & (table[:, 0] < b)]) for piece, table in self.windows)
        lack = self.partial[(self.partial[:, 0] >= a) & (self.partial[:, 0] < b)]
        moved = tuple((piece, table - np.array([a, 0, 0, 0])) for piece, table in windows if len(table))
        return EpochPlan(self.kept[a:b], self.dropped, self.reasons, moved, lack - np.array([a, 0, 0]))


def plan_epochs(
    dataset: Dataset, samples: Index, before: int, after: int, *, seams: str, reject: Sequence[str] = ()
) -> EpochPlan:
    """Plan the epochs [sample - before, sample + after) of events.

    Parameters
    ----------
    dataset : Dataset
    samples : ndarray of int64, shape (n_events,)
        Ascending, within the dataset.
    before, after : int
    seams : {"drop", "nan", "keep"}
    reject : sequence of str
        Labels of intervals.

    Returns
    -------
    EpochPlan

    Examples
    --------
    >>> import ecogcat as ec
    >>> plan = plan_epochs(ec.from_array([[0.0] * 9], 1000), np.array([1, 4, 8]), 2, 2, seams="drop")
    >>> plan.kept, plan.dropped, plan.reasons
    (array([1]), array([0, 2]), ('edge', 'edge'))
    """
    start, stop = samples - before, samples + after
    edge = (start < 0) | (stop > dataset.n_samples)
    low, high = start.clip(0, dataset.n_samples), stop.clip(0, dataset.n_samples)
    reasons = np.full(len(samples), "", object)
    if seams != "keep":
        firsts = np.array([part.start for part in dataset.parts], np.int64)
        ends = np.array([part.stop for part in dataset.parts], np.int64)
        own = np.searchsorted(firsts, samples, side="right") - 1  # parts without samples are passed over
        if seams == "drop":
            reasons[(start < firsts[own]) | (stop > ends[own])] = "seam"
        else:
            low, high = start.clip(firsts[own], ends[own]), stop.clip(firsts[own], ends[own])
    if seams != "nan":
        reasons[edge] = "edge"
    warn_of_unknown(dataset.intervals, reject)
    for label in reject:
        reasons[(reasons == "") & _touched(dataset.intervals, label, low, high)] = f"interval:{label}"
    kept, dropped = np.flatnonzero(reasons == ""), np.flatnonzero(reasons != "")
    start, low, high = start[kept], low[kept], high[kept]
    short = np.flatnonzero(high - low < before + after)
    return EpochPlan(
        index_array(kept),
        index_array(dropped),
        tuple(reasons[dropped].tolist()),
        _windows(dataset.signal.starts, low, high, low - start),
        freeze(np.stack([short, (low - start)[short], (high - start)[short]], axis=1), np.int64),
    )


def _touched(intervals: pd.DataFrame, label: str, low: Index, high: Index) -> NDArray[np.bool_]:
    """Return which stretches low..high have a sample in an interval of this label."""
    some = intervals[intervals["label"].map(str) == str(label)]
    some = some[some["stop"] > some["start"]].sort_values("start", kind="stable")
    starts = some["start"].to_numpy(np.int64)
    reach = np.maximum.accumulate(some["stop"].to_numpy(np.int64))  # of all that start no later
    last = np.searchsorted(starts, high, side="left") - 1
    touched: NDArray[np.bool_] = (last >= 0) & (high > low)
    touched[touched] = reach[last[touched]] > low[touched]
    return touched


def _windows(edges: Index, low: Index, high: Index, at: Index) -> tuple[tuple[int, Index], ...]:
    """Cut the stretches low..high at the edges of pieces, and group them by piece."""
    epoch = np.flatnonzero(high > low)
    low, high, at = low[epoch], high[epoch], at[epoch]
    first = np.searchsorted(edges, low, side="right") - 1
    n_pieces = np.searchsorted(edges, high - 1, side="right") - first
    which = np.repeat(np.arange(len(epoch)), n_pieces)
    piece = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    a, b = np.maximum(low[which], edges[piece]), np.minimum(high[which], edges[piece + 1])
    table = np.stack([epoch[which], a - edges[piece], at[which] + a - low[which], b - a], axis=1)
    order = np.lexsort((table[:, 1], piece))
    table, piece = freeze(table[order], np.int64), piece[order]
    bounds = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), len(piece)] if len(piece) else []
    return tuple((int(piece[i]), table[i:j]) for i, j in pairwise(bounds))
