"""Everything under the shared folder opens or is refused in one line; opening reads headers only."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.neo.reader import _readers as neo_readers
from ecogcat.testing.rhd import write_rhd
from tests.conftest import shared_path
from tests.formats.recordings import write_lab_hdf5, write_pieces
from tests.open_everything import Outcome, attempt, everything, main
from tests.opening_cost import TERABYTE, Cost, _between, copied, grown, has_strace, measure

# Neo's readers leave files open that nothing names any more.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def _files_closed() -> Iterator[None]:
    """Have what neo left open closed here, not in a later test that does not expect the warning."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        neo_readers.clear()
        gc.collect()


@pytest.fixture(scope="module")
def found() -> dict[str, Outcome]:
    folder = shared_path("recordings")
    return {one.line(folder).split(": ", 1)[0].split(maxsplit=1)[1]: one for one in everything(folder)}


def test_each_opens_or_is_refused_in_one_line(found: dict[str, Outcome]) -> None:
    broken = [one.text for one in found.values() if one.how not in ("opened", "refused")]
    assert not broken, "\n".join(broken)
    for name, one in found.items():
        assert "\n" not in one.text, name
        assert one.text.strip(), name


def test_recordings_open(found: dict[str, Outcome]) -> None:
    opened = {name for name, one in found.items() if one.how == "opened"}
    assert {"intan/derived_consecutive_128ch", "intan/derived_consecutive_32ch"} <= opened
    assert {"tdms/raw1.tdms", "tdms/Digital_Input.tdms", "refuse/intan_cut_mid_block.rhd"} <= opened
    assert "cut in the middle of a data block" in found["refuse/intan_cut_mid_block.rhd"].text


@pytest.mark.parametrize(
    "name",
    [
        "INDEX.md",
        "electrodes/210118_ecog_channel_map.xls",
        "refuse/637196011466866173_part.rhd",
        "refuse/empty.rhd",
        "refuse/intan_header_cut.rhd",
    ],
)
def test_what_is_no_recording_is_refused(name: str, found: dict[str, Outcome]) -> None:
    assert found[name].how == "refused"
    assert name in found[name].text


# The walk itself ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "day").mkdir()
    write_pieces(tmp_path / "day" / "one", ["rat_231117_052500.rhd", "rat_231117_052501.rhd"])
    (tmp_path / "day" / "one" / "within").mkdir()
    (tmp_path / "day" / "one" / "within" / "notes.xyz").write_text("words")
    write_lab_hdf5(tmp_path / "day" / "one" / "within" / "b.h5")
    write_pieces(tmp_path / "several", ["x_231117_052500.rhd", "y_231117_052500.rhd"])
    (tmp_path / "several" / "z.rhd").write_bytes(b"nothing of the kind")
    (tmp_path / "notes.xyz").write_text("words")
    return tmp_path


def test_a_recording_is_one_path_whatever_its_files(folder: Path) -> None:
    lines = [one.line(folder) for one in everything(folder)]
    starts = [line.split(":")[0].split(maxsplit=1) for line in lines]
    assert starts == [
        ["opened", "day/one"],
        ["opened", "day/one/within/b.h5"],  # no part of it, and recognised; the notes beside are not
        ["refused", "notes.xyz"],
        ["refused", "several"],
        ["refused", "several, streams='all'"],
        ["opened", "several/x_231117_052500.rhd"],
        ["opened", "several/y_231117_052500.rhd"],
        ["refused", "several/z.rhd"],
    ]
    assert "2 parts" in lines[0]
    assert "no format recognises this" in lines[2]


def test_errors_of_other_kinds_are_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "4 opened, 4 refused"

    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(ec, "open_recording", breaks)
    assert attempt(folder / "notes.xyz").how == "BROKEN"
    assert main([str(folder)]) == 1
    assert "ZeroDivisionError: of all things" in capsys.readouterr().out
    assert main([str(folder / "nowhere")]) == 2


# What opening costs -------------------------------------------------------------------------------


@pytest.mark.jit
def test_opening_a_terabyte_costs_what_opening_little_does(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    write_rhd(tmp_path / "one" / "a.rhd", np.zeros((4, 1280)), aux=np.zeros((3, 320)))
    warm = tmp_path / "one" / "a.rhd"
    small = copied(warm, tmp_path / "two", tmp_path)
    large = copied(warm, tmp_path / "three", tmp_path)
    assert small == tmp_path / "two" / "one" / "a.rhd"
    (file,) = grown(large)
    assert file.stat().st_size >= TERABYTE
    assert file.stat().st_blocks * 512 < 1 << 20
    a, b = measure(small, warm), measure(large, warm)
    assert a.error == b.error == ""
    assert 4096 < a.read_bytes < 192 << 10
    assert a.reads < 100
    # What was added is zeros, also for timestamps: the search for gaps gives up after as many as there can be.
    assert b.read_bytes < 8 << 20
    assert b.reads < 2000
    assert max(a.seconds, b.seconds) < 1
    if has_strace():
        assert a.calls is not None
        assert b.calls is not None
        assert a.reads < a.calls < 300
        assert b.reads < b.calls < 5000


def test_calls_are_counted_between_marks() -> None:
    log = "\n".join(
        [
            '7 read(3, "x", 10) = 10',
            '7 newfstatat(AT_FDCWD, "/ecogcat-opening-begins", 0x7, 0) = -1 ENOENT (No such file or directory)',
            '7 openat(AT_FDCWD, "a", O_RDONLY) = 3',
            '7 read(3, "abc"..., 4096) = 4096',
            '8 pread64(3, "abc"..., 100, 0) = 60',
            "7 <... futex resumed>) = 0",
            '7 newfstatat(AT_FDCWD, "/ecogcat-opening-ends", 0x7, 0) = -1 ENOENT (No such file or directory)',
            '7 read(3, "x", 10) = 10',
        ]
    )
    calls, read_bytes = _between(log)
    assert dict(calls) == {"openat": 1, "read": 1, "pread64": 1}
    assert read_bytes == 4156


@pytest.mark.jit
def test_a_refusal_is_a_cost_too(tmp_path: Path) -> None:
    (tmp_path / "a.rhd").write_bytes(b"nothing of the kind" * 9)
    cost = measure(tmp_path / "a.rhd", tmp_path / "a.rhd")
    assert isinstance(cost, Cost)
    assert "this is no Intan file" in cost.error
    assert os.path.exists(tmp_path / "a.rhd")
