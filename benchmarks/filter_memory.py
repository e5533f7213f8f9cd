"""Memory that filtering takes: ``python -m benchmarks.filter_memory [--gigabytes 4] [--limit "256 MiB"]``.

A synthetic join of that size (one stretch of noise in memory, many times over, so that what is read takes nothing) is
bandpass-filtered, forward and backward, under a memory limit. The peak of the memory that is the process's own is
printed as JSON, beside that of a small run that compiles everything.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import ecogcat as ec
from ecogcat.settings import parse_size

N_CHANNELS, RATE, PIECE = 64, 2000.0, 100_000


def joined(n_bytes: int) -> ec.Dataset:
    """A join of equal recordings of float32 noise, about `n_bytes` long."""
    values = np.random.default_rng(0).standard_normal((N_CHANNELS, PIECE), np.float32)
    one = ec.from_array(values, RATE, name="noise")
    return ec.join(*[one] * max(2, round(n_bytes / values.nbytes)))


def resident() -> dict[str, int]:
    """Anonymous and file memory of this process, bytes; the pages of the page cache it has mapped are the latter."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith("Rss")}
    return {"anonymous": found["RssAnon"], "file": found["RssFile"]}


@contextmanager
def watched() -> Iterator[dict[str, int]]:
    """Fill a dict, when done, with how far the memory grew above what it was."""
    before, grown, done = resident(), {"anonymous": 0, "file": 0}, threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            now = resident()
            for what in grown:
                grown[what] = max(grown[what], now[what] - before[what])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        done.set()
        watcher.join()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.filter_memory", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--limit", default="256 MiB")
    asked = parser.parse_args()
    with ec.options(memory_limit=1000):
        ec.bandpass(ec.select_time(joined(1), 0, 1000), 2, 200)  # compiles, and imports scipy
    dataset = joined(int(asked.gigabytes * 1e9))
    with ec.options(memory_limit=asked.limit):
        with watched() as grown:
            start = time.perf_counter()
            done = ec.bandpass(dataset, 2, 200)
            seconds = time.perf_counter() - start
        first, last = done.parts[0], done.parts[-1]
        same = np.array_equal(done.signal[:, : first.stop], done.signal[:, last.start :])
    facts = {
        "bytes": dataset.signal.nbytes,
        "limit": parse_size(asked.limit),
        "anonymous": grown["anonymous"],
        "file": grown["file"],
        "seconds": round(seconds, 1),
        "on_disk": bool(done.signal.sources),
        "parts_equal": same,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
