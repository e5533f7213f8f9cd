"""Oracles: slow, obvious programs that say what is right; they share no code with the package.

Bytes are taken one number at a time, loops run over plain integers, and nothing is strided, viewed or broadcast.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# One number ---------------------------------------------------------------------------------------


def number(data: bytes, place: int, dtype: DTypeLike) -> Any:
    """The number at byte `place` of `data`."""
    dtype = np.dtype(dtype)
    size = dtype.itemsize
    if place < 0 or place + size > len(data):
        raise IndexError(f"bytes {place} to {place + size} of {len(data)}")
    item = data[place : place + size]
    big = dtype.byteorder == ">"
    if dtype.kind == "b":
        return item != b"\0"
    if dtype.kind in "iu":
        return int.from_bytes(item, "big" if big else "little", signed=dtype.kind == "i")
    order = ">" if big else "<"
    if dtype.kind == "f":
        return struct.unpack(order + {2: "e", 4: "f", 8: "d"}[size], item)[0]
    if dtype.kind == "c":
        return complex(*struct.unpack(order + {8: "ff", 16: "dd"}[size], item))
    raise TypeError(f"no oracle for {dtype}")


def decode(data: bytes, dtype: DTypeLike, places: Sequence[Sequence[int]]) -> NDArray[Any]:
    """The numbers at a table of byte places, in native byte order."""
    dtype = np.dtype(dtype)
    out = np.zeros((len(places), len(places[0]) if places else 0), dtype.newbyteorder("="))
    for i, row in enumerate(places):
        for k, place in enumerate(row):
            out[i, k] = number(data, place, dtype)
    return out


# Addresses ----------------------------------------------------------------------------------------


def affine_place(
    base: Sequence[int], sample_stride: int, block_len: int | None, block_stride: int
) -> Callable[[int, int], int]:
    """Byte address of (channel, sample) in a block-affine layout."""

    def place(channel: int, sample: int) -> int:
        if block_len is None:
            return base[channel] + sample * sample_stride
        return base[channel] + (sample // block_len) * block_stride + (sample % block_len) * sample_stride

    return place


def table_place(
    base: Sequence[int], group: Sequence[int], origin: Sequence[Sequence[int]], block_len: int, sample_stride: int
) -> Callable[[int, int], int]:
    """Byte address of (channel, sample) where each block of each group has an origin of its own."""

    def place(channel: int, sample: int) -> int:
        block, rest = divmod(sample, block_len)
        return base[channel] + origin[group[channel]][block] + rest * sample_stride

    return place


def gather(
    data: bytes,
    dtype: DTypeLike,
    place: Callable[[int, int], int],
    channels: Iterable[int],
    samples: Iterable[int],
) -> NDArray[Any]:
    """The stored numbers of `channels` at `samples`, shape (n_channels, n_samples)."""
    samples, channels = list(samples), list(channels)
    table = [[place(int(channel), int(sample)) for sample in samples] for channel in channels]
    return decode(data, dtype, table).reshape(len(channels), len(samples))


def physical(stored: NDArray[Any], gain: Any, offset: Any, dtype: DTypeLike) -> NDArray[Any]:
    """stored * gain + offset in double precision, one gain and offset a row, rounded once to `dtype`."""
    wide = np.complex128 if stored.dtype.kind == "c" else np.float64
    out = np.zeros(stored.shape, dtype)
    with np.errstate(all="ignore"):
        for i in range(len(stored)):
            out[i] = (stored[i].astype(wide) * float(gain[i]) + float(offset[i])).astype(dtype)
    return out


# Sites, events, seams, bits -----------------------------------------------------------------------


def count(codes: Sequence[int], n_codes: int) -> list[int]:
    """How often each code below `n_codes` occurs."""
    return [sum(1 for code in codes if code == wanted) for wanted in range(n_codes)]


def match(recordings: Sequence[Sequence[int]], wanted: Sequence[int]) -> list[list[int]]:
    """Where each recording has each wanted code; -1 where it has none."""
    return [[list(codes).index(code) if code in codes else -1 for code in wanted] for codes in recordings]


def offset(recordings: Sequence[Sequence[int]], offsets: Sequence[int]) -> list[int]:
    """The events of consecutive recordings on one clock."""
    return [sample + first for samples, first in zip(recordings, offsets, strict=True) for sample in samples]


def locate(lengths: Sequence[int], sample: int) -> tuple[int, int]:
    """The part that holds a sample, and the sample's index there."""
    for part, length in enumerate(lengths):
        if sample < length:
            return part, sample
        sample -= length
    raise IndexError(sample)


def bits(words: Sequence[int], bit: int) -> list[int]:
    """One line of a port, from the binary digits of its words."""
    return [int(format(word & (1 << 64) - 1, "064b")[63 - bit]) for word in words]


# Arguments ----------------------------------------------------------------------------------------


def frozen(values: Any, dtype: DTypeLike = None) -> NDArray[Any]:
    """A read-only array, as kernels and extents are given."""
    array = np.array(values, dtype, order="C")
    array.setflags(write=False)
    return array


# Changes of a line --------------------------------------------------------------------------------


def long_enough(changes: Sequence[int], high: bool, width: float, n_samples: int) -> list[int]:
    """Changes of a line after which it stays for `width` samples, and that it is not in the state of already."""
    found, now, state = [], high, high
    for k, sample in enumerate(changes):
        state = not state
        until = changes[k + 1] if k + 1 < len(changes) else n_samples
        if until - sample >= width and state != now:
            found.append(sample)
            now = state
    return found


def debounced(changes: Sequence[int], high: bool, dead: int) -> list[int]:
    """The line sample by sample: after a change that counts it is not looked at for `dead` samples.

    If it has gone back by then, it did so at its last change.
    """
    found: list[int] = []
    now, state, free, last = high, high, 0, 0
    for sample in range(1, 1000):
        if sample >= free and state != now:
            found.append(last)
            now = state
        if sample in changes:
            state, last = not state, sample
            if sample >= free:
                found.append(sample)
                now, free = state, sample + dead
    return found


def split(window: Sequence[float]) -> list[float]:
    """Means of a window's low and high values, and the share between them in the middle third."""
    values = [x for x in window if math.isfinite(x)]
    if not values:
        return [math.nan] * 3
    low, high = min(values), max(values)
    for _ in range(16):
        middle = low + (high - low) / 2
        lows, highs = [x for x in values if x < middle], [x for x in values if x >= middle]
        if not lows or not highs:
            break
        low, high = sum(lows) / len(lows), sum(highs) / len(highs)
        if low + (high - low) / 2 == middle:
            break
    third = (high - low) / 3
    return [low, high, sum(low + third < x < high - third for x in values) / len(values)]


def follow(
    line: Sequence[float], *, knots: Sequence[float], hop: int, at: float, third: float, rise: float, fall: float
) -> tuple[int, list[int], int, int]:
    """Changes of a line, by sums of how far it is beyond a threshold; each sum taken anew from where it began."""
    now, edges, began = -1, [], 0
    beyond = []
    numbers = between = 0
    kept = [t for t, x in enumerate(line) if math.isfinite(x)]
    for t in kept:
        k = t // hop
        above = line[t] - (knots[k] + (knots[k + 1] - knots[k]) / hop * (t - k * hop))
        beyond.append(above - at)
        numbers += 1
        between += third < above < 2 * third
        if now == -1:
            total = sum(beyond)
            now = 1 if total >= rise else 0 if total <= -fall else -1
            began = len(beyond)
        else:
            sign = 1 if now == 0 else -1
            total = sum(sign * b for b in beyond[began:])
            if total < 0:
                began = len(beyond)
            elif total >= (rise if now == 0 else fall):
                edges.append(kept[began])
                now, began = 1 - now, len(beyond)
    return now, edges, numbers, between
