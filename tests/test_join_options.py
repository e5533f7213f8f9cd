"""Joining and selecting: every option, every refusal by its message, and what a plan prints."""

from __future__ import annotations

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.testing.simulate import simulate_session
from tests.bugs.recordings import assert_same, counting, grid
from tests.test_records import at, recording


def on(sites: list[int], name: str, shape: tuple[int, int] = (2, 3), **more: Any) -> Dataset:
    """Channels at raster numbers of a grid; their values say so."""
    data = np.repeat(np.array(sites, float)[:, None] * 100, more.pop("n", 2), axis=1)
    return ec.from_array(data, 1000, channel_map=grid(sites, shape), name=name, **more)


# Refusals -----------------------------------------------------------------------------------------


def refused(*datasets: Dataset, **options: Any) -> str:
    """The message with which joining refuses; its plan must not be ok, and the inputs stay as they were."""
    tokens = [dataset.token for dataset in datasets]
    with pytest.raises(ec.JoinError) as caught:
        ec.join(*datasets, **options)
    assert [dataset.token for dataset in datasets] == tokens
    assert not caught.value.plan.ok
    assert not ec.plan_join(*datasets, **options).ok
    back = pickle.loads(pickle.dumps(caught.value))
    assert str(back) == str(caught.value)
    return str(caught.value)


def test_nothing_to_join() -> None:
    for call in (ec.join, ec.plan_join):
        with pytest.raises(ec.JoinError, match="there is nothing to join: give at least one dataset"):
            call()


def test_a_list_instead_of_its_datasets() -> None:
    a = recording()
    with pytest.raises(TypeError, match=r"join takes datasets, not a list; unpack it: join\(\*datasets\)"):
        ec.join([a, a])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"join takes datasets, not a signal: give the dataset"):
        ec.join(a, a.signal)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("match", "sites", "match is one of None, 'site', 'name', not 'sites'"),
        ("channels", "all", "channels is one of 'inner', 'exact', 'outer', not 'all'"),
        ("aligned", None, "aligned is one of 'inner', 'exact', 'outer', not None"),
        ("on_rate_mismatch", "ignore", "on_rate_mismatch is one of 'raise', 'resample', not 'ignore'"),
        ("on_geometry_mismatch", "ignore", "on_geometry_mismatch is one of 'raise', 'sites', not 'ignore'"),
        ("on_units_mismatch", "warn", "on_units_mismatch is one of 'convert', 'raise', not 'warn'"),
        ("on_processing_mismatch", True, "on_processing_mismatch is one of 'warn', 'raise', 'ignore', not True"),
        ("gaps", "zeros", "gaps is 'abut', 'nan' or a number, not 'zeros'"),
        ("rate", 500, "rate=500 is what to resample to: give on_rate_mismatch='resample' with it"),
    ],
)
def test_unknown_option_values(option: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ec.join(recording(), **{option: value})


def test_unknown_options() -> None:
    with pytest.raises(TypeError, match="gap"):
        ec.join(recording(), gap="nan")


def test_rates() -> None:
    a, b, c = recording("a"), recording("b", rate=1000.05), recording("c", rate=1000.2)
    message = refused(a, b, c)
    assert message == "cannot join 3 datasets:\n  c: sampling rate: expected 1000 Hz, found 1000.2 Hz"
    assert ec.join(a, b).sampling_rate == 1000
    assert ec.join(a, b, c, rate_tolerance=1e-3).n_samples == 30
    assert "b: sampling rate" in refused(a, b, rate_tolerance=1e-6)


def test_every_mismatch_of_every_part_is_told_at_once() -> None:
    a = recording("a", names=list("xyz"))
    b = recording("b", rate=500, units="nA", names=list("xyw"))
    c = recording("c", rate=250, names=list("xyz"), aligned={"adc": np.zeros(10)})
    message = refused(a, b, c, channels="exact", aligned="exact")
    for line in (
        "b: sampling rate: expected 1000 Hz, found 500 Hz",
        "c: sampling rate: expected 1000 Hz, found 250 Hz",
        "b: units: expected uV, found nA",
        "b: channels by name",
        "array adc: expected present, as elsewhere, found absent",
    ):
        assert line in message
    table = ec.plan_join(a, b, c, channels="exact", aligned="exact").differences
    assert list(table.columns) == ["part", "what", "expected", "found", "action"]
    assert set(table.loc[table["action"] == "refuse", "part"]) == {"a", "b", "c"}


def test_units_of_another_quantity() -> None:
    message = refused(recording("a"), recording("b", units="nA"))
    assert message == "cannot join 2 datasets:\n  b: units: expected uV, found nA"
    assert "b: units: expected uV, found mV" in refused(
        recording("a"), recording("b", units="mV"), on_units_mismatch="raise"
    )


def test_no_common_channel() -> None:
    by_name = refused(recording("a", names=list("xyz")), recording("b", names=list("uvw")))
    assert "all: common channels by name: expected at least 1 in every dataset, found none" in by_name
    by_site = refused(on([0, 1], "a"), on([2, 3], "b"))
    assert "all: common channels by site: expected at least 1 in every dataset, found none" in by_site


def test_least_number_of_channels() -> None:
    a, b = on([0, 1, 2], "a"), on([1, 2, 3], "b")
    assert ec.join(a, b, min_channels=2).n_channels == 2
    assert "common channels by site: expected at least 3 in every dataset, found 2" in refused(a, b, min_channels=3)


def test_exactly_the_same_channels() -> None:
    a, b = on([0, 1, 2], "a"), on([2, 1], "b")
    assert re.search(r"b: channels by site: expected 3, found lacks \(0, 0\)", refused(a, b, channels="exact"))
    assert ec.join(a, on([2, 1, 0], "b"), channels="exact").n_channels == 3


def test_maps_of_some_only() -> None:
    mapped, unmapped = on([0, 1, 2], "a"), recording("b", 2, names=["e0", "e2", "x"])
    for order in ((mapped, unmapped), (unmapped, mapped)):
        assert 'b: channel map: expected a map, as others have (or match="name"), found none' in refused(*order)
    joined = ec.join(mapped, unmapped, match="name")
    assert joined.signal.channel_names == ("e0", "e2")
    assert joined.channel_map is None
    message = refused(recording("a"), recording("b"), match="site")
    assert 'all: channel map: expected a map for match="site", found none has one' in message
    assert ec.join(on([0, 1], "a"), on([1, 2], "b"), match="name").signal.channel_names == ("e1",)


def test_grids_of_another_shape_or_pitch() -> None:
    a, wide = on([0, 1, 2], "a"), on([0, 1, 2, 3], "b", (2, 4))
    expected = "b: electrode grid: expected 2 x 3, pitch 1 x 1 mm, found 2 x 4, pitch 1 x 1 mm"
    assert expected in refused(a, wide)
    joined = ec.join(a, wide, on_geometry_mismatch="sites")
    assert joined.channel_map is not None
    assert (joined.channel_map.shape, joined.n_channels) == ((2, 3), 3)
    assert a.channel_map is not None
    finer = a.replace(channel_map=ec.ChannelMap(a.channel_map.sites, (2, 3), 0.4), name="c")
    assert "found 2 x 3, pitch 0.4 x 0.4 mm" in refused(a, finer)
    assert_same(ec.join(a, finer, on_geometry_mismatch="sites").signal[...], np.tile(a.signal[...], 2))


def test_gaps() -> None:
    """Filled to the nearest sample, in the dataset's units; a gap is a part without a file."""
    a, b = recording("a", 10, part=at(0)), recording("b", 5, part=at(0.0246), units="mV")
    joined = ec.join(a, b, gaps="nan")
    assert [(part.name, part.kind, part.n_samples) for part in joined.parts] == [
        ("a", "recording", 10),
        ("gap", "gap", 15),
        ("b", "recording", 5),
    ]
    assert np.isnan(joined.signal[:, 10:25]).all()
    assert_same(joined.signal[:, :10], a.signal[...])
    assert_same(joined.signal[:, 25:], b.signal[...] * 1000)
    filled = ec.join(a, b, gaps=-7)
    assert (filled.signal[:, 10:25] == -7).all()
    assert [one.name for one in ec.split(filled)] == ["a", "b"]
    assert ec.join(a, b).n_samples == 15


def test_gaps_need_clocks() -> None:
    a, unknown = recording("a", part=at(0)), recording("b")
    message = "b: wall clock: expected a start time, to fill gaps, found unknown"
    assert message in refused(a, unknown, gaps="nan")
    assert message in refused(unknown, a, gaps=0.0)
    overlapping = recording("c", part=at(0.005))
    assert re.search(r"c: wall clock: expected a start after .*00\.010.*, found .*00\.005.*: overlaps", refused(
        a, overlapping, gaps="nan"))  # fmt: skip
    assert "c: wall clock" not in str(ec.plan_join(a, overlapping).differences)
    assert ec.join(a, recording("d", part=at(0.0097)), gaps="nan").n_samples == 20  # within half a sample


# What a plan says ---------------------------------------------------------------------------------


def test_a_good_plan_prints_what_goes_in() -> None:
    a = on([0, 1, 2], "first", n=1500, events=[3, 4], aligned={"adc": np.zeros(1500)})
    b = on([1, 2], "second", n=20)
    assert repr(ec.plan_join(a, b, aligned="outer")).splitlines()[:4] == [
        "Join plan: 2 datasets can be joined -> 2 channels x 1,520 samples",
        "  name    channels  samples  rate  units  events  start",
        "  first          3    1,500  1000  uV          2",
        "  second         2       20  1000  uV          0",
    ]
    plan = ec.plan_join(a, b)
    assert (plan.ok, plan.n_channels, plan.n_samples) == (True, 2, 1520)
    assert repr(plan).splitlines()[-1] == "without second you keep 3 channels; with them 2"
    same = ec.plan_join(a)
    assert repr(same).splitlines()[0] == "Join plan: 1 dataset can be joined -> 3 channels x 1,500 samples"
    assert "mismatches" not in repr(same)


def test_a_refused_plan_says_so_and_why() -> None:
    text = repr(ec.plan_join(recording("a"), recording("b", rate=500)))
    lines = text.splitlines()
    assert lines[0] == "Join plan: 2 datasets CANNOT be joined like this -> 3 channels x 20 samples"
    at_mismatches = lines.index("mismatches:")
    assert lines[at_mismatches + 1].split() == ["part", "what", "action", "expected", "found"]
    assert re.fullmatch(r"  b +sampling rate +refuse +1000 Hz +500 Hz", lines[at_mismatches + 2])


def test_gains_of_leaving_datasets_out() -> None:
    """ "without X you keep N channels": exactly as many as joining the others keeps."""
    datasets = [
        *(on([0, 1, 2, 3, 4, 5], "a"), on([0, 1, 2, 3, 4, 5], "b")),
        *(on([0, 1, 2, 3], "c"), on([0, 1, 2, 3], "d"), on([1, 2, 3, 4, 5], "e")),
    ]
    plan = ec.plan_join(*datasets)
    assert plan.n_channels == 3
    gains = {tuple(without): kept for without, kept in plan.gains.itertuples(index=False)}
    assert gains == {("e",): 4, ("c", "d"): 5, ("c", "d", "e"): 6}
    for without, kept in gains.items():
        assert ec.join(*(one for one in datasets if one.name not in without)).n_channels == kept
    assert plan.gains.iloc[0].tolist() in ([["e"], 4], [["c", "d"], 5], [["c", "d", "e"], 6])
    assert "without e you keep 4 channels; with them 3" in repr(plan)
    assert "without c, d you keep 5 channels; with them 3" in repr(plan)
    assert len(ec.plan_join(*datasets[:2]).gains) == 0


def test_a_plan_of_forty_stays_readable() -> None:
    some = [on(list(range(64 - k % 7)), f"e{k:02}", (8, 8)) for k in range(40)]
    plan = ec.plan_join(*some)
    lines = repr(plan).splitlines()
    assert lines[0] == "Join plan: 40 datasets can be joined -> 58 channels x 80 samples"
    assert "  ... 29 more" in [line.rstrip() for line in lines]
    assert any(line.startswith("  e39") for line in lines)
    assert any(line.startswith("  ... and ") and line.endswith("more: see .differences") for line in lines)
    assert len(lines) < 45
    assert max(map(len, lines)) < 140
    assert sum(line.startswith("without ") for line in lines) == 3
    assert len(plan.table) == 40


# Selecting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"channels": 6}, IndexError, "the dataset has 6 channels: .*6"),
        ({"channels": [0, -7]}, IndexError, "the dataset has 6 channels: .*-7"),
        ({"channels": [True, False]}, ValueError, r"a mask of this dataset has 6 entries, not \(2,\)"),
        ({"channels": [1, 1]}, ValueError, "a channel is selected at most once"),
        ({"channels": [1, -5]}, ValueError, "a channel is selected at most once"),
        ({"channels": [0.5]}, IndexError, "the dataset has 6 channels"),
        ({"names": ["e1", "x", "y"]}, KeyError, "no channel x, y; there are: e0, e1"),
        ({"names": ["e1", "e1"]}, ValueError, "a channel is selected at most once"),
        ({"sites": [(0, 1), (2, 2)]}, KeyError, r"no channel at site \(2, 2\) of a 2 x 3 grid"),
        ({"sites": [(0, 1), (0, 1)]}, ValueError, "a channel is selected at most once"),
        ({}, ValueError, r"give one of channels \(or a mask\), sites and names"),
        ({"channels": [0], "names": ["e1"]}, ValueError, "give one of channels"),
    ],
)
def test_select_channels_refuses(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    dataset = on([0, 1, 2, 3, 4, 5], "a")
    with pytest.raises(error, match=message):
        ec.select_channels(dataset, **arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mask": [True] * 5}, ValueError, r"a mask of this dataset has 6 entries, not \(5,\)"),
        ({"mask": [0, 1]}, ValueError, "a mask has one boolean a channel, True = keep; select_channels takes indices"),
        ({"mask": [True] * 6, "names": ["e1"]}, ValueError, "give one of mask, sites and names"),
        ({"names": ["x"]}, KeyError, "no channel x"),
        ({"sites": [(5, 5)]}, KeyError, "no channel at site"),
        ({}, ValueError, "give one of"),
    ],
)
def test_mask_channels_refuses(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    dataset = on([0, 1, 2, 3, 4, 5], "a")
    with pytest.raises(error, match=message):
        ec.mask_channels(dataset, **arguments)


def test_sites_need_a_map() -> None:
    for call in (ec.select_channels, ec.mask_channels):
        with pytest.raises(ValueError, match="the dataset has no channel map"):
            call(recording(), sites=[(0, 0)])


def test_three_ways_to_name_channels() -> None:
    dataset = on([5, 0, 3, 1], "a")
    for arguments in (
        *({"channels": [3, 0]}, {"channels": [-1, -4]}, {"names": ["e1", "e5"]}, {"sites": [(0, 1), (1, 2)]}),
    ):
        assert ec.select_channels(dataset, **arguments).signal[:, 0].tolist() == [100, 500]
    for arguments in ({"mask": [False, True, True, True]}, {"names": ["e5"]}, {"sites": [(1, 2)]}):
        masked = ec.mask_channels(dataset, **arguments, reason="hum")  # type: ignore[arg-type]
        assert masked.signal[:, 0].tolist() == [0, 300, 100]
        assert masked.dropped.iloc[0].tolist() == ["a", 0, "e5", 1, 2, "hum"]
    assert ec.mask_channels(dataset, names=["e5"]).dropped["reason"].tolist() == ["masked"]
    assert ec.select_channels(dataset, slice(1, 3)).dropped["reason"].tolist() == ["not selected"] * 2
    assert ec.select_channels(dataset, 2).n_channels == 1


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 11), (6, 5), (11, 12)])
def test_select_time_refuses(start: int, stop: int) -> None:
    with pytest.raises(IndexError, match=f"samples {start} to {stop} do not lie in a dataset of 10 samples"):
        ec.select_time(recording(), start, stop)


def test_select_time_in_samples_and_seconds() -> None:
    dataset = recording(events=ec.Events([2, 5, 9]))
    for part in (ec.select_time(dataset, 2, 9), ec.select_time(dataset, 0.002, 0.009, unit="s")):
        assert_same(part.signal[...], counting(3, 10)[:, 2:9])
        assert part.events.sample.tolist() == [0, 3]
        assert part.parts[0].file_start == 2
    with pytest.raises(ValueError, match='the unit of time is "samples" or "s", not \'ms\''):
        ec.select_time(dataset, 0, 1, unit="ms")
    with pytest.raises(TypeError, match=r"samples are whole numbers, not 0\.5 and 3; unit='s' takes seconds"):
        ec.select_time(dataset, 0.5, 3)


# Where samples come from --------------------------------------------------------------------------


def test_locate_and_sample_at() -> None:
    a, b = recording("a", 10, part=at(0) | {"paths": ("a.dat",)}), recording("b", 5, part=at(0.02))
    joined = ec.join(ec.select_time(a, 4, 10), b, gaps="nan")
    table = ec.locate(joined, [0, 5, 6, -1])
    assert table["part"].tolist()[:2] == [0, 0]
    assert table["file_sample"].tolist()[:2] == [4, 9]
    assert table["file"].tolist()[:2] == ["a.dat", "a.dat"]
    assert table["file"].isna().tolist() == [False, False, True, True]
    assert table.loc[2, ["part", "file", "file_sample", "wall_time"]].isna().all()
    assert table.loc[3, ["part", "file_sample"]].tolist() == [2, 4]
    assert table["wall_time"][0] == np.datetime64("2020-01-01T00:00:00.004")
    every = ec.locate(joined, range(joined.n_samples)).dropna(subset=["part"])
    for sample, (part, file_sample) in every[["part", "file_sample"]].iterrows():
        assert ec.sample_at(joined, part=part, file_sample=file_sample) == sample
    assert ec.sample_at(joined, part=0, file_sample=[4, 5, 9]).tolist() == [0, 1, 5]
    assert len(ec.locate(joined, [])) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda d: ec.locate(d, 15), IndexError, "sample 15 is out of range for a dataset of 15 samples"),
        (lambda d: ec.locate(d, [0, -16]), IndexError, "sample -16 is out of range"),
        (lambda d: ec.locate(d, 0.5), TypeError, "samples are whole numbers, not float64"),
        (lambda d: ec.sample_at(d, part=2, file_sample=0), IndexError, "no part 2: the dataset has 2 parts"),
        (lambda d: ec.sample_at(d, part=0, file_sample=10), IndexError, r"part 0 \(a\) has samples 0 to 9 of its file"),
        (lambda d: ec.sample_at(d, part=1, file_sample=-1), IndexError, r"part 1 \(b\) has samples 0 to 4"),
    ],
)
def test_what_is_not_there_cannot_be_located(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ec.join(recording("a", 10), recording("b", 5)))


def test_a_gap_has_no_file() -> None:
    joined = ec.join(recording("a", 10, part=at(0)), recording("b", 5, part=at(1)), gaps="nan")
    with pytest.raises(IndexError, match="part 1 is a filled gap: it has no file"):
        ec.sample_at(joined, part=1, file_sample=0)


def test_arrays_matched_by_order_come_back_from_split() -> None:
    def recording(name: str, lines: list[str]) -> ec.Dataset:
        values = 10 * ord(name) + np.arange(len(lines))[:, None] * np.ones(50)
        beside = {"adc": ec.from_array(values, 1000, names=lines).signal}
        return ec.from_array(np.zeros((2, 50)), 1000, name=name, aligned=beside)

    a = recording("a", ["ANALOG-IN-1", "ANALOG-IN-2"])
    b = recording("b", ["adc0", "adc1"])
    c = recording("c", ["ANALOG-IN-2", "ANALOG-IN-1"])
    for joined in (ec.join(a, b, c), ec.join(ec.join(a, b), c), ec.join(a, ec.join(b, c))):
        assert joined["adc"].shape == (2, 150)
        assert ec.split(joined) == (a, b, c)
        assert ec.join(*ec.split(joined))["adc"].shape == (2, 150)
    # A line that a later recording lacks is gone, under whichever name.
    d = recording("d", ["ANALOG-IN-2"])
    fewer = ec.split(ec.join(a, b, d))
    assert [one["adc"].channel_names for one in fewer] == [("ANALOG-IN-2",), ("adc1",), ("ANALOG-IN-2",)]
    assert [one["adc"][0, 0] for one in fewer] == [971.0, 981.0, 1000.0]


def test_a_simulated_session_comes_back_from_split(tmp_path: Path) -> None:
    """Intan files name their lines, the lab's HDF5 files number them."""
    session = simulate_session(tmp_path, duration_s=2.0)
    recordings = ec.load_session(session.catalog)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = ec.split(ec.join(*recordings))
    for part, own in zip(parts, recordings, strict=True):
        assert part["adc"].channel_names == own["adc"].channel_names
        np.testing.assert_array_equal(part["adc"], own["adc"])
