"""Target: the place that a dataset is written to - never a source of it, whole or not there, and held by one writer."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator

from ecogcat.dataset import Dataset
from ecogcat.errors import ReadOnlyError
from ecogcat.storage.disk import check_may_write, check_room
from ecogcat.storage.unfinished import held, unfinished_path

__all__ = [
    "check_not_a_source",
    "check_space",
    "held",
    "inputs_of",
    "place_of",
    "stamps_of",
    "unfinished_path",
]


def place_of(path: str | os.PathLike[str], overwrite: bool, *, folder_of_chunks: bool = False) -> str:
    """Return where a path leads, links followed, so that a link stays one; it is free, or may be overwritten.

    Parameters
    ----------
    path : path-like
    overwrite : bool
        Whether a file that is there may be replaced. A device, a pipe, or a folder of other things never is.
    folder_of_chunks : bool
        Whether what is going to be written is a folder.

    Raises
    ------
    FileExistsError
        If something is there that may not be replaced.
    FileNotFoundError
        If there is no such folder.
    ReadOnlyError
        If something is there that is no file.
    ValueError
        If it is the URL of a place in a store elsewhere.
    PermissionError
        If the folder is read-only.
    OSError
        If the disk takes no name as long as this.
    """
    check_may_write(os.fspath(path))
    place = os.path.realpath(os.path.expanduser(os.fspath(path)))
    folder = os.path.dirname(place)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{place}: there is no folder {folder} to write to; make it first")
    check_may_write(place)  # where links lead
    if os.path.lexists(place) and not overwrite:
        raise FileExistsError(f"{place} is there already; overwrite=True replaces it")
    if os.path.lexists(place) and not folder_of_chunks and not os.path.isfile(place):
        what = "a folder" if os.path.isdir(place) else "no file"
        raise ReadOnlyError(f"{place} is {what}: it is not replaced. Write to another name")
    longest, name = _longest_name(folder), os.fsencode(os.path.basename(place))
    if len(name) > longest:
        raise OSError(
            errno.ENAMETOOLONG, f"a name of {len(name)} bytes is too long for {folder}, which takes {longest}: {place}"
        )
    return place


def _longest_name(folder: str) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows, or a disk that does not say
        return 255


def inputs_of(dataset: Dataset) -> list[str]:
    """Return every file that a dataset reads, or says that it comes from."""
    return list(dict.fromkeys([*_read_by(dataset), *(path for part in dataset.parts for path in part.paths)]))


def _read_by(dataset: Dataset) -> dict[str, None]:
    arrays = (dataset.signal, *dataset.arrays().values())
    return {source.path: None for array in arrays for source in array.sources}


def stamps_of(dataset: Dataset) -> list[tuple[str, int, int]]:
    """Return the path, size and modification time (ns) of every file that a dataset reads, as they are now.

    What a fingerprint does not notice changes the time; a write that finds another one is not the same write.
    """
    found = []
    for path in _read_by(dataset):
        try:
            status = os.stat(path)
        except OSError:  # at a URL, or gone, which is said when it is read
            continue
        found.append((path, status.st_size, status.st_mtime_ns))
    return found


def check_not_a_source(place: str, inputs: Iterable[str], name: str) -> None:
    """Raise if writing would replace an input, under whatever name: links of either kind are looked through.

    Raises
    ------
    ReadOnlyError
        Naming both.
    """
    there = {_identity(one) for one in _files_of(place)}
    for path in inputs:
        real = os.path.realpath(path)
        if real == place or real.startswith(place + os.sep) or _identity(path) in there:
            raise ReadOnlyError(
                f"{place} is {path}, from which {name} is read: a recording is never written over. "
                "Write to another name"
            )


def _files_of(place: str) -> Iterator[str]:
    if os.path.isdir(place):
        for folder, _, names in os.walk(place):
            yield from (os.path.join(folder, name) for name in names)
    elif os.path.exists(place):
        yield place


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:  # a file of the recording that is not there any more is nobody's
        return None
    return status.st_dev, status.st_ino


def check_space(place: str, needed: int, there: int = 0) -> None:
    """Raise unless the disk has room.

    Parameters
    ----------
    place : str
        A file on that disk, or one that will be.
    needed : int
        Bytes to be written.
    there : int
        How many of them an unfinished file has already.

    Raises
    ------
    OSError
        With both numbers.
    """
    instead = "make room, write to another disk, or select channels or time first"
    check_room(os.path.dirname(place), needed - there, place, instead)
