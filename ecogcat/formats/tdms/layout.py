"""How a chunk of TDMS raw data lies: for each channel the place, length and stride of its values.

Contiguous: all values of the first channel, then all of the second. Interleaved: one value of each channel, again and
again. DAQmx: rows of a buffer a card, in which each channel has its bytes (or a bit).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from ecogcat.formats.tdms.metadata import NUMBERS, STRING, Order, RawIndex, Scaler

__all__ = ["Form", "LayoutError", "Place", "form_of"]

INTERLEAVED, BIG_ENDIAN = 1 << 5, 1 << 6

Key = tuple[str, int | None]
"""A channel's path, and which of its scalers; None: the first, or that of data without any."""


class LayoutError(ValueError):
    """The objects of a segment contradict each other."""


class Place(NamedTuple):
    """Where one channel lies in a chunk: bytes from its start, type, number of values, bytes from one to the next."""

    offset: int
    dtype: np.dtype[Any]
    n_values: int
    stride: int
    bit: int | None = None


class Form(NamedTuple):
    """One layout of chunks.

    Attributes
    ----------
    chunk_bytes : int
    row_bytes : int
        Bytes of a row where all of a chunk are rows of one width (interleaved data), else 0.
    places : dict
        By channel and scaler; those of text, times and complex numbers are left out.
    indexes : tuple
        Path and raw data index of each channel, in order.
    flags : int
        Of the lead-in: interleaved, big endian.
    """

    chunk_bytes: int
    row_bytes: int
    places: dict[Key, Place]
    indexes: tuple[tuple[str, RawIndex], ...]
    flags: int

    def rows(self, n: int) -> Form:
        """Return the form of one chunk of `n` rows."""
        return form_of([(path, _of_length(index, n)) for path, index in self.indexes], self.flags)

    def shortened(self, n_bytes: int) -> Form:
        """Return the form of a last chunk that was written shorter: all channels by the same ratio."""
        if self.scalers():
            return self.cut(n_bytes)
        lengths = [index.n_values * n_bytes // self.chunk_bytes for _, index in self.indexes]
        shorter = [(path, _of_length(one, n)) for (path, one), n in zip(self.indexes, lengths, strict=True)]
        return form_of(shorter, self.flags)

    def cut(self, n_bytes: int) -> Form:
        """Return the form of a chunk of which only the first bytes are there."""
        places = {}
        for key, place in self.places.items():
            room = n_bytes - place.offset - place.dtype.itemsize
            n = min(place.n_values, 0 if room < 0 else room // place.stride + 1)
            places[key] = place._replace(n_values=n)
        return self._replace(places=places, chunk_bytes=n_bytes)

    def scalers(self) -> bool:
        """Whether these are DAQmx data."""
        return any(index.scalers for _, index in self.indexes)

    def sized(self) -> bool:
        """Whether every value takes as many bytes as any other of its channel; texts do not."""
        return not any(_is_text(index) for _, index in self.indexes)


def _is_text(index: RawIndex) -> bool:
    return index.type == STRING and index.n_values > 0


def _of_length(index: RawIndex, n: int) -> RawIndex:
    size = index.n_bytes // index.n_values if index.n_values else 0
    return index._replace(n_values=n, n_bytes=n * size)


def form_of(indexes: Iterable[tuple[str, RawIndex]], flags: int) -> Form:
    """Return how chunks of these channels lie.

    Raises
    ------
    LayoutError
        If they cannot lie together.
    """
    indexes = tuple(indexes)
    order: Order = ">" if flags & BIG_ENDIAN else "<"
    with_scalers = sum(bool(index.scalers) for _, index in indexes)
    if with_scalers:
        if with_scalers < len(indexes):
            raise LayoutError("DAQmx and other raw data in one segment")
        return _daqmx(indexes, order, flags)
    # One channel of text is said to be interleaved, too, and is not.
    if flags & INTERLEAVED and not (len(indexes) == 1 and _is_text(indexes[0][1])):
        return _interleaved(indexes, order, flags)
    places: dict[Key, Place] = {}
    offset = 0
    for path, index in indexes:
        if index.type in NUMBERS:
            dtype = np.dtype(NUMBERS[index.type]).newbyteorder(order)
            places[path, None] = Place(offset, dtype, index.n_values, dtype.itemsize)
        offset += index.n_bytes
    return Form(offset, 0, places, indexes, flags)


def _interleaved(indexes: tuple[tuple[str, RawIndex], ...], order: Order, flags: int) -> Form:
    lengths = sorted({index.n_values for _, index in indexes})
    if len(lengths) > 1:
        raise LayoutError(f"interleaved channels of unequal length, {lengths[0]:,} and {lengths[-1]:,}")
    n = lengths[0] if lengths else 0
    sizes = [index.n_bytes // n if n else 0 for _, index in indexes]
    if any(_is_text(index) for _, index in indexes):
        raise LayoutError("interleaved text")
    places: dict[Key, Place] = {}
    offset, row = 0, sum(sizes)
    for (path, index), size in zip(indexes, sizes, strict=True):
        if index.type in NUMBERS:
            dtype = np.dtype(NUMBERS[index.type]).newbyteorder(order)
            places[path, None] = Place(offset, dtype, index.n_values, row)
        offset += size
    return Form(n * row, row, places, indexes, flags)


def _daqmx(indexes: tuple[tuple[str, RawIndex], ...], order: Order, flags: int) -> Form:
    widths = indexes[0][1].widths
    lengths = [0] * len(widths)
    for path, index in indexes:
        if index.widths != widths:
            raise LayoutError(f"{path} lies in rows of {list(index.widths)} bytes, others of {list(widths)}")
        for scaler in index.scalers:
            lengths[scaler.buffer] = max(lengths[scaler.buffer], index.n_values)
    # Whole numbers of any size: what a damaged file says may be larger than 64 bits.
    starts = list(accumulate((n * width for n, width in zip(lengths, widths, strict=True)), initial=0))
    places: dict[Key, Place] = {}
    for path, index in indexes:
        for scaler in index.scalers:
            place = _scaler_place(scaler, starts, widths, index.n_values, order)
            places.setdefault((path, None), place)
            places[path, scaler.scale_id] = place
    row = widths[0] if len(widths) == 1 and len({index.n_values for _, index in indexes}) == 1 else 0
    return Form(starts[-1], row, places, indexes, flags)


def _scaler_place(scaler: Scaler, starts: Sequence[int], widths: Sequence[int], n: int, order: Order) -> Place:
    dtype = np.dtype(scaler.dtype).newbyteorder(order)
    return Place(starts[scaler.buffer] + scaler.offset, dtype, n, widths[scaler.buffer], scaler.bit)
