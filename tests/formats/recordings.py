"""Recordings that the tests of formats write, and what is in them, computed apart from the formats' own code."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from ecogcat.testing.rhd import write_rhd

VERSIONS = ((1, 0), (1, 1), (1, 2), (1, 3), (1, 5), (2, 0), (3, 0), (3, 3))

# Gain, offset: from the vendor's document, written out here once more.
AMPLIFIER = (0.195, -32768 * 0.195)
AUX = (37.4e-6, 0.0)
SUPPLY = (74.8e-6, 0.0)
TEMPERATURE = (0.01, 0.0)
ADC = {0: (50.354e-6, 0.0), 1: (152.59e-6, -32768 * 152.59e-6), 13: (312.5e-6, -32768 * 312.5e-6)}


def scaled(stored: np.ndarray, scale: tuple[float, float]) -> np.ndarray:
    """Scale in double precision, round once."""
    return (np.asarray(stored, np.float64) * scale[0] + scale[1]).astype(np.float32)


def block_length(version: tuple[int, int]) -> int:
    return 60 if version < (2, 0) else 128


def draw_intan(version: tuple[int, int] = (3, 3), n_blocks: int = 3, seed: int = 0, n: int = 5) -> dict[str, Any]:
    """Draw arguments of `write_rhd` with content of every kind that the version has."""
    rng = np.random.default_rng([seed, *version])
    length = block_length(version) * n_blocks

    def draw(*shape: int) -> np.ndarray:
        return rng.integers(0, 65536, shape, dtype=np.uint16)

    stored: dict[str, Any] = {
        "amplifier": draw(n, length),
        "aux": draw(3, length // 4),
        "supply": draw(1, n_blocks),
        "adc": draw(2, length),
        "digital_in": draw(length),
        "digital_out": draw(length),
    }
    if version >= (1, 1):
        stored["temperature"] = rng.integers(-3000, 4000, (2, n_blocks), dtype=np.int16)
    return stored


def intan_values(
    stored: dict[str, Any], board_mode: int = 0, lines: Any = (0,), out_lines: Any = (0,)
) -> dict[str, Any]:
    """What a reader has to make of `draw_intan`'s content."""
    values = {
        "signal": scaled(stored["amplifier"], AMPLIFIER),
        "aux": scaled(stored["aux"], AUX),
        "supply": scaled(stored["supply"], SUPPLY),
        "adc": scaled(stored["adc"], ADC[board_mode]),
        "dig": np.array([stored["digital_in"] >> line & 1 for line in lines]),
        "dig_out": np.array([stored["digital_out"] >> line & 1 for line in out_lines]),
    }
    if "temperature" in stored:
        values["temperature"] = scaled(stored["temperature"], TEMPERATURE)
    return values


def write_pieces(folder: Path, names: list[str], *, gap_before: dict[int, int] | None = None, **further: Any) -> Any:
    """Write consecutive files; return all their stored arrays, put together."""
    folder.mkdir(exist_ok=True)
    stamp, pieces = 0, []
    for k, name in enumerate(names):
        stored = draw_intan(n_blocks=k % 3 + 1, seed=k)
        stamp += (gap_before or {}).get(k, 0)
        write_rhd(folder / name, **stored, first_timestamp=stamp, sampling_rate=1000.0, **further)
        stamp += stored["amplifier"].shape[1]
        pieces.append(stored)
    return {kind: np.concatenate([one[kind] for one in pieces], axis=-1) for kind in pieces[0]}


class Decoded(NamedTuple):
    """Stored integers of a traditional `.rhd` file."""

    rate: float
    amplifier: np.ndarray
    aux: np.ndarray
    supply: np.ndarray
    digital: np.ndarray | None


def decode_rhd(path: Path, *, header: int, version: int, channels: tuple[int, int, int, bool]) -> Decoded:
    """Decode a file by hand: offsets counted from the vendor's document, the length of the header given.

    Parameters
    ----------
    path : Path
    header : int
        Bytes of the header, read off a hex dump.
    version : int
        Major version.
    channels : tuple
        Amplifier, aux and supply channels, and whether there is a word of digital inputs.
    """
    data = path.read_bytes()
    n_amplifier, n_aux, n_supply, has_digital = channels
    n = 60 if version == 1 else 128
    assert struct.unpack_from("<IhH", data)[:2] == (0xC6912702, version)
    counts = [(n, 4), (n_amplifier * n, 2), (n_aux * n // 4, 2), (n_supply, 2), (n * has_digital, 2)]
    edges = np.cumsum([0] + [count * size for count, size in counts])
    blocks = np.fromfile(path, np.uint8, offset=header)
    blocks = blocks[: len(blocks) // edges[-1] * edges[-1]].reshape(-1, edges[-1])

    def rows(k: int, n_rows: int) -> np.ndarray:
        if n_rows == 0:
            return np.zeros((0, 0), np.uint16)
        words = blocks[:, edges[k] : edges[k + 1]].copy().view("<u2").reshape(len(blocks), n_rows, -1)
        return words.transpose(1, 0, 2).reshape(n_rows, -1)

    stamps = blocks[:, : edges[1]].copy().view("<i4").ravel()
    assert (np.diff(stamps) == 1).all(), "the time stamps are not where they should be: the header's length is wrong"
    return Decoded(
        struct.unpack_from("<f", data, 8)[0],
        rows(1, n_amplifier),
        rows(2, n_aux),
        rows(3, n_supply),
        rows(4, 1)[0] if has_digital else None,
    )


def write_lab_hdf5(path: Path, kind: str = "contiguous", dtype: str = "<i2", n_samples: int = 777) -> dict[str, Any]:
    """Write a file in the lab's layout; return the values that it means."""
    rng = np.random.default_rng(5)
    stored = rng.integers(-3000, 3000, (6, n_samples)).astype(dtype)
    adc, aux = rng.standard_normal((2, n_samples)), rng.standard_normal((3, -(-n_samples // 4)))
    how: dict[str, Any] = {
        "contiguous": {},
        "chunked": {"chunks": (4, 100)},
        "gzip": {"chunks": (4, 100), "compression": "gzip", "shuffle": True},
    }[kind]
    with h5py.File(path, "w") as file:
        file.create_dataset("chdata", data=stored, **how)
        file["Fs"] = 1000.0
        file.create_dataset("adc", data=adc.astype("f4"), **{**how, "chunks": (1, 50)} if how else {})
        file["aux"] = aux.astype("f4")
        file["dig"] = (adc[:1] > 0).astype("u1")
    gain = 0.195 if stored.dtype.kind == "i" else 1.0
    return {
        "signal": scaled(stored, (gain, 0.0)),
        "adc": adc.astype("f4"),
        "aux": aux.astype("f4"),
        "dig": (adc[:1] > 0).astype("u1"),
    }
