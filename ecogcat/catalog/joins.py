"""Join entries: recordings joined by the catalog, the join itself an entry of it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from ecogcat.catalog.laboptions import LATER
from ecogcat.catalog.lookup import MissingEntry, closest, listed, look_if_there
from ecogcat.catalog.opened import Depth
from ecogcat.catalog.paths import ENTRY_FILES, place_of
from ecogcat.catalog.shared import formats_take
from ecogcat.catalog.source import EcogSource, Trail
from ecogcat.catalog.triggered import TRIGGER_ARGUMENTS
from ecogcat.catalog.writing import named_in_a_call, within
from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError
from ecogcat.formats.opening import open_recording
from ecogcat.joining.join import join
from ecogcat.joining.options import JoinOptions
from ecogcat.storage.urls import check_one_store, is_url

__all__ = ["JoinSource"]

_MOST = 100_000  # recordings
_EACH_ITS_OWN = (
    "take them away from the join, and make its parts entries, each with the storage_options of its own store"
)

_JOIN_OPTIONS = tuple(one.name for one in fields(JoinOptions))


class JoinSource(EcogSource):
    """Recordings joined: the join itself as a catalog entry.

    Parameters
    ----------
    parts : sequence of str
        Entries of the same catalog, by name, number or path through nested ones (``"rats/2020-03-01/awake_1"``), or
        paths of recordings; in order of time.
    metadata : mapping, optional
    **arguments
        Options of ``ecogcat.join``; anything else is a load argument of all parts. `channels` is an option where it is
        a word ("inner"), a load argument where it is a list of source channels.
    """

    name = "ecog_join"

    def __init__(self, parts: Sequence[Any], metadata: Mapping[str, Any] | None = None, **arguments: Any) -> None:
        super().__init__({"parts": parts, **arguments}, metadata)

    def _open(self, trail: Trail, depth: Depth) -> tuple[Dataset, bool]:
        options, load = self._sorted_arguments()
        self._options(load.get("storage_options"))
        options.setdefault("name", self._own_name())
        sources = [self._source(part) for part in self._parts()]
        if not trail:
            self._count(sources, (), {})
        if load.get("storage_options"):
            check_one_store(self._told_keys(), _EACH_ITS_OWN)
        opened = [self._part(source, load, trail, depth) for source in sources]
        return join(*(dataset for dataset, _ in opened), **options), any(pending for _, pending in opened)

    def _told_keys(self) -> list[str]:
        _, load = self._sorted_arguments()
        sources = [self._source(part) for part in self._parts()]
        self._count(sources, (), {})
        found: list[str] = []
        for source in sources:
            if isinstance(source, str):
                found += [source] if is_url(source) else super()._told_keys()
            else:
                with source._errors():
                    found += source.configure_new(**load)._told_keys()
        return found

    def _parts(self) -> list[Any]:
        parts = self._arguments["parts"]
        if isinstance(parts, str) or not isinstance(parts, Sequence) or not parts:
            raise TypeError(f"parts is a list of entries or paths, with one at least, not {parts!r}")
        return list(parts)

    def _sorted_arguments(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Tell the options of the join from the load arguments of its parts."""
        known = {*formats_take(), *LATER, *TRIGGER_ARGUMENTS, "format", "stream", "roots", "storage_options"}
        options: dict[str, Any] = {}
        load: dict[str, Any] = {}
        for name, value in self._arguments.items():
            if name == "parts":
                continue
            if name in _JOIN_OPTIONS and (name != "channels" or isinstance(value, str)):
                options[name] = value
            elif name in known:
                load[name] = value
            else:
                near = difflib.get_close_matches(name, [*_JOIN_OPTIONS, *sorted(known)], 1)
                hint = f"did you mean {near[0]}?" if near else f"joining takes {', '.join(_JOIN_OPTIONS)}"
                raise TypeError(f"no option of a join, nor load argument of its parts: {name!r}; {hint}")
        return options, load

    def _part(self, source: Any, load: Mapping[str, Any], trail: Trail, depth: Depth) -> tuple[Dataset, bool]:
        if isinstance(source, str):
            files = {key: self._file(value, source) if key in ENTRY_FILES else value for key, value in load.items()}
            arguments = within({**files, **self._options(load.get("storage_options"))}, self._folder(), self._called)
            return open_recording(source, **arguments), False
        if load:
            called = source._called
            source = source.configure_new(**load)
            if self._folder() is not None:  # what the catalog says of a join is no call
                source._called = called | (self._called & named_in_a_call(load))
        with source._errors():
            opened: tuple[Dataset, bool] = source._open((*trail, self._identity()), depth)
        return opened

    def _identity(self) -> tuple[str, str]:
        """Return catalog and name: nested catalogs are opened anew when looked into, and entries may share a name."""
        catalog = next(self._catalogs(), None)
        if catalog is None:  # out of a pickle: its parts are sources, and it is no one else's
            return str(id(self)), self._own_name() or ""
        return place_of(catalog), self._own_name() or ""

    def _count(self, sources: Sequence[Any], trail: Trail, known: dict[tuple[str, str], int]) -> int:
        """Return how many recordings it joins: joins of joins of joins may be too many, or have no end."""
        here, total = (*trail, self._identity()), 0
        for source in sources:
            own = source._identity() if isinstance(source, JoinSource) else None
            if own is not None and own in here:
                raise CatalogError(f"it is a part of itself: {' > '.join(name for _, name in (*here, own))}")
            if own is not None and own not in known:
                with source._errors():
                    parts = [source._source(part) for part in source._parts()]
                known[own] = source._count(parts, here, known)
            total += 1 if own is None else known[own]
        if total > _MOST:
            raise CatalogError(f"it joins {total:,} recordings, by joins of joins; at most {_MOST:,} can be joined")
        return total

    def _source(self, part: Any) -> Any:
        """Return the source of a part, or the path of its recording."""
        if isinstance(part, EcogSource):
            return part
        if not isinstance(part, (str, os.PathLike)):
            raise TypeError(f"a part is the name of an entry or a path, not {part!r}")
        for catalog in self._catalogs():
            try:
                source = look_if_there(catalog, os.fspath(part))
            except MissingEntry:  # a number that may be several
                continue
            if source is None:
                continue
            if not isinstance(source, EcogSource):
                raise CatalogError(f"part {part!r} is no recording but of driver {type(source).name!r}")
            return source
        path, candidates = self._place(part)
        if path is not None:
            return path
        known = list(dict.fromkeys(name for catalog in self._catalogs() for name in catalog))
        near = closest(os.fspath(part), known)
        raise CatalogError(
            f"part {os.fspath(part)!r} is no entry of the catalog (there are: {listed(known)}), and nothing is at "
            + " nor at ".join(candidates)
            + (f"; did you mean {near[0]!r}?" if near else "")
        )

    def _pickled(self) -> dict[str, Any]:
        # Elsewhere there may be no such catalog: the parts go along as sources, which know their files.
        with self._errors():
            return {**super()._pickled(), "parts": [self._source(part) for part in self._parts()]}
