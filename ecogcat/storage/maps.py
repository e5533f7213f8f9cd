"""Memory maps of sources: kept open, capped in number, opened anew when a file was replaced."""

from __future__ import annotations

import mmap
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.errors import SourceChangedError
from ecogcat.storage.source import Source

__all__ = ["Map", "forget", "relieve", "scattered_bytes", "source_bytes", "source_maps"]

# A map costs one of the system's 65,530 per process and, once dropped, 70 to 100 ms/GB to fault in again.
_MOST_MAPS = 1024

# Mapped pages count as memory of the process. Reading on lets go of them above this part of the memory limit.
_PART_OF_LIMIT = 4

_Key = tuple[str, int, int, int]
_maps: OrderedDict[_Key, Map] = OrderedDict()
_lock = threading.Lock()


class Map(NamedTuple):
    """The bytes of a source, mapped read-only.

    Attributes
    ----------
    bytes : ndarray of uint8, shape (size,)
        As long as the file was when opened. An array in use outlives the map's eviction.
    address : int
        Where in the memory of the process it begins.
    buffer : mmap, optional
        The mapping; an empty file has none.
    """

    bytes: NDArray[np.uint8]
    address: int
    buffer: Any = None


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
    return source_maps((source,))[0].bytes


def scattered_bytes(source: Source) -> NDArray[np.uint8]:
    """Return the bytes of a source for looking at a few, far apart, as openers do that search a file for gaps.

    Nothing is read ahead, which costs 8 MB a look on some systems. The map is the caller's own and goes with the array.

    Parameters
    ----------
    source : Source

    Returns
    -------
    ndarray of uint8, shape (size,)
        As `source_bytes` returns it.

    Raises
    ------
    SourceChangedError
        If the file is gone or holds something else.
    """
    device, inode, _, _ = source.check()
    return _map(source, device, inode, scattered=True).bytes


def source_maps(sources: Sequence[Source]) -> list[Map]:
    """Check sources and return their maps.

    Parameters
    ----------
    sources : sequence of Source

    Returns
    -------
    list of Map

    Raises
    ------
    SourceChangedError
        If a file is gone or holds something else.
    """
    stamps = [source.check() for source in sources]
    keys = [(source.path, stamp[0], stamp[1], source.size) for source, stamp in zip(sources, stamps, strict=True)]
    with _lock:
        found = [_maps.get(key) for key in keys]
        for key, known in zip(keys, found, strict=True):
            if known is not None:
                _maps.move_to_end(key)
    maps = [known or _map(source, *key[1:3]) for known, source, key in zip(found, sources, keys, strict=True)]
    if None in found:
        with _lock:  # of two threads that mapped the same file at once, both take the first one's map
            maps = [_maps.setdefault(key, own) for key, own in zip(keys, maps, strict=True)]
            while len(_maps) > _MOST_MAPS:
                _maps.popitem(last=False)
    return maps


def forget(path: str) -> None:
    """Keep no map of a file open; for one that is about to be removed, and that nobody reads any more.

    Safe in a finalizer, which may run while this very thread holds the lock: it takes none.
    """
    for key in [key for key in tuple(_maps) if key[0] == path]:
        _maps.pop(key, None)


def relieve() -> None:
    """Let the system take back mapped pages if there are many; for whoever streams, after each block.

    They stay in its page cache, and are mapped again (70 to 100 ms/GB) when they are read again.
    """
    limit = settings.memory_limit()
    if limit is None or not hasattr(mmap, "MADV_DONTNEED"):
        return
    try:
        with open("/proc/self/statm", "rb") as file:  # 10 us
            resident = int(file.read().split()[2]) * mmap.PAGESIZE
    except OSError:  # a system that does not tell
        return
    if resident > limit // _PART_OF_LIMIT:
        with _lock:
            known = list(_maps.values())
        for one in known:
            if one.buffer is not None:
                one.buffer.madvise(mmap.MADV_DONTNEED)


def _map(source: Source, device: int, inode: int, *, scattered: bool = False) -> Map:
    if source.size == 0:  # an empty file cannot be mapped
        return Map(np.frombuffer(b"", np.uint8), 0)
    with open(source.path, "rb") as file:
        status = os.fstat(file.fileno())
        if (status.st_dev, status.st_ino) != (device, inode) or status.st_size < source.size:
            raise SourceChangedError(f"{source.path}: was replaced while it was being opened; open the recording again")
        buffer: Any = mmap.mmap(file.fileno(), source.size, access=mmap.ACCESS_READ)
    if scattered and hasattr(mmap, "MADV_RANDOM"):
        buffer.madvise(mmap.MADV_RANDOM)
    view = np.frombuffer(buffer, np.uint8)
    return Map(view, int(view.__array_interface__["data"][0]), buffer)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()  # another thread may have held it when the process forked; the maps themselves stay valid


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
