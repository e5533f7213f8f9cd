"""Sessions, recordings and joins under the older names."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ecogcat.catalog import lab
from ecogcat.catalog.ini import IniSession, read_ini, read_settings
from ecogcat.catalog.inivalues import typed_options
from ecogcat.catalog.labsession import open_session
from ecogcat.catalog.table import session_table as _table
from ecogcat.compat.views import Bunch, Recording
from ecogcat.joining.join import join
from ecogcat.store import load

__all__ = [
    "available_sessions",
    "join_datasets",
    "load_datasets",
    "load_experiment_auto",
    "session_conf",
    "session_info",
    "session_table",
]

_TRIGGER_ARRAYS = ("adc", "trig", "bnc")
_RAW_GROUNDS = {"afe": None, "afe_aug21": None, "mux": None, "ddc": "C"}
"""Formats of which the older system handed out grounds without any filter, and in which unit if not in that asked."""
_LINE = 0  # of the ADC: where the older system's users had their triggers


def available_sessions(group: str = "") -> list[str]:
    """List the sessions of a group, or all, as ``group/name``."""
    return lab.available_sessions(lab.session_folders(None, read_settings()), group or None)


def _session(session: str | os.PathLike[str]) -> IniSession:
    settings = read_settings()
    path = os.fspath(session)
    if not os.path.isfile(path):
        path = lab.find_session(path, lab.session_folders(None, settings)).path
    return read_ini(path, settings)


def session_conf(session: str) -> Bunch:
    """Return the options of a session as written: "session", and each recording, with what holds for it."""
    found = _session(session)
    recordings = {name: Bunch(found.options(name)) for name in found.recordings}
    return Bunch(session=Bunch(found.options()), **recordings)


def session_info(session: str) -> Bunch:
    """Return the options of the section [session], as numbers, paths, yes and no, and words."""
    found = _session(session)
    return Bunch(typed_options(found.options(), found.path))


def session_table(session: str) -> pd.DataFrame:
    """Return a table with a row a recording and a column an option."""
    return _table(open_session(_session(session).path))


def load_experiment_auto(session: str, recording: str, **load_kwargs: Any) -> Recording:
    """Load a recording of a session with its experiment.

    Parameters
    ----------
    session : str
        ``group/name``, or a path.
    recording : str
    **load_kwargs
        Load arguments, under our names or the older ones; they win over the session's. With a `resample_rate` the
        samples of ``<recording>_Fs<rate>.h5`` are used where they fit the recording, or where nothing else is left of
        it. Triggers are looked for on line 0 of the ADC, unless `trigger_idx` names others. Grounds of multiplexed
        headstages, analog front ends and the DDC board are not filtered; those of the DDC board are in coulombs.
    """
    found = _session(session)
    options = found.options(recording)
    asked = {name.lower(): value for name, value in typed_options(options, found.path).items()}
    told = {**asked, **load_kwargs}
    line = told.get("trigger_idx")
    source = open_session(found.path)[recording]
    kwargs = dict(load_kwargs)
    if line is None and not {"events", "trigger", "triggers", "trigger_idx"} & set(load_kwargs):
        kwargs["trigger_idx"] = (_LINE,)
    with warnings.catch_warnings():
        if "trigger_idx" not in load_kwargs:  # a recording without such a line has no triggers
            warnings.filterwarnings("ignore", "(?s).*no events were looked for")
        dataset = source(**kwargs).read()
        format = dataset.parts[0].format
        if dataset.ground is not None and format in _RAW_GROUNDS:
            raw: dict[str, Any] = {"bandpass": None, "notches": None, "mapped": True, "save_downsampled": False}
            units = _RAW_GROUNDS[format]
            raw |= {} if units is None else {"units": units}
            dataset = dataset.replace(ground=source(**{**kwargs, **raw}).read().ground)
    row = line[0] if isinstance(line, Sequence) and len(line) else line if isinstance(line, int) else _LINE
    array = next((name for name in _TRIGGER_ARRAYS if name in dataset.aligned), "adc")
    described = recording in found.recordings and len(dataset.events.table.columns) > 0
    return Recording(dataset, (array, row if array == "adc" else 0), options.get("headstage"), described)


def load_datasets(
    session: str, recordings: Sequence[str], load_kwargs: Mapping[str, Any] | None = None, **join_kwargs: Any
) -> Recording:
    """Load recordings of a session and join them."""
    if isinstance(recordings, str):
        raise TypeError(f"recordings is a list of names, not {recordings!r}")
    loaded = [load_experiment_auto(session, name, **(load_kwargs or {})) for name in recordings]
    return join_datasets(loaded, **join_kwargs)


def join_datasets(
    all_sets: Sequence[Recording], popdata: bool = True, shared_mem: bool = True, source_type: str = ""
) -> Recording:
    """Join recordings: data, arrays beside it, events and experiment; none of them is changed.

    Parameters
    ----------
    all_sets : sequence of Recording
    popdata : bool
        Without effect: nothing is taken out of the inputs, and nothing copied that need not be.
    shared_mem : bool
        What is loaded goes into shared memory.
    source_type : {"", "loaded", "mapped"}
        In memory, or where each recording lies; by default in memory if all of them are.
    """
    if source_type not in ("", "loaded", "mapped"):
        raise ValueError(f"source_type is '', 'loaded' or 'mapped', not {source_type!r}")
    if not all(isinstance(one, Recording) for one in all_sets):
        raise TypeError("join_datasets joins what load_experiment_auto returned; ecogcat.join joins datasets")
    joined = join(*(one.data.dataset for one in all_sets))
    if source_type == "loaded" or (not source_type and {one.data.kind for one in all_sets} == {"loaded"}):
        joined = load(joined, shared=shared_mem)
    first = all_sets[0]
    names = joined.replace(name=",".join(one.name for one in all_sets))
    return Recording(names, first.get("trigger"), first.headstage, any(one.exp is not None for one in all_sets))
