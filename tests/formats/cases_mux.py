"""Cases of multiplexed headstages: the golden vectors.

The older system scaled in single precision, in two steps; ours in double precision, rounded once. So its values are
held to the decoded file by its own arithmetic, exactly, and ours to the decoded file by ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.formats.cases import Case, Oracle
from tests.formats.golden import Table, golden

# Gain, order of the columns: from the lab's tables, written out here once more.
_HEADSTAGES: dict[str, tuple[float, list[int]]] = {
    "39_mux_mux3_default": (10.0, [0, 1, 2, 3]),
    "41_mux_mux5_default": (10.0, [1, 0, 2, 3]),
    "43_mux_mux7_mux7_1card": (12.0, [1, 2, 0, 3]),
    "44_mux_mux7_lg_mux7_2card_flip": (3.0, [2, 0, 3, 1]),
    "46_mux_stim_v4_stim4_1card": (4.0, [3, 1, 0, 2]),
    "48_mux_mux6_mux7_1card": (20.0, [1, 2, 0, 3]),
    "49_mux_snip_true": (20.0, [0, 2, 1, 3]),
}
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "39": {"headstage": "mux3", "electrode": Table("psv_61")},
    "41": {"headstage": "mux5", "electrode": Table("psv_61")},
    "43": {"headstage": "mux7", "ni_daq_variant": "mux7_1card", "electrode": Table("psv_61"), "bnc": [1]},
    "44": {"headstage": "mux7_lg", "ni_daq_variant": "mux7_2card_flip", "electrode": Table("ratv4_mux6")},
    "46": {"headstage": "stim_v4", "ni_daq_variant": "stim4_1card", "electrode": Table("ratv4_mux6")},
    "48": {"headstage": "mux6", "ni_daq_variant": "mux7_1card", "electrode": Table("ratv4_mux6")},
    "49": {"headstage": "mux6", "electrode": Table("psv_61"), "units": "mV"},
}


def _oracle(path: Path) -> Oracle:
    meta, expected = golden(path)
    gain, order = _HEADSTAGES[path.parent.name.removeprefix("case_")]
    factor = {"uV": 1e6, "mV": 1e3}[meta["load_arguments"].get("units", "uV")]
    with h5py.File(path) as file:
        stored, n_rows = file["data"][:], int(file["numRow"][()])
    cells = stored[: 4 * n_rows].reshape(4, n_rows, -1)[order].reshape(4 * n_rows, -1)
    table = Table(meta["electrode"])
    values = {}
    for name, key, roles in (("signal", "data", ("electrode",)), ("ground", "ground_chans", ("ground", "other"))):
        rows = cells[table.channels(*roles)]
        # Nothing was snipped off: the first event is less than a second from the start.
        assert np.array_equal(rows / np.float32(gain) * np.float32(factor), expected[key])
        values[name] = (rows.astype("f8") * (1e6 / gain / (1e6 / factor))).astype("f4")
    # Of the trigger's column the older system gave the threshold's crossings alone, any row's.
    values["trig"] = stored[4 * n_rows : 5 * n_rows]
    assert np.array_equal((values["trig"] > values["trig"].max() / 2).any(0), expected["trig"] == 1)
    values["bnc"] = stored[5 * n_rows : 6 * n_rows].T.reshape(1, -1)
    assert np.array_equal(values["bnc"][0], expected.get("bnc", values["bnc"][0]))
    return Oracle({}, values, float(expected["Fs"]), (), [expected["data"].shape[1]])


CASES = [
    Case(f"reference/golden/case_{name}/input.h5", "golden", _oracle, _ARGUMENTS[name.split("_")[0]])
    for name in _HEADSTAGES
]
