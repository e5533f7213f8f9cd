"""Windows: many stretches of time gathered by one call, each into an epoch of its own.

A call of a kernel from Python costs 30 us with all that prepares it, as much as gathering a short window takes. Here
the loop over windows is compiled: 780 windows of 51 channels x 1,000 samples take a third of the time.
"""

from __future__ import annotations

from typing import Any

from ecogcat.kernels.gather import gather_range, gather_turned
from ecogcat.kernels.jit import kernel

__all__ = ["gather_windows", "gather_windows_turned"]


@kernel
def gather_windows(
    src: Any,
    base: Any,
    group: Any,
    origin: Any,
    block_len: int,
    block_stride: int,
    stride: int,
    tile: int,
    swapped: bool,
    scaled: int,
    gain: Any,
    offset: Any,
    windows: Any,
    out: Any,
) -> None:
    """Gather each row (epoch, first, at, count) of `windows` into ``out[epoch, :, at : at + count]``.

    Samples first, first + 1, ... of every channel, as `gather_range` does; `out` is (n_epochs, n_rows, n_times).
    """
    for w in range(windows.shape[0]):
        gather_range(
            src,
            base,
            group,
            origin,
            block_len,
            block_stride,
            stride,
            windows[w, 1],
            1,
            tile,
            swapped,
            scaled,
            gain,
            offset,
            windows[w, 2],
            windows[w, 3],
            out[windows[w, 0]],
        )


@kernel
def gather_windows_turned(
    src: Any,
    base: Any,
    group: Any,
    origin: Any,
    block_len: int,
    block_stride: int,
    stride: int,
    order: Any,
    tile: int,
    swapped: bool,
    scaled: int,
    gain: Any,
    offset: Any,
    windows: Any,
    out: Any,
) -> None:
    """Do what `gather_windows` does, for channels that lie interleaved; see `gather_turned`."""
    for w in range(windows.shape[0]):
        gather_turned(
            src,
            base,
            group,
            origin,
            block_len,
            block_stride,
            stride,
            order,
            windows[w, 1],
            1,
            tile,
            swapped,
            scaled,
            gain,
            offset,
            windows[w, 2],
            windows[w, 3],
            out[windows[w, 0]],
        )
