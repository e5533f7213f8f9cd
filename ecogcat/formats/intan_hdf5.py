"""Intan recordings packed into HDF5, the layout into which the lab converts `.rhd` files.

The file's attribute `JSON_header` holds the recording's header as JSON text; its `sample_rate` is in Hz. The dataset
`amplifier_data` is (n_channels, n_samples): int16 counts of 0.195 uV, or floats in uV in a copy at a lower rate.
`board_adc_data` (n_inputs, n_samples) is in V. A header in the vendor's own words (lists of channels with their native
names, notes) is made use of where it is there.

Source: files of the older system's users and its documentation; no specification by a vendor exists.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.hdf5_fields import dataset_at, likely_rate, reading, text_of
from ecogcat.formats.hdf5_names import hdf5_names
from ecogcat.formats.intan.header import parse_file_name
from ecogcat.formats.registry import Format, register, stream_rows
from ecogcat.signal import Signal
from ecogcat.storage.handles import open_hdf5 as open_file
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source

__all__ = ["open_intan_hdf5"]

_HEADER, _DATA = "JSON_header", "amplifier_data"
_COUNT_UV = 0.195
# Array, dataset, the header's list of its channels, unit of floats. Integers have none: what a count is, is not said.
_ALIGNED = (
    ("adc", "board_adc_data", "board_adc_channels", "V"),
    ("aux", "aux_input_data", "aux_input_channels", "V"),
    ("supply", "supply_voltage_data", "supply_voltage_channels", "V"),
    ("dig", "board_dig_in_data", "board_dig_in_channels", ""),
    ("dig_out", "board_dig_out_data", "board_dig_out_channels", ""),
)


def open_intan_hdf5(path: str | os.PathLike[str]) -> Dataset:
    """Open an Intan recording packed into HDF5 where it lies.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Dataset
        Amplifier channels in uV; `adc` in V, and other boards' arrays where the file has them.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If it is no such file, was never closed, has no usable header or rate, or holds no sample.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file.attrs["JSON_header"] = json.dumps({"sample_rate": 1000})
    ...         file["amplifier_data"], file["board_adc_data"] = np.array([[0, 100]], "i2"), [[0.0, 3.3]]
    ...     dataset = open_intan_hdf5(f"{folder}/a.h5")
    ...     dataset.signal[:], dataset["adc"][:]
    (array([[ 0. , 19.5]], dtype=float32), array([[0. , 3.3]], dtype=float32))
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    source = Source.open(path)
    with reading(path), open_file(path) as file:
        header = _header(file, path)
        rate = _rate(header, path)
        warnings: list[str] = []
        signal = _signal(source, dataset_at(file, path, _DATA, "data= and format='hdf5'"), rate, header, warnings)
        arrays = _aligned_arrays(file, source, signal, header, warnings)
    start = parse_file_name(os.path.splitext(path)[0])[1]
    return Dataset.of(
        signal,
        name=os.path.splitext(os.path.basename(path))[0],
        aligned=arrays,
        paths=(path,),
        format="intan_hdf5",
        recorded_at=None if start is None else np.datetime64(start, "ns"),
        notes=_notes(header),
        warnings=warnings,
        metadata=_plain(header),
    )


def _header(file: Any, path: str) -> dict[str, Any]:
    import h5py

    if _HEADER not in file.attrs:
        found = f"attributes: {', '.join(file.attrs) or 'none'}"
        hint = "Open it with format='hdf5', data= and sampling_rate="
        raise FormatError(
            "the file has no Intan header", path=path, expected=f"attribute {_HEADER}", found=found, hint=hint
        )
    kind = file.attrs.get_id(_HEADER).dtype
    if h5py.check_string_dtype(kind) is None:  # libhdf5 crashes over sequences whose type was damaged: ask first
        raise FormatError(f"{_HEADER} is no text", path=path, expected="JSON", found=f"values of type {kind}")
    text = text_of(file.attrs[_HEADER])
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{_HEADER} is no JSON", path=path, found=str(error), hint="Convert the file anew") from error
    if not isinstance(header, dict):
        raise FormatError(f"{_HEADER} is no table", path=path, expected="names and values", found=text[:40])
    return header


def _rate(header: Mapping[str, Any], path: str) -> float:
    rate = header.get("sample_rate")
    number = isinstance(rate, (int, float)) and not isinstance(rate, bool) and 0 < rate < 1e12
    if not (number and math.isfinite(float(rate))):  # type: ignore[arg-type]
        expected = "sample_rate, a positive number of Hz"
        found = f"sample_rate {rate!r}"[:80] if "sample_rate" in header else ", ".join(header)[:80] or "an empty table"
        raise FormatError(f"{_HEADER} has no usable sampling rate", path=path, expected=expected, found=found)
    return float(rate)  # type: ignore[arg-type]


def _signal(source: Source, data: Any, rate: float, header: Mapping[str, Any], warnings: list[str]) -> Signal:
    extent = hdf5_extent(source, data)
    if extent.dtype.kind == "c":
        raise FormatError(f"{_DATA} is no recording", path=source.path, expected="numbers", found=str(extent.dtype))
    if extent.n_samples == 0 or extent.n_channels == 0:
        raise FormatError(
            f"{_DATA} holds no sample",
            path=source.path,
            expected="at least one channel and one sample",
            found=f"shape {data.shape}",
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    listed = header.get("num_amplifier_channels")
    if isinstance(listed, int) and not isinstance(listed, bool) and listed != extent.n_channels:
        warnings.append(f"the header lists {listed:,} amplifier channels, {_DATA} has {extent.n_channels:,}")
    names = _names(header, "amplifier_channels", extent.n_channels)
    gain = _COUNT_UV if extent.dtype.kind in "iu" else 1.0
    return signal_of(extent, rate, units="uV", names=names, gain=gain, dtype=np.float32)


def _aligned_arrays(
    file: Any, source: Source, signal: Signal, header: Mapping[str, Any], warnings: list[str]
) -> dict[str, Signal]:
    arrays: dict[str, Signal] = {}
    for name, key, listed, units in _ALIGNED:
        if key not in file:
            continue
        extent = hdf5_extent(source, dataset_at(file, source.path, key, "format='hdf5' and data="))
        if extent.n_samples == 0 or extent.n_channels == 0:
            continue  # a board without such inputs: the header says so by an empty array
        rate = likely_rate(extent.n_samples, signal, source.path, name)
        names = _names(header, listed, extent.n_channels)
        counts = extent.dtype.kind in "iub"
        how: dict[str, Any] = {} if counts else {"gain": 1.0, "dtype": np.float32}
        array = signal_of(extent, rate, units="" if counts else units, names=names, prefix=name, **how)
        arrays[name], odd = fit_aligned(array, signal)
        warnings += [f"{name}: {odd}"] if odd else []
    return arrays


def _names(header: Mapping[str, Any], key: str, n_channels: int) -> list[str] | None:
    """Return the native names of channels, where the header lists as many as there are, each once."""
    listed = header.get(key)
    if not isinstance(listed, list) or len(listed) != n_channels:
        return None
    names = [one.get("native_channel_name") if isinstance(one, dict) else None for one in listed]
    usable = all(isinstance(name, str) and name for name in names) and len(set(names)) == len(names)
    return [str(name) for name in names] if usable else None


def _notes(header: Mapping[str, Any]) -> tuple[str, ...]:
    notes = header.get("notes")
    texts = notes.values() if isinstance(notes, dict) else notes if isinstance(notes, list) else [notes]
    return tuple(text for text in texts if isinstance(text, str) and text)


def _plain(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a header is a plain value, or a list of such."""
    plain: dict[str, Any] = {}
    for key, value in header.items():
        if isinstance(value, (str, int, float, bool)) or value is None:
            plain[key] = value
        elif isinstance(value, list) and all(isinstance(one, (str, int, float, bool)) for one in value):
            plain[key] = tuple(value)
    return plain


def _recognises(path: str, head: bytes) -> bool:
    names = hdf5_names(path, head)  # of a damaged one the format of all HDF5 files says what is wrong
    return names is not None and _HEADER in names.attributes and _DATA in names.members


def _streams(path: str) -> list[dict[str, Any]]:
    return stream_rows(open_intan_hdf5(path), "amplifier")


register(Format("intan_hdf5", open_intan_hdf5, _recognises, _streams, "Intan recordings packed into HDF5"))
