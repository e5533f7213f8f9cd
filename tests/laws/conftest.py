"""Small thresholds, so that small examples cross them; and a table of the kernel paths that ran."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ecogcat.epoching import averages, outliers
from ecogcat.epoching import read as epochread
from ecogcat.reading import execute
from ecogcat.storage import bits, layout, maps, reader
from tests.laws import paths

_THRESHOLDS: dict[Any, dict[str, int]] = {
    layout: {"SERIAL_BELOW": 24, "_TILE": 5, "_TURNED_TILE": 11, "_BLOCK_TILE": 7, "_SLOW_BUFFER": 16},
    reader: {"_BUFFER": 20, "_JOIN_GAP": 3, "_PIECE": 8},
    execute: {"_BUFFER": 16},
    epochread: {"_BUFFER": 16, "_JOB": 20},
    averages: {"_BLOCK": 16},
    outliers: {"_BLOCK": 16},
    bits: {"_BUFFER": 4},
    maps: {"_MOST_MAPS": 3},
}


@pytest.fixture(autouse=True, scope="module")
def small_thresholds() -> Iterator[Counter[str]]:
    """Let a few dozen samples cross every threshold: tiles, buffers, the thread switch, evicted maps."""
    with pytest.MonkeyPatch.context() as patch:
        for module, values in _THRESHOLDS.items():
            for name, value in values.items():
                patch.setattr(module, name, value)
        patch.setenv("ECOGCAT_THREADS", "2")
        with paths.counting() as counts:
            yield counts


# Under pytest-xdist each worker counts for itself, and hands its counts over when it ends.


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["ecogcat_paths"] = json.dumps(paths.TOTAL)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    paths.TOTAL.update(json.loads(getattr(node, "workeroutput", {}).get("ecogcat_paths", "{}")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if paths.TOTAL:
        terminalreporter.section("kernel paths that ran")
        for name in sorted(paths.EVERY | set(paths.TOTAL)):
            terminalreporter.line(f"{paths.TOTAL[name]:9,} x  {name}")
