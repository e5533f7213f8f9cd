"""The pages on catalogs and on Intake run, block after block; what they list is what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import ecogcat as ec
from ecogcat.testing import simulate_session
from tests.conftest import shared_path
from tests.test_readme import ROOT, blocks

INTAKE, CATALOGS = ROOT / "docs" / "intake.md", ROOT / "docs" / "catalogs.md"


def run(block: str, names: dict[str, Any], page: Path) -> None:
    """Run a block, and hold the lines that say a value in their comment to it."""
    exec(compile(block, page.name, "exec"), names)
    for line in block.splitlines():
        code, _, said = (part.strip() for part in line.partition("  # "))
        if said.startswith(("'", "[")):
            assert repr(eval(code, names)) == said


def test_the_page_on_intake_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    found = blocks(INTAKE)
    assert len(found) == 4
    for block in found:
        run(block, names, INTAKE)
    assert names["again"]["rec_001"].read() == names["reader"].read()


def test_the_page_on_catalogs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = simulate_session(tmp_path, duration_s=3.0)
    content = yaml.safe_load(session.catalog.read_text())
    content["sources"] = {f"rec_{k:03d}": entry for k, entry in enumerate(content["sources"].values(), 1)}
    (tmp_path / "day.yaml").write_text(yaml.safe_dump(content))
    names: dict[str, Any] = {"ec": ec, "cat": ec.open_session("day.yaml")}
    judged, measured = blocks(CATALOGS)
    exec(compile(judged, CATALOGS.name, "exec"), names)
    assert {"A-003", "A-017"} <= set(names["cat"]["rec_001"](judgements=True).read().dropped["name"])
    report = "reference/golden/case_101_impedance_oephys_xml_ref/input_impedance_measurement.xml"
    (tmp_path / "impedance_measurement.xml").write_text(
        re.sub('magnitude="[^"]*"', 'magnitude="9040000"', shared_path(report).read_text())
    )
    exec(compile(measured, CATALOGS.name, "exec"), names)
    assert names["bad"]
    judgements = ec.read_judgements("day.channels.csv")
    assert (judgements["reason"] == "above 2 MOhm").sum() == len(names["bad"])


def test_the_yaml_on_the_page_is_a_catalog(tmp_path: Path) -> None:
    texts = re.findall(r"^```yaml\n(.*?)^```", CATALOGS.read_text(encoding="utf-8"), re.M | re.S)
    whole = next(text for text in texts if "all_tones" in text)
    further = next(text for text in texts if "before_filters" in text)
    (tmp_path / "a.yaml").write_text(whole)
    cat = ec.open_session(tmp_path / "a.yaml")
    assert list(cat) == ["rec_001", "all_tones"]
    with pytest.raises(ec.RecordingNotFound, match="The recordings are on the disk of the rig: mount it"):
        cat["rec_001"].read()
    (tmp_path / "b.yaml").write_text("sources:\n" + further)
    assert list(ec.open_session(tmp_path / "b.yaml")) == ["probe", "before_filters"]
