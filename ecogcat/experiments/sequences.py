"""Sequences: lists of conditions - literal, cycling, or in the lab's text files - brought to the number of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from os.path import isfile
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ecogcat.errors import FormatError
from ecogcat.tables import unite

__all__ = ["Mismatch", "fitted_table", "read_condition_list", "sequence_of"]

Mismatch = Literal["raise", "cycle", "truncate", "missing"]
"""What to do about a list of another length than there are events."""

Folders = Sequence[str | PathLike[str]]


def read_condition_list(path: str | PathLike[str]) -> list[float]:
    """Read a table file of the session database: numbers, one a line; ``#`` begins a comment.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of float

    Raises
    ------
    FormatError
        If a line is anything but a number, or there is none.
    """
    values = []
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError("this is no text file", path=path, offset=error.start) from error
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        if word:
            try:
                values.append(float(word))
            except ValueError:
                hint = "A table of conditions has one number a line"
                raise FormatError(f"line {number} is no number", path=path, found=repr(word[:40]), hint=hint) from None
    if not values:
        raise FormatError("the table of conditions is empty", path=path, expected="a number a line")
    return values


def find_condition_file(name: str, folders: Folders) -> Path | None:
    """Return the file called `name`, with ``.txt`` or ``_conf.txt`` if it has neither, in the first folder with one."""
    stem = name.removesuffix(".txt")
    for folder in folders:
        for candidate in (name, f"{stem}.txt", f"{stem}_conf.txt"):
            path = Path(folder).expanduser() / candidate
            if isfile(path):  # False also of a name too long for one, such as a list of fifty numbers
                return path
    return None


def sequence_of(values: Any, folders: Folders = (), what: str = "conditions") -> Any:
    """Return a list of conditions from what was given for it.

    Parameters
    ----------
    values : scalar, sequence, str or path-like
        Text names a file in one of the folders, or else is numbers with commas between; a path is a file.
    folders : sequence of path-like
        Where files are looked for. Without folders, text is the name of a file as it stands.
    what : str
        Name of the column, for errors.

    Returns
    -------
    list, Series, array with one axis, or the scalar that was given

    Raises
    ------
    ValueError
        If text is neither a file nor numbers, or the values have several axes or none at all are given.
    FormatError
        If a file holds anything but numbers.
    """
    if isinstance(values, PathLike):
        return read_condition_list(values)
    if isinstance(values, str):
        path = find_condition_file(values.strip(), folders or [Path()]) if values.strip() else None
        if path is not None:
            return read_condition_list(path)
        try:
            return [float(word) for word in values.split(",")]
        except ValueError:
            places = ", ".join(fspath(folder) for folder in folders) or str(Path.cwd())
            raise ValueError(
                f"{what}: {values!r} is neither numbers with commas between nor a file (looked for it, also with .txt "
                f"and _conf.txt, in {places})"
            ) from None
    if isinstance(values, (pd.Series, pd.Index)):
        return values
    if isinstance(values, (Sequence, np.ndarray)):
        if np.ndim(values) > 1:
            raise ValueError(f"{what}: a list of conditions has one axis, not {np.ndim(values)}")
        return list(values) if isinstance(values, Sequence) else values
    return values if pd.api.types.is_scalar(values) else list(values)


def fitted_table(
    columns: Mapping[str, Any] | pd.DataFrame, n_events: int, on_mismatch: Mismatch = "raise"
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return a table of lists brought to the number of events.

    Parameters
    ----------
    columns : mapping of str to list of one axis or scalar, or DataFrame
        Scalars are constant, whatever the policy.
    n_events : int
    on_mismatch : {"raise", "cycle", "truncate", "missing"}

    Returns
    -------
    table : DataFrame
        `n_events` rows; with "truncate" as many as the shortest list at most.
    done : list of str
        What was done to lists of another length, in words with counts.
    lost : list of str
        Those of it that lost or left open something: for a warning.
    """
    if on_mismatch not in get_args(Mismatch):
        raise ValueError(f"on_mismatch is one of {', '.join(get_args(Mismatch))}, not {on_mismatch!r}")
    constant = {str(name) for name, one in columns.items() if np.ndim(one) == 0}
    series = {
        str(name): (one if isinstance(one, pd.Series) else pd.Series(one)).reset_index(drop=True)
        for name, one in columns.items()
    }
    empty = [name for name, one in series.items() if len(one) == 0 and n_events]
    if empty:
        raise ValueError(f"{', '.join(empty)}: no condition for {n_events} events")
    uneven = {name: one for name, one in series.items() if len(one) != n_events and name not in constant}
    if uneven and on_mismatch == "raise":
        text = ", ".join(f"{name} has {len(one):,}" for name, one in uneven.items())
        text += " condition" if [len(one) for one in uneven.values()] == [1] else " conditions"
        raise ValueError(
            f"{n_events:,} events were found, but {text}; on_mismatch= 'cycle' repeats a list, 'truncate' "
            "cuts the longer of the two, 'missing' leaves events without a condition"
        )
    shortest = min((len(one) for one in uneven.values()), default=n_events)
    n_rows = min(shortest, n_events) if on_mismatch == "truncate" else n_events
    done, lost = [], []
    for name, one in uneven.items():
        text, warn = _told(name, len(one), n_events, on_mismatch)
        done.append(text)
        lost += [text] if warn else []
    table = {name: _fitted(one, n_rows, repeat=name not in uneven or on_mismatch == "cycle")
             for name, one in series.items()}  # fmt: skip
    return pd.DataFrame(table, index=range(n_rows)), done, lost


def _fitted(one: pd.Series[Any], n: int, repeat: bool) -> pd.Series[Any]:
    if repeat and len(one):
        return one.iloc[np.arange(n) % len(one)].reset_index(drop=True)
    if len(one) >= n:
        return one.iloc[:n].reset_index(drop=True)
    united: pd.Series[Any] = unite([one.to_frame("values"), pd.DataFrame(index=range(n - len(one)))])["values"]
    return united


def _told(name: str, length: int, n_events: int, policy: Mismatch) -> tuple[str, bool]:
    """Return what a policy does to one list, and whether anything is lost by it or left open."""
    if policy == "cycle":
        rounds, rest = divmod(n_events, length)
        text = f"{name}: {length:,} conditions repeated over {n_events:,} events, {rounds:,} times"
        if rest or rounds == 0:
            return f"{text} and {rest:,} more", True
        return text, False
    if length > n_events:
        return f"{name}: {length - n_events:,} of {length:,} conditions have no event and were left out", True
    which = "were left out" if policy == "truncate" else "have none"
    return f"{name}: {n_events - length:,} of {n_events:,} events are beyond the last condition and {which}", True
