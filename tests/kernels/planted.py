"""A kernel with a fault planted in it: it reads one element past the end. Only for `test_modes`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ecogcat.kernels.jit import kernel


@kernel
def read_past_the_end(values: Any, out: Any) -> None:
    out[0] = values[values.size]


if __name__ == "__main__":
    # The element past the end is in memory of ours, and 2.0: without checks this is garbage, not a crash.
    memory = np.array([1.0, 2.0])
    result = np.zeros(1)
    try:
        read_past_the_end(memory[:1], result)
    except IndexError as error:
        print("IndexError:", error)
    else:
        print("read", result[0])
    hits = getattr(read_past_the_end, "stats", None)
    print("cache hits", sum(hits.cache_hits.values()) if hits else "none")
    sys.exit(0)
