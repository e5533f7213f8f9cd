"""Filters of the older system by scipy: what ours are held to, on whole arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import signal as scipy_signal

__all__ = ["both_ways", "notch_sections"]


def both_ways(sos: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Forward and backward, from the steady state of the first sample each time."""
    return scipy_signal.sosfiltfilt(sos, values.astype("f8"), padtype=None, padlen=0)


def notch_sections(line: float, rate: float) -> NDArray[Any]:
    """Three zeros on the unit circle at the line, three poles just inside of them."""
    cosine, radius = np.cos(2 * np.pi * line / rate), 1 - 6 / rate
    return np.tile([1, -2 * cosine, 1, 1, -2 * radius * cosine, radius * radius], (3, 1))
