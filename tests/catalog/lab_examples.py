"""The lab's example sessions, and what was expected of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import shared_path

SESSIONS = ("rats/2020-03-01", "rats/2020-03-02", "mice/2020-04-15_amnoise")


def examples() -> Path:
    """The folder with `db`, `global_config.txt` and `expected.json`; tests are skipped where it is absent."""
    return shared_path("reference/sessions")


def expected() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((examples() / "expected.json").read_text())
    return content


def without_globals(options: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in told["global"]}
