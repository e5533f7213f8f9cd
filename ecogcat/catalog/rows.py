"""Rows: what a catalog says of each of its recordings, without opening one; nested catalogs are gone into."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecogcat.catalog.paths import place_of
from ecogcat.catalog.summary import SUMMARY
from ecogcat.errors import CatalogError, RecordingNotFound

__all__ = ["Row", "as_catalog", "is_ours", "row_of", "rows_of"]

_NOT_SAID = ("catalog_dir", SUMMARY)
_ARGUMENTS = ("electrode", "units", "stream", "node", "experiment", "recording", "bandpass", "resample_rate")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry.

    Attributes
    ----------
    name : str
        ``group/session/recording`` in nested catalogs.
    driver : str
    description : str
    arguments : mapping
    said : mapping
        What the catalog says of it: the summary of a scan, over it the metadata that someone wrote, over it what its
        arguments settle. Of INI sessions every option, as written.
    is_lab : bool
        Whether it is a recording of an INI session.
    error : str
        Why the catalog that it is cannot be opened.
    is_ours : bool
        Whether its driver is one of ecogcat's. Of others no source is made: what that would do, nobody has asked for.
    """

    name: str
    driver: str
    description: str
    arguments: Mapping[str, Any]
    said: Mapping[str, Any] = field(default_factory=dict)
    is_lab: bool = False
    error: str = ""
    is_ours: bool = True

    @property
    def is_join(self) -> bool:
        """Whether it is a join of others."""
        return self.driver == "ecog_join"


def as_catalog(cat: Any) -> Any:
    """Return a catalog, opened if it is a path; TypeError for what is neither."""
    if isinstance(cat, (str, os.PathLike)):
        from ecogcat.catalog.labsession import open_session

        return open_session(cat)
    if not hasattr(cat, "_entries"):
        raise TypeError(f"a catalog, or the path of one, is needed, not {type(cat).__name__}")
    return cat


def rows_of(cat: Any, *, broken: bool = False) -> Iterator[Row]:
    """Yield a row for each entry, in the order of the catalog.

    Parameters
    ----------
    cat : intake Catalog
    broken : bool
        A nested catalog that cannot be opened has a row with the error, too; by default it is raised.

    Raises
    ------
    CatalogError, RecordingNotFound
        If a nested catalog cannot be opened, or includes itself.
    """
    return _rows(cat, "", (), broken)


def _rows(cat: Any, before: str, outer: tuple[str, ...], broken: bool) -> Iterator[Row]:
    from ecogcat.catalog.indexed import IndexedEntries

    place = place_of(cat)
    trail = (*outer, os.path.realpath(place)) if place else outer
    if place and trail[-1] in outer:
        raise CatalogError(f"{place}: the catalog includes itself: {' > '.join(trail)}")
    entries = cat._entries
    if isinstance(entries, IndexedEntries):
        for name, said in entries.said():
            driver, about = said.get("driver"), said.get("description") or ""
            yield row_of(before + name, str(driver), about, said.get("args"), said.get("metadata"))
        return
    from ecogcat.catalog.labrecording import LabRecording
    from ecogcat.catalog.session import entry_source

    for name, entry in entries.items():
        said = entry.describe()
        if said["container"] == "catalog" and is_ours(entry):
            try:
                yield from _rows(entry_source(cat, name), f"{before}{name}/", trail, broken)
            except (CatalogError, RecordingNotFound) as error:
                if not broken:
                    raise
                yield Row(before + name, str(said["driver"]), said["description"] or "", {}, error=str(error))
            continue
        driver = said["driver"] if isinstance(said["driver"], str) else ", ".join(said["driver"])
        options = (said["args"] or {}).get("options")
        plugins = entry._plugin
        if options is not None and isinstance(plugins, list) and plugins and issubclass(plugins[0], LabRecording):
            tones = {"tones_tab": "clicks"} if options.get("tones_tab", "").strip() == "1000" else {}
            yield Row(before + name, driver, said["description"] or "", {}, {**options, **tones}, is_lab=True)
        else:
            # Of a driver that is not there Intake keeps no more than what the entry calls it.
            wanted = driver or (entry._driver if isinstance(entry._driver, str) else "")
            row = row_of(before + name, wanted, said["description"] or "", said["args"], said["metadata"])
            yield row if is_ours(entry) else replace(row, is_ours=False)


def is_ours(entry: Any) -> bool:
    """Whether an entry is a recording, a join or a catalog that ecogcat reads, or has the name of one."""
    from intake.catalog import Catalog
    from intake.catalog.local import YAMLFileCatalog, YAMLFilesCatalog

    from ecogcat.catalog.lookup import Lookup
    from ecogcat.catalog.sessiondriver import EcogSession
    from ecogcat.catalog.source import EcogSource

    ours = EcogSource, EcogSession, Lookup, YAMLFileCatalog, YAMLFilesCatalog
    if isinstance(entry, (*ours, Catalog)):  # a source or a catalog put there as it is
        return True
    plugins = getattr(entry, "_plugin", None)
    found = list(plugins.values()) if isinstance(plugins, dict) else list(plugins or ())
    if not found:
        return str(getattr(entry, "_driver", "")).startswith("ecog_")
    return all(isinstance(one, type) and issubclass(one, ours) for one in found)


def row_of(name: str, driver: str, description: Any, args: Any, metadata: Any) -> Row:
    """Return the row of an entry, from what the YAML has of it."""
    arguments = args if isinstance(args, dict) else {}
    own = metadata if isinstance(metadata, dict) else {}
    summary = own.get(SUMMARY)
    said = dict(summary) if isinstance(summary, dict) else {}
    said.pop("origin", None)
    said.update((str(key), value) for key, value in own.items() if key not in _NOT_SAID)
    said.update((key, arguments[key]) for key in _ARGUMENTS if arguments.get(key) is not None)
    if "format" not in said and driver.startswith("ecog_") and driver != "ecog_join":
        said["format"] = driver.removeprefix("ecog_")
    return Row(name, driver, str(description), arguments, said)
