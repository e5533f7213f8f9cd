"""Laws of conditions: how events are enumerated, iterated over and ordered by them, and how they come to events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.testing.sameness import assert_arrays_same, assert_datasets_same, assert_tables_same

__all__ = [
    "attaching_distributes_over_join",
    "codes_do_not_depend_on_the_order_of_events",
    "grid_holds_what_is_shown",
    "iteration_partitions_the_events",
    "order_is_stable",
    "selecting_commutes",
]


def codes_do_not_depend_on_the_order_of_events(events: Events, order: Sequence[int], *columns: str) -> None:
    """Assert that events with their conditions in another order have the same conditions, under the same numbers."""
    other = Events(events.sample, events.table.iloc[list(order)])
    codes, table = events.conditions(*columns)
    permuted, again = other.conditions(*columns)
    assert_arrays_same(permuted, codes[list(order)], "codes")
    assert_tables_same(again, table, "conditions")
    grid, same = events.grid(*columns), other.grid(*columns)
    assert_arrays_same(same.codes, grid.codes[list(order)], "codes on the grid")
    assert dict(same.levels) == dict(grid.levels)
    assert same.labels == grid.labels


def grid_holds_what_is_shown(events: Events, *columns: str) -> None:
    """Assert that the grid has every combination of levels once, in order, and each event the one it was shown."""
    grid = events.grid(*columns)
    table, own = grid.table, events.table
    names = list(columns) or list(own.columns)
    assert list(table.columns) == names
    assert len(table) == len(grid) == int(np.prod(grid.shape, dtype=np.int64)) == len(grid.labels)
    assert grid.counts.sum() + grid.n_missing == len(events)
    for name in names:
        assert table[name].dtype == own[name].dtype
    for event, code in enumerate(grid.codes.tolist()):
        values = [own[name].iloc[event] for name in names]
        if code < 0:
            assert any(map(pd.isna, values))
            continue
        for name, value in zip(names, values, strict=True):
            level = table[name].iloc[code]
            assert level == value, f"{name} of event {event} is {value!r}, its condition's {level!r}"
            assert isinstance(level, (bool, np.bool_)) == isinstance(value, (bool, np.bool_))
    numbers = np.arange(len(grid))
    assert_arrays_same(grid.roll(numbers), numbers.reshape(grid.shape))
    codes, shown = events.conditions(*columns)
    have = np.flatnonzero(grid.counts)
    assert_tables_same(shown, table.iloc[have].reset_index(drop=True), "conditions shown")
    assert_arrays_same(codes >= 0, grid.codes >= 0)
    assert_arrays_same(have[codes[codes >= 0]], grid.codes[grid.codes >= 0])


def iteration_partitions_the_events(events: Events, *columns: str) -> None:
    """Assert that iterating by condition gives each event once, under its own condition, those that lack one never."""
    names = list(columns) or list(events.table.columns)
    missing = events.table[names].isna().any(axis=1).to_numpy(bool) if names else np.zeros(len(events), bool)
    for empty in (False, True):
        seen: list[int] = []
        conditions = []
        for condition, some in events.by(*columns, empty=empty):
            assert len(some) or empty
            assert list(condition) == names
            for name, level in condition.items():
                assert all(value == level for value in some.table[name])
            assert (np.diff(some.sample) >= 0).all()
            seen += some.sample.tolist()
            conditions.append(tuple((type(value) is bool, value) for value in condition.values()))
        assert sorted(seen) == events.sample[~missing].tolist()
        assert len(conditions) == len(set(conditions))


def order_is_stable(events: Events, *columns: str) -> None:
    """Assert that ordering by columns is a permutation, ascending in conditions, and in time within each."""
    order, (codes, _) = events.order_by(*columns), events.conditions(*columns)
    assert sorted(order.tolist()) == list(range(len(events)))
    keys = [(int(codes[k]), int(k)) for k in order]
    assert keys == sorted(keys)


def attaching_distributes_over_join(attach: Callable[[Dataset], Dataset], *datasets: Dataset) -> None:
    """Assert that conditions given to each part of a join are those given before joining, columns and types included.

    `attach` gives conditions to each part of what it gets, as ``with_conditions(..., parts="each")`` does.
    """
    before = ec.join(*(attach(one) for one in datasets))
    after = attach(ec.join(*datasets))
    assert_datasets_same(after, before)
    assert [part.history for part in after.parts] == [part.history for part in before.parts]
    assert [part.warnings for part in after.parts] == [part.warnings for part in before.parts]
    for got, expected in zip(ec.split(after), ec.split(before), strict=True):
        assert_datasets_same(got, expected)


def selecting_commutes(query: str, shift: int, *events: Events) -> None:
    """Assert that selecting commutes with shifting, and with putting events on one clock, whatever types columns get.

    Columns that some events lack are missing there, and no comparison selects what is missing.
    """
    offsets, at = [], 0
    for one in events:
        offsets.append(at)
        at += (int(one.sample[-1]) if len(one) else 0) + 1
    whole = Events.concatenate(events, offsets)
    named = set(whole.table.columns)
    some = whole.select(query)
    assert whole.shift(shift).select(query) == some.shift(shift)
    kept = []
    for one, offset in zip(events, offsets, strict=True):
        table = one.table
        for name in named - set(table.columns):
            table[name] = pd.Series([pd.NA] * len(table), dtype=object)
        kept.append(Events(one.sample, table).select(query).sample + offset)
    assert_arrays_same(some.sample, np.concatenate([np.zeros(0, np.int64), *kept]), query)
