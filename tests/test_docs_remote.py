"""The page on stores elsewhere: what it shows runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ecogcat.storage.urls import is_url
from tests.remote_stores import emptied
from tests.test_readme import ROOT, blocks


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOGCAT_CACHE", os.fspath(tmp_path))  # the page sets another: it is put back
    monkeypatch.setenv("TMPDIR", os.fspath(tmp_path))
    emptied()
    names: dict[str, object] = {}
    shown = blocks(ROOT / "docs" / "remote.md")
    for block in shown:
        exec(compile(block, "remote.md", "exec"), names)
    assert len(shown) == 6
    assert "other" in os.listdir(str(names["folder"]))


def test_its_links_lead_somewhere() -> None:
    text = (ROOT / "docs" / "remote.md").read_text(encoding="utf-8")
    links = [one.partition(")")[0] for one in text.split("](")[1:]]
    assert all(is_url(link) or (ROOT / "docs" / link).exists() for link in links)
