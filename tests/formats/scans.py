"""Multiplexed recordings that tests write, and what is in them, computed apart from the formats' own code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

STORAGE: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "chunked": {"chunks": (5, 7)},
    "gzip": {"chunks": (5, 7), "compression": "gzip"},
}
ARRANGED = ("cells", "cells time-first", "columns", "columns time-first")


def draw_cells(n_columns: int, n_rows: int, n_frames: int, dtype: str = "<f4", seed: int = 0) -> np.ndarray:
    """Draw volts, shape (n_columns * n_rows, n_frames)."""
    rng = np.random.default_rng([seed, n_columns, n_rows])
    return rng.uniform(-5, 5, (n_columns * n_rows, n_frames)).astype(dtype)


def by_column(cells: np.ndarray, n_rows: int) -> np.ndarray:
    """Put the rows of a frame one after the other: (n_columns, n_frames * n_rows)."""
    n_columns, n_frames = len(cells) // n_rows, cells.shape[1]
    out = np.empty((n_columns, n_frames * n_rows), cells.dtype)
    for column in range(n_columns):
        for row in range(n_rows):
            out[column, row::n_rows] = cells[column * n_rows + row]
    return out


def write_scan(
    path: Path,
    cells: np.ndarray,
    n_rows: int,
    n_columns: int,
    *,
    rate: Any = 500.0,
    arranged: str = "cells",
    storage: str = "contiguous",
    **others: Any,
) -> None:
    """Write a multiplexed recording; others are datasets, also instead of those of its header (None: left out)."""
    stored = cells if arranged.startswith("cells") else by_column(cells, n_rows)
    if arranged.endswith("time-first"):
        stored = np.ascontiguousarray(stored.T)
    header = {"Fs": rate, "numRow": float(n_rows), "numCol": float(n_columns), "numChan": len(cells) / n_rows}
    with h5py.File(path, "w", userblock_size=512 if path.suffix == ".mat" else 0) as file:
        for name, value in (header | others).items():
            if value is not None:
                file[name] = value
        file.create_dataset("data", data=stored, **STORAGE[storage])
    if path.suffix == ".mat":
        with open(path, "r+b") as raw:
            raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def in_uv(volts: np.ndarray, gain: float) -> np.ndarray:
    """Scale in double precision, round once."""
    return (volts.astype("f8") * (1e6 / gain)).astype("f4")
