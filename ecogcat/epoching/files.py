"""Files of epochs: where epochs go that memory has no room for - a `.npy` or HDF5 file, written through a map."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.checks import check_writable
from ecogcat.storage.atomic import written_whole
from ecogcat.storage.disk import check_may_write
from ecogcat.storage.unfinished import disguised

__all__ = ["EpochFile", "epoch_file", "is_path"]

_HDF5 = (".h5", ".hdf5", ".hdf")


def is_path(out: object) -> bool:
    """Return whether `out` names a file."""
    return isinstance(out, (str, os.PathLike))


class EpochFile:
    """A file being written: `data` is its array, writeable; `mapped()` the same read-only, once it is whole.

    Parameters
    ----------
    path : str
        Where it is written: beside the place where it goes.
    dtype : numpy.dtype
    shape : tuple of int
    offset : int
        Byte where the values begin.
    """

    def __init__(self, path: str, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int) -> None:
        self.path, self._form = path, (dtype, shape, offset)
        self.data = self._map("r+")

    def _map(self, mode: Any) -> NDArray[Any]:
        dtype, shape, offset = self._form
        if 0 in shape:  # nothing cannot be mapped
            return np.zeros(shape, dtype)
        return np.memmap(self.path, dtype, mode, offset, shape)

    def mapped(self) -> NDArray[Any]:
        """Return the values, mapped read-only."""
        data = self._map("r")
        data.setflags(write=False)
        return data


@contextmanager
def epoch_file(
    path: str | os.PathLike[str],
    dtype: np.dtype[Any],
    shape: tuple[int, int, int],
    beside: Mapping[str, Any],
    *,
    overwrite: bool,
) -> Iterator[EpochFile]:
    """Make a file of epochs; it takes its name when the block ends, and goes away if that fails.

    Parameters
    ----------
    path : path-like
        Ends in ``.npy``; or in ``.h5``, ``.hdf5``: a dataset "data", others for what is known beside it.
    dtype : numpy.dtype
    shape : (int, int, int)
        (n_epochs, n_channels, n_times).
    beside : mapping of str to array or text
        What an HDF5 file holds further: arrays as datasets, text and numbers as attributes.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    ValueError
        If the name says neither.
    FileExistsError
        If the file is there.
    """
    check_may_write(os.fspath(path))
    target = os.path.abspath(os.fspath(path))
    ending = os.path.splitext(target)[1].lower()
    if ending != ".npy" and ending not in _HDF5:
        raise ValueError(f"epochs go to a file whose name ends in .npy, .h5 or .hdf5, not {ending!r}: {target}")
    check_writable(target, "file of epochs")
    if os.path.exists(target) and not overwrite:
        raise FileExistsError(f"{target} is there already; overwrite=True replaces it")
    with written_whole(target) as part:
        offset = _npy(part, dtype, shape) if ending == ".npy" else _hdf5(part, dtype, shape, beside)
        file = EpochFile(part, dtype, shape, offset)
        with disguised(part):
            yield file
            if isinstance(file.data, np.memmap):
                file.data.flush()
    file.path = target


def _npy(path: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    with open(path, "wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_2_0(file, header)
        offset = file.tell()
        file.truncate(offset + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)
    return offset


def _hdf5(path: str, dtype: np.dtype[Any], shape: tuple[int, ...], beside: Mapping[str, Any]) -> int:
    """Make a contiguous dataset whose room is taken at once, and return where it begins."""
    import h5py

    with h5py.File(path, "w") as file:
        for name, value in beside.items():
            if isinstance(value, list):  # an attribute has 64 KB
                file.create_dataset(name, data=value, dtype=h5py.string_dtype())
            elif isinstance(value, np.ndarray):
                file[name] = value
            else:
                file.attrs[name] = value
        create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        create.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        create.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple(shape)
        dataset = h5py.h5d.create(file.id, b"data", h5py.h5t.py_create(dtype, logical=True), space, create)
        offset = dataset.get_offset()
    size = 0 if offset is None else offset + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if os.path.getsize(path) < size:
        os.truncate(path, size)
    return offset or 0
