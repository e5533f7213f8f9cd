"""Layouts for the kernels, drawn: bytes, addresses, and the samples wanted of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests import oracles
from tests.kernels.modes import BOUNDS_ON

_CODES = ("i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8")
STORED = [np.dtype(code) for code in ("i1", "u1", *("<" + code for code in _CODES), *(">" + code for code in _CODES))]
"""Every stored type that the typed kernels take, in both byte orders."""
if BOUNDS_ON:  # indices do not depend on types, and each type takes seconds to compile with checks
    STORED = [np.dtype(code) for code in ("i1", "<i2", ">f4")]


class Case(NamedTuple):
    """A layout over bytes; addresses are in bytes, whole multiples of `unit` apart."""

    data: bytes
    dtype: np.dtype[Any]
    unit: int
    base: list[int]
    group: list[int]
    origin: list[list[int]]
    block_len: int
    block_stride: int
    sample_stride: int
    n_samples: int

    @property
    def place(self) -> Callable[[int, int], int]:
        """The oracle's address of (channel, sample)."""
        if len(self.origin[0]) == 1 and self.n_samples > self.block_len:  # one origin stands for all blocks
            base = [b + self.origin[g][0] for b, g in zip(self.base, self.group, strict=True)]
            return oracles.affine_place(base, self.sample_stride, self.block_len, self.block_stride)
        return oracles.table_place(self.base, self.group, self.origin, self.block_len, self.sample_stride)

    @property
    def src(self) -> NDArray[Any]:
        """The bytes as numbers of native order, as kernels get them."""
        return np.frombuffer(self.data, self.dtype.newbyteorder("="), len(self.data) // self.dtype.itemsize)

    def addresses(self, unit: int) -> tuple[Any, ...]:
        """base, group, origin, block_len, block_stride, stride, in units of so many bytes."""
        return (
            oracles.frozen([b // unit for b in self.base], np.int64),
            oracles.frozen(self.group, np.int64),
            oracles.frozen([[o // unit for o in row] for row in self.origin], np.int64),
            self.block_len,
            self.block_stride // unit,
            self.sample_stride // unit,
        )

    def rows(self, channels: NDArray[np.int64]) -> Case:
        """The same with the base and group of some channels, in their order."""
        return self._replace(base=[self.base[c] for c in channels], group=[self.group[c] for c in channels])


@st.composite
def cases(draw: st.DrawFn, *, aligned: bool = True, most_samples: int = 60, most_channels: int = 5) -> Case:
    """Interleaved, channel-major and in blocks; regular, or with a table of blocks; gaps anywhere."""
    dtype = draw(st.sampled_from(STORED))
    unit = dtype.itemsize if aligned else 1
    n_channels, n_samples = draw(st.integers(1, most_channels)), draw(st.integers(1, most_samples))
    block_len = draw(st.integers(1, n_samples + 3))
    n_blocks = -(-n_samples // block_len)
    item = dtype.itemsize
    interleaved, gap = draw(st.booleans()), draw(st.integers(0, 3)) * unit
    if interleaved:
        sample_stride, within = n_channels * item + gap, [c * item for c in range(n_channels)]
        block_bytes = block_len * sample_stride
    else:
        sample_stride = item
        within = [c * (block_len * item + gap) for c in range(n_channels)]
        block_bytes = n_channels * (block_len * item + gap)
    header = draw(st.integers(0, 4)) * unit
    if draw(st.booleans()):  # regular blocks
        block_stride, origin, group = block_bytes + draw(st.integers(0, 3)) * unit, [[0]], [0] * n_channels
        base = [header + w for w in within]
        size = header + n_blocks * block_stride + block_bytes
    else:  # a table: each group of channels has its blocks in an order of their own
        n_groups = draw(st.integers(1, 3))
        group = draw(st.lists(st.integers(0, n_groups - 1), min_size=n_channels, max_size=n_channels))
        slots = draw(st.permutations(range(n_groups * n_blocks)))
        origin = [[header + slots[g * n_blocks + b] * block_bytes for b in range(n_blocks)] for g in range(n_groups)]
        base, block_stride = within, 0
        size = header + n_groups * n_blocks * block_bytes
    data = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).bytes(-(-size // item) * item)
    return Case(data, dtype, unit, base, group, origin, block_len, block_stride, sample_stride, n_samples)


def channel_lists(n_channels: int, most: int = 6) -> st.SearchStrategy[NDArray[np.int64]]:
    """Channels in any order, with repeats; none at all, too."""
    return st.lists(st.integers(0, n_channels - 1), max_size=most).map(lambda some: oracles.frozen(some, np.int64))


@st.composite
def ranges(draw: st.DrawFn, n_samples: int) -> range:
    """Samples first, first + step, ...; at least one."""
    first = draw(st.integers(0, n_samples - 1))
    step = draw(st.integers(1, n_samples))
    most = -(-(n_samples - first) // step)
    count = draw(st.integers(1, most))
    return range(first, first + (count - 1) * step + 1, step)


@st.composite
def scales(draw: st.DrawFn, n_rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gains and offsets, one a row, some of which round."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    gain = rng.choice([0.195, -1.0, 1.0, 50.354e-6, 1e6, 0.1 + 0.2], n_rows)
    return oracles.frozen(gain), oracles.frozen(rng.normal(size=n_rows) * rng.choice([0, 1, 1e3], n_rows))
