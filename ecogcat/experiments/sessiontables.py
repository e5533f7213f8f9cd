"""Session tables: what the options of a recording in a session file say about its experiment; read, never evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ecogcat.conditions.labels import CONDITION_ORDER
from ecogcat.experiments.experiment import Experiment
from ecogcat.experiments.sequences import Folders, find_condition_file, sequence_of

__all__ = ["session_experiment"]

_PROPERTIES = ("onset_delay", "tone_onset", "tone_width")


def session_experiment(options: Mapping[str, str], folders: Folders = ()) -> Experiment | None:
    """Return the experiment that the options of a recording describe.

    Parameters
    ----------
    options : mapping of str to str
        Options of the recording, as a session file has them: `exp_type`, ``<column>_tab`` (a table file, or numbers
        with commas between), `onset_delay`, `tone_onset`, `tone_width` (seconds). Others are passed over.
    folders : sequence of path-like
        Where table files are looked for, in order: the session's folder, then the recording's.

    Returns
    -------
    Experiment or None
        None where the tones of the older kind of tonotopy are given as "none". Without any table every event is the
        same stimulus, in the column `stim`.

    Raises
    ------
    ValueError
        If a table is neither a file nor numbers, or the type of the experiment asks for one that is not there.

    Examples
    --------
    >>> experiment = session_experiment({"exp_type": "tonotopy", "tones_tab": "500, 2000", "amps_tab": "30, 50, 70"})
    >>> experiment.order, experiment.table(4)["amps"].tolist()
    (('tones', 'amps'), [30.0, 50.0, 70.0, 30.0])
    """
    given = {name.lower(): str(value) for name, value in options.items()}
    kind = given.get("exp_type", "").strip().lower()
    if "movshon_exp" in given:
        raise ValueError("the XML files of Expo experiments (option movshon_exp) are not read; ec.with_conditions "
                         "takes their conditions as lists")  # fmt: skip
    tables = {name.removesuffix("_tab"): text for name, text in given.items() if name.endswith("_tab")}
    if not tables:
        return Experiment({"stim": (1.0,)}, ("stim",), kind, _numbers(given, ("onset_delay",)))
    if kind == "froemke tonotopy" or (not kind and {"tone", "amp"} <= set(tables)):
        return _older_tonotopy(given, tables, folders)
    order = CONDITION_ORDER.get(kind, ())
    lacking = [name for name in order if name not in tables]
    if lacking:
        raise ValueError(f"an experiment of type {kind} has the tables {', '.join(f'{one}_tab' for one in order)}; "
                         f"missing: {', '.join(f'{one}_tab' for one in lacking)}")  # fmt: skip
    columns = {name: tuple(sequence_of(text, folders, f"{name}_tab")) for name, text in tables.items()}
    return Experiment(columns, order, kind, _numbers(given, _PROPERTIES) if order else {})


def _older_tonotopy(given: Mapping[str, str], tables: Mapping[str, str], folders: Folders) -> Experiment | None:
    """Return a tonotopy in which each level, unless levels come from a file, is held for a pass through the tones."""
    lacking = [f"{name}_tab" for name in ("tone", "amp") if name not in tables]
    if lacking:
        raise ValueError(f"a tonotopy of the older kind has the tables tone_tab and amp_tab; missing: {lacking[0]}")
    if tables["tone"].strip().lower() in ("", "none"):
        return None
    file = find_condition_file(tables["tone"].strip(), folders or [Path()])
    # Files have zero or less between the tones, where nothing was presented.
    tones = sequence_of(tables["tone"], folders, "tone_tab")
    tones = [one for one in tones if one > 0] if file else tones
    if not tones:
        raise ValueError(f"tone_tab: {file} has no tone above 0 Hz")
    amps = sequence_of(tables["amp"], folders, "amp_tab")
    if find_condition_file(tables["amp"].strip(), folders or [Path()]) is None:
        values = np.asarray(amps)
        whole = values.astype(np.int64) if (values % 1 == 0).all() else values
        amps = np.repeat(whole, len(tones)).tolist()
    properties = _numbers(given, _PROPERTIES)
    if not given.get("onset_delay", "").strip():
        properties["onset_delay"] = properties["tone_onset"]
    columns = {"tones": tuple(tones), "amps": tuple(amps)}
    moved = ("amps",) if "rot" in tables["tone"] else ()
    return Experiment(columns, CONDITION_ORDER["froemke tonotopy"], "tonotopy", properties, moved)


def _numbers(given: Mapping[str, str], names: tuple[str, ...]) -> dict[str, float]:
    """Return options that are numbers, 0 where they are not given."""
    numbers = {}
    for name in names:
        text = given.get(name, "").strip()
        try:
            numbers[name] = float(text) if text else 0.0
        except ValueError:
            raise ValueError(f"{name} is a number of seconds, not {text!r}") from None
    return numbers
