"""How ecogcat compiles: the one place that configures Numba.

No eager signatures, because they refuse read-only arrays. No `parallel=True`: its OpenMP layer kills a forked child
and its workqueue layer aborts the process when two Python threads enter it; kernels are serial, release the GIL, and
`ecogcat.storage.pool` runs them on disjoint slices. No `fastmath`: results equal the NumPy oracle to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["inline", "kernel"]


def kernel(function: Callable[..., None]) -> Any:
    """Compile `function` on first use, cache the machine code on disk, run it without the GIL."""
    return numba.njit(nogil=True, cache=True, error_model="numpy")(function)


def inline(function: Callable[..., Any]) -> Any:
    """Compile a helper that kernels call; LLVM inlines it into them."""
    return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
