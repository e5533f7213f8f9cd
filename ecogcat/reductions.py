"""Reductions: mean, variance, extremes and sums of a signal, streamed in blocks, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import NDArray

from ecogcat.limits import refuse_beyond_limit

__all__ = ["Reductions"]

_Axis = int | tuple[int, ...] | None
_Moments = tuple[Any, Any, Any]
_VALUES = 1 << 18


class Reductions:
    """What NumPy's array methods of the same names return, without holding the array in memory.

    `axis` is None (everything), 0 or -2 (over channels), 1 or -1 (over time). Sums and means accumulate in float64
    (sums of integers in 64-bit integers), whatever the type of the signal. NaN propagates; the mean of nothing is NaN.
    Those with `nan` leave NaN out; NaN is what they return where nothing else is there.

    NumPy's functions work, too: ``np.mean(signal, axis=1)`` streams (``np.nanmean(signal)`` reads all of it first).
    `dtype` and `out` are there for them, and stay None.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        dtype: np.dtype[Any]
        blocks: Callable[..., Iterator[tuple[int, NDArray[Any]]]]

        @property
        def shape(self) -> tuple[int, int]:
            """(n_channels, n_samples)."""

    def sum(self, axis: _Axis = None, dtype: None = None, out: None = None, *, keepdims: bool = False) -> Any:
        """Return the sum; shape (n_channels,), (n_samples,) or scalar."""
        which = _checked(axis, dtype, out)
        wide = _wide(self.dtype) if self.dtype.kind in "fc" else None
        if which == 0:
            return _shaped(self._each_sample(lambda block: _sum(block, 0, wide)), which, keepdims)
        total: Any = np.zeros(self.shape[0], np.sum(np.zeros(0, self.dtype), dtype=wide).dtype)
        for _, block in self.blocks():
            total = _sum(np.stack([total, _sum(block, 1, wide)]), 0, None)
        return _shaped(_sum(total, 0, None) if which is None else total, which, keepdims)

    def mean(self, axis: _Axis = None, dtype: None = None, out: None = None, *, keepdims: bool = False) -> Any:
        """Return the mean, float64; shape (n_channels,), (n_samples,) or scalar."""
        which = _checked(axis, dtype, out)
        if which == 0:
            mean = self._each_sample(lambda block: _mean(block, 0))
        else:
            mean = self._moments()[1]
            mean = _mean(mean, 0) if which is None else mean
        return _shaped(mean, which, keepdims)

    def var(
        self, axis: _Axis = None, dtype: None = None, out: None = None, ddof: int = 0, *, keepdims: bool = False
    ) -> Any:
        """Return the variance, float64; divided by n - ddof; shape (n_channels,), (n_samples,) or scalar."""
        which = _checked(axis, dtype, out)
        if which == 0:
            variance = self._each_sample(lambda block: _divided(_squares(block, 0)[1], len(block) - ddof))
        else:
            n, mean, squares = self._moments()
            if which is None:
                between = _squares(mean, 0)[1]
                squares, n = squares.sum() + n * between, n * self.shape[0]
            variance = _divided(squares, n - ddof)
        return _shaped(variance, which, keepdims)

    def std(
        self, axis: _Axis = None, dtype: None = None, out: None = None, ddof: int = 0, *, keepdims: bool = False
    ) -> Any:
        """Return the standard deviation, float64; shape (n_channels,), (n_samples,) or scalar."""
        return np.sqrt(self.var(axis, dtype, out, ddof, keepdims=keepdims))

    def min(self, axis: _Axis = None, out: None = None, *, keepdims: bool = False) -> Any:
        """Return the smallest value, of the signal's type; shape (n_channels,), (n_samples,) or scalar."""
        return self._extreme(np.minimum, _checked(axis, None, out), keepdims)

    def max(self, axis: _Axis = None, out: None = None, *, keepdims: bool = False) -> Any:
        """Return the largest value, of the signal's type; shape (n_channels,), (n_samples,) or scalar."""
        return self._extreme(np.maximum, _checked(axis, None, out), keepdims)

    def nansum(self, axis: _Axis = None, *, keepdims: bool = False) -> Any:
        """Return the sum of what is not NaN; 0 where nothing is."""
        if not self._may_be_nan:
            return self.sum(axis, keepdims=keepdims)
        n, mean, _ = self._nan_moments(_checked(axis, None, None))
        return _shaped(np.where(n > 0, mean * n, 0)[()], _checked(axis, None, None), keepdims)

    def nanmean(self, axis: _Axis = None, *, keepdims: bool = False) -> Any:
        """Return the mean of what is not NaN, float64; NaN where nothing is."""
        which = _checked(axis, None, None)
        return _shaped(self._nan_moments(which)[1], which, keepdims)

    def nanvar(self, axis: _Axis = None, ddof: int = 0, *, keepdims: bool = False) -> Any:
        """Return the variance of what is not NaN, float64; NaN where no more than `ddof` values are left."""
        which = _checked(axis, None, None)
        n, _, squares = self._nan_moments(which)
        return _shaped(_divided_each(squares, n - ddof), which, keepdims)

    def nanstd(self, axis: _Axis = None, ddof: int = 0, *, keepdims: bool = False) -> Any:
        """Return the standard deviation of what is not NaN, float64."""
        return np.sqrt(self.nanvar(axis, ddof, keepdims=keepdims))

    def nanmin(self, axis: _Axis = None, *, keepdims: bool = False) -> Any:
        """Return the smallest value that is not NaN; NaN where there is none."""
        return self._extreme(np.fmin, _checked(axis, None, None), keepdims)

    def nanmax(self, axis: _Axis = None, *, keepdims: bool = False) -> Any:
        """Return the largest value that is not NaN; NaN where there is none."""
        return self._extreme(np.fmax, _checked(axis, None, None), keepdims)

    @property
    def _may_be_nan(self) -> bool:
        return self.dtype.kind in "fc"

    def _nan_moments(self, axis: int | None) -> _Moments:
        """Return how many values are not NaN, their mean, and the sum of their squared deviations from it."""
        if axis == 0:
            n, mean, squares = self._each_sample(lambda block: np.stack(_present(block, 0)))
            return n.real, mean, squares.real
        n, mean = np.zeros(self.shape[0], np.int64), np.full(self.shape[0], np.nan, _wide(self.dtype))
        squares = np.zeros(self.shape[0])
        for _, block in self.blocks():
            rows = max(1, _VALUES // block.shape[1])
            pieces = [_present(block[k : k + rows], 1) for k in range(0, len(block), rows)]
            if pieces:
                counts, means, spreads = (np.concatenate(some) for some in zip(*pieces, strict=True))
                n, mean, squares = _united((n, mean, squares), (counts, means, spreads))
        if axis is None:
            all_of: _Moments = 0, np.full((), np.nan, mean.dtype), np.zeros(())
            for one in zip(n, mean, squares, strict=True):
                all_of = _united(all_of, one)
            return all_of
        return n, mean, squares

    def _each_sample(self, reduce: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
        needed = 8 * self.shape[1] * (2 if self.dtype.kind == "c" else 1)
        instead = "Reduce stretches of it (select_time), or the blocks of signal.blocks()"
        refuse_beyond_limit(needed, f"a number for each of {self.shape[1]:,} samples takes", instead)
        parts = [reduce(block) for _, block in self.blocks()]
        return np.concatenate(parts, axis=-1) if parts else reduce(np.empty(self.shape, self.dtype))

    def _extreme(self, function: np.ufunc, axis: int | None, keepdims: bool) -> Any:
        if axis == 0:
            return _shaped(self._each_sample(function.reduce), axis, keepdims)
        result: Any = None
        for _, block in self.blocks():
            part = function.reduce(block, axis=1)
            result = part if result is None else function(result, part)
        if result is None:
            result = function.reduce(np.empty(self.shape, self.dtype), axis=1)  # NumPy's error for no samples
        return _shaped(function.reduce(result) if axis is None else result, axis, keepdims)

    def _moments(self) -> tuple[int, NDArray[Any], NDArray[np.float64]]:
        """Return the count, the mean and the sum of squared deviations of each channel (Chan et al., 1979)."""
        n = 0
        total, squares = np.zeros(self.shape[0], _wide(self.dtype)), np.zeros(self.shape[0])
        for _, block in self.blocks():
            m = block.shape[1]
            # Some rows at a time: the deviations of a block in double precision take twice its memory or more.
            rows = max(1, _VALUES // m)
            pieces = [_squares(block[k : k + rows], 1) for k in range(0, len(block), rows)]
            part, spread = (np.concatenate(some) for some in zip(*pieces, strict=True)) if pieces else (total, squares)
            with np.errstate(invalid="ignore"):  # infinities: NaN, as NumPy has it
                if n:
                    spread += np.abs(part - total / n) ** 2 * (n * m / (n + m))
                squares, total = squares + spread, total + part * m
            n += m
        return n, _divided(total, n), squares


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.result_type(dtype, np.complex128) if dtype.kind == "c" else np.dtype(np.float64)


def _sum(values: NDArray[Any], axis: int, dtype: Any) -> Any:
    with np.errstate(invalid="ignore"):  # opposite infinities: NaN, without NumPy's warning
        return values.sum(axis, dtype=dtype)


def _mean(values: NDArray[Any], axis: int) -> NDArray[Any]:
    return _divided(_sum(values, axis, _wide(values.dtype)), values.shape[axis])  # type: ignore[no-any-return]


def _squares(values: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the mean, and the sum of squared deviations from it: taken in two passes, so nothing cancels."""
    mean = _mean(values, axis)
    with np.errstate(invalid="ignore"):  # infinities: NaN, as NumPy has it
        away = values - np.expand_dims(mean, axis)
        return mean, (away.real**2 + away.imag**2 if away.dtype.kind == "c" else away * away).sum(axis)


def _present(values: NDArray[Any], axis: int) -> _Moments:
    """Return the count, the mean and the squared deviations of what is not NaN."""
    there = ~np.isnan(values)
    n = there.sum(axis)
    mean = _divided_each(_sum(np.where(there, values, values.dtype.type(0)), axis, _wide(values.dtype)), n)
    with np.errstate(invalid="ignore"):  # infinities: NaN, as NumPy has it
        away = np.where(there, values - np.expand_dims(mean, axis), 0)
        return n, mean, (away.real**2 + away.imag**2 if away.dtype.kind == "c" else away * away).sum(axis)


def _united(a: _Moments, b: _Moments) -> _Moments:
    """Return the moments of two sets of values together (Chan et al., 1979)."""
    (n, mean, squares), (m, part, spread) = a, b
    total = n + m
    with np.errstate(invalid="ignore", divide="ignore"):
        away = part - mean
        both = squares + spread + np.abs(away) ** 2 * (n / np.maximum(total, 1) * m)
        middle = mean + away * (m / np.maximum(total, 1))
        infinite = ~np.isfinite(away)  # the weighted sum knows what becomes of infinities
        middle = np.where(infinite, (mean * n + part * m) / np.maximum(total, 1), middle)
    some, other = n > 0, m > 0
    return (
        total,
        np.where(some & other, middle, np.where(other, part, mean))[()],
        np.where(some & other, both, np.where(other, spread, squares))[()],
    )


def _divided_each(values: Any, n: Any) -> Any:
    """Divide by counts; NaN where nothing was counted."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.asarray(n) > 0, values / np.asarray(n, np.float64), np.nan)[()]


def _divided(values: Any, n: int) -> Any:
    """Divide; by nothing (no values, or no more than `ddof`) as NumPy does, without its warning."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return values / np.float64(max(n, 0))


def _checked(axis: _Axis, dtype: object, out: object) -> int | None:
    """Return the axis, 0 or 1, or None for both."""
    if dtype is not None or out is not None:
        raise TypeError("a signal is reduced in double precision to a new array: dtype and out are None")
    if axis is None:
        return None
    axes = normalize_axis_tuple(axis, 2)
    if len(axes) == 0:
        raise ValueError("a signal is reduced over one axis or both, not over none")
    return None if len(axes) == 2 else int(axes[0])


def _shaped(values: Any, axis: int | None, keepdims: bool) -> Any:
    if not keepdims:
        return values
    return np.reshape(values, (1, 1)) if axis is None else np.expand_dims(values, axis)
