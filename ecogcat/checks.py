"""Checks of arguments: what was given where something else belongs, said in words, with what to do instead."""

from __future__ import annotations

import numbers
import os
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.errors import RecordingNotFound
from ecogcat.signal import Signal
from ecogcat.storage.disk import check_may_write

__all__ = [
    "check_dataset",
    "check_flag",
    "check_mapping",
    "check_number",
    "check_path",
    "check_readable",
    "check_signal",
    "check_text",
    "check_writable",
    "checked_dtype",
    "described",
    "shown",
]


def check_dataset(value: Any, function: str) -> None:
    """Refuse what is no dataset.

    Parameters
    ----------
    value : object
    function : str
        Name of the function that was called.

    Raises
    ------
    TypeError

    Examples
    --------
    >>> check_dataset("day 1/rec_001.rhd", "epochs")
    Traceback (most recent call last):
    TypeError: epochs takes a dataset, not the path 'day 1/rec_001.rhd': open it with ecogcat.open_recording
    """
    if not isinstance(value, Dataset):
        raise TypeError(f"{function} takes a dataset, not {described(value)}")


def check_signal(value: Any, function: str) -> None:
    """Refuse what is no signal."""
    if not isinstance(value, Signal):
        what = "a dataset: give its .signal" if isinstance(value, Dataset) else described(value)
        raise TypeError(f"{function} takes signals, not {what}")


def described(value: Any) -> str:
    """Return what a value that is no dataset is, and how a dataset would be made of it.

    Examples
    --------
    >>> described(np.zeros((4, 100)))
    'an array of shape (4, 100): make it one with ecogcat.from_array(data, sampling_rate)'
    >>> described(None)
    'None'
    """
    remedy = ""
    if isinstance(value, (str, os.PathLike)):
        what, remedy = f"the path {os.fspath(value)!r}", "open it with ecogcat.open_recording"
    elif isinstance(value, Signal):
        what, remedy = "a signal", "give the dataset that it belongs to"
    elif isinstance(value, np.ndarray):
        what, remedy = f"an array of shape {value.shape}", "make it one with ecogcat.from_array(data, sampling_rate)"
    elif isinstance(value, Mapping) or callable(getattr(value, "read", None)) or hasattr(value, "_entries"):
        what, remedy = _of_catalog(value)
    elif isinstance(value, Collection):
        what = f"a {type(value).__name__} of {len(value)}"
        if any(isinstance(one, Dataset) for one in value):
            remedy = "give one of them, or all as one: ecogcat.join(*datasets)"
    else:
        what = "None" if value is None else shown(value)
    return f"{what}: {remedy}" if remedy else what


def _of_catalog(value: Any) -> tuple[str, str]:
    # By what it has: catalogs are Intake's, which is not imported where nobody uses one.
    if hasattr(value, "_entries"):
        return "a catalog", "open an entry with cat[name].read(), or all with ecogcat.load_session(cat)"
    if hasattr(value, "discover"):
        return "an entry of a catalog", "open it with .read()"
    return f"a {type(value).__name__}", ""


def shown(value: Any) -> str:
    """Return a value as it is shown in a message: on one line, not too long, with its type where that is not plain."""
    text = " ".join(repr(value).split())
    text = text if len(text) <= 60 else text[:57] + "..."
    return text if isinstance(value, (str, int, float, bool, type(None))) else f"{text} ({type(value).__name__})"


def check_text(value: Any, name: str, example: str, *, none: bool = False) -> None:
    """Refuse what is no text.

    Parameters
    ----------
    value : object
    name : str
        The argument.
    example : str
        A value that would do.
    none : bool
        None will do as well.

    Examples
    --------
    >>> check_text(3, "units", "mV")
    Traceback (most recent call last):
    TypeError: units= is text such as 'mV', not 3
    """
    if not (isinstance(value, str) or (none and value is None)):
        raise TypeError(f"{name}= is text such as {example!r}{' or None' if none else ''}, not {shown(value)}")


def check_path(value: Any, name: str, *, none: bool = False) -> None:
    """Refuse what is no path.

    Examples
    --------
    >>> check_path(["a.csv"], "table")
    Traceback (most recent call last):
    TypeError: table= is a path, not ['a.csv'] (list)
    """
    if not (isinstance(value, (str, os.PathLike)) or (none and value is None)):
        raise TypeError(f"{name}= is a path{' or None' if none else ''}, not {shown(value)}")


def check_readable(path: str | os.PathLike[str], what: str) -> None:
    """Refuse a path at which there is no file.

    Raises
    ------
    RecordingNotFound

    Examples
    --------
    >>> check_readable("/nowhere/states.csv", "table of intervals")
    Traceback (most recent call last):
    ecogcat.errors.RecordingNotFound: /nowhere/states.csv: no such table of intervals
    """
    check_path(path, "path")
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if os.path.isdir(place):
        raise RecordingNotFound(f"{place}: no such {what}: this is a folder; name the file in it")
    if not os.path.exists(place):
        raise RecordingNotFound(f"{place}: no such {what}")


def check_writable(path: str | os.PathLike[str], what: str) -> None:
    """Refuse a path of a file to be written in a folder that is not there, or read-only, or in a store elsewhere.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError

    Examples
    --------
    >>> check_writable("/nowhere/fig.png", "figure")
    Traceback (most recent call last):
    FileNotFoundError: /nowhere/fig.png: the figure cannot be written: there is no folder /nowhere; make it first
    """
    check_path(path, "path")
    check_may_write(os.fspath(path))
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    folder = os.path.dirname(place)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{place}: the {what} cannot be written: there is no folder {folder}; make it first")


def check_number(value: Any, name: str, *, none: bool = False) -> None:
    """Refuse what is no real number; NumPy's are numbers, too, and arrays of one without an axis.

    Examples
    --------
    >>> check_number("1 s", "before")
    Traceback (most recent call last):
    TypeError: before= is a number, not '1 s'
    """
    fine = isinstance(value, (numbers.Real, np.number)) and not isinstance(value, (bool, np.bool_))
    fine = fine or (isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf")
    if not (fine or (none and value is None)):
        raise TypeError(f"{name}= is a number{' or None' if none else ''}, not {shown(value)}")


def check_flag(value: Any, name: str) -> None:
    """Refuse what is neither True nor False: a text such as "no" would count as True.

    Examples
    --------
    >>> check_flag("no", "mapped")
    Traceback (most recent call last):
    TypeError: mapped= is True or False, not 'no'
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}= is True or False, not {shown(value)}")


def checked_dtype(value: Any, name: str = "dtype") -> np.dtype[Any]:
    """Return a NumPy type.

    Examples
    --------
    >>> checked_dtype("f4")
    dtype('float32')
    >>> checked_dtype("volts")
    Traceback (most recent call last):
    TypeError: dtype= is a NumPy type such as 'float32', not 'volts'
    """
    try:
        found: np.dtype[Any] = np.dtype(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}= is a NumPy type such as 'float32', not {shown(value)}") from error
    return found


def check_mapping(value: Any, name: str, example: str) -> None:
    """Refuse what has no names with values.

    Examples
    --------
    >>> check_mapping([1, 2], "columns", "{'tone': [1000, 2000]}")
    Traceback (most recent call last):
    TypeError: columns= has names with values such as {'tone': [1000, 2000]}, not [1, 2] (list)
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"{name}= has names with values such as {example}, not {shown(value)}")
