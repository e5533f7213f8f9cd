"""At once: requests to a store, several at a time, that end when they are interrupted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

__all__ = ["AT_ONCE", "at_once"]

AT_ONCE = 8
"""Requests: a store answers slowly, and many at once."""

_LOOK_S, _LAST_S = 0.2, 2.0

_A = TypeVar("_A")
_B = TypeVar("_B")


def _nothing() -> None:
    return


def at_once(act: Callable[[_A], _B], items: Sequence[_A], stop: Callable[[], None] = _nothing) -> list[_B]:
    """Return what a function makes of each item, of several in threads at a time.

    An interruption ends it: what has not begun does not begin, and a request on which the store is silent is not waited
    for, as a pool of threads would, also when Python ends.

    Parameters
    ----------
    act : callable
    items : sequence
    stop : callable
        Called when it ends early, by an interruption or the first error: what is going on should end then.

    Examples
    --------
    >>> at_once(len, ["a", "bc"])
    [1, 2]
    """
    waiting: SimpleQueue[tuple[int, _A]] = SimpleQueue()
    for pair in enumerate(items):
        waiting.put(pair)
    made: dict[int, _B] = {}
    errors: list[BaseException] = []
    stopped = threading.Event()

    def work(ended: threading.Event) -> None:
        try:
            with suppress(Empty):
                while not stopped.is_set():
                    k, one = waiting.get_nowait()
                    made[k] = act(one)
        except BaseException as error:  # raised below, in the thread of the caller
            errors.append(error)
            stopped.set()
            stop()
        finally:
            ended.set()

    # Not by Thread.join: once interrupted, it says of threads that go on that they have ended.
    ends = [threading.Event() for _ in range(min(AT_ONCE, len(items)))]
    try:
        for ended in ends:
            threading.Thread(target=work, args=(ended,), daemon=True).start()
        for ended in ends:
            while not ended.wait(_LOOK_S):  # on Windows Ctrl-C is not heard while one waits without end
                pass
    except BaseException:
        stopped.set()
        stop()
        last = time.monotonic() + _LAST_S
        for ended in ends:
            ended.wait(max(0.0, last - time.monotonic()))
        raise
    if errors:
        raise errors[0]
    return [made[k] for k in range(len(items))]
