"""Experiments against the golden vectors and the session database of the older system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from tests.conftest import shared_path
from tests.formats.golden import golden

CASES = ("72_experiment_two", "73_experiment_two_swapped", "75_experiment_three_rev", "77_experiment_three-b")
COLUMNS = ("tones", "amps", "eye")


class Case:
    """One golden vector of conditions: its events, and what is expected."""

    def __init__(self, name: str) -> None:
        folder = shared_path(f"reference/golden/case_{name}")
        self.meta, self.want = golden(folder / "input.npz")
        with np.load(folder / "input.npz") as given:
            self.given = dict(given)
        self.order: list[str] = self.meta["condition_order"]
        self.events = ec.Events(self.given["time_stamps"], {name: self.given[name] for name in self.order})


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_conditions_are_numbered_as_they_were(case: Case) -> None:
    grid = case.events.grid(*case.order)
    assert grid.codes.tolist() == case.want["conditions"].tolist()
    assert list(grid.shape) == case.want["rolled_shape"].tolist()
    assert list(grid.levels) == case.order
    for name in case.order:
        assert grid.table[name].tolist() == case.want[f"table_{name}"].tolist()
    some = case.events.select(np.arange(5, 15))
    assert some.sample.tolist() == case.want["slice_5_15_stamps"].tolist()
    assert some.grid(*case.order).codes.tolist() == case.want["slice_5_15_conditions"].tolist()


def test_trials_are_ordered_as_they_were(case: Case) -> None:
    assert case.events.order_by("amps").tolist() == case.want["order_for_amps"].tolist()
    assert case.events.order_by(case.order[0]).tolist() == case.want["order_for_first"].tolist()
    assert case.events.order_by(*case.order).tolist() == case.want["order_for_all"].tolist()
    assert case.events.order_by().tolist() == case.want["order_for_all"].tolist()
    grid = case.events.grid(*case.order)
    of_50 = grid.events_of(amps=50)
    ordered = of_50[np.argsort(grid.codes[of_50], kind="stable")]
    assert ordered.tolist() == case.want["ordered_epochs_amps50"].tolist()
    counts = np.take(grid.roll(grid.counts), grid.levels["amps"].index(50), axis=case.order.index("amps"))
    assert counts.ravel().tolist() == case.want["ordered_epochs_sizes"].tolist()
    loud = case.events.select("amps >= 50")
    assert loud.sample.tolist() == case.want["subexp_amps_ge50_stamps"].tolist()


def test_iteration_goes_as_it_did(case: Case) -> None:
    masks = [np.isin(case.events.sample, some.sample) for _, some in case.events.by(*case.order[:2], empty=True)]
    assert np.array_equal(masks, case.want["iterate_masks"])
    shown = [np.isin(case.events.sample, some.sample) for _, some in case.events.by(*case.order[:2])]
    assert np.array_equal(shown, [mask for mask in masks if mask.any()])
    first = case.events.grid(*case.order)
    codes = np.arange(len(first)).reshape(first.shape)
    for k, (start, *others) in enumerate(case.meta["iterate_for_slices_null_is_full"]):
        level = first.levels[case.order[0]][k]
        assert (start, set(others)) == (k, {None})
        here = first.events_of(**{case.order[0]: level})
        assert np.isin(first.codes[here], codes[k]).all()
        assert here.tolist() == np.flatnonzero(np.isin(first.codes, codes[k])).tolist()


def test_joined_experiments_are_as_they_were(case: Case) -> None:
    """Offsets 5000 and 12000: three recordings, of all events, of the first nine, and of events 3 to 13."""
    some = (case.events, case.events.select(np.arange(9)), case.events.select(np.arange(3, 14)))
    recordings = [
        ec.from_array(np.zeros((1, n)), 1000, events=one, name=f"s.{k}")
        for k, (n, one) in enumerate(zip((5000, 7000, 4000), some, strict=True))
    ]
    joined = ec.join(*recordings).events
    assert joined.sample.tolist() == case.want["join3_stamps"].tolist()
    assert joined.table["tones"].tolist() == case.want["join3_tones"].tolist()
    assert joined.grid(*case.order).codes.tolist() == case.want["join3_conditions"].tolist()


def test_cycles_are_as_they_were(case: Case) -> None:
    """Case names `cycle_*`: three tones, five levels and one eye, each repeating by itself."""
    lists = {"tones": [1, 2, 3], "amps": [10.0, 20.0, 30.0, 40.0, 50.0], "eye": 7}
    with pytest.warns(UserWarning, match=r"\d conditions repeated over \d+ events, \d+ times and \d more"):
        table = ec.conditions_table(lists, len(case.events), on_mismatch="cycle")
    for name in COLUMNS:
        assert table[name].tolist() == case.want[f"cycle_{name}"].tolist()
    codes = ec.Events(case.events.sample, table).grid("tones", "amps", "eye").codes
    assert codes.tolist() == case.want["cycle_conditions"].tolist()


JOINS = (
    *("87_join_two_mapped", "89_join_lead_without_exp", "90_join_four_mapped_aligned"),
    *("92_join_permuted_common_order", "94_join_no_experiments", "95_join_mixed_force_loaded"),
)


@pytest.mark.parametrize("name", JOINS)
def test_joins_have_the_events_and_conditions_that_they_had(name: str) -> None:
    folder = shared_path(f"reference/golden/case_{name}")
    meta, want = golden(folder / "input.npz")
    with np.load(folder / "input.npz") as loaded:
        given = dict(loaded)
    shape = tuple(meta["geometry"])
    recordings = []
    for k in range(len(meta["lengths"])):
        sites = np.stack(np.unravel_index(given[f"flat{k}"], shape), axis=1)
        channel_map = ec.ChannelMap(sites, shape, (1.0, 1.0))
        dataset = ec.from_array(given[f"data{k}"], 1000, channel_map=channel_map, name=f"r{k}")
        if f"stamps{k}" in given:
            dataset = ec.with_events(dataset, given[f"stamps{k}"])
            dataset = ec.with_conditions(dataset, {"tone": given[f"tone{k}"]})
        recordings.append(dataset)
    joined = ec.join(*recordings)
    assert joined.channel_map is not None
    assert joined.channel_map.sites.tolist() == want["sites"].tolist()
    assert np.array_equal(joined.signal[:], want["data"])
    if "stamps" not in want:
        assert (len(joined.events), joined.events.schema) == (0, ())
        return
    assert joined.events.sample.tolist() == want["stamps"].tolist()
    assert joined.events.table["tone"].tolist() == want["tone"].tolist()
    assert joined.events.grid("tone").codes.tolist() == want["conditions"].tolist()


# The session database

SESSIONS = ("rats/2020-03-01", "rats/2020-03-02", "mice/2020-04-15_amnoise")


def recordings_of(session: str) -> list[Any]:
    if not (Path(str(shared_path("reference/sessions"))) / "expected.json").exists():
        return []
    expected = json.loads(shared_path("reference/sessions/expected.json").read_text())
    return [
        (recording, n, options, expected[session]["experiments"][recording][f"{n} events"])
        for recording, options in expected[session]["raw_strings"].items()
        if recording != "session" and recording in expected[session]["experiments"]
        for n in (5, 27)
    ]


@pytest.mark.parametrize("session", SESSIONS)
def test_session_files_say_what_they_said(session: str) -> None:
    """The conditions of an anonymous experiment were numbered 1 throughout (E2); ours begin at 0, `order` is none."""
    folder = shared_path(f"reference/sessions/db/{session.partition('/')[0]}")
    seen = 0
    for recording, n, options, want in recordings_of(session):
        if isinstance(want, str):  # it raised, too
            with pytest.raises(ValueError, match=r"neither numbers with commas between nor a file"):
                ec.session_experiment(options, [folder])
            seen += 1
            continue
        experiment = ec.session_experiment(options, [folder])
        seen += 1
        if want is None:
            assert experiment is None, recording
            continue
        assert experiment is not None
        table = experiment.table(n)
        assert {name: table[name].tolist() for name in table} == want["tables"], recording
        assert list(experiment.order) == want["condition_order"]
        assert dict(experiment.properties) == want["stim_props"]
        if experiment.order:
            grid = ec.Events(np.arange(n), table).grid(*experiment.order)
            assert grid.codes.tolist() == want["conditions"]
            assert {name: grid.table[name].tolist() for name in grid.table} == want["condition_tables"]
            assert list(grid.shape) == want["rolled_shape"]
        else:
            assert set(want["conditions"]) == {1}
    assert seen >= 6


def test_a_session_table_is_checked_before_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("500\n__import__('os')\n")
    (tmp_path / "none.txt").write_text("# nothing\n")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    tonotopy = {"exp_type": "Tonotopy", "amps_tab": "30"}
    with pytest.raises(ec.FormatError, match=r"words\.txt: line 2 is no number"):
        ec.session_experiment({**tonotopy, "tones_tab": "words.txt"}, [tmp_path])
    with pytest.raises(ec.FormatError, match="the table of conditions is empty"):
        ec.session_experiment({**tonotopy, "tones_tab": "none"}, [tmp_path])
    with pytest.raises(ec.FormatError, match="this is no text file"):
        ec.session_experiment({**tonotopy, "tones_tab": "bytes.txt"}, [tmp_path])
    with pytest.raises(ValueError, match=r"tones_tab: 'tone.txt' is neither .* in .*"):
        ec.session_experiment({**tonotopy, "tones_tab": "tone.txt"}, [tmp_path])
    with pytest.raises(ValueError, match="type tonotopy has the tables tones_tab, amps_tab; missing: tones_tab"):
        ec.session_experiment(tonotopy)
    with pytest.raises(ValueError, match="older kind has the tables tone_tab and amp_tab; missing: amp_tab"):
        ec.session_experiment({"exp_type": "froemke tonotopy", "tone_tab": "500"})
    with pytest.raises(ValueError, match="tone_onset is a number of seconds, not 'late'"):
        ec.session_experiment({**tonotopy, "tones_tab": "500", "tone_onset": "late"})
    with pytest.raises(ValueError, match="Expo experiments"):
        ec.session_experiment({"movshon_exp": "flicker"})
    (tmp_path / "silent.txt").write_text("0\n-1\n")
    with pytest.raises(ValueError, match="has no tone above 0 Hz"):
        ec.session_experiment({"tone_tab": "silent.txt", "amp_tab": "30"}, [tmp_path])


# Lists and events that do not agree


def dataset_of(n_events: int, name: str = "a") -> ec.Dataset:
    return ec.from_array(np.zeros((1, 100)), 1000, events=np.arange(n_events) * 3, name=name)


def test_a_list_of_another_length_is_refused() -> None:
    dataset = dataset_of(5)
    for lists in ({"tones": [1, 2, 3]}, {"tones": range(7)}, {"tones": "1"}, {"tones": pd.Series([1])}):
        with pytest.raises(ValueError, match=r"5 events were found, but tones has \d conditions?; on_mismatch="):
            ec.with_conditions(dataset, lists)
    with pytest.raises(ValueError, match="on_mismatch is one of raise, cycle, truncate, missing, not 'pad'"):
        ec.with_conditions(dataset, {"tones": [1]}, on_mismatch="pad")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tones: no condition for 5 events"):
        ec.with_conditions(dataset, {"tones": []}, on_mismatch="cycle")
    with pytest.raises(ValueError, match="tones: a list of conditions has one axis, not 2"):
        ec.with_conditions(dataset, {"tones": np.zeros((5, 1))})
    with pytest.raises(TypeError, match="conditions are lists by name"):
        ec.with_conditions(dataset, [1, 2, 3])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "length", "kept", "values", "told"),
    [
        ("cycle", 2, 5, [0, 1, 0, 1, 0], "tones: 2 conditions repeated over 5 events, 2 times and 1 more"),
        ("cycle", 7, 5, [0, 1, 2, 3, 4], "tones: 7 conditions repeated over 5 events, 0 times and 5 more"),
        ("truncate", 7, 5, [0, 1, 2, 3, 4], "tones: 2 of 7 conditions have no event and were left out"),
        ("truncate", 3, 3, [0, 1, 2], "tones: 2 of 5 events are beyond the last condition and were left out"),
        ("missing", 3, 5, [0, 1, 2, None, None], "tones: 2 of 5 events are beyond the last condition and have none"),
        ("missing", 7, 5, [0, 1, 2, 3, 4], "tones: 2 of 7 conditions have no event and were left out"),
    ],
)
def test_policies_are_named_and_count(policy: Any, length: int, kept: int, values: list[Any], told: str) -> None:
    lists = {"tones": np.arange(length, dtype=np.int16), "go": True}
    with pytest.warns(UserWarning, match=f"^a: {told}$"):
        got = ec.with_conditions(dataset_of(5), lists, on_mismatch=policy)
    table = got.events.table
    assert [None if pd.isna(one) else one for one in table["tones"]] == values
    assert table["go"].tolist() == [True] * kept
    assert str(table["tones"].dtype) == ("Int16" if None in values else "int16")
    assert got.events.sample.tolist() == [0, 3, 6, 9, 12][:kept]
    assert got.parts[0].warnings == (told,)
    assert got.parts[0].history[-1] == f"conditions tones, go given to {kept} events; {told}"


def test_complete_cycles_and_constants_do_not_warn() -> None:
    got = ec.with_conditions(dataset_of(6), {"tones": [1, 2, 3], "amps": "50"}, on_mismatch="cycle")
    assert got.events.table.to_dict("list") == {"tones": [1, 2, 3] * 2, "amps": [50.0] * 6}
    assert got.parts[0].warnings == ()
    assert "tones: 3 conditions repeated over 6 events, 2 times" in got.parts[0].history[-1]
    assert ec.with_conditions(dataset_of(0), {"tones": 5}).events.table["tones"].tolist() == []


def test_columns_stay_beside_those_that_were_there(tmp_path: Path) -> None:
    dataset = ec.with_conditions(dataset_of(3), pd.DataFrame({"code": [7, 8, 9], "word": ["a", "b", "c"]}))
    assert dataset.events.schema[0] == ("code", "int64")
    for name, sep in (("table.csv", ", "), ("table.tsv", "\t")):
        (tmp_path / name).write_text("\n".join(sep.join(row) for row in (("tones", "code"), *zip("123", "456"))))  # noqa: B905
        again = ec.with_conditions(dataset, tmp_path / name)
        assert again.events.table.to_dict("list") == {"code": [4, 5, 6], "word": ["a", "b", "c"], "tones": [1, 2, 3]}
    assert dataset.events.table["code"].tolist() == [7, 8, 9]


def test_text_names_a_file_or_is_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "tones.txt").write_text("500\n\n1000 # loud\n")
    (other / "levels_conf.txt").write_text("\ufeff30\n50")
    for name in ("tones.txt", "tones", tmp_path / "tones.txt"):
        assert ec.conditions_table({"t": name}, 2, folders=[other, tmp_path])["t"].tolist() == [500, 1000]
    for name in ("levels.txt", "levels", "levels_conf.txt"):
        assert ec.conditions_table({"t": name}, 2, folders=[tmp_path, other])["t"].tolist() == [30, 50]
    assert ec.conditions_table({"t": " 1, 2.5 "}, 2)["t"].tolist() == [1, 2.5]
    many = ", ".join(map(str, range(500)))  # no file has a name as long as that
    assert len(ec.conditions_table({"t": many}, 500)) == 500
    monkeypatch.chdir(tmp_path)
    assert ec.conditions_table({"t": "tones.txt"}, 2)["t"].tolist() == [500, 1000]
    with pytest.raises(ValueError, match="t: '' is neither"):
        ec.conditions_table({"t": ""}, 2)


# Joined datasets


def test_lists_of_a_joined_dataset_begin_anew_or_run_on() -> None:
    joined = ec.join(dataset_of(4, "a"), dataset_of(2, "b"))
    lists = {"tones": [1, 2, 3]}
    with pytest.raises(ValueError, match="the dataset has 2 parts: parts='each' begins the lists anew"):
        ec.with_conditions(joined, lists, on_mismatch="cycle")
    with pytest.raises(ValueError, match=r"parts is 'each', 'together' or one of \[0, 1\], not 2"):
        ec.with_conditions(joined, lists, parts=2)
    together = ec.with_conditions(joined, lists, on_mismatch="cycle", parts="together")
    assert together.events.table["tones"].tolist() == [1, 2, 3, 1, 2, 3]
    with pytest.warns(UserWarning, match=r"^a: tones: 3 .* 1 times and 1 more; b: tones: 3 .* 0 times and 2 more$"):
        each = ec.with_conditions(joined, lists, on_mismatch="cycle", parts="each")
    assert each.events.table["tones"].tolist() == [1, 2, 3, 1, 1, 2]
    one = ec.with_conditions(joined, {"tones": [8, 9]}, parts=1)
    assert one.events.table["tones"].isna().tolist() == [True] * 4 + [False] * 2
    assert one.events.table["tones"].dropna().tolist() == [8, 9]
    a, b = ec.split(one)
    assert (a.events.schema, b.events.schema) == ((), (("tones", "int64"),))
    assert ec.with_conditions(joined, {"tones": range(6)}).events.table["tones"].tolist() == [*range(6)]
    with pytest.warns(UserWarning, match="2 of 6 events are beyond"):
        cut = ec.with_conditions(joined, {"tones": range(4)}, on_mismatch="truncate")
    assert cut.events.sample.tolist() == [0, 3, 6, 9]


def test_an_experiment_is_given_to_a_dataset() -> None:
    experiment = ec.session_experiment({"exp_type": "tonotopy", "tones_tab": "500, 2800", "amps_tab": "30"})
    assert experiment is not None
    dataset = ec.with_conditions(dataset_of(4), experiment)
    grid = dataset.events.grid(*experiment.order)
    assert grid.labels == ("500 Hz (30)", "2.8 kHz (30)")
    assert grid.counts.tolist() == [2, 2]
    with pytest.raises(ValueError, match="4 events were found"):
        ec.with_conditions(dataset_of(4), experiment, on_mismatch="raise")


# Labels


@pytest.mark.parametrize(
    ("condition", "kind", "label"),
    [
        ({"tones": 2800.0, "amps": 30.0}, None, "2.8 kHz (30)"),
        ({"tones": 2828.4, "amps": 30}, "tonotopy", "2.8 kHz (30)"),
        ({"tones": 707.1}, None, "707.1 Hz"),
        ({"amps": 62.5}, None, "(62.5)"),
        ({"tone": 16000, "as_amp": 80}, None, "16 kHz (80)"),
        ({"am_depth": 100.0, "mod_freq": 8.0}, None, "AM 8 Hz (100 %)"),
        ({"am_depth": 100.0}, None, "(100 %)"),
        ({"carrier_tone": 1000, "mod_freq": 4, "am_depth": 0}, "QT_AMtones", "1 kHz, AM 4 Hz (0 %)"),
        ({"tones": pd.NA, "amps": 30}, None, "? (30)"),
        ({"stim": 1.0}, None, "stim=1"),
        ({"eye": "left", "tones": 500}, "tonotopy", "eye=left, tones=500"),
        ({}, None, ""),
    ],
)
def test_labels_are_those_of_the_experiment(condition: dict[str, Any], kind: str | None, label: str) -> None:
    assert ec.condition_label(condition, kind) == label


def test_labels_of_tones_close_by_have_more_digits() -> None:
    assert ec.Events([1, 2], {"tones": [1010, 1020]}).grid().labels == ("1.01 kHz", "1.02 kHz")
    assert ec.Events([1, 2], {"tones": [1000.0, 1000.0000001]}).grid().labels == ("1 kHz", "1 kHz")
    with pytest.raises(ValueError, match="no type of experiment is called 'smells'; known are: froemke tonotopy"):
        ec.condition_label({"tones": 1}, "smells")
