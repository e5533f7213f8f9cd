"""Shared settings: what a YAML catalog says of all its recordings, under `metadata: ecog:`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ecogcat.catalog.laboptions import KNOWN, LATER, OURS
from ecogcat.catalog.nearest import did_you_mean
from ecogcat.catalog.paths import local_path, places
from ecogcat.catalog.triggered import TRIGGER_ARGUMENTS
from ecogcat.errors import CatalogError
from ecogcat.formats.loading import apply_load_arguments
from ecogcat.formats.registry import argument_names, formats
from ecogcat.frozen import FrozenMapping
from ecogcat.storage.urls import is_url, shown_url

__all__ = ["KEY", "SharedSettings", "expanded", "formats_take", "known_settings", "shared_settings"]

KEY = "ecog"
_LISTS = ("roots", "tables")
_KEPT = ("session", "group", "notes", "summary", "source", "folder", "exclude", "n_recordings", "refused", "index")
_KEYS = (*_LISTS, "path", "defaults", *_KEPT)
"""What may stand under `metadata: ecog:`. What people note there and what a scan found is kept, not interpreted."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACE = re.compile(r"\{(\w+)\}")
_FOLDER = re.compile(r"\{\{\s*CATALOG_DIR\s*\}\}")


@dataclass(frozen=True, slots=True)
class SharedSettings:
    """Settings of all recordings of a catalog.

    Parameters
    ----------
    roots : tuple of str
        Folders in which relative paths of recordings are looked for, in order; as written.
    tables : tuple of str
        Folders in which table files of conditions are looked for, before all others; as written.
    path : str
        Template of the paths of recordings that have none, such as ``"{animal}/{name}.h5"``.
    defaults : mapping
        Load settings; those of a recording and of the call go before.
    """

    roots: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    path: str = ""
    defaults: Mapping[str, Any] = field(default_factory=FrozenMapping)

    def __post_init__(self) -> None:
        object.__setattr__(self, "defaults", FrozenMapping(self.defaults))

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return type(self), (self.roots, self.tables, self.path, dict(self.defaults))

    def filled(self, facts: Mapping[str, Any]) -> str:
        """Return the path of a recording by the template.

        Raises
        ------
        CatalogError
            If it names what is not known of the recording.

        Examples
        --------
        >>> SharedSettings(path="{animal}/{name}.h5").filled({"name": "rec_1", "animal": "rat-17"})
        'rat-17/rec_1.h5'
        """

        def fill(found: re.Match[str]) -> str:
            if facts.get(found[1]) is None:
                raise CatalogError(f"path: {self.path}: {found[1]!r} is not known{did_you_mean(found[1], facts)}")
            return str(facts[found[1]])

        return _PLACE.sub(fill, self.path)


def shared_settings(metadata: Mapping[str, Any] | None) -> SharedSettings:
    """Return the settings that a catalog's metadata hold.

    Raises
    ------
    CatalogError
        If something under `ecog:` is not known, or not what it should be.

    Examples
    --------
    >>> shared_settings({"ecog": {"roots": ["/data", "${NETWORK}/data"], "defaults": {"units": "mV"}}}).roots
    ('/data', '${NETWORK}/data')
    >>> shared_settings({"ecog": {"rots": ["/data"]}})
    Traceback (most recent call last):
    ecogcat.errors.CatalogError: metadata: ecog: no 'rots' is known; did you mean 'roots'?
    """
    said = (metadata or {}).get(KEY)
    if said is None:
        return SharedSettings()
    if not isinstance(said, Mapping):
        raise CatalogError(f"metadata: ecog: has names with values, such as roots: [/data], not {said!r}")
    for name in said:
        if name not in _KEYS:
            raise CatalogError(f"metadata: ecog: no {name!r} is known{did_you_mean(str(name), _KEYS)}")
    lists = {name: _listed(name, said.get(name)) for name in _LISTS}
    path = said.get("path") or ""
    if not isinstance(path, str):
        raise CatalogError(f"metadata: ecog: path is text such as '{{name}}.h5', not {path!r}")
    defaults = said.get("defaults") or {}
    if not isinstance(defaults, Mapping):
        raise CatalogError(f"metadata: ecog: defaults are load settings by name, not {defaults!r}")
    for name in defaults:
        if name not in known_settings():
            near = did_you_mean(str(name), known_settings())
            raise CatalogError(f"metadata: ecog: defaults: no load setting {name!r} is known{near}")
    return SharedSettings(lists["roots"], lists["tables"], path, defaults)


@cache
def known_settings() -> frozenset[str]:
    """Return the load settings of all formats, and those under which a session asks for what is left out."""
    return frozenset({*formats_take(), *TRIGGER_ARGUMENTS, *LATER, *KNOWN, *OURS.values()} - {"name"})


@cache
def formats_take() -> frozenset[str]:
    """Return the load arguments of all formats."""
    each = (argument_names(format.open) for format in formats().values())
    return frozenset().union(argument_names(apply_load_arguments), *each)


def expanded(texts: Iterable[str], folder: str | None) -> tuple[list[str], list[str]]:
    """Return folders with environment variables put in, relative ones beside the catalog.

    Parameters
    ----------
    texts : sequence of str
        As written: ``${NAME}``, ``~`` and ``{{ CATALOG_DIR }}`` are understood.
    folder : str or None
        That of the catalog.

    Returns
    -------
    folders : list of str
    lacking : list of str
        Those that name a variable that is not set, and which, in words.

    Examples
    --------
    >>> expanded(["/data", "${NOT_SET}/data"], None)
    (['/data'], ['${NOT_SET}/data (the environment variable NOT_SET is not set)'])
    """
    folders: list[str] = []
    lacking: list[str] = []
    for text in texts:
        unset = [name for name in _VARIABLE.findall(text) if not os.environ.get(name)]
        if unset:
            lacking.append(f"{text} (the environment variable {unset[0]} is not set)")
            continue
        if is_url(folder):
            raise CatalogError(
                f"{text}: roots and tables are folders of this machine; the catalog lies at {shown_url(folder or '')}"
            )
        here = _FOLDER.sub(lambda _: local_path(folder) if folder else ".", text)
        place = local_path(_VARIABLE.sub(lambda found: os.environ[found[1]], here))
        folders.append(places(place, folder)[0])
    return folders, lacking


def _listed(name: str, said: Any) -> tuple[str, ...]:
    folders = [] if said is None else [said] if isinstance(said, str) else said
    if not isinstance(folders, Sequence) or not all(isinstance(one, str) and one for one in folders):
        raise CatalogError(f"metadata: ecog: {name} is a list of folders, not {said!r}")
    return tuple(folders)
