"""Edges: where logic lines change between low and high, and the rules by which some changes do not count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecogcat.triggers.levels import BETWEEN, DRIFT_BETWEEN, Levels, Line, constant, follow_drift, levels_of

__all__ = ["Edges", "any_high", "debounced", "far_apart", "find_edges", "long_enough", "soonest"]

_FALSE_ALARM = 11.5  # -log(1e-10) / 2: of as many excursions of white noise one counts as a change
_STEPS = 2.5  # of a converter that takes no signal: its last bits flicker
_SLOW = 256  # values in the middle third for each edge


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Changes of state of a line, in turn.

    Parameters
    ----------
    samples : ndarray of int64, shape (n,)
        First sample of each new state, ascending.
    high : bool
        The state before the first change.
    levels : Levels, optional
        None where the line has no two levels.
    """

    samples: NDArray[np.int64]
    high: bool
    levels: Levels | None = None

    @property
    def rising(self) -> NDArray[np.bool_]:
        """Whether each is a change to high."""
        falling = np.zeros(len(self.samples), bool)
        falling[0 if self.high else 1 :: 2] = True
        return ~falling


_NONE = np.zeros(0, np.int64)


def find_edges(
    line: Line, n_samples: int, threshold: float, given: tuple[float, float] | None, *, logic: bool, step: float
) -> Edges:
    """Find where a line changes.

    Parameters
    ----------
    line : Line
    n_samples : int
    threshold : float
        Between 0, the low level, and 1, the high one.
    given : (float, float), optional
        The levels, where they need not be found.
    logic : bool
        The line is one of booleans: none of its changes is noise.
    step : float
        Of the converter that took the line, in its units; 0 where there is none.
    """
    levels = constant(0.0, 1.0, 0.0, "logic") if logic and given is None else levels_of(line, n_samples, given)
    if levels is None or (given is None and levels.height < _STEPS * step):
        return Edges(_NONE, False)
    edges, between, noisy = _follow(line, levels, threshold, n_samples)
    if given is not None or logic:
        return edges
    if noisy or between > (BETWEEN if levels.method == "found" else DRIFT_BETWEEN) * n_samples:
        return Edges(_NONE, False)
    if levels.method == "found" and between > _SLOW * max(1, len(edges.samples)):
        # So slow are no edges: what looked like two levels may be two stays of a drift.
        drift = follow_drift(line, n_samples, levels.noise)
        if drift is not None:
            along, between, noisy = _follow(line, drift, threshold, n_samples)
            if not noisy and between <= DRIFT_BETWEEN * n_samples:
                return along
    return edges


def _follow(line: Line, levels: Levels, threshold: float, n_samples: int) -> tuple[Edges, int, bool]:
    """Return the edges, the number of values in the middle third, and whether it changes all the time."""
    from ecogcat.kernels.levels import follow_line

    height, noise = levels.height, (levels.noise / levels.height) ** 2
    # Half of what one sample at the level gives: hysteresis. In noise as much as keeps false alarms away.
    rise = height * max((1 - threshold) / 2, _FALSE_ALARM * noise / threshold)
    fall = height * max(threshold / 2, _FALSE_ALARM * noise / (1 - threshold))
    total, state, found = np.zeros(1), np.array([-1, -1, 0, 0, 0], np.int64), []
    for start, values in line():
        edges, before = np.empty(len(values), np.int64), int(state[2])
        follow_line(
            values, start, levels.low, levels.hop, threshold * height, height / 3, rise, fall, total, state, edges
        )
        found.append(edges[: int(state[2]) - before].copy())
    samples = np.concatenate([_NONE, *found])
    n, numbers, between = len(samples), int(state[3]), int(state[4])
    at_end = int(state[0]) == 1
    return Edges(samples, at_end != (n % 2 == 1), levels), between, n > 8 and 4 * n > numbers


def any_high(lines: Sequence[Edges]) -> Edges:
    """Return the edges of the line that is high where any of these is."""
    if len(lines) == 1:
        return lines[0]
    samples = np.concatenate([one.samples for one in lines])
    steps = np.concatenate([np.where(one.rising, 1, -1) for one in lines])
    at, where = np.unique(samples, return_inverse=True)
    before = sum(one.high for one in lines)
    count = np.concatenate([[before], before + np.cumsum(np.bincount(where, steps, len(at)).astype(np.int64))])
    high = count > 0
    return Edges(at[high[1:] != high[:-1]], bool(high[0]))


def long_enough(edges: Edges, width: float, n_samples: int) -> Edges:
    """Leave out states that last less than `width` samples; what is around them runs on."""
    lasts = np.diff(edges.samples, append=n_samples) >= width
    rising = edges.rising[lasts]
    changes = np.diff(rising, prepend=edges.high) != 0
    return Edges(edges.samples[lasts][changes], edges.high, edges.levels)


def debounced(edges: Edges, dead: float) -> Edges:
    """Leave out changes less than `dead` samples after one that counts.

    A line that has gone back in that time did so at its last change in it: a shorter pulse still ends.
    """
    kept: list[int] = []
    state, until, back = edges.high, -math.inf, 0
    for sample, rising in zip(edges.samples.tolist(), edges.rising.tolist(), strict=True):
        if sample >= until:
            if rising == state:  # the line went back while nothing counted
                kept.append(back)
            kept.append(sample)
            state, until = rising, sample + dead
        back = sample
    if state != edges.high ^ (len(edges.samples) % 2 == 1):
        kept.append(back)
    return Edges(np.array(kept, np.int64), edges.high, edges.levels)


def far_apart(samples: NDArray[np.int64], interval: float) -> NDArray[np.bool_]:
    """Return which events come at least `interval` samples after the last one that does."""
    kept = np.ones(len(samples), bool)
    if len(samples) and interval > 0 and (np.diff(samples) < interval).any():
        last = -math.inf
        for k, sample in enumerate(samples.tolist()):
            kept[k] = sample - last >= interval
            if kept[k]:
                last = sample
    return kept


def soonest(samples: NDArray[np.int64]) -> float:
    """Return how soon after another an event of a regular train may come, in samples; 0 for less than three.

    Half of the shortest interval that is usual: of 5th and 95th percentiles the line through both, carried on.
    """
    if len(samples) < 3:
        return 0.0
    p5, p95 = np.percentile(np.diff(samples), [5, 95])
    return float(p95 - (p95 - p5) / 0.9) / 2
