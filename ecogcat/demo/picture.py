"""Picture of a tonotopy: best frequencies on the electrode, and how single sites respond to tones and levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.demo.tuning import Tuning
from ecogcat.plot.sites import dropped_sites
from ecogcat.plot.style import INK, PALE, RULE, new_figure, style, unit_text

__all__ = ["plot_tonotopy"]

_WIDTH, _HEIGHT = 7.2, 4.4


def plot_tonotopy(dataset: ec.Dataset, tuning: Tuning, path: Path) -> None:
    """Draw the best frequency of each site, and responses of two sites of far-apart best frequencies.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    with style():
        figure = new_figure(_WIDTH, _HEIGHT, shown=False)
        _draw_map(_axes(figure, 0.5, 0.95, 2.75, 2.75), dataset, tuning)
        chosen = _examples(tuning)
        drawn = []
        for k, channel in enumerate(chosen):
            bottom, last = 2.5 if k == 0 else 0.5, k == len(chosen) - 1
            drawn.append(_axes(figure, 4.3, bottom, 1.4, 1.45))
            _draw_responses(drawn[-1], dataset, tuning, channel, last=last)
            area = _axes(figure, 6.1, bottom, 0.48, 1.45)
            _draw_area(area, tuning, channel, float(tuning.areas[chosen].max()), last=last)
        _same_scale(drawn)
        figure.savefig(path)


def _axes(figure: Any, left: float, bottom: float, width: float, height: float) -> Any:
    """Return axes at a place in inches."""
    return figure.add_axes((left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT))


def _draw_map(ax: Any, dataset: ec.Dataset, tuning: Tuning) -> None:
    from matplotlib.patches import Patch

    octaves = np.log2(tuning.tones)
    channel_map = dataset.channel_map
    assert channel_map is not None  # the simulated session has an electrode
    channel_map.image(
        np.log2(tuning.best),
        ax=ax,
        dropped=dropped_sites(dataset),
        names=False,
        label="best frequency (kHz)",
        limits=(float(octaves[0]), float(octaves[-1])),
    )
    bar = ax.child_axes[0]
    bar.set_yticks(octaves, [_kilohertz(tone) for tone in tuning.tones])
    for (row, col), best, responds in zip(channel_map, tuning.best, tuning.responds, strict=True):
        if responds:
            dark = np.log2(best) < 0.4 * octaves[0] + 0.6 * octaves[-1]
            text = f"{best / 1e3:.1f}" if best < 9950 else f"{best / 1e3:.0f}"
            ax.text(col, row, text, ha="center", va="center", color="white" if dark else INK)
    silent = int((~tuning.responds).sum())
    old = ax.get_legend()
    handles = [] if old is None else list(old.legend_handles)
    labels = [] if old is None else [text.get_text() for text in old.get_texts()]
    if silent:
        handles.insert(0, Patch(facecolor=PALE, edgecolor="none"))
        labels.insert(0, f"{silent} without a response")
    ax.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(0, -0.13), borderaxespad=0, handlelength=1.5,
        handleheight=1.1, labelspacing=0.35, alignment="left",
    )  # fmt: skip
    ax.set_title("Best frequency")


def _examples(tuning: Tuning) -> list[int]:
    """Return the sites that respond most clearly in the lower and the upper third of the tones, as far as there are."""
    low, high = np.log2(tuning.tones[[0, -1]])
    octaves = np.log2(tuning.best)
    thirds = (octaves <= low + (high - low) / 3, octaves >= high - (high - low) / 3)
    return [int(np.where(some, tuning.clarity, -np.inf).argmax()) for some in thirds if some.any()]


def _draw_responses(ax: Any, dataset: ec.Dataset, tuning: Tuning, channel: int, *, last: bool) -> None:
    average, n = tuning.average, len(tuning.tones)
    shown = (average.times >= -0.05) & (average.times <= 0.25)
    # Over levels, each trial counting the same.
    by_level = average.mean[:, channel].reshape(n, len(tuning.levels), -1)
    counts = average.counts.reshape(n, len(tuning.levels), 1)
    means = (by_level * counts).sum(1) / counts.sum(1)
    for tone, mean, colour in zip(tuning.tones, means, _colours(n), strict=True):
        ax.plot(average.times[shown] * 1e3, mean[shown], color=colour, linewidth=1.0, label=_kilohertz(tone))
    ax.axvline(0, color=RULE, linewidth=0.5, zorder=0)
    ax.axhline(0, color=RULE, linewidth=0.5, zorder=0)
    ax.set_ylabel(f"mean response ({unit_text(average.units)})")
    row, col = list(dataset.channel_map or ())[channel]
    ax.set_title(f"{average.channel_names[channel]} (row {row}, column {col})")
    ax.set_xlim(-50, 250)
    if last:
        ax.set_xlabel("time from tone onset (ms)")
    else:
        ax.tick_params(labelbottom=False)


def _same_scale(drawn: list[Any]) -> None:
    """Give axes one scale, with room for a legend under the traces of the first."""
    if drawn:
        low, high = min(ax.get_ylim()[0] for ax in drawn), max(ax.get_ylim()[1] for ax in drawn)
        for ax in drawn:
            ax.set_ylim(low - 0.25 * (high - low), high)
        drawn[0].legend(
            title="tone (kHz)", loc="lower right", ncols=3, handlelength=0.8, handletextpad=0.4, columnspacing=0.7,
            labelspacing=0.2, borderaxespad=0, alignment="left",
        )  # fmt: skip


def _draw_area(ax: Any, tuning: Tuning, channel: int, largest: float, *, last: bool) -> None:
    area: NDArray[np.float64] = tuning.areas[channel]
    ax.spines[:].set_visible(False)
    image = ax.imshow(area, cmap="Greys", vmin=0, vmax=largest, origin="lower", aspect="auto")
    ax.set_yticks(range(len(tuning.tones)), [_kilohertz(tone) for tone in tuning.tones])
    ax.set_xticks(range(len(tuning.levels)), [f"{level:g}" for level in tuning.levels] if last else [])
    ax.tick_params(length=0)
    ax.set_ylabel("tone (kHz)")
    if last:
        ax.set_xlabel("level (dB)")
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1.12, 0, 0.13, 1)))
    bar.outline.set_linewidth(0.4)
    bar.set_label(f"peak to trough ({unit_text(tuning.average.units)})", labelpad=2)


def _colours(n: int) -> Any:
    """Return a colour a tone: that of the map."""
    from matplotlib import colormaps

    return colormaps["viridis"](np.linspace(0, 1, n))


def _kilohertz(tone: float) -> str:
    return f"{tone / 1e3:g}"
