"""Joining: plan and join."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from typing import Any

import click

import ecogcat as ec
from ecogcat.catalog.addjoin import add_join
from ecogcat.cli.app import JSON, LOAD, TypedCommand, ecogcat, reported, selected, spoken, typed
from ecogcat.cli.completion import complete_files
from ecogcat.cli.oddones import line_without, without_the_odd
from ecogcat.cli.output import print_json
from ecogcat.cli.targets import are_paths, catalog_of, chosen_names, entries_of, is_catalog
from ecogcat.progress import shown_progress
from ecogcat.storing.target import unfinished_path
from ecogcat.tabulate import dataset_text, plan_text

__all__ = ["join", "plan"]

_MOST = 12


def _join_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a join: every one of `ecogcat.join`."""
    choices = {
        "match": (["site", "name"], "What makes two channels the same."),
        "channels": (["inner", "exact", "outer"], "Channels that not all parts have."),
        "aligned": (["inner", "exact", "outer"], "Aligned arrays that not all parts have."),
        "on-rate-mismatch": (["raise", "resample"], "Parts of another rate."),
        "on-geometry-mismatch": (["raise", "sites"], "Grids of another shape or pitch."),
        "on-units-mismatch": (["convert", "raise"], "Parts in other units."),
        "on-processing-mismatch": (["warn", "raise", "ignore"], "Parts filtered in other ways."),
    }
    for name, (values, text) in reversed(choices.items()):
        command = click.option(f"--{name}", type=click.Choice(values), help=text)(command)
    command = click.option("--min-channels", type=click.IntRange(1), help="Refuse to keep fewer channels.")(command)
    command = click.option("--rate", type=click.FloatRange(0, min_open=True), help="Rate to resample to (Hz).")(command)
    command = click.option("--rate-tolerance", type=click.FloatRange(0), help="Rates this near are one.")(command)
    command = click.option("--name", help="Name of the join.")(command)
    return click.option("--gaps", help="abut, nan, or a value to fill the pauses with.", callback=_gaps)(command)


def _gaps(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    if value is None or value in ("abut", "nan"):
        return value
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter("give abut, nan or a number") from None


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


@ecogcat.command(cls=TypedCommand, short_help="Say what joining would do: every mismatch.")
@click.argument("catalog_or_path", metavar="CATALOG|FOLDER|PATH", shell_complete=complete_files)
@selected
@_join_flags
@LOAD
@JSON
@reported
def plan(
    catalog_or_path: str,
    entries: tuple[str, ...],
    every: bool,
    find: tuple[str, ...],
    exclude: tuple[str, ...],
    load: dict[str, Any],
    as_json: bool,
    **options: Any,
) -> None:
    """Say what joining recordings would do: every mismatch of every part; exit with 1 if they cannot be joined.

    ENTRY is a name or a pattern such as "rec_*"; all recordings by default. Or give paths of recordings alone.
    """
    entries_found = entries_of(catalog_or_path, entries, find, exclude, load)
    names, datasets = [name for name, _ in entries_found], [one for _, one in entries_found]
    found = ec.plan_join(*datasets, **_given(options))
    without = None if found.ok else without_the_odd(datasets, _given(options))
    odd = [] if without is None else [names[k] for k in without.odd]
    line = line_without(["plan", *typed()], odd, are_paths=are_paths(catalog_or_path, entries))
    warned = {one.name: list(one.warnings) for one in datasets if one.warnings}
    if as_json:
        facts = {"ok": found.ok, "n_channels": found.n_channels, "n_samples": found.n_samples, "parts": found.table}
        facts |= {"mismatches": found.differences, "gains": found.gains, "without": None, "warnings": warned}
        if without is not None:
            shape = {"n_channels": without.plan.n_channels, "n_samples": without.plan.n_samples}
            facts["without"] = {"parts": odd, **shape, "command": line}
        print_json(facts)
    else:
        click.echo(spoken(plan_text(found)))
        _tell_warnings(warned)
        if without is not None:
            n = len(datasets) - len(odd)
            what = "the other one is" if n == 1 else f"the other {n} join:"
            size = f"{without.plan.n_channels} channels x {without.plan.n_samples:,} samples"
            click.echo(f"without {', '.join(odd)} {what} {size}:\n  {line}")
    if not found.ok:
        sys.exit(1)


def _tell_warnings(warned: dict[str, list[str]]) -> None:
    lines = [f"  {text}" for texts in warned.values() for text in texts]
    if lines:
        click.echo("\n".join(["warnings of the recordings:", *lines[:_MOST]]))
    if len(lines) > _MOST:
        click.echo(f"  and {len(lines) - _MOST} more; `ecogcat info` shows those of a recording")


@ecogcat.command(short_help="Join, and write or keep the result.")
@click.argument("catalog_or_path", metavar="CATALOG|FOLDER|PATH", shell_complete=complete_files)
@selected
@click.option(
    *("-o", "--output"),
    required=True,
    metavar="OUT",
    help=".h5, .zarr, .mat: the samples are written. .vds.h5: recordings in HDF5 are referred to. .yaml: the join is "
    "kept as an entry. The last two copy nothing.",
)
@click.option("--overwrite", is_flag=True, help="Replace OUT, or the entry of that name.")
@click.option("--compression", type=click.Choice(["gzip"]), help="Smaller, and slower to write and to read.")
@_join_flags
@LOAD
@JSON
@reported
def join(
    catalog_or_path: str,
    entries: tuple[str, ...],
    every: bool,
    find: tuple[str, ...],
    exclude: tuple[str, ...],
    output: str,
    overwrite: bool,
    compression: str | None,
    load: dict[str, Any],
    as_json: bool,
    **options: Any,
) -> None:
    """Join recordings end to end, and write the result; or keep it as an entry of a catalog.

    With -o joined.yaml no sample is copied: joined.yaml (it may be CATALOG itself, or a new file) gets an entry that is
    the join, beside the entries that it is made of.
    """
    given = _given(options)
    if compression and output.lower().endswith((".yaml", ".yml", ".vds.h5")):
        raise click.UsageError(
            f"--compression: {output} would hold no samples; give -o a name that ends in .h5, .zarr or .mat"
        )
    datasets = [one for _, one in entries_of(catalog_or_path, entries, find, exclude, load)]
    if output.lower().endswith((".yaml", ".yml")):
        given.setdefault("name", os.path.splitext(os.path.basename(output))[0])
        joined = ec.join(*datasets, **given)
        if not is_catalog(catalog_or_path) or catalog_or_path.lower().endswith(".txt"):
            raise ec.CatalogError(
                f"an entry refers to entries, and {catalog_or_path} is no YAML catalog: "
                f"`ecogcat scan {os.path.dirname(catalog_or_path) or '.'} -o session.yaml` makes one"
            )
        names = chosen_names(catalog_of(catalog_or_path), entries, find, exclude)
        add_join(catalog_or_path, names, output, given, load, overwrite=overwrite)
        where = f"{output}:{given['name']}"
        if load.get("save_downsampled"):
            click.echo(
                "note: save_downsampled is left out of the entry, as reading a catalog writes nothing by itself; what "
                "was written now is found by it",
                err=True,
            )
    else:
        joined = ec.join(*datasets, **given)
        _write(joined, output, overwrite, compression)
        where = output
    if as_json:
        shape = {"n_channels": joined.n_channels, "n_samples": joined.n_samples, "duration": joined.duration}
        print_json({"output": where, "name": joined.name, **shape, "parts": [one.name for one in datasets]})
    else:
        click.echo(spoken(dataset_text(joined)))
        click.echo(f"\n{where}\nnext: ecogcat info {shlex.quote(where)}")


def _write(joined: ec.Dataset, output: str, overwrite: bool, compression: Any) -> None:
    write = getattr(ec, "write", None)
    if write is None:
        raise ec.CatalogError(f"{output}: this version writes no samples; -o NAME.yaml keeps the join as an entry")
    try:
        progress = True if shown_progress() else None
        write(joined, output, overwrite=overwrite, progress=progress, compression=compression)
    except KeyboardInterrupt:
        left = unfinished_path(os.path.realpath(output))
        if os.path.exists(left):
            raise KeyboardInterrupt(f"{left} is as far as it got; the same command goes on with it") from None
        raise
