"""Conditioning when a recording is opened: trigger lines, filters, a reference, and a transient at the start cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ecogcat.checks import shown
from ecogcat.conditioning.filters import bandpass as bandpassed
from ecogcat.conditioning.filters import notch
from ecogcat.conditioning.mean import REMOVED, remove_mean
from ecogcat.conditioning.rereference import rereference
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.parts import CUT_OFF
from ecogcat.select import select_time
from ecogcat.triggers.detect import detect_events

__all__ = ["conditioned", "triggers_of", "without_transient"]

_TRANSIENT_S = 5.0
_TRANSIENT_SAMPLES = {"afe": 10_000, "afe_aug21": 10_000, "ddc": 10_000}
"""How long the transient of an amplifier that is switched on lasts, where it is counted in samples."""
_BEFORE_EVENT_S = 1.0


def conditioned(
    dataset: Dataset,
    bandpass: Sequence[float] | None,
    notches: float | Sequence[float] | None,
    causal: bool,
    reference: str | int | Sequence[int] | Sequence[str] | None,
    snip_transient: bool | float | None,
    *,
    without_mean: bool = False,
) -> Dataset:
    """Take means off, filter, re-reference and cut, in this order; see `ecogcat.formats.loading.apply_load_arguments`.

    Examples
    --------
    >>> import numpy as np, ecogcat as ec
    >>> dataset = ec.from_array(np.arange(6.0).reshape(2, 3), 1.0)
    >>> conditioned(dataset, None, None, False, "common", 2.0).signal[:]
    array([[-1.5],
           [ 1.5]])
    """
    if without_mean:
        dataset = remove_mean(dataset)
    if bandpass is not None:
        edges = [bandpass] if isinstance(bandpass, (int, float, str)) else list(bandpass)
        if len(edges) not in (0, 2) or any(isinstance(one, (str, bool)) for one in edges):
            raise ValueError(f"bandpass is (lo, hi) in Hz, -1 for a side that stays open, not {bandpass!r}")
        if edges:
            lo, hi = edges
            dataset = bandpassed(dataset, lo, hi, causal=causal)
    lines = () if notches is None else notches
    if not isinstance(lines, Sequence) or len(lines):
        dataset = notch(dataset, lines, causal=causal)
    if reference is not None and reference is not False:
        dataset = rereference(dataset, reference)
    return dataset if not snip_transient else without_transient(dataset, snip_transient)


def without_transient(dataset: Dataset, length: bool | float) -> Dataset:
    """Cut the start off, but never up to an event: a second before the first, or the event itself, stays.

    Parameters
    ----------
    dataset : Dataset
    length : float or True
        Seconds; True for what is usual for the format.

    Raises
    ------
    TypeError, ValueError
        If it is no number of seconds, or nothing would be left.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[0.0] * 40], 10.0, events=[25])
    >>> without_transient(dataset, 2.5).n_samples, without_transient(dataset, 1).n_samples
    (25, 30)
    """
    format = dataset.parts[0].format
    if not isinstance(length, (bool, int, float, np.integer, np.floating)):
        raise TypeError(f"snip_transient is a number of seconds, or True, not {length!r}")
    rate = dataset.sampling_rate
    if length is True:
        n = _TRANSIENT_SAMPLES.get(format, round(_TRANSIENT_S * rate))
    elif 0 < length < float("inf"):
        n = round(length * rate)
    else:
        raise ValueError(f"snip_transient is a number of seconds, or True, not {length!r}")
    asked, why = n, ""
    if not len(dataset.events) and n >= dataset.n_samples > 0:
        raise ValueError(
            f"snip_transient cuts {n / rate:g} s off, and nothing of {dataset.name} would be left, which is "
            f"{dataset.n_samples / rate:g} s long: give fewer seconds, or snip_transient=None"
        )
    if len(dataset.events):
        kept = 0 if format in _TRANSIENT_SAMPLES else round(_BEFORE_EVENT_S * rate)
        first = int(dataset.events.sample[0])
        if first - kept < n:
            n = max(0, first - kept)
            why = f", less than the {asked / rate:g} s asked for: an event comes at {first / rate:g} s"
    cut = select_time(dataset, n, dataset.n_samples)
    step = f"{n / rate:g} s {CUT_OFF}{why}"
    warnings = [f"snip_transient: {step}"] if why else []
    if n and (ran := _ran_before(dataset)):
        warnings.append(
            f"snip_transient: {ran} took in the {n / rate:g} s that were then cut off, and what is left may hold "
            "traces of them: to cut first, open it without both, and use ecogcat.select_time"
        )
    done = [replace(part.processing, transient_snipped=True) for part in cut.parts]
    parts = [
        part.replace(processing=one, history=(*part.history, step), warnings=(*part.warnings, *warnings))
        for part, one in zip(cut.parts, done, strict=True)
    ]
    return cut.replace(parts=parts)


def _ran_before(dataset: Dataset) -> str:
    """Return what was done to samples from more than themselves: a transient that is cut off later was among them."""
    done = [part.processing for part in dataset.recordings]
    ran = {
        "a bandpass": any(one.bandpass is not None for one in done),
        "a notch": any(one.notches for one in done),
        "the mean": any(REMOVED in part.history for part in dataset.recordings),
    }
    return " and ".join(name for name, found in ran.items() if found)


def triggers_of(dataset: Dataset, trigger: Any) -> Events:
    """Return the events on the lines that `trigger` names.

    Parameters
    ----------
    dataset : Dataset
    trigger : int, str, or sequence of them
        Channels of `adc` by index; by name; or of another array with its name before: ``"dig:3"``.

    Raises
    ------
    KeyError, IndexError, ValueError
        If there is no such line, or lines of several arrays are named.

    Examples
    --------
    >>> import ecogcat as ec
    >>> line = [[0] * 10 + [5] * 5 + [0] * 15]
    >>> triggers_of(ec.from_array([[0.0] * 30], 1000.0, aligned={"dig": line}), "dig:0").sample
    array([10])
    """
    asked = list(trigger) if isinstance(trigger, Collection) and not isinstance(trigger, str) else [trigger]
    asked = [int(one) if isinstance(one, np.integer) else one for one in asked]
    if any(isinstance(one, bool) or not isinstance(one, (int, str)) for one in asked):
        raise TypeError(f"trigger= names lines by number or name, such as 0, 'ADC1' or 'dig:3', not {shown(trigger)}")
    sources, channels = set(), []
    for one in asked:
        array, _, line = one.rpartition(":") if isinstance(one, str) else ("", "", one)
        if array and array not in dataset.aligned:
            adc = dataset.aligned.get("adc")
            if adc is None or one not in adc.channel_names:
                there = ", ".join(dataset.aligned) or "none"
                raise KeyError(f"trigger={one!r}: {dataset.name} has no array {array!r}; there are: {there}")
            array, line = "", one
        sources.add(array or "adc")
        channels.append(int(line) if isinstance(line, str) and line.isdecimal() else line)
    if len(sources) > 1:
        raise ValueError(f"trigger= names lines of one array, not of {' and '.join(sorted(sources))}")
    if not channels:
        return Events()
    return detect_events(dataset, sources.pop(), channels[0] if len(channels) == 1 else channels)
