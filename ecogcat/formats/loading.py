"""Load arguments that every format takes: electrode, channels, units, rate, filters, events, memory."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike

from ecogcat.artifacts.judgements import leave_out_judged
from ecogcat.channels import ChannelMap
from ecogcat.checks import check_flag, check_text, checked_dtype, shown
from ecogcat.checksums import with_checksums
from ecogcat.conditioning.conversion import convert_units
from ecogcat.conditioning.decimation import POLYPHASE, check_filter
from ecogcat.dataset import Dataset
from ecogcat.electrodes.table import ElectrodeTable
from ecogcat.eventfiles import events_of
from ecogcat.events import Events
from ecogcat.formats.conditioned import conditioned, triggers_of
from ecogcat.formats.downsamples import at_rate
from ecogcat.formats.placing import place_channels, source_channels, with_source_channels
from ecogcat.parts import samples_to_timedelta
from ecogcat.scratch import scratch
from ecogcat.storage.disk import path_text
from ecogcat.storage.urls import is_url, shown_url
from ecogcat.store import load
from ecogcat.triggers.detect import with_detected
from ecogcat.units import default_units

__all__ = ["apply_load_arguments"]

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?", re.ASCII)
"""Dates and times of ISO 8601, with dashes and colons; others may be taken for another day."""
_TIMES = (date, np.datetime64)


def apply_load_arguments(
    dataset: Dataset,
    place: str = "",
    *,
    electrode: ChannelMap | str | os.PathLike[str] | None = None,
    connectors: str | Sequence[str | None] | None = None,
    others_as_ground: bool | None = None,
    channels: Sequence[int] | None = None,
    units: str | None = None,
    dtype: DTypeLike | None = None,
    events: Events | Sequence[int] | str | os.PathLike[str] | None = None,
    judgements: str | os.PathLike[str] | bool | None = None,
    start_time: str | datetime | np.datetime64 | None = None,
    name: str | None = None,
    trigger: int | str | Sequence[int | str] | None = None,
    resample_rate: float | None = None,
    resample_filter: str | None = None,
    use_stored: bool = True,
    save_downsampled: bool = False,
    store_path: str | os.PathLike[str] | None = None,
    remove_mean: bool | None = None,
    bandpass: Sequence[float] | None = None,
    notches: float | Sequence[float] | None = None,
    causal: bool = False,
    reference: str | int | Sequence[int] | Sequence[str] | None = None,
    snip_transient: bool | float | None = None,
    mapped: bool | Literal["r+"] = True,
) -> Dataset:
    """Make of a recording as it lies in its file what the caller asked for.

    Parameters
    ----------
    dataset : Dataset
        As a format opened it: every source channel, native units.
    place : str
        Its path, beside which it may be stored at a lower rate.
    electrode : str, ChannelMap or path, optional
        The electrode: its name (``ecogcat.electrodes()``), a map of the source channels, a CSV table (channel, role,
        row, col), or a JSON file of probeinterface. Grounds and references become signals of their own; channels that
        it does not have, or not place, are left out.
    connectors : str or sequence of str, optional
        What is plugged into the headcap, or which pieces are in use, where `electrode` names one that leaves it open.
    others_as_ground : bool, optional
        Have what the electrode connects to nothing, or to no known site, among the grounds; it is left out otherwise.
    channels : sequence of int, optional
        Source channels to keep, in this order.
    units : str, optional
        Unit of the values; uV, nA or pC by default.
    dtype : numpy dtype, optional
        Type of the values; float32 by default.
    events : Events, sequence of int or path, optional
        Events of the recording, their samples, or a CSV table with a column `sample` and one column a condition.
    judgements : path or True, optional
        A table of bad channels, which are left out (`ecogcat.mark_channels`); True in a catalog: the table beside it.
    start_time : str or datetime, optional
        Wall-clock time of the first sample, where the file does not have it: ISO 8601 with its date, and without a time
        zone ("2026-03-14 10:21:05").
    name : str, optional
        Name of the dataset; by default that of its file.
    trigger : int or str, or several, optional
        Logic lines whose rising edges are the events: channels of `adc`, or of another array as "dig:3".
    resample_rate : float, optional
        Hz; see `ecogcat.resample`.
    resample_filter : {"polyphase", "chebyshev1", "chebyshev2", "none"}, optional
        What is filtered out before samples are left out; the first by default, which takes any ratio of rates.
    use_stored : bool
        Take the samples at that rate from ``<recording>_Fs2000.h5``, in `store_path` or beside the recording, if that
        was made of this recording, and is no older than it.
    save_downsampled : bool
        Write that file if there is none that fits.
    store_path : path, optional
        Folder for it, which is made if the one above it is there.
    remove_mean : bool, optional
        Take the mean of each channel off; see `ecogcat.remove_mean`.
    bandpass : (float, float), optional
        Edges in Hz, -1 for a side that stays open; see `ecogcat.bandpass`.
    notches : float or sequence of float, optional
        Lines in Hz to take out; see `ecogcat.notch`.
    causal : bool
        Filters look at the past alone; by default they run both ways, and shift nothing.
    reference : str, int or sequence, optional
        "common", "regress", "reference_channels", or channels; see `ecogcat.rereference`.
    snip_transient : float or True, optional
        Seconds to cut off at the start (True: 5 s; 10,000 samples with afe and ddc), a second before the first event
        at most.
    mapped : bool
        Leave the samples on disk (True), bring them to memory (False), or make a private copy that can be written to
        ("r+"; see `ecogcat.scratch`). Filtered samples are in memory, or in a scratch file, in any case.

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
    _check_types(electrode, units, events, judgements, name, mapped)
    check_flag(remove_mean or False, "remove_mean")
    check_flag(others_as_ground or False, "others_as_ground")
    if start_time is not None:
        dataset = _with_start(dataset, start_time)
    if events is not None:
        dataset = dataset.replace(events=events_of(dataset, events))
    elif trigger is not None:
        dataset = with_detected(dataset, triggers_of(dataset, trigger))
    filter = POLYPHASE if resample_filter is None else check_filter(resample_filter)
    flags: dict[str, Any] = {"use_stored": use_stored, "save_downsampled": save_downsampled, "causal": causal}
    for flag, value in flags.items():
        if value is not None:  # which takes away what a session says
            check_flag(value, flag)
    _check_store(store_path)
    idle = []
    if resample_rate is None:
        if resample_filter is not None:
            idle.append(f"resample_filter={resample_filter!r} did nothing: it goes with resample_rate=")
        if save_downsampled:
            idle.append("save_downsampled=True saved nothing: it goes with resample_rate=")
    if causal and bandpass is None and notches is None:
        idle.append("causal=True did nothing: it goes with bandpass= or notches=")
    if resample_rate is not None:
        known = with_checksums(dataset)
        dataset = at_rate(
            dataset,
            resample_rate,
            place,
            filter=filter,
            use_stored=flags["use_stored"] is None or use_stored,
            save=bool(save_downsampled),
            store_path=store_path,
        )
        # Also of samples that are read from a file beside the recording it is told what that was made of.
        pairs = zip(dataset.parts, known, strict=True)
        dataset = dataset.replace(
            parts=[one.replace(checksums={**old.checksums, **one.checksums}) for one, old in pairs]
        )
    wanted = None if channels is None else source_channels(dataset, channels)
    if electrode is not None:
        dataset = place_channels(dataset, electrode, connectors, others_as_ground=bool(others_as_ground))
    elif connectors is not None and len(connectors):
        raise ValueError("connectors= says how an electrode is wired: name it with electrode=")
    if wanted is not None:
        dataset = with_source_channels(dataset, wanted)
    if dtype is not None:
        dataset = _with_dtype(dataset, checked_dtype(dtype))
    to = default_units(dataset.units) if units is None else units
    if to != dataset.units:
        dataset = convert_units(dataset, to)
    if name is not None:
        dataset = dataset.replace(name=name)
    if judgements is True:
        raise TypeError("judgements=True means the table beside a catalog; a recording without one needs its path")
    if judgements:
        dataset = leave_out_judged(dataset, judgements)
    dataset = conditioned(dataset, bandpass, notches, causal, reference, snip_transient, without_mean=bool(remove_mean))
    if idle:  # no error: a session says it for all recordings, and one of them may be opened without
        first, *others = dataset.parts
        dataset = dataset.replace(parts=[first.replace(warnings=(*first.warnings, *idle)), *others])
    if mapped == "r+":
        return scratch(dataset)
    return dataset if mapped else load(dataset)


def _check_types(electrode: Any, units: Any, events: Any, judgements: Any, name: Any, mapped: Any) -> None:
    """Refuse what no catalog, nor a script, can have meant."""
    check_text(units, "units", "mV", none=True)
    check_text(name, "name", "rec_001", none=True)
    if not isinstance(electrode, (ChannelMap, ElectrodeTable, str, os.PathLike, type(None))):
        raise TypeError(f"electrode= is a name, a table's path or a ChannelMap, not {shown(electrode)}")
    if not isinstance(events, (Events, list, tuple, range, np.ndarray, str, os.PathLike, type(None))):
        raise TypeError(f"events= is Events, a list of samples or a table's path, not {shown(events)}")
    if not isinstance(judgements, (bool, str, os.PathLike, type(None))):
        raise TypeError(f"judgements= is a table's path, not {shown(judgements)}")
    if not isinstance(mapped, (bool, np.bool_)) and not (isinstance(mapped, str) and mapped == "r+"):
        found = shown(mapped)
        raise ValueError(f"mapped is True (on disk), False (in memory) or 'r+' (a copy to write to), not {found}")


def _check_store(store_path: Any) -> None:
    if store_path is None:
        return
    if not isinstance(store_path, (str, os.PathLike)):
        raise TypeError(f"store_path= is a folder's path, not {shown(store_path)}")
    if isinstance(store_path, str) and is_url(store_path):
        raise ValueError(f"store_path is a folder of this machine, not {shown_url(store_path)}")
    place = os.path.abspath(os.path.expanduser(path_text(store_path)))
    if os.path.lexists(place) and not os.path.isdir(place):
        raise NotADirectoryError(f"store_path= is a folder, and {place} is none: name the folder that it lies in")


def _with_start(dataset: Dataset, start_time: str | datetime | np.datetime64) -> Dataset:
    """Set the clock of the first part; those of consecutive pieces that have one move with it."""
    time = _clock(start_time)
    first, *others = dataset.parts
    begun = time - samples_to_timedelta(first.file_start, first.sampling_rate)  # of its file, which may begin earlier
    parts = [first.replace(recorded_at=begun)]
    for part in others:
        known = part.recorded_at is not None and first.recorded_at is not None
        clock = begun + (part.recorded_at - first.recorded_at) if known else None  # type: ignore[operator]
        parts.append(part.replace(recorded_at=clock))
    return dataset.replace(parts=parts)


def _clock(start_time: Any) -> np.datetime64:
    """Return a time that was given, as clocks have it: a date and a time of day, and no time zone."""
    found = shown(start_time)
    what = f"start_time is a date and time such as '2026-03-14 10:21:05', not {found}"
    try:
        # A number would be nanoseconds since 1970: YAML reads 10:21:05 as one. A time of day alone would be today's.
        if not (_ISO.fullmatch(start_time.strip()) if isinstance(start_time, str) else isinstance(start_time, _TIMES)):
            raise ValueError("this is no date and time of ISO 8601")
        stamp = pd.Timestamp(start_time)
        if pd.isna(stamp):
            raise ValueError("no time at all")
        if stamp.tz is None:
            return stamp.as_unit("ns").to_datetime64()
    except (ValueError, TypeError) as error:
        raise ValueError(f"{what}. Give it as ISO 8601 has it, with its date, and in quotes in YAML") from error
    raise ValueError(
        f"{what}: clocks of recordings have no time zone. Leave the offset away, and give the time that the recorder's "
        "own clock had"
    )


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
