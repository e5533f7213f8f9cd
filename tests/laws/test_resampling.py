"""Laws of resampling and re-referencing, over datasets of every kind of extent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.conditioning import derived
from ecogcat.testing import laws
from ecogcat.testing.strategies import KnownDataset, datasets, joinable

KINDS = ("memory", "interleaved", "blocks", "constant", "reader")
Some = tuple[KnownDataset, ...]

ratios = st.sampled_from([0.1, 0.4, 2 / 3, 1.0, 1.5, 3.0, 128 / 3125])
pairs = joinable(2, KINDS)
any_dataset = st.one_of(
    datasets(KINDS).map(lambda known: known.dataset),
    joinable(None, KINDS).map(lambda some: ec.join(*(one.dataset for one in some))),
)


@pytest.fixture(autouse=True, scope="module")
def few_values_at_a_time() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derived, "BLOCK", 40)
        yield


def at(ratio: float) -> Callable[[ec.Dataset], ec.Dataset]:
    return lambda dataset: ec.resample(dataset, dataset.sampling_rate * ratio)


@settings(max_examples=25)
@given(pairs, ratios)
def test_resampling_distributes_over_join(some: Some, ratio: float) -> None:
    laws.distributes_over_join(at(ratio), *(one.dataset for one in some))


def one_in(step: int, kind: str, on_disk: bool) -> Callable[[ec.Dataset], ec.Dataset]:
    def function(dataset: ec.Dataset) -> ec.Dataset:
        with ec.options(memory_limit=1 if on_disk else None):
            return ec.resample(dataset, dataset.sampling_rate / step, kind)

    return function


kinds = st.sampled_from(["chebyshev1", "chebyshev2", "none"])


@settings(max_examples=15)
@given(pairs, st.sampled_from([2, 3, 7]), kinds, st.booleans())
def test_keeping_one_sample_in_so_many_distributes_over_join(some: Some, step: int, kind: str, on_disk: bool) -> None:
    function = one_in(step, kind, on_disk)
    laws.distributes_over_join(function, *(one.dataset for one in some))
    laws.conditioning_distributes_over_split(function, ec.join(*(one.dataset for one in some)))


@settings(max_examples=15)
@given(any_dataset, st.sampled_from([2, 3, 7]), kinds)
def test_keeping_one_sample_in_so_many_repeats_itself(dataset: ec.Dataset, step: int, kind: str) -> None:
    function = one_in(step, kind, False)
    laws.conditioning_leaves_its_argument_alone(function, dataset)
    laws.conditioning_repeats_itself(function, dataset)
    # What was converted is computed in its own unit, after loading in the other one.
    if len(dataset.parts) == 1 and len({piece.exponent for piece in dataset.signal.pieces}) == 1:
        bare = dataset.replace(aligned={}, ground=None, reference_channels=None)
        laws.conditioning_of_memory_is_the_same(function, bare)
    done = function(dataset)
    assert done == one_in(step, kind, True)(dataset)
    assert done.events == ec.resample(dataset, dataset.sampling_rate / step).events
    for signal in (done.signal, *done.arrays().values()):
        laws.reads_alike_in_blocks(signal, 5)


@settings(max_examples=25)
@given(pairs, st.sampled_from(["common", "regress"]))
def test_rereferencing_distributes_over_join(some: Some, to: str) -> None:
    laws.distributes_over_join(lambda one: ec.rereference(one, to), *(one.dataset for one in some))


@settings(max_examples=15)
@given(pairs, ratios)
def test_both_distribute_over_join(some: Some, ratio: float) -> None:
    laws.distributes_over_join(lambda one: ec.rereference(at(ratio)(one)), *(one.dataset for one in some))


@settings(max_examples=25)
@given(any_dataset, ratios)
def test_parts_keep_their_time_and_what_is_in_them(dataset: ec.Dataset, ratio: float) -> None:
    laws.resampled_parts_keep_their_time(dataset, dataset.sampling_rate * ratio)


@settings(max_examples=25)
@given(any_dataset, ratios)
def test_logic_lines_keep_their_events(dataset: ec.Dataset, ratio: float) -> None:
    laws.logic_lines_keep_their_events(dataset, dataset.sampling_rate * ratio)


@settings(max_examples=25)
@given(any_dataset, ratios, st.integers(1, 30))
def test_derived_signals_read_alike_in_blocks(dataset: ec.Dataset, ratio: float, length: int) -> None:
    done = at(ratio)(dataset)
    for signal in (done.signal, *done.arrays().values()):
        laws.reads_alike_in_blocks(signal, length, 7)
    laws.reads_alike_in_blocks(ec.rereference(dataset).signal, length)


@settings(max_examples=25)
@given(any_dataset, ratios, st.data())
def test_derived_datasets_are_cut_located_and_split_as_others(
    dataset: ec.Dataset, ratio: float, data: st.DataObject
) -> None:
    done = ec.rereference(at(ratio)(dataset))
    laws.locate_and_sample_at_are_inverses(done)
    laws.wall_clock_is_that_of_the_part(done)
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, done.n_samples)] * 2)))
    laws.cut_is_the_middle_of_the_array(done, start, stop)
    assert ec.join(*ec.split(done)) == done
    assert ec.equals(ec.load(done), done)


@settings(max_examples=10)
@given(any_dataset)
def test_the_own_rate_is_the_identity(dataset: ec.Dataset) -> None:
    laws.own_rate_is_the_identity(dataset)


@settings(max_examples=15)
@given(joinable(3, KINDS), st.lists(ratios, min_size=3, max_size=3), ratios)
def test_joining_at_a_rate_is_associative(some: Some, own: list[float], ratio: float) -> None:
    apart = [
        one.dataset.replace(parts=one.dataset.parts) if each == 1.0 else at(each)(one.dataset)
        for one, each in zip(some, own, strict=True)
    ]
    laws.joining_at_a_rate_is_associative(*apart, rate=some[0].dataset.sampling_rate * ratio)
