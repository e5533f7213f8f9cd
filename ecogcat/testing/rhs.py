"""Writing Intan RHS2000 recordings, traditional ``.rhs`` files and folders of files, from stored integers.

For tests and simulated sessions: of this system no recording is at hand. The layout is that of
`ecogcat.formats.intan.layout`, which is the one that the vendor's RHX software writes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecogcat.testing.rhd_folder import write_dat_files

__all__ = ["stim_words", "write_rhs", "write_rhs_folder"]

_MAGIC = 0xD69127AC
_BLOCK = 128
_AMPLIFIER, _ADC, _DAC, _DIGITAL_IN, _DIGITAL_OUT = 0, 3, 4, 5, 6
_ORDER = ("amplifier", "dc", "stim", "adc", "dac", "digital_in", "digital_out")


def stim_words(
    current: ArrayLike, *, settle: ArrayLike = 0, recovery: ArrayLike = 0, compliance: ArrayLike = 0
) -> NDArray[np.uint16]:
    """Pack current (in steps, -255 to 255) and flags (0 or 1) into words of stimulation.

    Examples
    --------
    >>> stim_words([3, -3], settle=[0, 1]).tolist()
    [3, 8451]
    """
    steps = np.asarray(current)
    if np.abs(steps).max(initial=0) > 255:
        raise ValueError("the current is at most 255 steps")
    words = np.abs(steps) | (steps < 0) << 8
    for bit, flag in ((13, settle), (14, recovery), (15, compliance)):
        words = words | np.asarray(flag) << bit
    return np.asarray(words, np.uint16)


def write_rhs(
    path: str | os.PathLike[str],
    amplifier: ArrayLike,
    *,
    stim: ArrayLike | None = None,
    dc: ArrayLike | None = None,
    adc: ArrayLike | None = None,
    dac: ArrayLike | None = None,
    digital_in: ArrayLike | None = None,
    digital_out: ArrayLike | None = None,
    digital_in_lines: Sequence[int] = (0,),
    digital_out_lines: Sequence[int] = (0,),
    sampling_rate: float = 30000.0,
    version: tuple[int, int] = (3, 3),
    stim_step_A: float = 1e-6,
    notes: tuple[str, str, str] = ("", "", ""),
    reference: str = "n/a",
    first_timestamp: int = 0,
    bandwidth_hz: tuple[float, float] = (0.1, 7500.0),
) -> None:
    """Write a traditional ``.rhs`` file from the integers it is to store.

    Parameters
    ----------
    path : path-like
        File to write; an existing one is replaced.
    amplifier : array_like of uint16, shape (n_channels, n_samples)
        `n_samples` is a multiple of 128.
    stim : array_like of uint16, shape (n_channels, n_samples), optional
        Words, such as `stim_words` makes; zeros by default.
    dc : array_like of uint16, shape (n_channels, n_samples), optional
        DC amplifiers; not saved when None.
    adc, dac : array_like of uint16, shape (n, n_samples), optional
    digital_in, digital_out : array_like of uint16, shape (n_samples,), optional
        Words of all lines together.
    digital_in_lines, digital_out_lines : sequence of int
        Enabled lines.
    sampling_rate : float
    version : tuple of int
    stim_step_A : float
        One step of the stimulation current, A; stored as float32.
    notes : tuple of str
    reference : str
    first_timestamp : int
    bandwidth_hz : tuple of float

    Raises
    ------
    ValueError
        If shapes do not fit each other.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rhs(f"{folder}/a.rhs", np.full((2, 128), 32768))
    ...     os.path.getsize(f"{folder}/a.rhs") - 128 * (4 + 2 * 2 + 2 * 2)  # what is left is the header
    508
    """
    values = np.asarray(amplifier)
    n_channels, n = values.shape
    if n % _BLOCK:
        raise ValueError(f"amplifier has {n} samples, not a multiple of {_BLOCK}")
    given = {"amplifier": values, "dc": dc, "stim": np.zeros(values.shape) if stim is None else stim}
    given |= {"adc": adc, "dac": dac, "digital_in": digital_in, "digital_out": digital_out}
    arrays = {name: np.atleast_2d(np.asarray(one)).astype("<u2") for name, one in given.items() if one is not None}
    for name, array in arrays.items():
        if array.shape[1] != n or (name in ("dc", "stim") and len(array) != n_channels):
            raise ValueError(f"{name} has shape {array.shape} beside {values.shape}")
    low, high = bandwidth_hz
    lines = {
        "digital_in": digital_in_lines if digital_in is not None else (),
        "digital_out": digital_out_lines if digital_out is not None else (),
    }
    header = [
        struct.pack("<Ihhf", _MAGIC, *version, sampling_rate),
        struct.pack("<h8fh2f", 1, 1.0, low, 1000.0, high, 1.0, low, 1000.0, high, 0, 1000.0, 1000.0),
        struct.pack("<2h3f", 0, 0, stim_step_A, 1e-8, 0.0),
        *map(_string, notes),
        struct.pack("<2h", dc is not None, 14),
        _string(reference),
        _groups(n_channels, len(arrays.get("adc", ())), len(arrays.get("dac", ())), lines),
    ]
    n_blocks = n // _BLOCK
    blocks = [(first_timestamp + np.arange(n, dtype="<i4")).reshape(n_blocks, _BLOCK).view("u1")]
    for name in _ORDER:
        if name in arrays and len(arrays[name]):
            by_block = arrays[name].reshape(len(arrays[name]), n_blocks, _BLOCK).swapaxes(0, 1)
            flat = np.ascontiguousarray(by_block).reshape(n_blocks, len(arrays[name]) * _BLOCK)
            blocks.append(flat.view("u1"))
    with open(path, "wb") as file:
        file.write(b"".join(header))
        np.hstack(blocks).tofile(file)


def write_rhs_folder(
    folder: str | os.PathLike[str],
    amplifier: ArrayLike,
    *,
    per_channel: bool = False,
    stim: ArrayLike | None = None,
    stim_enabled: Sequence[int] | None = None,
    dc: ArrayLike | None = None,
    adc: ArrayLike | None = None,
    dac: ArrayLike | None = None,
    digital_in: ArrayLike | None = None,
    digital_out: ArrayLike | None = None,
    digital_in_lines: Sequence[int] = (0,),
    digital_out_lines: Sequence[int] = (0,),
    first_timestamp: int = 0,
    **header: Any,
) -> None:
    """Write ``info.rhs`` and the files of samples.

    Parameters
    ----------
    folder : path-like
        Made if it is not there.
    amplifier : array_like of int16, shape (n_channels, n_samples)
    per_channel : bool
        One file per channel; else one per signal type.
    stim, dc, adc, dac, digital_in, digital_out, digital_in_lines, digital_out_lines, first_timestamp
        As of `write_rhs`.
    stim_enabled : sequence of int, optional
        Channels that may stimulate: of one file per channel, only these have one. All by default.
    **header
        Further arguments of `write_rhs`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rhs_folder(folder, np.zeros((2, 8)), per_channel=True, stim_enabled=[1])
    ...     sorted(os.listdir(folder))
    ['amp-A-000.dat', 'amp-A-001.dat', 'info.rhs', 'stim-A-001.dat', 'time.dat']
    """
    values = np.asarray(amplifier)
    given = {"amplifier": values, "stim": np.zeros(values.shape, int) if stim is None else stim}
    given |= {name: one for name, one in {"dc": dc, "adc": adc, "dac": dac}.items() if one is not None}
    stored = {name: np.asarray(one) for name, one in given.items()}
    words = {"digital_in": (digital_in, digital_in_lines), "digital_out": (digital_out, digital_out_lines)}
    empty: dict[str, Any] = {name: one[:, :0] for name, one in stored.items()}
    for name, (word, lines) in words.items():
        if word is not None:
            empty |= {name: np.zeros(0), f"{name}_lines": lines}
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    write_rhs(place / "info.rhs", **empty, **header)
    names = {}
    if per_channel and stim_enabled is not None:
        stored["stim"] = stored["stim"][list(stim_enabled)]
        names = {"stim": [_native(k) for k in stim_enabled]}
    write_dat_files(place, stored, words, names, {}, per_channel, first_timestamp)


def _groups(n_channels: int, n_adc: int, n_dac: int, lines: dict[str, Sequence[int]]) -> bytes:
    ports = [
        (f"Port {chr(ord('A') + k // 128)}", [(_native(i), i % 128) for i in range(k, min(k + 128, n_channels))])
        for k in range(0, max(n_channels, 1), 128)
    ]
    groups = [_group(title, title[-1], channels, _AMPLIFIER) for title, channels in ports]
    for title, prefix, kind, listed in (
        ("Analog In Ports", "ANALOG-IN", _ADC, [(f"ANALOG-IN-{k + 1}", k) for k in range(n_adc)]),
        ("Analog Out Ports", "ANALOG-OUT", _DAC, [(f"ANALOG-OUT-{k + 1}", k) for k in range(n_dac)]),
        ("Digital In Ports", "DIGITAL-IN", _DIGITAL_IN, [(f"DIGITAL-IN-{k + 1:02d}", k) for k in lines["digital_in"]]),
        (
            "Digital Out Ports",
            "DIGITAL-OUT",
            _DIGITAL_OUT,
            [(f"DIGITAL-OUT-{k + 1:02d}", k) for k in lines["digital_out"]],
        ),
    ):
        groups.append(_group(title, prefix, listed, kind))
    return struct.pack("<h", len(groups)) + b"".join(groups)


def _native(channel: int) -> str:
    return f"{chr(ord('A') + channel // 128)}-{channel % 128:03d}"


def _group(name: str, prefix: str, channels: list[tuple[str, int]], kind: int) -> bytes:
    n_amplifier = len(channels) if kind == _AMPLIFIER else 0
    counts = struct.pack("<3h", bool(channels), len(channels), n_amplifier)
    listed = [
        _string(native) * 2
        + struct.pack("<11h2f", order, order, kind, 1, order % 16, 0, order // 16, 1, 0, 0, 0, 0.0, 0.0)
        for native, order in channels
    ]
    return _string(name) + _string(prefix) + counts + b"".join(listed)


def _string(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack("<I", len(encoded)) + encoded
