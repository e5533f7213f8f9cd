"""Open HDF5 files: for a request only, and refused with one clear error when they are damaged or were never closed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from ecogcat.errors import FormatError, SourceChangedError
from ecogcat.storage.handles import hdf5_file, open_hdf5
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source
from tests.storage.test_affine import read


def make(path: Path, value: int = 0) -> Source:
    with h5py.File(path, "w") as file:
        file["x"] = np.full((2, 5000), value, "i2")
    return Source.open(path)


def test_no_file_stays_open_after_a_read(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.arange(100, dtype="i2").reshape(2, 50), chunks=(1, 10), compression="gzip")
    source = Source.open(path)
    with open_hdf5(str(path)) as file:
        extent = hdf5_extent(source, file["x"])
    out = np.empty((2, 50), "f4")
    extent.gather(np.arange(2), range(50), None, out, 0, 50)
    assert out[1, 49] == 99
    assert h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE) == 0


def test_replaced_by_its_copy_it_is_opened_anew(tmp_path: Path) -> None:
    source = make(tmp_path / "a.h5", 4)
    (tmp_path / "copy").write_bytes((tmp_path / "a.h5").read_bytes())
    os.replace(tmp_path / "copy", source.path)
    with hdf5_file(source) as file:
        assert file["x"][0, 0] == 4


def test_a_source_that_is_gone(tmp_path: Path) -> None:
    source = make(tmp_path / "a.h5")
    os.unlink(source.path)
    with pytest.raises(SourceChangedError, match=r"a\.h5: was .* bytes when opened and is gone now"):
        hdf5_file(source)


# Damaged ------------------------------------------------------------------------------------------

NEVER_CLOSED = re.compile(
    r"(?P<path>.*): this HDF5 file was never closed, or was cut short \(expected a file that its writer closed; "
    r"found .+\)\. If its writer still runs, stop it there; if it crashed, work on a copy repaired with `h5clear"
)

_WRITER = """
import os, signal, sys
import h5py, numpy as np
path, libver, flush, end = sys.argv[1:]
file = h5py.File(path, "w", libver=libver)
data = file.create_dataset("x", (4, 100_000), "i2", chunks=(4, 1000))
data[:, :50_000] = np.arange(50_000) % 1000
if flush == "flush":
    file.flush()
if end == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
os._exit(0)
"""


def never_closed(path: Path, libver: str, flush: str, end: str) -> None:
    """Have another process write a file and die without closing it."""
    done = subprocess.run([sys.executable, "-c", _WRITER, path, libver, flush, end], check=False, timeout=60)
    assert done.returncode == (-9 if end == "kill" else 0)


@pytest.mark.parametrize("end", ["kill", "exit"])
@pytest.mark.parametrize(
    ("libver", "flush"), [("earliest", "no flush"), ("latest", "no flush"), ("latest", "flush")]
)  # fmt: skip
def test_a_file_whose_writer_died_is_one_clear_error(tmp_path: Path, libver: str, flush: str, end: str) -> None:
    path = tmp_path / "died.h5"
    never_closed(path, libver, flush, end)
    for _ in range(2):
        with pytest.raises(FormatError) as caught:
            open_hdf5(str(path))
        match = NEVER_CLOSED.match(str(caught.value))
        assert match, str(caught.value)
        assert match["path"] == str(path)


def test_in_the_oldest_layout_what_was_flushed_reads(tmp_path: Path) -> None:
    """That layout keeps no note of its writer: a flushed file is whole, and what came later is not in it."""
    path = tmp_path / "died.h5"
    never_closed(path, "earliest", "flush", "kill")
    with open_hdf5(str(path)) as file:
        extent = hdf5_extent(Source.open(path), file["x"])
    values = read(extent)
    assert (values[:, :50_000] == np.arange(50_000) % 1000).all()
    assert not values[:, 50_000:].any()


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.999])
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_a_file_cut_short(tmp_path: Path, libver: str, keep: float) -> None:
    path = tmp_path / "whole.h5"
    with h5py.File(path, "w", libver=libver) as file:
        file["x"] = np.zeros((2, 5000), "i2")
    cut = tmp_path / "cut.h5"
    cut.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(FormatError) as caught:
        open_hdf5(str(cut))
    assert NEVER_CLOSED.match(str(caught.value))["path"] == str(cut)


@pytest.mark.parametrize("content", [b"", b"\x89HD", b"no HDF5 at all" * 1000])
def test_what_is_no_hdf5_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.h5"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=re.escape(f"{path}: this is no HDF5 file that can be read (found ")):
        open_hdf5(str(path))
    with pytest.raises(FormatError):
        hdf5_file(Source.open(path))


# Beside other users of the file -------------------------------------------------------------------


def test_others_in_this_process_may_open_the_file_as_they_like(tmp_path: Path) -> None:
    """A file that we have read is read, changed and written anew by the user's own h5py."""
    path = tmp_path / "a.h5"
    source = make(path, 4)
    hdf5_file(source).close()
    for locking in (None, False):
        with h5py.File(path, "r", locking=locking) as file:
            assert file["x"][0, 0] == 4
    with h5py.File(path, "a") as file:
        file["x"][:] = 5
    with pytest.raises(SourceChangedError):
        hdf5_file(source)
    source = make(path, 6)  # the same file, with new content
    with hdf5_file(source) as file:
        assert file["x"][0, 0] == 6


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_a_file_that_the_user_has_open_can_be_opened(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.h5"
    make(path, 4)
    with h5py.File(path, mode), open_hdf5(str(path)) as ours:
        assert ours["x"][0, 0] == 4
