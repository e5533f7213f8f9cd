"""EDF and BDF: real recordings against MNE and a plain decode, written ones with gaps, notes, damage of all kinds."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.edf import open_edf, recording
from ecogcat.formats.registry import formats
from ecogcat.testing import check_format
from tests.conftest import SHARED, shared_path
from tests.formats.cases_edf import FILES
from tests.formats.edf_writer import Channel, draw, in_order, physical, tal, write_edf

ONE = [Channel([[1, 2, 3, 4], [5, 6, 7, 8]])]


def _real(name: str) -> Path:
    return shared_path(f"recordings/edf/{name}")


def _error(path: Path, **arguments: Any) -> str:
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(path, **arguments)
    return str(caught.value)


# Real recordings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_values_and_annotations_equal_mnes(name: str) -> None:
    read = mne.io.read_raw_bdf if name.endswith("bdf") else mne.io.read_raw_edf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = read(_real(name), verbose="error")
    dataset = ec.open_recording(_real(name), dtype="f8")
    assert dataset.parts[0].start_time == np.datetime64(raw.info["meas_date"].replace(tzinfo=None), "ns")
    if name != "mnepy_test_uneven_samp.edf":  # MNE resamples what is slower
        theirs = raw.get_data(picks=list(dataset.signal.channel_names)) * 1e6
        # MNE goes by way of volts.
        np.testing.assert_allclose(dataset.signal.read(), theirs, rtol=1e-12, atol=1e-9)
    assert dataset.sampling_rate == raw.info["sfreq"]
    notes = dataset.events.table
    assert len(notes) == len(raw.annotations)
    if len(notes):
        assert notes["text"].tolist() == list(raw.annotations.description)
        assert notes["duration"].fillna(0).tolist() == list(raw.annotations.duration)
        assert dataset.events.sample.tolist() == np.rint(raw.annotations.onset * raw.info["sfreq"]).tolist()


def test_what_the_real_recordings_are_made_of() -> None:
    table = {}
    for name in FILES:
        dataset = ec.open_recording(_real(name))
        arrays = {key: (one.n_channels, one.sampling_rate, one.units) for key, one in dataset.aligned.items()}
        table[name] = (dataset.n_channels, dataset.sampling_rate, arrays, dataset.warnings)
    assert table == {
        "mne_test_bdf_stim_channel.bdf": (3, 500.0, {"dig": (24, 500.0, "")}, ()),
        "mnepy_test.edf": (136, 512.0, {"aux": (2, 512.0, "uV"), "dig": (16, 512.0, "")}, ()),
        "mnepy_test_edf_stim_channel.edf": (24, 128.0, {"trigger": (1, 128.0, "uV")}, ()),
        "mnepy_test_uneven_samp.edf": (1, 100.0, {"rate_12_8hz": (1, 12.8, "uV")}, ()),
    }
    assert ec.open_recording(_real("mnepy_test.edf"))["aux"].channel_names == ("Ergo-Left", "Ergo-Right")


@pytest.mark.parametrize("name", FILES)
def test_conformance_of_real_recordings(name: str, tmp_path: Path, jit_off: bool) -> None:
    path = _real(name)
    if jit_off:  # kernels run as Python: two records will do
        data = path.read_bytes()
        length, n_records = int(data[184:192]), int(data[236:244])
        short = data[: length + 2 * (len(data) - length) // n_records] if n_records > 2 else data
        path = tmp_path / name
        path.write_bytes(short[:236] + str(min(n_records, 2)).encode().ljust(8) + short[244:])
    check_format(ec.open_recording, path, damage=False)


def test_each_real_recording_is_recognised_by_this_format_alone() -> None:
    ours = formats()["edf"]
    claimed = []
    for path in sorted(shared_path("recordings").rglob("*")):
        if path.is_file() and ours.recognises(str(path), path.read_bytes()[:4096]):
            claimed.append(path.name)
            others = [one.name for one in formats().values() if not one.general and one.name != "edf"]
            assert not any(formats()[one].recognises(str(path), path.read_bytes()[:4096]) for one in others)
    assert claimed == list(FILES)
    assert not ours.recognises(str(SHARED), b"")


# Layout -------------------------------------------------------------------------------------------


def _mixed(bdf: bool, n_records: int = 3) -> list[Channel]:
    bits, full = (24, (-8388608, 8388607)) if bdf else (16, (-32768, 32767))

    def one(seed: int, n: int, label: str, units: str, physical: tuple[Any, Any]) -> Channel:
        return Channel(draw(seed, n_records, n, bits=bits), label, units, physical, full)

    return [
        one(0, 20, "EEG A1", "uV", (-1000, 1000)),
        one(1, 5, "ECG", "mV", (-5, 5)),
        one(2, 20, "EEG A2", "uV", (500, -500)),
        one(3, 2, "Temp rectal", "degC", (30, 45)),
        one(4, 20, "DC01", "mV", (-12, 12)),
        one(5, 20, "SpO2", "%", (0, 100)),
        one(6, 5, "EMG", "V", (-1, 1)),
        one(7, 20, "Trigger", "", (0, 255)),
        one(8, 20, "Status", "Boolean", full),
    ]


@pytest.mark.parametrize("bdf", [False, True])
def test_mixed_rates_and_units(bdf: bool, tmp_path: Path) -> None:
    channels = _mixed(bdf)
    a1, ecg, a2, temp, dc, spo2, emg, trigger, status = channels
    write_edf(tmp_path / "a", channels, bdf=bdf, record_s="0.5")
    dataset = ec.open_recording(tmp_path / "a")
    stored = {
        "signal": (a1, a2),
        "rate_10hz": (ecg, emg),
        "adc": (dc,),
        "aux": (spo2,),
        "aux_4hz": (temp,),
        "trigger": (trigger,),
    }
    assert set(dataset.aligned) == set(stored) - {"signal"} | {"dig"}
    for name, wanted in stored.items():
        array = dataset.signal if name == "signal" else dataset[name]
        assert array.channel_names == tuple(one.label for one in wanted)
        raw = array.read(raw=True)
        assert raw.dtype == (np.int32 if bdf else np.int16)
        np.testing.assert_array_equal(raw, np.concatenate([in_order(one.data) for one in wanted]))
        if name != "rate_10hz":
            values = np.concatenate([physical(one) for one in wanted])
            np.testing.assert_array_equal(array.read(), values, strict=True)
    units = {name: dataset[name].units for name in dataset.aligned}
    assert units == {
        "rate_10hz": "mV",
        "adc": "mV",
        "aux": "%",
        "aux_4hz": "degC",
        "trigger": "",
        "dig": "",
    }
    assert dataset["rate_10hz"].sampling_rate == 10
    # Volts beside millivolts: brought to one unit by an exact power of ten.
    np.testing.assert_array_equal(dataset["rate_10hz"][0], physical(ecg)[0])
    full = emg.digital[1] - emg.digital[0]
    gain = 2 / full
    volts = in_order(emg.data)[0] * (gain * 1e3) + (-1 - emg.digital[0] * gain) * 1e3
    np.testing.assert_array_equal(dataset["rate_10hz"][1], volts.astype("f4"))
    word = in_order(status.data)[0]
    lines = np.array([word >> k & 1 for k in range(24 if bdf else 16)])
    np.testing.assert_array_equal(dataset["dig"].read(), lines)
    assert dataset["dig"].channel_names[0] == ("trigger 1" if bdf else "bit 0")
    assert dataset.parts[0].opened.source.tolist() == [0, 2]
    listed = ec.streams(tmp_path / "a")
    assert listed["stream"].tolist() == ["signal", *dataset.aligned]
    assert listed[["rate", "channels", "samples"]].values.tolist()[:2] == [[40.0, 2, 60], [10.0, 2, 15]]


@pytest.mark.parametrize("bdf", [False, True])
def test_conformance_of_mixed_rates(bdf: bool, tmp_path: Path) -> None:
    channels = _mixed(bdf, 4)
    notes = [tal(k) + (tal(k + 0.25, "tone", duration=0.1) if k % 2 else b"") for k in range(4)]
    write_edf(tmp_path / "a.edf", channels, bdf=bdf, notes=notes, kind="BDF+C" if bdf else "EDF+C")
    expected = {
        "signal": np.concatenate([physical(channels[0]), physical(channels[2])]),
        "aux": physical(channels[5]),
    }
    check_format(open_edf, tmp_path / "a.edf", expected=expected, damage=bdf)


def test_values_are_the_specifications_formula(tmp_path: Path) -> None:
    channel = Channel(draw(3, 2, 50), physical=(-187.47, 212.5), digital=(-2048, 2047))
    write_edf(tmp_path / "a.edf", [channel])
    low, high, least, most = -187.47, 212.5, -2048, 2047
    exact = (in_order(channel.data) - least) * (high - low) / (most - least) + low
    got = ec.open_recording(tmp_path / "a.edf", dtype="f8").signal.read()
    np.testing.assert_allclose(got, exact, rtol=1e-13, atol=1e-12)


@pytest.mark.parametrize(
    ("units", "ours"), [("µV", "uV"), ("uv", "uV"), ("MV", "uV"), ("V", "uV"), ("nV", "uV"), ("mmHg", "mmHg"), ("", "")]
)
def test_units_as_they_are_spelled(units: str, ours: str, tmp_path: Path) -> None:
    """Where no channel is a voltage, the largest group is the signal."""
    write_edf(tmp_path / "a.edf", [ONE[0]._replace(units=units)])
    assert ec.open_recording(tmp_path / "a.edf").units == ours


def test_rates_of_equal_number_leave_the_fastest(tmp_path: Path) -> None:
    slow, fast = draw(0, 2, 8), draw(1, 2, 16)
    write_edf(tmp_path / "a.edf", [Channel(slow, "A"), Channel(fast, "B"), Channel(slow, "C"), Channel(fast, "D")])
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert (dataset.signal.channel_names, dataset["rate_8hz"].channel_names) == (("B", "D"), ("A", "C"))


def test_contacts_of_depth_electrodes_are_no_sensors(tmp_path: Path) -> None:
    """Only what is plainly something else leaves the signal."""
    stay = ["TEMP1", "AD1", "PR3", "POS2", "HR 1", "EOG left", "ECG", "EMG chin", "A1-A2", "EEG SP1", "STIMA"]
    leave = {"DC07": "adc", "aux 2": "adc", "Resp": "aux", "GSR1": "aux", "STI 014": "trigger", "DIG DTRIG": "trigger"}
    channels = [Channel([[k] * 4], name) for k, name in enumerate([*stay, *leave])]
    write_edf(tmp_path / "a.edf", channels)
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert list(dataset.signal.channel_names) == stay
    assert {name: key for key, one in dataset.aligned.items() for name in one.channel_names} == leave


def test_names_are_unique(tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", [Channel([[1, 2]], name) for name in ("A", "", "A", "ch2", "")])
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.signal.channel_names == ("A", "ch1", "ch2_", "ch2", "ch4")
    assert "renamed: ch1 for '', ch2_ for 'A', ch4 for ''" in dataset.warnings[0]


def test_ranges_without_a_scale_leave_stored_numbers(tmp_path: Path) -> None:
    flat = Channel([[5, 6]], "flat", physical=(0, 0))
    none = Channel([[7, 8]], "none", digital=("?", ""))
    vast = Channel([[9, 10]], "vast", physical=("-9e307", "9e307"))
    write_edf(tmp_path / "a.edf", [Channel([[1, 2]]), flat, none, vast])
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset["unscaled"].units == ""
    np.testing.assert_array_equal(dataset["unscaled"][:], np.array([[5, 6], [7, 8], [9, 10]], "f4"), strict=True)
    assert "channel 'none' give no scale (digital ? to  for physical -3276.8 to 3276.7)" in dataset.warnings[1]


def test_channels_without_samples_are_left_out(tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", [Channel([[1, 2]]), Channel(np.zeros((1, 0)), "off")])
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.n_channels == 1
    assert dataset.warnings == ("a: 1 channels have no sample in any record and are left out: off",)


def test_a_recording_of_many_days_is_int64(tmp_path: Path) -> None:
    """Sparse: 1 TB, opened by its header; the last sample lies behind byte 2**39."""
    path = tmp_path / "a.edf"
    write_edf(path, [Channel([[0] * 30000] * 1, f"C{k}") for k in range(64)], fields={"n_records": -1})
    length = 256 * 65
    n_records = 2**40 // (64 * 60000)
    os.truncate(path, length + n_records * 64 * 60000)
    with open(path, "r+b") as file:
        file.seek(-2, os.SEEK_END)
        file.write(b"\x05\x00")
    dataset = ec.open_recording(path)
    assert dataset.n_samples == n_records * 30000
    assert dataset.signal.read(raw=True, start=dataset.n_samples - 1)[[0, 63], 0].tolist() == [0, 5]


# Clocks and notes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "recording", "start"),
    [
        ("01.02.85", "", "1985-02-01"),
        ("01.02.84", "", "2084-02-01"),
        ("31.12.99", "", "1999-12-31"),
        ("01-02/00", "", "2000-02-01"),
        ("01.02.yy", "Startdate 01-FEB-2185 X X X", "2185-02-01"),
        ("01.02.19", "Startdate 01-feb-1919 X X X", "1919-02-01"),
        ("01.02.19", "Startdate X X X X", "2019-02-01"),
    ],
)
def test_start_dates(date: str, recording: str, start: str, tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", ONE, fields={"date": date, "recording": recording})
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.parts[0].start_time == np.datetime64(f"{start}T10:21:05", "ns")
    assert dataset.warnings == ()


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"date": "31.02.19"}, "no start date and time: '31.02.19', '10.21.05'"),
        ({"time": "25.00.00"}, "no start date and time"),
        ({"time": ""}, "no start date and time: '14.03.26', ''"),
        ({"date": "XX", "recording": "Startdate 01-FEB-9999 X X X"}, "no start date and time"),
    ],
)
def test_dates_that_are_none(fields: dict[str, str], warning: str, tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", ONE, fields=fields)
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.parts[0].start_time is None
    assert warning in dataset.warnings[0]


def test_dates_that_differ(tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", ONE, fields={"recording": "Startdate 01-JAN-2020 X X X"})
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.parts[0].start_time == np.datetime64("2020-01-01T10:21:05", "ns")
    assert "the header starts on '14.03.26', its recording field on 'Startdate 01-JAN-2020'" in dataset.warnings[0]


def test_notes_and_metadata(tmp_path: Path) -> None:
    fields = {
        "patient": "MCH-0234567 F 02-MAY-1951 Haagse_Harry right_side",
        "recording": "Startdate X X X X slept_well",
    }
    write_edf(tmp_path / "a.edf", ONE, kind="EDF+C", notes=[tal(0), tal(1)], fields=fields)
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.parts[0].notes == ("right side", "slept well")
    assert dataset.metadata["patient"] == fields["patient"]
    assert dataset.metadata["prefiltering"] == ("HP:0.1Hz",)
    write_edf(tmp_path / "b.edf", ONE, fields={"patient": "rat 17", "recording": "left hemisphere"})
    assert ec.open_recording(tmp_path / "b.edf").parts[0].notes == ("rat 17", "left hemisphere")


# Annotations and gaps -----------------------------------------------------------------------------


def test_annotations_are_events(tmp_path: Path) -> None:
    notes = [
        tal(0.5) + tal(0.5, "start"),
        tal(1.5) + tal("0.624", "früher", "two texts") + tal(2.376, "late", duration="0.25"),
        tal(2.5) + tal(0.1, "before") + tal(3.49999, "behind"),
    ]
    write_edf(tmp_path / "a.edf", [Channel(draw(0, 3, 4))], notes=notes, kind="EDF+C")
    dataset = ec.open_recording(tmp_path / "a.edf")
    table = dataset.events.table
    # Rounded to the nearest of 4 samples a second; the first lies 0.5 s behind the header's start.
    assert dataset.events.sample.tolist() == [0, 0, 0, 8]
    assert table["text"].tolist() == ["start", "früher", "two texts", "late"]
    assert table["duration"].tolist()[3] == 0.25
    assert table["duration"].isna().tolist() == [True, True, True, False]
    assert str(dataset.parts[0].start_time) == "2026-03-14T10:21:05.500000000"
    assert dataset.warnings == (
        "a: 2 annotations lie outside of the samples and are left out: 'before' at 0.1 s, 'behind' at 3.49999 s",
    )


def test_several_annotation_signals(tmp_path: Path) -> None:
    path = tmp_path / "a.edf"
    first = Channel(np.frombuffer((tal(0) + tal(0.5, "one")).ljust(40, b"\0"), "<i2")[None], "EDF Annotations")
    write_edf(path, [Channel([[1, 2, 3, 4]]), first], notes=[tal(0.25, "two") + tal(0.75, "")], kind="EDF+C")
    dataset = ec.open_recording(path)
    assert dataset.events.table["text"].tolist() == ["two", "one"]
    assert dataset.events.sample.tolist() == [1, 2]
    assert dataset.warnings == ()


def test_entries_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    notes = [tal(0) + b"nonsense\x14\0+1\x14text without an end\0", tal(1) + b"+0.5\x15\x14ok\x14\0\xff\x14\x14\0"]
    write_edf(tmp_path / "a.edf", ONE, notes=notes, kind="EDF+C")
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.events.table["text"].tolist() == ["ok"]
    assert "3 entries among the annotations cannot be read" in dataset.warnings[0]


def _with_gaps(path: Path, kind: str = "EDF+D", bdf: bool = False) -> Channel:
    """Records at 0, 1, 2, 10, 11, 5.25 s."""
    channel = Channel(draw(0, 6, 8), physical=(-100, 100))
    aux = Channel(draw(1, 6, 2), "Temp", "degC", (0, 50))
    onsets = [0, 1, 2, 10, 11, 5.25]
    notes = [tal(onset) for onset in onsets]
    notes[0] += tal(2.5, "in the third") + tal(10, "after the gap") + tal(4, "in the gap")
    notes[5] += tal(5.5, "back")
    write_edf(path, [channel, aux], notes=notes, kind=kind, bdf=bdf)
    return channel


@pytest.mark.parametrize("bdf", [False, True])
def test_gaps_are_seams(bdf: bool, tmp_path: Path) -> None:
    channel = _with_gaps(tmp_path / "a.edf", "BDF+D" if bdf else "EDF+D", bdf)
    dataset = ec.open_recording(tmp_path / "a.edf")
    np.testing.assert_array_equal(dataset.signal.read(raw=True), in_order(channel.data))
    assert [(part.name, part.n_samples, part.file_start) for part in dataset.parts] == [
        ("a_1", 24, 0),
        ("a_2", 16, 24),
        ("a_3", 8, 40),
    ]
    assert [seam.gap_s for seam in dataset.seams] == [7.0, -6.75]
    assert dataset.name == "a"
    assert dataset["aux_2hz"].n_samples == 12
    assert dataset.events.sample.tolist() == [20, 24, 42]
    assert dataset.events.table["text"].tolist() == ["in the third", "after the gap", "back"]
    assert [text.split(":")[0] for text in dataset.parts[0].warnings] == [
        "time goes back 1 times from one record to the next",
        "1 annotations lie outside of the samples and are left out",
    ]
    assert ec.locate(dataset, 24)["wall_time"][0] == np.datetime64("2026-03-14T10:21:15", "ns")
    back = ec.split(dataset)[2]
    np.testing.assert_array_equal(back.signal.read(raw=True), in_order(channel.data)[:, 40:])
    with pytest.raises(ec.JoinError, match="overlap"):
        ec.join(*ec.split(dataset), gaps="nan")
    filled = ec.join(*ec.split(dataset)[:2], gaps="nan")
    assert filled.n_samples == 24 + 7 * 8 + 16


def test_conformance_with_gaps(tmp_path: Path) -> None:
    channel = _with_gaps(tmp_path / "a.edf")
    check_format(open_edf, tmp_path / "a.edf", expected={"signal": physical(channel)})


def test_a_continuous_file_with_gaps_says_so(tmp_path: Path) -> None:
    _with_gaps(tmp_path / "a.edf", "EDF+C")
    for wanted in (None, False):
        dataset = ec.open_recording(tmp_path / "a.edf", annotations=wanted)
        assert len(dataset.parts) == 3
        assert "the header says that the file is continuous (EDF+C), but it has 2 gaps" in dataset.warnings[0]
        assert len(dataset.events) == (3 if wanted is None else 0)


def test_times_with_few_decimals_are_no_gaps(tmp_path: Path) -> None:
    notes = [tal(f"{k / 3:.3f}") for k in range(9)]
    write_edf(tmp_path / "a.edf", [Channel(draw(0, 9, 1000))], notes=notes, kind="EDF+C", record_s="0.333333")
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert (len(dataset.parts), dataset.warnings) == (1, ())


def test_records_without_a_time_follow_on(tmp_path: Path) -> None:
    notes = [tal(0), b"", tal(2), tal(9), b"", b""]
    write_edf(tmp_path / "a.edf", [Channel(draw(0, 6, 4))], notes=notes, kind="EDF+D")
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert [part.n_samples for part in dataset.parts] == [12, 12]
    assert "3 records do not say when they began (record 1 is the first)" in dataset.warnings[0]


def test_annotations_of_long_recordings_are_read_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_MOST_BYTES", 100)
    write_edf(tmp_path / "a.edf", ONE, notes=[tal(0), tal(1, "", "hi")], kind="EDF+C", notes_bytes=5000)
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert len(dataset.events) == 1, "the first and the last record are all there are"
    write_edf(tmp_path / "a.edf", [Channel(draw(0, 3, 4))], notes=[tal(0), tal(1, "", "hi"), tal(2)], kind="EDF+C")
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert len(dataset.events) == 0
    assert dataset.warnings == (
        "a: annotations are not read: they lie in 3 records (0.0 GiB to fetch); annotations=True reads them",
    )
    assert len(ec.open_recording(tmp_path / "a.edf", annotations=True).events) == 1
    assert ec.open_recording(tmp_path / "a.edf", annotations=False).warnings == ()


def test_hundreds_of_gaps(tmp_path: Path) -> None:
    n = 300
    notes = [tal(2 * k) for k in range(n)]
    write_edf(tmp_path / "a.edf", [Channel(draw(0, n, 2), f"C{k}") for k in range(4)], notes=notes, kind="EDF+D")
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert len(dataset.parts) == n
    assert {seam.gap_s for seam in dataset.seams} == {1.0}


# Bad input ----------------------------------------------------------------------------------------


def test_no_such_file_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match=r"a\.edf: no such file"):
        open_edf(tmp_path / "a.edf")
    with pytest.raises(ec.RecordingNotFound, match="no such file"):
        open_edf(tmp_path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"",
            "this is no EDF or BDF file (at byte 0; expected the version '0', or the byte 255 and 'BIOSEMI'; found '')",
        ),
        (b"\x89PNG\r\n\x1a\n" * 99, "found 89 50 4e 47 0d 0a 1a 0a)"),
        (
            b"0       " + b" " * 100,
            "the file ends inside its header, in its first 256 bytes (at byte 108; expected a header",
        ),
        (
            b"0       " + b" " * 600,
            "the number of signals cannot be (at byte 252; expected a whole number from 1; found '')",
        ),
    ],
)
def test_files_that_are_none(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.edf").write_bytes(data)
    assert message in _error(tmp_path / "a.edf", format="edf")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fields": {"n_signals": "x"}}, "the number of signals cannot be (at byte 252"),
        ({"fields": {"n_signals": 0}}, "expected a whole number from 1; found '0'"),
        ({"fields": {"n_signals": 3}}, "expected 1,024 bytes for 3 signals; found 512 bytes"),
        ({"fields": {"header_bytes": 2560000, "n_signals": 9999}}, "in the fields of its 9999 signals (at byte 528"),
        ({"fields": {"n_records": "many"}}, "the number of records cannot be (at byte 236"),
        ({"fields": {"n_records": -2}}, "expected a whole number from -1; found '-2'"),
        ({"record_s": 0}, "the duration of a record cannot be (at byte 244"),
        ({"record_s": "-1"}, "found '-1'"),
        ({"record_s": "nan"}, "found 'nan'"),
        ({"record_s": "1e99"}, "found '1e99'"),
    ],
)
def test_headers_that_make_no_sense(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", ONE, **changes)
    assert message in _error(tmp_path / "a.edf", format="edf")


@pytest.mark.parametrize("text", ["", "-4", "4.5", "1e70", "four"])
def test_numbers_of_samples_that_cannot_be(text: str, tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", ONE)
    data = bytearray((tmp_path / "a.edf").read_bytes())
    at = 256 + 16 + 80 + 8 * 5 + 80
    data[at : at + 8] = text.encode().ljust(8)
    (tmp_path / "a.edf").write_bytes(data)
    error = _error(tmp_path / "a.edf")
    assert (
        f"the samples a record of signal 1 cannot be (at byte {at}; expected a whole number from 0; found {text!r}"
        in error
    )


def test_a_file_of_annotations_alone_is_refused(tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", [], notes=[tal(0, "", "hi")], kind="EDF+C", record_s=0)
    assert "there is no channel in this file" in _error(tmp_path / "a.edf")


def test_a_crash_leaves_whole_records(tmp_path: Path) -> None:
    path = tmp_path / "a.edf"
    stored = draw(0, 4, 10)
    write_edf(path, [Channel(stored), Channel(stored[:, :3], "slow")], fields={"n_records": -1})
    whole = path.read_bytes()
    assert ec.open_recording(path).warnings == (
        "a: the header was never finished (-1 records): 4 whole records are counted from the file's size",
    )
    path.write_bytes(whole[:-1])
    dataset = ec.open_recording(path)
    np.testing.assert_array_equal(dataset.signal.read(raw=True), in_order(stored[:3]))
    assert dataset.warnings[1] == ("a: cut in the middle of a record: 25 bytes were left over after 3 whole records")
    path.write_bytes(whole[: 768 + 25])
    assert "the file has no whole record (at byte 768; expected records of 26 bytes, 1 s each; found 25 bytes)" in (
        _error(path)
    )


def test_cut_at_every_byte_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "a.edf"
    write_edf(path, ONE)
    whole = path.read_bytes()
    for length in range(512, len(whole)):
        path.write_bytes(whole[:length])
        if length < 520:
            assert "no whole record" in _error(path)
            continue
        dataset = ec.open_recording(path)
        assert dataset.n_samples == 4
        said = ["a: 1 of the 2 records that the header says are missing: 1 are whole"]
        said += [f"a: cut in the middle of a record: {length - 520:,} bytes were left over after 1 whole records"]
        assert list(dataset.warnings) == said[: 1 + (length > 520)]


def test_more_records_than_the_header_says(tmp_path: Path) -> None:
    write_edf(tmp_path / "a.edf", ONE, fields={"n_records": 1})
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.n_samples == 8
    assert dataset.warnings == ("a: the header says 1 records, the file has 2: all are opened",)


def test_a_padded_last_record_is_said(tmp_path: Path) -> None:
    stored = draw(0, 3, 3000) | 1
    stored[2, 100:] = 0
    channels = [Channel(stored, "A"), Channel(stored | (stored != 0), "B")]
    write_edf(tmp_path / "a.edf", channels)
    dataset = ec.open_recording(tmp_path / "a.edf")
    assert dataset.n_samples == 9000
    assert dataset.warnings == (
        "a: the last record ends in at least 2,048 zeros in every channel: padding, or nothing was connected",
    )
    channels[0].data[2, 2000] = 1
    write_edf(tmp_path / "a.edf", channels)
    assert "ends in 999 zeros" in ec.open_recording(tmp_path / "a.edf").warnings[0]
