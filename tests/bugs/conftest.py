"""Fixtures of the tests of old mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bugs.recordings import KINDS, Recordings


@pytest.fixture
def make(tmp_path: Path) -> Recordings:
    """Makes recordings, in memory and in HDF5 files of a folder of its own."""
    return Recordings(tmp_path)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """How the samples of a recording lie."""
    return str(request.param)
