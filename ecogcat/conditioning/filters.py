"""Filters: bandpass and notch filters, each recording of a join by itself."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable
from types import EllipsisType
from typing import Any

import numpy as np

from ecogcat.checks import check_dataset, shown
from ecogcat.checksums import with_checksums
from ecogcat.conditioning.designs import butterworth, comb
from ecogcat.conditioning.filtering import Design, filtered_arrays
from ecogcat.dataset import Dataset
from ecogcat.parts import Part, Processing
from ecogcat.progress import Progress

__all__ = ["bandpass", "notch"]

NONE = -1.0
"""An edge that there is not, as the lab writes it."""


def bandpass(
    dataset: Dataset,
    lo: float | None,
    hi: float | EllipsisType | None = ...,
    causal: bool = False,
    order: int = 3,
    *,
    progress: Progress = None,
) -> Dataset:
    """Keep the frequencies between two edges: Butterworth, without a shift in time unless it is asked to be causal.

    Each recording of a join is filtered by itself, never across a seam; filled gaps stay what they are. Signal, ground
    and reference channels are filtered, aligned arrays are not. It is done at once, not when samples are read: into
    memory, or, where the result is larger than the memory limit, into a file in the temporary directory that goes when
    nothing uses it any more.

    Parameters
    ----------
    dataset : Dataset
    lo, hi : float or None
        Edges in Hz. None, 0 or -1: no edge on this side, which makes it a lowpass or a highpass filter.
    causal : bool
        Forward in time alone, which delays what passes; else forward and backward, which passes a quarter of the power
        at the edges instead of half, and delays nothing.
    order : int
        Order of the filter at each edge, as one pass has it.
    progress : bool or callable, optional
        True shows a bar; a callable gets (bytes done, bytes in all).

    Returns
    -------
    Dataset
        Values are float32, float64 where that is what they were (or integers of more than 16 bits).

    Raises
    ------
    ValueError
        If an edge is not below half of the sampling rate, if `lo` is not below `hi`, or there is neither.
    MemoryLimitError
        If the result fits neither into the memory limit nor on the disk of temporary files.

    Notes
    -----
    A filter starts as if the first sample had been there forever, and on its way back as if the last had; there is no
    padding, so a recording of any length can be filtered. The numbers are those of ``scipy.signal.sosfiltfilt(...,
    padtype=None, padlen=0)``, computed in double precision; between the two passes they are held in the result's type.

    Samples that are not finite stay as they are. Those between them are filtered as if they were a recording of
    their own, in each channel by itself: a channel of NaN stays NaN, and a lost sample spoils nothing around it, but
    has an onset behind it.

    Examples
    --------
    >>> import numpy as np
    >>> import ecogcat as ec
    >>> t = np.arange(4000) / 1000
    >>> dataset = ec.from_array([5 + np.sin(2 * np.pi * 20 * t)], 1000)
    >>> filtered = ec.bandpass(dataset, 2, 100)
    >>> filtered.bandpass, bool(np.abs(filtered.signal[:, 1000:3000]).max() < 1.001)
    ((2.0, 100.0), True)
    """
    _check_dataset(dataset, "bandpass")
    given: tuple[Any, Any] = (lo, hi)
    if given[1] is ... or (isinstance(given[0], Iterable) and not isinstance(given[0], (str, np.ndarray))):
        found = ", ".join(shown(one) for one in given if one is not ...)
        raise TypeError(
            "bandpass takes two edges in Hz, one after the other, such as ecogcat.bandpass(dataset, 2, 200); None for "
            f"a side that stays open. It got {found}"
        )
    low, high = _edge(lo, "lo"), _edge(hi, "hi")
    if low is None and high is None:
        raise ValueError("a bandpass has an edge on one side at least; both lo and hi say that there is none")
    if low is not None and high is not None and low >= high:
        raise ValueError(f"the lower edge of a bandpass lies below the upper one; got {low:g} and {high:g} Hz")
    _check_order(order)
    _check_bool(causal, "causal")
    for rate, where in _rates(dataset):
        for edge in (low, high):
            if edge is not None and edge >= rate / 2:
                raise ValueError(
                    f"an edge at {edge:g} Hz is not below {rate / 2:g} Hz, half of the sampling rate of {where}"
                )

    def processed(done: Processing) -> Processing:
        old = done.bandpass or (NONE, NONE)
        lows = [edge for edge in (old[0], low) if edge is not None and edge > 0]
        highs = [edge for edge in (old[1], high) if edge is not None and edge > 0]
        edges = (max(lows, default=NONE), min(highs, default=NONE))
        return Processing(edges, done.notches, done.reference, done.transient_snipped)

    kind = f"bandpass {low:g} to {high:g} Hz" if low is not None and high is not None else ""
    if high is None:
        kind = f"highpass {low:g} Hz"
    elif low is None:
        kind = f"lowpass {high:g} Hz"
    text = f"{kind} (Butterworth, order {order}, {_direction(causal)})"
    return _filtered(
        dataset, lambda rate: [butterworth(low, high, order, rate)], causal, progress, kind, text, processed
    )


def notch(
    dataset: Dataset,
    lines: float | Iterable[float],
    causal: bool = False,
    *,
    harmonics: float | None = None,
    width: float = 3.0,
    order: int = 3,
    unit_gain: bool = False,
    progress: Progress = None,
) -> Dataset:
    """Take out power line frequencies, all that are listed.

    What `ecogcat.bandpass` says of joins, seams, gaps, ground and reference channels, missing samples, memory and files
    holds here, too.

    Parameters
    ----------
    dataset : Dataset
    lines : float or iterable of float
        Hz; applied one after the other. None at all leave the dataset as it is.
    causal : bool
        Forward in time alone; else forward and backward, without a shift in time.
    harmonics : float, optional
        Also the multiples of the lines up to this frequency, in Hz: no number of multiples. ``notch(dataset, 60,
        harmonics=200)`` takes out 60, 120 and 180 Hz.
    width : float
        Hz; the poles lie ``2 * width / sampling_rate`` inside of the unit circle.
    order : int
        Zeros, and poles, at each line.
    unit_gain : bool
        Leave the level of all other frequencies as it is. By default, as in the lab's older system, they gain a little:
        3.5 % with the line at 60 Hz and a rate of 1 kHz, forward and backward.
    progress : bool or callable, optional
        True shows a bar; a callable gets (bytes done, bytes in all).

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If a line is not between 0 and half of the sampling rate, or `harmonics` is below the first multiple.
    MemoryLimitError
        If the result fits neither into the memory limit nor on the disk of temporary files.

    Examples
    --------
    >>> import numpy as np
    >>> import ecogcat as ec
    >>> t = np.arange(4000) / 1000
    >>> hum = ec.from_array([np.sin(2 * np.pi * 60 * t)], 1000)
    >>> quiet = ec.notch(hum, 60)
    >>> quiet.notches, bool(np.abs(quiet.signal[:, 1000:3000]).max() < 0.001)
    ((60.0,), True)
    """
    _check_dataset(dataset, "notch")
    frequencies = _lines(lines, harmonics)
    _check_order(order)
    _check_bool(causal, "causal")
    _check_bool(unit_gain, "unit_gain")
    spread = _number(width, "width")
    for rate, where in _rates(dataset):
        for line in frequencies:
            if line >= rate / 2:
                raise ValueError(
                    f"a line at {line:g} Hz cannot be taken out of {where}: it is not below {rate / 2:g} Hz, half of "
                    "the sampling rate. Leave it out"
                )
        if not 0 < spread < rate / 2:
            raise ValueError(f"a notch has a width above 0 and below {rate / 2:g} Hz, not of {spread:g} Hz")
    if not frequencies:
        return dataset

    def processed(done: Processing) -> Processing:
        lines = tuple(dict.fromkeys((*done.notches, *frequencies)))
        return Processing(done.bandpass, lines, done.reference, done.transient_snipped)

    kind = f"notch {', '.join(f'{line:g}' for line in frequencies)} Hz"
    gain = ", gain 1 at 0 Hz" if unit_gain else ""
    text = f"{kind} (order {order}, width {spread:g} Hz{gain}, {_direction(causal)})"

    def design(rate: float) -> list[Any]:
        return [comb(line, spread, order, unit_gain, rate) for line in frequencies]

    return _filtered(dataset, design, causal, progress, kind, text, processed)


def _filtered(
    dataset: Dataset,
    design: Design,
    causal: bool,
    progress: Progress,
    what: str,
    text: str,
    processed: Callable[[Processing], Processing],
) -> Dataset:
    arrays = filtered_arrays(dataset, design, causal, progress, what)

    def after(part: Part) -> Part:
        if part.kind == "gap":
            return part
        return part.replace(processing=processed(part.processing), history=(*part.history, text))

    parts = [after(part) for part in with_checksums(dataset)]
    return dataset.replace(parts=parts, **arrays)


def _rates(dataset: Dataset) -> list[tuple[float, str]]:
    """Return every rate at which something is filtered, with a word for what it is."""
    rates = {part.sampling_rate: part.name for part in dataset.recordings}
    for name, array in dataset.arrays().items():
        if name not in dataset.aligned:
            rates.setdefault(array.sampling_rate, name.replace("_", " "))
    return list(rates.items())


def _edge(value: Any, name: str) -> float | None:
    if value is None:
        return None
    edge = _number(value, name)
    if edge < 0 and edge != NONE:
        raise ValueError(f"{name} is a frequency in Hz, or None, 0 or -1 for no edge on this side; not {edge:g}")
    return edge if edge > 0 else None


def _lines(lines: Any, harmonics: Any) -> list[float]:
    if isinstance(lines, str) or not isinstance(lines, (Iterable, numbers.Real)):
        raise TypeError(f"lines are frequencies in Hz, such as 60 or (60, 120), not {lines!r}")
    if isinstance(lines, np.ndarray):
        lines = lines.tolist()
    given = [lines] if isinstance(lines, numbers.Real) else list(lines)
    frequencies = [_number(line, "a line") for line in given]
    for line in frequencies:
        if line <= 0:
            raise ValueError(f"a line to take out lies above 0 Hz; got {line:g}")
    if harmonics is not None:
        most = _number(harmonics, "harmonics")
        if frequencies and most < 2 * min(frequencies):
            base = min(frequencies)
            raise ValueError(
                f"harmonics is a frequency in Hz up to which multiples are taken out, no count: {most:g} Hz lies below "
                f"the first multiple of {base:g} Hz, {2 * base:g} Hz. Give harmonics={5 * base:g} for five lines, "
                "or leave it away"
            )
        frequencies = [k * line for line in frequencies for k in range(1, max(1, math.floor(most / line)) + 1)]
    return list(dict.fromkeys(frequencies))


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is a number of Hz, not {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} is a finite number of Hz, not {value!r}")
    return float(value)


def _check_dataset(dataset: Any, function: str) -> None:
    check_dataset(dataset, function)


def _check_order(order: Any) -> None:
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or not 1 <= order <= 20:
        raise ValueError(f"the order of a filter is a whole number from 1 to 20, not {order!r}")


def _check_bool(value: Any, name: str) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is True or False, not {value!r}")


def _direction(causal: bool) -> str:
    return "causal" if causal else "zero phase"
