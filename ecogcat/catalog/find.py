"""Find: the entries of a catalog of which every word, and every fact, holds."""

from __future__ import annotations

import difflib
import fnmatch
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ecogcat.catalog.rows import Row, as_catalog, rows_of
from ecogcat.errors import CatalogError

__all__ = ["find", "found_rows"]

_ALIASES = {
    **{"rate": "sampling_rate", "channels": "n_channels", "samples": "n_samples", "events": "n_events"},
    **{"start": "start_time", "duration_s": "duration"},
}
_FACTS = ("sampling_rate", "units", "n_channels", "n_samples", "duration", "start_time", "n_events", "aligned")
_RELATION = re.compile(r"(<=|>=|<|>)\s*(.+)")
_RATE_TOLERANCE = 1e-4  # as joins have it


def find(cat: Any, *words: str, **metadata: Any) -> Any:
    """Find entries: those of which all words and all facts hold.

    Parameters
    ----------
    cat : intake Catalog, or what `ecogcat.open_session` opens as one
        Nested catalogs are gone into; their entries are then called ``group/session/recording``.
    *words : str
        Each must occur in the entry's name, description, format, conditions, or in a text that its metadata hold; case
        does not matter.
    **metadata
        What must hold: ``electrode="psv_61"``, ``sampling_rate=2000``, ``format="intan"``, ``conditions="level"`` (one
        of several), ``n_events=">0"``, ``duration=">=60"``, ``start_time="2026-03*"``. Patterns and relations are
        texts; a list means any of its items, a function is asked; None means that nothing is said of it. ``rate``,
        ``channels``, ``samples`` and ``events`` are short for the longer names. What the catalog does not say, and
        headers do, is looked up there.

    Returns
    -------
    intake.Catalog
        In the order of the catalog; joins among them find their parts still.

    Raises
    ------
    CatalogError
        If no entry says anything about a key.

    Examples
    --------
    >>> import tempfile
    >>> import ecogcat as ec
    >>> from ecogcat.testing.simulate import simulate_session
    >>> session = simulate_session(tempfile.mkdtemp(), ("intan", "hdf5"), duration_s=2.0)
    >>> len(find(session.catalog)), len(find(session.catalog, format="hdf5", rate=2000))
    (2, 1)
    """
    cat = as_catalog(cat)
    return chosen(cat, [row.name for row in found_rows(cat, words, metadata)])


def found_rows(cat: Any, words: Iterable[str], metadata: Mapping[str, Any]) -> list[Row]:
    """Return the rows of which all words and facts hold."""
    asked = [word.casefold() for word in _checked(words)]
    wanted = {_ALIASES.get(key, key): value for key, value in metadata.items()}
    rows = [row for row in rows_of(cat, asked) if _has_words(row, asked)]
    for key, value in wanted.items():
        said = [row.said.get(key) for row in rows]
        if key in _FACTS and None in said and value is not None:
            unread = [one is None and "n_channels" not in row.said for row, one in zip(rows, said, strict=True)]
            said = [
                _from_headers(cat, row, key) if ask else one for row, one, ask in zip(rows, said, unread, strict=True)
            ]
        elif rows and value is not None and all(one is None for one in said):
            _refuse_unknown(cat, key)
        tests = key == "sampling_rate"
        rows = [row for row, one in zip(rows, said, strict=True) if _holds(one, value, tests)]
    return rows


def chosen(cat: Any, names: list[str]) -> Any:
    """Return a catalog of some entries of another, by their names in its rows."""
    from intake.catalog import Catalog

    from ecogcat.catalog.indexed import IndexedCatalog, IndexedEntries

    if isinstance(cat._entries, IndexedEntries):
        found = IndexedCatalog(cat.path, names, cat.metadata)
    else:
        entries = {name: _entry(cat, name) for name in names}
        found = Catalog(entries=entries, name=cat.name, metadata=dict(cat.metadata or {}), ttl=None)
        path = getattr(cat, "path", None)
        if path is not None:  # tables of judgements lie beside the file
            found.path = path
    found.cat = cat  # where a join looks for its parts
    return found


def _entry(cat: Any, name: str) -> Any:
    if name in cat._entries:
        return cat._entries[name]
    head, _, rest = name.partition("/")
    while head not in cat._entries and rest:
        more, _, rest = rest.partition("/")
        head = f"{head}/{more}"
    return _entry(cat[head], rest)


def _checked(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"a word to find is a str, not {word!r}; facts are given by name: sampling_rate=2000")
        yield word


def _has_words(row: Row, asked: list[str]) -> bool:
    if not asked:
        return True
    text = "\0".join([row.name, row.description, row.driver, *_texts(row.said), *_texts(row.arguments)]).casefold()
    return all(word in text for word in asked)


def _texts(value: Any) -> Iterable[str]:
    """Yield the texts that a value holds, keys of facts left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key not in ("warnings", "urlpath"):  # the folder in which all lie says nothing of one
                yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def _holds(said: Any, wanted: Any, is_rate: bool) -> bool:
    if wanted is None:
        return said is None
    if said is None:
        return False
    if callable(wanted):
        return bool(wanted(said))
    if isinstance(wanted, (list, tuple, set, frozenset)):
        return said == list(wanted) or any(_holds(said, one, is_rate) for one in wanted)
    if isinstance(said, (list, tuple)):
        return any(_holds(one, wanted, is_rate) for one in said)
    if isinstance(wanted, bool) or isinstance(said, bool):
        return str(said).casefold() == str(wanted).casefold()
    if isinstance(wanted, str):
        relation = _RELATION.fullmatch(wanted.strip())
        if relation is not None:
            return _related(said, relation[1], relation[2])
        if fnmatch.fnmatchcase(str(said).casefold(), wanted.casefold()):
            return True
    left, right = _number(said), _number(wanted)
    if left is None or right is None:
        return bool(said == wanted)
    return math.isclose(left, right, rel_tol=_RATE_TOLERANCE if is_rate else 1e-9)


def _related(said: Any, relation: str, limit: str) -> bool:
    left, right = _number(said), _number(limit)
    if right is None:  # such as a date
        left_text, right_text = str(said), limit.strip()
        return _compare(relation)(left_text, right_text)
    return left is not None and _compare(relation)(left, right)


def _compare(relation: str) -> Callable[[Any, Any], bool]:
    import operator

    return {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[relation]


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _from_headers(cat: Any, row: Row, key: str) -> Any:
    """Return what the headers say; None where they cannot be read, which `ecogcat.check` tells of."""
    if row.said.get("gone"):
        return None
    try:
        return _entry_source(cat, row.name).discover()["metadata"].get(key)
    except Exception:  # an entry of any driver may be broken in any way; the others are found all the same
        return None


def _entry_source(cat: Any, name: str) -> Any:
    if name in cat._entries:
        return cat[name]
    return _entry(cat, name)()


def _refuse_unknown(cat: Any, key: str) -> None:
    known = sorted({name for row in rows_of(cat) for name in row.said} | set(_FACTS))
    if key in known:  # said of others, which the words leave out
        return
    near = difflib.get_close_matches(key, [*known, *_ALIASES], 1)
    hint = f"did you mean {near[0]}?" if near else f"entries say something about: {', '.join(known)}"
    place = getattr(cat, "path", None)
    where = f"{os.fspath(place)}: " if isinstance(place, (str, os.PathLike)) else ""
    raise CatalogError(f"{where}no entry says anything about {key!r}; {hint}")
