"""Origins: of which recording a stored downsample was made, by path and by fingerprint, and whether it is that one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError
from ecogcat.formats.registry import detect
from ecogcat.frozen import digest

__all__ = ["Origin", "is_of_folders", "made_of", "name_for_stored", "origin_of"]

_PATH, _RECORDING = "downsample_from", "downsample_recording"
_OWN = "ecogcat"
_ENDINGS = (".vds.h5", ".h5", ".hdf5", ".hdf", ".zarr", ".mat")


class Origin(NamedTuple):
    """A recording as stored downsamples of it name it.

    Attributes
    ----------
    path : str
        Where it is.
    fingerprint : str
        Digest of the fingerprints of its files.
    folder : str
        Where stored downsamples of it lie if no other folder is said.
    files : tuple of str
        Those that its samples are read from.
    """

    path: str
    fingerprint: str
    folder: str
    files: tuple[str, ...]

    @property
    def said(self) -> dict[str, str]:
        """What a stored downsample says of it."""
        return {_PATH: self.path, _RECORDING: self.fingerprint}

    def is_that_of(self, metadata: Mapping[str, Any], stored: str) -> bool:
        """Whether a stored downsample was made of this recording, whatever that holds by now.

        One beside a recording of the same file name is taken to have moved with it.
        """
        if self.fingerprint == metadata.get(_RECORDING):
            return True
        path = metadata.get(_PATH)
        beside = os.path.realpath(os.path.dirname(stored)) == os.path.realpath(self.folder)
        if path is None:  # of a release that did not say it
            return beside
        return _same(path, self.path) or (beside and os.path.basename(path) == os.path.basename(self.path))

    def changed_last(self) -> tuple[int, str]:
        """Return when a file of it was changed last (ns), and which; 0 where no file says."""
        return max(_changes(self.files), default=(0, ""))


def _changes(files: Iterable[str]) -> Iterable[tuple[int, str]]:
    for path in files:
        try:
            yield os.stat(path).st_mtime_ns, path
        except OSError:  # at a URL, or gone: whoever reads it says so
            continue


def origin_of(dataset: Dataset, path: str) -> Origin:
    """Return a recording, as a format opened it, as stored downsamples name it.

    Parameters
    ----------
    dataset : Dataset
    path : str
        Where it was opened.
    """
    path = os.path.abspath(os.path.expanduser(path))
    inside = os.path.isdir(path) and os.path.basename(path) != dataset.name and not _is_own(path)
    arrays = {"signal": dataset.signal, **dataset.arrays()}
    fingerprint = digest(*((name, array.token) for name, array in arrays.items()))
    files = dict.fromkeys(source.path for array in arrays.values() for source in array.sources)
    return Origin(path, fingerprint, path if inside else os.path.dirname(path), tuple(files))


def name_for_stored(dataset: Dataset, path: str) -> str:
    """Return the name of a recording in the names of its stored downsamples.

    It is that of the dataset. A file that ecogcat wrote may have another name than the dataset in it: then it is that
    of the file, which no other file of its folder has.
    """
    base = os.path.basename(path)
    stem = next((base[: -len(one)] for one in _ENDINGS if base.lower().endswith(one)), os.path.splitext(base)[0])
    return stem if stem and stem != dataset.name and _is_own(path) else dataset.name


def _is_own(path: str) -> bool:
    try:
        return detect(path).name == _OWN
    except EcogcatError:
        return False


def made_of(metadata: Mapping[str, Any]) -> str | None:
    """Return the path of the recording that a stored downsample says it was made of; None where it does not say."""
    return metadata.get(_PATH)


def is_of_folders(path: str, name: str, stored: str, folders: Sequence[str]) -> bool:
    """Whether a stored downsample that was made of the recording at `path` is that of one of a name in some folders.

    It is if it lies in one of them: then it moved with the recording.
    """
    real = {os.path.realpath(folder) for folder in folders}
    near = {os.path.dirname(stored), path}  # a recording may be some files of a folder
    if name in os.path.basename(path):
        near.add(os.path.dirname(path))
    return not real.isdisjoint(os.path.realpath(one) for one in near)


def _same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)
