"""Cases of Intan recordings packed into HDF5: golden vectors of the older system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import SHARED
from tests.formats.cases import Case, Oracle

GOLDEN = "reference/golden"

# Those that involve neither filters nor a lower rate.
PLAIN: dict[str, tuple[str, dict[str, Any]]] = {
    "case_16_rhd_plain": ("psv_61_intan", {}),
    "case_19_rhd_load_channels": ("psv_128_rhd", {"channels": range(64)}),
    "case_23_rhd_psv_256": ("psv_256_rhd", {}),
    "case_24_rhd_two_adc": ("psv_61_gray", {}),
}


def electrode(name: str) -> str:
    """Return the path of an electrode's table."""
    return str(SHARED / f"reference/electrodes/{name}.csv")


def expected(path: Path) -> dict[str, np.ndarray]:
    """Return what the older system made of the input at this path."""
    with np.load(path.parent / "expected.npz") as file:
        return {name: file[name] for name in file.files}


def _golden(path: Path) -> Oracle:
    # In double precision there; handed out in single precision here.
    known = expected(path)
    values = {"signal": known["data"].astype("f4"), "adc": known["board_adc_data"].astype("f4")}
    if "ground_chans" in known:
        values["ground"] = known["ground_chans"].astype("f4")
    return Oracle({}, values, float(known["Fs"]), (), [known["data"].shape[1]])


CASES = [
    Case(f"{GOLDEN}/{name}/input.h5", "golden", _golden, {"electrode": electrode(table), **arguments})
    for name, (table, arguments) in PLAIN.items()
]
