"""Table of a session: a row a recording, a column an option."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ecogcat.catalog.find import columns_in
from ecogcat.catalog.rows import as_catalog

__all__ = ["session_table"]

_FIRST = ("headstage", "electrode", "exp_type")
_MISSING = "unknown"
_NUMBERS = {int, float}


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
    cat = as_catalog(cat)
    columns, chosen, _ = columns_in(cat)
    chosen = chosen[columns.driver.where(_is_recording, chosen)]
    place = {columns.names[i]: i for i in chosen.tolist()}
    order = np.array([place[name] for name in sorted(place)], np.intp)
    said = {key: column for key, column in columns.said.items() if (column.codes[order] >= 0).any()}
    names = [*_FIRST, *sorted(said.keys() - set(_FIRST))]
    cells = {name: columns.fact(name).cells(order, _MISSING, _told) for name in names}
    frame = pd.DataFrame(cells, index=sorted(place), columns=names, dtype=object)
    kinds = {name: columns.fact(name).kinds(order) for name in names}
    numbers = {name: float if float in found else int for name, found in kinds.items() if found and found <= _NUMBERS}
    return frame.astype(numbers)


def _is_recording(driver: str) -> bool:
    return driver != "ecog_join"


def _told(value: Any) -> Any:
    """Return a value as a cell has it, lists as texts."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value
