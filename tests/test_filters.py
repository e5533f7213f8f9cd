"""Bandpass and notch filters: scipy's numbers, part by part, whatever the blocks, threads and place of the result."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal as scipy_signal

import ecogcat as ec
from ecogcat.conditioning import filtering
from ecogcat.conditioning.designs import comb
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.testing import laws
from tests.conftest import ROOT, shared_path
from tests.formats.golden import Table, golden

RATE = 1000.0


def noise(n_channels: int, n_samples: int, seed: int = 0, dtype: str = "f4") -> NDArray[Any]:
    return (30 * np.random.default_rng(seed).standard_normal((n_channels, n_samples)) + 100).astype(dtype)


def both_ways(sos: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    return scipy_signal.sosfiltfilt(sos, values.astype("f8"), padtype=None, padlen=0)


def one_way(sos: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    state = scipy_signal.sosfilt_zi(sos)[:, None, :] * values[None, :, :1]
    return scipy_signal.sosfilt(sos, values.astype("f8"), zi=state)[0]


def butter(lo: Any, hi: Any, order: int = 3) -> NDArray[Any]:
    if lo and hi:
        return scipy_signal.butter(order, [lo, hi], "bandpass", fs=RATE, output="sos")
    return scipy_signal.butter(order, lo or hi, "highpass" if lo else "lowpass", fs=RATE, output="sos")


def assert_close(got: NDArray[Any], want: NDArray[Any]) -> None:
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-6 * max(1e-30, np.abs(want).max(initial=0)))


# The numbers


@pytest.mark.parametrize("n_samples", [1, 2, 3, 17, 700])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
@pytest.mark.parametrize("causal", [True, False])
def test_a_bandpass_is_scipys(n_samples: int, dtype: str, causal: bool) -> None:
    values = noise(9, n_samples, dtype=dtype)
    for lo, hi in ((5, 200), (5, None), (None, 200)):
        done = ec.bandpass(ec.from_array(values, RATE), lo, hi, causal)
        assert done.signal.dtype == np.dtype("f8" if dtype == "f8" else "f4")
        assert_close(done.signal[:], (one_way if causal else both_ways)(butter(lo, hi), values))


@pytest.mark.parametrize("none", [None, 0, -1])
def test_an_edge_that_is_not_there(none: Any) -> None:
    dataset = ec.from_array(noise(2, 300), RATE)
    high, low = ec.bandpass(dataset, 5, none), ec.bandpass(dataset, none, 100)
    assert (high.bandpass, low.bandpass) == ((5, -1), (-1, 100))
    assert high == ec.bandpass(dataset, 5.0, None)
    assert_close(high.signal[:], both_ways(butter(5, None), dataset.signal[:]))
    assert_close(low.signal[:], both_ways(butter(None, 100), dataset.signal[:]))
    assert high.history == ("highpass 5 Hz (Butterworth, order 3, zero phase)",)
    assert low.history == ("lowpass 100 Hz (Butterworth, order 3, zero phase)",)


def test_the_order_counts() -> None:
    dataset = ec.from_array(noise(2, 300), RATE)
    assert_close(ec.bandpass(dataset, 5, 100, order=4).signal[:], both_ways(butter(5, 100, 4), dataset.signal[:]))
    assert ec.bandpass(dataset, 5, 100, order=4) != ec.bandpass(dataset, 5, 100)


@pytest.mark.parametrize("causal", [True, False])
def test_notches_are_all_applied_one_after_the_other(causal: bool) -> None:
    values = noise(3, 900)
    done = ec.notch(ec.from_array(values, RATE), (60, 120), causal)
    want = values.astype("f8")
    for line in (60, 120):
        w, r = 2 * np.pi * line / RATE, 1 - 6 / RATE
        sos = np.tile([1, -2 * np.cos(w), 1, 1, -2 * r * np.cos(w), r * r], (3, 1))
        want = (one_way if causal else both_ways)(sos, want)
    assert_close(done.signal[:], want)
    assert done.notches == (60, 120)
    assert "notch 60, 120 Hz" in done.history[0]


def test_harmonics_width_and_gain_of_a_notch() -> None:
    flat = ec.from_array(np.ones((1, 4000)), RATE)
    assert ec.notch(flat, 60, harmonics=200).notches == (60, 120, 180)
    assert ec.notch(flat, (60, 100), harmonics=120).notches == (60, 120, 100)
    for few, line in ((5, 60), (119, 60), (99, (50, 60))):
        with pytest.raises(ValueError, match=rf"harmonics is a frequency in Hz .*, no count: {few} Hz lies below the"):
            ec.notch(flat, line, harmonics=few)
    assert np.allclose(ec.notch(flat, 60, unit_gain=True).signal[:], 1)
    assert np.allclose(ec.notch(flat, 60).signal[0, 2000], 1.0352, atol=1e-4)  # what the older system does
    assert ec.notch(flat, ()) is flat
    assert np.allclose(comb(60, 3, 3, True, RATE)[:, :3].sum(1), comb(60, 3, 3, True, RATE)[:, 3:5].sum(1) + 1)


GOLDEN = {
    "case_02_oephys_mV_bandpass": ("ratv4_intan", {"units": "mV"}),
    "case_08_oephys_highpass_only": ("psv_32", {}),
    "case_26_rhd_bandpass_mapped": ("psv_32", {}),
    "case_07_oephys_mapped_rplus_notch": ("ratv3_intan", {}),
    "case_18_rhd_mV_notch": ("ratv4_intan", {"units": "mV"}),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_golden_filters(case: str) -> None:
    """What the older system gives: electrodes, grounds alike; its ADC is left as it is."""
    electrode, arguments = GOLDEN[case]
    meta, expected = golden(shared_path(f"reference/golden/{case}/input.h5"))
    dataset = ec.open_recording(
        shared_path(f"reference/golden/{case}/input.h5"), electrode=Table(electrode), dtype="f8", **arguments
    )
    asked = meta["load_arguments"]
    done = ec.bandpass(dataset, *asked["bandpass"]) if "bandpass" in asked else ec.notch(dataset, asked["notches"])
    np.testing.assert_array_equal(done.channel_map.sites, expected["sites"])
    scale = np.abs(expected["data"]).max()
    np.testing.assert_allclose(done.signal[:], expected["data"], rtol=0, atol=1e-7 * scale)
    if "ground_chans" in expected:
        np.testing.assert_allclose(done.ground[:], expected["ground_chans"], rtol=0, atol=1e-7 * scale)
    for name, array in dataset.aligned.items():
        assert done.aligned[name] == array


def test_golden_filter_of_charges() -> None:
    """In single precision: case_108, currents of the DDC board."""
    path = shared_path("reference/golden/case_108_ddc_bandpass/input.ndata.mat")
    meta, expected = golden(path)
    done = ec.bandpass(ec.open_recording(path), *meta["load_arguments"]["bandpass"])
    assert_close(done.signal[:], expected["data"])
    assert done.signal.dtype == expected["data"].dtype


# Blocks, threads, places


@pytest.mark.parametrize("causal", [True, False])
def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, causal: bool) -> None:
    """To the last bit; a number missing here and there, too."""
    values = noise(19, 600)
    values[3, 40:45], values[5], values[18, 599] = np.nan, np.nan, np.inf
    dataset = ec.from_array(values, RATE)
    plain = ec.bandpass(dataset, 5, 100, causal).signal[:]
    for length, threads, limit in ((600, 1, None), (1, 1, 1000), (256, 2, None), (599, 2, 20_000), (37, 2, 1000)):
        monkeypatch.setattr(Signal, "block_length", lambda self, length=length: length)
        monkeypatch.setattr(filtering, "SERIAL_BELOW", 0)
        with ec.options(threads=threads, memory_limit=limit):
            done = ec.bandpass(dataset, 5, 100, causal)
        np.testing.assert_array_equal(done.signal.read(), plain)
        assert bool(done.signal.sources) is (limit is not None)
        assert done == ec.bandpass(dataset, 5, 100, causal)  # one recipe, wherever the result lies


def test_missing_samples_part_what_lies_around_them() -> None:
    values = noise(3, 400)
    values[0, 100:110], values[1], values[2, 0] = np.nan, np.nan, np.inf
    done = ec.bandpass(ec.from_array(values, RATE), 5, 100).signal[:]
    assert np.isnan(done[0, 100:110]).all()
    assert np.isnan(done[1]).all()
    assert done[2, 0] == np.inf
    for stretch in ((0, slice(0, 100)), (0, slice(110, 400)), (2, slice(1, 400))):
        assert_close(done[stretch][None], both_ways(butter(5, 100), values[stretch][None]))


@given(st.data())
def test_runs_of_finite_values_stand_alone(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 40))
    missing = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    values = np.where(missing, np.nan, noise(1, n, dtype="f8"))
    causal = data.draw(st.booleans())
    done = ec.bandpass(ec.from_array(values, RATE), 5, 100, causal).signal[:]
    edges = np.flatnonzero(np.diff(np.concatenate([[True], missing, [True]]).astype(int)))
    assert np.isnan(done[:, missing]).all()
    for a, b in edges.reshape(-1, 2):
        assert_close(done[:, a:b], (one_way if causal else both_ways)(butter(5, 100), values[:, a:b]))


def test_a_result_beyond_the_memory_limit_lies_in_a_private_file_while_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dataset = ec.from_array(noise(4, 5000), RATE, name="long")
    want = ec.bandpass(dataset, 5, 100)
    with ec.options(memory_limit=20_000):
        done = ec.bandpass(dataset, 5, 100)
        assert all(part.nbytes <= 20_000 for _, part in done.signal.blocks())
    assert ec.equals(done, want)
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    part = ec.select_channels(ec.select_time(done, 10, 20), [2])
    del done
    np.testing.assert_array_equal(part.signal[:], want.signal[2:3, 10:20])
    del part
    assert list(tmp_path.iterdir()) == []
    maps = Path("/proc/self/maps")
    assert not maps.exists() or str(folder) not in maps.read_text()  # or the disk would have to wait


_AT_EXIT = """
import numpy as np, os, pickle, sys, tempfile
import ecogcat as ec
tempfile.tempdir = sys.argv[1]
with ec.options(memory_limit=1000):
    done = ec.bandpass(ec.from_array(np.ones((2, 900)) * [[1], [2]], 1000), None, 100)
child = os.fork()
if not child:
    assert done.signal[:, 5].round(6).tolist() == [1, 2]
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
assert done.signal[:, 500].round(6).tolist() == [1, 2]
copy = pickle.loads(pickle.dumps(done))
token = done.token
del done
assert copy.signal[:, 500].round(6).tolist() == [1, 2] and copy.token == token
print(len(os.listdir(sys.argv[1])), token)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_the_file_goes_with_its_process_and_not_with_a_forked_one(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", _AT_EXIT, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    here = ec.bandpass(ec.from_array(np.ones((2, 900)) * [[1], [2]], 1000), None, 100)
    assert run.stdout.split() == ["1", here.token]  # one recipe in every process
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    usage = type("Usage", (), {"free": 5000})
    monkeypatch.setattr("shutil.disk_usage", lambda place: usage)
    with ec.options(memory_limit=1000), pytest.raises(ec.MemoryLimitError, match=r"40,000 bytes.*5,000 free.*TMPDIR"):
        ec.bandpass(ec.from_array(noise(2, 5000), RATE), 5, 100)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_on_the_way_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with ec.options(memory_limit=1000), pytest.raises(KeyboardInterrupt):
        ec.bandpass(ec.from_array(noise(2, 5000), RATE), 5, 100, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_progress_ends_where_it_should() -> None:
    seen: list[tuple[int, int]] = []
    dataset = ec.join(*(ec.from_array(noise(2, n), RATE, name=str(n)) for n in (50, 30)))
    ec.notch(dataset, (60, 120), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (4 * 2 * 80 * 4, 4 * 2 * 80 * 4)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    ec.bandpass(dataset, 1, 10, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2 * 2 * 80 * 4, 2 * 2 * 80 * 4)


# What is said of it


def test_what_was_done_is_known_of_every_part() -> None:
    a, b = (ec.from_array(noise(2, n), RATE, name=str(n)) for n in (50, 30))
    done = ec.notch(ec.bandpass(ec.join(a, b), 2, 200), 60)
    assert (done.bandpass, done.notches) == ((2, 200), (60,))
    assert done.history == (
        "bandpass 2 to 200 Hz (Butterworth, order 3, zero phase)",
        "notch 60 Hz (order 3, width 3 Hz, zero phase)",
    )
    assert ec.bandpass(done, 5, 400).bandpass == (5, 200)  # what both let through
    assert ec.notch(done, (120, 60)).notches == (60, 120)
    with pytest.warns(UserWarning, match="bandpass"):
        assert ec.join(a, ec.bandpass(b, 2, 200)).bandpass == "mixed"
    with pytest.raises(ec.JoinError, match="notches"):
        ec.join(a, ec.notch(b, 60), on_processing_mismatch="raise")


def test_the_recipe_is_that_of_the_source_and_the_filter() -> None:
    dataset = ec.from_array(noise(3, 60), RATE)
    done = ec.bandpass(dataset, 5, 100)
    others = [
        ec.bandpass(dataset, 5, 101),
        ec.bandpass(dataset, 5, 100, causal=True),
        ec.bandpass(dataset, 5, 100, order=2),
        ec.bandpass(ec.convert_units(dataset, "mV"), 5, 100),
        ec.bandpass(ec.from_array(noise(3, 60), 2 * RATE), 5, 100),
        ec.bandpass(ec.select_channels(dataset, [0, 1]), 5, 100),
        ec.bandpass(ec.from_array(noise(3, 60, seed=1), RATE), 5, 100),
        ec.notch(dataset, 60),
        ec.notch(dataset, 60, unit_gain=True),
        ec.notch(dataset, (60, 120)),
        ec.notch(dataset, (120, 60)),
        dataset,
    ]
    tokens = [one.token for one in (done, *others)]
    assert len(set(tokens)) == len(tokens)
    a, b = (ec.from_array(noise(2, n), RATE, name=str(n)) for n in (50, 30))
    at_once = ec.bandpass(ec.join(a, b), 5, 100)
    assert at_once == ec.join(ec.bandpass(a, 5, 100), ec.bandpass(b, 5, 100))


def test_copies_are_equal_and_hold_the_same() -> None:
    a, b = (ec.from_array(noise(2, n), RATE, name=str(n)) for n in (50, 30))
    done = ec.notch(ec.bandpass(ec.join(a, b), 5, 100), 60)
    assert len(done.events.table) == 0  # made when it is asked for, which a snapshot would take for a change
    laws.copies_are_equal(done)
    laws.cannot_be_changed(done.signal.pieces[0].extent)


def test_what_works_on_recordings_works_on_what_was_filtered() -> None:
    """Selecting, locating, loading, epochs, joining with what lies elsewhere; the numbers are those of the whole."""
    a, b = (ec.from_array(noise(4, n, n), RATE, name=str(n), events=ec.Events([20, 40])) for n in (90, 60))
    with ec.options(memory_limit=100):
        done = ec.bandpass(ec.join(a, b), 5, 100)
    whole = done.signal[:]
    np.testing.assert_array_equal(ec.select_channels(done, [3, 1]).signal[:], whole[[3, 1]])
    np.testing.assert_array_equal(ec.select_time(done, 80, 100).signal[:], whole[:, 80:100])
    assert ec.locate(done, [100])["file_sample"].tolist() == [10]
    assert ec.equals(ec.load(done), done)
    assert ec.equals(ec.load(done, shared=True), done)
    assert ec.epochs(done, 5, 10).data.shape == (4, 4, 15)
    np.testing.assert_array_equal(ec.epochs(done, 5, 10).data[3], whole[:, 125:140])
    again = ec.join(*ec.split(done), ec.load(ec.bandpass(a, 5, 100)))
    np.testing.assert_array_equal(again.signal[:, 150:], whole[:, :90])
    in_mv = ec.convert_units(done, "mV")
    np.testing.assert_allclose(in_mv.signal[:], whole / 1000, rtol=1e-6)
    np.testing.assert_array_equal(ec.convert_units(in_mv, "uV").signal[:], whole)


# What is refused


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ((None, None), "an edge on one side"),
        ((0, -1), "an edge on one side"),
        ((200, 100), "lies below the upper one; got 200 and 100 Hz"),
        ((5, 500), "an edge at 500 Hz is not below 500 Hz, half of the sampling rate of rec"),
        ((-3, 100), "lo is a frequency in Hz, or None, 0 or -1"),
        ((np.nan, 100), "lo is a finite number"),
    ],
)
def test_edges_that_make_no_filter(edges: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ec.bandpass(ec.from_array(noise(1, 9), RATE, name="rec"), *edges)


def test_arguments_of_the_wrong_kind() -> None:
    dataset = ec.from_array(noise(1, 9), RATE, name="rec")
    with pytest.raises(TypeError, match=r"takes a dataset, not the path .*: open it with ecogcat\.open_recording"):
        ec.bandpass("recording.rhd", 1, 2)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes a dataset"):
        ec.notch(np.ones((2, 3)), 60)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="lo is a number of Hz, not '5'"):
        ec.bandpass(dataset, "5", 100)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="causal is True or False"):
        ec.bandpass(dataset, 5, 100, "no")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="order of a filter"):
        ec.bandpass(dataset, 5, 100, order=0)
    with pytest.raises(TypeError, match="progress is None, True"):
        ec.bandpass(dataset, 5, 100, progress=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="lines are frequencies"):
        ec.notch(dataset, "60")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a line at 500 Hz cannot be taken out of rec"):
        ec.notch(dataset, (60, 500))
    with pytest.raises(ValueError, match="above 0 Hz; got -60"):
        ec.notch(dataset, -60)
    with pytest.raises(ValueError, match="a notch has a width"):
        ec.notch(dataset, 60, width=0)
    with pytest.raises(TypeError, match="filters take real values, not complex128"):
        ec.bandpass(ec.from_array(noise(1, 9, dtype="f8") * 1j, RATE), 5, 100)


def test_scipy_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    monkeypatch.delattr("scipy.signal", raising=False)
    with pytest.raises(ImportError, match="pip install scipy"):
        ec.bandpass(ec.from_array(noise(1, 9), RATE), 5, 100)


def test_datasets_without_channels_or_samples() -> None:
    empty = ec.from_array(noise(2, 0), RATE)
    assert ec.bandpass(empty, 5, 100).signal.shape == (2, 0)
    none = ec.select_channels(ec.from_array(noise(2, 9), RATE), [])
    assert ec.bandpass(none, 5, 100).signal.shape == (0, 9)
    assert Piece.whole(ec.bandpass(empty, 5, 100).signal.pieces[0].extent).n_samples == 0


def test_a_line_is_a_number_of_any_kind() -> None:
    dataset = ec.from_array(noise(1, 500), RATE)
    assert ec.notch(dataset, np.array(60)).notches == (60.0,)  # type: ignore[arg-type]
    assert ec.notch(dataset, np.float32(60)).notches == (60.0,)


def test_a_disk_that_runs_full_on_the_way_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("ecogcat.storage.spill._whole", full)
    with ec.options(memory_limit=1000), pytest.raises(OSError, match=rf"{tmp_path}/.*: the disk ran full") as caught:
        ec.bandpass(ec.from_array(noise(2, 5000), RATE), 5, 100)
    assert caught.value.errno == errno.ENOSPC
