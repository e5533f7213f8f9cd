"""Cases of the lab's HDF5 of Blackrock recordings: golden inputs, at the rate before the older system lowers it."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from tests.formats.cases import Case, Oracle


def _golden(path: Path) -> Oracle:
    with h5py.File(path) as file:
        stored, rate = file["data"][()].T, float(file["Fs"][0, 0])
    expected = np.load(path.parent / "expected.npz")
    events = expected["pos_edge"] * round(rate / float(expected["Fs"]))
    return Oracle({"signal": stored}, {"signal": (stored * (8000 / 32768)).astype("f4")}, rate, events.tolist())


CASES = [
    Case(f"reference/golden/{name}/input.h5", "golden, its input and events", _golden)
    for name in ("case_126_blackrock_down15_uV", "case_127_blackrock_down10_V")
]
