"""Reductions: mean, variance, extremes and sums of a signal, streamed in blocks, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reductions"]

_Axis = int | None


class Reductions:
    """What NumPy's array methods of the same names return, without holding the array in memory.

    `axis` is None (everything), 0 or -2 (over channels), 1 or -1 (over time). Sums and means accumulate in float64
    (sums of integers in int64), whatever the type of the signal. NaN propagates.
    """

    __slots__ = ()

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    blocks: Callable[..., Iterator[tuple[int, NDArray[Any]]]]

    def sum(self, axis: _Axis = None) -> Any:
        """Return the sum; shape (n_channels,), (n_samples,) or scalar."""
        wide = np.float64 if self.dtype.kind == "f" else None
        if self._axis(axis) == 0:
            return self._each_sample(lambda block: block.sum(0, dtype=wide))
        total: Any = np.zeros(self.shape[0], np.sum(np.zeros(0, self.dtype), dtype=wide).dtype)
        for _, block in self.blocks():
            total = total + block.sum(1, dtype=wide)
        return total.sum() if axis is None else total

    def mean(self, axis: _Axis = None) -> Any:
        """Return the mean, float64; shape (n_channels,), (n_samples,) or scalar."""
        if self._axis(axis) == 0:
            return self._each_sample(lambda block: block.mean(0, dtype=np.float64))
        _, mean, _ = self._moments()
        return mean.mean() if axis is None else mean

    def var(self, axis: _Axis = None, ddof: int = 0) -> Any:
        """Return the variance, float64; divided by n - ddof; shape (n_channels,), (n_samples,) or scalar."""
        if self._axis(axis) == 0:
            return self._each_sample(lambda block: block.astype(np.float64).var(0, ddof=ddof))
        n, mean, squares = self._moments()
        with np.errstate(invalid="ignore", divide="ignore"):
            if axis is not None:
                return squares / max(n - ddof, 0)
            total = squares.sum() + n * ((mean - mean.mean()) ** 2).sum()
            return total / np.float64(max(n * self.shape[0] - ddof, 0))

    def std(self, axis: _Axis = None, ddof: int = 0) -> Any:
        """Return the standard deviation, float64; shape (n_channels,), (n_samples,) or scalar."""
        return np.sqrt(self.var(axis, ddof))

    def min(self, axis: _Axis = None) -> Any:
        """Return the smallest value, of the signal's type; shape (n_channels,), (n_samples,) or scalar."""
        return self._extreme(np.minimum, axis)

    def max(self, axis: _Axis = None) -> Any:
        """Return the largest value, of the signal's type; shape (n_channels,), (n_samples,) or scalar."""
        return self._extreme(np.maximum, axis)

    def _axis(self, axis: _Axis) -> _Axis:
        if axis is not None and not -2 <= axis < 2:
            raise np.exceptions.AxisError(axis, 2)
        return None if axis is None else axis % 2

    def _each_sample(self, reduce: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
        parts = [reduce(block) for _, block in self.blocks()]
        return np.concatenate(parts) if parts else reduce(np.empty(self.shape, self.dtype))

    def _extreme(self, function: np.ufunc, axis: _Axis) -> Any:
        if self._axis(axis) == 0:
            return self._each_sample(function.reduce)
        result: Any = None
        for _, block in self.blocks():
            part = function.reduce(block, axis=1)
            result = part if result is None else function(result, part)
        if result is None:
            result = function.reduce(np.empty(self.shape, self.dtype), axis=1)  # NumPy's error for no samples
        return function.reduce(result) if axis is None else result

    def _moments(self) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
        """Return the count, the mean and the sum of squared deviations of each channel (Chan et al., 1979)."""
        n, mean, squares = 0, np.full(self.shape[0], np.nan), np.zeros(self.shape[0])
        for _, block in self.blocks():
            m = block.shape[1]
            values = block.astype(np.float64)
            part = values.mean(1)
            values -= part[:, None]
            spread = np.einsum("ij,ij->i", values, values)
            if n == 0:
                mean, squares = part, spread
            else:
                delta = part - mean
                mean = mean + delta * (m / (n + m))
                squares = squares + spread + delta**2 * (n * m / (n + m))
            n += m
        return n, mean, squares
