"""Splice: scalars of YAML text replaced where they stand; the rest stays to the character, and that is checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ecogcat.catalog.yamlfile import parsed
from ecogcat.catalog.yamlvalues import scalar
from ecogcat.errors import CatalogError

__all__ = ["spliced"]

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+(?:#.*\s+)*)*")
_BLOCK_HEAD = re.compile(r"[|>][+\-0-9]*([ \t]+#.*)?")


def spliced(path: str, text: str, root: Any, changes: Sequence[tuple[Any, str]]) -> str:
    r"""Return YAML text in which scalars have other values, each on one line; anchors and tags stay.

    Parameters
    ----------
    path : str
        The file, for messages.
    text : str
    root : yaml Node
        Of the text.
    changes : sequence of (yaml Node, str)
        Scalars, and the text that each is to be.

    Raises
    ------
    CatalogError
        If the new text would not say what it was meant to, or anything else differently.

    Examples
    --------
    >>> text = "a: &old '/old' # first\r\nb: *old\r\n"
    >>> root = parsed(text, "s.yaml").node
    >>> spliced("s.yaml", text, root, [(root.value[0][1], "new")])
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
    try:
        made = parsed(whole, path).node
    except CatalogError as error:
        raise _misplaced(path, changes[0][0]) from error
    _check(path, root, made, {key: value for key, (_, value) in wanted.items()})
    return whole


def _behind_properties(node: Any, text: str) -> int:
    """Return where a scalar itself begins: its mark is that of an anchor or a tag before it."""
    found = _PROPERTIES.match(text, node.start_mark.index)
    return found.end() if found else int(node.start_mark.index)


def _check(path: str, root: Any, made: Any, wanted: dict[int, str]) -> None:
    """Compare what the new text says with what it was to say; what has aliases is compared once."""
    alike: dict[int, int] = {}
    waiting = [(root, made)]
    while waiting:
        old, new = waiting.pop()
        if alike.get(id(old)) == id(new):
            continue
        if alike.setdefault(id(old), id(new)) != id(new) or old.tag != new.tag or not _same(old, new, wanted, waiting):
            raise _misplaced(path, old)


def _misplaced(path: str, node: Any) -> CatalogError:
    return CatalogError(
        f"{path}, line {node.start_mark.line + 1}: a path cannot be replaced where it stands; nothing was written: put "
        "it in quotes, on a line of its own, and run it again"
    )


def _same(old: Any, new: Any, wanted: dict[int, str], waiting: list[tuple[Any, Any]]) -> bool:
    """Return whether two nodes say the same; what is in them is put on the list of those that wait."""
    if isinstance(old.value, str) or isinstance(new.value, str):
        return bool(wanted.get(id(old), old.value) == new.value)
    if len(old.value) != len(new.value):
        return False
    for one, other in zip(old.value, new.value, strict=True):
        waiting += zip(one, other, strict=True) if isinstance(one, tuple) else [(one, other)]
    return True
