"""Blocks: the samples of runs read on several threads, a block ahead of the one thread that writes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.storage import maps
from ecogcat.storing.form import Run

__all__ = ["Block", "blocks_of", "stream"]

# Of a block: each channel of it is one request to the system, which takes 10 us beside what it writes.
BLOCK_BYTES = 16 << 20
_BUFFERS = 3


class Block(NamedTuple):
    """Samples start..stop of all channels of a run; `done` counts the samples of all runs up to its end."""

    run: int
    start: int
    stop: int
    done: int


def blocks_of(runs: Sequence[Run], first: int = 0, grid: int = 1) -> Iterator[Block]:
    """Yield the blocks that runs are written in, in order, those left out that end before sample `first` of all.

    Parameters
    ----------
    runs : sequence of Run
    first : int
        Samples, counted through all runs, that are there already.
    grid : int
        Blocks begin at multiples of it.
    """
    before = 0
    for number, run in enumerate(runs):
        n, length = run.signal.n_samples, _length(run, grid)
        for start in range(0, n, length):
            stop = min(n, start + length)
            if before + stop > first:
                yield Block(number, start, stop, before + stop)
        before += n


def _length(run: Run, grid: int) -> int:
    """Return the samples of a block: about `BLOCK_BYTES`, on its sources' grid, several within the limit."""
    each = max(1, run.signal.n_channels * max(run.dtype.itemsize, run.signal.dtype.itemsize))
    limit = settings.memory_limit()
    most = max(1, BLOCK_BYTES // each)
    if limit is not None:
        most = max(1, min(most, limit // (2 * _BUFFERS * each)))
    grid = max(grid, *(piece.extent.block_samples for piece in run.signal.pieces)) if grid == 1 else grid
    # A compressed block is decoded whole, however little of it is asked for.
    if most < grid <= run.signal.n_samples and (limit is None or grid * each * 2 * _BUFFERS <= limit):
        return grid
    return max(1, most // grid * grid if most >= grid else most)


def stream(runs: Sequence[Run], blocks: Iterator[Block], write: Callable[[Block, NDArray[Any]], None]) -> None:
    """Read blocks and hand each to `write`, which another thread calls, in order, while the next one is read.

    Parameters
    ----------
    runs : sequence of Run
    blocks : iterator of Block
    write : callable
        (block, values (n_channels, n)); the values are its own until it returns.
    """
    free: SimpleQueue[NDArray[np.uint8] | None] = SimpleQueue()
    full: SimpleQueue[tuple[Block, NDArray[Any], NDArray[np.uint8] | None] | None] = SimpleQueue()
    for _ in range(_BUFFERS):
        free.put(np.empty(0, np.uint8))
    failed: list[BaseException] = []

    def serve() -> None:
        while (item := full.get()) is not None:
            block, values, buffer = item
            try:
                write(block, values)
            except BaseException as error:
                failed.append(error)
                free.put(None)
                return
            free.put(buffer)

    writer = threading.Thread(target=serve, name="ecogcat-writer", daemon=True)
    writer.start()
    try:
        for block in blocks:
            buffer = free.get()
            if buffer is None:
                break
            run = runs[block.run]
            shape = (run.signal.n_channels, block.stop - block.start)
            needed = shape[0] * shape[1] * run.dtype.itemsize
            if buffer.size < needed:
                buffer = np.empty(needed, np.uint8)
            values = buffer[:needed].view(run.dtype).reshape(shape)
            run.read(block.start, block.stop, values)
            full.put((block, values, buffer))
            maps.relieve()
    finally:
        full.put(None)
        writer.join()
    if failed:
        raise failed[0]
