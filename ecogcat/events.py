"""Events: sample indices with a condition table, one row an event."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ecogcat.frozen import Frozen, FrozenMapping, Index, digest, freeze, index_array
from ecogcat.tables import Schema, schema_of, table_digest_parts, unite

__all__ = ["Events"]

Origin = Mapping[str, Any]


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
    _table: pd.DataFrame = field(repr=False)
    origins: tuple[Origin, ...]

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
        for column in frame.columns[[isinstance(dtype, pd.CategoricalDtype) for dtype in frame.dtypes]]:
            # A category is a way of storing a condition, and differs from recording to recording.
            frame[column] = frame[column].astype(frame[column].cat.categories.dtype)
        frame.columns = frame.columns.map(str)
        origins = () if origin is None else (origin,) if isinstance(origin, Mapping) else tuple(origin)
        self._set(samples, frame.copy(), origins)

    def _set(self, samples: Index, frame: pd.DataFrame, origins: Sequence[Origin]) -> None:
        if (samples[1:] < samples[:-1]).any():
            raise ValueError("event samples ascend; sort them together with their table")
        object.__setattr__(self, "sample", samples)
        object.__setattr__(self, "_table", frame)
        object.__setattr__(self, "origins", tuple(FrozenMapping(one) for one in origins))

    @property
    def table(self) -> pd.DataFrame:
        """The condition table; a copy, numbered from 0."""
        return self._table.copy()

    @property
    def schema(self) -> Schema:
        """Columns of the table and the names of their types."""
        return schema_of(self._table)

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
            (pandas' comparison language: columns, values, and, or, not, in; nothing is called).
        """
        if isinstance(which, str):
            which = _query(self._table, which)
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
        names = list(columns) or list(self._table.columns)
        unknown = [name for name in names if name not in self._table.columns]
        if unknown:
            raise KeyError(f"no condition {', '.join(unknown)}; there are: {', '.join(self._table.columns) or 'none'}")
        if not names:
            return index_array(np.zeros(len(self), np.int64)), pd.DataFrame(index=range(min(1, len(self))))
        groups = self._table[names].groupby(names, sort=True, dropna=True)
        codes = index_array(groups.ngroup().fillna(-1).to_numpy(np.int64))
        return codes, groups.size().index.to_frame(index=False)

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
        from ecogcat.kernels.events import offset_events

        if not events:
            return Events()
        samples = np.concatenate([one.sample for one in events])
        stops = np.cumsum([len(one) for one in events])
        if len(samples):
            offset_events(samples, stops, np.asarray(offsets, np.int64), samples)
        samples.setflags(write=False)
        origins = dict.fromkeys(origin_key for one in events for origin_key in map(_OriginKey, one.origins))
        joined = object.__new__(Events)  # the constructor would copy a table that nobody else has
        joined._set(samples, unite([one._table for one in events], schemas), [key.origin for key in origins])
        return joined


class _OriginKey:
    """An origin by value, so that the same line of many recordings is kept once."""

    __slots__ = ("key", "origin")

    def __init__(self, origin: Origin) -> None:
        self.origin, self.key = origin, tuple((name, str(value)) for name, value in origin.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OriginKey) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _query(table: pd.DataFrame, text: str) -> Index:
    """Return the events for which a comparison of columns holds.

    pandas' query language reaches attributes, functions and variables. So the text is taken apart first, and pandas
    is handed only what was found to be comparisons: no text that was not understood is ever evaluated.
    """
    columns = [str(name) for name in table.columns]
    plain = {f"column_{k}_": name for k, name in enumerate(columns)}
    aliases = {name: alias for alias, name in plain.items()}
    quoted = re.sub(
        _STRING + "|`([^`]*)`",
        lambda found: found[0] if found[1] is None else f" {aliases.get(found[1], found[0])} ",
        text,
    )
    try:
        tree = ast.parse(quoted.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"a query compares columns with values, such as 'tone > 600', not {text!r}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if node.id not in plain and node.id not in aliases:
                raise KeyError(f"no condition {node.id!r}; there are: {', '.join(columns) or 'none'}")
            node.id = aliases.get(node.id, node.id)
        elif not isinstance(node, _ALLOWED):
            raise ValueError(f"a query compares columns with values, such as 'tone > 600'; it calls nothing: {text!r}")
    renamed = table.set_axis(list(plain), axis=1)
    of_columns = any(isinstance(node, ast.Name) for node in ast.walk(tree))
    if not of_columns or not _yes_or_no(tree.body, renamed):
        raise ValueError(f"a query is true or false of each event, such as 'tone > 600'; {text!r} is not")
    return np.asarray(renamed.query(ast.unparse(tree), engine="python", local_dict={}, global_dict={}).index, np.int64)


_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_ALLOWED = (
    *(ast.Expression, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Constant, ast.List, ast.Tuple, ast.Load),
    *(ast.boolop, ast.unaryop, ast.cmpop, ast.BitAnd, ast.BitOr),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),  # no powers: 9**9**9 never ends
)


def _yes_or_no(node: ast.expr, table: pd.DataFrame) -> bool:
    """Return whether an expression is a condition, not a number."""
    if isinstance(node, ast.BoolOp):
        return all(_yes_or_no(value, table) for value in node.values)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, (ast.Not, ast.Invert)) and _yes_or_no(node.operand, table)
    if isinstance(node, ast.BinOp):
        both = _yes_or_no(node.left, table) and _yes_or_no(node.right, table)
        return isinstance(node.op, (ast.BitAnd, ast.BitOr)) and both
    if isinstance(node, ast.Name):
        return str(table[node.id].dtype) in ("bool", "boolean")
    return isinstance(node, ast.Compare)
