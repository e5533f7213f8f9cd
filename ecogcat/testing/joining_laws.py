"""Laws of joining: closed, associative, lazy, without loss, undone by splitting; and of the channels in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.dataset import Dataset
from ecogcat.errors import JoinError
from ecogcat.signal import Signal
from ecogcat.testing.sameness import assert_arrays_same, assert_datasets_same, assert_tables_same, snapshot
from ecogcat.testing.tracking import opened_files

__all__ = [
    "arrays_concatenate",
    "events_keep_their_samples",
    "gaps_leave_samples_alone",
    "inputs_are_left_alone",
    "join_is_associative",
    "join_of_one_is_itself",
    "join_reads_as_concatenated",
    "keeping_sites_distributes_over_join",
    "lengths_and_counts_add",
    "opens_no_file",
    "permuting_channels_changes_nothing_on_the_grid",
    "refuses_as_a_whole",
    "restricted",
    "split_joins_back",
    "split_undoes_join",
    "tables_unite",
]

Join = Callable[..., Dataset]


def restricted(dataset: Dataset, joined: Dataset) -> Dataset:
    """Return `dataset` with what it has in common with a join: channels in the join's order, arrays in its own."""
    if joined.channel_map is not None and dataset.channel_map is not None:
        common = ec.select_channels(dataset, sites=joined.channel_map.sites)
    else:
        common = ec.select_channels(dataset, names=joined.signal.channel_names)
    arrays = {}
    for name, array in dataset.arrays().items():
        kept = joined.arrays().get(name)
        if kept is not None:
            arrays[name] = _some(array, [one for one in array.channel_names if one in kept.channel_names])
    ground, reference = arrays.pop("ground", None), arrays.pop("reference_channels", None)
    return common.replace(aligned=arrays, ground=ground, reference_channels=reference)


def _some(array: Signal, names: Sequence[str]) -> Signal:
    return array.take([array.channel_names.index(name) for name in names], names=names)


def join_of_one_is_itself(dataset: Dataset, join: Join = ec.join) -> None:
    """Assert ``join(a) == a``."""
    joined = join(dataset)
    assert joined == dataset
    assert_datasets_same(joined, dataset)


def join_is_associative(a: Dataset, b: Dataset, c: Dataset, join: Join = ec.join, *, recipes: bool = True) -> None:
    """Assert ``join(a, join(b, c)) == join(join(a, b), c) == join(a, b, c)``; `recipes`: tokens are equal, too."""
    flat = join(a, b, c)
    for nested in (join(a, join(b, c)), join(join(a, b), c)):
        assert_datasets_same(nested, flat)
        assert ec.equals(nested, flat)
        assert nested.name == flat.name
        assert nested == flat or not recipes, "the recipes differ"


def lengths_and_counts_add(*datasets: Dataset, join: Join = ec.join) -> None:
    """Assert that samples, events, parts and intervals add, and that seams lie at the partial sums of lengths."""
    joined = join(*datasets)
    assert joined.n_samples == sum(one.n_samples for one in datasets)
    assert len(joined.events) == sum(len(one.events) for one in datasets)
    assert len(joined.parts) == sum(len(one.parts) for one in datasets)
    assert len(joined.intervals) == sum(len(one.intervals) for one in datasets)
    ends = np.cumsum([part.n_samples for one in datasets for part in one.parts])
    assert [seam.sample for seam in joined.seams] == ends[:-1].tolist()
    assert [(seam.left, seam.right) for seam in joined.seams] == [(k, k + 1) for k in range(len(ends) - 1)]
    starts = np.cumsum([0, *(one.n_samples for one in datasets)])
    moved = [one.intervals["start"] + start for one, start in zip(datasets, starts, strict=False)]
    assert joined.intervals["start"].tolist() == [int(start) for some in moved for start in some]


def join_reads_as_concatenated(*datasets: Dataset, join: Join = ec.join) -> None:
    """Assert that a join reads as its restricted datasets do, in its own unit, one after the other."""
    joined = join(*datasets)
    alone = [ec.convert_units(restricted(one, joined), joined.units).signal.read() for one in datasets]
    _assert_concatenated(joined.signal, alone, "signal")


def arrays_concatenate(*datasets: Dataset, join: Join = ec.join) -> None:
    """Assert that arrays that all have are joined by the names of their channels, each at its own rate."""
    joined = join(*datasets)
    common = [name for name in datasets[0].arrays() if all(name in one.arrays() for one in datasets)]
    for name in common:
        first = datasets[0].arrays()[name]
        names = [one for one in first.channel_names if all(one in d.arrays()[name].channel_names for d in datasets)]
        if not names:
            assert name not in joined.arrays()
            continue
        array = joined.arrays()[name]
        assert list(array.channel_names) == names
        assert (array.units, array.sampling_rate) == (first.units, first.sampling_rate)
        own = [_in_units(_some(one.arrays()[name], names), first.units) for one in datasets]
        _assert_concatenated(array, own, name)
    assert set(joined.arrays()) <= set(common)


def _assert_concatenated(signal: Signal, arrays: Sequence[NDArray[Any]], what: str) -> None:
    """Arrays without samples have no type, and no say in that of the whole."""
    assert signal.n_samples == sum(values.shape[1] for values in arrays), f"samples of {what}"
    filled = [values for values in arrays if values.shape[1]]
    if filled:
        dtype = np.result_type(*(values.dtype for values in filled))
        assert_arrays_same(signal.read(), np.concatenate([values.astype(dtype) for values in filled], axis=1), what)


def _in_units(array: Signal, units: str) -> NDArray[Any]:
    return ec.convert_units(ec.Dataset.of(array, name="array"), units).signal.read() if units else array.read()


def split_joins_back(dataset: Dataset) -> None:
    """Assert ``join(*split(d)) == d``."""
    again = ec.join(*ec.split(dataset))
    assert_datasets_same(again, dataset)
    assert ec.equals(again, dataset)


def split_undoes_join(*datasets: Dataset, join: Join = ec.join) -> None:
    """Assert that split gives the unjoined datasets, restricted: own names, units, events, columns, metadata."""
    joined = join(*datasets)
    alone = ec.split(joined)
    assert len(alone) == len(datasets)
    for got, dataset in zip(alone, datasets, strict=True):
        expected = restricted(dataset, joined)
        assert_datasets_same(got, expected, seams=False)
        assert ec.equals(got, expected)
        assert_tables_same(got.intervals, expected.intervals, "intervals")
        for name in ("name", "metadata", "units", "sampling_rate"):
            assert getattr(got, name) == getattr(expected, name), name
        part, own = got.parts[0], expected.parts[0]
        for name in (
            "name",
            "start",
            "n_samples",
            "file_start",
            "recorded_at",
            "notes",
            "warnings",
            "processing",
            "paths",
        ):
            assert getattr(part, name) == getattr(own, name), name
        assert_arrays_same(part.rows, own.rows, "rows")
        empty = not all(array.n_samples for array in (expected.signal, *expected.arrays().values()))
        assert empty or got == expected, "the recipes differ"


def inputs_are_left_alone(function: Callable[..., Any], *datasets: Dataset) -> Any:
    """Assert that ``function(*datasets)`` changes nothing in its arguments, also when it raises; return its result."""
    before = [snapshot(one) for one in datasets]
    try:
        return function(*datasets)
    finally:
        for one, was in zip(datasets, before, strict=True):
            assert snapshot(one) == was, f"{one.name} was changed"


def opens_no_file(function: Callable[..., Any], *datasets: Dataset) -> Any:
    """Assert that ``function(*datasets)`` opens and maps no file of its arguments; return its result."""
    function(*datasets)  # once before: what it imports and compiles is no business of this law
    paths = {
        source.path for one in datasets for array in (one.signal, *one.arrays().values()) for source in array.sources
    }
    with opened_files() as seen:
        result = function(*datasets)
    touched = [path for path in seen if path in paths or path.startswith("mmap")]
    assert not touched, f"opened {touched[:3]}"
    return result


def refuses_as_a_whole(*datasets: Dataset, join: Join = ec.join, **options: Any) -> JoinError:
    """Assert that joining raises JoinError with a plan of every mismatch, and changes nothing; return the error."""

    def attempt(*some: Dataset) -> Dataset:
        return join(*some, **options)

    try:
        inputs_are_left_alone(attempt, *datasets)
    except JoinError as error:
        assert error.plan is not None
        stops = [one for one in error.plan.mismatches if one.stops]
        assert stops
        for one in stops[:20]:
            assert one.part in str(error) and one.what in str(error), f"{one} is not in the message"
        return error
    raise AssertionError("joined what does not fit")


def gaps_leave_samples_alone(*datasets: Dataset, join: Join = ec.join, fill: Any = "nan") -> None:
    """Assert that filled gaps move samples and change none; that they are located nowhere and split leaves them out."""
    abutted, filled = join(*datasets), join(*datasets, gaps=fill)
    assert len(filled.recordings) == len(abutted.parts)
    for part, plain in zip(filled.recordings, abutted.parts, strict=True):
        got = filled.signal[:, part.start : part.stop]
        expected = abutted.signal[:, plain.start : plain.stop]
        assert_arrays_same(got, expected.astype(got.dtype), part.name)
        assert part.start_time == plain.start_time
    seconds = 1 / filled.sampling_rate
    reached = filled.parts[0].start_time
    where = ec.locate(filled, np.arange(filled.n_samples))
    for part in filled.parts:
        if part.kind == "gap":
            values = filled.signal[:, part.start : part.stop]
            assert np.isnan(values).all() if fill == "nan" else (values == values.dtype.type(fill)).all()
            rows = where.iloc[part.start : part.stop]
            assert rows.isna().all(axis=None), f"a gap was located:\n{rows}"
        elif reached is not None and part.start_time is not None:
            error = abs((part.start_time - reached) / np.timedelta64(1, "s"))
            assert error <= 0.5001 * seconds + 1e-9, f"{part.name} starts {error} s off its clock"
        reached = part.stop_time if part.kind == "recording" else part.time_of(part.n_samples)
    for got, expected in zip(ec.split(filled), ec.split(abutted), strict=True):
        assert_datasets_same(got, expected)
    for name, array in filled.arrays().items():
        assert array.n_samples >= abutted.arrays()[name].n_samples
    assert len(filled.events) == len(abutted.events)
    assert_arrays_same(
        filled.signal[:, filled.events.sample], abutted.signal[:, abutted.events.sample].astype(filled.signal.dtype)
    )


def events_keep_their_samples(*datasets: Dataset, join: Join = ec.join) -> None:
    """Assert that the samples under each event have the same values after any joining as before, in the join's unit."""
    joined = join(*datasets)
    alone = [ec.convert_units(restricted(one, joined), joined.units) for one in datasets]
    under = [one.signal[:, one.events.sample].astype(joined.signal.dtype) for one in alone]
    assert_arrays_same(joined.signal[:, joined.events.sample], np.concatenate(under, axis=1), "signal under events")
    for name, array in joined.arrays().items():
        if array.sampling_rate == joined.sampling_rate:
            own = [_in_units(_some(one.arrays()[name], array.channel_names), array.units) for one in alone]
            lines = [values[:, one.events.sample].astype(array.dtype) for values, one in zip(own, alone, strict=True)]
            assert_arrays_same(array[:, joined.events.sample], np.concatenate(lines, axis=1), f"{name} under events")


def tables_unite(tables: Sequence[pd.DataFrame], united: pd.DataFrame) -> None:
    """Assert that a table is the union of others: every column, every value, missing where there was none, types kept.

    Tables without rows bring columns and types, and nothing missing.
    """
    assert len(united) == sum(map(len, tables))
    assert list(united.columns) == list(dict.fromkeys(name for table in tables for name in table.columns))
    for name in united.columns:
        got = list(zip(united[name], united[name].isna(), strict=True))
        expected: list[tuple[Any, bool]] = []
        for table in tables:
            if name in table.columns:
                expected += list(zip(table[name], table[name].isna(), strict=True))
            else:
                expected += [(None, True)] * len(table)
        for (value, gone), (wanted, absent) in zip(got, expected, strict=True):
            assert gone == absent, f"{name}: {value!r} where there was {wanted!r}"
            assert gone or (
                value == wanted and isinstance(value, (bool, np.bool_)) == isinstance(wanted, (bool, np.bool_))
            )
        types = {str(table[name].dtype) for table in tables if name in table.columns}
        if len(types) == 1:
            (own,) = types
            kept = own if not any(gone for _, gone in got) else own.replace("uint", "UInt").replace("int", "Int")
            kept = "boolean" if kept == "bool" and any(gone for _, gone in got) else kept
            kept = own if own[0].isupper() else kept
            assert str(united[name].dtype) == kept, f"{name}: {own} became {united[name].dtype}, not {kept}"


def permuting_channels_changes_nothing_on_the_grid(dataset: Dataset, order: Sequence[int]) -> None:
    """Assert that channels selected in another order are the same on the grid, and the same by name."""
    permuted = ec.select_channels(dataset, list(order))
    values, others = dataset.signal.read(), permuted.signal.read()
    assert_arrays_same(others, values[list(order)])
    assert permuted.signal.channel_names == tuple(dataset.signal.channel_names[k] for k in order)
    if dataset.channel_map is not None and permuted.channel_map is not None:
        assert_arrays_same(permuted.channel_map.embed(others), dataset.channel_map.embed(values), "grid")


def keeping_sites_distributes_over_join(
    keep: Callable[[Dataset], Dataset], *datasets: Dataset, join: Join = ec.join
) -> None:
    """Assert ``keep(join(a, b)) == join(keep(a), keep(b))`` and ``keep(keep(a)) == keep(a)``."""
    whole = keep(join(*datasets))
    parts = join(*(keep(one) for one in datasets))
    assert ec.equals(whole, parts)
    assert whole == parts, "the recipes differ"
    for one in datasets:
        assert keep(keep(one)) == keep(one)
