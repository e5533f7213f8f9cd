"""Designs: recursive filters as sections of second order, in the order in which they are run.

A section is b0, b1, b2, a1, a2 (a0 is 1) and the steady state of its two memories for an input of 1, from which a
filter starts as if the first sample had been there forever.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import freeze

__all__ = ["CHEBYSHEV", "Sections", "butterworth", "chebyshev", "comb"]

Sections = NDArray[np.float64]
"""Shape (n_sections, 7)."""

CHEBYSHEV: Mapping[str, int] = MappingProxyType({"chebyshev1": 1, "chebyshev2": 2})
"""Names of lowpass filters for decimation, and the types of Chebyshev filters that they are."""

_RIPPLE_DB, _LOSS_DB, _STOP_DB, _STOP_ORDER = 0.25, 10.0, 60.0, 12


def butterworth(low: float | None, high: float | None, order: int, sampling_rate: float) -> Sections:
    """Return a Butterworth filter that passes what lies between two edges.

    Parameters
    ----------
    low, high : float or None
        Edges in Hz, where the filter passes half of the power; None: no edge on this side.
    order : int
        Of each edge.
    sampling_rate : float
        Hz.

    Returns
    -------
    ndarray of float64, shape (n_sections, 7)

    Examples
    --------
    >>> butterworth(5, 200, 3, 1000).shape
    (3, 7)
    """
    if low is None:
        return _complete(_scipy_signal().butter(order, high, "lowpass", fs=sampling_rate, output="sos"))
    if high is None:
        return _complete(_scipy_signal().butter(order, low, "highpass", fs=sampling_rate, output="sos"))
    return _complete(_scipy_signal().butter(order, [low, high], "bandpass", fs=sampling_rate, output="sos"))


def chebyshev(kind: str, step: int) -> tuple[Sections, str]:
    """Return a lowpass filter for what is then decimated, and in words which it is; gain 1 at 0 Hz.

    Parameters
    ----------
    kind : {"chebyshev1", "chebyshev2"}
        Type 1 has the order that 0.25 dB up to 0.4 and 10 dB from 0.5 of the new rate take, in one pass; type 2 is of
        order 12 and takes 60 dB off from half of the new rate on.
    step : int
        One sample in so many is kept.

    Returns
    -------
    sections : ndarray of float64, shape (n_sections, 7)
    text : str

    Examples
    --------
    >>> chebyshev("chebyshev1", 10)[1], chebyshev("chebyshev2", 15)[1]
    ('Chebyshev type 1, order 5, 0.25 dB', 'Chebyshev type 2, order 12, 60 dB')
    """
    design = _scipy_signal()
    if CHEBYSHEV[kind] == 2:
        sos = design.cheby2(_STOP_ORDER, _STOP_DB, 1 / step, output="sos")
        return _complete(sos), f"Chebyshev type 2, order {_STOP_ORDER}, {_STOP_DB:g} dB"
    order, edge = design.cheb1ord(0.8 / step, 1 / step, _RIPPLE_DB, _LOSS_DB)
    sos = design.cheby1(order, _RIPPLE_DB, edge, output="sos")
    if order % 2 == 0:  # at 0 Hz it is at the bottom of its ripple
        sos[0, :3] *= 10 ** (_RIPPLE_DB / 20)
    return _complete(sos), f"Chebyshev type 1, order {order}, {_RIPPLE_DB:g} dB"


def comb(line: float, width: float, order: int, unit_gain: bool, sampling_rate: float) -> Sections:
    """Return a notch: `order` zeros on the unit circle at the line, and as many poles just inside of them.

    Parameters
    ----------
    line, width : float
        Hz; the poles lie at a distance of ``2 * width / sampling_rate`` from the circle.
    order : int
        How many times it is applied.
    unit_gain : bool
        Scaled so that a constant passes as it is; else the coefficients are those of the zeros and poles alone, which
        amplifies all other frequencies by a little.
    sampling_rate : float
        Hz.

    Returns
    -------
    ndarray of float64, shape (n_sections, 7)

    Examples
    --------
    >>> comb(60, 3, 3, False, 1000).shape
    (3, 7)
    """
    cosine = np.cos(2 * np.pi * line / sampling_rate)
    radius = 1 - 2 * width / sampling_rate
    zeros = np.array([1.0, -2 * cosine, 1.0])
    poles = np.array([1.0, -2 * radius * cosine, radius * radius])
    if unit_gain:
        zeros *= poles.sum() / zeros.sum()
    return _complete(np.tile(np.concatenate([zeros, poles]), (order, 1)))


def _complete(sos: NDArray[np.float64]) -> Sections:
    """Return sections of scipy's form with their steady state instead of a0."""
    steady = _scipy_signal().sosfilt_zi(sos)
    return freeze(np.column_stack([sos[:, :3], sos[:, 4:], steady]), np.float64)


def _scipy_signal() -> Any:
    """Return `scipy.signal`, imported on use: loading it takes longer than all of ecogcat."""
    try:
        from scipy import signal
    except ImportError as error:
        raise ImportError("filters are designed by scipy, which is missing here: pip install scipy") from error
    return signal
