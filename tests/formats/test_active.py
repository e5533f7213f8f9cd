"""Active electrodes: every known wiring, every way of storing a scan, and every way in which a file can be unusable."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import intake
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.electrodes.active import DAQ_GAINS, UNMIXES, find_unmix
from ecogcat.formats.active import open_active
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.cases_active import CASES
from tests.formats.golden import golden
from tests.formats.scans import ARRANGED, STORAGE, by_column, draw_cells, in_uv, write_scan

V2 = {"daq": "2t-as daq v2", "headstage": "zif26 to 2x uhdmi"}
N = 96  # cells of 10 + 2 columns of 8 rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rec.h5"


@pytest.fixture
def cells(path: Path) -> np.ndarray:
    cells = draw_cells(12, 8, 50)
    write_scan(path, cells, 8, 10)
    return cells


def _expected(cells: np.ndarray, rows: int, columns: int, order: Any) -> dict[str, np.ndarray]:
    """Signal, ground and BNC inputs of cells, wired as `order` says: (column, row) of each site."""
    on_array = sorted(column * rows + row for column, row in order)
    ground = [channel for channel in range(rows * columns) if channel not in on_array]
    return {
        "signal": in_uv(cells[on_array], 10),
        "ground": in_uv(cells[ground], 10),
        "bnc": by_column(cells[rows * columns :], rows).astype("f4"),
    }


# The wiring ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", range(5))
def test_each_known_wiring_is_that_of_the_lab(k: int) -> None:
    folder = shared_path("reference/electrodes/active_unmix")
    with open(folder / "index.csv", newline="") as file:
        said = list(csv.DictReader(file))[k]
    with open(folder / said["file"], newline="") as file:
        channels = list(csv.DictReader(file))
    unmix, table = UNMIXES[k], UNMIXES[k].table()
    assert [unmix.daq, unmix.headstage, unmix.electrode] == [said["daq"], said["headstage"], said["electrode"]]
    assert [unmix.n_rows, unmix.n_columns] == [int(said["mux_rows(numRow)"]), int(said["data_columns(numCol)"])]
    assert table.shape == (int(said["grid_rows"]), int(said["grid_cols"]))
    assert DAQ_GAINS[unmix.daq] == float(said["gain"])
    assert table.channels.tolist() == [int(one["channel"]) for one in channels]
    for one, role, site in zip(channels, table.roles, table.sites.tolist(), strict=True):
        assert (role == "electrode") == (one["role"] == "electrode")
        assert role == "ground" or site == [int(one["row"]), int(one["col"])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path)
def test_sites_and_names_of_the_golden_vectors(case: Any) -> None:
    meta, expected = golden(shared_path(case.path))
    dataset = case.open()
    assert dataset.channel_map is not None
    assert dataset.channel_map.sites.tolist() == expected["sites"].tolist()
    assert dataset.channel_map.shape == tuple(expected["geometry"])
    assert dataset.signal.channel_names == tuple(f"ch{k}" for k in expected["electrode_channels"])
    assert dataset.ground is not None
    assert dataset.ground.channel_names == tuple(f"ch{k}" for k in expected["other_channels"])
    pitch = meta["pitch"]
    # The lab notes x before y: 28 columns and 36 rows are then 9 mm each.
    assert dataset.channel_map.pitch == (tuple(pitch[::-1]) if isinstance(pitch, list) else (pitch, pitch))
    assert dataset.parts[0].format == "active"
    assert dataset.metadata["OSR"] == 4.0


def test_names_are_found_in_any_case_and_alone_where_they_suffice() -> None:
    assert find_unmix("2T-AS DAQ V2", "ZIF26 to 2x uHDMI", "ACTV_64", 8, 10) is UNMIXES[0]
    assert find_unmix("2t-as daq v1", None, "cardiac v1", 8, 10) is UNMIXES[3]
    assert find_unmix("2t-as daq v2", None, None, 36, 30) is UNMIXES[4]  # the only one of so many cells
    with pytest.raises(ValueError, match=r"several arrays are wired as daq='2t-as daq v1'; known: .*harwin.*8 x 10"):
        find_unmix("2t-as daq v1", None, None, 8, 10)
    with pytest.raises(ValueError, match="no array is known to be wired as daq='2t-as daq v2', headstage='zif'; known"):
        find_unmix("2t-as daq v2", "zif", None, 8, 10)


def test_a_wiring_in_another_case_has_the_same_gain(path: Path, cells: np.ndarray) -> None:
    one, other = open_active(path, **V2), open_active(path, daq="2T-AS DAQ v2", headstage="ZIF26 to 2x uhdmi")
    assert one == other


# What is read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".h5", ".mat"])
@pytest.mark.parametrize("storage", STORAGE)
@pytest.mark.parametrize("arranged", ARRANGED)
def test_every_way_to_store_a_scan(arranged: str, storage: str, suffix: str, tmp_path: Path) -> None:
    cells = draw_cells(12, 8, 50, "<f8")
    path = tmp_path / f"rec{suffix}"
    write_scan(path, cells, 8, 10, arranged=arranged, storage=storage, Note="quiet", OSR=4.0)
    unmix = UNMIXES[0]
    expected = _expected(cells, 8, 10, [(column, row) for column in unmix.columns for row in unmix.rows])
    dataset = ec.open_recording(path, **V2)
    assert dataset.parts[0].format == "active"
    for name, values in expected.items():
        array = dataset.signal if name == "signal" else dataset.arrays()[name]
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array.read(), values, name)
    assert (dataset.units, dataset["bnc"].units) == ("uV", "V")
    assert (dataset.sampling_rate, dataset["bnc"].sampling_rate) == (500.0, 4000.0)
    assert dataset["bnc"].channel_names == ("bnc0", "bnc1")
    assert dataset.parts[0].notes == ("quiet",)
    assert dataset.warnings == ()
    assert np.array_equal(dataset.signal[7, 3:9], expected["signal"][7, 3:9])


def test_a_site_is_where_its_cell_says(path: Path, cells: np.ndarray) -> None:
    dataset = open_active(path, **V2)
    assert dataset.channel_map is not None
    grid = dataset.channel_map.embed(dataset.signal[:, 5])
    for row, place in enumerate(UNMIXES[0].rows):
        for col, column in enumerate(UNMIXES[0].columns):
            assert grid[row, col] == in_uv(cells, 10)[column * 8 + place, 5]


def test_bnc_columns(path: Path, cells: np.ndarray) -> None:
    both = open_active(path, **V2)["bnc"].read()
    for bnc in (11, [11], (np.int64(11),)):
        array = open_active(path, **V2, bnc=bnc)["bnc"]
        assert array.channel_names == ("bnc1",)
        np.testing.assert_array_equal(array.read(), both[1:])
    assert open_active(path, **V2, bnc=[]).aligned == {}
    write_scan(path, cells[:80], 8, 10)
    assert open_active(path, **V2).aligned == {}
    for bnc in ([9], [12], [10, 10]):
        with pytest.raises(ValueError, match=r"bnc names columns of the DAQ behind those of the electrode \(none\)"):
            open_active(path, **V2, bnc=bnc)
    with pytest.raises(TypeError):
        open_active(path, **V2, bnc=[10.5])


def test_another_order_of_rows(path: Path, cells: np.ndarray) -> None:
    order = [7, 6, 5, 4, 3, 2, 1, 0]
    grid = open_active(path, **V2, row_order=order).channel_map
    usual = open_active(path, **V2).channel_map
    assert grid is not None
    assert usual is not None
    for row in range(8):
        for col, column in enumerate(UNMIXES[0].columns):
            assert grid.names[grid.lookup(row, col)] == f"ch{column * 8 + order[row]}"
    assert grid != usual
    with pytest.raises(ValueError, match="row_order has each of the 8 rows of actv_64 once"):
        open_active(path, **V2, row_order=[0] * 8)


def test_passthru_takes_cells_as_they_come(path: Path, cells: np.ndarray) -> None:
    dataset = open_active(path, daq="passthru")
    np.testing.assert_array_equal(dataset.signal.read(), in_uv(cells[:80], 1))
    assert dataset.channel_map is not None
    assert dataset.channel_map.shape == (8, 10)
    assert dataset.channel_map.sites.tolist() == [[k % 8, k // 8] for k in range(80)]
    assert dataset.ground is None
    named = open_active(path, daq="Passthru", headstage="x", electrode="ACTV_64").channel_map
    assert named is not None
    assert named.pitch == (0.4, 0.4)


def test_another_electrode_by_its_table_or_map(path: Path, cells: np.ndarray, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("# shape: 1 2\nchannel,role,row,col\n79,electrode,0,0\n24,electrode,0,1\n0,ground,,\n")
    for opener in (open_active, ec.open_recording):
        dataset = opener(path, daq="2t-as daq v1", headstage="mine", electrode=table)
        np.testing.assert_array_equal(dataset.signal.read(), in_uv(cells[[79, 24]], 10))
        assert dataset.ground is not None
        np.testing.assert_array_equal(dataset.ground.read(), in_uv(cells[[0]], 10))
        mapped = opener(path, daq="2t-as daq v1", electrode=ec.ChannelMap([(0, 1), (0, 0)], (1, 2)))
        np.testing.assert_array_equal(mapped.signal.read(), in_uv(cells[:2], 10))
    with pytest.raises(ec.RecordingNotFound, match="no such electrode table"):
        ec.open_recording(path, daq="2t-as daq v1", electrode="actv_65")
    with pytest.raises(ValueError, match="row_order goes with a known array"):
        open_active(path, daq="2t-as daq v1", electrode=table, row_order=range(8))


def test_common_load_arguments(path: Path, cells: np.ndarray) -> None:
    whole = ec.open_recording(path, **V2, electrode="actv_64")
    assert whole.channel_map is not None
    assert len(whole.channel_map) == 64
    some = ec.open_recording(path, **V2, channels=[79, 0], units="mV")
    np.testing.assert_array_equal(some.signal.read(), (cells[[79, 0]].astype("f8") * 100).astype("f4"))
    table = ec.load_arguments("active")
    assert table["argument"].is_unique
    assert "Name of the array" in table.set_index("argument").loc["electrode", "meaning"]


def test_streams_and_driver(path: Path, cells: np.ndarray) -> None:
    table = ec.streams(path)
    assert table[["stream", "rate", "channels", "samples"]].values.tolist() == [
        ["electrodes", 500.0, 80, 50],
        ["bnc", 4000.0, 2, 400],
    ]
    from ecogcat.catalog import drivers

    source = drivers.ecog_active(str(path), **V2)
    assert source.read().signal.shape == (64, 50)
    entries = path.with_name("session.yaml")
    entries.write_text(
        "sources:\n  rec:\n    driver: ecog_active\n    args:\n      urlpath: '{{ CATALOG_DIR }}/rec.h5'\n"
        "      daq: 2t-as daq v2\n      headstage: zif26 to 2x uhdmi\n      electrode: actv_64\n"
    )
    named = intake.open_catalog(str(entries))["rec"].read()
    assert named.channel_map.shape == (8, 8)


def test_a_join_with_a_recording_of_another_wiring_goes_by_site(tmp_path: Path) -> None:
    cells = draw_cells(12, 8, 30)
    for name in "ab":
        write_scan(tmp_path / f"{name}.h5", cells, 8, 10)
    a = open_active(tmp_path / "a.h5", **V2)
    b = open_active(tmp_path / "b.h5", daq="2t-as daq v1", headstage="zif26 to 2x uhdmi")
    both = ec.join(a, b)
    assert both.n_channels == 64
    assert a.channel_map is not None
    assert b.channel_map is not None
    row, col = 3, 5
    np.testing.assert_array_equal(
        both.signal[a.channel_map.lookup(row, col), 30:], b.signal[b.channel_map.lookup(row, col)]
    )


# The arrangement of data --------------------------------------------------------------------------


def test_where_either_axis_fits_time_first_is_taken_and_said(path: Path) -> None:
    cells = draw_cells(12, 8, N)
    write_scan(path, cells, 8, 10, arranged="cells time-first")
    dataset = open_active(path, **V2)
    assert dataset.parts[0].warnings == ("either axis of data may be that of channels: time_first is taken",)
    np.testing.assert_array_equal(dataset.ground.read(), in_uv(cells[[*range(24, 32), *range(48, 56)]], 10))  # type: ignore[union-attr]
    turned = open_active(path, **V2, axis_order="channels_first")
    assert turned.warnings == ()
    assert not np.array_equal(turned.signal.read(), dataset.signal.read())
    with pytest.raises(ValueError, match="axis_order is one of channels_first, time_first, not 'tc'"):
        open_active(path, **V2, axis_order="tc")


@pytest.mark.parametrize("arranged", ["cells", "cells time-first"])
@pytest.mark.parametrize(
    ("n_all", "warnings"), [(None, ()), (11.0, ("numChan is 11, but data has 12 columns of cells",))]
)
def test_a_num_chan_that_does_not_help(n_all: Any, warnings: Any, arranged: str, path: Path) -> None:
    cells = draw_cells(12, 8, 200)
    write_scan(path, cells, 8, 10, arranged=arranged, numChan=n_all)
    dataset = open_active(path, **V2)
    assert dataset.parts[0].warnings == warnings
    assert dataset["bnc"].n_channels == 2
    np.testing.assert_array_equal(dataset["bnc"].read(), by_column(cells[80:], 8))


@pytest.mark.parametrize("storage", STORAGE)
def test_part_of_a_frame_is_left_over(storage: str, path: Path) -> None:
    cells = draw_cells(12, 8, 50)
    write_scan(path, cells, 8, 10)
    with h5py.File(path, "a") as file:
        del file["data"]
        columns = by_column(cells, 8)[:, :-3]
        file.create_dataset("data", data=columns, **STORAGE[storage])
    dataset = open_active(path, **V2)
    assert dataset.parts[0].warnings == ("cut in the middle of a frame: 5 of 8 samples are left over at the end",)
    assert dataset.n_samples == 49
    np.testing.assert_array_equal(dataset["bnc"].read(), by_column(cells[80:, :49], 8))


# What cannot be -----------------------------------------------------------------------------------


def _refusal(path: Path, **arguments: Any) -> str:
    with pytest.raises(ec.FormatError) as caught:
        open_active(path, **(arguments or V2))
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def test_without_a_daq_the_known_ones_are_listed(path: Path, cells: np.ndarray) -> None:
    text = _refusal(path, headstage="zif26 to 2x uhdmi")
    assert text.startswith("the file does not say which DAQ and headstage recorded it")
    assert "(expected daq= and headstage=; found 8 rows of 10 columns). Known: daq='2t-as daq v2', headstage=" in text
    assert "cardiac" not in text
    with pytest.raises(ValueError, match="daq is one of 2t-as daq v1, 2t-as daq v2, passthru, not 'v1'"):
        open_active(path, daq="v1")


def test_a_scan_of_another_array(path: Path, cells: np.ndarray) -> None:
    assert _refusal(path, daq="2t-as daq v1", headstage="zif to 50mil") == (
        "the scan is not that of cardiac v1 (expected 22 rows of 20 columns; found 8 rows of 10). "
        "Is it a recording of another array, DAQ or headstage?"
    )


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"numRow": None}, "numRow is not usable (expected one whole number from 1 to 4096; found nothing)"),
        ({"numCol": 0}, "numCol is not usable (expected one whole number from 1 to 4096; found 0)"),
        ({"numRow": 8.5}, "numRow is not usable (expected one whole number from 1 to 4096; found 8.5)"),
        ({"numRow": np.nan}, "numRow is not usable (expected one whole number from 1 to 4096; found nan)"),
        (
            {"numRow": [8, 8]},
            "numRow is not usable (expected one whole number from 1 to 4096; found int64 of shape (2,))",
        ),
        ({"numChan": 1e9}, "numChan is not usable (expected one whole number from 1 to 4096; found 1e+09)"),
        ({"Fs": None}, "the file has no sampling rate at 'fs'"),
        ({"Fs": -1.0}, "the sampling rate is not usable (expected one positive number of Hz; found [-1.0] at Fs)"),
        ({"numRow": 7}, "the shape of data does not go with numRow, numCol and numChan (expected an axis of 7 x 12"),
        ({"numRow": 4000, "numCol": 4000, "numChan": None}, "the shape of data does not go with numRow, numCol and"),
        (
            {"numRow": 60, "numCol": 60, "numChan": None},
            "the shape of data does not go with numRow, numCol and numChan",
        ),
    ],
)
def test_a_header_that_cannot_be(others: dict[str, Any], message: str, path: Path) -> None:
    write_scan(path, draw_cells(12, 8, 50), 8, 10, **others)
    assert _refusal(path).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.zeros((96, 0)), "dataset '/data' is no recording (expected real numbers on two axes, at least one sample"),
        (np.zeros((96, 5), "c8"), "dataset '/data' is no recording"),
        (np.zeros(96), "the shape of data does not go with"),
        (np.array([b"x"] * 96)[:, None], "dataset '/data' is no recording"),
        (np.zeros((12, 7)), "the recording holds no whole frame (expected 8 samples a frame; found fewer)"),
    ],
)
def test_data_that_cannot_be(data: np.ndarray, message: str, path: Path) -> None:
    write_scan(path, draw_cells(12, 8, 50), 8, 10)
    with h5py.File(path, "a") as file:
        del file["data"]
        file["data"] = data
    assert _refusal(path).startswith(message)


def test_no_such_file_and_none_of_the_kind(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match="no such file"):
        open_active(path, **V2)
    path.write_bytes(b"")
    assert _refusal(path).startswith("this is no HDF5 file that can be read")
    with pytest.raises(ec.FormatError, match="the file is empty"):
        ec.open_recording(path)
    with h5py.File(path, "w") as file:
        file["chdata"] = [[1]]
    assert _refusal(path).startswith("the file has no dataset 'data'")
    write_scan(path, draw_cells(12, 8, 50), 8, 10)
    path.write_bytes(path.read_bytes()[:-100])
    assert _refusal(path).startswith("this HDF5 file was never closed, or was cut short")


def test_what_is_recognised(path: Path, cells: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ec.FormatError, match="the file does not say which DAQ and headstage"):
        ec.open_recording(path)
    write_scan(tmp_path / "b.h5", cells, 8, 10, Fs=None)
    with pytest.raises(ec.FormatError, match="the file has no dataset 'chdata'"):
        ec.open_recording(tmp_path / "b.h5")


# Conformance --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arranged", "storage"), [("cells", "contiguous"), ("columns", "contiguous"), ("cells time-first", "gzip")]
)
def test_conformance(arranged: str, storage: str, path: Path) -> None:
    cells = draw_cells(12, 8, 100)
    write_scan(path, cells, 8, 10, arranged=arranged, storage=storage)
    unmix = UNMIXES[0]
    expected = _expected(cells, 8, 10, [(column, row) for column in unmix.columns for row in unmix.rows])
    check_format(partial(open_active, **V2), path, expected=expected)


def test_conformance_of_a_golden_vector() -> None:
    case = CASES[4]
    arguments = {key: value for key, value in case.arguments.items() if key != "units"}
    check_format(partial(open_active, **arguments), shared_path(case.path), damage=False)
