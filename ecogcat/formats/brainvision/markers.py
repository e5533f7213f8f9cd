r"""Markers of a BrainVision recording: what happened when, and where its segments begin.

The marker file has the form of the header. In ``[Marker Infos]`` lies a line a marker:

    Mk<k>=<type>,<description>,<position>,<size>,<channel>,<date>

Positions and sizes are in samples, positions count from 1 (some software writes a 0); channel 0 means all of them. A
marker of the type ``New Segment`` stands where recording began, or went on after a pause, and has the wall-clock time,
YYYYMMDDhhmmss and six digits of microseconds. A comma in a text is written ``\1``.

Source: as in `ecogcat.formats.brainvision.header`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ecogcat.errors import FormatError
from ecogcat.formats.brainvision.sections import read_text, split_sections

__all__ = ["Marker", "Segment", "read_markers", "segments_of"]

_MAGIC = re.compile(r"\s*Brain ?Vision[\w -]* Data( Exchange)? Marker File", re.IGNORECASE)
_NEW_SEGMENT = "new segment"


class Marker(NamedTuple):
    """One marker, as the file has it."""

    type: str
    description: str
    position: int
    size: int
    channel: int
    date: str

    @property
    def begins_segment(self) -> bool:
        """Whether recording began, or went on, here."""
        return self.type.lower() == _NEW_SEGMENT


class Segment(NamedTuple):
    """A stretch recorded without a pause: its samples, and when the first of them was taken."""

    start: int
    stop: int
    time: np.datetime64 | None


def read_markers(path: str, odd: list[str]) -> list[Marker]:
    """Read a marker file, in its order; lines that are no markers are counted in `odd`.

    Raises
    ------
    FormatError
        If it is no marker file.
    """
    text = read_text(path)
    if not _MAGIC.match(text):
        raise FormatError(
            "this is no BrainVision marker file",
            path=path,
            offset=0,
            expected="'Brain Vision Data Exchange Marker File, Version 1.0'",
            found=repr(text[:50]),
            hint="Take the line MarkerFile= out of the header to open the recording without markers",
        )
    markers, n_unreadable = [], 0
    for key, value in split_sections(text).get("marker infos", {}).items():
        if re.fullmatch(r"mk\d+", key):
            marker = _parse(value)
            markers += [marker] if marker else []
            n_unreadable += marker is None
    if n_unreadable:
        odd.append(f"{n_unreadable:,} markers cannot be read and are left out")
    return markers


def _parse(text: str) -> Marker | None:
    fields = [part.strip() for part in text.split(",")]
    kind, description, position, size, channel, date = (*fields, "", "", "", "", "", "")[:6]
    size, channel = size or "1", channel or "0"
    if not all(re.fullmatch(r"\d{1,15}", one, re.ASCII) for one in (position, size, channel)):
        return None
    kind, description = kind.replace("\\1", ","), description.replace("\\1", ",")
    return Marker(kind, description, int(position), int(size), int(channel), date)


def segments_of(markers: list[Marker], n_samples: int, odd: list[str]) -> list[Segment]:
    """Return the segments of a recording; one, where no marker says otherwise."""
    starts: dict[int, np.datetime64 | None] = {0: None}
    n_outside = 0
    for one in markers:
        if one.begins_segment:
            sample = max(0, one.position - 1)
            if sample >= n_samples:
                n_outside += 1
            else:
                starts[sample] = _time(one.date) or starts.get(sample)
    if n_outside:
        odd.append(f"{n_outside:,} segments begin behind the last sample: they are missing")
    edges = [*sorted(starts), n_samples]
    return [Segment(a, b, starts[a]) for a, b in pairwise(edges)]


def _time(date: str) -> np.datetime64 | None:
    """Return the time of a New Segment; zeros, and what is no time, mean that it is not known."""
    match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{0,9})", date, re.ASCII)
    if match is None or not 1900 <= int(match[1]) <= 2200:
        return None
    year, month, day, hour, minute, second, rest = match.groups()
    try:
        return np.datetime64(f"{year}-{month}-{day}T{hour}:{minute}:{second}.{rest or 0}", "ns")
    except ValueError:
        return None
