"""Cases of BrainVision recordings, against a plain NumPy decode of the bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle

FOLDER = "recordings/brainvision/antio_CA_208"
# Samples of each segment, and the events' (both read off the marker files: positions count from 1, a 0 is the first).
FILES: dict[str, tuple[list[int], list[int]]] = {
    "test_CA_208": ([4025], [0, 4021]),
    "test_CA_208_amp_disconnection": ([6074, 3498], [0, 6071, 6073, 6074, 6074, 9568]),
    "test_CA_208_start_stop": ([3827, 3828, 3432], [0, 3824, 3827, 7652, 7655, 11083]),
}


def decode(header: Path) -> np.ndarray:
    """Return the numbers of a recording: 88 channels of float32, all of a sample together, in uV."""
    return np.fromfile(header.with_suffix(".eeg"), "<f4").reshape(-1, 88).T


def _oracle(path: Path) -> Oracle:
    parts, events = FILES[path.stem]
    stored = decode(path)
    return Oracle({"signal": stored}, {"signal": stored}, 1000.0, events, parts)


def _of_folder(path: Path) -> Oracle:
    return _oracle(path / "test_CA_208_start_stop.vhdr")


CASES = [Case(f"{FOLDER}/{name}.vhdr", "a plain NumPy decode", _oracle) for name in FILES]
CASES += [Case(FOLDER, "a plain NumPy decode", _of_folder, {"recording": "test_CA_208_start_stop"})]
