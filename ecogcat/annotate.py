"""Annotating: events and intervals given to a dataset that has others, or none."""

from __future__ import annotations

import pandas as pd
from numpy.typing import ArrayLike

from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.events import Events

__all__ = ["with_events", "with_intervals"]


def with_events(dataset: Dataset, events: Events | ArrayLike) -> Dataset:
    """Return the dataset with these events instead of its own.

    Parameters
    ----------
    dataset : Dataset
    events : Events or array_like of int
        Samples of the dataset, ascending.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If an event lies outside of the dataset.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[0.0, 1.0, 2.0]], 1000)
    >>> ec.with_events(dataset, ec.Events([2], {"tone": [500]})).events
    <Events 1: tone (1)>
    """
    check_dataset(dataset, "with_events")
    return dataset.replace(events=events if isinstance(events, Events) else Events(events))


def with_intervals(dataset: Dataset, table: pd.DataFrame) -> Dataset:
    """Return the dataset with these intervals instead of its own.

    Parameters
    ----------
    dataset : Dataset
    table : DataFrame
        Columns start and stop (samples of the dataset, half open) and label.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If a column is missing, or an interval does not lie in the dataset.

    Examples
    --------
    >>> import ecogcat as ec, pandas as pd
    >>> dataset = ec.from_array([[0.0, 1.0, 2.0]], 1000)
    >>> table = pd.DataFrame({"start": [0], "stop": [2], "label": ["artifact"]})
    >>> ec.with_intervals(dataset, table).intervals
       start  stop     label
    0      0     2  artifact
    """
    check_dataset(dataset, "with_intervals")
    return dataset.replace(intervals=table)
