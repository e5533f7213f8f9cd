"""One `.continuous` file of the Open Ephys format: its header, its records, and where their timestamps jump.

A file holds one channel: 1,024 bytes of text, ``header.key = value;`` a line, and then records of 1,024 samples. A
record is the sample number of its first sample (int64), the number of samples (uint16, always 1,024), the number of the
recording (uint16, little-endian; files of versions before 0.2 have none), the samples (int16, *big*-endian) and ten
marker bytes, 0 to 8 and 255. Sample numbers count from the start of acquisition; where recording was stopped and
started again, or samples were lost, they jump. That is block-affine between the jumps, and also across them.

Source: Open Ephys, "Open Ephys format" (GUI documentation, Record Node), checked against recordings of the GUI 0.4.1,
0.4.4 and 0.6.7.
"""

from __future__ import annotations

import math
import os
import re
import struct
from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.formats.breaks import Probe, find_breaks
from ecogcat.frozen import FrozenMapping, Index
from ecogcat.storage.source import Source

__all__ = ["BLOCK", "HEADER_BYTES", "MAGIC", "ContinuousFile", "Stretch", "examine", "parse_header", "trailing_zeros"]

MAGIC = b"header.format = 'Open Ephys Data Format'"
HEADER_BYTES = 1024
BLOCK = 1024
MARKER = bytes([*range(9), 255])

# More jumps than a recording has: the timestamps are damaged, or were never those of samples.
_MOST_STRETCHES = 500
_HINT = "Copy it again from the acquisition computer, or move it away to open the other channels"
_FIELD = re.compile(r"header\.(\w+)\s*=\s*(.*?)\s*;")


class Stretch(NamedTuple):
    """Records ``first`` to ``stop`` whose timestamps run on; of one recording number.

    Attributes
    ----------
    first, stop : int
        Records of the file, half open.
    recording : int
        Number of the recording; 0 in files that have none.
    timestamp : int
        Sample number of the first sample.
    """

    first: int
    stop: int
    recording: int
    timestamp: int


class ContinuousFile(NamedTuple):
    """What is known of one file without its samples.

    Attributes
    ----------
    path : str
    source : Source
    header : mapping of str to str
    record_bytes, lead_bytes : int
        Of a record, and of what stands in it before its samples.
    n_records, left_over : int
        Whole records, and the bytes after them.
    stretches : tuple of Stretch
        Empty where the timestamps are not usable.
    problem : str
        Why they are not.
    """

    path: str
    source: Source
    header: Mapping[str, str]
    record_bytes: int
    lead_bytes: int
    n_records: int
    left_over: int
    stretches: tuple[Stretch, ...]
    problem: str

    @property
    def name(self) -> str:
        """Name of the file."""
        return os.path.basename(self.path)

    def number(self, field: str) -> float | None:
        """Return a positive number of the header; None if it has no such field.

        Raises
        ------
        FormatError
            If the field is no positive number.
        """
        if field not in self.header:
            return None
        try:
            value = float(self.header[field])
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            found = self.header[field] or "nothing"
            raise FormatError(
                f"the header's {field} cannot be", path=self.path, expected="a positive number", found=found, hint=_HINT
            )
        return value


def parse_header(data: bytes) -> dict[str, str]:
    """Return the fields of a header; text without its quotation marks.

    Examples
    --------
    >>> parse_header(b"header.format = 'Open Ephys Data Format'; header.bitVolts = 0.195;")["bitVolts"]
    '0.195'
    """
    return {key: value.strip("'") for key, value in _FIELD.findall(data.decode("latin-1"))}


def examine(path: str) -> ContinuousFile:
    """Read the header of a file and the few timestamps that say where they jump.

    The timestamps of the first and of the last record are compared, and only where they do not agree with all records
    between having 1,024 samples, those in the middle are looked at: a few reads a jump, however long the file is.

    Raises
    ------
    RecordingNotFound
        If there is no such file, or it cannot be read.
    FormatError
        If it is empty, no such file, ends inside of its header, has records of another kind, or its first record is
        damaged.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from ecogcat.testing.continuous import write_continuous
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_continuous(folder, np.zeros((1, 3072)), gaps={2: 500}, first_timestamp=100)
    ...     examine(f"{folder}/100_CH1.continuous").stretches
    (Stretch(first=0, stop=2, recording=0, timestamp=100), Stretch(first=2, stop=3, recording=0, timestamp=2648))
    """
    source = Source.open(path)
    with open(source.path, "rb", buffering=0) as file:
        data = file.read(HEADER_BYTES)
        if not data.startswith(MAGIC):
            raise FormatError(
                "this is no .continuous file" if data else "the file is empty",
                path=path,
                offset=0,
                expected=MAGIC.decode(),
                found=repr(data[: len(MAGIC)].decode("latin-1")) if data else "0 bytes",
                hint=_HINT,
            )
        if len(data) < HEADER_BYTES:
            raise FormatError(
                "the file ends inside of its header",
                path=path,
                offset=len(data),
                expected=f"{HEADER_BYTES:,} bytes",
                found=f"{len(data):,} bytes",
                hint=_HINT,
            )
        header = parse_header(data)
        if header.get("blockLength", str(BLOCK)) != str(BLOCK):
            raise FormatError(
                "the header's blockLength cannot be",
                path=path,
                expected=BLOCK,
                found=header["blockLength"],
                hint=_HINT,
            )
        return _with_records(file, source, header)


def _with_records(file: BinaryIO, source: Source, header: dict[str, str]) -> ContinuousFile:
    body = source.size - HEADER_BYTES
    lead = _lead_bytes(file, source.path, body)
    stride = lead + 2 * BLOCK + len(MARKER)
    n = _whole_records(lambda k: _is_whole(file, k, stride), body // stride)

    def clock(records: Index) -> NDArray[np.int64]:
        damaged = [record for record in records.tolist() if not _is_whole(file, record, stride)]
        if damaged:
            raise _Damaged(damaged[0])
        return np.array([_lead(file, record, stride, lead)[::2] for record in records.tolist()], np.int64)

    stretches: tuple[Stretch, ...] = ()
    problem = ""
    try:
        found = _stretches(clock, n)
        if found is None:
            problem = f"its timestamps jump more than {_MOST_STRETCHES:,} times"
        else:
            stretches = found
    except _Damaged as damaged:
        place = HEADER_BYTES + damaged.record * stride
        problem = f"its record {damaged.record:,}, at byte {place:,}, is damaged"
    return ContinuousFile(
        source.path, source, FrozenMapping(header), stride, lead, n, body - n * stride, stretches, problem
    )


class _Damaged(Exception):
    """A record in the middle of a file has no marker."""

    def __init__(self, record: int) -> None:
        super().__init__(record)
        self.record = record


def _lead_bytes(file: BinaryIO, path: str, body: int) -> int:
    """Return how many bytes stand before the samples of a record, by where the first one's marker is."""
    for lead in (12, 10):
        end = lead + 2 * BLOCK + len(MARKER)
        if body < end:
            continue
        if _is_whole(file, 0, end):
            return lead
    if body < 12 + 2 * BLOCK + len(MARKER):
        return 12  # not one whole record
    place = HEADER_BYTES + 12 + 2 * BLOCK
    file.seek(place)
    raise FormatError(
        "the first record is damaged",
        path=path,
        offset=place,
        expected=f"{BLOCK:,} samples and the marker {MARKER.hex(' ')}",
        found=file.read(len(MARKER)).hex(" "),
        hint=_HINT,
    )


def _lead(file: BinaryIO, record: int, stride: int, lead: int) -> tuple[int, int, int]:
    """Return timestamp, number of samples and recording number of a record."""
    file.seek(HEADER_BYTES + record * stride)
    data = file.read(lead).ljust(lead, b"\0")
    timestamp, count = struct.unpack_from("<qH", data)
    return timestamp, count, int.from_bytes(data[10:12], "little")


def _is_whole(file: BinaryIO, record: int, stride: int) -> bool:
    """Whether a record has its number of samples and its marker."""
    place = HEADER_BYTES + record * stride
    file.seek(place + 8)
    count = int.from_bytes(file.read(2), "little")
    file.seek(place + stride - len(MARKER))
    return count == BLOCK and file.read(len(MARKER)) == MARKER


def _whole_records(is_whole: Callable[[int], bool], n: int) -> int:
    """Return how many records are whole, where those after the last whole one are what a crash left."""
    if n == 0 or is_whole(n - 1):
        return n
    return bisect_left(range(n), True, key=lambda k: not is_whole(k))


def _stretches(clock: Probe, n: int) -> tuple[Stretch, ...] | None:
    """Return where timestamps and recording numbers run on; None after too many jumps."""
    if n == 0:
        return ()
    breaks = find_breaks(clock, n, step=(BLOCK, 0), most=_MOST_STRETCHES - 1, stretches=1)
    if breaks is None:
        return None
    starts = [0, *breaks]
    clocks = clock(np.array(starts, np.int64)).tolist()
    return tuple(
        Stretch(start, stop, recording, timestamp)
        for start, stop, (timestamp, recording) in zip(starts, [*breaks, n], clocks, strict=True)
    )


def trailing_zeros(file: ContinuousFile, record: int) -> int:
    """Return in how many zeros the samples of a record end: what is left of it when recording stops is filled so."""
    with open(file.path, "rb", buffering=0) as stream:
        stream.seek(HEADER_BYTES + record * file.record_bytes + file.lead_bytes)
        samples = stream.read(2 * BLOCK)
    return (len(samples) - len(samples.rstrip(b"\0"))) // 2
