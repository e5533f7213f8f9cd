"""Open HDF5 files: by name, for the length of one request, without locking them for others.

libhdf5 knows a file again by its inode: one that stayed open here could be opened by nobody else in this process to
write to it, and would have to be kept apart from forks and from the end of the interpreter. Opening costs about
0.3 ms, beside decoding that costs more; where samples lie plainly no file is opened at all.
"""

from __future__ import annotations

from typing import Any

from ecogcat.errors import FormatError
from ecogcat.storage.source import Source

__all__ = ["hdf5_file", "open_hdf5"]


def open_hdf5(path: str) -> Any:
    """Open an HDF5 file for reading; the `h5py.File` is to be closed soon.

    Raises
    ------
    FormatError
        If it is no HDF5 file, is damaged, or was never closed by the program that wrote it.
    """
    import h5py

    try:
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


def hdf5_file(source: Source) -> Any:
    """Check the source and open it; the `h5py.File` is to be closed soon."""
    source.check()
    return open_hdf5(source.path)
