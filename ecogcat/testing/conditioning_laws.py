"""Laws of conditioning: filters, resampling and re-referencing act within parts, and leave their argument alone.

Each takes the function that conditions, ``Dataset -> Dataset``, and datasets to try it on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.testing.joining_laws import restricted
from ecogcat.testing.sameness import assert_datasets_same, assert_signals_same, assert_tables_same, snapshot

__all__ = [
    "conditioning_distributes_over_join",
    "conditioning_distributes_over_split",
    "conditioning_keeps_the_rest",
    "conditioning_leaves_its_argument_alone",
    "conditioning_of_memory_is_the_same",
    "conditioning_repeats_itself",
    "gaps_are_not_conditioned",
]

Conditioning = Callable[[Dataset], Dataset]


def conditioning_distributes_over_join(function: Conditioning, *datasets: Dataset, **options: Any) -> None:
    """Assert ``f(join(a, b)) == join(f(a | common), f(b | common))``; `options` are those of join."""
    joined = ec.join(*datasets, **options)
    if options.get("channels") == "outer":
        alone: Sequence[Dataset] = datasets
    else:
        alone = [restricted(one, joined) for one in datasets]
    at_once, one_by_one = function(joined), ec.join(*map(function, alone), **options)
    assert_datasets_same(at_once, one_by_one, seams=False)  # why channels were left out differs
    assert [part.name for part in at_once.parts] == [part.name for part in one_by_one.parts]
    assert ec.equals(at_once, one_by_one)
    for what in ("bandpass", "notches", "reference"):
        assert getattr(at_once, what) == getattr(one_by_one, what), what


def conditioning_distributes_over_split(function: Conditioning, dataset: Dataset) -> None:
    """Assert that the parts of ``f(d)`` are those of ``d``, each conditioned by itself, with names and history."""
    for got, alone in zip(ec.split(function(dataset)), ec.split(dataset), strict=True):
        expected = function(alone)
        assert_datasets_same(got, expected, seams=False)
        assert ec.equals(got, expected)
        for what in ("name", "units", "sampling_rate", "metadata", "history", "bandpass", "notches", "reference"):
            assert getattr(got, what) == getattr(expected, what), what


def gaps_are_not_conditioned(function: Conditioning, *datasets: Dataset, fill: float = 0.5) -> None:
    """Assert that filled gaps stay what they are, and that what lies beside them does not notice them.

    The datasets have clocks, and come in the order of time.
    """
    filled, abutted = (function(ec.join(*datasets, gaps=gaps)) for gaps in (fill, "abut"))
    assert [part.kind for part in filled.recordings] == ["recording"] * len(abutted.parts)
    alone = [filled.signal[:, part.start : part.stop] for part in filled.recordings]
    np.testing.assert_array_equal(np.concatenate(alone, axis=1), abutted.signal[:])
    for part in filled.parts:
        if part.kind == "gap":
            np.testing.assert_array_equal(filled.signal[:, part.start : part.stop], np.float32(fill))


def conditioning_keeps_the_rest(function: Conditioning, dataset: Dataset) -> None:
    """Assert that a filter touches neither aligned arrays nor events, intervals, channels, clocks, parts and metadata.

    The signal keeps its shape, names, rate and unit; so do ground and reference channels. (Not for resampling.)
    """
    done = function(dataset)
    assert list(done.arrays()) == list(dataset.arrays())
    for name, array in dataset.aligned.items():
        assert_signals_same(done.aligned[name], array, name)
    pairs = [(done.signal, dataset.signal)]
    pairs += [(done.arrays()[name], one) for name, one in dataset.arrays().items() if name not in dataset.aligned]
    for array, before in pairs:
        for what in ("shape", "units", "sampling_rate", "channel_names"):
            assert getattr(array, what) == getattr(before, what), what
    assert done.events == dataset.events
    assert_tables_same(done.intervals, dataset.intervals, "intervals")
    assert done.channel_map == dataset.channel_map
    assert done.seams == dataset.seams
    assert done.metadata == dataset.metadata
    assert done.name == dataset.name
    assert_tables_same(done.dropped, dataset.dropped, "dropped")
    for part, own in zip(done.parts, dataset.parts, strict=True):
        for what in ("name", "kind", "paths", "format", "start", "n_samples", "file_start", "recorded_at", "warnings"):
            assert getattr(part, what) == getattr(own, what), what


def conditioning_leaves_its_argument_alone(function: Conditioning, dataset: Dataset) -> None:
    """Assert that a dataset is after conditioning what it was before, to the last byte."""
    assert len(dataset.events.table) == len(dataset.events)  # tables made on use are no change: made before
    before, values = snapshot(dataset), dataset.signal[:]
    function(dataset)
    assert snapshot(dataset) == before
    np.testing.assert_array_equal(dataset.signal[:], values)


def conditioning_repeats_itself(function: Conditioning, dataset: Dataset) -> None:
    """Assert that doing it again gives the same recipe, which is another one than that of the argument."""
    once, again = function(dataset), function(dataset)
    assert once == again, "the tokens differ"
    assert ec.equals(once, again)
    assert once != dataset, "what was done is no part of the recipe"


def conditioning_of_memory_is_the_same(function: Conditioning, dataset: Dataset) -> None:
    """Assert that conditioning a dataset brought to memory gives the values of conditioning it where it lies."""
    mapped, loaded = function(dataset), function(ec.load(dataset))
    assert ec.equals(mapped, loaded)
    assert ec.equals(ec.load(mapped), mapped)
