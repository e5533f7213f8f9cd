"""Stacked: channels of several extents as one, for formats with a file a channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, digest, index_array
from ecogcat.storage.alike import Alike
from ecogcat.storage.extent import Extent, Samples, Scale
from ecogcat.storage.source import Source

__all__ = ["StackedExtent"]


@dataclass(frozen=True, slots=True, eq=False)
class StackedExtent(Frozen):
    """The channels of `extents`, one after the other; all of one length.

    Parameters
    ----------
    extents : sequence of Extent

    Examples
    --------
    >>> from ecogcat.storage.memory import MemoryExtent
    >>> StackedExtent((MemoryExtent([[1, 2]]), MemoryExtent([[3, 4]]))).n_channels
    2
    """

    extents: tuple[Extent, ...]
    _first: Index = field(init=False, repr=False)
    _alike: Alike | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        extents = tuple(self.extents)
        if not extents:
            raise ValueError("a stacked extent needs at least one extent")
        lengths = sorted({extent.n_samples for extent in extents})
        if len(lengths) > 1:
            raise ValueError(f"stacked extents are of one length, not {lengths}")
        object.__setattr__(self, "extents", extents)
        counts = [extent.n_channels for extent in extents]
        object.__setattr__(self, "_first", index_array(np.concatenate([[0], np.cumsum(counts)])))
        object.__setattr__(self, "_alike", Alike.of(extents))

    @property
    def n_channels(self) -> int:
        """Channels stored."""
        return int(self._first[-1])

    @property
    def n_samples(self) -> int:
        """Samples stored of each channel."""
        return self.extents[0].n_samples

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that holds the stored numbers of all."""
        dtypes = {extent.dtype for extent in self.extents}
        return next(iter(dtypes)) if len(dtypes) == 1 else np.result_type(*dtypes)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files of all."""
        return tuple(dict.fromkeys(source for extent in self.extents for source in extent.sources))

    @property
    def block_samples(self) -> int:
        """The coarsest repetition of any."""
        return max(extent.block_samples for extent in self.extents)

    @property
    def token(self) -> str:
        """Digest of the extents' tokens."""
        return digest("stacked", [extent.token for extent in self.extents])

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        if self._alike is not None:
            self._alike.gather(channels, samples, scale, out, at, count)
            return
        owner = np.searchsorted(self._first, channels, side="right") - 1
        edges = np.flatnonzero(np.diff(owner)) + 1
        # A run of rows of one extent at a time: slices of `out` need no buffer, lists of rows would.
        for a, b in zip([0, *edges], [*edges, len(channels)], strict=True):
            if b > a:
                extent, first = self.extents[owner[a]], self._first[owner[a]]
                part = None if scale is None else scale.rows(slice(a, b))
                extent.gather(channels[a:b] - first, samples, part, out[a:b], at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        if self._alike is not None:
            self._alike.gather_windows(channels, windows, scale, out)
            return
        for epoch, first, at, count in windows.tolist():
            self.gather(channels, range(first, first + count), scale, out[epoch], at, count)
