"""Reductions: mean, variance, extremes and sums of a signal, streamed in blocks, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.limits import refuse_beyond_limit
from ecogcat.reading.comparisons import Comparisons
from ecogcat.storage import maps, pool
from ecogcat.storage.reader import ReaderExtent

__all__ = ["Reductions"]

_Axis = int | tuple[int, ...] | None
_Moments = tuple[Any, Any, Any]

# Decoded and reduced at a time: 1 MiB of float32, which is still in the cache when it is reduced.
_VALUES = 1 << 18


class Reductions(Comparisons):
    """What NumPy's array methods of the same names return, without holding the array in memory.

    `axis` is None (everything), 0 or -2 (over channels), 1 or -1 (over time). Sums and means accumulate in float64
    (sums of integers in 64-bit integers), whatever the type of the signal. NaN propagates; the mean of nothing is NaN.
    Those with `nan` leave NaN out; NaN is what they return where nothing else is there.

    NumPy's functions work, too: ``np.mean(signal, axis=1)`` streams (``np.nanmean(signal)`` reads all of it first).
    So do `np.array_equal`, `np.array_equiv` and `np.allclose`. `dtype` and `out` are there for them, and stay None.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        dtype: np.dtype[Any]
        blocks: Callable[..., Iterator[tuple[int, NDArray[Any]]]]
        block_length: Callable[[], int]
        read: Callable[..., NDArray[Any]]
        pieces: tuple[Any, ...]

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
        for parts in self._reduced(lambda block: _sum(block, 1, wide), total.dtype):
            total = _sum(np.concatenate([total[None], parts]), 0, None)
        return _shaped(_sum(total, 0, None) if which is None else total, which, keepdims)

    def mean(self, axis: _Axis = None, dtype: None = None, out: None = None, *, keepdims: bool = False) -> Any:
        """Return the mean, float64; shape (n_channels,), (n_samples,) or scalar."""
        which = _checked(axis, dtype, out)
        if which == 0:
            mean = self._each_sample(lambda block: _mean(block, 0))
        else:
            n, total, _ = self._moments(which, skip=False)
            mean = _divided_each(total, n)
        return _shaped(mean, which, keepdims)

    def var(
        self, axis: _Axis = None, dtype: None = None, out: None = None, ddof: int = 0, *, keepdims: bool = False
    ) -> Any:
        """Return the variance, float64; divided by n - ddof; shape (n_channels,), (n_samples,) or scalar."""
        which = _checked(axis, dtype, out)
        if which == 0:
            variance = self._each_sample(lambda block: _divided(_squares(block, 0)[1], len(block) - ddof))
        else:
            n, _, squares = self._moments(which, skip=False)
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
        which = _checked(axis, None, None)
        if which == 0:
            zero = self.dtype.type(0)
            wide = _wide(self.dtype)
            total = self._each_sample(lambda block: _sum(np.where(np.isnan(block), zero, block), 0, wide))
        else:
            total = self._moments(which, skip=True)[1]
        return _shaped(total, which, keepdims)

    def nanmean(self, axis: _Axis = None, *, keepdims: bool = False) -> Any:
        """Return the mean of what is not NaN, float64; NaN where nothing is."""
        which = _checked(axis, None, None)
        n, total, _ = self._nan_moments(which)
        return _shaped(_divided_each(total, n), which, keepdims)

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
        """Return how many values are not NaN, their sum, and the sum of their squared deviations from the mean."""
        if axis == 0:
            n, total, squares = self._each_sample(lambda block: np.stack(_present(block, 0)))
            return n.real, total, squares.real
        return self._moments(axis, skip=True)

    def _moments(self, axis: int | None, skip: bool) -> _Moments:
        """Return the count, the sum, and the sum of squared deviations of each channel, or of everything."""
        from ecogcat.kernels.moments import unite_moments

        # Of complex numbers, real and imaginary parts are rows.
        n_parts = 2 if self.dtype.kind == "c" else 1
        moments = np.zeros((3, self.shape[0] * n_parts))
        for parts in self._reduced(partial(_block_moments, skip), np.dtype(np.float64), (3, moments.shape[1])):
            with np.errstate(invalid="ignore", over="ignore"):
                unite_moments(parts, moments)
        if axis is None:
            each, moments = moments.reshape(3, n_parts, -1), np.zeros((3, n_parts))
            with np.errstate(invalid="ignore", over="ignore"):
                unite_moments(np.ascontiguousarray(each.transpose(2, 0, 1)), moments)
        n, total, squares = moments.reshape(3, n_parts, -1)
        values = total[0] + 1j * total[1] if n_parts == 2 else total[0]
        some = ... if axis == 1 else 0
        return n[0][some], values[some], squares.sum(0)[some]

    def _reduced(
        self, reduce: Callable[[NDArray[Any]], Any], dtype: np.dtype[Any], shape: tuple[int, ...] | None = None
    ) -> Iterator[NDArray[Any]]:
        """Yield what `reduce` makes of small blocks of time, shape (n_blocks, *shape), in order.

        Where small blocks end does not depend on how many threads there are, so neither does the result.
        """
        n_channels, n_samples = self.shape
        if not n_channels or not n_samples:
            return
        length = self.block_length()
        # What is decoded or computed comes in large blocks, and on threads of its own.
        whole = any(isinstance(piece.extent, ReaderExtent) for piece in self.pieces)
        small = length if whole else min(length, max(1, _VALUES // n_channels))

        def some(first: int, stop: int, out: NDArray[Any]) -> None:
            buffer = np.empty((n_channels, min(small, stop - first)), self.dtype)
            for k, at in enumerate(range(first, stop, small)):
                block = buffer[:, : min(small, stop - at)]
                out[k] = reduce(self.read(start=at, stop=at + block.shape[1], out=block))

        threads = settings.threads()
        for start in range(0, n_samples, length):
            stop = min(n_samples, start + length)
            n = -(-(stop - start) // small)
            out = np.empty((n, *(shape or (n_channels,))), dtype)
            edges = sorted({n * k // threads for k in range(threads + 1)})
            pool.run(
                [partial(some, start + a * small, min(stop, start + b * small), out[a:b]) for a, b in pairwise(edges)]
            )
            yield out
            maps.relieve()

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
        for parts in self._reduced(lambda block: function.reduce(block, axis=1), self.dtype):
            part = function.reduce(parts, axis=0)
            result = part if result is None else function(result, part)
        if result is None:
            result = function.reduce(np.empty(self.shape, self.dtype), axis=1)  # NumPy's error for no samples
        return _shaped(function.reduce(result) if axis is None else result, axis, keepdims)


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
    """Return the count, the sum and the squared deviations of what is not NaN."""
    there = ~np.isnan(values)
    n = there.sum(axis)
    total = _sum(np.where(there, values, values.dtype.type(0)), axis, _wide(values.dtype))
    with np.errstate(invalid="ignore"):  # infinities: NaN, as NumPy has it
        away = np.where(there, values - np.expand_dims(_divided_each(total, n), axis), 0)
        return n, total, (away.real**2 + away.imag**2 if away.dtype.kind == "c" else away * away).sum(axis)


def _block_moments(skip: bool, block: NDArray[Any]) -> NDArray[np.float64]:
    from ecogcat.kernels.moments import row_moments

    if block.dtype.kind == "c":
        block = np.where(np.isnan(block), complex(np.nan, np.nan), block) if skip else block
        block = np.concatenate([block.real, block.imag])
    elif block.dtype.char in "?eg":  # what Numba does not know, or not as numbers
        block = block.astype(np.float64)
    out = np.empty((3, len(block)))
    with np.errstate(invalid="ignore", over="ignore"):  # infinities: compiled, the kernel says nothing of them
        row_moments(block, skip, out)
    return out


def _divided_each(values: Any, n: Any) -> Any:
    """Divide by counts; NaN where nothing was counted."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.asarray(n) > 0, values / np.asarray(n, np.float64), np.nan)[()]


def _divided(values: Any, n: Any) -> Any:
    """Divide; by nothing (no values, or no more than `ddof`) as NumPy does, without its warning."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return values / np.maximum(n, 0.0)


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
