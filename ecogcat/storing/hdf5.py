"""HDF5 files of ours: their skeleton made by libhdf5, whole and closed, then the samples written where it has room.

Samples lie contiguously, channel after channel: nothing reads faster, and the file is mapped when it is opened. While
it is unfinished its signature is not that of HDF5, so that nobody takes it for a recording.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.storage.atomic import put_in_place
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.disk import take_room
from ecogcat.storing import blocks
from ecogcat.storing.blocks import Block, blocks_of, stream
from ecogcat.storing.form import LAYOUT, Description, Run
from ecogcat.storing.marks import Mark, begin_marks, read_at, read_mark, write_at, write_mark
from ecogcat.storing.target import check_space, held

__all__ = [
    "SIGNATURE",
    "UNFINISHED_SIGNATURE",
    "put_attributes",
    "put_description",
    "reach",
    "room_for",
    "scale_of",
    "skeleton_of",
    "write_contiguous",
]

SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNFINISHED_SIGNATURE = b"\x89ECOG\r\n~"
SYNC_BYTES = 1 << 30  # written between two syncs: what a power cut can cost
_MOST_SCALES = 4096  # an attribute has 64 KB
_CHECKED = 3  # blocks compared with their source before an unfinished file is gone on with

Skeleton = Callable[[str], dict[str, int]]
"""(path) -> byte offset of each run by its place in the file, and of "signature"; makes the file without samples."""


def write_contiguous(
    place: str,
    temporary: str,
    key: str,
    runs: Sequence[Run],
    skeleton: Skeleton,
    told: Callable[[int], None],
    *,
    time_first: bool = False,
) -> None:
    """Write a file of ours whose samples are contiguous, from the start or from where a killed write of it got.

    Parameters
    ----------
    place, temporary : str
        Where it goes, and its name until it is whole.
    key : str
        Digest of all that is written, and how.
    runs : sequence of Run
    skeleton : callable
        Makes the file.
    told : callable
        Is told how many bytes of samples more are there.
    time_first : bool
        The samples are (n_samples, n_channels).
    """
    with held(temporary) as descriptor:
        try:
            found = _unfinished(descriptor, key, runs, time_first)
            if found is None:
                os.ftruncate(descriptor, 0)
                check_space(place, sum(run.nbytes for run in runs))
                places = skeleton(temporary)
                write_at(descriptor, UNFINISHED_SIGNATURE, places["signature"])
                size = os.fstat(descriptor).st_size
                take_room(descriptor, size)
                mark = begin_marks(descriptor, key, size, places)
            else:
                mark, places = found
                check_space(place, mark.size, getattr(os.fstat(descriptor), "st_blocks", 0) * 512)
            _fill(descriptor, mark, runs, places, time_first, told)
            os.fsync(descriptor)
            # All samples are on disk. What is left takes no time.
            write_at(descriptor, SIGNATURE, places["signature"])
            os.ftruncate(descriptor, mark.size)
            os.fsync(descriptor)
            put_in_place(temporary, place)
        except Exception:
            with suppress(FileNotFoundError):  # it may have its name already
                os.unlink(temporary)
            raise


def _unfinished(descriptor: int, key: str, runs: Sequence[Run], time_first: bool) -> tuple[Mark, dict[str, int]] | None:
    """Return how far a killed write of the same got, if what it wrote last, and some of the rest, is right."""
    found = read_mark(descriptor, key)
    if found is None:
        return None
    mark, places = found
    there = list(takewhile(lambda block: block.done <= mark.sure, blocks_of(runs, time_first=time_first)))
    for block in there[:: max(1, len(there) // _CHECKED)] + there[-1:]:
        run = runs[block.run]
        wanted = np.empty((block.last - block.first, block.stop - block.start), run.dtype)
        run.read(block.start, block.stop, wanted, slice(block.first, block.last))
        for offset, data in _pieces(block, wanted, run, places[run.place], time_first):
            if read_at(descriptor, len(data), offset) != data:
                return None
    return mark, places


def _fill(
    descriptor: int,
    mark: Mark,
    runs: Sequence[Run],
    places: dict[str, int],
    time_first: bool,
    told: Callable[[int], None],
) -> None:
    unsynced, there = 0, mark.sure
    told(there)

    def write(block: Block, values: NDArray[Any]) -> None:
        nonlocal mark, unsynced
        run = runs[block.run]
        for offset, data in _pieces(block, values, run, places[run.place], time_first):
            write_at(descriptor, data, offset)
        unsynced += values.nbytes
        if block.done - mark.done >= blocks.BLOCK_BYTES or unsynced >= SYNC_BYTES:
            mark = mark.after(block.done)
            if unsynced >= SYNC_BYTES:
                os.fsync(descriptor)
                mark, unsynced = mark.all_synced(), 0
            write_mark(descriptor, mark)
        told(values.nbytes)

    stream(runs, blocks_of(runs, there, time_first=time_first), write)


def _pieces(
    block: Block, values: NDArray[Any], run: Run, base: int, time_first: bool
) -> Iterator[tuple[int, memoryview]]:
    """Yield what of a block lies together in the file, and where."""
    item, (n_channels, n_samples) = run.dtype.itemsize, run.signal.shape
    if not values.size:
        return
    if time_first:
        yield base + block.start * n_channels * item, _bytes(np.ascontiguousarray(values.T))
        return
    if values.shape[1] == n_samples:
        yield base + block.first * n_samples * item, _bytes(values)
        return
    for channel, row in enumerate(values, block.first):
        yield base + (channel * n_samples + block.start) * item, _bytes(row)


def _bytes(values: NDArray[Any]) -> memoryview:
    return memoryview(values.view(np.uint8).data).cast("B")


def skeleton_of(description: Description, runs: Sequence[Run]) -> Skeleton:
    """Return what makes the file of a description, with room for the samples of its runs."""

    def make(path: str) -> dict[str, int]:
        import h5py

        with h5py.File(path, "w", locking=False) as file:
            put_description(file, description)
            places = {"signature": 0}
            for run in runs:
                dataset = room_for(file, run.place, run.signal.shape, run.dtype)
                put_attributes(dataset, run)
                places[run.place] = dataset.id.get_offset() or 0
        reach(path, [places[run.place] + run.nbytes for run in runs])
        return places

    return make


def put_description(file: Any, description: Description) -> None:
    """Write all but the samples."""
    group = file.create_group("description")
    group["text"] = np.frombuffer(description.text.encode("ascii"), np.uint8)
    for k, array in enumerate(description.arrays):
        group[f"a{k}"] = array
    file.attrs["ecogcat_layout"] = LAYOUT
    # Of fixed length: libhdf5 looks for other texts in a heap, and in a damaged one it does without end.
    file.attrs["ecogcat_digest"] = np.bytes_(description.digest)


def put_attributes(dataset: Any, run: Run) -> None:
    """Say in an array of samples what its numbers are, for other programs."""
    dataset.attrs["sampling_rate"] = run.signal.sampling_rate
    dataset.attrs["units"] = run.signal.units
    for name, value in scale_of(run).items():
        dataset.attrs[name] = value


def scale_of(run: Run) -> dict[str, Any]:
    """Return gain and offset of the stored numbers of a run; nothing if they are values, or if it has several."""
    whole = [piece for piece in run.signal.pieces if not isinstance(piece.extent, ConstantExtent)]
    one_scale = run.raw and (len(run.pieces) == 1 or run.links is not None)
    scale = whole[0].scale(np.arange(run.signal.n_channels)) if whole and one_scale else None
    if scale is None or not 0 < run.signal.n_channels <= _MOST_SCALES:
        return {}
    both = (("gain", scale.gain), ("offset", scale.offset))
    return {name: values[0] if (values == values[0]).all() else values for name, values in both}


def room_for(file: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Make a contiguous dataset whose place in the file is settled, and that is not filled."""
    import h5py

    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_layout(h5py.h5d.CONTIGUOUS)
    create.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    create.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    create.set_obj_track_times(False)  # one dataset, one sequence of bytes
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    kind, space = h5py.h5t.py_create(dtype, logical=True), h5py.h5s.create_simple(shape)
    return h5py.Dataset(h5py.h5d.create(file.id, name.encode(), kind, space, create, links))


def reach(path: str, ends: Sequence[int]) -> None:
    """Make a file as long as what will be in it: libhdf5 leaves that to whoever writes its last byte."""
    end = max(ends, default=0)
    if os.path.getsize(path) < end:
        os.truncate(path, end)
