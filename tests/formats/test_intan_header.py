"""The header of Intan files: real ones, every version, and every way in which one can be broken."""

from __future__ import annotations

import os
import struct
import tracemalloc
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecogcat.errors import FormatError
from ecogcat.formats.intan.header import (
    ADC_SCALES,
    AMPLIFIER_SCALE,
    AUX_SCALE,
    MAGIC,
    SUPPLY_SCALE,
    TEMPERATURE_SCALE,
    parse_file_name,
    read_header,
)
from ecogcat.testing.rhd import write_rhd
from tests.conftest import shared_path

VERSIONS = ((1, 0), (1, 1), (1, 2), (1, 3), (1, 5), (2, 0), (3, 0), (3, 3))
KINDS = ("amplifier", "aux", "supply", "adc", "digital_in", "digital_out")

# file: version, rate, channels of each kind, board mode, data blocks, bytes left over
REAL = {
    "intan/intan_sampledata_r.rhd": ((1, 5), 20000.0, (32, 3, 1, 0, 0, 0), 0, 324, 0),
    "intan/ephys2_sampledata.rhd": ((3, 0), 20000.0, (32, 3, 0, 0, 0, 0), 13, 243, 0),
    "intan/ephys2_r4_210612_195804_part.rhd": ((1, 5), 20000.0, (128, 6, 2, 0, 1, 0), 0, 100, 0),
    "intan/derived_consecutive_128ch/r4_210612_part1.rhd": ((1, 5), 20000.0, (128, 6, 2, 0, 1, 0), 0, 40, 0),
    "intan/derived_consecutive_128ch/r4_210612_part2.rhd": ((1, 5), 20000.0, (128, 6, 2, 0, 1, 0), 0, 35, 0),
    "intan/derived_consecutive_128ch/r4_210612_part3.rhd": ((1, 5), 20000.0, (128, 6, 2, 0, 1, 0), 0, 25, 0),
    "intan/derived_consecutive_32ch/sampledata_r_part1.rhd": (
        (1, 5),
        20000.0,
        (32, 3, 1, 0, 0, 0),
        0,
        100,
        0,
    ),
    "intan/derived_consecutive_32ch/sampledata_r_part2.rhd": ((1, 5), 20000.0, (32, 3, 1, 0, 0, 0), 0, 1, 0),
    "intan/derived_consecutive_32ch/sampledata_r_part3.rhd": (
        (1, 5),
        20000.0,
        (32, 3, 1, 0, 0, 0),
        0,
        200,
        0,
    ),
    "intan/derived_consecutive_32ch/sampledata_r_part4.rhd": ((1, 5), 20000.0, (32, 3, 1, 0, 0, 0), 0, 23, 0),
    "intan/intan_fps_test_231117_052500/info.rhd": ((3, 3), 30000.0, (64, 6, 0, 1, 1, 0), 13, 0, 0),
    "intan/intan_fpc_test_231117_052630/info.rhd": ((3, 3), 30000.0, (64, 6, 0, 1, 1, 0), 13, 0, 0),
    "refuse/intan_cut_mid_block.rhd": ((3, 0), 20000.0, (32, 3, 0, 0, 0, 0), 13, 241, 5447),
}


def _stored(version: tuple[int, int], n_blocks: int = 3, seed: int = 0) -> dict[str, Any]:
    """Arguments of `write_rhd` with random content of every kind that the version has."""
    rng = np.random.default_rng(seed)
    length = (60 if version < (2, 0) else 128) * n_blocks

    def draw(*shape: int) -> np.ndarray:
        return rng.integers(0, 65536, shape, dtype=np.uint16)

    arguments = {
        "amplifier": draw(5, length),
        "aux": draw(3, length // 4),
        "supply": draw(1, n_blocks),
        "adc": draw(2, length),
        "digital_in": draw(length),
        "digital_out": draw(length),
    }
    if version >= (1, 1):
        arguments["temperature"] = rng.integers(-3000, 4000, (2, n_blocks), dtype=np.int16)
    return arguments


def _write(path: Path, version: tuple[int, int] = (3, 3), **keywords: Any) -> dict[str, Any]:
    """Write a file of every kind of channel, and return what is stored."""
    stored = _stored(version)
    write_rhd(path, version=version, **{**stored, **keywords})
    return stored


def _small(path: Path, version: tuple[int, int] = (3, 3), **keywords: Any) -> bytearray:
    """The bytes of a file with a header as short as they get, and one data block."""
    write_rhd(path, np.zeros((1, 128 if version >= (2, 0) else 60), "u2"), version=version, **keywords)
    return bytearray(path.read_bytes())


def _refusal(path: Path) -> FormatError:
    with pytest.raises(FormatError) as caught:
        read_header(path)
    error = caught.value
    assert str(path) in str(error)
    assert error.offset is not None
    assert error.expected is not None
    assert error.found is not None
    assert error.hint
    return error


# Real files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REAL)
def test_real_file(name: str) -> None:
    path = shared_path(f"recordings/{name}")
    header = read_header(path)
    version, rate, counts, board_mode, n_blocks, left_over = REAL[name]
    assert (header.version, header.sampling_rate, header.board_mode) == (version, rate, board_mode)
    assert tuple(len(getattr(header, kind)) for kind in KINDS) == counts
    assert header.whole_blocks(path.stat().st_size) == (n_blocks, left_over)
    assert header.n_temperature == 0
    native = [channel.native_name for kind in KINDS for channel in getattr(header, kind)]
    assert len(set(native)) == len(native)


@pytest.mark.parametrize("name", [name for name in REAL if not name.endswith("info.rhd")])
def test_time_stamps_of_a_real_file_are_where_the_layout_says(name: str) -> None:
    path = shared_path(f"recordings/{name}")
    header = read_header(path)
    n_blocks, _ = header.whole_blocks(path.stat().st_size)
    rows = np.memmap(path, np.uint8, "r", header.header_bytes, (n_blocks, header.block_bytes))
    stamps = rows[:, : header.amplifier_offset].copy().view(header.timestamp_dtype).ravel()
    assert np.array_equal(np.diff(stamps.astype(np.int64)), np.ones(len(stamps) - 1))


def test_facts_of_a_real_header() -> None:
    header = read_header(shared_path("recordings/intan/intan_sampledata_r.rhd"))
    assert header.notes == ("this is a note 1", "NOTE2!", "Finally, note 3.")
    assert header.reference is None
    assert header.dsp_enabled
    assert header.notch_hz is None
    assert header.bandwidth_hz == pytest.approx((0.0945, 7603.765), rel=1e-3)
    assert header.desired_bandwidth_hz == pytest.approx((0.1, 7500.0))
    supplies = [(channel.native_name, channel.port, channel.port_name) for channel in header.supply]
    assert supplies == [("A-VDD1", "A", "Port A")]

    header = read_header(shared_path("recordings/intan/ephys2_r4_210612_195804_part.rhd"))
    assert header.notch_hz == 60.0
    assert header.amplifier[1].impedance_ohm == pytest.approx(72254.84)
    assert header.amplifier[1].impedance_phase_deg == pytest.approx(-26.737, rel=1e-4)
    # One line of sixteen is enabled, and it is not the first: its bit is its native order.
    assert [(line.native_name, line.native_order) for line in header.digital_in] == [("DIN-15", 15)]
    assert read_header(shared_path("recordings/intan/ephys2_sampledata.rhd")).reference == "n/a"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "637196011466866173_part.rhd",
            "no Intan file (at byte 0; expected 0xc6912702 (RHD2000) or 0xd69127ac (RHS2000); found 0x27021942)",
        ),
        ("empty.rhd", "the file is empty (at byte 0; expected an Intan header; found 0 bytes)"),
        ("intan_header_cut.rhd", "the file ends inside its header"),
    ],
)
def test_real_file_refused(name: str, message: str) -> None:
    assert message in str(_refusal(shared_path(f"recordings/refuse/{name}")))


# Every version ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_is_where_the_layout_says(version: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "all.rhd"
    stored = _write(path, version, first_timestamp=1000, sampling_rate=2000.0)
    header = read_header(path)
    n_blocks, left_over = header.whole_blocks(path.stat().st_size)
    assert (header.version, header.sampling_rate, n_blocks, left_over) == (version, 2000.0, 3, 0)
    assert header.samples_per_block == (60 if version[0] == 1 else 128)
    assert header.n_temperature == len(stored.get("temperature", ()))
    rows = np.fromfile(path, np.uint8, offset=header.header_bytes).reshape(n_blocks, header.block_bytes)

    def take(start: int, stop: int, dtype: str, n_channels: int) -> np.ndarray:
        block = rows[:, start:stop].copy().view(dtype).reshape(n_blocks, n_channels, -1)
        return block.swapaxes(0, 1).reshape(n_channels, -1)

    stamps = take(header.timestamp_offset, header.amplifier_offset, header.timestamp_dtype.str, 1)[0]
    assert np.array_equal(stamps, 1000 + np.arange(3 * header.samples_per_block))
    edges = {
        "amplifier": (header.amplifier_offset, header.aux_offset, "<u2"),
        "aux": (header.aux_offset, header.supply_offset, "<u2"),
        "supply": (header.supply_offset, header.temperature_offset, "<u2"),
        "temperature": (header.temperature_offset, header.adc_offset, "<i2"),
        "adc": (header.adc_offset, header.digital_in_offset, "<u2"),
        "digital_in": (header.digital_in_offset, header.digital_out_offset, "<u2"),
        "digital_out": (header.digital_out_offset, header.block_bytes, "<u2"),
    }
    for kind, values in stored.items():
        expected = np.atleast_2d(values)
        assert np.array_equal(take(*edges[kind], len(expected)), expected), kind


@pytest.mark.parametrize("version", VERSIONS)
def test_facts_of_a_version(version: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "facts.rhd"
    _write(
        path,
        version,
        notes=("räuschen", "", "日本語"),
        reference="A-002",
        board_mode=13,
        names=["a", "b", "c", "d", "ε"],
        impedance_ohm=[1e4, 2e4, 3e4, 4e4, 5e4],
        disabled=["A-030", "A-031"],
        digital_in_lines=(3, 9),
        notch_mode=1,
    )
    header = read_header(path)
    assert header.notes == ("räuschen", "", "日本語")
    assert header.reference == ("A-002" if version >= (2, 0) else None)
    assert header.board_mode == (13 if version >= (1, 3) else 0)
    assert header.adc_scale == ADC_SCALES[header.board_mode]
    assert header.timestamp_dtype == np.dtype("<i4" if version >= (1, 2) else "<u4")
    assert header.notch_hz == 50.0
    assert [channel.custom_name for channel in header.amplifier] == ["a", "b", "c", "d", "ε"]
    assert [channel.native_name for channel in header.amplifier] == [f"A-{i:03d}" for i in range(5)]
    assert [channel.impedance_ohm for channel in header.amplifier] == [1e4, 2e4, 3e4, 4e4, 5e4]
    assert [line.native_order for line in header.digital_in] == [3, 9]


def test_time_stamps_may_be_negative_from_version_1_2(tmp_path: Path) -> None:
    path = tmp_path / "pre.rhd"
    _write(path, (1, 2), first_timestamp=-100)
    header = read_header(path)
    assert np.fromfile(path, header.timestamp_dtype, 1, offset=header.header_bytes)[0] == -100
    with pytest.raises(ValueError, match="time stamps from -100"):
        _write(path, (1, 1), first_timestamp=-100)


def test_channels_of_several_ports(tmp_path: Path) -> None:
    path = tmp_path / "ports.rhd"
    write_rhd(path, np.zeros((300, 128), "u2"), aux=np.zeros((3, 32), "u2"))
    names = [channel.native_name for channel in read_header(path).amplifier]
    assert (len(names), names[127], names[128], names[-1]) == (300, "A-127", "B-000", "C-043")


def test_channels_of_a_group_that_is_off_are_listed_but_not_stored(tmp_path: Path) -> None:
    path = tmp_path / "off.rhd"
    data = _small(path, adc=np.zeros((1, 128), "u2"))
    at = data.index("Analog In Ports".encode("utf-16-le"))
    at = data.index("ANALOG-IN".encode("utf-16-le"), at) + 2 * len("ANALOG-IN")
    assert data[at : at + 6] == struct.pack("<3h", 1, 1, 0)
    data[at : at + 2] = b"\0\0"
    path.write_bytes(data)
    header = read_header(path)
    assert (len(header.amplifier), header.adc) == (1, ())
    assert header.digital_in_offset == header.adc_offset


def test_null_strings(tmp_path: Path) -> None:
    path = tmp_path / "null.rhd"
    data = _small(path, reference=None)
    data[_AT["note"] : _AT["note"] + 4] = b"\xff" * 4
    path.write_bytes(data)
    header = read_header(path)
    assert (header.reference, header.notes) == (None, ("", "", ""))


def test_headers_are_equal_by_value(tmp_path: Path) -> None:
    _write(tmp_path / "a.rhd")
    _write(tmp_path / "b.rhd")
    assert read_header(tmp_path / "a.rhd") == read_header(str(tmp_path / "b.rhd"))


def test_scales() -> None:
    def value(scale: Any, stored: int) -> float:
        return stored * scale.gain + scale.offset

    assert value(AMPLIFIER_SCALE, 32768) == 0
    assert value(AMPLIFIER_SCALE, 32769) == pytest.approx(0.195)
    assert value(AUX_SCALE, 40000) == pytest.approx(1.496)
    assert value(SUPPLY_SCALE, 44118) == pytest.approx(3.3, abs=1e-4)
    assert value(TEMPERATURE_SCALE, 3712) == pytest.approx(37.12)
    assert [value(ADC_SCALES[mode], 0) for mode in (0, 1, 13)] == pytest.approx([0, -5.0, -10.24], abs=1e-4)
    assert [value(ADC_SCALES[mode], 65535) for mode in (0, 1, 13)] == pytest.approx([3.3, 5.0, 10.24], abs=1e-3)


@pytest.mark.parametrize("version", VERSIONS)
def test_neo_reads_the_same_samples(version: tuple[int, int], tmp_path: Path) -> None:
    rawio = pytest.importorskip("neo.rawio")
    path = tmp_path / "neo.rhd"
    stored = _write(path, version, temperature=None)  # Neo cannot open files that store temperatures
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = rawio.IntanRawIO(filename=str(path))
        reader.parse_header()
    names = {str(name): i for i, name in enumerate(reader.header["signal_streams"]["name"])}
    assert reader.get_signal_sampling_rate(0) == 20000.0
    n_compared = 0
    for kind, key in (("amplifier", "amplifier"), ("aux", "auxiliary"), ("supply", "supply"), ("adc", "ADC")):
        streams = [i for name, i in names.items() if key in name]
        for stream in streams:
            theirs = reader.get_analogsignal_chunk(0, 0, None, None, stream)
            assert np.array_equal(theirs.T.astype(np.int64), stored[kind].astype(np.int64)), kind
            n_compared += 1
    assert n_compared >= 4


# Broken headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(1, 0), (1, 3), (3, 3)])
def test_header_cut_anywhere_is_a_format_error(version: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "whole.rhd"
    data = _small(path, version)
    header = read_header(path)
    cut = tmp_path / "cut.rhd"
    for length in range(header.header_bytes):
        cut.write_bytes(data[:length])
        error = _refusal(cut)
        assert error.offset is not None
        assert error.offset <= length
        assert "empty" in error.message if length == 0 else "ends inside its header" in error.message
    cut.write_bytes(data[: header.header_bytes])
    assert read_header(cut) == header


@given(st.data())
def test_damaged_header_is_a_format_error_or_another_header(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "damaged.rhd")
        content = _small(path, data.draw(st.sampled_from(VERSIONS)))
        n_header = read_header(path).header_bytes
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, n_header - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
        try:
            header = read_header(path)
        except FormatError:
            return
        assert header.header_bytes <= len(content)
        assert header.block_bytes > 0


# Where the fields lie in a header of version 3.3 whose notes are empty.
_AT = {"version": 4, "rate": 8, "note": 48, "temperature": 60, "mode": 62, "reference": 64, "groups": 74}


@pytest.mark.parametrize(
    ("field", "value", "message", "found"),
    [
        ("version", struct.pack("<hh", 4, 0), "version", "4.0"),
        ("version", struct.pack("<hh", 0, 9), "version", "0.9"),
        ("version", struct.pack("<hh", 1, -1), "version", "1.-1"),
        ("rate", struct.pack("<f", 0.0), "sampling rate", "0.0"),
        ("rate", struct.pack("<f", -20000.0), "sampling rate", "-20000.0"),
        ("rate", struct.pack("<f", np.nan), "sampling rate", "nan"),
        ("rate", struct.pack("<f", np.inf), "sampling rate", "inf"),
        ("note", struct.pack("<I", 7), "length of the note 1 cannot be", "7"),
        ("note", struct.pack("<I", 0xFFFFFFFE), "length of the note 1 cannot be", "4294967294"),
        ("note", struct.pack("<I", 60000), "the file ends inside its header, in the note 1", "bytes"),
        ("temperature", struct.pack("<h", -1), "number of temperature sensors cannot be", "-1"),
        ("temperature", struct.pack("<h", 5000), "number of temperature sensors cannot be", "5000"),
        ("mode", struct.pack("<h", 7), "board mode is unknown", "7"),
        ("reference", struct.pack("<I", 2**31), "name of the reference channel cannot be", "2147483648"),
        ("groups", struct.pack("<h", -4), "number of signal groups cannot be", "-4"),
        ("groups", struct.pack("<h", 32767), "among the signal groups", "room for"),
    ],
)
def test_nonsense_is_named(field: str, value: bytes, message: str, found: str, tmp_path: Path) -> None:
    path = tmp_path / "nonsense.rhd"
    data = _small(path)
    data[_AT[field] : _AT[field] + len(value)] = value
    path.write_bytes(data)
    error = _refusal(path)
    assert message in error.message
    assert found in str(error.found)
    assert error.offset == _AT[field] + (4 if "ends inside" in error.message and field == "note" else 0)


def test_nonsense_in_a_group_is_named(tmp_path: Path) -> None:
    path = tmp_path / "group.rhd"
    data = _small(path)
    # The number of groups, "Port A" and "A" with their lengths, three counts, and then the channel A-000.
    counts = _AT["groups"] + 2 + (4 + 12) + (4 + 2)
    assert data[counts : counts + 6] == struct.pack("<3h", 1, 1, 1)
    numbers = counts + 6 + 2 * (4 + 2 * len("A-000"))
    for at, value, message in (
        (counts + 2, -3, "the number of channels of signal group 1 cannot be"),
        (counts + 2, 20000, "among the channels of signal group 1"),
        (numbers + 4, 6, "the signal type of channel 1 of signal group 1 is unknown"),
        (numbers + 4, -1, "the signal type of channel 1 of signal group 1 is unknown"),
    ):
        path.write_bytes(data[:at] + struct.pack("<h", value) + data[at + 2 :])
        error = _refusal(path)
        assert message in error.message
        assert error.offset == at


@pytest.mark.parametrize(
    ("start", "hint"),
    [
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"RIFF", "Another program wrote it"),
        (struct.pack(">I", MAGIC), "Another program wrote it"),
    ],
)
def test_other_files_are_told_apart(start: bytes, hint: str, tmp_path: Path) -> None:
    path = tmp_path / "other.rhd"
    path.write_bytes(start + bytes(2000))
    error = _refusal(path)
    assert (error.offset, error.expected) == (0, "0xc6912702 (RHD2000) or 0xd69127ac (RHS2000)")
    assert hint in str(error.hint)


def test_half_a_surrogate_in_a_note_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "note.rhd"
    data = _small(path, notes=("ab", "", ""))
    data[_AT["note"] + 4 : _AT["note"] + 6] = b"\x00\xd8"
    path.write_bytes(data)
    assert read_header(path).notes[0].endswith("b")


def test_absurd_lengths_allocate_nothing_and_data_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.rhd"
    data = _small(path)
    data[_AT["note"] : _AT["note"] + 4] = struct.pack("<I", 1 << 30)
    path.write_bytes(data)
    os.truncate(path, 1 << 33)  # sparse: the string would fit the file
    tracemalloc.start()
    try:
        _refusal(path)
        _small(tmp_path / "good.rhd")
        os.truncate(tmp_path / "good.rhd", 1 << 33)
        read_header(tmp_path / "good.rhd")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_header(tmp_path / "absent.rhd")


# File names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "base", "start"),
    [
        ("rat_231117_052500.rhd", "rat", datetime(2023, 11, 17, 5, 25)),
        ("a/b/rat_3_231117_052630.RHD", "rat_3", datetime(2023, 11, 17, 5, 26, 30)),
        ("intan_fps_test_231117_052500", "intan_fps_test", datetime(2023, 11, 17, 5, 25)),
        ("v1.2_231117_052500.rhd", "v1.2", datetime(2023, 11, 17, 5, 25)),
        ("ephys2_r4_210612_195804_part.rhd", "ephys2_r4_210612_195804_part", None),
        ("rat_231399_052500.rhd", "rat_231399_052500", None),
        ("rat_231117_256100.rhd", "rat_231117_256100", None),
        ("231117_052500.rhd", "231117_052500", None),
        ("rat.rhd", "rat", None),
    ],
)
def test_file_names(name: str, base: str, start: datetime | None) -> None:
    assert parse_file_name(name) == (base, start)
    assert parse_file_name(Path(name)) == (base, start)


# Writing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"amplifier": np.zeros((2, 100), "u2")}, "100 samples, not a multiple of 128"),
        ({"amplifier": np.zeros(128, "u2")}, "amplifier has shape"),
        ({"amplifier": np.full((1, 128), 65536)}, "amplifier has values outside 0..65535"),
        ({"amplifier": np.full((1, 128), -1)}, "amplifier has values outside 0..65535"),
        ({"amplifier": np.full((1, 128), 0.5)}, "no integers"),
        ({"aux": np.zeros((3, 128), "u2")}, "aux has shape"),
        ({"supply": np.zeros((1, 2), "u2")}, "supply has shape"),
        ({"adc": np.zeros((1, 127), "u2")}, "adc has shape"),
        ({"digital_in": np.zeros((1, 128), "u2")}, "digital_in has shape"),
        ({"names": ["only one"]}, "names has 1 items for 2"),
        ({"impedance_ohm": [1.0]}, "impedance_ohm has 1 items for 2"),
        ({"first_timestamp": 2**31 - 1}, "time stamps"),
        (
            {"version": (1, 0), "temperature": np.zeros((1, 1)), "amplifier": np.zeros((2, 60))},
            "needs version 1.1",
        ),
        ({"amplifier": np.zeros((26 * 128 + 1, 128), "u2")}, "more than 3328 channels"),
    ],
)
def test_what_cannot_be_written(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"amplifier": np.zeros((2, 128), "u2"), **changed}
    with pytest.raises(ValueError, match=message):
        write_rhd(tmp_path / "bad.rhd", **arguments)
    assert not (tmp_path / "bad.rhd").exists()


def test_no_samples_and_no_channels(tmp_path: Path) -> None:
    path = tmp_path / "none.rhd"
    write_rhd(path, np.zeros((0, 256), "u2"), adc=np.zeros((1, 256), "u2"))
    header = read_header(path)
    assert (len(header.amplifier), header.whole_blocks(path.stat().st_size)) == (0, (2, 0))
    write_rhd(path, np.zeros((4, 0), "u2"))
    assert read_header(path).whole_blocks(path.stat().st_size) == (0, 0)
