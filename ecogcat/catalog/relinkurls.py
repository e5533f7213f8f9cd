"""Relink URLs: where a URL leads after a bucket, or a folder of a host, has moved; users and keys are for one host."""

from __future__ import annotations

import os
from urllib.parse import unquote

from ecogcat.catalog.scanplaces import joined
from ecogcat.catalog.yamlvalues import BRACE
from ecogcat.errors import CatalogError
from ecogcat.storage.urls import is_http, is_url, lies_below, normal_url, quoted_url

__all__ = ["moved_url", "other_store"]

_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs")  # container@account: it is no user


def moved_url(text: str, old: str, new: str) -> tuple[str, str] | None:
    """Return what a URL below another is after that has moved, and the place; None of one that is not below it.

    On the same host a user and a query stay; to another one goes neither.

    Parameters
    ----------
    text, old : str
    new : str
        A URL, or a folder.

    Examples
    --------
    >>> moved_url("sftp://me:word@HOST/day/a.rhd", "sftp://host/day", "sftp://host/other")
    ('sftp://me:word@host/other/a.rhd', 'sftp://me:word@host/other/a.rhd')
    >>> moved_url("https://host/a.rhd?X-Signature=abc", "https://host", "https://other")
    ('https://other/a.rhd', 'https://other/a.rhd')
    """
    try:
        url, mark, query = quoted_url(normal_url(text)).partition("?")
    except CatalogError:  # said where it is opened
        return None
    if not is_http(url):  # a question mark is part of a name there
        url, mark, query = url + mark + query, "", ""
    bare, base = _bare(url), _bare(old)
    if not lies_below(bare, base):
        return None
    steps = url[len(url) - len(bare) + len(base) :].lstrip("/")
    below = unquote(steps) if is_http(url) else steps
    if not is_url(new):
        place = os.path.normpath(os.path.join(new, below))
        return place, place
    place = joined(new, below)
    if _host(url) != _host(new):
        return place, place
    user = _user(url)
    if user and not _user(place):
        scheme, _, rest = place.partition("://")
        place = f"{scheme}://{user}@{rest}"
    return place + mark + query, place


def other_store(text: str, place: str) -> str:
    """Return the store of a URL, without its user, that something has left; nothing if it has left none.

    Examples
    --------
    >>> other_store("sftp://me:word@host/a", "sftp://HOST/b"), other_store("s3://lab/a", "s3://other/a")
    ('', 's3://lab')
    """
    url = text.replace(BRACE, "{")
    if not (is_url(url) and is_url(place)) or _host(normal_url(url)) == _host(normal_url(place)):
        return ""
    return _host(normal_url(url))


def _host(url: str) -> str:
    scheme, _, rest = _bare(url).partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"


def _bare(url: str) -> str:
    """Return a URL without its user, the host in small letters."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if scheme == "memory":  # it has no host
        return url
    return f"{scheme}://{host.removeprefix(_user(url) + '@').lower()}{slash}{path}"


def _user(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return "" if scheme in (*_CONTAINERS, "memory") else rest.partition("/")[0].rpartition("@")[0]
