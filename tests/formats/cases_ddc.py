"""Cases of the DDC board: golden vectors of the older system, whose numbers were rounded to float32 on the way.

What they have to be is computed in double precision from what SciPy reads; the golden values may be 2 ulp off.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.io

from tests.formats.cases import Case, Oracle
from tests.formats.continuous import decode_channels, golden
from tests.formats.recordings import scaled

# The order of acquisition: rows and columns of the grid, -1 for what is connected to nothing.
ROWS = (
    *(0, 3, 2, 1, 0, 0, 4, 5, 6, 7, 6, 7, 1, 4, 4, -1, 0, 3, 1, 2, 3, 3, 4, 5, 6, 5, 6, 7, 2, 1, 5, 2),
    *(-1, 4, 4, 1, 7, 6, 7, 6, 5, 4, 3, 3, 1, 2, 0, 3, -1, 5, 1, 2, 7, 6, 5, 6, 5, 4, 2, 0, 2, 1, 0, 3),
)
ON_GRID = np.roll(ROWS, 2) >= 0


def read_ddc(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Charges of all channels, in C, and trigger lines, by SciPy; both channels first."""
    lines = path.with_name(path.name.replace(".ndata.", ".ndatastim."))
    return scipy.io.loadmat(path)["raw_data"].T, scipy.io.loadmat(lines)["qw"].T.astype("u1")


def _golden(gain: float, half: bool = False, filtered: bool = False) -> Callable[[Path], Oracle]:
    def oracle(path: Path) -> Oracle:
        expected = golden(path.parent.name)
        charges, lines = read_ddc(path)
        if half:
            charges, lines = charges[:, 1::2], lines[:, 1::2]
        values = {
            "signal": scaled(charges[ON_GRID], (gain, 0.0)),
            "ground": scaled(charges[~ON_GRID], (gain, 0.0)),
            "dig": lines,
        }
        if not filtered:
            np.testing.assert_array_max_ulp(values["signal"], expected["data"], 2)
        return Oracle({"signal": charges[ON_GRID]}, values, float(expected["Fs"]), (), [charges.shape[1]])

    return oracle


def _open_ephys(folder: Path) -> Oracle:
    expected = golden("case_110_ddc_oephys_nA_range7")
    trigger = decode_channels(folder, ["100_CH65", "100_CH66"])
    values = {"signal": expected["data"].astype("f4"), "ground": expected["ground_chans"].astype("f4")}
    return Oracle({"trigger": trigger}, values, float(expected["Fs"]))


def _case(name: str, oracle: Callable[[Path], Oracle], **arguments: object) -> Case:
    return Case(f"reference/golden/{name}/input.ndata.mat", "scipy; golden to 2 ulp", oracle, arguments)


CASES = [
    _case("case_105_ddc_pC", _golden(1e12), quantity="charge"),
    _case("case_106_ddc_half", _golden(500 * 1e9, half=True), half="odd"),
    _case("case_108_ddc_bandpass", _golden(1000 * 1e9, filtered=True)),
    Case(
        "reference/golden/case_110_ddc_oephys_nA_range7/input.zip",
        "golden",
        _open_ephys,
        {"charge_range": 7, "electrode": "psv_61_ddc"},
        quirk="QUIRKS.md: oecont (last record dropped); bugs.md L14",
    ),
]
