"""Laws of time: cuts, clocks and places, units, and arrays that stay in step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.parts import rate_ratio
from ecogcat.signal import Signal
from ecogcat.testing.joining_laws import restricted
from ecogcat.testing.sameness import assert_arrays_same, assert_datasets_same, assert_signals_same, assert_tables_same

__all__ = [
    "cut_is_the_middle_of_the_array",
    "cuts_join_back",
    "first_part_is_the_first_dataset",
    "fits_in_step",
    "locate_and_sample_at_are_inverses",
    "shifts_compose",
    "units_compose",
    "wall_clock_is_that_of_the_part",
]


def cut_is_the_middle_of_the_array(dataset: Dataset, start: int, stop: int) -> None:
    """Assert that ``select_time`` takes the samples, events and intervals in start..stop, and ceil(t * r) of arrays."""
    cut = ec.select_time(dataset, start, stop)
    # Compared in the whole's type: where pieces differ in type, some of them alone may make a narrower one.
    assert_arrays_same(cut.signal.read().astype(dataset.signal.dtype), dataset.signal.read()[:, start:stop])
    inside = (dataset.events.sample >= start) & (dataset.events.sample < stop)
    assert_arrays_same(cut.events.sample, dataset.events.sample[inside] - start, "events")
    for (_, row), (_, own) in zip(cut.events.table.iterrows(), dataset.events.table[inside].iterrows(), strict=True):
        for name in cut.events.table.columns:
            missing = bool(pd.isna(row[name])), bool(pd.isna(own[name]))
            assert all(missing) or (not any(missing) and row[name] == own[name]), f"{name} of an event"
    times = dataset.times("wall")[start:stop]
    assert_arrays_same(cut.times("wall"), times, "wall-clock times")
    for name, array in dataset.arrays().items():
        ratio = rate_ratio(array.sampling_rate, dataset.sampling_rate)
        pieces, first = [array.read()[:, :0]], 0
        values = array.read()
        for part in dataset.parts:
            here = [_ceil((part.file_start + k) * ratio) - _ceil(part.file_start * ratio) for k in (0, part.n_samples)]
            a, b = (min(max(edge, part.start), part.stop) - part.start for edge in (start, stop))
            if a < b:
                edges = [first + _ceil((part.file_start + k) * ratio) - _ceil(part.file_start * ratio) for k in (a, b)]
                pieces.append(values[:, edges[0] : edges[1]])
            first += here[1]
        expected = np.concatenate(pieces, axis=1)
        assert_arrays_same(cut.arrays()[name].read().astype(array.dtype), expected, name)


def _ceil(number: Fraction) -> int:
    return math.ceil(number)


def cuts_join_back(dataset: Dataset, cuts: Sequence[int]) -> None:
    """Assert that a dataset cut anywhere and joined again is the dataset: no sample of an array is lost or repeated."""
    edges = [0, *sorted(cuts), dataset.n_samples]
    again = ec.join(*(ec.select_time(dataset, a, b) for a, b in pairwise(edges)))
    assert again.n_samples == dataset.n_samples
    assert_datasets_same(again, dataset, seams=False)
    assert_arrays_same(again.times("wall"), dataset.times("wall"), "wall-clock times")


def first_part_is_the_first_dataset(a: Dataset, *others: Dataset) -> None:
    """Assert ``select_time(join(a, b), 0, len(a))`` equals a restricted to the common channels."""
    joined = ec.join(a, *others)
    cut = ec.select_time(joined, 0, a.n_samples)
    expected = restricted(a, joined)
    assert ec.equals(cut, expected)
    assert_datasets_same(cut, expected, seams=False)
    assert_tables_same(cut.intervals, expected.intervals, "intervals")


def locate_and_sample_at_are_inverses(dataset: Dataset) -> None:
    """Assert that each sample is found in its part and file, and from there again; gaps are found nowhere."""
    table = ec.locate(dataset, np.arange(dataset.n_samples))
    assert len(table) == dataset.n_samples
    at = 0
    for k, part in enumerate(dataset.parts):
        rows = table.iloc[at : at + part.n_samples]
        if part.kind == "gap":
            assert rows.isna().all(axis=None)
        else:
            assert rows["part"].tolist() == [k] * part.n_samples
            assert rows["file_sample"].tolist() == list(range(part.file_start, part.file_start + part.n_samples))
            found = ec.sample_at(dataset, part=k, file_sample=rows["file_sample"].to_numpy(np.int64))
            assert np.asarray(found).tolist() == list(range(at, at + part.n_samples))
            for outside in (part.file_start - 1, part.file_start + part.n_samples):
                try:
                    ec.sample_at(dataset, part=k, file_sample=outside)
                except IndexError:
                    continue
                raise AssertionError(f"sample {outside} was found in part {k}")
        at += part.n_samples
    from_the_end = ec.locate(dataset, np.arange(-dataset.n_samples, 0))
    assert_tables_same(from_the_end, table, "samples counted from the end")


def wall_clock_is_that_of_the_part(dataset: Dataset) -> None:
    """Assert that the time of a sample is its part's start time and its index in the file over the part's own rate."""
    times = dataset.times("wall")
    assert_arrays_same(
        times, ec.locate(dataset, np.arange(dataset.n_samples))["wall_time"].to_numpy(times.dtype), "times"
    )
    for part in dataset.recordings:
        here = times[part.start : part.stop]
        if part.recorded_at is None:
            assert np.isnat(here).all()
            continue
        rate = Fraction(part.sampling_rate).limit_denominator(1_000_000)
        for k, time in enumerate(here):
            exact = Fraction(part.file_start + k) / rate * 10**9
            assert abs(int((time - part.recorded_at).astype(np.int64)) - exact) <= 1, f"sample {k} of {part.name}"


def fits_in_step(array: Signal, fitted: Signal, ratio: Fraction, n_samples: int, warning: str | None) -> None:
    """Assert that an aligned array was made ceil(n_samples * r) long: trimmed, or padded with NaN (0 in integers)."""
    want = _ceil(n_samples * ratio)
    assert fitted.n_samples == want
    assert (warning is None) == (array.n_samples == want)
    kept = min(want, array.n_samples)
    assert fitted.dtype == array.dtype or want < array.n_samples, "padding changed the type"
    assert_arrays_same(fitted[:, :kept].astype(array.dtype), array[:, :kept])
    rest = fitted[:, kept:]
    assert np.isnan(rest).all() if rest.dtype.kind in "fc" else not rest.any()


def units_compose(dataset: Dataset, by_way: Sequence[str], to: str) -> None:
    """Assert that converting by way of other units is converting at once, and that converting back is exact."""
    detour = dataset
    for units in by_way:
        detour = ec.convert_units(detour, units)
    direct = ec.convert_units(dataset, to)
    arrived = ec.convert_units(detour, to)
    assert arrived == direct, "the recipes differ"
    assert_signals_same(arrived.signal, direct.signal)
    back = ec.convert_units(arrived, dataset.units)
    assert back == ec.convert_units(dataset, dataset.units), "converting back is not exact"
    assert_signals_same(back.signal, dataset.signal)


def shifts_compose(events: Events, m: int, n: int) -> None:
    """Assert ``shift(m).shift(n) == shift(m + n)``, and that shifting changes samples alone."""
    assert events.shift(m).shift(n) == events.shift(m + n)
    assert_arrays_same(events.shift(m).sample, events.sample + m)
    assert_tables_same(events.shift(m).table, events.table)
    assert events.shift(m).shift(-m) == events
