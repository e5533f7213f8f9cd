"""Read plan: which samples of which pieces go where in the output; made without touching a file.

A read is plan, then fetch and gather. The spans of a plan tile the request exactly once, in order.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ecogcat.frozen import Frozen, Index
from ecogcat.reading.indexing import Selection
from ecogcat.storage.extent import Samples

__all__ = ["ReadPlan", "Span", "plan_read"]


class Span(NamedTuple):
    """One stretch of a read: samples of one piece, and the columns of the output that they fill.

    Attributes
    ----------
    piece : int
        Index of the piece.
    samples : range or ndarray of int64
        Samples counted from the start of the piece; ranges ascend.
    out : slice or ndarray of int64
        Columns of the output.
    row : int
        The one row that the span reads, or -1: all rows of the plan.
    """

    piece: int
    samples: Samples
    out: slice | Index
    row: int = -1

    @property
    def n_samples(self) -> int:
        """Samples of the span."""
        return len(self.samples)


@dataclass(frozen=True, slots=True, eq=False)
class ReadPlan(Frozen):
    """A read, before it happens.

    Parameters
    ----------
    channels : range or ndarray of int64
        Channels of the signal, a row each; not used by a plan of pairs.
    n_columns : int
        Columns of the output that is read into.
    spans : tuple of Span
    shape : tuple of int
        Shape of the result.
    flipped : bool
        Time runs backwards: the columns are to be reversed after reading.
    """

    channels: Index
    n_columns: int
    spans: tuple[Span, ...]
    shape: tuple[int, ...]
    flipped: bool = False

    @property
    def n_values(self) -> int:
        """Values read."""
        return len(self.channels) * self.n_columns


def plan_read(selection: Selection, starts: Index) -> ReadPlan:
    """Plan the read of a selection from pieces that start at `starts` (the last entry is the end).

    Parameters
    ----------
    selection : Selection
    starts : ndarray of int64, shape (n_pieces + 1,)

    Returns
    -------
    ReadPlan

    Examples
    --------
    >>> from ecogcat.reading.indexing import select
    >>> plan = plan_read(select(np.s_[0, 8:12], (2, 20)), np.array([0, 10, 20]))
    >>> [(span.piece, span.samples, span.out) for span in plan.spans]
    [(0, range(8, 10), slice(0, 2, None)), (1, range(0, 2), slice(2, 4, None))]
    """
    rows, columns, shape, grid = selection
    if not grid:
        return _plan_pairs(np.asarray(rows), np.asarray(columns), shape, starts)
    channels = _index(rows)
    if isinstance(columns, range):
        flipped = columns.step < 0
        if flipped:
            columns = columns[::-1]
        return ReadPlan(channels, len(columns), tuple(_spans(columns, starts)), shape, flipped)
    return ReadPlan(channels, len(columns), tuple(_list_spans(columns, starts, -1, None)), shape)


def _index(rows: range | Index) -> Index:
    if isinstance(rows, range):
        return _range_index(rows.start, rows.stop, rows.step)
    rows.setflags(write=False)
    return rows


@lru_cache(64)
def _range_index(start: int, stop: int, step: int) -> Index:
    index = np.arange(start, stop, step, dtype=np.int64)
    index.setflags(write=False)
    return index


def _spans(columns: range, starts: Index) -> list[Span]:
    if len(columns) == 0:
        return []
    step = columns.step
    spans, done = [], 0
    # Of few pieces a list is ten times as fast as an array, of many only what is needed is looked at.
    edges: Any = starts.tolist() if len(starts) <= 32 else starts
    piece = bisect_right(edges, columns[0]) - 1
    while done < len(columns):
        first, end = columns[done], int(edges[piece + 1])
        count = min(len(columns) - done, max(0, -(-(end - first) // step)))
        if count:
            local = first - int(edges[piece])
            spans.append(Span(piece, range(local, local + (count - 1) * step + 1, step), slice(done, done + count)))
        done += count
        piece += 1
    return spans


def _list_spans(samples: Index, starts: Index, row: int, out: Any) -> list[Span]:
    """Spans of a list of samples in any order; `out` are their columns (None: as listed)."""
    owner = np.searchsorted(starts, samples, side="right") - 1
    spans = []
    if out is None and (owner[1:] >= owner[:-1]).all():
        edges = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), len(samples)]
        for a, b in pairwise(edges):
            if b > a:
                spans.append(Span(int(owner[a]), samples[a:b] - starts[owner[a]], slice(a, b), row))
        return spans
    for piece in np.unique(owner):
        where = np.flatnonzero(owner == piece)
        columns = where if out is None else out[where]
        spans.append(Span(int(piece), samples[where] - starts[piece], columns, row))
    return spans


def _plan_pairs(rows: Index, samples: Index, shape: tuple[int, ...], starts: Index) -> ReadPlan:
    """Plan (channel, sample) pairs: a list of samples for each channel, into one row of output."""
    spans: list[Span] = []
    for row in np.unique(rows):
        where = np.flatnonzero(rows == row)
        spans += _list_spans(samples[where], starts, int(row), where)
    return ReadPlan(_index(range(1)), len(samples), tuple(spans), shape)
