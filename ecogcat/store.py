"""Loading: a dataset brought to memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ecogcat import settings
from ecogcat.checks import check_dataset, check_flag, checked_dtype
from ecogcat.checksums import with_checksums
from ecogcat.dataset import Dataset
from ecogcat.errors import MemoryLimitError
from ecogcat.piece import Piece
from ecogcat.progress import Progress, Report
from ecogcat.signal import Signal
from ecogcat.storage import maps
from ecogcat.storage.extent import Extent
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.shared import SharedExtent

__all__ = ["LOADED", "load"]

LOADED = "loaded to memory"
"""What the history says of it."""


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
    check_flag(shared, "shared")
    signal = dataset.signal
    if dtype is not None and (wanted := checked_dtype(dtype)) != signal.dtype:
        if wanted.kind not in "fc" or not np.can_cast(signal.dtype, wanted, "same_kind"):
            raise TypeError(f"cannot load values of type {signal.dtype} as {wanted}")
        signal = signal.replace(pieces=tuple(piece.astype(wanted) for piece in signal.pieces))
    arrays = {"signal": signal, **dataset.arrays()}
    total = sum(array.nbytes for array in arrays.values())
    limit = settings.memory_limit()
    if limit is not None and total > limit:
        raise MemoryLimitError(
            f"loading {dataset.name} takes {total:,} bytes; the limit is {limit:,}. Keep it on disk and stream it with "
            "signal.blocks(), select channels or time first, or raise the limit: "
            "with ecogcat.options(memory_limit=None): ..."
        )
    with Report(total, progress, "loading") as report:
        loaded = {name: _loaded(array, shared, report) for name, array in arrays.items()}
    ground, reference = loaded.pop("ground", None), loaded.pop("reference_channels", None)
    main = loaded.pop("signal")
    parts = [part.replace(history=(*part.history, LOADED)) for part in with_checksums(dataset)]
    return dataset.replace(signal=main, parts=parts, aligned=loaded, ground=ground, reference_channels=reference)


def _loaded(signal: Signal, shared: bool, report: Report) -> Signal:
    def fill(out: NDArray[Any]) -> None:
        if not report.wanted:
            signal.read(out=out)
            return
        length = signal.block_length()
        for start in range(0, signal.n_samples, length):
            stop = min(signal.n_samples, start + length)
            signal.read(start=start, stop=stop, out=out[:, start:stop])
            maps.relieve()
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
