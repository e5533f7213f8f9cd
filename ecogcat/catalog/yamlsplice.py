"""Splice: scalars of YAML text replaced where they stand; the rest stays to the character, and that is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from ecogcat.catalog.yamlfile import parsed
from ecogcat.catalog.yamlloader import safe_loader
from ecogcat.catalog.yamlvalues import scalar
from ecogcat.errors import CatalogError

__all__ = ["spliced"]

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+(?:#.*\s+)*)*")
_SAID = ("value", "anchor", "tag", "style", "implicit", "flow_style")
_BLOCK_HEAD = re.compile(r"[|>][+\-0-9]*([ \t]+#.*)?")


def spliced(path: str, text: str, changes: Sequence[tuple[Any, str]]) -> str:
    r"""Return YAML text in which scalars have other values, each on one line; anchors and tags stay.

    Parameters
    ----------
    path : str
        The file, for messages.
    text : str
    changes : sequence of (yaml Node, str)
        Scalars of that text, and the text that each is to be.

    Raises
    ------
    CatalogError
        If the new text would not say what it was meant to, or anything else differently.

    Examples
    --------
    >>> text = "a: &old '/old' # first\r\nb: *old\r\n"
    >>> root = parsed(text, "s.yaml").node
    >>> spliced("s.yaml", text, [(root.value[0][1], "new")])
    'a: &old new # first\r\nb: *old\r\n'
    """
    wanted = {id(node): (node, value) for node, value in changes}  # what has an alias is there once
    pieces: list[str] = []
    at = 0
    for node, value in sorted(wanted.values(), key=lambda one: one[0].start_mark.index):
        start = _behind_properties(node, text)
        pieces += [text[at:start], scalar(value)]
        at = node.end_mark.index
        if node.style in ("|", ">"):  # it ends where the next thing begins
            head = _BLOCK_HEAD.match(text, start)
            pieces.append(head[1] or "" if head else "")
            at = start + len(text[start:at].rstrip())
    whole = "".join([*pieces, text[at:]])
    _check(path, text, whole, {node.start_mark.index: value for node, value in wanted.values()})
    return whole


def _behind_properties(node: Any, text: str) -> int:
    """Return where a scalar itself begins: its mark is that of an anchor or a tag before it."""
    found = _PROPERTIES.match(text, node.start_mark.index)
    return found.end() if found else int(node.start_mark.index)


def _check(path: str, text: str, whole: str, wanted: dict[int, str]) -> None:
    """Compare what the new text says with what it was to say; `wanted` are values by where in the old text each was."""
    import yaml

    for old, new in zip_longest(_events(text), _events(whole)):
        if old is None or type(old) is not type(new):
            raise _misplaced(path, old)
        value = wanted.get(old.start_mark.index) if isinstance(old, yaml.ScalarEvent) else None
        if value is None:
            same = all(getattr(old, name, None) == getattr(new, name, None) for name in _SAID)
        else:
            same = (new.value, new.anchor, new.tag) == (value, old.anchor, old.tag)
            same = same and (bool(new.style) or bool(new.tag) or _is_text(value))
        if not same:
            raise _misplaced(path, old)


def _events(text: str) -> Iterator[Any]:
    """Yield what YAML text says, value by value, with its marks; what is not well formed ends it."""
    import yaml

    loader = safe_loader()(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    except yaml.YAMLError:
        return
    finally:
        loader.dispose()


def _is_text(plain: str) -> bool:
    """Return whether a value is text where it is written without quotes."""
    return isinstance(parsed(plain, plain).content, str)


def _misplaced(path: str, event: Any) -> CatalogError:
    line = f", line {event.start_mark.line + 1}" if event is not None else ""
    return CatalogError(
        f"{path}{line}: a path cannot be replaced where it stands; nothing was written: put it in quotes, on a line of "
        "its own, and run it again"
    )
