"""The kernels for many windows against the kernels for one; baselines and sums of epochs against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecogcat.kernels.epochs import subtract_baseline, sum_epochs
from ecogcat.kernels.gather import gather_range
from ecogcat.kernels.windows import gather_windows, gather_windows_turned
from tests import oracles
from tests.kernels.cases import Case, cases, channel_lists, scales

MARK = 77


@given(cases(), st.booleans(), st.data())
def test_windows_are_ranges(case: Case, turned: bool, data: st.DataObject) -> None:
    """In any order, overlapping, of no samples, several in one epoch; nothing else is written."""
    channels = data.draw(channel_lists(len(case.base)), "channels")
    gain, offset = data.draw(scales(len(channels)), "scale")
    n_times, rows = 12, []
    for _ in range(data.draw(st.integers(0, 5), "windows")):
        first = data.draw(st.integers(0, case.n_samples - 1))
        at = data.draw(st.integers(0, n_times))
        count = data.draw(st.integers(0, min(n_times - at, case.n_samples - first)))
        rows.append((data.draw(st.integers(0, 3)), first, at, count))
    windows = oracles.frozen(np.array(rows, np.int64).reshape(-1, 4), np.int64)
    inputs = (case.src, *case.rows(channels).addresses(case.unit))
    values = (not case.dtype.isnative, data.draw(st.booleans()), gain, offset)
    tile = data.draw(st.integers(1, 20))
    out, expected = (np.full((4, len(channels), n_times), MARK, np.float32) for _ in range(2))
    with np.errstate(all="ignore"):
        for epoch, first, at, count in rows:
            gather_range(*inputs, first, 1, tile, *values, at, count, expected[epoch])
        if turned:
            order = oracles.frozen(np.lexsort(inputs[1:3]), np.int64)
            gather_windows_turned(*inputs, order, tile, *values, windows, out)
        else:
            gather_windows(*inputs, tile, *values, windows, out)
    np.testing.assert_array_equal(out, expected)


def epochs_with_nan(dtype: str) -> Any:
    data = np.random.default_rng(4).normal(size=(5, 3, 7)).astype(dtype)
    data[1, 0, :3], data[2, 1], data[4, 2, 6] = np.nan, np.nan, np.nan
    return data


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_baseline(dtype: str) -> None:
    data = epochs_with_nan(dtype)
    out = data.copy()
    subtract_baseline(1, 4, out)
    wide = data.astype(float)[:, :, 1:4]
    with np.errstate(all="ignore"):
        mean = np.nansum(wide, 2) / (~np.isnan(wide)).sum(2)
    expected = (data - mean[..., None]).astype(dtype)
    np.testing.assert_allclose(out, expected, rtol=1e-6 if dtype == "f4" else 1e-13, atol=1e-7)
    assert np.isnan(out[2, 1]).all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_sums_by_condition(dtype: str) -> None:
    data, codes = epochs_with_nan(dtype), oracles.frozen([0, 1, -1, 1, 0], np.int64)
    out, counts = np.zeros((2, 3, 7)), np.zeros((2, 3, 7), np.int32)
    for first, stop in ((0, 1), (1, 3)):
        sum_epochs(oracles.frozen(data), codes, first, stop, out, counts)
    for condition in (0, 1):
        some = data[codes == condition].astype(float)
        np.testing.assert_array_equal(counts[condition], (~np.isnan(some)).sum(0))
        np.testing.assert_allclose(out[condition], np.nansum(some, 0), rtol=1e-15)
