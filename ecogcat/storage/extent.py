"""Extent: what every stretch of stored samples can do, wherever and however it lies.

An extent has `n_channels`, `n_samples`, a stored `dtype`, the `sources` it reads and a `token`; it decodes any of its
channels and samples into any part of an output array. Everything above storage talks to this interface alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Index
from ecogcat.storage.source import Source

__all__ = ["Extent", "Samples", "Scale"]

Samples = range | Index
"""Samples of an extent: a range with a positive step, or an int64 list in any order."""


class Scale(NamedTuple):
    """value = stored * gain + offset, in double precision, a row of the output at a time.

    Attributes
    ----------
    gain, offset : ndarray of float64, shape (n_rows,)
    single : bool
        Single precision is known to give the same float32; see `ecogcat.storage.single`.
    """

    gain: NDArray[np.float64]
    offset: NDArray[np.float64]
    single: bool = False

    def rows(self, rows: slice) -> Scale:
        """Return the scale of some rows."""
        return Scale(self.gain[rows], self.offset[rows], self.single)

    def apply(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Return the values of stored numbers (n_rows, n): double precision, complex where they are."""
        values = stored.astype(np.complex128 if stored.dtype.kind == "c" else np.float64)
        values *= self.gain[:, None]
        values += self.offset[:, None]
        return values


@runtime_checkable
class Extent(Protocol):
    """How one stretch of samples lies in bytes, and how to get at it.

    Implementations are frozen records: immutable, hashable by identity, picklable by path.
    """

    @property
    def n_channels(self) -> int:
        """Channels stored."""

    @property
    def n_samples(self) -> int:
        """Samples stored of each channel."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Stored type, byte order included."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files read; empty for memory."""

    @property
    def token(self) -> str:
        """Digest of content and layout; equal for equal content wherever the files lie."""

    @property
    def block_samples(self) -> int:
        """The number of samples after which the storage repeats itself: blocks of reading should align to it."""

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode ``channels`` (n_rows,) at ``samples`` (count,) into ``out[:, at : at + count]``.

        Parameters
        ----------
        channels : ndarray of int64, shape (n_rows,)
            Channels of the extent, in any order, repeats allowed; within bounds.
        samples : range or ndarray of int64
            Samples of the extent; within bounds. Ranges have a positive step.
        scale : Scale or None
            None hands out the stored numbers, cast to the type of `out`.
        out : ndarray, shape (n_rows, n_columns)
        at, count : int
            The columns of `out` to fill.
        """
