"""The cache of copies: private, whole or not there, and nothing in it that a store's names would put elsewhere."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given
from hypothesis import strategies as st

from ecogcat.errors import CatalogError, EcogcatError, FormatError
from ecogcat.settings import cache_folder, options
from ecogcat.storage import cache as caching
from ecogcat.storage import leftovers
from ecogcat.storage.cache import CopyGone, arranged, fetch, lacking, until_it_stays
from ecogcat.storage.remote import UNMARKED, RemoteFile, Store
from ecogcat.storage.urls import child_url, is_url, lies_below, normal_url, parent_url, shown_url, step_fault, steps_of
from tests.remote_stores import emptied, memory, served


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECOGCAT_CACHE", str(tmp_path / "cache"))
    emptied()
    return tmp_path / "cache"


def some(*names: str, n: int = 10) -> tuple[Store, list[RemoteFile]]:
    for name in names:
        memory().pipe_file(f"/lab/{name}", name.encode() * n)
    store = Store("memory://lab")
    return store, list(store.beneath().files)


def test_the_cache_is_private(cache: Path) -> None:
    store, files = some("a.rhd", "day/b.rhd")
    mask = os.umask(0)
    try:
        folder, _ = arranged(store.url, fetch(store, files).copies)
    finally:
        os.umask(mask)
    for path in (cache, cache / "files", cache / "recordings", Path(folder)):
        assert path.stat().st_mode & 0o077 == 0
    assert (Path(folder) / "lab" / "day" / "b.rhd").read_bytes() == b"day/b.rhd" * 10


def test_a_cache_that_others_can_enter_is_refused(cache: Path) -> None:
    (cache / "files").mkdir(parents=True)
    (cache / "files").chmod(0o775)
    store, files = some("a.rhd")
    with pytest.raises(EcogcatError, match="others can enter this folder"):
        fetch(store, files)


def test_a_cache_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store, files = some("a.rhd")
    with options(cache=tmp_path / "file" / "cache"), pytest.raises(EcogcatError, match="ECOGCAT_CACHE"):
        fetch(store, files)


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECOGCAT_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    if sys.platform.startswith("linux"):
        assert cache_folder() == str(tmp_path / "x" / "ecogcat")
    monkeypatch.setenv("ECOGCAT_CACHE", "~/copies")
    assert cache_folder() == str(tmp_path / "copies")
    with options(cache=tmp_path / "other"):
        assert cache_folder() == str(tmp_path / "other")
    with pytest.raises(TypeError, match="cache is the path of a folder"), options(cache=3):
        pass


def test_a_copy_that_comes_short_is_no_copy(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, files = some("a.rhd")
    get = store.fs.get_file

    def cut(place: str, target: str, **told: Any) -> None:
        get(place, target, **told)
        os.truncate(target, 7)

    monkeypatch.setattr(type(store.fs), "get_file", lambda self, *given, **told: cut(*given, **told))
    fetched = fetch(store, files)
    (problem,) = fetched.problems.values()
    assert isinstance(problem, FormatError)
    assert "expected 50 bytes; found 7" in str(problem)
    assert not list((cache / "files").iterdir())
    assert lacking(files) == files


def test_what_killed_downloads_left_is_removed(cache: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    if not leftovers._numbering():
        pytest.skip("processes are not numbered here")
    for folder in ("files", "recordings"):
        (cache / folder).mkdir(mode=0o700, parents=True)
        (cache / folder / f"ecogcat-{leftovers._numbering()}-{int(ended.stdout)}-x").write_text("half")
    store, files = some("a.rhd")
    arranged(store.url, fetch(store, files).copies)
    assert not list(cache.rglob("ecogcat-*"))


def test_a_folder_is_looked_through_for_leftovers_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[str] = []
    monkeypatch.setattr(caching, "sweep", swept.append)
    for name in ("a.rhd", "b.rhd"):
        store, files = some(name)
        arranged(store.url, fetch(store, files).copies)
        lacking(files)
    assert sorted(swept) == [str(cache / "files"), str(cache / "recordings")]
    shutil.rmtree(cache)
    assert len(fetch(store, files).copies) == 2, "the folder may be deleted at any time"


def test_a_disk_without_room_says_so_before_anything_is_fetched(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, files = some("a.rhd", "b.rhd")
    usage = shutil.disk_usage(cache.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=99))
    monkeypatch.setattr(Store, "get", lambda *_: pytest.fail("something was fetched"))
    with pytest.raises(OSError, match="a copy of memory://lab takes 100 bytes") as caught:
        fetch(store, files)
    assert "99 free" in str(caught.value)
    assert "ECOGCAT_CACHE" in str(caught.value)
    assert str(caught.value).endswith(f"The cache {cache} holds 0 bytes: delete it to empty it, {_WHEN}")


_WHEN = "when nothing from it is open"


def test_a_disk_that_runs_full_on_the_way_says_what_the_cache_holds(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(*some("a.rhd"))
    store, files = some("a.rhd", "b.rhd")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Store, "get", full)
    with pytest.raises(OSError, match=r"the copy of memory://lab/b\.rhd in .*: the disk ran full") as caught:
        fetch(store, files)
    assert str(caught.value).endswith(f"The cache {cache} holds 50 bytes: delete it to empty it, {_WHEN}")
    assert len(list((cache / "files").iterdir())) == 1


def test_one_file_that_cannot_be_fetched_does_not_hide_the_others(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    for name in ("a.rhd", "b.rhd", "c.rhd"):
        (tmp_path / "web" / name).write_text(name)
    with served(tmp_path / "web") as (url, server):
        store = Store(url)
        files, problems = store.described(store.beneath().files)
        assert not problems
        server.refusals["/b.rhd"] = 403
        fetched = fetch(store, files)
    assert [one.steps[-1] for one in fetched.copies] == ["a.rhd", "c.rhd"]
    assert [one.steps[-1] for one in fetched.problems] == ["b.rhd"]
    assert fetched.n_bytes == 10


def test_a_recordings_folder_holds_what_the_store_holds_now(cache: Path) -> None:
    store, files = some("a.rhd", "b.rhd")
    first, _ = arranged(store.url, fetch(store, files).copies)
    assert arranged(store.url, fetch(store, files).copies) == (first, {})
    os.unlink(os.path.join(first, "lab", "a.rhd"))
    again, _ = arranged(store.url, fetch(store, files).copies)
    assert sorted(os.listdir(os.path.join(again, "lab"))) == ["a.rhd", "b.rhd"]
    memory().rm("/lab/b.rhd")
    left, _ = arranged(store.url, fetch(store, list(Store("memory://lab").beneath().files)).copies)
    assert os.listdir(os.path.join(left, "lab")) == ["a.rhd"]
    assert os.listdir(cache / "recordings") == [os.path.basename(left)]


def test_a_folder_that_another_process_made_meanwhile_is_left_to_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, files = some("a.rhd", "b.rhd")
    copies = fetch(store, files).copies
    handed: list[tuple[str, int]] = []
    link = caching._link

    def linked(copy: str, folder: str, steps: Any) -> None:
        if not handed:  # while one builds, another begins and is done
            handed.append(("", 0))
            other, _ = arranged(store.url, copies)
            handed[0] = (other, os.stat(other).st_ino)
        link(copy, folder, steps)

    monkeypatch.setattr(caching, "_link", linked)
    folder, problems = arranged(store.url, copies)
    assert (folder, problems) == (handed[0][0], {})
    assert os.stat(folder).st_ino == handed[0][1], "nobody replaced it"
    assert os.listdir(cache / "recordings") == [os.path.basename(folder)]


def test_a_damaged_folder_is_never_seen_while_it_is_removed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, files = some("a.rhd", "b.rhd")
    copies = fetch(store, files).copies
    folder, _ = arranged(store.url, copies)
    os.unlink(os.path.join(folder, "lab", "a.rhd"))
    removed: list[str] = []
    remove = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", lambda path, **more: (removed.append(path), remove(path, **more)))
    assert arranged(store.url, copies) == (folder, {})
    assert folder not in removed
    assert sorted(os.listdir(os.path.join(folder, "lab"))) == ["a.rhd", "b.rhd"]
    assert os.listdir(cache / "recordings") == [os.path.basename(folder)]


def test_a_file_and_a_folder_of_one_name(cache: Path) -> None:
    store, files = some("a", "b.rhd")
    inside = RemoteFile("memory://lab/a/c.rhd", ("lab", "a", "c.rhd"), 1, files[1].mark)
    copies = fetch(store, files).copies
    _, problems = arranged(store.url, {**copies, inside: copies[files[1]]})
    assert list(problems) == [inside.url]


_HOSTILE = ("../escaped", "/etc/escaped", "..", "a/../../escaped", "C:/escaped", "a\\..\\..\\escaped", "a/\0b", "a/./b")


@pytest.mark.parametrize("name", _HOSTILE)
def test_names_that_lead_elsewhere_are_never_followed(cache: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = some("a.rhd")
    info = {"name": f"/lab/{name}", "size": 1, "type": "file", "created": 1}
    monkeypatch.setattr(store.fs, "find", lambda *_, **__: {info["name"]: info}, raising=False)
    listing = store.beneath()
    assert not listing.files
    assert len(listing.refused) == 1
    # Even if one got through, nothing would be put there.
    hostile = RemoteFile("memory://lab/x", ("lab", *name.split("/")), 1, "mark")
    copy = cache.parent / "copy"
    copy.write_text("x")
    before = sorted(cache.parent.parent.rglob("escaped*"))
    ((url, why),) = arranged("memory://lab", {hostile: str(copy)})[1].items()
    assert url == hostile.url
    assert why in ("its name would lead elsewhere", "its name has control characters in it")
    assert sorted(cache.parent.parent.rglob("escaped*")) == before
    assert not Path("/etc/escaped").exists()


def test_a_listing_that_names_another_place(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = some("a.rhd")
    info = {"name": "/elsewhere/a.rhd", "size": 1, "type": "file", "created": 1}
    monkeypatch.setattr(store.fs, "find", lambda *_, **__: {info["name"]: info}, raising=False)
    assert "does not lie below memory://lab" in store.beneath().refused[0][1]


def test_a_web_page_whose_links_lead_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        "".join(
            f'<a href="{one}">x</a>' for one in ("../up.rhd", "/root.rhd", "http://127.0.0.1:1/x.rhd", "%2e%2e/b.rhd")
        )
        + '<a href="a.rhd">a</a><a href="?C=N">order</a>'
    )
    (tmp_path / "a.rhd").write_text("a")
    (tmp_path / "day").mkdir()
    with served(tmp_path) as (url, _):
        assert [one.steps[1:] for one in Store(f"{url}/").beneath().files if one.steps[-1] != "root.rhd"] == [
            ("a.rhd",)
        ]


_BOTH = """
import sys
from ecogcat.storage.cache import fetch, arranged
from ecogcat.storage.remote import Store
for _ in range(3):
    store = Store(sys.argv[1])
    files, _ = store.described(store.beneath().files)
    folder, problems = arranged(store.url, fetch(store, files).copies)
    assert not problems
    for one in files:
        assert open("/".join([folder, *one.steps]), "rb").read() == one.steps[-1].encode() * 100_000
"""


def test_processes_that_fetch_the_same_do_not_harm_each_other(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    for name in ("a.rhd", "b.rhd"):
        (tmp_path / "web" / name).write_text(name * 100_000)
    with served(tmp_path / "web") as (url, _):
        runs = [subprocess.Popen([sys.executable, "-c", _BOTH, url], stderr=subprocess.PIPE) for _ in range(2)]
        assert [run.communicate()[1] for run in runs] == [b"", b""]
    assert len(list((cache / "files").iterdir())) == 2


_STEPS = st.lists(st.text("abé ._-%{}'", min_size=1, max_size=6).filter(lambda one: not step_fault(one)), max_size=4)


@given(_STEPS, st.sampled_from(["a.rhd", "b c.yaml"]))
def test_urls_come_apart_and_go_together(steps: list[str], name: str) -> None:
    folder = child_url("s3://lab", "/".join(steps))
    url = child_url(folder, name)
    assert is_url(url)
    assert normal_url(url) == url
    assert normal_url(url.replace("/lab", "//lab//")) == url
    assert steps_of(url) == ("lab", *steps, name)
    assert parent_url(url) == folder
    assert lies_below(url, folder)
    assert lies_below(url, "s3://lab")
    assert not lies_below(url, "s3://la")
    assert shown_url(url) == url


@given(st.text(max_size=30), st.sampled_from(["s3://", "http://", "memory://", ""]))
def test_no_url_leads_out_of_its_store(text: str, scheme: str) -> None:
    try:
        url = normal_url(scheme + text)
    except CatalogError:
        return
    assert not any(map(step_fault, steps_of(url)))
    assert normal_url(url) == url


@pytest.mark.parametrize(
    "url",
    ["http://h/x/%2Fetc/passwd", "http://h/x/%2e%2e%2fa", "https://h/C%3A/a", "memory://me@../a", "http://h/a%00"],
)
def test_a_url_whose_names_would_lead_elsewhere_is_none(url: str) -> None:
    with pytest.raises(CatalogError, match=r"can be no file of a store, its name (would lead elsewhere|has control)"):
        normal_url(url)


class Vault(MemoryFileSystem):
    """A store as S3 is: it has ETags and keys, and says the keys in its errors."""

    protocol = "vault"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    cachable = False
    written = 0.0

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("vault://").strip("/")

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        if self.storage_options.get("key") != "opensesame":
            raise PermissionError(f"no access with key {self.storage_options.get('key')} at https://u:pw@h/x?sig=zzz")
        return self._tagged(super().info(path, **options))

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        found = [self._tagged(one) for one in super().ls(path, detail=True, **options)]
        return found if detail else [one["name"] for one in found]

    def _tagged(self, info: dict[str, Any]) -> dict[str, Any]:
        if info["type"] != "file":
            return info
        return {**info, "ETag": hashlib.md5(self.store[info["name"]].getvalue()).hexdigest()}


@pytest.fixture
def vault(cache: Path) -> Vault:
    fsspec.register_implementation("vault", Vault, clobber=True)
    Vault.store.clear()
    store = Vault(key="opensesame")
    store.pipe_file("/lab/day/a.rhd", b"first")
    return store


def test_a_store_with_keys_and_etags(vault: Vault) -> None:
    given = {"key": "opensesame", "deep": {"endpoint": "http://host"}}
    store = Store("vault://lab/day", given)
    assert store.is_folder()
    files, _ = store.described(store.beneath().files)
    assert fetch(store, files).n_files == 1
    vault.pipe_file("/lab/day/a.rhd", b"first")  # written again, and the same
    own = Store("vault://lab/day/a.rhd", given).file()
    assert own == files[0]
    assert fetch(store, [own]).n_files == 0
    vault.pipe_file("/lab/day/a.rhd", b"other")
    assert Store("vault://lab/day/a.rhd", given).file().mark != own.mark


def test_a_wrong_key_is_told_without_the_key(vault: Vault) -> None:
    with pytest.raises(FormatError) as caught:
        Store("vault://lab/day/a.rhd", {"key": "wrongkey"}).file()
    text = str(caught.value)
    assert text.startswith(
        "vault://lab/day/a.rhd: the store does not let us read this (found PermissionError: no access"
    )
    assert "storage_options=" in text
    for secret in ("wrongkey", "pw", "zzz"):
        assert secret not in text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
@pytest.mark.parametrize("names", [("a.rhd",), tuple(f"{k}.rhd" for k in range(20))])
def test_ctrl_c_ends_downloads_at_their_next_block(
    cache: Path, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, files = some(*names)
    blocks: list[int] = []
    threads: list[threading.Thread] = []
    once = threading.Lock()
    main = threading.main_thread().ident
    assert main is not None

    def get(self: Store, file: RemoteFile, target: str, add: Any) -> None:
        def come() -> None:
            with suppress(EcogcatError):
                for _ in range(500):
                    add(1)
                    blocks.append(1)
                    if len(blocks) >= 10 and once.acquire(blocking=False):
                        signal.pthread_kill(main, signal.SIGINT)
                    time.sleep(0.01)

        own = threading.Thread(target=come)  # as fsspec has one for all
        threads.append(own)
        own.start()
        own.join()

    monkeypatch.setattr(Store, "get", get)
    with pytest.raises(KeyboardInterrupt):
        fetch(store, files)
    time.sleep(0.1)
    n = len(blocks)
    time.sleep(0.2)
    assert len(blocks) == n < 100, "no thread goes on"
    assert len(threads) < 20, "what had not begun does not begin"
    assert not list((cache / "files").iterdir())


_KILLED = """
import os, signal, sys
from ecogcat.storage.cache import fetch
from ecogcat.storage.remote import Store
store = Store(sys.argv[1])
files, _ = store.described(store.beneath().files)
fetch(store, files, lambda n: os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
def test_a_killed_download_leaves_no_copy(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.rhd").write_bytes(b"a" * 20_000_000)
    with served(tmp_path / "web") as (url, _):
        run = subprocess.run([sys.executable, "-c", _KILLED, url], capture_output=True, check=False)
        assert run.returncode == -9
        left = [one.name for one in (cache / "files").iterdir()]
        assert all(name.startswith("ecogcat-") for name in left)
        store = Store(url)
        files, _ = store.described(store.beneath().files)
        (copy,) = fetch(store, files).copies.values()
    assert os.path.getsize(copy) == 20_000_000
    if leftovers._numbering():
        assert [one.name for one in (cache / "files").iterdir()] == [os.path.basename(copy)]


def test_a_store_that_says_nothing_of_a_file_is_asked_for_it_each_time(vault: Vault, monkeypatch: Any) -> None:
    said = {"name": "/lab/day/a.rhd", "size": 5, "type": "file"}
    monkeypatch.setattr(Vault, "info", lambda self, path, **options: said)
    store = Store("vault://lab/day/a.rhd", {"key": "opensesame"})
    one = store.file()
    assert one.mark == UNMARKED
    paths, inodes = [], []
    for text in (b"first", b"first", b"other"):
        vault.pipe_file("/lab/day/a.rhd", text)
        assert lacking([one]) == [one]
        fetched = fetch(store, [one])
        assert fetched.n_files == 1
        paths.append(fetched.copies[one])
        inodes.append(os.stat(paths[-1]).st_ino)
        assert Path(paths[-1]).read_bytes() == text
    assert paths[0] == paths[1] != paths[2]
    assert inodes[0] == inodes[1]
    assert not os.path.exists(paths[0])


def test_a_copy_that_is_gone_is_to_be_fetched_again(cache: Path) -> None:
    store, files = some("a.rhd", "b.rhd")
    copies = fetch(store, files).copies
    os.unlink(copies[files[0]])
    for once in (False, True):
        with pytest.raises(CopyGone, match="memory://lab: its copy went") as caught:
            arranged(store.url, copies, once=once)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert not list((cache / "recordings").iterdir())
    tried = []

    def act() -> str:
        tried.append(1)
        return arranged(store.url, copies if len(tried) == 1 else fetch(store, files).copies)[0]

    assert sorted(os.listdir(os.path.join(until_it_stays(act), "lab"))) == ["a.rhd", "b.rhd"]
    assert len(tried) == 2


def test_an_empty_mark_is_none(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    tagged = Vault._tagged
    monkeypatch.setattr(Vault, "_tagged", lambda self, info: {**tagged(self, info), "ETag": "", "mtime": self.written})
    marks = []
    for Vault.written in (1.0, 2.0):  # the same size, written again
        marks.append(Store("vault://lab/day/a.rhd", {"key": "opensesame"}).file().mark)
    assert marks[0] != marks[1]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sftp://me:p@ss@host/a.rhd", "sftp://host/a.rhd"),
        ("sftp://me:p?ss@host/a.rhd", "sftp://host/a.rhd"),
        ("sftp://host/a@b?.rhd", "sftp://host/a@b?.rhd"),
        ("https://me:p@ss@host/a.rhd?sig=x@y", "https://host/a.rhd?..."),
        ("https://me:p?ss@host/a.rhd", "https://?..."),
        ("https://host?key=abc@secret/b", "https://?..."),
        ("https://host?key=secret", "https://host?..."),
        ("HTTPS://host/a?key=secret", "HTTPS://host/a?..."),
        ("simplecache::https://me:p@ss@host/a?key=secret", "simplecache::https://host/a?..."),
        ("s3://lab/a?b.rhd", "s3://lab/a?b.rhd"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@given(st.text("abc@?:#.!", max_size=9), st.sampled_from(["sftp", "https", "http", "smb"]))
def test_no_password_is_shown(between: str, scheme: str) -> None:
    text = shown_url(f"{scheme}://me:SECRET{between}SECRET@host/a.rhd")
    assert "SECRET" not in text
    assert "me:" not in text


@pytest.mark.parametrize("kind", ["memory", "web"])
def test_a_fault_of_the_local_disk_is_not_the_stores(kind: str, cache: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "taken"
    target.mkdir(parents=True)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.rhd").write_text("a")
    some("a.rhd")
    with served(tmp_path / "web") as (url, _):
        store = Store(f"{url}/a.rhd" if kind == "web" else "memory://lab/a.rhd")
        with pytest.raises(IsADirectoryError) as caught:
            store.get(store.file(), str(target), lambda n: None)
    assert caught.value.filename == str(target)
    assert f"copies from elsewhere go to {target.parent}: point the environment variable ECOGCAT_CACHE" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("error", "local"),
    [
        (lambda target: PermissionError(13, "Permission denied", target), True),
        (lambda target: OSError(5, "Input/output error"), True),
        (lambda target: OSError(30, "Read-only file system"), True),
        (lambda target: PermissionError(13, "Permission denied", "/lab/a.rhd"), False),
        (lambda target: PermissionError("no access"), False),
        (lambda target: ConnectionResetError(104, "Connection reset by peer"), False),
    ],
)
def test_who_is_to_blame_for_a_copy_that_fails(
    error: Any, local: bool, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, files = some("a.rhd")

    def fail(self: Any, place: str, target: str, **told: Any) -> None:
        raise error(target)

    monkeypatch.setattr(type(store.fs), "get_file", fail)
    if local:
        with pytest.raises(OSError, match=f"copies from elsewhere go to {cache}"):
            fetch(store, files)
    else:
        (problem,) = fetch(store, files).problems.values()
        assert str(problem).startswith("memory://lab/a.rhd: the store")
    assert not list((cache / "files").iterdir())
