"""Every expectation of the lab's example sessions beside what ecogcat does; what differs is listed, in the docs too.

Texts, types, tables, names and experiments have tests of their own: test_ini, test_inivalues, test_labsession,
test_lab, test_labevents. Here are load arguments, days between sessions, and that nothing expected is without a test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ecogcat as ec
from ecogcat.catalog.ini import read_ini, read_settings
from ecogcat.catalog.laboptions import asked_for, translated
from ecogcat.catalog.labplaces import system_of
from ecogcat.catalog.labtriggers import trigger_lines
from tests.catalog.lab_examples import SESSIONS, examples, expected
from tests.test_readme import ROOT

PAGE = ROOT / "docs" / "coming_from.md"

DEFAULTS: dict[str, Any] = {
    # what the older system passed on where a session says nothing
    **dict.fromkeys(("load_channels", "resample_rate", "store_path", "rec_num"), None),
    **{"electrode_connectors": [], "mux_connectors": []},
    **dict.fromkeys(("causal_filtering", "raise_on_glitch", "memmap", "save", "mapped"), False),
    **dict.fromkeys(("use_stored", "save_downsamp"), True),
    **{"units": "uV", "downsamp": 1, "useFs": -1, "ni_daq_variant": "", "trigger": 0},
}
EITHER = {"bandpass": (None, []), "notches": (None, []), "trigger_idx": (0, [])}
"""Defaults that depend on the headstage."""

VALUES = {("rats/2020-03-01", "car"): True, ("rats/2020-03-01", "local_ref"): 3}
"""L12: they stayed text, which averaged whatever it said, or did nothing."""

NOT_PASSED_ON = {("mice/2020-04-15_amnoise", "row_order")}
"""L5: it could not be loaded; ours passes it on."""


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def asked(name: str, recording: str) -> dict[str, Any]:
    path = examples() / expected()["find_conf"][name].removeprefix("sessions/")
    session = read_ini(path, read_settings(examples() / "global_config.txt"))
    found, _ = asked_for(session.options(recording), {}, path.name)
    return found


@pytest.mark.parametrize("name", SESSIONS)
def test_recordings_are_loaded_with_the_arguments_expected(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", expected()["HOME"])
    for recording, told in expected()[name]["load_arguments"].items():  # one is not in the file: [session] holds
        ours = asked(name, recording)
        for key in ("headstage", "electrode", "exp_path", "nwk_path"):
            assert ours.pop(key, None) == told[key], (recording, key)
        said = {key: plain(value) for key, value in ours.items()}
        assert [said.pop(key) for key in ("daq",) if key in said] == told["positional"][:-1]
        for key, value in told["keywords"].items():
            if key in said:
                assert said.pop(key) == VALUES.get((name, key), value), (recording, key)
            else:
                assert value in EITHER.get(key, (DEFAULTS.get(key, ...),)), (recording, key)
        assert {(name, key) for key in said} <= NOT_PASSED_ON, recording


@pytest.mark.parametrize("name", SESSIONS)
def test_no_argument_is_lost_on_the_way(name: str) -> None:
    """Each option asked for is a load argument, a trigger line, a matter of copies, or refused by name."""
    for recording in expected()[name]["load_arguments"]:
        ours = asked(name, recording)
        system = system_of(ours["headstage"])
        assert system is not None
        format = system.files[0][1]
        arguments, left = translated(format, ours)
        kept = {*arguments, *(target for target, _ in left.values())}
        assert {"electrode", *({"units"} & set(ours)), *({"bnc", "row_order"} & set(ours))} <= kept
        wanted = {"bandpass", "notches", "mux_notches", "resample_rate", "snip_transient", "car", "local_ref"} & set(
            ours
        )
        names = {"mux_notches": "notches", "car": "reference", "local_ref": "reference"}
        assert {names.get(one, one) for one in wanted} - {"reference"} <= kept
        assert arguments.get("reference") == (3 if "car" in ours else None)
        assert left == {}
        assert trigger_lines(format, ours) is not None


def test_the_days_between_the_examples() -> None:
    told = expected()["sessions_to_delta"]
    names = told["order_given"]
    assert ec.session_days(names) == told["num"]
    assert [f"Day {day}" for day in ec.session_days(names)] == told["plain"]
    assert ec.session_days(names, "2020-02-01") == told["reference 2020-02-01"]
    others = ["2020-03-01", "x/2020-03-20", "2020-04-15_b"]
    assert [f"Day {day:2}" for day in ec.session_days(others)] == told["sortable"]


def test_l8_days_of_one_day_and_before() -> None:
    """L8: a list of one day alone could not be padded, and earlier days were padded wrongly."""
    assert ec.session_days(["2016-07-10", "2016-07-10"]) == [0, 0]
    assert ec.session_days(["2016-07-10", "2016-07-01"]) == [0, -9]
    assert ec.session_days([]) == []
    with pytest.raises(ValueError, match="no date such as 2020-03-01 in 'rats/day'"):
        ec.session_days(["rats/day"])
    with pytest.raises(ValueError, match=r"2020-13-01 in '2020-13-01' is no date"):
        ec.session_days(["2020-13-01"])
    with pytest.raises(TypeError, match=r"the name of a session is text .* not 3"):
        ec.session_days([3])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="takes a list of names"):
        ec.session_days("2020-03-01")


def test_nothing_that_is_expected_is_without_a_test() -> None:
    """The keys of the file, each with the test that compares it."""
    tested = {
        "HOME": "",
        "global": "test_the_global_settings_have_the_values_expected",
        **dict.fromkeys(
            ("session_groups", "available_sessions", "available_sessions_rats", "find_conf", "locate_old_session"),
            "test_the_examples_are_listed_and_found_as_before",
        ),
        "sessions_to_delta": "test_the_days_between_the_examples",
    }
    of_sessions = {
        **dict.fromkeys(("raw_strings", "section_order"), "test_the_examples_are_read_as_before"),
        "typed": "test_the_examples_have_the_values_expected",
        "load_arguments": "test_recordings_are_loaded_with_the_arguments_expected",
        "experiments": "test_recordings_have_the_experiments_that_they_had",
        "session_table": "test_the_table_of_the_examples",
    }
    told = expected()
    assert set(told) == {*tested, *SESSIONS}
    assert all(set(told[name]) == set(of_sessions) for name in SESSIONS)
    texts = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert all(f"def {test}(" in texts for test in (*tested.values(), *of_sessions.values()) if test)


def test_every_difference_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for said in ("`car: False`", "`local_ref: 3`", "`row_order`", "labels of an experiment without an order"):
        assert said in text
    for entry in ("G1", "L1", "L4", "L5", "L6", "L7", "L8", "L11", "L12", "L14", "L16", "E1", "E2"):
        assert f"| {entry} |" in text, entry


def test_two_references() -> None:
    """What lies between two channels has no part in a mean; of the mean of two others it would."""
    assert translated("hdf5", {"car": True, "local_ref": 3}) == ({"reference": 3}, {})
    assert translated("hdf5", {"local_ref": (3, 4), "car": True}) == ({"reference": (3, 4)}, {})
    arguments, left = translated("hdf5", {"car": True, "local_ref": True})
    assert arguments == {"reference": "common"}
    assert left == {"local_ref": ("local_ref", True)}
    assert translated("hdf5", {"car": False, "local_ref": False}) == ({}, {})
