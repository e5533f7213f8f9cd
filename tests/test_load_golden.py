"""Golden vectors of load arguments: equal, or different for a reason that is named and checked."""

from __future__ import annotations

import json

import numpy as np
import pytest

import ecogcat as ec
from tests.conftest import shared_path
from tests.load_table import CASES, ROUNDED, LoadCase, compared, rounding, row

DIFFER = {11: "oecont", 13: "oecont", 14: "oecont", 21: "L9", 24: "QUIRKS.md trigger", 122: "QUIRKS.md afe"}
"""The cases with something that is not equal, and a word of the entry that says why."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_a_golden_vector(case: LoadCase) -> None:
    shared_path("reference/golden")
    said = compared(case)
    assert "no" not in said.values()
    assert {"Fs", "sites", "pos_edge", "data"} <= set(said)
    assert {name for name, why in said.items() if why != "yes"} == set(case.deviations)
    assert bool(case.deviations) == (case.number in DIFFER)
    for why in said.values():
        assert why == "yes" or (DIFFER[case.number] in why and ("QUIRKS.md" in why or "bugs.md" in why))
    line = row(case)
    assert (line["differs"] == "") == (case.number not in DIFFER)
    assert all(f"{name}=" in line["arguments"] for name in case.arguments())


@pytest.mark.parametrize("number", ROUNDED)
def test_where_the_older_system_rounded_more_it_is_by_the_form_of_its_filter(number: int) -> None:
    shared_path("reference/golden")
    (case,) = [one for one in CASES if one.number == number]
    assert 0.4 * rounding(case) < ROUNDED[number] < 4 * rounding(case)


def test_what_each_argument_does_to_its_case() -> None:
    """Without it, the values are others: no golden vector is equal for a reason that has nothing to do with it."""
    shared_path("reference/golden")
    new = ("resample_filter", "remove_mean", "others_as_ground")
    for case in (one for one in CASES if one.number in (13, 21, 119, 124, 127)):
        for name in set(new) & set(case.own):
            other = {"resample_filter": "polyphase"}.get(name, False)
            plain, done = case.open(**{name: other}), case.open()
            if name == "others_as_ground":
                assert done.ground is not None
                assert plain.ground is not None
                assert done.ground.shape[0] == plain.ground.shape[0] + 1
            else:
                assert np.abs(plain.signal[:] - done.signal[:]).max() > 1e-3 * np.abs(done.signal[:]).max()


def test_every_golden_vector_with_load_arguments_is_there() -> None:
    folder = shared_path("reference/golden")
    there = {
        int(path.parent.name.split("_")[1])
        for path in folder.glob("*/meta.json")
        if "load_arguments" in json.loads(path.read_text())
    }
    assert there == {case.number for case in CASES}


def test_case_117() -> None:
    """No load arguments: a function of the older system."""
    folder = shared_path("reference/golden/case_117_downsample_r10")
    x, y = np.load(folder / "input.npz")["x"], np.load(folder / "expected.npz")["y"]
    for dtype, tolerance in (("f8", 1e-9), ("f4", 2e-7)):
        done = ec.resample(ec.from_array(x.astype(dtype), 1000), 100, "chebyshev1")
        np.testing.assert_allclose(done.signal[:], y, rtol=0, atol=tolerance * np.abs(y).max())
