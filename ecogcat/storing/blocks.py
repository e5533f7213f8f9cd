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
from ecogcat.storage.apart import channels_apart
from ecogcat.storing.form import Run

__all__ = ["Block", "blocks_of", "stream"]

# Of a block of all channels: each channel of it is one request to the system, which takes 10 us beside what it writes.
BLOCK_BYTES = 16 << 20
# Of a block of few channels: it is still in the processor's cache when it is handed on.
_ROW_BYTES = 2 << 20
_BUFFERS = 3


class Block(NamedTuple):
    """Samples start..stop of channels first..last of a run; `done` counts the bytes of all runs up to its end."""

    run: int
    first: int
    last: int
    start: int
    stop: int
    done: int


def blocks_of(runs: Sequence[Run], sure: int = 0, *, time_first: bool = False) -> Iterator[Block]:
    """Yield the blocks that runs are written in, in order, those left out that end within the first `sure` bytes.

    A channel after the other where the sources keep channels apart and the file does: so either is passed over once,
    from its beginning to its end. A stretch of time after the other elsewhere.

    Parameters
    ----------
    runs : sequence of Run
    sure : int
        Bytes, counted through all runs in the order of the blocks, that are there already.
    time_first : bool
        The file holds (n_samples, n_channels).
    """
    done = 0
    for number, run in enumerate(runs):
        n_channels, n_samples = run.signal.shape
        rows, length = _shape(run, time_first)
        for first in range(0, n_channels, max(1, rows)):
            last = min(n_channels, first + rows)
            for start in range(0, n_samples, length):
                stop = min(n_samples, start + length)
                done += (last - first) * (stop - start) * run.dtype.itemsize
                if done > sure:
                    yield Block(number, first, last, start, stop, done)


def _shape(run: Run, time_first: bool) -> tuple[int, int]:
    """Return (channels, samples) of a block: on its sources' grid, several within the memory limit."""
    n_channels, n_samples = run.signal.shape
    item = max(run.dtype.itemsize, run.signal.dtype.itemsize)
    limit = settings.memory_limit()
    room = max(1, (BLOCK_BYTES if limit is None else min(BLOCK_BYTES, limit // (2 * _BUFFERS))) // item)  # numbers
    grid = max(1, *(piece.extent.block_samples for piece in run.signal.pieces))
    if not time_first and all(channels_apart(piece.extent) for piece in run.signal.pieces):
        row_room = min(room, max(1, _ROW_BYTES // item))
        if n_samples <= row_room:
            return max(1, min(n_channels, row_room // max(1, n_samples))), max(1, n_samples)
        return 1, max(1, row_room // grid * grid if row_room >= grid else row_room)
    most = max(1, room // max(1, n_channels))
    # A compressed block is decoded whole, however little of it is asked for.
    if most < grid <= n_samples and (limit is None or grid * n_channels * item * 2 * _BUFFERS <= limit):
        return n_channels, grid
    return n_channels, max(1, most // grid * grid if most >= grid else most)


def stream(runs: Sequence[Run], blocks: Iterator[Block], write: Callable[[Block, NDArray[Any]], None]) -> None:
    """Read blocks and hand each to `write`, which another thread calls, in order, while the next one is read.

    Parameters
    ----------
    runs : sequence of Run
    blocks : iterator of Block
    write : callable
        (block, values (n_channels of it, n)); the values are its own until it returns.
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
            shape = (block.last - block.first, block.stop - block.start)
            needed = shape[0] * shape[1] * run.dtype.itemsize
            if buffer.size < needed:
                buffer = np.empty(needed, np.uint8)
            values = buffer[:needed].view(run.dtype).reshape(shape)
            run.read(block.start, block.stop, values, slice(block.first, block.last))
            full.put((block, values, buffer))
            maps.relieve()
    finally:
        full.put(None)
        writer.join()
    if failed:
        raise failed[0]
