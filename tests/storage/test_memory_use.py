"""Peak memory: a read costs its output, a stream one block, and 64 MB at most beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MB = 1_000_000
N_CHANNELS = 64
SECONDS = 100
"""Of both parts together, at 16 kHz; the output is 410 MB of float32."""

_SCRIPT = """
import json, sys, threading
import numpy as np
import ecogcat as ec
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.source import Source

what, n_channels, n_samples, *paths = sys.argv[1:]
n_channels, n_samples = int(n_channels), int(n_samples)

def signal(path, n):
    extent = AffineExtent(Source.open(path), np.dtype("<i2"), n, np.arange(n_channels) * 2, 2 * n_channels)
    names = [f"ch{k}" for k in range(n_channels)]
    return Signal((Piece.whole(extent, gain=0.195),), 16_000, "uV", names)

def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))

signal(paths[0], 2000)[:]  # compile first: that is no part of a read
joined = ec.join_signals(*(signal(path, n_samples) for path in paths))
joined[:, n_samples - 5 : n_samples + 5]
done, peak = threading.Event(), [0]

def watch():
    while not done.wait(0.001):
        peak[0] = max(peak[0], anonymous())

before = anonymous()
watcher = threading.Thread(target=watch)
watcher.start()
result, block = None, 0
if what == "read":
    result = np.asarray(joined)
elif what == "blocks":
    for start, values in joined.blocks():
        block = max(block, values.nbytes)
elif what == "mean":
    block = next(joined.blocks())[1].nbytes
    assert joined.mean(1).tolist() == [0.0] * n_channels
peak[0] = max(peak[0], anonymous())
done.set()
watcher.join()
print(json.dumps({"grown": peak[0] - before, "output": 0 if result is None else result.nbytes, "block": block}))
"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two sparse files of zeros: they take no room on the disk, and reading them costs what any file costs."""
    folder = tmp_path_factory.mktemp("sparse")
    files = [folder / "a.dat", folder / "b.dat"]
    for file in files:
        file.touch()
        os.truncate(file, SECONDS // 2 * 16_000 * N_CHANNELS * 2)
    return [str(file) for file in files]


@pytest.mark.jit
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's anonymous memory")
@pytest.mark.parametrize("what", ["read", "blocks", "mean"])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_peak_memory(paths: list[str], what: str, threads: str) -> None:
    command = [sys.executable, "-c", _SCRIPT, what, str(N_CHANNELS), str(SECONDS // 2 * 16_000), *paths]
    environment = {**os.environ, "ECOGCAT_THREADS": threads}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    used = json.loads(done.stdout)
    assert used["grown"] <= used["output"] + used["block"] + 64 * MB
    if what == "read":
        assert used["output"] == SECONDS * 16_000 * N_CHANNELS * 4
        assert used["grown"] >= used["output"] * 0.9  # the measure does see it
