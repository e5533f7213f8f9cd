"""Memory maps of sources: kept open, capped in number, opened anew when a file was replaced."""

from __future__ import annotations

import mmap
import os
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import SourceChangedError
from ecogcat.storage.source import Source

__all__ = ["source_bytes"]

# A map costs one of the system's 65,530 per process and, once dropped, 70 to 100 ms/GB to fault in again.
_MOST_MAPS = 1024

_Key = tuple[str, int, int, int]
_maps: OrderedDict[_Key, NDArray[np.uint8]] = OrderedDict()
_lock = threading.Lock()


def source_bytes(source: Source) -> NDArray[np.uint8]:
    """Check the source and return its bytes, mapped read-only.

    Parameters
    ----------
    source : Source
        The file as it was when opened.

    Returns
    -------
    ndarray of uint8, shape (size,)
        Read-only; as long as the file was when opened. An array in use outlives the map's eviction.

    Raises
    ------
    SourceChangedError
        If the file is gone or holds something else.
    """
    device, inode, _, _ = source.check()
    key = (source.path, device, inode, source.size)
    with _lock:
        view = _maps.get(key)
        if view is not None:
            _maps.move_to_end(key)
            return view
    view = _map(source, device, inode)
    with _lock:
        _maps[key] = view
        while len(_maps) > _MOST_MAPS:
            _maps.popitem(last=False)
    return view


def _map(source: Source, device: int, inode: int) -> NDArray[np.uint8]:
    if source.size == 0:  # an empty file cannot be mapped
        return np.frombuffer(b"", np.uint8)
    with open(source.path, "rb") as file:
        status = os.fstat(file.fileno())
        if (status.st_dev, status.st_ino) != (device, inode) or status.st_size < source.size:
            raise SourceChangedError(f"{source.path}: was replaced while it was being opened; open the recording again")
        buffer: Any = mmap.mmap(file.fileno(), source.size, access=mmap.ACCESS_READ)
    return np.frombuffer(buffer, np.uint8)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()  # another thread may have held it when the process forked; the maps themselves stay valid


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
