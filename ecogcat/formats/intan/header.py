"""The header of an Intan RHD2000 ``.rhd`` file, read from its bytes without ever touching a sample.

Versions 1.0 to 3.x of the traditional format, and the ``info.rhd`` of one-file-per-signal recordings, which
is the same header alone. `ecogcat.formats.intan.layout` says what the fields are and how the data blocks lie.
Nothing a header claims is believed before it is compared with the size of the file: a damaged one is an error
that names the byte, never a crash or a large allocation.
"""

from __future__ import annotations

import math
import os
import re
import struct
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from ecogcat.errors import FormatError
from ecogcat.formats.intan.layout import (
    ADC_SCALES,
    AMPLIFIER_SCALE,
    AUX_SCALE,
    SUPPLY_SCALE,
    TEMPERATURE_SCALE,
    IntanChannel,
    IntanHeader,
    Scale,
)

__all__ = [
    "ADC_SCALES",
    "AMPLIFIER_SCALE",
    "AUX_SCALE",
    "MAGIC",
    "SUPPLY_SCALE",
    "TEMPERATURE_SCALE",
    "IntanChannel",
    "IntanHeader",
    "Scale",
    "parse_file_name",
    "read_header",
]

MAGIC = 0xC6912702

# Files that are easily taken for a traditional .rhd file, by their first four bytes.
_MISTAKEN = {
    0xD69127AC: "This is a stimulation/recording (.rhs) file of the same vendor, which has another layout.",
    int.from_bytes(b"\x89HDF", "little"): "This is an HDF5 file: open it as one.",
}
_CUT = "The file was cut or is damaged: copy it again from the acquisition computer."

# Notes and names are single lines of a dialog. More is damage, and must not become an allocation.
_MAX_STRING_BYTES = 1 << 20
_NULL_STRING = 0xFFFFFFFF
# One sensor a chip at most, and no board takes more chips than this.
_MAX_TEMPERATURE = 64

# The board offers 1 to 30 kHz. What is far outside is damage, and would carry on into every time.
_LOWEST_RATE, _HIGHEST_RATE = 1.0, 1e6
# Digital lines are bits of a 16-bit word.
_N_LINES = 16

_RATE = struct.Struct("<f")
_FREQUENCIES = struct.Struct("<h6fh2f")
_GROUP = struct.Struct("<3h")
_CHANNEL = struct.Struct("<10h2f")
# The shortest group and channel that can be written: two null strings and the fixed part.
_MIN_GROUP_BYTES = 2 * 4 + _GROUP.size
_MIN_CHANNEL_BYTES = 2 * 4 + _CHANNEL.size

# By the number that a header uses for them.
_KINDS = ("amplifier", "aux", "supply", "adc", "digital_in", "digital_out")


def read_header(path: str | os.PathLike[str]) -> IntanHeader:
    """Read the header of a traditional ``.rhd`` file (or of an ``info.rhd``).

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    IntanHeader

    Raises
    ------
    FormatError
        If the file is empty, is no RHD2000 file, is of an unknown version or board mode, ends inside its
        header, or claims counts, lengths or a rate that cannot be.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> from ecogcat.testing.rhd import write_rhd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.rhd")
    ...     write_rhd(path, np.zeros((4, 256), "u2"), sampling_rate=2000.0)
    ...     header = read_header(path)
    ...     header.whole_blocks(os.path.getsize(path))
    (2, 0)
    >>> header.amplifier[3].native_name, header.sampling_rate, header.samples_per_block
    ('A-003', 2000.0, 128)
    """
    with open(path, "rb") as file:
        return _parse(_Cursor(file, os.fspath(path)))


_DATED_NAME = re.compile(r"(?P<base>.+)_(?P<date>\d{6}_\d{6})", re.ASCII | re.DOTALL)


def parse_file_name(path: str | os.PathLike[str]) -> tuple[str, datetime | None]:
    """Split the vendor's file name ``NAME_YYMMDD_HHMMSS.rhd`` into base name and wall-clock start.

    Parameters
    ----------
    path : path-like
        File or folder; only its last component is looked at.

    Returns
    -------
    base : str
        The name without date, time and ``.rhd``.
    start : datetime or None
        Local wall-clock time at which the file was begun; None when the name carries no valid one.

    Examples
    --------
    >>> parse_file_name("day3/rat_231117_052500.rhd")
    ('rat', datetime.datetime(2023, 11, 17, 5, 25))
    >>> parse_file_name("rat.rhd")
    ('rat', None)
    """
    name = Path(path).name
    stem = name[:-4] if name.lower().endswith(".rhd") else name
    match = _DATED_NAME.fullmatch(stem)
    if match is not None:
        try:
            return match["base"], datetime.strptime("20" + match["date"], "%Y%m%d_%H%M%S")
        except ValueError:  # six digits that are no date, such as 991399
            pass
    return stem, None


class _Cursor:
    """Bounded little-endian reading, with the position that errors name."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self.file, self.path, self.position = file, path, 0
        self.size = os.fstat(file.fileno()).st_size

    def fail(self, message: str, *, at: int, expected: object, found: object, hint: str = _CUT) -> NoReturn:
        raise FormatError(message, path=self.path, offset=at, expected=expected, found=found, hint=hint)

    def take(self, n_bytes: int, what: str) -> bytes:
        left = self.size - self.position
        data = self.file.read(n_bytes) if n_bytes <= left else b""
        if len(data) < n_bytes:
            message = f"the file ends inside its header, in the {what}"
            self.fail(message, at=self.position, expected=f"{n_bytes} bytes", found=f"{left} bytes")
        self.position += n_bytes
        return data

    def unpack(self, layout: struct.Struct, what: str) -> tuple[Any, ...]:
        return layout.unpack(self.take(layout.size, what))

    def integer(self, what: str) -> int:
        return int.from_bytes(self.take(2, what), "little", signed=True)

    def string(self, what: str) -> str | None:
        at = self.position
        n_bytes = int.from_bytes(self.take(4, what), "little")
        if n_bytes == _NULL_STRING:
            return None
        if n_bytes % 2 or n_bytes > _MAX_STRING_BYTES:
            allowed = f"an even number of bytes up to {_MAX_STRING_BYTES}"
            self.fail(f"the length of the {what} cannot be", at=at, expected=allowed, found=n_bytes)
        # A half surrogate in a note is no reason to refuse a recording.
        return self.take(n_bytes, what).decode("utf-16-le", errors="replace")

    def check_count(self, n: int, what: str, item_bytes: int, at: int) -> int:
        """Return `n` if the rest of the file has room for so many items of at least `item_bytes` each."""
        if n < 0:
            self.fail(f"the number of {what} cannot be", at=at, expected="0 or more", found=n)
        room = (self.size - self.position) // item_bytes
        if n > room:
            message = f"the file ends inside its header, among the {what}"
            self.fail(message, at=at, expected=f"{n} as announced", found=f"room for {room} at most")
        return n


def _parse(cursor: _Cursor) -> IntanHeader:
    version = _parse_version(cursor)
    sampling_rate = _parse_rate(cursor)
    frequencies = cursor.unpack(_FREQUENCIES, "filter settings")
    dsp, dsp_hz, low, high, desired_dsp_hz, desired_low, desired_high, notch, test_hz, desired_test_hz = frequencies
    first, second, third = (cursor.string(f"note {i}") or "" for i in (1, 2, 3))
    n_temperature = _parse_temperature(cursor) if version >= (1, 1) else 0
    board_mode = _parse_board_mode(cursor) if version >= (1, 3) else 0
    reference = cursor.string("name of the reference channel") if version >= (2, 0) else None
    channels = _parse_groups(cursor)
    return IntanHeader(
        version=version,
        sampling_rate=sampling_rate,
        notes=(first, second, third),
        reference=reference,
        board_mode=board_mode,
        dsp_enabled=bool(dsp),
        dsp_cutoff_hz=dsp_hz,
        desired_dsp_cutoff_hz=desired_dsp_hz,
        bandwidth_hz=(low, high),
        desired_bandwidth_hz=(desired_low, desired_high),
        notch_mode=notch,
        impedance_test_hz=test_hz,
        desired_impedance_test_hz=desired_test_hz,
        n_temperature=n_temperature,
        header_bytes=cursor.position,
        **{kind: tuple(channels[kind]) for kind in _KINDS},
    )


def _parse_version(cursor: _Cursor) -> tuple[int, int]:
    if cursor.size == 0:
        hint = "Nothing was recorded, or its copy failed: look at the file on the acquisition computer."
        cursor.fail("the file is empty", at=0, expected="an RHD2000 header", found="0 bytes", hint=hint)
    magic = int.from_bytes(cursor.take(4, "file identifier"), "little")
    if magic != MAGIC:
        hint = _MISTAKEN.get(magic, "Another program wrote it, whatever its name: check where it comes from.")
        found = f"{magic:#010x}"
        cursor.fail("this is no Intan RHD2000 file", at=0, expected=f"{MAGIC:#010x}", found=found, hint=hint)
    at, (major, minor) = cursor.position, (cursor.integer("version"), cursor.integer("version"))
    # A later major version may put things elsewhere: reading on would give wrong numbers silently.
    if major not in (1, 2, 3) or minor < 0:
        hint = "The header is damaged, or the format changed since: report it together with the header."
        message = "the version of this Intan RHD2000 file is unknown"
        cursor.fail(message, at=at, expected="1.0 to 3.x", found=f"{major}.{minor}", hint=hint)
    return major, minor


def _parse_rate(cursor: _Cursor) -> float:
    at, (rate,) = cursor.position, cursor.unpack(_RATE, "sampling rate")
    if not (math.isfinite(rate) and _LOWEST_RATE <= rate <= _HIGHEST_RATE):
        expected = f"a number of Hz from {_LOWEST_RATE:g} to {_HIGHEST_RATE:,.0f}"
        cursor.fail("the sampling rate cannot be", at=at, expected=expected, found=rate)
    return float(rate)


def _parse_temperature(cursor: _Cursor) -> int:
    what = "number of temperature sensors"
    at, n = cursor.position, cursor.integer(what)
    if not 0 <= n <= _MAX_TEMPERATURE:
        cursor.fail(f"the {what} cannot be", at=at, expected=f"0 to {_MAX_TEMPERATURE}", found=n)
    return n


def _parse_board_mode(cursor: _Cursor) -> int:
    at, mode = cursor.position, cursor.integer("board mode")
    if mode not in ADC_SCALES:
        # A guess would scale the ADC inputs wrongly by a factor of two to six.
        hint = "The scale of the ADC inputs depends on it and is not guessed: report it with the header."
        expected = "0, 1 or 13"
        cursor.fail("the board mode is unknown", at=at, expected=expected, found=mode, hint=hint)
    return mode


def _parse_groups(cursor: _Cursor) -> dict[str, list[IntanChannel]]:
    channels: dict[str, list[IntanChannel]] = {kind: [] for kind in _KINDS}
    at, n_groups = cursor.position, cursor.integer("number of signal groups")
    for i in range(cursor.check_count(n_groups, "signal groups", _MIN_GROUP_BYTES, at)):
        what = f"signal group {i + 1}"
        port_name, port = cursor.string(f"name of {what}") or "", cursor.string(f"prefix of {what}") or ""
        at, (group_on, n_channels, _) = cursor.position + 2, cursor.unpack(_GROUP, f"counts of {what}")
        cursor.check_count(n_channels, f"channels of {what}", _MIN_CHANNEL_BYTES, at)
        # A group that is switched off lists the channels it has all the same; none of them is stored.
        for j in range(n_channels):
            kind, enabled, channel = _parse_channel(cursor, f"channel {j + 1} of {what}", port, port_name)
            if group_on and enabled:
                channels[kind].append(channel)
    return channels


def _parse_channel(cursor: _Cursor, what: str, port: str, port_name: str) -> tuple[str, bool, IntanChannel]:
    native_name = cursor.string(f"name of {what}") or ""
    custom_name = cursor.string(f"custom name of {what}") or ""
    at, numbers = cursor.position, cursor.unpack(_CHANNEL, what)
    native_order, custom_order, kind, enabled, chip_channel, board_stream, *_trigger, ohm, phase = numbers
    if not 0 <= kind < len(_KINDS):
        message = f"the signal type of {what} is unknown"
        cursor.fail(message, at=at + 4, expected=f"0 to {len(_KINDS) - 1}", found=kind)
    if enabled and _KINDS[kind].startswith("digital") and not 0 <= native_order < _N_LINES:
        cursor.fail(f"the line of {what} cannot be", at=at, expected=f"0 to {_N_LINES - 1}", found=native_order)
    channel = IntanChannel(
        native_name=native_name,
        custom_name=custom_name,
        native_order=native_order,
        custom_order=custom_order,
        port=port,
        port_name=port_name,
        chip_channel=chip_channel,
        board_stream=board_stream,
        impedance_ohm=ohm,
        impedance_phase_deg=phase,
    )
    return _KINDS[kind], bool(enabled), channel
