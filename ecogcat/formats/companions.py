"""Companions: the files of a store that the URL of a recording stands for, with those that its format looks for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from ecogcat.errors import EcogcatError, RecordingNotFound
from ecogcat.formats.registry import endings
from ecogcat.storage.remote import RemoteFile, Store
from ecogcat.storage.urls import child_url, parent_url, steps_of

__all__ = ["files_of"]

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
