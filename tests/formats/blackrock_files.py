"""Blackrock files for tests, written byte by byte from the vendor's document."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Channel(NamedTuple):
    number: int
    label: str
    units: str = "uV"
    digital: tuple[int, int] = (-32764, 32764)
    analog: tuple[int, int] = (-8191, 8191)

    def values(self, stored: np.ndarray) -> np.ndarray:
        """In double precision, rounded once."""
        gain = (self.analog[1] - self.analog[0]) / (self.digital[1] - self.digital[0])
        offset = (self.analog[0] * self.digital[1] - self.analog[1] * self.digital[0]) / (
            self.digital[1] - self.digital[0]
        )
        return (stored.astype(np.float64) * gain + offset).astype(np.float32)


def electrodes(n: int) -> list[Channel]:
    return [Channel(k + 1, f"elec{k + 1}") for k in range(n)]


def inputs(n: int) -> list[Channel]:
    return [Channel(129 + k, f"ainp{k + 1}", "mV", (-32767, 32767), (-5000, 5000)) for k in range(n)]


def draw(n: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, n, length]).integers(-32768, 32768, (n, length)).astype(np.int16)


def write_nsx(
    path: Path,
    packets: Sequence[tuple[int, np.ndarray]],
    channels: Sequence[Channel],
    *,
    version: tuple[int, int] = (2, 3),
    period: int = 30,
    resolution: int = 30000,
    time: Sequence[int] = (2024, 2, 4, 29, 8, 30, 15, 250),
    comment: str = "",
) -> None:
    """Write packets of (timestamp, samples (n_channels, n)); version 2.1 puts their samples together."""
    old, wide = version == (2, 1), version >= (3, 0)
    n = len(channels)
    if old:
        data = struct.pack("<8s16sII", b"NEURALSG", b"1 kS/s", period, n)
        data += struct.pack(f"<{n}I", *(one.number for one in channels))
    else:
        magic = b"BRSMPGRP" if wide else b"NEURALCD"
        head = (magic, *version, 314 + 66 * n, b"1 kS/s", comment.encode(), period, resolution, *time, n)
        data = struct.pack("<8s2BI16s256sII8HI", *head)
        for k, one in enumerate(channels):
            label, units, filters = one.label.encode(), one.units.encode(), (300, 1, 1, 250_000, 4, 1)
            scale = (*one.digital, *one.analog)
            data += struct.pack("<2sH16s2B4h16sIIHIIH", b"CC", one.number, label, 1, k % 32, *scale, units, *filters)
    for stamp, samples in packets:
        if not old:
            data += struct.pack("<BQI" if wide else "<BII", 1, stamp, samples.shape[1])
        data += samples.T.astype("<i2").tobytes()
    path.write_bytes(data)


def write_nev(
    path: Path,
    packets: Sequence[tuple[int, Any]],
    *,
    version: tuple[int, int] = (2, 3),
    resolution: int = 30000,
    further: Sequence[bytes] = (),
    time: Sequence[int] = (2024, 2, 4, 29, 8, 30, 15, 250),
    comment: str = "",
    packet_bytes: int = 104,
) -> None:
    """Write packets of (timestamp, what).

    What is an int, a value of the digital port; ("serial", int); ("reason", bits, int); text, a comment; or
    ("utf16", text); or ("spike", electrode).
    """
    magic = b"BREVENTS" if version >= (3, 0) else b"NEURALEV"
    sizes = (336 + 32 * len(further), packet_bytes, resolution, 30000)
    data = struct.pack(
        "<8s2BHIIII8H32s256sI", magic, *version, 1, *sizes, *time, b"test", comment.encode(), len(further)
    )
    data += b"".join(one.ljust(32, b"\0") for one in further)
    for stamp, what in packets:
        start = struct.pack("<Q" if version >= (3, 0) else "<I", stamp)
        kind, *values = what if isinstance(what, tuple) else ("digital", what) if isinstance(what, int) else ("", what)
        if kind in ("digital", "serial"):
            body = struct.pack("<HBBH", 0, 0x81 if kind == "serial" else 1, 0, values[0])
        elif kind == "reason":
            body = struct.pack("<HBBH", 0, values[0], 0, values[1])
        elif kind == "spike":
            body = struct.pack("<HBB", values[0], 1, 0) + bytes(range(48))
        else:
            text = values[0].encode("utf-16-le" if kind == "utf16" else "latin-1")
            body = struct.pack("<HBBI", 0xFFFF, 1 if kind == "utf16" else 0, 0, 0xFF) + text
        data += (start + body).ljust(packet_bytes, b"\0")
    path.write_bytes(data)


def port_label(name: str, parallel: bool) -> bytes:
    return b"DIGLABEL" + name.encode().ljust(16, b"\0") + bytes([parallel])


def waveform(electrode: int, nv: int) -> bytes:
    return b"NEUEVWAV" + struct.pack("<HBBH", electrode, 1, 1, nv)
