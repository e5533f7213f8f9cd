"""Places of the lab's recordings: in which files each headstage's system leaves one, and which of them is there."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecogcat.electrodes.active import UNMIXES
from ecogcat.errors import CatalogError, FormatError, RecordingNotFound
from ecogcat.formats.downsamples import stored_files, stored_name
from ecogcat.formats.mux import COLUMN_ORDERS, GAINS
from ecogcat.formats.origin import is_of_folders, made_of
from ecogcat.formats.registry import detect

__all__ = ["System", "find_recording", "system_of", "systems"]


@dataclass(frozen=True, slots=True)
class System:
    """How the recordings of some headstages lie on disk.

    Parameters
    ----------
    format : str
        Of most of them; the driver of an entry is named after it.
    files : tuple of (str, str)
        Ending of the file's name and its format, the first to look for first.
    folder : bool
        A recording may also be a folder whose name has that of the recording in it.
    pieces : str
        Ending of consecutive files of one recording, ``NAME_260314_102105`` before it; empty where there are none.
    below : str
        Folder below the session's.
    needs : tuple of str
        Options without which its numbers mean something else.
    """

    format: str
    files: tuple[tuple[str, str], ...]
    folder: bool = False
    pieces: str = ""
    below: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A recording that is there; without a format, that is found by content."""

    path: str
    format: str | None
    arguments: dict[str, Any] = field(default_factory=dict)


def _hdf5(format: str) -> tuple[tuple[str, str], ...]:
    return (".h5", format), (".hdf", format)


_STORED = ("ecogcat", "hdf5", "intan_hdf5")
_MULTIPLEXED = ".mat", ".h5", ".hdf"
_ACTIVE = System("active", tuple((ending, "active") for ending in _MULTIPLEXED))
_MUX = System("mux", ((".h5", "mux"), (".mat", "mux")))
_DDC_OPENEPHYS = System("openephys", (), folder=True, needs=("drange",))
_SYSTEMS = {
    "oephys": System("openephys", _hdf5("hdf5"), folder=True),
    "intan_rhd": System("intan", (*_hdf5("intan_hdf5"), (".rhd", "intan")), folder=True, pieces=".rhd"),
    **dict.fromkeys(sorted({*GAINS, *COLUMN_ORDERS}), _MUX),
    **dict.fromkeys(sorted({one.headstage.lower() for one in UNMIXES}), _ACTIVE),
    "afe": System("afe", _hdf5("afe")),
    "afe_aug21": System("afe_aug21", _hdf5("afe_aug21")),
    "ddc": System("ddc", ((".ndata.mat", "ddc"),)),
    **dict.fromkeys(("ddc_oephys", "oephys_ddc"), _DDC_OPENEPHYS),
    "blackrock": System("blackrock_hdf5", _hdf5("blackrock_hdf5"), below="blackrock"),
    "wireless": System("wireless", ((".mat", "wireless"),)),
}


def systems() -> dict[str, System]:
    """Return the systems by headstage, in lower case."""
    return dict(_SYSTEMS)


def system_of(headstage: str | None) -> System | None:
    """Return the system of a headstage; None where it is not known.

    Examples
    --------
    >>> system_of("oephys").format, system_of("zif26 to 2x uhdmi").format, system_of("oephys ddc").format
    ('openephys', 'active', 'openephys')
    """
    word = " ".join((headstage or "").lower().split())
    known = _SYSTEMS.get(word) or _SYSTEMS.get(word.replace(" ", "_"))
    # Active arrays are plugged in by a connector of this kind, whatever comes behind it.
    return known or (_ACTIVE if word.startswith("zif") else None)


def find_recording(
    name: str, system: System, folders: Sequence[str], rate: float | None = None, stores: Sequence[str] = ()
) -> Place:
    """Find a recording; where it is not there itself, but stored at the rate that is asked for, that.

    Parameters
    ----------
    name : str
    system : System
    folders : sequence of str
        Where to look, the local folder first; all that a system may leave in one is looked for before the next.
    rate : float, optional
        Hz; of stored downsamples.
    stores : sequence of str
        Where else these may lie.

    Raises
    ------
    RecordingNotFound
        With every place that was looked at.
    CatalogError
        If several folders have the name of the recording in theirs.
    """
    looked: list[str] = []
    others: list[str] = []
    for folder in folders:
        for pattern, place in _candidates(name, system, os.path.join(folder, system.below) if system.below else folder):
            if place is not None:
                return place
            looked.append(pattern)
    if rate:
        stored = stored_name(name, rate)
        inside = [os.path.join(folder, system.below) for folder in folders if system.below]
        for path in stored_files([*stores, *inside, *folders], stored):
            if not _is_stored(path):
                continue
            made = made_of(detect(path).open(path).metadata)
            if made is None or is_of_folders(made, name, path, [*inside, *folders]):
                return Place(path, None)
            others.append(f"; {path} was made of another recording, {made}")
        looked += [os.path.join(folder, stored) for folder in [*stores, *inside, *folders]]
    raise RecordingNotFound(f"nothing is at {' nor at '.join(looked)}{''.join(others)}")


def _is_stored(path: str) -> bool:
    """Whether a file has the samples of all channels in uV, as those of some systems have, or tells their unit."""
    try:
        return detect(path).name in _STORED
    except FormatError:
        return False


def _candidates(name: str, system: System, folder: str) -> Iterator[tuple[str, Place | None]]:
    """Yield what is looked for in one folder, and what is there."""
    for ending, format in system.files:
        path = os.path.join(folder, name + ending)
        yield path, Place(path, format) if os.path.isfile(path) else None
    if system.pieces:
        stamped = os.path.join(folder, f"{name}_*{system.pieces}")
        pattern = re.compile(re.escape(name) + r"_\d{6}_\d{6}" + re.escape(system.pieces))
        names = os.listdir(folder) if os.path.isdir(folder) else []
        there = any(pattern.fullmatch(one) for one in names)
        yield stamped, Place(folder, system.format, {"recording": name}) if there else None
    if system.folder:
        path = os.path.join(folder, name)
        yield path, Place(path, None) if os.path.isdir(path) else None
        others = sorted(one for one in glob.glob(os.path.join(glob.escape(folder), f"*{glob.escape(name)}*"))
                        if os.path.isdir(one))  # fmt: skip
        if len(others) > 1:
            raise CatalogError(f"{name} may be any of {', '.join(others)}; open the one that is meant by its path")
        yield os.path.join(folder, f"*{name}*"), Place(others[0], None) if others else None
