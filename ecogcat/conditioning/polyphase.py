"""Polyphase filters: by which weights samples between samples are made, for any rational ratio of two rates."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, gcd, lcm
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Index, index_array

__all__ = ["CUTOFF", "FILTER_TEXT", "HALF_WIDTH", "KAISER_BETA", "Polyphase", "polyphase", "rate_step"]

CUTOFF = 0.45
"""Middle of the transition as a part of the lower of the two rates: from 0.4, which passes, to 0.5, which does not."""
HALF_WIDTH = 25
"""Periods of the lower rate that the filter reaches to either side; with `KAISER_BETA` 80 dB over that transition."""
KAISER_BETA = 7.857
FILTER_TEXT = "sinc under a Kaiser window, 80 dB, zero phase"

# Above this a ratio is taken to be the rounding of a simpler one; its weights would fill memory.
_LARGEST = 10_000
_TOLERANCE = Fraction(1, 1_000_000)


class Polyphase(NamedTuple):
    """Weights of a resampling.

    Attributes
    ----------
    first : ndarray of int64, shape (period,)
        First input sample that output samples 0..period are made of; negative where that lies before the input.
    advance : int
        Input samples from one period of output samples to the next.
    taps : ndarray of float64, shape (period, n_taps)
        Weights of ``first[s], first[s] + 1, ...``; each row sums to 1.
    """

    first: Index
    advance: int
    taps: NDArray[np.float64]

    def reach(self, start: int, stop: int) -> tuple[int, int]:
        """Return the input samples, half open, that output samples start..stop are made of; 0 < stop - start."""
        low, high = (
            int(self.first[m % len(self.first)]) + m // len(self.first) * self.advance for m in (start, stop - 1)
        )
        return low, high + self.taps.shape[1]


@lru_cache(16)
def polyphase(start: Fraction, step: Fraction) -> Polyphase:
    """Design the weights for output samples at ``start + m * step``, in input samples.

    A sinc under a Kaiser window, symmetric about the place of each output sample: no delay. Every row of weights sums
    to 1, so that a constant stays what it is whatever the ratio.

    Parameters
    ----------
    start, step : Fraction

    Returns
    -------
    Polyphase

    Examples
    --------
    >>> design = polyphase(Fraction(0), Fraction(10))
    >>> design.advance, design.taps.shape
    (10, (1, 501))
    """
    unit = lcm(start.denominator, step.denominator)
    begin, pace = int(start * unit), int(step * unit)
    period = unit // gcd(pace, unit)
    wide = max(Fraction(1), step)
    half = HALF_WIDTH * wide
    n_taps = floor(2 * half) + 1
    places = [begin + s * pace for s in range(period)]
    first = [ceil(Fraction(place, unit) - half) for place in places]
    # In units of 1 / unit, which are whole: what is near to the place of a sample is near to it exactly.
    offset = np.array([low * unit - place for low, place in zip(first, places, strict=True)], np.float64) / unit
    time = offset[:, None] + np.arange(n_taps)
    inside = np.clip(1 - (time / float(half)) ** 2, 0, None)
    window = np.where(np.abs(time) <= float(half) * (1 + 1e-12), np.i0(KAISER_BETA * np.sqrt(inside)), 0.0)
    taps = np.sinc(2 * CUTOFF / float(wide) * time) * window
    taps /= taps.sum(axis=1, keepdims=True)
    middle = np.abs(time).argmin(axis=1)
    taps[np.arange(period), middle] += 1 - taps.sum(axis=1)
    taps.setflags(write=False)
    return Polyphase(index_array(first), pace * period // unit, taps)


def rate_step(rate: float, to: float) -> Fraction:
    """Return how many samples at `rate` there are for each at `to`.

    Ratios of up to 10,000 are exact. Others (of measured rates) are the simplest within one part in a million; the rate
    that is obtained then differs from the one asked for by so much, and is the one to report: ``rate / step``.

    Examples
    --------
    >>> rate_step(20000, 1000), rate_step(62500 / 3, 1000), rate_step(19998.73, 1000)
    (Fraction(20, 1), Fraction(125, 6), Fraction(15519, 776))
    """
    exact = _plain(rate) / _plain(to)
    if max(exact.numerator, exact.denominator) <= _LARGEST:
        return exact
    low, high = 1, 1
    while abs(exact.limit_denominator(high) - exact) > _TOLERANCE * exact:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if abs(exact.limit_denominator(middle) - exact) > _TOLERANCE * exact:
            low = middle + 1
        else:
            high = middle
    return exact.limit_denominator(high)


def _plain(rate: float) -> Fraction:
    """Return a rate as a fraction that people would write; one of a few microhertz as it is."""
    exact = Fraction(rate)
    return exact.limit_denominator(1_000_000) if exact > 1 else 1 / (1 / exact).limit_denominator(1_000_000)
