"""Requests several at a time: all results in order, the first error, and an end as soon as they are interrupted."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from ecogcat.storage.atonce import AT_ONCE, at_once


@pytest.mark.parametrize("n", [0, 1, AT_ONCE, 50])
def test_results_are_in_the_order_of_the_items(n: int) -> None:
    seen: set[int] = set()

    def act(k: int) -> int:
        seen.add(threading.get_ident())
        time.sleep(0.001 * (k % 3))
        return k * k

    assert at_once(act, range(n)) == [k * k for k in range(n)]
    assert len(seen) <= AT_ONCE
    assert threading.get_ident() not in seen


def test_the_first_error_ends_it() -> None:
    begun: list[int] = []
    stopped = threading.Event()

    def act(k: int) -> None:
        begun.append(k)
        if k == 3:
            raise OSError(28, "No space left on device")
        stopped.wait(20)

    with pytest.raises(OSError, match="No space left"):
        at_once(act, range(100), stopped.set)
    assert stopped.is_set()
    assert len(begun) <= AT_ONCE


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
@pytest.mark.parametrize("silent", [True, False])
def test_an_interruption_waits_for_nobody_who_is_silent(silent: bool) -> None:
    begun: list[int] = []
    stopped, released = threading.Event(), threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    def act(k: int) -> None:
        begun.append(k)
        if len(begun) == AT_ONCE:
            signal.pthread_kill(main, signal.SIGINT)
        (released if silent else stopped).wait(60)

    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            at_once(act, range(100), stopped.set)
    finally:
        released.set()
    assert stopped.is_set()
    assert time.monotonic() - start < (30 if silent else 1.5)
    assert len(begun) == AT_ONCE
