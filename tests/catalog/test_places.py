"""Places: what a path in a catalog means, on POSIX and on Windows, beside a catalog that moved."""

from __future__ import annotations

import ntpath
import os
import pickle
import posixpath
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import intake
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.catalog.paths import first_existing, local_path, long_path, moved, places
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.simulate import SimulatedSession

LONG = "C:\\" + "\\".join(["deep"] * 60) + "\\rec.rhd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C:\\data\\rec.rhd", "C:\\data\\rec.rhd"),
        ("C:/data//day 1/./rec.rhd", "C:\\data\\day 1\\rec.rhd"),
        ("c:\\data/mixed\\..\\rec.rhd", "c:\\data\\rec.rhd"),
        ("file:///C:/data/day%201/rec.rhd", "C:\\data\\day 1\\rec.rhd"),
        ("file://C:/data/rec.rhd", "C:\\data\\rec.rhd"),
        ("file://C:\\data\\rec.rhd", "C:\\data\\rec.rhd"),
        ("file://localhost/C:/data/rec.rhd", "C:\\data\\rec.rhd"),
        ("\\\\server\\share\\day\\rec.rhd", "\\\\server\\share\\day\\rec.rhd"),
        ("//server/share//day/rec.rhd", "\\\\server\\share\\day\\rec.rhd"),
        ("file://server/share/rec.rhd", "\\\\server\\share\\rec.rhd"),
        ("file:////server/share/rec.rhd", "\\\\server\\share\\rec.rhd"),
        ("\\\\?\\" + LONG, "\\\\?\\" + LONG),
        ("rec.rhd", "rec.rhd"),
        ("day 1/rec.rhd", "day 1\\rec.rhd"),
    ],
)
def test_paths_of_windows(text: str, expected: str) -> None:
    assert local_path(text, flavour=ntpath) == expected
    assert local_path(expected, flavour=ntpath) == expected, "once is enough"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/data//day 1/rec.rhd", "/data/day 1/rec.rhd"),
        ("//data/rec.rhd", "/data/rec.rhd"),
        ("///data/rec.rhd", "/data/rec.rhd"),
        ("file:///data//rec.rhd", "/data/rec.rhd"),
        ("FILE:///data/rec.rhd", "/data/rec.rhd"),
        ("file://localhost/data/rec.rhd", "/data/rec.rhd"),
        ("local:///data/rec.rhd", "/data/rec.rhd"),
        ("/data/../rec.rhd", "/rec.rhd"),
        ("/data/100%/rec.rhd", "/data/100%/rec.rhd"),
        ("a:b.rhd", "a:b.rhd"),
    ],
)
def test_paths_of_posix(text: str, expected: str) -> None:
    assert local_path(text, flavour=posixpath) == expected
    assert local_path(expected, flavour=posixpath) == expected


@pytest.mark.parametrize("text", ["C:\\data\\rec.rhd", "d:/data/rec.rhd", "\\\\server\\share\\rec.rhd"])
def test_a_path_of_windows_elsewhere_says_so(text: str) -> None:
    with pytest.raises(ec.RecordingNotFound, match="a path of Windows; here the recording lies elsewhere"):
        local_path(text, flavour=posixpath)


@pytest.mark.parametrize("flavour", [posixpath, ntpath])
@pytest.mark.parametrize("text", ["s3://bucket/rec", "HTTPS://host/rec", "simplecache::file:///rec", "", " ", "a\0b"])
def test_what_is_no_path(flavour: Any, text: str) -> None:
    with pytest.raises(ec.CatalogError, match=r"a local path is needed|empty path|is no path"):
        local_path(text, flavour=flavour)


def test_devices_of_windows() -> None:
    with pytest.raises(ec.CatalogError, match="a device"):
        local_path("\\\\.\\PhysicalDrive0", flavour=ntpath)


def test_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "C:\\Users\\me")
    assert local_path("~/rec.rhd", flavour=posixpath) == "/home/me/rec.rhd"
    assert local_path("~/day/rec.rhd", flavour=ntpath) == "C:\\Users\\me\\day\\rec.rhd"
    assert local_path("$HOME/rec.rhd", flavour=posixpath) == "$HOME/rec.rhd"


def test_long_paths() -> None:
    assert long_path(LONG, flavour=ntpath) == "\\\\?\\" + LONG
    assert long_path("\\\\?\\" + LONG, flavour=ntpath) == "\\\\?\\" + LONG
    share = "\\\\server\\share" + LONG[2:]
    assert long_path(share, flavour=ntpath) == "\\\\?\\UNC" + share[1:]
    for short in ("C:\\rec.rhd", "rec.rhd" * 100):
        assert long_path(short, flavour=ntpath) == short
    assert long_path("/" + "a/" * 400, flavour=posixpath) == "/" + "a/" * 400


def test_beside_the_catalog_first() -> None:
    here = os.getcwd()
    assert places("rec.rhd", "/day/", flavour=posixpath) == ["/day/rec.rhd", f"{here}/rec.rhd"]
    assert places("../rec.rhd", "/day//", flavour=posixpath)[0] == "/rec.rhd"
    assert places("/rec.rhd", "/day/", flavour=posixpath) == ["/rec.rhd"]
    assert places("rec.rhd", None, flavour=posixpath) == [f"{here}/rec.rhd"]
    assert places("day 1\\rec.rhd", "/data", flavour=posixpath)[:2] == ["/data/day 1\\rec.rhd", "/data/day 1/rec.rhd"]
    assert places("day 1/rec.rhd", "\\\\server\\share\\", flavour=ntpath)[0] == "\\\\server\\share\\day 1\\rec.rhd"
    assert places("D:\\rec.rhd", "C:/day/", flavour=ntpath) == ["D:\\rec.rhd"]


_NAMES = st.text(st.sampled_from("ab. -"), min_size=1, max_size=5).filter(lambda name: name.strip(". ") == name)


@given(st.lists(_NAMES, min_size=1, max_size=4), st.sampled_from(["/", "//", "\\", "/./"]), st.booleans())
def test_any_spelling_is_one_path(names: list[str], separator: str, url: bool) -> None:
    text = "C:" + separator + separator.join(names)
    path = ("file:///" if url and "\\" not in separator else "") + text
    assert local_path(path, flavour=ntpath) == str(PureWindowsPath("C:\\", *names))
    if separator != "\\":
        text = "/" + separator.join(names)
        assert local_path("file://" + text if url else text, flavour=posixpath) == str(PurePosixPath("/", *names))


@given(st.lists(_NAMES, min_size=1, max_size=4), st.sampled_from([posixpath, ntpath]))
def test_moving_there_and_back(names: list[str], flavour: Any) -> None:
    root = "C:\\" if flavour is ntpath else "/"
    new, old = flavour.join(root, "new"), flavour.join(root, "old", "deep")
    path = flavour.join(new, *names)
    assert moved(path, new, old, flavour=flavour) == flavour.join(old, *names)
    assert moved(moved(path, new, old, flavour=flavour), old, new, flavour=flavour) == path
    assert moved(flavour.join(root, "newer", *names), new, old, flavour=flavour) == flavour.join(root, "newer", *names)


def test_moved_between_drives() -> None:
    assert moved("D:\\rec.rhd", "C:\\new", "C:\\old", flavour=ntpath) == "D:\\rec.rhd"
    assert moved("C:\\NEW\\rec.rhd", "c:\\new", "C:\\old", flavour=ntpath) == "C:\\old\\rec.rhd"


def test_only_files_and_folders(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("")
    assert first_existing([str(tmp_path / "none"), str(tmp_path / "file")]) == str(tmp_path / "file")
    assert first_existing([str(tmp_path)]) == str(tmp_path)
    assert first_existing([str(tmp_path / "none"), "a" * 5000]) is None
    with pytest.raises(ec.CatalogError, match="neither a file nor a folder"):
        first_existing([str(tmp_path / "pipe")])


def test_a_catalog_saved_elsewhere(session: SimulatedSession, cat: Any, write_catalog: Any, tmp_path: Path) -> None:
    recording = session.recordings[0]
    relative = {"driver": "ecog_intan", "args": {"urlpath": recording.path.name, "electrode": "grid.csv"}}
    both = {
        "driver": "ecog_join",
        "args": {"parts": ["near", recording.path.name], "match": "name"},
    }
    path = write_catalog("to_move.yaml", {"near": relative, "both": both})
    for opener in (intake.open_catalog, ec.open_session):
        before = opener(str(path))
        saved = tmp_path / opener.__name__ / "moved.yaml"
        saved.parent.mkdir()
        before.save(str(saved))
        for again in (intake.open_catalog(str(saved)), ec.open_session(saved)):
            assert sorted(again) == sorted(before)
            for name in ("near", session.recordings[1].name, "both"):
                assert again[name].read() == before[name].read()
                assert pickle.loads(pickle.dumps(again[name])).read() == before[name].read()
            assert "catalog_dir_before" not in again["near"].read().metadata


def test_a_catalog_saved_elsewhere_whose_recordings_lie_above_it(tmp_path: Path) -> None:
    """Paths that lead out of the old folder count from there, at whatever depth the new one is."""
    (tmp_path / "rig").mkdir()
    (tmp_path / "lists" / "2026").mkdir(parents=True)
    for name in ("a", "b"):
        write_rhd(tmp_path / "rig" / f"{name}.rhd", [[0] * 128] * 4)
    path = tmp_path / "lists" / "s.yaml"
    path.write_text(
        "metadata: {ecog: {roots: [../rig]}}\n"
        "sources:\n  a: {driver: ecog_intan, args: {urlpath: '{{ CATALOG_DIR }}/../rig/a.rhd'}}\n"
        "  b: {driver: ecog_intan, args: {urlpath: b.rhd}}\n"
    )
    saved = tmp_path / "lists" / "2026" / "day.yaml"
    intake.open_catalog(str(path)).save(str(saved))
    for again in (intake.open_catalog(str(saved)), ec.open_session(saved)):
        assert [again[name].read().n_samples for name in ("a", "b")] == [128, 128]


def test_what_was_copied_along_goes_before_what_stayed(session: SimulatedSession, tmp_path: Path) -> None:
    recording = session.recordings[0]
    (tmp_path / "s.yaml").write_text(
        "sources:\n  rec:\n    driver: ecog_intan\n"
        f'    args: {{urlpath: "{{{{ CATALOG_DIR }}}}/{recording.path.name}"}}\n    catalog_dir: "{session.folder}/"\n'
    )
    source = intake.open_catalog(str(tmp_path / "s.yaml"))["rec"]
    assert source.read().parts[0].paths == (str(recording.path),)
    (tmp_path / recording.path.name).write_bytes(recording.path.read_bytes())
    assert source.read().parts[0].paths == (str(tmp_path / recording.path.name),)
