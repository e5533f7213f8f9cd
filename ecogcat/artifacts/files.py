"""Interval files: artifacts and states that someone wrote down, read from a table of text."""

from __future__ import annotations

from os import PathLike, fspath
from os.path import expanduser

import numpy as np
import pandas as pd

from ecogcat.checks import check_readable
from ecogcat.csvfiles import read_csv
from ecogcat.errors import FormatError

__all__ = ["read_intervals"]


def read_intervals(
    path: str | PathLike[str], sampling_rate: float | None = None, *, label: str | None = None
) -> pd.DataFrame:
    """Read intervals from a CSV file with a header line.

    Parameters
    ----------
    path : path-like
        Columns `start` and `stop` in samples, or `start_s` and `stop_s` in seconds from the start of the recording;
        and `label`. Further columns are kept. Separated by commas; in ``.tsv`` files by tabs.
    sampling_rate : float, optional
        Hz; needed for seconds, which are rounded to the nearest sample.
    label : str, optional
        Label of intervals that have none in the file.

    Returns
    -------
    DataFrame
        Columns start, stop (samples, half open), label and the further ones: for `ecogcat.with_intervals`.

    Raises
    ------
    FormatError
        If columns are missing, or a row is not a stretch of time.
    ValueError
        If the file has seconds and no sampling rate is given.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "states.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("start_s,stop_s,label" + chr(10) + "0.5,2.25,sleep")
    >>> read_intervals(path, 1000)
       start  stop  label
    0    500  2250  sleep
    """
    check_readable(path, "table of intervals")
    path = expanduser(fspath(path))
    try:
        table = read_csv(path, sep="\t" if fspath(path).endswith(".tsv") else ",", skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise FormatError(f"this is no table of intervals: {error}", path=path) from error
    table = table.rename(columns=lambda name: str(name).strip())
    seconds = {"start_s", "stop_s"} <= set(table.columns)
    if not seconds and not {"start", "stop"} <= set(table.columns):
        wanted = "columns start and stop (samples), or start_s and stop_s (seconds)"
        raise FormatError("this is no table of intervals", path=path, expected=wanted, found=", ".join(table.columns))
    if "label" not in table.columns:
        if label is None:
            hint = "label= gives one to all of them"
            raise FormatError("the intervals have no label", path=path, expected="a column label", hint=hint)
        table["label"] = label
    elif label is not None:
        table["label"] = table["label"].fillna(label)
    if seconds and sampling_rate is None:
        raise ValueError(f"{fspath(path)} has seconds: sampling_rate= is needed, such as dataset.sampling_rate")
    edges = {}
    for name in ("start", "stop"):
        times = pd.to_numeric(table[f"{name}_s" if seconds else name], errors="coerce").to_numpy(np.float64)
        _refuse(path, np.flatnonzero(~np.isfinite(times)), f"{name} is no number")
        edges[name] = np.rint(times * (sampling_rate or 1.0)) if seconds else times
        _refuse(
            path, np.flatnonzero(edges[name] % 1 != 0), f"{name} is no whole sample; start_s and stop_s are seconds"
        )
    _refuse(path, np.flatnonzero((edges["start"] < 0) | (edges["stop"] < edges["start"])), "it ends before it starts, "
            "or starts before the recording")  # fmt: skip
    rest = table.drop(columns=["start", "stop", "start_s", "stop_s"], errors="ignore")
    front = pd.DataFrame({name: times.astype(np.int64) for name, times in edges.items()})
    ordered = [front, rest[["label"]], rest.drop(columns="label")]
    return pd.concat(ordered, axis=1)


def _refuse(path: str | PathLike[str], rows: np.ndarray[tuple[int], np.dtype[np.int64]], why: str) -> None:
    if len(rows):
        raise FormatError(f"interval {int(rows[0]) + 1} of the table: {why}", path=path)
