"""Cases of TDMS files, against npTDMS."""

from __future__ import annotations

from pathlib import Path

import nptdms
import numpy as np

from tests.formats.cases import Case, Oracle


def _waveforms(path: Path) -> Oracle:
    with nptdms.TdmsFile.read(path) as content:
        channels = content["Layer Data"].channels()
        stored = np.stack([one.read_data(scaled=False)[0] for one in channels])
        slopes = [one.properties["NI_Scale[1]_Linear_Slope"] for one in channels]
        # Volts, as npTDMS scales them, times a million: rounded once, as a gain in uV rounds.
        values = (stored * (np.array(slopes) * 1e6)[:, None]).astype(np.float32)
        rate = 1 / channels[0].properties["wf_increment"]
    return Oracle({"signal": stored}, {"signal": values}, float(f"{rate:.12g}"), (), [stored.shape[1]])


def _line(path: Path) -> Oracle:
    with nptdms.TdmsFile.read(path) as content:
        (line,) = content.groups()[0].channels()
        return Oracle({"dig": line[:][None]}, {}, 1 / line.properties["wf_increment"], (), [len(line)])


CASES = [
    Case("recordings/tdms/raw1.tdms", "npTDMS", _waveforms),
    Case("recordings/tdms/Digital_Input.tdms", "npTDMS", _line),
]
