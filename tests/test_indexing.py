"""Indexing: NumPy is the oracle for what an index selects, for the shape of it, and for the error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ecogcat.reading.indexing import Selection, select

SHAPE = (4, 9)


def chosen(selection: Selection, full: np.ndarray) -> np.ndarray:
    """What a selection picks, by the definition of its fields."""
    rows, columns = (np.array(list(axis), np.int64) for axis in selection[:2])
    values = full[rows[:, None], columns] if selection.grid else full[rows, columns]
    return values.reshape(selection.shape)


def assert_selects_as_numpy(index: Any, shape: tuple[int, int] = SHAPE) -> None:
    full = np.arange(shape[0] * shape[1]).reshape(shape)
    try:
        want = full[index]
    except (IndexError, TypeError, ValueError) as error:
        with pytest.raises(type(error)):
            select(index, shape)
        return
    got = chosen(select(index, shape), full)
    assert got.shape == np.shape(want)
    assert np.array_equal(got, want)


MASK = np.array([True, False, True, True])
LONG = np.array([3, 0, 0, -1])


@pytest.mark.parametrize(
    "index",
    [
        *((), ..., 0, -4, 3, np.s_[1:3], np.s_[::-2], None, [0, 2], [], MASK, MASK.tolist(), np.int8(2)),
        *((..., 3), (2, ...), (None, 2, None), (slice(None), None, 3), (..., None), (None, ..., None, 2)),
        *((LONG, slice(2, 5)), (slice(2, 5), LONG), (LONG, None, slice(1)), (1, LONG), (LONG, 1), (LONG, LONG)),
        *((LONG[:, None], LONG), (LONG[:, None], LONG[None]), np.ix_([2, 0], [8, 1, 1]), (LONG.reshape(2, 2), ...)),
        *((0, None, LONG), (LONG, None, 0), (None, LONG, LONG), (slice(None), LONG.reshape(2, 2), None)),
        *((MASK, slice(-3, None)), (MASK, [0, 1, 2]), (slice(1, 3), np.arange(9) > 4), (MASK, None, 2)),
        *(np.arange(36).reshape(SHAPE) % 5 == 0, (np.ones(SHAPE, bool), ...), (..., np.zeros(SHAPE, bool))),
        *(True, False, (True, 2), (True, slice(1, 3)), (np.array(True), LONG), ([True],)),
        *(np.array(2), (np.array(2), np.array(-1)), (np.uint8(3), np.array([8], np.uint64)), np.empty((0, 3), int)),
        *((range(2), range(2)), ([[0, 1], [1, 0]], [[1], [2]]), ([], []), (slice(0, 0), []), ([], slice(None))),
    ],
    ids=lambda index: repr(index)[:40],
)
def test_what_numpy_takes(index: Any) -> None:
    assert_selects_as_numpy(index)


@pytest.mark.parametrize(
    ("index", "error"),
    [
        *((4, IndexError), (-5, IndexError), ((0, 9), IndexError), ((0, 0, 0), IndexError), ((..., ...), IndexError)),
        *((1.0, IndexError), ("name", IndexError), ((0, "name"), IndexError), ([0.5], IndexError), ([4], IndexError)),
        *(
            (np.s_[::0], ValueError),
            (np.s_[0.5:], TypeError),
            (([0], np.s_[::0]), ValueError),
            ((np.s_[::0], MASK), IndexError),
        ),
        *((([0], np.s_["a":]), TypeError), (([0, 1], [0, 1, 2]), IndexError), ((MASK, [0, 1]), IndexError)),
        *((MASK[:3], IndexError), ((slice(None), MASK), IndexError), (np.ones((4, 8), bool), IndexError)),
        *(
            (([0], 0, 0), IndexError),
            ((np.ones(SHAPE, bool), 0), IndexError),
            ({}, IndexError),
            (([0], [9]), IndexError),
        ),
    ],
    ids=repr,
)
def test_what_numpy_refuses(index: Any, error: type[Exception]) -> None:
    """The same exception as NumPy's; the list says which, so that the oracle itself is checked."""
    with pytest.raises(error):
        np.empty(SHAPE)[index]
    with pytest.raises(error):
        select(index, SHAPE)


@pytest.mark.parametrize("shape", [(0, 9), (4, 0), (0, 0), (1, 1)])
@pytest.mark.parametrize("index", [(), 0, np.s_[1:], np.s_[:, ::-1], [], [0], np.s_[[], :], np.s_[:, [0]], True, None])
def test_empty_axes(index: Any, shape: tuple[int, int]) -> None:
    assert_selects_as_numpy(index, shape)


SHAPES = st.tuples(st.integers(0, 6), st.integers(0, 12))


@st.composite
def indices(draw: st.DrawFn) -> tuple[Any, tuple[int, int]]:
    shape = draw(SHAPES)

    def part(length: int) -> st.SearchStrategy[Any]:
        numbers = st.integers(-length - 1, length)
        return st.one_of(
            st.slices(length),
            st.builds(
                slice, *[st.none() | st.integers(-20, 20)] * 2, st.none() | st.sampled_from([-9, -2, -1, 1, 2, 9])
            ),
            numbers,
            st.lists(numbers, max_size=5),
            arrays.arrays(np.int64, st.tuples(st.integers(0, 3), st.integers(0, 3)), elements=numbers),
            arrays.arrays(bool, length),
            st.just(Ellipsis),
            st.none(),
        )

    parts = [draw(part(length)) for length in shape][: draw(st.integers(0, 2))]
    parts.insert(draw(st.integers(0, len(parts))), draw(st.sampled_from([None, Ellipsis, slice(None)])))
    return tuple(parts), shape


@given(
    st.one_of(indices(), SHAPES.flatmap(lambda s: st.tuples(arrays.basic_indices(s, allow_newaxis=True), st.just(s))))
)
@example(((slice(None, None, -9), [0]), (5, 3)))
@example((([0, 1], None, slice(3, None, -1)), (2, 9)))
def test_every_index_selects_what_numpy_selects(index_and_shape: tuple[Any, tuple[int, int]]) -> None:
    assert_selects_as_numpy(*index_and_shape)


def test_the_caller_s_arrays_stay_theirs() -> None:
    """An index that is handed in is neither kept nor frozen."""
    rows, columns = np.array([0, 1]), np.array([2, 3])
    for index in ((rows, columns), rows, (rows, slice(None)), (slice(None), columns)):
        selection = select(index, SHAPE)
        for axis in selection[:2]:
            if isinstance(axis, np.ndarray):
                assert not np.shares_memory(axis, rows)
                assert not np.shares_memory(axis, columns)
    rows[:] = 3
    assert rows.flags.writeable


def test_ranges_stay_ranges_over_any_length() -> None:
    """Slices and integers are not written out: an index on a recording of any length costs nothing."""
    selection = select(np.s_[[1, 0], 5 : 10**15 : 2], (2, 10**18))
    assert selection.columns == range(5, 10**15, 2)
    assert selection.shape == (2, (10**15 - 4) // 2)
    assert select(np.s_[..., -1], (2, 10**18)).columns == range(10**18 - 1, 10**18)
