"""Re-referencing: a dataset's signal less a common average, some channels, or its reference electrodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ecogcat.checks import check_dataset
from ecogcat.conditioning.derived import Underlying, derived_piece, underlying
from ecogcat.conditioning.rereferenced import Rereferenced
from ecogcat.dataset import Dataset
from ecogcat.frozen import Index, index_array
from ecogcat.parts import Part, rate_ratio
from ecogcat.piece import Piece, cut_pieces
from ecogcat.select import listed_channels
from ecogcat.signal import Signal
from ecogcat.units import power_of_ten

__all__ = ["rereference"]

_WAYS = ("common", "regress", "reference_channels")


def rereference(dataset: Dataset, to: str | int | Sequence[str] | Sequence[int] = "common") -> Dataset:
    """Re-reference the signal, part by part; lazily: samples are computed when they are read.

    Parameters
    ----------
    dataset : Dataset
    to : {"common", "regress", "reference_channels"}, or channel(s) by index or name
        What is subtracted of every channel, sample by sample:

        - "common": the mean of all channels of the dataset.
        - one or several channels: their mean.
        - "reference_channels": the mean of ``dataset.reference_channels``.
        - "regress": the channel's share of the mean of all channels, which is the slope of its least-squares line on
          that mean, times the mean. The slopes are those of the whole part as it is now, computed in one pass over it
          when something of it is first read.

        NaN are left out of a mean. A list is always one of channels, also where one is called "common".

    Returns
    -------
    Dataset
        Which channels make the mean is fixed here: selecting or masking channels later changes no value.
        ``dataset.reference`` and ``history`` say what was done; ground, reference channels and aligned arrays stay as
        they are, and so do filled gaps.

    Raises
    ------
    TypeError
        If `to` is nothing of these (a mask, yes or no).
    KeyError, IndexError, ValueError
        If there is no such channel, or there are no reference channels in step with the signal.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[1.0, 5.0], [3.0, 9.0]], 1000, names=["x", "y"])
    >>> ec.rereference(dataset, "common").signal[:]
    array([[-1., -2.],
           [ 1.,  2.]])
    >>> ec.rereference(dataset, "x").signal[:]
    array([[0., 0.],
           [2., 4.]])
    """
    check_dataset(dataset, "rereference")
    chosen, what = _reference_of(dataset, to)
    if what == "regress" and dataset.signal.dtype.kind == "c":
        kind = dataset.signal.dtype
        raise TypeError(f"{dataset.name}: regressing on the common average needs real values, not {kind}")
    if not dataset.n_channels:
        return dataset
    pieces: list[Piece] = []
    parts: list[Part] = []
    for part in dataset.parts:
        own = dataset.signal.cut(part.start, part.stop)
        if part.kind == "gap":
            pieces += own.pieces
            parts.append(part)
            continue
        pieces += _pieces(dataset, part, own, chosen, to)
        before = part.processing.reference
        short = what if before is None else f"{before}, then {what}"
        done = part.processing
        processing = type(done)(done.bandpass, done.notches, short, done.transient_snipped)
        parts.append(part.replace(processing=processing, history=(*part.history, f"re-referenced: {_in_words(what)}")))
    return dataset.replace(signal=dataset.signal.replace(pieces=pieces), parts=parts)


def _pieces(dataset: Dataset, part: Part, own: Signal, chosen: Index, to: Any) -> tuple[Piece, ...]:
    if not own.n_samples:
        return own.pieces
    stem = underlying(own)
    blocks = max(piece.extent.block_samples for piece in own.pieces)
    if isinstance(to, str) and to == "reference_channels":
        reader = Rereferenced(stem.signal, index_array(range(len(chosen))), _reference_channels(dataset, part, stem))
    else:
        reader = Rereferenced(stem.signal, index_array(np.sort(stem.rows[chosen])), None, to == "regress")
    return (derived_piece(reader, stem, blocks),)


def _reference_channels(dataset: Dataset, part: Part, stem: Underlying) -> Signal:
    """Return the reference channels over a part, in the unit that the signal under them is in."""
    array = dataset.reference_channels
    assert array is not None  # asked for before
    exponent = power_of_ten(array.units, dataset.units)
    pieces = [one.scaled(exponent) for one in cut_pieces(array.pieces, array.starts, part.start, part.stop)]
    other = underlying(array.replace(pieces=pieces))
    shift = other.exponent - stem.exponent
    return other.signal.replace(pieces=[piece.scaled(shift) for piece in other.signal.pieces])


def _reference_of(dataset: Dataset, to: Any) -> tuple[Index, str]:
    """Return the channels whose mean is taken, and what to call it."""
    if isinstance(to, str) and to in _WAYS:
        if to != "reference_channels":
            return index_array(range(dataset.n_channels)), to
        array = dataset.reference_channels
        if array is None or not array.n_channels:
            raise ValueError(f"{dataset.name} has no reference channels; an electrode map says which they are")
        if rate_ratio(array.sampling_rate, dataset.sampling_rate) != 1:
            raise ValueError(
                f"the reference channels are at {array.sampling_rate:g} Hz, the signal at {dataset.sampling_rate:g} Hz"
            )
        return index_array(range(array.n_channels)), to.replace("_", " ")
    listed = [to] if isinstance(to, (str, int, np.integer)) else to
    if isinstance(to, (bool, np.bool_)) or not isinstance(listed, (list, tuple, range, np.ndarray)) or not len(listed):
        raise TypeError(f"a reference is {', '.join(map(repr, _WAYS))} or channels by index or name, not {to!r}")
    if all(isinstance(one, str) for one in listed):
        unknown = [name for name in listed if name not in dataset.signal.channel_names]
        if unknown and isinstance(to, str):
            there = ", ".join(dataset.signal.channel_names[:8]) or "none"
            raise KeyError(f"no reference {to!r}: it is {', '.join(_WAYS)}, or a channel; there are: {there}")
        index = listed_channels(dataset, None, None, listed)
    elif all(isinstance(one, (int, np.integer)) and not isinstance(one, bool) for one in listed):
        index = listed_channels(dataset, list(listed), None, None)
    else:
        raise TypeError(f"channels are given by index or by name, and all in the same way, not {to!r}")
    return index, ", ".join(dataset.signal.channel_names[row] for row in index.tolist())


def _in_words(what: str) -> str:
    words = {
        "common": "common average subtracted",
        "regress": "common average regressed out",
        "reference channels": "mean of the reference channels subtracted",
    }
    return words.get(what, f"mean of {what} subtracted")
