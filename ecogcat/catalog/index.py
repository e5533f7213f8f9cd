"""Index: a large catalog's entries in a file beside its YAML, so that opening it parses none of the YAML.

``session.yaml.index`` is an SQLite database that holds what the YAML says, as JSON: an entry a row to make it of, and a
fact a column to find and tabulate by. It holds the digest of the YAML, too. It is a copy to look things up in: where
the digest does not match, it is not used, and it can be deleted at any time.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ecogcat.catalog.columns import Columns, columns_of_rows, told_apart
from ecogcat.catalog.rows import row_of
from ecogcat.catalog.yamlfile import MAX_BYTES
from ecogcat.storage.atomic import written_whole

__all__ = ["LARGE", "WORTH_AN_INDEX", "Index", "digest_of", "index_path", "is_large", "open_index", "write_index"]

WORTH_AN_INDEX = 200
"""Entries from which on a scan writes an index; fewer are parsed as quickly."""

LARGE = 2000
"""Entries from which on a catalog that someone wrote by hand gets an index when it is opened: they take a second."""

_SMALLEST_ENTRY = 20  # bytes
_VERSION = 2
_KEYS = {"metadata", "sources"}
_CATALOGS = ("ecog_indexed", "ecog_session", "ecog_yaml")
_TABLES = (
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT)",
    "CREATE TABLE entries (position INTEGER PRIMARY KEY, name TEXT UNIQUE, entry TEXT)",
    "CREATE TABLE columns (kind TEXT, key TEXT, texts TEXT, codes BLOB, PRIMARY KEY (kind, key))",
)


def index_path(path: str) -> str:
    """Return where the index of a catalog lies."""
    return f"{path}.index"


def is_large(path: str) -> bool:
    """Return whether a catalog may have so many entries that it is worth an index, by the size of its file."""
    try:
        found = os.stat(path)
        return stat.S_ISREG(found.st_mode) and LARGE * _SMALLEST_ENTRY <= found.st_size <= MAX_BYTES
    except (OSError, ValueError):  # said in words where it is read
        return False


def digest_of(path: str) -> str:
    """Return a digest of a file's content; a hundred megabytes take a tenth of a second."""
    with open(path, "rb") as file:
        digest = blake2b(digest_size=16)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Index:
    """The entries of a catalog, looked up in its index.

    Parameters
    ----------
    path : str
        The catalog.
    """

    path: str

    def _rows(self, query: str, values: Iterable[Any] = ()) -> list[Any]:
        # A connection a question: nothing to share between threads, or to lose in a fork.
        with closing(_connected(index_path(self.path))) as connection:
            return connection.execute(query, tuple(values)).fetchall()

    @property
    def metadata(self) -> dict[str, Any]:
        """Those of the catalog."""
        ((text,),) = self._rows("SELECT value FROM facts WHERE key = 'metadata'")
        found: dict[str, Any] = json.loads(text)
        return found

    def names(self) -> list[str]:
        """Return the names of the entries, in order."""
        ((text,),) = self._rows("SELECT value FROM facts WHERE key = 'names'")
        return _names(text)

    def entry(self, name: str) -> dict[str, Any] | None:
        """Return one entry as the YAML has it."""
        rows = self._rows("SELECT entry FROM entries WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else None

    def entries(self, names: Container[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the entries as the YAML has them, in order; all by default."""
        rows = self._rows("SELECT name, entry FROM entries ORDER BY position")
        if names is not None:
            rows = [row for row in rows if row[0] in names]
        return zip((name for name, _ in rows), json.loads(f"[{','.join(text for _, text in rows)}]"), strict=True)

    def columns(self, facts: Iterable[str] | None = None) -> Columns:
        """Return what is said of the entries, by columns; of the facts some, or all by default."""
        with closing(_connected(index_path(self.path))) as connection:  # one: the file may be another in a moment
            ((text,),) = connection.execute("SELECT value FROM facts WHERE key = 'names'").fetchall()
            names = _names(text)
            if facts is None:
                rows = connection.execute("SELECT kind, key, texts, codes FROM columns").fetchall()
            else:
                query = "SELECT kind, key, texts, codes FROM columns WHERE kind = 'said' AND key = ?"
                rows = [row for key in facts for row in connection.execute(query, (key,))]
        found = told_apart(rows, len(names))
        return Columns(names, found.get("said", {}), found.get("text", {}))


def write_index(path: str, content: Mapping[str, Any], digest: str | None = None) -> bool:
    """Write the index of a catalog; False if it says what an index cannot hold, or its folder cannot be written to.

    Parameters
    ----------
    path : str
        The catalog.
    content : mapping
        What its YAML says.
    digest : str, optional
        That of the file from which `content` was read; computed by default.
    """
    if not _KEYS.issuperset(content) or "parameters" in (content.get("metadata") or {}):
        return False  # parameters and plug-ins of a catalog are Intake's to understand
    try:
        metadata = json.dumps(content.get("metadata") or {}, allow_nan=False)
        texts = [
            (name, json.dumps(entry, allow_nan=False, ensure_ascii=False)) for name, entry in content["sources"].items()
        ]
    except (TypeError, ValueError):  # a date, or another value that JSON has no word for
        return False
    if not all(isinstance(name, str) and isinstance(content["sources"][name], dict) for name, _ in texts):
        return False  # a mistake, of which Intake tells
    if not all(_is_recording(entry.get("driver")) for entry in content["sources"].values()):
        return False  # a catalog may be in it, or what another package makes of an entry
    facts = {"version": str(_VERSION), "digest": digest or digest_of(path), "metadata": metadata}
    facts["names"] = json.dumps([name for name, _ in texts], ensure_ascii=False)
    target = index_path(path)
    try:
        with written_whole(target) as temporary:
            # Its owner's alone until it is as readable as the catalog: that may hold keys.
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(temporary)) as connection, connection:
                connection.execute("PRAGMA journal_mode = OFF")
                for table in _TABLES:
                    connection.execute(table)
                connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
                rows = ((position, *one) for position, one in enumerate(texts))
                connection.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
                connection.executemany("INSERT INTO columns VALUES (?, ?, ?, ?)", _columns(content["sources"]))
            os.chmod(temporary, os.stat(path).st_mode & 0o666)
    except (sqlite3.Error, OSError, ValueError):  # a text that is none, for one
        return False
    return True


def open_index(path: str) -> Index | None:
    """Return the index of a catalog; None if there is none, or it is not that of the file as it is now."""
    index = Index(path)
    if not os.path.isfile(index_path(path)):
        return None
    try:
        facts = dict(index._rows("SELECT key, value FROM facts WHERE key IN ('version', 'digest')"))
    except (sqlite3.Error, ValueError, OSError):
        return None
    return index if facts.get("version") == str(_VERSION) and facts.get("digest") == digest_of(path) else None


def _names(text: str) -> list[str]:
    names = json.loads(text)
    if not isinstance(names, list) or set(map(type, names)) - {str}:
        raise ValueError("names are texts")
    return names


def _is_recording(driver: Any) -> bool:
    return isinstance(driver, str) and driver.startswith("ecog_") and driver not in _CATALOGS


def _columns(sources: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, str, str, bytes]]:
    rows = [
        row_of(name, one["driver"], one.get("description") or "", one.get("args"), one.get("metadata"))
        for name, one in sources.items()
    ]
    found = columns_of_rows(rows)
    for kind, columns in (("said", found.said), ("text", found.texts)):
        for key, column in columns.items():
            yield (kind, key, *column.text())


def _connected(path: str) -> sqlite3.Connection:
    """Open an index to read: it is not locked, and nothing that its schema says is trusted."""
    connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection
