"""Signal: what it says of itself, every option of reading, blocks, and the signals made of it."""

from __future__ import annotations

import copy
import itertools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.piece import Piece
from tests.bugs.recordings import KINDS, Recordings, assert_same, counting

FULL = counting(4, 30)


@pytest.fixture
def make(tmp_path: Path) -> Recordings:
    return Recordings(tmp_path)


@pytest.fixture(params=KINDS)
def signal(request: pytest.FixtureRequest, make: Recordings) -> ec.Signal:
    """Three recordings joined, (4, 30), however they are stored."""
    return make.joined(request.param, (12, 1, 17), n_channels=4)[1]


@pytest.fixture
def scaled(make: Recordings) -> ec.Signal:
    """Stored int16 and decoded to float32, in two parts of other gain and offset."""
    parts = np.split(FULL.astype("i2"), 2, axis=1)
    return ec.join_signals(make.signal(parts[0], gain=0.195), make.signal(parts[1], "contiguous", gain=3.0, offset=-1))


SCALED = np.concatenate([FULL[:, :15] * 0.195, FULL[:, 15:] * 3 - 1], axis=1).astype("f4")


# What it is ---------------------------------------------------------------------------------------


def test_it_says_what_it_is(signal: ec.Signal) -> None:
    assert (signal.shape, signal.ndim, signal.size, len(signal)) == ((4, 30), 2, 120, 4)
    assert (signal.dtype, signal.nbytes) == (np.float64, 960)
    assert (signal.n_channels, signal.n_samples, signal.duration) == (4, 30, 0.03)
    assert (signal.sampling_rate, signal.units) == (1000.0, "uV")
    assert signal.channel_names == ("ch0", "ch1", "ch2", "ch3")
    assert repr(signal) == "<Signal 4 channels x 30 samples, 1000 Hz, uV, float64, 3 pieces>"


def test_repr_of_a_large_signal_in_one_piece() -> None:
    signal = ec.from_array(np.zeros((1, 12345), "i2"), 24414.0625, units="").signal
    assert repr(signal) == "<Signal 1 channels x 12,345 samples, 24414.1 Hz, , int16>"


def test_sources_are_the_files(make: Recordings) -> None:
    signal = make.joined("chunked")[1]
    assert [source.path for source in signal.sources] == [str(path) for path in make.paths]
    assert make.joined("memory")[1].sources == ()


def test_equal_recipes_are_equal_and_hash_alike(make: Recordings) -> None:
    one, other = (make.signal(FULL, "memory") for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != one.replace(units="mV")
    assert one != make.signal(FULL + 1, "memory")
    assert (one == "text") is False


def test_it_cannot_be_changed_and_survives_copies(signal: ec.Signal) -> None:
    with pytest.raises(AttributeError):
        signal.units = "mV"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        signal.starts[0] = 1
    for twin in (copy.copy(signal), copy.deepcopy(signal), pickle.loads(pickle.dumps(signal))):
        assert twin == signal
        assert not twin.starts.flags.writeable
        assert_same(twin[...], signal[...])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pieces": ()}, "at least one piece"),
        ({"sampling_rate": 0}, "a sampling rate is a positive number of Hz, not 0"),
        ({"sampling_rate": -1.0}, "positive number of Hz, not -1.0"),
        ({"sampling_rate": np.nan}, "positive number of Hz, not nan"),
        ({"sampling_rate": np.inf}, "positive number of Hz, not inf"),
        ({"channel_names": ("a", "b")}, "a piece has 4 channels where the signal has 2"),
        ({"channel_names": ("a", "b", "a", "a")}, "channel names are unique; these are not: a$"),
    ],
)
def test_it_is_checked(make: Recordings, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make.signal(FULL, "memory").replace(**fields)


# Reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "channels",
    [
        None,
        2,
        -1,
        np.int64(1),
        slice(1, 3),
        slice(None, None, -1),
        [3, 0, 0],
        (1, 2),
        range(3),
        [True, False, True, True],
    ],
    ids=str,
)
def test_read_channels(signal: ec.Signal, channels: Any) -> None:
    """An integer keeps the axis, None is all; otherwise as NumPy."""
    if channels is None:
        rows = FULL
    elif isinstance(channels, (int, np.integer)):
        rows = FULL[[channels]]
    else:
        rows = FULL[list(channels) if isinstance(channels, (tuple, range)) else channels]
    assert_same(signal.read(channels), rows)
    assert_same(signal.read(channels, 10, 20, 3), rows[:, 10:20:3])


def test_read_bounds_are_those_of_a_slice() -> None:
    signal = ec.join_signals(*(ec.from_array(part, 1000).signal for part in np.split(FULL, [12, 13], axis=1)))
    starts, stops, steps = (0, 5, 12, 13, -7, -40, 29, 30, 40), (None, 0, 13, -1, -29, 30, 99), (1, 2, 13, -1, -4)
    for start, stop, step in itertools.product(starts, stops, steps):
        assert_same(signal.read(None, start, stop, step), FULL[:, start:stop:step], (start, stop, step))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"channels": 4}, IndexError, "out of bounds"),
        ({"channels": [0, -5]}, IndexError, "out of bounds"),
        ({"channels": [True]}, IndexError, "boolean index did not match"),
        ({"channels": [[0, 1], [2, 3]]}, IndexError, "channels are on one axis, not 2"),
        ({"channels": True}, IndexError, "channels are on one axis, not 2"),
        ({"channels": "ch0"}, TypeError, "integer"),
        ({"channels": 1.0}, TypeError, "integer"),
        ({"step": 0}, ValueError, "slice step cannot be zero"),
        ({"start": 0.5}, TypeError, "slice indices must be integers"),
        (
            {"out": np.empty((4, 29))},
            ValueError,
            r"out is a writeable array of shape \(4, 30\), not one of shape \(4, 29\)",
        ),
        ({"out": np.empty((30, 4))}, ValueError, r"not one of shape \(30, 4\)"),
        ({"out": [[0.0] * 30] * 4}, TypeError, "out is an array, of the type asked for; got list"),
        ({"out": np.empty((4, 30)), "dtype": "f4"}, TypeError, "got ndarray and dtype='f4'"),
        ({"dtype": "i4"}, TypeError, "cannot read values of type float64 as int32; raw=True reads stored numbers"),
        ({"out": np.empty((4, 30), "i2")}, TypeError, "cannot read values of type float64 as int16"),
    ],
)
def test_read_refuses(signal: ec.Signal, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        signal.read(**arguments)


def test_read_into_a_read_only_array_is_refused(signal: ec.Signal) -> None:
    out = np.zeros((4, 30))
    out.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        signal.read(out=out)
    assert not out.any()


def test_read_into_any_writeable_array(signal: ec.Signal) -> None:
    """Contiguous or not, in either order and byte order, of a narrower or wider type: the array is filled, no more."""
    frame = np.full((9, 70), -1.0)
    views = {
        "rows": np.empty((4, 30)),
        "columns": np.empty((30, 4)).T,
        "inside": frame[2:6, 5:35],
        "strided": frame[1::2, 8:68:2],
        "reversed": np.empty((4, 30))[::-1, ::-1],
        "narrow": np.empty((4, 30), "f4"),
        "swapped": np.empty((4, 30), ">f8"),
        "wide": np.empty((4, 30), "c16"),
    }
    for name, out in views.items():
        frame[:] = -1
        assert signal.read(out=out) is out
        np.testing.assert_array_equal(out, FULL, err_msg=name)
        if np.shares_memory(out, frame):
            assert (frame == -1).sum() == frame.size - out.size
    out = np.empty((2, 10))
    assert signal.read([3, 1], 25, 15, -1, out=out) is out
    assert_same(out, FULL[[3, 1], 25:15:-1])


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", "c8", np.float32])
def test_read_as_another_type_casts_the_values(scaled: ec.Signal, dtype: Any) -> None:
    assert scaled.dtype == np.float32
    assert_same(scaled[...], SCALED)
    assert_same(scaled.read(dtype=dtype), SCALED.astype(dtype))
    assert_same(scaled.read(out=np.empty((4, 30), dtype)), SCALED.astype(dtype))


def test_read_stored_numbers(scaled: ec.Signal) -> None:
    stored = FULL.astype("i2")
    assert_same(scaled.read(raw=True), stored)
    assert_same(scaled.read([2, 0], -16, None, 3, raw=True), stored[[2, 0], -16::3])
    assert_same(scaled.read(raw=True, dtype="i4"), stored.astype("i4"))
    out = np.empty((4, 30), "f8")
    assert_same(scaled.read(raw=True, out=out), FULL)
    with pytest.raises(TypeError, match=r"cannot read values of type int16 as uint8$"):
        scaled.read(raw=True, dtype="u1")


def test_read_stored_numbers_needs_one_stored_type(make: Recordings) -> None:
    """Two byte orders are one type; two types are not, and the message names them."""
    little, big = make.signal(FULL.astype("<i2"), gain=2), make.signal(FULL.astype(">i2"), gain=2)
    both = ec.join_signals(little, big)
    assert_same(both.read(raw=True), np.tile(FULL, 2).astype("i2"))
    mixed = ec.join_signals(both, make.signal(FULL.astype("i4"), gain=2))
    assert_same(mixed[...], np.tile(FULL * 2, 3).astype("f4"))
    with pytest.raises(TypeError, match=r"raw=True needs one stored type over all parts; found int16, int32$"):
        mixed.read(raw=True)


def test_as_an_array(signal: ec.Signal, scaled: ec.Signal) -> None:
    assert_same(np.asarray(signal), FULL)
    assert_same(np.asarray(signal, dtype="f4"), FULL.astype("f4"))
    assert_same(np.add(signal, 1), FULL + 1)
    assert np.asarray(signal).flags.writeable  # a copy of the caller's own
    with pytest.raises(ValueError, match="always a copy"):
        np.array(signal, copy=False)
    with pytest.raises(TypeError, match="raw=True reads stored numbers"):
        np.asarray(scaled, dtype=int)


def test_iterating_gives_channels(signal: ec.Signal) -> None:
    rows = list(signal)
    assert len(rows) == 4
    for row, want in zip(rows, FULL, strict=True):
        assert_same(row, want)


def test_a_number_is_a_scalar(signal: ec.Signal) -> None:
    assert isinstance(signal[1, 2], np.float64)
    assert signal[1, 2] == FULL[1, 2]
    assert signal[1, 2, None].shape == (1,)


def test_a_plan_reads_nothing(make: Recordings) -> None:
    signal = make.joined("chunked")[1]
    for path in make.paths:
        path.unlink()
    plan = signal.plan(np.s_[[2, 0], 4:13:2])
    assert plan.shape == (2, 5)
    assert [(span.piece, list(span.samples)) for span in plan.spans] == [(0, [4]), (1, [0, 2, 4]), (2, [1])]
    with pytest.raises(ec.SourceChangedError, match="gone"):
        signal[[2, 0], 4:13:2]


# Blocks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "overlap"), [(1, 0), (7, 0), (7, 3), (7, 6), (12, 11), (30, 29), (31, 2), (99, 0)])
def test_blocks_cover_the_signal(signal: ec.Signal, length: int, overlap: int) -> None:
    """Consecutive blocks share `overlap` samples, all but the last are full, and no sample is left out."""
    blocks = list(signal.blocks(length, overlap))
    at = 0
    for k, (start, block) in enumerate(blocks):
        assert start == (at - overlap if k else 0)
        assert_same(block, FULL[:, start : start + length])
        assert block.shape[1] > (overlap if k else 0)
        at = start + block.shape[1]
        assert k == len(blocks) - 1 or block.shape[1] == length
    assert at == 30


@pytest.mark.parametrize(("length", "overlap"), [(0, 0), (-1, 0), (5, 5), (5, -1), (1, 1)])
def test_blocks_are_checked_at_once(signal: ec.Signal, length: int, overlap: int) -> None:
    with pytest.raises(ValueError, match=f"overlap by less; got {length} and {overlap}"):
        signal.blocks(length, overlap)


def test_no_samples_have_no_blocks() -> None:
    assert list(ec.from_array(np.empty((3, 0)), 1000).signal.blocks()) == []
    assert [block.shape for _, block in ec.from_array(np.empty((0, 3)), 1000).signal.blocks()] == [(0, 3)]


def test_default_blocks_follow_the_file_and_the_limit(make: Recordings) -> None:
    """About 16 MiB; whole chunks of the file if they fit; less under a smaller limit, down to one sample."""
    one = make.signal(np.zeros((2, 1000), "f4"), chunks=(2, 64))
    assert next(iter(one.blocks()))[1].shape == (2, 1000)
    for limit, length in ((2 * 4 * 200, 192), (2 * 4 * 64, 64), (2 * 4 * 63, 63), (8, 1)):
        with ec.options(memory_limit=limit):
            starts = [start for start, _ in one.blocks()]
        assert starts == list(range(0, 1000, length)), limit
    many = ec.from_array(np.zeros((1 << 10, 5000), "f4"), 1000).signal
    assert [start for start, _ in many.blocks()] == [0, 4096]
    with ec.options(memory_limit=40):
        assert [start for start, _ in one.blocks(overlap=3)][:3] == [0, 2, 4]
        with pytest.raises(ec.MemoryLimitError, match="2 x 6 values of float32 takes 48 bytes; the limit is 40"):
            next(one.blocks(6))


# Other signals ------------------------------------------------------------------------------------


def test_take(signal: ec.Signal) -> None:
    assert signal.take(range(4)) is signal
    assert_same(signal.take([3, 1])[...], FULL[[3, 1]])
    assert signal.take([3, 1]).channel_names == ("ch3", "ch1")
    assert signal.take([], names=[]).shape == (0, 30)
    lacking = signal.take([-1, 2], names=["none", "two"])
    assert_same(lacking[...], np.stack([np.full(30, np.nan), FULL[2]]))
    assert_same(lacking.take([1, 0])[...], np.stack([FULL[2], np.full(30, np.nan)]))
    with pytest.raises(ValueError, match="needs a name"):
        signal.take([-1, 2])
    with pytest.raises(IndexError):
        signal.take([4])
    with pytest.raises(ValueError, match="these are not: ch1"):
        signal.take([1, 1])


def test_cut(signal: ec.Signal) -> None:
    for start, stop in ((0, 30), (0, 0), (12, 13), (5, 12), (12, 12), (30, 30), (3, 29)):
        part = signal.cut(start, stop)
        assert_same(part[...], FULL[:, start:stop])
        assert_same(part.cut(0, part.n_samples // 2)[...], FULL[:, start : start + (stop - start) // 2])
    assert len(signal.cut(5, 12).pieces) == 1
    for start, stop in ((-1, 5), (5, 31), (6, 5)):
        with pytest.raises(IndexError, match=f"samples {start} to {stop} do not lie in a signal of 30 samples"):
            signal.cut(start, stop)


def test_join_signals_matches_names_and_refuses_what_differs(make: Recordings) -> None:
    one = make.signal(FULL, names=list("abcd"))
    other = make.signal(FULL[::-1] / 1000, "memory", names=list("dcba"), units="mV")
    assert_same(ec.join_signals(one, other)[:, 30:].round(9), FULL)
    with pytest.raises(ValueError, match="there is nothing to join"):
        ec.join_signals()
    with pytest.raises(ValueError, match="they differ in d, e"):
        ec.join_signals(one, make.signal(FULL, names=list("abce")))
    with pytest.raises(ValueError, match="1000 Hz and 2000 Hz do not join"):
        ec.join_signals(one, one.replace(sampling_rate=2000))
    with pytest.raises(ValueError, match=r"cannot convert 'mA' .current. to 'uV' .voltage."):
        ec.join_signals(one, one.replace(units="mA"))


def test_a_signal_of_no_channels_or_samples() -> None:
    for shape in ((0, 0), (0, 5), (3, 0)):
        full = np.empty(shape, "f4")
        signal = ec.from_array(full, 1000).signal
        assert_same(signal[...], full)
        assert_same(signal.read(), full)
        assert list(map(len, signal)) == [shape[1]] * shape[0]
        assert signal.nbytes == 0
    assert isinstance(signal.pieces[0], Piece)
