"""Laws of epochs: the slices that NumPy would take, by the policies for seams; each event kept or dropped; averages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.epoching.record import Epochs
from ecogcat.testing.joining_laws import restricted
from ecogcat.testing.sameness import assert_arrays_same, assert_tables_same

__all__ = [
    "average_is_the_mean_by_condition",
    "baseline_is_taken_off",
    "epochs_are_slices",
    "epochs_of_a_join_are_those_of_its_parts",
    "events_are_kept_or_dropped",
]


def epochs_are_slices(dataset: Dataset, values: NDArray[Any], before: int, after: int, seams: str = "drop") -> None:
    """Assert that epochs are the obvious slices of the signal's values, and NaN past seams and edges under "nan".

    Parameters
    ----------
    dataset : Dataset
    values : ndarray, shape (n_channels, n_samples)
        What its signal must read as.
    before, after : int
    seams : {"drop", "nan", "keep"}
    """
    found = ec.epochs(dataset, before, after, seams=seams)
    kind = values.dtype if seams != "nan" or values.dtype.kind in "fc" else np.result_type(values.dtype, np.float32)
    slices, kept = [], []
    for event, sample in enumerate(dataset.events.sample.tolist()):
        part = next(one for one in dataset.parts if one.start <= sample < one.stop)
        low, high = (0, dataset.n_samples) if seams == "keep" else (part.start, part.stop)
        inside = [low <= t < high for t in range(sample - before, sample + after)]
        if seams != "nan" and not all(inside):
            continue
        window = np.full((values.shape[0], before + after), np.nan if kind.kind in "fc" else 0, kind)
        for column, there in enumerate(inside):
            if there:
                window[:, column] = values[:, sample - before + column]
        slices.append(window)
        kept.append(event)
    assert_arrays_same(found.kept, np.array(kept, np.int64), "events kept")
    expected = np.array(slices, kind).reshape(len(kept), values.shape[0], before + after)
    assert_arrays_same(found.data, expected, f"epochs, seams={seams!r}")
    assert_arrays_same(found.times, np.arange(-before, after) / dataset.sampling_rate, "times")
    events_are_kept_or_dropped(dataset, found)


def events_are_kept_or_dropped(dataset: Dataset, found: Epochs) -> None:
    """Assert that each event is kept, with its conditions, or dropped, with a reason."""
    both = [*found.kept.tolist(), *found.dropped["event"].tolist()]
    assert sorted(both) == list(range(len(dataset.events))), "kept and dropped are not the events"
    assert all(str(reason) for reason in found.dropped["reason"]), "an event was dropped without a reason"
    assert found.kept.tolist() == sorted(found.kept.tolist())
    assert_arrays_same(found.events.sample, dataset.events.sample[found.kept], "samples of the events kept")
    table = dataset.events.table.iloc[found.kept].reset_index(drop=True)
    assert_tables_same(found.events.table, table, "conditions of the events kept")


def epochs_of_a_join_are_those_of_its_parts(datasets: Sequence[Dataset], before: int, after: int, seams: str) -> None:
    """Assert that epochs of a join are the epochs of the datasets joined, under "drop" and "nan"."""
    joined = ec.join(*datasets)
    whole = ec.epochs(joined, before, after, seams=seams)
    alone = [ec.convert_units(restricted(one, joined), joined.units) for one in datasets]
    parts = [ec.epochs(one, before, after, seams=seams) for one in alone]
    firsts = [0, *accumulate(len(one.events) for one in datasets)]
    kept = np.concatenate([one.kept + first for one, first in zip(parts, firsts, strict=False)])
    assert_arrays_same(whole.kept, kept.astype(np.int64), "events kept")
    with np.errstate(all="ignore"):
        data = np.concatenate([one.data.astype(whole.data.dtype) for one in parts])
    assert_arrays_same(whole.data, data, "epochs")


def average_is_the_mean_by_condition(found: Epochs, by: Sequence[str]) -> None:
    """Assert that an average is NumPy's `nanmean` over the epochs of each condition, with their number."""
    with np.errstate(all="ignore"):  # infinities
        average = found.average(by)
    codes, table = found.events.conditions(*by) if by else (np.zeros(len(found), np.int64), None)
    if table is not None:
        assert_tables_same(average.conditions, table, "conditions")
    assert average.mean.shape == (len(average), *found.data.shape[1:])
    wide = found.data.astype(np.complex128 if found.data.dtype.kind == "c" else np.float64)
    for condition in range(len(average)):
        some = wide[codes == condition]
        assert average.counts[condition] == len(some)
        with np.errstate(all="ignore"):
            expected = np.nansum(some, 0) / (~np.isnan(some)).sum(0)
            size = np.nanmax(np.abs(some), axis=0, initial=0)
            close = np.abs(average.mean[condition] - expected) <= 1e-12 * size
        same = (average.mean[condition] == expected) | (np.isnan(average.mean[condition]) & np.isnan(expected))
        assert (close | same).all(), f"mean of condition {condition}"


def baseline_is_taken_off(dataset: Dataset, before: int, after: int, start: int, stop: int, seams: str) -> None:
    """Assert that a baseline is each epoch and channel less its mean over columns start..stop (from the event)."""
    with np.errstate(all="ignore"):  # infinities
        found = ec.epochs(dataset, before, after, seams=seams, baseline=(start, stop), dtype=np.float64)
    plain = ec.epochs(dataset, before, after, seams=seams, dtype=np.float64)
    base = plain.data[:, :, start + before : stop + before]
    with np.errstate(all="ignore"):
        mean = np.nansum(base, 2) / (~np.isnan(base)).sum(2)
        expected = plain.data - mean[..., None]
        size = np.nanmax(np.abs(plain.data), axis=2, initial=0)[..., None]
        close = np.abs(found.data - expected) <= 1e-12 * size
    same = (found.data == expected) | (np.isnan(found.data) & np.isnan(expected))
    assert (close | same).all(), "epochs less their baseline"
    assert_arrays_same(found.kept, plain.kept, "events kept")
