"""Timing: candidates measured in turn, round after round, so that a slow minute of the machine hits all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["interleave", "seconds", "warm_up"]

# Processors that slept while another program ran take about 0.05 s to come back to speed, and a virtual machine may
# keep two threads on one of them until then. The limit programs fill hundreds of megabytes before they begin to count.
WARM_UP = 0.1

Measure = Callable[[], float]


def warm_up(work: Callable[[], Any]) -> None:
    """Call `work` at least once, and until the machine is awake."""
    start = time.perf_counter()
    while True:
        work()
        if time.perf_counter() - start >= WARM_UP:
            return


def seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    """Return the median time of `work` after a warm-up; letting go of its result is not counted."""
    warm_up(work)
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
