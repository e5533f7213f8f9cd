"""Relink of catalogs: buckets that were renamed, recordings that went to a store or came back, roots and tables."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.catalog.relinkplaces import move_of
from ecogcat.catalog.scanned import scan_into
from ecogcat.cli.commands import ecogcat
from ecogcat.testing.headstages import write_headstage
from ecogcat.testing.rhd import write_rhd
from tests.remote_stores import emptied, put
from tests.storing.test_write import recording


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOGCAT_CACHE", str(tmp_path / "cache"))
    emptied()


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    for name in ("day 1/a", "day 1/{{b}}", "c"):
        (tmp_path / "rig" / name).parent.mkdir(parents=True, exist_ok=True)
        write_rhd(tmp_path / "rig" / f"{name}.rhd", [[1] * 128] * 4)
    return tmp_path / "rig"


def urlpaths(path: Path) -> list[str]:
    return [one["args"]["urlpath"] for one in yaml.safe_load(path.read_text())["sources"].values()]


def test_a_bucket_that_was_renamed(rig: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    ec.scan(put(rig, "lab/rig"), path)
    text = path.read_text().replace("sources:", "sources: # mine")
    path.write_text(text + '  other: {driver: ecog_intan, args: {urlpath: "memory://lab/rigged/a.rhd"}}\n')
    emptied()
    put(rig, "archive/2025/rig")
    moved = ec.relink(path, "memory://lab/rig/", "memory://archive//2025/rig")
    assert [one.exists for one in moved] == [True] * 3
    assert sorted(one.new for one in moved)[0] == "memory://archive/2025/rig/c.rhd"
    assert "sources: # mine" in path.read_text()
    assert urlpaths(path)[-1] == "memory://lab/rigged/a.rhd"
    assert [one.n_samples for one in ec.load_session(path, ["c", "day_1/a", "day_1/{{b}}"])] == [128] * 3
    update = scan_into("memory://archive/2025/rig", path)
    assert (update.new, update.gone) == ((), ())


def test_to_a_store_and_back(rig: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    ec.scan(rig, path)
    before = path.read_text()
    url = put(rig, "lab/rig")
    shutil.move(rig, tmp_path / "gone")
    assert len(ec.relink(path, rig, url)) == 3
    assert sorted(one.replace("{{ '{' }}", "{") for one in urlpaths(path)) == sorted(
        f"{url}/{name}.rhd" for name in ("c", "day 1/a", "day 1/{{b}}")
    )
    assert [one.n_samples for one in ec.load_session(path)] == [128] * 3
    update = scan_into(url, path)
    assert (update.new, update.gone) == ((), ())
    shutil.move(tmp_path / "gone", rig)
    assert [one.exists for one in ec.relink(path, url, rig)] == [True] * 3
    assert [one.n_samples for one in ec.load_session(path)] == [128] * 3
    update = scan_into(rig, path)
    assert (update.new, update.gone) == ((), ())
    origins = [one["metadata"]["ecog"]["origin"] for one in yaml.safe_load(before)["sources"].values()]
    assert [
        one["metadata"]["ecog"]["origin"] for one in yaml.safe_load(path.read_text())["sources"].values()
    ] == origins
    with pytest.raises(ec.RecordingNotFound, match="nothing is there; give the place where memory://lab is now"):
        ec.relink(path, "memory://lab", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "text", "now"),
    [
        ("https://h/day 1", "https://h/x", "https://H/day%201/a%20b.rhd?v=2", "https://h/x/a%20b.rhd?v=2"),
        ("https://h/day 1", "https://g/x", "https://h/day%201/a%20b.rhd?X-Signature=2", "https://g/x/a%20b.rhd"),
        ("sftp://host/lab", "sftp://host/new", "sftp://me:pw@HOST/lab/a.rhd", "sftp://me:pw@host/new/a.rhd"),
        ("sftp://you:pw@host/lab", "sftp://host/new", "sftp://me:pw@host/lab/a.rhd", "sftp://me:pw@host/new/a.rhd"),
        ("sftp://host/lab", "sftp://you@host/new", "sftp://me:pw@host/lab/a.rhd", "sftp://you@host/new/a.rhd"),
        ("sftp://host/lab", "sftp://other/lab", "sftp://me:pw@host/lab/a.rhd", "sftp://other/lab/a.rhd"),
        ("abfs://one@acc/lab", "s3://lab", "abfs://two@acc/lab/a.rhd", None),
        ("memory://", "s3://lab", "memory://A.rhd", "s3://lab/A.rhd"),
        ("https://h/day%201/", "s3://lab", "https://h/day 1/a%20b.rhd?v=2", "s3://lab/a b.rhd"),
        ("s3://lab", "https://g", "S3://lab//a b?.rhd", "https://g/a%20b%3F.rhd"),
        ("s3://lab", "s3://new", "s3://labs/a.rhd", None),
        ("s3://lab", "s3://new", "gs://lab/a.rhd", None),
        ("s3://lab", "s3://new", "s3://lab", "s3://new"),
        ("s3://lab", "s3://new", "s3://lab/{{ env(DAY) }}.rhd", None),
        ("s3://lab", "s3://new", "s3://lab/../a.rhd", None),
        ("s3://lab", "/data", "s3://lab/day 1/a.rhd", "/data/day 1/a.rhd"),
        ("memory://", "s3://lab", "memory://a.rhd", "s3://lab/a.rhd"),
        ("D:\\rig", "s3://lab", "d:\\RIG\\day 1\\a.rhd", "s3://lab/day 1/a.rhd"),
        ("/rig", "s3://lab", "{{ CATALOG_DIR }}/../rig/a.rhd", "s3://lab/a.rhd"),
        ("/rig", "https://h", "file:///rig/day 1/a.rhd", "https://h/day%201/a.rhd"),
        ("/rig", "s3://lab", "s3://rig/a.rhd", None),
        ("D:", "/new", "D:\\rig\\a.rhd", "/new/rig/a.rhd"),
        ("d:", "/new", "D:/rig/a.rhd", "/new/rig/a.rhd"),
        ("D:\\", "/new", "D:\\a.rhd", "/new/a.rhd"),
        ("D:", "/new", "E:\\rig\\a.rhd", None),
        ("D:", "/new", "D:a.rhd", None),
        ("D:\\rig", "/new", "D:\\rig\\..\\other\\a.rhd", None),
        ("D:\\rig\\..\\other\\", "/new", "D:\\other\\b\\..\\a.rhd", "/new/a.rhd"),
        ("D:\\rig", "/new", "D:\\..\\rig\\a.rhd", "/new/a.rhd"),
        ("\\\\server\\share", "/new", "//SERVER/share/a.rhd", "/new/a.rhd"),
        ("/cat/rig", "/cat/new", "{{ CATALOG_DIR }}//rig/a.rhd", "{{ CATALOG_DIR }}/new/a.rhd"),
        ("/cat/rig", "/cat/new", "{{CATALOG_DIR}}\\rig\\a.rhd", "{{ CATALOG_DIR }}/new/a.rhd"),
        ("/rig", "/cat/new", "{{ CATALOG_DIR }}//rig/a.rhd", None),
    ],
)
def test_where_things_are_now(old: str, new: str, text: str, now: str | None) -> None:
    found = move_of(old, new).of_text(text, "/cat/s.yaml")
    place = None if now is None else now.partition("?")[0].replace("{{ CATALOG_DIR }}", "/cat")
    assert found == (None if now is None else (now, place))


def test_a_converted_session_whose_folders_moved(tmp_path: Path) -> None:
    for name in ("rec_1", "rec_2"):
        write_headstage(tmp_path / "local", name, "oephys", [100, 300])
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "tones.txt").write_text("500\n1000\n")
    head = f"[session]\nexp_path: {tmp_path}/local\nnwk_path: {tmp_path}/net\nheadstage: oephys\ntrigger_idx: 0\n"
    (tmp_path / "db" / "day.txt").write_text(f"{head}tones_tab: tones.txt\n[rec_1]\n[rec_2]\n")
    path = tmp_path / "yaml" / "day.yaml"
    path.parent.mkdir()
    ec.convert_session(tmp_path / "db" / "day.txt", path)
    before = [ec.load(one.read()) for one in ec.open_session(path).values()]
    (tmp_path / "now").mkdir()
    for name in ("local", "db"):
        shutil.move(tmp_path / name, tmp_path / "now" / name)
    done = CliRunner().invoke(ecogcat, ["relink", str(path), str(tmp_path / "nothing"), str(tmp_path / "now")])
    assert (done.exit_code, f"they lie in {tmp_path / 'local'}, {tmp_path / 'net'}" in done.stderr) == (1, True)
    roots = ec.relink(path, tmp_path / "local", tmp_path / "now" / "local")
    assert f"exp_path: {tmp_path / 'local'}" in path.read_text(), "a note on where it was converted"
    tables = ec.relink(path, tmp_path / "db", tmp_path / "now" / "db")
    assert [(one.entry, one.new, one.exists) for one in (*roots, *tables)] == [
        ("metadata: ecog: roots", str(tmp_path / "now" / "local"), True),
        ("metadata: ecog: tables", str(tmp_path / "now" / "db"), True),
    ]
    after = [one.read() for one in ec.open_session(path).values()]
    assert [ec.equals(a, b) for a, b in zip(before, after, strict=True)] == [True, True]
    assert [one.events for one in after] == [one.events for one in before]


def test_roots_of_all_kinds(tmp_path: Path) -> None:
    write_headstage(tmp_path / "new" / "local", "rec", "oephys", [100])
    write_headstage(tmp_path / "new", "beside", "oephys", [100])
    write_headstage(tmp_path / "new" / "deep", "rec", "oephys", [100])
    (tmp_path / "new" / "ev.csv").write_text("sample\n1\n")
    path = tmp_path / "cat" / "s.yaml"
    path.parent.mkdir()
    path.write_text(
        "metadata:\n  ecog:\n    roots: [local, '{{ CATALOG_DIR }}/local', '${RIG}/local', ~/local]  # three\n"
        "    defaults: {electrode: psv_61_intan, events: 'ev.csv', judgements: true}\n"
        "sources:\n"
        "  rec: {driver: ecog_hdf5, args: {urlpath: rec.h5, electrode: null}}\n"
        "  beside: {driver: ecog_hdf5, args: {urlpath: beside.h5}}\n"
        "  own: {driver: ecog_hdf5, args: {urlpath: rec.h5, roots: local}}\n"
        "  both: {driver: ecog_join, args: {parts: [rec, beside, deep/rec.h5]}}\n"
    )
    moved = ec.relink(path, path.parent, tmp_path / "new")
    assert [(one.entry, one.old, one.new) for one in moved] == [
        ("metadata: ecog: roots", "local", "../new/local"),
        ("metadata: ecog: roots", "{{ CATALOG_DIR }}/local", "{{ CATALOG_DIR }}/../new/local"),
        ("metadata: ecog: defaults: events", "ev.csv", "../new/ev.csv"),
        ("beside", "beside.h5", "../new/beside.h5"),
        ("own", "local", "../new/local"),
        ("both", "deep/rec.h5", "../new/deep/rec.h5"),
    ]
    assert "# three" in path.read_text()
    cat = ec.open_session(path)
    for name, place in (("rec", "local/rec.h5"), ("own", "local/rec.h5"), ("beside", "beside.h5")):
        assert cat[name](events=None, judgements=None, electrode=None).read().parts[0].paths == (
            str(tmp_path / "new" / place),
        )


def test_what_two_entries_share_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    one = "{driver: ecog_intan, args: {urlpath: a.rhd, roots: %s}}"
    path.write_text(f"sources:\n  a: {one % '&r [/mnt/old/longer]'}\n  b: {one % '*r'}\n")
    assert len(ec.relink(path, "/mnt/old", tmp_path)) == 2
    assert yaml.safe_load(path.read_text())["sources"]["b"]["args"]["roots"] == [str(tmp_path / "longer")]


@pytest.mark.parametrize("where", ["roots", "tables"])
def test_roots_do_not_become_urls(tmp_path: Path, where: str) -> None:
    path = tmp_path / "s.yaml"
    text = f"metadata: {{ecog: {{{where}: [/mnt/rig]}}}}\nsources:\n  a: {{driver: ecog_intan, args: {{urlpath: a}}}}\n"
    path.write_text(text)
    with pytest.raises(
        ec.CatalogError, match=f"line 1: {where} are folders of this machine, and cannot lie at s3://lab"
    ):
        ec.relink(path, "/mnt", "s3://me:topsecret@lab")
    assert path.read_text() == text


def test_virtual_files_refer_to_disks(tmp_path: Path) -> None:
    (tmp_path / "rig").mkdir()
    joined = ec.join(*(recording(tmp_path / "rig" / f"{k}.h5", 3000, k) for k in range(2)))
    ec.write(joined, tmp_path / "all.vds.h5")
    for line in ((tmp_path / "rig", "s3://lab"), ("s3://lab", tmp_path)):
        with pytest.raises(ec.CatalogError, match="a virtual file refers to files on disks"):
            ec.relink(tmp_path / "all.vds.h5", *line)
    path = tmp_path / "s.yaml"
    path.write_text(
        "sources:\n  all: {driver: ecog_hdf5, args: {urlpath: all.vds.h5}}\n"
        f"  one: {{driver: ecog_hdf5, args: {{urlpath: {tmp_path}/rig/0.h5}}}}\n"
    )
    one, virtual = ec.relink(path, tmp_path / "rig", "s3://lab")
    assert (one.new, one.exists, virtual.entry) == ("s3://lab/0.h5", True, "all (all.vds.h5)")
    assert "not to s3://lab/0.h5" in virtual.problem
    assert ec.equals(ec.open_recording(tmp_path / "all.vds.h5"), joined)


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_the_command_shows_no_password(tmp_path: Path, more: list[str]) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("sources:\n  a: {driver: ecog_intan, args: {urlpath: 'sftp://me:topsecret@host/day/a.rhd'}}\n")
    old: Any = "sftp://me:topsecret@host/day"
    done = CliRunner().invoke(ecogcat, ["relink", str(path), f"{old}/other", "s3://lab", *more])
    assert (done.exit_code, "no path of" in done.stderr, "topsecret" in done.output) == (1, True, False)
    done = CliRunner().invoke(ecogcat, ["relink", str(path), old, "sftp://me:topsecret@host/b", *more])
    assert (done.exit_code, "sftp://host/b/a.rhd" in done.stdout, "topsecret" in done.output) == (0, True, False)
    assert urlpaths(path) == ["sftp://me:topsecret@host/b/a.rhd"]


@pytest.mark.parametrize("url", ["simplecache::s3://lab", "https://host/a?key=1", "s3://lab/../x"])
def test_urls_that_are_none(tmp_path: Path, url: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("sources:\n  a: {driver: ecog_intan, args: {urlpath: a.rhd}}\n")
    for line in ((url, tmp_path), (tmp_path, url)):
        with pytest.raises(ec.CatalogError):
            ec.relink(path, *line)
