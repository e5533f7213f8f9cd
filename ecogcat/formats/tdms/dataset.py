"""One stream of a TDMS file as a dataset: its parts, its digital lines, its clock."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError
from ecogcat.formats.tdms.library import LibraryReader
from ecogcat.formats.tdms.runs import Run, demultiplexed, extents, runs_of
from ecogcat.formats.tdms.segments import TdmsContent
from ecogcat.formats.tdms.streams import Channel, Stream
from ecogcat.frozen import index_array
from ecogcat.joining.join import join
from ecogcat.parts import aligned_start, rate_ratio
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source
from ecogcat.units import default_units, power_of_ten

__all__ = ["dataset_of"]

_NOTES = ("note", "notes", "comment", "comments", "description")


def dataset_of(source: Source, content: TdmsContent, stream: Stream, rate: float | None) -> Dataset:
    """Return the dataset of one stream.

    Raises
    ------
    FormatError
        If it has no rate, or no sample.
    """
    warnings = list(content.warnings)
    arrays: dict[str, Signal] = {}
    rate = stream.rate if rate is None else rate
    if stream.multiplex is not None and stream.analog:
        signal, arrays, source_channels = _multiplexed(source, content, stream, rate, warnings)
    else:
        if math.isnan(rate):
            raise FormatError(
                f"the sampling rate of {stream.name!r} is not in the file",
                path=source.path,
                expected="a property wf_increment of its channels",
                found="none",
                hint="Say it: sampling_rate=",
            )
        signal, source_channels = _signal(source, content, stream, rate, warnings), None
    if signal.n_samples == 0:
        raise FormatError(
            f"{stream.name!r} holds no sample",
            path=source.path,
            expected="at least one sample of each channel",
            found="; ".join(["0", *content.warnings[:1]]),
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    if stream.digital:
        runs = _runs(source, content, stream.digital, warnings)
        if runs:
            whole = (Piece.whole(extent) for extent in extents(source, runs))
            arrays["dig"] = Signal(tuple(whole), signal.sampling_rate, "", tuple(one.name for one in stream.digital))
        else:
            warnings.append(f"dig: {len(stream.digital)} lines hold no sample: left out")
    aligned = {}
    for name, array in arrays.items():
        aligned[name], odd = fit_aligned(array, signal)
        warnings += [f"{name}: {odd}"] if odd else []
    return _in_parts(source, content, stream, signal, aligned, warnings, source_channels)


def _signal(source: Source, content: TdmsContent, stream: Stream, rate: float, warnings: list[str]) -> Signal:
    channels = stream.analog
    if not channels:
        n = sum(run.n_samples for run in runs_of(source.path, content.stretches, [one.key for one in stream.digital]))
        empty = AffineExtent(source, np.dtype("u1"), n, index_array([]), 1)
        return signal_of(empty, rate, units="uV", gain=1.0, dtype=np.float32)
    names = tuple(channel.name for channel in channels)
    needs = [channel for channel in channels if channel.scale.needs]
    if needs:
        if content.overlong:  # npTDMS would make room for it
            raise FormatError(
                f"{stream.name!r} is scaled by {needs[0].scale.needs}, which only npTDMS can work out, and it cannot "
                "read this file",
                path=source.path,
                expected="chunks that the file has room for",
                found="one that is larger",
            )
        warnings.append(f"{len(needs)} channels are scaled by {needs[0].scale.needs}: read through npTDMS, slowly")
        n = min(channel.n_values for channel in channels)
        reader = LibraryReader(source, tuple((channel.group, channel.name) for channel in channels))
        extent = ReaderExtent(reader, len(channels), n, np.dtype("f8"), (source,))
        units = default_units(stream.units)
        exponent = power_of_ten(stream.units, units)
        return signal_of(extent, rate, units=units, names=names, gain=1.0, exponent=exponent, dtype=np.float32)
    runs = _runs(source, content, channels, warnings)
    return _of_runs(source, runs, channels, names, rate, (stream.units, default_units(stream.units)))


def _runs(source: Source, content: TdmsContent, channels: Sequence[Channel], warnings: list[str]) -> list[Run]:
    runs = runs_of(source.path, content.stretches, [channel.key for channel in channels])
    n = sum(run.n_samples for run in runs)
    longer = [channel for channel in channels if channel.n_values > n]
    if longer:
        most = max(channel.n_values for channel in longer)
        warnings.append(
            f"{len(longer)} of {len(channels)} channels have up to {most - n:,} samples more than the {n:,} that all "
            "have: left out at the end"
        )
    return runs


def _of_runs(
    source: Source,
    runs: Sequence[Run],
    channels: Sequence[Channel],
    names: Sequence[str],
    rate: float,
    units: tuple[str, str],
) -> Signal:
    """Return the signal of runs.

    `channels` are those of the runs' places, or the columns that the places take turns in; `units` those of the file
    and those of the values.
    """
    each = len(names) // len(channels)
    gains = [1.0 if channel.scale.gain is None else channel.scale.gain for channel in channels for _ in range(each)]
    offsets = [channel.scale.offset or 0.0 for channel in channels for _ in range(each)]
    found = extents(source, runs) or [AffineExtent(source, np.dtype("f8"), 0, index_array([0] * len(names)), 8)]
    whole = partial(Piece.whole, gain=gains, offset=offsets, exponent=power_of_ten(*units), dtype=np.float32)
    return Signal(tuple(map(whole, found)), rate, units[1], tuple(names))


def _multiplexed(
    source: Source, content: TdmsContent, stream: Stream, rate: float, warnings: list[str]
) -> tuple[Signal, dict[str, Signal], list[int]]:
    """Return the electrodes and the other inputs of a group in the lab's layout, and the source channel of each row."""
    how = stream.multiplex
    assert how is not None  # for the type checker
    columns = _by_column(stream.analog)
    n_electrodes, n_all = how.n_columns, how.n_columns + how.n_bnc
    taking_turns = how.n_rows > 1 and len(columns) <= n_all
    if not taking_turns:
        # Each of the file's channels is one already; the others may be as many a column, or one each.
        n_electrodes *= how.n_rows
        if len(columns) not in (n_electrodes + how.n_bnc, n_all * how.n_rows):
            warnings.append(
                f"{len(columns)} channels are neither {n_all} columns nor {n_electrodes} electrodes beside "
                f"{how.n_bnc} other inputs: taken for electrodes, one by one"
            )
            n_electrodes = len(columns)
    elif len(columns) < n_all:
        warnings.append(f"{n_all - len(columns)} of {n_all} columns are not in the file")
    electrodes = {k: one for k, one in columns.items() if k < n_electrodes} or columns
    others = {k: one for k, one in columns.items() if k not in electrodes}
    runs = _runs(source, content, list(electrodes.values()), warnings)
    names = [channel.name for channel in electrodes.values()]
    rows = how.n_rows if taking_turns else 1
    if taking_turns:
        runs, left_over = demultiplexed(source.path, runs, rows)
        names = [f"{name}_row{row}" for name in names for row in range(rows)]
        if left_over:
            warnings.append(f"the last frame has {left_over} of {rows} rows: left out")
    signal = _of_runs(
        source, runs, list(electrodes.values()), names, how.rate, (stream.units, default_units(stream.units))
    )
    arrays = {}
    if others:
        inputs = list(others.values())
        of_others = _runs(source, content, inputs, warnings)
        names = [one.name for one in inputs]
        arrays["bnc"] = _of_runs(source, of_others, inputs, names, rate * rows, (stream.units, stream.units))
    return signal, arrays, [column * rows + row for column in electrodes for row in range(rows)]


def _by_column(channels: Sequence[Channel]) -> dict[int, Channel]:
    """Return channels by the number of their column; by their order where those are missing or given twice."""
    found = [channel.properties.get("NI_ArrayColumn") for channel in channels]
    numbers = [one for one in found if isinstance(one, int) and one >= 0]
    if len(set(numbers)) < len(channels):
        return dict(enumerate(channels))
    columns = dict(zip(numbers, channels, strict=True))
    return {number: columns[number] for number in sorted(columns)}


def _in_parts(
    source: Source,
    content: TdmsContent,
    stream: Stream,
    signal: Signal,
    aligned: dict[str, Signal],
    warnings: Sequence[str],
    source_channels: Sequence[int] | None,
) -> Dataset:
    """Return the dataset, cut where the clock of the file's own start times does not run on."""
    name = os.path.splitext(os.path.basename(source.path))[0]
    metadata, notes = _metadata(content, stream)
    clock = _clock(content, stream, signal.sampling_rate)
    edges = [start for start, _ in clock] + [signal.n_samples]
    datasets = []
    for k, (start, time) in enumerate(clock):
        stop = edges[k + 1]
        arrays = {}
        for key, array in aligned.items():
            ratio = rate_ratio(array.sampling_rate, signal.sampling_rate)
            cut = array.cut(aligned_start(start, ratio), aligned_start(stop, ratio))
            arrays[key], _ = fit_aligned(cut, signal.cut(start, stop))
        datasets.append(
            Dataset.of(
                signal.cut(start, stop),
                name=name if len(clock) == 1 else f"{name}_{k}",
                source_channels=source_channels,
                aligned=arrays,
                paths=(source.path,),
                format="tdms",
                recorded_at=time,
                notes=notes if k == 0 else (),
                warnings=tuple(warnings) if k == 0 else (),
                metadata=metadata,
            )
        )
    return join(*datasets, name=name) if len(datasets) > 1 else datasets[0]


def _clock(content: TdmsContent, stream: Stream, rate: float) -> list[tuple[int, np.datetime64 | None]]:
    """Return at which samples the clock begins anew, and what it says there."""
    first = stream.channels[0]
    offset = first.properties.get("wf_start_offset", 0.0)
    offset = offset if isinstance(offset, (int, float)) and abs(offset) < 1e9 else 0.0
    found: list[tuple[int, np.datetime64 | None]] = [(0, None)]
    if stream.multiplex is not None:
        return found
    sample = k = 0
    for stretch, path, start in content.starts:
        if path != first.path:
            continue
        while k < stretch:
            place = content.stretches[k].form.places.get(first.key)
            sample += place.n_values * content.stretches[k].n_chunks if place else 0
            k += 1
        time = start + np.timedelta64(round(offset * 1e9), "ns")
        before, clock = found[-1]
        if sample == before or clock is None:  # properties may be written behind the data that they are of
            found[-1] = (before, time)
        elif sample < stream.n_values:
            passed = (time - clock) / np.timedelta64(1, "s")
            if abs(passed - (sample - before) / rate) >= 1 / rate:
                found.append((sample, time))
    return found


def _metadata(content: TdmsContent, stream: Stream) -> tuple[dict[str, Any], list[str]]:
    """Return what is said of the file and of the group, and the notes among it."""
    group = next((path for path in content.properties if path == f"/'{_quoted(stream.group)}'"), None)
    said = {**content.properties.get("/", {}), **(content.properties[group] if group else {})}
    plain = {key: str(value) if isinstance(value, np.datetime64) else value for key, value in said.items()}
    notes = [text for key, text in plain.items() if key.lower() in _NOTES and isinstance(text, str) and text.strip()]
    own = {"group": stream.group, "stream": stream.name, "tdms_version": content.version, "clock": "UTC"}
    return {**plain, **own}, notes


def _quoted(name: str) -> str:
    return name.replace("'", "''")
