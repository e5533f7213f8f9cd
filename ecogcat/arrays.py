"""Arrays in memory as datasets: what a script has computed, ready to be joined with what lies on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ecogcat.channels import ChannelMap
from ecogcat.checks import check_number
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.parts import aligned_start, rate_ratio
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.memory import MemoryExtent

__all__ = ["fit_aligned", "from_array", "signal_of"]


def from_array(
    data: ArrayLike,
    sampling_rate: float,
    *,
    units: str = "uV",
    names: Sequence[str] | None = None,
    channel_map: ChannelMap | None = None,
    aligned: Mapping[str, ArrayLike | Signal] | None = None,
    events: Events | ArrayLike | None = None,
    name: str = "array",
) -> Dataset:
    """Make a dataset of an array.

    Parameters
    ----------
    data : array_like, shape (n_channels, n_samples)
        Copied, unless nobody can write to it. The dataset keeps its type.
    sampling_rate : float
        Hz.
    units : str
    names : sequence of str, optional
        Channel names; those of `channel_map`, or ch0, ch1, ...
    channel_map : ChannelMap, optional
    aligned : mapping of str to array_like or Signal, optional
        Arrays (n, n_samples) in step with the signal; a Signal brings a rate and a unit of its own. One axis is one
        channel.
    events : Events or array_like of int, optional
    name : str

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If shapes, names or rate are not usable.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[1, 2, 3]], 1000, events=[1])
    >>> dataset.n_samples, dataset.signal.dtype, len(dataset.events)
    (3, dtype('int64'), 1)
    """
    check_number(sampling_rate, "sampling_rate")
    extent = MemoryExtent(_two_axes(data))
    if channel_map is not None:
        if len(channel_map) != extent.n_channels:
            raise ValueError(f"the map has {len(channel_map)} channels, the data {extent.n_channels}")
        names = channel_map.names if names is None else names
    signal = signal_of(extent, sampling_rate, units=units, names=names)
    arrays, warnings = {}, []
    for key, array in (aligned or {}).items():
        if not isinstance(array, Signal):
            array = signal_of(MemoryExtent(_two_axes(array)), sampling_rate, units="", prefix=key)
        arrays[key], odd = fit_aligned(array, signal)
        warnings += [f"{key}: {odd}"] if odd else []
    if events is not None and not isinstance(events, Events):
        events = Events(events)
    return Dataset.of(
        signal, name=name, channel_map=channel_map, aligned=arrays, events=events, format="array", warnings=warnings
    )


def _two_axes(data: ArrayLike) -> Any:
    array = np.asarray(data)
    if array.ndim == 1:
        return array[None]
    if array.ndim != 2:
        raise ValueError(f"samples are (n_channels, n_samples), not of shape {array.shape}")
    return array


def signal_of(
    extent: Extent,
    sampling_rate: float,
    *,
    units: str,
    names: Sequence[str] | None = None,
    prefix: str = "ch",
    **scale: Any,
) -> Signal:
    """Return all of an extent as a signal; `scale` is gain, offset, exponent and dtype of `Piece.whole`."""
    if names is None:
        names = [f"{prefix}{k}" for k in range(extent.n_channels)]
    if len(names) != extent.n_channels:
        raise ValueError(f"{extent.n_channels} channels have as many names, not {len(names)}")
    return Signal((Piece.whole(extent, **scale),), sampling_rate, units, tuple(names))


def fit_aligned(array: Signal, signal: Signal) -> tuple[Signal, str | None]:
    """Make an aligned array as long as its recording: ceil(n_samples * ratio of rates).

    Returns
    -------
    array : Signal
        Trimmed, or padded with NaN (0 in integers).
    warning : str or None
        What had to be done, for ``part.warnings``.
    """
    want = aligned_start(signal.n_samples, rate_ratio(array.sampling_rate, signal.sampling_rate))
    have = array.n_samples
    if have == want:
        return array, None
    if have > want:
        return array.cut(0, want), f"{_samples(have - want)} too many beside the signal: left out at the end"
    fill = 0 if array.dtype.kind in "iub" else np.nan
    pad = Piece.whole(ConstantExtent(array.n_channels, want - have, fill, array.dtype))
    padded = array.replace(pieces=(*array.pieces, pad))
    return padded, f"{_samples(want - have)} missing beside the signal: filled with {fill} at the end"


def _samples(n: int) -> str:
    return "1 sample" if n == 1 else f"{n:,} samples"
