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
from ecogcat.checks import check_flag, check_text, checked_dtype, shown
from ecogcat.conversion import convert_units
from ecogcat.csvfiles import read_csv
from ecogcat.dataset import Dataset
from ecogcat.electrodes.electrode import electrode_table
from ecogcat.electrodes.table import ElectrodeTable
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.events import Events
from ecogcat.frozen import Index, index_array
from ecogcat.judgements import leave_out_judged
from ecogcat.parts import samples_to_timedelta
from ecogcat.select import take_channels
from ecogcat.store import load
from ecogcat.units import default_units

__all__ = ["apply_load_arguments", "place_channels"]


def apply_load_arguments(
    dataset: Dataset,
    *,
    electrode: ChannelMap | str | os.PathLike[str] | None = None,
    connectors: str | Sequence[str | None] | None = None,
    channels: Sequence[int] | None = None,
    units: str | None = None,
    dtype: DTypeLike | None = None,
    events: Events | str | os.PathLike[str] | None = None,
    judgements: str | os.PathLike[str] | bool | None = None,
    start_time: str | datetime | np.datetime64 | None = None,
    name: str | None = None,
    mapped: bool = True,
) -> Dataset:
    """Make of a recording as it lies in its file what the caller asked for.

    Parameters
    ----------
    dataset : Dataset
        As a format opened it: every source channel, native units.
    electrode : str, ChannelMap or path, optional
        The electrode: its name (``ecogcat.electrodes()``), a map of the source channels, a CSV table (channel, role,
        row, col), or a JSON file of probeinterface. Grounds and references become signals of their own; channels that
        it does not have, or not place, are left out.
    connectors : str or sequence of str, optional
        What is plugged into the headcap, or which pieces are in use, where `electrode` names one that leaves it open.
    channels : sequence of int, optional
        Source channels to keep, in this order.
    units : str, optional
        Unit of the values; uV, nA or pC by default.
    dtype : numpy dtype, optional
        Type of the values; float32 by default.
    events : Events or path, optional
        Events of the recording, or a CSV table with a column `sample` and one column a condition.
    judgements : path or True, optional
        A table of bad channels, which are left out (`ecogcat.mark_channels`); True in a catalog: the table beside it.
    start_time : str or datetime, optional
        Wall-clock time of the first sample, where the file does not have it ("2026-03-14 10:21:05").
    name : str, optional
        Name of the dataset; by default that of its file.
    mapped : bool
        Leave the samples on disk (True), or bring them to memory.

    Returns
    -------
    Dataset

    Raises
    ------
    RecordingNotFound, FormatError
        If a table is not there or not usable, or the electrode has channels that the recording lacks.
    IndexError, TypeError, ValueError
        If an argument is not usable.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array(np.array([[1.0], [2.0], [3.0]], "f4"), 1000)
    >>> apply_load_arguments(dataset, channels=[2, 0], units="mV").signal[:, 0]
    array([0.003, 0.001], dtype=float32)
    """
    check_text(units, "units", "mV", none=True)
    check_text(name, "name", "rec_001", none=True)
    check_flag(mapped, "mapped")
    if not isinstance(electrode, (ChannelMap, ElectrodeTable, str, os.PathLike, type(None))):
        raise TypeError(f"electrode= is a name, a table's path or a ChannelMap, not {shown(electrode)}")
    if not isinstance(events, (Events, str, os.PathLike, type(None))):
        raise TypeError(f"events= is Events or a table's path, not {shown(events)}")
    if not isinstance(judgements, (bool, str, os.PathLike, type(None))):
        raise TypeError(f"judgements= is a table's path, not {shown(judgements)}")
    wanted = None if channels is None else _source_channels(dataset, channels)
    if electrode is not None:
        dataset = place_channels(dataset, electrode, connectors)
    elif connectors is not None and len(connectors):
        raise ValueError("connectors= says how an electrode is wired: name it with electrode=")
    if wanted is not None:
        dataset = _with_channels(dataset, wanted)
    if dtype is not None:
        dataset = _with_dtype(dataset, checked_dtype(dtype))
    to = default_units(dataset.units) if units is None else units
    if to != dataset.units:
        dataset = convert_units(dataset, to)
    if events is not None:
        dataset = dataset.replace(events=_events(dataset, events))
    if start_time is not None:
        dataset = _with_start(dataset, start_time)
    if name is not None:
        dataset = dataset.replace(name=name)
    if judgements is True:
        raise TypeError("judgements=True means the table beside a catalog; a recording without one needs its path")
    if judgements:
        dataset = leave_out_judged(dataset, judgements)
    return dataset if mapped else load(dataset)


def _with_start(dataset: Dataset, start_time: str | datetime | np.datetime64) -> Dataset:
    """Set the clock of the first part; those of consecutive pieces that have one move with it."""
    try:
        stamp = pd.Timestamp(start_time)
        if pd.isna(stamp):
            raise ValueError("no time at all")
        time = stamp.tz_localize(None).as_unit("ns").to_datetime64()
    except (ValueError, TypeError) as error:
        raise ValueError(f"start_time is a date and time such as '2026-03-14 10:21:05', not {start_time!r}") from error
    first, *others = dataset.parts
    begun = time - samples_to_timedelta(first.file_start, first.sampling_rate)  # of its file, which may begin earlier
    parts = [first.replace(recorded_at=begun)]
    for part in others:
        known = part.recorded_at is not None and first.recorded_at is not None
        clock = begun + (part.recorded_at - first.recorded_at) if known else None  # type: ignore[operator]
        parts.append(part.replace(recorded_at=clock))
    return dataset.replace(parts=parts)


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


def place_channels(
    dataset: Dataset,
    electrode: ElectrodeTable | ChannelMap | str | os.PathLike[str],
    connectors: str | Sequence[str | None] | None = None,
) -> Dataset:
    """Give the source channels of a recording their sites and roles.

    Parameters
    ----------
    dataset : Dataset
        As a format opened it: every source channel.
    electrode : ElectrodeTable, ChannelMap, str or path
    connectors : str or sequence of str, optional
        See `apply_load_arguments`.

    Raises
    ------
    RecordingNotFound, FormatError
        If the table is not there or not usable, or has channels that the recording lacks.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[1.0], [2.0]], 1000)
    >>> place_channels(dataset, ec.ChannelMap([(0, 1), (0, 0)], (1, 2))).channel_map.lookup(0, 0)
    1
    """
    opened = dataset.parts[0].opened
    place = {int(source): row for row, source in enumerate(opened.source)}
    table = electrode_table(electrode, connectors)
    what = os.fspath(electrode) if isinstance(electrode, (str, os.PathLike)) else repr(electrode)
    beyond = [int(channel) for channel in table.channels if int(channel) not in place]
    if beyond:
        path = dataset.parts[0].paths[0] if dataset.parts[0].paths else dataset.name
        raise FormatError(
            "the electrode has channels that the recording lacks",
            path=path,
            expected=f"source channels {', '.join(map(str, beyond[:8]))} of {what}",
            found=f"{len(place)} channels",
            hint="Is it the table of another recording? Source channels count from 0",
        )
    wired = {role: [place[int(table.channels[k])] for k in table.with_role(role)] for role in ("ground", "reference")}
    sites = table.sites[table.with_role("electrode")]
    rows = index_array([place[int(table.channels[k])] for k in table.with_role("electrode")])
    signal = dataset.signal.take(rows)
    if isinstance(electrode, ChannelMap):  # with its face and its free coordinates, which a table does not have
        channel_map = electrode.renamed(signal.channel_names)
    else:
        channel_map = ChannelMap(sites, table.shape, table.pitch, signal.channel_names)
    unknown = sorted(set(range(dataset.n_channels)) - {place[int(channel)] for channel in table.channels})
    further = {
        key: dataset.signal.take(index_array(wired[role])) if wired[role] else None
        for key, role in (("ground", "ground"), ("reference_channels", "reference"))
    }
    parts = []
    for part in dataset.parts:
        warnings = part.warnings
        if unknown:
            names = ", ".join(opened.names[row] for row in unknown[:5]) + (", ..." if len(unknown) > 5 else "")
            were = "channel is" if len(unknown) == 1 else "channels are"
            warnings = (*warnings, f"{len(unknown)} {were} not on the electrode and left out: {names}")
        wiring = type(opened)(opened.source[rows], tuple(opened.names[row] for row in rows), channel_map)
        parts.append(part.replace(opened=wiring, rows=index_array(range(len(rows))), warnings=warnings))
    return dataset.replace(signal=signal, channel_map=channel_map, parts=parts, **further)


def _source_channels(dataset: Dataset, channels: Sequence[int]) -> Index:
    """Check `channels=` against the recording as it lies in its file, before an electrode leaves some out."""
    wanted = np.asarray(channels if isinstance(channels, (np.ndarray, range)) else list(channels))
    if wanted.size == 0:
        raise ValueError("channels= keeps at least one source channel")
    if wanted.dtype.kind not in "iu" or wanted.ndim != 1:
        raise TypeError(f"channels are whole numbers from 0, not {wanted.dtype} of shape {wanted.shape}")
    source = dataset.parts[0].opened.source
    missing = [int(channel) for channel in wanted if int(channel) not in source]
    if missing:
        has = f"{len(source)}, from {source.min()} to {source.max()}" if len(source) else "none"
        raise IndexError(f"{dataset.name} has no source channels {missing[:8]}; it has {has}")
    if len(np.unique(wanted)) != len(wanted):
        raise ValueError("a source channel is listed once in channels=")
    return index_array(wanted)


def _with_channels(dataset: Dataset, wanted: Index) -> Dataset:
    """Keep some source channels; with an electrode, those that are no sites of it are passed over."""
    part = dataset.parts[0]
    place = {int(channel): row for row, channel in enumerate(part.opened.source[part.rows])}
    rows = [place[int(channel)] for channel in wanted if int(channel) in place]
    return take_channels(dataset, index_array(rows), "not in channels=")


def _with_dtype(dataset: Dataset, dtype: np.dtype[Any]) -> Dataset:
    """Have signal, ground and reference channels decoded to another floating type."""
    if dtype.kind != "f":
        raise TypeError(f"values are floating-point numbers, not {dtype}; signal.read(raw=True) has the stored")
    changes = {
        name: signal.replace(pieces=tuple(piece.astype(dtype) for piece in signal.pieces))
        for name in ("signal", "ground", "reference_channels")
        if (signal := getattr(dataset, name)) is not None
    }
    return dataset.replace(**changes)


def _events(dataset: Dataset, events: Events | str | os.PathLike[str]) -> Events:
    if isinstance(events, Events):
        return events
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
