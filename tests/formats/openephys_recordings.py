"""Open Ephys binary recordings, written by hand after the vendor's manual, and decoded by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def write_stream(
    recording: Path,
    stored: np.ndarray,
    numbers: np.ndarray | None,
    *,
    folder: str = "Acquisition_Board-100.Rhythm Data",
    rate: float = 1000.0,
    names: Sequence[str] | None = None,
    gains: Sequence[float] | None = None,
    units: Sequence[str] | None = None,
    column: str = "sample_numbers.npy",
    lines: tuple[Sequence[int], Sequence[int]] | None = None,
    messages: Mapping[int, str] | None = None,
    sync: str | None = None,
) -> None:
    """Add a stream (n_channels, n_samples) to a recording folder, as version 0.6 of the GUI writes it."""
    place = recording / "continuous" / folder
    place.mkdir(parents=True)
    np.ascontiguousarray(stored.T, "<i2").tofile(place / "continuous.dat")
    if numbers is not None:
        np.save(place / column, np.asarray(numbers, "<i8"))
    names = [f"CH{k + 1}" for k in range(len(stored))] if names is None else names
    stream = folder.partition(".")[2]
    channels: list[dict[str, Any]] = [
        {
            "channel_name": name,
            "bit_volts": 0.195 if gains is None else gains[k],
            "units": "" if units is None else units[k],
        }
        for k, name in enumerate(names)
    ]
    said = {
        "folder_name": folder + "/",
        "sample_rate": rate,
        "stream_name": stream,
        "source_processor_name": folder.partition("-")[0],
        "num_channels": len(stored),
        "channels": channels,
    }
    path = recording / "structure.oebin"
    structure = {"GUI version": "0.6.4", "continuous": [], "events": [], "spikes": []}
    if path.exists():
        structure = json.loads(path.read_text())
    structure["continuous"].append(said)
    if lines is not None:
        events = recording / "events" / folder / "TTL"
        events.mkdir(parents=True)
        np.save(events / "sample_numbers.npy", np.asarray(lines[0], "<i8"))
        np.save(events / "states.npy", np.asarray(lines[1], "<i2"))
        entry = {"folder_name": f"{folder}/TTL/", "type": "int16", "stream_name": stream, "sample_rate": rate}
        structure["events"].append(entry)
    if messages is not None:
        events = recording / "events" / "MessageCenter"
        events.mkdir(parents=True)
        np.save(events / "sample_numbers.npy", np.array(list(messages), "<i8"))
        np.save(events / "text.npy", np.array([one.encode() for one in messages.values()], "S513"))
        entry = {"folder_name": "MessageCenter/", "type": "string", "stream_name": stream, "sample_rate": rate}
        structure["events"].append(entry)
    path.write_text(json.dumps(structure, indent=1))
    if sync is not None:
        (recording / "sync_messages.txt").write_text(sync)


def draw(n_channels: int, n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32768, 32768, (n_channels, n_samples)).astype("<i2")


def decode(folder: Path, n_channels: int) -> np.ndarray:
    """Return the stored integers of a `continuous.dat`."""
    return np.fromfile(folder / "continuous.dat", "<i2").reshape(-1, n_channels).T
