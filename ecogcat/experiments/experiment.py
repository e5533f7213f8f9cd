"""Experiments: what was presented, in which order - conditions given to the events of a dataset."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from os.path import expanduser
from typing import Any, Literal

import numpy as np
import pandas as pd

from ecogcat.checks import check_dataset, check_readable
from ecogcat.csvfiles import read_csv
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError
from ecogcat.events import Events
from ecogcat.experiments.sequences import Folders, Mismatch, fitted_table, sequence_of
from ecogcat.frozen import Frozen, FrozenMapping
from ecogcat.parts import Part
from ecogcat.tables import Schema, restore

__all__ = ["Experiment", "conditions_table", "with_conditions"]


@dataclass(frozen=True, slots=True, eq=False)
class Experiment(Frozen):
    """Lists of conditions, as a session describes them, before they meet the events found.

    Parameters
    ----------
    columns : mapping of str to list
        What was presented, a list a column; each repeats by itself.
    order : sequence of str
        Columns that make the conditions, the most significant first; none where the session does not say.
    kind : str
        Type of the experiment, empty if unknown.
    properties : mapping
        Further numbers, the same for all events: `onset_delay`, `tone_onset`, `tone_width` in seconds.
    moved : sequence of str
        Columns that, once they are as many as the events, move back by one: the first value goes last.
    """

    columns: Mapping[str, tuple[Any, ...]]
    order: tuple[str, ...] = ()
    kind: str = ""
    properties: Mapping[str, float] = field(default_factory=FrozenMapping)
    moved: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        columns = {name: tuple(values) for name, values in self.columns.items()}
        object.__setattr__(self, "columns", FrozenMapping(columns))
        object.__setattr__(self, "properties", FrozenMapping(self.properties))
        for name in ("order", "moved"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def table(self, n_events: int, on_mismatch: Mismatch = "cycle") -> pd.DataFrame:
        """Return the conditions of a number of events, the columns that make conditions first."""
        return self.fitted(n_events, on_mismatch)[0]

    def fitted(self, n_events: int, on_mismatch: Mismatch) -> tuple[pd.DataFrame, list[str], list[str]]:
        """Return the table, what was done for it, and what of that is worth a warning."""
        names = [*self.order, *(name for name in self.columns if name not in self.order)]
        table, done, lost = fitted_table({name: list(self.columns[name]) for name in names}, n_events, on_mismatch)
        for name in self.moved:
            table[name] = np.roll(table[name].to_numpy(), -1)
        return table, done, lost


def conditions_table(
    columns: Mapping[str, Any],
    n_events: int,
    *,
    on_mismatch: Mismatch = "raise",
    folders: Folders = (),
) -> pd.DataFrame:
    """Return a condition table: lists of conditions brought to a number of events.

    Parameters
    ----------
    columns : mapping of str to scalar, list, str or path-like
        What was presented, a list a column. Text names a table file of the session database in one of the folders
        (``"tones.txt"``: numbers, one a line), or is numbers with commas between; a path is such a file. One value
        holds for all events.
    n_events : int
        Events found.
    on_mismatch : {"raise", "cycle", "truncate", "missing"}
        What to do about a list of another length: refuse; repeat it, and cut it where the events end; cut whichever
        is longer, the list or the table; or let events beyond the list be without a condition.
    folders : sequence of path-like
        Where table files are looked for, in order; by default the working directory.

    Returns
    -------
    DataFrame
        A row an event; with "truncate" as many as the shortest list has at most.

    Warns
    -----
    UserWarning
        With counts, where conditions are left out or lacking, or a cycle is not complete.

    Raises
    ------
    ValueError
        If the lengths differ and the policy is "raise", a list is empty, or text is neither file nor numbers.
    FormatError
        If a table file holds anything but numbers.

    Examples
    --------
    >>> conditions_table({"tones": [500, 1000], "amps": [30, 30, 50, 50]}, 4, on_mismatch="cycle")
       tones  amps
    0    500    30
    1   1000    30
    2    500    50
    3   1000    50
    """
    lists = {name: sequence_of(values, folders, name) for name, values in columns.items()}
    table, _, lost = fitted_table(lists, n_events, on_mismatch)
    if lost:
        warnings.warn("; ".join(lost), stacklevel=2)
    return table


def with_conditions(
    dataset: Dataset,
    columns: Mapping[str, Any] | pd.DataFrame | Experiment | str | PathLike[str],
    *,
    on_mismatch: Mismatch | None = None,
    folders: Folders = (),
    parts: int | Literal["each", "together"] | None = None,
) -> Dataset:
    """Return the dataset with conditions given to its events.

    Parameters
    ----------
    dataset : Dataset
    columns : mapping of str to list, DataFrame, Experiment, or path of a CSV file
        A list a column, as `conditions_table` takes it; a table with a row an event; what a session says
        (`ecogcat.session_experiment`); or a file of columns with a header line, separated by commas (``.tsv``: tabs).
    on_mismatch : {"raise", "cycle", "truncate", "missing"}
        What to do about a list longer or shorter than there are events. By default an `Experiment` cycles, and anything
        else raises. With "truncate" the events beyond the shortest list are left out of the dataset.
    folders : sequence of path-like
        Where table files are looked for.
    parts : int, "each" or "together"
        In a dataset of several parts: one of them; each part, the list beginning anew; or all, one list running
        through them. Has to be said where lists cycle, and is "together" otherwise.

    Returns
    -------
    Dataset
        Its events have the columns beside those they had; a column of the same name is replaced. What was done is in
        the parts' history; what was left out or lacking, with counts, in their warnings. Joined with recordings
        without conditions, theirs are missing.

    Warns
    -----
    UserWarning
        With counts, where conditions or events are left out or lacking, or a cycle is not complete.

    Raises
    ------
    ValueError
        If the lengths differ and the policy is "raise", or `parts` is needed or wrong.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[0.0] * 9], 1000, events=[1, 3, 5, 7])
    >>> ec.with_conditions(dataset, {"tones": [500, 2000]}, on_mismatch="cycle").events.table["tones"].tolist()
    [500, 2000, 500, 2000]
    """
    check_dataset(dataset, "with_conditions")
    policy: Mismatch = on_mismatch or ("cycle" if isinstance(columns, Experiment) else "raise")
    lists = _lists(columns, folders)
    alone = [_own_events(dataset, part) for part in dataset.parts]
    changed = list(dataset.parts)
    told: list[str] = []
    for group in _groups(dataset, parts, policy):
        n_events = sum(len(alone[k]) for k in group)
        if isinstance(lists, Experiment):
            table, done, lost = lists.fitted(n_events, policy)
        else:
            table, done, lost = fitted_table(lists, n_events, policy)
        at = 0
        for k in group:
            stop = at + len(alone[k])
            alone[k] = _with_columns(alone[k], table.iloc[at:stop])
            at = stop
            step = f"conditions {', '.join(table.columns)} given to {len(alone[k]):,} events"
            part = changed[k]
            changed[k] = part.replace(
                history=(*part.history, "; ".join([step, *done])), warnings=(*part.warnings, *lost)
            ).with_events(alone[k])
            told += [f"{part.name}: {text}" for text in lost] if k == group[0] else []
    if told:
        warnings.warn("; ".join(told), stacklevel=2)
    schemas = [one.schema for one, part in zip(alone, changed, strict=True) if part.kind == "recording"]
    events = alone[0] if len(alone) == 1 else Events.concatenate(alone, [0] * len(alone), schemas)
    return dataset.replace(events=events, parts=tuple(changed))


def _lists(columns: Any, folders: Folders) -> Mapping[str, Any] | pd.DataFrame | Experiment:
    if isinstance(columns, (str, PathLike)):
        check_readable(columns, "table of conditions")
        path = expanduser(fspath(columns))
        try:
            return read_csv(path, sep="\t" if path.endswith(".tsv") else ",", skipinitialspace=True)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise FormatError(f"this is no table of conditions: {error}", path=columns) from error
    if isinstance(columns, (Experiment, pd.DataFrame)):
        return columns
    if not isinstance(columns, Mapping):
        raise TypeError(f"conditions are lists by name, such as {{'tones': [500, 1000]}}, not {type(columns).__name__}")
    return {str(name): sequence_of(values, folders, str(name)) for name, values in columns.items()}


def _groups(dataset: Dataset, parts: int | str | None, policy: Mismatch) -> Sequence[Sequence[int]]:
    """Return the parts whose events one list is brought to, for each time that a list begins."""
    recordings = [k for k, part in enumerate(dataset.parts) if part.kind == "recording"]
    if parts is None and len(recordings) > 1 and policy == "cycle":
        raise ValueError(
            f"the dataset has {len(recordings)} parts: parts='each' begins the lists anew in each of them, "
            "parts='together' has them run on, and parts=<index> gives conditions to one"
        )
    if parts is None or parts == "together":
        return [recordings]
    if parts == "each":
        return [[k] for k in recordings]
    if isinstance(parts, str) or parts not in recordings:
        raise ValueError(f"parts is 'each', 'together' or one of {recordings}, not {parts!r}")
    return [[int(parts)]]


def _own_events(dataset: Dataset, part: Part) -> Events:
    """Return the events of one part, on the dataset's clock, with the columns that they had before joining."""
    if len(dataset.parts) == 1:
        return dataset.events
    some = dataset.events.between(part.start, part.stop)
    own: Schema = () if part.kind == "gap" else dataset.events.schema if part.own is None else part.own.schema
    origins = dataset.events.origins if part.own is None else part.own.origins
    return Events(some.sample, restore(some.table, own), origins)


def _with_columns(events: Events, rows: pd.DataFrame) -> Events:
    """Return events with further columns; those beyond the rows are left out."""
    table = events.table.iloc[: len(rows)]
    for name in rows.columns:
        table[name] = rows[name].to_numpy() if isinstance(rows[name].dtype, np.dtype) else rows[name].array
    return Events(events.sample[: len(rows)], table, events.origins)
