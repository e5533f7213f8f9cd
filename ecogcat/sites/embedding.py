"""Embedding: an axis of channels spread over two axes of rows and columns, and gathered from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecogcat.frozen import Index
from ecogcat.sites.interpolation import check_method, interpolate_sites

__all__ = ["Embedding"]


class Embedding:
    """The part of a channel map that goes between channels and the grid."""

    __slots__ = ()

    sites: Index
    shape: tuple[int, int]
    pitch: tuple[float, float]
    positions: NDArray[np.float64] | None

    @property
    def occupied(self) -> NDArray[np.bool_]:
        """Which sites of the grid have a channel; shape (n_rows, n_cols)."""
        grid = np.zeros(self.shape, bool)
        grid[self.sites[:, 0], self.sites[:, 1]] = True
        return grid

    def embed(
        self, data: ArrayLike, axis: int = 0, fill: Any = np.nan, *, interpolate: str | None = None
    ) -> NDArray[Any]:
        """Spread an axis of channels over the grid.

        Parameters
        ----------
        data : array_like
            ``data.shape[axis] == n_channels``.
        axis : int
            The axis of channels, negative ones counted from the last; it is replaced by two, rows and columns.
        fill : scalar
            Value of sites without a channel. The result has the type of the data, or the narrowest that holds the
            fill as well.
        interpolate : {None, "median", "mean", "nearest"}
            Estimate sites without a channel instead. "median": of the 3 x 3 sites around, site after site in raster
            order, so that one estimate is used by the next, as the lab's earlier programs had it. "mean": of the 3 x 3
            sites around, all at once, then outwards ring by ring. "nearest": the nearest channel in mm, the mean of
            those equally near. Whole numbers become floating-point; NaN of a channel is passed over by its
            neighbours, and stays.

        Returns
        -------
        ndarray, shape (..., n_rows, n_cols, ...)

        Raises
        ------
        numpy.exceptions.AxisError
            If the data have no such axis.
        ValueError
            If the axis has another length, or there is no such way to interpolate.

        Examples
        --------
        >>> import ecogcat as ec
        >>> grid = ec.ChannelMap([(0, 0), (0, 1), (1, 1)], shape=(2, 2))
        >>> grid.embed([1, 2, 4], fill=0)
        array([[1, 2],
               [0, 4]])
        >>> grid.embed([1, 2, 4], interpolate="median")
        array([[1., 2.],
               [2., 4.]])
        """
        values = np.asarray(data)
        axis = _axis(axis, values.ndim)
        if values.shape[axis] != len(self.sites):
            raise ValueError(
                f"axis {axis} has {values.shape[axis]} entries where the map has {len(self.sites)} channels"
            )
        if interpolate is not None:
            check_method(interpolate, values.dtype, free=self.positions is not None)
        moved = np.moveaxis(values, axis, 0)
        dtype = type_that_holds(values.dtype, np.nan if interpolate else fill)
        grid = np.full((*self.shape, *moved.shape[1:]), fill, type_that_holds(dtype, fill))
        grid[self.sites[:, 0], self.sites[:, 1]] = moved
        if interpolate is not None:
            interpolate_sites(grid, self.occupied, interpolate, self.pitch)
        return np.moveaxis(grid, (0, 1), (axis, axis + 1))

    def extract(self, grid: ArrayLike, axis: int = 0) -> NDArray[Any]:
        """Gather the channels from two axes of rows and columns; the inverse of `embed`.

        Parameters
        ----------
        grid : array_like
            ``grid.shape[axis : axis + 2] == shape``.
        axis : int
            The axis of the result that has the channels, hence the first of the two; negative ones are counted from
            the last axis of the result, as `embed` counts them.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        ValueError
            If the two axes are not those of the grid.

        Examples
        --------
        >>> import ecogcat as ec
        >>> ec.ChannelMap([(1, 0), (0, 1)], shape=(2, 2)).extract([[10, 11], [12, 13]])
        array([12, 11])
        """
        values = np.asarray(grid)
        if values.ndim < 2:
            raise ValueError(f"a grid has two axes, rows and columns; this array has the shape {values.shape}")
        axis = _axis(axis, values.ndim - 1)
        if values.shape[axis : axis + 2] != self.shape:
            raise ValueError(
                f"axes {axis} and {axis + 1} are {values.shape[axis : axis + 2]}, the grid is {self.shape}"
            )
        moved = np.moveaxis(values, (axis, axis + 1), (0, 1))
        return np.moveaxis(moved[self.sites[:, 0], self.sites[:, 1]], 0, axis)


def _axis(axis: int, n_axes: int) -> int:
    if not -n_axes <= axis < n_axes:
        raise np.exceptions.AxisError(axis, n_axes)
    return axis % n_axes


def type_that_holds(dtype: np.dtype[Any], fill: Any) -> np.dtype[Any]:
    """Return the type of the data if it holds a fill value, too; else the narrowest that holds both.

    Examples
    --------
    >>> type_that_holds(np.dtype("i2"), -1), type_that_holds(np.dtype("i2"), 40000)
    (dtype('int16'), dtype('int32'))
    >>> type_that_holds(np.dtype("i2"), np.nan), type_that_holds(np.dtype("f4"), np.nan)
    (dtype('float64'), dtype('float32'))
    """
    value = np.asarray(fill)
    if dtype.kind in "fc" and value.dtype.kind in "biuf":
        with np.errstate(over="ignore"):
            fits = not np.isfinite(value) or np.isfinite(value.astype(dtype))
        return dtype if fits else np.result_type(dtype, np.min_scalar_type(value))
    if dtype.kind in "iu" and value.dtype.kind in "biu":
        limits, whole = np.iinfo(dtype), int(value)
        if limits.min <= whole <= limits.max:
            return dtype
        kinds = (f"{kind}{size}" for size in (1, 2, 4, 8) for kind in ("iu" if dtype.kind == "i" else "ui"))
        for wider in map(np.dtype, kinds):
            limits = np.iinfo(wider)
            if np.can_cast(dtype, wider) and limits.min <= whole <= limits.max:
                return wider
        # A negative number beside uint64: doubles would round the data.
        raise ValueError(f"no whole-number type holds both {dtype} data and a fill of {whole}")
    return np.result_type(dtype, value.dtype)
