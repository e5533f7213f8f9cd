"""Table of a session: a row a recording, a column an option."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ecogcat.catalog.rows import Row, as_catalog, rows_of

__all__ = ["session_table"]

_FIRST = ("headstage", "electrode", "exp_type")
_MISSING = "unknown"


def session_table(cat: Any) -> pd.DataFrame:
    r"""List the recordings of a session, and what the session says of each.

    Parameters
    ----------
    cat : intake Catalog, or path of one
        As `ecogcat.open_session` returns it, or a YAML catalog; nested ones are gone into. Joins are left out.

    Returns
    -------
    DataFrame
        A row a recording, sorted by name (``group/session/recording`` of nested catalogs); columns `headstage`,
        `electrode`, `exp_type`, then every other option that any of them has, as written, sorted; "unknown" where a
        recording lacks it. Of a scanned catalog these are the facts of the headers; what is a number in every row is
        a column of numbers. The tones of a session file that are "1000" alone are "clicks".

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import ecogcat as ec
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "2020-03-01_conf.txt"
    >>> _ = path.write_text("[session]\nheadstage: oephys\n[b]\n[a]\nunits: mV\n")
    >>> session_table(ec.open_session(path))[["headstage", "units"]]
      headstage    units
    a    oephys       mV
    b    oephys  unknown
    """
    rows = {row.name: _options(row) for row in sorted(rows_of(as_catalog(cat)), key=_by_name) if not row.is_join}
    known = dict.fromkeys(name for options in rows.values() for name in options)
    columns = [*_FIRST, *sorted(set(known) - set(_FIRST))]
    cells = {name: [options.get(name, _MISSING) for options in rows.values()] for name in columns}
    frame = pd.DataFrame(cells, index=list(rows), columns=columns, dtype=object)
    numbers = [name for name in columns if rows and all(type(one) in (int, float) for one in cells[name])]
    return frame.astype({name: float if float in map(type, cells[name]) else int for name in numbers})


def _by_name(row: Row) -> str:
    return row.name


def _options(row: Row) -> dict[str, Any]:
    """Return what is said of a recording, lists as texts."""
    return {
        key: ", ".join(map(str, value)) if isinstance(value, list) and not row.is_lab else value
        for key, value in row.said.items()
    }
