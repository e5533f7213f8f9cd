"""NWB files (Neurodata Without Borders, HDF5): every electrical series, with its electrodes, times and intervals."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.choice import choose
from ecogcat.formats.hdf5_fields import reading, text_of
from ecogcat.formats.hdf5_names import hdf5_names, is_hdf5
from ecogcat.formats.nwb.electrodes import electrodes_of
from ecogcat.formats.nwb.series import Series, Stretch, find_series, scale_of, timing_of
from ecogcat.formats.nwb.tables import Happened, events_of, intervals_of, read_happened
from ecogcat.formats.registry import Format, register
from ecogcat.joining.join import join
from ecogcat.signal import Signal
from ecogcat.storage.handles import open_hdf5 as open_file
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source

__all__ = ["open_nwb"]

_GENERAL = ("identifier", "general/session_id", "general/lab", "general/institution")
_SUBJECT = ("subject_id", "species", "sex", "age", "genotype")
_NOTES = ("session_description", "general/experiment_description", "general/notes")


def open_nwb(path: str | os.PathLike[str], *, stream: str | None = None, recording: str | int | None = None) -> Dataset:
    """Open an electrical series of an NWB file where it lies.

    Parameters
    ----------
    path : path-like
        The file.
    stream : str, optional
        Path of the series ("processing/ecephys/LFP/ElectricalSeries"), or its last name.
    recording : str or int, optional
        Of a file by the Open Ephys GUI before 0.6: "recording2", or 2.

    Returns
    -------
    Dataset
        In the unit of the series, V as a rule. Jumps in its timestamps are seams. Rows of trials and of other tables
        of intervals are `intervals`, and their starts events with the table's columns. Positions that are a grid are
        the channel map (rows ascend with y); the electrodes table is in ``metadata["electrodes"]``.

    Raises
    ------
    RecordingNotFound
        If nothing is there, or no series has that name (those there are are listed).
    FormatError
        If several series are meant, or the file is not what it should be.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.nwb", "w") as file:
    ...         file.attrs["nwb_version"] = "2.7.0"
    ...         series = file.create_group("acquisition/ECoG")
    ...         series.attrs["neurodata_type"] = "ElectricalSeries"
    ...         series["data"] = np.array([[1, 10], [2, 20], [3, 30]], "i2")
    ...         series["data"].attrs.update({"conversion": 1e-6, "unit": "volts"})
    ...         series["starting_time"] = 0.0
    ...         series["starting_time"].attrs["rate"] = 1000.0
    ...     dataset = open_nwb(f"{folder}/a.nwb")
    ...     dataset.sampling_rate, dataset.units, dataset.signal.read(raw=True).tolist()
    (1000.0, 'V', [[1, 2, 3], [10, 20, 30]])
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    source = Source.open(path)
    with reading(path), open_file(path) as file:
        series = choose(_all_series(file, path), path, recording=recording, stream=stream)
        return _dataset(file, source, series)


def _all_series(file: Any, path: str) -> list[Series]:
    if not _is_nwb(file):
        raise FormatError("this is no NWB file", path=path, expected="nwb_version", found=", ".join(list(file)[:8]))
    found = find_series(file, path)
    if not found:
        raise FormatError(
            "the file has no electrical series",
            path=path,
            expected="an ElectricalSeries in acquisition or processing",
            found=", ".join(list(file.get("acquisition") or ())[:8]) or "no acquisition",
        )
    return found


def _is_nwb(file: Any) -> bool:
    return (
        "nwb_version" in file.attrs
        or "nwb_version" in file
        or text_of(file.attrs.get("neurodata_type", "")) == "NWBFile"
    )


def _dataset(file: Any, source: Source, series: Series) -> Dataset:
    group, warnings = file[series.key], []
    signal, arrays, channel_map, columns, odd = _signal(file, source, series, group)
    warnings += odd
    rate, stretches, odd = timing_of(source, series, group, signal.n_samples)
    warnings += odd
    signal = signal.replace(sampling_rate=rate)
    arrays = {name: one.replace(sampling_rate=rate) for name, one in arrays.items()}
    happened = read_happened(file, series.recording)
    warnings += happened.warnings
    name = os.path.splitext(os.path.basename(source.path))[0]
    notes = [text_of(file[key][()]).strip() for key in _NOTES if key in file]
    session, metadata = _session_start(file), _metadata(file, series, group, columns)
    datasets, n_inside = [], 0
    for k, stretch in enumerate(stretches):
        window = slice(stretch.start, stretch.stop)
        events, n = events_of(happened, stretch, rate)
        n_inside += n
        first = k == 0
        datasets.append(
            Dataset.of(
                signal.cut(window.start, window.stop),
                name=name if len(stretches) == 1 else f"{name} ({k + 1})",
                channel_map=channel_map,
                aligned={name: one.cut(window.start, window.stop) for name, one in arrays.items()},
                events=events,
                intervals=intervals_of(happened, stretch, rate),
                paths=(source.path,),
                format="nwb",
                file_start=stretch.start,
                recorded_at=None if session is None else session + _span(stretch.time - stretch.start / rate),
                notes=[one for one in (*notes, *happened.notes) if one] if first else (),
                warnings=warnings if first else [_gap(stretches[k - 1], stretch, rate)],
                metadata=metadata,
            )
        )
    return _whole(datasets, name, _n_events(happened) - n_inside)


def _whole(datasets: list[Dataset], name: str, outside: int) -> Dataset:
    if outside:
        first = datasets[0].parts[0]
        text = f"{outside} events or starts of intervals lie outside of the samples and are left out"
        datasets[0] = datasets[0].replace(parts=(first.replace(warnings=(*first.warnings, text)),))
    return join(*datasets, name=name) if len(datasets) > 1 else datasets[0]


def _n_events(happened: Happened) -> int:
    return sum(len(table) for tables in (happened.intervals, happened.lines) for table in tables.values())


def _span(seconds: float) -> np.timedelta64:
    return np.timedelta64(round(seconds * 1e9) if abs(seconds) < 9e9 else 0, "ns")


def _gap(left: Stretch, right: Stretch, rate: float) -> str:
    lost = right.time - left.time - (left.stop - left.start) / rate
    return f"the timestamps jump by {lost:+.6g} s before this part"


def _signal(
    file: Any, source: Source, series: Series, group: Any
) -> tuple[Signal, dict[str, Signal], Any, Any, list[str]]:
    """Return the channels of a series, further arrays, their map, the table's columns, and what is odd."""
    data, warnings = group["data"], []
    if data.ndim not in (1, 2) or data.size == 0:
        raise FormatError(
            f"{series.key} holds no sample",
            path=source.path,
            expected="data of (time, channels)",
            found=f"shape {data.shape}",
        )
    time_first = True
    region = group.get("electrodes")
    if data.ndim == 2 and region is not None and region.shape == data.shape[:1] != data.shape[1:]:
        time_first = False
        warnings.append(f"{series.key} has its channels first, which NWB has last: taken as {data.shape[0]} channels")
    extent = hdf5_extent(source, data, time_first=time_first)
    units, gains, offset = scale_of(series, group, extent.n_channels, source.path)
    names, channel_map, columns, odd = electrodes_of(file, series, group, extent.n_channels)
    signal = signal_of(extent, 1.0, units=units, names=names, gain=gains, offset=offset, dtype=np.float32)
    if not series.of_open_ephys_1:
        return signal, {}, channel_map, columns, warnings + odd
    counts = signal_of(extent, 1.0, units="", names=names)
    kinds = [next((kind for kind in ("adc", "aux") if re.search(rf"(^|_){kind}\d*$", n.lower())), "") for n in names]
    rows = {kind: [k for k, one in enumerate(kinds) if one == kind] for kind in ("", "adc", "aux")}
    if not rows[""] or len(rows[""]) == len(names):
        return signal, {}, channel_map, columns, warnings + odd
    odd.append("the file has no gain of its ADC and AUX channels: these are stored numbers")
    arrays = {kind: counts.take(np.array(rows[kind])) for kind in ("adc", "aux") if rows[kind]}
    return signal.take(np.array(rows[""])), arrays, channel_map, columns, warnings + odd


def _metadata(file: Any, series: Series, group: Any, columns: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    found: dict[str, Any] = {"stream": series.stream, "series": series.key}
    if series.recording:
        found["recording"] = series.recording
    version = file.attrs.get("nwb_version", file["nwb_version"][()] if "nwb_version" in file else "")
    found["nwb_version"] = text_of(version)
    for key in (*_GENERAL, *(f"general/subject/{name}" for name in _SUBJECT)):
        if key in file and getattr(file[key], "shape", None) in ((), (1,)):
            found[key.rpartition("/")[2]] = text_of(file[key][()])
    if "description" in group.attrs:
        found["description"] = text_of(group.attrs["description"])
    if columns:
        found["electrodes"] = columns
    return found


def _session_start(file: Any) -> np.datetime64 | None:
    """Return the wall-clock time from which times count, local as the file has it."""
    for key in ("timestamps_reference_time", "session_start_time"):
        if key in file and getattr(file[key], "shape", None) in ((), (1,)):
            match = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)", text_of(file[key][()]))
            if match is not None:
                try:
                    return np.datetime64(f"{match[1]}T{match[2]}", "ns")
                except ValueError:  # digits that are no date
                    continue
    return None


def _recognises(path: str, head: bytes) -> bool:
    names = hdf5_names(path, head)
    if names is None:
        return is_hdf5(head) and path.lower().endswith(".nwb")  # opening says what is wrong with it
    if "nwb_version" in names.members | names.attributes:
        return True
    if "neurodata_type" not in names.attributes:
        return False
    with reading(path), open_file(path) as file:
        return _is_nwb(file)


def _streams(path: str) -> list[dict[str, Any]]:
    """Return every electrical series."""
    source = Source.open(path)
    with reading(path), open_file(path) as file:
        rows = []
        for series in _all_series(file, path):
            n, *channels = series.shape or (0,)
            row = {"channels": channels[0] if channels else 1, "samples": n, **series.places}
            try:
                row["rate"] = timing_of(source, series, file[series.key], n)[0]
            except FormatError:
                row["rate"] = float("nan")  # a listing shows what is there, also what cannot be opened
            rows.append(row)
        return rows


register(Format("nwb", open_nwb, _recognises, _streams, "NWB files, electrical series", (".nwb",)))
