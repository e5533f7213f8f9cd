"""INI sessions and folders of them as Intake catalogs: group, session, recording; each read when it is looked into."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from intake.catalog import Catalog
from intake.catalog.local import LocalCatalogEntry

from ecogcat.catalog.ini import IniSession, LabSettings, read_ini
from ecogcat.catalog.lab import session_groups, session_name, sessions_in
from ecogcat.catalog.labrecording import driver_of
from ecogcat.catalog.lookup import ListedCatalog, Lookup
from ecogcat.catalog.sessiondriver import EcogSession
from ecogcat.catalog.source import EcogSource
from ecogcat.catalog.writing import EVERYTHING
from ecogcat.catalog.yamlfile import YAML_ENDINGS, looks_like_catalog
from ecogcat.errors import CatalogError

__all__ = ["folder_catalog", "session_catalog"]

_DEPTH = 3  # folders that are gone into for sessions: someone may name the disk that has the recordings


class LabEntry(LocalCatalogEntry):
    """An entry whose arguments are taken as they stand: Intake's would render templates in a session's text."""

    def get(self, **arguments: Any) -> Any:
        """Make the source, or the catalog."""
        metadata = {**self._metadata, "catalog_dir": self._catalog_dir}
        source = self._plugin[0](**{"metadata": metadata, **self._open_args, **arguments})
        source.catalog_object = source.cat = self._catalog
        source.name, source.description = self.name, self._description
        if isinstance(source, EcogSource):  # what a session of the lab says is done, as ever
            source._called = EVERYTHING
        return source


class LabCatalog(Lookup):
    """What is common to a session and a folder of them.

    Parameters
    ----------
    path : str
    settings : LabSettings or mapping of its fields, optional
    group : str
    metadata : mapping, optional
    """

    name = "ecog_session"

    def __init__(
        self,
        path: str,
        settings: LabSettings | Mapping[str, Any] | None = None,
        group: str = "",
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        name, entries, facts = self._read(path, _settings(settings), group)
        super().__init__(entries=entries, name=name, metadata={**dict(metadata or {}), **facts}, ttl=None)

    def _read(self, path: str, settings: LabSettings, group: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return name, entries and metadata."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # Where a worker is there may be no such file: the entries go along.
        return _unpickled, (dict(self._entries), self.name, self.description, dict(self.metadata))


class SessionCatalog(LabCatalog):
    """One session: an entry a recording, in the order of the file."""

    _session: IniSession

    def _read(self, path: str, settings: LabSettings, group: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        self._session = session = read_ini(path, settings)
        name = session_name(os.path.basename(session.path))
        entries = {one: _recording(session, one, name, group) for one in session.recordings}
        return name, entries, {"session": name, "group": group, "path": session.path}

    def further(self, name: str) -> Any:
        """Return a recording without a section of its own, if it is on disk: [session] holds, and no experiment."""
        # A number is short for a name: folders are found by a part of theirs, and a date has many numbers in it.
        one = f"test_{int(name):03d}" if name.isascii() and name.isdecimal() else name
        if os.path.basename(one) == one:
            entry = _recording(self._session, one, self.name, self.metadata["group"])
            entry._catalog = self
            source = entry.get()
            if source.is_there():
                return source
        return None


class FolderCatalog(LabCatalog):
    """A folder of sessions: an entry a session, and one a folder in it that has some."""

    def _read(self, path: str, settings: LabSettings, group: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        own, plain = os.path.basename(path), _plain(settings)
        entries = {
            name: _nested(name, SessionCatalog, {"path": file, "settings": plain, "group": group or own})
            for name, file in sessions_in(path).items()
        }
        for name, file in yaml_sessions_in(path).items():
            if name not in entries:
                entries[name] = _nested(name, EcogSession, {"path": file})
        for name in session_groups([path]):
            inside = os.path.join(path, name)
            if name not in entries and _has_sessions(inside):
                further = f"{group}/{name}" if group else name
                entries[name] = _nested(name, FolderCatalog, {"path": inside, "settings": plain, "group": further})
        return group or own, entries, {"group": group, "path": path}


def session_catalog(path: str, settings: LabSettings, group: str) -> Any:
    """Return the catalog of a session file."""
    return SessionCatalog(path, settings, group)


def folder_catalog(path: str, settings: LabSettings, group: str = "") -> Any:
    """Return the catalog of a folder of groups, or of a group.

    Raises
    ------
    CatalogError
        If it has no session in it.
    """
    catalog = FolderCatalog(path, settings, group)
    if not len(catalog):
        raise CatalogError(
            f"{path}: no session is in this folder: neither a .txt file that begins with a [section], nor a .yaml file "
            "with sources:"
        )
    return catalog


def yaml_sessions_in(folder: str) -> dict[str, str]:
    """Return the YAML catalogs of one folder: path by name, sorted by name."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    files = [one for one in names if one.lower().endswith(YAML_ENDINGS) and not one.startswith(".")]
    paths = {os.path.splitext(one)[0]: os.path.join(folder, one) for one in files}
    return {name: path for name, path in paths.items() if looks_like_catalog(path)}


def _settings(settings: LabSettings | Mapping[str, Any] | None) -> LabSettings:
    return settings if isinstance(settings, LabSettings) else LabSettings(**(settings or {}))


def _plain(settings: LabSettings) -> dict[str, Any]:
    """Return settings as a catalog that is saved can hold them."""
    return {"values": dict(settings.values), "path": settings.path}


def _unpickled(entries: dict[str, Any], name: str, description: str | None, metadata: dict[str, Any]) -> Any:
    return ListedCatalog(entries=entries, name=name, description=description, metadata=metadata, ttl=None)


def _recording(session: IniSession, recording: str, name: str, group: str) -> LabEntry:
    options = session.options(recording)
    arguments = {
        "section": recording,
        "options": options,
        "session_file": session.path,
        "notes": session.contradictions(recording),
        **({} if recording in session.recordings else {"has_section": False}),
    }
    return LabEntry(  # by keywords, which Intake's `save` looks at
        name=recording,
        description="",
        driver=driver_of(options.get("headstage")),
        args=arguments,
        # An option of that name is an option all the same: nothing that the file says is lost.
        metadata={"session": name, "group": group, **options},
        catalog_dir=os.path.dirname(session.path),
    )


def _nested(name: str, driver: type[Catalog], arguments: dict[str, Any]) -> LabEntry:
    return LabEntry(
        name=name, description="", driver=driver, args=arguments, catalog_dir=os.path.dirname(arguments["path"])
    )


def _has_sessions(folder: str, depth: int = _DEPTH) -> bool:
    return bool(sessions_in(folder) or yaml_sessions_in(folder)) or (
        depth > 1 and any(_has_sessions(os.path.join(folder, one), depth - 1) for one in session_groups([folder]))
    )
