"""Grid: the electrode drawn to scale - the channels kept, the sites dropped and why, a value a site if there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecogcat.channels import ChannelMap
from ecogcat.dataset import Dataset
from ecogcat.plot.style import FONT, INK, PALE, RULE, new_axes, style, text_width, unit_text

__all__ = ["dropped_sites", "plot_map"]

_HATCHES = ("//////", "xxxxxx", "......", "\\\\\\\\\\\\", "++++++", "------")
_SMALLEST = 4.0
_MOST_LINES = 4


def plot_map(
    dataset: Dataset | ChannelMap,
    values: ArrayLike | None = None,
    *,
    dropped: pd.DataFrame | None = None,
    units: str | None = None,
    label: str = "",
    names: bool = True,
    limits: tuple[float, float] | None = None,
    ax: Any = None,
) -> Any:
    """Draw the electrode grid to scale.

    Parameters
    ----------
    dataset : Dataset or ChannelMap
    values : array_like, shape (n_channels,), optional
        Drawn as colours; a scale that is white at zero where they have both signs.
    dropped : DataFrame, optional
        Columns row, col, reason: sites to hatch; those of the dataset by default.
    units, label : str, optional
        Of the values, for the colour bar; units are the dataset's by default.
    names : bool
        Write the channel names where there is room for letters that can be read.
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
        If there is no map, or not one value a channel.
    """
    channel_map = dataset.channel_map if isinstance(dataset, Dataset) else dataset
    if channel_map is None:
        raise ValueError("the dataset has no channel map: open it with electrode=")
    if dropped is None:
        dropped = (
            dropped_sites(dataset) if isinstance(dataset, Dataset) else pd.DataFrame(columns=["row", "col", "reason"])
        )
    if units is None:
        units = dataset.units if isinstance(dataset, Dataset) else ""
    data = None if values is None else np.asarray(values, np.float64)
    if data is not None and data.shape != (len(channel_map),):
        raise ValueError(f"a map of {len(channel_map)} channels takes as many values, not {data.shape}")
    with style():
        if ax is None:
            ax = _own_axes(channel_map, _legend_lines(dropped, channel_map), data is not None)
        return _draw(ax, channel_map, data, dropped, unit_text(units), label, names, limits)


def dropped_sites(dataset: Dataset) -> pd.DataFrame:
    """Return the sites that no channel of the dataset records from: row, col, reason, one row a site.

    A site that one recording masked is also missing for the others; the reason shown is the one given, not what
    followed from it.
    """
    table = dataset.dropped.dropna(subset=["row", "col"])
    kept = set() if dataset.channel_map is None else {tuple(site) for site in dataset.channel_map.sites.tolist()}
    several = len(dataset.recordings) > 1
    reasons: dict[tuple[int, int], str] = {}
    for part, row, col, reason in table[["part", "row", "col", "reason"]].itertuples(index=False, name=None):
        site = (int(row), int(col))
        if site in kept:
            continue
        followed = reason.startswith("not in ")
        text = reason if followed or not several else f"{reason} ({part})"
        if site not in reasons or (reasons[site].startswith("not in ") and not followed):
            reasons[site] = text
    rows = [(*site, reason) for site, reason in sorted(reasons.items())]
    return pd.DataFrame(rows, columns=["row", "col", "reason"])


def _legend_lines(dropped: pd.DataFrame, channel_map: ChannelMap) -> int:
    absent = channel_map.shape[0] * channel_map.shape[1] - len(channel_map) - len(dropped)
    return min(_MOST_LINES, dropped["reason"].nunique()) + (absent > 0)


def _own_axes(channel_map: ChannelMap, n_lines: int, bar: bool) -> Any:
    (rows, cols), (dy, dx) = channel_map.shape, channel_map.pitch
    cell = float(np.clip(5.2 / max(rows * dy / dx, cols), 0.28, 0.5))
    wide, tall = max(1.6, cols * cell), max(0.5, rows * cell * dy / dx)
    bottom, top, right = 0.5 + 0.16 * n_lines, 0.3, 0.75 if bar else 0.25
    return new_axes(None, 0.55 + wide + right, tall + bottom + top, (0.55, right, bottom, top))


def _draw(
    ax: Any,
    channel_map: ChannelMap,
    values: NDArray[np.float64] | None,
    dropped: pd.DataFrame,
    units: str,
    label: str,
    names: bool,
    limits: tuple[float, float] | None,
) -> Any:
    (rows, cols), (dy, dx) = channel_map.shape, channel_map.pitch
    ax.set_xlim(-0.5, cols - 0.5)
    ax.set_ylim(rows - 0.5, -0.5)
    ax.set_aspect(dy / dx)
    ax.apply_aspect()
    colours, mappable = _colours(len(channel_map), values, limits)
    _cells(ax, channel_map, colours, dropped)
    if names:
        _write_names(ax, channel_map, colours)
    room = _drawn_inches(ax)
    for axis, n, title, pitch, inches in (
        (ax.xaxis, cols, "column", dx, room[0]),
        (ax.yaxis, rows, "row", dy, room[1]),
    ):
        axis.set_ticks(range(0, n, 1 if n <= 8 else 2 if n <= 16 else -(-n // 8)))
        whole = f"{title} (pitch {pitch:g} mm)"
        axis.set_label_text(whole if text_width(whole) <= inches + 0.3 else title)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if mappable is not None:
        _colour_bar(ax, mappable, label, units)
    _legend(ax, channel_map, dropped)
    return ax


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


def _cells(ax: Any, channel_map: ChannelMap, colours: Any, dropped: pd.DataFrame) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    def squares(sites: Any, side: float = 0.9) -> list[Any]:
        return [Rectangle((col - side / 2, row - side / 2), side, side) for row, col in sites]

    taken = {tuple(site) for site in channel_map.sites.tolist()}
    taken |= {(int(row), int(col)) for row, col in dropped[["row", "col"]].itertuples(index=False, name=None)}
    absent = [site for site in np.ndindex(channel_map.shape) if site not in taken]
    ax.add_collection(
        PatchCollection(squares(absent), facecolor="none", edgecolor="#999999", linewidth=0.5, linestyle=":")
    )
    ax.add_collection(PatchCollection(squares(channel_map.sites), facecolor=colours, edgecolor="none"))
    for reason, hatch in _hatches(dropped).items():
        some = dropped[_shown_reason(dropped) == reason][["row", "col"]].astype(int).itertuples(index=False, name=None)
        ax.add_collection(
            PatchCollection(squares(some), facecolor="white", edgecolor="#666666", linewidth=0.6, hatch=hatch)
        )


def _shown_reason(dropped: pd.DataFrame) -> Any:
    """Return the reasons, the rare ones put together where there are more than a legend should list."""
    counts = dropped["reason"].value_counts()
    if len(counts) <= _MOST_LINES:
        return dropped["reason"]
    return dropped["reason"].where(dropped["reason"].isin(counts.index[: _MOST_LINES - 1]), "other reasons")


def _hatches(dropped: pd.DataFrame) -> dict[str, str]:
    reasons = list(dict.fromkeys(_shown_reason(dropped)))
    return {reason: _HATCHES[k % len(_HATCHES)] for k, reason in enumerate(reasons)}


def _write_names(ax: Any, channel_map: ChannelMap, colours: Any) -> None:
    """Write the channel names into their sites, if the letters would be large enough."""
    rows, cols = channel_map.shape
    width, height = _drawn_inches(ax)
    longest = max((len(name) for name in channel_map.names), default=1)
    size = min(FONT, width / cols * 72 * 0.82 / (0.6 * longest), height / rows * 72 * 0.6)
    if size < _SMALLEST:
        return
    dark = colours[:, :3] @ np.array([0.299, 0.587, 0.114]) < 0.5
    for (row, col), name, on_dark in zip(channel_map.sites.tolist(), channel_map.names, dark, strict=True):
        ax.text(col, row, name, ha="center", va="center", size=size, color="white" if on_dark else INK)


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
    bar.locator = _few_ticks()
    bar.update_ticks()
    text = f"{label} ({units})" if label and units else label or units
    bar.set_label(text, labelpad=2)


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5)


def _legend(ax: Any, channel_map: ChannelMap, dropped: pd.DataFrame) -> None:
    """Say below the grid what hatched and empty sites are."""
    from matplotlib.patches import Patch

    handles = []
    counts = _shown_reason(dropped).value_counts() if len(dropped) else {}
    for reason, hatch in _hatches(dropped).items():
        text = f"{counts[reason]} dropped: {reason}"
        handles.append(Patch(facecolor="white", edgecolor="#666666", linewidth=0.6, hatch=hatch, label=text))
    absent = channel_map.shape[0] * channel_map.shape[1] - len(channel_map) - len(dropped)
    if absent > 0:
        text = f"{absent} without a channel"
        handles.append(Patch(facecolor="none", edgecolor=RULE, linewidth=0.6, linestyle=":", label=text))
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
