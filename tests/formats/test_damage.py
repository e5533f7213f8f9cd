"""Real recordings, damaged in any of their files: they open, or are refused by an error of ours, and stay as they are.

`check_format` cuts and alters the file that holds the last samples; here it is headers, sidecars and events as well.
"""

from __future__ import annotations

import os
import random
import shutil
import warnings
from pathlib import Path

import pytest

import ecogcat as ec
from ecogcat.catalog.folder import find_recordings
from ecogcat.formats.registry import formats
from tests.conftest import shared_path

RECORDINGS = (
    "blackrock/blackrock_2_1",
    "blackrock/segment/PauseCorrect",
    "blackrock/test_BRSMPGRP_raw.ns3",
    "brainvision/antio_CA_208",
    "edf/mne_test_bdf_stim_channel.bdf",
    "edf/mnepy_test_uneven_samp.edf",
    "intan/derived_consecutive_32ch",
    "intan/intan_fpc_test_231117_052630",
    "intan/intan_fps_test_231117_052500",
    "matlab_v73/fieldtrip_eximia_raw_v73.mat",
    "neuralynx/mne_neuralynx",
    "nwb/catalystneuro_buzsaki_lfp_96ch.nwb",
    "nwb/catalystneuro_converter_spec_1.nwb",
    "openephys_binary/2023-06-27_Neuropixel_test_te0001",
    "openephys_binary/v0.4.4.1_with_video_tracking",
    "openephys_binary/v0.5.x_two_nodes",
    "openephys_legacy/OpenEphys_SampleData_2_(multiple_starts)",
    "openephys_legacy/Record Node 101",
    "spikeglx/Noise4Sam_g0",
    "spikeglx/multi_trigger_multi_gate/5-19-2022-CI0",
    "tdms/Digital_Input.tdms",
    "tdms/raw1.tdms",
)
_TEXT = "Die Aufnahme war gut\r\nµV=1\r\n"
_N_DAMAGES = 8


def _copy(name: str, folder: Path) -> Path:
    source, target = shared_path(f"recordings/{name}"), folder / Path(name).name
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, target)
    for one in (target, *target.rglob("*")):
        one.chmod(0o755)
    return target


def _damage(path: Path, data: bytes, rng: random.Random) -> str:
    """Put something else in the place of a file, and say what."""
    path.unlink()
    how = rng.choice(("cut", "cut", "altered", "altered", "deleted", "folder", "nowhere", "circle", "UTF-16", "NUL"))
    at = rng.randrange(min(len(data), 4096) + 1)
    if how == "cut":
        at = rng.choice((0, 1, at, len(data) // 2, max(len(data) - 1, 0)))
        path.write_bytes(data[:at])
    elif how == "altered":
        path.write_bytes(data[:at] + rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"-1")) + data[at + 4 :])
    elif how == "folder":
        path.mkdir()
    elif how in ("nowhere", "circle"):
        path.symlink_to("nowhere" if how == "nowhere" else path.name)
    elif how != "deleted":
        path.write_bytes(_TEXT.encode("utf-16") if how == "UTF-16" else data[:at] + b"\0" + data[at:])
    return f"{path.name}: {how} at {at}"


def _look(path: Path) -> None:
    for open_it in (ec.streams, ec.open_recording):
        try:
            got = open_it(path)
            repr(got)
            for array in (got.signal, *got.arrays().values()) if isinstance(got, ec.Dataset) else ():
                array[:, :1], array[:, -1:]
        except ec.EcogcatError as error:
            assert str(path.parent) in str(error)  # noqa: PT017 - to be refused by name is as right as to be opened


def _facts(folder: Path) -> dict[Path, tuple[int, int]]:
    return {one: (one.lstat().st_size, one.lstat().st_mtime_ns) for one in folder.rglob("*")}


@pytest.mark.parametrize("name", RECORDINGS)
def test_damaged_recordings_open_or_are_refused(name: str, tmp_path: Path) -> None:
    target, rng = _copy(name, tmp_path), random.Random(name)
    files = sorted(one for one in (target, *target.rglob("*")) if one.is_file())
    for k in range(_N_DAMAGES):
        file = rng.choice(files)
        data = file.read_bytes()
        what = _damage(file, data, rng)
        before = _facts(tmp_path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of NumPy, over values that are not finite
            try:
                for path in {target, file}:
                    _look(path)
                if k < 2:
                    find_recordings(tmp_path, ec.open_recording)
            except Exception as error:
                raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
        assert _facts(tmp_path) == before, what
        shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
        file.write_bytes(data)


@pytest.mark.parametrize("name", RECORDINGS)
def test_one_format_recognises_each(name: str) -> None:
    path = shared_path(f"recordings/{name}")
    head = path.read_bytes()[:4096] if path.is_file() else b""
    claiming = [one.name for one in formats().values() if not one.general and one.recognises(str(path), head)]
    assert len(claiming) == 1, claiming


@pytest.mark.parametrize("folder", ["a b", "100%", "a#b", "Mäuse_µV", "[x]*?", "-x"])
def test_any_name_of_a_folder_will_do(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / folder).mkdir()
    path = _copy("brainvision/antio_CA_208", tmp_path / folder) / "test_CA_208.vhdr"
    whole = ec.open_recording(path)
    (tmp_path / "link").symlink_to(path.parent)
    monkeypatch.chdir(tmp_path)
    for same in (os.path.relpath(path), tmp_path / "link" / path.name):
        assert ec.equals(ec.open_recording(same), whole)
    with pytest.raises(TypeError, match=r"not bytes: os\.fsdecode makes one of bytes"):
        ec.open_recording(os.fsencode(path))  # type: ignore[arg-type]
