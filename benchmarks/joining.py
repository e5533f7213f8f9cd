"""The work items that open and join: W1 and W9."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import h5py
import numpy as np
import pandas as pd

import ecogcat as ec
from benchmarks.data import tiny_files
from benchmarks.items import Item
from benchmarks.limits import Limit


def opening_items(folder: Path, counts: tuple[int, ...]) -> list[Item]:
    """W1: open and join some tiny files. The peers open each file and take its shape, or make a virtual dataset."""
    paths = tiny_files(folder, max(counts))
    items = []
    for count in counts:
        some = paths[:count]

        def ours(some: list[Path] = some) -> tuple[int, int]:
            return ec.join(*(ec.open_recording(path) for path in some)).signal.shape

        def by_hand(some: list[Path] = some) -> tuple[int, int]:
            shapes = []
            for path in some:
                with h5py.File(path, "r") as file:
                    shapes.append(file["chdata"].shape)
            return shapes[0][0], sum(n_samples for _, n_samples in shapes)

        def virtual(some: list[Path] = some, place: Path = folder / f"joined_{count}.h5") -> tuple[int, int]:
            return _virtual_join(some, place)

        def bytes_only(some: list[Path] = some) -> None:
            for path in some:
                descriptor = os.open(path, os.O_RDONLY)
                os.read(descriptor, 4096)
                os.close(descriptor)

        calls = {"h5py": by_hand, "virtual": virtual, "ours": ours}
        note = "its limit opens each file and reads the first 4 KiB, from Python"
        items.append(
            Item("W1", str(count), f"open and join {count:,} tiny files", calls, bytes_only,
                 expected=lambda n=count: (4, 100 * n), notes=(note,))
        )  # fmt: skip
    return items


def _virtual_join(paths: list[Path], place: Path) -> tuple[int, int]:
    shapes = []
    for path in paths:
        with h5py.File(path, "r") as file:
            shapes.append(file["chdata"].shape)
    total = sum(n_samples for _, n_samples in shapes)
    layout = h5py.VirtualLayout((shapes[0][0], total), "i2")
    at = 0
    for path, shape in zip(paths, shapes, strict=True):
        layout[:, at : at + shape[1]] = h5py.VirtualSource(path, "chdata", shape, "i2")
        at += shape[1]
    with h5py.File(place, "w", libver="latest") as file:
        return file.create_virtual_dataset("chdata", layout).shape


def joining_item(folder: Path, count: int) -> Item:
    """Return joining open datasets against constructing as many records: a ratio of 0.1 or more is good."""
    datasets = [ec.open_recording(path) for path in tiny_files(folder, count)]
    signals = [one.signal for one in datasets]

    def construct() -> list[ec.Dataset]:
        return [ec.Dataset.of(signal, name="recording") for signal in signals]

    def join() -> tuple[int, int]:
        return ec.join(*datasets).signal.shape

    def join_without_files() -> tuple[int, int]:
        with no_file_opened():
            return join()

    join()  # compiles
    assert join_without_files() == (4, 100 * count)
    return Item(
        "W1 join",
        "",
        f"join {count:,} open datasets",
        {"ours": join},
        construct,
        expected=lambda: (4, 100 * count),
        notes=(f"its limit is constructing {count:,} records; no file is opened, which is checked in every run",),
    )


@contextmanager
def no_file_opened() -> Iterator[None]:
    """Have whatever would open or map a file raise."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"a file was opened: {args[:1]}")

    with (
        mock.patch("builtins.open", refuse),
        mock.patch.object(os, "open", refuse),
        mock.patch.object(mmap, "mmap", refuse),
        mock.patch.object(h5py, "File", refuse),
    ):
        yield


def events_items(sizes: tuple[tuple[int, int], ...]) -> list[Item]:
    """W9: so many events of so many recordings, with two condition columns, put on one clock."""
    items = []
    for count, n_recordings in sizes:
        each = count // n_recordings
        rng = np.random.default_rng(9)
        length = 20 * each
        samples = [np.sort(rng.integers(0, length, each)) for _ in range(n_recordings)]
        tables = [
            pd.DataFrame({"tone": rng.choice([500.0, 1000.0, 2000.0], each), "level": rng.integers(0, 5, each)})
            for _ in range(n_recordings)
        ]
        events = [ec.Events(*one) for one in zip(samples, tables, strict=True)]
        offsets = [k * length for k in range(n_recordings)]
        calls: dict[str, Callable[..., Any]] = {
            "numpy": lambda s=samples, t=tables, o=offsets: _offset_with_numpy(s, t, o),
            "pandas": lambda s=samples, t=tables, o=offsets: _offset_with_pandas(s, t, o),
            "ours": lambda e=events, o=offsets: ec.Events.concatenate(e, o),
        }
        limit = Limit("limit", ("f4", 3, 3, 2 * each * n_recordings))
        title = f"{count:,} events of {n_recordings:,} recordings offset, with two condition columns"
        note = "its limit is copying three columns of 8 bytes"
        layout = f"{count:.0e} of {n_recordings}".replace("+0", "")
        items.append(Item("W9", layout, title, calls, limit, notes=(note,)))
    return items


def _offset_with_numpy(samples: Any, tables: Any, offsets: list[int]) -> tuple[Any, Any, Any]:
    together = np.concatenate([some + offset for some, offset in zip(samples, offsets, strict=True)])
    return together, *(np.concatenate([table[name].to_numpy() for table in tables]) for name in ("tone", "level"))


def _offset_with_pandas(samples: Any, tables: Any, offsets: list[int]) -> pd.DataFrame:
    shifted = [table.assign(sample=some + o) for some, table, o in zip(samples, tables, offsets, strict=True)]
    return pd.concat(shifted, ignore_index=True)


def event_columns(result: Any) -> list[Any]:
    """Return sample, tone and level of what a call of W9 returned."""
    if isinstance(result, ec.Events):
        result = result.table.assign(sample=result.sample)
    if isinstance(result, pd.DataFrame):
        return [result[name].to_numpy() for name in ("sample", "tone", "level")]
    return list(result)
