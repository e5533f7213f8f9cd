"""Check: whether a catalog holds - every entry opens, as it was scanned, and what it refers to fits it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from ecogcat.catalog.find import chosen
from ecogcat.catalog.rows import Row, as_catalog, rows_of
from ecogcat.catalog.session import entry_source
from ecogcat.dataset import Dataset
from ecogcat.electrodes.electrode import electrode, is_known
from ecogcat.errors import CatalogError, JoinError
from ecogcat.experiments.sessiontables import session_experiment

__all__ = ["check", "checked"]

_TIMES = ("resample_rate", "start", "stop", "duration")
_MOST = 4
_OTHER = "not ecogcat's"


def check(cat: Any, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Try every entry of a catalog; headers only.

    Parameters
    ----------
    cat : intake Catalog, or what `ecogcat.open_session` opens as one
    names : sequence of str, optional
        Entries to try; all by default.

    Returns
    -------
    DataFrame
        A row an entry: entry, ok, problem (empty where there is none), warnings (how many the recording has). A problem
        is that the entry cannot be opened, or that a path is not there; that the recording is no longer as it was when
        it was scanned; that its electrode has sites for which there is no channel; that events lie behind its end, or
        the tables of its conditions do not fit each other; that the parts of a join do not agree; that a nested catalog
        cannot be opened. Entries of other packages' drivers are not checked, and `problem` says so; they are `ok`.

    Examples
    --------
    >>> import tempfile
    >>> from ecogcat.testing.simulate import simulate_session
    >>> session = simulate_session(tempfile.mkdtemp(), ("intan", "hdf5"), duration_s=2.0)
    >>> check(session.catalog)["ok"].tolist()
    [True, True]
    """
    cat = as_catalog(cat)
    rows = list(checked(cat, names))
    return pd.DataFrame(rows, columns=["entry", "ok", "problem", "warnings"])


def checked(
    cat: Any, names: Sequence[str] | None = None, report: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[dict[str, Any]]:
    """Yield what `check` makes a table of, an entry at a time."""
    rows = {row.name: row for row in rows_of(cat, broken=True)}
    unknown = [name for name in names or () if name not in rows]
    if unknown:
        raise CatalogError(f"the catalog has no entry {', '.join(map(repr, unknown))}")
    wanted = list(rows) if names is None else list(names)
    flat = chosen(cat, [name for name in wanted if rows[name].is_ours and not rows[name].error])
    for done, name in enumerate(wanted):
        report(done, len(wanted))
        row = rows[name]
        if not row.is_ours:  # nor is one made of it
            yield {"entry": name, "ok": True, "problem": f"{_OTHER} ({row.driver}): not checked", "warnings": 0}
            continue
        problems, n_warnings = ([row.error], 0) if row.error else _problems(flat, row)
        yield {"entry": name, "ok": not problems, "problem": "; ".join(problems), "warnings": n_warnings}
    report(len(wanted), len(wanted))


def _problems(cat: Any, row: Row) -> tuple[list[str], int]:
    try:
        dataset = entry_source(cat, row.name).read()
    except JoinError as error:
        return [_join_problem(error)], 0
    except Exception as error:  # an entry may be broken in any way, and the next is checked all the same
        return [_without_label(error, row.name)], 0
    session = (cat.metadata or {}).get("path")
    folders = [os.path.dirname(session)] if isinstance(session, str) else []
    folders += [str(row.said[key]) for key in ("exp_path", "nwk_path") if row.is_lab and key in row.said]
    found = [*_as_scanned(dataset, row), *_electrode(dataset, row), *_events(dataset, row, folders)]
    return found, len(dataset.warnings)


def _join_problem(error: JoinError) -> str:
    plan = error.plan
    refused = [one for one in getattr(plan, "mismatches", ()) if one.stops]
    if not refused:
        return " ".join(str(error).split())
    listed = "; ".join(f"{one.part}: {one.what} {one.found}, not {one.expected}" for one in refused[:_MOST])
    more = f"; and {len(refused) - _MOST} more" if len(refused) > _MOST else ""
    return f"its parts do not agree: {listed}{more}"


def _without_label(error: Exception, name: str) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text.removeprefix(f"catalog entry {name!r}: ")


def _as_scanned(dataset: Dataset, row: Row) -> Iterator[str]:
    """Yield what a recording had when it was scanned, and has no longer."""
    if row.is_join or any(key in row.arguments for key in _TIMES):
        return
    samples, rate = row.said.get("n_samples"), row.said.get("sampling_rate")
    if isinstance(samples, int) and samples != dataset.n_samples:
        change = "shorter" if dataset.n_samples < samples else "longer"
        yield f"it is {change} than when it was scanned: {dataset.n_samples:,} samples, not {samples:,}; scan again"
    if isinstance(rate, float) and rate != dataset.sampling_rate:
        yield f"its rate is {dataset.sampling_rate:g} Hz; when it was scanned it was {rate:g} Hz; scan again"


def _electrode(dataset: Dataset, row: Row) -> Iterator[str]:
    name = row.arguments.get("electrode", row.said.get("electrode") if row.is_lab else None)
    if not isinstance(name, str) or row.is_join:
        return
    if dataset.channel_map is None:
        yield f"electrode {name} gives it no sites"
        return
    if not is_known(name) or "channels" in row.arguments or "connectors" in row.arguments or row.is_lab:
        return
    n_sites = len(electrode(name).sites)
    n_left_out = len(dataset.dropped)
    if dataset.n_channels + n_left_out < n_sites:
        yield f"electrode {name} has {n_sites} sites, the recording channels for {dataset.n_channels} of them"


def _events(dataset: Dataset, row: Row, folders: Sequence[str]) -> Iterator[str]:
    samples = dataset.events.sample
    if len(samples) and int(samples[-1]) >= dataset.n_samples:
        yield f"an event lies at sample {int(samples[-1]):,}, behind its {dataset.n_samples:,} samples"
    if row.is_lab and "exp_type" in row.said:
        try:
            session_experiment(row.said, folders)
        except Exception as error:  # tables that are not there, or do not fit each other
            yield " ".join(str(error).split())
