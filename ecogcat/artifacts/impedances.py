"""Impedances: channels left out of a dataset because of what was measured at their electrodes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd

from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.electrodes.impedance import read_impedance
from ecogcat.select import leave_out

__all__ = ["mask_impedance"]


def mask_impedance(
    dataset: Dataset,
    impedances: pd.DataFrame | str | os.PathLike[str],
    *,
    above: float | None = None,
    below: float | None = None,
    frequency_hz: float | None = None,
) -> Dataset:
    """Leave out channels whose impedance is too high, or too low.

    Parameters
    ----------
    dataset : Dataset
        A recording, or a join: a channel then goes if the measurement condemns it in any of its recordings.
    impedances : DataFrame or path
        A table of `ecogcat.read_impedance`, or the file that it reads. Its `channel` is the source channel.
    above, below : float, optional
        Ohm; a channel goes whose magnitude is above `above` or below `below`. One of them is needed.
    frequency_hz : float, optional
        Which measurements count, where there are several frequencies.

    Returns
    -------
    Dataset
        ``dropped`` has the impedance of each channel left out. Channels that were not measured stay.

    Raises
    ------
    ValueError
        If there is no limit, or several frequencies (or none like that) to choose from.
    RecordingNotFound, FormatError
        If the file is not there or not usable.

    Examples
    --------
    >>> import ecogcat as ec
    >>> table = pd.DataFrame({"channel": [0, 1], "magnitude_ohm": [9e6, 2e5], "frequency_hz": [1000.0, 1000.0]})
    >>> dataset = ec.from_array([[1.0], [2.0]], 1000)
    >>> ec.mask_impedance(dataset, table, above=2e6).dropped[["name", "reason"]]
      name                          reason
    0  ch0  impedance 9 MOhm, above 2 MOhm
    """
    check_dataset(dataset, "mask_impedance")
    if above is None and below is None:
        raise ValueError("above= or below= says which impedances are bad, in Ohm")
    table = impedances if isinstance(impedances, pd.DataFrame) else read_impedance(impedances)
    table = _at(table, frequency_hz)
    bad: dict[int, str] = {}
    for channel, size in zip(table["channel"].tolist(), table["magnitude_ohm"].tolist(), strict=True):
        if above is not None and size > above:
            bad[channel] = f"impedance {_ohm(size)}, above {_ohm(above)}"
        elif below is not None and size < below:
            bad[channel] = f"impedance {_ohm(size)}, below {_ohm(below)}"
    reasons: dict[int, str] = {}
    for part in dataset.recordings:
        for row in np.flatnonzero(part.rows >= 0).tolist():
            source = int(part.opened.source[part.rows[row]])
            if source in bad:
                reasons.setdefault(row, bad[source])
    return leave_out(dataset, reasons)


def _at(table: pd.DataFrame, frequency_hz: float | None) -> pd.DataFrame:
    """Return the measurements at one frequency."""
    if frequency_hz is not None:
        chosen = table[np.isclose(table["frequency_hz"].astype(float), frequency_hz)]
        if chosen.empty:
            raise ValueError(f"no impedance was measured at {frequency_hz:g} Hz, but at {_frequencies(table)}")
        return chosen
    if table.duplicated("channel").any():
        raise ValueError(f"impedances were measured at {_frequencies(table)}: frequency_hz= says which count")
    return table


def _frequencies(table: pd.DataFrame) -> str:
    found: Any = table["frequency_hz"].unique()
    return ", ".join(f"{one:g} Hz" for one in sorted(found))


def _ohm(value: float) -> str:
    """Return an impedance in words.

    Examples
    --------
    >>> _ohm(9.04e6), _ohm(2e5), _ohm(12.0)
    ('9.04 MOhm', '200 kOhm', '12 Ohm')
    """
    for size, unit in ((1e6, "MOhm"), (1e3, "kOhm")):
        if value >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value:.4g} Ohm"
