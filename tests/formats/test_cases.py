"""Every real recording and golden vector against an independent reader; see `tests.formats.cases`."""

from __future__ import annotations

import numpy as np
import pytest

import ecogcat as ec
from tests.conftest import shared_path
from tests.formats.cases import Case, Oracle, all_cases, differences


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.label)
def test_equals_an_independent_reader(case: Case) -> None:
    shared_path(case.path)
    oracle = case.oracle(case.place())
    assert oracle.stored or oracle.values or case.quirk, "an oracle that says nothing about samples shows nothing"
    found = differences(case.open(), oracle)
    assert bool(found) == bool(case.quirk), found or f"ours does not differ: {case.quirk} is no longer needed"


def test_differences_are_found() -> None:
    stored = np.arange(12, dtype="i2").reshape(2, 6)
    dataset = ec.from_array(stored, 1000, events=[3])
    same = Oracle({"signal": stored}, {}, 1000, [3], [6])
    assert differences(dataset, same) == []
    for other in (
        Oracle({"signal": stored + 1}),
        Oracle({"signal": stored[:, :5]}),
        Oracle({"signal": stored.astype("f4")}),
        Oracle({"adc": stored}),
        Oracle({}, {"signal": stored + np.float32(0.5)}),
        Oracle(sampling_rate=999.0),
        Oracle(events=[]),
        Oracle(parts=[3, 3]),
    ):
        assert len(differences(dataset, other)) == 1
