"""Decimation: datasets at a whole fraction of their rate - one sample in so many, of what a recursive filter leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.checksums import with_checksums
from ecogcat.conditioning.derived import derived_extent, floating
from ecogcat.conditioning.designs import CHEBYSHEV, chebyshev
from ecogcat.conditioning.filtering import Stretch, run_filters, stretches_of
from ecogcat.conditioning.polyphase import rate_step
from ecogcat.conditioning.resampled import Filtered
from ecogcat.dataset import Dataset
from ecogcat.frozen import Frozen, Index, digest
from ecogcat.parts import Part, aligned_length, rate_ratio
from ecogcat.piece import Piece
from ecogcat.progress import Progress, Report
from ecogcat.signal import Signal
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.room import Block, MemoryRoom, SpillRoom, spill_size
from ecogcat.storage.spill import SpillFile

__all__ = ["FILTERS", "POLYPHASE", "check_filter", "check_whole_steps", "decimated", "is_recursive", "with_history"]

POLYPHASE, NONE = "polyphase", "none"
FILTERS = (POLYPHASE, *CHEBYSHEV, NONE)
"""What `ecogcat.resample` takes for a filter."""

MOST_STEP = 10_000
"""By 1,000 a constant stays what it is to ten digits in double precision; what is lost grows with the square of it."""

_FILTERED = ("signal", "ground", "reference_channels")


def check_filter(filter: Any) -> str:
    """Return the name of a filter, or say which there are."""
    if not isinstance(filter, str):
        raise TypeError(f"the filter of resampling is one of {', '.join(map(repr, FILTERS))}, not {filter!r}")
    if filter not in FILTERS:
        raise ValueError(f"the filter of resampling is one of {', '.join(map(repr, FILTERS))}, not {filter!r}")
    return filter


def is_recursive(filter: str) -> bool:
    """Whether a filter has to be run over everything before anything can be read."""
    return filter in CHEBYSHEV


def check_whole_steps(dataset: Dataset, rate: float, filter: str) -> None:
    """Check that each recording has a whole number of samples for each that is kept.

    Raises
    ------
    ValueError
        If one has not, or more than a recursive filter is precise for.
    """
    for part in dataset.recordings:
        step = rate_step(part.sampling_rate, rate)
        if step.denominator != 1:
            below = part.sampling_rate / max(1, int(step))
            raise ValueError(
                f"with filter={filter!r} one sample in so many is kept; {part.sampling_rate:.10g} Hz of {part.name} is "
                f"no whole multiple of {rate:.10g} Hz, but of {below:.10g} Hz; filter='polyphase' makes any rate"
            )
        if is_recursive(filter) and step > MOST_STEP:
            raise ValueError(
                f"one sample in {int(step):,} of {part.name}: beyond {MOST_STEP:,} recursive filters lose precision; "
                "resample in two steps, or with filter='polyphase'"
            )


def with_history(dataset: Dataset, lower: Dataset, filter: str) -> Dataset:
    """Return a dataset at a lower rate whose history says by which filter it was brought there."""

    def told(old: Part, new: Part) -> Part:
        if len(new.history) == len(old.history):
            return new
        step = int(rate_step(old.sampling_rate, new.sampling_rate))
        low_pass = f"low-pass {chebyshev(filter, step)[1]}, zero phase" if is_recursive(filter) else "no low-pass"
        *before, last = new.history
        rates, _, _ = last.partition(" (polyphase")
        return new.replace(history=(*before, f"{rates} ({low_pass}; one sample in {step} kept)"))

    return lower.replace(parts=[told(*two) for two in zip(dataset.parts, lower.parts, strict=True)])


def decimated(dataset: Dataset, lower: Dataset, filter: str, progress: Progress = None) -> Dataset:
    """Return a dataset at a lower rate with the samples that a filter gives.

    Parameters
    ----------
    dataset : Dataset
    lower : Dataset
        The same at the lower rate, by the polyphase filter: with lengths, events and arrays as they are to be.
    filter : {"chebyshev1", "chebyshev2", "none"}
        The first two are run now, over signal, ground and reference channels that have the signal's rate; with "none"
        samples are taken when they are read, those of all arrays that are not held.
    progress : None, bool or callable
    """
    if not is_recursive(filter):
        return _replaced(lower, {name: _taken(dataset, lower, name) for name in ("signal", *lower.arrays())})
    rates = {dataset.signal.sampling_rate}
    names = [name for name in _FILTERED if name == "signal" or _rate_of(dataset, name) in rates]
    done = _run(dataset, lower, names, filter, progress)
    parts = [
        new.replace(checksums=known.checksums) for new, known in zip(lower.parts, with_checksums(dataset), strict=True)
    ]
    return _replaced(lower, done).replace(parts=parts)


def _rate_of(dataset: Dataset, name: str) -> float | None:
    array = dataset.arrays().get(name)
    return None if array is None else array.sampling_rate


def _replaced(lower: Dataset, pieces: dict[str, list[Piece]]) -> Dataset:
    arrays = {"signal": lower.signal, **lower.arrays()}
    changes: dict[str, Any] = {name: arrays[name].replace(pieces=some) for name, some in pieces.items()}
    own = {name: changes.pop(name) for name in _FILTERED if name in changes}
    return lower.replace(**own, aligned={**lower.aligned, **changes})


def _by_part(dataset: Dataset, name: str) -> Iterator[Signal]:
    """Yield what of an array belongs to each part."""
    array = dataset.signal if name == "signal" else dataset.arrays()[name]
    at = 0
    for length in aligned_length(dataset.parts, rate_ratio(array.sampling_rate, dataset.sampling_rate)):
        yield array.cut(at, at + length)
        at += length


# Recursive filters


class _Task(NamedTuple):
    """A stretch to be filtered, and where in its array it goes."""

    one: Stretch
    step: int
    name: str
    part: int

    @property
    def n_samples(self) -> int:
        return -(-self.one.shape[1] // self.step)

    @property
    def shape(self) -> tuple[int, int]:
        return self.one.shape[0], self.n_samples

    @property
    def length(self) -> int:
        """Samples of a block of the result: as many blocks as there are of what is filtered."""
        return max(1, self.one.length // self.step)

    @property
    def n_bytes(self) -> int:
        return self.one.shape[0] * self.one.shape[1] * self.one.dtype.itemsize


def _run(
    dataset: Dataset, lower: Dataset, names: Sequence[str], filter: str, progress: Progress
) -> dict[str, list[Piece]]:
    """Filter, one stretch at a time, and keep one sample in so many of each."""
    pieces = {name: [list(own.pieces) for own in _by_part(lower, name)] for name in names}
    steps = [int(rate_step(old.sampling_rate, new.sampling_rate)) for old, new in _recordings(dataset, lower)]

    def design(rate: float) -> Sequence[Any]:
        step = round(rate / lower.sampling_rate)
        return [chebyshev(filter, step)[0]] if step > 1 else []

    tasks = [
        _Task(one, steps[k], name, k)
        for name in names
        for k, one in enumerate(stretches_of(dataset, name, design))
        if isinstance(one, Stretch) and one.filters
    ]
    limit = settings.memory_limit()
    what = f"low-pass before one sample in {max((one.step for one in tasks), default=1)}"
    after = sum(spill_size(one.shape, one.one.dtype, one.length) for one in tasks)
    kept_on_disk = limit is not None and after > limit
    file = SpillFile(after, f"{dataset.name}, resampled,") if kept_on_disk else None
    offset = 0
    rooms: list[MemoryRoom | SpillRoom] = []
    with Report(2 * sum(one.n_bytes for one in tasks), progress, what) as report:
        for task in tasks:
            needed = task.n_bytes + (0 if kept_on_disk else after)
            on_disk = limit is not None and needed > limit
            if file is None:
                kept: MemoryRoom | SpillRoom = MemoryRoom(task.shape, task.one.dtype, task.length)
            else:
                kept = SpillRoom(task.shape, task.one.dtype, task.length, file, offset)
                offset += spill_size(task.shape, task.one.dtype, task.length)
            _filter(task, kept, on_disk, f"{dataset.name}, {what},", report)
            kept.release()
            rooms.append(kept)
    for task, kept in zip(tasks, rooms, strict=True):  # only now: a file is one source, and has changed until here
        token = digest("decimated", task.one.token(False), task.step)
        pieces[task.name][task.part] = [task.one.piece(kept, task.n_samples, token)]
    return {name: [piece for some in pieces[name] for piece in some] for name in names}


def _recordings(dataset: Dataset, lower: Dataset) -> Iterator[tuple[Part, Part]]:
    return zip(dataset.parts, lower.parts, strict=True)


def _filter(task: _Task, kept: MemoryRoom | SpillRoom, on_disk: bool, what: str, report: Report) -> None:
    """Filter a stretch in a room of its own, of which one sample in so many goes to another."""
    one, length = task.one, task.length * task.step
    room: MemoryRoom | SpillRoom = MemoryRoom(one.shape, one.dtype, length) if not on_disk else _spill(task, what)

    def keep(k: int, block: Block) -> None:
        out = kept.open(k, new=True)
        out.rows[:, out.start : out.stop] = block.rows[:, block.start : block.stop : task.step]
        kept.close(k)

    run_filters(room, one, False, report, keep)


def _spill(task: _Task, what: str) -> SpillRoom:
    one, length = task.one, task.length * task.step
    return SpillRoom(one.shape, one.dtype, length, SpillFile(spill_size(one.shape, one.dtype, length), what), 0)


# No filter


def _taken(dataset: Dataset, lower: Dataset, name: str) -> list[Piece]:
    """Return the pieces of an array with samples of it where others would be filtered; held lines stay held."""
    pieces: list[Piece] = []
    for own, (old, new) in zip(_by_part(lower, name), _recordings(dataset, lower), strict=True):
        moved = old.sampling_rate != new.sampling_rate
        pieces += [_unfiltered(piece) if moved else piece for piece in own.pieces]
    return pieces


def _unfiltered(piece: Piece) -> Piece:
    extent = piece.extent
    filtered = extent.reader if isinstance(extent, ReaderExtent) else None
    if not isinstance(filtered, Filtered):
        return piece
    reader = Taken(filtered.signal, round(filtered.start), int(filtered.step), filtered.n_samples)
    return piece.over(derived_extent(reader, extent.block_samples), piece.start, piece.stop)


@dataclass(frozen=True, slots=True, eq=False)
class Taken(Frozen):
    """One sample in so many of a signal, as they are; a `Derivation`.

    Parameters
    ----------
    signal : Signal
    start, step : int
        The samples at ``start + m * step``; beyond an end that at the end.
    n_samples : int
    """

    signal: Signal
    start: int
    step: int
    n_samples: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return floating(self.signal.dtype)

    @property
    def token(self) -> str:
        """Digest of the signal and of the places."""
        return digest("taken", self.signal.token, self.start, self.step, self.n_samples)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the values of ascending channels over samples; see `Reader`."""
        places = np.clip(self.start + self.step * np.arange(start, stop), 0, max(0, self.signal.n_samples - 1))
        values: NDArray[Any] = self.signal.take(channels)[:, places]
        return values.astype(self.dtype)
