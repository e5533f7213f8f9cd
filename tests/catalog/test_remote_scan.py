"""Scanning stores elsewhere: as a folder is, fetched once, and anew only what has changed."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import intake
import pytest
import yaml
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.catalog.scanned import scan_into
from ecogcat.cli.commands import ecogcat
from ecogcat.formats.remote import bring
from ecogcat.storage import cache as caching
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.simulate import simulate_session
from tests.conftest import shared_path
from tests.remote_stores import emptied, memory, put, served


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECOGCAT_CACHE", str(tmp_path / "cache"))
    emptied()
    return tmp_path / "cache"


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    folder = tmp_path / "rig"
    for place, n in (("day 1/rec_a.rhd", 128), ("day 1/rec_b.rhd", 256), ("day2/rec_c.rhd", 128)):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        write_rhd(folder / place, [[n] * n] * 4)
    (folder / "notes.txt").write_text("rat 17")
    (folder / ".hidden.rhd").write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git" / "rec.rhd").write_text("x")
    return folder


def facts(path: Path) -> dict[str, Any]:
    """What a scan wrote, but for where things are."""
    content = yaml.safe_load(path.read_text())
    content["metadata"]["ecog"].pop("folder")
    for one in content["sources"].values():
        one["args"].pop("urlpath")
        one["metadata"]["ecog"].pop("origin")
    return dict(content)


def test_a_scan_whose_copies_go_meanwhile_fetches_them_again(
    rig: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, gone = put(rig, "lab/rig"), []
    link = caching._link

    def linked(*given: Any) -> None:
        if not gone:
            gone.append(shutil.rmtree(cache / "files"))
        link(*given)

    monkeypatch.setattr(caching, "_link", linked)
    assert len(list(ec.scan(url, tmp_path / "s.yaml", progress=False))) == 3
    assert gone == [None]
    assert not list((cache / "recordings").iterdir())


def test_a_store_is_scanned_as_a_folder_is(tmp_path: Path) -> None:
    folder = tmp_path / "rig"
    simulate_session(folder / "rat", ("intan", "hdf5", "openephys"), duration_s=1.0)
    url = put(folder, "lab/rig")
    ec.scan(folder, tmp_path / "here.yaml")
    ec.scan(url, tmp_path / "there.yaml")
    assert facts(tmp_path / "there.yaml") == facts(tmp_path / "here.yaml")
    here, there = ec.open_session(tmp_path / "here.yaml"), ec.open_session(tmp_path / "there.yaml")
    for name in here:
        assert ec.equals(here[name].read(), there[name].read())
        assert there[name].read() == here[name].read()
        assert intake.open_catalog(str(tmp_path / "there.yaml"))[name].read() == here[name].read()
        assert pickle.loads(pickle.dumps(there[name])).read() == here[name].read()
    assert ec.check(there)["ok"].all()


@pytest.mark.parametrize("folder", ["spikeglx", "brainvision", "openephys_binary", "neuralynx", "blackrock", "refuse"])
def test_real_recordings_are_scanned_as_they_are_here(folder: str, tmp_path: Path) -> None:
    root = shared_path(f"recordings/{folder}")
    ec.scan(root, tmp_path / "here.yaml")
    update = scan_into(put(root, f"lab/{folder}"), tmp_path / "there.yaml")
    assert facts(tmp_path / "there.yaml") == facts(tmp_path / "here.yaml")
    assert "cache" not in (tmp_path / "there.yaml").read_text()
    assert update.scan.n_bytes == sum(one.stat().st_size for one in root.rglob("*") if one.is_file())
    table = ec.check(tmp_path / "there.yaml")
    assert table.equals(ec.check(tmp_path / "here.yaml"))


def test_scanned_again_only_what_changed_is_fetched(rig: Path, tmp_path: Path) -> None:
    url, path = put(rig, "lab/rig"), tmp_path / "s.yaml"
    first = scan_into(url, path)
    assert (first.scan.n_fetched, len(first.new)) == (4, 3)
    text = path.read_text().replace("    driver: ecog_intan\n", "    driver: ecog_intan  # mine\n", 1)
    path.write_text(text.replace("day2/rec_c:", "the_last:"))
    assert scan_into(url, path).scan.n_fetched == 0
    assert "# mine" in path.read_text()
    write_rhd(rig / "day2" / "rec_c.rhd", [[1] * 384] * 4)
    write_rhd(rig / "day2" / "rec_d.rhd", [[1] * 128] * 4)
    put(rig / "day2" / "rec_c.rhd", "lab/rig/day2/rec_c.rhd")
    put(rig / "day2" / "rec_d.rhd", "lab/rig/day2/rec_d.rhd")
    memory().rm("/lab/rig/day 1/rec_a.rhd")
    memory().pipe_file("/lab/rig/day 1/rec_b.rhd", b"no recording any more")
    again = scan_into(url, path)
    size = sum((rig / "day2" / f"rec_{k}.rhd").stat().st_size for k in "cd") + len("no recording any more")
    assert (again.scan.n_fetched, again.scan.n_bytes) == (3, size)
    assert (again.new, again.gone, again.lost) == (("day2/rec_d",), ("day_1/rec_a",), ("day_1/rec_b",))
    cat = ec.open_session(path)
    assert cat["the_last"].metadata["ecog"]["n_samples"] == 384
    assert cat["the_last"].read().n_samples == 384
    assert cat["day_1/rec_a"].metadata["ecog"]["gone"] is True
    assert "problem" in cat["day_1/rec_b"].metadata["ecog"]
    assert "# mine" in path.read_text()


def test_from_a_web_server_with_a_file_that_may_not_be_read(rig: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    with served(rig) as (url, server):
        server.refusals["/day%201/rec_b.rhd"] = 403
        first = scan_into(url, path)
        (refused,) = first.scan.refused
        assert refused.path == "day 1/rec_b.rhd"
        assert refused.reason.startswith("the store does not let us read this")
        assert set(first.new) == {"day_1/rec_a", "day2/rec_c"}
        cat = ec.open_session(path)
        assert cat["day_1/rec_a"].read() == ec.open_recording(rig / "day 1" / "rec_a.rhd")
        server.refusals.clear()
        again = scan_into(url + "/", path)
        assert (again.new, again.gone, again.lost) == (("day_1/rec_b",), (), ())
        assert again.scan.n_fetched == 1
        assert ec.check(ec.open_session(path))["ok"].all()
        server.refusals["/day%201/rec_b.rhd"] = 403
        third = scan_into(url, path)
        assert (third.lost, third.gone) == (("day_1/rec_b",), ())
        assert "does not let us read" in ec.open_session(path)["day_1/rec_b"].metadata["ecog"]["problem"]


def test_one_name_quoted_in_several_ways_is_one_name(tmp_path: Path) -> None:
    (tmp_path / "web" / "a (1)").mkdir(parents=True)
    write_rhd(tmp_path / "web" / "a (1)" / "r&b=2.rhd", [[1] * 128] * 4)
    path = tmp_path / "s.yaml"
    with served(tmp_path / "web") as (url, _):
        first = scan_into(f"{url}/a%20(1)", path)
        assert first.scan.n_fetched == 1
        again = scan_into(f"{url}/a (1)/", path)
        assert (again.new, again.gone, again.scan.n_fetched) == ((), (), 0)
        (name,) = ec.open_session(path)
        assert bring(ec.open_session(path)[name]._arguments["urlpath"]).n_files == 0
        assert bring(f"{url}/a%20%281%29/r&b=2.rhd").n_files == 0


def test_hidden_and_excluded_stay_in_the_store(rig: Path, tmp_path: Path, cache: Path) -> None:
    url = put(rig, "lab/rig")
    update = scan_into(url, tmp_path / "s.yaml", exclude="day2")
    assert update.new == ("day_1/rec_a", "day_1/rec_b")
    names = {one.name.split("-", 2)[2] for one in (cache / "files").iterdir()}
    assert names == {"rec_a.rhd", "rec_b.rhd", "notes.txt"}
    assert not list((cache / "recordings").iterdir())
    assert scan_into(url, tmp_path / "s.yaml").new == ()


def test_the_root_may_itself_be_a_recording(tmp_path: Path) -> None:
    root = shared_path("recordings/intan/intan_fps_test_231117_052500")
    cat = ec.scan(put(root, "lab/run"), tmp_path / "s.yaml")
    (name,) = cat
    assert cat[name].read() == ec.open_recording(root)
    assert scan_into("memory://lab/run", tmp_path / "s.yaml").new == ()


def test_options_go_into_the_entries_and_the_file_is_private(rig: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    options = {"headers": {"Authorization": "Bearer {{topsecret"}}
    with served(rig) as (url, server):
        cat = ec.scan(url, path, storage_options=options)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        entry = yaml.safe_load(path.read_text())["sources"]["day2/rec_c"]
        assert "topsecret" in str(entry["args"]["storage_options"])
        assert cat["day2/rec_c"].read().n_samples == 128
        assert cat["day2/rec_c"]._arguments["storage_options"] == options
        asked = len(server.asked)
        assert scan_into(url, path).new == ()
        assert len(server.asked) > asked
        server.refusals["/day2/rec_c.rhd"] = 401
        assert "topsecret" not in str(scan_into(url, path, storage_options=options).scan.refused)
    with pytest.raises(TypeError, match="storage_options: key: a plain value"):
        ec.scan("memory://lab", path, storage_options={"key": object()})


@pytest.mark.parametrize(
    ("url", "kind", "said"),
    [
        ("memory://nowhere", ec.RecordingNotFound, "memory://nowhere: nothing is there"),
        ("memory://lab/a.rhd", ec.RecordingNotFound, "this is a file: `ecogcat info` shows it"),
        ("http://127.0.0.1:9/rig", ec.FormatError, "the store cannot be read"),
        ("http://127.0.0.1:9/rig?key=1", ec.CatalogError, "no '?' in it"),
        ("simplecache::memory://lab", ec.CatalogError, "not through 'simplecache'"),
    ],
)
def test_what_cannot_be_scanned(url: str, kind: type[Exception], said: str, tmp_path: Path) -> None:
    memory().pipe_file("/lab/a.rhd", b"x")
    with pytest.raises(kind, match=re.escape(said)):
        ec.scan(url, tmp_path / "s.yaml")
    assert not (tmp_path / "s.yaml").exists()


def test_a_scan_tells_files_to_a_callable_and_draws_no_bar(rig: Path, tmp_path: Path, capsys: Any) -> None:
    told: list[tuple[int, int]] = []
    ec.scan(put(rig, "lab"), tmp_path / "s.yaml", progress=lambda done, known: told.append((done, known)))
    assert told[-1] == (4, 4)
    assert capsys.readouterr().err == ""


def test_a_bar_for_bytes_where_it_is_asked_for(rig: Path, tmp_path: Path, capsys: Any) -> None:
    ec.scan(put(rig, "lab"), tmp_path / "s.yaml", progress=True)
    assert "fetching: 100%" in capsys.readouterr().err


def test_the_command_says_what_was_fetched(rig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = put(rig, "lab")
    run = CliRunner().invoke(ecogcat, ["scan", url, "-o", "s.yaml"])
    assert run.exit_code == 0, run.output
    assert "3 recordings in 2 folders" in run.output
    assert re.search(r"fetched 4 files, [\d,]+ bytes", run.output)
    run = CliRunner().invoke(ecogcat, ["scan", url, "-o", "s.yaml", "--json"])
    assert json.loads(run.output)["bytes_fetched"] == 0
    for line in (
        ["ls", "s.yaml"],
        ["check", "s.yaml"],
        ["info", f"{url}/day2/rec_c.rhd"],
        ["info", "s.yaml:day2/rec_c"],
    ):
        run = CliRunner().invoke(ecogcat, line)
        assert run.exit_code == 0, run.output
    memory().pipe_file("/cat/s.yaml", b"sources: {rec: {driver: ecog_intan, args: {urlpath: r.rhd}}}\n")
    put(rig / "day2" / "rec_c.rhd", "cat/r.rhd")
    for line in (["ls", "memory://cat/s.yaml"], ["info", "memory://cat/s.yaml:rec"], ["check", "memory://cat/s.yaml"]):
        run = CliRunner().invoke(ecogcat, line)
        assert run.exit_code == 0, run.output
    run = CliRunner().invoke(ecogcat, ["scan", url, "-o", "t.yaml", "-l", "storage_options={anon: true}"])
    assert run.exit_code == 0, run.output
    assert ec.open_session("t.yaml")["day2/rec_c"]._arguments["storage_options"] == {"anon": True}
    run = CliRunner().invoke(ecogcat, ["scan", "memory://nowhere", "-o", "s.yaml"])
    assert run.exit_code == 1
    assert "error: memory://nowhere: nothing is there" in run.output
    run = CliRunner().invoke(ecogcat, ["join", f"{url}/day2/rec_c.rhd", f"{url}/day 1/rec_a.rhd", "-o", "j.h5"])
    assert run.exit_code == 0, run.output
    assert ec.open_recording("j.h5").n_samples == 256
