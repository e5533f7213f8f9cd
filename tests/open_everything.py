"""``python -m tests.open_everything [FOLDER]``: every path in a folder, opened or refused, one line each.

A folder that a format recognises is one path; of any other its files and folders are looked at. So are the files of a
folder that was recognised and could not be opened, and recordings in folders within it that are no part of it.
"""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import ecogcat as ec
from ecogcat.formats.registry import argument_names, detect
from tests.conftest import SHARED


@dataclass(frozen=True)
class Outcome:
    """What became of one path.

    Attributes
    ----------
    path : Path
    arguments : dict
        Of a recording of several streams: which of them.
    how : {"opened", "refused", "BROKEN"}
        BROKEN: an error that is not ours got through.
    text : str
        One line: shape, rate, format and warnings; or the error.
    dataset : Dataset or None
    """

    path: Path
    arguments: dict[str, Any]
    how: str
    text: str
    dataset: ec.Dataset | None = None

    def line(self, below: Path) -> str:
        """The line to print, the path below a folder."""
        chosen = "".join(f", {name}={value!r}" for name, value in self.arguments.items())
        return f"{self.how:8} {self.path.relative_to(below)}{chosen}: {self.text.replace(f'{self.path}: ', '')}"


def everything(folder: Path, *, all_files: bool = True) -> Iterator[Outcome]:
    """Yield what becomes of every path in a folder.

    Parameters
    ----------
    folder : Path
    all_files : bool
        Also of those that no format recognises; they are passed over where they lie within a recording.
    """
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not is_recognised(path):
            yield from everything(path, all_files=all_files)
        elif all_files or is_recognised(path):
            found = list(outcomes(path))
            yield from found
            if path.is_dir():
                opened = [one.dataset for one in found if one.dataset is not None]
                covered = {Path(name) for dataset in opened for part in dataset.parts for name in part.paths}
                yield from _uncovered(path, covered)


def _uncovered(folder: Path, covered: set[Path]) -> Iterator[Outcome]:
    """Yield what becomes of what lies in the folder of a recording and is no part of it."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not any(path in one.parents for one in covered):
            yield from everything(path, all_files=False) if not is_recognised(path) else outcomes(path)
        elif path.is_file() and not covered:
            yield from outcomes(path)


def is_recognised(path: Path) -> bool:
    """Whether some format would open it."""
    try:
        detect(str(path))
    except ec.EcogcatError:
        return False
    return True


def outcomes(path: Path) -> Iterator[Outcome]:
    """Yield what becomes of a path; of one that holds several recordings or streams, what becomes of each."""
    first = attempt(path)
    yield first
    if first.how == "refused" and "Name one with" in first.text:
        names = argument_names(detect(str(path)).open)
        try:
            rows = ec.streams(path).to_dict("records")
        except ec.EcogcatError as error:
            yield Outcome(path, {"streams": "all"}, "refused", str(error))
            return
        seen: list[dict[str, Any]] = []
        for row in rows:
            chosen = {key: row[key] for key in ("stream", "node", "experiment", "recording") if key in names}
            chosen = {key: value for key, value in chosen.items() if not pd.isna(value)}
            if chosen and chosen not in seen:
                seen.append(chosen)
                yield attempt(path, **chosen)


def attempt(path: Path, **arguments: Any) -> Outcome:
    """Open a path and read its first and last sample."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # libraries may have something to say
            dataset = ec.open_recording(path, **arguments)
            for array in (dataset.signal, *dataset.arrays().values()):
                array[:, :1], array[:, -1:]
    except ec.EcogcatError as error:
        return Outcome(path, arguments, "refused", str(error))
    except Exception:
        return Outcome(path, arguments, "BROKEN", traceback.format_exc())
    return Outcome(path, arguments, "opened", describe(dataset), dataset)


def describe(dataset: ec.Dataset) -> str:
    """Return a dataset in one line."""
    shape = f"{dataset.n_channels} x {dataset.n_samples:,} at {dataset.sampling_rate:g} Hz, {dataset.parts[0].format}"
    further = [f"{name} {array.n_channels} x {array.n_samples:,}" for name, array in dataset.arrays().items()]
    further += [f"{len(dataset.parts)} parts"] if len(dataset.parts) > 1 else []
    further += [f"{len(dataset.events)} events"] if len(dataset.events) else []
    said = "".join(f" | {text}" for text in dataset.warnings)
    return ", ".join([shape, *further]) + said


def main(arguments: list[str]) -> int:
    """Print the lines; the status is 1 if an error that is not ours got through."""
    folder = Path(arguments[0]) if arguments else SHARED / "recordings"
    if not folder.is_dir():
        print(f"no such folder: {folder}", file=sys.stderr)
        return 2
    counts: dict[str, int] = {}
    for outcome in everything(folder):
        counts[outcome.how] = counts.get(outcome.how, 0) + 1
        print(outcome.line(folder), flush=True)
    print(", ".join(f"{n} {how}" for how, n in counts.items()))
    return int("BROKEN" in counts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
