"""Sections: recursive filters of second order, one after the other, run over rows in place.

    y = b0 * x + z0,  z0 = (b1 * x + z1) - a1 * y,  z1 = b2 * x - a2 * y

which is the transposed direct form II of `scipy.signal.sosfilt`. A recursion cannot be spread over time, so it is
spread over channels: a tile of sixteen of them, time first, in which each step is the same for all lanes. A step waits
for the one before it, and eight lanes alone leave the processor idle meanwhile: sixteen take no longer than eight. With
three sections that takes a third of scipy's time on one core.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ecogcat.kernels.jit import inline, kernel

__all__ = ["LANES", "run_sections"]

LANES = 16
"""Channels of a tile: two cache lines of float64."""

TILE = 128
"""Samples of a tile: 16 KiB, so that it stays in the fastest cache while all sections pass over it."""


@inline
def _start(sections, z, lane, value):  # type: ignore[no-untyped-def]
    """Put a lane into the state that it would have had `value` been there forever."""
    for section in range(sections.shape[0]):
        z[section, 0, lane] = sections[section, 5] * value
        z[section, 1, lane] = sections[section, 6] * value


@inline
def _run_lanes(tile, count, sections, z):  # type: ignore[no-untyped-def]
    for section in range(sections.shape[0]):
        b0, b1, b2 = sections[section, 0], sections[section, 1], sections[section, 2]
        a1, a2 = sections[section, 3], sections[section, 4]
        state = z[section]
        for sample in range(count):
            for lane in range(LANES):
                x = tile[sample, lane]
                y = b0 * x + state[0, lane]
                state[0, lane] = (b1 * x + state[1, lane]) - a1 * y
                state[1, lane] = b2 * x - a2 * y
                tile[sample, lane] = y


@inline
def _run_lane(tile, count, lane, sections, z):  # type: ignore[no-untyped-def]
    """Run one lane in which values are missing: each run of finite ones is filtered as if it stood alone."""
    for sample in range(count):
        x = tile[sample, lane]
        if not np.isfinite(x):
            z[0, 0, lane] = np.nan
            continue
        if np.isnan(z[0, 0, lane]):
            _start(sections, z, lane, x)
        for section in range(sections.shape[0]):
            y = sections[section, 0] * x + z[section, 0, lane]
            z[section, 0, lane] = (sections[section, 1] * x + z[section, 1, lane]) - sections[section, 3] * y
            z[section, 1, lane] = sections[section, 2] * x - sections[section, 4] * y
            x = y
        tile[sample, lane] = x


@kernel
def run_sections(sections: Any, backward: Any, start: Any, stop: Any, state: Any, rows: Any) -> None:
    """Filter ``rows[:, start:stop]`` in place, in double precision, from the first to the last or backward.

    Parameters
    ----------
    sections : ndarray of float64, shape (n_sections, 7)
        b0, b1, b2, a1, a2, and the steady state of z0 and z1 for an input of 1.
    backward : bool
    start, stop : int
    state : ndarray of float64, shape (n_rows, n_sections, 2)
        Carried from call to call. NaN in the first place of a row: it starts with its first finite value.
    rows : ndarray of float32 or float64, shape (n_rows, n_samples)
        What is not finite stays as it is, and the filter starts anew behind it.
    """
    n_sections = sections.shape[0]
    tile = np.zeros((TILE, LANES))
    z = np.zeros((n_sections, 2, LANES))
    for first in range(0, rows.shape[0], LANES):
        lanes = min(LANES, rows.shape[0] - first)
        if lanes < LANES:
            tile[:] = 0.0
            z[:] = 0.0
        for lane in range(lanes):
            for section in range(n_sections):
                z[section, 0, lane] = state[first + lane, section, 0]
                z[section, 1, lane] = state[first + lane, section, 1]
        for done in range(0, stop - start, TILE):
            count = min(TILE, stop - start - done)
            at = stop - 1 - done if backward else start + done
            step = -1 if backward else 1
            finite = True
            for lane in range(lanes):
                row = first + lane
                for sample in range(count):
                    value = np.float64(rows[row, at + step * sample])
                    finite &= np.isfinite(value)
                    tile[sample, lane] = value
            if finite:
                for lane in range(lanes):
                    if np.isnan(z[0, 0, lane]):
                        _start(sections, z, lane, tile[0, lane])
                _run_lanes(tile, count, sections, z)
            else:
                for lane in range(lanes):
                    _run_lane(tile, count, lane, sections, z)
            for lane in range(lanes):
                row = first + lane
                for sample in range(count):
                    rows[row, at + step * sample] = tile[sample, lane]
        for lane in range(lanes):
            for section in range(n_sections):
                state[first + lane, section, 0] = z[section, 0, lane]
                state[first + lane, section, 1] = z[section, 1, lane]
