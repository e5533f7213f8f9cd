"""Output of the command: tables for people, JSON for machines."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

__all__ = ["facts", "hertz", "print_json", "seconds", "table", "without_room"]

_PIPED = 160  # columns, where nobody's terminal says how many
_MANY = 1000  # rows from which on a table is laid out by its longest cells alone: rich takes a minute for 100,000

_NAME = 36  # columns that a long name is given at least
_FOLDED = 24  # columns from which on other texts than names go over several lines


def console() -> Console:
    """Return the console: as wide as the terminal, without colours in a pipe."""
    return Console(width=None if sys.stdout.isatty() else _PIPED, highlight=False, soft_wrap=False)


def table(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    right: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> None:
    """Print a table; in a narrow terminal without those of the columns `spare`, the first first, that have no room."""
    if len(rows) > _MANY or not sys.stdout.isatty():  # into a pipe, one line a row
        _long_table(title, header, rows, right)
        return
    screen = console()
    left_out = without_room(header, rows, screen.width, spare)
    kept = [k for k, name in enumerate(header) if name not in left_out]
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for k in kept:
        name, short = header[k], max((len(str(row[k])) for row in rows), default=0) <= _FOLDED
        grid.add_column(
            name,
            justify="right" if name in right else "left",
            overflow="fold",
            no_wrap=k > 0 and (short or name in right),
        )
    for row in rows:
        grid.add_row(*(_plain_text(row[k]) for k in kept))
    screen.print(grid)
    if left_out:
        click.echo(f"no room for: {', '.join(left_out)} (a wider terminal, a pipe and --json have all)", err=True)


def without_room(header: Sequence[str], rows: Sequence[Sequence[Any]], width: int, spare: Sequence[str]) -> list[str]:
    """Return the columns to leave out of a table, so that its first has room for a name.

    Examples
    --------
    >>> without_room(["entry", "start", "rate"], [["a" * 40, "2026-03-14 10:21:05", "2 kHz"]], 60, ["start"])
    ['start']
    >>> without_room(["entry", "start", "rate"], [["rec_1", "2026-03-14 10:21:05", "2 kHz"]], 60, ["start"])
    []
    """
    widths = {
        name: max([len(name), *(len(str("" if row[k] is None else row[k])) for row in rows)])
        for k, name in enumerate(header)
    }
    left_out: list[str] = []
    for name in (one for one in spare if one in widths):
        others = [min(size, _FOLDED) + 2 for one, size in widths.items() if one not in (header[0], *left_out)]
        if min(widths[header[0]], _NAME) + sum(others) <= width:
            break
        left_out.append(name)
    return left_out


def _long_table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str]) -> None:
    texts = [[" ".join(str("" if cell is None else cell).split()) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(header, row, widths, strict=True)
        ).rstrip()
        for row in texts
    ]
    click.echo("\n".join([title, *lines]))


def hertz(rate: float) -> str:
    """Return a rate in few letters.

    Examples
    --------
    >>> hertz(30000.061), hertz(2000), hertz(333.25)
    ('30 kHz', '2 kHz', '333.2 Hz')
    """
    return f"{rate / 1000:.5g} kHz" if rate >= 1000 else f"{rate:.4g} Hz"


def seconds(duration: float) -> str:
    """Return a duration in few letters.

    Examples
    --------
    >>> seconds(0.125), seconds(9.5), seconds(83), seconds(5025)
    ('0.125 s', '9.5 s', '1:23', '1:23:45')
    """
    if duration < 60:
        return f"{duration:.3g} s"
    minutes, rest = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def facts(title: str, rows: Sequence[tuple[str, Any]]) -> None:
    """Print facts, one a line."""
    if not sys.stdout.isatty():
        width = max((len(name) for name, _ in rows), default=0)
        lines = [f"{name:{width}}  {'' if value is None else value}".rstrip() for name, value in rows]
        click.echo("\n".join([*filter(None, [title]), *lines]))
        return
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, show_header=False)
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(name, _plain_text(value))
    console().print(grid)


def _plain_text(value: Any) -> Any:
    from rich.text import Text

    return Text("" if value is None else str(value))  # no markup: "[uV]" is a unit


def print_json(value: Any) -> None:
    """Print a value as JSON; what JSON has no word for (NaN, a missing value) is null."""
    click.echo(json.dumps(_jsonable(value), indent=2, ensure_ascii=False, allow_nan=False))


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _jsonable(one) for key, one in value.items()}
    if isinstance(value, pd.DataFrame):
        return [
            _jsonable(dict(zip(value.columns, row, strict=True))) for row in value.itertuples(index=False, name=None)
        ]
    if isinstance(value, (list, tuple, set)):
        return [_jsonable(one) for one in value]
    if isinstance(value, np.ndarray):
        return _jsonable(value.tolist())
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value.astype("datetime64[us]"))
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (bool, int, str)) else str(value)
