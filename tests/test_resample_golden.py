"""Resampling beside the older system's: lengths, rates and events are equal, values where both filters pass."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from tests.conftest import shared_path


def golden(number: int) -> tuple[Path, Any]:
    folder = shared_path("reference/golden")
    case = next(folder.glob(f"case_{number}_*"))
    return case, np.load(case / "expected.npz")


def below(values: Any, rate: float, top: float) -> Any:
    """The values without what is faster than `top` Hz, away from their ends."""
    spectrum = np.fft.rfft(values, axis=1)
    spectrum[:, np.fft.rfftfreq(values.shape[1], 1 / rate) > top] = 0
    return np.fft.irfft(spectrum, values.shape[1], axis=1)[:, 50:-50]


def assert_alike_below(values: Any, expected: Any, rate: float, top: float) -> None:
    """Within the ripple of the older system's filter: 0.25 dB, twice, about 1 (bugs.md L17)."""
    ours, theirs = below(values, rate, top), below(expected, rate, top)
    assert np.abs(ours - theirs).max() < 0.06 * theirs.std()
    assert (ours * theirs).sum() / (theirs**2).sum() == pytest.approx(1, abs=0.005)


def test_case_13_in_memory(tmp_path: Path) -> None:
    """A trigger channel or none: bugs.md L10. QUIRKS.md: the last record was dropped, adc and aux were not filtered."""
    case, expected = golden(13)
    zipfile.ZipFile(case / "input.zip").extractall(tmp_path)
    dataset = ec.open_recording(next(tmp_path.iterdir()), electrode="psv_61_wireless_sub")
    found = ec.detect_events(dataset, "adc", 0)
    kept = ec.select_time(dataset.replace(events=found), 0, 4 * expected["data"].shape[1])
    done = ec.resample(kept, 250)
    assert done.sampling_rate == expected["Fs"]
    assert done.signal.shape == expected["data"].shape
    assert done.events.sample.tolist() == expected["pos_edge"].tolist()
    assert_alike_below(done.signal[:], expected["data"], 250, 70)
    for name in ("adc", "aux"):
        assert done[name].shape == expected[name].shape
        np.testing.assert_allclose(kept[name][:, ::4], expected[name], atol=1e-6)
        np.testing.assert_allclose(done[name][:].mean(1), kept[name][:].mean(1), atol=5e-3)
    without = ec.resample(ec.select_time(dataset, 0, kept.n_samples), 250)
    assert without.signal == done.signal


def test_case_21_odd_length(tmp_path: Path) -> None:
    """bugs.md L9, QUIRKS.md: adc was summed over the window; what the older system stored here it had not filtered."""
    case, expected = golden(21)
    dataset = ec.open_recording(case / "input.h5", electrode="psv_32")
    dataset = dataset.replace(events=ec.detect_events(dataset, "adc", 0))
    done = ec.resample(dataset, 200)
    assert done.sampling_rate == expected["Fs"]
    assert done.signal.shape == expected["data"].shape == (32, 201)
    assert done.channel_map is not None
    np.testing.assert_array_equal(done.channel_map.sites, expected["sites"])
    assert done.events.sample.tolist() == expected["pos_edge"].tolist()
    np.testing.assert_allclose(dataset.signal[:, ::5], expected["data"], atol=1e-4)
    summed = dataset["adc"][:, :1000].reshape(1, 200, 5).sum(2)
    np.testing.assert_allclose(summed, expected["board_adc_data"][:, :200], atol=1e-4)
    assert expected["board_adc_data"].max() > 16
    np.testing.assert_allclose(np.percentile(done["adc"][:], 99), dataset["adc"][:].max(), rtol=0.15)


def test_case_117_by_ten() -> None:
    case, expected = golden(117)
    x = np.load(case / "input.npz")["x"]
    done = ec.resample(ec.from_array(x, 1000), 100)
    assert done.signal.shape == expected["y"].shape
    assert_alike_below(done.signal[:], expected["y"], 100, 30)
