"""MATLAB 7.3 files: what MATLAB finds in them, by the rules it goes by; and what opens again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from tests.storing.test_write import recording


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_as_matlab_sees_it(compression: Any, tmp_path: Path) -> None:
    joined = ec.join(*(recording(tmp_path / f"source{k}.h5", 3000 + k, k) for k in range(2)))
    ec.write(joined, tmp_path / "a.mat", compression=compression)
    assert ec.equals(ec.open_recording(tmp_path / "a.mat"), joined)
    head = (tmp_path / "a.mat").read_bytes()[:520]
    assert head.startswith(b"MATLAB 7.3 MAT-file")
    assert head[124:128] == b"\x00\x02IM"
    assert head[512:] == b"\x89HDF\r\n\x1a\n"
    with h5py.File(tmp_path / "a.mat") as file:
        assert file["signal"].attrs["MATLAB_class"] == b"int16"
        assert file["signal"].shape == (6001, 4)  # MATLAB reverses the axes: 4 x 6001
        np.testing.assert_array_equal(file["signal"][:].T, joined.signal.read(raw=True))
        assert file["aligned"].attrs["MATLAB_class"] == b"struct"
        assert file["aligned/adc"].attrs["MATLAB_class"] == b"single"
        assert file["Fs"][0, 0] == 1000.0
        assert file["event_index"][:, 0].tolist() == [4, 901, 3004, 3901]
        assert file["units"].attrs["MATLAB_class"] == b"char"
        assert file["units"][:].astype("<u2").tobytes().decode("utf-16-le") == "uV"

        def classes(name: str, item: Any) -> None:
            assert "MATLAB_class" in item.attrs, name
            assert not isinstance(item, h5py.Dataset) or item.ndim == 2, name

        file.visititems(classes)


def test_logical_and_half_precision(tmp_path: Path) -> None:
    lines = np.array([[True, False, True]])
    dataset = ec.from_array(np.array([[1, 2, 3]], "f2"), 1000, aligned={"dig": lines})
    ec.write(dataset, tmp_path / "a.mat")
    with h5py.File(tmp_path / "a.mat") as file:
        assert file["aligned/dig"].attrs["MATLAB_class"] == b"logical"
        assert file["signal"].attrs["MATLAB_class"] == b"single"
    opened = ec.open_recording(tmp_path / "a.mat")
    assert opened["dig"].dtype == np.bool_
    assert ec.equals(opened, dataset)


def test_types_that_matlab_lacks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"MATLAB has no type for signal, which is complex128.*ends in \.h5"):
        ec.write(ec.from_array(np.array([[1j]]), 1000), tmp_path / "a.mat")
    assert not list(tmp_path.iterdir())
