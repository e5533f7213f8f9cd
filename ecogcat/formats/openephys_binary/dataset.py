"""One stream of an Open Ephys recording in binary format, as a dataset.

`continuous.dat` is int16, little-endian, sample by sample all channels of the stream. `structure.oebin` (JSON) has
their names and gains; `sample_numbers.npy` (from 0.6; `timestamps.npy` before) the number of each sample, which jumps
where some were lost.

Source: Open Ephys, "Binary format" of the GUI's user manual, checked against recordings of versions 0.4.4, 0.5.0 and
0.6.4. That bit_volts takes ADC and AUX channels to V is from the maintainers of the GUI.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.events import Events
from ecogcat.formats.naming import plain_name, unique_names
from ecogcat.formats.openephys_binary.clock import Numbers, read_numbers, start_time
from ecogcat.formats.openephys_binary.events import Happened, read_events
from ecogcat.formats.openephys_binary.session import Stream, StreamChannel
from ecogcat.joining.join import join
from ecogcat.parts import samples_to_timedelta
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.source import Source

__all__ = ["dataset_of"]

_INT16 = np.dtype("<i2")
_MOST_SAMPLES = 1 << 44  # beyond these, a sample number is damage and no time


def dataset_of(stream: Stream, broken: Sequence[str] = ()) -> Dataset:
    """Return the dataset of one stream: a part a stretch without gaps.

    Parameters
    ----------
    stream : Stream
    broken : sequence of str
        What is wrong with other recordings beside this one, for warnings.

    Raises
    ------
    RecordingNotFound
        If its data file is missing.
    FormatError
        If it holds no whole sample.
    """
    if not stream.has_data:
        raise RecordingNotFound(
            f"{stream.data_path}: this file of stream {stream.folder_name!r} is missing; "
            f"{stream.recording.path} lists it"
        )
    source = Source.open(stream.data_path)
    frame = _INT16.itemsize * len(stream.channels)
    n_samples, left_over = divmod(source.size, frame)
    if n_samples == 0:
        raise FormatError(
            "the stream has no whole sample",
            path=source.path,
            expected=f"samples of {frame:,} bytes, {len(stream.channels)} channels",
            found=f"{left_over:,} bytes",
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    numbers, happened = read_numbers(stream), read_events(stream)
    clock, metadata, paths = start_time(stream, numbers)
    warnings = [*numbers.warnings, *happened.warnings]
    if left_over:
        warnings.insert(
            0, f"continuous.dat was cut short: {left_over} bytes were left over after {n_samples:,} whole samples"
        )
    warnings += [f"a recording beside this one cannot be read: {text}" for text in broken]
    missing = [one.folder_name for one in stream.recording.streams if not one.has_data]
    if missing:
        warnings.append(f"streams that are listed, but whose continuous.dat is missing: {', '.join(missing)}")
    part: dict[str, Any] = {
        "paths": tuple(dict.fromkeys([source.path, stream.recording.path, *numbers.paths, *paths, *happened.paths])),
        "format": "openephys_binary",
        "metadata": _metadata(stream, numbers) | metadata,
    }
    return _put_together(stream, source, numbers, happened, clock, warnings, part)


def _put_together(
    stream: Stream,
    source: Source,
    numbers: Numbers,
    happened: Happened,
    clock: np.datetime64 | None,
    warnings: list[str],
    part: dict[str, Any],
) -> Dataset:
    name, datasets = _name(stream), []
    free = np.ones(len(happened.number), bool)
    for k, (start, stop, number) in enumerate(numbers.stretches):
        inside = free & (happened.number >= number) & (happened.number < number + stop - start)
        free &= ~inside
        table = {
            "line": happened.line[inside],
            "state": happened.state[inside],
            "source": [text for text, kept in zip(happened.source, inside, strict=True) if kept],
        }
        events = Events(happened.number[inside] - number, table if inside.any() else None)
        signal, arrays, renamed = _arrays(stream, source, start, stop)
        time = None
        if clock is not None and abs(number - numbers.first - start) < _MOST_SAMPLES:
            # Of sample 0 of the file, as if there had been no gap.
            time = clock + samples_to_timedelta(number - numbers.first - start, stream.rate)
        datasets.append(
            Dataset.of(
                signal,
                name=name if len(numbers.stretches) == 1 else f"{name} ({k + 1})",
                aligned=arrays,
                events=events,
                file_start=start,
                recorded_at=time,
                notes=_notes(stream, numbers, happened) if k == 0 else (),
                warnings=[*warnings, *renamed] if k == 0 else _gap(numbers.stretches[k - 1], number, stream.rate),
                **part,
            )
        )
    if free.any():
        text = f"{int(free.sum())} TTL events lie outside of the samples and are left out"
        first = datasets[0].parts[0]
        datasets[0] = datasets[0].replace(parts=(first.replace(warnings=(*first.warnings, text)),))
    return join(*datasets, name=name) if len(datasets) > 1 else datasets[0]


def _gap(left: tuple[int, int, int], number: int, rate: float) -> list[str]:
    lost = number - (left[2] + left[1] - left[0])
    if lost > 0:
        return [f"{lost:,} samples ({lost / rate:.3f} s) are missing before this part"]
    return [f"the sample numbers go back by {-lost:,} before this part"]


def _arrays(stream: Stream, source: Source, start: int, stop: int) -> tuple[Signal, dict[str, Signal], list[str]]:
    """Return the electrode channels, the others by kind, and what was renamed; ADC channels alone are the signal."""
    kinds = [channel.kind for channel in stream.channels]
    main = next(kind for kind in ("electrode", "adc", "aux") if kind in kinds)
    arrays: dict[str, Signal] = {}
    warnings = []
    for kind in (main, *(kind for kind in ("adc", "aux") if kind != main and kind in kinds)):
        rows = [k for k, one in enumerate(kinds) if one == kind]
        channels = [stream.channels[k] for k in rows]
        names, renamed = unique_names([plain_name(channel.name) for channel in channels])
        warnings += renamed
        frame = _INT16.itemsize * len(kinds)
        base = start * frame + _INT16.itemsize * np.array(rows, np.int64)
        extent = AffineExtent(source, _INT16, stop - start, base, frame)
        units, gain = _scale(channels)
        arrays[kind] = signal_of(extent, stream.rate, units=units, names=names, gain=gain)
    return arrays.pop(main), arrays, warnings


def _scale(channels: Sequence[StreamChannel]) -> tuple[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Return the unit of some channels and their gains in it."""
    exponent = {"uV": -6, "mV": -3, "V": 0}
    units = channels[0].units
    gains = [one.gain * 10.0 ** (exponent[one.units] - exponent[units]) for one in channels]
    return units, np.array(gains)


def _name(stream: Stream) -> str:
    own = stream.recording
    words = dict.fromkeys([own.session, own.node.replace(" ", ""), own.experiment, own.recording])
    if len(own.streams) > 1:
        words[stream.stream_name] = None
    return "_".join(word for word in words if word)


def _notes(stream: Stream, numbers: Numbers, happened: Happened) -> list[str]:
    """Return the messages, each with its time from the first sample."""
    return [
        text if number is None else f"{(number - numbers.first) / stream.rate:.3f} s: {text}"
        for number, text in happened.messages
    ]


def _metadata(stream: Stream, numbers: Numbers) -> dict[str, Any]:
    own = stream.recording
    return {
        "gui_version": str(own.structure.get("GUI version", "")),
        "node": own.node,
        "experiment": own.experiment,
        "recording": own.recording,
        "stream": stream.folder_name,
        "processor": stream.processor,
        "first_sample_number": numbers.first,
        "folder": os.path.basename(own.folder),
    }
