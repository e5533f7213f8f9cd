"""Pool: a few threads of ours that run kernels on disjoint slices.

Kernels release the GIL, so Python threads are enough. Whoever asks takes a share of the work itself; whoever finds the
pool busy (other Python threads reading at the same time, a dask scheduler) runs its whole work alone, so that threads
never multiply and nobody waits for anybody. After a fork the child starts a pool of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue

from ecogcat import settings

__all__ = ["run"]

_Task = Callable[[], object]


class _Batch:
    """Tasks handed out together: counts down to the event that all are done, keeps their errors."""

    __slots__ = ("done", "errors", "left", "lock")

    def __init__(self, count: int) -> None:
        self.left, self.errors = count, {}  # type: tuple[int, dict[int, BaseException]]
        self.lock, self.done = threading.Lock(), threading.Event()

    def run(self, place: int, task: _Task) -> None:
        try:
            task()
        except BaseException as error:
            self.errors[place] = error  # raised in the thread that asked
        with self.lock:
            self.left -= 1
            if self.left == 0:
                self.done.set()


class _Pool:
    __slots__ = ("busy", "queue", "size")

    def __init__(self) -> None:
        self.busy = threading.Lock()
        self.queue: SimpleQueue[tuple[_Batch, int, _Task]] = SimpleQueue()
        self.size = 0

    def grow(self, size: int) -> None:
        while self.size < size:
            try:
                threading.Thread(target=self.serve, name=f"ecogcat-{self.size + 1}", daemon=True).start()
            except RuntimeError:  # the system has no more threads, or the interpreter is shutting down
                return
            self.size += 1

    def serve(self) -> None:
        while True:
            batch, place, task = self.queue.get()
            batch.run(place, task)
            del batch, task  # hold no output array alive while waiting


_pool = _Pool()


def run(tasks: Sequence[_Task]) -> None:
    """Run every task, on several threads where that is allowed and the pool is free; return when all are done.

    Parameters
    ----------
    tasks : sequence of callables
        Each writes to a slice of its own, in the context of the caller (settings, NumPy's `errstate`). The error of the
        first task that failed, in their order, is raised here, after all have ended.
    """
    pool = _pool
    if len(tasks) < 2 or settings.threads() < 2 or not pool.busy.acquire(blocking=False):
        for task in tasks:
            task()
        return
    try:
        pool.grow(min(len(tasks), settings.threads()) - 1)
        batch = _Batch(len(tasks))
        shared = tasks[1:] if pool.size else ()
        for place, task in enumerate(shared, 1):
            pool.queue.put((batch, place, partial(copy_context().run, task)))
        for place in range(len(tasks) - len(shared)):
            batch.run(place, tasks[place])
        try:
            batch.done.wait()
        except BaseException:  # Ctrl-C: the other threads still write to what is going to be given up
            batch.done.wait()
            raise
    finally:
        pool.busy.release()
    if batch.errors:
        raise batch.errors[min(batch.errors)]


def _after_fork() -> None:
    global _pool
    _pool = _Pool()  # the parent's threads do not exist here, and its lock may be held forever


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
