"""Zarr: the chunks of a Zarr 3 array as extents - mapped where they are plain, inflated where they are packed."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.frozen import Frozen, Index, digest
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source

__all__ = ["ZarrChunks", "metadata_of", "zarr_extents"]


def zarr_extents(folder: str, metadata: Mapping[str, Any]) -> list[tuple[Extent, int]]:
    """Return an extent for every stretch of time that an array has chunks for, and its samples.

    Parameters
    ----------
    folder : str
        Of the array.
    metadata : mapping
        Its `zarr.json`; (n_channels, n_samples), little-endian, plain or with gzip.

    Raises
    ------
    FormatError
        If a chunk is missing, or it is stored in another way.
    """
    place = os.path.join(folder, "zarr.json")
    with metadata_of(place):
        n_channels, n_samples = map(index, metadata["shape"])
        channels, samples = map(index, metadata["chunk_grid"]["configuration"]["chunk_shape"])
        dtype = np.dtype(metadata["data_type"]).newbyteorder("<")
        codecs = [str(codec["name"]) for codec in metadata["codecs"]]
    if codecs not in (["bytes"], ["bytes", "gzip"]) or dtype.kind not in "biufc" or channels < 1 or samples < 1:
        raise FormatError(
            "chunks are stored in a way that ecogcat does not write",
            path=place,
            expected="bytes, or bytes and gzip",
            found=f"{', '.join(codecs)} of {dtype}",
        )
    placed: list[tuple[Extent, int]] = []
    for block in range(-(-n_samples // samples)):
        bands = range(-(-n_channels // channels))
        files = tuple(_chunk(os.path.join(folder, "c", str(band), str(block)), place) for band in bands)
        count = min(samples, n_samples - block * samples)
        if len(codecs) == 1 and len(files) == 1:
            base = np.arange(n_channels, dtype=np.int64) * (samples * dtype.itemsize)
            placed.append((AffineExtent(files[0], dtype, samples, base, dtype.itemsize), count))
        else:
            reader = ZarrChunks(files, channels, samples, dtype, "gzip" in codecs)
            placed.append((ReaderExtent(reader, n_channels, samples, dtype, files, samples), count))
    return placed


@contextmanager
def metadata_of(place: str) -> Iterator[None]:
    """Turn what comes of looking something up in damaged metadata into an error that names their file.

    Parameters
    ----------
    place : str
        A `zarr.json`.

    Raises
    ------
    FormatError

    Examples
    --------
    >>> with metadata_of("a.zarr/signal/zarr.json"):
    ...     {}["shape"]
    Traceback (most recent call last):
    ecogcat.errors.FormatError: a.zarr/signal/zarr.json: this metadata of Zarr is damaged (expected 'shape'; found ...
    """
    try:
        yield
    except KeyError as error:
        raise _damaged(place, repr(error.args[0]), "nothing of that name") from error
    except (LookupError, TypeError, ValueError) as error:
        raise _damaged(place, "JSON as Zarr 3 has it", str(error)) from error


def _damaged(place: str, expected: str, found: str) -> FormatError:
    hint = "Copy this file, or the folder, again from where it was written; or write it again"
    return FormatError("this metadata of Zarr is damaged", path=place, expected=expected, found=found, hint=hint)


def _chunk(path: str, array: str) -> Source:
    if not os.path.isfile(path):
        raise FormatError(
            "a chunk of this array is missing, and would read as zeros",
            path=array,
            expected=path,
            found="no such file",
            hint="Copy the folder again from where it was written",
        )
    return Source.open(path)


@dataclass(frozen=True, slots=True)
class ZarrChunks(Frozen):
    """Chunks of one stretch of time, one below the other.

    Parameters
    ----------
    files : tuple of Source
    channels, samples : int
        Shape of a chunk.
    dtype : numpy.dtype
    packed : bool
        Compressed by gzip.
    """

    files: tuple[Source, ...]
    channels: int
    samples: int
    dtype: np.dtype[Any]
    packed: bool

    @property
    def token(self) -> str:
        """Digest of what is read."""
        content = [file.fingerprint for file in self.files]
        return digest("zarr", content, self.channels, self.samples, self.dtype.str, self.packed)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the stored numbers, shape (len(channels), stop - start); see `Reader.read`."""
        out = np.empty((len(channels), stop - start), self.dtype)
        bands = channels // self.channels
        for band in np.unique(bands).tolist():
            rows = bands == band
            out[rows] = self._values(self.files[band])[channels[rows] % self.channels, start:stop]
        return out

    def _values(self, file: Source) -> NDArray[Any]:
        wanted = self.channels * self.samples * self.dtype.itemsize
        try:
            with open(file.path, "rb") as stream:
                data = gzip.GzipFile(fileobj=stream).read(wanted + 1) if self.packed else stream.read(wanted)
        except (OSError, EOFError, zlib.error) as error:
            raise FormatError("this chunk cannot be read", path=file.path, found=str(error)) from error
        if len(data) != wanted:
            raise FormatError("this chunk is damaged", path=file.path, expected=f"{wanted:,} bytes", found=len(data))
        return np.frombuffer(data, self.dtype).reshape(self.channels, self.samples)
