"""Fallback: samples that only a library can read, asked for as (channels, start, stop).

Everything above it cannot tell the difference. A reader is a small frozen record that names its file and what to read
in it, so that it can be pickled; it opens what it needs when asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, digest
from ecogcat.storage.extent import Samples, Scale
from ecogcat.storage.source import Source

__all__ = ["Reader", "ReaderExtent"]

# Elements asked for at a time, and the gap between wanted samples above which two requests beat one.
_BUFFER = 1 << 21
# Elements put in order and scaled at a time.
_PIECE = 1 << 18
_JOIN_GAP = 1024


class Reader(Protocol):
    """What the fallback asks: stored numbers of ascending, distinct channels over a stretch of samples."""

    @property
    def token(self) -> str:
        """Digest of what is read, without the place of the file."""

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the stored numbers, shape (len(channels), stop - start)."""


@dataclass(frozen=True, slots=True, eq=False)
class ReaderExtent(Frozen):
    """Samples behind a `Reader`.

    Parameters
    ----------
    reader : Reader
    n_channels, n_samples : int
    dtype : numpy.dtype
        Type of what the reader returns.
    sources : tuple of Source
        The files it reads; checked before every request.
    block_samples : int
        Stretches of this many samples cost as much as one of their samples (a compressed chunk).
    """

    reader: Reader
    n_channels: int
    n_samples: int
    dtype: np.dtype[Any]
    sources: tuple[Source, ...] = ()
    block_samples: int = 1

    @property
    def token(self) -> str:
        """Digest of the sources' content and of what the reader reads in it."""
        content = [source.fingerprint for source in self.sources]
        return digest("reader", self.reader.token, content, self.n_channels, self.n_samples, self.dtype.str)

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        if len(channels) == 0 or count == 0:
            return
        for source in self.sources:
            source.check()
        wanted, rows = _distinct(channels)
        length = max(self.block_samples, _BUFFER // len(wanted))
        for start, stop, local, column in _requests(samples, length, self.block_samples):
            values = self._read(wanted, start, stop)[:, local]
            n, piece = values.shape[1], max(1, _PIECE // len(channels))
            for a in range(0, n, piece):  # what is decoded may be a large block; copies of it are small
                b = min(n, a + piece)
                some = values[rows, a:b]
                if scale is not None:
                    some = scale.apply(some)
                if isinstance(column, slice):
                    out[:, at + column.start + a : at + column.start + b] = some
                else:
                    out[:, at + column[a:b]] = some

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`. No block is decoded twice."""
        if not len(channels) or not len(windows):
            return
        for source in self.sources:
            source.check()
        wanted, rows = _distinct(channels)
        length = max(self.block_samples, _BUFFER // len(wanted))
        piece = max(1, _PIECE // len(channels))
        for start, stop, some in _window_requests(windows, length, self.block_samples):
            stored = self._read(wanted, start, stop)
            for epoch, first, at, count in some.tolist():
                low, high = max(first, start), min(first + count, stop)
                for a in range(low, high, piece):
                    b = min(high, a + piece)
                    values = stored[rows, a - start : b - start]
                    out[epoch, :, at + a - first : at + b - first] = values if scale is None else scale.apply(values)

    def _read(self, wanted: Index, start: int, stop: int) -> NDArray[Any]:
        stored = self.reader.read(wanted, start, stop)
        if stored.shape != (len(wanted), stop - start):
            raise ValueError(f"{self.reader!r} returned {stored.shape}, not {(len(wanted), stop - start)}")
        return stored


def _distinct(channels: Index) -> tuple[Index, slice | Index]:
    """Return the distinct channels, ascending, and which of them make up the rows asked for."""
    wanted, row = np.unique(channels, return_inverse=True)
    wanted.setflags(write=False)
    as_wanted = len(wanted) == len(channels) and bool((np.diff(row) == 1).all())
    return wanted, slice(None) if as_wanted else row


_Request = tuple[int, int, slice | Index, slice | Index]


def _requests(samples: Samples, length: int, block: int) -> Iterator[_Request]:
    """Yield (start, stop, wanted samples within, output columns): each stretch of the storage is asked for once."""
    if isinstance(samples, range):
        step = samples.step
        if step <= max(_JOIN_GAP, block):
            first, position = samples[0], 0
            while position < len(samples):
                # End where a block ends, so that no block is decoded twice.
                end = max((first + length) // block * block, first + 1)
                n = min(len(samples) - position, -(-(end - first) // step))
                stop = first + (n - 1) * step + 1
                yield first, stop, slice(0, stop - first, step), slice(position, position + n)
                first, position = first + n * step, position + n
            return
        samples = np.arange(samples.start, samples.stop, step, dtype=np.int64)
    order = np.argsort(samples, kind="stable")
    ordered = samples[order]
    far = np.diff(ordered) > max(_JOIN_GAP, block)
    a = 0
    for b in [*(np.flatnonzero(far) + 1), len(ordered)]:
        while a < b:
            end = max((int(ordered[a]) + length) // block * block, int(ordered[a]) + 1)
            c = a + int(np.searchsorted(ordered[a:b], end, side="left"))
            start, stop = int(ordered[a]), int(ordered[c - 1]) + 1
            yield start, stop, ordered[a:c] - start, order[a:c]
            a = c


def _window_requests(windows: Index, length: int, block: int) -> Iterator[tuple[int, int, Index]]:
    """Yield (start, stop, windows that have samples there): each stretch that windows cover is asked for once."""
    windows = windows[windows[:, 3] > 0]
    windows = windows[np.argsort(windows[:, 1], kind="stable")]
    first, end = windows[:, 1], windows[:, 1] + windows[:, 3]
    reach = np.maximum.accumulate(end)
    far = np.flatnonzero(first[1:] - reach[:-1] > max(_JOIN_GAP, block)) + 1
    for a, b in pairwise([0, *far.tolist(), len(windows)] if len(windows) else []):
        start, last = int(first[a]), int(reach[b - 1])
        while start < last:
            # End where a block ends, so that no block is decoded twice.
            stop = min(last, max((start + length) // block * block, start + 1))
            yield start, stop, windows[a:b][(first[a:b] < stop) & (end[a:b] > start)]
            start = stop
