"""Catalogs that hold keys are their owner's alone, whoever writes them; others are as readable as they were."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import ecogcat as ec
from ecogcat.catalog import index as indexing
from ecogcat.catalog.addjoin import add_join
from ecogcat.catalog.textfile import write_text
from ecogcat.testing.rhd import write_rhd
from tests.remote_stores import emptied, put

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")

KEYS = {"storage_options": {"token": "topsecret"}}


@pytest.fixture(autouse=True)
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ECOGCAT_CACHE", str(tmp_path / "cache"))
    emptied()
    mask = os.umask(0o022)
    yield
    os.umask(mask)


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    folder = tmp_path / "rig"
    folder.mkdir()
    for name in "ab":
        write_rhd(folder / f"{name}.rhd", [[1] * 128] * 4)
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_scan_into_a_catalog_that_had_no_keys(rig: Path, tmp_path: Path) -> None:
    path, url = tmp_path / "s.yaml", put(rig, "lab/rig")
    ec.scan(url, path)
    assert mode(path) == 0o644
    put(rig / "a.rhd", "lab/rig/c.rhd")
    ec.scan(url, path, storage_options={"token": "topsecret"})
    assert "topsecret" in path.read_text()
    assert mode(path) == 0o600


def test_a_password_in_a_url(rig: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    ec.scan(put(rig, "me:word@host/day"), path)
    assert "me:word@" in path.read_text()
    assert mode(path) == 0o600


@pytest.mark.parametrize("there", [True, False])
def test_a_join_with_keys(rig: Path, tmp_path: Path, there: bool) -> None:
    path = tmp_path / "s.yaml"
    ec.scan(rig, path)
    target = path if there else tmp_path / "t.yaml"
    add_join(str(path), ["a", "b"], str(target), {"name": "both"}, KEYS)
    assert (mode(target), "topsecret" in target.read_text()) == (0o600, True)


def test_a_join_of_recordings_with_keys(rig: Path, tmp_path: Path) -> None:
    path, target = tmp_path / "s.yaml", tmp_path / "t.yaml"
    ec.scan(put(rig, "lab/rig"), path, **KEYS)
    add_join(str(path), ["a", "b"], str(target), {"name": "both"})
    assert (mode(path), mode(target), "topsecret" in target.read_text()) == (0o600, 0o600, True)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("a: 1\n", None, 0o644),
        ("a: 1\n", 0o664, 0o664),
        ("a: 1\n", 0o600, 0o600),
        ("a: s3://lab/a:b/c@d\n", None, 0o644),
        ("storage_options: {}\n", None, 0o600),
        ("storage_options: {}\n", 0o664, 0o600),
        ("storage_options: {}\n", 0o640, 0o600),
        ("a: sftp://me:word@host/day\n", 0o644, 0o600),
    ],
)
def test_modes(text: str, before: int | None, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.yaml"
    if before is not None:
        path.write_text("b: 2\n")
        path.chmod(before)
    seen: list[int] = []
    real = os.open

    def opened(place: Any, flags: int, *more: Any, **named: Any) -> int:
        handle = real(place, flags, *more, **named)
        if flags & os.O_CREAT:
            seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        return handle

    monkeypatch.setattr(os, "open", opened)
    write_text(str(path), text)
    monkeypatch.undo()
    assert (path.read_text(), mode(path)) == (text, after)
    assert not seen[0] & 0o077 & ~after, "not for a moment can others read what they may not"


@pytest.mark.parametrize("readable", [0o600, 0o644])
def test_an_index_is_never_more_readable_than_its_catalog(
    readable: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry: dict[str, Any] = {"driver": "ecog_intan", "args": {"urlpath": "s3://lab/a.rhd", **KEYS}}
    path = tmp_path / "s.yaml"
    path.write_text(yaml.safe_dump({"sources": {"a": entry}}))
    path.chmod(readable)
    seen: list[int] = []
    connect = sqlite3.connect

    def connected(place: Any, **more: Any) -> Any:
        connection = connect(place, **more)
        connection.execute("PRAGMA user_version = 1")
        seen.append(mode(Path(place)))
        return connection

    monkeypatch.setattr(sqlite3, "connect", connected)
    assert indexing.write_index(str(path), {"sources": {"a": entry}})
    assert seen == [0o600]
    assert mode(Path(indexing.index_path(str(path)))) == readable
