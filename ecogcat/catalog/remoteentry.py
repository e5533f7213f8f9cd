"""Remote entries: what a catalog on another machine may not ask for, and options of stores that are not shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from intake.catalog.local import LocalCatalogEntry

from ecogcat.errors import CatalogError
from ecogcat.storage.urls import is_url, shown_url

__all__ = ["QuietEntry", "asks_for_variables", "check_told", "without_options"]

_OPTIONS = "storage_options"
_ENVIRONMENT = re.compile(r"\b(client_)?env\s*\(")


class QuietEntry(LocalCatalogEntry):
    """An entry whose options of a store are not shown."""

    def __repr__(self) -> str:
        return without_options(self.describe())

    def _ipython_display_(self) -> None:
        print(repr(self))


def asks_for_variables(value: Any) -> bool:
    """Return whether there is a template in a value, or in the values in it, that asks for an environment variable.

    Examples
    --------
    >>> asks_for_variables({"urlpath": "{{ env(HOME) }}/a.rhd"}), asks_for_variables(["a.rhd"])
    (True, False)
    """
    if isinstance(value, str):
        return bool(_ENVIRONMENT.search(value))
    if isinstance(value, Mapping):
        return any(map(asks_for_variables, value.values()))
    return isinstance(value, (list, tuple)) and any(map(asks_for_variables, value))


def check_told(arguments: Mapping[str, Any] | None) -> None:
    """Refuse arguments of an entry on another machine by which it would learn of ours, or send our keys elsewhere.

    Raises
    ------
    CatalogError
    """
    if arguments and _OPTIONS in arguments:
        raise CatalogError(
            "storage_options: a catalog at a URL is read with those that it was opened with; it has none of its own"
        )
    if arguments and "store_path" in arguments:
        raise CatalogError("store_path: a catalog at a URL has nothing written to this machine; say it in the call")
    if asks_for_variables(arguments):
        raise CatalogError("a catalog at a URL reads no environment variables of this machine")


def without_options(value: Any) -> str:
    """Return what Intake shows of a source or an entry, without options of stores, passwords and signatures of URLs.

    Examples
    --------
    >>> print(without_options({"args": {"urlpath": "s3://lab/a.rhd", "storage_options": {"key": "x"}}}))
    args:
      storage_options: ...
      urlpath: s3://lab/a.rhd
    """
    from yaml import dump

    text: str = dump(_hidden(value), default_flow_style=False)
    return text.rstrip("\n")


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: "..." if key == _OPTIONS and one else _hidden(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(one) for one in value]
    return shown_url(value) if is_url(value) else value
