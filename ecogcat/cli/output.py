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

__all__ = ["facts", "print_json", "table"]

_PIPED = 160  # columns, where nobody's terminal says how many


def console() -> Console:
    """Return the console: as wide as the terminal, without colours in a pipe."""
    return Console(width=None if sys.stdout.isatty() else _PIPED, highlight=False, soft_wrap=False)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str] = ()) -> None:
    """Print a table."""
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in header:
        grid.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(_plain_text(cell) for cell in row))
    console().print(grid)


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
