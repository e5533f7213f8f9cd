"""The lab's example sessions, and what was expected of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ecogcat as ec
from ecogcat.testing.headstages import write_headstage
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


def lab_with_files(folder: Path, triggers: Callable[[str, str], Sequence[int]], **writing: Any) -> dict[str, Any]:
    """The examples in a folder, with recordings where they point; what `ec.open_session` needs to open them.

    `triggers` gives the samples of the triggers of a recording by the names of session and recording; `writing` is for
    `write_headstage`.
    """
    database = folder / "db"
    shutil.copytree(examples() / "db", database)
    path = database / "mice" / "2020-04-15_amnoise_conf.txt"
    path.write_text(path.read_text().replace("/abs/", f"{folder}/abs/"))  # no place that is ours to write to
    settings = folder / "settings.txt"
    settings.write_text(f"[globals]\nlocal_exp: {folder}/local\nnetwork_exp: {folder}/net\nuser_sessions: {database}\n")
    lab = {"settings": settings, "roots": database}
    for name in SESSIONS:
        cat = ec.open_session(name, **lab)
        for recording in cat:
            options = cat[recording].options
            write_headstage(options["exp_path"], recording, options["headstage"], triggers(name, recording), **writing)
    return lab
