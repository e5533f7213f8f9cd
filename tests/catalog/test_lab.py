"""The folder of sessions: groups, sessions, and finding one by its name or how that ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ecogcat.catalog.ini import LabSettings
from ecogcat.catalog.lab import available_sessions, find_session, session_folders, session_groups
from ecogcat.errors import CatalogError, RecordingNotFound
from tests.catalog.lab_examples import examples, expected

SESSION = "[session]\nelectrode: psv_61\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "rats/2020-03-01_conf.txt": SESSION,
        "rats/2016.07.txt": SESSION,
        "rats/tones.txt": "500\n1000\n",
        "rats/.hidden.txt": SESSION,
        "rats/broken.txt": "[session]\na: 1\na: 2\n",
        "mice/2020-03-01_b.txt": SESSION,
        "mice/x2016.07.txt": SESSION,
        "mice/both.txt": SESSION,
        "mice/both_conf.txt": SESSION,
        ".git/x.txt": SESSION,
        "mice/cage 4/day 1.txt": SESSION,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_examples_are_listed_and_found_as_before() -> None:
    told = expected()
    folders = session_folders(examples() / "db", LabSettings())
    assert session_groups(folders) == told["session_groups"]
    assert available_sessions(folders) == told["available_sessions"]
    assert available_sessions(folders, "rats") == told["available_sessions_rats"]
    for name, place in told["find_conf"].items():
        assert find_session(name, folders) == (name, str(examples().parent / place))
    for ending, name in told["locate_old_session"].items():
        assert find_session(ending, folders).name == name


def test_roots_are_the_argument_else_the_setting(tmp_path: Path) -> None:
    settings = LabSettings({"user_sessions": "/lab/sessions"})
    assert session_folders(None, settings) == ("/lab/sessions",)
    assert session_folders(None, LabSettings()) == ()
    assert session_folders(tmp_path, settings) == (str(tmp_path),)
    assert session_folders(["~", tmp_path], settings) == (os.path.expanduser("~"), str(tmp_path))


def test_what_opens_is_listed_once_and_broken_sessions_too(root: Path) -> None:
    """A session with a mistake is listed, and says what it is when opened; tables are passed over."""
    assert session_groups([str(root)]) == ["mice", "rats"]
    assert available_sessions([str(root)]) == [
        *("mice/2020-03-01_b", "mice/both", "mice/x2016.07"),
        *("rats/2016.07", "rats/2020-03-01", "rats/broken"),
    ]
    assert available_sessions([str(root / "nothing")]) == []


def test_names_with_dots_and_folders_in_groups(root: Path) -> None:
    """L8: everything behind the last dot was cut off; a second slash was an error."""
    folders = [str(root)]
    assert find_session("rats/2016.07", folders).path == str(root / "rats/2016.07.txt")
    assert find_session("2016.07", folders).name == "rats/2016.07"  # its whole name, before how another ends
    assert find_session("mice/cage 4/day 1", folders).path == str(root / "mice/cage 4/day 1.txt")


def test_caller_lists_are_left_alone(root: Path) -> None:
    """L8: the caller's list of folders grew."""
    folders = [str(root)]
    find_session("2016.07", folders)
    with pytest.raises(RecordingNotFound):
        find_session("rats/none", folders)
    assert folders == [str(root)]


def test_either_file_is_found_by_either_ending(root: Path) -> None:
    folders = [str(root)]
    conf = str(root / "rats/2020-03-01_conf.txt")
    for name in ("rats/2020-03-01", "rats/2020-03-01.txt", "rats/2020-03-01_conf", "rats/2020-03-01_conf.txt"):
        assert find_session(name, folders) == ("rats/2020-03-01", conf)
    assert find_session("mice/both", folders).path == str(root / "mice/both.txt")
    assert find_session("mice/both_conf.txt", folders).path == str(root / "mice/both_conf.txt")


def test_the_first_folder_with_a_session_has_it(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "rats").mkdir()
    (other / "rats/2020-03-01.txt").write_text(SESSION)
    assert find_session("2020-03-01", [str(other), str(root)]).path == str(other / "rats/2020-03-01.txt")
    assert available_sessions([str(other), str(root)], "rats") == ["rats/2016.07", "rats/2020-03-01", "rats/broken"]


def test_what_is_not_found_names_every_place_and_names_like_it(root: Path) -> None:
    with pytest.raises(RecordingNotFound) as missing:
        find_session("rats/2020-03-02", [str(root), "/elsewhere"])
    for place in (root / "rats/2020-03-02.txt", root / "rats/2020-03-02_conf.txt", "/elsewhere/rats/2020-03-02.txt"):
        assert str(place) in str(missing.value)
    assert "did you mean rats/2020-03-01" in str(missing.value)
    with pytest.raises(RecordingNotFound, match="did you mean rats/2020-03-01"):
        find_session("2020-03-11", [str(root)])
    with pytest.raises(RecordingNotFound, match="there are 6 sessions"):
        find_session("quite another name", [str(root)])
    with pytest.raises(RecordingNotFound, match="name their folder with roots=, or as user_sessions"):
        find_session("rats/2020-03-01", [])


def test_an_ending_of_several_names_them(root: Path) -> None:
    with pytest.raises(CatalogError, match=r"several sessions end with '07': mice/x2016\.07, rats/2016\.07"):
        find_session("07", [str(root)])
