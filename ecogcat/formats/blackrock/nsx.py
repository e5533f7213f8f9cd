"""The header of a Blackrock NSx file: its channels, their scale, its clock.

Everything is little-endian. Samples are int16, all channels of one instant after another.

NEURALSG (2.1)
    8 bytes identifier, 16 label, uint32 period, uint32 number of channels, a uint32 electrode number each; then samples
    to the end of the file. No scale, no time.
NEURALCD (2.2, 2.3), BRSMPGRP (3.0)
    8 bytes identifier, 2 version, uint32 length of all headers, 16 label, 256 comment, uint32 period, uint32 timestamps
    a second, 16 time origin (UTC), uint32 number of channels; a header of 66 bytes for each channel; data packets.

The period is counted in 1/30,000 s. A channel's header is "CC", uint16 electrode number, 16 label, connector and pin,
int16 lowest and highest stored number, int16 lowest and highest value, 16 their unit, and the corners of two filters.

Sources: Blackrock Microsystems, "NEV and NSx file format" 2.1 to 3.0, checked against recordings of 2.1, 2.3 and 3.0.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple, NoReturn

import numpy as np

from ecogcat.errors import FormatError

__all__ = ["NSX_MAGIC", "NsxChannel", "NsxHeader", "decode_text", "read_nsx_header", "system_time"]

NSX_MAGIC = (b"NEURALSG", b"NEURALCD", b"BRSMPGRP")

_TICKS_PER_SECOND = 30_000
_BASIC_21 = struct.Struct("<8s16sII")
_BASIC = struct.Struct("<8s2BI16s256sII8HI")
_CHANNEL = struct.Struct("<2sH16s2B4h16sIIHIIH")
# Front-end channels are 1 to 128 (256 on newer systems); the analog inputs of the first systems follow on 128.
_FIRST_ANALOG = 129
_CUT = "It was cut or is damaged: copy it again from the acquisition computer"
# What NEV headers of analog inputs say instead of 152,592.547 nV a count, which does not fit into 16 bits.
_OVERFLOWN, _ANALOG_NV = 21516, 152592.547


class NsxChannel(NamedTuple):
    """One stored channel: its number, label, scale, place and filters; `analog` inputs are no electrodes."""

    electrode_id: int
    label: str
    units: str
    gain: float
    offset: float
    analog: bool
    connector: int = 0
    pin: int = 0
    highpass_hz: float = 0.0
    lowpass_hz: float = 0.0


@dataclass(frozen=True, slots=True)
class NsxHeader:
    """What an NSx file says of itself.

    Attributes
    ----------
    version : str
        "2.1" to "3.0".
    data_at : int
        First byte after the headers.
    period : int
        1/30,000 s from sample to sample.
    resolution : int
        Timestamps a second.
    time : datetime64 or None
        UTC.
    channels : tuple of NsxChannel
    label, comment : str
    """

    version: str
    data_at: int
    period: int
    resolution: int
    time: np.datetime64 | None
    channels: tuple[NsxChannel, ...]
    label: str = ""
    comment: str = ""

    @property
    def sampling_rate(self) -> float:
        """Hz."""
        return _TICKS_PER_SECOND / self.period

    @property
    def ticks(self) -> Fraction:
        """Timestamps from sample to sample."""
        return Fraction(self.resolution * self.period, _TICKS_PER_SECOND)

    @property
    def row_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return 2 * len(self.channels)


def read_nsx_header(path: str, nv_per_count: Mapping[int, int] | None = None) -> NsxHeader:
    """Read the headers of an NSx file.

    Parameters
    ----------
    path : str
    nv_per_count : mapping of int to int, optional
        What the NEV file beside it says of each electrode; used for version 2.1 alone, which has no scale of its own.

    Raises
    ------
    FormatError
        If it is no NSx file, is of an unknown version, ends inside its headers, or says what cannot be.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_BASIC.size)
        if head[:8] not in NSX_MAGIC:
            raise FormatError(
                "this is no Blackrock NSx file",
                path=path,
                offset=0,
                expected=" or ".join(magic.decode() for magic in NSX_MAGIC),
                found=repr(head[:8]) if head else "0 bytes",
            )
        old = head[:8] == NSX_MAGIC[0]
        basic = _BASIC_21 if old else _BASIC
        if len(head) < basic.size:
            _fail(path, "the file ends inside its header", 0, f"{basic.size} bytes", f"{size} bytes")
        n_channels = struct.unpack_from("<I", head, basic.size - 4)[0]
        each = 4 if old else _CHANNEL.size
        room = (size - basic.size) // each
        if not 0 < n_channels <= room:
            message = "the number of channels cannot be"
            _fail(path, message, basic.size - 4, f"1 to {room}, for which the file has room", n_channels)
        file.seek(basic.size)
        further = file.read(n_channels * each)
    if old:
        return _old_header(path, head, further, nv_per_count or {})
    return _new_header(path, head, further, size)


def _old_header(path: str, head: bytes, further: bytes, nv_per_count: Mapping[int, int]) -> NsxHeader:
    _, label, period, n_channels = _BASIC_21.unpack_from(head)
    _check_clock(path, period, 24, _TICKS_PER_SECOND, 24)
    channels = []
    for number in struct.unpack(f"<{n_channels}I", further):
        analog = number >= _FIRST_ANALOG
        name = f"ainp{number - _FIRST_ANALOG + 1}" if analog else f"chan{number}"
        nv = nv_per_count.get(number, 0)
        gain = (_ANALOG_NV if nv == _OVERFLOWN else nv) / 1000
        channels.append(NsxChannel(number, name, "uV" if nv else "", gain or 1.0, 0.0, analog))
    at = _BASIC_21.size + len(further)
    return NsxHeader("2.1", at, period, _TICKS_PER_SECOND, None, tuple(channels), decode_text(label))


def _new_header(path: str, head: bytes, further: bytes, size: int) -> NsxHeader:
    _, major, minor, data_at, label, comment, period, resolution, *time, _ = _BASIC.unpack_from(head)
    if (major, minor) not in ((2, 2), (2, 3), (3, 0)):
        _fail(path, "the version of this NSx file is unknown", 8, "2.2, 2.3 or 3.0", f"{major}.{minor}")
    if not _BASIC.size + len(further) <= data_at <= size:
        expected = f"{_BASIC.size + len(further):,} to {size:,} bytes"
        _fail(path, "the length of the headers cannot be", 10, expected, f"{data_at:,}")
    _check_clock(path, period, 286, resolution, 290)
    places = range(0, len(further), _CHANNEL.size)
    channels = tuple(_channel(path, further, place, _BASIC.size + place) for place in places)
    text, said = decode_text(label), decode_text(comment)
    return NsxHeader(f"{major}.{minor}", data_at, period, resolution, system_time(time), channels, text, said)


def _channel(path: str, further: bytes, place: int, at: int) -> NsxChannel:
    kind, number, label, connector, pin, *scale, unit, high, _, _, low, _, _ = _CHANNEL.unpack_from(further, place)
    if kind != b"CC":
        _fail(path, "the header of a channel is not where it should be", at, "'CC'", repr(kind))
    digital_low, digital_high, low_value, high_value = scale
    if digital_high == digital_low or high_value == low_value:
        found = f"{digital_low} to {digital_high} for {low_value} to {high_value}"
        _fail(path, "the scale of a channel cannot be", at + 22, "two ranges", found)
    gain = Fraction(high_value - low_value, digital_high - digital_low)
    offset = low_value - digital_low * gain  # zero to the last bit where the ranges are symmetric
    name, units = decode_text(label), decode_text(unit)
    # By its name; or by its number and its unit: front ends are in uV, the analog inputs behind them in mV.
    analog = name.lower().startswith("ainp") or (number >= _FIRST_ANALOG and units.lower() in ("mv", "v"))
    return NsxChannel(
        number, name, units or "uV", float(gain), float(offset), analog, connector, pin, high / 1000, low / 1000
    )


def _check_clock(path: str, period: int, period_at: int, resolution: int, resolution_at: int) -> None:
    if not 0 < period <= 1000 * _TICKS_PER_SECOND:
        _fail(path, "the sampling period cannot be", period_at, "a number of 1/30,000 s", period)
    if not 0 < resolution <= 1_000_000_000:
        _fail(path, "the resolution of the timestamps cannot be", resolution_at, "1 to 1,000,000,000 Hz", resolution)


def system_time(fields: list[int] | tuple[int, ...]) -> np.datetime64 | None:
    """Return a time from year, month, day of the week, day, hour, minute, second, millisecond; None if it is none.

    Examples
    --------
    >>> str(system_time((2018, 3, 4, 1, 12, 36, 16, 678)))
    '2018-03-01T12:36:16.678000000'
    """
    year, month, _, day, hour, minute, second, milli = fields
    try:
        return np.datetime64(datetime(year, month, day, hour, minute, second, 1000 * milli), "ns")
    except ValueError:  # never set, or damaged
        return None


def decode_text(data: bytes) -> str:
    r"""Return text that ends with its first zero byte.

    Examples
    --------
    >>> decode_text(b"ainp1\0\0garbage")
    'ainp1'
    """
    return data.split(b"\0", 1)[0].decode("latin-1").strip()


def _fail(path: str, message: str, at: int, expected: object, found: object) -> NoReturn:
    raise FormatError(message, path=path, offset=at, expected=expected, found=found, hint=_CUT)
