"""Tuning: from responses to tones at several levels, which sites respond, and to which frequency best."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ecogcat as ec

__all__ = ["Tuning", "tuning_of"]

_CHANCE = 0.01
"""Chance that any site without a response is taken for one with it."""

_HALF_PEAK_S, _HALF_TROUGH_S = 0.004, 0.007
_LATEST_S = 0.1
_WIDTHS = np.arange(0.6, 2.05, 0.1)  # octaves


class Tuning(NamedTuple):
    """Tuning of the channels of a dataset.

    Attributes
    ----------
    average : Average
        Responses by tone and level.
    tones, levels : ndarray of float64
        In Hz and dB, ascending.
    peak_s, trough_s : float
        Latencies of the two first deflections, in the mean over all channels and conditions.
    areas : ndarray of float64, shape (n_channels, n_tones, n_levels)
        Size of the response, from peak to trough: the frequency response areas.
    clarity : ndarray of float64, shape (n_channels,)
        Largest t value of the tuning curve.
    responds : ndarray of bool, shape (n_channels,)
    best : ndarray of float64, shape (n_channels,)
        Best frequency in Hz, within the range of the tones; NaN where there is no response.
    """

    average: ec.Average
    tones: NDArray[np.float64]
    levels: NDArray[np.float64]
    peak_s: float
    trough_s: float
    areas: NDArray[np.float64]
    clarity: NDArray[np.float64]
    responds: NDArray[np.bool_]
    best: NDArray[np.float64]

    @property
    def best_tone(self) -> NDArray[np.int64]:
        """The tone nearest to the best frequency, as an index; -1 where there is no response."""
        apart = np.abs(np.log2(self.best[:, None]) - np.log2(self.tones))
        return np.where(self.responds, np.nan_to_num(apart, nan=np.inf).argmin(1), -1)


def tuning_of(epochs: ec.Epochs) -> Tuning:
    """Return the tuning of each channel; events have a ``tone`` (Hz) and a ``level`` (dB), every tone at every level.

    A tuning curve is the mean over levels, each weighted by how strongly the channels together respond to it. A channel
    responds if its curve is above zero, tested at every tone against the spread from trial to trial. Its best frequency
    is the middle of the Gaussian over octaves that fits the curve best; the Gaussian is as wide for all of them.
    """
    average = epochs.average(by=["tone", "level"])
    tones, levels = (np.unique(average.conditions[name].to_numpy(np.float64)) for name in ("tone", "level"))
    shape = (len(tones), len(levels))
    peak, trough = _deflections(average.mean.mean((0, 1)), epochs.times)

    def size(values: NDArray[Any]) -> NDArray[np.float64]:
        up = np.abs(epochs.times - peak) <= _HALF_PEAK_S
        down = np.abs(epochs.times - trough) <= _HALF_TROUGH_S
        return np.asarray(values[..., up].mean(-1, np.float64) - values[..., down].mean(-1, np.float64))

    sizes = size(average.mean)
    areas = sizes.reshape(*shape, -1)
    weights = np.maximum(areas.mean((0, 2)), 0.0)
    weights /= weights.sum()
    curves = np.einsum("tlc,l->tc", areas, weights)

    codes, _ = epochs.events.conditions("tone", "level")
    spare = len(epochs) - len(average)
    variance = ((size(epochs.data) - sizes[codes]) ** 2).sum(0) / spare
    share = (weights**2 / average.counts.reshape(shape)).sum(1)
    clarity = (curves / np.sqrt(np.multiply.outer(share, variance))).max(0)
    responds = clarity > _least_t(curves.size, spare)
    best = np.full(len(responds), np.nan)
    best[responds] = 2.0 ** _middles(np.log2(tones), curves[:, responds])
    return Tuning(average, tones, levels, peak, trough, areas.transpose(2, 0, 1), clarity, responds, best)


def _deflections(response: NDArray[np.float64], times: NDArray[np.float64]) -> tuple[float, float]:
    """Return when a response is lowest, and when it was highest before that."""
    after = np.flatnonzero((times > 0) & (times < _LATEST_S))
    trough = int(after[response[after].argmin()])
    peak = int(after[0] + response[after[0] : trough + 1].argmax())
    return float(times[peak]), float(times[trough])


def _least_t(n_tests: int, spare: int) -> float:
    """Return the t value that one of so many tests of nothing exceeds with the chance above (Bonferroni)."""
    from scipy.special import stdtrit

    return float(-stdtrit(spare, _CHANCE / n_tests))


def _middles(octaves: NDArray[np.float64], curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle of the Gaussian that fits each curve, shape (n_tones, n_curves), by least squares."""
    middles = np.linspace(octaves[0], octaves[-1], 40 * (len(octaves) - 1) + 1)
    fits = []
    for width in _WIDTHS:
        shapes = np.exp(-0.5 * ((octaves - middles[:, None]) / width) ** 2)
        # What a fit of the best height explains of a curve's sum of squares.
        explained = np.maximum(shapes @ curves, 0.0) ** 2 / (shapes**2).sum(1)[:, None]
        fits.append((explained.max(0, initial=0.0).sum(), middles[explained.argmax(0)]))
    return np.asarray(max(fits, key=lambda fit: fit[0])[1])
