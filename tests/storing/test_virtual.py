"""Virtual HDF5 files: nothing copied, the sources held to what they were, refused with a reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import ecogcat as ec
from tests.storing.test_write import recording


@pytest.fixture
def parts(tmp_path: Path) -> list[ec.Dataset]:
    return [recording(tmp_path / f"source{k}.h5", 3000 + k, k) for k in range(3)]


def test_it_opens_as_it_was_and_other_programs_read_it(parts: list[ec.Dataset], tmp_path: Path) -> None:
    joined = ec.mask_channels(ec.select_channels(ec.join(*parts), [3, 0, 1, 2]), [True, True, False, True])
    ec.write(joined, tmp_path / "a.vds.h5")
    opened = ec.open_recording(tmp_path / "a.vds.h5")
    assert ec.equals(opened, joined)
    assert [type(piece.extent) for piece in opened.signal.pieces] == [type(p.extent) for p in joined.signal.pieces]
    with h5py.File(tmp_path / "a.vds.h5") as file:
        data = file["signal"]
        assert data.is_virtual
        assert not any(Path(one.file_name).is_absolute() for one in data.virtual_sources())
        np.testing.assert_array_equal(data[:], joined.signal.read(raw=True))
        assert data.attrs["gain"] == 0.195
        np.testing.assert_array_equal(file["aligned/adc"][:], joined["adc"][:])
    assert (tmp_path / "a.vds.h5").stat().st_size < 64 << 10


def test_it_moves_with_its_sources(parts: list[ec.Dataset], tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    joined = ec.join(*parts)
    ec.write(joined, tmp_path / "sub" / "a.vds.h5")
    shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy"))
    moved = ec.open_recording(tmp_path / "copy" / "sub" / "a.vds.h5")
    assert ec.equals(moved, joined)
    assert {Path(one.path).parent for one in moved.signal.sources} == {tmp_path / "copy"}
    with h5py.File(tmp_path / "copy" / "sub" / "a.vds.h5") as file:
        np.testing.assert_array_equal(file["signal"][:], joined.signal.read(raw=True))


@pytest.mark.parametrize("name", ["50%.h5", "with space.h5", "µ.h5"])
def test_names_of_sources(name: str, tmp_path: Path) -> None:
    dataset = recording(tmp_path / name)
    ec.write(dataset, tmp_path / "a.vds.h5")
    assert ec.equals(ec.open_recording(tmp_path / "a.vds.h5"), dataset)
    with h5py.File(tmp_path / "a.vds.h5") as file:
        np.testing.assert_array_equal(file["signal"][:], dataset.signal.read(raw=True))


def test_time_first_floats_with_a_gap(tmp_path: Path) -> None:
    some = []
    for k in range(2):
        with h5py.File(tmp_path / f"2026-03-14_10-00-{10 * k:02}_{k}.h5", "w") as file:
            file["x"] = np.random.default_rng(k).normal(size=(5000, 3)).astype("f4")
        path = tmp_path / f"2026-03-14_10-00-{10 * k:02}_{k}.h5"
        some.append(ec.open_recording(path, data="x", sampling_rate=1000))
    joined = ec.join(*some, gaps="nan")
    assert [part.kind for part in joined.parts] == ["recording", "gap", "recording"]
    ec.write(joined, tmp_path / "a.vds.h5")
    assert ec.equals(ec.open_recording(tmp_path / "a.vds.h5"), joined)
    with h5py.File(tmp_path / "a.vds.h5") as file:
        assert file["signal"].attrs["axes"] == b"sample, channel"
        np.testing.assert_array_equal(file["signal"][:].T, joined.signal[:])


def test_compressed_and_chunked_sources(tmp_path: Path) -> None:
    some = []
    for k, form in enumerate([{"chunks": (2, 100)}, {"compression": "gzip"}]):
        with h5py.File(tmp_path / f"{k}.h5", "w") as file:
            file.create_dataset("x", data=np.random.default_rng(k).integers(-9, 9, (3, 700), dtype="i2"), **form)
        some.append(ec.open_recording(tmp_path / f"{k}.h5", data="x", sampling_rate=1000, scale=0.5))
    ec.write(ec.join(*some), tmp_path / "a.vds.h5")
    assert ec.equals(ec.open_recording(tmp_path / "a.vds.h5"), ec.join(*some))


def test_a_missing_source_is_an_error(parts: list[ec.Dataset], tmp_path: Path) -> None:
    ec.write(ec.join(*parts), tmp_path / "a.vds.h5")
    (tmp_path / "source1.h5").rename(tmp_path / "elsewhere.h5")
    with pytest.raises(ec.FormatError, match=r"refers to a file that is missing, and would read as zeros.*source1\.h5"):
        ec.open_recording(tmp_path / "a.vds.h5")


def test_an_altered_source_is_an_error(parts: list[ec.Dataset], tmp_path: Path) -> None:
    ec.write(ec.join(*parts), tmp_path / "a.vds.h5")
    recording(tmp_path / "source1.h5", 3001, 7)
    with pytest.raises(ec.SourceChangedError, match=r"\.vds\.h5 refers to .*source1\.h5, whose content is not what"):
        ec.open_recording(tmp_path / "a.vds.h5")


def test_a_source_that_grew_is_read_as_it_was(parts: list[ec.Dataset], tmp_path: Path) -> None:
    joined = ec.join(*parts)
    ec.write(joined, tmp_path / "a.vds.h5")
    with open(tmp_path / "source1.h5", "ab") as file:
        file.write(b"more")
    assert ec.equals(ec.open_recording(tmp_path / "a.vds.h5"), joined)


def scaled(path: Path, dtype: str, scale: float) -> ec.Dataset:
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(40, dtype=dtype).reshape(2, 20)
    return ec.open_recording(path, data="x", sampling_rate=1000, scale=scale)


def test_what_does_not_fit_is_named(parts: list[ec.Dataset], tmp_path: Path) -> None:
    a, b = scaled(tmp_path / "one.h5", "i2", 0.5), scaled(tmp_path / "two.h5", "i2", 2.0)
    c = scaled(tmp_path / "three.h5", "i4", 0.5)
    loaded = ec.load(a)
    for dataset, why in (
        (ec.join(a, b), "part 'two' cannot be part of a virtual dataset: its signal has another gain, offset or unit"),
        (ec.join(a, c), "part 'three' cannot .* stores int32, those before it int16"),
        (loaded, "part 'one' .* lies in memory, not in a dataset of an HDF5 file"),
    ):
        with pytest.raises(ValueError, match=why) as caught:
            ec.write(dataset, tmp_path / "a.vds.h5")
        assert "to a name that ends in .h5" in str(caught.value)
    with pytest.raises(ValueError, match="nothing to compress"):
        ec.write(a, tmp_path / "a.vds.h5", compression="gzip")
    assert not [one for one in tmp_path.iterdir() if "vds" in one.name]
