"""Cases of SpikeGLX recordings, against a plain NumPy decode and the formulas of the vendor's documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle
from tests.formats.spikeglx_recordings import decode, probe_microvolts


def _probe(stream: str) -> Callable[[Path], Oracle]:
    def oracle(path: Path) -> Oracle:
        files = sorted(path.rglob(f"*.{stream}.bin"))
        decoded = [decode(file) for file in files]
        stored = np.concatenate([one for one, _ in decoded], axis=1)
        values = np.concatenate([probe_microvolts(one[:-1], meta, stream[-2:]) for one, meta in decoded], axis=1)
        rate = float(decoded[0][1]["imSampRate"])
        arrays = {"signal": stored[:-1], "status": stored[-1:], "dig": stored[-1:] >> 6 & 1}
        return Oracle(arrays, {"signal": values}, rate, (), [one.shape[1] for one, _ in decoded])

    return oracle


def _nidq(path: Path) -> Oracle:
    stored, meta = decode(path / "Noise4Sam_g0_t0.nidq.bin")
    values = (stored[:8] * (2.0 / 32768 * 1e6)).astype(np.float32)
    lines = np.array([stored[8] >> line & 1 for line in range(8)])
    return Oracle({"dig": lines}, {"signal": values}, float(meta["niSampRate"]), (), [60864])


_RUN = "recordings/spikeglx/multi_trigger_multi_gate/5-19-2022-CI0"

CASES = [
    Case("recordings/spikeglx/Noise4Sam_g0", "a plain NumPy decode", _probe("imec0.ap")),
    Case("recordings/spikeglx/Noise4Sam_g0", "a plain NumPy decode", _nidq, {"stream": "nidq"}),
    *(
        Case(_RUN, "a plain NumPy decode", _probe(f"{probe}.{kind}"), {"stream": f"{probe}.{kind}"})
        for probe in ("imec0", "imec1")
        for kind in ("ap", "lf")
    ),
]
