"""Load options of session files: which ecogcat takes, under which name, and which it would have to leave out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ecogcat.catalog.inivalues import typed_value
from ecogcat.errors import CatalogError
from ecogcat.formats.opening import load_arguments

__all__ = ["KNOWN", "LATER", "NOT_ALWAYS", "OURS", "asked_for", "load_arguments_for", "translated"]

_EXACT = ("electrode", "headstage", "exp_path", "nwk_path")
"""Options that have to be written in lower case; of others, the case does not matter."""

OURS: Mapping[str, str] = MappingProxyType(
    {
        **{
            name: name
            for name in ("electrode", "units", "connectors", "mapped", "daq", "headstage", "bnc", "row_order")
        },
        **{name: name for name in ("ni_daq_variant", "trigger", "n_data", "range_code", "cycle_rate")},
        **{name: name for name in ("resample_filter", "remove_mean", "others_as_ground")},
        "load_channels": "channels",
        "electrode_connectors": "connectors",
        "mux_connectors": "connectors",
        "drange": "charge_range",
        "fs": "sampling_rate",
        "half": "half",
        "avg": "half",
        "bandpass": "bandpass",
        "notches": "notches",
        "mux_notches": "notches",
        "causal_filtering": "causal",
        "resample_rate": "resample_rate",
        "usefs": "resample_rate",
        "car": "reference",
        "local_ref": "reference",
        "snip_transient": "snip_transient",
        "use_stored": "use_stored",
        "save_downsamp": "save_downsampled",
        "store_path": "store_path",
    }
)
"""Load options of session files, and what ecogcat calls them. Whether it takes them is what its load arguments say."""

_FILTERING = ("bandpass", "notches", "causal", "resample_rate", "reference", "snip_transient")
_ALWAYS = ("resample_filter", "remove_mean", "others_as_ground")  # with a value by system where nothing is said
_NUMBERS_TOO = ("use_stored", "save_downsamp")
_STORING = ("use_stored", "save_downsampled", "store_path")
LATER = (*_FILTERING, *_STORING, *_ALWAYS)
"""Load arguments that not every format, or not yet any, has; None leaves them out all the same."""

_HALVES = {"half": "odd", "avg": "mean"}
_RATES = ("resample_rate", "usefs", "downsamp")
_REFUSED = ("downsamp", "connections")  # no load arguments; a ratio is made a rate where that of the file is known
NOT_ALWAYS = frozenset({*LATER, *_REFUSED, *(name for name, ours in OURS.items() if ours in LATER)})
"""Whatever may be asked for that not every format does, under its name here and in session files."""
# These change where copies are kept, or how something is done that nothing else asks for; never a value as recorded.
_WITHOUT_EFFECT = ("save", "memmap", "rec_num", "page_size", "lowpass_ord")
_ON_EVENTS = ("trigger_idx", "raise_on_glitch", "on_mismatch")  # see labtriggers
_NO_ARGUMENT = ("exp_path", "nwk_path", *_ON_EVENTS, *_WITHOUT_EFFECT)
# What a format does not need to be told, since its files are all alike: nor did the older system make use of it.
_TOLD_FOR_NOTHING = {"ddc": ("drange",), "afe_aug21": ("n_data", "cycle_rate")}
KNOWN = frozenset({*_EXACT, *OURS, *_REFUSED, *_NO_ARGUMENT})


def asked_for(
    options: Mapping[str, str], given: Mapping[str, Any], where: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell what a session and a call ask for; the call wins.

    Parameters
    ----------
    options : mapping of str to str
        Those that hold for the recording, as written.
    given : mapping
        Arguments of the call, under ecogcat's names or those of session files; None leaves an option out.
    where : str
        File and recording, for messages.

    Returns
    -------
    asked : dict
        Typed values of the options that say how to load a recording, by their names in lower case; none is None.
    call : dict
        What else the call says: arguments that session files do not have.

    Raises
    ------
    CatalogError
        If an option is written in two ways with two values, or one that was not left out has no usable value.
    """
    texts: dict[str, str] = {}
    for name, text in options.items():
        key = name.lower()
        if key not in KNOWN or (key in _EXACT and name != key):
            continue
        if texts.get(key, text) != text:
            raise CatalogError(f"{where}: option {key} is written in two ways, as {texts[key]!r} and {text!r}")
        texts[key] = text
    call: dict[str, Any] = {}
    said: dict[str, Any] = {}
    for name, value in given.items():
        alike = {one for one, ours in OURS.items() if ours == name} if name in OURS.values() else set()
        for key in {name, *alike, *(_HALVES if name in _HALVES else ()), *(_RATES if name in _RATES else ())}:
            texts.pop(key, None)
        if value is None and name in LATER:
            continue
        if name not in KNOWN or (name == "half" and isinstance(value, str)):
            call[name] = value
        elif value is not None:
            said[name] = value
    asked = {key: typed_value(key, text, where) for key, text in texts.items()}
    return {key: value for key, value in {**asked, **said}.items() if value is not None}, call


def load_arguments_for(format: str, asked: Mapping[str, Any], label: str) -> dict[str, Any]:
    """Return what the session asks for as load arguments of a format.

    Parameters
    ----------
    format : str
    asked : mapping
        As `asked_for` returns it.
    label : str
        How the recording is called in Python, for the message: ``cat['rec_001']``.

    Raises
    ------
    CatalogError
        If it asks for what ecogcat does not do when it opens a recording, with how to leave it out.
    """
    arguments, left = translated(format, asked)
    if left:
        listed = ", ".join(f"{name} {asked[name]!r}" for name in left)
        without = ", ".join(f"{name}=None" for name in left)
        raise CatalogError(
            f"ecogcat does not do all that the session or the call asks for when it opens {format} recordings: "
            f"{listed}; to open the recording without it: {label}({without}).read()"
        )
    return arguments


def translated(format: str, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[str, Any]]]:
    """Return what the session asks for under ecogcat's names.

    Parameters
    ----------
    format : str
    asked : mapping
        As `asked_for` returns it.

    Returns
    -------
    arguments : dict
        Load arguments that the format takes.
    left : dict of str to (str, object)
        Options of the session that it does not: what ecogcat would call them, else their own name; and the value.

    Examples
    --------
    >>> translated("hdf5", {"load_channels": (0, 1), "car": False, "downsamp": 15})
    ({'channels': (0, 1)}, {'downsamp': ('downsamp', 15)})
    """
    allowed = set(load_arguments(format)["argument"])
    arguments: dict[str, Any] = {}
    left: dict[str, tuple[str, Any]] = {}
    called: dict[str, Any] = {}
    if "car" in asked and _is_channels(asked.get("local_ref")):  # of what lies between channels, a mean is no part
        asked = {name: value for name, value in asked.items() if name != "car"}
    for name, value in asked.items():
        if name in _NO_ARGUMENT or name in _TOLD_FOR_NOTHING.get(format, ()) or not _is_something(name, value):
            continue
        target, ours = OURS.get(name, name), _as_ours(name, value)
        named = ours is not None and called.setdefault(target, ours) == ours  # two options may ask for different things
        if named and target in allowed:
            arguments[target] = ours
        elif target in (*_STORING, *_ALWAYS, "causal"):  # change nothing where nothing is filtered or resampled
            continue
        elif name not in ("headstage", "daq"):  # these name the system, whether a format needs the name or not
            left[name] = (target, ours) if named and target in LATER else (name, value)
    if format == "ddc" or "charge_range" in arguments:  # of charges, these files make currents as well
        quantity = {"c": "charge", "a": "current"}.get(str(arguments.get("units", "")).strip().lower()[-1:])
        arguments.update({} if quantity is None else {"quantity": quantity})
    return arguments, left


def _as_ours(name: str, value: Any) -> Any:
    """Return the value of an option as ecogcat's argument has it; None where it has none."""
    if name in _HALVES and not isinstance(value, str):
        return _HALVES[name]
    if name in _NUMBERS_TOO and isinstance(value, float):  # 0 or 1, which session files may say for False or True
        return bool(value)
    if name == "car" and value is True:
        return "common"
    if name == "local_ref" and value is True:
        return "reference_channels"
    return value


def _is_channels(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, tuple))


def _is_something(name: str, value: Any) -> bool:
    """Whether an option asks for anything: no reference, no snipping, a rate of 1/1 do not."""
    if name == "downsamp":
        return bool(value != 1)
    if name == "usefs":
        return bool(value > 0)
    if name in ("snip_transient", *_HALVES):
        return bool(value)  # seconds, or True for the usual five
    return value is not False or name in ("mapped", "use_stored", "save_downsamp", "causal_filtering", *_ALWAYS)
