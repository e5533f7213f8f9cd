"""Streams of a TDMS file: the channels of a group that have one rate and one unit, and how they are scaled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ecogcat.formats.tdms.layout import Key
from ecogcat.formats.tdms.metadata import NUMBERS, RawIndex, split_path
from ecogcat.formats.tdms.scaling import ChannelScale, scale_of
from ecogcat.formats.tdms.segments import TdmsContent
from ecogcat.units import parse_unit

__all__ = ["Channel", "Multiplex", "Stream", "streams_of"]

_MOST_ROWS = 4096  # an instrument has tens


class Channel(NamedTuple):
    """One channel: its names, where its numbers come from and what they are."""

    path: str
    group: str
    name: str
    n_values: int
    properties: Mapping[str, Any]
    scale: ChannelScale
    digital: bool

    @property
    def key(self) -> Key:
        """What its places are found by."""
        return self.path, self.scale.scaler


class Multiplex(NamedTuple):
    """How the lab's multiplexing instruments write a group, from its properties.

    Attributes
    ----------
    n_rows : int
        Channels that take turns in each column.
    n_columns, n_bnc : int
        Columns of electrodes, and of inputs beside them.
    rate : float
        Frames a second.
    """

    n_rows: int
    n_columns: int
    n_bnc: int
    rate: float


@dataclass
class Stream:
    """Channels of one group, rate and unit; `rate` is not a number where the file does not say it."""

    name: str
    group: str
    rate: float
    units: str
    analog: list[Channel] = field(default_factory=list)
    digital: list[Channel] = field(default_factory=list)
    copy: bool = False
    multiplex: Multiplex | None = None

    @property
    def channels(self) -> list[Channel]:
        """Those that it is named for."""
        return self.analog or self.digital

    @property
    def n_values(self) -> int:
        """Values that all of them have."""
        return min(channel.n_values for channel in self.channels)


def streams_of(content: TdmsContent, multiplexed: bool | None = None) -> list[Stream]:
    """Return the streams of a file, in the order of their first channels; those without values are left out."""
    lengths: dict[Key, int] = {}
    for stretch in content.stretches:
        for key, place in stretch.form.places.items():
            lengths[key] = lengths.get(key, 0) + place.n_values * stretch.n_chunks
    file = content.properties.get("/", {})
    groups = {names[0]: own for path, own in content.properties.items() if len(names := split_path(path)) == 1}
    found: dict[tuple[str, float, str], Stream] = {}
    lines: dict[tuple[str, float], list[Channel]] = {}
    for path, index in content.indexes.items():
        names = split_path(path)
        if len(names) != 2 or (index.type not in NUMBERS and not index.scalers):
            continue
        group, own = groups.get(names[0], {}), content.properties.get(path, {})
        scale = scale_of([own, group, file])
        n_values = lengths.get((path, scale.scaler), 0)
        if not n_values and not index.n_values:
            continue  # announced, and never written; one whose values were cut off counts
        channel = Channel(path, *names, n_values, own, scale, _is_digital(own, index))
        multiplex = None if multiplexed is False else _multiplex(group)
        rate = _rate([own, group]) if multiplex is None else multiplex.rate
        if channel.digital:
            lines.setdefault((channel.group, rate), []).append(channel)
            continue
        units = _units([own, group], multiplex)
        kind = channel.group, rate, units
        if kind not in found:
            copy = _is_copy(own) or _is_copy(group)
            found[kind] = Stream(channel.group, *kind, copy=copy, multiplex=multiplex)
        found[kind].analog.append(channel)
    _add_lines(found, lines, groups)
    result = list(found.values())
    _name(result)
    return result


def _add_lines(
    found: dict[tuple[str, float, str], Stream],
    lines: dict[tuple[str, float], list[Channel]],
    groups: Mapping[str, Mapping[str, Any]],
) -> None:
    """Give digital lines to the streams of their group; where it has none they are a stream of their own."""
    for (group, rate), channels in lines.items():
        beside = [stream for stream in found.values() if stream.group == group and stream.analog]
        for stream in beside:
            if stream.rate == rate or math.isnan(rate):
                stream.digital += channels
        if not any(channels[0] in stream.digital for stream in beside):
            copy = _is_copy(channels[0].properties) or _is_copy(groups.get(group, {}))
            found[group, rate, "lines"] = Stream(group, group, rate, "", digital=list(channels), copy=copy)


def _name(streams: list[Stream]) -> None:
    """Name streams by their group; where one has several, by their rates and units, too."""
    for stream in streams:
        others = [one for one in streams if one.group == stream.group and one is not stream]
        if any(one.rate != stream.rate for one in others):
            stream.name += f" {stream.rate:g} Hz"
        if any(one.rate == stream.rate for one in others):
            stream.name += f" {stream.units or ('lines' if not stream.analog else 'without unit')}"


def _is_copy(properties: Mapping[str, Any]) -> bool:
    """Whether values are a decimated copy of others, which LabVIEW SignalExpress makes for its display."""
    level = properties.get("DecimationLevel", 0)
    return isinstance(level, int) and level > 0


def _is_digital(own: Mapping[str, Any], index: RawIndex) -> bool:
    """Whether a channel is a logic line, by how it is stored or by what it is said to be."""
    if index.scalers and index.scalers[0].bit is not None:
        return True
    dtype = np.dtype(index.scalers[0].dtype if index.scalers else NUMBERS[index.type])
    return dtype.kind == "b" or (dtype.kind in "iu" and ("NI_LineNames" in own or "LineNumber" in own))


def _rate(properties: list[Mapping[str, Any]]) -> float:
    """Return the rate of a waveform; not a number where there is none."""
    for own in properties:
        increment = own.get("wf_increment")
        if isinstance(increment, (int, float)) and 1e-10 <= increment <= 1e4:
            return float(f"{1 / increment:.12g}")  # 1 / 1.9999999999999998e-05 is 50 kHz
    return math.nan


def _units(properties: list[Mapping[str, Any]], multiplex: Multiplex | None) -> str:
    for own in properties:
        for name in ("unit_string", "NI_UnitDescription"):
            if isinstance(own.get(name), str) and own[name].strip():
                return parse_unit(own[name]).symbol
    # The lab's instruments write volts and do not say so.
    return "" if multiplex is None else "V"


def _multiplex(group: Mapping[str, Any]) -> Multiplex | None:
    """Return how a group is multiplexed; None where it does not say so."""
    found = [group.get(name) for name in ("nrRows", "nrColumns", "SamplingRate", "OverSampling")]
    numbers = [float(one) for one in found if isinstance(one, (int, float)) and math.isfinite(one) and one > 0]
    bnc = group.get("nrBNCs", 0)
    if len(numbers) < len(found) or not isinstance(bnc, (int, float)) or not 0 <= bnc < 1 << 20:
        return None
    n_rows, n_columns = int(numbers[0]), int(numbers[1])
    rate = numbers[2] / (numbers[3] * n_rows) if n_rows else 0.0
    if n_columns < 1 or n_rows > _MOST_ROWS or not 1e-4 <= rate <= 1e10:
        return None
    return Multiplex(n_rows, n_columns, int(bnc), rate)
