"""Open Ephys `.continuous` folders: real and golden ones, every variant that is written, and what a crash leaves."""

from __future__ import annotations

import os
import shutil
import struct
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.catalog.folder import find_recordings
from ecogcat.formats.openephys import open_openephys
from ecogcat.formats.openephys.files import parse_name
from ecogcat.formats.openephys.records import examine
from ecogcat.formats.registry import formats
from ecogcat.testing import check_format
from ecogcat.testing.continuous import write_continuous
from ecogcat.testing.rhd import write_rhd
from tests.conftest import shared_path
from tests.formats.cases import _unpacked
from tests.formats.continuous import decode_channels, decode_events, golden
from tests.formats.recordings import AMPLIFIER, scaled

LEGACY = "recordings/openephys_legacy"
NODE, STARTS, DAMAGED = "Record Node 101", "OpenEphys_SampleData_2_(multiple_starts)", "OpenEphys_SampleData_3"
RECORD = 2070
PADDED = (
    "the last record ends in {:,} zeros in every channel, with which the GUI pads it when recording stops: "
    "they are left in"
)


def _draw(n_channels: int = 3, n_samples: int = 3072, seed: int = 0) -> np.ndarray:
    """Samples without a zero: what is padding is then known."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 32768, (n_channels, n_samples)) * rng.choice([-1, 1], (n_channels, n_samples))


def _real(name: str) -> Path:
    return shared_path(f"{LEGACY}/{name}")


# Real recordings ----------------------------------------------------------------------------------


def test_a_record_node_of_gui_06() -> None:
    dataset = ec.open_recording(_real(NODE))
    assert dataset.signal.channel_names == tuple(f"CH{k}" for k in range(1, 17))
    assert (dataset.units, dataset.sampling_rate, dataset.n_samples) == ("uV", 40000.0, 133120)
    assert dataset.parts[0].warnings == (PADDED.format(905),)
    assert not dataset.signal[:, -905:].any()
    assert dataset.signal[:, -906].any()
    assert dataset.parts[0].start_time == np.datetime64("2025-04-03T13:38:45", "ns")
    assert dataset.parts[0].notes[:2] == ("251635, TTL Line=1 State=0", "252488, TTL Line=3 State=0")
    assert len(dataset.parts[0].notes) == 15
    assert dataset.metadata["first_sample_number"] == 251635
    assert dataset.metadata["gui_version"] == "0.6.7"


def test_events_of_lines_that_go_up_and_down_at_one_sample() -> None:
    dataset = ec.open_recording(_real(NODE))
    stored = decode_events(_real(NODE) / "100_example-data.events")
    table = dataset.events.table
    assert len(dataset.events) == 128
    assert np.array_equal(dataset.events.sample, stored["timestamp"].astype("i8") - 251635)
    assert table["line"].tolist() == (stored["line"].astype(int) + 1).tolist()
    assert table["state"].tolist() == stored["state"].tolist()
    assert table.iloc[:2].to_dict("list") == {"line": [1, 1], "state": [1, 0], "node": [108, 108]}
    # The GUI's own message on the third line says how it counts.
    assert (dataset.events.sample[2] + 251635, table["line"][4]) == (252488, 3)


def test_a_second_recording_in_the_same_files_is_a_part() -> None:
    dataset = ec.open_recording(_real(STARTS), experiment=1)
    assert [part.n_samples for part in dataset.parts] == [117760, 131072]
    assert [part.name for part in dataset.parts] == [f"{STARTS} recording 0", f"{STARTS} recording 1"]
    (seam,) = dataset.seams
    assert (seam.sample, seam.gap_s) == (117760, pytest.approx((93920 - 1024) / 40000))
    assert [part.metadata["first_sample_number"] for part in dataset.parts] == [49184, 49184 + 114 * 1024 + 93920]
    assert [part.warnings for part in dataset.parts] == [(PADDED.format(832),), (PADDED.format(224),)]
    table = ec.locate(dataset, [117759, 117760])
    assert table["file_sample"].tolist() == [117759, 117760], "samples of the file, in which there is no seam"
    alone = ec.open_recording(_real(STARTS), experiment=1, recording=1)
    assert ec.equals(alone, ec.split(dataset)[1])
    assert alone.name == f"{STARTS} recording 1"


def test_several_experiments_are_listed() -> None:
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(_real(STARTS))
    assert str(caught.value) == (
        f"{_real(STARTS)}: several recordings or streams lie here "
        "(expected one; found experiment='1'; experiment='2'). Name one with experiment="
    )
    table = ec.streams(_real(STARTS))
    assert table["stream"].tolist() == ["101"] * 3
    assert table["experiment"].tolist() == [1, 1, 2]
    assert table["recording"].tolist() == [0, 1, 0]
    assert table["samples"].tolist() == [117760, 131072, 75776]
    assert set(table["rate"]) == {40000.0}


def test_a_channel_whose_timestamps_are_not_those_of_the_others_is_left_out() -> None:
    for experiment, n in ((1, 758784), (2, 1756160)):
        dataset = ec.open_recording(_real(DAMAGED), experiment=experiment)
        assert dataset.signal.channel_names == ("CH1", "CH2", "CH3")
        assert dataset.n_samples == n
        suffix = "" if experiment == 1 else "_2"
        assert dataset.parts[0].warnings[0] == (
            f"100_CH32{suffix}.continuous does not run with the other 3 channels and is left out: its timestamps jump "
            "more than 500 times"
        )
    assert dataset.parts[0].warnings[1:3] == (
        "Continuous_Data.openephys lists files that are missing: 100_CH4_2.continuous, 100_CH5_2.continuous, "
        "100_CH6_2.continuous, 100_CH29_2.continuous, 100_CH31_2.continuous",
        "Continuous_Data_2.openephys lists 9 files of experiment 3, all missing",
    )
    assert dataset.parts[0].start_time == np.datetime64("2017-05-19T20:44:07", "ns"), "20447 in the header, 20:44:07"


def test_that_channel_alone_is_refused(tmp_path: Path) -> None:
    shutil.copy(_real(DAMAGED) / "100_CH32.continuous", tmp_path)
    with pytest.raises(ec.FormatError, match=r"cannot be put in order in time \(expected a timestamp every 1,024 samp"):
        ec.open_recording(tmp_path)


@pytest.mark.parametrize("name", [NODE, STARTS, DAMAGED])
def test_real_folders_conform(name: str, tmp_path: Path) -> None:
    arguments = {} if name == NODE else {"experiment": 1}
    # The first records of some channels, across the jump in one: the suite copies and rewrites them many times.
    target = tmp_path / name
    target.mkdir()
    for file in _real(name).iterdir():
        channel = parse_name(file.name)
        if channel is None:
            shutil.copy(file, target)
        elif channel.experiment == 1 and channel.number < 4:
            data = file.read_bytes()
            a, b = (111, 118) if name == STARTS else (0, 6)
            (target / file.name).write_bytes(data[:1024] + data[1024 + a * RECORD : 1024 + b * RECORD])
    check_format(lambda path: open_openephys(path, **arguments), target, damage=False)


@pytest.mark.parametrize("name", [NODE, STARTS, DAMAGED])
def test_one_format_alone_recognises_them(name: str) -> None:
    for path in [_real(name), *sorted(_real(name).iterdir())]:
        head = b"" if path.is_dir() else path.read_bytes()[:4096]
        claiming = [one.name for one in formats().values() if not one.general and one.recognises(str(path), head)]
        assert claiming == (["openephys"] if path.is_dir() or path.suffix == ".continuous" else [])


# Golden vectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "units"), [("case_11_oecont_load", "uV"), ("case_14_oecont_mV", "mV")])
def test_golden_folders_but_for_the_last_record_and_the_volts(name: str, units: str) -> None:
    expected = golden(name)
    folder = _unpacked(shared_path(f"reference/golden/{name}/input.zip"))
    electrode = shared_path("reference/electrodes/psv_61_wireless_sub.csv")
    dataset = ec.open_recording(folder, electrode=electrode, units=units)
    n = expected["data"].shape[1]
    assert dataset.n_samples == n + 1024
    assert dataset.parts[0].warnings == ()
    assert np.array_equal(dataset.signal[:, :n], expected["data"].astype("f4"))
    last = decode_channels(folder, [f"100_CH{k}" for k in range(1, 9)])[:, n:]
    assert np.array_equal(dataset.signal.read(raw=True)[:, n:], last)
    assert np.array_equal(dataset["adc"].read(raw=True)[:, :n], expected["adc"])
    assert np.array_equal(dataset["aux"].read(raw=True)[:, :n], expected["aux"])
    assert np.array_equal(dataset["adc"][:1, :n], expected["trig_chan"].astype("f4")), "in volts"
    assert (dataset["adc"].units, dataset["aux"].units, dataset.sampling_rate) == ("V", "V", float(expected["Fs"]))
    assert dataset.channel_map is not None
    assert np.array_equal(dataset.channel_map.sites, expected["sites"])


# What is written is read --------------------------------------------------------------------------


@pytest.mark.parametrize("version", [0.1, 0.4, 0.6])
def test_every_array_of_every_version(version: float, tmp_path: Path) -> None:
    stored, adc, aux = _draw(12), _draw(2, seed=1), _draw(3, seed=2)
    stream = "100_Rhythm_Data-A" if version == 0.6 else "100"
    write_continuous(
        tmp_path / "rec",
        stored,
        adc=adc,
        aux=aux,
        version=version,
        stream=stream,
        sampling_rate=2000.0,
        first_timestamp=5000,
        events=[(5000, 1, 1), (5010, 1, 0), (8071, 64, 1)],
        messages=[(5003, "animal awake")],
        structure=True,
    )
    dataset = ec.open_recording(tmp_path / "rec")
    assert dataset.signal.channel_names == tuple(f"CH{k}" for k in range(1, 13)), "by number, not by name"
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert np.array_equal(dataset.signal.read(), scaled(stored, (0.195, 0.0)))
    assert np.array_equal(dataset["adc"].read(), scaled(adc, (0.00015258789, 0.0)))
    assert np.array_equal(dataset["aux"].read(), scaled(aux, (3.74e-5, 0.0)))
    assert dataset.events.sample.tolist() == [0, 10, 3071]
    assert dataset.events.table.to_dict("list") == {"line": [1, 1, 64], "state": [1, 0, 1], "node": [100] * 3}
    note = "5003, animal awake" if version == 0.6 else "5003 animal awake"
    assert dataset.parts[0].notes == (note,)
    assert dataset.parts[0].warnings == ()
    # "102155" could be 10:21:55 or not: it is six digits in this case, and five without zeros in 0.4.
    start = np.datetime64("2026-03-14T10:21:05", "ns")
    assert dataset.parts[0].start_time == (start if version == 0.6 else None)
    assert dataset.metadata["stream"] == stream


@pytest.mark.parametrize("damage", [True, False])
def test_written_folders_conform(damage: bool, tmp_path: Path) -> None:
    stored, adc = _draw(3, 5 * 1024), _draw(2, 5 * 1024, seed=1)
    write_continuous(
        tmp_path / "rec",
        stored,
        adc=adc,
        sampling_rate=1000.0,
        gaps={3: 700} if damage else {2: 5, 4: 10},
        recordings=() if damage else (2, 4),
        events=[(0, 3, 1), (5000, 3, 0)],
        structure=True,
    )
    expected = {"signal": scaled(stored, (0.195, 0.0)), "adc": scaled(adc, (0.00015258789, 0.0))}
    check_format(open_openephys, tmp_path / "rec", expected=expected, damage=damage)


def test_one_file_opens_its_stream_and_experiment(tmp_path: Path) -> None:
    for experiment in (1, 2):
        write_continuous(tmp_path, _draw(2, seed=experiment), experiment=experiment)
    dataset = ec.open_recording(tmp_path / "100_CH2_2.continuous")
    assert np.array_equal(dataset.signal.read(raw=True), _draw(2, seed=2))
    assert dataset == ec.open_recording(tmp_path, experiment="2")
    assert dataset.name == f"{tmp_path.name} experiment 2"


def test_several_streams(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(2), adc=_draw(1, seed=5), stream="100")
    write_continuous(tmp_path, _draw(3, seed=1), stream="110")
    with pytest.raises(ec.FormatError, match=r"expected one; found stream='100'; stream='110'\)\. Name one"):
        ec.open_recording(tmp_path)
    assert ec.open_recording(tmp_path, stream="110").n_channels == 3
    assert "adc" in ec.open_recording(tmp_path, stream="100").aligned
    with pytest.raises(ec.RecordingNotFound, match=r"there is no stream '101'; there are: '100', '110'"):
        ec.open_recording(tmp_path, stream="101")
    assert ec.streams(tmp_path)[["stream", "channels"]].to_numpy().tolist() == [["100", 2], ["adc", 1], ["110", 3]]


def test_inputs_of_another_stream_in_the_same_records_are_aligned(tmp_path: Path) -> None:
    write_continuous(tmp_path, np.zeros((0, 3072)), adc=_draw(2, seed=5), stream="100")
    write_continuous(tmp_path, _draw(3), stream="105")
    dataset = ec.open_recording(tmp_path)
    assert np.array_equal(dataset["adc"].read(raw=True), _draw(2, seed=5))
    alone = ec.open_recording(tmp_path, stream="100")
    assert alone.signal.shape == (0, 3072)
    assert np.array_equal(alone["adc"].read(raw=True), _draw(2, seed=5))
    write_continuous(tmp_path, _draw(3), stream="105", first_timestamp=77)
    assert "adc" not in ec.open_recording(tmp_path).aligned


def test_several_record_nodes(tmp_path: Path) -> None:
    for k in (101, 102):
        write_continuous(tmp_path / f"Record Node {k}", _draw(2, seed=k))
    with pytest.raises(
        ec.FormatError, match=r"found node='Record Node 101'; node='Record Node 102'\)\. Name one with node"
    ):
        ec.open_recording(tmp_path)
    dataset = ec.open_recording(tmp_path, node="Record Node 102")
    assert np.array_equal(dataset.signal.read(raw=True), _draw(2, seed=102))
    assert ec.streams(tmp_path)["node"].tolist() == ["Record Node 101", "Record Node 102"]
    assert dataset == ec.open_recording(tmp_path / "Record Node 102")
    with pytest.raises(ec.RecordingNotFound, match="there is no recording 7; there are: 0"):
        ec.open_recording(tmp_path, node="Record Node 102", recording=7)


def test_gaps_and_recordings_are_parts(tmp_path: Path) -> None:
    stored = _draw(2, 6 * 1024)
    write_continuous(
        tmp_path,
        stored,
        sampling_rate=1000.0,
        first_timestamp=100,
        gaps={2: 500, 4: 3000},
        recordings=[4],
        events=[(99, 1, 1), (2200, 2, 1), (2648, 3, 1), (7696, 4, 1), (9743, 5, 0), (9744, 6, 0)],
        messages=[(90, "before"), (2300, "in the first gap"), (2700, "in the second part"), (9000, "at the end")],
        board_rate=1,
        structure=True,
    )
    dataset = ec.open_recording(tmp_path, name="rec")
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert [part.n_samples for part in dataset.parts] == [2048] * 3
    assert [(seam.sample, seam.gap_s) for seam in dataset.seams] == [(2048, 0.5), (4096, 3.0)]
    assert [part.metadata["first_sample_number"] for part in dataset.parts] == [100, 2648, 7696]
    assert [part.metadata["recording"] for part in dataset.parts] == [0, 0, 1]
    assert dataset.events.sample.tolist() == [2048, 4096, 4096 + 2047]
    assert dataset.events.table["line"].tolist() == [3, 4, 5]
    assert [part.warnings for part in dataset.parts] == [
        ("all_channels.events: 3 of 6 events are outside of the samples and left out",),
        ("500 samples (0.500 s) are missing before this part, in the middle of recording 0",),
        (),
    ]
    notes = [("90 before", "2300 in the first gap"), ("2700 in the second part",), ("9000 at the end",)]
    assert [part.notes for part in dataset.parts] == notes
    start = np.datetime64("2026-03-14T10:21:05", "ns")
    times = [start + np.timedelta64(ms, "ms") for ms in (0, 2548, 7596)]
    assert [part.start_time for part in dataset.parts] == times
    second = ec.open_recording(tmp_path, recording=1, start_time="2026-01-01 12:00")
    assert second.parts[0].start_time == np.datetime64("2026-01-01T12:00", "ns")
    assert second.events.sample.tolist() == [0, 2047]
    filled = ec.join(*ec.split(dataset), gaps="nan")
    assert filled.n_samples == 6 * 1024 + 500 + 3000


def test_a_clock_that_begins_anew_is_unknown_but_its_events_are_placed(tmp_path: Path) -> None:
    write_continuous(
        tmp_path,
        _draw(1, 4096),
        gaps={2: -2048},
        recordings=[2],
        events=[(10, 1, 1)],
        board_rate=17,
    )
    path = tmp_path / "all_channels.events"
    data = path.read_bytes()
    # The same sample number, of either recording.
    path.write_bytes(data[:-2] + struct.pack("<H", 0) + data[1024:-2] + struct.pack("<H", 1))
    dataset = ec.open_recording(tmp_path)
    assert [part.n_samples for part in dataset.parts] == [2048, 2048]
    assert [part.start_time is None for part in dataset.parts] == [False, True]
    assert dataset.events.sample.tolist() == [10, 2048 + 10]


def test_timestamps_that_go_back_within_a_recording(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(2, 4096), gaps={2: -100})
    dataset = ec.open_recording(tmp_path)
    assert dataset.parts[1].warnings == ("timestamps go back by 100 before this part, in the middle of recording 0",)


# Padding and what a crash leaves ------------------------------------------------------------------


def test_padding_is_kept_and_said(tmp_path: Path) -> None:
    stored = _draw(2, 2000)
    stored[0, -1] = 0
    write_continuous(tmp_path, stored)
    dataset = ec.open_recording(tmp_path)
    assert dataset.n_samples == 2048
    assert dataset.parts[0].warnings == (PADDED.format(48),)
    assert not dataset.signal[:, 2000:].any()


def test_channels_of_unequal_length_are_cut_to_the_shortest_and_that_is_said(tmp_path: Path) -> None:
    stored = _draw(3, 8 * 1024)
    write_continuous(tmp_path, stored, adc=_draw(1, 8 * 1024, seed=1))
    for name, records, more in (("CH2", 5, 0), ("CH3", 6, 100), ("ADC1", 4, 0)):
        os.truncate(tmp_path / f"100_{name}.continuous", 1024 + records * RECORD + more)
    dataset = ec.open_recording(tmp_path)
    assert np.array_equal(dataset.signal.read(raw=True), stored[:, : 5 * 1024])
    assert dataset.parts[0].warnings == (
        "100_CH3.continuous was cut in the middle of a record: 100 bytes were left over after 6 whole ones",
        "channels are of unequal length: all are cut to the 5,120 samples of 100_CH2.continuous, and up to 3,072 "
        "samples of 2 others are left out",
        "adc: 1,024 samples missing beside the signal: filled with nan at the end",
    )
    assert np.isnan(dataset["adc"][0, -1024:]).all()


def test_records_that_were_allocated_but_never_written_are_not_read(tmp_path: Path) -> None:
    stored = _draw(2, 40 * 1024)
    write_continuous(tmp_path, stored)
    path = tmp_path / "100_CH1.continuous"
    data = path.read_bytes()
    path.write_bytes(data[: 1024 + 33 * RECORD + 7] + bytes(len(data) - 1024 - 33 * RECORD - 7))
    dataset = ec.open_recording(tmp_path)
    assert np.array_equal(dataset.signal.read(raw=True), stored[:, : 33 * 1024])
    assert dataset.parts[0].warnings[0] == (
        f"100_CH1.continuous was cut in the middle of a record: {7 * RECORD:,} bytes were left over after 33 whole ones"
    )


def test_a_channel_without_a_whole_record_is_refused_by_name_an_input_is_left_out(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(2), adc=_draw(2))
    os.truncate(tmp_path / "100_ADC1.continuous", 1024 + 5)
    dataset = ec.open_recording(tmp_path)
    assert dataset["adc"].channel_names == ("ADC2",)
    assert dataset.parts[0].warnings == ("100_ADC1.continuous has no whole record and is left out",)
    for length in (1024, 1024 + RECORD - 1):
        os.truncate(tmp_path / "100_CH2.continuous", length)
        with pytest.raises(ec.FormatError) as caught:
            ec.open_recording(tmp_path)
        assert str(caught.value).startswith(
            f"{tmp_path / '100_CH2.continuous'}: the channel has no whole record (at byte 1,024; "
            f"expected records of 2,070 bytes; found {length - 1024:,} bytes). Recording was stopped or crashed"
        )
    os.truncate(tmp_path / "100_CH1.continuous", 1024)
    with pytest.raises(ec.FormatError, match=r"100_CH1\.continuous: the channel has no whole record"):
        ec.open_recording(tmp_path)


def test_channels_that_do_not_start_together_are_left_out(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(4), adc=_draw(1))
    other = tmp_path / "other"
    write_continuous(other, _draw(2, seed=3), adc=_draw(1), first_timestamp=50)
    shutil.copy(other / "100_CH1.continuous", tmp_path)
    shutil.copy(other / "100_ADC1.continuous", tmp_path)
    dataset = ec.open_recording(tmp_path)
    assert dataset.signal.channel_names == ("CH2", "CH3", "CH4")
    assert dataset.parts[0].warnings == (
        "100_CH1.continuous does not run with the other 3 channels and is left out: it starts at sample number 50, "
        "they at 0",
        "100_ADC1.continuous does not run with the electrode channels and is left out",
    )


def test_a_damaged_record_in_the_middle(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(3, 9 * 1024), gaps={5: 10})
    path = tmp_path / "100_CH2.continuous"
    data = bytearray(path.read_bytes())
    data[1024 + 4 * RECORD + 8 : 1024 + 4 * RECORD + 10] = b"\0\0"  # its number of samples
    path.write_bytes(data)
    dataset = ec.open_recording(tmp_path)
    assert dataset.signal.channel_names == ("CH1", "CH3")
    assert dataset.parts[0].warnings == (
        f"100_CH2.continuous does not run with the other 2 channels and is left out: its record 4, at byte "
        f"{1024 + 4 * RECORD:,}, is damaged",
    )


# Sidecar files ------------------------------------------------------------------------------------


def test_the_rate_of_the_settings_where_the_header_rounds_it(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(1), sampling_rate=3333.0, board_rate=7)
    dataset = ec.open_recording(tmp_path)
    assert dataset.sampling_rate == 10000 / 3
    assert dataset.parts[0].warnings == ()
    write_continuous(tmp_path, _draw(1), sampling_rate=5000.0, board_rate=7)
    dataset = ec.open_recording(tmp_path)
    assert dataset.sampling_rate == 5000.0
    assert dataset.parts[0].warnings == ("settings.xml says 3333.33 Hz, the channels 5000 Hz, which is taken",)


def _edit(path: Path, old: bytes, new: bytes) -> None:
    """Replace text of a header, which keeps its length."""
    data = path.read_bytes()
    assert old in data[:1024]
    path.write_bytes(data[:1024].replace(old, new).ljust(1024)[:1024] + data[1024:])


def test_a_header_without_a_rate(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(1), sampling_rate=20000.0)
    _edit(tmp_path / "100_CH1.continuous", b"header.sampleRate = 20000;\n", b"")
    with pytest.raises(
        ec.FormatError, match=r"neither the header nor settings\.xml has a sampling rate \(expected head"
    ):
        ec.open_recording(tmp_path)
    (tmp_path / "settings.xml").write_text(
        '<S><PROCESSOR name="Sources/Rhythm FPGA"><EDITOR SampleRate="15"/></PROCESSOR></S>'
    )
    assert ec.open_recording(tmp_path).sampling_rate == 20000.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"bitVolts = 0.195", b"bitVolts = 0", "the header's bitVolts cannot be (expected a positive number; found 0)"),
        (b"bitVolts = 0.195", b"bitVolts = x", "the header's bitVolts cannot be (expected a positive number; found x)"),
        (b"header.bitVolts = 0.195;", b"", "the header has no gain (expected header.bitVolts; found format, version"),
        (
            b"sampleRate = 30000",
            b"sampleRate = nan",
            "the header's sampleRate cannot be (expected a positive number; f",
        ),
        (b"sampleRate = 30000", b"sampleRate = 15000", "the sampling rate is not that of 100_CH1.continuous (expected"),
        (b"blockLength = 1024", b"blockLength = 512", "the header's blockLength cannot be (expected 1024; found 512)"),
        (b"header.format", b"Header.format", "this is no .continuous file (at byte 0; expected header.format = 'Open"),
    ],
)
def test_headers_that_cannot_be(old: bytes, new: bytes, message: str, tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(2))
    path = tmp_path / "100_CH2.continuous"
    _edit(path, old, new)
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(tmp_path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_empty_and_cut_headers_and_a_damaged_first_record(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(1))
    path = tmp_path / "100_CH1.continuous"
    data = path.read_bytes()
    for content, message in (
        (b"", "the file is empty (at byte 0; expected header.format = 'Open Ephys Data Format'; found 0 bytes)"),
        (data[:20], "this is no .continuous file (at byte 0; "),
        (data[:1000], "the file ends inside of its header (at byte 1,000; expected 1,024 bytes; found 1,000 bytes)"),
        (data[:1034] + b"\1" + data[1034:], "the first record is damaged (at byte 3,084; expected 1,024 samples and"),
    ):
        path.write_bytes(content)
        with pytest.raises(ec.FormatError) as caught:
            ec.open_recording(tmp_path)
        assert str(caught.value).startswith(f"{path}: {message}")
    with pytest.raises(ec.FormatError, match="the first record is damaged"):
        ec.open_recording(path)
    path.write_bytes(b"something else that has this name" * 50)
    with pytest.raises(ec.FormatError, match=r"this is no \.continuous file"):
        ec.open_recording(path)


def test_sidecars_that_cannot_be_used_are_said_and_the_samples_open(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(2), events=[(5, 1, 1), (6, 1, 0)], structure=True)
    (tmp_path / "settings.xml").write_text("<SETTINGS>")
    (tmp_path / "Continuous_Data_2.openephys").write_bytes(b"\xff\xfe nothing")
    events = tmp_path / "all_channels.events"
    events.write_bytes(events.read_bytes()[:-3])
    (tmp_path / "100_CH3.continuous").mkdir()
    text = (tmp_path / "Continuous_Data.openephys").read_text()
    added = '<CHANNEL name="CH9" filename="100_CH9.continuous"/></PROCESSOR>'
    (tmp_path / "Continuous_Data.openephys").write_text(text.replace("</PROCESSOR>", added))
    dataset = ec.open_recording(tmp_path)
    assert dataset.n_channels == 2
    assert dataset.events.sample.tolist() == [5]
    warnings = dataset.parts[0].warnings
    assert len(warnings) == 4
    assert warnings[0].startswith("settings.xml cannot be read and is not used: no element found")
    assert warnings[1].startswith("Continuous_Data_2.openephys cannot be read and is not used: ")
    assert warnings[2:] == (
        "Continuous_Data.openephys lists files that are missing: 100_CH9.continuous",
        "all_channels.events was cut: 13 bytes are left over after 1 whole events",
    )
    events.write_bytes(b"nonsense" * 1000)
    assert ec.open_recording(tmp_path).parts[0].warnings[-1] == (
        "all_channels.events is no file of events and is not used: it begins with 6e 6f 6e 73 65 6e 73 65"
    )
    events.write_bytes(b"header" * 20)
    assert ec.open_recording(tmp_path).parts[0].warnings[-1] == (
        "all_channels.events ends inside its header, after 120 bytes: it has no events"
    )
    os.unlink(events)
    dataset = ec.open_recording(tmp_path)
    assert len(dataset.events) == 0


def test_a_listed_file_of_events_that_is_missing_is_named(tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(1), version=0.6, events=[(5, 1, 1)], structure=True)
    os.unlink(tmp_path / "100.events")
    expected = "structure.openephys lists files that are missing: 100.events"
    assert ec.open_recording(tmp_path).parts[0].warnings == (expected,)


@pytest.mark.parametrize("k", range(20))
def test_damaged_sidecars_raise_nothing(k: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(k)
    write_continuous(
        tmp_path,
        _draw(1),
        events=[(5, 1, 1), (6, 1, 0)],
        messages=[(5, "a"), (7, "b")],
        board_rate=3,
        structure=True,
    )
    for name in ("all_channels.events", "messages.events", "settings.xml", "Continuous_Data.openephys"):
        data = np.frombuffer((tmp_path / name).read_bytes(), np.uint8).copy()
        data[rng.integers(0, len(data), 8)] = rng.integers(0, 256, 8)
        (tmp_path / name).write_bytes(data.tobytes())
    assert np.array_equal(ec.open_recording(tmp_path).signal.read(raw=True), _draw(1))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5-Oct-2018 143727", "2018-10-05T14:37:27"),
        ("03-Apr-2025 13:38:45", "2025-04-03T13:38:45"),
        ("14-Mar-2026 10215", "2026-03-14T10:21:05"),  # as the settings say
        ("14-Mar-2026 10214", None),
        ("31-Jun-2026 102105", None),
        ("14-Mai-2026 102105", None),
    ],
)
def test_dates(text: str, wanted: str | None, tmp_path: Path) -> None:
    write_continuous(tmp_path, _draw(1), board_rate=17, start_time=datetime(2026, 3, 14, 10, 21, 5))
    _edit(tmp_path / "100_CH1.continuous", b"'14-Mar-2026 10215'", f"'{text}'".encode())
    time = ec.open_recording(tmp_path).parts[0].start_time
    assert time == (None if wanted is None else np.datetime64(wanted, "ns"))


# How much is read ---------------------------------------------------------------------------------


def test_a_sparse_file_of_a_terabyte_opens_as_fast_as_a_small_one(tmp_path: Path) -> None:
    write_continuous(tmp_path / "small", _draw(2, 2048))
    write_continuous(tmp_path / "large", _draw(2, 2048))
    n = (1 << 40) // RECORD
    for path in (tmp_path / "large").iterdir():
        last = bytearray(path.read_bytes()[1024 + RECORD : 1024 + 2 * RECORD])
        last[:8] = struct.pack("<q", 1024 * (n - 1))
        with open(path, "r+b") as file:
            file.seek(1024 + (n - 1) * RECORD)
            file.write(last)

    def seconds(folder: Path) -> float:
        began = time.perf_counter()
        ec.open_recording(folder)
        return time.perf_counter() - began

    seconds(tmp_path / "small")
    small = min(seconds(tmp_path / "small") for _ in range(5))
    large = min(seconds(tmp_path / "large") for _ in range(5))
    assert large < 5 * small + 0.05
    dataset = ec.open_recording(tmp_path / "large")
    assert dataset.n_samples == n * 1024
    assert np.array_equal(dataset.signal.read(start=(n - 1) * 1024, raw=True), _draw(2, 2048)[:, 1024:])


def test_jumps_are_found_with_few_reads(tmp_path: Path) -> None:
    write_continuous(tmp_path, np.ones((1, 3000 * 1024)), gaps={17: 1, 1500: 2, 2999: 3}, recordings=[1500])
    stretches = examine(str(tmp_path / "100_CH1.continuous")).stretches
    assert [(one.first, one.stop) for one in stretches] == [(0, 17), (17, 1500), (1500, 2999), (2999, 3000)]
    assert [one.timestamp - 1024 * one.first for one in stretches] == [0, 1, 3, 6]
    assert [one.recording for one in stretches] == [0, 0, 1, 1]


@pytest.mark.parametrize("seed", range(10))
def test_any_jumps_are_those_that_were_written(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    records = np.unique(rng.integers(0, n, int(rng.integers(0, 8)))).tolist()
    gaps = {record: int(rng.integers(1, 5000)) for record in records if record}
    write_continuous(tmp_path, np.ones((1, n * 1024)), gaps=gaps, first_timestamp=int(rng.integers(0, 1 << 40)))
    stretches = examine(str(tmp_path / "100_CH1.continuous")).stretches
    assert [one.first for one in stretches] == [0, *gaps]
    assert stretches[-1].stop == n


# Beside other formats -----------------------------------------------------------------------------


def test_a_folder_scan_finds_each_experiment_once(tmp_path: Path) -> None:
    for experiment in (1, 2):
        write_continuous(tmp_path / "day", _draw(3), experiment=experiment, events=[(5, 1, 1)])
    write_continuous(tmp_path / "other" / "Record Node 101", _draw(3))
    found, _ = find_recordings(tmp_path, ec.open_recording)
    opened = [one.dataset.name for one in found if one.dataset is not None]
    assert opened == ["day", "day experiment 2", "Record Node 101"]
    assert len(found) == 3


def test_an_intan_file_and_a_folder_of_continuous_files_join_by_electrode(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    sites = [(row, col) for row in range(2) for col in range(4)]
    orders = [rng.permutation(8), rng.permutation(8)]
    for name, order in zip(("rhd", "continuous"), orders, strict=True):
        rows = [f"{channel},electrode,{sites[site][0]},{sites[site][1]}" for channel, site in enumerate(order)]
        text = "# shape: 2 4\n# pitch_mm: 0.4\nchannel,role,row,col\n" + "\n".join(rows) + "\n8,ground,,\n"
        (tmp_path / f"{name}.csv").write_text(text)
    intan = rng.integers(0, 65536, (9, 256))
    continuous = _draw(9, 2048)
    write_rhd(tmp_path / "a.rhd", intan, sampling_rate=2000.0, adc=np.full((2, 256), 1000))
    write_continuous(tmp_path / "b", continuous, sampling_rate=2000.0, adc=np.full((2, 2048), 30), board_rate=4)
    a = ec.open_recording(tmp_path / "a.rhd", electrode=tmp_path / "rhd.csv")
    b = ec.open_recording(tmp_path / "b", electrode=tmp_path / "continuous.csv")
    joined = ec.join(a, b)
    assert joined.channel_map is not None
    assert a.channel_map is not None
    assert joined.signal.shape == (8, 256 + 2048)
    assert np.array_equal(joined.channel_map.sites, a.channel_map.sites), "channel order is that of the first"
    for row, site in enumerate(joined.channel_map.sites.tolist()):
        k = sites.index(tuple(site))
        (of_a,), (of_b,) = (np.flatnonzero(order == k) for order in orders)
        assert np.array_equal(joined.signal[row, :256], scaled(intan[of_a], AMPLIFIER))
        assert np.array_equal(joined.signal[row, 256:], scaled(continuous[of_b], (0.195, 0.0)))
    assert np.array_equal(joined["adc"][1, 255:257], [np.float32(1000 * 50.354e-6), np.float32(30 * 0.00015258789)])
    assert joined.ground is not None
    assert np.array_equal(joined.ground[0, 256:], scaled(continuous[8], (0.195, 0.0)))
    swapped = ec.join(b, a)
    assert swapped.channel_map is not None
    ours, theirs = (
        one.channel_map.embed(one.signal[:, cut]) for one, cut in ((joined, slice(256)), (swapped, slice(2048, None)))
    )
    assert np.array_equal(ours, theirs)


def test_arguments_are_listed() -> None:
    table = ec.load_arguments("openephys")
    assert table["argument"].tolist()[:4] == ["stream", "node", "experiment", "recording"]
    assert (table["meaning"].str.len() > 10).all()


def test_paths_that_are_not_there_or_no_channels(tmp_path: Path) -> None:
    write_continuous(tmp_path / "rec", _draw(1), events=[(0, 1, 1)])
    with pytest.raises(ec.RecordingNotFound, match="nothing is there"):
        open_openephys(tmp_path / "none")
    with pytest.raises(ec.FormatError, match="this file goes with the channels of a recording"):
        open_openephys(tmp_path / "rec" / "all_channels.events")
    with pytest.raises(
        ec.RecordingNotFound, match=r"the folder has no \.continuous file, nor has a folder in it called"
    ):
        open_openephys(tmp_path)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("100_1.continuous", ("100", 1, "CH", 1, "1")),
        ("100_1_2.continuous", ("100", 2, "CH", 1, "1")),
        ("100_LFP-left.continuous", ("100", 1, "CH", 1 << 30, "LFP-left")),
        ("100_a_b_AUX10_12.continuous", ("100_a_b", 12, "AUX", 10, "AUX10")),
        ("CH7.continuous", ("", 1, "CH", 7, "CH7")),
        ("left.continuous", ("", 1, "CH", 1 << 30, "left")),
        ("100_CH1.continuous.bak", None),
        ("._100_CH1.continuous", None),
    ],
)
def test_names(name: str, wanted: Any) -> None:
    assert parse_name(name) == wanted


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="values that are no integers of 16 bits"):
        write_continuous(tmp_path, [[1.5]])
    with pytest.raises(ValueError, match="values that are no integers of 16 bits"):
        write_continuous(tmp_path, [[40000]])
    with pytest.raises(ValueError, match=r"adc has shape \(1, 2\), not \(n, 3\)"):
        write_continuous(tmp_path, [[1, 2, 3]], adc=[[1, 2]])
