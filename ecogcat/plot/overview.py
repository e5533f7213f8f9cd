"""Overview: one figure of a dataset - traces across a seam, the grid, responses or spectra, and the events."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecogcat.artifacts.exclude import exclude_intervals
from ecogcat.checks import check_dataset, check_writable
from ecogcat.dataset import Dataset
from ecogcat.plot.events import plot_events
from ecogcat.plot.grid import plot_map
from ecogcat.plot.measures import Evoked, evoked, levels, spectrum
from ecogcat.plot.sites import dropped_sites
from ecogcat.plot.style import (
    FONT,
    INK,
    RULE,
    colours_of,
    default_condition,
    level_text,
    new_figure,
    short_name,
    style,
    unit_text,
)
from ecogcat.plot.traces import plot_traces
from ecogcat.tabulate import duration_text

__all__ = ["plot_overview"]

_WIDTH, _HEIGHT = 7.2, 9.5
_LEFT, _MIDDLE = 0.15, 3.85


def plot_overview(
    dataset: Dataset,
    path: str | os.PathLike[str] | None = None,
    *,
    by: str | None = None,
    seam: int = 0,
    reject: str | Sequence[str] = (),
) -> Any:
    """Draw a dataset in one figure: traces across a seam, the electrode grid, responses, events.

    Where there are no events the responses give way to a spectrum; where there is no map, the grid to the level of
    each channel.

    Parameters
    ----------
    dataset : Dataset
    path : path-like, optional
        File to write: .png, .pdf, .svg. Without one the figure is shown, in a notebook for instance.
    by : str, optional
        Condition that colours events and responses; the one that tells most events apart by default.
    seam : int
        Which seam the traces cross.
    reject : str or sequence of str
        Labels of intervals that are left out of responses, levels and spectra.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    IndexError
        If there is no such seam.
    ValueError
        If the dataset has no channel or no sample, or intervals leave no sample of it.
    """
    check_dataset(dataset, "plot_overview")
    if path is not None:
        check_writable(path, "figure")  # before anything is drawn, which takes seconds
    if not dataset.n_channels:
        raise ValueError(f"{dataset.name} has no channel to draw")
    if not dataset.n_samples:
        raise ValueError(f"{dataset.name} has no sample to draw")
    seams = dataset.seams
    if seams and not -len(seams) <= seam < len(seams):
        raise IndexError(f"no seam {seam}: the dataset has {len(seams)}")
    if by is None:
        by = default_condition(dataset.events.table)
    labels = (reject,) if isinstance(reject, str) else tuple(reject)
    clean = exclude_intervals(dataset, labels) if labels else dataset
    if labels and not any(part.n_samples for part in clean.recordings):
        raise ValueError(f"{dataset.name}: nothing remains outside of the intervals {', '.join(labels)}")
    with style():
        figure = new_figure(_WIDTH, _HEIGHT, shown=path is None)
        _title(figure, dataset)
        traces = _axes(figure, 0.75, 5.55, 5.65, 2.85)
        rate = dataset.sampling_rate
        middle = seams[seam].sample if seams else min(dataset.n_samples // 2, round(rate))
        start = max(0, min(middle - round(rate), dataset.n_samples - round(2 * rate)))
        plot_traces(dataset, start, min(dataset.n_samples, start + max(2, round(2 * rate))), by=by, ax=traces)
        _letter(figure, "a", "Traces across a seam" if seams else "Traces", _LEFT, 8.78)
        responses = evoked(clean, by) if len(dataset.events) else None
        _grid_panel(figure, clean, responses)
        _response_panel(figure, clean, responses, by)
        events = _axes(figure, 0.75, 0.45, 6.2, 0.95)
        plot_events(dataset, by, ax=events)
        _letter(figure, "d", "Events and parts" if seams else "Events", _LEFT, 1.75)
        if path is not None:
            figure.savefig(os.path.expanduser(os.fspath(path)))
    return figure


def _axes(figure: Any, left: float, bottom: float, width: float, height: float) -> Any:
    """Return axes at a place in inches from the lower left."""
    return figure.add_axes((left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT))


def _letter(figure: Any, letter: str, title: str, left: float, bottom: float) -> None:
    """Write a panel's letter and title, from a place in inches."""
    place = {"va": "baseline", "color": INK, "weight": "bold"}
    figure.text(left / _WIDTH, bottom / _HEIGHT, letter, size=FONT + 3, **place)
    figure.text((left + 0.2) / _WIDTH, bottom / _HEIGHT, title, size=FONT + 1, **place)


def _title(figure: Any, dataset: Dataset) -> None:
    n = len(dataset.recordings)
    facts = [
        f"{dataset.n_channels:,} channel{'s' if dataset.n_channels != 1 else ''}",
        f"{n} recording{'s' if n != 1 else ''}",
        duration_text(round(dataset.duration, 1 if dataset.duration >= 1 else 4)),
        f"{dataset.sampling_rate:,g} Hz",
        f"{len(dataset.events):,} events" if len(dataset.events) else "no events",
    ]
    dropped = dataset.dropped
    if len(dropped):
        n = len(dropped_sites(dataset)) if dataset.channel_map is not None else dropped["name"].nunique()
        facts.append(f"{n:,} channel{'s' if n != 1 else ''} dropped")
    x = 0.15 / _WIDTH
    figure.text(x, 1 - 0.24 / _HEIGHT, short_name(dataset.name, 5.7, FONT + 3), size=FONT + 3, weight="bold", color=INK)
    figure.text(x, 1 - 0.40 / _HEIGHT, "  ·  ".join(facts), color="#555555")


def _grid_panel(figure: Any, dataset: Dataset, responses: Evoked | None) -> None:
    if dataset.channel_map is None:
        ax = _axes(figure, 0.75, 2.5, 2.5, 2.2)
        values = levels(dataset)
        ax.plot(np.arange(dataset.n_channels), values, ".", markersize=4, color=colours_of(["x"])[0])
        highest = np.max(values, where=np.isfinite(values), initial=0.0)
        ax.set_ylim(0, 1.08 * highest or 1.0)
        ax.set_xlim(-0.6, dataset.n_channels - 0.4)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_xlabel("channel (no map of the electrode)")
        ax.set_ylabel(f"standard deviation ({unit_text(dataset.units)})")
        _letter(figure, "b", "Level of each channel", _LEFT, 4.87)
        return
    ax = _axes(figure, 0.75, 2.65, 2.35, 2.1)
    if responses is None:
        values, label, title = levels(dataset), "std. dev.", "Level at each site"
    else:
        mean = np.average(responses.mean, axis=0, weights=responses.counts)
        values = np.ptp(mean[:, responses.times >= 0], axis=1)
        label, title = "peak to peak", "Mean response at each site"
    ax.set_anchor("NW")
    plot_map(dataset, values, label=label, ax=ax)
    _letter(figure, "b", title, _LEFT, 4.87)


def _response_panel(figure: Any, dataset: Dataset, responses: Evoked | None, by: str | None) -> None:
    ax = _axes(figure, 4.4, 2.6, 1.75, 2.1)
    if responses is None:
        _draw_spectrum(ax, dataset)
        _letter(figure, "c", "Spectrum", _MIDDLE, 4.87)
        return
    mean = np.average(responses.mean, axis=0, weights=responses.counts)
    size = np.ptp(mean[:, responses.times >= 0], axis=1)
    best = int(np.nanargmax(np.where(np.isfinite(size), size, -1.0)))
    name = dataset.signal.channel_names[best]
    colours = colours_of(responses.labels) if len(responses.labels) > 1 else [INK]
    several = by is not None and len(responses.labels) <= 10
    curves = responses.mean[:, best] if several else mean[None, best]
    for k, curve in enumerate(curves):
        label = f"{level_text(by, responses.labels[k])}  (n = {responses.counts[k]})" if several else "mean of all"
        ax.plot(responses.times * 1e3, curve, color=colours[k] if several else INK, linewidth=1.0, label=label)
    ax.axvline(0, color=RULE, linewidth=0.6)
    ax.axhline(0, color=RULE, linewidth=0.4)
    ax.set_xlim(responses.times[0] * 1e3, responses.times[-1] * 1e3)
    ax.set_xlabel("time from event (ms)")
    ax.set_ylabel(f"average ({unit_text(dataset.units)})")
    if several:
        ax.legend(
            title=by, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0, handlelength=0.9, alignment="left"
        )
    _letter(figure, "c", f"Largest response: {short_name(name, 1.6)}", _MIDDLE, 4.87)


def _draw_spectrum(ax: Any, dataset: Dataset) -> None:
    """Draw the median over channels and the range of most of them."""
    frequencies, density = spectrum(dataset)
    if len(frequencies) < 2:
        ax.set_axis_off()
        ax.text(0.0, 0.5, "too short for a spectrum", transform=ax.transAxes, color=RULE)
        return
    low, middle, high = np.nanquantile(density, [0.05, 0.5, 0.95], axis=0)
    colour = colours_of(["x"])[0]
    if dataset.n_channels > 1:
        ax.fill_between(frequencies, low, high, color=colour, alpha=0.25, linewidth=0, label="5 to 95 % of channels")
    ax.plot(frequencies, middle, color=colour, linewidth=1.0, label="median" if dataset.n_channels > 1 else "channel")
    if frequencies[-1] >= 20 * frequencies[0]:
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter("")
    if (middle > 0).any():
        ax.set_yscale("log")
    ax.set_xlim(frequencies[0], frequencies[-1])
    ax.set_xlabel("frequency (Hz)")
    ax.set_ylabel(f"amplitude ({unit_text(dataset.units)}/√Hz)")
    if dataset.n_channels > 1:
        ax.legend(loc="lower left", handlelength=1.2)
