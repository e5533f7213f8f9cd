"""Extents made of others, of nothing, and of shared memory."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.errors import SourceChangedError
from ecogcat.storage import alike, maps
from ecogcat.storage import shared as shared_module
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.extent import Extent, Scale
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.shared import SharedExtent
from ecogcat.storage.source import Source
from ecogcat.storage.stacked import StackedExtent
from tests import oracles
from tests.conftest import ROOT
from tests.storage.test_affine import read


def get(extent: Extent, channels: Any, samples: Any, scale: Scale | None = None, dtype: Any = None) -> NDArray[Any]:
    out = np.zeros((len(channels), len(samples) + 2), dtype or extent.dtype.newbyteorder("="))
    wanted = samples if isinstance(samples, range) else oracles.frozen(samples, np.int64)
    extent.gather(oracles.frozen(channels, np.int64), wanted, scale, out, 1, len(samples))
    assert not out[:, [0, -1]].any()
    return out[:, 1:-1]


# Stacked ------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5).filter(any), st.data())
def test_stacked_is_its_extents_one_after_the_other(counts: list[int], data: st.DataObject) -> None:
    """Also where some have no channel."""
    dtypes = data.draw(st.lists(st.sampled_from(["i2", "f4", "u1"]), min_size=len(counts), max_size=len(counts)))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    arrays = [rng.integers(0, 200, (n, 20)).astype(dtype) for n, dtype in zip(counts, dtypes, strict=True)]
    extent = StackedExtent(tuple(MemoryExtent(array) for array in arrays))
    whole = np.concatenate([array.astype("f8") for array in arrays])
    assert extent.n_channels == len(whole)
    channels = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8))
    samples = data.draw(st.lists(st.integers(0, 19), max_size=8))
    np.testing.assert_array_equal(get(extent, channels, samples), whole[channels][:, samples])
    gain, offset = rng.normal(size=len(channels)), rng.normal(size=len(channels))
    scaled = get(extent, channels, range(20), Scale(gain, offset), "f4")
    np.testing.assert_array_equal(scaled, oracles.physical(whole[channels], gain, offset, "f4"))


def files_alike(folder: Path, values: NDArray[Any]) -> StackedExtent:
    """A file a row, the rows behind headers of several lengths."""
    sources = []
    for k, row in enumerate(values):
        (folder / f"{k}.dat").write_bytes(bytes(2 * k) + row.tobytes())
        sources.append(Source.open(folder / f"{k}.dat"))
    return StackedExtent(
        tuple(AffineExtent(source, values.dtype, values.shape[1], [2 * k], 2) for k, source in enumerate(sources))
    )


def test_files_that_lie_alike_are_gathered_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(40, dtype="<i2").reshape(4, 10)
    extent = files_alike(tmp_path, values)
    calls: list[Any] = []
    gather = alike.gather_layout
    monkeypatch.setattr(alike, "gather_layout", lambda *some: (calls.append(some), gather(*some)))
    every = oracles.frozen([2, 0, 3, 2], np.int64)
    for start in (0, 3, 6):  # a window after the other: the same rows again
        out = np.zeros((4, 4), "f4")
        extent.gather(every, range(start, start + 4), None, out, 0, 4)
        np.testing.assert_array_equal(out, values[every, start : start + 4])
    assert len(calls) == 3
    assert calls[0][1] is calls[1][1]  # the layout of the last request
    assert get(extent, [], range(3)).shape == (0, 3)
    assert pickle.loads(pickle.dumps(extent)).token == extent.token


def test_each_of_the_files_alike_is_checked_and_mapped_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(40, dtype="<i2").reshape(4, 10)
    extent = files_alike(tmp_path, values)
    monkeypatch.setattr(maps, "_MOST_MAPS", 2)  # fewer than files: maps are closed while they are in use
    rows = oracles.frozen([0, 1, 2, 3], np.int64)
    for _ in range(3):
        out = np.zeros((4, 10), "i2")
        extent.gather(rows, range(10), None, out, 0, 10)
        np.testing.assert_array_equal(out, values)
    path = tmp_path / "2.dat"
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())
    os.replace(copy, path)  # another file of the same content
    extent.gather(rows, range(10), None, out, 0, 10)
    np.testing.assert_array_equal(out, values)
    path.write_bytes(path.read_bytes()[:-2] + b"xy")
    get(extent, [0, 1, 3], range(10))  # what is not asked for is not looked at
    with pytest.raises(SourceChangedError, match=r"2\.dat"):
        get(extent, [0, 2], range(10))


def test_files_that_do_not_lie_alike_are_gathered_one_by_one(tmp_path: Path) -> None:
    one, two, *_ = files_alike(tmp_path, np.arange(40, dtype="<i2").reshape(4, 10)).extents
    assert isinstance(two, AffineExtent)
    swapped = AffineExtent(two.source, np.dtype(">i2"), 10, two.base, 2)
    apart = AffineExtent(two.source, two.dtype, 5, two.base, 4)
    short = AffineExtent(one.source, one.dtype, 5, one.base, 2)
    for extents in ((one, swapped), (short, apart), (one, MemoryExtent(np.zeros((1, 10), "i2"))), (one,)):
        stacked = StackedExtent(extents)
        assert stacked._alike is None
        whole = np.concatenate([get(extent, [0], range(5)) for extent in extents])
        np.testing.assert_array_equal(get(stacked, range(len(extents)), range(5)), whole)


def test_stacked_types_lengths_and_sources() -> None:
    one, two = MemoryExtent(np.zeros((1, 4), "i2")), MemoryExtent(np.zeros((2, 4), "u2"))
    assert StackedExtent((one, two)).dtype == np.int32
    assert StackedExtent((one, one)).dtype == np.int16
    assert StackedExtent((one, two)).token != StackedExtent((two, one)).token
    with pytest.raises(ValueError, match=r"of one length, not \[3, 4\]"):
        StackedExtent((one, MemoryExtent(np.zeros((1, 3)))))
    with pytest.raises(ValueError, match="at least one extent"):
        StackedExtent(())


# Bits ---------------------------------------------------------------------------------------------


@given(st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]), st.data())
def test_bits_are_binary_digits(dtype: str, data: st.DataObject) -> None:
    info = np.iinfo(dtype)
    words = data.draw(st.lists(st.integers(int(info.min), int(info.max)), min_size=1, max_size=12))
    lines = data.draw(st.lists(st.integers(0, info.bits - 1), min_size=1, max_size=6))
    extent = BitsExtent(MemoryExtent(np.array([words], dtype)), lines)
    assert extent.dtype == np.dtype(dtype)
    samples = data.draw(st.lists(st.integers(0, len(words) - 1), max_size=9))
    expected = [[oracles.bits(words, bit)[t] for t in samples] for bit in lines]
    assert get(extent, range(len(lines)), samples).tolist() == expected
    scale = Scale(np.full(len(lines), -2.0), np.full(len(lines), 0.5))
    scaled = [[0.5 - 2 * digit for digit in row] for row in expected]
    assert get(extent, range(len(lines)), samples, scale, "f4").tolist() == scaled


def test_bits_over_more_than_one_buffer() -> None:
    words = np.random.default_rng(0).integers(0, 2**16, (1, 300_000)).astype("u2")
    extent = BitsExtent(MemoryExtent(words), range(16))
    values = read(extent)
    for bit in range(16):
        np.testing.assert_array_equal(values[bit], (words[0] // 2**bit) % 2)


def test_bits_of_what_has_none() -> None:
    words = MemoryExtent(np.zeros((1, 4), "u2"))
    for bits in ([16], [-1]):
        with pytest.raises(ValueError, match="a uint16 has no bits"):
            BitsExtent(words, bits)
    for wrong in (MemoryExtent(np.zeros((2, 4), "u2")), MemoryExtent(np.zeros((1, 4)))):
        with pytest.raises(ValueError, match="bits of one channel of integers"):
            BitsExtent(wrong, [0])


# Constant -----------------------------------------------------------------------------------------


def test_constant() -> None:
    extent = ConstantExtent(2, 10**12, np.nan, np.dtype("f4"))
    assert np.isnan(get(extent, [1, 0, 1], [5, 10**12 - 1], dtype="f8")[:, :]).all()
    level = ConstantExtent(3, 7, 4, np.dtype("i2"))
    assert read(level).tolist() == [[4] * 7] * 3
    scale = Scale(np.array([0.5, 2.0]), np.array([1.0, 0.0]))
    assert get(level, [0, 2], range(3), scale, "f4").tolist() == [[3.0] * 3, [8.0] * 3]
    assert extent.token == ConstantExtent(2, 10**12, float("nan"), np.dtype("f4")).token
    assert level.token != ConstantExtent(3, 7, 4, np.dtype("u2")).token


# Shared memory ------------------------------------------------------------------------------------


def shared(values: NDArray[Any]) -> SharedExtent:
    def fill(out: NDArray[Any]) -> None:
        out[:] = values

    return SharedExtent.filled((values.shape[0], values.shape[1]), values.dtype, fill)


VALUES = np.arange(600, dtype=np.float32).reshape(3, 200)


def total(extent: SharedExtent) -> float:
    """What another process reads."""
    return float(read(extent).sum())


def test_a_spawned_process_sees_the_same_memory() -> None:
    extent = shared(VALUES)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(total, (extent,)) == VALUES.sum()
    assert os.path.exists(extent.name)  # it was not the spawned process's to remove
    np.testing.assert_array_equal(read(extent), VALUES)
    assert len(pickle.dumps(extent)) < 500  # by name
    assert extent.token == MemoryExtent(VALUES).token


def test_the_memory_goes_with_the_extent() -> None:
    extent = shared(VALUES)
    copy = pickle.loads(pickle.dumps(extent))
    name, data = extent.name, pickle.dumps(extent)
    del extent
    assert not os.path.exists(name)
    np.testing.assert_array_equal(read(copy), VALUES)  # whoever has it open keeps it
    with pytest.raises(SourceChangedError, match=f"{name}: this shared memory is gone"):
        pickle.loads(data)


def test_the_memory_goes_with_the_process() -> None:
    script = "from tests.storage.test_extents import VALUES, shared; x = shared(VALUES); print(x.name)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip()
    assert not os.path.exists(done.stdout.strip())


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_leaves_the_memory_alone() -> None:
    extent = shared(VALUES)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            right = bool((read(extent) == VALUES).all())
            finalizers = [f for f in shared_module.weakref.finalize._registry if f.peek()[0] is extent]
            for finalize in finalizers:
                finalize()  # as at the end of an interpreter
            status = 0 if right and len(finalizers) == 1 and os.path.exists(extent.name) else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    np.testing.assert_array_equal(read(extent), VALUES)
    assert os.path.exists(extent.name)


def test_a_fill_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names: list[str] = []
    reserve = shared_module._reserve
    monkeypatch.setattr(shared_module, "_reserve", lambda size: (made := reserve(size), names.append(made[1]))[0])

    def fill(out: NDArray[Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SharedExtent.filled((2, 3), np.dtype("f4"), fill)
    assert len(names) == 1
    assert not os.path.exists(names[0])


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_shared_memory_of_nothing(shape: tuple[int, int]) -> None:
    extent = shared(np.zeros(shape))
    assert read(extent).shape == shape
    assert read(pickle.loads(pickle.dumps(extent))).shape == shape


def test_where_memory_has_no_room_it_lies_among_the_temporary_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A container's memory file system holds 64 MB; writing beyond its room would kill the process (SIGBUS)."""
    allocate = os.posix_fallocate

    def full(descriptor: int, start: int, size: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith("/dev/shm"):
            raise OSError(28, "No space left on device")
        allocate(descriptor, start, size)

    monkeypatch.setattr(os, "posix_fallocate", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made: list[str] = []
    mkstemp = tempfile.mkstemp
    monkeypatch.setattr(tempfile, "mkstemp", lambda **options: (new := mkstemp(**options), made.append(new[1]))[0])
    extent = shared(VALUES)
    assert os.path.dirname(extent.name) == str(tmp_path)
    np.testing.assert_array_equal(read(extent), VALUES)
    assert [name for name in made if os.path.exists(name)] == [extent.name]

    def nowhere(descriptor: int, start: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", nowhere)
    with pytest.raises(OSError, match="No space left"):
        shared(VALUES)
    assert os.listdir(tmp_path) == [os.path.basename(extent.name)]
