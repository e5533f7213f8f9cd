"""What `freeze` copies: everything that somebody else could still write to."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecogcat.frozen import freeze


def _owner() -> Any:
    return np.arange(4)


def _view_of_writeable() -> Any:
    view = np.arange(4)[1:]
    view.setflags(write=False)
    return view


def _dlpack() -> Any:
    """Memory of another library: no buffer that tells whether it may be written to."""
    array = np.from_dlpack(np.arange(4))
    array.setflags(write=False)
    return array


def _bytearray() -> Any:
    array = np.frombuffer(bytearray(8), np.uint8)
    array.setflags(write=False)
    return array


@pytest.mark.parametrize("make", [_owner, _view_of_writeable, _dlpack, _bytearray])
def test_copied(make: Any) -> None:
    array = make()
    frozen = freeze(array)
    assert not np.shares_memory(frozen, array)
    assert not frozen.flags.writeable
    np.testing.assert_array_equal(frozen, array)


def test_not_copied(tmp_path: Path) -> None:
    own = np.arange(4)
    own.setflags(write=False)
    (tmp_path / "a").write_bytes(bytes(8))
    with open(tmp_path / "a", "rb") as file:
        mapped = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    for array in (own, own[1:3], np.frombuffer(b"12345678", np.uint8), mapped):
        assert np.shares_memory(freeze(array), array)
