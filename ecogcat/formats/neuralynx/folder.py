"""A folder of `.ncs` files as one recording: which channels belong together, and what lies beside them.

Channels of one rate with the same gaps are a stream. Files of one channel that follow on each other in time
(``CSC1.ncs``, ``CSC1_0001.ncs``) are consecutive pieces of it; such as overlap are copies, of which one is taken.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ecogcat.errors import FormatError
from ecogcat.formats.neuralynx.header import HEADER_BYTES
from ecogcat.formats.neuralynx.ncs import NcsFile, Run, examine

__all__ = ["Channel", "Stream", "find_streams", "ncs_files"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its files in order of time, and their runs."""

    name: str
    files: tuple[NcsFile, ...]

    @property
    def rate(self) -> float:
        """Hz."""
        return self.files[0].rate

    @property
    def runs(self) -> tuple[Run, ...]:
        """Those of all files."""
        return tuple(run for file in self.files for run in file.runs)

    @property
    def gains(self) -> tuple[float, ...]:
        """V a stored number, of each run."""
        return tuple(file.gain for file in self.files for _ in file.runs)


@dataclass
class Stream:
    """Channels of one rate with the same gaps.

    Attributes
    ----------
    name : str
        ``2000hz``; ``2000hz_2`` where others of that rate have other gaps.
    channels : list of Channel
    lengths : list of int
        Samples of each run that all channels have.
    odd : list of str
    copies : bool
        Whether all of its channels are copies of those of another stream.
    """

    name: str
    channels: list[Channel]
    lengths: list[int] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    copies: bool = False

    @property
    def rate(self) -> float:
        """Hz."""
        return self.channels[0].rate

    def stretches(self) -> list[list[int]]:
        """Return which runs follow on each other without a gap."""
        runs = self.channels[0].runs[: len(self.lengths)]
        tolerance = max(0.5e6 / self.rate, 2.0)
        found = [[0]]
        for k in range(1, len(runs)):
            if abs(runs[k].stamp - runs[k - 1].stop) > tolerance:
                found.append([])
            found[-1].append(k)
        return found


def ncs_files(folder: str) -> list[str]:
    """Return the `.ncs` files of a folder, CSC2 before CSC10, hidden ones left out."""

    def natural(name: str) -> list[tuple[int, str]]:
        return [(int(word), "") if word.isdigit() else (0, word) for word in re.split(r"(\d+)", name.lower())]

    names = [name for name in os.listdir(folder) if name.lower().endswith(".ncs") and not name.startswith(".")]
    paths = [os.path.join(folder, name) for name in sorted(sorted(names), key=natural)]
    return [path for path in paths if os.path.isfile(path)]


def find_streams(paths: Sequence[str]) -> tuple[list[Stream], list[str]]:
    """Return the streams of some files, the one with most channels first, and what is odd.

    Raises
    ------
    FormatError
        If a file is no `.ncs` file, or none has a sample.
    """
    empty = [path for path in paths if os.path.getsize(path) == HEADER_BYTES]
    files = [examine(path) for path in paths if path not in empty]
    if not files:
        raise FormatError(
            "no file has a sample",
            path=paths[0],
            offset=HEADER_BYTES,
            expected="records behind the header",
            found=f"{len(paths)} files of a header and nothing else",
        )
    channels, copies = _channels(files)
    streams: list[Stream] = []
    for some, is_copy in ((channels, False), (copies, True)):
        for channel in some:
            fitting = [one for one in streams if one.copies == is_copy and _belongs(channel, one)]
            if fitting:
                fitting[0].channels.append(channel)
            else:
                streams.append(Stream("", [channel], copies=is_copy))
    streams.sort(key=lambda one: (one.copies, -len(one.channels), -one.rate))
    for k, stream in enumerate(streams):
        before = sum(one.rate == stream.rate for one in streams[:k])
        stream.name = f"{stream.rate:g}hz" + (f"_{before + 1}" if before else "")
        _trim(stream)
    names = ", ".join(os.path.basename(path) for path in empty)
    return streams, [f"files without a sample are left out: {names}"] if empty else []


def _channels(files: Sequence[NcsFile]) -> tuple[list[Channel], list[Channel]]:
    """Return the channels, and further copies of some of them."""
    by_channel: dict[tuple[str, str, float], list[NcsFile]] = {}
    for file in files:
        stem = _stem(file)
        by_channel.setdefault((file.name or stem, file.channel, file.rate), []).append(file)
    channels, copies = [], []
    for (name, _, _), same in by_channel.items():
        in_time = sorted(same, key=lambda file: file.runs[0].stamp)
        if all(left.runs[-1].stop <= right.runs[0].stamp for left, right in pairwise(in_time)):
            channels.append(Channel(name, tuple(in_time)))
            continue
        first, *others = sorted(same, key=lambda file: _stem(file).lower() != name.lower())
        channels.append(Channel(name, (first,)))
        copies += [Channel(name, (other,)) for other in others]
    return channels, copies


def _stem(file: NcsFile) -> str:
    return os.path.splitext(os.path.basename(file.header.path))[0]


def _belongs(channel: Channel, stream: Stream) -> bool:
    """Whether a channel has the rate and the gaps of a stream, as far as both go."""
    other = stream.channels[0]
    if channel.rate != other.rate:
        return False
    ours, theirs = channel.runs, other.runs
    n = min(len(ours), len(theirs))
    a_sample = 1e6 / channel.rate
    if any(abs(a.stamp - b.stamp) > a_sample for a, b in zip(ours[:n], theirs[:n], strict=True)):
        return False
    if any(a.n_samples != b.n_samples for a, b in zip(ours[: n - 1], theirs[: n - 1], strict=True)):
        return False
    # The last run of the one that ends earlier is a beginning of the other's.
    last, shorter = (ours[n - 1].n_samples, theirs[n - 1].n_samples), len(theirs) - len(ours)
    return shorter == 0 or (last[0] <= last[1] if shorter > 0 else last[1] <= last[0])


def _trim(stream: Stream) -> None:
    """Cut a stream to what all of its channels have."""
    all_runs = [channel.runs for channel in stream.channels]
    n = min(len(runs) for runs in all_runs)
    stream.lengths = [min(runs[k].n_samples for runs in all_runs) for k in range(n)]
    have = [sum(run.n_samples for run in runs) for runs in all_runs]
    kept = sum(stream.lengths)
    if max(have) > kept:
        longer = sum(one > kept for one in have)
        stream.odd.append(
            f"the channels are not equally long: of {longer} of {len(have)}, up to {max(have) - kept:,} samples at the "
            "end are left out"
        )
