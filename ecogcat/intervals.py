"""Intervals: stretches of a dataset with a label, as a table of start, stop (samples, half open) and label."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.parts import Part
from ecogcat.tables import unite

__all__ = ["checked_intervals", "cut_intervals", "merged_intervals", "warn_of_unknown", "with_labels"]

COLUMNS = ("start", "stop", "label")


def checked_intervals(table: pd.DataFrame | None, n_samples: int) -> pd.DataFrame | None:
    """Return a private copy of a table of intervals, None if it has none.

    Raises
    ------
    ValueError
        If a column is missing or named twice, or an interval is not whole or does not lie in 0..n_samples.
    """
    if table is None or len(table) == 0:
        return None
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise ValueError(f"intervals have the columns start, stop and label; missing: {', '.join(missing)}")
    names = [str(column) for column in table.columns]
    if len(set(names)) < len(names):
        raise ValueError(f"the columns of intervals have distinct names, not {', '.join(names)}")
    table = table.set_axis(names, axis=1).set_axis(pd.RangeIndex(len(table))).copy()
    for edge in ("start", "stop"):
        if table[edge].dtype != np.int64:
            if (table[edge] % 1 != 0).any():
                raise ValueError("intervals start and stop at whole samples")
            table[edge] = table[edge].astype(np.int64)
    start, stop = (table[edge].to_numpy() for edge in ("start", "stop"))
    # One of no length at the end would lie at the first sample of whatever is joined.
    bad = np.flatnonzero((start < 0) | (stop < start) | (stop > n_samples) | (start >= n_samples))
    if len(bad):
        raise ValueError(f"interval {start[bad[0]]}..{stop[bad[0]]} does not lie in 0..{n_samples}")
    return table


def cut_intervals(table: pd.DataFrame, start: int, stop: int, parts: Sequence[Part]) -> pd.DataFrame:
    """Keep what of each interval lies in start..stop, counted from start, in the columns that the parts had."""
    first, last = (table[name].to_numpy() for name in ("start", "stop"))
    inside = np.minimum(last, stop) > np.maximum(first, start)
    inside |= (first == last) & (first >= start) & (first < stop)
    table = table.loc[inside].copy()
    table["start"] = np.clip(first[inside], start, stop) - start
    table["stop"] = np.clip(last[inside], start, stop) - start
    owns = [part.own for part in parts if part.kind == "recording"]
    schemas = [own.intervals for own in owns if own is not None and own.intervals is not None]
    if len(table) == 0 or not schemas or any(own is None for own in owns):
        return table.reset_index(drop=True)
    return unite([table[list(dict.fromkeys(column for schema in schemas for column, _ in schema))]], schemas)


def with_labels(table: pd.DataFrame, labels: str | Sequence[str] | None) -> pd.DataFrame:
    """Return the intervals of some labels, all if none is given; warn of labels that no interval has."""
    if labels is None:
        return table
    wanted = [labels] if isinstance(labels, str) else list(labels)
    warn_of_unknown(table, wanted)
    return table.loc[table["label"].map(str).isin(list(map(str, wanted)))]


def warn_of_unknown(table: pd.DataFrame, labels: Sequence[str]) -> None:
    """Warn of labels that no interval of a table has, where it has any: a misspelt one would leave nothing out."""
    there = set(table["label"].dropna().map(str))
    for label in map(str, labels):
        if len(table) and label not in there:
            told = f"no interval is labelled {label!r}; there are: {', '.join(sorted(there)) or 'none'}"
            warnings.warn(told, stacklevel=4)


def merged_intervals(start: NDArray[np.int64], stop: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the stretches that intervals cover together: ascending, apart from each other, none of them empty.

    Examples
    --------
    >>> merged_intervals(np.array([5, 0, 2, 9]), np.array([7, 3, 5, 9]))
    (array([0]), array([7]))
    """
    filled = stop > start
    order = np.argsort(start[filled], kind="stable")
    first, last = start[filled][order], np.maximum.accumulate(stop[filled][order])
    apart = np.concatenate([[True], first[1:] > last[:-1]])[: len(first)]
    ends = np.concatenate([apart[1:], [True]])[: len(first)]
    return first[apart], last[ends]
