"""HDF5 datasets of every kind: to byte offsets where that is right, through libhdf5 elsewhere, never as false zeros."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.errors import FormatError, SourceChangedError
from ecogcat.storage import hdf5 as hdf5_module
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.handles import hdf5_file
from ecogcat.storage.hdf5 import ChunkedExtent, hdf5_extent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source
from tests import oracles

SHAPE = (6, 500)


def values(dtype: Any = "i2", shape: tuple[int, ...] = SHAPE) -> NDArray[Any]:
    """Numbers that differ everywhere, of any type."""
    n = int(np.prod(shape))
    return (np.arange(n).reshape(shape) % (2 if np.dtype(dtype).kind == "b" else 30_000)).astype(dtype)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rec.h5"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What libhdf5 was asked for: only ever slices, because it takes seconds for a list of rows."""
    keys: list[Any] = []
    getitem = h5py.Dataset.__getitem__

    def spy(self: h5py.Dataset, key: Any, *args: Any, **options: Any) -> Any:
        keys.append(key)
        return getitem(self, key, *args, **options)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", spy)
    yield keys
    for key in keys:
        assert all(type(part) is slice for part in (key if isinstance(key, tuple) else (key,))), key


def opened(path: Path, key: str = "x", *, time_first: bool = False) -> Extent:
    source = Source.open(path)
    with h5py.File(path, "r") as file:
        return hdf5_extent(source, file[key], time_first=time_first)


def get(extent: Extent, channels: Any, samples: Any) -> NDArray[Any]:
    out = np.zeros((len(channels), len(samples)), extent.dtype.newbyteorder("="))
    if not isinstance(samples, range):
        samples = oracles.frozen(samples, np.int64)
    extent.gather(oracles.frozen(channels, np.int64), samples, None, out, 0, len(samples))
    return out


def check(extent: Extent, expected: NDArray[Any]) -> None:
    """All of it, some of it in order, and a list of it in disorder."""
    n_channels, n_samples = expected.shape
    assert (extent.n_channels, extent.n_samples) == expected.shape
    every, rng = range(n_channels), np.random.default_rng(0)
    native = expected.astype(expected.dtype.newbyteorder("="))
    np.testing.assert_array_equal(get(extent, every, range(n_samples)), native, strict=True)
    if native.size:
        rows, columns = rng.integers(0, n_channels, 9), rng.integers(0, n_samples, 40)
        np.testing.assert_array_equal(get(extent, rows, columns), native[rows][:, columns])
        np.testing.assert_array_equal(get(extent, every[::-2], range(1, n_samples, 7)), native[::-2, 1::7])
    other = pickle.loads(pickle.dumps(extent))
    np.testing.assert_array_equal(get(other, every, range(n_samples)), native)
    assert other.token == extent.token


# Resolved to byte offsets -------------------------------------------------------------------------

DTYPES = [
    "?",
    "i1",
    "u1",
    "<i2",
    ">i2",
    "<u2",
    ">i4",
    "<u4",
    "<i8",
    ">u8",
    "<f2",
    ">f2",
    "<f4",
    ">f4",
    "<f8",
    ">f8",
    "c8",
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("chunks", [None, (4, 64)], ids=["contiguous", "chunked"])
@pytest.mark.parametrize("time_first", [False, True])
def test_plain_datasets_read_without_libhdf5(
    path: Path, asked: list[Any], dtype: str, chunks: tuple[int, int] | None, time_first: bool
) -> None:
    data = values(dtype)
    with h5py.File(path, "w") as file:
        shape = chunks[::-1] if chunks and time_first else chunks
        file.create_dataset("x", data=data.T if time_first else data, chunks=shape)
    extent = opened(path, time_first=time_first)
    assert type(extent) is (ChunkedExtent if chunks else AffineExtent)
    assert extent.dtype == np.dtype(dtype)
    check(extent, data)
    assert not asked


@pytest.mark.parametrize("user_block", [512, 2048])
@pytest.mark.parametrize("chunks", [None, (2, 100)], ids=["contiguous", "chunked"])
def test_in_a_file_with_a_user_block(
    path: Path, asked: list[Any], user_block: int, chunks: tuple[int, int] | None
) -> None:
    """As MATLAB writes: its header lies in the first 512 bytes."""
    with h5py.File(path, "w", userblock_size=user_block) as file:
        file.create_dataset("x", data=values(), chunks=chunks)
    with open(path, "r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(128))
    check(opened(path), values())
    assert not asked


def test_a_chunk_table_that_leaves_out_the_user_block_is_noticed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("x", data=values(), chunks=(2, 100))
    source = Source.open(path)
    with hdf5_file(source) as file:
        true = file["x"].id.get_chunk_info_by_coord((4, 400)).byte_offset  # the last chunk
        assert hdf5_module._true_offset(file["x"], true, source)
        assert not hdf5_module._true_offset(file["x"], true - 512, source)
    monkeypatch.setattr(hdf5_module, "_true_offset", lambda *arguments: False)
    extent = opened(path)
    check(extent, values())
    assert isinstance(extent, ChunkedExtent)
    assert extent.layout() is None


@pytest.mark.parametrize("chunks", [(1, 1), (6, 500), (7, 9), (100, 100_000), (4, 499), (5, 501)])
@pytest.mark.parametrize("time_first", [False, True])
def test_chunks_of_any_shape(path: Path, asked: list[Any], chunks: tuple[int, int], time_first: bool) -> None:
    """Smaller than the dataset, of its size, across its edges, and larger."""
    data = values(shape=(6, 40)) if chunks == (1, 1) else values()
    with h5py.File(path, "w") as file:
        options = {"chunks": chunks[::-1] if time_first else chunks, "maxshape": (None, None)}
        file.create_dataset("x", data=data.T if time_first else data, **options)
    check(opened(path, time_first=time_first), data)
    assert not asked


@given(st.data())
def test_chunked_equals_h5py(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "drawn.h5"
    shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 30)))
    chunks = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 33)))
    user_block = data.draw(st.sampled_from([0, 512]))
    with h5py.File(path, "w", userblock_size=user_block) as file:
        file.create_dataset("x", data=values(shape=shape), chunks=chunks, maxshape=(None, None))
    time_first = data.draw(st.booleans())
    check(opened(path, time_first=time_first), values(shape=shape).T if time_first else values(shape=shape))


@pytest.mark.parametrize("chunks", [None, 64])
def test_one_axis_is_one_channel(path: Path, chunks: int | None) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values(shape=(500,)), chunks=chunks)
        file.create_dataset("z", data=values(shape=(500,)), chunks=64, compression="gzip")
    for key in "xz":
        for time_first in (False, True):
            check(opened(path, key, time_first=time_first), values(shape=(1, 500)))


@pytest.mark.parametrize("options", [{}, {"chunks": (2, 10)}, {"chunks": (2, 10), "compression": "gzip"}])
@pytest.mark.parametrize("shape", [(3, 0), (0, 5), (0, 0)])
def test_without_samples_or_channels(path: Path, shape: tuple[int, int], options: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("x", shape, "i2", maxshape=(None, None) if options else None, **options)
    check(opened(path), np.zeros(shape, "i2"))


def test_resized_datasets(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for key, (shape, after) in {"shrunk": ((6, 500), (3, 70)), "grown": ((6, 500), (8, 900))}.items():
            dataset = file.create_dataset(key, shape, "i2", chunks=(4, 64), maxshape=(None, None), fillvalue=-5)
            dataset[:] = values()
            dataset.resize(after)
        file["there and back"] = values()
        back = file.create_dataset("back", data=values(), chunks=(4, 64), maxshape=(None, None), fillvalue=-5)
        back.resize((6, 100))
        back.resize((6, 500))
    check(opened(path, "shrunk"), values()[:3, :70])
    grown = np.full((8, 900), -5, "i2")
    grown[:6, :500] = values()
    check(opened(path, "grown"), grown)
    emptied = values()
    emptied[:, 100:] = -5
    check(opened(path, "back"), emptied)


# Through libhdf5 ----------------------------------------------------------------------------------


def test_an_unallocated_dataset_in_a_file_with_a_user_block(path: Path) -> None:
    """Its offset is reported as the byte before the file's base, 511: what lies there is no sample."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("x", SHAPE, "i2", fillvalue=7)
        file["y"] = values()
    with h5py.File(path, "r") as file:
        assert file["x"].id.get_offset() == 511
    assert isinstance(opened(path), ReaderExtent)
    check(opened(path), np.full(SHAPE, 7, "i2"))
    check(opened(path, "y"), values())


def test_compact(path: Path) -> None:
    with h5py.File(path, "w") as file:
        space, plist = h5py.h5s.create_simple((2, 50)), h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        dataset = h5py.Dataset(h5py.h5d.create(file.id, b"x", h5py.h5t.STD_I16LE, space, plist))
        dataset[...] = values(shape=(2, 50))
        assert dataset.id.get_storage_size() == 200
    assert isinstance(opened(path), ReaderExtent)
    # The spy sees what wrote the file only where it reads.
    check(opened(path), values(shape=(2, 50)))


@pytest.mark.parametrize("written", [slice(0), slice(0, 130), slice(200, 500)])
def test_chunks_that_were_never_written_hold_the_fill_value(path: Path, written: slice) -> None:
    expected = np.full(SHAPE, -9, "i2")
    expected[:, written] = values()[:, written]
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("x", SHAPE, "i2", chunks=(3, 64), fillvalue=-9)
        if written.stop:
            dataset[:, written] = expected[:, written]
    check(opened(path), expected)


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "gzip"},
        {"compression": "lzf"},
        {"shuffle": True},
        {"fletcher32": True},
        {"scaleoffset": 0},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("time_first", [False, True])
def test_filtered(path: Path, options: dict[str, Any], time_first: bool) -> None:
    with h5py.File(path, "w") as file:
        data = values().T if time_first else values()
        file.create_dataset("x", data=data, chunks=(64, 4) if time_first else (4, 64), **options)
    extent = opened(path, time_first=time_first)
    assert isinstance(extent, ReaderExtent)
    assert extent.block_samples == 64
    check(extent, values())


def test_integers_of_twelve_bits(path: Path) -> None:
    """Four bits up in their 16: as bytes they would read sixteen times as large."""
    with h5py.File(path, "w") as file:
        kind = h5py.h5t.STD_I16LE.copy()
        kind.set_precision(12)
        kind.set_offset(4)
        expected = values(shape=(2, 300)) % 2000
        for name, plist in ((b"x", None), (b"chunked", h5py.h5p.create(h5py.h5p.DATASET_CREATE))):
            if plist is not None:
                plist.set_chunk((2, 50))
            dataset = h5py.h5d.create(file.id, name, kind, h5py.h5s.create_simple((2, 300)), plist)
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, expected)
    for key in ("x", "chunked"):
        check(opened(path, key), expected)


def test_far_apart_channels_are_asked_for_as_slabs(path: Path, asked: list[Any]) -> None:
    data = values(shape=(40, 100))
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=data, chunks=(4, 50), compression="gzip")
    extent = opened(path)
    channels = [39, 0, 17, 18, 0]
    np.testing.assert_array_equal(get(extent, channels, range(100)), data[channels])
    assert asked == [(slice(0, 1), slice(0, 100)), (slice(17, 19), slice(0, 100)), (slice(39, 40), slice(0, 100))]
    asked.clear()
    channels = [1, 2, 4, 5]
    np.testing.assert_array_equal(get(extent, channels, range(100)), data[channels])
    assert asked == [(slice(1, 6), slice(0, 100))]  # near ones as one


# Other files --------------------------------------------------------------------------------------


def external(path: Path, names: list[str]) -> None:
    n = SHAPE[0] * SHAPE[1] * 2 // len(names)
    with h5py.File(path, "w") as file:
        file.create_dataset("x", SHAPE, "i2", external=[(name, 0, n) for name in names])


@pytest.mark.parametrize("absolute", [False, True])
def test_external(path: Path, absolute: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw files beside the HDF5 file, found from any working directory."""
    names = [str(tmp_path / name) if absolute else name for name in ("a.raw", "b.raw")]
    external(path, names)
    data = values()
    (tmp_path / "a.raw").write_bytes(data[:3].tobytes())
    (tmp_path / "b.raw").write_bytes(data[3:].tobytes())
    extent = opened(path)
    assert [os.path.basename(source.path) for source in extent.sources] == ["rec.h5", "a.raw", "b.raw"]
    check(extent, data)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    check(extent, data)
    with open(tmp_path / "b.raw", "r+b") as raw:
        raw.write(b"changed")
    with pytest.raises(SourceChangedError, match=r"b\.raw: its content changed"):
        check(extent, data)


def test_external_in_the_working_directory(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where libhdf5 itself looks."""
    external(path, ["a.raw"])
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here" / "a.raw").write_bytes(values().tobytes())
    extent = opened(path)
    monkeypatch.chdir(tmp_path)
    check(extent, values())


def test_external_but_missing(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    external(path, ["a.raw", "b.raw"])
    (tmp_path / "a.raw").write_bytes(bytes(3000))
    with pytest.raises(FormatError) as caught:
        opened(path)
    assert str(caught.value).startswith(
        f"{path}: dataset '/x' draws on a file that is missing, and would read as zeros "
        f"(expected b.raw; found nothing at {tmp_path / 'b.raw'} or "
    )
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here" / "b.raw").write_bytes(bytes(3000))
    with pytest.raises(FormatError, match="the files of dataset '/x' lie in two folders"):
        opened(path)


@pytest.mark.parametrize("how", [{}, {"chunks": (4, 100)}, {"chunks": (4, 100), "compression": "gzip"}])
def test_a_dataset_reached_by_a_link_is_read_in_its_own_file(how: dict[str, Any], path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["before"] = values("f8")
        file.create_dataset("in/it", data=values(), **how)
    with h5py.File(path, "w") as file:
        file["filler"] = values("f8")
        file["x"] = h5py.ExternalLink("other.h5", "/in/it")
    extent = opened(path)
    assert [source.path for source in extent.sources] == [str(other)]
    check(extent, values())


def virtual(path: Path, sources: list[tuple[str, str]], maxshape: Any = None) -> None:
    """Stack the datasets (file name, key), two channels each."""
    layout = h5py.VirtualLayout((2 * len(sources), 500), "i2")
    for k, (name, key) in enumerate(sources):
        layout[2 * k : 2 * k + 2] = h5py.VirtualSource(name, key, (2, 500))
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset("x", layout, fillvalue=-1)


def pair(path: Path, k: int) -> None:
    with h5py.File(path, "a") as file:
        file["d"] = values()[2 * k : 2 * k + 2]


@pytest.mark.parametrize("absolute", [False, True])
def test_virtual(path: Path, tmp_path: Path, absolute: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for k in range(3):
        pair(tmp_path / f"{k}.h5", k)
    virtual(path, [(str(tmp_path / f"{k}.h5") if absolute else f"{k}.h5", "d") for k in range(3)])
    extent = opened(path)
    assert [os.path.basename(source.path) for source in extent.sources] == ["rec.h5", "0.h5", "1.h5", "2.h5"]
    check(extent, values())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    check(extent, values())


def test_virtual_over_its_own_file(path: Path) -> None:
    pair(path, 1)
    virtual(path, [(".", "d")])
    extent = opened(path)
    assert len(extent.sources) == 1
    check(extent, values()[2:4])


def test_virtual_with_a_missing_source(path: Path, tmp_path: Path) -> None:
    pair(tmp_path / "0.h5", 0)
    virtual(path, [("0.h5", "d"), ("gone.h5", "d")])
    with pytest.raises(FormatError) as caught:
        opened(path)
    places = dict.fromkeys([str(tmp_path / "gone.h5"), os.path.abspath("gone.h5")])
    assert str(caught.value) == (
        f"{path}: dataset '/x' draws on a file that is missing, and would read as zeros (expected gone.h5; "
        f"found nothing at {' or '.join(places)}). Put the file there"
    )


def test_virtual_with_a_missing_dataset(path: Path, tmp_path: Path) -> None:
    pair(tmp_path / "0.h5", 0)
    virtual(path, [("0.h5", "other")])
    expected = f"expected 'other' in {tmp_path / '0.h5'}; found no such dataset"
    with pytest.raises(FormatError, match=re.escape(expected)):
        opened(path)


def test_virtual_over_virtual(path: Path, tmp_path: Path) -> None:
    """A source that is itself virtual is followed; a missing file below it is found, too."""
    pair(tmp_path / "0.h5", 0)
    virtual(tmp_path / "middle.h5", [("0.h5", "d")])
    virtual(path, [("middle.h5", "x")])
    extent = opened(path)
    assert [os.path.basename(source.path) for source in extent.sources] == ["rec.h5", "middle.h5", "0.h5"]
    check(extent, values()[:2])
    (tmp_path / "0.h5").unlink()
    with pytest.raises(FormatError, match=r"middle\.h5: dataset '/x' draws on a file that is missing"):
        opened(path)


@pytest.mark.parametrize("change", ["altered", "shrunk", "deleted"])
def test_virtual_with_a_source_that_changed_later(path: Path, tmp_path: Path, change: str) -> None:
    other = tmp_path / "0.h5"
    pair(other, 0)
    virtual(path, [("0.h5", "d")])
    extent = opened(path)
    check(extent, values()[:2])
    content = other.read_bytes()
    if change == "deleted":
        other.unlink()
    else:
        other.write_bytes(content[:-1] if change == "shrunk" else content[:-1] + b"!")
    with pytest.raises(SourceChangedError, match=re.escape(str(other))):
        get(extent, [0], range(5))


def test_tokens_follow_content_not_place(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for k, folder in enumerate((tmp_path, tmp_path / "elsewhere", tmp_path / "different")):
        folder.mkdir(exist_ok=True)
        pair(folder / "0.h5", 0 if k < 2 else 1)
    virtual(path, [("0.h5", "d")])
    for folder in ("elsewhere", "different"):
        (tmp_path / folder / "rec.h5").write_bytes(path.read_bytes())
    one, same, other = (
        opened(folder / "rec.h5") for folder in (tmp_path, tmp_path / "elsewhere", tmp_path / "different")
    )
    assert one.token == same.token
    assert one.token != other.token


# Refused ------------------------------------------------------------------------------------------


def _empty(file: h5py.File) -> None:
    file["x"] = h5py.Empty("f4")


def _text(file: h5py.File) -> None:
    file["x"] = np.array([[b"a", b"b"]])


def _scalar(file: h5py.File) -> None:
    file["x"] = 3.0


def _cube(file: h5py.File) -> None:
    file["x"] = np.zeros((2, 3, 4))


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (_empty, "float32 of shape None"),
        (_text, "|S1 of shape (1, 2)"),
        (_scalar, "float64 of shape ()"),
        (_cube, "float64 of shape (2, 3, 4)"),
    ],
)
def test_what_is_no_recording(path: Path, make: Any, found: str) -> None:
    with h5py.File(path, "w") as file:
        make(file)
    with pytest.raises(FormatError) as caught:
        opened(path)
    expected = f"{path}: dataset '/x' is no recording (expected numbers on one or two axes; found {found})"
    assert str(caught.value) == expected


@pytest.mark.parametrize("options", [{"fletcher32": True}, {"compression": "gzip"}], ids=str)
def test_a_damaged_chunk_is_one_clear_error(path: Path, options: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values(), chunks=(6, 100), **options)
        chunk = file["x"].id.get_chunk_info(2)
    with open(path, "r+b") as raw:
        raw.seek(chunk.byte_offset + 20)
        raw.write(b"damaged")
    extent = opened(path)
    np.testing.assert_array_equal(get(extent, [1, 2], range(100)), values()[1:3, :100])
    with pytest.raises(FormatError, match=re.escape(f"{path}: samples 150 to 250 of dataset '/x' cannot be read (f")):
        get(extent, [1, 2], range(150, 250))


def test_sizes_in_the_header_are_not_trusted(path: Path) -> None:
    """Petabytes of samples of which none was written: a few are read, and nothing of that size is allocated."""
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (10**6, 10**12), "i2", chunks=(1, 1), fillvalue=3)
        file.create_dataset("y", (10**6, 10**12), "i2", fillvalue=4)
        file.create_dataset("z", (10**6, 10**12), "i2", fillvalue=5, chunks=(1000, 1000), compression="gzip")
    for key, fill in (("x", 3), ("y", 4), ("z", 5)):
        assert get(opened(path, key), [0, 999_999], range(10**12 - 3, 10**12)).tolist() == [[fill] * 3] * 2


def test_a_dataset_without_a_name_is_refused(path: Path) -> None:
    with h5py.File(path, "w") as file:
        nameless = file.create_dataset(None, data=values())
        assert nameless.name is None
        with pytest.raises(FormatError, match=re.escape(f"{path}: a dataset of this file has no name")):
            hdf5_extent(Source.open(path), nameless)


def test_chunks_that_libhdf5_does_not_find_are_read_by_it(path: Path) -> None:
    with h5py.File(path, "w", userblock_size=512) as file:
        dataset = file.create_dataset("x", (6, 500), "i2", chunks=(6, 100))
        dataset[:, :100] = 1
        file.flush()
        assert not hdf5_module._true_offset(dataset, 0, Source.open(path))
