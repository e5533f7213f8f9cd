"""Traces: channels above each other over a stretch of time, with seams, events and intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.checks import check_dataset, check_number
from ecogcat.dataset import Dataset
from ecogcat.plot.events import draw_event_ticks
from ecogcat.plot.measures import envelope
from ecogcat.plot.strip import draw_intervals, draw_seams, draw_strip
from ecogcat.plot.style import (
    FONT,
    INK,
    axes_inches,
    new_axes,
    nice_number,
    number_text,
    style,
    unit_text,
)
from ecogcat.signal import Signal

__all__ = ["plot_traces"]

_DEFAULT_CHANNELS = 16
_DEFAULT_S = 2.0


def plot_traces(
    dataset: Dataset,
    start: float | None = None,
    stop: float | None = None,
    *,
    unit: str = "samples",
    channels: Any = None,
    by: str | None = None,
    spacing: float | None = None,
    ax: Any = None,
) -> Any:
    """Draw channels above each other; seams are dashed lines, events ticks below, intervals shaded.

    Parameters
    ----------
    dataset : Dataset
    start, stop : float, optional
        What to draw; by default two seconds around the first seam, or from the start.
    unit : {"samples", "s"}
        Of start and stop.
    channels : int, slice, list or mask, optional
        By default up to 16, spread over all.
    by : str, optional
        Condition that colours the events; the one that tells most of them apart by default.
    spacing : float, optional
        Distance between traces in the dataset's units.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    IndexError
        If the stretch or a channel lies outside of the dataset.
    TypeError, ValueError
        If samples are no whole numbers, or no channel is asked for.
    """
    check_dataset(dataset, "plot_traces")
    first, last = _window(dataset, start, stop, unit)
    rows = _rows(dataset.signal, channels)
    if not len(rows):
        raise ValueError(f"{dataset.name}: there is no channel to draw")
    with style():
        height = min(9.0, 1.3 + max(0.26 * len(rows), 0.8))
        ax = new_axes(ax, 7.2, height, (0.75, 0.85, 0.42, 0.35))
        return _draw(ax, dataset, rows, first, last, by, spacing)


def _window(dataset: Dataset, start: float | None, stop: float | None, unit: str) -> tuple[int, int]:
    check_number(start, "start", none=True)
    check_number(stop, "stop", none=True)
    if unit not in ("samples", "s"):
        raise ValueError(f'the unit of time is "samples" or "s", not {unit!r}')
    if unit == "samples" and any(edge is not None and edge != int(edge) for edge in (start, stop)):
        raise TypeError(f"samples are whole numbers, not {start} and {stop}; unit='s' takes seconds")
    factor = dataset.sampling_rate if unit == "s" else 1
    length = round(_DEFAULT_S * dataset.sampling_rate)
    if start is None and stop is None:
        middle = dataset.seams[0].sample if dataset.seams else length // 2
        first = max(0, min(middle - length // 2, dataset.n_samples - length))
        return first, min(dataset.n_samples, first + length)
    first = 0 if start is None else round(start * factor)
    last = min(dataset.n_samples, first + length) if stop is None else round(stop * factor)
    if not 0 <= first < last <= dataset.n_samples:
        raise IndexError(f"samples {first} to {last} are no stretch of a dataset of {dataset.n_samples:,} samples")
    return first, last


def _rows(signal: Signal, channels: Any) -> NDArray[np.int64]:
    every = np.arange(signal.n_channels)
    if channels is None:
        n = min(_DEFAULT_CHANNELS, len(every))
        return every[np.unique(np.linspace(0, len(every) - 1, n).round().astype(int))] if n else every
    return np.atleast_1d(every[channels])


def _draw(
    ax: Any, dataset: Dataset, rows: NDArray[np.int64], first: int, last: int, by: str | None, spacing: float | None
) -> Any:
    width, height = axes_inches(ax)
    values = dataset.signal.read(rows, first, last)
    samples, values = envelope(values, int(width * 440))
    unit = dataset.sampling_rate
    times = (first + samples) / unit
    middle = np.nan_to_num(_quantile(values, 0.5))
    if spacing is None:
        spread = _quantile(values, 0.99) - _quantile(values, 0.01)
        spread = spread[np.isfinite(spread) & (spread > 0)]
        spacing = 0.9 * float(np.median(spread)) if len(spread) else 1.0
    base = spacing * np.arange(len(rows))[::-1]
    line_width = 0.55 if len(rows) <= 40 else 0.35
    for row, offset, centre in zip(values, base, middle, strict=True):
        ax.plot(times, row - centre + offset, color=INK, linewidth=line_width, rasterized=len(times) > 20000)
    has_events = len(dataset.events) > 0
    room = 0.22 / height * (len(rows) + 1) if has_events else 0.0
    low, high = -spacing * (1.0 + room), spacing * (len(rows) - 1 + 1.0)
    ax.set_ylim(low, high)
    ax.set_xlim(first / unit, last / unit)
    _label_channels(ax, [dataset.signal.channel_names[row] for row in rows], base, height)
    draw_strip(ax, dataset, first, last, 1.0)
    draw_intervals(ax, dataset, first, last, 1.0)
    draw_seams(ax, dataset, first, last, 1.0)
    if has_events:
        draw_event_ticks(ax, dataset, first, last, 1.0, by)
    _scale_bar(ax, nice_number(1.2 * spacing), dataset.units, low, high)
    ax.spines["left"].set_visible(False)
    ax.ticklabel_format(axis="x", useOffset=False, style="plain")
    ax.set_xlabel("time in the dataset (s)")
    return ax


def _quantile(values: NDArray[Any], q: float) -> NDArray[np.float64]:
    """Return a quantile of each row; NaN, without a warning, where a row has no number."""
    result = np.full(len(values), np.nan)
    some = np.isfinite(values).any(1)
    if some.any():
        result[some] = np.nanquantile(values[some].astype(np.float64), q, axis=1)
    return result


def _label_channels(ax: Any, names: list[str], base: NDArray[Any], height: float) -> None:
    """Name the channels, or as many of them as can be read."""
    every = max(1, -(-len(names) * 8 // int(max(8, height * 72 * 0.9))))
    size = FONT - 1 if len(names) > 20 else FONT
    ax.set_yticks(base[::every], names[::every], size=size)
    ax.tick_params(axis="y", length=0)


def _scale_bar(ax: Any, value: float, units: str, low: float, high: float) -> None:
    """Draw a bar of `value` units to the right of the traces, from the bottom up."""
    from matplotlib.transforms import blended_transform_factory

    width, _ = axes_inches(ax)
    place = blended_transform_factory(ax.transAxes, ax.transData)
    at, start = 1 + 0.08 / width, low + 0.5 * (high - low) - 0.5 * value
    ax.plot(
        [at, at],
        [start, start + value],
        transform=place,
        color=INK,
        linewidth=1.6,
        clip_on=False,
        solid_capstyle="butt",
    )
    ax.text(
        1 + 0.14 / width,
        start + value / 2,
        f"{number_text(value)} {unit_text(units)}".strip(),
        transform=place,
        va="center",
        ha="left",
        color=INK,
    )
