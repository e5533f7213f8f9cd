"""Catalogs and stores elsewhere: entries that are URLs, catalogs at a URL, and what these may not name."""

from __future__ import annotations

import os
import pickle
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import intake
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.catalog.lookup import look_up
from ecogcat.catalog.paths import places
from ecogcat.cli.commands import ecogcat
from ecogcat.storage.urls import is_url, lies_below, steps_of
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.simulate import simulate_session
from ecogcat.testing.simulated import SimulatedSession
from tests.remote_stores import emptied, memory, put, served


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSession:
    folder = tmp_path_factory.mktemp("session")
    return simulate_session(folder, ("intan", "hdf5", "openephys"), duration_s=2.0)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECOGCAT_CACHE", str(tmp_path / "cache"))
    emptied()
    return tmp_path / "cache"


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def said(text: str, name: str = "lab/s.yaml") -> str:
    memory().pipe_file(f"/{name}", text.encode())
    return f"memory://{name}"


def entry(urlpath: str, more: str = "") -> str:
    return f"sources:\n  rec:\n    driver: ecog_intan\n    args: {{urlpath: '{urlpath}'{more}}}\n"


def same(here: Any, there: Any) -> None:
    assert list(here) == list(there)
    for name in here:
        a, b = here[name].read(), there[name].read()
        assert a == b
        assert ec.equals(a, b)
        assert here[name].discover()["shape"] == there[name].discover()["shape"]


@pytest.mark.parametrize("opened", ["open_session", "plain Intake", "session driver"])
def test_a_catalog_at_a_url_means_what_lies_beside_it(session: SimulatedSession, opened: str) -> None:
    url = put(Path(session.folder), "lab/rat 17")
    name = Path(session.catalog).name
    ways = {
        "open_session": ec.open_session,
        "plain Intake": intake.open_catalog,
        "session driver": intake.open_ecog_session,
    }
    same(ec.open_session(session.catalog), ways[opened](f"{url}/{name}"))


def test_a_catalog_at_a_web_server(session: SimulatedSession) -> None:
    with served(Path(session.folder)) as (url, _):
        there = ec.open_session(f"{url}/{Path(session.catalog).name}")
        same(ec.open_session(session.catalog), there)
        assert ec.check(there)["ok"].all()
        first = pickle.loads(pickle.dumps(there[next(iter(there))]))
        assert first.read() == there[next(iter(there))].read()
        assert len(ec.session_table(there)) == len(list(there))
        assert list(ec.find(there, sampling_rate=2000)) == list(there)


def test_entries_that_are_urls(session: SimulatedSession, tmp_path: Path) -> None:
    url = put(Path(session.folder), "lab")
    names = [one.path.name for one in session.recordings if one.path.suffix == ".rhd"]
    args = "{{driver: ecog_intan, args: {{urlpath: '{url}/{one}', units: mV}}}}"
    sources = "".join(f"  {Path(one).stem}: {args.format(url=url, one=one)}\n" for one in names)
    path = written(tmp_path / "s.yaml", f"sources:\n{sources}")
    for cat in (ec.open_session(path), intake.open_catalog(str(path))):
        source = cat[Path(names[0]).stem]
        here = ec.open_recording(Path(session.folder) / names[0], units="mV")
        assert source.read().signal.token == here.signal.token
        again = pickle.loads(pickle.dumps(source))
        assert again.read().signal.token == here.signal.token
        assert source.to_dask().shape == here.signal.shape


def test_a_join_of_urls(tmp_path: Path) -> None:
    for name, n in (("a", 128), ("b", 256)):
        write_rhd(tmp_path / f"{name}.rhd", [[n] * n] * 4)
        put(tmp_path / f"{name}.rhd", f"lab/{name}.rhd")
    text = (
        "sources:\n  a: {driver: ecog_intan, args: {urlpath: a.rhd}}\n"
        "  j: {driver: ecog_join, args: {parts: [a, %s]}}\n"
    )
    here = ec.join(ec.open_recording(tmp_path / "a.rhd"), ec.open_recording(tmp_path / "b.rhd"))
    assert ec.equals(ec.open_session(said(text % "b.rhd"))["j"].read(), here)
    shutil.rmtree(tmp_path / "cache")
    local = written(tmp_path / "s.yaml", text % "'memory://lab/b.rhd'")
    assert ec.equals(ec.open_session(local)["j"].read(), here)


def test_nested_catalogs_at_a_url(tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    put(tmp_path / "a.rhd", "lab/day/a.rhd")
    said(entry("a.rhd"), "lab/day/s.yaml")
    for driver in ("yaml_file_cat", "ecog_session"):
        top = ec.open_session(said(f"sources: {{day: {{driver: {driver}, args: {{path: day/s.yaml}}}}}}\n"))
        assert look_up(top, "day/rec").read().n_samples == 128
    said("sources: {top: {driver: yaml_file_cat, args: {path: s.yaml}}}\n")
    with pytest.raises(ec.CatalogError, match="the catalog includes itself"):
        _ = ec.open_session("memory://lab/s.yaml")["top"]
    said("sources: {up: {driver: yaml_file_cat, args: {path: ../s.yaml}}}\n", "lab/day/up.yaml")
    with pytest.raises(ec.CatalogError, match="leads out of the folder"):
        _ = ec.open_session("memory://lab/day/up.yaml")["up"]


def test_a_catalog_saved_here_finds_its_recordings_there(tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    put(tmp_path / "a.rhd", "lab/a.rhd")
    memory().pipe_file(
        "/lab/map.csv", b"channel,role,row,col\n0,electrode,0,0\n1,electrode,0,1\n2,electrode,1,0\n3,electrode,1,1\n"
    )
    text = said(entry("{{ CATALOG_DIR }}/a.rhd", ", electrode: map.csv"))
    for opened in (intake.open_catalog, ec.open_session):
        opened(text).save(str(tmp_path / "saved.yaml"))
        for again in (ec.open_session, intake.open_catalog):
            (tmp_path / "a.rhd").unlink(missing_ok=True)
            dataset = again(str(tmp_path / "saved.yaml"))["rec"].read()
            assert dataset.n_samples == 128
            assert dataset.channel_map is not None


ELSEWHERE = [
    *("../a.rhd", "a/../../a.rhd", "{{ CATALOG_DIR }}/../a.rhd", "{{ CATALOG_DIR }}/a/%2e%2e/../../b.rhd"),
    *(
        "/etc/passwd",
        "~/a.rhd",
        "file:///etc/passwd",
        "local:///etc/passwd",
        "C:/a.rhd",
        "..\\\\a.rhd",
        "a\\\\..\\\\..\\\\b",
    ),
    *("memory://elsewhere/a.rhd", "memory://lab2/a.rhd", "http://127.0.0.1:9/a.rhd", "s3://lab/a.rhd"),
    *("simplecache::memory://lab/a.rhd", "zip://a::memory://lab/a.zip", "%2Fetc/passwd", "..%2fa.rhd"),
]


@pytest.mark.parametrize("path", ELSEWHERE)
@pytest.mark.parametrize("opened", [ec.open_session, intake.open_catalog])
def test_a_catalog_at_a_url_names_nothing_elsewhere(path: str, opened: Any) -> None:
    url = said(entry(path))
    with pytest.raises(ec.CatalogError) as caught:
        opened(url)["rec"].read()
    assert re.search(r"leads out of the folder|may name only what lies in its folder", str(caught.value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["events", "electrode"])
def test_a_quoted_slash_leads_to_no_file_of_this_machine(key: str, tmp_path: Path) -> None:
    secret = written(tmp_path / "private.csv", "time\n0.01\n")
    web = tmp_path / "web"
    web.mkdir()
    write_rhd(web / "a.rhd", [[1] * 128] * 4)
    hidden = "%2F" + str(secret).lstrip("/")
    (web / "x" / str(secret).lstrip("/")).parent.mkdir(parents=True)
    (web / "x" / str(secret).lstrip("/")).write_text("time\n0.02\n")  # so that the server has something there
    written(web / "s.yaml", entry("a.rhd", f", {key}: 'x/{hidden}'"))
    with served(web) as (url, _), pytest.raises(ec.CatalogError, match="its name would lead elsewhere"):
        ec.open_session(f"{url}/s.yaml")["rec"].read()


@given(
    st.text(st.sampled_from("./\\%2eFf:~@?#ab 0C"), max_size=24) | st.text(max_size=12),
    st.sampled_from(["memory://lab/day/", "memory://", "http://host:80/day/", "s3://bucket/"]),
    st.booleans(),
)
@example("..%2f..%2fa", "http://host:80/day/", False)
@example("a/%2e%2e/%2e%2e/b", "http://host:80/day/", True)
def test_whatever_a_catalog_at_a_url_names_lies_in_its_folder(text: str, folder: str, written_out: bool) -> None:
    try:
        (url,) = places(f"{folder}/{text}" if written_out else text, folder)
    except ec.CatalogError:
        return
    assert lies_below(url, folder)
    assert ".." not in steps_of(url)
    assert steps_of(url)[: len(steps_of(folder))] == steps_of(folder)
    assert not os.path.exists(url)


@pytest.mark.parametrize("key", ["electrode", "events", "judgements"])
def test_further_files_of_a_catalog_at_a_url_lie_there(key: str, tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    put(tmp_path / "a.rhd", "lab/a.rhd")
    (tmp_path / "t.csv").write_text(
        "channel,role,row,col\n0,electrode,0,0\n1,electrode,0,1\n2,electrode,1,0\n3,electrode,1,1\n"
    )
    with pytest.raises(ec.CatalogError, match="may name only what lies in its folder"):
        ec.open_session(said(entry("a.rhd", f", {key}: '{tmp_path}/t.csv'")))["rec"].read()


def test_an_electrode_table_beside_a_catalog_at_a_url(session: SimulatedSession) -> None:
    url = put(Path(session.folder), "lab")
    cat = ec.open_session(f"{url}/{Path(session.catalog).name}")
    assert cat[next(iter(cat))].read().channel_map is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (entry("a.rhd", ", storage_options: {anon: true}"), "it has none of its own"),
        (entry("{{ env(HOME) }}/a.rhd"), "reads no environment variables"),
        ("metadata: {ecog: {roots: [/data]}}\n" + entry("a.rhd"), "folders of this machine"),
        ("metadata: {ecog: {tables: [/data]}}\n" + entry("a.rhd"), "folders of this machine"),
        ("sources: {j: {driver: ecog_join, args: {parts: [/etc/passwd]}}}\n", "may name only what lies in its folder"),
        ("sources: {j: {driver: ecog_join, args: {parts: [a.rhd], storage_options: {a: b}}}}\n", "none of its own"),
        ("sources: {s: {driver: ecog_session, args: {path: s.yaml, settings: /etc/passwd}}}\n", "by their path alone"),
        (entry("a.rhd", ", store_path: /etc, save_downsampled: true, resample_rate: 1000"), "nothing written"),
        ("metadata: {ecog: {defaults: {store_path: /etc}}}\n" + entry("a.rhd"), "nothing written"),
        ("metadata: {ecog: {defaults: {electrode: /etc/passwd}}}\n" + entry("a.rhd"), "may name only"),
        ("metadata: {ecog: {path: '../{name}.rhd'}}\nsources: {a: {driver: ecog_intan}}\n", "leads out of the folder"),
        (entry("a.rhd", ", conditions: {tones: /etc/passwd}"), "may name only what lies in its folder"),
    ],
)
@pytest.mark.parametrize("opened", [ec.open_session, intake.open_catalog])
def test_what_a_catalog_at_a_url_may_not_say(text: str, message: str, opened: Any, tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    put(tmp_path / "a.rhd", "lab/a.rhd")
    url = said(text)

    def read() -> None:
        cat = opened(url)
        cat[next(iter(cat))].read()

    with pytest.raises(ec.CatalogError, match=message):
        read()


@pytest.mark.parametrize(
    ("name", "text", "kind", "message"),
    [
        ("none.yaml", None, ec.RecordingNotFound, "memory://lab/none.yaml: nothing is there"),
        ("s.yaml", "a: [", ec.CatalogError, "memory://lab/s.yaml, line 2: this is no YAML file"),
        ("s.yaml", "plans: {}", ec.CatalogError, "memory://lab/s.yaml: a catalog has its entries below"),
        ("s.yaml", "sources: {a: 3}", ec.CatalogError, "memory://lab/s.yaml, line 1: entry 'a'"),
        ("a.rhd", "x", ec.CatalogError, "this is no catalog; `ecogcat info memory://lab/a.rhd` shows a recording"),
        ("day", None, ec.CatalogError, "ecogcat scan memory://lab/day -o session.yaml"),
        ("", None, ec.CatalogError, "is a YAML catalog"),
    ],
)
def test_catalogs_at_a_url_that_are_none(name: str, text: str | None, kind: Any, message: str) -> None:
    if text is not None:
        said(text, f"lab/{name}")
    with pytest.raises(kind) as caught:
        ec.open_session(f"memory://lab/{name}")
    assert message in str(caught.value)
    assert "cache" not in str(caught.value)


def test_keys_are_used_and_not_shown(tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    (tmp_path / "s.yaml").write_text(entry("a.rhd"))
    with served(tmp_path) as (url, server):
        options = "{headers: {Authorization: Bearer topsecret}}"
        local = written(tmp_path / "local.yaml", entry(f"{url}/a.rhd", f", storage_options: {options}"))
        for cat in (ec.open_session(local), intake.open_catalog(str(local))):
            dataset = cat["rec"].read()
            shown = [repr(cat["rec"]), repr(cat), str(cat["rec"].discover()), repr(dataset), ec.methods_text(dataset)]
            shown += [dataset._repr_html_(), str(dataset.history), str([part.metadata for part in dataset.parts])]
            assert "topsecret" not in " ".join(shown)
        assert "topsecret" not in repr(ec.open_session(local)._entries["rec"])
        assert "storage_options: '...'" in repr(ec.open_session(local)["rec"]).replace(": ...", ": '...'")
        server.refusals["/a.rhd"] = 401
        with pytest.raises(ec.FormatError, match="does not let us read") as caught:
            ec.open_session(local)["rec"].read()
        assert "topsecret" not in str(caught.value)
        server.refusals.clear()
        given = {"headers": {"Authorization": "Bearer topsecret"}}
        there = ec.open_session(f"{url}/s.yaml", storage_options=given)
        assert there["rec"].read() == dataset
        assert pickle.loads(pickle.dumps(there["rec"])).read() == dataset
        assert "topsecret" not in repr(there) + repr(there["rec"])


def test_the_newer_interface_reads_urls(tmp_path: Path) -> None:
    from ecogcat.catalog.pipelines import RecordingReader

    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    assert RecordingReader(put(tmp_path / "a.rhd", "lab/a.rhd")).read().n_samples == 128


_MAP = "channel,role,row,col\n0,electrode,0,0\n1,electrode,0,1\n2,electrode,1,0\n3,electrode,1,1\n"
_KEYS = {"headers": {"Authorization": "Bearer topsecret"}}


def _by_open_recording(recording: str, table: str, folder: Path) -> None:
    ec.open_recording(recording, electrode=table, storage_options=_KEYS)


def _by_entry(recording: str, table: str, folder: Path) -> None:
    more = f", electrode: '{table}', storage_options: {{headers: {{Authorization: Bearer topsecret}}}}"
    ec.open_session(written(folder / "s.yaml", entry(recording, more)))["rec"].read()


def _by_join(recording: str, table: str, folder: Path) -> None:
    more = f"electrode: '{table}', storage_options: {{headers: {{Authorization: Bearer topsecret}}}}"
    text = f"sources:\n  j:\n    driver: ecog_join\n    args: {{parts: ['{recording}'], {more}}}\n"
    ec.open_session(written(folder / "s.yaml", text))["j"].read()


def _by_scan(recording: str, table: str, folder: Path) -> None:
    place = recording.rpartition("/")[0]
    ec.scan(place, folder / "scan.yaml", electrode=table, storage_options=_KEYS, progress=False)


@pytest.mark.parametrize("read", [_by_open_recording, _by_entry, _by_join, _by_scan])
def test_keys_go_to_the_store_of_the_recording_alone(read: Any, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "tables").mkdir()
    write_rhd(tmp_path / "web" / "a.rhd", [[1] * 128] * 4)
    for folder in ("web", "tables"):
        written(tmp_path / folder / "map.csv", _MAP)
    with served(tmp_path / "web") as (url, server), served(tmp_path / "tables") as (elsewhere, other):
        read(f"{url}/a.rhd", f"{elsewhere}/map.csv", tmp_path)
        assert other.asked
        assert not any("topsecret" in one for one in other.told)
        assert all("topsecret" in one for one in server.told)
        read(f"{url}/a.rhd", f"{url}/map.csv", tmp_path)
        assert any("map.csv" in path for _, path in server.asked)
        assert all("topsecret" in one for one in server.told)
        if read is _by_open_recording:  # of a local recording the keys are for the table
            ec.open_recording(tmp_path / "web" / "a.rhd", electrode=f"{elsewhere}/map.csv", storage_options=_KEYS)
            assert any("topsecret" in one for one in other.told)


def _of_two(folder: Path, one: str, other: str, more: str = "") -> Path:
    """Write a catalog with two entries, a join of them, a join of their paths, and a join of these joins."""
    options = "storage_options: {headers: {Authorization: Bearer topsecret}}"
    return written(
        folder / "two.yaml",
        f"""sources:
  a: {{driver: ecog_intan, args: {{urlpath: '{one}'{more}}}}}
  b: {{driver: ecog_intan, args: {{urlpath: '{other}'{more}}}}}
  entries: {{driver: ecog_join, args: {{parts: [a, b], {options}}}}}
  paths: {{driver: ecog_join, args: {{parts: ['{one}', '{other}'], {options}{more}}}}}
  bare_a: {{driver: ecog_join, args: {{parts: [a]}}}}
  bare_b: {{driver: ecog_join, args: {{parts: [b]}}}}
  joins: {{driver: ecog_join, args: {{parts: [bare_b, bare_a], {options}}}}}
""",
    )


@pytest.fixture
def two_stores(tmp_path: Path) -> Iterator[tuple[tuple[str, Any], tuple[str, Any]]]:
    for k, folder in enumerate(("one", "other")):
        (tmp_path / folder).mkdir()
        write_rhd(tmp_path / folder / f"{folder}.rhd", [[k] * 128] * 4)
        written(tmp_path / folder / "map.csv", _MAP)
    with served(tmp_path / "one") as one, served(tmp_path / "other") as other:
        yield one, other


@pytest.mark.parametrize("name", ["entries", "paths", "joins", "load_session", "command"])
@pytest.mark.parametrize("turned", [False, True])
def test_keys_for_several_stores_are_told_to_none(name: str, turned: bool, two_stores: Any, tmp_path: Path) -> None:
    (one, server), (other, another) = two_stores
    places = [f"{one}/one.rhd", f"{other}/other.rhd"][:: -1 if turned else 1]
    cat = ec.open_session(_of_two(tmp_path, *places))
    said = f"storage_options are the keys of one store, and these are several: {one}, {other}; "
    if turned != (name == "joins"):
        said = f"storage_options are the keys of one store, and these are several: {other}, {one}; "
    if name == "command":
        line = ["join", *places, "-l", "storage_options={headers: {Authorization: Bearer topsecret}}"]
        done = CliRunner().invoke(ecogcat, [*line, "-o", str(tmp_path / "j.h5")])
        assert done.exit_code == 1
        message = done.output
    else:
        with pytest.raises(ValueError, match="storage_options") as caught:
            cat[name].read() if name != "load_session" else ec.load_session(cat, ["a", "b"], storage_options=_KEYS)
        message = str(caught.value)
    assert said in message
    assert "topsecret" not in message
    assert not server.asked
    assert not another.asked


@pytest.mark.parametrize("name", ["entries", "paths", "joins", "load_session"])
def test_keys_for_one_store_are_told_to_it_alone(name: str, two_stores: Any, tmp_path: Path) -> None:
    (one, server), (other, another) = two_stores
    here = tmp_path / "other" / "other.rhd"

    def read(map_at: str) -> None:
        more = f", electrode: '{map_at}/map.csv'" if map_at else ""
        cat = ec.open_session(_of_two(tmp_path, str(here), f"{one}/one.rhd", more))
        dataset = cat[name].read() if name != "load_session" else None
        if dataset is None:
            ec.load_session(cat, ["a", "b"], storage_options=_KEYS)

    for map_at in ("", one):  # a recording here and one there, with its table in the same store
        read(map_at)
        assert server.told
        assert all("topsecret" in said for said in server.told)
    with pytest.raises(ValueError, match="the keys of one store, and these are several"):
        read(other)
    assert not another.asked
    ec.open_session(_of_two(tmp_path, f"{one}/one.rhd", f"{one}/one.rhd", f", electrode: '{other}/map.csv'"))[
        "paths"
    ].read()
    assert another.told
    assert not any("topsecret" in said for said in another.told)


def test_keys_of_tables_in_several_stores_are_told_to_none(two_stores: Any, tmp_path: Path) -> None:
    (one, server), (other, another) = two_stores
    written(tmp_path / "other" / "events.csv", "sample\n5\n")
    tables = {"electrode": f"{one}/map.csv", "events": f"{other}/events.csv"}
    path = tmp_path / "one" / "one.rhd"
    with pytest.raises(ValueError, match="the keys of one store, and these are several") as caught:
        ec.open_recording(path, **tables, storage_options=_KEYS)
    assert "topsecret" not in str(caught.value)
    assert not server.asked
    assert not another.asked
    assert len(ec.open_recording(path, **tables).events) == 1


_SIGNED = "X-Signature=verysecret"


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "plans: {}",
        "sources: {a: 3}",
        "sources: {a: {driver: ecog_intan, args: {urlpath: a.rhd}, x: 1}}",
        "metadata: {ecog: {rots: 3}}\nsources: {}",
        "metadata: {ecog: {roots: [/data]}}\nsources: {a: {driver: ecog_intan, args: {urlpath: a.rhd}}}",
        "sources: {a: {driver: ecog_intan, args: {urlpath: ../a.rhd}}}",
        "sources: {a: {driver: ecog_intan, args: {urlpath: a.rhd, events: /etc/passwd}}}",
        "sources: {a: {driver: yaml_file_cat, args: {path: s.yaml}}}",
        "sources: {a: {driver: ecog_nothing, args: {}}}",
        "sources: {a: {driver: ecog_intan, args: {urlpath: '{{ b }}'}}}",
    ],
)
def test_no_error_of_a_signed_catalog_shows_the_signature(text: str, tmp_path: Path) -> None:
    written(tmp_path / "s.yaml", text)
    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    with served(tmp_path) as (url, _), pytest.raises((ec.EcogcatError, ValueError)) as caught:  # noqa: PT012
        cat = ec.open_session(f"{url}/s.yaml?{_SIGNED}")
        found = cat["a"]
        found.read() if not hasattr(found, "_entries") else found["a"]
    assert "verysecret" not in f"{caught.value!r}{caught.value}"


def test_a_signed_catalog_that_includes_itself_shows_no_signature(tmp_path: Path) -> None:
    from ecogcat.catalog.checked import CheckedCatalog

    url = f"http://127.0.0.1:9/s.yaml?{_SIGNED}"
    with pytest.raises(ec.CatalogError, match=r"includes itself: http://127.0.0.1:9/s.yaml\?\.\.\. > ") as caught:
        CheckedCatalog(url, (url,))
    assert "verysecret" not in str(caught.value)


def test_what_is_shown_of_sources_entries_and_catalogs(tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    written(tmp_path / "map.csv", _MAP)
    written(tmp_path / "there.yaml", entry("a.rhd"))
    with served(tmp_path) as (url, _):
        text = entry(f"{url}/a.rhd?{_SIGNED}", f", electrode: '{url}/map.csv?{_SIGNED}'")
        text += f"  j: {{driver: ecog_join, args: {{parts: ['{url}/a.rhd?{_SIGNED}']}}}}\n"
        text += f"  cat: {{driver: yaml_file_cat, args: {{path: '{url}/there.yaml?{_SIGNED}'}}}}\n"
        here = ec.open_session(written(tmp_path / "s.yaml", text))
        there = ec.open_session(f"{url}/there.yaml?{_SIGNED}")
        assert there.name == "there"
        plain = intake.open_catalog(str(tmp_path / "s.yaml"))
        shown = [repr(here["rec"]), repr(here["j"]), repr(plain["rec"]), repr(there), repr(there["rec"])]
        shown += [repr(one) for one in here._entries.values()] + [repr(there._entries["rec"])]
        assert "verysecret" not in "".join(shown)
        assert f"{url}/a.rhd?..." in repr(here["rec"])
        assert here["rec"].read().channel_map is not None  # what is hidden is used
        assert here["cat"]["rec"].read().n_samples == 128


def test_a_store_without_recordings_is_named_without_the_password(tmp_path: Path) -> None:
    from ecogcat.catalog.scan import Scan, nothing_found

    assert nothing_found(Scan("sftp://me:p@ss@host/day", (), (), 0)).startswith("sftp://host/day: no recording")


def test_the_newer_interface_shows_no_keys() -> None:
    from ecogcat.catalog.pipelines import Recording, RecordingReader

    options = {"key": "topsecret"}
    one, other = (RecordingReader(f"https://host/a.rhd?{_SIGNED}", storage_options=each) for each in (options, None))
    data = Recording(f"https://host/a.rhd?{_SIGNED}", options, {"rat": 17})
    for text in (repr(data), repr(one), repr(one.kwargs)):
        assert "secret" not in text
    assert "https://host/a.rhd?..." in repr(data)
    assert one != other


def test_errors_of_a_table_of_an_entry_name_the_url(tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", [[1] * 128] * 4)
    put(tmp_path / "a.rhd", "lab/a.rhd")
    said("time\n0.1\n", "lab/t.csv")
    join = "  j:\n    driver: ecog_join\n    args: {parts: [a.rhd], events: t.csv}\n"
    for name in ("rec", "j"):
        with pytest.raises(ec.FormatError, match="a table of events has a column") as caught:
            ec.open_session(said(entry("a.rhd", ", events: t.csv") + join))[name].read()
        assert "memory://lab/t.csv" in str(caught.value)
        assert "cache" not in str(caught.value)


@pytest.mark.parametrize(
    "folder", ["zip::/x", "file:///data", "/data", "C:/data", "s3://lab/day", "zip://*::s3://lab/a.zip"]
)
def test_whether_a_catalog_lies_elsewhere_is_one_question(folder: str) -> None:
    from ecogcat.catalog.shared import expanded

    if is_url(folder):
        with pytest.raises(ec.CatalogError, match="roots and tables are folders of this machine"):
            expanded(["/data"], folder)
        with pytest.raises(ec.CatalogError, match="may name only what lies in its folder"):
            places("/etc/passwd", folder)
    else:
        assert expanded(["/data"], folder) == (["/data"], [])
        assert places("/data/a.rhd", folder) == ["/data/a.rhd"]


def test_a_recording_that_is_opened_twice_is_brought_once(tmp_path: Path) -> None:
    digital = [0] * 500 + [1] * 500 + [0] * 1048
    write_rhd(tmp_path / "a.rhd", [[1] * 2048] * 4, digital_in=digital)
    written(tmp_path / "map.csv", _MAP)
    more = ", electrode: '%s', resample_rate: 1000, triggers: {source: dig, channel: all}"
    with served(tmp_path) as (url, server):
        here = written(tmp_path / "here.yaml", entry("a.rhd", more % "map.csv"))
        there = written(tmp_path / "there.yaml", entry(f"{url}/a.rhd", more % f"{url}/map.csv"))
        dataset = ec.open_session(there)["rec"].read()
        assert [path for command, path in server.asked if command == "HEAD"] == ["/map.csv", "/a.rhd"]
    assert dataset == ec.open_session(here)["rec"].read()
    assert dataset.parts[0].metadata["url"] == f"{url}/a.rhd"
    assert len(dataset.events) == 1
