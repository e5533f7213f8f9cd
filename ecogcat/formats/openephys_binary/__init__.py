"""Open Ephys recordings in the GUI's binary format: a session, a record node, an experiment, or one recording."""

from __future__ import annotations

import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import RecordingNotFound
from ecogcat.formats.choice import choose
from ecogcat.formats.openephys_binary.dataset import dataset_of
from ecogcat.formats.openephys_binary.session import Stream, find_recordings, locate
from ecogcat.formats.registry import Format, register

__all__ = ["open_openephys_binary"]


def open_openephys_binary(
    path: str | os.PathLike[str],
    *,
    stream: str | None = None,
    node: str | int | None = None,
    experiment: str | int | None = None,
    recording: str | int | None = None,
) -> Dataset:
    r"""Open a stream of an Open Ephys recording in binary format where it lies.

    Parameters
    ----------
    path : path-like
        Folder of the session, of a record node, an experiment or a recording; its `structure.oebin`; a stream's folder
        or `continuous.dat`.
    stream : str, optional
        Folder of the stream ("Neuropix-PXI-100.ProbeA-LFP"), or its name ("ProbeA-LFP").
    node, experiment, recording : str or int, optional
        Folder ("Record Node 101", "experiment1", "recording2"), or its number.

    Returns
    -------
    Dataset
        Electrode channels in uV, `adc` and `aux` in V; TTL events with columns line (as the vendor counts, from 1),
        state (1: on) and source (the processor's folder). Gaps in the sample numbers are seams.

    Raises
    ------
    RecordingNotFound
        If nothing is there, the stream's data file is missing, or nothing has that name (those there are are listed).
    FormatError
        If several streams are meant, or a file is not what it should be.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = pathlib.Path(folder, "experiment1", "recording1")
    ...     (place / "continuous" / "Board-100.0").mkdir(parents=True)
    ...     channels = [{"channel_name": f"CH{k}", "bit_volts": 0.195} for k in (1, 2)]
    ...     said = {"folder_name": "Board-100.0/", "sample_rate": 1000, "num_channels": 2, "channels": channels}
    ...     _ = (place / "structure.oebin").write_text(json.dumps({"continuous": [said], "events": []}))
    ...     np.array([[1, -1], [2, -2], [3, -3]], "<i2").tofile(place / "continuous/Board-100.0/continuous.dat")
    ...     np.save(place / "continuous/Board-100.0/timestamps.npy", [70, 71, 72])
    ...     open_openephys_binary(folder).signal[:]
    array([[ 0.195,  0.39 ,  0.585],
           [-0.195, -0.39 , -0.585]], dtype=float32)
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: nothing is there")
    within, candidates, broken = _candidates(path)
    if stream is None:
        stream = within
    try:
        chosen = choose(candidates, path, node=node, experiment=experiment, recording=recording, stream=stream)
    except RecordingNotFound as error:
        if broken:  # it may be the one that was meant
            raise RecordingNotFound(f"{error}; and some cannot be read: {'; '.join(broken)}") from error
        raise
    return dataset_of(chosen, broken)


def _candidates(path: str) -> tuple[str | None, list[Stream], list[str]]:
    """Return the stream that the path itself names, the streams within, and what cannot be read."""
    place = locate(path)
    if place is None:
        raise RecordingNotFound(f"{path}: this is no folder of an Open Ephys session, nor a file of one")
    folder, stream = place
    recordings, broken = find_recordings(folder)
    found = [one for recording in recordings for one in recording.streams]
    if not found:
        raise RecordingNotFound(f"{folder}: the recordings here have no continuous stream")
    return stream, found, broken


def _recognises(path: str, head: bytes) -> bool:
    return locate(path) is not None


def _streams(path: str) -> list[dict[str, Any]]:
    """Return every continuous stream; one without its data file has 0 samples."""
    stream, found, _ = _candidates(path)
    return [
        {"rate": one.rate, "channels": len(one.channels), "samples": one.n_samples, **one.places}
        for one in found
        if stream in (None, one.folder_name)
    ]


register(
    Format(
        "openephys_binary",
        open_openephys_binary,
        _recognises,
        _streams,
        "Open Ephys binary format",
        (".oebin",),
    )
)
