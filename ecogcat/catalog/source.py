"""Source: what the Intake drivers share - arguments held, errors that name the entry, Intake's questions answered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from intake.source.base import DataSource
from numpy.typing import NDArray

from ecogcat.catalog.errors import at_entry
from ecogcat.catalog.lookup import Lookup
from ecogcat.catalog.opened import Depth
from ecogcat.catalog.partitions import block_edges, dask_array
from ecogcat.catalog.paths import ENTRY_FILES, first_existing, local_path, places, resolved
from ecogcat.catalog.remoteentry import check_told, without_options
from ecogcat.catalog.savedfolders import saved_folders
from ecogcat.catalog.shared import KEY, SharedSettings, expanded, shared_settings
from ecogcat.catalog.summary import facts_of
from ecogcat.catalog.writing import named_in_a_call
from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.formats.remote import bring_file
from ecogcat.storage.urls import is_url, same_store, shown_url

__all__ = ["EcogSource", "Trail"]

_SAVED_FROM = "catalog_dir_before"

Trail = tuple[tuple[str, str], ...]
"""The joins that led to a source: catalog and name of each."""


class EcogSource(DataSource):
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
    dtype: Any = None
    shape: Any = None
    _carried_along: SharedSettings | None = None
    _called: frozenset[str] = frozenset()
    """Which arguments that decide on writing were said in a call, and not by the catalog."""

    def __init__(self, arguments: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> None:
        super().__init__(metadata=dict(metadata or {}))
        self._arguments = dict(arguments)

    # What a driver says

    def _open(self, trail: Trail, depth: Depth) -> tuple[Dataset, bool]:
        """Open the dataset as far as `depth` says; `trail` are the joins that led here.

        Returned is the dataset, and whether it has events that were not looked for.
        """
        raise NotImplementedError

    def _told_keys(self) -> list[str]:
        """Return the URLs of what would be asked for with the `storage_options` that a call gives.

        Of a recording that is here these are its tables; those of one in a store are asked for as that allows.
        """
        files = (resolved(value, self._folder()) for key, value in self._arguments.items() if key in ENTRY_FILES)
        return [one for one in files if is_url(one)]

    # What Intake asks for

    def read(self) -> Dataset:
        """Open the dataset, named after the entry: headers, and what trigger lines or a copy take."""
        return self._dataset()

    def discover(self) -> dict[str, Any]:
        """Return dtype, shape, npartitions and metadata: the entry's own, and what the headers say.

        Returns
        -------
        dict
            Where both know a thing the headers win, but for a `start_time` that they do not have. `n_events` is None
            where events are looked for on trigger lines, which only `read` does.
        """
        with self._errors():
            dataset, pending = self._open((), "headers")
        found = facts_of(dataset)
        if pending:
            found["n_events"] = None
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
        return dask_array(self._samples())

    def read_partition(self, i: int) -> NDArray[Any]:
        """Read block `i` of ``discover()["npartitions"]``: (n_channels, some samples)."""
        dataset = self._samples()
        edges = block_edges(dataset)
        if not 0 <= i < len(edges) - 1:
            raise IndexError(f"{self._label()}: partition {i} of {len(edges) - 1}")
        return dataset.signal.read(start=int(edges[i]), stop=int(edges[i + 1]))

    def read_chunked(self) -> Iterator[NDArray[Any]]:
        """Iterate over the blocks; together they are the signal."""
        dataset = self._samples()
        edges = block_edges(dataset).tolist()
        return (dataset.signal.read(start=a, stop=b) for a, b in pairwise(edges))

    def configure_new(self, **arguments: Any) -> EcogSource:
        """Return a source with some arguments changed."""
        other = self._carried(super().configure_new(**arguments))
        other._called = self._called | named_in_a_call(arguments)
        return other

    __call__ = get = configure_new

    def close(self) -> None:
        """Do nothing: a source holds no file open."""

    def _load_metadata(self) -> None:
        # Not Intake's, which would write what was discovered over the entry's own metadata.
        if self.shape is None:
            self._describe(self._open((), "headers")[0])

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # Intake's own pickles lose the name, and with it the catalog.
        with self._errors():
            said = type(self), self._pickled(), self._own_name(), self.description, self._shared(), self._called
            return _rebuild, said

    # What the drivers need

    def _dataset(self, trail: Trail = ()) -> Dataset:
        with self._errors():
            return self._open(trail, "all")[0]

    def _samples(self) -> Dataset:
        """Return the dataset for its samples, without the events of trigger lines."""
        with self._errors():
            return self._open((), "samples")[0]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Name the entry in every error, and what the catalog says to do where files are missing."""
        try:
            yield
        except RecordingNotFound as error:
            remedy = self._if_missing()
            further = f". {remedy}" if remedy and remedy not in str(error) else ""
            raise RecordingNotFound(f"{self._label()}: {error}{further}") from error
        except Exception as error:
            raise at_entry(error, self._label()) from error

    def _if_missing(self) -> str:
        catalogs = [catalog.metadata or {} for catalog in self._catalogs()]
        return str(next((own["if_missing"] for own in (self.metadata, *catalogs) if "if_missing" in own), ""))

    def _shared(self) -> SharedSettings:
        """Return what the catalog says of all its recordings; a pickled source has taken it along."""
        if self._carried_along is not None:
            return self._carried_along
        said = (catalog.metadata for catalog in self._catalogs() if KEY in (catalog.metadata or {}))
        return shared_settings(next(said, None))

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

    def _place(self, path: str | os.PathLike[str], roots: Sequence[str] = ()) -> tuple[str | None, list[str]]:
        """Return where something is, and all the places looked at: relative paths are looked for in `roots` first."""
        candidates = self._places(path, roots, None)
        there = first_existing(candidates)
        if there is None and (before := self._before()):
            further = self._was(path, before) if is_url(before) else self._places(path, roots, before)
            candidates = list(dict.fromkeys([*candidates, *further]))
            there = first_existing(candidates)
        return there, candidates

    def _places(self, path: str | os.PathLike[str], roots: Sequence[str], before: str | None) -> list[str]:
        beside = places(path, self._folder(), before=before)
        if is_url(beside[0]):
            if roots and is_url(self._folder()):
                raise CatalogError(
                    f"roots are folders of this machine; the catalog lies at {shown_url(self._folder() or '')}"
                )
            return beside
        text = local_path(path)
        in_roots = [] if os.path.isabs(text) else [os.path.normpath(os.path.join(one, text)) for one in roots]
        return list(dict.fromkeys([*in_roots, *beside]))

    def _was(self, path: str | os.PathLike[str], before: str) -> list[str]:
        """Return the URL of what lay beside the catalog while that was on another machine; none of what did not."""
        text, folder = os.fspath(path), (self._folder() or "").rstrip("/\\")
        try:
            return places(text[len(folder) :].lstrip("/\\") if folder and text.startswith(folder) else text, before)
        except CatalogError:
            return []

    def _options(self, own: Any) -> dict[str, Any]:
        """Return how a store is reached, as keywords: what the entry or the call says, else what opened the catalog.

        Raises
        ------
        CatalogError
            If a catalog on another machine says it: what is asked for from there, and with whose keys, is ours to say.
        """
        if is_url(self._folder()):
            catalogs = list(self._catalogs())
            entries = (catalog._entries.get(self._own_name()) for catalog in catalogs)
            check_told(next((entry.describe().get("args") for entry in entries if entry is not None), None))
            if own is None:
                own = next(filter(None, (vars(catalog).get("storage_options") for catalog in catalogs)), None)
        return {} if own is None else {"storage_options": own}

    def __repr__(self) -> str:
        # Intake shows all arguments; keys of a store are for nobody to see.
        return without_options(self._yaml())

    def _ipython_display_(self) -> None:
        print(repr(self))

    def _file(self, value: Any, recording: str) -> Any:
        """Return the path or URL of a further file of the entry of a recording; other values as they are."""
        found = resolved(value, self._folder())
        if isinstance(found, str) and not is_url(found) and not os.path.exists(found) and (before := self._before()):
            if not is_url(before):
                return resolved(value, self._folder(), before=before)
            found = next(iter(self._was(value, before)), found)
        if is_url(found) and isinstance(value, str) and os.path.splitext(os.path.basename(value)) == (value, ""):
            theirs = not is_url(recording) or same_store(recording, found)
            try:
                bring_file(found, **(self._options(self._arguments.get("storage_options")) if theirs else {}))
            except RecordingNotFound:
                return value  # the name of an electrode
        return found

    def _folders(self, texts: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return `expanded` folders of the catalog; behind them where they were before it was saved elsewhere."""
        folders, lacking = expanded(texts, self._folder())
        before = self._before()
        old = expanded(texts, before)[0] if before and self._folder() else []
        return list(dict.fromkeys([*folders, *old])), lacking

    def _before(self) -> str | None:
        """Return the folder of the catalog before Intake saved it elsewhere, where recordings may have stayed."""
        if is_url(self._folder()):  # where that lay here is nothing that a catalog elsewhere may say
            return None
        if _SAVED_FROM in self.metadata:
            return str(self.metadata[_SAVED_FROM])
        name = self._own_name() or ""
        folder = next(filter(None, (_saved_folder(catalog, name) for catalog in self._catalogs())), None)
        return None if folder is None else folder if is_url(folder) else local_path(folder)

    def _pickled(self) -> dict[str, Any]:
        before = self._before()
        along = {} if before is None else {_SAVED_FROM: before}
        options = self._options(self._arguments.get("storage_options"))
        return {**self._arguments, **options, "metadata": {**self.metadata, **along}}

    def _carried(self, other: EcogSource) -> EcogSource:
        """Give a changed source what Intake forgets when the source did not come out of a catalog just now."""
        if other._own_name() is None and self._own_name() is not None:
            other.name, other.description = self._own_name(), self.description
            other.catalog_object = other.cat = self.catalog_object
        other._carried_along = self._carried_along
        return other

    def _describe(self, dataset: Dataset) -> None:
        self.dtype, self.shape = dataset.signal.dtype, dataset.signal.shape
        self.npartitions = len(block_edges(dataset)) - 1


def _saved_folder(catalog: Any, name: str) -> str | None:
    if isinstance(catalog, Lookup):
        return catalog.saved_folder(name)
    text = vars(catalog).get("text")  # of a catalog that Intake opened
    return saved_folders(text).get(name) if isinstance(text, str) else None


def _rebuild(
    cls: type[EcogSource],
    arguments: dict[str, Any],
    name: str | None,
    description: str | None,
    shared: SharedSettings,
    called: frozenset[str],
) -> EcogSource:
    source = cls(**arguments)
    source._called = called
    source.description, source._carried_along = description, shared
    if name is not None:
        source.name = name
    return source
