"""A: reading joined recordings. Every read equals NumPy's on the array that the recordings were cut from.

Writing goes to scratch copies, as NumPy's assignment does; a signal that is none refuses it before a byte is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.arrays import signal_of
from tests.bugs.recordings import LENGTHS, Recordings, assert_indexes_as_numpy, assert_same, counting

N = sum(LENGTHS)


def test_a1_integer_index_on_the_joined_axis(make: Recordings, kind: str) -> None:
    """Every integer on the joined axis raised; it is the sample, and past the end an IndexError."""
    full, signal = make.joined(kind)
    assert_indexes_as_numpy(signal, full, [np.s_[:, i] for i in range(-N - 2, N + 2)])
    with pytest.raises(IndexError):
        signal[:, N]


def test_a1b_integer_index_on_both_axes_and_time_first(make: Recordings, kind: str) -> None:
    """Two integers, a transposed layout or a channel subset raised; they give one number, or one row."""
    full, signal = make.joined(kind)
    assert_indexes_as_numpy(signal, full, [(i, j) for i in range(-3, 3) for j in range(-N, N)])
    for i in range(N):
        assert_same(signal[...].T[i], full.T[i])
        assert_same(signal[:, i], full.T[i])
        assert_same(signal[0:2, i], full.T[i, 0:2])
    full, signal = make.joined(kind, (4, 4, 4), n_channels=2)
    subset = signal.take([1])
    for j in range(12):
        assert_same(signal[:, j], full[:, j])
        assert_same(subset[:, j], full[[1], j])
        assert_same(subset[0, j], full[1, j])


def scratch_of(signal: ec.Signal) -> ec.Signal:
    """A scratch copy of each piece of a signal, joined: writes across seams go to several files."""
    ends = zip(signal.starts[:-1].tolist(), signal.starts[1:].tolist(), strict=True)
    cuts = [ec.Dataset.of(signal.cut(a, b), name=f"rec{a}") for a, b in ends]
    return ec.join(*(ec.scratch(cut) for cut in cuts)).signal


def assert_writes_as_numpy(
    make: Recordings, signal: ec.Signal, full: Any, writes: list[tuple[Any, Any]], wrong: tuple[Any, ...] = ()
) -> None:
    """Each write leaves in a scratch copy what NumPy leaves in an array; the recording refuses it, and stays."""
    before = make.digests()
    copy, want = scratch_of(signal), np.array(full)
    for index, value in writes:
        want[index] = value
        copy.write(index, value)
        assert_same(copy[...], want, index)
    for index, value in wrong:
        with pytest.raises(ValueError, match="do not broadcast"):
            copy.write(index, value)
        assert_same(copy[...], want, index)
    assert_not_writeable(make, signal, full, writes)
    assert make.digests() == before


def assert_not_writeable(make: Recordings, signal: ec.Signal, full: Any, writes: list[tuple[Any, Any]]) -> None:
    before = make.digests()
    for index, value in writes:
        with pytest.raises(ec.ReadOnlyError, match=r"nothing was written. ecogcat.scratch\(dataset\) makes"):
            signal.write(index, value)
        with pytest.raises(TypeError, match="does not support item assignment"):
            signal[index] = value  # type: ignore[index]
        with pytest.raises(AttributeError):
            signal.pieces = ()  # type: ignore[misc]
        assert_same(signal[...], full, index)
    assert make.digests() == before


def test_a2b_integer_write_on_the_joined_axis(make: Recordings, kind: str) -> None:
    """Writing one sample overwrote two channels of another recording; it writes that sample."""
    full, signal = make.joined(kind)
    writes = [(index, -1.0) for index in (np.s_[0, 7], np.s_[0, 12], np.s_[1, 8], np.s_[0, 3])]
    assert_writes_as_numpy(make, signal, full, writes)


def test_a3_negative_slice_bounds(make: Recordings, kind: str) -> None:
    """Negative bounds gave other samples without a word; they count from the end."""
    full, signal = make.joined(kind)
    slices = [slice(-4, None), slice(None, -4), slice(-10, -2), slice(2, -2), slice(-40, -2), slice(-2, -40)]
    assert_indexes_as_numpy(signal, full, [index for s in slices for index in (np.s_[0, s], np.s_[:, s])])


def test_a4_reverse_slices_across_seams(make: Recordings, kind: str) -> None:
    """Reversed steps that left a recording with one sample raised; they read backwards."""
    full, signal = make.joined(kind)
    slices = [np.s_[::-1], np.s_[17:2:-1], np.s_[12:3:-1], np.s_[::-2], np.s_[16:1:-3], np.s_[15::-4], np.s_[::-9]]
    assert_indexes_as_numpy(signal, full, [index for s in slices for index in (np.s_[0, s], np.s_[:, s])])


@pytest.mark.parametrize("lengths", [(4, 2, 4), (6, 1, 6), (1, 1, 5), (3, 3, 3, 3), (5, 1, 1, 6), (2, 7)], ids=str)
@pytest.mark.parametrize("how", ["memory", "chunked"])
def test_a5b_every_forward_slice_over_many_lengths(make: Recordings, how: str, lengths: tuple[int, ...]) -> None:
    """Steps longer than a recording, and recordings of one sample, were right before; they must stay right."""
    full, signal = make.joined(how, lengths, n_channels=2)
    n = sum(lengths)
    steps = (None, 1, 2, 3, 4, 5, 7, 9)
    indices = [np.s_[:, a:z:step] for a in range(n) for z in range(a + 1, n + 1) for step in steps]
    assert len(indices) == n * (n + 1) // 2 * len(steps)
    assert_indexes_as_numpy(signal, full, indices)


def test_a6_empty_slices(make: Recordings, kind: str) -> None:
    """Empty slices raised, or gave samples of a later recording; they have no sample."""
    full, signal = make.joined(kind)
    slices = [np.s_[3:3], np.s_[6:6], np.s_[11:6], np.s_[18:20], np.s_[18:], np.s_[30:40], np.s_[5:2]]
    assert_indexes_as_numpy(signal, full, [(0, s) for s in slices])
    assert all(signal[0, s].shape == (0,) for s in slices)
    one = make.signal(full[:, :6], kind)
    assert_indexes_as_numpy(one, full[:, :6], [(0, s) for s in (*slices, np.s_[5:2:-9])])


def test_a7_stop_beyond_the_end(make: Recordings, kind: str) -> None:
    """A stop past the end of a join raised; it is clipped."""
    full, signal = make.joined(kind)
    assert_indexes_as_numpy(signal, full, [np.s_[0, 3:25], np.s_[0, 15:19], np.s_[0, 0:100:2], np.s_[:, : 10**9]])
    assert_indexes_as_numpy(make.signal(full[:, :6], kind), full[:, :6], [np.s_[0, 3:25]])


def test_a8_lists_masks_and_ellipsis_on_the_joined_axis(make: Recordings, kind: str) -> None:
    """Lists, masks and an ellipsis with an integer raised; they select."""
    full, signal = make.joined(kind)
    mask = np.zeros(N, bool)
    mask[[2, 7, 12]] = True
    indices = [
        *(np.s_[0, [2, 7, 12]], np.s_[0, mask], np.s_[:, np.array([2, 7, 12])], np.s_[:, [12, 2, 2, -1]]),
        *((slice(None), slice(1, 3)), np.s_[..., 7], np.s_[..., 5:8], 1, np.s_[:], ..., np.s_[:, mask]),
        *(np.s_[:, mask[:5]], np.s_[0, [2, N]], full > 20, full[:2] > 20),  # errors among them
    ]
    assert_indexes_as_numpy(signal, full, indices)


def test_a9_masks_and_unsorted_lists_on_one_recording(make: Recordings, kind: str) -> None:
    """Masks raised, and unsorted or repeated lists were refused, on a single file; they select."""
    full = counting(3, 12)
    signal = make.signal(full, kind)
    mask = np.zeros(12, bool)
    mask[[2, 7]] = True
    channels = np.array([True, False, True])
    indices = [np.s_[0, mask], np.s_[channels, 2:4], channels, np.s_[[2, 0], 2:4], np.s_[[1, 1], 2:4]]
    assert_indexes_as_numpy(signal, full, indices)


def test_a10_steps_longer_than_a_chunk(make: Recordings, kind: str) -> None:
    """Reversed ranges of no or one element, and negative bounds with long steps, raised; they equal NumPy's."""
    full = counting(2, 20)
    signal = make.signal(full, kind, chunks=(2, 4))
    slices = [
        *(np.s_[::6], np.s_[19::-6], np.s_[::-6], np.s_[4:3:-1], np.s_[4:2:-3], np.s_[0:5:-1]),
        *(np.s_[-3:], np.s_[-3::-1], np.s_[-12::6]),
    ]
    assert_indexes_as_numpy(signal, full, [index for s in slices for index in (np.s_[0, s], np.s_[:, s])])


@pytest.mark.parametrize("how", ["memory", "chunked"])
def test_a12_every_slice_equals_numpy(make: Recordings, how: str) -> None:
    """Of all slices, 638 gave other samples and 614 raised; all equal NumPy's."""
    full, signal = make.joined(how)
    bounds = [None, *range(-19, 20, 3)]
    steps = [None, 1, 2, 3, 5, 8, -1, -2, -3, -5]
    assert_indexes_as_numpy(signal, full, [np.s_[0, a:z:step] for step in steps for a in bounds for z in bounds])


def test_a13_writes_across_a_seam(make: Recordings, kind: str) -> None:
    """A row broadcast over a seam raised half-way, and a wrong length too late; NumPy's rules, and all or nothing."""
    full, signal = make.joined(kind)
    writes = [
        *((np.s_[:, 4:9], 5.0), (np.s_[:, 4:9], np.arange(15.0).reshape(3, 5)), (np.s_[:, 4:9], np.arange(5.0))),
        *((np.s_[1, 2:15], np.arange(13.0)), (np.s_[:, ::-1], np.arange(54.0).reshape(3, 18))),
        *((np.s_[[0, 2], 4:9], np.arange(10.0).reshape(2, 5)), (np.s_[1, 4:9], [1, 2, 3, 4, 5])),
        *((np.s_[:, 4:9], np.arange(3.0)[:, None]), (np.s_[:, 8:3:-1], np.arange(15.0).reshape(3, 5))),
        *((np.s_[:, 1:12:2], np.arange(18.0).reshape(3, 6)), (np.s_[..., 4:9], np.arange(15.0).reshape(3, 5))),
    ]
    assert_writes_as_numpy(make, signal, full, writes, wrong=((np.s_[1, 4:9], np.arange(4.0)),))


def test_a14_row_written_over_all_channels(make: Recordings, kind: str) -> None:
    """A row written over five channels raised; it is broadcast over them."""
    full, signal = make.joined(kind, n_channels=5)
    assert_writes_as_numpy(make, signal, full, [(np.s_[:, 4:9], np.arange(5.0))])


def test_a15_reversed_and_strided_writes(make: Recordings, kind: str) -> None:
    """A list written through a reversed slice landed unreversed, columns over big steps raised; as NumPy writes."""
    full = counting(2, 20)
    signal = make.signal(full, kind, chunks=(2, 4))
    writes = [(np.s_[0, ::-1], list(range(20))), (np.s_[:, ::6], np.array([[1.0], [2.0]])), (np.s_[1, ::6], 3.0)]
    writes += [(np.s_[:, ::-1], np.arange(40.0).reshape(2, 20)), (np.s_[:, ::-1], np.arange(20.0))]
    writes += [(np.s_[:, ::6], np.arange(4.0)[None]), (np.s_[[0, 1], ::6], np.array([[1.0], [2.0]]))]
    writes += [(np.s_[1, ::6], np.arange(4.0)), (np.s_[1, ::6], np.array(3.0))]
    assert_writes_as_numpy(make, signal, full, writes)


def test_a16_parts_of_different_gain_and_type(make: Recordings, kind: str) -> None:
    """The join reported the first file's scale for all; each part is decoded with its own, across the seam too."""
    ones = np.ones((3, 4), "i2")
    parts = [
        make.dataset(ones, kind, name="a", gain=0.195),
        make.dataset(ones, kind, name="b", gain=1000.0),
        make.dataset(ones.astype("u1") * 7, kind, name="c", gain=0.5, offset=-2.0),
    ]
    signal = ec.join(*parts).signal
    want = np.repeat(np.float32([0.195, 1000, 1.5]), 4)
    assert_same(signal[0, 2:6], want[2:6])
    assert_same(signal[...], np.tile(want, (3, 1)))
    assert_same(signal.read(raw=False, step=3), np.tile(want[::3], (3, 1)))
    for part, back in zip(parts, ec.split(ec.join(*parts)), strict=True):
        assert_same(back.signal[...], part.signal[...])
    with pytest.raises(TypeError, match=r"one stored type over all parts; found .*uint8"):
        signal.read(raw=True)


def test_a17_any_sequence_of_signals_joins(make: Recordings, kind: str) -> None:
    """Tuples, a single recording and recordings on one axis failed, and lists were shared; all join, none is kept."""
    full, _ = make.joined("memory", (6, 5))
    one = make.signal(full, kind)
    assert ec.join_signals(one) is one
    pair = (one, one)
    twice = ec.join_signals(*pair)
    assert_same(ec.join_signals(twice, one)[...], np.concatenate([full] * 3, axis=1))
    assert twice.shape == (3, 22)
    assert one.shape == (3, 11)
    pieces = list(one.pieces)
    kept = one.replace(pieces=pieces)
    pieces.clear()
    assert_same(kept[...], full)
    flat = [np.arange(n * 1.0) for n in (3, 4)]
    extents = [make.extent(x, "chunked") for x in flat] if kind != "memory" else []
    signals = [signal_of(extent, 1000, units="uV") for extent in extents] or [
        ec.from_array(x, 1000).signal for x in flat
    ]
    assert_same(ec.join_signals(*signals)[...], np.concatenate(flat)[None])


def test_a18_time_first_reads(make: Recordings, kind: str) -> None:
    """Reading time first needed a switch that differed between sources; it is the transpose of what is read."""
    full, signal = make.joined(kind, (6, 5))
    for index in (np.s_[:, 1:3], np.s_[:, 4:8], np.s_[1:, ::2]):
        assert_same(signal[index].T, full[index].T)
        assert_same(np.asarray(signal)[index].T, full.T[index[::-1]])
    out = np.empty((11, 3))
    signal.read(out=out.T)
    assert_same(out, full.T)


@pytest.mark.parametrize("length", [1, 2, 5, 17, 18, 19])
def test_a19_blocks_over_seams(make: Recordings, kind: str, length: int) -> None:
    """Blocks of one sample, and backwards with a short last one, raised; blocks are the signal, either way."""
    full, signal = make.joined(kind)
    blocks = list(signal.blocks(length))
    assert [start for start, _ in blocks] == list(range(0, N, length))
    assert_same(np.concatenate([block for _, block in blocks], axis=1), full)
    for start, block in reversed(blocks):
        assert_same(block, full[:, start : start + length])
    if length > 1:
        for start, block in signal.blocks(length, overlap=length - 1):
            assert_same(block, full[:, start : start + length])


def test_the_comparison_can_fail() -> None:
    """The oracle of this module notices another value, shape, type or exception."""
    full = counting(2, 4)
    signal = ec.from_array(full, 1000).signal
    wrong: list[Callable[[], Any]] = [
        lambda: assert_indexes_as_numpy(signal, full + 1, [np.s_[0]]),
        lambda: assert_indexes_as_numpy(signal, full[:, :3], [np.s_[0]]),
        lambda: assert_indexes_as_numpy(signal, full.astype("f4"), [np.s_[0]]),
        lambda: assert_indexes_as_numpy(signal, full[:, :3], [np.s_[0, 3]]),
        lambda: assert_indexes_as_numpy(signal, full, ["name", np.s_[0, ::0], (0, 0, 0)]),
    ]
    for check in wrong[:4]:
        with pytest.raises(AssertionError):
            check()
    wrong[4]()  # the same errors, on both sides
