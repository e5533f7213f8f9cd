"""The folders of an Open Ephys session: record nodes, experiments, recordings and the streams in each.

    SESSION/Record Node 101/settings.xml
                            experiment1/recording1/structure.oebin
                                                   sync_messages.txt
                                                   continuous/STREAM/continuous.dat, sample_numbers.npy
                                                   events/STREAM/TTL/states.npy, sample_numbers.npy

Before version 0.5 of the GUI the experiments lie in the session's own folder.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ecogcat.errors import EcogcatError, FormatError, RecordingNotFound

__all__ = ["Recording", "Stream", "StreamChannel", "find_recordings", "locate"]

STRUCTURE = "structure.oebin"
_NODE = re.compile(r"record ?node ?(\S*)$", re.IGNORECASE)
_EXPERIMENT = re.compile(r"experiment(\d+)$")
_RECORDING = re.compile(r"recording(\d+)$")
_MOST_TEXT = 1 << 26


@dataclass(frozen=True)
class StreamChannel:
    """One channel of a stream: `kind` is electrode, adc or aux; a stored number times `gain` is in `units`."""

    name: str
    kind: str
    gain: float
    units: str


@dataclass(frozen=True)
class Recording:
    """One recording folder: what its `structure.oebin` says.

    Attributes
    ----------
    folder : str
    session, node, experiment, recording : str
        Names of the folders above it; no node before version 0.5.
    structure : dict
    """

    folder: str
    session: str
    node: str
    experiment: str
    recording: str
    structure: dict[str, Any] = field(repr=False)

    @property
    def path(self) -> str:
        """Path of the structure file."""
        return os.path.join(self.folder, STRUCTURE)

    @cached_property
    def streams(self) -> list[Stream]:
        """Its continuous streams, in order."""
        return [_stream(self, k, one) for k, one in enumerate(_dicts(self.structure, "continuous", self.path))]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What is said of its event folders."""
        return _dicts(self.structure, "events", self.path)


@dataclass(frozen=True)
class Stream:
    """One continuous stream of a recording."""

    recording: Recording = field(repr=False)
    folder_name: str
    stream_name: str
    rate: float
    channels: tuple[StreamChannel, ...] = field(repr=False)
    processor: str

    @property
    def folder(self) -> str:
        """Folder of its files."""
        return os.path.join(self.recording.folder, "continuous", self.folder_name)

    @property
    def data_path(self) -> str:
        """File of its samples."""
        return os.path.join(self.folder, "continuous.dat")

    @property
    def has_data(self) -> bool:
        """Whether that file is there."""
        return os.path.isfile(self.data_path)

    @property
    def n_samples(self) -> int:
        """Whole samples of that file; 0 if it is not there."""
        return os.path.getsize(self.data_path) // (2 * len(self.channels)) if self.has_data else 0

    @property
    def n_electrodes(self) -> int:
        """Electrode channels."""
        return sum(channel.kind == "electrode" for channel in self.channels)

    @property
    def places(self) -> dict[str, str]:
        """What chooses it."""
        own = self.recording
        return {
            "node": own.node,
            "experiment": own.experiment,
            "recording": own.recording,
            "stream": self.folder_name,
        }

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Numbers of folders, and the stream's name without that of its processor."""
        own = self.recording
        found: dict[str, tuple[str, ...]] = {"stream": (self.stream_name,)}
        for key, pattern in (("node", _NODE), ("experiment", _EXPERIMENT), ("recording", _RECORDING)):
            match = pattern.match(getattr(own, key))
            if match:
                found[key] = (match[1],)
        return found

    @property
    def detail(self) -> str:
        """Its size."""
        return f"{len(self.channels)} channels, {self.rate:g} Hz"

    @property
    def opens_by_default(self) -> bool:
        """Whether it has electrode channels and its samples are there."""
        return self.n_electrodes > 0 and self.has_data


def locate(path: str) -> tuple[str, str | None] | None:
    """Return the folder to look in and, for a file or folder of one stream, the stream; None if it is no such place.

    A recording is recognised by its structure file, or by folders experiment1/recording1 where that one is missing.
    """
    name = os.path.basename(path)
    if os.path.isfile(path):
        if name == STRUCTURE:
            return os.path.dirname(path), None
        if name != "continuous.dat":
            return None
        path = os.path.dirname(path)
    parent = os.path.dirname(path)
    if os.path.basename(parent) == "continuous" and os.path.isfile(os.path.join(parent, "..", STRUCTURE)):
        return os.path.dirname(parent), os.path.basename(path)
    return (path, None) if _recording_folders(path) else None


def find_recordings(folder: str) -> tuple[list[Recording], list[str]]:
    """Return the recordings of a session, node, experiment or recording folder; and what those are that cannot be read.

    Raises
    ------
    RecordingNotFound
        If there is none.
    FormatError
        If the structure file of none can be read.
    """
    folders = _recording_folders(folder)
    if not folders:
        raise RecordingNotFound(f"{folder}: the folder has no {STRUCTURE}, nor folders experiment1/recording1")
    found, errors = [], []
    for one in folders:
        try:
            recording = _read_recording(one)
            len(recording.streams)  # read with it, so that what is wrong is known now
            found.append(recording)
        except EcogcatError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return found, [str(error) for error in errors]


def _recording_folders(folder: str) -> list[str]:
    if os.path.isfile(os.path.join(folder, STRUCTURE)):
        return [folder]
    if not os.path.isdir(folder):
        return []
    for pattern, depth in ((_RECORDING, 0), (_EXPERIMENT, 1), (_NODE, 2)):
        inner = _children(folder, pattern)
        if pattern is _RECORDING and not _EXPERIMENT.match(os.path.basename(folder)):
            continue
        found = [one for child in inner for one in (_recording_folders(child) if depth else [child])]
        if found:
            return found
    return []


def _children(folder: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the folders of that name, by number."""
    found = [(pattern.match(entry.name), entry.path) for entry in os.scandir(folder) if os.path.isdir(entry)]
    named = [(match[1], path) for match, path in found if match]
    return [path for _, path in sorted(named, key=lambda one: (not one[0].isdigit(), one[0].zfill(9), one[1]))]


def _read_recording(folder: str) -> Recording:
    path = os.path.join(folder, STRUCTURE)
    if not os.path.exists(path):
        raise FormatError(
            "the recording has no structure file",
            path=path,
            expected="what its streams are",
            found="no such file",
            hint="It crashed while it was begun, or was copied in part: copy it again",
        )
    try:
        with open(path, "rb") as file:
            structure = json.loads(file.read(min(_MOST_TEXT, os.fstat(file.fileno()).st_size)))
    except OSError as error:
        raise RecordingNotFound(f"{path}: cannot be opened: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise FormatError("this structure file is damaged", path=path, expected="JSON", found=str(error)) from error
    if not isinstance(structure, dict):
        raise FormatError("this structure file is damaged", path=path, expected="a mapping", found=type(structure))
    parts = folder.rstrip(os.sep).split(os.sep)
    recording = parts.pop() if _RECORDING.match(parts[-1]) else ""
    experiment = parts.pop() if parts and _EXPERIMENT.match(parts[-1]) else ""
    node = parts.pop() if parts and _NODE.match(parts[-1]) else ""
    session = parts[-1] if parts and parts[-1] else os.path.basename(folder)
    return Recording(folder, session, node, experiment, recording or os.path.basename(folder), structure)


def _dicts(structure: dict[str, Any], key: str, path: str) -> list[dict[str, Any]]:
    found = structure.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise FormatError(f"{key!r} of the structure file is no list", path=path, found=str(found)[:80])
    return found


def folder_within(what: dict[str, Any], path: str) -> str:
    """Return the folder that an entry names, which lies within the recording."""
    name = what.get("folder_name", what.get("folder"))
    if not isinstance(name, str) or not name.strip("/") or ".." in re.split(r"[/\\]", name) or "\0" in name:
        raise FormatError("a stream has no usable folder name", path=path, found=repr(name)[:80])
    return name.replace("\\", "/").strip("/")


def _number(value: Any, low: float, high: float, path: str, what: str) -> float:
    """Return a number whose magnitude lies between the two; nothing is computed with one that does not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= abs(value) <= high:
        raise FormatError(
            f"the {what} cannot be", path=path, expected=f"a number from {low:g} to {high:g}", found=repr(value)[:40]
        )
    return float(value)


def _stream(recording: Recording, k: int, what: dict[str, Any]) -> Stream:
    path = recording.path
    name = folder_within(what, path)
    rate = _number(what.get("sample_rate"), 1e-3, 1e9, path, f"sampling rate of {name}")
    if rate < 0:
        raise FormatError(f"the sampling rate of {name} cannot be", path=path, expected="above 0", found=rate)
    channels = _dicts(what, "channels", path)
    if not channels or what.get("num_channels", len(channels)) != len(channels):
        raise FormatError(
            f"the number of channels of {name} is unclear",
            path=path,
            expected=what.get("num_channels", "1 or more"),
            found=f"{len(channels)} channels",
        )
    stream_name = what.get("stream_name")
    return Stream(
        recording,
        name,
        stream_name if isinstance(stream_name, str) and stream_name else name,
        rate,
        tuple(_channel(one, path) for one in channels),
        str(what.get("source_processor_name", "")),
    )


def _channel(what: dict[str, Any], path: str) -> StreamChannel:
    """Tell what a channel is, and its scale: bit_volts takes electrode channels to uV, ADC and AUX channels to V."""
    name = str(what.get("channel_name", ""))
    upper, units = name.upper(), str(what.get("units", ""))
    gain = _number(what.get("bit_volts"), 1e-30, 1e30, path, f"gain (bit_volts) of channel {name!r}")
    if re.search(r"(^|_)AUX\d*$", upper):
        # Early versions label the gain of 37.4 uV, given in V, as one of mV.
        return StreamChannel(name, "aux", gain, "mV" if units == "mV" and gain > 1e-3 else "V")
    if re.search(r"(^|_)ADC\d*$", upper) or re.fullmatch(r"AI\d+", upper) or units == "V":
        return StreamChannel(name, "adc", gain, "V")
    return StreamChannel(name, "electrode", gain, "mV" if units == "mV" else "uV")
