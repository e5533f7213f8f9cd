"""Laws of triggers: what events are found on a line, and that neither blocks, joins, gains nor offsets change them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.parts import aligned_length, aligned_start, rate_ratio
from ecogcat.testing.lines import line_dataset
from ecogcat.testing.sameness import assert_arrays_same, assert_tables_same

__all__ = [
    "blocks_do_not_change_detection",
    "detection_distributes_over_join",
    "gain_and_offset_do_not_change_detection",
    "inverting_a_line_swaps_its_edges",
    "trigger_under_events_outlives_joins",
]

_Detect = Callable[..., Events]


def blocks_do_not_change_detection(
    dataset: Dataset, lengths: Iterable[int], *, detect: _Detect = ec.detect_events, **options: Any
) -> None:
    """Assert that ``detect_events`` finds the same, levels included, whatever the length of the blocks it reads."""
    whole = detect(dataset, **options)
    for length in lengths:
        found = detect(dataset, block_length=length, **options)
        assert found == whole, f"in blocks of {length}: {found.sample.tolist()}, not {whole.sample.tolist()}"


def detection_distributes_over_join(
    *datasets: Dataset, source: str = "adc", channel: Any, detect: _Detect = ec.detect_events, **options: Any
) -> None:
    """Assert that what is found on a join is what is found on its parts; lines are given by name."""
    options |= {"source": source, "channel": channel}
    found = detect(ec.join(*datasets), **options)
    before = ec.join(*(ec.with_events(one, detect(one, **options)) for one in datasets)).events
    assert_arrays_same(found.sample, before.sample, "events")
    assert_tables_same(found.table, before.table, "their table")


def trigger_under_events_outlives_joins(
    *datasets: Dataset,
    source: str = "adc",
    channel: str,
    join: Callable[..., Dataset] = ec.join,
    **options: Any,
) -> None:
    """Assert that the line has the same values under the events of datasets, and under those of their join."""
    options |= {"source": source, "channel": channel}
    own = [ec.with_events(one, ec.detect_events(one, **options)) for one in datasets]
    before = np.concatenate([_under_events(one, source, channel) for one in own])
    assert_arrays_same(_under_events(join(*own), source, channel), before, "trigger under the events")


def _under_events(dataset: Dataset, source: str, channel: str) -> NDArray[np.float64]:
    """Return the values of a line at the first of its samples that belong to each event's sample."""
    array = dataset[source]
    ratio = rate_ratio(array.sampling_rate, dataset.sampling_rate)
    firsts = np.concatenate([[0], np.cumsum(aligned_length(dataset.parts, ratio))])
    values = array.read([array.channel_names.index(channel)], dtype=np.float64)[0]
    at = []
    for row in ec.locate(dataset, dataset.events.sample).itertuples():
        part = dataset.parts[int(row.part)]  # type: ignore[arg-type]
        within = aligned_start(int(row.file_sample), ratio) - aligned_start(part.file_start, ratio)  # type: ignore[arg-type]
        at.append(int(firsts[int(row.part)]) + within)  # type: ignore[arg-type]
    under: NDArray[np.float64] = values[np.array(at, np.int64)]
    return under


def inverting_a_line_swaps_its_edges(
    line: ArrayLike, threshold: float = 0.5, *, detect: _Detect = ec.detect_events, **options: Any
) -> None:
    """Assert that rising edges of a line turned upside down are its falling ones, at the threshold turned as well."""
    values = np.asarray(line)
    upside_down = ~values if values.dtype == np.bool_ else -values.astype(np.float64)
    for edge, other in (("rising", "falling"), ("falling", "rising")):
        found = detect(line_dataset(upside_down), threshold=threshold, edge=edge, **options)
        same = detect(line_dataset(values), threshold=1 - threshold, edge=other, **options)
        assert_arrays_same(found.sample, same.sample, f"{edge} edges of the inverted line")


def gain_and_offset_do_not_change_detection(
    line: ArrayLike, gain: float, offset: float, *, detect: _Detect = ec.detect_events, **options: Any
) -> None:
    """Assert that ``gain * line + offset``, with a positive gain, has the events of the line."""
    values = np.asarray(line).astype(np.float64)
    found = detect(line_dataset(gain * values + offset), **options)
    assert_arrays_same(found.sample, detect(line_dataset(values), **options).sample, "events")
