"""Completion: what the shell offers for a word of the line - files, and entries of the catalog before them."""

from __future__ import annotations

import os

import click
from click.shell_completion import CompletionItem

__all__ = ["LINE", "complete_entries", "complete_files"]

LINE = "ecogcat.line"
"""Under which the group remembers the words of the line."""

_MOST = 2000  # names that anyone looks through


def complete_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Have the shell offer its files."""
    return [CompletionItem(incomplete, type="file")]


def complete_entries(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the entries of the catalog on the line; files where it is none. A folder is not looked through for it."""
    from ecogcat.catalog.rows import rows_of
    from ecogcat.cli.targets import catalog_of, is_catalog

    # From the words themselves: behind an option that lacks its value click has taken nothing apart.
    words = [word for word in context.meta.get(LINE, ()) if is_catalog(word) and os.path.isfile(word)]
    if not words:
        return complete_files(context, parameter, incomplete)
    place = words[0]
    try:
        names = [row.name for row in rows_of(catalog_of(place), broken=True) if row.name.startswith(incomplete)]
    except Exception:  # nothing is offered for a catalog that is broken: the command itself says what is wrong
        return []
    return [CompletionItem(name) for name in names[:_MOST]]
