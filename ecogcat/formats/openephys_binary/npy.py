"""NumPy's `.npy` files as a recorder leaves them: a header, and rows that may be more or fewer than it says.

A recorder writes the number of rows when it closes the file; after a crash the header counts fewer than were written.
Nothing in such a file is ever unpickled.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.breaks import MOST_BREAKS, find_breaks

__all__ = ["Npy", "column_breaks", "open_npy"]

_MAGIC = b"\x93NUMPY"
_MOST_HEADER = 1 << 16
_DTYPE = re.compile(r"'descr':\s*'([<>|=]?[a-zA-Z]\d{0,6})'")
_SHAPE = re.compile(r"'shape':\s*\(([\d, L]*)\)")
_COLUMNS_FIRST = re.compile(r"'fortran_order':\s*True")


@dataclass(frozen=True)
class Npy:
    """Where the rows of an `.npy` file lie.

    Attributes
    ----------
    path : str
    dtype : numpy.dtype
        Of one value.
    row_shape : tuple of int
        Shape of a row.
    announced, n : int
        Rows that the header says, and rows that are there.
    offset : int
        Where the first one starts.
    """

    path: str
    dtype: np.dtype[Any]
    row_shape: tuple[int, ...]
    announced: int
    n: int
    offset: int

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return self.dtype.itemsize * int(np.prod(self.row_shape, dtype=np.int64))

    def read(self, most: int = 1 << 24) -> NDArray[Any]:
        """Return the rows; FormatError if they are more bytes than a small file has."""
        if self.n * self.row_bytes > most:
            raise FormatError("this table is too large", path=self.path, expected=f"{most:,} bytes", found=self.n)
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            data = file.read(self.n * self.row_bytes)
        return np.frombuffer(data, self.dtype).reshape(-1, *self.row_shape)

    def value(self, file: BinaryIO | Any, row: int) -> Any:
        """Return one value of a column of numbers, from the open file."""
        file.seek(self.offset + row * self.row_bytes)
        return np.frombuffer(file.read(self.row_bytes), self.dtype)[0].item()

    def warning(self) -> list[str]:
        """Return what is odd about the number of rows."""
        name = os.path.basename(self.path)
        if self.n < self.announced:
            return [f"{name} was cut short: {self.n:,} of {self.announced:,} rows are there"]
        if self.n > self.announced:
            return [f"{name} was never closed: its header counts {self.announced:,} rows, {self.n:,} are there"]
        return []


def open_npy(path: str, kinds: str, ndim: int = 1) -> Npy:
    """Read the header of an `.npy` file.

    Parameters
    ----------
    path : str
    kinds : str
        NumPy's letters of the kinds of values that are expected: "iu" for whole numbers.
    ndim : int
        Axes that are expected.

    Raises
    ------
    RecordingNotFound
        If it is not there.
    FormatError
        If it is no such file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/a.npy", [5, 6, 7])
    ...     open_npy(f"{folder}/a.npy", "iu").read().tolist()
    [5, 6, 7]
    """
    try:
        with open(path, "rb") as file:
            shape, dtype = _header(file)
            offset, size = file.tell(), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise RecordingNotFound(f"{path}: cannot be opened: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise FormatError("this is no .npy file", path=path, offset=0, found=str(error)[:200]) from error
    if len(shape) != ndim or dtype.kind not in kinds or dtype.itemsize == 0 or min(shape, default=0) < 0:
        raise FormatError(
            "this .npy file holds something else",
            path=path,
            expected=f"{ndim} axis of kind {kinds}",
            found=f"{dtype} of shape {shape}",
        )
    row = dtype.itemsize * int(np.prod(shape[1:], dtype=object))
    return Npy(path, dtype, tuple(shape[1:]), shape[0], max(0, size - offset) // row if row else 0, offset)


def _header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read type and shape; ValueError if there are none. The header is a Python expression: it is not evaluated."""
    start = file.read(8)
    if start[:6] != _MAGIC or start[6] not in (1, 2, 3):
        raise ValueError(start[:8].hex(" ") or "0 bytes")
    length = int.from_bytes(file.read(2 if start[6] == 1 else 4), "little")
    text = file.read(min(length, _MOST_HEADER)).decode("latin-1")
    dtype, shape = _DTYPE.search(text), _SHAPE.search(text)
    if len(text) < length or dtype is None or shape is None or _COLUMNS_FIRST.search(text):
        raise ValueError(text[:100])
    lengths = tuple(int(one) for one in re.findall(r"\d+", shape[1]))
    return lengths, np.dtype(dtype[1])


def column_breaks(column: Npy, n: int) -> tuple[list[int], list[str]]:
    """Return the rows at which whole numbers do not run on by one, and a warning where they run on nowhere.

    Parameters
    ----------
    column : Npy
        Whole numbers on one axis.
    n : int
        How many rows to look at, at most as many as there are.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/a.npy", [5, 6, 7, 10, 11, 3])
    ...     column_breaks(open_npy(f"{folder}/a.npy", "i"), 6)
    ([3, 5], [])
    """
    with open(column.path, "rb", buffering=0) as file:
        found = find_breaks(lambda rows: np.array([column.value(file, row) for row in rows.tolist()], np.int64), n)
    if found is not None:
        return found, []
    name = os.path.basename(column.path)
    return [], [f"{name} has more than {MOST_BREAKS:,} breaks: they are not told apart"]
