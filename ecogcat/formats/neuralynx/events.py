"""The events of a Neuralynx recording: `Events.nev`, records of 184 bytes behind the text header.

A record is three int16 (start, originating system, data size), the uint64 timestamp in us, int16 event number, int16
value of the digital port, int16 checksum, two int16 unused, eight int32 extra bits, and 128 characters of text.

Source: Neuralynx, "Neuralynx Data File Formats".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecogcat.errors import FormatError
from ecogcat.formats.neuralynx.header import HEADER_BYTES, read_header
from ecogcat.frozen import Index

__all__ = ["NlxEvents", "read_events"]

_RECORD = np.dtype(
    [
        ("start", "<i2", 3),
        ("stamp", "<u8"),
        ("event_id", "<i2"),
        ("ttl", "<i2"),
        ("rest", "<i2", 3),
        ("extra", "<i4", 8),
        ("text", "S128"),
    ]
)


class NlxEvents(NamedTuple):
    """Events in order: timestamp (us), number, value of the digital port, text; `odd` is what was odd."""

    path: str
    stamps: Index
    event_id: Index
    ttl: Index
    text: tuple[str, ...]
    odd: tuple[str, ...]


def read_events(path: str) -> NlxEvents:
    """Read a file of events.

    Raises
    ------
    FormatError
        If it is no such file.
    """
    header = read_header(path)
    if header.text("FileType") not in ("", "Event"):
        raise FormatError(
            "this Neuralynx file holds no events",
            path=path,
            offset=0,
            expected="-FileType Event",
            found=f"-FileType {header.text('FileType')}",
        )
    with open(path, "rb") as file:
        file.seek(HEADER_BYTES)
        data = file.read()
    n, rest = divmod(len(data), _RECORD.itemsize)
    records = np.frombuffer(data, _RECORD, n)
    stamps = records["stamp"].astype(np.int64)
    order = np.argsort(stamps, kind="stable")
    records = records[order]
    return NlxEvents(
        path,
        stamps[order],
        records["event_id"].astype(np.int64),
        records["ttl"].astype(np.int64),
        tuple(bytes(one).decode("latin-1").strip() for one in records["text"]),
        (f"{rest:,} bytes were left over after {n:,} whole events",) if rest else (),
    )
