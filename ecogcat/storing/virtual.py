"""Virtual HDF5 files: nothing is copied, the samples are those of the HDF5 files that the recordings are.

Other programs see one HDF5 virtual dataset; ecogcat opens the files behind it itself, and holds them to what they were.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.parts import aligned_length, rate_ratio
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.atomic import put_in_place
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.handles import hdf5_file
from ecogcat.storage.hdf5 import ChunkedExtent, Hdf5Reader, hdf5_extent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source
from ecogcat.storing.form import Description, Run
from ecogcat.storing.hdf5 import put_attributes, put_description
from ecogcat.storing.target import held

__all__ = ["linked_runs", "write_virtual"]


class Place(NamedTuple):
    """A dataset of an HDF5 file, and whether its first axis is time."""

    source: Source
    key: str
    time_first: bool


def linked_runs(dataset: Dataset, folder: str) -> Callable[[Signal, str], tuple[Run, ...]]:
    """Return what makes the runs of a signal as links to where it lies, in place of `ecogcat.stored.runs_of`.

    Parameters
    ----------
    dataset : Dataset
    folder : str
        Where the file will be: files are named relative to it.
    """

    def runs(signal: Signal, place: str) -> tuple[Run, ...]:
        (run,) = _one_run(dataset, signal, place)
        return (replace(run, links=tuple(_link(dataset, signal, k, place, folder) for k in range(len(signal.pieces)))),)

    return runs


def _one_run(dataset: Dataset, signal: Signal, place: str) -> tuple[Run]:
    """Return a signal as one run of stored numbers of one type and scale, or say which part does not fit, and why."""
    whole = [piece for piece in signal.pieces if not isinstance(piece.extent, ConstantExtent)]
    first = whole[0] if whole else signal.pieces[0]
    dtype, rows = first.extent.dtype.newbyteorder("="), np.arange(signal.n_channels)
    for k, piece in enumerate(signal.pieces):
        gap = isinstance(piece.extent, ConstantExtent)
        if (gap or piece.lacks_channels) and dtype.kind not in "fc":
            what = "is a filled gap" if gap else "lacks channels"
            _refuse(dataset, signal, k, place, f"{what}, for which {dtype} has no number")
        if gap:
            continue
        if piece.extent.dtype.newbyteorder("=") != dtype:
            _refuse(dataset, signal, k, place, f"stores {piece.extent.dtype}, those before it {dtype}")
        if _scale(piece, rows) != _scale(first, rows):
            _refuse(dataset, signal, k, place, "has another gain, offset or unit than those before it")
    forms = tuple(
        {
            "n_samples": piece.n_samples,
            "dtype": piece.dtype.str,
            "gain": piece.gain,
            "offset": piece.offset,
            "exponent": piece.exponent,
            "lacking": None,
        }
        for piece in signal.pieces
    )
    return (Run(place, signal, True, dtype, forms),)


def _scale(piece: Piece, rows: NDArray[np.int64]) -> Any:
    scale = piece.scale(rows)
    return None if scale is None else (scale.gain.tolist(), scale.offset.tolist())


def _refuse(dataset: Dataset, signal: Signal, k: int, place: str, why: str) -> NoReturn:
    ratio = rate_ratio(signal.sampling_rate, dataset.sampling_rate)
    ends = np.cumsum(aligned_length(dataset.parts, ratio))
    part = dataset.parts[min(int(np.searchsorted(ends, signal.starts[k], side="right")), len(dataset.parts) - 1)]
    raise ValueError(
        f"part {part.name!r} cannot be part of a virtual dataset: its {place} {why}. "
        "Write a copy of all samples, to a name that ends in .h5; or keep the join as an entry of a catalog, which "
        "copies none (`ecogcat join CATALOG -o joined.yaml`)"
    )


def _link(dataset: Dataset, signal: Signal, k: int, place: str, folder: str) -> dict[str, Any]:
    piece = signal.pieces[k]
    if isinstance(piece.extent, ConstantExtent):
        return {"constant": float(piece.extent.value), "dtype": piece.extent.dtype.str, "n_samples": piece.n_samples}
    found = _place_of(piece.extent)
    if found is None:
        kind = "memory" if not piece.extent.sources else f"{piece.extent.sources[0].path}, in a layout of its own"
        _refuse(dataset, signal, k, place, f"lies in {kind}, not in a dataset of an HDF5 file")
    return {
        "path": _relative(found.source.path, folder),
        "size": found.source.size,
        "fingerprint": found.source.fingerprint,
        "key": found.key,
        "time_first": found.time_first,
        "channels": piece.channels,
        "start": piece.start,
        "n_samples": piece.n_samples,
    }


def _place_of(extent: Extent) -> Place | None:
    """Return the HDF5 dataset that an extent is, if it is one."""
    if isinstance(extent, ChunkedExtent):
        extent = extent.fallback
    if isinstance(extent, ReaderExtent):
        reader = extent.reader
        return Place(reader.source, reader.key, reader.time_first) if isinstance(reader, Hdf5Reader) else None
    if not isinstance(extent, AffineExtent):
        return None
    import h5py

    if not h5py.is_hdf5(extent.source.path):
        return None
    with hdf5_file(extent.source) as file:
        for found in _datasets_of(file):
            for time_first in (False, True):
                if hdf5_extent(extent.source, found, time_first=time_first).token == extent.token:
                    return Place(extent.source, found.name, time_first)
    return None


def _datasets_of(file: Any) -> list[Any]:
    import h5py

    found: list[Any] = []

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape and item.dtype.kind in "biufc" and item.ndim in (1, 2):
            found.append(item)

    file.visititems(note)
    return found


def _relative(path: str, folder: str) -> str:
    try:
        return os.path.relpath(os.path.realpath(path), folder)
    except ValueError:  # another drive
        return path


def write_virtual(
    place: str, temporary: str, description: Description, runs: Sequence[Run], told: Callable[[int], None]
) -> None:
    """Write a virtual file: its description, and a virtual dataset of each array."""
    import h5py

    with held(temporary):
        try:
            with h5py.File(temporary, "w", libver=("v110", "v110"), locking=False) as file:
                put_description(file, description)
                for run in runs:
                    _put_virtual(file, run)
            with open(temporary, "rb+") as whole:
                os.fsync(whole.fileno())
            put_in_place(temporary, place)
        except Exception:
            with suppress(FileNotFoundError):  # it may have its name already
                os.unlink(temporary)
            raise
    told(sum(run.nbytes for run in runs))


def _put_virtual(file: Any, run: Run) -> None:
    import h5py

    n_channels, n_samples = run.signal.shape
    orders = {link["time_first"] for link in run.links or () if "path" in link}
    time_first = orders == {True}
    if len(orders) > 1:
        raise ValueError(
            f"{run.place} is stored channels first in some files and time first in others, which no virtual "
            "dataset can turn. Write a copy of all samples, to a name that ends in .h5"
        )
    layout = h5py.VirtualLayout((n_samples, n_channels) if time_first else (n_channels, n_samples), run.dtype)
    at = 0
    for link, piece in zip(run.links or (), run.signal.pieces, strict=True):
        if "path" in link and link["n_samples"]:
            stored = (piece.extent.n_channels, piece.extent.n_samples)
            # A per cent sign would begin a pattern of names.
            name = link["path"].replace("%", "%%")
            source = h5py.VirtualSource(name, link["key"], stored[::-1] if time_first else stored, piece.extent.dtype)
            to, start = slice(at, at + link["n_samples"]), link["start"]
            times = slice(start, start + link["n_samples"])
            for rows, channels in _slabs(piece.channels):
                if time_first:
                    layout[to, rows] = source[times, channels]
                else:
                    layout[rows, to] = source[channels, times]
        at += link["n_samples"]
    fill = np.nan if run.dtype.kind in "fc" else 0
    dataset = file.create_virtual_dataset(run.place, layout, fillvalue=fill)
    put_attributes(dataset, run)
    dataset.attrs["axes"] = np.bytes_("sample, channel" if time_first else "channel, sample")


def _slabs(channels: NDArray[np.int64]) -> Iterator[tuple[slice, slice]]:
    """Yield rows and the stored channels that they are, as far as both run on."""
    edges = np.flatnonzero((np.diff(channels) != 1) | (channels[1:] < 0) | (channels[:-1] < 0)) + 1
    for rows in np.split(np.arange(len(channels)), edges):
        if len(rows) and channels[rows[0]] >= 0:
            first = int(channels[rows[0]])
            yield slice(int(rows[0]), int(rows[-1]) + 1), slice(first, first + len(rows))
