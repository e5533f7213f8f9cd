"""Zarr 3 folders: a file a chunk, written beside the target and given its name when all are on disk."""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.errors import ReadOnlyError
from ecogcat.storage import pool
from ecogcat.storage.atomic import sync_folder
from ecogcat.storing import hdf5, packed
from ecogcat.storing.form import LAYOUT, Description, Run
from ecogcat.storing.marks import Mark, read_front_mark, write_mark
from ecogcat.storing.packed import Chunk
from ecogcat.storing.target import check_space, held, unfinished_path

__all__ = ["write_zarr"]

_PLAIN_BYTES = 8 << 20
_MARK = ".ecogcat-mark"
_EXCHANGE, _HERE = 2, -100  # of Linux: RENAME_EXCHANGE, AT_FDCWD


def chunk_shape(run: Run, compressed: bool) -> tuple[int, int]:
    """Return (channels, samples) of a chunk: all channels over about 8 MB; packed ones as in HDF5."""
    if compressed:
        return packed.chunk_shape(run)
    each = max(1, run.signal.n_channels * run.dtype.itemsize)
    samples = max(1, _PLAIN_BYTES // each)
    return max(1, run.signal.n_channels), max(1, min(1 << (samples.bit_length() - 1), run.signal.n_samples))


def write_zarr(
    dataset: Dataset,
    place: str,
    temporary: str,
    key: str,
    description: Description,
    runs: Sequence[Run],
    told: Callable[[int], None],
    compression: str | None,
) -> None:
    """Write a Zarr folder, from the start or from where a killed write of it got."""
    _check_types(runs)
    _check_folder(place)
    shape_of = partial(chunk_shape, compressed=compression is not None)
    if os.path.isdir(temporary) and not os.path.exists(os.path.join(temporary, _MARK)):
        shutil.rmtree(temporary)  # what an exchange left behind
    os.makedirs(temporary, exist_ok=True)
    with held(os.path.join(temporary, _MARK)) as descriptor:
        try:
            mark = read_front_mark(descriptor, key)
            if mark is None or not _is_right(temporary, mark, runs, shape_of, compression):
                _empty(temporary)
                check_space(place, sum(run.nbytes for run in runs))
                mark = Mark(key, 0, 0).after(0)
                write_mark(descriptor, mark)
                _put_metadata(temporary, dataset, description, runs, shape_of, compression)
            _fill(temporary, descriptor, mark, runs, shape_of, told, compression)
            _sync_folders(temporary)
            os.unlink(os.path.join(temporary, _MARK))
            _put_folder_in_place(temporary, place)
        except Exception:
            shutil.rmtree(temporary)
            raise


def _check_types(runs: Sequence[Run]) -> None:
    for run in runs:
        if run.dtype.itemsize > (16 if run.dtype.kind == "c" else 8):
            what = f"Zarr has no type for {run.place}, which is {run.dtype}"
            raise TypeError(f"{what}: write it to a name that ends in .h5")


def _check_folder(place: str) -> None:
    if os.path.lexists(place) and not os.path.isfile(os.path.join(place, "zarr.json")):
        raise ReadOnlyError(f"{place} is there and is no Zarr folder: it is not replaced. Write to another name")


def _empty(folder: str) -> None:
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif name != _MARK:
            os.unlink(path)


def _put_metadata(
    folder: str, dataset: Dataset, description: Description, runs: Sequence[Run], shape_of: Any, compression: Any
) -> None:
    own = {"ecogcat_layout": LAYOUT, "ecogcat_digest": description.digest}
    _put_group(folder, own | {"sampling_rate": dataset.sampling_rate, "units": dataset.units})
    for name in {"description", *(os.path.dirname(run.place) for run in runs)} - {""}:
        _put_group(os.path.join(folder, name), {})
    text = np.frombuffer(description.text.encode("ascii"), np.uint8)
    for name, array in {"text": text, **{f"a{k}": one for k, one in enumerate(description.arrays)}}.items():
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        form: dict[str, Any] = {"array_type": array.dtype.str, "array_shape": list(array.shape)}
        place = os.path.join(folder, "description", name)
        _put_array(place, data.shape, (max(1, len(data)),), data.dtype, form, None)
        if len(data):
            _put_file(os.path.join(place, "c", "0"), data.data)
    for run in runs:
        about = {"sampling_rate": run.signal.sampling_rate, "units": run.signal.units, **hdf5.scale_of(run)}
        plain = {name: np.asarray(value).tolist() for name, value in about.items()}
        _put_array(os.path.join(folder, run.place), run.signal.shape, shape_of(run), run.dtype, plain, compression)


def _put_group(folder: str, attributes: dict[str, Any]) -> None:
    _put_json(folder, {"zarr_format": 3, "node_type": "group", "attributes": attributes})


def _put_array(
    folder: str, shape: Any, chunk: Any, dtype: np.dtype[Any], attributes: dict[str, Any], compression: str | None
) -> None:
    codecs: list[dict[str, Any]] = [{"name": "bytes", "configuration": {"endian": "little"}}]
    if compression:
        codecs.append({"name": "gzip", "configuration": {"level": packed.LEVEL}})
    fills: dict[str, Any] = {"b": False, "c": [0.0, 0.0], "f": 0.0}
    tree = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fills.get(dtype.kind, 0),
        "codecs": codecs,
        "attributes": attributes,
    }
    names = ["channel", "sample"]
    _put_json(folder, tree | {"dimension_names": names} if len(shape) == 2 else tree)


def _put_json(folder: str, tree: dict[str, Any]) -> None:
    os.makedirs(folder, exist_ok=True)
    _put_file(os.path.join(folder, "zarr.json"), json.dumps(tree, indent=1).encode("ascii"))


def _put_file(path: str, data: bytes | memoryview) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def _fill(
    folder: str, descriptor: int, mark: Mark, runs: Sequence[Run], shape_of: Any, told: Any, compression: Any
) -> None:
    there, unsynced, done = mark.sure, 0, mark.sure
    told(sum(packed.bytes_of(runs, chunk) for chunk in islice(packed.chunks_of(runs, shape_of), there)))
    waiting: list[str] = []
    for chunks in packed.batches(runs, there, shape_of):
        data = _pack_all(runs, chunks, shape_of, compression)
        for chunk, one in zip(chunks, data, strict=True):
            waiting.append(_path(folder, runs, chunk, shape_of))
            _put_file(waiting[-1], one)
            unsynced += len(one)
        done += len(chunks)
        mark = mark.after(done)
        if unsynced >= hdf5.SYNC_BYTES:
            _sync_files(waiting)
            mark, unsynced, waiting = mark.all_synced(), 0, []
        write_mark(descriptor, mark)
        told(sum(packed.bytes_of(runs, chunk) for chunk in chunks))
    _sync_files(waiting)


def _path(folder: str, runs: Sequence[Run], chunk: Chunk, shape_of: Any) -> str:
    channels, samples = shape_of(runs[chunk.run])
    return os.path.join(
        folder, *runs[chunk.run].place.split("/"), "c", str(chunk.first // channels), str(chunk.start // samples)
    )


def _pack_all(runs: Sequence[Run], chunks: Sequence[Chunk], shape_of: Any, compression: Any) -> list[bytes]:
    def pack(rows: NDArray[Any], shape: tuple[int, int]) -> bytes:
        plain = packed.filled_up(rows, shape).astype(rows.dtype.newbyteorder("<"), copy=False).tobytes()
        return gzip.compress(plain, packed.LEVEL, mtime=0) if compression else plain

    return packed.pack_all(runs, chunks, shape_of, pack)


def _is_right(folder: str, mark: Mark, runs: Sequence[Run], shape_of: Any, compression: Any) -> bool:
    """Whether chunks of an unfinished folder are there, and those that were written first, amid and last are right."""
    chunks = list(islice(packed.chunks_of(runs, shape_of), mark.sure))
    for k, chunk in enumerate(chunks):
        path = _path(folder, runs, chunk, shape_of)
        if not os.path.isfile(path):
            return False
        if k in (0, len(chunks) // 2, len(chunks) - 1):
            (wanted,) = _pack_all(runs, [chunk], shape_of, compression)
            with open(path, "rb") as file:
                if file.read() != wanted:
                    return False
    return len(chunks) == mark.sure


def _sync_files(paths: Sequence[str]) -> None:
    def sync(path: str) -> None:
        with open(path, "rb+") as file:
            os.fsync(file.fileno())

    pool.run([partial(sync, path) for path in paths])


def _sync_folders(folder: str) -> None:
    for place, _, names in os.walk(folder):
        _sync_files([os.path.join(place, name) for name in names if name == "zarr.json"])
        sync_folder(place)
    description = os.path.join(folder, "description")
    _sync_files(list(_files_in(description)))


def _files_in(folder: str) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        yield from (os.path.join(place, name) for name in names)


def _put_folder_in_place(temporary: str, place: str) -> None:
    """Give a whole folder its name; one that is there is exchanged for it, in one step where the system has that."""
    if not os.path.lexists(place):
        os.rename(temporary, place)
        sync_folder(os.path.dirname(place))
        return
    old = temporary
    if not _exchanged(temporary, place):
        old = unfinished_path(place, ".old")
        os.rename(place, old)
        os.rename(temporary, place)
    sync_folder(os.path.dirname(place))
    shutil.rmtree(old)


def _exchanged(one: str, other: str) -> bool:
    """Exchange two names in one step; False where the system, or the disk, cannot."""
    try:
        exchange = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return bool(exchange(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
