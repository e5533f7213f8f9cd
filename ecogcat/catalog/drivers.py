"""Intake drivers: sources that hold the arguments of a recording, or of a join, and open it when asked."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np
from intake.source.base import DataSource
from numpy.typing import NDArray

from ecogcat.catalog.errors import at_entry
from ecogcat.catalog.partitions import block_edges, dask_array
from ecogcat.catalog.paths import first_existing, places, resolved
from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.formats.opening import load_arguments, open_recording
from ecogcat.formats.registry import formats
from ecogcat.frozen import FrozenMapping
from ecogcat.join import join
from ecogcat.joinplan import JoinOptions

__all__ = ["Hdf5Source", "IntanSource", "JoinSource"]

_FILES = ("electrode", "events")
_JOIN_OPTIONS = tuple(one.name for one in fields(JoinOptions))


class EcogSource(DataSource):  # type: ignore[misc]
    """What the drivers share: everything but how the dataset is opened.

    Parameters
    ----------
    arguments : mapping
        What the entry, or the call, says.
    metadata : mapping, optional
        The entry's own; `catalog_dir` is added by Intake.
    """

    container = "ecogcat"
    version = "1"
    partition_access = True
    catalog_object: Any = None

    def __init__(self, arguments: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> None:
        super().__init__(metadata=dict(metadata or {}))
        self._arguments = dict(arguments)

    # What a driver says

    def _open(self, trail: tuple[str, ...]) -> Dataset:
        """Open the dataset; `trail` are the joins that led here."""
        raise NotImplementedError

    # What Intake asks for

    def read(self) -> Dataset:
        """Open the dataset: mapped, named after the entry, headers only."""
        return self._dataset()

    def discover(self) -> dict[str, Any]:
        """Return dtype, shape, npartitions and metadata: the entry's own, and what the headers say.

        Returns
        -------
        dict
            Where both know a thing the headers win, but for a `start_time` that they do not have.
        """
        dataset = self._dataset()
        found = _facts(dataset)
        if found["start_time"] is None and "start_time" in self.metadata:
            del found["start_time"]
        self._describe(dataset)
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "npartitions": self.npartitions,
            "metadata": {**self.metadata, **found},
        }

    def to_dask(self) -> Any:
        """Return a dask.array (n_channels, n_samples); chunks lie within one part each."""
        return dask_array(self._dataset())

    def read_partition(self, i: int) -> NDArray[Any]:
        """Read block `i` of ``discover()["npartitions"]``: (n_channels, some samples)."""
        dataset = self._dataset()
        edges = block_edges(dataset)
        if not 0 <= i < len(edges) - 1:
            raise IndexError(f"{self._label()}: partition {i} of {len(edges) - 1}")
        return dataset.signal.read(start=int(edges[i]), stop=int(edges[i + 1]))

    def read_chunked(self) -> Iterator[NDArray[Any]]:
        """Iterate over the blocks; together they are the signal."""
        dataset = self._dataset()
        edges = block_edges(dataset).tolist()
        return (dataset.signal.read(start=a, stop=b) for a, b in zip(edges[:-1], edges[1:], strict=True))

    def configure_new(self, **arguments: Any) -> EcogSource:
        """Return a source with some arguments changed."""
        return self._carried(super().configure_new(**arguments))

    __call__ = get = configure_new

    def close(self) -> None:
        """Do nothing: a source holds no file open."""

    def _load_metadata(self) -> None:
        # Not Intake's, which would write what was discovered over the entry's own metadata.
        if self.shape is None:
            self._describe(self._dataset())

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # Intake's own pickles lose the name, and with it the catalog.
        return _rebuild, (type(self), self._pickled(), self._own_name(), self.description)

    # What the drivers need

    def _dataset(self, trail: tuple[str, ...] = ()) -> Dataset:
        with self._errors():
            return self._open(trail)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Name the entry in every error, and what the catalog says to do where files are missing."""
        try:
            yield
        except RecordingNotFound as error:
            remedy = self._if_missing()
            raise RecordingNotFound(f"{self._label()}: {error}" + (f". {remedy}" if remedy else "")) from error
        except Exception as error:
            raise at_entry(error, self._label()) from error

    def _if_missing(self) -> str:
        catalogs = [catalog.metadata or {} for catalog in self._catalogs()]
        return str(next((own["if_missing"] for own in (self.metadata, *catalogs) if "if_missing" in own), ""))

    def _catalogs(self) -> Iterator[Any]:
        """Yield the catalog, and those it was filtered out of: a search result lacks the parts of a join."""
        catalog = self.catalog_object
        while catalog is not None:
            yield catalog
            catalog = getattr(catalog, "cat", None)

    def _own_name(self) -> str | None:
        name = self.__dict__.get("name")
        return None if name is None else str(name)

    def _label(self) -> str:
        name = self._own_name()
        return f"a source of driver {type(self).name}" if name is None else f"catalog entry {name!r}"

    def _folder(self) -> str | None:
        return self.metadata.get("catalog_dir") or None

    def _pickled(self) -> dict[str, Any]:
        return {**self._arguments, "metadata": self.metadata}

    def _carried(self, other: EcogSource) -> EcogSource:
        """Give a changed source what Intake forgets when the source did not come out of a catalog just now."""
        if other._own_name() is None and self._own_name() is not None:
            other.name, other.description = self._own_name(), self.description
            other.catalog_object = other.cat = self.catalog_object
        return other

    def _describe(self, dataset: Dataset) -> None:
        self.dtype, self.shape = dataset.signal.dtype, dataset.signal.shape
        self.npartitions = len(block_edges(dataset)) - 1


class RecordingSource(EcogSource):
    """One recording.

    Parameters
    ----------
    urlpath : path-like
        File or folder; a relative one lies beside the catalog, else in the working directory.
    metadata : mapping, optional
        Anything; it is kept.
    **load_arguments
        Those of ``ecogcat.open_recording``.
    """

    format: ClassVar[str]

    def __init__(
        self, urlpath: str | os.PathLike[str], metadata: Mapping[str, Any] | None = None, **load_arguments: Any
    ) -> None:
        super().__init__({"urlpath": urlpath, **load_arguments}, metadata)

    def _open(self, trail: tuple[str, ...]) -> Dataset:
        arguments = dict(self._arguments)
        urlpath = arguments.pop("urlpath")
        if not isinstance(urlpath, (str, os.PathLike)):
            raise TypeError(f"urlpath is one path, not {urlpath!r}; ecog_join joins several")
        candidates = places(urlpath, self._folder())
        path = first_existing(candidates)
        if path is None:
            raise RecordingNotFound(f"nothing is at {' nor at '.join(candidates)}")
        for key in _FILES:
            if key in arguments:
                arguments[key] = resolved(arguments[key], self._folder())
        if arguments.pop("format", self.format) != self.format:
            raise TypeError(f"driver {self.name or type(self).name} opens {self.format} recordings")
        arguments.setdefault("name", self._own_name())
        return _with_metadata(open_recording(path, self.format, **arguments), self.metadata)


class IntanSource(RecordingSource):
    """An Intan recording: a `.rhd` file, or a folder of consecutive ones."""

    name = "ecog_intan"
    format = "intan"


class Hdf5Source(RecordingSource):
    """An HDF5 recording, in the lab's layout or any other."""

    name = "ecog_hdf5"
    format = "hdf5"


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
            files = {key: resolved(value, self._folder()) if key in _FILES else value for key, value in load.items()}
            return open_recording(source, **files)
        if load:
            source = source.configure_new(**load)
        here = self._own_name() or ""
        if isinstance(source, JoinSource) and source._own_name() in (*trail, here):
            raise CatalogError(f"it is a part of itself: {' > '.join((*trail, here, source._own_name() or ''))}")
        return source._dataset((*trail, here))

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
        candidates = places(part, self._folder())
        path = first_existing(candidates)
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


def _rebuild(cls: type[EcogSource], arguments: dict[str, Any], name: str | None, description: str | None) -> EcogSource:
    source = cls(**arguments)
    source.description = description
    if name is not None:
        source.name = name
    return source


def _with_metadata(dataset: Dataset, metadata: Mapping[str, Any]) -> Dataset:
    """Add the entry's metadata to what the file says of itself."""
    own = {key: value for key, value in metadata.items() if key != "catalog_dir"}
    if not own:
        return dataset
    return dataset.replace(
        name=dataset.name,
        parts=tuple(part.replace(metadata=FrozenMapping({**part.metadata, **own})) for part in dataset.parts),
    )


def _facts(dataset: Dataset) -> dict[str, Any]:
    """Return what the headers say, as plain values."""
    start = dataset.parts[0].start_time
    return {
        "sampling_rate": dataset.sampling_rate,
        "units": dataset.units,
        "n_channels": dataset.n_channels,
        "n_samples": dataset.n_samples,
        "duration": dataset.duration,
        "start_time": None if start is None else np.datetime_as_string(start, unit="us").item(),
        "format": "+".join(dict.fromkeys(part.format for part in dataset.recordings)),
        "aligned": list(dataset.aligned),
        "n_events": len(dataset.events),
    }
