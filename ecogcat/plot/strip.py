"""Strip: what a time axis shows beside its data: which part is which, where parts meet, and intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.plot.style import FONT, INK, SEAM, axes_inches, short_name, text_width
from ecogcat.tabulate import duration_text

__all__ = ["draw_intervals", "draw_seams", "draw_strip", "pause_text"]

_SHADES = ("#dcdcdc", "#efefef")
_INTERVALS = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#8c564b")
_MOST_LINES = 60
_PAUSE_INCHES = 1.6
_MOST_INTERVALS = 400


def draw_strip(ax: Any, dataset: Dataset, start: int, stop: int, scale: float) -> None:
    """Draw the names of the parts between two samples above the axes; the unit of time has `scale` seconds.

    A name is shortened to its part's width; parts too narrow for that are numbered, then left blank.
    """
    from matplotlib.patches import Rectangle
    from matplotlib.transforms import blended_transform_factory

    if len(dataset.parts) < 2:
        return
    width, height = axes_inches(ax)
    place = blended_transform_factory(ax.transData, ax.transAxes)
    low, tall = 1 + 0.04 / height, 0.15 / height
    per_sample = width / max(1, stop - start)
    unit = dataset.sampling_rate * scale
    for k, part in enumerate(dataset.parts):
        first, last = max(start, part.start), min(stop, part.stop)
        if first >= last:
            continue
        gap = part.kind == "gap"
        bar = Rectangle(
            (first / unit, low),
            (last - first) / unit,
            tall,
            transform=place,
            clip_on=False,
            facecolor="white" if gap else _SHADES[k % 2],
            edgecolor="#bbbbbb" if gap else "none",
            linewidth=0.4,
            linestyle=":" if gap else "-",
        )
        ax.add_patch(bar)
        inches = (last - first) * per_sample - 0.1
        name = short_name("filled pause", inches) if gap else short_name(part.name, inches) or _number(k, inches)
        if name:
            middle = (first + last) / 2 / unit
            ax.text(
                middle,
                low + 0.46 * tall,
                name,
                transform=place,
                ha="center",
                va="center",
                size=FONT,
                color=INK,
                clip_on=False,
            )


def _number(k: int, inches: float) -> str:
    return str(k) if text_width(str(k)) <= inches else ""


def draw_seams(ax: Any, dataset: Dataset, start: int, stop: int, scale: float) -> None:
    """Draw a line at each seam between two samples; with one or two of them, say how long the pause was."""
    seams = [seam for seam in dataset.seams if start < seam.sample < stop]
    if not seams:
        return
    _, height = axes_inches(ax)
    unit = dataset.sampling_rate * scale
    wide = len(seams) <= _MOST_LINES
    ax.vlines(
        np.array([seam.sample for seam in seams]) / unit,
        0,
        1 + 0.19 / height,
        transform=ax.get_xaxis_transform(),
        colors=SEAM,
        linewidth=0.9 if len(seams) <= 12 else 0.6 if wide else 0.3,
        linestyles=(0, (4, 2)) if wide else "solid",
        clip_on=False,
        zorder=5,
    )
    apart = axes_inches(ax)[0] * (seams[-1].sample - seams[0].sample) / (stop - start)
    if len(seams) == 1 or (len(seams) == 2 and apart > _PAUSE_INCHES):
        for seam in seams:
            filled = "gap" in (dataset.parts[seam.left].kind, dataset.parts[seam.right].kind)
            if seam.gap_s is not None and not filled:
                ax.text(
                    seam.sample / unit,
                    1 + 0.21 / height,
                    pause_text(seam.gap_s),
                    transform=ax.get_xaxis_transform(),
                    ha="center",
                    va="bottom",
                    color=SEAM,
                    size=FONT - 1,
                )


def draw_intervals(ax: Any, dataset: Dataset, start: int, stop: int, scale: float) -> None:
    """Shade the intervals between two samples, a colour a label; the label is written where there is room."""
    table = dataset.intervals
    table = table[(table["start"] < stop) & (table["stop"] > start)]
    if len(table) > _MOST_INTERVALS:  # the longest; of the others nothing would be seen
        table = table.loc[(table["stop"] - table["start"]).nlargest(_MOST_INTERVALS).index]
    width, height = axes_inches(ax)
    unit, per_sample = dataset.sampling_rate * scale, width / max(1, stop - start)
    labels = sorted(map(str, dataset.intervals["label"].unique()))
    rows: list[Any] = list(table.itertuples(index=False))
    for row in rows:
        first, last, label = max(start, row.start), min(stop, row.stop), str(row.label)
        colour = _INTERVALS[labels.index(label) % len(_INTERVALS)]
        ax.axvspan(first / unit, last / unit, facecolor=colour, alpha=0.22, edgecolor="none", zorder=-1)
        name = short_name(label, (last - first) * per_sample - 0.06)
        if name:
            place = {"transform": ax.get_xaxis_transform(), "ha": "center", "va": "top", "size": FONT - 1}
            ax.text((first + last) / 2 / unit, 1 - 0.03 / height, name, color=INK, clip_on=True, zorder=7, **place)


def pause_text(seconds: float) -> str:
    """Return the wall-clock time between two parts in words.

    Examples
    --------
    >>> pause_text(223.0), pause_text(0.0), pause_text(-0.5)
    ('pause of 3 min 43 s', 'no pause', 'clocks overlap by 0.5 s')
    """
    text = duration_text(abs(seconds) if abs(seconds) < 60 else round(abs(seconds)))
    if abs(seconds) < 1e-4:
        return "no pause"
    return f"pause of {text}" if seconds > 0 else f"clocks overlap by {text}"
