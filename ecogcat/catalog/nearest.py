"""Nearest name: what was probably meant by a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Iterable[str], *, most: int = 12) -> str:
    """Return the end of a message: the nearest known name, else all of them if they are few.

    Examples
    --------
    >>> did_you_mean("rots", ["roots", "path"]), did_you_mean("xyz", ["roots", "path"])
    ("; did you mean 'roots'?", '; known are: roots, path')
    """
    listed = list(known)
    near = difflib.get_close_matches(name, listed, 1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known are: {', '.join(listed)}" if 0 < len(listed) <= most else ""
