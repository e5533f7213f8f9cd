"""Other ways to do the same: h5py and NumPy tuned by hand, and h5py on one HDF5 virtual dataset.

Both keep their files open. What they return is float32 (channels, samples), equal to ours up to its last bit: they
scale in single precision, as such programs do.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.data import ELECTRODES, GAIN, Recordings

_BLOCK = 1 << 16  # samples at a time of time-major files: a slab of 8 MB

Rows = NDArray[np.int64]


class Hand:
    """Two recordings through h5py: a slab or a row at a time, never an irregular list of rows (seconds in libhdf5)."""

    def __init__(self, recordings: Recordings) -> None:
        self.about = recordings
        self.files = [h5py.File(path, "r") for path in recordings.paths]
        self.data = [file["chdata"] for file in self.files]

    def read(self, rows: Rows, start: int, stop: int, step: int = 1) -> NDArray[np.float32]:
        """Source channels over samples of the joined time."""
        n = self.about.n_samples
        out = np.empty((len(rows), len(range(start, stop, step))), np.float32)
        for recording, data in enumerate(self.data):
            first = max(start, recording * n)
            first += -(first - start) % step
            count = len(range(first, min(stop, (recording + 1) * n), step))
            if count:
                at = (first - start) // step
                _fill(data, rows, first - recording * n, count, step, out[:, at : at + count], self.about)
        return out

    def std(self, rows: Rows) -> NDArray[np.float64]:
        """Standard deviation of each channel; a channel, or a stretch of time, in memory at once."""
        n = self.about.n_samples
        if not self.about.time_first:
            return np.array([self.read(rows[k : k + 1], 0, 2 * n).std(dtype=np.float64) for k in range(len(rows))])
        total, squares = np.zeros(len(rows)), np.zeros(len(rows))
        for data in self.data:
            for a in range(0, n, _BLOCK):
                block = data[a : a + _BLOCK][:, rows] * np.float64(GAIN)
                total += block.sum(0)
                squares += np.einsum("ij,ij->j", block, block)
        return np.sqrt(squares / (2 * n) - (total / (2 * n)) ** 2)


def _fill(
    data: Any, rows: Rows, start: int, count: int, step: int, out: NDArray[np.float32], about: Recordings
) -> None:
    stop = start + (count - 1) * step + 1
    low, high = int(rows.min()), int(rows.max()) + 1
    if about.time_first:
        if high - low > 8:  # whole rows are one stretch of the file
            low, high = 0, data.shape[1]
        for a in range(start, stop, _BLOCK // step * step):
            block = data[a : min(stop, a + _BLOCK // step * step), low:high][::step, rows - low]
            at = (a - start) // step
            np.multiply(block.T, np.float32(GAIN), out=out[:, at : at + len(block)])
    elif about.layout == "A" and step == 1:
        for k, row in enumerate(rows):
            data.read_direct(out[k], np.s_[row, start:stop])
    elif stop - start < _BLOCK:
        np.multiply(data[low:high, start:stop][rows - low, ::step], _factor(about), out=out)
    else:
        for k, row in enumerate(rows):  # a strided selection takes libhdf5 seconds
            np.multiply(data[row, start:stop][::step], _factor(about), out=out[k])


def _factor(about: Recordings) -> np.float32:
    return np.float32(1.0 if about.layout == "A" else GAIN)


class Virtual:
    """The two recordings as one HDF5 virtual dataset, read through h5py."""

    def __init__(self, recordings: Recordings) -> None:
        self.about = recordings
        self.file = h5py.File(recordings.virtual, "r")
        self.data = self.file["chdata"]

    def read(self, rows: Rows, start: int, stop: int, step: int = 1) -> NDArray[np.float32]:
        """Source channels over samples of the joined time."""
        if self.about.time_first:
            out = np.empty((len(rows), len(range(start, stop, step))), np.float32)
            _fill(self.data, rows, start, out.shape[1], step, out, self.about)
            return out
        channels = np.searchsorted(ELECTRODES, rows)
        low, high = int(channels.min()), int(channels.max()) + 1
        if high - low <= 2 * len(channels):
            values = self.data[low:high, start:stop][channels - low, ::step]
        else:
            values = np.stack([self.data[int(channel), start:stop][::step] for channel in channels])
        return values if self.about.layout == "A" else values * np.float32(GAIN)
