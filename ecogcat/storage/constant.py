"""Constant: samples that are stored nowhere, such as a gap between recordings filled with NaN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, digest
from ecogcat.storage.extent import Samples, Scale
from ecogcat.storage.source import Source

__all__ = ["ConstantExtent"]


@dataclass(frozen=True, slots=True, eq=False)
class ConstantExtent(Frozen):
    """`n_channels` x `n_samples` times one value; costs no memory and no storage.

    Parameters
    ----------
    n_channels, n_samples : int
    value : float
    dtype : numpy.dtype

    Examples
    --------
    >>> ConstantExtent(2, 5, 0.0, np.dtype("f4")).n_samples
    5
    """

    n_channels: int
    n_samples: int
    value: float
    dtype: np.dtype[Any]

    @property
    def sources(self) -> tuple[Source, ...]:
        """No files."""
        return ()

    @property
    def block_samples(self) -> int:
        """Repeats at every sample."""
        return 1

    @property
    def token(self) -> str:
        """Digest of shape, value and type."""
        return digest("constant", self.n_channels, self.n_samples, float(self.value), self.dtype.str)

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Fill ``out[:, at : at + count]``; see `Extent.gather`."""
        value = np.full((len(channels), 1), self.value, self.dtype)
        out[:, at : at + count] = value if scale is None else scale.apply(value)
