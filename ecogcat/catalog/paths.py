"""Paths of catalog entries: what a `urlpath` in a YAML file means on this machine."""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
import stat
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.storage.urls import LOCAL_SCHEMES, SCHEME, child_url, is_url, normal_url, shown_url

__all__ = [
    "ENTRY_FILES",
    "first_existing",
    "local_path",
    "long_path",
    "moved",
    "place_of",
    "places",
    "resolved",
]

ENTRY_FILES = ("electrode", "events", "judgements")
"""Load arguments that may name a file."""

_DRIVE = re.compile(r"[A-Za-z]:([\\/]|$)")
_URL_DRIVE = re.compile(r"/[A-Za-z]:(/|$)")
_LONG = 248  # characters: Windows opens folders with longer paths only if told that it need not look at them


def local_path(text: str | os.PathLike[str], *, flavour: Any = os.path) -> str:
    r"""Return the local path that a urlpath stands for, without `file://` and double slashes.

    Parameters
    ----------
    text : path-like
        ``{{ CATALOG_DIR }}/a.rhd`` comes as ``/where/the/catalog/is//a.rhd``, or with ``file://`` before it.
    flavour : module
        ``posixpath`` or ``ntpath``: whose paths; by default this machine's.

    Raises
    ------
    CatalogError
        If it is a URL of another machine, where a path is needed, or is no path.
    RecordingNotFound
        If it is a path of Windows, and this machine is none.

    Examples
    --------
    >>> local_path("file:///data//day 1/rec.rhd", flavour=posixpath)
    '/data/day 1/rec.rhd'
    >>> local_path("file://server/share/day%201/rec.rhd", flavour=ntpath)
    '\\\\server\\share\\day 1\\rec.rhd'
    """
    path: Any = os.fspath(text)
    if not isinstance(path, str) or "\0" in path:  # bytes are paths, too, to Python
        raise CatalogError(f"{path!a} is no path")
    match = SCHEME.match(path)
    if match is not None and (match[1].lower() not in LOCAL_SCHEMES or match[2] != "://"):
        raise CatalogError(f"{shown_url(path)}: a local path is needed here, not a URL of {match[1]!r}")
    if match is not None:
        path = _of_url(path, path[match.end() :], flavour)
    if not path.strip():
        raise CatalogError("an empty path is no place of a recording")
    if flavour is ntpath:
        return _of_windows(path)
    if _DRIVE.match(path) or path.startswith("\\\\"):
        raise RecordingNotFound(
            f"{path}: this is a path of Windows; here the recording lies elsewhere: relink the catalog"
        )
    plain = flavour.normpath(flavour.expanduser(path))
    # POSIX leaves open what two slashes at the start mean; where catalogs have them they are one, written twice.
    return "/" + plain.lstrip("/") if plain.startswith("/") else str(plain)


def _of_url(url: str, rest: str, flavour: Any) -> str:
    """Return the path of a `file://` URL; `rest` is what follows the slashes."""
    if flavour is ntpath:
        rest = unquote(rest).removeprefix("localhost")
        if _URL_DRIVE.match(rest):
            return rest[1:]  # file:///C:/data
        host = rest.split("/")[0]
        if not host or _DRIVE.match(rest) or "\\" in host:
            return rest
        return "//" + rest  # file://server/share
    rest = rest.removeprefix("localhost") if rest.startswith("localhost/") else rest
    if "%" in rest and not os.path.exists(rest) and os.path.exists(unquote(rest)):
        rest = unquote(rest)  # a URL proper, with %20 for a space
    return rest


def _of_windows(path: str) -> str:
    if path.startswith(("\\\\?\\", "\\\\.\\")):
        if path.startswith("\\\\.\\"):
            raise CatalogError(f"{path}: this is a device, no place of a recording")
        return path  # taken as it stands, by its writer's own wish
    return ntpath.normpath(ntpath.expanduser(path))


def long_path(path: str, *, flavour: Any = os.path) -> str:
    r"""Return a path as it is given to the system: one that is too long for Windows with ``\\?\`` before it.

    Examples
    --------
    >>> long_path("C:\\" + "deep\\" * 60 + "rec.rhd", flavour=ntpath)[:12]
    '\\\\?\\C:\\deep\\'
    """
    if flavour is not ntpath or len(path) < _LONG or path.startswith("\\\\?\\") or not ntpath.isabs(path):
        return path
    return "\\\\?\\UNC\\" + path[2:] if path.startswith("\\\\") else "\\\\?\\" + path


def places(
    text: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None,
    *,
    before: str | None = None,
    flavour: Any = os.path,
) -> list[str]:
    r"""Return where to look for a path, the best first: beside the catalog, then in the working directory.

    Parameters
    ----------
    text : path-like
    folder : path-like or None
        Of the catalog. Where that is on another machine, everything has to lie there, in it.
    before : str, optional
        Folder that the catalog lay in before it was saved elsewhere: where its recordings may have stayed.
    flavour : module
        As of `local_path`.

    Returns
    -------
    list of str
        Paths; or the one URL that it is, or that a catalog at a URL means by it.

    Raises
    ------
    CatalogError
        If a catalog on another machine would have something read from this one, or from outside of its folder there.

    Examples
    --------
    >>> places("rec.rhd", "D:/day 1/", flavour=ntpath)[0]
    'D:\\day 1\\rec.rhd'
    >>> places("day 2/rec.rhd", "s3://lab/rat-17/"), places("s3://lab/rec.rhd", "/data")
    (['s3://lab/rat-17/day 2/rec.rhd'], ['s3://lab/rec.rhd'])
    >>> places("/new//rec.rhd", "/new", before="/old", flavour=posixpath)
    ['/new/rec.rhd', '/old/rec.rhd']
    >>> places("/a/new//../rig/rec.rhd", "/a/new/", before="/b/old", flavour=posixpath)
    ['/a/rig/rec.rhd', '/b/rig/rec.rhd']
    """
    given: Any = os.fspath(text)
    if folder and is_url(os.fspath(folder)):
        return [_beside_remote(given, os.fspath(folder))]
    if is_url(given):
        return [normal_url(given)]
    path = local_path(text, flavour=flavour)
    if flavour.isabs(path) or not folder:
        found = [flavour.abspath(path)]
        if folder and before:
            found.append(_where_it_was(os.fspath(text), found[0], os.fspath(folder), before, flavour))
        return list(dict.fromkeys(found))
    folders = [one for one in (os.fspath(folder), before) if one]
    spelt = [path]
    if flavour is not ntpath and "\\" in path:  # written on Windows; a backslash can be part of a name here
        spelt.append(flavour.normpath(path.replace("\\", "/")))
    beside = [
        flavour.join(flavour.abspath(local_path(one, flavour=flavour)), form) for one in folders for form in spelt
    ]
    return list(dict.fromkeys([*(flavour.normpath(one) for one in beside), *(flavour.abspath(form) for form in spelt)]))


def _where_it_was(text: str, path: str, folder: str, before: str, flavour: Any) -> str:
    """Return `moved`, of a path that may lead out of the catalog's folder by ``..``: it counts from the old."""
    match = SCHEME.match(text)
    plain, base = text[match.end() :] if match else text, folder.rstrip("/\\")
    if plain.startswith((f"{base}/", f"{base}\\")) and ".." in plain:
        return str(flavour.normpath(flavour.join(before, plain[len(base) :].lstrip("/\\"))))
    return moved(path, local_path(folder, flavour=flavour), before, flavour=flavour)


def moved(path: str, folder: str, before: str, *, flavour: Any = os.path) -> str:
    """Return where a path beside a catalog was while the catalog was in the folder `before`; others as they are.

    Examples
    --------
    >>> moved("/new/day 1/rec.rhd", "/new/", "/old/", flavour=posixpath)
    '/old/day 1/rec.rhd'
    >>> moved("/newer/rec.rhd", "/new/", "/old/", flavour=posixpath)
    '/newer/rec.rhd'
    """
    here = flavour.normpath(folder)
    try:
        inside = flavour.commonpath([flavour.normcase(path), flavour.normcase(here)]) == flavour.normcase(here)
    except ValueError:  # on two drives
        inside = False
    return flavour.normpath(flavour.join(before, flavour.relpath(path, here))) if inside else path


def first_existing(candidates: Sequence[str]) -> str | None:
    """Return the first of some places where something is, as it is given to the system; a URL as it is.

    Whether something is at a URL is found when it is fetched.

    Raises
    ------
    CatalogError
        If that is neither a file nor a folder: what comes out of a pipe or a device never ends.
    """
    for place in candidates:
        if is_url(place):
            return place
        path = long_path(place)
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):  # not there, or not for us to know
            continue
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise CatalogError(f"{place}: this is neither a file nor a folder")
        return path
    return None


def resolved(value: Any, folder: str | None, *, before: str | None = None) -> Any:
    """Return the path of a further file (electrode table, events) of an entry; other values as they are.

    Examples
    --------
    >>> resolved("actv_64", "/data")  # the name of an electrode, unless a file has it
    'actv_64'
    """
    if not isinstance(value, (str, os.PathLike)):
        return value
    candidates = places(value, folder, before=before)
    there = first_existing(candidates)
    if there is None and isinstance(value, str) and os.path.splitext(os.path.basename(value)) == (value, ""):
        return value
    return there or candidates[0]


def place_of(cat: Any) -> str:
    """Return the path of the file, or folder, that a catalog was read from; "" if there is none.

    Not by attribute: Intake's catalogs answer with the entry of that name.
    """
    return str(vars(cat).get("path") or (cat.metadata or {}).get("path") or "")


def _beside_remote(text: Any, folder: str) -> str:
    """Return the URL that a path of a catalog on another machine means; refuse one that leads out of its folder there.

    The catalog's own folder may be written out, as templates do it.
    """
    if not isinstance(text, str) or "\0" in text or not text.strip():
        raise CatalogError(f"{text!a} is no path")
    base = folder.rstrip("/")
    inside = text.removeprefix(base).lstrip("/") if text.startswith(base + "/") else text
    steps = unquote(inside).replace("\\", "/")
    if posixpath.isabs(steps) or _DRIVE.match(inside) or steps.startswith("~") or SCHEME.match(inside):
        raise CatalogError(
            f"{shown_url(text)}: a catalog at {shown_url(base)} may name only what lies in its folder there, not files "
            "elsewhere"
        )
    if posixpath.normpath(steps).split("/")[0] == "..":
        raise CatalogError(f"{shown_url(text)}: '..' leads out of the folder of the catalog, {shown_url(base)}")
    if "\\" in inside:  # written on Windows
        inside = inside.replace("\\", "/")
    if ".." in inside.split("/"):
        inside = posixpath.normpath(inside)
    return normal_url(child_url(folder if folder.endswith("://") else base, inside))
