"""Analog front end (AFE), which integrates charge: `afe`, and `afe_aug21` as it was built in August 2021 (HDF5).

Both store volts: -1.4 V to 1.4 V are 0 to the full scale of the range, in pC, at the end of each period of integration.
The charge over the length of the period is the current. The file says neither range nor period: they are arguments, and
without them the signal is in volts. The mean is as it was stored.

`afe` has `data` (samples, channels + trigger lines) and `Fs`; its period is ``(500 - 2 * n_data)`` cycles of the clock.
`afe_aug21` is a multiplexed recording (`ecogcat.formats.multiplexed`) of at least 67 rows, of which rows 4, 6, ..., 66
of each column of electrodes carry a channel; the last row of each of the last ten columns is a trigger line, and its
period is 563 us. Source: files of the lab and the program that it read them with.
"""

from __future__ import annotations

import math
import operator
import os
from typing import Any, NamedTuple

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.hdf5_fields import dataset_at, find_rate, reading
from ecogcat.formats.multiplexed import checked_data, facts_of_file, read_scan, scan_shape
from ecogcat.formats.registry import Format, register, stream_rows
from ecogcat.frozen import index_array
from ecogcat.signal import Signal
from ecogcat.storage.handles import open_hdf5
from ecogcat.storage.source import Source
from ecogcat.units import parse_unit

__all__ = ["AFE_ROWS", "RANGES_PC", "open_afe", "open_afe_aug21"]

# Full scale in pC by range code.
RANGES_PC = (0.13, 0.25, 0.5, 1.2, 2.4, 4.8, 7.2, 9.6)
_VOLTS = 1.4  # at full scale, and below zero at none
_CYCLES, _CYCLES_PER_CHANNEL = 500, 2
_AUG21_PERIOD_S = 563e-6
# In each column the first channel's row, and every second one from there on to the last of a scan of at least so many.
_FIRST_ROW, AFE_ROWS = 4, 67
_N_TRIGGERS = 10
_DEFAULT_CHANNELS, _MOST_LINES = 64, 16


class _Scale(NamedTuple):
    """value = volts * gain + offset, in `units`."""

    gain: float
    offset: float
    units: str


def open_afe(
    path: str | os.PathLike[str],
    *,
    n_data: int = _DEFAULT_CHANNELS,
    range_code: int | None = None,
    cycle_rate: float | None = None,
    units: str | None = None,
) -> Dataset:
    """Open a recording of the analog front end where it lies.

    Parameters
    ----------
    path : path-like
        The HDF5 file. What it is cannot be told from its content: give ``format="afe"``.
    n_data : int
        Columns of `data` with channels; those behind them are trigger lines.
    range_code : int, optional
        0 to 7: full scale of 0.13, 0.25, 0.5, 1.2, 2.4, 4.8, 7.2 or 9.6 pC. Without it the signal is in volts.
    cycle_rate : float, optional
        Cycles of the clock a second, for currents. Without it the signal is a charge.
    units : str, optional
        A unit of voltage, charge or current, which chooses between them; by default nA, pC or uV, what the other
        arguments allow.

    Returns
    -------
    Dataset
        Aligned array `trig` in V, a channel a trigger line.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If it is no such recording.
    ValueError
        If an argument is not usable, or missing for what `units` asks.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["data"], file["Fs"] = np.full((300, 66), 1.4), [[1000.0]]
    ...     dataset = open_afe(f"{folder}/a.h5", range_code=2)
    ...     dataset.signal[0, :2], dataset.units, dataset["trig"].shape
    (array([0.5, 0.5], dtype=float32), 'pC', (2, 300))
    """
    path = _existing(path)
    if not 1 <= operator.index(n_data) < _CYCLES / _CYCLES_PER_CHANNEL:
        raise ValueError(f"n_data is a number of channels from 1 to 249, not {n_data!r}")
    if cycle_rate is not None and not (math.isfinite(cycle_rate) and cycle_rate > 0):
        raise ValueError(f"cycle_rate is a positive number of cycles a second, not {cycle_rate!r}")
    period = None if cycle_rate is None else (_CYCLES - _CYCLES_PER_CHANNEL * n_data) / cycle_rate
    scale = _scale(range_code, period, units, "cycle_rate")
    source = Source.open(path)
    with reading(path), open_hdf5(path) as file:
        dataset = dataset_at(file, path, "data", "format='hdf5' and data=")
        rate = find_rate(file, path, "Fs")
        extent = checked_data(source, dataset, time_first=True)
        metadata, notes, warnings = facts_of_file(file)
    if not n_data <= extent.n_channels <= n_data + _MOST_LINES:
        raise FormatError(
            "the columns of data are not those channels and a few trigger lines",
            path=path,
            expected=f"{n_data} to {n_data + _MOST_LINES} columns",
            found=f"{extent.n_channels} columns of {extent.n_samples:,} samples",
            hint="Give the number of channels with n_data=",
        )
    stored = signal_of(extent, rate, units=scale.units, gain=scale.gain, offset=scale.offset, dtype=np.float32)
    lines = signal_of(extent, rate, units="V", gain=1.0, dtype=np.float32)
    return _dataset(
        path,
        "afe",
        _named(stored, range(n_data), "ch"),
        _named(lines, range(n_data, extent.n_channels), "trig"),
        notes=notes,
        warnings=warnings,
        metadata=metadata | {"n_data": n_data, "range_code": range_code, "cycle_rate": cycle_rate},
    )


def open_afe_aug21(
    path: str | os.PathLike[str],
    *,
    range_code: int | None = None,
    units: str | None = None,
    axis_order: str | None = None,
) -> Dataset:
    """Open a recording of the analog front end of August 2021 where it lies.

    Parameters
    ----------
    path : path-like
        The HDF5 file.
    range_code : int, optional
        0 to 7: full scale of 0.13, 0.25, 0.5, 1.2, 2.4, 4.8, 7.2 or 9.6 pC. Without it the signal is in volts.
    units : str, optional
        A unit of voltage, charge or current, which chooses between them; by default nA, or uV without a range.
    axis_order : {"channels_first", "time_first"}, optional
        Which axis of `data` comes first; found by their lengths by default.

    Returns
    -------
    Dataset
        32 channels a column; aligned array `trig` in V, a channel a trigger line.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If it is no such recording, or has fewer rows.
    ValueError
        If an argument is not usable, or missing for what `units` asks.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["data"], file["Fs"] = np.zeros((804, 5), "f4"), 1000.0
    ...         file["numRow"], file["numCol"], file["numChan"] = 67, 2, 12
    ...     dataset = open_afe_aug21(f"{folder}/a.h5", range_code=7, units="pC")
    ...     dataset.signal[0, :2], dataset.signal.shape, dataset["trig"].shape
    (array([4.8, 4.8], dtype=float32), (64, 5), (10, 5))
    """
    path = _existing(path)
    scale = _scale(range_code, _AUG21_PERIOD_S, units, "")
    scan = read_scan(path, axis_order=axis_order)
    if scan.n_rows < AFE_ROWS:
        raise FormatError(
            "these are no scans of the analog front end",
            path=path,
            expected=f"at least {AFE_ROWS} rows",
            found=f"{scan.n_rows} rows",
        )
    rows = range(_FIRST_ROW, AFE_ROWS, 2)
    channels = [column * scan.n_rows + row for column in range(scan.n_columns) for row in rows]
    first = max(scan.n_columns, scan.n_all - _N_TRIGGERS)
    triggers = [column * scan.n_rows + scan.n_rows - 1 for column in range(first, scan.n_all)]
    stored = signal_of(scan.cells, scan.rate, units=scale.units, gain=scale.gain, offset=scale.offset, dtype=np.float32)
    return _dataset(
        path,
        "afe_aug21",
        _named(stored, channels, "ch"),
        scan.rows_of(triggers, "trig"),
        notes=scan.notes,
        warnings=scan.warnings,
        metadata=scan.metadata | {"range_code": range_code},
    )


def _existing(path: str | os.PathLike[str]) -> str:
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(place):
        raise RecordingNotFound(f"{place}: no such file")
    return place


def _scale(range_code: int | None, period: float | None, units: str | None, period_argument: str) -> _Scale:
    """Return how volts become what `units` asks for; by default the most that can be said."""
    if range_code is not None and range_code not in range(len(RANGES_PC)):
        raise ValueError(f"range_code is one of 0 to {len(RANGES_PC) - 1}, not {range_code!r}")
    possible = ["V"] if range_code is None else ["V", "C"] if period is None else ["V", "C", "A"]
    quantity = possible[-1] if units is None else parse_unit(units).quantity
    if quantity not in possible:
        if quantity not in ("V", "C", "A"):
            raise ValueError(f"the signal is a voltage, a charge or a current, which units={units!r} is not")
        needed = [] if range_code is not None else ["range_code"]
        needed += [period_argument] if quantity == "A" and period is None else []
        raise ValueError(f"units={units!r} needs {' and '.join(f'{one}=' for one in needed)}")
    if quantity == "V" or range_code is None:
        return _Scale(1e6, 0.0, "uV")
    full = RANGES_PC[int(range_code)]
    charge = _Scale(full / (2 * _VOLTS), full / 2, "pC")
    if quantity == "C" or period is None:
        return charge
    return _Scale(charge.gain / period / 1e3, charge.offset / period / 1e3, "nA")


def _named(stored: Signal, channels: Any, prefix: str) -> Signal:
    names = tuple(f"{prefix}{k}" for k in range(len(channels)))
    return stored.take(index_array(channels)).replace(channel_names=names)


def _dataset(path: str, format: str, signal: Signal, trig: Signal, **part: Any) -> Dataset:
    return Dataset.of(
        signal,
        name=os.path.splitext(os.path.basename(path))[0],
        aligned={"trig": trig} if trig.n_channels else {},
        paths=(path,),
        format=format,
        **part,
    )


def _recognises_aug21(path: str, head: bytes) -> bool:
    shape = scan_shape(path, head)
    return shape is not None and shape[0] >= AFE_ROWS


register(
    Format(
        "afe",
        open_afe,
        lambda path, head: False,  # any time-first HDF5 file has `data` and `Fs`
        lambda path: stream_rows(open_afe(path), "electrodes"),
        "analog front end, in HDF5 (only by name)",
    )
)
register(
    Format(
        "afe_aug21",
        open_afe_aug21,
        _recognises_aug21,
        lambda path: stream_rows(open_afe_aug21(path), "electrodes"),
        "analog front end of August 2021, in HDF5",
    )
)
