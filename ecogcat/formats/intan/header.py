"""The header of an Intan ``.rhd`` or ``.rhs`` file, read from its bytes without ever touching a sample.

Versions 1.0 to 3.x of the traditional format, and the ``info.rhd`` or ``info.rhs`` of recordings with one file per
signal type or channel, which is the same header alone. `ecogcat.formats.intan.layout` says what the fields are and how
the data blocks lie. Which of the two systems wrote a file is told by its first four bytes, not by its name.
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

from ecogcat.formats.intan.cursor import Cursor
from ecogcat.formats.intan.groups import RHD_KINDS, RHS_KINDS, parse_groups
from ecogcat.formats.intan.layout import (
    ADC_SCALES,
    AMPLIFIER_SCALE,
    AUX_SCALE,
    DC_SCALE,
    SUPPLY_SCALE,
    TEMPERATURE_SCALE,
    IntanChannel,
    IntanHeader,
    Scale,
    Stimulator,
)

__all__ = [
    "ADC_SCALES",
    "AMPLIFIER_SCALE",
    "AUX_SCALE",
    "DC_SCALE",
    "MAGIC",
    "RHS_MAGIC",
    "SUPPLY_SCALE",
    "TEMPERATURE_SCALE",
    "IntanChannel",
    "IntanHeader",
    "Scale",
    "parse_file_name",
    "read_header",
]

MAGIC = 0xC6912702
RHS_MAGIC = 0xD69127AC

# Files that are easily taken for one of Intan's, by their first four bytes.
_MISTAKEN = {
    int.from_bytes(b"\x89HDF", "little"): "This is an HDF5 file: open it as one.",
}
# One sensor a chip at most, and no board takes more chips than this.
_MAX_TEMPERATURE = 64

# The board offers 1 to 30 kHz. What is far outside is damage, and would carry on into every time.
_LOWEST_RATE, _HIGHEST_RATE = 1.0, 1e6
# The chips offer steps of 10 nA to 10 uA.
_LARGEST_STEP = 1e-3

_RATE = struct.Struct("<f")
_FREQUENCIES = struct.Struct("<h6fh2f")
_RHS_FREQUENCIES = struct.Struct("<h8fh2f")
_RHS_STIMULATION = struct.Struct("<2h3f")


def read_header(path: str | os.PathLike[str]) -> IntanHeader:
    """Read the header of a traditional ``.rhd`` or ``.rhs`` file, or of an ``info.rhd`` or ``info.rhs``.

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
        If the file is empty, is no Intan file, is of an unknown version or board mode, ends inside its header, or
        claims counts, lengths or a rate that cannot be.

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
        return _parse(Cursor(file, os.fspath(path)))


_DATED_NAME = re.compile(r"(?P<base>.+)_(?P<date>\d{6}_\d{6})", re.ASCII | re.DOTALL)


def parse_file_name(path: str | os.PathLike[str]) -> tuple[str, datetime | None]:
    """Split the vendor's name ``NAME_YYMMDD_HHMMSS.rhd`` of a file or folder into base name and wall-clock start.

    Parameters
    ----------
    path : path-like
        File or folder; only its last component is looked at.

    Returns
    -------
    base : str
        The name without date, time and ``.rhd`` or ``.rhs``.
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
    stem = name[:-4] if name.lower().endswith((".rhd", ".rhs")) else name
    match = _DATED_NAME.fullmatch(stem)
    if match is not None:
        try:
            return match["base"], datetime.strptime("20" + match["date"], "%Y%m%d_%H%M%S")
        except ValueError:  # six digits that are no date, such as 991399
            pass
    return stem, None


def _parse(cursor: Cursor) -> IntanHeader:
    magic = _parse_magic(cursor)
    version = _parse_version(cursor)
    sampling_rate = _parse_rate(cursor)
    return (_parse_rhs if magic == RHS_MAGIC else _parse_rhd)(cursor, version, sampling_rate)


def _parse_rhd(cursor: Cursor, version: tuple[int, int], sampling_rate: float) -> IntanHeader:
    frequencies = cursor.unpack(_FREQUENCIES, "filter settings")
    dsp, dsp_hz, low, high, desired_dsp_hz, desired_low, desired_high, notch, desired_test_hz, test_hz = frequencies
    notes = _parse_notes(cursor)
    n_temperature = _parse_temperature(cursor) if version >= (1, 1) else 0
    board_mode = _parse_board_mode(cursor) if version >= (1, 3) else 0
    reference = cursor.string("name of the reference channel") if version >= (2, 0) else None
    channels = parse_groups(cursor, RHD_KINDS)
    return IntanHeader(
        version=version,
        sampling_rate=sampling_rate,
        notes=notes,
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
        **channels,
    )


def _parse_rhs(cursor: Cursor, version: tuple[int, int], sampling_rate: float) -> IntanHeader:
    frequencies = cursor.unpack(_RHS_FREQUENCIES, "filter settings")
    dsp, dsp_hz, low, settle_low, high, *desired, notch, desired_test_hz, test_hz = frequencies
    at = cursor.position
    settle_mode, recovery_mode, step, limit, target = cursor.unpack(_RHS_STIMULATION, "settings of the stimulator")
    if not (math.isfinite(step) and 0 < step <= _LARGEST_STEP):
        expected = f"a number of A up to {_LARGEST_STEP:g}"
        cursor.fail("the step of the stimulation current cannot be", at=at + 4, expected=expected, found=step)
    notes = _parse_notes(cursor)
    dc_saved, board_mode = cursor.integer("mark of saved DC channels"), cursor.integer("board mode")
    reference = cursor.string("name of the reference channel")
    channels = parse_groups(cursor, RHS_KINDS, command_stream=True)
    return IntanHeader(
        version=version,
        sampling_rate=sampling_rate,
        notes=notes,
        reference=reference,
        board_mode=board_mode,
        dsp_enabled=bool(dsp),
        dsp_cutoff_hz=dsp_hz,
        desired_dsp_cutoff_hz=desired[0],
        bandwidth_hz=(low, high),
        desired_bandwidth_hz=(desired[1], desired[3]),
        notch_mode=notch,
        impedance_test_hz=test_hz,
        desired_impedance_test_hz=desired_test_hz,
        n_temperature=0,
        header_bytes=cursor.position,
        stimulator=Stimulator(bool(dc_saved), step, settle_mode, settle_low, recovery_mode, limit, target),
        aux=(),
        supply=(),
        **channels,
    )


def _parse_notes(cursor: Cursor) -> tuple[str, str, str]:
    first, second, third = (cursor.string(f"note {i}") or "" for i in (1, 2, 3))
    return first, second, third


def _parse_magic(cursor: Cursor) -> int:
    if cursor.size == 0:
        hint = "Nothing was recorded, or its copy failed: look at the file on the acquisition computer."
        cursor.fail("the file is empty", at=0, expected="an Intan header", found="0 bytes", hint=hint)
    magic = int.from_bytes(cursor.take(4, "file identifier"), "little")
    if magic not in (MAGIC, RHS_MAGIC):
        hint = _MISTAKEN.get(magic, "Another program wrote it, whatever its name: check where it comes from.")
        expected = f"{MAGIC:#010x} (RHD2000) or {RHS_MAGIC:#010x} (RHS2000)"
        cursor.fail("this is no Intan file", at=0, expected=expected, found=f"{magic:#010x}", hint=hint)
    return magic


def _parse_version(cursor: Cursor) -> tuple[int, int]:
    at, (major, minor) = cursor.position, (cursor.integer("version"), cursor.integer("version"))
    # A later major version may put things elsewhere: reading on would give wrong numbers silently.
    if major not in (1, 2, 3) or minor < 0:
        hint = "The header is damaged, or the format changed since: report it together with the header."
        message = "the version of this Intan file is unknown"
        cursor.fail(message, at=at, expected="1.0 to 3.x", found=f"{major}.{minor}", hint=hint)
    return major, minor


def _parse_rate(cursor: Cursor) -> float:
    at, (rate,) = cursor.position, cursor.unpack(_RATE, "sampling rate")
    if not (math.isfinite(rate) and _LOWEST_RATE <= rate <= _HIGHEST_RATE):
        expected = f"a number of Hz from {_LOWEST_RATE:g} to {_HIGHEST_RATE:,.0f}"
        cursor.fail("the sampling rate cannot be", at=at, expected=expected, found=rate)
    return float(rate)


def _parse_temperature(cursor: Cursor) -> int:
    what = "number of temperature sensors"
    at, n = cursor.position, cursor.integer(what)
    if not 0 <= n <= _MAX_TEMPERATURE:
        cursor.fail(f"the {what} cannot be", at=at, expected=f"0 to {_MAX_TEMPERATURE}", found=n)
    return n


def _parse_board_mode(cursor: Cursor) -> int:
    at, mode = cursor.position, cursor.integer("board mode")
    if mode not in ADC_SCALES:
        # A guess would scale the ADC inputs wrongly by a factor of two to six.
        hint = "The scale of the ADC inputs depends on it and is not guessed: report it with the header."
        expected = "0, 1 or 13"
        cursor.fail("the board mode is unknown", at=at, expected=expected, found=mode, hint=hint)
    return mode
