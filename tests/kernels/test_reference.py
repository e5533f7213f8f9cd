"""Averages over channels, and shares of them subtracted, against the obvious NumPy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ecogcat.kernels.reference import average_rows, subtract_share
from tests import oracles


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
def test_kernels_are_the_oracle(dtype: type, data: st.DataObject) -> None:
    n_channels, n_samples = data.draw(st.tuples(st.integers(1, 4), st.integers(0, 9)))
    values = st.floats(-9, 9, width=16) | st.just(np.nan)
    x = oracles.frozen(data.draw(arrays.arrays(dtype, (n_channels, n_samples), elements=values)), dtype)
    rows = oracles.frozen(data.draw(st.lists(st.integers(0, n_channels - 1), min_size=1, max_size=5)), np.int64)
    average = np.empty(n_samples)
    average_rows(x, rows, np.empty(n_samples), average)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all of them NaN
        expected = np.nanmean(x[rows].astype("f8"), axis=0) if n_samples else np.zeros(0)
    np.testing.assert_allclose(average, expected, rtol=1e-14, atol=1e-14)
    share = oracles.frozen(np.linspace(-1, 2, len(rows)), np.float64)
    out = np.empty((len(rows), n_samples + 2), dtype)[:, 1:-1]
    subtract_share(x, rows, oracles.frozen(average, np.float64), share, out)
    np.testing.assert_array_equal(out, (x[rows] - share[:, None] * average).astype(dtype))
