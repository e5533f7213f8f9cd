"""Apart: whether each channel's samples lie together, so that one can be read without passing over the others'."""

from __future__ import annotations

from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.hdf5 import ChunkedExtent, Hdf5Reader
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.scratch import ScratchExtent
from ecogcat.storage.shared import SharedExtent
from ecogcat.storage.stacked import StackedExtent

__all__ = ["channels_apart"]

_TOGETHER_BYTES = 1 << 16  # shorter stretches of a channel are better read with those of the others between them


def channels_apart(extent: Extent) -> bool:
    """Return whether reading channel after channel takes no longer than reading all of them at a time.

    Examples
    --------
    >>> channels_apart(MemoryExtent([[1, 2, 3], [4, 5, 6]]))
    True
    """
    if isinstance(extent, (ConstantExtent, MemoryExtent, ScratchExtent, SharedExtent)):
        return True
    if isinstance(extent, StackedExtent):
        return all(channels_apart(one) for one in extent.extents)
    if isinstance(extent, ChunkedExtent):
        reader = extent.fallback.reader
        stretch = extent.chunk_samples if isinstance(reader, Hdf5Reader) and not reader.time_first else 0
    elif isinstance(extent, AffineExtent):
        layout = extent.layout
        stretch = layout.block_len if layout.sample_stride == extent.dtype.itemsize else 0
    else:
        return False
    return stretch * extent.dtype.itemsize >= min(_TOGETHER_BYTES, extent.n_samples * extent.dtype.itemsize) > 0
