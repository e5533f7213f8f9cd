"""Conditions: the combinations of levels under which events happened, enumerated, and rolled into a grid of levels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecogcat.conditions.labels import condition_label
from ecogcat.frozen import Frozen, FrozenMapping, Index, index_array

__all__ = ["Conditions", "combinations_shown", "enumerate_levels"]

_MOST = 1 << 20


def enumerate_levels(column: pd.Series[Any]) -> tuple[Index, list[Any]]:
    """Return the level of each row of a column, and the levels in ascending order.

    Parameters
    ----------
    column : Series

    Returns
    -------
    codes : ndarray of int64, shape (n_rows,)
        -1 where the value is missing.
    levels : list
        Among objects truth values first, then numbers, text, and what else there is, so that the order depends on
        the values alone; ``True`` and ``1`` are not the same level.
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "O":
        keys = [None if missing else _key(value) for value, missing in zip(column, column.isna(), strict=True)]
        distinct = sorted({key for key in keys if key is not None})
        place: dict[Any, int] = {key: code for code, key in enumerate(distinct)}
        owner = {key: value for key, value in zip(keys, column, strict=True) if key is not None}
        codes = [-1 if key is None else place[key] for key in keys]
        return index_array(codes), [owner[key] for key in distinct]
    found, levels = pd.factorize(column, sort=True, use_na_sentinel=True)
    return index_array(found), levels.tolist()


def _key(value: Any) -> tuple[int, Any]:
    if isinstance(value, (bool, np.bool_)):
        return 0, bool(value)
    if isinstance(value, (int, float, np.integer, np.floating)):
        return 1, value
    return (2, value) if isinstance(value, str) else (3, f"{type(value).__name__} {value!r}")


def combinations_shown(table: pd.DataFrame, columns: Sequence[str]) -> tuple[Index, pd.DataFrame]:
    """Return the combination of each row, -1 where a column is missing, and the distinct ones that occur, sorted.

    The order is that of the first column, then of the second, and so on. Columns keep their types.
    """
    codes = np.zeros(len(table), np.int64)
    first: NDArray[np.int64] = np.arange(min(1, len(table)))
    for column in columns:
        levels, values = enumerate_levels(table[column])
        # Compressed after each column: the product of many columns' levels has no integer type.
        combined = np.where((codes < 0) | (levels < 0), -1, codes * max(1, len(values)) + levels)
        present, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
        lacking = int(len(present) > 0 and present[0] < 0)
        codes, first = inverse.astype(np.int64) - lacking, first[lacking:]
    return index_array(codes), table[list(columns)].iloc[first].reset_index(drop=True).copy()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Conditions(Frozen):
    """Events by condition, on the grid of all levels of some columns, combinations that never occurred included.

    Parameters
    ----------
    codes : array_like of int, shape (n_events,)
        Condition of each event; -1 where a column is missing. The first column is the most significant digit.
    levels : mapping of str to sequence
        Levels of each column, ascending.

    Notes
    -----
    Made by ``events.grid("tones", "amps")``.

    Examples
    --------
    >>> import ecogcat as ec
    >>> events = ec.Events([10, 20, 30], {"tones": [2000, 500, 2000], "amps": [30, 50, 50]})
    >>> grid = events.grid("tones", "amps")
    >>> grid.shape, grid.codes
    ((2, 2), array([2, 1, 3]))
    >>> grid.labels
    ('500 Hz (30)', '500 Hz (50)', '2 kHz (30)', '2 kHz (50)')
    >>> grid.roll(grid.counts)
    array([[0, 1],
           [1, 1]])
    """

    codes: Index
    levels: Mapping[str, tuple[Any, ...]]
    _types: Mapping[str, Any] = field(default_factory=FrozenMapping)

    def __post_init__(self) -> None:
        levels: Mapping[str, tuple[Any, ...]] = FrozenMapping(
            {str(name): tuple(values) for name, values in self.levels.items()}
        )
        object.__setattr__(self, "codes", index_array(self.codes))
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "_types", FrozenMapping(self._types))
        if len(self) > _MOST:
            sizes = " x ".join(f"{len(values):,} {name}" for name, values in levels.items())
            raise ValueError(f"a grid of {sizes} is too large; name fewer columns, or take events.conditions()")
        if len(self.codes) and not -1 <= int(self.codes.min()) <= int(self.codes.max()) < len(self):
            raise ValueError(f"conditions are numbered from 0 to {len(self) - 1}, -1 where one is missing")

    @classmethod
    def of(cls, table: pd.DataFrame, columns: Sequence[str]) -> Conditions:
        """Return the grid of some columns of a condition table."""
        levels: dict[str, tuple[Any, ...]] = {}
        types: dict[str, Any] = {}
        codes = np.zeros(len(table), np.int64)
        for column in columns:
            found, values = enumerate_levels(table[column])
            levels[column], types[column] = tuple(values), table[column].dtype
            if math.prod(map(len, levels.values())) <= _MOST:
                codes = np.where((codes < 0) | (found < 0), -1, codes * len(values) + found)
        return cls(index_array(codes), levels, types)

    @property
    def shape(self) -> tuple[int, ...]:
        """Levels of each column."""
        return tuple(map(len, self.levels.values()))

    def __len__(self) -> int:
        """Return the number of conditions: the product of the shape, combinations that never occurred included."""
        return math.prod(self.shape)

    def __repr__(self) -> str:
        sizes = " x ".join(f"{len(values)} {name}" for name, values in self.levels.items())
        return f"<Conditions {sizes or 'of no column'}: {len(self.codes):,} events, {self.n_missing:,} of none>"

    @property
    def table(self) -> pd.DataFrame:
        """One row a condition: its level of each column."""
        places = np.unravel_index(np.arange(len(self)), self.shape) if self.levels else ()
        columns = {}
        for (name, values), place in zip(self.levels.items(), places, strict=True):
            series = pd.Series(list(values), dtype=self._types.get(name))
            columns[name] = series.iloc[place].reset_index(drop=True)
        return pd.DataFrame(columns, index=range(len(self)))

    @property
    def counts(self) -> NDArray[np.int64]:
        """Events of each condition, shape (n_conditions,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self))

    @property
    def n_missing(self) -> int:
        """Events that lack one of the columns, and so are of no condition."""
        return int((self.codes < 0).sum())

    @property
    def labels(self) -> tuple[str, ...]:
        """A short text of each condition, all different as far as digits can tell; see `ecogcat.condition_label`."""
        names = list(self.levels)
        rows = zip(*(self.table[name] for name in names), strict=True) if names else [()] * len(self)
        conditions = [dict(zip(names, row, strict=True)) for row in rows]
        for decimals in (1, 2, 3, 6):
            texts = tuple(condition_label(one, decimals=decimals) for one in conditions)
            if len(set(texts)) == len(texts):
                break
        return texts

    def events_of(self, **levels: Any) -> Index:
        """Return the indices of the events at some levels, in time.

        Parameters
        ----------
        **levels
            Level of each column that matters; the other columns may have any.

        Raises
        ------
        KeyError
            If there is no such column, or it has no such level.

        Examples
        --------
        >>> import ecogcat as ec
        >>> ec.Events([10, 20], {"tones": [2000, 500], "amps": [30, 50]}).grid().events_of(amps=50)
        array([1])
        """
        wanted = []
        for name in levels:
            if name not in self.levels:
                raise KeyError(f"no condition {name!r}; there are: {', '.join(self.levels) or 'none'}")
        for name, values in self.levels.items():
            keys = list(map(_key, values))  # True and 1 are not the same level
            if name in levels and _key(levels[name]) not in keys:
                raise KeyError(f"{name} is never {levels[name]!r}; it is one of {', '.join(map(str, values))}")
            wanted.append([keys.index(_key(levels[name]))] if name in levels else range(len(values)))
        if not wanted:
            return np.flatnonzero(self.codes >= 0)
        codes = np.arange(len(self)).reshape(self.shape)[np.ix_(*wanted)].ravel()
        return np.flatnonzero(np.isin(self.codes, codes))

    def roll(self, values: ArrayLike, axis: int = 0) -> NDArray[Any]:
        """Return values, one a condition along an axis, with that axis as one axis a column.

        Parameters
        ----------
        values : array_like, with n_conditions along `axis`
        axis : int

        Returns
        -------
        ndarray
            `values` with the axis of conditions in the shape of the grid.
        """
        array = np.asarray(values)
        at = range(array.ndim)[axis]
        if array.shape[at] != len(self):
            raise ValueError(f"there are {len(self)} conditions; axis {axis} of the values has {array.shape[at]}")
        return array.reshape(array.shape[:at] + self.shape + array.shape[at + 1 :])
