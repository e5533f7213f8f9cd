"""Clocks: every sample has an index in the dataset, one in its recording's file, and a wall-clock time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.frozen import index_array
from ecogcat.limits import refuse_beyond_limit
from ecogcat.parts import samples_to_timedelta

__all__ = ["locate", "sample_at", "sample_times"]

_NAT = np.datetime64("NaT", "ns")


def sample_times(dataset: Dataset, kind: str = "joined") -> Any:
    """Return the time of every sample; see `Dataset.times`."""
    if kind in ("joined", "wall"):
        instead = "Compute those that are needed from sampling_rate, or ask ecogcat.locate for theirs"
        refuse_beyond_limit(8 * dataset.n_samples, f"the times of {dataset.n_samples:,} samples take", instead)
    if kind == "joined":
        return np.arange(dataset.n_samples) / dataset.sampling_rate
    if kind != "wall":
        raise ValueError(f'times are of kind "joined" or "wall", not {kind!r}')
    times = np.full(dataset.n_samples, _NAT)
    for part in dataset.parts:
        if part.recorded_at is not None:
            samples = np.arange(part.file_start, part.file_start + part.n_samples)
            times[part.start : part.stop] = part.recorded_at + samples_to_timedelta(samples, part.sampling_rate)
    return times


def locate(dataset: Dataset, samples: ArrayLike) -> pd.DataFrame:
    """Find where samples of a dataset come from.

    Parameters
    ----------
    dataset : Dataset
    samples : int or array_like of int, shape (n,)
        Samples of the dataset; negative ones count from the end.

    Returns
    -------
    DataFrame
        One row a sample: part (index into ``dataset.parts``), file, file_sample (in that recording),
        wall_time. In a filled gap all four are missing.

    Raises
    ------
    IndexError
        If a sample lies outside of the dataset.

    Examples
    --------
    >>> import ecogcat as ec
    >>> a, b = (ec.from_array([[0.0] * n], 1000, name=name) for n, name in ((5, "a"), (3, "b")))
    >>> ec.locate(ec.join(a, b), [4, 5])[["part", "file_sample"]]
       part  file_sample
    0     0            4
    1     1            0
    """
    check_dataset(dataset, "locate")
    from ecogcat.kernels.events import locate_samples

    wanted = np.atleast_1d(np.asarray(samples))
    if wanted.size and wanted.dtype.kind not in "iu":
        raise TypeError(f"samples are whole numbers, not {wanted.dtype}")
    wanted = wanted.astype(np.int64).ravel()
    outside = (wanted < -dataset.n_samples) | (wanted >= dataset.n_samples)
    if outside.any():
        raise IndexError(f"sample {wanted[outside][0]} is out of range for a dataset of {dataset.n_samples:,} samples")
    wanted = np.where(wanted < 0, wanted + dataset.n_samples, wanted)
    wanted.setflags(write=False)
    starts = index_array([part.start for part in dataset.parts] + [dataset.n_samples])
    index, local = np.empty(len(wanted), np.int64), np.empty(len(wanted), np.int64)
    if len(wanted):
        locate_samples(wanted, starts, index, local)
    file = np.full(len(wanted), None, object)
    file_sample, time = np.zeros(len(wanted), np.int64), np.full(len(wanted), _NAT)
    gap = np.zeros(len(wanted), bool)
    for k in np.unique(index):
        part, here = dataset.parts[k], index == k
        if part.kind == "gap":
            gap |= here
            continue
        file[here] = part.paths[0] if part.paths else None
        file_sample[here] = local[here] + part.file_start
        if part.recorded_at is not None:
            time[here] = part.recorded_at + samples_to_timedelta(file_sample[here], part.sampling_rate)
    table = pd.DataFrame({"part": index, "file": file, "file_sample": file_sample, "wall_time": time})
    table = table.astype({"part": "Int64", "file_sample": "Int64"})
    table.loc[gap, ["part", "file_sample"]] = pd.NA
    return table


def sample_at(dataset: Dataset, *, part: int, file_sample: ArrayLike) -> Any:
    """Find samples of a recording in a dataset; the inverse of `locate`.

    Parameters
    ----------
    dataset : Dataset
    part : int
        Index into ``dataset.parts``.
    file_sample : int or array_like of int
        Samples of the recording.

    Returns
    -------
    int or ndarray of int64
        Samples of the dataset.

    Raises
    ------
    IndexError
        If there is no such part, it is a gap, or the sample is not in it.
    """
    check_dataset(dataset, "sample_at")
    try:
        here = dataset.parts[part]
    except IndexError:
        raise IndexError(f"no part {part}: the dataset has {len(dataset.parts)} parts") from None
    if here.kind == "gap":
        raise IndexError(f"part {part} is a filled gap: it has no file")
    local = np.asarray(file_sample, np.int64) - here.file_start
    if ((local < 0) | (local >= here.n_samples)).any():
        stop = here.file_start + here.n_samples
        raise IndexError(f"part {part} ({here.name}) has samples {here.file_start} to {stop - 1} of its file")
    result = local + here.start
    return result if result.ndim else int(result)
