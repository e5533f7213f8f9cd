"""Pipelines: recordings in Intake's newer interface of readers and converters, which Intake imports by itself."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from intake.readers.convert import BaseConverter
from intake.readers.datatypes import BaseData, FileData
from intake.readers.entry import Catalog
from intake.readers.readers import BaseReader

from ecogcat.catalog.remoteentry import without_options
from ecogcat.dataset import Dataset

__all__ = ["DatasetToDask", "Recording", "RecordingReader", "listed_catalog"]

_OPENING = ("format", "electrode", "stream")


class Recording(FileData):
    """A recording of an acquisition system: a file, or the folder that one is."""

    structure = {"array", "timeseries"}  # noqa: RUF012 (Intake's)

    def __init__(self, url: Any, storage_options: Any = None, metadata: Mapping[str, Any] | None = None) -> None:
        if not isinstance(url, (str, os.PathLike)):
            raise TypeError(f"url is the path of one recording, not {url!r}")
        super().__init__(os.fspath(url), storage_options, dict(metadata or {}))

    def __repr__(self) -> str:
        # Intake shows all that it has; keys of a store are for nobody to see.
        shown = {"url": self.url, "storage_options": self.storage_options, "metadata": self.metadata}
        return f"{type(self).__name__}\n{without_options(shown)}"


class RecordingReader(BaseReader):
    """Opens a recording as a dataset: mapped, headers only.

    ``RecordingReader("rec_001.rhd", units="mV").read()`` is ``ecogcat.open_recording("rec_001.rhd", units="mV")``.
    Arguments are those of `ecogcat.open_recording`; their names are looked at when the reader is made, which Intake
    does not do.
    """

    imports = {"ecogcat"}  # noqa: RUF012 (Intake's)
    implements = {Recording}  # noqa: RUF012
    func = "ecogcat:open_recording"
    output_instance = "ecogcat:Dataset"

    def __init__(self, *args: Any, **arguments: Any) -> None:
        ours = {name: value for name, value in arguments.items() if not _is_intakes(name, value)}
        _check_names(ours)
        plain = {name: _plain(value) for name, value in ours.items()}
        intakes = {name: value for name, value in arguments.items() if name not in ours}
        if "url" in intakes and not args:
            args = (intakes.pop("url"),)
        if args and not isinstance(args[0], BaseData):
            args = (Recording(args[0], intakes.pop("storage_options", None)), *args[1:])
        super().__init__(*args, **intakes, **plain)

    def _read(self, *args: Any, **arguments: Any) -> Dataset:
        from ecogcat.catalog.paths import local_path
        from ecogcat.formats.opening import open_recording
        from ecogcat.storage.urls import is_url

        data = args[0] if args else arguments.pop("data")
        _check_names(arguments)  # a call may have changed them
        if is_url(data.url):
            return open_recording(data.url, **{**arguments, "storage_options": data.storage_options})
        return open_recording(local_path(data.url), **arguments)


class DatasetToDask(BaseConverter):
    """The signal of a dataset as a dask array (n_channels, n_samples)."""

    imports = {"dask"}  # noqa: RUF012 (Intake's)
    instances = {"ecogcat:Dataset": "dask.array:Array"}  # noqa: RUF012
    output_instance = "dask.array:Array"

    def run(self, x: Dataset, *args: Any, **kwargs: Any) -> Any:
        """Return the array."""
        from ecogcat.catalog.partitions import dask_array

        return dask_array(x)


def _is_intakes(name: str, value: Any) -> bool:
    """Whether an argument is Intake's; `data` is also one of HDF5 files, the name of a dataset in them."""
    return name in ("args", "metadata", "output_instance", "url", "storage_options") or isinstance(value, BaseData)


def listed_catalog(readers: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> Any:
    """Return a catalog of the newer kind in which names are listed, also after ``to_yaml_file`` and back.

    Intake lists aliases alone; an entry that is added by its name has none, and is there without being seen.

    Parameters
    ----------
    readers : mapping of str to reader
        `RecordingReader`, or any other, and pipelines of them.
    metadata : mapping, optional

    Returns
    -------
    intake.readers.entry.Catalog
    """
    catalog = Catalog(metadata=dict(metadata or {}))
    for name, reader in readers.items():
        if not isinstance(reader, BaseReader):
            raise TypeError(f"a catalog has readers by name, not {reader!r}")
        catalog.aliases[name] = catalog.add_entry(reader.to_entry())
    return catalog


def _check_names(arguments: Mapping[str, Any]) -> None:
    from ecogcat.formats.loading import apply_load_arguments
    from ecogcat.formats.registry import argument_names, find_format, formats

    format = arguments.get("format")
    kinds = [find_format(format)] if isinstance(format, str) else list(formats().values())
    known = {*_OPENING, *argument_names(apply_load_arguments)}
    known = known.union(*(argument_names(one.open) for one in kinds))
    for name in arguments:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            of = f"{format} recordings take" if isinstance(format, str) else "recordings of all formats take"
            raise TypeError(f"{of} no load argument {name!r}{hint}")


def _plain(value: Any) -> Any:
    """Return a value as YAML has it."""
    if isinstance(value, range):
        return list(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
