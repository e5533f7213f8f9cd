"""Stored downsamples: a recording at a lower rate, written beside it once, and used instead of it as long as it fits.

They are named as the lab has always named them: ``rec_001_Fs2000.h5``. One that ecogcat wrote says of which samples it
was made, and is used for these alone. One that the lab's earlier software wrote does not; its shape has to fit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ecogcat.conversion import convert_units
from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError
from ecogcat.formats.registry import detect
from ecogcat.frozen import digest
from ecogcat.resample import resample
from ecogcat.signal import Signal
from ecogcat.storing import write

__all__ = ["at_rate", "stored_name"]

_KEY = "downsample_of"
_ENDINGS = (".h5", ".hdf")


def stored_name(name: str, rate: float) -> str:
    """Return the name of the file with a recording at a lower rate.

    Examples
    --------
    >>> stored_name("rec_001", 2000.0)
    'rec_001_Fs2000.h5'
    """
    return f"{name.replace(os.sep, '_')}_Fs{int(rate)}{_ENDINGS[0]}"


def at_rate(
    dataset: Dataset,
    rate: float,
    place: str,
    *,
    use_stored: bool = True,
    save: bool = False,
    store_path: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Return a recording at another rate, its samples from a file that has them if there is one.

    Parameters
    ----------
    dataset : Dataset
        As a format opened it: every source channel.
    rate : float
        Hz.
    place : str
        Path of the recording.
    use_stored : bool
        Look for such a file, in `store_path` and then beside the recording.
    save : bool
        Write it, if there is none that fits, or `use_stored` is False: there, or beside the recording.
    store_path : path-like, optional

    Raises
    ------
    EcogcatError
        If it cannot be written: a file that ecogcat did not write is never written over.
    """
    lower = resample(dataset, rate)
    if lower is dataset or lower.sampling_rate == dataset.sampling_rate:
        return lower
    beside = place if os.path.isdir(place) and os.path.basename(place) != dataset.name else os.path.dirname(place)
    folders = [beside]
    if store_path is not None:
        folders.insert(0, os.path.abspath(os.path.expanduser(os.fspath(store_path))))
    name = stored_name(dataset.name, rate)
    key = digest(*[(array, signal.token) for array, signal in _arrays(lower).items()])
    odd: list[str] = []
    if use_stored:
        for path in _candidates(folders, name):
            found = _found(path, lower, key, odd)
            if found is not None:
                return found
    if save:
        target = os.path.join(folders[0], name)
        if os.path.exists(target) and _key_of(target) is None:
            raise EcogcatError(
                f"{target}: this file has not the samples of {dataset.name} at {rate:g} Hz, and ecogcat did not write "
                "it: move it away, name another folder with store_path=, or leave save_downsampled= away"
            )
        bare = lower.replace(metadata={**lower.metadata, _KEY: key})
        write(bare, target, overwrite=True)
        written = _found(target, lower, key, odd)
        assert written is not None
        return written
    return _noted(lower, odd)


def _arrays(dataset: Dataset) -> dict[str, Signal]:
    return {"signal": dataset.signal, **dataset.arrays()}


def _candidates(folders: list[str], name: str) -> Iterator[str]:
    stem = name.removesuffix(_ENDINGS[0])
    for folder in dict.fromkeys(folders):
        for ending in _ENDINGS:
            path = os.path.join(folder, stem + ending)
            if os.path.isfile(path):
                yield path


def _key_of(path: str) -> str | None:
    """Return what samples a file says that it was made of; None where it does not say, or cannot be opened."""
    try:
        return _opened(path).metadata.get(_KEY)
    except EcogcatError:
        return None


def _opened(path: str) -> Dataset:
    return detect(path).open(path)


def _found(path: str, lower: Dataset, key: str, odd: list[str]) -> Dataset | None:
    """Return the recording with the samples of a file, or None and why not in `odd`."""
    label = os.path.basename(path)
    try:
        stored = _opened(path)
    except EcogcatError as error:
        odd.append(f"{label} is not used: {str(error).splitlines()[0]}")
        return None
    said = stored.metadata.get(_KEY)
    if said is not None and said != key:
        odd.append(f"{label} is not used: it was made of other samples than the recording has now")
        return None
    have, wanted = _arrays(stored), _arrays(lower)
    if said is None:  # aligned arrays may have been left away; the rate is what was asked for, not what was obtained
        differs = _difference(stored.signal, lower.signal)
        if differs:
            odd.append(f"{label} is not used: {differs}")
            return None
        stored = convert_units(stored, lower.units)
        have = {
            name: one for name, one in _arrays(stored).items() if name in wanted and one.shape == wanted[name].shape
        }
        missing = [name for name in wanted if name not in have]
        notes = [f"samples are those of {label}, which does not say what it was made of; its shape fits"]
        if missing:
            notes.append(f"{label} has no {', '.join(missing)} of this length: resampled from the recording")
    else:
        notes = []
    changes: dict[str, Any] = {
        name: signal.replace(pieces=have[name].pieces) for name, signal in wanted.items() if name in have
    }
    own = {name: changes.pop(name) for name in ("signal", "ground", "reference_channels") if name in changes}
    parts = [part.replace(history=(*part.history, f"read from {label}")) for part in lower.parts]
    return _noted(lower.replace(**own, aligned={**lower.aligned, **changes}, parts=parts), notes)


def _difference(stored: Signal, wanted: Signal) -> str:
    """Say in what the samples of a file cannot be those of the recording."""
    if stored.n_channels != wanted.n_channels:
        return f"it has {stored.n_channels} channels, the recording {wanted.n_channels}"
    if abs(stored.n_samples - wanted.n_samples) > 1:
        return f"it has {stored.n_samples:,} samples, the recording {wanted.n_samples:,} at this rate"
    if stored.n_samples != wanted.n_samples:
        return f"it has {stored.n_samples:,} samples instead of {wanted.n_samples:,}"
    return ""


def _noted(dataset: Dataset, notes: list[str]) -> Dataset:
    if not notes:
        return dataset
    first, *others = dataset.parts
    return dataset.replace(parts=[first.replace(warnings=(*first.warnings, *notes)), *others])
