"""Cases of Blackrock recordings, against a plain NumPy decode of the bytes and Neo."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle


def _version_2_1(path: Path) -> Oracle:
    stored = np.fromfile(path / "l101210-001.ns2", "<i2", offset=32 + 4 * 6).reshape(-1, 6).T
    packets = np.fromfile(path / "l101210-001.nev", np.uint8, offset=4944).reshape(-1, 104)
    digital = packets[packets[:, 4:6].copy().view("<u2").ravel() == 0]
    stamps = digital[:, :4].copy().view("<u4").ravel()
    values = (stored * (152592.547 / 1000)).astype(np.float32)
    events = np.floor(stamps / 30 + 0.5).astype(int).tolist()
    return Oracle({"signal": stored}, {"signal": values}, 1000.0, events, [stored.shape[1]])


def _neo(base: str, scale: float) -> Oracle:
    from neo.rawio import BlackrockRawIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = BlackrockRawIO(base)
        reader.parse_header()
    chunks = [reader.get_analogsignal_chunk(0, k, None, None, 0).T for k in range(reader.segment_count(0))]
    stored = np.concatenate(chunks, axis=1)
    for file in reader._nsx_fids.values():  # which Neo leaves open
        file.close()
    rate = float(reader.header["signal_channels"]["sampling_rate"][0])
    values = (stored * scale).astype(np.float32)
    return Oracle({"signal": stored}, {"signal": values}, rate, (), [chunk.shape[1] for chunk in chunks])


CASES = [
    Case("recordings/blackrock/blackrock_2_1", "a plain NumPy decode", _version_2_1),
    Case(
        "recordings/blackrock/segment/PauseCorrect",
        "neo",
        lambda path: _neo(str(path / "pause_correct"), 10000 / 65534 * 1000),
    ),
    Case(
        "recordings/blackrock/test_BRSMPGRP_raw.ns3",
        "neo",
        lambda path: _neo(str(path.with_suffix("")), 10000 / 16384 * 1000),
    ),
]
