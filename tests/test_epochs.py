"""Epochs: what is refused and how it is said, where they go, averages and outliers; the laws are in tests/laws."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.epoching.outliers import fences
from ecogcat.storage.reader import ReaderExtent
from ecogcat.testing.strategies import RecordingReader


def recording(n: int = 100, n_channels: int = 3, dtype: str = "f4", **more: Any) -> ec.Dataset:
    values = np.arange(n_channels * n).reshape(n_channels, n).astype(dtype)
    more.setdefault("events", ec.Events([10, 30, 50], {"tone": [2, 1, 2], "level": [1.0, np.nan, 1.0]}))
    return ec.from_array(values, 1000, **more)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"before": 0, "after": 0}, ValueError, "from 0 before to 0 samples after an event has no sample"),
        ({"before": 0.1}, TypeError, "samples are whole numbers, not 0.1; unit='s' takes seconds"),
        ({"unit": "ms"}, ValueError, 'the unit of time is "samples" or "s", not \'ms\''),
        ({"before": np.inf, "unit": "s"}, ValueError, "a window has finite edges, not inf"),
        ({"seams": "cut"}, ValueError, "seams is one of drop, nan, keep, not 'cut'"),
        ({"baseline": (-6, 0)}, ValueError, "from -6 to 0 samples it is samples -6 to 0 of a window from -5 to 5"),
        ({"baseline": (0, 0)}, ValueError, "a baseline lies in the window and has a sample"),
        ({"events": [5, 100]}, ValueError, "events at samples 5 to 100 of a dataset of 100 samples"),
        ({"events": [7, 5]}, ValueError, "event samples ascend"),
        ({"channels": ["ch0", "ch9"]}, KeyError, "no channel ch9; there are: ch0, ch1, ch2"),
        ({"channels": [3]}, IndexError, "index 3 is out of bounds"),
        ({"out": [1]}, TypeError, "out is an array, or the path of a file, not a list"),
        ({"out": np.zeros((3, 3, 9), "f4")}, ValueError, "out is a writeable array of shape (3, 3, 10), not one of"),
        ({"out": np.zeros((3, 3, 10)), "dtype": "f4"}, TypeError, "got float64 and dtype='f4'"),
        ({"out": "epochs.txt"}, ValueError, "a file whose name ends in .npy, .h5 or .hdf5, not '.txt'"),
        ({"dtype": "i2"}, TypeError, "cannot read values of type float32 as int16"),
    ],
)
def test_what_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        ec.epochs(recording(), **({"before": 5, "after": 5} | options))


def test_integers_hold_no_nan() -> None:
    dataset = recording(dtype="i2")
    assert ec.epochs(dataset, 5, 5).data.dtype == np.int16
    assert ec.epochs(dataset, 5, 5, seams="nan").data.dtype == np.float32
    assert ec.epochs(recording(dtype="i4"), 5, 5, baseline=(None, 0)).data.dtype == np.float64
    with pytest.raises(TypeError, match="are floating; int16 holds neither"):
        ec.epochs(dataset, 5, 5, seams="nan", dtype="i2")


def test_too_large_for_memory() -> None:
    with ec.options(memory_limit=359), pytest.raises(ec.MemoryLimitError) as caught:
        ec.epochs(recording(), 5, 5)
    assert "3 epochs of 3 channels x 10 samples of float32 take 360 bytes; the limit is 359" in str(caught.value)
    assert "out='epochs.h5'" in str(caught.value)
    with ec.options(memory_limit=360):
        ec.epochs(recording(), 5, 5)


@pytest.mark.parametrize("name", ["e.npy", "e.h5"])
@pytest.mark.parametrize("n_events", [3, 0])
def test_epochs_in_a_file(tmp_path: Path, name: str, n_events: int) -> None:
    dataset, path = recording(), tmp_path / name
    events = dataset.events.select(np.arange(3) < n_events)
    plain = ec.epochs(dataset, 5, 5, events=events, baseline=(None, 0))
    with ec.options(memory_limit=0):
        found = ec.epochs(dataset, 5, 5, events=events, baseline=(None, 0), out=path)
    assert found == plain
    assert isinstance(found.data, np.memmap) == bool(n_events)
    assert not found.data.flags.writeable
    assert [one.name for one in tmp_path.iterdir()] == [name]
    if name == "e.npy":
        np.testing.assert_array_equal(np.load(path), plain.data)
    else:
        with h5py.File(path) as file:
            np.testing.assert_array_equal(file["data"][...], plain.data)
            np.testing.assert_array_equal(file["times"][...], plain.times)
            np.testing.assert_array_equal(file["sample"][...], plain.events.sample)
            assert file["channel_names"].asstr()[:].tolist() == ["ch0", "ch1", "ch2"]
    with pytest.raises(FileExistsError, match="overwrite=True replaces it"):
        ec.epochs(dataset, 5, 5, out=path)
    assert ec.epochs(dataset, 2, 5, out=path, overwrite=True) == ec.epochs(dataset, 2, 5)


@pytest.mark.parametrize("name", ["e.npy", "e.h5"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    class Broken(RecordingReader):
        def read(self, channels: Any, start: int, stop: int) -> Any:
            raise OSError("the disk is gone")

    path = tmp_path / name
    ec.epochs(recording(), 5, 5, out=path)
    before = path.read_bytes()
    values = np.zeros((3, 100), np.float32)
    piece = ec.from_array(values, 1000).signal.pieces[0]
    broken = type(piece).whole(ReaderExtent(Broken(values), 3, 100, values.dtype))
    dataset = recording()
    dataset = dataset.replace(signal=dataset.signal.replace(pieces=(broken,)))
    with pytest.raises(OSError, match="the disk is gone"):
        ec.epochs(dataset, 5, 5, out=path, overwrite=True)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_blocks_behind_a_library_are_read_once() -> None:
    values = np.arange(600, dtype="f4").reshape(2, 300)
    reader = RecordingReader(values)
    piece = ec.from_array(values, 1000).signal.pieces[0]
    behind = type(piece).whole(ReaderExtent(reader, 2, 300, values.dtype, (), 8))
    dataset = ec.from_array(values, 1000)
    dataset = dataset.replace(signal=dataset.signal.replace(pieces=(behind,)))
    found = ec.epochs(dataset, 10, 10, events=[20, 22, 22, 40, 250])
    for sample, epoch in zip([20, 22, 22, 40, 250], found.data, strict=True):
        np.testing.assert_array_equal(epoch, values[:, sample - 10 : sample + 10])
    asked = [t for request in reader.requests for t in range(request.start, request.stop)]
    assert len(asked) == len(set(asked))
    assert set(asked) >= {*range(10, 50), *range(240, 260)}


def test_a_label_that_no_interval_has() -> None:
    table = pd.DataFrame({"start": [0], "stop": [5], "label": ["artifact"]})
    dataset = ec.with_intervals(recording(), table)
    with pytest.warns(UserWarning, match="no interval is labelled 'artefact'; there are: artifact"):
        assert len(ec.epochs(dataset, 5, 5, reject="artefact")) == 3
    assert len(ec.epochs(recording(), 5, 5, reject="artefact")) == 3


def test_averages() -> None:
    found = ec.epochs(recording(), 5, 5)
    average = found.average("tone")
    assert average.conditions.to_dict("list") == {"tone": [1, 2]}
    assert average.counts.tolist() == [1, 2]
    np.testing.assert_array_equal(average.mean[1], found.data[[0, 2]].mean(0))
    assert len(average) == 2
    assert repr(average) == "<Average 2 conditions x 3 channels x 10 samples, uV, by tone; 3 epochs>"
    assert found.average().counts.tolist() == [3]
    assert found.average(["tone", "level"]).counts.tolist() == [2]  # the event without a level belongs to none
    with pytest.raises(KeyError, match="no condition colour; there are: tone, level"):
        found.average("colour")
    with pytest.raises(ValueError, match="read-only"):
        average.mean[:] = 0
    none = ec.epochs(recording(), 5, 5, events=ec.Events([], {"tone": []})).average("tone")
    assert none.mean.shape == (0, 3, 10)


def test_the_record() -> None:
    found = ec.epochs(recording(), 20, 5)
    assert repr(found) == ("<Epochs 2 x 3 channels x 25 samples (-0.02 to 0.004 s), uV, float32; dropped: 1 edge>")
    assert found == pickle.loads(pickle.dumps(found))
    assert copy.deepcopy(found) is found
    assert not pickle.loads(pickle.dumps(found)).data.flags.writeable
    assert found != ec.epochs(recording(), 20, 6)
    assert (found == 1) is False
    table = found.dropped
    table.loc[0, "reason"] = "?"
    assert found.dropped["reason"].tolist() == ["edge"]


@pytest.mark.parametrize("method", ["quartile", "mad"])
def test_outliers(method: str) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(5, 6000))
    values[:, 1000:1100] *= 100  # a strong trial
    values[:, 2000:2100] = 3  # a flat one
    values[2, 3000:3100] *= 100  # a loud channel in one trial
    values[4] = 0  # a channel that is always flat
    values[3] *= 1000  # one that is always loud
    dataset = ec.from_array(values, 1000, events=ec.Events(np.arange(0, 6000, 100)))
    found = ec.epochs(dataset, 0, 100)
    k = 3 if method == "quartile" else 6
    assert np.flatnonzero(found.outliers(method, k)).tolist() == [10, 20]
    by_channel = found.outliers(method, k, by_channel=True)
    assert np.argwhere(by_channel).tolist() == [[10, c] for c in range(4)] + [[20, c] for c in range(4)] + [[30, 2]]
    kept = found.drop_outliers(method, k)
    assert kept.dropped.to_numpy().tolist() == [[10, "outlier"], [20, "outlier"]]
    np.testing.assert_array_equal(kept.data, np.delete(found.data, [10, 20], 0))
    assert kept.events.sample.tolist() == np.delete(np.arange(0, 6000, 100), [10, 20]).tolist()
    assert kept.drop_outliers("mad", 100.0) is kept


def test_fences_by_hand() -> None:
    column = np.array([1.0, 2, 3, 4, 5, np.nan, -np.inf])[:, None]
    for method, reach in (("quartile", (2 - 2 * 2, 4 + 2 * 2)), ("mad", (3 - 2 * 1.4826, 3 + 2 * 1.4826))):
        low, high = fences(column, method, 2)
        np.testing.assert_allclose([low[0], high[0]], reach, atol=1e-8)
    assert np.isnan(fences(np.full((3, 1), np.nan), "mad", 2)).all()
    found = ec.epochs(recording(), 5, 5)
    assert not found.outliers().any()  # all alike
    with pytest.raises(ValueError, match="the method is one of quartile, mad, not 'sd'"):
        found.outliers("sd")
    with pytest.raises(ValueError, match="k, how far the fences lie, is more than 0, not 0"):
        found.outliers(k=0)
