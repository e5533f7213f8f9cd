"""Room: where samples go that are computed block by block - memory, or a spill file - and as what they are read back.

Blocks are opened, filled or changed in place, and closed; in any order, as often as it takes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import index_array
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.derived import DerivedExtent
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.source import Source
from ecogcat.storage.spill import SpillFile

__all__ = ["Block", "MemoryRoom", "SpillRoom", "spill_size"]


class Block(NamedTuple):
    """A block while it is open: samples first..first + stop - start of the result are ``rows[:, start:stop]``."""

    rows: NDArray[Any]
    first: int
    start: int
    stop: int


class MemoryRoom:
    """Room for (n_channels, n_samples) in memory.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    length : int
        Samples of a block.
    """

    def __init__(self, shape: tuple[int, int], dtype: np.dtype[Any], length: int) -> None:
        self.length, self.n_blocks = length, -(-shape[1] // length)
        self.data = np.empty(shape, dtype)

    def open(self, k: int, new: bool) -> Block:
        """Return a block; its rows are those of the whole result, C-contiguous."""
        start = k * self.length
        return Block(self.data, start, start, min(start + self.length, self.data.shape[1]))

    def close(self, k: int) -> None:
        """Keep what a block holds now."""

    def release(self) -> None:
        """Let go of what is not needed after the last block."""

    def extent(self, token: str) -> DerivedExtent:
        """Return all of it, for reading; nothing is written from now on."""
        self.data.setflags(write=False)
        return DerivedExtent(MemoryExtent(self.data), token)


class SpillRoom:
    """Room for (n_channels, n_samples) in a spill file, one block of it in memory.

    A block lies in one piece, (n_channels, length), so that it is written and read by one call.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    length : int
        Samples of a block.
    file : SpillFile
    offset : int
        Where in the file the room begins.
    """

    def __init__(self, shape: tuple[int, int], dtype: np.dtype[Any], length: int, file: SpillFile, offset: int) -> None:
        self.shape, self.length, self.file, self.offset = shape, length, file, offset
        self.n_blocks = -(-shape[1] // length)
        self.rows = np.zeros((shape[0], length), dtype)

    def open(self, k: int, new: bool) -> Block:
        """Return a block; the last one that was opened is no longer there."""
        if not new:
            self.file.read(self.offset + k * self.rows.nbytes, self.rows)
        first = k * self.length
        return Block(self.rows, first, 0, min(self.length, self.shape[1] - first))

    def close(self, k: int) -> None:
        """Keep what a block holds now."""
        self.file.write(self.offset + k * self.rows.nbytes, self.rows)

    def release(self) -> None:
        """Let go of the block in memory."""
        self.rows = np.empty((0, self.length), self.rows.dtype)  # not a slice, which would keep all of it

    def extent(self, token: str) -> DerivedExtent:
        """Return all of it, for reading; nothing is written to the file from now on."""
        itemsize = self.rows.itemsize
        base = index_array(self.offset + np.arange(self.shape[0]) * (self.length * itemsize))
        where, stride = Source.open(self.file.path), self.shape[0] * self.length * itemsize
        lies = AffineExtent(where, self.rows.dtype, self.shape[1], base, itemsize, self.length, stride)
        return DerivedExtent(lies, token, self.file)


def spill_size(shape: tuple[int, int], dtype: np.dtype[Any], length: int) -> int:
    """Return the bytes of a spill room: whole blocks."""
    return shape[0] * length * -(-shape[1] // length) * dtype.itemsize
