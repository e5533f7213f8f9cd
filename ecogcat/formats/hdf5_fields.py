"""What an HDF5 file holds beside samples: where its datasets are, its sampling rate, its attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np

from ecogcat.errors import EcogcatError, FormatError
from ecogcat.signal import Signal

__all__ = ["DAMAGE", "attributes_of", "dataset_at", "datasets_of", "find_rate", "likely_rate", "reading", "text_of"]


# h5py has no error of its own for this: which one comes depends on what the damaged bytes were.
DAMAGE = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)


@contextmanager
def reading(path: str, what: str = "HDF5 file") -> Iterator[None]:
    """Turn what h5py, or another reader, raises over a damaged file into a `FormatError`.

    Examples
    --------
    >>> with reading("a.h5"):
    ...     raise RuntimeError("Unable to get group info")
    Traceback (most recent call last):
    ...
    ecogcat.errors.FormatError: a.h5: this HDF5 file is damaged (found Unable to get group info). Copy it again ...
    """
    try:
        yield
    except EcogcatError:
        raise
    except DAMAGE as error:
        found = str(error).strip() or type(error).__name__
        hint = "Copy it again from where it was recorded"
        raise FormatError(f"this {what} is damaged", path=path, found=found, hint=hint) from error


def datasets_of(file: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Return path and shape of every dataset of an open file.

    Examples
    --------
    >>> import h5py
    >>> with h5py.File("in_memory", "w", driver="core", backing_store=False) as file:
    ...     file["x/chdata"] = [[1, 2, 3]]
    ...     datasets_of(file)
    [('x/chdata', (1, 3))]
    """
    import h5py

    names: list[tuple[str, tuple[int, ...]]] = []

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("#refs#/"):  # MATLAB's own drawer
            names.append((name, item.shape or ()))  # None: a dataset without any extent

    file.visititems(note)
    return names


def dataset_at(file: Any, path: str, key: str, argument: str) -> Any:
    """Return a dataset; FormatError lists those that the file has, and names the argument that chooses one."""
    import h5py

    found = file.get(key)
    if isinstance(found, h5py.Dataset):
        return found
    largest_first = sorted(datasets_of(file), key=lambda one: -math.prod(one[1]))
    listed = [f"{name} {shape}" for name, shape in largest_first]
    shown = ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")
    raise FormatError(
        f"the file has no dataset {key!r}",
        path=path,
        expected=key,
        found=shown or "no dataset at all",
        hint=f"Name one with {argument}",
    )


def find_rate(file: Any, path: str, rate: float | str) -> float:
    """Return a sampling rate, Hz, given as a number or as the dataset or attribute that holds it.

    Parameters
    ----------
    file : h5py.File
    path : str
        For messages.
    rate : float or str
        "Fs" is the dataset, or else the attribute, of that name; "group/rate" is one within a group, or an attribute
        of that group or dataset.

    Raises
    ------
    FormatError
        If nothing is there, or it is not one positive number.

    Examples
    --------
    >>> import h5py
    >>> with h5py.File("in_memory", "w", driver="core", backing_store=False) as file:
    ...     file["x/chdata"] = [[1, 2, 3]]
    ...     file["x/chdata"].attrs["rate"] = 500
    ...     find_rate(file, "a.h5", "x/chdata/rate")
    500.0
    """
    where, value = "sampling_rate=", rate
    if isinstance(rate, str):
        where, value = rate, _value_at(file, path, rate)
    numbers = np.asarray(value).ravel()
    if numbers.size != 1 or numbers.dtype.kind not in "iuf" or not (math.isfinite(numbers[0]) and numbers[0] > 0):
        shown = numbers.tolist() if numbers.size == 1 else f"{numbers.size} values"
        raise FormatError(
            "the sampling rate is not usable",
            path=path,
            expected="one positive number of Hz",
            found=f"{shown} at {where}",
            hint="Give sampling_rate= in Hz",
        )
    return float(numbers[0])


def _value_at(file: Any, path: str, place: str) -> Any:
    import h5py

    node = file.get(place)
    if isinstance(node, h5py.Dataset):
        # Not read when large: a path to the samples themselves is an easy mistake.
        return node[()] if node.size is not None and node.size <= 4 else np.empty(node.shape or 0, np.void)
    group, _, name = place.rpartition("/")
    holder = file.get(group) if group else file
    if holder is not None and name in holder.attrs:
        return holder.attrs[name]
    listed = ", ".join(name for name, shape in datasets_of(file) if math.prod(shape) == 1)
    raise FormatError(
        f"the file has no sampling rate at {place!r}",
        path=path,
        expected="one number",
        found=f"single numbers: {listed or 'none'}; attributes: {', '.join(file.attrs) or 'none'}",
        hint="Give sampling_rate= in Hz, or where it is",
    )


def likely_rate(n_samples: int, signal: Signal, path: str, name: str) -> float:
    """Return the rate of an aligned array whose file does not say: the signal's, or a whole multiple or part of it.

    A stream that was stopped a moment earlier or later is taken for one of the signal's rate: 1 % is let pass.

    Raises
    ------
    FormatError
        If its length is neither.
    """
    ratio = n_samples / signal.n_samples
    nearest = Fraction(round(ratio)) if ratio >= 1 else Fraction(1, round(1 / ratio)) if n_samples else Fraction(1)
    close = abs(n_samples - float(nearest) * signal.n_samples) <= max(1.0, 0.01 * float(nearest) * signal.n_samples)
    if not close:
        raise FormatError(
            f"the sampling rate of aligned array {name!r} is unclear",
            path=path,
            expected=f"{signal.n_samples:,} samples, or a whole multiple or part",
            found=f"{n_samples:,}",
            hint=f"Say it: aligned={{{name!r}: {{'data': ..., 'sampling_rate': ...}}}}",
        )
    return signal.sampling_rate * nearest.numerator / nearest.denominator


def attributes_of(file: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the attributes of a file as plain values, and the names of those that cannot be read.

    Examples
    --------
    >>> import h5py
    >>> with h5py.File("in_memory", "w", driver="core", backing_store=False) as file:
    ...     file.attrs["animal"], file.attrs["gains"] = b"rat-17", [1.0, 2.0]
    ...     attributes_of(file)
    ({'animal': 'rat-17', 'gains': (1.0, 2.0)}, [])
    """
    found: dict[str, Any] = {}
    unreadable: list[str] = []
    for name in file.attrs:
        try:
            found[name] = _plain(file.attrs[name])
        except (OSError, RuntimeError, TypeError, ValueError):  # a type that h5py has no counterpart for
            unreadable.append(name)
    return found, unreadable


def text_of(value: Any) -> str:
    """Return text that may have been stored as bytes, or as an array of one.

    Examples
    --------
    >>> text_of(b"V"), text_of(np.array(["mV"], object))
    ('V', 'mV')
    """
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.ravel()[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return tuple(_plain(one) for one in value.ravel()[:1000].tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bytes, np.bytes_)):
        return text_of(value)
    return value if isinstance(value, (bool, int, float, complex)) else str(value)
