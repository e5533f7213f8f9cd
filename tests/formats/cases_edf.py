"""Cases of EDF and BDF recordings, against a plain NumPy decode of the bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle

# Channels of each array as they are numbered in the file, and the events' samples (looked up in a hex dump).
FILES: dict[str, tuple[dict[str, list[int]], list[int]]] = {
    "mne_test_bdf_stim_channel.bdf": ({"signal": [0, 1, 2], "dig": [3]}, []),
    "mnepy_test.edf": (
        {"signal": list(range(136)), "aux": [136, 137], "dig": [138]},
        [0, round(0.1344 * 512), round(0.3904 * 512), 1024, 1280],
    ),
    "mnepy_test_edf_stim_channel.edf": ({"signal": list(range(24)), "trigger": [24]}, []),
    "mnepy_test_uneven_samp.edf": ({"signal": [0], "rate_12_8hz": [1]}, []),
}


def _decode(path: Path) -> tuple[list[np.ndarray], list[np.ndarray], list[float]]:
    """Return stored integers, values in the file's units and the rate of each signal."""
    data = path.read_bytes()
    length, n_records, record_s, n = (int(data[184:192]), int(data[236:244]), float(data[244:252]), int(data[252:256]))
    item = 3 if data[0] == 255 else 2

    def numbers(at: int) -> np.ndarray:
        start = 256 + n * at
        return np.array([float(data[start + 8 * k : start + 8 * k + 8] or 0) for k in range(n)])

    low, high, least, most, counts = (numbers(at) for at in (104, 112, 120, 128, 216))
    per_record = counts.astype(int)
    edges = np.concatenate([[0], np.cumsum(per_record)]) * item
    records = np.frombuffer(data, np.uint8, offset=length).reshape(n_records, edges[-1])
    stored, values = [], []
    for k in range(n):
        raw = records[:, edges[k] : edges[k + 1]].reshape(-1, item)
        wide = np.zeros((len(raw), 4), np.uint8)
        wide[:, 4 - item :] = raw
        number = wide.view("<i4")[:, 0] >> 8 * (4 - item)
        gain = (high[k] - low[k]) / (most[k] - least[k])
        stored.append(number)
        values.append((number * gain + (low[k] - least[k] * gain)).astype(np.float32))
    return stored, values, (per_record / record_s).tolist()


def _oracle(path: Path) -> Oracle:
    arrays, events = FILES[path.name]
    stored, values, rates = _decode(path)
    raw, scaled = {}, {}
    for name, channels in arrays.items():
        if name == "dig":
            n_lines = 24 if path.suffix == ".bdf" else 16
            raw[name] = np.array([stored[channels[0]] >> k & 1 for k in range(n_lines)])
            continue
        raw[name] = np.array([stored[k] for k in channels])
        scaled[name] = np.array([values[k] for k in channels])
    if path.name == "mnepy_test_uneven_samp.edf":  # in V
        scaled["signal"] = (stored[0] * (20 / 4096 * 1e6) + (-10 + 2048 * (20 / 4096)) * 1e6).astype("f4")[None]
    return Oracle(raw, scaled, rates[arrays["signal"][0]], events, [raw["signal"].shape[1]])


_read: Callable[[Path], Oracle] = _oracle
CASES = [Case(f"recordings/edf/{name}", "a plain NumPy decode", _read) for name in FILES]
