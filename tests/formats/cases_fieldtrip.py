"""Cases of FieldTrip raw structures, against a plain walk of the file with h5py."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from tests.formats.cases import Case, Oracle


def walk(path: Path) -> Oracle:
    with h5py.File(path) as file:
        trials = [file[one][()].T for one in file["data/trial"][()].ravel()]
        times = [file[one][()].ravel() for one in file["data/time"][()].ravel()]
        rate = float(file["data/fsample"][0, 0])
    starts = np.cumsum([0] + [one.shape[1] for one in trials])
    events = [
        int(start + np.abs(time).argmin())
        for start, time in zip(starts, times, strict=False)
        if time[0] <= 1e-9 <= time[-1]
    ]
    values = np.concatenate(trials, axis=1).astype(np.float32)
    return Oracle(
        {"signal": np.concatenate(trials, axis=1)}, {"signal": values}, rate, events, np.diff(starts).tolist()
    )


CASES = [Case("recordings/matlab_v73/fieldtrip_eximia_raw_v73.mat", "a plain h5py walk", walk)]
