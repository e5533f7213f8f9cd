"""Channel map: which electrode site each channel of a dataset records from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecogcat.frozen import Frozen, Index, digest, freeze, index_array

__all__ = ["ChannelMap"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ChannelMap(Frozen):
    """Takes channels to sites of an electrode grid.

    Parameters
    ----------
    sites : array_like of int, shape (n_channels, 2)
        (row, col) of each channel; no site twice.
    shape : tuple of int
        (n_rows, n_cols) of the grid.
    pitch : float or tuple of float
        (dy, dx) between neighbouring sites in mm; one number for both.
    names : sequence of str, optional
        Names of the channels; ch0, ch1, ... by default.

    Raises
    ------
    ValueError
        If a site lies outside the grid or is given twice, or the lengths disagree.

    Examples
    --------
    >>> grid = ChannelMap([(0, 0), (0, 1), (1, 1)], shape=(2, 2), pitch=0.4)
    >>> grid.lookup(1, 1)
    2
    >>> grid.embed([1.0, 2.0, 3.0])
    array([[ 1.,  2.],
           [nan,  3.]])
    """

    sites: Index
    shape: tuple[int, int]
    pitch: tuple[float, float] = (1.0, 1.0)
    names: tuple[str, ...] = ()
    _position: Index = field(init=False)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        sites = np.asarray(self.sites)
        if sites.size == 0:
            sites = np.zeros((0, 2), np.int64)
        if sites.ndim != 2 or sites.shape[1] != 2 or sites.dtype.kind not in "iu":
            raise ValueError(
                f"sites are whole (row, col) pairs, shape (n_channels, 2), not {sites.dtype} {sites.shape}"
            )
        sites = freeze(sites, np.int64)
        shape = np.asarray(self.shape)
        if shape.shape != (2,) or shape.dtype.kind not in "iu" or (shape < 0).any():
            raise ValueError(f"the shape of a grid is two whole numbers (n_rows, n_cols), not {self.shape!r}")
        n_rows, n_cols = shape.tolist()
        outside = ((sites < 0) | (sites >= (n_rows, n_cols))).any(1)
        if outside.any():
            worst = [tuple(site) for site in sites[outside][:5].tolist()]
            raise ValueError(f"sites outside of the {n_rows} x {n_cols} grid: {worst}")
        position = np.full(n_rows * n_cols, -1, np.int64)
        codes = sites[:, 0] * n_cols + sites[:, 1]
        position[codes] = np.arange(len(sites))
        if len(np.unique(codes)) != len(codes):
            twice = [divmod(int(code), n_cols) for code in np.unique(codes) if (codes == code).sum() > 1]
            raise ValueError(f"sites given to more than one channel: {twice[:5]}")
        names = tuple(map(str, self.names)) or tuple(f"ch{k}" for k in range(len(sites)))
        if len(names) != len(sites) or len(set(names)) != len(names):
            raise ValueError(f"a map of {len(sites)} channels has as many distinct names, not {len(set(names))}")
        pitch = np.asarray(self.pitch, np.float64)
        if pitch.shape not in ((), (2,)) or not ((pitch > 0) & np.isfinite(pitch)).all():
            raise ValueError(f"a pitch is a positive distance in mm, or two (dy, dx), not {self.pitch!r}")
        dy, dx = np.broadcast_to(pitch, 2).tolist()
        position.setflags(write=False)
        set_(self, "sites", sites)
        set_(self, "shape", (n_rows, n_cols))
        set_(self, "pitch", (dy, dx))
        set_(self, "names", names)
        set_(self, "_position", position)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.sites)

    @property
    def codes(self) -> Index:
        """Raster numbers of the sites, ``row * n_cols + col``; shape (n_channels,)."""
        return self.sites[:, 0] * self.shape[1] + self.sites[:, 1]

    @property
    def geometry(self) -> tuple[tuple[int, int], tuple[float, float]]:
        """Shape and pitch: what two maps must agree in for equal sites to be the same place."""
        return self.shape, self.pitch

    @property
    def token(self) -> str:
        """Digest of everything."""
        return digest("map", self.sites, self.shape, self.pitch, self.names)

    def __len__(self) -> int:
        return len(self.sites)

    def __eq__(self, other: object) -> bool:
        return self.token == other.token if isinstance(other, ChannelMap) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.token)

    def __repr__(self) -> str:
        rows, cols = self.shape
        dy, dx = self.pitch
        return f"<ChannelMap {len(self)} of {rows * cols} sites, {rows} x {cols}, pitch {dy:g} x {dx:g} mm>"

    def lookup(self, row: int, col: int) -> int:
        """Return the channel at a site.

        Raises
        ------
        KeyError
            If no channel records from there.
        """
        n_rows, n_cols = self.shape
        if 0 <= row < n_rows and 0 <= col < n_cols and self._position[row * n_cols + col] >= 0:
            return int(self._position[row * n_cols + col])
        raise KeyError(f"no channel at site ({row}, {col}) of a {n_rows} x {n_cols} grid")

    def channels_at(self, sites: ArrayLike) -> Index:
        """Return the channels at `sites`, shape (n, 2); KeyError for a site without one."""
        pairs = np.asarray(sites)
        if pairs.size and pairs.dtype.kind not in "iu":
            raise TypeError(f"sites are whole (row, col) pairs, not {pairs.dtype}")
        pairs = pairs.astype(np.int64).reshape(-1, 2)
        return index_array([self.lookup(int(row), int(col)) for row, col in pairs])

    def subset(self, channels: ArrayLike) -> ChannelMap:
        """Return the map of some channels.

        Parameters
        ----------
        channels : array_like
            Indices in any order, or a boolean mask with one entry a channel.
        """
        keep = np.asarray(channels)
        if keep.dtype == np.bool_ and keep.shape != (len(self),):
            raise ValueError(f"a mask of this map has {len(self)} entries, not {keep.shape}")
        index = np.arange(len(self))[keep if keep.size else keep.astype(np.int64)]
        return ChannelMap(self.sites[index], self.shape, self.pitch, tuple(self.names[k] for k in index))

    def renamed(self, names: Sequence[str]) -> ChannelMap:
        """Return the same sites under other channel names."""
        return self if tuple(names) == self.names else ChannelMap(self.sites, self.shape, self.pitch, tuple(names))

    def embed(self, data: ArrayLike, axis: int = 0, fill: Any = np.nan) -> NDArray[Any]:
        """Spread an axis of channels over the grid.

        Parameters
        ----------
        data : array_like
            ``data.shape[axis] == n_channels``.
        axis : int
            The axis of channels; it is replaced by two, rows and cols.
        fill : scalar
            Value of sites without a channel. The result has a type that holds it and the data.

        Returns
        -------
        ndarray, shape (..., n_rows, n_cols, ...)
        """
        values = np.asarray(data)
        axis = range(values.ndim)[axis]
        if values.shape[axis] != len(self):
            raise ValueError(f"axis {axis} has {values.shape[axis]} entries where the map has {len(self)} channels")
        moved = np.moveaxis(values, axis, 0)
        dtype = _type_that_holds(values.dtype, fill)
        grid = np.full((self.shape[0] * self.shape[1], *moved.shape[1:]), fill, dtype)
        grid[self.codes] = moved
        grid = grid.reshape(*self.shape, *moved.shape[1:])
        return np.moveaxis(grid, (0, 1), (axis, axis + 1))

    def extract(self, grid: ArrayLike, axis: int = 0) -> NDArray[Any]:
        """Gather the channels from two axes of rows and cols; the inverse of `embed`.

        Parameters
        ----------
        grid : array_like
            ``grid.shape[axis : axis + 2] == shape``.
        axis : int
            The first of the two axes; they are replaced by one, of channels.
        """
        values = np.asarray(grid)
        axis = range(values.ndim)[axis]
        if values.shape[axis : axis + 2] != self.shape:
            raise ValueError(
                f"axes {axis} and {axis + 1} are {values.shape[axis : axis + 2]}, the grid is {self.shape}"
            )
        moved = np.moveaxis(values, (axis, axis + 1), (0, 1))
        return np.moveaxis(moved[self.sites[:, 0], self.sites[:, 1]], 0, axis)


def _type_that_holds(dtype: np.dtype[Any], fill: Any) -> np.dtype[Any]:
    """Return the type of the data if it holds a fill value, too; else the narrowest that holds both."""
    value = np.asarray(fill)
    if dtype.kind in "fc" and value.dtype.kind in "biuf":
        return dtype
    if dtype.kind in "iu" and value.dtype.kind in "biu":
        limits = np.iinfo(dtype)
        whole = int(value)
        return dtype if limits.min <= whole <= limits.max else np.result_type(dtype, np.min_scalar_type(whole))
    return np.result_type(dtype, value.dtype)
