"""Intan recordings: real ones against a decoder of our own and Neo's, every version, and folders of pieces."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.intan import open_intan
from ecogcat.testing import check_format
from ecogcat.testing.rhd import write_rhd
from tests.conftest import shared_path
from tests.formats.recordings import (
    AMPLIFIER,
    AUX,
    SUPPLY,
    VERSIONS,
    Decoded,
    block_length,
    decode_rhd,
    draw_intan,
    intan_values,
    scaled,
    write_pieces,
)

# Whole recordings, and the folders into which copies of them were cut: header bytes, major version, channels.
REAL: dict[str, tuple[str, dict[str, Any]]] = {
    "derived_consecutive_128ch": (
        "ephys2_r4_210612_195804_part.rhd",
        {"header": 10466, "version": 1, "channels": (128, 6, 2, True)},
    ),
    "derived_consecutive_32ch": (
        "intan_sampledata_r.rhd",
        {"header": 4926, "version": 1, "channels": (32, 3, 1, False)},
    ),
}
WHOLE = {
    **dict(REAL.values()),
    "ephys2_sampledata.rhd": {"header": 3050, "version": 3, "channels": (32, 3, 0, False)},
}


def _real(name: str) -> Path:
    return shared_path(f"recordings/intan/{name}")


def _dated(n: int) -> list[str]:
    return [f"rat_231117_0525{k:02d}.rhd" for k in range(n)]


# Real recordings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WHOLE)
def test_stored_integers_and_values_equal_a_plain_decode(name: str) -> None:
    decoded = decode_rhd(_real(name), **WHOLE[name])
    dataset = open_intan(_real(name))
    assert dataset.sampling_rate == decoded.rate == 20000.0
    kinds: dict[str, tuple[np.ndarray, tuple[float, float]]] = {
        "signal": (decoded.amplifier, AMPLIFIER),
        "aux": (decoded.aux, AUX),
        "supply": (decoded.supply, SUPPLY),
    }
    for kind, (stored, scale) in kinds.items():
        if not len(stored):
            assert kind not in dataset.aligned
            continue
        array = dataset.signal if kind == "signal" else dataset[kind]
        raw = array.read(raw=True)
        assert raw.dtype == np.uint16
        assert np.array_equal(raw, stored), kind
        values = array.read()
        assert values.dtype == np.float32
        assert np.array_equal(values, scaled(stored, scale)), kind
    _check_digital(dataset, decoded)
    assert dataset.units == "uV"
    assert {name: array.units for name, array in dataset.aligned.items() if name != "dig"}.items() <= {
        "aux": "V",
        "supply": "V",
    }.items()


def _check_digital(dataset: ec.Dataset, decoded: Decoded) -> None:
    if decoded.digital is None:
        assert "dig" not in dataset.aligned
        return
    assert dataset["dig"].dtype == np.uint16
    # The header enables one line of sixteen, DIN-15: it is the highest bit.
    assert dataset["dig"].channel_names == ("DIN-15",)
    assert np.array_equal(dataset["dig"][0], decoded.digital >> 15)


@pytest.mark.parametrize("name", WHOLE)
def test_stored_integers_equal_neos(name: str) -> None:
    rawio = pytest.importorskip("neo.rawio")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = rawio.IntanRawIO(filename=str(_real(name)))
        theirs.parse_header()
    dataset = open_intan(_real(name))
    found = {str(title): k for k, title in enumerate(theirs.header["signal_streams"]["name"])}
    compared = []
    for ours, key in (("signal", "amplifier"), ("aux", "auxiliary"), ("supply", "supply")):
        for title, stream in found.items():
            if key in title:
                array = dataset.signal if ours == "signal" else dataset[ours]
                chunk = theirs.get_analogsignal_chunk(0, 0, None, None, stream)
                assert np.array_equal(array.read(raw=True), chunk.T), title
                ids = theirs.header["signal_channels"]
                ids = ids[ids["stream_id"] == theirs.header["signal_streams"]["id"][stream]]
                assert list(array.channel_names) == [str(channel) for channel in ids["id"]]
                compared.append(ours)
    assert sorted(compared) == sorted({"signal", *dataset.aligned} - {"dig"})


@pytest.mark.parametrize("name", REAL)
def test_pieces_joined_equal_the_uncut_original(name: str) -> None:
    original, facts = REAL[name]
    decoded = decode_rhd(_real(original), **facts)
    files = sorted(_real(name).iterdir())
    joined = ec.join(*map(open_intan, files))
    assert len(joined.parts) == len(files) == len(joined.seams) + 1
    assert np.array_equal(joined.signal.read(raw=True), decoded.amplifier)
    assert np.array_equal(joined.signal.read(), scaled(decoded.amplifier, AMPLIFIER))
    assert np.array_equal(joined["aux"].read(), scaled(decoded.aux, AUX))
    assert np.array_equal(joined["supply"].read(), scaled(decoded.supply, SUPPLY))
    _check_digital(joined, decoded)
    whole = open_intan(_real(original))
    for array in ("signal", *whole.aligned):
        ours, theirs = (one.signal if array == "signal" else one[array] for one in (joined, whole))
        assert np.array_equal(ours.read(), theirs.read()), array
        assert (ours.sampling_rate, ours.units, ours.channel_names) == (
            theirs.sampling_rate,
            theirs.units,
            theirs.channel_names,
        )
    assert joined.warnings == ()


@pytest.mark.parametrize("name", REAL)
def test_the_folder_is_the_join_of_its_pieces(name: str) -> None:
    folder = open_intan(_real(name))
    joined = ec.join(*map(open_intan, sorted(_real(name).iterdir())))
    assert folder == joined
    assert folder.token == joined.token
    assert ec.equals(folder, joined)
    assert folder == ec.open_recording(_real(name))
    assert folder.name == name.replace("derived_consecutive_128ch", "r4_210612").replace(
        "derived_consecutive_32ch", "sampledata_r"
    )


def test_a_real_file_cut_inside_a_block_opens_with_the_whole_ones() -> None:
    path = shared_path("recordings/refuse/intan_cut_mid_block.rhd")
    dataset = open_intan(path)
    expected = "cut in the middle of a data block: 5,447 bytes were left over after 241 whole blocks (30,848 samples)"
    assert dataset.parts[0].warnings == (expected,)
    assert dataset.warnings == (f"intan_cut_mid_block: {expected}",)
    whole = open_intan(_real("ephys2_sampledata.rhd"))
    assert dataset.n_samples == 30848 == 241 * 128
    assert np.array_equal(dataset.signal.read(), whole.signal[:, :30848])
    assert np.array_equal(dataset["aux"].read(), whole["aux"][:, : 30848 // 4])


# Every version ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_every_array_of_every_version(version: tuple[int, int], tmp_path: Path) -> None:
    stored = draw_intan(version, n_blocks=2)
    modes = (0, 1, 13) if version >= (1, 3) else (0,)
    for mode in modes:
        path = tmp_path / f"{mode}.rhd"
        write_rhd(
            path,
            **stored,
            version=version,
            board_mode=mode,
            sampling_rate=2000.0,
            digital_in_lines=(0, 3, 15),
            digital_out_lines=(9,),
        )
        dataset = open_intan(path)
        expected = intan_values(stored, mode, (0, 3, 15), (9,))
        assert set(dataset.aligned) == set(expected) - {"signal"}
        for name, values in expected.items():
            array = dataset.signal if name == "signal" else dataset[name]
            assert np.array_equal(array.read(), values), (name, mode)
        length = block_length(version)
        rates = {name: array.sampling_rate for name, array in dataset.aligned.items()}
        slow = {"aux": 500.0, "supply": pytest.approx(2000 / length), "temperature": pytest.approx(2000 / length)}
        assert all(rates[name] == slow.get(name, 2000.0) for name in rates)
        units = {name: array.units for name, array in dataset.aligned.items()}
        assert units == {
            name: {"dig": "", "dig_out": "", "temperature": "degC"}.get(name, "V") for name in dataset.aligned
        }
        assert dataset["dig"].dtype == np.uint16
        assert dataset["dig"].channel_names == ("DIGITAL-IN-01", "DIGITAL-IN-04", "DIGITAL-IN-16")
        assert dataset.metadata["version"] == ".".join(map(str, version))


def test_lines_are_bits_by_native_order_whatever_order_the_header_lists_them_in(tmp_path: Path) -> None:
    words = np.arange(128, dtype=np.uint16) * 511
    write_rhd(tmp_path / "a.rhd", np.zeros((1, 128)), digital_in=words, digital_in_lines=(7, 2))
    dig = open_intan(tmp_path / "a.rhd")["dig"]
    assert dig.channel_names == ("DIGITAL-IN-08", "DIGITAL-IN-03")
    assert np.array_equal(dig.read(), [words >> 7 & 1, words >> 2 & 1])


def test_notes_metadata_and_names(tmp_path: Path) -> None:
    write_rhd(
        tmp_path / "a.rhd",
        np.zeros((3, 128)),
        names=["left", "right", "µ"],
        notes=("first", "", "third"),
        impedance_ohm=[1e4, 2e4, 3e4],
        notch_mode=2,
        reference="A-002",
        first_timestamp=-64,
    )
    dataset = open_intan(tmp_path / "a.rhd")
    part = dataset.parts[0]
    assert dataset.signal.channel_names == ("A-000", "A-001", "A-002")
    assert part.notes == ("first", "third")
    assert part.paths == (str(tmp_path / "a.rhd"),)
    assert (part.format, part.name, dataset.name) == ("intan", "a", "a")
    wanted = {
        "custom_names": ("left", "right", "µ"),
        "impedance_ohm": (1e4, 2e4, 3e4),
        "hardware_notch_hz": 60.0,
        "reference_channel": "A-002",
        "first_timestamp": -64,
    }
    assert {key: dataset.metadata[key] for key in wanted} == wanted
    assert dataset.channel_map is None
    assert len(dataset.events) == 0


def test_a_recording_of_board_inputs_alone_has_no_channels_but_its_arrays(tmp_path: Path) -> None:
    adc = np.arange(256, dtype=np.uint16)[None]
    write_rhd(tmp_path / "a.rhd", np.zeros((0, 256)), adc=adc)
    dataset = open_intan(tmp_path / "a.rhd")
    assert dataset.signal.shape == (0, 256)
    assert dataset.signal.read().shape == (0, 256)
    assert np.array_equal(dataset["adc"].read(raw=True), adc)


def test_names_given_twice_or_not_at_all_are_made_unique_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.rhd"
    write_rhd(path, np.zeros((3, 128)))
    data = path.read_bytes()
    second = data.index("A-001".encode("utf-16-le"))
    path.write_bytes(data[:second] + "A-000".encode("utf-16-le") + data[second + 10 :])
    dataset = open_intan(path)
    assert dataset.signal.channel_names == ("A-000", "ch1", "A-002")
    assert dataset.parts[0].warnings == ("channel names missing or given twice, renamed: ch1 for 'A-000'",)


def test_a_line_that_a_word_does_not_have_is_refused(tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", np.zeros((1, 128)), digital_in=np.zeros(128), digital_in_lines=(16,))
    with pytest.raises(ec.FormatError, match=r"the line of channel 1 of signal group 3 cannot be .*expected 0 to 15"):
        open_intan(tmp_path / "a.rhd")


def test_a_header_without_a_whole_block_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rhd"
    write_rhd(path, np.zeros((2, 128)))
    block = 128 * (4 + 2 * 2)
    header = path.stat().st_size - block
    data = path.read_bytes()
    for left in (0, block - 1):
        path.write_bytes(data[: header + left])
        with pytest.raises(ec.FormatError) as caught:
            open_intan(path)
        assert str(caught.value) == (
            f"{path}: the recording has no whole data block (at byte {header:,}; expected blocks of {block:,} bytes; "
            f"found {left:,} bytes). It was stopped or crashed right after it was started; leave it out"
        )


def test_every_cut_of_a_small_file(tmp_path: Path) -> None:
    """At every byte around each boundary: header, block, array within the block."""
    path, cut = tmp_path / "a.rhd", tmp_path / "cut.rhd"
    stored = draw_intan((1, 5), n_blocks=2, n=2)
    write_rhd(path, **stored, version=(1, 5))
    data = path.read_bytes()
    block = 60 * 4 + 2 * (2 * 60 + 3 * 15 + 1 + 2 + 2 * 60 + 60 + 60)
    header = len(data) - 2 * block
    inside = np.cumsum([0, 240, 240, 90, 2, 4, 240, 120, 120])
    assert inside[-1] == block
    for edge in [header + k * block + at for k in (0, 1) for at in inside]:
        for length in range(edge - 2, edge + 3):
            cut.write_bytes(data[:length])
            n_blocks, left_over = divmod(max(0, length - header), block)
            if length < header or n_blocks == 0:
                with pytest.raises(ec.FormatError, match=r"cut\.rhd: .*(ends inside its header|no whole data block)"):
                    open_intan(cut)
                continue
            if length > len(data):
                continue
            dataset = open_intan(cut)
            assert dataset.n_samples == 60 * n_blocks
            assert np.array_equal(dataset.signal.read(raw=True), stored["amplifier"][:, : 60 * n_blocks])
            said = f"{left_over:,} bytes were left over after {n_blocks} whole blocks"
            assert [said in text for text in dataset.warnings] == ([True] if left_over else [])


def _restamped(path: Path, stamps: np.ndarray) -> None:
    """Give the samples of a file of one channel, 128 a block, other timestamps."""
    data = bytearray(path.read_bytes())
    block = 128 * 6
    for k, some in enumerate(stamps.astype("<i4").reshape(-1, 128)):
        at = len(data) - (len(stamps) // 128 - k) * block
        data[at : at + 512] = some.tobytes()
    path.write_bytes(data)


def test_samples_lost_while_recording_are_seams_with_their_time(tmp_path: Path) -> None:
    path = tmp_path / "rat_231117_052500.rhd"
    samples = np.arange(128 * 6, dtype=np.uint16)
    write_rhd(path, samples[None], sampling_rate=1000.0, aux=samples[None, ::4])
    stamps = samples + 1000 * (samples >= 200) + 1 * (samples >= 201) + 50 * (samples >= 640)
    data = bytearray(path.read_bytes())
    block = 128 * 6 + 64
    for k, some in enumerate(stamps.astype("<i4").reshape(-1, 128)):
        at = len(data) - (6 - k) * block
        data[at : at + 512] = some.tobytes()
    path.write_bytes(data)
    dataset = open_intan(path)
    assert [seam.sample for seam in dataset.seams] == [200, 201, 640]
    assert [seam.gap_s for seam in dataset.seams] == pytest.approx([1.0, 0.001, 0.05])
    assert np.array_equal(dataset.signal.read(raw=True)[0], samples)
    assert np.array_equal(dataset["aux"].read(raw=True)[0], samples[::4])
    assert [part.warnings for part in dataset.parts] == [
        (),
        ("1,000 samples (1.000 s) were lost before this part",),
        ("1 samples (0.001 s) were lost before this part",),
        ("50 samples (0.050 s) were lost before this part",),
    ]
    assert dataset.name == "rat_231117_052500"
    wall = ec.locate(dataset, [0, 199, 200, 767])["wall_time"]
    start = np.datetime64("2023-11-17T05:25:00", "ns")
    assert ((wall - start) // np.timedelta64(1, "ms")).tolist() == [0, 199, 1200, 767 + 1051]
    check_format(open_intan, path, damage=False)


def test_timestamps_that_go_back_or_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.rhd"
    write_rhd(path, np.zeros((1, 128 * 32)))
    stamps = np.arange(128 * 32)
    _restamped(path, stamps - 300 * (stamps >= 1000))
    dataset = open_intan(path)
    assert [seam.sample for seam in dataset.seams] == [1000]
    assert dataset.parts[1].warnings == ("the timestamps go back by 300 samples before this part",)
    _restamped(path, stamps * 2)
    (text,) = open_intan(path).parts[0].warnings
    assert text == (
        "the timestamps run from 0 to 8,190, which is not 4,096 samples, and jump more than 516 times: where samples "
        "were lost is unknown"
    )


def test_timestamps_that_overflow_in_a_recording_of_days_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.rhd"
    write_rhd(path, np.zeros((1, 128)), first_timestamp=2**31 - 128)
    data = path.read_bytes()
    write_rhd(path, np.zeros((1, 128)), first_timestamp=-(2**31))
    path.write_bytes(data + path.read_bytes()[-128 * 6 :])
    assert open_intan(path).warnings == ()


# Folders of pieces --------------------------------------------------------------------------------


def test_pieces_are_one_dataset_with_seams_and_a_clock(tmp_path: Path) -> None:
    names = _dated(3)
    stored = write_pieces(tmp_path / "day", names)
    dataset = open_intan(tmp_path / "day")
    for name, values in intan_values(stored).items():
        array = dataset.signal if name == "signal" else dataset[name]
        assert np.array_equal(array.read(), values), name
    assert dataset.name == "rat"
    assert [part.name for part in dataset.parts] == [name[:-4] for name in names]
    assert [seam.sample for seam in dataset.seams] == [128, 128 + 256]
    # Names carry whole seconds; within a run the timestamps are exact.
    start = np.datetime64("2023-11-17T05:25:00", "ns")
    assert dataset.parts[0].start_time == start
    assert dataset.parts[1].start_time == start + np.timedelta64(128, "ms")
    assert [seam.gap_s for seam in dataset.seams] == [0.0, 0.0]
    assert dataset.warnings == ()


def test_wall_clock_of_a_single_file_is_that_of_its_name(tmp_path: Path) -> None:
    write_rhd(tmp_path / "rat_231117_052530.rhd", np.zeros((1, 128)), sampling_rate=1000.0)
    dataset = open_intan(tmp_path / "rat_231117_052530.rhd")
    assert dataset.times("wall")[1] == np.datetime64("2023-11-17T05:25:30.001", "ns")
    write_rhd(tmp_path / "rat.rhd", np.zeros((1, 128)))
    assert open_intan(tmp_path / "rat.rhd").parts[0].start_time is None


def test_a_second_run_under_the_same_name_keeps_its_own_time(tmp_path: Path) -> None:
    for k, name in enumerate(("rat_231117_052500.rhd", "rat_231117_060000.rhd")):
        write_rhd(tmp_path / name, np.full((1, 128), k), sampling_rate=1000.0)
    dataset = open_intan(tmp_path)
    assert dataset.parts[1].start_time == np.datetime64("2023-11-17T06:00:00", "ns")
    assert dataset.seams[0].gap_s == 35 * 60 - 0.128
    assert dataset.parts[1].warnings == (
        "the timestamps go back by 128 samples between rat_231117_052500.rhd and this file",
    )


@pytest.mark.parametrize(
    "names",
    [
        ["a_part2.rhd", "a_part10.rhd", "a_part1.rhd"],  # by time stamp, against the numbers
        ["zz_231117_052500.rhd", "zz_231117_052501.rhd", "zz_231117_052502.rhd"],
        ["b-3.rhd", "b-2.rhd", "b-1.rhd"],
    ],
)
def test_pieces_come_in_the_order_in_which_they_were_recorded(names: list[str], tmp_path: Path) -> None:
    stored = write_pieces(tmp_path / "shuffled", names)
    dataset = open_intan(tmp_path / "shuffled")
    assert [Path(part.paths[0]).name for part in dataset.parts] == names
    assert np.array_equal(dataset.signal.read(raw=True), stored["amplifier"])


def test_numbers_order_pieces_whose_timestamps_do_not(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        write_rhd(tmp_path / f"a_part{number}.rhd", np.full((1, 128), number))
    dataset = open_intan(tmp_path)
    assert dataset.signal.read(raw=True)[0, ::128].tolist() == [1, 9, 10]


def test_a_missing_piece_is_counted(tmp_path: Path) -> None:
    write_pieces(tmp_path / "day", _dated(4))
    (tmp_path / "day" / _dated(4)[1]).unlink()
    dataset = open_intan(tmp_path / "day")
    assert dataset.parts[0].warnings == dataset.parts[2].warnings == ()
    assert dataset.parts[1].warnings == (
        "256 samples (0.256 s) are missing between rat_231117_052500.rhd and this file",
    )
    assert dataset.warnings == (f"rat_231117_052502: {dataset.parts[1].warnings[0]}",)
    assert dataset.seams[0].gap_s == pytest.approx(0.256)
    assert ec.split(dataset)[1] == open_intan(tmp_path / "day" / _dated(4)[2]).replace(
        parts=[ec.split(dataset)[1].parts[0]]
    )


def test_several_recordings_are_listed_and_chosen_by_name(tmp_path: Path) -> None:
    for name in ("cat_231117_052500", "cat_231117_052600", "dog_231117_060000"):
        write_rhd(tmp_path / f"{name}.rhd", np.full((2, 128), 1 if "cat" in name else 2))
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: this folder holds several recordings (expected the pieces of one; found cat (2), dog (1)). "
        "Name one with recording="
    )
    assert len(ec.open_recording(tmp_path, recording="cat").parts) == 2
    dog = ec.open_recording(tmp_path, recording="dog")
    assert (dog.name, dog.signal.read(raw=True)[0, 0]) == ("dog_231117_060000", 2)
    with pytest.raises(ec.RecordingNotFound, match=r"no recording 'cow'; there are: cat, dog"):
        ec.open_recording(tmp_path, recording="cow")
    listed = ec.streams(tmp_path)
    assert listed[["stream", "recording", "samples"]].values.tolist() == [
        ["amplifier", "cat", 256],
        ["amplifier", "dog", 128],
    ]


def test_numbered_recordings_are_not_taken_for_pieces_of_one(tmp_path: Path) -> None:
    """Two recordings that each begin at time stamp 0 are two, however alike their names."""
    for name in ("rec_001", "rec_002"):
        write_rhd(tmp_path / f"{name}.rhd", np.zeros((1, 128)))
    with pytest.raises(ec.FormatError, match=r"found rec_001 \(1\), rec_002 \(1\)"):
        open_intan(tmp_path)
    assert open_intan(tmp_path, recording="rec_002").name == "rec_002"
    write_rhd(tmp_path / "rec_002.rhd", np.zeros((1, 128)), first_timestamp=128)
    assert len(open_intan(tmp_path).parts) == 2


@pytest.mark.parametrize(
    ("changed", "what", "expected", "found"),
    [
        ({"sampling_rate": 500.0}, "sampling rate", "1000.0", "500.0"),
        ({"amplifier": np.zeros((4, 128))}, "amplifier", "5 channels: A-004", "4 channels"),
        ({"aux": None}, "aux", "3 channels: A-AUX1, A-AUX2, A-AUX3", "0 channels"),
        ({"digital_in_lines": (2,)}, "digital in", "1 channels: DIGITAL-IN-01", "1 channels: DIGITAL-IN-03"),
        ({"temperature": None}, "n temperature", "2", "0"),
    ],
)
def test_a_piece_with_another_header_is_refused(
    changed: dict[str, Any], what: str, expected: str, found: str, tmp_path: Path
) -> None:
    write_pieces(tmp_path / "day", _dated(2))
    odd = tmp_path / "day" / "rat_231117_052559.rhd"
    write_rhd(odd, **{**draw_intan(n_blocks=1), "sampling_rate": 1000.0, "first_timestamp": 9999, **changed})
    with pytest.raises(ec.FormatError) as caught:
        open_intan(tmp_path / "day")
    assert str(caught.value) == (
        f"{odd}: this file does not continue rat_231117_052500.rhd: its {what} differs (expected {expected}; "
        f"found {found}). Move it to a folder of its own, or open the files one by one and join them"
    )


def test_a_broken_piece_is_named(tmp_path: Path) -> None:
    write_pieces(tmp_path / "day", _dated(3))
    (tmp_path / "day" / _dated(3)[1]).write_bytes(b"")
    with pytest.raises(ec.FormatError, match=r"rat_231117_052501\.rhd: the file is empty"):
        open_intan(tmp_path / "day")


def test_a_broken_file_among_numbered_ones_is_named(tmp_path: Path) -> None:
    write_pieces(tmp_path / "day", ["rec_1.rhd", "rec_2.rhd"])
    (tmp_path / "day" / "rec_3.rhd").write_bytes(b"RIFF" * 100)
    with pytest.raises(ec.FormatError, match=r"rec_3\.rhd: this is no Intan file"):
        open_intan(tmp_path / "day")


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    write_pieces(tmp_path / "day", ["rat_231117_052500.RHD", "rat_231117_052501.rhd"])
    (tmp_path / "day" / "._rat_231117_052500.rhd").write_bytes(b"left by a Mac")
    (tmp_path / "day" / "notes.txt").write_text("tired")
    (tmp_path / "day" / "old.rhd").mkdir()
    assert len(open_intan(tmp_path / "day").parts) == 2


def test_folders_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match=r"the folder has no \.rhd or \.rhs file"):
        open_intan(tmp_path)
    with pytest.raises(ec.RecordingNotFound, match=r"a\.rhd: no such file"):
        open_intan(tmp_path / "a.rhd")
    write_rhd(tmp_path / "a.rhd", np.zeros((1, 128)))
    with pytest.raises(TypeError, match=r"recording='b' names one of a folder's recordings; .*a\.rhd is one file"):
        open_intan(tmp_path / "a.rhd", recording="b")


def test_a_folder_moves_as_a_whole(tmp_path: Path) -> None:
    write_pieces(tmp_path / "day", _dated(3))
    dataset = open_intan(tmp_path / "day")
    shutil.move(tmp_path / "day", tmp_path / "archive")
    with pytest.raises(ec.SourceChangedError, match=r"rat_231117_05250\d\.rhd: was .* bytes when opened and is gone"):
        dataset.signal[:, :3]
    assert open_intan(tmp_path / "archive") == dataset
