"""Counts of channels out of range against the obvious NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ecogcat.kernels.beyond import count_beyond
from tests import oracles

VALUES = {"f": st.floats(-9, 9, width=16) | st.just(np.nan) | st.just(np.inf), "i": st.integers(-9, 9)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.uint8])
@given(data=st.data())
def test_count_beyond_is_the_oracle(dtype: type, data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(0, 3), st.integers(0, 9)))
    values = VALUES["f"] if np.dtype(dtype).kind == "f" else st.integers(0, 9)
    block = data.draw(arrays.arrays(dtype, shape, elements=values))
    edges = st.lists(st.sampled_from([-9.0, -2.5, 0.0, 3.0, np.inf, -np.inf]), min_size=shape[0], max_size=shape[0])
    low, high = (oracles.frozen(data.draw(edges), np.float64) for _ in range(2))
    already = np.arange(shape[1], dtype=np.int64)
    out = already.copy()
    count_beyond(oracles.frozen(block, dtype), low, high, out)
    with np.errstate(invalid="ignore"):
        far = (block < low[:, None]) | (block > high[:, None])
    assert out.tolist() == (already + far.sum(0)).tolist()
