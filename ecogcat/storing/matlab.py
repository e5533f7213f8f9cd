"""MATLAB 7.3 files: HDF5 behind a header of MATLAB's, its arrays seen there as (channels, samples).

MATLAB reads the axes of HDF5 in reverse: what it shows as (channels, samples) lies as (n_samples, n_channels). The
variables: `signal`, `aligned` (a struct), `ground` and `reference_channels` where there are any, `Fs`, `units`, `gain`
and `offset` (value = signal * gain + offset), `event_index`, which counts from 1; and what ecogcat needs to open it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.storing.form import LAYOUT, Description, Run
from ecogcat.storing.hdf5 import Skeleton, put_attributes, reach, room_for
from ecogcat.storing.packed import Assemble, Chunk, put_chunks

__all__ = ["assembler", "matlab_runs", "skeleton_of"]

_HEADER = b"MATLAB 7.3 MAT-file, written by ecogcat"
_VERSION = b"\x00\x02IM"
_USER_BLOCK = 512
_CLASSES = {"float32": "single", "float64": "double"} | {
    f"{kind}{n}": f"{kind}{n}" for kind in ("int", "uint") for n in (8, 16, 32, 64)
}
_STAND_INS: dict[str, np.dtype[Any]] = {"bool": np.dtype(np.uint8), "float16": np.dtype(np.float32)}


def matlab_runs(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return runs in types that MATLAB has: logical ones as bytes, half precision as single.

    Raises
    ------
    TypeError
        If it has none for one.
    """
    for run in runs:
        if run.dtype.name not in _CLASSES and run.dtype.name not in _STAND_INS:
            what = f"MATLAB has no type for {run.place}, which is {run.dtype}"
            raise TypeError(f"{what}: write it to a name that ends in .h5")
    return tuple(replace(run, dtype=_STAND_INS.get(run.dtype.name, run.dtype)) for run in runs)


def skeleton_of(dataset: Dataset, description: Description, runs: Sequence[Run]) -> Skeleton:
    """Return what makes the file, with room for the samples of its runs."""

    def make(path: str) -> dict[str, int]:
        places = {"signature": _USER_BLOCK}
        with _matlab_file(path) as file:
            _put_variables(file, dataset, description)
            for run in runs:
                made = room_for(file, run.place, run.signal.shape[::-1], run.dtype)
                put_attributes(made, run)
                _finish(made, run)
                places[run.place] = made.id.get_offset() or 0
            _mark_structs(file)
        reach(path, [places[run.place] + run.nbytes for run in runs])
        _put_header(path)
        return places

    return make


def assembler(dataset: Dataset, description: Description, runs: Sequence[Run]) -> Assemble:
    """Return what makes the file of compressed chunks."""

    def assemble(path: str, chunks: Iterator[tuple[Run, Chunk, bytes]]) -> None:
        with _matlab_file(path) as file:
            _put_variables(file, dataset, description)
            put_chunks(file, runs, chunks, time_first=True)
            for run in runs:
                _finish(file[run.place], run)
            _mark_structs(file)
        _put_header(path)

    return assemble


@contextmanager
def _matlab_file(path: str) -> Iterator[Any]:
    import h5py

    with h5py.File(path, "w", userblock_size=_USER_BLOCK, libver=("earliest", "v110"), locking=False) as file:
        yield file


def _put_header(path: str) -> None:
    with open(path, "rb+") as file:
        file.write(_HEADER.ljust(124, b" ")[:116] + bytes(8) + _VERSION)


def _finish(made: Any, run: Run) -> None:
    made.attrs["axes"] = "sample, channel"
    _set_class(made, "logical" if run.signal.dtype == np.bool_ and not run.raw else _CLASSES[run.dtype.name])


def _set_class(made: Any, name: str) -> None:
    made.attrs["MATLAB_class"] = np.bytes_(name)
    if name == "logical":
        made.attrs["MATLAB_int_decode"] = np.int32(1)
    if name == "char":
        made.attrs["MATLAB_int_decode"] = np.int32(2)


def _put_variables(file: Any, dataset: Dataset, description: Description) -> None:
    file.attrs["ecogcat_layout"] = LAYOUT
    file.attrs["ecogcat_digest"] = np.bytes_(description.digest)  # of fixed length
    scale = dataset.signal.pieces[0].scale(np.arange(dataset.n_channels))
    _put(file, "Fs", np.float64(dataset.sampling_rate))
    _put_text(file, "units", dataset.units)
    if scale is not None and len(dataset.signal.pieces) == 1:
        _put(file, "gain", scale.gain)
        _put(file, "offset", scale.offset)
    _put(file, "event_index", dataset.events.sample.astype(np.float64) + 1)
    _put(file, "description/text", np.frombuffer(description.text.encode("ascii"), np.uint8))
    for k, array in enumerate(description.arrays):
        # As bytes: it is one row for MATLAB, whatever its axes and its type.
        made = _put(file, f"description/a{k}", np.ascontiguousarray(array).reshape(-1).view(np.uint8))
        made.attrs["array_type"], made.attrs["array_shape"] = array.dtype.str, np.array(array.shape, np.int64)


def _put(file: Any, name: str, values: NDArray[Any] | np.generic) -> Any:
    column = np.asarray(values).reshape(-1, 1)
    made = file.create_dataset(name, data=column, track_times=False)
    _set_class(made, _CLASSES[column.dtype.name])
    return made


def _put_text(file: Any, name: str, text: str) -> None:
    letters = np.frombuffer(text.encode("utf-16-le"), np.uint16).reshape(-1, 1)
    _set_class(file.create_dataset(name, data=letters, track_times=False), "char")


def _mark_structs(file: Any) -> None:
    for name in ("aligned", "description"):
        if name in file:
            file[name].attrs["MATLAB_class"] = np.bytes_("struct")
