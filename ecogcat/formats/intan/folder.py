"""A folder of consecutive pieces: which belong together, in which order, and what is missing between them.

A piece is a traditional `.rhd` or `.rhs` file, or a folder with one file per signal type or per channel.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.choice import Option, choose
from ecogcat.formats.intan.common import signed_stamp
from ecogcat.formats.intan.file import IntanFile, dataset_of, examine, name_time
from ecogcat.formats.intan.header import IntanHeader, parse_file_name
from ecogcat.formats.intan.split import SplitFolder, examine_split, info_of, split_dataset
from ecogcat.joining.join import join

__all__ = ["list_recordings", "open_folder", "pieces_of"]

SUFFIXES = (".rhd", ".rhs")

Piece: TypeAlias = IntanFile | SplitFolder

_NUMBERED_PART = re.compile(r"[-_ ]*(part|piece|seg|segment)[-_ ]*\d+$", re.IGNORECASE)
_NUMBERED = re.compile(r"[-_ ]*\d+$")


def open_folder(folder: str, recording: str | None = None) -> Dataset:
    """Open the consecutive pieces of one recording as one dataset with seams.

    Parameters
    ----------
    folder : str
    recording : str, optional
        Base name, where the folder holds several recordings.

    Returns
    -------
    Dataset
        One part a piece; samples missing between two are counted in the warnings of the second.

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
    pieces = _in_order([_examine(path) for path in _chosen(folder, recording)])
    _check_same(pieces)
    clock = _common_clock(pieces)
    datasets = [
        _dataset(piece, _jump(left, piece), time)
        for left, piece, time in zip([None, *pieces[:-1]], pieces, clock, strict=True)
    ]
    return join(*datasets, name=_base(pieces[0].path) if len(pieces) > 1 else None)


def _examine(path: str) -> Piece:
    return examine_split(path) if os.path.isdir(path) else examine(path)


def _dataset(piece: Piece, warnings: Sequence[str], clock: np.datetime64 | None) -> Dataset:
    if isinstance(piece, SplitFolder):
        return split_dataset(piece, warnings, clock)
    return dataset_of(piece, warnings, clock)


def pieces_of(folder: str) -> list[str]:
    """Return the traditional files of a folder and the folders in it that are recordings; or itself, if it is one.

    Hidden files, such as macOS leaves behind, are left out.
    """
    if info_of(folder) is not None:
        return [folder]
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if not name.startswith(".")]
    return [path for path in paths if _is_file(path) or (os.path.isdir(path) and info_of(path) is not None)]


def _is_file(path: str) -> bool:
    return path.lower().endswith(SUFFIXES) and os.path.isfile(path)


def list_recordings(folder: str) -> dict[str, list[str]]:
    """Return the pieces of each recording of a folder, by base name.

    Pieces belong together whose names differ only in the time at which each was begun, or in the number of a part.
    Where a number is all that differs (``rec_001``, ``rec_002``), the timestamps decide: those of consecutive files
    run on, those of another recording begin anew.
    """
    bases: dict[str, list[str]] = {}
    for path in pieces_of(folder):
        bases.setdefault(_base(path), []).append(path)
    recordings: dict[str, list[str]] = {}
    for base, paths in bases.items():
        if len(paths) == 1 or any(_is_part(path) for path in paths) or _run_on(paths):
            recordings[base] = paths
        else:
            recordings |= {_stem(path): [path] for path in paths}
    return recordings


def _chosen(folder: str, recording: str | None) -> list[str]:
    """Return the pieces of one recording of a folder."""
    recordings = list_recordings(folder)
    if not recordings:
        raise RecordingNotFound(f"{folder}: the folder has no .rhd or .rhs file")
    options = [
        Option(paths, {"recording": base}, "1 piece" if len(paths) == 1 else f"{len(paths)} pieces")
        for base, paths in recordings.items()
    ]
    return choose(options, folder, recording=recording).value


def _stem(path: str) -> str:
    name = os.path.basename(path)
    return name[:-4] if name.lower().endswith(SUFFIXES) else name


def _is_part(path: str) -> bool:
    """Whether the name alone says that a file or folder is a piece of a recording."""
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
        files = sorted((_examine(path) for path in paths), key=lambda file: file.first)
    except FormatError:
        return True  # opening them says what is wrong with which
    return all(left.last < right.first for left, right in pairwise(files))


def _in_order(files: Sequence[Piece]) -> list[Piece]:
    """Sort consecutive pieces: by the time in their names, else by their timestamps, else by their numbers."""

    def natural(file: Piece) -> list[Any]:
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
    "system",
    "sampling_rate",
    "samples_per_block",
    "amplifier",
    "aux",
    "supply",
    "n_temperature",
    "adc",
    "dac",
    "digital_in",
    "digital_out",
)


def _check_same(files: Sequence[Piece]) -> None:
    """Pieces of one recording have the same channels at the same rate."""
    first = files[0]
    for file in files[1:]:
        for what in _SAME:
            ours, theirs = _comparable(first.header, what), _comparable(file.header, what)
            if ours != theirs:
                word, name = _word(file), os.path.basename(first.path)
                raise FormatError(
                    f"this {word} does not continue {name}: its {what.replace('_', ' ')} differs",
                    path=file.path,
                    expected=_difference(ours, theirs),
                    found=_difference(theirs, ours),
                    hint=f"Move it to a folder of its own, or open the {word}s one by one and join them",
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


def _common_clock(files: Sequence[Piece]) -> list[np.datetime64 | None]:
    """Return when each piece began: to the sample where the timestamps run on from the first piece.

    Names carry whole seconds; the timestamps of pieces of one run count from its start.
    """
    times = [name_time(file.path) for file in files]
    first = times[0]
    clock: list[np.datetime64 | None] = []
    for left, file, time in zip([None, *files[:-1]], files, times, strict=True):
        exact = None
        if first is not None and (left is None or signed_stamp(file.first - left.last) > 0):
            seconds = (file.first - files[0].first) / file.header.sampling_rate
            exact = first + np.timedelta64(round(seconds * 1e9), "ns")
        if exact is not None and (time is None or abs(exact - time) <= np.timedelta64(2, "s")):
            clock.append(exact)
        else:  # another run, whose timestamps began anew
            clock.append(time)
    return clock


def _jump(left: Piece | None, right: Piece) -> tuple[str, ...]:
    """Return a warning if the timestamps do not run on from the piece before."""
    if left is None:
        return ()
    n = signed_stamp(right.first - left.last - 1)
    if n == 0 or (n < 0 and isinstance(right, SplitFolder)):  # of a folder, timestamps always begin anew
        return ()
    rate = right.header.sampling_rate
    what = f"{n:,} samples ({n / rate:.3f} s) are missing" if n > 0 else f"the timestamps go back by {-n:,} samples"
    return (f"{what} between {os.path.basename(left.path)} and this {_word(right)}",)


def _word(piece: Piece) -> str:
    return "folder" if isinstance(piece, SplitFolder) else "file"
