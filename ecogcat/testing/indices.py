"""Indices: whatever NumPy takes, or refuses, between the brackets of an array of two axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

__all__ = ["indices"]


def indices(shape: tuple[int, int], *, valid: bool = False) -> st.SearchStrategy[Any]:
    """Return a strategy of indices into an array of `shape`.

    Integers, negative ones, slices with any step, ellipsis, newaxis, masks of one and two axes, lists of integers in
    any order with repeats, arrays of integers of two axes, `np.ix_`, booleans of no axis.

    Parameters
    ----------
    shape : tuple of int
        (n_channels, n_samples).
    valid : bool
        Leave out those that NumPy refuses: out of range, masks of a wrong length, too many, of a wrong type.
    """
    rows, columns = (_axis(n, valid) for n in shape)
    mask = _masks(shape[0] * shape[1]).map(lambda mask: mask.reshape(shape))
    pair = st.tuples(rows, columns)
    usual = st.one_of(rows, pair, pair, pair, _crossed(shape), _paired(shape), mask)
    odd = st.lists(st.one_of(st.none(), st.just(...), st.booleans(), rows, columns), max_size=5).map(tuple)
    rare = st.one_of(odd, st.just(()), st.just(...), st.none(), st.booleans(), st.tuples(mask, st.none()))
    decorated = pair.flatmap(
        lambda both: st.sampled_from([(None, *both), (*both, None), (..., *both), (both[0], ..., both[1])])
    )
    if valid:
        return st.one_of(usual, usual, decorated).filter(lambda index: _taken(index, shape))
    wrong: list[Any] = [
        1.5,
        "a",
        [0.5],
        (0, 0, 0),
        (..., ...),
        np.zeros((1, 1), bool),
        {},
        [[True], [False]],
        np.float64(1),
    ]
    return st.one_of(usual, usual, decorated, rare, st.sampled_from(wrong))


def _taken(index: Any, shape: tuple[int, int]) -> bool:
    """Return whether NumPy takes an index; some lists do not pair, and there may be nothing for an integer."""
    try:
        np.broadcast_to(np.zeros(1, np.uint8), shape)[index]
    except IndexError:
        return False
    return True


def _axis(n: int, valid: bool) -> st.SearchStrategy[Any]:
    reach = n + (0 if valid else 2)
    whole = st.integers(-reach, reach - 1) if reach else st.just(0)
    if valid and n == 0:
        return st.one_of(_slices(n), st.just([]))
    inside = st.integers(-n, n - 1) if n else st.nothing()
    lists = st.lists(inside, max_size=6) if n else st.just([])
    grids = lists.map(lambda some: np.array([some, some[::-1]], np.int64)) if n else st.nothing()
    ascending = lists.map(lambda some: np.sort(np.array(some, np.int64)))
    unsigned = lists.map(lambda some: np.array([k % n for k in some], np.uint8)) if n else st.nothing()
    fine = st.one_of(_slices(n), _slices(n), lists, ascending, unsigned, grids, _masks(n), whole, whole.map(np.int16))
    if valid:
        return fine
    return st.one_of(fine, fine, fine, st.lists(whole, max_size=4), _masks(n + 1), st.just(slice(None, None, 0)))


def _slices(n: int) -> st.SearchStrategy[slice]:
    end = st.none() | st.integers(-n - 3, n + 3)
    step = st.none() | st.integers(-n - 2, n + 2).filter(bool)
    return st.one_of(st.just(slice(None)), st.builds(slice, end, end, step), st.builds(slice, end, end))


def _masks(n: int) -> st.SearchStrategy[Any]:
    seeds = st.integers(0, 2**16)
    return seeds.map(lambda seed: np.random.default_rng(seed).random(n) < (0.2, 0.6, 1.1, 0.0)[seed % 4])


def _crossed(shape: tuple[int, int]) -> st.SearchStrategy[Any]:
    """Return `np.ix_` of lists."""
    if 0 in shape:
        return st.just(np.ix_(*(np.arange(n) for n in shape)))
    rows, columns = (st.lists(st.integers(-n, n - 1), min_size=1, max_size=5) for n in shape)
    return st.builds(lambda some, others: np.ix_(some, others), rows, columns)


def _paired(shape: tuple[int, int]) -> st.SearchStrategy[Any]:
    """Return two lists of one length, or of lengths that broadcast."""
    if 0 in shape:
        return st.just(([], []))
    n_rows, n_columns = shape
    pairs = st.lists(st.tuples(st.integers(-n_rows, n_rows - 1), st.integers(-n_columns, n_columns - 1)), max_size=6)
    single = st.builds(
        lambda some, row: ([row], [column for _, column in some]), pairs, st.integers(-n_rows, n_rows - 1)
    )
    return st.one_of(pairs.map(lambda some: ([row for row, _ in some], [column for _, column in some])), single)
