"""Relink of what a catalog says in each place: paths that opening reads follow, names stay, and the rest is told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.catalog.relinkmentions import mention_of
from ecogcat.cli.commands import ecogcat
from ecogcat.formats.own import links_of
from ecogcat.testing.rhd import write_rhd
from tests.remote_stores import emptied, put


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECOGCAT_CACHE", str(tmp_path / "cache"))
    emptied()
    (tmp_path / "old").mkdir()
    for name in ("a", "x y", "100%25"):
        write_rhd(tmp_path / "old" / f"{name}.rhd", [[1] * 128] * 4)
    (tmp_path / "old" / "tones.txt").write_text("500\n1000\n")
    return tmp_path / "old"


def written(path: Path, urlpath: str | None, head: str = "", more: str = "") -> Path:
    path.parent.mkdir(exist_ok=True)
    arguments = "{}" if urlpath is None else "{urlpath: " + repr(urlpath) + "}"
    path.write_text(f"{head}sources:\n  a:\n    driver: ecog_intan\n    args: {arguments}\n{more}")
    return path


def rows(*given: Any) -> list[tuple[str, str, bool]]:
    return [(one.entry, one.new, one.exists) for one in ec.relink(*given)]


@pytest.mark.parametrize(
    ("folder", "urlpath", "head", "more"),
    [
        (".", "file://localhost{d}/old/a.rhd", "", ""),
        (".", "local://{d}/old/a.rhd", "", ""),
        (".", "FILE://{d}//old/a.rhd", "", ""),
        (".", "file://{d}/old/x%20y.rhd", "", ""),
        (".", "file://{d}/old/100%25.rhd", "", ""),
        (".", "{{{{ CATALOG_DIR }}}}//old/a.rhd", "", ""),
        (".", "file://{{{{ CATALOG_DIR }}}}/old/a.rhd", "", ""),
        (".", "old\\a.rhd", "", ""),
        (".", "a.rhd", "", "    catalog_dir: {d}/old/\n"),
        (".", None, "metadata: {{ecog: {{path: '{d}/old/{{name}}.rhd'}}}}\n", ""),
        ("k", "old/a.rhd", "metadata: {{ecog: {{roots: ['{d}']}}}}\n", ""),
        ("k", "old/a.rhd", "", "    catalog_dir: {d}\n"),
        ("k", "{{{{ CATALOG_DIR }}}}/old/a.rhd", "", "    catalog_dir: {d}\n"),
        ("k", None, "metadata: {{ecog: {{roots: ['{d}'], path: 'old/{{name}}.rhd'}}}}\n", ""),
        ("k", "a.rhd", "metadata: {{ecog: {{roots: ['../old', '${{NOT_SET}}']}}}}\n", ""),
    ],
)
@pytest.mark.parametrize("now", ["new", "far/off/new 2"])
@pytest.mark.parametrize("as_url", [False, True])
def test_what_opened_opens_again(
    old: Path, tmp_path: Path, folder: str, urlpath: str | None, head: str, more: str, now: str, as_url: bool
) -> None:
    if urlpath is not None:
        urlpath = urlpath.format(d=tmp_path)
    path = written(tmp_path / folder / "s.yaml", urlpath, head.format(d=tmp_path), more.format(d=tmp_path))
    assert ec.load_session(path, "a")[0].n_samples == 128
    (tmp_path / now).parent.mkdir(parents=True, exist_ok=True)
    old.rename(tmp_path / now)
    with pytest.raises(ec.RecordingNotFound):
        ec.load_session(path, "a")
    ((_, _, exists),) = rows(path, f"file://{old}" if as_url else old, tmp_path / now)
    assert exists
    assert ec.load_session(path, "a")[0].n_samples == 128


def test_old_as_a_url_with_quotes(old: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "s.yaml", f"{tmp_path}/o l d/a.rhd")
    old.rename(tmp_path / "new")
    ((_, new, exists),) = rows(path, f"FILE://localhost{tmp_path}/o%20l%20d", tmp_path / "new")
    assert (new, exists) == (str(tmp_path / "new" / "a.rhd"), True)


def test_a_url_of_a_drive(old: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "s.yaml", "file:///D:/rig%201/a.rhd")
    assert rows(path, "d:\\RIG 1", old) == [("a", str(old / "a.rhd"), True)]
    written(path, "file://server/share/a.rhd")
    assert rows(path, "\\\\server\\share", old) == [("a", str(old / "a.rhd"), True)]


def test_names_are_no_paths(old: Path, tmp_path: Path) -> None:
    arguments = "{urlpath: /z/a.rhd, electrode: my_own, events: ttl, judgements: 'j.csv'}"
    text = (
        "metadata: {ecog: {defaults: {electrode: their_own}}}\n"
        f"sources:\n  a: {{driver: ecog_intan, args: {arguments}}}\n"
        "  sub: {driver: ecog_session, args: {path: /elsewhere/sub.yaml}}\n"
        "  j: {driver: ecog_join, args: {parts: [a, '1', sub/a, sub.b, 'day*', rats/2020/awake_1]}}\n"
    )
    path = tmp_path / "s.yaml"
    path.write_text(text)
    (tmp_path / "new" / "sub").mkdir(parents=True)
    for name in ("1", "sub/a", "day_1"):
        (tmp_path / "new" / name).touch()
    assert ec.relink(path, tmp_path, tmp_path / "new") == []
    assert path.read_text() == text
    (tmp_path / "new" / "my_own").touch()
    (tmp_path / "j.csv").touch()
    (tmp_path / "new" / "rats" / "2020").mkdir(parents=True)
    (tmp_path / "new" / "rats" / "2020" / "awake_1").touch()
    assert rows(path, tmp_path, tmp_path / "new") == [
        ("a", "new/my_own", True),
        ("a", "new/j.csv", False),
        ("j", "new/rats/2020/awake_1", True),
    ]


def test_tables_of_conditions(old: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    conditions = "conditions: {exp_type: tonotopy, tones_tab: '%s', amps_tab: '30, 50'}"
    head = f"metadata: {{ecog: {{tables: ['{tmp_path}'], defaults: {{{conditions % (old / 'tones')}}}}}}}\n"
    path = written(tmp_path / "k" / "s.yaml", str(old / "a.rhd"), head)
    one = f"{{driver: ecog_intan, args: {{urlpath: /z/b.rhd, {conditions % 'old/tones.txt'}}}}}"
    path.write_text(path.read_text() + f"  b: {one}\n")
    old.rename(tmp_path / "new" / "2026")
    now = tmp_path / "new" / "2026"
    assert rows(path, old, now) == [
        ("metadata: ecog: defaults: conditions: tones_tab", str(now / "tones"), True),
        ("a", str(now / "a.rhd"), True),
        ("b", "new/2026/tones.txt", True),
    ]
    moved, left = ec.relink(path, now, "memory://lab")
    assert (moved.new, left.old) == ("memory://lab/a.rhd", str(now / "tones"))
    assert left.problem == "a table of conditions is a file of this machine, and cannot lie at memory://lab/tones"


def test_what_is_not_rewritten_is_told(old: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    text = f"""\
description: in {tmp_path}/old_2 and {tmp_path}/more/old
metadata: {{ecog: {{roots: ['{old}/${{DAY}}', '${{RIG}}{old}'], refused: [{{path: x, reason: '{old} is none'}}]}}}}
sources:
  a:
    driver: ecog_intan
    parameters: {{base: {{type: str, default: '{old}', description: x}}}}
    metadata: {{rig: '{old}/notes.txt', ecog: {{warnings: ['{old}/a']}}}}
    args: {{urlpath: '{{{{ base }}}}/a.rhd', store_path: '{old}/store'}}
  b:
    driver: ecog_intan
    metadata: {{rig: '{old}/notes.txt'}}
    args: {{urlpath: '{old}/{{{{ env(DAY) }}}}.rhd', events: '{old}/x/../../off/e.csv'}}
"""
    path = tmp_path / "s.yaml"
    path.write_text(text)
    left = ec.relink(path, old, tmp_path / "new")
    assert [(one.entry, one.old == one.new, one.exists) for one in left] == [
        ("metadata: ecog: roots", True, False),
        ("a: parameters: base: default", True, False),
        ("a: args: store_path", True, False),
        ("b: args: urlpath", True, False),
    ]
    assert {one.problem for one in left} == {
        f"it names {old}, and relinking does not rewrite it: change it by hand, if need be"
    }
    assert path.read_text() == text, "nothing else was to be done"
    done = CliRunner().invoke(ecogcat, ["relink", str(path), str(old), str(tmp_path / "new")])
    assert done.exit_code == 1
    assert f"FAILS  a: parameters: base: default: {old} is as it was: it names {old}" in done.stdout
    assert done.stdout.endswith(f"\n0 paths of {path} changed\n")


@pytest.mark.parametrize(
    ("old", "text", "there"),
    [
        ("/", "/a", True),
        ("/", "a/b", False),
        ("/a/b", "see /a//b/c", True),
        ("/a/b", "{{ CATALOG_DIR }}/a/b", False),
        ("/a/b", "/a/b/../c", False),
        ("/a{b", "/a{{ '{' }}b/c", True),
        ("D:\\rig", "file:///d:/Rig/a", True),
        ("D:\\", "D:\\a", True),
        ("D:\\", "AD:\\a", False),
        ("D:\\rig", "D:\\rig\\..\\other", False),
        ("\\\\server\\share", "\\\\SERVER\\share\\a", True),
        ("s3://lab", "S3://lab/a", True),
        ("s3://lab", "s3://labs", False),
        ("sftp://host/lab", "sftp://me:pw@HOST/lab/{{ x }}", True),
        ("https://h/day%201", "https://h/day 1/{{ x }}", True),
    ],
)
def test_mentions(old: str, text: str, there: bool) -> None:
    assert mention_of(old)(text) is there


def test_a_recording_that_its_roots_have_lost(old: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    path = written(tmp_path / "k" / "s.yaml", "old/b.rhd", f"metadata: {{ecog: {{roots: ['{tmp_path}']}}}}\n")
    (one,) = ec.relink(path, old, tmp_path / "new")
    assert f"it leads to {old}/b.rhd, by a folder that has not moved, and nothing is at {tmp_path}/new/" in one.problem
    written(path, "a.rhd", "metadata: {ecog: {roots: [/elsewhere]}}\n")
    (one,) = ec.relink(path, path.parent, "memory://lab")
    assert "nothing is in its folders, and whether it is at memory://lab/a.rhd is not known" in one.problem


def test_patterns(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"sources:\n  a:\n    driver: yaml_files_cat\n    args: {{path: '{old}/*.yaml'}}\n")
    (old / "x.yaml").write_text("sources: {}\n")
    old.rename(tmp_path / "new")
    assert rows(path, old, tmp_path / "new") == [("a", f"{tmp_path}/new/*.yaml", True)]
    (tmp_path / "empty").mkdir()
    assert rows(path, tmp_path / "new", tmp_path / "empty") == [("a", f"{tmp_path}/empty/*.yaml", False)]


def joined(tmp_path: Path) -> ec.Dataset:
    (tmp_path / "rig").mkdir()
    for name in "ab":
        with h5py.File(tmp_path / "rig" / f"{name}.h5", "w") as file:
            file["chdata"], file["Fs"] = np.arange(300.0).reshape(3, 100), 1000.0
    return ec.join(*(ec.open_recording(tmp_path / "rig" / f"{name}.h5") for name in "ab"))


@pytest.mark.parametrize("how", ["roots", "catalog_dir"])
def test_virtual_files_that_are_looked_for(old: Path, tmp_path: Path, how: str) -> None:
    (tmp_path / "made").mkdir()
    ec.write(joined(tmp_path), tmp_path / "made" / "all.vds.h5")
    head = f"metadata: {{ecog: {{roots: ['{tmp_path}/made']}}}}\n" if how == "roots" else ""
    more = f"    catalog_dir: {tmp_path}/made\n" if how == "catalog_dir" else ""
    path = written(tmp_path / "k" / "s.yaml", "all.vds.h5", head, more)
    path.write_text(path.read_text().replace("ecog_intan", "ecog_ecogcat"))
    shutil.move(tmp_path / "rig", tmp_path / "now")
    assert [one[1:] for one in rows(path, tmp_path / "rig", tmp_path / "now")] == [
        (str(tmp_path / "now" / f"{name}.h5"), True) for name in "ab"
    ]
    assert sorted(links_of(str(tmp_path / "made" / "all.vds.h5"))) == [f"{tmp_path}/now/{name}.h5" for name in "ab"]
    assert ec.load_session(path, "a")[0].n_samples == 200


def test_virtual_files_do_not_become_urls(old: Path, tmp_path: Path) -> None:
    ec.write(joined(tmp_path), tmp_path / "rig" / "all.vds.h5")
    path = written(tmp_path / "s.yaml", f"{tmp_path}/rig/all.vds.h5")
    path.write_text(path.read_text() + f"  b: {{driver: ecog_hdf5, args: {{urlpath: '{tmp_path}/rig/a.h5'}}}}\n")
    url = put(tmp_path / "rig", "lab")
    shutil.rmtree(tmp_path / "rig")
    moved, left = ec.relink(path, tmp_path / "rig", url)
    assert (moved.entry, moved.problem, left.entry, left.new) == ("b", "", "a", f"{tmp_path}/rig/all.vds.h5")
    assert "a virtual file is opened from a disk, not from memory://lab/all.vds.h5" in left.problem
    assert ec.load_session(path, "b")[0].n_samples == 100


def test_keys_are_for_one_store(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    one = "{driver: ecog_intan, args: {urlpath: 'https://lab.org/d/%s?X-Signature=geheim', %s}}"
    text = "".join(f"  {name}: {one % (f'{name}.rhd', 'storage_options: {token: geheim}')}\n" for name in "ab")
    path.write_text(f"sources:\n{text}  c: {one % ('c.rhd', 'units: uV')}\n")
    kept = ec.relink(path, "https://lab.org/d", "https://LAB.org/e")
    assert [one.problem for one in kept] == [""] * 3
    assert "geheim" not in repr(kept)
    assert path.read_text().count("?X-Signature=geheim") == 3
    *moved, told = ec.relink(path, "https://lab.org/e", "https://other.org/e")
    assert [one.new for one in moved] == [f"https://other.org/e/{name}.rhd" for name in "abc"]
    assert (told.entry, told.new) == ("a and 1 more: storage_options", "https://lab.org")
    assert told.problem == "they are for https://lab.org: write those of the new place, if it needs any"
    assert "Signature" not in path.read_text()


def test_passwords_are_not_shown(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    url = "sftp://me:geheim@host/lab"
    path.write_text(f"sources:\n  a: {{driver: ecog_intan, args: {{urlpath: '{url}/a.rhd'}}}}\n")
    moved = ec.relink(path, "sftp://HOST/lab", "sftp://host/new")
    assert repr(moved) == (
        "[Relinked(entry='a', old='sftp://host/lab/a.rhd', new='sftp://host/new/a.rhd', exists=True, problem='')]"
    )
    assert yaml.safe_load(path.read_text())["sources"]["a"]["args"]["urlpath"] == "sftp://me:geheim@host/new/a.rhd"
    path.write_text(f"metadata: {{ecog: {{tables: ['{url}/t']}}}}\nsources: {{}}\n")
    with pytest.raises(ec.CatalogError, match="take 'sftp://host/lab/t' out of them"):
        ec.relink(path, url, "sftp://host/new")
