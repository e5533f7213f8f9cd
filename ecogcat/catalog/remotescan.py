"""Remote scan: a folder of a store elsewhere, brought to the cache and looked through there as any other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecogcat.catalog.scan import Refused, Scan, look_through, matches
from ecogcat.catalog.scanbar import Progress, ScanBar
from ecogcat.catalog.walk import reason
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.formats.remote import bring_files
from ecogcat.storage.cache import arranged, until_it_stays
from ecogcat.storage.remote import Store
from ecogcat.storage.urls import is_http, normal_url, quoted_url, shown_url, steps_of

__all__ = ["look_through_store", "options_in", "root_url"]


def root_url(url: str) -> str:
    """Return the URL of a folder to be scanned, in the form in which its recordings are known again.

    Examples
    --------
    >>> root_url("https://host//rig/"), root_url("memory://")
    ('https://host/rig', 'memory://')
    """
    plain = quoted_url(normal_url(url))
    if is_http(plain) and "?" in plain:
        raise CatalogError(f"{shown_url(plain)}: the URL of a folder has no '?' in it; a recording's own may be opened")
    return plain if plain.endswith("://") else plain.rstrip("/")


def look_through_store(
    url: str,
    options: Mapping[str, Any],
    *,
    exclude: Sequence[str] = (),
    load: Mapping[str, Any] | None = None,
    jobs: int | None = None,
    progress: Progress = None,
) -> Scan:
    """Bring a folder of a store to the cache, and open every recording in it and the folders in it.

    What is there already as the store has it is not fetched again. Names that begin with a dot, and folders that are
    excluded, are left where they are.

    Parameters
    ----------
    url : str
    options : mapping
        What the store is reached with.
    exclude, load, jobs
        As of `look_through`.
    progress : bool or callable, optional
        As of `ecogcat.scan`; a callable is told of files that are looked at, not of those that are fetched.

    Returns
    -------
    Scan
        Its folder is the URL. What cannot be fetched is among the refused.
    """
    return until_it_stays(lambda: _looked_through(url, options, exclude, load, jobs, progress))


def _looked_through(
    url: str,
    options: Mapping[str, Any],
    exclude: Sequence[str],
    load: Mapping[str, Any] | None,
    jobs: int | None,
    progress: Progress,
) -> Scan:
    store = Store(url, options)
    if not store.is_folder():
        raise RecordingNotFound(f"{store.shown}: this is a file: `ecogcat info` shows it")
    depth = len(steps_of(url))
    listing = store.beneath()
    wanted = [one for one in listing.files if _is_wanted("/".join(one.steps[depth:]), exclude)]
    described, problems = store.described(wanted)
    fetched = bring_files(store, described, progress if progress is None or isinstance(progress, bool) else False)
    folder, unplaced = arranged(store.url, fetched.copies, once=True)
    try:
        with ScanBar(progress) as report:
            place = os.path.join(folder, *steps_of(url))
            os.makedirs(place, exist_ok=True)  # of a store that has nothing for us
            scan = look_through(place, exclude=exclude, load=load, jobs=jobs, report=report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    why = {**unplaced, **{one: reason(error) for one, error in problems.items()}}
    why |= {one.url: reason(error) for one, error in fetched.problems.items()}
    lost = [Refused("/".join(one.steps[depth:]), why[one.url]) for one in wanted if one.url in why]
    refused = (*scan.refused, *lost, *(Refused(name, said) for name, said in listing.refused))
    return replace(
        scan,
        folder=url,
        refused=tuple(sorted(refused, key=lambda one: one.path)) if lost or listing.refused else scan.refused,
        held=_held(["/".join(one.steps[depth:]) for one in listing.files]),
        n_fetched=fetched.n_files,
        n_bytes=fetched.n_bytes,
    )


def options_in(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the entries of a catalog reach their store with; nothing where that is written as a template."""
    for entry in content["sources"].values():
        arguments = entry.get("args") if isinstance(entry, dict) else None
        options = arguments.get("storage_options") if isinstance(arguments, dict) else None
        if isinstance(options, dict) and "{{" not in str(options):
            return options
    return {}


def _is_wanted(path: str, exclude: Sequence[str]) -> bool:
    folder = path.rpartition("/")[0]
    hidden = any(name.startswith(".") for name in path.split("/"))
    return not hidden and not (folder and any(matches(folder, pattern) for pattern in exclude))


def _held(paths: Sequence[str]) -> frozenset[str]:
    """Return paths, and the folders that they are in.

    Examples
    --------
    >>> sorted(_held(["day 1/a.rhd"]))
    ['.', 'day 1', 'day 1/a.rhd']
    """
    found = {"."}
    for path in paths:
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return frozenset(found)
