"""Second-order sections against the recursion written down plainly, one channel and one sample after the other."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.kernels import sections as module
from ecogcat.kernels.sections import run_sections

SECTIONS = np.array([[0.2, -0.1, 0.3, -0.5, 0.25, 0.4, -0.2], [1.0, 0.5, 0.0, 0.1, -0.3, 0.7, 0.1]])


def plain(row: NDArray[Any], n_sections: int) -> NDArray[Any]:
    """Filter runs of finite values, each from its own start."""
    out, states = [], None
    for value in row.astype("f8").tolist():
        if not np.isfinite(value):
            states = None
            out.append(value)
            continue
        if states is None:
            states = [[section[5] * value, section[6] * value] for section in SECTIONS[:n_sections]]
        for (b0, b1, b2, a1, a2, _, _), state in zip(SECTIONS[:n_sections].tolist(), states, strict=True):
            y = b0 * value + state[0]
            state[:] = (b1 * value + state[1]) - a1 * y, b2 * value - a2 * y
            value = y
        out.append(value)
    return np.array(out)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@given(data=st.data())
def test_sections_are_the_plain_recursion(dtype: str, data: st.DataObject) -> None:
    """Over tiles and lanes that are full or not, in calls that carry their state on, forward and backward."""
    n_rows, n = data.draw(st.integers(0, 35)), data.draw(st.sampled_from([0, 1, 5, 127, 128, 129, 264]))
    n_sections = data.draw(st.integers(1, 2))
    values = np.random.default_rng(n_rows * n).standard_normal((n_rows, n)).astype(dtype)
    for row in data.draw(st.lists(st.integers(0, max(0, n_rows - 1)), max_size=3)) if n_rows and n else []:
        at = data.draw(st.integers(0, n - 1))
        values[row, at : at + data.draw(st.integers(1, 300))] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    backward = data.draw(st.booleans())
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, n), max_size=3))), n]
    rows, state = values.copy(), np.full((n_rows, n_sections, 2), np.nan)
    calls = list(pairwise(cuts))
    for start, stop in reversed(calls) if backward else calls:
        run_sections(SECTIONS[:n_sections], backward, start, stop, state, rows)
    turn = slice(None, None, -1 if backward else 1)
    for row, before in zip(rows, values, strict=True):
        np.testing.assert_array_equal(row[turn], plain(before[turn], n_sections).astype(dtype))


def test_what_lies_outside_of_the_range_is_left_alone() -> None:
    rows = np.arange(40.0).reshape(4, 10)
    run_sections(SECTIONS, False, 3, 7, np.full((4, 2, 2), np.nan), rows)
    untouched = np.r_[0:3, 7:10]
    assert rows[:, untouched].tolist() == np.arange(40.0).reshape(4, 10)[:, untouched].tolist()
    assert (module.LANES, module.TILE) == (16, 128)  # which the lengths above lie around
