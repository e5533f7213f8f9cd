"""The document on experiments runs, block after block, as a reader would; its values are those that it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecogcat.conditions.labels import CONDITION_ORDER
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "experiments.md"


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(PAGE):
        exec(compile(block, "experiments.md", "exec"), names)
    for line in (one for block in blocks(PAGE) for one in block.splitlines()):
        code, _, said = (part.strip() for part in line.partition("  # "))
        value = said.partition(":")[0]
        if code in ("experiment.order", "grid.shape", "grid.labels[-1]"):
            assert repr(eval(code, names)) == value
        if code.endswith(".isna().sum()"):
            assert str(eval(code, names)) == value
    assert repr(names["awake"].events) == "<Events 24: tones (4), amps (3)>"  # type: ignore[attr-defined]
    assert len(names["both"].intervals) == 2  # type: ignore[attr-defined]


def test_each_type_of_experiment_is_in_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for kind, order in CONDITION_ORDER.items():
        (row,) = [line for line in text.splitlines() if line.startswith("| `") and f"`{kind}`" in line]
        assert row.endswith(f"| {', '.join(order)} |")
