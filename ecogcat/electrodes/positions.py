"""Positions: electrodes whose sites are coordinates rather than places of a grid, put on a grid that has them all.

A channel map counts rows and columns. Contacts that are spaced irregularly nearly always lie on a lattice all the same,
one finer than their distances: drawings are made in steps. On that lattice every site has a row and a column, and row
times pitch is its coordinate, so that lookup, matching, distances and pictures need no second kind of map.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecogcat.frozen import Index, freeze

__all__ = ["MOST_PLACES", "TOLERANCE_MM", "raster"]

TOLERANCE_MM = 5e-4  # half a micrometre: below what anybody manufactures, above what a table rounds to
MOST_PLACES = 4_000_000  # a map keeps a number for each place of its grid: 32 MB
_FINEST_MM = 1e-3


def raster(positions: ArrayLike) -> tuple[Index, tuple[int, int], tuple[float, float]]:
    """Return sites, shape and pitch of the coarsest grid on which all positions lie.

    Parameters
    ----------
    positions : array_like of float, shape (n, 2)
        (y, x) in mm. Row and column 0 are at the smallest of each.

    Returns
    -------
    sites : ndarray of int64, shape (n, 2)
        ``sites * pitch`` are the positions, less the smallest, to half a micrometre.
    shape : tuple of int
    pitch : tuple of float
        (dy, dx), mm. Where all lie in one row or one column, the same both ways.

    Raises
    ------
    ValueError
        If they are no finite numbers, or the grid would have more than four million places.

    Examples
    --------
    >>> sites, shape, pitch = raster([(0.0, 0.0), (0.1, 0.0), (0.25, 0.3)])
    >>> sites.tolist(), shape, pitch
    ([[0, 0], [2, 0], [5, 1]], (6, 2), (0.05, 0.3))
    """
    places = np.asarray(positions, np.float64).reshape(-1, 2)
    if not np.isfinite(places).all():
        raise ValueError("positions are finite numbers, (y, x) in mm")
    if not len(places):
        return freeze(np.zeros((0, 2)), np.int64), (0, 0), (1.0, 1.0)
    offsets = places - places.min(0)
    steps = [_step(offsets[:, axis]) for axis in (0, 1)]
    known = [step for step in steps if step is not None]
    dy, dx = (step or (known[0] if known else 1.0) for step in steps)
    sites = np.round(offsets / (dy, dx)).astype(np.int64)
    n_rows, n_cols = (sites.max(0) + 1).tolist()
    if n_rows * n_cols > MOST_PLACES:
        raise ValueError(
            f"these positions lie on no grid coarser than {n_rows} x {n_cols} places of {dy:g} x {dx:g} mm, more than "
            f"{MOST_PLACES:,}: round them to multiples of a step"
        )
    return freeze(sites, np.int64), (n_rows, n_cols), (dy, dx)


def _step(offsets: NDArray[np.float64]) -> float | None:
    """Return the largest step of which all offsets are multiples; None if they are all the same."""
    gaps = np.diff(np.sort(offsets))
    gaps = gaps[gaps > 2 * TOLERANCE_MM]
    if not gaps.size:
        return None
    span, smallest = float(offsets.max()), float(gaps.min())
    for parts in range(1, max(1, int(smallest / _FINEST_MM)) + 1):
        step = span / round(span * parts / smallest)  # of the whole length: rounding of one gap would add up
        if np.abs(offsets - np.round(offsets / step) * step).max() <= TOLERANCE_MM:
            return round(step, 9)
    return _FINEST_MM
