r"""The header of a BrainVision recording: a text file in sections that names the data and the marker file.

The first line says what it is; then sections of ``key=value`` lines, with comments behind semicolons:

- ``[Common Infos]``: ``DataFile``, ``MarkerFile`` (beside the header; ``$b`` stands for its name without the suffix),
  ``DataFormat`` (BINARY or ASCII), ``DataOrientation`` (MULTIPLEXED: all channels of a sample together; VECTORIZED: all
  samples of a channel together), ``NumberOfChannels``, ``SamplingInterval`` (us), ``DataPoints``, ``Codepage``.
- ``[Binary Infos]``: ``BinaryFormat`` (INT_16, UINT_16, INT_32, IEEE_FLOAT_32), ``UseBigEndianOrder``,
  ``DataOffset``.
- ``[Channel Infos]``: ``Ch<k>=<name>,<reference>,<resolution>,<unit>``; value = stored number * resolution, in uV if no
  unit is given. A comma in a name is written ``\1``.
- ``[Coordinates]``: ``Ch<k>=<radius>,<theta>,<phi>``. ``[Comment]``: free text.

Text is UTF-8 where ``Codepage`` says so, else that of Windows (Latin-1 and some more).

Source: Brain Products, "BrainVision Core Data Format 1.0", and the appendix on formats of the BrainVision Recorder user
manual; checked against recordings exported by eego.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from ecogcat.errors import FormatError
from ecogcat.formats.brainvision.sections import Sections, find_beside, read_text, split_sections, there_is

__all__ = ["BrainVisionChannel", "BrainVisionHeader", "is_header", "read_header"]

_MAGIC = re.compile(rb"(?:\xef\xbb\xbf)?\s*Brain ?Vision[\w -]* Data( Exchange)? Header File,? +Version +[12]\.", re.I)
_TYPES = {"INT_16": "i2", "UINT_16": "u2", "INT_32": "i4", "IEEE_FLOAT_32": "f4"}
_MOST_CHANNELS = 100_000
_UNITS = {"": "uV", "µv": "uV", "μv": "uV", "uv": "uV", "c": "degC", "°c": "degC"}


@dataclass(frozen=True, slots=True)
class BrainVisionChannel:
    """One channel: what it is called, what it is measured against, and its scale: value = stored * resolution."""

    name: str
    reference: str
    resolution: float
    units: str


@dataclass(frozen=True, slots=True)
class BrainVisionHeader:
    """What a header says.

    Attributes
    ----------
    path, data_path : str
        Of the header and of the data file, which is there.
    marker_path : str or None
        None where the header names none, or it is not there.
    dtype : numpy.dtype
    multiplexed : bool
        All channels of a sample together.
    data_offset : int
        Where the samples start.
    sampling_rate : float
        Hz.
    n_points : int or None
        Samples of each channel, where the header says so.
    channels : tuple of BrainVisionChannel
    coordinates : tuple of tuple of float
        Radius, theta, phi of each channel; empty where there are none.
    comment : str
    warnings : tuple of str
    """

    path: str
    data_path: str
    marker_path: str | None
    dtype: np.dtype[np.number]
    multiplexed: bool
    data_offset: int
    sampling_rate: float
    n_points: int | None
    channels: tuple[BrainVisionChannel, ...]
    coordinates: tuple[tuple[float, ...], ...]
    comment: str
    warnings: tuple[str, ...]


def is_header(head: bytes) -> bool:
    """Whether a file begins as such a header does."""
    return _MAGIC.match(head) is not None


def read_header(path: str) -> BrainVisionHeader:
    """Read a header, and see which of the files that it names are there.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If it is no such header, makes no sense, or the data file is not there.
    """
    text = read_text(path)
    if not is_header(text[:256].encode()):
        raise FormatError(
            "this is no BrainVision header",
            path=path,
            offset=0,
            expected="'Brain Vision Data Exchange Header File Version 1.0'",
            found=repr(text[:50]),
        )
    reader = _Reader(path, split_sections(text))
    odd: list[str] = []
    reader.refuse_other("datatype", "TIMEDOMAIN", "Spectra are no samples: export the recording in the time domain")
    reader.refuse_other("dataformat", "BINARY", "Samples as text cannot be read in place: export them as BINARY")
    orientation = reader.choice("common infos", "dataorientation", ("MULTIPLEXED", "VECTORIZED"), "MULTIPLEXED")
    code = _TYPES[reader.choice("binary infos", "binaryformat", tuple(_TYPES), None)]
    big = reader.choice("binary infos", "usebigendianorder", ("NO", "YES"), "NO") == "YES"
    for key in ("segmentheadersize", "trailersize", "channeloffset"):
        if reader.number("binary infos", key, 0.0):
            reader.fail(f"{key} is not known to ecogcat", "0", reader.value("binary infos", key))
    n_channels = reader.whole("common infos", "numberofchannels", least=1, most=_MOST_CHANNELS)
    interval = reader.number("common infos", "samplinginterval", None)
    if not 1e-3 <= interval <= 1e12:
        reader.fail("the sampling interval cannot be", "a number of microseconds above 0", f"{interval:g}")
    n_points = None
    if reader.value("common infos", "datapoints"):
        n_points = reader.whole("common infos", "datapoints", least=0, most=1 << 48) or None
    named = reader.value("common infos", "datafile")
    if not named:
        reader.fail("the header names no data file", "DataFile= in [Common Infos]", "no such line")
    data_path = find_beside(path, named)
    if data_path is None:
        raise FormatError(
            f"the data file {os.path.basename(named)} that this header names is not there",
            path=path,
            expected=named,
            found=there_is(path, (".eeg", ".dat", ".avg", ".seg")),
            hint="If it was renamed, write its present name after DataFile= (and MarkerFile=) in the header",
        )
    named_markers = reader.value("common infos", "markerfile")
    marker_path = find_beside(path, named_markers) if named_markers else None
    if named_markers and marker_path is None:
        odd.append(
            f"the marker file {os.path.basename(named_markers)} that the header names is not there "
            f"({there_is(path, ('.vmrk',))}): there are no events and no segments"
        )
    return BrainVisionHeader(
        path=path,
        data_path=data_path,
        marker_path=marker_path,
        dtype=np.dtype(code).newbyteorder(">" if big else "<"),
        multiplexed=orientation == "MULTIPLEXED",
        data_offset=reader.whole("binary infos", "dataoffset", least=0, most=1 << 48, default=0),
        sampling_rate=1e6 / interval,
        n_points=n_points,
        channels=tuple(reader.channel(k) for k in range(1, n_channels + 1)),
        coordinates=reader.coordinates(n_channels),
        comment=reader.sections.get("comment", {}).get("", "").strip(),
        warnings=tuple(odd),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Values out of the sections of one header."""

    path: str
    sections: Sections

    def fail(self, message: str, expected: str, found: str) -> NoReturn:
        raise FormatError(message, path=self.path, expected=expected, found=found)

    def value(self, section: str, key: str) -> str:
        return self.sections.get(section, {}).get(key, "")

    def refuse_other(self, key: str, only: str, why: str) -> None:
        value = self.value("common infos", key)
        if value and value.upper() != only:
            raise FormatError(f"{value} data are not read", path=self.path, expected=only, found=value, hint=why)

    def choice(self, section: str, key: str, values: tuple[str, ...], default: str | None) -> str:
        value = self.value(section, key).upper() or default
        if value not in values:
            self.fail(f"the {key} in [{section}] is unknown", " or ".join(values), value or "no such line")
        return value

    def number(self, section: str, key: str, default: float | None) -> float:
        text = self.value(section, key)
        if not text and default is not None:
            return default
        number = _number(text)
        if number is None:
            self.fail(f"the {key} in [{section}] is no number", "a number", repr(text) if text else "no such line")
        return number

    def whole(self, section: str, key: str, *, least: int, most: int, default: float | None = None) -> int:
        number = self.number(section, key, default)
        if number != int(number) or not least <= number <= most:
            self.fail(f"the {key} in [{section}] cannot be", f"a whole number from {least}", f"{number:g}")
        return int(number)

    def channel(self, k: int) -> BrainVisionChannel:
        text = self.value("channel infos", f"ch{k}")
        if not text:
            self.fail(f"channel {k} is not in [Channel Infos]", f"a line Ch{k}=", "no such line")
        name, reference, resolution, units = (*(part.strip() for part in text.split(",")), "", "", "")[:4]
        number = _number(resolution) if resolution else 1.0
        if not number or not abs(number) < 1e30:
            self.fail(f"the resolution of channel {k} cannot be", "a number other than 0", repr(resolution))
        units = _UNITS.get(units.lower(), units)
        return BrainVisionChannel(name.replace("\\1", ","), reference.replace("\\1", ","), number, units)

    def coordinates(self, n_channels: int) -> tuple[tuple[float, ...], ...]:
        found = []
        for k in range(1, n_channels + 1):
            numbers = [_number(part) for part in self.value("coordinates", f"ch{k}").split(",")]
            found.append(tuple(math.nan if one is None else one for one in (numbers + [None] * 3)[:3]))
        return tuple(found) if "coordinates" in self.sections else ()


def _number(text: str) -> float | None:
    if not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", text, re.ASCII):
        return None
    number = float(text)
    return number if math.isfinite(number) else None
