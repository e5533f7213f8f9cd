"""E: epochs - one that reaches past an edge leaves the others as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from tests.bugs.recordings import Recordings, assert_same
from tests.conftest import shared_path


def around(dataset: ec.Dataset, events: Any, **more: Any) -> Any:
    return ec.epochs(dataset, 5, 5, events=events, **more)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i2"])
def test_e3_an_epoch_past_an_edge_shortened_all_later_ones(make: Recordings, kind: str, dtype: str) -> None:
    """One epoch past the edge shortened all later epochs, or raised; later ones are whole."""
    x = np.arange(100).astype(dtype)[None]
    dataset = make.dataset(x, kind)
    floating = np.result_type(dtype, np.float32)
    before = around(dataset, [2, 50])
    assert_same(before.data, x[None, :, 45:55])
    assert before.kept.tolist() == [1]
    assert before.dropped.to_numpy().tolist() == [[0, "edge"]]
    filled = around(dataset, [2, 50], seams="nan").data
    assert_same(filled[0, 0], np.array([np.nan] * 3 + list(range(7)), floating))
    assert_same(filled[1, 0], np.arange(45, 55).astype(floating))
    after = around(dataset, [50, 97], seams="nan").data
    assert_same(after[0, 0], np.arange(45, 55).astype(floating))
    assert_same(after[1, 0], np.array([*range(92, 100), np.nan, np.nan], floating))
    assert_same(around(dataset, [95]).data, x[None, :, 90:100])  # the last that fits


def test_golden_epochs() -> None:
    """The older system's epochs of one recording: (n_channels, n_events, n_times), floats rounded to whole samples."""
    folder = shared_path("reference/golden/case_114_epochs_b")
    with np.load(folder / "input.npz") as given, np.load(folder / "expected.npz") as expected:
        x, pivots = given["x"], given["pivots"]
        wanted = {name: expected[name].transpose(1, 0, 2) for name in expected.files}
    dataset = ec.from_array(x, 1.0, events=ec.Events(pivots))
    found = {
        "e1": ec.epochs(dataset, 20, 50),
        "e2": ec.epochs(dataset, 0, 30, events=dataset.events.select([1, 3])),
        "e3": ec.epochs(dataset, 7.6, 10.2, unit="s"),
    }
    assert set(found) == set(wanted)
    for name, epochs in found.items():
        np.testing.assert_array_equal(epochs.data, wanted[name], err_msg=name)
