"""Text files: written in one step, where a link leads, with the mode they had, and never over what came meanwhile."""

from __future__ import annotations

import os
import re

from ecogcat.errors import CatalogError
from ecogcat.storage.atomic import written_whole
from ecogcat.storage.disk import check_may_write

__all__ = ["write_text"]

_PASSWORD = re.compile(r"://[^/\s]*:[^/\s]*@")


def write_text(path: str, text: str, *, instead_of: str | None = None) -> None:
    """Write a file at once: whoever reads it meanwhile has the old one or the new one.

    One that is there keeps its mode, and a link stays one: what it leads to is replaced. What holds keys, to a store
    elsewhere, is its owner's alone, whoever wrote it.

    Parameters
    ----------
    path, text : str
    instead_of : str, optional
        What the file held when it was read, to the character.

    Raises
    ------
    CatalogError
        If it holds something else by now; nothing is written.
    """
    check_may_write(path)
    place = os.path.realpath(path)
    mode = os.stat(place).st_mode & 0o777 if os.path.exists(place) else None
    keys = "storage_options" in text or _PASSWORD.search(text) is not None
    with written_whole(place) as part:
        first = 0o666 if mode is None and not keys else 0o600  # never wider than it is going to be
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, first), "wb") as file:
            file.write(text.encode("utf-8"))
        if mode is not None:
            os.chmod(part, mode & 0o700 if keys else mode)
        if instead_of is not None and _content(place) != instead_of.encode("utf-8"):
            raise CatalogError(f"{path}: someone else wrote to it meanwhile; nothing was changed: run it again")


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:  # no longer there
        return None
