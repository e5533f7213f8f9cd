"""Dataset: the immutable record that a recording loads to, and that datasets join to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from ecogcat.channels import ChannelMap
from ecogcat.dropped import dropped_table
from ecogcat.events import Events
from ecogcat.frozen import Frozen, FrozenMapping, digest, index_array
from ecogcat.intervals import checked_intervals
from ecogcat.parts import OpenedChannels, Part, Processing, Seam, aligned_length, part_token, rate_ratio
from ecogcat.signal import Signal
from ecogcat.tables import schema_of, table_digest_parts

__all__ = ["Dataset"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dataset(Frozen):
    """A recording, or several joined end to end: lazy samples and everything that belongs to them.

    Parameters
    ----------
    signal : Signal, (n_channels, n_samples)
        The electrode channels.
    parts : sequence of Part
        Where the samples come from, in order, without holes; at least one.
    aligned : mapping of str to Signal, optional
        Arrays sampled in step with the signal (`adc`, `aux`, `dig`), each at its own rate.
    channel_map : ChannelMap, optional
        Sites of the channels.
    events : Events, optional
    intervals : DataFrame, optional
        Columns start, stop (samples, half open) and label.
    ground, reference_channels : Signal, optional
    name : str, optional
        By default made from the parts' names.

    Notes
    -----
    Build one with `ecogcat.from_array`, `ecogcat.open_recording` or a catalog. What can be derived is derived:
    sampling rate and units from the signal, seams, metadata and processing from the parts.
    """

    signal: Signal
    parts: tuple[Part, ...]
    aligned: Mapping[str, Signal] = field(default_factory=FrozenMapping)
    channel_map: ChannelMap | None = None
    events: Events = field(default_factory=Events)
    _intervals: pd.DataFrame | None = None
    ground: Signal | None = None
    reference_channels: Signal | None = None
    name: str = ""
    _token: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        parts = tuple(self.parts)
        set_(self, "parts", parts)
        set_(self, "aligned", self.aligned if isinstance(self.aligned, FrozenMapping) else FrozenMapping(self.aligned))
        set_(self, "_intervals", checked_intervals(self._intervals, self.n_samples))
        if not self.name:
            set_(self, "name", joined_name(parts))
        self._check()

    @classmethod
    def of(
        cls,
        signal: Signal,
        *,
        name: str,
        source_channels: Sequence[int] | None = None,
        channel_map: ChannelMap | None = None,
        processing: Processing | None = None,
        aligned: Mapping[str, Signal] | None = None,
        events: Events | None = None,
        intervals: pd.DataFrame | None = None,
        ground: Signal | None = None,
        reference_channels: Signal | None = None,
        **part: Any,
    ) -> Dataset:
        """Return the dataset of one recording; `part` are further fields of its `Part` (paths, format, notes, ...)."""
        n = signal.n_channels
        source = range(n) if source_channels is None else source_channels
        opened = OpenedChannels(index_array(source), signal.channel_names, channel_map)
        only = Part(
            name,
            0,
            signal.n_samples,
            signal.sampling_rate,
            opened=opened,
            rows=index_array(range(n)),
            processing=processing or Processing(),
            **part,
        )
        return cls(
            signal,
            (only,),
            aligned=FrozenMapping(aligned or {}),
            channel_map=channel_map,
            events=events or Events(),
            _intervals=intervals,
            ground=ground,
            reference_channels=reference_channels,
        )

    def _check(self) -> None:
        if not self.parts:
            raise ValueError("a dataset has at least one part")
        at = 0
        for part in self.parts:
            if part.start != at:
                raise ValueError(f"part {part.name!r} starts at sample {part.start}, the one before it ends at {at}")
            if len(part.rows) != self.n_channels:
                raise ValueError(f"part {part.name!r} accounts for {len(part.rows)} of {self.n_channels} channels")
            at = part.stop
        if at != self.n_samples:
            raise ValueError(f"the parts have {at:,} samples, the signal {self.n_samples:,}")
        if self.channel_map is not None:
            if len(self.channel_map) != self.n_channels:
                raise ValueError(f"the map has {len(self.channel_map)} channels, the signal {self.n_channels}")
            if self.channel_map.names != self.signal.channel_names:
                object.__setattr__(self, "channel_map", self.channel_map.renamed(self.signal.channel_names))
        reserved = {"signal", "ground", "reference_channels"} & set(self.aligned)
        if reserved:
            raise ValueError(f"an aligned array has a name of its own, not {', '.join(sorted(reserved))}")
        for name, array in self.arrays().items():
            want = sum(aligned_length(self.parts, rate_ratio(array.sampling_rate, self.sampling_rate)))
            if array.n_samples != want:
                raise ValueError(
                    f"{name!r} at {array.sampling_rate:g} Hz has {array.n_samples:,} samples beside "
                    f"{self.n_samples:,} at {self.sampling_rate:g} Hz; in step it has {want:,}"
                )
        samples = self.events.sample
        if len(samples) and not 0 <= samples[0] <= samples[-1] < self.n_samples:
            raise ValueError(
                f"events at samples {samples[0]} to {samples[-1]} of a dataset of {self.n_samples} samples"
            )

    # What it is

    @property
    def sampling_rate(self) -> float:
        """Sampling rate of the signal, Hz."""
        return self.signal.sampling_rate

    @property
    def units(self) -> str:
        """Unit of the signal."""
        return self.signal.units

    @property
    def n_channels(self) -> int:
        """Channels of the signal."""
        return self.signal.n_channels

    @property
    def n_samples(self) -> int:
        """Samples of the signal."""
        return self.signal.n_samples

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.signal.duration

    @property
    def intervals(self) -> pd.DataFrame:
        """Stretches with a label: start, stop (samples, half open), label; a copy."""
        if self._intervals is None:
            return pd.DataFrame({"start": np.zeros(0, np.int64), "stop": np.zeros(0, np.int64), "label": []})
        return self._intervals.copy()

    @property
    def seams(self) -> tuple[Seam, ...]:
        """Where parts meet."""
        seams = []
        for k in range(1, len(self.parts)):
            ends, starts = self.parts[k - 1].stop_time, self.parts[k].start_time
            gap = None if ends is None or starts is None else float((starts - ends) / np.timedelta64(1, "s"))
            seams.append(Seam(self.parts[k].start, k - 1, k, gap))
        return tuple(seams)

    @property
    def recordings(self) -> tuple[Part, ...]:
        """The parts that are recordings, without filled gaps."""
        return tuple(part for part in self.parts if part.kind == "recording")

    @property
    def dropped(self) -> pd.DataFrame:
        """Every channel that masking or joining left out: part, source_channel, name, row, col, reason."""
        return dropped_table(self.parts)

    def arrays(self) -> dict[str, Signal]:
        """Return the arrays beside the signal: aligned ones by name, `ground` and `reference_channels`."""
        further = {"ground": self.ground, "reference_channels": self.reference_channels}
        return dict(self.aligned) | {name: array for name, array in further.items() if array is not None}

    @property
    def bandpass(self) -> Any:
        """Edges of the bandpass in Hz, None if unfiltered, "mixed" if the parts differ."""
        return _common([part.processing.bandpass for part in self.recordings])

    @property
    def notches(self) -> Any:
        """Notched line frequencies in Hz, "mixed" if the parts differ."""
        return _common([part.processing.notches for part in self.recordings])

    @property
    def reference(self) -> Any:
        """How the signal was re-referenced, None if it was not, "mixed" if the parts differ."""
        return _common([part.processing.reference for part in self.recordings])

    @property
    def transient_snipped(self) -> Any:
        """Whether the onset transient was cut off, "mixed" if the parts differ."""
        return _common([part.processing.transient_snipped for part in self.recordings])

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What is known of the recording; of a join, what all parts agree in. Each part keeps its own."""
        first, *others = [part.metadata for part in self.recordings] or [FrozenMapping()]
        if not others:
            return first
        missing = object()
        return FrozenMapping(
            {key: value for key, value in first.items() if all(_same(o.get(key, missing), value) for o in others)}
        )

    @property
    def history(self) -> tuple[str, ...]:
        """What was done since the recordings were opened, in order."""
        steps = list(dict.fromkeys(part.history for part in self.recordings))
        if len(steps) <= 1:
            return steps[0] if steps else ()
        return tuple(f"{part.name}: {step}" for part in self.recordings for step in part.history)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd when the recordings were opened."""
        return tuple(f"{part.name}: {text}" for part in self.parts for text in part.warnings)

    @property
    def token(self) -> str:
        """Digest of the recipe and of its sources' content; the same in every process, and after the files moved."""
        if self._token is None:
            recipe = (
                self.signal.token,
                {name: array.token for name, array in self.arrays().items()},
                None if self.channel_map is None else self.channel_map.token,
                self.events.token,
                None if self._intervals is None else table_digest_parts(self._intervals),
                part_token(self.parts),
            )
            object.__setattr__(self, "_token", digest("dataset", recipe))
        return self._token  # type: ignore[return-value]

    def __eq__(self, other: object) -> bool:
        return self.token == other.token if isinstance(other, Dataset) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.token)

    def __getitem__(self, name: str) -> Signal:
        try:
            return self.aligned[name]
        except KeyError:
            raise KeyError(f"no aligned array {name!r}; there are: {', '.join(self.aligned) or 'none'}") from None

    def __repr__(self) -> str:
        from ecogcat.tabulate import dataset_text

        return dataset_text(self)

    def _repr_html_(self) -> str:
        from ecogcat.tabulate import dataset_html

        return dataset_html(self)

    def times(self, kind: str = "joined") -> Any:
        """Return the time of every sample.

        Parameters
        ----------
        kind : {"joined", "wall"}
            "joined": seconds from the start of the dataset, float64. "wall": wall-clock time, datetime64[ns], NaT
            where a part's clock is unknown.

        Returns
        -------
        ndarray, shape (n_samples,)
        """
        from ecogcat.clock import sample_times

        return sample_times(self, kind)

    def replace(self, **changes: Any) -> Dataset:
        """Return a dataset with some fields replaced.

        `intervals` takes a table; the name of a dataset of one part is the part's name too.
        """
        if "intervals" in changes:
            changes["_intervals"] = changes.pop("intervals")
        if changes.get("name") and len(self.parts) == 1 and "parts" not in changes:
            changes["parts"] = (self.parts[0].replace(name=changes["name"]),)
        if "parts" not in changes:
            # The columns that the parts once had are no longer those of the new tables.
            if "events" in changes:
                changes["parts"] = tuple(part.with_events(changes["events"]) for part in self.parts)
            if "_intervals" in changes:
                table = changes["_intervals"]
                schema = None if table is None or len(table) == 0 else schema_of(table)
                changes["parts"] = tuple(part.with_intervals(schema) for part in changes.get("parts", self.parts))
        return Dataset(**({one.name: getattr(self, one.name) for one in fields(self) if one.init} | changes))


def joined_name(parts: Sequence[Part]) -> str:
    """Return the default name of a join: the names of its recordings."""
    names = [part.name for part in parts if part.kind == "recording"]
    if len(names) <= 4:
        return "+".join(names)
    return f"{names[0]}+...+{names[-1]} ({len(names)} recordings)"


def _common(values: list[Any]) -> Any:
    if not values:  # nothing but a filled gap
        return None
    return values[0] if all(value == values[0] for value in values) else "mixed"


def _same(a: Any, b: Any) -> bool:
    try:
        return bool(np.all(a == b))
    except (TypeError, ValueError):  # values that do not compare are not the same
        return False
