"""EDF, EDF+, BDF and BDF+: one file of records that hold some samples of each channel, and annotations."""

from __future__ import annotations

import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import RecordingNotFound
from ecogcat.formats.edf.header import is_edf
from ecogcat.formats.edf.recording import dataset_of
from ecogcat.formats.registry import Format, register, stream_rows

__all__ = ["open_edf"]


def open_edf(path: str | os.PathLike[str], *, annotations: bool | None = None) -> Dataset:
    """Open an EDF or BDF file where it lies.

    Parameters
    ----------
    path : path-like
    annotations : bool, optional
        Whether the annotations of EDF+ and BDF+ become events. They lie in every record: by default they are read
        unless that means to fetch more than 512 MiB of a long recording, which a warning then says.

    Returns
    -------
    Dataset
        Signal: the electrode channels of the rate that most of them have. Aligned arrays, each with a rate and a unit
        of its own: electrodes of other rates (`rate_32hz`), analog inputs (`adc`), sensors and what is no voltage
        (`aux`), triggers (`trigger`), the lines of a status word (`dig`). Events: the annotations, at the nearest
        sample, with `duration` (s) and `text`. A file with gaps has a part a stretch of time.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If it is no such file, its header makes no sense, or it holds no whole record.

    Notes
    -----
    Recordings that crashed open with the whole records they have. `ecogcat.formats.edf.header` has the layout and
    where it is described, `ecogcat.formats.edf.arrays` which channel goes where.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.edf"
    >>> fixed = [("0", 8), ("", 160), ("14.03.26", 8), ("10.21.05", 8), ("512", 8), ("", 44), ("1", 8), ("2", 8)]
    >>> signal = [("C3", 16), ("", 80), ("mV", 8), ("-1", 8), ("1", 8), ("-1000", 8), ("1000", 8), ("", 80), ("4", 8)]
    >>> header = "".join(text.ljust(width) for text, width in [*fixed, ("1", 4), *signal, ("", 32)])
    >>> _ = path.write_bytes(header.encode() + bytes([1, 0, 2, 0, 255, 255, 0, 1]))
    >>> dataset = open_edf(path)
    >>> dataset.sampling_rate, dataset.units, dataset.signal[:]
    (2.0, 'mV', array([[ 0.001,  0.002, -0.001,  0.256]], dtype=float32))
    >>> str(dataset.parts[0].start_time)[:19]
    '2026-03-14T10:21:05'
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.isfile(path):
        raise RecordingNotFound(f"{path}: no such file")
    return dataset_of(path, annotations)


def _recognises(path: str, head: bytes) -> bool:
    return is_edf(head)


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the arrays of a file."""
    dataset = dataset_of(path, False)
    return stream_rows(dataset, recording=dataset.name)


_SUFFIXES = (".edf", ".bdf", ".rec")
register(Format("edf", open_edf, _recognises, _streams, "EDF, EDF+, BDF and BDF+ files", _SUFFIXES))
