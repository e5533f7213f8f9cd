"""Triggers of the lab's systems: on which lines of a recording the events of an INI session are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ecogcat.formats.ddc_board import N_CHANNELS

__all__ = ["experiment_options", "trigger_lines"]

_ON_LINES_OF = {"active": "bnc", "mux": "trig", "afe": "trig", "afe_aug21": "trig", "ddc": "dig"}
_WITH_EVENTS = ("blackrock_hdf5", "wireless")
_PROPERTIES = ("exp_type", "onset_delay", "tone_onset", "tone_width", "movshon_exp")


def trigger_lines(format: str, asked: Mapping[str, Any]) -> Mapping[str, Any] | Literal["own"] | None:
    """Return the trigger lines that a session names, as `Triggered` takes them.

    Parameters
    ----------
    format : str
    asked : mapping
        What the session asks for, as `laboptions.asked_for` returns it.

    Returns
    -------
    mapping, "own" or None
        "own" for systems that store the triggers beside the samples; None where no line is named.

    Examples
    --------
    >>> trigger_lines("intan", {"trigger_idx": (1,)}), trigger_lines("mux", {}), trigger_lines("hdf5", {})
    ({'source': 'adc', 'channel': 1}, {'source': 'trig', 'channel': 'all'}, None)
    """
    lines = asked.get("trigger_idx")
    rows = [] if lines is None or lines is False else [lines] if isinstance(lines, int) else list(lines)
    required = {"required": True} if asked.get("raise_on_glitch") else {}
    if format in _WITH_EVENTS:
        return "own"
    if format == "active":  # of its BNC columns; the first if it is not said which
        if "bnc" not in asked and not rows:
            return None
        return {"source": "bnc", "channel": _one_or_all(rows or [0]), **required}
    if format in _ON_LINES_OF:  # the system knows its lines: any of them that is high is a trigger
        return {"source": _ON_LINES_OF[format], "channel": "all", **required}
    if not rows:
        return None
    if "drange" in asked:  # Open Ephys recordings of the DDC board: lines are channels, those of the board the first
        if all(row >= N_CHANNELS for row in rows):
            return {"source": "trigger", "channel": _one_or_all([row - N_CHANNELS for row in rows]), **required}
        return {"source": "signal", "channel": _one_or_all([f"CH{row + 1}" for row in rows]), **required}
    return {"source": "adc", "channel": _one_or_all(rows), **required}


def experiment_options(options: Mapping[str, str]) -> dict[str, str]:
    """Return those of the options of a recording that are on its experiment, by their names in lower case.

    Examples
    --------
    >>> experiment_options({"units": "mV", "tones_tab": "500, 1000", "Exp_Type": "tonotopy"})
    {'tones_tab': '500, 1000', 'exp_type': 'tonotopy'}
    """
    lower = {name.lower(): text for name, text in options.items()}
    return {name: text for name, text in lower.items() if name in _PROPERTIES or name.endswith("_tab")}


def _one_or_all(rows: list[Any]) -> Any:
    return rows[0] if len(rows) == 1 else rows
