"""Channel map: which electrode site each channel of a dataset records from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecogcat.frozen import Frozen, Index, digest, freeze, index_array
from ecogcat.sites.distances import Distances
from ecogcat.sites.embedding import Embedding
from ecogcat.sites.forms import Forms
from ecogcat.sites.geometry import describe
from ecogcat.sites.sets import SiteSets

__all__ = ["ChannelMap", "draws_maps"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ChannelMap(Frozen, Embedding, Distances, SiteSets, Forms):
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
    positions : array_like of float, shape (n_channels, 2), optional
        Where the channels really lie, (y, x) in mm, y downwards, kept to the nanometre: for contacts that lie on no
        grid. Sites then merely number the contacts.
    pads_up : bool
        Whether the grid is seen from the side on which its pads are; `flip` turns it over.

    Raises
    ------
    ValueError
        If a site lies outside the grid or is given twice, or the lengths disagree.

    Examples
    --------
    >>> grid = ChannelMap([(0, 0), (0, 1), (1, 1)], shape=(2, 2), pitch=0.4)
    >>> grid.lookup(1, 1), grid[2]
    (2, (1, 1))
    >>> grid.embed([1.0, 2.0, 3.0])
    array([[ 1.,  2.],
           [nan,  3.]])
    """

    sites: Index
    shape: tuple[int, int]
    pitch: tuple[float, float] = (1.0, 1.0)
    names: tuple[str, ...] = ()
    positions: NDArray[np.float64] | None = None
    pads_up: bool = False
    _channel_at: Index = field(init=False)

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
        channel_at = np.full(n_rows * n_cols, -1, np.int64)
        codes = sites[:, 0] * n_cols + sites[:, 1]
        channel_at[codes] = np.arange(len(sites))
        if len(np.unique(codes)) != len(codes):
            twice = [divmod(int(code), n_cols) for code in np.unique(codes) if (codes == code).sum() > 1]
            raise ValueError(f"sites given to more than one channel: {twice[:5]}")
        names = tuple(map(str, self.names)) or tuple(f"ch{k}" for k in range(len(sites)))
        if len(names) != len(sites) or len(set(names)) != len(names):
            raise ValueError(f"a map of {len(sites)} channels needs as many distinct names, not {len(set(names))}")
        pitch = np.asarray(self.pitch, np.float64)
        if pitch.shape not in ((), (2,)) or not ((pitch > 0) & np.isfinite(pitch)).all():
            raise ValueError(f"a pitch is a positive distance in mm, or two (dy, dx), not {self.pitch!r}")
        dy, dx = np.broadcast_to(pitch, 2).tolist()
        channel_at.setflags(write=False)
        set_(self, "sites", sites)
        set_(self, "shape", (n_rows, n_cols))
        set_(self, "pitch", (dy, dx))
        set_(self, "names", names)
        set_(self, "positions", None if self.positions is None else _checked_positions(self.positions, len(sites)))
        set_(self, "pads_up", bool(self.pads_up))
        set_(self, "_channel_at", channel_at)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.sites)

    @property
    def codes(self) -> Index:
        """Raster numbers of the sites, ``row * n_cols + col``; shape (n_channels,)."""
        return self.raster()

    @property
    def geometry(self) -> tuple[tuple[int, int], tuple[float, float]]:
        """Shape and pitch of the grid."""
        return self.shape, self.pitch

    @property
    def token(self) -> str:
        """Digest of everything."""
        return digest("map", self.sites, self.shape, self.pitch, self.names, self.positions, self.pads_up)

    def __len__(self) -> int:
        return len(self.sites)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter([(row, col) for row, col in self.sites.tolist()])

    def __getitem__(self, channels: Any) -> Any:
        """Return the site (row, col) of a channel, or the map of several: an index, a slice, a list or a mask."""
        if isinstance(channels, (int, np.integer)) and not isinstance(channels, (bool, np.bool_)):
            row, col = self.sites[channels].tolist()
            return row, col
        return self.subset(np.arange(len(self))[channels] if isinstance(channels, slice) else channels)

    def __eq__(self, other: object) -> bool:
        return self.token == other.token if isinstance(other, ChannelMap) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.token)

    def __repr__(self) -> str:
        if self.positions is None:
            return f"<ChannelMap {len(self)} of {self.shape[0] * self.shape[1]} sites, {describe(self)}>"
        face = ", pads up" if self.pads_up else ""
        dy, dx = np.ptp(self.positions, axis=0) if len(self) else (0.0, 0.0)
        return f"<ChannelMap {len(self)} channels at free coordinates, {dy:g} x {dx:g} mm{face}>"

    def replace(self, **changes: Any) -> ChannelMap:
        """Return a map with some fields replaced."""
        return dataclasses.replace(self, **changes)

    def lookup(self, row: int, col: int) -> int:
        """Return the channel at a site; ``map[channel]`` is the way back.

        Raises
        ------
        KeyError
            If no channel records from there.
        """
        n_rows, n_cols = self.shape
        if 0 <= row < n_rows and 0 <= col < n_cols and self._channel_at[row * n_cols + col] >= 0:
            return int(self._channel_at[row * n_cols + col])
        raise KeyError(f"no channel at site ({row}, {col}) of a {n_rows} x {n_cols} grid")

    def channels_at(self, sites: ArrayLike) -> Index:
        """Return the channels at `sites`, shape (n, 2); KeyError for a site without one."""
        pairs = np.asarray(sites)
        if pairs.size and pairs.dtype.kind not in "iu":
            raise TypeError(f"sites are whole (row, col) pairs, not {pairs.dtype}")
        pairs = pairs.astype(np.int64).reshape(-1, 2)
        return index_array([self.lookup(int(row), int(col)) for row, col in pairs])

    def subset(self, channels: ArrayLike | ChannelMap) -> ChannelMap:
        """Return the map of some channels; shape, pitch, coordinates and face stay.

        Parameters
        ----------
        channels : array_like or ChannelMap
            Indices, in the order wanted; or a boolean mask with one entry a channel; or one with one entry a site,
            shape (n_rows, n_cols), or another map: the channels on its sites, in the order they have here.

        Raises
        ------
        IndexError, ValueError
            If there is no such channel, it is listed twice, or a mask has another shape; or another map is of another
            grid.

        Examples
        --------
        >>> grid = ChannelMap([(1, 1), (0, 0), (0, 1)], shape=(2, 2))
        >>> grid.subset([2, 0]).sites.tolist()
        [[0, 1], [1, 1]]
        >>> grid.subset([[True, False], [False, True]]).sites.tolist()
        [[1, 1], [0, 0]]
        """
        if isinstance(channels, ChannelMap):
            return self.intersection(channels)
        keep = np.asarray(channels)
        if keep.dtype == np.bool_:
            if keep.ndim == 2 and keep.shape == self.shape:
                keep = keep[self.sites[:, 0], self.sites[:, 1]]
            elif keep.shape != (len(self),):
                raise ValueError(
                    f"a mask of this map has {len(self)} entries, not {keep.shape}; one of its grid has {self.shape}"
                )
        index = np.arange(len(self))[keep if keep.size else keep.astype(np.int64)]
        if index.ndim != 1:
            raise ValueError(f"channels are listed in one row, not in the shape {index.shape}")
        return self.replace(
            sites=self.sites[index],
            names=tuple(self.names[k] for k in index),
            positions=None if self.positions is None else self.positions[index],
        )

    def renamed(self, names: Sequence[str]) -> ChannelMap:
        """Return the same sites under other channel names."""
        return self if tuple(names) == self.names else self.replace(names=tuple(names))

    def flip(self) -> ChannelMap:
        """Return the map of the same channels seen from the other side: columns mirrored, `pads_up` turned over.

        Free coordinates are mirrored with the columns of the grid; twice flipped, a map is what it was.

        Examples
        --------
        >>> grid = ChannelMap([(0, 0), (1, 2)], shape=(2, 3))
        >>> grid.flip().sites.tolist(), grid.flip().pads_up
        ([[0, 2], [1, 0]], True)
        """
        last = self.shape[1] - 1
        sites = np.stack([self.sites[:, 0], last - self.sites[:, 1]], axis=1)
        positions = None
        if self.positions is not None:
            positions = np.stack([self.positions[:, 0], last * self.pitch[1] - self.positions[:, 1]], axis=1)
        return self.replace(sites=sites, positions=positions, pads_up=not self.pads_up)

    def facing(self, *, pads_up: bool) -> ChannelMap:
        """Return the map as seen from one side: itself, or flipped."""
        return self if self.pads_up == bool(pads_up) else self.flip()

    def image(self, values: ArrayLike | None = None, ax: Any = None, dropped: Any = None, **options: Any) -> Any:
        """Draw the electrode to scale: its channels, a value each as a colour, the sites that were dropped hatched.

        Parameters
        ----------
        values : array_like, shape (n_channels,), optional
            Drawn as colours.
        ax : matplotlib Axes, optional
            Where; a new figure if not given.
        dropped : DataFrame, sequence of (row, col), or ChannelMap, optional
            Sites to hatch; of a table, with their ``reason``.
        **options
            units, label, names, limits: see `ecogcat.plot_map`, which draws.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is not one value a channel, or a dropped site lies outside of the grid.
        """
        return _drawing["map"](self, values, ax=ax, dropped=dropped, **options)


_drawing: dict[str, Callable[..., Any]] = {}


def draws_maps(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have `ChannelMap.image` draw by `function`: pictures know maps, and maps no pictures."""
    _drawing["map"] = function
    return function


def _checked_positions(positions: ArrayLike, n: int) -> NDArray[np.float64]:
    places = np.asarray(positions, np.float64)
    if places.size == 0:
        places = places.reshape(0, 2)
    if places.shape != (n, 2) or not np.isfinite(places).all():
        raise ValueError(f"positions are (y, x) in mm, shape ({n}, 2), not {places.shape} or not finite")
    # To the nanometre: what a file says in um and another in mm is the same place then. No negative zero.
    rounded: NDArray[np.float64] = freeze(np.round(places, 6) + 0.0)
    return rounded
