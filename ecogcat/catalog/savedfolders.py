"""Saved folders: where the catalog of an entry lay before Intake saved it elsewhere, as Intake writes it down."""

from __future__ import annotations

from functools import lru_cache

from ecogcat.catalog.yamlfile import parsed

__all__ = ["saved_folders"]


@lru_cache(maxsize=2)
def saved_folders(text: str) -> dict[str, str]:
    """Return the folder that each entry's catalog lay in before Intake saved it elsewhere: it is written with them.

    Examples
    --------
    >>> saved_folders("sources: {a: {driver: ecog_intan, catalog_dir: /old/}, b: {driver: ecog_intan}}")
    {'a': '/old/'}
    """
    if "catalog_dir" not in text:
        return {}
    content = parsed(text, "catalog").content
    sources = content.get("sources") if isinstance(content, dict) else None
    entries = sources.items() if isinstance(sources, dict) else ()
    found = {name: one.get("catalog_dir") for name, one in entries if isinstance(one, dict)}
    return {name: folder for name, folder in found.items() if isinstance(folder, str) and folder}
