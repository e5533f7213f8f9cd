"""Scratch: samples in a private file that may be written to, mapped by every process that is handed them.

The file is HDF5 with a contiguous dataset an array, whose room is taken when it is made: nothing of it ever moves, so
that libhdf5 is not needed after that, and other programs can look at the samples meanwhile.
"""

from __future__ import annotations

import mmap
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import SourceChangedError
from ecogcat.frozen import Frozen, Index, digest, freeze, index_array
from ecogcat.storage.disk import check_room, remove_with
from ecogcat.storage.extent import Samples, Scale
from ecogcat.storage.layout import Layout, gather_layout, gather_layout_windows
from ecogcat.storage.source import Source

__all__ = ["ScratchExtent", "ScratchFile", "make_scratch_file"]

_HEADERS = 1 << 16  # more than an HDF5 file of a few datasets has beside their samples
_INSTEAD = (
    "give ec.scratch a path on another disk, name one for all temporary files with the environment's TMPDIR, or select "
    "channels or time first"
)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class ScratchFile(Source):
    """A file of scratch arrays, mapped for reading and writing; its content is nobody's but ours to change.

    Parameters
    ----------
    path, size, fingerprint, stamp
        As of any `Source`; the fingerprint is a name that no other file has, and says nothing of the content.
    kept : bool
        Whether the file outlives the process; what is written is then brought to the disk at once.
    """

    kept: bool = False
    _memory: Any = field(init=False, repr=False, compare=False)
    _bytes: NDArray[np.uint8] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            with open(self.path, "r+b") as file:
                memory = mmap.mmap(file.fileno(), self.size)
        except OSError as error:
            raise SourceChangedError(
                f"{self.path}: this scratch copy is gone ({error.strerror}): the process that made it has ended or let "
                "it go. Keep the dataset there until all others are done with it, or give ec.scratch a path"
            ) from error
        view = np.frombuffer(memory, np.uint8)
        view.setflags(write=False)
        object.__setattr__(self, "_memory", memory)
        object.__setattr__(self, "_bytes", view)

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """The bytes of the file as they are now, read-only."""
        return self._bytes

    def check(self) -> tuple[int, int, int, int]:
        """Return the stamp of the file when it was made: what is written to it is no change of a source."""
        return self.stamp

    def writeable(self, offset: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return an array of the file that writes to it."""
        values = np.frombuffer(self._memory, dtype, shape[0] * shape[1], offset)
        return values.reshape(shape)

    def flush(self) -> None:
        """Bring what was written to the disk, if the file is to be kept; other processes see it without."""
        if self.kept:
            self._memory.flush()

    def release(self) -> None:
        """Let the system take back the memory of the mapped pages; they stay in its cache, or go to the disk."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._memory.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True, slots=True, eq=False)
class ScratchExtent(Frozen):
    """An array of a scratch file.

    Parameters
    ----------
    file : ScratchFile
    offset : int
        Byte where the first channel begins; the others follow.
    shape : tuple of int
        (n_channels, n_samples).
    dtype : numpy.dtype
        In native byte order.
    """

    file: ScratchFile
    offset: int
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    _layout: Layout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        n_channels, n_samples = self.shape
        size = self.dtype.itemsize
        base = freeze(self.offset + np.arange(n_channels, dtype=np.int64) * (n_samples * size))
        layout = Layout(self.dtype, base, index_array([0] * n_channels), _ORIGIN, max(1, n_samples), 0, size)
        object.__setattr__(self, "_layout", layout)

    @property
    def n_channels(self) -> int:
        """Channels stored."""
        return self.shape[0]

    @property
    def n_samples(self) -> int:
        """Samples stored of each channel."""
        return self.shape[1]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The scratch file."""
        return (self.file,)

    @property
    def block_samples(self) -> int:
        """Channels lie one after the other: nothing repeats."""
        return 1

    @property
    def token(self) -> str:
        """Digest of the file's own name: no other extent has it, and writing does not change it."""
        return digest("scratch", self.file.fingerprint, self.offset)

    def array(self) -> NDArray[Any]:
        """Return the samples as an array that can be written to, shape (n_channels, n_samples)."""
        return self.file.writeable(self.offset, self.shape, self.dtype)

    def moved(self, file: ScratchFile) -> ScratchExtent:
        """Return the same array of the file under its new name."""
        return ScratchExtent(file, self.offset, self.shape, self.dtype)

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        gather_layout(self.file.bytes, self._layout, channels, samples, scale, out, at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        gather_layout_windows(self.file.bytes, self._layout, channels, windows, scale, out)


def make_scratch_file(
    path: str, arrays: Mapping[str, tuple[tuple[int, int], np.dtype[Any]]], rates: Mapping[str, float], *, kept: bool
) -> tuple[ScratchFile, dict[str, ScratchExtent]]:
    """Make a scratch file with room for some arrays, whose samples are undefined as yet.

    Parameters
    ----------
    path : str
        Nothing may be there; of a file that is kept what is there is replaced.
    arrays : mapping of str to (shape, dtype)
        By name of their HDF5 dataset.
    rates : mapping of str to float
        Sampling rates (Hz) by name of a scalar dataset.
    kept : bool
        Whether the file stays when its last array is let go, or the process ends; else its folder goes with it.

    Raises
    ------
    OSError
        If the disk has no room for it (ENOSPC); nothing is left there then.
    """
    folder = os.path.dirname(path)
    needed = _HEADERS + sum(shape[0] * shape[1] * dtype.itemsize for shape, dtype in arrays.values())
    check_room(folder, needed, "a scratch copy", _INSTEAD)
    try:
        if not kept:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        offsets = _make_hdf5(path, arrays, rates)
        size = os.path.getsize(path)
        with open(path, "r+b") as taken:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(taken.fileno(), 0, size)  # a mapped file without room kills who writes to it
            status = os.fstat(taken.fileno())
        stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        file = ScratchFile(path, size, uuid.uuid4().hex, stamp, kept)
    except BaseException:
        if os.path.exists(path):
            os.unlink(path)
        raise
    if not kept:
        remove_with(file, folder)
    extents = {name: ScratchExtent(file, offsets[name], shape, dtype) for name, (shape, dtype) in arrays.items()}
    return file, extents


def _make_hdf5(
    path: str, arrays: Mapping[str, tuple[tuple[int, int], np.dtype[Any]]], rates: Mapping[str, float]
) -> dict[str, int]:
    """Make the file, and return where each array begins."""
    import h5py

    offsets, end = {}, 0
    with h5py.File(path, "w", locking=False, alignment_threshold=1, alignment_interval=64) as file:
        for name, rate in rates.items():
            file[name] = rate
        for name, (shape, dtype) in arrays.items():
            create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            create.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            create.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            space, stored = h5py.h5s.create_simple(shape), h5py.h5t.py_create(dtype, logical=True)
            dataset = h5py.h5d.create(file.id, name.encode(), stored, space, create)
            offsets[name] = dataset.get_offset() or 0
            end = max(end, offsets[name] + shape[0] * shape[1] * dtype.itemsize)
    if os.path.getsize(path) < end:
        os.truncate(path, end)
    return offsets


_ORIGIN = freeze([[0]], np.int64)
