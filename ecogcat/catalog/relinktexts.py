"""Relink texts: those of a catalog that may be paths, with where a relative one is looked for; and all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ecogcat.catalog.paths import ENTRY_FILES
from ecogcat.catalog.shared import KEY
from ecogcat.catalog.summary import SUMMARY
from ecogcat.catalog.yamltext import CatalogText
from ecogcat.electrodes.electrode import is_known

__all__ = ["FOLDERS", "NAMES", "NOTED", "ROOTS", "Said", "all_texts", "said_texts"]

ROOTS = ("roots", "tables")

FOLDERS = (*ROOTS, "catalog_dir", "template", "source")
"""What is written without templates: those of Intake do not hold there."""

NAMES = (*ENTRY_FILES, "parts", "conditions")
"""What may be a name, or numbers, as well as a path."""

NOTED = ("origin", "source")
"""What was written down by a scan, or where a session was converted; nothing is opened by it."""

_PATHS = ("urlpath", "path", *ENTRY_FILES, "parts", *ROOTS)
_NOTES = ("metadata", "description")
"""What an entry says of itself; nothing is opened by it."""
_WRITTEN_DOWN = ("folder", "source", "refused", "exclude", "index", "n_recordings")


class Said(NamedTuple):
    """A text of a catalog that may be a path."""

    entry: str
    key: str
    """The argument that it is of; `catalog_dir`, `conditions`, `template`; or one of `NOTED`."""
    node: Any
    roots: tuple[str, ...] = ()
    """Folders, as written, in which a relative one is looked for."""
    before: str = ""
    """The folder that the catalog was in before it was saved elsewhere: something may have stayed there."""
    has_options: bool = False
    """Whether the entry says what a store is reached with."""


def said_texts(text: CatalogText) -> Iterator[Said]:
    """Yield all texts that may be paths: of the catalog as a whole, then of its entries."""
    catalog = dict(pairs(dict(pairs(text.root)).get("metadata")))
    shared = dict(pairs(catalog.get(KEY)))
    roots, tables = _values(shared.get("roots")), _values(shared.get("tables"))
    place = f"metadata: {KEY}"
    for key in ROOTS:
        yield from _said(text, f"{place}: {key}", key, shared.get(key))
    yield from _said(text, f"{place}: path", "template", shared.get("path"), roots)
    for key, noted in (("folder", "origin"), ("source", "source")):
        yield from _said(text, f"{place}: {key}", noted, shared.get(key))
    defaults = dict(pairs(shared.get("defaults")))
    for key in ENTRY_FILES:
        yield from _said(text, f"{place}: defaults: {key}", key, defaults.get(key))
    for key, value in pairs(defaults.get("conditions")):
        if key.endswith("_tab"):
            yield from _said(text, f"{place}: defaults: conditions: {key}", "conditions", value, (*tables, *roots))
    for name, entry in text.nodes.items():
        facts = dict(pairs(entry))
        arguments = dict(pairs(facts.get("args")))
        own = _values(arguments["roots"]) if "roots" in arguments else roots
        before = next(iter(_values(facts.get("catalog_dir"))), "")
        has_options = bool(list(pairs(arguments.get("storage_options"))))
        yield from _said(text, name, "catalog_dir", facts.get("catalog_dir"))
        for key, value in arguments.items():
            if key in _PATHS:
                looked = own if key == "urlpath" else ()
                yield from _said(text, name, key, value, looked, before, has_options)
        for key, value in pairs(arguments.get("conditions")):
            if key.endswith("_tab"):
                yield from _said(text, name, "conditions", value, (*tables, *own), before)
        written_down = dict(pairs(dict(pairs(facts.get("metadata"))).get(SUMMARY)))
        yield from _said(text, name, "origin", written_down.get("origin"))


def all_texts(text: CatalogText) -> Iterator[tuple[str, str, Any]]:
    """Yield all texts of a catalog but notes and what a scan wrote: entry ("": of none), keys, and node."""
    for key, value in pairs(text.root):
        if key == "sources":
            for name, entry in text.nodes.items():
                yield from ((name, ": ".join(keys), node) for keys, node in _within(entry, ()))
        else:
            yield from (("", ": ".join((key, *keys)), node) for keys, node in _within(value, (), key))


def _within(node: Any, keys: tuple[str, ...], top: str = "") -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the texts in a value, each with its keys; `top` is the key of the catalog that it stands under."""
    if isinstance(node.value, str):
        if node.tag.endswith(":str"):
            yield keys, node
        return
    for key, value in pairs(node):
        if top:
            noted = (keys == (KEY,) and key in _WRITTEN_DOWN) or (top == "metadata" and not keys and key != KEY)
        else:
            noted = not keys and key in _NOTES
        if not noted:
            yield from _within(value, (*keys, key), top)
    for value in node.value:
        if not isinstance(value, tuple):
            yield from _within(value, keys, top)


def pairs(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield the keys of a mapping, with their nodes; nothing where there is none."""
    if node is not None and isinstance(node.value, list) and node.value and isinstance(node.value[0], tuple):
        yield from ((key.value, value) for key, value in node.value)


def _said(
    text: CatalogText,
    entry: str,
    key: str,
    value: Any,
    roots: Sequence[str] = (),
    before: str = "",
    has_options: bool = False,
) -> Iterator[Said]:
    for node in _texts(value):
        if _is_path(key, node.value, text):
            yield Said(entry, key, node, tuple(roots), before, has_options)


def _is_path(key: str, value: str, text: CatalogText) -> bool:
    """Return whether what an argument says may be a path: no electrode that is known, no entry nor one of its own."""
    if key == "electrode":
        return not is_known(value)
    return key != "parts" or not (value in text.nodes or value.isdecimal() or value.split("/")[0] in text.nodes)


def _texts(node: Any) -> Iterator[Any]:
    """Yield the texts of a value and of lists in it: no yes, no number, nothing."""
    if node is None:
        return
    if isinstance(node.value, str):
        if node.tag.endswith(":str"):
            yield node
    elif isinstance(node.value, list):
        for one in node.value:
            if not isinstance(one, tuple):
                yield from _texts(one)


def _values(node: Any) -> tuple[str, ...]:
    return tuple(one.value for one in _texts(node))
