"""Joins as catalog entries."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import intake
import numpy as np
import pytest
import yaml

import ecogcat as ec
from ecogcat.catalog.joins import JoinSource
from ecogcat.testing.headstages import write_headstage
from ecogcat.testing.simulate import SimulatedSession


def entry(parts: Any, **options: Any) -> dict[str, Any]:
    return {"driver": "ecog_join", "args": {"parts": parts, **options}, "metadata": {"block": 3}}


@pytest.fixture
def joins(session: SimulatedSession, write_catalog: Any) -> Any:
    a, b, c, _ = (recording.name for recording in session.recordings)
    path = write_catalog(
        "joins.yaml",
        {
            "two": entry([a, b]),
            "apart": entry([a, b], gaps="nan", aligned="exact"),
            "nested": entry(["two", c]),
            "from_file": entry([a, f"{session.recordings[1].path.name}"], match="name", electrode=None),
            "unknown": entry([a, "rec_99"]),
            "circle": entry([a, "circular"]),
            "circular": entry(["circle"]),
            "empty": entry([]),
            "word": entry(a),
            "number": entry([3]),
            "catalog": {"driver": "yaml_file_cat", "args": {"path": str(session.catalog)}},
            "foreign": entry([a, "catalog"]),
        },
    )
    return intake.open_catalog(str(path))


def test_a_join_entry_is_the_join_of_its_parts(session: SimulatedSession, joins: Any) -> None:
    a, b, c, _ = (joins[recording.name].read() for recording in session.recordings)
    two = joins["two"].read()
    assert two == ec.join(a, b)
    assert (two.name, [part.name for part in two.parts]) == ("two", [a.name, b.name])
    assert joins["nested"].read() == ec.join(a, b, c)
    assert joins["two"].discover()["shape"] == two.signal.shape
    assert joins["two"].discover()["metadata"]["format"] == "intan+hdf5"
    assert joins["two"].metadata["block"] == 3
    assert joins["two"].discover()["npartitions"] == 2
    assert np.array_equal(joins["two"].to_dask().compute(), two.signal[:])


def test_options_and_load_arguments_are_told_apart(session: SimulatedSession, joins: Any) -> None:
    a, b = (recording.name for recording in session.recordings[:2])
    some = joins["two"](units="mV", channels=range(32), gaps="nan").read()
    parts = [joins[name](units="mV", channels=range(32)).read() for name in (a, b)]
    assert some == ec.join(*parts, gaps="nan")
    assert some.units == "mV"
    assert joins["two"](channels="exact", name="other").read().name == "other"
    assert joins["nested"](units="V").read().units == "V", "load arguments reach the parts of parts"
    with pytest.raises(ec.JoinError, match=r"(?s)catalog entry 'two'.*at least 99") as caught:
        joins["two"](min_channels=99).read()
    assert not caught.value.plan.ok


def test_parts_may_be_paths(session: SimulatedSession, joins: Any) -> None:
    first, second = session.recordings[:2]
    found = intake.open_ecog_join([str(first.path), str(second.path)], match="name", channels="outer").read()
    opened = [ec.open_recording(recording.path) for recording in (first, second)]
    assert found == ec.join(*opened, match="name", channels="outer")
    with pytest.raises(ec.JoinError, match="catalog entry 'apart'"):
        joins["apart"].read()


def test_joins_pickle_without_their_catalog(session: SimulatedSession, joins: Any, tmp_path: Path) -> None:
    for name in ("two", "nested"):
        source = pickle.loads(pickle.dumps(joins[name]))
        assert source.catalog_object is None
        assert (source.read(), source.read().name) == (joins[name].read(), name)
        assert source(units="mV").read() == joins[name](units="mV").read()


def test_a_search_result_still_finds_the_parts(joins: Any) -> None:
    found = joins.search("ecog_join")
    assert found["two"].read() == joins["two"].read()


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("unknown", ec.CatalogError, r"part 'rec_99' is no entry of the catalog \(there are: .*two"),
        ("circle", ec.CatalogError, "a part of itself: circle > circular > circle"),
        ("empty", TypeError, "parts is a list"),
        ("word", TypeError, "parts is a list"),
        ("number", TypeError, "name of an entry or a path, not 3"),
        ("foreign", ec.CatalogError, "part 'catalog' is no recording"),
    ],
)
def test_an_error_names_the_join(joins: Any, name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        joins[name].read()
    assert f"catalog entry {name!r}" in str(caught.value)


def test_a_wrong_argument_of_a_join(joins: Any) -> None:
    with pytest.raises(TypeError, match=r"catalog entry 'two': .*'gapz'; did you mean gaps\?"):
        joins["two"](gapz="nan").read()
    with pytest.raises(TypeError, match="'qqqq'; joining takes match, channels"):
        joins["two"](qqqq=1).read()
    with pytest.raises(ValueError, match="catalog entry 'two': gaps is 'abut', 'nan' or a number"):
        joins["two"](gaps="wide").read()


def test_an_error_in_a_part_names_part_and_join(session: SimulatedSession, joins: Any) -> None:
    name = session.recordings[0].name
    with pytest.raises(ValueError, match=f"catalog entry 'two': catalog entry '{name}': .*parsec"):
        joins["two"](units="parsec").read()


def test_the_driver_is_what_the_entry_point_names() -> None:
    assert intake.registry["ecog_join"] is JoinSource


# Parts in nested catalogs


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An INI session and a YAML catalog that has it, and joins of its recordings."""
    for name in ("test_001", "test_002"):
        write_headstage(tmp_path / "local", name, "oephys", [100, 300, 500, 700])
    (tmp_path / "rats").mkdir()
    (tmp_path / "rats" / "day.txt").write_text(
        f"[session]\nexp_path: {tmp_path}/local\nheadstage: oephys\ntrigger_idx: 0\n[DEFAULT]\ntones_tab: 1, 2\n"
        "[test_001]\n[test_002]\n"
    )
    session = "ecogcat.catalog.sessiondriver.EcogSession"  # what the entry point `ecog_session` names
    inner = {"all": entry(["day/test_001", "day/test_002"]), "day": {"driver": session, "args": {"path": "day.txt"}}}
    (tmp_path / "rats" / "inner.yaml").write_text(yaml.safe_dump({"sources": inner}))
    outer = {
        "rats": {"driver": session, "args": {"path": "rats"}},
        "one": {"driver": "yaml_file_cat", "args": {"path": "{{ CATALOG_DIR }}/rats/inner.yaml"}},
        "by_path": entry(["rats/day/test_001", "rats/day/2"]),
        "all": entry(["one/all", "rats/inner/all"]),
        "circle": entry(["rats/day/test_001", "circle"]),
        "nowhere": entry(["rats/day/test_003"]),
    }
    path = tmp_path / "outer.yaml"
    path.write_text(yaml.safe_dump({"sources": outer}))
    return path


@pytest.mark.parametrize("opener", [intake.open_catalog, ec.open_session])
def test_parts_lie_in_nested_catalogs(tree: Path, opener: Any) -> None:
    cat = opener(str(tree))
    a, b = ec.load_session(tree.parent / "rats" / "day.txt")
    joined = cat["by_path"].read()
    assert joined == ec.join(a, b)
    assert joined.events.table["tones"].tolist() == [1.0, 2.0] * 4
    assert cat["by_path"].discover()["metadata"]["n_events"] is None
    assert [part.name for part in joined.parts] == ["test_001", "test_002"]
    assert cat["all"].read() == ec.join(a, b, a, b)  # entries of one name in three catalogs are no circle
    assert pickle.loads(pickle.dumps(cat["all"])).read() == cat["all"].read()
    with pytest.raises(ec.CatalogError, match="a part of itself: circle > circle"):
        cat["circle"].read()
    with pytest.raises(ec.CatalogError, match="part 'rats/day/test_003' is no entry of the catalog"):
        cat["nowhere"].read()


def test_joins_of_a_converted_session(tree: Path) -> None:
    ini = tree.parent / "rats" / "day.txt"
    path = tree.parent / "day.yaml"
    ec.convert_session(ini, path)
    content = yaml.safe_load(path.read_text())
    content["sources"]["both"] = entry(["test_001", "2"], gaps="abut")
    path.write_text(yaml.safe_dump(content))
    a, b = ec.load_session(ini)
    both = ec.open_session(path)["both"].read()
    assert both == ec.join(a, b)
    assert both.events == ec.join(a, b).events
    assert [one.name for one in ec.load_session(path)] == ["test_001", "test_002"]


def test_a_join_of_sources_saves_as_yaml(tree: Path) -> None:
    """Recordings of a session, joined by the driver and saved by Intake itself: parts are named by their path."""
    cat = ec.open_session(tree)
    cat.save(str(tree.parent / "saved.yaml"))
    again = ec.open_session(tree.parent / "saved.yaml")
    assert again["by_path"].read() == cat["by_path"].read()
