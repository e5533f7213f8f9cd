"""One stream of a neo reader as a dataset: its segments as parts, its events, its scales."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError
from ecogcat.events import Events
from ecogcat.formats.naming import unique_names
from ecogcat.formats.neo.reader import NeoReader, Recipe, opened
from ecogcat.frozen import index_array
from ecogcat.joining.join import join
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.reader import ReaderExtent
from ecogcat.units import default_units, parse_unit, power_of_ten

__all__ = ["NeoStream", "dataset_of", "streams_of"]


class NeoStream(NamedTuple):
    """One stream: its number and name, and what neo's header says of its channels."""

    number: int
    name: str
    channels: Any
    sizes: tuple[int, ...]

    @property
    def rate(self) -> float:
        """Hz."""
        return float(self.channels["sampling_rate"][0])

    @property
    def units(self) -> str:
        """That of the first channel."""
        return parse_unit(str(self.channels["units"][0])).symbol


class _Segment(NamedTuple):
    number: int
    n_samples: int
    start: float
    clock: np.datetime64 | None
    events: list[tuple[float, str, str]]
    epochs: list[tuple[float, float, str]]


def streams_of(recipe: Recipe, block: int) -> list[NeoStream]:
    """Return the streams of a recording that have channels.

    Raises
    ------
    FormatError
        If neo cannot say.
    """
    with opened(recipe) as one, _said_by_neo(recipe):
        header, found = one.rawio.header, []
        names = [str(name) for name in header["signal_streams"]["name"]]
        for index, (name, id_) in enumerate(zip(names, header["signal_streams"]["id"], strict=True)):
            channels = header["signal_channels"][header["signal_channels"]["stream_id"] == id_]
            if len(channels):
                segments = range(one.rawio.segment_count(block))
                sizes = tuple(int(one.rawio.get_signal_size(block, segment, index)) for segment in segments)
                unique = name if name and names.count(name) == 1 else f"{name} {id_}".strip()
                found.append(NeoStream(index, unique, channels, sizes))
        return found


class _said_by_neo:
    """Turns whatever neo raises into an error of ours that names the recording."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, FormatError):
            found = " ".join(f"{type(error).__name__}: {error}".split())
            raise FormatError(
                f"neo's {self.recipe.rawio} cannot read this", path=self.recipe.path, found=found
            ) from error


def dataset_of(recipe: Recipe, stream: NeoStream, block: int) -> Dataset:
    """Return the dataset of one stream: a part a segment.

    Raises
    ------
    FormatError
        If there is no sample, or neo cannot read what it has to.
    """
    with opened(recipe) as one, _said_by_neo(recipe):
        warnings = list(one.warnings)
        segments = _segments(one.rawio, stream, block)
    kept = [segment for segment in segments if segment.n_samples > 0]
    if not kept:
        raise FormatError(
            f"stream {stream.name!r} holds no sample",
            path=recipe.path,
            expected="at least one",
            found=f"{len(segments)} segments of none",
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    if len(kept) < len(segments):
        warnings.append(f"{len(segments) - len(kept)} of {len(segments)} segments hold no sample: left out")
    names, renamed = unique_names([str(name) for name in stream.channels["name"]])
    warnings += renamed
    name = os.path.basename(recipe.path)
    stem = name if os.path.isdir(recipe.path) else os.path.splitext(name)[0]
    datasets = []
    for k, segment in enumerate(kept):
        signal, aligned = _signals(recipe, stream, block, segment, names)
        odd = warnings if k == 0 else []
        events, intervals = _events(segment, stream.rate, odd)
        datasets.append(
            Dataset.of(
                signal,
                name=stem if len(kept) == 1 else f"{stem}_segment{segment.number}",
                source_channels=_rows_of(stream.channels, stream.units),
                aligned=aligned,
                events=events,
                intervals=intervals,
                paths=tuple(source.path for source in recipe.sources),
                format="neo",
                recorded_at=segment.clock,
                warnings=tuple(odd),
                metadata={
                    "rawio": recipe.rawio,
                    "stream": stream.name,
                    "block": block,
                    "segment": segment.number,
                    "t_start": segment.start,
                },
            )
        )
    return datasets[0] if len(datasets) == 1 else join(*datasets, name=stem)


def _segments(rawio: Any, stream: NeoStream, block: int) -> list[_Segment]:
    found: list[_Segment] = []
    for number, n_samples in enumerate(stream.sizes):
        start = float(rawio.get_signal_t_start(block, number, stream.number)) if n_samples else 0.0
        events, epochs = _marks(rawio, block, number)
        found.append(_Segment(number, n_samples, start, None, events, epochs))
    return _with_clocks(found, (getattr(rawio, "raw_annotations", None) or {}).get("blocks", [])[block : block + 1])


def _with_clocks(segments: list[_Segment], noted: Sequence[Any]) -> list[_Segment]:
    """Return segments with the wall-clock times of neo's annotations.

    One that has none of its own began as much later, than one that has, as their times in the recording say.
    """
    block = noted[0] if noted else {}
    clocks = [_time(one.get("rec_datetime")) for one in block.get("segments", [])][: len(segments)]
    clocks += [None] * (len(segments) - len(clocks))
    first = next((one for one in segments if one.n_samples), None)
    if first is None:
        return segments
    if not any(clock is not None for clock in clocks):
        clocks[first.number] = _time(block.get("rec_datetime"))
    known = next(((one, clock) for one, clock in zip(segments, clocks, strict=True) if clock is not None), None)
    if known is None:
        return segments
    anchor, time = known
    later = [time + np.timedelta64(round((one.start - anchor.start) * 1e9), "ns") for one in segments]
    return [
        one._replace(clock=guess if clock is None else clock)
        for one, clock, guess in zip(segments, clocks, later, strict=True)
    ]


def _time(value: Any) -> np.datetime64 | None:
    """Return a date of neo's annotations, None where there is none that can be read."""
    times = pd.to_datetime(pd.Series([value], dtype=object), errors="coerce", utc=True)
    return None if times.isna().all() else times.dt.tz_localize(None).to_numpy("datetime64[ns]")[0]


def _marks(rawio: Any, block: int, segment: int) -> tuple[list[tuple[float, str, str]], list[tuple[float, float, str]]]:
    """Return the events (s, channel, label) and the epochs (s, duration, label) of a segment."""
    events: list[tuple[float, str, str]] = []
    epochs: list[tuple[float, float, str]] = []
    for k, channel in enumerate(rawio.header["event_channels"]):
        if not rawio.event_count(block, segment, k):
            continue
        stamps, durations, labels = rawio.get_event_timestamps(block, segment, k)
        times = rawio.rescale_event_timestamp(stamps, "float64", k).tolist()
        name, words = str(channel["name"]), [str(label) for label in labels]
        if channel["type"] in (b"epoch", "epoch") and durations is not None:
            lengths = rawio.rescale_epoch_duration(durations, "float64", k).tolist()
            epochs += [(time, length, word or name) for time, length, word in zip(times, lengths, words, strict=True)]
        else:
            events += [(time, name, word) for time, word in zip(times, words, strict=True)]
    return sorted(events), sorted(epochs)


def _events(segment: _Segment, rate: float, odd: list[str]) -> tuple[Events | None, pd.DataFrame | None]:
    """Return the events and the intervals that lie in a segment's samples; count the others."""
    placed = [(round((time - segment.start) * rate), name, word) for time, name, word in segment.events]
    inside = [one for one in placed if 0 <= one[0] < segment.n_samples]
    if len(inside) < len(placed):
        odd.append(f"{len(placed) - len(inside)} of {len(placed)} events lie outside of the samples: left out")
    spans = [
        (round((time - segment.start) * rate), round((time + length - segment.start) * rate), word)
        for time, length, word in segment.epochs
    ]
    whole = [(start, max(start, stop), word) for start, stop, word in spans if start >= 0 and stop <= segment.n_samples]
    if len(whole) < len(spans):
        odd.append(f"{len(spans) - len(whole)} of {len(spans)} epochs do not lie in the samples: left out")
    events = None
    if inside:
        samples, names, words = zip(*inside, strict=True)
        events = Events(index_array(samples), {"channel": names, "label": words}, {"reader": "neo"})
    table = pd.DataFrame(whole, columns=["start", "stop", "label"]) if whole else None
    return events, table


def _rows_of(channels: Any, units: str) -> list[int]:
    """Return the channels that measure what a unit does."""
    quantity = parse_unit(units).quantity
    return [k for k, unit in enumerate(channels["units"]) if parse_unit(str(unit)).quantity == quantity]


def _signals(
    recipe: Recipe, stream: NeoStream, block: int, segment: _Segment, names: Sequence[str]
) -> tuple[Signal, dict[str, Signal]]:
    """Return the signal, and channels that measure something else by their units."""
    channels = stream.channels
    reader = NeoReader(recipe, block, segment.number, stream.number)
    extent = ReaderExtent(reader, len(channels), segment.n_samples, np.dtype(str(channels["dtype"][0])), recipe.sources)
    kinds = list(dict.fromkeys(parse_unit(str(unit)).quantity for unit in channels["units"]))
    arrays: dict[str, Signal] = {}
    for kind in kinds:
        rows = [k for k, unit in enumerate(channels["units"]) if parse_unit(str(unit)).quantity == kind]
        own = parse_unit(str(channels["units"][rows[0]])).symbol
        units = default_units(own) if not arrays else own
        # The header's scale, brought to the unit of the first where one has another prefix.
        same = [10.0 ** power_of_ten(str(channels["units"][row]), own) for row in rows]
        gain = np.array([float(channels["gain"][row]) for row in rows]) * same
        offset = np.array([float(channels["offset"][row]) for row in rows]) * same
        if not (np.isfinite(gain).all() and np.isfinite(offset).all()):
            raise FormatError(
                "a channel's scale is no number", path=recipe.path, expected="gain and offset", found="nan"
            )
        piece = Piece.whole(extent).take(index_array(rows))
        piece = Piece(
            *(extent, piece.channels, 0, segment.n_samples, np.dtype(np.float32)),
            *(gain, offset, power_of_ten(own, units)),
        )
        label = re.sub(r"\W+", "_", f"in_{own}".lower()).strip("_") or "in_no_unit"
        arrays["signal" if not arrays else label] = Signal(
            (piece,), stream.rate, units, tuple(names[row] for row in rows)
        )
    return arrays.pop("signal"), arrays
