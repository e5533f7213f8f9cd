"""Re-referencing: values against NumPy, what the record says, and what cannot be a reference."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.conditioning import derived
from ecogcat.conditioning.rereferenced import Rereferenced
from ecogcat.storage import reader


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "BLOCK", 300)
    monkeypatch.setattr(reader, "_BUFFER", 1000)


def noise(n_channels: int = 5, n_samples: int = 700, seed: int = 0) -> Any:
    values = np.random.default_rng(seed).normal(size=(n_channels, n_samples)).astype("f4")
    values[1, 40:60] = np.nan
    values[:, 90] = np.nan
    return values + np.float32(3)


def reader_of(dataset: ec.Dataset) -> Rereferenced:
    extent = dataset.signal.pieces[0].extent
    assert isinstance(extent, reader.ReaderExtent)
    assert isinstance(extent.reader, Rereferenced)
    return extent.reader


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_common_average_is_the_mean_of_what_is_there() -> None:
    x = noise()
    dataset = ec.rereference(ec.from_array(x, 1000))
    expected = (x - np.nanmean(x.astype("f8"), axis=0)).astype("f4")
    np.testing.assert_array_equal(dataset.signal[:], expected)
    np.testing.assert_array_equal(dataset.signal[3:0:-1, 5::7], expected[3:0:-1, 5::7])
    np.testing.assert_array_equal(dataset.signal[[4, 0], 17], expected[[4, 0], 17])
    assert dataset.signal.dtype == np.float32
    assert dataset.reference == "common"
    assert dataset.history == ("re-referenced: common average subtracted",)


def test_the_channels_averaged_are_those_of_the_call() -> None:
    dataset = ec.from_array(noise(), 1000)
    after = ec.select_channels(ec.rereference(dataset), [3, 1])
    np.testing.assert_array_equal(after.signal[:], ec.rereference(dataset).signal[[3, 1]])
    before = ec.rereference(ec.select_channels(dataset, [3, 1]))
    assert not np.array_equal(before.signal[0], after.signal[0])


@pytest.mark.parametrize("to", [2, np.int64(2), "ch2", ["ch2"], [2]])
def test_one_channel(to: Any) -> None:
    x = noise()
    dataset = ec.rereference(ec.from_array(x, 1000), to)
    np.testing.assert_array_equal(dataset.signal[:], (x.astype("f8") - x[2]).astype("f4"))
    assert dataset.reference == "ch2"


def test_several_channels() -> None:
    x = noise()
    dataset = ec.rereference(ec.from_array(x, 1000), ["ch4", "ch0"])
    np.testing.assert_allclose(dataset.signal[:], x - x[[0, 4]].astype("f8").mean(0), rtol=1e-6, atol=1e-6)
    assert dataset.reference == "ch4, ch0"
    assert dataset.history == ("re-referenced: mean of ch4, ch0 subtracted",)


def test_reference_channels_in_another_unit() -> None:
    x, r = noise(), noise(2, seed=1)
    dataset = ec.from_array(x, 1000)
    with pytest.raises(ValueError, match="array has no reference channels; an electrode map says"):
        ec.rereference(dataset, "reference_channels")
    beside = ec.from_array(r / 1000, 1000, units="mV").signal
    dataset = dataset.replace(reference_channels=beside)
    with np.errstate(invalid="ignore"):
        expected = x - np.nanmean(r.astype("f8"), axis=0) if not np.isnan(r).all(0).any() else None
    got = ec.rereference(dataset, "reference_channels")
    if expected is None:
        gone = np.isnan(r).all(0)
        expected = np.full(x.shape, np.nan)
        expected[:, ~gone] = x[:, ~gone] - np.nanmean(r[:, ~gone].astype("f8"), axis=0)
    np.testing.assert_allclose(got.signal[:], expected, rtol=1e-5, atol=1e-5)
    assert got.reference == "reference channels"
    cut = ec.rereference(ec.select_time(dataset, 100, 400), "reference_channels")
    np.testing.assert_array_equal(cut.signal[:], got.signal[:, 100:400])
    slow = dataset.replace(reference_channels=ec.from_array(np.zeros((1, 350)), 500).signal)
    with pytest.raises(ValueError, match="the reference channels are at 500 Hz, the signal at 1000 Hz"):
        ec.rereference(slow, "reference_channels")


def test_regression_leaves_nothing_of_the_average() -> None:
    rng = np.random.default_rng(2)
    common, gains = rng.normal(size=2000), np.array([0.2, 1.0, -0.5, 2.0])
    x = gains[:, None] * common + 0.1 * rng.normal(size=(4, 2000)) + 5e3
    a, b = ec.from_array(x[:, :1200], 1000, name="a"), ec.from_array(x[:, 1200:] * 2, 1000, name="b")
    got = ec.rereference(ec.join(a, b), "regress").signal[:]
    for values, part in ((x[:, :1200], got[:, :1200]), (2 * x[:, 1200:], got[:, 1200:])):
        mean = values.mean(0)
        slopes = [np.polyfit(mean - mean.mean(), row, 1)[0] for row in values]
        np.testing.assert_allclose(part, values - np.array(slopes)[:, None] * mean, rtol=1e-7, atol=1e-6)


def test_slopes_are_those_of_the_whole_part_computed_once_and_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = ec.rereference(ec.from_array(noise(), 1000), "regress")
    assert reader_of(dataset).known is None  # nothing was read yet
    token = dataset.token
    cut = ec.select_time(dataset, 100, 300)
    np.testing.assert_array_equal(cut.signal[:], dataset.signal[:, 100:300])
    again = pickle.loads(pickle.dumps(dataset))
    monkeypatch.setattr(Rereferenced, "_regressed", None)
    np.testing.assert_array_equal(again.signal[:], dataset.signal[:])
    assert dataset.token == again.token == token


def test_silent_channels_and_short_parts() -> None:
    silent = ec.rereference(ec.from_array([[0.0, 0.0], [0.0, 0.0]], 1000), "regress")
    np.testing.assert_array_equal(silent.signal[:], np.zeros((2, 2)))
    one = ec.rereference(ec.from_array([[1.0], [4.0]], 1000), "regress")
    np.testing.assert_array_equal(one.signal[:], [[1.0], [4.0]])
    none = ec.select_time(ec.from_array([[1.0], [4.0]], 1000), 0, 0)
    assert ec.rereference(none).signal[:].shape == (2, 0)


def test_integers_become_floating_and_units_stay_exact() -> None:
    x = np.array([[2, 4, 9], [4, 4, 4]], "i2")
    dataset = ec.from_array(x, 1000, units="uV")
    got = ec.rereference(dataset)
    assert got.signal.dtype == np.float32
    np.testing.assert_array_equal(got.signal[:], x - x.mean(0))
    there = ec.convert_units(ec.convert_units(got, "mV"), "uV")
    assert there.signal == got.signal
    assert ec.rereference(ec.convert_units(dataset, "mV")).signal == ec.convert_units(got, "mV").signal


def test_complex_values() -> None:
    x = noise(3).astype("c16") * (1 + 2j)
    dataset = ec.from_array(x, 1000)
    here = ~np.isnan(x).any(0)
    np.testing.assert_allclose(ec.rereference(dataset).signal[:][:, here], (x - x.mean(0))[:, here], rtol=1e-12)
    with pytest.raises(TypeError, match="regressing on the common average needs real values"):
        ec.rereference(dataset, "regress").signal[0, 0]


def test_filled_gaps_stay_as_they_are() -> None:
    start = np.datetime64("2026-01-01T00:00:00")
    parts = [ec.from_array([[1.0, 3.0], [3.0, 5.0]], 1000, name=name) for name in "ab"]
    clocked = [
        one.replace(parts=(one.parts[0].replace(recorded_at=start + np.timedelta64(5 * k, "ms")),))
        for k, one in enumerate(parts)
    ]
    joined = ec.join(*clocked, gaps=7.0)
    got = ec.rereference(joined)
    np.testing.assert_array_equal(got.signal[0], [-1, -1, 7, 7, 7, -1, -1])
    assert got.reference == "common"


def test_a_changed_source_is_found(tmp_path: Path) -> None:
    path = tmp_path / "rec.h5"
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"] = np.ones((4, 1000), "i2"), 1000.0
    dataset = ec.rereference(ec.open_recording(path))
    assert dataset.signal.sources == ec.open_recording(path).signal.sources
    assert dataset.signal[0, 0] == 0
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ec.SourceChangedError):
        dataset.signal[0, 0]


def test_twice_says_so() -> None:
    twice = ec.rereference(ec.rereference(ec.from_array(noise(), 1000), 0))
    assert twice.reference == "ch0, then common"
    assert len(twice.history) == 2


@pytest.mark.parametrize(
    ("to", "error", "message"),
    [
        (True, TypeError, "a reference is 'common', 'regress', 'reference_channels' or channels.*, not True"),
        (None, TypeError, "not None"),
        ([], TypeError, r"not \[\]"),
        (2.0, TypeError, "not 2.0"),
        ([0, "ch1"], TypeError, "by index or by name, and all in the same way"),
        ([True, False, False, False, False], TypeError, "by index or by name"),
        (
            "car",
            KeyError,
            "no reference 'car': it is common, .*, or a channel; there are: ch0",
        ),
        (["ch9"], KeyError, "no channel ch9"),
        (9, IndexError, "the dataset has 5 channels"),
        ([1, 1], ValueError, "at most once"),
    ],
)
def test_what_is_no_reference(to: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ec.rereference(ec.from_array(noise(), 1000), to)


def test_only_datasets() -> None:
    with pytest.raises(TypeError, match="rereference takes a dataset, not the path"):
        ec.rereference("rec.h5")  # type: ignore[arg-type]


def test_regressing_complex_values_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="array: regressing on the common average needs real values, not complex64"):
        ec.rereference(ec.from_array(np.ones((2, 9), "c8"), 1000), "regress")
