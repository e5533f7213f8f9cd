"""Session driver: `ecog_session`, by which Intake opens what `ecogcat.open_session` opens."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from intake.catalog import Catalog

from ecogcat.catalog.paths import first_existing, places
from ecogcat.errors import CatalogError
from ecogcat.storage.urls import is_url

__all__ = ["EcogSession"]


class EcogSession(Catalog):
    """A session: ``intake.open_ecog_session(path)`` is ``ecogcat.open_session(path)``.

    Parameters
    ----------
    path : path-like
        As `ecogcat.open_session` takes it; in a catalog, a relative path lies beside it.
    metadata : mapping, optional
        The entry's own, in a catalog.
    **arguments
        `settings`, `roots`, `storage_options`: see `ecogcat.open_session`; a catalog at a URL says none of them.
    """

    name = "ecog_session"

    def __new__(cls, path: str | os.PathLike[str], metadata: Mapping[str, Any] | None = None, **arguments: Any) -> Any:
        """Return the catalog, which is of another class: one for each kind of session."""
        from ecogcat.catalog.labsession import open_session

        folder = (metadata or {}).get("catalog_dir")
        if arguments and is_url(folder):
            raise CatalogError(f"a catalog at a URL has sessions by their path alone, not with {', '.join(arguments)}")
        beside = first_existing(places(path, folder)) if folder else None
        return open_session(beside or path, **arguments)
