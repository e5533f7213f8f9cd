"""Page: how the demo prints - numbered steps, lines of code, tables, sentences - within the terminal's width."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Sequence
from typing import Any

from ecogcat.tabulate import text_table

__all__ = ["code", "relative", "say", "shortened", "step", "table", "text", "title", "width", "wrapped"]


def width() -> int:
    """Return the columns to fill: those of the terminal, 100 at most."""
    return min(100, max(60, shutil.get_terminal_size((88, 24)).columns))


_steps = 0


def title(text: str) -> None:
    """Print a heading; steps are counted anew."""
    global _steps
    _steps = 0
    print(f"\n{text}\n{'=' * min(len(text), width())}")


def step(text: str) -> None:
    """Print the heading of the next step."""
    global _steps
    _steps += 1
    print(f"\n{_steps}. {text}\n")


def say(*texts: str, indent: int = 3) -> None:
    """Print sentences, wrapped."""
    for one in texts:
        print(textwrap.fill(one, width(), initial_indent=" " * indent, subsequent_indent=" " * (indent + 2)))


def wrapped(text: str) -> str:
    """Return a message in lines; paths stay whole."""
    return textwrap.fill(text, width(), subsequent_indent="  ", break_long_words=False)


def code(*lines: str) -> None:
    """Print lines of Python as one would type them."""
    for line in lines:
        print(f"   >>> {line}")


def text(lines: str) -> None:
    """Print lines as they are, cut at the width."""
    for line in lines.splitlines():
        print("   " + shortened(line, width() - 3))


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers are flush right."""
    numbers = ("channels x samples", "rate", "events", "sample", "part", "file_sample", "duration")
    text(text_table(header, rows, right=[name for name in header if name in numbers]))


def shortened(text: str, most: int) -> str:
    """Return a text cut to `most` letters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def relative(path: str | os.PathLike[str]) -> str:
    """Return a path as one would type it here."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith("..") else relative
