"""Recordings of the wireless headstage: a MATLAB file of voltages, and one of events beside it.

``NAME.mat`` has the matrix `dataf` (channels x samples, V), highpass-filtered at 2 Hz before it was stored, and
``NAME_trig.mat`` the matrix `indxfilt`, samples of events, counted as they are. Neither has the sampling rate, which is
500 Hz. Of MATLAB's version 5 and uncompressed, samples are read where they lie.

Source: the system's recordings, and the loader that the lab used before.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError, FormatError, RecordingNotFound
from ecogcat.events import Events
from ecogcat.formats.matlab import has_matrix, matrices, matrix_extent, read_matrix
from ecogcat.formats.registry import Format, register
from ecogcat.parts import Processing
from ecogcat.storage.source import Source

__all__ = ["open_wireless"]

_DATA, _EVENTS, _EVENT_SUFFIX = "dataf", "indxfilt", "_trig.mat"
_RATE = 500.0
_STORED_BANDPASS = (2.0, -1.0)  # from 2 Hz, with no upper edge


def open_wireless(path: str | os.PathLike[str], *, sampling_rate: float = _RATE) -> Dataset:
    """Open a recording of the wireless headstage where it lies.

    Parameters
    ----------
    path : path-like
        The file with the matrix `dataf`; events are in the one beside it, ``NAME_trig.mat``.
    sampling_rate : float
        In Hz; the files do not have it.

    Returns
    -------
    Dataset
        Channels in V, as they are stored; `ecogcat.open_recording` makes that uV.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If it is no MATLAB file, is cut, or has no such matrix.
    ValueError
        If the sampling rate is not usable.

    Examples
    --------
    >>> import scipy.io, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     scipy.io.savemat(f"{folder}/a.mat", {"dataf": np.array([[1.0, 2.0], [3.0, 4.0]])})
    ...     scipy.io.savemat(f"{folder}/a_trig.mat", {"indxfilt": [1]})
    ...     dataset = open_wireless(f"{folder}/a.mat")
    ...     dataset.signal[1], dataset.events.sample
    (array([3., 4.], dtype=float32), array([1]))
    """
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.isfile(place):
        raise RecordingNotFound(f"{place}: no such file")
    if not (math.isfinite(sampling_rate) and sampling_rate > 0):
        raise ValueError(f"sampling_rate is a positive number of Hz, not {sampling_rate!r}")
    source = Source.open(place)
    found = matrices(place)
    if _DATA not in found:
        raise FormatError(
            f"the file has no matrix {_DATA!r}", path=place, expected=_DATA, found=", ".join(found) or "no matrix"
        )
    extent = matrix_extent(source, found[_DATA], time_first=False)
    warnings: list[str] = []
    events_path, events = _events(place, extent.n_samples, warnings)
    return Dataset.of(
        signal_of(extent, sampling_rate, units="V", gain=1.0, dtype=np.float32),
        name=os.path.splitext(os.path.basename(place))[0],
        events=events,
        paths=(place,) if events_path is None else (place, events_path),
        format="wireless",
        processing=Processing(bandpass=_STORED_BANDPASS),
        warnings=warnings,
    )


def _events(place: str, n_samples: int, warnings: list[str]) -> tuple[str | None, Events]:
    """Read the samples of events; what is wrong with their file goes to the warnings."""
    path = os.path.splitext(place)[0] + _EVENT_SUFFIX
    if not os.path.isfile(path):
        return None, Events()
    name = os.path.basename(path)
    try:
        found = matrices(path)
        numbers = read_matrix(path, found[_EVENTS]) if _EVENTS in found else None
    except EcogcatError as error:
        warnings.append(f"{name} cannot be read and is not used: {error}")
        return path, Events()
    if numbers is None:
        warnings.append(f"{name} has no matrix {_EVENTS!r}: no events")
        return path, Events()
    samples = np.asarray(numbers).ravel()
    inside = (samples >= 0) & (samples < n_samples) & (samples == np.floor(samples))
    if not inside.all():
        n_out = int((~inside).sum())
        warnings.append(f"{name}: {n_out:,} of {len(samples):,} events are outside of the samples and left out")
    return path, Events(np.sort(samples[inside].astype(np.int64)), origin={"file": name})


def _recognises(path: str, head: bytes) -> bool:
    return os.path.isfile(path) and has_matrix(path, head, _DATA)


def _streams(path: str) -> list[dict[str, Any]]:
    dataset = open_wireless(path)
    return [{"stream": _DATA, "rate": _RATE, "channels": dataset.n_channels, "samples": dataset.n_samples}]


register(Format("wireless", open_wireless, _recognises, _streams, "MATLAB files of the wireless headstage"))
