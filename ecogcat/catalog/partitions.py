"""Partitions: a dataset in blocks of time that lie within one part each, for Intake and for dask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.frozen import Index, index_array

__all__ = ["block_edges", "dask_array"]


def block_edges(dataset: Dataset) -> Index:
    """Return the samples at which blocks begin, and the last one's end; shape (n_blocks + 1,).

    A block is about 16 MiB, on the grid of the file it lies in, and does not cross a seam.

    Examples
    --------
    >>> import ecogcat as ec
    >>> a, b = (ec.from_array([[0.0] * n], 1000, name=name) for n, name in ((5, "a"), (3, "b")))
    >>> block_edges(ec.join(a, b))
    array([0, 5, 8])
    """
    edges = [0]
    for part in dataset.parts:
        length = dataset.signal.cut(part.start, part.stop).block_length()
        edges += [min(start + length, part.stop) for start in range(part.start, part.stop, length)]
    return index_array(edges)


def dask_array(dataset: Dataset) -> Any:
    """Return the signal as a dask array (n_channels, n_samples), one chunk a block.

    Raises
    ------
    ImportError
        If dask is not installed.
    """
    try:
        import dask.array as da
    except ImportError as error:
        raise ImportError("to_dask needs dask: pip install 'ecogcat[dask]'") from error
    signal = dataset.signal
    lengths = np.diff(block_edges(dataset)).tolist() or [0]
    make: Any = da.from_array  # has no types
    return make(
        signal,
        chunks=((signal.n_channels,), tuple(lengths)),
        name=f"ecogcat-{signal.token}",
        meta=np.empty((0, 0), signal.dtype),
    )
