"""Open HDF5 files: kept open, capped in number, one set a process, never pickled."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import Any

from ecogcat.errors import FormatError
from ecogcat.storage.source import Source

__all__ = ["hdf5_file", "open_hdf5"]

_MOST_FILES = 64
_files: OrderedDict[tuple[str, int, int], Any] = OrderedDict()
_lock = threading.RLock()


def open_hdf5(path: str) -> Any:
    """Open an HDF5 file for reading, without locking it for others.

    Raises
    ------
    FormatError
        If it is no HDF5 file, is damaged, or was never closed by the program that wrote it.
    """
    import h5py

    try:
        return h5py.File(path, "r", locking=False)
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


def hdf5_file(source: Source) -> Any:
    """Check the source and return it as an open `h5py.File`; it stays open for the next request."""
    device, inode, _, _ = source.check()
    key = (source.path, device, inode)
    with _lock:
        file = _files.get(key)
        if file is None or not file.id.valid:
            file = _files[key] = open_hdf5(source.path)
            while len(_files) > _MOST_FILES:
                # Not closed but let go: another thread may be reading from it.
                _files.popitem(last=False)
        _files.move_to_end(key)
        return file


def _after_fork() -> None:
    global _lock, _files
    _lock, _files = threading.RLock(), OrderedDict()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
