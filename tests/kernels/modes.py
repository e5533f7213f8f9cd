"""Which mode of Numba these tests run in."""

from __future__ import annotations

import os

BOUNDS_ON = os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0")
