"""Lookup: an entry by its name, its number, or its path through nested catalogs."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Iterator, Sequence
from typing import Any

from intake.catalog import Catalog

from ecogcat.errors import CatalogError

__all__ = ["ListedCatalog", "Lookup", "MissingEntry", "closest", "listed", "look_if_there", "look_up", "missing"]

_LISTED = 8  # names that a message has room for
_COMPARED = 2000  # names that a misspelt one is compared with, letter by letter
_NUMBER = re.compile(r"(\d+)$")


class MissingEntry(CatalogError, KeyError):
    """A catalog has no such entry, or several: a CatalogError, and the KeyError that mappings raise."""

    __str__ = Exception.__str__  # that of KeyError puts quotes around the message


class Lookup(Catalog):
    """A catalog whose entries are also found by number and by path, as `look_up` does it."""

    def __getitem__(self, key: Any) -> Any:
        """Return the source, or nested catalog, of an entry."""
        return look_up(self, key)

    def __getattr__(self, item: str) -> Any:
        """Return an entry as an attribute: by its name alone."""
        if item.startswith("_") or (item != "entry" and item not in self._entries):
            raise AttributeError(f"{type(self).__name__!r} has no attribute or entry {item!r}")
        return super().__getattr__(item)

    def further(self, name: str) -> Any:
        """Return the source of a recording that is no entry; None where there is none."""
        return None

    def saved_folder(self, name: str) -> str | None:
        """Return the folder in which the catalog of an entry lay before Intake saved it where it is now."""
        return None


def look_up(cat: Any, key: Any) -> Any:
    """Return the source, or nested catalog, of an entry.

    Parameters
    ----------
    cat : intake Catalog
    key : str, int or tuple of them
        ``"awake_2"``; 2 or ``"2"`` for the recording whose name ends with that number, ``test_002``;
        ``"group/session/test_002"`` or ``("group", "session", 2)`` through nested catalogs. A name
        goes before a number.

    Raises
    ------
    MissingEntry
        If there is none, or if a number may be several.
    """
    if isinstance(key, tuple):
        for one in key:
            cat = look_up(cat, one)
        return cat
    found, inside, name = _looked(cat, _text(key))
    if found is None:
        raise missing(inside, [name])
    return found


def look_if_there(cat: Any, name: str) -> Any:
    """Return what `look_up` does, or None if there is no such entry: no message is made, which takes all names."""
    return _looked(cat, name)[0]


def _looked(cat: Any, name: Any) -> tuple[Any, Any, Any]:
    """Return an entry; or None, and in which catalog what was not found."""
    if not isinstance(name, str) or name in cat:
        return Catalog.__getitem__(cat, name), cat, name
    for before, rest in _splits(name):
        if before in cat:
            return _looked(Catalog.__getitem__(cat, before), rest)
    numbered = _numbered(cat, name)
    if len(numbered) == 1:
        return Catalog.__getitem__(cat, numbered[0]), cat, name
    if numbered:
        raise MissingEntry(f"{name} may be any of {listed(numbered)}; write it out")
    source = cat.further(name) if isinstance(cat, Lookup) else None
    if source is None:
        try:
            source = Catalog.__getitem__(cat, name)  # names of nested entries with dots between, as Intake has them
        except KeyError:
            return None, cat, name
    return source, cat, name


def missing(cat: Any, names: Sequence[str]) -> MissingEntry:
    """Return the error that says which entries a catalog does not have, and what it has."""
    known = list(cat)
    near = [match for name in names for match in closest(name, known)]
    hint = f"; did you mean {', '.join(map(repr, dict.fromkeys(near)))}?" if near else ""
    said = ", ".join(map(repr, names))
    return MissingEntry(f"the catalog has no entry {said}; there are: {listed(known)}{hint}")


def listed(names: Sequence[str]) -> str:
    """Return names in the room that a message has."""
    return ", ".join(names[:_LISTED]) + (f", ... ({len(names):,})" if len(names) > _LISTED else "") or "none"


def closest(name: str, known: Sequence[str]) -> list[str]:
    """Return the name that is meant, perhaps; of very many, one of those with most of its letters at the ends.

    Comparing a name with a hundred thousand takes seconds.
    """
    if len(known) > _COMPARED:
        known = sorted(known, key=lambda one: -_alike(name, one))[:_COMPARED]
    return difflib.get_close_matches(name, known, 1)


def _alike(one: str, other: str) -> int:
    """Return how many letters are the same from the front and from the back."""
    return sum(
        next((k for k, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
        for pairs in (zip(one, other, strict=False), zip(reversed(one), reversed(other), strict=False))
    )


class ListedCatalog(Lookup):
    """Entries without the file that they were read from: what arrives where a catalog was pickled."""

    name = "catalog"


def _numbered(cat: Any, text: str) -> list[str]:
    """Return the recordings whose names end with a number."""
    if not (text.isascii() and text.isdecimal()):
        return []
    number = int(text)
    ending = ((name, _NUMBER.search(name)) for name in cat._entries)
    named = [name for name, found in ending if found is not None and int(found[1]) == number]
    return [name for name in named if not _nested(cat._entries[name])]  # made of those alone


def _text(key: Any) -> Any:
    """Return a number as the text that would be written for it."""
    if isinstance(key, (str, tuple, list, bool)):
        return key
    try:
        return str(operator.index(key))
    except TypeError:
        return key


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Yield the two sides of each slash, the longest first side first."""
    for found in reversed(list(re.finditer("/", name))):
        yield name[: found.start()], name[found.end() :]


def _nested(entry: Any) -> bool:
    return bool(getattr(entry, "_container", getattr(entry, "container", None)) == "catalog")
