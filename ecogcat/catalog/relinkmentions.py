"""Relink mentions: whether a text names a folder, drive or URL, anywhere in it and however it is spelt."""

from __future__ import annotations

import ntpath
import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

from ecogcat.catalog.yamlvalues import BRACE
from ecogcat.storage.urls import is_url

__all__ = ["mention_of"]


def mention_of(old: str) -> Callable[[str], bool]:
    r"""Return a function that says whether a text names a folder, or a URL, or something in it.

    Examples
    --------
    >>> [mention_of("/old")(one) for one in ("in '/old'", "/old/a.rhd", "file:///old/a", "/mnt/old/a", "/old_2/a")]
    [True, True, True, False, False]
    >>> [mention_of("D:\\rig")(one) for one in ("d:/RIG/a.rhd", "D:\\rigged")]
    [True, False]
    """
    if is_url(old):
        scheme, _, rest = old.partition("://")
        host, slash, path = rest.partition("/")
        start = f"(?i:{re.escape(scheme)}://([^/\\s]*@)?{re.escape(host.rpartition('@')[2])})"
        place = "|".join(dict.fromkeys(re.escape(one) for one in (slash + path, unquote(slash + path))))
        return _searched(f"{start}({place})")
    windows = ntpath.splitdrive(old)[0] != "" and not old.startswith("/")
    steps = [re.escape(step) for step in re.split(r"[\\/]+" if windows else "/+", old.rstrip("\\/")) if step]
    if not steps:
        return lambda text: text.startswith("/")
    first = "(?<![\\w.~/}\\\\-])|(?<=://)|(?<=://localhost)"
    if windows:
        start = "[\\\\/]{2}" if old.startswith("\\\\") else "/?"
        between = "[\\\\/]+"
        return _searched(f"(?i:({first}){start}{between.join(steps)})")
    return _searched(f"({first})/+{'/+'.join(steps)}")


def _searched(pattern: str) -> Callable[[str], bool]:
    found = re.compile(pattern + "(?=$|[/\\\\\"',;:)\\]}?&])")

    def mentions(text: str) -> bool:
        plain = text.replace(BRACE, "{")
        if ".." in plain:  # it leads elsewhere, perhaps
            plain = (ntpath if "\\" in plain else posixpath).normpath(plain)
        return found.search(plain) is not None

    return mentions
