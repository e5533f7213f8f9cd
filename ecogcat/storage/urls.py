"""URLs: places in stores elsewhere, told from local paths, taken apart, and shown without what may be secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from ecogcat.errors import CatalogError

__all__ = [
    "LOCAL_SCHEMES",
    "SCHEME",
    "check_one_store",
    "child_url",
    "is_http",
    "is_url",
    "lies_below",
    "normal_url",
    "parent_url",
    "quoted_url",
    "same_store",
    "shown_url",
    "step_fault",
    "steps_of",
]

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)(://|::)")
_CHAIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*::|.*::[A-Za-z][A-Za-z0-9+.-]+://")
LOCAL_SCHEMES = ("file", "local")
# They read through other stores, or from this machine: what they lead to is not what they name.
_INDIRECT = (
    *(
        "asynclocal",
        "async_wrapper",
        "blockcache",
        "cached",
        "dask",
        "data",
        "dir",
        "filecache",
        "generic",
        "libarchive",
    ),
    *("reference", "simplecache", "tar", "zip"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")
_LONGEST_NAME = 255
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_USER = re.compile(r"://[^/]*@")
_ASKED_BEFORE = re.compile(r"[^/?]*\?[^/]*@")


def is_url(text: object) -> bool:
    """Return whether a text is a URL of a place that is not this machine's file system.

    Examples
    --------
    >>> [is_url(one) for one in ("s3://lab/a.rhd", "zip://*::s3://lab/a.zip", "file:///a.rhd", "C:/a.rhd", "a::b.rhd")]
    [True, True, False, False, False]
    """
    match = SCHEME.match(text) if isinstance(text, str) else None
    if match is None:
        return False
    return "://" in match.string if match[2] == "::" else match[1].lower() not in LOCAL_SCHEMES


def is_http(url: str) -> bool:
    """Return whether a URL is a web server's: only there are names quoted, and has a query a meaning."""
    return url.startswith(("http://", "https://"))


def normal_url(url: str) -> str:
    """Return a URL in the one form in which it is compared: no double slashes, none at the end but for web servers.

    Raises
    ------
    CatalogError
        If it is chained, leads through another store or out of its own by ``..``, or has a name that no local file can.

    Examples
    --------
    >>> normal_url("S3://lab//2025-11-01/"), normal_url("https://host/day/./a%20b.rhd?version=2")
    ('s3://lab/2025-11-01', 'https://host/day/a%20b.rhd?version=2')
    """
    match = SCHEME.match(url)
    if match is None:
        raise CatalogError(f"{shown_url(url)!r} is no URL")
    scheme = match[1].lower()
    if _CHAIN.match(url) or scheme in _INDIRECT:
        raise CatalogError(
            f"{shown_url(url)}: recordings are read from the store that has them, not through {match[1]!r}: give the "
            "URL of the recording itself (it is kept in a cache anyhow), and unpack archives first"
        )
    rest, query = url[match.end() :], ""
    if scheme in ("http", "https"):
        rest, mark, query = rest.partition("#")[0].partition("?")
        query = mark + query
    if _CONTROL.search(url) or "\\" in rest:
        raise CatalogError(f"{shown_url(url)!a}: this is no URL; its names have '/' between them")
    steps = [step for step in rest.split("/") if step not in ("", ".")]
    if any((unquote(step) if query or scheme in ("http", "https") else step) == ".." for step in steps):
        raise CatalogError(f"{shown_url(url)}: '..' has no place in a URL; write where it leads")
    slash = "/" if scheme in ("http", "https") and rest.endswith("/") and steps else ""
    made = f"{scheme}://{'/'.join(steps)}{slash}{query}"
    fault = next(filter(None, map(step_fault, steps_of(made))), "")
    if fault:  # a quoted slash, for one: as the name of a local file it would lead anywhere
        raise CatalogError(f"{shown_url(url)!a}: this can be no file of a store, {fault}")
    return made


def quoted_url(url: str) -> str:
    """Return a URL with its names quoted in one way: web servers do it in several, and mean the same; others do not.

    Examples
    --------
    >>> (
    ...     quoted_url("http://host/day 1/a(2).rhd"),
    ...     quoted_url("http://host/day%201/a%282%29.rhd?v=1"),
    ...     quoted_url("s3://a b"),
    ... )
    ('http://host/day%201/a%282%29.rhd', 'http://host/day%201/a%282%29.rhd?v=1', 's3://a b')
    """
    if not is_http(url):
        return url
    scheme, _, rest = url.partition("://")
    path, mark, query = rest.partition("?")
    host, *steps = path.split("/")
    return f"{scheme}://{'/'.join([host, *(quote(unquote(step), safe='') for step in steps)])}{mark}{query}"


def steps_of(url: str) -> tuple[str, ...]:
    """Return the names that lead to a URL's place: host or bucket, folders, and its own; as folders can be called.

    Examples
    --------
    >>> steps_of("http://me:word@localhost:8000/day%201/a.rhd?v=2")
    ('localhost_8000', 'day 1', 'a.rhd')
    """
    scheme, _, rest = url.partition("://")
    http = scheme in ("http", "https")
    first, *others = [step for step in (rest.partition("?")[0] if http else rest).split("/") if step] or [""]
    host = first.rpartition("@")[2].replace(":", "_")
    return tuple(filter(None, (host, *(unquote(step) if http else step for step in others))))


def child_url(url: str, below: str) -> str:
    """Return the URL of something below a folder.

    Examples
    --------
    >>> child_url("memory://", "a.rhd"), child_url("https://host/day/", "a.rhd"), child_url("s3://lab", ".")
    ('memory://a.rhd', 'https://host/day/a.rhd', 's3://lab')
    """
    base = url if url.endswith("://") else url.rstrip("/")
    return base if below in ("", ".") else f"{base}{below}" if base.endswith("://") else f"{base}/{below}"


def parent_url(url: str) -> str:
    """Return the URL of the folder that something lies in.

    Examples
    --------
    >>> parent_url("s3://lab/day/a.rhd"), parent_url("memory://a.rhd"), parent_url("https://host/day/a.yaml?key=1")
    ('s3://lab/day', 'memory://', 'https://host/day')
    """
    scheme, _, rest = url.partition("://")
    path = rest.partition("?")[0] if scheme in ("http", "https") else rest
    return f"{scheme}://{path.rstrip('/').rpartition('/')[0]}"


def lies_below(url: str, folder: str) -> bool:
    """Return whether a URL is that of a folder, or of something below it."""
    base = folder.rstrip("/")
    return url.rstrip("/") == base or url.startswith(folder if folder.endswith("://") else f"{base}/")


def same_store(url: str, other: str) -> bool:
    """Return whether two URLs are of one store, scheme and host or bucket: keys for the one are for the other, too.

    Examples
    --------
    >>> same_store("s3://lab/a.rhd", "s3://lab/maps/b.csv"), same_store("s3://lab/a.rhd", "s3://other/b.csv")
    (True, False)
    >>> same_store("https://me:word@host/a", "https://HOST/b"), same_store("https://host/a", "http://host/b")
    (True, False)
    """
    return _store_of(url) == _store_of(other)


def check_one_store(urls: Iterable[str], instead: str) -> None:
    """Raise where the keys of one store would be told to several: whose they are nobody can say.

    Raises
    ------
    ValueError
        With the stores, and what to do instead.

    Examples
    --------
    >>> check_one_store(["s3://lab/a.rhd", "s3://lab/b.rhd"], "give each its own")
    >>> check_one_store(["s3://lab/a.rhd", "https://host/b.rhd"], "give each its own")
    Traceback (most recent call last):
    ...
    ValueError: storage_options are the keys of one store, and these are several: s3://lab, https://host; give each...
    """
    stores = dict.fromkeys("://".join(_store_of(one)) for one in urls)
    if len(stores) > 1:
        raise ValueError(
            f"storage_options are the keys of one store, and these are several: {', '.join(stores)}; {instead}"
        )


def _store_of(url: str) -> tuple[str, str]:
    plain = normal_url(url)
    scheme, _, rest = plain.partition("://")
    http = is_http(plain)
    host = (rest.partition("?")[0] if http else rest).partition("/")[0].rpartition("@")[2]
    return scheme, host.lower() if http else host


def shown_url(url: str) -> str:
    """Return a URL for people: no password, and of what follows a question mark no more than that it is there.

    Examples
    --------
    >>> shown_url("sftp://me:w@rd@host/a.rhd"), shown_url("https://host/a.rhd?X-Signature=abc")
    ('sftp://host/a.rhd', 'https://host/a.rhd?...')
    """
    http = _HTTP.search(url)
    if http is None:
        return _USER.sub("://", url)
    # An '@' behind the '?' may be of a password with a '?' in it, or of a query: neither is shown.
    if _ASKED_BEFORE.match(url, http.end()):
        return f"{_USER.sub('://', url[: http.start()])}{http[0]}?..."
    head, mark, _ = _USER.sub("://", url).partition("?")
    return f"{head}?..." if mark else head


def step_fault(name: str) -> str:
    """Say why a name in a listing cannot be that of a local file; nothing where it can.

    Examples
    --------
    >>> step_fault("a.rhd"), step_fault("..")
    ('', 'its name would lead elsewhere')
    """
    if name in ("", ".", "..") or "/" in name or "\\" in name or _DRIVE.match(name):
        return "its name would lead elsewhere"
    if _CONTROL.search(name):
        return "its name has control characters in it"
    return "" if len(name.encode("utf-8", "replace")) <= _LONGEST_NAME else "its name is too long"
