"""Every way through the gather is taken, and gives what NumPy gives; large arrays cross the thresholds as they are."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage import bits, layout, maps, reader
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source
from ecogcat.storage.stacked import StackedExtent
from ecogcat.testing import laws
from ecogcat.testing.strategies import RecordingReader, numbers, physical
from tests.conftest import JIT_OFF
from tests.laws import paths

INDICES: list[Any] = [
    (slice(None), slice(None)),
    (slice(None), slice(3, -2)),
    (slice(None, None, -1), slice(None, None, 3)),
    (0, slice(None)),
    ([0], slice(1, None, 2)),
    (slice(None), slice(None, None, -1)),
    (slice(None), [5, 0, -1, 7, 7]),
    ([2, 0, 0, 1], [4, 3, 2, 1]),
    (slice(1, None), np.arange(40) % 3 == 0),
]


def signal_over(
    extent: Extent, values: np.ndarray, *, scaled: bool, rows: Any = None, whole: bool = False
) -> tuple[Signal, np.ndarray]:
    """Return a signal and its values; an offset of `whole` counts needs no double precision."""
    rows = np.arange(extent.n_channels) if rows is None else np.asarray(rows)
    scale: dict[str, Any] = {"gain": np.linspace(0.1, 2, len(rows)), "offset": 0.5} if scaled else {}
    if whole:
        scale |= {"gain": np.linspace(0.25, 0.75, len(rows)), "offset": np.linspace(0.5, 1.5, len(rows))}
    dtype = np.float32 if scaled else values.dtype
    piece = Piece(extent, rows, 0, extent.n_samples, np.dtype(dtype), **scale)
    return Signal((piece,), 1000, "uV", tuple(map(str, range(len(rows))))), physical(values, piece)


def affine(
    folder: Path, values: np.ndarray, dtype: np.dtype, block_len: int | None, *, time_first: bool, odd: int
) -> AffineExtent:
    """The extent of a file: interleaved or channel-major, whole or in blocks, from an even or an odd byte on."""
    n_channels, n_samples = values.shape
    length = block_len or n_samples
    n_blocks = -(-n_samples // length)
    padded = np.zeros((n_channels, n_blocks * length), dtype)
    padded[:, :n_samples] = values
    blocks = padded.reshape(n_channels, n_blocks, length).transpose((1, 2, 0) if time_first else (1, 0, 2))
    path = folder / f"{len(os.listdir(folder))}.dat"
    path.write_bytes(bytes(odd) + np.ascontiguousarray(blocks).tobytes())
    item = dtype.itemsize
    step = 1 if time_first else length
    base = odd + np.arange(n_channels) * step * item
    stride = item * (n_channels if time_first else 1)
    return AffineExtent(Source.open(path), dtype, n_samples, base, stride, block_len, length * n_channels * item)


def read_everything(signal: Signal, values: np.ndarray) -> None:
    for index in INDICES:
        laws.reads_as_numpy(signal, values, index)


def test_every_path_is_taken(tmp_path: Path) -> None:
    with paths.counting() as counts:
        drive(tmp_path)
    assert not paths.EVERY - set(counts), "paths that were not taken"


def drive(folder: Path) -> None:
    """Take every path there is, by hand, whatever else has run."""
    values = numbers(5, np.dtype("i2"), (3, 40))
    for order, scaled, block_len, time_first in itertools.product("<>", (False, True), (None, 6), (False, True)):
        for odd in (0, 1):
            extent = affine(folder, values, np.dtype(order + "i2"), block_len, time_first=time_first, odd=odd)
            # A typed view starts at an odd byte as well; only addresses of several remainders have none.
            read_everything(*signal_over(extent, values, scaled=scaled))
            if scaled:
                read_everything(*signal_over(extent, values, scaled=True, whole=True))
    crooked = affine(folder, values, np.dtype("<i2"), None, time_first=False, odd=0)
    crooked = AffineExtent(crooked.source, np.dtype("<i2"), 30, [0, 61, 122], 2)
    data = Path(crooked.source.path).read_bytes()
    stored = np.array([np.frombuffer(data, "<i2", 30, at) for at in (0, 61, 122)])
    read_everything_short(*signal_over(crooked, stored, scaled=True))
    row = [affine(folder, values[k : k + 1], np.dtype("<i2"), 6, time_first=False, odd=k) for k in (0, 1, 2)]
    read_everything(*signal_over(StackedExtent(row), values, scaled=True))  # an odd byte: files of two remainders
    read_everything(*signal_over(StackedExtent((row[0], row[2])), values[::2], scaled=True, rows=[1, 0, 1]))
    path = folder / "chunks.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values, chunks=(2, 7))
    with h5py.File(path, "r") as file:
        extent = hdf5_extent(Source.open(path), file["x"])
    read_everything(*signal_over(extent, values, scaled=False, rows=[0, -1, 2]))
    behind = ReaderExtent(RecordingReader(values), 3, 40, values.dtype)
    read_everything(*signal_over(behind, values, scaled=True))
    lines = BitsExtent(MemoryExtent(values[:1]), np.array([0, 9, 3]))
    read_everything(*signal_over(lines, np.array([(values[0] >> bit) & 1 for bit in (0, 9, 3)]), scaled=False))
    several = [
        signal_over(one, values, scaled=scaled) for one, scaled in ((extent, True), (MemoryExtent(values), False))
    ]
    both = Signal(tuple(signal.pieces[0] for signal, _ in several), 1000, "uV", ("a", "b", "c"))
    whole = np.concatenate([some.astype(both.dtype) for _, some in several], axis=1)
    read_everything_short(both, whole)
    short = [signal_over(MemoryExtent(values[:, :7]), values[:, :7], scaled=False) for _ in range(5)]
    cut = Signal(tuple(signal.pieces[0] for signal, _ in short), 1000, "uV", ("a", "b", "c"))
    read_everything_short(cut, np.concatenate([some for _, some in short], axis=1))


def read_everything_short(signal: Signal, values: np.ndarray) -> None:
    """All but the mask, which has a length of its own."""
    for index in INDICES[:-1]:
        laws.reads_as_numpy(signal, values, index)


@pytest.mark.parametrize("time_first", [False, True])
@pytest.mark.parametrize("block_len", [None, 1000])
def test_large_reads_cross_the_thresholds_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_len: int | None, time_first: bool
) -> None:
    """With the library's own sizes: threads, tiles and buffers, once each."""
    sizes = REAL if not JIT_OFF else {key: max(1, value // 64) for key, value in REAL.items()}
    for (module, name), value in sizes.items():
        monkeypatch.setattr(module, name, value)
    n_channels = 12
    n_samples = 9 * sizes[layout, "SERIAL_BELOW"] // 8 // n_channels + 11
    values = numbers(3, np.dtype("i2"), (n_channels, n_samples))
    extent = affine(tmp_path, values, np.dtype(">i2"), block_len, time_first=time_first, odd=0)
    signal, expected = signal_over(extent, values, scaled=True)
    with paths.counting() as counts:
        for index in [
            (slice(None), slice(None)),
            (slice(None, None, 2), slice(5, -5, 3)),
            ([3, 1], slice(None, None, -1)),
        ]:
            laws.reads_as_numpy(signal, expected, index)
        samples = np.random.default_rng(0).integers(0, n_samples, n_samples)
        laws.reads_as_numpy(signal, expected, (slice(None), samples))
    assert counts["threads"]
    assert counts["serial"]
    behind = ReaderExtent(RecordingReader(values), *values.shape, values.dtype)
    laws.reads_as_numpy(*signal_over(behind, values, scaled=True), (slice(None), slice(None)))


REAL = {
    (layout, "SERIAL_BELOW"): layout.SERIAL_BELOW,
    (layout, "_SLOW_BUFFER"): layout._SLOW_BUFFER,
    (reader, "_BUFFER"): reader._BUFFER,
    (bits, "_BUFFER"): bits._BUFFER,
    (maps, "_MOST_MAPS"): maps._MOST_MAPS,
}
"""The library's own thresholds, noted before the tests of this package make them small."""


def test_the_counts_are_counts() -> None:
    """A wrapper that counts nothing would make the assertion above fail; one that counts everything, this one."""
    values = np.arange(6, dtype="i4").reshape(2, 3)
    with paths.counting() as counts:
        laws.reads_as_numpy(signal_over(MemoryExtent(values), values, scaled=False)[0], values, slice(None))
    assert counts == Counter({"gather_range contiguous, native, raw": 1, "one block": 1, "serial": 1})
