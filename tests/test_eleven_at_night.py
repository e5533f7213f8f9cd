"""Eleven at night, with fewer and smaller recordings, in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ecogcat.cli.commands import ecogcat
from tests.eleven_at_night import Said, run


def test_eleven_at_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def command(arguments: list[str], folder: Path) -> Said:
        done = CliRunner().invoke(ecogcat, arguments)
        return Said(done.exit_code, done.stdout, done.stderr, 0.0, 0.0)

    told: list[str] = []
    run(tmp_path, 10, 2_000_000, told.append, command)
    assert any(line.startswith("\n$ mv rig archive") for line in told)
