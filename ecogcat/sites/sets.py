"""Sets of sites: what maps of one electrode have in common, together, and apart."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.sites.geometry import require_one_geometry

if TYPE_CHECKING:
    from ecogcat.channels import ChannelMap

__all__ = ["SiteSets"]


class SiteSets:
    """The part of a channel map that compares its sites with another's."""

    __slots__ = ()

    def has_sites_of(self: Any, other: ChannelMap) -> NDArray[np.bool_]:
        """Return which channels are at sites that another map has, too; shape (n_channels,).

        Raises
        ------
        ValueError
            If equal sites are not the same place: shapes, pitches, faces or coordinates differ.
        """
        return _shared(self, other, "comparison")

    def intersection(self: Any, *others: ChannelMap) -> ChannelMap:
        """Return the map of the sites that all maps have, in the order and with the names of this one.

        Raises
        ------
        ValueError
            If equal sites are not the same place: shapes, pitches, faces or coordinates differ.

        Examples
        --------
        >>> import ecogcat as ec
        >>> one, other = (ec.ChannelMap.from_raster(sites, (2, 2)) for sites in ([3, 0, 1], [1, 2, 3]))
        >>> one.intersection(other).sites.tolist()
        [[1, 1], [0, 1]]
        """
        keep = np.ones(len(self), bool)
        for other in others:
            keep &= _shared(self, other, "intersection")
        common: ChannelMap = self.subset(keep)
        return common

    def difference(self: Any, *others: ChannelMap) -> ChannelMap:
        """Return the map of the sites that no other map has.

        Raises
        ------
        ValueError
            If equal sites are not the same place: shapes, pitches, faces or coordinates differ.
        """
        keep = np.ones(len(self), bool)
        for other in others:
            keep &= ~_shared(self, other, "difference")
        rest: ChannelMap = self.subset(keep)
        return rest

    def union(self: Any, *others: ChannelMap) -> ChannelMap:
        """Return the map of the sites that any map has: this one's, then what each further one adds.

        A name that is taken by another site gets a number behind it.

        Raises
        ------
        ValueError
            If equal sites are not the same place: shapes, pitches, faces or coordinates differ.

        Examples
        --------
        >>> import ecogcat as ec
        >>> one, other = (ec.ChannelMap.from_raster(sites, (2, 2)) for sites in ([0, 1], [1, 2]))
        >>> one.union(other).sites.tolist(), one.union(other).names
        ([[0, 0], [0, 1], [1, 0]], ('ch0', 'ch1', 'ch1 (2)'))
        """
        whole: ChannelMap = self
        for other in others:
            require_one_geometry(whole, other, "union")
            new = other.subset(~_shared(other, whole, "union"))
            names = list(whole.names)
            taken = set(names)
            for name in new.names:
                names.append(free_name(name, taken))
                taken.add(names[-1])
            positions = None
            if whole.positions is not None or new.positions is not None:
                positions = np.concatenate([whole.places, new.places])
            sites = np.concatenate([whole.sites, new.sites])
            whole = whole.replace(sites=sites, names=tuple(names), positions=positions)
        return whole


def _shared(one: ChannelMap, other: ChannelMap, what: str) -> NDArray[np.bool_]:
    require_one_geometry(one, other, what)
    there: NDArray[np.bool_] = other.occupied[one.sites[:, 0], one.sites[:, 1]]
    return there


def free_name(name: str, taken: set[str]) -> str:
    """Return a name, with a number behind it where it is taken.

    Examples
    --------
    >>> free_name("ch0", {"ch0", "ch0 (2)"})
    'ch0 (3)'
    """
    if name not in taken:
        return name
    return next(f"{name} ({n})" for n in itertools.count(2) if f"{name} ({n})" not in taken)
