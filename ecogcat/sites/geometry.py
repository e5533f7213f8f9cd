"""Geometry: what two maps must agree in, so that equal sites are the same place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ecogcat.channels import ChannelMap

__all__ = ["describe", "disagreement", "disagreements", "require_one_geometry"]


def describe(channel_map: ChannelMap) -> str:
    """Return shape, pitch and face in words.

    Examples
    --------
    >>> from ecogcat import ChannelMap
    >>> describe(ChannelMap([(0, 0)], shape=(8, 8), pitch=0.4))
    '8 x 8, pitch 0.4 x 0.4 mm'
    >>> describe(ChannelMap([(0, 0)], shape=(8, 8), pads_up=True))
    '8 x 8, pitch 1 x 1 mm, pads up'
    """
    (rows, cols), (dy, dx) = channel_map.shape, channel_map.pitch
    face = ", pads up" if channel_map.pads_up else ""
    if channel_map.positions is not None:
        return f"{rows} x {cols}, free coordinates{face}"
    return f"{rows} x {cols}, pitch {dy:g} x {dx:g} mm{face}"


def disagreement(one: ChannelMap, other: ChannelMap) -> tuple[str, str] | None:
    """Return what two maps have that makes equal sites different places, in words; None if nothing does."""
    return disagreements([one, other])[1]


def disagreements(maps: Sequence[ChannelMap]) -> list[tuple[str, str] | None]:
    """Return, for each of several maps, what it has otherwise than those before it: (expected, found) or None.

    Shape, pitch and face are compared to the first map's, free coordinates with those of the first map that has the
    site, to the nanometre; a site of a plain grid lies where its row, column and pitch say.
    """
    first = maps[0]
    free = any(one.positions is not None for one in maps)
    found: list[tuple[str, str] | None] = []
    known = np.full((*first.shape, 2), np.nan)
    for one in maps:
        differs = None
        if (one.shape, one.pitch, one.pads_up) != (first.shape, first.pitch, first.pads_up):
            differs = describe(first), describe(one)
            if differs[0] == differs[1]:  # free coordinates hide a pitch, %g its last digits
                differs = f"pitch {first.pitch} mm", f"pitch {one.pitch} mm"
        elif free:
            places = np.round(one.places, 6)
            expected = known[one.sites[:, 0], one.sites[:, 1]]
            off = np.flatnonzero((places != expected).any(1) & ~np.isnan(expected[:, 0]))
            if len(off):
                site = tuple(one.sites[off[0]].tolist())
                differs = (
                    f"site {site} at {_point(expected[off[0]])} mm",
                    f"{_point(places[off[0]])} mm ({len(off)} of {len(one)} sites lie elsewhere)",
                )
            new = np.isnan(expected[:, 0])
            known[one.sites[new, 0], one.sites[new, 1]] = places[new]
        found.append(differs)
    return found


def _point(place: Sequence[float]) -> str:
    return f"({place[0]:g}, {place[1]:g})"


def require_one_geometry(one: ChannelMap, other: ChannelMap, what: str) -> None:
    """Raise if equal sites of two maps are not the same place.

    Raises
    ------
    ValueError
        Naming both shapes and pitches, or the site that lies elsewhere.
    """
    differs = disagreement(one, other)
    if differs is not None:
        turned = one.shape == other.shape and one.pitch == other.pitch and one.pads_up != other.pads_up
        hint = "; flip() one of them" if turned else ""
        raise ValueError(f"no {what} of maps whose sites are different places: {differs[0]} and {differs[1]}{hint}")
