"""How ecogcat compiles: the one place that configures Numba.

No eager signatures, because they refuse read-only arrays. No `parallel=True`: its OpenMP layer kills a forked child
and its workqueue layer aborts the process when two Python threads enter it; kernels are serial, release the GIL, and
`ecogcat.storage.pool` runs them on disjoint slices. No `fastmath`: results equal the NumPy oracle to the last bit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numba
from numba.core.compiler_lock import global_compiler_lock

__all__ = ["inline", "kernel"]


def kernel(function: Callable[..., None]) -> Any:
    """Compile `function` on first use, cache the machine code on disk, run it without the GIL."""
    return _compiled(function)


def inline(function: Callable[..., Any]) -> Any:
    """Compile a helper that kernels call; always inlined into them, also where it is long."""
    return _compiled(function, forceinline=True)


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    options |= {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that can be written to, as for a read-only home on a cluster
        return numba.njit(**options)(function)


if hasattr(os, "register_at_fork"):
    # A child forked while another thread compiles would wait for that thread, which it does not have, forever.
    _locked = global_compiler_lock
    os.register_at_fork(before=_locked.acquire, after_in_parent=_locked.release, after_in_child=_locked.release)
