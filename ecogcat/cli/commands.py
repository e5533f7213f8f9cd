"""Commands: all of them, each made known to the group where its module is imported."""

from __future__ import annotations

from ecogcat.cli import joining, looking, pictures, sessions, touring
from ecogcat.cli.app import ecogcat
from ecogcat.cli.convert import convert_session

ecogcat.add_command(convert_session)

__all__ = ["ecogcat", "joining", "looking", "pictures", "sessions", "touring"]
