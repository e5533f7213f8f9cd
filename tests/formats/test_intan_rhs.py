"""Intan RHS recordings (stimulation and recording): written ones of every layout, against Neo and by hand."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.intan import open_intan
from ecogcat.formats.intan.header import read_header
from ecogcat.testing import check_format
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.rhs import stim_words, write_rhs, write_rhs_folder
from tests.formats.recordings import ADC, AMPLIFIER, scaled

LAYOUTS = ("traditional", "per type", "per channel")
STEP = float(np.float32(2e-6))
LINES = {"digital_in_lines": (1, 15), "digital_out_lines": (0,)}
DC = (-0.01923, 512 * 0.01923)  # the DC amplifiers invert: the vendor's own software divides by -0.01923


def _draw(n: int = 256, n_channels: int = 4, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)

    def flag() -> np.ndarray:
        return rng.integers(0, 2, (n_channels, n))

    current = rng.integers(-255, 256, (n_channels, n)) * flag()
    return {
        "amplifier": rng.integers(0, 65536, (n_channels, n)),
        "stim": stim_words(current, settle=flag(), recovery=flag(), compliance=flag()),
        "dc": rng.integers(0, 1024, (n_channels, n)),
        "adc": rng.integers(0, 65536, (2, n)),
        "dac": rng.integers(0, 65536, (1, n)),
        "digital_in": rng.integers(0, 65536, n),
        "digital_out": rng.integers(0, 65536, n),
    }


def _values(stored: dict[str, Any]) -> dict[str, np.ndarray]:
    words = stored["stim"].astype(int)
    current = np.where(words & 256, -(words & 255), words & 255)
    return {
        "signal": scaled(stored["amplifier"], AMPLIFIER),
        "dc": scaled(stored["dc"], DC),
        "stim": scaled(current, (STEP, 0.0)),
        "amp_settle": words >> 13 & 1,
        "charge_recovery": words >> 14 & 1,
        "compliance_limit": words >> 15 & 1,
        "adc": scaled(stored["adc"], ADC[13]),
        "dac": scaled(stored["dac"], ADC[13]),
        "dig": np.array([stored["digital_in"] >> line & 1 for line in (1, 15)]),
        "dig_out": np.array([stored["digital_out"] & 1]),
    }


def _write(path: Path, layout: str, **keywords: Any) -> tuple[Path, dict[str, Any]]:
    """Write a recording of any layout; return where it is and what is in it."""
    stored = {**_draw(), **keywords}
    common = {**LINES, "sampling_rate": 2000.0, "stim_step_A": STEP}
    if layout == "traditional":
        write_rhs(path / "rat_231117_052500.rhs", **{**common, **stored})
        return path / "rat_231117_052500.rhs", stored
    folder = path / "rat_231117_052500"
    signed = {**stored, "amplifier": stored["amplifier"] - 32768}
    write_rhs_folder(folder, **{**common, **signed}, per_channel=layout == "per channel")
    return folder, stored


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_array(layout: str, tmp_path: Path) -> None:
    path, stored = _write(tmp_path, layout)
    dataset, expected = ec.open_recording(path), _values(stored)
    assert set(dataset.aligned) == set(expected) - {"signal"}
    for name, values in expected.items():
        array = dataset.signal if name == "signal" else dataset[name]
        if name == "signal" and layout != "traditional":  # no offset: the same to the last bit of float32
            np.testing.assert_allclose(array.read(), values, rtol=1e-6, atol=1e-3)
        else:
            assert np.array_equal(array.read(), values), name
        assert array.sampling_rate == 2000.0
    units = {name: array.units for name, array in dataset.aligned.items()}
    flags = dict.fromkeys(("amp_settle", "charge_recovery", "compliance_limit", "dig", "dig_out"), "")
    assert units == {"dc": "V", "stim": "A", "adc": "V", "dac": "V"} | flags
    assert dataset["stim"].channel_names == dataset["dc"].channel_names == dataset.signal.channel_names
    assert dataset["dac"].channel_names == ("ANALOG-OUT-1",)
    assert dataset["dig"].channel_names == ("DIGITAL-IN-02", "DIGITAL-IN-16")
    assert dataset["stim"].read(raw=True).dtype == np.int16
    assert dataset["amp_settle"].dtype == np.uint16
    assert dataset.warnings == ()
    assert dataset.parts[0].start_time == np.datetime64("2023-11-17T05:25:00", "ns")
    assert dataset.metadata["system"] == "RHS2000"
    assert dataset.metadata["stim_step_A"] == STEP


@pytest.mark.parametrize("layout", LAYOUTS)
def test_written_recordings_equal_neos(layout: str, tmp_path: Path) -> None:
    from neo.rawio import IntanRawIO

    path, _ = _write(tmp_path, layout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = IntanRawIO(filename=str(path / "info.rhs" if path.is_dir() else path))
        theirs.parse_header()
    dataset = open_intan(path)
    streams = {
        "RHS2000 amplifier channel": dataset.signal,
        "DC Amplifier channel": dataset["dc"],
        "Stim channel": dataset["stim"],
        "USB board ADC input channel": dataset["adc"],
        "USB board ADC output channel": dataset["dac"],
        "USB board digital input channel": dataset["dig"],
        "USB board digital output channel": dataset["dig_out"],
    }
    header = theirs.header
    assert set(header["signal_streams"]["name"]) == set(streams)
    for k, (name, key, _) in enumerate(header["signal_streams"]):
        ours, chunk = streams[name], theirs.get_analogsignal_chunk(0, 0, None, None, k)
        stored = ours.read(raw=True)
        if layout == "per channel" and name in ("DC Amplifier channel", "Stim channel"):
            # In the order in which the folder happens to list the files.
            assert sorted(map(tuple, stored)) == sorted(map(tuple, chunk.T)), name
        else:
            assert np.array_equal(stored, chunk.T), name
        channels = header["signal_channels"][header["signal_channels"]["stream_id"] == key]
        assert list(channels["sampling_rate"]) == [2000.0] * len(channels)
        if name in ("RHS2000 amplifier channel", "Stim channel", "USB board ADC input channel"):
            floats = theirs.rescale_signal_raw_to_float(chunk, "float64", k).T.astype("f4")
            np.testing.assert_allclose(ours.read(), floats, rtol=1e-6, atol=1e-3)
    # Neo's gain of the DC amplifiers lacks the sign.
    gain, offset = header["signal_channels"][header["signal_channels"]["stream_id"] == "10"][["gain", "offset"]][0]
    assert (gain / 1000, offset / 1000) == pytest.approx((-DC[0], -DC[1]))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_written_recordings_conform(layout: str, tmp_path: Path) -> None:
    path, stored = _write(tmp_path, layout)
    expected = _values(stored)
    if layout != "traditional":
        expected["signal"] = scaled(stored["amplifier"] - 32768, (0.195, 0.0))
    check_format(open_intan, path, expected=expected, damage=layout == "traditional")


@pytest.mark.parametrize("version", [(1, 0), (3, 4)])
def test_blocks_have_128_samples_in_every_version(version: tuple[int, int], tmp_path: Path) -> None:
    write_rhs(tmp_path / "a.rhs", np.full((1, 384), 32768), version=version, first_timestamp=-100)
    header = read_header(tmp_path / "a.rhs")
    assert header.whole_blocks((tmp_path / "a.rhs").stat().st_size) == (3, 0)
    dataset = open_intan(tmp_path / "a.rhs")
    assert dataset.n_samples == 384
    assert dataset.metadata["first_timestamp"] == -100
    assert set(dataset.aligned) == {"stim", "amp_settle", "charge_recovery", "compliance_limit"}


def test_only_channels_that_may_stimulate_have_a_file_of_their_own(tmp_path: Path) -> None:
    stored = _draw()
    write_rhs_folder(
        tmp_path / "a",
        stored["amplifier"] - 32768,
        stim=stored["stim"],
        per_channel=True,
        stim_enabled=[1, 3],
        stim_step_A=STEP,
    )
    dataset = open_intan(tmp_path / "a")
    assert dataset["stim"].channel_names == ("A-001", "A-003")
    assert np.array_equal(dataset["stim"].read(), _values(stored)["stim"][[1, 3]])
    assert dataset.warnings == ()


def test_a_folder_without_its_dc_or_stimulation_says_so(tmp_path: Path) -> None:
    path, _ = _write(tmp_path, "per type")
    for name in ("dcamplifier.dat", "stim.dat", "analogout.dat"):
        (path / name).unlink()
    dataset = open_intan(path)
    assert not {"dc", "stim", "dac"} & set(dataset.aligned)
    assert dataset.parts[0].warnings == (
        "dcamplifier.dat is missing: dc is left out",
        "stim.dat is missing: stim is left out",
        "analogout.dat is missing: dac is left out",
    )


def test_consecutive_files(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    for k in range(2):
        write_rhs(tmp_path / "day" / f"rat_231117_05250{k}.rhs", **_draw(seed=k), first_timestamp=256 * k)
    dataset = ec.open_recording(tmp_path / "day")
    assert [seam.sample for seam in dataset.seams] == [256]
    expected = np.hstack([_values(_draw(seed=k))["signal"] for k in range(2)])
    assert np.array_equal(dataset.signal.read(), expected)
    assert dataset["compliance_limit"].shape == (4, 512)


def test_files_of_the_two_systems_do_not_continue_each_other(tmp_path: Path) -> None:
    write_rhs(tmp_path / "rat_231117_052500.rhs", np.zeros((1, 128)))
    write_rhd(tmp_path / "rat_231117_052600.rhd", np.zeros((1, 128)))
    with pytest.raises(ec.FormatError, match=r"its system differs \(expected RHS2000; found RHD2000\)"):
        ec.open_recording(tmp_path)


def test_the_name_does_not_decide(tmp_path: Path) -> None:
    write_rhs(tmp_path / "a.rhd", np.zeros((1, 128)))
    assert ec.open_recording(tmp_path / "a.rhd").metadata["system"] == "RHS2000"


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (4, struct.pack("<h", 9), r"the version of this Intan file is unknown \(at byte 4; expected 1.0 to 3.x"),
        (8, struct.pack("<f", 0.0), "the sampling rate cannot be"),
        (60, struct.pack("<f", np.nan), r"the step of the stimulation current cannot be \(at byte 60"),
        (60, struct.pack("<f", 3.0), r"expected a number of A up to 0.001; found 3.0"),
        (98, struct.pack("<h", 30000), "ends inside its header, among the signal groups"),
    ],
)
def test_headers_that_cannot_be(at: int, value: bytes, message: str, tmp_path: Path) -> None:
    path, _ = _write(tmp_path, "traditional")
    data = bytearray(path.read_bytes())
    data[at : at + len(value)] = value
    path.write_bytes(data)
    with pytest.raises(ec.FormatError, match=message):
        ec.open_recording(path)


def test_a_signal_type_that_this_system_does_not_have(tmp_path: Path) -> None:
    path, _ = _write(tmp_path, "traditional")
    data = bytearray(path.read_bytes())
    at = data.index("A-000".encode("utf-16-le")) + 10 + 4 + 10
    assert struct.unpack_from("<4h", data, at) == (0, 0, 0, 1)
    struct.pack_into("<h", data, at + 4, 1)
    path.write_bytes(data)
    with pytest.raises(ec.FormatError, match=r"signal type of channel 1 .*expected 0, 3, 4, 5, 6; found 1"):
        ec.open_recording(path)


@pytest.mark.parametrize("left", [0, 1, 100])
def test_cut_in_a_block(left: int, tmp_path: Path) -> None:
    path, stored = _write(tmp_path, "traditional")
    header = read_header(path)
    data = path.read_bytes()
    path.write_bytes(data[: header.header_bytes + header.block_bytes + left])
    dataset = open_intan(path)
    assert np.array_equal(dataset["stim"].read(), _values(stored)["stim"][:, :128])
    assert len(dataset.warnings) == bool(left)
    path.write_bytes(data[: header.header_bytes + left])
    with pytest.raises(ec.FormatError, match="no whole data block"):
        open_intan(path)


def test_the_current_is_the_one_that_was_set(tmp_path: Path) -> None:
    """A biphasic pulse, cathodic first."""
    steps = np.zeros((1, 128), int)
    steps[0, 10:16], steps[0, 16:22] = -50, 50
    write_rhs(tmp_path / "a.rhs", np.full((1, 128), 32768), stim=stim_words(steps), stim_step_A=1e-6)
    current = open_intan(tmp_path / "a.rhs")["stim"].read()[0]
    assert current.min() == np.float32(np.float32(1e-6) * -50.0)
    assert current.sum() == 0
    assert np.flatnonzero(current).tolist() == list(range(10, 22))
