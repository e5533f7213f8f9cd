"""Laws of intervals: found whatever the block, in each part by itself, shifted and united by join, and left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.tables import unite
from ecogcat.testing.sameness import assert_arrays_same, assert_tables_same

__all__ = [
    "excluded_samples_count_for_nothing",
    "finding_depends_on_no_block_length",
    "finding_distributes_over_join",
    "intervals_shift_and_unite",
]

Find = Callable[..., pd.DataFrame]


def finding_depends_on_no_block_length(
    dataset: Dataset, lengths: Sequence[int], find: Find = ec.find_intervals
) -> None:
    """Assert that intervals are the same however many samples are read at a time, ascend, and stay inside parts."""
    whole = find(dataset)
    for length in lengths:
        assert_tables_same(find(dataset, block_length=length), whole, f"intervals found in blocks of {length}")
    start, stop = (whole[name].to_numpy(np.int64) for name in ("start", "stop"))
    assert (start < stop).all()
    for part in dataset.parts:
        inside = (start >= part.start) & (start < part.stop)
        assert (stop[inside] <= part.stop).all(), f"an interval reaches out of {part.name}"
        assert (start[inside][1:] > stop[inside][:-1]).all(), f"intervals of {part.name} touch"


def finding_distributes_over_join(*datasets: Dataset, find: Find = ec.find_intervals) -> None:
    """Assert that the intervals found in a join are those found in its datasets, shifted; channels are the same."""
    joined = ec.join(*datasets)
    starts = np.cumsum([0, *(one.n_samples for one in datasets)])
    alone = []
    for one, at in zip(datasets, starts, strict=False):
        table = find(one)
        alone.append(table.assign(start=table["start"] + at, stop=table["stop"] + at))
    assert_tables_same(find(joined), unite(alone), "intervals found")


def intervals_shift_and_unite(*datasets: Dataset, join: Callable[..., Dataset] = ec.join) -> None:
    """Assert that a join has the intervals of its datasets, each shifted by what lies before, in united columns."""
    joined = join(*datasets)
    starts = np.cumsum([0, *(one.n_samples for one in datasets)])
    tables = []
    for one, at in zip(datasets, starts, strict=False):
        table = one.intervals
        if len(table):
            tables.append(table.assign(start=table["start"] + at, stop=table["stop"] + at))
    expected = unite(tables) if tables else joined.intervals.iloc[:0]
    got = joined.intervals
    assert len(got) == len(expected)
    if tables:
        assert list(got.columns) == list(expected.columns)
        for name in got.columns:
            assert got[name].isna().tolist() == expected[name].isna().tolist(), name
            assert got[name].dropna().tolist() == expected[name].dropna().tolist(), name


def excluded_samples_count_for_nothing(dataset: Dataset, labels: str | None = None) -> None:
    """Assert that the dataset without some intervals has the other samples and their events, and reduces to theirs."""
    keep = ~_covered(dataset, labels)
    rest = ec.exclude_intervals(dataset, labels)
    values = dataset.signal.read()[:, keep]
    assert_arrays_same(rest.signal.read().astype(values.dtype), values, "samples that remain")
    kept = keep[dataset.events.sample]
    place = np.cumsum(keep) - 1
    assert_arrays_same(rest.events.sample, place[dataset.events.sample[kept]], "events that remain")
    if values.size and values.dtype.kind in "iuf":
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(rest.signal.mean(axis=1), values.mean(axis=1, dtype=np.float64), rtol=1e-9)
    assert rest.name == dataset.name


def _covered(dataset: Dataset, labels: str | None) -> NDArray[np.bool_]:
    covered = np.zeros(dataset.n_samples, bool)
    for row in dataset.intervals.itertuples():
        if labels is None or row.label == labels:
            covered[row.start : row.stop] = True
    return covered
