"""E: experiments - how conditions are numbered, selected and iterated over, and lists that do not fit the events."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec

NAN = float("nan")


def events(**columns: list[object]) -> ec.Events:
    return ec.Events(np.arange(len(next(iter(columns.values())))) * 10, columns)


def test_e2_conditions_are_numbered_from_0() -> None:
    """Labels began at 0 where the text said 1; the codes are indices of the table, also for columns of no order."""
    grid = events(a=[1, 2, 1, 2, 1, 2], b=[5, 5, 6, 6, 7, 7]).grid("a", "b")
    assert grid.codes.tolist() == [0, 3, 1, 4, 2, 5]
    assert grid.table.to_dict("list") == {"a": [1, 1, 1, 2, 2, 2], "b": [5, 6, 7, 5, 6, 7]}
    assert grid.table.iloc[grid.codes]["b"].tolist() == [5, 5, 6, 6, 7, 7]
    anonymous = ec.session_experiment({"level_tab": "1, 2"})
    assert anonymous is not None
    assert anonymous.order == ()
    assert ec.Events([1, 2]).grid().codes.tolist() == [0, 0]


def test_e2_one_event_and_some_are_taken() -> None:
    """A single index had no length, and lists of time stamps were sliced to lists."""
    some = ec.Events([1, 2, 3], {"a": [0, 1, 2]})
    assert len(some.select([2])) == 1
    assert some.select([2]).table["a"].tolist() == [2]
    assert some.select(np.arange(1, 3)).sample.tolist() == [2, 3]


def test_e2_no_table_is_left_out_or_asked_for() -> None:
    """A table that only the second had was dropped, one that only the first had raised: both are kept, and marked."""
    first = events(a=[0, 1], b=[0, 1])
    for other in (events(a=[5, 6], b=[5, 6], z=[7, 8]), events(a=[5, 6])):
        table = ec.Events.concatenate([first, other], [0, 100]).table
        assert table["a"].tolist() == [0, 1, 5, 6]
        assert set(table) == {"a", "b"} | set(other.table)
        if "z" in table:
            assert table["z"].isna().tolist() == [True, True, False, False]
        if "b" not in other.table:
            assert table["b"].isna().tolist() == [False, False, True, True]
            assert table["b"].dropna().tolist() == [0, 1]


@pytest.mark.parametrize("length", [3, 7])
def test_e2_tables_and_events_of_different_length(length: int) -> None:
    """A longer table gave longer masks, a shorter one failed late: either is refused at once, or by a named policy."""
    with pytest.raises(ValueError, match=f"5 events need as many rows of conditions, not {length}"):
        ec.Events(np.arange(5), {"a": range(length)})
    dataset = ec.from_array(np.zeros((1, 9)), 1000, events=range(5))
    with pytest.raises(ValueError, match=f"5 events were found, but a has {length} conditions"):
        ec.with_conditions(dataset, {"a": range(length)})
    with pytest.warns(UserWarning, match="2 of"):
        got = ec.with_conditions(dataset, {"a": range(length)}, on_mismatch="truncate")
    for condition, some in got.events.by("a"):
        assert some.table["a"].tolist() == [condition["a"]]


def test_e2_a_missing_condition_is_none() -> None:
    """NaN was numbered like the lowest level."""
    grid = events(a=[1, NAN, 2.0]).grid("a")
    assert grid.codes.tolist() == [0, -1, 1]
    assert (grid.shape, grid.n_missing) == ((2,), 1)


def test_e2_no_events_and_no_columns() -> None:
    """Without events there were tuples and bunches; there are empty arrays and tables."""
    none = ec.Events([], {"a": []})
    assert none.grid("a").codes.tolist() == []
    assert (none.grid("a").shape, len(none.grid("a").table), list(none.by("a"))) == ((0,), 0, [])
    assert ec.Events([1, 2]).grid().shape == ()


def test_e2_unknown_columns_are_named() -> None:
    with pytest.raises(KeyError, match="no condition zz; there are: a"):
        events(a=[1]).grid("zz")
    assert events(ab=[1, 2]).grid("ab").shape == (2,)  # a name is one column, not its letters


def test_e2_iteration_goes_in_the_order_asked_for() -> None:
    """Slices of the grid ignored the order of the arguments: the first column named changes slowest."""
    some = events(a=[1, 2, 1, 2], b=[5, 5, 6, 6])
    assert [tuple(one.values()) for one, _ in some.by("b", "a")] == [(5, 1), (5, 2), (6, 1), (6, 2)]
    assert [tuple(one.values()) for one, _ in some.by("a", "b")] == [(1, 5), (1, 6), (2, 5), (2, 6)]
    assert some.grid("b", "a").roll([0, 1, 2, 3]).tolist() == [[0, 1], [2, 3]]


def test_e2_a_sequence_repeats_over_the_events() -> None:
    """Not a bug: a cycle of three over seven events; the cut cycle is told."""
    with pytest.warns(UserWarning, match="a: 3 conditions repeated over 7 events, 2 times and 1 more"):
        table = ec.conditions_table({"a": [1, 2, 3]}, 7, on_mismatch="cycle")
    assert table["a"].tolist() == [1, 2, 3, 1, 2, 3, 1]


def recording(n: int, name: str, tones: list[float] | None = None) -> ec.Dataset:
    dataset = ec.from_array(np.zeros((1, n)), 1000, name=name, events=[10, 20] if tones else None)
    return ec.with_conditions(dataset, {"tones": tones}) if tones else dataset


@pytest.mark.parametrize("order", ["ENE", "NEE", "EN", "NEN", "NENE", "EEN"])
def test_c1_c2_conditions_of_some_recordings(order: str) -> None:
    """Conditions stay with their events, however many recordings without any lie between (C1), or have none (C2)."""
    parts = [recording(100 * (k + 1), str(k), [k, k + 0.5] if has == "E" else None) for k, has in enumerate(order)]
    joined = ec.join(*parts)
    starts = np.cumsum([0, *(one.n_samples for one in parts)])
    have = [k for k, has in enumerate(order) if has == "E"]
    assert joined.events.sample.tolist() == [int(starts[k]) + at for k in have for at in (10, 20)]
    assert joined.events.table["tones"].tolist() == [k + more for k in have for more in (0, 0.5)]
    assert str(joined.events.table["tones"].dtype) == "float64"


def test_c3_inputs_of_with_conditions_stay() -> None:
    dataset = recording(50, "a", [1, 2])
    before, token = dataset.events.table, dataset.token
    ec.with_conditions(dataset, {"tones": [8, 9], "amps": 3})
    pd.testing.assert_frame_equal(dataset.events.table, before)
    assert dataset.token == token
