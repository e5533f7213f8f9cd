"""Opening: formats found by content, load arguments, electrodes, events; simulated sessions to the last bit."""

from __future__ import annotations

import inspect
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.electrodes.table import read_electrode_table
from ecogcat.formats.registry import Format, formats, load_arguments_of
from ecogcat.testing import simulate_session
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.simulate import SimulatedRecording, SimulatedSession
from tests.formats.recordings import write_pieces


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSession:
    return simulate_session(tmp_path_factory.mktemp("session"), duration_s=3.0, without_events=(2,))


@pytest.fixture
def rhd(tmp_path: Path) -> Path:
    path = tmp_path / "rec_001.rhd"
    stored = np.arange(6 * 128, dtype="u2").reshape(6, 128)
    write_rhd(path, stored, sampling_rate=1000.0, adc=np.zeros((1, 128)))
    return path


def _h5(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"] = np.arange(40, dtype="i2").reshape(4, 10), 1000.0
    return path


def _grid(folder: Path, text: str) -> Path:
    path = folder / "grid.csv"
    path.write_text(text, encoding="utf-8")
    return path


# Which format -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.h5", "a", "a.rhd", "a.dat", ".rhd"])
def test_content_decides_before_the_name(name: str, rhd: Path) -> None:
    (rhd.parent / name).write_bytes(rhd.read_bytes())
    assert ec.open_recording(rhd.parent / name).parts[0].format == "intan"
    assert ec.open_recording(_h5(rhd.parent / f"x{name}")).parts[0].format == "hdf5"


def test_the_name_decides_who_says_what_is_wrong(tmp_path: Path) -> None:
    for name, message in (
        ("a.rhd", "this is no Intan file"),
        ("a.h5", "this is no HDF5 file that can be read"),
    ):
        (tmp_path / name).write_bytes(b"nothing of the kind" * 50)
        with pytest.raises(ec.FormatError, match=message):
            ec.open_recording(tmp_path / name)


def test_unknown_content_lists_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"2026-03-14 the animal was calm")
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(path)
    listed = ", ".join(sorted(formats()))
    assert str(caught.value) == (
        f"{path}: no format recognises this (expected {listed}; "
        "found a file that begins with 32 30 32 36 2d 30 33 2d). Name the format with format="
    )
    assert {"intan", "hdf5"} <= set(formats())
    with pytest.raises(ec.FormatError, match="found a folder with no file of these"):
        ec.open_recording(tmp_path)
    for name in ("a.edf", "b.EDF", "c.bdf", "d.edf"):
        (tmp_path / name).touch()
    with pytest.raises(
        ec.FormatError, match=r"found a folder with a.edf, b.EDF, c.bdf and 1 more\). Open what is in it"
    ):
        ec.open_recording(tmp_path)


def test_defaults_of_load_arguments_are_those_of_the_function() -> None:
    table = ec.load_arguments("afe").set_index("argument")
    assert table.loc["range_code", "default"] is None, "and not NaN, which is what a column of numbers has for it"
    assert table.loc["n_data", "default"] == 64
    assert isinstance(table.loc["n_data", "default"], int)


def test_a_format_by_name(rhd: Path) -> None:
    assert ec.open_recording(rhd, "intan") == ec.open_recording(str(rhd))
    with pytest.raises(ec.FormatError, match="this is no HDF5 file"):
        ec.open_recording(rhd, format="hdf5")
    with pytest.raises(ValueError, match=r"there is no format 'punched_cards'; there are: .*hdf5, .*intan"):
        ec.open_recording(rhd, format="punched_cards")


@pytest.mark.parametrize("format", [None, "intan", "hdf5"])
def test_nothing_there_lists_near_names(format: str | None, rhd: Path) -> None:
    (rhd.parent / "rec_010.rhd").touch()
    (rhd.parent / "notes.txt").touch()
    for opener in (ec.open_recording, ec.streams):
        with pytest.raises(ec.RecordingNotFound) as caught:
            opener(rhd.parent / "rec_01.rhd", format=format)
        assert str(caught.value) == (
            f"{rhd.parent}/rec_01.rhd: nothing is there; the folder has rec_010.rhd, rec_001.rhd"
        )
    with pytest.raises(ec.RecordingNotFound, match=r"zzzz: nothing is there$"):
        ec.open_recording(rhd.parent / "zzzz", format=format)
    with pytest.raises(ec.RecordingNotFound, match=r"nor is there a folder .*/none$"):
        ec.open_recording(rhd.parent / "none" / "a.rhd", format=format)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(ec.FormatError, match=r"a: the file is empty \(expected a recording; found 0 bytes\)"):
        ec.open_recording(tmp_path / "a")


def test_home_and_relative_paths(rhd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(rhd.parent)
    monkeypatch.setenv("HOME", str(rhd.parent))
    here = ec.open_recording(rhd.name)
    assert here == ec.open_recording(f"~/{rhd.name}") == ec.open_recording(rhd)
    assert here.parts[0].paths == (str(rhd),)


def test_streams_of_a_file(rhd: Path) -> None:
    listed = ec.streams(rhd)
    assert list(listed.columns) == ["stream", "rate", "channels", "samples", "node", "experiment", "recording"]
    assert listed[["stream", "rate", "channels", "samples", "recording"]].values.tolist() == [
        ["amplifier", 1000.0, 6, 128, "rec_001"],
        ["adc", 1000.0, 1, 128, "rec_001"],
    ]


# Load arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["intan", "hdf5"])
def test_every_load_argument_is_documented(name: str) -> None:
    table = ec.load_arguments(name)
    assert list(table.columns) == ["argument", "type", "default", "meaning"]
    assert table["argument"].is_unique
    for row in table.itertuples():
        assert row.type, row.argument
        assert len(row.meaning) > 10, row.argument
    format: Format = formats()[name]
    own = set(inspect.signature(format.open).parameters) - {"path"}
    common = {"electrode", "connectors", "channels", "units", "dtype", "events", "judgements", "start_time"}
    common |= {"name", "mapped", "trigger", "resample_rate", "use_stored", "save_downsampled", "store_path"}
    common |= {"bandpass", "notches", "causal", "reference", "snip_transient"}
    common |= {"resample_filter", "remove_mean", "others_as_ground"}
    assert set(table["argument"]) == own | common
    defaults = dict(zip(table["argument"], table["default"], strict=True))
    assert defaults["mapped"] is True
    assert defaults["units"] is None


def test_the_table_tells_arguments_documented_together_apart() -> None:
    table = ec.load_arguments("hdf5").set_index("argument")
    assert table.loc["scale", "meaning"] == table.loc["offset", "meaning"]
    assert "stored * scale + offset" in table.loc["scale", "meaning"]

    def undocumented(path: str, *, size: int = 1) -> None: ...

    assert load_arguments_of(undocumented).values.tolist() == [["size", "", 1, ""]]
    with pytest.raises(ValueError, match="there is no format 'xyz'"):
        ec.load_arguments("xyz")


def test_an_unknown_load_argument_is_refused_with_a_suggestion(rhd: Path) -> None:
    with pytest.raises(TypeError) as caught:
        ec.open_recording(rhd, chanels=[0])
    assert str(caught.value) == "intan recordings take no load argument 'chanels'; did you mean channels?"
    with pytest.raises(TypeError) as caught:
        ec.open_recording(_h5(rhd.parent / "a.h5"), recording="x", q=1)
    assert "hdf5 recordings take no load argument 'recording'; " in str(caught.value)
    with pytest.raises(
        TypeError,
        match=r"no load argument 'q'; it takes bandpass, causal, channels, connectors, dtype, electrode, events",
    ):
        ec.open_recording(rhd, q=1)
    with pytest.raises(TypeError, match=r"intan recordings hold one stream of electrode channels: leave stream= away"):
        ec.open_recording(rhd, stream="lfp")


def test_channels(rhd: Path) -> None:
    whole = ec.open_recording(rhd)
    some = ec.open_recording(rhd, channels=[4, 0, 2])
    assert np.array_equal(some.signal.read(), whole.signal[[4, 0, 2]])
    assert some.signal.channel_names == ("A-004", "A-000", "A-002")
    assert some.dropped[["source_channel", "name", "reason"]].values.tolist() == [
        [1, "A-001", "not in channels="],
        [3, "A-003", "not in channels="],
        [5, "A-005", "not in channels="],
    ]
    assert ec.open_recording(rhd, channels=range(6)) == whole
    assert ec.open_recording(rhd, channels=np.array([1])).n_channels == 1


@pytest.mark.parametrize(
    ("channels", "error", "message"),
    [
        ([0, 6], IndexError, r"rec_001 has no source channels \[6\]; it has 6, from 0 to 5"),
        ([-1], IndexError, r"no source channels \[-1\]"),
        ([1, 1], ValueError, "a source channel is listed once"),
        ([], ValueError, "channels= keeps at least one source channel"),
        ([0.5], TypeError, r"channels= lists source channels, whole numbers from 0, .*; not \[0\.5\] \(list\)"),
        (3, TypeError, r"channels= lists source channels, .*, such as \[0, 1, 2\] or range\(6\); not 3\."),
        (["A-003"], TypeError, r"not \['A-003'\] \(list\)\. By name: ecogcat\.select_channels\(dataset, names="),
        ("0-5", TypeError, r"channels= lists source channels, .* not '0-5'\. By name: ecogcat\.select_channels"),
        ([True] * 6, TypeError, "channels= lists source channels, whole numbers from 0"),
        ([[0, 1]], TypeError, r"range\(6\); not \[\[0, 1\]\] \(list\)"),
    ],
)
@pytest.mark.parametrize("with_electrode", [False, True])
def test_channels_that_cannot_be(
    channels: Any, error: type[Exception], message: str, with_electrode: bool, rhd: Path
) -> None:
    electrode = ec.ChannelMap([(0, k) for k in range(6)], (1, 6)) if with_electrode else None
    with pytest.raises(error, match=message):
        ec.open_recording(rhd, channels=channels, electrode=electrode)


def test_units_type_and_memory(rhd: Path) -> None:
    whole = ec.open_recording(rhd)
    assert (whole.units, whole.signal.dtype) == ("uV", np.float32)
    stored = whole.signal.read(raw=True).astype("f8")
    exact = stored * 0.195 - 32768 * 0.195
    milli = ec.open_recording(rhd, units="mV", dtype="f8")
    assert (milli.units, milli.signal.dtype) == ("mV", np.float64)
    np.testing.assert_allclose(milli.signal.read(), exact / 1000, rtol=1e-13, atol=1e-12)
    assert milli["adc"].units == "V"
    with pytest.raises(ValueError, match=r"cannot convert 'uV' \(voltage\) to 'nA' \(current\)"):
        ec.open_recording(rhd, units="nA")
    with pytest.raises(TypeError, match="values are floating-point numbers, not int16"):
        ec.open_recording(rhd, dtype="i2")
    loaded = ec.open_recording(rhd, mapped=False)
    rhd.unlink()
    assert loaded.signal.sources == loaded["adc"].sources == ()
    assert np.array_equal(loaded.signal.read(), exact.astype("f4"))


def test_the_name_of_the_dataset(rhd: Path) -> None:
    dataset = ec.open_recording(rhd, name="baseline")
    assert dataset.name == dataset.parts[0].name == "baseline"


@pytest.mark.parametrize(
    "start",
    [
        "2026-03-14 10:21:05",
        "2026-03-14T10:21:05",
        datetime(2026, 3, 14, 10, 21, 5),
        np.datetime64("2026-03-14T10:21:05"),
        pd.Timestamp("2026-03-14 10:21:05"),
        " 2026-03-14 10:21:05.000 ",
    ],
)
def test_start_time(start: Any, rhd: Path) -> None:
    dataset = ec.open_recording(rhd, start_time=start)
    assert dataset.parts[0].start_time == np.datetime64("2026-03-14T10:21:05", "ns")
    assert dataset.times("wall")[100] == np.datetime64("2026-03-14T10:21:05.1", "ns")


NO_TIMES = [20260314, 37265, 1.5, True, "10:21", "10:21:05", "03-04-2026", "14.03.2026 10:21", "20260314", "today"]


@pytest.mark.parametrize("start", ["soon", "", "9999-01-01", "NaT", "2026-02-30", object(), *NO_TIMES])
def test_start_time_that_is_none(start: Any, rhd: Path) -> None:
    with pytest.raises(ValueError, match="start_time is a date and time such as '2026-03-14 10:21:05', not "):
        ec.open_recording(rhd, start_time=start)


@pytest.mark.parametrize(
    "start", ["2026-03-14 10:21:05+02:00", "2026-03-14T10:21:05Z", datetime(2026, 3, 14, tzinfo=UTC)]
)
def test_start_time_with_an_offset(start: Any, rhd: Path) -> None:
    with pytest.raises(
        ValueError, match=r"^start_time is .* clocks of recordings have no time zone\. Leave the offset away"
    ):
        ec.open_recording(rhd, start_time=start)


# Electrodes ---------------------------------------------------------------------------------------

TABLE = """# A 2 x 3 grid.
# shape: 2 3
# pitch_mm: 0.4 0.5
channel,role,row,col
5,electrode,1,2
0,electrode,0,0
3,ground,,
2,reference,,
1,other,,
"""


def test_electrode_table(rhd: Path) -> None:
    whole = ec.open_recording(rhd)
    dataset = ec.open_recording(rhd, electrode=_grid(rhd.parent, TABLE))
    assert dataset.channel_map is not None
    assert dataset.channel_map.shape == (2, 3)
    assert dataset.channel_map.pitch == (0.4, 0.5)
    assert dataset.channel_map.sites.tolist() == [[1, 2], [0, 0]]
    assert dataset.signal.channel_names == dataset.channel_map.names == ("A-005", "A-000")
    assert np.array_equal(dataset.signal.read(), whole.signal[[5, 0]])
    assert dataset.ground is not None
    assert dataset.reference_channels is not None
    assert np.array_equal(dataset.ground.read(), whole.signal[[3]])
    assert np.array_equal(dataset.reference_channels.read(), whole.signal[[2]])
    assert dataset.parts[0].warnings == ("1 channel is not on the electrode and left out: A-004",)
    # Units and type are those of the signal, for ground and reference as well.
    milli = ec.open_recording(rhd, electrode=str(rhd.parent / "grid.csv"), units="mV", dtype="f8")
    assert milli.ground is not None
    assert (milli.ground.units, milli.ground.dtype) == ("mV", np.float64)


def test_electrode_table_without_comments_and_with_a_byte_order_mark(rhd: Path) -> None:
    text = '\ufeffCol,Row,Channel,Role,remark\r\n0,1,0,Electrode,\r\n\r\n 2 , 0 , 1 ,electrode,"a, b"\r\n'
    dataset = ec.open_recording(rhd, electrode=_grid(rhd.parent, text), channels=[0, 1, 2])
    assert dataset.channel_map is not None
    assert dataset.channel_map.sites.tolist() == [[1, 0], [0, 2]]
    assert dataset.channel_map.shape == (2, 3)
    assert dataset.channel_map.pitch == (1.0, 1.0)


def test_channels_with_an_electrode_keep_its_sites_among_them(rhd: Path) -> None:
    grid = _grid(rhd.parent, TABLE)
    dataset = ec.open_recording(rhd, electrode=grid, channels=[0, 3])
    assert dataset.signal.channel_names == ("A-000",)
    assert dataset.channel_map is not None
    assert dataset.channel_map.sites.tolist() == [[0, 0]]
    assert dataset.dropped[["name", "row", "col"]].values.tolist() == [["A-005", 1, 2]]


def test_a_map_as_electrode(rhd: Path) -> None:
    grid = ec.ChannelMap([(0, 0), (1, 1), (1, 0)], (2, 2), 0.3)
    dataset = ec.open_recording(rhd, electrode=grid)
    assert dataset.signal.channel_names == ("A-000", "A-001", "A-002")
    assert dataset.channel_map is not None
    assert dataset.channel_map.sites.tolist() == grid.sites.tolist()
    assert dataset.parts[0].warnings == ("3 channels are not on the electrode and left out: A-003, A-004, A-005",)


def test_an_electrode_with_channels_beyond_the_file(rhd: Path) -> None:
    grid = _grid(rhd.parent, "channel,role,row,col\n5,electrode,0,0\n6,electrode,0,1\n64,ground,,\n")
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(rhd, electrode=grid)
    assert str(caught.value) == (
        f"{rhd}: the electrode has channels that the recording lacks (expected source channels 6, 64 of {grid}; "
        "found 6 channels). Is it the table of another recording? Source channels count from 0"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table lacks channel, role, row, col (expected channel, role, row, col; found nothing)"),
        ("channel,row,col\n", "the table lacks role (expected channel, role, row, col; found channel, row, col)"),
        (
            "channel,role,row,col\n0,electrode,0,0\n1,gnd,,\n",
            "line 3: unknown role (expected electrode, ground, reference, other; found gnd)",
        ),
        ("channel,role,row,col\n0,,0,0\n", "line 2: unknown role (expected electrode, ground, reference, other; "),
        ("# x\n\nchannel,role,row,col\nzero,electrode,0,0\n", "line 4: the channel cannot be (expected a whole number"),
        ("channel,role,row,col\n-1,electrode,0,0\n", "line 2: the channel cannot be (expected a whole number from 0; "),
        (
            "channel,role,row,col\n0,electrode,0.5,0\n",
            "line 2: the row cannot be (expected a whole number from 0; found 0.5)",
        ),
        (
            "channel,role,row,col\n0,electrode,0,\n",
            "line 2: the col cannot be (expected a whole number from 0; found nothing)",
        ),
        (
            "channel,role,row,col\n0,electrode\n",
            "line 2: the row cannot be (expected a whole number from 0; found nothing)",
        ),
        (
            "channel,role,row,col\n0,electrode,0,0\n0,electrode,0,1\n",
            "line 3: this source channel is given twice (expected each once; found 0, also in line 2)",
        ),
        (
            "channel,role,row,col\n0,electrode,0,0\n1,electrode,0,0\n",
            "line 3: this site is given twice (expected each once; found (0, 0), also in line 2)",
        ),
        (
            "# shape: 1 1\nchannel,role,row,col\n0,electrode,0,1\n",
            "line 3: the site lies outside of the grid (expected below 1 and 1; found (0, 1))",
        ),
        (
            "# shape: 8\nchannel,role,row,col\n",
            "line 1: the shape cannot be (expected two whole numbers, rows and columns; ",
        ),
        (
            "# shape: a b\nchannel,role,row,col\n",
            "line 1: the shape cannot be (expected two whole numbers, rows and colum",
        ),
        (
            "# shape: 0 8\nchannel,role,row,col\n",
            "line 1: the shape cannot be (expected two whole numbers, rows and colum",
        ),
        (
            "# pitch_mm: -1\nchannel,role,row,col\n",
            "line 1: the pitch cannot be (expected one or two distances in mm; f",
        ),
        (
            "# pitch_mm:\nchannel,role,row,col\n",
            "line 1: the pitch cannot be (expected one or two distances in mm; found",
        ),
    ],
)
def test_tables_that_cannot_be_used(text: str, message: str, tmp_path: Path) -> None:
    path = _grid(tmp_path, text)
    with pytest.raises(ec.FormatError) as caught:
        read_electrode_table(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_tables_that_are_none(tmp_path: Path, rhd: Path) -> None:
    (tmp_path / "grid.csv").write_bytes(bytes(range(128, 256)))
    with pytest.raises(ec.FormatError, match=r"grid\.csv: this is no electrode table: it is no text"):
        read_electrode_table(tmp_path / "grid.csv")
    with pytest.raises(
        ec.RecordingNotFound,
        match=r"none\.csv: no such electrode table, nor a known electrode of this name; electrode= takes a ChannelMap",
    ):
        ec.open_recording(rhd, electrode=tmp_path / "none.csv")


# Events -------------------------------------------------------------------------------------------


def test_events_of_a_table(rhd: Path) -> None:
    table = rhd.parent / "events.csv"
    table.write_text("tone,sample\n500,100\n1000,20\n", encoding="utf-8-sig")
    dataset = ec.open_recording(rhd, events=table)
    assert dataset.events.sample.tolist() == [20, 100]
    assert dataset.events.table.to_dict("list") == {"tone": [1000, 500]}
    assert dict(dataset.events.origins[0]) == {"file": "events.csv"}
    own = ec.Events([3], {"tone": [1.0]})
    assert ec.open_recording(rhd, events=own).events == own


def test_a_table_without_events_has_no_columns_whose_type_could_spoil_a_join(rhd: Path) -> None:
    none, some = rhd.parent / "none.csv", rhd.parent / "some.csv"
    none.write_text("sample,tone,level\n")
    some.write_text("sample,tone,level\n5,500.0,70\n")
    silent, loud = (ec.open_recording(rhd, events=table) for table in (none, some))
    assert len(silent.events) == 0
    joined = ec.join(silent, loud, silent)
    assert joined.events.sample.tolist() == [128 + 5]
    assert joined.events.table.dtypes.astype(str).to_dict() == {"tone": "float64", "level": "int64"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tone\n1\n", "a table of events has a column of whole numbers (expected sample; found tone (int64))"),
        ("sample\n0.5\n", "a table of events has a column of whole numbers (expected sample; found sample (float64))"),
        ("", "this is no table of events (found No columns to parse from file)"),
        (
            "sample\n5\n128\n",
            "these events do not lie in rec_001 (expected samples from 0 to 127; found 5 to 128). "
            "Samples count from the start of this recording; is it the table of another one?",
        ),
        ("sample\n-5\n1\n", "these events do not lie in rec_001 (expected samples from 0 to 127; found -5 to 1). "),
    ],
)
def test_tables_of_events_that_cannot_be_used(text: str, message: str, rhd: Path) -> None:
    table = rhd.parent / "events.csv"
    table.write_text(text)
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(rhd, events=table)
    assert str(caught.value).startswith(f"{table}: {message}")
    with pytest.raises(ec.RecordingNotFound, match=r"gone\.csv: no such table of events"):
        ec.open_recording(rhd, events=rhd.parent / "gone.csv")


# Recordings of several parts ----------------------------------------------------------------------


def test_load_arguments_of_a_folder_recording(tmp_path: Path) -> None:
    names = ["rat_231117_052500.rhd", "rat_231117_052501.rhd", "rat_231117_052502.rhd"]
    write_pieces(tmp_path / "day", names)
    (tmp_path / "events.csv").write_text("sample,tone\n130,1.5\n400,2.5\n")
    whole = ec.open_recording(tmp_path / "day")
    arguments: dict[str, Any] = {
        "electrode": _grid(tmp_path, TABLE.replace("5,electrode", "4,electrode")),
        "events": tmp_path / "events.csv",
        "start_time": "2026-01-01 12:00",
        "units": "mV",
        "dtype": "f8",
        "name": "day",
    }
    dataset = ec.open_recording(tmp_path / "day", **arguments)
    assert (dataset.name, dataset.units, dataset.signal.dtype) == ("day", "mV", np.float64)
    assert [part.name for part in dataset.parts] == [name[:-4] for name in names]
    exact = whole.signal.read(raw=True)[[4, 0]].astype("f8") * 0.195 - 32768 * 0.195
    np.testing.assert_allclose(dataset.signal.read(), exact / 1000, rtol=1e-13, atol=1e-12)
    start = np.datetime64("2026-01-01T12:00", "ns")
    assert [part.start_time for part in dataset.parts] == [start + np.timedelta64(ms, "ms") for ms in (0, 128, 384)]
    alone = ec.split(dataset)
    assert [one.n_samples for one in alone] == [128, 256, 384]
    assert [one.events.sample.tolist() for one in alone] == [[], [2], [400 - 384]]
    assert alone[1].events.table["tone"].tolist() == [1.5]
    for one, part in zip(alone, dataset.parts, strict=True):
        assert one.channel_map == dataset.channel_map
        assert one.ground is not None
        assert np.array_equal(one.signal.read(), dataset.signal[:, part.start : part.stop])
        assert one.ground.n_samples == one.n_samples
        assert (one.units, one.ground.units) == ("mV", "mV")
    again = ec.join(*alone)
    assert ec.equals(again, dataset)
    fewer = ec.open_recording(tmp_path / "day", channels=[3, 1], mapped=False)
    assert fewer.signal.sources == ()
    assert np.array_equal(fewer.signal.read(), whole.signal[[3, 1]])
    assert len(fewer.dropped) == 3 * 3


def test_start_time_of_pieces_without_a_clock_is_that_of_the_first_alone(tmp_path: Path) -> None:
    write_pieces(tmp_path / "day", ["a_part1.rhd", "a_part2.rhd"])
    dataset = ec.open_recording(tmp_path / "day", start_time="2026-01-01 12:00")
    assert dataset.parts[0].start_time == np.datetime64("2026-01-01T12:00", "ns")
    assert dataset.parts[1].start_time is None


# Simulated sessions -------------------------------------------------------------------------------


def _open(session: SimulatedSession, recording: SimulatedRecording, **further: Any) -> ec.Dataset:
    events = session.folder / f"{recording.name}_events.csv"
    return ec.open_recording(recording.path, electrode=session.grid, events=events, **further)


def test_a_simulated_session_is_read_exactly(session: SimulatedSession) -> None:
    on_grid = np.flatnonzero(session.sites[:, 0] >= 0)
    for recording in session.recordings:
        dataset = _open(session, recording)
        assert np.array_equal(dataset.signal.read(), recording.values_uV[on_grid])
        assert np.array_equal(dataset.signal.read(raw=True), recording.stored[on_grid])
        assert dataset.ground is not None
        assert np.array_equal(dataset.ground.read(), np.delete(recording.values_uV, on_grid, axis=0))
        for name in ("adc", "aux"):
            said = getattr(recording, name)
            assert np.array_equal(dataset[name].read(), said.values)
            assert (dataset[name].sampling_rate, dataset[name].units) == (said.sampling_rate, "V")
        assert dataset.channel_map is not None
        assert np.array_equal(dataset.channel_map.sites, session.sites[on_grid])
        assert dataset.channel_map.shape == (8, 8)
        assert dataset.parts[0].start_time == np.datetime64(recording.start_time, "ns")
        assert dataset.parts[0].warnings == ()


def test_events_of_a_simulated_session_are_where_the_trigger_rises(session: SimulatedSession) -> None:
    datasets = [_open(session, recording) for recording in session.recordings]
    assert [len(dataset.events) == 0 for dataset in datasets] == [False, False, True, False]
    for dataset in (*datasets, ec.join(*datasets), ec.join(*datasets[::-1])):
        trigger = dataset["adc"][0]
        samples = dataset.events.sample
        assert (trigger[samples] > 3).all()
        assert (trigger[samples - 1] < 0.1).all()
        rising = np.flatnonzero((trigger[1:] > 1.65) & (trigger[:-1] <= 1.65)) + 1
        assert np.array_equal(rising, samples)
    joined = ec.join(*datasets)
    expected = pd.concat([recording.events for recording in session.recordings], ignore_index=True)
    assert joined.events.table["tone"].tolist() == expected["tone"].tolist()
    assert joined.events.table["level"].tolist() == expected["level"].tolist()
    assert joined.events.table.dtypes.astype(str).to_dict() == {"tone": "float64", "level": "float64"}


def test_a_simulated_session_joined_is_the_concatenation(session: SimulatedSession) -> None:
    joined = ec.join(*(_open(session, recording) for recording in session.recordings))
    on_grid = np.flatnonzero(session.sites[:, 0] >= 0)
    expected = np.concatenate([recording.values_uV[on_grid] for recording in session.recordings], axis=1)
    assert np.array_equal(joined.signal.read(), expected)
    adc = np.concatenate([recording.adc.values for recording in session.recordings], axis=1)
    assert np.array_equal(joined["adc"].read(), adc)


def test_what_the_system_does_not_let_us_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "a.rhd")
    with pytest.raises(ec.FormatError, match=r"a\.rhd: this is neither a file nor a folder"):
        ec.open_recording(tmp_path / "a.rhd")
    write_rhd(tmp_path / "b.rhd", np.zeros((2, 128)))

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "b.rhd"))

    monkeypatch.setattr("ecogcat.formats.intan.file.open", refused, raising=False)
    monkeypatch.setattr("ecogcat.formats.intan.header.open", refused, raising=False)
    for open_it in (ec.open_recording, ec.streams):
        with pytest.raises(ec.FormatError, match=r"b\.rhd: this cannot be read .*found Permission denied"):
            open_it(tmp_path / "b.rhd")


def test_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    write_rhd(tmp_path / "rat_part1.rhd", np.zeros((2, 128)))
    (tmp_path / "rat_part2.rhd").symlink_to("unmounted.rhd")
    (tmp_path / "rat_part3.rhd").symlink_to("rat_part3.rhd")
    (tmp_path / "notes.txt").symlink_to("nowhere")
    dataset = ec.open_recording(tmp_path)
    assert dataset.n_samples == 128
    assert [one for one in dataset.parts[0].warnings if "link" in one] == [
        f"rat_part{k}.rhd is a link that leads nowhere: nothing of it is here" for k in (2, 3)
    ]


def test_links_in_a_circle_hide_nothing(tmp_path: Path) -> None:
    for name in ("experiment1", "recording1", "a_g0_imec0", "Record Node 101"):
        (tmp_path / name).symlink_to(name)
    with pytest.raises(ec.FormatError, match="no format recognises this"):
        ec.open_recording(tmp_path)
