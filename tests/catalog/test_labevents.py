"""Events and conditions of recordings of INI sessions: found on the lines that the session names, when it is read."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.catalog.laboptions import LATER
from ecogcat.catalog.labtriggers import trigger_lines
from ecogcat.testing.headstages import write_headstage
from tests.catalog.lab_examples import SESSIONS, expected, lab_with_files

WITHOUT = dict.fromkeys(LATER)
"""What the examples ask for beside: filters and rates, which are no matter of events."""


def triggers_of(session: str, recording: str, n_events: int = 27) -> list[int]:
    return list(range(300, 300 + 50 * n_events, 50))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return lab_with_files(tmp_path_factory.mktemp("lab"), triggers_of, n_samples=1800)


@pytest.fixture
def day(tmp_path: Path) -> Callable[..., Any]:
    """Write a session of one recording with triggers, and open it."""

    def make(options: str, own: str = "", triggers: Any = (100, 300, 500, 700), **arguments: Any) -> Any:
        headstage = arguments.pop("headstage", "oephys")
        write_headstage(tmp_path / "local", "test_001", headstage, triggers)
        path = tmp_path / "day.txt"
        path.write_text(f"[session]\nexp_path: local\nheadstage: {headstage}\n{options}\n[test_001]\n{own}\n")
        return ec.open_session(path)["test_001"]

    return make


def read(source: Any, **arguments: Any) -> ec.Dataset:
    """Read, and take warnings about lists of another length as what they are."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*conditions repeated")
        dataset: ec.Dataset = source(**{**WITHOUT, **arguments}).read()
    return dataset


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("n_events", [0, 5, 27])
def test_recordings_have_the_experiments_that_they_had(session: str, n_events: int, tmp_path: Path) -> None:
    """Numbers of conditions of an experiment without order began at 1 (E2); those of ours begin at 0."""
    lab = lab_with_files(tmp_path, lambda *names: triggers_of(*names, n_events), n_samples=1800)
    cat = ec.open_session(session, **lab)
    told = expected()[session]["experiments"]
    assert set(told) == {*cat, "not_in_file"}
    for recording in cat:
        want = told[recording]["no events" if n_events == 0 else f"{n_events} events"]
        if isinstance(want, str):  # a table that is not there
            with pytest.raises(ValueError, match=r"mod_freq_tab: 'missing_file.txt' is neither numbers .* nor a file"):
                read(cat[recording])
            assert len(read(cat[recording], conditions=None).events) == n_events
            continue
        events = read(cat[recording]).events
        assert events.sample.tolist() == triggers_of(session, recording, n_events)
        table = {name: events.table[name].tolist() for name in events.table.columns}
        assert table == ({} if want is None else want["tables"]), recording
        if want is not None and want["condition_order"]:
            grid = events.grid(*want["condition_order"])
            assert grid.codes.tolist() == want["conditions"]
            assert list(grid.shape) == want["rolled_shape"]


def test_opening_and_discovering_read_no_line(lab: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecogcat.catalog.triggered.detect_events", None)
    cat = ec.open_session("rats/2020-03-01", **lab)
    source = cat["awake_1"](**WITHOUT)
    found = source.discover()
    assert found["shape"] == (61, 1800)
    assert found["metadata"]["n_events"] is None  # not looked for
    assert source.to_dask().shape == (61, 1800)
    assert source.read_partition(0).shape[0] == 61
    assert source(events=False).discover()["metadata"]["n_events"] == 0
    assert len(source(events=False).read().events) == 0
    with pytest.raises(TypeError, match="not callable"):
        source.read()


def test_discovering_brings_nothing_to_memory(day: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    source = day("mapped: False")
    monkeypatch.setattr("ecogcat.formats.loading.load", None)
    assert source.discover()["shape"] == (64, 6000)
    with pytest.raises(TypeError, match="not callable"):
        source.read()


def test_a_list_that_does_not_come_out_even_is_told(day: Callable[..., Any]) -> None:
    source = day("trigger_idx: 0", "tones_tab: 500, 1000, 2000")
    with pytest.warns(UserWarning, match="test_001: tones: 3 conditions repeated over 4 events, 1 times and 1 more"):
        dataset = source.read()
    assert dataset.events.table["tones"].tolist() == [500, 1000, 2000, 500]
    assert "tones: 3 conditions repeated over 4 events, 1 times and 1 more" in dataset.warnings[-1]
    with pytest.raises(ValueError, match=r"catalog entry 'test_001': 4 events were found, but tones has 3 conditions"):
        source(on_mismatch="raise").read()
    with pytest.warns(UserWarning, match="1 of 4 events are beyond the last condition and were left out"):
        assert len(source(on_mismatch="truncate").read().events) == 3
    assert day("trigger_idx: 0\non_mismatch: truncate", "tones_tab: 1, 2, 3, 4").read().warnings == ()
    with pytest.raises(ValueError, match="4 events were found, but tones has 3"):
        day("trigger_idx: 0\non_mismatch: raise", "tones_tab: 1, 2, 3").read()


def test_conditions_may_be_left_out_or_given(day: Callable[..., Any]) -> None:
    source = day("trigger_idx: 0", "tones_tab: 500, 1000")
    for nothing in (None, False):
        events = source(conditions=nothing).read().events
        assert (len(events), list(events.table.columns)) == (4, [])
    other = source(conditions={"amps_tab": [30, 50]}).read().events.table
    assert {name: other[name].tolist() for name in other} == {"amps": [30.0, 50.0, 30.0, 50.0]}
    own = source(events=ec.Events([10, 20])).read().events
    assert (own.sample.tolist(), own.table["tones"].tolist()) == ([10, 20], [500.0, 1000.0])
    named = source(events=ec.Events([10], {"word": ["ba"]})).read().events
    assert list(named.table.columns) == ["word"]  # someone's table says already what was presented
    with pytest.raises(ec.CatalogError, match="conditions are given by options such as tones_tab, not 3"):
        source(conditions=3).read()


def test_conditions_without_a_trigger_line_are_told(day: Callable[..., Any]) -> None:
    dataset = day("", "tones_tab: 500, 1000").read()
    assert (len(dataset.events), dataset.warnings) == (0, ())
    source = day("", "tones_tab: 500, 1000", headstage="blackrock")
    assert source.read().events.table["tones"].tolist() == [500.0, 1000.0, 500.0, 1000.0]
    (told,) = source(triggers=None).read().warnings
    assert told.startswith("test_001: conditions are listed, but no trigger line is named")


def test_l1_a_line_that_is_not_there_is_told(day: Callable[..., Any]) -> None:
    """L1: loading failed where a trigger line was missing, or had one event or none."""
    with pytest.warns(UserWarning, match=r"no events were looked for: no channel 3 in 'adc'; there are: 0"):
        dataset = day("trigger_idx: 3", "tones_tab: 500").read()
    assert (len(dataset.events), len(dataset.warnings)) == (0, 1)
    with pytest.raises(ec.CatalogError, match="triggers: no channel 3 in 'adc'"):
        day("trigger_idx: 3\nraise_on_glitch: True").read()
    for n in (0, 1):
        assert len(day("trigger_idx: 0", triggers=[900][:n]).read().events) == n


def test_bounces_are_left_out_and_told(day: Callable[..., Any]) -> None:
    played = list(range(100, 5900, 200))
    source = day("trigger_idx: 0", triggers=sorted([*played, 530]))
    dataset = source.read()
    assert dataset.events.sample.tolist() == played
    assert dataset.warnings == (
        "test_001: 1 triggers sooner than half of the usual interval after another were left out as bounces",
    )
    lines = {"source": "adc", "channel": 0}
    assert len(source(triggers={**lines, "regular": None}).read().events) == 30
    assert len(source(triggers={**lines, "edge": "falling"}).read().events) == 29
    with pytest.raises(ec.CatalogError, match="triggers: no 'chanel' is known; did you mean 'channel'"):
        source(triggers={"chanel": 0}).read()
    with pytest.raises(ec.CatalogError, match=r"triggers are 'own', or what ecogcat.detect_events is told, not 'adc'"):
        source(triggers="adc").read()


def test_an_expo_experiment_says_that_it_is_not_read(day: Callable[..., Any]) -> None:
    source = day("trigger_idx: 0", "movshon_exp: m1")
    with pytest.raises(ValueError, match=r"XML files of Expo experiments \(option movshon_exp\) are not read"):
        source.read()
    assert len(source(conditions=None).read().events) == 4


@pytest.mark.parametrize(
    ("headstage", "options"),
    [
        ("oephys", "trigger_idx: 0"),
        ("intan_rhd", "trigger_idx: 0"),
        ("mux6", ""),
        ("mux6", "trigger: 0"),
        ("zif26 to 2x uhdmi", "electrode: actv_64\ndaq: 2t-as daq v1\nbnc: 10, 11"),
        ("zif26 to 2x uhdmi", "electrode: actv_64\ndaq: 2t-as daq v1\nbnc: 11, 10\ntrigger_idx: 1"),
        ("blackrock", ""),
    ],
)
def test_each_headstage_has_its_lines(headstage: str, options: str, day: Callable[..., Any]) -> None:
    source = day(options, "tones_tab: 1, 2", headstage=headstage)
    events = source.read().events
    assert events.sample.tolist() == [100, 300, 500, 700]
    assert events.table["tones"].tolist() == [1.0, 2.0, 1.0, 2.0]


def test_a_line_that_the_system_may_lack_is_no_warning(day: Callable[..., Any]) -> None:
    source = day("", "tones_tab: 1, 2")
    dataset = source(triggers={"source": "trig", "channel": "all"}).read()
    assert (len(dataset.events), dataset.warnings) == (0, ())
    options = "electrode: actv_64\ndaq: 2t-as daq v1"
    assert len(day(options, headstage="zif26 to 2x uhdmi").read().events) == 0  # without bnc there is no line


def test_lines_of_a_board_among_channels() -> None:
    assert trigger_lines("openephys", {"drange": 1, "trigger_idx": (64, 65)}) == {
        "source": "trigger",
        "channel": [0, 1],
    }
    assert trigger_lines("openephys", {"drange": 1, "trigger_idx": (3,)}) == {"source": "signal", "channel": "CH4"}
    assert trigger_lines("hdf5", {"trigger_idx": (0,), "raise_on_glitch": True}) == {
        **{"source": "adc", "channel": 0, "required": True}
    }


def test_joined_recordings_keep_their_conditions(lab: dict[str, Any], tmp_path: Path) -> None:
    cat = ec.open_session("rats/2020-03-01", **lab)
    a, b = (read(cat[name]) for name in ("awake_1", "awake_2"))
    both = ec.join(a, ec.convert_units(b, "uV"))
    assert len(both.events) == 54
    assert both.events.table["amps"].tolist() == [*a.events.table["amps"], *b.events.table["amps"]]


def test_a_loud_channel_is_no_line(tmp_path: Path) -> None:
    """A line without two levels has no events, and that is no error."""
    (tmp_path / "local").mkdir()
    with h5py.File(tmp_path / "local" / "r.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((4, 500), "i2"), 1000.0
        file["adc"] = np.random.default_rng(0).normal(size=(1, 500))
    (tmp_path / "d.txt").write_text("[session]\nexp_path: local\nheadstage: oephys\ntrigger_idx: 0\n[r]\n")
    assert len(ec.open_session(tmp_path / "d.txt")["r"].read().events) == 0
