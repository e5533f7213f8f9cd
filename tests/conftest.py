"""What all tests share: Numba's mode, Hypothesis profiles, and the real recordings beside the project.

Run with pytest's import mode `importlib`, and with the repository's root on the path, so that this is one
file and module, `tests.conftest`, for pytest and for the tests that import `shared_path` from it.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ECOGCAT_SHARED") or ROOT.parent / "shared")
"""The folder that holds `recordings/`: real files, too large or not ours to put into the project."""

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")


# Numba --------------------------------------------------------------------------------------------


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "0") not in ("", "0")


JIT_OFF = _is_on("NUMBA_DISABLE_JIT")


def _separate_numba_caches() -> None:
    """Give each mode of Numba its own cache; a warm one brings back code without bounds checks."""
    mode = "nojit" if JIT_OFF else "bounds" if _is_on("NUMBA_BOUNDSCHECK") else ""
    if mode and not os.environ.get("NUMBA_CACHE_DIR"):
        if "numba" in sys.modules:
            raise pytest.UsageError("numba was imported before tests/conftest.py could choose its cache")
        os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".numba_cache" / mode)


_separate_numba_caches()


@pytest.fixture(scope="session")
def jit_off() -> bool:
    """Whether kernels run as plain Python: a test may then use smaller arrays, never fewer assertions."""
    return JIT_OFF


# Hypothesis ---------------------------------------------------------------------------------------


def _profile(name: str, *, max_examples: int, derandomize: bool) -> None:
    settings.register_profile(
        name,
        max_examples=max_examples,
        deadline=None,  # the first example may compile
        print_blob=True,
        derandomize=derandomize,
        suppress_health_check=[HealthCheck.too_slow],  # the first draw may compile, too
    )


# In CI the same examples each time: a failure is then due to the change. Nightly looks for new ones.
_profile("dev", max_examples=20, derandomize=IN_CI)
_profile("ci", max_examples=100, derandomize=IN_CI)
_profile("nightly", max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "dev"))


# Garbage ------------------------------------------------------------------------------------------


def pytest_collection_finish() -> None:
    """Take what collecting thousands of tests leaves out of the collector's sight.

    Python would walk over all of it at each full collection, and tests that ask for one would take a second each.
    """
    gc.collect()
    gc.freeze()


# Real recordings ----------------------------------------------------------------------------------

_ABSENT = "real recording absent: "
_REMEDY = "put the folder `shared` beside the project, or name it in ECOGCAT_SHARED"


def shared_path(relative: str) -> Path:
    """Where a real recording lies; the test is skipped, by name, on a machine that has none.

    Parameters
    ----------
    relative : str
        Below the shared folder, as in `"recordings/intan/intan_sampledata_r.rhd"`; a file or a folder. Works
        at module level as well as inside of tests and fixtures.
    """
    path = SHARED / relative
    if path.exists():
        return path
    if IN_CI and SHARED.is_dir():
        pytest.fail(f"{_ABSENT}{relative}: the shared folder is there but incomplete ({_REMEDY})", pytrace=False)
    pytest.skip(f"{_ABSENT}{relative} ({_REMEDY})", allow_module_level=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings, or a skip."""
    return shared_path(".")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the real recordings that tests did not find, with the number of tests skipped for each."""
    absent: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if _ABSENT in reason:
            name = reason.partition(_ABSENT)[2].removesuffix(f" ({_REMEDY})")
            absent[name] = absent.get(name, 0) + 1
    if absent:
        terminalreporter.section("real recordings absent, tests skipped")
        for name, count in sorted(absent.items()):
            terminalreporter.line(f"{count:5} x  {name}")
        terminalreporter.line(f"To run them, {_REMEDY}.")
