"""Filtering more than the memory limit holds takes a block of memory, not the result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MB = 1_000_000


@pytest.mark.jit
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's anonymous memory")
def test_a_result_larger_than_the_limit_is_filtered_within_it(tmp_path: Path) -> None:
    """205 MB under 32 MB; 4 GB under 256 MiB is `python -m benchmarks.filter_memory`."""
    command = [sys.executable, "-m", "benchmarks.filter_memory", "--gigabytes", "0.2", "--limit", "32 MB"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["bytes"] > 6 * 32 * MB
    assert facts["on_disk"]
    assert facts["parts_equal"]
    assert facts["anonymous"] < 2 * 32 * MB
    assert list(tmp_path.iterdir()) == []
