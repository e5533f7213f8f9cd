"""Storing: a dataset brought to memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ecogcat import settings
from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.errors import MemoryLimitError
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.extent import Extent
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.shared import SharedExtent

__all__ = ["load"]

Progress = bool | Callable[[int, int], None] | None


def load(dataset: Dataset, dtype: DTypeLike | None = None, shared: bool = False, progress: Progress = None) -> Dataset:
    """Bring a dataset to memory; what it holds stays the same.

    Parameters
    ----------
    dataset : Dataset
    dtype : numpy dtype, optional
        Type of the signal in memory (floating), in which it is decoded; its own by default.
    shared : bool
        Into shared memory: worker processes that are handed the dataset see the same bytes, by name.
    progress : bool or callable, optional
        True shows a bar; a callable gets (bytes done, bytes in all).

    Returns
    -------
    Dataset
        The same samples, events, parts and channels; no file is read any more.

    Raises
    ------
    MemoryLimitError
        If it would be larger than `ecogcat.options(memory_limit=...)`.

    Examples
    --------
    >>> import ecogcat as ec
    >>> ec.load(ec.from_array([[1.0]], 1000)).signal.sources
    ()
    """
    check_dataset(dataset, "load")
    signal = dataset.signal
    if dtype is not None and np.dtype(dtype) != signal.dtype:
        if np.dtype(dtype).kind not in "fc" or not np.can_cast(signal.dtype, dtype, "same_kind"):
            raise TypeError(f"cannot load values of type {signal.dtype} as {np.dtype(dtype)}")
        signal = signal.replace(pieces=tuple(piece.astype(np.dtype(dtype)) for piece in signal.pieces))
    arrays = {"signal": signal, **dataset.arrays()}
    total = sum(array.nbytes for array in arrays.values())
    limit = settings.memory_limit()
    if limit is not None and total > limit:
        raise MemoryLimitError(
            f"loading {dataset.name} takes {total:,} bytes; the limit is {limit:,}. Keep it on disk and stream it with "
            "signal.blocks(), select channels or time first, or raise the limit: "
            "with ecogcat.options(memory_limit=None): ..."
        )
    report = _Report(total, progress)
    try:
        loaded = {name: _loaded(array, shared, report) for name, array in arrays.items()}
    finally:
        report.close()
    ground, reference = loaded.pop("ground", None), loaded.pop("reference_channels", None)
    main = loaded.pop("signal")
    parts = [part.replace(history=(*part.history, "loaded to memory")) for part in dataset.parts]
    return dataset.replace(signal=main, parts=parts, aligned=loaded, ground=ground, reference_channels=reference)


def _loaded(signal: Signal, shared: bool, report: _Report) -> Signal:
    def fill(out: NDArray[Any]) -> None:
        if not report.wanted:
            signal.read(out=out)
            return
        length = signal.block_length()
        for start in range(0, signal.n_samples, length):
            stop = min(signal.n_samples, start + length)
            signal.read(start=start, stop=stop, out=out[:, start:stop])
            report.add(signal.n_channels * (stop - start) * signal.dtype.itemsize)

    extent: Extent
    if shared:
        extent = SharedExtent.filled(signal.shape, signal.dtype, fill)
    else:
        data = np.empty(signal.shape, signal.dtype)
        fill(data)
        data.setflags(write=False)
        extent = MemoryExtent(data)
    return signal.replace(pieces=(Piece.whole(extent),))


class _Report:
    """Progress of a long read: a bar, a callback, or silence."""

    def __init__(self, total: int, progress: Progress) -> None:
        self.total, self.done = total, 0
        self.bar: Any = None
        self.callback = progress if callable(progress) else None
        if progress is True:
            from tqdm.auto import tqdm

            self.bar = tqdm(total=total, unit="B", unit_scale=True, desc="loading")
        self.wanted = self.bar is not None or self.callback is not None

    def add(self, n: int) -> None:
        self.done += n
        if self.bar is not None:
            self.bar.update(n)
        if self.callback is not None:
            self.callback(self.done, self.total)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
