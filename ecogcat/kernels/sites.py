"""Sites: channels of several recordings matched by integer codes of their sites.

A mask is turned into indices by `np.flatnonzero`: a kernel for it took as long for 16 to 1,024 channels (0.8 to 1.4 us)
and three times as long for a million.
"""

from __future__ import annotations

from typing import Any

from ecogcat.kernels.jit import kernel

__all__ = ["count_codes", "match_codes"]


@kernel
def count_codes(codes: Any, counts: Any) -> None:
    """Count how often each code occurs; `counts` has one entry a code.

    As fast as `np.bincount` for a hundred codes, 4 times as fast for 64,000 and more.
    """
    for i in range(codes.size):
        counts[codes[i]] += 1


@kernel
def match_codes(codes: Any, stops: Any, wanted: Any, place: Any, out: Any) -> None:
    """Find the wanted codes in each recording; recording k's codes end at ``stops[k]`` in `codes`.

    `place` (one entry a code) is scratch, all -1 on entry and on exit. ``out`` (n_recordings, n_wanted) gets the
    position of each wanted code within its recording, -1 where it has none. NumPy, a recording at a time, takes 2 to
    10 times as long; NumPy over all recordings at once 3 to 8 times, and a table of recordings x codes.
    """
    start = 0
    for k in range(stops.size):
        for i in range(start, stops[k]):
            place[codes[i]] = i - start
        for j in range(wanted.size):
            out[k, j] = place[wanted[j]]
        for i in range(start, stops[k]):
            place[codes[i]] = -1
        start = stops[k]
