"""Paths of catalog entries: what a `urlpath` in a YAML file means on this machine."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import unquote

from ecogcat.errors import CatalogError

__all__ = ["ENTRY_FILES", "first_existing", "local_path", "places", "resolved"]

ENTRY_FILES = ("electrode", "events", "judgements")
"""Load arguments that may name a file."""

_PROTOCOL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)(://|::)")


def local_path(text: str | os.PathLike[str]) -> str:
    """Return the local path that a urlpath stands for, without `file://` and double slashes.

    Parameters
    ----------
    text : path-like
        ``{{ CATALOG_DIR }}/a.rhd`` comes as ``/where/the/catalog/is//a.rhd``, or with ``file://`` before it.

    Raises
    ------
    CatalogError
        If it lies on another machine: that cannot be read yet.

    Examples
    --------
    >>> local_path("file:///data//day 1/rec.rhd")
    '/data/day 1/rec.rhd'
    """
    path = os.fspath(text)
    match = _PROTOCOL.match(path)
    if match is not None and (match[1] not in ("file", "local") or match[2] != "://"):
        raise CatalogError(f"{path}: recordings are read from local paths, not through {match[1]!r}")
    if match is not None:
        path = path[match.end() :]
        if "%" in path and not os.path.exists(path) and os.path.exists(unquote(path)):
            path = unquote(path)  # a URL proper, with %20 for a space
    if not path:
        raise CatalogError("an empty path is no place of a recording")
    return os.path.normpath(os.path.expanduser(path))


def places(text: str | os.PathLike[str], folder: str | os.PathLike[str] | None) -> list[str]:
    """Return where to look for a path, the best first: beside the catalog, then in the working directory."""
    path = local_path(text)
    if os.path.isabs(path) or not folder:
        return [os.path.abspath(path)]
    beside = os.path.join(os.path.abspath(local_path(folder)), path)
    return list(dict.fromkeys([os.path.normpath(beside), os.path.abspath(path)]))


def first_existing(candidates: list[str]) -> str | None:
    """Return the first of some places where something is."""
    return next((place for place in candidates if os.path.exists(place)), None)


def resolved(value: Any, folder: str | None) -> Any:
    """Return the path of a further file (electrode table, events) of an entry; other values as they are.

    Examples
    --------
    >>> resolved("actv_64", "/data")  # the name of an electrode, unless a file has it
    'actv_64'
    """
    if not isinstance(value, (str, os.PathLike)):
        return value
    candidates = places(value, folder)
    there = first_existing(candidates)
    if there is None and isinstance(value, str) and os.path.splitext(os.path.basename(value)) == (value, ""):
        return value
    return there or candidates[0]
