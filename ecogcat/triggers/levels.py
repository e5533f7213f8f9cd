"""Levels: what low and high are on a logic line, found from its values alone; or that it has no two levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BETWEEN", "DRIFT_BETWEEN", "Levels", "Line", "constant", "follow_drift", "levels_of", "measure"]

Line = Callable[[], Iterator[tuple[int, NDArray[np.float64]]]]
"""Streams a line: (first sample, values) of block after block; called once for every pass."""

_BINS = 4096
BETWEEN = 0.12
"""The largest share of a logic line's values in the middle third between its levels. Between the medians of the halves
of white noise lie 18 %, of a sine 15, of a ramp 33; of a line with levels four standard deviations apart 8."""

DRIFT_BETWEEN = 0.05
"""The same along a drift, where a hum or a random walk could be taken for one."""

_HALFWAY = 0.17  # the same of the middle half: 26 %, 23 %, 50 %, and 16 %
_ABOVE_NOISE = 3  # the medians of the halves of white noise are 1.35 standard deviations apart
_FEW = 3  # samples that may be a glitch, where the others are a logic line themselves
_GAUSS = 1.4826  # standard deviation of a Gaussian over its median absolute deviation
_HOP = 512
_LARGEST = 1e289  # of values that are counted: so that sums of 10**18 of them stay finite


class Levels(NamedTuple):
    """The levels of one line.

    Attributes
    ----------
    low : ndarray, shape (n,)
        The low level at every `hop` samples, straight between; two equal numbers where it does not drift.
    height : float
        Of the high level above the low one.
    noise : float
        Standard deviation from sample to sample.
    hop : int
        Samples.
    method : {"found", "followed", "given", "logic"}
    """

    low: NDArray[np.float64]
    height: float
    noise: float
    hop: int
    method: str

    @property
    def pair(self) -> tuple[float, float]:
        """(low, high); of a line that drifts, in the middle of its course."""
        low = float(np.median(self.low))
        return low, low + self.height


class _Counts(NamedTuple):
    """Values in bins: how many, and their mean in each bin; and the noise."""

    edges: tuple[float, float]
    counts: NDArray[np.int64]
    means: NDArray[np.float64]
    noise: float


def constant(low: float, high: float, noise: float, method: str) -> Levels:
    """Return levels that do not drift."""
    return Levels(np.array([low, low]), high - low, noise, 1 << 62, method)


def measure(line: Line, given: tuple[float, float] | None = None) -> tuple[Levels | None, float]:
    """Find the levels of a line that do not drift, and its noise.

    Parameters
    ----------
    line : Line
    given : (float, float), optional
        Low and high level; only the noise is measured then.

    Returns
    -------
    levels : Levels or None
        None where the values do not keep to two levels.
    noise : float
    """
    low, high = _extremes(line)
    if not low < high:
        return (None if given is None else constant(*given, 0.0, "given")), 0.0
    counts = _count(line, low, high)
    if given is not None:
        # As much noise as there is between the levels is none: each change between levels given by hand counts.
        noise = counts.noise if _ABOVE_NOISE * counts.noise < given[1] - given[0] else 0.0
        return constant(*given, noise, "given"), counts.noise
    return _split(line, counts, 3), counts.noise


def _extremes(line: Line, low: float = -_LARGEST, high: float = _LARGEST) -> tuple[float, float]:
    from ecogcat.kernels.levels import find_extremes

    ends = np.array([math.inf, -math.inf])
    for _, values in line():
        find_extremes(values, low, high, ends)
    return float(ends[0]), float(ends[1])


def _count(line: Line, low: float, high: float) -> _Counts:
    from ecogcat.kernels.levels import count_values

    counts, sums, last = np.zeros((2, _BINS), np.int64), np.zeros((2, _BINS)), np.array([np.nan])
    for _, values in line():
        count_values(values, low, high, last, counts, sums)
    means = sums / np.maximum(counts, 1)
    noise = _median(counts[1], means[1]) * _GAUSS / math.sqrt(2)
    return _Counts((low, high), counts[0], means[0] + low, noise)


def _split(line: Line, found: _Counts, tries: int) -> Levels | None:
    """Find two levels, first between the extremes; where one of them is a few samples, among the others as well."""
    low_edge, high_edge = found.edges
    width = (high_edge - low_edge) / _BINS
    middle, seen = _BINS // 2, set()
    low = high = 0.0
    while middle not in seen:
        seen.add(middle)
        low = _median(found.counts[:middle], found.means[:middle])
        high = _median(found.counts[middle:], found.means[middle:])
        if not low < high:
            return None
        middle = min(_BINS - 1, max(1, math.ceil(((low + high) / 2 - low_edge) / width)))
    below, above = int(found.counts[:middle].sum()), int(found.counts[middle:].sum())
    if high - low < _ABOVE_NOISE * found.noise:
        return None
    for within, most in ((3, BETWEEN), (4, _HALFWAY)):
        margin = (high - low) / within
        between = found.counts[(found.means > low + margin) & (found.means < high - margin)].sum()
        if between > most * (below + above):
            return None
    if tries and min(below, above) <= _FEW < max(below, above):
        many = (
            np.flatnonzero(found.counts[:middle]) if below > above else np.flatnonzero(found.counts[middle:]) + middle
        )
        ends = _extremes(line, low_edge + many[0] * width, low_edge + (many[-1] + 1) * width)
        if ends[0] < ends[1]:
            rest = _split(line, _count(line, *ends), tries - 1)
            if rest is not None:
                return rest
    return constant(low, high, found.noise, "found")


def _median(counts: NDArray[np.int64], means: NDArray[np.float64]) -> float:
    """Return the median of binned values; NaN of none."""
    total = np.cumsum(counts)
    n = int(total[-1]) if len(total) else 0
    if n == 0:
        return math.nan
    # The same from both ends, so that a line turned upside down has the same levels.
    a, b = np.searchsorted(total, [(n - 1) // 2, n // 2], side="right")
    return float(means[a] + (means[b] - means[a]) / 2)


def follow_drift(line: Line, n_samples: int, noise: float) -> Levels | None:
    """Find the levels of a line whose low level drifts, from windows in which it changes.

    Parameters
    ----------
    line : Line
    n_samples : int
    noise : float
        Standard deviation from sample to sample.

    Returns
    -------
    Levels or None
        None where no window has two levels, or those of different windows do not agree in their distance.
    """
    from ecogcat.kernels.levels import split_windows

    hop = min(_HOP, n_samples // 32)
    if hop < 8:
        return None
    windows: list[NDArray[np.float64]] = []
    rest = np.zeros(0)
    for _, values in line():
        rest = np.concatenate([rest, values])  # windows lie on the line's own grid, not on that of the blocks
        found = np.empty((max(0, len(rest) // hop - 1), 3))
        if len(found):
            split_windows(rest, hop, found)
            windows.append(found)
            rest = rest[len(found) * hop :].copy()
    low, high, between = np.concatenate(windows).T
    with np.errstate(invalid="ignore"):
        apart = (high - low > 2 * _ABOVE_NOISE * noise) & (between <= DRIFT_BETWEEN)
    if not apart.any():
        return None
    heights = (high - low)[apart]
    height = float(np.median(heights))
    if not height > 0 or np.median(np.abs(heights - height)) > height / 4:
        return None
    course = _course(low, high, apart, height)
    # A knot is in the middle of its window; before the first and behind the last the line drifts on as there.
    steps = np.diff(course)
    first, last = np.median(steps[:5]), np.median(steps[-5:])
    knots = np.concatenate([[course[0] - first], course, [course[-1] + last, course[-1] + 2 * last]])
    return Levels(knots, height, noise, hop, "followed")


def _course(low: NDArray[Any], high: NDArray[Any], apart: NDArray[Any], height: float) -> NDArray[np.float64]:
    """Return the low level in each window; which state a window without a change is in shows in the one beside it."""
    middle = low + (high - low) / 2
    a = np.where(apart, low, middle)
    b = np.where(apart, high, middle) - height
    course = np.empty(len(low))
    first = int(np.flatnonzero(apart)[0])
    for steps in (range(first, len(low)), range(first, -1, -1)):
        now = float(low[first])
        for w in steps:
            if not math.isnan(middle[w]):
                now = float(a[w] if abs(a[w] - now) <= abs(b[w] - now) else b[w])
            course[w] = now
    return course


def levels_of(line: Line, n_samples: int, given: tuple[float, float] | None = None) -> Levels | None:
    """Return the levels of a line, None if it has no two; those that do not drift are tried first."""
    levels, noise = measure(line, given)
    return levels if levels is not None else follow_drift(line, n_samples, noise)
