"""The index beside a large catalog: it says what the YAML says, quickly; damaged or out of date, it is noticed."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.catalog import index as indexing
from ecogcat.catalog.columns import columns_of
from ecogcat.catalog.find import found_rows
from ecogcat.catalog.index import index_path, write_index
from ecogcat.catalog.indexed import IndexedCatalog, IndexedEntries
from ecogcat.catalog.lookup import closest
from ecogcat.testing.rhd import write_rhd

ENTRIES = {
    "a/rec_1": {"args": {"urlpath": "x/tones.rhd", "electrode": "psv_61"}, "metadata": {"animal": "rat", "n": 1}},
    "a/rec_2": {"description": "Tones, left", "metadata": {"n": 1.0, "who": ["Ann", "Bo"], "note": None}},
    "b/rec_3": {"args": {"gain": 2, "events": "Ünïque.csv"}, "metadata": {"n": True, "note": "a \"quoted\" 'word'\n2"}},
    "b/rec_4": {"metadata": {"ecog": {"sampling_rate": 2000.0, "n_channels": 4, "start_time": "2026-03-14", "n": 9}}},
    "joined": {"driver": "ecog_join", "args": {"parts": ["a/rec_1", "a/rec_2"]}, "metadata": {"of": "two"}},
}


@pytest.fixture
def both(tmp_path: Path) -> tuple[Any, Any]:
    """Return a catalog by its YAML, and by its index."""
    path = tmp_path / "s.yaml"
    sources = {
        name: {"driver": "ecog_intan", **entry, "args": {"urlpath": f"{name}.rhd", **entry.get("args", {})}}
        for name, entry in ENTRIES.items()
    }
    del sources["joined"]["args"]["urlpath"]
    path.write_text(yaml.safe_dump({"sources": sources}, sort_keys=False))
    plain = ec.open_session(path)
    assert write_index(str(path), {"sources": sources})
    by_index = ec.open_session(path)
    assert isinstance(by_index, IndexedCatalog)
    assert not isinstance(plain, IndexedCatalog)
    return plain, by_index


@pytest.mark.parametrize(
    "word", ["tones", "TONES", "ann", "ünïque", 'a "quoted"', "word'\n2", "rhd", "psv", "b/", "two"]
)
def test_words_by_the_index_are_those_by_the_yaml(both: tuple[Any, Any], word: str) -> None:
    plain, by_index = (list(ec.find(cat, word)) for cat in both)
    assert by_index == plain
    assert bool(plain) is (word != "rhd")  # in paths alone


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"n": 1}, ["a/rec_1", "a/rec_2"]),
        ({"n": True}, ["b/rec_3"]),
        ({"n": ">1"}, ["b/rec_4"]),
        ({"n": None}, ["joined"]),
        ({"who": "bo"}, ["a/rec_2"]),
        ({"who": ["Ann", "Bo"]}, ["a/rec_2"]),
        ({"note": None}, ["a/rec_1", "a/rec_2", "b/rec_4", "joined"]),
        ({"rate": 2000.1}, ["b/rec_4"]),
        ({"start_time": ">=2026-03", "n": lambda n: n > 8}, ["b/rec_4"]),
        ({"format": "intan", "electrode": "PSV*"}, ["a/rec_1"]),
    ],
)
def test_facts_by_the_index_are_those_by_the_yaml(
    both: tuple[Any, Any], facts: dict[str, Any], found: list[str]
) -> None:
    for cat in both:
        assert list(ec.find(cat, **facts)) == found
        assert found_rows(cat, (), facts) == [row for row in found_rows(cat, (), {}) if row.name in found]


def test_the_table_by_the_index_is_that_by_the_yaml(both: tuple[Any, Any]) -> None:
    plain, by_index = both
    pd.testing.assert_frame_equal(ec.session_table(by_index), ec.session_table(plain))
    some = [ec.session_table(ec.find(cat, "b/", n=lambda n: n is not None)) for cat in both]
    pd.testing.assert_frame_equal(*some)
    assert some[0].index.tolist() == ["b/rec_3", "b/rec_4"]
    assert ec.session_table(plain)["n"].tolist() == [1, 1.0, True, 9]
    assert [type(one) for one in ec.session_table(by_index)["n"]] == [int, float, bool, int]


plain_values = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, "a", ""]) | st.just([1, "a"])


@given(st.lists(st.dictionaries(st.sampled_from("xyz"), plain_values)))
def test_columns_are_the_rows(rows: list[dict[str, Any]]) -> None:
    everything = np.arange(len(rows))
    columns = columns_of(rows)
    assert set(columns) == {key for row in rows for key in row}
    for key, column in columns.items():
        cells = column.cells(everything, "nothing", lambda value: value)
        said = [row.get(key, "nothing") for row in rows]
        assert [(type(one), one) for one in cells] == [(type(one), one) for one in said]
        assert column.where(bool, everything).tolist() == [bool(row.get(key)) for row in rows]


def _changed(path: Path, statement: str, values: tuple[Any, ...] = ()) -> None:
    with closing(sqlite3.connect(index_path(str(path)))) as connection, connection:
        assert connection.execute(statement, values).rowcount


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("UPDATE columns SET codes = ?", (np.array([0, 0, 0, 0, 99], "<i4").tobytes(),)),
        ("UPDATE columns SET codes = ?", (np.array([0, 0, 0, 0, -2], "<i4").tobytes(),)),
        ("UPDATE columns SET codes = ?", (bytes(8),)),
        ("UPDATE columns SET codes = ?", (bytes(7),)),
        ("UPDATE columns SET codes = ?", (20,)),
        ("UPDATE columns SET texts = ?", ('{"0": 1}',)),
        ("UPDATE columns SET texts = ?", ("[" * 100_000,)),
        ("UPDATE columns SET texts = ?", (None,)),
        ("UPDATE facts SET value = ? WHERE key = 'names'", ('["a", "b"]',)),
        ("UPDATE facts SET value = ? WHERE key = 'names'", ('["a", ["b"], "c", "d", "e"]',)),
        ("DELETE FROM facts WHERE key = ?", ("names",)),
    ],
)
def test_a_damaged_index_says_so(both: tuple[Any, Any], statement: str, values: tuple[Any, ...]) -> None:
    path = Path(both[0].path)
    _changed(path, statement, values)
    questions: tuple[Callable[[Any], Any], ...] = (ec.session_table, lambda cat: ec.find(cat, n=1))
    for question in questions:
        with pytest.raises(ec.CatalogError, match="this index is damaged; delete it"):
            question(ec.open_session(path))


def test_names_that_would_move_the_cursor_are_not_listed(both: tuple[Any, Any]) -> None:
    path = Path(both[0].path)
    _changed(path, "UPDATE facts SET value = ? WHERE key = 'names'", ('["a\\u001b[2J", "b", "c", "d", "e"]',))
    with pytest.raises(ec.CatalogError, match="this index is damaged"):
        ec.open_session(path)


def test_what_an_index_says_of_an_entry_is_looked_over(both: tuple[Any, Any]) -> None:
    path = Path(both[0].path)
    _changed(path, "UPDATE entries SET entry = ? WHERE name = 'a/rec_1'", ('{"driver": "os.system", "args": {}}',))
    cat = ec.open_session(path)
    assert list(ec.find(cat, "rec_1", electrode="psv_61")) == ["a/rec_1"], "text alone: nothing is made of it"
    for question in (lambda: cat["a/rec_1"], lambda: found_rows(cat, ["a/rec_1"], {})):
        with pytest.raises(ec.CatalogError, match="would import a module"):
            question()


def test_a_pickle_finds_what_the_yaml_says_where_it_arrives(both: tuple[Any, Any]) -> None:
    cat = both[1]
    path = Path(cat.path)
    whole, some = pickle.dumps(cat), pickle.dumps(ec.find(cat, "rec_"))
    path.write_text(path.read_text().replace("b/rec_4", "b/rec_5"))
    assert list(pickle.loads(whole)) == [*list(ENTRIES)[:3], "b/rec_5", "joined"]
    assert list(pickle.loads(some)) == [*list(ENTRIES)[:3], "joined"]
    Path(index_path(str(path))).unlink()
    assert list(pickle.loads(some)) == [*list(ENTRIES)[:3], "joined"]


def test_a_catalog_in_a_catalog_has_no_index(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("sources: {}\n")
    for driver in ("yaml_file_cat", "ecog_session", "csv"):
        assert not write_index(str(path), {"sources": {"a": {"driver": driver, "args": {}}}})


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[str]]:
    """Return a catalog of thousands, and the names of entries that were made since."""
    path = tmp_path / "large.yaml"
    path.write_text("sources: {}\n")
    entry = {"driver": "ecog_intan", "args": {"urlpath": "a.rhd"}}
    assert write_index(str(path), {"sources": {f"day/rec_{k}": entry for k in range(5000)}})
    made: list[str] = []
    original = IndexedEntries.text_of
    monkeypatch.setattr(IndexedEntries, "text_of", lambda self, name: (made.append(name), original(self, name))[1])
    return ec.open_session(path), made


def test_one_entry_is_made_of_thousands(large: tuple[Any, list[str]]) -> None:
    cat, made = large
    assert cat["day/rec_4321"].name == "day/rec_4321"
    assert set(made) == {"day/rec_4321"}
    made.clear()
    assert cat[77].name == "day/rec_77"
    assert set(made) == {"day/rec_77"}
    made.clear()
    with pytest.raises(KeyError, match=r"there are: day/rec_0, .* \(5,000\); did you mean 'day/rec_432\d?'"):
        cat["day/rec_432z"]
    assert not made


def test_a_join_of_paths_lists_the_catalog_once_where_one_is_missing(
    large: tuple[Any, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecogcat.catalog.drivers import JoinSource
    from ecogcat.testing.rhd import write_rhd

    cat, _ = large
    paths = [str(tmp_path / f"r{k}.rhd") for k in range(3)]
    for path in paths:
        write_rhd(path, [[0] * 128] * 4)
    listed: list[int] = []
    original = IndexedEntries.__iter__
    monkeypatch.setattr(IndexedEntries, "__iter__", lambda self: (listed.append(1), original(self))[1])
    source = JoinSource(paths, metadata={"catalog_dir": str(tmp_path)})
    source.name, source.catalog_object = "joined", cat
    assert source.read().n_samples == 3 * 128
    assert not listed
    source = JoinSource([*paths, "day/rec_12x"], metadata={"catalog_dir": str(tmp_path)})
    source.name, source.catalog_object = "joined", cat
    with pytest.raises(
        ec.CatalogError, match=r"no entry of the catalog \(there are: day/rec_0, .* \(5,000\)\)"
    ) as told:
        source.read()
    assert len(str(told.value)) < 2000
    assert len(listed) == 1


def test_the_closest_of_many_names() -> None:
    names = [f"rat{k}/day_{k % 7}/rec_{k}" for k in range(10_000)]
    assert closest("rat1234/day2/rec_1234", names) == ["rat1234/day_2/rec_1234"]
    assert closest("nothing like it", names) == []


def test_reading_an_entry_asks_its_index_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    for k in range(20):
        write_rhd(tmp_path / "data" / f"r{k}.rhd", [[0] * 128] * 4)
    ec.scan(tmp_path / "data", tmp_path / "s.yaml")
    content = yaml.safe_load((tmp_path / "s.yaml").read_text())
    assert indexing.write_index(str(tmp_path / "s.yaml"), content)
    asked: list[str] = []
    entry = indexing.Index.entry
    monkeypatch.setattr(indexing.Index, "entry", lambda self, name: (asked.append(name), entry(self, name))[1])
    datasets = ec.load_session(tmp_path / "s.yaml")
    assert len(datasets) == 20
    assert len(asked) <= 2 * 20, "of thousands of recordings each question counts"
