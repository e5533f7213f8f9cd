"""Event files: the events of a recording as a table of text, a column `sample` and one column a condition."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pandas as pd

from ecogcat.csvfiles import read_csv
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.events import Events

__all__ = ["events_of", "read_events"]


def read_events(path: str | os.PathLike[str]) -> Events:
    r"""Read events from a CSV table with a column `sample` and one column a condition.

    Raises
    ------
    RecordingNotFound
        If there is no such table.
    FormatError
        If it is no table, or has no column of samples.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "events.csv"
    >>> _ = path.write_text("sample,tone\n20,1000\n10,500\n")
    >>> read_events(path).table["tone"].tolist()
    [500, 1000]
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    try:
        table = read_csv(path)
    except FileNotFoundError:
        raise RecordingNotFound(f"{path}: no such table of events") from None
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise FormatError("this is no table of events", path=path, found=str(error)) from error
    if "sample" in table.columns and table.empty:
        # No tone was played. Columns without a value have no type, either: they would spoil that of a join.
        return Events(origin={"file": os.path.basename(path)})
    if "sample" not in table.columns or table["sample"].dtype.kind not in "iu":
        found = ", ".join(f"{column} ({dtype})" for column, dtype in table.dtypes.items())
        raise FormatError("a table of events has a column of whole numbers", path=path, expected="sample", found=found)
    table = table.sort_values("sample", kind="stable")
    return Events(table["sample"].to_numpy(), table.drop(columns="sample"), {"file": os.path.basename(path)})


def events_of(dataset: Dataset, events: Events | Sequence[int] | str | os.PathLike[str]) -> Events:
    """Return events as they are, of samples, or as read from a table; samples have to lie in the dataset.

    Examples
    --------
    >>> import ecogcat as ec
    >>> events_of(ec.from_array([[0.0] * 9], 1000), [2, 5]).sample
    array([2, 5])
    """
    if isinstance(events, Events):
        return events
    if not isinstance(events, (str, os.PathLike)):
        given = Events(events)
        if len(given) and not 0 <= given.sample[0] <= given.sample[-1] < dataset.n_samples:
            raise ValueError(
                f"events= has samples from {given.sample[0]:,} to {given.sample[-1]:,}; those of {dataset.name} are 0 "
                f"to {dataset.n_samples - 1:,}"
            )
        return given
    read = read_events(events)
    if len(read) and not 0 <= read.sample[0] <= read.sample[-1] < dataset.n_samples:
        raise FormatError(
            f"these events do not lie in {dataset.name}",
            path=os.path.abspath(os.path.expanduser(os.fspath(events))),
            expected=f"samples from 0 to {dataset.n_samples - 1:,}",
            found=f"{read.sample[0]:,} to {read.sample[-1]:,}",
            hint="Samples count from the start of this recording; is it the table of another one?",
        )
    return read
