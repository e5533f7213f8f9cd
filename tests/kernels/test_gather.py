"""The gather kernels against the byte-by-byte oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecogcat.kernels.bits import swap_bytes
from ecogcat.kernels.gather import gather_items, gather_list, gather_range, gather_turned
from tests import oracles
from tests.kernels.cases import STORED, Case, cases, channel_lists, ranges, scales

MARK = 77
"""What the columns around the filled ones hold, before and after."""


def outputs(stored: np.dtype[Any], scaled: bool) -> st.SearchStrategy[np.dtype[Any]]:
    """float32 with or without a scale, float64 of some; the stored type without. Each is a compilation."""
    types = [np.dtype("f4")] + [np.dtype("f8")] * (stored.str[1:] in ("i2", "i8", "f8"))
    return st.sampled_from(types if scaled else [*types, stored.newbyteorder("=")])


def check(case: Case, data: st.DataObject, kernel: Any) -> None:
    listed = kernel is gather_list
    channels = data.draw(channel_lists(len(case.base), 2 * len(case.base)), "channels")
    scaled = data.draw(st.booleans(), "scaled")
    dtype = data.draw(outputs(case.dtype, scaled), "out")
    gain, offset = data.draw(scales(len(channels)), "scale")
    at, after = data.draw(st.integers(0, 3), "at"), data.draw(st.integers(0, 2), "after")
    if listed:
        samples: Any = data.draw(st.lists(st.integers(0, case.n_samples - 1), max_size=40), "samples")
    else:
        samples = data.draw(ranges(case.n_samples), "samples")
    rows = case.rows(channels)
    out = np.full((len(channels), at + len(samples) + after), MARK, dtype)
    inputs = (case.src, *rows.addresses(case.unit))
    before = [np.copy(value) for value in inputs]
    swapped = not case.dtype.isnative
    with np.errstate(all="ignore"):
        if listed:
            wanted = oracles.frozen(samples, np.int64)
            gather_list(*inputs, wanted, swapped, scaled, gain, offset, at, out)
        else:
            place: tuple[Any, ...] = (samples.start, samples.step, data.draw(st.integers(1, 70), "tile"))
            if kernel is gather_turned:
                _, base, group, *_ = inputs
                place = (oracles.frozen(np.lexsort((base, group))), *place)
            kernel(*inputs, *place, swapped, scaled, gain, offset, at, len(samples), out)

    stored = oracles.gather(case.data, case.dtype, case.place, channels, samples)
    with np.errstate(all="ignore"):
        expected = oracles.physical(stored, gain, offset, dtype) if scaled else stored.astype(dtype)
    np.testing.assert_array_equal(out[:, at : at + len(samples)], expected, strict=True)
    assert (out[:, :at] == MARK).all()
    assert (out[:, at + len(samples) :] == MARK).all()
    for value, copy in zip(inputs, before, strict=True):
        assert np.asarray(value).tobytes() == copy.tobytes()


@given(cases(), st.data())
def test_gather_range_is_the_oracle(case: Case, data: st.DataObject) -> None:
    check(case, data, gather_range)


@given(cases(most_channels=20), st.data())
def test_gather_turned_is_the_oracle(case: Case, data: st.DataObject) -> None:
    """More channels than a square has lanes, and samples than it has rows, with remainders of both."""
    check(case, data, gather_turned)


@given(cases(), st.data())
def test_gather_list_is_the_oracle(case: Case, data: st.DataObject) -> None:
    check(case, data, gather_list)


@given(cases(aligned=False), st.data())
def test_gather_items_copies_bytes_from_any_address(case: Case, data: st.DataObject) -> None:
    channels = data.draw(channel_lists(len(case.base)), "channels")
    samples = data.draw(st.lists(st.integers(0, case.n_samples - 1), max_size=40), "samples")
    size = case.dtype.itemsize
    out = np.zeros((len(channels), len(samples), size), np.uint8)
    src = np.frombuffer(case.data, np.uint8)
    gather_items(src, *case.rows(channels).addresses(1), oracles.frozen(samples, np.int64), out)
    expected = [
        [list(case.data[case.place(c, t) : case.place(c, t) + size]) for t in samples] for c in channels.tolist()
    ]
    assert out.tolist() == expected


@pytest.mark.parametrize("stored", STORED, ids=str)
def test_float32_is_rounded_once_for_every_stored_type(stored: np.dtype[Any]) -> None:
    """One pass over the whole range of each type: no double rounding, no fused multiply-add, no swapped sign."""
    rng = np.random.default_rng(3)
    data = rng.bytes(3000 * stored.itemsize)
    src, zero = np.frombuffer(data, stored.newbyteorder("=")), oracles.frozen([[0]], np.int64)
    gain, offset = oracles.frozen([0.195]), oracles.frozen([-6389.76])
    base = group = oracles.frozen([0], np.int64)
    out = np.zeros((1, 3000), "f4")
    with np.errstate(all="ignore"):
        swapped = not stored.isnative
        gather_range(src, base, group, zero, 3000, 0, 1, 0, 1, 512, swapped, True, gain, offset, 0, 3000, out)
        values = oracles.decode(data, stored, [range(0, len(data), stored.itemsize)])
        expected = (values.astype("f8") * 0.195 - 6389.76).astype("f4")
    np.testing.assert_array_equal(out, expected, strict=True)


@pytest.mark.parametrize("n", [511, 512, 513, 1024, 16_384, 16_385])
@pytest.mark.parametrize("dtype", ["<i2", ">f4"])
def test_runs_on_either_side_of_the_lines_fetched_ahead(n: int, dtype: str) -> None:
    """Three rows of `n` contiguous samples: their next rows are fetched ahead, or too long for that."""
    data = np.arange(3 * n).astype(dtype).tobytes()
    src, base = np.frombuffer(data, np.dtype(dtype).newbyteorder("=")), oracles.frozen([2 * n, 0, n])
    group, origin = oracles.frozen([0, 0, 0]), oracles.frozen([[0]])
    gain, offset, out = oracles.frozen([1.0, 2.0, 3.0]), oracles.frozen([0.0, 1.0, 2.0]), np.zeros((3, n), "f4")
    swapped = not np.dtype(dtype).isnative
    gather_range(src, base, group, origin, n, 0, 1, 0, 1, n, swapped, True, gain, offset, 0, n, out)
    t = np.arange(n)
    stored = np.array([2 * n + t, t, n + t]).astype(dtype)
    np.testing.assert_array_equal(out, (stored.astype("f8") * [[1], [2], [3]] + [[0], [1], [2]]).astype("f4"))


def test_writeable_inputs_and_strided_outputs() -> None:
    src, zeros = np.arange(12, dtype=np.int16), np.zeros((1, 1), np.int64)
    base, group = np.array([0, 6]), np.zeros(2, np.int64)
    out = np.full((4, 12), -1.0, np.float32)
    gather_range(
        src, base, group, zeros, 6, 0, 1, 1, 2, 4, False, False, np.ones(2), np.zeros(2), 1, 3, out[::2, ::3]
    )  # fmt: skip
    assert out[::2, ::3].tolist() == [[-1, 1, 3, 5], [-1, 7, 9, 11]]
    assert src.tolist() == list(range(12))
    assert (out[1::2] == -1).all()


def test_addresses_beyond_32_bits() -> None:
    """A block number times a stride is taken in 64 bits: the wanted block lies 2**40 strides on, at address 3."""
    src, base = oracles.frozen([0, 1, 2, 3], np.int16), oracles.frozen([3 - 2**42], np.int64)
    group, origin = oracles.frozen([0], np.int64), oracles.frozen([[0]], np.int64)
    gain, offset, out = oracles.frozen([1.0]), oracles.frozen([0.0]), np.zeros((1, 2), np.int16)
    gather_range(src, base, group, origin, 1, 4, 1, 2**40, 1, 9, False, False, gain, offset, 0, 1, out)
    samples = oracles.frozen([2**40], np.int64)
    gather_list(src, base, group, origin, 1, 4, 1, samples, False, False, gain, offset, 1, out)
    assert out.tolist() == [[3, 3]]


@given(st.sampled_from(STORED), st.binary(min_size=8, max_size=8))
@example(np.dtype(">f4"), b"\x7f\xa0\0\1\0\0\0\0")  # a signalling NaN keeps its bits
def test_swap_bytes_reverses_bytes(dtype: np.dtype[Any], data: bytes) -> None:
    values = np.frombuffer(data[: dtype.itemsize], dtype.newbyteorder("="))
    swapped = values.copy()
    swapped[0] = swap_bytes(values[0])
    assert swapped.tobytes() == data[: dtype.itemsize][::-1]
