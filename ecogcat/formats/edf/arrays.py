"""Arrays of an EDF file: which of its signals are the electrodes', and what becomes of the others.

- The signal has the electrode channels of one rate: of the rate with most of them, the fastest among equals.
- Electrode channels measure a voltage and are not called after something else: triggers (``Status``, ``TRIG``, ...),
  analog inputs (``DC01``, ``AUX 2``), sensors (``Resp``, ``SpO2``, ``Ergo-Left``). EOG, EMG and ECG are electrodes.
- Electrode channels of other rates are aligned arrays named by their rate, ``rate_32hz``.
- Triggers are `trigger`, analog inputs `adc`, sensors and whatever is no voltage `aux`. An array has one rate, which is
  in its name if it is not the signal's (``aux_1hz``), and one unit: of several the smaller groups have it in their
  names (``aux_degc``, ``aux_degc_1hz``).
- ``Status`` is the word of a digital port: `dig` has a channel a line, with 0 or 1.
- Ranges that give no scale leave stored numbers, without a unit, in `unscaled`.

Where no channel measures a voltage, the largest group is the signal.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.formats.edf.header import EdfHeader, EdfSignal
from ecogcat.formats.naming import unique_names
from ecogcat.frozen import index_array
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.int24 import Int24Extent
from ecogcat.storage.source import Source
from ecogcat.units import parse_unit, power_of_ten

__all__ = ["EdfArrays", "arrays_of", "sampling_rate"]

_TRIGGER = re.compile(r"\b(status|stim|sti\s*\d+|d?trig(ger)?s?|events?|markers?|sync)\b", re.IGNORECASE)
_INPUT = re.compile(r"(dc|aux|adc|ana(log)?\s*in)[\s_-]*\d+", re.IGNORECASE)
# Whole labels, but for a specification behind a blank: contacts of depth electrodes may be called anything.
_SENSOR = re.compile(
    r"(resp|airflow|flow|snore|sound|s[ap]o2|osat|pleth?|temp|light|position|gsr\d?|erg\d?|ergo-(left|right))(\s.*)?",
    re.IGNORECASE,
)
_KINDS = ("electrode", "adc", "aux", "trigger", "status", "unscaled")
# Lines of BioSemi's status word: 16 trigger inputs, then what the system says of itself.
_STATUS = ("new epoch", "speed 0", "speed 1", "speed 2", "CMS in range", "speed 3", "battery low", "ActiveTwo MK2")
_BDF_LINES = (*(f"trigger {k + 1}" for k in range(16)), *_STATUS)
_EDF_LINES = tuple(f"bit {k}" for k in range(16))


class EdfArrays(NamedTuple):
    """Signal and aligned arrays of a file, the place in the file of each channel of the signal, and what is odd."""

    signal: Signal
    aligned: dict[str, Signal]
    numbers: list[int]
    warnings: list[str]


def sampling_rate(header: EdfHeader, one: EdfSignal) -> float:
    """Return the rate of a signal, Hz."""
    return one.per_record / header.record_s


def arrays_of(source: Source, header: EdfHeader, n_records: int) -> EdfArrays:
    """Return the arrays of the first records of a file; no sample is read.

    Raises
    ------
    FormatError
        If there is no channel, or the records are not all in the file.
    """
    odd = [
        f"the ranges of channel {one.label!r} give no scale ({one.range_problem}): its stored numbers are in 'unscaled'"
        for one in header.signals
        if one.range_problem
    ]
    empty = [one.label for one in header.signals if not one.per_record]
    if empty:
        odd.append(f"{len(empty)} channels have no sample in any record and are left out: {', '.join(empty[:5])}")
    groups: dict[tuple[str, int], list[EdfSignal]] = defaultdict(list)
    for one in header.signals:
        if one.per_record and not one.is_annotations:
            groups[_kind(header, one), one.per_record].append(one)
    main = _main_group(groups)
    chosen = _one_unit(groups.pop(main))
    further = [one for group in chosen[1:] for one in group]
    if further:
        groups["aux", main[1]] = further + groups["aux", main[1]]
    signal = _array(source, header, n_records, chosen[0], odd)
    named = _named(header, main[1], groups)
    aligned = {name: _array(source, header, n_records, channels, odd, name) for name, channels in named.items()}
    return EdfArrays(signal, aligned, [one.number for one in chosen[0]], odd)


def _kind(header: EdfHeader, one: EdfSignal) -> str:
    label = re.sub(r"^(EEG|ECOG|SEEG|IEEG|EP)\s+", "", one.label, flags=re.IGNORECASE)
    if one.label.lower() == "status":
        words = [other for other in header.signals if other.label.lower() == "status"]
        # BDF gives the word the range of a voltage; in EDF it is the word only where nothing scales it.
        if one is words[0] and (header.item_bytes == 3 or (one.gain == 1 and one.offset == 0)):
            return "status"
    if one.range_problem:
        return "unscaled"
    if _TRIGGER.search(label):
        return "trigger"
    if _INPUT.fullmatch(label):
        return "adc"
    if _SENSOR.fullmatch(label) or parse_unit(one.units).quantity != "V":
        return "aux"
    return "electrode"


def _main_group(groups: dict[tuple[str, int], list[EdfSignal]]) -> tuple[str, int]:
    """Return the kind and the samples a record of the channels that are the signal."""
    for kinds in (("electrode",), _KINDS):
        some = {key: channels for key, channels in groups.items() if key[0] in kinds}
        if some:
            return max(some, key=lambda key: (len(_one_unit(some[key])[0]), key[1]))
    raise AssertionError("a file without a channel is refused before")


def _one_unit(channels: Sequence[EdfSignal]) -> list[list[EdfSignal]]:
    """Return groups of channels whose units convert to each other, the largest first."""
    groups: dict[str, list[EdfSignal]] = defaultdict(list)
    for one in channels:
        groups[parse_unit(one.units).quantity].append(one)
    return sorted(groups.values(), key=len, reverse=True)


def _named(header: EdfHeader, main: int, groups: dict[tuple[str, int], list[EdfSignal]]) -> dict[str, list[EdfSignal]]:
    """Return the channels of each aligned array, by its name."""
    named: dict[str, list[EdfSignal]] = {}
    for (kind, per_record), channels in sorted(groups.items(), key=lambda one: (_KINDS.index(one[0][0]), -one[0][1])):
        rate = re.sub(r"\W", "_", f"{per_record / header.record_s:.6g}hz")
        for k, some in enumerate(_one_unit(channels)):
            if kind == "electrode":
                name = f"rate_{rate}"
            else:
                unit = re.sub(r"\W+", "", some[0].units.replace("%", "percent").replace("µ", "u").lower())
                name = "dig" if kind == "status" else kind
                name += f"_{unit}" if k and unit else ""
                name += f"_{rate}" if per_record != main else ""
            while name in named:
                name += "_"
            named[name] = some
    return named


def _array(
    source: Source, header: EdfHeader, n_records: int, channels: Sequence[EdfSignal], odd: list[str], name: str = ""
) -> Signal:
    """Return channels of one rate as they lie: a block a record."""
    n, item = channels[0].per_record, header.item_bytes
    rate = sampling_rate(header, channels[0])
    base = header.header_bytes + np.array([one.offset_bytes for one in channels])
    blocks = (n * n_records, base, item, n, header.record_bytes)
    extent: Extent = Int24Extent(source, *blocks) if item == 3 else AffineExtent(source, np.dtype("<i2"), *blocks)
    if name.startswith("dig"):
        lines = _BDF_LINES if item == 3 else _EDF_LINES
        return signal_of(BitsExtent(extent, index_array(range(len(lines)))), rate, units="", names=lines)
    names, renamed = unique_names([one.label for one in channels], [one.number for one in channels])
    odd += renamed
    unit = Counter(parse_unit(one.units).symbol for one in channels).most_common(1)[0][0]
    powers = [power_of_ten(one.units, unit) for one in channels]
    gain = np.array([_scaled(one.gain, power) for one, power in zip(channels, powers, strict=True)])
    offset = np.array([_scaled(one.offset, power) for one, power in zip(channels, powers, strict=True)])
    return signal_of(extent, rate, units=unit, names=names, gain=gain, offset=offset)


def _scaled(value: float, power: int) -> float:
    """Return ``value * 10**power``, rounded once."""
    return value * 10.0**power if power >= 0 else value / 10.0**-power
