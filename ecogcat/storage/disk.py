"""Disk: whether it has room for what is going to be written, and private folders on that of temporary files."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ecogcat.storage import maps
from ecogcat.storage.leftovers import owned_prefix, sweep
from ecogcat.storage.urls import is_url, shown_url

__all__ = [
    "DISK_FULL",
    "check_may_write",
    "check_room",
    "named_when_full",
    "path_text",
    "private_folder",
    "remove_with",
    "take_room",
]

_FULL = {
    getattr(errno, "EDQUOT", errno.ENOSPC): (
        "the room that this disk gives you is used up ({}); nothing of it was left there. "
        "Remove files of yours, have the quota raised, or write to another disk"
    ),
    errno.EFBIG: (
        "a file may not become as large as that ({}); nothing of it was left there. "
        "Lift the limit (`ulimit -f` shows the shell's), write to a disk that takes larger files, or select channels "
        "or time first"
    ),
    errno.ENOSPC: "the disk ran full ({}); nothing of it was left there. Make room first",
}
DISK_FULL = frozenset(_FULL)
"""Numbers that the system gives the error of a full disk, a quota, or a limit of the size of files."""
_NUMBER = re.compile(r"\berrno = (\d+)")  # in an error of libhdf5


def check_may_write(path: str) -> None:
    """Refuse a path at which no file can be made: one in a store elsewhere, or in a folder that is read-only.

    Raises
    ------
    ValueError
        If it is a URL.
    PermissionError
        If the folder is there and nothing can be written in it.

    Examples
    --------
    >>> check_may_write("s3://lab/joined.h5")
    Traceback (most recent call last):
    ...
    ValueError: s3://lab/joined.h5 lies in a store elsewhere, and files are written on this machine alone: ...
    """
    if is_url(path):
        raise ValueError(
            f"{shown_url(path)} lies in a store elsewhere, and files are written on this machine alone: write to a "
            "path here, and copy the file there when it is whole"
        )
    place = os.path.abspath(os.path.expanduser(path))
    folder = os.path.dirname(place)
    if os.path.isdir(folder) and not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(
            errno.EACCES,
            f"{place} cannot be written: the folder {folder} is read-only for you. Write to a folder of yours, or have "
            "the permissions of that one changed",
        )


def _no_space(message: str) -> Exception:
    return OSError(errno.ENOSPC, message)


def check_room(
    folder: str, needed: int, what: str, instead: str, error: Callable[[str], Exception] = _no_space
) -> None:
    """Raise unless the disk of a folder has room.

    Parameters
    ----------
    folder : str
    needed : int
        Bytes to be written.
    what : str
        What takes them.
    instead : str
        What to do where they do not fit.
    error : callable
        Makes the exception of the message: by default an OSError (ENOSPC).

    Examples
    --------
    >>> check_room(tempfile.gettempdir(), 10**30, "a copy", "select channels first")
    Traceback (most recent call last):
    ...
    OSError: [Errno 28] a copy takes 1,000,...,000 bytes and the disk of ... has ... free: select channels first
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise error(f"{what} takes {needed:,} bytes and the disk of {folder} has {free:,} free: {instead}")


def take_room(descriptor: int, size: int) -> None:
    """Have the disk set a file's first bytes aside before they are written, where system and file system can.

    Writing is quicker for it, the file is not scattered, and a full disk is known at once. Unlike
    `os.posix_fallocate`, nothing is written where the file system cannot: that would take as long as the samples do.

    Raises
    ------
    OSError
        If the disk is full.
    """
    if not size or not sys.platform.startswith("linux"):
        return
    fallocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
    if fallocate is None:
        return
    fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    number = errno.EINTR
    while number == errno.EINTR:
        number = ctypes.get_errno() if fallocate(descriptor, 0, 0, size) else 0
    if number in DISK_FULL:
        raise OSError(number, os.strerror(number))


@contextmanager
def named_when_full(what: str) -> Iterator[None]:
    """Have the error of a disk that runs full on the way, or of a limit, name what was written: the system's does not.

    Raises
    ------
    OSError
        With the system's number, and `what`.
    """
    try:
        yield
    except Exception as error:
        number = _number_of(error)
        if number is None or number not in _FULL:
            raise
        raise OSError(number, f"{what}: {_FULL[number].format(os.strerror(number))}") from error


def _number_of(error: Exception) -> int | None:
    """Return the system's number of an error, libhdf5's too, which are of many kinds; None if it is worded already."""
    match = _NUMBER.search(str(error))
    if match is not None:
        return int(match[1])
    if isinstance(error, OSError) and error.errno is not None and error.strerror == os.strerror(error.errno):
        return error.errno
    return None


def path_text(path: object) -> str:
    """Return a path as text, or say that it is none.

    Examples
    --------
    >>> path_text(b"a.h5")
    Traceback (most recent call last):
    ...
    TypeError: a path is a str or path-like, not bytes: os.fsdecode makes one of bytes
    """
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(text, str):
        remedy = ": os.fsdecode makes one of bytes" if isinstance(text, bytes) else ""
        raise TypeError(f"a path is a str or path-like, not {type(path).__name__}{remedy}")
    return text


def private_folder() -> str:
    """Make a folder under that of temporary files (`TMPDIR`) that nobody else can enter, and return its path.

    What processes left there that were killed is removed first.
    """
    sweep(tempfile.gettempdir())
    return tempfile.mkdtemp(prefix=owned_prefix())


def remove_with(thing: object, folder: str) -> None:
    """Have a private folder removed, with all in it, when nobody uses `thing` any more or this process ends."""
    weakref.finalize(thing, _remove, folder, os.getpid())


def _remove(folder: str, owner: int) -> None:
    if os.getpid() != owner:  # a forked child inherits the finalizer, but not the folder
        return
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            maps.forget(os.path.join(folder, name))  # a map would keep the bytes on disk
    shutil.rmtree(folder, ignore_errors=True)
