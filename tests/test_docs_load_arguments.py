"""The examples in docs/load_arguments.md run, and its table has every argument."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecogcat.formats.loading import apply_load_arguments
from ecogcat.formats.registry import argument_names

PAGE = Path(__file__).resolve().parents[1] / "docs" / "load_arguments.md"


@pytest.mark.jit
def test_the_page_on_load_arguments_runs() -> None:
    names: dict[str, object] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)


def test_every_argument_is_in_the_table() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert listed == argument_names(apply_load_arguments)
