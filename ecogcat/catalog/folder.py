"""Folders of recordings: what can be opened, what cannot and why, and which of it joins."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError, FormatError, RecordingNotFound
from ecogcat.formats.registry import formats
from ecogcat.joinplan import JoinPlan, plan_join

__all__ = ["Found", "find_recordings", "groups"]

_DEPTH = 4
_FOUND = 60


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
    """

    path: str
    dataset: Dataset | None
    problem: str = ""


def find_recordings(folder: str | os.PathLike[str], opener: Callable[..., Dataset]) -> tuple[list[Found], int]:
    """Open every recording in a folder and the folders in it.

    Parameters
    ----------
    folder : path-like
    opener : callable
        ``ecogcat.open_recording``, or something like it.

    Returns
    -------
    found : list of Found
        In natural order of their paths. Consecutive files that a format takes for one recording are one dataset.
    n_others : int
        How many files no format recognises.

    Raises
    ------
    RecordingNotFound
        If there is no such folder.
    """
    place = os.path.abspath(os.path.expanduser(os.fspath(folder)))
    if not os.path.isdir(place):
        raise RecordingNotFound(f"{place}: no such folder")
    found: list[Found] = []
    others = _walk(place, opener, found, set(), _DEPTH)
    return found, others


def _walk(folder: str, opener: Callable[..., Dataset], found: list[Found], used: set[str], depth: int) -> int:
    """Add what a folder holds, but for files `used` by what was found before; return how many no format recognises."""
    try:
        names = sorted((name for name in os.listdir(folder) if not name.startswith(".")), key=natural)
    except OSError as error:  # one folder that is not ours to read does not hide the others
        found.append(Found(folder, None, error.strerror or str(error)))
        return 0
    paths = [os.path.join(folder, name) for name in names]
    others, files = 0, [path for path in paths if os.path.isfile(path)]
    endings = tuple(suffix for format in formats().values() for suffix in format.suffixes)
    if _recognised(folder):
        whole = _try(folder, opener)
        alone = [path for path in files if _recognised(path)]
        if whole.dataset is not None:
            _add(whole, found, used)
        elif any(os.path.basename(path).startswith("info.") for path in alone):
            found.append(whole)  # the folder itself is the recording: what is in it says no more
            files = []
    for path in files:
        if path in used:
            continue
        if _recognised(path) or path.lower().endswith(endings):  # of such a name and no recording: worth a line
            _add(_try(path, opener), found, used)
        else:
            others += 1
    if depth > 0:
        others += sum(_walk(path, opener, found, used, depth - 1) for path in paths if os.path.isdir(path))
    return others


def _add(one: Found, found: list[Found], used: set[str]) -> None:
    """Add what was found, unless all its files belong to something that was found before."""
    own = set() if one.dataset is None else {path for part in one.dataset.parts for path in part.paths}
    if not own or not own <= used:
        found.append(one)
    used |= own


def _recognised(path: str) -> bool:
    head = b""
    try:
        if os.path.isfile(path):
            with open(path, "rb") as file:
                head = file.read(4096)
        # Formats that are asked last guess, or take long: not what to do with every file of a folder.
        return any(format.recognises(path, head) for format in formats().values() if not format.last)
    except OSError:  # not ours to read: nor a recording that can be reported on
        return False


def _try(path: str, opener: Callable[..., Dataset]) -> Found:
    try:
        return Found(path, opener(path))
    except (EcogcatError, OSError, ValueError) as error:
        return Found(path, None, _reason(error))


def _reason(error: Exception) -> str:
    """Return what is wrong in one line, without the path that stands before it."""
    if isinstance(error, FormatError):
        found = "" if error.found is None else str(error.found)
        return error.message + (f" (found {found})" if 0 < len(found) <= _FOUND else "")
    return " ".join(str(error).split())


def natural(name: str) -> list[Any]:
    """Return a sort key in which part2 comes before part10.

    Examples
    --------
    >>> sorted(["part10", "part2"], key=natural)
    ['part2', 'part10']
    """
    words = [word for word in re.split(r"(\d+)", name) if word]
    return [(0, int(word), "") if word.isdecimal() else (1, 0, word.lower()) for word in words]


def groups(datasets: Sequence[Dataset]) -> Iterator[list[Dataset]]:
    """Put together what joins, the largest group first; each in order of wall-clock time where all have one.

    A dataset goes to the first group that it joins without costing it more than half of its channels.
    """
    gathered: list[list[Dataset]] = []
    for dataset in datasets:
        for group in gathered:
            plan = _plan([*group, dataset])
            if plan is not None and 2 * plan.n_channels >= max(one.n_channels for one in (*group, dataset)):
                group.append(dataset)
                break
        else:
            gathered.append([dataset])
    gathered.sort(key=lambda group: (-len(group), -sum(one.n_samples for one in group)))
    for group in gathered:
        yield sorted(group, key=_start) if all(one.parts[0].start_time is not None for one in group) else group


def _plan(datasets: Sequence[Dataset]) -> JoinPlan | None:
    plan = plan_join(*datasets)
    return plan if plan.ok else None


def _start(dataset: Dataset) -> np.datetime64:
    time = dataset.parts[0].start_time
    return np.datetime64("NaT") if time is None else time
