"""Entries by name, number and path; recordings without a section of their own."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import intake
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.catalog.lookup import look_up
from ecogcat.testing.headstages import write_headstage
from ecogcat.testing.simulate import SimulatedSession

SESSION = """\
[session]
exp_path: {local}
headstage: oephys
trigger_idx: 0
[DEFAULT]
tones_tab: 500, 1000
[test_001]
[test_002]
[test_012]
[7]
[awake_7]
[a_12]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "db" / "rats").mkdir(parents=True)
    (tmp_path / "db" / "rats" / "day_conf.txt").write_text(SESSION.format(local=tmp_path / "local"))
    for name in ("test_002", "test_003", "test_030", "more"):
        write_headstage(tmp_path / "local", name, "oephys", [100, 300])
    return tmp_path


@pytest.fixture
def cat(root: Path) -> Any:
    return ec.open_session(root / "db" / "rats" / "day_conf.txt")


@pytest.mark.parametrize(
    ("key", "name"), [(2, "test_002"), ("2", "test_002"), ("002", "test_002"), (np.int64(1), "test_001")]
)
def test_a_number_is_that_at_the_end_of_a_name(cat: Any, key: Any, name: str) -> None:
    assert cat[key].name == name


def test_a_name_goes_before_a_number(cat: Any) -> None:
    assert cat[7].name == cat["7"].name == "7"
    assert cat["awake_7"].name == "awake_7"


def test_a_number_of_several_names_them(cat: Any) -> None:
    with pytest.raises(ec.CatalogError, match=r"^12 may be any of test_012, a_12; write it out$"):
        cat[12]


def test_sessions_load_by_number(cat: Any) -> None:
    assert [one.name for one in ec.load_session(cat, [2])] == ["test_002"]
    assert [one.name for one in ec.load_session(cat, 2)] == ["test_002"]
    assert [one.name for one in ec.load_session(cat, ["2", 3, "more"])] == ["test_002", "test_003", "more"]


def test_a_recording_without_a_section_has_no_experiment(cat: Any) -> None:
    assert list(cat["test_002"].read().events.table.columns) == ["tones"]
    assert "more" not in cat
    for key, name in (("more", "more"), (3, "test_003"), ("test_030", "test_030")):
        dataset = cat[key].read()
        assert dataset.name == name
        assert (len(dataset.events), list(dataset.events.table.columns)) == (2, [])
        assert pickle.loads(pickle.dumps(cat[key])).read() == dataset
    assert cat["more"](units="mV").read().units == "mV"


def test_what_is_nowhere_is_missing(cat: Any) -> None:
    with pytest.raises(ec.CatalogError, match=r"no entry 'test_02'; there are: test_001.*did you mean 'test_0[01]2'\?"):
        cat["test_02"]
    for key in ("nothing", 99, "../db", "a/b"):
        with pytest.raises(KeyError, match="the catalog has no entry"):
            cat[key]
    assert not hasattr(cat, "more")  # as an attribute there is what is listed
    assert cat.test_002.name == "test_002"
    with pytest.raises(KeyError):
        cat[2.5]
    with pytest.raises(ec.CatalogError, match="no entry 'nothing', 'nor_this'"):
        ec.load_session(cat, ["nothing", "nor_this"])


def test_paths_lead_through_nested_catalogs(root: Path) -> None:
    cat = ec.open_session(root / "db")
    names = {cat["rats/day/test_002"].name, cat["rats", "day", 2].name, cat["rats"]["day/2"].name, cat.rats.day[2].name}
    assert names == {"test_002"}
    assert cat["rats/day/more"].read().name == "more"
    assert [one.name for one in ec.load_session(cat, ["rats/day/2"])] == ["test_002"]
    with pytest.raises(ec.CatalogError, match="no entry 'nothing'"):
        cat["rats/day/nothing"]
    again = pickle.loads(pickle.dumps(cat))
    assert again["rats/day/2"].read() == cat["rats/day/2"].read()


def test_a_plain_catalog_is_looked_up_in_as_well(session: SimulatedSession) -> None:
    cat = intake.open_catalog(str(session.catalog))
    name = session.recordings[1].name
    assert look_up(cat, 2).name == name
    assert ec.load_session(cat, 2)[0].name == name
