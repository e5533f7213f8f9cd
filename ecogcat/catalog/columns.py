"""Columns: what a catalog says of its entries, a fact at a time, each distinct value once.

A hundred thousand recordings have few rates and electrodes. A question is put to the distinct values, and the answers
are shared out by NumPy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.catalog.holding import texts_in
from ecogcat.catalog.rows import Row

__all__ = ["Column", "Columns", "column_of_text", "columns_of", "columns_of_rows", "told_apart"]

_DRIVER, _DESCRIPTION = "\0driver", "\0description"  # an argument is called neither
_CODE = np.dtype("<i4")


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One fact of all entries.

    Parameters
    ----------
    values : sequence
        Plain values, each once.
    codes : (n_entries,) int32
        Which of them each entry has; -1 where nothing is said.
    """

    values: Sequence[Any]
    codes: NDArray[np.int32]

    def where(self, test: Callable[[Any], bool], chosen: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return of which of the chosen entries a test holds; of nothing said, it is asked about None."""
        codes = self.codes[chosen]
        answers = np.zeros(len(self.values) + 1, bool)  # the last is that of -1
        for code in np.unique(codes).tolist():
            answers[code] = test(None if code < 0 else self.values[code])
        found: NDArray[np.bool_] = answers[codes]
        return found

    def cells(self, chosen: NDArray[np.intp], missing: Any, told: Callable[[Any], Any]) -> NDArray[np.object_]:
        """Return what is said of the chosen entries, each distinct value as it is told."""
        shown = np.empty(len(self.values) + 1, object)  # filled one by one: NumPy would take lists apart
        for code, value in enumerate(self.values):
            shown[code] = told(value)
        shown[-1] = missing
        cells: NDArray[np.object_] = shown[self.codes[chosen]]
        return cells

    def kinds(self, chosen: NDArray[np.intp]) -> set[type]:
        """Return the types of what is said of the chosen entries; that of None where nothing is said."""
        return {type(self.values[code]) if code >= 0 else type(None) for code in np.unique(self.codes[chosen]).tolist()}

    def text(self) -> tuple[str, bytes]:
        """Return the values as JSON, and the codes as bytes."""
        return json.dumps(list(self.values), allow_nan=False, ensure_ascii=False), self.codes.astype(_CODE).tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What a catalog says of its entries, by columns.

    Attributes
    ----------
    names : list of str
    said : mapping of Column
        What `Row.said` holds of each, or those facts that were asked for.
    texts : mapping of Column
        `driver`, `description`, and arguments, which words are looked for in, too.
    """

    names: list[str]
    said: Mapping[str, Column] = field(default_factory=dict)
    texts: Mapping[str, Column] = field(default_factory=dict)

    @property
    def driver(self) -> Column:
        """Which driver each has."""
        return self.texts.get(_DRIVER) or Column((), np.full(len(self.names), -1, np.int32))

    def fact(self, key: str) -> Column:
        """Return the column of a fact; one that says nothing, if there is none."""
        return self.said.get(key) or Column((), np.full(len(self.names), -1, np.int32))


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """Return the columns of some rows of plain values.

    Examples
    --------
    >>> column = columns_of([{"rate": 2000}, {}, {"rate": 1000}, {"rate": 2000}])["rate"]
    >>> column.values, column.codes.tolist()
    ([2000, 1000], [0, -1, 1, 0])
    """
    known: dict[str, dict[Any, int]] = {}
    values: dict[str, list[Any]] = {}
    codes: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        for key, value in row.items():
            if key not in known:
                known[key], values[key], codes[key] = {}, [], []
            kind = type(value)
            # 1, 1.0 and True are equal, and are not the same.
            mark = (kind, value) if kind in (str, int, float, bool) else (kind, repr(value))
            code = known[key].setdefault(mark, len(values[key]))
            if code == len(values[key]):
                values[key].append(value)
            own = codes[key]
            own.extend([-1] * (position - len(own)))
            own.append(code)
    n = len(rows)
    return {key: Column(values[key], np.array([*own, *[-1] * (n - len(own))], np.int32)) for key, own in codes.items()}


def columns_of_rows(rows: Sequence[Row]) -> Columns:
    """Return what rows say, by columns."""
    texts = [
        # What words are looked for in: no paths, nor what is among the facts.
        {_DRIVER: row.driver, _DESCRIPTION: row.description}
        | {key: one for key, one in row.arguments.items() if key not in row.said and any(texts_in({key: one}))}
        for row in rows
    ]
    return Columns([row.name for row in rows], columns_of([row.said for row in rows]), columns_of(texts))


def column_of_text(values: str, codes: bytes, n: int) -> Column:
    """Return the column that `Column.text` wrote of `n` entries.

    Raises
    ------
    ValueError
        If it is none.
    """
    known = json.loads(values)
    found = np.frombuffer(codes, _CODE).astype(np.int32, copy=False)
    if not isinstance(known, list) or found.shape != (n,) or (n and not -1 <= found.min() <= found.max() < len(known)):
        raise ValueError("a column has other values than it has entries")
    return Column(known, found)


def told_apart(columns: Iterable[tuple[str, str, str, bytes]], n: int) -> dict[str, dict[str, Column]]:
    """Return columns by kind and key."""
    found: dict[str, dict[str, Column]] = {}
    for kind, key, values, codes in columns:
        found.setdefault(kind, {})[key] = column_of_text(values, codes, n)
    return found
