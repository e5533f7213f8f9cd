"""Scratch copies: where they lie, how long, who sees what is written, and what is said when it cannot be."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import intake
import numpy as np
import pytest

import ecogcat as ec
from tests import join_modes
from tests.conftest import ROOT


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording in the lab's layout."""
    return join_modes.record(tmp_path)[0]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def file_of(dataset: ec.Dataset) -> Path:
    return Path(dataset.signal.sources[0].path)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that has nothing else."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


def test_the_nine_ways_of_joining(tmp_path: Path) -> None:
    made = join_modes.combinations(tmp_path)
    assert len(made) == 9
    assert all(one.equal and one.kinds == (one.left, one.right) for one in made)
    assert [one.dataset.signal.writeable for one in made] == [False] * 8 + [True]
    assert "DIFFERENT" not in join_modes.table(made)
    assert made[8].dataset.token != made[0].dataset.token


def test_load_argument_and_catalog(recording: Path, tmp_path: Path, temporary: Path) -> None:
    before = digest(recording)
    dataset = ec.open_recording(recording, units="mV", mapped="r+")
    dataset.signal.write((0, slice(2)), 100)
    dataset["adc"].write((1, [0, -1]), -2)
    assert dataset.signal[0, :2].tolist() == [100, 100]
    assert dataset["adc"][1, [0, -1]].tolist() == [-2, -2]
    assert dataset.history[-1] == "copied to scratch"
    assert "scratch" in repr(dataset).splitlines()[1]
    with pytest.raises(ValueError, match=r"mapped is True \(on disk\), False \(in memory\) or 'r\+'"):
        ec.open_recording(recording, mapped="r")
    entry = f"    driver: ecog_hdf5\n    args: {{urlpath: {recording}, mapped: 'r+'}}\n"
    joined = "    driver: ecog_join\n    args: {parts: [one, one]}\n"
    (tmp_path / "session.yaml").write_text(f"sources:\n  one:\n{entry}  both:\n{joined}")
    cat = intake.open_catalog(tmp_path / "session.yaml")
    copies = len(os.listdir(temporary))
    assert cat["one"].discover()["shape"] == dataset.signal.shape
    assert cat["both"].discover()["shape"] == (8, 1800)
    assert cat["one"].read_partition(0).shape == dataset.signal.shape
    assert cat["one"].to_dask().shape == dataset.signal.shape
    assert len(os.listdir(temporary)) == copies, "what headers answer is not copied"
    both = cat["both"].read()
    both.signal.write(np.s_[:, 890:910], np.arange(20))
    assert np.array_equal(both.signal[3, 890:910], np.arange(20))
    assert not cat["one"](mapped=True).read().signal.writeable
    assert digest(recording) == before


def test_what_is_joined_and_cut_of_a_copy_is_the_copy(recording: Path) -> None:
    copy, plain = ec.scratch(ec.open_recording(recording)), ec.open_recording(recording)
    joined = ec.join(plain, copy)
    cut = ec.select_channels(ec.select_time(joined, 895, 910), [3, 1])
    cut.signal.cut(5, 15).write(np.s_[:, 0], [31, 11])
    assert copy.signal[[3, 1], 0].tolist() == [31, 11]
    back = ec.split(joined)[1]
    assert ec.equals(back, copy)
    assert not ec.equals(back, plain)
    held = joined.signal[:]
    with pytest.raises(ec.ReadOnlyError, match=r"samples 899 to 899 lie in .*first\.h5: nothing there can be written"):
        joined.signal.write(np.s_[:, 899:901], 0)
    with pytest.raises(ec.ReadOnlyError, match="samples 0 to 899 lie in memory"):
        ec.join(ec.load(plain), copy).signal.write(..., 0)
    assert np.array_equal(joined.signal[:], held)
    joined.signal.write(np.s_[:, 900:900], 0)
    other = ec.scratch(ec.from_array(np.zeros((1, 5), "f4"), 2000, names=["ch0"]))
    other = ec.join(copy, other, channels="outer")
    with pytest.raises(ec.ReadOnlyError, match="a recording that lacks some of these channels"):
        other.signal.write((1, 902), 1)


def test_a_temporary_copy_goes_with_its_last_user(recording: Path, temporary: Path) -> None:
    copy = ec.open_recording(recording, mapped="r+")
    (folder,) = os.listdir(temporary)
    cut = ec.select_time(copy, 5, 9)
    del copy
    gc.collect()
    assert cut.signal[:].shape == (8, 4)
    assert os.listdir(temporary) == [folder]
    del cut
    gc.collect()
    assert os.listdir(temporary) == []


def test_a_temporary_copy_goes_when_the_process_ends(recording: Path, temporary: Path) -> None:
    code = (
        f"import ecogcat as ec; s = ec.open_recording({str(recording)!r}, mapped='r+'); print(s.signal.sources[0].path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert Path(done.stdout.strip()).parent.parent == temporary
    assert os.listdir(temporary) == []


def test_a_copy_with_a_path_is_kept_and_opens(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy.h5"
    copy = ec.scratch(ec.open_recording(recording), path)
    copy.signal.write(np.s_[2, ::100], 7.5)
    with h5py.File(path) as file:  # flushed: whoever reads the file sees it
        assert file["chdata"][2, ::100].tolist() == [7.5] * 9
        assert file["Fs"][()] == 2000
    values = copy.signal[:]
    assert file_of(copy) == path
    with pytest.raises(FileExistsError, match=r"copy\.h5 is there already"):
        ec.scratch(copy, path)
    del copy
    gc.collect()
    again = ec.open_recording(path)
    assert np.array_equal(again.signal[:], values)
    assert np.array_equal(again["adc"][:], ec.open_recording(recording)["adc"][:])
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        ec.scratch(again, tmp_path / "nowhere" / "copy.h5")
    with pytest.raises(TypeError, match="scratch takes a dataset, not the path"):
        ec.scratch(path)  # type: ignore[arg-type]
    assert sorted(os.listdir(tmp_path)) == ["copy.h5", "first.h5", "second.h5", "temporary"]


def _sum_and_write(dataset: ec.Dataset) -> float:
    """In another process: look at what was written, and write."""
    seen = float(dataset.signal[1].sum())
    dataset.signal.write((2, slice(None)), 5)
    return seen


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_other_processes_see_what_is_written(recording: Path, temporary: Path, method: str) -> None:
    copy = ec.open_recording(recording, mapped="r+")
    with multiprocessing.get_context(method).Pool(1) as workers:
        copy.signal.write((1, slice(None)), 2)
        assert workers.apply(_sum_and_write, (copy,)) == 1800
        copy.signal.write((1, 0), 0)
        assert workers.apply(_sum_and_write, (copy,)) == 1798
    assert copy.signal[2].tolist() == [5] * 900
    assert len(os.listdir(temporary)) == 1, "a worker that ends takes nothing with it"


def test_a_copy_that_is_gone_says_so(recording: Path) -> None:
    import pickle

    held = pickle.dumps(ec.open_recording(recording, mapped="r+"))
    gc.collect()
    with pytest.raises(ec.SourceChangedError, match=r"this scratch copy is gone .* or give ec.scratch a path"):
        pickle.loads(held)


def test_disk_space_is_checked_first(
    recording: Path, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = ec.open_recording(recording)
    usage: Any = shutil.disk_usage(temporary)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=dataset.signal.nbytes))
    for path in (None, tmp_path / "copy.h5"):
        with pytest.raises(
            OSError, match=r"a scratch copy takes [\d,]+ bytes and .* has 28,800 free: give ec.scratch a"
        ):
            ec.scratch(dataset, path)
    assert os.listdir(temporary) == []
    assert not (tmp_path / "copy.h5").exists()


@pytest.mark.parametrize("kept", [False, True])
def test_a_copy_that_fails_leaves_nothing(recording: Path, temporary: Path, tmp_path: Path, kept: bool) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    dataset, files = ec.open_recording(recording), sorted(os.listdir(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        ec.scratch(dataset, tmp_path / "copy.h5" if kept else None, progress=stop)
    gc.collect()
    assert os.listdir(temporary) == []
    assert sorted(os.listdir(tmp_path)) == files
    seen: list[tuple[int, int]] = []
    ec.scratch(dataset, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (dataset.signal.nbytes + dataset["adc"].nbytes,) * 2


def test_odd_names_and_types() -> None:
    """Arrays beside the signal keep their names, whatever the file calls them; integers are not taken for counts."""
    arrays = {name: np.array([[1, 0, 1]], dtype) for name, dtype in (("chdata", "?"), ("Fs", "u2"), ("a/b", "c8"))}
    dataset = ec.from_array(np.array([[1, 2, 3]], "i2"), 10, aligned=arrays)
    copy = ec.scratch(dataset)
    assert ec.equals(copy, dataset)
    with h5py.File(file_of(copy)) as file:
        assert sorted(file) == ["Fs", "Fs_", "a_b", "chdata", "data"]
    assert ec.equals(ec.scratch(ec.from_array(np.zeros((0, 4)), 1)), ec.from_array(np.zeros((0, 4)), 1))
    assert ec.scratch(ec.select_time(dataset, 1, 1)).signal.shape == (1, 0)


def test_epochs_do_not_overwrite_a_scratch_copy(tmp_path: Path) -> None:
    dataset = ec.from_array(np.arange(20.0)[None], 1000, events=[10])
    copy = ec.scratch(dataset, tmp_path / "copy.h5")
    with pytest.raises((ec.ReadOnlyError, FileExistsError)):
        ec.epochs(copy, 2, 2, out=tmp_path / "copy.h5")
    assert ec.equals(copy, dataset)


@pytest.mark.parametrize("path", [3, b"copy.h5"])
def test_what_is_no_path(path: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match=f"a path is a str or path-like, not {type(path).__name__}"):
        ec.scratch(ec.from_array([[1.0]], 1000), path)
    assert not [one for one in tmp_path.iterdir() if one.is_file()]


_KILLED = """
import os, signal, sys
import numpy as np
import ecogcat as ec
def stop(*done):
    os.kill(os.getpid(), signal.SIGKILL)
dataset = ec.from_array(np.ones((2, 1000), np.float32), 1000, events=[500])
if sys.argv[2] == "scratch":
    ec.scratch(dataset, sys.argv[1], progress=stop)
else:
    np.memmap.flush = stop
    ec.epochs(dataset, 5, 5, out=sys.argv[1])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not killed by SIGKILL there")
@pytest.mark.parametrize("what", ["scratch", "epochs"])
def test_what_a_killed_process_left_is_no_recording_and_goes_with_the_next(what: str, tmp_path: Path) -> None:
    path = tmp_path / "lab" / "copy.h5"
    path.parent.mkdir()
    command = [sys.executable, "-c", _KILLED, str(path), what]
    for _ in range(2):
        done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
        assert done.returncode == -9, done.stderr
        (left,) = path.parent.iterdir()
        assert left.name.startswith(".copy.h5.")
        assert left.name.endswith(".ecogcat-unfinished")
    assert not h5py.is_hdf5(left)
    with pytest.raises(ec.FormatError, match="this was not written to its end"):
        ec.open_recording(left)
    with pytest.raises(ec.RecordingNotFound):
        ec.scan(path.parent, tmp_path / "found.yaml")
    dataset = ec.from_array(np.ones((2, 900), np.float32), 1000, events=[500])
    if what == "scratch":
        assert ec.equals(ec.scratch(dataset, path), dataset)
        assert np.array_equal(ec.open_recording(path).signal[:], dataset.signal[:])
        assert path.stat().st_mode & 0o777 == 0o600
    else:
        assert ec.epochs(dataset, 5, 5, out=path).data.all()
    assert h5py.is_hdf5(path)
    assert [one.name for one in path.parent.iterdir()] == ["copy.h5"]


def test_two_do_not_copy_to_one_path_at_once(recording: Path, tmp_path: Path) -> None:
    dataset = ec.open_recording(recording)

    def another(*done: int) -> None:
        with pytest.raises(BlockingIOError, match=r"\.copy\.h5.* is being written by another process or thread"):
            ec.scratch(dataset, tmp_path / "copy.h5")

    assert ec.equals(ec.scratch(dataset, tmp_path / "copy.h5", progress=another), dataset)
