"""Command `convert-session`: an INI session of the lab written as a YAML catalog."""

from __future__ import annotations

import os
import sys

import click

import ecogcat as ec

__all__ = ["convert_session"]


@click.command("convert-session")
@click.argument("conf")
@click.option("-o", "--output", required=True, metavar="SESSION.yaml", help="Catalog to write.")
@click.option("--settings", metavar="FILE", help="The lab's global settings; by default those in the home folder.")
@click.option("--roots", metavar="FOLDER", multiple=True, help="Folder of sessions by name; may be repeated.")
@click.option("--overwrite", is_flag=True, help="Replace a catalog that is there.")
def convert_session(conf: str, output: str, settings: str | None, roots: tuple[str, ...], overwrite: bool) -> None:
    """Write the session file CONF, or the session of that name, as a YAML catalog.

    What is worth a look goes to the error stream: recordings that are not on disk now, options that are not done.
    """
    try:
        notes = ec.convert_session(conf, output, settings=settings, roots=roots or None, overwrite=overwrite)
    except FileExistsError:
        _fail(f"{os.path.abspath(output)}: there is a file already; --overwrite replaces it")
    except (ec.EcogcatError, OSError, ValueError) as error:
        _fail(str(error))
    for note in notes:
        click.echo(f"note: {note}", err=True)
    click.echo(output)


def _fail(message: str) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(1)
