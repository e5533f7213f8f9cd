"""Scanned catalogs: `ecogcat.scan` - a folder's recordings written as YAML, or into the YAML of an earlier scan."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecogcat.catalog.index import WORTH_AN_INDEX, index_path, write_index
from ecogcat.catalog.paths import ENTRY_FILES, local_path
from ecogcat.catalog.remotescan import look_through_store, options_in, root_url
from ecogcat.catalog.scan import (
    Scan,
    ScannedRecording,
    check_places,
    entry_names,
    look_through,
    nothing_found,
)
from ecogcat.catalog.scanbar import Progress, ScanBar
from ecogcat.catalog.scanplaces import below_folder, joined, origin, origin_of, relative, said, written
from ecogcat.catalog.summary import SUMMARY
from ecogcat.catalog.textfile import write_text
from ecogcat.catalog.yamltext import CatalogText, Edit, edited, read_catalog_text
from ecogcat.catalog.yamlvalues import entry_lines, mapping_lines, untemplated
from ecogcat.electrodes.electrode import is_known
from ecogcat.errors import RecordingNotFound
from ecogcat.formats.remote import bring_file
from ecogcat.storage.storeoptions import plain_options
from ecogcat.storage.urls import is_url, normal_url, same_store

__all__ = ["Update", "folder_as_catalog", "scan", "scan_into"]

_HEAD = """\
# Written by `ecogcat scan`. Edit it: names, descriptions, args (electrode, events, units, ...) and metadata of your own
# stay when the folder is scanned again; what is below `ecog:` is written anew. A recording is known again by its path.
"""


@dataclass(frozen=True, slots=True)
class Update:
    """What a scan did to a catalog.

    Attributes
    ----------
    path : str
        The catalog.
    scan : Scan
    new, gone : tuple of str
        Names of entries that were added, and of those whose recording is no longer there.
    lost : tuple of str
        Entries whose recording is there and cannot be opened any more.
    """

    path: str
    scan: Scan
    new: tuple[str, ...]
    gone: tuple[str, ...]
    lost: tuple[str, ...]


def scan(
    folder: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    exclude: Sequence[str] | str = (),
    jobs: int | None = None,
    progress: Progress = None,
    storage_options: Mapping[str, Any] | None = None,
    **load_arguments: Any,
) -> Any:
    """Make a catalog of a folder: every recording in it, found by content; or bring such a catalog up to date.

    Parameters
    ----------
    folder : path-like
        Looked through with the folders in it. Consecutive files of one recording are one entry. A URL
        (``"s3://lab/2025-11-01"``) is one of a store elsewhere: what lies there is brought to the local cache first.
    output : path-like
        The YAML file to write. Where there is one already, entries are added and their summaries written anew;
        nothing else in it is changed. Entries whose recording is gone stay, with ``gone: true`` in their summary.
    exclude : str or sequence of str
        Patterns of paths below the folder that are left out, such as ``"*/old"``. The catalog remembers them.
    jobs : int, optional
        Processes; as many as there are processors by default. A small folder is looked through in this one.
    progress : bool or callable, optional
        True for a bar on the standard error; or a function that is told how many files are done, and are known of. By
        default a bar where the standard error is a terminal, and ECOGCAT_NO_PROGRESS is not set.
    storage_options : mapping, optional
        What the store of a URL is reached with, plain values; they are written into the entries, for opening them. By
        default those of the catalog that is brought up to date.
    **load_arguments
        For all entries that are new: ``electrode="psv_61"``, ``units="mV"``.

    Returns
    -------
    intake.Catalog
        As ``ecogcat.open_session(output)``. What could not be opened is in ``metadata["ecog"]["refused"]``.

    Raises
    ------
    RecordingNotFound
        If there is no such folder; or no recording in it that can be opened, and no catalog to bring up to date:
        nothing is written then.
    CatalogError
        If `output` is no YAML file, or one that is no catalog.

    Examples
    --------
    >>> import tempfile
    >>> from ecogcat.testing.rhd import write_rhd
    >>> folder = tempfile.mkdtemp()
    >>> write_rhd(f"{folder}/rec_a.rhd", [[0] * 128] * 4)
    >>> cat = scan(folder, f"{folder}/session.yaml")
    >>> cat["rec_a"].metadata["ecog"]["n_channels"], cat["rec_a"].read().n_samples
    (4, 128)
    """
    from ecogcat.catalog.session import open_catalog

    given: dict[str, Any] = {"exclude": exclude, "jobs": jobs, "progress": progress, "storage_options": storage_options}
    return open_catalog(scan_into(folder, output, **given, **load_arguments).path)


def scan_into(
    folder: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    exclude: Sequence[str] | str = (),
    jobs: int | None = None,
    progress: Progress = None,
    storage_options: Mapping[str, Any] | None = None,
    **load_arguments: Any,
) -> Update:
    """Do what `scan` does; return what was new, gone and refused."""
    for name, value in (("folder", folder), ("output", output)):
        if not isinstance(value, (str, os.PathLike)):
            raise TypeError(f"{name} is a path, not {type(value).__name__}")
    path = os.path.abspath(local_path(output))
    remote = isinstance(folder, str) and is_url(folder)
    place = root_url(os.fspath(folder)) if remote else os.path.abspath(local_path(folder))
    check_places(path, place)
    old = read_catalog_text(path) if os.path.exists(path) else None  # before the long work: it may be no catalog
    before = {} if old is None else said(old.content.get("metadata"))
    remembered = before.get("exclude") if isinstance(before.get("exclude"), list) else []
    patterns = list(dict.fromkeys([*(remembered or []), *([exclude] if isinstance(exclude, str) else exclude)]))
    options = plain_options(storage_options) or (options_in(old.content) if remote and old is not None else {})
    here, load = _files(load_arguments, path, options, place)
    if remote:
        load |= {"storage_options": untemplated(options)} if options else {}
        found = look_through_store(place, options, exclude=patterns, load=here, jobs=jobs, progress=progress)
    else:
        with ScanBar(progress) as report:
            found = look_through(place, exclude=patterns, load=here, jobs=jobs, report=report)
    catalog = {"folder": relative(place, path) or "."}
    if patterns:
        catalog["exclude"] = patterns  # type: ignore[assignment]
    if old is None:
        if not found.recordings:
            raise RecordingNotFound(nothing_found(found))
        return _write_new(path, found, load, catalog)
    return _write_again(path, found, load, catalog, read_catalog_text(path))  # as someone may have edited it meanwhile


def _files(
    load: Mapping[str, Any], path: str, options: Mapping[str, Any], folder: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return load arguments with the files that they name as they are seen from here, and from the catalog.

    Keys of the store of the folder are for no other store.
    """
    here, there = dict(load), dict(load)
    for key in ENTRY_FILES:
        value = load.get(key)
        if isinstance(value, (str, os.PathLike)) and not (key == "electrode" and is_known(value)):
            if is_url(value):
                theirs = options if not is_url(folder) or same_store(folder, str(value)) else None
                here[key], there[key] = bring_file(str(value), theirs).path, normal_url(str(value))
                continue
            place = os.path.abspath(os.path.expanduser(os.fspath(value)))
            if os.path.exists(place):
                here[key], there[key] = place, written(place, path)
    return here, there


def folder_as_catalog(folder: str, load: Mapping[str, Any] | None = None) -> Any:
    """Return a catalog of a folder that is written nowhere; `load` are load arguments to look through it with."""
    from intake.catalog import Catalog
    from intake.catalog.local import LocalCatalogEntry

    found = look_through(folder, load=load)
    path = os.path.join(found.folder, "session.yaml")
    names = entry_names(found.recordings, found.folder)
    entries = {}
    for name, one in zip(names, found.recordings, strict=True):
        said = _entry(one, found.folder, path, {})
        entries[name] = LocalCatalogEntry(name=name, description="", catalog_dir=found.folder, **said)
    refused = [{"path": one.path, "reason": one.reason, "aside": one.aside} for one in found.refused]
    facts = {SUMMARY: {"folder": ".", "n_recordings": len(names), "refused": refused}}
    return Catalog(entries=entries, name=os.path.basename(found.folder), metadata=facts, ttl=None)


def _write_new(path: str, found: Scan, load: Mapping[str, Any], catalog: Mapping[str, Any]) -> Update:
    names = entry_names(found.recordings, found.folder)
    facts = {**catalog, "n_recordings": len(names), **_refused(found)}
    lines = [*_HEAD.splitlines(), *mapping_lines({"metadata": {"version": 1, SUMMARY: facts}}, 0), ""]
    lines += ["sources:"] if names else ["sources: {}"]
    sources = {name: _entry(one, found.folder, path, load) for name, one in zip(names, found.recordings, strict=True)}
    for name, entry in sources.items():
        lines += [*entry_lines(name, entry), ""]
    write_text(path, "\n".join(lines).rstrip("\n") + "\n")
    if len(sources) >= WORTH_AN_INDEX:
        write_index(path, {"metadata": {"version": 1, SUMMARY: facts}, "sources": sources})
    return Update(path, found, tuple(names), (), ())


def _write_again(
    path: str, found: Scan, load: Mapping[str, Any], catalog: Mapping[str, Any], old: CatalogText
) -> Update:
    sources = old.content["sources"]
    known = {origin_of(entry, path): name for name, entry in sources.items() if isinstance(entry, dict)}
    known.pop(None, None)
    missing = {place: name for place, name in known.items() if place and below_folder(place, found.folder, path)}
    fresh = [one for one in found.recordings if origin(one, found.folder, path) not in known]
    names = dict(zip(map(id, fresh), entry_names(fresh, found.folder, sources), strict=True))
    edits: list[Edit] = []
    if sources:
        at = max(stop for _, stop in old.spans.values())
    else:
        edits, at = old.first_entry()
    for one in found.recordings:
        place = origin(one, found.folder, path)
        if place in known:
            missing.pop(place, None)
            name = known[place]
            edits.append(old.edit(name, ("metadata", SUMMARY), _summary(one, found.folder, path)))
            at = old.spans[name][1]
        else:  # behind the one it follows on
            lines = entry_lines(names[id(one)], _entry(one, found.folder, path, load), old.indent)
            edits.append(Edit(at, at, [*lines, ""]))
    reasons = {one.path: one.reason for one in found.refused}
    gone: list[str] = []
    lost: list[str] = []
    for place, name in missing.items():
        below = below_folder(place, found.folder, path) or "."
        there = found.holds(below)
        mark: dict[str, Any] = {"gone": True}
        if there:
            mark = {"problem": reasons.get(below, "nothing was found there by the last scan")}
        (lost if there else gone).append(name)
        own = said(sources[name].get("metadata"))
        summary = {key: value for key, value in own.items() if key not in ("gone", "problem")}
        edits.append(old.edit(name, ("metadata", SUMMARY), {**summary, "origin": untemplated(place), **mark}))
    if old.content.get("metadata") is None and "metadata" not in old.content:
        head = old.root.value[0][0].start_mark.line
        edits.append(Edit(head, head, mapping_lines({"metadata": {SUMMARY: _facts(old, found, catalog)}}, 0)))
    else:
        edits.append(old.edit(None, ("metadata", SUMMARY), _facts(old, found, catalog)))
    text = edited(old, edits)
    write_text(path, text, instead_of=old.as_read)
    if len(sources) + len(names) >= WORTH_AN_INDEX or os.path.exists(index_path(path)):
        from ecogcat.catalog.indexed import index_text  # imports Intake

        index_text(path, text)
    return Update(path, found, tuple(names.values()), tuple(gone), tuple(lost))


def _facts(old: CatalogText, found: Scan, catalog: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in said(old.content.get("metadata")).items() if key != "refused"}
    return {**own, **catalog, "n_recordings": len(found.recordings), **_refused(found)}


def _refused(found: Scan) -> dict[str, Any]:
    refused = [{"path": one.path, "reason": one.reason} for one in found.refused]
    return {"refused": refused} if refused else {}


def _entry(one: ScannedRecording, folder: str, path: str, load: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "driver": f"ecog_{one.format}",
        "args": {"urlpath": written(joined(folder, one.path), path), **untemplated(one.arguments), **load},
        "metadata": {SUMMARY: _summary(one, folder, path)},
    }


def _summary(one: ScannedRecording, folder: str, path: str) -> dict[str, Any]:
    session = os.path.basename(folder) if one.session == "." else one.session
    summary: dict[str, Any] = untemplated({"origin": origin(one, folder, path), "session": session, **one.summary})
    return summary
