"""Remote: stores of files reached by URL through fsspec - what lies there, under which mark, and what went wrong.

A mark is what a store changes with a file: its ETag, its checksum, or the time it was last written. Messages name the
URL; what may be a secret in it, or in the options that a store is reached with, is left out of them.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from ecogcat.errors import CatalogError, EcogcatError, FormatError, RecordingNotFound
from ecogcat.frozen import digest
from ecogcat.storage.atonce import at_once
from ecogcat.storage.storeoptions import plain_options, texts_of
from ecogcat.storage.urls import child_url, is_http, normal_url, parent_url, shown_url, step_fault, steps_of

__all__ = ["UNMARKED", "Listing", "RemoteFile", "Store"]

UNMARKED = "unmarked"
"""The mark of a file of which the store says nothing but its name and size: another may have the same."""

_MARKS = (
    *("ETag", "etag", "Content-MD5", "Digest", "md5Hash", "md5", "content_md5", "checksum", "sha256", "sha"),
    *("blob_id", "generation"),
    *("LastModified", "last_modified", "Last-Modified", "mtime", "updated", "modified", "modify", "last_write_time"),
)
_NO_MARK = {"name", "size", "type"}
_PACKAGES = {
    **{"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "http": "aiohttp", "https": "aiohttp"},
    **{"abfs": "adlfs", "abfss": "adlfs", "az": "adlfs", "adl": "adlfs", "sftp": "paramiko", "ssh": "paramiko"},
    **{"smb": "smbprotocol", "hf": "huggingface_hub", "webdav": "webdav4", "oss": "ossfs", "hdfs": "pyarrow"},
}
_SHORT = re.compile(r"received (\d+) of (\d+) bytes")  # as aiohttp says it
_DEEPEST = 32
_LISTS_NOTHING = (401, 403, 404, 405)
_SILENT_S, _CONNECT_S = 120, 30
_LONGEST = 240


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a store, as it was when the store was asked.

    Parameters
    ----------
    url : str
    steps : tuple of str
        The names that lead to it from the root of the store: host or bucket, folders, its own.
    size : int or None
        Bytes; None where the store does not say.
    mark : str
        Digest of its size and of what the store changes with the file, or UNMARKED; empty where that was not asked
        for yet.
    """

    url: str
    steps: tuple[str, ...]
    size: int | None
    mark: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies beneath a folder of a store.

    Attributes
    ----------
    files : tuple of RemoteFile
        Sorted by their names.
    refused : tuple of (str, str)
        Names that no local file can have, or that would lead elsewhere, each with the reason.
    """

    files: tuple[RemoteFile, ...]
    refused: tuple[tuple[str, str], ...] = ()


class Store:
    """The store that a URL leads to.

    Parameters
    ----------
    url : str
    options : mapping, optional
        Plain values for fsspec: keys, tokens, endpoints. They are in no message.

    Raises
    ------
    CatalogError
        If the URL is none that can be used.
    ImportError
        If fsspec is not installed, or what it needs for the protocol.
    """

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        self.url = normal_url(url)
        self.shown = shown_url(self.url)
        given = plain_options(options)
        self._secrets = tuple(sorted(set(texts_of(given)), key=len, reverse=True))
        scheme = self.url.partition("://")[0]
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            message = f"{self.shown}: stores elsewhere are read through fsspec: pip install 'ecogcat[remote]'"
            raise ImportError(message) from error
        if is_http(self.url):
            given["client_kwargs"] = {**_patience(self.shown), **given.get("client_kwargs", {})}
        try:
            with self.in_words():
                self.fs, _ = url_to_fs(self.url, **given)
        except ImportError as error:
            package = _PACKAGES.get(scheme)
            what = f"this needs {package}: pip install {package}" if package else " ".join(str(error).split())
            raise ImportError(f"{self.shown}: {what}") from None
        self._heard: Mapping[str, Any] | None = None  # of the URL, when it was asked whether it is a folder's
        self.fs.invalidate_cache()  # what this process listed before may be no longer so

    def __repr__(self) -> str:
        return f"Store({self.shown!r})"

    def is_folder(self) -> bool:
        """Return whether the URL is that of a folder rather than a file.

        Raises
        ------
        RecordingNotFound
            If nothing is there.
        """
        if is_http(self.url) and (self.url.endswith("/") or len(steps_of(self.url)) == 1):
            return True
        with self.in_words():
            info = self._heard = self.fs.info(self._path(self.url))
        if info["type"] == "directory":
            return True
        # A web server sends whoever asks for a folder to its name with a slash.
        return is_http(self.url) and str(info.get("url", "")).partition("?")[0].endswith("/")

    def file(self, url: str | None = None) -> RemoteFile:
        """Return the file at the URL, or at another of the store.

        Raises
        ------
        RecordingNotFound
            If there is none.
        """
        heard, self._heard = (self._heard, None) if url is None else (None, self._heard)
        return self._asked(self.url if url is None else url, heard)

    def described(self, files: Iterable[RemoteFile]) -> tuple[list[RemoteFile], dict[str, EcogcatError]]:
        """Return files with size and mark, asked for where the listing did not say; and why others have none.

        Returns
        -------
        files : list of RemoteFile
        problems : dict of str to EcogcatError
            By URL.
        """
        given = list(files)
        problems: dict[str, EcogcatError] = {}

        def ask(one: RemoteFile) -> RemoteFile | None:
            if one.mark:
                return one
            try:
                return replace(self._asked(one.url), steps=one.steps)
            except EcogcatError as error:
                problems[one.url] = error
                return None

        if all(one.mark for one in given):
            return given, problems
        return [one for one in at_once(ask, given) if one is not None], problems

    def beneath(self, url: str | None = None) -> Listing:
        """List the files in the folder that the URL is of, or in another, and in the folders in it."""
        root = self.url if url is None else url
        with self.in_words():
            deepest = {"maxdepth": _DEEPEST} if is_http(root) else {}
            found = self.fs.find(self._path(_as_folder(root)), detail=True, **deepest)
        # Of an empty folder of a web server it is the folder, and nothing of it.
        return self._listing(root, filter(None, found.values()))

    def beside(self, url: str | None = None) -> Listing:
        """List the files in the folder that the URL's file lies in, or in another.

        None are where a web server lists nothing: it need not.
        """
        root = parent_url(self.url) if url is None else url
        try:
            with self.in_words(root):
                found = self.fs.ls(self._path(_as_folder(root)), detail=True)
        except EcogcatError as error:
            if is_http(self.url) and (isinstance(error, RecordingNotFound) or error.status in _LISTS_NOTHING):
                return Listing(())
            raise
        return self._listing(root, (one for one in found if one["type"] == "file"))

    def head(self, file: RemoteFile, n_bytes: int) -> bytes:
        """Read the first bytes of a file."""
        with self.in_words(file.url):
            return bytes(
                self.fs.cat_file(self._path(file.url), 0, n_bytes if file.size is None else min(file.size, n_bytes))
            )

    def get(self, file: RemoteFile, target: str, add: Callable[[int], None]) -> None:
        """Bring a file to a local path; `add` is told of the bytes that have come.

        Raises
        ------
        OSError
            If the local path cannot be written: that is no fault of the store.
        """
        from fsspec.callbacks import Callback

        class Told(Callback):  # type: ignore[misc]
            def relative_update(self, inc: int = 1) -> None:
                add(inc)

        with self.in_words(file.url, target):
            self.fs.get_file(self._path(file.url), target, callback=Told())

    @contextmanager
    def in_words(self, url: str | None = None, target: str | None = None) -> Iterator[None]:
        """Say in one message what goes wrong with a store, with the URL and what to do, and no secret.

        What goes wrong with the local file that is written, `target`, stays an OSError.
        """
        shown = self.shown if url is None else shown_url(url)
        try:
            yield
        except (EcogcatError, ImportError):
            raise
        except Exception as error:  # each store has errors of its own
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
                raise
            if target is not None and isinstance(error, OSError) and _is_local(error, target):
                instead = "point the environment variable ECOGCAT_CACHE to a folder that can be written to"
                message = f"{error.strerror}: copies from elsewhere go to {os.path.dirname(target)}: {instead}"
                raise OSError(error.errno, message, target) from error
            # Not chained: what a library says may hold keys, or the signature of a URL.
            if isinstance(error, FileNotFoundError) and isinstance(error.__cause__, Exception):
                error = error.__cause__  # what a web server, or the way to it, says: to fsspec the file is not there
            said = self._said(error, shown)
            status = getattr(error, "status", None)
            said.status = status if isinstance(status, int) else None
            raise said from None

    def _said(self, error: Exception, shown: str) -> EcogcatError:
        status = getattr(error, "status", None)
        text = " ".join(str(error).split())
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = re.sub(r"\?[^\s'\"]*", "?...", re.sub(r"//[^/\s'\"]*@", "//", text))[:_LONGEST]
        if isinstance(error, FileNotFoundError) or status in (404, 410):
            return RecordingNotFound(
                f"{shown}: nothing is there; check the names of the bucket or host, folders and file"
            )
        kind = type(error).__name__
        reason = getattr(error, "os_error", None)  # of aiohttp, which says no more than that
        if isinstance(reason, OSError):
            known = os.name != "nt" and reason.errno is not None and reason.errno > 0
            kind, text = "no connection", os.strerror(reason.errno or 0) if known else reason.strerror or str(reason)
        elif short := _SHORT.search(text):
            kind, text = "it ended early", f"{int(short[1]):,} of {int(short[2]):,} bytes"
        found = f"{kind}: {text}" if text else kind
        if isinstance(error, PermissionError) or status in (401, 403) or "Credential" in kind:
            hint = (
                "Give keys in storage_options=, or where the store's own tools look for them, such as the environment"
            )
            return FormatError("the store does not let us read this", path=shown, found=found, hint=hint)
        if isinstance(error, ValueError) and "rotocol" in text:
            return CatalogError(f"{shown}: fsspec knows no such protocol; s3, gs, https, sftp are some that it knows")
        if isinstance(error, TypeError):
            hint = "Are the names in storage_options those that this kind of store takes?"
        else:
            hint = "Is the address right, and are this machine and the store connected? Then try again"
        return FormatError("the store cannot be read", path=shown, found=found, hint=hint)

    def _path(self, url: str) -> str:
        return str(self.fs._strip_protocol(url))

    def _listing(self, root: str, infos: Any) -> Listing:
        base = self._path(root).rstrip("/")
        if is_http(root):
            base = base.partition("?")[0].rstrip("/")
        files: list[RemoteFile] = []
        refused: list[tuple[str, str]] = []
        for info in infos:
            path = str(info["name"])
            if not path.startswith(f"{base}/"):
                refused.append((shown_url(path), f"the store lists it, and it does not lie below {shown_url(root)}"))
                continue
            below = path[len(base) + 1 :]
            if is_http(root) and ("?" in below or "#" in below):  # the same page in another order
                continue
            names = [unquote(name) if is_http(root) else name for name in below.split("/")]
            if names[-1] == "":  # the mark that some stores set for a folder
                continue
            fault = next(filter(None, map(step_fault, names)), "")
            if fault:
                refused.append((ascii(below)[1:-1], fault))
                continue
            files.append(_file(child_url(root, below), (*steps_of(root), *names), info))
        return Listing(tuple(sorted(files, key=lambda one: one.steps)), tuple(sorted(refused)))

    def _asked(self, url: str, heard: Mapping[str, Any] | None = None) -> RemoteFile:
        with self.in_words(url):
            info = self.fs.info(self._path(url)) if heard is None else heard
            found = _file(url, steps_of(url), info)
            if found.mark:
                return found
            # The key that fsspec makes of a web server's file is but its URL; of others', all that they say of it.
            if is_http(url) or info.keys() <= _NO_MARK:
                return replace(found, mark=UNMARKED)
            return replace(found, mark=digest(found.size, str(self.fs.ukey(self._path(url)))))


def _file(url: str, steps: tuple[str, ...], info: Mapping[str, Any]) -> RemoteFile:
    mark = next((f"{key.lower()}={info[key]}" for key in _MARKS if info.get(key)), "")
    size = None if info.get("size") is None else int(info["size"])
    return RemoteFile(url, steps, size, digest(size, mark) if mark else "")


def _is_local(error: OSError, target: str) -> bool:
    """Whether an error is of the local file that is written; the system names no file where writing goes wrong."""
    unnamed = type(error) is OSError and error.filename is None and error.errno in (errno.EIO, errno.EROFS)
    return error.filename == target or unnamed


def _as_folder(url: str) -> str:
    return f"{url.rstrip('/')}/" if is_http(url) else url


def _patience(shown: str) -> dict[str, Any]:
    """Return how long a web server may take: not five minutes in all, as by default, but so long in silence."""
    try:
        from aiohttp import ClientTimeout
    except ImportError:
        raise ImportError(f"{shown}: this needs aiohttp: pip install 'ecogcat[remote]'") from None
    return {"timeout": ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENT_S)}
