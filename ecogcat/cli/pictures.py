"""Pictures: plot and report."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

import ecogcat as ec
from ecogcat.cli.app import JSON, LOAD, ecogcat, reported, selected
from ecogcat.cli.completion import complete_files
from ecogcat.cli.output import print_json
from ecogcat.cli.targets import catalog_of, chosen_names, dataset_of
from ecogcat.progress import shown_progress

__all__ = ["plot", "report"]


@ecogcat.command(short_help="Draw the overview of a recording.")
@click.argument("entry", shell_complete=complete_files)
@LOAD
@click.option("-o", "--output", required=True, metavar="FIG.png", help="File to write: .png, .pdf or .svg.")
@click.option("--by", help="Condition that colours the events.")
@click.option("--seam", default=0, show_default=True, help="Which seam the traces cross.")
@click.option("--reject", multiple=True, metavar="LABEL", help="Intervals to leave out of responses and spectra.")
@JSON
@reported
def plot(
    entry: str,
    load: dict[str, Any],
    output: str,
    by: str | None,
    seam: int,
    reject: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw the overview of a recording or a join."""
    ec.plot_overview(dataset_of(entry, load), output, by=by, seam=seam, reject=reject)
    if as_json:
        print_json({"output": output})
    else:
        click.echo(output)


@ecogcat.command(short_help="Put a catalog on one page of HTML.")
@click.argument("catalog", shell_complete=complete_files)
@selected
@click.option("-o", "--output", required=True, metavar="report.html", help="Page to write.")
@click.option("--pictures", default=12, show_default=True, type=click.IntRange(0), help="Recordings to draw, at most.")
@JSON
@reported
def report(
    catalog: str,
    entries: tuple[str, ...],
    every: bool,
    find: tuple[str, ...],
    exclude: tuple[str, ...],
    output: str,
    pictures: int,
    as_json: bool,
) -> None:
    """Put a catalog on one page of HTML: its table, what holds, the plan of a join, warnings, pictures.

    The page needs no other file and no network. Exit status 1 if an entry does not hold; the page says which.
    """
    from ecogcat.cli.report import write_report

    _check_page(output)
    cat = catalog_of(catalog)
    names = chosen_names(cat, entries, find, exclude) if entries or find or exclude else None
    wrong = write_report(cat, catalog, output, names, pictures, progress=shown_progress())
    if as_json:
        print_json({"output": output, "failed": wrong})
    else:
        click.echo(output)
        for name in wrong:
            click.echo(f"does not hold: {name}; `ecogcat check {catalog}` says why", err=True)
    if wrong:
        sys.exit(1)


def _check_page(output: str) -> None:
    """Raise where no page can be written, before the recordings are opened; nor is one put in a recording's place."""
    folder = os.path.dirname(os.path.abspath(output))
    if not output.lower().endswith((".html", ".htm")):
        raise ec.CatalogError(f"{output}: a report is a page; name it report.html")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{output}: there is no folder {folder} to write to; make it first")
