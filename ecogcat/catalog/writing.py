"""Writing arguments: what opening an entry of a catalog may write, and where; it is not for the catalog to say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ecogcat import settings
from ecogcat.catalog.paths import local_path
from ecogcat.errors import CatalogError

__all__ = ["EVERYTHING", "named_in_a_call", "within"]

_ALIASES = {"save_downsamp": "save_downsampled"}  # of session files
EVERYTHING = frozenset(("save_downsampled", "store_path"))
"""The load arguments by which opening a recording leaves files behind, and says where."""


def named_in_a_call(arguments: Iterable[str]) -> frozenset[str]:
    """Return which of the arguments of a call decide on writing.

    Examples
    --------
    >>> sorted(named_in_a_call(["units", "save_downsampled"])), sorted(named_in_a_call(["save_downsamp"]))
    (['save_downsampled'], ['save_downsampled'])
    """
    return frozenset(_ALIASES.get(one, one) for one in arguments) & EVERYTHING


def within(arguments: Mapping[str, Any], folder: str | None, called: frozenset[str]) -> dict[str, Any]:
    """Return load arguments with the place of stored samples as it is seen from here; refuse to write elsewhere.

    Parameters
    ----------
    arguments : mapping
        Those of the entry and of the call.
    folder : str or None
        That of the catalog; None of a source that is in no catalog.
    called : frozenset of str
        Which of those that decide on writing the call says.

    Raises
    ------
    CatalogError
        If the catalog would have samples written, and not within its own folder.
    """
    found = dict(arguments)
    store = found.get("store_path")
    if folder is None or not isinstance(store, (str, os.PathLike, type(None))):  # what is none is said on opening
        return found
    if store is not None and "store_path" not in called:
        store = found["store_path"] = os.path.normpath(os.path.join(local_path(folder), local_path(store)))
    if not found.get("save_downsampled") or settings.catalogs_write() or "store_path" in called:
        return found
    if "save_downsampled" in called if store is None else _is_inside(store, local_path(folder)):
        return found
    where = "beside the recording" if store is None else f"to {store}"
    raise CatalogError(
        f"the catalog would have opening it write samples {where}, and a catalog writes within its own folder alone: "
        "say save_downsampled=None, or store_path= and the folder to write to, in the call; or give the entry a "
        "store_path in the catalog's folder; or trust catalogs with ec.options(catalogs_write=True)"
    )


def _is_inside(place: str | os.PathLike[str], folder: str) -> bool:
    inside = os.path.join(os.path.realpath(place), "")
    return inside.startswith(os.path.join(os.path.realpath(folder), ""))
