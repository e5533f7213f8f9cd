"""Cells and columns: two views of one extent, whatever it lies in."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.scans import cells_of, columns_of
from ecogcat.storage.source import Source
from tests.formats.scans import STORAGE, by_column


def _read(extent: Extent, channels: np.ndarray, samples: range | np.ndarray) -> np.ndarray:
    out = np.full((len(channels), len(samples) + 2), -1, extent.dtype.newbyteorder("="))
    extent.gather(channels, samples, None, out, 1, len(samples))
    assert (out[:, [0, -1]] == -1).all(), "written beside"
    return out[:, 1:-1]


@pytest.mark.parametrize("storage", [*STORAGE, "memory"])
@pytest.mark.parametrize("time_first", [False, True])
@pytest.mark.parametrize("dtype", ["<i2", ">f4", "<f8"])
@pytest.mark.parametrize(("n_columns", "n_rows", "n_frames"), [(3, 4, 25), (1, 5, 1), (4, 1, 10)])
@pytest.mark.parametrize("stored_by", ["cells", "columns"])
def test_views(
    stored_by: str,
    n_columns: int,
    n_rows: int,
    n_frames: int,
    dtype: str,
    time_first: bool,
    storage: str,
    tmp_path: Path,
) -> None:
    cells = np.arange(n_columns * n_rows * n_frames).reshape(-1, n_frames).astype(dtype)
    columns = by_column(cells, n_rows)
    data = cells if stored_by == "cells" else columns
    if stored_by == "columns" and n_rows > 1:  # part of a frame at the end
        data = np.concatenate([data, data[:, : n_rows - 1]], axis=1)
    if storage == "memory":
        extent: Extent = MemoryExtent(data)
    else:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file.create_dataset("x", data=data.T if time_first else data, **_chunks(storage, data, time_first))
            file.flush()
            extent = hdf5_extent(Source.open(tmp_path / "a.h5"), file["x"], time_first=time_first)
        with h5py.File(tmp_path / "a.h5") as file:
            extent = hdf5_extent(Source.open(tmp_path / "a.h5"), file["x"], time_first=time_first)
    view, wanted = (columns_of(extent, n_rows), columns) if stored_by == "cells" else (cells_of(extent, n_rows), cells)
    assert (view.n_channels, view.n_samples) == wanted.shape
    assert view.sources == extent.sources
    assert isinstance(view, AffineExtent if storage == "contiguous" else object)
    rng = np.random.default_rng(1)
    n = view.n_samples
    for _ in range(6):
        channels = rng.integers(0, view.n_channels, 4)
        start, stop = sorted(rng.integers(0, n + 1, 2).tolist())
        requests = [range(start, stop), range(start, stop, 3), rng.integers(0, n, 7)]
        for samples in requests:
            got = _read(view, channels, samples)
            np.testing.assert_array_equal(got, wanted[channels][:, np.array(samples, int)])


def _chunks(storage: str, data: np.ndarray, time_first: bool) -> dict[str, object]:
    options = dict(STORAGE[storage])
    if "chunks" in options:
        shape = data.T.shape if time_first else data.shape
        options["chunks"] = tuple(min(a, b) for a, b in zip((5, 7), shape, strict=True))
    return options


def test_cells_of_a_long_column_are_read_in_pieces() -> None:
    columns = np.arange(3 << 20, dtype="i4")[None]
    view = cells_of(MemoryExtent(columns), 4)
    assert isinstance(view, ReaderExtent)
    np.testing.assert_array_equal(_read(view, np.array([3]), range(view.n_samples)), columns[:, 3::4])


def test_the_token_tells_views_apart() -> None:
    extent = MemoryExtent(np.zeros((4, 12)))
    tokens = {cells_of(extent, 2).token, cells_of(extent, 3).token, columns_of(extent, 2).token, extent.token}
    assert len(tokens) == 4
    assert cells_of(extent, 2).token == cells_of(MemoryExtent(np.zeros((4, 12))), 2).token
