"""A small session in four layouts of two formats, in a folder with a space in its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import intake
import pytest
import yaml

from ecogcat.testing.simulate import SimulatedSession, simulate_session


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSession:
    return simulate_session(tmp_path_factory.mktemp("a session"), duration_s=3.0, without_events=(2,))


@pytest.fixture
def cat(session: SimulatedSession) -> Any:
    return intake.open_catalog(str(session.catalog))


@pytest.fixture
def write_catalog(session: SimulatedSession) -> Any:
    """Write a catalog beside the session's files: its own entries, and those given."""

    def write(name: str, entries: dict[str, Any], **metadata: Any) -> Path:
        content = yaml.safe_load(session.catalog.read_text())
        content["sources"].update(entries)
        content["metadata"].update(metadata)
        path = session.folder / name
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return write
