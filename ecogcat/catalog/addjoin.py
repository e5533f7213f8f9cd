"""Adding a join: a join kept as an entry of a catalog, its parts entries beside it; nothing is copied."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ecogcat.catalog.index import index_path
from ecogcat.catalog.rows import rows_of
from ecogcat.catalog.session import open_catalog
from ecogcat.catalog.textfile import write_text
from ecogcat.catalog.yamlfile import read_catalog_file
from ecogcat.catalog.yamltext import CatalogText, Edit, edited, read_catalog_text
from ecogcat.catalog.yamlvalues import entry_lines, mapping_lines
from ecogcat.errors import CatalogError
from ecogcat.storage.disk import check_may_write
from ecogcat.storage.urls import is_url, shown_url

__all__ = ["add_join"]

_HERE = "{{ CATALOG_DIR }}"


def add_join(
    catalog: str,
    names: Sequence[str],
    output: str,
    options: Mapping[str, Any],
    load: Mapping[str, Any] | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Write a join into a catalog: a new one, or one that is there, such as `catalog` itself.

    Parameters
    ----------
    catalog : str
        The YAML catalog that has the parts.
    names : sequence of str
        Entries of it.
    output : str
        The YAML catalog that is to have the join.
    options : mapping
        Those of the join, with `name`, which the entry gets.
    load : mapping, optional
        Load arguments of all parts. `save_downsampled` is left out: reading an entry writes nothing by itself.
    overwrite : bool
        Whether an entry of that name is replaced.
    """
    if is_url(catalog):
        raise CatalogError(
            f"{shown_url(catalog)}: a join of a catalog at a URL is no entry of another; write it as .h5"
        )
    check_may_write(output)
    source, target = os.path.abspath(catalog), os.path.abspath(output)
    name = str(options["name"])
    told = {key: value for key, value in options.items() if key != "name"}
    args = {"parts": list(names), **told, **_kept(load or {}, os.path.dirname(target))}
    new: dict[str, Any] = {name: {"driver": "ecog_join", "args": args}}
    old = read_catalog_text(target) if os.path.exists(target) else None
    if old is not None and name in old.content["sources"] and not overwrite:
        raise CatalogError(f"{output} has an entry {name!r}; choose another --name, or say --overwrite")
    if target != source:
        have = {} if old is None else old.content["sources"]
        new = {**_parts(source, names, target, have, output), **new}
    if old is None:
        lines = ["# Written by `ecogcat join`: the join is an entry, nothing was copied."]
        lines += [*mapping_lines({"metadata": {"version": 1}}, 0), "", "sources:"]
        for key, entry in new.items():
            lines += [*entry_lines(key, entry), ""]
        write_text(target, "\n".join(lines).rstrip("\n") + "\n")
        return
    text = edited(old, _edits(old, new, name))
    write_text(target, text, instead_of=old.as_read)
    if os.path.exists(index_path(target)):
        from ecogcat.catalog.indexed import index_text  # imports Intake

        index_text(target, text)


def _kept(load: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Return load arguments of a call as those of an entry of a catalog in a folder."""
    kept = {key: value for key, value in load.items() if key != "save_downsampled"}
    store = kept.get("store_path")
    if isinstance(store, str) and not is_url(store):  # said as it is seen from the working directory
        place = os.path.abspath(os.path.expanduser(store))
        within = place.startswith(os.path.join(folder, ""))
        kept["store_path"] = os.path.relpath(place, folder) if within else place
    return kept


def _edits(old: CatalogText, new: Mapping[str, Any], name: str) -> list[Edit]:
    edits, end = ([], max(stop for _, stop in old.spans.values())) if old.spans else old.first_entry()
    for key, entry in new.items():
        if key == name and key in old.spans:
            edits.append(Edit(*old.spans[key], entry_lines(key, entry, old.indent)))
        elif key not in old.spans:
            edits.append(Edit(end, end, entry_lines(key, entry, old.indent)))
    return edits


def _parts(source: str, names: Sequence[str], target: str, have: Mapping[str, Any], output: str) -> dict[str, Any]:
    """Return the entries of the parts, as seen from the other catalog's folder."""
    content = read_catalog_file(source).content["sources"]
    known = {row.name for row in rows_of(open_catalog(source))}
    lacking = [one for one in names if one not in content or one not in known]
    if lacking:
        raise CatalogError(f"{source}: no entry is called {lacking[0]!r}")
    found: dict[str, Any] = {}
    for one in names:
        entry = _seen_from(content[one], os.path.dirname(source), os.path.dirname(target))
        if one in have and have[one].get("args") != entry.get("args"):
            raise CatalogError(f"{output} has another entry {one!r}; write the join into a file of its own")
        found[one] = entry
        nested = entry.get("args", {}).get("parts", []) if entry.get("driver") == "ecog_join" else []
        found |= _parts(source, [part for part in nested if part in content], target, have, output) if nested else {}
    return found


def _seen_from(value: Any, folder: str, other: str) -> Any:
    """Return an entry with the paths in it as they are seen from another folder."""
    if isinstance(value, dict):
        return {key: _seen_from(one, folder, other) for key, one in value.items()}
    if isinstance(value, list):
        return [_seen_from(one, folder, other) for one in value]
    if not isinstance(value, str) or folder == other or _HERE not in value:
        return value
    try:
        between = os.path.relpath(folder, other).replace(os.sep, "/")
    except ValueError:  # another drive
        return value.replace(_HERE, folder)
    return value.replace(_HERE, f"{_HERE}/{between}")
