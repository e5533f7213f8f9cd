"""Laws of intervals, over datasets of every kind of extent, and over small ones with artifacts at their edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.testing import laws
from ecogcat.testing.strategies import KnownDataset, datasets, events, intervals


@st.composite
def noisy(draw: st.DrawFn, n_channels: int = 2) -> ec.Dataset:
    """A recording of small numbers with a few large ones, infinite and missing ones among them."""
    n = draw(st.integers(0, 12))
    values = st.sampled_from([0.0, 1.0, 0.0, -1.0, 2.0, 50.0, -80.0, np.nan, np.inf])
    data = draw(st.lists(st.lists(values, min_size=n, max_size=n), min_size=n_channels, max_size=n_channels))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    dataset = ec.from_array(
        np.array(data, dtype).reshape(n_channels, n), 1000, name=draw(st.sampled_from("abc")), events=draw(events(n))
    )
    table = draw(intervals(n))
    return dataset if table is None else ec.with_intervals(dataset, table)


@st.composite
def ways_to_find(draw: st.DrawFn) -> Any:
    options = {
        "threshold": draw(st.sampled_from([1.5, 3.0, 10.0])),
        "scale": draw(st.sampled_from(["robust", "units"])),
        "min_channels": draw(st.integers(1, 2)),
        "pad": draw(st.integers(0, 4)),
        "label": draw(st.sampled_from(["artifact", "saturated"])),
    }

    def find(dataset: ec.Dataset, **more: Any) -> pd.DataFrame:
        return ec.find_intervals(dataset, **options, **more)

    return find


@given(st.lists(noisy(), min_size=1, max_size=3), st.lists(st.integers(1, 15), max_size=3), ways_to_find())
def test_finding_depends_on_no_block_length(some: list[ec.Dataset], lengths: list[int], find: Any) -> None:
    laws.finding_depends_on_no_block_length(ec.join(*some), lengths, find)


@given(st.lists(noisy(), min_size=1, max_size=3), ways_to_find())
def test_finding_distributes_over_join(some: list[ec.Dataset], find: Any) -> None:
    laws.finding_distributes_over_join(*some, find=find)
    laws.inputs_are_left_alone(find, some[0])


@given(st.lists(noisy(), min_size=1, max_size=4))
def test_intervals_shift_and_unite(some: list[ec.Dataset]) -> None:
    laws.intervals_shift_and_unite(*some)


@pytest.mark.filterwarnings("ignore:no interval is labelled")
@given(st.lists(noisy(), min_size=1, max_size=3), st.sampled_from([None, "artifact", "sleep", "none of this"]))
def test_excluded_samples_count_for_nothing(some: list[ec.Dataset], label: str | None) -> None:
    laws.excluded_samples_count_for_nothing(ec.join(*some), label)


@given(datasets())
def test_intervals_of_every_extent(known: KnownDataset) -> None:
    if known.dataset.signal.dtype.kind != "c" and known.dataset.n_channels:
        laws.finding_depends_on_no_block_length(known.dataset, [1, 3])
    laws.excluded_samples_count_for_nothing(known.dataset)
