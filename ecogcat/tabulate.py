"""Tables in text and HTML: how datasets and join plans show themselves."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.joining.plan import JoinPlan
from ecogcat.parts import Part

__all__ = ["dataset_html", "dataset_text", "plan_text", "text_table"]


def text_table(header: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[str] = ()) -> str:
    """Lay out rows below a header, columns as wide as they need.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequences
        Anything printable.
    right : sequence of str
        Columns to set flush right.

    Examples
    --------
    >>> print(text_table(["name", "n"], [["a", 1], ["bcd", 10]], right=["n"]))
    name   n
    a      1
    bcd   10
    """
    lines = [[str(cell) for cell in header], *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    flush = [name in right for name in header]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, flush, strict=True)
        ).rstrip()
        for line in lines
    )


def _facts(dataset: Dataset) -> list[tuple[str, str]]:
    signal = dataset.signal
    place = "in memory" if not signal.sources else _counted(len(signal.sources), "file")
    place = "scratch" if signal.writeable else place
    facts = [
        (
            "signal",
            f"{dataset.n_channels:,} channels x {dataset.n_samples:,} samples, {dataset.sampling_rate:g} Hz, "
            f"{dataset.units}, {signal.dtype}, {place}",
        ),
        ("duration", duration_text(dataset.duration)),
    ]
    if len(dataset.parts) == 1 and dataset.parts[0].start_time is not None:
        facts.append(("start", _time(dataset.parts[0])))
    for name, array in dataset.arrays().items():
        shape = f"{array.n_channels:,} x {array.n_samples:,}"
        facts.append((name, f"{shape}, {array.sampling_rate:g} Hz, {array.units or 'no unit'}, {array.dtype}"))
    if dataset.channel_map is not None:
        facts.append(("sites", repr(dataset.channel_map)[len("<ChannelMap ") : -1]))
    facts.append(("events", repr(dataset.events)[len("<Events ") : -1]))
    if len(dataset.intervals):
        facts.append(("intervals", f"{len(dataset.intervals):,}"))
    notes = len({note for part in dataset.parts for note in part.notes})
    if notes:
        facts.append(("notes", f"{notes:,}: see .parts[k].notes"))
    for what in ("bandpass", "notches", "reference"):
        value = getattr(dataset, what)
        if value:
            facts.append((what, str(value)))
    dropped = dataset.dropped
    if len(dropped):
        facts.append(("dropped", f"{_counted(len(dropped), 'channel')}: see .dropped"))
    warnings = dataset.warnings
    facts += [("warning", text) for text in warnings[:5]]
    if len(warnings) > 5:
        facts.append(("warning", f"... and {len(warnings) - 5} more: see .warnings"))
    return facts


_PART_HEADER = ("part", "name", "format", "samples", "rate", "from", "start time")
_MOST_PARTS = 12


def _part_rows(dataset: Dataset) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for k, part in enumerate(dataset.parts):
        what = part.format if part.kind == "recording" else part.kind
        rows.append(
            (k, part.name, what, f"{part.n_samples:,}", f"{part.sampling_rate:g}", f"{part.start:,}", _time(part))
        )
    if len(rows) > _MOST_PARTS:
        left = len(rows) - _MOST_PARTS + 1
        rows = [*rows[: _MOST_PARTS - 2], ("...", f"{left} more", "", "", "", "", ""), rows[-1]]
    return rows


def _time(part: Part) -> str:
    return "" if part.start_time is None else str(part.start_time.astype("datetime64[ms]")).replace("T", " ")


def dataset_text(dataset: Dataset) -> str:
    """Return the table that `repr` of a dataset shows."""
    facts = _facts(dataset)
    width = max(len(name) for name, _ in facts)
    lines = [f"Dataset {dataset.name}", *(f"  {name.ljust(width)}  {value}" for name, value in facts)]
    if len(dataset.parts) > 1:
        table = text_table(_PART_HEADER, _part_rows(dataset), right=("samples", "rate", "from"))
        lines += ["  " + line for line in table.splitlines()]
    return "\n".join(lines)


def dataset_html(dataset: Dataset) -> str:
    """Return the table that a notebook shows."""

    def row(cells: Iterable[Any], tag: str = "td") -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    facts = "".join(row(fact) for fact in _facts(dataset))
    text = f"<b>Dataset {html.escape(dataset.name)}</b><table>{facts}</table>"
    if len(dataset.parts) > 1:
        parts = row(_PART_HEADER, "th") + "".join(row(cells) for cells in _part_rows(dataset))
        text += f"<table>{parts}</table>"
    return text


def plan_text(plan: JoinPlan) -> str:
    """Return the tables that `repr` of a join plan shows."""
    verdict = "can be joined" if plan.ok else "CANNOT be joined like this"
    n = len(plan.datasets)
    shape = f"{plan.n_channels:,} channels x {plan.n_samples:,} samples"
    lines = [f"Join plan: {_counted(n, 'dataset')} {verdict} -> {shape}"]
    header = ["name", "channels", "samples", "rate", "units", "events", "start"]
    rows: list[tuple[Any, ...]] = [
        (
            one.name,
            one.n_channels,
            f"{one.n_samples:,}",
            f"{one.sampling_rate:g}",
            one.units,
            len(one.events),
            _start(one),
        )
        for one in plan.datasets
    ]
    if n > _MOST_PARTS:
        rows = [*rows[: _MOST_PARTS - 2], (f"... {n - _MOST_PARTS + 1} more", *[""] * (len(header) - 1)), rows[-1]]
    lines += _indented(text_table(header, rows, right=("channels", "samples", "rate", "events")))
    if plan.mismatches:
        # What is done about it stands before what may be long.
        columns = ["part", "what", "action", "expected", "found"]
        differ = [*plan.differences[columns].itertuples(index=False, name=None)]
        lines.append("mismatches:")
        lines += _indented(text_table(columns, differ[:20]))
        if len(differ) > 20:
            lines.append(f"  ... and {len(differ) - 20} more: see .differences")
    gains = plan.gains
    for without, kept in gains.head(3).itertuples(index=False, name=None):
        names = ", ".join(without[:4]) + (f" and {len(without) - 4} more" if len(without) > 4 else "")
        lines.append(f"without {names} you keep {kept} channels; with them {plan.match.have.all(0).sum()}")
    return "\n".join(lines)


def _start(dataset: Dataset) -> str:
    time = dataset.parts[0].start_time
    return "" if time is None else str(time.astype("datetime64[s]")).replace("T", " ")


def _indented(table: str) -> list[str]:
    return ["  " + line for line in table.splitlines()]


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def duration_text(seconds: float) -> str:
    """Return a duration as people read it: 0.5 s, 7 min 1.6 s, 2 h 5 min 3 s."""
    if not math.isfinite(seconds):
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:.3f}".rstrip("0").rstrip(".") + " s"
    if minutes or hours:
        text = f"{minutes} min {text}"
    return f"{hours} h {text}" if hours else text
