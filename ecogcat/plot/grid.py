"""Grid: the electrode drawn to scale - the channels kept, the sites dropped and why, a value a channel if there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecogcat.channels import ChannelMap, draws_maps
from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.plot.sites import Frame, dropped_sites, dropped_table, frame_of
from ecogcat.plot.style import FONT, INK, PALE, RULE, new_axes, style, text_width, unit_text

__all__ = ["plot_map"]

_HATCHES = ("//////", "xxxxxx", "......", "\\\\\\\\\\\\", "++++++", "------")
_SMALLEST, _COMFORTABLE = 4.0, 6.0
_MOST_LINES = 4


@draws_maps
def plot_map(
    dataset: Dataset | ChannelMap,
    values: ArrayLike | None = None,
    *,
    dropped: Any = None,
    units: str | None = None,
    label: str = "",
    names: bool = True,
    limits: tuple[float, float] | None = None,
    ax: Any = None,
) -> Any:
    """Draw the electrode to scale: squares on its grid, or discs at the coordinates of its channels.

    Parameters
    ----------
    dataset : Dataset or ChannelMap
    values : array_like, shape (n_channels,), optional
        Drawn as colours; a scale that is white at zero where they have both signs.
    dropped : DataFrame, sequence of (row, col), or ChannelMap, optional
        Sites to hatch, of a table with their ``reason``; those of the dataset by default.
    units, label : str, optional
        Of the values, for the colour bar; units are the dataset's by default.
    names : bool
        Write the channel names where there is room for letters that can be read; where there is little, without what
        they all begin with, which is then said below.
    limits : (float, float), optional
        Ends of the colour scale.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no map, not one value a channel, or a dropped site lies outside of the grid.
    """
    if not isinstance(dataset, ChannelMap):
        check_dataset(dataset, "plot_map")
    channel_map = dataset.channel_map if isinstance(dataset, Dataset) else dataset
    if channel_map is None:
        raise ValueError("the dataset has no channel map: open it with electrode=")
    if dropped is None and isinstance(dataset, Dataset):
        dropped = dropped_sites(dataset)
    gone = dropped_table(dropped, channel_map)
    if units is None:
        units = dataset.units if isinstance(dataset, Dataset) else ""
    data = None if values is None else np.asarray(values, np.float64)
    if data is not None and data.shape != (len(channel_map),):
        raise ValueError(f"a map of {len(channel_map)} channels takes as many values, not {data.shape}")
    frame = frame_of(channel_map, gone)
    with style():
        if ax is None:
            ax = _own_axes(frame, _legend_lines(gone, channel_map), data is not None)
        return _draw(ax, frame, channel_map, data, gone, unit_text(units), label, names, limits)


def _n_absent(dropped: pd.DataFrame, channel_map: ChannelMap) -> int:
    """Return how many sites of the grid have neither a channel nor a reason; coordinates have no such sites."""
    if channel_map.positions is not None:
        return 0
    grid = channel_map.occupied
    grid[dropped["row"].to_numpy(np.int64), dropped["col"].to_numpy(np.int64)] = True
    return int((~grid).sum())


def _legend_lines(dropped: pd.DataFrame, channel_map: ChannelMap) -> int:
    return min(_MOST_LINES, dropped["reason"].nunique()) + (_n_absent(dropped, channel_map) > 0) + 1


def _own_axes(frame: Frame, n_lines: int, bar: bool) -> Any:
    across, down = frame.extent
    cell = float(np.clip(5.2 / max(across, down), 0.28 if not frame.free else 0.08, 0.5))
    wide, tall = max(1.6, across * cell), max(0.5, down * cell)
    bottom, top, right = 0.5 + 0.16 * n_lines, 0.3, 0.75 if bar else 0.25
    return new_axes(None, 0.55 + wide + right, tall + bottom + top, (0.55, right, bottom, top))


def _draw(
    ax: Any,
    frame: Frame,
    channel_map: ChannelMap,
    values: NDArray[np.float64] | None,
    dropped: pd.DataFrame,
    units: str,
    label: str,
    names: bool,
    limits: tuple[float, float] | None,
) -> Any:
    ax.set_xlim(*frame.x)
    ax.set_ylim(*frame.y)
    ax.set_aspect(frame.aspect)
    ax.apply_aspect()
    colours, mappable = _colours(len(channel_map), values, limits)
    _cells(ax, frame, channel_map, colours, dropped)
    prefix = _write_names(ax, frame, channel_map, colours, dropped) if names else ""
    _label_axes(ax, frame, channel_map)
    if mappable is not None:
        _colour_bar(ax, mappable, label, units)
    _legend(ax, channel_map, dropped, prefix)
    return ax


def _label_axes(ax: Any, frame: Frame, channel_map: ChannelMap) -> None:
    room = _drawn_inches(ax)
    (rows, cols), (dy, dx) = channel_map.shape, channel_map.pitch
    for axis, n, title, pitch, inches in (
        (ax.xaxis, cols, "column", dx, room[0]),
        (ax.yaxis, rows, "row", dy, room[1]),
    ):
        if frame.free:
            axis.set_major_locator(_few_ticks(max(1, min(5, int(inches / 0.45)))))
            axis.set_label_text(f"{'xy'[axis is ax.yaxis]} (mm)")
            continue
        axis.set_ticks(range(0, n, 1 if n <= 8 else 2 if n <= 16 else -(-n // 8)))
        whole = f"{title} (pitch {pitch:g} mm)"
        axis.set_label_text(whole if text_width(whole) <= inches + 0.3 else title)
    ax.tick_params(length=2.5 if frame.free else 0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if channel_map.pads_up:
        ax.annotate(
            "pads up", (1, 1), (0, 4), xycoords="axes fraction", textcoords="offset points", ha="right", va="bottom"
        )


def _colours(n: int, values: NDArray[np.float64] | None, limits: tuple[float, float] | None) -> tuple[Any, Any]:
    """Return an RGBA colour a channel, and the scale they come from."""
    from matplotlib import colormaps, colors
    from matplotlib.cm import ScalarMappable

    if values is None:
        return np.tile(colors.to_rgba("#cfe3f2"), (n, 1)), None
    finite = values[np.isfinite(values)]
    low, high = limits or ((float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0))
    if low == high:
        low, high = low - 0.5, high + 0.5
    diverging = low < 0 < high
    if diverging and limits is None:
        low, high = -max(-low, high), max(-low, high)
    mappable = ScalarMappable(colors.Normalize(low, high), colormaps["RdBu_r" if diverging else "viridis"])
    colours = mappable.to_rgba(np.ma.masked_invalid(values))
    colours[~np.isfinite(values)] = colors.to_rgba(PALE)
    return colours, mappable


def _cells(ax: Any, frame: Frame, channel_map: ChannelMap, colours: Any, dropped: pd.DataFrame) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Circle, Rectangle

    def marks(centres: Any) -> list[Any]:
        half = frame.size / 2
        if frame.free:
            return [Circle((x, y), half) for x, y in centres]
        return [Rectangle((x - half, y - half), frame.size, frame.size) for x, y in centres]

    if not frame.free:
        taken = channel_map.occupied
        taken[dropped["row"].to_numpy(np.int64), dropped["col"].to_numpy(np.int64)] = True
        absent = marks(np.argwhere(~taken)[:, ::-1].tolist())
        ax.add_collection(PatchCollection(absent, facecolor="none", edgecolor="#999999", linewidth=0.5, linestyle=":"))
    # A disc that is white, at zero, would be no disc without a rim; a square has its neighbours.
    rim: dict[str, Any] = {"edgecolor": "#8a8a8a", "linewidth": 0.4} if frame.free else {"edgecolor": "none"}
    ax.add_collection(PatchCollection(marks(frame.centres(channel_map)), facecolor=colours, **rim))
    for reason, hatch in _hatches(dropped).items():
        some = marks(frame.centres_of(dropped[_shown_reason(dropped) == reason]))
        ax.add_collection(PatchCollection(some, facecolor="white", edgecolor="#666666", linewidth=0.6, hatch=hatch))


def _shown_reason(dropped: pd.DataFrame) -> Any:
    """Return the reasons, the rare ones put together where there are more than a legend should list."""
    counts = dropped["reason"].value_counts()
    if len(counts) <= _MOST_LINES:
        return dropped["reason"]
    return dropped["reason"].where(dropped["reason"].isin(counts.index[: _MOST_LINES - 1]), "other reasons")


def _hatches(dropped: pd.DataFrame) -> dict[str, str]:
    reasons = list(dict.fromkeys(_shown_reason(dropped)))
    return {reason: _HATCHES[k % len(_HATCHES)] for k, reason in enumerate(reasons)}


def _write_names(ax: Any, frame: Frame, channel_map: ChannelMap, colours: Any, dropped: pd.DataFrame) -> str:
    """Write the channel names into their sites, if the letters would be large enough; return what was left out."""
    width, height = _drawn_inches(ax)
    wide = width * (frame.size if frame.free else 1) / abs(frame.x[1] - frame.x[0]) * 72
    tall = height * (frame.size if frame.free else 1) / abs(frame.y[1] - frame.y[0]) * 72

    def size_of(some: Sequence[str]) -> float:
        return min(FONT, wide * 0.82 / (0.6 * max((len(name) for name in some), default=1)), tall * 0.6)

    prefix, shown = "", list(channel_map.names)
    if size_of(shown) < _COMFORTABLE:
        prefix = _common_prefix(shown)
        shown = [name[len(prefix) :] for name in shown]
    size = size_of(shown)
    if size < _SMALLEST:
        return ""
    hatched = set(map(tuple, dropped[["row", "col"]].to_numpy(np.int64).tolist()))
    dark = colours[:, :3] @ np.array([0.299, 0.587, 0.114]) < 0.5
    for (x, y), site, name, on_dark in zip(frame.centres(channel_map), channel_map, shown, dark, strict=True):
        if site not in hatched:
            ax.text(x, y, name, ha="center", va="center", size=size, color="white" if on_dark else INK)
    return prefix


def _common_prefix(names: Sequence[str]) -> str:
    """Return what names begin with before their numbers, "" where that would leave one without anything.

    Examples
    --------
    >>> _common_prefix(["A-010", "A-012"]), _common_prefix(["ch1", "ch"]), _common_prefix(["left", "lead"])
    ('A-', '', '')
    """
    first, last = min(names, default=""), max(names, default="")  # what these two share, all do
    n = next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    prefix = first[:n].rstrip("0123456789")
    return prefix if all(name[len(prefix) :].isdigit() for name in names) else ""


def _drawn_inches(ax: Any) -> tuple[float, float]:
    """Return the size of axes of a fixed aspect as they will be drawn."""
    box = ax.get_position(original=False)
    width, height = ax.figure.get_size_inches()
    return box.width * width, box.height * height


def _colour_bar(ax: Any, mappable: Any, label: str, units: str) -> None:
    width, height = _drawn_inches(ax)
    tall = max(0.8, 1.05 / height)  # the label beside it wants an inch, also where the grid has one row
    place = ax.inset_axes((1 + 0.08 / width, min(0.1, 1 - tall), 0.09 / width, tall))
    bar = ax.figure.colorbar(mappable, cax=place)
    bar.outline.set_linewidth(0.4)
    bar.locator = _few_ticks(5)
    bar.update_ticks()
    text = f"{label} ({units})" if label and units else label or units
    bar.set_label(text, labelpad=2)


def _few_ticks(most: int) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])


def _legend(ax: Any, channel_map: ChannelMap, dropped: pd.DataFrame, prefix: str) -> None:
    """Say below the grid what hatched and empty sites are, and what channel names begin with."""
    from matplotlib.patches import Patch

    handles = []
    counts = _shown_reason(dropped).value_counts() if len(dropped) else {}
    for reason, hatch in _hatches(dropped).items():
        text = f"{counts[reason]} dropped: {reason}" if reason else f"{counts[reason]} dropped"
        handles.append(Patch(facecolor="white", edgecolor="#666666", linewidth=0.6, hatch=hatch, label=text))
    absent = _n_absent(dropped, channel_map)
    if absent > 0:
        text = f"{absent} without a channel"
        handles.append(Patch(facecolor="none", edgecolor=RULE, linewidth=0.6, linestyle=":", label=text))
    if prefix:
        handles.append(Patch(facecolor="none", edgecolor="none", label=f"channels {prefix}…"))
    if not handles:
        return
    width, height = _drawn_inches(ax)
    most = max(12, int((width + 0.9) / (0.54 * FONT / 72)) - 5)
    for handle in handles:
        handle.set_label(_cut(str(handle.get_label()), most))
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.42 / width, -0.36 / height),
        borderaxespad=0,
        handlelength=1.5,
        handleheight=1.1,
        labelspacing=0.35,
        alignment="left",
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
