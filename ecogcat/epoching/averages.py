"""Averages: epochs averaged by condition, with how many there are of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.frozen import Frozen, Index, freeze
from ecogcat.limits import refuse_beyond_limit
from ecogcat.storage import layout, pool

__all__ = ["Average", "mean_by_condition"]

_BLOCK = 1 << 21  # values converted at a time where the kernel does not take them as they are


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Average(Frozen):
    """Mean of the epochs of each condition.

    Parameters
    ----------
    conditions : DataFrame
        The condition columns averaged by, a row a condition, in sorted order; of no columns where all epochs are one.
    counts : ndarray of int64, shape (n_conditions,)
        Epochs of each condition.
    mean : ndarray of float64, shape (n_conditions, n_channels, n_times)
        In the units of the epochs; NaN is left out, and is the mean of nothing.
    times : ndarray of float64, shape (n_times,)
        Seconds from the event.
    channel_names : tuple of str
    units : str
    """

    _conditions: pd.DataFrame = field(repr=False)
    counts: Index
    mean: NDArray[Any]
    times: NDArray[np.float64]
    channel_names: tuple[str, ...]
    units: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "_conditions", self._conditions.reset_index(drop=True).copy())
        object.__setattr__(self, "counts", freeze(self.counts, np.int64))
        object.__setattr__(self, "mean", freeze(self.mean))
        object.__setattr__(self, "times", freeze(self.times, np.float64))
        object.__setattr__(self, "channel_names", tuple(self.channel_names))
        want = (len(self._conditions), len(self.channel_names), len(self.times))
        if self.mean.shape != want or self.counts.shape != want[:1]:
            raise ValueError(f"a mean of shape {want} is needed, with a count a condition; got {self.mean.shape}")

    @property
    def conditions(self) -> pd.DataFrame:
        """The conditions, a row each; a copy."""
        return self._conditions.copy()

    def __len__(self) -> int:
        return len(self.counts)

    def __repr__(self) -> str:
        shape = "{:,} conditions x {:,} channels x {:,} samples".format(*self.mean.shape)
        columns = ", ".join(map(str, self._conditions.columns)) or "none"
        return f"<Average {shape}, {self.units}, by {columns}; {int(self.counts.sum()):,} epochs>"


def mean_by_condition(data: NDArray[Any], codes: Index, n_conditions: int) -> tuple[NDArray[Any], Index]:
    """Return the mean of the epochs of each condition, and how many there are.

    Parameters
    ----------
    data : ndarray, shape (n_epochs, n_channels, n_times)
    codes : ndarray of int64, shape (n_epochs,)
        Condition of each; -1 for none.
    n_conditions : int

    Returns
    -------
    mean : ndarray, shape (n_conditions, n_channels, n_times)
        Accumulated in double precision (float64, or complex128); NaN left out.
    counts : ndarray of int64, shape (n_conditions,)
    """
    shape = (n_conditions, *data.shape[1:])
    each = 4 + (16 if data.dtype.kind == "c" else 8)
    what = "averages of {:,} conditions x {:,} channels x {:,} samples take".format(*shape)
    refuse_beyond_limit(math.prod(shape) * each, what, "Average over fewer conditions or shorter epochs")
    numbers = np.zeros(shape, np.int32)
    total = np.zeros(shape, np.complex128 if data.dtype.kind == "c" else np.float64)
    for start, block in _blocks(data):
        some = codes[start : start + len(block)]
        if data.dtype.kind == "c":
            for code, epoch in zip(some, block, strict=True):
                if code >= 0:
                    present = ~np.isnan(epoch)
                    total[code] += np.where(present, epoch, 0)
                    numbers[code] += present
        else:
            _sum(block, some, total, numbers)
    with np.errstate(invalid="ignore", divide="ignore"):
        total /= numbers
    return total, np.bincount(codes[codes >= 0], minlength=n_conditions)


def _sum(data: NDArray[Any], codes: Index, total: NDArray[Any], numbers: NDArray[Any]) -> None:
    from ecogcat.kernels.epochs import sum_epochs

    n = data.shape[1]
    threads = min(n, settings.threads()) if data.size >= layout.SERIAL_BELOW // 8 else 1
    edges = [n * k // threads for k in range(threads + 1)] if threads > 1 else [0, n]
    pool.run([partial(sum_epochs, data, codes, a, b, total, numbers) for a, b in pairwise(edges)])


def _blocks(data: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the epochs as the kernel takes them: all at once where they lie so, else converted a few at a time."""
    dtype = data.dtype.newbyteorder("=")
    if dtype.kind not in "cf" or dtype.itemsize < 4:
        dtype = np.result_type(dtype, np.float32)
    if dtype.kind == "f" and dtype.itemsize > 8:
        dtype = np.dtype(np.float64)
    if dtype == data.dtype and data.flags.c_contiguous:
        yield 0, data
        return
    each = max(1, _BLOCK // max(1, data[:1].size))
    for start in range(0, len(data), each):
        yield start, _locked(np.ascontiguousarray(data[start : start + each], dtype))


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)  # epochs are read-only: one type for the kernel, one compilation
    return array
