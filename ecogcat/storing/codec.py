"""Codec: records, tables and metadata as JSON text beside plain arrays, and back; nothing is pickled or evaluated.

JSON has its own None, booleans, whole numbers, floats, text, lists and objects. What it lacks is an object of one key
that begins with ``~``: ``{"~time": [123, "ns"]}``. Larger arrays of numbers lie beside the text and are named by
number; equal ones are kept once.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.channels import ChannelMap
from ecogcat.frozen import FrozenMapping, digest
from ecogcat.parts import ArrayForm, OpenedChannels, OwnForm, Part, Processing

__all__ = ["decode", "encode"]

_INLINE = 16  # numbers of an array that stay in the text
_RECORDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Part, Processing, OpenedChannels, OwnForm, ChannelMap)
}
_MASKED = {"boolean": "bool"} | {
    f"{kind}{n}": f"{kind.lower()}{n}" for kind in ("Int", "UInt") for n in (8, 16, 32, 64)
}
_MASKED |= {"Float32": "float32", "Float64": "float64"}


def encode(value: Any) -> tuple[str, list[NDArray[Any]]]:
    """Return a value as JSON text and the arrays that lie beside it.

    Parameters
    ----------
    value : None, bool, number, text, time, array, data frame, record of a dataset, or sequence or mapping of these

    Returns
    -------
    text : str
        ASCII.
    arrays : list of ndarray
        Of booleans, whole and real and complex numbers.

    Raises
    ------
    TypeError
        If it holds anything else; the message says where.

    Examples
    --------
    >>> encode({"gain": 0.195, "rows": (1, 2), "rate": float("inf")})
    ('{"gain":0.195,"rows":[1,2],"rate":{"~float":"inf"}}', [])
    """
    encoder = _Encoder()
    tree = encoder.tree(value, "")
    return json.dumps(tree, separators=(",", ":"), allow_nan=False), encoder.arrays


def decode(text: str, arrays: Sequence[NDArray[Any]]) -> Any:
    """Return the value that `encode` wrote: sequences are tuples, mappings and arrays cannot be changed.

    Raises
    ------
    ValueError, TypeError, LookupError, RecursionError
        If the text is not what `encode` writes.

    Examples
    --------
    >>> decode(*encode([1, 2.0, None, {3: "x"}, np.datetime64("2026-03-14", "s")]))
    (1, 2.0, None, {3: 'x'}, np.datetime64('2026-03-14T00:00:00'))
    """
    return _Decoder(arrays).value(json.loads(text))


class _Encoder:
    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []
        self._known: dict[str, int] = {}

    def tree(self, value: Any, where: str) -> Any:
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"~float": repr(value)}
        if isinstance(value, Mapping):
            return self._mapping(value, where)
        if isinstance(value, ArrayForm):
            return {"~ArrayForm": [self.tree(one, where) for one in value]}
        if isinstance(value, (list, tuple)):
            return [self.tree(one, f"{where}[{k}]") for k, one in enumerate(value)]
        if isinstance(value, np.ndarray):
            return self._array(value, where)
        if isinstance(value, pd.DataFrame):
            columns = [[str(name), self._column(value[name], f"{where}.{name}")] for name in value.columns]
            return {"~table": [len(value), columns]}
        for name, kind in _RECORDS.items():
            if isinstance(value, kind):
                held = {one.name: getattr(value, one.name) for one in fields(kind) if one.init}
                return {f"~{name}": {key: self.tree(one, f"{where}.{key}") for key, one in held.items()}}
        return self._scalar(value, where)

    def _mapping(self, value: Mapping[Any, Any], where: str) -> Any:
        if all(type(key) is str for key in value) and not any(key.startswith("~") for key in value):
            return {key: self.tree(one, f"{where}.{key}") for key, one in value.items()}
        return {"~map": [[self.tree(key, where), self.tree(one, f"{where}.{key}")] for key, one in value.items()]}

    def _scalar(self, value: Any, where: str) -> Any:
        if value is pd.NA or value is pd.NaT:
            return {"~missing": "NA" if value is pd.NA else "NaT"}
        if isinstance(value, (np.datetime64, np.timedelta64)):
            name = "time" if isinstance(value, np.datetime64) else "span"
            unit, count = np.datetime_data(value.dtype)
            if count != 1:  # such as 10 ms
                value = value.astype(f"{value.dtype.kind}8[{unit}]")
            return {f"~{name}": [int(value.astype(np.int64)), unit]}
        if isinstance(value, pd.Timestamp):
            zone = None if value.tz is None else str(value.tz)
            return {"~stamp": [value.isoformat(), value.unit, zone]}
        if isinstance(value, pd.Timedelta):
            return {"~delta": [int(value.asm8.astype(np.int64)), value.unit]}
        if isinstance(value, (pd.Period, pd.Interval)):
            return self._pandas(value, where)
        if isinstance(value, np.generic) and value.dtype.kind in "biufc":
            if value.dtype.name in _EXACT:
                return {"~number": [value.dtype.name, self.tree(value.item(), where)]}
            return {"~scalar": self._array(np.asarray(value), where)}
        if type(value) in _TIMES:
            return {f"~{_TIMES[type(value)]}": value.isoformat()}
        if isinstance(value, timedelta):
            return {"~timedelta": [value.days, value.seconds, value.microseconds]}
        if isinstance(value, complex):
            return {"~complex": [self.tree(value.real, where), self.tree(value.imag, where)]}
        if isinstance(value, Fraction):
            return {"~fraction": [value.numerator, value.denominator]}
        if isinstance(value, (bytes, np.bytes_)):
            return {"~bytes": bytes(value).hex()}
        if isinstance(value, str):  # numpy's, or that of a library
            return str(value)
        if isinstance(value, (set, frozenset)):
            return {"~set": [self.tree(one, where) for one in sorted(value, key=repr)]}
        if isinstance(value, range):
            return {"~range": [value.start, value.stop, value.step]}
        if isinstance(value, os.PathLike):
            return str(os.fspath(value))
        return self._refused(value, where)

    def _refused(self, value: Any, where: str) -> Any:
        raise TypeError(
            f"{where.lstrip('.') or 'this'} is a {type(value).__name__}, which no file can hold as plain text and "
            f"numbers: {value!r:.80}. Replace it by what is to be kept of it"
        )

    def _pandas(self, value: Any, where: str) -> Any:
        if isinstance(value, pd.Period):
            return {"~period": [int(value.ordinal), value.freqstr]}
        return {"~interval": [self.tree(value.left, where), self.tree(value.right, where), value.closed]}

    def _array(self, array: NDArray[Any], where: str) -> Any:
        kind = array.dtype.kind
        if kind in "mM":
            return {"~timed": [array.dtype.newbyteorder("=").str, self._array(array.view(np.int64), where)]}
        if kind in "OUST":
            held = [self.tree(one, where) for one in array.ravel().tolist()]
            return {"~objects": ["O" if kind == "T" else array.dtype.newbyteorder("=").str, list(array.shape), held]}
        if kind not in "biufc":
            self._refused(array, where)
        plain = np.array(array, array.dtype.newbyteorder("="), order="C", copy=None)
        if plain.size <= _INLINE and kind in "biu":
            return {"~array": [plain.dtype.name, list(plain.shape), plain.ravel().tolist()]}
        if plain.size <= _INLINE and plain.dtype == np.float64 and np.isfinite(plain).all():
            return {"~array": ["float64", list(plain.shape), plain.ravel().tolist()]}
        name = digest(plain)
        place = self._known.setdefault(name, len(self.arrays))
        if place == len(self.arrays):
            self.arrays.append(plain.reshape(plain.shape))
        return {"~beside": place}

    def _column(self, column: pd.Series[Any], where: str) -> Any:
        dtype: Any = column.dtype
        name = str(dtype)
        if isinstance(dtype, np.dtype) and dtype.kind in "biufcmM":
            return [name, self._array(column.to_numpy(), where)]
        if name in _MASKED:
            there = column.notna().to_numpy()
            values = column.to_numpy(_MASKED[name], na_value=0)
            return [name, self._array(values, where), self._array(there, where)]
        if isinstance(dtype, pd.DatetimeTZDtype):
            plain = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
            return [name, self._array(plain, where)]
        if isinstance(dtype, pd.CategoricalDtype):
            levels = pd.Series(dtype.categories)
            codes = self._array(column.cat.codes.to_numpy(), where)
            return ["category", codes, self._column(levels, where), bool(dtype.ordered)]
        return [name, [self.tree(one, f"{where}[{k}]") for k, one in enumerate(column.tolist())]]


_EXACT = (
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
)
_TIMES: dict[type[Any], str] = {datetime: "datetime", date: "date", time: "timeofday"}


class _Decoder:
    def __init__(self, arrays: Sequence[NDArray[Any]]) -> None:
        self._arrays = arrays

    def value(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return tuple(self.value(one) for one in tree)
        if not isinstance(tree, dict):
            return tree
        if len(tree) == 1:
            (name, held), *_ = tree.items()
            if name.startswith("~"):
                return self._tagged(name[1:], held)
        return FrozenMapping({key: self.value(one) for key, one in tree.items()})

    def _tagged(self, name: str, held: Any) -> Any:
        if name in _RECORDS:
            return _RECORDS[name](**{key: self.value(one) for key, one in held.items()})
        if name == "map":
            return FrozenMapping({self.value(key): self.value(one) for key, one in held})
        if name == "beside":
            array = self._arrays[held]
            array.setflags(write=False)
            return array
        if name == "array":
            dtype, shape, numbers = held
            array = np.array(numbers, _number_type(dtype)).reshape(shape)
            array.setflags(write=False)
            return array
        if name == "timed":
            return self.value(held[1]).view(_type(held[0], "mM"))
        if name == "objects":
            dtype, shape, cells = held
            array = np.empty(len(cells), _type(dtype, "OUS"))
            array[:] = [self.value(one) for one in cells]
            return array.reshape(shape)
        if name == "table":
            n, columns = held
            return pd.DataFrame({key: self._column(*one) for key, one in columns}, index=pd.RangeIndex(n))
        if name == "ArrayForm":
            return ArrayForm(*(self.value(one) for one in held))
        return _SCALARS[name](self.value(held))

    def _column(self, name: str, values: Any, *more: Any) -> Any:
        if name == "category":
            levels = pd.Index(self._column(*more[0]))
            return pd.Series(pd.Categorical.from_codes(self.value(values), levels, more[1]))
        dtype: Any = pd.api.types.pandas_dtype(name)
        held = self.value(values)
        if name in _MASKED:
            return pd.Series(dtype.construct_array_type()(held.astype(_MASKED[name]), ~self.value(more[0])))
        if isinstance(dtype, pd.DatetimeTZDtype):
            return pd.Series(held).dt.tz_localize("UTC").astype(dtype)
        if isinstance(held, np.ndarray):
            return pd.Series(np.array(held, dtype))
        if dtype.kind == "O" and name == "object":
            cells = np.empty(len(held), object)
            cells[:] = held
            return pd.Series(cells, dtype=object)
        return pd.Series(list(held), dtype=dtype)


def _type(name: str, kinds: str) -> np.dtype[Any]:
    dtype = np.dtype(name)
    if dtype.kind not in kinds:
        raise ValueError(f"{name!r} is no type of these kinds: {kinds}")
    return dtype


def _stamp(text: str, unit: Any, zone: str | None) -> pd.Timestamp:
    stamp = pd.Timestamp(text).as_unit(unit)
    return stamp if zone is None else stamp.tz_convert(zone)


def _number_type(name: str) -> np.dtype[Any]:
    return _type(name, "biufc")


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "float": lambda held: {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[held],
    "missing": lambda held: {"NA": pd.NA, "NaT": pd.NaT}[held],
    "time": lambda held: np.datetime64(held[0], held[1]),
    "span": lambda held: np.timedelta64(held[0], held[1]),
    "stamp": lambda held: _stamp(*held),
    "scalar": lambda held: held[()],
    "delta": lambda held: pd.Timedelta(np.timedelta64(held[0], held[1])),
    "period": lambda held: pd.Period(ordinal=held[0], freq=held[1]),
    "interval": lambda held: pd.Interval(held[0], held[1], closed=held[2]),
    "number": lambda held: _number_type(held[0]).type(held[1]),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "timeofday": time.fromisoformat,
    "timedelta": lambda held: timedelta(*held),
    "complex": lambda held: complex(*held),
    "fraction": lambda held: Fraction(*held),
    "bytes": bytes.fromhex,
    "set": frozenset,
    "range": lambda held: range(*held),
}
