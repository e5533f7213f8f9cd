"""The files of a folder of the Open Ephys format: which stream, channel and experiment each name stands for.

Names are ``STREAM_CHANNEL.continuous`` (``100_CH1``; from GUI 0.6 on ``100_example-data_CH1``), with the number of the
experiment behind it from the second on (``100_CH1_2``). STREAM begins with the id of the processor that was recorded;
ADC and AUX channels are named so, all others are electrodes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ecogcat.errors import FormatError, RecordingNotFound

__all__ = [
    "KINDS",
    "SUFFIX",
    "ChannelName",
    "Choice",
    "candidates",
    "choose",
    "find_nodes",
    "list_channels",
    "parse_name",
]

SUFFIX = ".continuous"
KINDS = ("CH", "ADC", "AUX")
_NODE = "Record Node"

_USUAL = re.compile(r"(?:(?P<stream>.+?)_)?(?P<kind>CH|ADC|AUX)?(?P<number>\d+)(?:_(?P<experiment>\d+))?")
_RENAMED = re.compile(r"(?P<stream>.+?)_(?P<name>[^_]+)(?:_(?P<experiment>\d+))?")


class ChannelName(NamedTuple):
    """What the name of a file says."""

    stream: str
    experiment: int
    kind: str
    number: int
    name: str


class Choice(NamedTuple):
    """One stream of one experiment, in the folder of one record node."""

    folder: str
    node: str
    stream: str
    experiment: int


def parse_name(filename: str) -> ChannelName | None:
    """Return what a file name says; None if it is no name of a channel.

    Examples
    --------
    >>> parse_name("100_example-data_CH12_2.continuous")
    ChannelName(stream='100_example-data', experiment=2, kind='CH', number=12, name='CH12')
    >>> parse_name("101_ADC3.continuous")[:4]
    ('101', 1, 'ADC', 3)
    """
    stem, suffix = os.path.splitext(filename)
    if suffix != SUFFIX or filename.startswith("."):
        return None
    usual, renamed = _USUAL.fullmatch(stem), _RENAMED.fullmatch(stem)
    if usual is not None:
        kind, number = usual["kind"] or "", usual["number"]
        experiment = int(usual["experiment"] or 1)
        return ChannelName(usual["stream"] or "", experiment, kind or "CH", int(number), kind + number)
    if renamed is not None:
        return ChannelName(renamed["stream"], int(renamed["experiment"] or 1), "CH", 1 << 30, renamed["name"])
    return ChannelName("", 1, "CH", 1 << 30, stem)


def list_channels(folder: str) -> dict[tuple[str, int], dict[str, list[str]]]:
    """Return the files by (stream, experiment) and kind, in the order of their channels' numbers."""
    found: dict[tuple[str, int], dict[str, list[tuple[ChannelName, str]]]] = {}
    for filename in os.listdir(folder):
        name, path = parse_name(filename), os.path.join(folder, filename)
        if name is not None and os.path.isfile(path):
            kinds = found.setdefault((name.stream, name.experiment), {kind: [] for kind in KINDS})
            kinds[name.kind].append((name, path))
    return {
        key: {kind: [path for _, path in sorted(found[key][kind], key=_by_number)] for kind in KINDS}
        for key in sorted(found, key=lambda one: (one[1], one[0]))
    }


def _by_number(entry: tuple[ChannelName, str]) -> tuple[int, str]:
    return entry[0].number, entry[0].name


def find_nodes(path: str) -> dict[str, str]:
    """Return the folders that hold files of channels, by the name of their record node ("" if it has none).

    A folder with such files is one itself; one above it has them in its folders called "Record Node 101".
    """
    if _has_channels(path):
        name = os.path.basename(path)
        return {name if name.startswith(_NODE) else "": path}
    try:
        names = sorted(name for name in os.listdir(path) if name.startswith(_NODE))
    except OSError:
        return {}
    return {name: os.path.join(path, name) for name in names if _has_channels(os.path.join(path, name))}


def _has_channels(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(parse_name(entry.name) is not None and os.path.isfile(entry) for entry in entries)
    except OSError:
        return False


def candidates(path: str) -> list[Choice]:
    """Return every stream of every experiment that has electrode channels; if none has, all there are."""
    found: list[Choice] = []
    further: list[Choice] = []
    for node, folder in find_nodes(path).items():
        for (stream, experiment), kinds in list_channels(folder).items():
            (found if kinds["CH"] else further).append(Choice(folder, node, stream, experiment))
    return found or further


def choose(
    path: str, stream: str | None = None, node: str | None = None, experiment: int | str | None = None
) -> Choice:
    """Return the one stream of one experiment that is meant.

    Raises
    ------
    RecordingNotFound
        If there is none of that stream, node or experiment; those there are are listed.
    FormatError
        If there are several; what to pass for each is listed.
    """
    there = candidates(path)
    if stream is not None:  # one of ADC channels alone, too, if it is asked for
        there = [
            Choice(folder, name, *key)
            for name, folder in find_nodes(path).items()
            for key, kinds in list_channels(folder).items()
            if key[0] == stream or kinds["CH"]
        ]
    if not there:
        raise RecordingNotFound(f"{path}: the folder has no {SUFFIX} file, nor has a folder in it called {_NODE} ...")
    left = there
    for what, wanted in (("node", node), ("stream", stream), ("experiment", experiment)):
        if wanted is not None:
            kept = [one for one in left if str(getattr(one, what)) == str(wanted)]
            if not kept:
                known = ", ".join(dict.fromkeys(repr(getattr(one, what)) for one in left))
                raise RecordingNotFound(f"{path}: there is no {what} {wanted!r}; there are: {known}")
            left = kept
    if len(left) > 1:
        differing = [what for what in ("node", "stream", "experiment") if len({getattr(o, what) for o in left}) > 1]
        raise FormatError(
            "this folder holds several recordings",
            path=path,
            expected=f"one {' and one '.join(differing)}",
            found="; ".join(_arguments(one, differing) for one in left),
            hint=f"Name one with {', '.join(f'{what}=' for what in differing)}",
        )
    return left[0]


def _arguments(choice: Choice, names: Iterable[str]) -> str:
    values: dict[str, Any] = {name: getattr(choice, name) for name in names}
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
