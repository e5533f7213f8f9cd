"""HDF5 files in every storage layout, drawn together with the numbers in them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Index
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source
from ecogcat.testing.folders import Folder
from ecogcat.testing.stored import Dice, Stored

__all__ = ["HDF5_KINDS", "hdf5_stored"]

HDF5_KINDS = (
    *("hdf5_contiguous", "hdf5_chunked", "hdf5_filtered", "hdf5_partial", "hdf5_unwritten"),
    *("hdf5_compact", "hdf5_virtual", "hdf5_external"),
)


def hdf5_stored(dice: Dice, kind: str, values: NDArray[Any], dtype: np.dtype[Any], folder: Folder) -> Stored:
    """Write numbers to an HDF5 file and return their extent.

    Parameters
    ----------
    dice : Dice
        For what the arguments leave open.
    kind : str
        Out of `HDF5_KINDS`.
    values : ndarray, shape (n_channels, n_samples)
    dtype : numpy.dtype
        Stored type, byte order included.
    folder : Folder
    """
    import h5py

    path = folder.place(".h5")
    time_first = dice.coin()
    flat = len(values) == 1 and dice.coin()
    data = (values[0] if flat else values.T if time_first else values).astype(dtype)
    with h5py.File(path, "w", userblock_size=dice.one([0, 512])) as file:
        file["before"] = np.arange(dice.whole(0, 3), dtype=np.uint8)  # odd offsets for what follows
        written = _create(dice, file, kind, data, folder)
    with h5py.File(path, "r") as file:
        extent = hdf5_extent(Source.open(path), file["x"], time_first=time_first)
        places = _places(file["x"]) if kind in ("hdf5_contiguous", "hdf5_chunked") else None
    stored = written[None] if flat else written.T if time_first else written
    if places is not None:
        places = places[None] if flat else places.T if time_first else places
    return Stored(extent, stored.astype(values.dtype), kind, places)


def _create(dice: Dice, file: Any, kind: str, data: NDArray[Any], folder: Folder) -> NDArray[Any]:
    """Create dataset "x" and return what it holds."""
    if kind in ("hdf5_contiguous", "hdf5_unwritten"):
        if kind == "hdf5_contiguous":
            file.create_dataset("x", data=data)
            return data
        file.create_dataset("x", data.shape, data.dtype)  # no storage, and a false offset beside a user block
        return np.zeros_like(data)
    if kind == "hdf5_compact":
        return _compact(file, data)
    if kind == "hdf5_virtual":
        return _virtual(dice, file, data, folder)
    if kind == "hdf5_external":
        place = str(folder.place(".bin"))
        dataset = file.create_dataset("x", data.shape, data.dtype, external=[(place, dice.whole(0, 9), data.nbytes)])
        if data.size:
            dataset[...] = data
        if not os.path.exists(place):
            open(place, "wb").close()
        return data
    chunks = tuple(dice.whole(1, max(1, min(n + 2, 12))) for n in data.shape)
    options: dict[str, Any] = {"chunks": chunks, "maxshape": (None,) * data.ndim}
    if kind == "hdf5_filtered":
        compression = dice.one(["gzip", "lzf", None])
        shuffle = compression is None or dice.coin()
        file.create_dataset("x", data=data, compression=compression, shuffle=shuffle, **options)
        return data
    if kind == "hdf5_chunked":
        file.create_dataset("x", data=data, **options)
        return data
    fill = dice.whole(0, 1)
    dataset = file.create_dataset("x", data.shape, data.dtype, fillvalue=np.array(fill, data.dtype)[()], **options)
    held = np.full_like(data, fill)
    corner = tuple(slice(0, dice.whole(0, n)) for n in data.shape)
    if data[corner].size:
        dataset[corner] = held[corner] = data[corner]
    return held


def _compact(file: Any, data: NDArray[Any]) -> NDArray[Any]:
    import h5py

    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(data.shape)
    h5py.h5d.create(file.id, b"x", h5py.h5t.py_create(data.dtype, logical=True), space, properties)
    if data.size:
        file["x"][...] = data
    return data


def _virtual(dice: Dice, file: Any, data: NDArray[Any], folder: Folder) -> NDArray[Any]:
    """Two files, one after the other on the first axis, or the second left out: it then reads as the fill value."""
    import h5py

    middle = dice.whole(0, data.shape[0])
    held = data.copy()
    layout = h5py.VirtualLayout(data.shape, data.dtype)
    for rows in (slice(0, middle), slice(middle, None)):
        part = data[rows]
        if part.size == 0:
            continue
        if rows.start and dice.coin():
            held[rows] = 0
            continue
        path = folder.place(".h5")
        with h5py.File(path, "w") as source:
            source["part"] = part
        layout[rows] = h5py.VirtualSource(str(path), "part", part.shape, part.dtype)
    file.create_virtual_dataset("x", layout)
    return held


def _places(dataset: Any) -> Index:
    """Return the byte address of every number, from what libhdf5 says of the dataset's storage."""
    shape, item = dataset.shape, dataset.dtype.itemsize
    places = np.zeros(shape, np.int64)
    if not places.size:
        return places
    if dataset.chunks is None:
        return dataset.id.get_offset() + item * np.arange(places.size, dtype=np.int64).reshape(shape)  # type: ignore[no-any-return]
    within = item * np.arange(np.prod(dataset.chunks), dtype=np.int64).reshape(dataset.chunks)
    for k in range(dataset.id.get_num_chunks()):
        chunk = dataset.id.get_chunk_info(k)
        target = tuple(slice(at, at + n) for at, n in zip(chunk.chunk_offset, dataset.chunks, strict=True))
        part = places[target]
        part[...] = chunk.byte_offset + within[tuple(slice(0, n) for n in part.shape)]
    return places
