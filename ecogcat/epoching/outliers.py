"""Outliers: epochs whose power lies far from that of the others, by fences that outliers themselves hardly move."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["fences", "log_power", "outlying"]

METHODS = ("quartile", "mad")
_NORMAL = 1.4826  # a MAD of normal numbers times this is their standard deviation
_ROUNDING = 1e-9  # of a logarithm: equal epochs differ by less
_BLOCK = 1 << 18


def log_power(data: NDArray[Any]) -> NDArray[np.float64]:
    """Return the natural logarithm of the power (variance over time) of each epoch and channel; NaN is left out.

    Parameters
    ----------
    data : ndarray, shape (n_epochs, n_channels, n_times)

    Returns
    -------
    ndarray of float64, shape (n_epochs, n_channels)
        -inf where a channel is flat, inf where a value is infinite, NaN where it has no value.
    """
    power = np.full(data.shape[:2], np.nan)
    each = max(1, _BLOCK // max(1, data[:1].size))
    for a in range(0, len(data) if data.size else 0, each):
        block = data[a : a + each]
        block = block.astype(np.result_type(block.dtype, np.float64))
        present = ~np.isnan(block)
        n = present.sum(2)
        with np.errstate(all="ignore"):
            mean = np.where(present, block, 0).sum(2) / n
            away = np.where(present, np.abs(block - mean[..., None]), 0)
            power[a : a + each] = np.log((away * away).sum(2) / n)
            power[a : a + each][np.isinf(block).any(2)] = np.inf
    return power


def fences(values: NDArray[np.float64], method: str, k: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the lower and upper fence of each column.

    Parameters
    ----------
    values : ndarray, shape (n, n_columns)
        NaN and infinities count as nothing.
    method : {"quartile", "mad"}
        "quartile": the quartiles less, and plus, `k` times their distance. "mad": the median less, and plus, `k` times
        1.4826 times the median distance from it.
    k : float

    Returns
    -------
    low, high : ndarray, shape (n_columns,)
        NaN, which fences nothing off, where a column has no finite value.
    """
    low, high = np.full((2, values.shape[1]), np.nan)
    for column in range(values.shape[1]):
        some = values[:, column]
        some = some[np.isfinite(some)]
        if not len(some):
            continue
        if method == "quartile":
            first, third = np.percentile(some, [25, 75])
            reach = k * (third - first)
        else:
            first = third = np.median(some)
            reach = k * _NORMAL * np.median(np.abs(some - first))
        low[column], high[column] = first - reach - _ROUNDING, third + reach + _ROUNDING
    return low, high


def outlying(power: NDArray[np.float64], method: str, k: float, *, by_channel: bool) -> NDArray[np.bool_]:
    """Return which epochs, or which channels of which epochs, lie beyond the fences.

    Parameters
    ----------
    power : ndarray, shape (n_epochs, n_channels)
        Logarithms.
    method, k
        As in `fences`.
    by_channel : bool
        Each channel against its own fences; otherwise an epoch's median over channels, each seen from its own median.

    Returns
    -------
    ndarray of bool, shape (n_epochs,), or (n_epochs, n_channels)
    """
    if method not in METHODS:
        raise ValueError(f"the method is one of {', '.join(METHODS)}, not {method!r}")
    if not k > 0:
        raise ValueError(f"k, how far the fences lie, is more than 0, not {k!r}")
    values = power
    if not by_channel:
        with np.errstate(invalid="ignore"):  # a channel that is mostly flat has no level to be compared with
            relative = power - np.array([_median(column) for column in power.T])
        values = np.array([_median(row) for row in relative]).reshape(-1, 1)
    low, high = fences(values, method, k)
    with np.errstate(invalid="ignore"):
        outside: NDArray[np.bool_] = (values < low) | (values > high)
    return outside if by_channel else outside[:, 0]


def _median(values: NDArray[np.float64]) -> float:
    """Return the median of what is no NaN: infinities count, for most channels may be flat."""
    some = values[~np.isnan(values)]
    with np.errstate(invalid="ignore"):
        return float(np.median(some)) if len(some) else np.nan
