"""The `ecogcat` command on sessions: scan, ls, find, check, relink, join and report, and how entries are chosen."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest
import yaml
from click.testing import CliRunner, Result

import ecogcat as ec
from ecogcat.cli.commands import ecogcat
from ecogcat.cli.output import without_room
from ecogcat.testing.rhd import write_rhd

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(ecogcat, [str(argument) for argument in arguments])


@pytest.fixture
def catalog(tmp_path: Path, run: Run) -> Path:
    for k, name in enumerate(("day0/a", "day0/b", "day1/c")):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        write_rhd(tmp_path / "data" / f"{name}.rhd", [[k + 1] * 128] * 4)
    (tmp_path / "data" / "bad.rhd").write_bytes(b"no such thing")
    done = run("scan", tmp_path / "data", "-o", tmp_path / "s.yaml")
    assert done.exit_code == 0, done.output
    return tmp_path / "s.yaml"


def test_scan(catalog: Path, run: Run) -> None:
    folder = catalog.parent / "data"
    (folder / "day0" / "a.rhd").unlink()
    done = run("scan", folder, "-o", catalog)
    assert done.exit_code == 0
    assert done.output.startswith("2 recordings in 2 folders, 0 of them new; 0 other files\n")
    assert "gone: day0/a (its entry is kept)" in done.output
    assert "1 path cannot be opened:\n  bad.rhd\n      this is no Intan file" in done.output
    assert f"next: ecogcat ls {catalog}" in done.output
    found = json.loads(run("scan", folder, "-o", catalog, "--json").output)
    assert (found["recordings"], found["new"], found["gone"]) == (2, [], ["day0/a"])
    assert "gone" in run("ls", catalog).output
    (catalog.parent / "none").mkdir()
    done = run("scan", catalog.parent / "none", "-o", catalog.parent / "n.yaml")
    said = (
        f"error: {catalog.parent / 'none'}: no recording of a known format is in it: it holds no file; no catalog was"
    )
    assert (done.exit_code, done.stdout, done.stderr.startswith(said)) == (1, "", True)
    assert not (catalog.parent / "n.yaml").exists()
    assert run("scan", folder).exit_code == 2
    done = run("scan", folder, "-o", "x.json")
    assert (done.exit_code, "a catalog is a YAML file" in done.stderr) == (1, True)


def test_ls_of_a_catalog_and_of_its_folder(catalog: Path, run: Run) -> None:
    for place in (catalog, catalog.parent / "data"):
        rows = json.loads(run("ls", place, "--json").output)
        assert [(row["entry"], row["channels"], row["samples"]) for row in rows] == [
            ("day0/a", 4, 128),
            ("day0/b", 4, 128),
            ("day1/c", 4, 128),
        ]


@pytest.mark.parametrize(
    ("words", "found", "status"),
    [
        (("day0",), ["day0/a", "day0/b"], 0),
        (("day0", "rate=20000"), ["day0/a", "day0/b"], 0),
        (("samples>128",), [], 1),
        (("session=day1",), ["day1/c"], 0),
    ],
)
def test_find(catalog: Path, run: Run, words: tuple[str, ...], found: list[str], status: int) -> None:
    done = run("find", catalog, *words, "--json")
    assert done.exit_code == status
    assert [row["entry"] for row in json.loads(done.stdout)] == found
    if not found:
        assert f"none of the 3 entries; `ecogcat ls {catalog}` lists them" in done.stderr
    assert "did you mean session?" in run("find", catalog, "sesion=x").stderr


def test_check_and_relink(catalog: Path, run: Run) -> None:
    done = run("check", catalog)
    assert (done.exit_code, done.output) == (0, "ok     day0/a\nok     day0/b\nok     day1/c\n\n3 of 3 entries hold\n")
    os.rename(catalog.parent / "data", catalog.parent / "moved")
    done = run("check", catalog, "day0/*")
    assert done.exit_code == 1
    assert done.stdout.count("FAILS  day0/") == 2
    assert f"next: ecogcat relink {catalog} OLD NEW" in done.stderr
    assert [row["ok"] for row in json.loads(run("check", catalog, "--json").stdout)] == [False] * 3
    done = run("relink", catalog, catalog.parent / "elsewhere", catalog.parent / "moved")
    assert (done.exit_code, "they lie in {{ CATALOG_DIR }}/data/day0" in done.stderr) == (1, True)
    (catalog.parent / "moved" / "day1" / "c.rhd").unlink()
    done = run("relink", catalog, catalog.parent / "data", catalog.parent / "moved")
    assert done.exit_code == 1
    assert "FAILS  day1/c: {{ CATALOG_DIR }}/moved/day1/c.rhd (nothing is there)" in done.output
    assert run("check", catalog, "--exclude", "day1/c").exit_code == 0


@pytest.mark.parametrize(
    ("chosen", "parts"),
    [
        ((), ["day0/a", "day0/b", "day1/c"]),
        (("--all",), ["day0/a", "day0/b", "day1/c"]),
        (("day1/c", "day0/a"), ["day1/c", "day0/a"]),
        (("day0/*",), ["day0/a", "day0/b"]),
        (("--find", "day0", "--exclude", "*/a"), ["day0/b"]),
        (("--find", "session=day1"), ["day1/c"]),
    ],
)
def test_join_as_an_entry(catalog: Path, run: Run, chosen: tuple[str, ...], parts: list[str]) -> None:
    output = catalog.parent / "joined.yaml"
    done = run("join", catalog, *chosen, "-o", output, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["parts"] == parts
    content = yaml.safe_load(output.read_text())
    assert content["sources"]["joined"] == {"driver": "ecog_join", "args": {"parts": parts}}
    joined = ec.load_session(output, "joined")[0]
    assert ec.equals(joined, ec.join(*ec.load_session(catalog, parts), name="joined"))
    done = run("info", f"{output}:joined")
    assert done.exit_code == 0
    done = run("join", catalog, *chosen, "-o", output)
    assert (done.exit_code, "choose another --name, or say --overwrite" in done.stderr) == (1, True)
    assert run("join", catalog, *chosen, "-o", output, "--overwrite").exit_code == 0


def test_options_of_a_join_are_kept(catalog: Path, run: Run) -> None:
    flags = ("--name", "both", "--match", "name", "--gaps", "abut", "--rate-tolerance", "0.01", "-l", "units=mV")
    assert run("join", catalog, "day0/*", "-o", catalog, *flags).exit_code == 0
    args = yaml.safe_load(catalog.read_text())["sources"]["both"]["args"]
    assert args == {
        **{"parts": ["day0/a", "day0/b"], "match": "name", "gaps": "abut", "rate_tolerance": 0.01},
        **{"units": "mV"},
    }
    assert ec.load_session(catalog, "both")[0].units == "mV"


@pytest.mark.parametrize("store", [None, "inside", "../outside"])
def test_a_join_kept_as_an_entry_writes_nothing_by_itself(
    store: str | None, catalog: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = catalog.parent
    (folder / "kept").mkdir()
    monkeypatch.chdir(folder / "kept")  # as seen from there a folder is named
    asked = [
        "-l",
        "save_downsampled=true",
        "-l",
        "resample_rate=500",
        *(["-l", f"store_path={store}"] if store else []),
    ]
    done = run("join", catalog, "day0/*", "-o", "both.yaml", *asked)
    assert (done.exit_code, "save_downsampled is left out of the entry" in done.stderr) == (0, True), done.output
    stored = folder / "kept" / store if store else folder / "data" / "day0"
    written = sorted(str(one.resolve()) for one in stored.glob("*_Fs500.h5"))
    assert len(written) == 2
    args = yaml.safe_load(Path("both.yaml").read_text())["sources"]["both"]["args"]
    where = {None: {}, "inside": {"store_path": "inside"}, "../outside": {"store_path": str(folder / "outside")}}[store]
    assert args == {"parts": ["day0/a", "day0/b"], "resample_rate": 500, **where}
    monkeypatch.chdir(folder)
    joined = ec.load_session(folder / "kept" / "both.yaml", "both")[0]
    assert sorted(source.path for source in joined.signal.sources) == written


def test_every_option_of_join_is_a_flag(run: Run) -> None:
    import inspect

    names = [name for name, one in inspect.signature(ec.join).parameters.items() if one.kind is one.KEYWORD_ONLY]
    for command in ("join", "plan"):
        text = run(command, "--help").output
        assert [name for name in names if f"--{name.replace('_', '-')}" not in text] == []


def test_join_writes(catalog: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    def write(dataset: ec.Dataset, path: str, overwrite: bool, progress: Any, compression: Any) -> None:
        told.append((dataset.n_samples, path, overwrite, progress))

    monkeypatch.setattr(ec, "write", write, raising=False)
    for name in ("o.h5", "o.zarr", "o.vds.h5"):
        assert run("join", catalog, "-o", catalog.parent / name, "--overwrite").exit_code == 0
    assert told == [(384, str(catalog.parent / name), True, None) for name in ("o.h5", "o.zarr", "o.vds.h5")]


def test_join_writes_compressed(catalog: Path, run: Run) -> None:
    found = []
    for flags in ((), ("--compression", "gzip")):
        done = run("join", catalog, "-o", catalog.parent / "o.h5", "--overwrite", *flags)
        assert done.exit_code == 0, done.output
        with h5py.File(catalog.parent / "o.h5") as file:
            found.append(file["signal"].compression)
    assert found == [None, "gzip"]
    assert ec.equals(ec.open_recording(catalog.parent / "o.h5"), ec.join(*ec.load_session(catalog)))
    for name in ("o.yaml", "o.vds.h5"):
        done = run("join", catalog, "-o", catalog.parent / name, "--compression", "gzip")
        assert (done.exit_code, f"{name} would hold no samples" in done.stderr) == (2, True)
        assert not (catalog.parent / name).exists()
    assert run("join", catalog, "-o", catalog.parent / "p.h5", "--compression", "lzf").exit_code == 2


def test_what_cannot_be_joined(catalog: Path, run: Run) -> None:
    write_rhd(catalog.parent / "data" / "slow.rhd", [[0] * 128] * 4, sampling_rate=10000.0)
    run("scan", catalog.parent / "data", "-o", catalog)
    done = run("plan", catalog)
    assert done.exit_code == 1
    assert "without slow the other 3 join: 4 channels x 384 samples:\n" in done.output
    assert f"ecogcat plan {catalog} --exclude slow" in done.output
    assert json.loads(run("plan", catalog, "--json").output)["without"] == {
        **{"parts": ["slow"], "n_channels": 4, "n_samples": 384, "command": f"ecogcat plan {catalog} --exclude slow"}
    }
    assert run("plan", catalog, "--exclude", "slow").exit_code == 0
    assert run("plan", catalog, "--on-rate-mismatch", "resample", "--rate", "10000").exit_code in (0, 1)
    done = run("join", catalog, "-o", catalog.parent / "x.yaml")
    assert done.exit_code == 1
    assert not (catalog.parent / "x.yaml").exists()
    done = run("plan", catalog, "day9/*")
    assert (done.exit_code, "no entry is called 'day9/*'; there are: day0/a" in done.stderr) == (1, True)
    done = run("join", catalog.parent / "data" / "slow.rhd", "-o", catalog.parent / "x.yaml")
    assert (done.exit_code, "makes one" in done.stderr) == (1, True)


@pytest.mark.parametrize("target", ["catalog", "folder", "paths", "nested"])
@pytest.mark.parametrize("first", [True, False])
def test_advice_of_a_plan_is_a_command_that_can_be_run(tmp_path: Path, run: Run, target: str, first: bool) -> None:
    data = tmp_path / "the data"
    for day in ("day 1", "day 2"):  # consecutive files, called alike on both days; slower on one of them
        (data / day).mkdir(parents=True)
        for name in ("odd one_260314_102105", "odd one_260314_102205"):
            rate = 1e4 if (day == "day 1") == first else 2e4
            write_rhd(data / day / f"{name}.rhd", [[0] * 128] * 4, sampling_rate=rate)
    for name in ("[a] 'b'", "c"):
        write_rhd(data / "day 2" / f"{name}.rhd", [[0] * 128] * 4, sampling_rate=2e4)
    assert run("scan", data, "-o", tmp_path / "my s.yaml").exit_code == 0
    nested = {"sources": {"g": {"driver": "ecog_session", "args": {"path": "my s.yaml"}}}}
    (tmp_path / "nested.yaml").write_text(yaml.safe_dump(nested))
    line = {
        "catalog": ["plan", tmp_path / "my s.yaml", "--match", "name", "-l", "units=mV"],
        "folder": ["plan", data],
        "paths": ["plan", "--gaps", "abut", *sorted(data.glob("*/*.rhd"))],
        "nested": ["plan", tmp_path / "nested.yaml", "--all"],
    }[target]
    done = run(*line)
    assert done.exit_code == 1
    advice = next(text for text in done.output.splitlines() if text.startswith("  ecogcat plan "))
    n = 4 if target == "paths" else 3
    assert f"the other {n} join" in done.output
    again = run(*shlex.split(advice)[1:])
    assert again.exit_code == 0, again.output
    assert f"{n} datasets can be joined" in again.output
    assert json.loads(run(*line, "--json").output)["without"]["command"] == advice.strip()


@pytest.mark.parametrize("flag", [["-l", "{}"], ["--load", "{}"], ["-l{}"], ["--load={}"]])
def test_advice_of_a_plan_repeats_no_key(catalog: Path, run: Run, flag: list[str]) -> None:
    write_rhd(catalog.parent / "data" / "slow.rhd", [[0] * 128] * 4, sampling_rate=1e4)
    assert run("scan", catalog.parent / "data", "-o", catalog).exit_code == 0
    load = [one.format("storage_options={secret: TOP\nSECRET}") for one in flag]
    for more in ([], ["--json"]):
        done = run("plan", catalog, *load, *more)
        assert (done.exit_code, "storage_options=... --exclude slow" in done.output) == (1, True)
        assert "SECRET" not in done.output


def test_debug_shows_where(run: Run) -> None:
    done = run("info", "nope.rhd")
    assert isinstance(done.exception, SystemExit)
    assert isinstance(run("--debug", "info", "nope.rhd").exception, ec.RecordingNotFound)


def test_report(catalog: Path, run: Run) -> None:
    page = catalog.parent / "a report.html"
    done = run("report", catalog, "-o", page, "--pictures", "1")
    assert (done.exit_code, done.output) == (0, f"{page}\n")
    text = page.read_text()
    for said in ("3 of 3 entries hold", "day0/a", "3 datasets can be joined", "bad.rhd: this is no Intan file"):
        assert said in text
    assert text.count("data:image/png;base64,") == 1
    assert "http" not in text, "nothing is fetched from elsewhere"
    (catalog.parent / "data" / "day0" / "a.rhd").write_bytes(b"<b>")
    done = run("report", catalog, "-o", page, "--pictures", "0", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["failed"] == ["day0/a"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(run: Run, shell: str) -> None:
    done = CliRunner().invoke(ecogcat, [], prog_name="ecogcat", env={"_ECOGCAT_COMPLETE": f"{shell}_source"})
    assert (done.exit_code, "ecogcat" in done.output) == (0, True)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("pl", ["plain,plan", "plain,plot"]),
        ("plan --exc", ["plain,--exclude"]),
        ("plan s.yaml day0/", ["plain,day0/a", "plain,day0/b"]),
        ("join s.yaml day0/a day1", ["plain,day1/c"]),
        ("check s.yaml --exclude day1/", ["plain,day1/c"]),
        ("plan s.yaml --gaps nan --match si", ["plain,site"]),
        ("plan s.", ["file,s."]),
        ("ls s.", ["file,s."]),
        ("plan data d", ["file,d"]),
        ("plan broken.yaml d", []),
    ],
)
def test_what_bash_is_offered(catalog: Path, monkeypatch: pytest.MonkeyPatch, line: str, offered: list[str]) -> None:
    monkeypatch.chdir(catalog.parent)
    Path("broken.yaml").write_text("a: [")
    words = f"ecogcat {line}"
    env = {"_ECOGCAT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = CliRunner().invoke(ecogcat, [], prog_name="ecogcat", env=env)
    assert (done.exit_code, done.output.split()) == (0, offered)


def test_bash_completes(catalog: Path) -> None:
    script = """
        shopt -s extglob; PATH="$PWD:$PATH"
        printf '#!/bin/sh\\nexec "%s" -m ecogcat "$@"\\n' "$0" > ecogcat; chmod +x ecogcat
        eval "$(_ECOGCAT_COMPLETE=bash_source ecogcat 2>/dev/null)"
        COMP_WORDS=(ecogcat plan s.yaml day0/); COMP_CWORD=3
        _ecogcat_completion ecogcat; echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "-c", script, sys.executable], cwd=catalog.parent, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1:] == ["day0/a day0/b"], done.stderr


def test_each_help_ends_with_an_example_that_is_one(run: Run) -> None:
    for name, command in ecogcat.commands.items():
        text = run(name, "--help").output
        assert command.get_short_help_str().endswith("."), name
        assert f"Example: ecogcat {name}" in text
        words = shlex.split(" ".join(text.rpartition("Example: ecogcat ")[2].split()))[1:]
        assert command.make_context(name, words).params, "its options are there, with values they take"


def test_errors_speak_of_flags(catalog: Path, run: Run) -> None:
    out = catalog.parent / "out.h5"
    assert run("join", catalog, "--all", "-o", out).exit_code == 0
    done = run("join", catalog, "--all", "-o", out)
    assert (done.exit_code, done.stderr) == (1, f"error: {out} is there already; --overwrite replaces it\n")
    done = run("join", catalog, "--all", "-o", "out.foo")
    assert done.stderr.endswith(".mat\n"), "not `format=`, which is no flag"
    done = run("join", catalog, "--all", "-o", catalog.parent / "all.vds.h5")
    assert (done.exit_code, "ecogcat join CATALOG -o joined.yaml" in done.stderr) == (1, True)
    done = run("info", catalog.parent / "data" / "day0")
    assert (done.exit_code, "Name one with -l recording=" in done.stderr) == (1, True)


def test_a_slip_of_the_line_is_not_blamed_on_a_catalog(catalog: Path, run: Run) -> None:
    for line in (
        ("info", "nope.rhd"),
        ("ls", "nope.yaml"),
        ("scan", "nope", "-o", "x.yaml"),
        ("relink", catalog, "a", "b"),
    ):
        done = run(*line)
        assert (done.exit_code, "next:" in done.stderr) == (1, False), done.stderr
    (catalog.parent / "data" / "day0" / "a.rhd").unlink()
    assert "next: `ecogcat check CATALOG` lists what is missing" in run("info", f"{catalog}:day0/a").stderr


def test_a_reader_that_stops_reading(catalog: Path) -> None:
    line = "from ecogcat.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", line, "check", str(catalog)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as done:
        assert done.stdout is not None
        done.stdout.close()
        _, said = done.communicate(timeout=60)
    assert (done.returncode, said) == (141, b"")


def test_narrow_terminals_show_names_and_numbers() -> None:
    header = ["entry", "format", "rate", "start", "notes"]
    rows = [["a" * 40, "openephys_binary", "2 kHz", "2026-03-14 10:21:05", "1 warning"]]
    spare = ("start", "format", "notes")
    assert without_room(header, rows, 120, spare) == []
    assert without_room(header, rows, 80, spare) == ["start"]
    assert without_room(header, rows, 60, spare) == ["start", "format"]
    assert without_room(header, [], 40, spare) == []
    assert without_room(header, [["a", "b", None, "c", "word " * 30]], 80, spare) == []


def test_convert_session(tmp_path: Path, run: Run) -> None:
    write_rhd(tmp_path / "night_01.rhd", [[0] * 128] * 4)
    (tmp_path / "day.txt").write_text("[session]\nexp_path: .\nheadstage: intan_rhd\n[night_01]\n[night_02]\n")
    done = run("convert-session", tmp_path / "day.txt", "-o", tmp_path / "day.yaml", "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["output"]) == (0, str(tmp_path / "day.yaml"))
    (note,) = said["notes"]
    assert note.startswith("night_02: it is not on disk now")
    done = run("convert-session", tmp_path / "day.txt", "-o", tmp_path / "day.yaml")
    assert (done.exit_code, "there is a file already; --overwrite replaces it" in done.stderr) == (1, True)
    done = run("convert-session", tmp_path / "day.txt", "-o", tmp_path / "day.yaml", "--overwrite")
    assert f"next: ecogcat ls {tmp_path / 'day.yaml'}" in done.stdout


def test_a_report_goes_into_a_page_alone(catalog: Path, run: Run) -> None:
    recording = catalog.parent / "data" / "day0" / "a.rhd"
    before = recording.read_bytes()
    done = run("report", catalog, "-o", recording)
    assert (done.exit_code, "a report is a page; name it report.html" in done.stderr) == (1, True)
    assert recording.read_bytes() == before
    done = run("report", catalog, "-o", catalog.parent / "none" / "r.html")
    assert (done.exit_code, f"there is no folder {catalog.parent / 'none'} to write to" in done.stderr) == (1, True)


def test_convert_session_leaves_out_what_is_no_recording(tmp_path: Path, run: Run) -> None:
    write_rhd(tmp_path / "night_01.rhd", [[0] * 128] * 4)
    (tmp_path / "night_02" / "photos").mkdir(parents=True)
    conf = "[session]\nexp_path: .\nheadstage: intan_rhd\n[night_01]\n[night_02]\n"
    (tmp_path / "day.txt").write_text(conf)
    done = run("convert-session", tmp_path / "day.txt", "-o", tmp_path / "day.yaml")
    assert done.exit_code == 1
    assert done.stderr.startswith("left out: night_02: ")
    assert "night_02" in done.stderr.partition(": ")[2]
    assert list(ec.open_session(tmp_path / "day.yaml")) == ["night_01"]
    assert ec.load_session(tmp_path / "day.yaml", "night_01")[0].n_samples == 128
    (note,) = ec.convert_session(tmp_path / "day.txt", tmp_path / "day.yaml", overwrite=True)
    assert note.startswith("night_02: left out: ")
    (tmp_path / "day.txt").write_text(conf.replace("[night_01]\n", ""))
    done = run("convert-session", tmp_path / "day.txt", "-o", tmp_path / "none.yaml")
    assert (done.exit_code, (tmp_path / "none.yaml").exists()) == (1, False)


def test_convert_session_of_a_folder(tmp_path: Path, run: Run) -> None:
    for name, said in {"rats/a": "intan_rhd", "rats/b_conf": "nonesuch", "c": "intan_rhd"}.items():
        path = tmp_path / "sessions" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[session]\nexp_path: .\nheadstage: {said}\n[night_01]\n")
        write_rhd(path.parent / "night_01.rhd", [[0] * 128] * 4)
    done = run("convert-session", tmp_path / "sessions", "-o", tmp_path / "yaml")
    assert done.exit_code == 1
    a, c = tmp_path / "yaml" / "rats" / "a.yaml", tmp_path / "yaml" / "c.yaml"
    lines = done.stdout.splitlines()
    assert lines[:2] == [str(c), str(a)]
    assert lines[2].startswith(f"FAILS  rats/b: {tmp_path / 'sessions' / 'rats' / 'b_conf.txt'}")
    assert [ec.load_session(path)[0].n_samples for path in (a, c)] == [128, 128]
    rows = json.loads(run("convert-session", tmp_path / "sessions", "-o", tmp_path / "yaml", "--json").stdout)
    assert ["there is a file already" in row["error"] for row in rows] == [True, True, False]
    done = run("convert-session", tmp_path / "yaml", "-o", tmp_path / "more")
    assert (done.exit_code, "no session file of the lab is in it" in done.stderr) == (1, True)
