"""Events in pictures: when they happened, under which condition, in which part."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.plot.strip import draw_intervals, draw_seams, draw_strip
from ecogcat.plot.style import (
    FONT,
    RULE,
    axes_inches,
    colours_of,
    default_condition,
    level_text,
    new_axes,
    style,
    time_scale,
)

__all__ = ["draw_event_ticks", "plot_events"]

_MOST_ROWS = 12


def plot_events(dataset: Dataset, by: str | None = None, *, ax: Any = None) -> Any:
    """Draw the events over time, one row a value of a condition; parts are named above, intervals shaded.

    Parameters
    ----------
    dataset : Dataset
    by : str, optional
        Condition; the one that tells most events apart by default.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    KeyError
        If the events have no such condition.
    """
    check_dataset(dataset, "plot_events")
    by = _condition(dataset, by)
    with style():
        ax = new_axes(ax, 7.2, 2.2, (0.75, 0.25, 0.42, 0.38))
        return _draw(ax, dataset, by)


def _condition(dataset: Dataset, by: str | None) -> str | None:
    if by is not None:
        dataset.events.conditions(by)  # refuses a condition that does not exist
        return by
    return default_condition(dataset.events.table)


def _draw(ax: Any, dataset: Dataset, by: str | None) -> Any:
    scale, name = time_scale(dataset.duration)
    unit = dataset.sampling_rate * scale
    codes, labels = _coded(dataset, by)
    times = dataset.events.sample / unit
    if len(labels) <= _MOST_ROWS:
        for code, colour in enumerate(colours_of(labels)):
            some = times[codes == code]
            ax.plot(
                some,
                np.full(len(some), code),
                "|",
                color=colour,
                markersize=_tick(ax, len(labels)),
                markeredgewidth=0.9,
            )
        texts = [level_text(by, label) for label in labels] if by else [""] * len(labels)
        if (codes < 0).any():
            some = times[codes < 0]
            ax.plot(some, np.full(len(some), -1), "|", color=RULE, markersize=_tick(ax, len(labels) + 1))
        rows = range(-1 if (codes < 0).any() else 0, len(labels))
        ax.set_yticks(rows, ["missing", *texts] if len(rows) > len(labels) else texts)
        ax.set_ylim(rows[0] - 0.7 if rows else -0.7, len(labels) - 0.3)
    else:
        values = np.arange(len(labels)) if not _numeric(labels) else np.array(labels, float)
        ax.plot(times[codes >= 0], values[codes[codes >= 0]], ".", markersize=3, color=colours_of(["x"])[0])
        if not _numeric(labels):
            ax.set_yticks([])
    if len(dataset.events) == 0:
        ax.text(0.5, 0.5, "no events", transform=ax.transAxes, ha="center", va="center", color=RULE)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
    else:
        ax.set_ylabel(by or "events")
    ax.set_xlim(0, dataset.n_samples / unit)
    ax.set_xlabel(f"time in the dataset ({name})")
    draw_strip(ax, dataset, 0, dataset.n_samples, scale)
    draw_intervals(ax, dataset, 0, dataset.n_samples, scale)
    draw_seams(ax, dataset, 0, dataset.n_samples, scale)
    return ax


def _numeric(labels: list[Any]) -> bool:
    return all(isinstance(label, (int, float, np.number)) for label in labels)


def _tick(ax: Any, n_rows: int) -> float:
    """Return the height, in points, of a tick that does not reach into the next row."""
    return float(np.clip(axes_inches(ax)[1] * 72 / (n_rows + 0.4) * 0.7, 2.0, 12.0))


def _coded(dataset: Dataset, by: str | None) -> tuple[Any, list[Any]]:
    if by is None:
        return np.zeros(len(dataset.events), np.int64), [None] if len(dataset.events) else []
    codes, table = dataset.events.conditions(by)
    return codes, table[by].tolist()


def draw_event_ticks(ax: Any, dataset: Dataset, start: int, stop: int, scale: float, by: str | None) -> None:
    """Draw the events between two samples as ticks at the foot of traces, with a legend of the conditions."""
    from matplotlib.lines import Line2D

    by = _condition(dataset, by)
    codes, labels = _coded(dataset, by)
    samples = dataset.events.sample
    inside = (samples >= start) & (samples < stop)
    unit = dataset.sampling_rate * scale
    _, height = axes_inches(ax)
    colours = colours_of(labels)
    shown = []
    for code in [*range(len(labels)), -1]:
        some = samples[inside & (codes == code)] / unit
        if not len(some):
            continue
        colour = RULE if code < 0 else colours[code]
        ax.vlines(some, 0, 0.17 / height, transform=ax.get_xaxis_transform(), colors=[colour], linewidth=1.8, zorder=6)
        ax.vlines(some, 0, 1, transform=ax.get_xaxis_transform(), colors=[colour], linewidth=0.5, alpha=0.5, zorder=0)
        shown.append((colour, "?" if code < 0 else level_text(by, labels[code])))
    if by is None or not shown or len(shown) > 8:
        return
    handles = [Line2D([], [], color=colour, linewidth=1.8, label=text) for colour, text in shown]
    width, _ = axes_inches(ax)
    legend = ax.legend(
        handles=handles,
        title=by,
        loc="lower left",
        bbox_to_anchor=(1 + 0.04 / width, -0.02),
        borderaxespad=0,
        handlelength=0.9,
        handletextpad=0.4,
        labelspacing=0.25,
        fontsize=FONT,
        alignment="left",
    )
    legend.set_in_layout(False)
