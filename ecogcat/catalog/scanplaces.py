"""Scan places: how a catalog writes where a recording lies, on a disk or at a URL, and what it is known again by."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from ecogcat.catalog.paths import local_path
from ecogcat.catalog.scan import PLACE_ARGUMENTS, ScannedRecording
from ecogcat.catalog.summary import SUMMARY
from ecogcat.catalog.yamlvalues import BRACE
from ecogcat.errors import CatalogError
from ecogcat.storage.urls import child_url, is_http, is_url, lies_below, normal_url, quoted_url

__all__ = ["below_folder", "joined", "origin", "origin_of", "relative", "said", "written"]


def joined(folder: str, below: str) -> str:
    """Return the place of something below a folder, or below a URL.

    Examples
    --------
    >>> joined("https://host/rig", "day 1/a.rhd"), joined("s3://lab", ".")
    ('https://host/rig/day%201/a.rhd', 's3://lab')
    """
    if not is_url(folder):
        return os.path.join(folder, below)
    return quoted_url(child_url(folder, quote(below) if is_http(folder) else below))


def written(place: str, path: str) -> str:
    """Return a place as an entry has it: as seen from the catalog, wherever that goes together with the recordings."""
    short = relative(place, path)
    if is_url(short):
        return short.replace("{", BRACE)
    return short if os.path.isabs(short) else "{{ CATALOG_DIR }}/" + short.replace("{", BRACE)


def relative(place: str, path: str) -> str:
    """Return a place as seen from the catalog, with slashes; a URL, and what is on another drive, as it is."""
    if is_url(place):
        return place
    try:
        return os.path.relpath(place, os.path.dirname(path)).replace(os.sep, "/")
    except ValueError:
        return os.path.abspath(place)


def origin(one: ScannedRecording, folder: str, path: str) -> str:
    """Return what a recording is known by again: its place, and which of those there it is."""
    return _key(relative(joined(folder, one.path), path), one.arguments)


def origin_of(entry: Mapping[str, Any], path: str) -> str | None:
    """Return what a recording is known by again: what a scan wrote down, else where the entry's arguments lead."""
    stated = said(entry.get("metadata")).get("origin")
    if isinstance(stated, str):
        return stated.replace(BRACE, "{")
    arguments = entry.get("args")
    urlpath = arguments.get("urlpath") if isinstance(arguments, dict) else None
    if not isinstance(arguments, dict) or not isinstance(urlpath, str):
        return None
    text = urlpath.replace(BRACE, "{").replace("{{ CATALOG_DIR }}", os.path.dirname(path))
    if "{{" in text:
        return None
    try:
        place = quoted_url(normal_url(text)) if is_url(text) else os.path.join(os.path.dirname(path), local_path(text))
    except CatalogError:  # nothing that a scan could find
        return None
    return _key(relative(place, path), {key: arguments[key] for key in PLACE_ARGUMENTS if key in arguments})


def below_folder(origin: str, folder: str, path: str) -> str | None:
    """Return the path below a scanned folder, or URL, of what is known by an origin; None of what lies elsewhere."""
    stated = origin.partition("?")[0]
    if is_url(folder):
        if not is_url(stated) or not lies_below(stated, folder):
            return None
        below = stated[len(folder) :].strip("/") or "."
        return unquote(below) if is_http(folder) else below
    if is_url(stated):
        return None
    place = os.path.normpath(os.path.join(os.path.dirname(path), stated))
    if place != folder and not place.startswith(os.path.join(folder, "")):
        return None
    return os.path.relpath(place, folder).replace(os.sep, "/")


def said(metadata: Any) -> dict[str, Any]:
    """Return what ecogcat wrote in metadata."""
    own = metadata.get(SUMMARY) if isinstance(metadata, dict) else None
    return own if isinstance(own, dict) else {}


def _key(place: str, arguments: Mapping[str, Any]) -> str:
    given = "&".join(f"{key}={value}" for key, value in sorted(arguments.items()))
    return f"{place}?{given}" if given else place
