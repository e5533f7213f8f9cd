"""The fallback: what it asks its reader for, and that what it is given arrives."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.storage import reader as reader_module
from ecogcat.storage.extent import Scale
from ecogcat.storage.reader import ReaderExtent
from tests import oracles


@dataclass
class Log:
    """A reader of numbers made up from their place; it notes what it was asked for."""

    requests: list[tuple[list[int], int, int]] = field(default_factory=list)
    dtype: Any = np.int16
    token = "log"

    def read(self, channels: NDArray[np.int64], start: int, stop: int) -> NDArray[Any]:
        self.requests.append((channels.tolist(), start, stop))
        return number(channels[:, None], np.arange(start, stop)).astype(self.dtype)


def number(channel: Any, sample: Any) -> Any:
    return (channel * 1000 + sample) % 30_011


def gather(log: Log, shape: tuple[int, int], block: int, channels: list[int], samples: Any) -> NDArray[Any]:
    extent = ReaderExtent(log, *shape, np.dtype(log.dtype), block_samples=block)
    out = np.full((len(channels), len(samples) + 2), -1, log.dtype)
    wanted = samples if isinstance(samples, range) else oracles.frozen(samples, np.int64)
    extent.gather(oracles.frozen(channels, np.int64), wanted, None, out, 1, len(samples))
    assert (out[:, [0, -1]] == -1).all()
    return out[:, 1:-1]


@given(
    channels=st.lists(st.integers(0, 4), max_size=6),
    block=st.integers(1, 12),
    buffer=st.integers(1, 60),
    gap=st.integers(1, 30),
    data=st.data(),
)
@example(channels=[2], block=10, buffer=25, gap=3, data=None)
def test_each_stretch_is_asked_for_once(
    channels: list[int], block: int, buffer: int, gap: int, data: st.DataObject | None
) -> None:
    n = 200
    if data is None:
        samples: Any = [199, 0, 3, 4, 199, 120, 57]
    elif data.draw(st.booleans(), "as a range"):
        start = data.draw(st.integers(0, n - 1))
        samples = range(start, n, data.draw(st.integers(1, 50)))
    else:
        samples = data.draw(st.lists(st.integers(0, n - 1), max_size=30))
    log = Log()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader_module, "_BUFFER", buffer)
        patch.setattr(reader_module, "_JOIN_GAP", gap)
        patch.setattr(reader_module, "_PIECE", 7)
        values = gather(log, (5, n), block, channels, samples)
    np.testing.assert_array_equal(values, [[number(c, t) for t in samples] for c in channels] or values)

    if not channels or not len(samples):
        assert log.requests == []
        return
    length = max(block, buffer // len(set(channels)))
    blocks: list[int] = []
    wanted = set(samples)
    for asked, start, stop in log.requests:
        assert asked == sorted(set(channels))  # ascending and distinct
        assert min(samples) <= start < stop <= max(samples) + 1
        assert stop - start <= max(length, block)
        assert {start, stop - 1} <= wanted  # nothing is read on either side of what is wanted
        inside = sorted(wanted & set(range(start, stop)))
        assert max(np.diff(inside), default=0) <= max(gap, block)  # far-apart samples are not read through
        blocks += range(start // block, (stop - 1) // block + 1)
    assert len(blocks) == len(set(blocks))  # no block is decoded twice
    assert blocks == sorted(blocks)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(1, 9), st.booleans())
def test_scaled(channels: list[int], piece: int, listed: bool) -> None:
    gain, offset = np.linspace(0.1, 0.3, len(channels)), np.linspace(-1, 7, len(channels))
    samples: Any = [5, 3, 90, 3] if listed else range(3, 91, 4)
    wanted = oracles.frozen(samples) if listed else samples
    out = np.zeros((len(channels), len(samples)), np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader_module, "_PIECE", piece)
        extent = ReaderExtent(Log(), 4, 100, np.dtype(np.int16))
        extent.gather(oracles.frozen(channels), wanted, Scale(gain, offset), out, 0, len(samples))
    stored = np.array([[number(c, t) for t in samples] for c in channels], np.int16)
    np.testing.assert_array_equal(out, oracles.physical(stored, gain, offset, "f4"), strict=True)


def test_far_apart_samples_cost_no_more_than_their_blocks() -> None:
    log = Log()
    gather(log, (1, 10**9), 100, [0], [10**9 - 1, 0, 5, 5 * 10**8])
    assert [request[1:] for request in log.requests] == [(0, 6), (5 * 10**8, 5 * 10**8 + 1), (10**9 - 1, 10**9)]


def test_a_large_block_is_scaled_in_small_pieces() -> None:
    """One compressed chunk may be long: 8 bytes for each of its values would be a multiple of what is read."""
    n = 4_000_000
    out = np.zeros((1, n), np.float32)
    extent = ReaderExtent(Log(), 1, n, np.dtype(np.int16), block_samples=n)
    log_peak = _peak(lambda: extent.reader.read(np.array([0]), 0, n))
    scale = Scale(np.array([2.0]), np.array([1.0]))
    peak = _peak(lambda: extent.gather(oracles.frozen([0]), range(n), scale, out, 0, n))
    assert peak - log_peak < 12e6
    assert out[0, -1] == number(0, n - 1) * 2 + 1


def _peak(function: Any) -> int:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_reader_that_returns_another_shape_is_an_error() -> None:
    @dataclass
    class Short(Log):
        def read(self, channels: NDArray[np.int64], start: int, stop: int) -> NDArray[Any]:
            return super().read(channels, start, stop - 1)

    with pytest.raises(ValueError, match=r"Short\(.*\) returned \(1, 9\), not \(1, 10\)"):
        gather(Short(), (1, 50), 1, [0], range(10))
