"""Events: sample indices with a condition table, one row an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecogcat.conditions.combinations import Conditions, combinations_shown
from ecogcat.conditions.query import query_rows
from ecogcat.frozen import Frozen, FrozenMapping, Index, digest, freeze, frozen_value
from ecogcat.tables import (
    Columns,
    Schema,
    columns_of,
    frame_of,
    plain_column,
    schema_of,
    table_digest_parts,
    unite_columns,
)

__all__ = ["Events"]

Origin = Mapping[str, Any]

_CACHED = 1 << 15  # events whose samples stay in cache between being copied and being offset


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Events(Frozen):
    """When something happened, and under which conditions.

    Parameters
    ----------
    sample : array_like of int, shape (n_events,)
        Sample indices, ascending (equal ones allowed), int64.
    table : DataFrame or mapping, optional
        Conditions, one row an event: `tones`, `levels`, ... Copied; handed out as copies.
    origin : mapping, or sequence of mappings, optional
        Where the events come from: line, threshold, method. Events joined from several recordings have several.

    Attributes
    ----------
    schema : tuple of (str, str)
        Columns of the table and the names of their types.

    Raises
    ------
    ValueError
        If the samples are not whole, not ascending, or not as many as the table has rows.

    Examples
    --------
    >>> events = Events([10, 20], {"tone": [500, 1000]})
    >>> events.shift(100).sample
    array([110, 120])
    >>> events.select("tone > 600").sample
    array([20])
    """

    sample: Index
    _columns: Columns = field(repr=False)
    origins: tuple[Origin, ...]
    schema: Schema = field(init=False)
    _frame: pd.DataFrame | None = field(init=False, repr=False)

    def __init__(
        self,
        sample: ArrayLike = (),
        table: pd.DataFrame | Mapping[str, Any] | None = None,
        origin: Origin | Sequence[Origin] | None = None,
    ) -> None:
        samples = np.asarray(sample)
        if samples.size == 0:
            samples = np.zeros(0, np.int64)
        if samples.ndim != 1 or samples.dtype.kind not in "iu":
            raise ValueError(
                f"event samples are whole numbers on one axis, not {samples.dtype} of shape {samples.shape}"
            )
        samples = freeze(samples, np.int64)
        frame = pd.DataFrame(index=range(len(samples))) if table is None else pd.DataFrame(table)
        if len(frame) != len(samples):
            raise ValueError(f"{len(samples)} events need as many rows of conditions, not {len(frame)}")
        frame = frame.reset_index(drop=True)
        frame.columns = frame.columns.map(str)
        if not frame.columns.is_unique:
            raise ValueError(f"conditions have distinct names, not {', '.join(frame.columns)}")
        for column, dtype in zip(frame.columns, frame.dtypes, strict=True):
            if isinstance(dtype, pd.CategoricalDtype) or (isinstance(dtype, np.dtype) and not dtype.isnative):
                frame[column] = plain_column(frame[column])
        origins = () if origin is None else (origin,) if isinstance(origin, Mapping) else tuple(origin)
        _check_order(samples[:-1], samples[1:])
        frame = frame.copy()
        self._set(samples, columns_of(frame), origins, frame)

    def _set(
        self, samples: Index, columns: Columns, origins: Sequence[Origin], frame: pd.DataFrame | None = None
    ) -> None:
        object.__setattr__(self, "sample", samples)
        object.__setattr__(self, "_frame", frame)
        object.__setattr__(self, "origins", tuple(frozen_value(one) for one in origins))
        # Asked for by every join, which has no need of a frame; making one takes pandas 0.3 ms.
        object.__setattr__(self, "schema", schema_of(columns))
        object.__setattr__(self, "_columns", columns)

    @property
    def _table(self) -> pd.DataFrame:
        if self._frame is None:
            object.__setattr__(self, "_frame", frame_of(self._columns, len(self)))
        return cast(pd.DataFrame, self._frame)

    @property
    def table(self) -> pd.DataFrame:
        """The condition table; a copy, numbered from 0."""
        return self._table.copy()

    @property
    def origin(self) -> Origin | tuple[Origin, ...] | None:
        """Where the events come from: None if unknown, one mapping, or several after a join."""
        return None if not self.origins else self.origins[0] if len(self.origins) == 1 else self.origins

    @property
    def token(self) -> str:
        """Digest of samples, table and origin."""
        # The name of the table they were read from is no part of what they are.
        origins = [{key: str(value) for key, value in one.items() if key != "file"} for one in self.origins]
        return digest("events", self.sample, table_digest_parts(self._table), origins)

    def __len__(self) -> int:
        return len(self.sample)

    def __eq__(self, other: object) -> bool:
        return self.token == other.token if isinstance(other, Events) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.token)

    def __reduce__(self) -> tuple[Any, ...]:
        return Events, (self.sample, self._table, self.origins)

    def __repr__(self) -> str:
        columns = ", ".join(f"{name} ({self._table[name].nunique()})" for name in self._table.columns)
        return f"<Events {len(self):,}" + (f": {columns}>" if columns else ">")

    def shift(self, n: int) -> Events:
        """Return the events `n` samples later."""
        return Events(self.sample + np.int64(n), self._table, self.origins)

    def select(self, which: ArrayLike | str) -> Events:
        """Return some events.

        Parameters
        ----------
        which : array_like of bool or int, or str
            A mask with an entry an event; ascending indices; or a query of the table, such as ``"tone > 600"``
            or ``"amps > 50 and tones == 2000"``: columns, values, ``== != < <= > >=``, ``in``, ``is None``, ``and``,
            ``or``, ``not``, arithmetic. A missing condition is neither equal nor unequal to anything.
        """
        if isinstance(which, str):
            which = query_rows(self._table, which)
        index = np.asarray(which)
        if index.dtype == np.bool_ and index.shape != (len(self),):
            raise ValueError(f"a mask of these events has {len(self)} entries, not {index.shape}")
        index = np.arange(len(self))[index if index.size else index.astype(np.int64)]
        return Events(self.sample[index], self._table.iloc[index], self.origins)

    def between(self, start: int, stop: int) -> Events:
        """Return the events with start <= sample < stop, unshifted."""
        a, b = np.searchsorted(self.sample, [start, stop])
        if a == 0 and b == len(self):
            return self
        return Events(self.sample[a:b], self._table.iloc[a:b], self.origins)

    def conditions(self, *columns: str) -> tuple[Index, pd.DataFrame]:
        """Return the distinct combinations of some columns, numbered.

        Parameters
        ----------
        *columns : str
            All columns when none is named.

        Returns
        -------
        codes : ndarray of int64, shape (n_events,)
            Condition of each event, counted in sorted order; -1 where a column is missing.
        table : DataFrame
            One row a condition.
        """
        return combinations_shown(self._table, self._named(columns))

    def grid(self, *columns: str) -> Conditions:
        """Return the events on the grid of all levels of some columns, combinations that never occurred included.

        Parameters
        ----------
        *columns : str
            All columns when none is named; the first is the most significant.

        Returns
        -------
        Conditions
            Codes, levels, shape, counts, labels; `roll` gives values of conditions the shape of the grid.

        Raises
        ------
        KeyError
            If there is no such column.
        ValueError
            If the grid would have more than a million conditions.

        Examples
        --------
        >>> Events([1, 2], {"tones": [500, 1000], "amps": [70, 50]}).grid().counts
        array([0, 1, 1, 0])
        """
        return Conditions.of(self._table, self._named(columns))

    def by(self, *columns: str, empty: bool = False) -> Iterator[tuple[Mapping[str, Any], Events]]:
        """Iterate over the events by condition.

        Parameters
        ----------
        *columns : str
            All columns when none is named; the first changes slowest. Events that lack one of them are of no condition.
        empty : bool
            Also the combinations of levels that never occurred, with no events.

        Yields
        ------
        condition : mapping of str to value
            The level of each column.
        events : Events
            Those of the condition, in time.

        Examples
        --------
        >>> events = Events([1, 2, 3], {"tones": [500, 1000, 500]})
        >>> [(condition["tones"], some.sample.tolist()) for condition, some in events.by("tones")]
        [(500, [1, 3]), (1000, [2])]
        """
        names = self._named(columns)
        if empty:
            grid = Conditions.of(self._table, names)
            codes, table = grid.codes, grid.table
        else:
            codes, table = combinations_shown(self._table, names)
        order = np.argsort(codes, kind="stable")
        edges = np.searchsorted(codes[order], np.arange(len(table) + 1))
        levels = [table[name].tolist() for name in names]
        for k, (start, stop) in enumerate(pairwise(edges)):
            level = {name: some[k] for name, some in zip(names, levels, strict=True)}
            yield FrozenMapping(level), self.select(order[start:stop])

    def _named(self, columns: Sequence[str]) -> list[str]:
        """Return the columns asked for, all if none is; each once."""
        names = list(dict.fromkeys(columns)) or list(self._table.columns)
        unknown = [name for name in names if name not in self._table.columns]
        if unknown:
            raise KeyError(f"no condition {', '.join(unknown)}; there are: {', '.join(self._table.columns) or 'none'}")
        return names

    def order_by(self, *columns: str) -> Index:
        """Return event indices sorted by some columns; events of one condition keep their order."""
        codes, _ = self.conditions(*columns)
        return np.argsort(codes, kind="stable")

    @staticmethod
    def concatenate(
        events: Sequence[Events], offsets: Sequence[int], schemas: Sequence[Schema] | None = None
    ) -> Events:
        """Put the events of consecutive recordings on one clock.

        Parameters
        ----------
        events : sequence of Events
        offsets : sequence of int
            First sample of each recording on the common clock.
        schemas : sequence of Schema, optional
            Columns that each had before any earlier concatenation.
        """
        if not events:
            return Events()
        stops = np.cumsum([len(one) for one in events])
        samples = _on_one_clock([one.sample for one in events], stops, np.asarray(offsets, np.int64))
        first, last = (stops - [len(one) for one in events])[1:], stops[:-1] - 1
        between = (last >= 0) & (first < len(samples))  # within a recording they ascend already
        _check_order(samples[last[between]], samples[first[between]])
        samples.setflags(write=False)
        origins = dict.fromkeys(origin_key for one in events for origin_key in map(_OriginKey, one.origins))
        joined = object.__new__(Events)  # the constructor would copy a table that nobody else has
        schemas = [one.schema for one in events] if schemas is None else schemas
        columns = unite_columns([one._columns for one in events], [len(one) for one in events], schemas)
        for values in columns.values():
            if isinstance(values, np.ndarray):
                values.setflags(write=False)
        joined._set(samples, columns, [key.origin for key in origins])
        return joined


def _on_one_clock(each: Sequence[Index], stops: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the samples of recordings behind each other, offset; as many recordings at a time as the cache holds."""
    from ecogcat.kernels.events import offset_events

    samples = np.empty(stops[-1], np.int64)
    first = start = 0
    while first < len(each):
        last = max(first + 1, int(np.searchsorted(stops, start + _CACHED, side="right")))
        together = samples[start : stops[last - 1]]
        alone = last - first == 1
        source = each[first] if alone else np.concatenate(each[first:last], out=together)
        offset_events(source, stops[first:last] - start, offsets[first:last], together)
        first, start = last, int(stops[last - 1])
    return samples


def _check_order(before: Index, after: Index) -> None:
    if (after < before).any():
        raise ValueError("event samples ascend; sort them together with their table")


class _OriginKey:
    """An origin by value, so that the same line of many recordings is kept once."""

    __slots__ = ("key", "origin")

    def __init__(self, origin: Origin) -> None:
        self.origin, self.key = origin, tuple((name, str(value)) for name, value in origin.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OriginKey) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
