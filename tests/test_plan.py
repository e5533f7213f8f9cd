"""Read plans: spans tile the request exactly once, in order, and touch no piece that is not asked for."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecogcat.reading.indexing import select
from ecogcat.reading.plan import ReadPlan, plan_read

LENGTHS = st.lists(st.integers(0, 7), min_size=1, max_size=6)


def carried_out(plan: ReadPlan, full: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The plan on an array in memory, by the definition of its fields; each value is written exactly once."""
    out = np.full((len(plan.channels), plan.n_columns), -1)
    for span in plan.spans:
        piece = full[:, starts[span.piece] : starts[span.piece + 1]]
        assert span.n_samples == len(span.samples)
        rows = plan.channels if span.row < 0 else [span.row]
        samples = np.array(list(span.samples))
        assert samples.min() >= 0
        assert samples.max() < piece.shape[1]
        assert (out[:, span.out] == -1).all()
        out[:, span.out] = piece[np.ix_(rows, samples)]
    assert (out >= 0).all()
    if plan.flipped:
        out = out[:, ::-1]
    return out.reshape(plan.shape)


def assert_plan(index: Any, lengths: list[int], n_channels: int = 3) -> ReadPlan:
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    full = np.arange(n_channels * starts[-1]).reshape(n_channels, starts[-1])
    plan = plan_read(select(index, full.shape), starts)
    assert np.array_equal(carried_out(plan, full, starts), full[index])
    return plan


@given(LENGTHS, st.data())
@example([6, 5, 7], None)
def test_spans_tile_a_slice_once(lengths: list[int], data: Any) -> None:
    """Over pieces of any length, empty ones included, forwards and backwards; ranges ascend and pieces are in order."""
    bounds = st.none() | st.integers(-50, 50)
    steps = st.none() | st.integers(-9, 9).filter(bool)
    time = slice(16, 1, -3) if data is None else data.draw(st.builds(slice, bounds, bounds, steps))
    plan = assert_plan((slice(None), time), lengths)
    touched = [span.piece for span in plan.spans]
    assert touched == sorted(set(touched))
    columns = [column for span in plan.spans for column in range(plan.n_columns)[span.out]]
    assert columns == list(range(plan.n_columns))
    for span in plan.spans:
        assert isinstance(span.samples, range)
        assert span.samples.step > 0


@given(LENGTHS.filter(any), st.data())
@example([6, 5, 7], None)
def test_spans_tile_a_list_once(lengths: list[int], data: Any) -> None:
    n = sum(lengths)
    wanted = [12, 2, 7, 2] if data is None else data.draw(st.lists(st.integers(-n, n - 1), max_size=12))
    assert_plan((slice(None), wanted), lengths)
    plan = assert_plan((slice(None), sorted(k % n for k in wanted)), lengths)
    assert all(isinstance(span.out, slice) for span in plan.spans)
    assert [span.piece for span in plan.spans] == sorted({span.piece for span in plan.spans})
    rows = [k % 3 for k in wanted]
    assert_plan((rows, wanted), lengths)
    assert_plan((0, wanted), lengths)


def test_one_span_for_each_piece_asked_for() -> None:
    plan = assert_plan(np.s_[[2, 0], 4:13:2], [6, 5, 7])
    assert [(span.piece, list(span.samples), span.out) for span in plan.spans] == [
        (0, [4], slice(0, 1)),
        (1, [0, 2, 4], slice(1, 4)),
        (2, [1], slice(4, 5)),
    ]
    assert plan.channels.tolist() == [2, 0]
    assert (plan.n_columns, plan.n_values, plan.shape, plan.flipped) == (5, 10, (2, 5), False)


def test_steps_over_whole_pieces_leave_them_out() -> None:
    plan = assert_plan(np.s_[:, ::14], [6, 5, 3, 7])
    assert [span.piece for span in plan.spans] == [0, 3]
    assert assert_plan(np.s_[:, ::-14], [6, 5, 3, 7]).flipped


@pytest.mark.parametrize("index", [np.s_[:, 3:3], np.s_[:, []], np.s_[:, 40:], np.s_[0, -1:0]])
def test_nothing_asked_for_has_no_spans(index: Any) -> None:
    assert assert_plan(index, [6, 5, 7]).spans == ()


def test_far_samples_are_planned_in_int64() -> None:
    starts = np.array([0, 1 << 40, 1 << 41], np.int64)
    plan = plan_read(select(np.s_[:, (1 << 40) - 1 : (1 << 40) + 1], (1, 1 << 41)), starts)
    assert [(span.piece, span.samples) for span in plan.spans] == [
        (0, range((1 << 40) - 1, 1 << 40)),
        (1, range(1)),
    ]


def test_plans_are_frozen() -> None:
    plan = assert_plan(np.s_[:, 2:9], [6, 5])
    with pytest.raises(AttributeError):
        plan.shape = (1,)  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        plan.channels[0] = 1
    assert copy.deepcopy(plan) is plan
    assert pickle.loads(pickle.dumps(plan)).spans == plan.spans
