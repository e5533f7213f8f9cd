"""NumPy's comparisons of whole arrays: what they answer of the values, within the memory limit, no error swallowed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import ecogcat as ec

COMPARING = [np.array_equal, np.array_equiv, np.allclose]


def answer(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What a function answers, or which error it raises."""
    try:
        return function(*args, **options)
    except (ValueError, TypeError) as error:
        return type(error)


@given(
    st.sampled_from(COMPARING),
    st.sampled_from(
        [(2, 7), (1, 7), (2, 1), (7,), (1,), (), (3, 2, 7), (1, 2, 7), (0,), (2, 6), (3, 7), (0, 7), (2, 0)]
    ),
    st.sampled_from([(2, 7), (1, 7), (0, 7), (2, 0), (2, 1)]),
    st.sampled_from([0, 1, np.nan]),
    st.booleans(),
    st.booleans(),
    st.integers(16, 400),
)
@example(np.array_equal, (2, 7), (2, 7), np.nan, True, True, 60)
@example(np.allclose, (2, 6), (2, 7), 1, False, False, 60)
def test_they_answer_as_of_arrays(
    function: Any, shape: tuple[int, ...], own: tuple[int, int], last: float, equal_nan: bool, swap: bool, limit: int
) -> None:
    values, other = np.ones(own), np.ones(shape)
    values.reshape(-1)[-1:] = last
    if shape == own:
        other.reshape(-1)[-1:] = last
    signal = ec.from_array(values, 1000).signal
    options = {} if function is np.array_equiv else {"equal_nan": equal_nan}
    operands: list[Any] = [other, other.tolist(), other.astype("f4")]
    if other.ndim == 2:
        operands.append(ec.from_array(other, 1000).signal)
    for operand in operands:
        arrays = (values, other if isinstance(operand, ec.Signal) else operand)
        wanted = answer(function, *(arrays[::-1] if swap else arrays), **options)
        pair = (signal, operand)
        assert answer(function, *(pair[::-1] if swap else pair), **options) == wanted
        if shape == own or not shape:
            with ec.options(memory_limit=limit):
                assert answer(function, *(pair[::-1] if swap else pair), **options) == wanted


@pytest.mark.parametrize("other", [[[1.0], [1.0, 2.0]], "text", None, object(), {}])
def test_what_is_no_array_of_numbers(other: Any) -> None:
    values = np.ones((2, 3))
    signal = ec.from_array(values, 1000).signal
    for function in COMPARING:
        assert answer(function, signal, other) == answer(function, values, other)
        assert answer(function, other, signal) == answer(function, other, values)


def test_no_error_is_taken_for_a_difference(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "rec.h5", "w") as file:
        file["chdata"], file["Fs"] = np.ones((2, 5000), "f4"), 1000.0
    signal = ec.open_recording(tmp_path / "rec.h5").signal
    assert all(function(signal, signal) for function in COMPARING)
    with ec.options(memory_limit=4000):
        assert all(function(signal, signal) for function in COMPARING)
        for wide in (np.ones((3, 2, 5000), "f4"), np.ones((3, 1, 1), "f4")):
            for function in (np.array_equiv, np.allclose):
                with pytest.raises(ec.MemoryLimitError):
                    function(signal, wide)
    os.truncate(tmp_path / "rec.h5", 3000)
    for function in COMPARING:
        with pytest.raises(ec.SourceChangedError):
            function(signal, np.ones(signal.shape))


def test_other_functions_do_what_they_did() -> None:
    values = np.arange(12.0).reshape(2, 6)
    signal = ec.from_array(values, 1000).signal
    for function in (np.mean, np.std, np.max, np.sum, np.nanmean, np.median, np.shape, np.ndim, np.size, np.transpose):
        np.testing.assert_array_equal(function(signal), function(values))
    for function in (np.concatenate, np.stack, np.vstack, np.hstack):
        np.testing.assert_array_equal(function([signal, values]), function([values, values]))
    np.testing.assert_array_equal(np.mean(signal, axis=1, keepdims=True), values.mean(axis=1, keepdims=True))
    np.testing.assert_array_equal(np.where(values > 3, signal, 0), np.where(values > 3, values, 0))
    np.testing.assert_array_equal(np.isclose(signal, values + 1), np.zeros((2, 6), bool))
    assert type(np.asarray([1], like=signal)) is np.ndarray
    with ec.options(memory_limit=64):
        assert np.mean(signal) == values.mean(), "it streams"
    with pytest.raises(np.exceptions.AxisError):
        np.mean(signal, axis=2)
