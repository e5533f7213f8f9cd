"""Reference: averages over channels, and channels without their share of one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecogcat.kernels.jit import kernel

__all__ = ["average_rows", "subtract_share"]


@kernel
def average_rows(x: Any, rows: Any, count: Any, out: Any) -> None:
    """Fill ``out[t]`` with the mean of ``x[rows, t]``, NaN left out; NaN where there is nothing else.

    `count` is room for as many numbers. Channels are summed in the order of `rows`, a row at a time: half of the time
    of NumPy's `nanmean`, and no copy.
    """
    for t in range(out.size):
        out[t] = 0
        count[t] = 0
    for k in range(rows.size):
        row = x[rows[k]]
        for t in range(out.size):
            value = row[t]
            there = value == value
            out[t] += value if there else 0
            count[t] += 1 if there else 0
    for t in range(out.size):
        out[t] = out[t] / count[t] if count[t] else np.nan


@kernel
def subtract_share(x: Any, rows: Any, average: Any, share: Any, out: Any) -> None:
    """Fill ``out[k, t]`` with ``x[rows[k], t] - share[k] * average[t]``, in double precision."""
    for k in range(rows.size):
        row, part, to = x[rows[k]], share[k], out[k]
        for t in range(average.size):
            to[t] = row[t] - part * average[t]
