"""What a killed process leaves in the folders of temporary files goes with the next one; nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecogcat.storage import leftovers
from ecogcat.storage.atomic import written_whole
from ecogcat.storage.leftovers import owned_prefix, sweep, unfinished_of_mine
from ecogcat.storage.unfinished import unfinished_path
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="only Linux says what numbers processes")

_SCRIPT = """
import os, signal, sys, tempfile
import numpy as np
import ecogcat as ec
dataset = ec.from_array(np.ones((2, 1000), np.float32), 1000)
if sys.argv[1] == "shared":
    made = ec.load(dataset, shared=True)
    print(made.signal.pieces[0].extent.name, flush=True)
elif sys.argv[1] == "scratch":
    made = ec.scratch(dataset)
else:
    with ec.options(memory_limit=100):
        made = ec.bandpass(dataset, 2, 200)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("what", ["shared", "scratch", "filtered"])
def test_what_a_killed_process_left_goes_with_the_next(what: str, tmp_path: Path) -> None:
    def left() -> list[Path]:
        return [Path(path) for path in lines] if what == "shared" else list(tmp_path.iterdir())

    lines: list[str] = []
    for end in ("killed", "ended"):
        environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, what, end], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == (-9 if end == "killed" else 0), done.stderr
        lines = lines or done.stdout.split()
        assert [path.exists() for path in left()] == ([True] if end == "killed" else [False] * len(lines))


def test_only_what_is_known_to_be_left_is_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    own, space = owned_prefix(), leftovers._numbering()
    keep = [
        own + "mine",
        f"ecogcat-{space}-1-the-first-process",
        f"ecogcat-{'0' * 16}-{gone.pid}-in-another-container",
        f"ecogcat-{gone.pid}-of-an-older-release",
        f"ecogcat-{space}-{10**30}-no-number-of-a-process",
        "ecogcat-x2b_1k4",
        "something else",
    ]
    for name in keep:
        (tmp_path / name).mkdir()
    (tmp_path / "target").write_text("kept")
    (tmp_path / f"ecogcat-{space}-{gone.pid}-link").symlink_to(tmp_path / "target")
    folder, file = tmp_path / f"ecogcat-{space}-{gone.pid}-abc", tmp_path / f"ecogcat-{space}-{gone.pid}-def"
    folder.mkdir()
    (folder / "samples").write_text("left")
    file.write_text("left")
    sweep(str(tmp_path))
    assert not folder.exists()
    assert not file.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*keep, "target", f"ecogcat-{space}-{gone.pid}-link"]
    )


def test_what_another_user_left_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    theirs = tmp_path / f"ecogcat-{leftovers._numbering()}-{gone.pid}-abc"
    theirs.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: theirs.stat().st_uid + 1)
    sweep(str(tmp_path))
    assert theirs.exists()


def test_where_process_numbers_say_nothing_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "_numbering", lambda: "")
    (tmp_path / "ecogcat--999999999-abc").mkdir()
    sweep(str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 1
    assert owned_prefix() == "ecogcat-"


@pytest.mark.parametrize("name", ["joined.yaml", "n" * 255])
def test_what_a_killed_write_left_beside_its_target_goes_with_the_next(name: str, tmp_path: Path) -> None:
    place = str(tmp_path / name)
    code = "import os, sys; from ecogcat.storage.atomic import written_whole\n"
    code += "with written_whole(sys.argv[1]) as part: open(part, 'w').close(); os.kill(os.getpid(), 9)"
    command = [sys.executable, "-c", code, place]
    left = []
    for _ in range(2):
        assert subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False).returncode == -9
        (one,) = tmp_path.iterdir()
        assert one.name.startswith(".")
        assert one.name.endswith(".ecogcat-unfinished")
        left.append(one)
    assert left[0] != left[1]
    with written_whole(place) as part:
        assert list(tmp_path.iterdir()) == []
        Path(part).write_text("text")
        assert unfinished_of_mine(place + "2") != part
        assert Path(part).exists()
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_beside_a_target_only_what_nobody_writes_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    place, here, elsewhere = str(tmp_path / "a.yaml"), leftovers._numbering(), "0" * 16
    now = [f".{here}-1-1", f".{elsewhere}-1-1", f".{elsewhere}-{gone.pid:x}-1"]
    now += [f".{here}-{os.getpid():x}-0", "", ".scratch"]
    names = [unfinished_path(place, one) for one in now] + [unfinished_path(place + "l", f".{here}-{gone.pid:x}-1")]
    abandoned = [unfinished_path(place, one) for one in (f".{here}-{gone.pid:x}-1", f".{elsewhere}-1-2")]
    for name in [*names, *abandoned]:
        Path(name).touch()
    os.utime(abandoned[1], (0, 0))
    taken = Path(unfinished_of_mine(place))
    assert not taken.exists()
    assert sorted(map(str, tmp_path.iterdir())) == sorted(names)
    taken.touch()  # of a process that had our number
    assert unfinished_of_mine(place) == str(taken)
    assert not taken.exists()
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    Path(abandoned[0]).touch()
    unfinished_of_mine(place)
    assert Path(abandoned[0]).exists()
