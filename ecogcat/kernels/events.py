"""Events and seams: sample indices moved between the clocks of recordings and of the joined dataset."""

from __future__ import annotations

from typing import Any

from ecogcat.kernels.jit import kernel

__all__ = ["locate_samples", "offset_events"]


@kernel
def offset_events(samples: Any, stops: Any, offsets: Any, out: Any) -> None:
    """Add ``offsets[k]`` to the events of recording k, which end at ``stops[k]`` in `samples`.

    `out` may be `samples`. Concatenating and offsetting in place takes a half (few events) to a quarter (a million) of
    the time of NumPy's `concatenate` of sums; slices that start at 0 vectorise, indices into the whole do not.
    """
    start = 0
    for k in range(stops.size):
        old, new, offset = samples[start : stops[k]], out[start : stops[k]], offsets[k]
        for i in range(old.size):
            new[i] = old[i] + offset
        start = stops[k]


@kernel
def locate_samples(samples: Any, starts: Any, part: Any, local: Any) -> None:
    """Find the part of each sample and its index there; `starts` are the parts' first samples and the end.

    Neighbouring queries mostly fall into one part: that is tried before the binary search. Against `searchsorted` and
    a subtraction 2.5 times as fast for a few samples, 4 to 8 times for a million in order, 1.1 to 1.3 times at random.
    """
    last = starts.size - 2
    k = 0
    for i in range(samples.size):
        t = samples[i]
        if not (starts[k] <= t < starts[k + 1]):
            low, high = 0, last
            while low < high:
                middle = (low + high + 1) // 2
                if starts[middle] <= t:
                    low = middle
                else:
                    high = middle - 1
            k = low
        part[i] = k
        local[i] = t - starts[k]
