"""Epochs: baselines taken off, and sums over epochs, with what is missing (NaN) left out."""

from __future__ import annotations

from typing import Any

from ecogcat.kernels.jit import kernel

__all__ = ["subtract_baseline", "sum_epochs"]


@kernel
def subtract_baseline(start: int, stop: int, out: Any) -> None:
    """Take the mean of ``out[e, c, start:stop]`` off ``out[e, c]``, in double precision; NaN counts as nothing."""
    for e in range(out.shape[0]):
        for c in range(out.shape[1]):
            row = out[e, c]
            base = row[start:stop]
            total, n = 0.0, 0
            for t in range(base.size):
                if base[t] == base[t]:
                    total += base[t]
                    n += 1
            mean = total / n if n else float("nan")
            for t in range(row.size):
                row[t] = row[t] - mean


@kernel
def sum_epochs(data: Any, codes: Any, first: int, stop: int, out: Any, counts: Any) -> None:
    """Add each epoch to the sum of its condition, for channels first..stop; NaN is left out.

    `data` is (n_epochs, n_channels, n_times); `codes` the condition of each epoch, -1 for none; `out` and `counts`
    (how many values were added) are (n_conditions, n_channels, n_times).
    """
    for e in range(data.shape[0]):
        if codes[e] < 0:
            continue
        for c in range(first, stop):
            row, total, n = data[e, c], out[codes[e], c], counts[codes[e], c]
            for t in range(row.size):
                present = row[t] == row[t]
                total[t] += row[t] if present else 0.0
                n[t] += present
