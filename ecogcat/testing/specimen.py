"""Specimen: one recording that a format's reader is tested on, its content, its files and copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.signal import Signal

__all__ = ["Reader", "Specimen", "assert_same", "copy_of", "facts_of", "files_of", "values_of"]

Reader: TypeAlias = Callable[[Path], Dataset]


@dataclass
class Specimen:
    """One recording under test.

    Parameters
    ----------
    reader : callable
        path -> Dataset.
    path : Path
    rng : numpy.random.Generator
    expected : dict
        Values that must be read, by name of array.
    """

    reader: Reader
    path: Path
    rng: np.random.Generator
    expected: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def dataset(self) -> Dataset:
        """As the reader opens it."""
        return self.reader(self.path)

    @cached_property
    def whole(self) -> dict[str, NDArray[Any]]:
        """All of it, in memory."""
        return values_of(self.dataset)

    def signals(self) -> dict[str, Signal]:
        """Signal and further arrays, by name."""
        return {"signal": self.dataset.signal, **self.dataset.arrays()}


def values_of(dataset: Dataset) -> dict[str, NDArray[Any]]:
    """Read everything in a dataset, by name of array."""
    return {name: array.read() for name, array in {"signal": dataset.signal, **dataset.arrays()}.items()}


def assert_same(a: Mapping[str, NDArray[Any]], b: Mapping[str, NDArray[Any]], what: str) -> None:
    """Raise unless two recordings hold the same arrays."""
    assert list(a) == list(b), f"{what}: arrays {list(a)}, expected {list(b)}"
    for name, values in a.items():
        assert values.dtype == b[name].dtype, f"{what}: {name} is {values.dtype}, expected {b[name].dtype}"
        np.testing.assert_array_equal(values, b[name], f"{what}: {name}")


def facts_of(path: Path) -> dict[str, tuple[bytes, int, int]]:
    """Return content, size and modification time of everything in the recording, and the names beside it."""
    inside = sorted(path.rglob("*")) if path.is_dir() else [path]
    facts = {str(one): (one.read_bytes(), *_stamp(one)) for one in inside if one.is_file()}
    return facts | {str(one): (b"", 0, 0) for one in path.parent.iterdir() if one != path}


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def files_of(dataset: Dataset) -> list[Path]:
    """Return the files that a dataset names or reads."""
    named = [Path(path) for part in dataset.parts for path in part.paths]
    named += [Path(source.path) for array in (dataset.signal, *dataset.arrays().values()) for source in array.sources]
    return list(dict.fromkeys(named))


def copy_of(case: Specimen, folder: Path) -> Path:
    """Copy a recording into another folder, under its own name (it may carry the time of day); return the copy."""
    target = folder / case.path.name
    if case.path.is_dir():
        shutil.copytree(case.path, target)
        return target
    for file in dict.fromkeys([case.path, *files_of(case.dataset)]):
        place = folder / file.resolve().relative_to(case.path.resolve().parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
        place.chmod(0o644)
    return target
