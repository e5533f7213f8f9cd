"""Scan: what a folder holds, as a catalog; scanned again, what people wrote in it stays."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import ecogcat as ec
from ecogcat.catalog import examine as examining
from ecogcat.catalog.scanned import scan_into
from ecogcat.cli.commands import ecogcat
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.simulate import simulate_session
from tests.conftest import shared_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two days: consecutive files, others that are not, one that is damaged and one of no format."""
    for day, names in {"day 1": ("a_260314_102105", "a_260314_102205", "b"), "day 2": ("b", "c")}.items():
        (tmp_path / "data" / day).mkdir(parents=True)
        for name in names:
            write_rhd(tmp_path / "data" / day / f"{name}.rhd", [[0] * 128] * 4)
    (tmp_path / "data/day 2/broken.rhd").write_bytes(b"no such thing")
    (tmp_path / "data/notes.txt").write_text("it rained")
    return tmp_path / "data"


NAMES = ["day_1/a", "day_1/b", "day_2/b", "day_2/c"]


def test_what_a_folder_holds(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    update = scan_into(folder, folder / "s.yaml", progress=lambda done, known: told.append((done, known)))
    assert list(update.new) == NAMES
    assert [(one.path, one.reason[:21]) for one in update.scan.refused] == [
        ("day 2/broken.rhd", "this is no Intan file")
    ]
    assert update.scan.n_others == 1
    assert told[-1][0] == told[-1][1] == 7
    content = yaml.safe_load((folder / "s.yaml").read_text())
    assert list(content["sources"]) == NAMES
    first = content["sources"]["day_1/a"]
    assert (first["driver"], first["args"]) == ("ecog_intan", {"urlpath": "{{ CATALOG_DIR }}/day 1", "recording": "a"})
    summary = first["metadata"]["ecog"]
    assert (summary["session"], summary["n_channels"], summary["n_samples"], summary["n_pieces"]) == (
        "day 1",
        4,
        256,
        2,
    )
    assert summary["start_time"] == "2026-03-14T10:21:05.000000"
    assert content["metadata"]["ecog"]["refused"][0]["path"] == "day 2/broken.rhd"


def test_the_catalog_reads_what_opening_reads(folder: Path) -> None:
    cat = ec.scan(folder, folder / "s.yaml")
    assert list(cat) == NAMES
    dataset = cat["day_1/a"].read()
    assert ec.equals(dataset, ec.open_recording(folder / "day 1", recording="a"))
    assert dataset.name == "day_1/a"
    assert "ecog" not in dataset.metadata, "what a scan wrote down is no metadata of the recording"
    assert cat["day_1/a"].discover()["metadata"]["n_samples"] == 256


@pytest.mark.jit
def test_every_recording_by_plain_intake(tmp_path: Path) -> None:
    """In a fresh interpreter that imports Intake and nothing else."""
    recordings = shared_path("recordings")
    cat = ec.scan(recordings, tmp_path / "s.yaml")
    assert len(cat) > 40
    code = (
        "import intake, sys\n"
        "cat = intake.open_catalog(sys.argv[1])\n"
        "for name in list(cat):\n"
        "    dataset = cat[name].read()\n"
        "    print(name, *dataset.signal.shape, sep='\\t')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "s.yaml"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    summaries = {name: cat[name].metadata["ecog"] for name in cat}
    assert done.stdout.splitlines() == [
        f"{name}\t{one['n_channels']}\t{one['n_samples']}" for name, one in summaries.items()
    ]
    formats = {one["format"] for one in summaries.values()}
    assert formats >= {"intan", "edf", "nwb", "spikeglx", "openephys", "openephys_binary", "neuralynx", "tdms"}
    refused = {one["path"]: one["reason"] for one in cat.metadata["ecog"]["refused"]}
    assert refused["refuse/empty.rhd"].startswith("the file is empty")
    assert {one["n_pieces"] for one in summaries.values() if "derived_consecutive_32ch" in one["origin"]} == {4}


def test_each_file_belongs_to_one_entry(tmp_path: Path) -> None:
    update = scan_into(shared_path("recordings"), tmp_path / "s.yaml")
    cat = ec.open_session(tmp_path / "s.yaml")
    owners: dict[str, str] = {}
    for name in update.new:
        for path in {part.paths[0] for part in cat[name].read().parts}:
            if not path.endswith((".oebin", "settings.xml")):
                assert owners.setdefault(path, name) == name, path


def _edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)


def test_hand_edits_stay(folder: Path) -> None:
    path = folder / "s.yaml"
    ec.scan(folder, path)
    _edit(
        path,
        ("  day_2/b:\n", "  # the best one\n  best:   # renamed\n    description: 'Tones: left'\n"),
        ('/day 2/b.rhd"\n', '/day 2/b.rhd"\n      units: mV   # as the rig says\n      electrode: psv_61\n'),
        ("metadata:\n  version: 1\n", "metadata:\n  version: 1\n  animal: rat-17  # hers\n"),
    )
    _edit(path, ("  day_2/c:\n", "  own: {driver: ecog_join, args: {parts: [best, day_2/c]}}\n  day_2/c:\n"))
    before = path.read_text()
    update = scan_into(folder, path)
    assert (update.new, update.gone) == ((), ())
    assert path.read_text() == before, "nothing in the folder changed"

    write_rhd(folder / "day 2" / "b.rhd", [[0] * 256] * 4)
    write_rhd(folder / "day 2" / "bb.rhd", [[0] * 128] * 4)
    (folder / "day 2" / "c.rhd").unlink()
    update = scan_into(folder, path)
    assert (update.new, update.gone) == (("day_2/bb",), ("day_2/c",))
    text = path.read_text()
    for line in (
        "  # the best one",
        "  best:   # renamed",
        "      units: mV   # as the rig says",
        "  animal: rat-17  # hers",
    ):
        assert line in text.splitlines()
    content = yaml.safe_load(text)
    assert list(content["sources"]) == ["day_1/a", "day_1/b", "best", "day_2/bb", "own", "day_2/c"]
    best = content["sources"]["best"]
    assert best["description"] == "Tones: left"
    assert best["metadata"]["ecog"]["n_samples"] == 256
    assert content["sources"]["day_2/c"]["metadata"]["ecog"]["gone"] is True
    assert content["sources"]["day_2/c"]["metadata"]["ecog"]["n_samples"] == 128, "what was known of it is kept"
    assert content["metadata"]["ecog"]["n_recordings"] == 4

    write_rhd(folder / "day 2" / "c.rhd", [[0] * 128] * 4)
    (folder / "day 2" / "bb.rhd").write_bytes(b"no such thing")
    update = scan_into(folder, path)
    assert (update.new, update.gone, update.lost) == ((), (), ("day_2/bb",))
    content = yaml.safe_load(path.read_text())
    assert "gone" not in content["sources"]["day_2/c"]["metadata"]["ecog"]
    assert "no Intan file" in content["sources"]["day_2/bb"]["metadata"]["ecog"]["problem"]


def test_a_catalog_written_by_hand_is_completed(folder: Path) -> None:
    path = folder / "hand.yaml"
    path.write_text(
        "# ours\nsources:\n  first:\n    driver: ecog_intan\n    args: {urlpath: '{{ CATALOG_DIR }}/day 2/b.rhd'}\n"
        "  flow: {driver: ecog_intan, args: {urlpath: day 2/c.rhd, units: mV}}\n# the end\n"
    )
    update = scan_into(folder, path)
    assert list(update.new) == ["day_1/a", "day_1/b"]
    content = yaml.safe_load(path.read_text())
    assert set(content["sources"]) == {"first", "flow", "day_1/a", "day_1/b"}
    assert content["sources"]["flow"]["args"] == {"urlpath": "day 2/c.rhd", "units": "mV"}
    assert content["sources"]["flow"]["metadata"]["ecog"]["n_channels"] == 4
    assert path.read_text().startswith("# ours\n")
    assert "# the end" in path.read_text()
    assert {one.n_samples for one in ec.load_session(path)} == {128, 256}
    assert scan_into(folder, path).new == ()


def test_what_is_left_out_is_remembered(folder: Path) -> None:
    path = folder / "s.yaml"
    assert list(ec.scan(folder, path, exclude="day 1/*")) == ["day_2/b", "day_2/c"]
    assert list(ec.scan(folder, path)) == ["day_2/b", "day_2/c"]
    assert list(ec.scan(folder, folder / "t.yaml", exclude=["day 2"])) == ["day_1/a", "day_1/b"]


def test_load_arguments_go_into_the_entries(folder: Path) -> None:
    cat = ec.scan(folder, folder / "s.yaml", units="mV", channels=[0, 2])
    assert (cat["day_2/b"].read().units, cat["day_2/b"].read().n_channels) == ("mV", 2)
    assert cat["day_2/b"].metadata["ecog"]["n_channels"] == 2


@pytest.mark.jit
def test_in_processes_as_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ec.scan(folder, folder / "here.yaml", jobs=1)
    monkeypatch.setattr(examining, "_ALONE_S", -1.0)
    monkeypatch.setattr(examining, "_CHUNK", 1)
    found = list(examining._elsewhere([{"folder": str(folder)}], 2))
    monkeypatch.setattr(examining, "_here", lambda tasks, enough: iter(()))
    ec.scan(folder, folder / "elsewhere.yaml", jobs=2)
    assert (folder / "elsewhere.yaml").read_text() == (folder / "here.yaml").read_text()
    assert sum(len(one["found"]) for one in found) == 5


@pytest.mark.jit
def test_a_process_that_dies_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, sys\nfrom ecogcat.catalog import examine\nown = examine.examine\n"
        "def examining(task):\n    if any('broken' in one for one in task.get('files', [])): os._exit(7)\n"
        "    return own(task)\nexamine.examine = examining\nexamine.serve()\n"
    )
    start = subprocess.Popen
    monkeypatch.setattr(examining.subprocess, "Popen", lambda command, **more: start([command[0], "-c", code], **more))
    found = [one for result in examining._elsewhere([{"folder": str(folder)}], 1) for one in result["found"]]
    (refused,) = [one for one in found if one["problem"]]
    assert (os.path.basename(refused["path"]), refused["problem"]) == (
        "broken.rhd",
        "the process that opened it ended (status 7)",
    )
    assert sorted(os.path.basename(one["path"]) for one in found if not one["problem"]) == [
        "b.rhd",
        "b.rhd",
        "c.rhd",
        "day 1",
    ]


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (("nowhere", "s.yaml"), ec.RecordingNotFound, "nowhere: no such folder"),
        (("data/notes.txt", "s.yaml"), ec.RecordingNotFound, "this is a file: `ecogcat info` shows it"),
        (("data", "s.json"), ec.CatalogError, "a catalog is a YAML file; name it data.yaml"),
        (("data", "none/s.yaml"), ec.CatalogError, "there is no folder"),
        (("zip://a::s3://bucket/data", "s.yaml"), ec.CatalogError, "not through 'zip'"),
        (("data", "s3://bucket/s.yaml"), ec.CatalogError, "a local path is needed here, not a URL of 's3'"),
        ((3, "s.yaml"), TypeError, "folder is a path, not int"),
        (("data", "no.yaml"), ec.CatalogError, "has its entries below `sources:`"),
        (("data", "bad.yaml"), ec.CatalogError, "this is no YAML file"),
    ],
)
def test_what_cannot_be_scanned(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[Any, Any], kind: type[Exception], said: str
) -> None:
    monkeypatch.chdir(folder.parent)
    Path("no.yaml").write_text("plans: {}\n")
    Path("bad.yaml").write_text("a: [\n")
    with pytest.raises(kind, match=re.escape(said)):
        ec.scan(*arguments)
    assert not Path("s.yaml").exists()


def test_a_number_of_jobs(folder: Path) -> None:
    with pytest.raises(ValueError, match="jobs is a number of processes, 1 or more, not 0"):
        ec.scan(folder, folder / "s.yaml", jobs=0)


def test_links_that_lead_back_are_not_followed(folder: Path) -> None:
    (folder / "day 2" / "up").symlink_to(folder)
    assert list(ec.scan(folder, folder / "s.yaml")) == NAMES


def test_odd_names(tmp_path: Path) -> None:
    for name in ("a {{ x }} b", "no", "2020", "ü: #1", "v0.5.x"):
        (tmp_path / name).mkdir()
        write_rhd(tmp_path / name / "r{1}.rhd", [[0] * 128] * 4)
    cat = ec.scan(tmp_path, tmp_path / "s.yaml")
    assert list(cat) == [
        f"{name.replace(' ', '_')}/r{{1}}" for name in ("2020", "a {{ x }} b", "no", "v0.5.x", "ü: #1")
    ]
    assert {cat[name].read().n_samples for name in cat} == {128}
    assert scan_into(tmp_path, tmp_path / "s.yaml").new == ()


def test_a_simulated_session(tmp_path: Path) -> None:
    session = simulate_session(tmp_path, duration_s=2.0)
    cat = ec.scan(tmp_path, tmp_path / "again.yaml")
    own = {os.path.basename(one.path): one.name for one in session.recordings}
    assert len(cat) == len(own)


def test_nothing_is_written_of_a_folder_in_which_nothing_opens(tmp_path: Path) -> None:
    bare, output = tmp_path / "bare", tmp_path / "s.yaml"
    bare.mkdir()
    with pytest.raises(ec.RecordingNotFound, match=r"bare: no recording .* is in it: it holds no file; no catalog was"):
        ec.scan(bare, output)
    (bare / "notes.txt").write_text("a note")
    with pytest.raises(ec.RecordingNotFound, match="is in it: 1 other file; no catalog was written"):
        ec.scan(bare, output)
    (bare / "bad.rhd").write_bytes(b"no such thing")
    with pytest.raises(
        ec.RecordingNotFound, match=r"can be opened; no .*written:\n  bad.rhd: this is no Intan.*\n.* 1 other"
    ):
        ec.scan(bare, output)
    assert not output.exists()
    write_rhd(bare / "a.rhd", [[0] * 128] * 4)
    ec.scan(bare, output)
    (bare / "a.rhd").unlink()
    assert ec.scan(bare, output)["a"].metadata["ecog"]["gone"], "a catalog that is there is brought up to date"


def test_what_is_no_file_is_listed_and_never_waited_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("a", "b"):
        (data / name).mkdir(parents=True)
        write_rhd(data / name / f"{name}.rhd", [[0] * 128] * 4)
    (data / "a" / "to b").symlink_to(data / "b")
    (data / "b" / "to a").symlink_to("../a")
    (data / "dangling.rhd").symlink_to("nowhere.rhd")
    (data / "itself").symlink_to("itself")
    for name in ("pipe", "rec.vhdr", "info.rhd", "structure.oebin"):
        os.mkfifo(data / name)
    cat = ec.scan(data, tmp_path / "s.yaml")
    assert list(cat) == ["a/a", "a/to_b/b", "b/b", "b/to_a/a"], "each round of links once"
    refused = {one["path"]: one["reason"] for one in cat.metadata["ecog"]["refused"]}
    leads_back = "a link that leads back to a folder it lies in: not followed"
    assert refused == {
        **{"a/to b/to a": leads_back, "b/to a/to b": leads_back, "itself": "Too many levels of symbolic links"},
        "dangling.rhd": "a link to nowhere.rhd, where nothing is",
        **dict.fromkeys(("pipe", "rec.vhdr", "info.rhd", "structure.oebin"), "neither a file nor a folder: a pipe"),
    }


@pytest.mark.skipif(os.name != "posix", reason="who may read a file is a matter of POSIX modes here")
def test_files_that_may_not_be_read_are_listed(request: pytest.FixtureRequest) -> None:
    data = Path(tempfile.mkdtemp())  # not pytest's folder, which is closed to others
    request.addfinalizer(lambda: shutil.rmtree(data))
    data.chmod(0o755)
    for name in ("a.rhd", "secret.rhd", "closed/b.rhd"):
        (data / name).parent.mkdir(exist_ok=True)
        write_rhd(data / name, [[0] * 128] * 4)
    (data / "anything").write_bytes(b"a")
    for name in ("secret.rhd", "anything", "closed"):
        (data / name).chmod(0)
    line = """if True:
        import json, os, sys
        import ecogcat as ec
        from ecogcat.catalog.scan import look_through
        look_through(sys.argv[1], jobs=1)  # Python itself may lie where others may not read
        if os.getuid() == 0:  # root may read whatever it likes
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        found = look_through(sys.argv[1], jobs=1)
        print(json.dumps([[one.path for one in found.recordings], {one.path: one.reason for one in found.refused}]))
    """
    done = subprocess.run([sys.executable, "-c", line, data], capture_output=True, text=True, timeout=60, check=True)
    (data / "closed").chmod(0o755)
    recordings, refused = json.loads(done.stdout)
    assert recordings == ["a.rhd"]
    assert refused == dict.fromkeys(("anything", "closed", "secret.rhd"), "Permission denied")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("command", [True, False])
def test_a_bar_where_it_is_seen_and_wanted(
    tmp_path: Path, silent: bool, command: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    write_rhd(tmp_path / "data" / "a.rhd", [[0] * 128] * 4)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("ECOGCAT_NO_PROGRESS", raising=False)
    if silent:
        monkeypatch.setenv("ECOGCAT_NO_PROGRESS", "1")
    if command:
        ecogcat.main(["scan", str(tmp_path / "data"), "-o", str(tmp_path / "s.yaml")], standalone_mode=False)
    else:
        ec.scan(tmp_path / "data", tmp_path / "s.yaml")
    assert ("scanning" in terminal.getvalue()) is not silent
