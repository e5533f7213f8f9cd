"""The pool: everything runs once, the first error is raised, nobody waits for a busy pool."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat import settings
from ecogcat.storage import pool

TIMEOUT = 20


@pytest.fixture(autouse=True)
def three_threads(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pool, "_pool", pool._Pool())
    with ec.options(threads=3):
        yield


def failing(error: BaseException) -> Callable[[], None]:
    def task() -> None:
        raise error

    return task


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10])
def test_every_task_runs_once(n: int) -> None:
    done: list[int] = []
    pool.run([lambda k=k: done.append(k) for k in range(n)])
    assert sorted(done) == list(range(n))
    assert pool._pool.size == (0 if n < 2 else min(n, 3) - 1)


def test_tasks_run_at_the_same_time() -> None:
    """Each waits for the others: with fewer threads this would never end."""
    barrier = threading.Barrier(3)
    seen: set[int] = set()

    def task() -> None:
        barrier.wait(TIMEOUT)
        seen.add(threading.get_ident())

    pool.run([task] * 3)
    assert len(seen) == 3
    assert threading.get_ident() in seen  # whoever asks takes a share


def test_with_one_thread_it_runs_in_the_caller() -> None:
    seen: set[int] = set()
    with ec.options(threads=1):
        pool.run([lambda: seen.add(threading.get_ident())] * 4)
    assert seen == {threading.get_ident()}
    assert pool._pool.size == 0


@pytest.mark.parametrize("wrong", [[0], [2], [0, 1], [1, 2], [0, 1, 2, 3]])
def test_the_error_of_the_first_task_that_failed_is_raised_after_all_ended(wrong: list[int]) -> None:
    for _ in range(20):
        done: list[int] = []

        def task(k: int, done: list[int] = done) -> None:
            if k in wrong:
                raise KeyError(k)
            done.append(k)

        with pytest.raises(KeyError) as caught:
            pool.run([lambda k=k: task(k) for k in range(4)])
        assert caught.value.args == (wrong[0],)
        assert sorted(done + wrong) == [0, 1, 2, 3]
    pool.run([lambda: done.append(9)] * 3)  # and the pool is free again
    assert done[-3:] == [9, 9, 9]


def test_an_interrupt_in_a_worker_reaches_the_caller() -> None:
    with pytest.raises(KeyboardInterrupt):
        pool.run([lambda: None, failing(KeyboardInterrupt())])


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system sends threads no signals")
def test_ctrl_c_waits_for_what_others_are_writing() -> None:
    ended: list[int] = []

    def slow() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.3)
        ended.append(1)

    with pytest.raises(KeyboardInterrupt):
        pool.run([lambda: None, slow])
    assert ended == [1]


def test_a_busy_pool_runs_in_the_caller() -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        assert release.wait(TIMEOUT)

    other = threading.Thread(target=lambda: _with_threads(3, [hold, hold]))
    other.start()
    try:
        assert held.wait(TIMEOUT)
        seen: list[int] = []
        pool.run([lambda: seen.append(threading.get_ident())] * 5)
        assert seen == [threading.get_ident()] * 5
        with pytest.raises(KeyError):
            pool.run([lambda: None, failing(KeyError())])
    finally:
        release.set()
        other.join(TIMEOUT)
    assert not other.is_alive()


def _with_threads(n: int, tasks: list[Callable[[], None]]) -> None:
    with ec.options(threads=n):  # options do not reach other threads
        pool.run(tasks)


def test_a_task_may_use_the_pool() -> None:
    done: list[int] = []

    def outer() -> None:
        _with_threads(3, [lambda: done.append(1)] * 3)

    worker = threading.Thread(target=lambda: _with_threads(3, [outer] * 3), daemon=True)
    worker.start()
    worker.join(TIMEOUT)
    assert not worker.is_alive()
    assert len(done) == 9


def test_without_threads_to_be_had_it_runs_in_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """As while the interpreter shuts down, or at the system's limit."""

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    seen: list[int] = []
    pool.run([lambda: seen.append(threading.get_ident())] * 4)
    assert seen == [threading.get_ident()] * 4


def test_waiting_workers_hold_no_task_alive() -> None:
    import gc
    import weakref

    class Output:
        pass

    output = Output()
    alive = weakref.ref(output)
    pool.run([lambda output=output: None] * 3)  # type: ignore[misc]
    del output
    for _ in range(100):
        gc.collect()
        if alive() is None:
            break
        threading.Event().wait(0.05)
    assert alive() is None


def test_tasks_run_in_the_context_of_the_caller() -> None:
    """NumPy's `errstate` and `ecogcat.options` reach every thread."""
    barrier = threading.Barrier(3)
    seen: list[tuple[str, int]] = []

    def task() -> None:
        barrier.wait(TIMEOUT)
        seen.append((np.geterr()["over"], settings.threads()))

    with np.errstate(over="raise"):
        pool.run([task] * 3)
    assert seen == [("raise", 3)] * 3
