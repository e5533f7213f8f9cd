"""Targets of the command: what ENTRY, CATALOG and FOLDER on its line mean."""

from __future__ import annotations

import difflib
import fnmatch
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import ecogcat as ec
from ecogcat.catalog.find import chosen, found_rows
from ecogcat.catalog.rows import rows_of
from ecogcat.catalog.scan import PLACE_ARGUMENTS
from ecogcat.catalog.scanned import folder_as_catalog
from ecogcat.catalog.session import entry_source, load_session
from ecogcat.catalog.summary import SUMMARY
from ecogcat.storage.urls import check_one_store, is_url

__all__ = [
    "are_paths",
    "catalog_of",
    "chosen_names",
    "conditions_of",
    "dataset_of",
    "entries_of",
    "is_catalog",
    "split_entry",
]

_MOST = 6
_FACT = re.compile(r"([A-Za-z_]\w*)\s*(=|<=|>=|<|>)(.+)")

_CATALOG = re.compile(r"(.+?\.(?:ya?ml|txt))(?::(.+))?", re.IGNORECASE)


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
    """Return whether a path has the name of a catalog: YAML, or a session file of the lab."""
    return path.lower().endswith((".yaml", ".yml", ".txt"))


def dataset_of(entry: str, load_arguments: Mapping[str, Any] | None = None) -> Any:
    """Open what ENTRY names: a recording's path, or ``CATALOG.yaml:NAME``."""
    given = load_arguments or {}
    found = split_entry(entry)
    if found is None:
        return ec.open_recording(entry, **given)
    catalog, name = found
    if name is None:
        known = [row.name for row in rows_of(catalog_of(catalog))]
        names = ", ".join(f"{catalog}:{one}" for one in known[:_MOST]) + (" ..." if len(known) > _MOST else "")
        raise ec.CatalogError(
            f"{catalog} is a catalog: name one of its entries: {names or 'it has none'}; "
            f"`ecogcat ls {catalog}` lists them"
        )
    source = entry_source(catalog_of(catalog), name)
    return (source.configure_new(**given) if given else source).read()


def catalog_of(place: str, load_arguments: Mapping[str, Any] | None = None) -> Any:
    """Open CATALOG: a YAML catalog, a session file of the lab, or a folder, of sessions or of recordings.

    Load arguments are those with which the recordings of a folder are looked for.
    """
    if not os.path.isdir(place):
        if os.path.isfile(place) and not place.lower().endswith((".yaml", ".yml", ".txt", ".ini", ".cfg", ".conf")):
            raise ec.CatalogError(f"{place}: this is no catalog; `ecogcat info {place}` shows a recording")
        return ec.open_session(place)
    try:
        return ec.open_session(place)
    except ec.CatalogError:  # no folder of sessions
        return folder_as_catalog(place, load_arguments)


def conditions_of(words: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """Tell words from facts: ``KEY=VALUE``, or ``KEY>VALUE`` and the like.

    Examples
    --------
    >>> conditions_of(["tones", "rate=2000", "duration>=60"])
    (['tones'], {'rate': '2000', 'duration': '>=60'})
    """
    plain: list[str] = []
    facts: dict[str, Any] = {}
    for word in words:
        match = _FACT.fullmatch(word)
        if match is None:
            plain.append(word)
            continue
        value = match[3].strip() if match[2] == "=" else match[2] + match[3].strip()
        key = match[1]
        facts[key] = [*_listed(facts[key]), value] if key in facts and match[2] == "=" else value
    return plain, facts


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def chosen_names(cat: Any, entries: Sequence[str], find: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """Return the names of entries that the line asks for: by name or pattern, by words and facts, but for some."""
    rows = list(rows_of(cat))
    known = [row.name for row in rows]
    names = matching(known, entries) if entries else [row.name for row in rows if row.is_ours and not row.is_join]
    if find:
        found = {row.name for row in found_rows(cat, *conditions_of(find))}
        names = [name for name in names if name in found]
    if exclude:
        left_out = set(matching(known, exclude))
        names = [name for name in names if name not in left_out]
    if not names:
        raise ec.CatalogError("no entry is left to take; `ecogcat find CATALOG WORD...` shows what --find would find")
    return names


def entries_of(
    place: str,
    names: Sequence[str],
    find: Sequence[str] = (),
    exclude: Sequence[str] = (),
    load_arguments: Mapping[str, Any] | None = None,
) -> list[tuple[str, ec.Dataset]]:
    """Open the recordings of a catalog or a folder; `names` are names or glob patterns, all by default.

    Paths of recordings, none of them in a folder `place`, are opened one by one.

    Returns
    -------
    list of (str, Dataset)
        Each with its name as ``--exclude`` takes it; a path, where paths were given.
    """
    given = dict(load_arguments or {})
    if are_paths(place, names):
        if given.get("storage_options"):
            instead = "leave them to the environment, or make a catalog whose entries have the keys of their stores"
            check_one_store(filter(is_url, (place, *names)), instead)
        return [(one, ec.open_recording(one, **given)) for one in (place, *names)]
    cat = catalog_of(place, given)
    facts = (cat.metadata or {}).get(SUMMARY) or {}
    if _is_written_nowhere(cat):
        _check_folder(place, facts, len(list(cat)), bool(names or find or exclude))
        given = {key: value for key, value in given.items() if key not in PLACE_ARGUMENTS}  # the entries have theirs
    wanted = chosen_names(cat, names, find, exclude)
    return list(zip(wanted, load_session(chosen(cat, wanted), wanted, **given), strict=True))


def _is_written_nowhere(cat: Any) -> bool:
    return getattr(cat, "path", None) is None and "folder" in ((cat.metadata or {}).get(SUMMARY) or {})


def _check_folder(place: str, facts: Mapping[str, Any], n: int, chosen: bool) -> None:
    """Refuse a folder of which not all can be opened, unless some were chosen; and one that has no recording."""
    failed = [one for one in facts.get("refused", ()) if not one.get("aside")]
    if not n and not failed:
        raise ec.RecordingNotFound(f"{place}: the folder holds no recording of a known format")
    if failed and not chosen:
        listed = "\n".join(f"  {one['path']}: {one['reason']}" for one in failed)
        raise ec.CatalogError(
            f"{place}: {len(failed)} of {n + len(failed)} recordings cannot be opened:\n{listed}\n"
            f"`ecogcat scan {shlex.quote(place)} -o session.yaml` makes a catalog of the others"
        )


def are_paths(place: str, names: Sequence[str]) -> bool:
    """Whether the line lists paths of recordings, and `names` no entries of a catalog or folder."""
    if is_url(place) and not is_catalog(place):
        return all(map(is_url, names))
    if is_catalog(place) or not os.path.exists(place):
        return False
    if not names:
        return os.path.isfile(place)
    folders = [os.path.realpath(os.path.dirname(name) or ".") for name in names if os.path.exists(name)]
    return len(folders) == len(names) and os.path.realpath(place) not in folders


def matching(known: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Return the names that patterns stand for, in the order of the patterns; CatalogError for one without a match."""
    wanted: dict[str, None] = {}
    every = set(known)
    for pattern in patterns:
        some = [pattern] if pattern in every else fnmatch.filter(known, pattern)
        if not some:
            near = difflib.get_close_matches(pattern, known, 1)
            listed = ", ".join(known[:_MOST]) + (f" and {len(known) - _MOST:,} more" if len(known) > _MOST else "")
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ec.CatalogError(f"no entry is called {pattern!r}; there are: {listed or 'none'}{hint}")
        wanted.update(dict.fromkeys(some))
    return list(wanted)
