"""Golden vectors of load arguments: equal, or different for a reason that is named and checked."""

from __future__ import annotations

import json

import numpy as np
import pytest

import ecogcat as ec
from tests.conftest import shared_path
from tests.load_table import CASES, LoadCase, cheby1, compared, row
from tests.sections import both_ways

DIFFER = {11, 13, 14, 21, 24, 105, 106, 108, 119, 120, 122, 124, 125, 126, 127}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_a_golden_vector(case: LoadCase) -> None:
    shared_path("reference/golden")
    said = compared(case)
    assert "no" not in said.values()
    assert {"Fs", "sites", "pos_edge", "data"} <= set(said)
    assert {name for name, why in said.items() if why != "yes"} == set(case.deviations)
    assert bool(case.deviations) == (case.number in DIFFER)
    if case.number not in DIFFER:
        assert row(case)["differs"] == ""


def test_every_golden_vector_with_load_arguments_is_there() -> None:
    folder = shared_path("reference/golden")
    there = {
        int(path.parent.name.split("_")[1])
        for path in folder.glob("*/meta.json")
        if "load_arguments" in json.loads(path.read_text())
    }
    assert there == {case.number for case in CASES}


def test_case_117_is_the_other_filter() -> None:
    """No load arguments, and no entry: the lowpass is of another design, and so is ours than either."""
    folder = shared_path("reference/golden/case_117_downsample_r10")
    x, y = np.load(folder / "input.npz")["x"], np.load(folder / "expected.npz")["y"]
    np.testing.assert_allclose(both_ways(cheby1(10), x)[:, ::10], y, rtol=0, atol=1e-9 * np.abs(y).max())
    assert ec.resample(ec.from_array(x, 1000), 100).signal.shape == y.shape
