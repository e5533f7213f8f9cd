"""Sessions, recordings and joins under the older names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ecogcat.annotate import with_events
from ecogcat.catalog import lab
from ecogcat.catalog.ini import IniSession, read_ini, read_settings
from ecogcat.catalog.inivalues import typed_options
from ecogcat.catalog.labsession import open_session
from ecogcat.catalog.table import session_table as _table
from ecogcat.compat.views import Bunch, Recording
from ecogcat.dataset import Dataset
from ecogcat.experiments import with_conditions
from ecogcat.formats.opening import open_recording
from ecogcat.join import join
from ecogcat.sessiontables import session_experiment
from ecogcat.store import load
from ecogcat.triggers import detect_events

__all__ = [
    "available_sessions",
    "join_datasets",
    "load_datasets",
    "load_experiment_auto",
    "session_conf",
    "session_info",
    "session_table",
]

# Load arguments under the older names, and ours.
_RENAMED = {"load_channels": "channels", "electrode_connectors": "connectors"}
_TAKEN = ("electrode", "connectors", "channels", "units", "mapped", "start_time", "dtype", "judgements")


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
        Load arguments, under these names or the older ones; they win over the session's. With a `resample_rate` the
        stored downsample ``<recording>_Fs<rate>.h5`` is what is opened, where there is one.
    """
    found = _session(session)
    options = found.options(recording)
    given = {_RENAMED.get(name, name): value for name, value in load_kwargs.items()}
    asked = {name.lower(): value for name, value in typed_options(options, found.path).items()}
    stored = _stored(recording, {**asked, **given}, os.path.dirname(found.path))
    if stored is None:
        dataset = open_session(found.path)[recording](**load_kwargs).read()
    else:
        said = {_RENAMED.get(name, name): value for name, value in asked.items()}
        arguments = {name: said[name] for name in _TAKEN if said.get(name) is not None}
        further = {name: value for name, value in given.items() if name not in ("resample_rate", "trigger_idx")}
        dataset = open_recording(stored, **{**arguments, **further, "name": recording})
    return _with_experiment(dataset, {**asked, **given}, options, found, recording)


def _stored(recording: str, asked: Mapping[str, Any], beside: str) -> str | None:
    rate = asked.get("resample_rate")
    for key in ("store_path", "exp_path", "nwk_path"):
        folder = asked.get(key)
        if rate and folder:
            path = os.path.join(beside, folder, f"{recording}_Fs{int(rate)}.h5")
            if os.path.isfile(path):
                return path
    return None


def _with_experiment(
    dataset: Dataset, asked: Mapping[str, Any], options: Mapping[str, str], found: IniSession, recording: str
) -> Recording:
    """Find the events on the trigger line, and give them what the session says of its recordings."""
    lines = asked.get("trigger_idx")
    line = 0 if lines is None or lines == () else lines[0] if isinstance(lines, Sequence) else int(lines)
    described = recording in found.recordings
    if "adc" in dataset.aligned and not len(dataset.events):
        dataset = with_events(dataset, detect_events(dataset, channel=line, regular="drop"))
    if described and len(dataset.events):
        folders = [os.path.dirname(found.path), *(asked[key] for key in ("exp_path", "nwk_path") if asked.get(key))]
        experiment = session_experiment(options, folders)
        described = experiment is not None
        if experiment is not None:
            dataset = with_conditions(dataset, experiment, parts="each", folders=folders)
    return Recording(dataset, ("adc", line), options.get("headstage"), described)


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
