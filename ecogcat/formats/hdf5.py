"""HDF5 recordings: the lab's layout, and any other once it is said where things are.

The lab's layout has the datasets `chdata` (n_channels, n_samples), as int16 counts of 0.195 uV or as floats in uV,
`adc` and `aux` with one row a line, and the scalar `Fs` in Hz. For other files the dataset, the order of its axes, its
scale and the sampling rate are load arguments. Contiguous and chunked datasets without filters are read where they
lie; compressed ones through libhdf5.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.hdf5_fields import attributes_of, dataset_at, datasets_of, find_rate, likely_rate, reading, text_of
from ecogcat.formats.hdf5_names import SIGNATURE
from ecogcat.formats.registry import Format, register
from ecogcat.signal import Signal
from ecogcat.storage.handles import open_hdf5 as open_file
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source

__all__ = ["open_hdf5"]

_LAB_DATA, _LAB_RATE, _LAB_ALIGNED = "chdata", "Fs", ("adc", "aux", "dig")
_LAB_COUNT_UV = 0.195
_SPEC = ("data", "scale", "offset", "units", "sampling_rate", "axis_order")
_ORDERS = ("channels_first", "time_first")


def open_hdf5(
    path: str | os.PathLike[str],
    *,
    data: str | None = None,
    axis_order: str | None = None,
    scale: float | None = None,
    offset: float | None = None,
    stored_units: str | None = None,
    sampling_rate: float | str | None = None,
    aligned: Mapping[str, Any] | None = None,
) -> Dataset:
    """Open an HDF5 recording where it lies.

    Parameters
    ----------
    path : path-like
        The file.
    data : str, optional
        Path of the dataset with the samples; `chdata` by default.
    axis_order : {"channels_first", "time_first"}, optional
        Which axis comes first; by default channels in the lab's layout, and elsewhere the longer axis is time.
    scale, offset : float, optional
        value = stored * scale + offset. By default 0.195 and 0 for integers of the lab's layout, else 1 and 0.
    stored_units : str, optional
        Unit of those values; by default what the dataset's attribute `units` says, else uV.
    sampling_rate : float or str, optional
        Hz, or the path of a dataset or attribute that holds it ("group/rate"); `Fs` by default.
    aligned : mapping, optional
        Aligned arrays by name: path of the dataset, or a mapping with `data`, and as needed `scale`, `offset`,
        `units`, `sampling_rate`, `axis_order`. By default `adc`, `aux` and `dig`, where the file has them.

    Returns
    -------
    Dataset

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If it is no HDF5 file, was never closed, lacks a dataset (those it has are listed), has no usable rate, or
        holds no sample.
    ValueError
        If an argument is not usable.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["ecog"] = np.array([[0, 10], [1, 11], [2, 12]], "i2")
    ...         file.attrs["rate"] = 1000
    ...     dataset = open_hdf5(f"{folder}/a.h5", data="ecog", sampling_rate="rate", scale=0.5)
    ...     dataset.signal[1]
    array([5. , 5.5, 6. ], dtype=float32)
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    _check_arguments(axis_order, scale, offset)
    specs = {name: _spec(name, how) for name, how in (aligned or {}).items()}
    source = Source.open(path)
    with reading(path), open_file(path) as file:
        key = _LAB_DATA if data is None else data
        lab = key.strip("/") == _LAB_DATA
        dataset = dataset_at(file, path, key, "data=")
        rate = find_rate(file, path, _LAB_RATE if sampling_rate is None else sampling_rate)
        if scale is None and lab and dataset.dtype.kind in "iu":
            scale = _LAB_COUNT_UV
        signal = _signal(source, dataset, rate, _time_first(dataset, axis_order, lab), scale, offset, stored_units)
        if aligned is None and lab:
            specs = {name: {"data": name} for name in _LAB_ALIGNED if name in file}
        arrays, warnings = _aligned_arrays(file, source, signal, specs, lab)
        metadata, unreadable = attributes_of(file)
        if unreadable:
            warnings.append(f"attributes that cannot be read: {', '.join(unreadable)}")
        notes = [text_of(metadata[name]) for name in ("notes", "Notes", "comment") if name in metadata]
        metadata = {"dataset": dataset.name} | metadata
    return Dataset.of(
        signal,
        name=os.path.splitext(os.path.basename(path))[0],
        aligned=arrays,
        paths=(path,),
        format="hdf5",
        recorded_at=_name_time(path),
        notes=notes,
        warnings=warnings,
        metadata=metadata,
    )


def _check_arguments(axis_order: str | None, scale: float | None, offset: float | None) -> None:
    if axis_order is not None and axis_order not in _ORDERS:
        raise ValueError(f"axis_order is one of {', '.join(_ORDERS)}, not {axis_order!r}")
    for name, value in (("scale", scale), ("offset", offset)):
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{name} is a finite number, not {value!r}")


def _spec(name: str, how: Any) -> dict[str, Any]:
    """Return what was said about one aligned array, checked."""
    spec = dict(how) if isinstance(how, Mapping) else {"data": how}
    unknown = sorted(set(spec) - set(_SPEC))
    if unknown or not isinstance(spec.get("data"), str):
        wrong = f"unknown: {', '.join(unknown)}" if unknown else "data is the path of a dataset"
        raise ValueError(f"aligned array {name!r} takes {', '.join(_SPEC)}; {wrong}")
    _check_arguments(spec.get("axis_order"), spec.get("scale"), spec.get("offset"))
    return spec


def _time_first(dataset: Any, order: str | None, lab: bool) -> bool:
    """Whether the first axis is time: as said; never in the lab's layout; else where it is the longer one."""
    if dataset.ndim != 2 or order is not None:
        return order == "time_first"
    return not lab and dataset.shape[0] > dataset.shape[1]


def _signal(
    source: Source,
    dataset: Any,
    rate: float,
    time_first: bool,
    scale: float | None,
    offset: float | None,
    units: str | None,
) -> Signal:
    extent = hdf5_extent(source, dataset, time_first=time_first)
    if extent.dtype.kind == "c":
        raise FormatError(
            f"dataset {dataset.name!r} is no recording",
            path=source.path,
            expected="real numbers",
            found=str(extent.dtype),
        )
    if extent.n_samples == 0 or extent.n_channels == 0:
        raise FormatError(
            f"dataset {dataset.name!r} holds no sample",
            path=source.path,
            expected="at least one channel and one sample",
            found=f"shape {dataset.shape}",
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    if units is None:
        units = text_of(dataset.attrs["units"]) if "units" in dataset.attrs else "uV"
    # Values are physical, whatever their type on disk: float32 unless asked otherwise.
    return signal_of(extent, rate, units=units, gain=1.0 if scale is None else scale, offset=offset, dtype=np.float32)


def _aligned_arrays(
    file: Any, source: Source, signal: Signal, specs: Mapping[str, Mapping[str, Any]], lab: bool
) -> tuple[dict[str, Signal], list[str]]:
    arrays, warnings = {}, []
    for name, spec in specs.items():
        dataset = dataset_at(file, source.path, spec["data"], f"aligned={{{name!r}: ...}}")
        time_first = _time_first(dataset, spec.get("axis_order"), lab)
        extent = hdf5_extent(source, dataset, time_first=time_first)
        rate = spec.get("sampling_rate")
        if rate is None:
            rate = likely_rate(extent.n_samples, signal, source.path, name)
        else:
            rate = find_rate(file, source.path, rate)
        units = spec.get("units")
        if units is None:
            units = text_of(dataset.attrs.get("units", "V" if dataset.dtype.kind == "f" else ""))
        plain = dataset.dtype.kind in "iub" and "scale" not in spec and "offset" not in spec
        scaled = {} if plain else {"gain": spec.get("scale", 1.0), "offset": spec.get("offset"), "dtype": np.float32}
        array = signal_of(extent, rate, units=units, prefix=name, **scaled)
        arrays[name], problem = fit_aligned(array, signal)
        if problem:
            warnings.append(f"{name}: {problem}")
    return arrays, warnings


def _name_time(path: str) -> np.datetime64 | None:
    """Return the wall-clock time that a file name such as ``2016-09-26_15-49-32_002.h5`` carries."""
    match = re.search(r"(\d{4}-\d\d-\d\d)[_ T](\d\d)-(\d\d)-(\d\d)(?!\d)", os.path.basename(path))
    if match is None:
        return None
    try:
        return np.datetime64(f"{match[1]}T{match[2]}:{match[3]}:{match[4]}", "ns")
    except ValueError:  # digits that are no date
        return None


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return False
    if head.startswith(SIGNATURE):
        return True
    size = os.path.getsize(path)
    with open(path, "rb") as file:  # behind a user block, at 512, 1024, 2048, ...
        place = 512
        while place < min(size, 1 << 20):
            file.seek(place)
            if file.read(8) == SIGNATURE:
                return True
            place *= 2
    return False


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the datasets of a file that could be recordings."""
    with reading(path), open_file(path) as file:
        try:
            rate = find_rate(file, path, _LAB_RATE)
        except FormatError:
            rate = math.nan  # a listing shows what is there, also where it cannot be opened without a rate
        rows = []
        for name, shape in datasets_of(file):
            if len(shape) in (1, 2) and math.prod(shape) > 1 and file[name].dtype.kind in "biuf":
                n_channels, n_samples = shape if len(shape) == 2 else (1, shape[0])
                if _time_first(file[name], None, name in (_LAB_DATA, *_LAB_ALIGNED)):
                    n_channels, n_samples = n_samples, n_channels
                rows.append({"stream": name, "rate": rate, "channels": n_channels, "samples": n_samples})
        return rows


register(
    Format(
        "hdf5",
        open_hdf5,
        _recognises,
        _streams,
        "HDF5 files, the lab's layout or any dataset",
        (".h5", ".hdf5", ".hdf"),
        general=True,
    )
)
