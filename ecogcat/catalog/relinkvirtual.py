"""Relink of virtual files: the recordings that a `.vds.h5` refers to, where they are now."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ecogcat.catalog.relinked import Relinked
from ecogcat.catalog.relinkplaces import Move
from ecogcat.errors import CatalogError, EcogcatError, FormatError
from ecogcat.formats.own import links_of, open_own
from ecogcat.storage.urls import is_url, shown_url

if TYPE_CHECKING:
    from ecogcat.dataset import Dataset

__all__ = ["is_hdf5", "listed_virtual", "relink_virtual", "relinked_virtual"]


def is_hdf5(path: str) -> bool:
    """Return whether a file is one of HDF5."""
    try:
        with open(path, "rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:  # what reads it as a catalog says what is wrong
        return False


def listed_virtual(file: str, entry: str, move: Move) -> list[Relinked]:
    """Relink a virtual file that a catalog lists; what is wrong with it does not keep the others from it."""
    label = f"{entry} ({os.path.basename(file)})"
    try:
        return [replace(one, entry=label) for one in relinked_virtual(file, move)]
    except (EcogcatError, OSError) as error:
        return [Relinked(label, file, file, True, " ".join(str(error).split()))]


def relinked_virtual(path: str, move: Move) -> list[Relinked]:
    """Relink a virtual file by what has moved.

    Raises
    ------
    CatalogError
        If that, or what it is now, is no place on a disk.
    FormatError, SourceChangedError
        As of `relink_virtual`.
    """

    def moved(place: str) -> str | None:
        now = move.of_place(place)
        if now is not None and is_url(now):
            raise CatalogError(f"{path}: a virtual file refers to files on disks, not to {shown_url(now)}")
        return now

    if is_url(move.old):
        raise CatalogError(f"{path}: a virtual file refers to files on disks, and to none below {shown_url(move.old)}")
    changed = relink_virtual(path, moved)
    return [Relinked(os.path.basename(now), before, now, os.path.exists(now)) for before, now in changed]


def relink_virtual(path: str, moved: Callable[[str], str | None]) -> list[tuple[str, str]]:
    """Write a virtual file anew, in one step, as referring to its recordings where they are now.

    Every recording it then refers to is held to the size and the fingerprint that it had. Where one is not there, or is
    another, nothing is written.

    Parameters
    ----------
    path : str
        The virtual file.
    moved : callable
        Place of a recording as the file has it -> where it is now; None for one that did not move.

    Returns
    -------
    list of (str, str)
        The places that changed, before and after.

    Raises
    ------
    FormatError
        If it is no virtual file of ours, or a recording is not at its place.
    SourceChangedError
        If what is at the new place is not what the file was made of.
    """
    links = links_of(path)
    if not links:
        raise FormatError(
            "this file holds its samples itself, and refers to no other",
            path=path,
            expected="a catalog, or a virtual file (.vds.h5)",
            hint="There is nothing to relink",
        )
    found = {link: moved(link) for link in links}
    changed = {link: place for link, place in found.items() if place is not None and place != link}
    if changed:
        from ecogcat.storing import write

        dataset = _parts_moved(open_own(path, places=changed), moved)
        write(dataset, path, format="vds.h5", overwrite=True)
    return list(changed.items())


def _parts_moved(dataset: Dataset, moved: Callable[[str], str | None]) -> Dataset:
    """Return a dataset whose parts are said to lie where they are now."""
    parts = [replace(part, paths=tuple(moved(one) or one for one in part.paths)) for part in dataset.parts]
    return dataset.replace(parts=tuple(parts))
