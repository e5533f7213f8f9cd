"""Table: blocks of one length at irregular places of one file, each looked up in a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.frozen import Frozen, Index, digest, index_array
from ecogcat.storage.extent import Samples, Scale
from ecogcat.storage.layout import Layout, gather_layout, gather_layout_windows
from ecogcat.storage.maps import source_bytes
from ecogcat.storage.source import Source

__all__ = ["TableExtent"]


@dataclass(frozen=True, slots=True, eq=False)
class TableExtent(Frozen):
    """Samples in blocks of one length, which begin anywhere.

        address(channel, t) = base[channel] + origin[t // block_len] + (t % block_len) * sample_stride

    Parameters
    ----------
    source : Source
        The file.
    dtype : numpy.dtype
        Stored type, byte order included.
    n_samples : int
        Samples of each channel; the last block may be shorter.
    base : array_like of int, shape (n_channels,)
        Where the channels begin within a block, in bytes.
    origin : array_like of int, shape (n_blocks,)
        Where the blocks begin in the file.
    sample_stride : int
        Bytes from one sample of a channel to its next within a block.
    block_len : int
        Samples of a block.

    Raises
    ------
    FormatError
        If a sample would lie outside the file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "blocks.dat"
    >>> _ = path.write_bytes(bytes([0, 1, 2, 99, 3, 4]))
    >>> extent = TableExtent(
    ...     Source.open(path), np.dtype("u1"), 4, base=[0], origin=[1, 4], sample_stride=1, block_len=2
    ... )
    >>> out = np.empty((1, 4), "u1")
    >>> extent.gather(np.array([0]), range(4), None, out, 0, 4)
    >>> out
    array([[1, 2, 3, 4]], dtype=uint8)
    """

    source: Source
    dtype: np.dtype[Any]
    n_samples: int
    base: Index
    origin: Index
    sample_stride: int
    block_len: int
    _layout: Layout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        base, origin = index_array(self.base), index_array(self.origin)
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "origin", origin)
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        if self.n_samples < 0 or self.block_len < 1 or self.sample_stride < 0:
            raise ValueError("lengths and strides of an extent are not negative")
        if not origin.size or -(-self.n_samples // self.block_len) > origin.size:
            raise ValueError(
                f"{self.n_samples:,} samples do not lie in {origin.size:,} blocks of {self.block_len:,} samples"
            )
        if self.n_samples and base.size:
            last_block, last = divmod(self.n_samples - 1, self.block_len)
            end = int(base.max()) + int(origin[last_block]) + last * self.sample_stride
            if last_block:
                whole = (self.block_len - 1) * self.sample_stride
                end = max(end, int(base.max()) + int(origin[:last_block].max()) + whole)
            if int(base.min()) + int(origin.min()) < 0 or end + self.dtype.itemsize > self.source.size:
                raise FormatError(
                    f"{self.n_samples:,} samples of {base.size} channels do not fit into the file",
                    path=self.source.path,
                    offset=end,
                    expected=f"{end + self.dtype.itemsize:,} bytes",
                    found=f"{self.source.size:,} bytes",
                )
        group = index_array([0] * base.size)
        layout = Layout(
            self.dtype, base, group, index_array(origin).reshape(1, -1), self.block_len, 0, self.sample_stride
        )
        object.__setattr__(self, "_layout", layout)

    @property
    def n_channels(self) -> int:
        """Channels stored."""
        return int(self.base.size)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The file."""
        return (self.source,)

    @property
    def block_samples(self) -> int:
        """Samples of a block."""
        return self.block_len

    @property
    def token(self) -> str:
        """Digest of the file's content and of the layout."""
        layout = (self.base, self.origin, self.sample_stride, self.block_len)
        return digest("table", self.source.fingerprint, self.dtype.str, self.n_samples, layout)

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        gather_layout(source_bytes(self.source), self._layout, channels, samples, scale, out, at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        gather_layout_windows(source_bytes(self.source), self._layout, channels, windows, scale, out)
