"""Condition tables: pandas frames united so that missing values are marked and nothing else changes its type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Schema", "restore", "schema_of", "table_digest_parts", "tables_equal", "unite"]

Schema = tuple[tuple[str, str], ...]
"""The columns of a table and the names of their types, in order."""

_NULLABLE = {"i": "Int", "u": "UInt", "b": "boolean"}


def schema_of(table: pd.DataFrame) -> Schema:
    """Return the columns of a table and the names of their types.

    Examples
    --------
    >>> schema_of(pd.DataFrame({"tone": [500.0], "level": [70]}))
    (('tone', 'float64'), ('level', 'int64'))
    """
    return tuple((str(column), str(dtype)) for column, dtype in table.dtypes.items())


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
    if schemas is None:
        schemas = [schema_of(table) for table in tables]
    types: dict[str, list[str]] = {}
    for schema in schemas:
        for column, dtype in schema:
            types.setdefault(column, []).append(dtype)
    total = sum(len(table) for table in tables)
    columns: dict[str, Any] = {}
    for column, dtypes in types.items():
        have = [table[column] for table in tables if column in table.columns]
        if len(have) == len(tables) and have and _all_plain(have, dtypes):
            columns[column] = np.concatenate([values.to_numpy() for values in have])
            continue
        missing = sum(len(values) for values in have) < total or any(values.isna().any() for values in have)
        target = _common(dict.fromkeys(dtypes), missing)
        pieces = [
            _cast(table[column], target)
            if column in table.columns
            else pd.Series(pd.array([_missing(target)] * len(table), dtype=target))
            for table in tables
            if len(table)
        ]
        columns[column] = pd.concat(pieces, ignore_index=True) if pieces else pd.Series([], dtype=target)
    return pd.DataFrame(columns, index=pd.RangeIndex(total), copy=False)


def _all_plain(columns: Sequence[pd.Series[Any]], names: Sequence[str]) -> bool:
    """Whether columns are numbers of one NumPy type, and always were: then pandas need not be asked."""
    dtype = columns[0].dtype
    plain = isinstance(dtype, np.dtype) and dtype.kind in "biuf" and set(names) == {str(dtype)}
    return plain and all(values.dtype == dtype for values in columns)


def _common(names: Sequence[str] | dict[str, None], missing: bool) -> Any:
    """Return the type that holds values of all named types, and missing ones if there are any."""
    dtypes = [pd.api.types.pandas_dtype(name) for name in names]
    if len(dtypes) == 1 and not (missing and isinstance(dtypes[0], np.dtype) and dtypes[0].kind in _NULLABLE):
        return dtypes[0]
    plain: list[Any] = [getattr(dtype, "numpy_dtype", dtype) for dtype in dtypes]
    nullable = any(not isinstance(dtype, np.dtype) for dtype in dtypes)
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


def _cast(values: pd.Series[Any], target: Any) -> pd.Series[Any]:
    """Return a column in another type; what is missing among objects is None, whatever it was before."""
    cast = values.astype(target)
    return cast.where(values.notna(), None) if target == np.dtype(object) else cast


def _missing(dtype: Any) -> Any:
    if isinstance(dtype, np.dtype):
        return np.datetime64("NaT") if dtype.kind in "mM" else None if dtype.kind == "O" else np.nan
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
