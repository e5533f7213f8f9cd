"""The recordings that are read: seeded, made once into a folder, the same values in every layout."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

import ecogcat as ec

RATE = 2000.0
GAIN = 0.195
N_SOURCE = 64
NOT_ELECTRODES = (10, 31, 63)
ELECTRODES = np.array([row for row in range(N_SOURCE) if row not in NOT_ELECTRODES])
MASKED = 10  # the first electrodes, in the items that read 51 channels
KEPT = ELECTRODES[MASKED:]

FULL, QUICK = 843_162, 60_000

LAYOUTS = {
    "A": "float32, HDF5 chunks of (1, about 26,000), no filter",
    "B": "int16 x 0.195, HDF5, channel-major, contiguous",
    "D": "int16 x 0.195, HDF5, time-major, contiguous",
}


@dataclass(frozen=True)
class Recordings:
    """Two recordings in one layout, and the same as one HDF5 virtual dataset of the electrodes."""

    layout: str
    n_samples: int
    paths: tuple[Path, Path]
    virtual: Path

    @property
    def time_first(self) -> bool:
        return self.layout == "D"

    @property
    def total(self) -> int:
        """Samples of both."""
        return 2 * self.n_samples

    def opened(self) -> list[ec.Dataset]:
        """Open both, electrodes only."""
        order = "time_first" if self.time_first else "channels_first"
        return [ec.select_channels(ec.open_recording(path, axis_order=order), ELECTRODES) for path in self.paths]

    def dataset(self, masked: bool) -> ec.Dataset:
        """Return both joined: 61 channels, or 51."""
        keep = np.arange(len(ELECTRODES)) >= (MASKED if masked else 0)
        return ec.join(*(ec.mask_channels(one, keep) for one in self.opened()))

    def joined(self, masked: bool) -> ec.Signal:
        """Return the signal of both joined."""
        return self.dataset(masked).signal


def stored(recording: int, n_samples: int) -> Iterator[tuple[int, NDArray[np.int16]]]:
    """Yield the stored numbers of each source channel of a recording."""
    for row in range(N_SOURCE):
        yield row, np.random.default_rng([recording, row]).integers(-3000, 3000, n_samples, dtype=np.int16)


def expected(rows: NDArray[np.int64], n_samples: int) -> NDArray[np.float32]:
    """Return what every way of reading these source channels of both recordings has to return."""
    out = np.empty((len(rows), 2 * n_samples), np.float32)
    for recording in range(2):
        for row, numbers in stored(recording, n_samples):
            value = (numbers.astype(np.float64) * GAIN).astype(np.float32)
            out[rows == row, recording * n_samples : (recording + 1) * n_samples] = value
    return out


def prepare(folder: Path, n_samples: int, names: Iterable[str] = LAYOUTS) -> dict[str, Recordings]:
    """Make what is not there yet; return some layouts, their files read once so that they are in the page cache."""
    place = folder / str(n_samples)
    place.mkdir(parents=True, exist_ok=True)
    layouts = {}
    for name in LAYOUTS:
        first, second = (place / f"{name}{recording}.h5" for recording in range(2))
        layouts[name] = Recordings(name, n_samples, (first, second), place / f"{name}_virtual.h5")
    for recording in range(2):
        paths = {name: one.paths[recording] for name, one in layouts.items()}
        if not all(path.exists() for path in paths.values()):
            _write(paths, recording, n_samples)
    chosen = {name: layouts[name] for name in names}
    for one in chosen.values():
        if not one.virtual.exists():
            _write_virtual(one)
        for path in one.paths:
            warm(path)
    return chosen


def _write(paths: dict[str, Path], recording: int, n_samples: int) -> None:
    shape = (N_SOURCE, n_samples)
    part = {name: path.with_suffix(".part") for name, path in paths.items()}
    with h5py.File(part["A"], "w") as a, h5py.File(part["B"], "w") as b, h5py.File(part["D"], "w") as d:
        for file in (a, b, d):
            file["Fs"] = RATE
        scaled = a.create_dataset("chdata", shape, "f4", chunks=True)
        counts = b.create_dataset("chdata", shape, "i2")
        turned = np.empty(shape[::-1], np.int16)
        for row, numbers in stored(recording, n_samples):
            scaled[row] = (numbers.astype(np.float64) * GAIN).astype(np.float32)
            counts[row] = numbers
            turned[:, row] = numbers
        d.create_dataset("chdata", data=turned)
    for name, path in paths.items():
        os.replace(part[name], path)


def _write_virtual(one: Recordings) -> None:
    n, time_first = one.n_samples, one.time_first
    dtype = "f4" if one.layout == "A" else "i2"
    layout = h5py.VirtualLayout((one.total, N_SOURCE) if time_first else (len(ELECTRODES), one.total), dtype)
    for recording, path in enumerate(one.paths):
        source = h5py.VirtualSource(path, "chdata", (n, N_SOURCE) if time_first else (N_SOURCE, n), dtype)
        stretch = slice(recording * n, (recording + 1) * n)
        if time_first:
            layout[stretch] = source
        else:
            for channel, row in enumerate(ELECTRODES):
                layout[channel, stretch] = source[int(row)]
    part = one.virtual.with_suffix(".part")
    with h5py.File(part, "w", libver="latest") as file:
        file.create_virtual_dataset("chdata", layout)
    os.replace(part, one.virtual)


def tiny_files(folder: Path, count: int) -> list[Path]:
    """Make small recordings (4 channels x 100 samples), for the cost of opening and joining."""
    place = folder / "tiny"
    place.mkdir(parents=True, exist_ok=True)
    paths = [place / f"{k:04d}.h5" for k in range(count)]
    for k, path in enumerate(paths):
        if not path.exists():
            part = path.with_suffix(".part")
            with h5py.File(part, "w") as file:
                file["Fs"] = RATE
                file["chdata"] = np.random.default_rng(k).integers(-3000, 3000, (4, 100), dtype=np.int16)
            os.replace(part, path)
        warm(path)
    return paths


def warm(path: Path) -> None:
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass
