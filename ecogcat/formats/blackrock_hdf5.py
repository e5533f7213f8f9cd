"""Blackrock recordings as the lab keeps them in HDF5: ``blackrock/NAME.h5``.

The dataset `data` has the counts of all channels, (n_samples, n_channels) or the other way around: the longer axis is
time. 2**15 counts are 8 mV, whatever else was done to the file. `Fs` is the rate in Hz (a scalar or 1 x 1), `trig_idx`
the samples of the triggers, or a logic vector as long as the recording; `nev_path` the vendor's file of events. Copies
that the older system made at a lower rate (``downsamp/NAME_FsNNNN.h5``) have the same datasets, `data` as floats in V.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.events import Events
from ecogcat.formats.hdf5_fields import attributes_of, dataset_at, find_rate, reading, text_of
from ecogcat.formats.hdf5_names import hdf5_names
from ecogcat.formats.registry import Format, register
from ecogcat.storage.handles import open_hdf5 as open_file
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source

__all__ = ["open_blackrock_hdf5"]

_GAIN_UV = 8000 / 2**15
# Datasets of the lab's other layouts that have `data` and `Fs`, too.
_OF_OTHERS = ("chdata", "amplifier_data", "numRow", "numCol", "numChan")
_AT_ONCE = 1 << 20


def open_blackrock_hdf5(path: str | os.PathLike[str], *, axis_order: str | None = None) -> Dataset:
    """Open a Blackrock recording in the lab's HDF5 layout where it lies.

    Parameters
    ----------
    path : path-like
        The file.
    axis_order : {"channels_first", "time_first"}, optional
        Which axis of `data` comes first; by default the longer one is time.

    Returns
    -------
    Dataset
        In uV (8 mV are 2**15 counts); `trig_idx` as the events.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If it is no HDF5 file, lacks `data` or `Fs`, or holds no sample.
    ValueError
        If the argument is not usable.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["data"], file["Fs"] = np.array([[0, 4096], [8, -4096], [16, 0]], "i2"), [[30000.0]]
    ...         file["trig_idx"] = [2.0]
    ...     dataset = open_blackrock_hdf5(f"{folder}/a.h5")
    ...     dataset.signal[1], dataset.events.sample
    (array([ 1000., -1000.,     0.], dtype=float32), array([2]))
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if axis_order not in (None, "channels_first", "time_first"):
        raise ValueError(f"axis_order is channels_first or time_first, not {axis_order!r}")
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    source = Source.open(path)
    with reading(path), open_file(path) as file:
        data = dataset_at(file, path, "data", "format='hdf5', data=")
        extent = hdf5_extent(source, data, time_first=_time_first(data, axis_order))
        if extent.dtype.kind not in "iuf" or not extent.n_samples or not extent.n_channels:
            raise FormatError(
                "the file holds no sample", path=path, expected="counts", found=f"{data.dtype} of shape {data.shape}"
            )
        rate = find_rate(file, path, "Fs")
        scale = {"gain": 1.0, "units": "V"} if extent.dtype.kind == "f" else {"gain": _GAIN_UV, "units": "uV"}
        signal = signal_of(extent, rate, dtype=np.float32, **scale)  # type: ignore[arg-type]
        events, warnings = _events(file, path, extent.n_samples)
        metadata, unreadable = attributes_of(file)
        if unreadable:
            warnings.append(f"attributes that cannot be read: {', '.join(unreadable)}")
        if "nev_path" in file:
            nev = dataset_at(file, path, "nev_path", "")
            metadata["nev_path"] = text_of(nev[()]) if nev.size == 1 else ""
    return Dataset.of(
        signal,
        name=os.path.splitext(os.path.basename(path))[0],
        events=events,
        paths=(path,),
        format="blackrock_hdf5",
        warnings=warnings,
        metadata=metadata,
    )


def _time_first(data: Any, order: str | None) -> bool:
    if order is not None or data.ndim != 2:
        return order == "time_first"
    return bool(data.shape[0] >= data.shape[1])


def _events(file: Any, path: str, n_samples: int) -> tuple[Events, list[str]]:
    """Return the triggers, and what was odd about them."""
    if "trig_idx" not in file:
        return Events(), []
    trig = dataset_at(file, path, "trig_idx", "")
    if trig.size == 0 or trig.shape is None:
        return Events(), []
    if trig.dtype.kind not in "biuf":
        return Events(), [f"trig_idx is no list of samples, but {trig.dtype}"]
    logic = trig.size == n_samples and n_samples > 1
    if logic:
        found = _rising(trig)
        logic = found is not None
    if not logic:
        if trig.size > n_samples:
            return Events(), [f"trig_idx has {trig.size:,} values for {n_samples:,} samples, and is left out"]
        found = np.asarray(trig[()], np.float64).ravel()
    assert found is not None  # for the type checker
    usable = np.isfinite(found) & (found > -0.5) & (found < n_samples - 0.5)
    samples = np.sort(np.rint(found[usable]).astype(np.int64), kind="stable")
    left_out = len(found) - len(samples)
    odd = [f"{left_out:,} of {len(found):,} triggers lie outside of the samples and are left out"] if left_out else []
    return Events(samples, origin={"line": "trig_idx"} if len(samples) else None), odd


def _rising(trig: Any) -> Any:
    """Return the samples at which a logic vector turns high; None if it has more than two values.

    A vector that begins high has no event at 0.
    """
    whole = trig if trig.ndim == 1 else trig[()].ravel()
    found, before, high = [], True, None
    for start in range(0, whole.shape[0], _AT_ONCE):
        some = np.asarray(whole[start : start + _AT_ONCE])
        other = some[some != 0]
        if other.size:
            high = other[0] if high is None else high
            if (other != high).any():
                return None
        on = some != 0
        found.append(start + np.flatnonzero(on & ~np.concatenate([[before], on[:-1]])))
        before = bool(on[-1])
    return np.concatenate(found).astype(np.float64)


def _recognises(path: str, head: bytes) -> bool:
    names = hdf5_names(path, head)  # what is wrong with a damaged one is said where it is opened
    if names is None or names.members.intersection(_OF_OTHERS) or not names.members >= {"data", "Fs"}:
        return False
    if names.members & {"trig_idx", "nev_path"}:
        return True
    if os.path.basename(os.path.dirname(path)).lower() != "blackrock":
        return False
    try:
        with reading(path), open_file(path) as file:
            return file["data"].dtype.kind in "iu"
    except FormatError:
        return False


def _streams(path: str) -> list[dict[str, Any]]:
    dataset = open_blackrock_hdf5(path)
    return [
        {
            "stream": "data",
            "rate": dataset.sampling_rate,
            "channels": dataset.n_channels,
            "samples": dataset.n_samples,
            "recording": dataset.name,
        }
    ]


register(Format("blackrock_hdf5", open_blackrock_hdf5, _recognises, _streams, "the lab's HDF5 of Blackrock recordings"))
