"""Neuralynx files for tests, written byte by byte from the vendor's document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

RECORD = np.dtype(
    [("stamp", "<u8"), ("channel", "<u4"), ("rate", "<u4"), ("valid", "<u4"), ("samples", "<i2", 512)], align=False
)
EVENT = np.dtype(
    [
        *[("start", "<i2"), ("origin", "<i2"), ("size", "<i2"), ("stamp", "<u8")],
        *[("id", "<i2"), ("ttl", "<i2"), ("crc", "<i2"), ("unused", "<i4"), ("extra", "<i4", 8), ("text", "S128")],
    ]
)
OLD_CLOCK = (
    "## Time Opened (m/d/y): 11/28/2016  (h:m:s.ms) 21:50:33.322\n"
    "## Time Closed (m/d/y): 11/28/2016  At Time: 22:44:41.145"
)
NEW_CLOCK = "-TimeCreated 2023/11/02 13:39:27\n-TimeClosed 2023/11/02 13:42:05"


def header(**properties: object) -> bytes:
    clock = str(properties.pop("clock", NEW_CLOCK))
    lines = ["######## Neuralynx Data File Header", clock, *(f"-{key} {value}" for key, value in properties.items())]
    return "\r\n".join(lines).encode("latin-1").ljust(16384, b"\0")


def write_ncs(
    path: Path,
    pieces: Sequence[tuple[int, np.ndarray]],
    *,
    rate: float = 2000,
    inverted: bool = False,
    volts: str = "0.000000305175781250000006",
    **properties: object,
) -> None:
    """Write pieces of (timestamp of the first sample in us, samples); what fills the last record of each is noise."""
    values = {"FileType": "NCS", "RecordSize": 1044, "SamplingFrequency": rate, "ADBitVolts": volts}
    values |= {"AcqEntName": path.stem, "ADChannel": sum(path.stem.encode()), "InputInverted": inverted}
    values |= {"DspLowCutFrequency": 0.1, "DspHighCutFrequency": 500, **properties}
    records = []
    for start, samples in pieces:
        n = -(-len(samples) // 512)
        some = np.zeros(n, RECORD)
        some["stamp"] = np.rint(start + np.arange(n) * (512e6 / rate)).astype("u8")
        some["rate"], some["valid"] = round(rate), 512
        padded = np.full(512 * n, 12345, "i2")
        padded[: len(samples)] = samples
        some["samples"] = padded.reshape(n, 512)
        if n:
            some["valid"][-1] = len(samples) - 512 * (n - 1)
        records.append(some.tobytes())
    path.write_bytes(header(**{key: value for key, value in values.items() if value is not None}) + b"".join(records))


def write_events(path: Path, events: Sequence[tuple[int, int, int, str]]) -> None:
    """Write events of (timestamp in us, event number, value of the port, text)."""
    records = np.zeros(len(events), EVENT)
    for record, (stamp, number, ttl, text) in zip(records, events, strict=True):
        record["stamp"], record["id"], record["ttl"], record["text"] = stamp, number, ttl, text.encode("latin-1")
    path.write_bytes(header(FileType="Event", RecordSize=184) + records.tobytes())


def draw(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, n]).integers(-32768, 32768, n).astype(np.int16)
