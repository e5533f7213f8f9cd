"""Command `convert-session`: an INI session of the lab written as a YAML catalog."""

from __future__ import annotations

import shlex

import click

import ecogcat as ec
from ecogcat.cli.app import JSON, reported
from ecogcat.cli.output import print_json

__all__ = ["convert_session"]


@click.command("convert-session", short_help="Write a session file of the lab as YAML.")
@click.argument("conf")
@click.option("-o", "--output", required=True, metavar="SESSION.yaml", help="Catalog to write.")
@click.option("--settings", metavar="FILE", help="The lab's global settings; by default those in the home folder.")
@click.option("--roots", metavar="FOLDER", multiple=True, help="Folder of sessions by name; may be repeated.")
@click.option("--overwrite", is_flag=True, help="Replace a catalog that is there.")
@JSON
@reported
def convert_session(
    conf: str, output: str, settings: str | None, roots: tuple[str, ...], overwrite: bool, as_json: bool
) -> None:
    """Write the session file CONF, or the session of that name, as a YAML catalog.

    What is worth a look goes to the error stream: recordings that are not on disk now, options that are not done.
    """
    notes = ec.convert_session(conf, output, settings=settings, roots=roots or None, overwrite=overwrite)
    if as_json:
        print_json({"output": output, "notes": notes})
        return
    for note in notes:
        click.echo(f"note: {note}", err=True)
    here = shlex.quote(output)
    click.echo(f"{output}\nnext: ecogcat ls {here}, ecogcat check {here}")
