"""Values of options: each type, what is refused, and the examples but for what was wrong."""

from __future__ import annotations

from typing import Any

import pytest

from ecogcat.catalog.ini import read_ini, read_settings
from ecogcat.catalog.inivalues import typed_options, typed_value
from ecogcat.errors import CatalogError
from tests.catalog.lab_examples import SESSIONS, examples, expected, without_globals

# L12: `car` and `local_ref` of a session file stayed text.
DIFFERENCES = {("rats/2020-03-01", "session", "car"): True, ("rats/2020-03-01", "session", "local_ref"): 3}


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("name", SESSIONS)
def test_the_examples_have_the_values_expected(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = expected()
    monkeypatch.setenv("HOME", told["HOME"])
    path = examples() / told["find_conf"][name].removeprefix("sessions/")
    session = read_ini(path, read_settings(examples() / "global_config.txt"))
    assert list(session.sections) == list(told[name]["typed"])
    for section, options in told[name]["typed"].items():
        one = session.sections[section]
        mine = {option: plain(value) for option, value in typed_options({**one.inherited, **one.own}).items()}
        theirs = without_globals(options, told)
        for option in set(mine) | set(theirs):
            known = DIFFERENCES.get((name, section, option), theirs[option])
            assert (mine[option], type(mine[option])) == (known, type(known)), (section, option)


def test_the_global_settings_have_the_values_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    told = expected()
    monkeypatch.setenv("HOME", told["HOME"])
    settings = read_settings(examples() / "global_config.txt")
    values = {**typed_options(settings.values), "user_sessions": told["global"]["user_sessions"]}  # a place-holder
    assert values == {name: value for name, value in told["global"].items() if value != ""}


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        # G1: any text was True
        ("mapped", "False", False),
        ("mapped", "True", True),
        ("causal_filtering", "no", False),
        # G1: refused
        ("use_stored", "yes", True),
        ("resample_rate", "2e3", 2000),
        ("resample_rate", "2000.0", 2000),
        ("n_data", "4.0", 4),
        ("connectors", "intan64, intan64", ("intan64", "intan64")),
        ("mux_connectors", "left1", ("left1",)),
        ("load_channels", "0-5", (0, 1, 2, 3, 4, 5)),
        ("trigger", "", None),
        ("resample_rate", " ", None),
        # G1: one number, 1011
        ("bnc", "10 11", (10, 11)),
        # G1: empty, and yet given
        ("mapped", "", None),
        ("bandpass", "", None),
        ("rec_num", "", None),
        ("units", "", None),
        # L12: stayed text
        ("car", "False", False),
        ("car", "True", True),
        ("local_ref", "3", 3),
        ("local_ref", "3, 7", (3, 7)),
        ("local_ref", "True", True),
        # as before
        ("use_stored", "0", 0.0),
        ("use_stored", "False", False),
        ("snip_transient", "2.5", 2.5),
        ("notches", "60", (60,)),
        ("notches", "60, 120.5", (60.0, 120.5)),
        ("bandpass", "(2, -1)", (2, -1)),
        ("bandpass", "[1,100,]", (1, 100)),
        ("rec_num", "None", None),
        ("rec_num", "100", "100"),
        ("exp_path", "none", None),
        ("exp_path", "/~/data", "/home/lab/data"),
        ("exp_path", "/data//net///day 1", "/data/net/day 1"),
        ("store_path", "~/cache", "/home/lab/cache"),
        ("trigger_idx", "0", (0,)),
        ("cycle_rate", "5e6", 5e6),
        ("Bandpass", "2, 3", (2, 3)),
        ("exp_type", "tonotopy", "tonotopy"),
        ("tones_tab", "1000, 2000", "1000, 2000"),
        # new
        ("load_channels", "0 - 2, 8", (0, 1, 2, 8)),
        ("connections", "1, 2", (1, 2)),
        ("connectors", "left arm, right arm", ("left arm", "right arm")),
        ("half", "yes", True),
    ],
)
def test_values(option: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/lab")
    found = typed_value(option, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("bandpass", "2 to 300", "option bandpass is numbers, such as 60, 120.5, not '2 to 300'"),
        ("notches", "nan", "option notches is numbers"),
        ("load_channels", "5-0", "option load_channels is whole numbers from 0, such as 0, 1, 4-7, not '5-0'"),
        ("load_channels", "0-99999999999", "option load_channels is whole numbers"),
        ("trigger_idx", "-1", "option trigger_idx is whole numbers from 0"),
        ("bnc", "1.5", "option bnc is whole numbers"),
        ("resample_rate", "2.5", "option resample_rate is a whole number, such as 2000 or 2e3, not '2.5'"),
        ("resample_rate", "inf", "option resample_rate is a whole number"),
        ("resample_rate", "1e999", "option resample_rate is a whole number"),
        ("cycle_rate", "fast", "option cycle_rate is a number, not 'fast'"),
        ("mapped", "r-", "option mapped is True, False or r+, not 'r-'"),
        ("mapped", "2", "option mapped is True, False or r+"),
        ("use_stored", "sometimes", "option use_stored is True, False or a number"),
        ("local_ref", "mean", "option local_ref is rows of the reference"),
        ("bandpass", "__import__('os')", "option bandpass is numbers"),
    ],
)
def test_what_is_no_such_value_is_refused(option: str, text: str, message: str) -> None:
    with pytest.raises(CatalogError) as refused:
        typed_value(option, text, "s.txt: section [rec]")
    assert message in str(refused.value)
    assert str(refused.value).startswith("s.txt: section [rec]: ")
    assert repr(text) in str(refused.value)
