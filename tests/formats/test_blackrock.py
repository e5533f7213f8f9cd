"""Blackrock recordings: real ones against Neo and a plain decode; every version, pauses, clocks, events, damage."""

from __future__ import annotations

import os
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neo.rawio import BlackrockRawIO

import ecogcat as ec
from ecogcat.formats.blackrock import open_blackrock
from ecogcat.formats.registry import find_format, formats
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.blackrock_files import (
    Channel,
    draw,
    electrodes,
    inputs,
    port_label,
    waveform,
    write_nev,
    write_nsx,
)

VERSIONS = ((2, 1), (2, 2), (2, 3), (3, 0))
_open = partial(ec.open_recording, format="blackrock")


def _real(name: str) -> Path:
    return shared_path(f"recordings/blackrock/{name}")


@contextmanager
def _neo(base: Path) -> Iterator[BlackrockRawIO]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = BlackrockRawIO(str(base))
        reader.parse_header()
    try:
        yield reader
    finally:
        for file in reader._nsx_fids.values():  # which Neo leaves open
            file.close()


# Real recordings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("blackrock_2_1", "blackrock_2_1/l101210-001"),
        ("segment/PauseCorrect", "segment/PauseCorrect/pause_correct"),
        ("test_BRSMPGRP_raw.ns3", "test_BRSMPGRP_raw"),
    ],
)
def test_equals_neo(name: str, base: str) -> None:
    path = _real(name)
    with _neo(shared_path("recordings/blackrock") / base) as theirs:
        _check_against(theirs, open_blackrock(path))


def _check_against(theirs: BlackrockRawIO, dataset: ec.Dataset) -> None:
    channels = theirs.header["signal_channels"]
    assert list(dataset.signal.channel_names) == list(channels["name"])
    assert dataset.sampling_rate == channels["sampling_rate"][0]
    assert dataset.units == channels["units"][0]
    gain = dataset.signal.pieces[0].gain
    assert gain is not None
    np.testing.assert_allclose(gain, channels["gain"], rtol=1e-15)
    parts = ec.split(dataset)
    assert len(parts) == theirs.segment_count(0)
    for k, part in enumerate(parts):
        stored = theirs.get_analogsignal_chunk(0, k, None, None, 0).T
        raw = part.signal.read(raw=True)
        # Neo leaves out the last sample of a file of version 2.1, which the file has.
        assert raw.shape[1] - stored.shape[1] == (dataset.metadata["version"] == "2.1")
        assert np.array_equal(raw[:, : stored.shape[1]], stored)
        seconds = theirs.get_signal_t_start(0, k, 0)
        assert part.parts[0].metadata["first_timestamp"] / 30000 == pytest.approx(seconds)
    for k, channel in enumerate(theirs.header["event_channels"]):
        if channel["name"] == "digital_input_port" and theirs.event_count(0, 0, k):
            stamps, _, labels = theirs.get_event_timestamps(0, 0, k)
            nearest = np.floor(stamps / 30000 * dataset.sampling_rate + 0.5).astype(int)
            assert dataset.events.sample.tolist() == nearest.tolist()
            assert dataset.events.table["value"].tolist() == [int(label) for label in labels]
            assert set(dataset.events.table["line"]) == {"digin"}


def test_a_real_file_of_version_2_1() -> None:
    dataset = ec.open_recording(_real("blackrock_2_1"))
    data = np.fromfile(_real("blackrock_2_1/l101210-001.ns2"), "<i2", offset=32 + 4 * 6).reshape(-1, 6).T
    assert np.array_equal(dataset.signal.read(raw=True), data)
    # ns2_data.txt, which the vendor's software wrote: 20905.17773438 uV for the first sample of ainp9.
    assert np.array_equal(dataset.signal.read(), (data * (152592.547 / 1000)).astype(np.float32))
    assert dataset.signal[0, 0] == pytest.approx(20905.17773438, rel=1e-6)
    assert dataset.events.sample.tolist() == [135, 139, 160, 542, 944, 1248, 2251, 2443]
    assert str(dataset.parts[0].start_time) == "2010-12-10T10:50:10.156000000"
    assert dataset.warnings == (
        "l101210-001: the file has no scale; that of the electrodes' spikes in the NEV file is used",
    )


def test_a_real_pause_is_a_seam() -> None:
    dataset = ec.open_recording(_real("segment/PauseCorrect"))
    data = (_real("segment/PauseCorrect") / "pause_correct.ns2").read_bytes()
    first = np.frombuffer(data, "<i2", 4000 * 16, 1370 + 9).reshape(-1, 16).T
    second = np.frombuffer(data, "<i2", 4000 * 16, 1370 + 2 * 9 + 4000 * 32).reshape(-1, 16).T
    stored = np.concatenate([first, second], axis=1)
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert np.array_equal(dataset.signal.read(), (stored * (10000 / 65534 * 1000)).astype(np.float32))
    assert [part.n_samples for part in dataset.parts] == [4000, 4000]
    assert dataset.seams[0].sample == 4000
    assert dataset.seams[0].gap_s == pytest.approx(930261 / 30000 - 4.0)
    assert str(dataset.parts[0].start_time) == "2018-03-01T12:36:16.678000000"
    assert dataset.metadata["clock"] == "UTC"


@pytest.mark.parametrize("name", ["blackrock_2_1", "segment/PauseCorrect", "test_BRSMPGRP_raw.ns3"])
def test_real_recordings_conform(name: str, jit_off: bool, tmp_path: Path) -> None:
    path = _real(name)
    if jit_off and name == "segment/PauseCorrect":  # kernels run as Python: the first packet will do
        path = tmp_path / "short.ns2"
        path.write_bytes((_real(name) / "pause_correct.ns2").read_bytes()[: 1370 + 9 + 400 * 32])
    check_format(ec.open_recording, path, damage=False)


def test_a_file_or_the_common_name_opens_the_recording() -> None:
    folder = _real("segment/PauseCorrect")
    whole = ec.open_recording(folder)
    for name in ("pause_correct.ns2", "pause_correct.nev"):
        assert ec.open_recording(folder / name) == whole
    assert ec.convert_units(open_blackrock(folder / "pause_correct"), "uV") == whole


def test_a_nev_file_alone_is_refused_with_what_lies_beside_it() -> None:
    with pytest.raises(ec.FormatError, match=r"no NSx file beside it .*found l101210-001\.ns2\)\. Open that one"):
        ec.open_recording(_real("blackrock_2_1/l101210-001-02.nev"))


# Every version ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version(version: tuple[int, int], tmp_path: Path) -> None:
    channels = [*electrodes(3), *inputs(2)]
    stored = draw(5, 300)
    write_nsx(tmp_path / "a.ns2", [(0, stored)], channels, version=version)
    further = [waveform(one.number, 250 if one.number < 129 else 21516) for one in channels]
    write_nev(tmp_path / "a.nev", [(45, 7), (3000, ("serial", 65))], version=version, further=further)
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert (dataset.name, dataset.sampling_rate, dataset.units) == ("a", 1000.0, "uV")
    assert dataset.signal.shape == (3, 300)
    assert dataset["adc"].shape == (2, 300)
    assert np.array_equal(dataset.signal.read(raw=True), stored[:3])
    assert np.array_equal(dataset["adc"].read(raw=True), stored[3:])
    if version == (2, 1):
        assert dataset.signal.channel_names == ("chan1", "chan2", "chan3")
        assert np.array_equal(dataset.signal.read(), (stored[:3] * 0.25).astype("f4"))
        assert np.array_equal(dataset["adc"].read(), (stored[3:] * 152.592547).astype("f4"))
        assert dataset["adc"].units == "uV"
    else:
        assert dataset.signal.channel_names == ("elec1", "elec2", "elec3")
        assert np.array_equal(dataset.signal.read(), channels[0].values(stored[:3]))
        assert np.array_equal(dataset["adc"].read(), channels[3].values(stored[3:]))
        assert dataset["adc"].units == "mV"
        assert dataset.metadata["highpass_hz"] == (0.3, 0.3, 0.3)
        assert dataset.metadata["lowpass_hz"] == (250.0, 250.0, 250.0)
    assert dataset["adc"].channel_names == ("ainp1", "ainp2")
    assert dataset.events.sample.tolist() == [2, 100]  # 1.5 samples: the later one is as close
    assert dataset.events.table.to_dict("list") == {"line": ["digin", "serial"], "value": [7, 65]}
    assert str(dataset.parts[0].start_time) == "2024-02-29T08:30:15.250000000"
    assert dataset.metadata["version"] == ".".join(map(str, version))
    assert dataset.metadata["electrode_ids"] == (1, 2, 3)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_conforms(version: tuple[int, int], tmp_path: Path) -> None:
    channels = [*electrodes(3), *inputs(1)]
    stored = draw(4, 200)
    packets = [(0, stored[:, :120]), (3600 if version == (2, 1) else 9000, stored[:, 120:])]
    write_nsx(tmp_path / "a.ns3", packets, channels, version=version, period=15)
    expected: dict[str, Any] = {}
    if version != (2, 1):
        expected = {"signal": channels[0].values(stored[:3]), "adc": channels[3].values(stored[3:])}
        write_nev(tmp_path / "a.nev", [(1000, 5), (9030, 6)], version=version)
        check_format(_open, tmp_path / "a.ns3", expected=expected, damage=version == (2, 3))
    else:
        write_nev(tmp_path / "a.nev", [], further=[waveform(k, 250) for k in (1, 2, 3, 129)], version=version)
        check_format(_open, tmp_path / "a.ns3", expected={"signal": stored[:3] * 0.25})


def test_packets_of_one_sample_conform(tmp_path: Path) -> None:
    channels = electrodes(4)
    stored = draw(4, 90)
    _write_ptp(tmp_path / "a.ns6", stored, channels, jumps={40: 10**9})
    check_format(_open, tmp_path / "a.ns6", expected={"signal": channels[0].values(stored)})


def test_values_of_an_asymmetric_range(tmp_path: Path) -> None:
    channel = Channel(1, "e", "uV", (0, 4095), (-1000, 3000))
    stored = np.arange(-5, 4100, 3, dtype="i2")[None]
    write_nsx(tmp_path / "a.ns2", [(0, stored)], [channel])
    values = (stored * (4000 / 4095) - 1000).astype("f4")
    assert np.array_equal(ec.open_recording(tmp_path / "a.ns2").signal.read(), values)


def test_channels_of_several_units_are_put_into_one(tmp_path: Path) -> None:
    channels = [Channel(1, "a", "uV", (-1000, 1000), (-1000, 1000)), Channel(2, "b", "mV", (-1000, 1000), (-10, 10))]
    write_nsx(tmp_path / "a.ns2", [(0, np.array([[1, 2], [1, 2]]))], channels)
    assert ec.open_recording(tmp_path / "a.ns2").signal.read().tolist() == [[1.0, 2.0], [10.0, 20.0]]


def test_analog_inputs_by_name_and_by_number(tmp_path: Path) -> None:
    channels = [
        Channel(1, "elec1"),
        Channel(200, "far front end"),
        Channel(130, "wheel", "mV", (-32767, 32767), (-5000, 5000)),
        Channel(257, "ainp1"),
    ]
    write_nsx(tmp_path / "a.ns2", [(0, draw(4, 5))], channels)
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert dataset.signal.channel_names == ("elec1", "far front end")
    assert dataset["adc"].channel_names == ("wheel", "ainp1")


def test_a_file_of_analog_inputs_alone_opens_with_them_as_the_signal(tmp_path: Path) -> None:
    stored = draw(2, 30)
    write_nsx(tmp_path / "a.ns2", [(0, stored)], inputs(2))
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert dataset.signal.channel_names == ("ainp1", "ainp2")
    assert dict(dataset.aligned) == {}
    assert np.array_equal(dataset.signal.read(), (stored * (10000 / 65534 * 1000)).astype("f4"))


def test_labels_missing_or_given_twice(tmp_path: Path) -> None:
    channels = [Channel(1, "x"), Channel(2, "x"), Channel(3, "")]
    write_nsx(tmp_path / "a.ns2", [(0, draw(3, 5))], channels)
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert dataset.signal.channel_names == ("x", "ch1", "ch2")
    write_nsx(tmp_path / "b.ns2", [(0, draw(3, 5))], [Channel(1, "ch1"), Channel(2, ""), Channel(3, "z")])
    assert ec.open_recording(tmp_path / "b.ns2").signal.channel_names == ("ch1", "ch1_", "z")
    assert dataset.warnings == ("a: channel names missing or given twice, renamed: ch1 for 'x', ch2 for ''",)


def test_version_2_1_without_a_nev_file_gives_stored_numbers(tmp_path: Path) -> None:
    stored = draw(2, 30)
    write_nsx(tmp_path / "a.ns2", [(0, stored)], electrodes(2), version=(2, 1))
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert dataset.units == ""
    assert np.array_equal(dataset.signal.read(), stored.astype("f4"))
    assert "no NEV file beside it that has one: values are the stored numbers" in dataset.warnings[0]
    assert dataset.parts[0].start_time is None


# Pauses and clocks --------------------------------------------------------------------------------


def _write_ptp(
    path: Path, stored: np.ndarray, channels: list[Channel], jumps: dict[int, int], ppm: float = 0.0, jitter: int = 0
) -> list[int]:
    """Write a packet a sample at 30 kHz; before sample k the clock jumps by jumps[k] ns. Return the timestamps."""
    n = stored.shape[1]
    stamps = np.rint(1_700_000_000_000_000_000 % 10**15 + np.arange(n) * (1e9 / 30000) * (1 + ppm * 1e-6))
    stamps = stamps.astype(np.int64) + np.random.default_rng(3).integers(-jitter, jitter + 1, n)
    for k, by in jumps.items():
        stamps[k:] += by
    packets = [(int(stamp), stored[:, k : k + 1]) for k, stamp in enumerate(stamps)]
    write_nsx(path, packets, channels, version=(3, 0), period=1, resolution=10**9)
    return [int(stamp) for stamp in stamps]


@pytest.mark.parametrize(
    ("jumps", "parts"),
    [
        ({}, [4000]),
        ({1234: 2 * 10**9}, [1234, 2766]),
        ({1: 10**8, 2: 10**8, 3999: 10**8}, [1, 1, 3997, 1]),
        ({2000: 40_000}, [2000, 2000]),  # a sample and a little more is missing
        ({3000: -(10**8)}, [3000, 1000]),
    ],
    ids=["none", "one", "at the ends", "small", "back"],
)
def test_jumps_of_ptp_timestamps_are_seams(jumps: dict[int, int], parts: list[int], tmp_path: Path) -> None:
    stored = draw(2, 4000)
    stamps = _write_ptp(tmp_path / "a.ns6", stored, electrodes(2), jumps, ppm=40, jitter=3000)
    dataset = ec.open_recording(tmp_path / "a.ns6")
    assert [part.n_samples for part in dataset.parts] == parts
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert dataset.sampling_rate == 30000.0
    for seam, at in zip(dataset.seams, np.cumsum(parts), strict=False):
        if stamps[at] < stamps[at - 1]:
            assert seam.gap_s is None
        else:
            assert seam.gap_s == pytest.approx((stamps[at] - stamps[at - 1]) / 1e9 - 1 / 30000, abs=2e-5)


def test_events_fall_on_the_sample_whose_timestamp_is_theirs_though_the_clock_drifts(tmp_path: Path) -> None:
    stored = draw(1, 5000)
    stamps = _write_ptp(tmp_path / "a.ns6", stored, electrodes(1), {2500: 10**9}, ppm=5000)
    wanted = [0, 17, 2499, 2500, 4000, 4999]
    packets = [(stamps[k] + 100, k) for k in wanted] + [(stamps[2499] + 5 * 10**8, 1), (stamps[-1] + 10**9, 2)]
    write_nev(tmp_path / "a.nev", sorted(packets), version=(3, 0), resolution=10**9)
    dataset = ec.open_recording(tmp_path / "a.ns6")
    assert dataset.events.sample.tolist() == wanted
    assert dataset.events.table["value"].tolist() == wanted
    assert dataset.parts[0].warnings == ("2 of 8 events lie outside of the samples and are left out",)


def test_packets_that_run_on_are_one_part_and_a_pause_is_two(tmp_path: Path) -> None:
    stored = draw(2, 60)
    packets = [(0, stored[:, :10]), (300, stored[:, 10:20]), (600, stored[:, 20:45]), (90000, stored[:, 45:])]
    write_nsx(tmp_path / "a.ns2", packets, electrodes(2))
    write_nev(tmp_path / "a.nev", [(290, 1), (610, 2), (60000, 3), (90000, 4), (90439, 5), (90450, 6)])
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert [part.n_samples for part in dataset.parts] == [45, 15]
    assert [part.name for part in dataset.parts] == ["a_0", "a_1"]
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert dataset.seams[0].gap_s == pytest.approx(3.0 - 0.045)
    assert dataset.events.sample.tolist() == [10, 20, 45, 59]
    assert dataset.events.table["value"].tolist() == [1, 2, 4, 5]
    assert dataset.parts[0].warnings == ("2 of 6 events lie outside of the samples and are left out",)


def test_a_clock_set_back_is_a_seam_of_unknown_length(tmp_path: Path) -> None:
    stored = draw(1, 300)
    write_nsx(tmp_path / "a.ns2", [(90000, stored[:, :100]), (0, stored[:, 100:])], electrodes(1))
    packets = [(90030, 1), (91500, "before"), (60, 2), (1500, "after"), (1530, 3)]
    write_nev(tmp_path / "a.nev", packets)
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert [part.n_samples for part in dataset.parts] == [100, 200]
    assert [seam.gap_s for seam in dataset.seams] == [None]
    assert dataset.events.sample.tolist() == [1, 102, 151]
    assert [part.notes for part in dataset.parts] == [("before",), ("after",)]
    assert [part.start_time is None for part in dataset.parts] == [False, True]
    # The clock is set back as recording starts, before there are events.
    write_nev(tmp_path / "a.nev", [(60, 2)])
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert dataset.events.sample.tolist() == [102]
    assert dataset.parts[0].warnings == ("the clock was set back 1 times in this file, 0 times in the NEV file",)


def test_a_timestamp_beyond_all_time_is_a_seam_of_unknown_length(tmp_path: Path) -> None:
    stored = draw(1, 30)
    packets = [(0, stored[:, :10]), (2**61, stored[:, 10:])]
    write_nsx(tmp_path / "a.ns2", packets, electrodes(1), version=(3, 0))
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert [part.n_samples for part in dataset.parts] == [10, 20]
    assert dataset.seams[0].gap_s is None
    write_nsx(tmp_path / "a.ns2", [(2**63, stored)], electrodes(1), version=(3, 0))
    assert "found timestamps beyond all time" in _refused(tmp_path / "a.ns2")


def test_a_counter_that_ran_full_is_no_seam(tmp_path: Path) -> None:
    stored = draw(1, 200)
    start = 2**32 - 3000
    write_nsx(tmp_path / "a.ns2", [(start, stored[:, :100]), (0, stored[:, 100:])], electrodes(1))
    write_nev(tmp_path / "a.nev", [(start + 30, 1), (60, 2)])
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert [part.n_samples for part in dataset.parts] == [200]
    assert dataset.events.sample.tolist() == [1, 102]


# Several files ------------------------------------------------------------------------------------


def test_streams_of_one_recording(tmp_path: Path) -> None:
    slow, fast = draw(2, 100), draw(2, 3000)
    write_nsx(tmp_path / "a.ns2", [(0, slow)], electrodes(2))
    write_nsx(tmp_path / "a.ns5", [(0, fast)], electrodes(2), period=1)
    with pytest.raises(ec.FormatError, match=r"found stream='ns2' \(2 channels, 1000 Hz\); stream='ns5' \(2"):
        ec.open_recording(tmp_path)
    assert ec.open_recording(tmp_path, stream="ns5").signal.shape == (2, 3000)
    assert ec.open_recording(tmp_path / "a.ns2").signal.shape == (2, 100)
    with pytest.raises(ec.RecordingNotFound, match="there is no stream 'ns6'; there are: 'ns2', 'ns5'"):
        ec.open_recording(tmp_path, stream="ns6")
    table = ec.streams(tmp_path)
    assert table[["stream", "rate", "channels", "samples", "recording"]].to_numpy().tolist() == [
        ["ns2", 1000.0, 2, 100, "a"],
        ["ns5", 30000.0, 2, 3000, "a"],
    ]
    write_nsx(tmp_path / "b.ns2", [(0, slow)], electrodes(2))
    with pytest.raises(ec.FormatError, match=r"recording='a' \(ns2, ns5\); recording='b' \(ns2\)\)\. Name one with"):
        ec.open_recording(tmp_path)
    assert ec.open_recording(tmp_path, recording="b").name == "b"
    with pytest.raises(ec.RecordingNotFound, match="no recording 'c'; there are: 'a', 'b'"):
        ec.open_recording(tmp_path, recording="c")


def test_analog_inputs_of_another_stream_are_aligned_at_their_rate(tmp_path: Path) -> None:
    raw, wheel = draw(2, 3000), draw(3, 101)
    write_nsx(tmp_path / "a.ns6", [(0, raw[:, :1200]), (60000, raw[:, 1200:])], electrodes(2), period=1)
    write_nsx(tmp_path / "a.ns2", [(0, wheel[:, :41]), (60000, wheel[:, 41:])], inputs(3))
    dataset = ec.open_recording(tmp_path)
    assert dataset.signal.shape == (2, 3000)
    adc = dataset["adc"]
    assert (adc.shape, adc.sampling_rate, adc.units) == ((3, 100), 1000.0, "mV")
    assert np.array_equal(adc.read(raw=True), np.concatenate([wheel[:, :40], wheel[:, 41:]], axis=1))
    assert dataset.parts[0].warnings == ("adc: 1 sample too many beside the signal: left out at the end",)
    check_format(_open, tmp_path, damage=False)
    write_nsx(tmp_path / "a.ns2", [(0, wheel)], inputs(3))
    dataset = ec.open_recording(tmp_path)
    assert dict(dataset.aligned) == {}
    assert "analog inputs of ns2 are left out" in dataset.warnings[0]
    (tmp_path / "a.ns2").write_bytes(b"NEURALCD")
    assert ec.open_recording(tmp_path, stream="ns6").n_samples == 3000


# Events and notes ---------------------------------------------------------------------------------


def test_a_nev_file_of_more_than_4_gib_is_not_gone_through(tmp_path: Path) -> None:
    write_nsx(tmp_path / "a.ns2", [(0, draw(1, 100))], electrodes(1))
    write_nev(tmp_path / "a.nev", [(30, 1)], further=[b"ECOMMENTleft hemi", b"CCOMMENTsphere"])
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert (len(dataset.events), dataset.parts[0].notes) == (1, ("left hemi sphere",))
    os.truncate(tmp_path / "a.nev", (1 << 32) + 400)
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert len(dataset.events) == 0
    assert "its events are not read: it has 4,294,967,696 bytes, of which most are spikes" in dataset.warnings[-1]


def test_a_nev_file_whose_clock_goes_back_and_forth_costs_the_events_alone(tmp_path: Path) -> None:
    write_nsx(tmp_path / "a.ns2", [(0, draw(1, 100))], electrodes(1))
    write_nev(tmp_path / "a.nev", [(90000 * (k % 2), 1) for k in range(3000)])
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert dataset.warnings == ("a: the events of a.nev are left out: the timestamps are of no use",)


def test_lines_have_the_names_of_the_header_and_spikes_are_no_events(tmp_path: Path) -> None:
    write_nsx(tmp_path / "a.ns2", [(0, draw(1, 1000))], electrodes(1), comment="of the day")
    packets = [
        *(((30 * k), ("spike", k % 5 + 1)) for k in range(50)),
        (1500, 3),
        (1530, ("serial", 10)),
        (1560, ("reason", 2, 99)),
        (1590, "déjà vu"),
        (1620, ("utf16", "µ-stim on")),
        (31000, ""),
    ]
    write_nev(
        tmp_path / "a.nev", packets, further=[port_label("tones", True), port_label("arduino", False)], comment="x"
    )
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert dataset.events.sample.tolist() == [50, 51]
    assert dataset.events.table.to_dict("list") == {"line": ["tones", "arduino"], "value": [3, 10]}
    assert dataset.parts[0].notes == ("of the day", "x", "déjà vu", "µ-stim on")
    assert dataset.warnings == ("a: 1 packets of analog thresholds or periodic sampling were passed over",)
    assert dataset.parts[0].paths == (str(tmp_path / "a.ns2"), str(tmp_path / "a.nev"))


def test_a_damaged_nev_file_costs_the_events_alone(tmp_path: Path) -> None:
    path, nev = tmp_path / "a.ns2", tmp_path / "a.nev"
    write_nsx(path, [(0, draw(1, 100))], electrodes(1))
    write_nev(nev, [(30, 1), (60, 2)])
    data = nev.read_bytes()
    assert len(data) == 336 + 2 * 104
    nev.write_bytes(data[:-1])
    dataset = ec.open_recording(path)
    assert dataset.events.sample.tolist() == [1]
    assert dataset.warnings == ("a: 103 bytes were left over after 1 whole packets",)
    for cut, said in ((0, "this is no Blackrock NEV file"), (8, "the file ends inside"), (335, "the file ends inside")):
        nev.write_bytes(data[:cut])
        dataset = ec.open_recording(path)
        assert len(dataset.events) == 0
        assert f"the events of a.nev are left out: {said}" in dataset.warnings[0]
    rng = np.random.default_rng(0)
    for _ in range(200):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            broken[place] = rng.choice([0, 1, 0x7F, 0xFF])
        nev.write_bytes(broken)
        assert ec.open_recording(path).n_samples == 100


# Bad files ----------------------------------------------------------------------------------------


def _refused(path: Path) -> str:
    with pytest.raises(ec.FormatError) as caught:
        open_blackrock(path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_headers_that_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "a.ns2"
    write_nsx(path, [(0, draw(2, 10))], electrodes(2))
    data = path.read_bytes()

    def altered(at: int, new: bytes) -> str:
        path.write_bytes(data[:at] + new + data[at + len(new) :])
        return _refused(path)

    hint = "It was cut or is damaged: copy it again from the acquisition computer"
    assert altered(0, b"RIFF").startswith("this is no Blackrock NSx file (at byte 0; expected NEURALSG or NEURALCD")
    assert altered(8, b"\x02\x07") == (
        f"the version of this NSx file is unknown (at byte 8; expected 2.2, 2.3 or 3.0; found 2.7). {hint}"
    )
    assert altered(10, b"\xff\xff\xff\x7f").startswith(
        "the length of the headers cannot be (at byte 10; expected 446 to"
    )
    assert altered(286, bytes(4)).startswith("the sampling period cannot be (at byte 286;")
    assert altered(290, bytes(4)).startswith("the resolution of the timestamps cannot be (at byte 290;")
    assert altered(310, b"\xff\xff\xff\xff") == (
        "the number of channels cannot be (at byte 310; expected 1 to 2, for which the file has room; "
        f"found 4294967295). {hint}"
    )
    assert altered(310, bytes(4)).startswith("the number of channels cannot be")
    assert altered(314, b"XX") == (
        f"the header of a channel is not where it should be (at byte 314; expected 'CC'; found b'XX'). {hint}"
    )
    assert altered(336, b"\xfc\x7f\xfc\x7f").startswith("the scale of a channel cannot be (at byte 336;")
    path.write_bytes(data[:100])
    assert _refused(path).startswith("the file ends inside its header (at byte 0; expected 314 bytes; found 100 bytes)")
    path.write_bytes(data[:446])
    assert _refused(path).startswith("the recording has no whole sample (at byte 446;")
    path.write_bytes(b"")
    with pytest.raises(ec.FormatError, match="the file is empty"):
        ec.open_recording(path)


def test_packets_cut_never_closed_or_followed_by_something_else(tmp_path: Path) -> None:
    path = tmp_path / "a.ns2"
    stored = draw(2, 30)
    write_nsx(path, [(0, stored[:, :20]), (9000, stored[:, 20:])], electrodes(2))
    data = path.read_bytes()
    at = 446 + 9 + 20 * 4

    def opened(content: bytes) -> tuple[np.ndarray, tuple[str, ...]]:
        path.write_bytes(content)
        dataset = ec.open_recording(path)
        return dataset.signal.read(raw=True), dataset.parts[0].warnings

    raw, said = opened(data[:-5])
    assert np.array_equal(raw, stored[:, :28])
    assert said == ("cut in a data packet: 2 of its 10 samples are missing, 3 bytes were left over",)
    raw, said = opened(data[: at + 4])
    assert np.array_equal(raw, stored[:, :20])
    assert said == (f"4 bytes from byte {at} on were left over: cut in the header of a packet",)
    raw, said = opened(data + bytes(100))
    assert np.array_equal(raw, stored)
    assert said == (f"100 bytes from byte {len(data)} on are no data packet",)
    # A crash: the number of samples of the open packet was never written.
    raw, said = opened(data[: at + 5] + bytes(4) + data[at + 9 :])
    assert np.array_equal(raw, stored)
    assert said == (f"the packet at byte {at} was never closed: taken to reach to the end of the file",)
    raw, said = opened(data[:446] + bytes([1]) + bytes(8) + data[446:])
    assert np.array_equal(raw, stored)
    assert said == ("1 empty data packets were passed over",)


@pytest.mark.parametrize("lengths", [(1, 2), (1,) * 200 + (2,), (3, 3, 5), (1,) * 70 + (4,) * 70], ids=len)
def test_packets_of_sizes_that_take_turns(lengths: tuple[int, ...], tmp_path: Path) -> None:
    each = [lengths[k % len(lengths)] for k in range(900)]
    edges = np.cumsum([0, *each])
    stored = draw(1, int(edges[-1]))
    packets = [(30 * int(a), stored[:, a:b]) for a, b in pairwise(edges)]
    write_nsx(tmp_path / "a.ns2", packets, electrodes(1))
    dataset = ec.open_recording(tmp_path / "a.ns2")
    assert len(dataset.parts) == 1
    assert np.array_equal(dataset.signal.read(raw=True), stored)


def test_more_packets_than_can_be_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ns2"
    write_nsx(path, [(k * 10**5, np.zeros((1, 1 + k % 2))) for k in range(10_010)], electrodes(1))
    assert "more than 10,000 jumps" in _refused(path)
    write_nsx(path, [(k * 45 - 15 * (k % 2), np.zeros((1, 1 + k % 2))) for k in range(10_010)], electrodes(1))
    assert "more than 10,000 jumps" in _refused(path)


def test_large_packets_are_visited_one_by_one(tmp_path: Path) -> None:
    stored = draw(128, 8400)
    packets = [(0, stored[:, :4200]), (10**6, stored[:, 4200:])]
    write_nsx(tmp_path / "a.ns6", packets, electrodes(128), period=1)
    dataset = ec.open_recording(tmp_path / "a.ns6")
    assert [part.n_samples for part in dataset.parts] == [4200, 4200]
    assert np.array_equal(dataset.signal.read(raw=True), stored)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    write_nsx(tmp_path / "a.ns2", [(0, draw(1, 10))], electrodes(1))
    assert open_blackrock(tmp_path / "a").n_samples == 10
    for path in (tmp_path / "b", tmp_path / "b" / "c"):
        with pytest.raises(ec.RecordingNotFound, match="no such file"):
            open_blackrock(path)
    with pytest.raises(TypeError, match="recording='a' names one of a folder's recordings"):
        open_blackrock(tmp_path / "a.ns2", recording="a")
    assert ec.streams(tmp_path / "a.ns2")["stream"].tolist() == ["ns2"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ec.RecordingNotFound, match="the folder has no NSx file"):
        open_blackrock(tmp_path / "empty")
    write_nev(tmp_path / "empty" / "a.nev", [])
    with pytest.raises(ec.FormatError, match=r"no NSx file beside it .*none in its folder\)\. Copy it there"):
        ec.streams(tmp_path / "empty" / "a.nev")


def test_version_2_1_cut_in_a_sample(tmp_path: Path) -> None:
    path = tmp_path / "a.ns2"
    stored = draw(3, 10)
    write_nsx(path, [(0, stored)], electrodes(3), version=(2, 1))
    path.write_bytes(path.read_bytes()[:-1])
    dataset = ec.open_recording(path)
    assert np.array_equal(dataset.signal.read(raw=True), stored[:, :9])
    assert dataset.parts[0].warnings[0] == "cut in the middle of a sample: 5 bytes were left over"


def test_timestamps_of_no_use_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ns6"
    packets = [((k * 7919) % 100003 * 10**6, np.zeros((1, 1))) for k in range(25_000)]
    write_nsx(path, packets, electrodes(1), version=(3, 0), period=1, resolution=10**9)
    assert _refused(path).startswith("the timestamps of the data packets are of no use (at byte 380;")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sparse_terabyte_opens_as_fast_as_a_small_file(version: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "a.ns2"
    stored = draw(128, 40)
    if version == (3, 0):  # a packet a sample, to the last byte
        packets = [(k * 10**6, stored[:, k : k + 1]) for k in range(2)]
        write_nsx(path, packets, electrodes(128), version=version, resolution=10**9)
    else:
        write_nsx(path, [(0, stored)], electrodes(128), version=version)
    open_blackrock(path)
    size = os.path.getsize(path)
    os.truncate(path, 10**12)
    start = time.perf_counter()
    dataset = open_blackrock(path)
    assert time.perf_counter() - start < 0.5
    if version == (2, 1):
        assert dataset.n_samples == (10**12 - 32 - 4 * 128) // 256
        assert not dataset.signal[:, -1].any()
    else:
        assert dataset.n_samples == (2 if version == (3, 0) else 40)
        assert dataset.warnings == (f"a: {10**12 - size:,} bytes from byte {size:,} on are no data packet",)


# Detection ----------------------------------------------------------------------------------------


def test_content_tells_the_format(tmp_path: Path) -> None:
    write_nsx(tmp_path / "a.ns2", [(0, draw(1, 10))], electrodes(1))
    write_nev(tmp_path / "a.nev", [])
    assert ec.open_recording(tmp_path / "a.nev").parts[0].format == "blackrock"
    shutil.copy(tmp_path / "a.ns2", tmp_path / "b.dat")
    with pytest.raises(ec.FormatError, match="an NSx file is known by its name"):
        ec.open_recording(tmp_path / "b.dat")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x.ns5").write_bytes(b"something else")
    with pytest.raises(ec.FormatError, match="no format recognises this"):
        ec.open_recording(tmp_path / "c")
    with pytest.raises(ec.FormatError, match="this is no Blackrock"):
        ec.open_recording(tmp_path / "c" / "x.ns5")


def test_real_recordings_of_others_are_not_claimed() -> None:
    claimed = set()
    for folder, _, names in os.walk(shared_path("recordings")):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            head = b"" if path.is_dir() else path.read_bytes()[:4096]
            if "blackrock" in path.parts:
                claimed |= {
                    one.name for one in formats().values() if not one.general and one.recognises(str(path), head)
                }
            if find_format("blackrock").recognises(str(path), head):
                assert "blackrock" in path.parts, path
    assert claimed == {"blackrock"}


def test_a_folder_whose_files_cannot_be_read_is_not_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_nsx(tmp_path / "a.ns2", [(0, draw(1, 10))], electrodes(1))
    assert find_format("blackrock").recognises(str(tmp_path), b"")

    def refuses(*_: Any) -> Any:
        raise PermissionError("not yours")

    monkeypatch.setattr("ecogcat.formats.blackrock.open", refuses, raising=False)
    assert not find_format("blackrock").recognises(str(tmp_path), b"")
