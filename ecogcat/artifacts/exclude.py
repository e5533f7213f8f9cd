"""Excluding: a dataset without some of its intervals, so that whatever is computed from it honours them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.intervals import merged_intervals, with_labels
from ecogcat.joining.join import join
from ecogcat.select import select_time

__all__ = ["exclude_intervals"]


def exclude_intervals(dataset: Dataset, labels: str | Sequence[str] | None = None) -> Dataset:
    """Leave out the samples of some intervals; lazily, what remains lies end to end.

    Parameters
    ----------
    dataset : Dataset
    labels : str or sequence of str, optional
        Labels of the intervals to leave out; all by default. Those of other labels stay, as far as they remain.

    Returns
    -------
    Dataset
        With a seam wherever something was left out: no epoch and no filter runs across it. Events within the intervals
        go, too. Means, variances and the rest of the reductions of its signal are those of the samples that remain.

    Examples
    --------
    >>> import ecogcat as ec, pandas as pd
    >>> table = pd.DataFrame({"start": [1], "stop": [3], "label": ["artifact"]})
    >>> dataset = ec.with_intervals(ec.from_array([[1.0, 90.0, 90.0, 3.0]], 1000), table)
    >>> ec.exclude_intervals(dataset, "artifact").signal.mean(axis=1)
    array([2.])
    """
    check_dataset(dataset, "exclude_intervals")
    table = with_labels(dataset.intervals, labels)
    start, stop = merged_intervals(table["start"].to_numpy(np.int64), table["stop"].to_numpy(np.int64))
    if len(start) == 0:
        return dataset
    edges = zip([0, *stop.tolist()], [*start.tolist(), dataset.n_samples], strict=True)
    kept = [select_time(dataset, a, b) for a, b in edges if a < b]
    if not kept:
        return select_time(dataset, 0, 0)
    return join(*kept, name=dataset.name, on_processing_mismatch="ignore") if len(kept) > 1 else kept[0]
