"""What is in folders of `.continuous` files, decoded by hand, and golden vectors of the older system."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.conftest import SHARED

RECORD = np.dtype(
    [("timestamp", "<i8"), ("count", "<u2"), ("recording", "<u2"), ("samples", ">i2", 1024), ("marker", "u1", 10)]
)
EVENT = np.dtype(
    [
        *(("timestamp", "<i8"), ("position", "<i2"), ("type", "u1"), ("node", "u1")),
        *(("state", "u1"), ("line", "u1"), ("recording", "<u2")),
    ]
)


class Decoded(NamedTuple):
    """One channel."""

    stored: np.ndarray
    timestamps: np.ndarray
    recordings: np.ndarray


def decode_channel(path: Path) -> Decoded:
    """Decode one file; bytes after the last whole record are left out."""
    data = path.read_bytes()[1024:]
    records = np.frombuffer(data[: len(data) // RECORD.itemsize * RECORD.itemsize], RECORD)
    assert (records["count"] == 1024).all()
    assert (records["marker"] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 255]).all()
    return Decoded(records["samples"].reshape(-1).astype("i2"), records["timestamp"], records["recording"])


def decode_channels(folder: Path, names: list[str]) -> np.ndarray:
    return np.stack([decode_channel(folder / f"{name}.continuous").stored for name in names])


def decode_events(path: Path) -> np.ndarray:
    """The TTL records of a file of events."""
    records = np.frombuffer(path.read_bytes()[1024:], EVENT)
    return records[records["type"] == 3]


def golden(name: str) -> dict[str, np.ndarray]:
    """The expected values of one case of the older system."""
    with np.load(SHARED / "reference/golden" / name / "expected.npz") as file:
        return {key: file[key] for key in file.files}
