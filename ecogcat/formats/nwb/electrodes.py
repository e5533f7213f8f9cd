"""The electrodes table of an NWB file: channel names, what is known of each, and the map where they lie on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.channels import ChannelMap
from ecogcat.formats.hdf5_fields import text_of
from ecogcat.formats.naming import plain_name, unique_names
from ecogcat.formats.nwb.series import Series
from ecogcat.sites.lattice import lattice_of

__all__ = ["electrodes_of", "grid_of"]

_TABLE = "general/extracellular_ephys/electrodes"
_NAMES = ("channel_name", "label", "electrode_name")
_MOST = 1 << 20


def electrodes_of(
    file: Any, series: Series, group: Any, n_channels: int
) -> tuple[list[str], ChannelMap | None, dict[str, tuple[Any, ...]], list[str]]:
    """Return the names of a series' channels, their map, the columns of the table, and what is odd."""
    if series.of_open_ephys_1:
        return unique_names([plain_name(_extra_name(group, k + 1)) for k in range(n_channels)])[0], None, {}, []
    columns, warnings = _columns(file, group, n_channels)
    found = next((columns[name] for name in _NAMES if name in columns), None)
    names, renamed = unique_names([plain_name(one) for one in found] if found is not None else [""] * n_channels)
    if found is not None:
        warnings += renamed
    return names, _map(columns, names), columns, warnings


def _extra_name(group: Any, k: int) -> str:
    """Return the name that the Open Ephys GUI gave a channel, counted from 1."""
    info = group.get(f"oe_extra_info/channel{k}")
    return "" if info is None else text_of(info.attrs.get("name", ""))


def _columns(file: Any, group: Any, n_channels: int) -> tuple[dict[str, tuple[Any, ...]], list[str]]:
    """Return the table's columns at the rows of a series' channels."""
    region = group.get("electrodes")
    if region is None or region.shape is None:
        return {}, ["the series names no electrodes"]
    table = file.get(_TABLE)
    reference = region.attrs.get("table")
    if reference:
        table = file[reference]
    rows = np.asarray(region[()]) if region.size <= _MOST else np.zeros(0)
    if table is None or "id" not in table or rows.shape != (n_channels,) or rows.dtype.kind not in "iu":
        return {}, [f"the electrodes of the series do not fit: {region.shape} of {n_channels} channels"]
    n = table["id"].size
    if rows.size and not 0 <= rows.min() <= rows.max() < n <= _MOST:
        return {}, [f"the electrodes of the series do not fit: row {rows.max()} of a table of {n}"]
    found: dict[str, tuple[Any, ...]] = {}
    for name in ["id", *_column_names(table)]:
        column = table.get(name)
        plain = column is not None and getattr(column, "shape", None) == (n,) and f"{name}_index" not in table
        if plain and column.dtype.kind in "biufSO":
            values = column[()][rows].tolist()
            if not any(_is_reference(value) for value in values):
                found[name] = tuple(text_of(one) if isinstance(one, bytes) else one for one in values)
    return found, []


def _column_names(table: Any) -> list[str]:
    return [text_of(name) for name in np.atleast_1d(table.attrs.get("colnames", []))]


def _is_reference(value: Any) -> bool:
    return not isinstance(value, (bool, int, float, str, bytes))


def _map(columns: dict[str, tuple[Any, ...]], names: Sequence[str]) -> ChannelMap | None:
    """Return the map by relative positions, else by absolute ones; None where they are no grid."""
    for x, y in (("rel_x", "rel_y"), ("x", "y")):
        if x in columns and y in columns:
            places = np.array([columns[y], columns[x]], object)
            if all(isinstance(one, (int, float)) for one in places.ravel()):
                found = grid_of(places.astype(np.float64).T, names)
                if found is not None:
                    return found
    return None


def grid_of(places: NDArray[np.float64], names: Sequence[str]) -> ChannelMap | None:
    """Return the map of channels at (y, x), in um, if they lie on a grid: rows ascend with y, columns with x.

    Positions are a grid if they are multiples of one distance along each axis, no two alike, and fill more than half
    of the rectangle they span (a staggered probe is none).

    Examples
    --------
    >>> grid_of(np.array([[0.0, 0.0], [0.0, 400.0], [200.0, 0.0]]), ["a", "b", "c"])
    <ChannelMap 3 of 4 sites, 2 x 2, pitch 0.2 x 0.4 mm>
    """
    lattice = lattice_of(places)
    if lattice is None:
        return None
    dy, dx = lattice.pitch
    return ChannelMap(lattice.sites, lattice.shape, (dy / 1000, dx / 1000), tuple(names))
