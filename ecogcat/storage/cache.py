"""Cache: copies of what lies in stores elsewhere, each whole or not there, and valid as long as the store's mark is.

`files` has the copies: named by a digest of the URL, one of the store's mark, and the readable name, so that a copy
under the right name *is* the valid one, whoever put it there. `recordings` has folders in which the files of one
recording lie under their own names, as links to the copies: formats look there for what belongs together, and see
neither what other recordings left nor what the store has no longer.

A file that a store sets no mark to is fetched each time, and its copy named by a digest of what came: what has come
again is the same copy, and whoever has it open keeps it.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b, file_digest
from io import BufferedRandom
from typing import TypeVar

from ecogcat.errors import EcogcatError, FormatError, SourceChangedError
from ecogcat.frozen import digest
from ecogcat.settings import cache_folder
from ecogcat.storage.atonce import at_once
from ecogcat.storage.disk import DISK_FULL, check_room, named_when_full
from ecogcat.storage.leftovers import owned_prefix, sweep
from ecogcat.storage.remote import UNMARKED, RemoteFile, Store
from ecogcat.storage.urls import quoted_url, shown_url, step_fault

__all__ = ["CopyGone", "Fetched", "arranged", "fetch", "lacking", "until_it_stays"]

_ELSEWHERE = "point the environment variable ECOGCAT_CACHE, or ecogcat.options(cache=...), to another folder"
_LONGEST = 120
_TRIES = 5

_T = TypeVar("_T")


class CopyGone(SourceChangedError):
    """A copy was removed while it was being used: the store has another by now, or somebody emptied the cache."""

    @classmethod
    def of(cls, place: str) -> CopyGone:
        """Return the error of a URL, as it may be shown."""
        return cls(
            f"{place}: its copy went while it was being opened; the store may have had another each time, as of a "
            "file that is being written, or the cache is being emptied. Open it again when that is over"
        )


def until_it_stays(act: Callable[[], _T]) -> _T:
    """Fetch, arrange and open again where a copy went meanwhile; a few times.

    Raises
    ------
    SourceChangedError
        If it went each time.
    """
    for _ in range(_TRIES - 1):
        with suppress(CopyGone):
            return act()
    try:
        return act()
    except CopyGone as error:
        raise SourceChangedError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was brought from a store.

    Attributes
    ----------
    copies : mapping of RemoteFile to str
        The paths of the copies, of those that were there before too.
    problems : mapping of RemoteFile to EcogcatError
        Why others could not be brought.
    n_bytes, n_files : int
        What was fetched now.
    """

    copies: Mapping[RemoteFile, str]
    problems: Mapping[RemoteFile, EcogcatError] = field(default_factory=dict)
    n_bytes: int = 0
    n_files: int = 0


def lacking(files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """Return the files of which there is no valid copy, or of which nobody can tell whether it is."""
    folder = _private("files")
    return [
        one
        for one in files
        if one.mark == UNMARKED or not _is_there(os.path.join(folder, _copy_name(one, one.mark)), one.size)
    ]


def fetch(store: Store, files: Sequence[RemoteFile], add: Callable[[int], None] = lambda n: None) -> Fetched:
    """Bring files of a store to the cache, but those of which there is a valid copy.

    Parameters
    ----------
    store : Store
    files : sequence of RemoteFile
    add : callable
        Told of bytes that have come.

    Raises
    ------
    OSError
        If the disk of the cache has no room for them, with the size that is needed; nothing is fetched then.
    """
    folder = _private("files")
    wanted = lacking(files)
    needed = sum(one.size or 0 for one in wanted)
    if needed:
        with _size_told(folder):
            check_room(folder, needed, f"a copy of {store.shown}", f"make room there, or {_ELSEWHERE}")
    problems: dict[RemoteFile, EcogcatError] = {}
    sizes: dict[RemoteFile, int] = {}
    names = {one: _copy_name(one, one.mark) for one in files}
    lock = threading.Lock()

    stopped = threading.Event()

    def told(n: int) -> None:
        if stopped.is_set():  # nobody waits for the rest of it
            raise EcogcatError("the download was stopped")
        with lock:  # bars and callbacks are not made for several threads
            add(n)

    def bring(one: RemoteFile) -> None:
        try:
            sizes[one], names[one] = _bring(store, one, folder, told)
        except EcogcatError as error:
            problems[one] = error

    try:
        with _size_told(folder):
            at_once(bring, wanted, stopped.set)
    finally:
        stopped.set()  # one that comes in a thread of fsspec's ends, too
    _forget_older(folder, {one: names[one] for one in sizes})
    copies = {one: os.path.join(folder, names[one]) for one in files if one not in problems}
    return Fetched(copies, problems, sum(sizes.values()), len(sizes))


def arranged(url: str, copies: Mapping[RemoteFile, str], *, once: bool = False) -> tuple[str, dict[str, str]]:
    """Return a folder in which copies lie as in the store, and what could not be put there, by URL.

    Parameters
    ----------
    url : str
        What the folder is for: it replaces the one that was made for this before.
    copies : mapping of RemoteFile to str
    once : bool
        The folder is used once, by the caller, who removes it.

    Raises
    ------
    CopyGone
        If a copy is no longer there: another process fetched what the store has by now. It is to be fetched again.
    """
    try:
        return _arranged(url, copies, once)
    except FileNotFoundError as error:
        raise CopyGone.of(shown_url(url.partition("\0")[0])) from error


def _arranged(url: str, copies: Mapping[RemoteFile, str], once: bool) -> tuple[str, dict[str, str]]:
    base = _private("recordings")
    members = sorted((one.steps, os.path.basename(copy)) for one, copy in copies.items())
    own = _short(quoted_url(url))
    final = os.path.join(base, f"{own}-{_short(members)}")

    def whole() -> bool:
        return bool(copies) and all(_is_there(os.path.join(final, *one.steps), one.size) for one in copies)

    if not once and whole():
        return final, {}
    building = tempfile.mkdtemp(prefix=owned_prefix(), dir=base)
    problems: dict[str, str] = {}
    try:
        for one, copy in sorted(copies.items(), key=lambda pair: pair[0].steps):
            try:
                _link(copy, building, one.steps)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                clash = "the store has a file and a folder of this name: on a disk there is but one"
                problems[one.url] = next(filter(None, map(step_fault, one.steps)), clash)
        if once:
            return building, problems
        for again in (True, False):
            try:
                os.rename(building, final)
                break
            except OSError:  # a folder that has something in it is not replaced
                if whole():  # another process has made it meanwhile, and hands it out
                    break
                if not again:
                    raise
                _put_aside(final, base)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    shutil.rmtree(building, ignore_errors=True)
    for name in os.listdir(base):
        if name.startswith(f"{own}-") and name != os.path.basename(final):
            _put_aside(os.path.join(base, name), base)
    return final, problems


def _put_aside(folder: str, base: str) -> None:
    """Remove a folder under another name: whoever looks for it finds it whole, or not at all."""
    aside = tempfile.mkdtemp(prefix=owned_prefix(), dir=base)
    with suppress(OSError):  # gone already; or in use, on a system that minds
        os.rename(folder, os.path.join(aside, "old"))
    shutil.rmtree(aside, ignore_errors=True)


def _bring(store: Store, file: RemoteFile, folder: str, add: Callable[[int], None]) -> tuple[int, str]:
    """Fetch one file under a temporary name, bring it to the disk, and only then give it its own.

    Returned are its bytes, and its name.
    """
    handle, temporary = tempfile.mkstemp(prefix=owned_prefix(), dir=folder)
    os.close(handle)
    try:
        with named_when_full(f"the copy of {shown_url(file.url)} in {folder}"):
            store.get(file, temporary, add)
            size = os.path.getsize(temporary)
            if file.size is not None and size != file.size:
                raise FormatError(
                    "it did not come as the store has it",
                    path=shown_url(file.url),
                    expected=f"{file.size:,} bytes",
                    found=f"{size:,}",
                    hint="It may have been written meanwhile: try again",
                )
            with open(temporary, "rb+") as written:
                os.fsync(written.fileno())
                mark = _content(written) if file.mark == UNMARKED else file.mark
        name = _copy_name(file, mark)
        target = os.path.join(folder, name)
        if file.mark != UNMARKED or not _is_there(target, size):  # what has come again stays as it is
            os.replace(temporary, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
    return size, name


def _link(copy: str, folder: str, steps: Sequence[str]) -> None:
    if any(map(step_fault, steps)):  # looked at when it was listed; nothing is ever put outside of the folder
        raise NotADirectoryError(f"{steps!r} leads out of the folder")
    target = os.path.join(folder, *steps)
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    try:
        os.link(copy, target)
    except (FileExistsError, NotADirectoryError, IsADirectoryError, FileNotFoundError):
        raise
    except OSError:  # a disk that knows no links
        shutil.copyfile(copy, target)


@contextmanager
def _size_told(folder: str) -> Iterator[None]:
    """Have the error of a full disk say what of it the copies take, and how they are removed."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        taken = 0
        with suppress(OSError), os.scandir(folder) as entries:
            taken = sum(entry.stat().st_size for entry in entries)
        base = os.path.dirname(folder)
        told = f"The cache {base} holds {taken:,} bytes: delete it to empty it, when nothing from it is open"
        raise OSError(error.errno, f"{error.strerror}. {told}") from error


def _forget_older(folder: str, names: Mapping[RemoteFile, str]) -> None:
    """Remove the copies that some have replaced; whoever has one open keeps what it has."""
    mine = {_short(quoted_url(one.url)): name for one, name in names.items()}
    for name in os.listdir(folder) if mine else ():
        if mine.get(name.partition("-")[0], name) != name:
            with suppress(OSError):  # in use on a system that minds, or gone already
                os.unlink(os.path.join(folder, name))


def _private(name: str) -> str:
    """Return a folder of the cache that nobody else can enter; what killed processes left in it is removed first."""
    base = cache_folder()
    folder = os.path.join(base, name)
    try:
        os.makedirs(base, mode=0o700, exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        status = os.stat(folder)
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)):
            raise EcogcatError(
                f"{folder}: the cache for copies from elsewhere is private, and others can enter this folder, or "
                f"own it: `chmod 700` it, or {_ELSEWHERE}"
            )
        _sweep_once(folder)
    except OSError as error:
        raise EcogcatError(
            f"{folder}: the cache for copies from elsewhere cannot be made there ({error.strerror}): {_ELSEWHERE}"
        ) from error
    return folder


@cache
def _sweep_once(folder: str) -> None:
    """Sweep a folder, of as many copies as there may be, when this process first asks for it."""
    sweep(folder)


def _copy_name(file: RemoteFile, mark: str) -> str:
    readable = file.steps[-1] if file.steps else "file"
    while len(readable.encode()) > _LONGEST:
        readable = readable[1:]  # its ending says more than its beginning
    return f"{_short(quoted_url(file.url))}-{mark}-{readable}"


def _short(value: object) -> str:
    """Return a digest for a name: some systems allow a path no more than 260 characters."""
    return digest(value)[:16]


def _content(file: BufferedRandom) -> str:
    file.seek(0)
    return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()


def _is_there(path: str, size: int | None) -> bool:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and size in (None, status.st_size)
