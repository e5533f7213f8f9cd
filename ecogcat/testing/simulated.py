"""What a simulated session holds: its recordings, the numbers in their files, and what these mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.testing import cortex

__all__ = ["SimulatedArray", "SimulatedRecording", "SimulatedSession"]


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedArray:
    """Channels as a file stores them, and what they mean.

    Attributes
    ----------
    stored : array, shape (n_channels, n_samples)
        The numbers in the file, by source channel; read-only.
    gain, offset : float
        ``value = stored * gain + offset``.
    units : str
        Unit of the values.
    sampling_rate : float
        In Hz.
    """

    stored: NDArray[Any]
    gain: float
    offset: float
    units: str
    sampling_rate: float

    def __post_init__(self) -> None:
        self.stored.flags.writeable = False

    @property
    def values(self) -> NDArray[np.float32]:
        """Values a reader must give, shape (n_channels, n_samples), scaled in double and rounded once."""
        return (self.stored.astype(np.float64) * self.gain + self.offset).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedRecording:
    """One recording of a simulated session.

    Attributes
    ----------
    name, path, format : str, Path, str
        Name of the catalog entry, the file or folder, and ``"intan"``, ``"hdf5"`` or ``"openephys"``.
    signal, adc, aux : SimulatedArray
        All 64 source channels (grounds included); the two ADC channels, the trigger first; the accelerometer.
    events : DataFrame
        `sample`, `tone` (Hz) and `level` (dB).
    start_time : datetime
        Wall-clock time of the first sample.
    """

    name: str
    path: Path
    format: str
    signal: SimulatedArray
    adc: SimulatedArray
    aux: SimulatedArray
    events: pd.DataFrame
    start_time: datetime

    @property
    def stored(self) -> NDArray[Any]:
        """Stored numbers of the signal, shape (n_channels, n_samples)."""
        return self.signal.stored

    @property
    def gain(self) -> float:
        """Gain of the signal, uV per stored unit."""
        return self.signal.gain

    @property
    def offset(self) -> float:
        """Offset of the signal in uV."""
        return self.signal.offset

    @property
    def n_samples(self) -> int:
        """Length of the signal."""
        return int(self.stored.shape[1])

    @property
    def values_uV(self) -> NDArray[np.float32]:
        """Exact values of the signal in uV, shape (n_channels, n_samples)."""
        return self.signal.values


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSession:
    """A simulated session on disk.

    Attributes
    ----------
    folder, catalog, grid : Path
        Where everything lies, the Intake catalog ``session.yaml`` and the electrode table ``grid.csv``.
    recordings : tuple of SimulatedRecording
        In the order of their start times.
    """

    folder: Path
    catalog: Path
    grid: Path
    recordings: tuple[SimulatedRecording, ...]

    @property
    def sites(self) -> NDArray[np.int64]:
        """Row and column of each source channel, shape (n_channels, 2); -1 for grounds."""
        return cortex.grid_sites()
