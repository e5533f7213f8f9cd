"""NWB files: real ones and pynwb's own against pynwb; the layouts of the Open Ephys GUI; damage."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.formats.nwb import open_nwb
from ecogcat.formats.nwb.electrodes import grid_of
from ecogcat.formats.registry import detect
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.nwb_recordings import quietly, read_nwb, write_nwb, write_open_ephys_1

REAL = {
    "catalystneuro_buzsaki_lfp_96ch.nwb": "ElectricalSeries_lfp",
    "catalystneuro_converter_spec_1.nwb": "ElectricalSeries",
}


def draw(n_samples: int, n_channels: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9999, 9999, (n_samples, n_channels)).astype("i2")


def add_series(data: Any, name: str = "ECoG", **how: Any) -> Callable[[Any, Any], None]:
    def add(file: Any, region: Any) -> None:
        from pynwb.ecephys import ElectricalSeries

        file.add_acquisition(ElectricalSeries(name=name, data=data, electrodes=region, **how))

    return add


def microvolts(volts: np.ndarray) -> np.ndarray:
    return (volts.T * 1e6).astype(np.float32)


# Real files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REAL)
def test_a_real_file_equals_pynwbs(name: str) -> None:
    path = shared_path(f"recordings/nwb/{name}")
    stored, volts, rate = read_nwb(path, REAL[name])
    dataset = ec.open_recording(path)
    assert dataset.sampling_rate == rate
    assert np.array_equal(dataset.signal.read(raw=True), stored.T)
    np.testing.assert_array_equal(dataset.signal.read(), microvolts(volts))
    assert detect(str(path)).name == "nwb"
    assert len(ec.streams(path)) == 1


def test_what_real_files_say_of_themselves() -> None:
    dataset = open_nwb(shared_path(f"recordings/nwb/{next(iter(REAL))}"))
    assert dataset.units == "V"
    assert dataset.signal.channel_names[:2] == ("ch0", "ch1")
    assert dataset.metadata["electrodes"]["id"][:3] == (0, 14, 1)
    assert dataset.metadata["species"] == "Rattus norvegicus"
    assert str(dataset.parts[0].recorded_at) == "2017-04-28T00:00:00.000000000"
    other = open_nwb(shared_path(f"recordings/nwb/{list(REAL)[1]}"))
    assert other.signal.channel_names[:2] == ("AP0", "AP1")
    assert other.channel_map is None  # staggered: half of the sites of its lattice
    assert other.metadata["electrodes"]["rel_x"][:3] == (43.0, 11.0, 59.0)


@pytest.mark.parametrize("name", REAL)
def test_real_files_conform(name: str) -> None:
    check_format(ec.open_recording, shared_path(f"recordings/nwb/{name}"), damage=False)


# Files by pynwb -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["i2", "f4", "f8"])
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_files_by_pynwb_conform_and_equal_its_values(dtype: str, compression: str | None, tmp_path: Path) -> None:
    from hdmf.backends.hdf5.h5_utils import H5DataIO

    data = draw(80).astype(dtype)
    path = tmp_path / "a.nwb"
    how = {"rate": 1000.0, "conversion": 2.5e-7, "offset": 1e-3, "channel_conversion": list(np.linspace(1, 2, 6))}
    chunked = {"chunks": (16, 4), "compression": compression} if compression else {}
    write_nwb(path, add_series(H5DataIO(data, **chunked) if chunked else data, **how))
    stored, volts, rate = read_nwb(path, "ECoG")
    assert np.array_equal(stored, data)
    dataset = ec.open_recording(path)
    assert dataset.sampling_rate == rate
    expected = microvolts(volts)
    np.testing.assert_allclose(dataset.signal.read(), expected, rtol=1e-7)
    check_format(ec.open_recording, path, damage=dtype == "i2" and compression is None)


def test_channel_names_and_the_grid(tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    write_nwb(path, add_series(draw(10), rate=500.0, starting_time=2.0))
    dataset = open_nwb(path)
    assert dataset.signal.channel_names == ("E1", "E2", "E3", "E4", "E5", "E6")  # the region runs backwards
    grid = dataset.channel_map
    assert grid is not None
    assert (grid.shape, grid.pitch) == ((2, 3), (0.2, 0.4))
    assert grid.sites.tolist() == [[1, 2], [1, 1], [1, 0], [0, 2], [0, 1], [0, 0]]
    assert dataset.metadata["electrodes"]["location"] == ("A1",) * 6
    assert str(dataset.parts[0].start_time) == "2024-02-29T10:00:02.500000000"
    assert dataset.parts[0].notes == ("a rat hears tones", "it slept")
    write_nwb(path, add_series(draw(10), rate=500.0), grid=False)
    assert open_nwb(path).channel_map is None


def test_what_is_a_grid() -> None:
    full = np.array([(y, x) for y in range(3) for x in range(4)], float)
    names = [f"c{k}" for k in range(12)]
    found = grid_of(full * (100, 250) + 17.5, names)
    assert found is not None
    assert (found.shape, found.pitch) == ((3, 4), (0.1, 0.25))
    assert grid_of(full[:7] * 50, names[:7]) is not None  # some missing
    line = grid_of(full[:4] * 20, names[:4])
    assert line is not None
    assert (line.shape, line.pitch) == ((1, 4), (0.02, 0.02))
    staggered = full[(full.sum(1) % 2) == 0]
    for places in (
        staggered,
        full + np.random.default_rng(0).normal(0, 0.1, full.shape),
        np.zeros((4, 2)),
        full[[0, 1, 1, 2]],
        np.full((3, 2), np.nan),
        full[:1],
    ):
        assert grid_of(places, names[: len(places)]) is None


def test_series_are_listed_and_chosen(tmp_path: Path) -> None:
    raw, lfp = draw(90), draw(30, seed=1)

    def add(file: Any, region: Any) -> None:
        from pynwb.ecephys import LFP, ElectricalSeries

        file.add_acquisition(ElectricalSeries(name="Raw", data=raw, electrodes=region, rate=3000.0))
        container = LFP(electrical_series=ElectricalSeries(name="low", data=lfp, electrodes=region, rate=1000.0))
        file.create_processing_module("ecephys", "processed").add(container)

    path = tmp_path / "a.nwb"
    write_nwb(path, add)
    table = ec.streams(path)
    assert table[["stream", "rate", "channels", "samples"]].values.tolist() == [
        ["acquisition/Raw", 3000.0, 6, 90],
        ["processing/ecephys/LFP/low", 1000.0, 6, 30],
    ]
    with pytest.raises(ec.FormatError, match=r"'acquisition/Raw' \(90 x 6\); stream='processing/.*/low' \(30 x 6\)\)"):
        ec.open_recording(path)
    for stream in ("processing/ecephys/LFP/low", "low", "/processing/ecephys/LFP/low"):
        assert np.array_equal(ec.open_recording(path, stream=stream).signal.read(raw=True), lfp.T)
    assert np.array_equal(ec.open_recording(path, stream="Raw").signal.read(raw=True), raw.T)
    with pytest.raises(ec.RecordingNotFound, match="no stream 'x'; there are: 'acquisition/Raw', 'processing"):
        ec.open_recording(path, stream="x")


@pytest.mark.parametrize("chunks", [None, (32,)])
def test_gaps_in_the_timestamps_are_seams(chunks: tuple[int, ...] | None, tmp_path: Path) -> None:
    from hdmf.backends.hdf5.h5_utils import H5DataIO

    rate, n = 29999.954, 4000
    rng = np.random.default_rng(2)
    times = 12.5 + np.arange(n) / rate + rng.uniform(-0.2, 0.2, n) / rate
    times[1500:] += 0.25
    times[2222:] -= 0.1
    path = tmp_path / "a.nwb"
    data = draw(n)
    write_nwb(path, add_series(data, timestamps=H5DataIO(times, chunks=chunks) if chunks else times))
    dataset = open_nwb(path)
    assert [part.start for part in dataset.parts] == [0, 1500, 2222]
    assert dataset.sampling_rate == pytest.approx(rate, rel=1e-4)
    assert [seam.gap_s for seam in dataset.seams] == pytest.approx([0.25, -0.1], abs=1e-3)
    assert np.array_equal(dataset.signal.read(raw=True), data.T)
    assert dataset.parts[1].warnings[0].startswith("the timestamps jump by +0.2")
    assert dataset.parts[2].file_start == 2222
    check_format(ec.open_recording, path, damage=False)


@pytest.mark.parametrize(("rate", "start"), [(30000.0, 0.0), (1250.0, 1e5), (24414.0625, 3.0), (500.0, -2.0)])
def test_the_rate_of_regular_timestamps(rate: float, start: float, tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    write_nwb(path, add_series(draw(5000), timestamps=start + np.arange(5000) / rate))
    dataset = open_nwb(path)
    assert dataset.sampling_rate == pytest.approx(rate, abs=6e-4)
    assert len(dataset.parts) == 1


def test_trials_and_other_intervals(tmp_path: Path) -> None:
    def add(file: Any, region: Any) -> None:
        from pynwb.epoch import TimeIntervals

        add_series(draw(1000), rate=1000.0, starting_time=1.0)(file, region)
        file.add_trial_column("tone", "Hz")
        file.add_trial_column("choice", "side")
        for start, tone, choice in ((1.1, 500, "left"), (1.4, 1000, "right"), (5.0, 2000, "left")):
            file.add_trial(start_time=start, stop_time=start + 0.2, tone=tone, choice=choice)
        file.add_epoch(start_time=0.5, stop_time=1.3, tags=["quiet", "dark"])
        sleep = TimeIntervals(name="sleep", description="asleep")
        sleep.add_interval(start_time=1.9, stop_time=9.0)
        file.add_time_intervals(sleep)

    path = tmp_path / "a.nwb"
    write_nwb(path, add)
    dataset = open_nwb(path)
    assert dataset.intervals[["start", "stop", "label"]].values.tolist() == [
        [0, 300, "epochs"],
        [100, 300, "trials"],
        [400, 600, "trials"],
        [900, 1000, "sleep"],
    ]
    table = dataset.events.table
    assert dataset.events.sample.tolist() == [100, 400, 900]
    assert table["interval"].tolist() == ["trials", "trials", "sleep"]
    assert table["tone"].tolist()[:2] == [500, 1000]
    assert table["choice"].tolist()[:2] == ["left", "right"]
    assert table["stop_time"].tolist() == pytest.approx([1.3, 1.6, 9.0])
    assert dataset.parts[0].warnings == ("2 events or starts of intervals lie outside of the samples and are left out",)


def test_intervals_across_a_seam_are_cut_there(tmp_path: Path) -> None:
    times = np.arange(100) / 1000
    times[60:] += 1

    def add(file: Any, region: Any) -> None:
        add_series(draw(100), timestamps=times)(file, region)
        for start, stop in ((0.05, 1.07), (1.08, 1.09), (0.5, 0.6)):
            file.add_trial(start_time=start, stop_time=stop)

    path = tmp_path / "a.nwb"
    write_nwb(path, add)
    dataset = ec.open_recording(path)
    assert dataset.intervals[["start", "stop"]].values.tolist() == [[50, 60], [60, 70], [80, 90]]
    assert dataset.events.sample.tolist() == [50, 80]
    assert dataset.parts[0].warnings == ("1 events or starts of intervals lie outside of the samples and are left out",)
    check_format(ec.open_recording, path, damage=False)


def test_annotations_are_notes(tmp_path: Path) -> None:
    def add(file: Any, region: Any) -> None:
        from pynwb.misc import AnnotationSeries

        add_series(draw(10), rate=1000.0)(file, region)
        file.add_acquisition(AnnotationSeries(name="said", data=["hello", "bye"], timestamps=[0.5, 1.25]))

    write_nwb(tmp_path / "a.nwb", add)
    assert open_nwb(tmp_path / "a.nwb").parts[0].notes[2:] == ("0.500 s: hello", "1.250 s: bye")


def test_data_with_its_channels_first(tmp_path: Path) -> None:
    data = draw(50)
    quietly(write_nwb)(tmp_path / "a.nwb", add_series(data.T.copy(), rate=1000.0))
    dataset = open_nwb(tmp_path / "a.nwb")
    assert np.array_equal(dataset.signal.read(raw=True), data.T)
    assert dataset.parts[0].warnings[0] == (
        "acquisition/ECoG has its channels first, which NWB has last: taken as 6 channels"
    )


# Open Ephys ---------------------------------------------------------------------------------------


def test_open_ephys_before_0_6(tmp_path: Path) -> None:
    path = tmp_path / "experiment1.nwb"
    names = ["CH1", "CH2", "ADC1"]
    stored = {1: draw(40, 3).T, 2: draw(60, 3, 1).T}
    write_open_ephys_1(path, stored, names)
    table = ec.streams(path)
    assert table[["stream", "recording", "rate", "samples"]].values.tolist() == [
        ["processor102_100", "recording1", 1000.0, 40],
        ["processor102_100", "recording2", 1000.0, 60],
    ]
    with pytest.raises(ec.FormatError, match=r"recording='recording1' \(40 x 3\); recording='recording2' \(60 x 3\)\)"):
        ec.open_recording(path)
    gain = float(np.float32(0.195))
    for number, numbers in stored.items():
        dataset = ec.open_recording(path, recording=number)
        assert dataset.signal.channel_names == ("CH1", "CH2")
        assert np.array_equal(dataset.signal.read(), (numbers[:2] * gain).astype("f4"))
        assert np.array_equal(dataset["adc"].read(raw=True), numbers[2:])
        assert dataset["adc"].units == ""
        assert dataset.events.sample.tolist() == [10, 20]
        assert dataset.events.table.to_dict("list") == {"line": [3, 3], "state": [1, 0], "source": ["ttl1"] * 2}
        assert dataset.parts[0].notes == (f"{number}.005 s: tones {number}",)
        assert str(dataset.parts[0].start_time) == f"2019-05-06T07:08:{9 + number:02}.000000000"
    check_format(partial(ec.open_recording, recording="recording1"), path, damage=False)


def test_open_ephys_from_0_6_gives_the_conversion_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    data = draw(40)
    write_nwb(path, add_series(data, timestamps=np.arange(40) / 1000))
    each = np.full(6, 0.195e-6, "f4")
    with h5py.File(path, "a") as file:
        series = file["acquisition/ECoG"]
        series["data"].attrs["conversion"] = each[0]
        series["channel_conversion"] = each
        series["channel_conversion"].attrs["description"] = "Bit volts values for all channels"
        lines = file.create_group("acquisition/Board-100.ECoG.TTL")
        lines.attrs["neurodata_type"] = "TimeSeries"
        lines["data"], lines["full_word"] = np.array([2], "i2"), np.array([2], "u8")
        lines["timestamps"] = np.array([0.03])
    dataset = ec.open_recording(path)
    gain = float(each[0])
    np.testing.assert_array_equal(dataset.signal.read(), (data.T * gain * 1e6).astype("f4"))
    assert dataset.events.sample.tolist() == [30]
    assert dataset.events.table["line"].tolist() == [2]


# Damage -------------------------------------------------------------------------------------------


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    write_nwb(tmp_path / "a.nwb", add_series(draw(40), rate=1000.0))
    return tmp_path / "a.nwb"


def _change(path: Path, change: Callable[[Any], None]) -> None:
    with h5py.File(path, "a") as file:
        change(file["acquisition/ECoG"])


CHANGES: dict[str, Callable[[Any], None]] = {
    r"rate of acquisition/ECoG cannot be": lambda one: one["starting_time"].attrs.__setitem__("rate", "fast"),
    r"has no sampling rate \(expected a rate or times; found 0 Hz": lambda one: one["starting_time"].attrs.__setitem__(
        "rate", 0.0
    ),
    r"found neither starting_time nor timestamps": lambda one: one.__delitem__("starting_time"),
    r"conversion of acquisition/ECoG cannot be .*found nan": lambda one: one["data"].attrs.__setitem__(
        "conversion", np.nan
    ),
    r"channel_conversion of .* does not fit \(expected 6 numbers; found shape \(2,\)": lambda one: one.__setitem__(
        "channel_conversion", [1.0, 2.0]
    ),
    r"the file has no electrical series .*found ECoG": lambda one: one.__delitem__("data"),
    r"holds no sample .*found shape \(0, 6\)": lambda one: (
        one.__delitem__("data"),
        one.__setitem__("data", np.zeros((0, 6), "i2")),
    ),
    r"dataset '/acquisition/ECoG/data' is no recording": lambda one: (
        one.__delitem__("data"),
        one.__setitem__("data", np.array([[b"x"]])),
    ),
}


@pytest.mark.parametrize(("message", "change"), CHANGES.items())
def test_what_is_refused(message: str, change: Callable[[Any], None], plain: Path) -> None:
    _change(plain, change)
    with pytest.raises(ec.FormatError, match=message):
        ec.open_recording(plain)


def test_data_in_another_file(plain: Path) -> None:
    data = draw(40, seed=3)
    other = plain.with_name("samples.h5")
    with h5py.File(other, "w") as file:
        file["filler"] = np.zeros(1000)
        file["raw"] = data

    def change(one: Any) -> None:
        del one["data"]
        one["data"] = h5py.ExternalLink("samples.h5", "/raw")

    _change(plain, change)
    dataset = ec.open_recording(plain)
    assert np.array_equal(dataset.signal.read(raw=True), data.T)
    assert [Path(one.path) for one in dataset.signal.sources] == [other]
    other.unlink()
    with pytest.raises(ec.FormatError, match=r"the data of acquisition/ECoG lie in another file.*/raw in samples\.h5"):
        ec.open_recording(plain)


def test_electrodes_that_do_not_fit_are_said(plain: Path) -> None:
    def change(one: Any) -> None:
        one["electrodes"][0] = 77

    _change(plain, change)
    dataset = ec.open_recording(plain)
    assert dataset.signal.channel_names == ("ch0", "ch1", "ch2", "ch3", "ch4", "ch5")
    assert dataset.parts[0].warnings == ("the electrodes of the series do not fit: row 77 of a table of 6",)


def test_a_table_that_cannot_be_read_is_named(plain: Path) -> None:
    with h5py.File(plain, "a") as file:
        file["intervals/odd/start_time"] = 3.0
    dataset = ec.open_recording(plain)
    assert len(dataset.intervals) == 0
    assert dataset.parts[0].warnings == ("intervals/odd cannot be read and is left out: () is no table",)


def test_times_that_run_on_nowhere(tmp_path: Path) -> None:
    times = np.cumsum(np.random.default_rng(0).exponential(1e-3, 20000))
    write_nwb(tmp_path / "a.nwb", add_series(draw(20000), timestamps=times))
    dataset = open_nwb(tmp_path / "a.nwb")
    assert len(dataset.parts) == 1
    assert "have more than 4,096 breaks: they are not told apart" in dataset.parts[0].warnings[0]


def test_files_that_are_none(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match="no such file"):
        open_nwb(tmp_path / "x.nwb")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 5), "i2"), 100.0
    assert detect(str(tmp_path / "b.h5")).name == "hdf5"
    with pytest.raises(ec.FormatError, match=r"this is no NWB file \(expected nwb_version; found Fs, chdata\)"):
        open_nwb(tmp_path / "b.h5")
    data = plain.read_bytes()
    (tmp_path / "cut.nwb").write_bytes(data[: len(data) // 2])
    with pytest.raises(ec.FormatError, match=r"cut\.nwb: this HDF5 file was never closed, or was cut short"):
        ec.open_recording(tmp_path / "cut.nwb")
    (tmp_path / "wrong.nwb").write_bytes(b"RIFF" * 99)
    with pytest.raises(ec.FormatError, match=r"wrong\.nwb: this is no HDF5 file"):
        ec.open_recording(tmp_path / "wrong.nwb")


def test_a_join_keeps_columns_of_both(tmp_path: Path) -> None:
    for name in ("a", "b"):

        def add(file: Any, region: Any, name: str = name) -> None:
            add_series(draw(100), rate=1000.0)(file, region)
            file.add_trial_column(name, "a condition")
            file.add_trial(start_time=0.05, stop_time=0.06, **{name: 1})

        write_nwb(tmp_path / f"{name}.nwb", add)
    joined = ec.join(ec.open_recording(tmp_path / "a.nwb"), ec.open_recording(tmp_path / "b.nwb"))
    assert joined.events.sample.tolist() == [50, 150]
    assert pd.isna(joined.events.table["b"].iloc[0])
    assert joined.intervals["start"].tolist() == [50, 150]
