"""Small recordings as HDF5 files and in memory, and the comparison that the tests of this folder make."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.source import Source

Array = NDArray[Any]
KINDS = ("memory", "chunked", "contiguous", "filtered", "time first")
LENGTHS = (6, 5, 7)


class Recordings:
    """Makes signals and datasets; what is mapped lies in files of its own in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count()
        self.paths: list[Path] = []

    def extent(self, data: Any, kind: str = "chunked", chunks: Any = True) -> Any:
        data = np.asarray(data)
        if kind == "memory":
            return MemoryExtent(data)
        path = self.folder / f"{next(self._numbers)}.h5"
        stored = data.T if kind == "time first" else data
        storing: dict[str, Any] = {} if kind in ("contiguous", "time first") else {"chunks": chunks}
        if kind == "filtered":
            storing["compression"] = "gzip"
        with h5py.File(path, "w") as file:
            file.create_dataset("data", data=stored, **storing)
        self.paths.append(path)
        with h5py.File(path, "r") as file:
            return hdf5_extent(Source.open(path), file["data"], time_first=kind == "time first")

    def signal(
        self,
        data: Any,
        kind: str = "chunked",
        *,
        rate: float = 1000,
        units: str = "uV",
        names: Sequence[str] | None = None,
        chunks: Any = True,
        **scale: Any,
    ) -> ec.Signal:
        return signal_of(self.extent(data, kind, chunks), rate, units=units, names=names, **scale)

    def dataset(self, data: Any, kind: str = "chunked", *, name: str = "rec", **fields: Any) -> Dataset:
        of = {key: fields.pop(key) for key in ("rate", "units", "names", "chunks", "gain", "offset") if key in fields}
        channel_map = fields.get("channel_map")
        if channel_map is not None:
            of.setdefault("names", channel_map.names)
        return Dataset.of(self.signal(data, kind, **of), name=name, **fields)

    def joined(
        self, kind: str = "chunked", lengths: Sequence[int] = LENGTHS, n_channels: int = 3
    ) -> tuple[Array, ec.Signal]:
        """An array, and the same numbers cut into recordings and joined."""
        full = counting(n_channels, sum(lengths))
        parts = np.split(full, np.cumsum(lengths)[:-1], axis=1)
        datasets = [self.dataset(part, kind, name=f"rec{k}") for k, part in enumerate(parts)]
        return full, ec.join(*datasets).signal

    def digests(self) -> dict[str, str]:
        """What lies in the files, byte for byte."""
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.paths}


def counting(n_channels: int, n_samples: int) -> Array:
    return np.arange(n_channels * n_samples, dtype=float).reshape(n_channels, n_samples)


def grid(sites: Iterable[int], shape: tuple[int, int] = (4, 1)) -> ec.ChannelMap:
    """A map whose channels lie at the given raster numbers and are named after them."""
    codes = list(sites)
    return ec.ChannelMap([divmod(code, shape[1]) for code in codes], shape, names=[f"e{code}" for code in codes])


def assert_same(got: Any, want: Any, asked: object = "") -> None:
    """Equal shape, type and values; a zero-dimensional result is a scalar in both."""
    assert np.shape(got) == np.shape(want), asked
    assert np.asarray(got).dtype == np.asarray(want).dtype, asked
    assert np.array_equal(got, want, equal_nan=np.asarray(want).dtype.kind in "fc"), asked


def assert_indexes_as_numpy(signal: ec.Signal, full: Array, indices: Iterable[Any]) -> None:
    """The same values, or the same exception, for every index."""
    for index in indices:
        want, got = outcome(lambda: full[index]), outcome(lambda: signal[index])  # noqa: B023 - called at once
        if isinstance(want, Exception):
            assert type(got) is type(want), (index, got)
        else:
            assert not isinstance(got, Exception), (index, got)
            assert_same(got, want, index)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return error
