"""Checked catalogs: YAML catalogs as ecogcat opens them - read as data, looked over, then Intake's like any other."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from typing import Any

from intake.catalog.local import CatalogParser, LocalCatalogEntry, UserParameter, YAMLFileCatalog

from ecogcat.catalog.lookover import look_over
from ecogcat.catalog.lookup import ListedCatalog, Lookup
from ecogcat.catalog.paths import first_existing, local_path, places
from ecogcat.catalog.remoteentry import QuietEntry
from ecogcat.catalog.yamlfile import CatalogFile, read_catalog_file, read_remote_catalog
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.storage.urls import is_url, normal_url, parent_url, shown_url, steps_of

__all__ = ["CheckedCatalog", "NestedEntry", "entries_of"]

_ONE, _SEVERAL = ("yaml_file_cat", "YAMLFileCatalog"), ("yaml_files_cat", "YAMLFilesCatalog")


class CheckedCatalog(Lookup, YAMLFileCatalog):
    """A YAML catalog, nothing of which is acted upon before it is looked over; so are the catalogs nested in it.

    Its entries are also found by number and by path.

    Parameters
    ----------
    path : path-like
        Or a URL: the relative paths in the catalog are then URLs beside it, and nothing elsewhere can be named in it.
    outer : tuple of str
        The catalogs that this one is nested in.
    **arguments
        Those of Intake's, `storage_options` of a URL among them; no command of a shell is run, whatever they say.
    """

    name = "ecog_yaml"
    metadata: Any
    description: Any

    def __init__(self, path: str | os.PathLike[str], outer: tuple[str, ...] = (), **arguments: Any) -> None:
        url = isinstance(path, str) and is_url(path)
        place = normal_url(os.fspath(path)) if url else os.path.abspath(local_path(path))
        real = place if url else os.path.realpath(place)
        if real in outer:
            trail = " > ".join(map(shown_url, (*outer, real)))
            raise CatalogError(f"{shown_url(place)}: the catalog includes itself: {trail}")
        self._trail: tuple[str, ...] = (*outer, real)
        self._content: dict[str, Any] = {}
        self._stamp: tuple[int, ...] = ()
        # What a catalog at a URL asks for goes to who wrote it: no variable of this machine is put into that.
        super().__init__(place, **{**arguments, "getshell": False, **({"getenv": False} if url else {})})

    def _load(self, reload: bool = False) -> None:
        """Read the file, if it is another than it was; Intake asks for it once a minute."""
        if is_url(self.path):
            if reload or not self._content:
                self._read(read_remote_catalog(self.path, self.storage_options))
            return
        stamp = _stamp(self.path)
        if (self.autoreload or reload) and (stamp != self._stamp or not stamp):
            self._read(read_catalog_file(self.path))
            self._stamp = stamp

    def _read(self, file: CatalogFile) -> None:
        look_over(file)
        self._dir = _folder_of(file.path)
        self._take(file)

    def _take(self, file: CatalogFile) -> None:
        """Make the entries: as Intake does it, of what has been read already."""
        entries = entries_of(file, self.getenv)
        said = file.content
        metadata = said.get("metadata") or {}
        parameters = (metadata.get("parameters") or {}).items()
        self.text, self._content = file.text, said
        self._entries = {entry.name: entry for entry in entries}
        for entry in entries:
            entry._catalog = self
        self.user_parameters.update({name: UserParameter(**{**one, "name": name}) for name, one in parameters})
        self.metadata = {**(self.metadata or {}), **metadata}
        self.name = self.name or said.get("name") or _name_of(self)
        self.description = self.description or said.get("description")

    def saved_folder(self, name: str) -> str | None:
        """Return the folder in which the catalog of an entry lay before Intake saved it where it is now."""
        folder = self._content.get("sources", {}).get(name, {}).get("catalog_dir")
        return folder if isinstance(folder, str) and folder else None


def entries_of(file: CatalogFile, getenv: bool = True) -> list[Any]:
    """Return what a YAML file that has been looked over says as entries of Intake's.

    Raises
    ------
    CatalogError
    """
    root = _folder_of(file.path)
    try:
        parser = _Parser(file.content, context={"root": root}, getenv=getenv, getshell=False)
    except Exception as error:  # Intake has no base class for what it finds wrong
        raise CatalogError(f"{file.label}: {' '.join(str(error).split())}") from error
    if parser.errors:
        raise CatalogError(f"{file.label}: {' '.join(str(parser.errors[0]).split())[:300]}")
    found: list[Any] = parser.data["data_sources"]
    return found


def _folder_of(path: str) -> str:
    if not is_url(path):
        return os.path.join(os.path.dirname(path), "")
    folder = parent_url(path)
    return folder if folder.endswith("/") else f"{folder}/"


class NestedEntry(QuietEntry):
    """An entry that is a catalog: opened by the same door as the one it is in."""

    def get(self, **user_parameters: Any) -> Any:
        """Open the catalog."""
        _, arguments = self._create_open_args(user_parameters)
        metadata, path = arguments.pop("metadata", None), arguments.pop("path", None)
        label = f"catalog entry {self.name!r}"
        outer = _outer(self._catalog)
        try:
            if _named(self._driver, _SEVERAL):
                catalog = _several(_paths(path, self._catalog_dir), outer, bool(arguments.get("flatten", True)))
            else:
                place = _path(path, self._catalog_dir)
                options = vars(self._catalog).get("storage_options") if is_url(self._catalog_dir) else None
                catalog = CheckedCatalog(place, outer, metadata=metadata, storage_options=options)
        except (CatalogError, RecordingNotFound) as error:
            raise type(error)(f"{label}: {error}") from error
        catalog.catalog_object = catalog.cat = self._catalog
        catalog.name, catalog.description = self.name, self._description
        return catalog


class _Parser(CatalogParser):
    """Intake's parser, whose nested catalogs are looked over, too."""

    def _parse_data_source_local(self, name: str, data: Mapping[str, Any]) -> Any:
        entry = super()._parse_data_source_local(name, data)
        if isinstance(entry, LocalCatalogEntry) and _named(entry._driver, (*_ONE, *_SEVERAL)):
            return NestedEntry(**entry._captured_init_kwargs)
        if isinstance(entry, LocalCatalogEntry) and _has_secrets(entry):
            return QuietEntry(**entry._captured_init_kwargs)
        return entry


def _has_secrets(entry: LocalCatalogEntry) -> bool:
    """Whether an entry may hold what is not to be shown: options of a store, or URLs."""
    said = entry._open_args
    return "storage_options" in said or "://" in f"{said}{entry._catalog_dir}"


def _name_of(catalog: Any) -> str:
    """Return the name of a catalog by its path; what follows the question mark of a URL is no part of it."""
    steps = steps_of(catalog.path) if is_url(catalog.path) else ()
    return os.path.splitext(steps[-1])[0].replace(".", "_") if steps else str(catalog.name_from_path)


def _named(driver: Any, names: tuple[str, ...]) -> bool:
    return str(driver).replace(":", ".").rpartition(".")[2] in names


def _outer(catalog: Any) -> tuple[str, ...]:
    """Return the files of a catalog, and of those that it is nested in; a search result has them by what it is of."""
    while catalog is not None:
        if trail := vars(catalog).get("_trail"):
            return tuple(trail)
        catalog = vars(catalog).get("cat")
    return ()


def _path(path: Any, folder: str) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise CatalogError(f"path is that of one catalog, not {path!r}")
    candidates = places(path, folder)
    return first_existing(candidates) or candidates[0]


def _paths(path: Any, folder: str) -> list[str]:
    """Return the files that a list of paths or patterns stands for."""
    given = list(path) if isinstance(path, (list, tuple)) else [path]
    found: dict[str, None] = {}
    for one in given:
        place = _path(one, folder)
        if is_url(place):
            raise CatalogError(
                f"{shown_url(place)}: several catalogs at URLs are entries of their own, driver yaml_file_cat"
            )
        pattern = (
            place if "*" in place else os.path.join(place, "*.y*ml") if os.path.isdir(place) else glob.escape(place)
        )
        found.update(dict.fromkeys(sorted(glob.glob(pattern))))
    if not found:
        raise RecordingNotFound(f"no catalog is at {' nor at '.join(map(str, given))}")
    return list(found)


def _several(paths: list[str], outer: tuple[str, ...], flatten: bool) -> Any:
    """Return the entries of several catalogs as one, or the catalogs."""
    catalogs = {os.path.splitext(os.path.basename(path))[0]: CheckedCatalog(path, outer) for path in paths}
    entries: dict[str, Any] = {}
    for name, catalog in catalogs.items():
        for one, entry in catalog._entries.items() if flatten else [(name, catalog)]:
            if one in entries:
                raise CatalogError(f"entry {one!r} is in several of the catalogs {', '.join(paths)}")
            entries[one] = entry
    return ListedCatalog.from_dict(entries)


def _stamp(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # said in words where the file is read
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
