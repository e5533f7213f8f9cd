"""Intan recordings with one file per signal type or per channel: real ones, written ones, and what a crash leaves."""

from __future__ import annotations

import os
import shutil
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.catalog.folder import find_recordings
from ecogcat.formats.intan import open_intan
from ecogcat.testing import check_format
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.rhd_folder import write_rhd_folder
from tests.conftest import shared_path
from tests.formats.recordings import ADC, AUX, SUPPLY, scaled

PER_TYPE, PER_CHANNEL = "intan_fps_test_231117_052500", "intan_fpc_test_231117_052630"
LAYOUTS = pytest.mark.parametrize("per_channel", [False, True], ids=["per type", "per channel"])


def _real(name: str) -> Path:
    return shared_path(f"recordings/intan/{name}")


def _draw(n: int = 384, n_channels: int = 5, block: int = 128, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "amplifier": rng.integers(-32768, 32768, (n_channels, n)).astype(np.int16),
        "aux": rng.integers(0, 65536, (3, -(-n // 4))).astype(np.uint16),
        "supply": rng.integers(0, 65536, (1, -(-n // block))).astype(np.uint16),
        "adc": rng.integers(0, 65536, (2, n)).astype(np.uint16),
        "digital_in": rng.integers(0, 65536, n).astype(np.uint16),
        "digital_out": rng.integers(0, 65536, n).astype(np.uint16),
    }


def _values(stored: dict[str, Any], board_mode: int = 0) -> dict[str, np.ndarray]:
    return {
        "signal": scaled(stored["amplifier"], (0.195, 0.0)),
        "aux": scaled(stored["aux"], AUX),
        "supply": scaled(stored["supply"], SUPPLY),
        "adc": scaled(stored["adc"], ADC[board_mode]),
        "dig": np.array([stored["digital_in"] >> line & 1 for line in (3, 0, 15)]),
        "dig_out": np.array([stored["digital_out"] >> line & 1 for line in (2,)]),
    }


def _write(folder: Path, n: int = 384, **keywords: Any) -> dict[str, Any]:
    stored = _draw(n, block=60 if keywords.get("version", (3, 3)) < (2, 0) else 128)
    lines = {"digital_in_lines": (3, 0, 15), "digital_out_lines": (2,)}
    write_rhd_folder(folder, **{**stored, **lines, "sampling_rate": 1000.0, **keywords})
    return stored


# Real recordings ----------------------------------------------------------------------------------


def _decode(name: str) -> dict[str, np.ndarray]:
    """Stored integers by hand, of either layout."""
    folder = _real(name)
    if name == PER_TYPE:
        words = np.fromfile(folder / "digitalin.dat", "<u2")
        return {
            "signal": np.fromfile(folder / "amplifier.dat", "<i2").reshape(-1, 64).T,
            "aux": np.fromfile(folder / "auxiliary.dat", "<u2").reshape(-1, 6).T[:, ::4],
            "adc": np.fromfile(folder / "analogin.dat", "<u2")[None],
            "dig": words[None] & 1,
        }
    names = [f"{port}-{k:03d}" for port in "AB" for k in range(32)]
    aux = [f"{port}-AUX{k}" for port in "AB" for k in (1, 2, 3)]
    return {
        "signal": np.array([np.fromfile(folder / f"amp-{one}.dat", "<i2") for one in names]),
        "aux": np.array([np.fromfile(folder / f"aux-{one}.dat", "<u2")[::4] for one in aux]),
        "adc": np.fromfile(folder / "board-ANALOG-IN-1.dat", "<u2")[None],
        "dig": np.fromfile(folder / "board-DIGITAL-IN-01.dat", "<u2")[None],
    }


@pytest.mark.parametrize("name", [PER_TYPE, PER_CHANNEL])
def test_real_recordings_equal_a_plain_decode(name: str) -> None:
    dataset, decoded = open_intan(_real(name)), _decode(name)
    assert dataset.signal.shape == (64, 24320)
    assert set(dataset.aligned) == set(decoded) - {"signal"}
    scales = {"signal": (0.195, 0.0), "aux": AUX, "adc": ADC[13]}
    for key, stored in decoded.items():
        array = dataset.signal if key == "signal" else dataset[key]
        assert np.array_equal(array.read(raw=True), stored), key
        expected = scaled(stored, scales[key]) if key in scales else stored
        assert np.array_equal(array.read(), expected), key
    rates = {key: array.sampling_rate for key, array in dataset.aligned.items()}
    assert (dataset.sampling_rate, rates) == (30000.0, {"aux": 7500.0, "adc": 30000.0, "dig": 30000.0})
    assert (dataset.signal.channel_names[0], dataset.signal.channel_names[-1]) == ("A-000", "B-031")
    assert (dataset["adc"].channel_names, dataset["dig"].channel_names) == (("ANALOG-IN-1",), ("DIGITAL-IN-01",))
    assert dataset.warnings == ()
    assert int((np.diff(dataset["dig"][0].astype(int)) == 1).sum()) == 1


@pytest.mark.parametrize("name", [PER_TYPE, PER_CHANNEL])
def test_real_aux_samples_are_stored_four_times_each(name: str) -> None:
    """What is handed out once is every distinct value that is stored."""
    folder = _real(name)
    if name == PER_TYPE:
        full = np.fromfile(folder / "auxiliary.dat", "<u2").reshape(-1, 6).T
    else:
        full = np.array([np.fromfile(path, "<u2") for path in sorted(folder.glob("aux-*.dat"))])
    assert np.array_equal(np.repeat(open_intan(folder)["aux"].read(raw=True), 4, axis=1), full)


@pytest.mark.parametrize("name", [PER_TYPE, PER_CHANNEL])
def test_real_recordings_equal_neos(name: str) -> None:
    from neo.rawio import IntanRawIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = IntanRawIO(filename=str(_real(name) / "info.rhd"))
        theirs.parse_header()
    dataset = open_intan(_real(name))
    streams = list(theirs.header["signal_streams"]["name"])
    arrays = {"RHD2000 amplifier channel": dataset.signal, "RHD2000 auxiliary input channel": dataset["aux"]}
    arrays |= {"USB board ADC input channel": dataset["adc"], "USB board digital input channel": dataset["dig"]}
    assert set(streams) == set(arrays)
    for k, stream in enumerate(streams):
        chunk = theirs.get_analogsignal_chunk(0, 0, None, None, k).T
        # Neo says a quarter of the rate for aux, too, but hands out every repeat.
        chunk = chunk[:, ::4] if "auxiliary" in stream else chunk
        assert np.array_equal(arrays[stream].read(raw=True), chunk), stream


def test_the_two_real_layouts_join_with_the_gap_between_them() -> None:
    first, second = ec.open_recording(_real(PER_TYPE)), ec.open_recording(_real(PER_CHANNEL))
    joined = ec.join(first, second)
    assert joined.signal.shape == (64, 48640)
    assert np.array_equal(joined.signal.read(), np.hstack([first.signal.read(), second.signal.read()]))
    for name in ("aux", "adc", "dig"):
        assert np.array_equal(joined[name].read(), np.hstack([first[name].read(), second[name].read()])), name
    assert [part.start_time for part in joined.parts] == [
        np.datetime64("2023-11-17T05:25:00", "ns"),
        np.datetime64("2023-11-17T05:26:30", "ns"),
    ]
    (seam,) = joined.seams
    assert seam.sample == 24320
    assert seam.gap_s == pytest.approx(90 - 24320 / 30000)
    assert ec.plan_join(first, second).ok
    assert ec.locate(joined, [0, 24320])["file"].map(lambda path: Path(path).name).tolist() == [
        "amplifier.dat",
        "amp-A-000.dat",
    ]


@pytest.mark.parametrize("name", [PER_TYPE, PER_CHANNEL])
def test_real_recordings_conform(name: str, tmp_path: Path, jit_off: bool) -> None:
    path = _real(name)
    if jit_off:  # kernels run as Python: the first samples will do
        path = tmp_path / name
        shutil.copytree(_real(name), path, copy_function=shutil.copyfile)
        for file in path.glob("*.dat"):
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 95])
    check_format(ec.open_recording, path, damage=False)


# Written ones -------------------------------------------------------------------------------------


@LAYOUTS
@pytest.mark.parametrize("version", [(1, 5), (3, 3)])
def test_every_array(version: tuple[int, int], per_channel: bool, tmp_path: Path) -> None:
    folder = tmp_path / "rat_231117_052500"
    board_mode = 13 if version > (2, 0) else 1
    stored = _write(folder, n=383, version=version, per_channel=per_channel, board_mode=board_mode)
    dataset, expected = open_intan(folder), _values(stored, board_mode)
    assert set(dataset.aligned) == set(expected) - {"signal"}
    for name, values in expected.items():
        array = dataset.signal if name == "signal" else dataset[name]
        assert np.array_equal(array.read(), values), name
    block = 60 if version < (2, 0) else 128
    assert dataset["aux"].sampling_rate == 250.0
    assert dataset["supply"].sampling_rate == 1000 / block
    assert dataset["dig"].channel_names == ("DIGITAL-IN-04", "DIGITAL-IN-01", "DIGITAL-IN-16")
    assert dataset.warnings == ()
    assert dataset.parts[0].start_time == np.datetime64("2023-11-17T05:25:00", "ns")
    layout = "one file per channel" if per_channel else "one file per signal type"
    assert (dataset.name, dataset.metadata["layout"]) == ("rat_231117_052500", layout)


@LAYOUTS
def test_written_folders_conform(per_channel: bool, tmp_path: Path) -> None:
    stored = _write(tmp_path / "rat_231117_052500", n=256, per_channel=per_channel)
    check_format(open_intan, tmp_path / "rat_231117_052500", expected=_values(stored))


@LAYOUTS
def test_a_path_to_a_file_of_the_folder_opens_the_folder(per_channel: bool, tmp_path: Path) -> None:
    _write(tmp_path / "rat", per_channel=per_channel)
    whole = ec.open_recording(tmp_path / "rat")
    files = [path for path in (tmp_path / "rat").iterdir()]
    assert {"info.rhd", "time.dat"} < {path.name for path in files}
    for path in files:
        assert ec.open_recording(path) == whole
    listed = ec.streams(tmp_path / "rat")
    assert listed["stream"].tolist() == ["amplifier", "aux", "supply", "adc", "dig", "dig_out"]
    assert listed["samples"].tolist() == [384, 96, 3, 384, 384, 384]
    # A file of that name elsewhere is none of ours.
    shutil.copy(tmp_path / "rat" / "time.dat", tmp_path / "time.dat")
    with pytest.raises(ec.FormatError, match="no format recognises this"):
        ec.open_recording(tmp_path / "time.dat")


def test_the_two_layouts_of_one_recording_are_equal_but_for_their_files(tmp_path: Path) -> None:
    for per_channel in (False, True):
        _write(tmp_path / str(per_channel), per_channel=per_channel)
    one, other = (open_intan(tmp_path / str(flag)).replace(name="x") for flag in (False, True))
    assert ec.equals(one, other)


def test_a_traditional_file_and_a_folder_of_one_rig_join(tmp_path: Path) -> None:
    stored = _write(tmp_path / "folder")
    lines = {"digital_in_lines": (3, 0, 15), "digital_out_lines": (2,), "sampling_rate": 1000.0}
    amplifier = stored["amplifier"].astype(int) + 32768
    write_rhd(tmp_path / "a.rhd", **{**stored, "amplifier": amplifier}, **lines)
    joined = ec.join(open_intan(tmp_path / "a.rhd"), open_intan(tmp_path / "folder"))
    assert list(joined.aligned) == ["aux", "supply", "adc", "dig", "dig_out"]
    for array in (joined.signal, *joined.aligned.values()):
        values = array.read()
        np.testing.assert_allclose(*np.split(values, 2, axis=1), rtol=1e-6, atol=1e-3)


def test_aux_that_is_not_repeated_is_handed_out_as_stored_and_that_is_said(tmp_path: Path) -> None:
    _write(tmp_path / "rat")
    values = np.random.default_rng(1).integers(0, 65536, (384, 3)).astype("<u2")
    values.tofile(tmp_path / "rat" / "auxiliary.dat")
    dataset = open_intan(tmp_path / "rat")
    assert dataset["aux"].sampling_rate == 1000.0
    assert np.array_equal(dataset["aux"].read(raw=True), values.T)
    assert dataset.parts[0].warnings == ("aux: values are not stored 4 times each; handed out as stored, at 1000 Hz",)
    supply = np.arange(384, dtype="<u2")
    supply.tofile(tmp_path / "rat" / "supply.dat")
    dataset = open_intan(tmp_path / "rat")
    assert np.array_equal(dataset["supply"].read(raw=True), supply[None])
    assert "supply: values are not stored 128 times each" in dataset.warnings[1]


def test_aux_samples_saved_with_the_amplifiers(tmp_path: Path) -> None:
    """The software can write both into amplifier.dat: aux with the amplifier's offset taken off, too."""
    stored = _write(tmp_path / "rat")
    (tmp_path / "rat" / "auxiliary.dat").unlink()
    aux = np.repeat(stored["aux"].astype(int), 4, axis=1) - 32768
    np.vstack([stored["amplifier"], aux]).T.astype("<i2").tofile(tmp_path / "rat" / "amplifier.dat")
    dataset = open_intan(tmp_path / "rat")
    assert np.array_equal(dataset.signal.read(raw=True), stored["amplifier"])
    assert np.array_equal(dataset["aux"].read(raw=True), stored["aux"].astype(int) - 32768)
    np.testing.assert_allclose(dataset["aux"].read(), stored["aux"] * 37.4e-6, rtol=1e-6)
    assert dataset.warnings == ()


@LAYOUTS
def test_filtered_copies_are_arrays_and_the_signal_where_nothing_else_was_saved(
    per_channel: bool, tmp_path: Path
) -> None:
    stored = _write(tmp_path / "rat", per_channel=per_channel, amplifier=_draw()["amplifier"][:2])
    folder, low, high = tmp_path / "rat", stored["amplifier"][:2, ::4], stored["amplifier"][:2] // 2
    if per_channel:
        for k in range(2):
            low[k].tofile(folder / f"low-A-00{k}.dat")
            high[k].tofile(folder / f"high-A-00{k}.dat")
    else:
        low.T.tofile(folder / "lowpass.dat")
        high.T.tofile(folder / "highpass.dat")
    dataset = open_intan(folder)
    assert dataset["lowpass"].sampling_rate == 250.0
    assert np.array_equal(dataset["lowpass"].read(raw=True), low)
    assert np.array_equal(dataset["highpass"].read(), scaled(high, (0.195, 0.0)))
    assert dataset.warnings == ()
    for path in folder.glob("amp*"):
        path.unlink()
    dataset = open_intan(folder)
    assert np.array_equal(dataset.signal.read(raw=True), high)
    assert "highpass" not in dataset.aligned
    assert dataset.parts[0].warnings == ("the unfiltered samples were not saved: these are the highpass filtered ones",)
    for path in folder.glob("high*"):
        path.unlink()
    dataset = open_intan(folder)
    assert (dataset.sampling_rate, dataset["adc"].sampling_rate) == (250.0, 1000.0)
    assert np.array_equal(dataset.signal.read(raw=True), low)
    assert np.array_equal(dataset["adc"].read(raw=True), stored["adc"])


def test_notes_typed_while_recording(tmp_path: Path) -> None:
    _write(tmp_path / "rat", notes=("rat 7", "", "awake"))
    text = "0, 00:00:00, rat 7\r\n0, 00:00:00, awake\r\n12000, 00:00:12, fell asleep \xb5\r\n\r\n"
    (tmp_path / "rat" / "notes_231117_052500.txt").write_text(text, "utf-8")
    dataset = open_intan(tmp_path / "rat")
    assert dataset.parts[0].notes == ("rat 7", "awake", "12000, 00:00:12, fell asleep \xb5")
    (tmp_path / "rat" / "notes_231117_052500.txt").write_bytes(b"x" * ((1 << 20) + 1))
    dataset = open_intan(tmp_path / "rat")
    assert dataset.parts[0].warnings == (
        "notes_231117_052500.txt is longer than notes are: only its first 1,048,576 bytes are read",
    )


@LAYOUTS
def test_board_inputs_alone(per_channel: bool, tmp_path: Path) -> None:
    stored = _write(tmp_path / "rat", amplifier=np.zeros((0, 384), np.int16), per_channel=per_channel)
    dataset = open_intan(tmp_path / "rat")
    assert dataset.signal.shape == (0, 384)
    assert dataset.signal.read().shape == (0, 384)
    assert np.array_equal(dataset["adc"].read(raw=True), stored["adc"])


# What a crash leaves ------------------------------------------------------------------------------


def _refusal(path: Path) -> str:
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(path)
    return str(caught.value)


def test_an_info_file_alone(tmp_path: Path) -> None:
    _write(tmp_path / "rat")
    for path in (tmp_path / "rat").glob("*.dat"):
        path.unlink()
    for path in (tmp_path / "rat", tmp_path / "rat" / "info.rhd"):
        assert _refusal(path) == (
            f"{tmp_path / 'rat' / 'info.rhd'}: info.rhd is a header alone: every file of samples is missing (expected "
            "beside it amplifier.dat, or amp-A-000.dat and so on; found no .dat file). "
            "Copy the whole folder from the acquisition computer"
        )


def test_amplifier_files_that_are_missing(tmp_path: Path) -> None:
    _write(tmp_path / "rat")
    (tmp_path / "rat" / "amplifier.dat").unlink()
    assert _refusal(tmp_path / "rat") == (
        f"{tmp_path / 'rat'}: the amplifier's samples are missing: amplifier.dat (expected samples of 5 channels, as "
        "info.rhd says; found analogin.dat, auxiliary.dat, digitalin.dat, digitalout.dat, supply.dat, time.dat). "
        "Copy the whole folder from the acquisition computer"
    )
    stored = _write(tmp_path / "cat", per_channel=True)
    (tmp_path / "cat" / "amp-A-002.dat").unlink()
    dataset = open_intan(tmp_path / "cat")
    assert dataset.signal.channel_names == ("A-000", "A-001", "A-003", "A-004")
    assert dataset.parts[0].opened.source.tolist() == [0, 1, 3, 4]
    assert np.array_equal(dataset.signal.read(raw=True), stored["amplifier"][[0, 1, 3, 4]])
    assert dataset.parts[0].warnings == ("amp-A-002.dat is missing: 1 of 5 channels left out",)
    grid = ec.ChannelMap([[k // 3, k % 3] for k in range(5)], (2, 3))
    with pytest.raises(ec.FormatError, match=r"channels that the recording lacks .*source channels 2"):
        ec.open_recording(tmp_path / "cat", electrode=grid)
    for path in (tmp_path / "cat").glob("amp-*"):
        path.unlink()
    assert "the amplifier's samples are missing: amp-A-000.dat, amp-A-001.dat" in _refusal(tmp_path / "cat")


@LAYOUTS
def test_other_files_that_are_missing_are_named(per_channel: bool, tmp_path: Path) -> None:
    _write(tmp_path / "rat", per_channel=per_channel)
    keep = ("amp", "info")
    for path in (tmp_path / "rat").iterdir():
        if not path.name.startswith(keep):
            path.unlink()
    dataset = open_intan(tmp_path / "rat")
    assert dict(dataset.aligned) == {}
    one, several = "{} is missing: {} is left out", "{} are missing: {} is left out"
    expected = [
        ("auxiliary.dat", "aux"),
        ("supply.dat", "supply"),
        ("analogin.dat", "adc"),
        ("digitalin.dat", "dig"),
        ("digitalout.dat", "dig_out"),
    ]
    said = [one.format(*names) for names in expected]
    if per_channel:
        said = [
            several.format("aux-A-AUX1.dat, aux-A-AUX2.dat, aux-A-AUX3.dat", "aux"),
            one.format("vdd-A-VDD1.dat", "supply"),
            several.format("board-ANALOG-IN-1.dat, board-ANALOG-IN-2.dat", "adc"),
            several.format("board-DIGITAL-IN-04.dat, board-DIGITAL-IN-01.dat, board-DIGITAL-IN-16.dat", "dig"),
            one.format("board-DIGITAL-OUT-03.dat", "dig_out"),
        ]
    said.append("time.dat is missing: whether samples were lost while recording is unknown")
    assert list(dataset.parts[0].warnings) == said


def test_files_of_unequal_length(tmp_path: Path) -> None:
    stored = _write(tmp_path / "rat", per_channel=True)
    _cut(tmp_path / "rat" / "amp-A-003.dat", 2 * 300)
    _cut(tmp_path / "rat" / "aux-A-AUX2.dat", 2 * 200)
    dataset = open_intan(tmp_path / "rat")
    assert np.array_equal(dataset.signal.read(raw=True), stored["amplifier"][:, :300])
    aux = dataset["aux"].read()
    assert np.array_equal(aux[:, :50], scaled(stored["aux"][:, :50], AUX))
    assert np.isnan(aux[:, 50:]).all()
    assert aux.shape == (3, 75)
    said = "{} files are shorter than the others, which have 384 samples: all are cut to {} ({})"
    assert list(dataset.parts[0].warnings) == [
        said.format("1 of 5", 300, "amp-A-003.dat"),
        said.format("1 of 3", 200, "aux-A-AUX2.dat"),
        "aux: 25 samples missing beside the signal: filled with nan at the end",
        "adc: 84 samples too many beside the signal: left out at the end",
        "dig: 84 samples too many beside the signal: left out at the end",
        "dig_out: 84 samples too many beside the signal: left out at the end",
        "time.dat has 384 timestamps for 300 samples",
    ]


def _cut(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])


def test_every_cut_of_the_amplifiers_file(tmp_path: Path) -> None:
    stored = _write(tmp_path / "rat")
    path = tmp_path / "rat" / "amplifier.dat"
    data = path.read_bytes()
    for length in [*range(0, 23), *range(len(data) - 11, len(data))]:
        path.write_bytes(data[:length])
        whole, left_over = divmod(length, 10)
        if whole == 0:
            assert (
                f"amplifier.dat: the recording has no whole sample (expected samples of 10 bytes; found {length}"
                in (_refusal(tmp_path / "rat"))
            )
            continue
        dataset = open_intan(tmp_path / "rat")
        assert np.array_equal(dataset.signal.read(raw=True), stored["amplifier"][:, :whole])
        were = f"{left_over} byte was" if left_over == 1 else f"{left_over} bytes were"
        cut = f"amplifier.dat was cut in the middle of a sample: {were} left over after {whole:,} whole ones"
        assert (cut in dataset.parts[0].warnings) == bool(left_over)
        assert f"time.dat has 384 timestamps for {whole} samples" in dataset.parts[0].warnings


def test_a_channels_file_cut_in_the_middle_of_a_sample(tmp_path: Path) -> None:
    _write(tmp_path / "rat", per_channel=True)
    _cut(tmp_path / "rat" / "amp-A-004.dat", 2 * 384 - 1)
    dataset = open_intan(tmp_path / "rat")
    assert dataset.n_samples == 383
    assert dataset.parts[0].warnings[0] == (
        "amp-A-004.dat was cut in the middle of a sample: 1 byte was left over after 383 whole ones"
    )
    _cut(tmp_path / "rat" / "amp-A-004.dat", 0)
    assert "amp-A-004.dat: the recording has no whole sample" in _refusal(tmp_path / "rat")


def test_a_folder_of_a_terabyte_opens_at_once(tmp_path: Path) -> None:
    _write(tmp_path / "rat")
    n = 10**11
    for name, size in (("amplifier", 10), ("time", 4), ("auxiliary", 6), ("supply", 2), ("analogin", 4)):
        os.truncate(tmp_path / "rat" / f"{name}.dat", n * size)
    (tmp_path / "rat" / "digitalin.dat").unlink()
    (tmp_path / "rat" / "digitalout.dat").unlink()
    start = time.perf_counter()
    dataset = open_intan(tmp_path / "rat")
    assert time.perf_counter() - start < 1.0
    assert dataset.n_samples == n
    assert dataset["aux"].n_samples == n // 4
    assert dataset.signal[:, -3:].tolist() == [[0.0] * 3] * 5


def test_timestamps_that_do_not_go_with_the_samples(tmp_path: Path) -> None:
    _write(tmp_path / "rat")
    stamps = tmp_path / "rat" / "time.dat"
    _cut(stamps, 4 * 380 + 3)
    assert open_intan(tmp_path / "rat").parts[0].warnings == ("time.dat has 380 timestamps for 384 samples",)
    _cut(stamps, 0)
    assert open_intan(tmp_path / "rat").parts[0].warnings == ("time.dat has 0 timestamps for 384 samples",)


@LAYOUTS
def test_samples_lost_while_recording_are_seams(per_channel: bool, tmp_path: Path) -> None:
    folder = tmp_path / "rat_231117_052500"
    stored = _write(folder, per_channel=per_channel)
    samples = np.arange(384)
    (samples - 100 + 500 * (samples >= 128) + 7 * (samples >= 383)).astype("<i4").tofile(folder / "time.dat")
    dataset = open_intan(folder)
    assert [seam.sample for seam in dataset.seams] == [128, 383]
    assert [seam.gap_s for seam in dataset.seams] == pytest.approx([0.5, 0.007])
    assert np.array_equal(dataset.signal.read(raw=True), stored["amplifier"])
    assert np.array_equal(dataset["aux"].read(raw=True), stored["aux"])
    assert dataset.parts[1].warnings == ("500 samples (0.500 s) were lost before this part",)
    check_format(open_intan, folder, damage=False)
    (samples * 1000000007).astype("<i4").tofile(folder / "time.dat")
    (text,) = open_intan(folder).parts[0].warnings
    assert text.endswith("and jump more than 52 times: where samples were lost is unknown")


def test_an_empty_array_is_left_out_by_name(tmp_path: Path) -> None:
    _write(tmp_path / "rat")
    _cut(tmp_path / "rat" / "analogin.dat", 3)
    (tmp_path / "rat" / "spike.dat").write_bytes(b"\x81\xa2\xb3\xc4")
    dataset = open_intan(tmp_path / "rat")
    assert "adc" not in dataset.aligned
    assert dataset.parts[0].warnings == (
        "analogin.dat was cut in the middle of a sample: 3 bytes were left over after 0 whole ones",
        "analogin.dat holds no whole sample: adc is left out",
        "1 file is not read: spike.dat",
    )


def test_a_damaged_info_file_is_refused_or_opens(tmp_path: Path) -> None:
    """Whatever it says: no other error, and nothing past the end of a file."""
    rng = np.random.default_rng(3)
    for per_channel in (False, True):
        folder = tmp_path / str(per_channel)
        _write(folder, per_channel=per_channel)
        good = np.frombuffer((folder / "info.rhd").read_bytes(), np.uint8)
        opened = 0
        for _ in range(200):
            data = good.copy()
            places = rng.integers(0, len(data), int(rng.integers(1, 4)))
            data[places] = rng.choice([0, 1, 0x7F, 0xFF, int(rng.integers(256))], len(places))
            (folder / "info.rhd").write_bytes(data.tobytes())
            with suppress(ec.EcogcatError):
                dataset = open_intan(folder)
                for array in (dataset.signal, *dataset.arrays().values()):
                    array[:, -1:]
                opened += 1
        assert opened > 20


# Consecutive folders ------------------------------------------------------------------------------


def test_consecutive_folders_open_as_one_dataset(tmp_path: Path) -> None:
    day = tmp_path / "day"
    names = ["rat_231117_052500", "rat_231117_052630", "rat_231117_060000"]
    stored = [_write(day / name, n=128 * (k + 1), per_channel=k == 1) for k, name in enumerate(names)]
    dataset = ec.open_recording(day)
    assert [part.name for part in dataset.parts] == names
    assert dataset.name == "rat"
    assert [seam.sample for seam in dataset.seams] == [128, 384]
    assert [seam.gap_s for seam in dataset.seams] == [90 - 0.128, 2010 - 0.256]
    assert dataset.warnings == ()
    assert np.array_equal(dataset.signal.read(raw=True), np.hstack([one["amplifier"] for one in stored]))
    assert np.array_equal(dataset["aux"].read(raw=True), np.hstack([one["aux"] for one in stored]))
    check_format(ec.open_recording, day, damage=False)
    found, _ = find_recordings(tmp_path, ec.open_recording)
    assert [(Path(one.path).name, one.problem) for one in found] == [("day", "")]


def test_folders_in_one_second_do_not_begin_at_once(tmp_path: Path) -> None:
    """Their timestamps begin anew: only the names tell when."""
    for second in (0, 1):
        _write(tmp_path / "day" / f"rat_231117_05250{second}", n=256)
    dataset = open_intan(tmp_path / "day")
    assert [seam.gap_s for seam in dataset.seams] == [1 - 0.256]


def test_folders_of_several_recordings_are_listed(tmp_path: Path) -> None:
    _write(tmp_path / "day" / "rat_231117_052500")
    _write(tmp_path / "day" / "cat")
    write_rhd(tmp_path / "day" / "dog_231117_052500.rhd", np.zeros((2, 128)))
    assert (
        "found recording='cat' (1 piece); recording='dog' (1 piece); recording='rat' (1 piece)). Name one"
        in _refusal(tmp_path / "day")
    )
    assert ec.open_recording(tmp_path / "day", recording="rat").name == "rat_231117_052500"
    assert ec.open_recording(tmp_path / "day", recording="dog").n_channels == 2
    assert ec.streams(tmp_path / "day")["recording"].unique().tolist() == ["cat", "dog", "rat"]


def test_a_folder_that_does_not_continue_the_one_before(tmp_path: Path) -> None:
    _write(tmp_path / "day" / "rat_231117_052500")
    _write(tmp_path / "day" / "rat_231117_052600", amplifier=np.zeros((4, 384)))
    odd = tmp_path / "day" / "rat_231117_052600"
    assert _refusal(tmp_path / "day") == (
        f"{odd}: this folder does not continue rat_231117_052500: its amplifier differs (expected 5 channels: A-004; "
        "found 4 channels). Move it to a folder of its own, or open the folders one by one and join them"
    )
    found, _ = find_recordings(tmp_path, ec.open_recording)
    assert [(Path(one.path).name, bool(one.problem)) for one in found] == [
        ("rat_231117_052500", False),
        ("rat_231117_052600", False),
    ]


def test_a_folder_that_lacks_its_samples_is_one_line_of_a_report(tmp_path: Path) -> None:
    _write(tmp_path / "rat")
    (tmp_path / "rat" / "amplifier.dat").unlink()
    (one,) = find_recordings(tmp_path, ec.open_recording)[0]
    assert one.problem.startswith("the amplifier's samples are missing: amplifier.dat")
