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
from fractions import Fraction
from typing import Any

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.registry import Format, register
from ecogcat.signal import Signal
from ecogcat.storage.handles import open_hdf5 as open_file
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source

__all__ = ["open_hdf5"]

_LAB_DATA, _LAB_RATE, _LAB_ALIGNED = "chdata", "Fs", ("adc", "aux", "dig")
_LAB_COUNT_UV = 0.195
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
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
        Which axis comes first; by default the longer axis is time.
    scale, offset : float, optional
        value = stored * scale + offset. By default 0.195 and 0 for integers of the lab's layout, else 1 and 0.
    stored_units : str, optional
        Unit of those values; uV by default.
    sampling_rate : float or str, optional
        Hz, or the path of a dataset or attribute that holds it; `Fs` by default.
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
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    source = Source.open(path)
    with open_file(path) as file:
        key = _LAB_DATA if data is None else data
        lab = key.strip("/") == _LAB_DATA
        dataset = _dataset_at(file, path, key, "data=")
        rate = _rate(file, path, _LAB_RATE if sampling_rate is None else sampling_rate)
        if scale is None and lab and dataset.dtype.kind in "iu":
            scale = _LAB_COUNT_UV
        # Values are physical, whatever their type on disk: float32 unless asked otherwise.
        scaled = {"gain": 1.0 if scale is None else scale, "offset": offset}
        extent = hdf5_extent(source, dataset, time_first=_time_first(dataset, path, axis_order))
        signal = signal_of(extent, rate, units=stored_units or "uV", **scaled)
        if signal.n_samples == 0 or signal.n_channels == 0:
            raise FormatError(
                f"dataset {key!r} holds no sample",
                path=path,
                expected="at least one channel and one sample",
                found=f"shape {dataset.shape}",
                hint="It was stopped or crashed right after it was started; leave it out",
            )
        arrays, warnings = _aligned_arrays(file, source, signal, _LAB_ALIGNED if aligned is None and lab else aligned)
        notes = [_text(file.attrs[name]) for name in ("notes", "Notes", "comment") if name in file.attrs]
        metadata = {"dataset": dataset.name} | {name: _plain(value) for name, value in file.attrs.items()}
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


def _dataset_at(file: Any, path: str, key: str, argument: str) -> Any:
    import h5py

    found = file.get(key)
    if not isinstance(found, h5py.Dataset):
        listed = ", ".join(f"{name} {shape}" for name, shape in _datasets(file)) or "no dataset at all"
        raise FormatError(
            f"the file has no dataset {key!r}", path=path, expected=key, found=listed, hint=f"Name one with {argument}"
        )
    return found


def _datasets(file: Any) -> list[tuple[str, tuple[int, ...]]]:
    import h5py

    names: list[tuple[str, tuple[int, ...]]] = []
    file.visititems(lambda name, item: names.append((name, item.shape)) if isinstance(item, h5py.Dataset) else None)
    return names


def _time_first(dataset: Any, path: str, order: str | None) -> bool:
    if order is not None and order not in _ORDERS:
        raise ValueError(f"axis_order is one of {', '.join(_ORDERS)}, not {order!r}")
    if dataset.ndim != 2:
        return False
    return dataset.shape[0] > dataset.shape[1] if order is None else order == "time_first"


def _rate(file: Any, path: str, rate: float | str) -> float:
    """Return a sampling rate given as a number, or as the place in the file that holds it."""
    import h5py

    where = "sampling_rate="
    if isinstance(rate, str):
        where = rate
        node = file.get(rate)
        if isinstance(node, h5py.Dataset):
            value = node[()]
        else:
            group, _, name = rate.rpartition("/")
            holder = file.get(group) if group else file
            if holder is None or name not in holder.attrs:
                listed = ", ".join(name for name, shape in _datasets(file) if math.prod(shape) == 1)
                attributes = ", ".join(file.attrs)
                raise FormatError(
                    f"the file has no sampling rate at {rate!r}",
                    path=path,
                    expected="one number",
                    found=f"single numbers: {listed or 'none'}; attributes: {attributes or 'none'}",
                    hint="Give sampling_rate= in Hz, or where it is",
                )
            value = holder.attrs[name]
    else:
        value = rate
    numbers = np.asarray(value).ravel()
    if numbers.size != 1 or numbers.dtype.kind not in "iuf" or not (math.isfinite(numbers[0]) and numbers[0] > 0):
        shown = numbers.tolist()[:4] if numbers.size else "nothing"
        raise FormatError(
            "the sampling rate is not usable",
            path=path,
            expected="one positive number of Hz",
            found=f"{shown} at {where}",
            hint="Give sampling_rate= in Hz",
        )
    return float(numbers[0])


def _aligned_arrays(file: Any, source: Source, signal: Signal, wanted: Any) -> tuple[dict[str, Signal], list[str]]:
    if wanted is None:
        wanted = {}
    elif not isinstance(wanted, Mapping):  # the lab's own names: those that are there
        wanted = {name: name for name in wanted if name in file}
    arrays, warnings = {}, []
    for name, how in wanted.items():
        spec = dict(how) if isinstance(how, Mapping) else {"data": how}
        unknown = sorted(set(spec) - {"data", "scale", "offset", "units", "sampling_rate", "axis_order"})
        if unknown or not isinstance(spec.get("data"), str):
            raise ValueError(f"aligned array {name!r} takes data, scale, offset, units, sampling_rate, axis_order: {spec}")
        dataset = _dataset_at(file, source.path, spec["data"], f"aligned={{{name!r}: ...}}")
        extent = hdf5_extent(source, dataset, time_first=_time_first(dataset, source.path, spec.get("axis_order")))
        rate = spec.get("sampling_rate")
        rate = _likely_rate(extent.n_samples, signal, source.path, name) if rate is None else _rate(file, source.path, rate)
        units = spec.get("units") or _text(dataset.attrs.get("units", "V" if dataset.dtype.kind == "f" else ""))
        plain = dataset.dtype.kind in "iub" and "scale" not in spec and "offset" not in spec
        scaled = {} if plain else {"gain": spec.get("scale", 1.0), "offset": spec.get("offset")}
        array = signal_of(extent, rate, units=units, prefix=f"{name}", **scaled)
        arrays[name], problem = fit_aligned(array, signal)
        if problem:
            warnings.append(f"{name}: {problem}")
    return arrays, warnings


def _likely_rate(n_samples: int, signal: Signal, path: str, name: str) -> float:
    """Return the rate of an aligned array whose file does not say: the signal's, or a whole multiple or part of it.

    A stream that was stopped a moment earlier or later is taken for one of the signal's rate: 1 % is let pass.
    """
    ratio = n_samples / signal.n_samples
    nearest = Fraction(round(ratio)) if ratio >= 1 else Fraction(1, round(1 / ratio)) if n_samples else Fraction(1)
    close = abs(n_samples - float(nearest) * signal.n_samples) <= max(1.0, 0.01 * float(nearest) * signal.n_samples)
    if not close:
        raise FormatError(
            f"the sampling rate of aligned array {name!r} is unclear",
            path=path,
            expected=f"{signal.n_samples:,} samples, or a whole multiple or part",
            found=f"{n_samples:,}",
            hint=f"Say it: aligned={{{name!r}: {{'data': ..., 'sampling_rate': ...}}}}",
        )
    return signal.sampling_rate * nearest.numerator / nearest.denominator


def _name_time(path: str) -> np.datetime64 | None:
    """Return the wall-clock time that a file name such as ``2016-09-26_15-49-32_002.h5`` carries."""
    match = re.search(r"(\d{4}-\d\d-\d\d)[_ T](\d\d)-(\d\d)-(\d\d)(?!\d)", os.path.basename(path))
    if match is None:
        return None
    try:
        return np.datetime64(f"{match[1]}T{match[2]}:{match[3]}:{match[4]}", "ns")
    except ValueError:  # digits that are no date
        return None


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, np.generic):
        return value.item()
    return tuple(value.ravel().tolist()) if isinstance(value, np.ndarray) else str(value)


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return False
    if head.startswith(_SIGNATURE):
        return True
    with open(path, "rb") as file:  # behind a user block, at 512, 1024, 2048, ...
        place = 512
        while place < min(os.path.getsize(path), 1 << 20):
            file.seek(place)
            if file.read(8) == _SIGNATURE:
                return True
            place *= 2
    return path.lower().endswith((".h5", ".hdf5", ".hdf"))


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the datasets of a file that could be recordings."""
    with open_file(path) as file:
        rows = []
        for name, shape in _datasets(file):
            if len(shape) in (1, 2) and math.prod(shape) > 1 and file[name].dtype.kind in "biuf":
                n_channels, n_samples = sorted(shape) if len(shape) == 2 else (1, shape[0])
                rows.append({"stream": name, "rate": math.nan, "channels": n_channels, "samples": n_samples})
        try:
            rate = _rate(file, path, _LAB_RATE)
        except FormatError:
            rate = math.nan  # a listing shows what is there, also where it cannot be opened without a rate
        return [{**row, "rate": rate} for row in rows]


register(Format("hdf5", open_hdf5, _recognises, _streams, "HDF5 files, the lab's layout or any dataset"))
