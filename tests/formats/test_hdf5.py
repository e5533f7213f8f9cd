"""HDF5 recordings: the lab's layout, others by load arguments, and every way in which a file can be unusable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.hdf5 import open_hdf5
from tests.conftest import shared_path
from tests.formats.recordings import scaled, write_lab_hdf5

COUNTS = np.arange(-60, 60, dtype="i2").reshape(4, 30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rec.h5"


def _write(path: Path, data: Any = COUNTS, rate: Any = 500.0, userblock: int = 0, **others: Any) -> None:
    with h5py.File(path, "w", userblock_size=userblock) as file:
        file["chdata"] = data
        if rate is not None:
            file["Fs"] = rate
        for name, values in others.items():
            file[name] = values


def _refusal(path: Path, **arguments: Any) -> str:
    with pytest.raises(ec.FormatError) as caught:
        open_hdf5(path, **arguments)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


# The lab's layout ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["<i2", "<f4"])
@pytest.mark.parametrize("kind", ["contiguous", "chunked", "gzip"])
def test_lab_layout(kind: str, dtype: str, path: Path) -> None:
    expected = write_lab_hdf5(path, kind, dtype)
    dataset = open_hdf5(path)
    assert set(dataset.aligned) == {"adc", "aux", "dig"}
    for name, values in expected.items():
        array = dataset.signal if name == "signal" else dataset[name]
        assert array.dtype == values.dtype
        assert np.array_equal(array.read(), values), name
    assert (dataset.sampling_rate, dataset["aux"].sampling_rate, dataset["adc"].sampling_rate) == (
        1000.0,
        250.0,
        1000.0,
    )
    assert (dataset.units, dataset["adc"].units, dataset["dig"].units) == ("uV", "V", "")
    assert dataset.signal.channel_names == ("ch0", "ch1", "ch2", "ch3", "ch4", "ch5")
    assert dataset["aux"].channel_names == ("aux0", "aux1", "aux2")
    assert dataset.signal.read([2], 3, 5, raw=True).dtype == np.dtype(dtype)
    assert dataset.parts[0].format == "hdf5"


def test_in_the_labs_layout_channels_come_first_however_short_the_recording(path: Path) -> None:
    _write(path, np.arange(24, dtype="i2").reshape(8, 3), adc=np.zeros((4, 3), "f4"))
    dataset = open_hdf5(path)
    assert dataset.signal.shape == (8, 3)
    assert dataset["adc"].shape == (4, 3)
    assert open_hdf5(path, axis_order="time_first").signal.shape == (3, 8)


def test_one_channel_on_one_axis(path: Path) -> None:
    _write(path, np.arange(10, dtype="f4"), adc=np.arange(10.0))
    dataset = open_hdf5(path)
    assert np.array_equal(dataset.signal.read(), [np.arange(10)])
    assert dataset["adc"].shape == (1, 10)


def test_name_time_notes_and_attributes(tmp_path: Path) -> None:
    path = tmp_path / "2016-09-26_15-49-32_002.h5"
    _write(path)
    with h5py.File(path, "a") as file:
        file.attrs["animal"] = b"rat-17"
        file.attrs["notes"] = "quiet"
        file.attrs["weights"] = [1.5, 2.5]
        file.attrs["age"] = np.int64(12)
        file.attrs["empty"] = h5py.Empty("f4")
        file.attrs["names"] = np.array([b"a", b"b"])
    dataset = open_hdf5(path)
    assert dataset.parts[0].start_time == np.datetime64("2016-09-26T15:49:32", "ns")
    assert dataset.parts[0].notes == ("quiet",)
    found = dataset.metadata
    assert (found["animal"], found["weights"], found["age"]) == ("rat-17", (1.5, 2.5), 12)
    assert found["names"] == ("a", "b")
    assert found["dataset"] == "/chdata"
    assert dataset.name == "2016-09-26_15-49-32_002"
    # Digits that are no date are no time.
    other = tmp_path / "2016-99-26_15-49-32.h5"
    _write(other)
    assert open_hdf5(other).parts[0].start_time is None


# Any layout ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<u2", ">u2", "|i1", "<i4", "<f4", ">f4", "<f8", ">f8", "|b1"])
@pytest.mark.parametrize("order", ["channels_first", "time_first"])
def test_types_and_orders(dtype: str, order: str, path: Path) -> None:
    stored = (np.arange(120).reshape(4, 30) % 120).astype(dtype)
    with h5py.File(path, "w") as file:
        file["a/b"] = stored if order == "channels_first" else np.ascontiguousarray(stored.T)
    dataset = open_hdf5(path, data="a/b", axis_order=order, scale=0.1, offset=-3.0, sampling_rate=100)
    assert dataset.signal.dtype == np.float32
    assert np.array_equal(dataset.signal.read(), scaled(stored, (0.1, -3.0)))
    raw = dataset.signal.read(raw=True)
    assert raw.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(raw, stored)


def test_by_default_the_longer_axis_is_time_and_values_are_as_stored(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["wide"], file["tall"] = COUNTS, COUNTS.T
    for key in ("wide", "tall"):
        dataset = open_hdf5(path, data=key, sampling_rate=100.0)
        assert np.array_equal(dataset.signal.read(), COUNTS.astype("f4"))
        assert dataset.units == "uV"
        assert dataset.aligned == {}


def test_units_come_from_the_dataset_or_the_argument(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = COUNTS.astype("f4")
        file["x"].attrs["units"] = np.array([b"mV"])
    assert open_hdf5(path, data="x", sampling_rate=1.0).units == "mV"
    assert open_hdf5(path, data="x", sampling_rate=1.0, stored_units="V").units == "V"
    dataset = ec.open_recording(path, data="x", sampling_rate=1.0)
    assert dataset.units == "uV"
    assert np.array_equal(dataset.signal.read(), scaled(COUNTS, (1000.0, 0.0)))


@pytest.mark.parametrize(
    ("where", "rate"),
    [
        (250.0, 250.0),
        (250, 250.0),
        ("rate", 250.0),
        ("g/rate", 300.0),
        ("g/x/fs", 350.0),
        ("g/hz", 400.0),
        ("matlab", 9.0),
    ],
)
def test_the_rate_is_a_number_a_dataset_or_an_attribute(where: Any, rate: float, path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["g/x"] = COUNTS
        file.attrs["rate"] = 250
        file["g/rate"] = np.float32(300)
        file["g/x"].attrs["fs"] = 350.0
        file["g"].attrs["hz"] = [400]
        file["matlab"] = [[9.0]]
    assert open_hdf5(path, data="g/x", sampling_rate=where).sampling_rate == rate


def test_aligned_arrays_by_name(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = COUNTS.astype("f4")
        file["sync"] = (np.arange(30) % 3 == 0).astype("u1")
        file["motion/xyz"] = np.arange(45, dtype="i2").reshape(15, 3)
        file["motion"].attrs["rate"] = 50.0
        file["force"] = np.arange(60.0)
        file["force"].attrs["units"] = b"N"
    dataset = open_hdf5(
        path,
        data="x",
        sampling_rate=100.0,
        aligned={
            "dig": "sync",
            "aux": {"data": "motion/xyz", "sampling_rate": "motion/rate", "scale": 0.5, "offset": 1.0, "units": "g"},
            "force": "force",
        },
    )
    assert dataset["dig"].dtype == np.uint8
    assert dataset["dig"].read().tolist() == [[1, 0, 0] * 10]
    assert dataset["aux"].sampling_rate == 50.0
    assert np.array_equal(dataset["aux"].read(), scaled(np.arange(45).reshape(15, 3).T, (0.5, 1.0)))
    assert (dataset["aux"].units, dataset["force"].units) == ("g", "N")
    assert (dataset["force"].sampling_rate, dataset["force"].shape) == (200.0, (1, 60))
    assert open_hdf5(path, data="x", sampling_rate=100.0, aligned={}).aligned == {}


@pytest.mark.parametrize("wrong", [{"scal": 1.0, "data": "x"}, {"scale": 1.0}, 5, {"data": "x", "axis_order": "rows"}])
def test_what_cannot_be_said_of_an_aligned_array(wrong: Any, path: Path) -> None:
    _write(path)
    with pytest.raises(ValueError, match=r"aligned array 'y' takes data, scale, offset, units|axis_order is one of"):
        open_hdf5(path, aligned={"y": wrong})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"axis_order": "rows"}, "axis_order is one of channels_first, time_first, not 'rows'"),
        ({"scale": float("nan")}, "scale is a finite number, not nan"),
        ({"offset": float("inf")}, "offset is a finite number, not inf"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], message: str, path: Path) -> None:
    _write(path)
    with pytest.raises(ValueError, match=message):
        open_hdf5(path, **arguments)


def test_a_file_behind_a_user_block(path: Path) -> None:
    _write(path, userblock=1024, adc=np.ones((1, 30), "f4"))
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")
    dataset = ec.open_recording(path)
    assert np.array_equal(dataset.signal.read(), scaled(COUNTS, (0.195, 0.0)))
    assert dataset["adc"].read().min() == 1.0


def test_a_real_matlab_file() -> None:
    path = shared_path("recordings/matlab_v73/fieldtrip_eximia_raw_v73.mat")
    with h5py.File(path, "r") as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if getattr(item, "size", 0) > 1000 else None)
        largest = max(names, key=lambda name: file[name].size)
        stored = file[largest][()]
    dataset = ec.open_recording(path, "hdf5", data=largest, axis_order="time_first", sampling_rate=1450.0)
    assert np.array_equal(dataset.signal.read(), stored.T.astype("f4"))


# Files that cannot be used ------------------------------------------------------------------------


def test_an_unknown_key_lists_what_is_there(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["small"], file["group/large"] = [1, 2], COUNTS
    assert _refusal(path) == (
        "the file has no dataset 'chdata' (expected chdata; found group/large (4, 30), small (2,)). Name one with data="
    )
    assert "the file has no dataset 'group' " in _refusal(path, data="group")
    with h5py.File(path, "w") as file:
        for k in range(20):
            file[f"{k:02d}"] = np.zeros(k + 1)
    assert _refusal(path).endswith("08 (9,) and 8 more). Name one with data=")
    with h5py.File(path, "w"):
        pass
    assert "found no dataset at all" in _refusal(path)
    _write(path)
    assert _refusal(path, aligned={"aux": "motion"}) == (
        "the file has no dataset 'motion' (expected motion; found chdata (4, 30), Fs ()). "
        "Name one with aligned={'aux': ...}"
    )


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (np.nan, "[nan]"),
        (np.inf, "[inf]"),
        (-500.0, "[-500.0]"),
        (0.0, "[0.0]"),
        ([500.0, 600.0], "2 values"),
        (np.zeros(100), "100 values"),
        (h5py.Empty("f4"), "0 values"),
        ("fast", "[b'fast']"),
        (500j, "[500j]"),
    ],
)
def test_a_rate_that_is_none(rate: Any, shown: str, path: Path) -> None:
    _write(path, rate=rate)
    assert _refusal(path) == (
        f"the sampling rate is not usable (expected one positive number of Hz; found {shown} at Fs). "
        "Give sampling_rate= in Hz"
    )


@pytest.mark.parametrize("rate", [np.nan, -1.0, 0, True])
def test_a_rate_argument_that_is_none(rate: Any, path: Path) -> None:
    _write(path)
    assert f"found [{rate}] at sampling_rate=" in _refusal(path, sampling_rate=rate)


def test_a_rate_that_is_not_there(path: Path) -> None:
    _write(path, rate=None, other=np.float64(3))
    with h5py.File(path, "a") as file:
        file.attrs["animal"] = "rat"
    assert _refusal(path) == (
        "the file has no sampling rate at 'Fs' (expected one number; found single numbers: other; attributes: animal). "
        "Give sampling_rate= in Hz, or where it is"
    )
    assert open_hdf5(path, sampling_rate="other").sampling_rate == 3.0


@pytest.mark.parametrize("shape", [(4, 0), (0, 30), (0,), (0, 0)])
def test_nothing_was_recorded(shape: tuple[int, ...], path: Path) -> None:
    _write(path, np.zeros(shape, "i2"))
    assert _refusal(path) == (
        f"dataset '/chdata' holds no sample (expected at least one channel and one sample; found shape {shape}). "
        "It was stopped or crashed right after it was started; leave it out"
    )


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (np.zeros(5, [("a", "i2"), ("b", "f4")]), "of shape (5,)"),
        (np.array([b"text", b"more"]), "|S4 of shape (2,)"),
        (np.zeros((2, 3, 4)), "float64 of shape (2, 3, 4)"),
        (np.float64(1.0), "float64 of shape ()"),
        (h5py.Empty("f4"), "float32 of shape None"),
        (np.zeros((2, 3), complex), "complex128"),
    ],
)
def test_datasets_that_are_no_recording(data: Any, found: str, path: Path) -> None:
    _write(path, data)
    text = _refusal(path)
    assert text.startswith("dataset '/chdata' is no recording (expected ")
    assert found in text


def test_an_aligned_array_whose_rate_is_unclear(path: Path) -> None:
    _write(path, np.zeros((2, 1000), "i2"), aux=np.zeros((3, 700), "f4"))
    assert _refusal(path) == (
        "the sampling rate of aligned array 'aux' is unclear (expected 1,000 samples, or a whole multiple or part; "
        "found 700). Say it: aligned={'aux': {'data': ..., 'sampling_rate': ...}}"
    )
    given = open_hdf5(path, aligned={"aux": {"data": "aux", "sampling_rate": 350.0}})
    assert given["aux"].sampling_rate == 350.0
    _write(path, np.zeros((2, 1000), "i2"), aux=np.zeros((3, 0), "f4"))
    assert "found 0)" in _refusal(path)


@pytest.mark.parametrize(
    ("n", "warning"),
    [
        (1000, None),
        (1003, "adc: 3 samples too many beside the signal: left out at the end"),
        (997, "adc: 3 samples missing beside the signal: filled with nan at the end"),
    ],
)
def test_an_aligned_array_a_little_off_is_put_in_step(n: int, warning: str | None, path: Path) -> None:
    line = np.arange(2 * n, dtype="f4").reshape(2, n)
    _write(path, np.zeros((2, 1000), "i2"), adc=line, dig=(line > 5).astype("u1"))
    dataset = open_hdf5(path)
    together = min(n, 1000)
    assert dataset["adc"].shape == dataset["dig"].shape == (2, 1000)
    assert np.array_equal(dataset["adc"][:, :together], line[:, :together])
    assert np.isnan(dataset["adc"][:, together:]).all()
    assert not dataset["dig"][:, together:].any()
    assert dataset["dig"].dtype == np.uint8
    texts = dataset.parts[0].warnings
    assert len(texts) == (0 if warning is None else 2)
    assert warning is None or texts[0] == warning


_CRASH = """
import os, sys, h5py, numpy
file = h5py.File(sys.argv[1], "w", libver="latest")
data = file.create_dataset("chdata", (4, 30), "i2", maxshape=(4, None), chunks=(4, 10))
file["Fs"] = 500.0
file.swmr_mode = True
data[:] = 1
file.flush()
os._exit(0)
"""


def test_a_file_that_was_never_closed(path: Path) -> None:
    subprocess.run([sys.executable, "-c", _CRASH, str(path)], check=True)
    text = _refusal(path)
    assert text.startswith("this HDF5 file was never closed, or was cut short (expected a file that its writer closed;")
    assert text.endswith(
        "If its writer still runs, stop it there; if it crashed, work on a copy repaired with "
        "`h5clear --status --increment COPY`"
    )


def test_a_file_cut_short(path: Path) -> None:
    _write(path, np.zeros((4, 3000), "i2"))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert _refusal(path).startswith("this HDF5 file was never closed, or was cut short (")


def test_no_hdf5_file_at_all(path: Path) -> None:
    path.write_bytes(b"channel,role,row,col\n" * 100)
    assert _refusal(path).startswith("this is no HDF5 file that can be read (found ")
    with pytest.raises(ec.RecordingNotFound, match=r"gone\.h5: no such file"):
        open_hdf5(path.parent / "gone.h5")
    with pytest.raises(ec.RecordingNotFound, match="is not a file"):
        open_hdf5(path.parent)


def test_an_attribute_that_cannot_be_read_is_no_reason_to_refuse(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(path)
    with h5py.File(path, "a") as file:
        file.attrs["fine"], file.attrs["odd"] = 1, 2
    read = h5py.AttributeManager.__getitem__

    def refuse_odd(attributes: Any, name: str) -> Any:
        if name == "odd":
            raise OSError("Unable to read attribute (no appropriate function for conversion path)")
        return read(attributes, name)

    monkeypatch.setattr(h5py.AttributeManager, "__getitem__", refuse_odd)
    dataset = open_hdf5(path)
    assert dataset.parts[0].warnings == ("attributes that cannot be read: odd",)
    assert dataset.metadata["fine"] == 1


def test_streams_lists_what_could_be_recordings(path: Path) -> None:
    _write(path, adc=np.zeros((2, 30), "f4"), tall=np.zeros((50, 3)), line=np.zeros(30), text=[b"a", b"b"])
    listed = ec.streams(path).set_index("stream")
    assert listed[["channels", "samples"]].T.to_dict("list") == {
        "chdata": [4, 30],
        "adc": [2, 30],
        "tall": [3, 50],
        "line": [1, 30],
    }
    assert set(listed["rate"]) == {500.0}
    _write(path, rate=None)
    assert np.isnan(ec.streams(path)["rate"]).all()
