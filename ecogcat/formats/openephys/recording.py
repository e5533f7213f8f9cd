"""One stream of one experiment of the Open Ephys format, as a dataset: a part a stretch, events and notes in each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.events import Events
from ecogcat.formats.openephys.files import KINDS, Choice, parse_name
from ecogcat.formats.openephys.records import BLOCK, HEADER_BYTES, ContinuousFile, Stretch, trailing_zeros
from ecogcat.formats.openephys.sidecars import EventRecords, plain_settings, read_events, read_messages, start_time
from ecogcat.formats.openephys.stream import Stream
from ecogcat.joining.join import join
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.stacked import StackedExtent

__all__ = ["CountScale", "dataset_of"]

_LONGEST_S = 1e9  # thirty years: the timestamps are damaged


class CountScale(NamedTuple):
    """What the numbers of the electrode channels, as their headers scale them, mean where they are no voltages."""

    gain: float
    offset: float
    units: str
    n_channels: int


def dataset_of(stream: Stream, recording: int | str | None = None, scale: CountScale | None = None) -> Dataset:
    """Return the dataset of a stream: a part for every stretch in which the timestamps run on.

    Raises
    ------
    RecordingNotFound
        If there is no recording of that number.
    """
    choice, odd = stream.choice, list(stream.warnings)
    arrays = _arrays(stream, scale, odd)
    records = read_events(choice.folder, choice.stream, choice.experiment, odd)
    events = [Events()] * len(stream.stretches) if records is None else _events(records, stream.stretches, odd)
    messages_path, notes = read_messages(choice.folder, choice.experiment, odd)
    paths = [one.path for kind in KINDS for one in stream.files[kind]]
    paths += [path for path in (stream.settings.path, records and records.path, messages_path) if path]
    chosen = [k for k, one in enumerate(stream.stretches) if recording is None or str(one.recording) == str(recording)]
    if not chosen:
        known = ", ".join(map(str, stream.recordings))
        raise RecordingNotFound(f"{choice.folder}: there is no recording {recording!r}; there are: {known}")
    datasets = []
    for k in chosen:
        stretch = stream.stretches[k]
        start, stop = BLOCK * stretch.first, BLOCK * stretch.stop
        warnings = (odd if k == chosen[0] else []) + _odd_edges(stream, k)
        aligned = {name: array.cut(start, stop) for name, array in arrays.items()}
        datasets.append(
            Dataset.of(
                aligned.pop("signal"),
                name=_name(stream, k),
                aligned=aligned,
                events=events[k],
                paths=tuple(paths),
                format="openephys",
                file_start=start,
                recorded_at=_clock(stream, k),
                notes=_notes(stream, k, notes),
                warnings=tuple(warnings),
                metadata=_metadata(stream, stretch),
            )
        )
    return join(*datasets, name=_base(choice) if len(datasets) > 1 else None)


def _arrays(stream: Stream, scale: CountScale | None, warnings: list[str]) -> dict[str, Signal]:
    """Return all of each kind of channels, `signal` first, as long as the stretches together."""
    electrodes = stream.files["CH"]
    n_first = len(electrodes) if scale is None else min(scale.n_channels, len(electrodes))
    signal = _signal(stream, electrodes[:n_first], stream.n_records, "uV", scale)
    arrays = {"signal": signal}
    if n_first < len(electrodes):
        extent = _extent(electrodes[n_first:], stream.n_records)
        names = _names(electrodes[n_first:])
        arrays["trigger"] = signal_of(extent, stream.sampling_rate, units="", names=names)
    for name, kind in (("adc", "ADC"), ("aux", "AUX")):
        if stream.files[kind]:
            n_records = min(one.n_records for one in stream.files[kind])
            array, problem = fit_aligned(_signal(stream, stream.files[kind], n_records, "V", None), signal)
            arrays[name] = array
            warnings += [f"{name}: {problem}"] if problem else []
    return arrays


def _names(files: Sequence[ContinuousFile]) -> list[str]:
    return [name.name for one in files if (name := parse_name(one.name)) is not None]


def _signal(
    stream: Stream, files: Sequence[ContinuousFile], n_records: int, units: str, scale: CountScale | None
) -> Signal:
    if not files:  # a stream of ADC channels alone: no electrodes, as many samples
        one = stream.leading
        extent = AffineExtent(one.source, np.dtype(">i2"), BLOCK * n_records, np.zeros(0, np.int64), 2)
        return signal_of(extent, stream.sampling_rate, units=units, names=[], gain=1.0)
    stacked = _extent(files, n_records)
    names = _names(files)
    gains = []
    for one in files:
        gain = one.number("bitVolts")
        if gain is None:
            raise FormatError(
                "the header has no gain", path=one.path, expected="header.bitVolts", found=", ".join(one.header)
            )
        gains.append(gain)
    if scale is not None:
        gains, units = [gain * scale.gain for gain in gains], scale.units
    offset = None if scale is None else scale.offset
    return signal_of(stacked, stream.sampling_rate, units=units, names=names, gain=gains, offset=offset)


def _extent(files: Sequence[ContinuousFile], n_records: int) -> StackedExtent:
    """Return the records of channels, one after the other, across their jumps."""
    return StackedExtent(
        tuple(
            AffineExtent(
                one.source,
                np.dtype(">i2"),
                BLOCK * n_records,
                np.array([HEADER_BYTES + one.lead_bytes]),
                2,
                BLOCK,
                one.record_bytes,
            )
            for one in files
        )
    )


def _events(records: EventRecords, stretches: Sequence[Stretch], warnings: list[str]) -> list[Events]:
    """Return the events of each stretch, by their sample numbers; by that of the recording, too, where it is needed."""
    placed = np.zeros(len(records.timestamp), bool)
    found: list[list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]] = [[] for _ in stretches]
    for by_number in (True, False):
        for stretch, some in zip(stretches, found, strict=True):
            stop = min(stretch.timestamp + BLOCK * (stretch.stop - stretch.first), (1 << 63) - 1)
            inside = (records.timestamp >= stretch.timestamp) & (records.timestamp < stop) & ~placed
            if by_number:
                inside &= records.recording == stretch.recording
            place = np.flatnonzero(inside)
            placed[place] = True
            some.append((place, records.timestamp[place] - stretch.timestamp))
    outside = int((~placed).sum())
    name = os.path.basename(records.path)
    if outside:
        warnings.append(f"{name}: {outside:,} of {len(placed):,} events are outside of the samples and left out")
    return [_events_of(records, name, some) for some in found]


def _events_of(records: EventRecords, name: str, some: Sequence[tuple[Any, Any]]) -> Events:
    rows = np.concatenate([place for place, _ in some])
    samples = np.concatenate([sample for _, sample in some])
    if not len(rows):  # columns without a value have no type, either: they would spoil that of a join
        return Events(origin={"file": name})
    order = np.lexsort((rows, samples))
    rows = rows[order]
    table = {"line": records.line[rows], "state": records.state[rows], "node": records.node[rows]}
    return Events(samples[order], table, {"file": name})


def _odd_edges(stream: Stream, k: int) -> list[str]:
    """Say what is odd about a stretch: samples lost before it, and padding at the end of a recording."""
    stretch, odd = stream.stretches[k], []
    if k > 0 and stream.stretches[k - 1].recording == stretch.recording:
        left = stream.stretches[k - 1]
        n = stretch.timestamp - left.timestamp - BLOCK * (left.stop - left.first)
        what = (
            f"{n:,} samples ({n / stream.sampling_rate:.3f} s) are missing"
            if n > 0
            else f"timestamps go back by {-n:,}"
        )
        odd.append(f"{what} before this part, in the middle of recording {stretch.recording}")
    last = k + 1 == len(stream.stretches) or stream.stretches[k + 1].recording != stretch.recording
    files = stream.files["CH"] or [stream.leading]
    n_zeros = min(trailing_zeros(one, stretch.stop - 1) for one in files) if last else 0
    if n_zeros:
        odd.append(
            f"the last record ends in {n_zeros:,} zeros in every channel, with which the GUI pads it when recording "
            "stops: they are left in"
        )
    return odd


def _base(choice: Choice) -> str:
    name = os.path.basename(choice.folder)
    return name if choice.experiment == 1 else f"{name} experiment {choice.experiment}"


def _name(stream: Stream, k: int) -> str:
    base = _base(stream.choice)
    if len(stream.stretches) == 1:
        return base
    number = stream.stretches[k].recording
    pieces = [j for j, one in enumerate(stream.stretches) if one.recording == number]
    piece = f" piece {pieces.index(k) + 1}" if len(pieces) > 1 else ""
    return f"{base} recording {number}{piece}"


def _clock(stream: Stream, k: int) -> np.datetime64 | None:
    """Return when sample 0 of the file would have been taken, on the clock of a stretch; samples count on in pauses."""
    begun = start_time(stream.leading.header.get("date_created", ""), stream.settings)
    until = stream.stretches[: k + 1]
    anew = any(right.timestamp < left.timestamp + BLOCK * (left.stop - left.first) for left, right in pairwise(until))
    seconds = (until[-1].timestamp - until[0].timestamp - BLOCK * until[-1].first) / stream.sampling_rate
    if begun is None or anew or seconds > _LONGEST_S:
        return None
    return begun + np.timedelta64(round(seconds * 1e9), "ns")


def _notes(stream: Stream, k: int, notes: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """Return the messages of one stretch: those up to the next one's start, to the first also what came before."""
    starts = [one.timestamp for one in stream.stretches]
    after = starts[k + 1] if k + 1 < len(starts) else 1 << 63
    return tuple(text for stamp, text in notes if (k == 0 or stamp >= starts[k]) and stamp < max(after, starts[k]))


def _metadata(stream: Stream, stretch: Stretch) -> dict[str, Any]:
    header = stream.leading.header
    return {
        "stream": stream.choice.stream,
        "node": stream.choice.node,
        "experiment": stream.choice.experiment,
        "recording": stretch.recording,
        "first_sample_number": stretch.timestamp,
        "version": header.get("version", ""),
        **plain_settings(stream.settings),
    }
