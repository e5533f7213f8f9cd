"""What lies beside the channels of a folder of the Open Ephys format: settings, structure, events, messages.

``settings.xml`` has the date and, for an Intan board of the older GUI, the sampling rate as the position in a list;
``Continuous_Data.openephys`` (``structure.openephys`` from GUI 0.6 on) lists the files of channels and events;
``all_channels.events`` (``STREAM.events``) holds records of 16 bytes: sample number (int64), position in the buffer
(int16), type (uint8; 3 is a line going up or down), processor (uint8), state (uint8), line (uint8, from 0) and number
of the recording (uint16; files of versions before 0.2 have none); ``messages.events`` is text, a sample number and a
message a line. Each has the number of the experiment behind its name from the second on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from ecogcat.formats.openephys.files import parse_name
from ecogcat.formats.openephys.records import HEADER_BYTES, MAGIC, parse_header

__all__ = ["EventRecords", "Settings", "listed_files", "read_events", "read_messages", "read_settings", "start_time"]

# What the board of the older GUI offers; settings.xml has the position in this list, from 1.
BOARD_RATES = (
    *(1000, 1250, 1500, 2000, 2500, 3000, 10000 / 3, 4000, 5000, 6250, 8000),
    *(10000, 12500, 15000, 20000, 25000, 30000),
)
_BOARD = "Rhythm FPGA"
_MOST_TEXT = 16 << 20
_TTL = 3
_EVENT = [("timestamp", "<i8"), ("position", "<i2"), ("type", "u1"), ("node", "u1"), ("state", "u1"), ("line", "u1")]
_BY_ITSELF = re.compile(r"(software time\b|processor: |start time for )", re.IGNORECASE)


class Settings(NamedTuple):
    """What is of use in a settings file; None or empty where it says nothing."""

    path: str | None = None
    date: datetime | None = None
    board_rate: float | None = None
    version: str = ""


class EventRecords(NamedTuple):
    """Lines going up and down.

    Attributes
    ----------
    path : str
    timestamp, recording, line, state, node : ndarray of int64
    """

    path: str
    timestamp: NDArray[np.int64]
    recording: NDArray[np.int64]
    line: NDArray[np.int64]
    state: NDArray[np.int64]
    node: NDArray[np.int64]


def _numbered(name: str, experiment: int) -> str:
    stem, suffix = os.path.splitext(name)
    return name if experiment == 1 else f"{stem}_{experiment}{suffix}"


def _first_file(folder: str, names: Sequence[str], experiment: int) -> str | None:
    for name in names:
        path = os.path.join(folder, _numbered(name, experiment))
        if os.path.isfile(path):
            return path
    return None


def _read_xml(path: str, warnings: list[str]) -> ElementTree.Element | None:
    """Parse a small XML file; what is wrong with one goes to the warnings, for the samples do without it."""
    problem = ""
    try:
        if os.path.getsize(path) <= _MOST_TEXT:
            return ElementTree.parse(path).getroot()
        problem = f"it has {os.path.getsize(path):,} bytes"
    except (ElementTree.ParseError, LookupError, ValueError, OSError) as error:
        problem = str(error)
    warnings.append(f"{os.path.basename(path)} cannot be read and is not used: {problem}")
    return None


def read_settings(folder: str, experiment: int, warnings: list[str]) -> Settings:
    """Return what the settings of an experiment say; those of the first where it has none of its own."""
    path = _first_file(folder, ["settings.xml"], experiment) or _first_file(folder, ["settings.xml"], 1)
    root = None if path is None else _read_xml(path, warnings)
    if root is None:
        return Settings()
    date = _date(root.findtext(".//DATE") or "")
    rate = None
    for processor in root.iter("PROCESSOR"):
        editor = processor.find("EDITOR")
        if _BOARD in processor.get("name", "") and editor is not None:
            place = editor.get("SampleRate", "")
            if place.isdecimal() and 1 <= int(place) <= len(BOARD_RATES):
                rate = float(BOARD_RATES[int(place) - 1])
    return Settings(path, date, rate, root.findtext(".//VERSION") or "")


def start_time(created: str, settings: Settings) -> np.datetime64 | None:
    """Return when a file was begun.

    Parameters
    ----------
    created : str
        What its header says: "03-Apr-2025 13:38:45", or "19-May-2017 203736" with no zeros before hours, minutes and
        seconds below ten, so that it is not clear what five digits mean; then the settings tell.

    Examples
    --------
    >>> str(start_time("5-Oct-2018 143727", Settings()))[:19]
    '2018-10-05T14:37:27'
    """
    day, _, clock = created.strip().partition(" ")
    if re.fullmatch(r"\d{6}", clock):
        clock = f"{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    date = _date(f"{day} {clock}")
    if date is None and settings.date is not None:
        said = settings.date
        same = (
            f"{said.day}-{_MONTHS[said.month - 1]}-{said.year} {said.hour}{said.minute}{said.second}" == created.strip()
        )
        date = said if same or not created else None
    return None if date is None else np.datetime64(date, "ns")


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"(\d{1,2})[- ]([A-Z][a-z]{2})[- ](\d{4}) (\d{1,2}):(\d{1,2}):(\d{1,2})")


def _date(text: str) -> datetime | None:
    """Read a date in the GUI's English, whatever the language of this computer."""
    match = _DATE.fullmatch(text.strip())
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[k]) for k in (1, 3, 4, 5, 6))
    try:
        date = datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, second)
    except ValueError:  # such as the 31st of June
        return None
    return date if 1700 < year < 2200 else None


def listed_files(folder: str, warnings: list[str]) -> dict[str, str]:
    """Return the files that structure files list, and which of these lists each."""
    found: dict[str, str] = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".openephys") and not name.startswith(".") and os.path.isfile(path):
            root = _read_xml(path, warnings)
            for element in root.iter() if root is not None else ():
                listed = element.get("filename")
                if listed and element.tag in ("CHANNEL", "EVENTS"):
                    found.setdefault(os.path.basename(listed), name)
    return found


def missing_files(folder: str, stream: str, experiment: int, warnings: list[str]) -> list[str]:
    """Return what to say of files that are listed and are not there: of this stream, and of whole experiments."""
    missing: dict[str, list[str]] = {}
    gone: dict[tuple[int, str], int] = {}
    there = {name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name))}
    known = {channel.experiment for channel in map(parse_name, there) if channel is not None}
    for name, lister in listed_files(folder, warnings).items():
        channel = parse_name(name)
        if name in there:
            continue
        if channel is None:
            if name == _numbered(f"{stream}.events", experiment):
                missing.setdefault(lister, []).append(name)
        elif channel.experiment not in known:
            gone[channel.experiment, lister] = gone.get((channel.experiment, lister), 0) + 1
        elif (channel.stream, channel.experiment) == (stream, experiment):
            missing.setdefault(lister, []).append(name)
    said = [f"{lister} lists files that are missing: {', '.join(names)}" for lister, names in missing.items()]
    return said + [f"{lister} lists {n} files of experiment {k}, all missing" for (k, lister), n in gone.items()]


def read_events(folder: str, stream: str, experiment: int, warnings: list[str]) -> EventRecords | None:
    """Read when lines went up and down; messages and other events are passed over."""
    path = _first_file(folder, [f"{stream}.events", "all_channels.events"], experiment)
    if path is None:
        return None
    with open(path, "rb") as file:
        head = file.read(HEADER_BYTES)
        body = file.read()
    name = os.path.basename(path)
    if len(head) < HEADER_BYTES:
        warnings.append(f"{name} ends inside its header, after {len(head):,} bytes: it has no events")
        return None
    if not head.startswith(MAGIC):
        warnings.append(f"{name} is no file of events and is not used: it begins with {head[:8].hex(' ') or 'nothing'}")
        return None
    try:
        numbered = float(parse_header(head).get("version", "0.4")) >= 0.2
    except ValueError:
        numbered = True
    kind = np.dtype([*_EVENT, ("recording", "<u2")] if numbered else _EVENT)
    n, left_over = divmod(len(body), kind.itemsize)
    if left_over:
        warnings.append(f"{name} was cut: {left_over} bytes are left over after {n:,} whole events")
    records = np.frombuffer(body, kind, n)
    records = records[records["type"] == _TTL]
    inside = int(np.count_nonzero(records["position"]))
    if inside:
        warnings.append(
            f"{name} gives {inside:,} events a position in their buffer, which is not added to their sample"
        )
    recording = records["recording"] if numbered else np.zeros(len(records))
    columns = [records["timestamp"], recording, records["line"].astype(np.int64) + 1, records["state"], records["node"]]
    return EventRecords(path, *(column.astype(np.int64) for column in columns))


def read_messages(folder: str, experiment: int, warnings: list[str]) -> tuple[str | None, list[tuple[int, str]]]:
    """Read what was noted while recording: sample number and line of each; what the GUI notes by itself is left out."""
    path = _first_file(folder, ["messages.events"], experiment)
    if path is None:
        return None, []
    with open(path, "rb") as file:
        data = file.read(_MOST_TEXT + 1)
    if len(data) > _MOST_TEXT:
        warnings.append(f"{os.path.basename(path)} has more than {_MOST_TEXT:,} bytes and is not used")
        return path, []
    found: list[tuple[int, str]] = []
    last = -(1 << 63)
    for line in data.decode("utf-8", "replace").splitlines():
        match = re.fullmatch(r"\s*(-?\d{1,18})\s*,?\s+(.*?)\s*", line)
        stamp, text = (int(match[1]), match[2]) if match else (last, line.strip())
        if text and not _BY_ITSELF.match(text):
            found.append((stamp, line.strip()))
            last = stamp
    return path, found


def plain_settings(settings: Settings) -> dict[str, Any]:
    """Return what of the settings goes to the metadata."""
    return {"gui_version": settings.version} if settings.version else {}
