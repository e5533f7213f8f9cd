"""Moments: how many values there are, their sum and their squared deviations from their mean, in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecogcat.kernels.jit import inline, kernel

__all__ = ["row_moments", "unite_moments"]

RUN = 4096
"""Values whose mean is taken before their deviations: they stay in the fastest cache in between."""

LANES = 64
"""Sums that run side by side: enough for vector instructions that do not wait for each other."""


@inline
def _folded(sums: Any) -> float:
    """Return the sum of sums, pairwise."""
    half = sums.size // 2
    while half:
        for c in range(half):
            sums[c] += sums[c + half]
        half //= 2
    return sums[0]  # type: ignore[no-any-return]


@inline
def _unite(n: float, total: float, squares: float, m: float, part: float, spread: float) -> Any:
    """Return the moments of two sets of values together (Chan et al., 1979)."""
    if m == 0:
        return n, total, squares
    if n == 0:
        return m, part, spread
    away = part / m - total / n
    return n + m, total + part, squares + spread + away * away * (n / (n + m) * m)


@kernel
def row_moments(block: Any, skip: bool, out: Any) -> None:
    """Fill `out`, shape (3, n_rows): count, sum, and sum of squared deviations from the mean of each row of a block.

    Not a number is counted, and spreads, unless `skip` leaves it out. Each run of values is gone over twice, so nothing
    cancels; a block that was just decoded is read from the cache, and nothing is written.
    """
    sums, counts = np.empty(LANES), np.empty(LANES)
    for i in range(block.shape[0]):
        n = total = squares = 0.0
        for a in range(0, block.shape[1], RUN):
            run = block[i, a : a + RUN]
            whole = run.size // LANES * LANES
            m, middle, spread = float(run.size), 0.0, 0.0
            sums[:], counts[:] = 0.0, 0.0
            if skip:
                for k in range(0, whole, LANES):
                    values = run[k : k + LANES]
                    for c in range(LANES):
                        x = np.float64(values[c])
                        there = x == x
                        counts[c] += 1.0 if there else 0.0
                        sums[c] += x if there else 0.0
                for k in range(whole, run.size):
                    x = np.float64(run[k])
                    if x == x:
                        counts[0] += 1.0
                        sums[0] += x
                m = _folded(counts)
            else:
                for k in range(0, whole, LANES):
                    values = run[k : k + LANES]
                    for c in range(LANES):
                        sums[c] += np.float64(values[c])
                for k in range(whole, run.size):
                    sums[0] += np.float64(run[k])
            part = _folded(sums)
            middle = part / m if m else 0.0
            sums[:] = 0.0
            for k in range(0, whole, LANES):
                values = run[k : k + LANES]
                for c in range(LANES):
                    x = np.float64(values[c])
                    away = x - middle
                    sums[c] += away * away if x == x or not skip else 0.0
            for k in range(whole, run.size):
                x = np.float64(run[k])
                away = x - middle
                sums[0] += away * away if x == x or not skip else 0.0
            spread = _folded(sums)
            n, total, squares = _unite(n, total, squares, m, part, spread)
        out[0, i], out[1, i], out[2, i] = n, total, squares


@kernel
def unite_moments(parts: Any, out: Any) -> None:
    """Unite moments `parts`, shape (n_parts, 3, n_rows), in order, into those of `out`, shape (3, n_rows)."""
    for i in range(out.shape[1]):
        n, total, squares = out[0, i], out[1, i], out[2, i]
        for k in range(parts.shape[0]):
            n, total, squares = _unite(n, total, squares, parts[k, 0, i], parts[k, 1, i], parts[k, 2, i])
        out[0, i], out[1, i], out[2, i] = n, total, squares
