"""Targets of the command: what ENTRY, CATALOG and FOLDER on its line mean."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import ecogcat as ec
from ecogcat.catalog.folder import find_recordings
from ecogcat.catalog.session import entry_source, load_session, open_catalog

__all__ = ["dataset_of", "datasets_of", "is_catalog", "split_entry"]

_CATALOG = re.compile(r"(.+\.ya?ml)(?::([^/\\]+))?", re.IGNORECASE)


def split_entry(entry: str) -> tuple[str, str | None] | None:
    """Take ``CATALOG.yaml:NAME`` apart; None for the path of a recording.

    Examples
    --------
    >>> split_entry("session.yaml:rec_001"), split_entry("a/session.yml"), split_entry("rec.rhd")
    (('session.yaml', 'rec_001'), ('a/session.yml', None), None)
    """
    match = None if os.path.exists(entry) and not is_catalog(entry) else _CATALOG.fullmatch(entry)
    return None if match is None else (match[1], match[2])


def is_catalog(path: str) -> bool:
    """Return whether a path has the name of a YAML file."""
    return path.lower().endswith((".yaml", ".yml"))


def dataset_of(entry: str, load_arguments: Mapping[str, Any] | None = None) -> Any:
    """Open what ENTRY names: a recording's path, or ``CATALOG.yaml:NAME``."""
    given = load_arguments or {}
    found = split_entry(entry)
    if found is None:
        return ec.open_recording(entry, **given)
    catalog, name = found
    if name is None:
        names = ", ".join(f"{catalog}:{one}" for one in open_catalog(catalog))
        raise ec.CatalogError(f"{catalog} is a catalog: name one of its entries: {names or 'it has none'}")
    source = entry_source(open_catalog(catalog), name)
    return (source.configure_new(**given) if given else source).read()


def datasets_of(place: str, names: Sequence[str]) -> tuple[ec.Dataset, ...]:
    """Open the recordings of a catalog or a folder; `names` are names or glob patterns, all by default.

    Paths of recordings, none of them in a folder `place`, are opened one by one.
    """
    if _are_paths(place, names):
        return tuple(ec.open_recording(one) for one in (place, *names))
    if os.path.isdir(place):
        found, _ = find_recordings(place, ec.open_recording)
        failed = [one for one in found if one.dataset is None]
        if failed and not names:
            listed = "\n".join(f"  {one.path}: {one.problem}" for one in failed)
            raise ec.CatalogError(f"{place}: {len(failed)} of {len(found)} recordings cannot be opened:\n{listed}")
        datasets = [one.dataset for one in found if one.dataset is not None]
        if not datasets:
            raise ec.RecordingNotFound(f"{place}: the folder holds no recording of a known format")
        wanted = matching([one.name for one in datasets], names)
        return tuple(one for one in datasets if one.name in wanted) if names else tuple(datasets)
    catalog = open_catalog(place)
    return load_session(catalog, matching(list(catalog), names) if names else None)


def _are_paths(place: str, names: Sequence[str]) -> bool:
    """Whether the line lists paths of recordings, and `names` no entries of a catalog or folder."""
    if is_catalog(place) or not os.path.exists(place):
        return False
    if not names:
        return os.path.isfile(place)
    folders = [os.path.realpath(os.path.dirname(name) or ".") for name in names if os.path.exists(name)]
    return len(folders) == len(names) and os.path.realpath(place) not in folders


def matching(known: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Return the names that patterns stand for, in the order of the patterns; CatalogError for one without a match."""
    wanted: dict[str, None] = {}
    for pattern in patterns:
        some = [pattern] if pattern in known else fnmatch.filter(known, pattern)
        if not some:
            raise ec.CatalogError(f"no entry is called {pattern!r}; there are: {', '.join(known) or 'none'}")
        wanted.update(dict.fromkeys(some))
    return list(wanted)
