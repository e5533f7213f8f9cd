"""The lab's three example sessions from listing to values; what they ask for at a rate above the one that they want."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import signal as scipy_signal

import ecogcat as ec
from tests import three_sessions
from tests.catalog.lab_examples import examples, lab_with_files
from tests.sections import both_ways, notch_sections


@pytest.mark.jit
def test_nothing_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples()
    monkeypatch.setenv("HOME", str(tmp_path))
    said: list[tuple[str, str, bool]] = []
    three_sessions.show(tmp_path, lambda *line: said.append(line))
    assert [text for _, text, equal in said if not equal] == []
    assert len(said) == 3 * 3 + 13 * 4 + 1


@pytest.mark.jit
def test_resampled_first_and_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first example wants 1000 Hz; here its files have 2000, and what is stored goes where it says."""
    monkeypatch.setenv("HOME", str(tmp_path))
    triggers = range(401, 401 + 30 * 180, 180)
    lab = lab_with_files(tmp_path, lambda *_: triggers, sampling_rate=2000.0)
    source = ec.open_session("rats/2020-03-01", **lab)["awake_1"]
    dataset = source.read()
    plain = ec.open_recording(Path(source.options["exp_path"]) / "awake_1.h5", electrode="psv_61_intan")
    values = ec.resample(plain, 1000, "chebyshev1").signal[:]
    values = both_ways(scipy_signal.butter(3, [2, 300], "bandpass", fs=1000, output="sos"), values)
    for line in (60, 120, 180.5):
        values = both_ways(notch_sections(line, 1000), values)
    np.testing.assert_allclose(dataset.signal[:], values - values[3], rtol=0, atol=1e-6 * np.abs(values).max())
    # The nearest sample, ties to the even one: found at 2000 Hz, and moved with the samples.
    assert dataset.events.sample.tolist() == np.rint(np.array(triggers) / 2).astype(int).tolist()
    assert dataset.events.table["tones"].tolist()[:3] == [500.0, 1000.0, 2000.0]
    assert not (tmp_path / "cache").exists()  # save_downsamp: false
    stored = source(save_downsamp=True).read()
    assert [one.name for one in (tmp_path / "cache").iterdir()] == ["awake_1_Fs1000.h5"]
    assert ec.equals(stored, dataset)
    again = source.read()
    assert "read from awake_1_Fs1000.h5" in again.history
    assert ec.equals(again, dataset)
    assert source.discover()["shape"] == dataset.signal.shape
