"""The page on sessions runs, block after block, and says what the code knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecogcat.catalog import laboptions
from ecogcat.catalog.labplaces import system_of, systems
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "sessions.md"


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    assert len(blocks(PAGE)) == 4
    for block in blocks(PAGE):
        exec(compile(block, PAGE.name, "exec"), names)
        for line in block.splitlines():
            code, _, said = (part.strip() for part in line.partition("  # "))
            if said and re.match(r"[\[(<\d'{T]", said) and " = " not in code:
                assert repr(eval(code, names)) == said
    awake = names["awake"]
    assert (awake.n_channels, awake.units) == (61, "mV")  # type: ignore[attr-defined]


def test_every_option_that_the_code_knows_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    section = text.partition("### Which options load a recording")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`(\w+)`", section))
    assert laboptions.KNOWN - {"headstage", "exp_path", "nwk_path"} <= listed


def test_every_headstage_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("### Where recordings are looked for")[2].partition("###")[0]
    named = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    for headstage in systems():
        family = re.match(r"mux\d|stim|zif|\w+", headstage)
        assert family is not None
        ours = "`mux3` to `mux7`" if re.match(r"mux\d", headstage) else family[0]
        assert any(ours in cell for cell in named), headstage
    assert system_of("cereplex") is None
