"""Plain Intake, version 1 and the newer interface: what works without ecogcat being imported by name."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path
from typing import Any

import intake
import numpy as np
import pytest
import yaml

import ecogcat as ec
from ecogcat.catalog.pipelines import Recording, RecordingReader, listed_catalog
from ecogcat.formats.registry import formats
from ecogcat.testing.simulate import SimulatedSession
from tests.conftest import SHARED, shared_path
from tests.test_readme import ROOT


def specimen(format: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    """A real recording of a format, and the load arguments it needs, as YAML has them."""
    if format == "ecogcat":  # no system records it
        ec.write(ec.from_array(np.arange(40.0).reshape(4, 10), 1000), folder / "written.h5")
        return folder / "written.h5", {}
    if format == "neo":
        return shared_path("recordings/intan/intan_sampledata_r.rhd"), {}
    cases = importlib.import_module(f"tests.formats.cases_{format.removesuffix('_aug21')}").CASES
    case = next(case for case in cases if case.arguments.get("format", format) == format)
    shared_path(case.path)
    arguments = {key: value for key, value in case.arguments.items() if key != "format"}
    table = SHARED / "reference/electrodes" / f"{arguments.get('electrode')}.csv"
    if table.exists():
        arguments["electrode"] = str(table)
    return case.place(), {key: list(value) if isinstance(value, tuple) else value for key, value in arguments.items()}


@pytest.mark.parametrize("format", sorted(formats()))
def test_each_driver_in_a_hand_written_catalog(format: str, tmp_path: Path) -> None:
    place, arguments = specimen(format, tmp_path)
    args = {"urlpath": str(place), **arguments}
    path = tmp_path / "hand.yaml"
    path.write_text(
        yaml.safe_dump({"sources": {"rec": {"driver": f"ecog_{format}", "args": args, "metadata": {"day": 3}}}})
    )
    expected = ec.open_recording(place, format, **arguments)
    for cat in (intake.open_catalog(str(path)), ec.open_session(path)):
        source = cat["rec"]
        assert source.read() == expected
        found = source.discover()
        assert (found["shape"], found["dtype"]) == (expected.signal.shape, expected.signal.dtype)
        assert (found["metadata"]["format"], found["metadata"]["day"]) == (expected.parts[0].format, 3)
        assert cat._entries["rec"].describe()["driver"] == [f"ecog_{format}"]
        assert source.to_dask().shape == expected.signal.shape
        assert pickle.loads(pickle.dumps(source)).read() == expected


def test_parameters_are_validated(write_catalog: Any, session: SimulatedSession) -> None:
    parameters = {
        "units": {"description": "of the values", "type": "str", "default": "uV", "allowed": ["uV", "mV"]},
        "take": {"description": "which", "type": "int", "default": 1, "min": 1, "max": 2},
    }
    names = [recording.path for recording in session.recordings if recording.path.suffix == ".rhd"]
    for number, path in enumerate(names, 1):
        (session.folder / f"take_{number}.rhd").write_bytes(path.read_bytes())
    entry = {
        "driver": "ecog_intan",
        "args": {"urlpath": "{{ CATALOG_DIR }}/take_{{ take }}.rhd", "units": "{{ units }}"},
        "parameters": parameters,
    }
    path = write_catalog("parameters.yaml", {"rec": entry})
    for opener in (intake.open_catalog, ec.open_session):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Intake's own, about shells that it did not run
            entries = opener(str(path))._entries
            assert [one["name"] for one in entries["rec"].describe()["user_parameters"]] == ["units", "take"]
            first, second = entries["rec"].get().read(), entries["rec"].get(take=2, units="mV").read()
            assert (first.parts[0].paths[0][-10:], first.units) == ("take_1.rhd", "uV")
            assert (second.parts[0].paths[0][-10:], second.units) == ("take_2.rhd", "mV")
            for wrong in ({"take": 3}, {"take": "x"}, {"units": "kV"}):
                with pytest.raises(ValueError):
                    entries["rec"].get(**wrong)
    for number in (1, 2):
        (session.folder / f"take_{number}.rhd").unlink()


def test_catalogs_pickle(session: SimulatedSession) -> None:
    for cat in (intake.open_catalog(str(session.catalog)), ec.open_session(session.catalog)):
        again = pickle.loads(pickle.dumps(cat))
        assert (type(again), list(again), again.name) == (type(cat), list(cat), cat.name)
        name = session.recordings[0].name
        assert again[name].read() == cat[name].read()


# The newer interface -------------------------------------------------------------------------------


def test_a_reader_opens_a_recording(session: SimulatedSession) -> None:
    recording = session.recordings[0]
    reader = RecordingReader(recording.path, electrode=str(session.grid), channels=range(32), units="mV")
    expected = ec.open_recording(recording.path, electrode=session.grid, channels=range(32), units="mV")
    assert (reader.read(), reader.discover()) == (expected, expected)
    assert reader.output_instance == "ecogcat:Dataset"
    assert reader.read(units="V").units == "V"
    assert reader(units="uV").read().units == "uV"
    assert pickle.loads(pickle.dumps(reader)).read() == expected
    by_data = Recording(str(recording.path)).to_reader("ecogcat:Dataset")
    assert isinstance(by_data, RecordingReader)
    assert by_data.read() == ec.open_recording(recording.path)
    assert RecordingReader(url=recording.path.as_uri()).read() == ec.open_recording(recording.path)


def test_a_reader_looks_at_its_arguments_when_it_is_made(session: SimulatedSession) -> None:
    path = str(session.recordings[1].path)
    with pytest.raises(TypeError, match="recordings of all formats take no load argument 'unitz'; did you mean units"):
        RecordingReader(path, unitz="mV")
    with pytest.raises(TypeError, match="edf recordings take no load argument 'data'"):
        RecordingReader(path, format="edf", data="chdata")
    with pytest.raises(TypeError, match="no load argument 'colour'"):
        RecordingReader(path).read(colour="red")
    with pytest.raises(TypeError, match="path of one recording"):
        RecordingReader([path])
    with pytest.raises(ec.CatalogError, match="not through 'zip'"):
        RecordingReader("zip://rec.h5::s3://bucket/rec.zip").read()


def test_a_pipeline_to_dask(session: SimulatedSession) -> None:
    recording = session.recordings[1]
    reader = RecordingReader(str(recording.path))
    expected = ec.open_recording(recording.path).signal[:]
    for pipeline in (reader.transform.DatasetToDask(), intake.auto_pipeline(reader, "dask.array:Array")):
        assert pipeline.output_instance == "dask.array:Array"
        assert np.array_equal(pipeline.read().compute(), expected)


def test_a_catalog_of_the_newer_kind_and_back(session: SimulatedSession, tmp_path: Path) -> None:
    recordings = {one.name: one.path for one in session.recordings}
    readers: dict[str, Any] = {name: RecordingReader(path, channels=range(8)) for name, path in recordings.items()}
    first = next(iter(recordings))
    readers["as dask"] = readers[first].transform.DatasetToDask()
    cat = listed_catalog(readers, {"animal": "rat-17"})
    cat.to_yaml_file(str(tmp_path / "new.yaml"))
    again = intake.from_yaml_file(str(tmp_path / "new.yaml"))
    for one in (cat, again):
        assert sorted(one) == sorted(readers), "names are listed"
        assert one.metadata["animal"] == "rat-17"
        for name, path in recordings.items():
            assert one[name].read() == ec.open_recording(path, channels=range(8))
        assert one["as dask"].read().shape == (8, session.recordings[0].n_samples)
    with pytest.raises(TypeError, match="readers by name"):
        listed_catalog({"a": 3})
    with pytest.raises(ec.CatalogError, match="sources"):
        ec.open_session(tmp_path / "new.yaml")


def test_intake_imports_the_readers_by_itself(tmp_path: Path) -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["intake.imports"]
    assert points == {"ecogcat": "ecogcat.catalog.pipelines"}
    info = tmp_path / "of_ecogcat-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: of-ecogcat\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[intake.imports]\necogcat = ecogcat.catalog.pipelines\n")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import intake; "
        "from intake.readers.utils import subclasses; "
        "print(sorted(one.__name__ for one in subclasses(intake.BaseReader) if one.__module__.startswith('ecogcat')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout == "['DatasetToDask', 'RecordingReader']\n"
