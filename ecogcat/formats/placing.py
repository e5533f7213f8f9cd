"""Placing: which source channels of a recording are kept, at which sites of an electrode, and what the others are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ecogcat.channels import ChannelMap
from ecogcat.checks import shown
from ecogcat.dataset import Dataset
from ecogcat.electrodes.electrode import electrode_table
from ecogcat.electrodes.table import ElectrodeTable
from ecogcat.errors import FormatError
from ecogcat.frozen import Index, index_array
from ecogcat.select import NOT_LISTED, take_channels

__all__ = ["place_channels", "source_channels", "with_source_channels"]


def place_channels(
    dataset: Dataset,
    electrode: ElectrodeTable | ChannelMap | str | os.PathLike[str],
    connectors: str | Sequence[str | None] | None = None,
    *,
    others_as_ground: bool = False,
) -> Dataset:
    """Give the source channels of a recording their sites and roles.

    Parameters
    ----------
    dataset : Dataset
        As a format opened it: every source channel.
    electrode : ElectrodeTable, ChannelMap, str or path
    connectors : str or sequence of str, optional
    others_as_ground : bool
        See `apply_load_arguments`.

    Raises
    ------
    RecordingNotFound, FormatError
        If the table is not there or not usable, or has channels that the recording lacks.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[1.0], [2.0]], 1000)
    >>> place_channels(dataset, ec.ChannelMap([(0, 1), (0, 0)], (1, 2))).channel_map.lookup(0, 0)
    1
    """
    place, lost = _rows_of_sources(dataset)
    table = electrode_table(electrode, connectors)
    what = os.fspath(electrode) if isinstance(electrode, (str, os.PathLike)) else repr(electrode)
    beyond = [int(channel) for channel in table.channels if int(channel) not in place.keys() | lost]
    if beyond:
        path = dataset.parts[0].paths[0] if dataset.parts[0].paths else dataset.name
        raise FormatError(
            "the electrode has channels that the recording lacks",
            path=path,
            expected=f"source channels {', '.join(map(str, beyond[:8]))} of {what}",
            found=f"{len(place)} channels",
            hint="Is it the table of another recording? Source channels count from 0"
            if dataset.channel_map is None
            else "It has its sites already: open it without electrode=",
        )
    roles = ("electrode", "ground", "reference", "other")
    there = {role: [k for k in table.with_role(role) if int(table.channels[k]) in place] for role in roles}
    if others_as_ground:
        there["ground"] = sorted(there["ground"] + there["other"])
    wired = {role: [place[int(table.channels[k])] for k in rows_of_table] for role, rows_of_table in there.items()}
    sites = table.sites[there["electrode"]]
    rows = index_array(wired["electrode"])
    signal = dataset.signal.take(rows)
    if isinstance(electrode, ChannelMap):  # with its face and its free coordinates, which a table does not have
        kept = np.isin(table.with_role("electrode"), there["electrode"])  # the map has no grounds among its channels
        channel_map = electrode.subset(kept).renamed(signal.channel_names)
    else:
        channel_map = ChannelMap(sites, table.shape, table.pitch, signal.channel_names)
    unknown = sorted(set(place.values()) - {place[int(channel)] for channel in table.channels if int(channel) in place})
    further = {
        key: dataset.signal.take(index_array(wired[role])) if wired[role] else None
        for key, role in (("ground", "ground"), ("reference_channels", "reference"))
    }
    parts = []
    for part in dataset.parts:
        warnings, opened = part.warnings, part.opened
        if unknown:
            listed = [dataset.signal.channel_names[row] for row in unknown[:5]]
            names = ", ".join(listed) + (", ..." if len(unknown) > 5 else "")
            were = "channel is" if len(unknown) == 1 else "channels are"
            warnings = (*warnings, f"{len(unknown)} {were} not on the electrode and left out: {names}")
        first = part.rows[rows]
        wiring = type(opened)(opened.source[first], tuple(opened.names[row] for row in first), channel_map)
        parts.append(part.replace(opened=wiring, rows=index_array(range(len(rows))), warnings=warnings))
    return dataset.replace(signal=signal, channel_map=channel_map, parts=parts, **further)


def _rows_of_sources(dataset: Dataset) -> tuple[dict[int, int], set[int]]:
    """Return the channel of each source channel, and the source channels that were left out before it was stored."""
    wirings = [part.opened.source[part.rows] for part in dataset.parts]
    if any(not np.array_equal(wirings[0], wiring) for wiring in wirings[1:]):
        raise FormatError(
            "its parts have their channels from different source channels",
            path=dataset.parts[0].paths[0] if dataset.parts[0].paths else dataset.name,
            expected="the same source channels, in one order, for electrode=",
            found=f"{len(wirings)} parts whose source channels differ",
            hint="It has the sites that it was written with: open it without electrode=",
        )
    lost = {int(source) for part in dataset.parts for source in part.opened.source} - set(wirings[0].tolist())
    return {int(source): row for row, source in enumerate(wirings[0])}, lost


def source_channels(dataset: Dataset, channels: Sequence[int]) -> Index:
    """Check `channels=` against the recording as it lies in its file, before an electrode leaves some out."""
    given: Any = channels
    several = isinstance(given, Iterable) and not isinstance(given, (str, bytes, np.ndarray))
    wanted = np.asarray(list(given) if several else given)
    if wanted.size == 0:
        raise ValueError("channels= keeps at least one source channel")
    if wanted.dtype.kind not in "iu" or wanted.ndim != 1:
        by_name = " By name: ecogcat.select_channels(dataset, names=['A-003'])" if wanted.dtype.kind in "UO" else ""
        raise TypeError(
            "channels= lists source channels, whole numbers from 0, such as [0, 1, 2] or range(6); not "
            f"{shown(channels)}.{by_name}"
        )
    source = dataset.parts[0].opened.source
    missing = [int(channel) for channel in wanted if int(channel) not in source]
    if missing:
        has = f"{len(source)}, from {source.min()} to {source.max()}" if len(source) else "none"
        raise IndexError(f"{dataset.name} has no source channels {missing[:8]}; it has {has}")
    if len(np.unique(wanted)) != len(wanted):
        raise ValueError("a source channel is listed once in channels=")
    return index_array(wanted)


def with_source_channels(dataset: Dataset, wanted: Index) -> Dataset:
    """Keep some source channels; with an electrode, those that are no sites of it are passed over."""
    part = dataset.parts[0]
    place = {int(channel): row for row, channel in enumerate(part.opened.source[part.rows])}
    rows = [place[int(channel)] for channel in wanted if int(channel) in place]
    return take_channels(dataset, index_array(rows), NOT_LISTED)
