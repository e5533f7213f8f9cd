"""Re-referenced samples: channels less an average of channels, or less their share of it; computed when read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.conditioning import derived
from ecogcat.conditioning.derived import floating, in_blocks, read_floating
from ecogcat.frozen import Frozen, Index, digest, freeze, index_array
from ecogcat.signal import Signal

__all__ = ["Rereferenced"]


@dataclass(frozen=True, slots=True, eq=False)
class Rereferenced(Frozen):
    """Channels of a signal less the average of some; a `Derivation`.

    Parameters
    ----------
    signal : Signal
    chosen : array_like of int
        Channels that make the average: of `other` if that is given, of `signal` otherwise.
    other : Signal, optional
        As long as the signal.
    regress : bool
        Subtract of each channel its share of the average, the slope of its regression on it, instead of all of it.
    known : ndarray of float64, shape (n_channels,), optional
        The slopes, if they were computed before: a copy in another process need not read everything again.
    """

    signal: Signal
    chosen: Index
    other: Signal | None = None
    regress: bool = False
    known: NDArray[np.float64] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chosen", index_array(self.chosen))

    @property
    def n_samples(self) -> int:
        """Samples of each channel."""
        return self.signal.n_samples

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return floating(self.signal.dtype)

    @property
    def token(self) -> str:
        """Digest of the signals, of the channels averaged and of what is done with the average."""
        other = None if self.other is None else self.other.token
        return digest("rereferenced", self.signal.token, self.chosen, other, self.regress)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the values of ascending channels over samples; see `Reader`."""
        from ecogcat.kernels.reference import subtract_share

        out = np.empty((len(channels), stop - start), self.dtype)
        share = self.slopes()[channels] if self.regress else np.ones(len(channels))
        needed = channels if self.other is not None else index_array(np.union1d(channels, self.chosen))
        rows = np.searchsorted(needed, channels)

        def fill(a: int, b: int) -> None:
            values = read_floating(self.signal, needed, a, b)
            average = self._average(values, needed, a, b)
            with np.errstate(invalid="ignore", over="ignore"):
                subtract_share(values, rows, average, share, out[:, a - start : b - start])

        in_blocks(fill, start, stop, max(1, derived.BLOCK // max(1, len(needed))))
        return out

    def _average(self, values: NDArray[Any], there: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the average over samples start..stop, of which the signal's channels `there` are read already."""
        from ecogcat.kernels.reference import average_rows

        rows = np.searchsorted(there, self.chosen)
        if self.other is not None:
            rows = np.arange(len(self.chosen))
            values = read_floating(self.other, self.chosen, start, stop)
        kind = np.complex128 if values.dtype.kind == "c" else np.float64
        average = np.empty(stop - start, kind)
        with np.errstate(invalid="ignore", over="ignore"):  # infinities: compiled, kernels say nothing of them
            average_rows(values, rows, np.empty(stop - start), average)
        return average

    def slopes(self) -> NDArray[np.float64]:
        """Return how much of the average each channel takes part in, from one pass over the stretch; computed once.

        Samples that are NaN in the channel or the average are left out. 0 for a channel without two different samples
        of the average.
        """
        if self.known is None:
            object.__setattr__(self, "known", freeze(self._regressed()))
        return self.known  # type: ignore[return-value]

    def _regressed(self) -> NDArray[np.float64]:
        n_channels = self.signal.n_channels
        every = index_array(range(n_channels))
        count, mean_x, mean_m, xm, mm = np.zeros((5, n_channels))
        length = max(1, (1 << 20) // max(1, n_channels))  # the same everywhere: another would round otherwise
        for a in range(0, self.n_samples, length):
            b = min(self.n_samples, a + length)
            x = read_floating(self.signal, every, a, b)
            if x.dtype.kind == "c":
                raise TypeError("regressing on the common average needs real values; these are complex")
            m = self._average(x, every, a, b)
            there = np.isfinite(x) & np.isfinite(m)
            n = there.sum(1)
            some = np.maximum(n, 1)
            x64, m64 = np.where(there, x, 0.0).astype(np.float64), np.where(there, m, 0.0)
            block_x, block_m = x64.sum(1) / some, m64.sum(1) / some
            from_x, from_m = np.where(there, x64 - block_x[:, None], 0), np.where(there, m64 - block_m[:, None], 0)
            # Chan, Golub and LeVeque's update: sums about the means so far, so that no large offset cancels.
            total = np.maximum(count + n, 1)
            apart_x, apart_m, weight = block_x - mean_x, block_m - mean_m, count * n / total
            xm += (from_x * from_m).sum(1) + apart_x * apart_m * weight
            mm += (from_m * from_m).sum(1) + apart_m * apart_m * weight
            mean_x, mean_m = mean_x + apart_x * n / total, mean_m + apart_m * n / total
            count += n
        slopes: NDArray[np.float64] = np.divide(xm, mm, out=np.zeros(n_channels), where=mm > 0)
        return slopes
