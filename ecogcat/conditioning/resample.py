"""Resampling: a dataset at another rate, part by part, with everything that counts in samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ecogcat.checks import check_dataset
from ecogcat.conditioning.decimation import POLYPHASE, check_filter, check_whole_steps, decimated, with_history
from ecogcat.conditioning.polyphase import FILTER_TEXT, rate_step
from ecogcat.conditioning.resampled import nearest
from ecogcat.conditioning.resampling import original_length, resampled_pieces
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.frozen import Index, index_array
from ecogcat.parts import OwnForm, Part, Unmoved, aligned_length, aligned_start, rate_ratio, samples_to_timedelta
from ecogcat.piece import Piece
from ecogcat.progress import Progress
from ecogcat.signal import Signal

__all__ = ["at_rate", "checked_rate", "planned", "resample"]

_MOST_RATIO = 1e6  # of two rates: weights beyond that fill memory, sample indices overflow


class _Move(NamedTuple):
    """A part before and after: how many of its samples there are for each new one, and where its events go."""

    old: Part
    new: Part
    step: Fraction
    events: Index


def resample(dataset: Dataset, rate: float, filter: str = POLYPHASE, *, progress: Progress = None) -> Dataset:
    """Bring a dataset to another rate, part by part; lazily: samples are computed when they are read.

    Parameters
    ----------
    dataset : Dataset
    rate : float
        Hz. Any ratio of two rates; `dataset.sampling_rate` is the rate that was obtained (see Notes).
    filter : {"polyphase", "chebyshev1", "chebyshev2", "none"}
        What keeps frequencies out that the new rate cannot hold. The first takes any ratio, the others keep one sample
        in so many, of what passes through a recursive lowpass filter forward and backward, or of all there is ("none":
        for a signal that has nothing above half of the new rate). See Notes.
    progress : bool or callable, optional
        Of recursive filters. True shows a bar; a callable gets (bytes done, bytes in all).

    Returns
    -------
    Dataset
        A part of n samples has ``ceil(n * rate / old rate)``, the first of them where its first sample was. The signal
        and the analog arrays beside it are filtered without delay: flat to 0.4 of the lower rate, 80 dB down from 0.5
        of it, gain 1 at 0 Hz; before its first and behind its last sample a part stays at that sample. Arrays of
        integers are logic lines, and are held instead: no value is made up, edges and events move alike, a pulse
        shorter than a new sample lasts one. Events move to the nearest sample of their part (ties to the even one),
        intervals cover at least what they did. Nothing crosses a seam.

    Raises
    ------
    TypeError, ValueError
        If `dataset` is none, or the rate is no positive number of Hz, or a million times higher or lower; if there is
        no such filter, or the old rate is no whole multiple of the new one with a filter other than "polyphase".
    MemoryLimitError
        If the result of a recursive filter fits neither into the memory limit nor on the disk of temporary files.

    Notes
    -----
    Recursive filters are those of the lab's older system. "chebyshev1" is of type 1, with the order that 0.25 dB up to
    0.4 of the new rate and 10 dB from 0.5 of it take in one pass (5; 4 for a ratio of 2); "chebyshev2" of type 2,
    of order 12, with 60 dB from 0.5 of the new rate. They have no delay and gain 1 at 0 Hz. As `ecogcat.bandpass` is,
    they are run at once, into memory or a temporary file, over signal, ground and reference channels; the result alone
    is kept. Other arrays come by the polyphase filter, or are held.

    Ratios of whole numbers of up to 10,000 are exact, others the simplest within one part in a million of the rate
    asked for. The rate of the part itself counts, where recordings that were joined differ a little.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[1.0] * 2001], 20000, events=[1500])
    >>> slow = ec.resample(dataset, 2000)
    >>> slow.n_samples, slow.sampling_rate, slow.events.sample, slow.signal[0, -2:]
    (201, 2000.0, array([150]), array([1., 1.]))
    """
    lower = planned(dataset, rate, filter)
    return lower if filter == POLYPHASE or lower is dataset else decimated(dataset, lower, filter, progress)


def planned(dataset: Dataset, rate: float, filter: str = POLYPHASE) -> Dataset:
    """Return what `resample` does, all checked and no filter run: its samples are those of the polyphase filter."""
    check_dataset(dataset, "resample")
    wanted = checked_rate(rate)
    check_filter(filter)
    for part in dataset.parts:
        if not 1 / _MOST_RATIO <= wanted / part.sampling_rate <= _MOST_RATIO:
            raise ValueError(
                f"{wanted:g} Hz and the {part.sampling_rate:g} Hz of {part.name} differ by more than a factor of a "
                "million, for which no filter is made"
            )
    if filter == POLYPHASE:
        return at_rate(dataset, wanted)
    check_whole_steps(dataset, wanted, filter)
    lower = at_rate(dataset, wanted)
    return lower if lower is dataset else with_history(dataset, lower, filter)


def _as_number(rate: Any) -> str:
    """Return the end of a message: how a number that came as text is written; YAML takes 2e3 for text."""
    try:
        number = float(rate) if isinstance(rate, str) else math.nan
    except ValueError:
        return ""
    return f": write {number:.15g}, without quotes" if math.isfinite(number) and number > 0 else ""


def checked_rate(rate: Any) -> float:
    """Return a rate as a float, or say that it is none."""
    number = isinstance(rate, (int, float, np.integer, np.floating)) and not isinstance(rate, bool)
    if not number or not (math.isfinite(rate) and rate > 0):
        raise (ValueError if number else TypeError)(
            f"a rate is a positive number of Hz, not {rate!r}{_as_number(rate)}"
        )
    return float(rate)


def at_rate(dataset: Dataset, rate: float, *, tolerance: float = 0.0, originals: bool = False) -> Dataset:
    """Return a dataset whose parts have a rate within `tolerance` (relative) of the one asked for.

    Parameters
    ----------
    dataset : Dataset
    rate : float
        Hz.
    tolerance : float
        Parts that are as near as this stay what they are.
    originals : bool
        Of parts that were resampled, and nothing else was done to their samples since, resample what they were before.
    """
    moves: list[_Move] = []
    for part in dataset.parts:
        step = _step(part.sampling_rate, rate, tolerance)
        start = moves[-1].new.stop if moves else 0
        length = original_length(dataset.signal.cut(part.start, part.stop), step) if originals and step != 1 else None
        n_samples = math.ceil(part.n_samples / step) if length is None else length
        new = part.replace(start=start) if step == 1 else _moved(part, step, rate, start, n_samples)
        local = dataset.events.between(part.start, part.stop).sample - part.start
        if step != 1:
            unmoved = Unmoved(index_array(local), step) if length is None else _unmoved(part, local, step)
            local = np.minimum(nearest(*unmoved), n_samples - 1)
            new = new.replace(unmoved=unmoved)
        moves.append(_Move(part, new, step, index_array(local + start)))
    if all(move.step == 1 for move in moves):
        return dataset
    obtained = _obtained(dataset.sampling_rate, _step(dataset.sampling_rate, rate, tolerance), rate)
    pieces: list[Piece] = []
    for old, new, step, _ in moves:
        own = dataset.signal.cut(old.start, old.stop)
        pieces += resampled_pieces(own, Fraction(0), step, new.n_samples, originals=originals, hold=False)
    signal = dataset.signal.replace(pieces=pieces, sampling_rate=obtained)
    events = Events(np.concatenate([move.events for move in moves]), dataset.events._table, dataset.events.origins)
    arrays = {
        name: _array(array, dataset, moves, events.sample, obtained, originals, name)
        for name, array in dataset.arrays().items()
    }
    ground, reference = arrays.pop("ground", None), arrays.pop("reference_channels", None)
    return dataset.replace(
        signal=signal,
        parts=[move.new for move in moves],
        aligned=arrays,
        ground=ground,
        reference_channels=reference,
        events=events,
        intervals=_intervals(dataset, moves),
    )


def _step(rate: float, to: float, tolerance: float) -> Fraction:
    return Fraction(1) if abs(rate - to) <= tolerance * to else rate_step(rate, to)


def _obtained(rate: float, step: Fraction, asked: float) -> float:
    """Return the rate that a step makes of a rate: the one asked for if they differ by rounding alone."""
    if step == 1:
        return rate
    obtained = rate * step.denominator / step.numerator
    return asked if abs(obtained - asked) <= 1e-9 * asked else obtained


def _moved(part: Part, step: Fraction, rate: float, start: int, n_samples: int) -> Part:
    """Return a part at another rate, with a clock by which its first sample is when it was."""
    obtained = _obtained(part.sampling_rate, step, rate)
    file_start = int(nearest(part.file_start, step))
    recorded_at = part.recorded_at
    if part.start_time is not None:
        recorded_at = part.start_time - samples_to_timedelta(file_start, obtained)
    own = part.own
    if own is not None:
        forms = {}
        for name, form in own.arrays.items():
            ratio = rate_ratio(form.sampling_rate, part.sampling_rate)
            forms[name] = form._replace(sampling_rate=obtained * ratio.numerator / ratio.denominator)
        own = OwnForm(own.units, own.schema, own.origins, forms, own.intervals)
    done = f"resampled from {part.sampling_rate:.10g} Hz to {obtained:.10g} Hz (polyphase, {FILTER_TEXT})"
    history = (*part.history, done) if part.kind == "recording" else part.history
    return part.replace(
        start=start,
        n_samples=n_samples,
        sampling_rate=obtained,
        file_start=file_start,
        recorded_at=recorded_at,
        own=own,
        history=history,
    )


def _unmoved(part: Part, events: Index, step: Fraction) -> Unmoved:
    """Return where the events of a part were before it was first resampled, if they are still those."""
    before = part.unmoved
    if before is not None and len(before.sample) == len(events):
        moved = np.minimum(nearest(*before), part.n_samples - 1)
        if (moved == events).all():
            return Unmoved(before.sample, before.step * step)
    return Unmoved(index_array(events), step)


def _intervals(dataset: Dataset, moves: Sequence[_Move]) -> pd.DataFrame | None:
    """Return intervals that cover what they did: starts round down, stops up."""
    table = dataset._intervals
    if table is None:
        return None
    starts, stops = table["start"].to_numpy(np.int64), table["stop"].to_numpy(np.int64)
    new_starts, new_stops = np.empty_like(starts), np.empty_like(stops)
    for old, new, step, _ in moves:
        last = old is moves[-1].old
        here = (starts >= old.start) & ((starts < old.stop) | last)
        low = (starts[here] - old.start) * step.denominator // step.numerator
        new_starts[here] = new.start + np.minimum(low, new.n_samples)
        here = ((stops > old.start) | (old is moves[0].old)) & (stops <= old.stop)
        high = -((old.start - stops[here]) * step.denominator // step.numerator)
        new_stops[here] = new.start + np.minimum(high, new.n_samples)
    return table.assign(start=new_starts, stop=np.maximum(new_starts, new_stops))


def _array(
    array: Signal,
    dataset: Dataset,
    moves: Sequence[_Move],
    events: Index,
    rate: float,
    originals: bool,
    name: str,
) -> Signal:
    """Return an array beside the signal in step with it again."""
    ratio = rate_ratio(array.sampling_rate, dataset.sampling_rate)
    edges = np.concatenate([[0], np.cumsum(aligned_length(dataset.parts, ratio))]).tolist()
    lengths = aligned_length([move.new for move in moves], ratio)
    pieces: list[Piece] = []
    for k, (old, new, step, _) in enumerate(moves):
        own = array.cut(edges[k], edges[k + 1])
        before, after = (part.file_start * ratio for part in (old, new))
        # Where the first new sample lies, counted from the first old one: both are on the grid of their own file.
        start = before - math.ceil(before) + (math.ceil(after) - after) * step
        hold = name not in ("ground", "reference_channels")
        at = _under(dataset.events.sample, old, ratio), _under(events, new, ratio)
        pieces += resampled_pieces(own, start, step, lengths[k], originals=originals, hold=hold, events=at)
    return array.replace(pieces=pieces, sampling_rate=rate * ratio.numerator / ratio.denominator)


def _under(events: Index, part: Part, ratio: Fraction) -> Index:
    """Return the first sample of an array, counted from the part's first, that belongs to each event of a part."""
    a, b = np.searchsorted(events, [part.start, part.stop])
    first = aligned_start(part.file_start, ratio)
    own = (events[a:b] - part.start + part.file_start).astype(object)
    under = -((-own * ratio.numerator) // ratio.denominator) - first
    return index_array(under.astype(np.int64))
