"""Bad input: for each, one error that names what was asked, what is wanted, what was found and what to do."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.testing.rhd import write_rhd
from tests.conftest import shared_path

BLOCK = 128 * (4 + 2 * 4)
"""Bytes of a data block of the recording below."""


@pytest.fixture
def rhd(tmp_path: Path) -> Path:
    path = tmp_path / "rec_001.rhd"
    write_rhd(path, np.full((4, 3 * 128), 32769), sampling_rate=1000.0)
    return path


@pytest.fixture
def h5(tmp_path: Path) -> Path:
    path = tmp_path / "rec_002.h5"
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"] = np.zeros((4, 100), "i2"), 1000.0
    return path


def _message(error: type[Exception], call: Callable[..., Any], *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(error) as caught:
        call(*arguments, **keywords)
    assert type(caught.value) is error
    return str(caught.value.args[0]) if error is KeyError else str(caught.value)


# Files --------------------------------------------------------------------------------------------


def test_wrong_magic(rhd: Path) -> None:
    data = bytearray(rhd.read_bytes())
    data[:4] = struct.pack("<I", 0x12345678)
    rhd.write_bytes(data)
    assert _message(ec.FormatError, ec.open_recording, rhd) == (
        f"{rhd}: this is no Intan file (at byte 0; expected 0xc6912702 (RHD2000) or 0xd69127ac (RHS2000); found "
        "0x12345678). Another program wrote it, whatever its name: check where it comes from."
    )


def test_truncated_header(rhd: Path) -> None:
    data = rhd.read_bytes()
    rhd.write_bytes(data[:30])
    assert _message(ec.FormatError, ec.open_recording, rhd) == (
        f"{rhd}: the file ends inside its header, in the filter settings (at byte 12; expected 36 bytes; "
        "found 18 bytes). The file was cut or is damaged: copy it again from the acquisition computer."
    )


def test_real_truncated_header_and_wrong_magic() -> None:
    path = shared_path("recordings/refuse/intan_header_cut.rhd")
    text = _message(ec.FormatError, ec.open_recording, path)
    assert text.startswith(f"{path}: the file ends inside its header, among the channels of signal group 1 (at byte ")
    assert text.endswith("The file was cut or is damaged: copy it again from the acquisition computer.")
    path = shared_path("recordings/refuse/637196011466866173_part.rhd")
    text = _message(ec.FormatError, ec.open_recording, path)
    assert text.startswith(f"{path}: this is no Intan file (at byte 0; expected 0xc6912702 ")


def test_a_file_cut_inside_a_block_opens_with_the_whole_ones(rhd: Path) -> None:
    whole = ec.open_recording(rhd).signal.read()
    data = rhd.read_bytes()
    rhd.write_bytes(data[: len(data) - 2 * BLOCK + 300])
    dataset = ec.open_recording(rhd)
    text = "cut in the middle of a data block: 300 bytes were left over after 1 whole blocks (128 samples)"
    assert dataset.parts[0].warnings == (text,)
    assert dataset.warnings == (f"rec_001: {text}",)
    assert np.array_equal(dataset.signal.read(), whole[:, :128])
    # It is still said after joining, by the part that it concerns.
    joined = ec.join(dataset, dataset)
    assert [part.warnings for part in joined.parts] == [(text,), (text,)]


def test_zero_length_recordings(rhd: Path, h5: Path) -> None:
    rhd.write_bytes(b"")
    assert _message(ec.FormatError, ec.open_recording, rhd) == (
        f"{rhd}: the file is empty (expected a recording; found 0 bytes)"
    )
    write_rhd(rhd, np.zeros((4, 0)))
    size = rhd.stat().st_size
    assert _message(ec.FormatError, ec.open_recording, rhd) == (
        f"{rhd}: the recording has no whole data block (at byte {size:,}; expected blocks of {BLOCK:,} bytes; "
        "found 0 bytes). It was stopped or crashed right after it was started; leave it out"
    )
    with h5py.File(h5, "w") as file:
        file["chdata"], file["Fs"] = np.zeros((4, 0), "i2"), 1000.0
    assert _message(ec.FormatError, ec.open_recording, h5) == (
        f"{h5}: dataset '/chdata' holds no sample (expected at least one channel and one sample; found shape (4, 0)). "
        "It was stopped or crashed right after it was started; leave it out"
    )


def test_missing_file(rhd: Path) -> None:
    assert _message(ec.RecordingNotFound, ec.open_recording, rhd.parent / "rec_01.rhd") == (
        f"{rhd.parent}/rec_01.rhd: nothing is there; the folder has rec_001.rhd"
    )


def test_a_file_that_went_missing_after_it_was_opened(rhd: Path) -> None:
    dataset = ec.open_recording(rhd)
    size = rhd.stat().st_size
    shutil.move(rhd, rhd.parent / "elsewhere.rhd")
    assert _message(ec.SourceChangedError, dataset.signal.read) == (
        f"{rhd}: was {size:,} bytes when opened and is gone now (No such file or directory); "
        "put it back, or open the recording where it lies now"
    )


def test_a_file_that_shrank_after_it_was_opened(rhd: Path) -> None:
    dataset = ec.open_recording(rhd)
    size = rhd.stat().st_size
    rhd.write_bytes(rhd.read_bytes()[:-1])
    assert _message(ec.SourceChangedError, dataset.signal.read) == (
        f"{rhd}: shrank from {size:,} to {size - 1:,} bytes since it was opened; "
        "open the recording again to read what is left"
    )


def test_unknown_hdf5_key(h5: Path) -> None:
    assert _message(ec.FormatError, ec.open_recording, h5, data="ecog") == (
        f"{h5}: the file has no dataset 'ecog' (expected ecog; found chdata (4, 100), Fs ()). Name one with data="
    )


def test_hdf5_file_that_was_never_closed(h5: Path) -> None:
    script = (
        "import os, sys, h5py; file = h5py.File(sys.argv[1], 'a', libver='latest'); file['more'] = [1]; "
        "file.flush(); os._exit(0)"
    )
    with h5py.File(h5, "w", libver="latest") as file:
        file["chdata"], file["Fs"] = np.zeros((4, 100), "i2"), 1000.0
    subprocess.run([sys.executable, "-c", script, str(h5)], check=True)
    text = _message(ec.FormatError, ec.open_recording, h5)
    assert re.fullmatch(
        re.escape(
            f"{h5}: this HDF5 file was never closed, or was cut short (expected a file that its writer closed; found "
        )
        + r".*\)\. If its writer still runs, stop it there; if it crashed, work on a copy repaired with "
        + r"`h5clear --status --increment COPY`",
        text,
        re.DOTALL,
    )


@pytest.mark.parametrize("rate", [np.nan, -1000.0, 0.0])
def test_rates_that_cannot_be(rate: float, rhd: Path, h5: Path) -> None:
    with h5py.File(h5, "a") as file:
        file["Fs"][()] = rate
    assert _message(ec.FormatError, ec.open_recording, h5) == (
        f"{h5}: the sampling rate is not usable (expected one positive number of Hz; found [{rate}] at Fs). "
        "Give sampling_rate= in Hz"
    )
    data = bytearray(rhd.read_bytes())
    data[8:12] = struct.pack("<f", rate)
    rhd.write_bytes(data)
    assert _message(ec.FormatError, ec.open_recording, rhd) == (
        f"{rhd}: the sampling rate cannot be (at byte 8; expected a number of Hz from 1 to 1,000,000; found {rate}). "
        "The file was cut or is damaged: copy it again from the acquisition computer."
    )
    assert _message(ValueError, ec.from_array, [[1.0]], rate) == (
        f"a sampling rate is a positive number of Hz, not {rate}"
    )


# Arguments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 3, 5])
def test_mask_of_the_wrong_length(n: int, rhd: Path) -> None:
    dataset = ec.open_recording(rhd)
    mask = np.ones(n, bool)
    wanted = f"a mask of this dataset has 4 entries, not ({n},)"
    assert _message(ValueError, ec.mask_channels, dataset, mask) == wanted
    assert _message(ValueError, ec.select_channels, dataset, mask) == wanted
    if n:  # NumPy takes a mask of no entries for a list of none
        text = _message(IndexError, dataset.signal.__getitem__, mask)
        assert {"4", str(n)} <= set(re.findall(r"[0-9]+", text)), text


def test_what_is_no_mask(rhd: Path) -> None:
    dataset = ec.open_recording(rhd)
    assert _message(ValueError, ec.mask_channels, dataset, [0, 1]) == (
        "a mask has one boolean a channel, True = keep; select_channels takes indices"
    )


@pytest.mark.parametrize("index", [(4, 0), (0, 384), (-5, 0), (0, -385), ([0, 4], 0), ([0], [384])])
def test_index_out_of_range(index: Any, rhd: Path) -> None:
    signal = ec.open_recording(rhd).signal
    with pytest.raises(IndexError) as numpys:
        np.zeros((4, 384))[index]
    text = _message(IndexError, signal.__getitem__, index)
    facts = re.findall(r"-?\d+", str(numpys.value))
    assert all(fact in re.findall(r"-?\d+", text.replace(",", "")) for fact in facts[:1] + facts[-1:]), text


def test_channels_times_parts_and_samples_out_of_range(rhd: Path) -> None:
    dataset = ec.open_recording(rhd)
    assert _message(IndexError, ec.select_time, dataset, 0, 385) == (
        "samples 0 to 385 do not lie in a dataset of 384 samples"
    )
    assert _message(IndexError, ec.select_time, dataset, -1, 3) == (
        "samples -1 to 3 do not lie in a dataset of 384 samples"
    )
    assert _message(IndexError, ec.locate, dataset, [0, 384]) == (
        "sample 384 is out of range for a dataset of 384 samples"
    )
    assert _message(IndexError, ec.sample_at, dataset, part=1, file_sample=0) == "no part 1: the dataset has 1 parts"
    assert _message(IndexError, ec.sample_at, dataset, part=0, file_sample=384) == (
        "part 0 (rec_001) has samples 0 to 383 of its file"
    )
    assert "the dataset has 4 channels: " in _message(IndexError, ec.select_channels, dataset, [4])
    assert _message(KeyError, ec.select_channels, dataset, names=["B-000"]).startswith(
        "no channel B-000; there are: A-000"
    )
    assert _message(IndexError, ec.open_recording, rhd, channels=[9]) == (
        "rec_001 has no source channels [9]; it has 4, from 0 to 3"
    )
    assert _message(KeyError, dataset.__getitem__, "adc") == "no aligned array 'adc'; there are: none"


def test_datasets_with_no_common_channel(rhd: Path, h5: Path) -> None:
    one, other = ec.open_recording(rhd), ec.open_recording(h5)
    assert _message(ec.JoinError, ec.join, one, other) == (
        "cannot join 2 datasets:\n"
        "  all: common channels by name: expected at least 1 in every dataset, "
        "found none: rec_001 has A-000, A-001, A-002, ...; rec_002 has ch0, ch1, ch2, ..."
    )
    left, right = (ec.ChannelMap([(row, k) for k in range(4)], (2, 4)) for row in (0, 1))
    mapped = ec.open_recording(rhd, electrode=left), ec.open_recording(h5, electrode=right)
    assert _message(ec.JoinError, ec.join, *mapped).endswith(
        "found none: rec_001 has (0, 0), (0, 1), (0, 2), ...; rec_002 has (1, 0), (1, 1), (1, 2), ..."
    )
    with pytest.raises(ec.JoinError) as caught:
        ec.join(mapped[0], other)
    assert "match=" in str(caught.value)
    assert caught.value.plan is not None
    # All or nothing: what was not joined is as it was.
    assert one == ec.open_recording(rhd)


def test_errors_survive_a_worker_process(rhd: Path) -> None:
    import pickle

    rhd.write_bytes(b"")
    with pytest.raises(ec.FormatError) as caught:
        ec.open_recording(rhd)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.path) == (ec.FormatError, str(caught.value), str(rhd))


# Types --------------------------------------------------------------------------------------------

DATASET = ec.from_array(np.zeros((2, 100)), 1000)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ec.select_time(DATASET, "0", 3), "start= is a number, not '0'"),
        (lambda: ec.select_time(DATASET, 0, "3 s", unit="s"), "stop= is a number, not '3 s'"),
        (lambda: ec.epochs(DATASET, "2", 1, events=[5]), "before= is a number, not '2'"),
        (lambda: ec.epochs(DATASET, 2, [1], events=[5]), "after= is a number, not [1] (list)"),
        (lambda: ec.epochs(DATASET, 2, 1, events=[5], baseline=("0", None)), "baseline= is a number, not '0'"),
        (lambda: ec.find_intervals(DATASET, threshold="5"), "threshold= is a number, not '5'"),
        (lambda: ec.find_intervals(DATASET, pad=None), "pad= is a number, not None"),
        (lambda: ec.plot_traces(DATASET, "0"), "start= is a number or None, not '0'"),
        (lambda: ec.load(DATASET, shared="no"), "shared= is True or False, not 'no'"),
        (lambda: ec.open_recording(3), "a path is a str or path-like, not int"),
    ],
)
def test_a_value_of_another_type_is_named(call: Callable[[], Any], message: str) -> None:
    assert _message(TypeError, call) == message
