"""L: conditioning - resampling, and references that a session file asks for."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.testing.headstages import write_headstage


@pytest.mark.parametrize("mapped", [True, False, "r+"])
@pytest.mark.parametrize("save", [True, False])
def test_l2_open_ephys_recordings_in_hdf5_can_be_resampled(tmp_path: Path, mapped: bool | str, save: bool) -> None:
    """Whatever was asked for beside it, it was "not found"."""
    path = tmp_path / "rec.h5"
    with h5py.File(path, "w") as file:
        file["Fs"], file["chdata"] = 1000.0, np.full((64, 400), 10, "i2")
    asked = {"electrode": "psv_61_intan", "resample_rate": 500, "mapped": mapped, "save_downsampled": save}
    for _ in range(2):
        dataset = ec.open_recording(path, **asked)
        assert dataset.signal.shape == (61, 200)
        np.testing.assert_allclose(dataset.signal[:], 1.95, rtol=1e-6)
    assert (tmp_path / "rec_Fs500.h5").exists() is save


@pytest.mark.parametrize("rate", [1050, 3000, 9500])
def test_l3_the_rate_of_what_is_stored_is_that_obtained(tmp_path: Path, rate: float) -> None:
    path = write_headstage(tmp_path, "rec", "intan_rhd", n_samples=1000, sampling_rate=20000.0)
    for _ in range(2):
        dataset = ec.open_recording(path, resample_rate=rate, save_downsampled=True)
        assert (dataset.sampling_rate, dataset.n_samples) == (rate, np.ceil(1000 * rate / 20000))
    stored = ec.open_recording(tmp_path / f"rec_Fs{rate}.h5")
    assert (stored.sampling_rate, stored.n_samples) == (rate, dataset.n_samples)


@pytest.mark.parametrize("save", [True, False])
def test_l4_without_use_stored_the_samples_are_those_of_the_recording(tmp_path: Path, save: bool) -> None:
    """The stale file was read all the same, and is here neither read nor written over."""
    path = write_headstage(tmp_path, "rec", "oephys", n_samples=400)
    with h5py.File(tmp_path / "rec_Fs500.h5", "w") as file:
        file["Fs"], file["chdata"] = 500.0, np.full((64, 200), -7.0)
    assert ec.open_recording(path, resample_rate=500).signal[0].mean() == -7
    if save:
        with pytest.raises(ec.EcogcatError, match="ecogcat did not write this file, and does not write over it"):
            ec.open_recording(path, resample_rate=500, use_stored=False, save_downsampled=True)
    dataset = ec.open_recording(path, resample_rate=500, use_stored=False)
    np.testing.assert_array_equal(dataset.signal[:], ec.resample(ec.open_recording(path), 500).signal[:])


def test_l9_what_is_stored_keeps_the_level_of_aligned_arrays(tmp_path: Path) -> None:
    path = write_headstage(tmp_path, "rec", "intan_rhd", range(1000, 1900, 100), n_samples=2001, sampling_rate=20000.0)
    for _ in range(2):
        dataset = ec.open_recording(path, resample_rate=2000, save_downsampled=True, trigger=0)
        assert dataset["adc"].shape == (1, 201)
        assert dataset["adc"][:].max() < 5  # it was 33
        assert dataset.events.sample.tolist() == list(range(100, 190, 10))


def test_l10_load_arguments_resample_in_memory_without_a_trigger(tmp_path: Path) -> None:
    path = write_headstage(tmp_path, "rec", "intan_rhd", n_samples=400)
    asked = {"electrode": "psv_61_intan", "resample_rate": 500}
    mapped, loaded = (ec.open_recording(path, mapped=one, **asked) for one in (True, False))
    assert loaded.signal.shape == (61, 200)
    assert ec.equals(mapped, loaded)
    few = ec.open_recording(path, electrode="psv_61_intan", channels=range(8))
    assert few.channel_map is not None
    assert (few.n_channels, len(few.channel_map)) == (7, 7)
    with pytest.raises(ec.FormatError, match="the electrode has channels that the recording lacks"):
        ec.open_recording(path, electrode="psv_244_intan")


def test_l16_triggers_of_active_arrays_are_no_part_of_what_is_filtered_and_stored(tmp_path: Path) -> None:
    """There was no bnc array; stored, the trigger was filtered, and 5 V were 500,000."""
    path = write_headstage(tmp_path, "rec", "zif26 to 2x uhdmi", range(200, 1700, 300), n_samples=1750)
    asked = {"daq": "2t-as daq v1", "headstage": "zif26 to 2x uhdmi", "electrode": "actv_64", "bnc": [10]}
    for _ in range(2):
        dataset = ec.open_recording(path, **asked, resample_rate=200, save_downsampled=True, trigger="bnc:0")
        assert dataset.events.sample.tolist() == list(range(40, 340, 60))
        assert dataset["bnc"].sampling_rate == 1600
        np.testing.assert_allclose(np.percentile(dataset["bnc"][:], 99), 3.3, rtol=0.15)
        assert dataset.n_channels == 64


@pytest.mark.parametrize(
    ("rate", "n_samples"), [(2000, 400), (1050, 210), (1900, 380), (3000, 600), (7000, 1400), (9500, 1900)]
)
def test_l3_the_rate_obtained_is_the_rate_reported(rate: float, n_samples: int) -> None:
    """9500 Hz was reported of 10000, 3000 refused: any ratio is obtained, and times are right by what is reported."""
    done = ec.resample(ec.from_array(np.zeros((1, 4000)), 20000.0), rate)
    assert done.sampling_rate == rate
    assert done.n_samples == n_samples
    assert done.duration == pytest.approx(0.2)
    assert ec.resample(ec.from_array(np.zeros((1, 4000)), 20000.0), 2001.5).n_samples == 401
    measured = ec.resample(ec.from_array(np.zeros((1, 4000)), 19999.37), 2001.5)
    assert measured.sampling_rate == pytest.approx(2001.5, rel=1e-6)
    assert measured.n_samples == np.ceil(4000 * measured.sampling_rate / 19999.37)


def test_l9_aligned_arrays_keep_their_level_and_length() -> None:
    """3.3 V became 33 V, and the logic array grew: levels stay, edges stay where they are, lengths are in step."""
    adc = np.zeros((1, 4001))
    adc[0, 1000:1400] = 3.3
    line = (adc > 0).astype("i2")
    dataset = ec.from_array(np.zeros((4, 4001)), 20000.0, aligned={"adc": adc, "dig": line}, events=[1000])
    done = ec.resample(dataset, 2000)
    assert done["adc"].shape == done["dig"].shape == (1, 401)
    np.testing.assert_allclose(done["adc"][0, 115:125], 3.3, rtol=0.01)
    assert done["adc"][0, 400] == pytest.approx(0, abs=1e-3)
    assert np.flatnonzero(done["dig"][0]).tolist() == list(range(100, 140))
    assert done.events.sample.tolist() == [100]


def test_l10_resampling_needs_no_trigger(tmp_path: Path) -> None:
    """In memory, without a trigger channel, it raised; mapped it did not. Both give the same."""
    path = tmp_path / "rec.h5"
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"] = np.full((4, 400), 10, "i2"), 1000.0
    mapped = ec.resample(ec.open_recording(path), 500)
    loaded = ec.resample(ec.open_recording(path, mapped=False), 500)
    assert mapped.signal.shape == loaded.signal.shape == (4, 200)
    assert ec.equals(mapped, loaded)
    np.testing.assert_allclose(mapped.signal[:], 1.95, rtol=1e-6)


def test_l12_a_reference_is_never_a_text_without_effect() -> None:
    """`local_ref: 3` did nothing and `car: False` averaged: a channel is subtracted, anything else is refused."""
    x = np.arange(64.0)[:, None] * np.ones(400)
    dataset = ec.from_array(x, 1000)
    np.testing.assert_array_equal(ec.rereference(dataset, 3).signal[:3, 0], [-3, -2, -1])
    np.testing.assert_array_equal(ec.rereference(dataset, "common").signal[:3, 0], [-31.5, -30.5, -29.5])
    for text in ("3", "True", "False"):
        with pytest.raises(KeyError, match=f"no reference '{text}'"):
            ec.rereference(dataset, text)
    for value in (False, True):
        with pytest.raises(TypeError, match=f"not {value}"):
            ec.rereference(dataset, value)


@pytest.mark.parametrize("by", [2, 3, 4, 5, 10, 20, 30])
def test_l17_a_constant_keeps_its_level(by: int) -> None:
    """By 2, slow signals lost 0.5 dB: the gain at 0 Hz is 1 whatever the ratio, from the first sample to the last."""
    done = ec.resample(ec.from_array(np.ones((1, 20000), "f4"), 1000.0 * by), 1000)
    np.testing.assert_array_equal(done.signal[:], np.ones((1, -(-20000 // by)), "f4"))


@pytest.mark.parametrize("kind", ["chebyshev1", "chebyshev2"])
@pytest.mark.parametrize("by", [2, 3, 10, 30])
def test_l17_a_constant_keeps_its_level_through_the_older_filters(kind: str, by: int) -> None:
    """By 2 the order is even, and 0 Hz at the bottom of the ripple: ours is scaled, the design is the same."""
    done = ec.resample(ec.from_array(np.ones((1, 2000), "f4"), 1000.0 * by), 1000, kind)
    np.testing.assert_allclose(done.signal[:], 1, rtol=2e-7)


@pytest.mark.parametrize("kind", ["chebyshev1", "chebyshev2", "none"])
def test_l9_aligned_arrays_keep_their_level_with_the_older_filters(kind: str) -> None:
    adc = np.zeros((1, 4001))
    adc[0, 1000:1400] = 3.3
    dataset = ec.from_array(np.zeros((4, 4001)), 20000.0, aligned={"adc": adc, "dig": (adc > 0).astype("i2")})
    done = ec.resample(dataset, 2000, kind)
    assert done["adc"].shape == done["dig"].shape == (1, 401)
    np.testing.assert_allclose(done["adc"][0, 115:125], 3.3, rtol=0.01)
    assert np.flatnonzero(done["dig"][0]).tolist() == list(range(100, 140))
