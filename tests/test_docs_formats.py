"""The table of formats in the documents is that of the registry: a row a format, with its own load arguments."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ecogcat.formats.loading import apply_load_arguments
from ecogcat.formats.registry import argument_names, formats

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 7


def rows() -> dict[str, list[str]]:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| `.*\|$", text, re.M)]
    return {row[0].strip("`"): row for row in found}


def test_each_format_has_a_row_in_alphabetical_order() -> None:
    assert list(rows()) == sorted(formats())
    assert {len(row) for row in rows().values()} == {COLUMNS}


@pytest.mark.parametrize("name", sorted(formats()))
def test_its_own_load_arguments_are_named_and_no_others(name: str) -> None:
    own = argument_names(formats()[name].open)
    named = set(re.findall(r"`(\w+)`", rows()[name][2]))
    assert named == own
    assert (rows()[name][2] == "none") == (not own)


def test_common_load_arguments_are_named() -> None:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    sentence = re.search(r"^Every format takes (.*?), whatever", text, re.M | re.S)
    assert sentence is not None
    assert set(re.findall(r"`(\w+)`", sentence[1])) == argument_names(apply_load_arguments)


def test_suffixes_are_named() -> None:
    for name, format in formats().items():
        if not format.general:
            for suffix in format.suffixes:
                said = rows()[name][1].lower().replace(".ns1` to `.ns6", " ".join(f".ns{k}" for k in range(1, 7)))
                assert suffix in said, (name, suffix)


def test_each_format_has_its_driver() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    drivers = project["project"]["entry-points"]["intake.drivers"]
    assert set(drivers) == {"ecog_join", "ecog_session", *(f"ecog_{name}" for name in formats())}


@pytest.mark.parametrize("document", ["README.md", "docs/catalogs.md"])
def test_no_format_is_named_that_there_is_not(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for name in re.findall(r"\becog_(\w+)", text):
        assert name in ("join", "session", *formats()), name
