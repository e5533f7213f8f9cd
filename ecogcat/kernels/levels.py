"""Levels: a logic line's values counted, and its changes of state found, block by block with what is carried between.

Every sum runs over the samples in their order and in one accumulator, so that a line gives the same to the last bit
however it is cut into blocks. Values are float64; what is not finite tells nothing and is passed over.
"""

from __future__ import annotations

import math
from typing import Any

from ecogcat.kernels.jit import kernel

__all__ = ["count_values", "find_extremes", "follow_line", "split_windows"]


@kernel
def find_extremes(values: Any, low: Any, high: Any, out: Any) -> None:
    """Widen ``out = (smallest, largest)`` to what of a block is finite and in ``low..high``."""
    smallest, largest = out[0], out[1]
    for i in range(values.size):
        x = values[i]
        if math.isfinite(x) and low <= x <= high:
            smallest = min(smallest, x)
            largest = max(largest, x)
    out[0], out[1] = smallest, largest


@kernel
def count_values(values: Any, low: Any, high: Any, last: Any, counts: Any, sums: Any) -> None:
    """Count values in ``low..high`` into the bins of row 0, and what each differs by from the one before into row 1.

    `sums` are of what was counted, a bin each: a bin's mean is exact where all its values are one. `last` carries the
    value before the block, NaN if none. Values outside of the range are passed over.
    """
    n = counts.shape[1]
    before = last[0]
    for i in range(values.size):
        x = values[i]
        if low <= x <= high:
            k = min(n - 1, int((x - low) / (high - low) * n))
            counts[0, k] += 1
            sums[0, k] += x - low
            jump = abs(x - before)
            if jump <= high - low:  # not with NaN
                k = min(n - 1, int(jump / (high - low) * n))
                counts[1, k] += 1
                sums[1, k] += jump
            before = x
    last[0] = before


@kernel
def split_windows(values: Any, hop: Any, out: Any) -> None:
    """Split the values of windows of two hops into low and high ones: means of both, and the share between them.

    ``out[w]`` gets the mean of the low and of the high values and the fraction of values in the middle third between;
    NaN where a window has no values. The split starts in the middle of the extremes, so that a pulse of one sample is
    found, and moves to the middle of the means.
    """
    for w in range(out.shape[0]):
        window = values[w * hop : w * hop + 2 * hop]
        smallest, largest = math.inf, -math.inf
        for i in range(window.size):
            if math.isfinite(window[i]):
                smallest = min(smallest, window[i])
                largest = max(largest, window[i])
        low, high = smallest, largest
        n = 0
        for _ in range(16):
            middle = low + (high - low) / 2
            lows = highs = 0
            low_sum = high_sum = 0.0
            for i in range(window.size):
                x = window[i]
                if math.isfinite(x):
                    if x < middle:
                        lows += 1
                        low_sum += x - smallest
                    else:
                        highs += 1
                        high_sum += x - smallest
            n = lows + highs
            if lows == 0 or highs == 0:
                break
            low, high = smallest + low_sum / lows, smallest + high_sum / highs
            if low + (high - low) / 2 == middle:
                break
        between = 0
        for i in range(window.size):
            if low + (high - low) / 3 < window[i] < high - (high - low) / 3:
                between += 1
        out[w, 0] = low if n else math.nan
        out[w, 1] = high if n else math.nan
        out[w, 2] = between / n if n else math.nan


@kernel
def follow_line(
    values: Any, start: Any, knots: Any, hop: Any, at: Any, third: Any, rise: Any, fall: Any, total: Any, state: Any,
    edges: Any,
) -> None:  # fmt: skip
    """Find where a line changes between low and high, by the sums of how far it is beyond a threshold.

    The threshold lies `at` above the low level, which runs straight between `knots`, `hop` samples apart; a third of
    the way between the levels is `third`. A line that is low turns high once the sum of what it is above the threshold
    reaches `rise` before it is back at zero; it did so at the first sample of that sum. It turns low in the same way.
    In a line without noise that is at once. At first the state is unknown, and finding it is no change.

    `total` carries the sum. `state` carries: 1 high, 0 low, -1 unknown; the sample where the sum began or -1; and the
    numbers of edges found, of values, and of values in the middle third. `edges` gets the
    samples of the edges of this block, from ``edges[0]`` on.
    """
    now, began, found = state[0], state[1], 0
    numbers, between = state[3], state[4]
    s = total[0]
    i = 0
    while i < values.size:
        k = (start + i) // hop
        stop = min(values.size, (k + 1) * hop - start)
        slope = (knots[k + 1] - knots[k]) / hop
        within = start + i - k * hop
        for j in range(i, stop):
            x = values[j]
            if not math.isfinite(x):
                continue
            above = x - (knots[k] + slope * (within + j - i))
            numbers += 1
            if third < above < 2 * third:
                between += 1
            beyond = above - at
            if now == 0:
                if began < 0 and beyond >= 0:
                    began, s = start + j, 0.0
                if began >= 0:
                    s += beyond
                    if s < 0:
                        began = -1
                    elif s >= rise:
                        edges[found] = began
                        found += 1
                        now, began = 1, -1
            elif now == 1:
                if began < 0 and beyond <= 0:
                    began, s = start + j, 0.0
                if began >= 0:
                    s += beyond
                    if s > 0:
                        began = -1
                    elif s <= -fall:
                        edges[found] = began
                        found += 1
                        now, began = 0, -1
            else:
                s += beyond
                if s >= rise:
                    now = 1
                elif s <= -fall:
                    now = 0
        i = stop
    total[0] = s
    state[0], state[1], state[2] = now, began, state[2] + found
    state[3], state[4] = numbers, between
