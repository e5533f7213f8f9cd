"""Writing Intan RHD2000 traditional ``.rhd`` files, of any header version, from stored integers.

For tests and simulated sessions: what is written is known to the last bit, which no recording offers.
The layout is that of `ecogcat.formats.intan.layout`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["write_rhd"]

_MAGIC = 0xC6912702
_AMPLIFIER, _AUX, _SUPPLY, _ADC, _DIGITAL_IN, _DIGITAL_OUT = range(6)
_CHANNELS_PER_PORT = 128


def write_rhd(
    path: str | os.PathLike[str],
    amplifier: ArrayLike,
    *,
    sampling_rate: float = 20000.0,
    version: tuple[int, int] = (3, 3),
    aux: ArrayLike | None = None,
    supply: ArrayLike | None = None,
    temperature: ArrayLike | None = None,
    adc: ArrayLike | None = None,
    digital_in: ArrayLike | None = None,
    digital_out: ArrayLike | None = None,
    digital_in_lines: Sequence[int] = (0,),
    digital_out_lines: Sequence[int] = (0,),
    names: Sequence[str] | None = None,
    disabled: Sequence[str] = (),
    impedance_ohm: Sequence[float] | None = None,
    notes: tuple[str, str, str] = ("", "", ""),
    reference: str | None = "n/a",
    first_timestamp: int = 0,
    board_mode: int = 0,
    bandwidth_hz: tuple[float, float] = (0.1, 7500.0),
    notch_mode: int = 0,
) -> None:
    """Write a traditional ``.rhd`` file from the integers it is to store.

    Parameters
    ----------
    path : path-like
        File to write; an existing one is replaced.
    amplifier : array_like of uint16, shape (n_channels, n_samples)
        `n_samples` is a multiple of the block length: 60 for version 1.x, 128 from 2.0. Port A takes the
        first 128 channels, port B the next, and so on.
    sampling_rate : float
        In Hz; stored as float32.
    version : tuple of int
        Header version, such as ``(1, 0)``, ``(1, 5)``, ``(2, 0)`` or ``(3, 3)``.
    aux : array_like of uint16, shape (n_aux, n_samples / 4), optional
    supply : array_like of uint16, shape (n_supply, n_blocks), optional
    temperature : array_like of int16, shape (n_sensors, n_blocks), optional
        From version 1.1 only.
    adc : array_like of uint16, shape (n_adc, n_samples), optional
    digital_in, digital_out : array_like of uint16, shape (n_samples,), optional
        Words of all lines together, stored as they are.
    digital_in_lines, digital_out_lines : sequence of int
        The bits of the words that the header lists as enabled.
    names : sequence of str, optional
        Custom names of the amplifier channels; the native ones (``A-000``) when None.
    disabled : sequence of str
        Native names of amplifier channels that the header lists, ahead of the others, as not enabled.
    impedance_ohm : sequence of float, optional
        Impedance of each amplifier channel.
    notes : tuple of str
        The three lines of notes.
    reference : str or None
        Name of the reference channel (from version 2.0); None writes a null string.
    first_timestamp : int
        Time stamp of the first sample; negative from version 1.2 only.
    board_mode : int
        From version 1.3; written as it is, also when no such mode exists.
    bandwidth_hz : tuple of float
        Lower and upper corner of the amplifiers.
    notch_mode : int
        0 off, 1 50 Hz, 2 60 Hz.

    Raises
    ------
    ValueError
        If a shape does not fit the others, a value does not fit its stored type, or the version has no place
        for it.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.rhd")
    ...     write_rhd(path, np.full((2, 120), 32768), version=(1, 5), sampling_rate=2000.0)
    ...     os.path.getsize(path) - 2 * 60 * (4 + 2 * 2)  # what is left is the header
    404
    """
    block_length = 60 if version < (2, 0) else 128
    stored = _integers("amplifier", amplifier, "<u2", None)
    n_blocks, rest = divmod(stored.shape[1], block_length)
    if rest:
        raise ValueError(f"amplifier has {stored.shape[1]} samples, not a multiple of {block_length}")
    if temperature is not None and version < (1, 1):
        raise ValueError("temperature needs version 1.1 or later")
    arrays = {
        "amplifier": stored,
        "aux": _integers("aux", aux, "<u2", n_blocks * block_length // 4),
        "supply": _integers("supply", supply, "<u2", n_blocks),
        "temperature": _integers("temperature", temperature, "<i2", n_blocks),
        "adc": _integers("adc", adc, "<u2", n_blocks * block_length),
        "digital_in": _words("digital_in", digital_in, n_blocks * block_length),
        "digital_out": _words("digital_out", digital_out, n_blocks * block_length),
    }
    counts = {name: len(array) for name, array in arrays.items()}
    header = [
        struct.pack("<Ihhf", _MAGIC, *version, sampling_rate),
        struct.pack("<h6fh2f", 1, 1.0, *bandwidth_hz, 1.0, *bandwidth_hz, notch_mode, 1000.0, 1000.0),
        *map(_string, notes),
        struct.pack("<h", counts["temperature"]) if version >= (1, 1) else b"",
        struct.pack("<h", board_mode) if version >= (1, 3) else b"",
        _string(reference) if version >= (2, 0) else b"",
        _groups(counts, names, disabled, impedance_ohm, digital_in_lines, digital_out_lines),
    ]
    blocks = _blocks(arrays, n_blocks, block_length, first_timestamp, "<i4" if version >= (1, 2) else "<u4")
    with open(Path(path), "wb") as file:
        file.write(b"".join(header))
        blocks.tofile(file)


def _integers(name: str, values: ArrayLike | None, dtype: str, n_samples: int | None) -> NDArray[Any]:
    """Check one kind of channel and give it its stored type; no channels when None."""
    if values is None:
        return np.zeros((0, n_samples or 0), dtype)
    array = np.asarray(values)
    if array.ndim != 2 or (n_samples is not None and array.shape[1] != n_samples):
        wanted = "n_samples" if n_samples is None else n_samples
        raise ValueError(f"{name} has shape {array.shape}, not (n_channels, {wanted})")
    limits = np.iinfo(dtype)
    if array.size and not (limits.min <= array.min() and array.max() <= limits.max):
        raise ValueError(f"{name} has values outside {limits.min}..{limits.max}, which is what is stored")
    stored = array.astype(dtype)
    if array.dtype.kind not in "ui" and not np.array_equal(stored, array):
        raise ValueError(f"{name} has values that are no integers")
    return stored


def _words(name: str, values: ArrayLike | None, n_samples: int) -> NDArray[Any]:
    if values is None:
        return _integers(name, None, "<u2", n_samples)
    if np.ndim(values) != 1:
        raise ValueError(f"{name} has shape {np.shape(values)}, not ({n_samples},)")
    return _integers(name, np.asarray(values)[np.newaxis], "<u2", n_samples)


def _blocks(
    arrays: dict[str, NDArray[Any]], n_blocks: int, block_length: int, first: int, timestamp_dtype: str
) -> NDArray[Any]:
    """Interleave the arrays into data blocks: a structured type without padding *is* the block's layout."""
    kinds = {name: array for name, array in arrays.items() if len(array) and array.shape[1]}
    per_block = {name: array.shape[1] // n_blocks for name, array in kinds.items()}
    fields = [(name, array.dtype, (len(array), per_block[name])) for name, array in kinds.items()]
    blocks = np.zeros(n_blocks, np.dtype([("timestamp", timestamp_dtype, (block_length,)), *fields]))
    for name, array in kinds.items():
        blocks[name] = array.reshape(len(array), n_blocks, per_block[name]).swapaxes(0, 1)
    timestamps = first + np.arange(n_blocks * block_length, dtype=np.int64)
    limits = np.iinfo(timestamp_dtype)
    if len(timestamps) and not (limits.min <= timestamps[0] and timestamps[-1] <= limits.max):
        raise ValueError(f"time stamps from {first} do not fit {limits.min}..{limits.max}")
    blocks["timestamp"] = timestamps.reshape(n_blocks, block_length)
    return blocks


def _groups(
    counts: dict[str, int],
    names: Sequence[str] | None,
    disabled: Sequence[str],
    impedance_ohm: Sequence[float] | None,
    in_lines: Sequence[int],
    out_lines: Sequence[int],
) -> bytes:
    n_amplifier = counts["amplifier"]
    for what, given in (("names", names), ("impedance_ohm", impedance_ohm)):
        if given is not None and len(given) != n_amplifier:
            raise ValueError(f"{what} has {len(given)} items for {n_amplifier} amplifier channels")
    n_ports = max(1, -(-n_amplifier // _CHANNELS_PER_PORT))
    ports: list[list[bytes]] = [[] for _ in range(n_ports)]
    ports[0] += [_channel(name, name, i, _AMPLIFIER, enabled=False) for i, name in enumerate(disabled)]
    for i in range(n_amplifier):
        port, order = divmod(i, _CHANNELS_PER_PORT)
        native = f"{_letter(port)}-{order:03d}"
        ohm = impedance_ohm[i] if impedance_ohm is not None else 0.0
        ports[port].append(_channel(native, names[i] if names else native, order, _AMPLIFIER, ohm=ohm))
    # The headstage's own channels follow on port A; the vendor counts them on from its amplifier channels.
    own = [(f"A-AUX{i + 1}", _AUX) for i in range(counts["aux"])]
    own += [(f"A-VDD{i + 1}", _SUPPLY) for i in range(counts["supply"])]
    first = min(n_amplifier, _CHANNELS_PER_PORT)
    ports[0] += [_channel(name, name, first + i, kind) for i, (name, kind) in enumerate(own)]
    n_listed = [min(_CHANNELS_PER_PORT, n_amplifier - p * _CHANNELS_PER_PORT) for p in range(n_ports)]
    n_listed[0] += len(disabled)
    groups = [_group(f"Port {_letter(p)}", _letter(p), channels, n_listed[p]) for p, channels in enumerate(ports)]
    analog = [(f"ANALOG-IN-{i + 1}", i) for i in range(counts["adc"])]
    lines_in = [(f"DIGITAL-IN-{i + 1:02d}", i) for i in in_lines] if counts["digital_in"] else []
    lines_out = [(f"DIGITAL-OUT-{i + 1:02d}", i) for i in out_lines] if counts["digital_out"] else []
    for title, prefix, listed, kind in (
        ("Analog In Ports", "ANALOG-IN", analog, _ADC),
        ("Digital In Ports", "DIGITAL-IN", lines_in, _DIGITAL_IN),
        ("Digital Out Ports", "DIGITAL-OUT", lines_out, _DIGITAL_OUT),
    ):
        groups.append(_group(title, prefix, [_channel(name, name, i, kind) for name, i in listed], 0))
    return struct.pack("<h", len(groups)) + b"".join(groups)


def _letter(port: int) -> str:
    if port > 25:
        raise ValueError(f"amplifier has more than {26 * _CHANNELS_PER_PORT} channels")
    return chr(ord("A") + port)


def _group(name: str, prefix: str, channels: list[bytes], n_amplifier: int) -> bytes:
    counts = struct.pack("<3h", bool(channels), len(channels), n_amplifier)
    return _string(name) + _string(prefix) + counts + b"".join(channels)


def _channel(native: str, custom: str, order: int, kind: int, *, enabled: bool = True, ohm: float = 0.0) -> bytes:
    chip_channel, stream = (order % 32, order // 32) if kind == _AMPLIFIER else (0, 0)
    numbers = struct.pack("<10h2f", order, order, kind, enabled, chip_channel, stream, 1, 0, 0, 0, ohm, 0.0)
    return _string(native) + _string(custom) + numbers


def _string(text: str | None) -> bytes:
    if text is None:
        return struct.pack("<I", 0xFFFFFFFF)
    encoded = text.encode("utf-16-le")
    return struct.pack("<I", len(encoded)) + encoded
