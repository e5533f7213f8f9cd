"""Signals of several pieces, drawn together with the values that reading them must give."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.testing.extents import EXTENT_KINDS, extents
from ecogcat.testing.stored import Dice, Stored, dtypes

__all__ = ["REAL_DTYPES", "KnownPiece", "KnownSignal", "physical", "pieces", "signals"]

REAL_DTYPES = dtypes("biuf")
"""Stored types of recordings: all but the complex ones."""


class KnownPiece(NamedTuple):
    """A piece, the values it must read as, and the extent it lies in."""

    piece: Piece
    values: NDArray[Any]
    stored: Stored

    def __repr__(self) -> str:
        piece = self.piece
        scale = (
            f", gain {piece.gain}, offset {piece.offset}, exponent {piece.exponent}"
            if piece.gain is not None or piece.exponent
            else ""
        )
        return f"{self.stored!r}[{piece.channels.tolist()}, {piece.start}:{piece.stop}] -> {piece.value_dtype}{scale}"


class KnownSignal(NamedTuple):
    """A signal, the values it must read as, shape (n_channels, n_samples), and what it was made of."""

    signal: Signal
    values: NDArray[Any]
    pieces: tuple[KnownPiece, ...]

    def __repr__(self) -> str:
        return f"{self.signal!r} of {list(self.pieces)}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of its extents."""
        return tuple(known.stored.kind for known in self.pieces)


def physical(stored: NDArray[Any], piece: Piece) -> NDArray[Any]:
    """Return the values of a piece by definition: (stored * gain + offset) * 10**exponent, -1 channels missing.

    Parameters
    ----------
    stored : ndarray, shape (n_channels, n_samples)
        The stored numbers of the piece's extent.
    piece : Piece
    """
    rows = stored[np.where(piece.channels < 0, 0, piece.channels)] if len(stored) else stored[:0]
    if not len(stored):
        rows = np.zeros((len(piece.channels), stored.shape[1]), stored.dtype)
    rows = rows[:, piece.start : piece.stop]
    n = len(piece.channels)
    scaled = piece.gain is not None or piece.offset is not None or piece.exponent != 0
    with np.errstate(all="ignore"):
        if scaled:
            gain = np.ones(n) if piece.gain is None else piece.gain
            offset = np.zeros(n) if piece.offset is None else piece.offset
            if piece.exponent >= 0:
                gain, offset = gain * 10.0**piece.exponent, offset * 10.0**piece.exponent
            else:
                gain, offset = gain / 10.0**-piece.exponent, offset / 10.0**-piece.exponent
            wide = np.complex128 if stored.dtype.kind == "c" else np.float64
            rows = rows.astype(wide) * gain[:, None] + offset[:, None]
        values = rows.astype(piece.value_dtype)
    values[piece.channels < 0] = np.nan if values.dtype.kind in "fc" else 0
    return values


@st.composite
def pieces(
    draw: st.DrawFn,
    n_channels: int,
    n_samples: int,
    kinds: tuple[str, ...] = EXTENT_KINDS,
    *,
    dtypes: st.SearchStrategy[np.dtype[Any]] = REAL_DTYPES,
    lacking: bool = True,
) -> KnownPiece:
    """Draw a piece: some channels, in any order, over some samples of an extent of some kind, scaled somehow.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    n_channels, n_samples : int
    kinds : sequence of str
        Out of `EXTENT_KINDS`.
    dtypes : strategy of numpy.dtype
        Stored types.
    lacking : bool
        Some channels may be missing in the piece.
    """
    dice = Dice(draw(st.integers(0, 2**16)))
    before, after, more = (dice.whole(0, 3) for _ in range(3))
    stored = draw(extents(kinds, n_channels=n_channels + more, n_samples=before + n_samples + after, dtypes=dtypes))
    least = -1 if lacking and dice.whole(0, 3) == 1 else 0
    if dice.coin() and n_channels + more:
        channels = [dice.whole(least, n_channels + more - 1) for _ in range(n_channels)]
    else:
        channels = dice.order(n_channels + more)[:n_channels].tolist()
    scale: dict[str, Any] = {}
    how = dice.one(["stored", "scaled", "prefix", "both"])
    if how in ("scaled", "both"):
        if dice.coin():
            scale["gain"] = np.round(dice.rng.uniform(-2, 2, n_channels), 3)
        if dice.coin() or not scale:
            scale["offset"] = np.round(dice.rng.uniform(-50, 50, n_channels), 1)
    if how in ("prefix", "both"):
        scale["exponent"] = dice.whole(-6, 6)
    native = stored.values.dtype
    wide = native if native.kind in "fc" else np.dtype(np.float32)
    if "gain" in scale or "offset" in scale:
        dtype = dice.one([np.result_type(wide, np.float32), np.result_type(wide, np.float64)])
    else:
        dtype = dice.one([native, np.result_type(native, np.float32)])
    piece = Piece(stored.extent, np.array(channels, np.int64), before, before + n_samples, dtype, **scale)
    return KnownPiece(piece, physical(stored.values, piece), stored)


@st.composite
def signals(
    draw: st.DrawFn,
    kinds: tuple[str, ...] = EXTENT_KINDS,
    *,
    n_channels: int | None = None,
    n_samples: int | None = None,
    max_pieces: int = 3,
    sampling_rate: float = 1000.0,
    units: str = "uV",
    names: tuple[str, ...] | None = None,
    dtypes: st.SearchStrategy[np.dtype[Any]] = REAL_DTYPES,
    lacking: bool = True,
) -> KnownSignal:
    """Draw a signal of one or more pieces, and the values it must read as.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    kinds : sequence of str
        Out of `EXTENT_KINDS`.
    n_channels, n_samples : int, optional
        Drawn, from 0 on, if not given.
    max_pieces : int
    sampling_rate, units
        Of the signal.
    names : sequence of str, optional
        Channel names; c0, c1, ... if not given.
    dtypes : strategy of numpy.dtype
        Stored types.
    lacking : bool
        Channels may be missing in some pieces.

    Returns
    -------
    strategy of KnownSignal
    """
    if names is not None:
        n_channels = len(names)
    elif n_channels is None:
        n_channels = draw(st.integers(0, 4))
    if n_samples is None:
        lengths = draw(st.lists(st.integers(0, 25), min_size=1, max_size=max_pieces))
    else:
        edges = sorted(draw(st.lists(st.integers(0, n_samples), max_size=max_pieces - 1)))
        lengths = np.diff([0, *edges, n_samples]).tolist()
    known = tuple(draw(pieces(n_channels, length, kinds, dtypes=dtypes, lacking=lacking)) for length in lengths)
    names = tuple(f"c{k}" for k in range(n_channels)) if names is None else names
    signal = Signal(tuple(one.piece for one in known), sampling_rate, units, names)
    filled = [one for one in known if one.piece.n_samples] or known[:1]  # no samples have no type
    dtype = np.result_type(*(one.values.dtype for one in filled))
    with np.errstate(all="ignore"):
        values = np.concatenate([one.values.astype(dtype) for one in filled], axis=1)
    return KnownSignal(signal, values, tuple(filled))
