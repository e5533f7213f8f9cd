"""Layout: where samples lie in a buffer of bytes, and the gather over it.

Memory, block-affine files and chunk tables differ only in where blocks start; all end up here.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.frozen import Index
from ecogcat.storage import pool
from ecogcat.storage.extent import Samples, Scale

__all__ = ["Layout", "gather_layout"]

# Outputs of fewer elements are not worth waking a thread for (2-16 us); measured with `python -m benchmarks pool`.
SERIAL_BELOW = 40_000
# Samples of one pass over all rows, so that the bytes of interleaved blocks stay in cache between rows.
_TILE = 512
_BLOCK_TILE = 8192
# Elements decoded at a time on the slow path, which needs a buffer.
_SLOW_BUFFER = 1 << 18

_NUMERIC = {np.dtype(kind + str(size)) for kind in "iu" for size in (1, 2, 4, 8)} | {np.dtype("f4"), np.dtype("f8")}


class Layout(NamedTuple):
    """Sample t of channel c lies at base[c] + origin[group[c], t // block_len] + (t % block_len) * sample_stride.

    All addresses are in bytes.

    Attributes
    ----------
    dtype : numpy.dtype
        Stored type, byte order included.
    base, group : ndarray of int64, shape (n_channels,)
    origin : ndarray of int64, shape (n_groups, n_blocks), or None
        None: block b starts at b * block_stride, and no table of them is ever made.
    block_len, block_stride, sample_stride : int
    """

    dtype: np.dtype[Any]
    base: Index
    group: Index
    origin: Index | None
    block_len: int
    block_stride: int
    sample_stride: int

    def window(self, first: int, last: int) -> tuple[Index, int, int]:
        """Return origins for the blocks that hold samples first..last, their stride, and the first one's sample."""
        b0, b1 = first // self.block_len, last // self.block_len + 1
        if self.origin is not None:
            return np.ascontiguousarray(self.origin[:, b0:b1]), 0, b0 * self.block_len
        stride = self.block_stride if b1 - b0 > 1 else 0
        return np.array([[b0 * self.block_stride]]), stride, b0 * self.block_len


def gather_layout(
    buffer: NDArray[np.uint8],
    layout: Layout,
    channels: Index,
    samples: Samples,
    scale: Scale | None,
    out: NDArray[Any],
    at: int,
    count: int,
) -> None:
    """Decode channels and samples of `buffer` into ``out[:, at : at + count]``; see `Extent.gather`."""
    n_rows = len(channels)
    if n_rows == 0 or count == 0:
        return
    work = partial(_gather, buffer, layout)
    n_parts = settings.threads() if n_rows * count >= SERIAL_BELOW else 1
    if n_parts == 1:
        work(channels, samples, scale, out, at, count)
        return
    tasks = []
    # Rows of their own where a channel's samples are contiguous; elsewhere stretches of time, because neighbouring
    # channels share cache lines.
    if layout.sample_stride == layout.dtype.itemsize and n_rows >= 4 * n_parts:
        for k in range(n_parts):
            rows = slice(n_rows * k // n_parts, n_rows * (k + 1) // n_parts)
            part = None if scale is None else scale.rows(rows)
            tasks.append(partial(work, channels[rows], samples, part, out[rows], at, count))
    else:
        for k in range(n_parts):
            a, b = count * k // n_parts, count * (k + 1) // n_parts
            if b > a:
                tasks.append(partial(work, channels, samples[a:b], scale, out, at + a, b - a))
    pool.run(tasks)


def _gather(
    buffer: NDArray[np.uint8],
    layout: Layout,
    channels: Index,
    samples: Samples,
    scale: Scale | None,
    out: NDArray[Any],
    at: int,
    count: int,
) -> None:
    from ecogcat.kernels.gather import gather_list, gather_range

    if isinstance(samples, range):
        first, last = samples[0], samples[-1]
    else:
        first, last = int(samples.min()), int(samples.max())
    origin, block_stride, start = layout.window(first, last)
    base, group = layout.base[channels], layout.group[channels]
    size = layout.dtype.itemsize
    shift = int(base[0] + origin[0, 0]) % size
    native = layout.dtype.newbyteorder("=")
    if native == np.bool_:
        native = np.dtype(np.uint8)
    target = out.view(np.uint8) if out.dtype == layout.dtype == np.bool_ else out
    congruent = _congruent(layout, base, origin, block_stride)
    if native not in _NUMERIC or target.dtype not in _NUMERIC or not congruent:
        _gather_slowly(buffer, layout, channels, samples, scale, out, at)
        return
    n_items = (len(buffer) - shift) // size
    src = buffer[shift : shift + n_items * size].view(native)
    if size > 1:
        base, origin = (base - base[0]) // size, (origin + base[0] - shift) // size
        block_stride //= size
    gain, offset = scale if scale is not None else (np.ones(len(channels)), np.zeros(len(channels)))
    # One type, one compilation: every input is read-only and contiguous.
    src, base, group, origin, gain, offset = map(_read_only, (src, base, group, origin, gain, offset))
    swapped, scaled = not layout.dtype.isnative, scale is not None
    stride = layout.sample_stride // size
    if isinstance(samples, range):
        tile = _TILE if stride > 1 else max(_BLOCK_TILE, layout.block_len)
        gather_range(
            src, base, group, origin, layout.block_len, block_stride, stride, first - start, samples.step, tile,
            swapped, scaled, gain, offset, at, count, target,
        )  # fmt: skip
    else:
        gather_list(
            src, base, group, origin, layout.block_len, block_stride, stride, _read_only(samples - start),
            swapped, scaled, gain, offset, at, target,
        )  # fmt: skip


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a contiguous array that cannot be written; the caller's own stays as it is."""
    array = np.ascontiguousarray(array).view()
    array.setflags(write=False)
    return array


def _congruent(layout: Layout, base: Index, origin: Index, block_stride: int) -> bool:
    """Whether all items lie at one address modulo their size, so that one typed view of the buffer reaches them."""
    size = layout.dtype.itemsize
    if size == 1:
        return True
    if layout.sample_stride % size or block_stride % size:
        return False
    return not bool(((base - base[0]) % size).any() or ((origin - origin[0, 0]) % size).any())


def _gather_slowly(
    buffer: NDArray[np.uint8],
    layout: Layout,
    channels: Index,
    samples: Samples,
    scale: Scale | None,
    out: NDArray[Any],
    at: int,
) -> None:
    """Collect the bytes first, then let NumPy convert them: right for every type at every address."""
    from ecogcat.kernels.gather import gather_items

    size = layout.dtype.itemsize
    length = max(1, _SLOW_BUFFER // max(1, len(channels)))
    base, group = layout.base[channels], layout.group[channels]
    for a in range(0, len(samples), length):
        wanted = np.array(samples[a : a + length], dtype=np.int64)
        origin, block_stride, start = layout.window(int(wanted.min()), int(wanted.max()))
        arrays = [_read_only(array) for array in (buffer, base, group, origin)]
        local = _read_only(wanted - start)
        items = np.empty((len(channels), len(wanted), size), np.uint8)
        gather_items(*arrays, layout.block_len, block_stride, layout.sample_stride, local, items)
        values: NDArray[Any] = items.view(layout.dtype)[..., 0]
        out[:, at + a : at + a + len(wanted)] = values if scale is None else scale.apply(values)
