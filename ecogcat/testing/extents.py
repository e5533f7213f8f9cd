"""Extents of every kind, drawn together with the numbers that lie in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.frozen import Index
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.int24 import Int24Extent
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.shared import SharedExtent
from ecogcat.storage.source import Source
from ecogcat.storage.stacked import StackedExtent
from ecogcat.storage.table import TableExtent
from ecogcat.testing.folders import Folder
from ecogcat.testing.hdf5 import HDF5_KINDS, hdf5_stored
from ecogcat.testing.stored import Dice, RecordingReader, Stored, dtypes, numbers

__all__ = ["EXTENT_KINDS", "MAPPED_KINDS", "extents"]

EXTENT_KINDS = (
    *("memory", "shared", "channel_major", "interleaved", "blocks", "table", "int24", "stacked", "alike"),
    *("bits", "constant"),
    *HDF5_KINDS,
    *("reader", "reader_blocks"),
)
"""Every way for samples to lie that ecogcat knows."""

MAPPED_KINDS = ("memory", "channel_major", "interleaved", "blocks", "table", "hdf5_contiguous", "hdf5_chunked")
"""Those whose numbers have byte addresses in one file or array: `Stored.places`."""

_FOLDER = Folder()


@st.composite
def extents(
    draw: st.DrawFn,
    kinds: tuple[str, ...] = EXTENT_KINDS,
    *,
    n_channels: int | None = None,
    n_samples: int | None = None,
    dtypes: st.SearchStrategy[np.dtype[Any]] = dtypes(),  # noqa: B008 - strategies are immutable
    folder: Folder = _FOLDER,
) -> Stored:
    """Draw an extent and the numbers in it.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    kinds : sequence of str
        Out of `EXTENT_KINDS`.
    n_channels, n_samples : int, optional
        Drawn, from 0 on, if not given.
    dtypes : strategy of numpy.dtype
        Stored types; bits take integers alone, and 24-bit integers are handed out as int32.
    folder : Folder
        Where files go; by default one that is removed when the process ends.

    Returns
    -------
    strategy of Stored
    """
    kind = draw(st.sampled_from(kinds))
    if n_channels is None:
        n_channels = draw(st.integers(0, 5))
    if n_samples is None:
        n_samples = draw(st.integers(0, 40))
    dtype = draw(dtypes)
    seed = draw(st.integers(0, 2**16))
    dice = Dice(seed)
    if kind == "bits":
        return _bits(dice, n_channels, n_samples, dtype, seed, folder)
    if kind == "int24":
        return _int24(dice, n_channels, n_samples, seed, folder)
    if kind == "constant":
        return _constant(n_channels, n_samples, dtype, seed)
    values = numbers(seed, dtype, (n_channels, n_samples))
    if kind in HDF5_KINDS:
        return hdf5_stored(dice, kind, values, dtype, folder)
    if kind == "stacked":
        return _stacked(dice, values, dtype, folder)
    if kind == "alike":
        return _alike(dice, seed, values, dtype, folder)
    if kind in ("channel_major", "interleaved", "blocks", "table"):
        return _affine(dice, kind, values, dtype, folder)
    return _in_memory(dice, kind, values, seed)


def _in_memory(dice: Dice, kind: str, values: NDArray[Any], seed: int) -> Stored:
    item = values.itemsize
    if kind == "memory":
        places = np.arange(values.size, dtype=np.int64).reshape(values.shape) * item
        return Stored(MemoryExtent(values), values, kind, places)
    if kind == "shared":

        def fill(out: NDArray[Any]) -> None:
            out[:] = values

        return Stored(SharedExtent.filled((values.shape[0], values.shape[1]), values.dtype, fill), values, kind)
    reader = RecordingReader(values)
    block = 1 if kind == "reader" else dice.whole(2, 9)
    extent = ReaderExtent(reader, values.shape[0], values.shape[1], values.dtype, (), block)
    return Stored(extent, values, kind, None, reader.requests)


def _constant(n_channels: int, n_samples: int, dtype: np.dtype[Any], seed: int) -> Stored:
    native = dtype.newbyteorder("=")
    value = numbers(seed, np.dtype(np.int8), (1, 1)).item() if native.kind in "if" else seed % 2
    number: float = np.nan if native.kind in "fc" and seed % 3 == 0 else value
    extent = ConstantExtent(n_channels, n_samples, number, native)
    return Stored(extent, np.full((n_channels, n_samples), number, native), "constant")


def _bits(dice: Dice, n_lines: int, n_samples: int, dtype: np.dtype[Any], seed: int, folder: Folder) -> Stored:
    if dtype.kind not in "iu":
        dtype = np.dtype("<u2")
    words = numbers(seed, dtype, (1, n_samples))
    under = dice.one(["memory", "channel_major", "blocks", "reader_blocks"])
    if under in ("channel_major", "blocks"):
        below = _affine(dice, under, words, dtype, folder)
    else:
        below = _in_memory(dice, under, words, seed)
    bits = [dice.whole(0, 8 * dtype.itemsize - 1) for _ in range(n_lines)]
    unsigned = words.view(f"u{words.itemsize}")
    rows = [(unsigned[0] >> np.uint64(bit).astype(unsigned.dtype)) & unsigned.dtype.type(1) for bit in bits]
    values = np.array(rows, words.dtype).reshape(n_lines, n_samples)
    return Stored(BitsExtent(below.extent, np.array(bits, np.int64)), values, "bits", None, below.requests)


def _stacked(dice: Dice, values: NDArray[Any], dtype: np.dtype[Any], folder: Folder) -> Stored:
    """Put some channels in each file, as formats with a file a channel do; also none."""
    n_channels = len(values)
    edges = sorted(dice.whole(0, n_channels) for _ in range(dice.whole(0, n_channels)))
    files: list[Extent] = []
    for a, b in zip([0, *edges], [*edges, n_channels], strict=True):
        kind = dice.one(["channel_major", "interleaved", "blocks"])
        files.append(_affine(dice, kind, values[a:b], dtype, folder).extent)
    return Stored(StackedExtent(tuple(files)), values, "stacked")


def _alike(dice: Dice, seed: int, values: NDArray[Any], dtype: np.dtype[Any], folder: Folder) -> Stored:
    """Put as many channels in each file, and let all files lie alike."""
    kind = dice.one(["channel_major", "interleaved", "blocks"])
    each = dice.one([n for n in (1, 2) if len(values) % n == 0])
    files = [values[k : k + each] for k in range(0, len(values), each)] or [values]
    extents = tuple(_affine(Dice(seed), kind, rows, dtype, folder).extent for rows in files)
    return Stored(StackedExtent(extents), values, "alike")


def _int24(dice: Dice, n_channels: int, n_samples: int, seed: int, folder: Folder) -> Stored:
    """Lay out the lower three bytes of numbers, in blocks or not, at any address."""
    values = numbers(seed, np.dtype(np.int32), (n_channels, n_samples)) >> 8
    low = np.ascontiguousarray(values, "<i4").view("V1").reshape(*values.shape, 4)[..., :3]
    items = np.ascontiguousarray(low).view("V3")[..., 0]
    below = _affine(dice, dice.one(["channel_major", "interleaved", "blocks"]), items, items.dtype, folder)
    at = below.extent
    assert isinstance(at, AffineExtent)
    extent = Int24Extent(at.source, at.n_samples, at.base, at.sample_stride, at.block_len, at.block_stride)
    return Stored(extent, values, "int24")


def _affine(dice: Dice, kind: str, values: NDArray[Any], dtype: np.dtype[Any], folder: Folder) -> Stored:
    """Lay numbers out in blocks with paddings anywhere, odd ones among them; write the file byte by byte."""
    n_channels, n_samples = values.shape
    item = dtype.itemsize
    unit = 1 if dice.coin() else item  # paddings of whole items keep every address aligned

    def padding() -> int:
        return unit * dice.whole(0, 5)

    header = padding()
    in_blocks = kind in ("blocks", "table")
    block_len = dice.whole(1, n_samples + 2) if in_blocks else max(1, n_samples)
    order = dice.order(n_channels)
    time_first = kind == "interleaved" or (in_blocks and dice.coin())
    if time_first:
        between = item if dice.coin() else item + padding()
        sample_stride = max(1, n_channels) * between + padding()
        base = header + order * between
        block_bytes = block_len * sample_stride
    else:
        sample_stride = item if dice.coin() else item + padding()
        channel_bytes = block_len * sample_stride + padding()
        base = header + order * channel_bytes
        block_bytes = max(1, n_channels) * channel_bytes
    block_stride = block_bytes + padding()
    time = np.arange(n_samples)
    # In a table blocks lie in any order.
    n_blocks = max(1, -(-n_samples // block_len))
    origin = (dice.order(n_blocks) if kind == "table" else np.arange(n_blocks)) * block_stride
    places = base[:, None] + origin[time // block_len] + (time % block_len) * sample_stride
    data = _bytes_at(places, values.astype(dtype), tail=padding())
    source = Source.open(folder.write(data))
    if kind == "table":
        table = TableExtent(source, dtype, n_samples, base, origin, sample_stride, block_len)
        return Stored(table, values, kind, places)
    blocks: dict[str, int] = {} if kind != "blocks" else {"block_len": block_len, "block_stride": block_stride}
    extent = AffineExtent(source, dtype, n_samples, base, sample_stride, **blocks)
    return Stored(extent, values, kind, places)


def _bytes_at(places: Index, values: NDArray[Any], tail: int) -> bytes:
    """Return a file that has the bytes of `values` at `places`, and noise everywhere else."""
    item = values.dtype.itemsize
    size = (int(places.max()) + item if places.size else 0) + tail
    data = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    if places.size:
        data[places[..., None] + np.arange(item)] = (
            np.ascontiguousarray(values).view(np.uint8).reshape(*places.shape, item)
        )
    return data.tobytes()
