"""Laws of records: immutable, also after copying; equal by content, in every process and wherever the files lie."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.testing.reading_laws import copied
from ecogcat.testing.sameness import arrays_of, assert_arrays_same, assert_datasets_same, snapshot

__all__ = ["cannot_be_changed", "copies_are_equal", "equality_follows_the_token", "loads_equal", "tables_are_copies"]


def cannot_be_changed(record: Any) -> None:
    """Assert that no attribute of a record can be set or deleted, and that all its arrays are read-only."""
    fields = getattr(record, "__dataclass_fields__", None) or ["pieces"]
    for name in [*fields, "another"]:
        for change, *value in ((setattr, None), (delattr,)):
            try:
                change(record, name, *value)
            except (AttributeError, TypeError):
                continue
            raise AssertionError(f"{type(record).__name__}.{name} was changed")
    for array in arrays_of(record):
        assert not array.flags.writeable, f"{type(record).__name__} holds an array that can be written: {array!r}"
        try:
            array.setflags(write=True)
        except ValueError:
            continue
        # An array that owns its memory can be thawed on purpose: put it back.
        array.setflags(write=False)


def copies_are_equal(record: Any) -> None:
    """Assert that a record pickled, copied and deep-copied is equal, holds the same, and cannot be changed either."""
    held = snapshot(record)
    for make in (copied, copy.copy, copy.deepcopy):
        other = make(record)
        assert other == record, f"{make.__name__} gave something else"
        assert hash(other) == hash(record)
        assert snapshot(other) == held
        cannot_be_changed(other)


def equality_follows_the_token(a: Any, b: Any) -> None:
    """Assert ``(a == b) == (a.token == b.token)``, that it is symmetric, and that equal records have one hash."""
    same = a.token == b.token
    assert (a == b) is same
    assert (b == a) is same
    assert (a != b) is not same
    assert not same or hash(a) == hash(b)
    assert a != "something else"


def tables_are_copies(dataset: Dataset) -> None:
    """Assert that changing a table that was handed out changes nothing in the dataset."""
    held = snapshot(dataset)
    for table in (dataset.events.table, dataset.intervals, dataset.dropped):
        table["changed"] = 0
        for name in table.columns:
            table[name] = 0
    assert snapshot(dataset) == held


def loads_equal(
    dataset: Dataset, load: Callable[..., Dataset] = ec.load, *, dtype: DTypeLike | None = None, shared: bool = False
) -> None:
    """Assert that a loaded dataset equals the mapped one, reads no file, and has the type asked for (a wider one)."""
    loaded = load(dataset, dtype=dtype, shared=shared)
    assert all(not array.sources for array in (loaded.signal, *loaded.arrays().values()))
    if dtype is None or np.dtype(dtype) == dataset.signal.dtype:
        assert ec.equals(loaded, dataset)
        assert_datasets_same(loaded, dataset)
    else:
        assert loaded.signal.dtype == dtype
        values = dataset.signal.read()
        wanted = values.astype(np.result_type(values.dtype, dtype))
        for piece, start in zip(dataset.signal.pieces, dataset.signal.starts, strict=False):
            # Integers have no NaN for a channel that a part lacks; floats have.
            wanted[piece.channels < 0, start : start + piece.n_samples] = np.nan
        if values.dtype.kind == "f":  # decoded in the wider type: rounded, it is what was read
            assert_arrays_same(loaded.signal.read().astype(values.dtype), wanted.astype(values.dtype))
        else:
            assert_arrays_same(loaded.signal.read(), wanted.astype(dtype))
    cannot_be_changed(loaded)
