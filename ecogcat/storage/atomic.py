"""Atomic files: written under another name, and given their own in one step when they are whole and on disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ecogcat.storage.disk import check_may_write, named_when_full
from ecogcat.storage.leftovers import unfinished_of_mine

__all__ = ["put_in_place", "sync_folder", "written_whole"]


_NO_FOLDERS = (errno.EINVAL, errno.ENOTSUP)  # as some network file systems answer who syncs a folder


@contextmanager
def written_whole(path: str) -> Iterator[str]:
    """Give the name, beside a file's own, under which to write it; it has its own when the block ends.

    Whoever opens the file meanwhile finds the old one, or none. A block that ends by an error leaves nothing; what a
    process left that was killed is hidden, and goes with the next write of that file.

    Parameters
    ----------
    path : str
        Where the file goes; one that is there is replaced.

    Yields
    ------
    str

    Raises
    ------
    OSError
        If there is no such folder, the disk runs full, or the folder is read-only, naming the file.

    Examples
    --------
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "a.txt")
    >>> with written_whole(path) as part, open(part, "w") as file:
    ...     file.write("text"), os.path.exists(path)
    (4, False)
    >>> os.listdir(os.path.dirname(path))
    ['a.txt']
    """
    check_may_write(path)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder or os.curdir):
        raise FileNotFoundError(f"{path}: there is no folder {folder} to write to; make it first")
    part = unfinished_of_mine(path)
    try:
        with named_when_full(path):
            yield part
            with open(part, "rb+") as file:
                os.fsync(file.fileno())
            put_in_place(part, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise


def put_in_place(path: str, place: str) -> None:
    """Give a whole, synced file its name, in one step; the name too is on disk when this returns."""
    os.replace(path, place)
    sync_folder(os.path.dirname(place))


def sync_folder(folder: str) -> None:
    """Have the names in a folder written to disk, where the system can do that."""
    try:
        descriptor = os.open(folder or os.curdir, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDERS:
            raise
    finally:
        os.close(descriptor)
