"""Converted: what an INI session says, as the content of a YAML catalog, with ecogcat's names for what it asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ecogcat.catalog.labdefaults import lab_defaults
from ecogcat.catalog.laboptions import asked_for, translated
from ecogcat.catalog.labplaces import Place, System, system_of
from ecogcat.catalog.labrecording import LabRecording, with_rate
from ecogcat.catalog.labtriggers import experiment_options, trigger_lines
from ecogcat.catalog.paths import local_path
from ecogcat.errors import CatalogError, EcogcatError, RecordingNotFound
from ecogcat.formats.registry import detect

__all__ = ["converted"]

_PER_RECORDING = ("urlpath",)


class _Converted(NamedTuple):
    """One recording: its entry, where it is looked for, and what there is to say."""

    driver: str
    args: dict[str, Any]
    roots: list[str]
    metadata: dict[str, Any]
    notes: list[str]


def converted(cat: Any, folder: str, label: str) -> tuple[dict[str, Any], tuple[str, ...], dict[str, str]]:
    """Return an INI session as the content of a YAML catalog, what is worth a look, and which recordings are left out.

    Parameters
    ----------
    cat : intake Catalog
        As `ecogcat.open_session` returns it.
    folder : str
        Of the catalog that will have the content.
    label : str
        What the session was called, for messages.

    Returns
    -------
    content : dict
    notes : tuple of str
    failed : dict
        Recordings that cannot be converted, and why.

    Raises
    ------
    CatalogError, FormatError
        If it is no INI session, or none of its recordings can be converted.
    """
    sources = {name: cat[name] for name in cat}
    if "session" not in (cat.metadata or {}) or not all(isinstance(one, LabRecording) for one in sources.values()):
        raise CatalogError(f"{label}: this is no INI session; what is converted is one of the lab's text files")
    entries: dict[str, _Converted] = {}
    errors: dict[str, Exception] = {}
    for name, source in sources.items():
        try:
            entries[name] = _converted(name, source)
        except (EcogcatError, OSError, ValueError, TypeError) as error:  # of one recording; the others are converted
            errors[name] = error
    if errors and not entries:
        raise next(iter(errors.values()))
    notes = tuple(f"{name}: {note}" for name, one in entries.items() for note in one.notes)
    return _content(cat, entries, folder), notes, {name: " ".join(str(one).split()) for name, one in errors.items()}


def _content(cat: Any, converted: Mapping[str, _Converted], folder: str) -> dict[str, Any]:
    """Return the catalog: what holds for all recordings said once."""
    beside = os.path.dirname(cat.metadata["path"])
    defaults = _common([one.args for one in converted.values()])
    shared_roots = _common([{"roots": one.roots} for one in converted.values()]).get("roots", [])
    ecog: dict[str, Any] = {"session": cat.metadata["session"], "group": cat.metadata["group"]}
    ecog["source"] = cat.metadata["path"]
    if shared_roots:
        ecog["roots"] = shared_roots
    if os.path.realpath(beside) != os.path.realpath(folder):
        ecog["tables"] = [beside]
    if defaults:
        ecog["defaults"] = defaults
    entries = {}
    for name, one in converted.items():
        args = {key: value for key, value in one.args.items() if key not in defaults}
        if one.roots and one.roots != shared_roots:
            args["roots"] = one.roots
        entries[name] = {"driver": one.driver, "args": args, "metadata": one.metadata}
    return {"metadata": {"version": 1, "ecog": ecog}, "sources": entries}


def _converted(name: str, source: LabRecording) -> _Converted:
    options = source.options
    where = f"{source.session_file}, recording {name}"
    asked, _ = asked_for(options, {}, where)
    system = system_of(asked.get("headstage"))
    notes = list(source.notes)
    if system is None:
        source.find(asked, {})  # says which are known
        raise CatalogError(f"{where}: headstage {asked.get('headstage')!r} is not known")
    folders = source.folders(asked)
    try:
        place, _ = source.find(asked, {})
    except RecordingNotFound as error:
        place = _likely(name, system)
        notes.append(f"it is not on disk now, and taken to be {place.path}; {error}")
    format = place.format or (detect(place.path).name if os.path.isabs(place.path) else system.format)
    if os.path.isabs(place.path):
        asked = with_rate(asked, place, format, {})
    arguments, left = translated(format, asked)
    for option, (target, value) in left.items():
        if target == option and option not in ("bandpass", "notches", "resample_rate", "snip_transient"):
            notes.append(f"ecogcat does not do {option} {value!r}: reading is refused until it is left out")
        arguments[target] = value
    defaults, odd = lab_defaults(format, place, format, arguments)
    arguments.update(defaults)
    notes += odd
    if arguments.pop("save_downsampled", None):
        notes.append(
            "save_downsamp is left out, as reading a YAML catalog writes nothing by itself: say it in the call"
        )
    arguments = {"urlpath": _relative(place, folders), **place.arguments, **arguments}
    triggers = trigger_lines(format, asked)
    if triggers is not None:
        arguments["triggers"] = triggers
    arguments["conditions"] = experiment_options(options)
    if "on_mismatch" in asked:
        arguments["on_mismatch"] = asked["on_mismatch"]
    for text in _texts(arguments):
        if "{{" in text or "{%" in text:
            raise CatalogError(f"{where}: {text!r} would be a template in a YAML catalog; write it there by hand")
    metadata = {key: value for key, value in source.metadata.items() if key != "catalog_dir"}
    return _Converted(f"ecog_{format}", _plain(arguments), folders, metadata, notes)


def _likely(name: str, system: System) -> Place:
    """Return the place at which a recording of a system is most likely to be."""
    if system.files:
        ending, format = system.files[0]
        return Place(os.path.join(system.below, name + ending), format)
    return Place(name, system.format)


def _relative(place: Place, folders: list[str]) -> str:
    """Return the path of a recording within the folder that has it, so that it is found in the others as well."""
    if place.arguments:  # some files of a folder: the folder itself is in any of them
        return place.path
    for folder in folders:
        inside = os.path.relpath(place.path, folder) if os.path.isabs(place.path) else place.path
        if not inside.startswith(os.pardir):
            return inside
    return local_path(place.path)


def _common(each: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what all have with the same value."""
    first, *others = each or [{}]
    kept = {key: value for key, value in first.items() if key not in _PER_RECORDING}
    return {key: value for key, value in kept.items() if all(key in one and one[key] == value for one in others)}


def _plain(value: Any) -> Any:
    """Return a value as YAML has it."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (tuple, list)) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _texts(one)
