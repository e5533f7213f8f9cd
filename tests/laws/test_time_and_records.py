"""Laws of time, events, units, loading and records, over datasets of every kind of extent."""

from __future__ import annotations

import multiprocessing
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.arrays import fit_aligned
from ecogcat.parts import rate_ratio
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.source import Source
from ecogcat.testing import laws
from ecogcat.testing.strategies import (
    RATIOS,
    KnownDataset,
    KnownSignal,
    Stored,
    channel_maps,
    datasets,
    events,
    extents,
    joinable,
    signals,
)

Some = tuple[KnownDataset, ...]


def join_all(known: Some) -> ec.Dataset:
    return ec.join(*(one.dataset for one in known))


joined = joinable().map(join_all)
any_dataset = st.one_of(datasets().map(lambda known: known.dataset), joined)


# Time


@given(any_dataset, st.data())
def test_a_cut_is_the_middle_of_the_array(dataset: ec.Dataset, data: st.DataObject) -> None:
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, dataset.n_samples)] * 2)))
    laws.cut_is_the_middle_of_the_array(dataset, start, stop)


@given(any_dataset, st.data())
def test_cuts_of_cuts_are_cuts(dataset: ec.Dataset, data: st.DataObject) -> None:
    a, b, c, d = sorted(data.draw(st.tuples(*[st.integers(0, dataset.n_samples)] * 4)))
    twice = ec.select_time(ec.select_time(dataset, a, d), b - a, c - a)
    if b < c:
        assert twice == ec.select_time(dataset, b, c)
    assert ec.select_time(dataset, 0, dataset.n_samples) == dataset


@given(any_dataset, st.data())
def test_cuts_join_back(dataset: ec.Dataset, data: st.DataObject) -> None:
    laws.cuts_join_back(dataset, data.draw(st.lists(st.integers(0, dataset.n_samples), max_size=4)))


@given(joinable(2), st.data())
def test_the_first_part_is_the_first_dataset(known: Some, data: st.DataObject) -> None:
    a, b = (one.dataset for one in known)
    if b.n_samples:
        laws.first_part_is_the_first_dataset(a, b)


@given(any_dataset, st.data())
def test_locate_and_sample_at_are_inverses(dataset: ec.Dataset, data: st.DataObject) -> None:
    laws.locate_and_sample_at_are_inverses(dataset)
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, dataset.n_samples)] * 2)))
    laws.locate_and_sample_at_are_inverses(ec.select_time(dataset, start, stop))


@given(any_dataset)
def test_wall_clock_is_that_of_the_part(dataset: ec.Dataset) -> None:
    laws.wall_clock_is_that_of_the_part(dataset)


@given(signals(n_samples=None), st.sampled_from(RATIOS), st.integers(0, 90))
def test_aligned_arrays_are_fitted(known: KnownSignal, ratio: Fraction, n_samples: int) -> None:
    array = known.signal.replace(sampling_rate=known.signal.sampling_rate * ratio.numerator / ratio.denominator)
    signal = ec.from_array(np.zeros((1, n_samples)), known.signal.sampling_rate).signal
    assert rate_ratio(array.sampling_rate, signal.sampling_rate) == ratio
    fitted, warning = fit_aligned(array, signal)
    laws.fits_in_step(array, fitted, ratio, n_samples, warning)


def test_places_beyond_two_to_the_31() -> None:
    """Joined lengths that int32 does not hold are ordinary: nothing is stored, so nothing is read."""
    from ecogcat.arrays import signal_of
    from ecogcat.storage.constant import ConstantExtent

    length = 3 * 2**30
    long = [
        ec.Dataset.of(
            signal_of(ConstantExtent(2, length, float(k), np.dtype("f4")), 20000.0, units="uV"),
            name=f"r{k}",
            events=ec.Events([length - 1], {"k": [k]}),
            aligned={
                "adc": signal_of(ConstantExtent(1, -(-length // 60), float(k), np.dtype("f4")), 20000 / 60, units="V")
            },
        )
        for k in range(3)
    ]
    whole = ec.join(*long)
    assert whole.n_samples == 9 * 2**30
    assert [seam.sample for seam in whole.seams] == [length, 2 * length]
    assert whole.events.sample.tolist() == [length - 1, 2 * length - 1, 3 * length - 1]
    assert whole.signal[0, [length - 1, length, 2 * length - 1, -1]].tolist() == [0.0, 1.0, 1.0, 2.0]
    assert whole.signal[1, 2 * length - 2 : 2 * length + 2].tolist() == [1.0, 1.0, 2.0, 2.0]
    table = ec.locate(whole, [2**31, 2**33])
    assert table["part"].tolist() == [0, 2]
    assert table["file_sample"].tolist() == [2**31, 2**33 - 2 * length]
    assert ec.sample_at(whole, part=2, file_sample=2**33 - 2 * length) == 2**33
    cut = ec.select_time(whole, 2 * length - 3, 2 * length + 3)
    assert cut.signal[0].tolist() == [1.0] * 3 + [2.0] * 3
    assert ec.join(long[0], ec.join(long[1], long[2])) == whole


# Events, intervals


@given(events(50), st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_shifts_compose(some: ec.Events, m: int, n: int) -> None:
    laws.shifts_compose(some, m, n)


@given(joinable(3))
def test_intervals_shift_and_unite(known: Some) -> None:
    some = [one.dataset for one in known]
    whole = ec.join(*some).intervals
    starts = np.cumsum([0, *(one.n_samples for one in some)])
    rows = []
    for one, start in zip(some, starts, strict=False):
        rows += [(a + start, b + start, label) for a, b, label in one.intervals[["start", "stop", "label"]].to_numpy()]
    assert [tuple(row) for row in whole[["start", "stop", "label"]].to_numpy()] == rows


# Units


@given(any_dataset, st.data())
def test_unit_conversions_compose(dataset: ec.Dataset, data: st.DataObject) -> None:
    units = st.sampled_from(["u", "m", "n", "", "p"]).map(lambda prefix: prefix + dataset.units[-1])
    laws.units_compose(dataset, data.draw(st.lists(units, max_size=3)), data.draw(units))


@given(joinable(2), st.sampled_from(["u", "m", ""]))
def test_unit_conversion_distributes_over_join(known: Some, prefix: str) -> None:
    a, b = (one.dataset for one in known)
    units = prefix + a.units[-1]
    one = ec.convert_units(ec.join(a, b), units)
    other = ec.join(ec.convert_units(a, units), ec.convert_units(b, units))
    assert one == other
    for alone, own in zip(ec.split(one), ec.split(other), strict=True):
        assert alone == own


# Loading


@given(any_dataset, st.booleans())
def test_loading_changes_nothing(dataset: ec.Dataset, shared: bool) -> None:
    laws.loads_equal(dataset, shared=shared)


@given(any_dataset, st.booleans())
def test_loading_as_a_type_is_reading_as_it(dataset: ec.Dataset, shared: bool) -> None:
    laws.loads_equal(dataset, dtype=np.float64, shared=shared)


@given(joinable(3))
def test_loaded_and_mapped_join_freely(known: Some) -> None:
    # In one unit and without further arrays: what is converted after loading was rounded before.
    bare = (one.dataset.replace(aligned={}, ground=None, reference_channels=None) for one in known)
    a, b, c = (ec.convert_units(one, known[0].dataset.units) for one in bare)
    mapped, mixed = ec.join(a, b, c), ec.join(ec.load(a), b, ec.load(c, shared=True))
    assert ec.equals(mapped, mixed)
    for alone, own in zip(ec.split(mixed), ec.split(mapped), strict=True):
        assert ec.equals(alone, own)


# Records


@given(any_dataset)
def test_records_cannot_be_changed(dataset: ec.Dataset) -> None:
    part = dataset.parts[0]
    pieces = dataset.signal.pieces
    for record in (
        dataset,
        dataset.signal,
        dataset.events,
        part,
        part.opened,
        *pieces,
        *(one.extent for one in pieces),
    ):
        laws.cannot_be_changed(record)
    if dataset.channel_map is not None:
        laws.cannot_be_changed(dataset.channel_map)
    laws.tables_are_copies(dataset)


@given(any_dataset)
def test_copies_of_datasets_are_equal(dataset: ec.Dataset) -> None:
    laws.copies_are_equal(dataset)
    laws.copies_are_equal(dataset.signal)
    laws.copies_are_equal(dataset.events)


@given(channel_maps(), channel_maps())
def test_channel_maps_are_records(one: ec.ChannelMap, other: ec.ChannelMap) -> None:
    laws.cannot_be_changed(one)
    laws.copies_are_equal(one)
    laws.equality_follows_the_token(one, other)


@given(joinable(2))
def test_equality_follows_the_token(known: Some) -> None:
    a, b = (one.dataset for one in known)
    for one, other in ((a, b), (a, a), (ec.join(a, b), ec.join(b, a)), (a, ec.load(a)), (a, a.replace(name="other"))):
        laws.equality_follows_the_token(one, other)
        laws.equality_follows_the_token(one.signal, other.signal)
        laws.equality_follows_the_token(one.events, other.events)
        if one == other:
            assert ec.equals(one, other)


def tokens(dataset: ec.Dataset) -> tuple[str, ...]:
    return dataset.token, dataset.signal.token, dataset.events.token


def test_tokens_are_the_same_in_another_process() -> None:
    drawn: list[ec.Dataset] = []

    @given(any_dataset)
    def collect(dataset: ec.Dataset) -> None:
        drawn.append(dataset)

    collect()
    with multiprocessing.get_context("spawn").Pool(1) as workers:
        assert workers.map(tokens, drawn[-30:]) == [tokens(one) for one in drawn[-30:]]


@given(extents(("channel_major", "interleaved", "blocks", "hdf5_contiguous")))
def test_tokens_are_the_same_after_files_moved(stored: Stored) -> None:
    extent: Any = stored.extent
    if not isinstance(extent, AffineExtent):
        return
    path = Path(extent.source.path)
    moved = path.with_name(f"moved {path.name}")
    shutil.copy(path, moved)
    other = AffineExtent(
        Source.open(moved), extent.dtype, extent.n_samples, extent.base, extent.sample_stride,
        extent.block_len, extent.block_stride,
    )  # fmt: skip
    moved.unlink()
    assert other.token == extent.token


def test_a_changed_number_changes_the_token() -> None:
    one, other = (ec.from_array([[0.0, value]], 1000) for value in (1.0, 2.0))
    assert one.token != other.token
    assert one != other


@pytest.mark.parametrize("name", ["signal", "events", "parts"])
def test_fields_of_a_dataset_are_not_set(name: str) -> None:
    dataset = ec.from_array([[0.0]], 1000)
    with pytest.raises(AttributeError):
        setattr(dataset, name, None)
