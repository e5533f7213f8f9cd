"""Sources of recordings: what a catalog entry gives, and what is wrong with one, by its name."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import intake
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.testing.simulate import SimulatedSession


def test_reading_an_entry_is_opening_its_recording(session: SimulatedSession, cat: Any) -> None:
    for recording in session.recordings:
        dataset = cat[recording.name].read()
        events = recording.path.parent / f"{recording.name}_events.csv"
        assert dataset == ec.open_recording(recording.path, electrode=session.grid, events=events)
        assert (dataset.name, dataset.parts[0].name) == (recording.name, recording.name)
        assert dataset.signal.sources, "mapped, not loaded"
        rows = dataset.parts[0].opened.source
        assert np.array_equal(dataset.signal[:], recording.values_uV[rows])
        assert dataset.metadata["animal"] == "rat-17"
        assert "catalog_dir" not in dataset.metadata


def test_the_call_wins_over_the_entry(session: SimulatedSession, cat: Any) -> None:
    name = session.recordings[1].name
    plain, changed = cat[name].read(), cat[name](units="mV", channels=range(32), mapped=False).read()
    kept = [k for k, source in enumerate(plain.parts[0].opened.source) if source < 32]
    assert (changed.name, changed.units, changed.n_channels) == (name, "mV", len(kept))
    assert changed.signal.sources == ()
    assert np.array_equal(changed.signal[:], ec.convert_units(plain, "mV").signal[kept])
    assert cat[name].read() == plain, "the entry itself is as it was"
    assert cat[name](units="mV")(name="other").read().units == "mV", "calls add up"
    assert cat[name](name="other").read().name == "other"


def test_discover(session: SimulatedSession, cat: Any) -> None:
    recording = session.recordings[0]
    source = cat[recording.name]
    raw = copy.deepcopy(source.metadata)
    found = source.discover()
    dataset = source.read()
    assert set(found) == {"dtype", "shape", "npartitions", "metadata"}
    assert (found["dtype"], found["shape"], found["npartitions"]) == (np.float32, dataset.signal.shape, 1)
    expected = {
        "sampling_rate": 2000.0,
        "units": "uV",
        "n_channels": 61,
        "n_samples": recording.n_samples,
        "duration": recording.n_samples / 2000,
        "start_time": "2026-03-14T10:21:05.000000",
        "format": "intan",
        "aligned": ["aux", "supply", "adc"],
        "n_events": len(recording.events),
    }
    assert {key: found["metadata"][key] for key in expected} == expected
    assert {key: found["metadata"][key] for key in raw if key not in expected} == {
        key: value for key, value in raw.items() if key not in expected
    }
    assert source.metadata == raw, "what was discovered is not written over what the catalog says"
    assert raw["start_time"] == "2026-03-14T10:21:05"


def test_metadata_do_not_set_a_clock_but_arguments_do(tmp_path: Path, session: SimulatedSession) -> None:
    unclocked = tmp_path / "unclocked.h5"
    unclocked.write_bytes(session.recordings[1].path.read_bytes())
    source = intake.open_ecog_hdf5(str(unclocked), metadata={"start_time": "2020-01-01T00:00:00"})
    assert source.read().parts[0].start_time is None
    assert source.discover()["metadata"]["start_time"] == "2020-01-01T00:00:00"
    told = source(start_time="2021-01-01 00:00:00")
    assert told.read().parts[0].start_time == np.datetime64("2021-01-01T00:00:00")
    assert told.discover()["metadata"]["start_time"] == "2021-01-01T00:00:00.000000"


def test_dask_and_partitions_are_the_signal(session: SimulatedSession, cat: Any) -> None:
    source = cat[session.recordings[3].name]
    dataset = source.read()
    with ec.options(memory_limit=61 * 4 * 1000):
        array, parts = source.to_dask(), list(source.read_chunked())
        n = source.discover()["npartitions"]
        again = [source.read_partition(k) for k in range(n)]
        with pytest.raises(IndexError, match=f"partition {n} of {n}"):
            source.read_partition(n)
    assert n == array.numblocks[1] == len(parts) >= -(-dataset.n_samples // 1000)
    assert max(part.shape[1] for part in parts) <= 1000
    assert (array.shape, array.dtype) == (dataset.signal.shape, np.float32)
    for whole in (array.compute(), np.concatenate(parts, 1), np.concatenate(again, 1)):
        assert np.array_equal(whole, dataset.signal[:])
    assert np.array_equal(array[[5, 2], 10:2500:3].compute(), dataset.signal[[5, 2], 10:2500:3])


def test_dask_in_other_processes(session: SimulatedSession, cat: Any) -> None:
    source = cat[session.recordings[0].name]
    array = source.to_dask()
    again = pickle.loads(pickle.dumps(array))
    assert np.array_equal(again[:, -50:].compute(scheduler="single-threaded"), source.read().signal[:, -50:])


def test_without_dask_the_extra_is_named(session: SimulatedSession, cat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(ImportError, match=r"ecogcat\[dask\]"):
        cat[session.recordings[0].name].to_dask()


def _describe(source: Any, pipe: Any) -> None:
    dataset = source.read()
    pipe.send((dataset.name, dataset.token, source.metadata["animal"], source(units="V").read().units))


def test_sources_pickle(session: SimulatedSession, cat: Any) -> None:
    name = session.recordings[2].name
    source = cat[name](units="mV")
    for again in (pickle.loads(pickle.dumps(source)), copy.copy(source), copy.deepcopy(source)):
        assert (again.read(), again.read().name, again.metadata) == (source.read(), name, source.metadata)
        assert again.description == source.description
        assert again(units="V").read().units == "V"
        assert again(units="V").read().name == name
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_describe, args=(source, theirs))
    process.start()
    assert ours.poll(60)
    assert ours.recv() == (name, source.read().token, "rat-17", "V")
    process.join()


def test_a_relative_catalog(session: SimulatedSession, monkeypatch: pytest.MonkeyPatch) -> None:
    name = session.recordings[0].name
    expected = ec.load_session(session.catalog, [name])[0]
    monkeypatch.chdir(session.folder.parent)
    cat = intake.open_catalog(f"{session.folder.name}/session.yaml")
    monkeypatch.chdir("/")
    assert cat[name].read() == expected
    assert "//" not in cat[name].read().parts[0].paths[0]
    url = intake.open_catalog(session.catalog.as_uri().replace("%20", " "))
    assert url[name].read() == expected


def test_paths_relative_to_the_catalog(session: SimulatedSession, write_catalog: Any, tmp_path: Path) -> None:
    recording = session.recordings[0]
    args = {"urlpath": recording.path.name, "electrode": "grid.csv"}
    path = write_catalog("relative.yaml", {"near": {"driver": "ecog_intan", "args": args}})
    assert intake.open_catalog(str(path))["near"].read() == ec.open_recording(recording.path, electrode=session.grid)


def test_listing_and_searching(session: SimulatedSession, cat: Any) -> None:
    assert list(cat) == [recording.name for recording in session.recordings]
    assert set(cat.search("hdf5")) >= {session.recordings[1].name}
    assert session.recordings[0].name in str(cat[session.recordings[0].name])
    assert cat[session.recordings[0].name] == cat[session.recordings[0].name]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"unitz": "mV"}, TypeError, "'unitz'; did you mean units"),
        ({"urlpath": "nope.h5"}, ec.RecordingNotFound, r"nope\.h5 nor at "),
        ({"urlpath": "zip://a::s3://b/rec.zip"}, ec.CatalogError, "not through 'zip'"),
        ({"urlpath": "simplecache::rec.h5"}, ec.CatalogError, "a local path is needed"),
        ({"urlpath": ""}, ec.CatalogError, "empty path"),
        ({"urlpath": ["a.h5", "b.h5"]}, TypeError, "ecog_join joins several"),
        ({"electrode": "nope.csv"}, ec.RecordingNotFound, "no such electrode table"),
        ({"events": "nope.csv"}, ec.RecordingNotFound, "no such table of events"),
        ({"format": "intan"}, TypeError, "opens hdf5 recordings"),
        ({"units": "parsec"}, ValueError, "parsec"),
        ({"channels": [999]}, IndexError, r"no source channels \[999\]"),
        ({"data": "nothing"}, ec.FormatError, "no dataset 'nothing'"),
    ],
)
def test_an_error_names_the_entry(
    session: SimulatedSession, cat: Any, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    name = session.recordings[1].name
    with pytest.raises(error, match=message) as caught:
        cat[name](**arguments).read()
    assert f"catalog entry {name!r}" in str(caught.value)
    for act in ("discover", "to_dask"):
        with pytest.raises(error, match=message):
            getattr(cat[name](**arguments), act)()


def test_the_catalog_says_what_to_do_about_missing_files(write_catalog: Any) -> None:
    entry = {"driver": "ecog_hdf5", "args": {"urlpath": "{{ CATALOG_DIR }}/gone.h5"}}
    path = write_catalog("gone.yaml", {"gone": entry}, if_missing="mount the disk")
    with pytest.raises(ec.RecordingNotFound, match=r"catalog entry 'gone': nothing is at .*gone\.h5\. mount the disk"):
        intake.open_catalog(str(path))["gone"].read()


def test_without_a_catalog(session: SimulatedSession) -> None:
    recording = session.recordings[0]
    assert intake.open_ecog_intan(str(recording.path)).read() == ec.open_recording(recording.path)
    with pytest.raises(TypeError, match="a source of driver ecog_intan: "):
        intake.open_ecog_intan(str(recording.path), colour="red").read()
    with pytest.raises(ec.RecordingNotFound):
        intake.open_ecog_intan(recording.path.parent / "nope.rhd").read()


def test_nothing_needs_importing(session: SimulatedSession, tmp_path: Path) -> None:
    """Installing ecogcat is enough for Intake to know the drivers."""
    code = "import intake, sys; cat = intake.open_catalog(sys.argv[1]); print(cat[list(cat)[0]].read().n_channels)"
    run = subprocess.run(
        [sys.executable, "-c", code, session.catalog], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (run.returncode, run.stdout) == (0, "61\n"), run.stderr


def test_opening_a_catalog_touches_no_recording(write_catalog: Any) -> None:
    entry = {"driver": "ecog_intan", "args": {"urlpath": "/nowhere/at/all.rhd"}}
    cat = intake.open_catalog(str(write_catalog("lazy.yaml", {"lazy": entry})))
    assert cat["lazy"].metadata["catalog_dir"].rstrip("/") == os.path.dirname(cat.path)
