"""Writing Intan recordings with one file per signal type or per channel, from stored integers.

For tests and simulated sessions, beside `ecogcat.testing.rhd` and `ecogcat.testing.rhs`, which write the headers. The
layout is that of `ecogcat.formats.intan.split`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecogcat.testing.rhd import write_rhd

__all__ = ["write_dat_files", "write_rhd_folder"]

_FILES = {
    "amplifier": ("amplifier.dat", "amp-", "<i2"),
    "dc": ("dcamplifier.dat", "dc-", "<u2"),
    "stim": ("stim.dat", "stim-", "<u2"),
    "aux": ("auxiliary.dat", "aux-", "<u2"),
    "supply": ("supply.dat", "vdd-", "<u2"),
    "adc": ("analogin.dat", "board-", "<u2"),
    "dac": ("analogout.dat", "board-", "<u2"),
}
_WORDS = {
    "digital_in": ("digitalin.dat", "board-DIGITAL-IN-"),
    "digital_out": ("digitalout.dat", "board-DIGITAL-OUT-"),
}


def write_rhd_folder(
    folder: str | os.PathLike[str],
    amplifier: ArrayLike,
    *,
    per_channel: bool = False,
    version: tuple[int, int] = (3, 3),
    aux: ArrayLike | None = None,
    supply: ArrayLike | None = None,
    adc: ArrayLike | None = None,
    digital_in: ArrayLike | None = None,
    digital_out: ArrayLike | None = None,
    digital_in_lines: Sequence[int] = (0,),
    digital_out_lines: Sequence[int] = (0,),
    first_timestamp: int = 0,
    **header: Any,
) -> None:
    """Write ``info.rhd`` and the files of samples.

    Parameters
    ----------
    folder : path-like
        Made if it is not there.
    amplifier : array_like of int16, shape (n_channels, n_samples)
    per_channel : bool
        One file per channel; else one per signal type.
    version : tuple of int
        Header version.
    aux : array_like of uint16, shape (n_aux, ceil(n_samples / 4)), optional
        Each value is written four times.
    supply : array_like of uint16, shape (n_supply, ceil(n_samples / block length)), optional
        Each value is written as many times as a block has samples: 60 for version 1.x, 128 from 2.0.
    adc : array_like of uint16, shape (n_adc, n_samples), optional
    digital_in, digital_out : array_like of uint16, shape (n_samples,), optional
        Words of all lines together.
    digital_in_lines, digital_out_lines : sequence of int
        Enabled lines.
    first_timestamp : int
    **header
        Further arguments of `write_rhd`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rhd_folder(folder, np.zeros((2, 8)), aux=[[1, 2]], per_channel=True)
    ...     sorted(os.listdir(folder))
    ['amp-A-000.dat', 'amp-A-001.dat', 'aux-A-AUX1.dat', 'info.rhd', 'time.dat']
    """
    arrays = {"amplifier": amplifier, "aux": aux, "supply": supply, "adc": adc}
    stored = {name: np.asarray(values) for name, values in arrays.items() if values is not None}
    words = {
        "digital_in": (digital_in, digital_in_lines),
        "digital_out": (digital_out, digital_out_lines),
    }
    empty: dict[str, Any] = {name: np.zeros((len(values), 0), np.uint16) for name, values in stored.items()}
    for name, (values, lines) in words.items():
        if values is not None:
            empty |= {name: np.zeros(0, np.uint16), f"{name}_lines": lines}
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    write_rhd(place / "info.rhd", **empty, version=version, **header)
    block = 60 if version < (2, 0) else 128
    names = {
        "aux": [f"A-AUX{k + 1}" for k in range(len(stored.get("aux", ())))],
        "supply": [f"A-VDD{k + 1}" for k in range(len(stored.get("supply", ())))],
    }
    repeats = {"aux": 4, "supply": block}
    write_dat_files(place, stored, words, names, repeats, per_channel, first_timestamp)


def write_dat_files(
    folder: Path,
    stored: dict[str, NDArray[Any]],
    words: dict[str, tuple[ArrayLike | None, Sequence[int]]],
    names: dict[str, list[str]],
    repeats: dict[str, int],
    per_channel: bool,
    first_timestamp: int,
) -> None:
    """Write the files of samples beside an info file; see `write_rhd_folder`."""
    n = stored["amplifier"].shape[1]
    (first_timestamp + np.arange(n)).astype("<i4").tofile(folder / "time.dat")
    electrodes = [f"{chr(ord('A') + k // 128)}-{k % 128:03d}" for k in range(len(stored["amplifier"]))]
    boards = {"adc": "ANALOG-IN-", "dac": "ANALOG-OUT-"}
    for kind, values in stored.items():
        file, prefix, dtype = _FILES[kind]
        data = np.repeat(values.astype(dtype), repeats.get(kind, 1), axis=1)[:, :n]
        if per_channel:
            titles = [f"{boards[kind]}{k + 1}" for k in range(len(data))] if kind in boards else electrodes
            for title, row in zip(names.get(kind, titles), data, strict=True):
                row.tofile(folder / f"{prefix}{title}.dat")
        elif len(data):
            np.ascontiguousarray(data.T).tofile(folder / file)
    for kind, (word, lines) in words.items():
        if word is None:
            continue
        file, prefix = _WORDS[kind]
        data = np.asarray(word).astype("<u2")
        if not per_channel:
            data.tofile(folder / file)
            continue
        for line in lines:
            (data >> line & 1).astype("<u2").tofile(folder / f"{prefix}{line + 1:02d}.dat")
