"""Cases of HDF5 files in the lab's layout: golden vectors of the older system, that is Open Ephys made into HDF5."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from tests.conftest import SHARED
from tests.formats.cases import Case, Oracle
from tests.formats.continuous import golden

_ARRAYS = {"signal": "data", "ground": "ground_chans", "reference_channels": "ref_chans", "adc": "adc", "aux": "aux"}


def _golden(path: Path) -> Oracle:
    """Everything that the older system made of it; its mapped precision was double."""
    expected = golden(path.parent.name)
    values = {ours: expected[theirs].astype("f4") for ours, theirs in _ARRAYS.items() if theirs in expected}
    return Oracle({}, values, float(expected["Fs"]), (), [expected["data"].shape[1]])


def _unfiltered(electrode: str) -> Callable[[Path], Oracle]:
    """What of it no filter has changed; of the electrodes the stored integers, by h5py."""

    def oracle(path: Path) -> Oracle:
        whole = _golden(path)
        with open(SHARED / "reference/electrodes" / f"{electrode}.csv", newline="") as file:
            rows = [int(line["channel"]) for line in csv.DictReader(file) if line["role"] == "electrode"]
        with h5py.File(path) as file:
            stored = file["chdata"][:][rows]
        values = {name: whole.values[name] for name in ("adc", "aux")}
        return Oracle({"signal": np.asarray(stored)}, values, whole.sampling_rate, (), [stored.shape[1]])

    return oracle


def _case(name: str, electrode: str, filtered: bool = False, **arguments: object) -> Case:
    path = f"reference/golden/case_{name}/input.h5"
    oracle = _unfiltered(electrode) if filtered else _golden
    against = "golden; h5py where it is filtered" if filtered else "golden"
    return Case(path, against, oracle, {"electrode": electrode, **arguments})


CASES = [
    _case("02_oephys_mV_bandpass", "ratv4_intan", True, units="mV"),
    _case("03_oephys_load_channels", "ratv5_intan", channels=range(3, 30)),
    _case("05_oephys_refelectrode_V", "rat_refelectrode_intan", units="V"),
    _case("07_oephys_mapped_rplus_notch", "ratv3_intan", True),
    _case("08_oephys_highpass_only", "psv_32", True),
    _case("10_oephys_two_trigger_channels", "psv_61_wireless_sub"),
]
