"""Reductions: streamed over blocks and seams, and equal to NumPy's on the whole array in double precision."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import ecogcat as ec

NAMES = ("sum", "mean", "var", "std", "min", "max")
TYPES = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16")
AXES: tuple[Any, ...] = (None, 0, 1, -1, -2, (0,), (1,), (0, 1), (-1, 0), np.int8(1))


def numbers(dtype: str, shape: tuple[int, int] = (4, 37)) -> np.ndarray:
    values = np.random.default_rng(5).standard_normal(shape) * 90
    if dtype[0] == "c":
        values = values + 1j * values[::-1]
    return np.abs(values).astype(dtype) if dtype[0] == "u" else values.astype(dtype)


def wide(values: np.ndarray) -> np.ndarray:
    """In double precision where the type is a narrower float: what ecogcat promises."""
    return values.astype({"f": "f8", "c": "c16"}.get(values.dtype.kind, values.dtype))


def joined(full: np.ndarray) -> ec.Signal:
    """The array in four pieces, one of them without samples."""
    cuts = np.split(full, [11, 11, 30], axis=1)
    return ec.join_signals(*(ec.from_array(part, 1000).signal for part in cuts))


@pytest.mark.parametrize("block", [None, 4 * 16 * 5])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", NAMES)
def test_equal_to_numpy(name: str, dtype: str, block: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over every axis, with and without keeping it, in one block and in many."""
    full = numbers(dtype)
    signal = joined(full)
    if block is not None:
        monkeypatch.setattr("ecogcat.signal._BLOCK_BYTES", block)
    for axis in AXES:
        for keepdims in (False, True):
            want = getattr(wide(full), name)(axis=axis, keepdims=keepdims)
            got = getattr(signal, name)(axis=axis, keepdims=keepdims)
            same = getattr(np, name)(signal, axis=axis, keepdims=keepdims)
            assert np.shape(got) == np.shape(want)
            if name in ("min", "max"):
                assert np.array_equal(got, want)
                assert np.asarray(got).dtype == full.dtype
            else:
                np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
                assert np.asarray(got).dtype == np.asarray(want).dtype
            assert np.array_equal(got, same)


@pytest.mark.parametrize("ddof", [0, 1, 4, 37, 200])
@pytest.mark.parametrize("name", ["var", "std"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_degrees_of_freedom(name: str, axis: int | None, ddof: int) -> None:
    """As many as there are values, or more, give NaN or infinity as in NumPy."""
    full = numbers("f8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's
        want = getattr(full, name)(axis=axis, ddof=ddof)
    np.testing.assert_allclose(getattr(joined(full), name)(axis, ddof=ddof), want, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_nan_and_infinities_propagate(name: str, odd: float, axis: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    full = numbers("f4")
    full[1, 20] = odd
    full[3, 2] = -odd
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's
        want = getattr(wide(full), name)(axis=axis)
    monkeypatch.setattr("ecogcat.signal._BLOCK_BYTES", 4 * 4 * 5)
    got = getattr(joined(full), name)(axis)
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0, 0), (1, 1)])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_of_nothing(name: str, shape: tuple[int, int], axis: int | None) -> None:
    """NaN, zero or NumPy's error; without NumPy's warning."""
    full = np.ones(shape)
    signal = ec.from_array(full, 1000).signal
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's
        try:
            want = getattr(full, name)(axis=axis)
        except ValueError as error:
            with pytest.raises(ValueError, match=str(error)):
                getattr(signal, name)(axis)
            return
    np.testing.assert_array_equal(getattr(signal, name)(axis), want)


def test_sums_of_whole_numbers_are_exact() -> None:
    full = np.full((2, 1000), 2**53 // 1000 + 1, np.int64)
    assert joined(full).sum() == full.sum() == 2000 * (2**53 // 1000 + 1)
    small = np.full((1, 70000), 255, "u1")
    assert ec.from_array(small, 1000).signal.sum(axis=1).tolist() == [70000 * 255]


def test_sums_do_not_lose_single_precision() -> None:
    full = np.full((1, 1 << 20), 0.1, "f4")
    got = ec.from_array(full, 1000).signal
    assert got.sum() == pytest.approx(full.astype("f8").sum(), rel=1e-14)
    assert got.mean() == pytest.approx(float(np.float32(0.1)), rel=1e-14)


@pytest.mark.parametrize("n", [3, 1000])
def test_variance_far_from_zero(n: int) -> None:
    """Two passes in each block, and the blocks' means combined: nothing cancels."""
    full = np.random.default_rng(0).standard_normal((3, n)) + 1e8
    with ec.options(memory_limit=3 * 8 * 7):
        np.testing.assert_allclose(ec.from_array(full, 1000).signal.var(1), full.var(1), rtol=1e-7)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda signal: signal.mean(2), np.exceptions.AxisError, "axis 2 is out of bounds"),
        (lambda signal: signal.max(-3), np.exceptions.AxisError, "axis -3 is out of bounds"),
        (lambda signal: signal.var(0.5), TypeError, "float"),
        (lambda signal: signal.sum((0, 0)), ValueError, "repeated axis"),
        (lambda signal: signal.min(()), ValueError, "over one axis or both, not over none"),
        (lambda signal: np.mean(signal, dtype="f4"), TypeError, "dtype and out are None"),
        (lambda signal: np.sum(signal, axis=1, out=np.empty(4)), TypeError, "dtype and out are None"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(joined(numbers("f8")))


@pytest.mark.parametrize("block", [None, 4 * 16 * 5])
@pytest.mark.parametrize("dtype", ["i2", "?", "f2", "f4", "f8", "c16"])
@pytest.mark.parametrize("name", ["nansum", "nanmean", "nanvar", "nanstd", "nanmin", "nanmax"])
def test_nan_is_left_out(name: str, dtype: str, block: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As NumPy's functions of the same name do on the whole array in double precision."""
    full = numbers(dtype)
    if dtype[0] in "fc":
        full[0, 3:9] = full[2, ::2] = full[:, 20] = full[3] = np.nan  # some; a sample, and a channel, without any
    if block is not None:
        monkeypatch.setattr("ecogcat.signal._BLOCK_BYTES", block)
    signal = joined(full)
    for axis in AXES:
        for further in ({}, {"keepdims": True}, *([{"ddof": 1}] if name in ("nanvar", "nanstd") else [])):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of what is nothing but NaN
                want = getattr(np, name)(wide(full), axis=axis, **further)
            got = getattr(signal, name)(axis=axis, **further)
            assert np.shape(got) == np.shape(want), (axis, further)
            np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(np.nanmean(signal), signal.nanmean(), rtol=1e-2)


def test_nan_is_left_out_far_from_zero_and_beside_infinities() -> None:
    full = np.random.default_rng(3).normal(1e9, 1, (2, 1000))
    full[:, ::3] = np.nan
    np.testing.assert_allclose(joined(full).nanvar(), np.nanvar(full), rtol=1e-6)
    full[0, 1] = np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's
        for name in ("nansum", "nanmean", "nanvar", "nanmax", "nanmin"):
            want = getattr(np, name)(full, axis=1)
            np.testing.assert_allclose(getattr(joined(full), name)(1), want, rtol=1e-6)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "min", "nanmean", "nanvar", "nanmax"])
def test_threads_change_no_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is reduced at a time does not depend on how many threads there are."""
    monkeypatch.setattr("ecogcat.reading.reductions._VALUES", 4 * 13)
    signal = joined(numbers("f4", (4, 3000)))
    found = []
    for threads in (1, 2, 5):
        with ec.options(threads=threads):
            found.append(getattr(signal, name)(axis=1).tolist())
    assert found[0] == found[1] == found[2]
