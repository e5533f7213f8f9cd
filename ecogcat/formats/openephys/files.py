"""The files of a folder of the Open Ephys format: which stream, channel and experiment each name stands for.

Names are ``STREAM_CHANNEL.continuous`` (``100_CH1``; from GUI 0.6 on ``100_example-data_CH1``), with the number of the
experiment behind it from the second on (``100_CH1_2``). STREAM begins with the id of the processor that was recorded;
ADC and AUX channels are named so, all others are electrodes.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from ecogcat.formats.choice import Option

__all__ = [
    "KINDS",
    "NODE",
    "SUFFIX",
    "ChannelName",
    "Choice",
    "candidates",
    "find_nodes",
    "list_channels",
    "parse_name",
]

SUFFIX = ".continuous"
KINDS = ("CH", "ADC", "AUX")
NODE = "Record Node"

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
        return {name if name.startswith(NODE) else "": path}
    try:
        names = sorted(name for name in os.listdir(path) if name.startswith(NODE))
    except OSError:
        return {}
    return {name: os.path.join(path, name) for name in names if _has_channels(os.path.join(path, name))}


def _has_channels(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(parse_name(entry.name) is not None and os.path.isfile(entry) for entry in entries)
    except OSError:
        return False


def candidates(path: str) -> list[Option[Choice]]:
    """Return every stream of every experiment; by default those with electrode channels are meant."""
    return [
        Option(
            Choice(folder, node, stream, experiment),
            {"node": node, "stream": stream, "experiment": str(experiment)},
            opens_by_default=bool(kinds["CH"]),
        )
        for node, folder in find_nodes(path).items()
        for (stream, experiment), kinds in list_channels(folder).items()
    ]
