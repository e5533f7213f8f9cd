"""Mean: taken off each channel, each recording of a join by itself, without a copy of the samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecogcat.checks import check_dataset
from ecogcat.dataset import Dataset
from ecogcat.parts import Part
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage import maps
from ecogcat.units import power_of_ten

__all__ = ["REMOVED", "remove_mean"]

REMOVED = "mean of each channel removed"
"""What the history says of it."""

# Samples whose sum is taken by itself: sums do not depend on the blocks in which the samples are read.
_RUN = 4096


def remove_mean(dataset: Dataset) -> Dataset:
    """Take the mean of each channel off, part by part: what an amplifier or an integrator adds that is no signal.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    Dataset
        The means are taken now, in one pass over the signal and in double precision; samples stay where they are and
        are decoded with another offset when they are read. Integers become float32 (float64 if they have more than 16
        bits). Ground and reference channels and aligned arrays stay as they are, and so do filled gaps.

    Raises
    ------
    TypeError
        If `dataset` is none, or its values are complex.

    Notes
    -----
    Samples that are NaN are left out of a mean. A channel without another sample in a part, or with one that is
    infinite, keeps its level there. Channels that are cut later keep the mean of the part as it is now.

    Examples
    --------
    >>> import ecogcat as ec
    >>> both = ec.join(ec.from_array([[1.0, 3.0]], 1000, name="a"), ec.from_array([[10.0, 20.0]], 1000, name="b"))
    >>> ec.remove_mean(both).signal[:]
    array([[-1.,  1., -5.,  5.]])
    """
    check_dataset(dataset, "remove_mean")
    if dataset.signal.dtype.kind == "c":
        raise TypeError(f"{dataset.name}: means are taken off real values, not {dataset.signal.dtype}")
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
        pieces += _centred(own, part)
        parts.append(part.replace(history=(*part.history, REMOVED)))
    return dataset.replace(signal=dataset.signal.replace(pieces=pieces), parts=parts)


def _centred(own: Signal, part: Part) -> list[Piece]:
    """Return the pieces of a part less its means, taken in the part's own unit: the same before and after joining."""
    if not own.n_samples:
        return [piece.astype(_floating(piece)) for piece in own.pieces]
    exponent = 0 if part.own is None else power_of_ten(part.own.units, own.units)
    native = own.replace(pieces=[piece.scaled(-exponent) for piece in own.pieces])
    # Decoded in double precision, too: rounded first, a small signal on a large level has a mean that is off by more.
    mean = _means(native.replace(pieces=[piece.astype(np.dtype(np.float64)) for piece in native.pieces]))
    return [_less(piece, mean).scaled(exponent) for piece in native.pieces]


def _means(signal: Signal) -> NDArray[np.float64]:
    """Return the mean of each channel, 0 where there is none, or none that is finite."""
    from ecogcat.kernels.moments import row_moments, unite_moments

    moments = np.zeros((3, signal.n_channels))
    length = max(1, signal.block_length() // _RUN) * _RUN
    for _, block in signal.blocks(length):
        runs = range(0, block.shape[1], _RUN)
        each = np.empty((len(runs), *moments.shape))
        with np.errstate(invalid="ignore", over="ignore"):  # infinities: compiled, the kernel says nothing of them
            for k, start in enumerate(runs):
                row_moments(block[:, start : start + _RUN], True, each[k])
            unite_moments(each, moments)
        maps.relieve()
    n, total, _ = moments
    mean = np.divide(total, n, out=np.zeros(signal.n_channels), where=n > 0)
    return np.where(np.isfinite(mean), mean, 0.0)


def _less(piece: Piece, mean: NDArray[np.float64]) -> Piece:
    """Return a piece with a mean taken off, given in the unit of its values."""
    gain = np.ones(len(mean)) if piece.gain is None else piece.gain
    offset = np.zeros(len(mean)) if piece.offset is None else piece.offset
    native = mean * 10.0**-piece.exponent if piece.exponent <= 0 else mean / 10.0**piece.exponent
    return Piece(
        piece.extent,
        piece.channels,
        piece.start,
        piece.stop,
        _floating(piece),
        gain,
        offset - native,
        piece.exponent,
    )


def _floating(piece: Piece) -> np.dtype[np.floating]:
    """Return the type of a piece's values less something."""
    if piece.dtype.kind == "f" and piece.dtype.itemsize >= 4:
        return piece.dtype
    return np.dtype(np.float32 if np.result_type(piece.dtype, np.float32) == np.float32 else np.float64)
