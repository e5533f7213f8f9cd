"""The `.dat` files of an Intan folder: which of a kind there are, how many samples they hold, where those lie."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from ecogcat.formats.intan.layout import IntanChannel
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.source import Source
from ecogcat.storage.stacked import StackedExtent

__all__ = ["KINDS", "Kind", "Stored", "find_stored", "listed", "live_notes"]

_GLANCE = 4096  # bytes looked at, at either end
_MOST_NOTES = 1 << 20

T = TypeVar("T")


class Kind(NamedTuple):
    """One kind of signal: its array, the channels it has, and its files in either layout."""

    array: str
    channels: str
    file: str
    prefix: str

    def files(self, per_channel: bool, channels: Sequence[IntanChannel]) -> list[str]:
        """Return the names of its files."""
        return [f"{self.prefix}{channel.native_name}.dat" for channel in channels] if per_channel else [self.file]


# The first three are the electrodes' channels, in the order of preference.
KINDS = (
    Kind("signal", "amplifier", "amplifier.dat", "amp-"),
    Kind("highpass", "amplifier", "highpass.dat", "high-"),
    Kind("lowpass", "amplifier", "lowpass.dat", "low-"),
    Kind("dc", "amplifier", "dcamplifier.dat", "dc-"),
    Kind("stim", "amplifier", "stim.dat", "stim-"),
    Kind("aux", "aux", "auxiliary.dat", "aux-"),
    Kind("supply", "supply", "supply.dat", "vdd-"),
    Kind("adc", "adc", "analogin.dat", "board-"),
    Kind("dac", "dac", "analogout.dat", "board-"),
    Kind("dig", "digital_in", "digitalin.dat", "board-"),
    Kind("dig_out", "digital_out", "digitalout.dat", "board-"),
)


class Stored(NamedTuple):
    """The files of one kind.

    Attributes
    ----------
    channels : tuple of int
        Which of the header's channels of the kind are there.
    sources : tuple of Source
        One file; or one a channel.
    n_columns : int
        Numbers in a frame of a file.
    frames : int
        Whole samples that all of them have.
    odd : tuple of str
        What is missing.
    """

    channels: tuple[int, ...]
    sources: tuple[Source, ...]
    n_columns: int
    frames: int
    odd: tuple[str, ...]

    @property
    def shortest(self) -> Source:
        """The file with the fewest bytes."""
        return min(self.sources, key=lambda source: source.size)

    def of(self, channels: Sequence[T]) -> list[T]:
        """Return those of the header's channels that are there."""
        return [channels[k] for k in self.channels]

    def extent(self, dtype: str, *, first: int = 0, n: int | None = None, step: int = 1) -> Extent:
        """Return the samples, or every `step`-th of them; of `n` columns from `first` on."""
        n_samples, frame = -(-self.frames // step), 2 * self.n_columns
        n_columns = (1 if len(self.sources) > 1 else len(self.channels)) if n is None else n
        columns = 2 * (first + np.arange(n_columns))
        extents = [AffineExtent(source, np.dtype(dtype), n_samples, columns, frame * step) for source in self.sources]
        return extents[0] if len(extents) == 1 else StackedExtent(tuple(extents))

    def repeats(self, times: int) -> bool:
        """Whether values at the start and the end of each file come in groups of so many equal ones."""
        frame = 2 * self.n_columns
        n = max(1, _GLANCE // (frame * times))
        for source in self.sources:
            groups = source.size // (frame * times)
            with open(source.path, "rb") as file:
                for group in {0, max(0, groups - n)}:
                    file.seek(group * frame * times)
                    data = file.read(min(n, groups - group) * frame * times)
                    values = np.frombuffer(data, "<u2").reshape(-1, times, self.n_columns)
                    if (values != values[:, :1]).any():
                        return False
        return True


def find_stored(
    folder: str,
    entries: frozenset[str],
    per_channel: bool,
    kind: Kind,
    channels: Sequence[IntanChannel],
    n_columns: int | None = None,
) -> Stored | None:
    """Find the files of a kind.

    Parameters
    ----------
    folder : str
    entries : frozenset of str
        Names of its `.dat` files.
    per_channel : bool
        The layout.
    kind : Kind
    channels : sequence of IntanChannel
        Those that the header lists.
    n_columns : int, optional
        Numbers in a frame of the one file; as many as channels by default.

    Returns
    -------
    Stored or None
        None if there is no such file.
    """
    if not per_channel:
        if kind.file not in entries:
            return None
        words = kind.array in ("dig", "dig_out")
        source = Source.open(os.path.join(folder, kind.file))
        n_columns = 1 if words else n_columns or len(channels)
        frames, left_over = divmod(source.size, 2 * n_columns)
        whole = tuple(range(len(channels)))
        return Stored(whole, (source,), n_columns, frames, _cut(kind.file, left_over, frames))
    names = kind.files(per_channel, channels)
    there = tuple(k for k, name in enumerate(names) if name in entries)
    if not there:
        return None
    sources = tuple(Source.open(os.path.join(folder, names[k])) for k in there)
    odd: list[str] = []
    if len(there) < len(names) and kind.array != "stim":
        absent = [name for name in names if name not in entries]
        are = "is" if len(absent) == 1 else "are"
        odd.append(f"{listed(absent)} {are} missing: {len(absent)} of {len(names)} channels left out")
    lengths = [source.size // 2 for source in sources]
    for source, length in zip(sources, lengths, strict=True):
        odd += _cut(os.path.basename(source.path), source.size % 2, length)
    short = [names[k] for k, length in zip(there, lengths, strict=True) if length < max(lengths)]
    if short:
        odd.append(
            f"{len(short)} of {len(there)} files are shorter than the others, which have {max(lengths):,} samples: all "
            f"are cut to {min(lengths):,} ({listed(short)})"
        )
    return Stored(there, sources, 1, min(lengths), tuple(odd))


def _cut(name: str, left_over: int, frames: int) -> tuple[str, ...]:
    if not left_over:
        return ()
    left = f"{left_over} byte was" if left_over == 1 else f"{left_over} bytes were"
    return (f"{name} was cut in the middle of a sample: {left} left over after {frames:,} whole ones",)


def listed(names: Sequence[str]) -> str:
    """Return names as one text, the first few of many."""
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def live_notes(folder: str, header_notes: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the notes of the header and those typed while recording (``notes_*.txt``), and what is odd about them.

    A line of such a file has the sample, the time since the start, and the note; the header's come first in it.
    """
    notes = [note for note in header_notes if note]
    odd = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if not (name.startswith("notes") and name.endswith(".txt") and os.path.isfile(path)):
            continue
        with open(path, "rb") as file:
            text = file.read(_MOST_NOTES + 1)
        if len(text) > _MOST_NOTES:
            odd.append(f"{name} is longer than notes are: only its first {_MOST_NOTES:,} bytes are read")
        lines = text[:_MOST_NOTES].decode("utf-8", "replace").splitlines()
        repeated = {f"0, 00:00:00, {note}" for note in header_notes}
        notes += [line for line in map(str.strip, lines) if line and line not in repeated]
    return tuple(notes), tuple(odd)
