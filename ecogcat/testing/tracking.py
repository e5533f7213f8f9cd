"""Tracking: which bytes of which buffer the gather kernels read, and which files a function opens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tracked", "opened_files", "tracked_items"]


class Tracked:
    """An array of one axis that notes the address of every element taken out of it, and refuses any other index.

    Parameters
    ----------
    array : ndarray, shape (n,)
    touched : set of int
        Addresses in memory, added to.
    """

    def __init__(self, array: NDArray[Any], touched: set[int]) -> None:
        self.array, self.touched = array, touched
        self.address = int(array.__array_interface__["data"][0])

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self.array.size)

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return int(self.array.itemsize)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of an element."""
        return self.array.dtype

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            outside = key.start is None or key.stop is None or key.start < 0 or key.stop > self.size
            if outside and key.start != key.stop:
                raise AssertionError(f"a kernel takes {key} out of {self.size} elements")
            return Tracked(self.array[key], self.touched)
        if not 0 <= key < self.size:
            raise AssertionError(f"a kernel reads element {key} of {self.size}")
        self.touched.add(self.address + int(key) * self.array.strides[0])
        return self.array[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        self.touched.update(
            range(self.address, self.address + self.size * self.array.strides[0], self.array.strides[0])
        )
        return self.array


@contextmanager
def tracked_items() -> Iterator[set[int]]:
    """Run the gather kernels as plain Python and note the memory address of every stored element they read.

    Yields
    ------
    set of int
        Addresses: of elements of the stored type, or of single bytes where samples lie at odd places.
    """
    from ecogcat.kernels import gather, windows

    touched: set[int] = set()
    before = [(module, name, value) for module in (gather, windows) for name, value in vars(module).items()]

    def plain(function: Any) -> Any:
        return getattr(function, "py_func", function)

    def tracked(function: Any) -> Any:
        def run(src: Any, *arguments: Any) -> None:
            plain(function)(src if isinstance(src, Tracked) else Tracked(src, touched), *arguments)

        return run

    for module, name, value in before:
        if name.startswith("gather_"):
            setattr(module, name, tracked(value))
        elif hasattr(value, "py_func"):
            setattr(module, name, value.py_func)
    try:
        yield touched
    finally:
        for module, name, value in before:
            setattr(module, name, value)


_watchers: list[list[str]] = []
_hooked = False


def _note(event: str, arguments: Any) -> None:
    if _watchers and event in ("open", "mmap.__new__", "os.open"):
        for watcher in _watchers:
            watcher.append(str(arguments[0]) if event == "open" else event)


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Note every file that Python or libhdf5 opens, and every memory map.

    Yields
    ------
    list of str
        Paths; "mmap.__new__" for a map.
    """
    import h5py

    global _hooked
    if not _hooked:  # an audit hook stays for the life of the process: one is enough, and idle but for the watchers
        sys.addaudithook(_note)
        _hooked = True
    seen: list[str] = []
    whole, low = h5py.File, h5py.h5f.open

    class File(whole):  # type: ignore[misc, valid-type]
        def __init__(self, name: Any, *arguments: Any, **options: Any) -> None:
            seen.append(str(name))
            super().__init__(name, *arguments, **options)

    def noted(name: Any, *arguments: Any, **options: Any) -> Any:
        seen.append(str(name))
        return low(name, *arguments, **options)

    _watchers.append(seen)
    h5py.File, h5py.h5f.open = File, noted
    try:
        yield seen
    finally:
        h5py.File, h5py.h5f.open = whole, low
        _watchers.remove(seen)
