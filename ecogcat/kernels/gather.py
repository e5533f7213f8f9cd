"""Gather: samples from where they lie into rows of an output, byte-swapped and scaled in one pass.

All layouts share one address, in elements of `src`: sample t of row i lies at

    base[i] + origin[group[i], b] + b * block_stride + (t % block_len) * stride          with b = t // block_len

`origin` is the start of each block, a row for each band of channels (a chunk table, `block_stride` 0), or one column
that stands for all blocks (block-affine: no table, however long the recording).
Values are scaled in double precision and stored in the type of `out`, so that float32 results are correctly rounded.
Where single precision is known to give the very same float32 for every stored number it is used: 208 -> 142 us for 20
channels x 100,000 int16 in cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ecogcat.kernels.bits import swap_bytes
from ecogcat.kernels.jit import inline, kernel
from ecogcat.kernels.simd import LANES, fused, prefetch, turn_square

__all__ = ["DOUBLE", "SINGLE", "STORED", "gather_items", "gather_list", "gather_range", "gather_turned"]

# How kernels scale (`scaled`): not at all, in double precision, or in single where that gives the same float32.
STORED, DOUBLE, SINGLE = 0, 1, 2

# Short runs lie far apart, where the processor does not foresee the next: one is fetched while another is decoded,
# `_LINES_AHEAD` cache lines of each in turn. 61 channels x 2,000 int16 take 17 us so, and 41 us without. Blocks of 128
# samples are decoded faster than memory answers: the one fetched is `_SAMPLES_AHEAD` samples later.
_LINES_AHEAD, _LINE_BYTES, _SAMPLES_AHEAD = 16, 64, 1024
# Runs of more elements would push each other out of the cache.
_LONG_RUN = 16_384


@inline
def _store(src: Any, p: int, jump: int, swapped: bool, scaled: int, gain: float, offset: float, dst: Any) -> None:
    """Fill `dst` from every `jump`-th element of `src` on from `p`.

    One loop a case: contiguous runs vectorise only where the compiler can see the stride of 1, and moving through
    slices that start at 0 (`run`, `dst`) halves the time against indexing the full arrays.
    """
    n = dst.size
    if jump == 1:
        run = src[p : p + n]
        if scaled == SINGLE:
            _store_in_single(run, swapped, gain, offset, dst)
        elif swapped:
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


@inline
def _shift(scaled: int, gain: float, offset: float) -> float:
    """Return the offset as `_store` takes it: the count that stands for 0, in single precision."""
    return round(-offset / gain) if scaled == SINGLE else offset


@inline
def _store_in_single(run: Any, swapped: bool, gain: float, offset: float, dst: Any) -> None:
    """Decode integers of 16 bits or less in single precision: the gain is a sum of two floats, `offset` is in counts.

    Which gains and offsets this is exact for is found out by trying: `ecogcat.storage.single`.
    """
    high = np.float32(gain)
    low = np.float32(gain - high)
    zero = np.int32(offset)
    none = np.float32(0)  # added, so that there is no negative zero
    if swapped:
        for q in range(dst.size):
            x = np.float32(np.int32(swap_bytes(run[q])) - zero)
            dst[q] = fused(x, high, x * low) + none
    else:
        for q in range(dst.size):
            x = np.float32(np.int32(run[q]) - zero)
            dst[q] = fused(x, high, x * low) + none


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
    scaled: int,
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
    last, n_rows = origin.shape[1] - 1, out.shape[0]
    line, jump = _LINE_BYTES // src.itemsize, stride * step
    if jump != 1:
        scaled = min(scaled, DOUBLE)  # only contiguous runs are decoded in single precision
    for t0 in range(0, count, tile):
        t1 = min(count, t0 + tile)
        first_block = (first + t0 * step) // block_len
        first_k = first + t0 * step - first_block * block_len
        n_blocks = (first + (t1 - 1) * step) // block_len - first_block + 1
        lead = min(max(1, _SAMPLES_AHEAD // block_len), n_blocks)
        for i in range(n_rows):
            row, starts, factor, shift = out[i], origin[group[i]], gain[i], _shift(scaled, gain[i], offset[i])
            j = min(i + 1, n_rows - 1)
            block, k, t = first_block, first_k, t0
            while t < t1:
                m = min(block_len - k if step == 1 else (block_len - k + step - 1) // step, t1 - t)
                p = base[i] + starts[min(block, last)] + block * block_stride + k * stride
                if jump != 1 or m > _LONG_RUN:
                    _store(src, p, jump, swapped, scaled, factor, shift, row[at + t : at + t + m])
                else:
                    # The run that is decoded `lead` runs later: of this row, behind its last one of the next row.
                    later = block + lead
                    if later < first_block + n_blocks:
                        ahead = base[i] + starts[min(later, last)] + later * block_stride
                    else:
                        later -= n_blocks
                        ahead = base[j] + origin[group[j], min(later, last)] + later * block_stride
                    if later == first_block:
                        ahead += first_k * stride
                    a = q = (
                        0  # no ranges: with a step that is not a constant each divides, a third of a short run's time
                    )
                    while a < m:
                        b = min(m, a + _LINES_AHEAD * line)
                        while q < b:
                            prefetch(src, ahead + q)
                            q += line
                        _store(src, p + a, 1, swapped, scaled, factor, shift, row[at + t + a : at + t + b])
                        a = b
                t += m
                k += m * step - block_len
                block += 1
                if k >= block_len:  # a step over whole blocks; dividing for each block would take as long as decoding
                    block += k // block_len
                    k %= block_len


@kernel
def gather_turned(
    src: Any,
    base: Any,
    group: Any,
    origin: Any,
    block_len: int,
    block_stride: int,
    stride: int,
    order: Any,
    first: int,
    step: int,
    tile: int,
    swapped: bool,
    scaled: int,
    gain: Any,
    offset: Any,
    at: int,
    count: int,
    out: Any,
) -> None:
    """Do what `gather_range` does, for channels that lie interleaved.

    Rows taken in `order` ascend in group and base. Those whose channels lie within 8 elements of the first form a band:
    squares of 8 channels x 8 samples are loaded, turned over and kept in a small buffer, out of which rows are decoded
    as from contiguous samples. 61 of 64 channels x 2,000 int16 take 35 us so, and 86 us a row at a time.
    """
    last, jump = origin.shape[1] - 1, stride * step
    turned = np.empty((LANES, min(tile, count)), src.dtype)
    for t0 in range(0, count, tile):
        t1 = min(count, t0 + tile)
        start = 0
        while start < order.size:
            lead = order[start]
            end = start + 1
            while end < order.size and group[order[end]] == group[lead] and base[order[end]] - base[lead] < LANES:
                end += 1
            n_lanes = base[order[end - 1]] - base[lead] + 1
            position = first + t0 * step
            t = t0
            while t < t1:
                block = position // block_len
                k = position - block * block_len
                m = min((block_len - k + step - 1) // step, t1 - t)
                p = base[lead] + origin[group[lead], min(block, last)] + block * block_stride + k * stride
                _turn(src, p, jump, n_lanes, m, turned, t - t0)
                t += m
                position += m * step
            for k in range(start, end):
                i = order[k]
                lane = turned[base[i] - base[lead]]
                shift = _shift(scaled, gain[i], offset[i])
                _store(lane, 0, 1, swapped, scaled, gain[i], shift, out[i, at + t0 : at + t1])
            start = end


@inline
def _turn(src: Any, p: int, jump: int, n_lanes: int, m: int, turned: Any, q: int) -> None:
    """Fill ``turned[lane, q + k]`` with ``src[p + k * jump + lane]`` for k < `m`.

    All 8 lanes as long as they lie within `src`, and in any case the first `n_lanes`.
    """
    done = 0
    if n_lanes > 1:
        while done + LANES <= m and p + (done + LANES - 1) * jump + LANES <= src.size:
            turn_square(src, p + done * jump, jump, turned, q + done)
            done += LANES
    for k in range(done, m):
        for lane in range(n_lanes):
            turned[lane, q + k] = src[p + k * jump + lane]


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
    scaled: int,
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
