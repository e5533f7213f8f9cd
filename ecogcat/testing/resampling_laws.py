"""Laws of derived samples: resampling and re-referencing act within parts, and are read as anything else is."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from fractions import Fraction

import numpy as np

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.frozen import Index
from ecogcat.parts import aligned_length, aligned_start, rate_ratio
from ecogcat.signal import Signal
from ecogcat.testing.joining_laws import restricted
from ecogcat.testing.reading_laws import copied
from ecogcat.testing.sameness import assert_arrays_same, assert_datasets_same

__all__ = [
    "distributes_over_join",
    "joining_at_a_rate_is_associative",
    "logic_lines_keep_their_events",
    "own_rate_is_the_identity",
    "reads_alike_in_blocks",
    "resampled_parts_keep_their_time",
]

_Function = Callable[[Dataset], Dataset]


def distributes_over_join(function: _Function, *datasets: Dataset) -> None:
    """Assert ``f(join(a, b)) == join(f(a | common), f(b | common))``, to the last bit, values and recipes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # datasets of different processing
        joined = ec.join(*datasets)
        done = function(joined)
        apart = ec.join(*(function(restricted(one, joined)) for one in datasets))
    assert_datasets_same(done, apart, seams=False)
    assert done.seams == apart.seams
    assert ec.equals(done, apart)
    types = [{piece.value_dtype for piece in array.pieces} for array in (joined.signal, *joined.arrays().values())]
    if all(len(one) == 1 for one in types):  # else logic lines become numbers when joined, and filtered, or the reverse
        assert done == apart, "equal values, but not one recipe"


def reads_alike_in_blocks(signal: Signal, *lengths: int) -> None:
    """Assert that a signal is the same in blocks of any length, in one thread or two, from a pickled copy."""
    whole = signal.read()
    for length in lengths:
        blocks = [block for _, block in signal.blocks(length)] or [whole[:, :0]]
        assert_arrays_same(np.concatenate(blocks, axis=1), whole, f"blocks of {length}")
    with ec.options(threads=1):
        assert_arrays_same(signal.read(), whole, "in one thread")
    with ec.options(threads=2):
        assert_arrays_same(signal.read(), whole, "in two threads")
    copy = copied(signal)
    assert copy == signal
    assert_arrays_same(copy.read(), whole, "a pickled copy")


def own_rate_is_the_identity(dataset: Dataset) -> None:
    """Assert ``resample(d, d.sampling_rate) == d``, for a dataset of one rate."""
    assert ec.resample(dataset, dataset.sampling_rate) == dataset


def resampled_parts_keep_their_time(dataset: Dataset, rate: float) -> None:
    """Assert that each part is as long as it was and begins when it did, and that what it holds is still in it."""
    done = ec.resample(dataset, rate)
    assert len(done.parts) == len(dataset.parts)
    for old, new in zip(dataset.parts, done.parts, strict=True):
        assert abs(new.sampling_rate - rate) <= 1e-6 * rate
        ratio = Fraction(new.sampling_rate).limit_denominator(10**6) / Fraction(old.sampling_rate).limit_denominator(
            10**6
        )
        assert new.n_samples == math.ceil(old.n_samples * ratio.limit_denominator(10**5))
        assert (new.start_time is None) == (old.start_time is None)
        if new.start_time is not None and old.start_time is not None:
            assert abs(new.start_time - old.start_time) <= np.timedelta64(1, "ns")
        before = dataset.events.between(old.start, old.stop).sample - old.start
        after = done.events.between(new.start, new.stop).sample - new.start
        assert len(after) == len(before), f"events of part {old.name}"
        exact = before * (new.sampling_rate / old.sampling_rate)
        assert (np.abs(np.minimum(exact, new.n_samples - 1) - after) <= 0.5 + 1e-6).all()
    table, moved = dataset.intervals, done.intervals
    assert len(moved) == len(table)
    assert ((moved["stop"] > moved["start"]) >= (table["stop"] > table["start"])).all()
    assert len(done.events) == len(dataset.events)
    for name, array in done.arrays().items():
        ratio = rate_ratio(array.sampling_rate, done.sampling_rate)
        old_array = dataset.arrays()[name]
        assert ratio == rate_ratio(old_array.sampling_rate, dataset.sampling_rate)
        assert array.n_samples == sum(aligned_length(done.parts, ratio))


def logic_lines_keep_their_events(dataset: Dataset, rate: float) -> None:
    """Assert that arrays of integers have the values under events that they had, and no others than they had.

    Of events that come to share a sample of the line, the first counts.
    """
    done = ec.resample(dataset, rate)
    for name, array in dataset.aligned.items():
        if array.dtype.kind not in "biu" or not array.n_samples:
            continue
        values, resampled = array.read(), done.aligned[name].read()
        assert resampled.dtype == values.dtype
        where, at = _under(dataset, name), _under(done, name)
        there = (where >= 0) & (at >= 0)  # a slow line may end before an event
        at, first = np.unique(at[there], return_index=True)
        assert_arrays_same(resampled[:, at], values[:, where[there][first]], f"{name} under the events")
        for line, own in zip(resampled, values, strict=True):
            assert set(line.tolist()) <= {0, *own.tolist()}


def _under(dataset: Dataset, name: str) -> Index:
    """Return the first sample of an array that belongs to each event, -1 where its part has none."""
    ratio = rate_ratio(dataset[name].sampling_rate, dataset.sampling_rate)
    lengths = aligned_length(dataset.parts, ratio)
    places, first = [], 0
    for part, length in zip(dataset.parts, lengths, strict=True):
        for sample in dataset.events.between(part.start, part.stop).sample.tolist():
            within = aligned_start(part.file_start + sample - part.start, ratio) - aligned_start(part.file_start, ratio)
            places.append(first + within if within < length else -1)
        first += length
    return np.array(places, np.int64)


def joining_at_a_rate_is_associative(a: Dataset, b: Dataset, c: Dataset, rate: float) -> None:
    """Assert that joins to one rate may be nested in any way, and that each part is resampled once."""

    def join(*some: Dataset) -> Dataset:
        return ec.join(*some, on_rate_mismatch="resample", rate=rate, aligned="inner")

    together = join(a, b, c)
    for nested in (join(a, join(b, c)), join(join(a, b), c)):
        assert_datasets_same(nested, together)
        assert nested == together
    for part, own in zip(together.parts, (a, b, c), strict=True):
        assert abs(part.sampling_rate - rate) <= 1e-4 * rate
        assert sum("resampled" in step for step in part.history) <= 1 + sum("resampled" in s for s in own.history)
