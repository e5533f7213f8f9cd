"""Int24: 24-bit integers at regular places of one file, as BDF stores them; handed out as int32."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.frozen import Frozen, Index, digest
from ecogcat.storage import layout, pool
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Samples, Scale
from ecogcat.storage.maps import source_bytes
from ecogcat.storage.source import Source

__all__ = ["Int24Extent"]

_INT32 = np.dtype(np.int32)
_THREE_BYTES = np.dtype("V3")
_DIRECT = {np.dtype(code) for code in ("i4", "i8", "f4", "f8")}
# Numbers decoded at a time where the output is of another type.
_BUFFER = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Int24Extent(Frozen):
    """Signed 24-bit integers, the lowest byte first, at regular places of one file.

    Parameters
    ----------
    source, n_samples, base, sample_stride, block_len, block_stride
        As those of `AffineExtent`; all addresses are in bytes.

    Raises
    ------
    FormatError
        If a sample would lie outside the file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.bin"
    >>> _ = path.write_bytes(bytes([1, 0, 0, 255, 255, 255]))
    >>> extent = Int24Extent(Source.open(path), 2, base=[0], sample_stride=3)
    >>> out = np.empty((1, 2), "i4")
    >>> extent.gather(np.array([0]), range(2), None, out, 0, 2)
    >>> out
    array([[ 1, -1]], dtype=int32)
    """

    source: Source
    n_samples: int
    base: Index
    sample_stride: int
    block_len: int | None = None
    block_stride: int = 0
    _places: AffineExtent = field(init=False, repr=False)

    def __post_init__(self) -> None:
        blocks = (self.block_len, self.block_stride)
        places = AffineExtent(self.source, _THREE_BYTES, self.n_samples, self.base, self.sample_stride, *blocks)
        object.__setattr__(self, "base", places.base)
        object.__setattr__(self, "_places", places)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that the numbers are handed out in: int32."""
        return _INT32

    @property
    def n_channels(self) -> int:
        """Channels stored."""
        return self._places.n_channels

    @property
    def sources(self) -> tuple[Source, ...]:
        """The file."""
        return (self.source,)

    @property
    def block_samples(self) -> int:
        """Samples of a block."""
        return self._places.block_samples

    @property
    def token(self) -> str:
        """Digest of the file's content and of the layout."""
        return digest("int24", self._places.token)

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        if len(channels) == 0 or count == 0:
            return
        buffer = source_bytes(self.source)
        effort = 8 * len(channels) * count  # as `gather_layout` counts what takes work rather than bandwidth
        n_parts = settings.threads() if effort >= layout.SERIAL_BELOW else 1
        edges = [count * k // n_parts for k in range(n_parts + 1)]
        work = partial(self._gather, buffer, channels)
        pool.run([partial(work, samples[a:b], scale, out, at + a) for a, b in pairwise(edges) if b > a])

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        if len(channels) and len(windows):
            buffer = source_bytes(self.source)
            for epoch, first, at, count in windows.tolist():
                self._gather(buffer, channels, range(first, first + count), scale, out[epoch], at)

    def _gather(
        self,
        buffer: NDArray[np.uint8],
        channels: Index,
        samples: Samples,
        scale: Scale | None,
        out: NDArray[Any],
        at: int,
    ) -> None:
        if out.dtype not in _DIRECT:
            length = max(1, _BUFFER // len(channels))
            for a in range(0, len(samples), length):
                some = samples[a : a + length]
                stored = np.empty((len(channels), len(some)), _INT32)
                self._gather(buffer, channels, some, None, stored, 0)
                out[:, at + a : at + a + len(some)] = stored if scale is None else scale.apply(stored)
            return
        from ecogcat.kernels.int24 import gather_int24_list, gather_int24_range

        n = len(channels)
        block_len = self._places.layout.block_len
        gain, offset = (np.ones(n), np.zeros(n)) if scale is None else (np.array(one) for one in scale[:2])
        stored_at = (buffer, self.base[channels], block_len, self.block_stride, self.sample_stride)
        values = (scale is not None, gain, offset, at)
        if isinstance(samples, range):
            gather_int24_range(*stored_at, samples.start, samples.step, *values, len(samples), out)
        else:
            gather_int24_list(*stored_at, np.array(samples, np.int64), *values, out)
