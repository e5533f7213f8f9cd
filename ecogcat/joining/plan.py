"""Join plan: every mismatch between datasets at once, and what joining would do about each; no sample is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ecogcat.checks import described
from ecogcat.conditioning.resample import at_rate
from ecogcat.dataset import Dataset
from ecogcat.errors import JoinError
from ecogcat.frozen import Frozen
from ecogcat.joining.arrays import ArrayPlan, plan_arrays
from ecogcat.joining.match import Match, match_channels, reordered
from ecogcat.joining.options import JoinOptions, checked_options
from ecogcat.parts import Part
from ecogcat.sites.geometry import disagreements
from ecogcat.units import power_of_ten

__all__ = ["JoinPlan", "Mismatch", "plan_join"]


@dataclass(frozen=True, slots=True)
class Mismatch(Frozen):
    """One disagreement between a part and the first (or the rest)."""

    part: str
    what: str
    expected: str
    found: str
    action: str

    @property
    def stops(self) -> bool:
        """Whether joining refuses because of it."""
        return self.action == "refuse"

    @property
    def warns(self) -> bool:
        """Whether joining goes on, but says so."""
        return self.action.startswith("warn")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class JoinPlan(Frozen):
    """What joining would do.

    Parameters
    ----------
    datasets : tuple of Dataset
    options : JoinOptions
    mismatches : tuple of Mismatch
        Every mismatch of every part.
    match : Match
        The channels.
    arrays : tuple of ArrayPlan
        Aligned arrays, ground and reference channels.
    ready : tuple of Dataset
        What is joined: the datasets, resampled where that is asked for.

    Examples
    --------
    >>> import ecogcat as ec
    >>> a, b = ec.from_array([[0.0]], 1000, name="a"), ec.from_array([[0.0]], 2000, name="b")
    >>> plan = ec.plan_join(a, b)
    >>> plan.ok, [(one.part, one.what) for one in plan.mismatches]
    (False, [('b', 'sampling rate')])
    """

    datasets: tuple[Dataset, ...]
    options: JoinOptions
    mismatches: tuple[Mismatch, ...]
    match: Match
    arrays: tuple[ArrayPlan, ...] = ()
    ready: tuple[Dataset, ...] = ()

    def __post_init__(self) -> None:
        if not self.ready:
            object.__setattr__(self, "ready", self.datasets)

    @property
    def ok(self) -> bool:
        """Whether the datasets can be joined like this."""
        return not any(mismatch.stops for mismatch in self.mismatches)

    @property
    def n_channels(self) -> int:
        """Channels of the joined dataset."""
        return int(self.match.rows.shape[1])

    @property
    def n_samples(self) -> int:
        """Samples of the joined dataset, without filled gaps."""
        return sum(dataset.n_samples for dataset in self.ready)

    @property
    def table(self) -> pd.DataFrame:
        """One row a dataset: what goes in."""
        return pd.DataFrame(
            {
                "name": [one.name for one in self.datasets],
                "channels": [one.n_channels for one in self.datasets],
                "samples": [one.n_samples for one in self.datasets],
                "rate": [one.sampling_rate for one in self.datasets],
                "units": [one.units for one in self.datasets],
                "events": [len(one.events) for one in self.datasets],
                "aligned": [", ".join(one.aligned) for one in self.datasets],
                "start": [one.parts[0].start_time for one in self.datasets],
            }
        )

    @property
    def differences(self) -> pd.DataFrame:
        """One row a mismatch: part, what, expected, found, action."""
        names = ("part", "what", "expected", "found", "action")
        rows = [[getattr(one, name) for name in names] for one in self.mismatches]
        return pd.DataFrame(rows, columns=list(names))

    @property
    def gains(self) -> pd.DataFrame:
        """What leaving datasets out would gain: without, channels (kept without them); the best first.

        Only channels that some datasets lack can be gained; each row leaves out all those that lack some of them.
        """
        have = self.match.have
        lacking: dict[tuple[int, ...], int] = {}
        for column in have.T:
            who = tuple(np.flatnonzero(~column).tolist())
            if 0 < len(who) < len(self.datasets):
                lacking[who] = lacking.get(who, 0) + 1
        groups, union = set(lacking), set[int]()
        for who in sorted(lacking, key=lambda who: (len(who), who)):
            union |= set(who)
            groups.add(tuple(sorted(union)))
        always = int(have.all(0).sum())
        rows = []
        for who in groups:
            if len(who) < len(self.datasets):
                kept = always + sum(count for other, count in lacking.items() if set(other) <= set(who))
                rows.append(([self.datasets[k].name for k in who], kept))
        rows.sort(key=lambda row: (-(row[1] - always) / len(row[0]), len(row[0]), row[0]))
        return pd.DataFrame(rows, columns=["without", "channels"])

    def __repr__(self) -> str:
        from ecogcat.tabulate import plan_text

        return plan_text(self)

    def raise_if_refused(self) -> None:
        """Raise unless the datasets can be joined like this.

        Raises
        ------
        JoinError
            With every mismatch that stands in the way.
        """
        reasons = [one for one in self.mismatches if one.stops]
        if reasons:
            lines = [f"  {one.part}: {one.what}: expected {one.expected}, found {one.found}" for one in reasons[:20]]
            if len(reasons) > 20:
                lines.append(f"  ... and {len(reasons) - 20} more, in error.plan.differences")
            raise JoinError(f"cannot join {len(self.datasets)} datasets:\n" + "\n".join(lines), self)


def plan_join(*datasets: Dataset, **options: Any) -> JoinPlan:
    """Compare datasets before joining them: every mismatch of every part, and what would be done about it.

    Parameters
    ----------
    *datasets : Dataset
    **options
        Those of `ecogcat.join`.

    Returns
    -------
    JoinPlan
        Prints as a table.

    Raises
    ------
    JoinError
        If there is nothing to join.
    """
    chosen = checked_options(options)
    if not datasets:
        raise JoinError("there is nothing to join: give at least one dataset")
    for dataset in datasets:
        _check_is_dataset(dataset)
    mismatches: list[Mismatch] = []
    by = _matched_by(datasets, chosen, mismatches)
    match = match_channels(datasets, by, "outer" if chosen.channels == "outer" else "inner")
    parts = [part for dataset in datasets for part in dataset.recordings]
    rate = datasets[0].sampling_rate if chosen.rate is None else chosen.rate
    mismatches += _rates(parts, rate, chosen)
    ready = datasets
    if chosen.on_rate_mismatch == "resample":
        # From the originals: what was resampled for another join, to another rate, is not filtered twice.
        ready = tuple(at_rate(one, rate, tolerance=chosen.rate_tolerance, originals=True) for one in datasets)
    mismatches += _units(datasets, chosen)
    mismatches += _geometry(datasets, by, chosen)
    mismatches += _processing(parts, chosen)
    mismatches += [*_channel_sets(datasets, match, by, chosen), *(Mismatch(*one) for one in reordered(datasets, match))]
    arrays = plan_arrays(ready, chosen.aligned)
    mismatches += [Mismatch(*one) for array in arrays for one in array.findings]
    mismatches += _clocks(ready, chosen)
    return JoinPlan(tuple(datasets), chosen, tuple(mismatches), match, arrays, ready)


def _check_is_dataset(dataset: object) -> None:
    if not isinstance(dataset, Dataset):
        if isinstance(dataset, (list, tuple)):
            raise TypeError(f"join takes datasets, not a {type(dataset).__name__}; unpack it: join(*datasets)")
        raise TypeError(f"join takes datasets, not {described(dataset)}")


def _matched_by(datasets: Sequence[Dataset], options: JoinOptions, found: list[Mismatch]) -> str:
    mapped = [dataset.channel_map is not None for dataset in datasets]
    if options.match == "name" or not any(mapped):
        if options.match == "site":
            found.append(Mismatch("all", "channel map", 'a map for match="site"', "none has one", "refuse"))
        return "name"
    if all(mapped):
        return "site"
    for dataset, has in zip(datasets, mapped, strict=True):
        if not has:
            found.append(
                Mismatch(dataset.name, "channel map", 'a map, as others have (or match="name")', "none", "refuse")
            )
    return "name"


def _rates(parts: Sequence[Part], rate: float, options: JoinOptions) -> list[Mismatch]:
    action = "resample" if options.on_rate_mismatch == "resample" else "refuse"
    return [
        Mismatch(part.name, "sampling rate", f"{rate:g} Hz", f"{part.sampling_rate:.10g} Hz", action)
        for part in parts
        if not abs(part.sampling_rate - rate) <= options.rate_tolerance * rate
    ]


def _units(datasets: Sequence[Dataset], options: JoinOptions) -> list[Mismatch]:
    first, found = datasets[0].units, []
    for dataset in datasets:
        if dataset.units != first:
            action = (
                "refuse" if options.on_units_mismatch == "raise" or not _converts(dataset.units, first) else "convert"
            )
            found.append(Mismatch(dataset.name, "units", first, dataset.units, action))
    return found


def _converts(units: str, to: str) -> bool:
    try:
        power_of_ten(units, to)
    except ValueError:
        return False
    return True


def _geometry(datasets: Sequence[Dataset], by: str, options: JoinOptions) -> list[Mismatch]:
    if by != "site":
        return []
    action = "refuse" if options.on_geometry_mismatch == "raise" else "match by row and col"
    maps = [dataset.channel_map for dataset in datasets if dataset.channel_map is not None]
    return [
        Mismatch(dataset.name, "electrode grid", *differs, action)
        for dataset, differs in zip(datasets, disagreements(maps), strict=True)
        if differs is not None
    ]


def _processing(parts: Sequence[Part], options: JoinOptions) -> list[Mismatch]:
    if not parts:
        return []
    found = []
    action = {"raise": "refuse", "warn": "warn", "ignore": "ignore"}[options.on_processing_mismatch]
    for part in parts:
        for what in ("bandpass", "notches", "reference", "transient_snipped"):
            expected, has = getattr(parts[0].processing, what), getattr(part.processing, what)
            if has != expected:
                found.append(Mismatch(part.name, what.replace("_", " "), str(expected), str(has), action))
    return found


def _channel_sets(datasets: Sequence[Dataset], match: Match, by: str, options: JoinOptions) -> list[Mismatch]:
    found = []
    action = {"exact": "refuse", "inner": "drop elsewhere", "outer": "fill"}[options.channels]
    for dataset, have in zip(datasets, match.have, strict=True):
        if not have.all():
            lacks = [label for label, has in zip(match.labels, have.tolist(), strict=True) if not has]
            some = ", ".join(map(str, lacks[:6])) + (f", ... ({len(lacks)})" if len(lacks) > 6 else "")
            found.append(Mismatch(dataset.name, f"channels by {by}", f"{len(match.labels)}", f"lacks {some}", action))
    n = match.rows.shape[1]
    least = max(1, options.min_channels or 1)
    if n < least and any(dataset.n_channels for dataset in datasets):
        expected = f"at least {least} in every dataset"
        has = str(n) if n else f"none: {_examples(datasets, match)}"
        found.append(Mismatch("all", f"common channels by {by}", expected, has, "refuse"))
    return found


def _examples(datasets: Sequence[Dataset], match: Match) -> str:
    own = [[str(match.labels[k]) for k in np.flatnonzero(have).tolist()] for have in match.have[:3]]
    some = [", ".join(names[:3] + ["..."] * (len(names) > 3)) or "none" for names in own]
    return "; ".join(f"{dataset.name} has {names}" for dataset, names in zip(datasets, some, strict=False))


def _clocks(datasets: Sequence[Dataset], options: JoinOptions) -> list[Mismatch]:
    """With filled gaps, both sides of every new seam need a clock, and the clocks must not overlap."""
    if isinstance(options.gaps, str) and options.gaps == "abut":
        return []
    found = []
    half = np.timedelta64(round(0.5e9 / datasets[0].sampling_rate), "ns")
    for left, right in pairwise(datasets):
        stop, start = left.parts[-1].stop_time, right.parts[0].start_time
        for dataset, time in ((left, stop), (right, start)):
            if time is None:
                found.append(Mismatch(dataset.name, "wall clock", "a start time, to fill gaps", "unknown", "refuse"))
        if stop is not None and start is not None and stop - start > half:
            found.append(Mismatch(right.name, "wall clock", f"a start after {stop}", f"{start}: overlaps", "refuse"))
    return list(dict.fromkeys(found))
