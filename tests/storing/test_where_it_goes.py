"""Where nothing can be written: a folder that is read-only, or a store elsewhere, named by what was to be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.cli.commands import ecogcat

WAYS: dict[str, Callable[[ec.Dataset, str], Any]] = {
    "k.h5": ec.write,
    "k.zarr": ec.write,
    "k.mat": ec.write,
    "k.vds.h5": ec.write,
    "s.h5": ec.scratch,
    "e.h5": lambda dataset, path: ec.epochs(dataset, 1, 1, out=path),
    "e.npy": lambda dataset, path: ec.epochs(dataset, 1, 1, out=path),
    "f.png": lambda dataset, path: ec.plot_overview(dataset, path=path),
}


@pytest.fixture
def dataset(tmp_path: Path) -> ec.Dataset:
    with h5py.File(tmp_path / "rec.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 50), "i2"), 1000.0
    return ec.with_events(ec.open_recording(tmp_path / "rec.h5"), ec.Events([20]))


@pytest.fixture
def readonly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is read-only; for root, whom no mode holds back, the system is made to say so."""
    folder = tmp_path / "readonly"
    folder.mkdir(mode=0o555)
    if os.access(folder, os.W_OK):
        access = os.access
        monkeypatch.setattr(os, "access", lambda path, mode: access(path, mode) and str(path) != str(folder))
    return folder


@pytest.mark.parametrize("name", WAYS)
def test_a_folder_that_is_read_only(name: str, dataset: ec.Dataset, readonly: Path) -> None:
    said = f"{readonly / name} cannot be written: the folder {readonly} is read-only for you"
    with pytest.raises(PermissionError, match=said):
        WAYS[name](dataset, str(readonly / name))
    assert list(readonly.iterdir()) == []


@pytest.mark.parametrize("name", WAYS)
def test_a_store_elsewhere(name: str, dataset: ec.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ValueError, match=f"s3://lab/{name} lies in a store elsewhere, .*: write to a path here"
    ) as caught:
        WAYS[name](dataset, f"s3://me:secret@lab/{name}")
    assert "secret" not in str(caught.value)
    assert os.listdir(tmp_path) == ["rec.h5"]


def test_a_link_into_a_folder_that_is_read_only(dataset: ec.Dataset, tmp_path: Path, readonly: Path) -> None:
    (tmp_path / "link.h5").symlink_to(readonly / "k.h5")
    with pytest.raises(PermissionError, match=f"{readonly / 'k.h5'} cannot be written"):
        ec.write(dataset, tmp_path / "link.h5", overwrite=True)


@pytest.mark.parametrize("name", ["k.yaml", "k.h5", "k.vds.h5"])
def test_the_command(name: str, dataset: ec.Dataset, readonly: Path, tmp_path: Path) -> None:
    def join(output: str) -> str:
        done = CliRunner().invoke(ecogcat, ["join", str(tmp_path / "c.yaml"), "-o", output])
        assert done.exit_code == 1
        assert os.listdir(readonly) == []
        return done.output

    ec.scan(tmp_path, tmp_path / "c.yaml")
    assert f"{readonly / name} cannot be written: the folder {readonly} is read-only" in join(str(readonly / name))
    assert f"s3://lab/{name} lies in a store elsewhere" in join(f"s3://lab/{name}")
    assert f"{tmp_path / 'nowhere' / name}: there is no folder {tmp_path / 'nowhere'}" in join(
        str(tmp_path / "nowhere" / name)
    )
