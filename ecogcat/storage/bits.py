"""Bits: logic lines that lie as the bits of a stored word, each handed out as a channel of 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, digest, index_array
from ecogcat.storage.extent import Extent, Samples, Scale
from ecogcat.storage.source import Source

__all__ = ["BitsExtent"]

_BUFFER = 1 << 18  # values decoded at a time


@dataclass(frozen=True, slots=True, eq=False)
class BitsExtent(Frozen):
    """Lines of a digital port.

    Parameters
    ----------
    words : Extent
        One channel of integers, the port's word at each sample.
    bits : array_like of int, shape (n_lines,)
        Which bit of the word is which line; 0 is the least significant.

    Examples
    --------
    >>> from ecogcat.storage.memory import MemoryExtent
    >>> lines = BitsExtent(MemoryExtent(np.array([[0, 1, 4, 5]], "u2")), [0, 2])
    >>> out = np.empty((2, 4), "u2")
    >>> lines.gather(np.arange(2), range(4), None, out, 0, 4)
    >>> out.tolist()
    [[0, 1, 0, 1], [0, 0, 1, 1]]
    """

    words: Extent
    bits: Index

    def __post_init__(self) -> None:
        bits = index_array(self.bits)
        object.__setattr__(self, "bits", bits)
        if self.words.n_channels != 1 or self.words.dtype.kind not in "iu":
            raise ValueError("lines are bits of one channel of integers")
        if bits.size and not 0 <= bits.min() <= bits.max() < 8 * self.words.dtype.itemsize:
            raise ValueError(f"a {self.words.dtype} has no bits {bits.tolist()}")

    @property
    def n_channels(self) -> int:
        """Lines."""
        return int(self.bits.size)

    @property
    def n_samples(self) -> int:
        """Samples of each line."""
        return self.words.n_samples

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the word, in native byte order."""
        return self.words.dtype.newbyteorder("=")

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files of the words."""
        return self.words.sources

    @property
    def block_samples(self) -> int:
        """That of the words."""
        return self.words.block_samples

    @property
    def token(self) -> str:
        """Digest of the words' token and the bits."""
        return digest("bits", self.words.token, self.bits)

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        shifts = self.bits[channels].astype(self.dtype)[:, None]
        one = self.dtype.type(1)
        word = index_array([0])
        length = max(1, _BUFFER // max(1, len(channels)))
        for a in range(0, count, length):
            part = samples[a : a + length]
            words = np.empty((1, len(part)), self.dtype)
            self.words.gather(word, part, None, words, 0, len(part))
            values: NDArray[Any] = (words >> shifts) & one
            out[:, at + a : at + a + len(part)] = values if scale is None else scale.apply(values)
