"""One BrainVision recording as a dataset: its samples counted, its channels by unit, a part a segment."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError
from ecogcat.events import Events
from ecogcat.formats.brainvision.header import BrainVisionHeader
from ecogcat.formats.brainvision.markers import Marker, read_markers, segments_of
from ecogcat.formats.naming import unique_names
from ecogcat.joining.join import join
from ecogcat.parts import samples_to_timedelta
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.source import Source
from ecogcat.units import parse_unit, power_of_ten

__all__ = ["dataset_of"]


def dataset_of(header: BrainVisionHeader) -> Dataset:
    """Return the dataset of one recording.

    Raises
    ------
    FormatError
        If the data file does not have what the header says, or the marker file is none.
    """
    odd = list(header.warnings)
    source = Source.open(header.data_path)
    n_samples = _count_samples(source, header, odd)
    markers = read_markers(header.marker_path, odd) if header.marker_path else []
    rate = header.sampling_rate
    arrays, numbers = _arrays(source, header, n_samples, odd)
    signal, name = arrays.pop("signal"), os.path.splitext(os.path.basename(header.path))[0]
    events = _events([one for one in markers if not one.begins_segment], n_samples, odd)
    segments = segments_of(markers, n_samples, odd)
    paths = [header.data_path, header.path, *([header.marker_path] if header.marker_path else [])]
    datasets = []
    for k, one in enumerate(segments, 1):
        clock = None if one.time is None else one.time - samples_to_timedelta(one.start, rate)
        datasets.append(
            Dataset.of(
                signal.cut(one.start, one.stop),
                name=name if len(segments) == 1 else f"{name}_{k}",
                source_channels=numbers,
                aligned={key: array.cut(one.start, one.stop) for key, array in arrays.items()},
                paths=paths,
                format="brainvision",
                file_start=one.start,
                recorded_at=clock,
                notes=(header.comment,) if header.comment else (),
                warnings=odd if k == 1 else (),
                metadata={
                    "references": tuple(header.channels[number].reference for number in numbers),
                    "coordinates": tuple(header.coordinates[number] for number in numbers if header.coordinates),
                },
            )
        )
    whole = datasets[0] if len(datasets) == 1 else join(*datasets, name=name)
    return whole.replace(events=events) if len(events) else whole


def _count_samples(source: Source, header: BrainVisionHeader, odd: list[str]) -> int:
    """Return how many samples of each channel the data file has."""
    n_channels = len(header.channels)
    frame = header.dtype.itemsize * n_channels
    n, left_over = divmod(max(0, source.size - header.data_offset), frame)
    said = header.n_points
    if n == 0:
        raise FormatError(
            "the data file holds no sample",
            path=source.path,
            expected=f"{frame:,} bytes a sample of {n_channels} channels, from byte {header.data_offset:,} on",
            found=f"{source.size:,} bytes",
            hint="The recording was stopped right after it was started; leave it out",
        )
    if not header.multiplexed and (left_over or (said is not None and said != n)):
        # Where a channel begins follows from their common length: a guess would mix channels up.
        points = n if said is None else said
        raise FormatError(
            "the channels lie one after the other, and their length is not what the data file has room for",
            path=source.path,
            expected=f"{header.data_offset + frame * points:,} bytes: {points:,} samples of {n_channels} channels",
            found=f"{source.size:,} bytes",
            hint="It was cut or is another recording's",
        )
    if said is not None and said > n:
        odd.append(f"{said - n:,} of the {said:,} samples that the header says are missing: {n:,} are whole")
    elif said is not None and said < n:
        odd.append(f"the header says {said:,} samples, the data file has {n:,}: all are opened")
    if left_over:
        odd.append(f"cut in the middle of a sample: {left_over:,} bytes were left over after {n:,} whole samples")
    return n


def _arrays(
    source: Source, header: BrainVisionHeader, n_samples: int, odd: list[str]
) -> tuple[dict[str, Signal], list[int]]:
    """Return the signal and the aligned arrays, by name, and the place in the file of each channel of the signal."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, channel in enumerate(header.channels):
        groups[parse_unit(channel.units).quantity].append(number)
    # Voltages first; where there is none the largest group is the signal.
    ordered = sorted(groups, key=lambda quantity: (quantity != "V", -len(groups[quantity])))
    arrays = {}
    for k, quantity in enumerate(ordered):
        unit = re.sub(r"\W+", "", quantity.replace("%", "percent").lower())
        name = "signal" if k == 0 else "aux" if k == 1 or not unit else f"aux_{unit}"
        while name in arrays:
            name += "_"
        arrays[name] = _array(source, header, n_samples, groups[quantity], odd)
    return arrays, groups[ordered[0]]


def _array(source: Source, header: BrainVisionHeader, n_samples: int, numbers: Sequence[int], odd: list[str]) -> Signal:
    channels = [header.channels[number] for number in numbers]
    item = header.dtype.itemsize
    apart, stride = (item, item * len(header.channels)) if header.multiplexed else (item * n_samples, item)
    base = header.data_offset + apart * np.array(numbers)
    extent = AffineExtent(source, header.dtype, n_samples, base, stride)
    names, renamed = unique_names([one.name for one in channels], numbers)
    odd += renamed
    unit = Counter(parse_unit(one.units).symbol for one in channels).most_common(1)[0][0]
    gain = []
    for one in channels:
        power = power_of_ten(one.units, unit)
        gain.append(one.resolution * 10.0**power if power >= 0 else one.resolution / 10.0**-power)
    return signal_of(extent, header.sampling_rate, units=unit, names=names, gain=np.array(gain), offset=0.0)


def _events(markers: Sequence[Marker], n_samples: int, odd: list[str]) -> Events:
    """Return markers at their samples: positions count from 1, and a 0 is the first sample, too."""
    n_zero = sum(one.position == 0 for one in markers)
    if n_zero:
        odd.append(f"{n_zero:,} markers lie at position 0 although positions count from 1: taken for the first sample")
    inside = [one for one in markers if one.position <= n_samples]
    if len(inside) < len(markers):
        odd.append(f"{len(markers) - len(inside):,} markers lie behind the last sample and are left out")
    if not inside:
        return Events()
    inside.sort(key=lambda one: max(1, one.position))
    table = {key: [getattr(one, key) for one in inside] for key in ("type", "description", "size", "channel")}
    return Events(np.array([max(0, one.position - 1) for one in inside], np.int64), table, {"markers": "vmrk"})
