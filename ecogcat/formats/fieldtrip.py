"""FieldTrip raw structures in MATLAB v7.3 files, which are HDF5: the trials of one recording.

A raw structure has `label` (names of the channels), `trial` and `time` (a cell a trial: samples, channels x time, and
their times in s from the trigger), mostly `fsample` (Hz), and often `sampleinfo` (first and last sample of each trial
in the recording it was cut from, counted from 1) and `trialinfo` (numbers of each trial). MATLAB stores a cell array
as references to datasets in the drawer `#refs#`, and every matrix with its axes reversed: here (time, channels).

Source: FieldTrip's documentation of the raw data structure (ft_datatype_raw), MATLAB's of v7.3 files, and a recording.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.events import Events
from ecogcat.formats.choice import Option, choose
from ecogcat.formats.hdf5_fields import reading
from ecogcat.formats.naming import plain_name, unique_names
from ecogcat.formats.registry import Format, register
from ecogcat.joining.join import join
from ecogcat.storage.handles import open_hdf5 as open_file
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source
from ecogcat.units import parse_unit

__all__ = ["open_fieldtrip"]

_MAGIC = b"MATLAB 7.3 MAT-file"
_FIELDS = ("label", "trial", "time")
_MOST_CELLS = 1 << 20
_MOST_TEXT = 4096


def open_fieldtrip(
    path: str | os.PathLike[str], *, stream: str | None = None, stored_units: str | None = None
) -> Dataset:
    """Open a FieldTrip raw structure of a MATLAB v7.3 file where it lies.

    Parameters
    ----------
    path : path-like
        The `.mat` file.
    stream : str, optional
        Name of the variable, where a file holds several such structures.
    stored_units : str, optional
        Unit of the samples; by default what ``hdr.chanunit`` says, else uV.

    Returns
    -------
    Dataset
        A part a trial. The time zero of each trial, where it lies within, is an event with the columns trial (from 1)
        and trialinfo_1, trialinfo_2, ...

    Raises
    ------
    RecordingNotFound
        If nothing is there, or no structure has that name.
    FormatError
        If the file holds no such structure, several, or one that is damaged.

    Examples
    --------
    >>> import tempfile
    >>> import h5py
    >>> def cell(file, name, items):
    ...     made = [file.create_dataset(f"#refs#/{name}{k}", data=item) for k, item in enumerate(items)]
    ...     file[f"data/{name}"] = np.array([[one.ref for one in made]], h5py.ref_dtype).T
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.mat", "w", userblock_size=512) as file:
    ...         cell(file, "label", [np.array([[67], [51]], "u2"), np.array([[67], [52]], "u2")])
    ...         cell(file, "trial", [[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]])
    ...         cell(file, "time", [[[0.0], [0.01], [0.02]]])
    ...         file["data/fsample"] = [[100.0]]
    ...     dataset = open_fieldtrip(f"{folder}/a.mat")
    >>> dataset.signal.shape, dataset.signal.channel_names, dataset.events.sample.tolist()
    ((2, 3), ('C3', 'C4'), [0])
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    source = Source.open(path)
    with reading(path), open_file(path) as file:
        found = choose(_structures(file, path), path, stream=stream)
        return _dataset(file, source, found.value, stored_units)


def _structures(file: Any, path: str) -> list[Option[str]]:
    """Return the raw structures of a file: variables, or the file itself where its fields were saved as variables."""
    import h5py

    found = []
    for name in ["/", *(key for key in file if file.get(key, getclass=True) is h5py.Group)]:
        fields = [file[name].get(field) for field in _FIELDS]
        cells = [isinstance(one, h5py.Dataset) and _is_cell(one) for one in fields]
        if all(cells):
            n_trials = int(fields[1].size)
            found.append(
                Option(name, {"stream": name}, "1 trial" if n_trials == 1 else f"{n_trials} trials", n_trials > 0)
            )
    if not found:
        raise FormatError(
            "the file holds no FieldTrip raw structure",
            path=path,
            expected="a variable with label, trial and time",
            found=", ".join(key for key in list(file)[:12] if key != "#refs#") or "nothing",
        )
    return found


def _is_cell(dataset: Any) -> bool:
    import h5py

    return dataset.dtype.kind == "O" and h5py.check_ref_dtype(dataset.dtype) is h5py.Reference


def _cells(file: Any, dataset: Any, path: str) -> list[Any]:
    """Return the datasets that a cell array refers to."""
    if dataset.size > _MOST_CELLS:
        raise FormatError(f"{dataset.name} is no cell array", path=path, found=f"{dataset.size:,} cells")
    found = []
    for k, reference in enumerate(np.ravel(dataset[()])):
        item = file[reference] if reference else None
        if item is None or getattr(item, "shape", None) is None:
            raise FormatError(f"cell {k + 1} of {dataset.name} leads nowhere", path=path, expected="a matrix")
        found.append(item)
    return found


def _text(dataset: Any) -> str:
    """Return a row of characters; empty if it is none."""
    if dataset.dtype.kind not in "iu" or not 0 < dataset.size <= _MOST_TEXT or "MATLAB_empty" in dataset.attrs:
        return ""
    codes = np.ravel(dataset[()])
    return codes.astype("<u2").tobytes().decode("utf-16-le", "replace")


def _dataset(file: Any, source: Source, name: str, stored_units: str | None) -> Dataset:
    group, path = file[name], source.path
    names, warnings = unique_names([plain_name(_text(one)) for one in _cells(file, group["label"], path)])
    trials, times = (_cells(file, group[field], path) for field in ("trial", "time"))
    if not trials or len(times) != len(trials) or not names:
        raise FormatError(
            "the structure has no trials, or no times of them",
            path=path,
            expected="a cell of trial and one of time a trial",
            found=f"{len(names)} labels, {len(trials)} trials, {len(times)} times",
        )
    rate = _rate(group, times, path)
    units, said = _units(file, group, stored_units)
    warnings += said
    info, samples = (_numbers(group, field, len(trials)) for field in ("trialinfo", "sampleinfo"))
    title = os.path.splitext(os.path.basename(path))[0]
    datasets = []
    for k, (trial, time) in enumerate(zip(trials, times, strict=True)):
        n = _n_samples(trial, time, names, k, path)
        first, odd = _first_time(time, n, rate)
        signal = signal_of(
            hdf5_extent(source, trial, time_first=True), rate, units=units, names=names, gain=1.0, dtype=np.float32
        )
        metadata: dict[str, Any] = {"variable": name, "trial": k + 1, "first_time_s": first}
        if samples is not None and samples.shape[1] == 2:
            metadata["sampleinfo"] = tuple(samples[k].tolist())
        datasets.append(
            Dataset.of(
                signal,
                name=title if len(trials) == 1 else f"{title} ({k + 1})",
                events=_event(first, n, rate, k, info),
                paths=(path,),
                format="fieldtrip",
                warnings=[*(warnings if k == 0 else ()), *odd],
                metadata=metadata,
            )
        )
    return join(*datasets, name=title) if len(datasets) > 1 else datasets[0]


def _n_samples(trial: Any, time: Any, names: Sequence[str], k: int, path: str) -> int:
    """Return the samples of a trial, whose shapes were checked."""
    ok = trial.ndim == 2 and trial.shape[1] == len(names) and trial.shape[0] > 0 and "MATLAB_empty" not in trial.attrs
    if not ok or trial.dtype.kind not in "iuf" or time.size != trial.shape[0]:
        raise FormatError(
            f"trial {k + 1} does not fit the labels and times",
            path=path,
            expected=f"{len(names)} channels and {time.size:,} samples",
            found=f"{trial.dtype} of {trial.shape[::-1]}",
            hint="Structures of averages and of other kinds are not raw data",
        )
    return int(trial.shape[0])


def _rate(group: Any, times: Sequence[Any], path: str) -> float:
    """Return the sampling rate: `fsample`, or from the times of a trial."""
    field, found = group.get("fsample"), math.nan
    if field is not None and getattr(field, "size", 0) == 1 and field.dtype.kind in "iuf":
        found = float(np.ravel(field[()])[0])
    elif field is None:
        longest = max(times, key=lambda one: one.size)
        if longest.size > 1 and longest.dtype.kind == "f":
            first, last = _ends(longest)
            if last > first:
                rate = (longest.size - 1) / (last - first)
                found = round(rate, 3) if abs(round(rate, 3) - rate) < 1e-9 * rate else rate
    if not 1e-3 <= found <= 1e9:
        raise FormatError("the structure has no sampling rate", path=path, expected="fsample, Hz", found=found)
    return found


def _ends(time: Any) -> tuple[float, float]:
    # MATLAB stores a row of times as (n, 1).
    along = time[:: max(1, time.shape[0] - 1), 0] if time.ndim == 2 and time.shape[1] == 1 else np.ravel(time[()])
    return float(along[0]), float(along[-1])


def _first_time(time: Any, n: int, rate: float) -> tuple[float, list[str]]:
    """Return the time of a trial's first sample, and a warning if its times do not run at the rate."""
    if time.dtype.kind != "f":
        return math.nan, ["the times of this trial are no numbers"]
    first, last = _ends(time)
    if not abs((last - first) * rate - (n - 1)) <= 0.5:
        return first, [f"the times of this trial run from {first:g} to {last:g} s, which is not {n:,} samples"]
    return first, []


def _event(first: float, n: int, rate: float, k: int, info: Any) -> Events | None:
    """Return the time zero of a trial, with its numbers."""
    zero = -first * rate
    if not -0.5 <= zero < n - 0.5:
        return None
    numbers = {} if info is None else {f"trialinfo_{j + 1}": [value] for j, value in enumerate(info[k].tolist())}
    return Events([max(0, round(zero))], {"trial": [k + 1], **numbers})


def _numbers(group: Any, field: str, n_trials: int) -> Any:
    """Return a matrix with a row a trial, None if there is none."""
    found = group.get(field)
    if found is None or getattr(found, "ndim", 0) != 2 or found.shape[1] != n_trials or found.shape[0] > 1000:
        return None
    return np.asarray(found[()]).T if found.dtype.kind in "iuf" else None


def _units(file: Any, group: Any, stored_units: str | None) -> tuple[str, list[str]]:
    """Return the unit: as said, or that of all channels by the header."""
    if stored_units is not None:
        return parse_unit(stored_units).symbol, []
    field = group.get("hdr/chanunit") if "hdr" in group else group.get("chanunit")
    if field is not None and hasattr(field, "dtype") and _is_cell(field) and 0 < field.size <= _MOST_CELLS:
        found = {_text(file[one]) for one in np.ravel(field[()]) if one}
        if len(found) == 1 and (unit := parse_unit(found.pop())).quantity == "V":
            return unit.symbol, []
    return "uV", ["the structure does not say its unit: taken for uV (stored_units= says another)"]


def _recognises(path: str, head: bytes) -> bool:
    if not re.match(_MAGIC, head):
        return False
    try:
        with reading(path), open_file(path) as file:
            return bool(_structures(file, path))
    except FormatError:
        return False  # other HDF5 files are asked for what they are


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the raw structures; samples are those of all trials."""
    with reading(path), open_file(path) as file:
        names = [one.value for one in _structures(file, path)]
    rows = []
    for name in names:
        dataset = open_fieldtrip(path, stream=name)
        row = {"rate": dataset.sampling_rate, "channels": dataset.n_channels, "samples": dataset.n_samples}
        rows.append({"stream": name, **row})
    return rows


register(Format("fieldtrip", open_fieldtrip, _recognises, _streams, "FieldTrip raw structures in MATLAB v7.3 files"))
