"""Cases of Neuralynx recordings, against a plain NumPy decode of the bytes and Neo."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle

_GAIN_UV = 0.000000305175781250000006 * 1e6
_CHANNELS = ("LAHC1", "LAHC2", "LAHC3", "xAIR1", "xEKG1")


def _decoded(path: Path) -> Oracle:
    header = 16384
    stored = []
    for name in _CHANNELS:
        words = np.fromfile(path / f"{name}.ncs", "<i2", offset=header).reshape(-1, 522)
        assert (words[:-1, 8] == 512).all()
        stored.append(np.concatenate([words[:-1, 10:].ravel(), words[-1, 10 : 10 + words[-1, 8]]]))
    together = np.array(stored)
    values = (together * -_GAIN_UV).astype("f4")
    first = int.from_bytes((path / "LAHC1.ncs").read_bytes()[header : header + 8], "little")
    stamps = np.fromfile(path / "Events.nev", "u1", offset=header).reshape(-1, 184)[:, 6:14].copy().view("<u8").ravel()
    since = (stamps.astype("i8") - first) / 500
    inside = since[(since >= 0) & (since < together.shape[1])]
    events = sorted(min(round(one), together.shape[1] - 1) for one in inside.tolist())
    return Oracle({"signal": together}, {"signal": values}, 2000.0, events, [together.shape[1]])


def _neo(path: Path) -> Oracle:
    from neo.rawio import NeuralynxRawIO

    names = ["LAHC1_3_gaps.ncs", "LAHC2_3_gaps.ncs"]
    reader = NeuralynxRawIO(str(path), include_filenames=names, gap_tolerance_ms=0.1)
    reader.parse_header()
    chunks = [reader.get_analogsignal_chunk(0, k, None, None, 0).T for k in range(reader.segment_count(0))]
    stored = np.concatenate(chunks, axis=1)
    values = (stored * -_GAIN_UV).astype("f4")
    return Oracle({"signal": stored}, {"signal": values}, 2000.0, None, [chunk.shape[1] for chunk in chunks])


CASES = [
    Case("recordings/neuralynx/mne_neuralynx", "a plain NumPy decode", _decoded),
    Case("recordings/neuralynx/mne_neuralynx", "neo", _neo, {"stream": "2000hz_2"}),
]
