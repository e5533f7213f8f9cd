"""YAML values: plain values as text of a catalog, which YAML 1.1, YAML 1.2 and Intake's templates read alike."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["BRACE", "entry_lines", "mapping_lines", "scalar", "untemplated"]

BRACE = "{{ '{' }}"
"""A brace, to a template."""

_PLAIN = re.compile(r"[A-Za-z_][\w./+()-]*(?: [\w./+()-]+)*")
_WORDS = frozenset(["y", "n", "yes", "no", "true", "false", "on", "off", "null", "none", "nan", "inf"])
_LINE = 80


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
