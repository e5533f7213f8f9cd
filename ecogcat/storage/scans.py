"""Scans: one extent seen as cells, a channel each at the rate of frames, or as columns of cells one after the other.

A multiplexer looks at `n_rows` cells in turn. Channel ``column * n_rows + row`` of the cells at frame t is sample
``t * n_rows + row`` of the column. Where the one is block-affine the other is, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, digest, index_array
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.reader import ReaderExtent

__all__ = ["CellsReader", "ColumnsReader", "cells_of", "columns_of"]

# Elements read at a time where all rows pass through memory, also if one is wanted.
_PIECE = 1 << 20


def columns_of(cells: Extent, n_rows: int) -> Extent:
    """Return cells as columns.

    Parameters
    ----------
    cells : Extent, (n_columns * n_rows, n_frames)
    n_rows : int

    Returns
    -------
    Extent, (n_columns, n_frames * n_rows)

    Examples
    --------
    >>> from ecogcat.storage.memory import MemoryExtent
    >>> extent, out = columns_of(MemoryExtent([[1, 3], [2, 4]]), 2), np.empty((1, 4))
    >>> extent.gather(np.array([0]), range(4), None, out, 0, 4)
    >>> out
    array([[1., 2., 3., 4.]])
    """
    if n_rows == 1:
        return cells
    n_columns, n_samples = cells.n_channels // n_rows, cells.n_samples * n_rows
    if isinstance(cells, AffineExtent) and cells.block_samples == 1:
        first = cells.base.reshape(n_columns, n_rows)
        step = int(first[0, 1] - first[0, 0])
        return AffineExtent(cells.source, cells.dtype, n_samples, first[:, 0], step, n_rows, cells.sample_stride)
    reader = ColumnsReader(cells, n_rows)
    block = cells.block_samples * n_rows
    return ReaderExtent(reader, n_columns, n_samples, cells.dtype.newbyteorder("="), cells.sources, block)


def cells_of(columns: Extent, n_rows: int) -> Extent:
    """Return columns as cells; samples of a frame that is not whole are left out.

    Parameters
    ----------
    columns : Extent, (n_columns, n_samples)
    n_rows : int

    Returns
    -------
    Extent, (n_columns * n_rows, n_samples // n_rows)

    Examples
    --------
    >>> from ecogcat.storage.memory import MemoryExtent
    >>> extent, out = cells_of(MemoryExtent([[1, 2, 3, 4, 5]]), 2), np.empty((2, 2))
    >>> extent.gather(np.array([0, 1]), range(2), None, out, 0, 2)
    >>> out
    array([[1., 3.],
           [2., 4.]])
    """
    if n_rows == 1:
        return columns
    n_cells, n_frames = columns.n_channels * n_rows, columns.n_samples // n_rows
    if isinstance(columns, AffineExtent) and columns.block_samples == 1:
        base = (columns.base[:, None] + columns.sample_stride * np.arange(n_rows)).ravel()
        return AffineExtent(columns.source, columns.dtype, n_frames, base, columns.sample_stride * n_rows)
    reader = CellsReader(columns, n_rows)
    block = max(1, columns.block_samples // n_rows)
    return ReaderExtent(reader, n_cells, n_frames, columns.dtype.newbyteorder("="), columns.sources, block)


@dataclass(frozen=True, slots=True)
class ColumnsReader(Frozen):
    """Reads columns out of cells that only a library can read.

    Parameters
    ----------
    cells : Extent
    n_rows : int
    """

    cells: Extent
    n_rows: int

    @property
    def token(self) -> str:
        """Digest of what is read."""
        return digest("columns", self.cells.token, self.n_rows)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the stored numbers, shape (len(channels), stop - start); see `Reader.read`."""
        n, first, last = self.n_rows, start // self.n_rows, -(-stop // self.n_rows)
        rows = index_array((channels[:, None] * n + np.arange(n)).ravel())
        stored = np.empty((len(rows), last - first), self.cells.dtype.newbyteorder("="))
        self.cells.gather(rows, range(first, last), None, stored, 0, last - first)
        turned = stored.reshape(len(channels), n, -1).transpose(0, 2, 1).reshape(len(channels), -1)
        return turned[:, start - first * n : stop - first * n]


@dataclass(frozen=True, slots=True)
class CellsReader(Frozen):
    """Reads cells out of columns that only a library can read.

    Parameters
    ----------
    columns : Extent
    n_rows : int
    """

    columns: Extent
    n_rows: int

    @property
    def token(self) -> str:
        """Digest of what is read."""
        return digest("cells", self.columns.token, self.n_rows)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the stored numbers, shape (len(channels), stop - start); see `Reader.read`."""
        n = self.n_rows
        wanted, place = np.unique(channels // n, return_inverse=True)
        out = np.empty((len(channels), stop - start), self.columns.dtype.newbyteorder("="))
        length = max(1, _PIECE // (n * len(wanted)))
        for a in range(start, stop, length):
            b = min(stop, a + length)
            stored = np.empty((len(wanted), (b - a) * n), out.dtype)
            self.columns.gather(index_array(wanted), range(a * n, b * n), None, stored, 0, (b - a) * n)
            out[:, a - start : b - start] = stored.reshape(len(wanted), b - a, n)[place, :, channels % n]
        return out
