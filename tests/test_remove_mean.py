"""Removing the mean: of each channel, in each part, in double precision, without a copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.signal import Signal
from ecogcat.testing import laws
from ecogcat.testing.strategies import KnownDataset, datasets, joinable

Some = tuple[KnownDataset, ...]


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "u1", "?", "i4", ">i2"])
def test_means_are_those_of_double_precision(dtype: str) -> None:
    values = (50 + 10 * np.random.default_rng(0).standard_normal((5, 9000))).astype(dtype)
    done = ec.remove_mean(ec.from_array(values, 1000))
    want = values.astype("f8") - values.mean(1, dtype="f8", keepdims=True)
    assert done.signal.dtype == np.dtype("f8" if dtype in ("f8", "i4") else "f4")
    np.testing.assert_allclose(done.signal[:], want, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(done.signal.mean(1), 0, atol=1e-6)
    assert done.history == ("mean of each channel removed",)


def test_a_level_far_above_the_signal() -> None:
    rng = np.random.default_rng(0)
    values = (1e6 + rng.standard_normal((2, 20_000))).astype("f4")
    done = ec.remove_mean(ec.from_array(values, 1000))
    want = values.astype("f8") - values.astype("f8").mean(1, keepdims=True)
    np.testing.assert_allclose(done.signal[:], want, rtol=1e-6, atol=1e-9)


def test_each_part_by_itself_and_nothing_else(tmp_path: Path) -> None:
    a, b = (ec.from_array(np.full((2, 5), level), 1000, name=name, aligned={"adc": np.ones((1, 5))}, events=[2])
            for name, level in (("a", 3.0), ("b", 7.0)))  # fmt: skip
    both = ec.join(a, b)
    done = ec.remove_mean(both)
    assert not done.signal[:].any()
    laws.conditioning_keeps_the_rest(ec.remove_mean, both)
    for gaps in (np.nan, 0.5):
        clocks = [one.replace(parts=[one.parts[0].replace(recorded_at=np.datetime64(t, "ms"))])
                  for one, t in ((a, "2020-01-01T00:00:00.000"), (b, "2020-01-01T00:00:00.015"))]  # fmt: skip
        filled = ec.remove_mean(ec.join(*clocks, gaps=gaps))
        np.testing.assert_array_equal(filled.signal[0], [0] * 5 + [gaps] * 10 + [0] * 5)
    cut = ec.select_time(ec.remove_mean(ec.from_array([[0.0, 1.0, 5.0]], 1000)), 0, 2)
    assert cut.signal[0].tolist() == [-2, -1], "the mean is that of all that was there"
    assert "(1) mean of each channel removed" in ec.methods_text(done)


def test_missing_samples() -> None:
    values = np.array([[1, np.nan, 3], [np.nan] * 3, [1, np.inf, 2], [5, 5, 5]])
    done = ec.remove_mean(ec.from_array(values, 1000)).signal[:]
    np.testing.assert_array_equal(done, [[-1, np.nan, 1], [np.nan] * 3, [1, np.inf, 2], [0, 0, 0]])
    empty = ec.select_time(ec.from_array(np.ones((2, 3), "i2"), 1000), 1, 1)
    assert ec.remove_mean(empty).signal.shape == (2, 0)
    none = ec.select_channels(ec.from_array(np.ones((2, 3)), 1000), [])
    assert ec.remove_mean(none) is none


def test_samples_stay_where_they_are(tmp_path: Path) -> None:
    ec.write(ec.from_array(np.arange(60, dtype="i2").reshape(3, 20), 1000), tmp_path / "a.h5")
    dataset = ec.open_recording(tmp_path / "a.h5")
    done = ec.remove_mean(dataset)
    assert [piece.extent for piece in done.signal.pieces] == [piece.extent for piece in dataset.signal.pieces]
    np.testing.assert_array_equal(done.signal.read(raw=True), dataset.signal.read(raw=True))
    np.testing.assert_array_equal(ec.convert_units(done, "mV").signal[:], done.signal[:] / np.float32(1000))
    np.testing.assert_allclose(ec.remove_mean(ec.convert_units(dataset, "mV")).signal[:] * 1000, done.signal[:], 1e-6)


def test_how_it_is_read_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = ec.from_array(np.random.default_rng(0).normal(1e3, 1, (3, 30_000)), 1000)
    tokens = set()
    for length in (1, 5000, 8192, 40_000):
        monkeypatch.setattr(Signal, "block_length", lambda self, length=length: length)
        tokens.add(ec.remove_mean(dataset).token)
    assert len(tokens) == 1


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError, match="remove_mean takes a dataset"):
        ec.remove_mean(np.ones((2, 2)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="array: means are taken off real values, not complex128"):
        ec.remove_mean(ec.from_array(np.ones((1, 2)) * 1j, 1000))


@settings(max_examples=25)
@given(joinable())
def test_it_distributes_over_join(known: Some) -> None:
    some = [one.dataset for one in known]
    laws.conditioning_distributes_over_join(ec.remove_mean, *some)
    laws.conditioning_distributes_over_split(ec.remove_mean, ec.join(*some))


@settings(max_examples=25)
@given(datasets(), st.data())
def test_it_is_idempotent_and_keeps_the_rest(known: KnownDataset, data: Any) -> None:
    one = known.dataset
    laws.conditioning_leaves_its_argument_alone(ec.remove_mean, one)
    laws.conditioning_keeps_the_rest(ec.remove_mean, one)
    once, values = ec.remove_mean(one).signal[:], one.signal[:].astype("f8")
    twice = ec.remove_mean(ec.remove_mean(one)).signal[:]
    scale = np.abs(np.where(np.isfinite(values), values, 0)).max(initial=0)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(twice, once, rtol=0, atol=max(1e-6 * scale, 1e-300))
