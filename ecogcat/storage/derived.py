"""Derived: samples that were computed once, named by what they were computed from and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index
from ecogcat.storage.extent import Extent, Samples, Scale
from ecogcat.storage.source import Source
from ecogcat.storage.spill import SpillFile
from ecogcat.storage.windows import gather_windows

__all__ = ["DerivedExtent"]


@dataclass(frozen=True, slots=True, eq=False)
class DerivedExtent(Frozen):
    """Computed samples where they lie, under the digest of their recipe instead of one of the numbers.

    Parameters
    ----------
    extent : Extent
        Where they lie.
    token : str
        Digest of the recipe; equal ones must mean equal numbers.
    file : SpillFile, optional
        The file that they lie in, which stays as long as the extent does.
    """

    extent: Extent
    token: str
    file: SpillFile | None = None

    @property
    def n_channels(self) -> int:
        """Channels stored."""
        return self.extent.n_channels

    @property
    def n_samples(self) -> int:
        """Samples stored of each channel."""
        return self.extent.n_samples

    @property
    def dtype(self) -> np.dtype[Any]:
        """Stored type."""
        return self.extent.dtype

    @property
    def sources(self) -> tuple[Source, ...]:
        """The file of ours that holds the numbers, if they are not in memory."""
        return self.extent.sources

    @property
    def block_samples(self) -> int:
        """The number of samples after which the storage repeats itself."""
        return self.extent.block_samples

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        self.extent.gather(channels, samples, scale, out, at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        gather_windows(self.extent, channels, windows, scale, out)
