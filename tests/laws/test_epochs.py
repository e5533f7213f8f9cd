"""Laws of epochs, over datasets of every kind of extent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.testing import laws
from ecogcat.testing.strategies import EXTENT_KINDS, KnownDataset, datasets, joinable
from ecogcat.testing.tracking import tracked_items

Some = tuple[KnownDataset, ...]
policies = st.sampled_from(["drop", "nan", "keep"])
reach = st.integers(-3, 12)


def windows(data: st.DataObject) -> tuple[int, int]:
    before, after = data.draw(st.tuples(reach, reach).filter(lambda pair: sum(pair) > 0), "window")
    return before, after


@given(st.one_of(*(datasets((kind,)) for kind in EXTENT_KINDS)), st.data())
def test_epochs_are_slices(known: KnownDataset, data: st.DataObject) -> None:
    laws.epochs_are_slices(known.dataset, known.values, *windows(data), data.draw(policies))


@given(joinable(), policies, st.data())
def test_epochs_of_joins_are_slices(known: Some, seams: str, data: st.DataObject) -> None:
    joined = ec.join(*(one.dataset for one in known))
    laws.epochs_are_slices(joined, joined.signal.read(), *windows(data), seams)


@given(joinable(), st.sampled_from(["drop", "nan"]), st.data())
def test_epochs_of_a_join_are_those_of_its_parts(known: Some, seams: str, data: st.DataObject) -> None:
    laws.epochs_of_a_join_are_those_of_its_parts([one.dataset for one in known], *windows(data), seams)


@given(joinable(), policies, st.data())
def test_averages(known: Some, seams: str, data: st.DataObject) -> None:
    joined = ec.join(*(one.dataset for one in known))
    found = ec.epochs(joined, *windows(data), seams=seams)
    columns = list(joined.events.table.columns)
    laws.average_is_the_mean_by_condition(found, data.draw(st.lists(st.sampled_from(columns), unique=True))
                                          if columns else [])  # fmt: skip


@given(datasets(), policies, st.data())
def test_baselines(known: KnownDataset, seams: str, data: st.DataObject) -> None:
    before, after = windows(data)
    start, stop = sorted(data.draw(st.lists(st.integers(-before, after), min_size=2, max_size=2, unique=True)))
    if known.values.dtype.kind != "c":
        laws.baseline_is_taken_off(known.dataset, before, after, start, stop, seams)


@given(joinable(), policies, st.data())
def test_rejected_intervals(known: Some, seams: str, data: st.DataObject) -> None:
    """An epoch with a sample in an interval of the label is dropped, and no other; past a seam there are no samples."""
    joined = ec.join(*(one.dataset for one in known))
    labels = sorted(set(joined.intervals["label"]))
    if not labels:
        return
    before, after = windows(data)
    reject = data.draw(st.lists(st.sampled_from(labels), unique=True, min_size=1))
    every = ec.epochs(joined, before, after, seams=seams)
    found = ec.epochs(joined, before, after, seams=seams, reject=reject)
    laws.events_are_kept_or_dropped(joined, found)
    reasons = dict(zip(found.dropped["event"], found.dropped["reason"], strict=True))
    for event in every.kept.tolist():
        sample = int(joined.events.sample[event])
        part = next(one for one in joined.parts if one.start <= sample < one.stop)
        low, high = (part.start, part.stop) if seams != "keep" else (0, joined.n_samples)
        mine = {t for t in range(sample - before, sample + after) if low <= t < high}
        hit = [label for label in reject for a, b, what in joined.intervals[["start", "stop", "label"]].to_numpy()
               if what == label and mine & set(range(a, b))]  # fmt: skip
        assert (event in found.kept) == (not hit)
        if hit:
            assert reasons[event] == f"interval:{hit[0]}"


@given(datasets(), st.data())
def test_channels_types_and_outputs(known: KnownDataset, data: st.DataObject) -> None:
    """Channels in any order, another type, and an array of any memory layout, hold what reading and casting gives."""
    dataset, values = known.dataset, known.values
    before, after = windows(data)
    rows = data.draw(st.lists(st.integers(0, dataset.n_channels - 1), max_size=5))
    kind = data.draw(st.sampled_from([np.dtype(code) for code in ("f4", "f8", ">f4")]))
    if values.dtype.kind == "c":
        kind = np.dtype("c16")
    plain = ec.epochs(dataset, before, after)
    with np.errstate(all="ignore"):
        found = ec.epochs(dataset, before, after, channels=rows, dtype=kind)
        expected = plain.data[:, rows].astype(kind)
        np.testing.assert_array_equal(found.data, expected)
        assert found.data.dtype == kind
        assert found.channel_names == tuple(dataset.signal.channel_names[row] for row in rows)
        out = np.zeros((len(plain), after + before, len(rows)), kind).transpose(0, 2, 1)
        again = ec.epochs(dataset, before, after, channels=rows, out=out)
    np.testing.assert_array_equal(out, expected)
    assert np.shares_memory(again.data, out) or not out.size
    assert not again.data.flags.writeable
    assert out.flags.writeable


@given(datasets(("interleaved", "channel_major", "blocks", "table")), st.data())
def test_only_what_a_window_needs_is_read(known: KnownDataset, data: st.DataObject) -> None:
    before, after = windows(data)
    dataset = known.dataset
    ec.epochs(dataset, before, after)  # whether single precision will do is found out, by trying, once a process
    with ec.options(threads=1), tracked_items() as touched:
        found = ec.epochs(dataset, before, after)
    wanted: set[int] = set()
    with ec.options(threads=1), tracked_items() as each:
        for sample in found.events.sample.tolist():
            dataset.signal.read(start=sample - before, stop=sample + after)
        wanted |= each
    assert touched <= wanted
    if all(one.stored.values.size for one in known.known.pieces) and len(found) and dataset.n_channels:
        assert touched or any(one.piece.lacks_channels for one in known.known.pieces)


@given(datasets(), st.integers(0, 9), st.data())
def test_repeated_and_overlapping_events(known: KnownDataset, n: int, data: st.DataObject) -> None:
    dataset = known.dataset
    if not dataset.n_samples:
        return
    samples: Any = sorted(data.draw(st.lists(st.integers(0, dataset.n_samples - 1), min_size=n, max_size=n)) * 2)
    other = ec.with_events(dataset, ec.Events(samples, pd.DataFrame({"k": range(len(samples))})))
    laws.epochs_are_slices(other, known.values, *windows(data), "nan")
    found = ec.epochs(dataset, 1, 2, events=samples)
    assert found == ec.epochs(ec.with_events(dataset, samples), 1, 2)
