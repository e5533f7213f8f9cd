"""Analog front end: ranges, charge and current, trigger lines, and every way in which a file can be unusable."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.afe import open_afe, open_afe_aug21
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.cases_afe import CASES
from tests.formats.golden import golden
from tests.formats.scans import STORAGE, draw_cells, write_scan

FULL = (0.13, 0.25, 0.5, 1.2, 2.4, 4.8, 7.2, 9.6)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rec.h5"


def _write(path: Path, data: np.ndarray, rate: Any = ((1000.0,),), storage: str = "contiguous") -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=data, **STORAGE[storage])
        if rate is not None:
            file["Fs"] = rate


@pytest.fixture
def volts(path: Path) -> np.ndarray:
    volts = np.random.default_rng(3).uniform(-1.4, 1.4, (90, 66))
    volts[:, 64:] = np.where(volts[:, 64:] > 0.5, 3.0, 0.0)
    _write(path, volts)
    return volts


def _charge(volts: np.ndarray, code: int) -> np.ndarray:
    return volts.astype("f8") * (FULL[code] / 2.8) + FULL[code] / 2


def _current(volts: np.ndarray, code: int, period: float) -> np.ndarray:
    gain, offset = FULL[code] / 2.8 / period / 1e3, FULL[code] / 2 / period / 1e3
    return volts.astype("f8") * gain + offset


# Values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", range(8))
def test_ranges(code: int, path: Path, volts: np.ndarray) -> None:
    charge = open_afe(path, range_code=code)
    assert charge.units == "pC"
    np.testing.assert_array_equal(charge.signal.read(), _charge(volts.T[:64], code).astype("f4"))
    current = open_afe(path, range_code=code, cycle_rate=5e5)
    assert current.units == "nA"
    np.testing.assert_array_equal(current.signal.read(), _current(volts.T[:64], code, 372 / 5e5).astype("f4"))
    np.testing.assert_array_equal(current["trig"].read(), volts.T[64:].astype("f4"))
    assert (current["trig"].units, current["trig"].channel_names) == ("V", ("trig0", "trig1"))
    assert current.signal.channel_names[63] == "ch63"
    assert (current.sampling_rate, current.parts[0].format, current.metadata["range_code"]) == (1000.0, "afe", code)


def test_ends_of_the_range_and_the_length_of_a_period(path: Path) -> None:
    _write(path, np.tile([[-1.4], [1.4]], (1, 100)).repeat(100, axis=0))
    low, high = open_afe(path, n_data=100, range_code=7).signal[0, [0, 150]]
    assert abs(low) < 1e-6
    assert high == np.float32(9.6)
    # 300 cycles of 1 MHz: 9.6 pC in 0.3 ms are 32 nA.
    assert open_afe(path, n_data=100, range_code=7, cycle_rate=1e6).signal[0, 150] == np.float32(32.0)


def test_units_choose_between_voltage_charge_and_current(path: Path, volts: np.ndarray) -> None:
    opened = partial(ec.open_recording, path, format="afe")
    uv = (volts.T[:64] * 1e6).astype("f4")
    np.testing.assert_array_equal(opened().signal.read(), uv)
    for units in ("uV", "mV", "V"):
        dataset = opened(range_code=3, cycle_rate=1e6, units=units)
        assert dataset.units == units
        scaled = dataset.signal.read().astype("f8") / {"uV": 1, "mV": 1e-3, "V": 1e-6}[units]
        np.testing.assert_allclose(scaled, uv, rtol=1e-6)
    charge = opened(range_code=3, cycle_rate=1e6, units="pC")
    np.testing.assert_array_equal(charge.signal.read(), _charge(volts.T[:64], 3).astype("f4"))
    assert opened(range_code=3, units="fC").units == "fC"
    assert opened(range_code=3, cycle_rate=1e6, units="pA").units == "pA"
    assert opened(range_code=3, cycle_rate=1e6).units == "nA"
    for arguments, message in (
        ({"units": "pC"}, "units='pC' needs range_code="),
        ({"units": "nA"}, "units='nA' needs range_code= and cycle_rate="),
        ({"units": "nA", "range_code": 1}, "units='nA' needs cycle_rate="),
        ({"units": "Ohm"}, "the signal is a voltage, a charge or a current, which units='Ohm' is not"),
    ):
        with pytest.raises(ValueError, match=message):
            opened(**arguments)


def test_the_mean_is_as_it_was_stored(path: Path) -> None:
    _write(path, np.full((80, 66), 0.7))
    assert open_afe(path, range_code=2).signal.mean() == pytest.approx(0.375)


@pytest.mark.parametrize("n_data", [64, 65, 66])
def test_columns_behind_the_channels_are_trigger_lines(n_data: int, path: Path, volts: np.ndarray) -> None:
    dataset = open_afe(path, n_data=n_data)
    assert dataset.n_channels == n_data
    assert [array.n_channels for array in dataset.aligned.values()] == ([66 - n_data] if n_data < 66 else [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path)
def test_sites_of_the_golden_vectors(case: Any) -> None:
    _, expected = golden(shared_path(case.path))
    dataset = case.open()
    assert dataset.channel_map is not None
    assert dataset.channel_map.sites.tolist() == expected["sites"].tolist()


# August 2021 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_rows", "n_all"), [(67, 12), (70, 14), (67, 7)])
@pytest.mark.parametrize("arranged", ["cells", "cells time-first", "columns"])
def test_aug21(arranged: str, n_rows: int, n_all: int, path: Path) -> None:
    cells = draw_cells(n_all, n_rows, 30)
    write_scan(path, cells, n_rows, 2, arranged=arranged)
    dataset = ec.open_recording(path, range_code=6)
    assert dataset.parts[0].format == "afe_aug21"
    columns = cells.reshape(n_all, n_rows, -1)
    volts = np.concatenate([columns[0, 4:67:2], columns[1, 4:67:2]])
    assert volts.shape == (64, 30)
    np.testing.assert_array_equal(dataset.signal.read(), _current(volts, 6, 563e-6).astype("f4"))
    trig = columns[max(2, n_all - 10) :, -1]
    np.testing.assert_array_equal(dataset["trig"].read(), trig)
    charge = ec.open_recording(path, range_code=6, units="pC")
    np.testing.assert_array_equal(charge.signal.read(), _charge(volts, 6).astype("f4"))
    plain = open_afe_aug21(path)
    np.testing.assert_array_equal(plain.signal.read(), (volts.astype("f8") * 1e6).astype("f4"))
    assert ec.streams(path)[["stream", "channels", "samples"]].values.tolist() == [
        ["electrodes", 64, 30],
        ["trig", len(trig), 30],
    ]


def test_aug21_of_too_few_rows(path: Path) -> None:
    write_scan(path, draw_cells(12, 66, 30), 66, 2)
    with pytest.raises(ec.FormatError, match=r"these are no scans of the analog front end \(expected at least 67 rows"):
        open_afe_aug21(path)
    with pytest.raises(ValueError, match="units='pC' needs range_code="):
        open_afe_aug21(path, units="pC")


# What cannot be -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"range_code": 8}, "range_code is one of 0 to 7, not 8"),
        ({"range_code": -1}, "range_code is one of 0 to 7, not -1"),
        ({"range_code": 2.5}, "range_code is one of 0 to 7, not 2.5"),
        ({"n_data": 0}, "n_data is a number of channels from 1 to 249, not 0"),
        ({"n_data": 250}, "n_data is a number of channels from 1 to 249, not 250"),
        ({"cycle_rate": 0.0}, "cycle_rate is a positive number of cycles a second, not 0.0"),
        ({"cycle_rate": float("nan")}, "cycle_rate is a positive number of cycles a second, not nan"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], message: str, path: Path, volts: np.ndarray) -> None:
    with pytest.raises(ValueError, match=message):
        open_afe(path, **arguments)


@pytest.mark.parametrize(
    ("data", "rate", "message"),
    [
        (np.zeros((90, 63)), 1000.0, "the columns of data are not those channels and a few trigger lines (expected 64"),
        (np.zeros((66, 90)), 1000.0, "the columns of data are not those channels and a few trigger lines (expected 64"),
        (np.zeros((0, 66)), 1000.0, "dataset '/data' is no recording (expected real numbers on two axes, at least one"),
        (np.zeros(66), 1000.0, "dataset '/data' is no recording"),
        (np.zeros((9, 66), "c16"), 1000.0, "dataset '/data' is no recording"),
        (np.zeros((90, 66)), None, "the file has no sampling rate at 'Fs'"),
        (np.zeros((90, 66)), [1.0, 2.0], "the sampling rate is not usable"),
    ],
)
def test_files_that_cannot_be(data: np.ndarray, rate: Any, message: str, path: Path) -> None:
    _write(path, data, rate)
    with pytest.raises(ec.FormatError) as caught:
        open_afe(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_no_such_file_and_none_of_the_kind(path: Path) -> None:
    for opener in (open_afe, open_afe_aug21):
        with pytest.raises(ec.RecordingNotFound, match="no such file"):
            opener(path)
    path.write_bytes(b"")
    for opener in (open_afe, open_afe_aug21):
        with pytest.raises(ec.FormatError, match="this is no HDF5 file"):
            opener(path)
    _write(path, np.zeros((90, 66)))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ec.FormatError, match="this HDF5 file was never closed, or was cut short"):
        open_afe(path)


def test_it_is_opened_by_name_alone(path: Path, volts: np.ndarray) -> None:
    with pytest.raises(ec.FormatError, match="the file has no dataset 'chdata'"):
        ec.open_recording(path)
    assert ec.streams(path, format="afe")["channels"].tolist() == [64, 2]
    from ecogcat.catalog import drivers

    assert drivers.ecog_afe(str(path), range_code=1).read() == open_afe(path, range_code=1)


# Conformance --------------------------------------------------------------------------------------


@pytest.mark.parametrize("storage", ["contiguous", "gzip"])
def test_conformance(storage: str, path: Path) -> None:
    volts = np.random.default_rng(3).uniform(-1.4, 1.4, (120, 18))
    _write(path, volts, storage=storage)
    expected = {"signal": _current(volts.T[:16], 4, 468 / 1e6), "trig": volts.T[16:]}
    check_format(partial(open_afe, n_data=16, range_code=4, cycle_rate=1e6), path, expected=expected)


def test_conformance_of_aug21(path: Path) -> None:
    write_scan(path, draw_cells(12, 67, 40), 67, 2)
    check_format(partial(open_afe_aug21, range_code=4), path)
