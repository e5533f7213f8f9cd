"""The text header of a Neuralynx file: 16 kB, zero-padded, a ``-Key value`` a line; clocks in two dialects.

The first line is ``######## Neuralynx Data File Header``. From Cheetah 5.6.4 and in Pegasus the clocks are
``-TimeCreated 2023/11/02 13:39:27``; before, ``## Time Opened (m/d/y): 11/28/2016  (h:m:s.ms) 21:50:33.322`` or
``## Time Opened: (m/d/y): 10/4/2003  At Time: 10:3:0.578``. Times are those of the acquisition computer.

Source: Neuralynx, "Neuralynx Data File Formats", checked against recordings of Pegasus 2.1.3 and published headers.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np

from ecogcat.errors import FormatError

__all__ = ["HEADER_BYTES", "MAGIC", "NlxHeader", "read_header"]

HEADER_BYTES = 16384
MAGIC = b"######## Neuralynx"

_PROPERTY = re.compile(r"^\s*-(\w[\w µÂ]*?)[ \t]+(\S.*?)\s*$", re.MULTILINE)
_CLOCK = r"## *(?:Time|Date) {}:? *\([^)]*\):? *(\d+)/(\d+)/(\d+)\s+(?:\([^)]*\)|At Time:)\s*(\d+):(\d+):(\d+)(\.\d+)?"
_CREATED = re.compile(r"(\d{4})/(\d+)/(\d+)\s+(\d+):(\d+):(\d+)(\.\d+)?")


class NlxHeader(NamedTuple):
    """What a header says.

    Attributes
    ----------
    path : str
    properties : mapping of str to str
        By name, in lower case.
    created, closed : datetime64 or None
        When the file was begun and closed, by the clock of the acquisition computer.
    """

    path: str
    properties: Mapping[str, str]
    created: np.datetime64 | None
    closed: np.datetime64 | None

    def text(self, *names: str) -> str:
        """Return the first of some properties that the header has; "" if none."""
        for name in names:
            if self.properties.get(name.lower()):
                return self.properties[name.lower()].strip('"')
        return ""

    def number(self, name: str) -> float | None:
        """Return a property as a number; None if it is not there or is none."""
        try:
            value = float(self.text(name).split()[0])
        except (IndexError, ValueError):
            return None
        return value if math.isfinite(value) else None


def read_header(path: str) -> NlxHeader:
    """Read the header of a Neuralynx file.

    Raises
    ------
    FormatError
        If it is no Neuralynx file, or ends inside its header.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(HEADER_BYTES)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise FormatError("this cannot be read", path=path, found=error.strerror or str(error)) from error
    if not head.startswith(MAGIC):
        raise FormatError(
            "this is no Neuralynx file",
            path=path,
            offset=0,
            expected=repr(MAGIC),
            found=repr(head[:18]) if head else "0 bytes",
        )
    if len(head) < HEADER_BYTES:
        raise FormatError(
            "the file ends inside its header",
            path=path,
            offset=size,
            expected=f"{HEADER_BYTES:,} bytes",
            found=f"{size:,} bytes",
            hint="It was cut: copy it again from the acquisition computer",
        )
    text = head.rstrip(b"\0").decode("latin-1").replace("\r", "\n")
    properties = {name.lower(): value for name, value in _PROPERTY.findall(text)}
    created = _clock(text, "Opened", properties.get("timecreated", ""))
    closed = _clock(text, "Closed", properties.get("timeclosed", ""))
    return NlxHeader(path, properties, created, closed)


def _clock(text: str, what: str, value: str) -> np.datetime64 | None:
    """Return a clock of a header in either dialect; None where there is none.

    Examples
    --------
    >>> str(_clock("## Time Opened (m/d/y): 1/2/2000  (h:m:s.ms) 18:28:39.821", "Opened", ""))[:23]
    '2000-01-02T18:28:39.821'
    """
    match = _CREATED.search(value)
    if match is not None:
        year, month, day = (int(match[k]) for k in (1, 2, 3))
    else:
        match = re.search(_CLOCK.format(what), text)
        if match is None:
            return None
        month, day, year = (int(match[k]) for k in (1, 2, 3))
        year += 2000 if year < 100 else 0
    hour, minute, second = (int(match[k]) for k in (4, 5, 6))
    micro = round(float(match[7] or 0) * 1e6)
    try:
        return np.datetime64(datetime(year, month, day, hour, minute, second, min(micro, 999_999)), "ns")
    except (ValueError, OverflowError):  # never set: Cheetah writes "File was not closed properly"
        return None
