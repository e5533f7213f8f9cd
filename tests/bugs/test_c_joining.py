"""C: joining recordings - events, channel order, what is compared, and what stays as it was."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.parts import Processing
from tests.bugs.recordings import Recordings, assert_same, counting, grid


def plain(
    n_channels: int, n_samples: int, name: str = "s.a", stamps: Sequence[int] | None = None, **more: Any
) -> Dataset:
    """A loaded dataset of counting numbers on a column of sites, with a tone for each event if it has events."""
    rate = more.pop("rate", 1000)
    more.setdefault("channel_map", grid(range(n_channels), (n_channels, 1)))
    events = None if stamps is None else ec.Events(stamps, {"tone": np.arange(len(stamps))})
    return ec.from_array(counting(n_channels, n_samples), rate, name=name, events=events, **more)


def with_processing(dataset: Dataset, **fields: Any) -> Dataset:
    return dataset.replace(parts=[part.replace(processing=Processing(**fields)) for part in dataset.parts])


@pytest.mark.parametrize("order", ["ENE", "NEE", "ENNE", "NENE", "ENENE", "EEN", "N", "NN"])
def test_c1_recordings_without_events_between(order: str) -> None:
    """A recording without events was not counted in the next offset; each event keeps its own sample's value."""
    lengths = [100, 200, 300, 400, 500][: len(order)]
    datasets = [
        plain(2, n, f"s.{k}", [10, 20] if has == "E" else None)
        for k, (has, n) in enumerate(zip(order, lengths, strict=True))
    ]
    starts = [0, *itertools.accumulate(lengths)]
    want = [starts[k] + stamp for k, has in enumerate(order) if has == "E" for stamp in (10, 20)]
    joined = ec.join(*datasets)
    assert joined.events.sample.tolist() == want
    assert joined.events.table.get("tone", np.array([])).tolist() == [0, 1] * order.count("E")
    assert_same(joined.signal[:, want], np.tile(0.0, (2, 0)) if not want else np.concatenate(
        [one.signal[:, one.events.sample] for one in datasets], axis=1))  # fmt: skip


@pytest.mark.parametrize("order", ["EN", "NE", "NEN"])
def test_c2_events_in_exactly_one(order: str) -> None:
    """Exactly one recording with events made the join raise; the join keeps them."""
    joined = ec.join(*(plain(2, 100, f"s.{k}", [10, 20] if has == "E" else None) for k, has in enumerate(order)))
    assert joined.events.sample.tolist() == [100 * order.index("E") + stamp for stamp in (10, 20)]
    assert joined.events.table["tone"].tolist() == [0, 1]


def test_c3_inputs_are_left_as_they_are(make: Recordings, kind: str) -> None:
    """Inputs lost their data or changed their masks; they equal what they were, and joining one returns it."""
    a = make.dataset(
        np.ones((4, 9)), kind, name="s.a", channel_map=grid(range(4)), events=ec.Events([1, 2], {"tone": [5, 6]})
    )
    b = make.dataset(np.ones((4, 9)), kind, name="s.b", channel_map=grid(range(4)))
    masked = ec.mask_channels(b, np.array([1, 1, 1, 0], bool))
    inputs = (a, masked)
    before = [(one.token, one.n_channels, one.signal.channel_names, one.dropped, one.parts) for one in inputs]
    values = [one.signal[...] for one in inputs]
    joined = ec.join(*inputs)
    assert joined.signal.shape == (3, 18)
    after = [(one.token, one.n_channels, one.signal.channel_names, one.dropped, one.parts) for one in inputs]
    for old, new, one, value in zip(before, after, inputs, values, strict=True):
        assert old[:3] == new[:3]
        assert old[3].equals(new[3])
        assert old[4] is new[4]
        assert_same(one.signal[...], value)
        assert one.channel_map is not None
        assert len(one.channel_map) == one.n_channels
    assert a.events.sample.tolist() == [1, 2]
    assert ec.join(a) is a
    alone = ec.Events.concatenate([a.events], [0])
    with pytest.raises(ValueError, match="read-only"):
        alone.sample += 50  # type: ignore[misc]
    assert a.events.sample.tolist() == [1, 2]


def test_c4_events_trigger_ground_and_reference_are_joined() -> None:
    """Edges, trigger, ground and reference stayed the first recording's; all are shifted or put end to end."""

    def recording(k: int, stamps: Sequence[int]) -> Dataset:
        aligned = {"trig": np.arange(100) + 1000 * k, "bnc": np.full((1, 100), k)}
        dataset = ec.from_array(counting(2, 100), 1000, name=f"s.{k}", aligned=aligned, events=list(stamps))
        ground, reference = (ec.from_array(np.full((1, 100), value), 1000).signal for value in (1.0, 1.0 * k))
        return dataset.replace(ground=ground, reference_channels=reference)

    joined = ec.join(recording(0, [5, 50]), recording(1, [5, 50]))
    assert joined.events.sample.tolist() == [5, 50, 105, 150]
    assert_same(joined["trig"][0], np.concatenate([np.arange(100), np.arange(1000, 1100)]))
    assert joined["trig"][0, joined.events.sample].tolist() == [5, 50, 1005, 1050]
    assert_same(joined["bnc"][0], np.repeat([0, 1], 100))
    assert joined.ground is not None
    assert joined.reference_channels is not None
    assert_same(joined.ground[...], np.ones((1, 200)))
    assert_same(joined.reference_channels[0], np.repeat([0.0, 1.0], 100))
    mixed = ec.join(recording(0, [10, 20]), recording(1, [7, 8]), recording(2, [1]))
    assert mixed.events.sample.tolist() == [10, 20, 107, 108, 201]


def test_c5_rates_units_and_filters_are_compared() -> None:
    """Rates, units and notches were never compared; rates are refused, units converted, filters warned of."""
    a, b = plain(2, 100, "s.0"), plain(2, 100, "s.1", rate=2000, units="mV")
    with pytest.raises(ec.JoinError, match=r"s\.1: sampling rate: expected 1000 Hz, found 2000 Hz"):
        ec.join(a, b)
    b = plain(2, 100, "s.1", units="mV")
    joined = ec.join(a, b)
    assert joined.units == "uV"
    assert_same(joined.signal[...].astype("f8"), np.concatenate([a.signal[...], b.signal[...] * 1000], axis=1))
    with pytest.raises(ec.JoinError, match=r"s\.1: units: expected uV, found mV"):
        ec.join(a, b, on_units_mismatch="raise")
    a, b = plain(2, 9, "s.0"), plain(2, 9, "s.1")
    for what, first, second in (("bandpass", (1, 100), (2, 50)), ("notches", (60,), ()), ("reference", "car", None)):
        one, other = with_processing(a, **{what: first}), with_processing(b, **{what: second})
        with pytest.warns(UserWarning, match=rf"s\.1: {what} "):
            assert getattr(ec.join(one, other), what) == "mixed"
        with pytest.raises(ec.JoinError, match=f"s.1: {what}: expected"):
            ec.join(one, other, on_processing_mismatch="raise")
        assert ec.join(one, other, on_processing_mismatch="ignore").n_samples == 18
    lists = (
        with_processing(a, bandpass=[1, 100], notches=[60]),
        with_processing(b, bandpass=(1.0, 100.0), notches=(60.0,)),
    )
    assert ec.join(*lists).bandpass == (1, 100)


def on_sites(make: Recordings, sites: Sequence[int], name: str, kind: str) -> Dataset:
    """A dataset whose rows say which site they are from, in hundreds."""
    data = np.array([[100.0 * site + k for k in range(5)] for site in sites])
    return make.dataset(data, kind, name=name, channel_map=grid(sites))


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        ([0, 1, 2, 3], [3, 2, 1, 0], [0, 1, 2, 3]),
        ([3, 1, 0, 2], [3, 1, 0, 2], [3, 1, 0, 2]),
        ([3, 1, 0, 2], [3, 1, 0], [3, 1, 0]),
        ([0, 1, 2], [0, 2, 3], [0, 2]),
        ([3, 1, 0, 2], [2, 3, 1], [3, 1, 2]),
    ],
)
def test_c6_sites_in_another_channel_order(
    make: Recordings, kind: str, first: list[int], second: list[int], common: list[int]
) -> None:
    """Rows of a differently ordered recording were mislabelled; every row is of the site that the map says."""
    joined = ec.join(on_sites(make, first, "s.a", kind), on_sites(make, second, "s.b", kind))
    assert joined.channel_map is not None
    assert joined.channel_map.codes.tolist() == common
    assert joined.signal.channel_names == tuple(f"e{site}" for site in common)
    want = np.array([[100.0 * site + k for k in range(5)] * 2 for site in common])
    assert_same(joined.signal[...], want)
    assert_same(ec.load(joined).signal[...], want)
    for one, sites in zip(ec.split(joined), (first, second), strict=True):
        order = sorted(common, key=common.index)
        assert set(order) <= set(sites)
        assert_same(one.signal[...], want[:, :5])


@pytest.mark.parametrize("loaded", [False, True])
def test_c7_recordings_masked_before_joining(make: Recordings, kind: str, loaded: bool) -> None:
    """Masks were applied twice or to other rows; the common sites are kept of each recording."""

    def masked(name: str, mask: Sequence[int]) -> Dataset:
        dataset = ec.mask_channels(on_sites(make, range(4), name, kind), np.array(mask, bool), reason="bad")
        return ec.load(dataset) if loaded else dataset

    for one, other in itertools.product(([0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]), repeat=2):
        common = np.flatnonzero(np.array(one) & other).tolist()
        joined = ec.join(masked("s.a", one), masked("s.b", other))
        assert joined.channel_map is not None
        assert joined.channel_map.codes.tolist() == common
        assert_same(joined.signal[...], np.array([[100.0 * site + k for k in range(5)] * 2 for site in common]))
        gone = {(part, site): reason for part, _, _, site, _, reason in joined.dropped.itertuples(index=False)}
        for name, mask, lacks in (("s.a", one, "s.b"), ("s.b", other, "s.a")):
            for site in set(range(4)) - set(common):
                assert gone.pop((name, site)) == (f"not in {lacks}" if mask[site] else "bad")
        assert gone == {}


def test_c8_joining_nothing_names_and_types() -> None:
    """Odd names, empty lists, integers, maps and aligned arrays failed in odd ways; each has a clear answer."""
    with pytest.raises(ec.JoinError, match="there is nothing to join: give at least one dataset"):
        ec.join()
    assert ec.join(plain(2, 5, "abc"), plain(2, 5, "def")).name == "abc+def"
    assert ec.join(plain(2, 5, "my.grp/s.rec1"), plain(2, 5, "my.grp/s.rec2")).name == "my.grp/s.rec1+my.grp/s.rec2"
    whole = [ec.from_array(np.ones((2, 5), "i2"), 1000, name=name) for name in "ab"]
    assert ec.join(*whole).signal.dtype == np.int16
    other_grid = plain(2, 5, "s.b", channel_map=grid([0, 1], (1, 2)))
    with pytest.raises(ec.JoinError, match=r"s\.b: electrode grid: expected 2 x 1, .* found 1 x 2"):
        ec.join(plain(2, 5, "s.a"), other_grid)
    disjoint = [plain(2, 5, f"s.{sites}", channel_map=grid(sites, (2, 2))) for sites in ([0, 1], [2, 3])]
    with pytest.raises(ec.JoinError, match="common channels by site: expected at least 1 in every dataset, found none"):
        ec.join(*disjoint)
    one_row, two_rows = (plain(2, 5, f"s.{n}", aligned={"adc": np.ones((n, 5))}) for n in (1, 2))
    joined = ec.join(one_row, two_rows)
    assert_same(joined["adc"][...], np.ones((1, 10)))
    with pytest.raises(ec.JoinError, match=r"s\.2: channels of adc"):
        ec.join(one_row, two_rows, aligned="exact")
    assert ec.join(one_row, two_rows, aligned="outer")["adc"].shape == (2, 10)
    for order in ((plain(2, 5, "s.0"), one_row), (one_row, plain(2, 5, "s.0"))):
        assert dict(ec.join(*order).aligned) == {}
        filled = ec.join(*order, aligned="outer")["adc"][0]
        assert np.isnan(filled).sum() == 5
    assert ec.join(one_row, two_rows).channel_map == one_row.channel_map


@pytest.mark.parametrize("stored", ["f4", "f8"])
def test_c9_loaded_and_mapped_recordings_join(make: Recordings, kind: str, stored: str) -> None:
    """Mixed joins failed, or cut doubles to single precision; no part loses a digit."""
    data = np.full((2, 4), 1 / 3)
    loaded = ec.from_array(data, 1000, name="s.a")
    mapped = make.dataset(data.astype(stored), kind, name="s.b")
    for pair in ((loaded, mapped), (mapped, loaded), (ec.load(mapped, shared=True), loaded)):
        joined = ec.join(*pair)
        want = np.concatenate([one.signal[...] for one in pair], axis=1)
        assert joined.signal.dtype == np.float64
        assert_same(joined.signal[...], want)
        assert_same(ec.load(joined).signal[...], want)
        assert (joined.signal[...] == 1 / 3).sum() == (16 if stored == "f8" else 8)


def test_c10_lists_of_samples_and_no_aliasing() -> None:
    """Lists of stamps could not be joined, and the join shared its arrays; any sequence works, nothing is shared."""
    stamps = [10, 20]
    one, other = ec.Events(stamps, {"a": [0, 1]}), ec.Events((1, 2), {"a": [0, 1]})
    joined = ec.Events.concatenate([one, other], [0, 100])
    assert joined.sample.tolist() == [10, 20, 101, 102]
    stamps[0] = 99
    assert one.sample.tolist() == [10, 20]
    array = np.array([10, 20])
    dataset = plain(2, 100, "s.0", array)
    array += 1
    both = ec.join(dataset, plain(2, 100, "s.1", [10, 20]))
    assert both.events.sample.tolist() == [10, 20, 110, 120]
    assert not np.shares_memory(both.events.sample, dataset.events.sample)
    assert not both.events.sample.flags.writeable
    offsets = [100, 250]
    assert ec.Events.concatenate([ec.Events([1])] * 3, [0, *offsets]).sample.tolist() == [1, 101, 251]
