"""One NSx file, with the NEV file beside it, as a dataset: a part a stretch, events and comments where they fell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ecogcat.arrays import fit_aligned
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError
from ecogcat.events import Events
from ecogcat.formats.blackrock.nev import Nev, read_nev
from ecogcat.formats.blackrock.nsx import NsxHeader, read_nsx_header
from ecogcat.formats.blackrock.packets import Run, Stretch, end_stamp, find_stretches, samples_at
from ecogcat.formats.naming import unique_names
from ecogcat.frozen import index_array
from ecogcat.joining.join import join
from ecogcat.parts import samples_to_timedelta
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.maps import scattered_bytes
from ecogcat.storage.source import Source
from ecogcat.units import parse_unit, power_of_ten

__all__ = ["NsxFile", "dataset_of", "examine", "examine_nev"]

# A later part of a recording does not begin thirty years after the first: the timestamp is damaged.
_MOST_SECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class NsxFile:
    """One NSx file: header, stretches, and what is odd about it."""

    stream: str
    source: Source
    header: NsxHeader
    stretches: tuple[Stretch, ...]
    odd: tuple[str, ...]

    @property
    def n_samples(self) -> int:
        """Samples of all stretches."""
        return sum(stretch.n_samples for stretch in self.stretches)

    def rows(self, *, analog: bool) -> list[int]:
        """Return the channels that are analog inputs, or those that are electrodes."""
        return [k for k, channel in enumerate(self.header.channels) if channel.analog == analog]


def examine_nev(path: str | None) -> tuple[Nev | None, str]:
    """Read a NEV file; if it is of no use, return what is wrong with it: the samples are whole without it."""
    if path is None:
        return None, ""
    try:
        return read_nev(path), ""
    except FormatError as error:
        return None, f"the events of {os.path.basename(path)} are left out: {error.message}"


def examine(stream: str, path: str, nev: Nev | None) -> NsxFile:
    """Read the headers of an NSx file and of its packets.

    Raises
    ------
    FormatError
        If it is no such file, or holds no sample.
    """
    source = Source.open(path)
    header = read_nsx_header(path, None if nev is None else nev.nv_per_count)
    stretches, odd = find_stretches(source, header)
    if header.version == "2.1":
        odd = [*odd, _assumed_scale(header)]
    return NsxFile(stream, source, header, tuple(stretches), tuple(odd))


def _assumed_scale(header: NsxHeader) -> str:
    if all(channel.units for channel in header.channels):
        return "the file has no scale; that of the electrodes' spikes in the NEV file is used"
    return "the file has no scale, and there is no NEV file beside it that has one: values are the stored numbers"


def dataset_of(file: NsxFile, name: str, nev: Nev | None, others: Sequence[NsxFile] = (), odd: str = "") -> Dataset:
    """Return the dataset of one stream.

    Parameters
    ----------
    file : NsxFile
    name : str
    nev : Nev, optional
    others : sequence of NsxFile
        Streams of the same run, whose analog inputs become aligned arrays.
    odd : str
        What is odd about the files around it.
    """
    electrodes, analog = file.rows(analog=False), file.rows(analog=True)
    rows, beside = (electrodes, analog) if electrodes else (analog, [])
    # A file without an electrode: its analog inputs are the recording.
    names, renamed = unique_names([file.header.channels[k].label for k in rows])
    events, notes, left_out = _events_of(file, nev)
    warnings = [*file.odd, *renamed, *([odd] if odd else []), *(() if nev is None else nev.odd), *left_out]
    clocks = _clocks(file, nev)
    inputs = [("adc", file, beside)] if beside else []
    for other in others:
        chosen = other.rows(analog=True)
        if chosen and _in_step(file, other):
            inputs.append((f"adc_{other.stream}" if beside else "adc", other, chosen))
        elif chosen:
            warnings.append(
                f"the analog inputs of {other.stream} are left out: its pauses are not those of this stream"
            )
    parts = []
    for k, stretch in enumerate(file.stretches):
        signal = _signal(file, stretch, rows, names)
        own = list(warnings) if k == 0 else []
        arrays: dict[str, Signal] = {}
        for key, of, chosen in inputs:
            labels, _ = unique_names([of.header.channels[row].label for row in chosen])
            array, problem = fit_aligned(_signal(of, of.stretches[k], chosen, labels), signal)
            arrays.setdefault(key, array)
            own += [f"{key}: {problem}"] if problem else []
        parts.append(
            Dataset.of(
                signal,
                name=name if len(file.stretches) == 1 else f"{name}_{k}",
                aligned=arrays,
                events=events[k],
                paths=(file.source.path, *(() if nev is None else (nev.path,))),
                format="blackrock",
                recorded_at=clocks[k],
                notes=notes[k],
                warnings=own,
                metadata=_metadata(file, stretch, rows),
            )
        )
    return parts[0] if len(parts) == 1 else join(*parts, name=name)


def _signal(file: NsxFile, stretch: Stretch, rows: Sequence[int], names: Sequence[str]) -> Signal:
    """Return some channels of a stretch, in the unit of all of them, or in that of the first."""
    channels = [file.header.channels[k] for k in rows]
    units = parse_unit(channels[0].units).symbol
    if len({channel.units for channel in channels}) == 1:
        gain, offset = [one.gain for one in channels], [one.offset for one in channels]
    else:
        factors = [_factor(channel.units, units) for channel in channels]
        gain = [one.gain * factor for one, factor in zip(channels, factors, strict=True)]
        offset = [one.offset * factor for one, factor in zip(channels, factors, strict=True)]
    pieces = []
    for run in stretch.runs:
        extent = _extent(file.source, run, rows)
        pieces.append(Piece.whole(extent, gain=gain, offset=offset, dtype=np.float32))
    return Signal(tuple(pieces), file.header.sampling_rate, units, tuple(names))


def _factor(units: str, to: str) -> float:
    try:
        return 10.0 ** power_of_ten(units, to)
    except ValueError:  # stored numbers beside volts: of a file without scale, or of a unit of the user's own
        return 1.0


def _extent(source: Source, run: Run, rows: Sequence[int]) -> AffineExtent:
    base = run.at + run.head + 2 * index_array(rows)
    blocks = (run.per_packet, run.packet_bytes) if run.n_packets > 1 else (None, 0)
    return AffineExtent(source, np.dtype("<i2"), run.n_samples, base, run.row_bytes, *blocks)


def _in_step(file: NsxFile, other: NsxFile) -> bool:
    """Whether two streams paused at the same times."""
    apart = max(file.header.ticks, other.header.ticks)
    same = file.header.resolution == other.header.resolution and len(file.stretches) == len(other.stretches)
    return same and all(
        a.epoch == b.epoch and abs(a.stamps[0] - b.stamps[0]) <= apart
        for a, b in zip(file.stretches, other.stretches, strict=True)
    )


def _clocks(file: NsxFile, nev: Nev | None) -> list[np.datetime64 | None]:
    """Return when each stretch began, UTC as the header has it; unknown after the clock was set back."""
    start = file.header.time if file.header.time is not None or nev is None else nev.time
    if start is None:
        return [None] * len(file.stretches)
    first = file.stretches[0]
    clocks: list[np.datetime64 | None] = []
    for stretch in file.stretches:
        since = stretch.stamps[0] - first.stamps[0]
        known = stretch.epoch == first.epoch and since < _MOST_SECONDS * file.header.resolution
        clocks.append(start + samples_to_timedelta(since, file.header.resolution) if known else None)
    return clocks


def _events_of(file: NsxFile, nev: Nev | None) -> tuple[list[Events], list[list[str]], list[str]]:
    """Return events and notes of each stretch, and what was left out."""
    notes: list[list[str]] = [[file.header.comment] if file.header.comment else [], *([] for _ in file.stretches[1:])]
    if nev is None:
        return [Events()] * len(file.stretches), notes, []
    for note in nev.notes:
        if note not in notes[0]:
            notes[0].append(note)
    n_epochs = file.stretches[-1].epoch + 1
    # The clock is set back when a recording begins, before anything happened: the last epochs are those in common.
    shift = n_epochs - nev.n_epochs
    odd = [f"the clock was set back {n_epochs - 1} times in this file, {nev.n_epochs - 1} times in the NEV file"]
    odd = odd if shift else []
    data, ticks = scattered_bytes(file.source), float(file.header.ticks)
    place = _placer(file, nev)
    stretch_of = place(nev.stamps, nev.epochs + shift)
    events = []
    for k, stretch in enumerate(file.stretches):
        here = np.flatnonzero(stretch_of == k)
        samples = samples_at(data, stretch, ticks, _rescaled(nev.stamps[here], file, nev))
        order = np.argsort(samples, kind="stable")
        lines = [nev.lines[i] for i in here[order].tolist()]
        table = pd.DataFrame({"line": lines, "value": nev.values[here][order]})
        origin = {"file": os.path.basename(nev.path), "method": "NEV packets"}
        events.append(Events(samples[order], table, origin) if len(here) else Events())
    left_out = int((stretch_of < 0).sum())
    if left_out:
        odd.append(f"{left_out:,} of {len(nev.stamps):,} events lie outside of the samples and are left out")
    if nev.comments:
        stamps, epochs, texts = zip(*nev.comments, strict=True)
        for k, text in zip(place(index_array(stamps), index_array(epochs) + shift).tolist(), texts, strict=True):
            notes[max(k, 0)].append(text)
    return events, notes, odd


def _rescaled(stamps: Any, file: NsxFile, nev: Nev) -> Any:
    """Return timestamps of the NEV file in those of the NSx file."""
    ours, theirs = file.header.resolution, nev.resolution
    return stamps if ours == theirs else (stamps // theirs) * ours + (stamps % theirs) * ours // theirs


def _placer(file: NsxFile, nev: Nev) -> Any:
    """Return a function from timestamps and epochs to stretches; -1 for what lies outside of all."""
    data, ticks = scattered_bytes(file.source), float(file.header.ticks)
    ends = [end_stamp(data, stretch, ticks) for stretch in file.stretches]

    def place(stamps: Any, epochs: Any) -> Any:
        wanted = _rescaled(stamps, file, nev)
        found = np.full(len(wanted), -1, np.int64)
        for k, stretch in enumerate(file.stretches):
            inside = (epochs == stretch.epoch) & (wanted >= stretch.stamps[0]) & (wanted < ends[k])
            found[inside & (found < 0)] = k
        return found

    return place


def _metadata(file: NsxFile, stretch: Stretch, rows: Sequence[int]) -> dict[str, Any]:
    header = file.header
    channels = [header.channels[k] for k in rows]
    return {
        "version": header.version,
        "stream": file.stream,
        "label": header.label,
        "clock": "UTC",
        "first_timestamp": stretch.stamps[0],
        "timestamps_hz": header.resolution,
        "electrode_ids": tuple(one.electrode_id for one in channels),
        "highpass_hz": tuple(one.highpass_hz for one in channels),
        "lowpass_hz": tuple(one.lowpass_hz for one in channels),
    }
