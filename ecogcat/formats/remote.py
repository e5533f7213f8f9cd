"""Remote recordings: the files that a URL stands for, and the copy of them that is opened in place of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError, EcogcatError, FormatError, RecordingNotFound
from ecogcat.formats.registry import endings
from ecogcat.frozen import FrozenMapping
from ecogcat.progress import Progress, Report, shown_progress
from ecogcat.storage.cache import CopyGone, Fetched, arranged, fetch, lacking, until_it_stays
from ecogcat.storage.remote import RemoteFile, Store
from ecogcat.storage.storeoptions import plain_options
from ecogcat.storage.urls import child_url, is_url, parent_url, same_store, shown_url, steps_of

__all__ = ["TABLES", "RemoteCopy", "bring", "bring_file", "bring_files", "brought", "files_of"]

TABLES = ("electrode", "events", "judgements")
"""Load arguments that may be files, and so URLs."""

_WORTH_A_BAR = 32 << 20  # bytes
_LONGEST_HEADER = 1 << 20
_NOT_FOR_US = (401, 403)
_BRAINVISION = (".vhdr", ".vmrk", ".eeg", ".dat", ".avg", ".seg")
_NAMED = re.compile(r"^[ \t]*(?:Data|Marker)File[ \t]*=[ \t]*(.+?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_SPIKEGLX = re.compile(r"_g\d+_t(\d+|cat)\..+\.(bin|meta)$")
_EXPERIMENT = re.compile(r"experiment\d+")
_INTAN_INFO = ("info.rhd", "info.rhs")
_STRUCTURE = "structure.oebin"
# What formats, and the readers of neo, look for beside a file, by its name.
_COMPANIONS = (
    *(".nev", ".ccf", ".sif", ".vmrk", ".vhdr", ".eeg", ".dat", ".avg", ".seg", ".bin", ".meta", ".json"),
    *(".tbk", ".tdx", ".tev", ".tin", ".tnt", ".tsq", ".sev", ".xml", ".events", ".spikes", ".nse", ".ntt", ".nvt"),
    *(".rdat", ".ridx", ".xdat", ".lfp", ".lsx", ".mpx", ".fdt", ".lay", ".txt", ".tsv", ".csv"),
)
# Where a store lists nothing: what may lie beside a file of a name that ends so.
_GUESSED = {
    **{".eeg": (".vhdr", ".vmrk"), ".vmrk": (".vhdr", ".eeg"), ".bin": (".meta",), ".meta": (".bin",)},
    **{f".ns{k}": (".nev",) for k in range(1, 7)},
    **{".mat": ("_trig.mat",), ".ndata.mat": ("stim.mat",)},
    ".nev": tuple(f".ns{k}" for k in range(1, 7)),
}


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
            raise CopyGone(self.url) from error
        if not os.path.isdir(self.folder):
            raise CopyGone(self.url)

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
        Of the recording's store; a table in another is asked for without them.

    Yields
    ------
    path : path-like
        On this machine.
    arguments : dict
        The same, but for the tables.
    told : callable
        Returns a dataset that says which URL its parts came from.
    """
    options, given = plain_options(storage_options), dict(arguments)
    remote = isinstance(path, str) and is_url(path)
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


def files_of(store: Store) -> list[RemoteFile]:
    """Return the files that the URL of a recording stands for.

    Of a folder these are all beneath it; of a file those that its format looks for beside it. Open Ephys binary
    recordings have their clock in files above them.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    """
    if store.is_folder():
        found = [*store.beneath().files, *_above(store, store.url)]
        if not found:
            raise RecordingNotFound(
                f"{store.shown}: nothing is there; check the names of the bucket or host, and folders"
            )
    else:
        own = store.file()
        beside = store.beside().files
        found = [own, *(one for one in _with(store, own, beside) if one.steps != own.steps)]
    files, problems = store.described({one.steps: one for one in found}.values())
    for problem in problems.values():
        raise problem
    return files


def _with(store: Store, own: RemoteFile, beside: Iterable[RemoteFile]) -> list[RemoteFile]:
    """Return the files that formats look for beside one."""
    listed = {one.steps[-1]: one for one in beside}
    name = own.steps[-1] if own.steps else ""
    stem, ending = os.path.splitext(name)
    lower = ending.lower()
    folder = parent_url(own.url)
    if name == _STRUCTURE:
        return [*_beneath(store, folder), *_above(store, folder)]
    if name == "continuous.dat":
        recording = parent_url(parent_url(folder))
        # Above a bucket there is no folder that could be one.
        beside_it = store.beside(recording).files if steps_of(recording) else ()
        if any(one.steps[-1] == _STRUCTURE for one in beside_it):
            return [*_beneath(store, recording), *_above(store, recording)]
    if name in _INTAN_INFO or (lower == ".dat" and any(info in listed for info in _INTAN_INFO)):
        return list(listed.values())  # one file per signal type or channel: the folder is the recording
    if lower == ".continuous":
        return list(listed.values())
    if lower in (".ncs", ".nev") and any(one.lower().endswith(".ncs") for one in listed):
        return _ending(listed, (".nev",) if lower == ".ncs" else (".nev", ".ncs"))
    if not listed:
        return _guessed(store, own, stem, ".ndata.mat" if name.endswith(".ndata.mat") else lower)
    if lower in _BRAINVISION:
        headers = [own] if lower == ".vhdr" else _ending(listed, (".vhdr",))
        lowered = {one.lower(): file for one, file in listed.items()}
        named = [lowered[one.lower()] for header in headers for one in _named(store, header) if one.lower() in lowered]
        return [*headers, *named, *_of_stem(listed, stem, lower)]
    if _SPIKEGLX.search(name):
        return _of_stem(listed, stem, lower)
    stem = stem.removesuffix(".ndata")
    return [*_of_stem(listed, stem, lower), *(listed[one] for one in (f"{stem}_trig.mat",) if one in listed)]


def _of_stem(listed: Mapping[str, RemoteFile], stem: str, ending: str) -> list[RemoteFile]:
    """Return the files of one name that formats may look for: a video of the session is none of them."""
    known = (*endings(), *_COMPANIONS, *((".mat",) if ending == ".mat" else ()))
    return [file for name, file in listed.items() if name.startswith(f"{stem}.") and name.lower().endswith(known)]


def _ending(listed: Mapping[str, RemoteFile], endings: tuple[str, ...]) -> list[RemoteFile]:
    return [file for name, file in listed.items() if name.lower().endswith(endings)]


def _named(store: Store, header: RemoteFile) -> list[str]:
    """Return the names of the files that a BrainVision header refers to."""
    if (header.size or 0) > _LONGEST_HEADER:
        return []
    text = store.head(header, _LONGEST_HEADER).decode("latin-1")
    stem = os.path.splitext(header.steps[-1])[0]
    return [re.split(r"[\\/]", one)[-1].replace("$b", stem) for one in _NAMED.findall(text)]


def _guessed(store: Store, own: RemoteFile, stem: str, ending: str) -> list[RemoteFile]:
    names = _named(store, own) if ending == ".vhdr" else [stem + one for one in _GUESSED.get(ending, ())]
    return [file for name in names if (file := _if_there(store, child_url(parent_url(own.url), name))) is not None]


def _above(store: Store, url: str) -> list[RemoteFile]:
    """Return the files above an Open Ephys binary recording that its clock is found by."""
    while len(steps_of(url)) > 1:
        folder = parent_url(url)
        if _EXPERIMENT.fullmatch(steps_of(url)[-1]):
            settings = [one for one in store.beside(folder).files if one.steps[-1].startswith("settings")]
            first = _if_there(store, child_url(url, "recording1/sync_messages.txt"))
            return [one for one in settings if one.steps[-1].endswith(".xml")] + ([] if first is None else [first])
        url = folder
    return []


def _beneath(store: Store, url: str) -> list[RemoteFile]:
    return list(store.beneath(url).files)


def _if_there(store: Store, url: str) -> RemoteFile | None:
    try:
        return store.file(url)
    except RecordingNotFound:
        return None
    except EcogcatError as error:
        if "?" in store.url and error.status in _NOT_FOR_US:  # the signature of a URL opens that one file alone
            return None
        raise
