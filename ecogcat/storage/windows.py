"""Windows: many stretches of one extent gathered at once, each into an epoch of its own.

An extent that can do more than gather them one by one has a method `gather_windows` of these parameters.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ecogcat.frozen import Index
from ecogcat.storage.extent import Extent, Scale

__all__ = ["gather_windows"]


def gather_windows(extent: Extent, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
    """Decode ``channels`` of each window into ``out[epoch, :, at : at + count]``.

    Parameters
    ----------
    extent : Extent
    channels : ndarray of int64, shape (n_rows,)
        As in `Extent.gather`.
    windows : ndarray of int64, shape (n_windows, 4)
        epoch (index into `out`), first (sample of the extent), at (first column), count: samples first..first + count.
        In any order; they may overlap. Read-only.
    scale : Scale or None
        As in `Extent.gather`.
    out : ndarray, shape (n_epochs, n_rows, n_times)
        C-contiguous.
    """
    own = getattr(extent, "gather_windows", None)
    if own is not None:
        own(channels, windows, scale, out)
        return
    for epoch, first, at, count in windows.tolist():
        extent.gather(channels, range(first, first + count), scale, out[epoch], at, count)
