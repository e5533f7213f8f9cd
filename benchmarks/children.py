"""What only a process of its own shows: the cost of the first call, and the memory that a call takes.

Run as ``python -m benchmarks.children FOLDER N_SAMPLES LABEL``; prints one JSON line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.limits import HERE

MB = 1e6


def first_calls(folder: Path, n_samples: int, label: str) -> dict[str, float]:
    """Return seconds of the first call with nothing compiled, and in the next process, and the memory that took."""
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache}
        command = [sys.executable, "-m", "benchmarks.children", str(folder), str(n_samples), label]
        runs = [
            subprocess.run(command, env=environment, cwd=HERE.parent, capture_output=True, text=True, check=True)
            for _ in range(2)
        ]
    cold, warm = (json.loads(run.stdout) for run in runs)
    return {"compiling_s": cold["first_s"], "cached_s": warm["first_s"], "extra_bytes": warm["extra_bytes"]}


class PeakMemory:
    """Peak of the process's own memory (Linux: RssAnon, without mapped files) while it is entered, in bytes."""

    def __init__(self) -> None:
        self.start, self.peak, self._stop = 0, 0, threading.Event()

    def __enter__(self) -> PeakMemory:
        self.start = self.peak = _anonymous_bytes()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.0005):
            self.peak = max(self.peak, _anonymous_bytes())


def _anonymous_bytes() -> int:
    with open("/proc/self/status") as file:
        return next((int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:")), 0)


def main(folder: Path, n_samples: int, label: str) -> dict[str, Any]:
    """Call one item twice in this process: the first time for its time, the second for its memory."""
    from benchmarks.catalog import find

    item = find(folder, n_samples, [label])[0]
    call = (lambda: item.calls["ours"](0)) if item.windows > 1 else item.calls["ours"]
    start = time.perf_counter()
    result = call()
    first = time.perf_counter() - start
    size = getattr(result, "nbytes", 0)
    del result
    if not Path("/proc/self/status").exists():
        return {"first_s": first, "extra_bytes": None}
    with PeakMemory() as memory:
        kept = call()
        memory.peak = max(memory.peak, _anonymous_bytes())
        del kept
    return {"first_s": first, "extra_bytes": max(0, memory.peak - memory.start - size)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
