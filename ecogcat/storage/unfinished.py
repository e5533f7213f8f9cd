"""Unfinished files: hidden beside their target, held by one writer, and begun as no recording begins until whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["SIGNATURE", "UNFINISHED", "UNFINISHED_SIGNATURE", "disguised", "held", "is_unfinished", "unfinished_path"]

UNFINISHED = ".ecogcat-unfinished"
"""How names of files end that were not written to their end."""

SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNFINISHED_SIGNATURE = b"\x89ECOG\r\n~"

_LONGEST_NAME = 200
_LONGEST_KIND = 35  # so that with the dot and the ending no name is longer than the 255 bytes that disks take


def unfinished_path(place: str, what: str = "") -> str:
    """Return the name, beside a target, of what is not written to its end: hidden, and no recording by its ending.

    Parameters
    ----------
    place : str
    what : str
        Tells several of one target apart, in at most 35 characters.

    Examples
    --------
    >>> unfinished_path("joined.h5")
    '.joined.h5.ecogcat-unfinished'
    """
    folder, name = os.path.split(place)
    assert len(what) <= _LONGEST_KIND, what
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = hashlib.blake2b(os.fsencode(name), digest_size=16).hexdigest()
    return os.path.join(folder, f".{name}{what}{UNFINISHED}")


def is_unfinished(place: str) -> bool:
    """Whether an unfinished write lies beside a target, or one that a process is about to finish."""
    return any(os.path.exists(unfinished_path(place, what)) for what in ("", ".scratch"))


@contextmanager
def disguised(path: str) -> Iterator[None]:
    """Have a file begin as no program knows while the block runs, and for good if that is killed or fails."""
    with open(path, "r+b", buffering=0) as file:
        first = file.read(len(UNFINISHED_SIGNATURE))
        file.seek(0)
        file.write(UNFINISHED_SIGNATURE[: len(first)])
    yield
    with open(path, "r+b", buffering=0) as file:
        os.fsync(file.fileno())  # what it begins with says that the rest is there
        file.write(first)
        os.fsync(file.fileno())


@contextmanager
def held(path: str, flags: int = 0, mode: int = 0o666) -> Iterator[int]:
    """Open a file to write to, made if it is not there, and keep every other writer off it; yields the descriptor.

    Raises
    ------
    BlockingIOError
        If another process, or thread, writes it now.
    """
    descriptor = _open_held(path, flags, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_held(path: str, flags: int, mode: int) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | flags, mode)
        try:
            _lock(descriptor, path)
            # Who held it before may have given it its name: then it is the target, and no longer ours to write to.
            if os.path.exists(path) and os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, path: str) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: nobody can remove or replace a file there that another has open
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BlockingIOError(
            error.errno, f"{path} is being written by another process or thread: wait for it, or stop it"
        ) from None
