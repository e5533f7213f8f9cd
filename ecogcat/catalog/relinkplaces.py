"""Relink places: where a path, or a URL, of a catalog leads, and where to after a folder, drive or bucket has moved."""

from __future__ import annotations

import ntpath
import os
import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from ecogcat.catalog.paths import local_path
from ecogcat.catalog.relinkurls import moved_url
from ecogcat.catalog.remotescan import root_url
from ecogcat.catalog.scanplaces import joined, relative
from ecogcat.catalog.yamlvalues import BRACE, untemplated
from ecogcat.storage.urls import LOCAL_SCHEMES, SCHEME, is_url

__all__ = ["Move", "is_there", "is_whole", "local_forms", "move_of", "stands_beside"]

_HERE = re.compile(r"\{\{\s*CATALOG_DIR\s*\}\}[\\/]*")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_DRIVE = re.compile(r"[A-Za-z]:")
_URL_DRIVE = re.compile(r"/[A-Za-z]:(/|$)")
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
        if not is_url(self.old):
            found = self._of_path(stated, path, folder=folder, origin=origin)
        elif not is_url(stated) or "{{" in stated.replace(BRACE, ""):
            return None
        else:
            found = moved_url(stated.replace(BRACE, "{"), self.old, self.new)
            if found is not None and not folder:
                found = untemplated(relative(found[0], path) if origin else found[0]), found[1]
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

    def _of_path(self, text: str, path: str, *, folder: bool, origin: bool) -> tuple[str, str] | None:
        here, beside, forms = os.path.dirname(path), stands_beside(text), local_forms(text)
        if not forms:
            return None
        windows = _windows_form(text)
        by_windows = bool(_WINDOWS.match(self.old) or (_WINDOWS.match(windows) and self.old.startswith("//")))
        if by_windows:
            host = "//" + forms[-1] if _without_scheme(text)[1] else ""  # file://server/share
            looked = [(form, _below_windows(form, self.old)) for form in [windows or host] if form]
        else:
            whole = [os.path.normpath(os.path.join(here, form)) for form in forms if not _WINDOWS.match(form)]
            looked = [(form, _below(_one_slash(form), _one_slash(self.old))) for form in whole]
        found = [(before, self._now(below)) for before, below in looked if below is not None]
        if not found:
            return None
        place = next((now for before, now in found if os.path.exists(before) or is_there(now)), found[-1][1])
        if is_url(place):
            return place if folder else untemplated(place), place
        absolute = by_windows or bool(windows) or os.path.isabs(forms[0])
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
    now = root_url(new) if is_url(new) else os.path.abspath(local_path(new))
    if is_url(old):
        return Move(root_url(old), now)
    is_file_url = SCHEME.match(old) is not None
    before = _windows_form(old) or (old + "\\" if _DRIVE.fullmatch(old) else "")
    if not before:
        before = os.path.abspath(local_forms(old)[-1] if is_file_url else os.path.expanduser(old))
    return Move(before, now)


def is_there(place: str) -> bool:
    """Return whether something is at a place on a disk."""
    return not is_url(place) and os.path.exists(place)


def stands_beside(text: str) -> bool:
    """Return whether a path of a catalog is written as one in the catalog's folder."""
    return bool(_HERE.match(_without_scheme(text)[0]))


def is_whole(text: str) -> bool:
    """Return whether a path of a catalog says where it is, and is not looked for."""
    forms = local_forms(text)
    return not forms or stands_beside(text) or bool(_windows_form(text)) or os.path.isabs(forms[0])


def local_forms(text: str) -> list[str]:
    r"""Return the local paths that a path of a catalog may mean, in the order in which opening tries them.

    Of a ``file://`` URL it may be as written or unquoted; what was written on Windows has slashes, too. None of URLs of
    other machines and of templates; of what lies in the catalog's folder, those in it.

    Examples
    --------
    >>> local_forms("file://localhost/data/day%201"), local_forms("{{ CATALOG_DIR }}//a.rhd"), local_forms("s3://lab")
    (['/data/day%201', '/data/day 1'], ['a.rhd'], [])
    >>> local_forms("day 1\\a.rhd") if os.sep == "/" else ["day 1\\a.rhd", "day 1/a.rhd"]
    ['day 1\\a.rhd', 'day 1/a.rhd']
    """
    plain, is_file_url = _without_scheme(text)
    stripped = _HERE.sub("", plain, count=1)
    if not text.strip() or is_url(text) or "{{" in stripped.replace(BRACE, ""):
        return []
    form = os.path.expanduser(stripped.replace(BRACE, "{"))
    forms = [form]
    if is_file_url and "%" in form:
        forms.append(unquote(form))
    elif os.sep == "/" and "\\" in form and not _WINDOWS.match(form) and not os.path.isabs(form):
        forms.append(form.replace("\\", "/"))
    return forms


def _without_scheme(text: str) -> tuple[str, bool]:
    """Return a path without ``file://`` and this machine's name, and whether they were there."""
    match = SCHEME.match(text)
    if match is None or match[1].lower() not in LOCAL_SCHEMES or match[2] != "://":
        return text, False
    rest = text[match.end() :]
    return (rest.removeprefix("localhost") if rest.startswith("localhost/") else rest), True


def _windows_form(text: str) -> str:
    r"""Return the path of Windows that a text is, or is a ``file://`` URL of; nothing if it is none.

    Examples
    --------
    >>> _windows_form("file:///D:/day%201"), _windows_form("D:\\rig"), _windows_form("/data")
    ('D:/day 1', 'D:\\rig', '')
    """
    forms = local_forms(text)
    if not forms or stands_beside(text):
        return ""
    plain = forms[-1]
    if _without_scheme(text)[1]:
        return plain[1:] if _URL_DRIVE.match(plain) else plain if _WINDOWS.match(plain) else ""
    return plain if _WINDOWS.match(plain) or plain.startswith("//") else ""


def _one_slash(path: str) -> str:
    """Return a path as catalogs mean it: POSIX leaves open what two slashes at the start are."""
    return "/" + path.lstrip("/") if os.sep == "/" and path.startswith("//") else path


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
        below = PureWindowsPath(ntpath.normpath(place)).relative_to(ntpath.normpath(folder))
    except ValueError:
        return None
    # Joined to another folder it would lead out of that.
    return None if below.anchor or ".." in below.parts else below.as_posix()
