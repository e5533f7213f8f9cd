"""Settings: limits, threads and the cache folder; they change how ecogcat reads, never what it reads.

Settings come from the environment (`ECOGCAT_MEMORY_LIMIT`, `ECOGCAT_THREADS`, `ECOGCAT_CACHE`,
`ECOGCAT_CATALOGS_WRITE`, `ECOGCAT_CATALOG_INDEX`) and, for a block of code, from `ecogcat.options`. They are context
variables: a change in one thread or task is not seen by another.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

__all__ = ["cache_folder", "catalog_index", "catalogs_write", "memory_limit", "options", "parse_size", "threads"]

_UNSET: Final = object()
_SIZE = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)

_memory_limit: ContextVar[Any] = ContextVar("ecogcat_memory_limit", default=_UNSET)
_threads: ContextVar[Any] = ContextVar("ecogcat_threads", default=_UNSET)
_catalog_index: ContextVar[Any] = ContextVar("ecogcat_catalog_index", default=_UNSET)
_catalogs_write: ContextVar[Any] = ContextVar("ecogcat_catalogs_write", default=_UNSET)
_cache: ContextVar[Any] = ContextVar("ecogcat_cache", default=_UNSET)


def parse_size(size: str | float | None) -> int | None:
    """Read a number of bytes: `2e9`, `"512 MiB"`, `"4GB"`; None and "none" mean no limit.

    Parameters
    ----------
    size : str, float or None
        Bytes, or text with a decimal (kB, MB, ...) or binary (KiB, MiB, ...) suffix.

    Returns
    -------
    int or None
        Bytes.

    Raises
    ------
    ValueError
        If the text, or the value, is no size.

    Examples
    --------
    >>> parse_size("4 MiB"), parse_size("4MB"), parse_size(None)
    (4194304, 4000000, None)
    """
    if size is None:
        return None
    if isinstance(size, bool):
        raise ValueError(f"a memory limit is bytes, text such as '2 GiB', or None, not {size!r}")
    if isinstance(size, str):
        if size.strip().lower() == "none":
            return None
        match = _SIZE.fullmatch(size)
        if match is None:
            try:
                size = float(size)
            except ValueError:
                raise ValueError(f"{size!r} is no size: give bytes, or text such as '2 GiB', or 'none'") from None
        else:
            base = 1024 if match[3] else 1000
            size = float(match[1]) * base ** " kmgt".index(match[2].lower() or " ")
    number = float(size)
    if not number >= 0:
        raise ValueError(f"a memory limit is not negative: {size!r}")
    return int(number)


@cache
def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # no such name on this system
        return 8 << 30


def memory_limit() -> int | None:
    """Return the largest array, in bytes, that one read may allocate (None: no limit).

    The default is half of the machine's memory.
    """
    value = _memory_limit.get()
    if value is not _UNSET:
        return value  # type: ignore[no-any-return]
    text = os.environ.get("ECOGCAT_MEMORY_LIMIT")
    try:
        return parse_size(text) if text else _physical_memory() // 2
    except ValueError as error:
        raise ValueError(f"the environment's ECOGCAT_MEMORY_LIMIT: {error}") from None


def threads() -> int:
    """Return how many threads one read may use (default: the processors this process may run on)."""
    value = _threads.get()
    if value is _UNSET:
        value = os.environ.get("ECOGCAT_THREADS") or _n_processors()
    return max(1, int(value))


def catalogs_write() -> bool:
    """Return whether what a catalog says may have opening its entries write outside of its folder (default: no)."""
    value = _catalogs_write.get()
    return bool(value) if value is not _UNSET else os.environ.get("ECOGCAT_CATALOGS_WRITE", "") not in ("", "0")


def catalog_index() -> bool:
    """Return whether opening a large catalog may write an index beside it (default: yes)."""
    value = _catalog_index.get()
    return bool(value) if value is not _UNSET else os.environ.get("ECOGCAT_CATALOG_INDEX", "1") != "0"


def _n_processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity call
        return os.cpu_count() or 1


def cache_folder() -> str:
    """Return the folder for copies of what lies in stores elsewhere (default: ecogcat's in the user's cache folder)."""
    value = _cache.get()
    if value is _UNSET:
        value = os.environ.get("ECOGCAT_CACHE") or _users_cache(sys.platform, os.environ)
    return os.path.abspath(os.path.expanduser(str(value)))


def _users_cache(platform: str, environment: Mapping[str, str]) -> str:
    """Return where a system wants caches to be.

    Examples
    --------
    >>> _users_cache("linux", {}), _users_cache("linux", {"XDG_CACHE_HOME": "/fast"}), _users_cache("darwin", {})
    ('~/.cache/ecogcat', '/fast/ecogcat', '~/Library/Caches/ecogcat')
    """
    if platform == "win32":
        return os.path.join(environment.get("LOCALAPPDATA") or "~/AppData/Local", "ecogcat", "Cache")
    if platform == "darwin":
        return "~/Library/Caches/ecogcat"
    stated = environment.get("XDG_CACHE_HOME", "")
    return f"{stated if stated.startswith('/') else '~/.cache'}/ecogcat"  # a relative one is to be ignored


@contextmanager
def options(
    *,
    memory_limit: Any = _UNSET,
    threads: Any = _UNSET,
    cache: Any = _UNSET,
    catalogs_write: Any = _UNSET,
    catalog_index: Any = _UNSET,
) -> Iterator[None]:
    """Change settings for a block of code.

    Parameters
    ----------
    memory_limit : int, str or None
        The largest array that one read may allocate, in bytes or as text ("4 GiB"); None lets everything through.
    threads : int
        How many threads one read may use.
    catalogs_write : bool
        Whether the `save_downsampled` and `store_path` of a catalog may have samples written outside of its folder.
    cache : path-like
        The folder for copies of recordings that lie in stores elsewhere.
    catalog_index : bool
        Whether opening a large YAML catalog may write an index beside it, by which it opens at once the next time.

    Examples
    --------
    >>> import ecogcat as ec
    >>> with ec.options(memory_limit="1 GiB", threads=1):
    ...     pass
    """
    tokens: list[tuple[ContextVar[Any], Any]] = []
    if memory_limit is not _UNSET:
        tokens.append((_memory_limit, _memory_limit.set(parse_size(memory_limit))))
    if threads is not _UNSET:
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise ValueError(f"threads is a whole number of at least 1, not {threads!r}")
        tokens.append((_threads, _threads.set(threads)))
    if cache is not _UNSET:
        if not isinstance(cache, (str, os.PathLike)) or not os.fspath(cache):
            raise TypeError(f"cache is the path of a folder, not {cache!r}")
        tokens.append((_cache, _cache.set(os.fspath(cache))))
    for name, variable, value in (
        ("catalogs_write", _catalogs_write, catalogs_write),
        ("catalog_index", _catalog_index, catalog_index),
    ):
        if value is not _UNSET:
            if not isinstance(value, bool):
                raise ValueError(f"{name} is True or False, not {value!r}")
            tokens.append((variable, variable.set(value)))
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)
