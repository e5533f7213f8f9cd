"""YAML sessions: what holds for all recordings, where they are looked for, and what is refused."""

from __future__ import annotations

import pickle
import re
import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import intake
import pytest
import yaml

import ecogcat as ec
from ecogcat.catalog import shared
from ecogcat.catalog.sessiondriver import EcogSession
from ecogcat.testing.headstages import write_headstage
from tests.conftest import ROOT

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a catalog of two recordings in `local` (rec_1) and `net` (both), with these settings under `ecog:`."""
    write_headstage(tmp_path / "local", "rec_1", "oephys", [100, 300, 500, 700])
    for name in ("rec_1", "rec_2"):
        write_headstage(tmp_path / "net", name, "oephys", [200, 400])

    def make(ecog: Any, sources: Any = None, **more: Any) -> Path:
        if sources is None:
            sources = {one: {"driver": "ecog_hdf5", "args": {"urlpath": f"{one}.h5"}} for one in ("rec_1", "rec_2")}
        path = tmp_path / "day.yaml"
        path.write_text(yaml.safe_dump({"metadata": {"ecog": ecog}, "sources": sources, **more}))
        return path

    return make


def entry(**args: Any) -> dict[str, Any]:
    return {"driver": "ecog_hdf5", "args": args}


ROOTS = {"roots": ["local", "net"]}


@pytest.mark.parametrize("opener", [intake.open_catalog, ec.open_session])
def test_session_then_recording_then_call(write: Write, opener: Any) -> None:
    sources = {"rec_1": entry(urlpath="rec_1.h5", units="mV"), "rec_2": entry(urlpath="rec_2.h5")}
    cat = opener(str(write({**ROOTS, "defaults": {"units": "V", "channels": [0, 1]}}, sources)))
    assert [cat[name].read().units for name in cat] == ["mV", "V"]
    assert cat["rec_1"](units="nV").read().units == "nV"
    assert cat["rec_1"](units=None).read().units == "uV"
    assert cat["rec_1"](channels=[3]).read().n_channels == 1
    assert cat["rec_2"](channels=None)(units="nV").read().signal.shape == (64, 6000)
    assert pickle.loads(pickle.dumps(cat["rec_2"])).read() == cat["rec_2"].read()
    assert pickle.loads(pickle.dumps(cat["rec_2"]))(channels=[5]).read().units == "V"
    assert cat.search("rec_2")["rec_2"].read().units == "V"


def test_the_first_root_with_a_recording_has_it(write: Write, tmp_path: Path) -> None:
    cat = ec.open_session(write(ROOTS))
    assert cat["rec_1"].read().parts[0].paths == (str(tmp_path / "local" / "rec_1.h5"),)
    assert cat["rec_2"].read().parts[0].paths == (str(tmp_path / "net" / "rec_2.h5"),)
    assert cat["rec_1"](roots="net").read().parts[0].paths == (str(tmp_path / "net" / "rec_1.h5"),)
    (tmp_path / "local" / "rec_1.h5").unlink()
    assert cat["rec_1"].read().parts[0].paths == (str(tmp_path / "net" / "rec_1.h5"),)
    (tmp_path / "net" / "rec_1.h5").unlink()
    with pytest.raises(ec.RecordingNotFound) as missing:
        cat["rec_1"].read()
    for place in ("local/rec_1.h5", "net/rec_1.h5", "rec_1.h5"):
        assert str(tmp_path / place) in str(missing.value)


def test_variables_in_roots(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_DATA", raising=False)
    cat = ec.open_session(write({"roots": ["${LAB_DATA}/local", "{{ CATALOG_DIR }}/net"]}))
    assert cat["rec_1"].read().parts[0].paths == (str(tmp_path / "net" / "rec_1.h5"),)
    (tmp_path / "net" / "rec_2.h5").unlink()
    with pytest.raises(ec.RecordingNotFound, match=r"nor was it looked for in \$\{LAB_DATA\}/local \(the .* not set\)"):
        cat["rec_2"].read()
    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    by_intake = ec.open_session(write({}, {"rec_1": entry(urlpath="{{ env(LAB_DATA) }}/net/rec_1.h5")}))
    assert by_intake["rec_1"].read().parts[0].paths == (str(tmp_path / "net" / "rec_1.h5"),)
    assert cat["rec_1"].read().parts[0].paths == (str(tmp_path / "local" / "rec_1.h5"),)


def test_a_template_of_paths(write: Write, tmp_path: Path) -> None:
    sources = {"rec_1": {"driver": "ecog_hdf5", "metadata": {"where": "net"}}, "rec_2": {"driver": "ecog_hdf5"}}
    cat = ec.open_session(write({"path": "{where}/{name}.h5"}, sources))
    assert cat["rec_1"].read().parts[0].paths == (str(tmp_path / "net" / "rec_1.h5"),)
    with pytest.raises(ec.CatalogError, match=r"'rec_2': path: \{where\}/\{name\}\.h5: 'where' is not known"):
        cat["rec_2"].read()
    evil = ec.open_session(write({"path": "{name.__class__}.h5"}, sources))
    with pytest.raises(
        ec.RecordingNotFound, match=r"\{name.__class__\}\.h5"
    ):  # no place of a template, and no attribute
        evil["rec_1"].read()
    with pytest.raises(TypeError, match="urlpath is one path, not None"):
        ec.open_session(write({}, sources))["rec_1"].read()


def test_triggers_and_experiments(write: Write, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "tones_up.txt").write_text("500\n1000\n")
    defaults = {
        "triggers": {"source": "adc", "channel": 0},
        "conditions": {"exp_type": "tonotopy", "tones_tab": "tones_up.txt", "amps_tab": [30, 50]},
    }
    sources = {"rec_1": entry(urlpath="rec_1.h5"), "rec_2": entry(urlpath="rec_2.h5", conditions=None)}
    cat = ec.open_session(write({**ROOTS, "tables": ["lists"], "defaults": defaults}, sources))
    events = cat["rec_1"].read().events
    assert events.sample.tolist() == [100, 300, 500, 700]
    assert events.table["tones"].tolist() == [500.0, 1000.0, 500.0, 1000.0]
    assert list(cat["rec_2"].read().events.table.columns) == []
    assert len(cat["rec_1"](triggers=None, conditions=None).read().events) == 0
    assert len(cat["rec_1"](events=False).read().events) == 0
    assert cat["rec_1"](events=ec.Events([7, 9])).read().events.table["tones"].tolist() == [500.0, 1000.0]
    assert list(cat["rec_1"](conditions={}).read().events.table.columns) == ["stim"]
    assert cat["rec_1"].discover()["metadata"]["n_events"] is None
    assert cat["rec_1"](triggers=None, conditions=None).discover()["metadata"]["n_events"] == 0
    joined = {"driver": "ecog_join", "args": {"parts": ["rec_1", "rec_2"]}}
    more = ec.open_session(write({**ROOTS, "tables": ["lists"], "defaults": defaults}, {**sources, "both": joined}))
    assert len(more["both"].read().events) == 6
    assert more["both"].discover()["metadata"]["n_events"] is None
    assert more["both"](events=False).discover()["metadata"]["n_events"] == 0


def test_settings_of_another_format_are_no_matter(write: Write) -> None:
    cat = ec.open_session(write({**ROOTS, "defaults": {"daq": "2t-as daq v1", "electrode": "psv_61_intan"}}))
    assert cat["rec_1"].read().n_channels == 61
    with pytest.raises(TypeError, match=r"catalog entry 'rec_1': .*daq"):
        cat["rec_1"](daq="2t-as daq v1").read()


def test_what_is_asked_for_and_not_done_is_refused(write: Write) -> None:
    cat = ec.open_session(write({**ROOTS, "defaults": {"downsamp": 15}}))
    with pytest.raises(ec.CatalogError, match=r"'rec_1': .* downsamp 15; .* cat\['rec_1'\]\(downsamp=None\)"):
        cat["rec_1"].read()
    assert cat["rec_1"](downsamp=None).read().n_samples == 6000


@pytest.mark.parametrize(
    ("ecog", "message"),
    [
        ({"rots": []}, "metadata: ecog: no 'rots' is known; did you mean 'roots'?"),
        ({"roots": [3]}, "metadata: ecog: roots is a list of folders, not [3]"),
        ({"roots": {"a": 1}}, "metadata: ecog: roots is a list of folders"),
        ({"defaults": {"unit": "mV"}}, "defaults: no load setting 'unit' is known; did you mean 'units'?"),
        ({"defaults": ["mV"]}, "defaults are load settings by name, not ['mV']"),
        ({"path": 3}, "path is text such as '{name}.h5', not 3"),
        ("mV", "metadata: ecog: has names with values"),
    ],
)
def test_broken_settings_are_one_error(write: Write, ecog: Any, message: str) -> None:
    path = write(ecog)
    with pytest.raises(ec.CatalogError) as refused:
        ec.open_session(path)
    assert message in str(refused.value)
    assert str(refused.value).startswith(str(path))
    plain = intake.open_catalog(str(path))  # Intake itself knows nothing of them
    with pytest.raises(ec.CatalogError) as refused:
        plain["rec_1"].read()
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("sources", "more", "message"),
    [
        ({"a": {"drver": "ecog_hdf5"}}, {}, "entry 'a': an entry has no key 'drver'; did you mean 'driver'?"),
        (
            {"a": {"args": {}}},
            {},
            "line 4: entry 'a': a driver is the name of one, such as ecog_intan; this",
        ),
        ({"a": "rec.h5"}, {}, "line 4: entry 'a': an entry has a driver and args, not 'rec.h5'"),
        (
            {"a": {"driver": "ecog_hdf5", "args": ["x"]}},
            {},
            "'a': args: names with values belong here, not a list of 1",
        ),
        ({1: {"driver": "ecog_hdf5"}}, {}, "the name of an entry is text: write '1' in quotes"),
        ({}, {"sorces": {}}, "a catalog has no key 'sorces'; did you mean 'sources'?"),
        ({}, {"metadata": 3}, "line 1: metadata: names with values belong here, not 3"),
    ],
)
def test_a_broken_catalog_is_one_error(write: Write, sources: Any, more: Any, message: str) -> None:
    with pytest.raises(ec.CatalogError) as refused:
        ec.open_session(write({}, sources, **more))
    assert message in str(refused.value)


def test_the_session_driver(write: Write, tmp_path: Path) -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["intake.drivers"]
    assert EntryPoint("ecog_session", points["ecog_session"], "intake.drivers").load() is EcogSession
    if "ecog_session" not in intake.registry:  # an installation from before there was one
        intake.register_driver("ecog_session", EcogSession)
    (tmp_path / "ini.txt").write_text("[session]\nexp_path: local\nheadstage: oephys\n[rec_1]\n")
    for path in (write(ROOTS), tmp_path / "ini.txt", tmp_path):
        ours = ec.open_session(path)
        for cat in (intake.open_catalog(str(path), driver="ecog_session"), intake.open_ecog_session(str(path))):
            assert (type(cat), list(cat)) == (type(ours), list(ours))
    nested = {"mine": {"driver": "ecog_session", "args": {"path": "ini.txt"}}}
    outer = tmp_path / "outer.yaml"
    outer.write_text(yaml.safe_dump({"sources": nested}))
    for cat in (intake.open_catalog(str(outer)), ec.open_session(outer)):
        assert cat["mine"]["rec_1"].read() == ec.open_session(tmp_path / "ini.txt")["rec_1"].read()
    assert ec.open_session(outer)["mine/1"].read().name == "rec_1"


def test_yaml_and_ini_sessions_in_one_tree(write: Write, tmp_path: Path) -> None:
    group = tmp_path / "db" / "rats"
    group.mkdir(parents=True)
    (group / "ini.txt").write_text(f"[session]\nexp_path: {tmp_path}/local\nheadstage: oephys\n[rec_1]\n")
    (group / "other.yaml").write_text("no: catalog\n")
    write({"roots": [str(tmp_path / "net")]}).rename(group / "day.yaml")
    cat = ec.open_session(tmp_path / "db")
    assert list(cat["rats"]) == ["ini", "day"]
    assert cat.rats.day["rec_2"].read().name == "rec_2"
    assert cat["rats/day/2"].read() == cat["rats"]["day"]["rec_2"].read()
    assert cat["rats/ini/1"].read().name == "rec_1"
    assert sorted(ec.session_table(cat).index) == ["rats/day/rec_1", "rats/day/rec_2", "rats/ini/rec_1"]
    assert pickle.loads(pickle.dumps(cat))["rats/day/2"].read() == cat["rats/day/2"].read()


def test_what_is_said_for_people_is_kept(write: Write) -> None:
    ecog = {**ROOTS, "session": "2020-03-01", "group": "rats", "notes": ["left hemisphere"], "summary": {"n": 2}}
    cat = ec.open_session(write(ecog))
    assert cat.metadata["ecog"] == ecog
    assert "ecog" not in cat["rec_1"].read().metadata


def test_the_example_of_the_page_is_a_catalog(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "catalogs.md").read_text(encoding="utf-8")
    (block,) = (one for one in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "ecog:" in one)
    (tmp_path / "page.yaml").write_text(block)
    cat = ec.open_session(tmp_path / "page.yaml")
    assert list(cat) == ["awake_1", "awake_2"]
    with pytest.raises(ec.RecordingNotFound, match="RIG_DATA is not set") as missing:
        cat["awake_2"].read()
    assert "/mnt/lab/2020-03-01 rat A/awake_2.h5" in str(missing.value)
    section = text.partition("## What holds for all recordings")[2].partition("\n## ")[0]
    assert {f"`{key}`" for key in shared._KEYS} <= set(re.findall(r"`\w+`", section))
