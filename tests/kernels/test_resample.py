"""Weighted sums and held states against the obvious loops."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecogcat.kernels.held import hold_states
from ecogcat.kernels.resample import weighted_sums
from tests import oracles


@given(st.integers(1, 17), st.integers(1, 3), st.integers(1, 5), st.integers(0, 6), st.integers(1, 9), st.data())
def test_weighted_sums(n_channels: int, period: int, advance: int, start: int, count: int, data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 4))
    first = (
        np.sort([data.draw(st.integers(-3, advance - 4)) for _ in range(period)]) if advance > 1 else np.zeros(period)
    )
    first = oracles.frozen(first, np.int64)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    taps = oracles.frozen(rng.normal(size=(period, width)), np.float64)
    begin = [int(first[m % period]) + m // period * advance for m in range(start, start + count)]
    origin = min(begin)
    x = oracles.frozen(rng.normal(size=(n_channels, max(begin) - origin + width)), np.float32)
    out = np.empty((n_channels, count))
    weighted_sums(x, origin, first, advance, taps, start, data.draw(st.integers(1, count)), out)
    for m, at in enumerate(begin):
        expected = np.zeros(n_channels)
        for k in range(width):
            expected += taps[(start + m) % period, k] * x[:, at - origin + k].astype("f8")
        np.testing.assert_array_equal(out[:, m], expected)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=20), st.fractions(Fraction(1, 3), 6, max_denominator=4))
def test_hold_states(line: list[int], step: Fraction) -> None:
    n = len(line)
    count = -(-n * step.denominator // step.numerator)
    edges = [min(n, max(0 if m == 0 else 1, int(m * step))) for m in range(count)] + [n]
    out = np.empty((1, count), np.uint8)
    hold_states(oracles.frozen([line], np.uint8), oracles.frozen(edges, np.int64), 0, out)
    for m in range(count):
        within = line[edges[m] : edges[m + 1]]
        last = line[edges[m + 1] - 1]
        before = line[edges[m] - 1] if edges[m] else last
        others = [state for state in within if state != last]
        assert out[0, m] == (others[0] if before == last and others else last)
