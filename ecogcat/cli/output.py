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

__all__ = ["facts", "hertz", "print_json", "seconds", "table"]

_PIPED = 160  # columns, where nobody's terminal says how many
_MANY = 1000  # rows from which on a table is laid out by its longest cells alone: rich takes a minute for 100,000


def console() -> Console:
    """Return the console: as wide as the terminal, without colours in a pipe."""
    return Console(width=None if sys.stdout.isatty() else _PIPED, highlight=False, soft_wrap=False)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str] = ()) -> None:
    """Print a table."""
    if len(rows) > _MANY or not sys.stdout.isatty():  # into a pipe, one line a row
        _long_table(title, header, rows, right)
        return
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in header:
        grid.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=name in right)
    for row in rows:
        grid.add_row(*(_plain_text(cell) for cell in row))
    console().print(grid)


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
