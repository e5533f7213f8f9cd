"""Relink: paths of a catalog or a virtual file, changed where a folder or drive has moved; the rest stays as it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from ecogcat.catalog.index import index_path
from ecogcat.catalog.paths import local_path
from ecogcat.catalog.summary import SUMMARY
from ecogcat.catalog.yamltext import BRACE, read_catalog_text, scalar, write_text
from ecogcat.errors import CatalogError, EcogcatError, RecordingNotFound

__all__ = ["Relinked", "relink"]

_HERE = re.compile(r"\{\{\s*CATALOG_DIR\s*\}\}/?")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_ANY_WINDOWS = re.compile(r"(?<![^/])[A-Za-z]:\\|(?<![^/])\\\\")
_VIRTUAL = ".vds.h5"
_PATHS = ("urlpath", "path", "electrode", "events", "judgements", "parts")


@dataclass(frozen=True, slots=True)
class Relinked:
    """One path that was changed.

    Attributes
    ----------
    entry : str
        In a virtual file, the name of the recording's file.
    old, new : str
        As the catalog has them; in a virtual file, the places.
    exists : bool
        Whether something is at the new place.
    problem : str
        Why a virtual file that a catalog lists was left as it is; empty otherwise.
    """

    entry: str
    old: str
    new: str
    exists: bool
    problem: str = ""


def relink(
    catalog: str | os.PathLike[str],
    old: str | os.PathLike[str],
    new: str | os.PathLike[str],
    *,
    virtual: bool = True,
) -> list[Relinked]:
    r"""Write into a catalog, or a virtual file, where a folder that has moved is now.

    Parameters
    ----------
    catalog : path-like
        A YAML catalog, in which what people wrote, comments too, stays; or a virtual file (``.vds.h5``), whose
        recordings have to be at their new place what they were. Either is replaced in one step.
    old, new : path-like
        The folder (or drive, or file) as it was, and as it is. Drive letters and network paths of another system are
        understood: ``"D:\\rig\\2026"``.
    virtual : bool
        Whether the virtual files that a catalog lists are relinked as well.

    Returns
    -------
    list of Relinked
        The paths that lay below `old`, in joins too; none if there was none, and then nothing is written. Behind them
        those in virtual files, whose `entry` is the catalog's and the name of the file; one of them that cannot be
        relinked is left as it is, with the `problem`.

    Raises
    ------
    RecordingNotFound
        If there is no catalog, or nothing at `new`.
    FormatError, SourceChangedError
        If a recording of a virtual file is not at its new place, or not what it was; nothing is written then.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "now").mkdir()
    >>> text = "sources:\n  a:  # first\n    driver: ecog_intan\n    args: {urlpath: /mnt/rig/a.rhd}\n"
    >>> _ = (folder / "s.yaml").write_text(text)
    >>> [one.exists for one in relink(folder / "s.yaml", "/mnt/rig", folder / "now")]
    [False]
    """
    for name, value in (("catalog", catalog), ("old", old), ("new", new)):
        if not isinstance(value, (str, os.PathLike)):
            raise TypeError(f"{name} is a path, not {type(value).__name__}")
    path = os.path.abspath(local_path(catalog))
    target = os.path.abspath(local_path(new))
    text = None if _is_hdf5(path) else read_catalog_text(path)
    if not os.path.exists(target):
        raise RecordingNotFound(f"{target}: nothing is there; give the place where {os.fspath(old)} is now")
    if text is None:
        return _relinked_virtual(path, os.fspath(old), target)
    folder = os.path.dirname(path)
    moved: list[Relinked] = []
    listed: dict[str, str] = {}
    changes: dict[int, list[tuple[int, int, str]]] = {}
    for entry, node in _scalars(text.nodes):
        there = _moved(node.value, os.fspath(old), target, folder, origin=entry.endswith("\0"))
        if node.value.lower().endswith(_VIRTUAL):
            listed.setdefault(there[1] if there else _place(node.value, folder), entry)
        if there is None:
            continue
        written, place = there
        start, stop = node.start_mark, node.end_mark
        if start.line != stop.line:
            raise CatalogError(f"{path}, line {start.line + 1}: a path over several lines; write it on one")
        changes.setdefault(start.line, []).append((start.column, stop.column, scalar(written)))
        if not entry.endswith("\0"):
            moved.append(Relinked(entry, node.value, written, os.path.exists(place)))
    if moved:
        lines = list(text.lines)
        for number, edits in changes.items():
            for begin, end, value in sorted(edits, reverse=True):
                lines[number] = lines[number][:begin] + value + lines[number][end:]
        whole = "\n".join(lines) + "\n"
        write_text(path, whole)
        if os.path.exists(index_path(path)):
            from ecogcat.catalog.indexed import index_text  # imports Intake

            index_text(path, whole)
    for file, entry in listed.items() if virtual else ():
        if _is_hdf5(file):
            moved += _listed_virtual(file, entry, os.fspath(old), target)
    return moved


def _listed_virtual(file: str, entry: str, old: str, target: str) -> list[Relinked]:
    """Relink a virtual file that a catalog lists; what is wrong with it does not keep the others from it."""
    label = f"{entry} ({os.path.basename(file)})"
    try:
        return [replace(one, entry=label) for one in _relinked_virtual(file, old, target)]
    except (EcogcatError, OSError) as error:
        return [Relinked(label, file, file, True, " ".join(str(error).split()))]


def _place(text: str, folder: str) -> str:
    """Return where a path of a catalog leads."""
    plain = _HERE.sub("", text, count=1).replace(BRACE, "{").removeprefix("file://")
    return os.path.normpath(os.path.join(folder, os.path.expanduser(plain)))


def _is_hdf5(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:  # what reads it as a catalog says what is wrong
        return False


def _relinked_virtual(path: str, old: str, target: str) -> list[Relinked]:
    from ecogcat.catalog.relinkvirtual import relink_virtual

    plain = os.path.expanduser(old)
    olds = [old] if _WINDOWS.match(old) else [os.path.abspath(plain), os.path.realpath(plain)]

    def moved(place: str) -> str | None:
        # Of another drive of Windows the file has the whole path, which here looks like a name in its folder.
        windows = _ANY_WINDOWS.search(place)
        for one in olds:
            below = _below_windows(place[windows.start() :], one) if windows else _below(place, one)
            if below is not None:
                return os.path.normpath(os.path.join(target, below))
        return None

    changed = relink_virtual(path, moved)
    return [Relinked(os.path.basename(now), before, now, os.path.exists(now)) for before, now in changed]


def _scalars(entries: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the nodes of all texts that may be paths, with the entry's name; a NUL behind it for what a scan wrote."""
    for name, entry in entries.items():
        for key, value in _pairs(entry):
            if key == "args":
                for argument, inside in _pairs(value):
                    if argument in _PATHS:
                        yield from ((name, node) for node in _texts(inside))
            if key == "metadata":
                for title, inside in _pairs(value):
                    if title == SUMMARY:
                        yield from ((name + "\0", node) for own, node in _pairs(inside) if own == "origin")


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node.value, list) and node.value and isinstance(node.value[0], tuple):
        yield from ((key.value, value) for key, value in node.value)


def _texts(node: Any) -> Iterator[Any]:
    if isinstance(node.value, str):
        yield node
    elif isinstance(node.value, list):
        for one in node.value:
            if not isinstance(one, tuple):
                yield from _texts(one)


def _moved(text: str, old: str, new: str, folder: str, origin: bool) -> tuple[str, str] | None:
    """Return a path as the catalog has it now, and the place it means; None if it does not lie below `old`."""
    path, query, arguments = text.partition("?") if origin else (text, "", "")
    relative = bool(_HERE.match(path))
    plain = _HERE.sub("", path, count=1).replace(BRACE, "{") if relative else path
    if "{{" in plain or "://" in plain.replace("file://", ""):
        return None
    windows = bool(_WINDOWS.match(plain))
    absolute = windows or os.path.isabs(os.path.expanduser(plain.removeprefix("file://")))
    if windows or _WINDOWS.match(old):
        below = _below_windows(plain, old)
    else:
        place = os.path.normpath(os.path.join(folder, os.path.expanduser(plain.removeprefix("file://"))))
        below = _below(place, os.path.abspath(os.path.expanduser(old)))
    if below is None:
        return None
    place = os.path.normpath(os.path.join(new, below))
    if absolute and not relative:
        return place + query + arguments, place
    try:
        short = os.path.relpath(place, folder).replace(os.sep, "/")
    except ValueError:  # another drive
        return place + query + arguments, place
    written = "{{ CATALOG_DIR }}/" + short.replace("{", BRACE) if relative else short
    return written + query + arguments, place


def _below(place: str, folder: str) -> str | None:
    try:
        return (
            str(PurePosixPath(place).relative_to(folder))
            if os.sep == "/"
            else os.fspath(PureWindowsPath(place).relative_to(folder))
        )
    except ValueError:
        return None


def _below_windows(place: str, folder: str) -> str | None:
    """Return a path of Windows as seen from a folder, with slashes; case does not matter there."""
    try:
        return PureWindowsPath(place).relative_to(PureWindowsPath(folder)).as_posix()
    except ValueError:
        return None
