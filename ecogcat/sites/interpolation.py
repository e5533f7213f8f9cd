"""Interpolation: sites without a channel estimated from the channels around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["METHODS", "check_method", "interpolate_sites"]

METHODS = ("median", "mean", "nearest")


def check_method(method: str, dtype: np.dtype[Any], *, free: bool) -> None:
    """Raise if sites cannot be interpolated in that way: data of that type, `free` if the map has free coordinates."""
    if method not in METHODS:
        raise ValueError(f"sites are interpolated by {', '.join(METHODS)}, not {method!r}")
    if free:
        raise ValueError(
            "the map has free coordinates: a site without a channel has no place that could be interpolated; "
            "embed without interpolate="
        )
    if dtype.kind not in "biuf" and not (dtype.kind == "c" and method != "median"):
        raise TypeError(f"values of type {dtype} have no {method}")


def interpolate_sites(grid: NDArray[Any], known: NDArray[np.bool_], method: str, pitch: tuple[float, float]) -> None:
    """Fill the sites of `grid` that are not `known`, in place.

    Parameters
    ----------
    grid : ndarray, shape (n_rows, n_cols, ...)
        Floating-point. Where nothing is known it is left as it is.
    known : ndarray of bool, shape (n_rows, n_cols)
    method : {"median", "mean", "nearest"}
    pitch : (float, float)
        (dy, dx), mm.
    """
    if not known.any() or known.all():
        return
    if method == "nearest":
        _nearest(grid, known, pitch)
    elif method == "median":
        _site_by_site(grid, known.copy())
    else:
        _ring_by_ring(grid, known.copy())


def _around(known: NDArray[np.bool_]) -> Iterator[tuple[tuple[int, int], tuple[slice, slice]]]:
    """Yield, in raster order, each site that is not known when its turn comes but has a known one around it."""
    for row, col in np.argwhere(~known).tolist():
        block = slice(max(row - 1, 0), row + 2), slice(max(col - 1, 0), col + 2)
        if known[block].any():
            yield (row, col), block


def _site_by_site(grid: NDArray[Any], known: NDArray[np.bool_]) -> None:
    while not known.all():  # a second time round for corners that had nothing but gaps before them
        for site, block in _around(known):
            grid[site] = _median(grid[block][known[block]])
            known[site] = True


def _ring_by_ring(grid: NDArray[Any], known: NDArray[np.bool_]) -> None:
    while not known.all():
        ring = list(_around(known))
        means = [_mean(grid[block][known[block]]) for _, block in ring]
        for (site, _), value in zip(ring, means, strict=True):
            grid[site] = value
            known[site] = True


def _nearest(grid: NDArray[Any], known: NDArray[np.bool_], pitch: tuple[float, float]) -> None:
    there = np.argwhere(known)
    values = grid[known]
    for site in np.argwhere(~known):
        squared = (((there - site) * pitch) ** 2).sum(1)
        grid[tuple(site)] = _mean(values[squared <= squared.min() * (1 + 1e-9)])


def _median(values: NDArray[Any]) -> NDArray[Any]:
    """Return the median along the first axis of what is not NaN; NaN, without a warning, where all is."""
    ordered = np.sort(values, axis=0)  # NaN go last
    n = (~np.isnan(values)).sum(0, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(n - 1, 0) // 2, 0)[0]
    high = np.take_along_axis(ordered, np.minimum(n // 2, len(values) - 1), 0)[0]
    middle: NDArray[Any] = (low + high) / 2  # NaN where all are: the first is
    return middle


def _mean(values: NDArray[Any]) -> NDArray[Any]:
    """Return the mean along the first axis of what is not NaN; NaN, without a warning, where all is."""
    there = ~np.isnan(values)
    n = there.sum(0)
    return np.where(n > 0, np.where(there, values, 0).sum(0) / np.maximum(n, 1), np.nan)
