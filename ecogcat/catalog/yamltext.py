"""YAML text of catalogs: edited line by line where it lies, so that what people wrote, comments too, stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ecogcat.catalog.yamlfile import read_catalog_file
from ecogcat.catalog.yamlvalues import entry_lines, mapping_lines
from ecogcat.errors import CatalogError

__all__ = ["CatalogText", "Edit", "edited", "read_catalog_text"]

_MAP = "tag:yaml.org,2002:map"
_NEW_LINE = re.compile(r"\r\n|\n|\r")
_LINE_ENDS = ("\n", "\r", "\x85", "\u2028", "\u2029")  # of YAML 1.1


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines to be put in place of some: those from `start`, up to but without `stop`."""

    start: int
    stop: int
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class CatalogText:
    """A catalog as text, with the place of each entry.

    Attributes
    ----------
    text : str
        To the character, but for a byte order mark.
    mark : str
        The byte order mark before it, if there is one.
    content : dict
        What it says.
    spans : dict
        Entry name -> first line, and the line behind its last.
    nodes : dict
        Entry name -> node.
    root : node
    indent : int
        Of the entries' names.
    """

    text: str
    mark: str
    content: dict[str, Any]
    spans: dict[str, tuple[int, int]]
    nodes: dict[str, Any]
    root: Any
    indent: int

    @property
    def as_read(self) -> str:
        """What the file held."""
        return self.mark + self.text

    def first_entry(self) -> tuple[list[Edit], int]:
        """Return the line for an entry where there is none yet, and the edits that make room for it."""
        key, value = next(pair for pair in self.root.value if pair[0].value == "sources")
        if self.root.flow_style:
            raise CatalogError("the catalog is written in one line; write it in several to have it edited")
        if value.start_mark.index == value.end_mark.index:  # nothing is said
            return [], int(key.start_mark.line) + 1
        start, stop = int(key.start_mark.line), int(value.end_mark.line) + 1
        behind = self.text[value.end_mark.index :].splitlines()  # a comment, perhaps
        return [Edit(start, stop, ["sources:" + (behind[0] if behind else "").rstrip()])], stop

    def edit(self, name: str | None, keys: Sequence[str], value: Any) -> Edit:
        """Return the edit that gives a key of an entry (None: of the catalog) a value; or the entry anew."""
        found = _edit(self.root if name is None else self.nodes[name], keys, value)
        if found is not None:
            return found
        if name is None:
            raise CatalogError(f"the catalog's {keys[0]} is written in one line; write it in several to have it edited")
        entry = dict(self.content["sources"][name])
        owner: dict[str, Any] = entry
        for key in keys[:-1]:
            owner[key] = dict(owner.get(key) or {})
            owner = owner[key]
        owner[keys[-1]] = value
        start, _ = self.spans[name]
        return Edit(start, _last_line(self.nodes[name]) + 1, entry_lines(name, entry, self.indent))


def read_catalog_text(path: str) -> CatalogText:
    """Read a YAML catalog as text.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    CatalogError
        If it is no catalog in Intake's ``sources:`` form, or not one that ecogcat reads: see `read_catalog_file`.
    """
    file = read_catalog_file(path)
    content, root = file.content, file.node
    sources = _value(root, "sources")
    if not isinstance(content, dict) or not isinstance(content.get("sources") or {}, dict) or sources is None:
        raise CatalogError(f"{path}: a catalog has its entries below `sources:`; there is no such mapping")
    content["sources"] = content.get("sources") or {}
    pairs = sources.value if sources.tag == _MAP else []
    starts = [key.start_mark.line for key, _ in pairs]
    stops = [*starts[1:], _last_line(sources) + 1] if pairs else []
    names = [key.value for key, _ in pairs]
    if pairs and (sources.flow_style or any(a == b for a, b in pairwise(starts))):
        raise CatalogError(f"{path}: the entries lie on one line; write one a line to have the catalog edited")
    spans = dict(zip(names, zip(starts, stops, strict=True), strict=True))
    indent = pairs[0][0].start_mark.column if pairs else 2
    return CatalogText(file.text, file.mark, content, spans, {key.value: node for key, node in pairs}, root, indent)


def edited(old: CatalogText, edits: Sequence[Edit]) -> str:
    """Return a catalog's text with lines of it edited; edits do not overlap, and those at one line come in their order.

    Lines that are not edited stay as they are, with their ends; new ones end as the first of the others does.
    """
    lines = old.text.splitlines(keepends=True)
    found = _NEW_LINE.search(old.text)
    end = found[0] if found else "\n"
    out: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda one: (one.start, one.stop)):
        out += lines[at : edit.start]
        if out and not out[-1].endswith(_LINE_ENDS):
            out[-1] += end
        out += [line + end for line in edit.lines]
        at = max(at, edit.stop)
    return old.mark + "".join([*out, *lines[at:]])


def _value(node: Any, key: str) -> Any:
    """Return the node of a key of a mapping."""
    if node is None or node.tag != _MAP:
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _edit(owner: Any, keys: Sequence[str], value: Any) -> Edit | None:
    """Return the edit that gives a key in nested mappings a value; None where they are written in one line."""
    node = owner
    for depth, key in enumerate(keys):
        if node.tag != _MAP or node.flow_style or not node.value:
            return None
        column = node.value[0][0].start_mark.column
        pair = next((pair for pair in node.value if pair[0].value == key), None)
        nested = value
        for name in reversed(keys[depth + 1 :]):
            nested = {name: nested}
        if pair is None:
            line = _last_line(node) + 1
            return Edit(line, line, mapping_lines({key: nested}, column))
        start, stop = pair[0].start_mark.line, max(_last_line(pair[1]), pair[0].start_mark.line) + 1
        if depth == len(keys) - 1 or pair[1].value in ("", "null", "~", []):
            if pair[0].start_mark.column != column or pair[1].start_mark.line < start:
                return None
            return Edit(start, stop, mapping_lines({key: nested}, column))
        node = pair[1]
    return None


def _last_line(node: Any) -> int:
    """Return the line of the last character of a node; its end mark may lie behind comments that follow."""
    if isinstance(node.value, list) and not node.flow_style:
        last = node.value[-1] if node.value else None
        if last is None:
            return int(node.start_mark.line)
        if not isinstance(last, tuple):
            return _last_line(last)
        key, value = last
        return int(key.end_mark.line) if value.value == "" else max(_last_line(value), int(key.end_mark.line))
    end = node.end_mark
    return int(end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line)
