"""Writing arguments: a catalog is data, and has nothing written outside of its own folder unless the caller says so."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import intake
import numpy as np
import pytest
import yaml

import ecogcat as ec

SAVE = {"resample_rate": 250, "save_downsampled": True}
REFUSED = (
    r"catalog entry 'rec': the catalog would have opening it write samples .*, and a catalog writes within its own"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Recordings, a catalog's folder beside them, and a working directory that is neither."""
    for name in ("rig", "catalogs", "elsewhere", "cwd"):
        (tmp_path / name).mkdir()
    with h5py.File(tmp_path / "rig" / "rec.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 5000)), 1000.0
    (tmp_path / "catalogs" / "way out").symlink_to(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "cwd")
    return tmp_path


def written(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("rec_Fs250*"))


def catalog(folder: Path, metadata: dict[str, Any] | None = None, **args: Any) -> Path:
    entry = {"driver": "ecog_hdf5", "args": {"urlpath": str(folder / "rig" / "rec.h5"), **args}}
    content = {"metadata": metadata or {}, "sources": {"rec": entry}}
    path = folder / "catalogs" / "s.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("door", [ec.open_session, lambda path: intake.open_catalog(str(path))])
@pytest.mark.parametrize("store", [None, "/elsewhere", "../elsewhere", "way out", "..", "{{ CATALOG_DIR }}/../rig"])
def test_outside_of_its_folder_nothing_is_written(folder: Path, store: str | None, door: Callable[..., Any]) -> None:
    there = {} if store is None else {"store_path": str(folder / "elsewhere") if store == "/elsewhere" else store}
    cat = door(catalog(folder, **SAVE, **there))
    for source in (cat["rec"], cat["rec"](units="mV"), pickle.loads(pickle.dumps(cat["rec"]))):
        assert source.discover()["shape"] == (2, 1250)
        for read in (source.read, lambda source=source: source.read_partition(0)):
            with pytest.raises(ec.CatalogError, match=REFUSED):
                read()
    assert cat["rec"](save_downsampled=None).read().n_samples == 1250
    assert written(folder) == []


@pytest.mark.parametrize("store", ["store", "{{ CATALOG_DIR }}/store", "a/../store", "."])
def test_within_its_folder_it_may_write(folder: Path, store: str) -> None:
    cat = ec.open_session(catalog(folder, **SAVE, store_path=store))
    first = cat["rec"].read()
    assert written(folder) == ["catalogs/rec_Fs250.h5" if store == "." else "catalogs/store/rec_Fs250.h5"]
    assert ec.equals(cat["rec"].read(), first)


def test_what_the_caller_permits(folder: Path) -> None:
    cat = ec.open_session(catalog(folder, **SAVE))
    cat["rec"](store_path=folder / "elsewhere").read()
    assert written(folder) == ["elsewhere/rec_Fs250.h5"]
    (folder / "elsewhere" / "rec_Fs250.h5").unlink()
    again = pickle.loads(pickle.dumps(cat["rec"](save_downsampled=True)(units="mV")))
    assert again.read().units == "mV"
    assert written(folder) == ["rig/rec_Fs250.h5"]
    (folder / "rig" / "rec_Fs250.h5").unlink()
    with ec.options(catalogs_write=True):
        cat["rec"].read()
    assert written(folder) == ["rig/rec_Fs250.h5"]
    (folder / "rig" / "rec_Fs250.h5").unlink()
    cat = ec.open_session(catalog(folder, **SAVE, store_path="../elsewhere"))
    with pytest.raises(ec.CatalogError, match=REFUSED):
        cat["rec"](save_downsampled=True).read()
    ec.load_session(cat, "rec", store_path="here")
    assert written(folder) == ["cwd/here/rec_Fs250.h5"]


def test_the_setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cat = ec.open_session(catalog(folder, **SAVE))
    monkeypatch.setenv("ECOGCAT_CATALOGS_WRITE", "0")
    with pytest.raises(ec.CatalogError, match=REFUSED):
        cat["rec"].read()
    monkeypatch.setenv("ECOGCAT_CATALOGS_WRITE", "1")
    with ec.options(catalogs_write=False), pytest.raises(ec.CatalogError, match=REFUSED):
        cat["rec"].read()
    cat["rec"].read()
    assert written(folder) == ["rig/rec_Fs250.h5"]
    with pytest.raises(ValueError, match="catalogs_write is True or False, not 1"), ec.options(catalogs_write=1):
        pass


@pytest.mark.parametrize("part", ["rec", "../rig/rec.h5"])
def test_joins(folder: Path, part: str) -> None:
    path = catalog(folder)
    content = yaml.safe_load(path.read_text())
    content["sources"]["both"] = {"driver": "ecog_join", "args": {"parts": [part, part], **SAVE}}
    path.write_text(yaml.safe_dump(content))
    cat = ec.open_session(path)
    with pytest.raises(ec.CatalogError, match="would have opening it write samples beside the recording"):
        cat["both"].read()
    assert written(folder) == []
    assert cat["both"](save_downsampled=True).read().n_samples == 2500
    assert written(folder) == ["rig/rec_Fs250.h5"]


def test_defaults_of_a_catalog(folder: Path) -> None:
    cat = ec.open_session(catalog(folder, {"ecog": {"defaults": SAVE}}))
    with pytest.raises(ec.CatalogError, match=REFUSED):
        cat["rec"].read()


def test_a_session_of_the_lab_does_as_ever(folder: Path) -> None:
    conf = folder / "catalogs" / "day.txt"
    conf.write_text(
        f"[session]\nexp_path: {folder / 'rig'}\nheadstage: oephys\nresample_rate: 250\nsave_downsamp: True\n"
        f"store_path: {folder / 'elsewhere'}\n[rec]\n"
    )
    ec.open_session(conf)["rec"].read()
    assert written(folder) == ["elsewhere/rec_Fs250.h5"]
    (folder / "elsewhere" / "rec_Fs250.h5").unlink()
    options = dict(ec.open_session(conf)["rec"].options)
    args = {"section": "rec", "options": options, "session_file": str(conf)}
    entry = {"driver": "ecogcat.catalog.labrecording.ecog_openephys", "args": args}
    path = folder / "catalogs" / "s.yaml"
    path.write_text(yaml.safe_dump({"sources": {"rec": entry}}))
    with pytest.raises(ec.CatalogError, match=REFUSED):
        ec.open_session(path)["rec"].read()
    assert written(folder) == []
