"""Folders of recordings: what can be opened, what cannot and why, and which of it joins."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ecogcat.catalog.walk import Found, walk
from ecogcat.dataset import Dataset
from ecogcat.errors import RecordingNotFound
from ecogcat.joining.plan import JoinPlan, plan_join

__all__ = ["Found", "find_recordings", "groups"]


def find_recordings(folder: str | os.PathLike[str], opener: Callable[..., Dataset]) -> tuple[list[Found], int]:
    """Open every recording in a folder and the folders in it.

    Parameters
    ----------
    folder : path-like
    opener : callable
        ``ecogcat.open_recording``, or something like it.

    Returns
    -------
    found : list of Found
        In natural order of their paths. Consecutive files that a format takes for one recording are one dataset.
    n_others : int
        How many files no format recognises.

    Raises
    ------
    RecordingNotFound
        If there is no such folder.
    """
    place = os.path.abspath(os.path.expanduser(os.fspath(folder)))
    if not os.path.isdir(place):
        raise RecordingNotFound(f"{place}: no such folder")
    return walk(place, opener)


def groups(datasets: Sequence[Dataset]) -> Iterator[list[Dataset]]:
    """Put together what joins, the largest group first; each in order of wall-clock time where all have one.

    A dataset goes to the first group that it joins without costing it more than half of its channels.
    """
    gathered: list[list[Dataset]] = []
    for dataset in datasets:
        for group in gathered:
            plan = _plan([*group, dataset])
            if plan is not None and 2 * plan.n_channels >= max(one.n_channels for one in (*group, dataset)):
                group.append(dataset)
                break
        else:
            gathered.append([dataset])
    gathered.sort(key=lambda group: (-len(group), -sum(one.n_samples for one in group)))
    for group in gathered:
        yield sorted(group, key=_start) if all(one.parts[0].start_time is not None for one in group) else group


def _plan(datasets: Sequence[Dataset]) -> JoinPlan | None:
    plan = plan_join(*datasets)
    return plan if plan.ok else None


def _start(dataset: Dataset) -> np.datetime64:
    time = dataset.parts[0].start_time
    return np.datetime64("NaT") if time is None else time
