"""The examples of docs/electrodes.md are run, block after block, as a reader would."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import intake
import numpy as np
import pytest
import yaml

from tests.conftest import ROOT


def blocks(language: str) -> list[str]:
    text = (ROOT / "docs/electrodes.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_examples_run_and_say_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block, "electrodes.md", "exec"), names)
    dataset, psv_61, free = names["dataset"], names["psv_61"], names["free"]
    assert repr(psv_61) in blocks("python")[0]
    assert psv_61.source_channels[:2].tolist() == [1, 2]
    assert psv_61.grounds.tolist() == [0, 16, 32, 48]
    assert [one.shape for one in (dataset.signal, dataset.ground, dataset.reference_channels)] == [
        (59, 500), (3, 500), (2, 500)]  # fmt: skip
    assert (dataset.channel_map.shape, dataset.channel_map.pitch) == ((8, 8), (0.406, 0.406))
    assert (free.shape, free.pitch) == ((6, 4), (0.05, 0.1))
    assert np.allclose(free.sites * free.pitch, [[0, 0], [0.15, 0.1], [0.25, 0.3]])


def test_the_catalog_in_it_opens(tmp_path: Path) -> None:
    import h5py

    (text,) = blocks("yaml")
    (tmp_path / "s.yaml").write_text(text)
    with h5py.File(tmp_path / "rec_001.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((256, 10), "i2"), 1000.0
    dataset = intake.open_catalog(str(tmp_path / "s.yaml"))["rec_001"].read()
    assert yaml.safe_load(text)["sources"]["rec_001"]["args"]["electrode"] == "psv_244"
    assert (dataset.n_channels, dataset.ground.shape[0]) == (244, 12)
