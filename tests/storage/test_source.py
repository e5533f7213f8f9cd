"""Sources: what counts as the same file, what as a changed one, and what the errors say."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecogcat.errors import RecordingNotFound, SourceChangedError
from ecogcat.storage import source as source_module
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.source import Source
from tests.storage.test_affine import read

SIZE = 100_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rec.dat"
    path.write_bytes(np.random.default_rng(0).bytes(SIZE))
    return path


def extent(path: Path) -> AffineExtent:
    source = Source.open(path)
    return AffineExtent(source, np.dtype("<i2"), source.size // 2, [0], 2)


def touch(path: Path) -> None:
    """Another modification time, by more than any clock's grain."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 7_000_000_000))


def rewrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    touch(path)


def alter(path: Path, place: int) -> None:
    """Change one byte in place."""
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 255]))
    touch(path)


# The same -----------------------------------------------------------------------------------------


def test_the_fingerprint_is_of_content_alone(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere" / "another name.bin"
    other.write_bytes(path.read_bytes())
    touch(other)
    assert Source.open(other).fingerprint == Source.open(path).fingerprint
    assert extent(other).token == extent(path).token
    other.write_bytes(path.read_bytes() + b"\0")
    assert Source.open(other).fingerprint != Source.open(path).fingerprint


def test_a_touched_file_still_reads_and_is_looked_into_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = extent(path)
    before = read(one)
    touch(path)
    looked: list[int] = []
    fingerprint = source_module._fingerprint
    monkeypatch.setattr(source_module, "_fingerprint", lambda *args: (looked.append(1), fingerprint(*args))[1])
    for _ in range(3):
        np.testing.assert_array_equal(read(one), before)
    assert len(looked) == 1
    touch(path)
    read(one)
    assert len(looked) == 2


def test_a_grown_file_reads_up_to_its_old_length(path: Path) -> None:
    one = extent(path)
    before = read(one)
    with open(path, "ab") as file:
        file.write(b"more" * 1000)
    np.testing.assert_array_equal(read(one), before)
    assert one.n_samples == SIZE // 2


def test_a_file_replaced_by_its_copy_still_reads(path: Path) -> None:
    one = extent(path)
    before = read(one)
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    os.replace(copy, path)
    np.testing.assert_array_equal(read(one), before)


def test_a_file_moved_away_and_back(path: Path) -> None:
    one = extent(path)
    before = read(one)
    path.rename(path.with_name("moved"))
    with pytest.raises(SourceChangedError, match="is gone now"):
        read(one)
    np.testing.assert_array_equal(read(extent(path.with_name("moved"))), before)
    path.with_name("moved").rename(path)
    np.testing.assert_array_equal(read(one), before)


def test_a_pickled_source_checks_as_well(path: Path) -> None:
    one = pickle.loads(pickle.dumps(Source.open(path)))
    one.check()
    assert one == Source.open(path)
    alter(path, 0)
    with pytest.raises(SourceChangedError):
        one.check()


# Changed ------------------------------------------------------------------------------------------


def _shrink(path: Path) -> None:
    os.truncate(path, SIZE - 1)


def _delete(path: Path) -> None:
    path.unlink()


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(np.random.default_rng(1).bytes(SIZE))
    os.replace(other, path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _loop(path: Path) -> None:
    path.unlink()
    os.symlink(path.name, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_shrink, "shrank from 100,000 to 99,999 bytes since it was opened; open the recording again to read what"),
        (_delete, "was 100,000 bytes when opened and is gone now (No such file or directory); put it back, or open"),
        (_replace, "its content changed since it was opened (fingerprint "),
        (_folder, "shrank from 100,000 to"),
        (_loop, "was 100,000 bytes when opened and is gone now (Too many levels of symbolic links)"),
        (lambda path: alter(path, 0), "its content changed since it was opened (fingerprint "),
        (lambda path: alter(path, SIZE - 1), "its content changed since it was opened (fingerprint "),
    ],
    ids=["shrunk", "deleted", "replaced", "a folder", "a loop", "first byte", "last byte"],
)
@pytest.mark.parametrize("warm", [False, True])
def test_a_changed_source_is_an_error_that_names_the_file(
    path: Path, change: Callable[[Path], None], message: str, warm: bool
) -> None:
    """Before the first fetch as well as after one has mapped the file."""
    one = extent(path)
    if warm:
        read(one)
    change(path)
    for _ in range(2):  # the second time, too: what failed is not remembered as verified
        with pytest.raises(SourceChangedError, match=re.escape(f"{path}: {message}")):
            read(one)


def test_a_source_turned_into_an_empty_folder_of_no_smaller_size(tmp_path: Path) -> None:
    path = tmp_path / "empty.dat"
    path.touch()
    source = Source.open(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(SourceChangedError, match=re.escape(f"{path}: changed since it was opened, and cannot be read")):
        source.check()


@given(st.integers(0, 9), st.integers(0, 4095), st.integers(40_960, 10**6))
def test_every_byte_of_the_sampled_blocks_counts(
    tmp_path_factory: pytest.TempPathFactory, block: int, within: int, size: int
) -> None:
    """Ten blocks of 4,096 bytes, spread evenly from the first to the last."""
    file = tmp_path_factory.getbasetemp() / "sampled.dat"
    content = bytearray(size)
    file.write_bytes(content)
    before = Source.open(file).fingerprint
    content[(size - 4096) * block // 9 + within] = 1
    file.write_bytes(content)
    assert Source.open(file).fingerprint != before


# Opening ------------------------------------------------------------------------------------------


def test_opening_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingNotFound, match=re.escape(f"{tmp_path / 'no'}: cannot be opened: No such file")):
        Source.open(tmp_path / "no")
    with pytest.raises(RecordingNotFound, match=re.escape(f"{tmp_path}: is not a file")):
        Source.open(tmp_path)


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordingNotFound, match="pipe: is not a file"):
        Source.open(tmp_path / "pipe")


def test_sizes_around_the_sampled_blocks(tmp_path: Path) -> None:
    for size in (0, 1, 4095, 4096, 4097, 40_959, 40_960, 40_961):
        path = tmp_path / str(size)
        path.write_bytes(bytes(size))
        source = Source.open(path)
        source.check()
        assert source.size == size
    assert len({Source.open(file).fingerprint for file in tmp_path.iterdir()}) == 8


def test_a_relative_path_and_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.dat").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Source.open("a.dat").path == Source.open("~/a.dat").path == str(tmp_path / "a.dat")
