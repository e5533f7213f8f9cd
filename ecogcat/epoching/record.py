"""Epochs record: windows around events as one array, with the events they belong to and those that have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.epoching.averages import Average, mean_by_condition
from ecogcat.epoching.outliers import log_power, outlying
from ecogcat.events import Events
from ecogcat.frozen import Frozen, Index, freeze, index_array
from ecogcat.tables import tables_equal

__all__ = ["Epochs"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Epochs(Frozen):
    """Windows around events; made by `ecogcat.epochs`.

    Parameters
    ----------
    data : ndarray, shape (n_events, n_channels, n_times)
        Read-only; an array that is read-only already is taken as it is.
    kept : ndarray of int64, shape (n_events,)
        Which of the events asked for these are: their indices.
    times : ndarray of float64, shape (n_times,)
        Seconds from the event.
    events : Events
        Those kept, with their samples in the dataset and their conditions.
    dropped : DataFrame
        The events that have no epoch: event (its index) and reason ("edge", "seam", "interval:label", "outlier").
    channel_names : tuple of str
    sampling_rate : float
        Hz.
    units : str

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[0, 1, 2, 3, 4, 5.0]], 1000, events=ec.Events([0, 2, 4], {"tone": [1, 1, 2]}))
    >>> found = ec.epochs(dataset, 1, 2)
    >>> found.data[:, 0]
    array([[1., 2., 3.],
           [3., 4., 5.]])
    >>> found.kept, found.times
    (array([1, 2]), array([-0.001,  0.   ,  0.001]))
    >>> found.dropped
       event reason
    0      0   edge
    """

    data: NDArray[Any]
    kept: Index
    times: NDArray[np.float64]
    events: Events
    _dropped: pd.DataFrame = field(repr=False)
    channel_names: tuple[str, ...]
    sampling_rate: float
    units: str

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "data", freeze(self.data) if self.data.flags.writeable else self.data)
        set_(self, "kept", index_array(self.kept))
        set_(self, "times", freeze(self.times, np.float64))
        set_(self, "_dropped", self._dropped.reset_index(drop=True).copy())
        set_(self, "channel_names", tuple(self.channel_names))
        want = (len(self.kept), len(self.channel_names), len(self.times))
        if self.data.shape != want or len(self.events) != len(self.kept):
            raise ValueError(f"epochs of shape {want} and as many events are needed; got {self.data.shape}")

    @property
    def dropped(self) -> pd.DataFrame:
        """Events without an epoch, and why: event, reason; a copy."""
        return self._dropped.copy()

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_events, n_channels, n_times)."""
        return self.data.shape

    def __len__(self) -> int:
        return len(self.kept)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Epochs):
            return NotImplemented
        nan = self.data.dtype.kind in "fc" and other.data.dtype.kind in "fc"
        return (
            (self.channel_names, self.sampling_rate, self.units)
            == (other.channel_names, other.sampling_rate, other.units)
            and self.events == other.events
            and np.array_equal(self.kept, other.kept)
            and np.array_equal(self.times, other.times)
            and tables_equal(self._dropped, other._dropped)
            and self.data.dtype == other.data.dtype
            and np.array_equal(self.data, other.data, equal_nan=nan)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        n, n_channels, n_times = self.data.shape
        window = f" ({self.times[0]:g} to {self.times[-1]:g} s)" if n_times else ""
        text = f"<Epochs {n:,} x {n_channels:,} channels x {n_times:,} samples{window}, {self.units}, {self.data.dtype}"
        reasons = self._dropped["reason"].value_counts(sort=False)
        out = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
        return text + (f"; dropped: {out}>" if out else ">")

    def average(self, by: str | Sequence[str] | None = None) -> Average:
        """Average the epochs of each condition.

        Parameters
        ----------
        by : str or sequence of str, optional
            Columns of the events' table: each distinct combination is a condition, in sorted order. None: all epochs
            are one. Epochs that lack one of the values belong to none.

        Returns
        -------
        Average
            `conditions` (a table), `counts`, and `mean` (n_conditions, n_channels, n_times). Accumulated in double
            precision; values that are NaN are left out, sample by sample.

        Examples
        --------
        >>> import ecogcat as ec
        >>> dataset = ec.from_array([[0, 1, 2, 3.0]], 1000, events=ec.Events([0, 1, 3], {"tone": [2, 1, 2]}))
        >>> average = ec.epochs(dataset, 0, 1).average("tone")
        >>> average.conditions["tone"].tolist(), average.counts, average.mean.ravel()
        ([1, 2], array([1, 2]), array([1. , 1.5]))
        """
        columns = [by] if isinstance(by, str) else list(by or ())
        if columns:
            codes, table = self.events.conditions(*columns)
        else:
            codes, table = index_array(np.zeros(len(self), np.int64)), pd.DataFrame(index=range(1))
        mean, counts = mean_by_condition(self.data, codes, len(table))
        return Average(table, counts, _locked(mean), self.times, self.channel_names, self.units)

    def outliers(self, method: str = "quartile", k: float = 3.0, *, by_channel: bool = False) -> NDArray[np.bool_]:
        """Find epochs whose power lies far from that of the others.

        The power of a channel in an epoch is its variance over time, and its logarithm is what is compared. Seen from
        each channel's median over the epochs, an epoch is as strong as the median of its channels: so no single loud
        channel makes an outlier. Fences are drawn around all epochs; a tenth of them may be artefacts without moving
        the fences much.

        Parameters
        ----------
        method : {"quartile", "mad"}
            "quartile": beyond the quartiles by more than `k` times the distance between them. "mad": farther from the
            median than `k` times 1.4826 times the median distance from it (`k` standard deviations, were they normal).
        k : float
        by_channel : bool
            Each channel against its own fences instead.

        Returns
        -------
        ndarray of bool, shape (n_events,), or (n_events, n_channels) by channel
            True: an outlier.

        Examples
        --------
        >>> import ecogcat as ec, numpy as np
        >>> values = np.random.default_rng(0).normal(size=(1, 1000))
        >>> values[0, 300:400] *= 50
        >>> dataset = ec.from_array(values, 1000, events=ec.Events(range(0, 1000, 100)))
        >>> np.flatnonzero(ec.epochs(dataset, 0, 100).outliers())
        array([3])
        """
        return outlying(log_power(self.data), method, k, by_channel=by_channel)

    def drop_outliers(self, method: str = "quartile", k: float = 3.0) -> Epochs:
        """Return the epochs without outliers, which `dropped` then lists.

        Parameters
        ----------
        method, k
            As in `outliers`.
        """
        out = self.outliers(method, k)
        if not out.any():
            return self
        more = pd.DataFrame({"event": self.kept[out], "reason": "outlier"})
        table = pd.concat([self._dropped, more]) if len(self._dropped) else more
        table = table.sort_values("event", kind="stable")
        changes: dict[str, Any] = {"data": _locked(self.data[~out]), "kept": self.kept[~out], "_dropped": table}
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return Epochs(**(values | changes | {"events": self.events.select(~out)}))


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
