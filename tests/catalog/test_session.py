"""A session loaded from its catalog; catalogs that are none; folders without a catalog."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import intake
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.catalog.folder import find_recordings, groups
from ecogcat.catalog.session import open_catalog
from ecogcat.testing.simulate import SimulatedSession
from tests.conftest import shared_path


def test_all_recordings_in_the_catalogs_order(session: SimulatedSession, cat: Any) -> None:
    names = [recording.name for recording in session.recordings]
    for given in (cat, session.catalog, str(session.catalog)):
        assert [dataset.name for dataset in ec.load_session(given)] == names
    assert ec.load_session(cat)[1] == cat[names[1]].read()


def test_some_recordings_in_the_order_asked_for(session: SimulatedSession, cat: Any) -> None:
    names = [session.recordings[k].name for k in (2, 0)]
    assert [dataset.name for dataset in ec.load_session(cat, names, units="mV")] == names
    assert {dataset.units for dataset in ec.load_session(cat, names, units="mV")} == {"mV"}
    assert [dataset.name for dataset in ec.load_session(cat, names[0])] == names[:1]
    assert ec.load_session(cat, []) == ()


def test_joins_are_passed_over_unless_named(session: SimulatedSession, write_catalog: Any) -> None:
    names = [recording.name for recording in session.recordings]
    nested = {"driver": "yaml_file_cat", "args": {"path": str(session.catalog)}}
    both = {"driver": "ecog_join", "args": {"parts": names[:2]}}
    path = write_catalog("with_joins.yaml", {"both": both, "nested": nested})
    assert [one.name for one in ec.load_session(path)] == names
    assert [one.name for one in ec.load_session(path, ["both"])] == ["both"]
    with pytest.raises(ec.CatalogError, match="'nested' is no recording but of driver"):
        ec.load_session(path, ["nested"])


def test_unknown_names_are_all_listed(session: SimulatedSession, cat: Any) -> None:
    near = session.recordings[0].name[:-1] + "9"
    with pytest.raises(ec.CatalogError, match=f"no entry {near!r}, 'x'; there are: .*did you mean"):
        ec.load_session(cat, [near, "x"])


def test_an_entry_that_cannot_be_used_is_named(write_catalog: Any) -> None:
    path = write_catalog("bad.yaml", {"bad": {"driver": "ecog_nonesuch", "args": {}}})
    with pytest.raises(ec.CatalogError, match=r"entry 'bad': there is no driver 'ecog_nonesuch'; .* ecog_intan"):
        ec.load_session(path)
    path = write_catalog("bad.yaml", {"bad": {"driver": "ecog_intan", "args": {"urlpath": "{{ CATALOG_DIR"}}})
    with pytest.raises(ec.CatalogError, match="entry 'bad': "):
        ec.load_session(path)
    path = write_catalog("bad.yaml", {"bad": {"driver": "ecog_intan", "args": {"path": "x.rhd"}}})
    with pytest.raises((TypeError, ec.CatalogError), match=r"entry 'bad': .*urlpath"):
        ec.load_session(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "below `sources:`; found nothing|NoneType"),
        ("recordings:\n  a: 1\n", "below `sources:`; found recordings"),
        ("sources: [a, b]\n", "below `sources:`"),
        ("just text\n", "below `sources:`; found str"),
        ("a: [unclosed\n", "this is no YAML file"),
        ("sources:\n  a: 3\n", "a"),
        ("sources:\n  a:\n    args: {}\n", "driver"),
        ("a: !!python/object/apply:os.system ['true']\n", "would build an object"),
    ],
)
def test_what_is_no_catalog(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "session.yaml"
    path.write_text(text)
    with pytest.raises(ec.CatalogError, match=message) as caught:
        ec.load_session(path)
    assert str(path) in str(caught.value)


def test_a_catalog_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match="no such catalog"):
        open_catalog(tmp_path / "none.yaml")


def test_importing_ecogcat_imports_no_intake() -> None:
    heavy = ("intake", "matplotlib", "dask", "numba", "neo", "scipy.signal", "yaml")
    code = (
        f"import ecogcat, sys; print([name for name in {heavy} if name in sys.modules], ecogcat.load_session.__name__)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[] load_session\n"


# Folders ------------------------------------------------------------------------------------------


def test_a_folder_without_a_catalog(session: SimulatedSession, tmp_path: Path) -> None:
    found, n_others = find_recordings(session.folder, ec.open_recording)
    assert [Path(one.path).suffix for one in found] == [".rhd", ".h5", ".rhd", ".h5"] or len(found) == 4
    assert all(one.dataset is not None for one in found)
    assert n_others == sum(path.suffix in (".csv", ".yaml") for path in session.folder.iterdir())
    (group,) = groups(
        [one.dataset for one in found if one.dataset is not None and one.dataset.parts[0].format == "hdf5"]
    )
    assert [one.parts[0].start_time for one in group] == sorted(one.parts[0].start_time for one in group)


def test_what_cannot_be_opened_is_reported_not_raised(tmp_path: Path, session: SimulatedSession) -> None:
    deep = tmp_path / "one" / "two words"
    deep.mkdir(parents=True)
    (deep / "cut.rhd").write_bytes(session.recordings[0].path.read_bytes()[:100])
    (tmp_path / "empty.h5").write_bytes(b"")
    (tmp_path / ".hidden.rhd").write_bytes(b"")
    (tmp_path / "readme.txt").write_text("hello")
    with h5py.File(tmp_path / "slow.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 9)), 10.0
    with h5py.File(tmp_path / "fast.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 9)), 1000.0
    found, n_others = find_recordings(tmp_path, ec.open_recording)
    opened = {Path(one.path).name: one.dataset is not None for one in found}
    assert opened == {"cut.rhd": False, "empty.h5": False, "slow.h5": True, "fast.h5": True}
    assert all("\n" not in one.problem and bool(one.problem) == (one.dataset is None) for one in found)
    assert n_others == 1
    assert sorted(len(group) for group in groups([one.dataset for one in found if one.dataset])) == [1, 1]


def test_folders_of_real_recordings() -> None:
    found, _ = find_recordings(shared_path("recordings/intan"), ec.open_recording)
    parts = {Path(one.path).name: len(one.dataset.parts) for one in found if one.dataset is not None}
    assert parts["derived_consecutive_128ch"] == 3
    assert parts["derived_consecutive_32ch"] == 4
    assert parts["intan_fps_test_231117_052500"] == parts["intan_fpc_test_231117_052630"] == 1
    assert len(parts) == len(found) == 7


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match="no such folder"):
        find_recordings(tmp_path / "none", ec.open_recording)
    assert find_recordings(tmp_path, ec.open_recording) == ([], 0)


# The demo catalog ---------------------------------------------------------------------------------


def test_the_demo_catalog_says_what_to_do_before_the_demo(tmp_path: Path) -> None:
    from ecogcat.catalog.demo import demo_catalog_path

    folder = tmp_path / "catalogs"
    folder.mkdir()
    copied = folder / "demo.yaml"
    copied.write_text(demo_catalog_path().read_text())
    for name in ("rec_001", "all_tones"):
        with pytest.raises(ec.RecordingNotFound, match="make demo") as caught:
            intake.open_catalog(str(copied))[name].read()
        assert str(caught.value).count("make demo") == 1


def test_the_demo_catalog_is_an_instance_that_intake_lists() -> None:
    from ecogcat.catalog.demo import catalog

    assert list(catalog)[:2] == ["rec_001", "rec_002"]
    assert "ecogcat_demo" in list(intake.cat)
    assert list(intake.cat.ecogcat_demo) == list(catalog)


def test_the_demo_catalog_of_a_wheel_looks_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecogcat.catalog import demo

    installed = tmp_path / "site-packages" / "ecogcat" / "catalog"
    installed.mkdir(parents=True)
    (installed / "demo.yaml").write_text(demo.demo_catalog_path().read_text())
    monkeypatch.setattr(demo, "_HERE", installed)
    monkeypatch.chdir(tmp_path)
    assert demo.demo_folder() == tmp_path / "demo"
    with pytest.raises(ec.RecordingNotFound, match=f"{tmp_path}/demo/session/.*make demo"):
        demo.DemoCatalog()["rec_001"].read()


def test_folders_that_cannot_be_read_hide_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecogcat.testing.rhd import write_rhd

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_rhd(tmp_path / name / f"{name}.rhd", [[0] * 128] * 2)
    listdir, scandir = os.listdir, os.scandir

    def refused(list_: Any) -> Any:
        def list_it(path: Any = ".") -> Any:
            if os.fspath(path) == str(tmp_path / "a"):
                raise PermissionError(13, "Permission denied", path)
            return list_(path)

        return list_it

    monkeypatch.setattr(os, "listdir", refused(listdir))
    monkeypatch.setattr(os, "scandir", refused(scandir))
    found, _ = find_recordings(tmp_path, ec.open_recording)
    assert [(one.path, one.problem) for one in found] == [
        (str(tmp_path / "a"), "Permission denied"),
        (str(tmp_path / "b" / "b.rhd"), ""),
    ]
