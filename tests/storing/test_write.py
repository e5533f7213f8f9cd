"""Writing: where it refuses to, what it leaves behind, how it goes on, and what the file holds for other programs."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.catalog.folder import find_recordings
from ecogcat.formats.registry import detect
from ecogcat.storage.affine import AffineExtent
from ecogcat.storing import blocks, hdf5
from ecogcat.storing.codec import decode, encode
from ecogcat.tables import tables_equal
from ecogcat.testing import check_format
from tests.conftest import ROOT


def recording(path: Path, n_samples: int = 3000, seed: int = 0) -> ec.Dataset:
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        file["chdata"] = rng.integers(-3000, 3000, (4, n_samples), dtype=np.int16)
        file["adc"] = rng.normal(size=(1, n_samples)).astype(np.float32)
        file["Fs"] = 1000.0
        file.attrs["animal"] = "rat-17"
    return ec.with_events(ec.open_recording(path), ec.Events([3, 900], {"tone": [500.0, np.nan]}))


@pytest.fixture
def joined(tmp_path: Path) -> ec.Dataset:
    return ec.join(*(recording(tmp_path / f"source{k}.h5", 3000 + k, k) for k in range(2)))


# What is in the file


def test_stored_numbers_stay_and_other_programs_find_them(joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        data = file["signal"]
        assert data.dtype == np.int16
        assert data.chunks is None
        assert (data.attrs["gain"], data.attrs["offset"], data.attrs["units"]) == (0.195, 0.0, "uV")
        assert data.attrs["sampling_rate"] == 1000.0
        np.testing.assert_allclose(data[:] * 0.195, joined.signal[:], rtol=1e-6)
        assert file["aligned/adc"].dtype == np.float32
    opened = ec.open_recording(tmp_path / "a.h5")
    assert isinstance(opened.signal.pieces[0].extent, AffineExtent)
    assert opened.metadata["animal"] == "rat-17"
    assert [part.paths for part in opened.parts] == [part.paths for part in joined.parts]


def test_parts_of_different_gain_keep_theirs(tmp_path: Path) -> None:
    a = ec.open_recording(_with_scale(tmp_path / "one.h5"), data="x", sampling_rate=1000, scale=0.5)
    b = ec.open_recording(_with_scale(tmp_path / "two.h5"), data="x", sampling_rate=1000, scale=2.0)
    both = ec.join(a, b)
    ec.write(both, tmp_path / "a.h5")
    opened = ec.open_recording(tmp_path / "a.h5")
    assert ec.equals(opened, both)
    assert opened.signal.read(raw=True).dtype == np.int16
    with h5py.File(tmp_path / "a.h5") as file:
        assert "gain" not in file["signal"].attrs  # there is not one


def _with_scale(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(40, dtype="i2").reshape(2, 20)
    return path


def test_units_are_kept_when_it_is_opened(tmp_path: Path) -> None:
    dataset = ec.convert_units(ec.from_array(np.ones((2, 5), "f4"), 1000), "mV")
    ec.write(dataset, tmp_path / "a.h5")
    opened = ec.open_recording(tmp_path / "a.h5")
    assert opened.units == "mV"
    assert ec.equals(opened, dataset)
    assert ec.equals(ec.convert_units(opened, "uV"), ec.convert_units(dataset, "uV"))
    assert ec.open_recording(tmp_path / "a.h5", units="V").units == "V"


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_it_passes_the_suite_of_formats(compression: Any, tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    dataset = ec.join(*(recording(place / f"source{k}.h5", 1000 + k, k) for k in range(2)))
    ec.write(dataset, place / "a.h5", compression=compression)
    check_format(ec.open_recording, place / "a.h5", expected={"signal": dataset.signal[:]}, damage=compression is None)


def test_every_type_of_column_comes_back(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "whole": np.array([1, 2, 3], "i2"),
            "nullable": pd.array([1, None, 3], dtype="Int32"),
            "real": np.array([0.5, np.nan, np.inf], "f4"),
            "go": pd.array([True, None, False], dtype="boolean"),
            "flag": [True, False, True],
            "word": ["a", "", "µ"],
            "maybe": pd.Series(["a", None, 2.5], dtype=object),
            "time": pd.to_datetime(["2026-03-14 10:00", None, "2026-03-15 00:00"]),
            "local": pd.to_datetime(["2026-03-14 10:00", None, "2026-03-15 00:00"]).tz_localize("Europe/Berlin"),
            "span": pd.to_timedelta([1, None, 3], unit="s"),
            "text": pd.array(["x", None, "z"], dtype="string"),
        }
    )
    origin = {"line": 3, "threshold": np.float32(0.5), "levels": np.arange(3.0)}
    dataset = ec.from_array(np.zeros((1, 9)), 1000, events=ec.Events([1, 2, 8], table, origin))
    ec.write(dataset, tmp_path / "a.h5")
    events = ec.open_recording(tmp_path / "a.h5").events
    assert tables_equal(events.table, dataset.events.table)
    assert events.origin["threshold"] == np.float32(0.5)
    assert events.token == dataset.events.token


def test_metadata_that_are_no_values_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    dataset = ec.from_array([[1.0]], 1000)
    dataset = dataset.replace(parts=[dataset.parts[0].replace(metadata={"rig": {"device": object()}})])
    with pytest.raises(TypeError, match=r"parts\[0\]\.metadata\.rig\.device is a object, which no file can hold"):
        ec.write(dataset, tmp_path / "a.h5")
    assert not list(tmp_path.iterdir())


def test_categories_periods_and_tags_survive_the_codec() -> None:
    table = pd.DataFrame({"c": pd.Categorical(["x", None, "y"]), "p": pd.period_range("2026-01", periods=3, freq="M")})
    assert tables_equal(decode(*encode(table)), table)
    assert decode(*encode({"~set": 1, "": (1, 1.0, True)})) == {"~set": 1, "": (1, 1.0, True)}
    with pytest.raises(KeyError):
        decode('{"~nothing": 1}', [])


# Where it refuses


def test_a_source_is_never_written_over(tmp_path: Path) -> None:
    dataset = recording(tmp_path / "source.h5")
    before = (tmp_path / "source.h5").read_bytes()
    (tmp_path / "link.h5").symlink_to(tmp_path / "source.h5")
    os.link(tmp_path / "source.h5", tmp_path / "hard.h5")
    for name in ("source.h5", "link.h5", "hard.h5"):
        with pytest.raises(ec.ReadOnlyError, match=r"from which source is read: a recording is never written over"):
            ec.write(dataset, tmp_path / name, overwrite=True)
    assert (tmp_path / "source.h5").read_bytes() == before


def test_what_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    one, two = ec.from_array([[1.0, 2.0]], 1000), ec.from_array([[3.0, 4.0, 5.0]], 1000)
    ec.write(one, tmp_path / "a.h5")
    with pytest.raises(FileExistsError, match=r"a\.h5 is there already; overwrite=True replaces it"):
        ec.write(two, tmp_path / "a.h5")
    opened = ec.open_recording(tmp_path / "a.h5")
    assert ec.equals(opened, one)
    ec.write(two, tmp_path / "a.h5", overwrite=True)
    assert ec.equals(ec.open_recording(tmp_path / "a.h5"), two)
    with pytest.raises(ec.SourceChangedError):
        opened.signal[:]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "a.h5").symlink_to(tmp_path / "disk" / "b.h5")
    ec.write(ec.from_array([[1.0]], 1000), tmp_path / "a.h5")
    assert (tmp_path / "a.h5").is_symlink()
    assert ec.open_recording(tmp_path / "disk" / "b.h5").n_samples == 1


def test_a_full_disk_is_noticed_before(joined: ec.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 0, 1000))
    with pytest.raises(OSError, match=r"a\.h5 takes 72,012 bytes and the disk of .* has 1,000 free"):
        ec.write(joined, tmp_path / "a.h5")
    assert not [one for one in tmp_path.iterdir() if "a.h5" in one.name]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("a.xyz",), ValueError, r"ends in none of \.vds\.h5, \.h5"),
        (("nowhere/a.h5",), FileNotFoundError, "there is no folder"),
        (("a.h5", "hdf5"), ValueError, r"format is one of h5, vds\.h5, zarr, mat, not 'hdf5'"),
        ((3,), TypeError, "a path is a str or path-like, not int"),
    ],
)
def test_arguments(arguments: Any, error: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        ec.write(ec.from_array([[1.0]], 1000), *arguments)
    with pytest.raises(TypeError, match="write takes a dataset, not the path"):
        ec.write("a.h5", "b.h5")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="compression is None or 'gzip', not 'best'"):
        ec.write(ec.from_array([[1.0]], 1000), "a.h5", compression="best")  # type: ignore[arg-type]


# Unfinished files


class Stop(BaseException):
    """As if the process were killed: nothing is tidied up."""


def interrupted(dataset: ec.Dataset, path: Path, fraction: float, **options: Any) -> Path:
    """Write until so much of the samples is there; return what is left."""

    def progress(done: int, total: int) -> None:
        if done >= fraction * total:
            raise Stop

    with pytest.raises(Stop):
        ec.write(dataset, path, progress=progress, **options)
    (left,) = (one for one in path.parent.iterdir() if one.name.endswith(".ecogcat-unfinished"))
    return left


def check_edited_since(folder: Path, target: Path, **options: Any) -> None:
    """Edit, where no fingerprint looks, what a killed write had read; the next write has one content throughout."""
    path = folder / f"long{target.suffix}.h5"
    recording(path, 40_000)
    interrupted(ec.open_recording(path), target, 0.7, **options)
    before = ec.open_recording(path)
    with h5py.File(path, "r+") as file:
        file["chdata"][:, 10_100:10_120] = 777  # of each channel's 80 KB
    edited = ec.open_recording(path)
    assert edited.token == before.token, "noticed by the fingerprint: this tests nothing"
    told: list[int] = []
    ec.write(edited, target, progress=lambda done, total: told.append(done), **options)
    assert told[0] == 0
    np.testing.assert_array_equal(ec.open_recording(target).signal[:], edited.signal[:])


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1 << 12)
    monkeypatch.setattr(hdf5, "SYNC_BYTES", 1 << 13)
    monkeypatch.setattr("ecogcat.storing.packed._CHUNK_BYTES", 1 << 11)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("compression", [None, "gzip"])
class TestUnfinished:
    def test_of_a_recording_edited_since_it_starts_anew(self, compression: Any, tmp_path: Path) -> None:
        check_edited_since(tmp_path, tmp_path / "a.h5", compression=compression)
        check_edited_since(tmp_path, tmp_path / "a.mat", compression=compression)

    def test_it_is_no_recording(self, compression: Any, joined: ec.Dataset, tmp_path: Path) -> None:
        left = interrupted(joined, tmp_path / "a.h5", 0.5, compression=compression)
        assert not (tmp_path / "a.h5").exists()
        with pytest.raises(ec.FormatError, match=r"was not written to its end\. Run the same ecogcat\.write again"):
            ec.open_recording(left)
        shutil.copy(left, tmp_path / "renamed.h5")
        with pytest.raises(ec.FormatError):
            ec.open_recording(tmp_path / "renamed.h5")
        found, _ = find_recordings(tmp_path, ec.open_recording)
        assert not [one.path for one in found if "unfinished" in one.path]

    def test_it_is_told_of(self, compression: Any, joined: ec.Dataset, tmp_path: Path) -> None:
        with pytest.raises(ec.RecordingNotFound, match=r"a\.h5: nothing is there") as caught:
            ec.open_recording(tmp_path / "a.h5")
        assert "unfinished" not in str(caught.value)
        interrupted(joined, tmp_path / "a.h5", 0.5, compression=compression)
        said = r"a\.h5: nothing is there; an unfinished write of it lies beside it: run the same write again to go on"
        for format in (None, "ecogcat", "hdf5"):
            with pytest.raises(ec.RecordingNotFound, match=said):
                ec.open_recording(tmp_path / "a.h5", format=format)

    def test_the_same_write_goes_on(self, compression: Any, joined: ec.Dataset, tmp_path: Path) -> None:
        ec.write(joined, tmp_path / "whole.h5", compression=compression)
        interrupted(joined, tmp_path / "a.h5", 0.5, compression=compression)
        told: list[int] = []
        ec.write(joined, tmp_path / "a.h5", compression=compression, progress=lambda done, total: told.append(done))
        assert told[0] >= 0.4 * told[-1]
        assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()

    def test_another_dataset_starts_anew(self, compression: Any, joined: ec.Dataset, tmp_path: Path) -> None:
        interrupted(joined, tmp_path / "a.h5", 0.5, compression=compression)
        other, told = ec.select_channels(joined, [0, 1]), []
        ec.write(other, tmp_path / "a.h5", compression=compression, progress=lambda done, total: told.append(done))
        assert told[0] == 0
        assert ec.equals(ec.open_recording(tmp_path / "a.h5"), other)

    def test_damaged_it_starts_anew(self, compression: Any, joined: ec.Dataset, tmp_path: Path) -> None:
        left = interrupted(joined, tmp_path / "a.h5", 0.9, compression=compression)
        data = bytearray(left.read_bytes())
        for place in range(1024 if compression else 9000, len(data) - 2000, 64):
            data[place] ^= 0xFF
        left.write_bytes(data)
        told: list[int] = []
        ec.write(joined, tmp_path / "a.h5", compression=compression, progress=lambda done, total: told.append(done))
        assert told[0] == 0
        assert ec.equals(ec.open_recording(tmp_path / "a.h5"), joined)

    def test_after_a_restart_only_what_was_synced_counts(
        self, compression: Any, joined: ec.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        interrupted(joined, tmp_path / "a.h5", 0.6, compression=compression)
        monkeypatch.setattr("ecogcat.storing.marks.boot_id", lambda: "another")
        told: list[int] = []
        ec.write(joined, tmp_path / "a.h5", compression=compression, progress=lambda done, total: told.append(done))
        assert 0 <= told[0] < 0.6 * told[-1]
        assert ec.equals(ec.open_recording(tmp_path / "a.h5"), joined)

    def test_an_error_leaves_nothing(
        self, compression: Any, joined: ec.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*arguments: Any) -> Any:
            raise OSError(28, "No space left on device")

        before = sorted(tmp_path.iterdir())
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            with pytest.raises(OSError, match="No space left"):
                ec.write(joined, tmp_path / "a.h5", compression=compression)
        assert sorted(tmp_path.iterdir()) == before

    def test_two_writers_do_not_mix(self, compression: Any, joined: ec.Dataset, tmp_path: Path) -> None:
        met: list[BlockingIOError] = []

        def progress(done: int, total: int) -> None:
            if not met:
                with pytest.raises(BlockingIOError, match="is being written by another process or thread") as caught:
                    ec.write(joined, tmp_path / "a.h5", compression=compression)
                met.append(caught.value)

        ec.write(joined, tmp_path / "a.h5", compression=compression, progress=progress)
        assert len(met) == 1
        assert ec.equals(ec.open_recording(tmp_path / "a.h5"), joined)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.jit
def test_killed_writes_leave_the_old_or_the_whole() -> None:
    command = [sys.executable, "-m", "tests.kill_writes", "--kills", "2"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


# How it writes


@pytest.mark.jit
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_the_memory_limit_holds(compression: Any, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "source.h5", "w") as file:
        file["chdata"] = np.random.default_rng(0).integers(-9, 9, (32, 500_000), dtype=np.int16)  # 32 MB
        file["Fs"] = 1000.0
    dataset = ec.open_recording(tmp_path / "source.h5")
    ec.write(ec.select_time(dataset, 0, 1000), tmp_path / "warm.h5", compression=compression)
    with ec.options(memory_limit="2 MB"):
        tracemalloc.start()
        try:
            ec.write(dataset, tmp_path / "a.h5", compression=compression)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4e6
    assert ec.equals(ec.open_recording(tmp_path / "a.h5"), dataset)


def test_progress_counts_up_to_all(joined: ec.Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[int, int]] = []
    ec.write(joined, tmp_path / "a.h5", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (72_012, 72_012)
    ec.write(joined, tmp_path / "b.h5", progress=True)
    assert "writing" in capsys.readouterr().err


def test_streams_lists_what_was_written(joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.h5")
    assert ec.streams(tmp_path / "a.h5")["stream"].tolist() == ["signal", "adc"]
    assert detect(str(tmp_path / "a.h5")).name == "ecogcat"


def test_a_later_layout_is_refused(joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["ecogcat_layout"] = 99
    with pytest.raises(ec.FormatError, match=r"expected ecogcat_layout 1; found 99.*A later release can read it"):
        ec.open_recording(tmp_path / "a.h5")


def test_a_damaged_heap_is_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    ec.write(ec.from_array(np.zeros((2, 50), "f4"), 1000), path)
    with h5py.File(path) as file:
        assert isinstance(file.attrs["ecogcat_digest"], bytes)
    data = bytearray(path.read_bytes())
    heap = data.find(b"GCOL")  # of texts without a fixed length: libhdf5 looks through a damaged one without end
    data[heap + 16 : heap + 120] = b"\x7f" * 104
    path.write_bytes(data)
    assert ec.open_recording(path).signal[:].shape == (2, 50)


def test_an_altered_description_is_refused(joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        text = file["description/text"][:].tobytes().replace(b'"uV"', b'"mV"')
        file["description/text"][:] = np.frombuffer(text, np.uint8)
    with pytest.raises(ec.FormatError, match="its description was altered after it was written"):
        ec.open_recording(tmp_path / "a.h5")


@pytest.mark.parametrize("kind", ["h5", "mat"])
def test_devices_pipes_and_folders_are_not_replaced(kind: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, what in (("pipe", "no file"), ("folder", "a folder")):
        with pytest.raises(ec.ReadOnlyError, match=f"{name} is {what}: it is not replaced"):
            ec.write(ec.from_array([[1.0]], 1000), tmp_path / name, kind, overwrite=True)
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "pipe"]


def test_a_name_that_is_too_long_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"a name of 303 bytes is too long for .*, which takes 255") as caught:
        ec.write(ec.from_array([[1.0]], 1000), tmp_path / ("x" * 300 + ".h5"))
    assert caught.value.errno == errno.ENAMETOOLONG
    assert list(tmp_path.iterdir()) == []


def test_overwrite_is_yes_or_no(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"old")
    with pytest.raises(TypeError, match="overwrite= is True or False, not 'no'"):
        ec.write(ec.from_array([[1.0]], 1000), tmp_path / "a.h5", overwrite="no")  # type: ignore[arg-type]
    assert (tmp_path / "a.h5").read_bytes() == b"old"


def test_a_folder_named_with_a_slash_at_its_end(tmp_path: Path) -> None:
    ec.write(ec.from_array([[1.0, 2.0]], 1000), f"{tmp_path}/a.zarr/")
    assert ec.open_recording(f"{tmp_path}/a.zarr/").n_samples == 2


@pytest.mark.parametrize(("name", "options"), [("a.h5", {}), ("a.h5", {"compression": "gzip"}), ("a.mat", {})])
@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("ENOSPC", r"the disk ran full \(No space left on device\); nothing of it was left there\. Make room first"),
        (
            "EDQUOT",
            r"the room that this disk gives you is used up \(Disk quota exceeded\); .* or write to another disk",
        ),
        ("EFBIG", r"a file may not become as large as that \(File too large\); .*`ulimit -f`"),
    ],
)
def test_a_disk_that_runs_full_on_the_way_names_the_file(
    name: str, options: Any, number: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = getattr(errno, number)

    def full(*arguments: Any) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match=rf"{tmp_path / name}: {said}") as caught:
        ec.write(ec.from_array([[1.0] * 99], 1000), tmp_path / name, **options)
    assert caught.value.errno == code
    assert list(tmp_path.iterdir()) == []


_LIMITED = """
import os, resource, sys
import numpy as np
import ecogcat as ec
os.chdir(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))
numbers = np.random.default_rng(0).integers(-30000, 30000, (4, 100_000), np.int16)
dataset = ec.from_array(numbers, 1000, events=range(1000, 99_000, 500))
ways = {name: lambda name=name: ec.write(dataset, name) for name in ("a.h5", "a.mat", "a.zarr")}
ways |= {name: lambda name=name: ec.write(dataset, name, compression="gzip") for name in ("b.h5", "b.mat")}
ways |= {name: lambda name=name: ec.epochs(dataset, 500, 500, out=name) for name in ("c.h5", "c.npy")}
ways |= {"d.h5": lambda: ec.scratch(dataset, "d.h5"), os.environ["TMPDIR"]: lambda: ec.scratch(dataset)}
for name, way in ways.items():
    try:
        way()
    except Exception as error:
        print(name, "|", type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="files are not limited in size there")
def test_a_limit_of_the_size_of_files_names_the_file(tmp_path: Path) -> None:
    """libhdf5 has errors of its own for it."""
    (tmp_path / "temporary").mkdir()
    own = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "temporary")}
    command = [sys.executable, "-c", _LIMITED, str(tmp_path)]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=True)
    said = [line.split(" | ") for line in done.stdout.splitlines()]
    assert len(said) == 9, done.stderr
    for name, text in said:
        assert text.startswith("OSError [Errno 27] ")
        assert f"{name}: a file may not become as large as that (File too large); nothing" in text
        assert "`ulimit -f`" in text
    assert os.listdir(tmp_path) == ["temporary"]
    assert os.listdir(tmp_path / "temporary") == []


@pytest.mark.parametrize("name", ["a.h5", "a.mat", "a.zarr", "a.vds.h5"])
def test_a_file_system_that_syncs_no_folders(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ec.write(ec.from_array(np.arange(8.0).reshape(2, 4), 1000.0), tmp_path / "source.h5")
    dataset = ec.open_recording(tmp_path / "source.h5")
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    ec.write(dataset, tmp_path / name)
    assert ec.equals(ec.open_recording(tmp_path / name), dataset)
    assert sorted(os.listdir(tmp_path)) == sorted(["source.h5", name])
