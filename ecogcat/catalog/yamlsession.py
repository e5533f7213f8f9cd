"""YAML sessions: catalogs in Intake's `sources:` form, looked over when they are opened."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Mapping
from typing import Any

import yaml
from intake.catalog.local import LocalCatalogEntry, YAMLFileCatalog

from ecogcat.catalog.lookup import Lookup
from ecogcat.catalog.nearest import did_you_mean
from ecogcat.catalog.shared import shared_settings
from ecogcat.errors import CatalogError, RecordingNotFound

__all__ = ["YAML_ENDINGS", "YamlSession", "looks_like_catalog", "session_content", "yaml_session"]

YAML_ENDINGS = (".yaml", ".yml")
_TOP = ("metadata", "sources", "name", "description", "version", "plugins")
_ENTRY = tuple(inspect.signature(LocalCatalogEntry).parameters)  # Intake's `save` writes all of them


class YamlSession(Lookup, YAMLFileCatalog):
    """A YAML catalog whose entries are also found by number and by path."""

    name = "ecog_yaml_session"


def session_content(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what the file of a YAML catalog says.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    CatalogError
        If it is no such catalog.
    """
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.isfile(place):
        raise RecordingNotFound(f"{place}: no such catalog")
    try:
        with open(place, encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogError(f"{place}: this is no YAML file: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not isinstance(content.get("sources"), dict):
        keys = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
        raise CatalogError(f"{place}: a catalog has its entries below `sources:`; found {keys or 'nothing'}")
    return content


def yaml_session(path: str | os.PathLike[str]) -> YamlSession:
    """Open a YAML catalog; what is wrong with it is one CatalogError, as from `session_content`."""
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    content = session_content(place)
    try:
        _look_over(content)
        return YamlSession(place)
    except CatalogError as error:
        raise CatalogError(f"{place}: {error}") from error
    except Exception as error:  # Intake has no base class for what it finds wrong
        text = " ".join(str(error).split())
        if type(error).__name__ == "VersionError":
            text = "this is a catalog of another version of Intake; ecogcat reads version 1"
        raise CatalogError(f"{place}: {text}") from error


def looks_like_catalog(path: str | os.PathLike[str]) -> bool:
    """Whether a YAML file has `sources:`, as catalogs do; it is not parsed."""
    try:
        with open(path, encoding="utf-8") as file:
            return any(re.match(r"sources\s*:", line) for line in file)
    except (OSError, UnicodeDecodeError):
        return False


def _look_over(content: Mapping[str, Any]) -> None:
    """Refuse what Intake would pass over: keys that nobody reads."""
    for key in content:
        if key not in _TOP:
            raise CatalogError(f"a catalog has no key {key!r}{did_you_mean(str(key), _TOP)}")
    metadata = content.get("metadata")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise CatalogError(f"metadata are names with values, not {metadata!r}")
    shared_settings(metadata)
    for name, entry in content["sources"].items():
        if not isinstance(name, str):
            raise CatalogError(f"the name of an entry is text; write {str(name)!r} with quotes")
        if not isinstance(entry, Mapping):
            raise CatalogError(f"entry {name!r} has a driver and args, not {entry!r}")
        for key in entry:
            if key not in _ENTRY:
                raise CatalogError(f"entry {name!r}: an entry has no key {key!r}{did_you_mean(str(key), _ENTRY)}")
        if not entry.get("driver"):
            raise CatalogError(f"entry {name!r} has no driver, such as ecog_intan")
        for key in ("args", "metadata"):
            if not isinstance(entry.get(key, {}), (Mapping, type(None))):
                raise CatalogError(f"entry {name!r}: {key} are names with values, not {entry[key]!r}")
