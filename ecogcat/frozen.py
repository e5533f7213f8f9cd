"""Values that cannot change: read-only arrays, read-only mappings, and the digests that name them.

Records copy what they are given and freeze it; pickling and copying would thaw arrays, so records rebuild through
their constructor (see `Frozen`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["Frozen", "FrozenMapping", "Index", "digest", "freeze", "frozen_value", "index_array"]

Index = NDArray[np.int64]
"""An int64, C-contiguous, read-only index array."""

_K = TypeVar("_K")
_V = TypeVar("_V")


def freeze(values: ArrayLike, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return `values` as a C-contiguous read-only array, copied unless nobody else could write to it."""
    array = np.asarray(values, dtype=dtype, order="C")
    if array.flags.writeable or not _deeply_read_only(array):
        array = np.array(array, order="C", copy=True)
        array.setflags(write=False)
    return array


def _deeply_read_only(array: NDArray[Any]) -> bool:
    base: Any = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return False
        base = base.base
    if base is None:  # the array owns its memory
        return True
    try:
        return memoryview(base).readonly  # bytes, or a file mapped for reading only
    except TypeError:  # no buffer, such as another library's memory behind DLPack: it may still write there
        return False


def index_array(values: Iterable[int] | NDArray[Any]) -> Index:
    """Return `values` as a frozen int64 index array of one axis."""
    if not isinstance(values, np.ndarray):
        values = np.asarray(values if isinstance(values, range) else list(values), dtype=np.int64)
    return freeze(values, np.int64)


class FrozenMapping(Mapping[_K, _V]):
    """A mapping that cannot be changed; ordered as given, equal to any mapping of equal items.

    Examples
    --------
    >>> FrozenMapping(a=1)["a"]
    1
    """

    __slots__ = ("_items",)
    _items: dict[_K, _V]

    def __init__(self, *args: Any, **items: Any) -> None:
        object.__setattr__(self, "_items", dict(*args, **items))

    def __getitem__(self, key: _K) -> _V:
        return self._items[key]

    def __iter__(self) -> Iterator[_K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} is immutable")

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self._items),)

    def __copy__(self) -> FrozenMapping[_K, _V]:
        return self


def frozen_value(value: Any) -> Any:
    """Return mappings, lists and sets, as deep as they go, as values that cannot be changed."""
    if isinstance(value, FrozenMapping):
        return value
    if isinstance(value, Mapping):
        return FrozenMapping({key: frozen_value(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(frozen_value(item) for item in value)
    return freeze(value) if isinstance(value, np.ndarray) else value


class Frozen:
    """Mixin of the records: frozen dataclasses that stay frozen through copy, deepcopy and pickle.

    A copy of an immutable value is the value itself. Unpickling calls the constructor, which freezes the arrays again.
    """

    __slots__ = ()

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: object) -> Any:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        names = [field.name for field in fields(self) if field.init]  # type: ignore[arg-type]
        return _rebuild, (type(self), {name: getattr(self, name) for name in names})


def _rebuild(cls: type[Any], values: dict[str, Any]) -> Any:
    return cls(**values)


def digest(*values: object) -> str:
    """Return a 128-bit hexadecimal name of `values`: equal in every process for equal values.

    Parameters
    ----------
    *values : None, bool, int, float, str, bytes, dtype, datetime, array, or sequence or mapping of these
        Nested as deeply as wanted. Types are told apart: ``1``, ``1.0``, ``True`` and ``"1"`` differ.

    Examples
    --------
    >>> digest(1, "a") == digest(1, "a"), digest(1) == digest(1.0)
    (True, False)
    """
    state = hashlib.blake2b(digest_size=16)
    _update(state, values)
    return state.hexdigest()


def _update(state: Any, value: Any) -> None:
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        value = ["object", list(value.shape), *value.ravel().tolist()]
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        state.update(f"array{array.dtype.str}{array.shape}".encode())
        state.update(array.reshape(-1).view(np.uint8) if array.size else b"")
    elif isinstance(value, bytes):
        state.update(b"bytes%d:" % len(value) + value)
    elif isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        state.update(b"str%d:" % len(data) + data)
    elif isinstance(value, Mapping):
        state.update(b"map%d:" % len(value))
        for key in sorted(value, key=str):
            _update(state, key)
            _update(state, value[key])
    elif isinstance(value, (list, tuple)):
        state.update(b"seq%d:" % len(value))
        for item in value:
            _update(state, item)
    elif isinstance(value, np.generic):
        state.update(f"scalar{value.dtype.str}:".encode() + value.tobytes())
    elif value is None or isinstance(value, (bool, int, float, complex, np.dtype, range, datetime)):
        state.update(f"{type(value).__name__}:{value!r};".encode())
    else:
        # A default repr would hold an address: the digest would differ from process to process without a word.
        raise TypeError(f"cannot take the digest of a {type(value).__name__}: {value!r}")
