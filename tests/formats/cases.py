"""Cases: real recordings and golden vectors beside what an independent reader makes of them.

A format's cases are the list `CASES` of a module `tests/formats/cases_<format>.py`. `python -m tests.format_table`
prints them as a table; `tests/formats/test_cases.py` holds each to what it claims.
"""

from __future__ import annotations

import importlib
import pkgutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ecogcat as ec
from tests.conftest import SHARED


@dataclass(frozen=True)
class Oracle:
    """What an independent reader gives.

    Attributes
    ----------
    stored : mapping of array name to integers, shape (n_channels, n_samples)
        "signal" and aligned arrays by name: `signal.read(raw=True)` has to equal them exactly, type included in kind.
    values : mapping of array name to float32, shape (n_channels, n_samples)
        `signal.read()` has to equal them exactly.
    sampling_rate : float, optional
        Hz.
    events : sequence of int, optional
        Samples of the events.
    parts : sequence of int, optional
        Samples of each part.
    """

    stored: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    sampling_rate: float | None = None
    events: Sequence[int] | None = None
    parts: Sequence[int] | None = None


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes
    ----------
    path : str
        Below the folder `shared`; of a zip file, the one folder in it is meant.
    reader : str
        Who made the oracle: "neo", "pynwb", "a plain NumPy decode", "golden".
    oracle : callable
        path -> Oracle; shares no code with the format's module.
    arguments : mapping
        Load arguments; an electrode by its name among the tables of the reference, or ours.
    quirk : str
        The entry of QUIRKS.md, bugs.md or INDEX.md that says why ours differs; empty where it does not.
    """

    path: str
    reader: str
    oracle: Callable[[Path], Oracle]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    quirk: str = ""

    @property
    def label(self) -> str:
        """Path and load arguments."""
        return ", ".join([self.path, *(f"{key}={value}" for key, value in self.arguments.items())])

    def place(self) -> Path:
        """Return where it lies, unpacked."""
        path = SHARED / self.path
        return _unpacked(path) if path.suffix == ".zip" else path

    def open(self) -> ec.Dataset:
        """Open it with ecogcat."""
        arguments = dict(self.arguments)
        table = SHARED / "reference/electrodes" / f"{arguments.get('electrode')}.csv"
        if table.exists():
            arguments["electrode"] = table
        return ec.open_recording(self.place(), **arguments)


_folders: list[tempfile.TemporaryDirectory[str]] = []  # removed at the end of the process


@cache
def _unpacked(path: Path) -> Path:
    _folders.append(tempfile.TemporaryDirectory(prefix="ecogcat_case_"))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(_folders[-1].name)
    (folder,) = Path(_folders[-1].name).iterdir()
    return folder


def all_cases() -> list[Case]:
    """Return the cases of every format."""
    import tests.formats

    names = sorted(one.name for one in pkgutil.iter_modules(tests.formats.__path__) if one.name.startswith("cases_"))
    return [case for name in names for case in importlib.import_module(f"tests.formats.{name}").CASES]


def differences(dataset: ec.Dataset, oracle: Oracle) -> list[str]:
    """Return in what a dataset differs from what the independent reader gives; nothing, if all is well."""
    found = []
    arrays = {"signal": dataset.signal, **dataset.arrays()}
    for raw, wanted in ((True, oracle.stored), (False, oracle.values)):
        for name, values in wanted.items():
            what = f"{name}, {'stored' if raw else 'float32'}"
            if name not in arrays:
                found.append(f"{what}: there is no such array, only {', '.join(arrays)}")
                continue
            got = arrays[name].read(raw=raw)
            if got.shape != values.shape:
                found.append(f"{what}: {got.shape}, expected {values.shape}")
            elif (got.dtype.kind in "iub") != (values.dtype.kind in "iub"):
                found.append(f"{what}: {got.dtype}, expected {values.dtype}")
            elif not np.array_equal(got, values, equal_nan=got.dtype.kind == "f"):
                found.append(f"{what}: {int((got != values).sum()):,} of {got.size:,} values differ")
    if oracle.sampling_rate is not None and dataset.sampling_rate != oracle.sampling_rate:
        found.append(f"rate: {dataset.sampling_rate} Hz, expected {oracle.sampling_rate}")
    if oracle.events is not None and dataset.events.sample.tolist() != list(oracle.events):
        found.append(f"events: {len(dataset.events)}, expected {len(oracle.events)}, or at other samples")
    lengths = [part.n_samples for part in dataset.parts]
    if oracle.parts is not None and lengths != list(oracle.parts):
        found.append(f"parts: {lengths}, expected {list(oracle.parts)}")
    return found
