"""The demo on a folder of recordings: what can be opened, what can be joined, and why the rest cannot."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import ecogcat as ec
from ecogcat.catalog.folder import Found, find_recordings, groups
from ecogcat.demo import page
from ecogcat.demo.tour import join, show_plan, tour
from ecogcat.tabulate import duration_text

__all__ = ["run_folder"]


def run_folder(folder: str | os.PathLike[str], output: Path) -> int:
    """Open all recordings of a folder, join what can be joined, say what cannot; return 0 if anything was opened."""
    page.title(f"ecogcat {ec.__version__}: the recordings in {os.fspath(folder)}")
    page.step("What is there: headers only, no sample is read")
    found, n_others = find_recordings(folder, ec.open_recording)
    datasets = [one.dataset for one in found if one.dataset is not None]
    _list_found(found, n_others, folder)
    if not datasets:
        page.say("Nothing to show: no recording of a known format could be opened here.")
        page.say("ecogcat opens Intan .rhd files and HDF5 files so far.")
        return 1
    gathered = list(groups(datasets))
    group = gathered[0]
    if len(group) == 1:
        joined = group[0]
        pieces = ec.split(joined)
        if len(pieces) > 1:
            page.step(f"{joined.name}: {len(pieces)} consecutive files opened as one dataset")
            show_plan(pieces)
        else:
            page.step(f"{joined.name}: one recording")
        page.text(repr(joined))
    else:
        joined = join(group, "*datasets", at_all=len(datasets))
    if len(gathered) > 1:
        page.step("What was not joined with these, and why")
        for other in gathered[1:]:
            names = ", ".join(one.name for one in other)
            plan = ec.plan_join(*group, *other)
            most = max(one.n_channels for one in plan.datasets)
            costs = f": would leave {plan.n_channels} of {most} channels" if plan.ok else ""
            page.say(f"{names} (join with each other){costs}" if len(other) > 1 else f"{names}{costs}")
            page.text(repr(plan))
    tour(joined, output)
    page.title("Next")
    page.code(
        "import ecogcat as ec",
        f'dataset = ec.open_recording("{next(one.path for one in found if one.dataset is group[0])}")',
        "dataset.signal[:8, :1000]                  # NumPy indexing",
        "ec.load_arguments(dataset.parts[0].format) # electrode=, channels=, units=, events=, ...",
    )
    return 0


def _list_found(found: Sequence[Found], n_others: int, folder: str | os.PathLike[str]) -> None:
    rows = []
    for one in found:
        place = os.path.relpath(one.path, os.path.abspath(os.path.expanduser(folder)))
        place = os.path.basename(one.path) if place == "." else place
        if one.dataset is None:
            continue
        dataset = one.dataset
        n = len(dataset.parts)
        rows.append(
            (
                page.shortened(place, 44),
                f"{dataset.n_channels} x {dataset.n_samples:,}",
                f"{dataset.sampling_rate:g} Hz",
                duration_text(round(dataset.duration, 2)),
                f"{n} files" if n > 1 else "",
            )
        )
    if rows:
        page.table(("recording", "channels x samples", "rate", "duration", ""), rows)
    refused = [one for one in found if one.dataset is None]
    if refused:
        print()
        page.say(f"{len(refused)} cannot be opened:")
        for one in refused:
            page.say(f"{os.path.basename(one.path)}: {one.problem}", indent=5)
    for text in [text for one in found if one.dataset is not None for text in one.dataset.warnings][:8]:
        page.say(f"warning: {text}")
    if not n_others and not found:
        page.say("The folder holds no file.")
    elif n_others:
        page.say(f"{n_others} other file{'s are' if n_others != 1 else ' is'} no recording of a known format.")
