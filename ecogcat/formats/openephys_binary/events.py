"""Events and messages of an Open Ephys recording, on the clock of one stream.

TTL events are `states.npy` and `sample_numbers.npy` (from 0.6; before: `channel_states.npy` and `timestamps.npy`): plus
the number of a line where it turned on, minus where it turned off. Messages are `text.npy` with the same clock.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import EcogcatError
from ecogcat.formats.openephys_binary.npy import open_npy
from ecogcat.formats.openephys_binary.session import Stream, folder_within

__all__ = ["Happened", "read_events"]


@dataclass(frozen=True)
class Happened:
    """What happened while a stream was recorded.

    Attributes
    ----------
    number : ndarray of int64
        Sample numbers of TTL events, ascending.
    line, state : ndarray of int64
        The vendor's number of the line (from 1); 1 where it turned on, 0 where it turned off.
    source : list of str
        The processor's folder of each.
    messages : list of (int or None, str)
        Sample numbers and texts.
    paths, warnings : list of str
        Files that were read; events that could not be.
    """

    number: NDArray[np.int64]
    line: NDArray[np.int64]
    state: NDArray[np.int64]
    source: list[str]
    messages: list[tuple[int | None, str]]
    paths: list[str]
    warnings: list[str]


def read_events(stream: Stream) -> Happened:
    """Read the TTL events and messages that lie on the clock of a stream."""
    numbers, states, sources = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], []
    messages: list[tuple[int | None, str]] = []
    paths: list[str] = []
    warnings: list[str] = []
    for what in stream.recording.events:
        name = folder_within(what, stream.recording.path)
        folder = os.path.join(stream.recording.folder, "events", name)
        kind = what.get("type")
        try:
            if kind == "string" and _same_clock(what, name, stream, messages=True):
                messages += _read_messages(folder, paths, warnings)
            elif kind in ("int16", "int32", "int8") and "TTL" in name:
                if not _same_clock(what, name, stream):
                    continue
                some, state = _read_lines(folder, paths, warnings)
                numbers.append(some)
                states.append(state)
                sources += [name.split("/")[0]] * len(some)
        except EcogcatError as error:
            warnings.append(f"events of {name} are left out: {error}")
    number, state = np.concatenate(numbers), np.concatenate(states)
    order = np.argsort(number, kind="stable")
    return Happened(
        number[order],
        np.abs(state[order]),
        (state[order] > 0).astype(np.int64),
        [sources[k] for k in order],
        messages,
        paths,
        warnings,
    )


def _same_clock(what: dict[str, Any], name: str, stream: Stream, messages: bool = False) -> bool:
    """Whether sample numbers of an event folder count samples of the stream."""
    if "stream_name" in what:
        return bool(what["stream_name"] == stream.stream_name)
    alone = len(stream.recording.streams) == 1
    return name.split("/")[0] == stream.folder_name or (alone and (messages or what.get("sample_rate") == stream.rate))


def _column(folder: str, names: tuple[str, ...], kinds: str, paths: list[str], warnings: list[str]) -> NDArray[Any]:
    """Read the first of some files that is there."""
    path = next((p for p in (os.path.join(folder, one) for one in names) if os.path.exists(p)), "")
    column = open_npy(path or os.path.join(folder, names[0]), kinds)
    paths.append(column.path)
    warnings += [f"{os.path.basename(folder)}: {text}" for text in column.warning()]
    return column.read()


def _read_lines(folder: str, paths: list[str], warnings: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    number = _column(folder, ("sample_numbers.npy", "timestamps.npy"), "i", paths, warnings)
    state = _column(folder, ("states.npy", "channel_states.npy"), "i", paths, warnings)
    if len(number) != len(state):
        n = min(len(number), len(state))
        warnings.append(
            f"{os.path.basename(folder)}: {len(number)} times of {len(state)} events are there; {n} are kept"
        )
        number, state = number[:n], state[:n]
    return number.astype(np.int64), state.astype(np.int64)


def _read_messages(folder: str, paths: list[str], warnings: list[str]) -> list[tuple[int | None, str]]:
    texts = _column(folder, ("text.npy",), "SU", paths, warnings)
    numbers = _column(folder, ("sample_numbers.npy", "timestamps.npy"), "i", paths, warnings)
    read = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in texts.tolist()]
    times: list[int | None] = [int(one) for one in numbers[: len(read)]]
    return list(zip(times + [None] * (len(read) - len(times)), read, strict=True))
