"""FieldTrip raw structures: a real one and written ones against a plain walk of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.fieldtrip import open_fieldtrip
from ecogcat.formats.registry import detect
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.cases_fieldtrip import walk

REAL = "recordings/matlab_v73/fieldtrip_eximia_raw_v73.mat"


def _cell(file: Any, name: str, items: list[Any], **how: Any) -> None:
    made = [file.create_dataset(f"#refs#/{name.replace('/', '_')}{k}", data=one, **how) for k, one in enumerate(items)]
    file[name] = np.array([one.ref for one in made], h5py.ref_dtype).reshape(-1, 1)
    file[name].attrs["MATLAB_class"] = np.bytes_("cell")


def write(
    path: Path,
    trials: list[np.ndarray],
    *,
    times: list[np.ndarray] | None = None,
    labels: tuple[str, ...] = ("Fp1", "Fp2", "überCz"),
    rate: float | None = 500.0,
    variable: str = "data",
    units: str | None = "uV",
    trialinfo: Any = None,
    chunks: Any = None,
) -> None:
    """Write a structure as MATLAB does: references, axes reversed, a user block with its name."""
    with h5py.File(path, "w", userblock_size=512) as file:
        prefix = "" if variable == "/" else f"{variable}/"
        text = [np.frombuffer(one.encode("utf-16-le"), "u2")[:, None] for one in labels]
        _cell(file, f"{prefix}label", text)
        how = {"chunks": chunks, "compression": "gzip"} if chunks else {}
        _cell(file, f"{prefix}trial", [one.T for one in trials], **how)
        if times is None:
            times = [np.arange(one.shape[1]) / 500 - 0.02 for one in trials]
        _cell(file, f"{prefix}time", [one[:, None] for one in times])
        if rate is not None:
            file[f"{prefix}fsample"] = [[rate]]
        if units is not None:
            _cell(
                file, f"{prefix}hdr/chanunit", [np.frombuffer(units.encode("utf-16-le"), "u2")[:, None]] * len(labels)
            )
        if trialinfo is not None:
            file[f"{prefix}trialinfo"] = np.asarray(trialinfo).T
            stops = np.cumsum([one.shape[1] for one in trials])
            file[f"{prefix}sampleinfo"] = np.array([[1, *(stops[:-1] + 1)], stops], float)
    data = path.read_bytes()
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64 HDF5 schema 1.00 .".ljust(512, b"\0") + data[512:])


def draw(*lengths: int, dtype: str = "f8") -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    return [(rng.standard_normal((3, n)) * 100).astype(dtype) for n in lengths]


def test_the_real_structure() -> None:
    path = shared_path(REAL)
    oracle = walk(path)
    dataset = ec.open_recording(path)
    assert detect(str(path)).name == "fieldtrip"
    assert (dataset.n_channels, dataset.n_samples, dataset.sampling_rate) == (61, 218, 1450.0)
    assert np.array_equal(dataset.signal.read(raw=True), oracle.stored["signal"])
    assert np.array_equal(dataset.signal.read(), oracle.values["signal"])
    assert dataset.signal.channel_names[:4] == ("GATE", "TRIG1", "TRIG2", "EOG")
    assert dataset.metadata["sampleinfo"] == (1.0, 218.0)
    assert ec.streams(path)[["stream", "channels", "samples"]].values.tolist() == [["data", 61, 218]]


def test_the_real_structure_conforms() -> None:
    check_format(ec.open_recording, shared_path(REAL), damage=False)


@pytest.mark.parametrize("chunks", [None, (10, 2)])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i2"])
def test_trials_are_parts(dtype: str, chunks: Any, tmp_path: Path) -> None:
    path = tmp_path / "rat.mat"
    trials = draw(30, 50, 41, dtype=dtype)
    write(path, trials, trialinfo=[[1, 10], [2, 20], [1, 30]], chunks=chunks)
    dataset = ec.open_recording(path)
    expected = np.concatenate(trials, axis=1).astype("f4")
    assert np.array_equal(dataset.signal.read(), expected)
    assert [part.n_samples for part in dataset.parts] == [30, 50, 41]
    assert [seam.sample for seam in dataset.seams] == [30, 80]
    assert (dataset.name, dataset.parts[1].name, dataset.units) == ("rat", "rat (2)", "uV")
    assert dataset.events.sample.tolist() == [10, 40, 90]
    assert dataset.events.table.to_dict("list") == {
        "trial": [1, 2, 3],
        "trialinfo_1": [1, 2, 1],
        "trialinfo_2": [10, 20, 30],
    }
    assert dataset.parts[1].metadata["sampleinfo"] == (31.0, 80.0)
    assert dataset.warnings == ()
    check_format(ec.open_recording, path, expected={"signal": expected}, damage=dtype == "f8" and chunks is None)


def test_rate_from_the_times_and_units(tmp_path: Path) -> None:
    trials = draw(100)
    write(tmp_path / "a.mat", trials, times=[np.arange(100) / 512 + 1], rate=None, units="V")
    dataset = ec.open_recording(tmp_path / "a.mat")
    assert dataset.sampling_rate == 512.0
    assert len(dataset.events) == 0  # time zero is not in the trial
    np.testing.assert_array_equal(dataset.signal.read(), (trials[0] * 1e6).astype("f4"))
    write(tmp_path / "a.mat", trials, units=None)
    dataset = ec.open_recording(tmp_path / "a.mat")
    assert dataset.parts[0].warnings == (
        "the structure does not say its unit: taken for uV (stored_units= says another)",
    )
    assert ec.open_recording(tmp_path / "a.mat", stored_units="mV").parts[0].warnings == ()
    assert open_fieldtrip(tmp_path / "a.mat", stored_units="mV").units == "mV"


def test_several_structures_and_fields_saved_as_variables(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    write(path, draw(20), variable="before")
    with h5py.File(path, "a") as file:
        file.copy("before", "after")
    with pytest.raises(ec.FormatError, match=r"stream='after' \(1 trial\); stream='before' \(1 trial\)\). Name one"):
        ec.open_recording(path)
    assert ec.open_recording(path, stream="after").n_samples == 20
    write(tmp_path / "b.mat", draw(20), variable="/")
    assert ec.open_recording(tmp_path / "b.mat").n_samples == 20


def test_times_that_do_not_run_at_the_rate_are_said(tmp_path: Path) -> None:
    write(tmp_path / "a.mat", draw(20, 20), times=[np.arange(20) / 500, np.arange(20) / 400])
    dataset = ec.open_recording(tmp_path / "a.mat")
    assert dataset.warnings == ("a (2): the times of this trial run from 0 to 0.0475 s, which is not 20 samples",)


def _damage(path: Path, change: Any) -> None:
    with h5py.File(path, "a") as file:
        change(file)


CHANGES: dict[str, Any] = {
    r"trial 2 does not fit the labels and times \(expected 3 channels and 20 samples; found float64 of \(3, 19\)\)": (
        lambda file: _replace(file, "#refs#/data_trial1", np.zeros((19, 3)))
    ),
    r"trial 1 does not fit .*found float64 of \(4, 20\)": (
        lambda file: _replace(file, "#refs#/data_trial0", np.zeros((20, 4)))
    ),
    r"the structure has no sampling rate \(expected fsample, Hz; found -1.0\)": (
        lambda file: _replace(file, "data/fsample", [[-1.0]])
    ),
    r"cell 2 of /data/trial leads nowhere": lambda file: file["data/trial"].__setitem__((1, 0), h5py.Reference()),
    r"the structure has no trials, or no times of them .*found 3 labels, 2 trials, 1 times": (
        lambda file: _replace(file, "data/time", file["data/time"][:1])
    ),
}


def _replace(file: Any, name: str, data: Any) -> None:
    """Put other numbers under a name that references lead to."""
    if name.startswith("#refs#"):
        cell = file["data/trial"]
        row = int(name[-1])
        made = file.create_dataset(f"{name}_other", data=data)
        cell[row, 0] = made.ref
    else:
        kind = file[name].dtype
        del file[name]
        file[name] = np.asarray(data, kind)


@pytest.mark.parametrize(("message", "change"), CHANGES.items())
def test_what_is_refused(message: str, change: Any, tmp_path: Path) -> None:
    write(tmp_path / "a.mat", draw(20, 20))
    _damage(tmp_path / "a.mat", change)
    with pytest.raises(ec.FormatError, match=message):
        ec.open_recording(tmp_path / "a.mat")


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match="no such file"):
        open_fieldtrip(tmp_path / "x.mat")
    write(tmp_path / "a.mat", draw(20))
    _damage(tmp_path / "a.mat", lambda file: file.__delitem__("data/label"))
    with pytest.raises(ec.FormatError, match=r"holds no FieldTrip raw structure .*found data\)"):
        open_fieldtrip(tmp_path / "a.mat")
    assert detect(str(tmp_path / "a.mat")).name == "hdf5"
    data = (tmp_path / "a.mat").read_bytes()
    (tmp_path / "cut.mat").write_bytes(data[: len(data) // 2])
    with pytest.raises(ec.FormatError, match=r"cut\.mat: this HDF5 file was never closed, or was cut short"):
        ec.open_recording(tmp_path / "cut.mat", format="fieldtrip")
    (tmp_path / "zero.mat").write_bytes(b"")
    with pytest.raises(ec.FormatError, match=r"zero\.mat: the file is empty"):
        ec.open_recording(tmp_path / "zero.mat")
