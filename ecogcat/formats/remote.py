"""Remote recordings: the copy of what a URL stands for, opened in place of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError, FormatError, RecordingNotFound
from ecogcat.formats.companions import files_of
from ecogcat.frozen import FrozenMapping
from ecogcat.progress import Progress, Report, shown_progress
from ecogcat.storage.cache import CopyGone, Fetched, arranged, fetch, lacking, until_it_stays
from ecogcat.storage.remote import RemoteFile, Store
from ecogcat.storage.storeoptions import plain_options
from ecogcat.storage.urls import check_one_store, is_url, same_store, shown_url, steps_of

__all__ = ["TABLES", "RemoteCopy", "bring", "bring_file", "bring_files", "brought"]

TABLES = ("electrode", "events", "judgements")
"""Load arguments that may be files, and so URLs."""

_WORTH_A_BAR = 32 << 20  # bytes


@dataclass(frozen=True, slots=True)
class RemoteCopy:
    """The copy of what a URL stands for.

    Attributes
    ----------
    path : str
        What to open.
    url : str
        As it may be shown.
    folder : str
        In which the names of the store begin.
    urls : mapping of str to str
        The URL of each local file, as it may be shown.
    n_bytes, n_files : int
        What was fetched now, and not there before.
    """

    path: str
    url: str
    folder: str
    urls: Mapping[str, str]
    n_bytes: int = 0
    n_files: int = 0

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Have errors name the URL of a file rather than the place of its copy.

        Raises
        ------
        CopyGone
            If the copy was removed meanwhile: what was found in it may be no recording, or lack its events.
        """
        try:
            with self._that_stays():
                yield
        except FormatError as error:
            if error.path not in self.urls and error.path != self.path:
                raise
            url = self.urls.get(error.path, self.url)
            facts = {key: getattr(error, key) for key in ("offset", "expected", "found", "hint")}
            again = type(error)(error.message, path=url, **facts)
            vars(again).update({key: value for key, value in vars(error).items() if key not in vars(again)})
            raise again from error
        except (RecordingNotFound, CatalogError) as error:
            text = str(error).replace(self.path, self.url).replace(os.path.join(self.folder, ""), "")
            if text == str(error):
                raise
            raise type(error)(text) from error

    @contextmanager
    def _that_stays(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if os.path.isdir(self.folder):
                raise
            raise CopyGone.of(self.url) from error
        if not os.path.isdir(self.folder):
            raise CopyGone.of(self.url)

    def told(self, dataset: Dataset) -> Dataset:
        """Return the dataset whose parts say in their metadata which URL they came from."""
        parts = []
        for part in dataset.parts:
            url = next((self.urls[path] for path in part.paths if path in self.urls), self.url)
            parts.append(part.replace(metadata=FrozenMapping({**part.metadata, "url": url})))
        return dataset.replace(name=dataset.name, parts=parts)


def bring(url: str, storage_options: Mapping[str, Any] | None = None, progress: Progress = None) -> RemoteCopy:
    """Bring the recording at a URL to the cache, whole, with what belongs to it, but for what is there and valid.

    Parameters
    ----------
    url : str
        Of a file, or of the folder that a recording is.
    storage_options : mapping, optional
        Plain values for fsspec.
    progress : bool or callable, optional
        See `ecogcat.progress.Report`; by default a bar for what takes long, where the standard error is a terminal.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If the store cannot be reached, or does not let us read.
    OSError
        If the disk of the cache has no room.
    """

    def brought() -> RemoteCopy:
        store = Store(url, storage_options)
        return _copy(store, store.url, steps_of(store.url), bring_files(store, files_of(store), progress))

    return until_it_stays(brought)


@contextmanager
def brought(
    path: Any, arguments: Mapping[str, Any], storage_options: Mapping[str, Any] | None = None
) -> Iterator[tuple[Any, dict[str, Any], Callable[[Dataset], Dataset]]]:
    """Bring a recording, and the tables that its load arguments name, to the cache where they are URLs.

    Errors of what is done meanwhile name the URLs.

    Parameters
    ----------
    path : path-like
    arguments : mapping
        Load arguments.
    storage_options : mapping, optional
        Of the recording's store; a table in another is asked for without them. Of the tables' store, where the
        recording is here.

    Yields
    ------
    path : path-like
        On this machine.
    arguments : dict
        The same, but for the tables.
    told : callable
        Returns a dataset that says which URL its parts came from.

    Raises
    ------
    ValueError
        If the tables of a recording that is here are in several stores, and keys are given.
    """
    options, given = plain_options(storage_options), dict(arguments)
    remote = isinstance(path, str) and is_url(path)
    if options and not remote:
        tables = [given[name] for name in TABLES if is_url(given.get(name))]
        check_one_store(tables, "leave the keys to the environment, or copy one of the tables here")
    with ExitStack() as entered:
        for name in TABLES:
            if is_url(given.get(name)):
                theirs = not remote or same_store(path, given[name])  # keys are for nobody else
                table = bring_file(given[name], options if theirs else None)
                entered.enter_context(table.in_words())
                given[name] = table.path
        if not remote:
            yield path, given, lambda dataset: dataset
            return
        copy = bring(path, options)
        entered.enter_context(copy.in_words())
        yield copy.path, given, copy.told


def bring_file(url: str, storage_options: Mapping[str, Any] | None = None, at_most: int | None = None) -> RemoteCopy:
    """Bring one file to the cache, and nothing that lies beside it.

    Whoever reads the copy does so `RemoteCopy.in_words`.

    Raises
    ------
    RecordingNotFound, FormatError
        As `bring`; also if it is a folder, or has more bytes than it may have.
    """

    def brought() -> RemoteCopy:
        store = Store(url, storage_options)
        if store.is_folder():
            raise FormatError("this is a folder", path=store.shown, expected="a file")
        own = store.file()
        if at_most is not None and (own.size or 0) > at_most:
            raise FormatError(
                "the file is too large", path=store.shown, expected=f"at most {at_most:,} bytes", found=own.size
            )
        return _copy(store, f"{store.url}\0alone", own.steps, bring_files(store, [own]))

    return until_it_stays(brought)


def _copy(store: Store, purpose: str, steps: tuple[str, ...], fetched: Fetched) -> RemoteCopy:
    """Return the copy of what lies at some steps, with the files of one purpose under the names that the store has."""
    for fault in fetched.problems.values():
        raise fault
    folder, problems = arranged(purpose, fetched.copies)
    for place, problem in problems.items():
        raise FormatError("this cannot be copied", path=shown_url(place), found=problem)
    urls = {os.path.join(folder, *one.steps): shown_url(one.url) for one in fetched.copies}
    path = os.path.join(folder, *steps)
    return RemoteCopy(path, store.shown, folder, FrozenMapping(urls), fetched.n_bytes, fetched.n_files)


def bring_files(store: Store, files: Iterable[RemoteFile], progress: Progress = None) -> Fetched:
    """Bring files to the cache, with a bar if that takes long."""
    given = list(files)
    total = sum(one.size or 0 for one in lacking(given))
    shown = shown_progress() and total >= _WORTH_A_BAR if progress is None else progress
    with Report(total, shown, "fetching") as report:
        return fetch(store, given, report.add)
