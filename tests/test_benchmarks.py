"""The benchmarks run: on small recordings, every way of doing an item returns what it has to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import limits, raw, thresholds
from benchmarks.__main__ import main
from benchmarks.catalog import find
from benchmarks.items import Item
from benchmarks.joining import event_columns, no_file_opened
from benchmarks.report import measure, table

N_SAMPLES = 4_100
READING = ("W2", "W3 seam", "W3 random", "W4", "W5", "W6 stride", "W6 permuted", "W7")
RAW = [f"{name}/{layout}" for name in ("raw whole", "raw random") for layout in raw.LAYOUTS]
LABELS = [
    "W1/2",
    "W1/8",
    "W1 join/",
    "W9/8e3 of 8",
    *(f"W10/{passes}, {threads}" for passes in ("forward", "both") for threads in (1, 2)),
    *(f"W11/by {ratio}, {threads}" for ratio in ("1/10", "24/25") for threads in (1, 2)),
    *(f"{name}/{layout}" for layout in "ABD" for name in (*READING, "W8", "W8 cached")),
    *RAW,
]


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Item]:
    found = find(tmp_path_factory.mktemp("data"), N_SAMPLES)
    return {f"{item.name}/{item.layout}": item for item in found}


def test_the_items_are_these(items: dict[str, Item]) -> None:
    assert sorted(items) == sorted(LABELS)


@pytest.mark.parametrize(
    "label",
    [pytest.param(one, marks=[pytest.mark.jit] if one.startswith(("W10", "W11")) else []) for one in LABELS],
)
def test_every_way_gives_the_same(items: dict[str, Item], label: str) -> None:
    item = items[label]
    results = {column: item.result(column) for column in item.calls}
    assert "ours" in results
    if label.startswith("W9"):
        wanted: Any = event_columns(results["numpy"])
        results = {column: event_columns(result) for column, result in results.items()}
    else:
        assert item.expected is not None
        wanted = item.expected()
    for column, result in results.items():
        for got, want in zip(*map(_listed, (result, wanted)), strict=True):
            if label.startswith(("W10", "W11")):
                np.testing.assert_allclose(got, want, rtol=0, atol=1e-6)
            elif column in ("ours", "out") and not label.startswith("W7"):
                np.testing.assert_array_equal(got, want, strict=True)
            else:  # peers scale in single precision; sums differ in their last bits
                np.testing.assert_allclose(got, want, rtol=1e-6)


def _listed(result: Any) -> list[Any]:
    return [np.asarray(one) for one in result] if isinstance(result, (list, tuple)) else [np.asarray(result)]


@pytest.mark.jit
def test_a_row_of_the_table(items: dict[str, Item], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    why = limits.unavailable()
    data = tmp_path / "data"
    row = measure(find(data, N_SAMPLES, ["W2/B"])[0], data, N_SAMPLES, 1, limited=why is None)
    assert (row["ratios"]["limit"] is None) == (why is not None)
    assert row["ratios"]["compiling"] > row["ratios"]["cached"] > 0
    text = table([row])
    assert "h5py / ours" in text
    assert not any(str(seconds) in text for seconds in row["median_s"].values())


@pytest.mark.jit
def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--json", "--rounds", "1", "--data", str(tmp_path), "W1/2"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["item"] == "W1"
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path), "W17"])
    assert "no work item W17" in capsys.readouterr().err


@pytest.mark.jit
def test_without_a_limit_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ECOGCAT_SHARED", str(tmp_path / "nowhere"))
    monkeypatch.setattr(limits, "BUILD", tmp_path / "build")
    assert main(["--quick", "--rounds", "1", "--data", str(tmp_path), "W1/2"]) == 0
    printed = capsys.readouterr()
    assert "NO LIMIT" in printed.err
    assert "ECOGCAT_SHARED" in printed.err


def test_opening_a_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with no_file_opened(), pytest.raises(AssertionError, match="a file was opened"):
        open(tmp_path / "x")  # noqa: SIM115 - it does not open


@pytest.mark.jit
def test_thresholds_are_measured() -> None:
    text = thresholds.report(sizes=(2_000,), rounds=1, n_samples=4_000)
    assert "SERIAL_BELOW" in text
    assert "_TURNED_TILE" in text
