"""Block-affine files and memory, read through their extents, against the byte-by-byte oracle."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.errors import FormatError
from ecogcat.storage import layout as layout_module
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent, Scale
from ecogcat.storage.layout import Layout, gather_layout
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.source import Source
from tests import oracles

# Each type and each output is a compilation; the kernels' own tests have every type.
DTYPES = [np.dtype(code) for code in ("?", "i1")]
DTYPES += [np.dtype(order + code) for order in "<>" for code in ("i2", "u8", "f2", "f4", "f8", "c8", "c16")]

_names = itertools.count()


@pytest.fixture(scope="module")
def folder() -> Any:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


class File(NamedTuple):
    """A file of blocks, whatever its alignment."""

    data: bytes
    extent: AffineExtent
    place: Callable[[int, int], int]


def numbers(rng: np.random.Generator, n: int, dtype: np.dtype[Any]) -> bytes:
    """Random bytes; of booleans only zeros and ones, which is all that HDF5 and NumPy write."""
    return rng.integers(0, 2, n, np.uint8).tobytes() if dtype.kind == "b" else rng.bytes(n)


@st.composite
def files(draw: st.DrawFn, folder: Path) -> File:
    dtype = draw(st.sampled_from(DTYPES))
    item = dtype.itemsize
    n_channels, n_samples = draw(st.integers(1, 4)), draw(st.integers(0, 50))
    header, frame_gap, block_gap = draw(st.integers(0, 9)), draw(st.integers(0, 3)), draw(st.integers(0, 9))
    block_len = draw(st.none() | st.integers(1, 60))
    length = max(1, n_samples if block_len is None else block_len)
    if draw(st.booleans()):  # interleaved
        sample_stride = n_channels * item + frame_gap
        within = [k * item for k in range(n_channels)]
        block_bytes = length * sample_stride
    else:
        sample_stride = item
        within = [k * (length * item + frame_gap) for k in range(n_channels)]
        block_bytes = n_channels * (length * item + frame_gap)
    block_stride = block_bytes + block_gap
    size = header + (-(-n_samples // length) or 1) * block_stride
    data = numbers(np.random.default_rng(draw(st.integers(0, 2**32 - 1))), size, dtype)
    path = folder / f"{next(_names)}.dat"
    path.write_bytes(data)
    base = [header + w for w in within]
    extent = AffineExtent(Source.open(path), dtype, n_samples, base, sample_stride, block_len, block_stride)
    path_place = oracles.affine_place(base, sample_stride, block_len, block_stride)
    return File(data, extent, path_place)


def lists(n: int, most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, n - 1), max_size=most) if n else st.just([])


@given(st.data())
def test_affine_is_the_oracle(folder: Path, data: st.DataObject) -> None:
    file = data.draw(files(folder), "file")
    extent = file.extent
    channels = data.draw(lists(extent.n_channels, 5), "channels")
    samples: Any = data.draw(lists(extent.n_samples, 40), "samples")
    if data.draw(st.booleans(), "as a range") and samples:
        step = data.draw(st.integers(1, 9), "step")
        samples = range(min(samples), max(samples) + 1, step)
        event("range")
    stored = oracles.gather(file.data, extent.dtype, file.place, channels, samples)
    native = extent.dtype.newbyteorder("=")
    wide = np.result_type(native, np.float32)
    at = data.draw(st.integers(0, 2), "at")
    index = oracles.frozen(channels, np.int64)
    wanted = samples if isinstance(samples, range) else oracles.frozen(samples, np.int64)

    for dtype in (native, wide, wide.newbyteorder()):  # as stored; as a float; as a float of the other byte order
        out = np.zeros((len(channels), at + len(samples) + 1), dtype)
        extent.gather(index, wanted, None, out, at, len(samples))
        np.testing.assert_array_equal(out[:, at:-1], stored.astype(dtype), strict=True)
        assert not out[:, :at].any()
        assert not out[:, -1].any()

    gain, offset = np.linspace(-0.2, 0.3, len(channels)), np.linspace(5, -5, len(channels))
    with np.errstate(all="ignore"):
        for dtype in {np.dtype("c8" if native.kind == "c" else "f4"), wide}:
            out = np.zeros((len(channels), len(samples)), dtype)
            extent.gather(index, wanted, Scale(gain, offset), out, 0, len(samples))
            np.testing.assert_array_equal(out, oracles.physical(stored, gain, offset, dtype), strict=True)
    assert gain.flags.writeable  # the caller's own arrays stay as they were
    assert Path(extent.source.path).read_bytes() == file.data


@given(st.sampled_from(DTYPES), st.integers(1, 3), st.integers(0, 20), st.integers(0, 2**32 - 1))
def test_memory_is_its_array(dtype: np.dtype[Any], n_channels: int, n_samples: int, seed: int) -> None:
    raw = numbers(np.random.default_rng(seed), n_channels * n_samples * dtype.itemsize, dtype)
    data = np.frombuffer(raw, dtype).reshape(n_channels, n_samples)
    places = [[(c * n_samples + t) * dtype.itemsize for t in range(n_samples)] for c in range(n_channels)]
    extent = MemoryExtent(data)
    out = np.zeros(data.shape, extent.dtype)
    extent.gather(oracles.frozen(range(n_channels), np.int64), range(n_samples), None, out, 0, n_samples)
    expected = oracles.decode(raw, dtype, places)
    np.testing.assert_array_equal(out, expected, strict=True)
    assert extent.dtype.isnative
    assert not extent.data.flags.writeable


def read(extent: Extent, dtype: Any = None, samples: Any = None) -> NDArray[Any]:
    """All channels, at all samples or some."""
    samples = range(extent.n_samples) if samples is None else samples
    out = np.zeros((extent.n_channels, len(samples)), dtype or extent.dtype.newbyteorder("="))
    extent.gather(oracles.frozen(range(extent.n_channels), np.int64), samples, None, out, 0, len(samples))
    return out


@pytest.mark.parametrize("interleaved", [True, False])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_on_either_side_of_the_thread_switch(
    folder: Path, monkeypatch: pytest.MonkeyPatch, interleaved: bool, threads: int
) -> None:
    """Outputs just below and above the size at which threads share the work, in rows and in stretches of time."""
    # Interleaved, a value counts twice: so both switch at 2,400 values.
    monkeypatch.setattr(layout_module, "SERIAL_BELOW", 19_200 if interleaved else 2400)
    n_channels = 24
    runs: list[int] = []
    run = layout_module.pool.run
    monkeypatch.setattr(layout_module.pool, "run", lambda tasks: (runs.append(len(tasks)), run(tasks))[1])
    for n_samples in (99, 100, 101, 700):
        values = np.random.default_rng(n_samples).integers(-9999, 9999, (n_channels, n_samples)).astype("<i2")
        path = folder / f"{next(_names)}.dat"
        (values.T if interleaved else values).tofile(path)
        item = n_samples * 2
        base, stride = ([2 * k for k in range(n_channels)], 2 * n_channels) if interleaved else (
            [item * k for k in range(n_channels)], 2)  # fmt: skip
        extent = AffineExtent(Source.open(path), np.dtype("<i2"), n_samples, base, stride)
        with ec.options(threads=threads):
            np.testing.assert_array_equal(read(extent), values)
            np.testing.assert_array_equal(read(extent, "f4", range(1, n_samples, 2)), values[:, 1::2].astype("f4"))
            order = np.random.default_rng(1).permutation(n_samples)
            np.testing.assert_array_equal(read(extent, None, oracles.frozen(order)), values[:, order])
    # All of 100, 101 and 700 samples, listed and in order, and half of 700 are worth threads; 99 samples are not.
    assert runs == ([] if threads == 1 else [threads] * 7)


@pytest.mark.parametrize("step", [1, 3])
def test_on_either_side_of_the_tile(folder: Path, step: int) -> None:
    for n_samples in (511, 512, 513, 1024, 1025):
        values = np.random.default_rng(n_samples).integers(-9999, 9999, (2, n_samples)).astype(">i2")
        path = folder / f"{next(_names)}.dat"
        values.T.tofile(path)
        extent = AffineExtent(Source.open(path), np.dtype(">i2"), n_samples, [0, 2], 4)
        np.testing.assert_array_equal(read(extent, None, range(0, n_samples, step)), values[:, ::step])


def test_far_blocks_need_no_table(folder: Path) -> None:
    """Two samples a terabyte of blocks apart: the addresses are computed, not listed (8 TB of them)."""
    layout = Layout(
        np.dtype("<i2"), oracles.frozen([0], np.int64), oracles.frozen([0], np.int64), None, 1, 0, 2
    )  # fmt: skip
    buffer = oracles.frozen([1, 2], np.uint8)
    for samples in (range(0, 2**40 + 1, 2**40), oracles.frozen([2**40, 0], np.int64)):
        out = np.zeros((1, 2), "i4")
        gather_layout(buffer, layout, oracles.frozen([0], np.int64), samples, None, out, 0, 2)
        assert out.tolist() == [[513, 513]]


def test_bool_out_of_numbers_is_whether_they_are_not_zero() -> None:
    out = np.zeros((1, 4), bool)
    MemoryExtent(np.array([[0, 256, 1, -1]], "i2")).gather(oracles.frozen([0]), range(4), None, out, 0, 4)
    assert out.tolist() == [[False, True, True, True]]


# Refusals -----------------------------------------------------------------------------------------


@given(st.data())
def test_a_layout_is_refused_exactly_when_a_sample_lies_outside(folder: Path, data: st.DataObject) -> None:
    n_channels, n_samples = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 12))
    base = data.draw(st.lists(st.integers(-1, 20), min_size=n_channels, max_size=n_channels))
    sample_stride, block_stride = data.draw(st.integers(0, 8)), data.draw(st.integers(0, 30))
    block_len = data.draw(st.none() | st.integers(1, 12))
    place = oracles.affine_place(base, sample_stride, block_len, block_stride)
    places = [place(c, t) for c in range(n_channels) for t in range(n_samples)]
    path = folder / "refused.dat"
    path.write_bytes(bytes(max(0, max(places) + 2 + data.draw(st.integers(-1, 1)))))
    outside = min(places) < 0 or max(places) + 2 > path.stat().st_size
    arguments = (Source.open(path), np.dtype("<i2"), n_samples, base, sample_stride, block_len, block_stride)
    if outside:
        with pytest.raises(FormatError, match="do not fit into the file"):
            AffineExtent(*arguments)
    else:
        assert not read(AffineExtent(*arguments)).any()


def test_the_refusal_names_file_and_sizes(tmp_path: Path) -> None:
    path = tmp_path / "short.dat"
    path.write_bytes(bytes(100))
    with pytest.raises(FormatError) as caught:
        AffineExtent(Source.open(path), np.dtype("<i2"), 2**62, [0, 2], 4)
    assert str(caught.value) == (
        f"{path}: {2**62:,} samples of 2 channels do not fit into the file (at byte {2**64 - 2:,}; "
        f"expected {2**64:,} bytes; found 100 bytes)"
    )


@pytest.mark.parametrize("wrong", [{"n_samples": -1}, {"sample_stride": -2}, {"block_stride": -1, "block_len": 1}])
def test_negative_lengths_and_strides(tmp_path: Path, wrong: dict[str, int]) -> None:
    path = tmp_path / "x.dat"
    path.write_bytes(bytes(100))
    arguments: dict[str, Any] = {"n_samples": 5, "base": [0], "sample_stride": 2} | wrong
    with pytest.raises(ValueError, match="not negative"):
        AffineExtent(Source.open(path), np.dtype("<i2"), **arguments)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([1, 2, 3], ValueError, r"\(n_channels, n_samples\), not of shape \(3,\)"),
        ([["a", "b"]], TypeError, "samples are numbers, not <U1"),
        ([[None]], TypeError, "samples are numbers, not object"),
    ],
)
def test_memory_takes_numbers_on_two_axes(data: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        MemoryExtent(data)
