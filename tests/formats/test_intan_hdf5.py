"""Intan recordings packed into HDF5: golden vectors, written ones, and headers that cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.intan_hdf5 import open_intan_hdf5
from ecogcat.formats.registry import detect, formats
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.cases_intan_hdf5 import GOLDEN, PLAIN, electrode, expected
from tests.formats.recordings import scaled


def _write(
    path: Path, header: Any = None, *, dtype: str = "<i2", n: int = 333, how: dict[str, Any] | None = None, **more: Any
) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    stored = rng.integers(-3000, 3000, (6, n)).astype(dtype)
    adc = rng.standard_normal((2, n)).astype("f4")
    with h5py.File(path, "w") as file:
        file.attrs["JSON_header"] = json.dumps({"sample_rate": 1000.0} if header is None else header)
        file.create_dataset("amplifier_data", data=stored, **(how or {}))
        file["board_adc_data"] = adc
        for name, values in more.items():
            file[name] = values
    return {"signal": scaled(stored, (0.195 if stored.dtype.kind == "i" else 1.0, 0.0)), "adc": adc}


# The older system's vectors (their equality is in test_cases) ---------------------------------------


@pytest.mark.parametrize("name", PLAIN)
def test_sites_of_golden_vectors(name: str) -> None:
    path = shared_path(f"{GOLDEN}/{name}/input.h5")
    table, arguments = PLAIN[name]
    dataset = ec.open_recording(path, electrode=electrode(table), **arguments)
    known = expected(path)
    assert dataset.parts[0].format == "intan_hdf5"
    assert dataset.channel_map is not None
    assert np.array_equal(dataset.channel_map.sites, known["sites"])
    assert dataset.channel_map.shape == tuple(known["geometry"])
    assert (dataset.units, dataset["adc"].units) == ("uV", "V")
    assert (dataset.ground is None) == ("ground_chans" not in known)


def test_real_vectors_conform() -> None:
    path = shared_path(f"{GOLDEN}/case_16_rhd_plain/input.h5")
    check_format(ec.open_recording, path, damage=False)


# Written ones -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["<i2", "<f4"])
@pytest.mark.parametrize("how", [{}, {"chunks": (4, 100)}, {"chunks": (4, 100), "compression": "gzip"}])
def test_written_files_conform(how: dict[str, Any], dtype: str, tmp_path: Path) -> None:
    values = _write(tmp_path / "a.h5", dtype=dtype, how=how)
    check_format(
        open_intan_hdf5, tmp_path / "a.h5", expected=values, damage=dtype == "<i2" and "compression" not in how
    )


def test_what_a_header_in_the_vendors_words_says(tmp_path: Path) -> None:
    header = {
        "sample_rate": 500,
        "num_amplifier_channels": 6,
        "amplifier_channels": [{"native_channel_name": f"B-{k:03d}", "chip_channel": k} for k in range(6)],
        "board_adc_channels": [{"native_channel_name": "ADC-3"}, {"native_channel_name": "ADC-5"}],
        "notes": {"note1": "rat 7", "note2": "", "note3": "awake"},
        "version": {"major": 1, "minor": 5},
        "dsp_enabled": 1,
        "impedances": [1.0, 2.0],
    }
    lines = (np.arange(333)[None] % 2).astype("u1")
    more = {"board_dig_in_data": lines, "aux_input_data": np.ones((3, 84)), "supply_voltage_data": np.zeros((0, 0))}
    values = _write(tmp_path / "rat_231117_052500.h5", header, **more)
    dataset = ec.open_recording(tmp_path / "rat_231117_052500.h5")
    assert dataset.signal.channel_names == tuple(f"B-{k:03d}" for k in range(6))
    assert dataset["adc"].channel_names == ("ADC-3", "ADC-5")
    assert np.array_equal(dataset.signal.read(), values["signal"])
    assert list(dataset.aligned) == ["adc", "aux", "dig"]
    assert np.array_equal(dataset["dig"].read(), lines)
    assert (dataset["dig"].dtype, dataset["dig"].units) == (np.uint8, "")
    assert (dataset["aux"].sampling_rate, dataset["aux"].units) == (125.0, "V")
    part = dataset.parts[0]
    assert part.notes == ("rat 7", "awake")
    assert part.start_time == np.datetime64("2023-11-17T05:25:00", "ns")
    assert part.warnings == ()
    assert dict(part.metadata) == {
        "sample_rate": 500,
        "num_amplifier_channels": 6,
        "dsp_enabled": 1,
        "impedances": (1.0, 2.0),
    }
    listed = ec.streams(tmp_path / "rat_231117_052500.h5")
    assert listed[["stream", "rate", "channels", "samples"]].values.tolist() == [
        ["amplifier", 500.0, 6, 333],
        ["adc", 500.0, 2, 333],
        ["aux", 125.0, 3, 84],
        ["dig", 500.0, 1, 333],
    ]


@pytest.mark.parametrize(
    "channels",
    [
        [{"native_channel_name": "A-000"}] * 6,
        [{"native_channel_name": f"A-{k}"} for k in range(5)],
        [{"native_channel_name": ""}, *({"native_channel_name": f"A-{k}"} for k in range(5))],
        [1, 2, 3, 4, 5, 6],
        "A-000",
    ],
)
def test_names_that_are_no_names_of_the_channels_are_not_used(channels: Any, tmp_path: Path) -> None:
    _write(tmp_path / "a.h5", {"sample_rate": 1000.0, "amplifier_channels": channels})
    assert open_intan_hdf5(tmp_path / "a.h5").signal.channel_names == tuple(f"ch{k}" for k in range(6))


def test_sizes_that_disagree_are_said(tmp_path: Path) -> None:
    _write(tmp_path / "a.h5", {"sample_rate": 1000.0, "num_amplifier_channels": 64})
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["board_adc_data"]
        file["board_adc_data"] = np.zeros((1, 331))
    dataset = open_intan_hdf5(tmp_path / "a.h5")
    assert dataset.parts[0].warnings == (
        "the header lists 64 amplifier channels, amplifier_data has 6",
        "adc: 2 samples missing beside the signal: filled with nan at the end",
    )


def test_it_alone_claims_such_files(tmp_path: Path) -> None:
    _write(tmp_path / "a.dat")
    head = (tmp_path / "a.dat").read_bytes()[:4096]
    claims = [
        one.name for one in formats().values() if not one.general and one.recognises(str(tmp_path / "a.dat"), head)
    ]
    assert claims == ["intan_hdf5"]
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 9)), 1000.0
    assert detect(str(tmp_path / "b.h5")).name == "hdf5"


# Bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("{", r"a\.h5: JSON_header is no JSON \(found .*\). Convert the file anew"),
        ("[" * 100000, "JSON_header is no JSON"),
        ("[1, 2]", r"JSON_header is no table \(expected names and values; found \[1, 2\]\)"),
        ("{}", r"no usable sampling rate \(expected sample_rate, a positive number of Hz; found an empty table\)"),
        ('{"rate": 3}', r"no usable sampling rate \(.*; found rate\)"),
        ('{"sample_rate": 0}', r"found sample_rate 0\)"),
        ('{"sample_rate": -1000.0}', r"found sample_rate -1000.0\)"),
        ('{"sample_rate": NaN}', r"found sample_rate nan\)"),
        ('{"sample_rate": Infinity}', r"found sample_rate inf\)"),
        ('{"sample_rate": "1000"}', r"found sample_rate '1000'\)"),
        ('{"sample_rate": true}', r"found sample_rate True\)"),
        ('{"sample_rate": [1000]}', r"found sample_rate \[1000\]\)"),
    ],
)
def test_headers_that_cannot_be(header: str, message: str, tmp_path: Path) -> None:
    _write(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file.attrs["JSON_header"]
        if len(header) > 60000:  # more than an attribute holds
            file.attrs.create("JSON_header", header[:30000])
        else:
            file.attrs["JSON_header"] = np.bytes_(header)
    with pytest.raises(ec.FormatError, match=message):
        ec.open_recording(tmp_path / "a.h5")


def test_files_that_lack_a_header_or_samples(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["amplifier_data"] = np.zeros((2, 9), "i2")
        file.attrs["rate"] = 3
    with pytest.raises(ec.FormatError, match=r"no Intan header .*found attributes: rate\)"):
        ec.open_recording(tmp_path / "a.h5", "intan_hdf5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.attrs["JSON_header"] = '{"sample_rate": 1000}'
        file["other"] = np.zeros((2, 9), "i2")
    with pytest.raises(ec.FormatError, match=r"the file has no dataset 'amplifier_data' .*found other \(2, 9\)"):
        ec.open_recording(tmp_path / "b.h5", "intan_hdf5")
    for shape in ((0, 9), (2, 0)):
        with h5py.File(tmp_path / "c.h5", "w") as file:
            file.attrs["JSON_header"] = '{"sample_rate": 1000}'
            file["amplifier_data"] = np.zeros(shape, "i2")
        with pytest.raises(ec.FormatError, match=r"amplifier_data holds no sample .*It was stopped or crashed"):
            ec.open_recording(tmp_path / "c.h5")
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.attrs["JSON_header"] = '{"sample_rate": 1000}'
        file["amplifier_data"] = np.zeros((2, 9), "c8")
    with pytest.raises(ec.FormatError, match="amplifier_data is no recording"):
        ec.open_recording(tmp_path / "d.h5")
    with pytest.raises(ec.RecordingNotFound, match="no such file"):
        open_intan_hdf5(tmp_path / "none.h5")


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "a.h5")
    data = (tmp_path / "a.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(ec.FormatError, match="never closed, or was cut short"):
        ec.open_recording(tmp_path / "a.h5")


def test_a_header_that_is_no_text_is_not_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["amplifier_data"] = np.zeros((2, 10), "i2")
        values = np.empty(1, h5py.vlen_dtype(np.int32))
        values[0] = np.arange(3, dtype=np.int32)
        file.attrs.create("JSON_header", values, dtype=h5py.vlen_dtype(np.int32))
    with pytest.raises(ec.FormatError, match=r"a\.h5: JSON_header is no text"):
        open_intan_hdf5(tmp_path / "a.h5")
