"""Recordings of the DDC board, in MATLAB files and in Open Ephys ones: golden, and every variant that is written."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

import ecogcat as ec
from ecogcat.formats.ddc import open_ddc
from ecogcat.formats.ddc_board import CHARGE_RANGES, count_scale, grid_sites
from ecogcat.formats.openephys import open_openephys
from ecogcat.formats.registry import formats
from ecogcat.testing import check_format
from ecogcat.testing.continuous import write_continuous
from tests.conftest import shared_path
from tests.formats.cases import _unpacked
from tests.formats.cases_ddc import ON_GRID, read_ddc
from tests.formats.continuous import golden
from tests.formats.recordings import scaled

CHARGES = (np.random.default_rng(0).standard_normal((64, 250)) * 1e-12).astype("f4")
LINES = (np.random.default_rng(1).random((2, 250)) < 0.1).astype("f8")


def _write(
    folder: Path, *, packed: bool = False, lines: np.ndarray | None = LINES, charges: np.ndarray = CHARGES
) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "rec.ndata.mat"
    scipy.io.savemat(path, {"raw_data": charges.T}, do_compression=packed)
    if lines is not None:
        scipy.io.savemat(folder / "rec.ndatastim.mat", {"qw": lines.T}, do_compression=packed)
    return path


# Golden vectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["case_105_ddc_pC", "case_106_ddc_half"])
def test_golden_recordings(name: str) -> None:
    path = shared_path(f"reference/golden/{name}/input.ndata.mat")
    expected = golden(name)
    arguments: dict[str, Any] = {"half": "odd"} if "half" in name else {"quantity": "charge"}
    dataset = ec.open_recording(path, **arguments)
    np.testing.assert_array_max_ulp(dataset.signal.read(), expected["data"], 2)
    assert dataset.channel_map is not None
    assert np.array_equal(dataset.channel_map.sites, expected["sites"])
    assert dataset.channel_map.shape == tuple(expected["geometry"])
    assert dataset.sampling_rate == float(expected["Fs"])
    assert np.array_equal(dataset["dig"].read(), expected["trigs"])
    high = dataset["dig"].read().any(axis=0).astype(int)
    assert (np.flatnonzero(np.diff(high) == 1) + 1).tolist() == expected["pos_edge"].tolist()
    assert dataset.ground is not None
    charges, _ = read_ddc(path)
    # The older system leaves them in coulombs, and says nothing of it.
    assert np.array_equal(dataset.ground.read(raw=True), expected["ground_chans"])
    step = slice(1, None, 2) if "half" in name else slice(None)
    assert np.array_equal(dataset.ground.read(raw=True), charges[~ON_GRID][:, step])
    assert (dataset.units, dataset.ground.units) == (("nA", "nA") if "half" in name else ("pC", "pC"))


def test_the_golden_open_ephys_recording_but_for_its_last_record() -> None:
    name = "case_110_ddc_oephys_nA_range7"
    folder = _unpacked(shared_path(f"reference/golden/{name}/input.zip"))
    expected = golden(name)
    electrode = shared_path("reference/electrodes/psv_61_ddc.csv")
    dataset = ec.open_recording(folder, charge_range=7, electrode=electrode)
    n = expected["data"].shape[1]
    assert dataset.n_samples == n + 1024
    assert np.array_equal(dataset.signal[:, :n], expected["data"].astype("f4"))
    assert dataset.ground is not None
    assert np.array_equal(dataset.ground[:, :n], expected["ground_chans"].astype("f4"))
    assert dataset.channel_map is not None
    assert np.array_equal(dataset.channel_map.sites, expected["sites"])
    trigger = dataset["trigger"].read()[0].astype("f8")
    trigger *= 0.195  # as the header says
    np.testing.assert_allclose(trigger[:n] - trigger[:n].mean(), expected["trigs"], rtol=1e-12)
    assert (dataset["trigger"].channel_names, dataset["trigger"].units) == (("CH65", "CH66"), "")
    with open(electrode, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["role"] == "electrode"]
    sites = grid_sites()
    assert [(int(row["row"]), int(row["col"])) for row in rows] == [tuple(s) for s in sites[sites[:, 0] >= 0].tolist()]


# What is written is read --------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", ["current", "charge"])
@pytest.mark.parametrize("packed", [False, True])
def test_recordings_conform(packed: bool, quantity: str, tmp_path: Path) -> None:
    path = _write(tmp_path / "day", packed=packed)
    gain = 1e12 if quantity == "charge" else 1000 * 1e9
    expected = {
        "signal": scaled(CHARGES[ON_GRID], (gain, 0.0)),
        "ground": scaled(CHARGES[~ON_GRID], (gain, 0.0)),
        "dig": LINES,
    }
    check_format(lambda one: open_ddc(one, quantity=quantity), path, expected=expected, damage=quantity == "charge")
    dataset = ec.open_recording(path)
    assert (dataset.name, dataset.parts[0].format, dataset["dig"].dtype) == ("rec", "ddc", np.uint8)
    claiming = [one.name for one in formats().values() if one.recognises(str(path), path.read_bytes()[:4096])]
    assert claiming == ["ddc"]
    assert ec.streams(path)[["stream", "channels", "samples"]].to_numpy().tolist() == [["raw_data", 64, 250]]


@pytest.mark.parametrize("half", ["odd", "mean"])
@pytest.mark.parametrize("packed", [False, True])
def test_half_of_the_samples(half: str, packed: bool, tmp_path: Path) -> None:
    path = _write(tmp_path / "day", packed=packed, charges=CHARGES[:, :249])
    wide = CHARGES[:, :248].astype("f8")
    kept = wide[:, 1::2] if half == "odd" else (wide[:, ::2] + wide[:, 1::2]) / 2
    # The lines are one sample longer, which halving leaves in place.
    expected = {"signal": scaled(kept[ON_GRID], (500 * 1e9, 0.0)), "dig": LINES[:, 1:249:2]}
    check_format(lambda one: open_ddc(one, half=half), path, expected=expected, damage=False)
    dataset = open_ddc(path, half=half)
    assert dataset.sampling_rate == 500
    assert dataset.parts[0].warnings == ("dig: 1 sample too many beside the signal: left out at the end",)


def test_without_the_grid_an_electrode_can_be_given(tmp_path: Path) -> None:
    path = _write(tmp_path / "day")
    table = tmp_path / "grid.csv"
    table.write_text("channel,role,row,col\n63,electrode,0,0\n0,electrode,0,1\n15,ground,,\n")
    dataset = ec.open_recording(path, grid=False, electrode=table)
    assert np.array_equal(dataset.signal.read(raw=True), CHARGES[[63, 0]])
    assert dataset.ground is not None
    assert np.array_equal(dataset.ground.read(raw=True), CHARGES[[15]])
    assert ec.open_recording(path, grid=False).n_channels == 64


def test_lines_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    path = _write(tmp_path / "day", lines=None)
    dataset = ec.open_recording(path)
    assert (dict(dataset.aligned), dataset.parts[0].warnings) == ({}, ())
    lines = path.parent / "rec.ndatastim.mat"
    scipy.io.savemat(lines, {"other": LINES})
    assert ec.open_recording(path).parts[0].warnings == ("rec.ndatastim.mat has no matrix 'qw': no trigger lines",)
    lines.write_bytes(lines.read_bytes()[:-1])
    (warning,) = ec.open_recording(path).parts[0].warnings
    assert warning.startswith(
        f"rec.ndatastim.mat cannot be read and is not used: {lines}: the file ends inside of a var"
    )


def test_what_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "day", charges=CHARGES[:32])
    with pytest.raises(
        ec.FormatError, match=r"'raw_data' is not of this board \(expected samples x 64 channels; found"
    ):
        ec.open_recording(path)
    scipy.io.savemat(path, {"data": CHARGES})
    with pytest.raises(ec.FormatError, match=r"the file has no matrix 'raw_data' \(expected raw_data; found data\)"):
        ec.open_recording(path)
    path.write_bytes(b"something else")
    with pytest.raises(ec.FormatError, match=r"this is no MATLAB file of version 5 or 7\.3"):
        ec.open_recording(path)
    path = _write(tmp_path / "day", charges=CHARGES[:, :1])
    with pytest.raises(ec.FormatError, match="there is no second sample to keep"):
        open_ddc(path, half="odd")
    with pytest.raises(ec.RecordingNotFound, match="no such file"):
        open_ddc(tmp_path / "none.ndata.mat")
    for wrong, message in (
        ({"quantity": "voltage"}, "quantity is one of current, charge, not 'voltage'"),
        ({"half": "even"}, "half is one of odd, mean, not 'even'"),
        ({"sampling_rate": -1.0}, "sampling_rate is a positive number of Hz, not -1.0"),
    ):
        with pytest.raises(ValueError, match=message):
            open_ddc(path, **wrong)


# Through Open Ephys -------------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", ["current", "charge"])
def test_counts_of_every_range(quantity: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    stored = rng.integers(-32768, 32768, (66, 1024))
    write_continuous(tmp_path / "rec", stored, sampling_rate=500.0, bit_volts=1.0)
    for code, (low, high) in CHARGE_RANGES.items():
        dataset = open_openephys(tmp_path / "rec", charge_range=code, quantity=quantity)
        charge = (stored[:64] + 32768.0) / 65536 * (high - low) + low
        wanted = charge if quantity == "charge" else charge * 500 / 1000
        np.testing.assert_allclose(dataset.signal.read(), wanted, rtol=3e-7, atol=1e-6 * high)
        assert np.array_equal(dataset.signal.read(raw=True), stored[:64])
        assert np.array_equal(dataset["trigger"].read(), stored[64:])
        assert dataset.units == {"charge": "pC", "current": "nA"}[quantity]
    check_format(lambda path: open_openephys(path, charge_range=3), tmp_path / "rec", damage=False)


def test_ranges_that_there_are_not(tmp_path: Path) -> None:
    write_continuous(tmp_path / "rec", np.ones((64, 1024)))
    with pytest.raises(ValueError, match="ranges of charge are 0, 1, 2, 3, 4, 5, 7, not 6"):
        open_openephys(tmp_path / "rec", charge_range=6)
    with pytest.raises(ValueError, match="quantity is one of current, charge, not 'voltage'"):
        open_openephys(tmp_path / "rec", quantity="voltage")
    with pytest.raises(ValueError, match="quantity is one of"):
        count_scale(0, "x", 1.0)
