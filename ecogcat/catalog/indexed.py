"""Indexed catalogs: a YAML catalog opened by its index, each entry made when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from intake.catalog import Catalog
from intake.catalog.local import CatalogParser

from ecogcat.catalog.index import Index
from ecogcat.catalog.lookup import Lookup
from ecogcat.errors import CatalogError

__all__ = ["IndexedCatalog", "IndexedEntries"]


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
        self._names = dict.fromkeys(index.names() if names is None else names)
        self.all = names is None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Any:
        said = self.index.entry(name) if name in self._names else None
        if said is None:
            raise KeyError(name)
        if "cls" in said:  # Intake would make an object of any class that is named there
            raise CatalogError(f"{self.index.path}: entry {name!r} names a class instead of a driver")
        content = {"metadata": {}, "sources": {name: said}}
        parsed = CatalogParser(content, context={"root": os.path.dirname(self.index.path)})
        if parsed.errors:
            raise CatalogError(f"{self.index.path}: {'; '.join(' '.join(str(one).split()) for one in parsed.errors)}")
        return parsed.data["data_sources"][0]

    def said(self, words: Iterable[str] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the entries as the YAML has them; of those without all of the words, folded, some or none."""
        for name, entry in self.index.entries(words):
            if name in self._names:
                yield name, entry


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
        own = index.metadata if metadata is None else dict(metadata)
        super().__init__(entries=IndexedEntries(index, names), name=None, metadata=own, ttl=None)
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        names = None if self._entries.all else list(self._entries)
        return type(self), (self.path, names, dict(self.metadata))
