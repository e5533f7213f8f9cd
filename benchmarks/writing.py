"""The work item that writes: W8, the joined 51 channels to one new HDF5 file; on disk, or in the page cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import h5py
import numpy as np

import ecogcat as ec
from benchmarks.data import KEPT, RATE, Recordings
from benchmarks.items import Item
from benchmarks.peers import Hand

_BYTES = 4 << 20  # handed to the system at a time


def writing_items(recordings: Recordings) -> list[Item]:
    """Return W8 on one layout: until the file is in the page cache, and until it is on disk."""
    dataset, hand = recordings.dataset(masked=True), Hand(recordings)
    folder = recordings.paths[0].parent
    shape = (len(KEPT), recordings.total)
    stored = 4 if recordings.layout == "A" else 2
    resident = np.ones(_BYTES, np.uint8)

    def into(name: str, write: Callable[[Path], Any]) -> tuple[int, int]:
        place = folder / f"written_{recordings.layout}_{name}.h5"
        place.unlink(missing_ok=True)
        write(place)
        place.unlink()
        return shape

    def limit(place: Path) -> None:
        """As many bytes as ours has to write, handed to the system from memory, and synced."""
        temporary, total = place.with_suffix(".part"), shape[0] * shape[1] * stored
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for start in range(0, total, _BYTES):
            os.write(descriptor, resident[: min(_BYTES, total - start)].data)
        os.fsync(descriptor)
        os.close(descriptor)
        os.replace(temporary, place)

    def by_hand(place: Path) -> None:
        with h5py.File(place, "w") as file:
            file["Fs"] = RATE
            out = file.create_dataset("chdata", shape, "f4")
            for k in range(len(KEPT)):
                out[k] = hand.read(KEPT[k : k + 1], 0, recordings.total)[0]
        with open(place, "rb+") as file:
            os.fsync(file.fileno())

    def ours(place: Path) -> None:
        ec.write(dataset, place)

    calls = {"h5py": lambda: into("hand", by_hand), "ours": lambda: into("ours", ours)}
    note = "its limit hands as many bytes as are stored (4 a value in A, 2 elsewhere) from memory to the system"
    title, notes = "write the joined 51 channels to a new HDF5 file", (note,)
    return [
        Item(
            "W8", recordings.layout, title + ", synced", calls, lambda: into("limit", limit), 1, lambda: shape, (note,)
        ),
        Item(
            "W8 cached",
            recordings.layout,
            title + ", not synced",
            {name: unsynced(call) for name, call in calls.items()},
            unsynced(lambda: into("limit", limit)),
            expected=lambda: shape,
            notes=notes,
        ),
    ]


def unsynced(call: Callable[[], Any]) -> Callable[[], Any]:
    """Return a call during which nothing is synced: what it takes without the disk."""

    def without() -> Any:
        with mock.patch.object(os, "fsync", return_value=None):
            return call()

    return without
