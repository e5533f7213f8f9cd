"""The older system's Python names over ours, so that a notebook runs with only its imports changed."""

from ecogcat.compat.sessions import (
    available_sessions,
    join_datasets,
    load_datasets,
    load_experiment_auto,
    session_conf,
    session_info,
    session_table,
)
from ecogcat.compat.views import Bunch, Recording

__all__ = [
    "Bunch",
    "Recording",
    "available_sessions",
    "join_datasets",
    "load_datasets",
    "load_experiment_auto",
    "session_conf",
    "session_info",
    "session_table",
]
