"""Timing: candidates measured in turn, round after round, so that a slow minute of the machine hits all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["interleave", "seconds"]

Measure = Callable[[], float]


def seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    """Return the median time of `work` after one call that is not counted; letting go of its result is not counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
        del result
    return statistics.median(times)


def interleave(measures: Mapping[str, Measure], rounds: int) -> dict[str, float]:
    """Run every measure once a round; return the median over the rounds of each."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: statistics.median(times) for name, times in taken.items()}
