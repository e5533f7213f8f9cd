"""Counting the values of a line and following its changes, against their oracles and in blocks of any length."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.kernels.levels import count_values, find_extremes, follow_line, split_windows
from tests import oracles

NUMBERS = st.one_of(st.integers(-8, 8).map(float), st.sampled_from([math.nan, math.inf, -math.inf, 0.5]))
LINES = st.lists(NUMBERS, max_size=40)
CUTS = st.lists(st.integers(0, 40), max_size=4)


def in_blocks(line: list[float], cuts: list[int], run: Callable[[NDArray[np.float64], int], Any]) -> None:
    """Run over blocks of a line that nobody can write to, empty ones included."""
    edges = sorted({min(cut, len(line)) for cut in cuts} | {0, len(line)})
    for a, b in zip([0, *edges], [*edges, len(line)], strict=True):
        run(oracles.frozen(line[a:b], np.float64), a)


@given(LINES, CUTS, st.sampled_from([(-math.inf, math.inf), (-2.0, 3.0)]))
def test_find_extremes_is_the_oracle(line: list[float], cuts: list[int], ends: tuple[float, float]) -> None:
    out = np.array([math.inf, -math.inf])
    in_blocks(line, cuts, lambda values, _: find_extremes(values, *ends, out))
    kept = [x for x in line if math.isfinite(x) and ends[0] <= x <= ends[1]]
    assert out.tolist() == [min(kept, default=math.inf), max(kept, default=-math.inf)]


@given(LINES, CUTS, st.sampled_from([(-8.0, 8.0), (-2.0, 3.0), (0.0, 1e-300), (-1e289, 1e289)]))
def test_count_values_is_the_oracle(line: list[float], cuts: list[int], ends: tuple[float, float]) -> None:
    n, (low, high) = 7, ends
    counts, sums, last = np.zeros((2, n), np.int64), np.zeros((2, n)), np.array([math.nan])
    in_blocks(line, cuts, lambda values, _: count_values(values, low, high, last, counts, sums))
    kept = [x for x in line if low <= x <= high]
    jumps = [abs(b - a) for a, b in pairwise(kept)]
    for row, values in enumerate(([x - low for x in kept], jumps)):
        bins = [min(n - 1, int(value / (high - low) * n)) for value in values]
        assert counts[row].tolist() == [bins.count(k) for k in range(n)]
        want = [sum(value for value, k in zip(values, bins, strict=True) if k == m) for m in range(n)]
        assert sums[row].tolist() == pytest.approx(want)


@given(st.lists(NUMBERS, min_size=8, max_size=40), st.integers(1, 4))
@example([0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0], 4)
@example([math.nan] * 8, 2)
@example([2.0] * 8, 2)
def test_split_windows_is_the_oracle(line: list[float], hop: int) -> None:
    out = np.empty((len(line) // hop - 1, 3))
    split_windows(oracles.frozen(line, np.float64), hop, out)
    for w, found in enumerate(out.tolist()):
        assert found == pytest.approx(oracles.split(line[w * hop : w * hop + 2 * hop]), nan_ok=True)


@st.composite
def courses(draw: st.DrawFn) -> dict[str, Any]:
    hop = draw(st.sampled_from([3, 16, 1 << 62]))
    count = 2 if hop > 40 else 40 // hop + 2
    level = float(draw(st.integers(-4, 4)))
    drift = draw(st.lists(st.sampled_from([0.0, 0.5]), min_size=count, max_size=count))
    return {
        "knots": [level + (d if hop < 40 else 0.0) for d in drift],
        "hop": hop,
        "at": draw(st.sampled_from([1.0, 2.0, 3.5])),
        "third": 4 / 3,
        "rise": draw(st.sampled_from([0.25, 1.0, 4.0])),
        "fall": draw(st.sampled_from([0.25, 1.0, 4.0])),
    }


@given(LINES, CUTS, courses())
def test_follow_line_is_the_oracle(line: list[float], cuts: list[int], course: dict[str, Any]) -> None:
    knots = oracles.frozen(course["knots"], np.float64)
    total, state, found = np.zeros(1), np.array([-1, -1, 0, 0, 0], np.int64), []

    def run(values: NDArray[np.float64], start: int) -> None:
        edges, before = np.empty(len(values), np.int64), int(state[2])
        rest = [course[name] for name in ("hop", "at", "third", "rise", "fall")]
        follow_line(values, start, knots, *rest, total, state, edges)
        found.extend(edges[: int(state[2]) - before].tolist())

    in_blocks(line, cuts, run)
    now, edges, numbers, between = oracles.follow(line, **course)
    assert found == edges
    assert state.tolist()[:1] + state.tolist()[2:] == [now, len(edges), numbers, between]
