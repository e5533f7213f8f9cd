"""Memory: samples that lie in an array of this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, digest, freeze, index_array
from ecogcat.storage.extent import Samples, Scale
from ecogcat.storage.layout import Layout, gather_layout, gather_layout_windows
from ecogcat.storage.source import Source

__all__ = ["MemoryExtent"]


@dataclass(frozen=True, slots=True, eq=False)
class MemoryExtent(Frozen):
    """Samples in memory.

    Parameters
    ----------
    data : array_like, shape (n_channels, n_samples)
        Copied and frozen in native byte order, unless it is that already and nobody can write to it.

    Examples
    --------
    >>> MemoryExtent([[1, 2, 3], [4, 5, 6]]).n_samples
    3
    """

    data: NDArray[Any]
    _layout: Layout = field(init=False, repr=False)
    _token: str | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        data = np.asarray(self.data)
        # Native byte order, because unpickling an array swaps it silently and equal values need equal tokens.
        data = freeze(data, data.dtype.newbyteorder("="))
        if data.ndim != 2:
            raise ValueError(f"samples in memory are (n_channels, n_samples), not of shape {data.shape}")
        if data.dtype.kind not in "biufc":
            raise TypeError(f"samples are numbers, not {data.dtype}")
        n_channels, n_samples = data.shape
        base = freeze(np.arange(n_channels, dtype=np.int64) * (n_samples * data.itemsize))
        layout = Layout(data.dtype, base, index_array([0] * n_channels), _ORIGIN, max(1, n_samples), 0, data.itemsize)
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "_layout", layout)

    @property
    def n_channels(self) -> int:
        """Channels stored."""
        return int(self.data.shape[0])

    @property
    def n_samples(self) -> int:
        """Samples stored of each channel."""
        return int(self.data.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Stored type."""
        return self.data.dtype

    @property
    def sources(self) -> tuple[Source, ...]:
        """No files."""
        return ()

    @property
    def block_samples(self) -> int:
        """Memory repeats nowhere."""
        return 1

    @property
    def token(self) -> str:
        """Digest of the numbers; taken once."""
        if self._token is None:
            object.__setattr__(self, "_token", digest("memory", self.data))
        return self._token  # type: ignore[return-value]

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        buffer = self.data.reshape(-1).view(np.uint8)
        gather_layout(buffer, self._layout, channels, samples, scale, out, at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        buffer = self.data.reshape(-1).view(np.uint8)
        gather_layout_windows(buffer, self._layout, channels, windows, scale, out)


_ORIGIN = freeze([[0]], np.int64)
