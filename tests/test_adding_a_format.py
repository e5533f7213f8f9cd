"""The worked example of docs/adding_a_format.md: put where the page says, found there, tested as the page tests it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.test_readme import blocks

PAGE = ROOT / "docs" / "adding_a_format.md"

# A folder more in which formats are looked for, as if the module lay beside the others; and a process of its own, for
# formats are never taken out again.
_RUN = """
import sys
import ecogcat.formats
import pytest
ecogcat.formats.__path__.append(sys.argv[1])
sys.exit(pytest.main(["-q", "-W", "error", "-p", "no:cacheprovider", "--import-mode=importlib", *sys.argv[2:]]))
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The module and its test, as files."""
    module, test = blocks(PAGE)
    folder = tmp_path_factory.mktemp("formats")
    places = folder / "rig.py", tmp_path_factory.mktemp("tests") / "test_rig.py"
    for place, text in zip(places, (module, test), strict=True):
        place.write_text(text, encoding="utf-8")
    return places


@pytest.mark.jit
def test_the_example_passes_its_own_test(example: tuple[Path, Path]) -> None:
    module, test = example
    command = [sys.executable, "-c", _RUN, str(module.parent), str(test)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=test.parent, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_the_example_is_as_short_as_it_says(example: tuple[Path, Path]) -> None:
    lines = example[0].read_text(encoding="utf-8").splitlines()
    assert len(lines) < 120
    assert max(map(len, lines)) <= 120


def test_the_line_is_like_those_of_other_formats() -> None:
    (line,) = re.findall(r"^```toml\n(.*)\n```", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    others = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert line.replace("rig", "intan") in others


def test_what_the_page_names_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"\| `(\w+Extent|hdf5_extent)` \|", text):
        found = [
            path
            for path in (ROOT / "ecogcat" / "storage").glob("*.py")
            if re.search(rf"^(class|def) {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        ]
        assert len(found) == 1, name
    for anchor in re.findall(r"\]\(#([\w-]+)\)", text):
        assert anchor in {
            re.sub(r"[^\w-]", "", head.lower().replace(" ", "-")) for head in re.findall(r"^## (.*)$", text, re.M)
        }
