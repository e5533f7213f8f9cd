"""Detection: the logic lines that mark events, and the events found on them."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.parts import Part, aligned_length, aligned_start, rate_ratio
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.triggers.edges import Edges, any_high, debounced, far_apart, find_edges, long_enough, soonest
from ecogcat.triggers.levels import Line

__all__ = ["detect_events", "with_detected"]

_KEEP = 64 << 20  # bytes of lines that are kept between the passes over them
_EDGES = ("rising", "falling", "both")
_COMBINE = ("any", "each")
_UNITS = ("samples", "s")
_REGULAR = (None, "drop", "warn", "raise")


def detect_events(
    dataset: Dataset,
    source: str = "adc",
    channel: int | str | Sequence[int | str] = 0,
    threshold: float = 0.5,
    *,
    edge: Literal["rising", "falling", "both"] = "rising",
    levels: tuple[float, float] | Sequence[tuple[float, float]] | None = None,
    combine: Literal["any", "each"] = "any",
    min_width: float = 0,
    debounce: float = 0,
    min_interval: float = 0,
    regular: Literal["drop", "warn", "raise"] | None = None,
    unit: Literal["samples", "s"] = "samples",
    block_length: int | None = None,
) -> Events:
    """Find events on the trigger lines of a dataset.

    Each recording is looked at by itself, and its levels are its own: a line that is high when a recording starts, or
    at a seam, makes no event there. Lines are streamed; the result does not depend on the length of the blocks.

    Parameters
    ----------
    dataset : Dataset
    source : str
        Aligned array that the line is a channel of (`adc`, `dig`, ...), or "signal", "ground", "reference_channels".
    channel : int or str, or several
        Index or name of the line.
    threshold : float
        Between 0, the low level, and 1, the high one.
    edge : {"rising", "falling", "both"}
        Changes that are events. A rising one is at the first sample at or above the threshold, a falling one at the
        first at or below it. With "both", the column `edge` of the table says which.
    levels : (low, high), or one pair a line, optional
        In units of the line. By default they are found, and a line without two distinct levels has no events.
    combine : {"any", "each"}
        Several lines are high where any is; or each has its own events, and the column `line` names it.
    min_width : float
        States that last less are no changes: a glitch is left out.
    debounce : float
        Changes sooner than this after one that counts are left out: of a bouncing contact the first counts.
    min_interval : float
        Events sooner than this after one that was kept are left out.
    regular : {"drop", "warn", "raise"}, optional
        What is done about events that come sooner after another than half of the usual interval. None: nothing.
    unit : {"samples", "s"}
        Of `min_width`, `debounce` and `min_interval`; samples are those of the signal.
    block_length : int, optional
        Samples of the line read at a time.

    Returns
    -------
    Events
        On the signal's clock. `origin` says where they come from: source, channel, threshold, edge, levels (None where
        there are none), method ("found", "followed" along a drift, "given", or "logic" of booleans), rules, file.

    Raises
    ------
    KeyError, IndexError
        If there is no such array or channel; the message lists those there are.
    ValueError
        If an argument is none of those above; or if events are irregular, with ``regular="raise"``.
    TypeError
        If a time in samples is no whole number.

    Examples
    --------
    >>> import ecogcat as ec
    >>> line = 2 * [0.0, 0.1, 0.0, 0.0, 3.2, 3.3, 3.3, 0.1]
    >>> dataset = ec.from_array([[0.0] * 16], 1000, aligned={"adc": line})
    >>> events = ec.detect_events(dataset)
    >>> events.sample
    array([ 4, 12])
    >>> ec.with_events(dataset, events).events
    <Events 2>
    """
    check_dataset(dataset, "detect_events")
    array = _array(dataset, source)
    several = not isinstance(channel, str) and np.ndim(channel) > 0
    wanted: Any = channel if several else [channel]
    rows = [_row(array, source, one) for one in wanted]
    if not rows or len(set(rows)) < len(rows):
        raise ValueError(f"a trigger has at least one line, and each once; got channel={channel!r}")
    if not 0 < threshold < 1:
        raise ValueError(f"the threshold lies between 0, the low level, and 1, the high one; got {threshold!r}")
    for name, value, allowed in (
        ("edge", edge, _EDGES),
        ("combine", combine, _COMBINE),
        ("regular", regular, _REGULAR),
        ("unit", unit, _UNITS),
    ):
        if value not in allowed:
            raise ValueError(f"{name} is one of {', '.join(map(repr, allowed))}, not {value!r}")
    if block_length is not None and operator.index(block_length) < 1:
        raise ValueError(f"blocks have a length of at least 1, not {block_length}")
    rules = {"min_width": min_width, "debounce": debounce, "min_interval": min_interval}
    for name, length in rules.items():
        if not (math.isfinite(length) and length >= 0):
            raise ValueError(f"{name} is a time of 0 or more, not {length!r}")
        if unit == "samples" and length != int(length):
            raise TypeError(f"{name}: samples are whole numbers, not {length}; unit='s' takes seconds")
    ratio = rate_ratio(array.sampling_rate, dataset.sampling_rate)
    scale = array.sampling_rate if unit == "s" else float(ratio)
    lines = array.take(rows)
    given = _given(levels, len(rows))
    firsts = np.concatenate([[0], np.cumsum(aligned_length(dataset.parts, ratio))]).tolist()
    asked = {
        "source": source,
        "channel": lines.channel_names if several else lines.channel_names[0],
        "threshold": float(threshold),
        "edge": edge,
        **({"combine": combine} if len(rows) > 1 else {}),
        **{name: f"{length:g} {unit}" for name, length in rules.items() if length},
    }
    samples: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    labels: list[dict[str, NDArray[Any]]] = []
    origins: list[dict[str, Any]] = []
    for part, start, stop in zip(dataset.parts, firsts[:-1], firsts[1:], strict=True):
        if part.kind == "gap":
            continue
        found = _edges(lines.cut(start, stop), float(threshold), given, block_length)
        origin = asked | _told(found, several) | {"file": part.paths[0] if part.paths else None}
        widths = {name: length * scale for name, length in rules.items()}
        at, columns, told = _events(found, lines.channel_names, part, stop - start, edge, combine, widths, regular)
        first = aligned_start(part.file_start, ratio)
        # The signal's sample to which the line's belongs, as cuts in time have it: never outside of the part.
        own = [(first + k) * ratio.denominator // ratio.numerator - part.file_start + part.start for k in at.tolist()]
        samples.append(np.array(own, np.int64))
        labels.append(columns)
        origins.append(origin | told)
    names = labels[0] if labels else ()
    text = pd.Series(["text"]).dtype  # pandas' type of it, also where there are no events
    table = {name: pd.Series(np.concatenate([columns[name] for columns in labels]), dtype=text) for name in names}
    return Events(np.concatenate(samples), table or None, origins)


def with_detected(dataset: Dataset, events: Events) -> Dataset:
    """Attach events as they were detected, and warn of recordings in which no line has two levels.

    Parameters
    ----------
    dataset : Dataset
    events : Events
        What `detect_events` returned of this dataset.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[0.0] * 9], 1000, aligned={"adc": [0.0] * 9})
    >>> with_detected(dataset, ec.detect_events(dataset)).parts[0].warnings
    ('no two levels on adc0: no events were found',)
    """
    parts, told = [], iter(events.origins)
    for part in dataset.parts:
        origin = next(told, None) if part.kind == "recording" else None
        if origin is not None and part.n_samples and _levelless(origin["method"]):
            names = origin["channel"] if isinstance(origin["channel"], tuple) else (origin["channel"],)
            text = f"no two levels on {', '.join(map(str, names))}: no events were found"
            part = part.replace(warnings=(*part.warnings, text))
        parts.append(part)
    return dataset.replace(events=events).replace(parts=parts)


def _levelless(method: Any) -> bool:
    return all(one is None for one in method) if isinstance(method, tuple) else method is None


def _array(dataset: Dataset, source: str) -> Signal:
    arrays = {"signal": dataset.signal, **dataset.arrays()}
    if source not in arrays:
        raise KeyError(f"no array {source!r} to find events on; there are: {', '.join(sorted(arrays))}")
    if arrays[source].dtype.kind not in "biuf":
        raise ValueError(f"a trigger line has real numbers; those of {source!r} are {arrays[source].dtype}")
    return arrays[source]


def _row(array: Signal, source: str, channel: int | str) -> int:
    names = array.channel_names
    listed = ", ".join(f"{k} ({name})" for k, name in enumerate(names[:64])) + (", ..." if len(names) > 64 else "")
    if isinstance(channel, str):
        if channel not in names:
            raise KeyError(f"no channel {channel!r} in {source!r}; there are: {listed or 'none'}")
        return names.index(channel)
    index = operator.index(channel)
    if not -len(names) <= index < len(names):
        raise IndexError(f"no channel {index} in {source!r}; there are: {listed or 'none'}")
    return index % len(names)


def _given(levels: Any, n_lines: int) -> list[tuple[float, float] | None]:
    if levels is None:
        return [None] * n_lines
    pairs = np.asarray(levels, np.float64)
    pairs = np.tile(pairs, (n_lines, 1)) if pairs.shape == (2,) else pairs
    if pairs.shape != (n_lines, 2) or not np.isfinite(pairs).all() or not (pairs[:, 0] < pairs[:, 1]).all():
        raise ValueError(f"levels are (low, high) with low < high, or one such pair for each line; got {levels!r}")
    return [(float(low), float(high)) for low, high in pairs]


def _edges(
    lines: Signal, threshold: float, given: Sequence[tuple[float, float] | None], length: int | None
) -> list[Edges]:
    """Return the edges of each line of a part."""
    n_lines, n_samples = lines.shape
    limit = settings.memory_limit()
    most = _KEEP if limit is None else min(_KEEP, limit // 2)
    if length is None:
        length = max(1, min(lines.block_length(), most // (8 * n_lines)))
    kept = lines.read(dtype=np.float64) if 8 * lines.size <= most else None
    logic = lines.dtype.kind == "b"

    def line(row: int) -> Iterator[tuple[int, NDArray[np.float64]]]:
        for start in range(0, n_samples, length):
            if kept is not None:
                yield start, kept[row, start : start + length]
            else:
                yield start, lines.read([row], start, start + length, dtype=np.float64)[0]

    found = []
    for row in range(n_lines):
        streamed: Line = partial(line, row)
        step = max(_step(piece, row) for piece in lines.pieces)
        found.append(find_edges(streamed, n_samples, threshold, given[row], logic=logic, step=step))
    return found


def _step(piece: Piece, row: int) -> float:
    """Return what a stored number more makes of a value, 0 where it is no converter's: unscaled, or not an integer."""
    if piece.gain is None or piece.channels[row] < 0 or piece.extent.dtype.kind not in "iu":
        return 0.0
    return abs(float(piece.gain[row])) * 10.0**piece.exponent


def _told(found: Sequence[Edges], several: bool) -> dict[str, Any]:
    levels = [None if one.levels is None else one.levels.pair for one in found]
    methods = [None if one.levels is None else one.levels.method for one in found]
    return {"levels": tuple(levels) if several else levels[0], "method": tuple(methods) if several else methods[0]}


def _events(
    found: Sequence[Edges],
    names: Sequence[str],
    part: Part,
    n_samples: int,
    edge: str,
    combine: str,
    rules: dict[str, float],
    regular: str | None,
) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the events of a part in samples of the line, what is known of each, and what the rules did."""
    streams = list(found) if combine == "each" else [any_high(found)]
    samples, rising, lines = [], [], []
    told: dict[str, Any] = {} if regular is None else {"regular": regular}
    dropped = 0
    for k, edges in enumerate(streams):
        if rules["min_width"]:
            edges = long_enough(edges, rules["min_width"], n_samples)
        if rules["debounce"]:
            edges = debounced(edges, rules["debounce"])
        picked = np.ones(len(edges.samples), bool) if edge == "both" else edges.rising == (edge == "rising")
        at, up = edges.samples[picked], edges.rising[picked]
        kept = far_apart(at, rules["min_interval"])
        at, up = at[kept], up[kept]
        if regular is not None:
            even = far_apart(at, soonest(at))
            if not even.all():
                if regular != "drop":
                    _irregular(part, at, even, regular)
                else:
                    dropped += int((~even).sum())
                    at, up = at[even], up[even]
        samples.append(at)
        rising.append(up)
        lines.append(np.full(len(at), k))
    if regular == "drop":
        told["dropped"] = dropped
    at, up, line = np.concatenate(samples), np.concatenate(rising), np.concatenate(lines)
    order = np.argsort(at, kind="stable")
    columns: dict[str, NDArray[Any]] = {}
    if edge == "both":
        columns["edge"] = np.where(up[order], "rising", "falling").astype(object)
    if combine == "each" and len(names) > 1:
        columns["line"] = np.array(names, object)[line[order]]
    return at[order], columns, told


def _irregular(part: Part, at: NDArray[np.int64], even: NDArray[np.bool_], regular: str) -> None:
    early = at[~even]
    text = (
        f"{part.name}: {len(early)} of {len(at)} events come less than half of the usual interval after another, the "
        f'first at sample {early[0]} of the line. Give debounce= or min_interval=, or regular="drop" to leave them out'
    )
    if regular == "raise":
        raise ValueError(text)
    warnings.warn(text, stacklevel=4)
