"""Resampling of stretches: by which piece one is replaced, and what it is computed from."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from ecogcat.conditioning.derived import Derivation, derived_extent, derived_piece, underlying
from ecogcat.conditioning.resampled import Filtered, Held
from ecogcat.frozen import Index, index_array
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.reader import ReaderExtent

__all__ = ["original_length", "resampled_pieces"]

_NONE = (index_array([]), index_array([]))


def resampled_pieces(
    own: Signal,
    start: Fraction,
    step: Fraction,
    n_samples: int,
    *,
    originals: bool,
    hold: bool,
    events: tuple[Index, Index] = _NONE,
) -> tuple[Piece, ...]:
    """Return the pieces of a stretch at another rate.

    Parameters
    ----------
    own : Signal
        The stretch, within one part.
    start, step : Fraction
        Where the new samples lie: ``start + m * step``, in samples of the stretch.
    n_samples : int
        How many there are.
    originals : bool
        If the stretch was resampled, compute it from what it was before.
    hold : bool
        Hold integers rather than filter them.
    events : tuple of two ndarrays of int64
        Samples under events, before and after; held lines have the same values there.
    """
    first = own.pieces[0]
    if n_samples == 0:
        return (first.cut(0, 0),)
    if step == 1 and start == 0 and n_samples == own.n_samples:
        return own.pieces
    if len(own.pieces) == 1 and isinstance(first.extent, ConstantExtent) and own.n_samples:
        old = first.extent
        return (first.over(ConstantExtent(old.n_channels, n_samples, old.value, old.dtype), 0, n_samples),)
    if originals and len(own.pieces) == 1 and isinstance(first.extent, ReaderExtent):
        before = first.extent.reader
        if isinstance(before, (Filtered, Held)):
            return _from_originals(first, before, start, step, n_samples, events)
    reader: Derivation
    stem = underlying(own)
    if hold and all(piece.dtype.kind in "biu" for piece in own.pieces):
        reader = Held(stem.signal, start, step, n_samples, *_once(events[0], events[1], own, n_samples))
    else:
        reader = Filtered(stem.signal, start, step, n_samples)
    return (derived_piece(reader, stem, _blocks(own, step)),)


def _from_originals(
    first: Piece, before: Filtered | Held, start: Fraction, step: Fraction, n_samples: int, events: tuple[Index, Index]
) -> tuple[Piece, ...]:
    """Return the pieces of a stretch that was resampled, computed from what it was before."""
    signal = before.signal
    start, step = before.start + (first.start + start) * before.step, step * before.step
    if step == 1 and start.denominator == 1 and 0 <= start <= signal.n_samples - n_samples:
        again = signal.cut(int(start), int(start) + n_samples)
        return tuple(_as(first, piece) for piece in again.pieces)
    reader: Derivation
    if isinstance(before, Filtered):
        reader = Filtered(signal, start, step, n_samples)
    else:
        under = _held_from(before, first.start, events)
        reader = Held(signal, start, step, n_samples, *_once(under, events[1], signal, n_samples))
    return (first.over(derived_extent(reader, _blocks(signal, step)), 0, n_samples),)


def original_length(own: Signal, step: Fraction) -> int | None:
    """Return how many samples there are of a stretch at ``m * step`` if it is computed from what it was before.

    None if it was not resampled, or does not reach to the end of what was: then it has as many as its own length says.
    """
    last = own.pieces[-1]
    before = last.extent.reader if isinstance(last.extent, ReaderExtent) else None
    if len(own.pieces) > 1 or not isinstance(before, Filtered) or last.stop < before.n_samples or not own.n_samples:
        return None
    return math.ceil((before.signal.n_samples - before.start - last.start * before.step) / (step * before.step))


def _as(first: Piece, piece: Piece) -> Piece:
    """Return a piece of what a stretch was before, with the channels, unit and type that the stretch has since."""
    there = piece.take(first.channels).scaled(first.exponent)
    return there if first.dtype == first.extent.dtype else there.astype(first.dtype)


def _blocks(signal: Signal, step: Fraction) -> int:
    return math.ceil(max(piece.extent.block_samples for piece in signal.pieces) / step)


def _held_from(before: Held, offset: int, events: tuple[Index, Index]) -> Index:
    """Return the samples of the original lines whose values held lines have under events."""
    at = events[0] + offset
    if not len(at):
        return at
    place = np.searchsorted(before.at, at)
    known = place < len(before.at)
    known[known] = before.at[place[known]] == at[known]
    edges = before.edges(0, before.n_samples)
    taken = edges[np.clip(at, 0, before.n_samples - 1) + 1] - 1
    taken[known] = before.taken[place[known]]
    return index_array(taken)


def _once(taken: Index, at: Index, signal: Signal, n_samples: int) -> tuple[Index, Index]:
    """Return each new sample under an event once, with the old one under the first of its events."""
    inside = (taken < signal.n_samples) & (at < n_samples)
    at, first = np.unique(at[inside], return_index=True)
    return index_array(at), index_array(taken[inside][first])
