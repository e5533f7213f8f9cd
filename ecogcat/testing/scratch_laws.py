"""Laws of scratch copies: equal to what was copied, written as NumPy writes, and nobody else's samples changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.signal import Signal
from ecogcat.testing.reading_laws import copied
from ecogcat.testing.sameness import assert_arrays_same, assert_datasets_same

__all__ = [
    "a_write_is_its_own_alone",
    "refuses_what_is_read_only",
    "scratch_equals",
    "writes_as_numpy",
    "writes_through_units",
]


def scratch_equals(dataset: Dataset, scratch: Callable[[Dataset], Dataset] = ec.scratch) -> None:
    """Assert that a scratch copy equals its dataset, can be written to, is private, and has a token of its own."""
    copy = scratch(dataset)
    assert ec.equals(copy, dataset)
    assert ec.equals(dataset, copy)
    assert_datasets_same(copy, dataset)
    arrays = [copy.signal, *copy.arrays().values()]
    assert all(array.writeable for array in arrays)
    if any(array.size for array in arrays):  # nothing is the same everywhere
        assert copy != dataset
        assert copy != scratch(dataset)
    (file,) = {source for array in arrays for source in array.sources}
    if os.name == "posix":
        assert os.stat(os.path.dirname(file.path)).st_mode & 0o777 == 0o700
        assert os.stat(file.path).st_mode & 0o777 == 0o600
    assert ec.equals(copied(copy), dataset)
    path = file.path
    del copy, arrays, file
    assert not os.path.exists(path), "it stayed when nobody used it any more"


def writes_as_numpy(signal: Signal, index: Any, values: Any) -> None:
    """Assert that ``signal.write(index, values)`` leaves what ``array[index] = values`` leaves.

    Parameters
    ----------
    signal : Signal
        Of scratch copies; it is written to.
    index, values : anything
        Where NumPy raises an error, so does writing, of the same kind, and nothing is written.
    """
    expected = signal.read()
    before = expected.copy()
    try:
        expected[index] = values
    except Exception as error:
        try:
            signal.write(index, values)
        except Exception as own:
            # For values that do not broadcast to a mask NumPy has TypeError, to anything else ValueError.
            known = (ValueError, TypeError) if isinstance(error, (ValueError, TypeError)) else type(error)
            assert isinstance(own, known), f"{own!r} where NumPy: {error!r}"
        else:
            raise AssertionError(f"writing {values!r} to {index!r} did not raise {error!r}") from error
        assert_arrays_same(signal.read(), before, "after an error")
        return
    signal.write(index, values)
    assert_arrays_same(signal.read(), expected, f"after writing to {index!r}")


def writes_through_units(signal: Signal, view: Signal, index: Any, values: Any) -> None:
    """Assert that values written in other units read back, and that nothing else of the scratch copy changed.

    Parameters
    ----------
    signal : Signal
        Of a scratch copy of floats.
    view : Signal
        The same samples in other units.
    index, values
        As for `write`; the values lie well within the type.
    """
    expected, mask = view.read(), np.zeros(view.shape, bool)
    expected[index] = values
    mask[index] = True
    before = signal.read()
    view.write(index, values)
    eps = np.finfo(signal.dtype).eps
    np.testing.assert_allclose(view.read()[mask], expected[mask], rtol=4 * eps, atol=0)
    assert_arrays_same(signal.read()[~mask], before[~mask], "what was not written to")


def a_write_is_its_own_alone(dataset: Dataset, index: Any, values: Any) -> None:
    """Assert that writing to one scratch copy changes neither its dataset, nor its files, nor another copy."""
    one, other = ec.scratch(dataset), ec.scratch(dataset)
    held, files = dataset.signal.read(), _digests(dataset)
    writes_as_numpy(one.signal, index, values)
    for name, array in one.arrays().items():
        if array.size:
            array.write(..., 0)
            assert not dataset.arrays()[name].writeable
    assert _digests(dataset) == files
    assert_arrays_same(dataset.signal.read(), held, "the dataset")
    assert ec.equals(other, dataset)


def refuses_what_is_read_only(signal: Signal, index: Any, values: Any) -> None:
    """Assert that a write which touches anything but scratch raises, and that not a byte is written.

    Parameters
    ----------
    signal : Signal
        Joined of scratch copies and others.
    index : anything valid
    values : array_like
        Those that NumPy takes for this index.
    """
    before = signal.read()
    expected = before.copy()
    expected[index] = values
    touched = np.zeros(signal.shape, bool)
    touched[index] = True
    allowed = np.zeros(signal.shape, bool)
    for start, piece in zip(signal.starts, signal.pieces, strict=False):
        stretch = signal.cut(int(start), int(start) + piece.n_samples)
        allowed[:, start : start + piece.n_samples] = stretch.writeable
    if (touched & ~allowed).any():
        try:
            signal.write(index, values)
        except ec.ReadOnlyError as error:
            assert "ecogcat.scratch" in str(error)
        else:
            raise AssertionError("samples that are read-only were written to")
        expected = before
    else:
        signal.write(index, values)
    assert_arrays_same(signal.read(), expected)


def _digests(dataset: Dataset) -> dict[str, str]:
    paths = {source.path for array in (dataset.signal, *dataset.arrays().values()) for source in array.sources}
    return {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths}
