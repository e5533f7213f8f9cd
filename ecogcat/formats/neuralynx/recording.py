"""A stream of Neuralynx channels as a dataset: a part a stretch without a gap, other rates and events beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecogcat.arrays import fit_aligned
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError
from ecogcat.events import Events
from ecogcat.formats.naming import unique_names
from ecogcat.formats.neuralynx.events import NlxEvents, read_events
from ecogcat.formats.neuralynx.folder import Stream
from ecogcat.joining.join import join
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.stacked import StackedExtent

__all__ = ["dataset_of", "find_events"]

_DAY = np.timedelta64(1, "D")
_SECOND = np.timedelta64(1, "s")
_MOST_MICROSECONDS = 10**15


def find_events(path: str | None) -> tuple[NlxEvents | None, list[str]]:
    """Read a file of events; if it is of no use, return what is wrong with it."""
    if path is None:
        return None, []
    try:
        events = read_events(path)
    except FormatError as error:
        return None, [f"the events of {os.path.basename(path)} are left out: {error.message}"]
    return events, list(events.odd)


def dataset_of(
    stream: Stream, name: str, others: Sequence[Stream], events: NlxEvents | None, odd: Sequence[str]
) -> Dataset:
    """Return the dataset of a stream; streams of other rates with the same gaps are aligned arrays."""
    stretches = stream.stretches()
    names, renamed = unique_names([channel.name for channel in stream.channels])
    warnings = [*odd, *stream.odd, *renamed, *_oddities(stream)]
    beside: dict[str, Stream] = {}
    for other in others:
        if other.rate != stream.rate and _in_step(stream, other):
            beside.setdefault(f"rate_{other.rate:g}hz".replace(".", "_").replace("+", ""), other)
            warnings += [*other.odd, *_oddities(other)]
        else:
            listed = ", ".join(os.path.basename(channel.files[0].header.path) for channel in other.channels[:5])
            listed += f" and {len(other.channels) - 5} more" if len(other.channels) > 5 else ""
            what = "other copies of its channels" if other.copies else "their gaps are not those of this stream"
            warnings.append(f"left out, {what}: {listed} (stream={other.name!r})")
    placed, left_out = _placed(stream, stretches, events)
    if left_out:
        warnings.append(left_out)
    clocks = _clocks(stream, stretches)
    parts = []
    for k, runs in enumerate(stretches):
        signal = _signal(stream, runs, names)
        own = list(warnings) if k == 0 else []
        arrays = {}
        for key, other in beside.items():
            labels, _ = unique_names([channel.name for channel in other.channels])
            arrays[key], problem = fit_aligned(_signal(other, other.stretches()[k], labels), signal)
            own += [f"{key}: {problem}"] if problem else []
        parts.append(
            Dataset.of(
                signal,
                name=name if len(stretches) == 1 else f"{name}_{k}",
                aligned=arrays,
                events=placed[k],
                paths=_paths(stream, runs, events),
                format="neuralynx",
                recorded_at=clocks[k],
                warnings=own,
                metadata=_metadata(stream, runs[0]),
            )
        )
    return parts[0] if len(parts) == 1 else join(*parts, name=name)


def _signal(stream: Stream, runs: Sequence[int], names: Sequence[str]) -> Signal:
    """Return the channels of a stretch, a file each."""
    units = {file.units for channel in stream.channels for file in channel.files}
    gains = [channel.gains for channel in stream.channels]
    pieces = []
    for k in runs:
        gain = [some[k] if len(units) == 1 else 1.0 for some in gains]
        extents = tuple(channel.runs[k].extent(stream.lengths[k]) for channel in stream.channels)
        extent = extents[0] if len(extents) == 1 else StackedExtent(extents)
        pieces.append(Piece.whole(extent, gain=gain, dtype=np.float32))
    return Signal(tuple(pieces), stream.rate, units.pop() if len(units) == 1 else "", tuple(names))


def _oddities(stream: Stream) -> list[str]:
    """Return what is odd about the files, each kind once, with how many files have it."""
    found: dict[str, list[str]] = {}
    for channel in stream.channels:
        for file in channel.files:
            for text in file.odd:
                found.setdefault(text, []).append(os.path.basename(file.header.path))
    units = {file.units for channel in stream.channels for file in channel.files}
    if len(units) > 1:
        found["some channels have no -ADBitVolts: values of all are the stored numbers"] = []
    return [text if not names else f"{_some(names)}: {text}" for text, names in found.items()]


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _in_step(stream: Stream, other: Stream) -> bool:
    """Whether two streams have the same stretches, to a sample of the slower one."""
    ours, theirs = stream.stretches(), other.stretches()
    apart = 1e6 / min(stream.rate, other.rate)
    first, second = stream.channels[0].runs, other.channels[0].runs
    return len(ours) == len(theirs) and all(
        abs(first[a[0]].stamp - second[b[0]].stamp) <= apart for a, b in zip(ours, theirs, strict=True)
    )


def _clocks(stream: Stream, stretches: Sequence[Sequence[int]]) -> list[np.datetime64 | None]:
    """Return when each stretch began.

    Newer systems count from 1970 by the computer's clock; then the timestamps say when sampling began, which may be a
    good while after the file was created. Of others it is the header that says when the file was created.
    """
    runs = stream.channels[0].runs
    header = stream.channels[0].files[0].header
    first = runs[0].stamp
    start = header.created
    stamped = np.datetime64(first, "us").astype("datetime64[ns]") if first < 1 << 53 else None
    if start is not None and stamped is not None:
        latest = start + _DAY if header.closed is None or header.closed < start else header.closed + _SECOND
        start = stamped if start - _SECOND <= stamped <= latest else start
    clocks: list[np.datetime64 | None] = []
    before = first
    for stretch in stretches:
        stamp = runs[stretch[0]].stamp
        if stamp < before or stamp - first > _MOST_MICROSECONDS:  # set back, or damaged: it is unknown how much later
            start = None
        before = stamp
        clocks.append(None if start is None else start + np.timedelta64(stamp - first, "us"))
    return clocks


def _placed(stream: Stream, stretches: Sequence[Sequence[int]], events: NlxEvents | None) -> tuple[list[Events], str]:
    """Return the events of each stretch at the closest samples, and what was left out."""
    if events is None:
        return [Events()] * len(stretches), ""
    runs, placed = stream.channels[0].runs, []
    free = np.ones(len(events.stamps), bool)
    for stretch in stretches:
        samples = np.full(len(events.stamps), -1, np.int64)
        before = 0
        for k in stretch:
            run, n = runs[k], stream.lengths[k]
            a_sample = (run.stop - run.stamp) / run.n_samples
            since = events.stamps - run.stamp
            here = free & (since >= 0) & (since < n * a_sample)
            samples[here] = before + np.minimum(np.floor(since[here] / a_sample + 0.5), n - 1).astype(np.int64)
            free &= ~here
            before += n
        chosen = np.flatnonzero(samples >= 0)
        order = chosen[np.argsort(samples[chosen], kind="stable")]
        table = pd.DataFrame(
            {
                "event_id": events.event_id[order],
                "ttl": events.ttl[order],
                "event_string": [events.text[i] for i in order.tolist()],
            }
        )
        origin = {"file": os.path.basename(events.path), "method": "event records"}
        placed.append(Events(samples[order], table, origin) if len(order) else Events())
    lost = np.flatnonzero(free)
    if not len(lost):
        return placed, ""
    listed = ", ".join(dict.fromkeys(repr(events.text[i]) for i in lost[:20].tolist()))
    what = f"{len(lost):,} of {len(free):,} events lie outside of the samples and are left out: {listed}"
    return placed, what


def _paths(stream: Stream, runs: Sequence[int], events: NlxEvents | None) -> tuple[str, ...]:
    used = [channel.runs[k].source.path for channel in stream.channels for k in runs]
    return tuple(dict.fromkeys([*used, *([] if events is None else [events.path])]))


def _metadata(stream: Stream, run: int) -> dict[str, Any]:
    headers = [channel.files[0].header for channel in stream.channels]
    first = headers[0]
    return {
        "stream": stream.name,
        "application": " ".join(  # Pegasus "2.1.3 "
            first.text("ApplicationName", "CheetahRev").replace('"', "").split()
        ),
        "acquisition_system": first.text("AcquisitionSystem", "HardwareSubSystemType"),
        "session_uuid": first.text("SessionUUID"),
        "time_created": "" if first.created is None else str(first.created)[:23],
        "first_timestamp_us": stream.channels[0].runs[run].stamp,
        "ad_channels": tuple(header.text("ADChannel") for header in headers),
        "reference_channels": tuple(header.text("ReferenceChannel") for header in headers),
        "input_inverted": tuple(header.text("InputInverted").lower() == "true" for header in headers),
        "highpass_hz": tuple(header.number("DspLowCutFrequency") for header in headers),
        "lowpass_hz": tuple(header.number("DspHighCutFrequency") for header in headers),
        "filter_delay_us": tuple(header.number("DspFilterDelay_µs") for header in headers),
    }
