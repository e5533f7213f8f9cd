"""Entries found by words and facts, catalogs checked, paths changed where folders moved, joins kept as entries."""

from __future__ import annotations

import json
import os
import pickle
import re
from pathlib import Path
from typing import Any

import intake
import pytest
import yaml
from click.testing import CliRunner
from intake.catalog import Catalog
from intake.source.base import DataSource

import ecogcat as ec
from ecogcat.catalog import index as indexing
from ecogcat.catalog.addjoin import add_join
from ecogcat.catalog.indexed import IndexedCatalog
from ecogcat.catalog.relink import relink
from ecogcat.cli.commands import ecogcat
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.simulate import simulate_session


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    """Five recordings in two folders; one of another length."""
    for k in range(5):
        folder = tmp_path / "data" / f"day{k // 3}"
        folder.mkdir(parents=True, exist_ok=True)
        write_rhd(folder / f"rec_{'abcde'[k]}.rhd", [[0] * (256 if k == 4 else 128)] * 4)
    path = tmp_path / "s.yaml"
    ec.scan(tmp_path / "data", path)
    text = path.read_text().replace("  day0/rec_b:\n", "  day0/rec_b:\n    description: Tones, left   # the best\n", 1)
    path.write_text(text)
    return path


@pytest.fixture(params=[False, True], ids=["by its YAML", "by its index"])
def either(scanned: Path, request: pytest.FixtureRequest) -> Any:
    if request.param:
        assert indexing.write_index(str(scanned), yaml.safe_load(scanned.read_text()))
    cat = ec.open_session(scanned)
    assert isinstance(cat, IndexedCatalog) is request.param
    return cat


ALL = ["day0/rec_a", "day0/rec_b", "day0/rec_c", "day1/rec_d", "day1/rec_e"]


@pytest.mark.parametrize(
    ("words", "facts", "found"),
    [
        ((), {}, ALL),
        (("tones",), {}, ALL[1:2]),
        (("TONES", "left"), {}, ALL[1:2]),
        (("tones", "right"), {}, []),
        (("day1",), {}, ALL[3:]),
        ((), {"session": "day1"}, ALL[3:]),
        ((), {"session": ["day1", "day0"]}, ALL),
        ((), {"n_samples": 256}, ALL[4:]),
        ((), {"samples": ">128"}, ALL[4:]),
        ((), {"samples": "<=128", "session": "day1"}, ALL[3:4]),
        ((), {"rate": 20000, "format": "intan"}, ALL),
        ((), {"rate": "20000.1"}, ALL),
        ((), {"rate": 19000}, []),
        ((), {"units": "U*"}, ALL),
        ((), {"n_samples": lambda n: n % 256 == 0}, ALL[4:]),
        ((), {"start_time": None}, ALL),
        ((), {"start_time": "2026*"}, []),
    ],
)
def test_find(either: Any, words: tuple[str, ...], facts: dict[str, Any], found: list[str]) -> None:
    some = ec.find(either, *words, **facts)
    assert list(some) == found
    for name in found[:1]:
        assert some[name].read().name == name


def test_what_nobody_says(either: Any) -> None:
    with pytest.raises(ec.CatalogError, match="no entry says anything about 'sesion'; did you mean session"):
        ec.find(either, sesion="day1")
    with pytest.raises(TypeError, match="a word to find is a str, not 2000; facts are given by name"):
        ec.find(either, 2000)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a catalog, or the path of one, is needed, not list"):
        ec.find([])


def test_what_headers_say_of_a_catalog_that_says_nothing(tmp_path: Path) -> None:
    session = simulate_session(tmp_path, ("intan", "hdf5"), duration_s=2.0)
    cat = intake.open_catalog(str(session.catalog))
    assert list(ec.find(cat, n_channels=61)) == [one.name for one in session.recordings]
    assert list(ec.find(cat, format="hdf5")) == [one.name for one in session.recordings if one.path.suffix == ".h5"]
    assert list(ec.find(cat, n_channels=60)) == []


def test_an_index_is_the_yaml(either: Any, scanned: Path) -> None:
    plain = intake.open_catalog(str(scanned))
    assert list(either) == list(plain)
    for name in plain:
        assert either[name].describe() == plain[name].describe()
        assert ec.equals(either[name].read(), plain[name].read())
    copy = pickle.loads(pickle.dumps(ec.find(either, session="day1")))
    assert list(copy) == ALL[3:]
    assert copy[ALL[3]].read().n_samples == 128
    assert len(either) == 5
    assert ALL[0] in either
    with pytest.raises(KeyError):
        either["nope"]


def test_an_index_is_never_stale(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "WORTH_AN_INDEX", 1)
    monkeypatch.setattr("ecogcat.catalog.scanned.WORTH_AN_INDEX", 1)
    ec.scan(scanned.parent / "data", scanned)
    assert isinstance(ec.open_session(scanned), IndexedCatalog)
    scanned.write_text(scanned.read_text().replace("Tones, left", "Clicks"))
    assert indexing.open_index(str(scanned)) is None
    cat = ec.open_session(scanned)
    assert list(ec.find(cat, "clicks")) == ["day0/rec_b"]
    assert isinstance(cat, IndexedCatalog), "it was written anew"
    Path(indexing.index_path(str(scanned))).write_bytes(b"SQLite? no")
    assert list(ec.find(scanned, "clicks")) == ["day0/rec_b"]


def test_what_an_index_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    entry = {"driver": "ecog_intan", "args": {"urlpath": "a.rhd"}}
    path.write_text("sources: {}\n")
    for content in (
        {"sources": {"a": {**entry, "metadata": {"date": yaml.safe_load("2020-03-01")}}}},
        {"sources": {"a": entry}, "plugins": {}},
        {"sources": {1: entry}},
        {"sources": {"a": entry}, "metadata": {"parameters": {}}},
    ):
        assert not indexing.write_index(str(path), content)
    assert indexing.write_index(str(path), {"sources": {"a": {**entry, "cls": "os.system"}}})
    with pytest.raises(ec.CatalogError, match="an object made as the catalog says"):
        IndexedCatalog(str(path))["a"]


def test_the_table_of_a_scan(either: Any) -> None:
    table = ec.session_table(either)
    assert table.index.tolist() == ALL
    assert table["n_samples"].tolist() == [128, 128, 128, 128, 256]
    assert table["n_samples"].dtype == int
    assert table["sampling_rate"].tolist() == [20000.0] * 5
    assert set(table["electrode"]) == {"unknown"}


def test_check(scanned: Path) -> None:
    assert ec.check(scanned)["ok"].all()
    data = scanned.parent / "data"
    (data / "day0" / "rec_a.rhd").unlink()
    write_rhd(data / "day0" / "rec_b.rhd", [[0] * 256] * 4)
    (data / "day0" / "rec_c.rhd").write_bytes(b"no such thing")
    content = yaml.safe_load(scanned.read_text())
    content["sources"]["day1/rec_d"]["args"]["electrode"] = "psv_61"
    content["sources"]["both"] = {"driver": "ecog_join", "args": {"parts": ALL[3:], "match": "name"}}
    content["sources"]["alien"] = {"driver": "ecog_nonesuch", "args": {}}
    scanned.write_text(yaml.safe_dump(content, sort_keys=False))
    found = {row.entry: (row.ok, row.problem) for row in ec.check(scanned).itertuples()}
    assert found["day1/rec_e"] == (True, "")
    assert [name for name, (ok, _) in found.items() if ok] in (["day1/rec_e"], ["day1/rec_e", "both"])
    for name, said in {
        "day0/rec_a": "nothing is at ",
        "day0/rec_b": "it is longer than when it was scanned: 256 samples, not 128; scan again",
        "day0/rec_c": "this is no Intan file",
        "day1/rec_d": "psv_61",
        "alien": "there is no driver 'ecog_nonesuch'",
    }.items():
        assert said in found[name][1], name
    assert ec.check(scanned, ["day1/rec_e"])["entry"].tolist() == ["day1/rec_e"]
    with pytest.raises(ec.CatalogError, match="no entry 'nope'"):
        ec.check(scanned, ["nope"])


def test_check_of_a_join_whose_parts_do_not_agree(scanned: Path) -> None:
    write_rhd(scanned.parent / "data" / "slow.rhd", [[0] * 128] * 4, sampling_rate=10000.0)
    ec.scan(scanned.parent / "data", scanned)
    add_join(str(scanned), ["day0/rec_a", "slow"], str(scanned), {"name": "both"})
    row = ec.check(scanned, ["both"]).iloc[0]
    assert not row["ok"]
    assert row["problem"].startswith("its parts do not agree: slow: ")
    assert "10000" in row["problem"].replace(",", "")


@pytest.mark.parametrize("moved_with_it", [False, True])
def test_a_folder_that_moved(scanned: Path, tmp_path: Path, moved_with_it: bool) -> None:
    content = scanned.read_text()
    add_join(str(scanned), ALL[:2], str(scanned), {"name": "both"})
    os.rename(tmp_path / "data", tmp_path / "archive")
    assert not ec.check(scanned)["ok"].any()
    moved = relink(scanned, tmp_path / "data", tmp_path / "archive")
    assert [(one.entry, one.exists) for one in moved] == [(name, True) for name in ALL]
    assert ec.check(scanned)["ok"].all()
    text = scanned.read_text()
    assert "# the best" in text
    assert text.startswith(content.splitlines()[0])
    assert "{{ CATALOG_DIR }}/archive/day0/rec_a.rhd" in text
    assert ec.scan(tmp_path / "archive", scanned) is not None
    assert len(yaml.safe_load(scanned.read_text())["sources"]) == 6, "known again at the new place"
    assert relink(scanned, tmp_path / "data", tmp_path / "archive") == []


def test_paths_of_all_kinds_are_relinked(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    write_rhd(tmp_path / "new" / "a.rhd", [[0] * 128] * 4)
    path = tmp_path / "s.yaml"
    path.write_text(
        "sources:\n"
        "  a: {driver: ecog_intan, args: {urlpath: 'D:\\rig\\a.rhd', events: \"d:/RIG/a.csv\"}}  # Windows\n"
        "  b:\n    driver: ecog_join\n    args:\n      parts: [a, 'D:\\rig\\sub\\b.rhd', other/D]\n"
        "  c:\n    driver: ecog_intan\n    args:\n      urlpath: '\\\\server\\share\\a.rhd'\n"
        "  d: {driver: ecog_intan, args: {urlpath: 'D:\\rigged\\a.rhd'}}\n"
    )
    moved = relink(path, "D:\\rig", tmp_path / "new")
    assert [(one.entry, os.path.relpath(one.new, tmp_path), one.exists) for one in moved] == [
        ("a", "new/a.rhd", True),
        ("a", "new/a.csv", False),
        ("b", "new/sub/b.rhd", False),
    ]
    (one,) = relink(path, "\\\\server\\share", tmp_path / "new")
    assert (one.entry, one.exists) == ("c", True)
    assert "# Windows" in path.read_text()
    assert yaml.safe_load(path.read_text())["sources"]["d"]["args"]["urlpath"] == "D:\\rigged\\a.rhd"
    assert ec.load_session(path, "c")[0].n_samples == 128


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (("no.yaml", "/a", "."), ec.RecordingNotFound, "no such catalog"),
        (("s.yaml", "/a", "nowhere"), ec.RecordingNotFound, "nothing is there; give the place where /a is now"),
        (("s.yaml", 3, "."), TypeError, "old is a path, not int"),
    ],
)
def test_what_cannot_be_relinked(
    scanned: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[Any, ...], kind: type[Exception], said: str
) -> None:
    monkeypatch.chdir(scanned.parent)
    before = scanned.read_bytes()
    with pytest.raises(kind, match=re.escape(said)):
        relink(*arguments)
    assert scanned.read_bytes() == before


def test_a_join_kept_as_an_entry(scanned: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere" / "joined.yaml"
    for target in (scanned, other):
        add_join(str(scanned), ALL[:3], str(target), {"name": "all three", "match": "name"})
        cat = intake.open_catalog(str(target))
        parts = ec.load_session(scanned, ALL[:3])
        assert ec.equals(cat["all three"].read(), ec.join(*parts, match="name", name="all three"))
        with pytest.raises(
            ec.CatalogError, match="has an entry 'all three'; choose another --name, or say --overwrite"
        ):
            add_join(str(scanned), ALL[:2], str(target), {"name": "all three"})
        add_join(str(scanned), ALL[:2], str(target), {"name": "all three"}, overwrite=True)
        assert intake.open_catalog(str(target))["all three"].read().n_samples == 256
    add_join(str(scanned), ["all three", ALL[4]], str(other), {"name": "more"})
    assert ec.load_session(other, "more")[0].n_samples == 512
    assert "# the best" in scanned.read_text()
    with pytest.raises(ec.CatalogError, match="no entry is called 'nope'"):
        add_join(str(scanned), ["nope"], str(other), {"name": "x"})


class _Alarm(DataSource):
    """A driver of another package, of which no source may be made to list it."""

    name = "alarm"
    container = "python"

    def __init__(self, metadata: Any = None) -> None:
        raise AssertionError("a source was made of it")


class _AlarmedCatalog(Catalog):
    name = "alarmed_catalog"
    container = "catalog"

    def __init__(self, metadata: Any = None) -> None:
        raise AssertionError("a catalog was made of it")


def test_drivers_of_others_are_named_and_left_alone(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for driver in (_Alarm, _AlarmedCatalog):
        intake.register_driver(driver.name, driver)
        request.addfinalizer(lambda driver=driver: intake.unregister_driver(driver.name))
    for name in ("a", "b"):
        write_rhd(tmp_path / f"{name}.rhd", [[0] * 128] * 4)
    inner = {name: {"driver": "ecog_intan", "args": {"urlpath": f"{name}.rhd"}} for name in ("a", "b")}
    inner |= {"theirs": {"driver": "alarm", "args": {}}, "lost": {"driver": "no_such_driver", "args": {}}}
    (tmp_path / "inner.yaml").write_text(yaml.safe_dump({"sources": inner}))
    outer = {
        "g": {"driver": "ecog_session", "args": {"path": "inner.yaml"}},
        "h": {"driver": "yaml_file_cat", "args": {"path": "{{ CATALOG_DIR }}/inner.yaml"}},
        "cats": {"driver": "alarmed_catalog", "args": {}},
        "gone": {"driver": "ecog_session", "args": {"path": "gone.yaml"}},
    }
    (tmp_path / "outer.yaml").write_text(yaml.safe_dump({"sources": outer}))
    run = CliRunner()
    done = run.invoke(ecogcat, ["ls", str(tmp_path / "outer.yaml"), "--json"])
    assert done.exit_code == 1, done.output
    rows = {row["entry"]: (row["format"], bool(row["error"])) for row in json.loads(done.stdout)}
    theirs, lost = "(not ecogcat's: alarm)", "(not ecogcat's: no_such_driver)"
    for group in "gh":
        assert {name[2:]: row[0] for name, row in rows.items() if name[:2] == f"{group}/"} == {
            **{"a": "intan", "b": "intan", "theirs": theirs, "lost": lost}
        }
    assert (rows["cats"], rows["gone"]) == (("(not ecogcat's: alarmed_catalog)", False), (None, True))
    done = run.invoke(ecogcat, ["check", str(tmp_path / "outer.yaml"), "--json"])
    checked = {row["entry"]: (row["ok"], row["problem"]) for row in json.loads(done.stdout)}
    assert checked["g/a"] == checked["h/b"] == (True, "")
    assert checked["g/theirs"] == (True, "not ecogcat's (alarm): not checked")
    assert (checked["gone"][0], "no such catalog" in checked["gone"][1]) == (False, True)
    del outer["gone"]
    (tmp_path / "outer.yaml").write_text(yaml.safe_dump({"sources": outer}))
    done = run.invoke(ecogcat, ["plan", str(tmp_path / "outer.yaml"), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["n_samples"]) == (0, 512)
    done = run.invoke(ecogcat, ["find", str(tmp_path / "outer.yaml"), "format=intan", "--json"])
    assert [row["entry"] for row in json.loads(done.stdout)] == ["g/a", "g/b", "h/a", "h/b"]
    assert list(ec.session_table(tmp_path / "outer.yaml").index) == sorted(set(rows) - {"gone"})
    assert [one.name for one in ec.load_session(tmp_path / "inner.yaml")] == ["a", "b"]
