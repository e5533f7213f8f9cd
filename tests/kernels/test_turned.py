"""The kernel for interleaved channels, and the squares it is made of, against their oracles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecogcat.kernels.gather import gather_range, gather_turned
from ecogcat.kernels.simd import LANES, prefetch, turn_square
from tests import oracles
from tests.kernels.cases import STORED, Case, cases, channel_lists, ranges, scales

MARK = 77


def order_of(base: Any, group: Any) -> Any:
    return oracles.frozen(np.lexsort((base, group)), np.int64)


@given(cases(), st.data())
def test_gather_turned_is_gather_range(case: Case, data: st.DataObject) -> None:
    """Whatever the layout: interleaved, channel-major, in blocks, by a table; rows in any order, with repeats."""
    channels = data.draw(channel_lists(len(case.base)), "channels")
    samples = data.draw(ranges(case.n_samples), "samples")
    gain, offset = data.draw(scales(len(channels)), "scale")
    scaled, tile, at = data.draw(st.booleans()), data.draw(st.integers(1, 70)), data.draw(st.integers(0, 3))
    inputs = (case.src, *case.rows(channels).addresses(case.unit))
    values = (not case.dtype.isnative, scaled, gain, offset, at, len(samples))
    out, expected = (np.full((len(channels), at + len(samples) + 2), MARK, np.float32) for _ in range(2))
    with np.errstate(all="ignore"):
        gather_range(*inputs, samples.start, samples.step, tile, *values, expected)
        gather_turned(*inputs, order_of(*inputs[1:3]), samples.start, samples.step, tile, *values, out)
    np.testing.assert_array_equal(out, expected)


@given(st.sampled_from(STORED), st.integers(2, 40), st.integers(1, 90), st.data())
def test_many_interleaved_channels(dtype: np.dtype[Any], n_channels: int, n_samples: int, data: st.DataObject) -> None:
    """Wide enough for several bands, long enough for squares, up to the last byte of the file."""
    rows = np.array(data.draw(st.lists(st.integers(0, n_channels - 1), min_size=1, max_size=50)), np.int64)
    samples = data.draw(ranges(n_samples), "samples")
    tile = data.draw(st.integers(1, 64), "tile")
    bytes_ = np.random.default_rng(n_channels * n_samples).bytes(n_channels * n_samples * dtype.itemsize)
    stored = np.frombuffer(bytes_, dtype).reshape(n_samples, n_channels)
    src = np.frombuffer(bytes_, dtype.newbyteorder("="))
    base, group, origin = oracles.frozen(rows), oracles.frozen(0 * rows), oracles.frozen([[0]], np.int64)
    out = np.empty((len(rows), len(samples)), dtype.newbyteorder("="))
    none = oracles.frozen(np.zeros(len(rows)))
    where = (base, group, origin, n_samples, 0, n_channels, order_of(base, group), samples.start, samples.step, tile)
    gather_turned(src, *where, not dtype.isnative, False, none, none, 0, len(samples), out)
    wanted = stored[samples.start : samples.stop : samples.step, rows].T
    assert out.tobytes() == wanted.astype(out.dtype).tobytes()


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "i8", "f8"])
def test_a_square_turned_over(dtype: str) -> None:
    jump = LANES + 3
    src = np.arange(200).astype(dtype)
    turned = np.full((LANES, 20), MARK, dtype)
    _run_turn(src, 5, jump, turned, 7)
    expected = np.full_like(turned, MARK)
    for lane in range(LANES):
        for k in range(LANES):
            expected[lane, 7 + k] = src[5 + k * jump + lane]
    np.testing.assert_array_equal(turned, expected)


def test_fetching_ahead_of_the_end_is_harmless() -> None:
    src = np.arange(4)
    _run_prefetch(src, 10**9)
    assert src.tolist() == [0, 1, 2, 3]


def _compiled(function: Any) -> Any:
    """The kernels' way of calling these: compiled, unless the JIT is off."""
    import numba

    return numba.njit(function)


@_compiled
def _run_turn(src: Any, p: int, jump: int, turned: Any, q: int) -> None:
    turn_square(src, p, jump, turned, q)


@_compiled
def _run_prefetch(src: Any, p: int) -> None:
    prefetch(src, p)
