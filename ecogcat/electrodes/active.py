"""Active electrodes: which cell of a multiplexed scan is which site of the array.

An active array is scanned row by row: the data acquisition (DAQ) records `n_columns` analog columns, each a cycle of
`n_rows` cells, so that source channel ``column * n_rows + row`` is one cell. How DAQ, headstage and array are wired
decides which column of the array arrives at which column of the DAQ, and in which order its rows are scanned; columns
of the DAQ that carry no site are for diagnosis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ecogcat.electrodes.table import ElectrodeTable
from ecogcat.frozen import index_array

__all__ = ["ARRAYS", "DAQ_GAINS", "PASSTHRU", "UNMIXES", "Unmix", "find_unmix"]

PASSTHRU = "passthru"
# The amplification of the DAQ, which the stored volts have behind them.
DAQ_GAINS = {"2t-as daq v1": 10.0, "2t-as daq v2": 10.0, PASSTHRU: 1.0}
# (dy, dx), mm; of the others no pitch is known. The lab notes 0.3214 and 0.25 for x and y, by which 28 columns and 36
# rows are a square of 9 mm; its program took them for y and x.
_PITCH = {"actv_64": (0.4, 0.4), "active_1008ch_sp_v2": (0.25, 0.3214)}


@dataclass(frozen=True, slots=True)
class Unmix:
    """How one array is scanned by one DAQ through one headstage.

    Parameters
    ----------
    daq, headstage, electrode : str
    n_rows, n_columns : int
        Cells of a scan: rows of a cycle, and data columns of the DAQ.
    columns : tuple of int
        DAQ column of each column of the array.
    rows : tuple of int
        Place in the scan of each row of the array.
    """

    daq: str
    headstage: str
    electrode: str
    n_rows: int
    n_columns: int
    columns: tuple[int, ...]
    rows: tuple[int, ...]

    @property
    def label(self) -> str:
        """The load arguments that choose it."""
        return f"daq={self.daq!r}, headstage={self.headstage!r} ({self.electrode}, {self.n_rows} x {self.n_columns})"

    def table(self) -> ElectrodeTable:
        """Return which cell is which site; cells of the columns for diagnosis are grounds."""
        shape = len(self.rows), len(self.columns)
        sites = np.full((self.n_columns, self.n_rows, 2), -1, np.int64)
        # Only scanned cells get a site: an array may have fewer rows than the scan.
        for col, column in enumerate(self.columns):
            for row, place in enumerate(self.rows):
                sites[column, place] = row, col
        flat = index_array(sites.reshape(-1, 2))
        roles = tuple("electrode" if row >= 0 else "ground" for row in flat[:, 0])
        pitch = _PITCH.get(self.electrode, (1.0, 1.0))
        return ElectrodeTable(index_array(range(len(flat))), roles, flat, shape, pitch)

    def with_rows(self, rows: Sequence[int]) -> Unmix:
        """Return the same with the rows of the array scanned in another order.

        Raises
        ------
        ValueError
            If it is no order of as many rows.
        """
        order = [int(row) for row in rows]
        if sorted(order) != sorted(self.rows):
            raise ValueError(f"row_order has each of the {len(self.rows)} rows of {self.electrode} once, not {order}")
        return replace(self, rows=tuple(order))


def _unmix(daq: str, headstage: str, electrode: str, n_rows: int, n_columns: int, columns: str, rows: str) -> Unmix:
    return Unmix(
        *(daq, headstage, electrode, n_rows, n_columns), tuple(map(int, columns.split())), tuple(map(int, rows.split()))
    )


UNMIXES = (
    _unmix("2t-as daq v2", "zif26 to 2x uhdmi", "actv_64", 8, 10, "4 5 2 8 9 0 1 7", "0 1 2 3 5 7 6 4"),
    _unmix(
        *("2t-as daq v1", "zif26 to 2x 20 pins harwin to 2x uhdmi", "actv_64", 8, 10),
        "2 0 9 5 8 3 6 7",
        "3 2 4 5 7 1 0 6",
    ),
    _unmix("2t-as daq v1", "zif26 to 2x uhdmi", "actv_64", 8, 10, "2 3 0 6 7 8 9 5", "0 1 2 3 5 6 7 4"),
    _unmix(
        *("2t-as daq v1", "zif to 50mil", "cardiac v1", 22, 20),
        "9 3 8 2 7 1 6 0 5 15 13 16 12 17 11 18 10 19",
        "1 6 16 4 21 2 18 3 10 13 19 7 14 8 20 0 9 15 17 5 12 11",
    ),
    _unmix(
        *("2t-as daq v2", "zif51_p4-50_demux-14c20r", "active_1008ch_sp_v2", 36, 30),
        "15 16 29 27 28 23 17 24 20 25 19 26 18 22 3 4 5 2 13 14 0 1 12 8 9 10 11 7",
        "7 2 8 3 11 1 12 0 14 9 13 10 17 5 16 6 15 4 25 20 26 21 29 19 30 18 32 27 31 28 35 23 34 24 33 22",
    ),
)
ARRAYS = tuple(dict.fromkeys(one.electrode for one in UNMIXES))


def find_unmix(daq: str, headstage: str | None, electrode: str | None, n_rows: int, n_columns: int) -> Unmix:
    """Return how an array is scanned.

    Parameters
    ----------
    daq : str
        Case does not matter, here and below; "passthru" takes the cells as they come.
    headstage, electrode : str, optional
        Needed where several match.
    n_rows, n_columns : int
        Cells of the recording's scan.

    Raises
    ------
    ValueError
        If no combination is known by these names, or several are; the message lists them.

    Examples
    --------
    >>> find_unmix("2T-AS DAQ v1", None, "cardiac v1", 22, 20).table().shape
    (22, 18)
    """
    if daq.casefold() == PASSTHRU:
        name = (electrode or "").casefold()
        return Unmix(PASSTHRU, headstage or "", name, n_rows, n_columns, tuple(range(n_columns)), tuple(range(n_rows)))
    named = {"daq": daq, "headstage": headstage, "electrode": electrode}
    given = {key: value.casefold() for key, value in named.items() if value is not None}
    matches = [one for one in UNMIXES if all(getattr(one, key) == value for key, value in given.items())]
    if headstage is None and len(matches) > 1:
        matches = [one for one in matches if (one.n_rows, one.n_columns) == (n_rows, n_columns)]
    if len(matches) != 1:
        asked = ", ".join(f"{key}={value!r}" for key, value in named.items() if value is not None)
        what = "several arrays are wired as" if matches else "no array is known to be wired as"
        listed = "; ".join(one.label for one in matches or UNMIXES)
        raise ValueError(f"{what} {asked}; known: {listed}")
    return matches[0]
