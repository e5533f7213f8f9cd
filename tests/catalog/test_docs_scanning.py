"""The pages on scanning and on the command line: what they show runs, and every command is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecogcat.cli.commands import ecogcat
from ecogcat.testing.rhd import write_rhd
from tests.test_readme import ROOT, blocks


def test_the_page_on_scanning_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for day, name, n in (("day1", "rec_a", 128), ("day2", "rec_b", 256)):
        (tmp_path / "rig" / day).mkdir(parents=True)
        write_rhd(tmp_path / "rig" / day / f"{name}.rhd", [[0] * n] * 4)
    names: dict[str, object] = {}
    checked = 0
    for block in blocks(ROOT / "docs" / "scanning.md"):
        exec(compile(block, "scanning.md", "exec"), names)
        for line in block.splitlines():
            code, _, said = (part.strip() for part in line.partition("  # "))
            if said:
                assert str(eval(code, names)) == said
                checked += 1
    assert checked == 3


def test_every_command_is_on_its_page() -> None:
    text = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`([a-z-]+)[ `]", text)) >= set(ecogcat.commands)
