"""Electrode: the channel map of a whole electrode, with what its other source channels are connected to.

It is a channel map of the sites; beside it are the source channels of the sites, grounds and references, so that
`open_recording` and catalogs can take it as they take a name or the path of a table.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from ecogcat.channels import ChannelMap
from ecogcat.checks import check_writable
from ecogcat.electrodes.known import known_table, nearest, recipes
from ecogcat.electrodes.probe import probe_of, read_probe
from ecogcat.electrodes.table import ROLES, ElectrodeTable, read_electrode_table, write_electrode_table
from ecogcat.errors import RecordingNotFound
from ecogcat.frozen import Index, index_array

__all__ = ["Electrode", "electrode", "electrode_table", "electrodes", "is_known", "to_probeinterface"]

_DEFAULT_NAME = re.compile(r"ch(0|[1-9]\d*)")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Electrode(ChannelMap):
    """The channel map of an electrode, and the roles of all source channels.

    As a map it equals every other of the same sites and channel names; what `subset` and the like return is a plain
    map.

    Parameters
    ----------
    sites, shape, pitch, names
        See `ChannelMap`; channels are called ``ch<source channel>``.
    table : ElectrodeTable
        What each source channel is connected to.

    Raises
    ------
    ValueError
        If the sites are not those of the table, or two channels of it have one.

    Examples
    --------
    >>> one = electrode("psv_61")
    >>> one
    <Electrode 60 of 64 sites, 8 x 8, pitch 0.406 x 0.406 mm, 4 grounds, 0 references>
    >>> one.names[:2], one.lookup(7, 4), one.grounds.tolist()
    (('ch1', 'ch2'), 0, [0, 16, 32, 48])
    """

    table: ElectrodeTable = field(kw_only=True)

    def __post_init__(self) -> None:
        ChannelMap.__post_init__(self)
        table = self.table
        if self.sites.tolist() != table.sites[table.with_role("electrode")].tolist():
            raise ValueError("the sites of an electrode are those of its table; a changed map is a ChannelMap")

    @classmethod
    def of(cls, table: ElectrodeTable) -> Electrode:
        """Return the electrode of a table."""
        placed = table.with_role("electrode")
        names = tuple(f"ch{channel}" for channel in table.channels[placed].tolist())
        return cls(table.sites[placed], table.shape, table.pitch, names, table=table)

    @property
    def source_channels(self) -> Index:
        """Source channel of each site, shape (n_channels,)."""
        return self._with_role("electrode")

    @property
    def grounds(self) -> Index:
        """Source channels tied to ground."""
        return self._with_role("ground")

    @property
    def references(self) -> Index:
        """Source channels of reference sites."""
        return self._with_role("reference")

    @property
    def others(self) -> Index:
        """Source channels connected to nothing, or to no known site."""
        return self._with_role("other")

    def _with_role(self, role: str) -> Index:
        return index_array(self.table.channels[self.table.with_role(role)])

    def __repr__(self) -> str:
        rows, cols = self.shape
        grid = f"{len(self)} of {rows * cols} sites, {rows} x {cols}, pitch {self.pitch[0]:g} x {self.pitch[1]:g} mm"
        return f"<Electrode {grid}, {len(self.grounds)} grounds, {len(self.references)} references>"

    def replace(self, **changes: Any) -> ChannelMap:
        """Return a plain map with some fields replaced: it is no longer that of the table."""
        own = {one.name: getattr(self, one.name) for one in fields(ChannelMap) if one.init}
        return ChannelMap(**(own | changes))

    def renamed(self, names: Sequence[str]) -> ChannelMap:
        """Return a plain map of the same sites under other channel names."""
        return self.replace(names=tuple(names))

    def to_csv(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the table as CSV, which `ecogcat.electrode` and ``electrode=`` read; FileExistsError if it is there."""
        write_electrode_table(self.table, path, overwrite=overwrite)


def is_known(name: object) -> bool:
    """Whether this is the name of an electrode that ships with ecogcat."""
    return isinstance(name, str) and name in recipes()


def electrode(
    name: str | os.PathLike[str],
    connectors: str | Sequence[str | None] | None = None,
    *,
    tiling: Sequence[int] | int | None = None,
) -> Electrode:
    """Build an electrode: the map of its sites, and which source channels are grounds and references.

    Parameters
    ----------
    name : str or path-like
        A known electrode (``ecogcat.electrodes()`` lists them); or the path of a table of your own, CSV (channel, role,
        row, col) or JSON of probeinterface.
    connectors : str or sequence of str, optional
        Of a headcap: what is plugged into its ZIF connector, one name for all arms or one each, None where nothing is.
        Of an electrode in pieces: the pieces in use, in the order of their channels. Of an active array: DAQ and
        headstage.
    tiling : sequence of int, optional
        Copies side by side: for each, in the order of their channels, rows and columns of copies and its place, from 1,
        row by row; ``[121, 122]`` are two beside each other.

    Returns
    -------
    Electrode
        A `ChannelMap` of the sites.

    Raises
    ------
    ValueError
        If there is no electrode of this name, or it takes no such connectors; the message lists what comes close.
    RecordingNotFound, FormatError
        If a table is not there, or not usable.

    Examples
    --------
    >>> electrode("psv_244", connectors=("intan64_new", "intan64_new", "intan64", "intan64")).shape
    (16, 16)
    >>> electrode("ratv4_intan", tiling=[121, 122])
    <Electrode 122 of 128 sites, 8 x 16, pitch 0.42 x 0.42 mm, 6 grounds, 0 references>
    """
    if not is_known(name) and _is_path(name):
        if connectors is not None or tiling is not None:
            raise ValueError(f"connectors= and tiling= go with a known electrode; {os.fspath(name)} says it all")
        return Electrode.of(_read(name))
    return Electrode.of(known_table(os.fspath(name), connectors, tiling))


def _is_path(name: str | os.PathLike[str]) -> bool:
    if not isinstance(name, str):
        return True
    return os.path.splitext(os.path.basename(name)) != (name, "") or os.path.isfile(name)


def _read(path: str | os.PathLike[str]) -> ElectrodeTable:
    return read_probe(path) if os.fspath(path).lower().endswith(".json") else read_electrode_table(path)


def electrode_table(
    electrode: ElectrodeTable | ChannelMap | str | os.PathLike[str],
    connectors: str | Sequence[str | None] | None = None,
) -> ElectrodeTable:
    """Return the table of an electrode given as such, by name, by a map of source channels, or as a file.

    Parameters
    ----------
    electrode : ElectrodeTable, ChannelMap, str or path-like
        A map that is no `Electrode` has its sites alone: of the source channels that its channels are named after
        (``ch12``), as those of `from_array`, of HDF5 files and of known electrodes are; otherwise of 0, 1, 2, ...
    connectors : str or sequence of str, optional
        See `electrode`; of a known electrode alone.

    Raises
    ------
    RecordingNotFound
        If there is neither an electrode nor a file of this name.
    ValueError
        If connectors are given with another than a known electrode, or it takes no such.
    FormatError
        If the file is not usable.

    Examples
    --------
    >>> electrode_table(ChannelMap([(0, 1), (0, 0)], (1, 2))).roles
    ('electrode', 'electrode')
    """
    if is_known(electrode):
        return known_table(str(electrode), connectors)
    if connectors is not None and len(connectors):
        shown = os.fspath(electrode) if isinstance(electrode, (str, os.PathLike)) else repr(electrode)
        raise ValueError(f"connectors= goes with the name of a known electrode, not with {shown}")
    if isinstance(electrode, ElectrodeTable):
        return electrode
    if isinstance(electrode, Electrode):
        return electrode.table
    if isinstance(electrode, ChannelMap):
        channels = _sources(electrode)
        roles = ("electrode",) * len(channels)
        return ElectrodeTable(channels, roles, electrode.sites, electrode.shape, electrode.pitch)
    path = os.path.abspath(os.path.expanduser(os.fspath(electrode)))
    if not os.path.isfile(path):
        near = nearest(os.path.basename(path), list(recipes()))
        meant = f" (did you mean {', '.join(near)}?)" if near else ""
        raise RecordingNotFound(
            f"{path}: no such electrode table, nor a known electrode of this name{meant}; electrode= takes a "
            "ChannelMap, a name of ecogcat.electrodes(), or the path of a CSV file with the columns channel, role, "
            "row, col or of a probeinterface JSON file"
        )
    return _read(path)


def _sources(channel_map: ChannelMap) -> Index:
    """Return the source channel of each channel of a map."""
    matches = [_DEFAULT_NAME.fullmatch(name) for name in channel_map.names]
    if all(matches):
        return index_array([int(match[1]) for match in matches if match])
    return index_array(range(len(channel_map)))


def electrodes() -> pd.DataFrame:
    """List the electrodes that ship with ecogcat.

    Returns
    -------
    DataFrame
        One row an electrode: `name`; `shape` (n_rows, n_cols) of its grid; `pitch` (dy, dx) in mm, 1 where
        `pitch_known` is False; `channels`, the source channels it takes, of them `sites`, `grounds`, `references` and
        `others`; `arms`, what a connector is named for (empty where there is nothing to choose); `connectors`, those
        used where none are named (of an active array one that is known).

    Examples
    --------
    >>> table = electrodes().set_index("name")
    >>> print(*table.loc["psv_244", ["shape", "channels", "sites", "grounds"]])
    (16, 16) 256 244 12
    >>> table.loc["psv_244", "arms"]
    ('Q1', 'Q2', 'Q3', 'Q4')
    """
    rows = []
    for name, recipe in recipes().items():
        table = known_table(name, recipe.listed if recipe.arms else None)
        count = [len(table.with_role(role)) for role in ROLES]
        rows.append(
            (name, table.shape, table.pitch, _pitch_known(name), len(table), *count, recipe.arms, recipe.listed)
        )
    columns = ["name", "shape", "pitch", "pitch_known", "channels", "sites", "grounds", "references", "others"]
    return pd.DataFrame(rows, columns=[*columns, "arms", "connectors"])


def _pitch_known(name: str) -> bool:
    recipe = recipes()[name]
    return recipe.pitch is not None or (bool(recipe.base) and _pitch_known(recipe.base))


def to_probeinterface(
    electrode: ChannelMap | str, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False
) -> dict[str, Any]:
    """Describe an electrode as probeinterface does, and write that as its JSON file.

    Parameters
    ----------
    electrode : Electrode, ChannelMap or str
        A map that is no `Electrode`: see `electrode_table` for its source channels.
    path : path-like, optional
        The file, which ``probeinterface.read_probeinterface`` and `ecogcat.electrode` read.
    overwrite : bool
        Write over a file that is there.

    Returns
    -------
    dict
        What the file holds. Contacts are circles of a quarter of the pitch: a map does not know how large they are.

    Raises
    ------
    FileExistsError
        If the file is there and `overwrite` does not say so.

    Examples
    --------
    >>> probe = to_probeinterface("psv_61")["probes"][0]
    >>> probe["contact_positions"][0], probe["device_channel_indices"][0], probe["contact_ids"][0]
    ([1624.0, 0.0], 1, 'ch1')
    """
    table = electrode_table(electrode)
    names = electrode.names if isinstance(electrode, ChannelMap) else Electrode.of(table).names
    content = probe_of(table, names)
    if path is not None:
        check_writable(path, "probe")
        with open(os.path.expanduser(path), "w" if overwrite else "x", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
    return content
