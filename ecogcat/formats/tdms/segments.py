"""Segments of a TDMS file: where raw data lie, and what is said of every channel.

A file is a row of segments. Each begins with a lead-in of 28 bytes - "TDSm", a mask of what follows (meta data 2, a
new list of objects 4, raw data 8, interleaved 32, big endian 64, DAQmx 128), the version (4712 or 4713), the distance
to the next segment and that to the raw data, both from the end of the lead-in - followed by meta data and raw data. The
raw data are one chunk after the other, each as the meta data say; where those are missing they are as in the segment
before. All bits of the distance to the next segment are set where the writer crashed.

Source: National Instruments, "TDMS File Format Internal Structure"; where files differ from it (DAQmx digital lines, a
shorter last chunk) the reader npTDMS, and real files.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ecogcat.errors import FormatError
from ecogcat.formats.tdms.layout import BIG_ENDIAN, INTERLEAVED, Form, LayoutError, form_of
from ecogcat.formats.tdms.metadata import Cursor, Order, RawIndex, objects

__all__ = ["TAG", "Stretch", "TdmsContent", "read_content"]

TAG = b"TDSm"
_LEAD_IN = 28
_META_DATA, _NEW_OBJECTS = 1 << 1, 1 << 2
_UNKNOWN = 0xFFFFFFFFFFFFFFFF


class Stretch(NamedTuple):
    """Chunks of one form, each `step` bytes behind the one before."""

    form: Form
    origin: int
    n_chunks: int
    step: int


@dataclass
class TdmsContent:
    """What the headers of a file say.

    Attributes
    ----------
    properties : dict
        By path of object, the last value of each.
    indexes : dict
        By path of channel, the last raw data index.
    stretches : list of Stretch
        Where the raw data lie, in order.
    starts : list of (int, str, datetime64)
        Each new value of `wf_start_time`: before which stretch, of which object.
    overlong : bool
        Whether a chunk is said to be larger than the file.
    warnings : list of str
    """

    path: str
    size: int
    version: int = 0
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    indexes: dict[str, RawIndex] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    starts: list[tuple[int, str, np.datetime64]] = field(default_factory=list)
    overlong: bool = False
    warnings: list[str] = field(default_factory=list)


class _Lead(NamedTuple):
    flags: int
    data: int
    end: int
    missing: int | None  # bytes that the file lacks; None where the writer did not say how many there should be


def read_content(path: str, size: int) -> TdmsContent:
    """Read the lead-in and the meta data of every segment.

    Raises
    ------
    FormatError
        If the first segment is none. What is wrong further on is said in the content's warnings.
    """
    content = TdmsContent(path, size)
    scan = _Scan(content)
    with open(path, "rb", buffering=4096) as file:
        place = 0
        while place < size:
            try:
                place = scan.segment(file, place)
            except FormatError as error:
                if place == 0:
                    raise
                content.warnings.append(
                    f"the segment at byte {place:,} cannot be used, {size - place:,} bytes are left out: "
                    + str(error).removeprefix(f"{path}: ")
                )
                break
    return content


class _Scan:
    """Reads one segment after the other, knowing what the ones before said."""

    def __init__(self, content: TdmsContent) -> None:
        self.content = content
        self.current: dict[str, RawIndex | None] = {}
        self.forms: dict[Any, Form] = {}
        self.form: Form | None = None

    def segment(self, file: BinaryIO, place: int) -> int:
        """Read the segment that begins at a place; return where the next one does."""
        lead = self._lead_in(file, place)
        order: Order = ">" if lead.flags & BIG_ENDIAN else "<"
        if lead.flags & _META_DATA:
            self._meta_data(Cursor(file, self.content.path, place + _LEAD_IN, lead.data, order), lead.flags)
        elif place == 0:
            raise self._wrong("the first segment has no meta data", place, "meta data", f"mask {lead.flags:#x}")
        flags = lead.flags & (INTERLEAVED | BIG_ENDIAN)
        if self.form is None or self.form.flags != flags:
            key = (tuple((path, index) for path, index in self.current.items() if index is not None), flags)
            try:
                self.form = self.forms.get(key) or self.forms.setdefault(key, form_of(*key))
            except LayoutError as error:
                raise self._wrong("the raw data of a segment cannot lie together", place, "one layout", error) from None
        self._raw_data(self.form, lead)
        if lead.missing is None:
            self.content.warnings.append(
                f"the segment at byte {place:,} was never finished: it is read as far as the file goes"
            )
        elif lead.missing:
            self.content.warnings.append(
                f"the segment at byte {place:,} lacks {lead.missing:,} bytes: it is read as far as it is whole"
            )
        return lead.end

    def _lead_in(self, file: BinaryIO, place: int) -> _Lead:
        file.seek(place)
        data = file.read(_LEAD_IN)
        if len(data) < _LEAD_IN:
            raise self._wrong("a segment's lead-in is cut", place, f"{_LEAD_IN} bytes", f"{len(data)} bytes")
        if data[:4] != TAG:
            message = "no segment begins here" if place else "this is no TDMS file"
            raise self._wrong(message, place, TAG.decode(), data[:4].hex(" "))
        (flags,) = struct.unpack("<I", data[4:8])
        version, distance, to_data = struct.unpack((">" if flags & BIG_ENDIAN else "<") + "IQQ", data[8:])
        self.content.version = self.content.version or version
        begin, size = place + _LEAD_IN, self.content.size
        end = size if distance == _UNKNOWN else begin + distance
        if begin + to_data > min(end, size):
            expected = f"raw data from byte {begin + to_data:,}"
            found = f"its end at byte {min(end, size):,}"
            raise self._wrong("the meta data of a segment are cut", place, expected, found)
        missing = None if distance == _UNKNOWN else max(0, end - size)
        return _Lead(flags, begin + to_data, min(end, size), missing)

    def _meta_data(self, cursor: Cursor, flags: int) -> None:
        content, current = self.content, {} if flags & _NEW_OBJECTS else dict(self.current)
        for one in objects(cursor):
            if one.raw is True:
                if one.path not in content.indexes:
                    raise cursor.wrong(f"{one.path} is said to lie as before", "an index before", "none")
                current[one.path] = content.indexes[one.path]
            elif one.raw:
                current[one.path] = content.indexes[one.path] = one.raw
            else:
                current[one.path] = None
            known = content.properties.setdefault(one.path, {})
            start = one.properties.get("wf_start_time")
            if isinstance(start, np.datetime64) and start != known.get("wf_start_time"):
                content.starts.append((len(content.stretches), one.path, start))
            known.update(one.properties)
        if current != self.current or self.form is None:
            self.current, self.form = current, None

    def _raw_data(self, form: Form, lead: _Lead) -> None:
        n_bytes = lead.end - lead.data
        self.content.overlong |= form.chunk_bytes > self.content.size
        if n_bytes == 0:
            return
        if form.chunk_bytes == 0:
            self.content.warnings.append(f"{n_bytes:,} bytes at byte {lead.data:,} belong to no channel")
        elif form.row_bytes:
            n, rest = divmod(n_bytes, form.row_bytes)
            if n:
                rows = self.forms.get((id(form), n)) or self.forms.setdefault((id(form), n), form.rows(n))
                self._add(rows, lead.data, 1)
            self._left_over(rest, lead.end)
        else:
            n, rest = divmod(n_bytes, form.chunk_bytes)
            if n:
                self._add(form, lead.data, n)
            if rest and form.sized():
                last = form.cut(rest) if lead.missing != 0 else form.shortened(rest)
                self._add(last, lead.end - rest, 1)
            else:
                self._left_over(rest, lead.end)

    def _left_over(self, rest: int, end: int) -> None:
        if rest:
            self.content.warnings.append(f"{rest:,} bytes before byte {end:,} are no whole chunk and left out")

    def _add(self, form: Form, origin: int, n_chunks: int) -> None:
        """Add chunks; where they go on as those before, to the same stretch."""
        stretches = self.content.stretches
        begins = bool(self.content.starts) and self.content.starts[-1][0] == len(stretches)
        if stretches and stretches[-1].form is form and not begins:
            last = stretches[-1]
            step = origin - (last.origin + (last.n_chunks - 1) * last.step)
            if (n_chunks == 1 or step == form.chunk_bytes) and (last.n_chunks == 1 or step == last.step):
                stretches[-1] = Stretch(form, last.origin, last.n_chunks + n_chunks, step)
                return
        stretches.append(Stretch(form, origin, n_chunks, form.chunk_bytes))

    def _wrong(self, message: str, place: int, expected: object, found: object) -> FormatError:
        return FormatError(message, path=self.content.path, offset=place, expected=expected, found=found)
