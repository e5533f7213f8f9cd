"""Epochs: windows of a dataset around events, gathered into one array (n_events, n_channels, n_times)."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ecogcat import settings
from ecogcat.checks import check_dataset, check_number
from ecogcat.dataset import Dataset
from ecogcat.epoching.files import epoch_file, is_path
from ecogcat.epoching.plan import SEAMS, plan_epochs
from ecogcat.epoching.read import baseline as take_off_baseline
from ecogcat.epoching.read import read_epochs
from ecogcat.epoching.record import Epochs
from ecogcat.errors import MemoryLimitError, ReadOnlyError
from ecogcat.events import Events
from ecogcat.frozen import Index
from ecogcat.signal import Signal

__all__ = ["epochs"]


def epochs(
    dataset: Dataset,
    before: float,
    after: float,
    *,
    unit: str = "samples",
    events: Events | ArrayLike | None = None,
    channels: Any = None,
    seams: str = "drop",
    reject: str | Sequence[str] = (),
    baseline: tuple[float | None, float | None] | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[Any] | str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> Epochs:
    """Gather the windows around events: samples [sample - before, sample + after) of every channel.

    Nothing is read but what lies in a window (whole chunks where a file is compressed). Windows may overlap.

    Parameters
    ----------
    dataset : Dataset
    before, after : float
        How far a window reaches before its event, and after; negative ones start after, or end before, the event.
    unit : {"samples", "s"}
        Unit of `before`, `after` and `baseline`; seconds are rounded to the nearest sample.
    events : Events or array_like of int, optional
        Samples of the dataset, ascending; the dataset's own events by default.
    channels : int, slice, list, mask, or names, optional
        Channels, in any order; all by default.
    seams : {"drop", "nan", "keep"}
        What becomes of an event whose window reaches past its part of a join, or past an end of the dataset. "drop": it
        has no epoch. "nan": its epoch is NaN there. "keep": windows run over seams as if the parts were one recording,
        and those past an end of the dataset are dropped.
    reject : str or sequence of str
        Labels of intervals: an event whose window has a sample in one of them has no epoch.
    baseline : (start, stop), optional
        Stretch from `start` up to `stop`, counted from the event (None: to the end of the window), whose mean is taken
        off each epoch and channel; NaN is left out of it.
    dtype : numpy dtype, optional
        Type of the epochs: that of the signal by default, and for integers that need to hold fractions or NaN
        (`baseline`, ``seams="nan"``) the floating type that holds them.
    out : ndarray or path, optional
        Where the epochs go: an array of their shape and type; or a file (``.npy``, or ``.h5`` with a dataset "data"
        and, beside it, times, events and names of channels), which is then mapped instead of held in memory.
    overwrite : bool
        Whether a file at `out` may be replaced.

    Returns
    -------
    Epochs
        `data` (n_events, n_channels, n_times), the events `kept`, those `dropped` and why, `times` in seconds,
        `average(by=)`, `outliers()`.

    Raises
    ------
    MemoryLimitError
        If they are larger than `ecogcat.options(memory_limit=...)` and no `out` is given.
    ValueError
        If the window has no sample, the baseline lies outside, or an event outside of the dataset.
    SourceChangedError
        If a file is not what it was when opened.
    ReadOnlyError
        If `out` is a file of the recording itself.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[0, 1, 2, 3, 4, 5.0]], 1000, events=ec.Events([2, 4]))
    >>> ec.epochs(dataset, 0.001, 0.002, unit="s", baseline=(None, 0)).data[:, 0]
    array([[0., 1., 2.],
           [0., 1., 2.]])
    >>> ec.epochs(dataset, 2, 1, events=[1], seams="nan").data
    array([[[nan,  0.,  1.]]])
    """
    check_dataset(dataset, "epochs")
    signal = dataset.signal
    first, last = (
        _samples(one, name, unit, signal.sampling_rate) for name, one in (("before", before), ("after", after))
    )
    n_times = first + last
    if n_times < 1:
        raise ValueError(f"the window from {before} before to {after} {unit} after an event has no sample")
    if seams not in SEAMS:
        raise ValueError(f"seams is one of {', '.join(SEAMS)}, not {seams!r}")
    base = None if baseline is None else _baseline_columns(baseline, unit, signal.sampling_rate, first, n_times)
    asked = _asked_events(dataset, events)
    rows = _rows(signal, channels)
    kind = _dtype(signal, dtype, out, wide=seams == "nan" or base is not None)
    labels = [reject] if isinstance(reject, str) else list(reject)
    plan = plan_epochs(dataset, asked.sample, first, last, seams=seams, reject=labels)
    shape = (len(plan.kept), len(rows), n_times)
    times = np.arange(-first, last) / signal.sampling_rate
    kept = asked if not len(plan.dropped) else asked.select(plan.kept)
    names = tuple(signal.channel_names[row] for row in rows.tolist())
    with ExitStack() as stack:
        file = None
        if isinstance(out, np.ndarray):
            data = _checked(out, shape)
        elif is_path(out):
            beside = {
                **{"times": times, "event": plan.kept, "sample": kept.sample, "sampling_rate": signal.sampling_rate},
                **{"units": signal.units, "channel_names": list(names)},
            }
            _check_not_a_source(out, dataset)
            file = stack.enter_context(epoch_file(out, kind, shape, beside, overwrite=overwrite))  # type: ignore[arg-type]
            data = file.data
        else:
            data = _new(shape, kind)
        read_epochs(plan, signal.pieces, rows, data, signal.dtype)
        if base is not None:
            take_off_baseline(data, *base)
    view = data.view() if file is None else file.mapped()
    dropped = pd.DataFrame({"event": plan.dropped, "reason": list(plan.reasons)}, columns=["event", "reason"])
    return Epochs(_locked(view), plan.kept, times, kept, dropped, names, signal.sampling_rate, signal.units)


def _check_not_a_source(out: Any, dataset: Dataset) -> None:
    """Refuse to replace a file that the dataset lies in."""
    target = os.path.abspath(os.fspath(out))
    if not os.path.exists(target):
        return
    for signal in (dataset.signal, *dataset.arrays().values()):
        for source in signal.sources:
            if os.path.exists(source.path) and os.path.samefile(target, source.path):
                raise ReadOnlyError(f"{target}: the recording lies in this file; give the epochs another name")


def _samples(value: float, name: str, unit: str, rate: float) -> int:
    check_number(value, name)
    if unit not in ("samples", "s"):
        raise ValueError(f'the unit of time is "samples" or "s", not {unit!r}')
    if not math.isfinite(value):
        raise ValueError(f"a window has finite edges, not {value}")
    if unit == "s":
        return round(float(value) * rate)
    if value != int(value):
        raise TypeError(f"samples are whole numbers, not {value}; unit='s' takes seconds")
    return int(value)


def _baseline_columns(
    span: tuple[float | None, float | None], unit: str, rate: float, before: int, n_times: int
) -> tuple[int, int]:
    start, stop = span
    a = 0 if start is None else _samples(start, "baseline", unit, rate) + before
    b = n_times if stop is None else _samples(stop, "baseline", unit, rate) + before
    if not 0 <= a < b <= n_times:
        raise ValueError(
            f"a baseline lies in the window and has a sample; from {start} to {stop} {unit} it is samples {a - before} "
            f"to {b - before} of a window from {-before} to {n_times - before}"
        )
    return a, b


def _asked_events(dataset: Dataset, events: Events | ArrayLike | None) -> Events:
    if events is None:
        return dataset.events
    asked = events if isinstance(events, Events) else Events(events)
    if len(asked) and not 0 <= asked.sample[0] <= asked.sample[-1] < dataset.n_samples:
        raise ValueError(
            f"events at samples {asked.sample[0]} to {asked.sample[-1]} of a dataset of {dataset.n_samples} samples"
        )
    return asked


def _rows(signal: Signal, channels: Any) -> Index:
    if channels is None:
        channels = slice(None)
    some = [channels] if isinstance(channels, (str, int, np.integer)) and not isinstance(channels, bool) else channels
    if isinstance(some, (list, tuple)) and some and all(isinstance(one, str) for one in some):
        unknown = [name for name in some if name not in signal.channel_names]
        if unknown:
            raise KeyError(f"no channel {', '.join(unknown)}; there are: {', '.join(signal.channel_names) or 'none'}")
        some = [signal.channel_names.index(name) for name in some]
    some = list(some) if isinstance(some, (tuple, range)) else some
    return signal.plan((some, slice(0, 0))).channels


def _dtype(signal: Signal, dtype: DTypeLike | None, out: Any, *, wide: bool) -> np.dtype[Any]:
    """Return the type of the epochs; `wide`: they hold fractions, or NaN."""
    own, wanted = signal.dtype, signal.dtype
    if out is not None and not isinstance(out, np.ndarray) and not is_path(out):
        raise TypeError(f"out is an array, or the path of a file, not a {type(out).__name__}")
    if isinstance(out, np.ndarray):
        wanted = out.dtype
        if dtype is not None and np.dtype(dtype) != wanted:
            raise TypeError(f"out is an array of the type asked for; got {wanted} and dtype={dtype!r}")
    elif dtype is not None:
        wanted = np.dtype(dtype)
    elif wide and own.kind not in "fc":
        wanted = np.result_type(own, np.float32)
    if wanted != own and not np.can_cast(own, wanted, "same_kind"):
        raise TypeError(f"cannot read values of type {own} as {wanted}")
    if wide and wanted.kind not in "fc":
        raise TypeError(f'epochs with a baseline, or with seams="nan", are floating; {wanted} holds neither')
    return wanted


def _checked(out: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[Any]:
    if out.shape != shape or not out.flags.writeable:
        found = f"one of shape {out.shape}" + ("" if out.flags.writeable else ", read-only")
        raise ValueError(f"out is a writeable array of shape {shape}, not {found}")
    return out


def _new(shape: tuple[int, int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    limit, needed = settings.memory_limit(), math.prod(shape) * dtype.itemsize
    if limit is not None and needed > limit:
        raise MemoryLimitError(
            f"{shape[0]:,} epochs of {shape[1]:,} channels x {shape[2]:,} samples of {dtype} take {needed:,} bytes; "
            f"the limit is {limit:,}. Stream them to a file that is then mapped, with out='epochs.h5' (or .npy), take "
            "fewer events or channels, or raise the limit: with ecogcat.options(memory_limit=None): ..."
        )
    return np.empty(shape, dtype)


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
