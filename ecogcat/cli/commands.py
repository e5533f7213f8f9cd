"""Commands: info, ls, plan, plot, demo and doctor."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

import ecogcat as ec
from ecogcat.catalog.session import entry_source, open_catalog
from ecogcat.cli.output import facts, print_json, table
from ecogcat.cli.targets import dataset_of, datasets_of
from ecogcat.tabulate import dataset_text, plan_text

__all__ = ["ecogcat"]

_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
_EXPECTED = (ec.EcogcatError, OSError, ValueError, TypeError, IndexError, ImportError, KeyError)


def reported(function: Callable[..., Any]) -> Callable[..., Any]:
    """Print what went wrong in one message, and exit with 1."""

    @wraps(function)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            function(*arguments, **options)
        except _EXPECTED as error:
            text = error.args[0] if isinstance(error, KeyError) and error.args else error
            click.echo(f"error: {text}", err=True)
            sys.exit(1)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(ec.__version__, prog_name="ecogcat")
def ecogcat() -> None:
    """Open, inspect, plan and draw multi-channel brain recordings.

    ENTRY is the path of a recording, or CATALOG.yaml:NAME. Exit status: 0, 1 (something did not hold), 2 (usage).
    """


def _pairs(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """Read KEY=VALUE, the value as in a catalog: a number, a word, [0, 1, 2]."""
    import yaml

    pairs: dict[str, Any] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"give KEY=VALUE, such as stream=imec0.ap, not {text!r}")
        try:
            pairs[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            pairs[name] = value
    return pairs


_LOAD = click.option(
    *("-l", "--load", "load"),
    metavar="KEY=VALUE",
    multiple=True,
    callback=_pairs,
    help="Load argument, such as stream=imec0.ap; may be repeated.",
)


@ecogcat.command()
@click.argument("entry")
@_LOAD
@_JSON
@reported
def info(entry: str, load: dict[str, Any], as_json: bool) -> None:
    """Show what a recording is; only headers are read."""
    dataset = dataset_of(entry, load)
    if not as_json:
        click.echo(dataset_text(dataset))
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


@ecogcat.command()
@click.argument("catalog")
@_JSON
@reported
def ls(catalog: str, as_json: bool) -> None:
    """List the entries of a catalog, and what their headers say."""
    if os.path.isdir(catalog):
        raise ec.CatalogError(f"{catalog}: this is a folder, not a catalog: `ecogcat plan` lists the recordings in one")
    cat = open_catalog(catalog)
    rows = [_listed(cat, name) for name in cat]
    failed = [row for row in rows if row["error"]]
    if as_json:
        print_json(rows)
    else:
        header = ("entry", "format", "channels", "samples", "rate", "events", "start_time", "description")
        cells = [[_cell(row, name) for name in header] for row in rows]
        table(str(catalog), header, cells, right=("channels", "samples", "rate", "events"))
        for row in failed:
            click.echo(f"error: {row['error']}", err=True)
    if failed:
        sys.exit(1)


def _listed(cat: Any, name: str) -> dict[str, Any]:
    from ecogcat.catalog.source import EcogSource

    row: dict[str, Any] = {"entry": name, "error": ""}
    try:
        source = entry_source(cat, name)
        row["description"] = source.description or ""
        if not isinstance(source, EcogSource):  # what another package's driver would do, nobody has asked for
            return {**row, "format": "(catalog)" if source.container == "catalog" else f"({type(source).name})"}
        found = source.discover()["metadata"]
        row |= {key: found.get(key) for key in ("format", "sampling_rate", "units", "duration", "start_time")}
        row |= {"channels": found.get("n_channels"), "samples": found.get("n_samples"), "events": found.get("n_events")}
    except Exception as error:  # an entry of any driver may be broken in any way; the others are listed all the same
        row["error"] = str(error)
    return row


def _cell(row: dict[str, Any], name: str) -> str:
    if name == "rate":
        return "" if row.get("sampling_rate") is None else f"{row['sampling_rate']:g}"
    value = row.get(name)
    if name == "format" and row["error"]:
        return "(error)"
    if name == "start_time" and value:
        return str(value)[:19].replace("T", " ")
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _join_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a join."""
    choices = {
        "match": ["site", "name"],
        "channels": ["inner", "exact", "outer"],
        "aligned": ["inner", "exact", "outer"],
        "on-geometry-mismatch": ["raise", "sites"],
        "on-units-mismatch": ["convert", "raise"],
        "on-processing-mismatch": ["warn", "raise", "ignore"],
    }
    for name, values in choices.items():
        command = click.option(f"--{name}", type=click.Choice(values))(command)
    command = click.option("--min-channels", type=click.IntRange(1))(command)
    command = click.option("--rate-tolerance", type=click.FloatRange(0))(command)
    return click.option("--gaps", help="abut, nan, or a value to fill the pauses with.", callback=_gaps)(command)


def _gaps(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    if value is None or value in ("abut", "nan"):
        return value
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter("give abut, nan or a number") from None


@ecogcat.command()
@click.argument("catalog_or_path", metavar="CATALOG|FOLDER|PATH")
@click.argument("entries", nargs=-1, metavar="[ENTRY]...")
@_join_flags
@_JSON
@reported
def plan(catalog_or_path: str, entries: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Say what joining recordings would do: every mismatch of every part; exit with 1 if they cannot be joined.

    ENTRY is a name or a pattern such as "rec_*"; all recordings by default. Or give paths of recordings alone.
    """
    given = {name: value for name, value in options.items() if value is not None}
    found = ec.plan_join(*datasets_of(catalog_or_path, entries), **given)
    if as_json:
        shape = {"n_channels": found.n_channels, "n_samples": found.n_samples}
        print_json(
            {"ok": found.ok, **shape, "parts": found.table, "mismatches": found.differences, "gains": found.gains}
        )
    else:
        click.echo(plan_text(found))
    if not found.ok:
        sys.exit(1)


@ecogcat.command()
@click.argument("entry")
@_LOAD
@click.option("-o", "--output", required=True, metavar="FIG.png", help="File to write: .png, .pdf or .svg.")
@click.option("--by", help="Condition that colours the events.")
@click.option("--seam", default=0, show_default=True, help="Which seam the traces cross.")
@click.option("--reject", multiple=True, metavar="LABEL", help="Intervals to leave out of responses and spectra.")
@reported
def plot(entry: str, load: dict[str, Any], output: str, by: str | None, seam: int, reject: tuple[str, ...]) -> None:
    """Draw the overview of a recording or a join."""
    ec.plot_overview(dataset_of(entry, load), output, by=by, seam=seam, reject=reject)
    click.echo(output)


@ecogcat.command()
@click.argument("folder", required=False)
@click.option("-o", "--output", metavar="FOLDER", help="Where to write; demo/ by default.")
def demo(folder: str | None, output: str | None) -> None:
    """Tour a simulated session, or the recordings in FOLDER."""
    from ecogcat import demo as tour

    arguments = [] if output is None else ["--output", output]
    sys.exit(tour.main([*arguments, "--", folder] if folder is not None else arguments))


@ecogcat.command()
@_JSON
@reported
def doctor(as_json: bool) -> None:
    """Examine the installation: versions, drivers, Numba's cache, threads, memory limit."""
    from ecogcat.cli.doctor import examine

    rows = examine()
    wrong = [row for row in rows if not row["ok"]]
    if as_json:
        print_json(rows)
    else:
        facts("", [(row["what"], row["value"]) for row in rows])
        for row in wrong:
            click.echo(f"{row['what']}: {row['remedy']}", err=True)
    if wrong:
        sys.exit(1)
