"""Looking: info, ls, find."""

from __future__ import annotations

import sys
from typing import Any

import click

import ecogcat as ec
from ecogcat.catalog.find import chosen, found_rows
from ecogcat.catalog.rows import Row, rows_of
from ecogcat.catalog.session import entry_source
from ecogcat.cli.app import JSON, LOAD, ecogcat, reported, spoken
from ecogcat.cli.completion import complete_files
from ecogcat.cli.output import hertz, print_json, seconds, table
from ecogcat.cli.targets import catalog_of, conditions_of, dataset_of
from ecogcat.tabulate import dataset_text

__all__ = ["find", "info", "ls"]

_COLUMNS = {
    **{"entry": "entry", "format": "format", "channels": "n_channels", "rate": "sampling_rate"},
    **{"duration": "duration", "start": "start_time", "events": "n_events", "notes": ""},
}

_SPARE = ("start", "format", "notes", "events")  # left out, in this order, where a terminal is too narrow


@ecogcat.command(short_help="Show a recording or a join.")
@click.argument("entry", shell_complete=complete_files)
@LOAD
@JSON
@reported
def info(entry: str, load: dict[str, Any], as_json: bool) -> None:
    """Show what a recording is; only headers are read."""
    dataset = dataset_of(entry, load)
    if not as_json:
        click.echo(spoken(dataset_text(dataset)))
        return
    print_json(_described(dataset))


def _described(dataset: ec.Dataset) -> dict[str, Any]:
    names = ["name", "n_channels", "n_samples", "sampling_rate", "units", "duration"]
    names += ["bandpass", "notches", "reference", "warnings", "history", "metadata"]
    arrays = {
        name: {"shape": one.shape, "sampling_rate": one.sampling_rate, "units": one.units, "dtype": str(one.dtype)}
        for name, one in dataset.arrays().items()
    }
    parts = ("name", "kind", "format", "paths", "start", "stop", "file_start", "sampling_rate", "start_time", "notes")
    return {
        **{name: getattr(dataset, name) for name in names},
        "dtype": str(dataset.signal.dtype),
        "channel_names": dataset.signal.channel_names,
        "sites": None if dataset.channel_map is None else dataset.channel_map.sites,
        "arrays": arrays,
        "n_events": len(dataset.events),
        "conditions": list(dataset.events.table.columns),
        "parts": [{name: getattr(part, name) for name in parts} for part in dataset.parts],
        "seams": [seam._asdict() for seam in dataset.seams],
        "dropped": dataset.dropped,
        "token": dataset.token,
    }


@ecogcat.command(short_help="List a catalog.")
@click.argument("catalog", shell_complete=complete_files)
@JSON
@reported
def ls(catalog: str, as_json: bool) -> None:
    """List the entries of a catalog, a session file or a folder, and what their headers say."""
    cat = catalog_of(catalog)
    _show(cat, list(rows_of(cat, broken=True)), catalog, as_json)


@ecogcat.command(short_help="List the entries of which words and facts hold.")
@click.argument("catalog", shell_complete=complete_files)
@click.argument("words", nargs=-1, metavar="WORD|KEY=VALUE...")
@JSON
@reported
def find(catalog: str, words: tuple[str, ...], as_json: bool) -> None:
    """List the entries of which every word and every fact holds.

    A word occurs in the name, description, format, conditions or metadata. KEY=VALUE is a fact: electrode=psv_61,
    rate=2000, "duration>=60", "start_time=2026-03*". Exit status 1 if there is none.
    """
    cat = catalog_of(catalog)
    rows = found_rows(cat, *conditions_of(words))
    _show(cat, rows, f"{catalog}: {' '.join(words)}" if words else catalog, as_json)
    if not rows:
        click.echo(f"none of the {len(cat)} entries; `ecogcat ls {catalog}` lists them", err=True)
        sys.exit(1)


def _show(cat: Any, rows: list[Row], title: str, as_json: bool) -> None:
    listed = [_listed(cat, row) for row in rows]
    failed = [row for row in listed if row["error"]]
    if as_json:
        print_json(listed)
    elif listed:
        header = [name for name in _COLUMNS if name != "notes" or any(row["notes"] for row in listed)]
        cells = [[_cell(row, name) for name in header] for row in listed]
        table(title, header, cells, right=("channels", "rate", "duration", "events"), spare=_SPARE)
        for row in failed:
            click.echo(f"error: {row['error']}", err=True)
    if failed:
        sys.exit(1)


def _listed(cat: Any, row: Row) -> dict[str, Any]:
    """Return what the catalog says of an entry; where it says nothing, what its headers say."""
    found: dict[str, Any] = {
        "entry": row.name,
        "error": row.error,
        "notes": row.description,
        "description": row.description,
    }
    said = dict(row.said)
    if not row.is_ours:
        said["format"] = f"(not ecogcat's: {row.driver or 'no driver'})"
    elif not row.error and ("n_channels" not in said or "n_samples" not in said):
        try:
            said |= entry_source(chosen(cat, [row.name]), row.name).discover()["metadata"]
        except Exception as error:  # any driver, broken in any way; the others are listed all the same
            found["error"] = str(error)
    keys = ("format", "sampling_rate", "units", "duration", "start_time", "n_channels", "n_samples", "n_events")
    found |= {key: said.get(key) for key in keys}
    found |= {"channels": found["n_channels"], "samples": found["n_samples"], "events": found["n_events"]}
    mark = "gone" if said.get("gone") else said.get("problem", "")
    if mark:
        found["notes"] = "; ".join(filter(None, [str(mark), row.description]))
    elif said.get("warnings") and not row.description:
        count = int(said.get("n_warnings") or len(said["warnings"]))
        found["notes"] = f"{count} warning{'s' if count > 1 else ''}"
    return found


def _cell(row: dict[str, Any], name: str) -> str:
    if name == "format" and row["error"]:
        return "(error)"
    value = row.get(_COLUMNS[name] or name)
    if value is None:
        return ""
    if name == "rate":
        return hertz(float(value))
    if name == "duration":
        return seconds(float(value))
    if name == "start":
        return str(value)[:19].replace("T", " ")
    return f"{value:,}" if isinstance(value, int) else str(value)
