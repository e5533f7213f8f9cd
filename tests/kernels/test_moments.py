"""Moments of rows against NumPy on the whole, with runs and lanes that are full or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecogcat.kernels.moments import LANES, RUN, row_moments, unite_moments
from tests import oracles
from tests.kernels.modes import BOUNDS_ON

LENGTHS = [0, 1, LANES - 1, LANES, LANES + 1, 1000, RUN - 1, RUN, RUN + 1, 2 * RUN + 100]
TYPES = ["f4"] if BOUNDS_ON else ["i2", "u1", "f4", "f8"]


@pytest.mark.parametrize("dtype", TYPES)
@given(data=st.data())
def test_moments_of_parts_united_are_those_of_the_whole(dtype: str, data: st.DataObject) -> None:
    n_rows, n = data.draw(st.integers(0, 3)), data.draw(st.sampled_from(LENGTHS))
    values = (np.random.default_rng(n).standard_normal((n_rows, n)) * 20 + 100).astype(dtype)
    skip = data.draw(st.booleans())
    if values.dtype.kind == "f" and n and skip:
        values[:, :: data.draw(st.integers(1, 5))] = np.nan
    cut = data.draw(st.integers(0, n))
    parts = np.empty((2, 3, n_rows))
    for part, out in zip((values[:, :cut], values[:, cut:]), parts, strict=True):
        row_moments(oracles.frozen(part, dtype), skip, out)
    found = np.zeros((3, n_rows))
    unite_moments(parts, found)
    for row, (count, total, squares) in zip(values.astype("f8"), found.T, strict=True):
        kept = row[~np.isnan(row)]
        assert count == len(kept)
        np.testing.assert_allclose(total, kept.sum(), rtol=1e-13)
        np.testing.assert_allclose(squares, ((kept - kept.mean()) ** 2).sum() if len(kept) else 0, rtol=1e-12)


def test_what_is_not_a_number_counts_unless_it_is_skipped() -> None:
    row = np.array([[1.0, np.nan, 3.0]])
    out = np.empty((3, 1))
    row_moments(row, False, out)
    assert out[0] == 3
    assert np.isnan(out[1:]).all()
    row_moments(row, True, out)
    assert out[:, 0].tolist() == [2, 4, 2]
