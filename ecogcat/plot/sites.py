"""Sites in pictures: where each is drawn, on the grid or at its coordinates; which were dropped, and why."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.channels import ChannelMap
from ecogcat.dataset import Dataset

__all__ = ["Frame", "dropped_sites", "dropped_table", "frame_of"]


class Frame(NamedTuple):
    """The axes that a map is drawn on.

    Attributes
    ----------
    free : bool
        Whether axes are in mm and channels are discs at their coordinates; else columns and rows, and squares.
    size : float
        Width of a site as it is drawn, in units of the axes.
    x, y : (float, float)
        Limits of the axes, left and right, bottom and top.
    aspect : float
        Length of a unit of y over that of x.
    """

    free: bool
    size: float
    x: tuple[float, float]
    y: tuple[float, float]
    aspect: float

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height in units of the width of a site."""
        pitch = self.size if self.free else 1.0
        return abs(self.x[1] - self.x[0]) / pitch, abs(self.y[1] - self.y[0]) / pitch * self.aspect

    def centres(self, channel_map: ChannelMap) -> NDArray[np.float64]:
        """Return (x, y) of each channel on the axes."""
        places = channel_map.places if self.free else channel_map.sites
        return np.asarray(places[:, ::-1], np.float64)

    def centres_of(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return (x, y) of each line of a table of sites; of those whose place is known."""
        columns = ["x_mm", "y_mm"] if self.free else ["col", "row"]
        if not set(columns) <= set(table.columns):
            return np.zeros((0, 2))
        return table[columns].astype(np.float64).dropna().to_numpy()


def frame_of(channel_map: ChannelMap, dropped: pd.DataFrame) -> Frame:
    """Return the axes for a map and the sites beside it that were dropped."""
    if channel_map.positions is None:
        (n_rows, n_cols), (dy, dx) = channel_map.shape, channel_map.pitch
        return Frame(False, 0.9, (-0.5, n_cols - 0.5), (n_rows - 0.5, -0.5), dy / dx)
    places = channel_map.positions
    if {"y_mm", "x_mm"} <= set(dropped.columns):
        places = np.concatenate([places, dropped[["y_mm", "x_mm"]].astype(np.float64).dropna().to_numpy()])
    if not len(places):
        places = np.zeros((1, 2))
    whole = ChannelMap.from_positions(places)
    apart = whole.distances()
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(1, initial=np.inf)
    # Discs touch no other, unless a few lie far closer together than the rest: all would be too small to read.
    size = max(0.9 * whole.spacing, 0.3 * float(np.median(nearest)) if len(places) > 1 else 0.0)
    (top, left), (bottom, right) = (places.min(0) - 0.7 * size).tolist(), (places.max(0) + 0.7 * size).tolist()
    return Frame(True, size, (left, right), (bottom, top), 1.0)


def dropped_sites(dataset: Dataset) -> pd.DataFrame:
    """Return the sites that no channel of the dataset records from: row, col, reason, one row a site.

    A site that one recording masked is also missing for the others; the reason shown is the one given, not what
    followed from it. Of free coordinates, y_mm and x_mm are there, too.
    """
    table = dataset.dropped.dropna(subset=["row", "col"])
    kept = set() if dataset.channel_map is None else set(dataset.channel_map)
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
    found = pd.DataFrame(rows, columns=["row", "col", "reason"])
    if dataset.channel_map is None or dataset.channel_map.positions is None:
        return found
    places: dict[tuple[int, int], Any] = {}
    for one in (part.opened.channel_map for part in dataset.recordings):
        if one is not None:
            places = dict(zip(one, one.places.tolist(), strict=True)) | places
    known = [places[site] for site in sorted(reasons)]
    return found.assign(y_mm=[y for y, _ in known], x_mm=[x for _, x in known])


def dropped_table(dropped: Any, channel_map: ChannelMap) -> pd.DataFrame:
    """Return sites that were dropped as a table, whether given as one, as (row, col) pairs, or as their map.

    Raises
    ------
    ValueError
        If one lies outside of the grid, or a table has no row and col.
    """
    if isinstance(dropped, pd.DataFrame):
        table = dropped
        if not {"row", "col"} <= set(table.columns):
            raise ValueError(f"a table of dropped sites has the columns row and col, not {list(table.columns)}")
    elif isinstance(dropped, ChannelMap):
        table = dropped.to_frame()
    else:
        pairs = np.asarray([] if dropped is None else dropped)
        if pairs.size and (pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu"):
            raise ValueError(f"dropped sites are whole (row, col) pairs, not {pairs.dtype} of shape {pairs.shape}")
        table = pd.DataFrame(pairs.reshape(-1, 2).astype(np.int64), columns=["row", "col"])
    if "reason" not in table.columns:
        table = table.assign(reason="")
    sites = table[["row", "col"]].to_numpy(np.int64)
    outside = sites[((sites < 0) | (sites >= channel_map.shape)).any(1)]
    if len(outside):
        worst = [tuple(site) for site in outside[:5].tolist()]
        raise ValueError(f"dropped sites outside of the {channel_map.shape[0]} x {channel_map.shape[1]} grid: {worst}")
    return table
