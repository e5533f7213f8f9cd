"""Values of INI options: the text of a session file as numbers, yes and no, paths and words; nothing is evaluated."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from ecogcat.errors import CatalogError

__all__ = ["typed_options", "typed_value"]

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_RANGE = re.compile(r"(\d+)-(\d+)")
_MOST = 100_000  # channels that a range may name: a slip of the finger is no reason to run out of memory


def _number(text: str) -> int | float:
    """Return a number, an int where it is whole and written so."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def _whole(text: str) -> int:
    value = float(text) if re.search(r"[.eE]", text) else int(text)
    if value != int(value):  # of infinity and NaN, int raises
        raise ValueError
    return int(value)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _items(text: str) -> list[str]:
    """Return what stands between commas, or between spaces; brackets around all of it mean nothing."""
    inside = text.strip().strip("()[]")
    return [item for item in re.split(r"[,\s]+", inside) if item]


def _numbers(text: str) -> tuple[int | float, ...] | None:
    values = tuple(_number(item) for item in _items(text))
    if not all(math.isfinite(value) for value in values):
        raise ValueError
    if any(isinstance(value, float) for value in values):
        return tuple(float(value) for value in values)
    return values or None


def _indices(text: str) -> tuple[int, ...] | None:
    values: list[int] = []
    for item in _items(re.sub(r"(?<=\d)\s*-\s*(?=\d)", "-", text)):
        span = _RANGE.fullmatch(item)
        if span is None:
            values.append(_whole(item))
            if values[-1] < 0:
                raise ValueError
            continue
        first, last = int(span[1]), int(span[2])
        if not first <= last < first + _MOST:
            raise ValueError
        values += range(first, last + 1)
    return tuple(values) or None


def _connectors(text: str) -> tuple[int, ...] | tuple[str, ...] | None:
    # Names of connectors may have spaces in them, unlike numbers: where there are commas, only these part them.
    inside = text.strip().strip("()[]")
    items = [item.strip() for item in inside.split(",")] if "," in inside else inside.split()
    words = tuple(item for item in items if item)
    try:
        return tuple(int(item) for item in words) or None
    except ValueError:
        return words


def _flag(text: str) -> bool:
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word]
    if word in ("0", "1"):
        return word == "1"
    raise ValueError


def _mapped(text: str) -> bool | str:
    return "r+" if text == "r+" else _flag(text)


def _flag_or_number(text: str) -> bool | float:
    word = text.lower()
    return _WORDS[word] if word in _WORDS else _finite(text)


def _reference(text: str) -> bool | int | tuple[int, ...] | None:
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word]
    rows = _indices(text)
    return rows[0] if rows is not None and len(rows) == 1 else rows


def _path(text: str) -> str | None:
    if text.lower() == "none":
        return None
    path = re.sub(r"(?<!:)/{2,}", "/", text)
    return os.path.expanduser(path[1:] if path.startswith("/~") else path)


def _word_or_none(text: str) -> str | None:
    return None if text.lower() == "none" else text


_Reader = tuple[Callable[[str], Any], str]

_NUMBERS: _Reader = (_numbers, "numbers, such as 60, 120.5")
_INDICES: _Reader = (_indices, "whole numbers from 0, such as 0, 1, 4-7")
_CONNECTORS: _Reader = (_connectors, "names of connectors with commas between")
_WHOLE: _Reader = (_whole, "a whole number, such as 2000 or 2e3")
_FLOAT: _Reader = (_finite, "a number")
_FLAG: _Reader = (_flag, "True or False")
_MAPPED: _Reader = (_mapped, "True, False or r+")
_FLAG_OR_NUMBER: _Reader = (_flag_or_number, "True, False or a number")
_PATH: _Reader = (_path, "a path, or none")

_READERS: dict[str, _Reader] = {
    **dict.fromkeys(("bandpass", "notches", "mux_notches"), _NUMBERS),
    **dict.fromkeys(("load_channels", "trigger_idx", "row_order", "bnc"), _INDICES),
    **dict.fromkeys(("mux_connectors", "electrode_connectors", "connections", "connectors"), _CONNECTORS),
    **dict.fromkeys(
        ("resample_rate", "trigger", "n_data", "range_code", "page_size", "lowpass_ord", "drange", "downsamp"), _WHOLE
    ),
    **dict.fromkeys(("cycle_rate", "fs", "usefs", "memory_limit"), _FLOAT),
    **dict.fromkeys(("causal_filtering", "car", "half", "avg", "remove_mean", "others_as_ground"), _FLAG),
    **dict.fromkeys(
        ("use_stored", "save_downsamp", "raise_on_glitch", "snip_transient", "save", "memmap", "clear_temp_converted"),
        _FLAG_OR_NUMBER,
    ),
    **dict.fromkeys(
        ("exp_path", "nwk_path", "store_path", "local_exp", "network_exp", "stash_path", "user_sessions"), _PATH
    ),
    "channel_mask": _PATH,
    "mapped": _MAPPED,
    "local_ref": (_reference, "rows of the reference, such as 3, or True for the mean of its reference channels"),
    "rec_num": (_word_or_none, "text, or none"),
}


def typed_value(option: str, text: str, where: str = "") -> Any:
    """Return the value of an option.

    Parameters
    ----------
    option : str
        Its name, in any case.
    text : str
        As the file has it, interpolated.
    where : str
        File and section, for the message.

    Returns
    -------
    object
        Numbers, tuples of them, True and False, paths with ``~`` expanded, or the text itself for options that are
        text. None where nothing is given: an empty text, or "none" where that can be said.

    Raises
    ------
    CatalogError
        If the text is no such value.

    Examples
    --------
    >>> typed_value("bandpass", "(2, -1)"), typed_value("load_channels", "0-3, 8"), typed_value("mapped", "False")
    ((2, -1), (0, 1, 2, 3, 8), False)
    """
    plain = text.strip()
    if not plain:
        return None
    if option.lower() not in _READERS:
        return text
    read, expected = _READERS[option.lower()]
    try:
        return read(plain)
    except (ValueError, OverflowError):
        place = f"{where}: " if where else ""
        raise CatalogError(f"{place}option {option} is {expected}, not {text!r}") from None


def typed_options(options: Mapping[str, str], where: str = "") -> dict[str, Any]:
    """Return the values of some options, as `typed_value` reads each."""
    return {name: typed_value(name, text, where) for name, text in options.items()}
