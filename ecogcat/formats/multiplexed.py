"""Multiplexed recordings in HDF5 or MATLAB 7.3 files: scans of rows and columns, and columns of BNC inputs beside.

Each analog column of the DAQ carries `numRow` electrodes in turn, one cycle a frame. The file has the dataset `data`
in volts, the scalars `Fs` (frames a second; also `fs`), `numRow`, `numCol` (columns of electrodes), and `numChan` (all
columns: behind those of electrodes, BNC inputs). `data` is stored in one of four ways: channels first or time first,
and by cell - channel ``column * numRow + row``, a sample a frame - or by column, as the converter delivered it:
``numRow`` samples a frame. Cells and columns are two views of the same numbers; neither is ever made in memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.errors import FormatError
from ecogcat.formats.hdf5_fields import attributes_of, dataset_at, find_rate, reading, text_of
from ecogcat.formats.hdf5_names import hdf5_names
from ecogcat.frozen import index_array
from ecogcat.signal import Signal
from ecogcat.storage.extent import Extent
from ecogcat.storage.handles import open_hdf5
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.scans import cells_of, columns_of
from ecogcat.storage.source import Source

__all__ = ["Scan", "checked_data", "facts_of_file", "read_scan", "rows_of_streams", "scan_shape"]

_ORDERS = ("channels_first", "time_first")
# More rows, columns or cells than any DAQ has: what says so is damaged, and sizes nothing.
_MOST_LINES, _MOST_CELLS, _MOST_INPUTS = 4096, 1 << 16, 32
_NOTES = ("note", "notes", "comment", "comments")


class Scan(NamedTuple):
    """A multiplexed recording.

    Attributes
    ----------
    source : Source
    rate : float
        Frames a second.
    n_rows, n_columns, n_all : int
        Rows of a cycle, columns of electrodes, all columns.
    cells : Extent, (n_all * n_rows, n_frames)
        Channel ``column * n_rows + row``.
    columns : Extent, (n_all, at least n_frames * n_rows)
        The same numbers, the rows of a frame one after the other.
    metadata : dict
    notes, warnings : tuple of str
    """

    source: Source
    rate: float
    n_rows: int
    n_columns: int
    n_all: int
    cells: Extent
    columns: Extent
    metadata: dict[str, Any]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def electrodes(self, gain: float, order: Sequence[int] | None = None) -> Signal:
        """Return the cells of the electrodes' columns in uV: those volts divided by a gain.

        Parameters
        ----------
        gain : float
        order : sequence of int, optional
            Which column of the file is column 0, 1, ...
        """
        columns = np.arange(self.n_columns) if order is None else np.asarray(order)
        rows = (columns[:, None] * self.n_rows + np.arange(self.n_rows)).ravel()
        volts = signal_of(self.cells, self.rate, units="uV", gain=1e6 / gain, dtype=np.float32)
        return volts.take(index_array(rows)).replace(channel_names=tuple(f"ch{k}" for k in range(len(rows))))

    def rows_of(self, channels: Sequence[int], prefix: str) -> Signal:
        """Return single cells in V, at the rate of frames."""
        volts = signal_of(self.cells, self.rate, units="V", gain=1.0, dtype=np.float32)
        names = tuple(f"{prefix}{k}" for k in range(len(channels)))
        return volts.take(index_array(channels)).replace(channel_names=names)

    def inputs(self, columns: Sequence[int], signal: Signal) -> Signal:
        """Return columns of BNC inputs in V, at `n_rows` times the rate of frames, by their place among all inputs."""
        names = [f"bnc{k - self.n_columns}" if k >= self.n_columns else f"column{k}" for k in range(self.n_all)]
        volts = signal_of(self.columns, self.rate * self.n_rows, units="V", names=names, gain=1.0, dtype=np.float32)
        return fit_aligned(volts.take(index_array(columns)), signal)[0]  # too long by part of a frame: said already


def scan_shape(path: str, head: bytes) -> tuple[int, int] | None:
    """Return `numRow` and `numCol` of a multiplexed recording, None for any other file."""
    names = hdf5_names(path, head)
    if names is None or not names.members >= {"data", "numRow", "numCol"} or not names.members & {"Fs", "fs"}:
        return None
    try:
        with reading(path), open_hdf5(path) as file:
            return _count(file, path, "numRow"), _count(file, path, "numCol")
    except FormatError:
        return None


def read_scan(path: str, *, axis_order: str | None = None, tie: str = "channels_first") -> Scan:
    """Read the header of a multiplexed recording.

    Parameters
    ----------
    path : str
    axis_order : {"channels_first", "time_first"}, optional
        Which axis of `data` comes first; found by its lengths by default.
    tie : {"channels_first", "time_first"}
        What it is where both fit.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If it is no HDF5 file, lacks one of the datasets, or these contradict each other.
    ValueError
        If `axis_order` is none.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["data"], file["Fs"] = np.zeros((6, 9), "f4"), 800.0
    ...         file["numRow"], file["numCol"], file["numChan"] = 2, 2, 3
    ...     scan = read_scan(f"{folder}/a.h5")
    >>> scan.cells.n_channels, scan.columns.n_channels, scan.columns.n_samples
    (6, 3, 18)
    """
    if axis_order is not None and axis_order not in _ORDERS:
        raise ValueError(f"axis_order is one of {', '.join(_ORDERS)}, not {axis_order!r}")
    source = Source.open(path)
    with reading(path), open_hdf5(path) as file:
        dataset = dataset_at(file, path, "data", "format='hdf5' and data=")
        n_rows, n_columns = _count(file, path, "numRow"), _count(file, path, "numCol")
        n_all = _count(file, path, "numChan") if "numChan" in file else None
        rate = find_rate(file, path, "Fs" if "Fs" in file else "fs")
        place = _arranged(path, dataset.shape, n_rows, n_columns, n_all, axis_order, tie)
        stored = checked_data(source, dataset, time_first=place.time_first)
        metadata, notes, warnings = facts_of_file(file)
    if place.by_column:
        cells, columns = cells_of(stored, n_rows), stored
        warnings += _left_over(stored.n_samples, n_rows)
    else:
        cells, columns = stored, columns_of(stored, n_rows)
    if cells.n_samples == 0:
        raise FormatError(
            "the recording holds no whole frame", path=path, expected=f"{n_rows} samples a frame", found="fewer"
        )
    if place.warning:
        warnings.append(place.warning)
    metadata |= {"rows": n_rows, "columns": n_columns, "columns_stored": place.n_all}
    return Scan(source, rate, n_rows, n_columns, place.n_all, cells, columns, metadata, notes, tuple(warnings))


def checked_data(source: Source, dataset: Any, *, time_first: bool) -> Extent:
    """Return the extent of `data`: real numbers on two axes, of at least one sample."""
    if dataset.ndim != 2 or dataset.dtype.kind not in "iuf" or 0 in dataset.shape:
        raise FormatError(
            f"dataset {dataset.name!r} is no recording",
            path=source.path,
            expected="real numbers on two axes, at least one sample of one channel",
            found=f"{dataset.dtype} of shape {dataset.shape}",
        )
    return hdf5_extent(source, dataset, time_first=time_first)


def facts_of_file(file: Any) -> tuple[dict[str, Any], tuple[str, ...], list[str]]:
    """Return what single values and attributes an open file has, at its top and in `info`; notes; and warnings."""
    metadata, unreadable = attributes_of(file)
    found: dict[str, Any] = {}
    for group in (file, file.get("info")):
        if group is None or not hasattr(group, "items"):
            continue
        if group is not file:
            own, failed = attributes_of(group)
            found |= own
            unreadable += failed
        for name in list(group)[:1000]:
            node = group.get(name)
            if getattr(node, "size", None) == 1:
                found[name] = _plain(node)
    metadata |= {name: value for name, value in found.items() if value is not None}
    notes = tuple(text_of(value) for name, value in metadata.items() if name.lower() in _NOTES and text_of(value))
    return metadata, notes, [f"attributes that cannot be read: {', '.join(unreadable)}"] if unreadable else []


def _plain(node: Any) -> Any:
    """Return a single value of a file as a plain one, None for what has no counterpart."""
    value = np.asarray(node[()]).ravel()[0]
    if isinstance(value, (bytes, str)):
        return text_of(value)
    return value.item() if isinstance(value, np.generic) and value.dtype.kind in "biuf" else None


def _count(file: Any, path: str, name: str) -> int:
    """Return one of the small whole numbers of a header."""
    node, number, shown = file.get(name), math.nan, "nothing"
    if getattr(node, "size", None) is not None:
        shown = f"{node.dtype} of shape {node.shape}"
        if node.size == 1 and node.dtype.kind in "iuf":
            number = float(np.asarray(node[()]).ravel()[0])
            shown = f"{number:g}"
    if not (number.is_integer() and 1 <= number <= _MOST_LINES):
        raise FormatError(
            f"{name} is not usable",
            path=path,
            expected=f"one whole number from 1 to {_MOST_LINES}",
            found=shown,
            hint="If this is no multiplexed recording, name its format with format=",
        )
    return int(number)


class _Place(NamedTuple):
    """How `data` is stored; `by_column` where it has a row a column, not a row a cell."""

    time_first: bool
    n_all: int
    by_column: bool
    warning: str = ""


def _arranged(
    path: str,
    shape: tuple[int, ...],
    n_rows: int,
    n_columns: int,
    n_all: int | None,
    axis_order: str | None,
    tie: str,
) -> _Place:
    """Tell from the lengths of its axes how `data` is stored."""
    wrong = FormatError(
        "the shape of data does not go with numRow, numCol and numChan",
        path=path,
        expected=f"an axis of {n_rows} x {n_all or n_columns} channels, or of {n_all or n_columns} columns",
        found=f"shape {shape}, {n_columns} columns of electrodes",
    )
    if len(shape) != 2 or n_rows * max(n_columns, n_all or 0) > _MOST_CELLS:
        raise wrong
    other = {"channels_first": "time_first", "time_first": "channels_first"}[tie]
    orders = (tie, other) if axis_order is None else (axis_order,)
    length = {"channels_first": shape[0], "time_first": shape[1]}
    if n_all is not None and n_all >= n_columns:
        for by_column, wanted in ((False, n_rows * n_all), (True, n_all)):
            fits = [order for order in orders if length[order] == wanted]
            both = f"either axis of data may be that of channels: {fits[0]} is taken" if len(fits) > 1 else ""
            if fits:
                return _Place(fits[0] == "time_first", n_all, by_column, both)
    # Without a numChan that helps, channels are the shorter axis.
    order = axis_order or ("time_first" if shape[1] < shape[0] else "channels_first")
    n = length[order]
    said = f"numChan is {n_all}, but data has " if n_all is not None else ""
    if n >= n_rows * n_columns and n % n_rows == 0 and n <= _MOST_CELLS:
        return _Place(order == "time_first", n // n_rows, False, said and f"{said}{n // n_rows} columns of cells")
    if n_all is None and n_columns <= n < n_rows * n_columns and n <= n_columns + _MOST_INPUTS:
        return _Place(order == "time_first", n, True)
    raise wrong


def _left_over(n_samples: int, n_rows: int) -> list[str]:
    left = n_samples % n_rows
    return [f"cut in the middle of a frame: {left} of {n_rows} samples are left over at the end"] if left else []


def rows_of_streams(scan: Scan, further: Sequence[tuple[str, float, int]]) -> list[dict[str, Any]]:
    """Return what `ecogcat.streams` lists: the electrodes, and further arrays by name, rate and channels."""
    rows = [("electrodes", scan.rate, scan.n_columns * scan.n_rows), *further]
    return [
        {"stream": name, "rate": rate, "channels": n, "samples": round(scan.cells.n_samples * rate / scan.rate)}
        for name, rate, n in rows
        if n
    ]
