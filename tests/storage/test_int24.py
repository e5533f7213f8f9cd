"""24-bit integers, against their bytes put together by NumPy."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.storage import int24 as int24_module
from ecogcat.storage import layout
from ecogcat.storage.extent import Scale
from ecogcat.storage.int24 import Int24Extent
from ecogcat.storage.source import Source
from ecogcat.testing.extents import extents
from tests.storage.test_extents import get

_EDGES = (0, 1, -1, 2**23 - 1, -(2**23), 255, 256, 65535, 65536, -65537)


def _written(path: Path, values: np.ndarray, *, header: int = 5, block_len: int = 4) -> Int24Extent:
    """Write channels block by block, each number byte by byte."""
    n_channels, n_samples = values.shape
    data = bytearray(header)
    for start in range(0, n_samples, block_len):
        for channel in range(n_channels):
            for number in values[channel, start : start + block_len].tolist():
                data += (number % (1 << 24)).to_bytes(3, "little")
    path.write_bytes(data)
    base = header + 3 * block_len * np.arange(n_channels)
    return Int24Extent(Source.open(path), n_samples, base, 3, block_len, 3 * block_len * n_channels)


def test_numbers_at_the_edges(tmp_path: Path) -> None:
    values = np.array([(*_EDGES, 7, -7), (*_EDGES[::-1], 3, 4)], np.int32)
    extent = _written(tmp_path / "a.bin", values)
    assert extent.dtype == np.int32
    np.testing.assert_array_equal(get(extent, [1, 0], range(12)), values[[1, 0]])
    np.testing.assert_array_equal(get(extent, [0], range(1, 12, 3)), values[[0], 1:12:3])
    np.testing.assert_array_equal(get(extent, [0, 1, 0], [11, 0, 5, 5]), values[[0, 1, 0]][:, [11, 0, 5, 5]])


@pytest.mark.parametrize("dtype", ["i4", "i8", "f4", "f8", "i2", "u1", "f2", "c16"])
def test_numbers_are_cast_to_the_type_of_the_output(
    dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int24_module, "_BUFFER", 6)  # several turns where the output has another type
    values = np.random.default_rng(0).integers(-100, 100, (2, 24)).astype(np.int32)
    extent = _written(tmp_path / "a.bin", values)
    np.testing.assert_array_equal(get(extent, [0, 1], range(24), dtype=dtype), values.astype(dtype))
    if np.dtype(dtype).kind in "fc":
        scale = Scale(np.array([0.5, 0.03]), np.array([1.0, -2.0]))
        wanted = (values * scale.gain[:, None] + scale.offset[:, None]).astype(dtype)
        for samples in (range(24), list(range(24))):
            np.testing.assert_array_equal(get(extent, [0, 1], samples, scale, dtype), wanted)


@given(extents(("int24",), n_channels=3, n_samples=40), st.data())
def test_threads_share_the_work(known: Any, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch, ec.options(threads=3):
        patch.setattr(layout, "SERIAL_BELOW", 1)
        channels = data.draw(st.lists(st.integers(0, 2), max_size=4))
        start, step = data.draw(st.integers(0, 39)), data.draw(st.integers(1, 9))
        picked = known.values[np.array(channels, np.int64)]
        np.testing.assert_array_equal(get(known.extent, channels, range(start, 40, step)), picked[:, start:40:step])
        samples = data.draw(st.lists(st.integers(0, 39), max_size=9))
        np.testing.assert_array_equal(get(known.extent, channels, samples), picked[:, np.array(samples, np.int64)])


def test_extents_are_records_of_their_content(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.int32).reshape(2, 12)
    one, two = _written(tmp_path / "a.bin", values), _written(tmp_path / "b.bin", values)
    assert one.token == two.token == pickle.loads(pickle.dumps(one)).token
    assert one.token != one._places.token
    assert one.token != Int24Extent(one.source, 8, one.base, 3, 4, 24).token
    assert (one.n_channels, one.block_samples, one.sources) == (2, 4, (one.source,))
    with pytest.raises(ec.FormatError, match="16 samples of 2 channels do not fit into the file"):
        Int24Extent(one.source, 16, one.base, 3, 4, 24)
