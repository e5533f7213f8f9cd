"""Quick YAML says what the full reading says, and leaves to it what is not plain; large catalogs get an index."""

from __future__ import annotations

import datetime
import math
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.catalog import index as indexing
from ecogcat.catalog import yamlfile
from ecogcat.catalog.indexed import IndexedCatalog
from ecogcat.catalog.yamlfile import parsed

WORDS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8),
    st.sampled_from(["yes", "no", "~", "null", "1_000", "0x1f", "1:30", ".inf", "2026-03-14", "1e3", "<<", "=", "- a"]),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.dates(datetime.date(1000, 1, 1)),
    st.datetimes(datetime.datetime(1000, 1, 1)),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4))
)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


@given(value=VALUES, flow=st.sampled_from([None, True, False]))
def test_dumped_values_are_read_as_the_full_reading_does(value: Any, flow: bool | None) -> None:
    text = yaml.dump(value, Dumper=yaml.SafeDumper, default_flow_style=flow, allow_unicode=True)
    is_plain, quick = yamlfile._quick(text)
    try:
        full, _ = yamlfile._read(text, "x.yaml")
    except ec.CatalogError:  # such as a name twice, which only differs by its type
        assert not is_plain
        return
    if is_plain:
        assert same(quick, full)
    assert same(parsed(text, "x.yaml").content, full)


PIECES = (
    "a: ",
    "b: ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "- ",
    "\n",
    "  ",
    "1",
    "x",
    "'",
    '"',
    "&a ",
    "*a",
    "<<: ",
    "!t ",
    "# c",
    "|",
)


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14))
@example(pieces=["a: ", "1", "\n", "a: ", "x"])
@example(pieces=["- ", "&a ", "x", "\n", "- ", "*a"])
@example(pieces=["1", "\n", "---", "\n", "1"])
@example(pieces=[])
def test_text_of_any_kind(pieces: list[str]) -> None:
    text = "".join(pieces)
    is_plain, quick = yamlfile._quick(text)
    try:
        full, _ = yamlfile._read(text, "x.yaml")
    except ec.CatalogError:
        assert not is_plain
    else:
        assert not is_plain or same(quick, full)


def test_what_is_plain_is_read_quickly_and_still_has_lines() -> None:
    text = "metadata: {version: 1}\nsources:\n  a:\n    driver: ecog_intan\n    args: {n: [1, 2.5, ~, no, x]}\n"
    file = parsed(text, "x.yaml")
    assert file.root is ..., "no nodes were made"
    assert file.content["sources"]["a"]["args"] == {"n": [1, 2.5, None, False, "x"]}
    assert file.line(("sources", "a", "args")) == 5
    assert str(file.wrong(("sources", "a"), "odd")) == "x.yaml, line 3: odd"


def by_hand(folder: Path, n: int) -> Path:
    entries = "".join(f"  r{k}: {{driver: ecog_intan, args: {{urlpath: '{k}.rhd'}}}}\n" for k in range(n))
    (folder / "s.yaml").write_text("sources:\n" + entries)
    return folder / "s.yaml"


def test_a_large_catalog_gets_an_index_when_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = by_hand(tmp_path, indexing.LARGE)
    with ec.options(catalog_index=False):
        assert len(ec.open_session(path)) == indexing.LARGE
    monkeypatch.setenv("ECOGCAT_CATALOG_INDEX", "0")
    ec.open_session(path)
    assert os.listdir(tmp_path) == ["s.yaml"], "never when a setting forbids"
    monkeypatch.delenv("ECOGCAT_CATALOG_INDEX")
    assert isinstance(ec.open_session(path), IndexedCatalog)
    assert sorted(os.listdir(tmp_path)) == ["s.yaml", "s.yaml.index"]
    monkeypatch.setattr(yamlfile, "parsed", None)  # is not needed again
    again = ec.open_session(path)
    assert (len(again), again["r7"].describe()["args"]["urlpath"]) == (indexing.LARGE, "7.rhd")


def test_a_smaller_one_does_not(tmp_path: Path) -> None:
    ec.open_session(by_hand(tmp_path, indexing.LARGE - 1))
    assert os.listdir(tmp_path) == ["s.yaml"]


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    path = by_hand(tmp_path, indexing.LARGE)
    monkeypatch.setattr(indexing, "written_whole", refuse)
    assert len(ec.open_session(path)) == indexing.LARGE, "silently"
    assert os.listdir(tmp_path) == ["s.yaml"]
