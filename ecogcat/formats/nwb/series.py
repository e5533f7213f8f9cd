"""Electrical series of an NWB file: which there are, how stored numbers become volts, and when each sample was taken.

An ElectricalSeries is a group with `data` (time, channels), and either `timestamps` (s) or `starting_time` (s) with its
`rate`. value = data * conversion * channel_conversion + offset, in the unit of `data`. The Open Ephys GUI writes two
layouts of its own, which differ from that: until 0.5 (NWB 1.0.6) series lie in
`acquisition/timeseries/recording<R>/continuous/processor<P>`, with a conversion to uV whatever unit it names; from 0.6
(2.x) the conversion of each channel in `channel_conversion` is whole, and that of channel 0 is given again as
`conversion`.

Source: the NWB core schema 2.x, and the Open Ephys GUI's description and writer of its NWB files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.formats.breaks import MOST_BREAKS, find_breaks, step_of
from ecogcat.formats.hdf5_fields import text_of
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.maps import scattered_bytes
from ecogcat.storage.source import Source
from ecogcat.units import parse_unit

__all__ = ["Series", "Stretch", "find_series", "groups_of", "kind_of", "scale_of", "timing_of"]

_TOP = ("acquisition", "processing", "analysis", "stimulus")
_DEPTH = 7
_OPEN_EPHYS_1 = re.compile(r"acquisition/timeseries/(recording\d+)/continuous/([^/]+)$")
_OPEN_EPHYS_2 = "Bit volts values for all channels"


@dataclass(frozen=True)
class Series:
    """One electrical series.

    Attributes
    ----------
    key : str
        Path of its group.
    shape : tuple of int
        Of its data.
    recording, stream : str
        What chooses it: of the Open Ephys layout the recording and the processor; of others the path.
    """

    key: str
    shape: tuple[int, ...]
    recording: str
    stream: str

    @property
    def places(self) -> dict[str, str]:
        """What chooses it."""
        return {"recording": self.recording, "stream": self.stream} if self.recording else {"stream": self.stream}

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """The path, and its last name, do as well."""
        found = {"stream": (self.key, "/" + self.key, self.key.rpartition("/")[2])}
        return found | ({"recording": (self.recording.removeprefix("recording"),)} if self.recording else {})

    @property
    def detail(self) -> str:
        """Its size."""
        return " x ".join(f"{n:,}" for n in self.shape)

    @property
    def opens_by_default(self) -> bool:
        """Whether it has samples."""
        return math.prod(self.shape) > 0

    @property
    def of_open_ephys_1(self) -> bool:
        """Whether the Open Ephys GUI wrote it before version 0.6."""
        return bool(self.recording)


class Stretch(NamedTuple):
    """Samples `start` to `stop` without a gap; the first was taken `time` s after the reference."""

    start: int
    stop: int
    time: float


def kind_of(group: Any) -> str:
    """Return the NWB type of a group."""
    kind = text_of(group.attrs.get("neurodata_type", ""))
    ancestry = group.attrs.get("ancestry")
    if kind in ("", "TimeSeries") and ancestry is not None and len(np.atleast_1d(ancestry)):
        return text_of(np.atleast_1d(ancestry)[-1])  # NWB 1
    return kind


def groups_of(file: Any) -> Iterator[tuple[str, Any]]:
    """Return path and group of everything that is or contains a series; links that lead nowhere are passed over."""
    import h5py

    stack = [(name, 0) for name in reversed(_TOP) if name in file]
    while stack:
        name, depth = stack.pop()
        try:
            group = file[name]
        except (KeyError, OSError):
            continue
        if not isinstance(group, h5py.Group):
            continue
        yield name, group
        if "data" not in group and depth < _DEPTH:
            inner = [f"{name}/{key}" for key in group if group.get(key, getclass=True) is h5py.Group]
            stack += [(key, depth + 1) for key in reversed(inner)]


def find_series(file: Any, path: str) -> list[Series]:
    """Return the electrical series of a file, in order; FormatError if the data of one lie in a missing file."""
    import h5py

    found = []
    for name, group in groups_of(file):
        data, link = group.get("data"), group.get("data", getlink=True)
        if data is None and isinstance(link, h5py.ExternalLink) and kind_of(group).endswith("ElectricalSeries"):
            raise FormatError(
                f"the data of {name} lie in another file, which cannot be read",
                path=path,
                expected=f"{link.path} in {link.filename}",
                found="no such file or dataset",
                hint="Put it beside this file",
            )
        if kind_of(group).endswith("ElectricalSeries") and isinstance(data, h5py.Dataset) and data.shape is not None:
            match = _OPEN_EPHYS_1.match(name)
            recording, stream = (match[1], match[2]) if match else ("", name)
            found.append(Series(name, data.shape, recording, stream))
    return found


def scale_of(series: Series, group: Any, n_channels: int, path: str) -> tuple[str, NDArray[np.float64], float]:
    """Return the unit of the values, a gain a channel, and the offset."""
    data = group["data"]
    units = parse_unit(text_of(data.attrs.get("unit", "volts"))).symbol
    gain = _number(data.attrs.get("conversion", 1.0), path, f"conversion of {series.key}")
    offset = _number(data.attrs.get("offset", 0.0), path, f"offset of {series.key}")
    gains = np.full(n_channels, gain)
    each = group.get("channel_conversion")
    if each is not None and each.size:
        if each.shape != (n_channels,):
            raise FormatError(
                f"channel_conversion of {series.key} does not fit",
                path=path,
                expected=f"{n_channels} numbers",
                found=f"shape {each.shape}",
            )
        whole = text_of(each.attrs.get("description", "")) == _OPEN_EPHYS_2
        gains = np.asarray(each[()], np.float64) * (1.0 if whole else gain)
    if not np.isfinite(gains).all():
        raise FormatError(f"the conversion of {series.key} cannot be", path=path, found="not a number")
    return "uV" if series.of_open_ephys_1 else units, gains, offset


def _number(value: Any, path: str, what: str) -> float:
    numbers = np.asarray(value).ravel()
    if numbers.size != 1 or numbers.dtype.kind not in "iuf" or not math.isfinite(numbers[0]):
        raise FormatError(f"the {what} cannot be", path=path, expected="one number", found=str(value)[:60])
    return float(numbers[0])


def timing_of(source: Source, series: Series, group: Any, n: int) -> tuple[float, list[Stretch], list[str]]:
    """Return the sampling rate, the stretches without gaps, and what is odd.

    Raises
    ------
    FormatError
        If the series has no usable rate or times.
    """
    start = group.get("starting_time")
    if start is not None and "rate" in start.attrs:
        rate = _number(start.attrs["rate"], source.path, f"rate of {series.key}")
        if not 1e-3 <= rate <= 1e9:
            raise _no_rate(series, source, f"{rate:g} Hz")
        first = _number(start[()], source.path, f"starting time of {series.key}")
        return rate, [Stretch(0, n, first)], []
    times = group.get("timestamps")
    if times is None or times.shape is None or times.ndim != 1 or times.dtype.kind not in "fiu" or times.size == 0:
        raise _no_rate(series, source, "neither starting_time nor timestamps")
    return _times(_probe(source, times), min(n, times.size), n, series, source)


def _no_rate(series: Series, source: Source, found: str) -> FormatError:
    return FormatError(f"{series.key} has no sampling rate", path=source.path, expected="a rate or times", found=found)


def _probe(source: Source, times: Any) -> Any:
    """Return a function from rows to times, which reads few bytes where they lie plainly."""
    extent = hdf5_extent(source, times)
    if isinstance(extent, AffineExtent):
        buffer = scattered_bytes(extent.source)
        column = np.ndarray(times.shape, times.dtype, buffer, int(extent.base[0]), (extent.sample_stride,))
        return lambda rows: column[rows].astype(np.float64)
    return lambda rows: np.array([times[row] for row in rows.tolist()], np.float64)


def _times(probe: Any, have: int, n: int, series: Series, source: Source) -> tuple[float, list[Stretch], list[str]]:
    few = np.arange(min(have, 32), dtype=np.int64)
    steps = np.diff(probe(few))
    step = float(np.median(steps)) if len(steps) else math.nan
    if not 1e-9 <= step <= 1e3:
        raise _no_rate(series, source, f"times {step:g} s apart")
    warnings: list[str] = []
    if have != n:
        warnings.append(f"{series.key} has {have:,} times of {n:,} samples")
    breaks = find_breaks(probe, have, step=step_of(probe, have, step), tolerance=0.5 * step)
    if breaks is None:
        warnings.append(f"the times of {series.key} have more than {MOST_BREAKS:,} breaks: they are not told apart")
        breaks = []
    edges = [0, *breaks]
    starts = probe(np.array(edges, np.int64)).tolist()
    stretches = [Stretch(*one) for one in zip(edges, [*edges[1:], n], starts, strict=True)]
    longest = max(stretches, key=lambda one: min(one.stop, have) - one.start)
    last = min(longest.stop, have) - 1
    rate = _rate(probe, longest.start, last) if last > longest.start else 1 / step
    if not all(map(math.isfinite, starts)):
        raise _no_rate(series, source, "times that are no numbers")
    return rate, stretches, warnings


def _rate(probe: Any, start: int, stop: int) -> float:
    """Return the rate over a stretch: the whole number of mHz that it cannot be told from, if there is one."""
    first, last = probe(np.array([start, stop], np.int64)).tolist()
    rate = float((stop - start) / (last - first))
    near = round(rate, 3)
    unsure = 4 * np.spacing(max(abs(first), abs(last))) / (last - first)
    return near if abs(near - rate) <= rate * max(unsure, 1e-9) else rate
