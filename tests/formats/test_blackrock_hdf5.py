"""The lab's HDF5 of Blackrock recordings: scale, axes, triggers, detection; golden vectors of the older system."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy import signal as filters

import ecogcat as ec
from ecogcat.formats.blackrock_hdf5 import open_blackrock_hdf5
from ecogcat.testing import check_format
from tests.conftest import shared_path

COUNTS = np.random.default_rng(1).integers(-32768, 32768, (5, 400)).astype("i2")
VALUES = (COUNTS * 0.244140625).astype("f4")
GOLDEN = ("case_126_blackrock_down15_uV", "case_127_blackrock_down10_V")


def _write(
    path: Path, data: Any = COUNTS.T, rate: Any = ((30000.0,),), trig: Any = (3.0, 120.0), **others: Any
) -> Path:
    path.parent.mkdir(exist_ok=True)
    with h5py.File(path, "w") as file:
        file["data"] = data
        if rate is not None:
            file["Fs"] = rate
        if trig is not None:
            file["trig_idx"] = trig
        for name, values in others.items():
            file[name] = values
    return path


def test_counts_are_8_mV_over_2_to_the_15(tmp_path: Path) -> None:
    for data in (COUNTS.T, COUNTS):
        dataset = ec.open_recording(_write(tmp_path / "a.h5", data))
        assert dataset.parts[0].format == "blackrock_hdf5"
        assert (dataset.units, dataset.sampling_rate, dataset.name) == ("uV", 30000.0, "a")
        assert np.array_equal(dataset.signal.read(raw=True), COUNTS)
        assert np.array_equal(dataset.signal.read(), VALUES)
        assert dataset.events.sample.tolist() == [3, 120]
        assert dict(dataset.events.origin or {}) == {"line": "trig_idx"}
    full = np.array([[-32768, 32767, 0]], "i2")
    assert ec.open_recording(_write(tmp_path / "a.h5", full, trig=[1])).signal[0, 0] == -8000.0


def test_the_longer_axis_is_time_unless_said(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.h5", COUNTS[:, :3], trig=[1])
    assert ec.open_recording(path).signal.shape == (3, 5)
    assert ec.open_recording(path, axis_order="channels_first").signal.shape == (5, 3)
    with pytest.raises(ValueError, match="axis_order is channels_first or time_first, not 'C'"):
        ec.open_recording(path, axis_order="C")


def test_copies_at_a_lower_rate_are_in_volts(tmp_path: Path) -> None:
    volts = COUNTS * 2.44140625e-07
    dataset = ec.open_recording(_write(tmp_path / "a_Fs2000.h5", volts, 2000.0))
    assert (dataset.units, dataset.sampling_rate) == ("uV", 2000.0)
    np.testing.assert_allclose(dataset.signal.read(), VALUES, rtol=1e-6)
    assert ec.open_recording(tmp_path / "a_Fs2000.h5", units="V").signal[0, 0] == np.float32(volts[0, 0])


@pytest.mark.parametrize(
    ("trig", "samples", "said"),
    [
        ([120.0, 3.0], [3, 120], ""),
        (np.array([[5], [7]], "i4"), [5, 7], ""),
        ([2.4, np.nan, -1.0, 399.0, 400.0], [2, 399], "3 of 5 triggers lie outside of the samples and are left out"),
        ((np.arange(400) // 50 % 2).astype("f8"), [50, 150, 250, 350], ""),
        ((np.arange(400) // 50 % 2 == 0), [100, 200, 300], ""),
        ((np.arange(400) // 50 % 2).reshape(1, 400) * 5, [50, 150, 250, 350], ""),
        (np.arange(400), list(range(400)), ""),
        (np.zeros(400), [], ""),
        (np.zeros(0), [], ""),
        (np.zeros(401), [], "trig_idx has 401 values for 400 samples, and is left out"),
        (np.bytes_("none"), [], "trig_idx is no list of samples, but |S4"),
    ],
)
def test_triggers(trig: Any, samples: list[int], said: str, tmp_path: Path) -> None:
    dataset = ec.open_recording(_write(tmp_path / "a.h5", trig=trig))
    assert dataset.events.sample.tolist() == samples
    assert dataset.parts[0].warnings == ((said,) if said else ())


def test_a_long_logic_vector_is_gone_through_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecogcat.formats.blackrock_hdf5._AT_ONCE", 7)
    logic = np.random.default_rng(4).integers(0, 2, 400)
    dataset = ec.open_recording(_write(tmp_path / "a.h5", trig=logic))
    assert dataset.events.sample.tolist() == (np.flatnonzero(np.diff(logic) == 1) + 1).tolist()


@pytest.mark.parametrize("kind", ["contiguous", "gzip"])
def test_conforms(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        how: Any = {"chunks": (100, 2), "compression": "gzip"} if kind == "gzip" else {}
        file["trig_idx"], file["Fs"] = [10.0, 50.0], 30000.0
        file.create_dataset("data", data=COUNTS.T, **how)
    check_format(open_blackrock_hdf5, path, expected={"signal": VALUES})


def test_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    _write(path, rate=None, nev_path=b"/data/x.nev")
    with pytest.raises(ec.FormatError, match=r"a\.h5: the file has no sampling rate at 'Fs'"):
        open_blackrock_hdf5(path)
    _write(path, np.zeros((0, 4), "i2"))
    with pytest.raises(ec.FormatError, match=r"the file holds no sample .*found int16 of shape \(0, 4\)"):
        open_blackrock_hdf5(path)
    _write(path, b"text")
    with pytest.raises(ec.FormatError, match="dataset '/data' is no recording"):
        open_blackrock_hdf5(path)
    with h5py.File(path, "w") as file:
        file["other"] = [1, 2]
    with pytest.raises(ec.FormatError, match="the file has no dataset 'data'"):
        open_blackrock_hdf5(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ec.FormatError, match="never closed, or was cut short"):
        open_blackrock_hdf5(path)
    with pytest.raises(ec.RecordingNotFound, match="no such file"):
        open_blackrock_hdf5(tmp_path / "b.h5")


def test_attributes_that_cannot_be_read_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file.attrs["fine"], file.attrs["odd"] = 1, 2
    read = h5py.AttributeManager.__getitem__

    def refuse_odd(attributes: Any, name: str) -> Any:
        if name == "odd":
            raise OSError("Unable to read attribute")
        return read(attributes, name)

    monkeypatch.setattr(h5py.AttributeManager, "__getitem__", refuse_odd)
    dataset = open_blackrock_hdf5(path)
    assert dataset.parts[0].warnings == ("attributes that cannot be read: odd",)
    assert dataset.metadata["fine"] == 1


def test_a_damaged_file_is_left_to_the_general_format(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.h5")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ec.FormatError, match="was never closed, or was cut short"):
        ec.open_recording(path)


def test_detection_leaves_other_layouts_alone(tmp_path: Path) -> None:
    ours = {
        "blackrock/a.h5": {"trig": None},
        "elsewhere/a.h5": {},
        "elsewhere/b.h5": {"trig": None, "nev_path": b"/x.nev"},
    }
    for name, how in ours.items():
        dataset = ec.open_recording(_write(tmp_path / name, **how))  # type: ignore[arg-type]
        assert dataset.parts[0].format == "blackrock_hdf5", name
    assert ec.open_recording(tmp_path / "elsewhere/b.h5").metadata["nev_path"] == "/x.nev"
    theirs: dict[str, dict[str, Any]] = {
        "elsewhere/c.h5": {"trig": None},
        "elsewhere/d.h5": {"numRow": 4, "numCol": 3},
        "blackrock/e.h5": {"trig": None, "data": COUNTS.astype("f4")},
        "blackrock/f.h5": {"chdata": COUNTS},
    }
    from ecogcat.formats.registry import detect

    for name, how in theirs.items():
        assert detect(str(_write(tmp_path / name, **how))).name != "blackrock_hdf5", name
    assert ec.streams(tmp_path / "blackrock/a.h5").loc[0, ["stream", "channels", "samples"]].tolist() == [
        "data",
        5,
        400,
    ]


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_vectors(name: str) -> None:
    folder = shared_path(f"reference/golden/{name}")
    expected = np.load(folder / "expected.npz")
    arguments = json.loads((folder / "meta.json").read_text())["load_arguments"]
    electrode = shared_path("reference/electrodes/psv_32.csv")
    dataset = ec.open_recording(
        folder / "input.h5", electrode=electrode, dtype="f8", units=arguments.get("units", "uV")
    )
    ratio = arguments.get("downsamp", 15)
    assert dataset.channel_map is not None
    assert np.array_equal(dataset.channel_map.sites, expected["sites"])
    assert np.array_equal(np.rint(dataset.events.sample / ratio), expected["pos_edge"])
    assert dataset.sampling_rate / ratio == expected["Fs"]
    # What the older system does next, with SciPy: the scale shows, whatever the filter's ends make of the edges.
    low = filters.cheby2(12, 60, 1 / ratio, output="sos")
    ours = filters.sosfiltfilt(low, dataset.signal.read(), axis=1)[:, ::ratio]
    assert ours.shape == expected["data"].shape
    inside = slice(40, -40)
    scale = np.abs(expected["data"]).max()
    np.testing.assert_allclose(ours[:, inside], expected["data"][:, inside], rtol=0, atol=2e-3 * scale)


def test_a_file_of_the_golden_vectors_conforms(tmp_path: Path) -> None:
    folder = shared_path(f"reference/golden/{GOLDEN[0]}")
    shutil.copy(folder / "input.h5", tmp_path / "a.h5")
    check_format(ec.open_recording, tmp_path / "a.h5", damage=False)
