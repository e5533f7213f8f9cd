"""MATLAB files: the matrices of a `.mat` file as extents, found without reading a sample.

Version 5 (to 7.2) files are a header of 128 bytes - text, and at byte 126 the letters that say the byte order - and
then a row of elements: type and length (uint32 each), and that many bytes. A matrix (type 14) holds elements again:
flags with its class, dimensions, name, and the numbers, a column at a time, of any type that holds them. A compressed
element (15) is a zlib stream of a matrix. Version 7.3 is HDF5, with the axes the other way round.

Source: The MathWorks, "MAT-File Format", checked against files of SciPy and MATLAB.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import EcogcatError, FormatError
from ecogcat.formats.hdf5_fields import reading
from ecogcat.formats.hdf5_names import hdf5_names
from ecogcat.formats.matlab_packed import PackedReader
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.handles import open_hdf5
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source

__all__ = ["Matrix", "has_matrix", "is_matlab", "matrices", "matrix_extent", "read_matrix"]

_MATRIX, _COMPRESSED = 14, 15
_NUMERIC = range(6, 16)  # classes: double, single, and the integers
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_COMPLEX = 0x0800
_HEAD = 4096  # what is unpacked of a compressed element to see what it is
_MOST_EXPANSION = 1040  # zlib packs 1,032 bytes into one at most
_BLOCK_BYTES = 64 << 20
_MOST_SMALL = 64 << 20
_MOST_ELEMENTS = 100_000
_HINT = "Copy it again from where it was written"


class Matrix(NamedTuple):
    """Where the numbers of one matrix are.

    Attributes
    ----------
    name : str
    shape : tuple of int
        As MATLAB has it.
    dtype : str
        Type on disk, byte order included; empty in version 7.3, where HDF5 says.
    place : int
        Byte of the first number: of the file, or of the unpacked element.
    packed : (int, int) or None
        Start and length of the compressed element.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    place: int
    packed: tuple[int, int] | None


def is_matlab(head: bytes) -> bool:
    """Whether a file begins as MATLAB's do, of version 5 or 7.3."""
    return head[:10] in (b"MATLAB 5.0", b"MATLAB 7.3") and head[126:128] in (b"IM", b"MI")


def matrices(path: str) -> dict[str, Matrix]:
    """Return the matrices of numbers of a file, by name.

    Raises
    ------
    FormatError
        If it is no such file, is cut, or is damaged.

    Examples
    --------
    >>> import scipy.io, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     scipy.io.savemat(f"{folder}/a.mat", {"x": np.zeros((3, 4), "i2"), "text": "no numbers"})
    ...     [(one.name, one.shape, one.dtype, one.place) for one in matrices(f"{folder}/a.mat").values()]
    [('x', (3, 4), '<i2', 184)]
    """
    with open(path, "rb") as file:
        head = file.read(128)
        if not is_matlab(head):
            raise FormatError(
                "this is no MATLAB file of version 5 or 7.3",
                path=path,
                offset=0,
                expected="MATLAB 5.0 or MATLAB 7.3",
                found=repr(head[:10].decode("latin-1")) if head else "0 bytes",
            )
        if head.startswith(b"MATLAB 5.0"):
            order = "<" if head[126:128] == b"IM" else ">"
            return {one.name: one for one in _elements(file, path, order, os.fstat(file.fileno()).st_size)}
    with reading(path), open_hdf5(path) as hdf5:
        return {name: Matrix(name, hdf5[name].shape[::-1], "", 0, None) for name in hdf5 if _is_numbers(hdf5.get(name))}


def _is_numbers(node: Any) -> bool:
    """Whether a variable of version 7.3 is a matrix of numbers: structures are groups, cells have references."""
    import h5py

    return isinstance(node, h5py.Dataset) and node.shape is not None and node.dtype.kind in "biuf"


def _elements(file: BinaryIO, path: str, order: str, size: int) -> Iterator[Matrix]:
    at = 128
    for _ in range(_MOST_ELEMENTS):
        if at >= size:
            return
        file.seek(at)
        kind, length = _tag(file.read(8), order, path, at)
        if not 1 <= kind <= _COMPRESSED + 3:
            raise FormatError(
                "this is no variable", path=path, offset=at, expected="a type from 1 to 18", found=kind, hint=_HINT
            )
        if at + 8 + length > size:
            raise FormatError(
                "the file ends inside of a variable",
                path=path,
                offset=at,
                expected=f"{length:,} bytes",
                found=f"{size - at - 8:,} bytes",
                hint=_HINT,
            )
        if kind == _MATRIX:
            found = _matrix(file.read(min(length, _HEAD)), order, path, at + 8, length)
            if found is not None:
                yield found
        elif kind == _COMPRESSED:
            unpacked = _unpack_head(file, length, path, at)
            inner, inner_length = _tag(unpacked, order, path, at)
            if inner_length > _MOST_EXPANSION * length + _HEAD:
                raise FormatError(
                    "a variable claims more bytes than it can have",
                    path=path,
                    offset=at,
                    expected=f"{_MOST_EXPANSION * length:,} bytes at most",
                    found=f"{inner_length:,} bytes",
                    hint=_HINT,
                )
            found = _matrix(unpacked[8:], order, path, 8, inner_length, at) if inner == _MATRIX else None
            if found is not None:
                yield found._replace(packed=(at + 8, length))
        at += 8 + length
        at += -at % 8 if kind != _COMPRESSED else 0


def _tag(data: bytes, order: str, path: str, at: int) -> tuple[int, int]:
    if len(data) < 8:
        raise FormatError(
            "the file ends inside of a variable",
            path=path,
            offset=at,
            expected="8 bytes",
            found=f"{len(data)} bytes",
            hint=_HINT,
        )
    kind, length = struct.unpack(f"{order}2I", data[:8])
    return kind, length


def _unpack_head(file: BinaryIO, length: int, path: str, at: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(file.read(min(length, _HEAD)), _HEAD)
    except zlib.error as error:
        raise FormatError("a variable cannot be unpacked", path=path, offset=at, found=error, hint=_HINT) from error


def _matrix(data: bytes, order: str, path: str, base: int, length: int, at: int | None = None) -> Matrix | None:
    """Read what stands before the numbers; None for what is no plain matrix of numbers."""
    place, parts = 0, []
    for _ in range(3):  # flags, dimensions, name
        if len(data) < place + 8:
            return None  # an empty matrix, or a name longer than MATLAB has any
        kind, n = _tag(data[place:], order, path, base + place)
        if kind >> 16:  # small: type and length in two bytes each, and up to four bytes
            kind, n = kind & 0xFFFF, kind >> 16
            parts.append(data[place + 4 : place + 4 + min(n, 4)])
            place += 8
        else:
            parts.append(data[place + 8 : place + 8 + n])
            place += 8 + n + -n % 8
    flags, dimensions, name = parts
    if len(flags) < 4 or len(dimensions) % 4 or len(data) < place + 8:
        return None
    (flag,) = struct.unpack(f"{order}I", flags[:4])
    shape = tuple(int(n) for n in np.frombuffer(dimensions, f"{order}i4"))
    kind, n = _tag(data[place:], order, path, base + place)
    start = place + 8
    if kind >> 16:
        kind, n, start = kind & 0xFFFF, kind >> 16, place + 4
    if flag & 0xFF not in _NUMERIC or flag & _COMPLEX or kind not in _TYPES or not name:
        return None
    dtype = np.dtype(order + _TYPES[kind])
    if n != math.prod(shape) * dtype.itemsize or start + n > length or min(shape, default=-1) < 0:
        raise FormatError(
            f"variable {name.decode('latin-1')!r} has not as many numbers as its shape says",
            path=path,
            offset=base + place if at is None else at,
            expected=f"{math.prod(shape) * dtype.itemsize:,} bytes for shape {shape}",
            found=f"{n:,} bytes",
            hint=_HINT,
        )
    return Matrix(name.decode("latin-1"), shape, dtype.str, base + start, None)


def matrix_extent(source: Source, matrix: Matrix, *, time_first: bool) -> Extent:
    """Return the extent of a matrix of two axes; `time_first`: of (n_samples, n_channels), in MATLAB's order.

    Raises
    ------
    FormatError
        If it has no sample, or not two axes.
    """
    if len(matrix.shape) != 2 or not math.prod(matrix.shape):
        raise FormatError(
            f"variable {matrix.name!r} is no recording",
            path=source.path,
            expected="channels and samples on two axes",
            found=f"shape {matrix.shape}",
        )
    if not matrix.dtype:
        with reading(source.path), open_hdf5(source.path) as file:
            return hdf5_extent(source, file[matrix.name], time_first=not time_first)  # HDF5 has the axes turned
    n_channels, n_samples = matrix.shape[::-1] if time_first else matrix.shape
    dtype = np.dtype(matrix.dtype)
    item = dtype.itemsize
    steps = (n_samples * item, item) if time_first else (item, n_channels * item)
    if matrix.packed is None:
        return AffineExtent(source, dtype, n_samples, matrix.place + steps[0] * np.arange(n_channels), steps[1])
    n_blocks = -(-n_channels * n_samples * item // _BLOCK_BYTES)
    reader = PackedReader(source, matrix.name, matrix.dtype, matrix.place, matrix.packed, *steps)
    return ReaderExtent(reader, n_channels, n_samples, dtype, (source,), -(-n_samples // n_blocks))


def read_matrix(path: str, matrix: Matrix) -> NDArray[Any]:
    """Read a small matrix.

    Raises
    ------
    FormatError
        If it is not small, or cannot be read.
    """
    if 8 * math.prod(matrix.shape) > _MOST_SMALL:
        raise FormatError(f"variable {matrix.name!r} is too large", path=path, found=f"shape {matrix.shape}")
    if not math.prod(matrix.shape):
        return np.zeros(matrix.shape)
    if not matrix.dtype:
        with reading(path), open_hdf5(path) as file:
            return np.asarray(file[matrix.name][()]).T
    extent = matrix_extent(Source.open(path), matrix, time_first=False)
    out = np.empty((extent.n_channels, extent.n_samples), extent.dtype.newbyteorder("="))
    extent.gather(np.arange(extent.n_channels), range(extent.n_samples), None, out, 0, extent.n_samples)
    return out


def has_matrix(path: str, head: bytes, name: str) -> bool:
    """Whether a file is MATLAB's and has a matrix of that name; damaged ones count by their first 4,096 bytes."""
    if not is_matlab(head):
        return False
    try:
        if not head.startswith(b"MATLAB 7.3"):
            return name in matrices(path)
        names = hdf5_names(path, head)
        if names is None:
            return name.encode() in head
        if name not in names.members:
            return False
        with reading(path), open_hdf5(path) as file:
            return _is_numbers(file.get(name))
    except EcogcatError:
        return name.encode() in head
