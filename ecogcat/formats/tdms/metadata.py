"""Meta data of a TDMS segment: objects with their properties and the indexes of their raw data.

A segment's meta data are a count of objects and, for each, its path (`/'group'/'channel'`, quotation marks doubled),
the index of its raw data (none, the same as before, or a new one) and its properties (name, type, value). Every number
is in the byte order that the segment's lead-in says; nothing is taken from beyond the meta data's end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal, NamedTuple, TypeAlias

import numpy as np

from ecogcat.errors import FormatError

__all__ = ["NUMBERS", "SIZES", "STRING", "Cursor", "Order", "RawIndex", "Scaler", "TdmsObject", "objects", "split_path"]

NO_DATA, SAME_AS_BEFORE = 0xFFFFFFFF, 0
FORMAT_CHANGING = 0x1269
# The vendor's document has 0x1369 for digital lines; files have 0x126A.
DIGITAL = (0x126A, 0x1369)
STRING, TIMESTAMP = 0x20, 0x44

NUMBERS = {
    **{1: "i1", 2: "i2", 3: "i4", 4: "i8", 5: "u1", 6: "u2", 7: "u4", 8: "u8", 9: "f4", 10: "f8"},
    **{0x19: "f4", 0x1A: "f8"},  # with a unit, which is a property
    0x21: "?",
}
"""Types whose values are numbers, or true and false."""
SIZES = {code: np.dtype(name).itemsize for code, name in NUMBERS.items()} | {TIMESTAMP: 16, 0x08000C: 8, 0x10000D: 16}
"""Bytes of a value of each type that has a fixed size."""
# DAQmx numbers its types in another way.
_DAQMX_NUMBERS = {0: "u1", 1: "i1", 2: "u2", 3: "i2", 4: "u4", 5: "i4", 6: "u8", 7: "i8", 8: "f4", 9: "f8"}

Order: TypeAlias = Literal["<", ">"]

_LONGEST_TEXT = 16 << 20
_TO_1970 = 2_082_844_800  # seconds from 1904


class Scaler(NamedTuple):
    """Where one number of a DAQmx channel lies in the rows of a buffer, and the bit of it that counts."""

    scale_id: int
    dtype: str
    buffer: int
    offset: int
    bit: int | None


class RawIndex(NamedTuple):
    """What a chunk of raw data holds of one channel.

    Attributes
    ----------
    type : int
        The vendor's number of the type.
    n_values : int
        Values of a chunk.
    n_bytes : int
        Bytes of a chunk; of DAQmx data, which lie in common buffers, 0.
    scalers : tuple of Scaler
        Of DAQmx data.
    widths : tuple of int
        Bytes of a row of each of its buffers.
    """

    type: int
    n_values: int
    n_bytes: int
    scalers: tuple[Scaler, ...] = ()
    widths: tuple[int, ...] = ()


class TdmsObject(NamedTuple):
    """One entry of a segment's meta data; `raw` is None without raw data, and True for the index as before."""

    path: str
    raw: RawIndex | bool | None
    properties: dict[str, Any]


class Cursor:
    """A place in a segment's meta data that moves on with what is taken."""

    def __init__(self, file: BinaryIO, path: str, start: int, stop: int, order: Order) -> None:
        self.file, self.path, self.place, self.stop, self.order = file, path, start, stop, order
        file.seek(start)

    def take(self, n: int, what: str) -> bytes:
        """Return the next bytes."""
        found = b"" if self.place + n > self.stop or n > _LONGEST_TEXT else self.file.read(n)
        if len(found) < n:
            raise FormatError(
                f"the meta data of a segment end in the middle of {what}",
                path=self.path,
                offset=self.place,
                expected=f"{n:,} bytes",
                found=f"{max(self.stop - self.place, 0):,} bytes",
            )
        self.place += n
        return found

    def numbers(self, form: str, what: str) -> tuple[Any, ...]:
        """Return the next numbers, as `struct` names them."""
        form = self.order + form
        return struct.unpack(form, self.take(struct.calcsize(form), what))

    def number(self, what: str) -> int:
        """Return the next number of 32 bits."""
        return int(self.numbers("I", what)[0])

    def text(self, what: str) -> str:
        """Return the next text: its length, and UTF-8."""
        return self.take(self.number(what), what).decode("utf-8", "replace")

    def wrong(self, message: str, expected: object, found: object) -> FormatError:
        """Return the error to raise about what was just taken."""
        return FormatError(message, path=self.path, offset=self.place, expected=expected, found=found)


def objects(cursor: Cursor) -> Iterator[TdmsObject]:
    """Yield the objects of a segment's meta data.

    Raises
    ------
    FormatError
        If they end early, or an entry is not one that the format knows.
    """
    for _ in range(cursor.number("the number of objects")):
        path = cursor.text("the path of an object")
        index = _raw_index(cursor, path)
        n_properties = cursor.number(f"the properties of {path}")
        properties = {}
        for _ in range(n_properties):
            name = cursor.text(f"the properties of {path}")
            properties[name] = _value(cursor, name)
        yield TdmsObject(path, index, properties)


def _raw_index(cursor: Cursor, path: str) -> RawIndex | bool | None:
    what = f"the raw data index of {path}"
    header = cursor.number(what)
    if header in (NO_DATA, SAME_AS_BEFORE):
        return None if header == NO_DATA else True
    if header == FORMAT_CHANGING or header in DIGITAL:
        return _daqmx_index(cursor, what, digital=header in DIGITAL)
    type_, dimension, n_values = cursor.numbers("IIQ", what)
    _check_dimension(cursor, what, dimension)
    if type_ == STRING:
        return RawIndex(type_, n_values, *cursor.numbers("Q", what))
    if type_ not in SIZES and n_values:
        raise cursor.wrong(f"{what} has a type that is not known", "a number, text or time", f"type {type_:#x}")
    return RawIndex(type_, n_values, n_values * SIZES.get(type_, 0))


def _check_dimension(cursor: Cursor, what: str, dimension: int) -> None:
    if dimension != 1:
        raise cursor.wrong(f"{what} is not one of a list of values", "1 dimension", dimension)


def _daqmx_index(cursor: Cursor, what: str, *, digital: bool) -> RawIndex:
    type_, dimension, n_values, n_scalers = cursor.numbers("IIQI", what)
    _check_dimension(cursor, what, dimension)
    scalers = []
    for _ in range(n_scalers):
        code, buffer, offset, _, scale_id = cursor.numbers("IIIBI" if digital else "IIIII", what)
        if code not in _DAQMX_NUMBERS:
            raise cursor.wrong(f"{what} has a type that is not known", "a DAQmx number, 0 to 9", code)
        # Of a digital line the place is counted in bits.
        place = (offset // 8, offset % 8) if digital else (offset, None)
        scalers.append(Scaler(scale_id, _DAQMX_NUMBERS[code], buffer, *place))
    widths = tuple(cursor.number(what) for _ in range(cursor.number(what)))
    for scaler in scalers:
        width = widths[scaler.buffer] if scaler.buffer < len(widths) else 0
        if scaler.offset + np.dtype(scaler.dtype).itemsize > width:
            found = f"byte {scaler.offset} of buffer {scaler.buffer}, whose rows have {width} bytes"
            raise cursor.wrong(f"{what} points outside of its buffer", f"buffers {list(widths)}", found)
    if not scalers:
        raise cursor.wrong(f"{what} says nothing of where its values lie", "at least one scaler", 0)
    return RawIndex(type_, n_values, 0, tuple(scalers), widths)


def _value(cursor: Cursor, name: str) -> Any:
    what = f"property {name!r}"
    type_ = cursor.number(what)
    if type_ == STRING:
        return cursor.text(what)
    if type_ == TIMESTAMP:
        if cursor.order == "<":
            fraction, seconds = cursor.numbers("Qq", what)
        else:
            seconds, fraction = cursor.numbers("qQ", what)
        return _time(seconds, fraction)
    if type_ not in SIZES:
        raise cursor.wrong(f"{what} has a type that is not known", "a number, text or time", f"type {type_:#x}")
    dtype = NUMBERS.get(type_, "c8" if SIZES[type_] == 8 else "c16")
    return np.frombuffer(cursor.take(SIZES[type_], what), np.dtype(dtype).newbyteorder(cursor.order))[0].item()


def _time(seconds: int, fraction: int) -> np.datetime64 | None:
    """Return a time, counted from 1904 in seconds and 2**-64 of them; None if no clock can have shown it."""
    if not 0 < seconds < 1 << 33:
        return None
    return np.datetime64((seconds - _TO_1970) * 10**9 + ((fraction * 10**9 + (1 << 63)) >> 64), "ns")


def split_path(path: str) -> tuple[str, ...]:
    """Return the names in the path of an object: none of the file, one of a group, two of a channel.

    Examples
    --------
    >>> split_path("/"), split_path("/'Dr. T''s Events'/'Time'")
    ((), ("Dr. T's Events", 'Time'))
    """
    names, place = [], 0
    while path.startswith("/'", place):
        place, name = place + 2, ""
        while place < len(path):
            end = path.find("'", place)
            end = len(path) if end < 0 else end
            name, place = name + path[place:end], end + 1
            if not path.startswith("'", place):
                break
            name, place = name + "'", place + 1
        names.append(name)
    return tuple(names)
