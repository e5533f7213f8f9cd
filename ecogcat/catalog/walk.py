"""Walk: what a folder and the folders in it hold - recordings by their content, each file counted once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError, FormatError
from ecogcat.formats.choice import SeveralFound
from ecogcat.formats.intan.folder import list_recordings
from ecogcat.formats.registry import Format, detect, endings, find_format, formats

__all__ = ["Found", "Looked", "look_into", "natural", "open_files", "reason", "walk"]

Opener = Callable[..., Dataset]

_BEGUN_BY_A_FILE = ("blackrock", "brainvision", "intan")
"""Formats whose recordings in a folder are told apart by their files: opening a file finds what goes with it."""

_FOUND = 60
_CHOICES = 4  # node, experiment, recording, stream
_FIRST = (".vhdr", *(f".ns{k}" for k in range(1, 10)))  # opening these finds the files beside them
_REFUSED = (EcogcatError, OSError, ValueError, TypeError, KeyError, IndexError, ArithmeticError, ImportError)


@dataclass(frozen=True, slots=True)
class Found:
    """A file or folder that a format recognises.

    Attributes
    ----------
    path : str
    dataset : Dataset or None
        None if it cannot be opened.
    problem : str
        Why not.
    format : str
    arguments : mapping
        Which of the recordings or streams at the path it is: node, experiment, recording, stream.
    aside : bool
        Whether it only could not be looked into, and has no name of a recording: a link that leads back, a pipe.
    """

    path: str
    dataset: Dataset | None
    problem: str = ""
    format: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    aside: bool = False

    @property
    def used(self) -> set[str]:
        """The files of the recording."""
        return set() if self.dataset is None else {path for part in self.dataset.parts for path in part.paths}


@dataclass(slots=True)
class Looked:
    """What one folder holds: recordings found, files still to be opened one by one, and folders to look into."""

    found: list[Found] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def walk(folder: str, opener: Opener) -> tuple[list[Found], int]:
    """Open every recording in a folder and the folders in it.

    Returns
    -------
    found : list of Found
        In natural order of their paths. Consecutive files that a format takes for one recording are one dataset.
    n_others : int
        How many files no format recognises.
    """
    looked = look_into(folder, opener)
    used = {path for one in looked.found for path in one.used}
    further, others = open_files(looked.files, used, opener)
    found = [*looked.found, *further]
    for inside in looked.folders:
        more, n = walk(inside, opener)
        found, others = found + more, others + n
    return sorted(found, key=lambda one: natural(one.path)), others


def look_into(folder: str, opener: Opener) -> Looked:
    """Open the recordings that are folders, or several files of one; list what else there is to look at."""
    looked = Looked()
    try:
        with os.scandir(folder) as listed:
            entries = sorted((one for one in listed if not one.name.startswith(".")), key=lambda one: natural(one.name))
        looked.files = [one.path for one in entries if _is_file(one)]
        unread = {one.path: _unread(one) for one in entries if not _is_file(one)}
        looked.folders = [path for path, problem in unread.items() if not problem]
        looked.found = [
            Found(path, None, problem, aside=not path.lower().endswith(endings()))
            for path, problem in unread.items()
            if problem
        ]
    except OSError as error:  # one folder that is not ours to read does not hide the others
        looked.found.append(Found(folder, None, error.strerror or str(error)))
        return looked
    for format in _of_folders(folder):
        found = list(_several_files(folder, opener)) if format.name == "intan" else list(_whole(folder, format, opener))
        if format.name != "intan" and _each_in_one_of(found, looked.folders):
            continue  # they are found there, under their own names
        looked.found += found
        if any(one.dataset is None and not one.arguments for one in found) and _is_itself(folder):
            looked.files = []  # the folder is the recording: what is in it says no more
    used = {path for one in looked.found for path in one.used}
    looked.files = [path for path in looked.files if path not in used]
    looked.folders = [path for path in looked.folders if not any(one.startswith(path + os.sep) for one in used)]
    return looked


def open_files(paths: Iterable[str], used: Set[str], opener: Opener) -> tuple[list[Found], int]:
    """Open files one by one, but for those that belong to a recording opened before; count those of no format."""
    found: list[Found] = []
    used = set(used)
    others = 0
    for path in sorted(paths, key=lambda one: (not one.lower().endswith(_FIRST), natural(one))):
        if path in used:
            continue
        named = path.lower().endswith(endings())
        if problem := _closed(path):
            found.append(Found(path, None, problem, aside=not named))
            continue
        if not _recognised(path) and not named:
            others += 1
            continue
        for one in _opened(path, None, opener):  # of such a name and no recording: worth a line
            if not one.used or not one.used <= used:
                found.append(one)
            used |= one.used
    return found, others


def _of_folders(folder: str) -> Iterator[Format]:
    for format in formats().values():
        if format.last or (format.name in _BEGUN_BY_A_FILE and format.name != "intan"):
            continue
        try:
            recognised = format.recognises(folder, b"")
        except (OSError, EcogcatError):
            recognised = False
        if recognised:
            yield format


def _whole(folder: str, format: Format, opener: Opener) -> Iterator[Found]:
    """Open the recordings of a folder, and the streams in it that do not go with them."""
    first = list(_opened(folder, format.name, opener))
    yield from first
    used = {path for one in first for path in one.used}
    if not used:
        return
    try:
        rows = format.streams(folder)
    except _REFUSED:  # what can be opened was opened; the list is for what is beside it
        return
    for row in rows:
        choice = {key: str(row[key]) for key in ("node", "experiment", "recording", "stream") if row.get(key)}
        if any(choice.items() >= one.arguments.items() for one in first if one.arguments):
            continue
        if not row.get("samples"):
            if (one := _one(folder, format.name, choice, opener)).dataset is None:
                yield one  # a stream that the headers tell of, and whose samples are not here
            continue
        for arguments in ({"stream": choice.get("stream")}, choice):
            one = _one(folder, format.name, arguments, opener)
            if one.dataset is not None:
                if not _samples(one) <= used:
                    yield one
                    used |= one.used
                break


def _samples(one: Found) -> set[str]:
    """Return the files that hold the signal: the first of each part."""
    return set() if one.dataset is None else {part.paths[0] for part in one.dataset.parts if part.paths}


def _several_files(folder: str, opener: Opener) -> Iterator[Found]:
    """Open what lies in several files or folders of one name, and the folder if it is one recording."""
    try:
        recordings = list_recordings(folder)
    except _REFUSED:  # opened one by one, they say what is wrong
        return
    for name, pieces in recordings.items():
        if pieces == [folder]:
            yield from _opened(folder, "intan", opener)
        elif len(pieces) > 1:
            one = _one(folder, "intan", {"recording": name}, opener)  # named, for others may join it in the folder
            if one.dataset is not None:  # else each of its files is opened, and says what is wrong
                yield one


def _opened(path: str, format: str | None, opener: Opener) -> Iterator[Found]:
    """Open what a path holds: one recording, or each of several."""
    try:
        name = detect(path).name if format is None else find_format(format).name
    except _REFUSED as error:
        yield Found(path, None, reason(error))
        return
    yield from _each(path, name, {}, opener, _CHOICES)


def _each(path: str, format: str, arguments: Mapping[str, Any], opener: Opener, depth: int) -> Iterator[Found]:
    try:
        yield Found(path, opener(path, format=format, **arguments), "", format, arguments)
    except SeveralFound as several:
        if not several.choices or depth == 0:
            yield Found(path, None, reason(several), format, arguments)
        for choice in several.choices if depth else ():
            yield from _each(path, format, {**arguments, **choice}, opener, depth - 1)
    except _REFUSED as error:
        yield Found(path, None, reason(error), format, arguments)


def _one(path: str, format: str, arguments: Mapping[str, Any], opener: Opener) -> Found:
    try:
        return Found(path, opener(path, format=format, **arguments), "", format, arguments)
    except _REFUSED as error:
        return Found(path, None, reason(error), format, arguments)


def _each_in_one_of(found: list[Found], folders: list[str]) -> bool:
    """Whether every recording lies within one folder of several."""
    held = [one.used for one in found if one.used]
    return len(folders) > 1 and all(
        any(all(path.startswith(folder + os.sep) for path in used) for folder in folders) for used in held
    )


def _is_itself(folder: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, f"info.{suffix}")) for suffix in ("rhd", "rhs"))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself, for one
        return False


def _unread(entry: os.DirEntry[str]) -> str:
    """Say why something that is no file is not looked into; nothing of a folder that is."""
    try:
        mode = os.stat(entry.path).st_mode
    except FileNotFoundError:
        return f"a link to {os.readlink(entry.path)}, where nothing is" if entry.is_symlink() else "it is gone"
    except OSError as error:
        return error.strerror or str(error)
    if not stat.S_ISDIR(mode):
        kinds = ((stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
        return f"neither a file nor a folder: {next((name for test, name in kinds if test(mode)), 'a device')}"
    return "a link that leads back to a folder it lies in: not followed" if _leads_back(entry) else ""


def _leads_back(entry: os.DirEntry[str]) -> bool:
    """Whether a link leads to a folder on the way to it, as it was walked: through other links as well."""
    if not entry.is_symlink():
        return False
    there = os.path.join(os.path.realpath(entry.path), "")
    folder = os.path.dirname(entry.path)
    while True:
        if os.path.join(os.path.realpath(folder), "").startswith(there):
            return True
        if folder == (folder := os.path.dirname(folder)):
            return False


def _closed(path: str) -> str:
    """Say why a file may not be read; nothing of one that may."""
    try:
        with open(path, "rb"):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _recognised(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
        # Formats that are asked last guess, or take long: not what to do with every file of a folder.
        return any(format.recognises(path, head) for format in formats().values() if not format.last)
    except (OSError, EcogcatError):  # not ours to read: nor a recording that can be reported on
        return False


def reason(error: Exception) -> str:
    """Return what is wrong in one line, without the path that stands before it."""
    if isinstance(error, FormatError):
        found = "" if error.found is None else str(error.found)
        return error.message + (f" (found {found})" if 0 < len(found) <= _FOUND else "")
    return " ".join(str(error).split()) or type(error).__name__


def natural(name: str) -> list[Any]:
    """Return a sort key in which part2 comes before part10.

    Examples
    --------
    >>> sorted(["part10", "part2"], key=natural)
    ['part2', 'part10']
    """
    words = [word for word in re.split(r"(\d+)", name) if word]
    return [(0, int(word), "") if word.isdecimal() else (1, 0, word.lower()) for word in words]
