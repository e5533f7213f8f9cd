"""Intan RHD2000 recordings in the traditional file format: one `.rhd`, or a folder of consecutive ones."""

from __future__ import annotations

import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import RecordingNotFound
from ecogcat.formats.intan.file import dataset_of, examine
from ecogcat.formats.intan.folder import list_recordings, open_folder, rhd_files
from ecogcat.formats.intan.header import MAGIC
from ecogcat.formats.registry import Format, register

__all__ = ["open_intan"]


def open_intan(path: str | os.PathLike[str], *, recording: str | None = None) -> Dataset:
    """Open a traditional `.rhd` file, or a folder of consecutive ones, where it lies.

    Parameters
    ----------
    path : path-like
        File or folder. The files of a folder that share a base name (``NAME_YYMMDD_HHMMSS.rhd``, ``NAME_part2.rhd``)
        are consecutive pieces of one recording and open as one dataset with seams.
    recording : str, optional
        Base name, where a folder holds files of several.

    Returns
    -------
    Dataset
        Amplifier channels in uV; aligned arrays `aux`, `supply` and `adc` in V, `temperature` in degC, `dig` and
        `dig_out` (a channel an enabled line, 0 or 1), each at its own rate.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If a file is no such recording, holds no whole block, or pieces do not belong together.
    TypeError
        If `recording` is given with a file.

    Notes
    -----
    A file that was cut in the middle of a block opens with its whole blocks; how many bytes were left over is in
    ``dataset.warnings``.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from ecogcat.testing.rhd import write_rhd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rhd(f"{folder}/a.rhd", np.zeros((2, 256)), aux=np.zeros((3, 64)))
    ...     dataset = open_intan(f"{folder}/a.rhd")
    >>> dataset.signal.shape, dataset["aux"].shape, dataset.signal.channel_names
    ((2, 256), (3, 64), ('A-000', 'A-001'))
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if os.path.isdir(path):
        return open_folder(path, recording)
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    if recording is not None:
        raise TypeError(f"recording={recording!r} names one of a folder's recordings; {path} is one file")
    return dataset_of(examine(path))


def _recognises(path: str, head: bytes) -> bool:
    return bool(rhd_files(path)) if os.path.isdir(path) else head[:4] == MAGIC.to_bytes(4, "little")


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the arrays of each recording that a file or folder holds."""
    if os.path.isdir(path):
        datasets = {base: open_folder(path, base) for base in list_recordings(path)}
    else:
        dataset = open_intan(path)
        datasets = {dataset.name: dataset}
    return [
        {
            "stream": name,
            "rate": one.sampling_rate,
            "channels": one.n_channels,
            "samples": one.n_samples,
            "recording": base,
        }
        for base, dataset in datasets.items()
        for name, one in {"amplifier": dataset.signal, **dataset.arrays()}.items()
    ]


register(Format("intan", open_intan, _recognises, _streams, "Intan RHD2000 traditional .rhd files", (".rhd",)))
