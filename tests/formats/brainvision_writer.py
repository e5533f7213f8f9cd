"""Writing BrainVision recordings from stored numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

CODES = {"i2": "INT_16", "u2": "UINT_16", "i4": "INT_32", "f4": "IEEE_FLOAT_32"}
HEAD = "Brain Vision Data Exchange Header File Version 1.0"
MARKERS = "Brain Vision Data Exchange Marker File, Version 1.0"


def write_brainvision(
    path: Path,
    stored: np.ndarray,
    *,
    channels: Sequence[str] | None = None,
    multiplexed: bool = True,
    markers: Sequence[str] | None = (),
    interval: Any = 1000,
    fields: Mapping[str, str | None] | None = None,
    binary: Mapping[str, str] | None = None,
    offset: bytes = b"",
    encoding: str = "utf-8",
    comment: str = "",
) -> None:
    """Write a header, and beside it data and markers under its name.

    Parameters
    ----------
    path : Path
        Of the header.
    stored : ndarray, shape (n_channels, n_samples)
        Its type, byte order included, is that of the file.
    channels : sequence of str, optional
        Right sides of the lines ``Ch<k>=``; by default 0.5 uV a bit.
    multiplexed : bool
    markers : sequence of str, or None
        Right sides of the lines ``Mk<k>=``; None: no marker file.
    interval : number
        us.
    fields, binary : mapping
        Lines of [Common Infos], None to leave one out, and further lines of [Binary Infos].
    offset : bytes
        What lies before the samples.
    encoding : str
    comment : str
    """
    n = len(stored)
    common = {
        "DataFile": f"{path.stem}.eeg",
        "MarkerFile": None if markers is None else f"{path.stem}.vmrk",
        "DataFormat": "BINARY",
        "DataOrientation": "MULTIPLEXED" if multiplexed else "VECTORIZED",
        "NumberOfChannels": str(n),
        "SamplingInterval": str(interval),
        **(fields or {}),
    }
    more = {"BinaryFormat": CODES[stored.dtype.str[1:]], **(binary or {})}
    if stored.dtype.byteorder == ">":
        more["UseBigEndianOrder"] = "YES"
    lines = [HEAD, "; written by a test", "", "[Common Infos]"]
    lines += [f"{key}={value}" for key, value in common.items() if value is not None]
    lines += ["", "[Binary Infos]", *(f"{key}={value}" for key, value in more.items()), "", "[Channel Infos]"]
    lines += [f"Ch{k}={text}" for k, text in enumerate(channels or [f"E{k},,0.5,µV" for k in range(n)], 1)]
    lines += ["", "[Comment]", comment] if comment else []
    path.write_bytes("\r\n".join(lines).encode(encoding))
    path.with_suffix(".eeg").write_bytes(offset + (stored.T if multiplexed else stored).tobytes())
    if markers is not None:
        lines = [MARKERS, "", "[Common Infos]", f"DataFile={path.stem}.eeg", "", "[Marker Infos]", "; Mk1=not a marker"]
        lines += [f"Mk{k}={text}" for k, text in enumerate(markers, 1)]
        path.with_suffix(".vmrk").write_bytes("\r\n".join(lines).encode(encoding))


def draw(dtype: str, n_channels: int = 3, n_samples: int = 50, seed: int = 0) -> np.ndarray:
    """Draw stored numbers."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 100, (n_channels, n_samples)).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, (n_channels, n_samples), endpoint=True).astype(dtype)
