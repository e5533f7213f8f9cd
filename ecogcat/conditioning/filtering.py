"""Filtering: signals run through recursive filters once, part by part, into memory or a spill file.

A filter that remembers cannot be read lazily from the middle. So it is run when it is asked for: forward in blocks from
the source into the result, and, for zero phase, backward in blocks over the result, in place. What it remembers is
carried from block to block, and the numbers do not depend on where blocks end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.conditioning.designs import Sections
from ecogcat.dataset import Dataset
from ecogcat.frozen import Index, digest
from ecogcat.parts import Part, aligned_length, rate_ratio
from ecogcat.piece import Piece
from ecogcat.progress import Progress, Report
from ecogcat.signal import Signal
from ecogcat.storage import maps, pool
from ecogcat.storage.room import Block, MemoryRoom, SpillRoom, spill_size
from ecogcat.storage.spill import SpillFile
from ecogcat.units import power_of_ten

__all__ = ["Design", "Kept", "Stretch", "filtered_arrays", "run_filters", "stretches_of"]

# Samples of all channels below which threads cost more than they save: 1 ms of one core.
SERIAL_BELOW = 1 << 18

Design = Callable[[float], Sequence[Sections]]
"""Filters for a sampling rate, one after the other; each is run over everything before the next."""


@dataclass(frozen=True)
class Stretch:
    """What of an array belongs to one part, in the part's own unit and rate, and without channels that it lacks."""

    signal: Signal
    rows: Index
    exponent: int
    filters: Sequence[Sections]
    dtype: np.dtype[np.floating]
    length: int

    @property
    def shape(self) -> tuple[int, int]:
        """(n_channels, n_samples) of what is filtered."""
        return len(self.rows), self.signal.n_samples

    def token(self, causal: bool) -> str:
        """Return the digest of what is filtered, and how; not of when, where or by how many threads."""
        pieces = [piece.take(self.rows).token for piece in self.signal.pieces]
        return digest("filtered", pieces, causal, list(self.filters), self.dtype.str)

    def piece(self, room: MemoryRoom | SpillRoom, n_samples: int, token: str) -> Piece:
        """Return the stretch of its array that what a room holds makes: again with the channels that the part lacks."""
        channels = np.full(self.signal.n_channels, -1, np.int64)
        channels[self.rows] = np.arange(len(self.rows))
        return Piece(room.extent(token), channels, 0, n_samples, self.dtype, exponent=self.exponent)


class Kept(NamedTuple):
    """What of an array is no part's to filter: filled gaps, and parts without samples or without any channel."""

    pieces: Sequence[Piece]


def filtered_arrays(dataset: Dataset, design: Design, causal: bool, progress: Progress, what: str) -> dict[str, Signal]:
    """Filter signal, ground and reference channels, each part by itself.

    Parameters
    ----------
    dataset : Dataset
    design : callable
        From a sampling rate in Hz to the filters; called with the rate of each part.
    causal : bool
        Forward alone; else forward and backward.
    progress : None, bool or callable
    what : str
        What is done, for progress and errors.

    Returns
    -------
    dict of str to Signal
        "signal", and "ground" and "reference_channels" if there are.

    Raises
    ------
    MemoryLimitError
        If the result fits neither into the memory limit nor on the disk of temporary files.
    """
    names = [name for name in ("signal", "ground", "reference_channels") if getattr(dataset, name) is not None]
    stretches = {name: stretches_of(dataset, name, design) for name in names}
    found = [one for some in stretches.values() for one in some if isinstance(one, Stretch)]
    n_bytes = [one.shape[0] * one.shape[1] * one.dtype.itemsize for one in found]
    limit = settings.memory_limit()
    file = None
    if limit is not None and sum(n_bytes) > limit:
        size = sum(spill_size(one.shape, one.dtype, one.length) for one in found)
        file = SpillFile(size, f"{dataset.name}, {what},")
    rooms: list[MemoryRoom | SpillRoom] = []
    offset = 0
    passes = [len(one.filters) * (1 if causal else 2) for one in found]
    with Report(sum(n * k for n, k in zip(n_bytes, passes, strict=True)), progress, what) as report:
        for one in found:
            if file is None:
                rooms.append(MemoryRoom(one.shape, one.dtype, one.length))
            else:
                rooms.append(SpillRoom(one.shape, one.dtype, one.length, file, offset))
                offset += spill_size(one.shape, one.dtype, one.length)
            run_filters(rooms[-1], one, causal, report)
            rooms[-1].release()
    done = iter(zip(found, rooms, strict=True))
    arrays = {}
    for name in names:
        pieces: list[Piece] = []
        for some in stretches[name]:
            if isinstance(some, Kept):
                pieces += some.pieces
            else:
                stretch, room = next(done)
                pieces.append(stretch.piece(room, stretch.shape[1], stretch.token(causal)))
        arrays[name] = getattr(dataset, name).replace(pieces=pieces)
    return arrays


def stretches_of(dataset: Dataset, name: str, design: Design) -> list[Stretch | Kept]:
    """Return what there is to filter of an array, or to keep, part by part.

    Raises
    ------
    TypeError
        If its values are complex.
    """
    array: Signal = getattr(dataset, name)
    ratio = rate_ratio(array.sampling_rate, dataset.sampling_rate)
    lengths = [part.n_samples for part in dataset.parts]
    if name != "signal":
        lengths = aligned_length(dataset.parts, ratio)
    stretches: list[Stretch | Kept] = []
    at = 0
    for part, length in zip(dataset.parts, lengths, strict=True):
        alone = array.cut(at, at + length)
        at += length
        # One that has the channel is enough: a stretch in which it is absent reads as NaN.
        has = np.any([piece.channels >= 0 for piece in alone.pieces], axis=0) if alone.n_channels else np.zeros(0, bool)
        if part.kind == "gap" or not length or not has.any():
            kept = alone.pieces if part.kind == "gap" or not length else [_floating(piece) for piece in alone.pieces]
            stretches.append(Kept(kept))
            continue
        if alone.dtype.kind == "c":
            raise TypeError(f"{dataset.name}: filters take real values, not {alone.dtype}")
        stretches.append(_stretch(alone, name, part, np.flatnonzero(has), design))
    return stretches


def _stretch(alone: Signal, name: str, part: Part, rows: Index, design: Design) -> Stretch:
    """Return what is to be filtered of a part: in its own unit, at its own rate, as it was before joining."""
    units, rate = alone.units, alone.sampling_rate
    if name == "signal":
        rate = part.sampling_rate
    if part.own is not None:
        form = part.own.arrays.get(name)
        if name == "signal":
            units = part.own.units
        elif form is not None:
            units, rate = form.units, form.sampling_rate
    exponent = 0 if units == alone.units else power_of_ten(units, alone.units)
    own = alone.replace(pieces=[piece.scaled(-exponent) for piece in alone.pieces], units=units, sampling_rate=rate)
    dtype = _floating_type(own.dtype)
    kept = own.replace(
        pieces=[piece.take(rows) for piece in own.pieces], channel_names=[own.channel_names[row] for row in rows]
    )
    length = min(kept.n_samples, max(1, kept.block_length()))
    return Stretch(own, rows, exponent, design(rate), dtype, length)


def _floating(piece: Piece) -> Piece:
    return piece.astype(_floating_type(piece.dtype))


def _floating_type(dtype: np.dtype[np.generic]) -> np.dtype[np.floating]:
    """Return float32 where that holds what there is, else float64."""
    return np.dtype(np.float32 if np.result_type(dtype, np.float32) == np.float32 else np.float64)


def run_filters(
    room: MemoryRoom | SpillRoom,
    one: Stretch,
    causal: bool,
    report: Report,
    keep: Callable[[int, Block], None] | None = None,
) -> None:
    """Run the filters of a stretch, block by block, over what it has, into a room.

    Parameters
    ----------
    room : MemoryRoom or SpillRoom
        Of the shape of the stretch.
    one : Stretch
    causal : bool
        Forward alone; else forward and backward.
    report : Report
    keep : callable, optional
        Where each block goes of the last pass, with its number, instead of back into the room.
    """
    for k, sections in enumerate(one.filters):
        for backward in (False,) if causal else (False, True):
            state = np.full((len(one.rows), len(sections), 2), np.nan)
            blocks = range(room.n_blocks)
            first_pass = k == 0 and not backward
            last_pass = k == len(one.filters) - 1 and (causal or backward)
            for j in reversed(blocks) if backward else blocks:
                block = room.open(j, new=first_pass)
                if first_pass:
                    stop = block.first + block.stop - block.start
                    one.signal.read(one.rows, block.first, stop, out=block.rows[:, block.start : block.stop])
                _run(sections, backward, block.start, block.stop, state, block.rows)
                if keep is not None and last_pass:
                    keep(j, block)
                else:
                    room.close(j)
                maps.relieve()
                report.add((block.stop - block.start) * len(one.rows) * one.dtype.itemsize)


def _run(
    sections: Sections, backward: bool, start: int, stop: int, state: NDArray[np.float64], rows: NDArray[np.floating]
) -> None:
    """Run one filter over a block, channels shared out over threads."""
    from ecogcat.kernels.sections import LANES, run_sections

    n = len(rows)
    threads = settings.threads() if n * (stop - start) >= SERIAL_BELOW else 1
    share = -(-n // threads)
    share = n if threads == 1 else -(-share // LANES) * LANES  # whole tiles, except the last
    tasks = [
        partial(run_sections, sections, backward, start, stop, state[a : a + share], rows[a : a + share])
        for a in range(0, n, share)
    ]
    pool.run(tasks)
