"""Load options of session files: which ecogcat takes, under which name, and which it would have to leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecogcat.catalog.inivalues import typed_value
from ecogcat.errors import CatalogError
from ecogcat.formats.opening import load_arguments

__all__ = ["asked_for", "load_arguments_for"]

_EXACT = ("electrode", "headstage", "exp_path", "nwk_path")
"""Options that have to be written in lower case; of others, the case does not matter."""

_RENAMED = {
    "load_channels": "channels",
    "electrode_connectors": "connectors",
    "mux_connectors": "connectors",
    "drange": "charge_range",
    "fs": "sampling_rate",
}
_SAME = (
    *("electrode", "units", "connectors", "mapped", "daq", "headstage", "bnc", "row_order", "ni_daq_variant"),
    *("trigger", "n_data", "range_code", "cycle_rate"),
)
_HALVES = {"half": "odd", "avg": "mean"}
_NOT_YET = (
    *("bandpass", "notches", "mux_notches", "resample_rate", "downsamp", "usefs", "trigger_idx", "car", "local_ref"),
    *("snip_transient", "connections"),
)
# These change where copies are kept, or how what is not done yet is done; never a value as it was recorded.
_WITHOUT_EFFECT = (
    *("use_stored", "save_downsamp", "store_path", "save", "memmap", "raise_on_glitch", "rec_num"),
    *("causal_filtering", "page_size", "lowpass_ord"),
)
# What a format does not need to be told, since its files are all alike: nor did the older system make use of it.
_TOLD_FOR_NOTHING = {"ddc": ("drange",), "afe_aug21": ("n_data", "cycle_rate")}
_KNOWN = {*_EXACT, *_RENAMED, *_SAME, *_HALVES, *_NOT_YET, *_WITHOUT_EFFECT}


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
        if key not in _KNOWN or (key in _EXACT and name != key):
            continue
        if texts.get(key, text) != text:
            raise CatalogError(f"{where}: option {key} is written in two ways, as {texts[key]!r} and {text!r}")
        texts[key] = text
    call: dict[str, Any] = {}
    said: dict[str, Any] = {}
    for name, value in given.items():
        for key in {name, _RENAMED.get(name, name), *(old for old, new in _RENAMED.items() if new == name)}:
            texts.pop(key, None)
        if name in ("half", "avg"):
            texts = {key: text for key, text in texts.items() if key not in _HALVES}
        if name not in _KNOWN or (name == "half" and isinstance(value, str)):
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
    allowed = set(load_arguments(format)["argument"])
    arguments: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for name, value in asked.items():
        target = "half" if name in _HALVES else _RENAMED.get(name, name)
        if name in _WITHOUT_EFFECT or name in ("exp_path", "nwk_path") or name in _TOLD_FOR_NOTHING.get(format, ()):
            continue
        if name in _NOT_YET:
            if _is_something(name, value):
                left[name] = value
        elif target in allowed:
            if name in _HALVES and not isinstance(value, str):
                if value:
                    arguments[target] = _HALVES[name]
            else:
                arguments[target] = value
        elif name not in ("headstage", "daq"):  # these name the system, whether a format needs the name or not
            left[name] = value
    if left:
        listed = ", ".join(f"{name} {value!r}" for name, value in left.items())
        without = ", ".join(f"{name}=None" for name in left)
        raise CatalogError(
            f"ecogcat does not do all that the session or the call asks for when it opens {format} recordings: "
            f"{listed}; to open the recording without it: {label}({without}).read()"
        )
    if format == "ddc" or "charge_range" in arguments:  # of charges, these files make currents as well
        quantity = {"c": "charge", "a": "current"}.get(str(arguments.get("units", "")).strip().lower()[-1:])
        arguments.update({} if quantity is None else {"quantity": quantity})
    return arguments


def _is_something(name: str, value: Any) -> bool:
    """Whether an option asks for anything: no reference, no snipping, a rate of 1/1 do not."""
    if name == "downsamp":
        return bool(value != 1)
    if name == "usefs":
        return bool(value > 0)
    if name == "snip_transient":
        return bool(value)  # seconds, or True for the usual five
    return value is not False
