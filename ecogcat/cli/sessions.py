"""Sessions: scan, check, relink."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import asdict
from typing import Any

import click

from ecogcat.catalog.check import checked
from ecogcat.catalog.relink import relink as relink_catalog
from ecogcat.catalog.rows import rows_of
from ecogcat.catalog.scanned import Update, scan_into
from ecogcat.catalog.shared import shared_settings
from ecogcat.cli.app import JSON, LOAD, ecogcat, reported, selected
from ecogcat.cli.completion import complete_files
from ecogcat.cli.output import print_json
from ecogcat.cli.targets import catalog_of, chosen_names
from ecogcat.formats.own import links_of
from ecogcat.progress import shown_progress
from ecogcat.storage.urls import shown_url

__all__ = ["check", "relink", "scan"]

_MOST = 20


@ecogcat.command(short_help="Make, or update, a catalog of a folder.")
@click.argument("folder", shell_complete=complete_files)
@click.option("-o", "--output", required=True, metavar="session.yaml", help="Catalog to write, or to bring up to date.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Paths below FOLDER to leave out; may be repeated.")
@click.option("--jobs", type=click.IntRange(1), help="Processes; as many as there are processors by default.")
@LOAD
@JSON
@reported
def scan(
    folder: str, output: str, exclude: tuple[str, ...], jobs: int | None, load: dict[str, Any], as_json: bool
) -> None:
    """Make a catalog of a folder: every recording in it, found by content; only headers are read.

    Scanned again, the catalog is brought up to date: what you wrote in it stays. What looks like a recording and cannot
    be opened is listed with the reason; that alone is no error (`ecogcat check` tells of the entries). FOLDER may be a
    URL (s3://lab/day): what lies there is brought to a local cache, and fetched again only where it has changed.
    """
    progress = True if shown_progress() else None
    update = scan_into(folder, output, exclude=exclude, jobs=jobs, progress=progress, **load)
    if as_json:
        refused = [{"path": one.path, "reason": one.reason} for one in update.scan.refused]
        facts: dict[str, Any] = {"catalog": update.path, "recordings": len(update.scan.recordings), "new": update.new}
        if update.scan.held is not None:
            facts |= {"fetched": update.scan.n_fetched, "bytes_fetched": update.scan.n_bytes}
        print_json({**facts, "gone": update.gone, "lost": update.lost, "refused": refused})
    else:
        _tell(update, output)
    if not update.scan.recordings:
        click.echo(
            f"error: no recording of a known format is in {shown_url(folder)}; the entries of {output} are kept",
            err=True,
        )
        sys.exit(1)


def _tell(update: Update, output: str) -> None:
    found = update.scan
    sessions = len({one.session for one in found.recordings})
    again = "" if len(update.new) == len(found.recordings) else f", {len(update.new)} of them new"
    click.echo(
        f"{_count(len(found.recordings), 'recording')} in {_count(sessions, 'folder')}{again}; "
        f"{_count(found.n_others, 'other file')}"
    )
    if found.held is not None:
        click.echo(f"fetched {_count(found.n_fetched, 'file')}, {_count(found.n_bytes, 'byte')}; the rest was there")
    for name in update.gone:
        click.echo(f"gone: {name} (its entry is kept)")
    for name in update.lost:
        click.echo(f"lost: {name} (its file is there, and is no recording any more; its entry is kept)")
    if found.refused:
        click.echo(f"\n{_count(len(found.refused), 'path')} cannot be opened:")
        for one in found.refused[:_MOST]:
            click.echo(f"  {one.path}\n      {one.reason}")
        if len(found.refused) > _MOST:
            click.echo(f"  and {len(found.refused) - _MOST:,} more: {output} lists them under `refused`")
    if not found.recordings:
        return
    here = shlex.quote(output)
    click.echo(f"\n{output}\nnext: ecogcat ls {here}, ecogcat check {here}, ecogcat plan {here} ENTRY...")


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


@ecogcat.command(short_help="Try every entry, one line each.")
@click.argument("catalog", shell_complete=complete_files)
@selected
@JSON
@reported
def check(
    catalog: str, entries: tuple[str, ...], every: bool, find: tuple[str, ...], exclude: tuple[str, ...], as_json: bool
) -> None:
    """Try every entry: one line each, and exit status 1 if something does not hold.

    That is: it opens, as it was when it was scanned; its electrode fits its channels, its events and tables fit it; the
    parts of a join agree. Only headers are read.
    """
    cat = catalog_of(catalog)
    names = chosen_names(cat, entries, find, exclude) if entries or find or exclude else None
    rows = []
    for row in checked(cat, names, _bar()):
        rows.append(row)
        if not as_json:
            mark = "ok" if row["ok"] else "FAILS"
            n = row["warnings"]
            more = row["problem"] or (f"{n} warning{'s' if n > 1 else ''}" if n else "")
            click.echo(f"{mark:5}  {row['entry']}" + (f": {more}" if more else ""))
    wrong = [row for row in rows if not row["ok"]]
    if as_json:
        print_json(rows)
    else:
        click.echo(f"\n{len(rows) - len(wrong):,} of {len(rows):,} entries hold")
    if wrong:
        if not as_json:
            here = shlex.quote(catalog)
            click.echo(
                f"next: ecogcat relink {here} OLD NEW where a folder has moved; ecogcat scan FOLDER -o {here} "
                "where recordings have changed",
                err=True,
            )
        sys.exit(1)


def _bar() -> Any:
    if not shown_progress() or sys.stdout.isatty():  # the lines themselves show how far it is
        return lambda done, total: None
    from tqdm.auto import tqdm

    bar = tqdm(unit=" entries", desc="checking", leave=False)

    def report(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done == total:
            bar.close()

    return report


@ecogcat.command(short_help="Say where a folder that moved is now.")
@click.argument("catalog", shell_complete=complete_files)
@click.argument("old", shell_complete=complete_files)
@click.argument("new", shell_complete=complete_files)
@click.option("--no-virtual", is_flag=True, help="Leave the virtual files that CATALOG lists as they are.")
@JSON
@reported
def relink(catalog: str, old: str, new: str, no_virtual: bool, as_json: bool) -> None:
    """Say where a folder, drive or bucket that has moved is now: OLD as it was, NEW as it is; either may be a URL.

    The paths in the catalog's entries, joins and roots are rewritten; nothing else in the file is. So are those in
    the virtual files (.vds.h5) that it lists, whose recordings have to be what they were. CATALOG may also be a virtual
    file. Exit status 1 if something is not at its new place, or no path lay below OLD, or another text names OLD: it is
    listed, and left as it is.
    """
    moved = relink_catalog(catalog, old, new, virtual=not no_virtual)
    if as_json:
        print_json([{**asdict(one), "old": shown_url(one.old), "new": shown_url(one.new)} for one in moved])
    else:
        for one in moved:
            holds = one.exists and not one.problem
            more = f" is as it was: {one.problem}" if one.problem else "" if one.exists else " (nothing is there)"
            click.echo(f"{'ok' if holds else 'FAILS':5}  {one.entry}: {shown_url(one.new)}{more}")
        n = sum(not one.problem for one in moved)
        click.echo(f"\n{n:,} path{'' if n == 1 else 's'} of {catalog} changed")
    if not moved:
        _say_where(catalog, old)
    if not moved or any(one.problem or not one.exists for one in moved):
        sys.exit(1)


def _say_where(catalog: str, old: str) -> None:
    """Say where a catalog's paths do lie, when none lay where they were said to."""
    if os.path.splitext(catalog)[1].lower() in (".yaml", ".yml"):
        cat = catalog_of(catalog)
        paths = [row.arguments.get("urlpath") for row in rows_of(cat)]
        roots = shared_settings(cat.metadata).roots
    else:
        paths, roots = list(links_of(os.path.abspath(catalog))), ()
    named = (os.path.dirname(path) for path in paths if isinstance(path, str))
    folders = dict.fromkeys([*roots, *(shown_url(one) for one in named if one)])
    listed = ", ".join(list(folders)[:5]) + (" ..." if len(folders) > 5 else "")
    click.echo(
        f"error: no path of {catalog} lies below {shown_url(old)}; they lie in {listed or 'no folder'}", err=True
    )
