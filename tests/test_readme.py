"""The README's Python is run, block after block, as a reader would; the documents name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.jit
def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(ROOT / "README.md"):
        exec(compile(block, "README.md", "exec"), names)
    assert (tmp_path / "overview.png").stat().st_size > 100_000
    assert names["joined"].n_channels == 59  # type: ignore[attr-defined]
    assert names["in_memory"] == names["in_memory"]
    assert names["peak"] > 0  # type: ignore[operator]


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "CHANGELOG.md", "docs/architecture.md", "docs/joining.md", "docs/catalogs.md"),
        "docs/adding_a_format.md",
        "docs/electrodes.md",
        "docs/formats.md",
        "docs/channel_maps.md",
        "docs/experiments.md",
        "docs/coming_from_names.md",
        "docs/scratch.md",
        "docs/intake.md",
        "docs/sessions.md",
        "docs/triggers.md",
    ],
)
def test_links_lead_somewhere(name: str) -> None:
    path = ROOT / name
    for link in re.findall(r"\]\(([^)#:\"= ]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


def test_the_tree_in_the_documents_is_the_tree() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folder, listed = ROOT / "ecogcat", set()
    for indent, name in re.findall(r"^( {4}| {6})([\w/]+(?:\.py|/))  ", text, re.MULTILINE):
        folder = ROOT / "ecogcat" / name if name.endswith("/") else folder if len(indent) == 6 else ROOT / "ecogcat"
        place = folder if name.endswith("/") else folder / name
        assert place.exists(), place
        listed.add(place.relative_to(ROOT / "ecogcat").parts[0])
    units = {
        path.name for path in (ROOT / "ecogcat").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert units - {"__init__.py"} <= listed
