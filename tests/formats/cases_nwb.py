"""Cases of NWB files, against pynwb."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle
from tests.formats.nwb_recordings import read_nwb


def _by_pynwb(key: str) -> Callable[[Path], Oracle]:
    def oracle(path: Path) -> Oracle:
        stored, volts, rate = read_nwb(path, key)
        values = (volts.T * 1e6).astype(np.float32)
        whole = {"signal": stored.T} if stored.dtype.kind in "iu" else {"signal": stored.T.astype(np.float32)}
        return Oracle(whole, {"signal": values}, rate, (), [len(stored)])

    return oracle


CASES = [
    Case("recordings/nwb/catalystneuro_buzsaki_lfp_96ch.nwb", "pynwb", _by_pynwb("ElectricalSeries_lfp")),
    Case("recordings/nwb/catalystneuro_converter_spec_1.nwb", "pynwb", _by_pynwb("ElectricalSeries")),
]
