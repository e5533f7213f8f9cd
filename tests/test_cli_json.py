"""``--json`` of every command: one JSON document on the standard output, nothing else there, also of an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.cli.commands import ecogcat
from ecogcat.testing.rhd import write_rhd

# Command -> arguments that work, those that do not, and the kind of the error.
LINES: dict[str, tuple[str, str, str]] = {
    "scan": ("data -o s.yaml", "none -o t.yaml", "RecordingNotFound"),
    "ls": ("s.yaml", "none.yaml", "RecordingNotFound"),
    "info": ("s.yaml:a", "s.yaml:nope", "MissingEntry"),
    "check": ("s.yaml", "s.yaml nope", "CatalogError"),
    "find": ("s.yaml a", "s.yaml colour=red", "CatalogError"),
    "plan": ("s.yaml", "data/notes.txt", "CatalogError"),
    "join": ("s.yaml -o j.h5", "s.yaml --gaps nan -o k.h5", "JoinError"),
    "relink": ("s.yaml data moved", "s.yaml data nowhere", "RecordingNotFound"),
    "convert-session": ("day.txt -o day.yaml", "nope.txt -o day.yaml", "RecordingNotFound"),
    "plot": ("s.yaml:a -o a.png", "s.yaml:a -o a.png --by colour", "KeyError"),
    "report": ("s.yaml -o r.html --pictures 0", "s.yaml -o r.txt", "CatalogError"),
    "demo": ("data -o tour", "nowhere -o tour", ""),
    "doctor": ("", "", ""),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("data", "moved"):
        (tmp_path / folder).mkdir()
        for name in "ab":
            write_rhd(tmp_path / folder / f"{name}.rhd", [[0] * 1280] * 4)
    Path("data/notes.txt").write_text("it rained")
    Path("day.txt").write_text("[session]\nexp_path: data\nheadstage: intan_rhd\n[a]\n")
    ec.scan("data", "s.yaml")
    return tmp_path


def said(*line: str) -> tuple[int, Any, str]:
    done = CliRunner().invoke(ecogcat, list(line))
    return done.exit_code, json.loads(done.stdout, parse_constant=pytest.fail), done.stderr


def test_every_command_is_tried() -> None:
    assert sorted(LINES) == sorted(ecogcat.commands)
    assert [name for name, one in ecogcat.commands.items() if "as_json" not in {own.name for own in one.params}] == []


@pytest.mark.parametrize("command", LINES)
def test_what_works(command: str, place: Path) -> None:
    status, found, _ = said(command, *LINES[command][0].split(), "--json")
    assert (status, bool(found)) == (0, True)


@pytest.mark.parametrize("command", [name for name, (_, _, kind) in LINES.items() if kind])
def test_what_does_not(command: str, place: Path) -> None:
    _, line, kind = LINES[command]
    status, found, stderr = said(command, *line.split(), "--json")
    assert (status, found["kind"]) == (1, kind)
    assert stderr.startswith(f"error: {found['error']}\n")
    done = CliRunner().invoke(ecogcat, [command, *line.split()])
    assert (done.exit_code, done.stdout) == (1, ""), "without --json nothing of an error is there"


@pytest.mark.parametrize("command", LINES)
def test_wrong_usage(command: str, place: Path) -> None:
    status, found, stderr = said(command, "--json", "--nonesuch")
    assert (status, found["kind"]) == (2, "usage")
    assert "--nonesuch" in found["error"]
    assert found["error"] in stderr


def test_what_does_not_hold(place: Path) -> None:
    Path("data/b.rhd").unlink()
    status, found, _ = said("check", "s.yaml", "--json")
    assert (status, [one["ok"] for one in found]) == (1, [True, False])
    assert said("find", "s.yaml", "zebra", "--json")[:2] == (1, [])
    assert said("relink", "s.yaml", "elsewhere", "moved", "--json")[:2] == (1, [])
    assert said("demo", "nowhere", "-o", "tour", "--json")[1]["status"] == 1
    assert said("nonesuch", "--json")[1]["kind"] == "usage"
