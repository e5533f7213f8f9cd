"""Writing EDF and BDF files from stored integers, and what a reader has to make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Channel(NamedTuple):
    """One signal: its stored integers (n_records, samples a record), and its header fields."""

    data: Any
    label: str = "C3"
    units: str = "uV"
    physical: tuple[Any, Any] = (-3276.8, 3276.7)
    digital: tuple[Any, Any] = (-32768, 32767)


def write_edf(
    path: Path,
    channels: Sequence[Channel],
    *,
    notes: Sequence[bytes] | None = None,
    notes_bytes: int = 120,
    kind: str = "",
    record_s: Any = 1,
    bdf: bool = False,
    fields: Mapping[str, Any] | None = None,
) -> None:
    """Write a file.

    Parameters
    ----------
    path : Path
    channels : sequence of Channel
    notes : sequence of bytes, optional
        The annotation signal of each record, unpadded; None: there is no such signal.
    notes_bytes : int
        Length of it.
    kind : str
        Of the reserved field, such as "EDF+D".
    record_s : number or str
    bdf : bool
        24-bit integers.
    fields : mapping, optional
        Header fields to be written otherwise: patient, recording, date, time, header_bytes, n_records, n_signals.
    """
    item = 3 if bdf else 2
    arrays = [np.atleast_2d(np.asarray(one.data, np.int64)) for one in channels]
    n_records = len(arrays[0]) if arrays else len(notes or ())
    rows = [
        (one.label, one.units, *one.physical, *one.digital, a.shape[1]) for one, a in zip(channels, arrays, strict=True)
    ]
    if notes is not None:
        label = "BDF Annotations" if bdf else "EDF Annotations"
        rows.append((label, "", -1, 1, -32768, 32767, notes_bytes // item))
    said = {
        "patient": "X X X X" if "+" in kind else "",
        "recording": "Startdate 14-MAR-2026 X X X" if "+" in kind else "",
        "date": "14.03.26",
        "time": "10.21.05",
        "header_bytes": 256 * (1 + len(rows)),
        "n_records": n_records,
        "n_signals": len(rows),
        **(fields or {}),
    }
    text = [(said["patient"], 80), (said["recording"], 80), (said["date"], 8), (said["time"], 8)]
    text += [(said["header_bytes"], 8), (kind, 44), (said["n_records"], 8), (record_s, 8), (said["n_signals"], 4)]
    text += [(row[0], 16) for row in rows] + [("AgCl", 80)] * len(rows)
    text += [(row[k], 8) for k in range(1, 6) for row in rows] + [("HP:0.1Hz", 80)] * len(rows)
    text += [(row[6], 8) for row in rows] + [("", 32)] * len(rows)
    data = bytearray(b"\xffBIOSEMI" if bdf else b"0       ")
    data += b"".join(str(one).encode("latin-1").ljust(width)[:width] for one, width in text)
    for k in range(n_records):
        for array in arrays:
            data += (array[k] % (1 << 8 * item)).astype("<u4").view(np.uint8).reshape(-1, 4)[:, :item].tobytes()
        if notes is not None:
            assert len(notes[k]) <= notes_bytes // item * item
            data += notes[k].ljust(notes_bytes // item * item, b"\0")
    path.write_bytes(data)


def tal(onset: Any, *texts: str, duration: Any = None) -> bytes:
    """One time-stamped list."""
    sign = "" if str(onset).startswith("-") else "+"
    head = f"{sign}{onset}" + ("" if duration is None else f"\x15{duration}")
    return (head + "\x14" + "".join(f"{text}\x14" for text in texts or ("",)) + "\0").encode()


def in_order(data: Any) -> np.ndarray:
    """Stored integers of a channel, record after record, as one row."""
    return np.asarray(data).reshape(1, -1)


def physical(channel: Channel) -> np.ndarray:
    """Values by the specification's formula, in double precision, as one row."""
    (low, high), (least, most) = channel.physical, channel.digital
    gain = (high - low) / (most - least)
    return (in_order(channel.data) * gain + (low - least * gain)).astype(np.float32)


def draw(seed: int, n_records: int, per_record: int, *, bits: int = 16) -> np.ndarray:
    """Draw stored integers over the whole range."""
    half = 1 << (bits - 1)
    return np.random.default_rng(seed).integers(-half, half, (n_records, per_record))
