"""A folder of consecutive `.rhd` files: which belong together, in which order, and what is missing between them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.intan.common import signed_stamp
from ecogcat.formats.intan.file import IntanFile, dataset_of, examine, name_time
from ecogcat.formats.intan.header import IntanHeader, parse_file_name
from ecogcat.join import join

__all__ = ["list_recordings", "open_folder", "rhd_files"]

_NUMBERED_PART = re.compile(r"[-_ ]*(part|piece|seg|segment)[-_ ]*\d+$", re.IGNORECASE)
_NUMBERED = re.compile(r"[-_ ]*\d+$")


def open_folder(folder: str, recording: str | None = None) -> Dataset:
    """Open the consecutive files of one recording as one dataset with seams.

    Parameters
    ----------
    folder : str
    recording : str, optional
        Base name, where the folder holds several recordings.

    Returns
    -------
    Dataset
        One part a file; samples missing between two files are counted in the warnings of the second.

    Raises
    ------
    RecordingNotFound
        If the folder has no such recording.
    FormatError
        If it has several and none is named, or the files do not belong together.

    Examples
    --------
    >>> import tempfile
    >>> from ecogcat.testing.rhd import write_rhd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for k in (1, 2):
    ...         write_rhd(f"{folder}/a_part{k}.rhd", np.zeros((2, 128)), first_timestamp=128 * k)
    ...     [seam.sample for seam in open_folder(folder).seams]
    [128]
    """
    files = _in_order([examine(path) for path in _chosen(folder, recording)])
    _check_same(files)
    clock = _common_clock(files)
    datasets = [
        dataset_of(file, _jump(left, file), time)
        for left, file, time in zip([None, *files[:-1]], files, clock, strict=True)
    ]
    return join(*datasets, name=_base(files[0].path) if len(files) > 1 else None)


def rhd_files(folder: str) -> list[str]:
    """Return the `.rhd` files of a folder, hidden ones (such as macOS leaves behind) left out."""
    names = [name for name in sorted(os.listdir(folder)) if name.lower().endswith(".rhd") and not name.startswith(".")]
    return [path for path in (os.path.join(folder, name) for name in names) if os.path.isfile(path)]


def list_recordings(folder: str) -> dict[str, list[str]]:
    """Return the files of each recording of a folder, by base name.

    Files belong together whose names differ only in the time at which each was begun, or in the number of a part.
    Where a number is all that differs (``rec_001``, ``rec_002``), the timestamps decide: those of consecutive files
    run on, those of another recording begin anew.
    """
    bases: dict[str, list[str]] = {}
    for path in rhd_files(folder):
        bases.setdefault(_base(path), []).append(path)
    recordings: dict[str, list[str]] = {}
    for base, paths in bases.items():
        if len(paths) == 1 or any(_is_part(path) for path in paths) or _run_on(paths):
            recordings[base] = paths
        else:
            recordings |= {_stem(path): [path] for path in paths}
    return recordings


def _chosen(folder: str, recording: str | None) -> list[str]:
    """Return the files of one recording of a folder."""
    recordings = list_recordings(folder)
    if not recordings:
        raise RecordingNotFound(f"{folder}: the folder has no .rhd file")
    if os.path.exists(os.path.join(folder, "info.rhd")):
        raise FormatError(
            "this folder holds one file per signal type or per channel, a layout that is not supported yet",
            path=folder,
            expected="traditional .rhd files",
            found="info.rhd, the header that goes with .dat files",
            hint="Save it in the traditional file format, or convert it with the vendor's software",
        )
    if recording is None and len(recordings) > 1:
        listed = ", ".join(f"{base} ({len(paths)})" for base, paths in recordings.items())
        raise FormatError(
            "this folder holds several recordings",
            path=folder,
            expected="the files of one",
            found=listed,
            hint="Name one with recording=",
        )
    chosen = next(iter(recordings)) if recording is None else recording
    if chosen not in recordings:
        raise RecordingNotFound(f"{folder}: no recording {chosen!r}; there are: {', '.join(recordings)}")
    return recordings[chosen]


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


def _is_part(path: str) -> bool:
    """Whether the name alone says that the file is a piece of a recording."""
    return name_time(path) is not None or _NUMBERED_PART.search(_stem(path)) is not None


def _base(path: str) -> str:
    """Return the name that consecutive pieces of a recording share."""
    base, time = parse_file_name(path)
    if time is not None:
        return base
    stem = _stem(path)
    return _NUMBERED_PART.sub("", stem) or stem if _is_part(path) else _NUMBERED.sub("", stem) or stem


def _run_on(paths: Sequence[str]) -> bool:
    """Whether the timestamps of numbered files ascend from file to file."""
    try:
        files = sorted((examine(path) for path in paths), key=lambda file: file.first)
    except FormatError:
        return True  # opening them says what is wrong with which
    return all(left.last < right.first for left, right in pairwise(files))


def _in_order(files: Sequence[IntanFile]) -> list[IntanFile]:
    """Sort consecutive pieces: by the time in their names, else by their timestamps, else by their numbers."""

    def natural(file: IntanFile) -> list[Any]:
        words = re.split(r"([0-9]+)", os.path.basename(file.path))
        return [int(word) if k % 2 else word for k, word in enumerate(words)]

    times = [parse_file_name(file.path)[1] for file in files]
    if all(time is not None for time in times):
        return [
            file for _, _, file in sorted(zip(times, map(natural, files), files, strict=True), key=lambda one: one[:2])
        ]
    by_stamp = sorted(files, key=lambda file: file.first)
    if all(left.last < right.first for left, right in pairwise(by_stamp)):
        return by_stamp
    return sorted(files, key=natural)


_SAME = (
    "sampling_rate",
    "samples_per_block",
    "amplifier",
    "aux",
    "supply",
    "n_temperature",
    "adc",
    "digital_in",
    "digital_out",
)


def _check_same(files: Sequence[IntanFile]) -> None:
    """Pieces of one recording have the same channels at the same rate."""
    first = files[0]
    for file in files[1:]:
        for what in _SAME:
            ours, theirs = _comparable(first.header, what), _comparable(file.header, what)
            if ours != theirs:
                raise FormatError(
                    f"this file does not continue {os.path.basename(first.path)}: its {what.replace('_', ' ')} differs",
                    path=file.path,
                    expected=_difference(ours, theirs),
                    found=_difference(theirs, ours),
                    hint="Move it to a folder of its own, or open the files one by one and join them",
                )


def _comparable(header: IntanHeader, what: str) -> Any:
    value = getattr(header, what)
    return [channel.native_name for channel in value] if isinstance(value, tuple) else value


def _difference(value: Any, other: Any) -> Any:
    """Return what to show of a value that should equal another: of lists of channels, where they differ."""
    if not isinstance(value, list):
        return value
    own = [name for name in value if name not in other]
    shown = f": {', '.join(own[:4])}{', ...' if len(own) > 4 else ''}" if own else ""
    return f"{len(value)} channels{shown if own or len(value) != len(other) else ' in another order'}"


def _common_clock(files: Sequence[IntanFile]) -> list[np.datetime64 | None]:
    """Return when each piece began: to the sample where the timestamps run on from the first piece.

    Names carry whole seconds; the timestamps of pieces of one run count from its start.
    """
    times = [name_time(file.path) for file in files]
    first = times[0]
    clock: list[np.datetime64 | None] = []
    for file, time in zip(files, times, strict=True):
        exact = None
        if first is not None:
            seconds = (file.first - files[0].first) / file.header.sampling_rate
            exact = first + np.timedelta64(round(seconds * 1e9), "ns")
        if exact is None or time is None or abs(exact - time) <= np.timedelta64(2, "s"):
            clock.append(exact)
        else:  # another run, whose timestamps began anew
            clock.append(time)
    return clock


def _jump(left: IntanFile | None, right: IntanFile) -> tuple[str, ...]:
    """Return a warning if the timestamps do not run on from the piece before."""
    if left is None:
        return ()
    n = signed_stamp(right.first - left.last - 1)
    if n == 0:
        return ()
    rate = right.header.sampling_rate
    what = f"{n:,} samples ({n / rate:.3f} s) are missing" if n > 0 else f"the timestamps go back by {-n:,} samples"
    return (f"{what} between {os.path.basename(left.path)} and this file",)
