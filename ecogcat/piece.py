"""Piece: some channels of one extent over one stretch of samples, with the scale that makes them physical."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, digest, freeze, index_array
from ecogcat.storage.extent import Extent, Samples, Scale
from ecogcat.storage.single import single_suffices
from ecogcat.storage.windows import gather_windows

__all__ = ["Piece", "cut_pieces"]


@dataclass(frozen=True, slots=True, eq=False)
class Piece(Frozen):
    """A stretch of a signal that lies in one extent.

    Parameters
    ----------
    extent : Extent
        Where the samples lie.
    channels : array_like of int, shape (n_channels,)
        Channels of the extent, in the signal's order; -1 for a channel that this stretch lacks (NaN, or 0).
    start, stop : int
        Samples of the extent, half open.
    dtype : numpy.dtype
        Type of the values in the recording's native unit; see `value_dtype`.
    gain, offset : array_like of float64, shape (n_channels,), optional
        value = (stored * gain + offset) * 10**exponent; None where the stored numbers are the values.
    exponent : int
        Power of ten from the recording's native unit to the signal's; kept apart so that conversions compose exactly.

    Attributes
    ----------
    lacks_channels : bool
        Whether some channel is not in the extent.
    """

    extent: Extent
    channels: Index
    start: int
    stop: int
    dtype: np.dtype[Any]
    gain: NDArray[np.float64] | None = None
    offset: NDArray[np.float64] | None = None
    exponent: int = 0
    lacks_channels: bool = field(init=False)
    _unscaled: bool = field(init=False, repr=False)
    _single: bool | None = field(init=False, repr=False, default=None)
    _recent: tuple[Index, Index, Scale | None] | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "channels", index_array(self.channels))
        set_(self, "lacks_channels", bool((self.channels < 0).any()))
        set_(self, "dtype", np.dtype(self.dtype))
        if self.gain is not None or self.offset is not None:
            n = len(self.channels)
            gain = 1.0 if self.gain is None else self.gain
            offset = 0.0 if self.offset is None else self.offset
            set_(self, "gain", _scale_array(gain, n))
            set_(self, "offset", _scale_array(offset, n))
        set_(self, "_unscaled", self._is_unscaled())

    @classmethod
    def whole(
        cls,
        extent: Extent,
        *,
        gain: Any = None,
        offset: Any = None,
        exponent: int = 0,
        dtype: Any = None,
    ) -> Piece:
        """Return all of an extent; values are float32 where there is a scale, else of the stored type."""
        if dtype is None:
            native = extent.dtype.newbyteorder("=")
            dtype = native if gain is None and offset is None else np.result_type(np.float32, _kept(native))
        channels = np.arange(extent.n_channels, dtype=np.int64)
        return cls(extent, channels, 0, extent.n_samples, np.dtype(dtype), gain, offset, exponent)

    def _is_unscaled(self) -> bool:
        """Whether stored numbers are values, also because a gain of 1 and an offset of 0 leave floats as they are."""
        if self.gain is None or self.offset is None:
            return True
        return self.extent.dtype.kind == "f" and bool((self.gain == 1).all()) and not self.offset.any()

    @property
    def n_samples(self) -> int:
        """Samples of the stretch."""
        return self.stop - self.start

    @property
    def value_dtype(self) -> np.dtype[Any]:
        """Type of the values: `dtype`; float32 for integers and float16 while they are scaled by a power of ten."""
        # Kept apart from `dtype`: integers converted to another unit and back are integers again.
        narrow = self.dtype.kind not in "fc" or self.dtype.itemsize < 4
        return np.dtype(np.float32) if self.exponent and narrow else self.dtype

    @property
    def token(self) -> str:
        """Digest of content, place and scale."""
        scale = (self.gain, self.offset, self.exponent)
        return digest(self.extent.token, self.channels, self.start, self.stop, self.dtype.str, scale)

    def cut(self, start: int, stop: int) -> Piece:
        """Return samples start..stop of this stretch."""
        if start == 0 and stop == self.n_samples:
            return self
        return self._with(start=self.start + start, stop=self.start + stop)

    def take(self, rows: Index) -> Piece:
        """Return the listed channels of this stretch; -1 for one to be filled."""
        if len(rows) == len(self.channels) and bool((rows == np.arange(len(rows))).all()):
            return self
        if not len(self.channels):
            rows = np.full(len(rows), -1, np.int64)
            channels: NDArray[Any] = rows
        else:
            channels = np.where(rows < 0, -1, self.channels[rows])
        gain = None if self.gain is None else _take(self.gain, rows, 1.0)
        offset = None if self.offset is None else _take(self.offset, rows, 0.0)
        return self._with(channels=channels, gain=gain, offset=offset)

    def scaled(self, exponent: int) -> Piece:
        """Return the same values times 10**exponent, exactly undone by -exponent."""
        return self if exponent == 0 else self._with(exponent=self.exponent + exponent)

    def astype(self, dtype: np.dtype[Any]) -> Piece:
        """Return the same stretch with values of another type, rounded once."""
        return self if dtype == self.dtype else self._with(dtype=dtype)

    def over(self, extent: Extent, start: int, stop: int) -> Piece:
        """Return samples start..stop of an extent with channels like those of this one, scaled as these are."""
        return self._with(extent=extent, start=start, stop=stop)

    def scale(self, rows: Index) -> Scale | None:
        """Return the scale of some rows, None where stored numbers are values."""
        if self.exponent == 0 and self._unscaled:
            return None
        if self.gain is None or self.offset is None:
            gain, offset = np.ones(len(rows)), np.zeros(len(rows))
        else:
            gain, offset = self.gain[rows], self.offset[rows]
        if self.exponent > 0:
            factor = 10.0**self.exponent
            gain, offset = gain * factor, offset * factor
        elif self.exponent < 0:
            # Dividing by an exact power of ten rounds once; multiplying by its inexact inverse would round twice.
            factor = 10.0**-self.exponent
            gain, offset = gain / factor, offset / factor
        return Scale(_locked(gain), _locked(offset))

    def gather(self, rows: Index, samples: Samples, out: NDArray[Any], at: int, count: int, raw: bool) -> None:
        """Decode rows at samples (of this stretch) into ``out[:, at : at + count]``."""
        if isinstance(samples, range):
            samples = range(samples.start + self.start, samples.stop + self.start, samples.step)
        elif self.start:
            samples = samples + self.start
        channels, scale = self._rows(rows)
        if raw:
            scale = None
        if self.lacks_channels:
            self._gather_some(channels, samples, scale, out, at, count)
        else:
            self.extent.gather(channels, samples, scale, out, at, count)

    def gather_windows(self, rows: Index, windows: Index, out: NDArray[Any]) -> None:
        """Decode rows over windows (whose samples count from the start of this stretch) into epochs of `out`.

        Parameters
        ----------
        rows : ndarray of int64, shape (n_rows,)
        windows : ndarray of int64, shape (n_windows, 4)
            epoch, first, at, count; see `ecogcat.storage.windows`.
        out : ndarray of `value_dtype`, shape (n_epochs, n_rows, n_times)
            C-contiguous.
        """
        channels, scale = self._rows(rows)
        if self.start:
            windows = windows + np.array([0, self.start, 0, 0])
        if not self.lacks_channels:
            gather_windows(self.extent, channels, windows, scale, out)
            return
        for epoch, first, at, count in windows.tolist():
            self._gather_some(channels, range(first, first + count), scale, out[epoch], at, count)

    def _rows(self, rows: Index) -> tuple[Index, Scale | None]:
        """Return the channels and the scale of rows; the last ones are kept, for windows ask for the same again."""
        recent = self._recent
        if recent is not None and recent[0] is rows:
            return recent[1:]
        channels, scale = _locked(self.channels[rows]), self.scale(rows)
        if scale is not None and self._needs_no_double():
            scale = scale._replace(single=True)
        if not rows.flags.writeable:
            object.__setattr__(self, "_recent", (rows, channels, scale))
        return channels, scale

    def _needs_no_double(self) -> bool:
        if self._single is None:
            scale = self.scale(np.arange(len(self.channels)))
            single = scale is not None and self.value_dtype == np.float32
            single = single and single_suffices(self.extent.dtype, *scale[:2])  # type: ignore[index]
            object.__setattr__(self, "_single", single)
        return bool(self._single)

    def _gather_some(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode the channels that are there in one request, and fill the rows of those that are not."""
        fill = np.nan if out.dtype.kind in "fc" else 0
        there = np.flatnonzero(channels >= 0)
        a, b = (int(there[0]), int(there[-1]) + 1) if len(there) else (0, 0)
        out[:a, at : at + count] = fill
        out[b:, at : at + count] = fill
        if a == b:
            return
        # Between others a channel stands in for one that lacks: a request for each run would decode a
        # compressed block once a run, and pass all interleaved bytes as often.
        lacking = channels[a:b] < 0
        stand_in = np.maximum.accumulate(np.where(lacking, 0, np.arange(b - a)))
        part = None if scale is None else scale.rows(slice(a, b))
        self.extent.gather(channels[a:b][stand_in], samples, part, out[a:b], at, count)
        if lacking.any():
            out[a:b, at : at + count][lacking] = fill

    def _with(self, **changes: Any) -> Piece:
        values: dict[str, Any] = {
            "extent": self.extent,
            "channels": self.channels,
            "start": self.start,
            "stop": self.stop,
            "dtype": self.dtype,
            "gain": self.gain,
            "offset": self.offset,
            "exponent": self.exponent,
        }
        return Piece(**(values | changes))


def cut_pieces(pieces: Sequence[Piece], starts: Index, start: int, stop: int) -> list[Piece]:
    """Return samples start..stop of pieces in a row that begin at `starts` (the last entry is the end).

    Pieces outside are left out; of no samples, the first piece that has the place is kept, empty.
    """
    kept: list[Piece] = []
    low = max(0, int(np.searchsorted(starts, start, side="left")) - 1)
    high = min(len(pieces), int(np.searchsorted(starts, stop, side="right")))
    for k in range(low, high):
        first, end = int(starts[k]), int(starts[k + 1])
        a, b = max(start, first), min(stop, end)
        if a < b or (start == stop and not kept and first <= start <= end):
            kept.append(pieces[k].cut(a - first, b - first))
    return kept


def _scale_array(values: Any, n: int) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.ndim == 0:
        array = np.full(n, float(array))
    if array.shape != (n,):
        raise ValueError(f"a gain or offset is one number, or one a channel ({n}), not of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("gains and offsets are finite numbers")
    return freeze(array)


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array that nobody else has yet, read-only; `freeze` would copy it."""
    array.setflags(write=False)
    return array


def _take(values: NDArray[np.float64], rows: Index, fill: float) -> NDArray[np.float64]:
    if not values.size:
        return np.full(len(rows), fill)
    return np.where(rows < 0, fill, values[rows])


def _kept(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the stored type where scaling must not narrow it (float64, complex), else float32."""
    return dtype if dtype.kind in "fc" else np.dtype(np.float32)
