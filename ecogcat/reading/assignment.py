"""Assignment: values put into scratch copies as NumPy puts them into arrays; never into a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import ReadOnlyError
from ecogcat.frozen import Index
from ecogcat.piece import Piece
from ecogcat.reading.indexing import select
from ecogcat.reading.plan import ReadPlan, Span, plan_read
from ecogcat.storage.scratch import ScratchExtent

__all__ = ["Assignment"]

# Values converted at a time: small enough to stay in cache.
_BUFFER = 1 << 18


class Assignment:
    """Assignment to the samples of scratch copies."""

    __slots__ = ()

    if TYPE_CHECKING:
        dtype: np.dtype[Any]
        pieces: tuple[Piece, ...]
        starts: Index

        @property
        def shape(self) -> tuple[int, int]:
            """(n_channels, n_samples)."""

    @property
    def writeable(self) -> bool:
        """Whether all of the signal is a scratch copy, which `write` can change."""
        return all(isinstance(one.extent, ScratchExtent) and not one.lacks_channels for one in self.pieces)

    def write(self, index: Any, values: Any) -> None:
        """Write values into a scratch copy (`ecogcat.scratch`), as ``array[index] = values`` does.

        Parameters
        ----------
        index : anything that NumPy takes on two axes
            Integers, slices with any step, masks, lists; across seams. Of places named twice the last value stays.
        values : array_like
            In the unit of this signal; broadcast to the shape of ``signal[index]`` and cast to the type it is stored
            in.

        Raises
        ------
        ReadOnlyError
            If any of the samples is not of a scratch copy; nothing is written then.
        IndexError, TypeError, ValueError
            As NumPy does for this index and these values; also for a value that the integers that a part is stored in
            do not reach. Nothing is written then.

        Notes
        -----
        Other processes that have the dataset see the new values at once. A copy that is kept (`path=`) is flushed to
        the disk before this returns. Writers in several threads or processes take care not to write to one place.

        Examples
        --------
        >>> import ecogcat as ec
        >>> copy = ec.scratch(ec.from_array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 1000))
        >>> copy.signal.write((slice(None), slice(-2, None)), [0, -1])
        >>> copy.signal[:]
        array([[ 1.,  0., -1.],
               [ 4.,  0., -1.]])
        """
        plan = plan_read(select(index, self.shape), self.starts)
        block = _broadcast(_one_number(index, values, self.dtype) if plan.shape == () else values, plan, self.dtype)
        if not block.size:
            return
        puts = [(self.pieces[span.piece], _rows(plan, span), span) for span in plan.spans]
        for piece, rows, span in puts:
            self._refuse_unless_scratch(piece, rows, span)
        for piece, rows, span in puts:
            if self._may_not_fit(piece):
                for part, _ in _parts(block, rows, span):
                    _encoded(piece, rows, part.astype(self.dtype))
        for piece, rows, span in puts:
            self._put(piece, rows, span, block)
        for file in {piece.extent.file for piece, _, _ in puts if isinstance(piece.extent, ScratchExtent)}:
            file.flush()

    def _refuse_unless_scratch(self, piece: Piece, rows: Index, span: Span) -> None:
        extent = piece.extent
        if isinstance(extent, ScratchExtent):
            if not (piece.channels[rows] < 0).any():
                return
            where = "a recording that lacks some of these channels"
        else:
            where = extent.sources[0].path if extent.sources else "memory"
        first = int(self.starts[span.piece]) + int(min(span.samples))
        last = int(self.starts[span.piece]) + int(max(span.samples))
        raise ReadOnlyError(
            f"samples {first:,} to {last:,} lie in {where}: nothing there can be written to, and nothing was written. "
            "ecogcat.scratch(dataset) makes a private copy that can be"
        )

    def _may_not_fit(self, piece: Piece) -> bool:
        """Whether a value of the signal may have no stored number that stands for it."""
        stored = piece.extent.dtype
        return stored.kind not in "fc" and (piece.exponent != 0 or piece.gain is not None or stored != self.dtype)

    def _put(self, piece: Piece, rows: Index, span: Span, block: NDArray[Any]) -> None:
        assert isinstance(piece.extent, ScratchExtent)
        stored, channels = piece.extent.array(), piece.channels[rows]
        plain = piece.scale(rows) is None and not self._may_not_fit(piece)
        for part, at in [(block[:, span.out], slice(None))] if plain else _parts(block, rows, span):
            numbers = part if plain else _encoded(piece, rows, part.astype(self.dtype))
            samples = span.samples[at]
            if isinstance(samples, range):
                start = samples.start + piece.start
                where: Any = (channels, slice(start, start + len(samples) * samples.step, samples.step))
                if len(channels) and bool((np.diff(channels) == 1).all()):
                    where = (slice(int(channels[0]), int(channels[-1]) + 1), where[1])
            else:
                where = (channels[:, None], samples + piece.start)
            stored[where] = numbers


def _rows(plan: ReadPlan, span: Span) -> Index:
    return plan.channels if span.row < 0 else np.array([span.row], np.int64)


def _parts(block: NDArray[Any], rows: Index, span: Span) -> list[tuple[NDArray[Any], slice]]:
    """Return the values of a span some columns at a time, each with the samples of the span that they are for."""
    values, length = block[:, span.out], max(1, _BUFFER // len(rows))
    return [(values[:, a : a + length], slice(a, a + length)) for a in range(0, values.shape[1], length)]


def _one_number(index: Any, values: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return what NumPy puts where one sample is indexed, an array of no axes; or raise as it does.

    Which arrays stand for a number there depends on NumPy's release, and on whether an ellipsis makes it a view.
    """
    one = np.zeros((1, 1), dtype)
    parts = index if isinstance(index, tuple) else (index,)
    at = tuple(np.zeros_like(part) if isinstance(part, np.ndarray) else 0 if part is not ... else ... for part in parts)
    try:
        one[at] = values
    except (TypeError, ValueError) as error:
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"one sample is indexed, and takes one number: {error}") from None
    return one.reshape(())


def _broadcast(values: Any, plan: ReadPlan, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return values as the spans of a plan take them, shape (n_rows, n_columns); a view where that goes."""
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype)
    if array.dtype.kind not in "biufc":
        array = array.astype(dtype)  # texts and objects: numbers, or NumPy's error
    own = array.shape
    while array.ndim > len(plan.shape) and array.shape[0] == 1:
        array = array[0]
    try:
        block = np.broadcast_to(array, plan.shape).reshape(len(plan.channels), plan.n_columns)
    except ValueError:
        raise ValueError(f"values of shape {own} do not broadcast to the indexed samples, {plan.shape}") from None
    return block[:, ::-1] if plan.flipped else block


def _encoded(piece: Piece, rows: Index, values: NDArray[Any]) -> NDArray[Any]:
    """Return the stored numbers that read as values; ValueError where an integer cannot."""
    scale, dtype = piece.scale(rows), piece.extent.dtype
    numbers = values
    if scale is not None:
        wide = np.complex128 if values.dtype.kind == "c" else np.float64
        numbers = (values.astype(wide) - scale.offset[:, None]) / scale.gain[:, None]
    if dtype.kind in "fc":
        return numbers
    if numbers.dtype.kind in "fc":
        numbers = np.rint(numbers)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    fits = (numbers >= low) & (numbers <= high)
    if not fits.all():
        beyond = values[tuple(np.argwhere(~fits)[0])]
        raise ValueError(f"{beyond} has no number of type {dtype} to be stored as; nothing was written")
    return numbers
