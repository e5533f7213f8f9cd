"""BrainVision recordings: real ones against MNE and a plain decode, written ones in every form, mistakes and damage."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.brainvision import open_brainvision, sections
from ecogcat.formats.registry import formats
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.brainvision_writer import HEAD, draw, write_brainvision
from tests.formats.cases_brainvision import FILES, FOLDER, decode

SEGMENTS = [
    "New Segment,,1,1,0,20260314102105000000",
    "Stimulus,S  1,5,1,0",
    "New Segment,,21,1,0,20260314102107250000",
    "Response,R\\1 left,21,3,2",
    "Comment,,50,1,0",
]


def _real(name: str) -> Path:
    return shared_path(f"{FOLDER}/{name}.vhdr")


def _error(path: Path, **arguments: Any) -> str:
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(path, **arguments)
    return str(caught.value)


# Real recordings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_values_and_markers_equal_mnes(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = mne.io.read_raw_brainvision(_real(name), verbose="error")
    dataset = ec.open_recording(_real(name))
    assert dataset.sampling_rate == raw.info["sfreq"]
    assert list(dataset.signal.channel_names) == raw.ch_names
    # MNE goes by way of volts.
    np.testing.assert_allclose(dataset.signal.read(), raw.get_data() * 1e6, rtol=1e-6)
    np.testing.assert_array_equal(dataset.signal.read(raw=True), decode(_real(name)))
    assert dataset.parts[0].start_time == np.datetime64(raw.info["meas_date"].replace(tzinfo=None), "ns")
    theirs = [(round(one["onset"] * 1000), one["description"]) for one in raw.annotations]
    segments = [sample for sample, text in theirs if text.startswith("New Segment")]
    assert [part.start for part in dataset.parts] == [0, *segments]  # MNE leaves the first one out
    table = dataset.events.table
    ours = (table["type"] + "/" + table["description"]).tolist()
    # MNE, too, takes a marker at position 0 for the first sample.
    assert "1 markers lie at position 0 although positions count from 1" in dataset.warnings[0]
    known = [(sample, text) for sample, text in theirs if not text.startswith("New Segment")]
    assert sorted(zip(dataset.events.sample.tolist(), ours, strict=True)) == sorted(known)


def test_three_recordings_join_with_their_clocks(capsys: pytest.CaptureFixture[str]) -> None:
    recordings = [ec.open_recording(_real(name)) for name in FILES]
    joined = ec.join(*recordings)
    assert joined.n_samples == 4025 + 9572 + 11087
    assert [part.n_samples for part in joined.parts] == [4025, 6074, 3498, 3827, 3828, 3432]
    # Out of the marker files: begin of the right segment, less begin and length of the left.
    begins = [47.531, 77.851, 90.271, 118.343, 130.879, 144.007]
    lengths = [4.025, 6.074, 3.498, 3.827, 3.828]
    wanted = [b - a - n for a, b, n in zip(begins[:-1], begins[1:], lengths, strict=True)]
    with capsys.disabled():
        print()
        for seam, gap in zip(joined.seams, wanted, strict=True):
            left, right = joined.parts[seam.left].name, joined.parts[seam.right].name
            print(f"  seam at sample {seam.sample:6,}: {seam.gap_s:6.3f} s between {left} and {right}")
            assert seam.gap_s == pytest.approx(gap, abs=1e-9)
    np.testing.assert_array_equal(joined.signal.read(), np.concatenate([decode(_real(name)) for name in FILES], axis=1))
    assert len(joined.events) == 14
    filled = ec.join(*ec.split(joined), gaps="nan")
    assert filled.n_samples == joined.n_samples + sum(round(gap * 1000) for gap in wanted)
    place = ec.locate(joined, joined.seams[3].sample)
    assert place["wall_time"][0] == np.datetime64("2024-08-14T10:46:10.879", "ns")
    assert (Path(place["file"][0]).name, place["file_sample"][0]) == ("test_CA_208_start_stop.eeg", 3827)


@pytest.mark.parametrize("name", FILES)
def test_conformance_of_real_recordings(name: str, tmp_path: Path, jit_off: bool) -> None:
    path = _real(name)
    if jit_off:  # kernels run as Python: some samples will do
        for suffix in (".vhdr", ".vmrk", ".eeg"):
            shutil.copy(path.with_suffix(suffix), tmp_path)
        path = tmp_path / path.name
        path.with_suffix(".eeg").chmod(0o644)
        os.truncate(path.with_suffix(".eeg"), 88 * 4 * 200)
    check_format(ec.open_recording, path, damage=False)


def test_folders_list_their_recordings() -> None:
    folder = shared_path(FOLDER)
    listed = "; ".join(f"recording={name!r}" for name in FILES)
    assert f"several recordings or streams lie here (expected one; found {listed})" in _error(folder)
    assert ec.open_recording(folder, recording="test_CA_208").n_samples == 4025
    with pytest.raises(ec.RecordingNotFound, match=f"no recording 'x'; there are: {', '.join(map(repr, FILES))}"):
        ec.open_recording(folder, recording="x")
    table = ec.streams(folder)
    assert table[["stream", "recording", "samples"]].values.tolist() == [
        ["signal", name, sum(parts)] for name, (parts, _) in FILES.items()
    ]


def test_each_real_recording_is_recognised_by_this_format_alone() -> None:
    ours = formats()["brainvision"]
    claimed = set()
    for path in sorted(shared_path("recordings").rglob("*")):
        head = path.read_bytes()[:4096] if path.is_file() else b""
        if ours.recognises(str(path), head):
            claimed.add(path.name)
            others = [one for one in formats().values() if not one.general and one.name != "brainvision"]
            assert not any(one.recognises(str(path), head) for one in others)
    files = {f"{name}{suffix}" for name in FILES for suffix in (".vhdr", ".vmrk", ".eeg")}
    assert claimed == files | {"antio_CA_208"}


# Every form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("multiplexed", [True, False])
@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<i4", "<f4", "<u2"])
def test_types_and_orientations(dtype: str, multiplexed: bool, tmp_path: Path) -> None:
    stored = draw(dtype)
    path = tmp_path / "a.vhdr"
    channels = ["Fp1,Cz,0.0488281,µV", "a\\1 b,,2", "C3,,0.001,mV,extension"]
    points = {"DataPoints": "50"}
    write_brainvision(path, stored, channels=channels, multiplexed=multiplexed, markers=SEGMENTS, fields=points)
    gain = np.array([0.0488281, 2, 0.001 * 1000])[:, None]
    expected = {"signal": (stored.astype("f8") * gain).astype("f4")}
    check_format(ec.open_recording, path, expected=expected, damage=dtype == "<i2")
    dataset = ec.open_recording(path)
    assert dataset.signal.channel_names == ("Fp1", "a, b", "C3")
    assert dataset.metadata["references"] == ("Cz", "", "")
    np.testing.assert_array_equal(dataset.signal.read(raw=True), stored)
    assert [(part.name, part.n_samples, part.file_start) for part in dataset.parts] == [("a_1", 20, 0), ("a_2", 30, 20)]
    assert dataset.seams[0].gap_s == pytest.approx(2.25 - 0.02)
    assert dataset.events.sample.tolist() == [4, 20, 49]
    assert dataset.events.table.values.tolist() == [
        ["Stimulus", "S  1", 1, 0],
        ["Response", "R, left", 3, 2],
        ["Comment", "", 1, 0],
    ]


@pytest.mark.parametrize("suffix", [".vhdr", ".eeg", ".vmrk"])
def test_any_of_the_three_files_opens_it(suffix: str, tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2", seed=1))
    write_brainvision(tmp_path / "b.vhdr", draw("<i2", seed=2))
    dataset = ec.open_recording((tmp_path / "b").with_suffix(suffix))
    assert dataset.name == "b"
    assert [Path(path).suffix for path in dataset.parts[0].paths] == [".eeg", ".vhdr", ".vmrk"]


def test_a_folder_of_one_recording(tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"), markers=None)
    assert ec.open_recording(tmp_path).name == "a"
    with pytest.raises(TypeError, match="is one file"):
        ec.open_recording(tmp_path / "a.vhdr", recording="a")
    with pytest.raises(ec.RecordingNotFound, match="nothing is there"):
        open_brainvision(tmp_path / "b.vhdr")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ec.RecordingNotFound, match="has no BrainVision header"):
        open_brainvision(tmp_path / "empty")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    channels = ["Größe,,0.5,µV", "T,,0.1,°C"]
    markers = ["Comment,müde,3,1,0"]
    write_brainvision(tmp_path / "a.vhdr", draw("<i2", 2), channels=channels, markers=markers, encoding=encoding)
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    assert (dataset.signal.channel_names, dataset.units) == (("Größe",), "uV")
    assert (dataset["aux"].channel_names, dataset["aux"].units) == (("T",), "degC")
    assert dataset.events.table["description"].tolist() == ["müde"]


@pytest.mark.parametrize(
    "first",
    [
        "BrainVision Data Exchange Header File Version 1.0",
        "Brain Vision V-Amp Data Header File Version 1.0",
        "Brain Vision Data Exchange Header File Version 2.0",
    ],
)
def test_first_lines(first: str, tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"))
    text = (tmp_path / "a.vhdr").read_text(encoding="utf-8")
    (tmp_path / "a.vhdr").write_text(text.replace(HEAD, first), encoding="utf-8")
    assert ec.open_recording(tmp_path / "a.vhdr").n_channels == 3


def test_base_names_and_paths_of_other_machines(tmp_path: Path) -> None:
    fields = {"DataFile": "$b.eeg", "MarkerFile": "C:\\data\\$b.vmrk"}
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"), fields=fields, markers=["Stimulus,x,1,1,0"])
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    assert (len(dataset.events), dataset.warnings) == (1, ())


def test_channels_by_unit(tmp_path: Path) -> None:
    channels = ["A,,1,µV", "T,,0.1,C", "G,,2,µS", "B,,1,V", "H,,3,µS", "x,,1,%", "C,,1,nV"]
    stored = draw("<i2", 7)
    write_brainvision(tmp_path / "a.vhdr", stored, channels=channels)
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    assert {name: one.channel_names for name, one in dataset.aligned.items()} == {
        "aux": ("G", "H"),
        "aux_degc": ("T",),
        "aux_percent": ("x",),
    }
    assert dataset.parts[0].opened.source.tolist() == [0, 3, 6]
    wanted = stored[[0, 3, 6]] * np.array([[1.0], [1e6], [1e-3]])
    np.testing.assert_array_equal(dataset.signal.read(), wanted.astype("f4"))
    np.testing.assert_array_equal(dataset["aux"].read(), stored[[2, 4]] * np.array([[2], [3]], "f4"))
    write_brainvision(tmp_path / "b.vhdr", stored[:2], channels=["x,,1,%", "y,,1,%"])
    assert ec.open_recording(tmp_path / "b.vhdr").units == "%"


def test_coordinates_comments_and_offsets(tmp_path: Path) -> None:
    comment = "Amplifier\r\n[Coordinates]\r\nCh1=1,-90,-72\r\nCh2=1,x"
    stored = draw("<i2", 2)
    how: dict[str, Any] = {"binary": {"DataOffset": "7"}, "offset": b"garbage", "interval": "488.28125"}
    write_brainvision(tmp_path / "a.vhdr", stored, comment=comment, **how)
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    np.testing.assert_array_equal(dataset.signal.read(raw=True), stored)
    assert dataset.sampling_rate == 2048
    assert dataset.parts[0].notes == ("Amplifier",)
    first, second = dataset.metadata["coordinates"]
    assert tuple(first) == (1, -90, -72)
    assert np.isnan(second[1:]).all()


def test_missing_and_doubled_names(tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2", 3), channels=["A,,1", ",,1", "A,,"])
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    assert dataset.signal.channel_names == ("A", "ch1", "ch2")
    assert "renamed: ch1 for '', ch2 for 'A'" in dataset.warnings[0]


# Markers ------------------------------------------------------------------------------------------


def test_segments_without_clocks_and_out_of_order(tmp_path: Path) -> None:
    markers = [
        "New Segment,,31,1,0,20260314102109000000",
        "New Segment,,0,1,0,00000000000000000000",
        "New Segment,,11,1,0",
        "New Segment,,11,1,0,20261314102109000000",
        "New Segment,,51,1,0,20260314102110000000",
        "Stimulus,a,51,1,0",
        "Stimulus,b,12,,",
        "Stimulus,c,-1,1,0",
        "Stimulus,d,soon,1,0",
        "Stimulus",
    ]
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"), markers=markers)
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    assert [part.start for part in dataset.parts] == [0, 10, 30]
    assert [part.start_time is None for part in dataset.parts] == [True, True, False]
    assert [seam.gap_s for seam in dataset.seams] == [None, None]
    assert dataset.events.sample.tolist() == [11]
    assert dataset.parts[0].warnings == (
        "3 markers cannot be read and are left out",
        "1 markers lie behind the last sample and are left out",
        "1 segments begin behind the last sample: they are missing",
    )


def test_a_first_segment_that_begins_late(tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"), markers=["New Segment,,11,1,0,20260314102105"])
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    assert [part.n_samples for part in dataset.parts] == [10, 40]
    assert str(dataset.parts[1].start_time)[:19] == "2026-03-14T10:21:05"


def test_events_after_cutting_and_joining(tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"), markers=SEGMENTS)
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    one, two = ec.split(dataset)
    assert (one.events.sample.tolist(), two.events.sample.tolist()) == ([4], [0, 29])
    assert ec.equals(ec.join(one, two), dataset)


# Mistakes and damage ------------------------------------------------------------------------------


def test_a_renamed_data_file(tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"))
    for suffix in (".vhdr", ".eeg", ".vmrk"):
        (tmp_path / "a").with_suffix(suffix).rename((tmp_path / "sub-01").with_suffix(suffix))
    path = tmp_path / "sub-01.vhdr"
    assert _error(path) == (
        f"{path}: the data file a.eeg that this header names is not there (expected a.eeg; found beside the header: "
        "sub-01.eeg). If it was renamed, write its present name after DataFile= (and MarkerFile=) in the header"
    )
    message = _error(tmp_path / "sub-01.eeg")
    assert "no BrainVision header names this file (expected a .vhdr beside it with DataFile=sub-01.eeg" in message
    assert "found sub-01.vhdr, which name other files" in message
    (tmp_path / "sub-01.eeg").unlink()
    assert "found no .eeg or .dat or .avg or .seg file beside the header" in _error(path)


def test_a_missing_marker_file(tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"), markers=SEGMENTS)
    (tmp_path / "a.vmrk").rename(tmp_path / "b.vmrk")
    dataset = ec.open_recording(tmp_path / "a.vhdr")
    assert (len(dataset.parts), len(dataset.events)) == (1, 0)
    assert dataset.warnings == (
        "a: the marker file a.vmrk that the header names is not there (beside the header: b.vmrk): there are no events "
        "and no segments",
    )


def test_a_marker_file_that_is_none(tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"))
    (tmp_path / "a.vmrk").write_text("something else", encoding="utf-8")
    assert "a.vmrk: this is no BrainVision marker file (at byte 0" in _error(tmp_path / "a.vhdr")
    (tmp_path / "a.vmrk").write_bytes(b"")
    assert "found ''" in _error(tmp_path / "a.vhdr")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"fields": {"DataFormat": "ASCII"}},
            "ASCII data are not read (expected BINARY; found ASCII). Samples as text",
        ),
        ({"fields": {"DataType": "FREQUENCYDOMAIN"}}, "FREQUENCYDOMAIN data are not read"),
        ({"fields": {"DataOrientation": "SIDEWAYS"}}, "expected MULTIPLEXED or VECTORIZED; found SIDEWAYS"),
        ({"binary": {"BinaryFormat": "INT_8"}}, "found INT_8"),
        ({"binary": {"UseBigEndianOrder": "PERHAPS"}}, "expected NO or YES; found PERHAPS"),
        ({"binary": {"SegmentHeaderSize": "16"}}, "segmentheadersize is not known to ecogcat (expected 0; found 16)"),
        ({"fields": {"NumberOfChannels": "4"}}, "channel 4 is not in [Channel Infos] (expected a line Ch4="),
        ({"fields": {"NumberOfChannels": "1e9"}}, "the numberofchannels in [common infos] cannot be"),
        ({"fields": {"NumberOfChannels": "2.5"}}, "expected a whole number from 1; found 2.5"),
        ({"fields": {"NumberOfChannels": None}}, "is no number (expected a number; found no such line)"),
        ({"fields": {"SamplingInterval": "0"}}, "the sampling interval cannot be"),
        ({"fields": {"SamplingInterval": "fast"}}, "found 'fast'"),
        ({"fields": {"DataFile": None}}, "the header names no data file"),
        ({"fields": {"DataFile": "../../etc/passwd"}}, "the data file passwd that this header names is not there"),
        ({"channels": ["A,,0", "B,,1", "C,,1"]}, "the resolution of channel 1 cannot be"),
        ({"channels": ["A,,1e99", "B,,1", "C,,1"]}, "expected a number other than 0; found '1e99'"),
        ({"channels": ["A,,1", "B,,x", "C,,1"]}, "expected a number other than 0; found 'x'"),
        ({"binary": {"DataOffset": "999"}}, "the data file holds no sample"),
        ({"stored": np.zeros((3, 0), "<i2")}, "the data file holds no sample (expected 6 bytes a sample of 3 channels"),
    ],
)
def test_headers_that_make_no_sense(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    stored = changes.pop("stored", draw("<i2"))
    write_brainvision(tmp_path / "a.vhdr", stored, **changes)
    assert message in _error(tmp_path / "a.vhdr")


def test_files_that_are_no_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.vhdr").write_bytes(b"\x7fELF\0\0")
    assert "this is no text in UTF-8 or Latin-1 (at byte 4; found a zero byte)" in _error(tmp_path / "a.vhdr")
    (tmp_path / "a.vhdr").write_text("[Common Infos]", encoding="utf-8")
    assert "this is no BrainVision header (at byte 0" in _error(tmp_path / "a.vhdr")
    (tmp_path / "a.vhdr").write_text(HEAD, encoding="utf-8")
    assert "the binaryformat in [binary infos] is unknown" in _error(tmp_path / "a.vhdr")
    monkeypatch.setattr(sections, "_MOST_BYTES", 10)
    assert "too long for a header" in _error(tmp_path / "a.vhdr")


@pytest.mark.parametrize("multiplexed", [True, False])
def test_cut_at_every_byte(multiplexed: bool, tmp_path: Path) -> None:
    path, stored = tmp_path / "a.vhdr", draw("<i2", 2, 3)
    write_brainvision(path, stored, multiplexed=multiplexed, fields={"DataPoints": "3"})
    whole = path.with_suffix(".eeg").read_bytes()
    for length in range(len(whole)):
        path.with_suffix(".eeg").write_bytes(whole[:length])
        n, left_over = divmod(length, 4)
        if n == 0:
            assert "a.eeg: the data file holds no sample" in _error(path)
        elif not multiplexed:
            found = f"expected 12 bytes: 3 samples of 2 channels; found {length} bytes"
            assert found in _error(path)
        else:
            dataset = ec.open_recording(path)
            np.testing.assert_array_equal(dataset.signal.read(raw=True), stored[:, :n])
            said = [f"a: {3 - n} of the 3 samples that the header says are missing: {n} are whole"]
            said += [f"a: cut in the middle of a sample: {left_over} bytes were left over after {n} whole samples"]
            assert list(dataset.warnings) == said[: 1 + bool(left_over)]


def test_more_samples_than_the_header_says(tmp_path: Path) -> None:
    write_brainvision(tmp_path / "a.vhdr", draw("<i2"), fields={"DataPoints": "40"})
    assert ec.open_recording(tmp_path / "a.vhdr").warnings == (
        "a: the header says 40 samples, the data file has 50: all are opened",
    )


@pytest.mark.parametrize("suffix", [".vhdr", ".vmrk"])
def test_any_byte_of_header_and_markers_may_be_damaged(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "a.vhdr"
    write_brainvision(path, draw("<i2", 2, 60), markers=SEGMENTS, fields={"DataPoints": "60"})
    victim = path.with_suffix(suffix)
    good, opened, messages = victim.read_bytes(), 0, []
    rng = np.random.default_rng(0)
    for k in range(300):
        data = bytearray(good)
        if k % 10 == 0:
            data = data[: int(rng.integers(len(data)))]
        for place in rng.integers(0, max(1, len(data)), 3) if data else ():
            data[place] = rng.choice([0, 10, 44, 57, 61, 255, int(rng.integers(256))])
        victim.write_bytes(data)
        try:
            dataset = open_brainvision(path)
        except ec.EcogcatError as error:
            messages.append(str(error))
        else:
            opened += 1
            dataset.signal[:, -1]
    assert opened > 10
    assert all(str(tmp_path) in message for message in messages)


def test_a_sparse_terabyte_opens_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.vhdr"
    write_brainvision(path, draw("<i2", 64, 4))
    os.truncate(path.with_suffix(".eeg"), 2**40)
    dataset = ec.open_recording(path)
    assert dataset.n_samples == 2**33
    assert not dataset.signal[:, -1].any()
