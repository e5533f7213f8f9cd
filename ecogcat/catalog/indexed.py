"""Indexed catalogs: a YAML catalog opened by its index, each entry looked over and made when it is asked for."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from intake.catalog import Catalog
from numpy.typing import NDArray

from ecogcat.catalog.checked import entries_of
from ecogcat.catalog.columns import Columns
from ecogcat.catalog.index import Index, index_path, write_index
from ecogcat.catalog.lookover import CONTROL, look_over, look_over_entry
from ecogcat.catalog.lookup import Lookup
from ecogcat.catalog.yamlfile import BYTE_ORDER_MARK, CatalogFile, parsed
from ecogcat.errors import CatalogError

__all__ = ["IndexedCatalog", "IndexedEntries", "index_text"]

_DAMAGED = (sqlite3.Error, ValueError, TypeError, KeyError, RecursionError, OSError)


def index_text(path: str, text: str) -> bool:
    """Write the index of a catalog of which this is the text; False if none can be, or the catalog is refused."""
    file = parsed(text.removeprefix(BYTE_ORDER_MARK), path)
    try:
        look_over(file)
    except CatalogError:  # it is said, with the line, where the catalog is opened
        return False
    return write_index(path, file.content)


class IndexedEntries(Mapping[str, Any]):
    """The entries of an index, or some of them, as Intake's.

    Parameters
    ----------
    index : Index
    names : sequence of str, optional
        All by default.
    """

    def __init__(self, index: Index, names: Sequence[str] | None = None) -> None:
        self.index = index
        self._names = dict.fromkeys(_checked(index.names()) if names is None else names)
        self.all = names is None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Any:
        content = {"sources": {name: self.text_of(name)}}
        return entries_of(CatalogFile(self.index.path, "", content, None))[0]

    def text_of(self, name: str) -> dict[str, Any]:
        """Return an entry as the YAML has it, looked over: an index is a file as any other, and may come from anyone.

        Raises
        ------
        KeyError
            If there is none.
        CatalogError
            If it is none that a catalog may have.
        """
        try:
            said = self.index.entry(name) if name in self._names else None
        except _DAMAGED as error:
            raise _damaged(self.index) from error
        if said is None:
            raise KeyError(name)
        look_over_entry(CatalogFile(self.index.path, "", {}, None), name, said, set())
        return said

    def said(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the entries as the YAML has them, looked over."""
        file = CatalogFile(self.index.path, "", {}, None)
        try:
            entries = self.index.entries(self._names)
        except _DAMAGED as error:
            raise _damaged(self.index) from error
        for name, entry in entries:
            look_over_entry(file, name, entry, set())
            yield name, entry

    def columns(self, facts: Iterable[str] | None = None) -> tuple[Columns, NDArray[np.intp]]:
        """Return what the index says by columns, and which of its entries are among these.

        It was looked over when the index was written, and is told, not acted upon: no entry is made of it.
        """
        try:
            columns = self.index.columns(facts)
        except _DAMAGED as error:
            raise _damaged(self.index) from error
        if self.all:
            return columns, np.arange(len(columns.names))
        return columns, np.flatnonzero([name in self._names for name in columns.names])


class IndexedCatalog(Lookup, Catalog):
    """A YAML catalog, or some of its entries, by its index.

    Parameters
    ----------
    path : str
        The YAML file.
    names : sequence of str, optional
        All by default.
    metadata : mapping, optional
        Those of the catalog by default.
    """

    name = "ecog_indexed"

    def __init__(
        self, path: str, names: Sequence[str] | None = None, metadata: Mapping[str, Any] | None = None
    ) -> None:
        index = Index(path)
        try:
            own = index.metadata if metadata is None else dict(metadata)
            entries = IndexedEntries(index, names)
        except _DAMAGED as error:
            raise _damaged(index) from error
        if metadata is None:
            look_over(CatalogFile(path, "", {"metadata": own, "sources": {}}, None))
        self._trail = (os.path.realpath(path),)
        self._saved: dict[str, str | None] = {}
        super().__init__(entries=entries, name=None, metadata=own, ttl=None)
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        names = None if self._entries.all else list(self._entries)
        return _reopened, (self.path, names, dict(self.metadata))

    def saved_folder(self, name: str) -> str | None:
        """Return the folder in which the catalog of an entry lay before Intake saved it where it is now."""
        if name not in self._saved:  # asked several times of each entry that is read
            folder = self._entries.text_of(name).get("catalog_dir") if name in self._entries else None
            self._saved[name] = folder if isinstance(folder, str) and folder else None
        return self._saved[name]


def _reopened(path: str, names: Sequence[str] | None, metadata: Mapping[str, Any]) -> Any:
    """Open a catalog where its pickle arrived: by its index, if that is still of what the YAML says."""
    from ecogcat.catalog.find import chosen
    from ecogcat.catalog.session import open_catalog

    cat = open_catalog(path)  # what is no longer there is no longer found
    if names is None:
        return cat
    if isinstance(cat, IndexedCatalog):
        return IndexedCatalog(path, [name for name in names if name in cat], metadata)
    return chosen(cat, [name for name in names if name in cat])


def _checked(names: list[str]) -> list[str]:
    """Refuse names that would move the cursor of a terminal: they are listed before any entry is made."""
    if CONTROL.search("\n".join(names)):
        odd = next(name for name in names if CONTROL.search(name))
        raise ValueError(f"{odd[:80]!r} is no name of an entry")
    return names


def _damaged(index: Index) -> CatalogError:
    return CatalogError(f"{index_path(index.path)}: this index is damaged; delete it: it is written anew by a scan")
