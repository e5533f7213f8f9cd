"""The NEV file beside NSx files: digital inputs as events, comments as notes; spikes are passed over.

After a header of 336 bytes and further ones of 32 bytes come packets of one size: a timestamp (uint32; uint64 from
3.0), a uint16 packet number - 0 digital input, 65535 comment, electrode numbers for spikes - and what that packet
carries. Of a digital input: a byte with the reason (bit 0 the port changed, bit 7 it is the serial port), a reserved
byte, the uint16 value. Of a comment: a byte with the character set, a flag, 4 bytes, the text.

Source: Blackrock Microsystems, "NEV and NSx file format" 2.1 to 3.0, checked against recordings of 2.1 and 2.3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.formats.blackrock.nsx import decode_text, system_time
from ecogcat.frozen import Index
from ecogcat.storage.maps import source_bytes
from ecogcat.storage.source import Source

__all__ = ["NEV_MAGIC", "Nev", "read_nev"]

NEV_MAGIC = (b"NEURALEV", b"BREVENTS")

_BASIC = struct.Struct("<8s2BHIIII8H32s256sI")
_FURTHER = 32
_DIGITAL, _COMMENT = 0, 0xFFFF
_SERIAL_REASON = 0x80
# Packets looked at in one go; and bytes above which a file of spikes is not gone through for its events.
_AT_ONCE = 1 << 16
_MOST_BYTES = 1 << 32
# A clock that goes back by less was not set back: packets are not quite in order.
_JITTER_S = 1.0
_MOST_EPOCHS = 1000


@dataclass(frozen=True, slots=True)
class Nev:
    """What a NEV file has beside spikes.

    Attributes
    ----------
    resolution : int
        Timestamps a second.
    time : datetime64 or None
        UTC.
    nv_per_count : mapping of int to int
        Electrode number -> nV of a stored number of its spikes.
    stamps, epochs : ndarray of int64, shape (n_events,)
        Timestamps, and how often the clock had been set back before.
    n_epochs : int
    lines : tuple of str
    values : ndarray of int64, shape (n_events,)
    comments : tuple of (int, int, str)
        Timestamp, epoch, text.
    notes : tuple of str
        The comment of the header.
    odd : tuple of str
    """

    path: str
    resolution: int
    time: np.datetime64 | None
    nv_per_count: Mapping[int, int]
    stamps: Index
    epochs: Index
    n_epochs: int
    lines: tuple[str, ...]
    values: Index
    comments: tuple[tuple[int, int, str], ...]
    notes: tuple[str, ...]
    odd: tuple[str, ...]


def read_nev(path: str) -> Nev:
    """Read headers, digital inputs and comments.

    Raises
    ------
    FormatError
        If it is no NEV file, ends inside its headers, or says what cannot be.
    """
    source = Source.open(path)
    data = source_bytes(source)
    head = data[: _BASIC.size].tobytes()
    if head[:8] not in NEV_MAGIC:
        found = repr(head[:8]) if head else "0 bytes"
        raise FormatError("this is no Blackrock NEV file", path=path, offset=0, expected="NEURALEV", found=found)
    if len(head) < _BASIC.size:
        raise FormatError(
            "the file ends inside its header", path=path, offset=0, expected=f"{_BASIC.size} bytes", found=len(head)
        )
    _, major, _, _, data_at, packet_bytes, resolution, _, *time, _, comment, n_further = _BASIC.unpack(head)
    wide = major >= 3
    room = (source.size - _BASIC.size) // _FURTHER
    for wrong, what, at, found in (
        (not 12 <= packet_bytes <= 4096, "size of a packet", 16, packet_bytes),
        (not 0 < resolution <= 1_000_000_000, "resolution of the timestamps", 20, resolution),
        (n_further > room, "number of further headers", 332, n_further),
        (not _BASIC.size + n_further * _FURTHER <= data_at <= source.size, "length of the headers", 12, data_at),
    ):
        if wrong:
            raise FormatError(f"the {what} cannot be", path=path, offset=at, found=found)
    further = data[_BASIC.size : _BASIC.size + n_further * _FURTHER].tobytes()
    nv, labels, notes = _further_headers(further)
    n_packets, rest = divmod(source.size - data_at, packet_bytes)
    odd = [f"{rest:,} bytes were left over after {n_packets:,} whole packets"] if rest else []
    if source.size > _MOST_BYTES:
        odd.append(f"its events are not read: it has {source.size:,} bytes, of which most are spikes")
        n_packets = 0
    packets = data[data_at : data_at + n_packets * packet_bytes].reshape(n_packets, packet_bytes)
    scanned = _scan(packets, wide, resolution)
    if scanned is None:
        raise FormatError("the timestamps are of no use", path=path, found=f"a clock set back {_MOST_EPOCHS:,} times")
    stamps, epochs, n_epochs, rows = scanned
    some = packets[rows]
    reason_at = 10 if wide else 6
    number = some[:, reason_at - 2 : reason_at].copy().view("<u2").ravel()
    reason = some[:, reason_at]
    digital = (number == _DIGITAL) & ((reason & 1) == 1)
    other = int(((number == _DIGITAL) & ~digital).sum())
    if other:
        odd.append(f"{other:,} packets of analog thresholds or periodic sampling were passed over")
    values = some[:, reason_at + 2 : reason_at + 4].copy().view("<u2").ravel().astype(np.int64)
    comments = number == _COMMENT
    texts = [_comment(bytes(row[reason_at:])) for row in some[comments]]
    said = zip(stamps[comments].tolist(), epochs[comments].tolist(), texts, strict=True)
    lines = tuple(labels["serial" if one & _SERIAL_REASON else "digin"] for one in reason[digital].tolist())
    header_note = " ".join([decode_text(comment), *notes]).strip()
    return Nev(
        path,
        resolution,
        system_time(time),
        nv,
        stamps[digital],
        epochs[digital],
        n_epochs,
        lines,
        values[digital],
        tuple(one for one in said if one[2]),
        (header_note,) if header_note else (),
        tuple(odd),
    )


def _further_headers(further: bytes) -> tuple[dict[int, int], dict[str, str], list[str]]:
    """Return nV a count by electrode, the names of the two digital ports, and what goes on from the comment."""
    nv: dict[int, int] = {}
    labels, notes = {"digin": "digin", "serial": "serial"}, []
    for place in range(0, len(further), _FURTHER):
        one = further[place : place + _FURTHER]
        if one[:8] == b"NEUEVWAV":
            nv[int.from_bytes(one[8:10], "little")] = int.from_bytes(one[12:14], "little")
        elif one[:8] == b"DIGLABEL":
            port = "digin" if one[24] else "serial"
            labels[port] = decode_text(one[8:24]) or port
        elif one[:8] in (b"ECOMMENT", b"CCOMMENT"):
            notes.append(decode_text(one[8:]))
    return nv, labels, [note for note in notes if note]


def _scan(packets: NDArray[np.uint8], wide: bool, resolution: int) -> tuple[Index, Index, int, Index] | None:
    """Return timestamp and epoch of digital inputs and comments, the number of epochs, and their rows.

    None if the clock goes back and forth.
    """
    width = 8 if wide else 4
    highest = epoch = wraps = 0
    kept: list[tuple[Any, Any, Any]] = []
    turn = 1 << (8 * width) if not wide else 0
    back = _JITTER_S * resolution
    for start in range(0, len(packets), _AT_ONCE):
        some = packets[start : start + _AT_ONCE, : width + 2].copy()
        stamps = some[:, :width].copy().view("<u8" if wide else "<u4").ravel().astype(np.int64)
        number = some[:, width:].copy().view("<u2").ravel()
        epochs = np.empty(len(stamps), np.int64)
        at = 0
        while at < len(stamps):  # from one setting back of the clock to the next
            now = stamps[at:] + wraps * turn
            reached = np.maximum(np.maximum.accumulate(now), highest)
            drop = np.flatnonzero(now < reached - back)
            n = int(drop[0]) if len(drop) else len(now)
            epochs[at : at + n], stamps[at : at + n] = epoch, now[:n]
            highest = int(reached[n - 1]) if n else highest
            at += n
            if len(drop):
                if turn and highest - int(now[n]) > turn // 2:
                    wraps += 1
                else:
                    epoch, highest = epoch + 1, 0
                if epoch > _MOST_EPOCHS:
                    return None
        rows = np.flatnonzero((number == _DIGITAL) | (number == _COMMENT))
        kept.append((stamps[rows], epochs[rows], rows + start))
    if not kept:
        none = np.zeros(0, np.int64)
        return none, none, 1, none
    stamps, epochs, rows = (np.concatenate(column) for column in zip(*kept, strict=True))
    return stamps, epochs, epoch + 1, rows


def _comment(data: bytes) -> str:
    """Return the text of a comment: character set, flag, 4 bytes, text."""
    text = data[6:]
    if data[0] == 1:
        return text[: len(text) // 2 * 2].decode("utf-16-le", "replace").split("\0", 1)[0].strip()
    return decode_text(text)
