"""Touring: demo and doctor."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext, redirect_stdout

import click

from ecogcat.cli.app import JSON, ecogcat, reported
from ecogcat.cli.completion import complete_files
from ecogcat.cli.output import facts, print_json

__all__ = ["demo", "doctor"]


@ecogcat.command(short_help="Tour a simulated session, or recordings.")
@click.argument("folder", required=False, shell_complete=complete_files)
@click.option("-o", "--output", metavar="FOLDER", help="Where to write; demo/ by default.")
@JSON
@reported
def demo(folder: str | None, output: str | None, as_json: bool) -> None:
    """Tour a simulated session, or the recordings in FOLDER."""
    from ecogcat import demo as tour

    arguments = [] if output is None else ["--output", output]
    line = [*arguments, "--", folder] if folder is not None else arguments
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        status = tour.main(line)
    if as_json:
        print_json({"output": os.path.abspath(output or "demo"), "status": status})
    sys.exit(status)


@ecogcat.command(short_help="Examine the installation.")
@JSON
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
