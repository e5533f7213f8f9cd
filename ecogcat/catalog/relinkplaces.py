"""Relink places: where a path, or a URL, of a catalog leads, and where to after a folder, drive or bucket has moved."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from ecogcat.catalog.paths import local_path
from ecogcat.catalog.remotescan import root_url
from ecogcat.catalog.scanplaces import joined, relative
from ecogcat.catalog.yamlvalues import BRACE, untemplated
from ecogcat.errors import CatalogError
from ecogcat.storage.urls import is_http, is_url, lies_below, normal_url, quoted_url

__all__ = ["Move", "move_of", "place_of_text"]

_HERE = re.compile(r"\{\{\s*CATALOG_DIR\s*\}\}/?")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_ANY_WINDOWS = re.compile(r"(?<![^/])[A-Za-z]:\\|(?<![^/])\\\\")


@dataclass(frozen=True, slots=True)
class Move:
    """What has moved: a folder, a drive, a file, or what lies below a URL.

    Parameters
    ----------
    old, new : str
        As `move_of` returns them: of a folder here the whole path, of a URL its one form.
    """

    old: str
    new: str

    def of_text(self, text: str, path: str, *, origin: bool = False, folder: bool = False) -> tuple[str, str] | None:
        """Return what a catalog says of a place, as it says it now, and the place; None of what has not moved.

        Parameters
        ----------
        text : str
            As in the catalog.
        path : str
            The catalog.
        origin : bool
            Whether it is what a scan wrote down: a place, and behind a question mark which recording there.
        folder : bool
            Whether it is a root: in it stand names of environment variables, and no templates but the catalog's folder.
        """
        stated, query, arguments = text.partition("?") if origin else (text, "", "")
        if folder and "${" in stated:  # it leads wherever the variable says
            return None
        if is_url(self.old):
            found = self._of_url(stated, path, origin)
        else:
            found = self._of_path(stated, path, folder=folder, origin=origin)
        return None if found is None else (found[0] + query + arguments, found[1])

    def of_place(self, place: str) -> str | None:
        """Return where a file is that a virtual file refers to by its whole path; None of one that has not moved."""
        # Of another drive of Windows the file has the whole path, which here looks like a name in its folder.
        windows = _ANY_WINDOWS.search(place)
        for one in dict.fromkeys([self.old, self.old if _WINDOWS.match(self.old) else os.path.realpath(self.old)]):
            below = _below_windows(place[windows.start() :], one) if windows else _below(place, one)
            if below is not None:
                return self._now(below)
        return None

    def _now(self, below: str) -> str:
        """Return the new place of something below the old one."""
        return joined(self.new, below) if is_url(self.new) else os.path.normpath(os.path.join(self.new, below))

    def _of_url(self, text: str, path: str, origin: bool) -> tuple[str, str] | None:
        if not is_url(text) or "{{" in text.replace(BRACE, ""):
            return None
        try:
            url, mark, query = quoted_url(normal_url(text.replace(BRACE, "{"))).partition("?")
        except CatalogError:  # said where it is opened
            return None
        if not is_http(url):  # a question mark is part of a name there
            url, mark, query = url + mark + query, "", ""
        if not lies_below(url, self.old):
            return None
        below = url[len(self.old) :].lstrip("/")
        place = self._now(unquote(below) if is_http(url) else below)
        if is_url(self.new):
            return untemplated(place) + (mark + query if is_http(self.new) else ""), place
        return untemplated(relative(place, path) if origin else place), place

    def _of_path(self, text: str, path: str, *, folder: bool, origin: bool) -> tuple[str, str] | None:
        here = os.path.dirname(path)
        beside = bool(_HERE.match(text))
        stripped = _HERE.sub("", text, count=1)
        if "{{" in stripped.replace(BRACE, "") or "://" in stripped.replace("file://", ""):
            return None
        plain = stripped.replace(BRACE, "{")
        windows = bool(_WINDOWS.match(plain))
        absolute = windows or os.path.isabs(os.path.expanduser(plain.removeprefix("file://")))
        if windows or _WINDOWS.match(self.old):
            below = _below_windows(plain, self.old)
        else:
            below = _below(place_of_text(plain, here), self.old)
        if below is None:
            return None
        place = self._now(below)
        if is_url(place):
            return untemplated(place), place
        short = place if absolute and not beside else relative(place, path)
        said = short if folder else untemplated(short)
        return ("{{ CATALOG_DIR }}/" + said if beside and not os.path.isabs(short) else said), place  # another drive


def move_of(old: str, new: str) -> Move:
    """Return what has moved where.

    Raises
    ------
    CatalogError
        If one is a URL that cannot be used.
    """
    before = old if _WINDOWS.match(old) else os.path.abspath(os.path.expanduser(old))
    return Move(
        root_url(old) if is_url(old) else before, root_url(new) if is_url(new) else os.path.abspath(local_path(new))
    )


def place_of_text(text: str, folder: str) -> str:
    """Return where a path of a catalog leads."""
    plain = _HERE.sub("", text, count=1).replace(BRACE, "{").removeprefix("file://")
    return os.path.normpath(os.path.join(folder, os.path.expanduser(plain)))


def _below(place: str, folder: str) -> str | None:
    try:
        return (
            str(PurePosixPath(place).relative_to(folder))
            if os.sep == "/"
            else os.fspath(PureWindowsPath(place).relative_to(folder))
        )
    except ValueError:
        return None


def _below_windows(place: str, folder: str) -> str | None:
    """Return a path of Windows as seen from a folder, with slashes; case does not matter there."""
    try:
        return PureWindowsPath(place).relative_to(PureWindowsPath(folder)).as_posix()
    except ValueError:
        return None
