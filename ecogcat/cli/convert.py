"""Command `convert-session`: INI sessions of the lab written as YAML catalogs, one or a folder of them."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from typing import Any

import click

import ecogcat as ec
from ecogcat.catalog.convert import convert_into
from ecogcat.catalog.lab import session_groups, sessions_in
from ecogcat.cli.app import JSON, reported
from ecogcat.cli.completion import complete_files
from ecogcat.cli.output import print_json

__all__ = ["convert_session"]


@click.command("convert-session", short_help="Write a session file of the lab as YAML.")
@click.argument("conf", shell_complete=complete_files)
@click.option("-o", "--output", required=True, metavar="SESSION.yaml", help="Catalog to write; of a folder, a folder.")
@click.option("--settings", metavar="FILE", help="The lab's global settings; by default those in the home folder.")
@click.option("--roots", metavar="FOLDER", multiple=True, help="Folder of sessions by name; may be repeated.")
@click.option("--overwrite", is_flag=True, help="Replace a catalog that is there.")
@JSON
@reported
def convert_session(
    conf: str, output: str, settings: str | None, roots: tuple[str, ...], overwrite: bool, as_json: bool
) -> None:
    """Write the session file CONF, or the session of that name, as a YAML catalog.

    What is worth a look goes to the error stream: recordings that are not on disk now, options that are not done. If
    CONF is a folder of sessions, or of groups of them, each becomes a catalog in the folder that -o names. What cannot
    be converted is listed with the reason, and the others are converted all the same; exit status 1 then.
    """
    given: dict[str, Any] = {"settings": settings, "roots": roots or None, "overwrite": overwrite}
    if not os.path.isdir(os.path.expanduser(conf)):
        notes, failed = convert_into(conf, output, **given)
        if as_json:
            print_json({"output": output, "notes": notes, "failed": failed})
        else:
            _tell(notes, failed)
            here = shlex.quote(output)
            click.echo(f"{output}\nnext: ecogcat ls {here}, ecogcat check {here}")
        if failed:
            sys.exit(1)
        return
    _convert_folder(os.path.expanduser(conf), output, given, as_json)


def _convert_folder(folder: str, output: str, given: dict[str, Any], as_json: bool) -> None:
    """Convert each session of a folder, and of the folders in it."""
    rows: list[dict[str, Any]] = []
    for name, path in _sessions(folder):
        target = os.path.join(output, f"{name}.yaml")
        row: dict[str, Any] = {"session": name, "output": target, "notes": (), "failed": {}, "error": ""}
        try:
            row["notes"], row["failed"] = convert_into(path, target, **given)
        except (ec.EcogcatError, OSError, ValueError, TypeError) as error:  # the others are converted all the same
            row["output"], row["error"] = None, " ".join(str(error).split())
        rows.append(row)
    if not rows:
        raise ec.RecordingNotFound(f"{folder}: no session file of the lab is in it, nor in the folders in it")
    if as_json:
        print_json(rows)
    for row in () if as_json else rows:
        _tell([f"{row['session']}: {note}" for note in row["notes"]], row["failed"], f"{row['session']}: ")
        click.echo(f"FAILS  {row['session']}: {row['error']}" if row["error"] else row["output"])
    if any(row["error"] or row["failed"] for row in rows):
        sys.exit(1)


def _sessions(folder: str) -> Iterator[tuple[str, str]]:
    yield from sessions_in(folder).items()
    for group in session_groups([folder]):
        for name, path in sessions_in(os.path.join(folder, group)).items():
            yield f"{group}/{name}", path


def _tell(notes: Any, failed: dict[str, str], before: str = "") -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
    for name, reason in failed.items():
        click.echo(f"left out: {before}{name}: {reason}", err=True)
