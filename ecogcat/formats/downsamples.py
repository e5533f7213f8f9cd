"""Stored downsamples: a recording at a lower rate, written beside it once, and used instead of it as long as it fits.

They are named as the lab has always named them: ``rec_001_Fs2000.h5``. One that ecogcat wrote says of which recording
and samples it was made, and is used for these alone. One that the lab's earlier software wrote does not; its shape has
to fit. Neither is used if it is older than the recording.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ecogcat.conditioning.conversion import convert_units
from ecogcat.conditioning.decimation import POLYPHASE, decimated, is_recursive
from ecogcat.conditioning.resample import planned, resample
from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError
from ecogcat.events import Events
from ecogcat.formats.origin import Origin, made_of, name_for_stored, origin_of
from ecogcat.formats.registry import detect
from ecogcat.frozen import FrozenMapping, digest
from ecogcat.signal import Signal
from ecogcat.storing import write

__all__ = ["at_rate", "stored_files", "stored_name"]

_KEY, _BY = "downsample_of", "downsample_filter"
_ENDINGS = (".h5", ".hdf")
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_LAYOUT, _FRONT = b"ecogcat_layout", 1 << 20
_RATE_TOLERANCE = 1e-3


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
    filter: str = POLYPHASE,
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
    filter : str
        See `ecogcat.resample`. A recursive one is run only where there is no such file.
    use_stored : bool
        Look for such a file, in `store_path` and then beside the recording.
    save : bool
        Write it, if there is none that fits, or `use_stored` is False: there, or beside the recording.
    store_path : path-like, optional

    Raises
    ------
    EcogcatError
        If it cannot be written: a file that ecogcat did not write, or that is another recording's or at another
        rate, is never written over.
    """
    lower = _planned(dataset, rate, filter)
    if lower is dataset or lower.sampling_rate == dataset.sampling_rate:
        return lower
    # Logic lines have their edges where events are; those of a file do not, and fit whatever events are looked for.
    bare = dataset.replace(events=Events())
    plain = _planned(bare, rate, filter) if len(dataset.events) else lower
    tokens = [(name, signal.token) for name, signal in _arrays(plain).items()]
    key = digest(*tokens, filter) if is_recursive(filter) else digest(*tokens)
    origin = origin_of(bare, place)
    wanted = _Wanted(lower, plain, key, filter, origin)
    folders = [origin.folder]
    if store_path is not None:
        folders.insert(0, os.path.abspath(os.path.expanduser(os.fspath(store_path))))
    name = stored_name(name_for_stored(dataset, origin.path), rate)
    odd: list[str] = []
    if use_stored:
        for path in stored_files(folders, name):
            found = _found(path, wanted, odd)
            if found is not None:
                return found
    if is_recursive(filter):
        lower = decimated(dataset, lower, filter)
        further = {name: getattr(lower, name) for name in ("signal", "ground", "reference_channels")}
        parts = [one.replace(checksums=own.checksums) for one, own in zip(plain.parts, lower.parts, strict=True)]
        plain = plain.replace(parts=parts, **further)
        wanted = wanted._replace(lower=lower, plain=plain)
    return _written(os.path.join(folders[0], name), wanted, odd) if save else _noted(lower, odd)


def _planned(dataset: Dataset, rate: float, filter: str) -> Dataset:
    """Return a recording at another rate, no filter run: with a recursive one all but the values is as it will be."""
    return planned(dataset, rate, filter) if is_recursive(filter) else resample(dataset, rate, filter)


class _Wanted(NamedTuple):
    """A recording at a lower rate, without its events as well, the digest of what it is made of, the filter, and it."""

    lower: Dataset
    plain: Dataset
    key: str
    filter: str
    origin: Origin


def _written(target: str, wanted: _Wanted, odd: list[str]) -> Dataset:
    """Write the file, and return the recording with its samples."""
    replaces = os.path.exists(target)
    if replaces:
        _check_ours(target, wanted, odd)
    said = {_KEY: wanted.key, _BY: wanted.filter, **wanted.origin.said}
    parts = [part.replace(metadata=FrozenMapping({**part.metadata, **said})) for part in wanted.plain.parts]
    begun = max(time.time_ns(), wanted.origin.changed_last()[0])
    try:
        _make_folder(os.path.dirname(target))
        write(wanted.plain.replace(events=wanted.lower.events).replace(parts=parts), target, overwrite=replaces)
        os.utime(target, ns=(begun, begun))  # so that it is older than what is changed while it is written
    except BlockingIOError:
        odd.append(f"{os.path.basename(target)} was being written by another process: samples are resampled when read")
        return _noted(wanted.lower, odd)
    except FileExistsError:  # written by another process since
        pass
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        raise PermissionError(
            error.errno,
            f"cannot write {target} ({error.strerror}): name a folder with store_path=, or leave "
            "save_downsampled= away",
        ) from error
    return _found(target, wanted, odd) or _noted(wanted.lower, odd)


def _make_folder(folder: str) -> None:
    """Make a folder, not those above it: what is misspelt may be any of them."""
    above = os.path.dirname(folder)
    if not os.path.isdir(above):
        raise FileNotFoundError(
            f"store_path={folder}: there is no folder {above} in which to make it; make that first, or correct the path"
        )
    os.makedirs(folder, exist_ok=True)


def _check_ours(target: str, wanted: _Wanted, odd: list[str]) -> None:
    """Raise if a file is not one that a stored downsample may replace: ours, of this recording, and at this rate."""
    elsewhere = "name another folder with store_path=, or leave save_downsampled= away"
    try:
        stored = _opened(target)
        said = stored.metadata
    except EcogcatError as error:
        stored, said = None, FrozenMapping()
        if _looks_ours(target):
            raise EcogcatError(
                f"{target}: ecogcat wrote this file, and it is damaged, so that nobody can tell of which recording: "
                f"delete it, {elsewhere}; {str(error).splitlines()[0]}"
            ) from error
    if stored is None or said.get(_KEY) is None:
        raise EcogcatError(
            f"{target}: ecogcat did not write this file, and does not write over it: move it away, {elsewhere}; "
            f"{'; '.join(odd) or 'use_stored=False is said'}"
        )
    if not wanted.origin.is_that_of(said, target):
        raise EcogcatError(
            f"{target} was made of another recording, {made_of(said) or 'which it does not name'}, and is not written "
            f"over with that of {wanted.origin.path}: give each its own folder with store_path=, or leave "
            "save_downsampled= away"
        )
    if stored.sampling_rate != wanted.lower.sampling_rate:
        raise EcogcatError(
            f"{target} has this recording at {_hz(stored)}, and is not written over with that at {_hz(wanted.lower)}, "
            f"which would have the same name: move it away, {elsewhere}"
        )


def _looks_ours(path: str) -> bool:
    """Whether a file that cannot be opened begins as those do that ecogcat writes."""
    with open(path, "rb") as file:
        return _LAYOUT in file.read(_FRONT)


def _hz(dataset: Dataset) -> str:
    return f"{dataset.sampling_rate:.10g} Hz"


def _arrays(dataset: Dataset) -> dict[str, Signal]:
    return {"signal": dataset.signal, **dataset.arrays()}


def stored_files(folders: Sequence[str], name: str) -> Iterator[str]:
    """Yield the files of the name that `stored_name` gives which are in some folders, in the order of these."""
    stem = name.removesuffix(_ENDINGS[0])
    for folder in dict.fromkeys(folders):
        for ending in _ENDINGS:
            path = os.path.join(folder, stem + ending)
            if os.path.isfile(path):
                yield path


def _opened(path: str) -> Dataset:
    return detect(path).open(path)


def _found(path: str, wanted: _Wanted, odd: list[str]) -> Dataset | None:
    """Return the recording with the samples of a file, or None and why not in `odd`."""
    label, lower = os.path.basename(path), wanted.lower
    try:
        stored = _opened(path)
    except EcogcatError as error:
        odd.append(f"{label} is not used: {str(error).splitlines()[0]}")
        return None
    said = stored.metadata.get(_KEY)
    if said is not None and said != wanted.key:
        odd.append(f"{label} is not used: {_why_other(stored, wanted, path)}")
        return None
    changed, file = wanted.origin.changed_last()
    if os.stat(path).st_mtime_ns < changed:
        remedy = "save_downsampled=True makes it anew" if said else "if it fits all the same, `touch` it"
        odd.append(f"{label} is not used: it is older than {file}, which was changed since; {remedy}")
        return None
    have, arrays, plain = _arrays(stored), _arrays(lower), _arrays(wanted.plain)
    notes: list[str] = []
    if said is None:  # aligned arrays may have been left away, or summed: they are resampled from the recording
        differs = _difference(stored, lower)
        if differs:
            odd.append(f"{label} is not used: {differs}")
            return None
        have = {"signal": convert_units(stored, lower.units).signal}
        lower = lower.replace(parts=[part.replace(history=_without_filter(part.history)) for part in lower.parts])
        notes = [f"samples are those of {label}, which does not say what it was made of, or how; its shape fits"]
    changes: dict[str, Any] = {
        name: signal.replace(pieces=have[name].pieces)
        for name, signal in arrays.items()
        if name in have and signal.token == plain[name].token
    }
    own = {name: changes.pop(name) for name in ("signal", "ground", "reference_channels") if name in changes}
    parts = [part.replace(history=(*part.history, f"read from {label}")) for part in lower.parts]
    return _noted(lower.replace(**own, aligned={**lower.aligned, **changes}, parts=parts), notes)


def _why_other(stored: Dataset, wanted: _Wanted, path: str) -> str:
    """Say why the samples of a file of ours are not those that are wanted."""
    if not wanted.origin.is_that_of(stored.metadata, path):
        return f"it was made of {made_of(stored.metadata) or 'another recording'}"
    if stored.sampling_rate != wanted.lower.sampling_rate:
        return f"it is at {_hz(stored)}, not at {_hz(wanted.lower)}"
    by = stored.metadata.get(_BY, POLYPHASE)  # which was the only one before files said so
    if by != wanted.filter:
        return f"it was made with the filter {by!r}"
    return "it was made of other samples than the recording has now"


def _without_filter(history: tuple[str, ...]) -> tuple[str, ...]:
    """Return a history whose last step does not say by which filter, which nobody knows."""
    return (*history[:-1], *(step.partition(" (")[0] for step in history[-1:]))


def _difference(stored: Dataset, wanted: Dataset) -> str:
    """Say in what the samples of a file cannot be those of the recording; empty if they can."""
    if stored.n_channels != wanted.n_channels:
        return f"it has {stored.n_channels} channels, the recording {wanted.n_channels}"
    if stored.n_samples != wanted.n_samples:
        return f"it has {stored.n_samples:,} samples, the recording {wanted.n_samples:,} at this rate"
    if abs(stored.sampling_rate - wanted.sampling_rate) > _RATE_TOLERANCE * wanted.sampling_rate:
        return f"it is at {stored.sampling_rate:g} Hz"
    return ""


def _noted(dataset: Dataset, notes: list[str]) -> Dataset:
    if not notes:
        return dataset
    first, *others = dataset.parts
    return dataset.replace(parts=[first.replace(warnings=(*first.warnings, *notes)), *others])
