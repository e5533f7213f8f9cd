"""HDF5 datasets as extents: resolved to byte offsets where their samples lie plainly, read by libhdf5 elsewhere.

Contiguous datasets are block-affine; chunked ones without filters are a chunk table, read on first use. Compressed,
compact, external, virtual and partly written datasets go to the fallback.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.frozen import Frozen, Index, digest, freeze, index_array
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent, Samples, Scale
from ecogcat.storage.handles import hdf5_file
from ecogcat.storage.layout import Layout, gather_layout, gather_layout_windows
from ecogcat.storage.maps import source_bytes
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source

__all__ = ["ChunkedExtent", "Hdf5Reader", "hdf5_extent"]


def hdf5_extent(source: Source, dataset: Any, *, time_first: bool = False) -> Extent:
    """Return the extent of one dataset of an open HDF5 file.

    Parameters
    ----------
    source : Source
        The file. If the dataset was reached by a link into another file, that one is read.
    dataset : h5py.Dataset
        Numbers on two axes, or on one (a single channel).
    time_first : bool
        The dataset is (n_samples, n_channels).

    Raises
    ------
    FormatError
        If the dataset has no such axes, holds no numbers, or leads to files that are missing.
    """
    import h5py

    key = dataset.name
    if key is None:  # reached by a reference alone: its name, by which it is read, is damaged
        raise FormatError("a dataset of this file has no name", path=source.path, found=f"{dataset.shape} values")
    place = os.path.abspath(dataset.file.filename)
    if place != source.path:  # an external link led to another file: places in it are not places in this one
        source = Source.open(place)
    if dataset.shape is None or dataset.dtype.kind not in "biufc" or dataset.ndim not in (1, 2):
        raise FormatError(
            f"dataset {key!r} is no recording",
            path=source.path,
            expected="numbers on one or two axes",
            found=f"{dataset.dtype} of shape {dataset.shape}",
        )
    shape = dataset.shape if dataset.ndim == 2 else (1, *dataset.shape)
    time_first = time_first and dataset.ndim == 2
    n_channels, n_samples = shape[::-1] if time_first else shape
    dtype, item = dataset.dtype, dataset.dtype.itemsize
    properties = dataset.id.get_create_plist()
    layout, size = properties.get_layout(), dataset.id.get_storage_size()
    whole = n_channels * n_samples * item
    # Not all types of HDF5 are types of NumPy: integers of 12 bits, for one, may lie anywhere within their 16.
    plain = dataset.id.get_type().equal(h5py.h5t.py_create(dtype, logical=True))
    external = properties.get_external_count() > 0
    if layout == h5py.h5d.CONTIGUOUS and plain and not external and 0 < whole <= source.size and size == whole:
        # Ask for the storage size first: an unallocated dataset in a file with a user block has a false offset.
        channels = np.arange(n_channels, dtype=np.int64)
        stride = n_channels * item if time_first else item
        base = dataset.id.get_offset() + channels * (item if time_first else n_samples * item)
        return AffineExtent(source, dtype, n_samples, base, stride)
    linked, folder = _linked_sources(source, dataset, properties)
    reader = Hdf5Reader(source, key, time_first, folder)
    block = 1
    if layout == h5py.h5d.CHUNKED:
        chunk = dataset.chunks if dataset.ndim == 2 else (1, *dataset.chunks)
        chunk_channels, chunk_samples = chunk[::-1] if time_first else chunk
        if plain and properties.get_nfilters() == 0 and whole:
            fallback = ReaderExtent(reader, n_channels, n_samples, dtype, (source,), chunk_samples)
            return ChunkedExtent(fallback, chunk_channels, chunk_samples)
        block = chunk_samples
    return ReaderExtent(reader, n_channels, n_samples, dtype, (source, *linked), block)


def _linked_sources(source: Source, dataset: Any, properties: Any) -> tuple[list[Source], str | None]:
    """Return the other files that a virtual or external dataset draws on, and the folder they are looked for in.

    A virtual dataset reads zeros where one of its sources is missing; so do these, in any depth, be there.
    """
    if dataset.is_virtual:
        linked: dict[str, Source] = {}
        _follow_virtual(source, dataset, linked, {(source.path, dataset.name)})
        return list(linked.values()), os.path.dirname(source.path)
    names = [os.fsdecode(properties.get_external(k)[0]) for k in range(properties.get_external_count())]
    if not names:
        return [], None
    # libhdf5 looks in the working directory alone, which another process will not share: beside the file first.
    for folder in (os.path.dirname(source.path), os.getcwd()):
        if all(os.path.isfile(os.path.join(folder, name)) for name in names):
            return [Source.open(os.path.join(folder, name)) for name in dict.fromkeys(names)], folder
    for name in names:
        _find(source, dataset, name)
    raise FormatError(f"the files of dataset {dataset.name!r} lie in two folders", path=source.path, hint=_HINT)


_HINT = "Put them beside this file"


def _follow_virtual(source: Source, dataset: Any, linked: dict[str, Source], seen: set[tuple[str, str]]) -> None:
    for piece in dataset.virtual_sources():
        name, key = piece.file_name, piece.dset_name
        if "%" in name:  # a pattern, which only libhdf5 can resolve
            continue
        origin = source if name == "." else linked.get(path := _find(source, dataset, name)) or Source.open(path)
        if origin is not source:
            linked[origin.path] = origin
        if (origin.path, key) in seen:
            continue
        seen.add((origin.path, key))
        with hdf5_file(origin) as file:
            found = file.get(key)
            if found is None:
                raise FormatError(
                    f"dataset {dataset.name!r} draws on a dataset that is missing, and would read as zeros",
                    path=source.path,
                    expected=f"{key!r} in {origin.path}",
                    found="no such dataset",
                )
            if getattr(found, "is_virtual", False):
                _follow_virtual(origin, found, linked, seen)


def _places(source: Source, name: str) -> list[str]:
    return list(dict.fromkeys([os.path.join(os.path.dirname(source.path), name), os.path.abspath(name)]))


def _find(source: Source, dataset: Any, name: str) -> str:
    """Return the path of a file that a dataset draws on."""
    places = _places(source, name)
    for place in places:
        if os.path.isfile(place):
            return os.path.abspath(place)
    raise FormatError(
        f"dataset {dataset.name!r} draws on a file that is missing, and would read as zeros",
        path=source.path,
        expected=name,
        found="nothing at " + " or ".join(places),
        hint="Put the file there",
    )


@dataclass(frozen=True, slots=True)
class Hdf5Reader(Frozen):
    """Reads a dataset through libhdf5.

    Parameters
    ----------
    source : Source
    key : str
        Path of the dataset in the file.
    time_first : bool
        The dataset is (n_samples, n_channels).
    folder : str, optional
        Where the other files of a virtual or external dataset lie.
    """

    source: Source
    key: str
    time_first: bool = False
    folder: str | None = None

    @property
    def token(self) -> str:
        """Digest of what is read."""
        return digest("hdf5", self.source.fingerprint, self.key, self.time_first)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the stored numbers, shape (len(channels), stop - start); see `Reader.read`."""
        try:
            with hdf5_file(self.source) as file:
                dataset = file[self.key] if self.folder is None else _linked_dataset(file, self.key, self.folder)
                return self._rows(dataset, channels, start, stop)
        except (OSError, RuntimeError) as error:
            raise FormatError(
                f"samples {start:,} to {stop:,} of dataset {self.key!r} cannot be read",
                path=self.source.path,
                found=str(error).strip(),
            ) from error

    def _rows(self, dataset: Any, channels: Index, start: int, stop: int) -> NDArray[Any]:
        if dataset.ndim == 1:
            return dataset[start:stop][None]  # type: ignore[no-any-return]
        low, high = int(channels[0]), int(channels[-1]) + 1
        if high - low <= 2 * len(channels):
            return self._slab(dataset, low, high, start, stop)[channels - low]
        # libhdf5 takes seconds for an irregular list of rows: it gets one slab a run.
        edges = np.flatnonzero(np.diff(channels) > 1) + 1
        runs = [self._slab(dataset, int(run[0]), int(run[-1]) + 1, start, stop) for run in np.split(channels, edges)]
        return np.concatenate(runs)

    def _slab(self, dataset: Any, low: int, high: int, start: int, stop: int) -> NDArray[Any]:
        if self.time_first:
            return dataset[start:stop, low:high].T  # type: ignore[no-any-return]
        return dataset[low:high, start:stop]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, eq=False)
class ChunkedExtent(Frozen):
    """A chunked dataset without filters: where each chunk starts is looked up in a table.

    Parameters
    ----------
    fallback : ReaderExtent
        The same samples through libhdf5; read where a chunk was never written.
    chunk_channels, chunk_samples : int
        Shape of a chunk.
    """

    fallback: ReaderExtent
    chunk_channels: int
    chunk_samples: int
    _layout: Layout | None = field(init=False, repr=False, default=None)

    @property
    def n_channels(self) -> int:
        """Channels stored."""
        return self.fallback.n_channels

    @property
    def n_samples(self) -> int:
        """Samples stored of each channel."""
        return self.fallback.n_samples

    @property
    def dtype(self) -> np.dtype[Any]:
        """Stored type."""
        return self.fallback.dtype

    @property
    def sources(self) -> tuple[Source, ...]:
        """The file."""
        return self.fallback.sources

    @property
    def block_samples(self) -> int:
        """Samples of a chunk."""
        return self.chunk_samples

    @property
    def token(self) -> str:
        """Digest of the file's content and of the dataset's place in it."""
        return self.fallback.token

    def layout(self) -> Layout | None:
        """Return the chunk table as a layout, read on first use; None where libhdf5 has to be asked instead."""
        if self._layout is None:
            object.__setattr__(self, "_layout", self._read_table() or _NO_TABLE)
        return None if self._layout is _NO_TABLE else self._layout

    def _read_table(self) -> Layout | None:
        reader = self.fallback.reader
        assert isinstance(reader, Hdf5Reader)  # for the type checker
        with hdf5_file(reader.source) as file:
            return self._table_of(file[reader.key], reader)

    def _table_of(self, dataset: Any, reader: Hdf5Reader) -> Layout | None:
        item = self.dtype.itemsize
        chunk_bytes = self.chunk_channels * self.chunk_samples * item
        bands, blocks = -(-self.n_channels // self.chunk_channels), -(-self.n_samples // self.chunk_samples)
        # Never written in part; and a table is only made for as many chunks as the file has room for.
        if dataset.id.get_num_chunks() != bands * blocks or bands * blocks * chunk_bytes > reader.source.size:
            return None
        origin = np.full((bands, blocks), -1, np.int64)

        def note(chunk: Any) -> None:
            place = chunk.chunk_offset if dataset.ndim == 2 else (0, *chunk.chunk_offset)
            channel, sample = place[::-1] if reader.time_first else place
            band, block, offset = channel // self.chunk_channels, sample // self.chunk_samples, chunk.byte_offset
            # A damaged index may name any place, or none.
            if band < bands and block < blocks and offset is not None and offset <= reader.source.size:
                origin[band, block] = offset

        try:
            dataset.id.chunk_iter(note)
        except (OSError, RuntimeError):
            return None  # libhdf5 says what is wrong when it is asked for samples
        if (origin < 0).any() or int(origin.max()) + chunk_bytes > reader.source.size:
            return None
        if dataset.file.userblock_size and not _true_offset(dataset, int(origin[-1, -1]), reader.source):
            return None
        channels = np.arange(self.n_channels, dtype=np.int64)
        within = channels % self.chunk_channels
        stride = self.chunk_channels * item if reader.time_first else item
        base = within * (item if reader.time_first else self.chunk_samples * item)
        group = channels // self.chunk_channels
        return Layout(self.dtype, freeze(base), freeze(group), freeze(origin), self.chunk_samples, 0, stride)

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        buffer = source_bytes(self.sources[0])  # checks the source before the table is looked up
        layout = self.layout()
        if layout is None:
            self.fallback.gather(channels, samples, scale, out, at, count)
        else:
            gather_layout(buffer, layout, channels, samples, scale, out, at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        buffer = source_bytes(self.sources[0])
        layout = self.layout()
        if layout is None:
            self.fallback.gather_windows(channels, windows, scale, out)
        else:
            gather_layout_windows(buffer, layout, channels, windows, scale, out)


def _linked_dataset(file: Any, key: str, folder: str) -> Any:
    import h5py

    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    access.set_efile_prefix(os.fsencode(folder))
    access.set_virtual_prefix(os.fsencode(folder))
    return h5py.Dataset(h5py.h5d.open(file.id, key.encode(), access))


def _true_offset(dataset: Any, offset: int, source: Source) -> bool:
    """Whether the last chunk lies where the table says: some releases of libhdf5 leave out the user block."""
    chunk = tuple(n - 1 - (n - 1) % length for n, length in zip(dataset.shape, dataset.chunks, strict=True))
    try:
        _, stored = dataset.id.read_direct_chunk(chunk)
    except (OSError, RuntimeError):  # a damaged index lists chunks that libhdf5 does not find: it reads the samples
        return False
    return bool(source_bytes(source)[offset : offset + len(stored)].tobytes() == stored)


_NO_TABLE = Layout(np.dtype(np.uint8), index_array([]), index_array([]), None, 1, 0, 1)
