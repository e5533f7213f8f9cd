"""Cases of the analog front end: the golden vectors.

The older system took the mean of each channel off, which opening does not: what it expects is held to the decoded file
less its mean, and ours to the decoded file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.formats.cases import Case, Oracle
from tests.formats.golden import Table, golden

_FULL_SCALE = {0: 0.13, 1: 0.25, 2: 0.5, 3: 1.2, 4: 2.4, 5: 4.8, 6: 7.2, 7: 9.6}
_TABLE = Table("psv_61_afe")
_AFE = {"format": "afe", "n_data": 64, "cycle_rate": 5e5, "electrode": _TABLE}
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "119_afe_nA_range2": _AFE | {"range_code": 2, "units": "nA"},
    "120_afe_pC_range5": _AFE | {"range_code": 5, "units": "pC"},
    "122_afe_uV": _AFE | {"range_code": 0, "units": "uV"},
    "124_afe_aug21_pC": {"range_code": 7, "units": "pC", "electrode": _TABLE},
    "125_afe_snip": _AFE | {"range_code": 1, "units": "nA"},
}


def _volts(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Decode channels and trigger lines."""
    with h5py.File(path) as file:
        data = file["data"][:]
        if "numRow" not in file:
            return data.T[:64], data.T[64:]
        cells = data.reshape(int(file["numChan"][()]), int(file["numRow"][()]), -1)
        return cells[: int(file["numCol"][()]), 4:67:2].reshape(64, -1), cells[-10:, -1]


def _oracle(path: Path) -> Oracle:
    meta, expected = golden(path)
    volts, trig = _volts(path)
    full, units = _FULL_SCALE[meta["range_code"]], meta["load_arguments"]["units"]
    gain, offset = {"uV": (1e6, 0.0)}.get(units, (full / 2.8, full / 2))
    if units == "nA":
        period = (500 - 2 * meta["n_data"]) / meta["cycle_rate"]
        gain, offset = gain / period / 1e3, offset / period / 1e3
    values = volts.astype("f8") * gain + offset
    # The start was snipped off after the mean was; uV were volts still; the grounds keep their mean.
    snipped = values.shape[1] - expected["data"].shape[1]
    assert snipped == (50 if meta["load_arguments"]["snip_transient"] else 0)
    factor = 1e6 if units == "uV" else 1.0
    rows = _TABLE.channels("electrode")
    less_mean = (values - values.mean(1, keepdims=True))[rows, snipped:]
    np.testing.assert_allclose(expected["data"] * factor, less_mean, rtol=0, atol=1e-6 * max(1.0, full * factor))
    grounds = values[_TABLE.channels("ground", "other"), snipped:]
    np.testing.assert_allclose(expected["ground_chans"] * factor, grounds, rtol=2e-6, atol=1e-9)
    assert np.array_equal((trig > 1).any(0)[snipped:], expected["trig"] == 1)
    arrays = {"signal": values[rows], "ground": values[_TABLE.channels("ground")], "trig": trig}
    return Oracle(
        {},
        {name: array.astype("f4") for name, array in arrays.items()},
        float(expected["Fs"]),
        (),
        [expected["data"].shape[1] + snipped],
    )


CASES = [
    Case(f"reference/golden/case_{name}/input.h5", "golden, less the mean", _oracle, arguments)
    for name, arguments in _ARGUMENTS.items()
]
