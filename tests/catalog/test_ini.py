"""Session files as text: sections, inheritance, interpolation, and each error in one message."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from ecogcat.catalog.ini import LabSettings, looks_like_session, read_ini, read_settings
from ecogcat.errors import CatalogError, RecordingNotFound
from tests.catalog.lab_examples import SESSIONS, examples, expected, without_globals

HEAD = "[session]\nelectrode: psv_61\n"


def written(folder: Path, text: str | bytes, name: str = "s.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# The lab's examples


@pytest.mark.parametrize("name", SESSIONS)
def test_the_examples_are_read_as_before(name: str) -> None:
    told = expected()
    session = read_ini(examples() / told["find_conf"][name].removeprefix("sessions/"),
                       read_settings(examples() / "global_config.txt"))  # fmt: skip
    assert list(session.sections) == told[name]["section_order"]
    for section, options in told[name]["raw_strings"].items():
        mine = session.sections[section]
        assert {**mine.inherited, **mine.own} == without_globals(options, told)


def test_no_option_of_the_examples_has_two_values() -> None:
    """So that they cannot tell whether [session] or [DEFAULT] holds: `test_session_holds_over_default` does."""
    settings = read_settings(examples() / "global_config.txt")
    for path in sorted(examples().glob("db/*/*2020*.txt")):
        session = read_ini(path, settings)
        assert all(not session.contradictions(name) for name in session.recordings)


# Reading


def test_sections_keep_their_order_and_options_their_case(tmp_path: Path) -> None:
    session = read_ini(written(tmp_path, f"# a comment\n{HEAD}Units = mV\n; another\n[b]\nx: 1\n[a]\n[DEFAULT]\ny=2\n"))
    assert session.recordings == ("b", "a")
    assert session.options("b") == {"electrode": "psv_61", "Units": "mV", "y": "2", "x": "1"}
    assert session.options("not there") == session.options() == {"electrode": "psv_61", "Units": "mV", "y": "2"}


def test_session_holds_over_default(tmp_path: Path) -> None:
    """L6: [DEFAULT] hid what [session] said, for named recordings, silently."""
    session = read_ini(written(tmp_path, HEAD + "units: mV\n[DEFAULT]\nunits: uV\n[rec]\n[other]\nunits: V\n"))
    assert [session.options(one)["units"] for one in ("rec", "other", "unnamed")] == ["mV", "V", "mV"]
    assert session.contradictions("rec") == ["units: [session] says 'mV', [DEFAULT] 'uV'; [session] holds"]
    assert session.contradictions("other") == []


def test_options_refer_to_their_section_to_default_and_to_settings(tmp_path: Path) -> None:
    settings = LabSettings({"local_exp": "/data/100% done"})
    text = HEAD + "exp_path: %(local_exp)s/%(day)s\nday: 1\n[DEFAULT]\nnote: %(day)s\n[rec]\nday: 2\n"
    session = read_ini(written(tmp_path, text), settings)
    assert session.options()["exp_path"] == "/data/100% done/1"
    assert session.options("rec")["note"] == "2"
    assert "local_exp" not in session.options("rec")


def test_a_default_may_refer_to_what_only_the_recordings_have(tmp_path: Path) -> None:
    text = "[session]\nday: 0\n[DEFAULT]\nnote: %(day)s\n[rec]\nday: 2\n"
    assert read_ini(written(tmp_path, text)).options("rec")["note"] == "2"


def test_a_session_is_immutable_and_pickles(tmp_path: Path) -> None:
    session = read_ini(written(tmp_path, HEAD + "[rec]\n"))
    with pytest.raises(AttributeError):
        session.path = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        session.sections["rec"].own["a"] = "b"  # type: ignore[index]
    assert pickle.loads(pickle.dumps(session)) == session


def test_nothing_is_evaluated(tmp_path: Path) -> None:
    session = read_ini(written(tmp_path, HEAD + "a: {{ env(HOME) }}\nb: $HOME `ls` !!python/object\n"))
    assert session.options()["a"] == "{{ env(HOME) }}"
    assert session.options()["b"] == "$HOME `ls` !!python/object"


def test_a_byte_order_mark_is_no_part_of_the_first_section(tmp_path: Path) -> None:
    assert "session" in read_ini(written(tmp_path, b"\xef\xbb\xbf" + HEAD.encode())).sections


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("500\n1000\n", "this is no INI file: line 1 is '500', before any [section]"),
        (HEAD + "what is this\n", "line 3 is neither [section] nor 'option: value'"),
        (HEAD + "a: %(local_exp)s\n", "section [session], option a: %(local_exp)s is no option of the section"),
        (HEAD + "a: 100%\n", "section [session], option a: % begins %(name)s"),
        (HEAD + "a: %(b)s\nb: %(a)s\n", "section [session], option a: its %(...)s lead back to itself"),
        (HEAD + "a: 1\na: 2\n", "option a is there twice in section [session], again in line 4"),
        (HEAD + "[rec]\n[rec]\n", "section [rec] is there twice, again in line 4"),
        ("[rec]\na: 1\n", "a session file has a section [session]; found [rec]"),
        ("[Session]\na: 1\n", "names of sections are exact: write [session]"),
        ("", "a session file has a section [session]; found none"),
        (HEAD.encode() + b"note: abc\xe9\n", "byte 37 is no UTF-8 text"),
    ],
)
def test_what_is_wrong_is_one_message_with_the_file(text: str | bytes, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CatalogError) as refused:
        read_ini(path)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingNotFound, match=r"nothing\.txt: no such session file"):
        read_ini(tmp_path / "nothing.txt")


def test_files_that_begin_with_a_section_look_like_sessions(tmp_path: Path) -> None:
    assert looks_like_session(written(tmp_path, "# a comment\n\n [session]\n"))
    assert not looks_like_session(written(tmp_path, "500\n1000\n"))
    assert not looks_like_session(written(tmp_path, ""))
    assert not looks_like_session(written(tmp_path, b"\xff\xfe"))


# Global settings


def test_settings_are_found_by_argument_variable_and_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ECOGCAT_LAB_SETTINGS", raising=False)
    assert read_settings() == LabSettings()
    written(tmp_path, "[globals]\nlocal_exp: /home\n", ".mjt_exp_conf.txt")
    assert read_settings().values == {"local_exp": "/home"}
    monkeypatch.setenv("ECOGCAT_LAB_SETTINGS", str(written(tmp_path, "[globals]\nlocal_exp: /variable\n", "v.txt")))
    assert read_settings().values == {"local_exp": "/variable"}
    path = written(
        tmp_path, "[globals]\nlocal_exp: /a%20b/%(c)s\nnetwork_exp: none\nstash_path: ~/stash\nlimit:\n", "a"
    )
    assert read_settings(path) == LabSettings(
        {"local_exp": "/a%20b/%(c)s", "stash_path": f"{tmp_path}/stash"}, str(path)
    )
    assert read_settings(read_settings(path)) is not None


def test_settings_that_cannot_be_used_are_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RecordingNotFound, match="no such file of global settings"):
        read_settings(tmp_path / "nothing")
    monkeypatch.setenv("ECOGCAT_LAB_SETTINGS", str(tmp_path / "nor this"))
    with pytest.raises(RecordingNotFound, match="nor this: no such file of global settings"):
        read_settings()
    with pytest.raises(CatalogError, match=r"global settings are in a section \[globals\]; found \[session\]"):
        read_settings(written(tmp_path, HEAD))
