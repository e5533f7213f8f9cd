"""The demo: a session simulated, or a folder of your own, opened, joined, read and drawn, with every step shown.

Run it with ``python -m ecogcat.demo [FOLDER]``; ``make demo`` and ``make demo DATA=FOLDER`` do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import ecogcat as ec
from ecogcat.catalog.demo import demo_catalog_path, demo_folder
from ecogcat.catalog.folder import Found, find_recordings, groups
from ecogcat.tabulate import duration_text, text_table

__all__ = ["main", "run_folder", "run_session"]

_BAD = 10
_REASON = "high impedance"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ecogcat.demo", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", help="recordings of your own; a simulated session without it")
    parser.add_argument("-o", "--output", help="where to write (default: demo/)")
    given = parser.parse_args(arguments)
    output = demo_folder() if given.output is None else Path(given.output)
    try:
        if given.folder is None:
            run_session(output)
            return 0
        return run_folder(given.folder, output)
    except ec.EcogcatError as error:
        print(_wrapped(f"error: {error}"), file=sys.stderr)
        return 1


def run_session(output: Path) -> None:
    """Simulate a session of four recordings into ``output/session`` and go through everything."""
    import intake

    from ecogcat.testing.simulate import simulate_session

    _title(f"ecogcat {ec.__version__}: four recordings, one dataset")

    _step("A session on disk")
    began = time.perf_counter()
    session = simulate_session(output / "session")
    for recording in session.recordings:
        _say(f"{_relative(recording.path)}  ({recording.path.stat().st_size / 1e6:.1f} MB)")
    _say(f"Two file formats, each in two layouts; simulated in {time.perf_counter() - began:.1f} s.")

    _step("Opened through its catalog: headers only, no sample is read")
    path = _catalog_for(output)
    began = time.perf_counter()
    catalog = intake.open_catalog(str(path))
    names = [name for name in catalog if name.startswith("rec_")]
    datasets = [catalog[name].read() for name in names]
    spent = time.perf_counter() - began
    _code(f'cat = intake.open_catalog("{_relative(path)}")', "list(cat)")
    rows = []
    for name, dataset in zip(names, datasets, strict=True):
        start = str(dataset.parts[0].start_time.astype("datetime64[s]")).replace("T", " ")  # type: ignore[union-attr]
        size = f"{dataset.n_channels} x {dataset.n_samples:,}"
        rows.append((name, dataset.parts[0].format, size, f"{dataset.sampling_rate:g} Hz", len(dataset.events), start))
    _table(("entry", "format", "channels x samples", "rate", "events", "start time"), rows)
    _say(f"opened in {spent * 1e3:.0f} ms")

    _step(f"{_BAD} channels of {names[1]} are bad: leave them out, and say why")
    bad = [datasets[1].signal.channel_names[k] for k in range(5, 5 + 5 * _BAD, 5)]
    _code(
        'rec_002 = cat["rec_002"].read()',
        f"bad = rec_002.signal.channel_names[5:{5 + 5 * _BAD}:5]",
        f'rec_002 = ec.mask_channels(rec_002, names=bad, reason="{_REASON}")',
    )
    datasets[1] = ec.mask_channels(datasets[1], names=bad, reason=_REASON)
    _say(f"{names[1]} keeps {datasets[1].n_channels} channels; the file is as it was.")

    joined = _join(datasets, "rec_001, rec_002, rec_003, rec_004")
    _tour(joined, output)
    _title("Next")
    _code(
        "import intake, ecogcat as ec",
        f'cat = intake.open_catalog("{_relative(path)}")',
        'dataset = cat["all_tones"].read()          # the join is an entry too',
        "dataset.signal[:8, 39_000:41_000]          # NumPy indexing, in uV",
        "ec.split(dataset)                          # the recordings again",
    )
    _say("Your own recordings:  make demo DATA=<folder>", "On the command line:  ecogcat plan " + _relative(path))


def run_folder(folder: str | os.PathLike[str], output: Path) -> int:
    """Open all recordings of a folder, join what can be joined, say what cannot; return 0 if anything was opened."""
    _title(f"ecogcat {ec.__version__}: the recordings in {os.fspath(folder)}")
    _step("What is there: headers only, no sample is read")
    found, n_others = find_recordings(folder, ec.open_recording)
    datasets = [one.dataset for one in found if one.dataset is not None]
    _list_found(found, n_others, folder)
    if not datasets:
        _say("Nothing to show: no recording of a known format could be opened here.")
        _say("ecogcat opens Intan .rhd files and HDF5 files so far.")
        return 1
    gathered = list(groups(datasets))
    group = gathered[0]
    if len(group) == 1:
        joined = group[0]
        pieces = ec.split(joined)
        if len(pieces) > 1:
            _step(f"{joined.name}: {len(pieces)} consecutive files opened as one dataset")
            _plan(pieces)
        else:
            _step(f"{joined.name}: one recording")
        _text(repr(joined))
    else:
        joined = _join(group, "*datasets", at_all=len(datasets))
    if len(gathered) > 1:
        _step("What was not joined with these, and why")
        for other in gathered[1:]:
            names = ", ".join(one.name for one in other)
            plan = ec.plan_join(*group, *other)
            most = max(one.n_channels for one in plan.datasets)
            costs = f": would leave {plan.n_channels} of {most} channels" if plan.ok else ""
            _say(f"{names} (join with each other){costs}" if len(other) > 1 else f"{names}{costs}")
            _text(repr(plan))
    _tour(joined, output)
    _title("Next")
    _code(
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
                _shortened(place, 44),
                f"{dataset.n_channels} x {dataset.n_samples:,}",
                f"{dataset.sampling_rate:g} Hz",
                duration_text(round(dataset.duration, 2)),
                f"{n} files" if n > 1 else "",
            )
        )
    if rows:
        _table(("recording", "channels x samples", "rate", "duration", ""), rows)
    refused = [one for one in found if one.dataset is None]
    if refused:
        print()
        _say(f"{len(refused)} cannot be opened:")
        for one in refused:
            _say(f"{os.path.basename(one.path)}: {one.problem}", indent=5)
    for text in [text for one in found if one.dataset is not None for text in one.dataset.warnings][:8]:
        _say(f"warning: {text}")
    if not n_others and not found:
        _say("The folder holds no file.")
    elif n_others:
        _say(f"{n_others} other file{'s are' if n_others != 1 else ' is'} no recording of a known format.")


# The steps both have


def _join(datasets: Sequence[ec.Dataset], names: str, at_all: int | None = None) -> ec.Dataset:
    _step("The plan: every mismatch before anything is read")
    _code(f"ec.plan_join({names})")
    _plan(datasets)
    some = f", {len(datasets)} of the {at_all}" if at_all is not None and at_all > len(datasets) else ""
    _step(f"Joined{some}: nothing is copied")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the plan has said it
        began = time.perf_counter()
        joined = ec.join(*datasets)
        spent = time.perf_counter() - began
    _code(f"dataset = ec.join({names})", "dataset")
    _text(repr(joined))
    _say(f"joined in {spent * 1e3:.1f} ms; {joined.signal.nbytes / 1e6:,.0f} MB of values stay on disk")
    return joined


def _plan(datasets: Sequence[ec.Dataset]) -> None:
    _text(repr(ec.plan_join(*datasets)))


def _tour(dataset: ec.Dataset, output: Path) -> None:
    """Show a dataset: samples across a seam, where they come from, events, dropped channels, the picture."""
    signal = dataset.signal
    if dataset.seams:
        at = dataset.seams[0].sample
        _step(f"Read across the seam at sample {at:,}")
        low, high = max(0, at - 3), min(dataset.n_samples, at + 3)
        _code(f"dataset.signal[:4, {low}:{high}]")
        _print_seam(signal[:4, low:high], signal.channel_names, at - low, dataset.units)
        start, stop = max(0, at - 1000), min(dataset.n_samples, at + 1000)
        left, right = ec.select_time(dataset, start, at), ec.select_time(dataset, at, stop)
        across = signal[:, start:stop]
        same = np.array_equal(across, np.concatenate([left.signal[:], right.signal[:]], axis=1), equal_nan=True)
        pieces = ec.split(dataset)
        parts = [
            pieces[dataset.recordings.index(dataset.parts[k])] for k in (0, 1) if dataset.parts[k] in dataset.recordings
        ]
        same = same and len(parts) == 2 and _same_as_parts(dataset, parts, at, start, stop, across)
        _say(f"{stop - start:,} samples across it equal the two recordings read alone: {'yes' if same else 'NO'}")
        samples = [at - 1, at]
    else:
        _step("Read")
        _code("dataset.signal[:4, :6]")
        _print_seam(signal[:4, :6], signal.channel_names, None, dataset.units)
        samples = [0]
    _step("Where a sample comes from")
    _code(f"ec.locate(dataset, {samples})")
    table = ec.locate(dataset, samples)
    rows = [
        (sample, part, _shortened(os.path.basename(str(file)), 30), number, str(time_)[:24].replace("NaT", "unknown"))
        for sample, (part, file, number, time_) in zip(samples, table.itertuples(index=False, name=None), strict=True)
    ]
    _table(("sample", "part", "file", "file_sample", "wall_time"), rows)
    _show_events(dataset)
    _show_dropped(dataset)
    _draw(dataset, output)


def _same_as_parts(
    dataset: ec.Dataset, pieces: Sequence[ec.Dataset], at: int, start: int, stop: int, across: Any
) -> bool:
    """Return whether samples across the first seam are those of its two recordings, each opened alone."""
    left, right = pieces
    first = left.signal.read(start=left.n_samples - (at - start))
    second = right.signal.read(stop=stop - at)
    return np.array_equal(across, np.concatenate([first, second], axis=1), equal_nan=True)


def _print_seam(values: Any, names: Sequence[str], seam: int | None, units: str) -> None:
    rows = []
    for name, row in zip(names, values, strict=False):
        cells = [f"{value:9.2f}" for value in row]
        if seam is not None:
            cells.insert(seam, "|")
        rows.append((name, *cells))
    lines = ["  ".join((row[0].ljust(max(len(one[0]) for one in rows)), *row[1:])) for row in rows]
    _text("\n".join(lines) + f"\n({units})")


def _show_events(dataset: ec.Dataset) -> None:
    events = dataset.events
    if not len(events):
        return
    _step(f"{len(events)} events, each with its condition")
    table = events.table
    table.insert(0, "sample", events.sample)
    _code("dataset.events.sample[:3], dataset.events.table.head(3)")
    _text(table.head(3).to_string(index=False))
    for column in list(events.table.columns)[:4]:
        codes, values = events.conditions(column)
        if 1 < len(values) <= 12:
            counts = np.bincount(codes[codes >= 0], minlength=len(values))
            _code(f'codes, table = dataset.events.conditions("{column}")')
            said = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values[column])
            _say(f"{column} {said}: {', '.join(map(str, counts))} events")


def _show_dropped(dataset: ec.Dataset) -> None:
    dropped = dataset.dropped
    if not len(dropped):
        return
    _step("Channels that masking or joining left out, and why")
    _code("dataset.dropped")
    _text(dropped.head(4).to_string(index=False, na_rep=""))
    if len(dropped) > 4:
        counts = dropped.groupby(["part", "reason"], sort=False).size()
        for (part, reason), n in list(counts.items())[:8]:  # type: ignore[misc]
            _say(_shortened(f"{n} of {part}: {reason}", _width() - 4))


def _draw(dataset: ec.Dataset, output: Path) -> None:
    _step("The picture")
    path = output / "overview.png"
    output.mkdir(parents=True, exist_ok=True)
    try:
        ec.plot_overview(dataset, path)
    except ImportError as error:
        _say(f"not drawn: {error}")
        return
    _code(f'ec.plot_overview(dataset, "{_relative(path)}")')
    _say(f"written: {_relative(path)}")


def _catalog_for(output: Path) -> Path:
    """Return the demo catalog; a copy beside the session where the demo does not write to its usual place."""
    path = demo_catalog_path()
    if output.resolve() == demo_folder().resolve() and path.parent.name == "catalogs":
        return path
    copy = output / "demo.yaml"
    text = path.read_text(encoding="utf-8").replace("{{ CATALOG_DIR }}/../demo/session/", "{{ CATALOG_DIR }}/session/")
    copy.write_text(text, encoding="utf-8")
    return copy


# Printing


def _width() -> int:
    return min(100, max(60, shutil.get_terminal_size((88, 24)).columns))


_steps = 0


def _title(text: str) -> None:
    global _steps
    _steps = 0
    print(f"\n{text}\n{'=' * min(len(text), _width())}")


def _step(text: str) -> None:
    global _steps
    _steps += 1
    print(f"\n{_steps}. {text}\n")


def _say(*texts: str, indent: int = 3) -> None:
    for text in texts:
        print(textwrap.fill(text, _width(), initial_indent=" " * indent, subsequent_indent=" " * (indent + 2)))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _width(), subsequent_indent="  ", break_long_words=False)


def _code(*lines: str) -> None:
    for line in lines:
        print(f"   >>> {line}")


def _text(text: str) -> None:
    for line in text.splitlines():
        print("   " + _shortened(line, _width() - 3))


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    numbers = ("channels x samples", "rate", "events", "sample", "part", "file_sample", "duration")
    _text(text_table(header, rows, right=[name for name in header if name in numbers]))


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _relative(path: str | os.PathLike[str]) -> str:
    """Return a path as one would type it here."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith("..") else relative


if __name__ == "__main__":
    sys.exit(main())
