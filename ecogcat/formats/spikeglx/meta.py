"""A SpikeGLX `.meta` file: which channels its `.bin` holds, in which order, and how stored numbers become volts.

A line a field, ``name=value``; tables have a tilde before their name. Stored are, by stream:

=========  ============================  ======================================================================
imec       ``snsApLfSy``                 AP channels, LF channels, words of status and sync lines
nidq       ``snsMnMaXaDw``               multiplexed neural (MN) and auxiliary (MA) channels, analog inputs (XA),
                                         words of 16 digital lines (XD)
obx        ``snsXaDwSy``                 analog inputs, words of digital lines, words of status and sync lines
=========  ============================  ======================================================================

volts = stored * range / largest integer / gain. Gains of neural channels are in the readout table (``imroTbl``) of
probes whose gains can be set channel by channel, in ``imChan0apGain`` of others, and fixed for those written before.

Source: Bill Karsh, "SpikeGLX metadata" and the published SDK for reading data (SpikeGLX_Datafile_Tools), checked
against recordings of versions 20190327 and 20201103.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ecogcat.errors import FormatError, RecordingNotFound

__all__ = ["Kind", "Meta", "read_meta"]

_MOST_BYTES = 1 << 24
_MOST_CHANNELS = 1 << 16
# Probe types whose gains are set channel by channel: (channel bank reference AP-gain LF-gain filter).
_GAIN_BY_CHANNEL = frozenset((0, 1020, 1030, 1100, 1120, 1121, 1122, 1123, 1200, 1300))
_GAIN_IN_HEADER = 1110
_FIXED_GAIN = {21: 80.0, 24: 80.0, 2003: 100.0, 2004: 100.0, 2013: 100.0, 2014: 100.0, 2020: 100.0, 2021: 100.0}
_COUNTS = {
    "imec": ("snsApLfSy", ("AP", "LF", "SY")),
    "nidq": ("snsMnMaXaDw", ("MN", "MA", "XA", "XD")),
    "obx": ("snsXaDwSy", ("XA", "XD", "SY")),
}
_ACQUIRED = {"imec": "acqApLfSy", "nidq": "acqMnMaXaDw", "obx": "acqXaDwSy"}
_PREFIX = {"imec": "im", "nidq": "ni", "obx": "ob"}


class Kind(NamedTuple):
    """Channels of one kind: which columns of the file they are, their names, and V of one stored step (0: unknown)."""

    columns: tuple[int, ...]
    names: tuple[str, ...]
    volts: tuple[float, ...]


@dataclass(frozen=True)
class Meta:
    """Fields of a `.meta` file, as text."""

    path: str
    fields: dict[str, str]

    def fail(self, message: str, expected: object = None, found: object = None) -> FormatError:
        """Return an error about this file."""
        return FormatError(message, path=self.path, expected=expected, found=found)

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """Return a number within bounds."""
        text = self.fields.get(name, "")
        if not text and default is not None:
            return default
        try:
            value = float(text)
        except ValueError:
            raise self.fail(f"{name} cannot be", "a number", repr(text[:40])) from None
        if not low <= value <= high:
            raise self.fail(f"{name} cannot be", f"{low:g} to {high:g}", f"{value:g}")
        return value

    def counts(self, name: str, n: int) -> tuple[int, ...]:
        """Return a list of counts."""
        text = self.fields.get(name, "")
        if not re.fullmatch(r"\d{1,6}(,\d{1,6})*", text) or text.count(",") + 1 != n:
            raise self.fail(f"{name} cannot be", f"{n} counts", repr(text[:40]))
        return tuple(map(int, text.split(",")))

    @property
    def device(self) -> str:
        """The kind of device: imec, nidq or obx."""
        kind = self.fields.get("typeThis", "")
        if kind not in _COUNTS:
            kind = next((one for one, (field, _) in _COUNTS.items() if field in self.fields), kind)
        if kind not in _COUNTS:
            raise self.fail("the device is unknown", ", ".join(_COUNTS), repr(kind[:20]))
        return kind

    @property
    def rate(self) -> float:
        """Sampling rate, Hz."""
        return self.number(f"{_PREFIX[self.device]}SampRate", 1e-3, 1e9)

    @property
    def n_channels(self) -> int:
        """Channels of the file."""
        return int(self.number("nSavedChans", 1, _MOST_CHANNELS))

    @property
    def announced_bytes(self) -> int | None:
        """Size of the data file; None where the file was never finished."""
        text = self.fields.get("fileSizeBytes", "")
        return int(text) if re.fullmatch(r"\d{1,18}", text) and int(text) else None

    @property
    def first_sample(self) -> int | None:
        """Number of the first sample, counted from the start of the run; None if the file does not say it."""
        text = self.fields.get("firstSample", "")
        return int(text) if re.fullmatch(r"-?\d{1,17}", text) else None

    def kinds(self) -> dict[str, Kind]:
        """Return the channels of the file by kind, those that it holds."""
        field, names = _COUNTS[self.device]
        counts = self.counts(field, len(names))
        if sum(counts) != self.n_channels:
            raise self.fail(f"{field} does not add up", f"nSavedChans, {self.n_channels}", sum(counts))
        acquired = self.counts(_ACQUIRED[self.device], len(names)) if _ACQUIRED[self.device] in self.fields else counts
        original = self._original(sum(acquired))
        found, column, first = {}, 0, 0
        for name, count, n_acquired in zip(names, counts, acquired, strict=True):
            columns = range(column, column + count)
            # With "all" a file of LF alone counts from 0, too.
            own = [original[k] - first if original else k - column for k in columns]
            own = own if all(0 <= k < max(n_acquired, count) for k in own) else list(range(count))
            if count:
                found[name] = Kind(tuple(columns), tuple(f"{name}{k}" for k in own), self._volts(name, own))
            column, first = column + count, first + n_acquired
        return self._with_native_names(found)

    def _original(self, n_acquired: int) -> list[int]:
        """Return which acquired channels were saved; empty where all were."""
        text = self.fields.get("snsSaveChanSubset", "all").strip()
        if text in ("", "all"):
            return []
        chosen: list[int] = []
        for piece in text.split(","):
            match = re.fullmatch(r"\s*(\d{1,6})(?::(\d{1,6}))?\s*", piece)
            if match is None or int(match[2] or match[1]) >= max(n_acquired, self.n_channels):
                raise self.fail("snsSaveChanSubset cannot be", f"channels below {n_acquired}", repr(piece[:40]))
            chosen += range(int(match[1]), int(match[2] or match[1]) + 1)
            if len(chosen) > self.n_channels:
                break
        if len(chosen) != self.n_channels:
            raise self.fail("snsSaveChanSubset does not add up", f"{self.n_channels} channels", len(chosen))
        return chosen

    def _with_native_names(self, kinds: dict[str, Kind]) -> dict[str, Kind]:
        """Name the channels as the channel map does, where it lists all of them in order."""
        listed = re.findall(r"\(([A-Za-z0-9]+);\d+:\d+\)", self.fields.get("snsChanMap", ""))
        if len(listed) != self.n_channels:
            return kinds
        return {name: one._replace(names=tuple(listed[k] for k in one.columns)) for name, one in kinds.items()}

    def _volts(self, kind: str, own: list[int]) -> tuple[float, ...]:
        """Return V of one stored step for channels of one kind, by their number among the acquired of that kind."""
        if kind in ("SY", "XD"):
            return (0.0,) * len(own)
        prefix, default = _PREFIX[self.device], 512 if self.device == "imec" else 32768
        highest = self.number(f"{prefix}AiRangeMax", 1e-9, 1e9)
        step = highest / self.number(f"{prefix}MaxInt", 1, 2**31, default)
        if self.device == "imec":
            gains = [self._probe_gain(kind, k) for k in own]
        else:
            gains = [self.number(f"ni{kind}Gain", 1e-9, 1e9) if kind in ("MN", "MA") else 1.0] * len(own)
        return tuple(step / gain if gain else 0.0 for gain in gains)

    @property
    def probe_type(self) -> int:
        """The type of the probe; 0 for those of before there were several."""
        return int(self.number("imDatPrb_type", 0, 10**6, 0))

    def _probe_gain(self, kind: str, channel: int) -> float:
        """Return the gain of an AP or LF channel; 0 if the file does not say it and it is not known."""
        probe = self.probe_type
        if probe in _GAIN_BY_CHANNEL:
            entries = self._imro[1:]
            numbers = entries[channel].split() if channel < len(entries) else []
            column = 3 if kind == "AP" else 4
            if len(numbers) <= column or not re.fullmatch(r"\d{1,6}", numbers[column]) or not int(numbers[column]):
                raise self.fail(
                    f"imroTbl has no gain of {kind}{channel}", "an entry a channel", f"{len(entries)} entries"
                )
            return float(numbers[column])
        field = f"imChan0{kind.lower()}Gain"
        if field in self.fields:
            return self.number(field, 1e-6, 1e6)
        if probe == _GAIN_IN_HEADER:
            header = self._imro[0].split(",") if self._imro else []
            column = 3 if kind == "AP" else 4
            if len(header) > column and re.fullmatch(r"\d{1,6}", header[column]):
                return float(header[column])
        return _FIXED_GAIN.get(probe, 0.0) if kind == "AP" else 0.0

    @cached_property
    def _imro(self) -> list[str]:
        """Return the parentheses of the readout table, its header first."""
        return re.findall(r"\(([^()]*)\)", self.fields.get("imroTbl", ""))


def read_meta(path: str) -> Meta:
    """Read a `.meta` file.

    Raises
    ------
    RecordingNotFound
        If it is not there.
    FormatError
        If it is no such file.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            text = file.read(min(size, _MOST_BYTES)).decode("utf-8", "replace")
    except OSError as error:
        raise RecordingNotFound(f"{path}: cannot be opened: {error.strerror}") from error
    fields = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            fields[name.strip().lstrip("~")] = value.strip()
    if "nSavedChans" not in fields:
        found = "0 bytes" if not text else repr(text[:40])
        raise FormatError("this is no SpikeGLX .meta file", path=path, expected="nSavedChans=", found=found)
    return Meta(path, fields)
