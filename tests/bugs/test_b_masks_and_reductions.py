"""B: channel subsets and masks, reductions, and the memory guard."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.conditioning.conversion import signal_in_units
from ecogcat.piece import Piece
from ecogcat.storage.constant import ConstantExtent
from tests.bugs.recordings import LENGTHS, Recordings, assert_indexes_as_numpy, assert_same, counting, grid
from tests.bugs.test_a_reading import assert_writes_as_numpy, scratch_of

FULL = counting(5, 12)


def test_b1_indexing_all_channels(make: Recordings, kind: str) -> None:
    """A list alone, unsorted lists and masks raised on one file; they equal NumPy's."""
    signal = make.signal(FULL, kind)
    indices = [
        *(2, -1, np.s_[1:3], np.s_[-2:], np.s_[:, 3], np.s_[:, -3], np.s_[..., 3], np.s_[..., 2:4]),
        *(np.s_[[3, 1], 2:4], [1, 3], np.s_[:, [1, 5]], np.s_[::-1, 0], np.s_[1:1]),
        np.array([1, 0, 1, 0, 0], bool),
    ]
    assert_indexes_as_numpy(signal, FULL, indices)


def test_b2_indexing_a_channel_subset(make: Recordings, kind: str) -> None:
    """On a subset `[:-1]` came back empty, and `[-2:]`, masks and an ellipsis raised; they equal NumPy's."""
    subset = ec.select_channels(make.dataset(FULL, kind), [0, 2, 3, 4])
    kept = FULL[[0, 2, 3, 4]]
    indices = [
        *(2, -1, np.s_[1:3], np.s_[-2:], np.s_[:-1], np.s_[2:99], np.s_[:, 3], np.s_[..., 3], ..., np.s_[:]),
        *(np.s_[[3, 1], 2:4], np.s_[1:1], np.s_[::-1], np.s_[:, ::-1]),
        *((np.array([1, 0, 1, 0], bool), slice(0, 2)), np.s_[[True, False, True, False], 0:2]),
        np.array([1, 0, 1, 0, 1], bool),  # as long as the file's channels, not the subset's: NumPy's IndexError
    ]
    assert_indexes_as_numpy(subset.signal, kept, indices)


def test_b3_permuted_channels(make: Recordings, kind: str) -> None:
    """A permuted order could not be read, and a second mask sorted it; rows stay in the order asked for."""
    order = [4, 0, 2]
    dataset = ec.select_channels(make.dataset(FULL, kind), order)
    assert_indexes_as_numpy(
        dataset.signal, FULL[order], [np.s_[:, 0:2], 0, np.s_[0:2, 1], np.s_[[0, 1], 0:2], np.s_[::-1], ...]
    )
    once = ec.mask_channels(dataset, [True, True, False])
    twice = ec.mask_channels(once, [True, True])
    for masked in (once, twice):
        assert masked.signal.channel_names == ("ch4", "ch0")
        assert masked.parts[0].rows.tolist() == [4, 0]
        assert_same(masked.signal[...], FULL[[4, 0]])


def test_b4_masks_are_neither_stale_nor_shared(make: Recordings, kind: str) -> None:
    """A mask was cached and handed out, so it went stale and callers changed it; nothing handed out is shared."""
    dataset = make.dataset(FULL, kind)
    first, second = np.array([1, 0, 1, 1, 1], bool), np.array([1, 1, 0, 1, 1], bool)
    masks = [first.copy(), second.copy()]
    one, other = (ec.mask_channels(dataset, mask, reason="noisy") for mask in masks)
    for mask in masks:
        mask[:] = False
    for masked, mask in ((one, first), (other, second)):
        assert_same(masked.signal[...], FULL[mask])
        assert masked.parts[0].rows.tolist() == np.flatnonzero(mask).tolist()
        assert masked.dropped["source_channel"].tolist() == np.flatnonzero(~mask).tolist()
        assert masked.dropped["reason"].tolist() == ["noisy"]
    with pytest.raises(ValueError, match="read-only"):
        one.parts[0].rows[0] = 3
    with pytest.raises(TypeError):
        one.parts[0].reasons[0] = "mine"  # type: ignore[index]
    table = one.dropped
    table.loc[0, "source_channel"] = 4
    assert one.dropped["source_channel"].tolist() == [1]
    assert_same(copy.deepcopy(one).signal[...], FULL[first])
    assert_same(dataset.signal[...], FULL)


def test_b5_writing_to_a_read_only_recording(make: Recordings, kind: str) -> None:
    """The write was dropped with a print; it is an error, and a scratch copy takes it."""
    assert_writes_as_numpy(make, make.signal(FULL, kind), FULL, [(np.s_[0, 0], -1.0)])


def test_b6_writing_through_a_scale(make: Recordings, kind: str) -> None:
    """Values were stored without dividing by the scale; written in the signal's unit, they read back."""
    stored = np.arange(24, dtype="i2").reshape(3, 8)
    signal = make.signal(stored, kind, gain=0.195)
    want = (stored * 0.195).astype("f4")
    assert_writes_as_numpy(make, signal, want, [(np.s_[:, 0:2], 100.0)])
    view = signal_in_units(scratch_of(signal), "mV")
    view.write(np.s_[:, 0:2], 100.0)
    assert_same(view[:, 0:2], np.full((3, 2), 100, "f4"))
    # A scale over stored integers: the nearest one that there is, or an error.
    counts = ec.scratch(ec.from_array(stored, 1000)).signal
    (piece,) = counts.pieces
    scaled = counts.replace(pieces=[Piece(piece.extent, [0, 1, 2], 0, 8, np.dtype("f4"), 0.195, 1.0)])
    scaled.write(np.s_[:, 0:2], 100.0)
    np.testing.assert_allclose(scaled[:, 0:2], 100, atol=0.195 / 2)
    assert_same(counts[:, 0:3], np.c_[np.full((3, 2), 508), stored[:, 2]].astype("i2"))
    for value in (1e6, np.nan):
        with pytest.raises(ValueError, match="has no number of type int16 to be stored as; nothing was written"):
            scaled.write(np.s_[:, 5], value)
    assert_same(counts[:, 2:], stored[:, 2:])
    assert_same(signal.read(raw=True), stored)


def test_b7_join_keeps_masks_scales_and_aligned_arrays(make: Recordings, kind: str) -> None:
    """Masks, scales and aligned arrays of one axis were lost or refused; each part brings its own."""
    ones = np.ones((3, 6), "i2")
    with_adc = make.dataset(ones, kind, name="a", gain=0.195, aligned={"adc": make.signal([np.arange(6.0)], kind)})
    without = make.dataset(ones, kind, name="b", gain=1.0)
    joined = ec.join(with_adc, without)
    assert_same(joined.signal[0, 4:8], np.float32([0.195, 0.195, 1, 1]))
    assert dict(joined.aligned) == {}
    (differs,) = ec.plan_join(with_adc, without).mismatches
    assert (differs.part, differs.what, differs.found, differs.stops) == ("b", "array adc", "absent", False)
    with pytest.raises(ec.JoinError, match="b: array adc: expected present, as elsewhere, found absent"):
        ec.join(with_adc, without, aligned="exact")
    assert_same(ec.join(with_adc, without, aligned="outer")["adc"][...], np.array([[*range(6), *[np.nan] * 6]], float))
    masked = ec.join(ec.mask_channels(with_adc, [True, True, False]), without)
    assert masked.signal.shape == (2, 12)
    assert masked.signal.channel_names == ("ch0", "ch1")
    flat = ec.from_array(np.ones((2, 4)), 1000, aligned={"adc": np.arange(4.0)})
    assert_same(ec.join(flat, flat)["adc"][...], np.array([[0, 1, 2, 3, 0, 1, 2, 3]], float))


@pytest.mark.parametrize("shared", [False, True])
def test_b8_masks_on_loaded_and_shared_recordings(make: Recordings, kind: str, shared: bool) -> None:
    """A mask on shared memory raised, and could not be taken back; it works, and the unmasked dataset stays."""
    full = np.arange(12.0).reshape(3, 4)
    loaded = ec.load(make.dataset(full, kind, channel_map=grid([0, 1, 2])), shared=shared)
    masked = ec.mask_channels(loaded, np.array([1, 0, 1], bool), reason="dead")
    assert_same(masked.signal[...], full[[0, 2]])
    assert masked.channel_map is not None
    assert masked.channel_map.codes.tolist() == [0, 2]
    assert masked.dropped["name"].tolist() == ["e1"]
    assert loaded.n_channels == 3
    assert_same(loaded.signal[...], full)
    assert ec.mask_channels(loaded, [True] * 3) == loaded


def test_b9_reductions(make: Recordings, kind: str) -> None:
    """Integer variances overflowed, `ddof` gave negative variances, unsigned minima were 0; all equal NumPy's."""
    rng = np.random.default_rng(0)
    floats = rng.standard_normal((5, 3000)).astype("f4")
    whole = (rng.standard_normal((5, 3000)) * 1000).astype("i2")
    for data in (floats, whole):
        signal, double = make.signal(data, kind, chunks=(2, 700)), data.astype("f8")
        for name in ("mean", "std", "var", "min", "max", "sum"):
            for axis in (None, 0, 1, -1):
                got, want = getattr(signal, name)(axis=axis), getattr(double, name)(axis=axis)
                assert np.shape(got) == np.shape(want), (name, axis)
                np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-11, err_msg=f"{name} {axis}")
        np.testing.assert_allclose(signal.std(axis=1, ddof=1), double.std(axis=1, ddof=1), rtol=1e-12)
        assert signal.mean(axis=1, keepdims=True).shape == (5, 1)


def test_b9_reductions_of_far_offsets_and_unsigned_numbers(make: Recordings, kind: str) -> None:
    """With an offset of 1e4 the variance cancelled to -2e6, and the smallest uint16 was 0; both are NumPy's."""
    far = np.random.default_rng(0).standard_normal((5, 50)) + 1e4
    for signal in (make.signal(far, kind), ec.join_signals(*(make.signal(x, kind) for x in np.split(far, 5, 1)))):
        np.testing.assert_allclose(signal.var(axis=1, ddof=1), far.var(axis=1, ddof=1), rtol=1e-10)
        np.testing.assert_allclose(signal.var(), far.var(), rtol=1e-10)
        with ec.options(memory_limit=5 * 8 * 3):  # blocks of three samples
            np.testing.assert_allclose(signal.var(axis=1, ddof=1), far.var(axis=1, ddof=1), rtol=1e-10)
    unsigned = np.repeat(np.array([[1, 2, 300, 4]], "u2"), 3, 0)
    signal = make.signal(unsigned, kind)
    assert_same(signal.min(axis=1), unsigned.min(axis=1))
    assert_same(signal.max(axis=1), unsigned.max(axis=1))
    assert_same(signal.min(), unsigned.min())
    assert_same(signal.sum(axis=1), unsigned.sum(axis=1))


def test_b10_memory_guard(make: Recordings, kind: str) -> None:
    """A guard stopped even iterating under a tiny limit; a too large read says so first, streaming always goes on."""
    full, signal = make.joined(kind)
    n, row = sum(LENGTHS), 8 * sum(LENGTHS)
    with ec.options(memory_limit=100):
        for read in (lambda: signal[:, :], lambda: np.asarray(signal), lambda: signal[[0, 1, 2]]):
            with pytest.raises(
                ec.MemoryLimitError, match=rf"takes {3 * row} bytes; the limit is 100\..*signal\.blocks"
            ):
                read()
        with pytest.raises(ec.MemoryLimitError, match=f"takes {row} bytes"):
            next(iter(signal))
        with pytest.raises(ec.MemoryLimitError, match=r"loading .* signal\.blocks"):
            ec.load(make.dataset(full, kind))
        blocks = list(signal.blocks())
        assert max(block.nbytes for _, block in blocks) <= 100
        assert_same(np.concatenate([block for _, block in blocks], axis=1), full)
        for name in ("mean", "var", "min", "max", "sum"):
            for axis in (None, 1):
                np.testing.assert_allclose(getattr(signal, name)(axis), getattr(full, name)(axis), rtol=1e-12)
            with pytest.raises(ec.MemoryLimitError, match=f"a number for each of {n} samples takes"):
                getattr(signal, name)(0)
        assert ec.equals(make.dataset(full, kind), make.dataset(full, "memory"))
        with ec.options(memory_limit=None):
            assert_same(signal[:, :], full)
        out = np.empty((3, n))
        assert_same(signal.read(out=out), full)  # the caller has the memory already
    with ec.options(memory_limit=8 * 3 - 1), pytest.raises(ec.MemoryLimitError, match="3 x 1 values"):
        next(signal.blocks())


def test_b10_the_guard_comes_before_the_reading(make: Recordings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be read, nor allocated, before the limit is known to be passed."""
    signal = make.joined("chunked")[1]
    reads: list[Any] = []
    monkeypatch.setattr(type(signal.pieces[0].extent), "gather", lambda *args: reads.append(args))
    with ec.options(memory_limit=10), pytest.raises(ec.MemoryLimitError):
        signal[:]
    assert reads == []
    signal[:, :1]
    assert reads


def test_b10_indexing_huge_recordings_allocates_nothing() -> None:
    """Finding out what a list of channels asks for must not itself take the memory that the guard saves."""
    zeros = Piece.whole(ConstantExtent(2, 1 << 50, 0.0, np.dtype("f4")))
    vast = ec.Signal((zeros,), 1000, "uV", ("a", "b"))
    for index in (np.s_[[0, 1]], np.s_[[1, 0], :], np.s_[np.array([True, False])], np.s_[..., None, 5:]):
        with pytest.raises(ec.MemoryLimitError):
            vast[index]
    assert vast[[1, 0], (1 << 50) - 2 :].shape == (2, 2)


def test_masks_of_the_wrong_length_are_refused(make: Recordings) -> None:
    """A mask of another length is an error that names both lengths, never a mask of something else."""
    dataset = make.dataset(FULL)
    for mask in ([True] * 4, [True] * 6, np.ones((5, 12), bool)):
        with pytest.raises(ValueError, match=r"a mask of this dataset has 5 entries, not \("):
            ec.mask_channels(dataset, mask)
    with pytest.raises(ValueError, match="True = keep"):
        ec.mask_channels(dataset, [0, 1, 2, 3, 4])
    assert isinstance(dataset.dropped, pd.DataFrame)
