"""Load arguments that every format takes: electrode, channels, units, type, events, memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike

from ecogcat.channels import ChannelMap
from ecogcat.conversion import convert_units
from ecogcat.dataset import Dataset
from ecogcat.electrodes.table import ElectrodeTable, read_electrode_table
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.events import Events
from ecogcat.frozen import index_array
from ecogcat.select import take_channels
from ecogcat.store import load
from ecogcat.units import default_units

__all__ = ["apply_load_arguments"]


def apply_load_arguments(
    dataset: Dataset,
    *,
    electrode: ChannelMap | str | os.PathLike[str] | None = None,
    channels: Sequence[int] | None = None,
    units: str | None = None,
    dtype: DTypeLike | None = None,
    events: Events | str | os.PathLike[str] | None = None,
    start_time: str | datetime | np.datetime64 | None = None,
    name: str | None = None,
    mapped: bool = True,
) -> Dataset:
    """Make of a recording as it lies in its file what the caller asked for.

    Parameters
    ----------
    dataset : Dataset
        As a format opened it: every source channel, native units.
    electrode : ChannelMap or path, optional
        The electrode: a map of the source channels in order, or a CSV table (channel, role, row, col). Grounds and
        references become signals of their own; channels that it does not have are left out.
    channels : sequence of int, optional
        Source channels to keep, in this order.
    units : str, optional
        Unit of the values; uV, nA or pC by default.
    dtype : numpy dtype, optional
        Type of the values; float32 by default.
    events : Events or path, optional
        Events of the recording, or a CSV table with a column `sample` and one column a condition.
    start_time : str or datetime, optional
        Wall-clock time of the first sample, where the file does not have it ("2026-03-14 10:21:05").
    name : str, optional
        Name of the dataset; by default that of its file.
    mapped : bool
        Leave the samples on disk (True), or bring them to memory.
    """
    if electrode is not None:
        dataset = _with_electrode(dataset, electrode)
    if channels is not None:
        dataset = _with_channels(dataset, channels)
    if dtype is not None:
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"values are floating-point numbers, not {np.dtype(dtype)}; signal.read(raw=True) has the stored")
        pieces = tuple(piece.astype(np.dtype(dtype)) for piece in dataset.signal.pieces)
        dataset = dataset.replace(signal=dataset.signal.replace(pieces=pieces))
    wanted = default_units(dataset.units) if units is None else units
    if wanted != dataset.units:
        dataset = convert_units(dataset, wanted)
    if events is not None:
        dataset = dataset.replace(events=events if isinstance(events, Events) else read_events(events))
    if start_time is not None:
        dataset = _with_start(dataset, start_time)
    if name is not None:
        dataset = dataset.replace(name=name)
    return dataset if mapped else load(dataset)


def _with_start(dataset: Dataset, start_time: str | datetime | np.datetime64) -> Dataset:
    """Set the clock of the first part; those of consecutive pieces that have one move with it."""
    try:
        time = np.datetime64(start_time, "ns")
    except ValueError as error:
        raise ValueError(f"start_time is a date and time such as '2026-03-14 10:21:05', not {start_time!r}") from error
    first, *others = dataset.parts
    parts = [first.replace(recorded_at=time)]
    for part in others:
        known = part.recorded_at is not None and first.recorded_at is not None
        clock = time + (part.recorded_at - first.recorded_at) if known else None  # type: ignore[operator]
        parts.append(part.replace(recorded_at=clock))
    return dataset.replace(parts=parts)


def read_events(path: str | os.PathLike[str]) -> Events:
    """Read events from a CSV table with a column `sample` and one column a condition."""
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise RecordingNotFound(f"{path}: no such table of events") from None
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise FormatError("this is no table of events", path=path, found=str(error)) from error
    if "sample" not in table.columns or table["sample"].dtype.kind not in "iu":
        found = ", ".join(f"{column} ({dtype})" for column, dtype in table.dtypes.items())
        raise FormatError("a table of events has a column of whole numbers", path=path, expected="sample", found=found)
    table = table.sort_values("sample", kind="stable")
    return Events(table["sample"].to_numpy(), table.drop(columns="sample"), {"file": os.path.basename(path)})


def _with_electrode(dataset: Dataset, electrode: ChannelMap | str | os.PathLike[str]) -> Dataset:
    """Give the source channels their sites and roles."""
    opened = dataset.parts[0].opened
    place = {int(source): row for row, source in enumerate(opened.source)}
    if isinstance(electrode, ChannelMap):
        table = ElectrodeTable(
            index_array(range(len(electrode))),
            ("electrode",) * len(electrode),
            electrode.sites,
            electrode.shape,
            electrode.pitch,
        )
        what = repr(electrode)
    else:
        table = read_electrode_table(electrode)
        what = os.fspath(electrode)
    beyond = [int(channel) for channel in table.channels if int(channel) not in place]
    if beyond:
        path = dataset.parts[0].paths[0] if dataset.parts[0].paths else dataset.name
        raise FormatError(
            "the electrode has channels that the recording lacks",
            path=path,
            expected=f"source channels {', '.join(map(str, beyond[:8]))} of {what}",
            found=f"{len(place)} channels",
        )
    wired = {role: [place[int(table.channels[k])] for k in table.with_role(role)] for role in ("ground", "reference")}
    sites = table.sites[table.with_role("electrode")]
    rows = index_array([place[int(table.channels[k])] for k in table.with_role("electrode")])
    signal = dataset.signal.take(rows)
    channel_map = ChannelMap(sites, table.shape, table.pitch, signal.channel_names)
    unknown = sorted(set(range(dataset.n_channels)) - set(rows.tolist()) - set(sum(wired.values(), [])))
    further = {
        key: dataset.signal.take(index_array(wired[role])) if wired[role] else None
        for key, role in (("ground", "ground"), ("reference_channels", "reference"))
    }
    parts = []
    for part in dataset.parts:
        warnings = part.warnings
        if unknown:
            names = ", ".join(opened.names[row] for row in unknown[:5])
            warnings = (*warnings, f"{len(unknown)} channels are not on the electrode and were left out: {names}")
        wiring = type(opened)(
            opened.source[rows], tuple(opened.names[row] for row in rows), sites, channel_map.geometry
        )
        parts.append(part.replace(opened=wiring, rows=index_array(range(len(rows))), warnings=warnings))
    return dataset.replace(signal=signal, channel_map=channel_map, parts=parts, **further)


def _with_channels(dataset: Dataset, channels: Sequence[int]) -> Dataset:
    """Keep some source channels; with an electrode, those that are no sites of it are passed over."""
    wanted = np.asarray(channels if isinstance(channels, (np.ndarray, range)) else list(channels))
    if wanted.dtype == np.bool_ or wanted.dtype.kind not in "iu":
        raise TypeError("channels are source channels: whole numbers from 0")
    part = dataset.parts[0]
    source = part.opened.source[part.rows]
    place = {int(channel): row for row, channel in enumerate(source)}
    rows = [place[int(channel)] for channel in wanted if int(channel) in place]
    missing = [int(channel) for channel in wanted if int(channel) not in place]
    if missing and (dataset.channel_map is None or min(missing) < 0):
        raise IndexError(f"{dataset.name} has no source channels {missing[:8]}; it has {len(place)}, from {source.min()}")
    return take_channels(dataset, index_array(rows), "not in channels=")
