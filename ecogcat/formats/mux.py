"""Multiplexed headstages (mux3 to mux7, stim): four columns of electrodes read in turn (`.h5`, `.mat` of MATLAB 7.3).

The layout is that of `ecogcat.formats.multiplexed`: `data` in volts, `Fs` (or `fs`), `numRow`, `numCol`, and behind the
columns of electrodes one with the trigger and others with BNC inputs. What the file does not say is the headstage, by
whose gain its volts are divided, and how the digital outputs of the NI card sampled the columns: with some, the four
columns of electrodes lie in another order. Source: files of the lab and the program that it read them with.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.electrodes.active import UNMIXES
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.afe import AFE_ROWS
from ecogcat.formats.multiplexed import Scan, read_scan, rows_of_streams, scan_shape
from ecogcat.formats.registry import Format, register

__all__ = ["COLUMN_ORDERS", "GAINS", "open_mux"]

GAINS = {
    "mux3": 10.0,
    "mux5": 10.0,
    "joe_mux3": 1.0,
    "mux4": 27.6,
    "mux6": 20.0,
    "mux7": 12.0,
    "mux7_lg": 3.0,
    "stim_mux1": 1.0,
    "stim_mux64": 4.0,
    "stim_v4": 4.0,
}
# The column of the file that is column 0, 1, 2, 3 of the electrode, by variant of the NI card, or else by headstage.
COLUMN_ORDERS = {
    "mux4": (3, 0, 2, 1),
    "mux5": (1, 0, 2, 3),
    "mux6": (0, 2, 1, 3),
    "mux7_1card": (1, 2, 0, 3),
    "mux7_2card_flip": (2, 0, 3, 1),
    "stim4_1card": (3, 1, 0, 2),
}


def open_mux(
    path: str | os.PathLike[str],
    *,
    headstage: str | None = None,
    ni_daq_variant: str = "",
    trigger: int | None = 0,
    bnc: int | Sequence[int] | None = None,
    axis_order: str | None = None,
) -> Dataset:
    """Open a recording of a multiplexed headstage where it lies.

    Parameters
    ----------
    path : path-like
        The `.h5` or `.mat` file.
    headstage : str
        mux3, mux4, mux5, mux6, mux7, mux7_lg, joe_mux3, stim_mux1, stim_mux64 or stim_v4; case does not matter.
    ni_daq_variant : str, optional
        In which order the NI card sampled the columns: mux7_1card, mux7_2card_flip, stim4_1card, or that of a
        headstage; by default that of this headstage.
    trigger : int or None
        Column of the trigger, counted from the first behind those of the electrode; None where there is none.
    bnc : int or sequence of int, optional
        Columns of BNC inputs, counted in the same way; by default all but the trigger's.
    axis_order : {"channels_first", "time_first"}, optional
        Which axis of `data` comes first; found by their lengths by default.

    Returns
    -------
    Dataset
        Channel ``column * numRow + row`` in uV at the rate of frames; aligned arrays `trig` in V (a channel a row of
        the trigger's column) at that rate, and `bnc` in V at `numRow` times that rate.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If it is no such recording, or `headstage` is missing.
    ValueError
        If an argument is not usable.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["data"], file["Fs"] = np.full((24, 50), 2.0, "f4"), 800.0
    ...         file["numRow"], file["numCol"], file["numChan"] = 4, 4, 6
    ...     dataset = open_mux(f"{folder}/a.h5", headstage="mux6")
    ...     dataset.signal[0, :2], dataset["trig"].shape, dataset["bnc"].shape
    (array([100000., 100000.], dtype=float32), (4, 50), (1, 200))
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    scan = read_scan(path, axis_order=axis_order)
    if headstage is None:
        raise FormatError(
            "the file does not say which headstage recorded it, and so neither its gain",
            path=path,
            expected=f"headstage= one of {', '.join(GAINS)}",
            found=f"{scan.n_rows} rows of {scan.n_columns} columns",
            hint="For another system, name it with format=",
        )
    name = headstage.casefold()
    if name not in GAINS:
        raise ValueError(f"headstage is one of {', '.join(GAINS)}, not {headstage!r}")
    order = _column_order(path, scan, name, ni_daq_variant)
    n_further = scan.n_all - scan.n_columns
    chosen = _trigger(n_further, trigger)
    inputs = _inputs(n_further, bnc, chosen)
    signal = scan.electrodes(GAINS[name], order)
    aligned = {}
    if chosen is not None:
        first = (scan.n_columns + chosen) * scan.n_rows
        aligned["trig"] = scan.rows_of(range(first, first + scan.n_rows), "trig")
    if inputs:
        aligned["bnc"] = scan.inputs([scan.n_columns + k for k in inputs], signal)
    return Dataset.of(
        signal,
        name=os.path.splitext(os.path.basename(path))[0],
        aligned=aligned,
        paths=(path,),
        format="mux",
        notes=scan.notes,
        warnings=scan.warnings,
        metadata=scan.metadata
        | {"headstage": name, "ni_daq_variant": ni_daq_variant, "gain": GAINS[name], "column_order": tuple(order)},
    )


def _column_order(path: str, scan: Scan, headstage: str, variant: str) -> Sequence[int]:
    """Return the column of the file that is column 0, 1, ... of the electrode."""
    key = variant.casefold() or headstage
    if key not in COLUMN_ORDERS and key not in GAINS:
        known = ", ".join(dict.fromkeys([*COLUMN_ORDERS, *GAINS]))
        raise ValueError(f"ni_daq_variant is one of {known}, not {variant!r}")
    order = COLUMN_ORDERS.get(key, range(scan.n_columns))
    if len(order) != scan.n_columns:
        raise FormatError(
            f"{key} samples {len(order)} columns of electrodes in an order of its own",
            path=path,
            expected=f"{len(order)} columns",
            found=f"{scan.n_columns} columns",
            hint="Is it a recording of another headstage?",
        )
    return order


def _trigger(n_further: int, trigger: int | None) -> int | None:
    if trigger is None or (trigger == 0 and n_further == 0):
        return None
    if not 0 <= operator.index(trigger) < n_further:
        raise ValueError(f"trigger counts the {n_further} columns behind those of the electrode from 0, not {trigger}")
    return operator.index(trigger)


def _inputs(n_further: int, bnc: int | Sequence[int] | None, trigger: int | None) -> list[int]:
    if bnc is None:
        return [k for k in range(n_further) if k != trigger]
    columns = [operator.index(column) for column in np.atleast_1d(bnc)]
    if any(not 0 <= column < n_further for column in columns) or len(set(columns)) < len(columns):
        raise ValueError(f"bnc counts the {n_further} columns behind those of the electrode from 0, not {columns}")
    return columns


def _recognises(path: str, head: bytes) -> bool:
    shape = scan_shape(path, head)
    known = {(one.n_rows, one.n_columns) for one in UNMIXES}
    return shape is not None and shape not in known and shape[0] < AFE_ROWS


def _streams(path: str) -> list[dict[str, Any]]:
    scan = read_scan(path)
    n_further = scan.n_all - scan.n_columns
    trig = scan.n_rows if n_further else 0
    return rows_of_streams(scan, [("trig", scan.rate, trig), ("bnc", scan.rate * scan.n_rows, max(0, n_further - 1))])


register(Format("mux", open_mux, _recognises, _streams, "multiplexed headstages, in HDF5 or MATLAB 7.3"))
