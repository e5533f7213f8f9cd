"""Distances: how far the channels of a map lie from each other, and which are neighbours."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Index, index_array

__all__ = ["NANOMETRE", "Boundary", "Distances"]

NANOMETRE = 1e-6
"""In mm: what two lengths may differ by and still be the same. Pitches are sums of rounded numbers."""


class Boundary(NamedTuple):
    """Edges of a map in mm, x to the right and y downwards, half a pitch outside of its outermost sites.

    In the order of matplotlib's ``imshow(extent=...)`` but for its y, which points up.
    """

    left: float
    right: float
    top: float
    bottom: float


class Distances:
    """The part of a channel map that measures."""

    __slots__ = ()

    sites: Index
    shape: tuple[int, int]
    pitch: tuple[float, float]
    positions: NDArray[np.float64] | None

    @property
    def places(self) -> NDArray[np.float64]:
        """(y, x) of each channel in mm, from row and column 0 where it lies on the grid; shape (n_channels, 2)."""
        return self.sites * np.array(self.pitch) if self.positions is None else self.positions

    @property
    def boundary(self) -> Boundary:
        """Edges of the grid in mm; around free coordinates, half of their spacing."""
        if self.positions is None:
            (n_rows, n_cols), (dy, dx) = self.shape, self.pitch
            return Boundary(-0.5 * dx, (n_cols - 0.5) * dx, -0.5 * dy, (n_rows - 0.5) * dy)
        places = self.positions if len(self.positions) else np.zeros((1, 2))
        margin = self.spacing / 2
        (top, left), (bottom, right) = (places.min(0) - margin).tolist(), (places.max(0) + margin).tolist()
        return Boundary(left, right, top, bottom)

    @property
    def spacing(self) -> float:
        """The smaller pitch in mm; of free coordinates the smallest distance between two that differ (1 if none do)."""
        if self.positions is None:
            return min(self.pitch)
        apart = self.distances()
        apart = apart[apart > NANOMETRE]
        return float(apart.min()) if apart.size else 1.0

    def distances(self) -> NDArray[np.float64]:
        """Return the distance of each channel from each.

        Returns
        -------
        ndarray of float64, shape (n_channels, n_channels)
            In mm.

        Examples
        --------
        >>> import ecogcat as ec
        >>> ec.ChannelMap([(0, 0), (1, 0), (1, 2)], shape=(2, 3), pitch=(3.0, 2.0)).distances()
        array([[0., 3., 5.],
               [3., 0., 4.],
               [5., 4., 0.]])
        """
        y, x = self.places.T
        apart: NDArray[np.float64] = np.hypot(y[:, None] - y, x[:, None] - x)
        return apart

    def neighbours(
        self, *, radius: float | None = None, k: int | None = None, grid: int | None = None
    ) -> tuple[Index, ...]:
        """Return the neighbours of each channel, the nearest first, of equally near ones the lower channel.

        Parameters
        ----------
        radius : float, optional
            All other channels within so many mm.
        k : int, optional
            The k nearest.
        grid : {4, 8}, optional
            Those on the next sites of the grid: left, right, above and below; or the diagonal ones, too.

        Returns
        -------
        tuple of ndarray of int64
            One a channel.

        Raises
        ------
        ValueError
            If not exactly one of the three is given, it is no such number, or the map has no `k` other channels or no
            grid.

        Examples
        --------
        >>> import ecogcat as ec
        >>> line = ec.ChannelMap([(0, 0), (0, 1), (0, 2)], shape=(1, 3), pitch=0.4)
        >>> [some.tolist() for some in line.neighbours(radius=0.5)]
        [[1], [0, 2], [1]]
        """
        if sum(given is not None for given in (radius, k, grid)) != 1:
            raise ValueError("neighbours are given by one of radius= (mm), k= (how many) and grid= (4 or 8)")
        n = len(self.sites)
        apart = self.distances()
        rounded = np.rint(apart / NANOMETRE)
        np.fill_diagonal(rounded, -1)  # itself comes first, also before a channel at the same place
        order = np.argsort(rounded, axis=1, kind="stable")[:, 1:]
        if k is not None:
            if not 0 <= k <= max(0, n - 1):
                raise ValueError(f"each channel of {n} has {max(0, n - 1)} others, not {k}")
            return tuple(index_array(some[:k]) for some in order)
        if radius is not None:
            if not radius >= 0:
                raise ValueError(f"a radius is a distance in mm, not {radius}")
            near = apart <= radius + NANOMETRE
        else:
            near = self._beside(grid)
        return tuple(index_array(some[row[some]]) for some, row in zip(order, near, strict=True))

    def _beside(self, grid: Any) -> NDArray[np.bool_]:
        if grid not in (4, 8):
            raise ValueError(f"a site has 4 or 8 neighbours on a grid, not {grid}")
        if self.positions is not None:
            raise ValueError("the map has free coordinates, no grid: ask for neighbours by radius= or k=")
        steps = np.abs(self.sites[:, None] - self.sites)
        near: NDArray[np.bool_] = (steps.sum(2) == 1) if grid == 4 else (steps.max(2) == 1)
        return near
