"""Writes killed at drawn points: ``python -m tests.kill_writes [--kills 100] [--seed 0] [STORE ...]``.

A process is forked that writes a dataset; it is killed by SIGKILL before, while or after it writes a block, syncs, cuts
the file to its length, renames it or syncs the folder. After each kill the target is absent, what it was, or whole;
what is left beside it is no recording; the next write ends, and what it wrote equals the dataset; the sources' bytes
are what they were. Printed: how often each phase was hit, and what was found.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import ecogcat as ec
from ecogcat.formats.registry import detect
from ecogcat.storing import blocks, hdf5, packed, zarr

STORES: dict[str, tuple[str, dict[str, Any]]] = {
    "h5": ("a.h5", {}),
    "h5, gzip": ("a.h5", {"compression": "gzip"}),
    "vds.h5": ("a.vds.h5", {}),
    "zarr": ("a.zarr", {}),
    "zarr, gzip": ("a.zarr", {"compression": "gzip"}),
    "mat": ("a.mat", {}),
    "mat, gzip": ("a.mat", {"compression": "gzip"}),
}
PHASES = {
    "pwrite": "write", "fsync": "fsync", "ftruncate": "cut", "replace": "rename", "rename": "rename",
    "_exchanged": "rename", "_put_file": "write"
}  # fmt: skip
MODES = ("before", "while", "after")


def make_dataset(folder: Path) -> ec.Dataset:
    """Two HDF5 recordings of different gain, joined, with events and an aligned array."""
    rng, parts = np.random.default_rng(4), []
    for k in range(2):
        with h5py.File(folder / f"source{k}.h5", "w") as file:
            file["chdata"] = rng.integers(-3000, 3000, (8, 20_000 + 7 * k), dtype=np.int16)
            file["adc"] = rng.normal(size=(1, 20_000 + 7 * k)).astype(np.float32)
            file["Fs"] = 1000.0
        opened = ec.open_recording(folder / f"source{k}.h5")
        parts.append(ec.with_events(opened, ec.Events([5, 900 + k], {"tone": [500.0, 1000.0]})))
    return ec.join(*parts)


def small_blocks() -> None:
    """Have a few hundred kilobytes take many blocks, and several syncs."""
    blocks.BLOCK_BYTES, hdf5.SYNC_BYTES, packed._CHUNK_BYTES = 1 << 15, 1 << 17, 1 << 14
    zarr._PLAIN_BYTES = 1 << 15


def announced(tell: Callable[[str, int | None], int]) -> None:
    """Have the calls that change files announce themselves, before and, by number, after; in this process, for good."""

    def wrap(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            number = tell(PHASES[name], None)
            result = call(*args, **kwargs)
            tell(PHASES[name], number)
            return result

        return wrapped

    for name in PHASES:
        module = zarr if hasattr(zarr, name) else os
        setattr(module, name, wrap(name, getattr(module, name)))


def child(dataset: ec.Dataset, target: Path, options: dict[str, Any], point: tuple[int, str] | None) -> tuple[int, int]:
    """Fork a process that writes; return its id and the pipe that says when the point is reached, or all phases."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    status = 1
    try:
        os.close(reading)
        calls, lock = -1, threading.Lock()

        def tell(phase: str, number: int | None) -> int:
            nonlocal calls
            after = number is not None
            if number is None:
                with lock:  # several threads sync files
                    calls += 1
                    number = calls
                    if point is None:
                        os.write(writing, f"{phase}\n".encode())
            if point is not None and number == point[0] and after == (point[1] == "after"):
                os.write(writing, b"!")
                if point[1] != "while":
                    time.sleep(60)
            return number

        announced(tell)
        with ec.options(threads=2):
            ec.write(dataset, target, overwrite=True, **options)
        status = 0
    finally:
        os._exit(status)


def phases_of(dataset: ec.Dataset, target: Path, options: dict[str, Any]) -> list[str]:
    """Return the phases of a write that nobody kills, in order."""
    process, pipe = child(dataset, target, options, None)
    with os.fdopen(pipe) as lines:
        phases = lines.read().split()
    assert os.waitpid(process, 0)[1] == 0, "the write failed"
    return phases


def kill(dataset: ec.Dataset, target: Path, options: dict[str, Any], point: tuple[int, str], delay: float) -> bool:
    """Write and kill at a point; return whether the process was killed before it ended."""
    process, pipe = child(dataset, target, options, point)
    with os.fdopen(pipe, "rb", buffering=0) as lines:
        assert lines.read(1) == b"!", f"point {point} was not reached by the write to {target}"
        time.sleep(delay)
        os.kill(process, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


def digest_of(path: Path) -> str:
    """Return a checksum of a file, or of all files of a folder with their names; "" if nothing is there."""
    state = hashlib.sha256()
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    for one in files:
        if not one.exists():
            return ""
        state.update(str(one.relative_to(path)).encode() + b"\0" + one.read_bytes())
    return state.hexdigest()


def recognised(path: Path) -> bool:
    """Whether something is opened as a recording."""
    try:
        detect(str(path))
        ec.open_recording(path)
    except ec.EcogcatError:
        return False
    return True


def run(store: str, kills: int, seed: int, folder: Path) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Kill that many writes to one store; return which phases were hit, and what was found after."""
    name, options = STORES[store]
    dice = random.Random(f"{store} {seed}")
    dataset = make_dataset(folder)
    sources = sorted(folder.glob("source*.h5"))
    before = [digest_of(path) for path in sources]
    old = ec.select_time(dataset, 0, 500)
    by_phase: list[dict[str, list[int]]] = [{}, {}]  # of a write to a new name, and of one over an old file
    reference = folder / "reference"
    reference.mkdir()
    for numbers in by_phase:
        for number, phase in enumerate(phases_of(dataset, reference / name, options)):
            numbers.setdefault(phase, []).append(number)
    hits: Counter[tuple[str, str]] = Counter()
    found: Counter[str] = Counter()
    for k in count():
        if found["killed"] == kills:
            break
        place = folder / f"kill{k}"
        place.mkdir()
        target = place / name
        had_old = k % 2 == 1
        if had_old:
            ec.write(old, target, **options)
        old_digest = digest_of(target)
        numbers = by_phase[had_old]
        phase = sorted(numbers)[k // 2 % len(numbers)]
        mode = dice.choice(MODES)
        point = (dice.choice(numbers[phase]), mode)
        killed = kill(dataset, target, options, point, dice.choice([0, 0, 1e-4, 1e-3]) if mode == "while" else 0)
        hits[phase, mode] += killed
        found["killed" if killed else "had ended before"] += 1
        now = digest_of(target)
        state = "absent" if not now else "old" if now == old_digest else "whole"
        if state == "whole":
            assert ec.equals(ec.open_recording(target), dataset), f"{store}: torn by a kill {mode} {phase}"
        assert now or not had_old, f"{store}: after a kill {mode} {phase} the old file is gone"
        found[state] += 1
        left = [one for one in place.iterdir() if one != target]
        for one in left:
            assert not recognised(one), f"{store}: {one.name}, left after a kill {mode} {phase}, opens as a recording"
        there: list[int] = []
        ec.write(
            dataset, target, overwrite=True, progress=lambda done, total, there=there: there.append(done), **options
        )
        found["gone on with"] += store != "vds.h5" and bool(left) and there[0] > 0
        assert ec.equals(ec.open_recording(target), dataset), f"{store}: the write after a kill {mode} {phase} differs"
        assert [one.name for one in place.iterdir()] == [name], f"{store}: something is left: {list(place.iterdir())}"
        assert [digest_of(path) for path in sources] == before, f"{store}: a source changed"
    return hits, found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_writes", description=__doc__)
    parser.add_argument("stores", nargs="*", metavar="STORE", help=", ".join(STORES))
    parser.add_argument("--kills", type=int, default=100, help="of each store")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    small_blocks()
    results = {}
    with ec.options(threads=1):  # what forks has no threads
        for store in asked.stores or STORES:
            with tempfile.TemporaryDirectory() as folder:
                results[store] = run(store, asked.kills, asked.seed, Path(folder))
    columns = sorted({hit for hits, _ in results.values() for hit in hits})
    print("| store | " + " | ".join(f"{mode} {phase}" for phase, mode in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for store, (hits, _) in results.items():
        print(f"| {store} | " + " | ".join(str(hits[column]) for column in columns) + " |")
    print()
    for store, (_, found) in results.items():
        print(f"{store}: " + ", ".join(f"{name} {count}" for name, count in sorted(found.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
