"""Held: logic lines at another rate, none of whose values is made up and none of whose pulses is lost."""

from __future__ import annotations

from typing import Any

from ecogcat.kernels.jit import kernel

__all__ = ["hold_states"]


@kernel
def hold_states(x: Any, edges: Any, origin: Any, out: Any) -> None:
    """Fill ``out[c, m]`` with the state at the end of input samples ``edges[m] .. edges[m + 1]``.

    Where that is the state before them, but there was another between, a pulse began and ended: it is the first other
    state then. Samples of a row count from `origin`; where there is none before the first, any other state is a pulse.
    """
    for c in range(out.shape[0]):
        row = x[c]
        for m in range(out.shape[1]):
            first, last = edges[m] - origin, edges[m + 1] - 1 - origin
            state = row[last]
            if first < 1 or row[first - 1] == state:
                for t in range(max(first, 0), last):
                    if row[t] != state:
                        state = row[t]
                        break
            out[c, m] = state
