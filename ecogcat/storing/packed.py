"""Packed samples: chunks compressed on several threads into a spool that can be gone on with, then put into a file.

libhdf5 keeps the places of chunks in memory until it closes a file: a killed write would lose them all. So chunks go
into a file of our own first, one after the other, and into HDF5 when all are there, as they are.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.storage import pool
from ecogcat.storage.atomic import put_in_place
from ecogcat.storing import hdf5
from ecogcat.storing.form import Description, Run
from ecogcat.storing.marks import Mark, read_at, read_front_mark, write_at, write_mark
from ecogcat.storing.target import check_space, held, unfinished_path

__all__ = [
    "LEVEL",
    "assembler",
    "batches",
    "bytes_of",
    "chunk_shape",
    "chunks_of",
    "filled_up",
    "pack_all",
    "put_chunks",
    "write_packed",
]

LEVEL = 1
_CHUNK_CHANNELS, _CHUNK_BYTES = 16, 1 << 19
_FRONT = 1024  # bytes of the mark before the first chunk
_COUNT = struct.Struct("<q")

Assemble = Callable[[str, Iterator[tuple[Run, "Chunk", bytes]]], None]
"""(path, chunks in order) -> None; makes the file."""


ShapeOf = Callable[[Run], tuple[int, int]]
PackOne = Callable[[NDArray[Any], tuple[int, int]], bytes]


class Chunk(NamedTuple):
    """Channels first..stop over samples start..end of a run, by its number."""

    run: int
    first: int
    stop: int
    start: int
    end: int


def chunk_shape(run: Run) -> tuple[int, int]:
    """Return (channels, samples) of a chunk: 16 channels, about half a megabyte."""
    channels = max(1, min(_CHUNK_CHANNELS, run.signal.n_channels))
    samples = max(1, _CHUNK_BYTES // (channels * run.dtype.itemsize))
    return channels, max(1, min(1 << (samples.bit_length() - 1), run.signal.n_samples))


def chunks_of(runs: Sequence[Run], shape_of: ShapeOf = chunk_shape) -> Iterator[Chunk]:
    """Yield all chunks: those of one stretch of time together."""
    for number, run in enumerate(runs):
        channels, samples = shape_of(run)
        n_channels, n_samples = run.signal.shape
        for start in range(0, n_samples, samples):
            for first in range(0, n_channels, channels):
                stop = min(n_channels, first + channels)
                yield Chunk(number, first, stop, start, min(n_samples, start + samples))


def write_packed(
    place: str,
    temporary: str,
    key: str,
    runs: Sequence[Run],
    assemble: Assemble,
    told: Callable[[int], None],
    *,
    time_first: bool = False,
) -> None:
    """Write a file of ours whose samples are compressed, from the start or from where a killed write of it got.

    Parameters
    ----------
    place, temporary, key, runs, told, time_first
        As those of `ecogcat.storing.hdf5.write_contiguous`.
    assemble : callable
        Makes the file of its chunks.
    """
    with held(temporary) as descriptor:
        assembled = unfinished_path(place, ".assembled")
        try:
            mark, end = _unfinished(descriptor, key, runs, time_first)
            if mark is None:
                os.ftruncate(descriptor, 0)
                check_space(place, sum(run.nbytes for run in runs))
                mark, end = Mark(key, 0, 0).after(0), _FRONT
            _fill(descriptor, mark, end, runs, time_first, told)
            packed = os.fstat(descriptor).st_size
            check_space(place, packed)
            assemble(assembled, _packed_chunks(descriptor, runs))
            with open(assembled, "rb+") as file:
                os.fsync(file.fileno())
            put_in_place(assembled, place)
            os.unlink(temporary)
        except Exception:
            for path in (temporary, assembled):
                if os.path.exists(path):
                    os.unlink(path)
            raise


def _fill(
    descriptor: int, mark: Mark, end: int, runs: Sequence[Run], time_first: bool, told: Callable[[int], None]
) -> None:
    there, unsynced = mark.sure, 0
    done = there
    os.ftruncate(descriptor, max(end, _FRONT))
    write_mark(descriptor, mark)
    told(sum(bytes_of(runs, chunk) for chunk in islice(chunks_of(runs), there)))
    for chunks in batches(runs, there):
        data = pack_all(runs, chunks, chunk_shape, partial(_pack, time_first=time_first))
        for one in data:
            write_at(descriptor, _COUNT.pack(len(one)) + one, end)
            end += _COUNT.size + len(one)
            unsynced += len(one)
        done += len(chunks)
        mark = mark.after(done)
        if unsynced >= hdf5.SYNC_BYTES:
            os.fsync(descriptor)
            mark, unsynced = mark.all_synced(), 0
        write_mark(descriptor, mark)
        told(sum(bytes_of(runs, chunk) for chunk in chunks))


def bytes_of(runs: Sequence[Run], chunk: Chunk) -> int:
    """Return the bytes of a chunk before it is compressed."""
    return (chunk.stop - chunk.first) * (chunk.end - chunk.start) * runs[chunk.run].dtype.itemsize


def batches(runs: Sequence[Run], there: int, shape_of: ShapeOf = chunk_shape) -> Iterator[list[Chunk]]:
    """Yield chunks of one stretch of time, as many as the memory limit has room for."""
    limit = settings.memory_limit()
    batch: list[Chunk] = []
    size = 0
    for chunk in islice(chunks_of(runs, shape_of), there, None):
        more = 4 * bytes_of(runs, chunk)  # stored, as read, shuffled, packed
        apart = batch and (chunk.run, chunk.start) != (batch[-1].run, batch[-1].start)
        if batch and (apart or (limit is not None and size + more > limit)):
            yield batch
            batch, size = [], 0
        batch.append(chunk)
        size += more
    if batch:
        yield batch


def pack_all(runs: Sequence[Run], chunks: Sequence[Chunk], shape_of: ShapeOf, pack_one: PackOne) -> list[bytes]:
    """Read chunks of one stretch of time by one request, and compress each on a thread of its own."""
    run, first, last = runs[chunks[0].run], chunks[0], chunks[-1]
    values = np.empty((last.stop - first.first, first.end - first.start), run.dtype)
    run.read(first.start, first.end, values, slice(first.first, last.stop))
    shape = shape_of(run)
    packed = [b""] * len(chunks)

    def pack(k: int) -> None:
        rows = values[chunks[k].first - first.first : chunks[k].stop - first.first]
        packed[k] = pack_one(rows, shape)

    pool.run([partial(pack, k) for k in range(len(chunks))])
    return packed


def _pack(values: NDArray[Any], shape: tuple[int, int], time_first: bool) -> bytes:
    """Return a chunk, filled up with zeros at the ends of the array, shuffled and deflated."""
    values = filled_up(values, shape)
    plain = np.ascontiguousarray(values.T if time_first else values)
    shuffled = np.ascontiguousarray(plain.reshape(-1).view(np.uint8).reshape(-1, plain.itemsize).T)
    return zlib.compress(shuffled.data, LEVEL)


def filled_up(values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Return a chunk of full shape, with zeros beyond the ends of the array."""
    if values.shape == shape:
        return values
    whole = np.zeros(shape, values.dtype)
    whole[: values.shape[0], : values.shape[1]] = values
    return whole


def _unfinished(descriptor: int, key: str, runs: Sequence[Run], time_first: bool) -> tuple[Mark | None, int]:
    """Return how far a killed write of the same got and where its last chunk ends, if that chunk is as it should be."""
    mark = read_front_mark(descriptor, key)
    if mark is None:
        return None, 0
    chunks, end, size = list(islice(chunks_of(runs), mark.sure)), _FRONT, os.fstat(descriptor).st_size
    if len(chunks) < mark.sure:
        return None, 0
    for k, chunk in enumerate(chunks):
        (count,) = _COUNT.unpack(read_at(descriptor, _COUNT.size, end) or bytes(_COUNT.size))
        if not 0 < count <= size - end - _COUNT.size:
            return None, 0
        if k in (0, len(chunks) // 2, len(chunks) - 1):
            (wanted,) = pack_all(runs, [chunk], chunk_shape, partial(_pack, time_first=time_first))
            if read_at(descriptor, count, end + _COUNT.size) != wanted:
                return None, 0
        end += _COUNT.size + count
    return mark, end


def _packed_chunks(descriptor: int, runs: Sequence[Run]) -> Iterator[tuple[Run, Chunk, bytes]]:
    end = _FRONT
    for chunk in chunks_of(runs):
        (count,) = _COUNT.unpack(read_at(descriptor, _COUNT.size, end))
        yield runs[chunk.run], chunk, read_at(descriptor, count, end + _COUNT.size)
        end += _COUNT.size + count


def assembler(description: Description, runs: Sequence[Run]) -> Assemble:
    """Return what makes the HDF5 file of a description."""

    def assemble(path: str, chunks: Iterator[tuple[Run, Chunk, bytes]]) -> None:
        import h5py

        with h5py.File(path, "w", locking=False) as file:
            hdf5.put_description(file, description)
            put_chunks(file, runs, chunks, time_first=False)

    return assemble


def put_chunks(file: Any, runs: Sequence[Run], chunks: Iterator[tuple[Run, Chunk, bytes]], time_first: bool) -> None:
    """Put compressed chunks into the datasets of an open HDF5 file, which are made here."""
    for run in runs:
        shape, chunk_of = run.signal.shape, chunk_shape(run)
        if time_first:
            shape, chunk_of = shape[::-1], chunk_of[::-1]
        if 0 in shape:
            dataset = hdf5.room_for(file, run.place, shape, run.dtype)
        else:
            form = {
                "chunks": chunk_of,
                "shuffle": True,
                "compression": "gzip",
                "compression_opts": LEVEL,
            }
            dataset = file.create_dataset(run.place, shape, run.dtype, track_times=False, **form)
        hdf5.put_attributes(dataset, run)
    for run, chunk, data in chunks:
        offset = (chunk.start, chunk.first) if time_first else (chunk.first, chunk.start)
        file[run.place].id.write_direct_chunk(offset, data)
