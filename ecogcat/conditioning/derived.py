"""Derived samples: an extent whose samples are computed from those of others, when they are read.

A derivation is a `Reader` over a signal: a small frozen record of what is done to which samples. To everything above
storage its extent is one like any other; its sources are those of the signal, so that a changed file is found.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.frozen import Index, index_array
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage import pool
from ecogcat.storage.reader import Reader, ReaderExtent

__all__ = ["Derivation", "Underlying", "derived_extent", "derived_piece", "floating", "in_blocks", "underlying"]

# Values computed from at a time: small enough to stay near the processor.
BLOCK = 1 << 20


class Derivation(Reader, Protocol):
    """What is derived: a reader that says how much there is of it."""

    @property
    def signal(self) -> Signal:
        """What it is computed from."""

    @property
    def n_samples(self) -> int:
        """Samples of each channel."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of what is read."""


class Underlying(NamedTuple):
    """A stretch of a signal, stripped of what the values computed from it must not depend on.

    Attributes
    ----------
    signal : Signal
        Channels in the order in which they are stored, in the recording's native unit, without names: sums over
        channels come out the same to the last bit, however a dataset was permuted, joined or converted.
    rows : ndarray of int64, shape (n_channels,)
        Where in it each channel of the stretch is.
    exponent : int
        Power of ten from the native unit to that of the stretch.
    """

    signal: Signal
    rows: Index
    exponent: int


def underlying(signal: Signal) -> Underlying:
    """Return what a stretch of a signal is made of."""
    keys: list[Any] = [piece.channels for piece in signal.pieces]
    keys += [one for piece in signal.pieces for one in (piece.gain, piece.offset) if one is not None]
    order = np.lexsort(keys[::-1]) if signal.n_channels else np.zeros(0, np.int64)
    rows = np.empty(len(order), np.int64)
    rows[order] = np.arange(len(order))
    exponent = signal.pieces[0].exponent
    # A piece of a narrower type would be rounded to it in the native unit, and more than once after all.
    mixed = signal.dtype.kind in "fc" and len({piece.dtype for piece in signal.pieces}) > 1
    own = [piece.astype(signal.dtype) for piece in signal.pieces] if mixed else signal.pieces
    pieces = tuple(piece.take(index_array(order)).scaled(-exponent) for piece in own)
    return Underlying(Signal(pieces, 1.0, "", tuple(map(str, range(len(order))))), index_array(rows), exponent)


def floating(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of what is computed from values of a type: it, if it is floating and wide enough, or float32."""
    wide = dtype.kind in "fc" and dtype.itemsize >= 4
    return dtype.newbyteorder("=") if wide else np.dtype(np.float32)


def derived_piece(reader: Derivation, stem: Underlying, block_samples: int) -> Piece:
    """Return the stretch of a signal that a derivation makes of what underlies another."""
    extent = derived_extent(reader, block_samples)
    return Piece(extent, stem.rows, 0, extent.n_samples, extent.dtype, exponent=stem.exponent)


def derived_extent(reader: Derivation, block_samples: int) -> ReaderExtent:
    """Return the extent of a derivation; a stretch of `block_samples` costs as much as one of its samples."""
    signal = reader.signal
    return ReaderExtent(
        reader, signal.n_channels, reader.n_samples, reader.dtype, signal.sources, max(1, block_samples)
    )


def in_blocks(fill: Callable[[int, int], None], start: int, stop: int, length: int) -> None:
    """Call ``fill(a, b)`` for blocks of start..stop of at most `length`, shared out over the threads."""
    n = -(-(stop - start) // length)
    n_parts = min(settings.threads(), n)
    edges = [min(stop, start + n * k // n_parts * length) for k in range(n_parts + 1)]

    def some(first: int, end: int) -> None:
        for a in range(first, end, length):
            fill(a, min(end, a + length))

    pool.run([partial(some, a, b) for a, b in pairwise(edges)])


def read_floating(signal: Signal, rows: Index, start: int, stop: int) -> NDArray[Any]:
    """Read channels over samples in single precision if that is what they have, in double (or complex) otherwise."""
    own = signal.dtype
    dtype = np.dtype(np.complex128 if own.kind == "c" else np.float32 if own in _SINGLE else np.float64)
    values = np.empty((len(rows), stop - start), dtype)
    if values.size:
        signal.read(rows, start, stop, out=values)
    return values


_SINGLE = (np.dtype(np.float32), np.dtype(np.float16))
