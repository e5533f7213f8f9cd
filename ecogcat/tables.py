"""Condition tables: pandas frames united so that missing values are marked and nothing else changes its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.storage import pool

__all__ = [
    "Columns",
    "Schema",
    "columns_of",
    "frame_of",
    "plain_column",
    "restore",
    "schema_of",
    "table_digest_parts",
    "tables_equal",
    "unite",
    "unite_columns",
]

Schema = tuple[tuple[str, str], ...]
"""The columns of a table and the names of their types, in order."""

Columns = Mapping[str, "NDArray[Any] | pd.Series[Any]"]
"""The columns of a table: arrays where they are numbers of a NumPy type, else pandas' own."""

_THREADS_FROM = 1 << 22  # rows; of fewer, columns are copied before a second thread has woken up
_EXACT = 1 << 53  # whole numbers up to here are float64 exactly
_NULLABLE = {"i": "Int", "u": "UInt", "b": "boolean"}


def schema_of(table: pd.DataFrame | Columns) -> Schema:
    """Return the columns of a table and the names of their types.

    Examples
    --------
    >>> schema_of(pd.DataFrame({"tone": [500.0], "level": [70]}))
    (('tone', 'float64'), ('level', 'int64'))
    """
    dtypes = table.dtypes if isinstance(table, pd.DataFrame) else [values.dtype for values in table.values()]
    return tuple((str(column), str(dtype)) for column, dtype in zip(table, dtypes, strict=True))


def columns_of(table: pd.DataFrame) -> Columns:
    """Return the columns of a table, numbers as read-only arrays: asking pandas for one takes 20 us."""
    return {name: _bare(table[name]) for name in table.columns}


def _bare(values: pd.Series[Any]) -> NDArray[Any] | pd.Series[Any]:
    if not (isinstance(values.dtype, np.dtype) and values.dtype.kind in "biuf"):
        return values
    numbers: NDArray[Any] = values.to_numpy().view()
    numbers.setflags(write=False)
    return numbers


def frame_of(columns: Columns, length: int) -> pd.DataFrame:
    """Return columns as a table numbered from 0, which shares their memory."""
    return pd.DataFrame(dict(columns), index=pd.RangeIndex(length), copy=False)


def plain_column(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as what its values are: categories spelt out, numbers in the byte order of this machine.

    A category is a way of storing a condition, and differs from recording to recording.

    Examples
    --------
    >>> plain_column(pd.Series(pd.Categorical([500, None, 1000]))).tolist()
    [500, <NA>, 1000]
    """
    if not isinstance(values.dtype, pd.CategoricalDtype):
        native: Any = values.dtype.newbyteorder("=")  # type: ignore[union-attr]
        return values.astype(native)
    dtype: Any = values.cat.categories.dtype
    kind = getattr(dtype, "kind", "O") if isinstance(dtype, np.dtype) else ""
    if kind in _NULLABLE and kind and values.isna().any():
        dtype = _common([str(dtype)], missing=True)
    elif isinstance(dtype, pd.IntervalDtype):
        return values.astype(object).map(str, na_action="ignore").astype(object)
    return values.astype(object).astype(dtype)


def unite(tables: Sequence[pd.DataFrame], schemas: Sequence[Schema] | None = None) -> pd.DataFrame:
    """Put tables below each other; columns are the union, in order of first appearance.

    Parameters
    ----------
    tables : sequence of DataFrame
    schemas : sequence of Schema, optional
        The columns that each table had before any uniting. The result's types follow from these alone, so that
        uniting is associative.

    Returns
    -------
    DataFrame
        Numbered from 0. Where a table lacks a column its rows are missing: NaN in floats, NA in integers and
        booleans (which become the nullable types of the same width), None or NaN in text.

    Examples
    --------
    >>> unite([pd.DataFrame({"tone": [1, 2]}), pd.DataFrame({"level": [70.0]})])
       tone  level
    0     1    NaN
    1     2    NaN
    2  <NA>   70.0
    """
    lengths = [len(table) for table in tables]
    schemas = [schema_of(table) for table in tables] if schemas is None else schemas
    return frame_of(unite_columns([columns_of(table) for table in tables], lengths, schemas), sum(lengths))


def unite_columns(tables: Sequence[Columns], lengths: Sequence[int], schemas: Sequence[Schema]) -> Columns:
    """Put tables of so many rows below each other, as `unite` does; pandas is asked for what is not plain numbers."""
    types: dict[str, list[str]] = {}
    for schema in schemas:
        for column, dtype in schema:
            types.setdefault(column, []).append(dtype)
    total = sum(lengths)
    columns: dict[str, Any] = {}
    copying = []
    for column, dtypes in types.items():
        have = [table.get(column) for table in tables]
        if _alike(have, dtypes):
            columns[column] = np.empty(total, have[0].dtype)  # type: ignore[union-attr]
            copying.append(partial(np.concatenate, have, out=columns[column]))
        else:
            columns[column] = _bare(_united(have, lengths, dtypes))
    if total >= _THREADS_FROM:
        pool.run(copying)
    else:
        for copy in copying:
            copy()
    return columns


def _alike(columns: Sequence[Any], names: Sequence[str]) -> bool:
    """Whether columns are numbers of one type, and always were: then pandas need not be asked."""
    first = columns[0]
    return (
        isinstance(first, np.ndarray)
        and set(names) == {str(first.dtype)}
        and all(isinstance(values, np.ndarray) and values.dtype == first.dtype for values in columns)
    )


def _united(columns: Sequence[Any], lengths: Sequence[int], dtypes: Sequence[str]) -> pd.Series[Any]:
    """Put the rows of one column below each other, as a type that holds all of them; None where a table lacks it."""
    have = [None if values is None else pd.Series(values) for values in columns]
    missing = any(
        values.isna().any() if values is not None else length for length, values in zip(lengths, have, strict=True)
    )
    target = _common(dict.fromkeys(dtypes), missing)
    if getattr(target, "kind", "O") == "f" and not all(_fits_float(values) for values in have if values is not None):
        target = np.dtype(object)
    pieces = [
        pd.Series(pd.array([_missing(target)] * length, dtype=target)) if values is None else _cast(values, target)
        for length, values in zip(lengths, have, strict=True)
        if length
    ]
    return pd.concat(pieces, ignore_index=True) if pieces else pd.Series([], dtype=target)


def _common(names: Sequence[str] | dict[str, None], missing: bool) -> Any:
    """Return the type that holds values of all named types, and missing ones if there are any."""
    dtypes = [pd.api.types.pandas_dtype(name) for name in names]
    if len(dtypes) == 1 and not (missing and isinstance(dtypes[0], np.dtype) and dtypes[0].kind in _NULLABLE):
        return dtypes[0]
    plain: list[Any] = [getattr(dtype, "numpy_dtype", dtype) for dtype in dtypes]
    nullable = any(not isinstance(dtype, np.dtype) for dtype in dtypes)
    if not nullable and {dtype.kind for dtype in plain} in ({"m"}, {"M"}):
        return np.result_type(*plain)  # times of different resolution
    if not all(isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in plain):
        return np.dtype(object)
    kinds = {dtype.kind for dtype in plain}
    if "b" in kinds and len(kinds) > 1:
        return np.dtype(object)  # True and 1 are not the same condition
    base = np.result_type(*plain)
    if base.kind == "f":
        keep = any(str(dtype).startswith("Float") for dtype in dtypes)
        return pd.api.types.pandas_dtype(f"Float{8 * base.itemsize}") if keep else base
    if missing or nullable:
        width = "" if base.kind == "b" else str(8 * base.itemsize)
        return pd.api.types.pandas_dtype(_NULLABLE[base.kind] + width)
    return base


def _fits_float(values: pd.Series[Any]) -> bool:
    """Whether a column's whole numbers all have a float64 of their own: time stamps in ns have not."""
    dtype: Any = values.dtype
    if getattr(dtype, "kind", "O") not in "iu" or dtype.itemsize < 8 or values.isna().all():
        return True
    return bool(values.min() >= -_EXACT and values.max() <= _EXACT)


def _cast(values: pd.Series[Any], target: Any) -> pd.Series[Any]:
    """Return a column in another type; what is missing among objects is None, whatever it was before."""
    cast = values.astype(target)
    return cast.where(values.notna(), None) if target == np.dtype(object) else cast


def _missing(dtype: Any) -> Any:
    if isinstance(dtype, np.dtype):
        if dtype.kind in "mM":
            return np.array("NaT", dtype)[()]
        return None if dtype.kind == "O" else np.nan
    return dtype.na_value


def restore(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the columns and types of `schema` out of a united table; the inverse of `unite` for one part's rows."""
    columns = {name: table[name].astype(pd.api.types.pandas_dtype(dtype)) for name, dtype in schema}
    return pd.DataFrame(columns, index=table.index).reset_index(drop=True)


def tables_equal(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    """Return whether two tables have the same columns, types and values; missing equals missing, None equals NaN."""
    if schema_of(a) != schema_of(b) or len(a) != len(b):
        return False
    for column in a.columns:
        have = a[column].notna().to_numpy()
        if (have != b[column].notna().to_numpy()).any():
            return False
        if a[column][have].tolist() != b[column][have].tolist():
            return False
    return True


def table_digest_parts(table: pd.DataFrame) -> list[Any]:
    """Return the contents of a table as values that `ecogcat.frozen.digest` takes."""
    parts: list[Any] = [list(schema_of(table))]
    for column in table.columns:
        values = table[column]
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufmM":
            parts.append(values.to_numpy())
        else:
            parts.append(
                [None if missing else _plain(value) for value, missing in zip(values, values.isna(), strict=True)]
            )
    return parts


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str, bytes)) else repr(value)
