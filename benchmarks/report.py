"""One row a work item: what was measured, and the ratios that are printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.children import MB, first_calls
from benchmarks.items import Item
from benchmarks.limits import Limit
from benchmarks.timing import interleave, seconds
from ecogcat.settings import threads

_LIMIT_REPEATS = 3  # in one run of the limit program, which counts as one round

COLUMNS = {
    "limit": "limit / ours",
    "limit_out": "limit / out=",
    "h5py": "h5py / ours",
    "virtual": "virtual / ours",
    "numpy": "NumPy / ours",
    "pandas": "pandas / ours",
    "scipy": "scipy / ours",
    "compiling": "first call / ours",
    "cached": "next process / ours",
    "extra_mb": "memory beyond output, MB",
}


def measure(item: Item, folder: Path, n_samples: int, rounds: int, *, limited: bool = True) -> dict[str, Any]:
    """Measure an item: every column once a round, the limits between them; then first calls in new processes."""
    measures: dict[str, Callable[[], float]] = {}
    if isinstance(item.limit, Limit):
        for output in ("fresh", "touched") if limited else ():
            if output == "fresh" or "out" in item.calls:
                measures[f"limit_{output}"] = partial(item.limit.seconds, output, _LIMIT_REPEATS, threads())
    elif item.limit is not None:
        measures["limit_fresh"] = partial(seconds, item.limit)
    measures |= {column: partial(item.measure, column) for column in item.calls}
    medians = interleave(measures, rounds)
    first = first_calls(folder, n_samples, item.label)
    return {
        "item": item.name,
        "layout": item.layout,
        "title": item.title,
        "notes": list(item.notes),
        "median_s": medians,
        **first,
        "ratios": _ratios(medians, first),
    }


def _ratios(medians: dict[str, float], first: dict[str, float]) -> dict[str, float | None]:
    ours = medians["ours"]

    def over(column: str, by: float = ours) -> float | None:
        return medians[column] / by if column in medians else None

    extra = first["extra_bytes"]
    return {
        "limit": over("limit_fresh"),
        "limit_out": over("limit_touched", medians.get("out", ours)),
        **{peer: over(peer) for peer in ("h5py", "virtual", "numpy", "pandas", "scipy")},
        "compiling": first["compiling_s"] / ours,
        "cached": first["cached_s"] / ours,
        "extra_mb": None if extra is None else extra / MB,
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the ratios as a Markdown table; the notes on items follow it."""
    used = [key for key in COLUMNS if any(row["ratios"][key] is not None for row in rows)]
    lines = [["item", "layout", *(COLUMNS[key] for key in used)]]
    lines += [[row["item"], row["layout"], *(_text(row["ratios"][key]) for key in used)] for row in rows]
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    notes = dict.fromkeys(f"- {row['item']}: {note}." for row in rows for note in row["notes"])
    return "\n".join([*text, "", *notes])


def _text(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
