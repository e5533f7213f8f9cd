"""Resampling by recursive filters, or none: scipy's numbers on the whole array, wherever the result lies."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import signal as scipy_signal

import ecogcat as ec
from ecogcat.conditioning import filtering
from ecogcat.signal import Signal
from ecogcat.testing import laws
from tests.conftest import shared_path
from tests.sections import both_ways

RATE = 1000.0
KINDS = ("chebyshev1", "chebyshev2", "none")


def noise(n_channels: int, n_samples: int, dtype: str = "f4") -> Any:
    return (30 * np.random.default_rng(n_samples).standard_normal((n_channels, n_samples)) + 100).astype(dtype)


def whole_array(kind: str, values: Any, step: int) -> Any:
    """scipy's answer on the whole array, of the filter that is documented."""
    if kind == "none":
        return values[:, ::step]
    sos = scipy_signal.cheby2(12, 60, 1 / step, output="sos")
    if kind == "chebyshev1":
        order, edge = scipy_signal.cheb1ord(0.8 / step, 1 / step, 0.25, 10)
        sos = scipy_signal.cheby1(order, 0.25, edge, output="sos")
        sos[0, :3] /= abs(scipy_signal.sosfreqz(sos, [0.0])[1][0])
    return both_ways(sos, values)[:, ::step]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [2, 3, 10])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
def test_values_are_those_of_scipy_on_the_whole_array(kind: str, step: int, dtype: str) -> None:
    values = noise(9, 601, dtype)
    done = ec.resample(ec.from_array(values, step * RATE), RATE, kind)
    want = whole_array(kind, values, step)
    tolerance = 1e-6 if dtype != "f8" else 1e-12
    assert done.signal.shape == want.shape == (9, -(-601 // step))
    assert done.signal.dtype == np.dtype("f8" if dtype == "f8" else "f4")
    np.testing.assert_allclose(done.signal[:], want, rtol=0, atol=tolerance * np.abs(want).max())
    laws.reads_alike_in_blocks(done.signal, 1, 17)
    np.testing.assert_array_equal(done.signal[5:2:-2, 3:30:7], done.signal[:][5:2:-2, 3:30:7])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_samples", [1, 2, 10, 11])
def test_recordings_of_any_length(kind: str, n_samples: int) -> None:
    values = noise(2, n_samples)
    done = ec.resample(ec.from_array(values, 10 * RATE), RATE, kind)
    np.testing.assert_allclose(done.signal[:], whole_array(kind, values, 10), rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize("step", [2, 4, 1000])
def test_a_constant_keeps_its_level(kind: str, step: int) -> None:
    """bugs.md L17: by 2, of an even order, slow signals lost 0.5 dB."""
    done = ec.resample(ec.from_array(np.full((1, 3000), 7.0), RATE * step), RATE, kind)
    np.testing.assert_allclose(done.signal[:], 7, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_threads_and_places_change_nothing(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    values = noise(19, 400)
    values[3, 40:45], values[5], values[18, 399] = np.nan, np.nan, np.inf
    dataset = ec.from_array(values, 7 * RATE)
    want = ec.resample(dataset, RATE, kind)
    plain = want.signal[:]
    # None: all in memory; 30,000: what is filtered on disk, the result in memory; 1000: both on disk.
    for length, threads, limit in ((400, 1, None), (1, 1, 1000), (256, 2, 30_000), (37, 2, 1000), (15, 2, 30_000)):
        monkeypatch.setattr(Signal, "block_length", lambda self, length=length: length)
        monkeypatch.setattr(filtering, "SERIAL_BELOW", 0)
        with ec.options(threads=threads, memory_limit=limit):
            done = ec.resample(dataset, RATE, kind)
            assert len(list(tmp_path.iterdir())) == (limit == 1000 and kind != "none")
        np.testing.assert_array_equal(done.signal.read(), plain)
        assert done == want
        del done
    assert list(tmp_path.iterdir()) == []


def test_parts_arrays_and_events_move_as_ever() -> None:
    rng = np.random.default_rng(0)
    line = np.repeat(rng.integers(0, 2, (1, 60)), 10, axis=1).astype("u1")
    some = [
        ec.from_array(
            rng.normal(size=(3, n)),
            1000,
            name=name,
            aligned={"adc": rng.normal(size=(1, n)), "dig": line[:, :n]},
            events=[20, 205],
        )
        for name, n in (("a", 401), ("b", 303))
    ]
    joined = ec.join(*some)
    smooth = ec.resample(joined, 100)
    for kind in KINDS:
        done = ec.resample(joined, 100, kind)
        assert (done.events, done.seams, done.n_samples) == (smooth.events, smooth.seams, 72)
        np.testing.assert_array_equal(done["dig"][:], smooth["dig"][:])
        taken = np.concatenate([one["adc"][:, ::10] for one in some], axis=1)
        np.testing.assert_array_equal(done["adc"][:], taken if kind == "none" else smooth["adc"][:])
        apart = np.concatenate([whole_array(kind, one.signal[:], 10) for one in some], axis=1)
        np.testing.assert_allclose(done.signal[:], apart, rtol=0, atol=1e-12)
        assert ec.resample(done, 100, kind) is done


def test_ground_and_reference_channels_are_filtered_as_the_signal_is() -> None:
    values = noise(4, 500)
    dataset = ec.from_array(values[:2], 1000)
    beside = [dataset.signal.replace(pieces=ec.from_array(values[k : k + 1].repeat(2, 0), 1000).signal.pieces)
              for k in (2, 3)]  # fmt: skip
    dataset = dataset.replace(ground=beside[0], reference_channels=beside[1])
    done = ec.resample(dataset, 100, "chebyshev1")
    alone = ec.resample(ec.from_array(values, 1000), 100, "chebyshev1").signal[:]
    assert done.ground is not None
    assert done.reference_channels is not None
    np.testing.assert_array_equal(done.ground[1], alone[2])
    np.testing.assert_array_equal(done.reference_channels[0], alone[3])


@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_equal_and_hold_the_same(kind: str) -> None:
    done = ec.resample(ec.from_array(noise(3, 90), 1000), 100, kind)
    assert len(done.events.table) == 0  # made when it is asked for, which a snapshot would take for a change
    laws.copies_are_equal(done)
    laws.cannot_be_changed(done.signal.pieces[0].extent)


def test_what_was_done_is_said() -> None:
    dataset = ec.join(*(ec.from_array(noise(2, n), 2000, name=str(n)) for n in (50, 30)))
    done = {kind: ec.resample(dataset, 1000, kind) for kind in KINDS}
    said = {kind: one.history for kind, one in done.items()}
    assert said == {
        "chebyshev1": (
            "resampled from 2000 Hz to 1000 Hz (low-pass Chebyshev type 1, order 4, 0.25 dB, zero phase; "
            "one sample in 2 kept)",
        ),
        "chebyshev2": (
            "resampled from 2000 Hz to 1000 Hz (low-pass Chebyshev type 2, order 12, 60 dB, zero phase; "
            "one sample in 2 kept)",
        ),
        "none": ("resampled from 2000 Hz to 1000 Hz (no low-pass; one sample in 2 kept)",),
    }
    assert "Chebyshev type 1, order 4" in ec.methods_text(done["chebyshev1"])
    assert len({one.token for one in (dataset, ec.resample(dataset, 1000), *done.values())}) == 5
    seen: list[tuple[int, int]] = []
    ec.resample(dataset, 1000, "chebyshev2", progress=lambda *now: seen.append(now))
    assert seen[-1] == (2 * 2 * 80 * 4, 2 * 2 * 80 * 4)


def test_files_are_known_after_their_samples_were_filtered(tmp_path: Path) -> None:
    ec.write(ec.from_array(noise(2, 300), 1000), tmp_path / "a.h5")
    done = ec.resample(ec.open_recording(tmp_path / "a.h5"), 100, "chebyshev1")
    assert list(done.parts[0].checksums) == [str(tmp_path / "a.h5")]


@pytest.mark.parametrize("kind", KINDS)
def test_no_whole_ratio(kind: str) -> None:
    dataset = ec.from_array(noise(1, 30), 20_000, name="tones")
    with pytest.raises(
        ValueError, match=f"filter='{kind}' .* 20000 Hz of tones is no whole multiple of 3000 Hz, but of 3333.333333 Hz"
    ):
        ec.resample(dataset, 3000, kind)
    with pytest.raises(ValueError, match="no whole multiple of 40000 Hz"):
        ec.resample(dataset, 40_000, kind)
    assert ec.resample(dataset, 20_000, kind) is dataset


def test_wrong_filters() -> None:
    dataset = ec.from_array(noise(1, 30), 20_000)
    with pytest.raises(ValueError, match="one of 'polyphase', 'chebyshev1', 'chebyshev2', 'none', not 'butter'"):
        ec.resample(dataset, 2000, "butter")
    with pytest.raises(TypeError, match="not None"):
        ec.resample(dataset, 2000, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one sample in 20,000 of array: beyond 10,000 recursive filters"):
        ec.resample(dataset, 1, "chebyshev1")
    assert ec.resample(dataset, 1, "none").n_samples == 1
    with pytest.raises(TypeError, match="filters take real values, not complex64"):
        ec.resample(ec.from_array(noise(1, 30) * 1j, 1000), 100, "chebyshev1")


def test_golden_case_117() -> None:
    folder = shared_path("reference/golden/case_117_downsample_r10")
    x, y = np.load(folder / "input.npz")["x"], np.load(folder / "expected.npz")["y"]
    done = ec.resample(ec.from_array(x, 1000), 100, "chebyshev1")
    np.testing.assert_allclose(done.signal[:], y, rtol=0, atol=1e-9 * np.abs(y).max())
