"""TDMS files for tests, put together byte by byte after the vendor's document, and what npTDMS makes of them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nptdms
import numpy as np
from numpy.typing import NDArray

META, NEW, RAW, INTERLEAVED, BIG, DAQMX = 2, 4, 8, 32, 64, 128
UNKNOWN = 0xFFFFFFFFFFFFFFFF
TYPES = {"i1": 1, "i2": 2, "i4": 3, "i8": 4, "u1": 5, "u2": 6, "u4": 7, "u8": 8, "f4": 9, "f8": 10, "?": 0x21}
NO_DATA, SAME = b"\xff" * 4, b"\x00" * 4


class Maker:
    """Writes numbers in one byte order."""

    def __init__(self, big: bool = False) -> None:
        self.order = ">" if big else "<"

    def pack(self, form: str, *numbers: Any) -> bytes:
        return struct.pack(self.order + form, *numbers)

    def text(self, words: str) -> bytes:
        data = words.encode()
        return self.pack("I", len(data)) + data

    def value(self, value: Any) -> bytes:
        if isinstance(value, str):
            return self.pack("I", 0x20) + self.text(value)
        if isinstance(value, np.datetime64):
            ns = int(value.astype("datetime64[ns]").astype(np.int64)) + 2_082_844_800 * 10**9
            seconds, fraction = ns // 10**9, (ns % 10**9 << 64) // 10**9
            parts = (seconds, fraction) if self.order == ">" else (fraction, seconds)
            return self.pack("I", 0x44) + self.pack("qQ" if self.order == ">" else "Qq", *parts)
        if isinstance(value, bool):
            return self.pack("IB", 0x21, value)
        return self.pack("Ii", 3, value) if isinstance(value, int) else self.pack("Id", 10, value)

    def index(self, dtype: str, n: int) -> bytes:
        return self.pack("IIIQ", 20, TYPES[dtype], 1, n)

    def texts(self, n: int, n_bytes: int) -> bytes:
        return self.pack("IIIQQ", 28, 0x20, 1, n, n_bytes)

    def daqmx(self, n: int, offset: int, width: int | Sequence[int], code: int = 3, buffer: int = 0) -> bytes:
        widths = [width] if isinstance(width, int) else list(width)
        scaler = self.pack("IIIII", code, buffer, offset, 0, 0)
        return (
            self.pack("IIIQI", 0x1269, 0xFFFFFFFF, 1, n, 1)
            + scaler
            + self.pack(f"I{len(widths)}I", len(widths), *widths)
        )

    def line(self, n: int, bit: int, width: int, header: int = 0x126A) -> bytes:
        return (
            self.pack("IIIQI", header, TYPES["u1"], 1, n, 1)
            + self.pack("IIIBI", 0, 0, bit, 0, 0)
            + self.pack("II", 1, width)
        )

    def object(self, path: str, index: bytes = NO_DATA, properties: Mapping[str, Any] | None = None) -> bytes:
        known = properties or {}
        listed = b"".join(self.text(name) + self.value(value) for name, value in known.items())
        return self.text(path) + index + self.pack("I", len(known)) + listed

    def segment(
        self,
        objects: Sequence[bytes] | None,
        raw: bytes = b"",
        flags: int = NEW,
        *,
        unknown: bool = False,
        missing: int = 0,
        version: int = 4713,
    ) -> bytes:
        """Return a segment; without objects it has no meta data; `missing` bytes are promised and not there."""
        about = b"" if objects is None else self.pack("I", len(objects)) + b"".join(objects)
        mask = flags | (0 if objects is None else META) | (RAW if raw or missing else 0)
        mask |= BIG if self.order == ">" else 0
        if objects is None:
            mask &= ~NEW
        distance = UNKNOWN if unknown else len(about) + len(raw) + missing
        return b"TDSm" + struct.pack("<I", mask) + self.pack("IQQ", version, distance, len(about)) + about + raw


def channel(name: str, group: str = "g") -> str:
    return f"/'{group}'/'{name}'"


WAVE = {"wf_increment": 0.001, "unit_string": "V"}


def by_nptdms(path: Path, group: str | None = None, names: Sequence[str] | None = None) -> NDArray[np.float32]:
    """Return what npTDMS gives for the channels of a group, cut to the shortest."""
    with open(path, "rb") as file:
        content = nptdms.TdmsFile.read(file)
        chosen = content.groups()[0] if group is None else content[group]
        arrays = [one[:] for one in chosen.channels() if names is None or one.name in names]
    n = min(map(len, arrays))
    return np.stack([array[:n].astype(np.float64).astype(np.float32) for array in arrays])
