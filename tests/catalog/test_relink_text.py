"""Relink of the text itself: anchors, tags, line ends and links stay; what is written is what was meant, or nothing."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import ecogcat as ec
import ecogcat.catalog.relink as relinking
from ecogcat.catalog import scanned, yamlsplice
from ecogcat.catalog.addjoin import add_join
from ecogcat.testing.rhd import write_rhd

ENTRY = "{driver: ecog_intan, args: {urlpath: %s}}"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    (tmp_path / "new").mkdir()
    write_rhd(tmp_path / "new" / "a.rhd", [[1] * 128] * 4)
    return tmp_path / "new"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "metadata: {ecog: {roots: [&r '/old'], tables: [*r]}}\n",
            "metadata: {ecog: {roots: [&r NEW], tables: [*r]}}\n",
        ),
        ("  a:\n    args: {urlpath: &p !!str '/old/a.rhd', electrode: *p}\n", "args: {urlpath: &p !!str NEW/a.rhd, el"),
        (
            "  a:\n    args:\n      urlpath: &p # of one\n        /old/a.rhd\n      events: *p\n",
            "urlpath: &p # of one\n        NEW/a.rhd\n      events: *p\n",
        ),
        (
            "  a:\n    args:\n      urlpath: >-  # wrapped\n        /old/a.rhd\n\n  b: {}\n",
            "urlpath: NEW/a.rhd  # wrapped\n\n  b: {}\n",
        ),
        (
            '  a:\n    args:\n      urlpath: "/old/\\\n        a.rhd"\n      x: 1\n',
            "urlpath: NEW/a.rhd\n      x: 1\n",
        ),
        ("  a:\n    args: {urlpath: '/old/day\n      1/a.rhd', x: 1}\n", "args: {urlpath: NEW/day 1/a.rhd, x: 1}\n"),
        (
            "  a: {args: {urlpath: '/old/ä😀/a.rhd', electrode: '/old/m.csv'}}  # ü😀\n",
            "  a: {args: {urlpath: NEW/ä😀/a.rhd, electrode: NEW/m.csv}}  # ü😀\n",
        ),
    ],
)
def test_scalars_of_all_kinds(new: Path, tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "s.yaml"
    head = "" if before.startswith("metadata") else "sources:\n"
    path.write_text(head + before + ("sources: {}\n" if not head else ""), encoding="utf-8")
    assert ec.relink(path, "/old", new)
    text = re.sub(f'"?{re.escape(str(new))}([^",}}\\]\n]*)"?', r"NEW\1", path.read_text(encoding="utf-8"))
    assert after in text
    assert yaml.safe_load(path.read_text(encoding="utf-8")).keys() >= {"sources"}


def test_an_alias_follows_its_anchor(new: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"metadata: {{ecog: {{roots: [&r '/old'], tables: [*r]}}}}\nsources:\n  a: {ENTRY % 'a.rhd'}\n")
    assert len(ec.relink(path, "/old", new)) == 2
    assert ec.load_session(path, "a")[0].n_samples == 128


def test_text_that_would_say_something_else_is_not_written(
    new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"sources:\n  a: {ENTRY % '/old/a.rhd'}\n")
    before = path.read_bytes()
    for wrong in ("/elsewhere", "1", "[a]", "a, electrode: b", "a}}, b: {driver: x}, c: {d: {e: f"):
        monkeypatch.setattr(yamlsplice, "scalar", lambda _, wrong=wrong: wrong)
        with pytest.raises(ec.CatalogError, match=r"line [12]: a path cannot be replaced where it stands; nothing was"):
            ec.relink(path, "/old", new)
        assert path.read_bytes() == before


def test_text_that_would_be_a_date_is_not_written(new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.yaml"
    new.rename(tmp_path / "2026-02-03")
    path.write_text("metadata: {ecog: {roots: [old]}}\nsources: {}\n")
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(yamlsplice, "scalar", str)
        with pytest.raises(ec.CatalogError, match="line 1: a path cannot be replaced"):
            ec.relink(path, tmp_path / "old", tmp_path / "2026-02-03")
    assert path.read_bytes() == before
    ec.relink(path, tmp_path / "old", tmp_path / "2026-02-03")
    assert yaml.safe_load(path.read_text())["metadata"]["ecog"]["roots"] == ["2026-02-03"]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_all_else_stays_to_the_byte(new: Path, tmp_path: Path, mark: str, end: str, last: bool) -> None:
    path = tmp_path / "s.yaml"
    lines = ["sources:", "  a:", "    driver: ecog_intan  # ü\u2028    args: {urlpath: '/old/a.rhd'}", "    # end"]
    text = mark + end.join([*lines, ""] if last else lines)
    path.write_bytes(text.encode())
    assert len(ec.relink(path, "/old", new)) == 1
    assert path.read_bytes().decode() == text.replace("'/old/a.rhd'", f'"{new}/a.rhd"')
    assert ec.load_session(path, "a")[0].n_samples == 128


@pytest.mark.parametrize("how", ["relink", "scan", "join"])
def test_line_ends_and_links_stay_however_it_is_written(new: Path, tmp_path: Path, how: str) -> None:
    (tmp_path / "kept").mkdir()
    place, path = tmp_path / "kept" / "s.yaml", tmp_path / "s.yaml"
    ec.scan(new, path)
    os.replace(path, place)
    path.symlink_to(place)
    text = "\ufeff" + place.read_text().replace("\n", "\r\n").replace("# Written", "# Wr\u2028# itten")
    place.write_bytes(text.encode())
    if how == "relink":
        (tmp_path / "now").mkdir()
        ec.relink(path, new, tmp_path / "now")
    elif how == "scan":
        write_rhd(new / "b.rhd", [[1] * 128] * 4)
        ec.scan(new, path)
    else:
        add_join(str(path), ["a"], str(path), {"name": "j"})
    now = place.read_bytes().decode()
    assert path.is_symlink()
    assert now.startswith("\ufeff# Wr\u2028# itten by")
    assert now != text
    assert now.count("\n") == now.count("\r\n") > 5
    assert sorted(ec.open_session(path)) == {"relink": ["a"], "scan": ["a", "b"], "join": ["a", "j"]}[how]


def test_what_a_colleague_wrote_meanwhile_is_kept(new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"sources:\n  a: {ENTRY % '/old/a.rhd'}\n")
    theirs = path.read_text() + f"  b: {ENTRY % 'b.rhd'}  # theirs\n"
    right = relinking.spliced

    def slow(*given: Any) -> str:
        path.write_text(theirs)
        return right(*given)

    monkeypatch.setattr(relinking, "spliced", slow)
    with pytest.raises(ec.CatalogError, match="someone else wrote to it meanwhile; nothing was changed: run it again"):
        ec.relink(path, "/old", new)
    assert path.read_text() == theirs
    assert not [one for one in os.listdir(tmp_path) if one.endswith(".part")]
    assert len(ec.relink(path, "/old", new)) == 1
    assert "# theirs" in path.read_text()


@pytest.mark.parametrize(
    "said", ["sources:\n", "sources: {}  # none yet\n", "sources: # none yet\n", "sources: null\nversion: 1\n"]
)
def test_a_catalog_without_entries(new: Path, tmp_path: Path, said: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"metadata:\n  ecog:\n    roots: ['/old']\n{said}")
    (one,) = ec.relink(path, "/old", new)
    assert (one.new, one.exists) == (str(new), True)
    assert list(ec.scan(new, path)) == ["a"]
    assert ("# none yet" in path.read_text(), "version" in path.read_text()) == ("# none" in said, "version" in said)
    path.write_text(said)
    ec.scan(new, tmp_path / "t.yaml")
    add_join(str(tmp_path / "t.yaml"), ["a"], str(path), {"name": "j"})
    assert list(ec.open_session(path)) == ["a", "j"]


def test_what_was_written_during_a_scan_is_kept(new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.yaml"
    ec.scan(new, path)
    write_rhd(new / "b.rhd", [[1] * 128] * 4)
    right = scanned.look_through

    def slow(*given: Any, **more: Any) -> Any:
        path.write_text(path.read_text() + f"  theirs: {ENTRY % '/elsewhere/c.rhd'}  # meanwhile\n")
        return right(*given, **more)

    monkeypatch.setattr(scanned, "look_through", slow)
    assert sorted(ec.scan(new, path)) == ["a", "b", "theirs"]
    assert "# meanwhile" in path.read_text()
