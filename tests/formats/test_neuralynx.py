"""Neuralynx recordings: the real folder against Neo and a plain decode; gaps, copies, clocks, events, damage."""

from __future__ import annotations

import os
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neo.rawio import NeuralynxRawIO

import ecogcat as ec
from ecogcat.formats.neuralynx import open_neuralynx
from ecogcat.formats.registry import find_format, formats
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.neuralynx_files import OLD_CLOCK, RECORD, draw, header, write_events, write_ncs

_open = partial(ec.open_recording, format="neuralynx")
GAIN = 0.000000305175781250000006
CHANNELS = ("LAHC1", "LAHC2", "LAHC3", "xAIR1", "xEKG1")


def _real(name: str = "") -> Path:
    return shared_path("recordings/neuralynx/mne_neuralynx") / name


def _decode(path: Path) -> np.ndarray:
    """Put the valid samples of all records one behind the other."""
    records = np.fromfile(path, RECORD, offset=16384)
    return np.concatenate([record["samples"][: record["valid"]] for record in records])


# The real folder ----------------------------------------------------------------------------------


def test_the_folder_equals_a_plain_decode() -> None:
    dataset = ec.open_recording(_real())
    stored = np.array([_decode(_real(f"{name}.ncs")) for name in CHANNELS])
    assert dataset.signal.channel_names == CHANNELS
    assert (dataset.sampling_rate, dataset.units, dataset.name) == (2000.0, "uV", "mne_neuralynx")
    assert dataset.metadata["application"] == "Pegasus 2.1.3", "without the quotes and blanks of the header"
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    # The inputs were inverted: stored numbers are of the opposite sign.
    assert np.array_equal(dataset.signal.read(), (stored * (-GAIN * 1e6)).astype("f4"))
    assert len(dataset.parts) == 1
    fast = dataset["rate_32000hz"]
    assert (fast.sampling_rate, fast.channel_names, fast.units) == (32000.0, ("LAHCu1",), "V")
    assert np.array_equal(fast.read(raw=True)[0], _decode(_real("LAHCu1.ncs"))[: 11691 * 16])
    assert str(dataset.parts[0].start_time) == "2023-11-02T13:39:55.972475000"
    assert dataset.metadata["time_created"] == "2023-11-02T13:39:27.000"
    assert dataset.metadata["ad_channels"] == ("8", "9", "10", "83", "80")
    assert dataset.metadata["input_inverted"] == (True,) * 5
    assert dataset.events.sample.tolist() == [11690, 11690]
    assert dataset.events.table["event_string"].tolist() == ["Stopping Recording"] * 2
    assert dataset.parts[0].warnings == (
        "left out, other copies of its channels: LAHC1_3_gaps.ncs, LAHC2_3_gaps.ncs (stream='2000hz_2')",
        "2 of 4 events lie outside of the samples and are left out: 'Starting Recording'",
        "rate_32000hz: 15 samples too many beside the signal: left out at the end",
    )


def test_streams_of_the_folder() -> None:
    table = ec.streams(_real())
    assert table[["stream", "rate", "channels", "samples"]].to_numpy().tolist() == [
        ["2000hz", 2000.0, 5, 11691],
        ["32000hz", 32000.0, 1, 187071],
        ["2000hz_2", 2000.0, 2, 11561],
    ]
    fast = ec.open_recording(_real(), stream="32000hz")
    assert fast.signal.shape == (1, 187071)
    assert fast["rate_2000hz"].shape == (5, 11692)
    assert np.isnan(fast["rate_2000hz"][:, -1]).all()
    with pytest.raises(ec.RecordingNotFound, match="no stream 'lfp'; there are: '2000hz', '32000hz', '2000hz_2'"):
        ec.open_recording(_real(), stream="lfp")


@pytest.mark.parametrize(
    ("stream", "files"),
    [
        ("2000hz", tuple(f"{name}.ncs" for name in CHANNELS)),
        ("2000hz_2", ("LAHC1_3_gaps.ncs", "LAHC2_3_gaps.ncs")),
        ("32000hz", ("LAHCu1.ncs",)),
    ],
)
def test_equals_neo(stream: str, files: tuple[str, ...]) -> None:
    theirs = NeuralynxRawIO(str(_real()), include_filenames=list(files), gap_tolerance_ms=0.1)
    theirs.parse_header()
    dataset = open_neuralynx(_real(), stream=stream)
    parts = ec.split(dataset)
    assert len(parts) == theirs.segment_count(0) == (4 if len(files) == 2 else 1)
    gain = dataset.signal.pieces[0].gain
    assert gain is not None
    assert np.array_equal(gain * 1e6, theirs.header["signal_channels"]["gain"])
    assert list(dataset.signal.channel_names) == list(theirs.header["signal_channels"]["name"])
    stamps = [part.parts[0].metadata["first_timestamp_us"] for part in parts]
    for k, part in enumerate(parts):
        assert np.array_equal(part.signal.read(raw=True), theirs.get_analogsignal_chunk(0, k, None, None, 0).T)
        since = theirs.get_signal_t_start(0, k, 0) - theirs.get_signal_t_start(0, 0, 0)
        assert (stamps[k] - stamps[0]) / 1e6 == pytest.approx(since, abs=2e-6)


def test_real_gaps_are_seams() -> None:
    dataset = ec.open_recording(_real("LAHC1_3_gaps.ncs"))
    assert [part.n_samples for part in dataset.parts] == [5020, 3065, 2537, 939]
    assert np.array_equal(dataset.signal.read(raw=True)[0], _decode(_real("LAHC1_3_gaps.ncs")))
    assert [seam.gap_s for seam in dataset.seams] == pytest.approx([0.05, 0.0035, 0.0115], abs=2e-6)


def test_the_events_file_opens_its_folder() -> None:
    assert ec.open_recording(_real("Events.nev")) == ec.open_recording(_real())


@pytest.mark.parametrize("name", ["", "LAHC2_3_gaps.ncs"])
def test_real_recordings_conform(name: str, jit_off: bool, tmp_path: Path) -> None:
    path = _real(name)
    if jit_off and not name:  # kernels run as Python: three channels will do
        path = tmp_path / "short"
        path.mkdir()
        for file in ("LAHC1.ncs", "xEKG1.ncs", "Events.nev"):
            shutil.copy(_real(file), path)
            (path / file).chmod(0o644)
    check_format(_open, path, damage=False)


# Written folders ----------------------------------------------------------------------------------


def _write_folder(folder: Path, **further: Any) -> np.ndarray:
    """Write three channels with a gap of 100 ms; return what they have."""
    folder.mkdir(exist_ok=True)
    stored = np.array([draw(1700, seed) for seed in range(3)])
    for k, samples in enumerate(stored):
        pieces = [(10**6, samples[:700]), (10**6 + 350_000 + 100_000, samples[700:])]
        write_ncs(folder / f"CSC{k * 4 + 2}.ncs", pieces, **further)
    return stored


def test_conforms(tmp_path: Path) -> None:
    stored = _write_folder(tmp_path / "day")
    write_events(tmp_path / "day" / "Events.nev", [(10**6, 4, 1, "on"), (10**6 + 460_000, 4, 0, "off")])
    fast = [draw(11200, 1), draw(16000, 2)]
    write_ncs(tmp_path / "day" / "EEG.ncs", [(10**6, fast[0]), (1_450_000, fast[1])], rate=32000)
    values = (stored * (GAIN * 1e6)).astype("f4")
    beside = (np.concatenate(fast)[None] * GAIN).astype("f4")
    check_format(_open, tmp_path / "day", expected={"signal": values, "rate_32000hz": beside}, damage=False)
    os.remove(tmp_path / "day" / "EEG.ncs")
    check_format(_open, tmp_path / "day", expected={"signal": values})


def test_channels_in_the_order_of_their_numbers_and_gaps_as_seams(tmp_path: Path) -> None:
    stored = _write_folder(tmp_path / "day", inverted=True)
    dataset = ec.open_recording(tmp_path / "day")
    assert dataset.signal.channel_names == ("CSC2", "CSC6", "CSC10")
    assert [part.n_samples for part in dataset.parts] == [700, 1000]
    assert dataset.seams[0].gap_s == pytest.approx(0.1)
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert np.array_equal(dataset.signal.read(), (stored * (-GAIN * 1e6)).astype("f4"))
    assert dataset.warnings == ()
    assert [part.name for part in dataset.parts] == ["day_0", "day_1"]
    assert [len(part.paths) for part in dataset.parts] == [3, 3]


def test_padding_where_the_timestamps_run_on_is_no_gap(tmp_path: Path) -> None:
    stored = draw(1300)
    write_ncs(tmp_path / "a.ncs", [(0, stored[:300]), (150_000, stored[300:])])
    dataset = ec.open_recording(tmp_path / "a.ncs")
    assert len(dataset.parts) == 1
    assert np.array_equal(dataset.signal.read(raw=True)[0], stored)


@pytest.mark.parametrize("looked_at", [1 << 14, 0])
def test_gaps_are_found_by_bisection_too(looked_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecogcat.formats.neuralynx.ncs._LOOKED_AT", looked_at)
    lengths = [512 * 300, 512 * 500 + 17, 512, 512 * 200]
    gaps = [0, 1_000_000, 600, 64]  # the last: two samples at 32 kHz
    pieces, at = [], 5_000_000.0
    for k, (length, gap) in enumerate(zip(lengths, gaps, strict=True)):
        at += gap
        pieces.append((round(at), draw(length, k)))
        at += length * 1e6 / 32000
    write_ncs(tmp_path / "a.ncs", pieces, rate=32000)
    dataset = ec.open_recording(tmp_path / "a.ncs")
    assert [part.n_samples for part in dataset.parts] == lengths
    assert np.array_equal(dataset.signal.read(raw=True)[0], np.concatenate([samples for _, samples in pieces]))
    assert [seam.gap_s for seam in dataset.seams] == pytest.approx([gap / 1e6 for gap in gaps[1:]], abs=3e-6)


def test_a_clock_set_back_is_a_seam_of_unknown_length(tmp_path: Path) -> None:
    write_ncs(tmp_path / "a.ncs", [(9_000_000, draw(1024)), (0, draw(600))])
    dataset = ec.open_recording(tmp_path / "a.ncs")
    assert [part.n_samples for part in dataset.parts] == [1024, 600]
    assert dataset.seams[0].gap_s is None


def test_a_timestamp_beyond_all_time_is_a_seam_of_unknown_length(tmp_path: Path) -> None:
    write_ncs(tmp_path / "a.ncs", [(10**9, draw(1024)), (2**61, draw(600))])
    dataset = ec.open_recording(tmp_path / "a.ncs")
    assert [part.n_samples for part in dataset.parts] == [1024, 600]
    assert dataset.seams[0].gap_s is None


def test_another_rate_than_the_header_says_is_told(tmp_path: Path) -> None:
    write_ncs(tmp_path / "a.ncs", [(0, draw(512 * 40))], rate=1e6 / 30, SamplingFrequency=32556)
    dataset = ec.open_recording(tmp_path / "a.ncs")
    assert (dataset.sampling_rate, len(dataset.parts)) == (32556.0, 1)
    said = "a.ncs: by its timestamps it was sampled at 33333.3 Hz; the header says 32556 Hz"
    assert dataset.parts[0].warnings == (said,)


def test_pieces_of_a_channel_follow_on_each_other(tmp_path: Path) -> None:
    first, second = draw(1000, 1), draw(800, 2)
    for name in ("CSC1", "CSC2"):
        same = {"AcqEntName": name, "ADChannel": name[3:]}
        write_ncs(tmp_path / f"{name}_0001.ncs", [(5_000_000, second)], volts="1e-7", **same)
        write_ncs(tmp_path / f"{name}.ncs", [(1_000_000, first)], **same)
    dataset = ec.open_recording(tmp_path)
    assert dataset.signal.channel_names == ("CSC1", "CSC2")
    assert [part.n_samples for part in dataset.parts] == [1000, 800]
    assert np.array_equal(dataset.signal.read(raw=True), [np.concatenate([first, second])] * 2)
    values = np.concatenate([first * (GAIN * 1e6), second * (1e-7 * 1e6)]).astype("f4")
    assert np.array_equal(dataset.signal.read(), [values] * 2)
    assert dataset.seams[0].gap_s == pytest.approx(3.5)
    assert [Path(path).name for path in dataset.parts[1].paths] == ["CSC1_0001.ncs", "CSC2_0001.ncs"]


def test_channels_with_other_gaps_have_to_be_chosen(tmp_path: Path) -> None:
    _write_folder(tmp_path)
    write_ncs(tmp_path / "x.ncs", [(10**6, draw(300)), (10**7, draw(900))])
    with pytest.raises(
        ec.FormatError, match=r"do not have the same gaps .*stream='2000hz' \(3 channels\); stream='2000hz_2' \(1"
    ):
        ec.open_recording(tmp_path)
    write_ncs(tmp_path / "y.ncs", [(10**6, draw(400)), (10**7, draw(900))])
    assert ec.streams(tmp_path)["channels"].tolist() == [3, 1, 1]
    dataset = ec.open_recording(tmp_path, stream="2000hz_2")
    assert dataset.signal.channel_names == ("x",)
    assert dataset.warnings[0].endswith(
        "left out, their gaps are not those of this stream: CSC2.ncs, CSC6.ncs, CSC10.ncs (stream='2000hz')"
    )


def test_channels_of_unequal_length_are_cut_to_what_all_have(tmp_path: Path) -> None:
    stored = _write_folder(tmp_path)
    path = tmp_path / "CSC6.ncs"
    data = path.read_bytes()
    path.write_bytes(data[: 16384 + 3 * 1044 + 500])
    dataset = ec.open_recording(tmp_path)
    assert [part.n_samples for part in dataset.parts] == [700, 512]
    assert np.array_equal(dataset.signal.read(raw=True), stored[:, : 700 + 512])
    assert dataset.parts[0].warnings == (
        "the channels are not equally long: of 2 of 3, up to 488 samples at the end are left out",
        "CSC6.ncs: cut in the middle of a record: 500 bytes were left over",
    )
    path.write_bytes(data[: 16384 + 1044])
    dataset = ec.open_recording(tmp_path)
    assert [part.n_samples for part in dataset.parts] == [512]
    path.write_bytes(data[:16384])
    dataset = ec.open_recording(tmp_path)
    assert dataset.signal.channel_names == ("CSC2", "CSC10")
    assert dataset.parts[0].warnings == ("files without a sample are left out: CSC6.ncs",)


def test_names_given_twice(tmp_path: Path) -> None:
    for k in (1, 2):
        write_ncs(tmp_path / f"CSC{k}.ncs", [(0, draw(600))], AcqEntName="x", ADChannel=k)
    dataset = ec.open_recording(tmp_path)
    assert dataset.signal.channel_names == ("x", "ch1")
    assert dataset.warnings == (f"{tmp_path.name}: channel names missing or given twice, renamed: ch1 for 'x'",)


def test_headers_of_older_systems(tmp_path: Path) -> None:
    fields = {"AcqEntName": None, "InputInverted": None, "FileType": None, "RecordSize": None}
    write_ncs(tmp_path / "CSC1.ncs", [(10**9, draw(600))], clock=OLD_CLOCK, CheetahRev="5.6.3", **fields)
    dataset = ec.open_recording(tmp_path)
    assert dataset.signal.channel_names == ("CSC1",)
    assert str(dataset.parts[0].start_time) == "2016-11-28T21:50:33.322000000"
    assert dataset.metadata["application"] == "5.6.3"
    assert dataset.metadata["input_inverted"] == (False,)
    for clock, start in (
        ("## Time Opened: (m/d/y): 10/4/2003  At Time: 10:3:0.578", "2003-10-04T10:03:00.578"),
        ("## Time Opened: (m/d/y): 12/11/15  At Time: 11:37:39.000", "2015-12-11T11:37:39.000"),
        ("-TimeCreated 2019/07/12 13:21:32", "2019-07-12T13:21:32.000"),
        ("-TimeCreated 2019/07/12 13:21:32\n-TimeClosed File was not closed properly", "2019-07-12T13:21:32.000"),
        ("-TimeCreated 2019/17/12 13:21:32", None),
        ("", None),
    ):
        write_ncs(tmp_path / "CSC1.ncs", [(10**9, draw(600))], clock=clock)
        time_ = ec.open_recording(tmp_path).parts[0].start_time
        assert (None if time_ is None else str(time_)[:23]) == start


def test_a_header_without_gain_or_rate(tmp_path: Path) -> None:
    stored = draw(600)
    write_ncs(tmp_path / "a.ncs", [(0, stored)], ADBitVolts=None, SamplingFrequency=None)
    dataset = ec.open_recording(tmp_path / "a.ncs")
    assert (dataset.units, dataset.sampling_rate) == ("", 2000.0)
    assert np.array_equal(dataset.signal.read()[0], stored.astype("f4"))
    assert dataset.parts[0].warnings == ("a.ncs: the header has no -ADBitVolts: values are the stored numbers",)
    write_ncs(tmp_path / "b.ncs", [(0, stored)])
    both = ec.open_recording(tmp_path)
    assert both.units == ""
    assert np.array_equal(both.signal.read(), np.array([stored, stored], "f4"))


# Events -------------------------------------------------------------------------------------------


def test_events_fall_on_the_closest_sample(tmp_path: Path) -> None:
    _write_folder(tmp_path)
    start, second = 10**6, 1_450_000
    write_events(
        tmp_path / "Events.nev",
        [
            (second + 250, 11, 4, "TTL Input on AcqSystem1_0"),
            (start, 11, 1, "first"),
            (start + 740, 11, -32768, "µ"),
            (start + 349_900, 11, 3, "last of the part"),
            (start + 400_000, 11, 9, "in the gap"),
            (start - 1, 19, 0, "Starting Recording"),
            (second + 500_000, 19, 0, "after"),
        ],
    )
    dataset = ec.open_recording(tmp_path)
    assert dataset.events.sample.tolist() == [0, 1, 699, 701]
    assert dataset.events.table.to_dict("list") == {
        "event_id": [11] * 4,
        "ttl": [1, -32768, 3, 4],
        "event_string": ["first", "µ", "last of the part", "TTL Input on AcqSystem1_0"],
    }
    said = "3 of 7 events lie outside of the samples and are left out: 'Starting Recording', 'in the gap', 'after'"
    assert dataset.parts[0].warnings == (said,)
    assert dataset.parts[0].paths[-1] == str(tmp_path / "Events.nev")


def test_damaged_events_cost_the_events_alone(tmp_path: Path) -> None:
    _write_folder(tmp_path)
    path = tmp_path / "Events.nev"
    write_events(path, [(10**6, 1, 1, "a"), (10**6 + 500, 1, 0, "b")])
    data = path.read_bytes()
    for content, n, said in (
        (data[:-1], 1, "183 bytes were left over after 1 whole events"),
        (data[:16384], 0, ""),
        (data[:100], 0, "the events of Events.nev are left out: the file ends inside its header"),
        (b"", 0, "the events of Events.nev are left out: this is no Neuralynx file"),
        (header(FileType="Spike"), 0, "the events of Events.nev are left out: this Neuralynx file holds no events"),
    ):
        path.write_bytes(content)
        dataset = ec.open_recording(tmp_path)
        assert len(dataset.events) == n
        assert dataset.parts[0].warnings == ((said,) if said else ())
    path.unlink()
    path.mkdir()
    odd = ec.open_recording(tmp_path)
    assert odd.parts[0].warnings == ("the events of Events.nev are left out: this cannot be read",)
    path.rmdir()
    path.write_bytes(data)
    shutil.move(path, tmp_path / "other.nev")
    (tmp_path / "other.nev").write_bytes(data)
    assert len(ec.open_recording(tmp_path).events) == 2


# Bad files ----------------------------------------------------------------------------------------


def test_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "a.ncs"

    def refused() -> str:
        with pytest.raises(ec.FormatError) as caught:
            open_neuralynx(path)
        return str(caught.value).removeprefix(f"{path}: ")

    write_ncs(path, [(0, draw(600))])
    data = path.read_bytes()
    path.write_bytes(b"Neuralynx" + data)
    assert (
        refused()
        == "this is no Neuralynx file (at byte 0; expected b'######## Neuralynx'; found b'Neuralynx######## ')"
    )
    path.write_bytes(b"")
    assert refused().startswith("this is no Neuralynx file (at byte 0; expected b'######## Neuralynx'; found 0 bytes)")
    path.write_bytes(data[:1000])
    assert refused().startswith("the file ends inside its header (at byte 1,000; expected 16,384 bytes; found 1,000")
    path.write_bytes(data[: 16384 + 1043])
    assert refused().startswith(
        "the recording has no whole record (at byte 16,384; expected records of 1,044 bytes; found 1,043 bytes)"
    )
    path.write_bytes(data[:16384])
    assert refused().startswith("no file has a sample (at byte 16,384;")
    path.write_bytes(data[:16384] + bytes(10 * 1044))
    assert "found 10,440 bytes, nothing but zeros" in refused()
    path.write_bytes(data + bytes(10 * 1044))
    dataset = ec.open_recording(path)
    assert dataset.n_samples == 600
    assert dataset.parts[0].warnings == ("a.ncs: 10 records at the end were never written: they are zeros",)
    write_ncs(path, [(0, draw(600))], SamplingFrequency="-1")
    assert refused() == "the sampling rate cannot be (at byte 0; expected -SamplingFrequency in Hz; found -1)"
    write_ncs(path, [(0, draw(600))], FileType="Spike", RecordSize=112)
    assert refused().startswith("this Neuralynx file holds no continuous samples (at byte 0; expected -FileType NCS")
    write_ncs(path, [(2**63, draw(600))])
    assert refused().startswith("the records are of no use (at byte 16,384; expected timestamps in us;")
    records = np.frombuffer(data[16384:], RECORD).copy()
    records["valid"] = 0
    path.write_bytes(data[:16384] + records.tobytes())
    assert "found no valid sample" in refused()
    records["valid"] = 600
    path.write_bytes(data[:16384] + records.tobytes())
    assert "2 records have more than 512 valid samples: taken for full ones" in ec.open_recording(path).warnings[0]
    with pytest.raises(ec.RecordingNotFound, match="no such file or folder"):
        open_neuralynx(tmp_path / "b")
    os.remove(path)
    with pytest.raises(ec.FormatError, match=r"no file of samples here .*expected files \.ncs; found none"):
        open_neuralynx(tmp_path)


def test_timestamps_of_no_use_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecogcat.formats.neuralynx.ncs._LOOKED_AT", 0)
    records = np.zeros(12_000, RECORD)
    records["stamp"], records["valid"] = (np.arange(12_000) * 7919) % 10007 * 10**7 + 1, 512
    path = tmp_path / "a.ncs"
    path.write_bytes(header(SamplingFrequency=2000, ADBitVolts=1e-7) + records.tobytes())
    with pytest.raises(ec.FormatError, match="found more than 10,000 jumps"):
        ec.open_recording(path)


def test_a_sparse_terabyte_opens_as_fast_as_a_small_file(tmp_path: Path) -> None:
    path = tmp_path / "a.ncs"
    write_ncs(path, [(0, draw(5000)), (10**7, draw(1000))])
    open_neuralynx(path)
    os.truncate(path, 16384 + 1044 * 10**9)
    start = time.perf_counter()
    dataset = open_neuralynx(path)
    assert time.perf_counter() - start < 0.5
    assert [part.n_samples for part in dataset.parts] == [5000, 1000]
    assert "records at the end were never written" in dataset.warnings[0]


def test_real_recordings_of_others_are_not_claimed() -> None:
    claimed = set()
    for folder, _, names in os.walk(shared_path("recordings")):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            head = b"" if path.is_dir() else path.read_bytes()[:4096]
            claimed |= {
                one.name for one in formats().values() if "neuralynx" in path.parts and one.recognises(str(path), head)
            }
            if find_format("neuralynx").recognises(str(path), head):
                assert "neuralynx" in path.parts, path
    assert claimed == {"neuralynx"}


def test_a_folder_whose_files_cannot_be_read_is_not_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ncs(tmp_path / "a.ncs", [(0, draw(600))])
    assert find_format("neuralynx").recognises(str(tmp_path), b"")

    def refuses(*_: Any) -> Any:
        raise PermissionError("not yours")

    monkeypatch.setattr("ecogcat.formats.neuralynx.open", refuses, raising=False)
    assert not find_format("neuralynx").recognises(str(tmp_path), b"")
