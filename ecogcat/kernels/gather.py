"""Gather: samples from where they lie into rows of an output, byte-swapped and scaled in one pass.

All layouts share one address, in elements of `src`: sample t of row i lies at

    base[i] + origin[group[i], b] + b * block_stride + (t % block_len) * stride          with b = t // block_len

`origin` is the start of each block, a row for each band of channels (a chunk table, `block_stride` 0), or one column
that stands for all blocks (block-affine: no table, however long the recording).
Values are scaled in double precision and stored in the type of `out`, so that float32 results are correctly rounded.
"""

from __future__ import annotations

from typing import Any

from ecogcat.kernels.bits import swap_bytes
from ecogcat.kernels.jit import inline, kernel

__all__ = ["gather_items", "gather_list", "gather_range"]


@inline
def _store(src: Any, p: int, jump: int, swapped: bool, scaled: bool, gain: float, offset: float, dst: Any) -> None:
    """Fill `dst` from every `jump`-th element of `src` on from `p`.

    One loop a case: contiguous runs vectorise only where the compiler can see the stride of 1, and moving through
    slices that start at 0 (`run`, `dst`) halves the time against indexing the full arrays.
    """
    n = dst.size
    if jump == 1:
        run = src[p : p + n]
        if swapped:
            if scaled:
                for q in range(n):
                    dst[q] = swap_bytes(run[q]) * gain + offset
            else:
                for q in range(n):
                    dst[q] = swap_bytes(run[q])
        elif scaled:
            for q in range(n):
                dst[q] = run[q] * gain + offset
        else:
            for q in range(n):
                dst[q] = run[q]
    elif swapped:
        for q in range(n):
            if scaled:
                dst[q] = swap_bytes(src[p]) * gain + offset
            else:
                dst[q] = swap_bytes(src[p])
            p += jump
    elif scaled:
        for q in range(n):
            dst[q] = src[p] * gain + offset
            p += jump
    else:
        for q in range(n):
            dst[q] = src[p]
            p += jump


@kernel
def gather_range(
    src: Any,
    base: Any,
    group: Any,
    origin: Any,
    block_len: int,
    block_stride: int,
    stride: int,
    first: int,
    step: int,
    tile: int,
    swapped: bool,
    scaled: bool,
    gain: Any,
    offset: Any,
    at: int,
    count: int,
    out: Any,
) -> None:
    """Gather samples ``first + k * step`` for k < `count` of every row into ``out[:, at : at + count]``.

    Time advances in tiles of `tile` samples, all rows within one: for interleaved and block layouts the bytes of a
    tile stay in cache while the rows are drawn from it.
    """
    last = origin.shape[1] - 1
    for t0 in range(0, count, tile):
        t1 = min(count, t0 + tile)
        for i in range(out.shape[0]):
            position = first + t0 * step
            t = t0
            while t < t1:
                block = position // block_len
                k = position - block * block_len
                m = min((block_len - k + step - 1) // step, t1 - t)
                p = base[i] + origin[group[i], min(block, last)] + block * block_stride + k * stride
                _store(src, p, stride * step, swapped, scaled, gain[i], offset[i], out[i, at + t : at + t + m])
                t += m
                position += m * step


@kernel
def gather_list(
    src: Any,
    base: Any,
    group: Any,
    origin: Any,
    block_len: int,
    block_stride: int,
    stride: int,
    samples: Any,
    swapped: bool,
    scaled: bool,
    gain: Any,
    offset: Any,
    at: int,
    out: Any,
) -> None:
    """Gather the listed `samples`, in any order, of every row into ``out[:, at : at + len(samples)]``."""
    last = origin.shape[1] - 1
    for i in range(out.shape[0]):
        for q in range(samples.size):
            block = samples[q] // block_len
            p = base[i] + origin[group[i], min(block, last)] + block * block_stride
            x = src[p + (samples[q] - block * block_len) * stride]
            if swapped:
                x = swap_bytes(x)
            if scaled:
                out[i, at + q] = x * gain[i] + offset[i]
            else:
                out[i, at + q] = x


@kernel
def gather_items(
    src: Any,
    base: Any,
    group: Any,
    origin: Any,
    block_len: int,
    block_stride: int,
    stride: int,
    samples: Any,
    out: Any,
) -> None:
    """Copy the bytes of the listed `samples` of every row into ``out`` (n_rows, n_samples, itemsize).

    Addresses are in bytes. For what has no typed view: items at addresses that are not congruent modulo their size,
    and types that Numba does not know.
    """
    last = origin.shape[1] - 1
    for i in range(out.shape[0]):
        for q in range(samples.size):
            block = samples[q] // block_len
            p = base[i] + origin[group[i], min(block, last)] + block * block_stride
            p += (samples[q] - block * block_len) * stride
            for k in range(out.shape[2]):
                out[i, q, k] = src[p + k]
