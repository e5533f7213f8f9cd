"""Table of a session: a row a recording, a column an option."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pandas as pd

from ecogcat.errors import CatalogError

__all__ = ["session_table"]

_FIRST = ("headstage", "electrode", "exp_type")
_MISSING = "unknown"
_NO_OPTIONS = ("catalog_dir",)


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
        recording lacks it. The tones of a session file that are "1000" alone are "clicks".

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
    if isinstance(cat, (str, os.PathLike)):
        from ecogcat.catalog.labsession import open_session

        cat = open_session(cat)
    rows = dict(sorted(_rows(cat, "", ())))
    others = sorted({name for options in rows.values() for name in options} - set(_FIRST))
    columns = [*_FIRST, *others]
    cells = [[options.get(name, _MISSING) for name in columns] for options in rows.values()]
    return pd.DataFrame(cells, index=list(rows), columns=columns, dtype=object)


def _rows(cat: Any, before: str, outer: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    from ecogcat.catalog.labrecording import LabRecording
    from ecogcat.catalog.session import entry_source

    path = getattr(cat, "path", None)
    trail = (*outer, os.path.realpath(str(path))) if path else outer
    if path and trail[-1] in outer:
        raise CatalogError(f"{path}: the catalog includes itself: {' > '.join(trail)}")
    for name, entry in cat._entries.items():
        said = entry.describe()
        if said["container"] == "catalog":
            yield from _rows(entry_source(cat, name), f"{before}{name}/", trail)
            continue
        drivers = [said["driver"]] if isinstance(said["driver"], str) else list(said["driver"])
        if "ecog_join" in drivers:
            continue
        options = (said["args"] or {}).get("options")
        if issubclass(_driver(entry), LabRecording) and options is not None:
            tones = {"tones_tab": "clicks"} if options.get("tones_tab", "").strip() == "1000" else {}
            yield before + name, {**options, **tones}
        else:
            own = {key: value for key, value in (said["metadata"] or {}).items() if key not in _NO_OPTIONS}
            electrode = (said["args"] or {}).get("electrode")
            yield before + name, {**({} if electrode is None else {"electrode": electrode}), **own}


def _driver(entry: Any) -> type:
    plugins = entry._plugin
    return plugins[0] if isinstance(plugins, list) and plugins else object
