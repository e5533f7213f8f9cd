"""Find: the entries of a catalog of which every word, and every fact, holds."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.catalog.columns import Columns, columns_of_rows
from ecogcat.catalog.holding import fact_test, texts_in
from ecogcat.catalog.rows import Row, as_catalog, rows_of
from ecogcat.errors import CatalogError

__all__ = ["chosen", "columns_in", "find", "found_rows"]

_ALIASES = {
    **{"rate": "sampling_rate", "channels": "n_channels", "samples": "n_samples", "events": "n_events"},
    **{"start": "start_time", "duration_s": "duration"},
}
_FACTS = ("sampling_rate", "units", "n_channels", "n_samples", "duration", "start_time", "n_events", "aligned")


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
    columns, found, _ = _found(cat, words, metadata)
    return chosen(cat, [columns.names[i] for i in found])


def found_rows(cat: Any, words: Iterable[str], metadata: Mapping[str, Any]) -> list[Row]:
    """Return the rows of which all words and facts hold."""
    columns, found, rows = _found(cat, words, metadata)
    if rows is None:
        return list(rows_of(chosen(cat, [columns.names[i] for i in found])))
    return [rows[i] for i in found]


def _found(
    cat: Any, words: Iterable[str], metadata: Mapping[str, Any]
) -> tuple[Columns, NDArray[np.intp], list[Row] | None]:
    """Return where in the columns of a catalog all words and facts hold.

    A question is put to what is said, each distinct value once; not to each entry.
    """
    asked = [word.casefold() for word in _checked(words)]
    wanted = {_ALIASES.get(key, key): value for key, value in metadata.items()}
    columns, left, rows = columns_in(cat, None if asked else [*wanted, "n_channels", "gone"])
    for word in asked:
        left = left[_has_word(columns, left, word)]
    for key, value in wanted.items():
        column, test = columns.fact(key), fact_test(value, key == "sampling_rate")
        holds = column.where(test, left)
        nothing = column.where(_is_none, left)
        if key in _FACTS and value is not None:
            unread = (columns.fact("n_channels").codes[left] < 0) & ~columns.fact("gone").where(bool, left)
            for i in np.flatnonzero(nothing & unread):
                holds[i] = test(_from_headers(cat, columns.names[left[i]], key))
        elif len(left) and value is not None and nothing.all():
            _refuse_unknown(cat, key)
        left = left[holds]
    return columns, left, rows


def columns_in(cat: Any, facts: Iterable[str] | None = None) -> tuple[Columns, NDArray[np.intp], list[Row] | None]:
    """Return what a catalog says by columns, which of their entries are in it, and its rows if they were made for it.

    Parameters
    ----------
    cat : intake Catalog
    facts : iterable of str, optional
        Facts that are asked for; others, and texts for words, may be left out.
    """
    from ecogcat.catalog.indexed import IndexedEntries

    if isinstance(cat._entries, IndexedEntries):
        return (*cat._entries.columns(facts), None)
    rows = list(rows_of(cat))
    return columns_of_rows(rows), np.arange(len(rows)), rows


def _is_none(said: Any) -> bool:
    return said is None


def _has_word(columns: Columns, left: NDArray[np.intp], word: str) -> NDArray[np.bool_]:
    found = np.array([word in columns.names[i].casefold() for i in left], bool)
    for column in (*columns.said.values(), *columns.texts.values()):
        found |= column.where(lambda said: any(word in text.casefold() for text in texts_in(said)), left)
    return found


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


def _from_headers(cat: Any, name: str, key: str) -> Any:
    """Return what the headers say; None where they cannot be read, which `ecogcat.check` tells of."""
    try:
        return _entry_source(cat, name).discover()["metadata"].get(key)
    except Exception:  # an entry of any driver may be broken in any way; the others are found all the same
        return None


def _entry_source(cat: Any, name: str) -> Any:
    if name in cat._entries:
        return cat[name]
    return _entry(cat, name)()


def _refuse_unknown(cat: Any, key: str) -> None:
    columns, here, _ = columns_in(cat)
    known = sorted({name for name, one in columns.said.items() if (one.codes[here] >= 0).any()} | set(_FACTS))
    if key in known:  # said of others, which the words leave out
        return
    near = difflib.get_close_matches(key, [*known, *_ALIASES], 1)
    hint = f"did you mean {near[0]}?" if near else f"entries say something about: {', '.join(known)}"
    place = getattr(cat, "path", None)
    where = f"{os.fspath(place)}: " if isinstance(place, (str, os.PathLike)) else ""
    raise CatalogError(f"{where}no entry says anything about {key!r}; {hint}")
