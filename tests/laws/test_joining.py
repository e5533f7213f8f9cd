"""Laws of joining and splitting, over every kind of extent, type, gain, unit, order of channels and length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.testing import laws
from ecogcat.testing.sameness import assert_arrays_same
from ecogcat.testing.strategies import KnownDataset, condition_tables, datasets, joinable, physical
from ecogcat.units import power_of_ten

Some = tuple[KnownDataset, ...]


def only(known: Some) -> list[ec.Dataset]:
    return [one.dataset for one in known]


@given(datasets())
def test_join_of_one_is_itself(known: KnownDataset) -> None:
    laws.join_of_one_is_itself(known.dataset)


@given(joinable(3))
def test_join_is_associative(known: Some) -> None:
    laws.join_is_associative(*only(known))


@given(joinable())
def test_lengths_add_and_seams_are_partial_sums(known: Some) -> None:
    laws.lengths_and_counts_add(*only(known))
    laws.lengths_and_counts_add(ec.join(*only(known)), known[0].dataset)


@given(joinable())
def test_a_join_reads_as_its_parts_concatenated(known: Some) -> None:
    laws.join_reads_as_concatenated(*only(known))


def channel_of(dataset: ec.Dataset, joined: ec.Dataset, k: int) -> int:
    if joined.channel_map is None or dataset.channel_map is None:
        return dataset.signal.channel_names.index(joined.signal.channel_names[k])
    return dataset.channel_map.sites.tolist().index(joined.channel_map.sites[k].tolist())


@given(joinable())
def test_a_join_reads_as_stored_numbers_scaled_once(known: Some) -> None:
    """In plain NumPy: each stored number times its gain, plus its offset, times a power of ten, rounded once."""
    joined = ec.join(*only(known))
    columns = []
    for one in known:
        rows = [channel_of(one.dataset, joined, k) for k in range(joined.n_channels)]
        exponent = power_of_ten(one.dataset.units, joined.units)
        filled = [p for p in one.known.pieces if p.piece.n_samples]
        columns += [physical(p.stored.values, p.piece.scaled(exponent))[rows] for p in filled]
    if not columns:
        return
    dtype = np.result_type(*(values.dtype for values in columns))
    with np.errstate(all="ignore"):
        assert_arrays_same(joined.signal[:], np.concatenate([values.astype(dtype) for values in columns], axis=1))


@given(joinable(), st.data())
def test_indexing_a_join_is_indexing_an_array(known: Some, data: st.DataObject) -> None:
    from ecogcat.testing.strategies import indices

    signal = ec.join(*only(known)).signal
    index = data.draw(indices(signal.shape))
    laws.reads_as_numpy(signal, np.asarray(signal), index)
    laws.plan_tiles_the_request(signal, data.draw(indices(signal.shape, valid=True)))


@given(joinable())
def test_arrays_beside_the_signal_concatenate(known: Some) -> None:
    laws.arrays_concatenate(*only(known))


@given(joinable())
def test_split_joins_back(known: Some) -> None:
    laws.split_joins_back(ec.join(*only(known)))
    laws.split_joins_back(known[0].dataset)


@given(joinable())
def test_split_undoes_join(known: Some) -> None:
    laws.split_undoes_join(*only(known))


@given(joinable(3))
def test_split_undoes_nested_joins(known: Some) -> None:
    a, b, c = only(known)
    nested = ec.split(ec.join(ec.join(a, b), c))
    for one, other in zip(nested, ec.split(ec.join(a, b, c)), strict=True):
        assert one == other


@given(joinable())
def test_joining_leaves_inputs_alone_and_opens_no_file(known: Some) -> None:
    laws.inputs_are_left_alone(ec.join, *only(known))
    laws.opens_no_file(ec.join, *only(known))
    joined = ec.join(*only(known))
    laws.opens_no_file(ec.split, joined)
    laws.opens_no_file(lambda dataset: ec.select_time(dataset, 0, dataset.n_samples // 2), joined)


@given(joinable(2), st.sampled_from(["rate", "units", "map", "channels", "min"]))
def test_a_refused_join_names_everything_and_changes_nothing(known: Some, what: str) -> None:
    a, b = only(known)
    options: dict[str, Any] = {}
    if what == "rate":
        b = b.replace(
            signal=b.signal.replace(sampling_rate=2 * b.sampling_rate), aligned={}, ground=None, reference_channels=None
        )
        b = b.replace(parts=[part.replace(sampling_rate=b.sampling_rate) for part in b.parts])
    elif what == "units":
        b = b.replace(signal=b.signal.replace(units="degC"))
    elif what == "map":
        a, b = (
            a.replace(channel_map=None),
            ec.Dataset.of(b.signal, name="b", channel_map=ec.ChannelMap([(0, k) for k in range(b.n_channels)], (1, 9))),
        )
    elif what == "channels":
        names = [f"other {k}" for k in range(b.n_channels)]
        b = b.replace(signal=b.signal.replace(channel_names=names), channel_map=None)
        options["match"] = "name"
    else:
        options["min_channels"] = 99
    laws.refuses_as_a_whole(a, b, **options)


def consecutive(known: Some, pauses: list[float]) -> list[ec.Dataset]:
    """The datasets with clocks: each starts some seconds after the last one's end."""
    clock, some = np.datetime64("2026-03-14T10:00:00", "ns"), []
    for one, pause in zip(only(known), pauses, strict=True):
        clock = clock + np.timedelta64(round(pause * 1e9), "ns")
        part = one.parts[0].replace(recorded_at=clock)
        some.append(one.replace(parts=[part]))
        clock = part.stop_time
    return some


pauses = st.lists(st.sampled_from([0.0, 1e-4, 1e-3, 0.0123]), min_size=3, max_size=3)


@given(joinable(3), pauses, st.sampled_from(["nan", 0, 1.5, -7]))
def test_filled_gaps_change_no_sample(known: Some, seconds: list[float], fill: Any) -> None:
    laws.gaps_leave_samples_alone(*consecutive(known, seconds), fill=fill)


@given(joinable(3), pauses)
def test_joining_with_gaps_is_associative(known: Some, seconds: list[float]) -> None:
    def join(*some: ec.Dataset) -> ec.Dataset:
        return ec.join(*some, gaps="nan")

    # Without arrays beside the signal: what fills a gap in those depends on whether they hold integers.
    bare = [one.replace(aligned={}, ground=None, reference_channels=None) for one in consecutive(known, seconds)]
    laws.join_is_associative(*bare, join=join, recipes=False)  # the NaN of a gap may have been converted


@given(joinable(2, clock=True))
def test_gaps_need_clocks_that_do_not_overlap(known: Some) -> None:
    a, b = consecutive(known, [0, 0, 0][:2])
    lost = b.replace(parts=[b.parts[0].replace(recorded_at=None)])
    error = laws.refuses_as_a_whole(a, lost, gaps="nan")
    assert "wall clock" in str(error)
    early = b.replace(parts=[b.parts[0].replace(recorded_at=b.parts[0].recorded_at - np.timedelta64(1, "h"))])
    assert "overlaps" in str(laws.refuses_as_a_whole(a, early, gaps=0))


@given(joinable(3))
def test_samples_under_events_stay_under_them(known: Some) -> None:
    a, b, c = only(known)
    laws.events_keep_their_samples(a, b, c)
    laws.events_keep_their_samples(c, a, b, a)
    silent = b.replace(events=ec.Events())
    laws.events_keep_their_samples(a, silent, c)
    laws.events_keep_their_samples(silent, a, silent, c)


@given(joinable())
def test_condition_tables_unite(known: Some) -> None:
    laws.tables_unite([one.events.table for one in only(known)], ec.join(*only(known)).events.table)


@given(st.data())
def test_tables_unite(data: st.DataObject) -> None:
    from ecogcat.tables import unite

    tables = [data.draw(condition_tables(data.draw(st.integers(0, 4)))) for _ in range(data.draw(st.integers(1, 4)))]
    laws.tables_unite(tables, unite(tables))


# Channels


@given(datasets(), st.data())
def test_permuted_channels_are_the_same_on_the_grid(known: KnownDataset, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(known.dataset.n_channels)))
    laws.permuting_channels_changes_nothing_on_the_grid(known.dataset, order)


@given(joinable(), st.data())
def test_channels_permuted_in_one_recording_join_the_same(known: Some, data: st.DataObject) -> None:
    a, *others = only(known)
    last = others[-1]
    order = data.draw(st.permutations(range(last.n_channels)))
    permuted = ec.select_channels(last, list(order))
    assert ec.equals(ec.join(a, *others), ec.join(a, *others[:-1], permuted))


@given(joinable(2), st.data())
def test_common_sites_do_not_depend_on_the_order(known: Some, data: st.DataObject) -> None:
    a, b = only(known)
    one, other = ec.join(a, b), ec.join(b, a)
    if one.channel_map is not None and other.channel_map is not None:
        assert set(map(tuple, one.channel_map.sites.tolist())) == set(map(tuple, other.channel_map.sites.tolist()))
    else:
        assert set(one.signal.channel_names) == set(other.signal.channel_names)


def keeping(dataset: ec.Dataset, sites: set[tuple[int, int]]) -> ec.Dataset:
    assert dataset.channel_map is not None
    return ec.select_channels(dataset, np.array([tuple(site) in sites for site in dataset.channel_map.sites.tolist()]))


@given(joinable(mapped=True), st.data())
def test_keeping_sites_is_idempotent_commutes_and_distributes(known: Some, data: st.DataObject) -> None:
    some = only(known)
    joined = ec.join(*some)
    common = [tuple(site) for site in joined.channel_map.sites.tolist()]
    needed = data.draw(st.sampled_from(common))
    sites = {needed, *data.draw(st.sets(st.sampled_from(common)))}
    others = {needed, *data.draw(st.sets(st.sampled_from(common)))}
    laws.keeping_sites_distributes_over_join(lambda one: keeping(one, sites), *some)
    first = some[0]
    assert keeping(keeping(first, sites), others) == keeping(keeping(first, others), sites)
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, joined.n_samples)] * 2)))
    assert keeping(ec.select_time(joined, start, stop), sites) == ec.select_time(keeping(joined, sites), start, stop)


@given(joinable(2))
def test_signals_join_as_datasets_do(known: Some) -> None:
    joined = ec.join(*only(known))
    alone = [
        laws.restricted(one, joined).signal.replace(channel_names=joined.signal.channel_names) for one in only(known)
    ]
    assert ec.join_signals(*alone) == joined.signal


@pytest.mark.parametrize("bad", [[], [None], ["a"]])
def test_nothing_or_something_else_is_not_joined(bad: list[Any]) -> None:
    with pytest.raises(TypeError if bad else ec.JoinError):
        ec.join(*bad)
