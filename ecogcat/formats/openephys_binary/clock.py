"""Clocks of an Open Ephys recording: sample numbers of its streams, and the wall-clock time at which one began.

`sync_messages.txt` has the first sample number of each stream as announced, and from version 0.6 the time in ms UTC.
`settings.xml` has the local date and time, to the second, at which the first recording of an experiment was begun.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import numpy as np

from ecogcat.errors import EcogcatError
from ecogcat.formats.openephys_binary.npy import Npy, column_breaks, open_npy
from ecogcat.formats.openephys_binary.session import Stream

__all__ = ["Numbers", "read_numbers", "start_time"]

_START_OLD = re.compile(r"Processor: .*? Id: (\d+) subProcessor: (\d+) start time: (-?\d{1,18})@")
_START_NEW = re.compile(r"Start Time for .+ \((\d+)\) - (.+) @ [\d.]+ Hz: (-?\d{1,18})")
_UNIX_MS = re.compile(r"Software Time \(milliseconds since midnight Jan 1st 1970 UTC\): (\d{1,15})\b", re.IGNORECASE)
_SYNC = "sync_messages.txt"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"<DATE>\s*(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{1,2}):(\d\d):(\d\d)\s*</DATE>")
_QUARTER = np.timedelta64(15, "m")


@dataclass(frozen=True)
class Numbers:
    """Sample numbers of a stream: of its first sample, and where they do not run on."""

    first: int
    stretches: tuple[tuple[int, int, int], ...]
    announced: int | None
    paths: tuple[str, ...]
    warnings: tuple[str, ...]


def read_numbers(stream: Stream) -> Numbers:
    """Return the stretches of a stream: first sample, stop, and sample number of the first, of each."""
    n, announced, paths, warnings = stream.n_samples, _announced(stream, stream.recording.folder), [], []
    column = _column(stream)
    if isinstance(column, str):
        what = f"events count from sample {announced:,} of {_SYNC}" if announced is not None else "events count from 0"
        warnings.append(f"{column}: gaps between samples, if any, are not seen, and {what}")
        return Numbers(announced or 0, ((0, n, announced or 0),), announced, (), tuple(warnings))
    paths.append(column.path)
    warnings += column.warning()
    if column.n != n:
        fewer = f"the last {n - column.n:,} samples have no number" if n > column.n else f"{column.n - n:,} are missing"
        warnings.append(f"{os.path.basename(column.path)} numbers {column.n:,} samples, {n:,} are there: {fewer}")
    breaks, many = column_breaks(column, min(n, column.n))
    edges = [0, *breaks]
    with open(column.path, "rb", buffering=0) as file:
        numbers = [column.value(file, row) for row in edges]
    stretches = tuple(zip(edges, [*edges[1:], n], numbers, strict=True))
    return Numbers(numbers[0], stretches, announced, tuple(paths), (*warnings, *many))


def _column(stream: Stream) -> Npy | str:
    """Return the column of sample numbers, or what is wrong with it."""
    tried = []
    for name in ("sample_numbers.npy", "timestamps.npy"):  # from 0.6, and before
        path = os.path.join(stream.folder, name)
        if not os.path.exists(path):
            tried.append(f"{name} is missing")
            continue
        try:
            column = open_npy(path, "i")
        except EcogcatError as error:
            tried.append(f"{name} is not usable: {error}")
            continue
        if column.n:
            return column
        tried.append(f"{name} is empty")
    return "; ".join(tried)


def _text(path: str, most: int = 1 << 20) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(min(most, os.fstat(file.fileno()).st_size)).decode("utf-8", "replace")
    except OSError:
        return ""


def _announced(stream: Stream, folder: str) -> int | None:
    """Return the first sample number that the sync messages of a recording announce for the stream."""
    text = _text(os.path.join(folder, _SYNC))
    for processor, name, number in _START_NEW.findall(text):
        if name == stream.stream_name and f"-{processor}." in stream.folder_name:
            return int(number)
    for processor, sub, number in _START_OLD.findall(text):
        if stream.folder_name.endswith(f"-{processor}.{sub}"):
            return int(number)
    return None


def _utc(folder: str) -> np.datetime64 | None:
    match = _UNIX_MS.search(_text(os.path.join(folder, _SYNC)))
    return None if match is None else np.datetime64(int(match[1]), "ms").astype("datetime64[ns]")


def start_time(stream: Stream, numbers: Numbers) -> tuple[np.datetime64 | None, dict[str, str], list[str]]:
    """Return the wall-clock time of a stream's first sample, local where that is known; what it is; files read."""
    own = stream.recording
    experiment = os.path.dirname(own.folder)
    first = os.path.join(experiment, "recording1") if own.recording.startswith("recording") else own.folder
    k = own.experiment.removeprefix("experiment")
    settings = os.path.join(os.path.dirname(experiment), "settings.xml" if k in ("", "1") else f"settings_{k}.xml")
    paths = [path for path in (os.path.join(own.folder, _SYNC), settings) if os.path.isfile(path)]
    date, began, now = _settings_date(settings), _utc(first), _utc(own.folder)
    if now is not None:
        # The time of the message; the first samples may have been stored a moment later, or before.
        now += _duration(numbers.announced, numbers.first, stream.rate)
        if date is not None and began is not None:
            # Zones are quarters of an hour apart: the settings tell which, to the second.
            quarters = round((date - began) / _QUARTER)
            if abs(quarters) <= 14 * 4 and abs((date - began) - quarters * _QUARTER) < np.timedelta64(1, "m"):
                return now + quarters * _QUARTER, {"clock": "local time"}, paths
        return now, {"clock": "UTC"}, paths
    since = _announced(stream, first)
    if date is None or since is None:
        return None, {}, paths
    return date + _duration(since, numbers.first, stream.rate), {"clock": "local time, to the second"}, paths


def _duration(start: int | None, stop: int, rate: float) -> np.timedelta64:
    """Return the time between two sample numbers, none where it is absurd."""
    seconds = 0.0 if start is None else (stop - start) / rate
    return np.timedelta64(round(seconds * 1e9) if abs(seconds) < 1e7 else 0, "ns")


def _settings_date(path: str) -> np.datetime64 | None:
    match = _DATE.search(_text(path, 4096))
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour = int(match[1]), int(match[3]), int(match[4])
    month = _MONTHS.index(match[2]) + 1
    try:
        return np.datetime64(f"{year:04}-{month:02}-{day:02}T{hour:02}:{match[5]}:{match[6]}", "ns")
    except ValueError:  # a 31st of June
        return None
