"""Block-affine: samples at regular places of one file, which is how nearly every raw format lies.

    address(channel, t) = base[channel] + (t // block_len) * block_stride + (t % block_len) * sample_stride

Flat interleaved and channel-major files are one block; Intan's traditional `.rhd`, Open Ephys `.continuous`, Neuralynx
`.ncs` and EDF have a block a record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.frozen import Frozen, Index, digest, freeze, index_array
from ecogcat.storage.extent import Samples, Scale
from ecogcat.storage.layout import Layout, gather_layout, gather_layout_windows
from ecogcat.storage.maps import source_bytes
from ecogcat.storage.source import Source

__all__ = ["AffineExtent"]


@dataclass(frozen=True, slots=True, eq=False)
class AffineExtent(Frozen):
    """Samples at regular places of one file.

    Parameters
    ----------
    source : Source
        The file.
    dtype : numpy.dtype
        Stored type, byte order included.
    n_samples : int
        Samples of each channel.
    base : array_like of int, shape (n_channels,)
        Byte address of sample 0 of each channel.
    sample_stride : int
        Bytes from one sample of a channel to its next within a block.
    block_len : int, optional
        Samples of a block; None: everything is one block.
    block_stride : int, optional
        Bytes from one block to the next.

    Attributes
    ----------
    layout : Layout
        The same as the kernels take it.

    Raises
    ------
    FormatError
        If a sample would lie outside the file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "two_channels.dat"
    >>> _ = path.write_bytes(np.array([[1, -1], [2, -2], [3, -3]], "<i2").tobytes())  # interleaved
    >>> extent = AffineExtent(Source.open(path), np.dtype("<i2"), 3, base=[0, 2], sample_stride=4)
    >>> out = np.empty((1, 3), "f4")
    >>> extent.gather(np.array([1]), range(3), None, out, 0, 3)
    >>> out
    array([[-1., -2., -3.]], dtype=float32)
    """

    source: Source
    dtype: np.dtype[Any]
    n_samples: int
    base: Index
    sample_stride: int
    block_len: int | None = None
    block_stride: int = 0
    layout: Layout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        base = index_array(self.base)
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        single = self.block_len is None or self.block_len >= self.n_samples
        block_len = max(1, self.n_samples) if single else int(self.block_len or 1)
        if self.n_samples < 0 or block_len < 1 or self.sample_stride < 0 or self.block_stride < 0:
            raise ValueError("lengths and strides of an extent are not negative")
        if self.n_samples and base.size:
            last_block, last = divmod(self.n_samples - 1, block_len)
            reach = max(last, block_len - 1 if last_block else 0) * self.sample_stride
            end = int(base.max()) + last_block * self.block_stride + last * self.sample_stride
            end = max(end, int(base.max()) + max(0, last_block - 1) * self.block_stride + reach)
            if int(base.min()) < 0 or end + self.dtype.itemsize > self.source.size:
                raise FormatError(
                    f"{self.n_samples:,} samples of {base.size} channels do not fit into the file",
                    path=self.source.path,
                    offset=end,
                    expected=f"{end + self.dtype.itemsize:,} bytes",
                    found=f"{self.source.size:,} bytes",
                )
        origin = _ORIGIN if single else None
        group = index_array([0] * base.size)
        layout = Layout(self.dtype, base, group, origin, block_len, self.block_stride, self.sample_stride)
        object.__setattr__(self, "layout", layout)

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
        return 1 if self.layout.origin is not None else self.layout.block_len

    @property
    def token(self) -> str:
        """Digest of the file's content and of the layout."""
        blocks = (self.layout.block_len, self.block_stride, self.sample_stride)
        return digest("affine", self.source.fingerprint, self.dtype.str, self.n_samples, self.base, blocks)

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        gather_layout(source_bytes(self.source), self.layout, channels, samples, scale, out, at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        gather_layout_windows(source_bytes(self.source), self.layout, channels, windows, scale, out)


_ORIGIN = freeze([[0]], np.int64)
