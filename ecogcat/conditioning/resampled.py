"""Resampled samples: a stretch of a signal at another rate, filtered or held, computed when read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.conditioning import derived
from ecogcat.conditioning.derived import floating, in_blocks, read_floating
from ecogcat.conditioning.polyphase import Polyphase, polyphase
from ecogcat.frozen import Frozen, Index, digest, index_array
from ecogcat.signal import Signal

__all__ = ["Filtered", "Held", "nearest"]


@dataclass(frozen=True, slots=True, eq=False)
class Filtered(Frozen):
    """A signal at the places ``start + m * step`` of its samples, below half of either rate; a `Derivation`.

    The first and last sample stand for what lies before and behind them. What is not finite spreads as far as the
    filter reaches.

    Parameters
    ----------
    signal : Signal
    start, step : Fraction
        In samples of the signal.
    n_samples : int
        Samples that there are of the result.
    """

    signal: Signal
    start: Fraction
    step: Fraction
    n_samples: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return floating(self.signal.dtype)

    @property
    def token(self) -> str:
        """Digest of the signal and of the places."""
        return digest("filtered", self.signal.token, *_places(self))

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the values of ascending channels over samples; see `Reader`."""
        out = np.empty((len(channels), stop - start), self.dtype)
        if not self.signal.n_samples:
            out[:] = np.nan
            return out
        design = polyphase(self.start, self.step)
        width = design.taps.shape[1]
        # Blocks overlap by the filter's width: several times as long, so that little is decoded twice.
        inputs = max(derived.BLOCK // max(1, len(channels)), 4 * width)
        length = max(1, int(inputs / self.step))

        def fill(a: int, b: int) -> None:
            self._fill(design, channels, a, b, out[:, a - start : b - start])

        in_blocks(fill, start, stop, length)
        return out

    def _fill(self, design: Polyphase, channels: Index, start: int, stop: int, out: NDArray[Any]) -> None:
        low, high = design.reach(start, stop)
        n = self.signal.n_samples
        a = min(max(low, 0), n - 1)
        b = max(min(high, n), a + 1)
        values = read_floating(self.signal, channels, a, b)
        # Far beyond an end there is nothing but the sample at that end.
        index = np.clip(np.arange(low, high), a, b - 1) - a if low < a or high > b else None
        if values.dtype.kind == "c":
            for part in ("real", "imag"):
                sums = np.empty(out.shape)
                _sum(design, _extended(np.ascontiguousarray(getattr(values, part)), index), low, start, sums)
                setattr(out, part, sums)
            return
        _sum(design, _extended(values, index), low, start, out)


def _extended(values: NDArray[Any], index: Any) -> NDArray[Any]:
    return values if index is None else values[:, index]


def _sum(design: Polyphase, values: NDArray[Any], origin: int, start: int, out: NDArray[Any]) -> None:
    from ecogcat.kernels.resample import weighted_sums

    period, width = design.taps.shape
    block = max(1, 2 * width * period // max(1, design.advance))
    with np.errstate(invalid="ignore", over="ignore"):  # infinities: compiled, the kernel says nothing of them
        weighted_sums(values, origin, design.first, design.advance, design.taps, start, min(block, out.shape[1]), out)


@dataclass(frozen=True, slots=True, eq=False)
class Held(Frozen):
    """Logic lines at the places ``start + m * step`` of their samples, edges where events on them are; a `Derivation`.

    Each sample of the lines belongs to the nearest place. The result there is the last of them; or, if that is what it
    was before them, the first that is not: a pulse shorter than a sample of the result lasts one.

    Parameters
    ----------
    signal : Signal
    start, step : Fraction
        In samples of the signal.
    n_samples : int
    at, taken : array_like of int64
        Samples of the result, ascending, and those of the signal whose values they have all the same: under events.
    """

    signal: Signal
    start: Fraction
    step: Fraction
    n_samples: int
    at: Index
    taken: Index

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", index_array(self.at))
        object.__setattr__(self, "taken", index_array(self.taken))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values: that of the lines."""
        return self.signal.dtype

    @property
    def token(self) -> str:
        """Digest of the signal, of the places and of the events."""
        return digest("held", self.signal.token, *_places(self), self.at, self.taken)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the values of ascending channels over samples; see `Reader`."""
        out = np.empty((len(channels), stop - start), self.dtype)
        if not self.signal.n_samples:
            out[:] = 0
            return out
        length = max(1, int(derived.BLOCK / max(1, len(channels)) / self.step))
        in_blocks(lambda a, b: self._fill(channels, a, b, out[:, a - start : b - start]), start, stop, length)
        a, b = np.searchsorted(self.at, [start, stop])
        if b > a and len(channels):
            out[:, self.at[a:b] - start] = self.signal.take(channels)[:, self.taken[a:b]]
        return out

    def _fill(self, channels: Index, start: int, stop: int, out: NDArray[Any]) -> None:
        from ecogcat.kernels.held import hold_states

        edges = self.edges(start, stop)
        low = max(0, int(edges[0]) - 1)
        values = np.empty((len(channels), int(edges[-1]) - low), self.dtype)
        self.signal.read(channels, low, int(edges[-1]), out=values)
        kind = np.dtype(f"u{values.dtype.itemsize}")  # states are compared and copied: one kernel for all of a size
        hold_states(values.view(kind), edges, low, out.view(kind))

    def edges(self, start: int, stop: int) -> Index:
        """Return the first sample of the lines that belongs to each of samples start..stop + 1 of the result.

        Ties go to the even sample of the result, as those of events do; what lies beyond an end belongs to it.
        """
        unit = lcm(self.start.denominator, self.step.denominator)
        begin, pace = int(self.start * unit), int(self.step * unit)
        m = np.arange(start, stop + 1, dtype=np.int64)
        whole, rest = np.divmod((2 * m - 1) * pace + 2 * begin, 2 * unit)
        n = self.signal.n_samples
        edges = np.clip(whole + ((rest > 0) | (m % 2 == 1)), 0, n)
        edges[m == self.n_samples] = n
        # A place without a sample of its own has the state of the last before it; before the first there is the first.
        return index_array(np.where(m == 0, 0, np.maximum(edges, 1)))


def nearest(samples: Any, step: Fraction) -> NDArray[np.int64]:
    """Return the places ``m * step`` nearest to samples, ties to the even one; in integers.

    Examples
    --------
    >>> nearest([4, 5, 15, 16], Fraction(10))
    array([0, 0, 2, 2])
    """
    whole, rest = np.divmod(np.asarray(samples, np.int64) * step.denominator, step.numerator)
    more = 2 * rest - step.numerator
    up: NDArray[np.int64] = whole + ((more > 0) | ((more == 0) & (whole % 2 == 1)))
    return up


def _places(reader: Filtered | Held) -> tuple[int, ...]:
    start, step = reader.start, reader.step
    return start.numerator, start.denominator, step.numerator, step.denominator, reader.n_samples
