"""YAML text of catalogs: written by us, or edited where it lies so that what people wrote, comments too, stays."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ecogcat.catalog.yamlfile import read_catalog_file
from ecogcat.errors import CatalogError
from ecogcat.storage.atomic import written_whole
from ecogcat.storage.disk import check_may_write

__all__ = [
    "BRACE",
    "CatalogText",
    "Edit",
    "edited",
    "entry_lines",
    "mapping_lines",
    "read_catalog_text",
    "untemplated",
    "write_text",
]

BRACE = "{{ '{' }}"
"""A brace, to a template."""

_PLAIN = re.compile(r"[A-Za-z_][\w./+()-]*(?: [\w./+()-]+)*")
_WORDS = frozenset(["y", "n", "yes", "no", "true", "false", "on", "off", "null", "none", "nan", "inf"])
_PASSWORD = re.compile(r"://[^/\s]*:[^/\s]*@")
_LINE = 80
_MAP = "tag:yaml.org,2002:map"


def scalar(value: Any) -> str:
    """Return a value on one line, as YAML 1.1 and 1.2 both read it.

    Examples
    --------
    >>> [scalar(one) for one in ("uV", "no", 1e-06, ["a", 2], None, "{{ CATALOG_DIR }}/a.rhd")]
    ['uV', '"no"', '1.0e-06', '[a, 2]', 'null', '"{{ CATALOG_DIR }}/a.rhd"']
    """
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=not value.isprintable())
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(key))}: {scalar(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(scalar(one) for one in value) + "]"
    return scalar(str(value))


def untemplated(value: Any) -> Any:
    """Return a value so written that Intake's templates give it back: braces in names of files are no templates.

    Examples
    --------
    >>> untemplated({"origin": "a {{b}}.rhd", "session": "{1}"})
    {'origin': "a {{ '{' }}{{ '{' }}b}}.rhd", 'session': '{1}'}
    """
    if isinstance(value, str):
        return value.replace("{", BRACE) if any(one in value for one in ("{{", "{%", "{#")) else value
    if isinstance(value, Mapping):
        return {key: untemplated(one) for key, one in value.items()}
    return [untemplated(one) for one in value] if isinstance(value, (list, tuple)) else value


def mapping_lines(mapping: Mapping[str, Any], indent: int) -> list[str]:
    """Return a mapping in block style; lists of plain values lie on one line, lists of mappings on one a mapping."""
    lines: list[str] = []
    space = " " * indent
    for key, value in mapping.items():
        name = scalar(str(key))
        if isinstance(value, Mapping) and value:
            lines += [f"{space}{name}:", *mapping_lines(value, indent + 2)]
        elif isinstance(value, (list, tuple)) and _is_long(value):
            lines += [f"{space}{name}:", *(f"{space}- {scalar(one)}" for one in value)]
        else:
            lines.append(f"{space}{name}: {scalar(value)}")
    return lines


def _is_long(values: Sequence[Any]) -> bool:
    return any(isinstance(one, Mapping) for one in values) or sum(len(str(one)) for one in values) > _LINE


def entry_lines(name: str, entry: Mapping[str, Any], indent: int = 2) -> list[str]:
    """Return an entry of a catalog."""
    return mapping_lines({name: entry}, indent)


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
    lines : list of str
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

    lines: list[str]
    content: dict[str, Any]
    spans: dict[str, tuple[int, int]]
    nodes: dict[str, Any]
    root: Any
    indent: int

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
    lines = file.text.splitlines()
    pairs = sources.value if sources.tag == _MAP else []
    starts = [key.start_mark.line for key, _ in pairs]
    stops = [*starts[1:], _last_line(sources) + 1 if pairs else 0]
    names = [key.value for key, _ in pairs]
    if pairs and (sources.flow_style or any(a == b for a, b in pairwise(starts))):
        raise CatalogError(f"{path}: the entries lie on one line; write one a line to have the catalog edited")
    spans = dict(zip(names, zip(starts, stops, strict=True), strict=True))
    indent = pairs[0][0].start_mark.column if pairs else 2
    return CatalogText(lines, content, spans, {key.value: node for key, node in pairs}, root, indent)


def edited(lines: Sequence[str], edits: Sequence[Edit]) -> str:
    """Return text with its lines edited; edits do not overlap, and those at one line come in their order."""
    out: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda one: (one.start, one.stop)):
        out += lines[at : edit.start]
        out += edit.lines
        at = max(at, edit.stop)
    return "\n".join([*out, *lines[at:]]) + "\n"


def write_text(path: str, text: str) -> None:
    """Write a file at once: whoever reads it meanwhile has the old one or the new one.

    One that is there keeps its mode. What holds keys, to a store elsewhere, is its owner's alone, whoever wrote it.
    """
    check_may_write(path)
    mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else None
    keys = "storage_options" in text or _PASSWORD.search(text) is not None
    with written_whole(os.path.abspath(path)) as part:
        first = 0o666 if mode is None and not keys else 0o600  # never wider than it is going to be
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, first), "wb") as file:
            file.write(text.encode("utf-8"))
        if mode is not None:
            os.chmod(part, mode & 0o700 if keys else mode)


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
