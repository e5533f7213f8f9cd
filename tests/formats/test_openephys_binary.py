"""Open Ephys binary recordings: real ones against neo, written ones with everything a session can hold or lack."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.openephys_binary import open_openephys_binary
from ecogcat.formats.openephys_binary.npy import column_breaks, open_npy
from ecogcat.formats.registry import detect, formats
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.openephys_recordings import draw, write_stream
from tests.formats.recordings import scaled

UV = (0.195, 0.0)
BOARD = "Acquisition_Board-100.Rhythm Data"


def _real(name: str) -> Path:
    return shared_path(f"recordings/openephys_binary/{name}")


@pytest.fixture
def session(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A node with one stream of three electrode, two AUX and two ADC channels, a gap, events and messages."""
    stored = draw(7, 100)
    numbers = np.concatenate([np.arange(500, 540), np.arange(560, 620)])
    recording = tmp_path / "2024-02-29_10-00-00" / "Record Node 102" / "experiment1" / "recording1"
    write_stream(
        recording,
        stored,
        numbers,
        names=["CH1", "CH2", "CH3", "A1_AUX1", "A1_AUX2", "ADC1", "ADC2"],
        gains=[0.195, 0.195, 0.195, 3.74e-5, 3.74e-5, 1.5e-4, 3e-4],
        units=["uV", "uV", "uV", "mV", "mV", "V", "V"],
        lines=([505, 505, 545, 570, 900], [3, -3, 1, -1, 2]),
        messages={510: "tones start", 1999: "überlang"},
        sync="Software Time (milliseconds since midnight Jan 1st 1970 UTC): 1709197200250\n"
        "Start Time for Acquisition_Board (100) - Rhythm Data @ 1000 Hz: 400\n",
    )
    (tmp_path / "2024-02-29_10-00-00" / "Record Node 102" / "settings.xml").write_text(
        '<?xml version="1.0"?>\n<SETTINGS>\n<INFO><DATE>29 Feb 2024 10:00:01</DATE></INFO></SETTINGS>'
    )
    return tmp_path / "2024-02-29_10-00-00", stored


# Real recordings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "block", "segment", "stream"),
    [
        ("v0.4.4.1_with_video_tracking", {}, 0, 0, 0),
        ("v0.5.x_two_nodes", {"node": 103, "recording": 2}, 0, 1, 0),
        ("v0.5.x_two_nodes", {"node": "RecordNode105", "recording": "recording3"}, 0, 2, 1),
    ],
)
def test_stored_integers_equal_neos(
    name: str, arguments: dict[str, Any], block: int, segment: int, stream: int
) -> None:
    from neo.rawio import OpenEphysBinaryRawIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = OpenEphysBinaryRawIO(str(_real(name)))
        theirs.parse_header()
        chunk = theirs.get_analogsignal_chunk(block, segment, None, None, stream)
    dataset = ec.open_recording(_real(name), **arguments)
    assert np.array_equal(dataset.signal.read(raw=True), chunk.T)
    channels = theirs.header["signal_channels"]
    channels = channels[channels["stream_id"] == theirs.header["signal_streams"]["id"][stream]]
    assert list(dataset.signal.channel_names) == channels["name"].tolist()
    assert dataset.sampling_rate == channels["sampling_rate"][0]
    assert np.array_equal(dataset.signal.read(), scaled(chunk.T, (channels["gain"][0], 0.0)))


def test_the_real_streams_are_listed_and_what_is_missing_is_named() -> None:
    path = _real("2023-06-27_Neuropixel_test_te0001")
    table = ec.streams(path)
    assert table["stream"].tolist() == [f"Neuropix-PXI-100.Probe{one}" for one in ("A-AP", "A-LFP", "B-AP", "B-LFP")]
    assert table["samples"].tolist() == [0, 1152, 0, 1216]
    assert set(table["node"]) == {"Record Node 101"}
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(path)
    assert str(caught.value) == (
        f"{path}: several recordings or streams lie here (expected one; found "
        "stream='Neuropix-PXI-100.ProbeA-LFP' (384 channels, 2500 Hz); "
        "stream='Neuropix-PXI-100.ProbeB-LFP' (384 channels, 2500 Hz)). Name one with stream="
    )
    with pytest.raises(
        ec.RecordingNotFound, match=r"ProbeA-AP/continuous\.dat: this file of stream .*ProbeA-AP' is missing"
    ):
        ec.open_recording(path, stream="ProbeA-AP")
    dataset = ec.open_recording(path, stream="ProbeA-LFP")
    (text,) = dataset.parts[0].warnings
    assert text == (
        "streams that are listed, but whose continuous.dat is missing: Neuropix-PXI-100.ProbeA-AP, "
        "Neuropix-PXI-100.ProbeB-AP"
    )
    assert dataset.events.sample.tolist() == [201249 - 201024]
    # 64 samples after the announced start; local time, 7 hours behind the message's UTC.
    assert str(dataset.parts[0].recorded_at) == "2023-06-27T13:54:11.076600000"


def test_real_events_are_on_the_clock_of_the_samples() -> None:
    dataset = ec.open_recording(_real("v0.4.4.1_with_video_tracking"))
    table = dataset.events.table
    assert dataset.events.sample[:3].tolist() == [765, 766, 7763]
    assert set(table["line"]) == {8}
    assert table["state"].tolist() == [1, 0] * 7
    assert str(dataset.parts[0].recorded_at) == "2021-02-15T17:20:04.000000000"


@pytest.mark.parametrize(
    ("name", "inner", "arguments"),
    [
        ("v0.4.4.1_with_video_tracking", ".", {}),
        ("v0.5.x_two_nodes", "RecordNode105/experiment1/recording3", {}),
        ("2023-06-27_Neuropixel_test_te0001", ".", {"stream": "ProbeB-LFP"}),
    ],
)
def test_real_recordings_conform(
    name: str, inner: str, arguments: dict[str, Any], tmp_path: Path, jit_off: bool
) -> None:
    source = _real(name) / inner
    target = tmp_path / "copied"
    keep = 40 * 768 if jit_off else 400 * 768
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for path in target.rglob("continuous.dat"):
        path.write_bytes(path.read_bytes()[:keep])

    def reader(path: Path) -> ec.Dataset:
        return ec.open_recording(path, **arguments)

    check_format(reader, target, damage=False)


# Written ones -------------------------------------------------------------------------------------


def test_everything_of_a_session(session: tuple[Path, np.ndarray]) -> None:
    path, stored = session
    dataset = ec.open_recording(path)
    assert dataset.signal.channel_names == ("CH1", "CH2", "CH3")
    assert np.array_equal(dataset.signal.read(raw=True), stored[:3])
    assert np.array_equal(dataset.signal.read(), scaled(stored[:3], UV))
    assert {name: (one.channel_names, one.units) for name, one in dataset.aligned.items()} == {
        "adc": (("ADC1", "ADC2"), "V"),
        "aux": (("A1_AUX1", "A1_AUX2"), "V"),
    }
    adc = [scaled(stored[5], (1.5e-4, 0.0)), scaled(stored[6], (3e-4, 0.0))]
    assert np.array_equal(dataset["adc"].read(), adc)
    assert np.array_equal(dataset["aux"].read(), scaled(stored[3:5], (3.74e-5, 0.0)))


def test_gaps_are_seams_and_events_count_from_the_first_sample(session: tuple[Path, np.ndarray]) -> None:
    dataset = open_openephys_binary(session[0])
    assert [(part.start, part.stop, part.file_start) for part in dataset.parts] == [(0, 40, 0), (40, 100, 40)]
    (seam,) = dataset.seams
    assert (seam.sample, seam.gap_s) == (40, pytest.approx(0.02))
    assert dataset.events.sample.tolist() == [5, 5, 50]
    assert dataset.events.table.to_dict("list") == {"line": [3, 3, 1], "state": [1, 0, 0], "source": [BOARD] * 3}
    first, second = dataset.parts
    assert first.warnings == ("2 TTL events lie outside of the samples and are left out",)
    assert second.warnings == ("20 samples (0.020 s) are missing before this part",)
    assert first.notes == ("0.010 s: tones start", "1.499 s: überlang")
    # 100 samples after the start that the sync messages announce; UTC + 1 h.
    assert str(first.start_time) == "2024-02-29T10:00:00.350000000"
    assert str(second.start_time) == "2024-02-29T10:00:00.410000000"
    found = ec.locate(dataset, [39, 40])
    assert found["file_sample"].tolist() == [39, 40]
    assert {Path(one).name for one in found["file"]} == {"continuous.dat"}


def test_every_path_into_a_session_opens_it(session: tuple[Path, np.ndarray]) -> None:
    path, _ = session
    node = path / "Record Node 102"
    recording = node / "experiment1" / "recording1"
    whole = open_openephys_binary(path)
    places = [node, node / "experiment1", recording, recording / "structure.oebin", recording / "continuous" / BOARD]
    for place in [*places, recording / "continuous" / BOARD / "continuous.dat"]:
        assert detect(str(place)).name == "openephys_binary", place
        assert open_openephys_binary(place) == whole
        assert (
            ec.open_recording(place).name == whole.name == ("2024-02-29_10-00-00_RecordNode102_experiment1_recording1")
        )
        assert len(ec.streams(place)) == 1
    for place in (path.parent, recording / "events", node / "settings.xml"):
        assert not formats()["openephys_binary"].recognises(str(place), b"<?xm")
    with pytest.raises(ec.RecordingNotFound, match="this is no folder of an Open Ephys session"):
        open_openephys_binary(recording / "events")
    with pytest.raises(ec.RecordingNotFound, match="nothing is there"):
        open_openephys_binary(path / "x")


def test_conformance(session: tuple[Path, np.ndarray]) -> None:
    path, stored = session
    adc = [scaled(stored[5], (1.5e-4, 0.0)), scaled(stored[6], (3e-4, 0.0))]
    expected = {"signal": scaled(stored[:3], UV), "adc": adc, "aux": scaled(stored[3:5], (3.74e-5, 0.0))}
    check_format(open_openephys_binary, path, expected=expected, damage=False)


def test_conformance_of_damaged_samples(tmp_path: Path) -> None:
    stored = draw(3, 100)
    place = tmp_path / "rat" / "experiment1" / "recording1"
    write_stream(place, stored, np.arange(100))
    check_format(open_openephys_binary, tmp_path / "rat", expected={"signal": scaled(stored, UV)})


def test_every_node_experiment_recording_and_stream_by_name(tmp_path: Path) -> None:
    wanted = {}
    for node in ("Record Node 101", "Record Node 110"):
        for experiment in ("experiment1", "experiment2"):
            for recording in ("recording1", "recording2", "recording10"):
                place = tmp_path / "rat" / node / experiment / recording
                for stream, n in (("Probe-101.A", 2), ("Probe-101.B", 3)):
                    stored = draw(n, 20, seed=len(wanted))
                    write_stream(place, stored, np.arange(20), folder=stream)
                    wanted[node, experiment, recording, stream] = stored
    table = ec.streams(tmp_path / "rat")
    assert list(table[["node", "experiment", "recording", "stream"]].itertuples(index=False, name=None)) == list(wanted)
    for (node, experiment, recording, stream), stored in wanted.items():
        dataset = ec.open_recording(
            tmp_path / "rat", node=node, experiment=experiment, recording=recording, stream=stream
        )
        assert np.array_equal(dataset.signal.read(raw=True), stored)
        short = ec.open_recording(
            tmp_path / "rat", node=node[-3:], experiment=int(experiment[-1]), recording=recording[9:], stream=stream[-1]
        )
        assert short == dataset
    with pytest.raises(ec.FormatError, match=r"stream='Probe-101.A' \(2 channels, 1000 Hz\); stream='Probe-101.B' \(3"):
        ec.open_recording(tmp_path / "rat", node=110, experiment=2, recording=2)
    with pytest.raises(
        ec.FormatError,
        match=r"found node='Record Node 101', experiment='experiment1', recording='recording1', stream=",
    ):
        ec.open_recording(tmp_path / "rat")
    with pytest.raises(ec.RecordingNotFound, match=r"no recording '3'; there are: 'recording1', 'recording2', 'rec"):
        ec.open_recording(tmp_path / "rat", recording=3)


def test_a_stream_of_analog_inputs_alone_is_no_candidate_but_opens_by_name(tmp_path: Path) -> None:
    place = tmp_path / "day" / "experiment1" / "recording1"
    stored = draw(2, 30)
    write_stream(place, draw(3, 50), np.arange(50))
    write_stream(
        place, stored, np.arange(30), folder="NI-DAQmx-103.PXI-6133", names=["AI0", "AI1"], units=["V"] * 2, rate=500.0
    )
    assert ec.open_recording(tmp_path / "day").n_channels == 3
    dataset = ec.open_recording(tmp_path / "day", stream="PXI-6133")
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert dataset.units == "uV"
    assert np.array_equal(dataset.signal.read(), scaled(stored, (0.195 * 1e6, 0.0)))


def test_the_layout_before_version_0_5(tmp_path: Path) -> None:
    place = tmp_path / "experiment1" / "recording1"
    folder = "Rhythm_FPGA-100.0"
    write_stream(
        place,
        draw(2, 40),
        np.arange(70, 110),
        folder=folder,
        column="timestamps.npy",
        sync="Software time: 99@1000Hz\nProcessor: Rhythm FPGA Id: 100 subProcessor: 0 start time: 70@1000Hz\n",
    )
    structure = json.loads((place / "structure.oebin").read_text())
    del structure["continuous"][0]["stream_name"]
    for name, rate in ((folder, 1000), ("Sync_Port-129.0", 1000), ("Slow-130.0", 10)):
        events = place / "events" / name / "TTL_1"
        events.mkdir(parents=True)
        np.save(events / "timestamps.npy", np.array([80]))
        np.save(events / "channel_states.npy", np.array([-4], "i2"))
        structure["events"].append({"folder_name": f"{name}/TTL_1/", "type": "int16", "sample_rate": rate})
    (place / "structure.oebin").write_text(json.dumps(structure))
    dataset = open_openephys_binary(tmp_path)
    assert dataset.events.sample.tolist() == [10, 10]
    assert dataset.events.table["source"].tolist() == [folder, "Sync_Port-129.0"]
    assert dataset.metadata["node"] == ""
    assert dataset.parts[0].recorded_at is None
    (tmp_path / "settings.xml").write_text("<INFO><DATE>31 Mar 2020 9:05:00</DATE></INFO>")
    assert str(open_openephys_binary(tmp_path).parts[0].recorded_at) == "2020-03-31T09:05:00.000000000"
    (tmp_path / "settings.xml").write_text("<INFO><DATE>31 Jun 2020 9:05:00</DATE></INFO>")
    assert open_openephys_binary(tmp_path).parts[0].recorded_at is None


# What is damaged, missing, or odd -----------------------------------------------------------------


def _recording(path: Path) -> Path:
    return path / "Record Node 102" / "experiment1" / "recording1"


def test_samples_cut_short_are_counted(session: tuple[Path, np.ndarray]) -> None:
    path, stored = session
    data = _recording(path) / "continuous" / BOARD / "continuous.dat"
    whole = data.read_bytes()
    for left in (1, 13):
        data.write_bytes(whole[: 90 * 14 + left])
        dataset = open_openephys_binary(path)
        assert np.array_equal(dataset.signal.read(raw=True), stored[:3, :90])
        assert dataset.parts[0].warnings[:2] == (
            f"continuous.dat was cut short: {left} bytes were left over after 90 whole samples",
            "sample_numbers.npy numbers 100 samples, 90 are there: 10 are missing",
        )
    data.write_bytes(whole[:13])
    with pytest.raises(ec.FormatError) as caught:
        open_openephys_binary(path)
    assert str(caught.value) == (
        f"{data}: the stream has no whole sample (expected samples of 14 bytes, 7 channels; found 13 bytes). "
        "It was stopped or crashed right after it was started; leave it out"
    )


def test_sample_numbers_that_a_crash_left_or_that_are_missing(session: tuple[Path, np.ndarray]) -> None:
    path, _ = session
    column = _recording(path) / "continuous" / BOARD / "sample_numbers.npy"
    whole = column.read_bytes()
    column.write_bytes(whole.replace(b"(100,)", b"(0,)  "))
    dataset = open_openephys_binary(path)
    assert len(dataset.parts) == 2
    assert dataset.parts[0].warnings[0] == (
        "sample_numbers.npy was never closed: its header counts 0 rows, 100 are there"
    )
    column.write_bytes(whole[: -8 * 10])
    dataset = open_openephys_binary(path)
    assert dataset.n_samples == 100
    assert dataset.parts[0].warnings[:2] == (
        "sample_numbers.npy was cut short: 90 of 100 rows are there",
        "sample_numbers.npy numbers 90 samples, 100 are there: the last 10 samples have no number",
    )
    column.write_bytes(b"PK")
    (text, *_) = open_openephys_binary(path).parts[0].warnings
    assert text.startswith("sample_numbers.npy is not usable: ")
    assert text.endswith("are not seen, and events count from sample 400 of sync_messages.txt")
    column.unlink()
    dataset = open_openephys_binary(path)
    assert len(dataset.parts) == 1
    assert dataset.parts[0].warnings[0] == (
        "sample_numbers.npy is missing; timestamps.npy is missing: gaps between samples, if any, are not seen, and "
        "events count from sample 400 of sync_messages.txt"
    )
    (_recording(path) / "sync_messages.txt").unlink()
    assert open_openephys_binary(path).parts[0].warnings[0].endswith("events count from 0")


def test_events_that_cannot_be_read_are_named_and_the_samples_open(session: tuple[Path, np.ndarray]) -> None:
    path, _ = session
    events = _recording(path) / "events"
    (events / BOARD / "TTL" / "states.npy").unlink()
    np.save(events / "MessageCenter" / "text.npy", np.array([{"a": 1}], object), allow_pickle=True)
    dataset = open_openephys_binary(path)
    assert len(dataset.events) == 0
    assert dataset.parts[0].notes == ()
    first, second = dataset.parts[0].warnings
    assert "states.npy: cannot be opened: No such file" in first
    assert "this .npy file holds something else (expected 1 axis of kind SU; found object of shape (1,))" in second


def test_events_of_unequal_length(session: tuple[Path, np.ndarray]) -> None:
    path, _ = session
    np.save(_recording(path) / "events" / BOARD / "TTL" / "states.npy", np.array([7, -7], "i2"))
    dataset = open_openephys_binary(path)
    assert dataset.events.table["line"].tolist() == [7, 7]
    assert dataset.parts[0].warnings == ("TTL: 5 times of 2 events are there; 2 are kept",)


def test_a_structure_that_is_missing_or_wrong(session: tuple[Path, np.ndarray]) -> None:
    path, _ = session
    place = _recording(path) / "structure.oebin"
    good = json.loads(place.read_text())
    wrong: list[tuple[Any, str]] = [
        ([], "this structure file is damaged .*expected a mapping"),
        ({"continuous": 3}, "'continuous' of the structure file is no list"),
        ({"continuous": []}, "the recordings here have no continuous stream"),
    ]
    changes = {
        "folder_name": ("../x", "a stream has no usable folder name .*found '../x'"),
        "sample_rate": (0, "the sampling rate of .* cannot be .*found 0"),
        "num_channels": (8, "the number of channels of .* is unclear .*expected 8; found 7 channels"),
        "channels": ([], "the number of channels of .* is unclear"),
    }
    for key, (value, message) in changes.items():
        wrong.append(({"continuous": [{**good["continuous"][0], key: value}]}, message))
    gainless = json.loads(json.dumps(good))
    gainless["continuous"][0]["channels"][1]["bit_volts"] = "0.195"
    wrong.append((gainless, r"the gain \(bit_volts\) of channel 'CH2' cannot be .*found '0.195'"))
    for structure, message in wrong:
        place.write_text(json.dumps(structure))
        with pytest.raises((ec.FormatError, ec.RecordingNotFound), match=message):
            ec.open_recording(path)
    place.write_text(json.dumps(good)[:300])
    with pytest.raises(ec.FormatError, match=r"structure\.oebin: this structure file is damaged \(expected JSON"):
        ec.open_recording(path)
    place.unlink()
    with pytest.raises(ec.FormatError, match=r"structure\.oebin: the recording has no structure file"):
        ec.open_recording(path)


def test_a_recording_that_cannot_be_read_beside_others_is_named(session: tuple[Path, np.ndarray]) -> None:
    path, _ = session
    other = _recording(path).parent / "recording2"
    other.mkdir()
    for text, wrong in (None, "the recording has no structure file"), ("{", "this structure file is damaged"):
        if text is not None:
            (other / "structure.oebin").write_text(text)
        (warning, *_) = open_openephys_binary(path).parts[0].warnings
        assert warning.startswith(
            f"a recording beside this one cannot be read: {other / 'structure.oebin'}: {wrong} (expected"
        )
        assert len(ec.streams(path)) == 1
        with pytest.raises(ec.RecordingNotFound, match=rf"no recording '2'; .*; and some cannot be read: .*{wrong}"):
            open_openephys_binary(path, recording=2)


def test_any_damage_to_the_files_beside_the_samples_opens_or_is_refused(session: tuple[Path, np.ndarray]) -> None:
    path, _ = session
    rng = np.random.default_rng(3)
    recording = _recording(path)
    files = [p for p in recording.rglob("*") if p.is_file() and p.name != "continuous.dat"]
    assert len(files) == 7
    opened = 0
    for file in files:
        good = file.read_bytes()
        for k in range(60):
            data = bytearray(good)
            for place in rng.integers(0, len(data), int(rng.integers(1, 5))):
                data[place] = int(rng.choice([0, 1, 0x30, 0x39, 0x7F, 0xFF, rng.integers(256)]))
            file.write_bytes(data[: rng.integers(len(data))] if k % 4 == 0 else data)
            try:
                dataset = open_openephys_binary(path)
                dataset.signal[:, :1], dataset.signal[:, -1:]
                opened += 1
            except ec.EcogcatError as error:
                assert str(path) in str(error)  # noqa: PT017 - both are right: opening, and refusing by name
        file.write_bytes(good)
    assert opened > 100


def test_names_given_twice(tmp_path: Path) -> None:
    place = tmp_path / "experiment1" / "recording1"
    write_stream(place, draw(3, 10), np.arange(10), names=["CH1", "CH1", ""])
    dataset = open_openephys_binary(tmp_path)
    assert dataset.signal.channel_names == ("CH1", "ch1", "ch2")
    assert dataset.parts[0].warnings == ("channel names missing or given twice, renamed: ch1 for 'CH1', ch2 for ''",)


def test_breaks_are_found_in_few_steps(tmp_path: Path) -> None:
    n = 3_000_000
    numbers = np.arange(n, dtype=np.int64)
    numbers[1_234_567:] += 7
    numbers[2_000_001:] -= 100
    np.save(tmp_path / "a.npy", numbers)
    column = open_npy(str(tmp_path / "a.npy"), "i")
    asked = []

    class Counted(type(column)):  # type: ignore[misc]
        def value(self, file: Any, row: int) -> Any:
            asked.append(row)
            return super().value(file, row)

    counted = Counted(*(getattr(column, name) for name in column.__dataclass_fields__))
    assert column_breaks(counted, n) == ([1_234_567, 2_000_001], [])
    assert len(asked) < 65 + 2 * 2 * 20
    assert column_breaks(column, 1) == column_breaks(column, 0) == ([], [])


def test_numbers_that_run_on_nowhere_are_one_stretch_and_that_is_said(tmp_path: Path) -> None:
    place = tmp_path / "experiment1" / "recording1"
    write_stream(place, draw(1, 5000), np.arange(5000) * 3)
    dataset = open_openephys_binary(tmp_path)
    assert len(dataset.parts) == 1
    assert dataset.parts[0].warnings == ("sample_numbers.npy has more than 4,096 breaks: they are not told apart",)


def test_a_sparse_terabyte_opens_as_fast_as_a_small_one(tmp_path: Path) -> None:
    place = tmp_path / "experiment1" / "recording1"
    write_stream(place, draw(4, 10), None)
    with open(place / "continuous" / BOARD / "continuous.dat", "r+b") as file:
        file.truncate(1 << 40)
    dataset = open_openephys_binary(tmp_path)
    assert dataset.n_samples == (1 << 40) // 8
    assert dataset.signal[:, -1].tolist() == [0, 0, 0, 0]


def test_load_arguments_and_driver() -> None:
    assert ec.load_arguments("openephys_binary")["argument"].tolist()[:4] == [
        "stream",
        "node",
        "experiment",
        "recording",
    ]
