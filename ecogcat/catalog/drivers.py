"""Intake drivers: one source a format; each holds the arguments of a recording and opens it when asked.

The driver of a format is made when it is asked for, by the name of its entry point: ``drivers.ecog_intan``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from ecogcat.catalog.joins import JoinSource
from ecogcat.catalog.paths import ENTRY_FILES, local_path
from ecogcat.catalog.source import EcogSource
from ecogcat.dataset import Dataset
from ecogcat.electrodes.electrode import is_known
from ecogcat.errors import RecordingNotFound
from ecogcat.formats.opening import open_recording
from ecogcat.formats.registry import find_format
from ecogcat.frozen import FrozenMapping
from ecogcat.judgements import judgements_beside

__all__ = ["JoinSource", "RecordingSource", "with_metadata"]

_PREFIX = "ecog_"


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
        path, candidates = self._place(urlpath)
        if path is None:
            raise RecordingNotFound(f"nothing is at {' nor at '.join(candidates)}")
        unjudged = ""
        if isinstance(arguments.get("judgements"), bool):
            wanted = arguments.pop("judgements")
            table = self._judgements() if wanted else ""
            if table and os.path.exists(table):
                arguments["judgements"] = table
            elif table:
                unjudged = f"judgements=True: nobody has judged a channel, there is no table {table}; all are kept"
        for key in ENTRY_FILES:
            if key in arguments and not (key == "electrode" and is_known(arguments[key])):
                arguments[key] = self._file(arguments[key])
        other = arguments.pop("format", self.format)
        if other != self.format:
            raise TypeError(f"the entry's driver opens {self.format} recordings; it takes no format={other!r}")
        arguments.setdefault("name", self._own_name())
        dataset = with_metadata(open_recording(path, self.format, **arguments), self.metadata)
        return _warned(dataset, unjudged) if unjudged else dataset

    def _judgements(self) -> str:
        """Return where the table beside the catalog is, or would be."""
        paths = [path for catalog in self._catalogs() if (path := getattr(catalog, "path", None))]
        if not paths:
            raise TypeError("judgements=True means the table beside a catalog file; here, give its path")
        return judgements_beside(local_path(paths[0]))


@cache
def __getattr__(name: str) -> type[RecordingSource]:
    """Return the driver ``ecog_<format>``: always the same class, so that sources can be pickled."""
    if not name.startswith(_PREFIX):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        format = find_format(name.removeprefix(_PREFIX))
    except ValueError as error:
        raise AttributeError(f"there is no driver {name}: {error}") from error
    fields = {"name": name, "format": format.name, "__doc__": f"{format.title}.", "__module__": __name__}
    return type(name, (RecordingSource,), fields)


def _warned(dataset: Dataset, text: str) -> Dataset:
    parts = tuple(part.replace(warnings=(*part.warnings, text)) for part in dataset.parts)
    return dataset.replace(name=dataset.name, parts=parts)


def with_metadata(dataset: Dataset, metadata: Mapping[str, Any]) -> Dataset:
    """Return the dataset with the entry's metadata beside what the file says of itself."""
    own = {key: value for key, value in metadata.items() if key not in ("catalog_dir", "catalog_dir_before")}
    if not own:
        return dataset
    return dataset.replace(
        name=dataset.name,
        parts=tuple(part.replace(metadata=FrozenMapping({**part.metadata, **own})) for part in dataset.parts),
    )
