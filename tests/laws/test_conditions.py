"""Laws of conditions, over events with columns of every type, missing values and joined ones among them."""

from __future__ import annotations

import ast
import operator
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.conditions.query import query_rows
from ecogcat.testing import laws
from ecogcat.testing.strategies import condition_tables, events

pytestmark = pytest.mark.filterwarnings("ignore:'.*' is a column of numbers")

NAMES = ("tone", "level", "go", "word")


@st.composite
def joined_events(draw: st.DrawFn) -> ec.Events:
    some = [draw(events(9)) for _ in range(draw(st.integers(1, 3)))]
    return ec.Events.concatenate(some, [10 * k for k in range(len(some))])


def columns_of(data: st.DataObject, one: ec.Events) -> list[str]:
    names = [name for name, _ in one.schema]
    return data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []


ODD = ec.Events([1, 2, 3, 4], pd.DataFrame({"go": pd.Series([1, True, "a", None], dtype=object)}))


@given(joined_events(), st.data())
@example(ODD, None)
def test_codes_do_not_depend_on_the_order_of_events(one: ec.Events, data: st.DataObject | None) -> None:
    order = list(range(len(one)))[::-1] if data is None else data.draw(st.permutations(range(len(one))))
    laws.codes_do_not_depend_on_the_order_of_events(one, order, *([] if data is None else columns_of(data, one)))


@given(joined_events(), st.data())
@example(ODD, None)
def test_the_grid_holds_what_is_shown(one: ec.Events, data: st.DataObject | None) -> None:
    laws.grid_holds_what_is_shown(one, *([] if data is None else columns_of(data, one)))


@given(joined_events(), st.data())
@example(ODD, None)
def test_iteration_partitions_the_events(one: ec.Events, data: st.DataObject | None) -> None:
    laws.iteration_partitions_the_events(one, *([] if data is None else columns_of(data, one)))


@given(joined_events(), st.data())
def test_order_is_stable(one: ec.Events, data: st.DataObject) -> None:
    laws.order_is_stable(one, *columns_of(data, one))


def test_a_grid_too_large_is_refused() -> None:
    many = ec.Events(np.arange(1100), {"a": range(1100), "b": range(1100)})
    with pytest.raises(ValueError, match="a grid of 1,100 a x 1,100 b is too large"):
        many.grid()
    assert many.conditions()[0].tolist() == list(range(1100))
    with pytest.raises(KeyError, match="no condition c; there are: a, b"):
        list(many.by("c"))


def test_more_columns_than_integers_can_number() -> None:
    values = np.random.default_rng(0).permuted(np.tile(np.arange(1000), (12, 1)), axis=1)
    wide = ec.Events(np.arange(1000), {f"c{k}": row for k, row in enumerate(values)})
    codes, table = wide.conditions()
    assert np.array_equal(table["c0"].to_numpy()[codes], values[0])
    assert codes.tolist() == values[0].tolist()


# Conditions given


@st.composite
def small_datasets(draw: st.DrawFn) -> ec.Dataset:
    n = draw(st.integers(1, 9))
    return ec.from_array(np.zeros((1, n)), 1000, events=draw(events(n)), name=draw(st.sampled_from("abc")))


@given(st.lists(small_datasets(), min_size=1, max_size=4), st.data())
def test_attaching_distributes_over_join(some: list[ec.Dataset], data: st.DataObject) -> None:
    lists = {
        name: data.draw(st.lists(st.integers(-3, 3), min_size=1, max_size=4))
        for name in data.draw(st.lists(st.sampled_from(["tone", "amps"]), unique=True, min_size=1))
    }
    policy: Any = data.draw(st.sampled_from(["cycle", "truncate", "missing"]))

    def attach(dataset: ec.Dataset) -> ec.Dataset:
        return ec.with_conditions(dataset, lists, on_mismatch=policy, parts="each")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        laws.attaching_distributes_over_join(attach, *some)


@given(small_datasets(), st.lists(st.integers(0, 9), min_size=1, max_size=7))
def test_attaching_leaves_the_dataset_as_it_was(dataset: ec.Dataset, tones: list[int]) -> None:
    def attach(dataset: ec.Dataset) -> ec.Dataset:
        return ec.with_conditions(dataset, {"tones": tones}, on_mismatch="missing")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = laws.inputs_are_left_alone(attach, dataset)
    n = len(dataset.events)
    assert got.events.table["tones"].dropna().tolist() == tones[:n]
    assert got.events.sample.tolist() == dataset.events.sample.tolist()
    assert got.signal == dataset.signal


# Queries, against an oracle that takes them row by row

_OPS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@st.composite
def queries(draw: st.DrawFn, depth: int = 2) -> str:
    name = draw(st.sampled_from(NAMES))
    kind = draw(st.integers(0, 5 if depth else 2))
    if kind == 0:
        value = draw(st.sampled_from(["0.5", "-2", "3", "1000", "'a'", "True"]))
        return f"{name} {draw(st.sampled_from(list(_OPS)))} {value}"
    if kind == 1:
        return f"{name} {draw(st.sampled_from(['in', 'not in']))} (1, 0.5, 'a', 'bc')"
    if kind == 2:
        return f"{name} {draw(st.sampled_from(['is', 'is not']))} None"
    left, right = draw(queries(depth - 1)), draw(queries(depth - 1))
    if kind == 3:
        return f"not ({left})"
    return f"({left}) {draw(st.sampled_from(['and', 'or', '&', '|']))} ({right})"


def naive(row: dict[str, Any], node: ast.expr) -> bool | None:
    """Whether a query holds for one row; None where that is unknown."""
    if isinstance(node, ast.BoolOp) or (isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr))):
        both = isinstance(node.op, (ast.And, ast.BitAnd))
        sides = node.values if isinstance(node, ast.BoolOp) else [node.left, node.right]
        found = [naive(row, side) for side in sides]
        if (not both) in found:
            return not both
        return None if None in found else both
    if isinstance(node, ast.UnaryOp):
        found_one = naive(row, node.operand)
        return None if found_one is None else not found_one
    assert isinstance(node, ast.Compare)
    name, op, right = node.left, node.ops[0], ast.literal_eval(node.comparators[0])
    assert isinstance(name, ast.Name)
    value = row[name.id]
    if isinstance(op, (ast.Is, ast.IsNot)):
        return (value is None) == isinstance(op, ast.Is)
    if value is None:
        return None
    if isinstance(op, (ast.In, ast.NotIn)):
        return (value in right) == isinstance(op, ast.In)
    try:
        symbol = {"Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}[type(op).__name__]
        return bool(_OPS[symbol](value, right))
    except TypeError:
        return False


def whole_table(data: st.DataObject, n: int) -> pd.DataFrame:
    tables = [data.draw(condition_tables(n)) for _ in range(2)]
    table = pd.concat(tables, axis=1)
    table = table.loc[:, ~table.columns.duplicated()]
    for name in set(NAMES) - set(table.columns):
        table[name] = pd.Series([pd.NA] * n, dtype=object)
    return table


@given(st.data(), st.integers(0, 6), queries())
def test_a_query_holds_where_it_does_row_by_row(data: st.DataObject, n: int, query: str) -> None:
    table = whole_table(data, n)
    rows = [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]
    body = ast.parse(query, mode="eval").body
    assert query_rows(table, query).tolist() == [naive(row, body) is True for row in rows]


@given(st.lists(events(9), min_size=1, max_size=3), queries(), st.integers(-5, 5))
def test_selecting_commutes_with_shifting_and_joining(some: list[ec.Events], query: str, n: int) -> None:
    known = {name for one in some for name, _ in one.schema}
    if {node.id for node in ast.walk(ast.parse(query)) if isinstance(node, ast.Name)} <= known:
        laws.selecting_commutes(query, n, *some)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("tone > 1 & level > 2", "& and | come before comparisons"),
        ("word * 1000000000 == 'a'", "numbers alone are added"),
        ("'a' * 1000000000 == word", "numbers alone are added"),
        ("tone / (1 - 1) > 1 and 1 / 0 > tone", "this cannot be counted"),
        ("tone in level", "'in' takes a list of values"),
        ("tone is 1", "'is' asks whether a column is None"),
        ("tone == None", "what is missing 'is None'"),
        ("tone > [1, 2]", "a list is compared by 'in'"),
        ("tone == b'a'", "values are numbers, text"),
        ("tone + ~level > 1", "numbers alone|it has columns|take comparisons"),
    ],
)
def test_a_query_that_means_nothing_says_why(query: str, why: str) -> None:
    table = pd.DataFrame({"tone": [1, 2], "level": [3.0, np.nan], "word": ["a", "b"]})
    with pytest.raises(ValueError, match=why):
        query_rows(table, query)


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("level != 3", [False, False]),  # missing is not unequal
        ("not level == 3", [False, False]),
        ("level is None", [False, True]),
        ("level > 1 or tone == 2", [True, True]),
        ("not (level > 5 and tone > 1)", [True, False]),
        ("tone * 20000 > 32767", [False, True]),  # in 64 bits, whatever the type of the column
        ("-tone < -1", [False, True]),
        ("(tone > 1) == (level > 1)", [False, False]),
        ("1 < tone", [False, True]),
        ("tone == level - 2 == 1", [True, False]),
        ("word > 'a'", [False, True]),
        ("when >= '2020-06-01'", [False, True]),
        ("tone in ()", [False, False]),
        ("tone not in ()", [True, True]),
        ("go + 1 == 2", [True, False]),
        ("tone // 0 > 5", [True, True]),
    ],
)
def test_queries_of_special_columns(query: str, want: list[bool]) -> None:
    table = pd.DataFrame({"tone": np.array([1, 2], np.int16), "level": [3.0, np.nan], "word": ["a", "b"]})
    table = table.assign(when=pd.to_datetime(["2020-01-01", "2020-12-01"]), go=[True, False])
    assert query_rows(table, query).tolist() == want


def test_a_deep_query_is_no_crash() -> None:
    with pytest.raises((ValueError, RecursionError)):
        query_rows(pd.DataFrame({"tone": [1]}), "(" * 5000 + "tone > 1" + ")" * 5000)
