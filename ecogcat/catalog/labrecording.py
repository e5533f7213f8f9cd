"""Recordings of INI sessions: sources that look for the recording, and read the session's options, when asked.

The driver of a format is made when it is asked for, by its name: ``labrecording.ecog_openephys``. Which format a
recording has is seen when it is found; the name is that of most recordings of the headstage.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np

from ecogcat.catalog.labdefaults import lab_defaults
from ecogcat.catalog.laboptions import asked_for, load_arguments_for, translated
from ecogcat.catalog.labplaces import Place, find_recording, system_of, systems
from ecogcat.catalog.labtriggers import experiment_options, trigger_lines
from ecogcat.catalog.opened import Depth, opened
from ecogcat.catalog.paths import places
from ecogcat.catalog.source import EcogSource, Trail
from ecogcat.catalog.triggered import TRIGGER_ARGUMENTS, Triggered
from ecogcat.catalog.writing import within
from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.events import Events
from ecogcat.formats.registry import argument_names, detect, find_format

__all__ = ["LabRecording", "driver_of", "file_format", "with_rate"]

_PREFIX = "ecog_"
_STORED = "ecogcat"


class LabRecording(EcogSource):
    """One recording of an INI session.

    Parameters
    ----------
    section : str
        Name of the recording.
    options : mapping of str to str
        Those that hold for it, as written.
    session_file : str
        For messages, and for relative paths.
    notes : sequence of str
        What was odd about its options; they become warnings of the dataset.
    has_section : bool
        Whether the session has a section of that name. Without one a recording has no experiment.
    metadata : mapping, optional
        The entry's own.
    **load_arguments
        Those of ``ecogcat.open_recording``, or options of session files; they win, and None leaves an option out.
        ``events=False``: no trigger is looked for, and there are no events; ``conditions=None``: events have no
        conditions; `triggers`, `on_mismatch`: see `ecogcat.catalog.triggered.Triggered`.
    """

    name = "ecog_recording"
    format: ClassVar[str] = ""

    def __init__(
        self,
        section: str,
        options: Mapping[str, str],
        session_file: str = "",
        notes: Sequence[str] = (),
        has_section: bool = True,
        metadata: Mapping[str, Any] | None = None,
        **load_arguments: Any,
    ) -> None:
        own = {"section": section, "options": dict(options), "session_file": session_file, "notes": list(notes)}
        super().__init__({**own, "has_section": has_section, **load_arguments}, metadata)

    @property
    def options(self) -> dict[str, str]:
        """The options that hold for the recording, as written."""
        return dict(self._arguments["options"])

    @property
    def session_file(self) -> str:
        """The file of the session."""
        return str(self._arguments["session_file"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd about the options."""
        return tuple(self._arguments["notes"])

    def _open(self, trail: Trail, depth: Depth) -> tuple[Dataset, bool]:
        given = dict(self._arguments)
        section, options = given.pop("section"), given.pop("options")
        session_file, notes = given.pop("session_file"), given.pop("notes")
        has_section = given.pop("has_section")
        events, on_events = given.get("events"), {key: given.pop(key) for key in TRIGGER_ARGUMENTS if key in given}
        asked, call = asked_for(options, given, f"{session_file}, recording {section}")
        place, folders = self.find(asked, call)
        format = place.format or detect(place.path).name
        asked = with_rate(asked, place, format, call)
        label = f"cat[{self._own_name() or section!r}]"
        spoken = file_format(asked) if format == _STORED else format
        arguments = load_arguments_for(spoken, asked, label)
        if format == _STORED:  # what the system's own format is told was done before it was stored
            done = argument_names(find_format(spoken).open)
            arguments = {name: value for name, value in arguments.items() if name not in done}
        arguments.update(place.arguments)
        if arguments.get("store_path"):  # where it was looked for
            stores = places(arguments["store_path"], os.path.dirname(session_file) or None)
            arguments["store_path"] = next((one for one in stores if os.path.isdir(one)), stores[0])
        arguments.setdefault("name", self._own_name() or section)
        arguments.update(call)
        defaults, odd = lab_defaults(spoken, place, format, arguments)
        arguments.update(defaults)
        own = experiment_options(options) if has_section else None
        how = Triggered(
            # Someone's own events are those of the experiment.
            triggers="own"
            if isinstance(events, (str, os.PathLike, Events, list, tuple, np.ndarray))
            else on_events.get("triggers", trigger_lines(spoken, asked)),
            conditions=on_events.get("conditions", own),
            on_mismatch=on_events.get("on_mismatch") or asked.get("on_mismatch", "cycle"),
            folders=tuple(dict.fromkeys([os.path.dirname(session_file) or ".", *folders])),
        )
        if depth != "headers":
            arguments = within(arguments, self._folder(), self._called)
        return opened(place.path, format, arguments, how, depth, self.metadata, [*notes, *odd])

    def is_there(self) -> bool:
        """Whether the recording is found where the session looks for it."""
        try:
            self.find(asked_for(self.options, {}, "")[0], {})
        except (CatalogError, RecordingNotFound):
            return False
        return True

    def find(self, asked: Mapping[str, Any], call: Mapping[str, Any]) -> tuple[Place, list[str]]:
        """Return where the recording is, and the folders in which it was looked for.

        Raises
        ------
        RecordingNotFound, CatalogError
            If it is not there, or the session does not say enough.
        """
        section, session_file = self._arguments["section"], self._arguments["session_file"]
        headstage = asked.get("headstage")
        system = system_of(headstage)
        if system is None:
            said = "there is no option headstage" if headstage is None else f"headstage {headstage!r} is not known"
            raise CatalogError(f"{session_file}: {said}; known are {', '.join(systems())}, and zif...")
        lacking = [name for name in system.needs if name not in asked and "charge_range" not in call]
        if lacking:
            raise CatalogError(f"{session_file}: recordings of {headstage} need the option {', '.join(lacking)}")
        folders = self.folders(asked)
        rate, store = call.get("resample_rate", asked.get("resample_rate", asked.get("usefs"))), asked.get("store_path")
        stores = places(store, os.path.dirname(session_file) or None) if store else ()
        return find_recording(section, system, folders, rate, stores), folders

    def folders(self, asked: Mapping[str, Any]) -> list[str]:
        """Return where to look: in exp_path, then in nwk_path; relative ones lie beside the session file."""
        session_file = self.session_file
        folders = [asked[key] for key in ("exp_path", "nwk_path") if key in asked]
        if not folders:
            raise CatalogError(f"{session_file}: neither exp_path nor nwk_path says where the recordings lie")
        beside = os.path.dirname(session_file) or None
        return list(dict.fromkeys(place for folder in folders for place in places(folder, beside)))


def with_rate(asked: Mapping[str, Any], place: Place, format: str, call: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a session asks for, a ratio of rates made the rate that it is for a recording.

    Examples
    --------
    >>> import tempfile
    >>> from ecogcat.testing.headstages import write_headstage
    >>> path = write_headstage(tempfile.mkdtemp(), "rec", "oephys")
    >>> with_rate({"downsamp": 4}, Place(str(path), "hdf5"), "hdf5", {})
    {'resample_rate': 250.0}
    """
    ratio = asked.get("downsamp", 1)
    if ratio == 1 or ratio < 1 or {"resample_rate", "usefs"} & set(asked):
        return dict(asked)
    own = argument_names(find_format(format).open)
    told = {name: value for name, value in {**translated(format, asked)[0], **call}.items() if name in own}
    headers = find_format(format).open(place.path, **{**told, **place.arguments})
    further = {name: value for name, value in asked.items() if name != "downsamp"}
    return {**further, "resample_rate": headers.sampling_rate / ratio}


def file_format(asked: Mapping[str, Any]) -> str:
    """Return the format of the files of a headstage."""
    system = system_of(asked.get("headstage"))
    assert system is not None  # or nothing was found
    return system.files[0][1] if system.files else system.format


@cache
def __getattr__(name: str) -> type[LabRecording]:
    """Return the driver ``ecog_<format>``: always the same class, so that sources can be pickled."""
    formats = {f"{_PREFIX}{one.format}": one.format for one in systems().values()}
    if name not in formats:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    fields = {"name": name, "format": formats[name], "__doc__": LabRecording.__doc__, "__module__": __name__}
    return type(name, (LabRecording,), fields)


def driver_of(headstage: str | None) -> type[LabRecording]:
    """Return the driver of a headstage; of one that is not known, reading says so."""
    system = system_of(headstage)
    return LabRecording if system is None else __getattr__(f"{_PREFIX}{system.format}")
