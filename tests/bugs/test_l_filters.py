"""L18, L19, A19: filters, and what of them concerns several lines, leftover samples, offsets and blocks of one."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import signal as scipy_signal

import ecogcat as ec
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.memory import MemoryExtent


def hum(folder: Path) -> ec.Dataset:
    t = np.arange(3000) / 1000
    x = 1000 * np.sin(2 * np.pi * 60 * t) + 1000 * np.sin(2 * np.pi * 120 * t)
    with h5py.File(folder / "rec.h5", "w") as file:
        file["chdata"], file["Fs"] = np.tile(x, (4, 1)).astype("i2"), 1000.0
    return ec.open_recording(folder / "rec.h5")


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("limit", [None, 1000])
@pytest.mark.parametrize("edges", [None, (1, 400)])
def test_l18_every_notch_line_is_applied(
    tmp_path: Path, loaded: bool, limit: int | None, edges: tuple[int, int] | None
) -> None:
    """Of several lines, only the last one was taken out of a mapped recording."""
    dataset = hum(tmp_path)
    if loaded:
        dataset = ec.load(dataset)
    with ec.options(memory_limit=limit):
        if edges is not None:
            dataset = ec.bandpass(dataset, *edges)
        quiet = ec.notch(dataset, (60, 120))
    left = np.abs(np.fft.rfft(quiet.signal.read(stop=2000)[0, 1000:])) * 2 / 1000 / 0.195
    assert left[60] < 0.5  # 60 Hz; 1000 before
    assert left[120] < 0.5  # 120 Hz
    assert quiet.notches == (60, 120)


def test_l18_a_line_above_nyquist_is_an_error(tmp_path: Path) -> None:
    """It failed with a traceback about a local variable."""
    with pytest.raises(ValueError, match=r"a line at 700 Hz cannot be taken out of rec: it is not below 500 Hz"):
        ec.notch(hum(tmp_path), 700)


@pytest.mark.parametrize("limit", [None, 3 * 100 * 8])
@pytest.mark.parametrize("length", [1, 100, 101])
def test_l19_a_zero_phase_filter_when_one_sample_is_left_over(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, length: int
) -> None:
    """101 samples in blocks of 100 raised IndexError; also A19, blocks of one sample and from the end."""
    monkeypatch.setattr(Signal, "block_length", lambda self: length)
    full = np.random.RandomState(0).randn(3, 101)
    with ec.options(memory_limit=limit):
        done = ec.bandpass(ec.from_array(full, 1000), 5, 100)
    sos = scipy_signal.butter(3, [5, 100], "bandpass", fs=1000, output="sos")
    want = scipy_signal.sosfiltfilt(sos, full, padtype=None, padlen=0)
    with ec.options(memory_limit=None):
        np.testing.assert_allclose(done.signal[:], want, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("gain", "value"), [(1.0, 15), (0.5, 10)])
def test_l19_the_offset_is_applied_whatever_the_scale(gain: float, value: float) -> None:
    """With a scale of 1 the offset was lost; a lowpass of a constant is that constant."""
    extent = MemoryExtent(np.full((3, 9), 10, "i2"))
    signal = Signal((Piece.whole(extent, gain=gain, offset=5.0),), 1000, "uV", ("a", "b", "c"))
    assert (signal[:] == value).all()
    low = ec.bandpass(ec.Dataset.of(signal, name="rec"), None, 100)
    np.testing.assert_allclose(low.signal[:], value, rtol=1e-6)


def test_c5_filters_are_compared_and_lists_are_taken() -> None:
    """Edges given as lists made joining fail, notches were never compared."""
    a, b = (ec.from_array(np.random.RandomState(n).randn(2, 99), 1000, name=str(n)) for n in (0, 1))
    assert ec.join(ec.notch(a, [60]), ec.notch(b, (60.0,))).notches == (60,)
    with pytest.warns(UserWarning, match="notches"):
        ec.join(ec.notch(a, [60]), b)
