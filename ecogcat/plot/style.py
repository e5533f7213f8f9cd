"""Style of the pictures: figures, fonts, colours that colour-blind readers tell apart, units as they are printed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from ecogcat.conditions.labels import condition_label

__all__ = ["colours_of", "new_axes", "new_figure", "nice_number", "short_name", "style", "text_width", "unit_text"]

FONT = 7.0
"""Points; the smallest that journals print is 5 to 6."""

INK, PALE, RULE, SEAM = "#222222", "#e9e9e9", "#8a8a8a", "#d55e00"

# Okabe and Ito's, without the black of the traces and the orange of the seams.
_CATEGORIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#b59f00", "#5d3a9b", "#7f7f7f")

_RC = {
    "font.size": FONT,
    "axes.titlesize": FONT + 1,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": FONT,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": FONT,
    "ytick.labelsize": FONT,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": FONT,
    "legend.title_fontsize": FONT,
    "legend.frameon": False,
    "hatch.linewidth": 0.7,
    "hatch.color": "#666666",
    "savefig.dpi": 220,
    "figure.dpi": 110,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install 'ecogcat[plot]'") from error
    return matplotlib


@contextmanager
def style() -> Iterator[None]:
    """Draw in the style of the pictures, whatever the user's settings are."""
    with _matplotlib().rc_context(_RC):
        yield


def new_figure(width: float, height: float, *, shown: bool) -> Any:
    """Return a figure, size in inches; one that will be shown is pyplot's, one for a file belongs to nobody."""
    _matplotlib()
    if shown:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=(width, height))
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def new_axes(ax: Any, width: float, height: float, margins: tuple[float, float, float, float]) -> Any:
    """Return `ax`, or new axes within margins (left, right, bottom, top) in inches."""
    if ax is not None:
        return ax
    left, right, bottom, top = margins
    figure = new_figure(width, height, shown=True)
    return figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height))


def axes_inches(ax: Any) -> tuple[float, float]:
    """Return width and height of axes in inches."""
    box = ax.get_position()
    width, height = ax.figure.get_size_inches()
    return box.width * width, box.height * height


def text_width(text: str, size: float = FONT) -> float:
    """Return about how many inches a text takes."""
    return 0.56 * size * len(text) / 72


def short_name(name: str, inches: float, size: float = FONT) -> str:
    """Return a name that fits: whole, shortened in its middle, or "" where not even that is legible.

    Examples
    --------
    >>> short_name("rec_001", 1.0), short_name("2026-03-14_10-21-05_001", 0.8), short_name("rec_001", 0.05)
    ('rec_001', '2026-0…-05_001', '')
    """
    most = int(inches / (0.56 * size / 72))
    if len(name) <= most:
        return name
    if most < 5:
        return ""
    head = (most - 1) // 2
    return f"{name[:head]}…{name[len(name) - (most - 1 - head) :]}"


def unit_text(units: str) -> str:
    """Return a unit as it is printed.

    Examples
    --------
    >>> unit_text("uV")
    'µV'
    """
    return "µ" + units[1:] if units.startswith("u") and len(units) > 1 else units


def nice_number(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `value`.

    Examples
    --------
    >>> nice_number(743.0), nice_number(0.31)
    (500.0, 0.2)
    """
    if not (math.isfinite(value) and value > 0):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{max([step for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)], default=1) * power:.12g}")


def number_text(value: Any) -> str:
    """Return a condition's value without needless digits."""
    if isinstance(value, float):  # NumPy's float64 too
        return f"{value:g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return str(value)


def level_text(column: str | None, value: Any) -> str:
    """Return a condition's value as its type of experiment is written: a tone as ``2.8 kHz``.

    Examples
    --------
    >>> level_text("tones", 2828.4), level_text("amps", 30), level_text("contrast", 0.5)
    ('2.8 kHz', '30', '0.5')
    """
    text = "" if column is None else condition_label({column: value})
    if not text or text.startswith(f"{column}="):
        return number_text(value)
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def is_ordered(values: Sequence[Any]) -> bool:
    """Return whether values are numbers, whose order colours should show."""
    return len(values) > 0 and all(isinstance(value, (int, float, np.number)) for value in values)


def colours_of(values: Sequence[Any]) -> list[Any]:
    """Return a colour a condition: along a scale for numbers, distinct ones for names."""
    from matplotlib import colormaps

    if is_ordered(values) and len(values) > 2:
        scale = colormaps["viridis"]
        return [scale(k) for k in np.linspace(0.0, 0.88, len(values))]
    return [_CATEGORIES[k % len(_CATEGORIES)] for k in range(len(values))]


def default_condition(table: pd.DataFrame) -> str | None:
    """Return the condition that tells most events apart while staying legible, None if there is none."""
    counts = {column: table[column].nunique() for column in table.columns}
    legible = {column: n for column, n in counts.items() if 2 <= n <= 12}
    if legible:
        return str(max(legible, key=lambda column: legible[column]))
    return str(next(iter(counts))) if counts else None


def time_scale(seconds: float) -> tuple[float, str]:
    """Return how many seconds the unit of a time axis has, and its name."""
    if seconds <= 0.5:
        return 1e-3, "ms"
    return (1.0, "s") if seconds <= 300 else (60.0, "min") if seconds <= 3 * 3600 else (3600.0, "h")
