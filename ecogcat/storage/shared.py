"""Shared memory: samples in memory that several processes see under one name.

The name is that of a file in the system's memory file system (in the temporary folder where there is none), mapped by
every process that unpickles the extent, and removed when the process that made it lets it go; if that is killed, when
the next such memory is made.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import SourceChangedError
from ecogcat.frozen import Frozen, Index
from ecogcat.storage.extent import Samples, Scale
from ecogcat.storage.leftovers import owned_prefix, sweep
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.source import Source

__all__ = ["SharedExtent"]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SharedExtent(Frozen):
    """Samples in shared memory; pickled by name.

    Parameters
    ----------
    name : str
        Path of the memory's file.
    shape : tuple of int
        (n_channels, n_samples).
    dtype : numpy.dtype

    Notes
    -----
    Make one with `SharedExtent.filled`.
    """

    name: str
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    _memory: MemoryExtent = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.shape[0] * self.shape[1]:
            try:
                with open(self.name, "rb") as file:
                    buffer: Any = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except FileNotFoundError as error:
                raise SourceChangedError(
                    f"{self.name}: this shared memory is gone: the process that made it has ended or let it go; "
                    "keep the dataset there until all others have opened it"
                ) from error
            data = np.frombuffer(buffer, self.dtype).reshape(self.shape)
        else:
            data = np.empty(self.shape, self.dtype)
        object.__setattr__(self, "_memory", MemoryExtent(data))

    @classmethod
    def filled(cls, shape: tuple[int, int], dtype: np.dtype[Any], fill: Callable[[NDArray[Any]], None]) -> SharedExtent:
        """Make shared memory and let `fill` write the samples into it; it is removed again should that fail."""
        size = shape[0] * shape[1] * dtype.itemsize
        descriptor, name = _reserve(size)
        try:
            with os.fdopen(descriptor, "r+b") as file:
                if size:
                    buffer: Any = mmap.mmap(file.fileno(), size)
                    fill(np.frombuffer(buffer, dtype).reshape(shape))
            extent = cls(name, shape, dtype)
        except BaseException:
            os.unlink(name)
            raise
        weakref.finalize(extent, _remove, name, os.getpid())
        return extent

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
        """No files that could change."""
        return ()

    @property
    def block_samples(self) -> int:
        """Memory repeats nowhere."""
        return 1

    @property
    def token(self) -> str:
        """Digest of the numbers; that of the same numbers in private memory."""
        return self._memory.token

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        self._memory.gather(channels, samples, scale, out, at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        self._memory.gather_windows(channels, windows, scale, out)


def _reserve(size: int) -> tuple[int, str]:
    """Make a file of `size` bytes in memory; among the temporary files where memory has no room.

    Containers give it 64 MB. Room is taken now: writing to a mapped file that cannot grow kills the process.
    """
    for place in ("/dev/shm", None):  # a memory file system
        if place is not None and not os.access(place, os.W_OK):
            continue
        sweep(place or tempfile.gettempdir())
        descriptor, name = tempfile.mkstemp(prefix=owned_prefix(), dir=place)
        try:
            if size and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, size)
            elif size:
                os.truncate(descriptor, size)
            return descriptor, name
        except OSError:
            os.close(descriptor)
            os.unlink(name)
            if place is None:
                raise
    raise AssertionError("the temporary folder is always tried")


def _remove(name: str, owner: int) -> None:
    if os.getpid() == owner and os.path.exists(name):  # a forked child inherits the finalizer, but not the memory
        os.unlink(name)
