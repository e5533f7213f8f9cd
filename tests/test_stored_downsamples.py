"""Stored downsamples: written once, found again, and used as long as they are those of the recording."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.downsamples import stored_name
from ecogcat.formats.origin import is_of_folders
from ecogcat.reading.execute import execute
from ecogcat.testing.headstages import write_headstage
from ecogcat.testing.rhd import write_rhd

NAME = "rec_Fs250.h5"


@pytest.fixture(params=["oephys", "intan_rhd"])
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_headstage(tmp_path / "raw", "rec", request.param, [100, 301, 502], n_samples=1001)


@contextmanager
def files_read() -> Iterator[set[str]]:
    """Note of which files samples are read."""
    seen: set[str] = set()

    def noted(plan: Any, pieces: Any, *arguments: Any, **options: Any) -> Any:
        seen.update(os.path.basename(one.path) for piece in pieces for one in piece.extent.sources)
        return execute(plan, pieces, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ecogcat.signal.execute", noted)
        yield seen


def sources_of(dataset: ec.Dataset) -> set[str]:
    return {os.path.basename(one.path) for piece in dataset.signal.pieces for one in piece.extent.sources}


def told(dataset: ec.Dataset) -> tuple[str, ...]:
    return dataset.parts[0].warnings


def older(recording: Path, values: Any, rate: float = 250.0, folder: Path | None = None, **arrays: Any) -> Path:
    """Write what the older system stored: floats in uV under the names of the recording's own datasets."""
    path = (folder or recording.parent) / f"rec_Fs{int(rate)}.h5"
    path.parent.mkdir(exist_ok=True)
    with h5py.File(recording) as raw, h5py.File(path, "w") as file:
        if "chdata" in raw:
            file["chdata"], file["Fs"] = values, rate
        else:
            file.attrs["JSON_header"] = json.dumps({"sample_rate": rate})
            file["amplifier_data"] = values
        for name, array in arrays.items():
            file[name] = array
    return path


def test_written_once_and_used_instead(recording: Path) -> None:
    plain = ec.open_recording(recording, resample_rate=250)
    before = recording.read_bytes()
    with files_read() as read:
        first = ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    assert "rec.h5" in read
    assert sorted(one.name for one in recording.parent.iterdir()) == ["rec.h5", NAME]
    stamp = (recording.parent / NAME).stat().st_mtime_ns
    with files_read() as read:
        again = ec.open_recording(recording, resample_rate=250, save_downsampled=True)
        values, adc = again.signal[:], again["adc"][:]
    assert read == {NAME}, "no sample of the recording itself is read"
    assert (recording.parent / NAME).stat().st_mtime_ns == stamp, "written once"
    for dataset in (first, again):
        assert ec.equals(dataset, plain)
        assert sources_of(dataset) == {NAME}
        assert dataset.history[-1] == f"read from {NAME}"
        assert (dataset.name, dataset.warnings, dict(dataset.metadata)) == ("rec", (), dict(plain.metadata))
    assert recording.read_bytes() == before
    recording.unlink()  # the samples are elsewhere
    np.testing.assert_array_equal(again.signal[:], values)
    np.testing.assert_array_equal(again["adc"][:], adc)


@pytest.mark.parametrize("kind", ["chebyshev1", "chebyshev2", "none"])
def test_they_say_by_which_filter_they_were_made(kind: str, recording: Path) -> None:
    asked: dict[str, Any] = {"resample_rate": 250, "resample_filter": kind, "trigger": 0}
    plain = ec.open_recording(recording, **asked)
    assert ec.equals(plain, ec.resample(ec.open_recording(recording, trigger=0), 250, kind))
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    other = ec.open_recording(recording, **asked)
    assert told(other) == (f"{NAME} is not used: it was made with the filter 'polyphase'",)
    assert sources_of(other).isdisjoint({NAME})
    first = ec.open_recording(recording, **asked, save_downsampled=True)
    assert ec.open_recording(recording.parent / NAME).metadata["downsample_filter"] == kind
    with files_read() as read:
        again = ec.open_recording(recording, **(asked | {"trigger": None}))
        values = again.signal[:]
    assert read == {NAME}, "no filter is run"
    np.testing.assert_array_equal(values, plain.signal[:])
    for dataset in (first, again):
        assert sources_of(dataset) == {NAME}
        assert dataset.history[-2:] == (plain.history[-1], f"read from {NAME}")
    assert told(ec.open_recording(recording, resample_rate=250)) == (
        f"{NAME} is not used: it was made with the filter {kind!r}",
    )
    with h5py.File(recording, "r+") as file:
        file["chdata" if "chdata" in file else "amplifier_data"][:] = 7
    stale = ec.open_recording(recording, resample_rate=250, resample_filter=kind)
    assert told(stale) == (f"{NAME} is not used: it was made of other samples than the recording has now",)


def test_what_else_is_asked_for_is_done_to_them(recording: Path) -> None:
    asked: dict[str, Any] = {"electrode": "psv_61_intan", "units": "mV", "bandpass": (2, 100), "reference": "common"}
    asked |= {"channels": range(3, 50), "trigger": 0}
    plain = ec.open_recording(recording, resample_rate=250, **asked)
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    with files_read() as read:
        ec.open_recording(recording, resample_rate=250, **(asked | {"trigger": None}))
    assert read == {NAME}
    again = ec.open_recording(recording, resample_rate=250, **asked)
    assert ec.equals(again, plain)
    assert again.ground is not None
    assert plain.ground is not None
    np.testing.assert_array_equal(again.ground[:], plain.ground[:])
    assert again.events.sample.tolist() == [25, 75, 126], "found at the rate of the line"


def test_logic_lines_keep_their_edges_where_events_are(tmp_path: Path) -> None:
    line = np.zeros((1, 4000), "u1")
    for start in (403, 1201, 2502):
        line[0, start : start + 30] = 1
    path = tmp_path / "rec.h5"
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"], file["dig"] = np.random.default_rng(0).normal(size=(3, 4000)), 1000.0, line
    plain = ec.open_recording(path, resample_rate=300, trigger="dig:0")
    ec.open_recording(path, resample_rate=300, save_downsampled=True)
    again = ec.open_recording(path, resample_rate=300, trigger="dig:0")
    assert sources_of(again) == {"rec_Fs300.h5"}
    assert ec.equals(again, plain)
    assert again["dig"][0, again.events.sample].tolist() == [1, 1, 1]


def test_the_folder_for_them_is_looked_at_first(recording: Path, tmp_path: Path) -> None:
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    store = tmp_path / "cache"
    assert sources_of(ec.open_recording(recording, resample_rate=250, store_path=store)) == {NAME}
    assert not store.exists()
    (recording.parent / NAME).unlink()
    ec.open_recording(recording, resample_rate=250, save_downsampled=True, store_path=store)
    assert os.listdir(store) == [NAME]
    assert os.listdir(recording.parent) == ["rec.h5"]
    found = ec.open_recording(recording, resample_rate=250, store_path=store)
    assert found.signal.pieces[0].extent.sources[0].path == str(store / NAME)
    assert sources_of(ec.open_recording(recording, resample_rate=250)) == {"rec.h5"}


def test_not_used_when_the_recording_has_changed(recording: Path) -> None:
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    old = (recording.parent / NAME).read_bytes()
    with h5py.File(recording, "r+") as file:
        data = file["chdata" if "chdata" in file else "amplifier_data"]
        data[:] = data[:] + 1
    dataset = ec.open_recording(recording, resample_rate=250)
    assert sources_of(dataset) == {"rec.h5"}
    assert told(dataset) == (f"{NAME} is not used: it was made of other samples than the recording has now",)
    assert (recording.parent / NAME).read_bytes() == old
    saved = ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    assert sources_of(saved) == {NAME}  # it was ecogcat's own: written anew
    assert ec.equals(saved, dataset)
    assert ec.open_recording(recording, resample_rate=250) == saved


def test_not_used_for_another_rate_or_recording(recording: Path) -> None:
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    near = ec.open_recording(recording, resample_rate=250.5)  # the same name
    assert (sources_of(near), near.sampling_rate) == ({"rec.h5"}, 250.5)
    assert told(near) == (f"{NAME} is not used: it is at 250 Hz, not at 250.5 Hz",)
    with pytest.raises(
        ec.EcogcatError, match=r"this recording at 250 Hz, and is not written over with that at 250\.5 Hz"
    ):
        ec.open_recording(recording, resample_rate=250.5, save_downsampled=True)
    assert sources_of(ec.open_recording(recording, resample_rate=250)) == {NAME}
    assert sources_of(ec.open_recording(recording, resample_rate=500)) == {"rec.h5"}
    assert ec.open_recording(recording, resample_rate=1000, save_downsampled=True).sampling_rate == 1000
    assert not (recording.parent / "rec_Fs1000.h5").exists()  # that is its own rate
    other = write_headstage(recording.parent / "other", "rec", "oephys", n_samples=1001)
    with h5py.File(other, "r+") as file:
        file["chdata"][:] = 7
    (recording.parent / NAME).rename(other.parent / NAME)
    assert sources_of(ec.open_recording(other, resample_rate=250)) == {"rec.h5"}


def two_days(folder: Path) -> tuple[Path, Path]:
    """Two recordings of one name, of other samples."""
    first, second = (write_headstage(folder / day, "rec", "oephys", n_samples=1001) for day in ("day1", "day2"))
    with h5py.File(second, "r+") as file:
        file["chdata"][:] = file["chdata"][:] + 1
    return first, second


def test_one_folder_for_those_of_two_recordings_of_one_name(tmp_path: Path) -> None:
    first, second = two_days(tmp_path)
    store = tmp_path / "store"
    asked: dict[str, Any] = {"resample_rate": 250, "store_path": store}
    dataset = ec.open_recording(first, **asked, save_downsampled=True)
    values = dataset.signal[:]
    other = ec.open_recording(second, **asked)
    assert told(other) == (f"{NAME} is not used: it was made of {first}",)
    assert sources_of(other) == {"rec.h5"}
    for more in ({}, {"use_stored": False}):
        with pytest.raises(ec.EcogcatError) as caught:
            ec.open_recording(second, **asked, **more, save_downsampled=True)
        assert str(caught.value).startswith(
            f"{store / NAME} was made of another recording, {first}, and is not written over with that of {second}: "
            "give each its own folder with store_path="
        )
    np.testing.assert_array_equal(dataset.signal[:], values)
    assert ec.equals(ec.open_recording(first, **asked, save_downsampled=True), dataset)


def test_what_is_left_is_that_of_the_recording_alone(tmp_path: Path) -> None:
    first, second = two_days(tmp_path)
    store = tmp_path / "store"
    values = ec.open_recording(first, resample_rate=250, save_downsampled=True, store_path=store).signal[:]
    first.unlink()
    second.unlink()

    def left(day: str) -> Any:
        return session(tmp_path, f"exp_path: {day}\nstore_path: store\nresample_rate: 250")

    np.testing.assert_array_equal(left("day1").read().signal[:], values)
    with pytest.raises(ec.RecordingNotFound, match=rf"{NAME} was made of another recording, {first}"):
        left("day2").read()
    (store / NAME).rename(tmp_path / "day1" / NAME)
    (tmp_path / "day1").rename(tmp_path / "moved")  # with what lies beside the recording
    np.testing.assert_array_equal(left("moved").read().signal[:], values)


@pytest.mark.parametrize(
    ("made_of", "stored", "fits"),
    [
        ("/lab/day1/rec.h5", "/store/rec_Fs250.h5", True),
        ("/lab/day1", "/store/rec_Fs250.h5", True),  # some files of the folder
        ("/lab/day1/2026_rec_02", "/store/rec_Fs250.h5", True),
        ("/lab/day2/rec.h5", "/store/rec_Fs250.h5", False),
        ("/lab/day2/rec.h5", "/lab/day1/rec_Fs250.h5", True),  # moved with it
        ("/lab/day1/other", "/store/rec_Fs250.h5", False),  # some files of a folder within
    ],
)
def test_whether_it_was_made_of_a_recording_of_a_folder(made_of: str, stored: str, fits: bool) -> None:
    assert is_of_folders(made_of, "rec", stored, ["/lab/day1"]) is fits


def test_a_folder_that_moved_as_a_whole(recording: Path, tmp_path: Path) -> None:
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    moved = recording.parent.rename(tmp_path / "moved") / "rec.h5"
    assert sources_of(ec.open_recording(moved, resample_rate=250)) == {NAME}
    with h5py.File(moved, "r+") as file:
        data = file["chdata" if "chdata" in file else "amplifier_data"]
        data[:] = data[:] + 1
    assert "made of other samples" in told(ec.open_recording(moved, resample_rate=250))[0]
    again = ec.open_recording(moved, resample_rate=250, save_downsampled=True)
    assert ec.equals(again, ec.open_recording(moved, resample_rate=250, use_stored=False))


@pytest.mark.parametrize("ending", [".h5", ".zarr", ".mat"])
def test_files_of_one_inner_name_are_told_apart_by_their_own(ending: str, tmp_path: Path) -> None:
    for k, name in enumerate(("a", "b")):
        dataset = ec.from_array(np.full((2, 1000), k, "f4"), 1000.0, name="inner")
        ec.write(dataset, tmp_path / (name + ending))
        opened = ec.open_recording(tmp_path / (name + ending), resample_rate=500, save_downsampled=True)
        assert (opened.name, sources_of(opened)) == ("inner", {f"{name}_Fs500.h5"})
    assert sorted(os.listdir(tmp_path)) == sorted([f"a{ending}", "a_Fs500.h5", f"b{ending}", "b_Fs500.h5"])
    np.testing.assert_allclose(ec.open_recording(tmp_path / ("b" + ending), resample_rate=500).signal[:, 200:300], 1)


def unnoticed(path: Path) -> None:
    """Alter a sample of which no fingerprint knows, in a file of many blocks."""
    name = "chdata" if "oephys" in str(path) else "amplifier_data"
    from ecogcat.storage.source import Source

    before = Source.open(path)
    with h5py.File(path, "r+") as file:
        data = file[name]
        middle = data.shape[1] // 2
        data[3, middle : middle + 4] = data[3, middle : middle + 4] + 1000
    assert Source.open(path) == before


@pytest.mark.parametrize("headstage", ["oephys", "intan_rhd"])
def test_one_older_than_the_recording_is_not_used(headstage: str, tmp_path: Path) -> None:
    path = write_headstage(tmp_path / headstage, "rec", headstage, n_samples=20_000)
    stale = ec.open_recording(path, resample_rate=250, save_downsampled=True)
    unnoticed(path)
    dataset = ec.open_recording(path, resample_rate=250)
    text = f"{NAME} is not used: it is older than {path}, which was changed since; save_downsampled=True makes it anew"
    assert told(dataset) == (text,)
    assert sources_of(dataset) == {"rec.h5"}
    assert (dataset.signal[3] != stale.signal[3]).any()
    again = ec.open_recording(path, resample_rate=250, save_downsampled=True)
    assert (again.warnings, sources_of(again)) == ((), {NAME})
    assert ec.equals(again, dataset)
    assert told(ec.open_recording(path, resample_rate=250)) == ()


def test_one_made_while_the_recording_was_changed_is_older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_headstage(tmp_path / "oephys", "rec", "oephys", n_samples=20_000)

    def write(*arguments: Any, **options: Any) -> None:
        ec.write(*arguments, **options)
        unnoticed(path)

    monkeypatch.setattr("ecogcat.formats.downsamples.write", write)
    dataset = ec.open_recording(path, resample_rate=250, save_downsampled=True)
    assert "is not used: it is older than" in told(dataset)[0]


def test_one_of_a_recording_from_a_clock_that_is_ahead(recording: Path) -> None:
    ahead = os.stat(recording).st_mtime + 3600
    os.utime(recording, (ahead, ahead))
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    assert sources_of(ec.open_recording(recording, resample_rate=250)) == {NAME}


def test_one_cut_short_is_told_from_what_others_wrote(recording: Path) -> None:
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    path = recording.parent / NAME
    os.truncate(path, path.stat().st_size - 1000)
    assert "was cut short" in told(ec.open_recording(recording, resample_rate=250))[0]
    with pytest.raises(ec.EcogcatError, match=rf"{NAME}: ecogcat wrote this file, and it is damaged.*: delete it, "):
        ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    path.unlink()
    assert sources_of(ec.open_recording(recording, resample_rate=250, save_downsampled=True)) == {NAME}


def test_not_used_if_not_wanted(recording: Path) -> None:
    """L4: it was used all the same."""
    older(recording, np.full((64, 251), -7.0))
    dataset = ec.open_recording(recording, resample_rate=250, use_stored=False)
    assert (sources_of(dataset), told(dataset)) == ({"rec.h5"}, ())
    assert (dataset.signal[:] != -7).any()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_those_of_the_older_system_are_used_where_the_shape_fits(recording: Path, dtype: str) -> None:
    values = np.random.default_rng(1).normal(size=(64, 251)).astype(dtype)
    name = "adc" if "oephys" in str(recording) else "board_adc_data"
    older(recording, values, **{name: np.full((1, 251), 33.0)})
    dataset = ec.open_recording(recording, resample_rate=250)
    np.testing.assert_array_equal(dataset.signal[:], values.astype("f4"))  # in uV, whatever the recording is in
    text = f"samples are those of {NAME}, which does not say what it was made of, or how; its shape fits"
    assert told(dataset) == (text,)
    assert dataset["adc"][:].max() < 4  # L9: the older system summed it
    volts = ec.open_recording(recording, resample_rate=250, units="V")
    np.testing.assert_allclose(volts.signal[:], values * 1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "rate", "why"),
    [
        ((32, 251), 250.0, "it has 32 channels, the recording 64"),
        ((64, 250), 250.0, "it has 250 samples, the recording 251 at this rate"),
        ((64, 251), 240.0, "it is at 240 Hz"),
    ],
)
def test_those_that_do_not_fit_are_told_and_never_written_over(
    recording: Path, shape: tuple[int, int], rate: float, why: str
) -> None:
    path = older(recording, np.ones(shape), rate).rename(recording.parent / NAME)
    before = path.read_bytes()
    dataset = ec.open_recording(recording, resample_rate=250)
    assert told(dataset) == (f"{NAME} is not used: {why}",)
    with pytest.raises(
        ec.EcogcatError, match=r"rec_Fs250\.h5: ecogcat did not write this file.*store_path=.*; .*"
    ) as e:
        ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    assert why in str(e.value)
    path.write_bytes(b"nothing of the kind")
    assert "rec_Fs250.h5 is not used" in ec.open_recording(recording, resample_rate=250).warnings[0]
    path.write_bytes(before)
    assert os.listdir(recording.parent / "..") == ["raw"]


def _open(path: str, ready: Any, results: Any) -> None:
    ready.wait()
    for _ in range(5):
        dataset = ec.open_recording(path, resample_rate=250, save_downsampled=True)
        results.put((dataset.warnings, float(dataset.signal[:].sum())))


@pytest.mark.jit
def test_two_processes_writing_at_once(tmp_path: Path) -> None:
    path = write_headstage(tmp_path, "rec", "oephys", n_samples=40_000)
    want = float(ec.open_recording(path, resample_rate=250).signal[:].sum())
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(3), context.Queue()
    workers = [context.Process(target=_open, args=(str(path), ready, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    ready.wait()
    said = [results.get(timeout=100) for _ in range(10)]
    for worker in workers:
        worker.join(100)
    assert [total for _, total in said] == [want] * 10
    assert all("being written by another process" in one for warnings, _ in said for one in warnings)
    assert sorted(os.listdir(tmp_path)) == ["rec.h5", NAME]
    assert sources_of(ec.open_recording(path, resample_rate=250)) == {NAME}


def test_while_another_process_writes_it(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*arguments: Any, **options: Any) -> None:
        raise BlockingIOError("another process writes there")

    def there(*arguments: Any, **options: Any) -> None:
        ec.write(*arguments, **options)
        raise FileExistsError("something is there")

    plain = ec.open_recording(recording, resample_rate=250)
    monkeypatch.setattr("ecogcat.formats.downsamples.write", busy)
    dataset = ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    assert ec.equals(dataset, plain)
    assert told(dataset) == (f"{NAME} was being written by another process: samples are resampled when read",)
    monkeypatch.setattr("ecogcat.formats.downsamples.write", there)
    assert sources_of(ec.open_recording(recording, resample_rate=250, save_downsampled=True)) == {NAME}


def test_consecutive_pieces_are_one(tmp_path: Path) -> None:
    for k, stamp in enumerate(("260314_102105", "260314_102205")):
        values = np.random.default_rng(k).integers(0, 60000, (4, 1280))
        write_rhd(tmp_path / f"long_{stamp}.rhd", values, adc=np.zeros((1, 1280)))
    plain = ec.open_recording(tmp_path, resample_rate=2000)
    ec.open_recording(tmp_path, resample_rate=2000, save_downsampled=True)
    assert "long_Fs2000.h5" in os.listdir(tmp_path)
    again = ec.open_recording(tmp_path, format="intan", resample_rate=2000)
    assert sources_of(again) == {"long_Fs2000.h5"}
    assert ec.equals(again, plain)
    assert len(again.seams) == len(plain.seams) == 1


def test_names() -> None:
    assert [stored_name("a", rate) for rate in (2000, 2000.0, 666.67)] == ["a_Fs2000.h5", "a_Fs2000.h5", "a_Fs666.h5"]


# What cannot be meant, or done ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["use_stored", "save_downsampled", "causal"])
def test_yes_or_no_is_true_or_false(name: str, recording: Path) -> None:
    for rate in (None, 250):
        with pytest.raises(TypeError, match=f"{name}= is True or False, not 'no'"):
            ec.open_recording(recording, resample_rate=rate, **{name: "no"})
    assert os.listdir(recording.parent) == ["rec.h5"]


def test_none_leaves_it_as_it_is(recording: Path) -> None:
    ec.open_recording(recording, resample_rate=250, save_downsampled=True)
    again = ec.open_recording(recording, resample_rate=250, use_stored=None, save_downsampled=None, causal=None)
    assert sources_of(again) == {NAME}


@pytest.mark.parametrize(
    ("asked", "needed", "text"),
    [
        (
            {"resample_filter": "none"},
            {"resample_rate": 250},
            "resample_filter='none' did nothing: it goes with resample_rate=",
        ),
        (
            {"save_downsampled": True},
            {"resample_rate": 250},
            "save_downsampled=True saved nothing: it goes with resample_rate=",
        ),
        ({"causal": True}, {"notches": 60}, "causal=True did nothing: it goes with bandpass= or notches="),
    ],
)
def test_what_goes_with_another_argument_says_so(asked: Any, needed: Any, text: str, recording: Path) -> None:
    assert told(ec.open_recording(recording, **asked)) == (text,)
    assert told(ec.open_recording(recording, **asked, **needed)) == ()


def test_sessions_may_say_one_or_zero(tmp_path: Path) -> None:
    path = write_headstage(tmp_path / "local", "rec", "oephys", n_samples=1001)
    session(tmp_path, "resample_rate: 250\nsave_downsamp: 1").read()
    assert (path.parent / NAME).exists()
    assert NAME not in sources_of(session(tmp_path, "resample_rate: 250\nuse_stored: 0").read())
    assert sources_of(session(tmp_path, "resample_rate: 250\nuse_stored: 1").read()) == {NAME}


def test_the_folder_that_a_session_names_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_headstage(tmp_path / "local", "rec", "oephys", n_samples=1001)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    session(tmp_path, "resample_rate: 250\nsave_downsamp: True\nstore_path: store").read()
    assert (tmp_path / "store" / NAME).exists()
    assert os.listdir() == []


def test_folders_that_are_none(recording: Path, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"resample_rate": 250, "save_downsampled": True}
    with pytest.raises(NotADirectoryError, match=r"store_path= is a folder, and .*rec\.h5 is none: name the folder"):
        ec.open_recording(recording, **asked, store_path=recording)
    with pytest.raises(TypeError, match="store_path= is a folder's path, not 5"):
        ec.open_recording(recording, **asked, store_path=5)
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*no in which to make it; make that first"):
        ec.open_recording(recording, **asked, store_path=tmp_path / "no" / "such")
    assert os.listdir(tmp_path) == ["raw"]


def test_a_folder_that_nobody_may_write_to(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: Any, **options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ecogcat.formats.downsamples.write", refused)
    with pytest.raises(
        PermissionError, match=rf"cannot write .*{NAME} \(Permission denied\): name a folder with store_"
    ):
        ec.open_recording(recording, resample_rate=250, save_downsampled=True)


# Of which nothing else is left --------------------------------------------------------------------


def session(folder: Path, options: str, headstage: str = "oephys") -> Any:
    path = folder / "day.txt"
    places = "" if "exp_path" in options else "exp_path: local\nnwk_path: net\n"
    path.write_text(f"[session]\n{places}headstage: {headstage}\n{options}\n[rec]\n")
    return ec.open_session(path)["rec"]


def test_only_the_stored_one_is_left(recording: Path, tmp_path: Path) -> None:
    headstage = "oephys" if b"chdata" in recording.read_bytes() else "intan_rhd"
    values = np.random.default_rng(1).normal(size=(64, 251)).astype("f4")
    adc = np.zeros((1, 251))
    adc[0, 50:55] = adc[0, 150:155] = 33
    key = "adc" if headstage == "oephys" else "board_adc_data"
    path = older(recording, values, folder=tmp_path / "net", **{key: adc})
    source = session(tmp_path, "electrode: psv_61_intan\ntrigger_idx: 0\nresample_rate: 250\nnotches: 60", headstage)
    dataset = source.read()
    rows = [int(row) for row in dataset.parts[0].opened.source]
    np.testing.assert_array_equal(source(notches=None).read().signal[:], values[rows])
    assert (dataset.name, dataset.notches, dataset.sampling_rate) == ("rec", (60,), 250)
    assert dataset.events.sample.tolist() == [50, 150]
    assert source.discover()["shape"] == (61, 251)
    with pytest.raises(ec.RecordingNotFound, match=r"rec\.h5 nor at .*local/rec_Fs500\.h5 nor at .*net/rec_Fs500\.h5"):
        source(resample_rate=500).read()
    with pytest.raises(ec.RecordingNotFound):
        source(resample_rate=None).read()
    path.rename(tmp_path / "rec_Fs250.h5")
    with pytest.raises(ec.RecordingNotFound):
        source.read()
    np.testing.assert_array_equal(source(store_path=str(tmp_path)).read().signal[:], dataset.signal[:])
    os.utime(tmp_path / "rec_Fs250.h5", (1, 1))
    (tmp_path / "net" / "rec.h5").write_bytes(recording.read_bytes())  # it is back: it goes before
    again = source(store_path=str(tmp_path)).read()
    assert "is not used: it is older than" in told(again)[0]
    os.utime(tmp_path / "rec_Fs250.h5")
    again = source(store_path=str(tmp_path)).read()
    assert "its shape fits" in told(again)[0]
    assert again.parts[0].paths == (str(tmp_path / "net" / "rec.h5"),)


@pytest.mark.parametrize(
    ("headstage", "options"),
    [
        ("oephys", "electrode: psv_61_intan\ntrigger_idx: 0"),
        ("mux6", "electrode: ratv4_mux6\nbnc: 1, 2"),
        ("zif26 to 2x uhdmi", "electrode: actv_64\ndaq: 2t-as daq v1\nbnc: 10"),
        ("blackrock", "electrode: psv_32"),
    ],
)
def test_only_the_one_that_ecogcat_wrote_is_left(headstage: str, options: str, tmp_path: Path) -> None:
    """Whatever the system: it says its units, what lies beside the samples, and the sites of a wired array."""
    raw = write_headstage(tmp_path / "local", "rec", headstage, [320, 640, 960], n_samples=1280)
    source = session(tmp_path, f"{options}\nresample_rate: 250\nsave_downsamp: True", headstage)
    whole = source.read()
    assert whole.events.sample.tolist() == [80, 160, 240]
    raw.unlink()
    left = source(trigger_idx=0).read() if headstage == "oephys" else source.read()
    assert ec.equals(left.replace(events=whole.events), whole)
    assert np.abs(left.events.sample - whole.events.sample).max(initial=0) <= 1  # as the line is at 250 Hz


def test_what_is_no_downsample_of_the_system_is_not_taken_for_one(tmp_path: Path) -> None:
    """L16: stored ones of active arrays were scaled twice, with the triggers among the filtered channels."""
    stored = write_headstage(tmp_path / "local", "rec", "zif26 to 2x uhdmi", [100, 300], sampling_rate=250)
    stored.rename(stored.with_name(NAME))
    source = session(tmp_path, "electrode: actv_64\ndaq: 2t-as daq v1\nresample_rate: 250", "zif26 to 2x uhdmi")
    with pytest.raises(ec.RecordingNotFound):
        source.read()
    write_headstage(tmp_path / "local", "rec", "zif26 to 2x uhdmi", [100, 300])
    dataset = source.read()
    assert {Path(path).name for part in dataset.parts for path in part.paths} == {"rec.h5"}
    assert told(dataset)[0].startswith(f"{NAME} is not used: ")


def test_a_store_path_is_no_url(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    ec.write(ec.from_array(np.zeros((2, 40)), 1000.0), path)
    with pytest.raises(ValueError, match="folder of this machine, not s3://lab/stored"):
        ec.open_recording(path, resample_rate=500, save_downsampled=True, store_path="s3://lab/stored")
