"""Recordings at URLs: what opens where it lies opens equal from a store, with the files that belong to it."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import ecogcat as ec
from ecogcat.formats import opening
from ecogcat.formats.remote import bring
from ecogcat.storage import cache as caching
from ecogcat.testing.rhd import write_rhd
from tests.conftest import shared_path
from tests.open_everything import describe
from tests.remote_stores import emptied, memory, put, served


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("ECOGCAT_CACHE", str(folder))
    emptied()
    return folder


def alike(here: ec.Dataset, there: ec.Dataset) -> None:
    assert there == here
    assert describe(there) == describe(here)
    assert there.name == here.name
    for own, other in zip(here.parts, there.parts, strict=True):
        assert (own.name, own.recorded_at, own.notes, own.warnings) == (
            other.name,
            other.recorded_at,
            other.notes,
            other.warnings,
        )
        assert [os.path.basename(path) for path in own.paths] == [os.path.basename(path) for path in other.paths]
    if here.signal.size < 2_000_000:
        assert ec.equals(here, there)


_BINARY = "openephys_binary/v0.5.x_two_nodes/RecordNode103"
_GATES = "spikeglx/multi_trigger_multi_gate/5-19-2022-CI0"
_NOISE = "spikeglx/Noise4Sam_g0"
RECORDINGS: list[tuple[str, str, dict[str, Any]]] = [
    # what is put into the store, what of it is opened, load arguments
    ("blackrock/blackrock_2_1", "", {}),
    ("blackrock/segment/PauseCorrect", "", {}),
    ("blackrock/blackrock_2_1", "l101210-001.ns2", {}),
    ("brainvision/antio_CA_208", "", {"recording": "test_CA_208_start_stop"}),
    *(("brainvision/antio_CA_208", f"test_CA_208.{ending}", {}) for ending in ("vhdr", "eeg", "vmrk")),
    ("edf", "mne_test_bdf_stim_channel.bdf", {}),
    ("edf", "mnepy_test_uneven_samp.edf", {}),
    ("intan/derived_consecutive_32ch", "", {}),
    ("intan", "intan_sampledata_r.rhd", {}),
    ("intan/intan_fps_test_231117_052500", "", {}),
    ("intan/intan_fps_test_231117_052500", "info.rhd", {}),
    ("intan/intan_fps_test_231117_052500", "amplifier.dat", {}),
    ("matlab_v73", "fieldtrip_eximia_raw_v73.mat", {}),
    ("neuralynx/mne_neuralynx", "", {}),
    ("neuralynx/mne_neuralynx", "LAHC1.ncs", {}),
    ("nwb", "catalystneuro_buzsaki_lfp_96ch.nwb", {}),
    (_BINARY, "", {"recording": "recording2"}),
    (_BINARY, "experiment1/recording2", {}),
    (_BINARY, "experiment1/recording2/structure.oebin", {}),
    (_BINARY, "experiment1/recording2/continuous/File_Reader-100.0/continuous.dat", {}),
    ("openephys_legacy/OpenEphys_SampleData_2_(multiple_starts)", "", {"experiment": 1, "recording": 1}),
    ("openephys_legacy/OpenEphys_SampleData_2_(multiple_starts)", "101_CH0.continuous", {"recording": 0}),
    (_GATES, "", {"stream": "imec0.lf"}),
    (_NOISE, "Noise4Sam_g0_t0.nidq.bin", {}),
    (_NOISE, "Noise4Sam_g0_t0.nidq.meta", {}),
    ("tdms", "raw1.tdms", {}),
    ("refuse", "intan_cut_mid_block.rhd", {}),
]


@pytest.mark.parametrize(("folder", "below", "arguments"), RECORDINGS)
def test_what_opens_here_opens_equal_from_a_store(folder: str, below: str, arguments: dict[str, Any]) -> None:
    root = shared_path(f"recordings/{folder}")
    place = f"lab/{root.parent.name}/{root.name}"
    put(root, place)
    here = ec.open_recording(root / below, **arguments)
    url = f"memory://{place}/{below}".rstrip("/")
    there = ec.open_recording(url, **arguments)
    alike(here, there)
    assert all(part.metadata["url"].startswith(f"memory://{place}") for part in there.parts)
    assert ec.streams(url).equals(ec.streams(root / below))


@pytest.mark.parametrize("lists", [True, False], ids=["listing", "no listing"])
@pytest.mark.parametrize(
    ("folder", "below"),
    [
        ("brainvision/antio_CA_208", "test_CA_208.vhdr"),
        ("brainvision/antio_CA_208", "test_CA_208.eeg"),
        ("blackrock/blackrock_2_1", "l101210-001.ns2"),
        ("spikeglx/Noise4Sam_g0", "Noise4Sam_g0_t0.nidq.bin"),
        ("intan", "intan_sampledata_r.rhd"),
    ],
)
def test_from_a_web_server(folder: str, below: str, lists: bool) -> None:
    root = shared_path(f"recordings/{folder}")
    with served(root, lists=lists) as (url, server):
        alike(ec.open_recording(root / below), ec.open_recording(f"{url}/{below}"))
        fetched = [path for command, path in server.asked if command == "GET" and not path.endswith("/")]
        again = len(server.asked)
        ec.open_recording(f"{url}/{below}")
        assert fetched
        headers = 1 if below.endswith((".vhdr", ".eeg")) else 0  # read to find what they name
        got = [path for command, path in server.asked[again:] if command == "GET" and not path.endswith("/")]
        assert len(got) <= headers * 3


def test_a_folder_from_a_web_server_with_spaces_in_its_names(tmp_path: Path) -> None:
    folder = tmp_path / "served" / "day 1" / "Record Node 101"
    source = shared_path("recordings/openephys_legacy/OpenEphys_SampleData_2_(multiple_starts)")
    folder.mkdir(parents=True)
    for one in source.iterdir():
        (folder / one.name).write_bytes(one.read_bytes())
    with served(tmp_path / "served") as (url, _):
        for place in ("day%201/Record%20Node%20101/", "day 1/Record Node 101"):
            there = ec.open_recording(f"{url}/{place}", experiment=1, recording=0)
            alike(ec.open_recording(folder, experiment=1, recording=0), there)


def recording(folder: Path, name: str = "rec_a.rhd", n: int = 128) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_rhd(folder / name, [[n] * n] * 4)
    return folder / name


def test_a_copy_is_fetched_once_and_anew_when_the_store_has_another(tmp_path: Path, cache: Path) -> None:
    url = put(recording(tmp_path / "a"), "lab/rec.rhd")
    first = bring(url)
    assert (first.n_files, first.n_bytes) == (1, memory().size("/lab/rec.rhd"))
    assert bring(url).n_files == 0
    old = ec.open_recording(url)
    put(recording(tmp_path / "b", n=256), "lab/rec.rhd")
    new = ec.open_recording(url)
    assert (old.n_samples, new.n_samples) == (128, 256)
    assert len(list((cache / "files").iterdir())) == 1
    assert len(list((cache / "recordings").iterdir())) == 1
    with pytest.raises(ec.SourceChangedError):
        old.signal[:]


def test_the_same_size_written_again_is_fetched_again(tmp_path: Path) -> None:
    url = put(recording(tmp_path / "a"), "lab/rec.rhd")
    before = Path(bring(url).path).read_bytes()
    memory().pipe_file("/lab/rec.rhd", before[:-4] + b"\1\2\3\4")
    again = bring(url)
    assert again.n_files == 1
    assert Path(again.path).read_bytes() == before[:-4] + b"\1\2\3\4"


@pytest.mark.parametrize(
    ("silent_on", "fetched"), [((), 0), (("Last-Modified",), 1), (("Last-Modified", "Content-Length"), 1)]
)
def test_what_a_web_server_does_not_say(tmp_path: Path, silent_on: tuple[str, ...], fetched: int) -> None:
    path = recording(tmp_path / "web")
    with served(tmp_path / "web") as (url, server):
        server.silent_on = silent_on
        assert bring(f"{url}/rec_a.rhd").n_files == 1
        assert bring(f"{url}/rec_a.rhd").n_files == fetched
        recording(tmp_path / "web", n=256)
        os.utime(path, (1, 1))
        assert ec.open_recording(f"{url}/rec_a.rhd").n_samples == 256


def test_what_comes_again_the_same_from_a_server_that_says_nothing_is_one_copy(tmp_path: Path, cache: Path) -> None:
    here = ec.open_recording(recording(tmp_path / "web"))
    with served(tmp_path / "web") as (url, server):
        server.silent_on = ("Last-Modified",)
        text = "".join(f"  {k}: {{driver: ecog_intan, args: {{urlpath: '{url}/rec_a.rhd'}}}}\n" for k in "ab")
        (tmp_path / "s.yaml").write_text(f"sources:\n{text}")
        first, second = ec.open_recording(f"{url}/rec_a.rhd"), ec.open_recording(f"{url}/rec_a.rhd")
        for one in (first, second, *ec.load_session(tmp_path / "s.yaml", ["a", "b"])):
            assert ec.equals(one, here)
        assert len(list((cache / "files").iterdir())) == 1
        recording(tmp_path / "web", n=256)
        assert ec.open_recording(f"{url}/rec_a.rhd").n_samples == 256
    assert len(list((cache / "files").iterdir())) == 1
    with pytest.raises(ec.SourceChangedError):
        first.signal[:]


def at_once(act: Callable[[int], Any], n: int = 16) -> list[Any]:
    """What several threads got by doing the same: results, or errors."""

    def tried(k: int) -> Any:
        try:
            return act(k)
        except Exception as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(tried, range(n)))


@pytest.mark.parametrize("silent_on", [(), ("Last-Modified",)])
def test_threads_that_open_one_url_do_not_harm_each_other(tmp_path: Path, silent_on: tuple[str, ...]) -> None:
    here = ec.open_recording(recording(tmp_path / "web"))
    with served(tmp_path / "web") as (url, server):
        server.silent_on = silent_on
        found = at_once(lambda _: ec.open_recording(f"{url}/rec_a.rhd"))
    assert [one for one in found if isinstance(one, Exception)] == []
    assert all(ec.equals(one, here) for one in found)


def test_threads_that_open_what_changes_all_the_time_get_one_of_it_or_one_error(tmp_path: Path, cache: Path) -> None:
    with served(tmp_path / "web") as (url, server):
        server.silent_on = ("Last-Modified",)
        recording(tmp_path / "web")

        def opened(k: int) -> int:
            recording(tmp_path / "new", f"{k}.rhd", n=128 * (1 + k % 3)).replace(tmp_path / "web" / "rec_a.rhd")
            return ec.open_recording(f"{url}/rec_a.rhd").n_samples

        found = at_once(opened)
    assert {one for one in found if not isinstance(one, Exception)} <= {128, 256, 384}
    for one in found:
        if isinstance(one, Exception):
            assert isinstance(one, ec.EcogcatError), repr(one)
            assert str(one).startswith(f"{url}/rec_a.rhd: ")


@pytest.mark.parametrize("folder", ["files", "recordings"])
@pytest.mark.parametrize("how", [ec.open_recording, ec.streams, lambda url: ec.load_session(url, ["rec"])])
@pytest.mark.parametrize("always", [False, True])
def test_a_copy_that_goes_while_it_is_opened(
    folder: str, how: Any, always: bool, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = put(recording(tmp_path), "lab/rec.rhd")
    if how not in (ec.open_recording, ec.streams):
        (tmp_path / "s.yaml").write_text(f"sources: {{rec: {{driver: ecog_intan, args: {{urlpath: '{url}'}}}}}}")
    gone: list[int] = []

    def emptied_before(act: Any) -> Any:
        def acted(*given: Any, **more: Any) -> Any:
            if always or not gone:
                gone.append(1)
                shutil.rmtree(cache / folder)
            return act(*given, **more)

        return acted

    if folder == "files":  # before it is put in its place
        monkeypatch.setattr(caching, "_link", emptied_before(caching._link))
    else:  # before a format looks at it
        monkeypatch.setattr(opening, "_format", emptied_before(opening._format))
    place = url if how in (ec.open_recording, ec.streams) else tmp_path / "s.yaml"
    if always:
        with pytest.raises(ec.SourceChangedError) as caught:
            how(place)
        assert f"{url}: its copy went while it was being opened" in str(caught.value)
        assert place == url or str(caught.value).startswith("catalog entry 'rec': ")
        assert len(gone) > 1
    else:
        assert len(how(place)) > 0 if how is not ec.open_recording else how(place).n_samples == 128
        assert gone == [1]


@pytest.mark.parametrize("ending", ["h5", "zarr", "mat"])
def test_files_of_ours(tmp_path: Path, ending: str) -> None:
    a, b = (ec.open_recording(recording(tmp_path, f"rec_{n}.rhd", n)) for n in (128, 256))
    ec.write(ec.join(a, b), tmp_path / f"j.{ending}")
    here = ec.open_recording(tmp_path / f"j.{ending}")
    there = ec.open_recording(put(tmp_path / f"j.{ending}", f"lab/j.{ending}"))
    assert there == here
    assert ec.equals(there, ec.join(a, b))


def test_a_virtual_file_says_what_it_lacks(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "rec.h5", "w") as file:
        file["chdata"], file["Fs"] = [[0, 100, 200]], 1000.0
    one = ec.open_recording(tmp_path / "rec.h5")
    ec.write(ec.join(one, one), tmp_path / "j.vds.h5")
    with pytest.raises(ec.EcogcatError, match=r"rec\.h5"):
        ec.open_recording(put(tmp_path / "j.vds.h5", "lab/j.vds.h5")).signal[:]


def test_further_files_at_urls(tmp_path: Path) -> None:
    path = recording(tmp_path)
    (tmp_path / "map.csv").write_text(
        "channel,role,row,col\n0,electrode,0,0\n1,electrode,0,1\n2,electrode,1,0\n3,electrode,1,1\n"
    )
    table = put(tmp_path / "map.csv", "lab/map.csv")
    here = ec.open_recording(path, electrode=tmp_path / "map.csv")
    assert ec.open_recording(path, electrode=table) == here
    assert ec.open_recording(put(path, "lab/rec_a.rhd"), electrode=table) == here


def test_a_folder_whose_name_begins_as_another_does(tmp_path: Path) -> None:
    put(recording(tmp_path / "a"), "lab/day/rec_a.rhd")
    put(recording(tmp_path / "b", n=256), "lab/day2/rec_a.rhd")
    copy = bring("memory://lab/day")
    assert list(copy.urls.values()) == ["memory://lab/day/rec_a.rhd"]


def test_what_lies_beside_and_does_not_belong_stays_in_the_store(tmp_path: Path) -> None:
    folder = tmp_path / "rig"
    for name in ("2026.01.05_a.rhd", "2026.01.05_b.rhd", "2026.01.05_a2.rhd"):
        recording(folder, name)
    put(folder, "lab")
    copy = bring("memory://lab/2026.01.05_a.rhd")
    assert [os.path.basename(path) for path in copy.urls] == ["2026.01.05_a.rhd"]
    assert os.listdir(os.path.dirname(copy.path)) == ["2026.01.05_a.rhd"]


def test_datasets_join_pickle_and_open_elsewhere(tmp_path: Path) -> None:
    a, b = (put(recording(tmp_path, f"rec_{k}.rhd", n), f"lab/rec_{k}.rhd") for k, n in (("a", 128), ("b", 256)))
    joined = ec.join(ec.open_recording(a), ec.open_recording(b))
    assert [part.metadata["url"] for part in joined.parts] == [a, b]
    again = pickle.loads(pickle.dumps(joined))
    assert ec.equals(again, joined)
    text = ec.methods_text(joined)
    assert a in text
    assert b in text
    assert "cache" not in text


@pytest.mark.parametrize(
    ("url", "kind", "said"),
    [
        ("memory://lab/none.rhd", ec.RecordingNotFound, "memory://lab/none.rhd: nothing is there"),
        ("memory://nowhere", ec.RecordingNotFound, "memory://nowhere: nothing is there"),
        ("simplecache::memory://lab/rec.rhd", ec.CatalogError, "not through 'simplecache'"),
        ("zip://*::memory://lab/rec.zip", ec.CatalogError, "not through 'zip'"),
        ("reference://lab/rec", ec.CatalogError, "not through 'reference'"),
        ("nosuch://lab/rec.rhd", ec.CatalogError, "fsspec knows no such protocol"),
        ("memory://lab/../rec.rhd", ec.CatalogError, "'..' has no place in a URL"),
        ("memory://lab\\rec.rhd", ec.CatalogError, "this is no URL"),
        (
            "http://127.0.0.1:9/rec.rhd",
            ec.FormatError,
            "the store cannot be read (found no connection" + ("" if os.name == "nt" else ": Connection refused). Is"),
        ),
        ("http://nosuchhost.invalid/rec.rhd", ec.FormatError, "the store cannot be read (found no connection: "),
        ("oss://bucket/rec.rhd", ImportError, "this needs ossfs: pip install ossfs"),
    ],
)
def test_what_cannot_be_reached(url: str, kind: type[Exception], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ossfs", None)
    with pytest.raises(kind) as caught:
        ec.open_recording(url)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_may_not_be_read_says_so(tmp_path: Path) -> None:
    recording(tmp_path)
    with served(tmp_path) as (url, server):
        server.refusals["/rec_a.rhd"] = 403
        with pytest.raises(ec.FormatError, match=r"rec_a.rhd\?\.\.\.: the store does not let us read this") as caught:
            ec.open_recording(f"{url}/rec_a.rhd?X-Signature=verysecret")
    assert "storage_options=" in str(caught.value)
    assert "verysecret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_secret_is_in_a_message(tmp_path: Path) -> None:
    recording(tmp_path)
    with served(tmp_path) as (url, server):
        server.refusals["/rec_a.rhd"] = 401
        options = {"headers": {"Authorization": "Bearer abc123secret"}, "abc123name": "another_secret"}
        with pytest.raises((ec.FormatError, TypeError)) as caught:
            ec.open_recording(f"{url}/rec_a.rhd", storage_options=options)
    assert "secret" not in f"{caught.value!r}{caught.value}"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"key": object()}, "storage_options: key: a plain value"),
        ({"deep": {"key": b"secret"}}, "storage_options: deep: key: a plain value"),
        ("secret", "storage_options are names with values"),
        ({3: "secret"}, "storage_options: names are text"),
    ],
)
@pytest.mark.parametrize("path", ["memory://lab/rec.rhd", "rec.rhd"])
def test_storage_options_are_plain(path: str, options: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said) as caught:
        ec.open_recording(path, storage_options=options)
    assert "secret" not in str(caught.value)


def test_errors_of_a_format_name_the_url(tmp_path: Path) -> None:
    (tmp_path / "cut.rhd").write_bytes(recording(tmp_path).read_bytes()[:300])
    url = put(tmp_path / "cut.rhd", "lab/cut.rhd")
    with pytest.raises(ec.FormatError) as there:
        ec.open_recording(url)
    with pytest.raises(ec.FormatError) as here:
        ec.open_recording(tmp_path / "cut.rhd")
    assert str(there.value) == str(here.value).replace(str(tmp_path / "cut.rhd"), url)


def test_without_fsspec_the_extra_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['fsspec'] = None; sys.modules['fsspec.core'] = None\n"
        "import ecogcat as ec\n"
        "try: ec.open_recording('s3://lab/rec.rhd')\n"
        "except ImportError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout.strip().endswith("pip install 'ecogcat[remote]'")


@pytest.mark.parametrize(
    ("refused", "status"),
    [("/", 503), ("/", 500), ("/l101210-001.nev", 503), ("/l101210-001.nev", 403), ("/l101210-001.nev", 401)],
)
def test_no_recording_is_opened_without_its_events_for_a_store_that_is_busy(refused: str, status: int) -> None:
    with served(shared_path("recordings/blackrock/blackrock_2_1"), lists=refused == "/") as (url, server):
        server.refusals[refused] = status
        with pytest.raises(ec.FormatError) as caught:
            ec.open_recording(f"{url}/l101210-001.ns2")
        assert caught.value.status == status
        assert caught.value.path.startswith(f"{url}{refused}".rstrip("/"))


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_web_server_need_not_list_its_folders(status: int) -> None:
    root = shared_path("recordings/blackrock/blackrock_2_1")
    with served(root) as (url, server):
        server.refusals["/"] = status
        alike(ec.open_recording(root / "l101210-001.ns2"), ec.open_recording(f"{url}/l101210-001.ns2"))


def test_a_signed_url_opens_its_file_alone(tmp_path: Path) -> None:
    (tmp_path / "rec.mat").write_bytes(recording(tmp_path).read_bytes())
    with served(tmp_path, lists=False) as (url, server):
        server.refusals["/rec_trig.mat"] = 403
        assert len(bring(f"{url}/rec.mat?X-Signature=abc").urls) == 1


def test_an_empty_folder_of_a_web_server(tmp_path: Path) -> None:
    (tmp_path / "web" / "day").mkdir(parents=True)
    with served(tmp_path / "web") as (url, _):
        for place in (url, f"{url}/day", f"{url}/day/"):
            with pytest.raises(ec.RecordingNotFound, match="nothing is there"):
                ec.open_recording(place if place != url else f"{url}/day")
        with pytest.raises(ec.RecordingNotFound, match=f"{url}/day: "):
            ec.scan(f"{url}/day", tmp_path / "s.yaml", progress=False)


def test_another_store_that_lists_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = put(recording(tmp_path), "lab/rec.rhd")

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("no listing")

    monkeypatch.setattr(type(memory()), "ls", refuse)
    with pytest.raises(ec.FormatError, match="the store does not let us read this"):
        ec.open_recording(url)


@pytest.mark.parametrize(
    ("name", "beside"), [("rec.mat", "rec_trig.mat"), ("rec.ndata.mat", "rec.ndatastim.mat"), ("rec.ns3", "rec.nev")]
)
@pytest.mark.parametrize("lists", [True, False])
def test_the_usual_companions_come_along(tmp_path: Path, name: str, beside: str, lists: bool) -> None:
    for one in (name, beside, "another.mat"):
        (tmp_path / one).write_text(one)
    with served(tmp_path, lists=lists) as (url, _):
        assert {os.path.basename(path) for path in bring(f"{url}/{name}").urls} == {name, beside}


def test_a_file_of_the_same_size_from_a_server_that_says_nothing_of_it(tmp_path: Path) -> None:
    path = recording(tmp_path)
    with served(tmp_path) as (url, server):
        server.silent_on = ("Last-Modified",)
        bring(f"{url}/rec_a.rhd")
        changed = path.read_bytes()[:-4] + b"\1\2\3\4"
        path.write_bytes(changed)
        assert Path(bring(f"{url}/rec_a.rhd").path).read_bytes() == changed


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("electrode", "channel,row\n0,0\n"),
        ("events", "time\n0.1\n"),
        ("judgements", "no,table\n"),
        ("judgements", None),
        ("electrode", None),
    ],
)
@pytest.mark.parametrize("remote", [True, False], ids=["recording there", "recording here"])
def test_errors_of_fetched_tables_name_the_url(key: str, text: str | None, remote: bool, tmp_path: Path) -> None:
    path = recording(tmp_path)
    memory().pipe_file("/lab/other.txt", b"x")
    if text is not None:
        memory().pipe_file("/lab/table.csv", text.encode())
    place = put(path, "lab/rec_a.rhd") if remote else path
    with pytest.raises(ec.EcogcatError) as caught:
        ec.open_recording(place, **{key: "memory://lab/table.csv"})
    assert "memory://lab/table.csv" in str(caught.value)
    assert "cache" not in str(caught.value)


@pytest.mark.parametrize("hint", [None, "Cut it. Then try again"])
def test_an_error_in_words_keeps_its_hint(hint: str | None, tmp_path: Path) -> None:
    from ecogcat.formats.remote import RemoteCopy

    path = str(tmp_path / "lab" / "a.rhd")
    copy = RemoteCopy(path, "memory://lab/a.rhd", str(tmp_path), {path: "memory://lab/a.rhd"})
    error = ec.FormatError("it is odd. Very", path=copy.path, offset=3, found="no. 7", hint=hint)
    with pytest.raises(ec.FormatError) as caught, copy.in_words():
        raise error
    assert caught.value.hint == hint
    assert str(caught.value) == str(error).replace(path, copy.url)


def test_a_video_beside_a_recording_stays_in_the_store() -> None:
    for name in (
        "rec.ns5",
        "rec.NEV",
        "rec.ccf",
        "rec.json",
        "rec.avi",
        "rec.mp4",
        "rec.pdf",
        "rec.mat",
        "rec.ns5.zip",
    ):
        memory().pipe_file(f"/lab/{name}", b"x")
    brought = {os.path.basename(path) for path in bring("memory://lab/rec.ns5").urls}
    assert brought == {"rec.ns5", "rec.NEV", "rec.ccf", "rec.json"}


def test_every_ending_that_formats_know_comes_along() -> None:
    from ecogcat.formats.registry import endings

    for one in ("rec.x", *(f"rec{ending}" for ending in endings())):
        memory().pipe_file(f"/lab/{one}", b"x")
    brought = {os.path.basename(path) for path in bring("memory://lab/rec.x").urls}
    assert {"rec.x", *(f"rec{ending}" for ending in endings())} == brought


def test_a_web_server_is_asked_once_for_what_a_url_is(tmp_path: Path) -> None:
    recording(tmp_path)
    with served(tmp_path) as (url, server):
        for _ in range(2):
            bring(f"{url}/rec_a.rhd")
        assert [path for command, path in server.asked if command == "HEAD"] == ["/rec_a.rhd"] * 2
