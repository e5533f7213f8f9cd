"""Open HDF5 files: kept open, capped in number, one set a process, never pickled.

libhdf5 knows a file again by its inode: a file held open by its name could be opened by nobody else in this process to
write to it, or with other locks. So it gets the bytes from an object of ours, and knows nothing of names.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import OrderedDict
from typing import Any

from ecogcat.errors import FormatError
from ecogcat.storage.source import Source

__all__ = ["hdf5_file", "open_hdf5"]

_MOST_FILES = 64
_files: OrderedDict[tuple[str, int, int, str], Any] = OrderedDict()
_opened: weakref.WeakSet[Any] = weakref.WeakSet()
_lock = threading.RLock()


class _Bytes:
    """The bytes of a file, as h5py takes them from any object; closed with the last reference to it."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        self._place = 0
        # Not at the end of the process: the files still open then are closed first, and may ask for bytes.
        weakref.finalize(self, os.close, self._descriptor).atexit = False

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = (0, self._place, os.fstat(self._descriptor).st_size)[whence]
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, size: int) -> bytes:
        os.lseek(self._descriptor, self._place, os.SEEK_SET)
        parts = []
        while size > 0 and (part := os.read(self._descriptor, size)):  # at most 2 GB at a time
            parts.append(part)
            size -= len(part)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._place += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def flush(self) -> None:
        """Nothing is ever written."""


def open_hdf5(path: str, *, by_name: bool = False) -> Any:
    """Open an HDF5 file for reading, without locking it for others.

    Parameters
    ----------
    path : str
    by_name : bool
        Have libhdf5 open it, which alone finds the other files of virtual and external datasets. Close it soon.

    Raises
    ------
    FormatError
        If it is no HDF5 file, is damaged, or was never closed by the program that wrote it.
    """
    import h5py

    try:
        if not by_name:
            data = _Bytes(path)
            if _has_writer(data):
                raise OSError("file is already open for write, says its header")
            file = h5py.File(data, "r")
            _opened.add(file)
            return file
        try:
            return h5py.File(path, "r", locking=False)
        except OSError as error:
            if "locking flag" not in str(error):
                raise
            return h5py.File(path, "r")  # somebody in this process has it open with locks
    except OSError as error:
        reason = str(error).strip()
        if "truncated file" in reason or "unable to lock" in reason or "already open for write" in reason:
            raise FormatError(
                "this HDF5 file was never closed, or was cut short",
                path=path,
                expected="a file that its writer closed",
                found=reason,
                hint="If its writer still runs, stop it there; if it crashed, work on a copy repaired with "
                "`h5clear --status --increment COPY`",
            ) from error
        raise FormatError("this is no HDF5 file that can be read", path=path, found=reason) from error


def _has_writer(data: _Bytes) -> bool:
    """Whether the superblock notes a writer; libhdf5 looks at that only in files that it opens by name."""
    size, base = data.seek(0, os.SEEK_END), 0
    while base < size:
        data.seek(base)
        superblock = data.read(12)
        if superblock[:8] == b"\x89HDF\r\n\x1a\n":
            return len(superblock) == 12 and superblock[8] >= 3 and bool(superblock[11] & 0b101)
        base = 2 * base or 512  # after a user block, whose length is a power of two
    return False


def hdf5_file(source: Source) -> Any:
    """Check the source and return it as an open `h5py.File`; it stays open for the next request."""
    device, inode, _, _ = source.check()
    key = (source.path, device, inode, source.fingerprint)  # written anew in place, it keeps its inode
    with _lock:
        file = _files.get(key)
        if file is None or not file.id.valid:
            file = _files[key] = open_hdf5(source.path)
            while len(_files) > _MOST_FILES:
                # Not closed but let go: another thread may be reading from it.
                _files.popitem(last=False)
        _files.move_to_end(key)
        return file


def _close_all() -> None:
    """Close the files before the interpreter goes: libhdf5 would ask objects for bytes that are gone, and crash."""
    for file in list(_opened):
        if file.id.valid:
            file.close()


atexit.register(_close_all)


def _after_fork() -> None:
    global _lock, _files
    _lock, _files = threading.RLock(), OrderedDict()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
