"""Single: the gains for which single precision decodes every stored number to the very float32 that double does.

Integers of 16 bits have few values, so this can be tried out: all of them, once a gain.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import freeze

__all__ = ["single_suffices"]

# A trial takes 0.1 ms; a recording with a gain of its own for each channel is left to double precision.
_MOST_GAINS = 8


def single_suffices(dtype: np.dtype[Any], gain: NDArray[np.float64], offset: NDArray[np.float64]) -> bool:
    """Whether stored numbers of `dtype` times `gain` plus `offset` are the same float32 in either precision.

    Parameters
    ----------
    dtype : numpy.dtype
        Type of the stored numbers.
    gain, offset : ndarray of float64, shape (n_channels,)

    Returns
    -------
    bool
        False also where it was not tried: for wider integers, floats, and many different gains.

    Examples
    --------
    >>> single_suffices(np.dtype("i2"), np.array([0.1]), np.array([0.05]))  # half a count
    False
    """
    if dtype.kind not in "iu" or dtype.itemsize > 2 or not _has_fused():
        return False
    pairs = set(zip(gain.tolist(), offset.tolist(), strict=True))
    return len(pairs) <= _MOST_GAINS and all(_is_exact(dtype.newbyteorder("="), *pair) for pair in pairs)


@lru_cache(4096)
def _is_exact(dtype: np.dtype[Any], gain: float, offset: float) -> bool:
    from ecogcat.kernels.gather import DOUBLE, SINGLE, gather_range

    if gain == 0 or abs(offset / gain) > 1 << 22:  # counts from there on would have to be float32 exactly
        return False
    info = np.iinfo(dtype)
    numbers = freeze(np.arange(info.min, info.max + 1), dtype)
    zero, n = freeze([0], np.int64), len(numbers)
    place = (numbers, zero, zero, freeze(zero[None]), n, 0, 1, 0, 1, n, False)
    values = np.empty((2, n), np.float32)
    with np.errstate(over="ignore"):
        for row, scaled in enumerate((DOUBLE, SINGLE)):
            gather_range(*place, scaled, freeze([gain]), freeze([offset]), 0, n, values[row : row + 1])
    double, single = values.view(np.uint32)
    return bool((double == single).all())


@cache
def _has_fused() -> bool:
    """Whether the processor multiplies and adds in one step; without the JIT, trying takes longer than it saves."""
    from llvmlite import binding  # type: ignore[import-untyped]
    from numba.core import config

    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return False
    features = binding.get_host_cpu_features()
    return bool(features.get("fma", "x86" not in binding.get_default_triple()))
