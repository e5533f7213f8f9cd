"""The Python of docs/channel_maps.md is run, block after block, and says what the page says."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest

import ecogcat as ec
from tests.test_readme import ROOT, blocks

mpl.use("agg")


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "channel_maps.md"
    names: dict[str, object] = {}
    for block in blocks(page):
        exec(compile(block, page.name, "exec"), names)
    assert (tmp_path / "map.png").stat().st_size > 10_000
    import matplotlib.pyplot as plt

    plt.close("all")


def test_the_page_quotes_the_message() -> None:
    text = " ".join((ROOT / "docs" / "channel_maps.md").read_text(encoding="utf-8").split())
    one = ec.ChannelMap.from_raster([0], (2, 2))
    with pytest.raises(ValueError, match="no union") as refused:
        one.union(one.replace(pitch=0.4))
    assert str(refused.value) in text
