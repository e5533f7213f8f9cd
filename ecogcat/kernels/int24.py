"""Gather of 24-bit integers: three bytes a sample, the lowest first, at addresses that have no typed view."""

from __future__ import annotations

from typing import Any

from ecogcat.kernels.jit import inline, kernel

__all__ = ["gather_int24_list", "gather_int24_range"]

_SIGN = 1 << 23


@inline
def _number(run: Any, p: int) -> Any:
    """Return the number at byte `p`; flipping the sign bit and taking it off again spreads it over the bits above."""
    return ((int(run[p]) | int(run[p + 1]) << 8 | int(run[p + 2]) << 16) ^ _SIGN) - _SIGN


@kernel
def gather_int24_range(
    src: Any,
    base: Any,
    block_len: int,
    block_stride: int,
    stride: int,
    first: int,
    step: int,
    scaled: bool,
    gain: Any,
    offset: Any,
    at: int,
    count: int,
    out: Any,
) -> None:
    """Gather samples ``first + k * step`` for k < `count` of every row into ``out[:, at : at + count]``.

    Addresses are in bytes: sample t of row i lies at ``base[i] + b * block_stride + (t % block_len) * stride`` with
    ``b = t // block_len``. All rows of a block are decoded before the next block.
    """
    jump, t, position = stride * step, 0, first
    while t < count:
        block = position // block_len
        k = position - block * block_len
        m = min((block_len - k + step - 1) // step, count - t)
        for i in range(out.shape[0]):
            p = base[i] + block * block_stride + k * stride
            run, dst = src[p : p + (m - 1) * jump + 3], out[i, at + t : at + t + m]
            if jump == 3:  # a stride that the compiler sees: three times as fast
                if scaled:
                    for q in range(m):
                        dst[q] = _number(run, q * 3) * gain[i] + offset[i]
                else:
                    for q in range(m):
                        dst[q] = _number(run, q * 3)
            elif scaled:
                for q in range(m):
                    dst[q] = _number(run, q * jump) * gain[i] + offset[i]
            else:
                for q in range(m):
                    dst[q] = _number(run, q * jump)
        t += m
        position += m * step


@kernel
def gather_int24_list(
    src: Any,
    base: Any,
    block_len: int,
    block_stride: int,
    stride: int,
    samples: Any,
    scaled: bool,
    gain: Any,
    offset: Any,
    at: int,
    out: Any,
) -> None:
    """Gather the listed `samples`, in any order, of every row into ``out[:, at : at + len(samples)]``."""
    for i in range(out.shape[0]):
        for q in range(samples.size):
            block = samples[q] // block_len
            x = _number(src, base[i] + block * block_stride + (samples[q] - block * block_len) * stride)
            if scaled:
                out[i, at + q] = x * gain[i] + offset[i]
            else:
                out[i, at + q] = x
