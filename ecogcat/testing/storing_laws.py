"""Laws of storing: what is written opens as it was, from headers alone, and no source is changed by it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.testing.sameness import assert_datasets_same, assert_tables_same

__all__ = ["opens_as_written", "writing_changes_no_source"]


def opens_as_written(
    dataset: Dataset,
    path: str | os.PathLike[str],
    write: Callable[..., Any] = ec.write,
    open_: Callable[..., Dataset] = ec.open_recording,
    **options: Any,
) -> Dataset:
    """Assert that a dataset written to a path opens equal: values, parts, seams, what was left out, and its pieces.

    Parameters
    ----------
    dataset : Dataset
    path : path-like
        Where nothing is yet.
    write, open_ : callable
        (dataset, path, **options), and path -> Dataset.
    **options
        Of `write`.

    Returns
    -------
    Dataset
        As opened.
    """
    write(dataset, path, **options)
    opened = open_(path)
    assert ec.equals(opened, dataset)
    assert_datasets_same(opened, dataset)
    assert opened.name == dataset.name
    for part, wanted in zip(opened.parts, dataset.parts, strict=True):
        for name in ("paths", "format", "warnings", "history", "processing", "reasons"):
            assert getattr(part, name) == getattr(wanted, name), f"part {part.name}: {name} differs"
        assert part.rows.tolist() == wanted.rows.tolist(), f"part {part.name}: rows differ"
        assert part.opened.names == wanted.opened.names, f"part {part.name}: opened names differ"
        assert part.opened.channel_map == wanted.opened.channel_map, f"part {part.name}: opened map differs"
    for name in ("bandpass", "notches", "reference", "transient_snipped", "history", "metadata", "warnings"):
        assert getattr(opened, name) == getattr(dataset, name), f"{name} differs"
    apart, wanted_apart = ec.split(opened), ec.split(dataset)
    assert len(apart) == len(wanted_apart)
    for one, other in zip(apart, wanted_apart, strict=True):
        assert_datasets_same(one, other)
    assert_tables_same(ec.join(opened, opened).dropped, ec.join(dataset, dataset).dropped, "dropped of a join")
    return opened


def writing_changes_no_source(dataset: Dataset, path: str | os.PathLike[str], **options: Any) -> None:
    """Assert that writing leaves every file that a dataset reads as it was: its bytes, and its modification time."""
    arrays = (dataset.signal, *dataset.arrays().values())
    files = sorted({source.path for array in arrays for source in array.sources})

    def facts() -> list[tuple[bytes, int]]:
        held = []
        for name in files:
            with open(name, "rb") as file:
                held.append((file.read(), os.stat(name).st_mtime_ns))
        return held

    before = facts()
    ec.write(dataset, path, **options)
    assert facts() == before
