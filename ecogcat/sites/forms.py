"""Forms of a map: raster numbers, masks of a grid, coordinates, data frames and probes, to and from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecogcat.frozen import Index

if TYPE_CHECKING:
    from ecogcat.channels import ChannelMap

__all__ = ["Forms"]


class Forms:
    """The part of a channel map that makes it from other descriptions, and them from it."""

    __slots__ = ()

    @classmethod
    def from_raster(
        cls: Any,
        indices: ArrayLike,
        shape: tuple[int, int],
        col_major: bool = False,
        *,
        pitch: float | tuple[float, float] = 1.0,
        names: Sequence[str] = (),
        pads_up: bool = False,
    ) -> ChannelMap:
        """Return the map of channels given by raster numbers of their sites.

        Parameters
        ----------
        indices : array_like of int, shape (n_channels,)
            ``row * n_cols + col``, or with `col_major` ``col * n_rows + row``.
        shape : (int, int)
            (n_rows, n_cols).
        col_major : bool
            Whether numbers run down the columns.
        pitch, names, pads_up
            As those of a map.

        Raises
        ------
        ValueError
            If a number is no site of the grid, or is given twice.

        Examples
        --------
        >>> import ecogcat as ec
        >>> ec.ChannelMap.from_raster([1, 3], (2, 3)).sites.tolist()
        [[0, 1], [1, 0]]
        >>> ec.ChannelMap.from_raster([1, 3], (2, 3), col_major=True).sites.tolist()
        [[1, 0], [1, 1]]
        """
        numbers = np.asarray(indices)
        if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
            raise ValueError(f"raster numbers are whole, one a channel, not {numbers.dtype} of shape {numbers.shape}")
        n_rows, n_cols = (int(n) for n in shape)
        outside = numbers[(numbers < 0) | (numbers >= n_rows * n_cols)]
        if outside.size:
            raise ValueError(
                f"no sites of a {n_rows} x {n_cols} grid, which has the raster numbers 0 to {n_rows * n_cols - 1}: "
                f"{outside[:5].tolist()}; leave out channels that are on no site"
            )
        order: Literal["C", "F"] = "F" if col_major else "C"
        sites = np.stack(np.unravel_index(numbers.astype(np.int64), (n_rows, n_cols), order=order), axis=1)
        made: ChannelMap = cls(sites.reshape(-1, 2), (n_rows, n_cols), pitch, tuple(names), pads_up=pads_up)
        return made

    def raster(self: Any, col_major: bool = False) -> Index:
        """Return the raster number of each channel's site, shape (n_channels,): the inverse of `from_raster`."""
        row, col = self.sites.T
        numbers: Index = col * self.shape[0] + row if col_major else row * self.shape[1] + col
        return numbers

    @classmethod
    def from_mask(
        cls: Any,
        mask: ArrayLike,
        col_major: bool = False,
        *,
        pitch: float | tuple[float, float] = 1.0,
        names: Sequence[str] = (),
        pads_up: bool = False,
    ) -> ChannelMap:
        """Return the map of the True sites of a grid, channels numbered along the rows, or down the columns.

        Parameters
        ----------
        mask : array_like of bool, shape (n_rows, n_cols)
        col_major : bool
        pitch, names, pads_up
            As those of a map.

        Examples
        --------
        >>> import ecogcat as ec
        >>> ec.ChannelMap.from_mask([[True, False], [True, True]]).sites.tolist()
        [[0, 0], [1, 0], [1, 1]]
        """
        grid = np.asarray(mask)
        if grid.ndim != 2 or grid.dtype != np.bool_:
            raise ValueError(f"a mask of a grid is boolean, (n_rows, n_cols), not {grid.dtype} of shape {grid.shape}")
        sites = np.argwhere(grid.T)[:, ::-1] if col_major else np.argwhere(grid)
        made: ChannelMap = cls(sites, grid.shape, pitch, tuple(names), pads_up=pads_up)
        return made

    @classmethod
    def from_positions(
        cls: Any, positions: ArrayLike, *, names: Sequence[str] = (), pads_up: bool = False
    ) -> ChannelMap:
        """Return the map of contacts that lie on no grid; contact k is site (k, 0).

        Parameters
        ----------
        positions : array_like of float, shape (n_channels, 2)
            (y, x) in mm, y downwards.
        names, pads_up
            As those of a map.

        Examples
        --------
        >>> import ecogcat as ec
        >>> ec.ChannelMap.from_positions([(0.0, 0.0), (0.1, 0.02), (0.0, 0.05)])
        <ChannelMap 3 channels at free coordinates, 0.1 x 0.05 mm>
        """
        places = np.asarray(positions, np.float64).reshape(-1, 2)
        sites = np.stack([np.arange(len(places)), np.zeros(len(places), np.int64)], axis=1)
        made: ChannelMap = cls(sites, (len(places), 1), 1.0, tuple(names), places, pads_up)
        return made

    def to_frame(self: Any) -> pd.DataFrame:
        """Return the map as a table: name, row, col of each channel; y_mm and x_mm of free coordinates.

        Shape, pitch and face are in its ``attrs``.

        Examples
        --------
        >>> import ecogcat as ec
        >>> ec.ChannelMap([(0, 1), (1, 0)], shape=(2, 2)).to_frame()
                name  row  col
        channel
        0        ch0    0    1
        1        ch1    1    0
        """
        columns: dict[str, Any] = {"name": list(self.names), "row": self.sites[:, 0], "col": self.sites[:, 1]}
        if self.positions is not None:
            columns |= {"y_mm": self.positions[:, 0], "x_mm": self.positions[:, 1]}
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(self), name="channel"))
        frame.attrs = {"shape": self.shape, "pitch_mm": self.pitch, "pads_up": self.pads_up}
        return frame

    @classmethod
    def from_frame(
        cls: Any,
        frame: pd.DataFrame,
        *,
        shape: tuple[int, int] | None = None,
        pitch: float | tuple[float, float] | None = None,
        pads_up: bool | None = None,
    ) -> ChannelMap:
        """Return the map of a table with one row a channel, in the order of its rows.

        Parameters
        ----------
        frame : DataFrame
            Columns row and col; name, y_mm and x_mm if there are such.
        shape, pitch, pads_up : optional
            Those in ``frame.attrs`` if not given; else a grid as large as its largest site, a pitch of 1 mm, pads down.

        Raises
        ------
        ValueError
            If row or col is missing or is not made of whole numbers.

        Examples
        --------
        >>> import pandas as pd
        >>> import ecogcat as ec
        >>> ec.ChannelMap.from_frame(pd.DataFrame({"row": [0, 1], "col": [1, 0]}), pitch=0.4)
        <ChannelMap 2 of 4 sites, 2 x 2, pitch 0.4 x 0.4 mm>
        """
        lacking = [column for column in ("row", "col") if column not in frame.columns]
        if lacking:
            has = ", ".join(map(str, frame.columns)) or "none"
            raise ValueError(f"the table of a map has columns row and col; it lacks {', '.join(lacking)}, has {has}")
        try:
            sites = np.stack([_whole(frame[column]) for column in ("row", "col")], axis=1)
        except (TypeError, ValueError) as error:
            raise ValueError(f"row and col are whole numbers in every line: {error}") from error
        if shape is None:
            largest = tuple((sites.max(0, initial=-1) + 1).tolist())
            shape = frame.attrs.get("shape", largest)
        if pitch is None:
            pitch = frame.attrs.get("pitch_mm", 1.0)
        if pads_up is None:
            pads_up = bool(frame.attrs.get("pads_up", False))
        names = tuple(map(str, frame["name"])) if "name" in frame.columns else ()
        free = {"y_mm", "x_mm"} <= set(frame.columns)
        positions = frame[["y_mm", "x_mm"]].to_numpy(np.float64) if free else None
        made: ChannelMap = cls(sites, shape, pitch, names, positions, pads_up)
        return made

    @overload
    def to_probeinterface(self) -> Any: ...

    @overload
    def to_probeinterface(self, *, dictionary: Literal[True]) -> dict[str, Any]: ...

    def to_probeinterface(self: Any, *, dictionary: bool = False) -> Any:
        """Return the map as a `probeinterface.Probe`, or as the dictionary that is written to its JSON files.

        Contacts are in the order of the channels, `device_channel_indices` count them, `contact_ids` are their names,
        positions are (x, y) in um with y upwards, so that its pictures show the electrode as ours do.

        Parameters
        ----------
        dictionary : bool
            Return plain lists and numbers, for ``json.dump``; needs no further package.

        Raises
        ------
        ImportError
            If a Probe is asked for and probeinterface is not installed.
        ValueError
            If a Probe is asked for of a map without channels.

        Examples
        --------
        >>> import ecogcat as ec
        >>> grid = ec.ChannelMap([(0, 0), (1, 0)], shape=(2, 1), pitch=0.4)
        >>> grid.to_probeinterface(dictionary=True)["probes"][0]["contact_positions"]
        [[0.0, 400.0], [0.0, 0.0]]
        """
        from ecogcat.sites.probe import probe_dictionary, probe_object

        content = probe_dictionary(self)
        return content if dictionary else probe_object(content)

    @classmethod
    def from_probeinterface(
        cls, probe: Mapping[str, Any] | str | os.PathLike[str] | Any, *, index: int | None = None
    ) -> ChannelMap:
        """Return the map of a probe: on a grid where its contacts lie on one, at free coordinates where not.

        Channels are in the order of `device_channel_indices`, contacts that are not connected (-1) are left out; a
        probe that is not wired has a channel a contact. On a grid, rows count from the top.

        Parameters
        ----------
        probe : probeinterface Probe or ProbeGroup, dict, or path of a JSON file
        index : int, optional
            Which, where there are several probes.

        Raises
        ------
        RecordingNotFound
            If there is no such file.
        FormatError
            If it is no description of a probe.
        ValueError
            If there are several probes and none is chosen.

        Examples
        --------
        >>> import ecogcat as ec
        >>> probe = {"contact_positions": [[0, 400], [0, 0]], "si_units": "um", "device_channel_indices": [1, 0]}
        >>> ec.ChannelMap.from_probeinterface(probe).sites.tolist()
        [[1, 0], [0, 0]]
        """
        from ecogcat.sites.probe import map_of_probe

        return map_of_probe(probe, index)


def _whole(column: pd.Series[Any]) -> NDArray[np.int64]:
    numbers = column.to_numpy(np.float64)
    if not (np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all()):
        raise ValueError(f"column {column.name} has {numbers[~(numbers == np.rint(numbers))][0]}")
    return numbers.astype(np.int64)
