"""Triggered: events found on the trigger lines of a recording when it is read, with the conditions of its session."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecogcat.catalog.nearest import did_you_mean
from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError
from ecogcat.events import Events
from ecogcat.experiments.experiment import Experiment, with_conditions
from ecogcat.experiments.sequences import Mismatch
from ecogcat.experiments.sessiontables import session_experiment
from ecogcat.triggers.detect import detect_events, with_detected

__all__ = ["OWN", "TRIGGER_ARGUMENTS", "Triggered", "triggered"]

OWN = "own"
TRIGGER_ARGUMENTS = ("triggers", "conditions", "on_mismatch")
"""Arguments of an entry that say how its events come about; `events` is a load argument of its own."""

_LINES = (*list(inspect.signature(detect_events).parameters)[1:], "required")


@dataclass(frozen=True, slots=True)
class Triggered:
    """How the events of a recording come about.

    Parameters
    ----------
    triggers : mapping, "own" or None
        Arguments of `ecogcat.detect_events`, with ``channel: all`` for all lines of the array; `required`: whether a
        line that is not there is an error, or a warning. "own": the events that the file has are those of the
        experiment. None: events are as the file has them.
    conditions : mapping, Experiment or None
        Options as `ecogcat.session_experiment` takes them, or what that returns. None or False: no conditions.
    on_mismatch : {"cycle", "raise", "truncate", "missing"}
        What to do about a list of another length than there are events.
    folders : tuple of str
        Where table files are looked for.
    """

    triggers: Any = None
    conditions: Any = None
    on_mismatch: Mismatch = "cycle"
    folders: tuple[str, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether finding the events takes more than headers."""
        return isinstance(self.triggers, Mapping)


def triggered(dataset: Dataset, how: Triggered) -> Dataset:
    """Return a dataset with the events that its trigger lines have, and their conditions.

    Parameters
    ----------
    dataset : Dataset
    how : Triggered

    Returns
    -------
    Dataset
        What a line lacks, which events were left out as bounces, and lists that do not come out even with the events
        are among its warnings.

    Warns
    -----
    UserWarning
        Where a line is not there, or a list is of another length than there are events, with counts.

    Raises
    ------
    CatalogError
        If the triggers are not described as they should be.
    ValueError
        If a table of conditions is neither a file nor numbers, or does not fit and the policy is "raise".

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[0.0] * 30], 1000, aligned={"adc": 3 * [0.0, 0, 0, 0, 3, 3, 3, 0, 0, 0]})
    >>> how = Triggered({"source": "adc", "channel": 0}, {"tones_tab": "500, 1000, 2000"})
    >>> triggered(dataset, how).events.table["tones"].tolist()
    [500.0, 1000.0, 2000.0]
    """
    if isinstance(how.triggers, Mapping):
        dataset, there = _found(dataset, how.triggers)
        if not there:
            return dataset
    elif how.triggers is not None and how.triggers != OWN:
        raise CatalogError(f"triggers are {OWN!r}, or what ecogcat.detect_events is told, not {how.triggers!r}")
    if how.conditions is None or how.conditions is False or not len(dataset.events):
        return dataset
    experiment = how.conditions
    if not isinstance(experiment, (Mapping, Experiment)):
        raise CatalogError(f"conditions are given by options such as tones_tab, not {experiment!r}")
    if how.triggers is None:
        lists = isinstance(experiment, Experiment) or any(str(name).endswith("_tab") for name in experiment)
        told = "conditions are listed, but no trigger line is named: the events of the file have been given none"
        return _warned(dataset, told) if lists else dataset
    if len(dataset.events.table.columns) and how.triggers == OWN:
        return dataset  # someone's table says already what was presented
    if not isinstance(experiment, Experiment):
        experiment = session_experiment({name: _text(value) for name, value in experiment.items()}, how.folders)
    if experiment is None:
        return dataset
    # Consecutive pieces of one recording: one list runs through all of them.
    return with_conditions(dataset, experiment, on_mismatch=how.on_mismatch, parts="together")


def _found(dataset: Dataset, triggers: Mapping[str, Any]) -> tuple[Dataset, bool]:
    """Return the dataset with the events of its lines, and whether it has those lines."""
    asked: dict[str, Any] = {"regular": "drop", **triggers}
    required = asked.pop("required", False)
    for name in asked:
        if name not in _LINES:
            raise CatalogError(f"triggers: no {name!r} is known{did_you_mean(name, _LINES)}")
    every = asked.get("channel") == "all"  # lines that the system has, which nobody named
    if every:
        array = dataset.arrays().get(str(asked.get("source", "adc")))
        if (array is None or not len(array)) and not required:
            return dataset, True  # a system that has such lines, in a recording made without
        asked["channel"] = 0 if array is None else list(range(len(array)))
    try:
        events = detect_events(dataset, **asked)
    except (KeyError, IndexError) as error:  # no such line
        said = error.args[0] if error.args else str(error)
        if required:
            raise CatalogError(f"triggers: {said}") from error
        told = f"no events were looked for: {said}"
        warnings.warn(f"{dataset.name}: {told}", stacklevel=2)
        return _warned(dataset.replace(events=Events()), told), False
    dropped = sum(int(origin.get("dropped", 0)) for origin in events.origins)
    dataset = dataset.replace(events=events) if every else with_detected(dataset, events)
    if dropped:
        told = f"{dropped:,} triggers sooner than half of the usual interval after another were left out as bounces"
        dataset = _warned(dataset, told)
    return dataset, True


def _warned(dataset: Dataset, text: str) -> Dataset:
    """Return a dataset with a further warning, of its first recording."""
    first, *others = dataset.parts
    return dataset.replace(parts=[first.replace(warnings=(*first.warnings, text)), *others])


def _text(value: Any) -> str:
    """Return an option as a session file has it; YAML has lists of numbers, too."""
    listed = isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str)
    return ", ".join(map(str, value)) if listed else str(value)
