"""Sites: channels of several recordings matched by integer codes of their sites, and masks turned into indices."""

from __future__ import annotations

from typing import Any

from ecogcat.kernels.jit import kernel

__all__ = ["count_codes", "mask_to_indices", "match_codes"]


@kernel
def count_codes(codes: Any, counts: Any) -> None:
    """Count how often each code occurs; `counts` has one entry a code."""
    for i in range(codes.size):
        counts[codes[i]] += 1


@kernel
def match_codes(codes: Any, stops: Any, wanted: Any, place: Any, out: Any) -> None:
    """Find the wanted codes in each recording; recording k's codes end at ``stops[k]`` in `codes`.

    `place` (one entry a code) is scratch, all -1 on entry and on exit. ``out`` (n_recordings, n_wanted) gets the
    position of each wanted code within its recording, -1 where it has none.
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


@kernel
def mask_to_indices(mask: Any, out: Any) -> None:
    """List where `mask` is true; `out` has as many entries as there are."""
    n = 0
    for i in range(mask.size):
        if mask[i]:
            out[n] = i
            n += 1
