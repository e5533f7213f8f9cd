"""A catalog is data: what is refused, with which line; by ecogcat's own doors, and by its drivers through Intake's."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import intake
import pytest
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.catalog.checked import CheckedCatalog
from ecogcat.catalog.index import index_path, write_index
from ecogcat.catalog.indexed import IndexedCatalog, index_text
from ecogcat.catalog.joins import JoinSource
from ecogcat.catalog.session import open_catalog
from ecogcat.catalog.source import EcogSource
from ecogcat.cli.commands import ecogcat
from ecogcat.testing.simulate import SimulatedSession
from tests import malicious_catalogs as malicious
from tests.malicious_catalogs import OTHERS, REACHED, TEXTS, refusal, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("malicious")
    write(folder)
    return folder


@pytest.mark.parametrize("name", [*TEXTS, *OTHERS])
def test_refused_with_one_line(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    expected = OTHERS.get(name) or TEXTS[name][1]
    error = refusal(folder / name)
    assert error is not None
    assert expected in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 1000
    assert not (folder / REACHED).exists()
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("name", [*TEXTS, *OTHERS])
def test_the_command_line_says_it_and_exits_with_1(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = CliRunner().invoke(ecogcat, ["plan", name])
    assert found.exit_code == 1
    assert isinstance(found.exception, SystemExit), "said in words, without a traceback"
    said, *further = found.stderr.strip().splitlines()
    assert said.startswith("error: ")
    assert all(line.startswith("next: ") for line in further)


def test_the_command_prints_no_traceback(folder: Path) -> None:
    code = "from ecogcat.cli import main; main()"
    for name in ("template_attributes.yaml",):
        run = subprocess.run(
            [sys.executable, "-c", code, "ls", name], cwd=folder, capture_output=True, text=True, check=False
        )
        assert (run.returncode, run.stdout) == (1, "")
        assert run.stderr.startswith("error: ")
        assert run.stderr.count("\n") == 1


def test_all_doors_are_one(folder: Path) -> None:
    for open_ in (ec.open_session, ec.load_session, ec.session_table, open_catalog):
        with pytest.raises(ec.CatalogError, match="the tag '!!python/object"):
            open_(folder / "tag_object.yaml")


def test_what_is_large_is_refused_without_being_read(folder: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("huge.yaml", "billion_laughs.yaml", "billion_merges.yaml", "deep.yaml"):
        assert refusal(folder / name) is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def test_the_list_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    malicious.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(TEXTS) + len(OTHERS) + 1
    assert lines[-1] == f"{REACHED}: False"
    assert not any("NOT REFUSED" in line for line in lines)


# What is fine stays fine ---------------------------------------------------------------------------


def test_a_good_catalog_is_that_of_intake(session: SimulatedSession, cat: Any) -> None:
    ours = ec.open_session(session.catalog)
    assert isinstance(ours, CheckedCatalog)
    assert isinstance(ours, intake.catalog.Catalog)
    assert (list(ours), ours.name, ours.metadata) == (list(cat), cat.name, cat.metadata)
    for name in cat:
        assert ours[name].read() == cat[name].read()
        assert ours[name].metadata == cat[name].metadata
        assert ours[name].describe() == cat[name].describe()


def test_templates_that_a_catalog_needs(write_catalog: Any, session: SimulatedSession, monkeypatch: Any) -> None:
    recording = session.recordings[0]
    monkeypatch.setenv("ECOGCAT_TEST_FOLDER", str(session.folder))
    parameters = {"file": {"description": "which", "type": "str", "default": recording.path.name}}
    by_env = {"driver": "ecog_intan", "args": {"urlpath": f"{{{{ env(ECOGCAT_TEST_FOLDER) }}}}/{recording.path.name}"}}
    by_parameter = {
        "driver": "ecog_intan",
        "args": {"urlpath": "{{ CATALOG_DIR }}/{{ file }}"},
        "parameters": parameters,
    }
    unexpanded = {"driver": "ecog_intan", "args": {"urlpath": f"$ECOGCAT_TEST_FOLDER/{recording.path.name}"}}
    path = write_catalog("templates.yaml", {"env": by_env, "parameter": by_parameter, "dollar": unexpanded})
    cat = ec.open_session(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Intake's own, about shells that it did not run
        assert cat["env"].read() == cat["parameter"].read() == ec.open_recording(recording.path)
        with pytest.raises(ec.RecordingNotFound):
            cat["parameter"](file="nope.rhd").read()
    with pytest.raises(ec.RecordingNotFound, match=r"\$ECOGCAT_TEST_FOLDER"):
        cat["dollar"].read()


def test_merges_and_anchors_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "anchors.yaml"
    path.write_text(
        "sources:\n"
        "  a: {driver: ecog_hdf5, args: &args {urlpath: a.h5, units: mV}, metadata: &common {day: 1}}\n"
        "  b: {driver: ecog_hdf5, args: {<<: *args, urlpath: b.h5}, metadata: *common}\n"
    )
    entry = ec.open_session(path)._entries["b"].describe()
    assert (entry["args"], entry["metadata"]) == ({"urlpath": "b.h5", "units": "mV"}, {"day": 1})


def test_nested_catalogs_are_looked_over(write_catalog: Any, session: SimulatedSession, folder: Path) -> None:
    nested = {
        "good": {"driver": "yaml_file_cat", "args": {"path": "{{ CATALOG_DIR }}/session.yaml"}},
        "bad": {"driver": "yaml_file_cat", "args": {"path": str(folder / "tag_object.yaml")}},
        "all": {"driver": "yaml_files_cat", "args": {"path": [str(session.catalog)]}},
        "foreign": {"driver": "csv", "args": {"urlpath": "nope.csv"}},
    }
    cat = ec.open_session(write_catalog("nested.yaml", nested))
    name = session.recordings[0].name
    assert isinstance(cat["good"], CheckedCatalog)
    assert cat["good"][name].read() == cat[name].read() == cat["all"][name].read()
    assert cat["good", name].read() == cat[name].read()
    with pytest.raises(ec.CatalogError, match=r"catalog entry 'bad': .*the tag"):
        cat["bad"]
    found = CliRunner().invoke(ecogcat, ["ls", str(session.folder / "nested.yaml")])
    assert "(not ecogcat's: csv)" in found.stdout, "listed, and not read: nobody knows what it would do"
    assert found.exit_code == 1
    assert "the tag" in found.stderr


def test_a_catalog_is_read_anew_when_it_changed(write_catalog: Any, session: SimulatedSession) -> None:
    path = write_catalog("changing.yaml", {})
    cat = ec.open_session(path)
    entries = cat._entries
    cat.force_reload()
    assert cat._entries is entries
    os.utime(path, ns=(1, 1))
    path.write_text("sources: {new: {driver: ecog_hdf5, args: {urlpath: a.h5}}}\n")
    cat.force_reload()
    assert list(cat) == ["new"]


# By its index ----------------------------------------------------------------------------------------


def indexed(path: Path, sources: Any, metadata: Any = None) -> Any:
    """Open a harmless catalog that lies beside an index of the same digest, which says something else."""
    path.write_text("sources: {}\n")
    assert write_index(str(path), {"metadata": metadata or {}, "sources": dict.fromkeys(sources, HARMLESS)})
    with closing(sqlite3.connect(index_path(str(path)))) as connection, connection:
        for name, entry in sources.items():
            connection.execute("UPDATE entries SET entry = ? WHERE name = ?", (json.dumps(entry), name))
    cat = ec.open_session(path)
    assert isinstance(cat, IndexedCatalog)
    return cat


HARMLESS = {"driver": "ecog_hdf5", "args": {"urlpath": "good.h5"}}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"cls": "os.system", "args": ["true"], "kwargs": {}}, "cls: an object made as the catalog says"),
        ({"driver": "os.system", "args": {}}, "would import a module"),
        ({"driver": "ecogcat.catalog.joins.os", "args": {}}, "would import a module"),
        ({"driver": "ecog_hdf5", "args": {"urlpath": "{{ shell('true') }}"}}, "would run a command"),
        ({"driver": "ecog_hdf5", "args": {"urlpath": "{{ ''.__class__ }}"}}, "holds more than CATALOG_DIR"),
        ({**HARMLESS, "metadata": {"note": "{{ cycler.__init__ }}"}}, "metadata.note: the template"),
        ({**HARMLESS, "parameters": {"p": {"type": "str", "default": "shell(true)"}}}, "runs no shell"),
        ({**HARMLESS, "description": "\x1b[2J"}, "has control characters"),
        ({**HARMLESS, "nobody": "reads it"}, "an entry has no key 'nobody'"),
        ({"args": {}}, "this one has none"),
    ],
)
def test_entries_of_an_index_are_looked_over(tmp_path: Path, entry: dict[str, Any], message: str) -> None:
    cat = indexed(tmp_path / "s.yaml", {"good": HARMLESS, "bad": entry})
    assert isinstance(cat["good"], EcogSource)
    for ask in (lambda: cat["bad"], lambda: ec.load_session(cat, ["bad"])):
        with pytest.raises(ec.CatalogError, match=message) as caught:
            ask()
        assert "\n" not in str(caught.value)
        assert "line" not in str(caught.value), "it is not in the file"


def test_settings_of_an_index_are_looked_over(tmp_path: Path) -> None:
    with pytest.raises(ec.CatalogError, match="no 'rots' is known; did you mean 'roots'"):
        indexed(tmp_path / "s.yaml", {}, {"ecog": {"rots": []}})


def test_a_damaged_index_is_said_so(tmp_path: Path) -> None:
    cat = indexed(tmp_path / "s.yaml", {"good": HARMLESS})
    with closing(sqlite3.connect(tmp_path / "s.yaml.index")) as connection, connection:
        connection.execute("UPDATE entries SET entry = '{not JSON'")
        connection.execute("UPDATE columns SET texts = '{not JSON'")
    for ask in (lambda: cat["good"], lambda: ec.session_table(cat)):
        with pytest.raises(ec.CatalogError, match=r"s\.yaml\.index: this index is damaged; delete it"):
            ask()


def test_no_index_of_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    text = "sources: {a: {driver: os.system, args: {}}}\n"
    path.write_text(text)
    assert not index_text(str(path), text)
    Path(index_path(str(path))).write_bytes(b"of another content")
    with pytest.raises(ec.CatalogError, match=r"line 1: entry 'a': driver 'os\.system' would import a module"):
        ec.open_session(path)


def test_catalogs_in_an_indexed_catalog(folder: Path) -> None:
    said = {one: {"driver": "yaml_file_cat", "args": {"path": one}} for one in ("tag_object.yaml", "outer.yaml")}
    cat = indexed(folder / "outer.yaml", said)
    with pytest.raises(ec.CatalogError, match="the tag"):
        cat["tag_object.yaml"]
    with pytest.raises(ec.CatalogError, match="the catalog includes itself"):
        cat["outer.yaml"]


def test_a_session_that_includes_itself(folder: Path) -> None:
    path = folder / "session_again.yaml"
    path.write_text("sources: {again: {driver: ecog_session, args: {path: session_again.yaml}}}\n")
    with pytest.raises(ec.CatalogError, match="the catalog includes itself"):
        ec.session_table(path)


# Through plain Intake ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"urlpath": "/dev/zero"}, "neither a file nor a folder"),
        ({"urlpath": "pipe"}, "neither a file nor a folder"),
        ({"urlpath": "good.h5\0"}, "is no path"),
        ({"urlpath": b"good.h5"}, "is no path|one path"),
        ({"urlpath": {"a": 1}}, "is one path"),
        ({"urlpath": True}, "is one path"),
        ({"urlpath": "good.h5", "electrode": ["a"]}, "electrode= is a name"),
        ({"urlpath": "good.h5", "electrode": "/dev/zero"}, "neither a file nor a folder"),
        ({"urlpath": "good.h5", "events": {"a": 1}}, "events= is"),
        ({"urlpath": "good.h5", "judgements": 3}, "judgements= is"),
        ({"urlpath": "good.h5", "units": ["mV"]}, "units= is text"),
        ({"urlpath": "good.h5", "name": 3}, "name= is text"),
        ({"urlpath": "good.h5", "mapped": "no"}, "mapped is True .* not 'no'"),
        ({"urlpath": "good.h5", "channels": "all"}, "channels"),
        ({"urlpath": "good.h5", "channels": {"a": 1}}, "channels"),
        ({"urlpath": "good.h5", "dtype": "os.system"}, "dtype"),
        ({"urlpath": "good.h5", "start_time": ["now"]}, "start_time"),
    ],
)
def test_malicious_arguments(folder: Path, arguments: dict[str, Any], message: str, monkeypatch: Any) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises((ec.EcogcatError, TypeError, ValueError, IndexError), match=message) as caught:
        intake.open_ecog_hdf5(**arguments).read()
    assert "\n" not in str(caught.value)
    assert "a source of driver ecog_hdf5: " in str(caught.value)


def test_cycles_and_floods_of_joins_through_plain_intake(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(ec.CatalogError, match="a part of itself"):
        intake.open_catalog("join_of_itself.yaml")["a"].read()
    with pytest.raises(ec.CatalogError, match="at most 100,000"):
        intake.open_catalog("billion_joins.yaml")["j11"].read()
    assert isinstance(intake.open_catalog("billion_joins.yaml")["j11"], JoinSource)


def test_a_table_of_a_catalog_that_includes_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(ec.CatalogError, match="includes itself"):
        ec.session_table(intake.open_catalog("includes_itself.yaml"))
    with pytest.raises(ec.CatalogError, match="includes itself"):
        ec.session_table("includes_itself.yaml")


@pytest.mark.parametrize(
    "path", ["../a.h5", "{{ CATALOG_DIR }}/../a.h5", "/etc/passwd", "~/a.h5", "file:///a.h5", "a/%2e%2e/../../b"]
)
def test_a_catalog_elsewhere_names_nothing_here(path: str) -> None:
    from fsspec import filesystem

    memory = filesystem("memory")
    with memory.open("/day/session.yaml", "wb") as file:
        file.write(f"sources: {{rec: {{driver: ecog_hdf5, args: {{urlpath: '{path}'}}}}}}\n".encode())
    source = intake.open_catalog("memory://day/session.yaml")["rec"]
    with pytest.raises(ec.CatalogError, match=r"leads out of the folder|may name only what lies in its folder"):
        source.read()
