"""Join: datasets handed off end to end, without copying a sample; and split, its inverse.

`join` is pure, opens nothing, is associative, and `join(a) == a`; it refuses as a whole or not at all.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ecogcat.channels import ChannelMap
from ecogcat.checks import check_dataset, check_signal
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.frozen import Index, index_array
from ecogcat.joining.arrays import join_array, renamed_channels
from ecogcat.joining.plan import JoinPlan, plan_join
from ecogcat.parts import ArrayForm, OwnForm, Part
from ecogcat.piece import Piece
from ecogcat.select import select_time
from ecogcat.signal import Signal
from ecogcat.sites.sets import free_name
from ecogcat.storage.constant import ConstantExtent
from ecogcat.tables import restore, schema_of, unite
from ecogcat.units import power_of_ten

__all__ = ["join", "join_signals", "split"]


def join(*datasets: Dataset, **options: Any) -> Dataset:
    """Join datasets end to end.

    Parameters
    ----------
    *datasets : Dataset
        In order of time. They are left as they are.
    match : {None, "site", "name"}
        How a channel is recognised in another dataset. None: by electrode site if all have a map, by name if none.
    channels : {"inner", "exact", "outer"}
        Keep the channels that all have (masked ones count as absent); insist that all have the same; or keep those
        that any has, NaN where it is absent. Order is the first dataset's.
    min_channels : int, optional
        Refuse if fewer are left.
    aligned : {"inner", "exact", "outer"}
        The same for aligned arrays and their channels.
    on_rate_mismatch : {"raise", "resample"}
        Where rates differ by more than `rate_tolerance`: refuse; or resample each such part as `ecogcat.resample` does,
        from what it was before any earlier resampling.
    rate : float, optional
        Hz; what to resample to. The first dataset's rate by default.
    rate_tolerance : float
        Relative.
    on_geometry_mismatch : {"raise", "sites"}
        Grids of another shape or pitch: refuse, or match rows and columns all the same.
    on_units_mismatch : {"convert", "raise"}
        Convert to the first dataset's unit on read, or refuse.
    on_processing_mismatch : {"warn", "raise", "ignore"}
        Filters, notches, references that differ.
    gaps : {"abut", "nan"} or float
        Put recordings against each other, or fill the wall-clock time between them with NaN or a value (in the
        dataset's units), without storing it.
    name : str, optional

    Returns
    -------
    Dataset
        One dataset: signal, aligned arrays, channels, events, intervals and metadata joined; the channels left out
        are in its ``dropped``.

    Raises
    ------
    JoinError
        If anything stands in the way; its ``plan`` has every mismatch of every part.

    Examples
    --------
    >>> import ecogcat as ec
    >>> a = ec.from_array([[1.0, 2.0], [3.0, 4.0]], 1000, names=["x", "y"], name="a")
    >>> b = ec.from_array([[5.0], [6.0]], 1000, names=["y", "x"], name="b")
    >>> ec.join(a, b).signal[:]
    array([[1., 2., 6.],
           [3., 4., 5.]])
    """
    plan = plan_join(*datasets, **options)
    plan.raise_if_refused()
    differing = [one for one in plan.mismatches if one.warns]
    if differing:
        text = "; ".join(f"{one.part}: {one.what} is {one.found}, expected {one.expected}" for one in differing[:5])
        warnings.warn(f"joining recordings that differ: {text}", stacklevel=2)
    if len(datasets) == 1:
        return plan.ready[0] if plan.options.name is None else plan.ready[0].replace(name=plan.options.name)
    return _carry_out(plan)


def _carry_out(plan: JoinPlan) -> Dataset:
    datasets, options = plan.ready, plan.options
    first = datasets[0]
    rows = [index_array(some) for some in plan.match.rows]
    names, channel_map = _joined_channels(datasets, rows)
    gaps = _gap_lengths(datasets, options.gaps)
    fill = np.nan if options.gaps == "nan" or options.gaps == "abut" else float(options.gaps)
    pieces: list[Piece] = []
    parts: list[Part] = []
    at, starts = 0, []
    renamed = renamed_channels(plan.arrays, datasets)
    for dataset, some, gap, new in zip(datasets, rows, gaps, renamed, strict=True):
        if gap:
            pieces.append(Piece.whole(ConstantExtent(len(names), gap, fill, _type_of(fill))))
            lacking = index_array(np.full(len(names), -1))
            clock = parts[-1].stop_time
            parts.append(Part("gap", at, gap, first.sampling_rate, "gap", recorded_at=clock, rows=lacking))
            at += gap
        starts.append(at)
        taken = dataset.signal.take(some, names=names)
        if (some < 0).any():  # absent channels are NaN, which integers do not have
            floating = [piece.astype(np.result_type(piece.dtype, np.float32)) for piece in taken.pieces]
            taken = taken.replace(pieces=floating)
        pieces += _in_units(taken.pieces, dataset.units, first.units)
        whole = bool((some == np.arange(dataset.n_channels)).all()) if len(some) == dataset.n_channels else False
        for part in dataset.parts:
            own = part.own or _own_form(dataset) if part.kind == "recording" else None
            own = own.renamed(new) if own is not None and new else own
            moved = part.replace(start=at + part.start, own=own)
            parts.append(moved if whole else moved.take(some))
        at += dataset.n_samples
    arrays = {array.name: join_array(array, datasets, gaps) for array in plan.arrays if array.kept}
    ground, reference = arrays.pop("ground", None), arrays.pop("reference_channels", None)
    schemas = [part.own.schema for part in parts if part.own is not None]
    events = [(one, at) for dataset, at in zip(datasets, starts, strict=True) for one in _own_events(dataset)]
    return Dataset(
        Signal(tuple(pieces), first.sampling_rate, first.units, names),
        tuple(parts),
        aligned=arrays,
        channel_map=channel_map,
        events=Events.concatenate([one for one, _ in events], [at for _, at in events], schemas),
        _intervals=_joined_intervals(datasets, starts, parts),
        ground=ground,
        reference_channels=reference,
        name=options.name or "",
    )


def _type_of(fill: float) -> np.dtype[Any]:
    """Return the smallest type of a filled gap: of the value alone, so that joining is associative."""
    with np.errstate(over="ignore"):
        exact = np.isnan(fill) or float(np.float32(fill)) == fill
    return np.dtype(np.float32 if exact else np.float64)


def _own_events(dataset: Dataset) -> list[Events]:
    """Return the events of a joined dataset part by part, in the types they had, where a column had several types.

    Integers that became floats beside another recording's would otherwise differ from those that are joined at once
    with text, which leaves them integers.
    """
    owns = [part.own for part in dataset.parts if part.own is not None]
    types = {name: dtype for own in owns for name, dtype in own.schema}
    if all(types[name] == dtype for own in owns for name, dtype in own.schema):
        return [dataset.events]
    events, alone = dataset.events, []
    for part in dataset.parts:
        if part.own is not None:
            some = events.between(part.start, part.stop)
            alone.append(Events(some.sample, restore(some.table, part.own.schema), events.origins))
    return alone


def _own_form(dataset: Dataset) -> OwnForm:
    arrays = {
        name: ArrayForm(one.channel_names, one.units, one.sampling_rate, one.channel_names)
        for name, one in dataset.arrays().items()
    }
    intervals = None if dataset._intervals is None else schema_of(dataset._intervals)
    return OwnForm(dataset.units, dataset.events.schema, dataset.events.origins, arrays, intervals)


def _joined_channels(datasets: Sequence[Dataset], rows: Sequence[Index]) -> tuple[tuple[str, ...], ChannelMap | None]:
    """Return names and map of the common channels, each from the first dataset that has it."""
    names: list[str] = []
    taken: set[str] = set()
    owners: list[tuple[int, int]] = []
    for k in range(len(rows[0])):
        owner = next(j for j, some in enumerate(rows) if some[k] >= 0)
        owners.append((owner, int(rows[owner][k])))
        # With "outer", it may be another recording's name for another site.
        names.append(free_name(datasets[owner].signal.channel_names[owners[-1][1]], taken))
        taken.add(names[-1])
    maps = [dataset.channel_map for dataset in datasets if dataset.channel_map is not None]
    if len(maps) < len(datasets):
        return tuple(names), None
    first = maps[0]
    if len(names) == len(first) and bool((rows[0] == np.arange(len(first))).all()):
        return tuple(names), first.renamed(names)
    sites = np.array([maps[owner].sites[row] for owner, row in owners], np.int64).reshape(-1, 2)
    shape = tuple(np.max([one.shape for one in maps], axis=0)) if (sites >= first.shape).any() else first.shape
    joined = ChannelMap(sites, shape, first.pitch, tuple(names), pads_up=first.pads_up)
    if any(one.positions is not None for one in maps):
        places = np.array([maps[owner].places[row] for owner, row in owners]).reshape(-1, 2)
        free = joined.replace(positions=places)
        # A plain grid stays one, as long as what is added to it lies on it.
        on_grid = joined.replace(positions=joined.places)
        if first.positions is not None or free != on_grid:
            return tuple(names), free
    return tuple(names), joined


def _in_units(pieces: Sequence[Piece], units: str, to: str) -> list[Piece]:
    exponent = 0 if units == to else power_of_ten(units, to)
    return [piece.scaled(exponent) for piece in pieces]


def _gap_lengths(datasets: Sequence[Dataset], gaps: Any) -> list[int]:
    """Return how many samples are filled before each dataset."""
    if isinstance(gaps, str) and gaps == "abut":
        return [0] * len(datasets)
    lengths = [0]
    for left, right in pairwise(datasets):
        seconds = (right.parts[0].start_time - left.parts[-1].stop_time) / np.timedelta64(1, "s")  # type: ignore[operator]
        lengths.append(max(0, round(float(seconds) * datasets[0].sampling_rate)))
    return lengths


def _joined_intervals(datasets: Sequence[Dataset], starts: Sequence[int], parts: Sequence[Part]) -> pd.DataFrame | None:
    tables = []
    for dataset, start in zip(datasets, starts, strict=True):
        table = dataset._intervals
        if table is not None:
            tables.append(table.assign(start=table["start"] + start, stop=table["stop"] + start))
    schemas = [part.own.intervals for part in parts if part.own is not None and part.own.intervals is not None]
    return unite(tables, schemas) if tables else None


def join_signals(*signals: Signal) -> Signal:
    """Join bare signals end to end, channels matched by name.

    Parameters
    ----------
    *signals : Signal
        All of one rate, with the same channels (in any order; the first's is kept) and units that convert.

    Returns
    -------
    Signal

    Raises
    ------
    ValueError
        If there is none, or they differ in rate, in channels or in what they measure.

    Examples
    --------
    >>> import ecogcat as ec
    >>> a, b = (ec.from_array([[value]], 1000).signal for value in (1.0, 2.0))
    >>> ec.join_signals(a, b)[:]
    array([[1., 2.]])
    """
    if not signals:
        raise ValueError("there is nothing to join: give at least one signal")
    first, pieces = signals[0], list[Piece]()
    for signal in signals:
        check_signal(signal, "join_signals")
        if abs(signal.sampling_rate - first.sampling_rate) > 1e-4 * first.sampling_rate:
            raise ValueError(f"signals of {first.sampling_rate:g} Hz and {signal.sampling_rate:g} Hz do not join")
        place = {name: row for row, name in enumerate(signal.channel_names)}
        if differ := sorted(set(place) ^ set(first.channel_names)):
            raise ValueError(f"signals with other channels do not join; they differ in {', '.join(differ[:6])}")
        taken = signal.take([place[name] for name in first.channel_names], names=first.channel_names)
        pieces += _in_units(taken.pieces, signal.units, first.units)
    return first if len(signals) == 1 else first.replace(pieces=pieces)


def split(dataset: Dataset) -> tuple[Dataset, ...]:
    """Take a joined dataset apart again: one dataset a recording, filled gaps left out.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    tuple of Dataset
        Each as it was before joining, restricted to the common channels: its own name, channel names, units, rate,
        events, condition columns and metadata.

    Examples
    --------
    >>> import ecogcat as ec
    >>> a, b = (ec.from_array([[0.0] * n], 1000, name=name) for n, name in ((5, "a"), (3, "b")))
    >>> [one.name for one in ec.split(ec.join(a, b))]
    ['a', 'b']
    """
    check_dataset(dataset, "split")
    if len(dataset.parts) == 1 and dataset.recordings:
        return (dataset,)
    return tuple(_part_alone(dataset, part) for part in dataset.parts if part.kind == "recording")


def _part_alone(dataset: Dataset, part: Part) -> Dataset:
    own = part.own
    alone = _cut_part(dataset, part)
    keep = np.flatnonzero(part.rows >= 0)
    picked = part.rows[keep]
    names = tuple(part.opened.names[row] for row in picked) if part.opened.names else dataset.signal.channel_names
    signal = alone.signal.take(index_array(keep), names=names).replace(sampling_rate=part.sampling_rate)
    channel_map = alone.channel_map
    if part.opened.channel_map is not None:
        channel_map = part.opened.channel_map.subset(picked)
    arrays, events, intervals = alone.arrays(), alone.events, alone._intervals
    if own is not None:
        signal = signal.replace(pieces=_in_units(signal.pieces, signal.units, own.units), units=own.units)
        forms = own.arrays
        arrays = {name: _own_array(one, forms[name]) if name in forms else one for name, one in arrays.items()}
        events = Events(events.sample, restore(events.table, own.schema), own.origins)
        if intervals is not None and own.intervals is not None:
            intervals = restore(intervals, own.intervals)
    ground, reference = arrays.pop("ground", None), arrays.pop("reference_channels", None)
    single = part.replace(start=0, rows=picked, own=None)
    return Dataset(
        signal,
        (single,),
        aligned=arrays,
        channel_map=channel_map,
        events=events,
        _intervals=intervals,
        ground=ground,
        reference_channels=reference,
        name=part.name,
    )


def _cut_part(dataset: Dataset, part: Part) -> Dataset:
    """Return the dataset over one part; also one without samples, which no stretch of time selects."""
    if part.n_samples:
        return select_time(dataset, part.start, part.stop)
    # Cut at its place: which of several parts without samples is kept is decided here, not by time.
    alone = select_time(dataset, part.start, part.start)
    return alone.replace(parts=(part.replace(start=0),))


def _own_array(array: Signal, form: ArrayForm) -> Signal:
    place = {name: row for row, name in enumerate(array.channel_names)}
    kept = [(place[there], name) for name, there in zip(form.names, form.joined, strict=True) if there in place]
    taken = array.take([row for row, _ in kept], names=[name for _, name in kept])
    pieces = _in_units(taken.pieces, array.units, form.units)
    return taken.replace(pieces=pieces, units=form.units, sampling_rate=form.sampling_rate)
