"""Part: one recording's stretch inside a dataset - where it comes from, and what it was before it was joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import numpy as np

from ecogcat.channels import ChannelMap
from ecogcat.frozen import Frozen, FrozenMapping, Index, digest, frozen_value, index_array
from ecogcat.tables import Schema

__all__ = [
    "CUT_OFF",
    "ArrayForm",
    "OpenedChannels",
    "OwnForm",
    "Part",
    "Processing",
    "Seam",
    "Unmoved",
    "aligned_length",
    "aligned_start",
    "part_token",
    "rate_ratio",
    "samples_to_timedelta",
]

CUT_OFF = "cut off at the start"
"""What the history says of a transient: how much of it was."""


class Seam(NamedTuple):
    """Where two parts meet.

    Attributes
    ----------
    sample : int
        First sample of the right part.
    left, right : int
        Indices of the parts.
    gap_s : float or None
        Wall-clock time, in seconds, between the end of the left part and the start of the right one (negative where
        clocks overlap); None when a clock is unknown.
    """

    sample: int
    left: int
    right: int
    gap_s: float | None


@dataclass(frozen=True, slots=True)
class Processing(Frozen):
    """What was done to the samples before they were stored, or since."""

    bandpass: tuple[float, float] | None = None
    notches: tuple[float, ...] = ()
    reference: str | None = None
    transient_snipped: bool = False

    def __post_init__(self) -> None:
        # Lists, arrays and tuples, whole numbers and floats: the same edges compare as equal.
        if self.bandpass is not None:
            low, high = (float(edge) for edge in self.bandpass)
            object.__setattr__(self, "bandpass", (low, high))
        object.__setattr__(self, "notches", tuple(float(line) for line in self.notches))


@dataclass(frozen=True, slots=True, eq=False)
class OpenedChannels(Frozen):
    """The channels of a recording as it was opened, masked ones included.

    Parameters
    ----------
    source : array_like of int, shape (n,)
        Row or column of each in the file.
    names : sequence of str
    channel_map : ChannelMap, optional
        Where they lie on the electrode.
    """

    source: Index
    names: tuple[str, ...]
    channel_map: ChannelMap | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", index_array(self.source))
        object.__setattr__(self, "names", tuple(self.names))
        if self.channel_map is not None:
            object.__setattr__(self, "channel_map", self.channel_map.renamed(self.names))

    @property
    def sites(self) -> Index | None:
        """Sites on the electrode, shape (n, 2); None without a map."""
        return None if self.channel_map is None else self.channel_map.sites

    def keys(self, by: str) -> list[Any]:
        """Return what a channel is recognised by in another recording: its site, or its name."""
        if by == "site" and self.sites is not None:
            return [tuple(site) for site in self.sites.tolist()]
        return list(self.names)


class ArrayForm(NamedTuple):
    """Names, units and rate that a further array (aligned, ground, reference) had before it was joined.

    `joined` are the names of the same channels in the join: other ones where arrays are matched by order.
    """

    names: tuple[str, ...]
    units: str
    sampling_rate: float
    joined: tuple[str, ...]


class Unmoved(NamedTuple):
    """Events of a part before it was resampled: samples from its first on, and how many of these make a new one."""

    sample: Index
    step: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class OwnForm(Frozen):
    """What a part had before it was joined and what joining may have changed: `split` gives it back."""

    units: str
    schema: Schema
    origins: tuple[Mapping[str, Any], ...]
    arrays: Mapping[str, ArrayForm]
    intervals: Schema | None = None

    def with_events(self, events: Any) -> OwnForm:
        """Return the form with the columns and origins of other events."""
        return OwnForm(self.units, events.schema, events.origins, self.arrays, self.intervals)

    def renamed(self, names: Mapping[str, Mapping[str, str]]) -> OwnForm:
        """Return the form with other names in the join for the channels of some arrays; those without one have none."""
        arrays = dict(self.arrays)
        for name in arrays.keys() & names.keys():
            joined = tuple(names[name].get(there, "") for there in arrays[name].joined)
            arrays[name] = arrays[name]._replace(joined=joined)
        return OwnForm(self.units, self.schema, self.origins, arrays, self.intervals)


@dataclass(frozen=True, slots=True, eq=False)
class Part(Frozen):
    """One recording's stretch inside a dataset.

    Parameters
    ----------
    name : str
        Name of the recording.
    start : int
        First sample in the dataset.
    n_samples : int
        Length.
    sampling_rate : float
        The recording's own, Hz.
    kind : {"recording", "gap"}
        A gap is time between recordings that was filled.
    paths : sequence of str
        Files.
    format : str
        Name of the format.
    file_start : int
        Sample of the recording at which the part starts.
    recorded_at : datetime64, optional
        Wall-clock time of the recording's sample 0.
    notes, warnings, history : sequence of str
        The experimenter's notes; what was odd when the recording was opened; what was done to it since.
    metadata : mapping
        Everything else that is known of the recording.
    processing : Processing
    opened : OpenedChannels
        The channels it was opened with.
    rows : array_like of int, shape (n_channels,)
        Which of those each channel of the dataset is; -1 where the part lacks it.
    reasons : mapping of int to str
        Why an opened channel was masked.
    own : OwnForm, optional
        What joining changed; None in a dataset that was not joined.
    checksums : mapping of str to str
        Fingerprints, by path, of the files that the samples lay in before they were brought to memory or filtered.
    unmoved : Unmoved, optional
        Where the part's events were before it was resampled; None where it was not, or was cut since.
    """

    name: str
    start: int
    n_samples: int
    sampling_rate: float
    kind: Literal["recording", "gap"] = "recording"
    paths: tuple[str, ...] = ()
    format: str = ""
    file_start: int = 0
    recorded_at: np.datetime64 | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=FrozenMapping)
    processing: Processing = field(default_factory=Processing)
    opened: OpenedChannels = field(default_factory=lambda: OpenedChannels(index_array([]), ()))
    rows: Index = field(default_factory=lambda: index_array([]))
    reasons: Mapping[int, str] = field(default_factory=FrozenMapping)
    own: OwnForm | None = None
    checksums: Mapping[str, str] = field(default_factory=FrozenMapping)
    unmoved: Unmoved | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "rows", index_array(self.rows))
        for name in ("paths", "notes", "warnings", "history"):
            set_(self, name, tuple(getattr(self, name)))
        for name in ("metadata", "reasons", "checksums"):
            set_(self, name, frozen_value(getattr(self, name)))
        if self.unmoved is not None:  # copies come with an array of their own, files with a plain tuple
            sample, step = self.unmoved
            set_(self, "unmoved", Unmoved(index_array(sample), step))
        if self.recorded_at is not None:
            time = self.recorded_at.astype("datetime64[ns]")
            set_(self, "recorded_at", None if np.isnat(time) else time)  # no date is no known time

    @property
    def stop(self) -> int:
        """The sample after its last in the dataset."""
        return self.start + self.n_samples

    @property
    def start_time(self) -> np.datetime64 | None:
        """Wall-clock time of the part's first sample."""
        return self.time_of(0)

    @property
    def stop_time(self) -> np.datetime64 | None:
        """Wall-clock time at which the sample after the part's last would have been taken."""
        return self.time_of(self.n_samples)

    def time_of(self, sample: int) -> np.datetime64 | None:
        """Return the wall-clock time of a sample of the part, None if its clock is unknown."""
        if self.recorded_at is None:
            return None
        # Whole seconds apart from the rest: float64 holds no nanoseconds over a day.
        time: np.datetime64 = self.recorded_at + samples_to_timedelta(self.file_start + sample, self.sampling_rate)
        return time

    @property
    def token_parts(self) -> tuple[Any, ...]:
        """What of a part makes the recipe of a dataset; names, places, notes and clocks (often a name's) do not."""
        done = self.processing
        return (
            self.kind,
            self.n_samples,
            self.file_start,
            self.sampling_rate,
            (done.bandpass, done.notches, done.reference, done.transient_snipped),
        )

    def replace(self, **changes: Any) -> Part:
        """Return a part with some fields replaced."""
        return Part(**({one.name: getattr(self, one.name) for one in fields(self)} | changes))

    def with_events(self, events: Any) -> Part:
        """Return the part of a dataset whose events were replaced: their columns are its own now."""
        return self if self.own is None else self.replace(own=self.own.with_events(events))

    def with_intervals(self, schema: Schema | None) -> Part:
        """Return the part of a dataset whose intervals were replaced by a table of these columns."""
        if self.own is None:
            return self
        own = self.own
        return self.replace(own=OwnForm(own.units, own.schema, own.origins, own.arrays, schema))

    def cut(self, start: int, stop: int, at: int) -> Part:
        """Return samples start..stop of the part, placed at sample `at` of a dataset."""
        unmoved = self.unmoved if (start, stop) == (0, self.n_samples) else None
        return self.replace(start=at, n_samples=stop - start, file_start=self.file_start + start, unmoved=unmoved)

    def take(self, rows: Index, reasons: Mapping[int, str] | None = None) -> Part:
        """Return the part with the listed channels of the dataset, and reasons for the others."""
        picked = rows if not len(self.rows) else np.where(rows < 0, -1, self.rows[rows])
        return self.replace(rows=picked, reasons={**self.reasons, **(reasons or {})})


def samples_to_timedelta(samples: Any, sampling_rate: float) -> Any:
    """Return sample counts as timedelta64[ns], exact to the nanosecond for whole rates over any length."""
    rate = Fraction(sampling_rate).limit_denominator(1_000_000)
    whole, rest = np.divmod(np.asarray(samples, np.int64) * np.int64(rate.denominator), np.int64(rate.numerator))
    fraction = np.rint(rest.astype(np.float64) * (1e9 / rate.numerator)).astype(np.int64)
    result = (whole * np.int64(1_000_000_000) + fraction).astype("timedelta64[ns]")
    return result if result.ndim else result[()]


def rate_ratio(aligned_rate: float, signal_rate: float) -> Fraction:
    """Return the rate of an aligned array over that of the signal, as the fraction it stands for.

    Examples
    --------
    >>> rate_ratio(20000 / 60, 20000)
    Fraction(1, 60)
    """
    return Fraction(aligned_rate / signal_rate).limit_denominator(1_000_000)


def aligned_start(sample: int, ratio: Fraction) -> int:
    """Return ``ceil(sample * ratio)``, in integers of any size."""
    return -((-sample * ratio.numerator) // ratio.denominator)


def aligned_length(parts: Sequence[Part], ratio: Fraction) -> list[int]:
    """Return how many samples of an aligned array belong to each part, on the part's own grid.

    Cuts on the recording's own grid never lose or repeat a sample, and no part's rounding shifts the next.
    """
    return [
        aligned_start(part.file_start + part.n_samples, ratio) - aligned_start(part.file_start, ratio) for part in parts
    ]


def part_token(parts: Sequence[Part]) -> str:
    """Return the digest of what the parts contribute to a dataset's recipe."""
    return digest("parts", [part.token_parts for part in parts])
