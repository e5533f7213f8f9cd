"""Relink of one text of a catalog: what it is to say now, by where it is looked for; or why it stays as it is."""

from __future__ import annotations

import glob
import os
import re
from typing import NamedTuple

from ecogcat.catalog.relinkplaces import Move, is_whole, local_forms, stands_beside
from ecogcat.catalog.relinktexts import FOLDERS, NAMES, Said
from ecogcat.catalog.shared import expanded
from ecogcat.catalog.yamlvalues import untemplated
from ecogcat.errors import EcogcatError
from ecogcat.storage.urls import is_url, shown_url

__all__ = ["VIRTUAL", "Now", "is_at", "now_places", "now_said"]

VIRTUAL = ".vds.h5"
_SEARCHED = ("urlpath", "template", *NAMES)
_PATTERNS = ("urlpath", "path")
_BLANK = re.compile(r"\{\w+\}")
_QUOTED_BLANK = re.compile(r"%7B(\w+)%7D")


class Now(NamedTuple):
    """What a text is to say, and the place; or the problem for which it stays as it is."""

    text: str
    place: str
    problem: str = ""


def now_said(said: Said, move: Move, path: str) -> Now | None:
    """Return what a text of a catalog is to say after something has moved; None of one that this does not concern.

    Parameters
    ----------
    said : Said
    move : Move
    path : str
        The catalog.
    """
    value = said.node.value
    found = move.of_text(value, path, origin=said.key == "origin", folder=said.key in FOLDERS)
    now = None if found is None else Now(*found)
    if said.key in _SEARCHED and _is_searched(said):
        now = _searched(said, move, path, now)
    if now is None or now.problem:
        return now
    text = now.text
    if said.key == "catalog_dir" and value.endswith("/"):
        text = text.rstrip("/") + "/"
    if said.key == "template":
        text = _QUOTED_BLANK.sub(r"{\1}", text)
    problem = ""
    if is_url(now.place) and value.lower().endswith(VIRTUAL):
        problem = f"a virtual file is opened from a disk, not from {shown_url(now.place)}: write what it joins there"
    elif is_url(now.place) and said.key == "conditions":
        problem = f"a table of conditions is a file of this machine, and cannot lie at {shown_url(now.place)}"
    return Now(text, now.place, problem)


def now_places(said: Said, move: Move, path: str) -> list[str]:
    """Return where a text that has not changed is looked for."""
    here, forms = os.path.dirname(path), local_forms(said.node.value)
    folders = _folders(said, move, path)[0] if _is_searched(said) else []
    return [os.path.normpath(os.path.join(one, form)) for one in (*folders, here) for form in forms]


def is_at(place: str, key: str) -> bool:
    """Return whether something is at a place; of a pattern, or a template of paths, whether anything fits it."""
    if is_url(place):
        return False
    if key == "conditions":
        stem = place.removesuffix(".txt")
        return any(map(os.path.isfile, (place, f"{stem}.txt", f"{stem}_conf.txt")))
    if os.path.exists(place):
        return True
    if key == "template":
        return bool(glob.glob(_BLANK.sub("*", glob.escape(place))))
    return key in _PATTERNS and glob.has_magic(place) and bool(glob.glob(place))


def _is_searched(said: Said) -> bool:
    """Return whether it is looked for in folders: relative, or of a catalog that was saved elsewhere."""
    return not is_whole(said.node.value) or (bool(said.before) and stands_beside(said.node.value))


def _searched(said: Said, move: Move, path: str, beside: Now | None) -> Now | None:
    """Return what a text that is looked for is to say; `beside` if it is what lies, or lay, beside the catalog."""
    forms, here = local_forms(said.node.value), os.path.dirname(path)
    folders, stayed = _folders(said, move, path)
    if any(is_at(os.path.join(one, form), said.key) for one in folders for form in forms):
        return None  # it counts from there, as before
    inside = [(one, os.path.normpath(os.path.join(one, form))) for one in stayed for form in forms]
    moved = [(one, place, now) for one, place in inside if (now := move.of_place(place)) is not None]
    for folder, _, now in moved:
        if is_at(now, said.key):
            return _written(said, folder, now)
    if beside is not None and not is_at(beside.place, said.key):
        was = any(is_at(os.path.join(here, form), said.key) for form in forms)
        if said.roots or said.before or (said.key in NAMES and not was):
            if is_url(beside.place) and said.key == "urlpath" and not was:
                told = f"nothing is in its folders, and whether it is at {shown_url(beside.place)} is not known"
                return Now(said.node.value, beside.place, told)
            beside = None
    if beside is None and moved and said.key not in NAMES:
        _, place, now = moved[0]
        told = f"it leads to {place}, by a folder that has not moved, and nothing is at {shown_url(now)}"
        return Now(said.node.value, now, told)
    return beside


def _written(said: Said, folder: str, place: str) -> Now:
    """Return a place that was found through a folder: as seen from there if it is still in it."""
    inside = place.startswith(os.path.join(folder, "")) and not stands_beside(said.node.value)
    text = os.path.relpath(place, folder).replace(os.sep, "/") if inside else place
    return Now(text if said.key in FOLDERS else untemplated(text), place)


def _folders(said: Said, move: Move, path: str) -> tuple[list[str], list[str]]:
    """Return the folders in which a text is looked for from now on, and those of them that have not moved."""
    folders: list[str] = []
    stayed: list[str] = []
    for text in () if stands_beside(said.node.value) else said.roots:
        _add(text, move, path, folders, stayed)
    if said.before:
        _add(said.before, move, path, folders, stayed)
    return folders, stayed


def _add(text: str, move: Move, path: str, folders: list[str], stayed: list[str]) -> None:
    there = move.of_text(text, path, folder=True)
    if there is not None:
        folders += [] if is_url(there[1]) else [there[1]]
        return
    try:
        found = expanded([text], os.path.dirname(path))[0]
    except EcogcatError:  # a drive of another system, or a store: nothing is found there from here
        return
    folders += found
    stayed += found
