"""Tour: the steps that the demo goes through with any dataset, from the plan of a join to the picture."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import ecogcat as ec
from ecogcat.demo import page

__all__ = ["join", "show_plan", "tour"]


def join(datasets: Sequence[ec.Dataset], names: str, at_all: int | None = None) -> ec.Dataset:
    """Show the plan, join, and show the result; `names` stand for the datasets in the code shown."""
    page.step("The plan: every mismatch before anything is read")
    page.code(f"ec.plan_join({names})")
    show_plan(datasets)
    some = f", {len(datasets)} of the {at_all}" if at_all is not None and at_all > len(datasets) else ""
    page.step(f"Joined{some}: nothing is copied")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the plan has said it
        began = time.perf_counter()
        joined = ec.join(*datasets)
        spent = time.perf_counter() - began
    page.code(f"dataset = ec.join({names})", "dataset")
    page.text(repr(joined))
    page.say(f"joined in {spent * 1e3:.1f} ms; {joined.signal.nbytes / 1e6:,.0f} MB of values stay on disk")
    return joined


def show_plan(datasets: Sequence[ec.Dataset]) -> None:
    """Print the plan of a join."""
    page.text(repr(ec.plan_join(*datasets)))


def tour(dataset: ec.Dataset, output: Path) -> None:
    """Show a dataset: samples across a seam, where they come from, events, dropped channels, the picture."""
    signal = dataset.signal
    if dataset.seams:
        at = dataset.seams[0].sample
        page.step(f"Read across the seam at sample {at:,}")
        low, high = max(0, at - 3), min(dataset.n_samples, at + 3)
        page.code(f"dataset.signal[:4, {low}:{high}]")
        _print_seam(signal[:4, low:high], signal.channel_names, at - low, dataset.units)
        stop = min(dataset.n_samples, at + 1000, dataset.parts[1].stop)
        start = max(0, at - 1000)
        same = _same_as_alone(dataset, at, start, stop)
        page.say(f"{stop - start:,} samples across it equal the two recordings read alone: {'yes' if same else 'NO'}")
        samples = [at - 1, at]
    else:
        page.step("Read")
        page.code("dataset.signal[:4, :6]")
        _print_seam(signal[:4, :6], signal.channel_names, None, dataset.units)
        samples = [0]
    page.step("Where a sample comes from")
    page.code(f"ec.locate(dataset, {samples})")
    table = ec.locate(dataset, samples)
    rows = [
        (
            sample,
            part,
            page.shortened(os.path.basename(str(file)), 30),
            number,
            str(time_)[:24].replace("NaT", "unknown"),
        )
        for sample, (part, file, number, time_) in zip(samples, table.itertuples(index=False, name=None), strict=True)
    ]
    page.table(("sample", "part", "file", "file_sample", "wall_time"), rows)
    _show_events(dataset)
    _show_dropped(dataset)
    _draw(dataset, output)


def _same_as_alone(dataset: ec.Dataset, at: int, start: int, stop: int) -> bool:
    """Return whether samples across the first seam are those of its two recordings, each taken out of the join."""
    left, right = ec.split(dataset)[:2]
    first = left.signal.read(start=left.n_samples - (at - start))
    second = right.signal.read(stop=stop - at)
    across = dataset.signal[:, start:stop]
    return bool(np.array_equal(across, np.concatenate([first, second], axis=1), equal_nan=True))


def _print_seam(values: Any, names: Sequence[str], seam: int | None, units: str) -> None:
    rows = []
    for name, row in zip(names, values, strict=False):
        cells = [f"{value:9.2f}" for value in row]
        if seam is not None:
            cells.insert(seam, "|")
        rows.append((name, *cells))
    lines = ["  ".join((row[0].ljust(max(len(one[0]) for one in rows)), *row[1:])) for row in rows]
    page.text("\n".join(lines) + f"\n({units})")


def _show_events(dataset: ec.Dataset) -> None:
    events = dataset.events
    if not len(events):
        return
    page.step(f"{len(events)} events, each with its condition")
    table = events.table
    table.insert(0, "sample", events.sample)
    page.code("dataset.events.sample[:3], dataset.events.table.head(3)")
    page.text(table.head(3).to_string(index=False))
    for column in list(events.table.columns)[:4]:
        codes, values = events.conditions(column)
        if 1 < len(values) <= 12:
            counts = np.bincount(codes[codes >= 0], minlength=len(values))
            page.code(f'codes, table = dataset.events.conditions("{column}")')
            said = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values[column])
            page.say(f"{column} {said}: {', '.join(map(str, counts))} events")


def _show_dropped(dataset: ec.Dataset) -> None:
    dropped = dataset.dropped
    if not len(dropped):
        return
    page.step("Channels that masking or joining left out, and why")
    page.code("dataset.dropped")
    page.text(dropped.head(4).to_string(index=False, na_rep=""))
    if len(dropped) > 4:
        counts = dropped.groupby(["part", "reason"], sort=False).size().reset_index(name="n")
        for part, reason, n in counts.head(8).itertuples(index=False, name=None):
            page.say(page.shortened(f"{n} of {part}: {reason}", page.width() - 4))


def _draw(dataset: ec.Dataset, output: Path) -> None:
    page.step("The picture")
    path = output / "overview.png"
    output.mkdir(parents=True, exist_ok=True)
    try:
        ec.plot_overview(dataset, path)
    except ImportError as error:
        page.say(f"not drawn: {error}")
        return
    page.code(f'ec.plot_overview(dataset, "{page.relative(path)}")')
    page.say(f"written: {page.relative(path)}")
