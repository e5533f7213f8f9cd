"""Multiplexed headstages: gains, orders of columns, triggers and inputs, every way to store them, and bad files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.mux import open_mux
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.cases_mux import CASES
from tests.formats.golden import golden
from tests.formats.scans import ARRANGED, STORAGE, by_column, draw_cells, in_uv, write_scan

ROWS = 6
GAINS = {
    **{"mux3": 10, "mux5": 10, "joe_mux3": 1, "mux4": 27.6, "mux6": 20, "mux7": 12, "mux7_lg": 3},
    **{"stim_mux1": 1, "stim_mux64": 4, "stim_v4": 4},
}
ORDERS = {
    **{"mux4": (3, 0, 2, 1), "mux5": (1, 0, 2, 3), "mux6": (0, 2, 1, 3), "mux7_1card": (1, 2, 0, 3)},
    **{"mux7_2card_flip": (2, 0, 3, 1), "stim4_1card": (3, 1, 0, 2)},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rec.h5"


@pytest.fixture
def cells(path: Path) -> np.ndarray:
    cells = draw_cells(7, ROWS, 40)
    write_scan(path, cells, ROWS, 4)
    return cells


def _expected(cells: np.ndarray, gain: float, order: Any = (0, 1, 2, 3)) -> dict[str, np.ndarray]:
    columns = cells.reshape(7, ROWS, -1)
    return {
        "signal": in_uv(np.concatenate([columns[k] for k in order]), gain),
        "trig": columns[4].astype("f4"),
        "bnc": by_column(cells, ROWS)[5:].astype("f4"),
    }


@pytest.mark.parametrize("headstage", GAINS)
def test_gain_and_order_of_each_headstage(headstage: str, path: Path, cells: np.ndarray) -> None:
    dataset = open_mux(path, headstage=headstage.upper())
    expected = _expected(cells, GAINS[headstage], ORDERS.get(headstage, range(4)))
    np.testing.assert_array_equal(dataset.signal.read(), expected["signal"])
    np.testing.assert_array_equal(dataset["trig"].read(), expected["trig"])  # the gain is that of the electrodes
    assert dataset.signal.channel_names == tuple(f"ch{k}" for k in range(4 * ROWS))


@pytest.mark.parametrize("variant", [*ORDERS, "mux3"])
def test_the_variant_of_the_card_comes_before_the_headstage(variant: str, path: Path, cells: np.ndarray) -> None:
    dataset = open_mux(path, headstage="mux4", ni_daq_variant=variant)
    expected = _expected(cells, 27.6, ORDERS.get(variant, range(4)))
    np.testing.assert_array_equal(dataset.signal.read(), expected["signal"])
    assert dataset.metadata["column_order"] == ORDERS.get(variant, (0, 1, 2, 3))


@pytest.mark.parametrize("storage", STORAGE)
@pytest.mark.parametrize("arranged", ARRANGED)
@pytest.mark.parametrize("n_all", [7.0, None])
def test_every_way_to_store_a_scan(n_all: Any, arranged: str, storage: str, path: Path) -> None:
    cells = draw_cells(7, ROWS, 60, "<f8")
    write_scan(path, cells, ROWS, 4, arranged=arranged, storage=storage, numChan=n_all, Fs=None, fs=[[800.0]])
    dataset = ec.open_recording(path, headstage="mux6")
    assert dataset.parts[0].format == "mux"
    for name, values in _expected(cells, 20, ORDERS["mux6"]).items():
        array = dataset.signal if name == "signal" else dataset[name]
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array.read(), values, name)
    assert (dataset.sampling_rate, dataset["trig"].sampling_rate, dataset["bnc"].sampling_rate) == (800, 800, 4800)
    assert (dataset.units, dataset["trig"].units, dataset["bnc"].units) == ("uV", "V", "V")
    assert dataset.warnings == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path)
def test_sites_of_the_golden_vectors(case: Any) -> None:
    _, expected = golden(shared_path(case.path))
    dataset = case.open()
    assert dataset.channel_map is not None
    assert dataset.channel_map.sites.tolist() == expected["sites"].tolist()


def test_trigger_and_inputs(path: Path, cells: np.ndarray) -> None:
    columns = by_column(cells, ROWS)
    dataset = open_mux(path, headstage="mux3", trigger=2, bnc=[1, 0])
    np.testing.assert_array_equal(dataset["trig"].read(), cells[6 * ROWS :])
    np.testing.assert_array_equal(dataset["bnc"].read(), columns[[5, 4]])
    assert dataset["bnc"].channel_names == ("bnc1", "bnc0")
    np.testing.assert_array_equal(open_mux(path, headstage="mux3", trigger=2)["bnc"].read(), columns[[4, 5]])
    assert list(open_mux(path, headstage="mux3", trigger=None).aligned) == ["bnc"]
    assert open_mux(path, headstage="mux3", trigger=None)["bnc"].n_channels == 3
    assert list(open_mux(path, headstage="mux3", bnc=()).aligned) == ["trig"]
    np.testing.assert_array_equal(open_mux(path, headstage="mux3", bnc=1)["bnc"].read(), columns[[5]])
    write_scan(path, cells[: 4 * ROWS], ROWS, 4)
    assert open_mux(path, headstage="mux3").aligned == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trigger": 3}, "trigger counts the 3 columns behind those of the electrode from 0, not 3"),
        ({"trigger": -1}, "trigger counts the 3 columns"),
        ({"bnc": [3]}, r"bnc counts the 3 columns behind those of the electrode from 0, not \[3\]"),
        ({"bnc": [1, 1]}, "bnc counts the 3 columns"),
        ({"headstage": "mux8"}, "headstage is one of mux3, mux5, .*stim_v4, not 'mux8'"),
        ({"ni_daq_variant": "mux9"}, "ni_daq_variant is one of mux4, .*mux7_1card.*, not 'mux9'"),
        ({"axis_order": "x"}, "axis_order is one of channels_first, time_first, not 'x'"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], message: str, path: Path, cells: np.ndarray) -> None:
    with pytest.raises(ValueError, match=message):
        open_mux(path, **({"headstage": "mux3"} | arguments))


def test_an_electrode_counts_channels_after_the_columns_are_in_order(path: Path, cells: np.ndarray) -> None:
    table = path.with_name("grid.csv")
    table.write_text("channel,role,row,col\n0,electrode,0,0\n23,reference,,\n6,ground,,\n")
    dataset = ec.open_recording(path, headstage="mux4", electrode=table, channels=[0])
    np.testing.assert_array_equal(dataset.signal.read(), in_uv(cells[[3 * ROWS]], 27.6))
    assert dataset.reference_channels is not None
    assert dataset.ground is not None
    np.testing.assert_array_equal(dataset.reference_channels.read(), in_uv(cells[[ROWS + 5]], 27.6))
    np.testing.assert_array_equal(dataset.ground.read(), in_uv(cells[[0]], 27.6))


def test_streams_and_driver(path: Path, cells: np.ndarray) -> None:
    assert ec.streams(path)[["stream", "rate", "channels", "samples"]].values.tolist() == [
        ["electrodes", 500.0, 24, 40],
        ["trig", 500.0, 6, 40],
        ["bnc", 3000.0, 2, 240],
    ]
    from ecogcat.catalog import drivers

    assert drivers.ecog_mux(str(path), headstage="mux3").read() == open_mux(path, headstage="mux3", bnc=[1, 2])


def test_notes_and_metadata_of_the_group_of_facts(path: Path, cells: np.ndarray) -> None:
    with h5py.File(path, "a") as file:
        info = file.create_group("info")
        info.attrs["SampleStripLength"] = 12
        info["OverSampling"], info["Note"], info["ColumnMixVector"] = 4.0, "tones, left", [3, 1, 0, 2]
        info["state"] = np.bool_(True)
        info["odd"] = np.zeros(1, [("a", "i4")])
    dataset = open_mux(path, headstage="mux3")
    assert dataset.parts[0].notes == ("tones, left",)
    found = dataset.metadata
    assert (found["SampleStripLength"], found["OverSampling"], found["state"]) == (12, 4.0, True)
    assert (found["rows"], found["columns"], found["gain"], found["headstage"]) == (ROWS, 4, 10.0, "mux3")
    assert "odd" not in found
    assert "ColumnMixVector" not in found


def _refusal(path: Path, **arguments: Any) -> str:
    with pytest.raises(ec.FormatError) as caught:
        open_mux(path, **arguments)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def test_what_is_refused(path: Path, cells: np.ndarray) -> None:
    text = _refusal(path)
    assert text.startswith("the file does not say which headstage recorded it, and so neither its gain (expected")
    assert text.endswith("found 6 rows of 4 columns). For another system, name it with format=")
    write_scan(path, cells, ROWS, 5)
    assert _refusal(path, headstage="mux6") == (
        "mux6 samples 4 columns of electrodes in an order of its own (expected 4 columns; found 5 columns). "
        "Is it a recording of another headstage?"
    )
    assert open_mux(path, headstage="mux3").n_channels == 5 * ROWS
    write_scan(path, cells, ROWS, 4, numRow=None)
    assert _refusal(path, headstage="mux3").startswith("numRow is not usable")
    path.write_bytes(path.read_bytes()[:-200])
    assert _refusal(path, headstage="mux3").startswith("this HDF5 file was never closed, or was cut short")
    path.write_bytes(b"")
    assert _refusal(path, headstage="mux3").startswith("this is no HDF5 file")
    path.unlink()
    with pytest.raises(ec.RecordingNotFound):
        open_mux(path, headstage="mux3")


def test_a_short_recording_is_told_by_num_chan(path: Path) -> None:
    cells = draw_cells(7, ROWS, 3)
    write_scan(path, cells, ROWS, 4)
    np.testing.assert_array_equal(open_mux(path, headstage="mux3").signal.read(), in_uv(cells[: 4 * ROWS], 10))


def test_opening_a_large_sparse_file_reads_headers_only(path: Path) -> None:
    n = 1 << 33  # 84 columns' worth of float32: more than a terabyte, none of it on disk
    with h5py.File(path, "w") as file:
        file["Fs"], file["numRow"], file["numCol"], file["numChan"] = 800.0, ROWS, 4, 7
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((7 * ROWS, n))
        h5py.h5d.create(file.id, b"data", h5py.h5t.IEEE_F32LE, space, properties)
    assert path.stat().st_size > 1 << 40
    dataset = open_mux(path, headstage="mux3")
    assert dataset["bnc"].n_samples == n * ROWS
    assert dataset["bnc"][1, -3:].tolist() == [0.0] * 3
    path.unlink()


@pytest.mark.parametrize(
    ("arranged", "storage"), [("cells", "contiguous"), ("columns time-first", "contiguous"), ("columns", "gzip")]
)
def test_conformance(arranged: str, storage: str, path: Path) -> None:
    cells = draw_cells(7, ROWS, 120)
    write_scan(path, cells, ROWS, 4, arranged=arranged, storage=storage)
    check_format(partial(open_mux, headstage="mux6"), path, expected=_expected(cells, 20, ORDERS["mux6"]))


def test_conformance_of_a_golden_vector() -> None:
    check_format(partial(open_mux, headstage="mux7"), shared_path(CASES[2].path), damage=False)
