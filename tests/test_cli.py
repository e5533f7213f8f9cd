"""The `ecogcat` command: what it prints, as tables and as JSON, and how it exits."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

import ecogcat as ec
from ecogcat.cli import main
from ecogcat.cli.app import pairs
from ecogcat.cli.commands import ecogcat
from ecogcat.cli.doctor import examine
from ecogcat.testing.simulate import SimulatedSession, simulate_session
from tests.conftest import shared_path


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSession:
    session = simulate_session(tmp_path_factory.mktemp("a session"), ("intan", "hdf5"), duration_s=3.0)
    content = yaml.safe_load(session.catalog.read_text())
    names = list(content["sources"])
    content["sources"]["both"] = {"driver": "ecog_join", "args": {"parts": names}}
    session.catalog.write_text(yaml.safe_dump(content, sort_keys=False))
    return session


@pytest.fixture
def run() -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(ecogcat, [str(argument) for argument in arguments])


def test_info(session: SimulatedSession, run: Callable[..., Result]) -> None:
    recording = session.recordings[1]
    by_name = run("info", f"{session.catalog}:{recording.name}")
    assert by_name.exit_code == 0
    assert by_name.output == f"{ec.load_session(session.catalog)[1]!r}\n"
    by_path = run("info", recording.path)
    assert (by_path.exit_code, by_path.output) == (0, f"{ec.open_recording(recording.path)!r}\n")


def test_load_arguments(session: SimulatedSession, run: Callable[..., Result], tmp_path: Path) -> None:
    path = session.recordings[0].path
    wanted = ec.open_recording(path, channels=[2, 0], units="mV")
    for entry in (path, f"{session.catalog}:{session.recordings[0].name}"):
        found = json.loads(run("info", entry, "-l", "channels=[2, 0]", "--load", "units=mV", "--json").output)
        assert (found["n_channels"], found["units"], found["channel_names"]) == (
            2,
            "mV",
            [*wanted.signal.channel_names],
        )
    assert "cannot convert" in run("info", path, "-l", "units=s").stderr
    assert run("plot", path, "-l", "channels=[3, 4]", "-o", tmp_path / "x.png").exit_code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("channels",), "give KEY=VALUE, such as stream=imec0.ap, not 'channels'"),
        (("chanels=3",), "no load argument is called 'chanels'; did you mean 'channels'?"),
        (("xyzzy=3",), "no load argument is called 'xyzzy'; ec.load_arguments(FORMAT) in Python lists them"),
        (
            ("channels=[0, 1",),
            "channels=[0, 1: this is no value of YAML (",
        ),
        (("channels=!!python/name:os.system",), "this is no value of YAML (could not determine a constructor"),
        (("start_time=2026-13-01",), "this is no value of YAML (month must be in 1..12)"),
        (
            ("units={a: 1}",),
            "names with values have no place here; give a number, a word, or a list, such as -l 'channels=",
        ),
        (("channels=[0, {a: 1}]",), "names with values have no place here"),
        (("name=a: b",), """such as -l 'name="a: b"'"""),
        (("units=mV", "units=V"), "units is given twice"),
    ],
)
def test_load_arguments_that_are_none(run: Callable[..., Result], given: tuple[str, ...], said: str) -> None:
    done = run("info", "a.rhd", *(word for one in given for word in ("-l", one)))
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "storage_options={key: AKIA, secret: TOPSECRET",
            "storage_options=...: this is no value of YAML (expected ','",
        ),
        ("storage_options={secret: !TOPSECRET x}", "storage_options=...: this is no value of YAML (a bracket"),
        ("storage_options={secret: *TOPSECRET}", "such as -l 'storage_options={key: KEY, secret: SECRET}'"),
        ("storage_options={1: TOPSECRET}", "storage_options: names are text; give names with values"),
        ("storage_options: {secret: TOPSECRET}", "not 'storage_options...'"),
        ("storage-options={secret: TOPSECRET}", "not 'storage-options...'"),
    ],
)
def test_keys_are_in_no_message(run: Callable[..., Result], given: str, said: str) -> None:
    for flag in (["-l", given], [f"-l{given}"], [f"--load={given}"]):
        done = run("info", "s3://lab/a.rhd", *flag)
        assert done.exit_code == 2
        assert said in " ".join(done.stderr.split())
        assert "SECRET" not in done.output.replace("secret: SECRET}'", "")
        assert "AKIA" not in done.output


def test_values_of_load_arguments() -> None:
    given = ("channels=[0, 1]", 'name="a: b"', "notches=[60, [120, 180.5]]", "bandpass=", "mapped=no", "units=mV")
    assert pairs(None, None, given) == {
        **{"channels": [0, 1], "name": "a: b", "notches": [60, [120, 180.5]], "bandpass": None, "mapped": False},
        "units": "mV",
    }
    nested = "storage_options={key: K, client_kwargs: {endpoint_url: 'https://host:9000'}}"
    assert pairs(None, None, (nested,)) == {
        "storage_options": {"key": "K", "client_kwargs": {"endpoint_url": "https://host:9000"}}
    }


def test_plan_of_paths(session: SimulatedSession, run: Callable[..., Result]) -> None:
    path = session.recordings[0].path
    assert "1 dataset can be joined -> 64 channels" in run("plan", path).output
    assert "2 datasets can be joined -> 64 channels" in run("plan", path, path).output
    one, other = (
        shared_path(f"recordings/intan/intan_{name}") for name in ("fps_test_231117_052500", "fpc_test_231117_052630")
    )
    assert "2 datasets can be joined -> 64 channels x 48,640" in run("plan", one, other).output


def test_info_for_machines(session: SimulatedSession, run: Callable[..., Result]) -> None:
    found = json.loads(run("info", f"{session.catalog}:both", "--json").output)
    joined = ec.join(*ec.load_session(session.catalog), name="both")
    assert (found["name"], found["token"], found["n_samples"]) == ("both", joined.token, joined.n_samples)
    assert [part["name"] for part in found["parts"]] == [recording.name for recording in session.recordings]
    assert found["seams"][0]["sample"] == joined.seams[0].sample
    assert found["sites"] == joined.channel_map.sites.tolist()  # type: ignore[union-attr]
    assert found["parts"][0]["start_time"] == "2026-03-14T10:21:05.000000"
    assert found["dropped"] == []


def test_json_has_no_word_for_nan(tmp_path: Path, run: Callable[..., Result]) -> None:
    with h5py.File(tmp_path / "odd.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 9)), 10.0
        file.attrs["impedance"] = np.nan
        file.attrs["gains"] = [1.5, np.inf]
    output = run("info", tmp_path / "odd.h5", "--json").output
    found = json.loads(output, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert found["metadata"]["impedance"] is None
    assert found["metadata"]["gains"] == [1.5, None]


def test_ls(session: SimulatedSession, run: Callable[..., Result]) -> None:
    listed = run("ls", session.catalog)
    assert listed.exit_code == 0
    lines = listed.output.splitlines()
    assert [line.split()[0] for line in lines[2:]] == [*(one.name for one in session.recordings), "both"]
    rows = json.loads(run("ls", session.catalog, "--json").output)
    assert [(row["entry"], row["channels"], row["error"]) for row in rows] == [
        *((one.name, 61, "") for one in session.recordings),
        ("both", 61, ""),
    ]


def test_ls_lists_what_it_can(session: SimulatedSession, run: Callable[..., Result]) -> None:
    content = yaml.safe_load(session.catalog.read_text())
    content["sources"]["gone"] = {"driver": "ecog_hdf5", "args": {"urlpath": "{{ CATALOG_DIR }}/gone.h5"}}
    content["sources"]["odd"] = {"driver": "ecog_nonesuch", "args": {}}
    path = session.folder / "partly.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    listed = run("ls", path)
    assert listed.exit_code == 1
    assert listed.stdout.count("(error)") == 2
    assert "catalog entry 'gone': nothing is at " in listed.stderr
    assert "there is no driver 'ecog_nonesuch'" in listed.stderr
    rows = json.loads(run("ls", path, "--json").stdout)
    assert [bool(row["error"]) for row in rows] == [False, False, False, True, True]
    path.unlink()


def test_plan(session: SimulatedSession, run: Callable[..., Result]) -> None:
    planned = run("plan", session.catalog)
    plan = ec.plan_join(*ec.load_session(session.catalog))
    assert (planned.exit_code, planned.output) == (0, f"{plan!r}\n")
    assert run("plan", session.catalog, "*_00*").output == planned.output
    found = json.loads(run("plan", session.catalog, "--gaps", "nan", "--json").output)
    assert (found["ok"], found["n_channels"], found["n_samples"]) == (True, 61, plan.n_samples)
    assert {row["what"] for row in found["mismatches"]} == {one.what for one in plan.mismatches}


@pytest.mark.parametrize(
    ("flags", "status", "said"),
    [
        (("--aligned", "exact"), 1, "CANNOT be joined"),
        (("--min-channels", "62"), 1, "at least 62"),
        (("--gaps", "0.5"), 0, "can be joined"),
        (("--gaps", "wide"), 2, "give abut, nan or a number"),
        (("--channels", "some"), 2, "'some' is not one of"),
        (("nope",), 1, "no entry is called 'nope'; there are: "),
    ],
)
def test_options_of_a_plan(
    session: SimulatedSession, run: Callable[..., Result], flags: tuple[str, ...], status: int, said: str
) -> None:
    done = run("plan", session.catalog, *flags)
    assert done.exit_code == status
    assert said in done.output


def test_plan_of_a_folder(session: SimulatedSession, run: Callable[..., Result], tmp_path: Path) -> None:
    bare = tmp_path / "bare"  # without the session's catalog, which would go before its recordings
    bare.mkdir()
    for one in session.recordings:
        shutil.copy(one.path, bare)
    done = run("plan", bare)
    assert done.exit_code == 1
    assert "CANNOT be joined" in done.output, "without an electrode the two systems' channels have no name in common"
    both = tmp_path / "two recordings"
    both.mkdir()
    for name in ("a.h5", "b.h5"):
        (both / name).write_bytes(session.recordings[1].path.read_bytes())
    done = run("plan", both)
    assert done.exit_code == 0, done.output
    assert "2 datasets can be joined -> 64 channels" in done.output
    tmp_path = tmp_path / "another"
    tmp_path.mkdir()
    (tmp_path / "cut.rhd").write_bytes(session.recordings[0].path.read_bytes()[:100])
    (tmp_path / "whole.rhd").write_bytes(session.recordings[0].path.read_bytes())
    done = run("plan", tmp_path)
    assert done.exit_code == 1
    assert "1 of 2 recordings cannot be opened" in done.stderr
    assert run("plan", tmp_path, "whole").exit_code == 0
    (tmp_path / "none").mkdir()
    assert "no recording of a known format" in run("plan", tmp_path / "none").stderr


def test_plan_of_consecutive_files(run: Callable[..., Result]) -> None:
    done = run("plan", shared_path("recordings/intan/derived_consecutive_128ch"))
    assert done.exit_code == 0
    assert "128 channels x 6,000 samples" in done.output


def test_plot(session: SimulatedSession, run: Callable[..., Result], tmp_path: Path) -> None:
    for suffix, magic in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")):
        path = tmp_path / f"a picture{suffix}"
        assert run("plot", f"{session.catalog}:both", "-o", path, "--by", "level").exit_code == 0
        assert path.read_bytes().startswith(magic)
    done = run("plot", f"{session.catalog}:both", "-o", tmp_path / "x.png", "--by", "colour")
    assert (done.exit_code, "no condition colour" in done.stderr) == (1, True)
    done = run("plot", f"{session.catalog}:both", "-o", tmp_path / "x.png", "--seam", "5")
    assert (done.exit_code, "no seam 5" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("info", "nope.rhd"), 1, "nope.rhd: nothing is there"),
        (("info", "nope.yaml:a"), 1, "no such catalog"),
        (("ls", "nope.yaml"), 1, "no such catalog"),
        (("ls", "/nowhere"), 1, "nothing is there"),
        (("info",), 2, "Missing argument"),
        (("plot", "a.rhd"), 2, "Missing option"),
        (("nonesuch",), 2, "No such command"),
        (("--version",), 0, ec.__version__),
        (("--help",), 0, "Exit status"),
    ],
)
def test_how_it_exits(run: Callable[..., Result], arguments: tuple[str, ...], status: int, said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == status
    assert said in done.output


def test_a_catalog_without_a_name(session: SimulatedSession, run: Callable[..., Result]) -> None:
    done = run("info", session.catalog)
    assert done.exit_code == 1
    assert f"name one of its entries: {session.catalog}:{session.recordings[0].name}" in done.stderr
    done = run("info", f"{session.catalog}:nope")
    assert (done.exit_code, "no entry 'nope'; there are:" in done.stderr) == (1, True)


def test_demo(run: Callable[..., Result], tmp_path: Path) -> None:
    done = run("demo", tmp_path, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "The folder holds no file." in done.output


def test_doctor(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = run("doctor")
    assert done.exit_code == 0, done.output
    rows: dict[str, Any] = {row["what"]: row for row in json.loads(run("doctor", "--json").output)}
    assert rows["numpy"]["value"] == np.__version__
    assert {"ecog_hdf5", "ecog_intan", "ecog_join"} <= set(rows["Intake drivers"]["value"].split(", "))
    assert rows["threads"]["value"] >= 1
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/proc/nowhere")
    done = run("doctor")
    assert done.exit_code == 1
    assert "set NUMBA_CACHE_DIR" in done.stderr
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "not" / "yet"))
    assert all(row["ok"] for row in examine())


def test_without_click_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [name for name in sys.modules if name.startswith("ecogcat.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "click", None)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    assert "ecogcat[cli]" in capsys.readouterr().err


def test_the_command_is_installed(session: SimulatedSession) -> None:
    """As a process, into a pipe: no colour codes, one line an entry."""
    code = "import sys; from ecogcat.cli import main; sys.argv[0] = 'ecogcat'; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "ls", session.catalog], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 2 + len(session.recordings) + 1
