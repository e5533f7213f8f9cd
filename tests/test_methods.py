"""The paragraph on methods: every number in it is the dataset's."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.conditioned import without_transient
from ecogcat.storage.source import Source


def recording(folder: Path, name: str, n: int) -> ec.Dataset:
    with h5py.File(folder / f"{name}.h5", "w") as file:
        file["chdata"], file["Fs"] = np.random.default_rng(n).integers(-99, 99, (4, n)).astype("i2"), 2000.0
    return ec.open_recording(folder / f"{name}.h5")


def test_one_recording(tmp_path: Path) -> None:
    dataset = ec.mask_channels(recording(tmp_path, "rec", 5000), names=["ch1"], reason="noisy")
    text = ec.methods_text(ec.notch(ec.bandpass(dataset, 5, None), (60, 120)))
    paragraph, files = text.split("\n\n")
    start = "The data are one recording in hdf5 format (rec) with 3 channels sampled at 2000 Hz, 2.5 s long."
    assert paragraph.startswith(start)
    assert "1 channel was left out (noisy)." in paragraph
    assert "Values are in uV." in paragraph
    steps = [
        "highpass 5 Hz (Butterworth, order 3, zero phase)",
        "(3) notch 60, 120 Hz (order 3, width 3 Hz, zero phase)",
    ]
    assert "; ".join(steps) in paragraph
    path = str(tmp_path / "rec.h5")
    assert files.splitlines()[1:] == [f"  {Source.open(path).fingerprint}  {path}"]


def test_joined_recordings_list_their_files_wherever_the_samples_are(tmp_path: Path) -> None:
    a, b = recording(tmp_path, "a", 4000), ec.mask_channels(recording(tmp_path, "b", 3000), names=["ch2"], reason="bad")
    joined = ec.join(a, b)
    text = ec.methods_text(joined)
    assert (
        "two recordings in hdf5 format (a, b) with 3 channels sampled at 2000 Hz, 3.5 s in all (2 s and 1.5 s)" in text
    )
    assert "joined end to end in this order" in text
    assert "Of each recording 1 channel was left out (reasons: not in b and bad)." in text
    assert "To a nothing was done. To b this was done: (1) " in text
    files = text.split("\n\n")[1]
    paths = [str(tmp_path / f"{name}.h5") for name in "ab"]
    assert files.splitlines()[1:] == [f"  {Source.open(path).fingerprint}  {path}" for path in paths]
    with ec.options(memory_limit=1000):
        scratch = ec.bandpass(joined, 5, 100)
    for done in (
        ec.load(joined),
        ec.bandpass(joined, 5, 100),
        scratch,
        ec.join(*ec.split(ec.bandpass(joined, 5, 100))),
    ):
        assert ec.methods_text(done).split("\n\n")[1] == files
    assert "To a this was done: (1) bandpass 5 to 100 Hz" in ec.methods_text(scratch)


def test_a_scratch_copy_lists_what_it_was_copied_from(tmp_path: Path) -> None:
    dataset = recording(tmp_path, "rec", 4000)
    files = ec.methods_text(dataset).split("\n\n")[1]
    copy = ec.scratch(dataset)
    copy.signal.write((0, slice(0, 5)), 7)
    said = "Its samples were in a scratch copy that can be written to"
    for one in (copy, ec.load(copy), ec.bandpass(copy, 5, 100), ec.open_recording(tmp_path / "rec.h5", mapped="r+")):
        text, listed = ec.methods_text(one).split("\n\n")
        assert said in text
        assert listed == files
    assert "The samples of rec were in a scratch copy" in ec.methods_text(ec.join(dataset, copy))
    ec.write(copy, tmp_path / "kept.h5")
    text, listed = ec.methods_text(ec.open_recording(tmp_path / "kept.h5")).split("\n\n")
    assert said in text
    assert listed.startswith(files)
    assert listed.endswith(str(tmp_path / "kept.h5"))
    assert said not in ec.methods_text(dataset)


@pytest.mark.parametrize("name", ["copy.h5", "copy.zarr", "copy.mat"])
def test_a_written_copy_lists_what_it_was_made_of(tmp_path: Path, name: str) -> None:
    pytest.importorskip("zarr")
    dataset = recording(tmp_path, "rec", 4000)
    ec.write(dataset, tmp_path / name)
    files = ec.methods_text(dataset).split("\n\n")[1]
    (tmp_path / "rec.h5").unlink()
    listed = ec.methods_text(ec.open_recording(tmp_path / name)).split("\n\n")[1]
    assert listed.startswith(files)
    assert len(listed.splitlines()) > len(files.splitlines())


def test_a_copy_that_does_not_know_the_content_of_its_source_still_names_it(tmp_path: Path) -> None:
    dataset = ec.load(recording(tmp_path, "rec", 400))
    parts = [part.replace(checksums={}) for part in dataset.parts]
    text = ec.methods_text(dataset.replace(parts=parts))
    assert text.splitlines()[-1].split() == ["(none", "is", "known)", str(tmp_path / "rec.h5")]


def test_a_stored_downsample_is_listed_with_its_recording(tmp_path: Path) -> None:
    recording(tmp_path, "rec", 4000)
    dataset = ec.open_recording(tmp_path / "rec.h5", resample_rate=500, save_downsampled=True)
    files = ec.methods_text(dataset).split("\n\n")[1].splitlines()
    paths = [str(tmp_path / name) for name in ("rec.h5", "rec_Fs500.h5")]
    assert files[1:] == [f"  {Source.open(path).fingerprint}  {path}" for path in paths]


def test_a_transient_that_was_cut_short_by_an_event() -> None:
    dataset = ec.from_array(np.ones((1, 4000)), 1000, events=[1500])
    cut = without_transient(dataset, 2)
    said = "0.5 s cut off at the start, less than the 2 s asked for: an event comes at 1.5 s"
    assert f"(1) {said}. Data were read" in ec.methods_text(cut)
    assert cut.parts[0].warnings == (f"snip_transient: {said}",)
    assert cut.transient_snipped
    whole = without_transient(dataset, 0.25)
    assert "(1) 0.25 s cut off at the start. Data" in ec.methods_text(whole)
    assert not whole.parts[0].warnings


def test_channels_that_were_not_asked_for(tmp_path: Path) -> None:
    recording(tmp_path, "rec", 400)
    text = ec.methods_text(ec.open_recording(tmp_path / "rec.h5", channels=[0, 1]))
    assert "2 channels were left out (not selected)." in text
    assert "channels=" not in text


def test_nothing_was_done() -> None:
    a, b = (ec.from_array(np.ones((2, n)), 1000, name=str(n)) for n in (100, 50))
    assert "Nothing was done to it." in ec.methods_text(ec.load(a))
    assert "Nothing else was done to them." in ec.methods_text(ec.join(a, b))


def test_recordings_of_different_histories() -> None:
    a, b = (ec.from_array(np.ones((2, n)), 1000, name=str(n), events=ec.Events([1])) for n in (100, 50))
    joined = ec.join(ec.bandpass(a, 5, 100), b, on_processing_mismatch="ignore")
    text = ec.methods_text(joined)
    assert "To 100 this was done: (1) bandpass 5 to 100 Hz (Butterworth, order 3, zero phase)." in text
    assert "To 50 nothing was done." in text
    assert "There are 2 events." in text
    assert "\n" not in text  # never lay in a file


def test_gaps_and_what_was_stored() -> None:
    some = []
    for name, seconds in (("a", 0), ("b", 1)):
        one = ec.from_array(np.ones((1, 500)), 1000, name=name)
        part = one.parts[0].replace(
            recorded_at=np.datetime64("2020-01-01T00:00:00", "s") + np.timedelta64(seconds, "s"),
            processing=type(one.parts[0].processing)(bandpass=(2, -1), notches=(50,)),
        )
        some.append(one.replace(parts=[part]))
    text = ec.methods_text(ec.join(*some, gaps="nan"))
    assert "The gap in time between them (0.5 s) was filled." in text
    assert "a was stored with a bandpass with edges 2 Hz and none and a notch at 50 Hz." in text
    assert "recorded from 2020-01-01 00:00:00" in ec.methods_text(some[0])


def test_it_takes_a_dataset() -> None:
    with pytest.raises(TypeError, match=r"takes a dataset, not the path .*: open it with ecogcat\.open_recording"):
        ec.methods_text("rec.rhd")  # type: ignore[arg-type]
