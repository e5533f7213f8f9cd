"""The `ecogcat` command stopped from outside: by Ctrl-C, or because nobody reads on; one line at most, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.cli.commands import ecogcat
from ecogcat.testing.rhd import write_rhd
from tests.remote_stores import served

# The command, which comes to a standstill at some call of a function.
SLOW = """if True:
    import importlib, sys, time
    from ecogcat.catalog import examine
    from ecogcat.cli import main
    place, name, calls = sys.argv[1].split(":")
    module = importlib.import_module(place)
    real, left = getattr(module, name), [int(calls)]
    def slow(*arguments, **options):
        left[0] -= 1
        if left[0] < 0:
            print("READY", file=sys.stderr, flush=True)
            for _ in range(600):  # not one long sleep: a signal just before it would be seen when it is over
                time.sleep(0.1)
        return real(*arguments, **options)
    setattr(module, name, slow)
    examine._ALONE_S = 0 if name == "wait" else 60
    del sys.argv[1]
    main()
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for k in range(8):
        write_rhd(tmp_path / "data" / f"r{k}.rhd", [[k] * 1280] * 16)
    ec.scan(tmp_path / "data", tmp_path / "s.yaml")
    return tmp_path / "s.yaml"


def interrupted(slow: str, *line: object) -> tuple[int, list[str]]:
    """Run the command, send SIGINT to it and all that it started when it stands still; return status and stderr."""
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, slow, *map(str, line)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as done:
        assert done.stderr is not None
        assert done.stderr.readline() == "READY\n"
        os.killpg(done.pid, signal.SIGINT)
        _, said = done.communicate(timeout=60)
    return done.returncode, [one for one in said.splitlines() if one != "READY"]


def visible(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.parametrize("slow", ["ecogcat.catalog.examine:open_files:0", "os:fsync:0"])
@pytest.mark.parametrize("there", [True, False])
def test_a_scan(catalog: Path, slow: str, there: bool) -> None:
    before = catalog.read_text()
    output = catalog if there else catalog.parent / "t.yaml"
    names = visible(catalog.parent)
    assert interrupted(slow, "scan", catalog.parent / "data", "-o", output) == (130, ["interrupted"])
    assert (visible(catalog.parent), catalog.read_text()) == (names, before)


def test_a_scan_in_processes(tmp_path: Path) -> None:
    for k in range(8):
        for j in range(3):
            (tmp_path / "data" / f"d{k}").mkdir(parents=True, exist_ok=True)
            write_rhd(tmp_path / "data" / f"d{k}" / f"r{j}.rhd", [[0] * 128] * 4)
    line = ("scan", tmp_path / "data", "-o", tmp_path / "s.yaml", "--jobs", 2)
    done = interrupted("ecogcat.catalog.examine:wait:0", *line)
    assert done == (130, ["interrupted"])
    assert visible(tmp_path) == ["data"]


@pytest.mark.parametrize("ending", [".h5", ".zarr"])
def test_a_join(catalog: Path, ending: str) -> None:
    output = catalog.parent / f"out{ending}"
    slow = "os:fsync:0" if ending == ".h5" else "ecogcat.storing.zarr:_put_file:2"
    status, said = interrupted(slow, "join", catalog, "-o", output)
    assert status == 130
    assert len(said) == 1
    assert said[0].startswith("interrupted")
    assert not output.exists()
    left = [one for one in visible(catalog.parent) if one.endswith(".ecogcat-unfinished")]
    assert [one in said[0] for one in left] == [True] * len(left)
    line = [sys.executable, "-m", "ecogcat", "join", str(catalog), "-o", str(output)]
    subprocess.run(line, check=True, capture_output=True, timeout=60)
    assert ec.equals(ec.open_recording(output), ec.join(*ec.load_session(catalog)))
    assert visible(catalog.parent) == sorted(["data", output.name, "s.yaml"])


def test_a_join_as_an_entry_and_loading(catalog: Path) -> None:
    names = visible(catalog.parent)
    line = ("join", catalog, "-l", "mapped=false", "-o", catalog.parent / "j.yaml")
    assert interrupted("ecogcat.store:_loaded:1", *line) == (130, ["interrupted"])
    assert visible(catalog.parent) == names


@pytest.mark.parametrize("command", ["ls", "check --json"])
def test_nobody_reads_on(catalog: Path, command: str) -> None:
    line = f'"$0" -m ecogcat {command} "$1" | true; echo ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", line, sys.executable, catalog], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_as_a_module(catalog: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ecogcat", "ls", catalog], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[2].startswith("r0 ")


@pytest.mark.parametrize("how", ["slow", "silent"])
@pytest.mark.parametrize("line", ["info {url}/a.rhd", "scan {url} -o t.yaml", "join {url}/a.rhd {url}/b.rhd -o t.h5"])
def test_a_download(how: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    for name in ("a.rhd", "b.rhd"):
        (tmp_path / "web" / name).write_bytes(b"x" * 5_000_000)
    (tmp_path / "work").mkdir()
    with served(tmp_path / "web") as (url, server):
        server.slow = how
        command = [sys.executable, "-c", "from ecogcat.cli import main; main()", *line.format(url=url).split()]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path / "work",
            env={**os.environ, "ECOGCAT_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(Path(__file__).parents[1])},
        ) as done:
            assert server.begun.wait(60)
            time.sleep(0.3)
            start = time.monotonic()
            done.send_signal(signal.SIGINT)
            out, said = done.communicate(timeout=60)
        assert time.monotonic() - start < 20
    assert (done.returncode, out) == (130, "")
    assert said.splitlines()[0] == "interrupted"
    if how == "slow":
        assert said == "interrupted\n"
    left = [one.name for one in (tmp_path / "cache" / "files").iterdir()]
    assert all(one.startswith("ecogcat-") for one in left), "nothing half-written has a name of its own"
    assert not left or how == "silent"
    assert not visible(tmp_path / "work")


@pytest.mark.parametrize("line", ["info {url}/a.rhd", "scan {url} -o t.yaml"])
def test_a_server_that_ends_in_the_middle(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.rhd").write_bytes(b"x" * 5_000_000)
    monkeypatch.setenv("ECOGCAT_CACHE", str(tmp_path / "cache"))
    with served(tmp_path / "web") as (url, server):
        server.slow = "cut"
        done = CliRunner().invoke(ecogcat, line.format(url=url).replace("t.yaml", str(tmp_path / "t.yaml")).split())
    assert done.exit_code == 1
    assert "a.rhd: the store cannot be read" in done.stderr
    assert "(found it ended early: 100,000 of 5,000,000 bytes)" in done.stderr
    assert not list((tmp_path / "cache" / "files").iterdir())
    assert not (tmp_path / "t.yaml").exists()
