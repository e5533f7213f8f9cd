"""Reading from many threads, from forked and spawned workers, and after a fork with reads in flight.

Every wait has a timeout, so that a deadlock is a failure and not a test-suite that hangs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage import layout, pool
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.source import Source
from tests.conftest import ROOT

TIMEOUT = 60
N_CHANNELS = 16

# Forking a process that has threads is what is tested here; Python 3.12 and later warn of it.
forks = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")


class Mixed:
    """A signal over every way of fetching, and what it holds."""

    def __init__(self, folder: Path, n_samples: int) -> None:
        rng = np.random.default_rng(0)
        stored = [rng.integers(-9999, 9999, (N_CHANNELS, n_samples)).astype("i2") for _ in range(5)]
        (folder / "interleaved.dat").write_bytes(stored[0].T.astype(">i2").tobytes())
        blocks = stored[1].reshape(N_CHANNELS, -1, 50).swapaxes(0, 1)
        (folder / "blocks.dat").write_bytes(blocks.tobytes())
        with h5py.File(folder / "rec.h5", "w") as file:
            file.create_dataset("chunked", data=stored[2], chunks=(5, 300))
            file.create_dataset("filtered", data=stored[3], chunks=(8, 400), compression="gzip", compression_opts=1)
        item = np.dtype("i2").itemsize
        flat = Source.open(folder / "interleaved.dat")
        extents: list[Any] = [
            AffineExtent(flat, np.dtype(">i2"), n_samples, np.arange(N_CHANNELS) * item, N_CHANNELS * item),
            AffineExtent(
                Source.open(folder / "blocks.dat"), np.dtype("<i2"), n_samples,
                np.arange(N_CHANNELS) * 50 * item, item, 50, N_CHANNELS * 50 * item,
            ),
        ]  # fmt: skip
        source = Source.open(folder / "rec.h5")
        with h5py.File(source.path, "r") as file:
            extents += [hdf5_extent(source, file[key]) for key in ("chunked", "filtered")]
        extents.append(MemoryExtent(stored[4]))
        gains = (0.195, 2.0, -1.0, 0.5, 0.25)
        pieces = [Piece.whole(extent, gain=gain) for extent, gain in zip(extents, gains, strict=True)]
        names = tuple(f"ch{k}" for k in range(N_CHANNELS))
        self.signal = Signal(tuple(pieces), 1000, "uV", names)
        scaled = [(s.astype("f8") * gain).astype("f4") for s, gain in zip(stored, gains, strict=True)]
        self.values: NDArray[np.float32] = np.concatenate(scaled, 1)
        self.seams = [n_samples * k for k in range(1, 5)]

    def check(self, seed: int, rounds: int) -> None:
        """Read at random, on both sides of every seam and within; raise where it is not right."""
        rng = np.random.default_rng(seed)
        n = self.values.shape[1]
        for k in range(rounds):
            seam = self.seams[(seed + k) % len(self.seams)]
            for index in (
                np.s_[:, seam - int(rng.integers(1, 900)) : seam + int(rng.integers(1, 900))],
                np.s_[int(rng.integers(N_CHANNELS)), :: int(rng.integers(1, 60))],
                np.s_[:, rng.integers(0, n, 200)],
                np.s_[::-3, seam - 5 : seam + 5],
            ):
                np.testing.assert_array_equal(self.signal[index], self.values[index])


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, jit_off: bool) -> Mixed:
    return Mixed(tmp_path_factory.mktemp("mixed"), 1200 if jit_off else 12_000)


@pytest.fixture(autouse=True)
def small_reads_use_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "SERIAL_BELOW", 1000)


def rounds(jit_off: bool, n: int) -> int:
    return 1 if jit_off else n


# Threads ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 3])
def test_eight_python_threads_at_once(mixed: Mixed, threads: int, jit_off: bool) -> None:
    barrier = threading.Barrier(8)

    def work(seed: int) -> None:
        barrier.wait(TIMEOUT)
        with ec.options(threads=threads):  # one read in its own thread, or shared out over the pool
            mixed.check(seed, rounds(jit_off, 12))

    with ThreadPoolExecutor(8) as workers:
        for future in [workers.submit(work, seed) for seed in range(8)]:
            future.result(TIMEOUT)


def test_eight_threads_read_whole_and_reduce(mixed: Mixed) -> None:
    mean = mixed.values.astype("f8").mean(1)

    def work(_: int) -> None:
        with ec.options(threads=2):
            np.testing.assert_array_equal(np.asarray(mixed.signal), mixed.values)
            np.testing.assert_allclose(mixed.signal.mean(1), mean, atol=1e-4)

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(work, range(8), timeout=TIMEOUT))


# Processes ----------------------------------------------------------------------------------------


def in_child(function: Callable[[], None]) -> None:
    """Run a function in a forked child; raise unless it ends well, and soon.

    The child is not traced: a tool that measures coverage takes a lock of its own at every call, and the child would
    wait forever for one that another thread held at the moment of the fork.
    """
    tracing = sys.gettrace()
    sys.settrace(None)
    child = os.fork()
    if child:
        sys.settrace(tracing)
    else:
        threading.settrace(None)
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    deadline = time.monotonic() + TIMEOUT
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the forked child hangs")
        time.sleep(0.002)


_inherited: list[Mixed] = []


def check_inherited(seed: int) -> bool:
    with ec.options(threads=2):
        _inherited[0].check(seed, 1)
    return True


def read_pickled(arguments: tuple[Signal, int, int]) -> NDArray[Any]:
    signal_, start, stop = arguments
    with ec.options(threads=2):
        return signal_[:, start:stop]


@forks
def test_forked_workers(mixed: Mixed) -> None:
    mixed.check(0, 1)  # the parent has everything open
    _inherited[:] = [mixed]
    with multiprocessing.get_context("fork").Pool(3) as workers:
        assert workers.map_async(check_inherited, range(6)).get(TIMEOUT) == [True] * 6
    mixed.check(1, 1)


def test_spawned_workers(mixed: Mixed) -> None:
    seam = mixed.seams[2]
    with multiprocessing.get_context("spawn").Pool(2) as workers:
        jobs = [(mixed.signal, seam - 100 * k, seam + 100) for k in range(4)]
        results = workers.map_async(read_pickled, jobs).get(TIMEOUT)
    for (_, start, stop), values in zip(jobs, results, strict=True):
        np.testing.assert_array_equal(values, mixed.values[:, start:stop])


@forks
def test_a_fork_with_reads_in_flight(mixed: Mixed, jit_off: bool) -> None:
    """Other threads of the parent read, through maps and through libhdf5, while it forks."""
    stop, errors, counts = threading.Event(), [], [0] * 4

    def keep_reading(seed: int) -> None:
        try:
            with ec.options(threads=2):
                while not stop.is_set():
                    mixed.check(seed + counts[seed], 1)
                    counts[seed] += 1
        except BaseException as error:
            errors.append(error)

    def child() -> None:
        with ec.options(threads=2):
            mixed.check(7, 1)
            assert pool._pool.size == 1  # a pool of its own

    readers = [threading.Thread(target=keep_reading, args=(seed,), daemon=True) for seed in range(4)]
    mixed.check(0, 1)
    for reader in readers:
        reader.start()
    try:
        for _ in range(3 if jit_off else 20):
            in_child(child)
    finally:
        stop.set()
        for reader in readers:
            reader.join(TIMEOUT)
    assert not errors
    assert not any(reader.is_alive() for reader in readers)
    assert all(counts)  # they did read meanwhile
    mixed.check(3, 1)


@forks
def test_a_forked_child_has_a_pool_and_locks_of_its_own(mixed: Mixed) -> None:
    from ecogcat.storage import maps

    with ec.options(threads=3):
        mixed.check(0, 1)
        parents, lock = pool._pool, maps._lock

        def child() -> None:
            assert pool._pool is not parents
            assert pool._pool.size == 0
            assert maps._lock is not lock
            mixed.check(1, 1)

        assert parents.size >= 2
        in_child(child)
        # Whatever locks other threads hold at the moment of the fork, the child waits for none of them.
        with pool._pool.busy, maps._lock:
            in_child(lambda: mixed.check(2, 1))


_COMPILING = """
import os, threading, time, warnings
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
import numpy as np
import ecogcat as ec
import ecogcat.kernels.gather
signal = ec.from_array(np.arange(40, dtype="i2").reshape(2, 20), 1000).signal
from numba.core.compiler_lock import global_compiler_lock
first = threading.Thread(target=lambda: signal[:])
first.start()
while first.is_alive() and not (locked := not global_compiler_lock._lock.acquire(blocking=False)):
    global_compiler_lock._lock.release()
child = os.fork()
if child == 0:
    os._exit(0 if (signal[:] == np.arange(40).reshape(2, 20)).all() else 1)
print("compiling", locked, "status", os.waitpid(child, 0)[1])
first.join()
"""


@pytest.mark.jit
def test_a_fork_while_another_thread_compiles(tmp_path: Path) -> None:
    """The child would wait forever for the compiler's lock, whose holder it does not have."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _COMPILING], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=TIMEOUT, check=False,
    )  # fmt: skip
    assert done.stdout == "compiling True status 0\n", done.stderr
