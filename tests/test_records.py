"""Records: events, channel maps, parts, seams, datasets - what they check, derive, show and hand out."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.parts import Processing
from tests.bugs.recordings import assert_same, counting, grid

# Events -------------------------------------------------------------------------------------------

TABLE = {
    "tone": [500, 700, 900, 500, 700, 900],
    "level": pd.array([70, None, 60, 50, 40, 30], dtype="Int64"),
    "kind": list("abcabc"),
    "tone kHz": [0.5, 0.7, 0.9, 0.5, 0.7, 0.9],
    "good": [True, False] * 3,
}


@pytest.fixture
def events() -> ec.Events:
    return ec.Events([1, 5, 5, 9, 12, 20], TABLE, {"line": "adc0", "threshold": 0.5})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0],), "event samples are whole numbers on one axis, not float64 of shape .2,."),
        (([[1, 2]],), r"not int64 of shape \(1, 2\)"),
        (([True, False],), "not bool"),
        ((["1"],), "event samples are whole numbers"),
        (([5, 3],), "event samples ascend; sort them together with their table"),
        (([1, 2], {"tone": [1, 2, 3]}), "2 events need as many rows of conditions, not 3"),
        (((), {"tone": [1]}), "0 events need as many rows of conditions, not 1"),
    ],
)
def test_events_are_checked(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ec.Events(*arguments)


def test_events_hand_out_copies(events: ec.Events) -> None:
    with pytest.raises(ValueError, match="read-only"):
        events.sample[0] = 3
    table = events.table
    table.loc[0, "tone"] = 1
    assert events.table["tone"].tolist() == TABLE["tone"]
    frame = pd.DataFrame({"tone": [1, 2]}, index=[7, 8])
    made = ec.Events([1, 2], frame)
    frame["tone"] = 0
    assert made.table.to_dict("list") == {"tone": [1, 2]}
    assert made.table.index.tolist() == [0, 1]
    for twin in (copy.copy(events), copy.deepcopy(events), pickle.loads(pickle.dumps(events))):
        assert twin == events
        assert not twin.sample.flags.writeable
        assert twin.table.equals(events.table)
        assert twin.table.dtypes.equals(events.table.dtypes)


def test_events_of_nothing() -> None:
    none = ec.Events()
    assert (len(none), none.sample.dtype, len(none.table), none.origin) == (0, np.int64, 0, None)
    assert none.shift(5) == none.select([]) == none
    assert ec.Events.concatenate([], []) == none
    assert repr(none) == "<Events 0>"
    codes, table = none.conditions()
    assert (len(codes), len(table)) == (0, 0)


def test_events_show_their_conditions(events: ec.Events) -> None:
    assert repr(events) == "<Events 6: tone (3), level (5), kind (3), tone kHz (3), good (2)>"


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("tone > 600", [1, 2, 4, 5]),
        ("tone > 600 and (level < 65)", [2, 4, 5]),
        ("not (tone > 600)", [0, 3]),
        ("(tone > 600) & (level > 35) | good", [0, 2, 4]),
        ("tone in (500, 900)", [0, 2, 3, 5]),
        ("tone not in [500, 700]", [2, 5]),
        ("500 < tone < 900", [1, 4]),
        ("level > 1", [0, 2, 3, 4, 5]),
        ("kind == 'a'", [0, 3]),
        ("kind == 'a.b()' or kind == '@c'", []),
        ("`tone kHz` * 1000 == tone and good", [0, 2, 4]),
        ("good", [0, 2, 4]),
        ("~good", [1, 3, 5]),
        ("tone % 200 == 100 and tone - 500 == 0", [0, 3]),
        ("tone == -1", []),
    ],
)
def test_events_by_query(events: ec.Events, query: str, want: list[int]) -> None:
    some = events.select(query)
    assert some.sample.tolist() == events.sample[want].tolist()
    assert some.table["kind"].tolist() == [TABLE["kind"][k] for k in want]  # type: ignore[index]
    assert some.origin == events.origin


@pytest.mark.parametrize(
    "query",
    [
        *("tone.max() > 1", "tone.values > 1", "kind.str.upper() == 'A'", "tone . real > 1"),
        *("__import__('os').system('true') > 0", "log10(tone) > 2", "(tone)(1) > 0", "[tone][0] > 1", "@pd > 1"),
        *("tone[0] > 1", "(lambda: 1) > tone", "[x for x in tone] == 1", "f'{tone}' == 'a'", "(tone := 5) > 1"),
        *("'a'.__class__ == kind", "tone if good else level", "tone ** 2 > 1", "9**9**9 > tone", "{1: tone} == 1"),
        *("`tone kHz`.max() > 1", "kind == '' .join", "tone > 1; tone", "tone = 5", "", "tone >", "*tone"),
    ],
)
def test_a_query_calls_nothing(events: ec.Events, query: str) -> None:
    with pytest.raises(ValueError, match="a query compares columns with values, such as 'tone > 600'"):
        events.select(query)


@pytest.mark.parametrize("query", ["tone", "tone - 500", "tone | level", "-good", "True", "1 == 1", "'kind'"])
def test_a_query_is_a_condition(events: ec.Events, query: str) -> None:
    with pytest.raises(ValueError, match="a query is true or false of each event"):
        events.select(query)


@pytest.mark.parametrize("query", ["pitch > 1", "index > 1", "`tone Hz` > 1", "os > 1"])
def test_a_query_knows_its_columns(events: ec.Events, query: str) -> None:
    with pytest.raises((KeyError, ValueError), match=r"no condition|compares columns"):
        events.select(query)


def test_events_by_mask_and_index(events: ec.Events) -> None:
    mask = np.array([True, False, False, True, False, False])
    for which in (mask, mask.tolist(), [0, 3], np.array([0, -3])):
        assert events.select(which).sample.tolist() == [1, 9]
        assert events.select(which).table["level"].tolist() == [70, 50]
    assert len(events.select([])) == 0
    with pytest.raises(ValueError, match=r"a mask of these events has 6 entries, not \(2,\)"):
        events.select([True, False])
    with pytest.raises(IndexError):
        events.select([6])
    with pytest.raises(ValueError, match="event samples ascend"):
        events.select([3, 0])


def test_events_shift_and_composition(events: ec.Events) -> None:
    assert events.shift(100).sample.tolist() == [101, 105, 105, 109, 112, 120]
    assert events.shift(100).shift(-100) == events
    assert events.shift(2**40).sample[0] == 2**40 + 1
    assert events.between(5, 20).sample.tolist() == [5, 5, 9, 12]
    assert events.between(0, 99) is events
    assert events != events.shift(1)
    assert events != ec.Events(events.sample, TABLE)  # from another line


def test_events_concatenate_tables_and_origins(events: ec.Events) -> None:
    other = ec.Events([0, 3], {"tone": [1, 2], "gap": [0.1, 0.2]}, {"line": "dig1"})
    both = ec.Events.concatenate([events, other, events], [0, 100, 200])
    assert both.sample.tolist() == [1, 5, 5, 9, 12, 20, 100, 103, 201, 205, 205, 209, 212, 220]
    table = both.table
    assert list(table.columns) == ["tone", "level", "kind", "tone kHz", "good", "gap"]
    assert table["tone"].dtype == np.int64
    assert str(table["good"].dtype) == "boolean"
    assert table["gap"].isna().sum() == 12
    assert both.origin == ({"line": "adc0", "threshold": 0.5}, {"line": "dig1"})
    assert events.origin == {"line": "adc0", "threshold": 0.5}


def test_conditions_and_order(events: ec.Events) -> None:
    codes, table = events.conditions("tone", "kind")
    assert table.to_dict("list") == {"tone": [500, 700, 900], "kind": ["a", "b", "c"]}
    assert codes.tolist() == [0, 1, 2, 0, 1, 2]
    assert events.order_by("tone").tolist() == [0, 3, 1, 4, 2, 5]
    codes, table = events.conditions("level")
    assert codes.tolist() == [4, -1, 3, 2, 1, 0]
    assert table["level"].tolist() == [30, 40, 50, 60, 70]
    assert len(events.conditions()[1]) == 5
    with pytest.raises(KeyError, match="no condition pitch; there are: tone, level, kind, tone kHz, good"):
        events.conditions("pitch")
    assert ec.Events([4, 5]).conditions()[0].tolist() == [0, 0]


# Channel maps -------------------------------------------------------------------------------------

SITES = [(0, 1), (2, 0), (1, 2), (0, 0)]


@pytest.fixture
def sites() -> ec.ChannelMap:
    return ec.ChannelMap(SITES, (3, 4), (0.4, 0.2), names=["n1", "n2", "n3", "n4"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([(0, 0), (0, 4)], (3, 4)), r"sites outside of the 3 x 4 grid: \[\(0, 4\)\]"),
        (([(0, -1)], (3, 4)), r"sites outside of the 3 x 4 grid: \[\(0, -1\)\]"),
        (([(0, 1), (2, 1), (0, 1)], (3, 4)), r"sites given to more than one channel: \[\(0, 1\)\]"),
        (([(0.0, 1.0)], (3, 4)), r"sites are whole \(row, col\) pairs, shape \(n_channels, 2\), not float64"),
        (([0, 1, 2], (3, 4)), r"sites are whole .* not int64 \(3,\)"),
        (([(0, 0)], (3, 4, 1)), r"the shape of a grid is two whole numbers \(n_rows, n_cols\), not \(3, 4, 1\)"),
        (([(0, 0)], (3.5, 4)), r"two whole numbers .* not \(3.5, 4\)"),
        (([(0, 0)], (-3, 4)), r"two whole numbers .* not \(-3, 4\)"),
        (([(0, 0)], (3, 4), 0), "a pitch is a positive distance in mm, or two .* not 0"),
        (([(0, 0)], (3, 4), (1, np.nan)), r"not \(1, nan\)"),
        (([(0, 0)], (3, 4), (1, 1, 1)), r"not \(1, 1, 1\)"),
        (([(0, 0), (0, 1)], (3, 4), 1, ("a",)), "a map of 2 channels needs as many distinct names, not 1"),
        (([(0, 0), (0, 1)], (3, 4), 1, ("a", "a")), "as many distinct names, not 1"),
    ],
)
def test_maps_are_checked(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ec.ChannelMap(*arguments)


def test_maps_say_what_they_are(sites: ec.ChannelMap) -> None:
    assert repr(sites) == "<ChannelMap 4 of 12 sites, 3 x 4, pitch 0.4 x 0.2 mm>"
    assert (len(sites), sites.n_channels, sites.pitch, sites.shape) == (4, 4, (0.4, 0.2), (3, 4))
    assert sites.codes.tolist() == [1, 8, 6, 0]
    assert ec.ChannelMap([(0, 0)], (1, 1)).names == ("ch0",)
    assert ec.ChannelMap([(0, 0)], (1, 1), np.array([2.0, 3.0])).pitch == (2.0, 3.0)
    assert ec.ChannelMap([], (2, 2)).sites.shape == (0, 2)
    with pytest.raises(ValueError, match="read-only"):
        sites.sites[0, 0] = 1


def test_maps_are_equal_by_value(sites: ec.ChannelMap) -> None:
    for twin in (
        copy.deepcopy(sites),
        pickle.loads(pickle.dumps(sites)),
        sites.subset(range(4)),
        sites.renamed(sites.names),
    ):
        assert twin == sites
        assert hash(twin) == hash(sites)
        assert not twin.sites.flags.writeable
    assert sites != sites.renamed("abcd")
    assert sites != sites.subset([1, 0, 2, 3])
    assert sites != ec.ChannelMap(SITES, (3, 4), 0.4, sites.names)


def test_lookup(sites: ec.ChannelMap) -> None:
    for channel, (row, col) in enumerate(SITES):
        assert sites.lookup(row, col) == channel
    assert sites.channels_at([(1, 2), (0, 0)]).tolist() == [2, 3]
    assert sites.channels_at((2, 0)).tolist() == [1]
    assert sites.channels_at([]).tolist() == []
    for row, col in ((2, 2), (3, 0), (-1, 0), (0, 4)):
        with pytest.raises(KeyError, match=rf"no channel at site \({row}, {col}\) of a 3 x 4 grid"):
            sites.lookup(row, col)
    with pytest.raises(KeyError, match="no channel at site"):
        sites.channels_at([(0, 0), (2, 3)])
    with pytest.raises(TypeError, match="whole"):
        sites.channels_at([(0.5, 0.0)])


def test_map_subsets(sites: ec.ChannelMap) -> None:
    some = sites.subset([3, 1])
    assert some.sites.tolist() == [[0, 0], [2, 0]]
    assert (some.names, some.shape, some.pitch) == (("n4", "n2"), (3, 4), (0.4, 0.2))
    assert sites.subset(np.array([False, True, False, True])).names == ("n2", "n4")
    assert sites.subset([]).n_channels == 0
    with pytest.raises(ValueError, match=r"a mask of this map has 4 entries, not \(3,\)"):
        sites.subset([True, False, True])
    with pytest.raises(IndexError):
        sites.subset([4])
    with pytest.raises(ValueError, match="sites given to more than one channel"):
        sites.subset([1, 1])


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i4", "i8", "f4", "f8", "c8"])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_embed_and_extract(sites: ec.ChannelMap, dtype: str, axis: int) -> None:
    """Each is the other's inverse, over every axis; the type holds data and fill value, and is no wider than needed."""
    shape = [2, 3, 5]
    shape[axis] = 4
    data = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    kind = np.dtype(dtype).kind
    for fill in (np.nan, 0, False):
        embedded = sites.embed(data, axis=axis, fill=fill)
        at = axis % 3
        assert embedded.shape == (*shape[:at], 3, 4, *shape[at + 1 :])
        if kind in "fc" or (fill is False) or (fill == 0 and kind != "b"):
            assert embedded.dtype == dtype
        elif fill != fill:
            assert embedded.dtype == np.float64
        moved = np.moveaxis(embedded, (at, at + 1), (0, 1))
        for channel, (row, col) in enumerate(SITES):
            assert np.array_equal(moved[row, col], np.take(data, channel, axis))
        left = np.ones((3, 4), bool)
        left[tuple(np.array(SITES).T)] = False
        assert np.array_equal(moved[left], np.full_like(moved[left], fill), equal_nan=True)
        assert_same(sites.extract(embedded, axis=at).astype(dtype), data)
    grid_data = np.arange(24.0).reshape(2, 3, 4)
    back = sites.embed(sites.extract(grid_data, axis=1), axis=1)
    seen = ~np.isnan(back)
    assert seen.sum() == 2 * 4
    assert np.array_equal(back[seen], grid_data[seen])


def test_embed_makes_room_for_the_fill_value(sites: ec.ChannelMap) -> None:
    data = np.array([1, 2, 3, 4], "u1")
    assert sites.embed(data, fill=-1).dtype == np.int16
    assert sites.embed(data, fill=-1)[2, 3] == -1
    assert sites.embed(data, fill=1000)[2, 3] == 1000
    assert sites.embed([1, 2, 3, 4])[2, 3] != sites.embed([1, 2, 3, 4])[2, 3]  # NaN


def test_embed_and_extract_refuse_other_shapes(sites: ec.ChannelMap) -> None:
    with pytest.raises(ValueError, match="axis 1 has 3 entries where the map has 4 channels"):
        sites.embed(np.zeros((4, 3)), axis=-1)
    with pytest.raises(ValueError, match=r"axes 0 and 1 are \(4, 3\), the grid is \(3, 4\)"):
        sites.extract(np.zeros((4, 3)))
    with pytest.raises(IndexError):
        sites.embed(np.zeros(4), axis=1)


# Parts, seams, datasets ---------------------------------------------------------------------------


def recording(name: str = "a", n_samples: int = 10, n_channels: int = 3, **more: Any) -> Dataset:
    """A loaded dataset; `part` are further fields of its part."""
    part = more.pop("part", {})
    dataset = ec.from_array(counting(n_channels, n_samples), more.pop("rate", 1000), name=name, **more)
    return dataset.replace(parts=[dataset.parts[0].replace(**part)], name=name) if part else dataset


def at(seconds: float) -> dict[str, Any]:
    return {"recorded_at": np.datetime64("2020-01-01T00:00:00", "ns") + np.timedelta64(round(seconds * 1e9), "ns")}


def test_seams_and_derived_properties() -> None:
    joined = ec.join(recording("a", 10, part=at(0)), recording("b", 5, part=at(0.5)), recording("c", 7))
    assert [tuple(seam) for seam in joined.seams] == [(10, 0, 1, pytest.approx(0.49)), (15, 1, 2, None)]
    assert joined.seams[0].sample == 10
    assert [(part.start, part.stop, part.n_samples, part.file_start) for part in joined.parts] == [
        (0, 10, 10, 0),
        (10, 15, 5, 0),
        (15, 22, 7, 0),
    ]
    assert (joined.n_channels, joined.n_samples, joined.duration) == (3, 22, 0.022)
    assert joined.name == "a+b+c"
    assert joined.recordings == joined.parts
    part = joined.parts[1]
    assert part.start_time == np.datetime64("2020-01-01T00:00:00.5")
    assert part.stop_time == np.datetime64("2020-01-01T00:00:00.505")
    assert joined.parts[2].start_time is None
    assert recording().seams == ()


def test_a_clock_without_a_time_is_unknown() -> None:
    part = ec.from_array([[1.0]], 1000, name="a").parts[0].replace(recorded_at=np.datetime64("NaT"))
    assert part.recorded_at is None
    assert part.start_time is None


def test_names_of_joins() -> None:
    assert ec.join(*(recording(name) for name in "abcd")).name == "a+b+c+d"
    many = ec.join(*(recording(f"r{k}") for k in range(5)))
    assert many.name == "r0+...+r4 (5 recordings)"
    assert ec.join(recording("a"), recording("b"), name="both").name == "both"
    assert [one.name for one in ec.split(many)] == [f"r{k}" for k in range(5)]
    assert ec.join(recording("a"), name="alone").name == "alone"


def test_metadata_and_processing_of_joins() -> None:
    one = recording("a", part={"metadata": {"animal": "x", "day": 1}, "processing": Processing((1, 100), (60,))})
    other = recording("b", part={"metadata": {"animal": "x", "day": 2}, "processing": Processing((1, 100), (50, 60))})
    joined = ec.join(one, other, on_processing_mismatch="ignore")
    assert dict(joined.metadata) == {"animal": "x"}
    assert [part.metadata["day"] for part in joined.parts] == [1, 2]
    assert (joined.bandpass, joined.notches) == ((1, 100), "mixed")
    assert (joined.reference, joined.transient_snipped) == (None, False)
    assert one.notches == (60,)
    with pytest.raises(TypeError):
        joined.metadata["animal"] = "y"  # type: ignore[index]


def test_histories_and_warnings_of_joins() -> None:
    masked = ec.mask_channels(recording("a"), [True, True, False], reason="dead")
    joined = ec.join(masked, recording("b", part={"warnings": ("odd",)}))
    assert masked.history == ("left out 1 channels: dead",)
    assert joined.history == ("a: left out 1 channels: dead",)
    assert joined.warnings == ("b: odd",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parts": ()}, "a dataset has at least one part"),
        ({"channel_map": grid([0, 1])}, "the map has 2 channels, the signal 3"),
        ({"events": ec.Events([3, 10])}, "events at samples 3 to 10 of a dataset of 10 samples"),
        ({"events": ec.Events([-1])}, "events at samples -1 to -1 of"),
        ({"intervals": pd.DataFrame({"start": [0], "stop": [5]})}, "missing: label"),
        (
            {"intervals": pd.DataFrame({"start": [0], "stop": [11], "label": ["x"]})},
            r"interval 0\.\.11 does not lie in 0\.\.10",
        ),
        ({"intervals": pd.DataFrame({"start": [5], "stop": [4], "label": ["x"]})}, r"interval 5\.\.4"),
        (
            {"aligned": {"adc": ec.from_array(np.zeros((1, 9)), 1000).signal}},
            "'adc' at 1000 Hz has 9 samples beside 10 at",
        ),
    ],
)
def test_datasets_are_checked(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recording().replace(**changes)


def test_the_parts_of_a_dataset_are_checked() -> None:
    dataset = recording()
    part = dataset.parts[0]
    for parts, message in (
        ([part.replace(start=1)], "part 'a' starts at sample 1, the one before it ends at 0"),
        ([part, part], "part 'a' starts at sample 0, the one before it ends at 10"),
        ([part.replace(n_samples=9)], "the parts have 9 samples, the signal 10"),
        ([part.replace(rows=[0, 1])], "part 'a' accounts for 2 of 3 channels"),
    ):
        with pytest.raises(ValueError, match=message):
            dataset.replace(parts=parts)


def test_datasets_are_replaced_not_changed() -> None:
    dataset = recording()
    renamed = dataset.replace(name="other")
    assert (renamed.name, renamed.parts[0].name, dataset.name) == ("other", "other", "a")
    assert renamed == dataset  # a name is no part of the recipe
    assert hash(renamed) == hash(dataset)
    assert dataset != dataset.replace(events=ec.Events([3]))
    with pytest.raises(AttributeError):
        dataset.name = "b"  # type: ignore[misc]
    table = pd.DataFrame({"start": [1, 2], "stop": [3, 4], "label": ["x", "y"]})
    marked = dataset.replace(intervals=table)
    table["start"] = 0
    handed_out = marked.intervals
    handed_out.loc[0, "label"] = "z"
    assert marked.intervals.to_dict("list") == {"start": [1, 2], "stop": [3, 4], "label": ["x", "y"]}
    for twin in (copy.copy(marked), copy.deepcopy(marked), pickle.loads(pickle.dumps(marked))):
        assert twin == marked
        assert twin.name == "a"
        assert ec.equals(twin, marked)
    assert not ec.equals(marked, dataset)


def test_aligned_arrays_by_name() -> None:
    dataset = recording(aligned={"adc": np.arange(10)})
    assert_same(dataset["adc"][...], np.arange(10)[None])
    assert dataset["adc"].channel_names == ("adc0",)
    with pytest.raises(KeyError, match="no aligned array 'aux'; there are: adc"):
        dataset["aux"]
    with pytest.raises(KeyError, match="there are: none"):
        recording()["aux"]
    with pytest.raises(TypeError):
        dataset.aligned["adc"] = dataset.signal  # type: ignore[index]


def test_times() -> None:
    joined = ec.join(recording("a", 3, part=at(0)), recording("b", 2, part=at(10)), recording("c", 1))
    assert joined.times().tolist() == [0, 0.001, 0.002, 0.003, 0.004, 0.005]
    wall = joined.times("wall")
    assert wall[[0, 2, 3, 4]].tolist() == (np.datetime64("2020-01-01", "ns") + np.array(
        [0, 2_000_000, 10_000_000_000, 10_001_000_000])).tolist()  # fmt: skip
    assert np.isnat(wall[5])
    with pytest.raises(ValueError, match='times are of kind "joined" or "wall", not \'utc\''):
        joined.times("utc")


# Arrays and units ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "have", "want", "warning"),
    [
        (1000, 10, 10, None),
        (1000, 12, 10, "adc: 2 samples too many beside the signal: left out at the end"),
        (1000, 7, 10, "adc: 3 samples missing beside the signal: filled with nan at the end"),
        (250, 3, 3, None),
        (250, 2, 3, "adc: 1 sample missing beside the signal: filled with nan at the end"),
    ],
)
def test_from_array_fits_aligned_arrays(rate: float, have: int, want: int, warning: str | None) -> None:
    """ceil(n_samples * ratio) samples; what was done is kept in the part's warnings."""
    array = ec.from_array(np.arange(have, dtype=float), rate).signal
    dataset = recording(aligned={"adc": array})
    full = np.concatenate([np.arange(have, dtype=float), np.full(max(0, want - have), np.nan)])[:want]
    assert_same(dataset["adc"][0], full)
    assert dataset.parts[0].warnings == (() if warning is None else (warning,))
    assert dataset.warnings == (() if warning is None else (f"a: {warning}",))


def test_from_array_fills_whole_numbers_with_zero() -> None:
    dataset = recording(aligned={"dig": np.ones((1, 8), "u2")})
    assert_same(dataset["dig"][...], np.array([[1] * 8 + [0] * 2], "u2"))
    assert dataset.parts[0].warnings == ("dig: 2 samples missing beside the signal: filled with 0 at the end",)


@pytest.mark.parametrize(
    ("data", "arguments", "error", "message"),
    [
        (np.zeros((1, 2, 3)), {}, ValueError, r"samples are \(n_channels, n_samples\), not of shape \(1, 2, 3\)"),
        (np.zeros((2, 3)), {"names": ["a"]}, ValueError, "2 channels have as many names, not 1"),
        (np.zeros((2, 3)), {"names": ["a", "a"]}, ValueError, "channel names are unique; these are not: a"),
        (np.zeros((2, 3)), {"channel_map": grid([0, 1, 2])}, ValueError, "the map has 3 channels, the data 2"),
        (np.zeros((2, 3)), {"events": [3]}, ValueError, "events at samples 3 to 3 of a dataset of 3 samples"),
        (np.array([["a"]]), {}, TypeError, "samples are numbers, not <U1"),
    ],
)
def test_from_array_refuses(data: Any, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ec.from_array(data, 1000, **arguments)


@pytest.mark.parametrize("rate", [0, -5, np.nan, np.inf])
def test_from_array_refuses_odd_rates(rate: float) -> None:
    with pytest.raises(ValueError, match="a sampling rate is a positive number of Hz"):
        ec.from_array([[1.0]], rate)


def test_from_array_copies_and_names() -> None:
    data = np.ones((2, 3))
    dataset = ec.from_array(data, 1000, channel_map=grid([2, 0]))
    data[:] = 5
    assert_same(dataset.signal[...], np.ones((2, 3)))
    assert dataset.signal.channel_names == ("e2", "e0")
    named = ec.from_array(data, 1000, channel_map=grid([2, 0]), names=["x", "y"])
    assert named.channel_map is not None
    assert named.channel_map.names == ("x", "y")


def test_convert_units() -> None:
    ground = ec.from_array(np.ones((1, 10)), 1000).signal
    dataset = recording(aligned={"adc": np.ones(10)}).replace(ground=ground)
    mv = ec.convert_units(dataset, "mV")
    assert (mv.units, mv["adc"].units) == ("mV", "")
    assert mv.ground is not None
    assert mv.ground.units == "mV"
    np.testing.assert_allclose(mv.signal[...], dataset.signal[...] / 1000, rtol=1e-15)
    assert_same(mv["adc"][...], np.ones((1, 10)))
    assert mv.history == ("converted to mV",)
    assert_same(ec.convert_units(mv, "uV").signal[...], dataset.signal[...])
    assert ec.convert_units(dataset, "uV") is dataset
    assert ec.convert_units(dataset, "µV").signal == dataset.signal
    for units in ("nA", "furlong", ""):
        with pytest.raises(ValueError, match=f"cannot convert 'uV' .voltage. to '{units}'"):
            ec.convert_units(dataset, units)


# Showing ------------------------------------------------------------------------------------------


def shown() -> Dataset:
    one = recording(
        "first", 1500, channel_map=grid([0, 1, 2]), aligned={"adc": np.zeros(1500, "i2")},
        events=ec.Events([3, 4], {"tone": [1, 2]}),
        part=at(0) | {"format": "intan", "processing": Processing((1, 200))},
    )  # fmt: skip
    other = recording("<b>", 700, channel_map=grid([0, 1, 2]), part=at(100) | {"processing": Processing((1, 200))})
    masked = ec.mask_channels(other, [True, False, True], reason="dead")
    return ec.join(one, masked, aligned="outer").replace(
        intervals=pd.DataFrame({"start": [0], "stop": [5], "label": ["x"]})
    )


def test_repr_is_a_short_table() -> None:
    assert repr(shown()).splitlines() == [
        "Dataset first+<b>",
        "  signal     2 channels x 2,200 samples, 1000 Hz, uV, float64, in memory",
        "  duration   2.2 s",
        "  adc        1 x 2,200, 1000 Hz, no unit, int16",
        "  sites      2 of 4 sites, 4 x 1, pitch 1 x 1 mm",
        "  events     2: tone (2)",
        "  intervals  1",
        "  bandpass   (1.0, 200.0)",
        "  dropped    2 channels: see .dropped",
        "  part  name   format  samples  rate   from  start time",
        "  0     first  intan     1,500  1000      0  2020-01-01 00:00:00.000",
        "  1     <b>    array       700  1000  1,500  2020-01-01 00:01:40.000",
    ]
    assert repr(recording()).splitlines() == [
        "Dataset a",
        "  signal    3 channels x 10 samples, 1000 Hz, uV, float64, in memory",
        "  duration  0.01 s",
        "  events    0",
    ]
    begun = recording(part=at(0) | {"notes": ("calm", "awake")})
    assert repr(begun).splitlines()[2:] == [
        "  duration  0.01 s",
        "  start     2020-01-01 00:00:00.000",
        "  events    0",
        "  notes     2: see .parts[k].notes",
    ]


def test_notebooks_show_the_same_escaped() -> None:
    text = shown()._repr_html_()
    assert text.startswith("<b>Dataset first+&lt;b&gt;</b><table><tr><td>signal</td><td>2 channels x 2,200 samples")
    assert "<td>dropped</td><td>2 channels: see .dropped</td>" in text
    assert "<tr><th>part</th><th>name</th>" in text
    assert "<td>1</td><td>&lt;b&gt;</td><td>array</td><td>700</td>" in text
    assert text.count("<table>") == text.count("</table>") == 2
    assert text.count("<tr>") == text.count("</tr>") == 8 + 3
    assert recording()._repr_html_().count("<table>") == 1


def test_repr_of_many_parts_stays_short() -> None:
    joined = ec.join(*(recording(f"r{k:02}", part={"warnings": ("odd",)}) for k in range(40)))
    lines = repr(joined).splitlines()
    assert len(lines) < 30
    assert "  ...   29 more" in lines
    assert lines[-1].startswith("  39    r39")
    assert "  warning   ... and 35 more: see .warnings" in lines
    assert joined._repr_html_().count("<tr>") < 30
    assert max(map(len, lines)) < 120


def test_a_duration_beyond_all_numbers_is_shown() -> None:
    from ecogcat.tabulate import duration_text

    assert duration_text(float("inf")) == "inf s"
    assert "inf s" in repr(ec.from_array([[0.0, 1.0]], 1e-320))


def test_names_are_no_indices() -> None:
    dataset = ec.from_array(np.zeros((2, 3)), 1000)
    with pytest.raises(TypeError, match=r"channels are indices or a mask; names=\['ch1'\] selects by name"):
        ec.select_channels(dataset, ["ch1"])
    with pytest.raises(KeyError, match="no channel zz; there are: ch0, ch1'"):
        ec.select_channels(dataset, names=["zz"])
    with pytest.raises(ValueError, match="give one of mask, sites and names"):
        ec.mask_channels(dataset)
