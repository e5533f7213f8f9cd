"""Scan: a folder made a catalog - an entry a recording, found by content, with a summary of its headers."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecogcat.catalog.examine import examine_folder
from ecogcat.catalog.paths import local_path
from ecogcat.catalog.walk import natural
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.settings import threads
from ecogcat.storage.urls import is_url, shown_url

__all__ = [
    "PLACE_ARGUMENTS",
    "Refused",
    "Scan",
    "ScannedRecording",
    "check_places",
    "entry_names",
    "look_through",
    "matches",
    "nothing_found",
]

PLACE_ARGUMENTS = ("node", "experiment", "recording", "stream", "block")
"""Load arguments that say which of the recordings at a path is meant."""

_MOST = 20


@dataclass(frozen=True, slots=True)
class ScannedRecording:
    """One recording of a folder.

    Parameters
    ----------
    path : str
        Below the folder, with slashes; "." for the folder itself.
    format : str
    arguments : mapping
        Which of those at the path it is.
    summary : mapping
        What its headers say.
    is_folder : bool
    """

    path: str
    format: str
    arguments: Mapping[str, Any]
    summary: Mapping[str, Any]
    is_folder: bool = False

    @property
    def session(self) -> str:
        """The folder it lies in, below the folder that was scanned; "." for that itself."""
        if self.is_folder and self.format == "intan" and "recording" in self.arguments:  # files in it, not it
            return self.path
        return self.path.rpartition("/")[0] or "."


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that looks like a recording and cannot be opened; or, `aside`, cannot be looked into at all."""

    path: str
    reason: str
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """What a folder holds.

    Attributes
    ----------
    folder : str
    recordings : tuple of ScannedRecording
        In natural order.
    refused : tuple of Refused
    n_others : int
        Files that no format recognises.
    held : frozenset of str, optional
        Of a store elsewhere, the paths of files and folders in it, below the folder.
    n_fetched, n_bytes : int
        Files, and bytes, that were fetched from it now.
    """

    folder: str
    recordings: tuple[ScannedRecording, ...]
    refused: tuple[Refused, ...]
    n_others: int
    held: frozenset[str] | None = None
    n_fetched: int = 0
    n_bytes: int = 0

    def holds(self, below: str) -> bool:
        """Return whether something is at a path below the folder."""
        return os.path.exists(os.path.join(self.folder, below)) if self.held is None else below in self.held


def look_through(
    folder: str | os.PathLike[str],
    *,
    exclude: Sequence[str] = (),
    load: Mapping[str, Any] | None = None,
    jobs: int | None = None,
    report: Callable[[int, int], None] = lambda done, known: None,
) -> Scan:
    """Open every recording in a folder and the folders in it; headers only.

    Parameters
    ----------
    folder : path-like
    exclude : sequence of str
        Patterns of paths below the folder that are left out.
    load : mapping, optional
        Load arguments for all.
    jobs : int, optional
        Processes; as many as there are processors by default. A small folder needs none beside this one.
    report : callable
        Told how many files were looked at, and how many are known of.
    """
    place = os.path.abspath(local_path(folder))
    if not os.path.isdir(place):
        what = "this is a file: `ecogcat info` shows it" if os.path.isfile(place) else "no such folder"
        raise RecordingNotFound(f"{place}: {what}")
    number: Any = jobs
    if number is not None and (not isinstance(number, int) or number < 1):
        raise ValueError(f"jobs is a number of processes, 1 or more, not {jobs!r}")
    found: list[dict[str, Any]] = []
    others = 0
    for result in examine_folder(place, load or {}, jobs or threads(), report):
        found += result["found"]
        others += result["others"]
    return _sorted_out(place, found, others, exclude)


def _sorted_out(place: str, found: list[dict[str, Any]], others: int, exclude: Sequence[str]) -> Scan:
    recordings, refused = [], []
    taken: set[str] = set()
    found.sort(key=lambda one: natural(one["path"]))  # a stable sort: several of one path stay in their order
    for one in found:
        path = os.path.relpath(one["path"], place).replace(os.sep, "/")
        if any(matches("/".join([path, *map(str, one["arguments"].values())]), pattern) for pattern in exclude):
            continue
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "backslashreplace").decode()
            refused.append(Refused(shown, "its name is no text that a catalog can hold: rename it"))
            continue
        if one["summary"] is None:
            arguments = ", ".join(f"{key}={value}" for key, value in one["arguments"].items())
            refused.append(
                Refused(
                    f"{path} ({arguments})" if arguments else path,
                    one["problem"].replace(os.path.join(place, ""), ""),
                    one["aside"],
                )
            )
            continue
        key = "\0".join([*one["used"], *map(str, one["arguments"].items())])
        if one["used"] and key in taken:  # in two tasks, files of one recording
            continue
        taken.add(key)
        recordings.append(
            ScannedRecording(path, one["format"], one["arguments"], one["summary"], os.path.isdir(one["path"]))
        )
    return Scan(place, tuple(recordings), tuple(refused), others)


def matches(path: str, pattern: str) -> bool:
    """Return whether a pattern is that of a path, or of a folder that it lies in."""
    parents = [path]
    while "/" in parents[-1]:
        parents.append(parents[-1].rpartition("/")[0])
    return any(fnmatch.fnmatchcase(one, pattern.rstrip("/")) for one in parents)


def entry_names(recordings: Iterable[ScannedRecording], folder: str, taken: Iterable[str] = ()) -> list[str]:
    """Return a name for each recording: where it lies, and which of those there it is; no two alike.

    Examples
    --------
    >>> two = [ScannedRecording(f"day 1/rec_001.{end}", "edf", {}, {}) for end in ("edf", "bdf")]
    >>> folder = ScannedRecording(".", "openephys", {"node": "Record Node 101"}, {}, is_folder=True)
    >>> entry_names([*two, folder], "/data/day1")
    ['day_1/rec_001', 'day_1/rec_001.bdf', 'day1/Record_Node_101']
    """
    names: list[str] = []
    used = set(taken)
    for one in recordings:
        path = os.path.basename(folder) if one.path == "." else one.path
        head, _, last = path.rpartition("/")
        stem = last if one.is_folder else last.rpartition(".")[0] or last
        short = "/".join(filter(None, [head, stem]))
        further = [str(value) for value in one.arguments.values()]
        options = [_name(short, further), _name(path, further)]
        options += [f"{options[0]}_{k}" for k in range(2, 2 + len(used) + 1)] if set(options) <= used else []
        name = next(option for option in options if option not in used)
        used.add(name)
        names.append(name)
    return names


def _name(path: str, further: Sequence[str]) -> str:
    return "_".join("/".join([path, *further]).split())


def nothing_found(found: Scan) -> str:
    """Say that a folder has no recording, and why what looks like one is none."""
    folder = shown_url(found.folder) if is_url(found.folder) else found.folder
    text = f"{folder}: no recording of a known format is in it"
    others = f"{found.n_others:,} other file{'' if found.n_others == 1 else 's'}" if found.n_others else ""
    if not found.refused:
        return f"{text}: {others or 'it holds no file'}; no catalog was written"
    lines = [f"  {one.path}: {one.reason}" for one in found.refused[:_MOST]]
    if len(found.refused) > _MOST:
        lines.append(f"  and {len(found.refused) - _MOST:,} more")
    listed = "\n".join(lines)
    return f"{text} that can be opened; no catalog was written:\n{listed}" + (f"\n  and {others}" if others else "")


def check_places(output: str, folder: str) -> None:
    """Refuse an output that a catalog cannot be."""
    if not output.lower().endswith((".yaml", ".yml")):
        raise CatalogError(f"{output}: a catalog is a YAML file; name it {os.path.basename(folder) or 'session'}.yaml")
    parent = os.path.dirname(output)
    if not os.path.isdir(parent):
        raise CatalogError(f"{output}: there is no folder {parent}")
