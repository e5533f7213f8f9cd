"""Runs of a TDMS file: equal chunks of the same channels in a row, resolved to byte offsets, and the extents over them.

Chunks at regular distances are one block-affine extent. Many short runs of one layout are a table. Channels that were
written in chunks of their own are cut where any of them ends, and multiplexed columns at their frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ecogcat.errors import FormatError
from ecogcat.formats.tdms.layout import Form, Key, Place
from ecogcat.formats.tdms.segments import Stretch
from ecogcat.frozen import index_array
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.source import Source
from ecogcat.storage.stacked import StackedExtent
from ecogcat.storage.table import TableExtent

__all__ = ["Run", "demultiplexed", "extents", "runs_of"]

# What is cut chunk by chunk is held in memory; a file of more chunks is none that an instrument writes.
_MOST_CHUNKS = 200_000


class Run(NamedTuple):
    """`n_chunks` chunks, each `step` bytes behind the one before; in each, every channel has as many values."""

    places: tuple[Place, ...]
    origin: int
    n_chunks: int
    step: int

    @property
    def n_samples(self) -> int:
        """Values of each channel."""
        return self.places[0].n_values * self.n_chunks


def runs_of(path: str, stretches: Sequence[Stretch], keys: Sequence[Key]) -> list[Run]:
    """Return where channels lie, as far as all of them have values.

    Raises
    ------
    FormatError
        If they were written in too many chunks of their own.
    """
    views: dict[int, tuple[Place, ...] | None] = {}
    for stretch in stretches:
        if id(stretch.form) not in views:
            views[id(stretch.form)] = _view(stretch.form, keys)
    found = [(stretch, places) for stretch in stretches if (places := views[id(stretch.form)]) is not None]
    # Nothing follows the last chunk of a file: there channels may end one by one, as where it was cut.
    uneven = [k for k, (_, places) in enumerate(found) if len({place.n_values for place in places}) > 1]
    if uneven and (uneven != [len(found) - 1] or found[-1][0].n_chunks > 1):
        return _ragged(path, found)
    runs = []
    for stretch, places in found:
        n = min(place.n_values for place in places)
        if n:
            same = all(place.n_values == n for place in places)
            kept = places if same else tuple(place._replace(n_values=n) for place in places)
            runs.append(Run(kept, stretch.origin, stretch.n_chunks, stretch.step))
    return runs


def _view(form: Form, keys: Sequence[Key]) -> tuple[Place, ...] | None:
    """Return where channels lie in a chunk, with no values where one is not there; None where none is."""
    none = Place(0, np.dtype("u1"), 0, 1)
    places = tuple(form.places.get(key, none) for key in keys)
    return places if any(place.n_values for place in places) else None


def _ragged(path: str, found: Sequence[tuple[Stretch, tuple[Place, ...]]]) -> list[Run]:
    """Return runs of channels that were written in chunks of their own, cut where any of them ends."""
    _check_number(path, sum(stretch.n_chunks * len(places) for stretch, places in found))
    chunks: list[list[Place]] = [[] for _ in found[0][1]]
    for stretch, places in found:
        for own, place in zip(chunks, places, strict=True):
            begin = stretch.origin + place.offset
            if place.n_values:
                own += [place._replace(offset=begin + k * stretch.step) for k in range(stretch.n_chunks)]
    ends = [np.cumsum([0] + [place.n_values for place in own]) for own in chunks]
    length = min(int(one[-1]) for one in ends)
    edges = np.unique(np.concatenate([one[one <= length] for one in ends] + [[length]]))
    _check_number(path, len(edges) * len(chunks))
    runs: list[Run] = []
    which = [np.searchsorted(one, edges[:-1], side="right") - 1 for one in ends]
    for k, (start, stop) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        places = tuple(
            place._replace(offset=place.offset + (start - int(end[at[k]])) * place.stride, n_values=stop - start)
            for place, end, at in ((own[at[k]], end, at) for own, end, at in zip(chunks, ends, which, strict=True))
        )
        runs.append(_with_origin(places))
    return list(_merged(runs))


def _check_number(path: str, n: int) -> None:
    if n > _MOST_CHUNKS:
        raise FormatError(
            "channels lie in too many chunks of their own to be put beside each other",
            path=path,
            expected=f"at most {_MOST_CHUNKS:,}",
            found=f"{n:,}",
            hint="Have the vendor's software defragment the file (TDMS Defragment), or open fewer channels by stream=",
        )


def _with_origin(places: tuple[Place, ...]) -> Run:
    """Return a run of one chunk whose places count from the first byte that any channel has in it."""
    origin = min(place.offset for place in places)
    return Run(tuple(place._replace(offset=place.offset - origin) for place in places), origin, 1, 0)


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield runs of one chunk as runs of several, where they lie at regular distances."""
    last: Run | None = None
    for run in runs:
        if last is not None and run.places == last.places:
            step = run.origin - last.origin - (last.n_chunks - 1) * last.step
            if step > 0 and (last.n_chunks == 1 or step == last.step):
                last = Run(last.places, last.origin, last.n_chunks + 1, step)
                continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last


def demultiplexed(path: str, runs: Sequence[Run], n_rows: int) -> tuple[list[Run], int]:
    """Return runs of the channels that take turns in each column, and how many values of a last frame were left over.

    A column has a value of each of its `n_rows` rows, again and again. Channel = column * n_rows + row.
    """
    result: list[Run] = []
    pending: list[list[Place]] = []  # of each value of a frame that was begun: where every column has it
    for run in runs:
        count = run.places[0].n_values
        if not pending and count % n_rows == 0:
            result.append(run._replace(places=_rows(run.places, 0, count // n_rows, n_rows)))
            continue
        _check_number(path, len(result) + 2 * run.n_chunks)
        for chunk in range(run.n_chunks):
            at, begin = 0, run.origin + chunk * run.step
            places = tuple(place._replace(offset=place.offset + begin) for place in run.places)
            while at < count:
                if not pending and count - at >= n_rows:
                    n = (count - at) // n_rows
                    result.append(_with_origin(_rows(places, at, n, n_rows)))
                    at += n * n_rows
                    continue
                pending.append([one._replace(offset=one.offset + at * one.stride, n_values=1) for one in places])
                at += 1
                if len(pending) == n_rows:
                    result.append(_with_origin(tuple(one for column in zip(*pending, strict=True) for one in column)))
                    pending = []
    return result, len(pending)


def _rows(places: Sequence[Place], first: int, n: int, n_rows: int) -> tuple[Place, ...]:
    return tuple(
        place._replace(offset=place.offset + (first + row) * place.stride, n_values=n, stride=place.stride * n_rows)
        for place in places
        for row in range(n_rows)
    )


def extents(source: Source, runs: Sequence[Run]) -> list[Extent]:
    """Return the extents of runs, one after the other in time."""
    found: list[Extent] = []
    for _, group in groupby(runs, key=lambda run: run.places):
        alike = list(group)
        n_chunks = sum(run.n_chunks for run in alike)
        # A table where there are many short runs: each would be a piece of its own.
        if len(alike) >= 4 and n_chunks <= 64 * len(alike):
            origin = np.concatenate([run.origin + run.step * np.arange(run.n_chunks) for run in alike])
            found.append(_stacked(source, alike[0], origin))
        else:
            found += [_stacked(source, run, None) for run in alike]
    return found


def _stacked(source: Source, run: Run, origin: np.ndarray | None) -> Extent:
    """Return one extent of all channels, of one for each type and stride."""
    parts: list[Extent] = []
    for (dtype, stride, bit), some in groupby(run.places, key=lambda place: (place.dtype, place.stride, place.bit)):
        places = list(some)
        count, base = places[0].n_values, index_array([place.offset for place in places])
        for channels in [base] if bit is None else base.reshape(-1, 1):
            part = _extent(source, run, origin, dtype, count, channels, stride)
            parts.append(part if bit is None else BitsExtent(part, index_array([bit])))
    return parts[0] if len(parts) == 1 else StackedExtent(tuple(parts))


def _extent(
    source: Source, run: Run, origin: np.ndarray | None, dtype: np.dtype, count: int, base: np.ndarray, stride: int
) -> Extent:
    if origin is not None:
        return TableExtent(source, dtype, count * len(origin), base, origin, stride, count)
    base = base + run.origin
    n = count * run.n_chunks
    if count == 1 and run.n_chunks > 1:
        return AffineExtent(source, dtype, n, base, run.step)
    if run.n_chunks == 1 or run.step == count * stride:
        return AffineExtent(source, dtype, n, base, stride)
    return AffineExtent(source, dtype, n, base, stride, count, run.step)
