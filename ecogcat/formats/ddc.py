"""Recordings of the DDC board: a MATLAB file of charges, and one of trigger lines beside it.

``NAME.ndata.mat`` has the matrix `raw_data` (samples x 64 channels, the charge in coulombs that a channel collected in
each sample), two channels ahead of the order of acquisition, and ``NAME.ndatastim.mat`` the matrix `qw` (samples x
lines; 1 is high). Neither has the sampling rate, which is 1 kHz.

Source: recordings of the system, and the loader that the lab used before.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.channels import ChannelMap
from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError, FormatError, RecordingNotFound
from ecogcat.formats.ddc_board import GRID_PITCH, GRID_SHAPE, N_CHANNELS, check_quantity, grid_sites
from ecogcat.formats.matlab import has_matrix, matrices, matrix_extent
from ecogcat.formats.registry import Format, register
from ecogcat.frozen import Frozen, Index, digest, index_array
from ecogcat.signal import Signal
from ecogcat.storage.extent import Extent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source

__all__ = ["open_ddc"]

_DATA, _LINES = "raw_data", "qw"
_SUFFIX, _LINES_SUFFIX = ".ndata.mat", ".ndatastim.mat"
_RATE = 1000.0
_AHEAD = 2
_HALVES = ("odd", "mean")


def open_ddc(
    path: str | os.PathLike[str],
    *,
    quantity: str = "current",
    sampling_rate: float = _RATE,
    half: str | None = None,
    grid: bool = True,
) -> Dataset:
    """Open a recording of the DDC board where it lies.

    Parameters
    ----------
    path : path-like
        ``NAME.ndata.mat``; the trigger lines are in ``NAME.ndatastim.mat`` beside it.
    quantity : {"current", "charge"}
        What to make of the charges: the current that brought them, in nA, or themselves, in pC.
    sampling_rate : float
        At which the file was written, in Hz; it does not say.
    half : {"odd", "mean"}, optional
        Keep every second sample, from the second on, or the mean of every two; the rate is then half as high.
    grid : bool
        Put the channels on the grid of the board's own array, the three that are connected to nothing as grounds;
        False hands out all 64, for `electrode`.

    Returns
    -------
    Dataset
        Channels in nA or pC; the aligned array `dig` has the trigger lines.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If it is no MATLAB file, is cut, or has no such matrix of 64 channels.
    ValueError
        If an argument is not usable.

    Examples
    --------
    >>> import scipy.io, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     scipy.io.savemat(f"{folder}/a.ndata.mat", {"raw_data": np.full((10, 64), 2e-12)})
    ...     dataset = open_ddc(f"{folder}/a.ndata.mat")
    ...     dataset.signal.shape, dataset.units, float(dataset.signal[0, 0])
    ((61, 10), 'nA', 2.0)
    """
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.isfile(place):
        raise RecordingNotFound(f"{place}: no such file")
    check_quantity(quantity)
    if not (math.isfinite(sampling_rate) and sampling_rate > 0):
        raise ValueError(f"sampling_rate is a positive number of Hz, not {sampling_rate!r}")
    if half is not None and half not in _HALVES:
        raise ValueError(f"half is one of {', '.join(_HALVES)}, not {half!r}")
    extent = _data(place)
    rate = sampling_rate
    if half is not None:
        extent, rate = halved(extent, half, place), sampling_rate / 2
    gain, units = (1e12, "pC") if quantity == "charge" else (rate * 1e9, "nA")
    signal = signal_of(extent, rate, units=units, gain=gain, dtype=np.float32)
    warnings: list[str] = []
    lines_path, lines = _lines(place, signal, half, warnings)
    further: dict[str, Any] = {}
    if grid:
        sites = grid_sites(_AHEAD)
        rows = index_array(np.flatnonzero(sites[:, 0] >= 0))
        further = {
            "source_channels": rows,
            "ground": signal.take(index_array(np.flatnonzero(sites[:, 0] < 0))),
        }
        signal = signal.take(rows)
        further["channel_map"] = ChannelMap(sites[rows], GRID_SHAPE, GRID_PITCH, signal.channel_names)
    return Dataset.of(
        signal,
        name=os.path.basename(place).removesuffix(".mat").removesuffix(".ndata"),
        aligned={} if lines is None else {"dig": lines},
        paths=(place,) if lines_path is None else (place, lines_path),
        format="ddc",
        warnings=warnings,
        **further,
    )


def _data(place: str) -> Extent:
    source = Source.open(place)
    found = matrices(place)
    if _DATA not in found:
        raise FormatError(
            f"the file has no matrix {_DATA!r}", path=place, expected=_DATA, found=", ".join(found) or "no matrix"
        )
    extent = matrix_extent(source, found[_DATA], time_first=True)
    if extent.n_channels != N_CHANNELS:
        raise FormatError(
            f"matrix {_DATA!r} is not of this board",
            path=place,
            expected=f"samples x {N_CHANNELS} channels",
            found=f"shape {found[_DATA].shape}",
        )
    return extent


def _lines(place: str, signal: Signal, half: str | None, warnings: list[str]) -> tuple[str | None, Signal | None]:
    """Return the trigger lines as an array of 0 and 1; what is wrong with their file goes to the warnings."""
    path = place.removesuffix(_SUFFIX) + _LINES_SUFFIX
    if not place.endswith(_SUFFIX) or not os.path.isfile(path):
        return None, None
    try:
        found = matrices(path)
        if _LINES not in found:
            warnings.append(f"{os.path.basename(path)} has no matrix {_LINES!r}: no trigger lines")
            return path, None
        extent = matrix_extent(Source.open(path), found[_LINES], time_first=True)
        if half is not None:
            extent = halved(extent, "odd", path)
    except EcogcatError as error:
        warnings.append(f"{os.path.basename(path)} cannot be read and is not used: {error}")
        return path, None
    lines = signal_of(extent, signal.sampling_rate, units="", prefix="line", dtype=np.uint8)
    lines, problem = fit_aligned(lines, signal)
    warnings += [f"dig: {problem}"] if problem else []
    return path, lines


def halved(extent: Extent, half: str, path: str) -> ReaderExtent:
    """Return every second sample, or the mean of every two, of an extent."""
    n = extent.n_samples // 2
    if not n:
        raise FormatError("there is no second sample to keep", path=path, found=f"{extent.n_samples} sample")
    dtype = np.dtype(np.float64) if half == "mean" else extent.dtype.newbyteorder("=")
    block = max(1, extent.block_samples // 2)
    return ReaderExtent(HalfReader(extent, half), extent.n_channels, n, dtype, extent.sources, block)


@dataclass(frozen=True, slots=True, eq=False)
class HalfReader(Frozen):
    """Every second sample of an extent, from the second on ("odd"), or the mean of every two ("mean")."""

    extent: Extent
    half: str

    @property
    def token(self) -> str:
        """Digest of what is read."""
        return digest("half", self.extent.token, self.half)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return samples of half the rate."""
        n, dtype = stop - start, self.extent.dtype.newbyteorder("=")
        if self.half == "odd":
            out = np.empty((len(channels), n), dtype)
            self.extent.gather(channels, range(2 * start + 1, 2 * stop, 2), None, out, 0, n)
            return out
        both = np.empty((len(channels), 2 * n), np.float64)
        self.extent.gather(channels, range(2 * start, 2 * stop), None, both, 0, 2 * n)
        return (both[:, ::2] + both[:, 1::2]) / 2


def _recognises(path: str, head: bytes) -> bool:
    return os.path.isfile(path) and has_matrix(path, head, _DATA)


def _streams(path: str) -> list[dict[str, Any]]:
    extent = _data(path)
    return [{"stream": _DATA, "rate": _RATE, "channels": extent.n_channels, "samples": extent.n_samples}]


register(Format("ddc", open_ddc, _recognises, _streams, "MATLAB files of the DDC board", (_SUFFIX,)))
