"""How kernels are compiled: bounds checks and the JIT's switch are really on, and the cache is found again.

Each run is a process with a cache of its own, because all of this is decided when Numba is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import JIT_OFF, ROOT
from tests.kernels.modes import BOUNDS_ON
from tests.kernels.planted import read_past_the_end

_MODES = ("NUMBA_BOUNDSCHECK", "NUMBA_DISABLE_JIT", "NUMBA_CACHE_DIR")


def run(arguments: list[str], cache: Path | str, **mode: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if name not in _MODES}
    environment |= {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT), **mode}
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def planted(cache: Path, **mode: str) -> list[str]:
    return run(["-m", "tests.kernels.planted"], cache, **mode)


@pytest.mark.jit
def test_bounds_checks_catch_the_planted_fault(tmp_path: Path) -> None:
    assert planted(tmp_path / "plain")[0] == "read 2.0"
    assert planted(tmp_path / "bounds", NUMBA_BOUNDSCHECK="1")[0].startswith("IndexError:")
    assert planted(tmp_path / "off", NUMBA_DISABLE_JIT="1")[0].startswith("IndexError:")


@pytest.mark.jit
def test_a_warm_cache_silently_turns_bounds_checks_off(tmp_path: Path) -> None:
    """The trap that makes every mode need a cache of its own; should Numba mend it, drop the separate caches."""
    assert planted(tmp_path) == ["read 2.0", "cache hits 0"]
    assert planted(tmp_path, NUMBA_BOUNDSCHECK="1") == ["read 2.0", "cache hits 1"]


def test_this_process_runs_in_the_mode_it_was_asked_for() -> None:
    """With bounds checks, or without the JIT, a fault in this very process is an IndexError; and garbage without."""
    memory, out = np.array([1.0, 2.0]), np.zeros(1)
    if JIT_OFF or BOUNDS_ON:
        with pytest.raises(IndexError):
            read_past_the_end(memory[:1], out)
    else:
        read_past_the_end(memory[:1], out)
        assert out[0] == 2


_FIRST_READ = """
import time
import numpy as np
import ecogcat as ec
from ecogcat.kernels.gather import gather_range
signal = ec.from_array(np.arange(20, dtype="i2").reshape(2, 10), 1000).signal
start = time.perf_counter()
assert signal[:, 2:4].tolist() == [[2, 3], [12, 13]]
print(time.perf_counter() - start)
stats = gather_range.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
print(stats.cache_path)
"""


@pytest.mark.jit
def test_a_second_process_finds_what_the_first_compiled(tmp_path: Path) -> None:
    first = run(["-c", _FIRST_READ], tmp_path)
    second = run(["-c", _FIRST_READ], tmp_path)
    assert first[1] == "0 1"
    assert second[1] == "1 0"
    assert float(second[0]) < float(first[0]) / 2  # 5 ms after 400


@pytest.mark.jit
def test_without_a_folder_to_write_to_kernels_compile_all_the_same(tmp_path: Path) -> None:
    """A cluster's read-only home: Numba refuses to cache, and reading goes on without."""
    blocked = tmp_path / "a file, not a folder"
    blocked.touch()
    assert run(["-c", _NO_LOCATOR + _FIRST_READ], blocked)[2] == "None"


_NO_LOCATOR = """
from numba.core import caching
caching.CacheImpl._locator_classes = []
"""


def test_importing_the_package_compiles_nothing(tmp_path: Path) -> None:
    assert run(["-c", "import sys, ecogcat; print('numba' in sys.modules)"], tmp_path) == ["False"]
    assert list(tmp_path.iterdir()) == []
