"""Simulated sessions: files that hold exactly what they are said to hold, and a signal worth simulating."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml

import ecogcat as ec
from ecogcat.formats.intan.header import parse_file_name, read_header
from ecogcat.testing import cortex
from ecogcat.testing.simulate import SimulatedArray, SimulatedRecording, SimulatedSession, simulate_session


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSession:
    return simulate_session(tmp_path_factory.mktemp("session"), duration_s=6.0, without_events=(2,))


def _in_file(recording: SimulatedRecording) -> dict[str, np.ndarray]:
    """What the file holds, by this test's own reading."""
    if recording.format == "hdf5":
        with h5py.File(recording.path) as file:
            assert file["Fs"][()] == recording.signal.sampling_rate
            return {"signal": file["chdata"][:], "adc": file["adc"][:], "aux": file["aux"][:]}
    header = read_header(recording.path)
    assert header.sampling_rate == recording.signal.sampling_rate
    n_blocks, left_over = header.whole_blocks(recording.path.stat().st_size)
    assert left_over == 0
    rows = np.fromfile(recording.path, np.uint8, offset=header.header_bytes).reshape(n_blocks, -1)

    def take(start: int, stop: int, n_channels: int) -> np.ndarray:
        block = rows[:, start:stop].copy().view("<u2").reshape(n_blocks, n_channels, -1)
        return block.swapaxes(0, 1).reshape(n_channels, -1)

    return {
        "signal": take(header.amplifier_offset, header.aux_offset, 64),
        "adc": take(header.adc_offset, header.digital_in_offset, 2),
        "aux": take(header.aux_offset, header.supply_offset, 3),
    }


def test_files_hold_what_is_said(session: SimulatedSession) -> None:
    for recording in session.recordings:
        for kind, in_file in _in_file(recording).items():
            said: SimulatedArray = getattr(recording, kind)
            assert in_file.dtype == said.stored.dtype
            assert np.array_equal(in_file, said.stored), (recording.name, kind)


def test_values_are_scaled_in_double_and_rounded_once(session: SimulatedSession) -> None:
    for recording in session.recordings:
        for said in (recording.signal, recording.adc, recording.aux):
            exact = said.stored.astype("f8") * said.gain + said.offset
            assert said.values.dtype == np.float32
            assert np.array_equal(said.values, exact.astype("f4"))
        assert recording.values_uV.shape == (64, recording.n_samples)
        assert (recording.gain, recording.offset) == (recording.signal.gain, recording.signal.offset)


def test_variants(session: SimulatedSession) -> None:
    first, second, third, fourth = session.recordings
    headers = [read_header(recording.path) for recording in (first, third)]
    assert [(header.version, header.board_mode) for header in headers] == [((3, 3), 13), ((1, 5), 0)]
    assert [r.stored.dtype.str for r in session.recordings] == ["<u2", "<i2", "<u2", "<f4"]
    with h5py.File(second.path) as file:
        assert file["chdata"].chunks is None
    with h5py.File(fourth.path) as file:
        assert file["chdata"].chunks is not None
    assert len({recording.n_samples for recording in session.recordings}) == 4
    rates = [recording.aux.sampling_rate for recording in session.recordings]
    assert rates == [500.0, 500.0, 500.0, 500.0]


def test_arrays_are_read_only(session: SimulatedSession) -> None:
    with pytest.raises(ValueError, match="read-only"):
        session.recordings[0].stored[0, 0] = 1


def test_recordings_follow_each_other_with_pauses_of_minutes(session: SimulatedSession) -> None:
    for left, right in zip(session.recordings, session.recordings[1:], strict=False):
        duration_s = left.n_samples / left.signal.sampling_rate
        pause_s = (right.start_time - left.start_time).total_seconds() - duration_s
        assert 60 < pause_s < 600
    for recording in session.recordings:
        assert recording.name.startswith(f"{recording.start_time:%Y-%m-%d_%H-%M-%S}_")
        if recording.format == "intan":
            assert parse_file_name(recording.path) == (recording.name, recording.start_time)


def test_trigger_marks_the_events(session: SimulatedSession) -> None:
    for recording in session.recordings:
        high = recording.adc.values[0] > 1.65
        rising = np.flatnonzero(high[1:] & ~high[:-1]) + 1
        assert np.array_equal(rising, recording.events["sample"])
    counts = [len(recording.events) for recording in session.recordings]
    assert counts[2] == 0
    assert min(counts[:2] + counts[3:]) >= 3


def test_tables_beside_the_recordings(session: SimulatedSession) -> None:
    for recording in session.recordings:
        table = pd.read_csv(session.folder / f"{recording.name}_events.csv")
        assert list(table.columns) == ["sample", "tone", "level"]
        if len(table):
            pd.testing.assert_frame_equal(table, recording.events.reset_index(drop=True))
    text = session.grid.read_text(encoding="utf-8")
    assert text.splitlines()[:2] == ["# shape: 8 8", "# pitch_mm: 0.406"]
    grid = pd.read_csv(io.StringIO(text), comment="#")
    assert list(grid.columns) == ["channel", "role", "row", "col"]
    assert list(grid["channel"]) == list(range(64))
    assert list(grid.loc[grid["role"] == "ground", "channel"]) == [1, 31, 63]
    electrodes = grid[grid["role"] == "electrode"]
    assert np.array_equal(electrodes[["row", "col"]], session.sites[session.sites[:, 0] >= 0])
    assert len(electrodes[["row", "col"]].drop_duplicates()) == 61


def test_catalog_names_every_file(session: SimulatedSession) -> None:
    catalog: dict[str, Any] = yaml.safe_load(session.catalog.read_text(encoding="utf-8"))
    assert list(catalog["sources"]) == [recording.name for recording in session.recordings]
    for recording in session.recordings:
        entry = catalog["sources"][recording.name]
        assert entry["driver"] == f"ecog_{recording.format}"
        assert set(entry["args"]) == {"urlpath", "electrode", "events"}
        for value in entry["args"].values():
            assert Path(value.replace("{{ CATALOG_DIR }}", str(session.folder))).is_file()
        assert set(entry["metadata"]) == {"animal", "session", "stimulus", "start_time"}
    assert str(session.folder) not in session.catalog.read_text(encoding="utf-8")  # it may be moved


def test_a_seed_is_a_session(tmp_path: Path) -> None:
    a, b = (simulate_session(tmp_path / x, ("hdf5", "intan"), seed=7, duration_s=1.5) for x in "ab")
    other = simulate_session(tmp_path / "c", ("hdf5", "intan"), seed=8, duration_s=1.5)
    for one, two, three in zip(a.recordings, b.recordings, other.recordings, strict=True):
        assert np.array_equal(one.stored, two.stored)
        assert not np.array_equal(one.stored, three.stored)
        assert (one.name, one.path.name) == (two.name, two.path.name)
    assert a.catalog.read_bytes() == b.catalog.read_bytes()
    assert a.recordings[1].path.read_bytes() == b.recordings[1].path.read_bytes()


def test_very_short_recordings(tmp_path: Path) -> None:
    session = simulate_session(tmp_path, duration_s=0.001)
    assert [recording.n_samples for recording in session.recordings] == [128, 8, 60, 8]
    assert all(recording.events.empty for recording in session.recordings)
    with pytest.raises(ValueError, match="no sample"):
        simulate_session(tmp_path, duration_s=0.0)


def test_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown formats \['edf'\]: there are \['intan', 'hdf5', 'openephys'\]"):
        simulate_session(tmp_path, ("intan", "edf"))


# What is simulated --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(3)
    events = cortex.draw_events(rng, 180_000, 2000.0)
    return events, cortex.draw_cortex(rng, events, 180_000, 2000.0)


def test_background_falls_with_frequency_and_hums(long: tuple[pd.DataFrame, np.ndarray]) -> None:
    from scipy.signal import welch

    _, signal = long
    frequency, power = welch(signal, 2000.0, nperseg=4000)

    def band(lo: float, hi: float) -> np.ndarray:
        return power[:, (frequency >= lo) & (frequency < hi)].mean(axis=1)

    on_grid = cortex.grid_sites()[:, 0] >= 0
    assert np.all(band(3, 6)[on_grid] > 20 * band(20, 40)[on_grid])
    assert np.all(band(20, 40)[on_grid] > 5 * band(80, 160)[on_grid])
    assert np.all(band(59.5, 60.5) > 3 * band(62, 70))
    assert np.all((signal[on_grid].std(axis=1) > 30) & (signal[on_grid].std(axis=1) < 100))
    assert np.all(signal[~on_grid].std(axis=1) < 20)


def test_neighbours_share_more_than_distant_sites(long: tuple[pd.DataFrame, np.ndarray]) -> None:
    _, signal = long
    sites = cortex.grid_sites()
    on_grid = sites[:, 0] >= 0
    shared = np.corrcoef(signal[on_grid])
    distance = np.linalg.norm(sites[on_grid][:, None] - sites[on_grid][None], axis=-1)
    assert shared[distance == 1].mean() > shared[distance > 6].mean() + 0.2


def test_responses_are_tuned_over_the_grid(long: tuple[pd.DataFrame, np.ndarray]) -> None:
    events, signal = long
    on_grid = cortex.grid_sites()[:, 0] >= 0
    loud = events[events["level"] == 70.0]
    window = np.arange(-40, 160)

    def response(tone: float) -> np.ndarray:
        samples = loud.loc[loud["tone"] == tone, "sample"].to_numpy()
        average = np.mean([signal[on_grid][:, sample + window] for sample in samples], axis=0)
        average -= average[:, :40].mean(axis=1, keepdims=True)
        return -average[:, 40 + 62 : 40 + 84].mean(axis=1)  # the negative peak, near 36 ms

    for tone in cortex.TONES_HZ:
        expected = cortex.tuning(cortex.grid_sites()[on_grid], tone, 70.0)
        assert np.corrcoef(response(tone), expected)[0, 1] > 0.7, tone
        assert response(tone)[expected.argmax()] > 40


def test_conditions_are_balanced() -> None:
    events = cortex.draw_events(np.random.default_rng(0), 360_000, 2000.0)
    counts = events.groupby(["tone", "level"]).size()
    assert len(counts) == len(cortex.TONES_HZ) * len(cortex.LEVELS_DB)
    assert counts.max() - counts.min() <= 1
    assert events["sample"].is_monotonic_increasing


def test_louder_is_stronger() -> None:
    sites = cortex.grid_sites()[2:10]
    strengths = [cortex.tuning(sites, 4000.0, level) for level in cortex.LEVELS_DB]
    assert np.all(np.diff(strengths, axis=0) > 0)
    assert np.max(strengths) <= 1


# Sessions of several systems ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSession:
    formats = ("intan", "openephys", "hdf5", "openephys")
    return simulate_session(tmp_path_factory.mktemp("mixed"), formats, duration_s=3.0)


def _column(path: Path) -> np.ndarray:
    """What a `.continuous` file holds: records of 12 bytes of header, 1,024 big-endian samples and ten of marker."""
    records = np.fromfile(path, np.uint8, offset=1024).reshape(-1, 12 + 2048 + 10)
    return records[:, 12:-10].copy().view(">i2").ravel()


def test_open_ephys_folders_hold_what_is_said(mixed: SimulatedSession) -> None:
    for recording, number in zip(mixed.recordings[1::2], (0, 251_635), strict=True):
        assert np.fromfile(recording.path / "100_CH1.continuous", "<i8", 1, offset=1024) == number
        for kind, label in (("signal", "CH"), ("adc", "ADC"), ("aux", "AUX")):
            said: SimulatedArray = getattr(recording, kind)
            for k, samples in enumerate(said.stored, 1):
                assert np.array_equal(_column(recording.path / f"100_{label}{k}.continuous"), samples)
            assert not (recording.path / f"100_{label}{len(said.stored) + 1}.continuous").exists()


def test_recordings_of_three_systems_join_by_electrode(mixed: SimulatedSession) -> None:
    parts = ec.load_session(mixed.catalog)
    assert [part.parts[0].format for part in parts] == ["intan", "openephys", "hdf5", "openephys"]
    for part, recording in zip(parts, mixed.recordings, strict=True):
        assert part.parts[0].warnings == ()
        assert part["adc"].units == "V"
        assert np.array_equal(part["adc"][:], recording.adc.values)
        assert np.array_equal(part["aux"][:], recording.aux.values)
    plan = ec.plan_join(*parts)
    assert plan.ok
    masked = ec.mask_channels(parts[1], sites=[(2, 3), (4, 4)], reason="high impedance")
    with pytest.warns(UserWarning, match="rate of aux is 1, expected 1/4"):  # Intan's is a quarter of the signal's
        joined = ec.join(parts[0], masked, *parts[2:])
    assert list(joined.aligned) == ["adc"]
    sites = [tuple(site) for site in joined.channel_map.sites.tolist()]  # type: ignore[union-attr]
    assert len(sites) == 59
    assert not {(2, 3), (4, 4)} & set(sites)
    source = [mixed.sites.tolist().index([*site]) for site in sites]
    expected = np.hstack([recording.values_uV[source] for recording in mixed.recordings])
    assert joined.signal[:].dtype == np.float32
    assert np.array_equal(joined.signal[:], expected)
    ends = np.cumsum([recording.n_samples for recording in mixed.recordings])
    assert [seam.sample for seam in joined.seams] == ends[:-1].tolist()
    assert np.array_equal(joined["adc"][:], np.hstack([recording.adc.values for recording in mixed.recordings]))
    begins = np.r_[0, ends[:-1]]
    samples = [begin + one.events["sample"] for begin, one in zip(begins, mixed.recordings, strict=True)]
    assert joined.events.sample.tolist() == np.concatenate(samples).tolist()
    for part, alone in zip(ec.split(joined), [parts[0], masked, *parts[2:]], strict=True):
        assert np.array_equal(part.signal[:], ec.select_channels(alone, sites=sites).signal[:])
        pd.testing.assert_frame_equal(part.events.table, alone.events.table)
        assert part.events.sample.tolist() == alone.events.sample.tolist()


def test_clocks_of_open_ephys_recordings(mixed: SimulatedSession) -> None:
    for part, recording in zip(ec.load_session(mixed.catalog), mixed.recordings, strict=True):
        if recording.format == "openephys":
            assert part.parts[0].start_time == np.datetime64(recording.start_time, "ns"), recording.name
