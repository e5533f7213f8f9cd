"""NWB files: written with pynwb, and by hand as the Open Ephys GUI does; and read with pynwb."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])


def quietly(function: Function) -> Function:
    """pynwb warns of cached namespaces, time zones and what it would rather have."""

    @wraps(function)
    def call(*arguments: Any, **further: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*arguments, **further)

    return call  # type: ignore[return-value]


@quietly
def write_nwb(path: Path, add: Callable[[Any, Any], None], n_channels: int = 6, grid: bool = True) -> None:
    """Write a file of a session of 2024-02-29 10:00 UTC; `add` is given it and a region of electrodes."""
    from pynwb import NWBHDF5IO, NWBFile

    file = NWBFile("a rat hears tones", "id-1", datetime(2024, 2, 29, 10, 0, 0, 500000, tzinfo=UTC))
    file.notes, file.lab, file.session_id = "it slept", "Lab", "s7"
    group = file.create_electrode_group("array", "an array", "A1", file.create_device("board"))
    file.add_electrode_column("label", "name of the electrode")
    for k in range(n_channels):
        y, x = divmod(k, 3) if grid else (k % 2, k * k)
        file.add_electrode(rel_x=400.0 * x, rel_y=200.0 * y, location="A1", group=group, label=f"E{n_channels - k}")
    add(file, file.create_electrode_table_region(list(range(n_channels))[::-1], "all, backwards"))
    with NWBHDF5IO(path, "w") as io:
        io.write(file)


@quietly
def read_nwb(path: Path, key: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return stored numbers, values in V (both (time, channels)) and the rate of a series, by pynwb."""
    from pynwb import NWBHDF5IO
    from pynwb.ecephys import ElectricalSeries

    with NWBHDF5IO(path, "r", load_namespaces=True) as io:
        file = io.read()
        found = [one for one in file.objects.values() if isinstance(one, ElectricalSeries) and one.name == key]
        (series,) = found
        stored = series.data[()]
        each = 1.0 if series.channel_conversion is None else np.asarray(series.channel_conversion)
        values = stored.astype(np.float64) * (series.conversion * each) + series.offset
        rate = series.rate if series.rate is not None else 1 / float(np.median(np.diff(series.timestamps[()])))
        return stored, values, rate


def write_open_ephys_1(path: Path, recordings: dict[int, np.ndarray], names: list[str], gain: float = 0.195) -> None:
    """Write a file as the GUI did before 0.6: recordings (n_channels, n_samples) at 1 kHz, by number."""
    with h5py.File(path, "w") as file:
        file["nwb_version"] = b"NWB-1.0.6"
        file["session_start_time"] = b"2019-05-06T07:08:09"
        for number, stored in recordings.items():
            base = file.create_group(f"acquisition/timeseries/recording{number}")
            series = base.create_group("continuous/processor102_100")
            series.attrs["neurodata_type"] = b"TimeSeries"
            series.attrs["ancestry"] = np.array([b"Timeseries", b"ElectricalSeries"])
            data = series.create_dataset("data", data=stored.T, chunks=(16, 1), maxshape=(None, stored.shape[0]))
            data.attrs["conversion"], data.attrs["unit"] = np.float32(gain), b"volt"
            times = number + np.arange(stored.shape[1]) / 1000
            series.create_dataset("timestamps", data=times, chunks=(16,), maxshape=(None,))
            series["timestamps"].attrs["interval"] = np.int32(1)
            for k, name in enumerate(names):
                series.create_group(f"oe_extra_info/channel{k + 1}").attrs["name"] = name.encode()
            lines = base.create_group("events/ttl1")
            lines.attrs["neurodata_type"] = b"TimeSeries"
            lines.attrs["ancestry"] = np.array([b"Timeseries", b"IntervalSeries", b"TTLSeries"])
            lines["data"] = np.array([3, -3], "i1")
            lines["timestamps"] = np.array([number + 0.01, number + 0.02])
            text = base.create_group("events/text1")
            text.attrs["neurodata_type"] = b"TimeSeries"
            text.attrs["ancestry"] = np.array([b"Timeseries", b"AnnotationSeries"])
            text["data"] = np.array([f"tones {number}".encode()], "S20")
            text["timestamps"] = np.array([number + 0.005])
