"""``python -m tests.three_sessions``: the lab's three example sessions, from listing to values, line by line.

They are opened as they are, with recordings at the places they name; what they list and say, the experiments and the
values loaded are compared with `expected.json` and with scipy on the arrays in the files; then each is converted to
YAML and opened again. The status is 1 if anything differs.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy import signal as scipy_signal

import ecogcat as ec
from ecogcat.formats.mux import COLUMN_ORDERS, GAINS
from tests.catalog.lab_examples import SESSIONS, expected, lab_with_files
from tests.conftest import SHARED
from tests.formats.golden import Table
from tests.sections import both_ways, notch_sections

Say = Callable[[str, str, bool], None]
N_EVENTS, RATE = 27, 1000.0
TOLERANCE = 1e-6
"""Relative to the largest value, in single precision."""


def triggers_of(session: str, recording: str) -> list[int]:
    """The triggers of each recording: of one, the first is late enough for something to be cut off before it."""
    first = 1600 if session == "rats/2020-03-02" else 300
    return list(range(first, first + N_EVENTS * 150, 150))


def values_by_scipy(session: str, recording: str, source: Any) -> NDArray[Any]:
    """What the session asks for, done to the array in the file."""
    with h5py.File(Path(source.options["exp_path"]) / f"{recording}.h5") as file:
        stored = file["chdata" if "chdata" in file else "data"][:].astype("f8")
    if session == "rats/2020-03-01":
        low, kind = (([2, 300], "bandpass"), (5, "highpass"))[recording == "awake_2"]
        values = stored[Table("psv_61_intan").channels("electrode")] * 0.195
        values = both_ways(scipy_signal.butter(3, low, kind, fs=RATE, output="sos"), values)
        for line in (60, 120, 180.5):
            values = both_ways(notch_sections(line, RATE), values)
        return (values - values[3]) / (1000 if recording == "awake_2" else 1)
    cells = stored[:64].reshape(4, 16, -1)[list(COLUMN_ORDERS["mux6"])].reshape(64, -1)
    values = cells[Table("ratv4_mux6").channels("electrode")] * 1e6 / GAINS["mux6"]
    values = both_ways(notch_sections(60, RATE), values)
    return values[:, min(2500, triggers_of(session, recording)[0] - 1000) :]


def active_values(source: Any, recording: str, dataset: ec.Dataset) -> NDArray[Any]:
    """Cells of an active array in the order in which ours say that they have them; volts behind a gain of 10."""
    with h5py.File(Path(source.options["exp_path"]) / f"{recording}.h5") as file:
        stored = file["data"][:].astype("f8")
    return stored[dataset.parts[0].opened.source] * 1e6 / 10


def show(folder: Path, say: Say) -> None:
    """Do all of it in a folder."""
    lab = lab_with_files(folder, triggers_of)
    os.environ["HOME"] = str(folder)  # the first session's store_path is below it
    for session in SESSIONS:
        told = expected()[session]
        cat = ec.open_session(session, **lab)
        say(session, f"lists {', '.join(cat)}", list(cat) == told["section_order"][1:])
        cells = ec.session_table(cat).to_dict("index")
        same = all(
            cells[name][key] == text or "/abs/" in text or "/data/" in text
            for name, options in told["session_table"]["cells"].items()
            for key, text in options.items()
        )
        same &= list(cells) == told["session_table"]["rows"]
        say(session, "table: the cells expected, but for the places", same)
        path = folder / f"{session.replace('/', '_')}.yaml"
        notes = ec.convert_session(session, path, **lab)
        say(session, f"converted to YAML: {len(notes)} notes", not notes)
        again = ec.open_session(path)
        for name in cat:
            _recording(session, name, cat[name], again[name], told["experiments"][name], say)


def _recording(session: str, name: str, source: Any, again: Any, experiments: dict[str, Any], say: Say) -> None:
    want = experiments[f"{N_EVENTS} events"]
    if isinstance(want, str):
        messages = [_error(one) for one in (source, again)]
        fits = all("missing_file.txt' is neither numbers" in one for one in messages)
        say(session, f"{name}: {messages[0].splitlines()[0][:90]}", fits)
        source, again = source(conditions=None), again(conditions=None)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*conditions repeated")
        dataset, other, found = source.read(), again.read(), source.discover()
        lazily = np.array_equal(source.to_dask().compute(), dataset.signal[:])
    done = [
        f"{dataset.n_channels} x {dataset.n_samples} {dataset.units} at {dataset.sampling_rate:g} Hz",
        f"bandpass {dataset.bandpass}, notches {dataset.notches}, reference {dataset.reference}",
    ]
    active = session.startswith("mice")
    values = active_values(source, name, dataset) if active else values_by_scipy(session, name, source)
    close = values.shape == dataset.signal.shape
    worst = np.abs(dataset.signal[:] - values).max() / np.abs(values).max() if close else np.inf
    say(session, f"{name}: {', '.join(done)}: {worst:.1e} from scipy", bool(worst < TOLERANCE))
    headers = (found["shape"], found["metadata"]["sampling_rate"]) == (dataset.signal.shape, dataset.sampling_rate)
    say(session, f"{name}: discovered as {found['shape']}, to_dask gives the values", headers and lazily)
    cut = int(triggers_of(session, name)[0] - dataset.events.sample[0])
    samples = [one - cut for one in triggers_of(session, name)]
    table = {key: dataset.events.table[key].tolist() for key in dataset.events.table.columns}
    tables = {} if want is None or isinstance(want, str) else want["tables"]
    text = f"{name}: {len(dataset.events)} events, {cut} samples cut off, conditions {', '.join(table) or 'none'}"
    say(session, text, dataset.events.sample.tolist() == samples and table == tables)
    say(session, f"{name}: the same from YAML", dataset == other and ec.equals(dataset, other))


def _error(source: Any) -> str:
    try:
        source.read()
    except ValueError as error:
        return str(error)
    return "no error"


def main() -> int:
    """Print a line for each comparison."""
    if not SHARED.exists():
        print(f"the example sessions are absent: {SHARED}", file=sys.stderr)
        return 2
    failed = 0

    def say(session: str, text: str, equal: bool) -> None:
        nonlocal failed
        failed += not equal
        print(f"{'yes' if equal else 'NO '}  {session:24} {text}")

    with tempfile.TemporaryDirectory() as folder:
        show(Path(folder), say)
    print(f"{failed} differences" if failed else "no difference but those listed in docs/coming_from.md")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
