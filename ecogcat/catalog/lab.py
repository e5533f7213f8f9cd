"""The lab's folder of sessions: a folder a group, a text file a session; listed, and found by name."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from typing import NamedTuple

from ecogcat.catalog.ini import LabSettings, looks_like_session
from ecogcat.errors import CatalogError, RecordingNotFound

__all__ = ["FoundSession", "Roots", "available_sessions", "find_session", "session_folders", "session_groups"]

Roots = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

ROOT_SETTING = "user_sessions"
_ENDINGS = (".txt", "_conf.txt")


class FoundSession(NamedTuple):
    """Where a session lies."""

    name: str
    """``group/name``, without the ending of the file."""
    path: str


def session_folders(roots: Roots | None, settings: LabSettings) -> tuple[str, ...]:
    """Return the folders of groups: those given, else the one that the global settings name as `user_sessions`."""
    if roots is None:
        named = settings.values.get(ROOT_SETTING)
        roots = [named] if named else []
    elif isinstance(roots, (str, os.PathLike)):
        roots = [roots]
    return tuple(os.path.abspath(os.path.expanduser(os.fspath(root))) for root in roots)


def session_groups(folders: Sequence[str]) -> list[str]:
    """Return the groups: the visible folders of the folders given, sorted."""
    groups = set()
    for folder in folders:
        if os.path.isdir(folder):
            with os.scandir(folder) as entries:
                groups |= {one.name for one in entries if one.is_dir() and not one.name.startswith(".")}
    return sorted(groups)


def available_sessions(folders: Sequence[str], group: str | None = None) -> list[str]:
    """Return the sessions of one group, or of all, as ``group/name``, sorted within each group.

    Text files that do not begin with a section, such as tables of conditions, are passed over.
    """
    listed: dict[str, None] = {}
    for one in session_groups(folders) if group is None else [group]:
        names = {name for folder in folders for name in sessions_in(os.path.join(folder, one))}
        listed.update(dict.fromkeys(f"{one}/{name}" for name in sorted(names)))
    return list(listed)


def sessions_in(folder: str) -> dict[str, str]:
    """Return the sessions of one folder: path by name, sorted by name; where two files are one name's, NAME.txt."""
    found: dict[str, str] = {}
    if os.path.isdir(folder):
        for file in sorted(os.listdir(folder)):
            path = os.path.join(folder, file)
            if file.endswith(".txt") and not file.startswith(".") and looks_like_session(path):
                name = session_name(file)
                if name not in found or file == f"{name}.txt":
                    found[name] = path
    return dict(sorted(found.items()))


def session_name(file: str) -> str:
    """Return the name of a session by that of its file.

    Examples
    --------
    >>> session_name("2015-08-11_conf.txt"), session_name("2016.07.txt"), session_name("2016.07")
    ('2015-08-11', '2016.07', '2016.07')
    """
    return file.removesuffix(".txt").removesuffix("_conf")


def find_session(name: str, folders: Sequence[str]) -> FoundSession:
    """Find a session.

    Parameters
    ----------
    name : str
        ``group/name``, with or without ``.txt`` or ``_conf.txt``, or how it ends, where no other session ends so.
    folders : sequence of str
        Folders of groups, in the order in which they are looked at.

    Raises
    ------
    RecordingNotFound
        If there is none: with every place that was looked at, and names like it.
    CatalogError
        If several end so.
    """
    wanted = name.strip("/")
    stem = session_name(wanted)
    places = []
    for folder in folders:
        files = ([wanted] if wanted.endswith(".txt") else []) + [stem + ending for ending in _ENDINGS]
        for file in dict.fromkeys(files):
            place = os.path.join(folder, *file.split("/"))
            if os.path.isfile(place):
                return FoundSession(stem, place)
            places.append(place)
    available = available_sessions(folders)
    ending = [one for one in available if one.rpartition("/")[2] == stem] or [
        one for one in available if stem and one.endswith(stem)
    ]
    if len(ending) == 1:
        return find_session(ending[0], folders)
    if ending:
        raise CatalogError(f"several sessions end with {stem!r}: {', '.join(ending)}; name the group as well")
    if not folders:
        raise RecordingNotFound(
            f"{name}: nothing is there, nor is it known where sessions lie: name their folder with roots=, or as "
            f"{ROOT_SETTING} in the global settings"
        )
    near = difflib.get_close_matches(stem, available, 3) or [
        one for one in available if difflib.get_close_matches(stem, [one.rpartition("/")[2]], 1)
    ]
    hint = f"; did you mean {' or '.join(near[:3])}?" if near else f"; there are {len(available)} sessions"
    raise RecordingNotFound(f"{name}: no such session: nothing is at {' nor at '.join(places)}{hint}")
