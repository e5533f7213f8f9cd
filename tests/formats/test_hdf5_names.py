"""One look at the top of an HDF5 file serves all formats that are asked whether it is theirs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import pytest

from ecogcat.formats.hdf5_names import SIGNATURE, Names, hdf5_names
from ecogcat.formats.registry import detect


def _head(path: Path) -> bytes:
    return path.read_bytes()[:4096]


def test_a_file_is_opened_once_to_find_its_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"] = [[1.0, 2.0]], 100.0
    opened = []
    original = h5py.File.__init__

    def count(self: Any, name: Any, *args: Any, **options: Any) -> None:
        opened.append(name)
        original(self, name, *args, **options)

    monkeypatch.setattr(h5py.File, "__init__", count)
    assert detect(str(path)).name == "hdf5"
    assert opened == [str(path)]


@pytest.mark.parametrize("userblock", [0, 512, 2048])
def test_names_are_those_of_the_file_as_it_is(userblock: int, tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", userblock_size=userblock) as file:
        file["x/y"], file.attrs["unit"] = 1, "V"
    assert hdf5_names(str(path), _head(path)) == Names(frozenset({"x"}), frozenset({"unit"}))
    with h5py.File(path, "a") as file:
        file["z"] = 1
    assert hdf5_names(str(path), _head(path)) == Names(frozenset({"x", "z"}), frozenset({"unit"}))


def test_files_that_are_none_or_damaged_have_no_names(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = list(range(1000))
    head = _head(path)
    assert hdf5_names(str(tmp_path / "b.h5"), head) is None
    os.truncate(path, 2000)
    assert hdf5_names(str(path), head) is None
    path.write_bytes(SIGNATURE + b"\xff" * 2000)
    assert hdf5_names(str(path), _head(path)) is None
    path.write_bytes(b"something else")
    assert hdf5_names(str(path), _head(path)) is None
