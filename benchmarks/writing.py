"""The work item that writes: W8, the joined 51 channels to one new HDF5 file; on disk, or in the page cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

import h5py
import numpy as np
from numpy.typing import NDArray

import ecogcat as ec
from benchmarks.data import KEPT, N_SOURCE, RATE, Recordings
from benchmarks.items import Item
from benchmarks.limits import KINDS, unavailable, write_limit
from benchmarks.peers import Hand
from ecogcat.settings import threads


def writing_items(recordings: Recordings) -> list[Item]:
    """Return W8 on one layout: until the file is in the page cache, and until it is on disk."""
    dataset, hand = recordings.dataset(masked=True), Hand(recordings)
    folder = recordings.paths[0].parent
    shape = (len(KEPT), recordings.total)

    def into(name: str, write: Callable[[Path], Any]) -> tuple[int, int]:
        place = folder / f"written_{recordings.layout}_{name}.h5"
        place.unlink(missing_ok=True)
        write(place)
        place.unlink()
        return shape

    @cache
    def resident() -> NDArray[Any]:
        return np.ones(N_SOURCE * recordings.total, np.float32 if recordings.layout == "A" else np.int16)

    def limit(place: Path, sync: bool) -> None:
        write_limit(place, KINDS[recordings.layout], resident(), N_SOURCE, len(KEPT), sync=sync, threads=threads())

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
    limits = [None, None]
    if unavailable() is None:
        limits = [lambda sync=sync: into("limit", partial(limit, sync=sync)) for sync in (True, False)]
    title = "write the joined 51 channels to a new HDF5 file"
    notes = (
        "its limit is a C program that writes the stored numbers (4 bytes a value in A, 2 elsewhere; turned over in D)",
    )
    return [
        Item("W8", recordings.layout, title + ", synced", calls, limits[0], expected=lambda: shape, notes=notes),
        Item(
            "W8 cached",
            recordings.layout,
            title + ", not synced",
            {name: unsynced(call) for name, call in calls.items()},
            limits[1],
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
