"""MATLAB files: matrices of every version, type and packing; the recordings of the wireless headstage."""

from __future__ import annotations

import os
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io

import ecogcat as ec
from ecogcat.formats.matlab import matrices, matrix_extent, read_matrix
from ecogcat.formats.registry import formats
from ecogcat.formats.wireless import open_wireless
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.source import Source
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.continuous import golden

VOLTS = np.random.default_rng(0).standard_normal((4, 300))


def _write(path: Path, version: str, **arrays: Any) -> None:
    """Write a MATLAB file: "5", "5 packed" or "7.3"."""
    if version == "7.3":
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, values in arrays.items():
                file[name] = np.atleast_2d(values).T
        head = b"MATLAB 7.3 MAT-file, Platform: posix".ljust(124) + b"\0\2IM"
        data = path.read_bytes()
        path.write_bytes(head + data[128:])
    else:
        scipy.io.savemat(path, arrays, do_compression="packed" in version)


def _big_endian(path: Path, name: bytes, values: np.ndarray) -> None:
    """Write a matrix as a big-endian machine does."""
    code = {"i2": 3, "f4": 7, "f8": 9}[values.dtype.newbyteorder("=").str[1:]]
    data = values.astype(values.dtype.newbyteorder(">")).tobytes("F")
    body = struct.pack(">4I", 6, 8, 6, 0) + struct.pack(">2I2i", 5, 8, *values.shape)
    body += struct.pack(">2I", 1, len(name)) + name.ljust(-(-len(name) // 8) * 8, b"\0")
    body += struct.pack(">2I", code, len(data)) + data
    body += bytes(-len(body) % 8)
    head = b"MATLAB 5.0 MAT-file, Platform: SUN".ljust(124) + b"\1\0MI"
    path.write_bytes(head + struct.pack(">2I", 14, len(body)) + body)


VERSIONS = ("5", "5 packed", "7.3")

# Matrices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("time_first", [True, False])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i2", "u1", "i8"])
@pytest.mark.parametrize("version", VERSIONS)
def test_matrices_of_every_type(version: str, dtype: str, time_first: bool, tmp_path: Path) -> None:
    values = (VOLTS * 50).astype(dtype)
    path = tmp_path / "a.mat"
    _write(path, version, other=np.arange(5.0), x=values.T if time_first else values, last=[[1, 2]])
    found = matrices(str(path))
    assert found["x"].shape == (values.T if time_first else values).shape
    extent = matrix_extent(Source.open(path), found["x"], time_first=time_first)
    assert isinstance(extent, AffineExtent) == (version != "5 packed")
    assert (extent.n_channels, extent.n_samples) == values.shape
    out = np.empty((3, 57), dtype)
    extent.gather(np.array([3, 0, 2]), range(20, 20 + 57 * 4, 4), None, out, 0, 57)
    assert np.array_equal(out, values[[3, 0, 2], 20 : 20 + 57 * 4 : 4])
    assert np.array_equal(read_matrix(str(path), found["last"]), [[1, 2]])


def test_a_big_endian_file(tmp_path: Path) -> None:
    for dtype in ("i2", "f4", "f8"):
        values = (VOLTS * 50).astype(dtype)
        _big_endian(tmp_path / "a.mat", b"dataf", values)
        assert np.array_equal(scipy.io.loadmat(tmp_path / "a.mat")["dataf"], values), "what is written is such a file"
        assert np.array_equal(open_wireless(tmp_path / "a.mat").signal.read(raw=True), values)


def test_a_packed_matrix_larger_than_what_is_unpacked_at_a_time(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(-100, 100, (3, 700_000)).astype("i2")
    for name, array, time_first in (("rows", values, False), ("columns", values.T, True)):
        _write(tmp_path / "a.mat", "5 packed", **{name: array})
        extent = matrix_extent(
            Source.open(tmp_path / "a.mat"), matrices(str(tmp_path / "a.mat"))[name], time_first=time_first
        )
        for window in (slice(0, 5), slice(699_990, 700_000), slice(123, 650_001)):
            out = np.empty((2, window.stop - window.start), "i2")
            extent.gather(np.array([0, 2]), range(window.start, window.stop), None, out, 0, out.shape[1])
            assert np.array_equal(out, values[[0, 2], window])


def test_what_is_no_matrix_of_numbers_is_passed_over(tmp_path: Path) -> None:
    other = {"text": "words", "c": np.array([1j]), "s": {"field": 1.0}, "cell": np.array([1, "a"], object)}
    scipy.io.savemat(tmp_path / "a.mat", {**other, "e": np.zeros((0, 3)), "x": 1.0})
    assert [one for one in matrices(str(tmp_path / "a.mat")) if one != "e"] == ["x"]


# The wireless headstage ---------------------------------------------------------------------------


def test_the_golden_recording() -> None:
    path = shared_path("reference/golden/case_102_wireless_V/input.mat")
    expected = golden("case_102_wireless_V")
    dataset = ec.open_recording(path, electrode=shared_path("reference/electrodes/psv_61_wireless_sub.csv"), units="V")
    assert np.array_equal(dataset.signal.read(raw=True), expected["data"])
    assert dataset.events.sample.tolist() == expected["pos_edge"].tolist()
    assert dataset.channel_map is not None
    assert np.array_equal(dataset.channel_map.sites, expected["sites"])
    assert dataset.bandpass == (2.0, -1.0)
    assert (dataset.sampling_rate, dataset.n_samples) == (500.0, 500)
    assert ec.streams(path)[["stream", "channels", "samples"]].to_numpy().tolist() == [["dataf", 8, 500]]


@pytest.mark.parametrize("version", VERSIONS)
def test_recordings_conform(version: str, tmp_path: Path) -> None:
    values = VOLTS.astype("f4").astype("f8") * 2**-10
    _write(tmp_path / "rec.mat", version, dataf=values)
    _write(tmp_path / "rec_trig.mat", version, indxfilt=np.array([[10], [200]]))
    expected = {"signal": (values * 1e6).astype("f4")}
    check_format(ec.open_recording, tmp_path / "rec.mat", expected=expected, damage=True)
    dataset = ec.open_recording(tmp_path / "rec.mat")
    assert dataset.events.sample.tolist() == [10, 200]
    head = (tmp_path / "rec.mat").read_bytes()[:4096]
    claiming = [one.name for one in formats().values() if one.recognises(str(tmp_path / "rec.mat"), head)]
    assert [name for name in claiming if not formats()[name].general] == ["wireless"]
    assert (dataset.units, dataset.name, dataset.parts[0].format) == ("uV", "rec", "wireless")
    assert open_wireless(tmp_path / "rec.mat", sampling_rate=250).sampling_rate == 250


def test_events_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    _write(tmp_path / "a.mat", "5", dataf=VOLTS)
    trig = tmp_path / "a_trig.mat"
    assert ec.open_recording(tmp_path / "a.mat").parts[0].warnings == ()
    _write(trig, "5", indxfilt=[[300.0, 20.0, 10.0, -1.0, 0.5]])
    dataset = ec.open_recording(tmp_path / "a.mat")
    assert dataset.events.sample.tolist() == [10, 20]
    expected = ("a_trig.mat: 3 of 5 events are outside of the samples and left out",)
    assert dataset.parts[0].warnings == expected
    _write(trig, "5", other=[1.0])
    assert ec.open_recording(tmp_path / "a.mat").parts[0].warnings == (
        "a_trig.mat has no matrix 'indxfilt': no events",
    )
    trig.write_bytes(b"")
    (warning,) = ec.open_recording(tmp_path / "a.mat").parts[0].warnings
    assert warning.startswith(f"a_trig.mat cannot be read and is not used: {trig}: this is no MATLAB file of version 5")


def test_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    _write(path, "5", dataf=VOLTS)
    data = path.read_bytes()
    for content, message in (
        (
            b"",
            "this is no MATLAB file of version 5 or 7.3 (at byte 0; expected MATLAB 5.0 or MATLAB 7.3; found 0",
        ),
        (b"MATLAB 4.0" + data[10:], "this is no MATLAB file of version 5 or 7.3 (at byte 0; "),
        (data[:128], "the file has no matrix 'dataf' (expected dataf; found no matrix)"),
        (data[:130], "the file ends inside of a variable (at byte 128; expected 8 bytes; found 2 bytes)"),
        (data[:-1], f"the file ends inside of a variable (at byte 128; expected {len(data) - 136:,} bytes; found"),
        (
            data[:128] + b"\x63" + data[129:],
            "this is no variable (at byte 128; expected a type from 1 to 18; found",
        ),
        (data[:160] + b"\5" + data[161:], "variable 'dataf' has not as many numbers as its shape says (at byte 184; "),
    ):
        path.write_bytes(content)
        with pytest.raises(ec.FormatError) as caught:
            open_wireless(path)
        assert str(caught.value).startswith(f"{path}: {message}"), str(caught.value)
    _write(path, "5", dataf=np.zeros((4, 0)))
    with pytest.raises(ec.FormatError, match=r"'dataf' is no recording|no matrix 'dataf'"):
        open_wireless(path)
    _write(path, "5", dataf=np.zeros((2, 3, 4)))
    with pytest.raises(ec.FormatError, match=r"variable 'dataf' is no recording .*found shape \(2, 3, 4\)"):
        open_wireless(path)
    with pytest.raises(ec.RecordingNotFound, match="no such file"):
        open_wireless(tmp_path / "none.mat")
    with pytest.raises(ValueError, match="sampling_rate is a positive number of Hz, not 0"):
        open_wireless(path, sampling_rate=0)


def test_a_packed_variable_that_claims_more_than_it_can_have(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    _write(path, "5", dataf=VOLTS)
    data = path.read_bytes()
    body = bytearray(data[128:])
    body[4:8] = struct.pack("<I", 0xFFFFFF00)
    packed = zlib.compress(bytes(body[:200]))
    path.write_bytes(data[:128] + struct.pack("<2I", 15, len(packed)) + packed)
    with pytest.raises(ec.FormatError, match="a variable claims more bytes than it can have"):
        open_wireless(path)
    body[4:8] = data[132:136]
    packed = zlib.compress(bytes(body[: len(body) // 2]))
    path.write_bytes(data[:128] + struct.pack("<2I", 15, len(packed)) + packed)
    dataset = open_wireless(path)
    with pytest.raises(ec.FormatError, match="variable 'dataf' ends before its samples do"):
        dataset.signal.read()
    assert np.array_equal(dataset.signal[:, :50], VOLTS[:, :50].astype("f4"))


def test_a_sparse_file_of_a_terabyte_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    _write(path, "5", dataf=VOLTS)
    os.truncate(path, 1 << 40)
    began = time.perf_counter()
    with pytest.raises(ec.FormatError, match="this is no variable"):
        open_wireless(path)
    assert time.perf_counter() - began < 1
