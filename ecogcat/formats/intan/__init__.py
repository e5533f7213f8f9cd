"""Intan RHD2000 and RHS2000 recordings: a traditional `.rhd` or `.rhs`, or a folder with its samples in `.dat` files.

How their bytes lie is told in `ecogcat.formats.intan.layout` (headers and traditional files) and
`ecogcat.formats.intan.split` (one file per signal type or per channel).
"""

from __future__ import annotations

import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import RecordingNotFound
from ecogcat.formats.intan.file import dataset_of, examine
from ecogcat.formats.intan.folder import SUFFIXES, list_recordings, open_folder, pieces_of
from ecogcat.formats.intan.header import MAGIC, RHS_MAGIC
from ecogcat.formats.intan.split import info_of
from ecogcat.formats.registry import Format, register

__all__ = ["open_intan"]


def open_intan(path: str | os.PathLike[str], *, recording: str | None = None) -> Dataset:
    """Open an Intan recording where it lies: a traditional file, a folder of samples, or consecutive ones of either.

    Parameters
    ----------
    path : path-like
        A ``.rhd`` or ``.rhs`` file, or a folder. A folder with ``info.rhd`` or ``info.rhs`` is a recording of one file
        per signal type or per channel; so is any file in it. The pieces in a folder that share a base name
        (``NAME_YYMMDD_HHMMSS.rhd``, ``NAME_part2.rhd``, folders ``NAME_YYMMDD_HHMMSS``) are consecutive ones of one
        recording and open as one dataset with seams.
    recording : str, optional
        Base name, where a folder holds pieces of several.

    Returns
    -------
    Dataset
        Amplifier channels in uV; aligned arrays `aux`, `supply`, `adc`, `dac` and `dc` in V, `temperature` in degC,
        `dig` and `dig_out` (a channel an enabled line, 0 or 1), `stim` in A, `amp_settle`, `charge_recovery` and
        `compliance_limit` (0 or 1), `highpass` and `lowpass` in uV, each at its own rate.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If a file is no such recording, holds no whole block or sample, or pieces do not belong together.
    TypeError
        If `recording` is given with a file.

    Notes
    -----
    What was cut in the middle of a block or sample opens with its whole ones; how many bytes were left over, and which
    files of a folder are missing, is in ``dataset.warnings``.

    `aux` has a quarter of the signal's rate, `supply` one sample a data block. Files per signal type or per channel
    hold each of these values 4, and 60 or 128, times over; it is handed out once.

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
    if _in_split_folder(path):
        return open_folder(os.path.dirname(path), recording)
    if recording is not None:
        raise TypeError(f"recording={recording!r} names one of a folder's recordings; {path} is one file")
    return dataset_of(examine(path))


def _in_split_folder(path: str) -> bool:
    """Whether a file is one of a folder with one file per signal type or per channel."""
    folder, name = os.path.split(path)
    return info_of(folder) is not None and (name.endswith(".dat") or os.path.splitext(name)[0] == "info")


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return bool(pieces_of(path))
    return int.from_bytes(head[:4], "little") in (MAGIC, RHS_MAGIC) or _in_split_folder(path)


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


register(Format("intan", open_intan, _recognises, _streams, "Intan RHD2000 and RHS2000, files or folders", SUFFIXES))
