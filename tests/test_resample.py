"""Resampling: values against scipy, what moves with them, and joining at one rate."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.signal import firwin, resample_poly

import ecogcat as ec
from ecogcat.conditioning import derived
from ecogcat.conditioning.polyphase import CUTOFF, FILTER_TEXT, HALF_WIDTH, KAISER_BETA, polyphase, rate_step
from ecogcat.storage import reader
from ecogcat.testing import laws


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "BLOCK", 4000)
    monkeypatch.setattr(reader, "_BUFFER", 3000)


def whole_array(x: Any, up: int, down: int) -> Any:
    """scipy's answer on the whole array, of the filter that is documented, each of its phases with gain 1."""
    half = HALF_WIDTH * max(up, down)
    taps = firwin(2 * half + 1, 2 * CUTOFF / max(up, down), window=("kaiser", KAISER_BETA))
    for phase in range(up):
        taps[phase::up] /= taps[phase::up].sum()
    return resample_poly(x.astype("f8"), up, down, axis=1, window=taps / up, padtype="edge")


RATES = [(20000.0, 2000.0, 1, 10), (1000.0, 2000.0, 2, 1), (1000.0, 428.0, 107, 250), (62500 / 3, 1000.0, 6, 125)]


@pytest.mark.parametrize(("old", "new", "up", "down"), RATES)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
def test_values_are_those_of_scipy_on_the_whole_array(old: float, new: float, up: int, down: int, dtype: str) -> None:
    n = 2001 if up < down else 701  # about as many come out
    x = (1000 * np.random.default_rng(up).normal(size=(9, n))).astype(dtype)
    done = ec.resample(ec.from_array(x, old), new)
    expected = whole_array(x, up, down)
    assert done.sampling_rate == new
    assert done.signal.shape == expected.shape == (9, -(-n * up // down))
    tolerance = 1e-12 if dtype == "f8" else 1e-6
    np.testing.assert_allclose(done.signal[:], expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())
    assert done.signal.dtype == (np.float64 if dtype == "f8" else np.float32)
    laws.reads_alike_in_blocks(done.signal, 97, 1000)
    np.testing.assert_array_equal(done.signal[5:2:-2, 3:80:7], done.signal[:][5:2:-2, 3:80:7])


def test_complex_values() -> None:
    x = np.random.default_rng(0).normal(size=(2, 500)) * (1 + 2j)
    done = ec.resample(ec.from_array(x, 1000), 400).signal[:]
    expected = whole_array(x.real, 2, 5) + 1j * whole_array(x.imag, 2, 5)
    np.testing.assert_allclose(done, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rate", [10.0, 400.0, 999.0, 1001.0, 3000.0])
def test_a_constant_stays_what_it_is_and_slow_waves_are_not_delayed(rate: float) -> None:
    level = np.array([[0.1], [-3.3], [1e6]])
    done = ec.resample(ec.from_array(level + np.zeros((3, 2000)), 1000), rate)
    assert done.n_samples == -(-2000 * int(rate) // 1000)
    np.testing.assert_allclose(done.signal[:], level + np.zeros(done.signal.shape), rtol=2e-15)
    single = (level + np.zeros((3, 2000))).astype("f4")
    np.testing.assert_array_equal(
        ec.resample(ec.from_array(single, 1000), rate).signal[:], single[:, :1] + 0 * done.signal[:].astype("f4")
    )
    wave = np.cos(2 * np.pi * 3 * np.arange(4000) / 1000)[None]
    done = ec.resample(ec.from_array(wave, 1000), rate)
    inner = slice(done.n_samples // 4, -(done.n_samples // 4))
    if rate > 10:
        np.testing.assert_allclose(done.signal[0, inner], np.cos(2 * np.pi * 3 * done.times()[inner]), atol=3e-4)


def test_what_would_alias_is_gone() -> None:
    t = np.arange(20000) / 20000
    for frequency in (1001.0, 1300.0, 5600.0):
        done = ec.resample(ec.from_array(np.sin(2 * np.pi * frequency * t)[None], 20000), 2000).signal[0, 100:-100]
        assert np.abs(done).max() < 2e-4
    passed = ec.resample(ec.from_array(np.sin(2 * np.pi * 780 * t)[None], 20000), 2000).signal[0, 100:-100]
    np.testing.assert_allclose(np.abs(np.fft.rfft(passed[:1800]) / 900).max(), 1, atol=2e-3)


def test_weights_repeat_and_begin_where_they_are_said_to() -> None:
    design = polyphase(Fraction(-1, 3), Fraction(5, 2))
    assert design.taps.shape[0] == 2
    for m in range(7):
        s, q = m % 2, m // 2
        first = int(design.first[s]) + q * design.advance
        place = -1 / 3 + 2.5 * m
        centre = (design.taps[s] * (first + np.arange(design.taps.shape[1]))).sum()
        assert centre == pytest.approx(place, abs=0.02)
    np.testing.assert_array_equal(design.taps.sum(1).round(15), 1)


def test_rates_that_are_no_ratio_are_reported_as_obtained() -> None:
    assert rate_step(62500 / 3, 1000) == Fraction(125, 6)
    assert rate_step(24414.0625, 1000) == Fraction(3125, 128)
    measured = ec.from_array(np.zeros((1, 20000)), 19998.73)
    done = ec.resample(measured, 1000)
    step = rate_step(19998.73, 1000)
    assert step.denominator < 10_000
    assert done.sampling_rate == 19998.73 * step.denominator / step.numerator
    assert done.sampling_rate != 1000
    assert abs(done.sampling_rate - 1000) <= 1e-3
    assert done.duration == pytest.approx(measured.duration, abs=1e-3)
    assert done.history == (f"resampled from 19998.73 Hz to {done.sampling_rate:.10g} Hz (polyphase, {FILTER_TEXT})",)
    assert ec.resample(measured, 19998.7301) is measured  # a ratio of 1, within what can be told


def test_events_intervals_and_aligned_arrays_move_along() -> None:
    n = 1005
    line = np.zeros((1, n), "u2")
    line[0, 234:235] = line[0, 500:600] = line[0, 1004] = 1
    ramp = np.arange(n, dtype="f8")[None]
    intervals = pd.DataFrame({"start": [9, 41], "stop": [10, 59], "label": ["a", "b"]})
    dataset = ec.from_array(ramp, 1000, events=[234, 500, 1004], aligned={"dig": line, "adc": ramp})
    dataset = ec.with_intervals(dataset, intervals)
    done = ec.resample(dataset, 100)
    assert done.n_samples == 101
    assert done.events.sample.tolist() == [23, 50, 100]
    assert done["dig"].dtype == np.uint16
    assert np.flatnonzero(done["dig"][0]).tolist() == [23, *range(50, 60), 100]
    np.testing.assert_allclose(done["adc"][0, 30:70], np.arange(300, 700, 10), atol=0.01)
    assert done.intervals[["start", "stop"]].to_numpy().tolist() == [[0, 1], [4, 6]]
    assert done["adc"].sampling_rate == 100


def test_pulses_shorter_than_a_sample_last_one_and_active_low_ones_too() -> None:
    line = np.zeros((2, 400), "u1")
    line[0, [33, 34, 105, 200]] = 1
    line[1] = 1
    line[1, [71, 250]] = 0
    done = ec.resample(ec.from_array(np.zeros((1, 400)), 1000, aligned={"dig": line}), 20)["dig"]
    assert np.flatnonzero(done[0]).tolist() == [1, 2, 4]
    assert np.flatnonzero(done[1] == 0).tolist() == [1, 5]
    up = ec.resample(ec.from_array(np.zeros((1, 400)), 1000, aligned={"dig": line}), 3000)["dig"]
    assert np.flatnonzero(np.diff(up[0].astype(int)) == 1).tolist() == [98, 314, 599]
    assert up[:].sum(1).tolist() == [12, 1200 - 6]


def test_a_part_that_begins_within_its_file_keeps_its_time() -> None:
    x = np.random.default_rng(0).normal(size=(2, 1000))
    start = np.datetime64("2026-01-01T10:00:00", "ns")
    dataset = ec.from_array(x, 1000, events=[107, 400], aligned={"dig": (np.arange(1000) % 7 == 0)[None].astype("i2")})
    dataset = dataset.replace(parts=(dataset.parts[0].replace(recorded_at=start),))
    done = ec.resample(ec.select_time(dataset, 107, 807), 100)
    part = done.parts[0]
    assert (part.n_samples, part.file_start, part.sampling_rate) == (70, 11, 100.0)
    assert done.times("wall")[0] == start + np.timedelta64(107, "ms")
    assert done.times("wall")[69] == start + np.timedelta64(107 + 690, "ms")
    laws.locate_and_sample_at_are_inverses(done)
    laws.resampled_parts_keep_their_time(ec.select_time(dataset, 107, 807), 100)
    np.testing.assert_array_equal(done.signal[:], ec.resample(ec.from_array(x[:, 107:807], 1000), 100).signal[:])


def test_filled_gaps_stay_gaps() -> None:
    start = np.datetime64("2026-01-01T00:00:00", "ns")
    a, b = (ec.from_array(np.ones((1, 300)), 1000, name=name) for name in "ab")
    a = a.replace(parts=(a.parts[0].replace(recorded_at=start),))
    b = b.replace(parts=(b.parts[0].replace(recorded_at=start + np.timedelta64(500, "ms")),))
    done = ec.resample(ec.join(a, b, gaps="nan"), 100)
    assert [(part.kind, part.n_samples) for part in done.parts] == [("recording", 30), ("gap", 20), ("recording", 30)]
    assert np.isnan(done.signal[0]).tolist() == [False] * 30 + [True] * 20 + [False] * 30
    assert [seam.gap_s for seam in done.seams] == [0.0, 0.0]


@pytest.mark.parametrize("rate", [0, -5.0, float("nan"), float("inf")])
def test_rates_that_are_none(rate: float) -> None:
    with pytest.raises(ValueError, match="a rate is a positive number of Hz, not"):
        ec.resample(ec.from_array([[1.0]], 1000), rate)


def test_wrong_types() -> None:
    with pytest.raises(TypeError, match="resample takes a dataset, not the path"):
        ec.resample("rec.h5", 100)  # type: ignore[arg-type]
    for rate in ("1000", None, True):
        with pytest.raises(TypeError, match="a rate is a positive number of Hz, not"):
            ec.resample(ec.from_array([[1.0]], 1000), rate)  # type: ignore[arg-type]


# Joining


def noise(name: str, rate: float, seconds: float = 0.5) -> ec.Dataset:
    n = int(rate * seconds)
    x = np.random.default_rng(n).normal(size=(3, n))
    line = np.zeros((1, n), "i2")
    line[0, n // 3 : n // 2] = 1
    return ec.from_array(x, rate, name=name, events=[n // 3], aligned={"dig": line, "adc": x[:1] * 2})


def test_joining_says_what_it_resamples() -> None:
    a, b = noise("a", 1000), noise("b", 2000)
    plan = ec.plan_join(a, b, on_rate_mismatch="resample")
    assert plan.ok
    assert [(one.part, one.what, one.expected, one.found, one.action) for one in plan.mismatches] == [
        ("b", "sampling rate", "1000 Hz", "2000 Hz", "resample")
    ]
    assert plan.n_samples == 1000
    assert plan.table["samples"].tolist() == [500, 1000]
    joined = ec.join(a, b, on_rate_mismatch="resample")
    assert joined.n_samples == 1000
    assert joined.sampling_rate == 1000
    assert joined == ec.join(a, ec.resample(b, 1000))
    assert joined["dig"][0, joined.events.sample].tolist() == [1, 1]
    assert ec.split(joined) == (a, ec.resample(b, 1000))


def test_joining_at_a_rate() -> None:
    a, b = noise("a", 1000), noise("b", 1000.05)
    joined = ec.join(a, b, on_rate_mismatch="resample", rate=500)
    assert joined.sampling_rate == 500
    assert [part.sampling_rate for part in joined.parts] == pytest.approx([500, 500], rel=1e-6)
    assert ec.join(a, b, on_rate_mismatch="resample") == ec.join(a, b)  # within the tolerance
    assert ec.join(a, on_rate_mismatch="resample", rate=500) == ec.resample(a, 500)
    with pytest.raises(ValueError, match="a rate is a positive number"):
        ec.join(a, on_rate_mismatch="resample", rate=-1)


def test_joins_of_joins_begin_from_the_originals() -> None:
    a, b, c = noise("a", 2000), noise("b", 500), noise("c", 4000)
    inner = ec.join(b, c, on_rate_mismatch="resample")
    assert inner.sampling_rate == 500
    outer = ec.join(a, inner, on_rate_mismatch="resample")
    apart = ec.split(outer)[2]
    direct = ec.resample(c, 2000)
    assert apart.n_samples == direct.n_samples == 1000
    np.testing.assert_array_equal(apart.signal[:], direct.signal[:])
    np.testing.assert_array_equal(apart["adc"][:], direct["adc"][:])
    np.testing.assert_array_equal(apart["dig"][:], direct["dig"][:])
    assert apart.events.sample.tolist() == direct.events.sample.tolist() == [333]
    back = ec.split(ec.join(noise("a", 4000), inner, on_rate_mismatch="resample"))[2]
    np.testing.assert_array_equal(back.signal[:], c.signal[:])
    np.testing.assert_array_equal(back["dig"][:], c["dig"][:])
    assert back.events.sample.tolist() == c.events.sample.tolist()


def test_on_the_way_back_nothing_of_a_length_is_lost() -> None:
    a, b, c = noise("a", 1000), noise("b", 100), ec.from_array(np.arange(101.0)[None].repeat(3, 0), 1000, name="c")
    inner = ec.join(b, c, on_rate_mismatch="resample")
    assert inner.parts[1].n_samples == 11
    back = ec.split(ec.join(a, inner, on_rate_mismatch="resample"))[2]
    np.testing.assert_array_equal(back.signal[:], c.signal[:])


@pytest.mark.parametrize("rate", [1e-9, 1e-300, 1e300, 1e12])
def test_rates_beyond_all_measure_are_refused(rate: float) -> None:
    dataset = ec.from_array([[0.0] * 50], 1000)
    with pytest.raises(ValueError, match=r"Hz and the 1000 Hz of array differ by more than a factor of a million"):
        ec.resample(dataset, rate)


def test_rates_below_a_hertz_are_exact() -> None:
    slow = ec.resample(ec.from_array([[2.0] * 300], 10.0), 0.1)
    assert (slow.n_samples, slow.sampling_rate) == (3, 0.1)
    assert np.allclose(slow.signal[:], 2)
