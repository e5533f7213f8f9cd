"""Registry of formats: how each is recognised and opened, and what it can be told when opening.

A format is a module, or a package, of `ecogcat.formats` that calls `register` when it is imported, under its own name.
Nothing lists them: putting the file there adds the format.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.storage.unfinished import is_unfinished

__all__ = [
    "Format",
    "argument_names",
    "detect",
    "endings",
    "find_format",
    "formats",
    "load_arguments_of",
    "not_found",
    "register",
    "stream_rows",
]

Opener = Callable[..., Dataset]


@dataclass(frozen=True, slots=True)
class Format:
    """One acquisition format.

    Parameters
    ----------
    name : str
        "intan", "hdf5", ...; its Intake driver is ``ecog_<name>``.
    open : callable
        path, and keyword arguments of its own -> Dataset; reads headers only.
    recognises : callable
        (path, first bytes; empty for a folder) -> bool: by content, or by the files beside it.
    streams : callable
        (path) -> list of rows for `ecogcat.streams`.
    title : str
        For people.
    suffixes : tuple of str
        How names of its files end, lower case: where no content decides, the format whose error is of use.
    general : bool
        It opens files of many kinds, and is asked where no other format recognises one.
    last : bool
        It is asked only after that, and after names were looked at: asking it is slow, or imports a library.
    as_written : bool
        What it opens were datasets before: they keep their units unless others are asked for.
    """

    name: str
    open: Opener
    recognises: Callable[[str, bytes], bool]
    streams: Callable[[str], list[dict[str, Any]]]
    title: str
    suffixes: tuple[str, ...] = ()
    general: bool = False
    last: bool = False
    as_written: bool = False


_formats: dict[str, Format] = {}


def register(format: Format) -> Format:
    """Add a format; the modules of `ecogcat.formats` do so when imported."""
    _formats[format.name] = format
    return format


def formats() -> dict[str, Format]:
    """Return the formats by name, in the order in which they are asked."""
    _import_all()
    return {one.name: one for one in sorted(_formats.values(), key=lambda one: (one.last, one.general, one.name))}


def endings() -> tuple[str, ...]:
    """Return how names of recordings end, lower case."""
    return tuple(suffix for format in formats().values() for suffix in format.suffixes)


@cache
def _import_all() -> None:
    import ecogcat.formats

    for module in pkgutil.iter_modules(ecogcat.formats.__path__, "ecogcat.formats."):
        importlib.import_module(module.name)


def find_format(name: str) -> Format:
    """Return a format by name; ValueError lists those there are."""
    if name not in _formats and name not in formats():
        near = difflib.get_close_matches(name, list(_formats), 1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"there is no format {name!r}{meant}; there are: {', '.join(sorted(_formats))}")
    return _formats[name]


def detect(path: str) -> Format:
    """Find the format of a file or folder by its content.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If no format recognises it.
    """
    if not os.path.exists(path):
        raise RecordingNotFound(not_found(path))
    head = b""
    if not os.path.isdir(path):
        if not os.path.isfile(path):  # waiting for what comes out of a pipe would take forever
            raise FormatError("this is neither a file nor a folder", path=path, expected="a recording")
        with open(path, "rb") as file:
            head = file.read(4096)
        if not head:
            raise FormatError("the file is empty", path=path, expected="a recording", found="0 bytes")
    for format in formats().values():
        if not format.last and format.recognises(path, head):
            return format
    for format in formats().values():
        if head and path.lower().endswith(format.suffixes):
            return format  # it says what is wrong with the file
    for format in formats().values():
        if format.last and format.recognises(path, head):
            return format
    known, hint = ", ".join(sorted(formats())), "Name the format with format="
    if head:
        found = f"a file that begins with {head[:8].hex(' ')}"
    elif not (inside := _recordings_in(path)):
        found = "a folder with no file of these"
    else:
        found = f"a folder with {', '.join(inside[:3])}" + (f" and {len(inside) - 3} more" if len(inside) > 3 else "")
        hint = "Open what is in it, one by one"
    raise FormatError("no format recognises this", path=path, expected=known, found=found, hint=hint)


def _recordings_in(folder: str) -> list[str]:
    """Return the names in a folder that end as those of recordings do."""
    endings = tuple(suffix for format in formats().values() for suffix in format.suffixes)
    return sorted(name for name in os.listdir(folder) if name.lower().endswith(endings))


def stream_rows(dataset: Dataset, signal: str = "signal", **columns: Any) -> list[dict[str, Any]]:
    """Return a row of `Format.streams` for each array of a dataset; `columns` are added to all.

    Examples
    --------
    >>> import ecogcat as ec
    >>> stream_rows(ec.from_array([[0, 1]], 1000), recording="a")
    [{'stream': 'signal', 'rate': 1000.0, 'channels': 1, 'samples': 2, 'recording': 'a'}]
    """
    return [
        {"stream": name, "rate": one.sampling_rate, "channels": one.n_channels, "samples": one.n_samples, **columns}
        for name, one in {signal: dataset.signal, **dataset.arrays()}.items()
    ]


def not_found(path: str) -> str:
    """Say that nothing is at a path, whether a write of it was cut off, and which names in its folder are like it.

    Examples
    --------
    >>> not_found("/nowhere/rec_001.rhd")
    '/nowhere/rec_001.rhd: nothing is there; nor is there a folder /nowhere'
    """
    folder, wanted = os.path.split(path)
    if not os.path.isdir(folder):
        return f"{path}: nothing is there; nor is there a folder {folder}"
    if is_unfinished(os.path.realpath(path)):
        return f"{path}: nothing is there; an unfinished write of it lies beside it: run the same write again to go on"
    names = {name.lower(): name for name in sorted(os.listdir(folder)) if not name.startswith(".")}
    stem = os.path.splitext(wanted.lower())[0]
    near = [name for lower, name in names.items() if stem and lower.startswith(stem)]
    near += [names[lower] for lower in difflib.get_close_matches(wanted.lower(), list(names), 5, 0.75)]
    listed = ", ".join(list(dict.fromkeys(near))[:5])
    return f"{path}: nothing is there" + (f"; the folder has {listed}" if listed else "")


def load_arguments_of(function: Callable[..., Any]) -> pd.DataFrame:
    """List the keyword arguments of a documented function: argument, type, default, meaning."""
    documented = dict(_numpydoc_parameters(inspect.getdoc(function) or ""))
    rows = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            type_, meaning = documented.get(name, ("", ""))
            rows.append((name, type_, parameter.default, meaning))
    # As objects from the start: None beside numbers would become NaN.
    return pd.DataFrame(rows, columns=["argument", "type", "default", "meaning"], dtype=object).astype(
        {"argument": str, "type": str, "meaning": str}
    )


@cache
def argument_names(function: Callable[..., Any]) -> frozenset[str]:
    """Return the names of the keyword arguments of a function; asked at every opening, where a table takes too long."""
    parameters = inspect.signature(function).parameters.values()
    return frozenset(one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY)


def _numpydoc_parameters(doc: str) -> list[tuple[str, tuple[str, str]]]:
    match = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-{3,}\n|\Z)", doc, re.MULTILINE | re.DOTALL)
    found: list[tuple[str, tuple[str, str]]] = []
    for block in re.split(r"^(?=\S)", match[1] if match else "", flags=re.MULTILINE):
        head, _, body = block.partition("\n")
        names, _, type_ = head.partition(" : ")
        meaning = " ".join(body.split())
        found += [(name.strip(), (type_.strip(), meaning)) for name in names.split(",") if name.strip()]
    return found
