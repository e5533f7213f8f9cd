"""Source: one file as it was when opened - its path, its length, and a fingerprint of its content.

A source counts as changed when it shrank, or when its fingerprint (the header and a few sampled blocks) differs. A new
modification time alone only has the fingerprint taken again: an edit between the sampled blocks is not noticed. A file
that grew is read up to the length it had.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field

from ecogcat.errors import RecordingNotFound, SourceChangedError
from ecogcat.frozen import Frozen

__all__ = ["Source"]

_BLOCK = 4096
_SAMPLED_BLOCKS = 8

_Stamp = tuple[int, int, int, int]

# Stamps (device, inode, size, modification time) under which a changed file was found to hold the same content.
# Only ever added to, with one dict assignment: safe under threads and forks.
_verified: dict[tuple[str, str], _Stamp] = {}


@dataclass(frozen=True, slots=True)
class Source(Frozen):
    """One file as it was when opened.

    Parameters
    ----------
    path : str
        Absolute path.
    size : int
        Length in bytes when opened; nothing beyond it is ever read.
    fingerprint : str
        Digest of the first block, the last block and a few blocks between; the file's name, place and times are no
        part of it.
    stamp : tuple of int
        Device, inode, size and modification time (ns) when opened.

    Examples
    --------
    >>> source = Source.open(__file__)
    >>> source.check() == source.stamp
    True
    """

    path: str
    size: int
    fingerprint: str
    stamp: _Stamp = field(compare=False, repr=False)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Source:
        """Take the length and the fingerprint of a file.

        Raises
        ------
        RecordingNotFound
            If there is no such file, or it cannot be read.
        """
        full = os.path.abspath(os.path.expanduser(os.fspath(path)))
        try:
            regular = stat.S_ISREG(os.stat(full).st_mode)  # looked at first: opening a pipe would wait for its writer
            if not regular:
                raise RecordingNotFound(f"{full}: is not a file")
            descriptor = os.open(full, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise RecordingNotFound(f"{full}: cannot be opened: {error.strerror}") from error
        try:
            status = os.fstat(descriptor)
            return cls(full, status.st_size, _fingerprint(descriptor, status.st_size), _stamp(status))
        finally:
            os.close(descriptor)

    def check(self) -> _Stamp:
        """Raise unless the file still holds what it held when opened; return its present stamp.

        Raises
        ------
        SourceChangedError
            If the file is gone, is shorter than it was, or has another fingerprint.
        """
        try:
            status = os.stat(self.path)
        except OSError as error:
            raise SourceChangedError(
                f"{self.path}: was {self.size:,} bytes when opened and is gone now ({error.strerror}); "
                "put it back, or open the recording where it lies now"
            ) from error
        stamp = _stamp(status)
        if stamp == self.stamp or _verified.get((self.path, self.fingerprint)) == stamp:
            return stamp
        if status.st_size < self.size:
            raise SourceChangedError(
                f"{self.path}: shrank from {self.size:,} to {status.st_size:,} bytes since it was opened; "
                "open the recording again to read what is left"
            )
        try:
            with open(self.path, "rb", buffering=0) as file:
                now = _fingerprint(file.fileno(), self.size)
        except OSError as error:
            raise SourceChangedError(
                f"{self.path}: changed since it was opened, and cannot be read now ({error.strerror})"
            ) from error
        if now != self.fingerprint:
            raise SourceChangedError(
                f"{self.path}: its content changed since it was opened (fingerprint {self.fingerprint[:8]}, "
                f"now {now[:8]}); open the recording again"
            )
        _verified[self.path, self.fingerprint] = stamp
        return stamp


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _fingerprint(descriptor: int, size: int) -> str:
    state = hashlib.blake2b(str(size).encode(), digest_size=16)
    last = max(0, size - _BLOCK)
    for place in sorted({last * k // (_SAMPLED_BLOCKS + 1) for k in range(_SAMPLED_BLOCKS + 2)}):
        state.update(_read_at(descriptor, place, min(_BLOCK, size - place)))
    return state.hexdigest()


def _read_at(descriptor: int, offset: int, length: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)  # not pread: Windows has none; the descriptor is ours alone
    return os.read(descriptor, length)
