"""Storing: a dataset put into a file, whole or not at all, from which it opens again as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, NamedTuple

from ecogcat.checks import check_dataset, check_flag
from ecogcat.dataset import Dataset
from ecogcat.frozen import digest
from ecogcat.progress import Progress, Report
from ecogcat.storage.disk import named_when_full, path_text
from ecogcat.storing.form import LAYOUT, Description, Run, described
from ecogcat.storing.target import check_not_a_source, inputs_of, place_of, stamps_of, unfinished_path
from ecogcat.storing.virtual import linked_runs, write_virtual

__all__ = ["write"]

_ENDINGS = {".vds.h5": "vds.h5", ".h5": "h5", ".hdf5": "h5", ".hdf": "h5", ".zarr": "zarr", ".mat": "mat"}
_FORMATS = ("h5", "vds.h5", "zarr", "mat")


def write(
    dataset: Dataset,
    path: str | os.PathLike[str],
    format: Literal["h5", "vds.h5", "zarr", "mat"] | None = None,
    overwrite: bool = False,
    progress: Progress = None,
    compression: Literal["gzip"] | None = None,
) -> None:
    """Write a dataset to a file, from which `ecogcat.open_recording` gives an equal one back.

    Parameters
    ----------
    dataset : Dataset
        Streamed: a few blocks are in memory at a time.
    path : path-like
        Ends in ``.h5`` (HDF5), ``.vds.h5`` (HDF5 that copies no sample and refers to the recordings), ``.zarr``
        (Zarr 3, a folder) or ``.mat`` (MATLAB 7.3), unless `format` says it.
    format : {"h5", "vds.h5", "zarr", "mat"}, optional
    overwrite : bool
        Replace what is there; until the new file is whole the old one stays.
    progress : bool or callable, optional
        True shows a bar; a callable gets (bytes done, bytes in all).
    compression : {"gzip"}, optional
        Smaller, and slower to write and to read: shuffled bytes, deflated in chunks.

    Raises
    ------
    FileExistsError
        If something is there and `overwrite` is not given.
    ReadOnlyError
        If the dataset is read from there, or what is there is a device or a folder of other things.
    OSError
        If the disk has no room, or a limit of the size of files is met; nothing is left there then.
    TypeError, ValueError
        If an argument is not usable, or metadata hold what is neither text nor number nor time.

    Notes
    -----
    The file appears under its name when it is whole and on disk, in one step. Until then it is a hidden file beside it
    that no program takes for a recording. Killed, the same write to the same place goes on where it was, unless a
    file that the dataset is read from was modified since.

    Examples
    --------
    >>> import tempfile
    >>> import ecogcat as ec
    >>> path = tempfile.mkdtemp() + "/joined.h5"
    >>> dataset = ec.from_array([[1.0, 2.0, 3.0]], 1000, events=[1])
    >>> ec.write(dataset, path)
    >>> ec.equals(ec.open_recording(path), dataset)
    True
    """
    check_dataset(dataset, "write")
    kind = _format_of(path, format)
    if compression not in (None, "gzip"):
        raise ValueError(f"compression is None or 'gzip', not {compression!r}")
    check_flag(overwrite, "overwrite")
    place = place_of(path, overwrite, folder_of_chunks=kind == "zarr")
    check_not_a_source(place, inputs_of(dataset), dataset.name)
    if kind == "vds.h5":
        if compression:
            raise ValueError("a virtual file copies no samples: there is nothing to compress")
        description, runs = described(dataset, linked_runs(dataset, os.path.dirname(place)))
    else:
        description, runs = described(dataset)
    key = digest(LAYOUT, kind, compression, dataset.token, description.digest, stamps_of(dataset))
    report = Report(sum(run.nbytes for run in runs), progress, "writing")
    job = _Job(dataset, place, unfinished_path(place), key, description, runs, report.add, compression)
    try:
        with named_when_full(place):
            _WRITERS[kind](job)
    finally:
        report.close()


def _format_of(path: str | os.PathLike[str], format: str | None) -> str:
    path = path_text(path)
    if format is not None:
        if format not in _FORMATS:
            raise ValueError(f"format is one of {', '.join(_FORMATS)}, not {format!r}")
        return format
    name = path.lower()
    for ending, kind in _ENDINGS.items():
        if name.endswith(ending) or (kind == "zarr" and name.rstrip("/" + os.sep).endswith(ending)):
            return kind
    raise ValueError(f"{path}: its name ends in none of {', '.join(_ENDINGS)}; or say format=")


class _Job(NamedTuple):
    """What is written, and where."""

    dataset: Dataset
    place: str
    temporary: str
    key: str
    description: Description
    runs: tuple[Run, ...]
    told: Callable[[int], None]
    compression: str | None


def _write_hdf5(job: _Job) -> None:
    from ecogcat.storing import hdf5, packed

    if job.compression:
        packed.write_packed(*job[1:4], job.runs, packed.assembler(job.description, job.runs), job.told)
    else:
        hdf5.write_contiguous(*job[1:4], job.runs, hdf5.skeleton_of(job.description, job.runs), job.told)


def _write_virtual(job: _Job) -> None:
    write_virtual(job.place, job.temporary, job.description, job.runs, job.told)


def _write_matlab(job: _Job) -> None:
    from ecogcat.storing import hdf5, matlab, packed

    runs = matlab.matlab_runs(job.runs)
    if job.compression:
        assemble = matlab.assembler(job.dataset, job.description, runs)
        packed.write_packed(*job[1:4], runs, assemble, job.told, time_first=True)
    else:
        skeleton = matlab.skeleton_of(job.dataset, job.description, runs)
        hdf5.write_contiguous(*job[1:4], runs, skeleton, job.told, time_first=True)


def _write_zarr(job: _Job) -> None:
    from ecogcat.storing.zarr import write_zarr

    write_zarr(*job)


_WRITERS: dict[str, Callable[[_Job], None]] = {
    "h5": _write_hdf5,
    "vds.h5": _write_virtual,
    "mat": _write_matlab,
    "zarr": _write_zarr,
}
