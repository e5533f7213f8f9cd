"""What happened, by an NWB file: tables of intervals, TTL events as the Open Ephys GUI writes them, annotations."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.errors import EcogcatError
from ecogcat.events import Events
from ecogcat.formats.hdf5_fields import DAMAGE, text_of
from ecogcat.formats.nwb.series import Stretch, groups_of, kind_of

__all__ = ["Happened", "events_of", "intervals_of", "read_happened"]

_MOST_ROWS = 1 << 21


@dataclass
class Happened:
    """Tables of what happened, by time in s from the file's reference.

    Attributes
    ----------
    intervals : dict of str to DataFrame
        Columns start_time, stop_time and those of the table.
    lines : dict of str to DataFrame
        Columns time, line and state.
    notes, warnings : list of str
    """

    intervals: dict[str, pd.DataFrame] = field(default_factory=dict)
    lines: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_happened(file: Any, recording: str) -> Happened:
    """Read the tables of a file; `recording` is that of the Open Ephys layout, or empty."""
    found = Happened()
    for key in file.get("intervals") or ():
        _try(found, f"intervals/{key}", lambda key=key: _add_intervals(found, key, file[f"intervals/{key}"]))
    for name, group in groups_of(file):
        if "data" not in group or "timestamps" not in group or f"/{recording}" not in f"/{name}":
            continue
        kind = kind_of(group)
        if kind == "AnnotationSeries":
            _try(found, name, lambda group=group: _add_notes(found, group))
        elif kind == "TTLSeries" or (kind == "TimeSeries" and "full_word" in group):
            _try(found, name, lambda name=name, group=group: _add_lines(found, name, group))
    return found


def _try(found: Happened, name: str, read: Any) -> None:
    """Read one table; one that cannot be read is named, and hides nothing else."""
    try:
        read()
    except (EcogcatError, *DAMAGE) as error:
        found.warnings.append(f"{name} cannot be read and is left out: {error}")


def _values(dataset: Any) -> NDArray[Any]:
    if dataset.shape is None or not dataset.shape or dataset.shape[0] > _MOST_ROWS:
        raise ValueError(f"{dataset.shape} is no table")
    if dataset.dtype.kind not in "biufSO":
        raise TypeError(f"{dataset.dtype} is no column")
    return np.asarray(dataset[()])


def _column(table: Any, name: str, n: int) -> list[Any] | None:
    """Return a column of plain values, one a row; the items of a row of several are put together as text."""
    if name not in table or not hasattr(table[name], "dtype") or table[name].dtype.kind not in "biufSO":
        return None
    values = _values(table[name])
    index = table.get(f"{name}_index")
    if values.ndim != 1 or f"{name}_index_index" in table:
        return None
    items = [text_of(one) if isinstance(one, bytes) else one for one in values.tolist()]
    if any(not isinstance(one, (bool, int, float, str)) for one in items):
        return None  # references
    if index is not None:
        edges = [0, *_values(index).tolist()]
        items = [", ".join(map(str, items[a:b])) for a, b in pairwise(edges)]
    return items if len(items) == n else None


def _add_intervals(found: Happened, key: str, table: Any) -> None:
    if "start_time" not in table:
        return
    start = _values(table["start_time"]).astype(np.float64)
    names = [text_of(name) for name in np.atleast_1d(table.attrs.get("colnames", []))]
    columns: dict[str, Any] = {"start_time": start}
    stop = _values(table["stop_time"]).astype(np.float64) if "stop_time" in table else start
    columns["stop_time"] = stop
    for name in names:
        values = None if name in columns else _column(table, name, len(start))
        if values is not None:
            columns[name] = values
    found.intervals[key] = pd.DataFrame(columns)


def _add_lines(found: Happened, name: str, group: Any) -> None:
    times, data = _values(group["timestamps"]), _values(group["data"])
    n = min(len(times), len(data))
    line = data[:n].astype(np.int64)
    columns = {"time": times[:n].astype(np.float64), "line": np.abs(line), "state": (line > 0).astype(np.int64)}
    found.lines[name.rpartition("/")[2]] = pd.DataFrame(columns)


def _add_notes(found: Happened, group: Any) -> None:
    texts, times = _values(group["data"]).tolist(), _values(group["timestamps"]).tolist()
    times += [None] * (len(texts) - len(times))
    for text, time in zip(texts, times, strict=False):
        words = text_of(text).strip("\0 ")
        if words:
            found.notes.append(words if time is None else f"{time:.3f} s: {words}")


def _samples(times: NDArray[np.float64], stretch: Stretch, rate: float) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        return np.rint((times - stretch.time) * rate)


def events_of(found: Happened, stretch: Stretch, rate: float) -> tuple[Events | None, int]:
    """Return the events of one stretch: starts of intervals and TTL lines; and how many lie in it."""
    tables = []
    n = stretch.stop - stretch.start
    for name, table in found.intervals.items():
        sample = _samples(table["start_time"].to_numpy(), stretch, rate)
        inside = (sample >= 0) & (sample < n)
        some = table.loc[inside].assign(interval=name)
        tables.append((sample[inside], some))
    for name, table in found.lines.items():
        sample = _samples(table["time"].to_numpy(), stretch, rate)
        inside = (sample >= 0) & (sample < n)
        tables.append((sample[inside], table.loc[inside, ["line", "state"]].assign(source=name)))
    tables = [(sample, table) for sample, table in tables if len(sample)]
    if not tables:
        return None, 0
    sample = np.concatenate([one for one, _ in tables]).astype(np.int64)
    order = np.argsort(sample, kind="stable")
    together = pd.concat([table for _, table in tables], ignore_index=True)
    return Events(sample[order], together.iloc[order]), len(sample)


def intervals_of(found: Happened, stretch: Stretch, rate: float) -> pd.DataFrame | None:
    """Return what of the intervals lies in one stretch: start, stop (samples) and label, the table's name."""
    n = stretch.stop - stretch.start
    rows = []
    for name, table in found.intervals.items():
        start = _samples(table["start_time"].to_numpy(), stretch, rate)
        stop = _samples(table["stop_time"].to_numpy(), stretch, rate)
        stop = np.where(stop >= start, stop, start)  # one that has no end, or not yet
        inside = (start < n) & ((stop > 0) | (start == 0)) & np.isfinite(start)
        start, stop = (np.clip(one[inside], 0, n).astype(np.int64) for one in (start, stop))
        rows.append(pd.DataFrame({"start": start, "stop": stop, "label": name}))
    rows = [one for one in rows if len(one)]
    return pd.concat(rows, ignore_index=True).sort_values("start", kind="stable") if rows else None
