"""Pieces: channels, samples, gain, offset and power of ten of one extent, against the arithmetic written out."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecogcat.piece import Piece
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.reader import ReaderExtent
from tests.bugs.recordings import assert_same

STORED = np.arange(-20, 20, dtype="i2").reshape(4, 10) * 700


def piece(stored: Any = STORED, **fields: Any) -> Piece:
    return Piece.whole(MemoryExtent(stored), **fields)


def read(one: Piece, *, raw: bool = False) -> np.ndarray:
    out = np.empty((len(one.channels), one.n_samples), one.extent.dtype if raw else one.value_dtype)
    one.gather(np.arange(len(one.channels)), range(one.n_samples), out, 0, one.n_samples, raw)
    return out


@pytest.mark.parametrize(
    ("stored", "scale", "dtype"),
    [
        ("i2", {}, "i2"),
        ("u1", {}, "u1"),
        ("i2", {"gain": 2}, "f4"),
        ("i4", {"offset": 1}, "f4"),
        ("f8", {"gain": 2}, "f8"),
        ("f4", {"gain": 2}, "f4"),
        ("i2", {"gain": 2, "dtype": "f8"}, "f8"),
        ("?", {}, "?"),
    ],
)
def test_type_of_the_values(stored: str, scale: dict[str, Any], dtype: str) -> None:
    """The stored type without a scale; float32 with one, unless the stored type holds more."""
    one = piece(np.ones((2, 3), stored), **scale)
    assert one.dtype == dtype
    assert_same(read(one), np.full((2, 3), 1 * scale.get("gain", 1) + scale.get("offset", 0)).astype(dtype))


@pytest.mark.parametrize("gain", [0.195, [0.1, 2.0, -3.0, 1e-9]], ids=str)
@pytest.mark.parametrize("offset", [None, -1.5, [0.0, 1e6, 2.0, 3.0]], ids=str)
@pytest.mark.parametrize("exponent", [0, 3, -3])
def test_values_are_scaled_in_double(gain: Any, offset: Any, exponent: int) -> None:
    one = piece(gain=gain, offset=offset, exponent=exponent)
    column = np.broadcast_to(np.asarray(gain, float), 4)[:, None]
    shift = np.broadcast_to(np.asarray(0 if offset is None else offset, float), 4)[:, None]
    power = 10.0 ** abs(exponent)
    want = STORED * (column * power if exponent > 0 else column / power)
    want = want + (shift * power if exponent > 0 else shift / power)
    assert_same(read(one), want.astype("f4"))
    assert_same(read(one, raw=True), STORED)


def test_powers_of_ten_compose_exactly() -> None:
    one = piece(gain=0.195)
    there_and_back = one
    for power in (3, -6, 9, -6):
        there_and_back = there_and_back.scaled(power)
    assert there_and_back.token == one.token
    assert_same(read(there_and_back), read(one))
    assert one.scaled(0) is one
    plain = piece()
    assert plain.scaled(-3).value_dtype == np.float32  # whole numbers hold no thousandths
    assert_same(read(plain.scaled(-3)), (STORED / 1000).astype("f4"))
    assert_same(read(plain.scaled(-3).scaled(3)), STORED)


def test_take_and_cut() -> None:
    one = piece(gain=[1.0, 2.0, 3.0, 4.0], offset=10)
    want = read(one)
    assert one.take(np.arange(4)) is one
    assert one.cut(0, 10) is one
    assert_same(read(one.take(np.array([3, 0, 3]))), want[[3, 0, 3]])
    assert_same(read(one.cut(2, 9).cut(1, 4)), want[:, 3:6])
    assert_same(read(one.cut(4, 4)), want[:, 4:4])
    assert_same(read(one.take(np.array([2, 1])).take(np.array([1]))), want[[1]])
    for rows in ([4], [-1, 7]):
        with pytest.raises(IndexError):
            one.take(np.array(rows))


def test_channels_that_are_not_there_read_as_nan_or_zero() -> None:
    lacking = np.array([-1, 1, -1, -1, 0])
    scaled = piece(gain=[1.0, 2.0, 3.0, 4.0])
    want = np.full((5, 10), np.nan, "f4")
    want[[1, 4]] = read(scaled)[[1, 0]]
    assert not scaled.lacks_channels
    assert scaled.take(lacking).lacks_channels
    assert_same(read(scaled.take(lacking)), want)
    assert_same(read(scaled.take(lacking).take(np.array([4, 3, 2, 1]))), want[[4, 3, 2, 1]])
    plain = piece().take(lacking)
    out = np.full((5, 10), 9, "i2")
    plain.gather(np.arange(5), range(10), out, 0, 10, raw=True)
    assert_same(out, np.stack([STORED[row] if row >= 0 else np.zeros(10, "i2") for row in lacking]))
    nothing = piece(np.empty((0, 10), "f4")).take(np.array([-1, -1]))
    assert_same(read(nothing), np.full((2, 10), np.nan, "f4"))


def test_channels_beside_one_that_lacks_are_asked_for_once() -> None:
    """A request a run would decode each compressed block once a run."""
    asked: list[list[int]] = []

    class Reader:
        token = "noting"

        def read(self, channels: NDArray[np.int64], start: int, stop: int) -> NDArray[Any]:
            asked.append(channels.tolist())
            return STORED[channels, start:stop]

    one = Piece.whole(ReaderExtent(Reader(), 4, 10, STORED.dtype), gain=2.0).take(np.array([-1, 3, -1, -1, 2, -1, 3]))
    want = np.full((7, 10), np.nan, "f4")
    want[[1, 4, 6]] = STORED[[3, 2, 3]] * 2.0
    assert_same(read(one), want)
    assert asked == [[2, 3]]


@pytest.mark.parametrize("samples", [range(1, 8, 3), np.array([5, 0, 0, 4])], ids=str)
def test_gather_counts_from_the_start_of_the_piece(samples: Any) -> None:
    one = piece(gain=2.0).cut(2, 10)
    out = np.zeros((2, 6), "f4")
    count = len(samples)
    one.gather(np.array([3, 1]), samples, out, 1, count, raw=False)
    assert_same(out[:, 1 : 1 + count], (STORED[[3, 1], 2:][:, list(samples)] * 2).astype("f4"))
    assert not out[:, 0].any()
    assert not out[:, 1 + count :].any()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gain": [1.0, 2.0]}, r"a gain or offset is one number, or one a channel \(4\), not of shape \(2,\)"),
        ({"offset": np.ones((4, 1))}, r"not of shape \(4, 1\)"),
        ({"gain": np.nan}, "finite"),
        ({"offset": [0, 0, np.inf, 0]}, "finite"),
    ],
)
def test_scales_are_checked(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        piece(**fields)


def test_pieces_are_frozen_and_named_by_content() -> None:
    gain = np.array([1.0, 2.0, 3.0, 4.0])
    one = piece(gain=gain)
    gain[:] = 0
    assert one.gain is not None
    assert one.gain.tolist() == [1, 2, 3, 4]
    for twin in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert twin.token == one.token
        for array in (twin.gain, twin.offset, twin.channels):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
    others = [
        *(piece(gain=[1, 2, 3, 5]), piece(gain=one.gain, offset=1), piece(STORED + 1, gain=one.gain), one.scaled(1)),
        *(one.cut(0, 9), one.take(np.array([0, 1, 3, 2])), one.astype(np.dtype("f8"))),
    ]
    assert len({one.token, *(other.token for other in others)}) == 1 + len(others)
    assert one.astype(np.dtype("f4")) is one
