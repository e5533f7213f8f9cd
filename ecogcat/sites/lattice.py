"""Lattice: the grid on which places lie, if they lie on one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Index

__all__ = ["Lattice", "lattice_of"]


class Lattice(NamedTuple):
    """Sites of places, and the grid that they are sites of.

    Attributes
    ----------
    sites : ndarray of int64, shape (n, 2)
        (row, col).
    shape : (int, int)
        (n_rows, n_cols).
    pitch : (float, float)
        (dy, dx), in the unit of the places.
    """

    sites: Index
    shape: tuple[int, int]
    pitch: tuple[float, float]


def lattice_of(places: NDArray[np.float64]) -> Lattice | None:
    """Return the grid of places (y, x), shape (n, 2): rows ascend with y, columns with x.

    Places are a grid if they are multiples of one distance along each axis, no two alike, and fill more than half of
    the rectangle they span (a staggered probe is none).

    Examples
    --------
    >>> lattice_of(np.array([[0.0, 0.0], [0.0, 400.0], [200.0, 0.0]])).sites.tolist()
    [[0, 0], [0, 1], [1, 0]]
    """
    if len(places) < 2 or not np.isfinite(places).all() or np.abs(places).max() > 1e9:
        return None
    steps, sites = [], []
    for along in places.T:
        apart = np.diff(np.unique(along))
        apart = apart[apart > 1e-6 * max(1.0, float(np.abs(along).max()))]  # rounding
        step = float(apart.min()) if len(apart) else 0.0
        number = (along - along.min()) / step if step else np.zeros(len(along))
        if np.abs(number - np.rint(number)).max() > 0.01 or number.max() > len(places):
            return None
        steps.append(step)
        sites.append(np.rint(number).astype(np.int64))
    pairs = np.stack(sites, axis=1)
    n_rows, n_cols = (pairs.max(0) + 1).tolist()
    if len(np.unique(pairs, axis=0)) < len(pairs) or 2 * len(pairs) <= n_rows * n_cols:
        return None
    dy, dx = (step or max(steps) for step in steps)
    return Lattice(pairs, (n_rows, n_cols), (dy, dx))
