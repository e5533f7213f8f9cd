"""Active electrodes: arrays with transistors at every site, scanned row by row (`.h5`, or `.mat` of MATLAB 7.3).

The layout is that of `ecogcat.formats.multiplexed`: `data` in volts, `Fs`, `numRow`, `numCol`, `numChan`. What the file
does not say is which DAQ and headstage scanned which array, and so neither which cell is which site nor by how much the
DAQ amplified; `ecogcat.electrodes.active` has the combinations that are known. Columns of the DAQ without sites are for
diagnosis. Source: files of the lab and the program that it read them with.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecogcat.channels import ChannelMap
from ecogcat.dataset import Dataset
from ecogcat.electrodes.active import ARRAYS, DAQ_GAINS, PASSTHRU, UNMIXES, Unmix, find_unmix
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.multiplexed import Scan, read_scan, rows_of_streams, scan_shape
from ecogcat.formats.placing import place_channels
from ecogcat.formats.registry import Format, register

__all__ = ["open_active"]


def open_active(
    path: str | os.PathLike[str],
    *,
    daq: str | None = None,
    headstage: str | None = None,
    electrode: ChannelMap | str | os.PathLike[str] | None = None,
    bnc: int | Sequence[int] | None = None,
    row_order: Sequence[int] | None = None,
    axis_order: str | None = None,
) -> Dataset:
    """Open a recording of an active electrode where it lies.

    Parameters
    ----------
    path : path-like
        The `.h5` or `.mat` file.
    daq : str
        "2t-as daq v1", "2t-as daq v2", or "passthru" for cells in the order of the scan; case does not matter.
    headstage : str, optional
        Such as "zif26 to 2x uhdmi"; needed where the DAQ reads several arrays of as many cells.
    electrode : str, ChannelMap or path, optional
        Name of the array (actv_64, cardiac v1, active_1008ch_sp_v2), by default the one that DAQ and headstage read;
        or the map or table of another one. Columns without sites become ground channels.
    bnc : int or sequence of int, optional
        Columns of the DAQ with BNC inputs; by default all behind those of the electrode.
    row_order : sequence of int, optional
        Place in the scan of each row of the array, where it is not the usual one.
    axis_order : {"channels_first", "time_first"}, optional
        Which axis of `data` comes first; found by their lengths by default.

    Returns
    -------
    Dataset
        Sites in uV at the rate of frames, columns for diagnosis as `ground`; aligned array `bnc` in V at `numRow` times
        that rate.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If it is no such recording, if `daq` is missing, or its scan is not that of the array.
    ValueError
        If no array is known to be wired so, or an argument is not usable.

    Examples
    --------
    >>> import h5py, tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["data"], file["Fs"] = np.full((88, 50), 1.0, "f4"), 700.0
    ...         file["numRow"], file["numCol"], file["numChan"] = 8, 10, 11
    ...     dataset = open_active(f"{folder}/a.h5", daq="2t-as daq v2", headstage="zif26 to 2x uhdmi")
    ...     dataset.signal[0, :2], dataset.signal.shape, dataset.ground.shape, dataset["bnc"].shape
    (array([100000., 100000.], dtype=float32), (64, 50), (16, 50), (1, 400))
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    scan = read_scan(path, axis_order=axis_order, tie="time_first")
    if daq is None:
        raise _unnamed(path, scan)
    if daq.casefold() not in DAQ_GAINS:
        raise ValueError(f"daq is one of {', '.join(DAQ_GAINS)}, not {daq!r}")
    # Found out before a wrong unmixing could be taken for right.
    unmix = None if _is_table(electrode) else _unmix(path, scan, daq, headstage, electrode, row_order)
    if unmix is None and row_order is not None:
        raise ValueError("row_order goes with a known array; the electrode's table says where each channel lies")
    signal = scan.electrodes(DAQ_GAINS[daq.casefold()])
    inputs = _bnc_columns(scan, bnc)
    dataset = Dataset.of(
        signal,
        name=os.path.splitext(os.path.basename(path))[0],
        aligned={"bnc": scan.inputs(inputs, signal)} if inputs else {},
        paths=(path,),
        format="active",
        notes=scan.notes,
        warnings=scan.warnings,
        metadata=scan.metadata
        | {"daq": daq.casefold(), "headstage": headstage or (unmix.headstage if unmix else "")}
        | {"gain": DAQ_GAINS[daq.casefold()], "electrode": unmix.electrode if unmix else ""},
    )
    if unmix is not None:
        return place_channels(dataset, unmix.table())
    return dataset if electrode is None else place_channels(dataset, electrode)


def _is_table(electrode: ChannelMap | str | os.PathLike[str] | None) -> bool:
    """Whether an electrode is another than one of the arrays known by name."""
    if electrode is None or isinstance(electrode, str):
        return electrode is not None and electrode.casefold() not in ARRAYS
    return True


def _unmix(
    path: str,
    scan: Scan,
    daq: str,
    headstage: str | None,
    electrode: Any,
    row_order: Sequence[int] | None,
) -> Unmix:
    unmix = find_unmix(daq, headstage, electrode, scan.n_rows, scan.n_columns)
    if (unmix.n_rows, unmix.n_columns) != (scan.n_rows, scan.n_columns):
        raise FormatError(
            f"the scan is not that of {unmix.electrode}",
            path=path,
            expected=f"{unmix.n_rows} rows of {unmix.n_columns} columns",
            found=f"{scan.n_rows} rows of {scan.n_columns}",
            hint="Is it a recording of another array, DAQ or headstage?",
        )
    return unmix if row_order is None else unmix.with_rows(row_order)


def _unnamed(path: str, scan: Scan) -> FormatError:
    fitting = [one for one in UNMIXES if (one.n_rows, one.n_columns) == (scan.n_rows, scan.n_columns)]
    return FormatError(
        "the file does not say which DAQ and headstage recorded it, and so neither where its channels lie",
        path=path,
        expected="daq= and headstage=",
        found=f"{scan.n_rows} rows of {scan.n_columns} columns",
        hint=f"Known: {'; '.join(one.label for one in fitting or UNMIXES)}; or daq={PASSTHRU!r}",
    )


def _bnc_columns(scan: Scan, bnc: int | Sequence[int] | None) -> list[int]:
    has = range(scan.n_columns, scan.n_all)
    if bnc is None:
        return list(has)
    columns = [operator.index(column) for column in np.atleast_1d(bnc)]  # 10.0 is none
    if any(column not in has for column in columns) or len(set(columns)) < len(columns):
        there = f"{has.start} to {has.stop - 1}" if has else "none"
        raise ValueError(f"bnc names columns of the DAQ behind those of the electrode ({there}), not {columns}")
    return columns


def _recognises(path: str, head: bytes) -> bool:
    known = {(one.n_rows, one.n_columns) for one in UNMIXES}
    return scan_shape(path, head) in known


def _streams(path: str) -> list[dict[str, Any]]:
    scan = read_scan(path, tie="time_first")
    return rows_of_streams(scan, [("bnc", scan.rate * scan.n_rows, len(_bnc_columns(scan, None)))])


register(
    Format("active", open_active, _recognises, _streams, "active electrode arrays, multiplexed, in HDF5 or MATLAB 7.3")
)
