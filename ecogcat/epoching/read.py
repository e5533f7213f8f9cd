"""Epoch reading: planned windows gathered into one array, shared out over threads, with nothing else read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.epoching.plan import EpochPlan
from ecogcat.frozen import Index
from ecogcat.piece import Piece
from ecogcat.storage import layout, pool
from ecogcat.storage.reader import ReaderExtent

__all__ = ["baseline", "read_epochs"]

_Job = Callable[[], None]

# Values decoded at a time where they pass through a buffer.
_BUFFER = 1 << 20
# Values of one job: enough that starting it does not show, few enough that threads end at about the same time.
_JOB = 1 << 21


def read_epochs(plan: EpochPlan, pieces: Sequence[Piece], rows: Index, out: NDArray[Any], own: np.dtype[Any]) -> None:
    """Read what a plan asks for.

    Parameters
    ----------
    plan : EpochPlan
    pieces : sequence of Piece
        Those of the signal that the plan was made for.
    rows : ndarray of int64, shape (n_channels,)
        Channels of the signal; read-only.
    out : ndarray, shape (n_epochs, n_channels, n_times)
        Floating where the plan has partial epochs. Epochs pass through a buffer where it is not C-contiguous.
    own : numpy.dtype
        Type of the signal: values are rounded to their piece's type, to this one, then to that of `out`.
    """
    if not out.flags.c_contiguous:
        each = max(1, _BUFFER // max(1, out[:1].size))
        for a in range(0, len(out), each):
            some = np.empty(out[a : a + each].shape, out.dtype)
            read_epochs(plan.part(a, a + len(some)), pieces, rows, some, own)
            out[a : a + each] = some
        return
    jobs: list[_Job] = []
    for epoch, low, high in plan.partial.tolist():
        out[epoch, :, :low] = np.nan
        out[epoch, :, high:] = np.nan
    for k, windows in plan.windows:
        piece = pieces[k]
        work = _gather if piece.value_dtype == out.dtype else _gather_through_buffer
        # A block that a library decodes is decoded once, so one thread does all of them.
        whole = isinstance(piece.extent, ReaderExtent)
        shares = [windows] if whole else _shares(windows, len(rows), _JOB)
        jobs += [partial(work, piece, rows, share, out, own) for share in shares]
    _run(jobs, sum(int(windows[:, 3].sum()) for _, windows in plan.windows) * len(rows))


def _run(jobs: Sequence[_Job], n_values: int) -> None:
    """Do all jobs, on several threads where there are many values; whoever is done takes the next."""
    threads = min(settings.threads(), len(jobs)) if n_values >= layout.SERIAL_BELOW // 8 else 1
    waiting = iter(jobs)

    def work() -> None:
        for job in waiting:  # a list's iterator gives each job to one thread
            job()

    pool.run([work] * threads)


def _shares(windows: Index, n_rows: int, most: int) -> list[Index]:
    """Share windows out, about `most` values each."""
    ends = np.cumsum(windows[:, 3]) * max(1, n_rows)
    n = -(-int(ends[-1]) // most) if len(windows) else 0
    inner = set(np.searchsorted(ends, ends[-1] * np.arange(1, n) / n).tolist()) if n > 1 else set()
    return [windows[a:b] for a, b in pairwise([0, *sorted(inner - {0}), len(windows)])]


def _gather(piece: Piece, rows: Index, windows: Index, out: NDArray[Any], own: np.dtype[Any]) -> None:
    piece.gather_windows(rows, windows, out)


def _gather_through_buffer(piece: Piece, rows: Index, windows: Index, out: NDArray[Any], own: np.dtype[Any]) -> None:
    """Decode windows to the type of their piece, a few at a time, then cast."""
    length = max(1, _BUFFER // max(1, len(rows)))
    for some in _shares(_no_longer_than(windows, length), len(rows), _BUFFER):
        values = np.empty((len(some), len(rows), int(some[:, 3].max())), piece.value_dtype)
        local = some.copy()
        local[:, 0], local[:, 2] = np.arange(len(some)), 0
        piece.gather_windows(rows, local, values)
        for value, (epoch, _, at, count) in zip(values, some.tolist(), strict=True):
            decoded = value[:, :count]
            if own not in (decoded.dtype, out.dtype):
                decoded = decoded.astype(own)  # as reading the signal and casting would
            out[epoch, :, at : at + count] = decoded


def _no_longer_than(windows: Index, length: int) -> Index:
    """Cut windows into such of at most `length` samples."""
    n = -(-windows[:, 3] // length)
    if not len(n) or n.max() <= 1:
        return windows
    which = np.repeat(np.arange(len(windows)), n)
    done = (np.arange(len(which)) - np.repeat(np.cumsum(n) - n, n)) * length
    cut = windows[which]
    cut[:, 1] += done
    cut[:, 2] += done
    cut[:, 3] = np.minimum(cut[:, 3] - done, length)
    return cut


def baseline(data: NDArray[Any], start: int, stop: int) -> None:
    """Take the mean of columns start..stop off each epoch and channel, in place; NaN is left out of the mean.

    Parameters
    ----------
    data : ndarray, shape (n_epochs, n_channels, n_times)
        Floating or complex.
    start, stop : int
        Columns.
    """
    if not data.size:
        return
    each = max(1, _JOB // max(1, data[0].size))
    jobs = [partial(_baseline, data[a : a + each], start, stop) for a in range(0, len(data), each)]
    _run(jobs, data.size)


def _baseline(data: NDArray[Any], start: int, stop: int) -> None:
    if data.dtype in (np.float32, np.float64) and data.flags.c_contiguous:
        from ecogcat.kernels.epochs import subtract_baseline

        subtract_baseline(start, stop, data)
        return
    for epoch in data:
        base = epoch[:, start:stop].astype(np.result_type(epoch.dtype, np.float64))
        with np.errstate(invalid="ignore"):
            mean = np.nansum(base, 1) / (~np.isnan(base)).sum(1)
        epoch[:] = epoch - mean[:, None]
