"""Case of the wireless headstage: a golden vector of the older system."""

from __future__ import annotations

from pathlib import Path

from tests.formats.cases import Case, Oracle
from tests.formats.continuous import golden


def _golden(path: Path) -> Oracle:
    expected = golden(path.parent.name)
    data = expected["data"]
    return Oracle(
        {}, {"signal": data.astype("f4")}, float(expected["Fs"]), expected["pos_edge"].tolist(), [data.shape[1]]
    )


CASES = [
    Case(
        "reference/golden/case_102_wireless_V/input.mat",
        "golden",
        _golden,
        {"electrode": "psv_61_wireless_sub", "units": "V"},
    )
]
