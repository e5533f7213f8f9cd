"""Cases of Open Ephys binary recordings, against neo (stored integers) and a plain NumPy decode (events, values)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle
from tests.formats.openephys_recordings import decode

_TE = "2023-06-27_Neuropixel_test_te0001"


def _by_hand(
    recording: str, stream: str, channels: int, gain: float, rate: float, clock: str, ttl: str
) -> Callable[[Path], Oracle]:
    def oracle(path: Path) -> Oracle:
        folder = path / recording
        stored = decode(folder / "continuous" / stream, channels)
        first = int(np.load(folder / "continuous" / stream / clock)[0])
        events = np.load(folder / "events" / ttl / clock) - first if ttl else []
        values = (stored.astype(np.float64) * gain).astype(np.float32)
        return Oracle({"signal": stored}, {"signal": values}, rate, list(events), [stored.shape[1]])

    return oracle


_HEADSTAGE, _FILE, _PROBE = 0.19499999284744263, 0.05000000074505806, 0.1949999928474426

CASES = [
    Case(
        "recordings/openephys_binary/v0.4.4.1_with_video_tracking",
        "a plain NumPy decode",
        _by_hand(
            "experiment1/recording1",
            "Rhythm_FPGA-100.0",
            32,
            _HEADSTAGE,
            30000.0,
            "timestamps.npy",
            "Rhythm_FPGA-100.0/TTL_1",
        ),
    ),
    *(
        Case(
            "recordings/openephys_binary/v0.5.x_two_nodes",
            "a plain NumPy decode",
            _by_hand(
                f"RecordNode{node}/experiment1/recording{k}",
                "File_Reader-100.0",
                16,
                _FILE,
                40000.0,
                "timestamps.npy",
                "",
            ),
            {"node": f"RecordNode{node}", "recording": f"recording{k}"},
        )
        for node in (103, 105)
        for k in (1, 2, 3)
    ),
    *(
        Case(
            f"recordings/openephys_binary/{_TE}",
            "a plain NumPy decode",
            _by_hand(
                "Record Node 101/experiment1/recording1",
                f"Neuropix-PXI-100.Probe{probe}-LFP",
                384,
                _PROBE,
                2500.0,
                "sample_numbers.npy",
                f"Neuropix-PXI-100.Probe{probe}-LFP/TTL",
            ),
            {"stream": f"Neuropix-PXI-100.Probe{probe}-LFP"},
        )
        for probe in "AB"
    ),
]
