"""Memory maps: one a file, capped in number, never beyond what the file held when opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.errors import SourceChangedError
from ecogcat.storage import maps
from ecogcat.storage.maps import scattered_bytes, source_bytes
from ecogcat.storage.source import Source


@pytest.fixture(autouse=True)
def few_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "_maps", type(maps._maps)())
    monkeypatch.setattr(maps, "_MOST_MAPS", 3)


def make(folder: Path, k: int, size: int = 50) -> Source:
    path = folder / f"{k}.dat"
    path.write_bytes(bytes([k]) * size)
    return Source.open(path)


def test_the_bytes_are_the_file_and_read_only(tmp_path: Path) -> None:
    view = source_bytes(make(tmp_path, 7))
    assert view.tolist() == [7] * 50
    assert not view.flags.writeable
    with pytest.raises(ValueError, match=r"WRITEABLE"):
        view.setflags(write=True)


def test_the_cap_is_kept_and_what_was_let_go_comes_back(tmp_path: Path) -> None:
    sources = [make(tmp_path, k) for k in range(5)]
    views = [source_bytes(source) for source in sources]
    assert len(maps._maps) == 3
    for k in (0, 4, 1, 3, 2, 0):
        assert source_bytes(sources[k]).tolist() == [k] * 50
        assert len(maps._maps) <= 3
    assert [view.tolist() for view in views] == [[k] * 50 for k in range(5)]  # in use, they outlive their eviction


def test_the_map_used_last_is_kept(tmp_path: Path) -> None:
    sources = [make(tmp_path, k) for k in range(4)]
    first = source_bytes(sources[0])
    for source in (*sources[1:3], sources[0], sources[3]):
        source_bytes(source)
    assert source_bytes(sources[0]) is first
    assert {key[0] for key in maps._maps} == {sources[k].path for k in (0, 2, 3)}


def test_an_empty_file(tmp_path: Path) -> None:
    view = source_bytes(make(tmp_path, 1, size=0))
    assert view.shape == (0,)
    assert view.dtype == np.uint8


def test_a_grown_file_is_mapped_up_to_its_old_length(tmp_path: Path) -> None:
    source = make(tmp_path, 2)
    Path(source.path).write_bytes(bytes([2]) * 90)
    assert source_bytes(source).tolist() == [2] * 50
    assert source_bytes(Source.open(source.path)).tolist() == [2] * 90


def test_replaced_by_its_copy_it_is_mapped_anew(tmp_path: Path) -> None:
    source = make(tmp_path, 3)
    first = source_bytes(source)
    copy = make(tmp_path, 30)
    Path(copy.path).write_bytes(bytes([3]) * 50)
    os.replace(copy.path, source.path)
    second = source_bytes(source)
    assert second is not first
    assert second.tolist() == first.tolist()


def test_a_file_swapped_between_check_and_map_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, other = make(tmp_path, 4), make(tmp_path, 5)
    stamp = source.stamp
    os.replace(other.path, source.path)
    monkeypatch.setattr(Source, "check", lambda self: stamp)  # the swap comes right after the check
    with pytest.raises(SourceChangedError, match=f"{source.path}: was replaced while it was being opened"):
        source_bytes(source)


def test_a_map_for_scattered_looks_is_the_callers_own(tmp_path: Path) -> None:
    source = make(tmp_path, 3)
    view = scattered_bytes(source)
    assert view.tolist() == source_bytes(source).tolist() == [3] * 50
    assert not view.flags.writeable
    assert scattered_bytes(source) is not view
    Path(source.path).unlink()
    with pytest.raises(SourceChangedError, match="gone"):
        scattered_bytes(source)


def test_two_threads_that_map_a_file_at_once_share_one_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, first, make_map = make(tmp_path, 1), [], maps._map

    def slow(*arguments: Any) -> maps.Map:
        if not first:
            first.append(None)
            first[0] = source_bytes(source)  # as if another thread were faster
        return make_map(*arguments)

    monkeypatch.setattr(maps, "_map", slow)
    assert source_bytes(source) is first[0]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's mapped memory")
def test_streaming_keeps_no_more_mapped_than_a_part_of_the_limit(tmp_path: Path) -> None:
    def mapped() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssFile"))

    view = source_bytes(make(tmp_path, 7, 40_000_000))
    before = mapped()
    assert (view == 7).all()
    assert mapped() - before > 30_000_000
    with ec.options(memory_limit=None):
        maps.relieve()
    assert mapped() - before > 30_000_000
    with ec.options(memory_limit="1 MB"):
        maps.relieve()
    assert mapped() - before < 10_000_000
    assert (view == 7).all()
