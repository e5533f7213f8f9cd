"""Sameness: assertions that signals, tables or datasets hold the same, down to types; what differs is said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.signal import Signal

__all__ = ["assert_arrays_same", "assert_datasets_same", "assert_signals_same", "assert_tables_same", "snapshot"]


def assert_arrays_same(a: Any, b: Any, what: str = "values") -> None:
    """Assert one shape, one type, and equal values; NaN equals NaN."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape, f"{what}: shape {a.shape} is not {b.shape}"
    assert a.dtype == b.dtype, f"{what}: type {a.dtype} is not {b.dtype}"
    np.testing.assert_array_equal(a, b, err_msg=what)


def assert_signals_same(a: Signal, b: Signal, what: str = "signal") -> None:
    """Assert that two signals have one shape, type, rate, unit, the same names and values."""
    for name in ("shape", "sampling_rate", "units", "channel_names"):
        assert getattr(a, name) == getattr(b, name), f"{what}.{name}: {getattr(a, name)} is not {getattr(b, name)}"
    if a.n_samples:  # no samples have no type
        assert_arrays_same(a.read(), b.read(), what)


def assert_tables_same(a: pd.DataFrame, b: pd.DataFrame, what: str = "table") -> None:
    """Assert the same columns in the same order, of the same types, with equal values; missing equals missing."""
    assert list(a.columns) == list(b.columns), f"{what}: columns {list(a.columns)} are not {list(b.columns)}"
    for name in a.columns:
        assert str(a[name].dtype) == str(b[name].dtype), f"{what}.{name}: {a[name].dtype} is not {b[name].dtype}"
    assert _cells(a) == _cells(b), f"{what}:\n{a}\nis not\n{b}"


def _cells(table: pd.DataFrame) -> list[Any]:
    """Return the cells by column, missing ones as None, True told apart from 1."""
    cells: list[Any] = []
    for name in table.columns:
        column = table[name]
        held = [None if gone else value for value, gone in zip(column, column.isna(), strict=True)]
        cells.append([(isinstance(value, (bool, np.bool_)), value) for value in held])
    return [len(table), *cells]


def assert_datasets_same(a: Dataset, b: Dataset, *, seams: bool = True) -> None:
    """Assert that two datasets hold the same; stricter than `ecogcat.equals`.

    Parameters
    ----------
    a, b : Dataset
    seams : bool
        Also compare seams, the parts' names and clocks, and the channels left out.
    """
    assert_signals_same(a.signal, b.signal)
    arrays, others = a.arrays(), b.arrays()
    assert list(arrays) == list(others), f"arrays {list(arrays)} are not {list(others)}"
    for name in arrays:
        assert_signals_same(arrays[name], others[name], name)
    assert a.channel_map == b.channel_map, f"{a.channel_map} is not {b.channel_map}"
    assert_arrays_same(a.events.sample, b.events.sample, "event samples")
    assert_tables_same(a.events.table, b.events.table, "events")
    assert a.events.origins == b.events.origins, f"origins {a.events.origins} are not {b.events.origins}"
    if not seams:
        return
    assert_tables_same(a.intervals, b.intervals, "intervals")
    assert a.seams == b.seams, f"seams {a.seams} are not {b.seams}"
    for part, other in zip(a.parts, b.parts, strict=True):
        for name in ("name", "kind", "start", "n_samples", "sampling_rate", "file_start", "recorded_at", "notes"):
            assert getattr(part, name) == getattr(other, name), f"part {part.name}: {name} differs"
        assert part.metadata == other.metadata, f"part {part.name}: metadata differ"
    assert_tables_same(a.dropped, b.dropped, "dropped")


def snapshot(value: Any) -> Any:
    """Return a deep copy of a record as plain tuples, arrays with their bytes, for comparing it with itself later."""
    if isinstance(value, np.ndarray):
        held: Any = value.tolist() if value.dtype == object else value.tobytes()
        return (value.dtype.str, value.shape, value.flags.writeable, held)
    if isinstance(value, pd.DataFrame):
        return (list(map(str, value.columns)), [str(dtype) for dtype in value.dtypes], repr(_cells(value)))
    if isinstance(value, pd.Series):
        return snapshot(value.to_frame("values"))
    if isinstance(value, Mapping):
        return {key: snapshot(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(snapshot(one) for one in value)
    if is_dataclass(value):
        names = [one.name for one in fields(value) if one.init and one.name != "requests"]
        return (type(value).__name__, {name: snapshot(getattr(value, name)) for name in names})
    if hasattr(value, "__slots__") and hasattr(value, "_table"):
        return (type(value).__name__, snapshot(value._table))
    return repr(value) if isinstance(value, float) else value  # NaN is not itself


def arrays_of(value: Any) -> list[NDArray[Any]]:
    """Return every array that a record holds, however deep."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Mapping):
        return [array for one in value.values() for array in arrays_of(one)]
    if isinstance(value, (tuple, list)):
        return [array for one in value for array in arrays_of(one)]
    if is_dataclass(value):
        return [array for one in fields(value) for array in arrays_of(getattr(value, one.name))]
    return []
