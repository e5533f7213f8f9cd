"""Stored numbers: what a drawn extent holds, drawn first, and the ways to lay it out in bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, digest, freeze
from ecogcat.storage.extent import Extent

__all__ = ["DTYPES", "Dice", "RecordingReader", "Request", "Stored", "dtypes", "numbers"]

DTYPES = tuple(np.dtype(code) for code in "?bBhHiIqQefdFD")
"""Every type that samples are stored in, in native byte order."""


class Request(NamedTuple):
    """One call of a reader: ascending channels, and the samples start..stop."""

    channels: tuple[int, ...]
    start: int
    stop: int


class Stored(NamedTuple):
    """An extent, and what is known to lie in it.

    Attributes
    ----------
    extent : Extent
    values : ndarray, shape (n_channels, n_samples)
        The stored numbers, in native byte order.
    kind : str
        One of `ecogcat.testing.strategies.EXTENT_KINDS`.
    places : ndarray of int64, shape (n_channels, n_samples), or None
        Byte address of each number in its file or array, where it has one and there is one file.
    requests : list of Request, or None
        What was asked of the reader so far, where there is one that keeps a log.
    """

    extent: Extent
    values: NDArray[Any]
    kind: str
    places: Index | None = None
    requests: list[Request] | None = None

    def __repr__(self) -> str:
        n_channels, n_samples = self.values.shape
        return f"<{self.kind}: {n_channels} x {n_samples} {self.extent.dtype.str}>"


@dataclass(frozen=True, slots=True, eq=False)
class RecordingReader(Frozen):
    """A reader of numbers in memory that writes down what it is asked for.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_samples)
    requests : list of Request
        The log; a pickled copy continues one of its own.
    """

    data: NDArray[Any]
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", freeze(self.data))

    @property
    def token(self) -> str:
        """Digest of the numbers."""
        return digest("recording reader", self.data)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the stored numbers, and note the request; see `ecogcat.storage.reader.Reader`."""
        self.requests.append(Request(tuple(channels.tolist()), start, stop))
        return self.data[channels, start:stop]


class Dice:
    """Choices that follow from one drawn seed: paddings, orders, gains. Drawn one by one, each would take 50 us.

    Parameters
    ----------
    seed : int
        Equal seeds make equal choices; 0 makes the plainest ones.
    """

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.plain = seed == 0

    def whole(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`."""
        return low if self.plain else int(self.rng.integers(low, high, endpoint=True))

    def coin(self) -> bool:
        """Return True or False."""
        return bool(self.whole(0, 1))

    def one(self, things: Sequence[Any]) -> Any:
        """Return one of some things."""
        return things[self.whole(0, len(things) - 1)]

    def order(self, n: int) -> Index:
        """Return the numbers below `n` in some order."""
        numbers = np.arange(n, dtype=np.int64)
        return numbers if self.plain else self.rng.permutation(numbers)


def dtypes(kinds: str = "biufc") -> st.SearchStrategy[np.dtype[Any]]:
    """Return a strategy of stored types of some kinds, in either byte order."""
    native = [one for one in DTYPES if one.kind in kinds]
    return st.sampled_from([*native, *(one.newbyteorder("S") for one in native if one.itemsize > 1)])


def numbers(seed: int, dtype: np.dtype[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Return numbers over the whole range of a type, extremes, NaN and infinities among them.

    Parameters
    ----------
    seed : int
        Equal seeds give equal numbers. A strategy draws the seed, not the numbers: they matter less than shapes.
    dtype : numpy.dtype
        The byte order is ignored.
    shape : tuple of int
    """
    rng = np.random.default_rng(seed)
    native = dtype.newbyteorder("=")
    if native.kind == "b":
        return rng.integers(0, 2, shape).astype(native)
    if native.kind in "iu":
        limits = np.iinfo(native)
        values = rng.integers(limits.min, limits.max, shape, native, endpoint=True)
        special: list[Any] = [limits.min, limits.max, 0]
    else:
        values = np.asarray(rng.standard_normal(shape) * 100.0, native)
        if native.kind == "c":
            values = np.asarray(values + 1j * rng.standard_normal(shape), native)
        # An infinite complex number times a real one is partly NaN, which NumPy warns of.
        special = [0.0, -0.0, np.nan] if native.kind == "c" else [0.0, -0.0, np.nan, np.inf, -np.inf]
    if values.size and rng.random() < 0.5:
        where = rng.integers(0, values.size, 2)
        values.reshape(-1)[where] = rng.choice(np.array(special, native), 2)
    return values
