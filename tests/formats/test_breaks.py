"""Where columns of numbers and times break: found with few looks, and just those that are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecogcat.formats.breaks import MEASURED_OVER, find_breaks, step_of


def _plain(values: Any) -> Callable[[Any], NDArray[Any]]:
    return np.asarray(values).__getitem__


def test_breaks_of_a_thousand_million_rows_are_found_in_few_looks() -> None:
    jumps = {3: 9, 123_456_789: 31, 123_456_790: 31, 999_999_999: -(10**6)}
    looks = calls = 0

    def probe(rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        nonlocal looks, calls
        looks, calls = looks + len(rows), calls + 1
        stamps = np.rint(rows * 15999.87).astype(np.int64) + 10**7
        return (stamps + sum(by * (rows >= at) for at, by in jumps.items())).astype(np.uint64)

    n = 10**9
    step = step_of(probe, n, 16000.0)
    assert step == pytest.approx(15999.87, abs=2e-4)
    assert (looks, calls) == (30, 1)
    looks = 0
    assert find_breaks(probe, n, step=step, tolerance=4, most=50, stretches=n // MEASURED_OVER) == list(jumps)
    assert looks <= n // MEASURED_OVER + 1 + len(jumps) * 17
    assert calls <= 2 + 17


@pytest.mark.parametrize("seed", range(20))
def test_breaks_are_those_of_all_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 300))
    steps = np.where(rng.random(n) < 0.1, rng.integers(-50, 50, n), 7)
    steps[0] = 7
    values = np.cumsum(steps)
    expected = np.flatnonzero(np.diff(values) != 7) + 1
    # Breaks that undo each other within a stretch are the only ones that may be missed: none where each is a row.
    assert find_breaks(_plain(values), n, step=7, stretches=n) == expected.tolist()
    ascending = np.cumsum(np.abs(steps) + 7 * (np.abs(steps) < 7))
    expected = np.flatnonzero(np.diff(ascending) != 7) + 1
    assert find_breaks(_plain(ascending), n, step=7, stretches=1) == expected.tolist()


def test_few_rows() -> None:
    for n in (0, 1):
        assert find_breaks(_plain([0, 0]), n) == []
        assert step_of(_plain([0, 0]), n, 512.0) == 512.0
    assert find_breaks(_plain([5, 6]), 2) == []
    assert find_breaks(_plain([5, 5]), 2) == [1]
    assert step_of(_plain(np.zeros(100)), 100, 512.0) == 512.0


def test_too_many_breaks_are_none_after_few_looks() -> None:
    looks = 0

    def probe(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        nonlocal looks
        looks += len(rows)
        return 3 * rows

    assert find_breaks(probe, 1 << 40, most=50) is None
    assert looks < 500
    twos = np.repeat(np.arange(50) * 100, 2) + np.tile([0, 1], 50)
    assert find_breaks(_plain(twos), 100, most=48) is None
    assert find_breaks(_plain(twos), 100, most=49) == list(range(2, 100, 2))


def test_values_that_have_to_run_on_together() -> None:
    rows = np.arange(1000)
    columns = np.stack([1024 * rows + 5 * (rows >= 300), (rows >= 700).astype(int)], axis=1)
    assert find_breaks(_plain(columns), 1000, step=(1024, 0), stretches=1) == [300, 700]


def test_differences_of_any_type_of_number() -> None:
    rows = np.arange(1000)
    assert find_breaks(_plain((rows[::-1] + 5).astype("u8")), 1000, step=-1) == []
    late = np.where(rows < 600, 2**31 - 1, -(2**31)).astype("i4")  # one more, of 32 bits
    assert find_breaks(_plain(late), 1000, step=0) == [600]
    far = np.where(rows < 600, 0, -(2**63))
    assert find_breaks(_plain(far), 1000, step=0, tolerance=5) == [600]
    times = rows / 1000
    times[400] = np.nan
    # Not a number in the middle of a stretch is seen only where it is looked at.
    assert find_breaks(_plain(times), 1000, step=1e-3, tolerance=5e-4, stretches=999) == [400, 401]
    assert find_breaks(_plain(times + 1e-5 * np.sin(rows)), 1000, step=1e-3, tolerance=5e-4, stretches=1) == []
