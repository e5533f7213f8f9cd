"""Commands: all of them, each made known to the group where its module is imported."""

from __future__ import annotations

from ecogcat.cli import joining, looking, pictures, sessions, touring
from ecogcat.cli.app import ecogcat
from ecogcat.cli.convert import convert_session

ecogcat.add_command(convert_session)

_EXAMPLES = {
    "scan": "scan rig -o night.yaml -l electrode=grid.csv",
    "ls": "ls night.yaml",
    "find": "find night.yaml tones rate=2000 'duration>=60'",
    "info": "info night.yaml:rec_001",
    "check": "check night.yaml 'day1/*'",
    "plan": "plan night.yaml --exclude rec_007 --gaps nan",
    "join": "join night.yaml 'day1/*' -o day1.h5",
    "relink": "relink night.yaml /mnt/old /mnt/new",
    "convert-session": "convert-session rats/2020-03-01_conf.txt -o day.yaml",
    "plot": "plot night.yaml:rec_001 -o rec_001.png",
    "report": "report night.yaml -o night.html",
    "demo": "demo -o tour",
    "doctor": "doctor",
}
for _name, _command in ecogcat.commands.items():
    _command.epilog = f"Example: ecogcat {_EXAMPLES[_name]}"

__all__ = ["ecogcat", "joining", "looking", "pictures", "sessions", "touring"]
