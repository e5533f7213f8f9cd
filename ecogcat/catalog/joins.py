"""Join entries: recordings joined by the catalog, the join itself an entry of it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from ecogcat.catalog.paths import ENTRY_FILES
from ecogcat.catalog.source import EcogSource
from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError
from ecogcat.formats.opening import load_arguments, open_recording
from ecogcat.formats.registry import formats
from ecogcat.join import join
from ecogcat.joinplan import JoinOptions

__all__ = ["JoinSource"]

_MOST = 100_000  # recordings
_JOIN_OPTIONS = tuple(one.name for one in fields(JoinOptions))


class JoinSource(EcogSource):
    """Recordings joined: the join itself as a catalog entry.

    Parameters
    ----------
    parts : sequence of str
        Entries of the same catalog, or paths, in order of time.
    metadata : mapping, optional
    **arguments
        Options of ``ecogcat.join``; anything else is a load argument of all parts. `channels` is an option where it is
        a word ("inner"), a load argument where it is a list of source channels.
    """

    name = "ecog_join"

    def __init__(self, parts: Sequence[Any], metadata: Mapping[str, Any] | None = None, **arguments: Any) -> None:
        super().__init__({"parts": parts, **arguments}, metadata)

    def _open(self, trail: tuple[str, ...]) -> Dataset:
        options, load = self._sorted_arguments()
        options.setdefault("name", self._own_name())
        if not trail:
            self._count((), {})
        return join(*(self._part(part, load, trail) for part in self._parts()), **options)

    def _parts(self) -> list[Any]:
        parts = self._arguments["parts"]
        if isinstance(parts, str) or not isinstance(parts, Sequence) or not parts:
            raise TypeError(f"parts is a list of entries or paths, with one at least, not {parts!r}")
        return list(parts)

    def _sorted_arguments(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Tell the options of the join from the load arguments of its parts."""
        known = {name for format in formats() for name in load_arguments(format)["argument"]} | {"format", "stream"}
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

    def _part(self, part: Any, load: Mapping[str, Any], trail: tuple[str, ...]) -> Dataset:
        source = self._source(part)
        if isinstance(source, str):
            files = {key: self._file(value) if key in ENTRY_FILES else value for key, value in load.items()}
            return open_recording(source, **files)
        if load:
            source = source.configure_new(**load)
        here = self._own_name() or ""
        if isinstance(source, JoinSource) and source._own_name() in (*trail, here):
            raise CatalogError(f"it is a part of itself: {' > '.join((*trail, here, source._own_name() or ''))}")
        dataset: Dataset = source._dataset((*trail, here))
        return dataset

    def _count(self, trail: tuple[str, ...], known: dict[str, int]) -> int:
        """Return how many recordings it joins: joins of joins of joins may be more than can be opened."""
        here, total = self._own_name() or "", 0
        for part in self._parts():
            source = self._source(part)
            name = source._own_name() or "" if isinstance(source, JoinSource) else None
            if name is not None and name in (*trail, here):
                raise CatalogError(f"it is a part of itself: {' > '.join((*trail, here, name))}")
            if name is not None and name not in known:
                known[name] = source._count((*trail, here), known)
            total += 1 if name is None else known[name]
        if total > _MOST:
            raise CatalogError(f"it joins {total:,} recordings, by joins of joins; at most {_MOST:,} can be joined")
        return total

    def _source(self, part: Any) -> Any:
        """Return the source of a part, or the path of its recording."""
        if isinstance(part, EcogSource):
            return part
        if not isinstance(part, (str, os.PathLike)):
            raise TypeError(f"a part is the name of an entry or a path, not {part!r}")
        listed: dict[str, None] = {}
        for catalog in self._catalogs():
            entries = list(catalog)
            listed.update(dict.fromkeys(entries))
            if part in entries:
                source = catalog[part]
                if not isinstance(source, EcogSource):
                    raise CatalogError(f"part {part!r} is no recording but of driver {type(source).name!r}")
                return source
        path, candidates = self._place(part)
        if path is not None:
            return path
        near = difflib.get_close_matches(os.fspath(part), listed, 1)
        entries_text = ", ".join(listed) or "none"
        raise CatalogError(
            f"part {os.fspath(part)!r} is no entry of the catalog (there are: {entries_text}), and nothing is at "
            + " nor at ".join(candidates)
            + (f"; did you mean {near[0]!r}?" if near else "")
        )

    def _pickled(self) -> dict[str, Any]:
        # Elsewhere there may be no such catalog: the parts go along as sources, which know their files.
        with self._errors():
            return {**super()._pickled(), "parts": [self._source(part) for part in self._parts()]}
