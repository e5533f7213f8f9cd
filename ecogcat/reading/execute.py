"""Execution: a read plan carried out, its spans fetched and gathered into one output within the memory limit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.errors import MemoryLimitError
from ecogcat.frozen import Index
from ecogcat.piece import Piece
from ecogcat.reading.plan import ReadPlan, Span
from ecogcat.storage import layout, pool

__all__ = ["execute"]

# Values decoded at a time where they pass through a buffer: small enough to stay in cache.
_BUFFER = 1 << 20


def execute(
    plan: ReadPlan,
    pieces: Sequence[Piece],
    out: NDArray[Any] | None,
    dtype: np.dtype[Any],
    own: np.dtype[Any],
    *,
    raw: bool,
) -> NDArray[Any]:
    """Read what a plan asks for.

    Parameters
    ----------
    plan : ReadPlan
    pieces : sequence of Piece
        Those that the plan was made for.
    out : ndarray, shape (n_rows, n_columns), optional
        Array to read into; a new one by default.
    dtype : numpy.dtype
        Type of the output.
    own : numpy.dtype
        Type of the signal that the pieces make: values are rounded to their piece's type, to this one, then to `dtype`.
    raw : bool
        Stored numbers instead of physical values.

    Returns
    -------
    ndarray, shape (n_rows, n_columns)

    Raises
    ------
    MemoryLimitError
        If a new array would be larger than the limit; nothing is read then.
    """
    if out is None:
        shape = (len(plan.channels), plan.n_columns)
        limit, needed = settings.memory_limit(), plan.n_values * dtype.itemsize
        if limit is not None and needed > limit:
            raise MemoryLimitError(
                f"reading {shape[0]:,} x {shape[1]:,} values of {dtype} takes {needed:,} bytes; the limit is "
                f"{limit:,}. Stream it with signal.blocks(), read a part, or raise the limit: "
                "with ecogcat.options(memory_limit=None): ..."
            )
        out = np.empty(shape, dtype)
    groups = _groups(plan)
    if len(groups) == 1:
        _gather_spans(plan, groups[0], pieces, out, own, raw)
    else:
        pool.run([partial(_gather_spans, plan, spans, pieces, out, own, raw) for spans in groups])
    if plan.flipped:
        for row in out:  # a row at a time: NumPy copies what it flips
            row[:] = row[::-1].copy()
    return out


def _groups(plan: ReadPlan) -> list[Sequence[Span]]:
    """Share spans out over the threads where each is too short to be shared by itself, as in a join of many files."""
    spans = plan.spans
    if len(spans) < 2 or plan.n_values < layout.SERIAL_BELOW:
        return [spans]
    threads = settings.threads()  # asks the system: not for every window
    if threads < 2 or max(span.n_samples for span in spans) * len(plan.channels) >= layout.SERIAL_BELOW:
        return [spans]
    ends = np.cumsum([span.n_samples for span in spans])
    shares = np.searchsorted(ends, ends[-1] * np.arange(1, threads) / threads) + 1
    edges = [0, *sorted(set(shares.tolist()) - {len(spans)}), len(spans)]
    return [spans[a:b] for a, b in pairwise(edges)]


def _gather_spans(
    plan: ReadPlan,
    spans: Sequence[Span],
    pieces: Sequence[Piece],
    out: NDArray[Any],
    own: np.dtype[Any],
    raw: bool,
) -> None:
    for span in spans:
        rows = plan.channels if span.row < 0 else np.array([span.row], np.int64)
        _gather(pieces[span.piece], rows, span, out, own, raw)


def _gather(piece: Piece, rows: Index, span: Span, out: NDArray[Any], own: np.dtype[Any], raw: bool) -> None:
    """Decode one span; through a buffer where values need rounding to the piece's type first, or scattering."""
    count = span.n_samples
    dtype = piece.value_dtype
    if (raw or dtype == out.dtype) and isinstance(span.out, slice):
        piece.gather(rows, span.samples, out, span.out.start, count, raw)
        return
    length = max(1, _BUFFER // max(1, len(rows)))
    for a in range(0, count, length):
        b = min(count, a + length)
        values = np.empty((len(rows), b - a), out.dtype if raw else dtype)
        piece.gather(rows, span.samples[a:b], values, 0, b - a, raw)
        if not raw and own not in (dtype, out.dtype):
            values = values.astype(own)  # as reading the signal and casting would
        if isinstance(span.out, slice):
            out[:, span.out.start + a : span.out.start + b] = values
        else:
            out[:, span.out[a:b]] = values
