"""Spill file: results that memory has no room for, on disk until nobody uses them any more.

It lies in a folder of its own under the temporary directory (`TMPDIR`), which nobody else can enter, and is removed
with the last extent that reads it, or when the process that made it ends; if that is killed, by the next process that
makes one.
"""

from __future__ import annotations

import os
import shutil
import threading
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import MemoryLimitError
from ecogcat.storage.disk import check_room, named_when_full, private_folder, remove_with

__all__ = ["SpillFile"]

_open: weakref.WeakValueDictionary[str, SpillFile] = weakref.WeakValueDictionary()
_lock = threading.Lock()
_INSTEAD = (
    "point the environment variable TMPDIR to a disk with more, select channels or time first, or raise the limit: "
    "with ecogcat.options(memory_limit=None): ..."
)


class SpillFile:
    """A file in a private folder of its own.

    Parameters
    ----------
    size : int
        Bytes that are going to be written.
    what : str
        What they are, for the error.

    Raises
    ------
    MemoryLimitError
        If the disk has no room for them; nothing is left behind.

    Notes
    -----
    A pickled copy finds the file by its path: in the process that made it, it keeps it alive as the first one does; in
    another process it does not.
    """

    def __init__(self, size: int, what: str) -> None:
        folder = private_folder()
        self.path = os.path.join(folder, "samples")
        self.size = size
        try:
            check_room(
                os.path.dirname(folder), size, f"{what} is more than the memory limit: it", _INSTEAD, MemoryLimitError
            )
            with open(self.path, "xb") as file:
                file.truncate(size)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        _open[self.path] = self
        remove_with(self, folder)

    def __reduce__(self) -> tuple[Any, ...]:
        return _found, (self.path, self.size)

    def write(self, offset: int, values: NDArray[Any]) -> None:
        """Write an array, C-contiguous, at a byte.

        Raises
        ------
        OSError
            If the disk is full after all, or fails.
        """
        with _lock, named_when_full(self.path), open(self.path, "r+b", buffering=0) as file:
            file.seek(offset)
            _whole(file.write, values)

    def read(self, offset: int, values: NDArray[Any]) -> None:
        """Fill an array, C-contiguous, from a byte on."""
        with open(self.path, "rb", buffering=0) as file:
            file.seek(offset)
            _whole(file.readinto, values)


def _whole(transfer: Any, values: NDArray[Any]) -> None:
    left = memoryview(values.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    while len(left):  # a call moves 2 GiB at most, and may move less
        moved = transfer(left)
        if not moved:
            raise OSError("a file of results ended early: the disk is full, or the file was cut")
        left = left[moved:]


def _found(path: str, size: int) -> SpillFile:
    known = _open.get(path)
    if known is not None:
        return known
    file = SpillFile.__new__(SpillFile)  # another process's: used, not owned
    file.path, file.size = path, size
    return file
